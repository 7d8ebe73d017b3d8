/*
 * Where the extremes are: argmax, argmin, max and min along a dim with indices, aminmax. Among equal elements
 * the first one counts, a NaN over everything.
 */
#include "ops/ops_internal.h"

typedef struct extreme_form {
	bool max;
	const char *reduce, *arg; /* ONNX operators of the values and of the indices */
} extreme_form;

static const extreme_form maximum = { true, "ReduceMax", "ArgMax" };
static const extreme_form minimum = { false, "ReduceMin", "ArgMin" };

/* The one dim; *flat when there is none: all dims are one. */
static fy_status read_dim(const fy_call *call, int rank, int *dim, bool *flat)
{
	int index = fy_call_find(call, "dim");
	*flat = fy_call_is_none(call, index);
	*dim = 0;
	return *flat ? FY_OK : fy_call_dim(call, index, rank, dim);
}

static fy_status extreme_axes(const fy_call *call, const fy_tensor *self, fy_axes *axes)
{
	FY_TRY(fy_call_axes(call, self->shape.rank, axes));
	fy_shape left = fy_axes_shape(&self->shape, axes);
	int64_t numel;
	if (fy_axes_count(&self->shape, axes) == 0 && fy_shape_numel(&left, &numel) &&
	    (numel != 0 || left.rank == 0))
		return fy_call_raise(call, "there is no extreme of nothing");
	return FY_OK;
}

/* ---- argmax, argmin ------------------------------------------------------------------------------------ */

static fy_status arg_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	FY_TRY(extreme_axes(call, self, &axes));
	if (self->dtype == FY_BOOL)
		return fy_call_raise(call, "not for bool tensors");
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	return fy_result_fresh(call, FY_I64, &shape);
}

static fy_tensor *flattened(const fy_tensor *t)
{
	fy_tensor *plain = fy_tensor_contiguous((fy_tensor *)t);
	if (plain == NULL)
		return NULL;
	fy_shape shape = { .rank = 1, .dims = { fy_tensor_numel(t) } };
	fy_tensor *flat = fy_tensor_view(plain, plain->dtype, &shape, (const int64_t[]){ 1 }, plain->offset);
	fy_tensor_unref(plain);
	return flat;
}

static fy_status arg_eval(fy_call *call)
{
	const extreme_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	bool flat;
	FY_TRY(read_dim(call, self->shape.rank, &dim, &flat));
	if (!flat) {
		fy_kernel_extreme(NULL, call->outs[0], self, dim, form->max, false);
		return FY_OK;
	}
	fy_tensor *line = flattened(self);
	if (line == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_shape one = { 0 };
	fy_tensor *place =
		fy_tensor_view(call->outs[0], FY_I64, &one, call->outs[0]->strides, call->outs[0]->offset);
	fy_kernel_extreme(NULL, place, line, 0, form->max, false);
	fy_tensor_unref(place);
	fy_tensor_unref(line);
	return FY_OK;
}

static fy_value *arg_along(fy_lowering *l, const extreme_form *form, fy_value *x, int dim, bool keepdim)
{
	return fy_emit(l, form->arg, FY_IN(x),
		       FY_ATTRS(fy_attr_int("axis", dim), fy_attr_int("keepdims", keepdim)));
}

static fy_status arg_lower(fy_lowering *l, fy_node *node)
{
	const extreme_form *form = fy_node_op(node)->form;
	const fy_type *type = fy_node_type(node, 0);
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int dim;
	bool flat;
	if (read_dim(&call, type->shape.rank, &dim, &flat) != FY_OK)
		FY_BUG("%s: the dim of a recorded node cannot be read", node->op);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), fy_lower_arithmetic_type(type->dtype));
	if (!flat && type->shape.rank > 0)
		return fy_lower_finish(l, node, arg_along(l, form, x, dim, fy_node_axes(node).keepdim));
	if (type->shape.rank != 1)
		x = fy_emit2(l, "Reshape", x, fy_lower_ints(l, (const int64_t[]){ -1 }, 1));
	fy_value *y = arg_along(l, form, x, 0, false);
	const fy_type *result = fy_node_result_type(node, 0);
	if (result->shape.rank > 0)
		y = fy_lower_reshape(l, y, &result->shape);
	return fy_lower_finish(l, node, y);
}

#define ARG_CASES                                                                                      \
	FY_CASES("f32[2,3,4]", "f32[2,3,4] 1", "f32[2,3,4] -1 true", "i64[5]{0:3}", "i64[2,5]{0:2} 1", \
		 "f64[3,4]^T 0", "f64[3,4]^T", "f32[2,3] none true", "f32[]", "f32[] 0", "u8[4]{0:3}", \
		 "bf16[4]", "f16[4]", "f32[0]", "f32[2,0] 1", "bool[3]", "i8[4] 0", "f32[3] 1")

const fy_op fy_aten_argmax = {
	.name = "aten::argmax",
	.infer = arg_infer,
	.eval = arg_eval,
	.lower = arg_lower,
	.form = &maximum,
	.cases = ARG_CASES,
};

const fy_op fy_aten_argmin = {
	.name = "aten::argmin",
	.infer = arg_infer,
	.eval = arg_eval,
	.lower = arg_lower,
	.form = &minimum,
	.cases = ARG_CASES,
};

/* ---- max, min along a dim: values and indices
 * --------------------------------------------------------------- */

static fy_status both_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	FY_TRY(extreme_axes(call, self, &axes));
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	FY_TRY(fy_result_fresh(call, self->dtype, &shape));
	return fy_result_fresh(call, FY_I64, &shape);
}

static fy_status both_eval(fy_call *call)
{
	const extreme_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_kernel_extreme(call->outs[0], call->outs[1], self, dim, form->max, false);
	return FY_OK;
}

static fy_status both_lower(fy_lowering *l, fy_node *node)
{
	const extreme_form *form = fy_node_op(node)->form;
	const fy_type *type = fy_node_type(node, 0);
	fy_axes axes = fy_node_axes(node);
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (axes.mask == 0) {
		fy_lower_result(l, node, 0, x);
		fy_lower_result(l, node, 1, fy_lower_int(l, 0));
		return fy_lower_status(l);
	}
	x = fy_lower_cast(l, x, fy_lower_arithmetic_type(type->dtype));
	fy_value *values = fy_lower_reduce_axes(l, form->reduce, x, &axes, axes.keepdim);
	fy_lower_result(l, node, 0, fy_lower_cast(l, values, type->dtype));
	fy_lower_result(l, node, 1, arg_along(l, form, x, __builtin_ctz(axes.mask), axes.keepdim));
	return fy_lower_status(l);
}

#define BOTH_CASES                                                                                   \
	FY_CASES("f32[2,3,4] 1", "f32[2,3,4] -1 true", "i64[2,5]{0:2} 1", "f64[3,4]^T 0", "f32[] 0", \
		 "bool[2,3] 1", "u8[4]{0:3} 0", "bf16[4] 0", "f32[2,0] 1", "f32[0,2] 1", "i8[2,2] 0 true")

const fy_op fy_aten_max_dim = {
	.name = "aten::max",
	.overloads = "dim",
	.infer = both_infer,
	.eval = both_eval,
	.lower = both_lower,
	.form = &maximum,
	.cases = BOTH_CASES,
};

const fy_op fy_aten_min_dim = {
	.name = "aten::min",
	.overloads = "dim",
	.infer = both_infer,
	.eval = both_eval,
	.lower = both_lower,
	.form = &minimum,
	.cases = BOTH_CASES,
};

/* ---- aminmax
 * ---------------------------------------------------------------------------------------------------- */

static fy_status aminmax_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	FY_TRY(extreme_axes(call, self, &axes));
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	FY_TRY(fy_result_fresh(call, self->dtype, &shape));
	return fy_result_fresh(call, self->dtype, &shape);
}

static fy_status aminmax_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	FY_TRY(extreme_axes(call, self, &axes));
	fy_kernel_reduce(call->outs[0], FY_AMIN, self, axes.mask);
	fy_kernel_reduce(call->outs[1], FY_AMAX, self, axes.mask);
	return FY_OK;
}

static fy_status aminmax_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_type(node, 0)->dtype;
	fy_axes axes = fy_node_axes(node);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), fy_lower_arithmetic_type(dtype));
	fy_value *low = fy_lower_reduce_axes(l, "ReduceMin", x, &axes, axes.keepdim);
	fy_value *high = fy_lower_reduce_axes(l, "ReduceMax", x, &axes, axes.keepdim);
	fy_lower_result(l, node, 0, fy_lower_cast(l, low, dtype));
	fy_lower_result(l, node, 1, fy_lower_cast(l, high, dtype));
	return fy_lower_status(l);
}

const fy_op fy_aten_aminmax = {
	.name = "aten::aminmax",
	.overloads = "",
	.infer = aminmax_infer,
	.eval = aminmax_eval,
	.lower = aminmax_lower,
	.cases = FY_CASES("f32[2,3]", "f32[2,3] dim=1", "f64[2,3]^T dim=0 keepdim=true", "i64[4]", "f32[0]"),
};
