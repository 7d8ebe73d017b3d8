/*
 * Sizes as numbers: size, numel and their kin. The result is a 0-d int64 tensor that stands for the int;
 * programs get here only when a size depends on data, known sizes are read off the type.
 */
#include "ops/ops_internal.h"

static fy_status number_infer(fy_call *call)
{
	return fy_result_fresh(call, FY_I64, &(fy_shape){ 0 });
}

static fy_status size_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (self->shape.rank == 0)
		return fy_call_raise(call, "a 0-d tensor has no dimensions");
	return number_infer(call);
}

static fy_status size_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_tensor_set_i64(call->outs[0], 0, self->shape.dims[dim]);
	return FY_OK;
}

static fy_status size_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	int64_t dim = fy_node_int(node, 1);
	if (!self->type->has_shape)
		return fy_lower_refuse(l, node, "the size of a tensor of unknown rank");
	dim += dim < 0 ? self->type->shape.rank : 0;
	fy_lower_result(l, node, 0, fy_lower_size_of(l, self, (int)dim));
	return fy_lower_status(l);
}

#define SIZE_CASES FY_CASES(".int f32[2,3] 0", ".int i64[2,3,0] -1", ".int bool[4] 1", ".int f32[] 0")

const fy_op fy_aten_size = {
	.name = "aten::size",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = size_infer,
	.eval = size_eval,
	.lower = size_lower,
	.cases = SIZE_CASES,
};

const fy_op fy_aten_sym_size = {
	.name = "aten::sym_size",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = size_infer,
	.eval = size_eval,
	.lower = size_lower,
	.cases = SIZE_CASES,
};

static fy_status numel_eval(fy_call *call)
{
	fy_tensor_set_i64(call->outs[0], 0, fy_tensor_numel(fy_call_tensor(call, 0)));
	return FY_OK;
}

static fy_status numel_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_type(node, 0);
	int64_t count;
	fy_value *number;
	if (type->has_shape && fy_shape_known(&type->shape) && fy_shape_numel(&type->shape, &count))
		number = fy_lower_int(l, count);
	else
		number = fy_emit1(l, "Size", fy_lower_tensor(l, node, 0));
	fy_lower_result(l, node, 0, number);
	return fy_lower_status(l);
}

const fy_op fy_aten_numel = {
	.name = "aten::numel",
	.flags = FY_OP_MOVES,
	.infer = number_infer,
	.eval = numel_eval,
	.lower = numel_lower,
	.cases = FY_CASES("f32[2,3]", "bool[]", "i64[2,0]"),
};

const fy_op fy_aten_sym_numel = {
	.name = "aten::sym_numel",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = number_infer,
	.eval = numel_eval,
	.lower = numel_lower,
	.cases = FY_CASES("f32[2,3]"),
};

/* ---- all sizes as a tensor ------------------------------------------------------------------- */

static fy_status shape_infer(fy_call *call)
{
	return fy_result_fresh(call, FY_I64, &(fy_shape){ 1, { fy_call_tensor(call, 0)->shape.rank } });
}

static fy_status shape_eval(fy_call *call)
{
	const fy_shape *shape = &fy_call_tensor(call, 0)->shape;
	for (int i = 0; i < shape->rank; i++)
		fy_tensor_set_i64(call->outs[0], i, shape->dims[i]);
	return FY_OK;
}

static fy_status shape_lower(fy_lowering *l, fy_node *node)
{
	fy_lower_result(l, node, 0, fy_lower_shape_of(l, fy_lower_tensor(l, node, 0)));
	return fy_lower_status(l);
}

const fy_op fy_aten_shape_as_tensor = {
	.name = "aten::_shape_as_tensor",
	.flags = FY_OP_MOVES,
	.infer = shape_infer,
	.eval = shape_eval,
	.lower = shape_lower,
	.cases = FY_CASES("f32[2,3]", "f32[]", "i64[0,4]"),
};
