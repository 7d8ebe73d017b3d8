/*
 * Operators that work along one dim and keep the shape: softmax, log_softmax, cumulative sums.
 */
#include "ops/ops_internal.h"

#include <string.h>

/* ---- softmax --------------------------------------------------------------------------------------------
 */

typedef struct softmax_form {
	bool take_log;
	const char *onnx;
} softmax_form;

static fy_status softmax_type(const fy_call *call, fy_dtype *out)
{
	int dtype = fy_call_find(call, "dtype"), half_to_float = fy_call_find(call, "half_to_float");
	bool widen = false;
	*out = fy_call_tensor(call, 0)->dtype;
	if (dtype >= 0)
		FY_TRY(fy_call_dtype(call, dtype, *out, out));
	if (half_to_float >= 0)
		FY_TRY(fy_call_bool(call, half_to_float, &widen));
	if (widen)
		return fy_call_raise(call, "conversion of half to float is not supported on the processor");
	if (!fy_dtype_is_float(*out))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(*out));
	return FY_OK;
}

static fy_status softmax_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	fy_dtype dtype;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(softmax_type(call, &dtype));
	return fy_result_fresh(call, dtype, &self->shape);
}

static fy_status softmax_eval(fy_call *call)
{
	const softmax_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_kernel_softmax(call->outs[0], self, dim, form->take_log);
	return FY_OK;
}

static fy_value *softmax_at(fy_lowering *l, const char *op, fy_value *x, int axis)
{
	return fy_emit(l, op, FY_IN(x), FY_ATTRS(fy_attr_int("axis", axis)));
}

/* Below opset 13 Softmax flattens all dims from `axis` on: only the last one means the same. */
static fy_status softmax_lower(fy_lowering *l, fy_node *node)
{
	const softmax_form *form = fy_node_op(node)->form;
	int rank = fy_node_type(node, 0)->shape.rank, dim = (int)fy_node_int(node, 1);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0),
				    fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype));
	if (rank == 0) {
		x = fy_lower_unsqueeze(l, x, (const int64_t[]){ 0 }, 1);
		x = softmax_at(l, form->onnx, x, 0);
		return fy_lower_finish(l, node, fy_lower_squeeze(l, x, (const int64_t[]){ 0 }, 1));
	}
	if (dim < 0)
		dim += rank;
	if (fy_lower_opset(l) >= 13 || dim == rank - 1)
		return fy_lower_finish(l, node, softmax_at(l, form->onnx, x, dim));
	int perm[FY_MAX_RANK];
	for (int i = 0; i < rank; i++)
		perm[i] = i == dim ? rank - 1 : i == rank - 1 ? dim : i;
	x = fy_lower_transpose(l, x, perm);
	x = softmax_at(l, form->onnx, x, rank - 1);
	return fy_lower_finish(l, node, fy_lower_transpose(l, x, perm));
}

static const softmax_form plain = { false, "Softmax" };
static const softmax_form logarithm = { true, "LogSoftmax" };

#define SOFTMAX_CASES                                                                                   \
	FY_CASES(".int f32[2,3,4] 1", ".int f32[2,3] -1", ".int f64[2,3]^T 0", ".int f32[2,3,2,2]^L 1", \
		 ".int i64[3] 0", ".int i64[3] 0 float32", ".int f16[4] 0", ".int bf16[4] 0",           \
		 ".int f32[] 0", ".int f32[3] 1", ".int f32[3] 0 float64", ".int f32[2,3]{-90:90} 1",   \
		 ".int f32[2,0] 1")

const fy_op fy_aten_softmax = {
	.name = "aten::softmax",
	.overloads = "int",
	.infer = softmax_infer,
	.eval = softmax_eval,
	.lower = softmax_lower,
	.form = &plain,
	.cases = SOFTMAX_CASES,
};

const fy_op fy_aten_log_softmax = {
	.name = "aten::log_softmax",
	.overloads = "int",
	.infer = softmax_infer,
	.eval = softmax_eval,
	.lower = softmax_lower,
	.form = &logarithm,
	.cases = SOFTMAX_CASES,
};

const fy_op fy_aten_softmax_plain = {
	.name = "aten::_softmax",
	.infer = softmax_infer,
	.eval = softmax_eval,
	.lower = softmax_lower,
	.form = &plain,
	.cases = FY_CASES("f32[2,3,4] 1 false", "f64[2,3] -1 false", "f16[3] 0 true"),
};

const fy_op fy_aten_log_softmax_plain = {
	.name = "aten::_log_softmax",
	.infer = softmax_infer,
	.eval = softmax_eval,
	.lower = softmax_lower,
	.form = &logarithm,
	.cases = FY_CASES("f32[2,3,4] 1 false", "f64[2,3] -1 false"),
};

/* ---- cumulative sums
 * --------------------------------------------------------------------------------------- */

fy_status fy_cumulative_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_dtype dtype = fy_dtype_is_float(self->dtype) ? self->dtype : FY_I64;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(fy_call_dtype(call, 2, dtype, &dtype));
	return fy_result_fresh(call, dtype, &self->shape);
}

static fy_status cumsum_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_kernel_scan(call->outs[0], NULL, FY_CUMSUM, self, dim, false, false);
	return FY_OK;
}

/* Before CumSum (opset 11): a product with a triangle of ones along the last dim. */
static fy_value *sum_by_matmul(fy_lowering *l, fy_value *x, int dim)
{
	int rank = x->type->shape.rank, perm[FY_MAX_RANK];
	int64_t size = x->type->shape.dims[dim];
	fy_shape square = { .rank = 2, .dims = { size, size } };
	fy_tensor *ones = fy_tensor_new(x->type->dtype, &square, false),
		  *upper = ones ? fy_tensor_new(x->type->dtype, &square, false) : NULL;
	if (upper) {
		fy_kernel_fill_i64(ones, 1);
		fy_kernel_triangle(upper, ones, 0, true);
	}
	fy_tensor_unref(ones);
	for (int i = 0; i < rank; i++)
		perm[i] = i == dim ? rank - 1 : i == rank - 1 ? dim : i;
	bool moved = dim != rank - 1;
	fy_value *y = moved ? fy_lower_transpose(l, x, perm) : x;
	y = fy_emit2(l, "MatMul", y, fy_lower_constant(l, upper));
	return moved ? fy_lower_transpose(l, y, perm) : y;
}

static fy_status cumsum_lower(fy_lowering *l, fy_node *node)
{
	enum { LARGEST_TRIANGLE = 4096 };
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype, work = fy_lower_arithmetic_type(dtype);
	const fy_shape *shape = &fy_node_type(node, 0)->shape;
	int dim = (int)fy_node_int(node, 1);
	if (dim < 0)
		dim += shape->rank;
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), dtype);
	/* ONNX Runtime adds float16 from opset 14 on only. */
	x = fy_lower_cast(l, x, work == FY_F16 ? FY_F32 : work);
	if (x == NULL || shape->rank == 0)
		return fy_lower_finish(l, node, x);
	if (fy_lower_opset(l) >= 11)
		return fy_lower_finish(l, node, fy_emit2(l, "CumSum", x, fy_lower_int(l, dim)));
	if (!fy_dim_known(shape->dims[dim]) || shape->dims[dim] > LARGEST_TRIANGLE)
		return fy_lower_refuse(l, node, "cumulative sums along a long or unknown dim need opset 11");
	return fy_lower_finish(l, node, sum_by_matmul(l, x, dim));
}

static int cumsum_plain_opset(const fy_node *node)
{
	(void)node;
	return 11;
}

const fy_op fy_aten_cumsum = {
	.name = "aten::cumsum",
	.overloads = "",
	.infer = fy_cumulative_infer,
	.eval = cumsum_eval,
	.lower = cumsum_lower,
	.plain_opset = cumsum_plain_opset,
	.cases = FY_CASES("f32[2,3] 1", "f32[2,3,2] 0", "i64[4] 0", "bool[5] 0", "i32[2,3] -1",
			  "f64[2,3]^T 1", "f16[4] 0", "bf16[4] 0", "f32[] 0", "f32[3] 0 dtype=float64",
			  "f32[3]{-3:3} 0 dtype=int64", "f32[3] 1", "u8[4] 0", "f32[2,3,2]^T 1"),
};
