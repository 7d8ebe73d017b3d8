/*
 * Matrix products: one reading of shapes as PyTorch's matmul serves all of them, vectors included; the
 * added operand of addmm and its like comes on top. In ONNX they are MatMul, or Gemm where that says it all,
 * in a type that ONNX Runtime computes.
 */
#include "ops/ops_internal.h"

#include <math.h>
#include <string.h>

/* ---- shapes ----------------------------------------------------------------------------------- */

/* Ranks that an operator insists on; 0: any from 1 on. */
typedef struct product_form {
	int rank_a, rank_b;
} product_form;

static fy_status check_types(const fy_call *call, const fy_tensor *a, const fy_tensor *b)
{
	if (a->dtype != b->dtype)
		return fy_call_raise(call, "%s and %s are not of one type", fy_dtype_name(a->dtype),
				     fy_dtype_name(b->dtype));
	if (a->dtype == FY_BOOL)
		return fy_call_raise(call, "not for bool tensors");
	return FY_OK;
}

static fy_status out_of_memory(const fy_call *call)
{
	return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
			call->schema->full);
}

static fy_status misfit(const fy_call *call, const fy_shape *a, const fy_shape *b)
{
	fy_buf text = { 0 };
	fy_buf_put_shape(&text, a);
	fy_buf_puts(&text, " and ");
	fy_buf_put_shape(&text, b);
	fy_status status = fy_call_raise(call, "shapes %s do not fit", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

/* What is added must have the product's type and not widen it. */
static fy_status check_added(const fy_call *call, const fy_tensor *added, fy_dtype dtype,
			     const fy_shape *shape)
{
	fy_shape joined;
	if (added->dtype != dtype)
		return fy_call_raise(call, "%s is added to %s", fy_dtype_name(added->dtype),
				     fy_dtype_name(dtype));
	if (!fy_shape_broadcast(&added->shape, shape, &joined) || joined.rank != shape->rank)
		return misfit(call, &added->shape, shape);
	for (int i = 0; i < shape->rank; i++)
		if (fy_dim_known(shape->dims[i]) && joined.dims[i] != shape->dims[i])
			return misfit(call, &added->shape, shape);
	return FY_OK;
}

static fy_shape batch_of(const fy_shape *shape)
{
	fy_shape batch = *shape;
	batch.rank = shape->rank > 2 ? shape->rank - 2 : 0;
	return batch;
}

/* a @ b: [..., m, k] @ [..., k, n] with batch dims that broadcast; vectors lose their dim. */
static fy_status product_shape(const fy_call *call, const fy_shape *a, const fy_shape *b, fy_shape *out)
{
	if (a->rank == 0 || b->rank == 0)
		return fy_call_raise(call, "takes no 0-d tensors");
	fy_dim inner_a = a->dims[a->rank - 1], inner_b = b->dims[b->rank > 1 ? b->rank - 2 : 0];
	fy_shape batch_a = batch_of(a), batch_b = batch_of(b);
	if ((fy_dim_known(inner_a) && fy_dim_known(inner_b) && inner_a != inner_b) ||
	    !fy_shape_broadcast(&batch_a, &batch_b, out))
		return misfit(call, a, b);
	if (a->rank > 1)
		out->dims[out->rank++] = a->dims[a->rank - 2];
	if (b->rank > 1)
		out->dims[out->rank++] = b->dims[b->rank - 1];
	return FY_OK;
}

/* The same with the ranks of the operator: bmm does not broadcast. */
static fy_status strict_shape(const fy_call *call, const fy_shape *a, const fy_shape *b, fy_shape *out)
{
	const product_form *form = call->op->form;
	if ((form->rank_a != 0 && a->rank != form->rank_a) || (form->rank_b != 0 && b->rank != form->rank_b))
		return fy_call_raise(call, "takes tensors of ranks %d and %d, not %d and %d", form->rank_a,
				     form->rank_b, a->rank, b->rank);
	if (form->rank_a == 3 && fy_dim_known(a->dims[0]) && fy_dim_known(b->dims[0]) &&
	    a->dims[0] != b->dims[0])
		return misfit(call, a, b);
	return product_shape(call, a, b, out);
}

/* ---- products --------------------------------------------------------------------------------- */

static fy_status product_infer(fy_call *call)
{
	const fy_tensor *a = fy_call_tensor(call, 0), *b = fy_call_tensor(call, 1);
	fy_shape shape;
	FY_TRY(check_types(call, a, b));
	FY_TRY(strict_shape(call, &a->shape, &b->shape, &shape));
	return fy_result_fresh(call, a->dtype, &shape);
}

/* A view with a dim of size 1 at `dim`. */
static fy_tensor *with_unit_dim(const fy_tensor *t, int dim)
{
	fy_shape shape = { .rank = t->shape.rank + 1 };
	int64_t strides[FY_MAX_RANK];
	for (int i = 0; i < shape.rank; i++) {
		int own = i < dim ? i : i - 1;
		shape.dims[i] = i == dim ? 1 : t->shape.dims[own];
		strides[i] = i == dim ? 1 : t->strides[own];
	}
	return fy_tensor_view(t, t->dtype, &shape, strides, t->offset);
}

static fy_tensor *swapped(const fy_tensor *matrix)
{
	fy_shape shape = { 2, { matrix->shape.dims[1], matrix->shape.dims[0] } };
	const int64_t strides[] = { matrix->strides[1], matrix->strides[0] };
	return fy_tensor_view(matrix, matrix->dtype, &shape, strides, matrix->offset);
}

/* out = a @ b; vectors are made matrices. */
static fy_status multiply(const fy_call *call, fy_tensor *out, const fy_tensor *a, const fy_tensor *b)
{
	bool row = a->shape.rank == 1, column = b->shape.rank == 1;
	fy_tensor *left = row ? with_unit_dim(a, 0) : fy_tensor_ref((fy_tensor *)a);
	fy_tensor *right = column ? with_unit_dim(b, 1) : fy_tensor_ref((fy_tensor *)b);
	fy_tensor *result = fy_tensor_ref(out), *wider;
	if (column) {
		wider = with_unit_dim(result, result->shape.rank);
		fy_tensor_unref(result);
		result = wider;
	}
	if (row) {
		wider = with_unit_dim(result, result->shape.rank - 1);
		fy_tensor_unref(result);
		result = wider;
	}
	fy_status status = fy_kernel_matmul(result, left, right, call->diags, &call->place);
	fy_tensor_unref(result);
	fy_tensor_unref(right);
	fy_tensor_unref(left);
	return status;
}

static fy_status product_eval(fy_call *call)
{
	return multiply(call, call->outs[0], fy_call_tensor(call, 0), fy_call_tensor(call, 1));
}

static fy_dtype work_type(const fy_node *node)
{
	return fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype);
}

static fy_value *factor(fy_lowering *l, const fy_node *node, int index)
{
	return fy_lower_cast(l, fy_lower_tensor(l, node, index), work_type(node));
}

static fy_status product_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, fy_emit2(l, "MatMul", factor(l, node, 0), factor(l, node, 1)));
}

const fy_op fy_aten_matmul = {
	.name = "aten::matmul",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 0, 0 },
	.cases = FY_CASES("f32[2,3] f32[3,4]", "f32[2,3]^T f32[3,4]^T", "f32[3] f32[3]", "f32[3] f32[3,2]",
			  "f32[2,3] f32[3]", "f32[2,2,3] f32[3]", "f32[3] f32[2,3,2]", "f32[2,3] f32[2,3,2]",
			  "f32[2,2,3] f32[3,2]", "f32[2,3,2]^T f32[2,3]", "f32[2,1,2,3] f32[3,3,2]",
			  "f32[2,2,2,3]^R f32[2,2,3,2]^T", "f32[2,3]^S f32[3,2]^E", "f64[2,3] f64[3,2]",
			  "f16[2,3] f16[3,2]", "bf16[2,3] bf16[3,2]", "i64[2,3] i64[3,2]",
			  "i32[2,2,3] i32[3,2]", "i16[2,3] i16[3]", "u8[2,9] u8[9,2]", "i8[3] i8[3]",
			  "f32[2,0] f32[0,3]", "f32[0,3] f32[3,2]", "f32[2,0,3] f32[2,3,2]", "f32[0] f32[0]",
			  "bool[2,2] bool[2,2]", "f32[2,3] f64[3,2]", "f32[2,3] f32[2,3]", "f32[] f32[2]",
			  "f32[2,2,3] f32[3,3,2]", "f32[2]{inf,nan} f32[2]{1,0}"),
};

const fy_op fy_aten_linalg_matmul = {
	.name = "aten::linalg_matmul",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 0, 0 },
	.cases = FY_CASES("f32[2,3] f32[3,4]", "f32[2,1,2,3] f32[3,3,2]"),
};

const fy_op fy_aten_mm = {
	.name = "aten::mm",
	.overloads = "",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 2, 2 },
	.cases = FY_CASES("f32[2,3] f32[3,4]", "f32[2,3]^T f32[3,4]^T", "f64[2,3] f64[3,2]^S",
			  "f16[2,3] f16[3,2]", "bf16[2,3] bf16[3,2]", "i64[2,3] i64[3,2]", "u8[2,3] u8[3,2]",
			  "f32[2,0] f32[0,2]", "f32[2,3] f32[2,3]", "f32[3] f32[3,2]", "bool[2,2] bool[2,2]",
			  "f32[2,3] i64[3,2]"),
};

const fy_op fy_aten_bmm = {
	.name = "aten::bmm",
	.overloads = "",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 3, 3 },
	.cases = FY_CASES("f32[2,2,3] f32[2,3,2]", "f32[2,2,3]^R f32[2,3,2]^T", "f64[1,2,3] f64[1,3,2]",
			  "i32[2,2,2] i32[2,2,2]", "f16[2,2,2] f16[2,2,2]", "f32[0,2,3] f32[0,3,2]",
			  "f32[2,2,0] f32[2,0,2]", "f32[1,2,3] f32[2,3,2]", "f32[2,3] f32[3,2]",
			  "bool[1,2,2] bool[1,2,2]"),
};

const fy_op fy_aten_mv = {
	.name = "aten::mv",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 2, 1 },
	.cases = FY_CASES("f32[2,3] f32[3]", "f32[2,3]^T f32[3]^S", "f64[2,3] f64[3]", "i64[2,3] i64[3]",
			  "f32[2,3] f32[2]", "f32[3] f32[3]", "f32[2,3] i64[3]"),
};

const fy_op fy_aten_dot = {
	.name = "aten::dot",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 1, 1 },
	.cases = FY_CASES("f32[3] f32[3]", "f64[3]^S f64[3]", "i64[3] i64[3]", "f32[0] f32[0]",
			  "f32[1] f32[3]", "f32[1,3] f32[3]", "bool[2] bool[2]"),
};

const fy_op fy_aten_vdot = {
	.name = "aten::vdot",
	.infer = product_infer,
	.eval = product_eval,
	.lower = product_lower,
	.form = &(const product_form){ 1, 1 },
	.cases = FY_CASES("f32[3] f32[3]", "i64[3] i64[3]", "f32[1] f32[3]"),
};

/* ---- linear: input @ weight.T + bias ---------------------------------------------------------- */

static fy_status linear_shape(const fy_call *call, const fy_shape *weight, fy_shape *out)
{
	fy_shape matrix = *weight;
	if (weight->rank > 2)
		return fy_call_raise(call, "takes a weight of rank 1 or 2, not %d", weight->rank);
	if (weight->rank == 2) {
		matrix.dims[0] = weight->dims[1];
		matrix.dims[1] = weight->dims[0];
	}
	return product_shape(call, &fy_call_tensor(call, 0)->shape, &matrix, out);
}

static fy_status linear_infer(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	const fy_tensor *bias = fy_call_opt_tensor(call, 2);
	fy_shape shape;
	FY_TRY(check_types(call, in, weight));
	FY_TRY(linear_shape(call, &weight->shape, &shape));
	if (bias != NULL && weight->shape.rank == 1 && in->shape.rank == 2)
		return fy_call_raise(call, "a weight of rank 1 takes no bias here");
	if (bias != NULL)
		FY_TRY(check_added(call, bias, in->dtype, &shape));
	return fy_result_fresh(call, in->dtype, &shape);
}

static fy_status linear_eval(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	const fy_tensor *bias = fy_call_opt_tensor(call, 2);
	fy_tensor *out = call->outs[0];
	bool plain = bias == NULL || (bias->shape.rank == 1 && weight->shape.rank == 2 &&
				      bias->shape.dims[0] == weight->shape.dims[0]);
	if (weight->shape.rank == 2 && in->shape.rank > 1)
		FY_TRY(fy_kernel_linear(out, in, weight, plain ? bias : NULL, call->diags, &call->place));
	if (weight->shape.rank == 2 && in->shape.rank > 1 && plain)
		return FY_OK;
	if (weight->shape.rank == 1) {
		FY_TRY(multiply(call, out, in, weight));
	} else if (in->shape.rank == 1) {
		fy_tensor *matrix = swapped(weight);
		fy_status status = multiply(call, out, in, matrix);
		fy_tensor_unref(matrix);
		FY_TRY(status);
	}
	if (bias != NULL)
		fy_kernel_binary(out, FY_ADD, out->dtype, out, bias);
	return FY_OK;
}

/* Gemm takes floats everywhere; up to opset 10 it wants something to add. */
static fy_value *emit_gemm(fy_lowering *l, fy_value *a, fy_value *b, fy_value *c, double alpha, double beta,
			   bool swap_b)
{
	if (c == NULL && a != NULL && fy_lower_opset(l) < 11) {
		c = fy_lower_number(l, a, 0);
		beta = 1;
	}
	return fy_emit(l, "Gemm", FY_IN(a, b, c),
		       FY_ATTRS(fy_attr_float("alpha", alpha), fy_attr_float("beta", beta),
				fy_attr_int("transA", 0), fy_attr_int("transB", swap_b)));
}

static fy_status linear_lower(fy_lowering *l, fy_node *node)
{
	static const int last_two[] = { 1, 0 };
	fy_dtype work = work_type(node);
	fy_value *x = factor(l, node, 0), *weight = factor(l, node, 1),
		 *bias = fy_lower_arg(l, node, 2, work);
	int weight_rank = fy_node_type(node, 1)->shape.rank;
	if (fy_node_type(node, 0)->shape.rank == 2 && weight_rank == 2 && fy_dtype_is_float(work))
		return fy_lower_finish(l, node, emit_gemm(l, x, weight, bias, 1, 1, true));
	if (weight_rank == 2)
		weight = fy_lower_transpose(l, weight, last_two);
	x = fy_emit2(l, "MatMul", x, weight);
	return fy_lower_finish(l, node, bias == NULL ? x : fy_emit2(l, "Add", x, bias));
}

const fy_op fy_aten_linear = {
	.name = "aten::linear",
	.infer = linear_infer,
	.eval = linear_eval,
	.lower = linear_lower,
	.cases = FY_CASES("f32[2,3] f32[4,3] f32[4]", "f32[2,3] f32[4,3]", "f32[3] f32[4,3] f32[4]",
			  "f32[2,2,3] f32[4,3] f32[4]", "f32[2,2,3] f32[4,3]",
			  "f32[2,2,3]^T f32[4,3]^T f32[4]", "f32[1,2,2,3]^R f32[4,3] f32[4]",
			  "f32[2,3]^T f32[4,3]^S f32[4]^S", "f32[2,3] f32[4,3] f32[1]",
			  "f32[2,3] f32[4,3] f32[]", "f32[2,3] f32[4,3] f32[2,4]",
			  "f32[2,2,3]^T f32[4,3] f32[2,4]", "f32[2,3] f32[3]", "f32[3] f32[3] f32[]",
			  "f32[2,3] f32[3] f32[]", "f64[2,3] f64[4,3] f64[4]", "f64[2,2,3] f64[4,3] f64[4]",
			  "f16[2,3] f16[2,3] f16[2]", "bf16[2,3] bf16[2,3] bf16[2]",
			  "f16[1,2,3] f16[2,3] f16[2]", "bf16[3] bf16[2,3]", "i64[2,3] i64[2,3] i64[2]",
			  "i32[1,2,3] i32[2,3]", "u8[2,3] u8[2,3] u8[2]", "f32[0,3] f32[2,3] f32[2]",
			  "f32[2,0] f32[2,0] f32[2]", "f32[2,0] f32[2,0]", "f32[2,3] f32[2,4]",
			  "f32[2,3] f32[4,3] f32[3]", "f32[2,3] f64[4,3]", "f32[2,3] f32[4,3] f64[4]",
			  "bool[2,2] bool[2,2]", "f32[] f32[3,1]", "f32[2,3] f32[]", "f32[2,3] f32[1,2,3]"),
};

/* ---- a product and what is added to it: beta * self + alpha * (a @ b) ------------------------- */

/* A factor; of integers it is truncated. */
static fy_status read_factor(const fy_call *call, const char *name, double *out)
{
	FY_TRY(fy_call_f64(call, fy_call_find(call, name), out));
	if (!fy_dtype_is_float(fy_call_tensor(call, 1)->dtype))
		*out = trunc(*out);
	return FY_OK;
}

static fy_status added_infer(fy_call *call)
{
	const fy_tensor *a = fy_call_tensor(call, 1), *b = fy_call_tensor(call, 2);
	double beta, alpha;
	fy_shape shape;
	FY_TRY(check_types(call, a, b));
	FY_TRY(strict_shape(call, &a->shape, &b->shape, &shape));
	FY_TRY(check_added(call, fy_call_tensor(call, 0), a->dtype, &shape));
	FY_TRY(read_factor(call, "beta", &beta));
	FY_TRY(read_factor(call, "alpha", &alpha));
	return fy_result_fresh(call, a->dtype, &shape);
}

/* sum = alpha * sum + beta * self. A beta of 0 ignores even NaN. */
static fy_status add_scaled(const fy_call *call, fy_tensor *sum, double alpha, double beta)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_dtype work = sum->dtype;
	if (alpha != 1) {
		fy_tensor *number = fy_tensor_scalar_f64(work, alpha);
		fy_kernel_binary(sum, FY_MUL, work, sum, number);
		fy_tensor_unref(number);
	}
	if (beta == 0)
		return FY_OK;
	fy_tensor *scaled = fy_tensor_new(work, &self->shape, false);
	if (scaled == NULL)
		return out_of_memory(call);
	fy_tensor *number = fy_tensor_scalar_f64(work, beta);
	fy_kernel_binary(scaled, FY_MUL, work, self, number);
	fy_kernel_binary(sum, FY_ADD, work, sum, scaled);
	fy_tensor_unref(number);
	fy_tensor_unref(scaled);
	return FY_OK;
}

/* `t` in the type that `work` is; NULL when there is no memory. */
static fy_tensor *in_type(const fy_tensor *t, fy_dtype work)
{
	if (t->dtype == work)
		return fy_tensor_ref((fy_tensor *)t);
	fy_tensor *copy = fy_tensor_new(work, &t->shape, false);
	if (copy != NULL)
		fy_tensor_copy(copy, t);
	return copy;
}

/* Half precision is computed in float32 and rounded once. */
static fy_status added_eval(fy_call *call)
{
	fy_tensor *out = call->outs[0];
	fy_dtype work = out->dtype == FY_F16 || out->dtype == FY_BF16 ? FY_F32 : out->dtype;
	double beta, alpha;
	FY_TRY(read_factor(call, "beta", &beta));
	FY_TRY(read_factor(call, "alpha", &alpha));
	fy_tensor *a = in_type(fy_call_tensor(call, 1), work), *b = in_type(fy_call_tensor(call, 2), work);
	fy_tensor *sum = work == out->dtype ? fy_tensor_ref(out) : fy_tensor_new(work, &out->shape, false);
	fy_status status =
		a == NULL || b == NULL || sum == NULL ? out_of_memory(call) : multiply(call, sum, a, b);
	if (status == FY_OK)
		status = add_scaled(call, sum, alpha, beta);
	if (status == FY_OK && sum != out)
		fy_tensor_copy(out, sum);
	fy_tensor_unref(sum);
	fy_tensor_unref(b);
	fy_tensor_unref(a);
	return status;
}

/* The matrix that `value` is the transpose of; NULL: it is none. Constants tell by their strides. */
static fy_value *transpose_of(fy_lowering *l, const fy_value *value)
{
	const fy_node *node = value == NULL ? NULL : value->def;
	const fy_tensor *t = value == NULL ? NULL : value->tensor;
	if (t != NULL && t->shape.rank == 2 && !fy_tensor_is_contiguous(t) && t->strides[0] == 1 &&
	    t->strides[1] == t->shape.dims[0])
		return fy_lower_constant(l, swapped(t));
	if (node == NULL || strcmp(node->op, "onnx::Transpose") != 0 || value->type->shape.rank != 2)
		return NULL;
	const fy_arg *perm = fy_node_attr(node, "perm");
	if (node->args[0].kind != FY_ARG_VALUE || (perm != NULL && perm->list.items[0].i != 1))
		return NULL;
	return node->args[0].v;
}

static fy_value *scaled(fy_lowering *l, fy_value *value, double by)
{
	return by == 1 ? value : fy_emit2(l, "Mul", value, fy_lower_number(l, value, by));
}

static fy_value *added_gemm(fy_lowering *l, fy_node *node, double alpha, double beta)
{
	fy_dtype work = work_type(node);
	fy_value *b = fy_lower_tensor(l, node, 2), *straight = transpose_of(l, b);
	fy_value *c = beta == 0 ? NULL : factor(l, node, 0);
	b = fy_lower_cast(l, straight != NULL ? straight : b, work);
	return emit_gemm(l, factor(l, node, 1), b, c, alpha, beta == 0 ? 1 : beta, straight != NULL);
}

static fy_status added_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	bool floats = fy_dtype_is_float(work_type(node));
	double alpha = fy_node_f64(node, fy_call_find(&call, "alpha"));
	double beta = fy_node_f64(node, fy_call_find(&call, "beta"));
	if (!floats) {
		alpha = trunc(alpha);
		beta = trunc(beta);
	}
	/* Attributes are float32. */
	bool exact = work_type(node) != FY_F64 || (alpha == (float)alpha && beta == (float)beta);
	if (floats && exact && fy_node_result_type(node, 0)->shape.rank == 2)
		return fy_lower_finish(l, node, added_gemm(l, node, alpha, beta));
	fy_value *sum = scaled(l, fy_emit2(l, "MatMul", factor(l, node, 1), factor(l, node, 2)), alpha);
	if (beta != 0)
		sum = fy_emit2(l, "Add", sum, scaled(l, factor(l, node, 0), beta));
	return fy_lower_finish(l, node, sum);
}

const fy_op fy_aten_addmm = {
	.name = "aten::addmm",
	.overloads = "",
	.infer = added_infer,
	.eval = added_eval,
	.lower = added_lower,
	.form = &(const product_form){ 2, 2 },
	.cases = FY_CASES("f32[3] f32[2,4] f32[4,3]", "f32[2,3]^T f32[2,4]^T f32[4,3]^T",
			  "f32[2,1] f32[2,2] f32[2,3] beta=0.5 alpha=2", "f32[] f32[2,2] f32[2,3] beta=2",
			  "f32[2,2]{nan} f32[2,2] f32[2,2] beta=0", "f64[3] f64[2,2] f64[2,3] alpha=0.1",
			  "f64[3] f64[2,2] f64[2,3]", "f16[3] f16[2,2] f16[2,3] beta=0.5",
			  "bf16[3] bf16[2,2] bf16[2,3]", "i64[3] i64[2,2] i64[2,3] beta=2 alpha=-1",
			  "i32[2,2] i32[2,2] i32[2,2] beta=1.7 alpha=2.5", "u8[2] u8[2,2] u8[2,2]",
			  "f32[3] f32[2,0] f32[0,3]", "f32[3] f32[0,2] f32[2,3]",
			  "f32[1,2,3] f32[2,4] f32[4,3]", "f32[2] f32[2,4] f32[4,3]",
			  "f64[3] f32[2,4] f32[4,3]", "f32[3] f32[2,4] f64[4,3]", "f32[3] f32[4] f32[4,3]",
			  "bool[2] bool[2,2] bool[2,2]", "f32[3] f32[2,4] f32[3,3]"),
};

const fy_op fy_aten_baddbmm = {
	.name = "aten::baddbmm",
	.overloads = "",
	.infer = added_infer,
	.eval = added_eval,
	.lower = added_lower,
	.form = &(const product_form){ 3, 3 },
	.cases = FY_CASES("f32[2] f32[3,2,4] f32[3,4,2]", "f32[3,2,2]^R f32[3,2,2]^T f32[3,2,2] beta=0.5",
			  "f32[3,1,1] f32[3,2,2] f32[3,2,2] alpha=0.125",
			  "f32[2]{nan} f32[3,2,2] f32[3,2,2] beta=0 alpha=2", "f64[2] f64[1,2,2] f64[1,2,2]",
			  "f16[2] f16[1,2,2] f16[1,2,2]", "i64[2] i64[1,2,2] i64[1,2,2] beta=3",
			  "f32[2] f32[2,2,0] f32[2,0,2]", "f32[4,3,2,2] f32[3,2,2] f32[3,2,2]",
			  "f32[2] f32[1,2,2] f32[3,2,2]", "f64[2] f32[1,2,2] f32[1,2,2]"),
};

const fy_op fy_aten_addmv = {
	.name = "aten::addmv",
	.infer = added_infer,
	.eval = added_eval,
	.lower = added_lower,
	.form = &(const product_form){ 2, 1 },
	.cases = FY_CASES("f32[2] f32[2,3] f32[3]", "f32[] f32[2,3]^T f32[3]^S beta=0.5 alpha=2",
			  "f64[2] f64[2,3] f64[3] beta=0", "i64[2] i64[2,3] i64[3] beta=2.5",
			  "f32[3] f32[2,3] f32[3]", "f32[2] f32[2,3] f32[2]", "f32[2] f32[2,3] f64[3]"),
};
