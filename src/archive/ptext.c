/*
 * Text forms of pickle protocols 0 and 1, and the check of UTF-8. Python's escapes, read without Python.
 */
#include "archive/archive_internal.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly `digits` hex digits at p; false when there are fewer. */
static bool read_hex(const char *p, const char *end, int digits, uint32_t *out)
{
	uint32_t value = 0;

	if (end - p < digits)
		return false;
	for (int i = 0; i < digits; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return false;
		value = value << 4 | (uint32_t)d;
	}
	*out = value;
	return true;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* One escape after the backslash at *p; advances *p. */
static bool unescape(const char **p, const char *end, char *out)
{
	static const char letters[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
	const char *letter;
	uint32_t value = 0;
	char c;

	if (*p == end)
		return false;
	c = *(*p)++;
	if (c == 'x') {
		if (!read_hex(*p, end, 2, &value))
			return false;
		*p += 2;
	} else if (c >= '0' && c <= '7') {
		value = (uint32_t)(c - '0');
		for (int i = 0; i < 2 && *p < end && **p >= '0' && **p <= '7'; i++)
			value = value * 8 + (uint32_t)(*(*p)++ - '0');
	} else if (c && (letter = strchr(letters, c)) != NULL) {
		value = (uint8_t)values[letter - letters];
	} else {
		return false;
	}
	*out = (char)value;
	return true;
}

bool fy_pickle_unquote(fy_arena *arena, fy_str line, fy_str *out)
{
	const char *p = line.data, *end = line.data + line.len;
	size_t len = 0;
	char *to;

	if (line.len < 2 || (p[0] != '\'' && p[0] != '"') || end[-1] != p[0])
		return false;
	to = fy_arena_alloc(arena, line.len);
	p++;
	end--;
	while (p < end) {
		char c = *p++;

		if (c == '\\' && !unescape(&p, end, &c))
			return false;
		to[len++] = c;
	}
	*out = (fy_str){ to, len };
	return true;
}

bool fy_pickle_raw_unicode(fy_arena *arena, fy_str line, fy_str *out)
{
	const char *p = line.data, *end = line.data + line.len;
	/* A byte becomes two at most (Latin-1), an escape of six or ten becomes four at most. */
	char *to = fy_arena_alloc(arena, 2 * line.len + 1);
	size_t len = 0;

	while (p < end) {
		uint32_t c = (uint8_t)*p++;

		if (c == '\\' && p < end && (*p == 'u' || *p == 'U')) {
			int digits = *p == 'u' ? 4 : 8;

			if (!read_hex(p + 1, end, digits, &c) || c > 0x10ffff)
				return false;
			p += 1 + digits;
		}
		len += put_utf8(to + len, c);
	}
	*out = (fy_str){ to, len };
	return true;
}

bool fy_utf8_valid(fy_str text)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = p + text.len;

	while (p < end) {
		uint32_t c = *p++;
		int more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		static const uint32_t lowest[] = { 0, 0x80, 0x800, 0x10000 };

		if (more == 0)
			continue;
		if (c < 0xc2 || c > 0xf4 || end - p < more)
			return false;
		c &= 0x3fu >> more;
		for (int i = 0; i < more; i++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c < lowest[more] || c > 0x10ffff)
			return false;
	}
	return true;
}
