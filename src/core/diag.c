/*
 * Diagnostics are collected where the cause is known and printed once, at the end, by whoever owns the list.
 * Everything in them may quote a hostile file, so all of it is cleaned on the way out.
 */
#include "core/core.h"

#include <string.h>

enum { SHOWN_BEFORE = 60, SHOWN_LINE = 140 }; /* what is shown of a long source line */

/* One diagnostic takes a kilobyte at most, the name of the file aside, whatever it quotes. */
enum { SHOWN_MESSAGE = 300, SHOWN_MEMBER = 120, SHOWN_MODULE = 80, SHOWN_SOURCE = 180, SHOWN_ALL = 1000 };

static char *formatted(const char *format, va_list args)
{
	fy_buf text = { 0 };

	fy_buf_vprintf(&text, format, args);
	return text.data;
}

static void add(fy_diags *diags, fy_severity severity, fy_status status, const char *id,
		const fy_place *place, const char *format, va_list args)
{
	if (!diags)
		return;
	if (severity == FY_ERROR)
		diags->errors++;
	else
		diags->warnings++;
	if (diags->count == FY_DIAG_LIMIT) {
		diags->dropped++;
		return;
	}
	diags->items = fy_grow(diags->items, &diags->capacity, diags->count + 1, sizeof(*diags->items));
	fy_diag *diag = &diags->items[diags->count++];
	*diag = (fy_diag){ .severity = severity, .status = status, .id = id };
	if (place)
		diag->place = *place;
	diag->message = formatted(format, args);
}

fy_status fy_error(fy_diags *diags, fy_status status, const char *id, const fy_place *place,
		   const char *format, ...)
{
	va_list args;

	FY_ASSERT(status != FY_OK);
	va_start(args, format);
	add(diags, FY_ERROR, status, id, place, format, args);
	va_end(args);
	return status;
}

void fy_warning(fy_diags *diags, const char *id, const fy_place *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(diags, FY_WARNING, FY_OK, id, place, format, args);
	va_end(args);
}

/* NULL when the newest diagnostic was one too many: what belongs to it is dropped with it. */
static fy_diag *newest(fy_diags *diags)
{
	if (!diags || diags->count == 0 || diags->dropped > 0)
		return NULL;
	return &diags->items[diags->count - 1];
}

static void append_line(char **lines, const char *format, va_list args)
{
	fy_buf text = { 0 };

	if (*lines) {
		fy_buf_puts(&text, *lines);
		fy_buf_putc(&text, '\n');
		fy_free(*lines);
	}
	fy_buf_vprintf(&text, format, args);
	*lines = text.data;
}

void fy_note(fy_diags *diags, const char *format, ...)
{
	fy_diag *diag = newest(diags);
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	append_line(&diag->notes, format, args);
	va_end(args);
}

void fy_hint(fy_diags *diags, const char *format, ...)
{
	fy_diag *diag = newest(diags);
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	append_line(&diag->hint, format, args);
	va_end(args);
}

fy_status fy_diags_status(const fy_diags *diags)
{
	static const fy_status gravest_first[] = { FY_INTERRUPTED, FY_IO,          FY_MALFORMED,
						   FY_USAGE,       FY_UNSUPPORTED, FY_CHECK_FAILED };

	for (size_t g = 0; g < FY_COUNT(gravest_first); g++) {
		for (size_t i = 0; i < diags->count; i++) {
			if (diags->items[i].severity == FY_ERROR &&
			    diags->items[i].status == gravest_first[g])
				return gravest_first[g];
		}
	}
	return FY_OK;
}

/* ---- printing ---- */

static void put_text(fy_buf *out, const char *text)
{
	fy_buf_put_clean(out, text, strlen(text));
}

/* How many bytes of a text take at most `most` when they are cleaned. */
static size_t fitting(const char *text, size_t len, size_t most)
{
	size_t at = 0;
	fy_buf clean = { 0 };

	while (at < len) {
		size_t n = fy_utf8_length(text + at, len - at);

		n = n ? n : 1;
		fy_buf_put_clean(&clean, text + at, n);
		if (clean.len > most)
			break;
		at += n;
	}
	fy_buf_release(&clean);
	return at;
}

static void put_short(fy_buf *out, const char *text, size_t most)
{
	size_t len = strlen(text), shown = fitting(text, len, most);

	fy_buf_put_clean(out, text, shown);
	fy_buf_puts(out, shown < len ? "..." : "");
}

static void put_coloured(fy_buf *out, bool colour, const char *code, const char *text)
{
	if (colour)
		fy_buf_printf(out, "\x1b[%sm", code);
	fy_buf_puts(out, text);
	if (colour)
		fy_buf_puts(out, "\x1b[0m");
}

static void put_place(fy_buf *out, const fy_place *place)
{
	if (!place->file && !place->member)
		return;
	if (place->file)
		put_text(out, place->file);
	if (place->file && place->member)
		fy_buf_putc(out, '!');
	if (place->member)
		put_short(out, place->member, SHOWN_MEMBER);
	if (place->line > 0)
		fy_buf_printf(out, ":%d", place->line);
	if (place->line > 0 && place->column > 0)
		fy_buf_printf(out, ":%d", place->column);
	fy_buf_puts(out, ": ");
}

/* Printed columns of cleaned text: UTF-8 continuation bytes take none. */
static size_t put_source(fy_buf *out, const char *text, size_t len)
{
	size_t start = out->len, columns = 0;

	for (size_t i = 0; i < len;) {
		size_t run = 0;
		while (i + run < len && text[i + run] != '\t')
			run++;
		fy_buf_put_clean(out, text + i, run);
		i += run;
		if (i < len) {
			fy_buf_putc(out, ' ');
			i++;
		}
	}
	for (size_t i = start; i < out->len; i++)
		columns += ((unsigned char)out->data[i] & 0xc0) != 0x80;
	return columns;
}

static void put_source_line(fy_buf *out, const fy_place *place, bool colour)
{
	size_t len = strcspn(place->text, "\r\n");
	size_t column = place->column > 0 ? (size_t)place->column - 1 : 0;
	size_t width = place->width > 1 ? (size_t)place->width : 1;
	size_t start = 0;

	if (column > len)
		column = len;
	if (len > SHOWN_LINE && column > SHOWN_BEFORE)
		start = column - SHOWN_BEFORE;
	while (start > 0 && start < column && ((unsigned char)place->text[start] & 0xc0) == 0x80)
		start++;
	size_t end = len - start > SHOWN_LINE ? start + SHOWN_LINE : len;
	while (end < len && end > column && ((unsigned char)place->text[end] & 0xc0) == 0x80)
		end--;
	end = start + fitting(place->text + start, end - start, SHOWN_SOURCE);
	if (column > end)
		column = end;
	if (width > end - column)
		width = end - column;
	fy_buf_puts(out, start > 0 ? "    ..." : "    ");
	size_t before = put_source(out, place->text + start, column - start) + (start > 0 ? 3 : 0);
	size_t marked = put_source(out, place->text + column, width);
	put_source(out, place->text + column + width, end - column - width);
	fy_buf_puts(out, end < len ? "...\n" : "\n");
	if (place->column <= 0)
		return;
	fy_buf_printf(out, "    %*s", (int)before, "");
	fy_buf carets = { 0 };
	for (size_t i = 0; i == 0 || i < marked; i++)
		fy_buf_putc(&carets, '^');
	put_coloured(out, colour, "32", carets.data);
	fy_buf_release(&carets);
	fy_buf_putc(out, '\n');
}

/* Those that still fit. */
static void put_lines(fy_buf *out, const char *label, const char *lines, size_t limit)
{
	while (lines) {
		size_t len = strcspn(lines, "\n"), before = out->len;
		fy_buf_printf(out, "  %s: ", label);
		fy_buf_put_clean(out, lines, len);
		fy_buf_putc(out, '\n');
		if (out->len > limit) {
			out->len = before;
			return;
		}
		lines = lines[len] ? lines + len + 1 : NULL;
	}
}

static void put_diag(fy_buf *out, const fy_diag *diag, bool colour)
{
	size_t limit = out->len + SHOWN_ALL + (diag->place.file ? strlen(diag->place.file) : 0);

	put_place(out, &diag->place);
	if (diag->severity == FY_ERROR)
		put_coloured(out, colour, "1;31", "error:");
	else
		put_coloured(out, colour, "1;35", "warning:");
	fy_buf_putc(out, ' ');
	put_short(out, diag->message, SHOWN_MESSAGE);
	fy_buf_printf(out, " [%s]\n", diag->id);
	if (diag->place.text)
		put_source_line(out, &diag->place, colour);
	if (diag->place.module && *diag->place.module) {
		fy_buf_puts(out, "  in module ");
		put_short(out, diag->place.module, SHOWN_MODULE);
		fy_buf_putc(out, '\n');
	}
	put_lines(out, "note", diag->notes, limit);
	put_lines(out, "hint", diag->hint, limit);
}

void fy_diags_print(const fy_diags *diags, fy_buf *out, bool colour)
{
	for (size_t i = 0; i < diags->count; i++)
		put_diag(out, &diags->items[i], colour);
	if (diags->dropped > 0)
		fy_buf_printf(out, "... and %zu more\n", diags->dropped);
}

void fy_diags_truncate(fy_diags *diags, size_t count)
{
	if (count >= diags->count)
		return;
	for (size_t i = count; i < diags->count; i++) {
		fy_free(diags->items[i].message);
		fy_free(diags->items[i].notes);
		fy_free(diags->items[i].hint);
	}
	/* The list was not full at `count`, so whatever was dropped came later and goes too. */
	diags->count = count;
	diags->errors = diags->warnings = diags->dropped = 0;
	for (size_t i = 0; i < count; i++) {
		if (diags->items[i].severity == FY_ERROR)
			diags->errors++;
		else
			diags->warnings++;
	}
}

void fy_diags_clear(fy_diags *diags)
{
	fy_diags_truncate(diags, 0);
	fy_free(diags->items);
	*diags = (fy_diags){ 0 };
}
