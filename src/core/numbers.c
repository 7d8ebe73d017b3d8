/*
 * Numbers to text and back, the same in every locale: the process may have set one with a decimal comma.
 */
#include "core/core.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool fy_parse_i64(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	int64_t value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		/* Counted downwards, because INT64_MIN has no positive twin. */
		if (!fy_mul_i64(value, 10, &value) || !fy_sub_i64(value, *text - '0', &value))
			return false;
	}
	if (!negative && value == INT64_MIN)
		return false;
	*out = negative ? value : -value;
	return true;
}

/* The plain locale, for this thread, until the returned one is put back. */
static locale_t enter_plain_locale(locale_t *plain)
{
	*plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (*plain == (locale_t)0)
		fy_out_of_memory();
	return uselocale(*plain);
}

static void leave_plain_locale(locale_t plain, locale_t before)
{
	uselocale(before);
	freelocale(plain);
}

/* strtod also takes spaces, hexadecimals and nan(...), which are not numbers here. */
static bool looks_like_f64(const char *text)
{
	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "inf") == 0 || strcmp(text, "nan") == 0 || strcmp(text, "infinity") == 0)
		return true;
	return *text != '\0' && strspn(text, "0123456789.eE+-") == strlen(text);
}

bool fy_parse_f64(const char *text, double *out)
{
	locale_t plain;
	char *end;

	if (!looks_like_f64(text))
		return false;
	locale_t before = enter_plain_locale(&plain);
	double value = strtod(text, &end);
	leave_plain_locale(plain, before);
	if (end == text || *end != '\0')
		return false;
	*out = value;
	return true;
}

/* The fewest digits that read back as value, which is finite and positive: "d", exponent of the first one. */
static int shortest_digits(double value, char digits[20], int *exponent)
{
	char text[40];
	locale_t plain;
	locale_t before = enter_plain_locale(&plain);

	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	leave_plain_locale(plain, before);
	int count = 0;
	const char *s = text;
	for (; *s != 'e'; s++) {
		if (*s != '.')
			digits[count++] = *s;
	}
	*exponent = (int)strtol(s + 1, NULL, 10);
	return count;
}

void fy_buf_put_f64(fy_buf *buf, double value)
{
	char digits[20];
	int exponent;

	if (isnan(value)) {
		fy_buf_puts(buf, "nan");
		return;
	}
	if (signbit(value))
		fy_buf_putc(buf, '-');
	value = fabs(value);
	if (isinf(value) || value == 0) {
		fy_buf_puts(buf, value == 0 ? "0.0" : "inf");
		return;
	}
	int count = shortest_digits(value, digits, &exponent);
	if (exponent < -4 || exponent >= 16) {
		fy_buf_putc(buf, digits[0]);
		if (count > 1)
			fy_buf_putc(buf, '.');
		fy_buf_append(buf, digits + 1, (size_t)(count - 1));
		fy_buf_printf(buf, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	/* Positions are powers of ten, from the first that is printed to the last. */
	int last = exponent - count + 1 < -1 ? exponent - count + 1 : -1;
	for (int power = exponent > 0 ? exponent : 0; power >= last; power--) {
		int index = exponent - power;
		if (power == -1)
			fy_buf_putc(buf, '.');
		fy_buf_putc(buf, index >= 0 && index < count ? digits[index] : '0');
	}
}
