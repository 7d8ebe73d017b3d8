/*
 * JSON that is built and printed: numbers in their shortest form, keys in order of insertion. It is never
 * read.
 */
#include "core/core.h"

#include <math.h>
#include <string.h>

typedef enum kind { OBJECT, ARRAY, STRING, INTEGER, REAL, WORD } kind;

struct fy_json {
	kind kind;
	fy_json *next; /* in the object or array that it was put into */
	char *key;     /* in an object */
	fy_json *first, *last;
	char *text; /* of a string, valid UTF-8 */
	int64_t integer;
	double real;
	const char *word; /* true, false, null */
};

static fy_json *make(fy_json value)
{
	fy_json *made = fy_zalloc(sizeof(*made));

	*made = value;
	return made;
}

fy_json *fy_json_object(void)
{
	return make((fy_json){ .kind = OBJECT });
}
fy_json *fy_json_array(void)
{
	return make((fy_json){ .kind = ARRAY });
}
fy_json *fy_json_int(int64_t value)
{
	return make((fy_json){ .kind = INTEGER, .integer = value });
}
fy_json *fy_json_bool(bool value)
{
	return make((fy_json){ .kind = WORD, .word = value ? "true" : "false" });
}

fy_json *fy_json_str(const char *text)
{
	fy_buf valid = { 0 };

	if (!text)
		return make((fy_json){ .kind = WORD, .word = "null" });
	for (size_t len = strlen(text), n; len > 0; text += n, len -= n) {
		n = fy_utf8_length(text, len);
		if (n > 0) {
			fy_buf_append(&valid, text, n);
		} else {
			n = 1;
			fy_buf_printf(&valid, "\\x%02x", (unsigned char)*text);
		}
	}
	fy_json *value = make((fy_json){ .kind = STRING, .text = fy_strdup(fy_buf_text(&valid)) });
	fy_buf_release(&valid);
	return value;
}

fy_json *fy_json_num(double value)
{
	if (isfinite(value))
		return make((fy_json){ .kind = REAL, .real = value });
	return fy_json_str(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

static void append(fy_json *parent, fy_json *value)
{
	if (parent->last)
		parent->last->next = value;
	else
		parent->first = value;
	parent->last = value;
}

void fy_json_set(fy_json *object, const char *key, fy_json *value)
{
	fy_buf clean = { 0 };

	FY_ASSERT(object->kind == OBJECT);
	fy_buf_put_clean(&clean, key, strlen(key));
	value->key = fy_strdup(fy_buf_text(&clean));
	fy_buf_release(&clean);
	append(object, value);
}

void fy_json_add(fy_json *array, fy_json *value)
{
	FY_ASSERT(array->kind == ARRAY);
	append(array, value);
}

void fy_json_free(fy_json *value)
{
	while (value && value->first) {
		fy_json *item = value->first;
		value->first = item->next;
		fy_json_free(item);
	}
	if (value) {
		fy_free(value->key);
		fy_free(value->text);
	}
	fy_free(value);
}

/* ---- printing ---- */

static void print_value(const fy_json *value, int depth, fy_buf *out);

static void print_string(const char *text, fy_buf *out)
{
	static const char names[] = "\"\\bfnrt", plain[] = "\"\\\b\f\n\r\t";

	fy_buf_putc(out, '"');
	for (; *text; text++) {
		const char *special = strchr(plain, *text);
		if (special)
			fy_buf_printf(out, "\\%c", names[special - plain]);
		else if ((unsigned char)*text < 0x20)
			fy_buf_printf(out, "\\u%04X", (unsigned)(unsigned char)*text);
		else
			fy_buf_putc(out, *text);
	}
	fy_buf_putc(out, '"');
}

static void new_line(int depth, fy_buf *out)
{
	fy_buf_printf(out, "\n%*s", 2 * depth, "");
}

static void print_object(const fy_json *object, int depth, fy_buf *out)
{
	fy_buf_putc(out, '{');
	for (const fy_json *item = object->first; item; item = item->next) {
		fy_buf_puts(out, item == object->first ? "" : ",");
		new_line(depth + 1, out);
		print_string(item->key, out);
		fy_buf_puts(out, ": ");
		print_value(item, depth + 1, out);
	}
	if (object->first)
		new_line(depth, out);
	fy_buf_putc(out, '}');
}

/* Arrays of scalars stay on one line: shapes read best so. */
static void print_array(const fy_json *array, int depth, fy_buf *out)
{
	bool nested = false;

	for (const fy_json *item = array->first; item; item = item->next)
		nested = nested || item->kind == OBJECT || item->kind == ARRAY;
	fy_buf_putc(out, '[');
	for (const fy_json *item = array->first; item; item = item->next) {
		fy_buf_puts(out, item == array->first ? "" : nested ? "," : ", ");
		if (nested)
			new_line(depth + 1, out);
		print_value(item, depth + 1, out);
	}
	if (nested)
		new_line(depth, out);
	fy_buf_putc(out, ']');
}

static void print_value(const fy_json *value, int depth, fy_buf *out)
{
	switch (value->kind) {
	case OBJECT:
		print_object(value, depth, out);
		break;
	case ARRAY:
		print_array(value, depth, out);
		break;
	case STRING:
		print_string(value->text, out);
		break;
	case INTEGER:
		fy_buf_printf(out, "%" PRId64, value->integer);
		break;
	case REAL:
		fy_buf_put_f64(out, value->real);
		break;
	case WORD:
		fy_buf_puts(out, value->word);
		break;
	}
}

void fy_json_print(const fy_json *value, fy_buf *out)
{
	print_value(value, 0, out);
	fy_buf_putc(out, '\n');
}

/* ---- diagnostics ---- */

static void set_text(fy_json *object, const char *key, const char *text)
{
	if (text)
		fy_json_set(object, key, fy_json_str(text));
}

static fy_json *lines_json(const char *lines)
{
	fy_json *array = fy_json_array();

	while (lines) {
		size_t len = strcspn(lines, "\n");
		fy_buf line = { 0 };
		fy_buf_append(&line, lines, len);
		fy_json_add(array, fy_json_str(line.data));
		fy_buf_release(&line);
		lines = lines[len] ? lines + len + 1 : NULL;
	}
	return array;
}

static fy_json *diag_json(const fy_diag *diag)
{
	fy_json *object = fy_json_object();

	fy_json_set(object, "severity", fy_json_str(diag->severity == FY_ERROR ? "error" : "warning"));
	fy_json_set(object, "id", fy_json_str(diag->id));
	fy_json_set(object, "message", fy_json_str(diag->message));
	if (diag->severity == FY_ERROR)
		fy_json_set(object, "exit_code", fy_json_int(diag->status));
	set_text(object, "file", diag->place.file);
	set_text(object, "member", diag->place.member);
	if (diag->place.line > 0)
		fy_json_set(object, "line", fy_json_int(diag->place.line));
	if (diag->place.column > 0)
		fy_json_set(object, "column", fy_json_int(diag->place.column));
	set_text(object, "module", diag->place.module);
	if (diag->notes)
		fy_json_set(object, "notes", lines_json(diag->notes));
	set_text(object, "hint", diag->hint);
	return object;
}

fy_json *fy_diags_json(const fy_diags *diags)
{
	fy_json *array = fy_json_array();

	for (size_t i = 0; i < diags->count; i++)
		fy_json_add(array, diag_json(&diags->items[i]));
	return array;
}
