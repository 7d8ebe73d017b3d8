/*
 * Elements repeated, turned round or moved along dims: repeat, tile, repeat_interleave, flip, rot90, roll.
 */
#include "ops/views.h"

#include <string.h>

/* ---- repeat ---------------------------------------------------------------------------------- */

static fy_status repeated_dim(const fy_call *call, fy_dim size, const fy_arg *times, fy_dim *out)
{
	int64_t count = times->i;
	if (times->kind == FY_ARG_TENSOR && !fy_tensor_has_data(times->t)) {
		*out = size == 0 ? 0 : fy_call_new_symbol(call);
		return FY_OK;
	}
	if (times->kind == FY_ARG_TENSOR)
		count = fy_tensor_get_i64(times->t, 0);
	if (count < 0)
		return fy_call_raise(call, "a negative number of repeats");
	if (count == 0 || count == 1)
		*out = count == 0 ? 0 : size;
	else if (!fy_dim_known(size))
		*out = fy_call_new_symbol(call);
	else if (!fy_mul_i64(size, count, out))
		return fy_call_raise(call, "the result is too large");
	return FY_OK;
}

static fy_status repeat_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	const fy_arg *repeats = &call->args[1];
	fy_shape shape = { .rank = repeats->list.count };
	int extra = shape.rank - self->shape.rank;
	if (shape.rank > FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	if (extra < 0)
		return fy_call_raise(call, "fewer repeats than dimensions");
	for (int d = 0; d < shape.rank; d++) {
		fy_dim size = d < extra ? 1 : self->shape.dims[d - extra];
		FY_TRY(repeated_dim(call, size, &repeats->list.items[d], &shape.dims[d]));
	}
	return fy_result_fresh(call, self->dtype, &shape);
}

static fy_status repeat_eval(fy_call *call)
{
	if (fy_tensor_numel(call->outs[0]) > 0)
		fy_kernel_repeat(call->outs[0], fy_call_tensor(call, 0));
	return FY_OK;
}

static fy_status repeat_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	int64_t axes[FY_MAX_RANK], times[FY_MAX_RANK];
	int extra = node->args[1].list.count - x->type->shape.rank;
	bool changes = !fy_node_arg_known(node, 1);
	for (int d = 0; d < extra; d++)
		axes[d] = d;
	x = fy_lower_unsqueeze(l, x, axes, extra);
	if (!changes)
		for (int d = fy_node_ints(node, 1, times, 0) - 1; d >= 0; d--)
			changes |= times[d] != 1;
	if (changes && x != NULL) /* ONNX Runtime tiles no bfloat16 */
		x = fy_emit(l, "Tile",
			    FY_IN(fy_lower_cast(l, x, x->type->dtype == FY_BF16 ? FY_F32 : x->type->dtype),
				  fy_lower_int_list(l, node, 1)),
			    FY_NO_ATTRS);
	return fy_lower_finish(l, node, x);
}

const fy_op fy_aten_repeat = {
	.name = "aten::repeat",
	.flags = FY_OP_MOVES,
	.infer = repeat_infer,
	.eval = repeat_eval,
	.lower = repeat_lower,
	.cases =
		FY_CASES("f32[2,3] [2,1]", "f32[3] [2,2,2]", "i64[2]^S [3]", "f32[2,3]^T [1,2]", "f32[2] [1]",
			 "bool[2] [2]", "f16[2] [2]", "bf16[2] [2]", "f32[] [2,2]", "f32[2,3] [2]",
			 "f32[2] [-1]", "f32[2,3] [0,1]", "u8[2] [3]", "f32[2,3] [i64[]{2},1]", "i32[2] [2]",
			 "f64[2] [2]", "f32[3] [i64[]{3}]", "f32[] []", "i8[2] [2]", "i16[2] [2]"),
};

static fy_status tile_compose(fy_compose *c)
{
	const fy_arg *dims = &c->call->args[1];
	int rank = c->call->args[0].t->shape.rank, count = dims->list.count;
	int total = count > rank ? count : rank;
	fy_arg *repeats = FY_NEW_ARRAY(c->builder->arena, fy_arg, total + 1);
	for (int d = 0; d < total; d++)
		repeats[d] = d < total - count ? fy_arg_int(1) : dims->list.items[d - (total - count)];
	c->results[0] = fy_do2(c, "aten::repeat", c->call->args[0], fy_arg_list(repeats, total));
	return FY_OK;
}

const fy_op fy_aten_tile = {
	.name = "aten::tile",
	.compose = tile_compose,
	.cases = FY_CASES("f32[2,3] [2]", "f32[3] [2,2]", "f32[2,3] [2,1]", "f32[2,3] []"),
};

/* ---- repeat_interleave ----------------------------------------------------------------------- */

/* None flattens first. The dim that is repeated, of the tensor as it is then. */
static fy_status interleave_dim(const fy_call *call, fy_shape *shape, int *dim)
{
	const fy_shape *self = &fy_call_tensor(call, 0)->shape;
	*shape = *self;
	if (!fy_call_is_none(call, 2))
		return fy_call_dim(call, 2, self->rank, dim);
	*shape = (fy_shape){ 1, { 1 } };
	*dim = 0;
	for (int d = 0; d < self->rank; d++)
		if (!fy_dim_known(self->dims[d]))
			shape->dims[0] = self->rank == 1 ? self->dims[0] : fy_call_new_symbol(call);
	if (fy_dim_known(shape->dims[0]) && !fy_shape_numel(self, &shape->dims[0]))
		return fy_call_raise(call, "the tensor is too large");
	return FY_OK;
}

static fy_status interleave_infer(fy_call *call)
{
	fy_shape shape;
	int64_t times;
	int dim;
	FY_TRY(interleave_dim(call, &shape, &dim));
	FY_TRY(fy_call_int(call, 1, &times));
	if (shape.rank == 0)
		shape = (fy_shape){ 1, { 1 } };
	if (shape.rank == FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	FY_TRY(repeated_dim(call, shape.dims[dim], &(fy_arg){ .kind = FY_ARG_INT, .i = times },
			    &shape.dims[dim]));
	return fy_result_fresh(call, fy_call_tensor(call, 0)->dtype, &shape);
}

/* A dim of the repeats, on which the source stands still, behind the repeated one. */
static fy_status interleave_eval(fy_call *call)
{
	fy_tensor *plain = fy_tensor_contiguous((fy_tensor *)fy_call_tensor(call, 0)), *from, *to;
	int64_t from_strides[FY_MAX_RANK], to_strides[FY_MAX_RANK], times;
	fy_shape shape, wide;
	int dim;
	FY_TRY(interleave_dim(call, &shape, &dim));
	FY_TRY(fy_call_int(call, 1, &times));
	if (plain == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	wide = shape.rank ? shape : (fy_shape){ 1, { 1 } };
	fy_shape_strides(&wide, from_strides);
	memmove(&wide.dims[dim + 1], &wide.dims[dim], (size_t)(wide.rank - dim) * sizeof(wide.dims[0]));
	memmove(&from_strides[dim + 1], &from_strides[dim],
		(size_t)(wide.rank - dim) * sizeof(from_strides[0]));
	wide.rank++;
	wide.dims[dim + 1] = times;
	from_strides[dim] = from_strides[dim + 1];
	from_strides[dim + 1] = 0;
	fy_shape_strides(&wide, to_strides);
	from = fy_tensor_view(plain, plain->dtype, &wide, from_strides, plain->offset);
	to = fy_tensor_view(call->outs[0], plain->dtype, &wide, to_strides, 0);
	fy_tensor_copy(to, from);
	fy_tensor_unref(from);
	fy_tensor_unref(to);
	fy_tensor_unref(plain);
	return FY_OK;
}

static fy_status interleave_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	int64_t dim = fy_node_none(node, 2) ? 0 : fy_node_int(node, 2), times = fy_node_int(node, 1), behind;
	int64_t spread[FY_MAX_RANK];
	if (fy_node_none(node, 2) || x->type->shape.rank == 0)
		x = fy_emit(l, "Reshape", FY_IN(x, fy_lower_ints(l, (const int64_t[]){ -1 }, 1)),
			    FY_NO_ATTRS);
	if (x == NULL)
		return fy_lower_status(l);
	dim += dim < 0 ? x->type->shape.rank : 0;
	behind = dim + 1;
	if (times == 0) {
		fy_lower_result(l, node, 0, fy_lower_slice(l, x, &dim, &times, &times, NULL, 1));
		return fy_lower_status(l);
	}
	x = fy_lower_unsqueeze(l, x, &behind, 1);
	if (x == NULL)
		return fy_lower_status(l);
	for (int d = 0; d < x->type->shape.rank; d++)
		spread[d] = d == behind ? times : 1;
	x = fy_lower_expand_values(l, x, fy_lower_ints(l, spread, x->type->shape.rank));
	fy_lower_result(l, node, 0, fy_lower_merge_dims(l, x, (int)dim, 2));
	return fy_lower_status(l);
}

const fy_op fy_aten_repeat_interleave = {
	.name = "aten::repeat_interleave",
	.overloads = "self_int",
	.flags = FY_OP_MOVES,
	.infer = interleave_infer,
	.eval = interleave_eval,
	.lower = interleave_lower,
	.cases = FY_CASES("f32[2,3] 2 0", "f32[2,3] 2 1", "f32[2,3] 3", "i64[3] 2 -1", "f32[2,3]^T 2 0",
			  "f32[] 2", "f32[2,2,3] 2 1", "bool[2] 2", "bf16[2] 2", "f32[2] 0 0", "f32[2] -1 0"),
};

/* ---- flip, rot90 ----------------------------------------------------------------------------- */

static fy_status flip_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	uint32_t dims;
	FY_TRY(fy_call_dim_mask(call, 1, self->shape.rank, false, &dims));
	return fy_result_like(call, self->dtype, self);
}

static fy_status flip_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	uint32_t dims;
	FY_TRY(fy_call_dim_mask(call, 1, self->shape.rank, false, &dims));
	fy_kernel_flip(call->outs[0], self, self->shape.rank ? dims : 0);
	return FY_OK;
}

static fy_status flip_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	int64_t dims[FY_MAX_RANK * 2], starts[FY_MAX_RANK], ends[FY_MAX_RANK], steps[FY_MAX_RANK];
	int rank = x->type->shape.rank, count = rank ? fy_node_ints(node, 1, dims, 0) : 0;
	for (int i = 0; i < count; i++) {
		dims[i] += dims[i] < 0 ? rank : 0;
		starts[i] = -1;
		ends[i] = INT64_MIN;
		steps[i] = -1;
	}
	fy_lower_result(l, node, 0, fy_lower_slice(l, x, dims, starts, ends, steps, count));
	return fy_lower_status(l);
}

const fy_op fy_aten_flip = {
	.name = "aten::flip",
	.flags = FY_OP_MOVES,
	.infer = flip_infer,
	.eval = flip_eval,
	.lower = flip_lower,
	.cases = FY_CASES("f32[2,3] [0]", "f32[2,3] [0,1]", "f32[2,3] [-1]", "i64[4] [0]", "f32[2,3]^T [1]",
			  "f32[2,3] []", "bool[3] [0]", "bf16[3] [0]", "f32[1,2,2,3]^L [2,3]", "f32[] []",
			  "f32[2] [0,0]", "f32[2] [1]", "f16[3] [0]", "f32[2,0] [0]", "u8[3] [0]"),
};

static fy_arg flipped(fy_compose *c, fy_arg x, const int64_t *dims, int count)
{
	return fy_do2(c, "aten::flip", x, fy_arg_ints(c->builder->arena, dims, count));
}

static fy_status fliplr_compose(fy_compose *c)
{
	if (c->call->args[0].t->shape.rank < 2)
		return fy_call_raise(c->call, "the tensor must have 2 dimensions at least");
	c->results[0] = flipped(c, c->call->args[0], (const int64_t[]){ 1 }, 1);
	return FY_OK;
}

static fy_status flipud_compose(fy_compose *c)
{
	if (c->call->args[0].t->shape.rank < 1)
		return fy_call_raise(c->call, "the tensor must have 1 dimension at least");
	c->results[0] = flipped(c, c->call->args[0], (const int64_t[]){ 0 }, 1);
	return FY_OK;
}

const fy_op fy_aten_fliplr = {
	.name = "aten::fliplr",
	.compose = fliplr_compose,
	.cases = FY_CASES("f32[2,3]", "f32[3]"),
};

const fy_op fy_aten_flipud = {
	.name = "aten::flipud",
	.compose = flipud_compose,
	.cases = FY_CASES("f32[2,3]", "f32[3]", "f32[]"),
};

/* Quarter turns: a flip and an exchange of the two dims. */
static fy_status rot90_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	int rank = call->args[0].t->shape.rank, a, b, count;
	int64_t turns, dims[FY_MAX_RANK * 2];
	FY_TRY(fy_call_int(call, 1, &turns));
	FY_TRY(fy_call_ints(call, 2, dims, 0, &count));
	turns = (turns % 4 + 4) % 4;
	for (int i = 0; i < count; i++) {
		if (dims[i] < -rank || dims[i] >= rank)
			return fy_call_raise(call, "dimension %" PRId64 " is out of range", dims[i]);
		dims[i] += dims[i] < 0 ? rank : 0;
	}
	if (count != 2 || dims[0] == dims[1])
		return fy_call_raise(call, "it turns in a plane of two different dimensions");
	a = (int)dims[0];
	b = (int)dims[1];
	if (turns == 0)
		c->results[0] = fy_do2(c, "aten::clone", call->args[0], fy_arg_int(0));
	else if (turns == 2)
		c->results[0] = flipped(c, call->args[0], dims, 2);
	else
		c->results[0] =
			fy_do3(c, "aten::transpose.int", flipped(c, call->args[0], &dims[turns == 1], 1),
			       fy_arg_int(a), fy_arg_int(b));
	return FY_OK;
}

const fy_op fy_aten_rot90 = {
	.name = "aten::rot90",
	.compose = rot90_compose,
	.cases = FY_CASES("f32[2,3]", "f32[2,3] 2", "f32[2,3] 3", "f32[2,3] 4", "f32[2,3,2] -1 [0,2]",
			  "f32[2,3] 1 [0,0]", "f32[2,3]^T 0"),
};

/* ---- roll ------------------------------------------------------------------------------------ */

/* Shifts and the dims they go along; no dims: the flat tensor. */
static fy_status read_shifts(const fy_call *call, int64_t *shifts, int *dims, int *count)
{
	int rank = fy_call_tensor(call, 0)->shape.rank, given;
	int64_t wanted[FY_MAX_RANK * 2];
	FY_TRY(fy_call_ints(call, 1, shifts, 0, count));
	FY_TRY(fy_call_ints(call, 2, wanted, 0, &given));
	if (given == 0 && *count == 1) {
		*count = -1;
		return FY_OK;
	}
	if (given != *count || given == 0)
		return fy_call_raise(call, "as many shifts as dimensions are needed");
	for (int i = 0; i < given; i++) {
		if (wanted[i] < -rank || wanted[i] >= rank)
			return fy_call_raise(call, "dimension %" PRId64 " is out of range", wanted[i]);
		dims[i] = (int)(wanted[i] < 0 ? wanted[i] + rank : wanted[i]);
	}
	return FY_OK;
}

static fy_status roll_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t shifts[FY_MAX_RANK * 2];
	int dims[FY_MAX_RANK * 2], count;
	FY_TRY(read_shifts(call, shifts, dims, &count));
	return fy_result_fresh(call, self->dtype, &self->shape);
}

static fy_status roll_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0], *plain, *line, *flat;
	int64_t shifts[FY_MAX_RANK * 2];
	int dims[FY_MAX_RANK * 2], count;
	FY_TRY(read_shifts(call, shifts, dims, &count));
	if (fy_tensor_numel(self) == 0)
		return FY_OK;
	if (count >= 0) {
		fy_kernel_roll(out, self, shifts, dims, count);
		return FY_OK;
	}
	plain = fy_tensor_contiguous((fy_tensor *)self);
	if (plain == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_shape shape = { 1, { fy_tensor_numel(self) } };
	line = fy_tensor_view(plain, plain->dtype, &shape, (const int64_t[]){ 1 }, plain->offset);
	flat = fy_tensor_view(out, out->dtype, &shape, (const int64_t[]){ 1 }, out->offset);
	fy_kernel_roll(flat, line, shifts, (const int[]){ 0 }, 1);
	fy_tensor_unref(flat);
	fy_tensor_unref(line);
	fy_tensor_unref(plain);
	return FY_OK;
}

/* The last `shift` elements, then those before them; the shift is taken modulo the size at run time. */
static fy_value *rolled_by_size(fy_lowering *l, fy_value *x, int axis, int64_t shift)
{
	fy_value *size = fy_lower_size_of(l, x, axis), *cut, *parts[2];
	cut = fy_lower_remainder(l, fy_lower_int(l, shift), size);
	cut = fy_emit2(l, "Sub", size, cut);
	parts[0] = fy_lower_slice_values(l, x, axis, cut, fy_lower_int(l, INT64_MAX), 1);
	parts[1] = fy_lower_slice_values(l, x, axis, fy_lower_int(l, 0), cut, 1);
	return fy_lower_concat(l, parts, 2, axis);
}

static fy_value *rolled(fy_lowering *l, fy_value *x, int64_t axis, int64_t shift)
{
	fy_value *parts[2];
	int64_t size, zero = 0, end = INT64_MAX, cut;
	if (x == NULL)
		return NULL;
	size = x->type->shape.dims[axis];
	if (!fy_dim_known(size))
		return shift == 0 ? x : rolled_by_size(l, x, (int)axis, shift);
	shift = size == 0 ? 0 : (shift % size + size) % size;
	if (shift == 0)
		return x;
	cut = size - shift;
	parts[0] = fy_lower_slice(l, x, &axis, &cut, &end, NULL, 1);
	parts[1] = fy_lower_slice(l, x, &axis, &zero, &cut, NULL, 1);
	return fy_lower_concat(l, parts, 2, (int)axis);
}

static fy_status roll_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	int64_t shifts[FY_MAX_RANK * 2], dims[FY_MAX_RANK * 2];
	int count = fy_node_ints(node, 1, shifts, 0), given = fy_node_ints(node, 2, dims, 0);
	int rank = x->type->shape.rank;
	if (given == 0) {
		x = rank == 0 ? x : rolled(l, fy_lower_merge_dims(l, x, 0, rank), 0, shifts[0]);
		fy_lower_result(l, node, 0, fy_lower_reshape(l, x, &fy_node_result_type(node, 0)->shape));
		return fy_lower_status(l);
	}
	for (int i = 0; i < count; i++)
		x = rolled(l, x, dims[i] + (dims[i] < 0 ? rank : 0), shifts[i]);
	fy_lower_result(l, node, 0, x);
	return fy_lower_status(l);
}

const fy_op fy_aten_roll = {
	.name = "aten::roll",
	.flags = FY_OP_MOVES,
	.infer = roll_infer,
	.eval = roll_eval,
	.lower = roll_lower,
	.cases = FY_CASES("f32[4] [1] [0]", "f32[2,3] [1]", "f32[2,3] [1,-1] [0,1]", "f32[2,3]^T [5] [-1]",
			  "i64[3] [0] [0]", "f32[2,3] [1,1]", "f32[2,3] [1] [0,1]", "f32[2,0] [1] [0]",
			  "f32[2] [1] [1]", "f32[1,4,4,2] [-2,-2] [1,2]", "bool[3] [1] [0]", "f32[] [1]"),
};
