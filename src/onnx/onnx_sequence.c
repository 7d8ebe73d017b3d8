/*
 * Sequences, optionals and scans: what their results are. The element of a nested type is known here; nobody
 * runs them but the engine.
 */
#include "onnx/onnx_internal.h"

/* ---- types and their elements ---- */

static bool is_kind(const fy_onnx_call *call, int i, fy_type_kind kind)
{
	return fy_onnx_has(call, i) && call->types[i].kind == kind;
}

/* seq(T) or optional(T) to T. */
static fy_type element_of(const fy_type *type)
{
	fy_type out = *type;

	if (type->element)
		return *type->element;
	out.kind = FY_TYPE_TENSOR;
	return out;
}

/* T to seq(T) or optional(T). Nested ones stay unknown: their element would have to live in the graph. */
static fy_type nested(const fy_type *type, fy_type_kind kind)
{
	fy_type out = *type;

	if (type->kind != FY_TYPE_TENSOR)
		return (fy_type){ .kind = FY_TYPE_OPAQUE };
	out.kind = kind;
	return out;
}

/* The shape that holds for both, into `into`. */
static void widen(fy_type *into, const fy_type *other)
{
	into->has_shape = into->has_shape && other->has_shape && into->shape.rank == other->shape.rank;
	for (int i = 0; into->has_shape && i < into->shape.rank; i++) {
		if (into->shape.dims[i] != other->shape.dims[i])
			into->shape.dims[i] = FY_ONNX_DIM_UNKNOWN;
	}
	if (!into->has_shape)
		into->shape = (fy_shape){ 0 };
}

/* ---- sequences ---- */

static fy_status construct_infer(fy_onnx_call *call)
{
	fy_type all = call->types[0];

	for (int i = 0; i < call->input_count; i++) {
		if (!call->present[i])
			return fy_onnx_fail(call, "input %d is missing", i);
		if (call->types[i].kind != all.kind)
			return FY_OK;
		if (call->types[i].dtype != all.dtype)
			return fy_onnx_fail(call, "input %d is %s, input 0 %s", i,
					    fy_dtype_name(call->types[i].dtype), fy_dtype_name(all.dtype));
		widen(&all, &call->types[i]);
	}
	call->results[0] = nested(&all, FY_TYPE_SEQUENCE);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_construct = {
	.name = "onnx::SequenceConstruct",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 1, FY_ONNX_MANY, 1, 1 }),
	.infer = construct_infer,
};

static fy_status empty_infer(fy_onnx_call *call)
{
	int64_t number = fy_onnx_has_attr(call, "dtype") ? fy_onnx_int(call, "dtype") : 1;
	fy_dtype dtype;

	if (!fy_onnx_to_dtype(number, &dtype))
		return fy_onnx_fail(call, "dtype %" PRId64 " is no element type", number);
	call->results[0] = (fy_type){ .kind = FY_TYPE_SEQUENCE, .dtype = dtype };
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_empty = {
	.name = "onnx::SequenceEmpty",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 0, 0, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i' }),
	.infer = empty_infer,
};

static fy_status insert_infer(fy_onnx_call *call)
{
	fy_type out = call->types[0];

	if (!is_kind(call, 0, FY_TYPE_SEQUENCE) || out.element || !is_kind(call, 1, FY_TYPE_TENSOR))
		return FY_OK;
	if (out.dtype != call->types[1].dtype)
		return fy_onnx_fail(call, "a tensor of %s goes into a sequence of %s",
				    fy_dtype_name(call->types[1].dtype), fy_dtype_name(out.dtype));
	widen(&out, &call->types[1]);
	call->results[0] = out;
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_insert = {
	.name = "onnx::SequenceInsert",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 2, 3, 1, 1 }),
	.infer = insert_infer,
};

static fy_status erase_infer(fy_onnx_call *call)
{
	if (is_kind(call, 0, FY_TYPE_SEQUENCE))
		call->results[0] = call->types[0];
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_erase = {
	.name = "onnx::SequenceErase",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 1, 2, 1, 1 }),
	.infer = erase_infer,
};

static fy_status at_infer(fy_onnx_call *call)
{
	if (is_kind(call, 0, FY_TYPE_SEQUENCE))
		call->results[0] = element_of(&call->types[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_at = {
	.name = "onnx::SequenceAt",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 2, 2, 1, 1 }),
	.infer = at_infer,
};

static fy_status length_infer(fy_onnx_call *call)
{
	return fy_onnx_result(call, 0, FY_I64, &(fy_shape){ 0 });
}

const fy_onnx_op fy_onnx_op_sequence_length = {
	.name = "onnx::SequenceLength",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.infer = length_infer,
};

static void drop_axis(fy_shape *shape, int axis)
{
	for (int i = axis; i + 1 < shape->rank; i++)
		shape->dims[i] = shape->dims[i + 1];
	shape->rank--;
}

static fy_status split_infer(fy_onnx_call *call)
{
	fy_type part = call->types[0];
	int axis;

	if (part.kind != FY_TYPE_TENSOR)
		return FY_OK;
	if (part.has_shape) {
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), part.shape.rank, &axis));
		if (fy_onnx_has(call, 1))
			part.shape.dims[axis] = FY_ONNX_DIM_UNKNOWN;
		else if (fy_onnx_int(call, "keepdims"))
			part.shape.dims[axis] = 1;
		else
			drop_axis(&part.shape, axis);
	}
	call->results[0] = nested(&part, FY_TYPE_SEQUENCE);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_split_to_sequence = {
	.name = "onnx::SplitToSequence",
	.since = FY_ONNX_SINCE(11, 24),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 11, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' },
			       { .name = "keepdims", .kind = 'i', .number = 1 }),
	.infer = split_infer,
};

/* A new axis in front of `axis`; false: too many axes. */
static bool add_axis(fy_shape *shape, int axis, fy_dim size)
{
	if (shape->rank == FY_MAX_RANK)
		return false;
	for (int i = shape->rank; i > axis; i--)
		shape->dims[i] = shape->dims[i - 1];
	shape->dims[axis] = size;
	shape->rank++;
	return true;
}

static fy_status concat_infer(fy_onnx_call *call)
{
	int64_t made = fy_onnx_int(call, "new_axis");
	fy_type out;
	int axis;

	if (made != 0 && made != 1)
		return fy_onnx_fail(call, "new_axis is %" PRId64 ", not 0 or 1", made);
	if (!is_kind(call, 0, FY_TYPE_SEQUENCE) || call->types[0].element)
		return FY_OK;
	out = element_of(&call->types[0]);
	if (out.has_shape) {
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), out.shape.rank + (int)made, &axis));
		if (!made)
			out.shape.dims[axis] = FY_ONNX_DIM_UNKNOWN;
		else if (!add_axis(&out.shape, axis, FY_ONNX_DIM_UNKNOWN))
			out = fy_type_tensor(out.dtype, NULL);
	}
	call->results[0] = out;
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_concat_from_sequence = {
	.name = "onnx::ConcatFromSequence",
	.since = FY_ONNX_SINCE(11),
	.flags = FY_ONNX_TYPES_ONLY,
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .required = true },
			       { .name = "new_axis", .kind = 'i' }),
	.infer = concat_infer,
};

static fy_status map_infer(fy_onnx_call *call)
{
	const fy_block *body = call->node->block_count == 1 ? call->node->blocks[0] : NULL;

	if (!body || body->result_count != call->result_count)
		return fy_onnx_fail(call, "the body does not give one value per output");
	if (body->param_count != call->input_count)
		return fy_onnx_fail(call, "the body does not take one value per input");
	for (int i = 0; i < call->result_count; i++)
		call->results[i] = nested(body->results[i]->type, FY_TYPE_SEQUENCE);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_sequence_map = {
	.name = "onnx::SequenceMap",
	.since = FY_ONNX_SINCE(17),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 17, 1, FY_ONNX_MANY, 1, FY_ONNX_MANY }),
	.attrs = FY_ONNX_ATTRS({ .name = "body", .kind = 'g', .required = true }),
	.infer = map_infer,
};

/* ---- optionals ---- */

static fy_status has_element_infer(fy_onnx_call *call)
{
	return fy_onnx_result(call, 0, FY_BOOL, &(fy_shape){ 0 });
}

const fy_onnx_op fy_onnx_op_optional_has_element = {
	.name = "onnx::OptionalHasElement",
	.since = FY_ONNX_SINCE(15, 18, 28),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 15, 1, 1, 1, 1 }, { 18, 0, 1, 1, 1 }),
	.infer = has_element_infer,
};

static fy_status get_element_infer(fy_onnx_call *call)
{
	if (is_kind(call, 0, FY_TYPE_OPTIONAL))
		call->results[0] = element_of(&call->types[0]);
	else
		call->results[0] = call->types[0];
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_optional_get_element = {
	.name = "onnx::OptionalGetElement",
	.since = FY_ONNX_SINCE(15, 18, 28),
	.flags = FY_ONNX_TYPES_ONLY,
	.infer = get_element_infer,
};

/* ---- Scan ---- */

typedef struct scan {
	const fy_block *body;
	int states, scans, first; /* first: inputs before the states */
	int leading;              /* axes of all values before those that the body sees */
	fy_dim length, batch;
} scan;

static fy_status scan_axis(const fy_onnx_call *call, const char *name, int i, int rank, int *out)
{
	int64_t axes[64];
	int count = -1;

	if (fy_onnx_attr_of(call->op, call->opset, name))
		FY_TRY(fy_onnx_ints(call, name, axes, 64, &count));
	if (count >= 0 && i >= count)
		return fy_onnx_fail(call, "%s has %d numbers, which are too few", name, count);
	return fy_onnx_axis(call, count < 0 ? 0 : axes[i], rank, out);
}

/* How many rounds there are: the size of the scanned axes, which must agree. */
static fy_status scan_length(const fy_onnx_call *call, scan *s)
{
	s->length = s->batch = FY_ONNX_DIM_UNKNOWN;
	for (int i = 0; i < s->scans; i++) {
		const fy_type *type = &call->types[s->first + s->states + i];
		int axis;
		fy_dim size;

		if (type->kind != FY_TYPE_TENSOR)
			return fy_onnx_fail(call, "scan input %d is no tensor", i);
		if (!type->has_shape)
			continue;
		if (type->shape.rank <= s->leading)
			return fy_onnx_fail(call, "scan input %d has no axis to scan", i);
		FY_TRY(scan_axis(call, "scan_input_axes", i, type->shape.rank - s->leading, &axis));
		size = type->shape.dims[s->leading + axis];
		if (s->leading)
			s->batch = type->shape.dims[0];
		if (fy_dim_known(s->length) && fy_dim_known(size) && s->length != size)
			return fy_onnx_fail(call, "scan inputs are of %" PRId64 " and %" PRId64 " rounds",
					    s->length, size);
		if (!fy_dim_known(s->length))
			s->length = size;
	}
	return FY_OK;
}

static fy_status read_scan(const fy_onnx_call *call, scan *s)
{
	const fy_node *node = call->node;
	int64_t scans = fy_onnx_int(call, "num_scan_inputs");

	*s = (scan){ .body = node->block_count == 1 ? node->blocks[0] : NULL };
	s->first = s->leading = call->version == 8;
	if (!s->body)
		return fy_onnx_fail(call, "has %d bodies, not 1", node->block_count);
	if (scans < 1 || scans > call->input_count - s->first)
		return fy_onnx_fail(call, "num_scan_inputs is %" PRId64 ", which is not possible", scans);
	s->scans = (int)scans;
	s->states = call->input_count - s->first - s->scans;
	if (s->body->param_count != s->states + s->scans || s->body->result_count != call->result_count ||
	    s->states > call->result_count)
		return fy_onnx_fail(call, "%d inputs and %d outputs; the body takes %d and gives %d",
				    s->states + s->scans, call->result_count, s->body->param_count,
				    s->body->result_count);
	return scan_length(call, s);
}

/* What the body states of its parameters must agree with what it gets. */
static fy_status check_body_params(const fy_onnx_call *call, const scan *s)
{
	for (int i = 0; i < s->states + s->scans; i++) {
		const fy_type *stated = s->body->params[i]->type;
		fy_type given = call->types[s->first + i];
		int axis;

		if (!call->present[s->first + i])
			return fy_onnx_fail(call, "input %d is missing", s->first + i);
		for (int k = 0; k < s->leading && given.has_shape && given.shape.rank > 0; k++)
			drop_axis(&given.shape, 0);
		if (i >= s->states && given.has_shape) {
			FY_TRY(scan_axis(call, "scan_input_axes", i - s->states, given.shape.rank, &axis));
			drop_axis(&given.shape, axis);
		}
		if (stated->kind == FY_TYPE_TENSOR && !fy_onnx_types_agree(stated, &given))
			return fy_onnx_fail(call, "input %d does not fit the body's parameter %d",
					    s->first + i, i);
	}
	return FY_OK;
}

static fy_status scan_infer(fy_onnx_call *call)
{
	scan s;

	FY_TRY(read_scan(call, &s));
	FY_TRY(check_body_params(call, &s));
	for (int i = 0; i < call->result_count; i++) {
		const fy_type *given = s.body->results[i]->type;
		fy_type type = given->kind == FY_TYPE_SCALAR ? fy_type_tensor(given->dtype, &(fy_shape){ 0 })
							     : *given;
		int axis = 0;

		if (type.kind != FY_TYPE_TENSOR)
			continue;
		if (type.has_shape && i >= s.states) {
			FY_TRY(scan_axis(call, "scan_output_axes", i - s.states, type.shape.rank + 1, &axis));
			type.has_shape = add_axis(&type.shape, axis, s.length);
		}
		if (type.has_shape && s.leading)
			type.has_shape = add_axis(&type.shape, 0, s.batch);
		if (i < s.states && call->types[s.first + i].kind == FY_TYPE_TENSOR)
			widen(&type, &call->types[s.first + i]);
		call->results[i] = type.has_shape ? type : fy_type_tensor(type.dtype, NULL);
	}
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_scan = {
	.name = "onnx::Scan",
	.since = FY_ONNX_SINCE(8, 9, 11, 16, 19, 21, 23, 24, 25),
	.arity = FY_ONNX_ARITY({ 8, 2, FY_ONNX_MANY, 1, FY_ONNX_MANY },
			       { 9, 1, FY_ONNX_MANY, 1, FY_ONNX_MANY }),
	.attrs = FY_ONNX_ATTRS({ .name = "body", .kind = 'g', .required = true },
			       { .name = "directions", .kind = 'I', .until = 8 },
			       { .name = "num_scan_inputs", .kind = 'i', .required = true },
			       { .name = "scan_input_axes", .kind = 'I', .since = 9 },
			       { .name = "scan_input_directions", .kind = 'I', .since = 9 },
			       { .name = "scan_output_axes", .kind = 'I', .since = 9 },
			       { .name = "scan_output_directions", .kind = 'I', .since = 9 }),
	.infer = scan_infer,
};
