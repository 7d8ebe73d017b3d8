/*
 * AttributeProto: a name, a kind and one value. Graphs are left to onnx_read_node.c, which has the node whose
 * blocks they become.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

enum {
	A_NAME = 1,
	A_F = 2,
	A_I = 3,
	A_S = 4,
	A_T = 5,
	A_G = 6,
	A_FLOATS = 7,
	A_INTS = 8,
	A_STRINGS = 9,
	A_TENSORS = 10,
	A_GRAPHS = 11,
	A_TP = 14,
	A_TYPE_PROTOS = 15,
	A_TYPE = 20,
	A_REF = 21,
	A_SPARSE = 22,
	A_SPARSES = 23,
};

/* The fields that hold a value, with AttributeProto.AttributeType and the wire form of one value. */
static const struct value_field {
	int field, type;
	char kind;
	fy_wire_type wire;
	bool message, list;
} value_fields[] = {
	{ A_F, 1, FY_ONNX_FLOAT, FY_WIRE_I32, false, false },
	{ A_I, 2, FY_ONNX_INT, FY_WIRE_VARINT, false, false },
	{ A_S, 3, FY_ONNX_STRING, FY_WIRE_LEN, false, false },
	{ A_T, 4, FY_ONNX_TENSOR, FY_WIRE_LEN, true, false },
	{ A_G, 5, FY_ONNX_GRAPH, FY_WIRE_LEN, true, false },
	{ A_FLOATS, 6, FY_ONNX_FLOATS, FY_WIRE_I32, false, true },
	{ A_INTS, 7, FY_ONNX_INTS, FY_WIRE_VARINT, false, true },
	{ A_STRINGS, 8, FY_ONNX_STRINGS, FY_WIRE_LEN, false, true },
	{ A_TENSORS, 9, FY_ONNX_TENSORS, FY_WIRE_LEN, true, true },
	{ A_GRAPHS, 10, FY_ONNX_GRAPHS, FY_WIRE_LEN, true, true },
	{ A_SPARSE, 11, FY_ONNX_SPARSE, FY_WIRE_LEN, true, false },
	{ A_SPARSES, 12, FY_ONNX_SPARSES, FY_WIRE_LEN, true, true },
	{ A_TP, 13, FY_ONNX_TYPE, FY_WIRE_LEN, true, false },
	{ A_TYPE_PROTOS, 14, FY_ONNX_TYPES, FY_WIRE_LEN, true, true },
};

static const struct value_field *by_field(int field)
{
	for (size_t i = 0; i < FY_COUNT(value_fields); i++) {
		if (value_fields[i].field == field)
			return &value_fields[i];
	}
	return NULL;
}

static const struct value_field *by_type(int64_t type)
{
	return type >= 1 && type <= (int64_t)FY_COUNT(value_fields) ? &value_fields[type - 1] : NULL;
}

/* ---- looking through it -------------------------------------------------------------------------------- */

static double float_bits(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float value;

	memcpy(&value, &low, sizeof(value));
	return value;
}

static void note_value(fy_onnx_reader *reader, fy_wire *wire, const fy_wire *start,
		       const fy_wire_field *field, fy_onnx_read_attr *attr)
{
	const struct value_field *row = by_field(field->number);

	if (attr->field && attr->field != field->number)
		fy_wire_fail(wire, "an attribute has two values");
	attr->field = field->number;
	attr->single = *field;
	if (row->list && !row->message && row->field != A_STRINGS)
		attr->count += fy_wire_count(wire, field, row->wire == FY_WIRE_I32 ? 4 : 0);
	else if (!fy_wire_expect(wire, field, row->wire))
		return;
	else if (row->list)
		attr->count++;
	else if (row->message)
		fy_wire_keep(start, reader->arena, field, &attr->message);
}

static fy_status scan(fy_onnx_reader *reader, fy_wire wire, fy_onnx_read_attr *attr)
{
	fy_wire start = wire;
	fy_wire_field field;

	*attr = (fy_onnx_read_attr){ .wire = wire, .stated = -1 };
	while (fy_wire_next(&wire, &field)) {
		if (by_field(field.number))
			note_value(reader, &wire, &start, &field, attr);
		else if (field.number == A_NAME && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			attr->name = field.bytes;
		else if (field.number == A_TYPE && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			attr->stated = field.value <= 100 ? (int)field.value : 100;
		else if (field.number == A_REF && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			attr->ref = field.bytes;
	}
	return fy_onnx_wire_status(reader);
}

static fy_status fail_attr(fy_onnx_reader *reader, const fy_onnx_read_attr *attr, const char *why)
{
	return fy_onnx_malformed(reader, "attribute '%.*s' %s", FY_ONNX_SHOWN(attr->name), why);
}

/* Settles the kind. Zero and empty values may be left out by a writer that states the kind. */
static fy_status settle(fy_onnx_reader *reader, fy_onnx_read_attr *attr)
{
	const struct value_field *row = by_field(attr->field), *stated = by_type(attr->stated);

	if (attr->name.len == 0)
		return fy_onnx_malformed(reader, "an attribute has no name");
	if (attr->stated < 0)
		return fail_attr(reader, attr, "does not state its type");
	if (!stated)
		return fail_attr(reader, attr, "is of a type that does not exist");
	if (row && row != stated)
		return fail_attr(reader, attr, "states one type and has another");
	attr->kind = stated->kind;
	if (attr->ref.len > 0) {
		if (!reader->function)
			return fail_attr(reader, attr, "refers to one of a function, but stands in none");
		return row ? fail_attr(reader, attr, "has a value and refers to another attribute") : FY_OK;
	}
	if (stated->message && !stated->list && !attr->message.data)
		return fail_attr(reader, attr, "has no value");
	attr->field = stated->field;
	return FY_OK;
}

fy_status fy_onnx_scan_attr(fy_onnx_reader *reader, fy_wire wire, fy_onnx_read_attr *attr)
{
	FY_TRY(scan(reader, wire, attr));
	FY_TRY(settle(reader, attr));
	return fy_onnx_check_name(reader, attr->name);
}

bool fy_onnx_attr_is_graph(const fy_onnx_read_attr *attr)
{
	return attr->ref.len == 0 && (attr->kind == FY_ONNX_GRAPH || attr->kind == FY_ONNX_GRAPHS);
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* A message: a tensor is the caller's. */
static fy_status read_message(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, char kind,
			      fy_arg *out)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	fy_type type;

	switch (kind) {
	case FY_ONNX_TENSOR:
	case FY_ONNX_TENSORS:
		FY_TRY(fy_onnx_read_tensor(reader, wire, &out->t));
		out->kind = FY_ARG_TENSOR;
		return FY_OK;
	case FY_ONNX_SPARSE:
	case FY_ONNX_SPARSES:
		FY_TRY(fy_onnx_read_sparse_tensor(reader, wire, &out->t));
		out->kind = FY_ARG_TENSOR;
		return FY_OK;
	default:
		FY_TRY(fy_onnx_read_type(reader, parent, bytes, &type));
		*out = (fy_arg){ .kind = FY_ARG_TYPE, .type = fy_graph_type(reader->graph, &type) };
		return FY_OK;
	}
}

static void put_numbers(fy_wire *wire, const fy_wire_field *field, bool floats, uint64_t *scratch,
			fy_arg *list)
{
	int element = floats ? 4 : 0;
	size_t count = fy_wire_count(wire, field, element);

	fy_wire_numbers(wire, field, element, scratch);
	for (size_t i = 0; i < count; i++)
		list->list.items[list->list.count++] =
			floats ? fy_arg_float(float_bits(scratch[i])) : fy_arg_int((int64_t)scratch[i]);
}

/* Tensors in it are the caller's, after a failure too. */
static fy_status read_list(fy_onnx_reader *reader, const fy_onnx_read_attr *attr, fy_arg *list)
{
	bool message = by_field(attr->field)->message;
	uint64_t *scratch = fy_alloc(sizeof(*scratch) * (attr->count + 1));
	fy_wire wire = attr->wire;
	fy_status status = FY_OK;
	fy_wire_field field;

	*list = fy_arg_list(FY_NEW_ARRAY(reader->arena, fy_arg, attr->count + 1), 0);
	list->stated = attr->kind;
	while (status == FY_OK && fy_wire_next(&wire, &field)) {
		fy_arg *item = &list->list.items[list->list.count];

		if (field.number != attr->field)
			continue;
		if (message) {
			status = read_message(reader, &wire, field.bytes, attr->kind, item);
			list->list.count += status == FY_OK;
		} else if (attr->field == A_STRINGS) {
			*item = (fy_arg){ .kind = FY_ARG_STR, .s = field.bytes };
			list->list.count++;
		} else {
			put_numbers(&wire, &field, attr->field == A_FLOATS, scratch, list);
		}
	}
	fy_free(scratch);
	return status != FY_OK ? status : fy_onnx_wire_status(reader);
}

fy_status fy_onnx_read_attr_value(fy_onnx_reader *reader, const fy_onnx_read_attr *attr, fy_arg *out)
{
	*out = fy_arg_none();
	if (attr->ref.len > 0) {
		FY_TRY(fy_onnx_check_name(reader, attr->ref));
		*out = (fy_arg){ .kind = FY_ARG_REF, .stated = attr->kind, .s = attr->ref };
		return FY_OK;
	}
	switch (attr->kind) {
	case FY_ONNX_FLOAT:
		*out = fy_arg_float(float_bits(attr->single.value));
		return FY_OK;
	case FY_ONNX_INT:
		*out = fy_arg_int((int64_t)attr->single.value);
		return FY_OK;
	case FY_ONNX_STRING:
		*out = (fy_arg){ .kind = FY_ARG_STR, .s = attr->single.bytes };
		if (!out->s.data)
			out->s = fy_str_of("");
		return FY_OK;
	case FY_ONNX_TENSOR:
	case FY_ONNX_SPARSE:
	case FY_ONNX_TYPE:
		FY_TRY(read_message(reader, &attr->wire, attr->message, attr->kind, out));
		out->stated = attr->kind == FY_ONNX_SPARSE ? FY_ONNX_SPARSE : 0;
		return FY_OK;
	default:
		return read_list(reader, attr, out);
	}
}

fy_status fy_onnx_each_graph(fy_onnx_reader *reader, const fy_onnx_read_attr *attr,
			     fy_status (*read)(void *user, fy_wire wire), void *user)
{
	fy_wire wire = attr->wire;
	fy_wire_field field;

	if (attr->kind == FY_ONNX_GRAPH)
		return read(user, fy_wire_enter(&attr->wire, attr->message));
	while (fy_wire_next(&wire, &field)) {
		if (field.number == attr->field)
			FY_TRY(read(user, fy_wire_enter(&wire, field.bytes)));
	}
	return fy_onnx_wire_status(reader);
}

void fy_onnx_drop_arg(const fy_arg *arg)
{
	if (arg->kind == FY_ARG_TENSOR) {
		fy_tensor_unref(arg->t);
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			fy_onnx_drop_arg(&arg->list.items[i]);
	}
}
