/*
 * Rarer elementwise functions: of one tensor with parameters (logit, nan_to_num, rrelu, glu) and of two
 * (fmin, fmax, hypot, logaddexp, xlogy).
 */
#include "ops/ops_internal.h"

#include <float.h>
#include <math.h>

static fy_dtype dtype_of(const fy_value *value)
{
	return value == NULL ? FY_F32 : value->type->dtype;
}

/* ---- of two tensors -------------------------------------------------------------------------------------
 */

/* The extreme that is not NaN, if there is one. */
static fy_value *skip_nan(fy_lowering *l, fy_value *a, fy_value *b, fy_value *extreme)
{
	if (!fy_dtype_is_float(dtype_of(a)))
		return extreme;
	fy_value *without_b = fy_lower_where(l, fy_emit1(l, "IsNaN", b), a, extreme);
	return fy_lower_where(l, fy_emit1(l, "IsNaN", a), b, without_b);
}

static fy_value *build_fmin(fy_lowering *l, fy_value *a, fy_value *b)
{
	return skip_nan(l, a, b, fy_lower_min(l, a, b));
}

static fy_value *build_fmax(fy_lowering *l, fy_value *a, fy_value *b)
{
	return skip_nan(l, a, b, fy_lower_max(l, a, b));
}

static fy_value *build_hypot(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_emit1(l, "Sqrt", fy_emit2(l, "Add", fy_emit2(l, "Mul", a, a), fy_emit2(l, "Mul", b, b)));
}

/* max + log(1 + exp(-|a - b|)); equal infinities are themselves. */
static fy_value *build_logaddexp(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *apart = fy_emit1(l, "Abs", fy_emit2(l, "Sub", a, b));
	fy_value *tail = fy_emit1(l, "Exp", fy_emit1(l, "Neg", apart));
	fy_value *log = fy_emit1(l, "Log", fy_emit2(l, "Add", tail, fy_lower_number(l, a, 1)));
	fy_value *sum = fy_emit2(l, "Add", fy_lower_max(l, a, b), log);
	return fy_lower_where(l, fy_lower_compare(l, "Equal", a, b),
			      fy_emit2(l, "Add", a, fy_lower_number(l, a, M_LN2)), sum);
}

static fy_value *build_xlogy(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *zero = fy_lower_number(l, a, 0);
	fy_value *product = fy_emit2(l, "Mul", a, fy_emit1(l, "Log", b));
	fy_value *nothing = fy_lower_where(l, fy_emit1(l, "IsNaN", b), b, zero);
	return fy_lower_where(l, fy_lower_compare(l, "Equal", a, zero), nothing, product);
}

#define PAIR_CASES                                           \
	FY_CASES("f32[2,3] f32[3]", "f64[2,3]^T f64[2,3]^T", \
		 "f32[6]{nan,1,nan,inf,-inf,0} f32[6]{1,nan,nan,inf,0,0}", "f16[4] f16[4]", "f32[] f64[2]")

const fy_op fy_aten_fmin = {
	.name = "aten::fmin",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_FMIN, .build = build_fmin },
	.cases = PAIR_CASES,
};

const fy_op fy_aten_fmax = {
	.name = "aten::fmax",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_FMAX, .build = build_fmax },
	.cases = PAIR_CASES,
};

const fy_op fy_aten_hypot = {
	.name = "aten::hypot",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_HYPOT, .build = build_hypot },
	.cases = FY_CASES("f32[2,3] f32[3]", "f64[2,3]^T f64[2,3]^T", "f32[] f64[2]"),
};

const fy_op fy_aten_logaddexp = {
	.name = "aten::logaddexp",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_LOGADDEXP, .build = build_logaddexp },
	.cases = FY_CASES("f32[2,3] f32[3]", "f64[2,3]^T f64[2,3]^T",
			  "f32[5]{inf,-inf,1,nan,90} f32[5]{inf,-inf,1,1,-90}"),
};

const fy_op fy_aten_xlogy = {
	.name = "aten::xlogy",
	.overloads = "Tensor,Scalar_Other,Scalar_Self",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_XLOGY, .type = FY_TYPE_FLOAT, .build = build_xlogy },
	.cases = FY_CASES(".Tensor f32[2,3] f32[3]{0.1:3}", ".Tensor f32[4]{0,0,1,2} f32[4]{0,nan,0,1}",
			  ".Tensor i64[3] i64[3]{1:4}", ".Scalar_Other f32[3] 2",
			  ".Scalar_Self 0 f32[3]{0:2}"),
};

/* ---- logit: log(x / (1 - x)), x clamped to [eps, 1 - eps] first
 * ---------------------------------------------- */

static fy_status read_eps(const fy_call *call, double *out)
{
	*out = -1;
	return fy_call_is_none(call, 1) ? FY_OK : fy_call_f64(call, 1, out);
}

static fy_status logit_infer(fy_call *call)
{
	double eps;
	FY_TRY(read_eps(call, &eps));
	return fy_infer_float_self(call);
}

static fy_status logit_eval(fy_call *call)
{
	double eps;
	FY_TRY(read_eps(call, &eps));
	fy_kernel_unary_with(call->outs[0], FY_LOGIT, fy_call_tensor(call, 0), eps, 0, 0);
	return FY_OK;
}

static fy_status logit_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype work = fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	if (!fy_node_none(node, 1)) {
		double eps = fy_node_f64(node, 1);
		x = fy_lower_max(l, x, fy_lower_number(l, x, eps));
		x = fy_lower_min(l, x, fy_lower_number(l, x, 1 - eps));
	}
	fy_value *odds = fy_emit2(l, "Div", x, fy_emit2(l, "Sub", fy_lower_number(l, x, 1), x));
	return fy_lower_finish(l, node, fy_emit1(l, "Log", odds));
}

const fy_op fy_aten_logit = {
	.name = "aten::logit",
	.infer = logit_infer,
	.eval = logit_eval,
	.lower = logit_lower,
	.cases = FY_CASES("f32[2,3]{0:1}", "f64[4]{-0.2:1.2} 0.1", "f16[3]{0.2:0.8}",
			  "f32[4]{0,1,0.5,nan} eps=1e-6", "i64[2]{0:2}"),
};

/* ---- nan_to_num
 * ------------------------------------------------------------------------------------------------ */

static double largest(fy_dtype dtype)
{
	switch (dtype) {
	case FY_F64:
		return DBL_MAX;
	case FY_F16:
		return 65504;
	case FY_BF16:
		return 0x1.FEp127;
	default:
		return FLT_MAX;
	}
}

/* What NaN, inf and -inf become. */
static fy_status read_replacements(const fy_call *call, fy_dtype dtype, double out[3])
{
	out[0] = 0;
	out[1] = largest(dtype);
	out[2] = -largest(dtype);
	for (int i = 0; i < 3; i++)
		if (!fy_call_is_none(call, i + 1))
			FY_TRY(fy_call_f64(call, i + 1, &out[i]));
	return FY_OK;
}

static fy_status nan_to_num_infer(fy_call *call)
{
	double by[3];
	FY_TRY(read_replacements(call, fy_call_tensor(call, 0)->dtype, by));
	return fy_infer_like_self(call);
}

static fy_status nan_to_num_eval(fy_call *call)
{
	static const fy_unary found[] = { FY_ISNAN, FY_ISPOSINF, FY_ISNEGINF };
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0], *where = fy_tensor_new(FY_BOOL, &self->shape, false);
	double by[3];
	if (where == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_status status = read_replacements(call, self->dtype, by);
	fy_tensor_copy(out, self);
	for (int i = 0; i < 3 && status == FY_OK && fy_dtype_is_float(self->dtype); i++) {
		fy_tensor *number = fy_tensor_scalar_f64(self->dtype, by[i]);
		fy_kernel_unary(where, found[i], self);
		fy_kernel_where(out, where, number, out);
		fy_tensor_unref(number);
	}
	fy_tensor_unref(where);
	return status;
}

static fy_status nan_to_num_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	double by[3], edge;
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (!fy_dtype_is_float(dtype))
		return fy_lower_finish(l, node, x);
	if (read_replacements(&call, dtype, by) != FY_OK)
		FY_BUG("%s: the numbers of a recorded node cannot be read", node->op);
	x = fy_lower_cast(l, x, fy_lower_arithmetic_type(dtype));
	edge = largest(dtype_of(x));
	fy_value *nan = fy_emit1(l, "IsNaN", x),
		 *high = fy_emit2(l, "Greater", x, fy_lower_number(l, x, edge));
	fy_value *low = fy_emit2(l, "Less", x, fy_lower_number(l, x, -edge));
	fy_value *y = fy_lower_where(l, nan, fy_lower_number(l, x, by[0]), x);
	y = fy_lower_where(l, high, fy_lower_number(l, x, by[1]), y);
	return fy_lower_finish(l, node, fy_lower_where(l, low, fy_lower_number(l, x, by[2]), y));
}

const fy_op fy_aten_nan_to_num = {
	.name = "aten::nan_to_num",
	.infer = nan_to_num_infer,
	.eval = nan_to_num_eval,
	.lower = nan_to_num_lower,
	.cases = FY_CASES("f32[5]{nan,inf,-inf,1,0}", "f64[4]{nan,inf,-inf,1} 1.5 2 -2",
			  "f16[4]{nan,inf,-inf,1}", "f32[3]{nan,inf,-inf} posinf=7.0", "i64[3]",
			  "bf16[4]{nan,inf,-inf,1} 0.5"),
};

/* ---- compositions
 * -------------------------------------------------------------------------------------------------- */

/* Not training: the middle of the interval is the slope. */
static fy_status rrelu_compose(fy_compose *c)
{
	double low, high;
	bool training;
	FY_TRY(fy_call_f64(c->call, 1, &low));
	FY_TRY(fy_call_f64(c->call, 2, &high));
	FY_TRY(fy_call_bool(c->call, 3, &training));
	if (training)
		return fy_call_unsupported(c->call, "in training mode");
	c->results[0] = fy_do2(c, "aten::leaky_relu", c->call->args[0], fy_arg_float((low + high) / 2));
	return c->status;
}

const fy_op fy_aten_rrelu = {
	.name = "aten::rrelu",
	.compose = rrelu_compose,
	.cases = FY_CASES("f32[2,3]", "f64[4] 0.1 0.3 false", "i64[2]"),
};

/* The first half of a dim times the sigmoid of the second. */
static fy_status glu_compose(fy_compose *c)
{
	fy_arg self = c->call->args[0];
	int dim;
	FY_TRY(fy_call_dim(c->call, 1, self.t->shape.rank, &dim));
	if (self.t->shape.rank == 0)
		return fy_call_raise(c->call, "a 0-d tensor has no halves");
	fy_dim size = self.t->shape.dims[dim];
	if (!fy_dim_known(size))
		return fy_call_unsupported(c->call, "along a dim of unknown size");
	if (size % 2 != 0)
		return fy_call_raise(c->call, "a dim of size %" PRId64 " has no halves", size);
	fy_arg first[] = { self, fy_arg_int(dim), fy_arg_int(0), fy_arg_int(size / 2), fy_arg_int(1) };
	fy_arg second[] = { self, fy_arg_int(dim), fy_arg_int(size / 2), fy_arg_int(size), fy_arg_int(1) };
	fy_arg value = fy_do(c, "aten::slice.Tensor", first, 5);
	fy_arg gate = fy_do1(c, "aten::sigmoid", fy_do(c, "aten::slice.Tensor", second, 5));
	c->results[0] = fy_do2(c, "aten::mul.Tensor", value, gate);
	return c->status;
}

const fy_op fy_aten_glu = {
	.name = "aten::glu",
	.compose = glu_compose,
	.cases = FY_CASES("f32[2,4]", "f32[2,4,3] 1", "f64[4,2]^T 0", "f32[3] 0", "f32[]"),
};
