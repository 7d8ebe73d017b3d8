/*
 * The parser's state: the current token and the one behind it, the first fault, nesting, lists of unknown
 * length and interned names. Knows no grammar.
 */
#include "script/script_internal.h"

#include <string.h>

enum {
	SOURCE_LIMIT = 1 << 30, /* bytes; keeps every count in an int */
	TOKEN_BYTES = 16,       /* of text cost as much as a token */
};

static void spend(fy_parser *p, uint64_t tokens)
{
	if (!p->budget || tokens <= *p->budget) {
		if (p->budget)
			*p->budget -= tokens;
		return;
	}
	if (p->status == FY_OK) {
		fy_parser_fail(p, "script-size", fy_parser_span_at(p, p->at, 0),
			       "the code is too long for a file of this size");
		fy_hint(p->diags, "--max-unpacked BYTES raises the limit");
	}
}

static fy_token next_token(fy_parser *p)
{
	spend(p, 1);
	return fy_lex(p);
}

static void find_lines(fy_parser *p)
{
	fy_script_file *file = p->file;
	uint32_t count = 1;
	for (const char *at = file->source.data; (at = memchr(at, '\n', (size_t)(p->end - at))); at++)
		count++;
	file->lines = FY_NEW_ARRAY(p->arena, uint32_t, count);
	file->line_count = 1;
	for (const char *at = file->source.data; (at = memchr(at, '\n', (size_t)(p->end - at))); at++)
		file->lines[file->line_count++] = (uint32_t)(at + 1 - file->source.data);
}

void fy_parser_init(fy_parser *p, fy_arena *arena, fy_str source, const char *path, const char *member,
		    bool one_line, uint64_t *budget, fy_diags *diags)
{
	*p = (fy_parser){ .arena = arena, .diags = diags, .budget = budget, .line = 1, .line_start = true };
	p->nesting = one_line ? 1 : 0;
	bool too_big = source.len > SOURCE_LIMIT || (budget && source.len / TOKEN_BYTES > *budget);
	size_t len = too_big ? 0 : source.len;
	p->file = FY_NEW(arena, fy_script_file);
	p->file->path = path;
	p->file->member = member;
	p->file->source = (fy_str){ fy_arena_strndup(arena, "", 0), 0 };
	if (len > 0) {
		char *copy = fy_arena_alloc(arena, len + 1);
		memcpy(copy, source.data, len);
		p->file->source = (fy_str){ copy, len };
	}
	p->at = p->last_end = p->file->source.data;
	p->end = p->at + len;
	find_lines(p);
	if (too_big)
		fy_parser_fail(p, "script-size", (fy_span){ 1, 1, 0 }, "source of %zu bytes is too long",
			       source.len);
	spend(p, len / TOKEN_BYTES);
	fy_token first = next_token(p);
	if (p->status == FY_OK)
		p->token = first;
}

void fy_parser_release(fy_parser *p)
{
	fy_free(p->indents);
	fy_map_release(&p->names);
	fy_buf_release(&p->scratch);
	fy_buf_release(&p->pile);
}

/* ---- faults and places ---------------------------------------------------------------------- */

void fy_parser_fail(fy_parser *p, const char *id, fy_span span, const char *format, ...)
{
	if (p->status != FY_OK)
		return;
	fy_buf message = { 0 };
	va_list args;
	va_start(args, format);
	fy_buf_vprintf(&message, format, args);
	va_end(args);
	fy_place place = fy_script_place(p->file, span);
	fy_parser_stop(p, fy_error(p->diags, FY_MALFORMED, id, &place, "%s", fy_buf_text(&message)), span);
	fy_buf_release(&message);
}

void fy_parser_stop(fy_parser *p, fy_status status, fy_span span)
{
	p->status = status;
	p->at = p->end;
	p->has_ahead = false;
	p->pending = 0;
	p->token = (fy_token){ .kind = FY_TOKEN_END, .start = p->end, .span = span };
}

static uint32_t line_of(const fy_script_file *file, uint32_t offset)
{
	uint32_t low = 0, high = file->line_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (file->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

fy_span fy_parser_span_at(const fy_parser *p, const char *at, size_t width)
{
	uint32_t offset = (uint32_t)(at - p->file->source.data);
	uint32_t line = line_of(p->file, offset);
	return (fy_span){ line, offset - p->file->lines[line - 1] + 1, (uint32_t)width };
}

fy_span fy_parser_span_from(const fy_parser *p, fy_span start)
{
	const fy_script_file *file = p->file;
	uint32_t from = file->lines[start.line - 1] + start.column - 1;
	uint32_t to = (uint32_t)(p->last_end - file->source.data);
	if (start.line < file->line_count && to >= file->lines[start.line]) {
		to = file->lines[start.line] - 1;
		if (to > from && file->source.data[to - 1] == '\r')
			to--;
	}
	start.width = to > from ? to - from : 0;
	return start;
}

fy_span fy_parser_span_since(const fy_parser *p, const fy_token *first)
{
	return fy_parser_span_from(p, first->span);
}

fy_place fy_script_place(const fy_script_file *file, fy_span span)
{
	fy_place place = { .file = file->path, .member = file->member };
	if (span.line >= 1 && span.line <= file->line_count) {
		place.line = (int)span.line;
		place.column = (int)span.column;
		place.width = (int)span.width;
		place.text = file->source.data + file->lines[span.line - 1];
	}
	return place;
}

/* ---- tokens --------------------------------------------------------------------------------- */

fy_token fy_parser_take(fy_parser *p)
{
	fy_token taken = p->token;
	if (p->status != FY_OK)
		return taken;
	p->last_end = taken.start + taken.len;
	fy_token next = p->has_ahead ? p->ahead : next_token(p);
	p->has_ahead = false;
	if (p->status == FY_OK)
		p->token = next;
	return taken;
}

const fy_token *fy_parser_peek(fy_parser *p)
{
	if (p->status != FY_OK)
		return &p->token;
	if (!p->has_ahead) {
		fy_token next = next_token(p);
		if (p->status != FY_OK)
			return &p->token;
		p->ahead = next;
		p->has_ahead = true;
	}
	return &p->ahead;
}

bool fy_parser_accept(fy_parser *p, fy_token_kind kind)
{
	if (p->token.kind != kind || p->status != FY_OK)
		return false;
	fy_parser_take(p);
	return true;
}

void fy_parser_expect(fy_parser *p, fy_token_kind kind)
{
	if (!fy_parser_accept(p, kind))
		fy_parser_fail(p, "script-syntax", p->token.span, "expected %s but found %s",
			       fy_token_kind_text(kind), fy_token_describe(p, &p->token));
}

void fy_parser_close(fy_parser *p, fy_token_kind kind, const fy_token *open)
{
	if (fy_parser_sees(p, FY_TOKEN_END))
		fy_parser_fail(p, "script-syntax", open->span, "this '%c' is never closed", *open->start);
	else
		fy_parser_expect(p, kind);
}

const char *fy_parser_expect_name(fy_parser *p, const char *what, fy_span *span)
{
	if (span)
		*span = p->token.span;
	if (!fy_parser_sees(p, FY_TOKEN_NAME)) {
		fy_parser_fail(p, "script-syntax", p->token.span, "expected %s but found %s", what,
			       fy_token_describe(p, &p->token));
		return "";
	}
	fy_token token = fy_parser_take(p);
	return fy_parser_intern(p, token.start, token.len);
}

const char *fy_parser_intern(fy_parser *p, const char *text, size_t len)
{
	fy_str key = { text, len };
	const char *known = fy_map_get(&p->names, key);
	if (known)
		return known;
	char *copy = fy_arena_strndup(p->arena, text, len);
	fy_map_put(&p->names, key, copy);
	return copy;
}

/* ---- nesting and lists ---------------------------------------------------------------------- */

bool fy_parser_enter(fy_parser *p)
{
	if (p->depth >= FY_SCRIPT_DEPTH_LIMIT) {
		fy_parser_fail(p, "script-depth", p->token.span, "more than %d levels of nesting",
			       FY_SCRIPT_DEPTH_LIMIT);
		return false;
	}
	p->depth++;
	return true;
}

void fy_parser_leave(fy_parser *p)
{
	FY_ASSERT(p->depth > 0);
	p->depth--;
}

size_t fy_pile_mark(const fy_parser *p)
{
	return p->pile.len;
}

void fy_pile_push(fy_parser *p, const void *item, size_t size)
{
	fy_buf_append(&p->pile, item, size);
}

void *fy_pile_take(fy_parser *p, size_t mark, size_t size, int *count)
{
	FY_ASSERT(p->pile.len >= mark && (p->pile.len - mark) % size == 0);
	size_t bytes = p->pile.len - mark;
	*count = (int)(bytes / size);
	p->pile.len = mark;
	return bytes > 0 ? fy_arena_copy(p->arena, p->pile.data + mark, bytes) : NULL;
}
