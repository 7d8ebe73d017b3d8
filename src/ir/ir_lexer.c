/*
 * Words of the text form: a cursor with a sticky error. After the first one everything is the end of the
 * text, so that parse.c checks once.
 */
#include "ir/ir_internal.h"

#include <string.h>

void fy_ir_fail_at(fy_ir_parser *p, const char *start, int line, const char *format, ...)
{
	const char *from = start;
	fy_place place = { .file = p->file, .line = line };
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	while (from > p->text && from[-1] != '\n')
		from--;
	place.text = from;
	place.column = (int)(start - from) + 1;
	va_start(args, format);
	fy_error(p->diags, FY_MALFORMED, "ir-syntax", &place, "%s", fy_arena_vprintf(p->arena, format, args));
	va_end(args);
	p->at = "";
	p->now = (fy_ir_token){ .kind = FY_IR_END, .start = start, .line = line };
}

static bool word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool fy_ir_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool word_char(char c)
{
	return word_start(c) || fy_ir_digit(c) || c == '.';
}

static int hex(char c)
{
	if (fy_ir_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Past blanks and comments. */
static void skip_blank(fy_ir_parser *p)
{
	bool same_line = true;

	p->comment = (fy_str){ NULL, 0 };
	for (;;) {
		while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '\n') {
			if (*p->at == '\n') {
				p->line++;
				same_line = false;
			}
			p->at++;
		}
		if (*p->at != '#')
			return;
		size_t len = strcspn(p->at, "\n");

		if (same_line)
			p->comment = (fy_str){ p->at + 1, len - 1 };
		p->at += len;
	}
}

static void lex_string(fy_ir_parser *p)
{
	fy_buf text = { 0 };
	const char *c = p->at + 1;

	while (*c && *c != '"' && *c != '\n') {
		if (*c != '\\') {
			fy_buf_putc(&text, *c++);
		} else if (c[1] == '"' || c[1] == '\\') {
			fy_buf_putc(&text, c[1]);
			c += 2;
		} else if (c[1] == 'x' && hex(c[2]) >= 0 && hex(c[3]) >= 0) {
			fy_buf_putc(&text, (char)(hex(c[2]) * 16 + hex(c[3])));
			c += 4;
		} else {
			break;
		}
	}
	p->now.kind = FY_IR_STRING;
	p->now.text = (fy_str){ fy_arena_strndup(p->arena, fy_buf_text(&text), text.len), text.len };
	fy_buf_release(&text);
	if (*c == '"')
		p->at = c + 1;
	else
		FY_IR_FAIL(p, "string without end, or unknown escape");
}

void fy_ir_advance(fy_ir_parser *p)
{
	const char *start;

	if (p->failed)
		return;
	skip_blank(p);
	start = p->at;
	p->now = (fy_ir_token){ .kind = FY_IR_END, .start = start, .line = p->line };
	if (*start == '\0')
		return;
	if (*start == '"') {
		lex_string(p);
		return;
	}
	if (*start == '%') {
		p->now.kind = FY_IR_VALUE;
		p->at++;
		while (word_char(*p->at))
			p->at++;
		p->now.text = (fy_str){ start + 1, (size_t)(p->at - start - 1) };
		if (p->now.text.len == 0)
			FY_IR_FAIL(p, "'%%' without a name");
	} else if (word_start(*start)) {
		p->now.kind = FY_IR_WORD;
		while (word_char(*p->at) || (p->at[0] == ':' && p->at[1] == ':')) {
			p->at += *p->at == ':' ? 2 : 1;
		}
		p->now.text = (fy_str){ start, (size_t)(p->at - start) };
	} else if (fy_ir_digit(*start) || *start == '-') {
		p->now.kind = FY_IR_NUMBER;
		p->at++;
		while (word_char(*p->at) || ((*p->at == '-' || *p->at == '+') && p->at[-1] == 'e'))
			p->at++;
		p->now.text = (fy_str){ start, (size_t)(p->at - start) };
	} else if (strchr("()[]{},:=@*?", *start)) {
		p->now.kind = FY_IR_MARK;
		p->now.mark = *start;
		p->now.text = (fy_str){ start, 1 };
		p->at++;
	} else {
		FY_IR_FAIL(p, "unexpected character");
	}
}

bool fy_ir_at_mark(const fy_ir_parser *p, char mark)
{
	return p->now.kind == FY_IR_MARK && p->now.mark == mark;
}

bool fy_ir_accept(fy_ir_parser *p, char mark)
{
	if (!fy_ir_at_mark(p, mark))
		return false;
	fy_ir_advance(p);
	return true;
}

void fy_ir_expect(fy_ir_parser *p, char mark)
{
	if (!fy_ir_accept(p, mark))
		FY_IR_FAIL(p, "expected '%c'", mark);
}

bool fy_ir_at_word(const fy_ir_parser *p, const char *word)
{
	return p->now.kind == FY_IR_WORD && fy_str_is(p->now.text, word);
}

bool fy_ir_accept_word(fy_ir_parser *p, const char *word)
{
	if (!fy_ir_at_word(p, word))
		return false;
	fy_ir_advance(p);
	return true;
}

const char *fy_ir_expect_string(fy_ir_parser *p)
{
	const char *text = p->now.text.data;

	if (p->now.kind != FY_IR_STRING) {
		FY_IR_FAIL(p, "expected a string");
		return "";
	}
	fy_ir_advance(p);
	return text;
}

int64_t fy_ir_expect_int(fy_ir_parser *p, int64_t low, int64_t high)
{
	int64_t value = low;
	const char *text = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);

	if (p->now.kind != FY_IR_NUMBER || !fy_parse_i64(text, &value) || value < low || value > high) {
		FY_IR_FAIL(p, "expected an integer from %" PRId64 " to %" PRId64, low, high);
		return low;
	}
	fy_ir_advance(p);
	return value;
}
