/*
 * Borrowed strings, growable bytes, and printing of text from files without letting it reach a terminal raw.
 */
#include "core/core.h"

#include <string.h>

fy_str fy_str_of(const char *text)
{
	return (fy_str){ text, strlen(text) };
}

bool fy_str_eq(fy_str a, fy_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool fy_str_is(fy_str a, const char *text)
{
	return fy_str_eq(a, fy_str_of(text));
}

bool fy_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool fy_ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);
	return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

/* Room for `more` bytes and the NUL behind them. */
static void reserve(fy_buf *buf, size_t more)
{
	size_t need;

	if (!fy_add_size(buf->len, more, &need) || !fy_add_size(need, 1, &need))
		fy_out_of_memory();
	buf->data = fy_grow(buf->data, &buf->cap, need, 1);
}

void fy_buf_append(fy_buf *buf, const void *bytes, size_t len)
{
	reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void fy_buf_puts(fy_buf *buf, const char *text)
{
	fy_buf_append(buf, text, strlen(text));
}

void fy_buf_putc(fy_buf *buf, char c)
{
	fy_buf_append(buf, &c, 1);
}

void fy_buf_vprintf(fy_buf *buf, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	FY_ASSERT(len >= 0);
	reserve(buf, (size_t)len);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
	va_end(again);
	buf->len += (size_t)len;
}

void fy_buf_printf(fy_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fy_buf_vprintf(buf, format, args);
	va_end(args);
}

size_t fy_utf8_length(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates and what lies above U+10FFFF show in the second byte. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Valid UTF-8 that a terminal would act upon or that reorders text: C0, DEL, C1, line separators, bidi marks.
 */
static bool acts_on_terminal(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x80)
		return s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae);
	return n == 3 && s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
}

void fy_buf_put_clean(fy_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		const unsigned char *s = (const unsigned char *)text + i;
		size_t n = fy_utf8_length(text + i, len - i);
		bool plain = n > 0 && !acts_on_terminal(s, n);

		if (n == 0)
			n = 1;
		if (plain) {
			fy_buf_append(buf, s, n);
		} else {
			for (size_t k = 0; k < n; k++)
				fy_buf_printf(buf, "\\x%02x", s[k]);
		}
		i += n;
	}
}

const char *fy_buf_text(const fy_buf *buf)
{
	return buf->data ? buf->data : "";
}

void fy_buf_release(fy_buf *buf)
{
	fy_free(buf->data);
	*buf = (fy_buf){ 0 };
}
