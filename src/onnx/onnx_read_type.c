/*
 * TypeProto and ValueInfoProto to fy_type. Sizes with a name become symbols of the graph. What is not said
 * stays opaque; whether it had to be said is known to the callers.
 */
#include "onnx/onnx_internal.h"

/* ---- shapes ------------------------------------------------------------------------------------------ */

static fy_dim symbol_named(fy_onnx_reader *reader, const char *name)
{
	void *known = fy_map_get(&reader->symbols, fy_str_of(name));

	if (!known) {
		known = (void *)(uintptr_t)(fy_graph_symbol(reader->graph, name) + 1);
		fy_map_put(&reader->symbols, fy_str_of(name), known);
	}
	return fy_dim_symbol((int)(uintptr_t)known - 1);
}

static fy_status read_dim(fy_onnx_reader *reader, const fy_wire *parent, const fy_wire_field *message,
			  fy_dim *out)
{
	fy_wire wire = fy_wire_enter(parent, message->bytes);
	const char *name;
	fy_wire_field field;

	*out = FY_ONNX_DIM_UNKNOWN;
	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT)) {
			*out = (int64_t)field.value;
			if (*out < 0)
				return fy_onnx_malformed(reader, "a type has a negative size");
		} else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN)) {
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &name));
			if (name[0])
				*out = symbol_named(reader, name);
		}
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_shape(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_shape *shape)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	fy_wire_field field;

	*shape = (fy_shape){ 0 };
	while (fy_wire_next(&wire, &field)) {
		if (field.number != 1 || !fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			continue;
		if (shape->rank == FY_MAX_RANK)
			return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-rank", &reader->place,
					"a tensor has more than %d dimensions", FY_MAX_RANK);
		FY_TRY(read_dim(reader, &wire, &field, &shape->dims[shape->rank++]));
	}
	return fy_onnx_wire_status(reader);
}

/* ---- types ------------------------------------------------------------------------------------------- */

static fy_status read_element(fy_onnx_reader *reader, int64_t number, fy_dtype *out, bool *stated)
{
	if (number < 0 || !fy_onnx_dtype_name(number))
		return fy_onnx_malformed(reader, "there is no element type %" PRId64, number);
	*stated = fy_onnx_to_dtype(number, out);
	return FY_OK;
}

/* TypeProto.Tensor and .SparseTensor. */
static fy_status read_tensor_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
				  fy_type_kind kind, fy_onnx_stated_type *out)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	fy_str shape = { 0 };
	int64_t number = 0;
	bool stated = false;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			number = (int64_t)field.value;
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &shape);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	FY_TRY(read_element(reader, number, &out->type.dtype, &stated));
	if (!stated)
		return FY_OK;
	out->type.kind = kind;
	out->type.has_shape = shape.data != NULL;
	out->complete = out->type.has_shape;
	return out->type.has_shape ? read_shape(reader, &wire, shape, &out->type.shape) : FY_OK;
}

static fy_status read_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
			   fy_onnx_stated_type *out);

/* TypeProto.Sequence, .Optional (element in field 1) and .Map (key in field 1, element in field 2). */
static fy_status read_nested(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_type_kind kind,
			     fy_onnx_stated_type *out)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	int element_field = kind == FY_TYPE_MAP ? 2 : 1;
	fy_onnx_stated_type inner;
	fy_str element = { 0 };
	bool keyed = kind != FY_TYPE_MAP;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == element_field && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &element);
		else if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			FY_TRY(read_element(reader, (int64_t)field.value, &out->type.dtype, &keyed));
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (!element.data || !keyed)
		return FY_OK;
	FY_TRY(read_type(reader, &wire, element, &inner));
	out->complete = true;
	if (inner.type.kind == FY_TYPE_OPAQUE)
		return FY_OK;
	if (inner.type.kind == FY_TYPE_TENSOR && kind != FY_TYPE_MAP)
		out->type = inner.type;
	else
		out->type.element = fy_graph_type(reader->graph, &inner.type);
	out->type.kind = kind;
	return FY_OK;
}

/* Which message a field of TypeProto is; 0: none. */
static fy_type_kind kind_of_field(int number)
{
	switch (number) {
	case 1:
		return FY_TYPE_TENSOR;
	case 4:
		return FY_TYPE_SEQUENCE;
	case 5:
		return FY_TYPE_MAP;
	case 8:
		return FY_TYPE_SPARSE;
	case 9:
		return FY_TYPE_OPTIONAL;
	default:
		return FY_TYPE_OPAQUE;
	}
}

static fy_status read_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
			   fy_onnx_stated_type *out)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	fy_str message = { 0 };
	int number = 0;
	fy_wire_field field;
	fy_type_kind kind;

	*out = (fy_onnx_stated_type){ .type = { .kind = FY_TYPE_OPAQUE } };
	while (fy_wire_next(&wire, &field)) {
		if (field.number != 7 && kind_of_field(field.number) == FY_TYPE_OPAQUE)
			continue;
		if (!fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			break;
		/* The last one of a choice holds; pieces of one message are joined. */
		if (field.number != number)
			message = (fy_str){ 0 };
		number = field.number;
		fy_wire_keep(&start, reader->arena, &field, &message);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	kind = kind_of_field(number);
	if (number == 7)
		out->complete = true;
	if (number == 0 || number == 7)
		return FY_OK;
	if (kind == FY_TYPE_TENSOR || kind == FY_TYPE_SPARSE)
		return read_tensor_type(reader, &wire, message, kind, out);
	return read_nested(reader, &wire, message, kind, out);
}

fy_status fy_onnx_read_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_type *out)
{
	fy_onnx_stated_type stated;

	FY_TRY(read_type(reader, parent, bytes, &stated));
	*out = stated.type;
	return FY_OK;
}

fy_status fy_onnx_read_value_info(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_str *name,
				  fy_onnx_stated_type *out)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	fy_str type_bytes = { 0 };
	fy_wire_field field;

	*name = (fy_str){ "", 0 };
	*out = (fy_onnx_stated_type){ .type = { .kind = FY_TYPE_OPAQUE } };
	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			*name = field.bytes;
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &type_bytes);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	return type_bytes.data ? read_type(reader, &wire, type_bytes, out) : FY_OK;
}

/* ---- agreement ---------------------------------------------------------------------------------------- */

static bool dims_agree(const fy_shape *a, const fy_shape *b)
{
	if (a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++) {
		if (fy_dim_known(a->dims[i]) && fy_dim_known(b->dims[i]) && a->dims[i] != b->dims[i])
			return false;
	}
	return true;
}

bool fy_onnx_types_agree(const fy_type *a, const fy_type *b)
{
	if (a->kind == FY_TYPE_OPAQUE || b->kind == FY_TYPE_OPAQUE)
		return true;
	if (fy_type_is_tensor(a) && fy_type_is_tensor(b))
		return a->dtype == b->dtype &&
		       (!a->has_shape || !b->has_shape || dims_agree(&a->shape, &b->shape));
	if (a->kind != b->kind || !a->element != !b->element)
		return false;
	if (a->element)
		return (a->kind != FY_TYPE_MAP || a->dtype == b->dtype) &&
		       fy_onnx_types_agree(a->element, b->element);
	return a->dtype == b->dtype && (!a->has_shape || !b->has_shape || dims_agree(&a->shape, &b->shape));
}
