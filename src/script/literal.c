/*
 * Numbers and strings: how far they reach and what they mean. The rules are those of TorchScript's own
 * reader, not Python's: 010 is octal, an 'e' makes any number a float (even 0x1e), \r and \x are no escapes.
 */
#include "script/script_internal.h"

#include <math.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *skip_digits(const char *at, const char *end, bool hex)
{
	while (at < end && (hex ? hex_digit(*at) >= 0 : is_digit(*at)))
		at++;
	return at;
}

/* Past an exponent, or where it stands when there is none. */
static const char *skip_exponent(const char *at, const char *end, char letter)
{
	if (at == end || (*at | 0x20) != letter)
		return at;
	const char *digits = at + 1;
	if (digits < end && (*digits == '+' || *digits == '-'))
		digits++;
	const char *stop = skip_digits(digits, end, false);
	return stop > digits ? stop : at;
}

static bool is_hex(const char *at, const char *end)
{
	return end - at >= 3 && at[0] == '0' && (at[1] | 0x20) == 'x' && hex_digit(at[2]) >= 0;
}

size_t fy_number_scan(const char *at, const char *end)
{
	const char *start = at;
	bool hex = is_hex(at, end);
	if (!is_digit(*at) && !(*at == '.' && end - at >= 2 && is_digit(at[1])))
		return 0;
	at = skip_digits(hex ? at + 2 : at, end, hex);
	if (at < end && *at == '.')
		at = skip_digits(at + 1, end, hex);
	at = skip_exponent(at, end, hex ? 'p' : 'e');
	if (at < end && *at == 'j')
		at++;
	return (size_t)(at - start);
}

/* Decimal, 0x hexadecimal or 0 octal digits without point and exponent. A magnitude of 2^63 is right only
 * behind a minus. */
static bool read_integer(const char *at, const char *end, bool negative, int64_t *out, const char **problem)
{
	unsigned base = 10;
	if (is_hex(at, end)) {
		base = 16;
		at += 2;
	} else if (end - at > 1 && *at == '0') {
		base = 8;
		at++;
	}
	int64_t value = 0;
	for (; at < end; at++) {
		int digit = hex_digit(*at);
		if (digit < 0 || digit >= (int)base) {
			*problem =
				base == 8 ? "a number that starts with 0 is octal and has digits up to 7 only"
					  : "malformed number";
			return false;
		}
		if (!fy_mul_i64(value, base, &value) ||
		    !(negative ? fy_sub_i64(value, digit, &value) : fy_add_i64(value, digit, &value))) {
			*problem = "integer doesn't fit 64 bits";
			return false;
		}
	}
	*out = value;
	return true;
}

static bool read_hex_float(const char *at, const char *end, double *out)
{
	double value = 0;
	int scale = 0;
	bool point = false;
	for (at += 2; at < end && (*at == '.' || hex_digit(*at) >= 0); at++) {
		if (*at == '.') {
			point = true;
			continue;
		}
		value = value * 16 + hex_digit(*at);
		scale -= point ? 4 : 0;
		if (value >= 0x1p53)
			return false;
	}
	int64_t exponent = 0;
	if (at < end) {
		bool minus = at[1] == '-';
		for (at += at[1] == '-' || at[1] == '+' ? 2 : 1; at < end && exponent < 100000; at++)
			exponent = exponent * 10 + (*at - '0');
		exponent = minus ? -exponent : exponent;
	}
	*out = ldexp(value, (int)exponent + scale);
	return isfinite(*out);
}

static bool read_float(fy_parser *p, const char *at, const char *end, double *out)
{
	if (is_hex(at, end))
		return read_hex_float(at, end, out);
	p->scratch.len = 0;
	fy_buf_append(&p->scratch, at, (size_t)(end - at));
	return fy_parse_f64(fy_buf_text(&p->scratch), out);
}

void fy_number_read(fy_parser *p, const fy_token *token, bool negative, fy_expr *out)
{
	const char *at = token->start, *end = token->start + token->len;
	bool imaginary = end[-1] == 'j';
	end -= imaginary ? 1 : 0;
	size_t len = (size_t)(end - at);
	bool real = imaginary || memchr(at, '.', len) || memchr(at, 'e', len) || memchr(at, 'E', len) ||
		    (is_hex(at, end) && (memchr(at, 'p', len) || memchr(at, 'P', len)));
	if (!real) {
		const char *problem = NULL;
		out->kind = FY_EXPR_INT;
		if (!read_integer(at, end, negative, &out->integer, &problem))
			fy_parser_fail(p, "script-syntax", token->span, "%s", problem);
		return;
	}
	double value = 0;
	out->kind = imaginary ? FY_EXPR_COMPLEX : FY_EXPR_FLOAT;
	if (!read_float(p, at, end, &value))
		fy_parser_fail(p, "script-syntax", token->span, "number doesn't fit a 64-bit float");
	out->real = negative ? -value : value;
}

/* ---- strings -------------------------------------------------------------------------------- */

static size_t quote_length(const char *at, const char *end)
{
	return end - at >= 3 && at[1] == at[0] && at[2] == at[0] ? 3 : 1;
}

size_t fy_string_scan(const char *at, const char *end)
{
	size_t quotes = quote_length(at, end);
	char quote = *at;
	const char *start = at;
	for (at += quotes; at < end; at++) {
		if (*at == '\\') {
			at++;
		} else if (*at == '\n' && quotes == 1) {
			return 0;
		} else if (*at == quote && (size_t)(end - at) >= quotes) {
			size_t same = 1;
			while (same < quotes && at[same] == quote)
				same++;
			if (same == quotes)
				return (size_t)(at - start) + quotes;
		}
	}
	return 0;
}

/* Appends what the escape at `at` (a backslash) means; returns its length, 0 when there is no such escape. */
static size_t read_escape(fy_parser *p, const char *at, const char *end)
{
	static const char letters[] = "\\'\"abfntv", meanings[] = "\\'\"\a\b\f\n\t\v";
	if (end - at < 2)
		return 0;
	if (at[1] == '\n')
		return 2;
	if (at[1] == '\r' && end - at >= 3 && at[2] == '\n')
		return 3;
	const char *known = at[1] != '\0' ? strchr(letters, at[1]) : NULL;
	if (known) {
		fy_buf_putc(&p->scratch, meanings[known - letters]);
		return 2;
	}
	int value = 0;
	for (int i = 1; i <= 3; i++) {
		if (end - at <= i || at[i] < '0' || at[i] > '7')
			return 0;
		value = value * 8 + (at[i] - '0');
	}
	if (value > 0xff)
		return 0;
	fy_buf_putc(&p->scratch, (char)value);
	return 4;
}

void fy_string_read(fy_parser *p, const fy_token *token)
{
	size_t quotes = quote_length(token->start, token->start + token->len);
	const char *end = token->start + token->len - quotes;
	for (const char *at = token->start + quotes; at < end;) {
		bool escape = *at == '\\';
		size_t len = escape ? read_escape(p, at, end) : fy_utf8_length(at, (size_t)(end - at));
		if (len == 0) {
			fy_parser_fail(p, "script-syntax", fy_parser_span_at(p, at, escape ? 2 : 1), "%s",
				       escape ? "unknown escape in a string" : "string isn't valid UTF-8");
			return;
		}
		if (!escape)
			fy_buf_append(&p->scratch, at, len);
		at += len;
	}
}
