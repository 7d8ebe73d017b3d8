/*
 * A description as text for people and as JSON for programs. All text of a model is cleaned on its way out.
 */
#include "model/model.h"

#include <string.h>

enum { SHOWN = 20, NAME_WIDTH = 44 };

void fy_buf_put_declared_type(fy_buf *out, const fy_btype *type)
{
	static const char *const names[] = {
		[FY_TS_TENSOR] = "Tensor",   [FY_TS_INT] = "int",           [FY_TS_FLOAT] = "float",
		[FY_TS_BOOL] = "bool",       [FY_TS_COMPLEX] = "complex",   [FY_TS_STR] = "str",
		[FY_TS_NUMBER] = "number",   [FY_TS_NONE] = "NoneType",     [FY_TS_ANY] = "Any",
		[FY_TS_DEVICE] = "Device",   [FY_TS_STREAM] = "Stream",     [FY_TS_GENERATOR] = "Generator",
		[FY_TS_CAPSULE] = "Capsule", [FY_TS_OPTIONAL] = "Optional", [FY_TS_UNION] = "Union",
		[FY_TS_LIST] = "List",       [FY_TS_DICT] = "Dict",         [FY_TS_TUPLE] = "Tuple",
		[FY_TS_FUTURE] = "Future",   [FY_TS_RREF] = "RRef",         [FY_TS_AWAIT] = "Await",
		[FY_TS_ANY_LIST] = "list",   [FY_TS_ANY_TUPLE] = "tuple",
	};
	if (!type) {
		fy_buf_puts(out, "Tensor");
		return;
	}
	if (type->kind == FY_TS_NAMED) {
		const char *name = type->class ? type->class->name : type->name;
		fy_buf_put_clean(out, name, strlen(name));
		return;
	}
	fy_buf_puts(out, names[type->kind]);
	for (int i = 0; i < type->count; i++) {
		fy_buf_puts(out, i == 0 ? "[" : ", ");
		fy_buf_put_declared_type(out, type->items[i]);
	}
	if (type->count)
		fy_buf_putc(out, ']');
}

/* ---- text ---- */

static void put_text(fy_buf *out, const char *text)
{
	fy_buf_put_clean(out, text, strlen(text));
}

static void pad(fy_buf *out, size_t start, size_t width)
{
	do
		fy_buf_putc(out, ' ');
	while (out->len - start < width);
}

static void put_heading(fy_buf *out, const char *what, const fy_items *list)
{
	size_t start = out->len;
	fy_buf_puts(out, what);
	pad(out, start, 11);
	fy_buf_printf(out, "%zu", list->count);
}

static void put_amount(fy_buf *out, const char *what, const fy_item *item)
{
	if (!strcmp(what, "operators"))
		fy_buf_printf(out, "%" PRId64 " use%s", item->amount, item->amount == 1 ? "" : "s");
	else
		fy_buf_put_bytes(out, (uint64_t)item->amount);
}

static bool is_narrow(const char *what)
{
	return !strcmp(what, "inputs") || !strcmp(what, "outputs") || !strcmp(what, "methods");
}

static void put_item(fy_buf *out, const char *what, const fy_item *item)
{
	fy_buf_puts(out, "  ");
	size_t start = out->len;
	put_text(out, *item->name ? item->name : "(root)");
	if (item->type) {
		pad(out, start, is_narrow(what) ? 12 : NAME_WIDTH);
		put_text(out, item->type);
	}
	if (item->amount) {
		pad(out, start, item->type ? NAME_WIDTH + 32 : NAME_WIDTH);
		put_amount(out, what, item);
	}
	if (item->note) {
		fy_buf_puts(out, "  ");
		put_text(out, item->note);
	}
	if (!strcmp(what, "operators") && !item->supported) {
		fy_buf_puts(out, "  unsupported");
		if (item->place.member)
			fy_buf_printf(out, "  %s:%d", item->place.member, item->place.line);
	}
	fy_buf_putc(out, '\n');
}

static void put_list(fy_buf *out, const char *what, const fy_items *list, size_t limit)
{
	if (list->count == 0)
		return;
	put_heading(out, what, list);
	fy_buf_putc(out, '\n');
	for (size_t i = 0; i < list->count && i < limit; i++)
		put_item(out, what, &list->items[i]);
	if (list->count > limit)
		fy_buf_printf(out, "  ... and %zu more (-v lists all)\n", list->count - limit);
}

static void put_operators(fy_buf *out, const fy_description *d)
{
	if (d->operators.count == 0)
		return;
	put_heading(out, "operators", &d->operators);
	if (d->unsupported)
		fy_buf_printf(out, ", %d not supported\n", d->unsupported);
	else
		fy_buf_puts(out, ", all supported\n");
	for (size_t i = 0; i < d->operators.count; i++)
		put_item(out, "operators", &d->operators.items[i]);
}

void fy_buf_put_description(fy_buf *out, const fy_description *d, bool everything)
{
	size_t limit = everything ? SIZE_MAX : SHOWN;
	const char *slash = strrchr(d->model->path, '/');
	size_t start = out->len;
	put_text(out, slash ? slash + 1 : d->model->path);
	pad(out, start, 11);
	fy_model_put_summary(d->model, out);
	fy_buf_putc(out, '\n');
	put_list(out, "inputs", &d->inputs, SIZE_MAX);
	put_list(out, "outputs", &d->outputs, SIZE_MAX);
	put_list(out, "methods", &d->methods, limit);
	put_list(out, "modules", &d->modules, limit);
	put_list(out, "weights", &d->weights, limit);
	put_list(out, "code", &d->code, limit);
	put_operators(out, d);
	put_list(out, "extra", &d->extras, limit);
	put_list(out, "metadata", &d->metadata, limit);
}

/* ---- JSON ---- */

static fy_json *item_json(const char *what, const fy_item *item)
{
	bool is_operator = !strcmp(what, "operators");
	fy_json *json = fy_json_object();
	fy_json_set(json, "name", fy_json_str(item->name));
	if (item->type)
		fy_json_set(json,
			    !strcmp(what, "modules")    ? "class"
			    : !strcmp(what, "metadata") ? "value"
							: "type",
			    fy_json_str(item->type));
	if (item->note)
		fy_json_set(json, "note", fy_json_str(item->note));
	if (is_operator) {
		fy_json_set(json, "uses", fy_json_int(item->amount));
		fy_json_set(json, "supported", fy_json_bool(item->supported));
		if (item->place.member)
			fy_json_set(json, "file", fy_json_str(item->place.member));
		if (item->place.line)
			fy_json_set(json, "line", fy_json_int(item->place.line));
	} else if (item->amount) {
		fy_json_set(json, "bytes", fy_json_int(item->amount));
	}
	return json;
}

fy_json *fy_description_json(const fy_description *d)
{
	const struct {
		const char *name;
		const fy_items *list;
	} lists[] = {
		{ "inputs", &d->inputs },       { "outputs", &d->outputs }, { "methods", &d->methods },
		{ "modules", &d->modules },     { "weights", &d->weights }, { "code", &d->code },
		{ "operators", &d->operators }, { "extra", &d->extras },    { "metadata", &d->metadata },
	};
	static const char *const kinds[] = { "torchscript", "checkpoint", "onnx" };
	fy_model_weights weights = fy_model_count_weights(d->model);
	fy_json *json = fy_json_object();
	fy_json_set(json, "file", fy_json_str(d->model->path));
	fy_json_set(json, "kind", fy_json_str(kinds[d->model->kind]));
	fy_json_set(json, "bytes", fy_json_int((int64_t)d->model->size));
	if (d->model->kind == FY_MODEL_PROGRAM)
		fy_json_set(json, "archive_version", fy_json_int(d->model->archive->version));
	if (d->model->kind == FY_MODEL_ONNX) {
		fy_json_set(json, "opset", fy_json_int(d->model->onnx.graph->opset));
		fy_json_set(json, "ir_version", fy_json_int(d->model->onnx.graph->ir_version));
		fy_json_set(json, "producer", fy_json_str(d->model->onnx.graph->producer));
	}
	fy_json_set(json, "parameters", fy_json_int(weights.elements));
	fy_json_set(json, "unsupported", fy_json_int(d->unsupported));
	for (size_t i = 0; i < FY_COUNT(lists); i++) {
		fy_json *array = fy_json_array();
		for (size_t k = 0; k < lists[i].list->count; k++)
			fy_json_add(array, item_json(lists[i].name, &lists[i].list->items[k]));
		fy_json_set(json, lists[i].name, array);
	}
	return json;
}
