/*
 * Running products and extremes along a dim, and differences of neighbours. ONNX has running sums only: the
 * others reduce, for each place, what lies before it under a triangular mask, which takes memory of the size
 * squared.
 */
#include "ops/ops_internal.h"

#include <math.h>

enum { LARGEST_TRIANGLE = 2048 };

/* x with a new dim `dim + 1` along which element j of the running dim is seen from place i: true for j <= i.
 */
static fy_value *seen_before(fy_lowering *l, fy_node *node, fy_value *x, int dim, double hidden)
{
	int64_t axis = dim, size = x->type->shape.dims[dim], trailing[FY_MAX_RANK];
	int rank = x->type->shape.rank, count = 0;
	fy_shape square = { 2, { size, size } };
	fy_tensor *ones, *mask;
	fy_value *visible;
	if (!fy_dim_known(size) || size > LARGEST_TRIANGLE || rank == FY_MAX_RANK) {
		fy_lower_refuse(l, node, "along a dimension that is long or whose size depends on data");
		return NULL;
	}
	ones = fy_tensor_new(FY_BOOL, &square, false);
	mask = ones ? fy_tensor_new(FY_BOOL, &square, false) : NULL;
	if (mask) {
		fy_kernel_fill_i64(ones, 1);
		fy_kernel_triangle(mask, ones, 0, false);
	}
	fy_tensor_unref(ones);
	visible = fy_lower_constant(l, mask);
	for (int d = dim + 2; d < rank + 1; d++)
		trailing[count++] = d - dim;
	visible = fy_lower_unsqueeze(l, visible, trailing, count);
	/* Rows are places i, columns what is seen: the new dim of x stands in front of the running one. */
	x = fy_lower_unsqueeze(l, x, &axis, 1);
	return fy_lower_where(l, visible, x, fy_lower_number(l, x, hidden));
}

/* ---- cumprod --------------------------------------------------------------------------------- */

static fy_status cumprod_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_kernel_scan(call->outs[0], NULL, FY_CUMPROD, self, dim, false, false);
	return FY_OK;
}

static int wrapped_dim(const fy_node *node)
{
	int rank = fy_node_type(node, 0)->shape.rank;
	int64_t dim = fy_node_int(node, 1);
	return (int)(dim < 0 ? dim + (rank ? rank : 1) : dim);
}

static fy_status cumprod_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype, work = fy_lower_arithmetic_type(dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), dtype);
	int64_t dim = wrapped_dim(node), seen = dim + 1;
	x = fy_lower_cast(l, x, work == FY_F16 ? FY_F32 : work);
	if (x == NULL || x->type->shape.rank == 0)
		return fy_lower_finish(l, node, x);
	x = seen_before(l, node, x, (int)dim, 1);
	return fy_lower_finish(l, node, fy_lower_reduce(l, "ReduceProd", x, &seen, 1, false));
}

const fy_op fy_aten_cumprod = {
	.name = "aten::cumprod",
	.overloads = "",
	.infer = fy_cumulative_infer,
	.eval = cumprod_eval,
	.lower = cumprod_lower,
	.cases = FY_CASES("f32[2,3] 1", "f32[2,3,2] 0", "i64[4] 0", "bool[3] 0", "f64[2,3]^T -1", "f16[3] 0",
			  "f32[] 0", "f32[3] 0 dtype=float64", "f32[3] 1", "i32[3] 0", "f32[2,3,2] 1",
			  "bf16[3] 0", "f32[2,0] 1"),
};

/* ---- cummax, cummin -------------------------------------------------------------------------- */

static bool takes_max(const fy_op *op)
{
	return *(const bool *)op->form;
}

static fy_status extremes_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(fy_result_fresh(call, self->dtype, &self->shape));
	return fy_result_fresh(call, FY_I64, &self->shape);
}

static fy_status extremes_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (self->shape.rank == 0) {
		fy_tensor_copy(call->outs[0], self);
		fy_kernel_fill_i64(call->outs[1], 0);
		return FY_OK;
	}
	fy_kernel_scan(call->outs[0], call->outs[1], takes_max(call->op) ? FY_CUMMAX : FY_CUMMIN, self, dim,
		       false, false);
	return FY_OK;
}

/* The last of equal ones: ArgMax says so from opset 12 on. */
static fy_status extremes_lower(fy_lowering *l, fy_node *node)
{
	bool max = takes_max(fy_node_op(node));
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype, work = fy_lower_arithmetic_type(dtype);
	fy_value *x = fy_lower_tensor(l, node, 0), *index;
	int64_t dim = wrapped_dim(node), seen = dim + 1;
	double hidden = max ? -INFINITY : INFINITY;
	if (x->type->shape.rank == 0) {
		fy_lower_result(l, node, 0, x);
		fy_lower_result(l, node, 1, fy_lower_int(l, 0));
		return fy_lower_status(l);
	}
	if (fy_lower_opset(l) < 12)
		return fy_lower_refuse(l, node, "needs opset 12");
	if (!fy_dtype_is_float(work))
		hidden = work == FY_I64 ? (max ? (double)INT64_MIN : 0x1.fffffffffffffp62)
					: (max ? (double)INT32_MIN : (double)INT32_MAX);
	x = seen_before(l, node, fy_lower_cast(l, x, work == FY_F16 ? FY_F32 : work), (int)dim, hidden);
	index = fy_emit(l, max ? "ArgMax" : "ArgMin", FY_IN(x),
			FY_ATTRS(fy_attr_int("axis", seen), fy_attr_int("keepdims", 0),
				 fy_attr_int("select_last_index", 1)));
	x = fy_lower_reduce(l, max ? "ReduceMax" : "ReduceMin", x, &seen, 1, false);
	fy_lower_result(l, node, 0, fy_lower_cast(l, x, dtype));
	fy_lower_result(l, node, 1, index);
	return fy_lower_status(l);
}

static int extremes_opset(const fy_node *node)
{
	(void)node;
	return 12;
}

#define EXTREMES_CASES                                                                             \
	FY_CASES("f32[2,3] 1", "f32[2,3,2] 0", "i64[5] 0", "f64[2,3]^T -1", "f16[3] 0", "f32[] 0", \
		 "f32[3] 1", "i32[4] 0", "f32[5]{1,3,3,2,3} 0", "u8[4] 0", "bf16[3] 0")

const fy_op fy_aten_cummax = {
	.name = "aten::cummax",
	.overloads = "",
	.infer = extremes_infer,
	.eval = extremes_eval,
	.lower = extremes_lower,
	.plain_opset = extremes_opset,
	.form = &(const bool){ true },
	.cases = EXTREMES_CASES,
};

const fy_op fy_aten_cummin = {
	.name = "aten::cummin",
	.overloads = "",
	.infer = extremes_infer,
	.eval = extremes_eval,
	.lower = extremes_lower,
	.plain_opset = extremes_opset,
	.form = &(const bool){ false },
	.cases = EXTREMES_CASES,
};

/* ---- logcumsumexp ---------------------------------------------------------------------------- */

static fy_status logcumsumexp_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (!fy_dtype_is_float(self->dtype))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(self->dtype));
	return fy_result_fresh(call, self->dtype, &self->shape);
}

static fy_status logcumsumexp_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_kernel_scan(call->outs[0], NULL, FY_LOGCUMSUMEXP, self, dim, false, false);
	return FY_OK;
}

static fy_status logcumsumexp_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), dtype == FY_F64 ? FY_F64 : FY_F32);
	int64_t dim = wrapped_dim(node), seen = dim + 1;
	if (x == NULL || x->type->shape.rank == 0)
		return fy_lower_finish(l, node, x);
	x = seen_before(l, node, x, (int)dim, -INFINITY);
	return fy_lower_finish(l, node, fy_lower_reduce(l, "ReduceLogSumExp", x, &seen, 1, false));
}

const fy_op fy_aten_logcumsumexp = {
	.name = "aten::logcumsumexp",
	.overloads = "",
	.infer = logcumsumexp_infer,
	.eval = logcumsumexp_eval,
	.lower = logcumsumexp_lower,
	.cases = FY_CASES("f32[2,3] 1", "f32[2,3,2] 0", "f64[4] 0", "f32[] 0", "i64[3] 0",
			  "f32[3]{50,90,-90} 0"),
};

/* ---- diff ------------------------------------------------------------------------------------ */

/* Neighbours subtracted n times, after what is given was put in front and behind. */
static fy_status diff_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	fy_arg x = call->args[0], parts[3];
	int rank = x.t->shape.rank, dim, count = 0;
	int64_t n;
	if (rank == 0)
		return fy_call_raise(call, "a 0-d tensor has no neighbours");
	FY_TRY(fy_call_int(call, 1, &n));
	FY_TRY(fy_call_dim(call, 2, rank, &dim));
	if (n < 0)
		return fy_call_raise(call, "a negative order");
	if (call->args[3].kind != FY_ARG_NONE)
		parts[count++] = call->args[3];
	parts[count++] = x;
	if (call->args[4].kind != FY_ARG_NONE)
		parts[count++] = call->args[4];
	if (count > 1)
		x = fy_do2(c, "aten::cat", fy_arg_list(parts, count), fy_arg_int(dim));
	for (int64_t i = 0; i < n && c->status == FY_OK; i++) {
		fy_arg later[4] = { x, fy_arg_int(dim), fy_arg_int(1), fy_arg_none() };
		fy_arg before[4] = { x, fy_arg_int(dim), fy_arg_int(0), fy_arg_int(-1) };
		if (x.t->shape.dims[dim] == 0)
			break;
		x = fy_do2(c, x.t->dtype == FY_BOOL ? "aten::logical_xor" : "aten::sub.Tensor",
			   fy_do(c, "aten::slice.Tensor", later, 4),
			   fy_do(c, "aten::slice.Tensor", before, 4));
	}
	c->results[0] = n == 0 ? fy_do1(c, "aten::clone", x) : x;
	return FY_OK;
}

const fy_op fy_aten_diff = {
	.name = "aten::diff",
	.overloads = "",
	.compose = diff_compose,
	.cases = FY_CASES("f32[5]", "f32[2,4] 2", "i64[2,3] 1 0", "bool[4]", "f32[3] 1 -1 f32[1] f32[2]",
			  "f32[3] 0", "f32[]", "f32[2] 3", "f32[3] -1"),
};
