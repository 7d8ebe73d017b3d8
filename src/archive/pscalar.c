/*
 * Opcodes of the pickle machine that make one number or string. Lengths come from the pickle and are checked
 * against what is left of it; text points into the pickle and is not copied.
 */
#include "archive/archive_internal.h"

#include <string.h>

/* ---- numbers ---- */

static fy_status push_int(fy_unpickler *u, int64_t number)
{
	fy_pvalue *value;

	FY_TRY(fy_unpickler_push_new(u, FY_P_INT, &value));
	value->i = number;
	return FY_OK;
}

fy_status fy_pickle_constant(fy_unpickler *u, uint8_t code)
{
	return fy_unpickler_push(u, code == 'N' ? u->none : code == 0x88 ? u->yes : u->no);
}

fy_status fy_pickle_binint(fy_unpickler *u, uint8_t code)
{
	uint64_t bits;

	FY_TRY(fy_unpickler_number(u, code == 'K' ? 1 : code == 'M' ? 2 : 4, &bits));
	return push_int(u, code == 'J' ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits);
}

fy_status fy_pickle_long(fy_unpickler *u, uint8_t code)
{
	const uint8_t *p;
	uint64_t size, bits;
	fy_pvalue *value;
	uint8_t fill;

	FY_TRY(fy_unpickler_number(u, code == 0x8a ? 1 : 4, &size));
	if (u->hooks->script && size != 8)
		return fy_unpickler_broken(u, "long integer does not have 8 bytes");
	if (size > INT32_MAX)
		return fy_unpickler_broken(u, "long integer has a negative length");
	FY_TRY(fy_unpickler_take(u, size, &p));
	fill = size && p[size - 1] & 0x80 ? 0xff : 0;
	/* Bytes that only repeat the sign say nothing. */
	while (size > 8 && p[size - 1] == fill && (p[size - 2] & 0x80) == (fill & 0x80))
		size--;
	if (size > 8) {
		FY_TRY(fy_unpickler_push_new(u, FY_P_BIGINT, &value));
		value->str = (fy_str){ (const char *)p, (size_t)size };
		return FY_OK;
	}
	bits = fill ? UINT64_MAX : 0;
	for (size_t i = 0; i < size; i++)
		bits = (bits & ~((uint64_t)0xff << 8 * i)) | (uint64_t)p[i] << 8 * i;
	return push_int(u, (int64_t)bits);
}

fy_status fy_pickle_binfloat(fy_unpickler *u, uint8_t code)
{
	const uint8_t *p;
	uint64_t bits = 0;
	fy_pvalue *value;

	(void)code;
	FY_TRY(fy_unpickler_take(u, 8, &p));
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | p[i];
	FY_TRY(fy_unpickler_push_new(u, FY_P_FLOAT, &value));
	memcpy(&value->f, &bits, sizeof(bits));
	return FY_OK;
}

/* INT, LONG and FLOAT: a line of text. */
fy_status fy_pickle_text_number(fy_unpickler *u, uint8_t code)
{
	fy_str line;
	char text[64];
	int64_t number;
	fy_pvalue *value;
	double real;

	FY_TRY(fy_unpickler_line(u, &line));
	if (code == 'I' && (fy_str_is(line, "00") || fy_str_is(line, "01")))
		return fy_unpickler_push(u, line.data[1] == '1' ? u->yes : u->no);
	if (code == 'L' && line.len && line.data[line.len - 1] == 'L')
		line.len--;
	if (line.len >= sizeof(text))
		return fy_unpickler_broken(u, "number has too many digits");
	memcpy(text, line.data, line.len);
	text[line.len] = '\0';
	if (code == 'F') {
		if (!fy_parse_f64(text, &real))
			return fy_unpickler_broken(u, "text is not a number");
		FY_TRY(fy_unpickler_push_new(u, FY_P_FLOAT, &value));
		value->f = real;
		return FY_OK;
	}
	if (!fy_parse_i64(text, &number))
		return fy_unpickler_broken(u, "text is not a 64-bit integer");
	return push_int(u, number);
}

/* ---- strings ---- */

static fy_status push_text(fy_unpickler *u, fy_pkind kind, fy_str text)
{
	fy_pvalue *value;

	if (kind == FY_P_STR && !u->hooks->script && !fy_utf8_valid(text))
		return fy_unpickler_broken(u, "string is not UTF-8");
	FY_TRY(fy_unpickler_push_new(u, kind, &value));
	value->str = text;
	return FY_OK;
}

/* Strings with a binary length. Python 2's str is text when it can be, bytes otherwise. */
fy_status fy_pickle_sized(fy_unpickler *u, uint8_t code)
{
	static const struct {
		uint8_t code, length_size;
		fy_pkind kind;
	} forms[] = {
		{ 'X', 4, FY_P_STR },    { 0x8c, 1, FY_P_STR },  { 0x8d, 8, FY_P_STR },
		{ 'B', 4, FY_P_BYTES },  { 'C', 1, FY_P_BYTES }, { 0x8e, 8, FY_P_BYTES },
		{ 0x96, 8, FY_P_BYTES }, { 'T', 4, FY_P_NONE },  { 'U', 1, FY_P_NONE },
	};
	const uint8_t *p;
	uint64_t size;
	size_t i = 0;
	fy_pkind kind;
	fy_str text;

	while (forms[i].code != code)
		i++;
	FY_TRY(fy_unpickler_number(u, forms[i].length_size, &size));
	FY_TRY(fy_unpickler_take(u, size, &p));
	text = (fy_str){ (const char *)p, (size_t)size };
	kind = forms[i].kind;
	if (kind == FY_P_NONE)
		kind = fy_utf8_valid(text) ? FY_P_STR : FY_P_BYTES;
	return push_text(u, kind, text);
}

fy_status fy_pickle_text_string(fy_unpickler *u, uint8_t code)
{
	fy_str line, text;

	FY_TRY(fy_unpickler_line(u, &line));
	if (!(code == 'S' ? fy_pickle_unquote : fy_pickle_raw_unicode)(u->arena, line, &text))
		return fy_unpickler_broken(u, "string has a broken escape or no quotes");
	return push_text(u, code == 'V' || fy_utf8_valid(text) ? FY_P_STR : FY_P_BYTES, text);
}
