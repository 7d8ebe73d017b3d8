/*
 * Variances and norms over dims. Variance divides by the count less a correction; norms are p-norms of the
 * elements (vector norms; matrix norms are not known here).
 */
#include "ops/ops_internal.h"

#include <math.h>

/* ---- var, std, with their means -------------------------------------------------------------------------
 */

typedef struct var_form {
	bool root, with_mean;
} var_form;

static fy_status read_correction(const fy_call *call, double *out)
{
	int unbiased = fy_call_find(call, "unbiased"), correction = fy_call_find(call, "correction");
	bool yes = true;
	*out = 1;
	if (correction >= 0)
		return fy_call_is_none(call, correction) ? FY_OK : fy_call_f64(call, correction, out);
	FY_TRY(fy_call_bool(call, unbiased, &yes));
	*out = yes ? 1 : 0;
	return FY_OK;
}

static fy_status var_infer(fy_call *call)
{
	const var_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	double correction;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	FY_TRY(read_correction(call, &correction));
	if (!fy_dtype_is_float(self->dtype))
		return fy_call_raise(call, "only for floats");
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	FY_TRY(fy_result_fresh(call, self->dtype, &shape));
	return form->with_mean ? fy_result_fresh(call, self->dtype, &shape) : FY_OK;
}

static fy_status var_eval(fy_call *call)
{
	const var_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	double correction;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	FY_TRY(read_correction(call, &correction));
	fy_kernel_var(call->outs[0], form->with_mean ? call->outs[1] : NULL, self, axes.mask, correction,
		      form->root);
	return FY_OK;
}

/* How many elements are reduced, less the correction but at least 0, as a 0-d value of x's type. */
static fy_value *divisor(fy_lowering *l, fy_value *x, const fy_axes *axes, double correction)
{
	int64_t count = fy_axes_count(&x->type->shape, axes);
	if (count >= 0)
		return fy_lower_number(l, x, fmax((double)count - correction, 0));
	fy_value *left =
		fy_emit2(l, "Sub", fy_lower_axes_count(l, x, axes), fy_lower_number(l, x, correction));
	return fy_emit2(l, "Max", left, fy_lower_number(l, x, 0));
}

static fy_status var_lower(fy_lowering *l, fy_node *node)
{
	const var_form *form = fy_node_op(node)->form;
	fy_dtype dtype = fy_node_type(node, 0)->dtype;
	fy_axes axes = fy_node_axes(node);
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	double correction;
	if (read_correction(&call, &correction) != FY_OK)
		FY_BUG("%s: the correction of a recorded node cannot be read", node->op);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), fy_lower_arithmetic_type(dtype));
	if (x == NULL)
		return fy_lower_status(l);
	fy_value *mean = fy_lower_mean_axes(l, x, &axes, true);
	fy_value *apart = fy_emit2(l, "Sub", x, mean);
	fy_value *squares = fy_emit2(l, "Mul", apart, apart), *var;
	if (correction == 0) {
		var = fy_lower_mean_axes(l, squares, &axes, axes.keepdim);
	} else {
		var = fy_lower_reduce_axes(l, "ReduceSum", squares, &axes, axes.keepdim);
		var = fy_emit2(l, "Div", var, divisor(l, x, &axes, correction));
	}
	if (form->root)
		var = fy_emit1(l, "Sqrt", var);
	fy_lower_result(l, node, 0, fy_lower_cast(l, var, dtype));
	if (form->with_mean) {
		if (!axes.keepdim)
			mean = fy_lower_mean_axes(l, x, &axes, false);
		fy_lower_result(l, node, 1, fy_lower_cast(l, mean, dtype));
	}
	return fy_lower_status(l);
}

#define VAR_CASES                                                                                         \
	FY_CASES("f32[2,3,4]", "f64[2,3]^T false", "f32[]", "bf16[5]", "f16[5]", "i64[3]",                \
		 ".dim f32[2,3,4] [1]", ".dim f32[2,3,4] [0,-1] false true", ".dim f32[2,3] [] true",     \
		 ".dim f32[2,3] none false true", ".correction f32[2,3,4] [1] correction=0 keepdim=true", \
		 ".correction f32[2,3]", ".correction f64[2,3] [1] correction=2",                         \
		 ".correction f32[2,1] [1]", ".dim f32[2,3] 1")

const fy_op fy_aten_var = {
	.name = "aten::var",
	.overloads = ",dim,correction",
	.infer = var_infer,
	.eval = var_eval,
	.lower = var_lower,
	.form = &(const var_form){ .root = false },
	.cases = VAR_CASES,
};

const fy_op fy_aten_std = {
	.name = "aten::std",
	.overloads = ",dim,correction",
	.infer = var_infer,
	.eval = var_eval,
	.lower = var_lower,
	.form = &(const var_form){ .root = true },
	.cases = VAR_CASES,
};

const fy_op fy_aten_var_mean = {
	.name = "aten::var_mean",
	.overloads = ",dim,correction",
	.infer = var_infer,
	.eval = var_eval,
	.lower = var_lower,
	.form = &(const var_form){ .with_mean = true },
	.cases = VAR_CASES,
};

const fy_op fy_aten_std_mean = {
	.name = "aten::std_mean",
	.overloads = ",dim,correction",
	.infer = var_infer,
	.eval = var_eval,
	.lower = var_lower,
	.form = &(const var_form){ .root = true, .with_mean = true },
	.cases = VAR_CASES,
};

/* ---- norms
 * ------------------------------------------------------------------------------------------------- */

/* The order p: argument p or ord, 2 when None or absent. */
static fy_status read_order(const fy_call *call, double *out)
{
	int p = fy_call_find(call, "p"), ord = fy_call_find(call, "ord");
	int index = p >= 0 ? p : ord;
	*out = 2;
	if (index < 0 || fy_call_is_none(call, index))
		return FY_OK;
	return fy_call_f64(call, index, out);
}

static fy_status norm_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int at = fy_call_find(call, "dtype");
	fy_axes axes;
	fy_dtype dtype = self->dtype;
	double order;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	FY_TRY(read_order(call, &order));
	if (!fy_dtype_is_float(dtype))
		return fy_call_raise(call, "only for floats");
	if (at >= 0)
		FY_TRY(fy_call_dtype(call, at, dtype, &dtype));
	if (!fy_dtype_is_float(dtype))
		return fy_call_raise(call, "dtype must be a float type");
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	return fy_result_fresh(call, dtype, &shape);
}

/* Converts first: the kernel computes in the input's type. */
static fy_status norm_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_dtype dtype = call->outs[0]->dtype;
	fy_axes axes;
	double order;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	FY_TRY(read_order(call, &order));
	if (self->dtype == dtype) {
		fy_kernel_norm(call->outs[0], self, axes.mask, order);
		return FY_OK;
	}
	fy_tensor *cast = fy_tensor_new(dtype, &self->shape, false);
	if (cast == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_tensor_copy(cast, self);
	fy_kernel_norm(call->outs[0], cast, axes.mask, order);
	fy_tensor_unref(cast);
	return FY_OK;
}

static fy_status norm_lower(fy_lowering *l, fy_node *node)
{
	fy_axes axes = fy_node_axes(node);
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	double p;
	if (read_order(&call, &p) != FY_OK)
		FY_BUG("%s: the order of a recorded node cannot be read", node->op);
	fy_dtype work = fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	if (axes.mask == 0 && p != 0)
		return fy_lower_finish(l, node, fy_emit1(l, "Abs", x));
	if (p == 2 || p == 1)
		return fy_lower_finish(
			l, node,
			fy_lower_reduce_axes(l, p == 2 ? "ReduceL2" : "ReduceL1", x, &axes, axes.keepdim));
	if (p == 0) {
		fy_value *zero = fy_lower_compare(l, "Equal", x, fy_lower_number(l, x, 0));
		x = fy_lower_cast(l, fy_lower_not(l, zero), work);
		return fy_lower_finish(l, node, fy_lower_reduce_axes(l, "ReduceSum", x, &axes, axes.keepdim));
	}
	x = fy_emit1(l, "Abs", x);
	if (isinf(p))
		return fy_lower_finish(
			l, node,
			fy_lower_reduce_axes(l, p > 0 ? "ReduceMax" : "ReduceMin", x, &axes, axes.keepdim));
	x = fy_emit2(l, "Pow", x, fy_lower_number(l, x, p));
	x = fy_lower_reduce_axes(l, "ReduceSum", x, &axes, axes.keepdim);
	return fy_lower_finish(l, node, fy_emit2(l, "Pow", x, fy_lower_number(l, x, 1 / p)));
}

const fy_op fy_aten_norm = {
	.name = "aten::norm",
	.overloads = "Scalar,ScalarOpt_dim,ScalarOpt_dim_dtype,ScalarOpt_dtype",
	.infer = norm_infer,
	.eval = norm_eval,
	.lower = norm_lower,
	.cases = FY_CASES(".Scalar f32[2,3]", ".Scalar f32[2,3] 1", ".Scalar i64[3]",
			  ".ScalarOpt_dim f32[2,3,4] 2 [1] true", ".ScalarOpt_dim f32[2,3] none [1]",
			  ".ScalarOpt_dim f64[2,3]^T 3 [0]", ".ScalarOpt_dim f32[2,3] inf [1]",
			  ".ScalarOpt_dim f32[2,3] -inf [1]", ".ScalarOpt_dim f32[2,3]{0,1,-1} 0 [1]",
			  ".ScalarOpt_dim f32[2,3] 0.5 [0,1] true",
			  ".ScalarOpt_dim_dtype f32[2,3] 2 [1] false dtype=float64",
			  ".ScalarOpt_dtype f32[2,3] 2 dtype=float64", ".Scalar f32[]", ".Scalar bf16[4]",
			  ".Scalar f16[4]"),
};

const fy_op fy_aten_linalg_vector_norm = {
	.name = "aten::linalg_vector_norm",
	.infer = norm_infer,
	.eval = norm_eval,
	.lower = norm_lower,
	.cases = FY_CASES("f32[2,3]", "f32[2,3] 1", "f32[2,3,4] 2 [1] true", "f32[2,3] 2 [1]",
			  "f64[2,3]^T 3 [0]", "f32[2,3] inf [1]", "f32[2,3] 2 [1] dtype=float64",
			  "f32[2,3] 2.0 [-1] true", "i64[3]", "f32[2,3] 2 none true"),
};

static fy_status frobenius_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	c->results[0] = fy_do(c, "aten::linalg_vector_norm",
			      (const fy_arg[]){ args[0], fy_arg_int(2), args[1], args[2] }, 4);
	return c->status;
}

const fy_op fy_aten_frobenius_norm = {
	.name = "aten::frobenius_norm",
	.overloads = "dim",
	.compose = frobenius_compose,
	.cases = FY_CASES(".dim f32[2,3,4] [1,2]", ".dim f32[2,3] [1] true", ".dim f64[2,3]^T [0,1]"),
};

/* Without an order: the 2-norm of all elements. With one, of vectors only. */
static fy_status linalg_norm_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	int rank = args[0].t->shape.rank;
	bool one_dim = args[2].kind != FY_ARG_LIST ? rank <= 1 || args[2].kind == FY_ARG_INT
						   : args[2].list.count == 1;
	if (args[1].kind != FY_ARG_NONE && !one_dim)
		return fy_call_unsupported(c->call, "matrix norms");
	fy_arg order = args[1].kind == FY_ARG_NONE ? fy_arg_int(2) : args[1];
	c->results[0] = fy_do(c, "aten::linalg_vector_norm",
			      (const fy_arg[]){ args[0], order, args[2], args[3], args[4] }, 5);
	return c->status;
}

const fy_op fy_aten_linalg_norm = {
	.name = "aten::linalg_norm",
	.overloads = "",
	.compose = linalg_norm_compose,
	.cases = FY_CASES("f32[2,3]", "f32[2,3] none [1] true", "f32[2,3] 1 [1]", "f32[4] 3",
			  "f32[2,3,2] none [1,2]"),
};
