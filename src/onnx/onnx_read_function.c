/*
 * FunctionProto: the functions that a model defines. All are announced before the first body is read; names
 * in a body are the function's own. Whether they call each other in circles is onnx_check.c's question.
 */
#include "onnx/onnx_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	F_NAME = 1,
	F_ATTRIBUTE = 6,
	F_DOC = 8,
	F_OPSET = 9,
	F_DOMAIN = 10,
	F_ATTRIBUTE_PROTO = 11,
	F_OVERLOAD = 13,
	MOST_FUNCTIONS = 10000
};

typedef struct announced {
	const char *name;
	fy_wire wire;
} announced;

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const announced *)a)->name, ((const announced *)b)->name);
}

static fy_status announce(fy_onnx_reader *reader, fy_wire wire, announced *out)
{
	fy_str name = { 0 }, domain = { 0 }, overload = { 0 };
	fy_wire_field field;

	out->wire = wire;
	while (fy_wire_next(&wire, &field)) {
		fy_str *slot = field.number == F_NAME       ? &name
			       : field.number == F_DOMAIN   ? &domain
			       : field.number == F_OVERLOAD ? &overload
							    : NULL;

		if (slot && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			*slot = field.bytes;
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (name.len == 0)
		return fy_onnx_malformed(reader, "a function has no name");
	if (!domain.data && reader->graph->ir_version >= 8)
		return fy_onnx_malformed(reader, "function '%.*s' has no domain", FY_ONNX_SHOWN(name));
	FY_TRY(fy_onnx_check_name(reader, name));
	FY_TRY(fy_onnx_check_name(reader, domain));
	FY_TRY(fy_onnx_check_name(reader, overload));
	fy_onnx_put_operator(&reader->scratch, domain, name, overload);
	out->name = fy_graph_word(reader->graph, fy_str_of(fy_buf_text(&reader->scratch)));
	return FY_OK;
}

/* ---- what a function states ---------------------------------------------------------------------------- */

typedef struct header {
	fy_local_function function;
	fy_onnx_imports imports;
	size_t attr_capacity, default_capacity;
} header;

static fy_status add_attribute(fy_onnx_reader *reader, header *h, fy_str name)
{
	fy_local_function *f = &h->function;
	const char *word;

	FY_TRY(fy_onnx_check_name(reader, name));
	word = fy_graph_word(reader->graph, name);
	for (int i = 0; i < f->attr_count; i++) {
		if (f->attrs[i] == word)
			return fy_onnx_malformed(reader, "function '%s' lists attribute '%s' twice", f->name,
						 word);
	}
	f->attrs = fy_arena_grow(reader->arena, f->attrs, (size_t)f->attr_count, &h->attr_capacity,
				 (size_t)f->attr_count + 1, sizeof(*f->attrs));
	f->attrs[f->attr_count++] = word;
	return FY_OK;
}

static fy_status add_default(fy_onnx_reader *reader, header *h, fy_wire wire)
{
	fy_local_function *f = &h->function;
	fy_onnx_read_attr attr;
	fy_attr *slot;

	FY_TRY(fy_onnx_scan_attr(reader, wire, &attr));
	if (fy_onnx_attr_is_graph(&attr))
		return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-function", &reader->place,
				"function '%s' has a graph as default of an attribute", f->name);
	f->defaults = fy_arena_grow(reader->arena, f->defaults, (size_t)f->default_count,
				    &h->default_capacity, (size_t)f->default_count + 1, sizeof(*f->defaults));
	slot = &f->defaults[f->default_count++];
	slot->name = fy_graph_word(reader->graph, attr.name);
	for (int i = 0; i < f->default_count - 1; i++) {
		if (f->defaults[i].name == slot->name)
			return fy_onnx_malformed(reader, "function '%s' has attribute '%s' twice", f->name,
						 slot->name);
	}
	return fy_onnx_read_attr_value(reader, &attr, &slot->arg);
}

static fy_status read_header(fy_onnx_reader *reader, fy_wire wire, header *h)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number != F_ATTRIBUTE && field.number != F_ATTRIBUTE_PROTO &&
		    field.number != F_OPSET && field.number != F_DOC)
			continue;
		if (!fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			break;
		if (field.number == F_ATTRIBUTE)
			FY_TRY(add_attribute(reader, h, field.bytes));
		else if (field.number == F_ATTRIBUTE_PROTO)
			FY_TRY(add_default(reader, h, fy_wire_enter(&wire, field.bytes)));
		else if (field.number == F_OPSET)
			FY_TRY(fy_onnx_read_opset(reader, &wire, field.bytes, &h->imports));
		else
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &h->function.doc));
	}
	return fy_onnx_wire_status(reader);
}

static fy_status add_function(fy_onnx_reader *reader, const announced *a)
{
	header h = { .function = { .name = a->name } };
	fy_status status = read_header(reader, a->wire, &h);

	if (status == FY_OK && h.imports.opset > FY_ONNX_OPSET_MAX)
		status =
			fy_error(reader->diags, FY_UNSUPPORTED, "onnx-opset", &reader->place,
				 "function '%s' imports opset %d, newer than the newest that ferry knows, %d",
				 a->name, h.imports.opset, FY_ONNX_OPSET_MAX);
	if (status == FY_OK) {
		h.function.opset = h.imports.opset;
		h.function.domains = h.imports.domains;
		h.function.domain_versions = h.imports.versions;
		h.function.domain_count = h.imports.count;
		fy_graph_add_function(reader->graph, &h.function);
	}
	for (int i = 0; i < h.function.default_count; i++)
		fy_onnx_drop_arg(&h.function.defaults[i].arg);
	return status;
}

static fy_status read_all(fy_onnx_reader *reader, announced *list, int count)
{
	qsort(list, (size_t)count, sizeof(*list), compare_names);
	for (int i = 1; i < count; i++) {
		if (strcmp(list[i - 1].name, list[i].name) == 0)
			return fy_onnx_malformed(reader, "function '%s' is defined twice", list[i].name);
	}
	for (int i = 0; i < count; i++)
		FY_TRY(add_function(reader, &list[i]));
	for (int i = 0; i < count; i++)
		FY_TRY(fy_onnx_read_body(reader, &reader->graph->functions[i], list[i].wire));
	return FY_OK;
}

fy_status fy_onnx_read_functions(fy_onnx_reader *reader, fy_wire wire, int number)
{
	fy_status status = FY_OK;
	announced *list;
	fy_wire_field field;
	int count = 0;

	if (reader->function_count > MOST_FUNCTIONS)
		return fy_onnx_malformed(reader, "the model defines more than %d functions", MOST_FUNCTIONS);
	list = fy_zalloc(sizeof(*list) * (size_t)(reader->function_count + 1));
	while (status == FY_OK && fy_wire_next(&wire, &field)) {
		if (field.number != number || !fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			continue;
		status = announce(reader, fy_wire_enter(&wire, field.bytes), &list[count]);
		count++;
	}
	if (status == FY_OK)
		status = fy_onnx_wire_status(reader);
	if (status == FY_OK)
		status = read_all(reader, list, count);
	fy_free(list);
	return status;
}
