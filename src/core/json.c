/*
 * The door to jansson, which keeps the tree; printing is ours, so that numbers come out in their shortest
 * form. An fy_json is a json_t under another name.
 */
#include "core/core.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static fy_json *wrap(json_t *value)
{
	if (!value)
		fy_out_of_memory(0);
	return (fy_json *)value;
}

static json_t *unwrap(fy_json *value)
{
	return (json_t *)value;
}

fy_json *fy_json_object(void)
{
	return wrap(json_object());
}
fy_json *fy_json_array(void)
{
	return wrap(json_array());
}
fy_json *fy_json_int(int64_t value)
{
	return wrap(json_integer(value));
}
fy_json *fy_json_bool(bool value)
{
	return wrap(json_boolean(value));
}

fy_json *fy_json_str(const char *text)
{
	fy_buf valid = { 0 };

	if (!text)
		return wrap(json_null());
	for (size_t len = strlen(text), n; len > 0; text += n, len -= n) {
		n = fy_utf8_length(text, len);
		if (n > 0) {
			fy_buf_append(&valid, text, n);
		} else {
			n = 1;
			fy_buf_printf(&valid, "\\x%02x", (unsigned char)*text);
		}
	}
	fy_json *value = wrap(json_stringn(fy_buf_text(&valid), valid.len));
	fy_buf_release(&valid);
	return value;
}

fy_json *fy_json_num(double value)
{
	if (isfinite(value))
		return wrap(json_real(value));
	return fy_json_str(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void fy_json_set(fy_json *object, const char *key, fy_json *value)
{
	fy_buf clean = { 0 };

	fy_buf_put_clean(&clean, key, strlen(key));
	if (json_object_set_new(unwrap(object), fy_buf_text(&clean), unwrap(value)) != 0)
		fy_out_of_memory(0);
	fy_buf_release(&clean);
}

void fy_json_add(fy_json *array, fy_json *value)
{
	if (json_array_append_new(unwrap(array), unwrap(value)) != 0)
		fy_out_of_memory(0);
}

/* ---- printing ---- */

static void print_value(const json_t *value, int depth, fy_buf *out);

static void print_string(const char *text, fy_buf *out)
{
	json_t *string = unwrap(wrap(json_string(text)));
	char *quoted = json_dumps(string, JSON_ENCODE_ANY);

	if (!quoted)
		fy_out_of_memory(0);
	fy_buf_puts(out, quoted);
	free(quoted);
	json_decref(string);
}

static void new_line(int depth, fy_buf *out)
{
	fy_buf_printf(out, "\n%*s", 2 * depth, "");
}

static void print_object(json_t *object, int depth, fy_buf *out)
{
	const char *key;
	json_t *value;
	bool first = true;

	fy_buf_putc(out, '{');
	json_object_foreach(object, key, value)
	{
		fy_buf_puts(out, first ? "" : ",");
		new_line(depth + 1, out);
		print_string(key, out);
		fy_buf_puts(out, ": ");
		print_value(value, depth + 1, out);
		first = false;
	}
	if (!first)
		new_line(depth, out);
	fy_buf_putc(out, '}');
}

/* Arrays of scalars stay on one line: shapes read best so. */
static void print_array(const json_t *array, int depth, fy_buf *out)
{
	size_t count = json_array_size(array);
	bool nested = false;

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(array, i);
		nested = nested || json_is_object(item) || json_is_array(item);
	}
	fy_buf_putc(out, '[');
	for (size_t i = 0; i < count; i++) {
		fy_buf_puts(out, i == 0 ? "" : nested ? "," : ", ");
		if (nested)
			new_line(depth + 1, out);
		print_value(json_array_get(array, i), depth + 1, out);
	}
	if (nested)
		new_line(depth, out);
	fy_buf_putc(out, ']');
}

static void print_value(const json_t *value, int depth, fy_buf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		print_object((json_t *)value, depth, out);
		break;
	case JSON_ARRAY:
		print_array(value, depth, out);
		break;
	case JSON_STRING:
		print_string(json_string_value(value), out);
		break;
	case JSON_INTEGER:
		fy_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fy_buf_put_f64(out, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		fy_buf_puts(out, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		fy_buf_puts(out, "null");
		break;
	}
}

void fy_json_print(const fy_json *value, fy_buf *out)
{
	print_value((const json_t *)value, 0, out);
	fy_buf_putc(out, '\n');
}

void fy_json_free(fy_json *value)
{
	json_decref(unwrap(value));
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
