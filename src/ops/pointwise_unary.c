/*
 * Elementwise operators of one tensor without parameters: arithmetic, rounding, logarithms, trigonometry,
 * predicates. One description (unary_form) per operator serves inference, evaluation and lowering.
 */
#include "ops/ops_internal.h"
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>

typedef struct unary_form {
	fy_unary kernel;
	const char *onnx; /* the ONNX operator; NULL: build alone */
	int since;        /* opset from which it exists; build before that */
	fy_value *(*build)(fy_lowering *l, fy_value *x);
	bool single;  /* ONNX Runtime computes it in float32 only */
	bool no_bool; /* PyTorch refuses bool */
} unary_form;

static const unary_form *form_of(const fy_call *call)
{
	return call->op->form;
}

static fy_status unary_eval(fy_call *call)
{
	fy_kernel_unary(call->outs[0], form_of(call)->kernel, fy_call_tensor(call, 0));
	return FY_OK;
}

/* Computes in `work` and casts back to the result's type. */
static fy_status lower_in(fy_lowering *l, fy_node *node, fy_dtype work)
{
	const unary_form *form = fy_node_op(node)->form;
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	bool native = form->onnx != NULL && fy_lower_opset(l) >= form->since;
	return fy_lower_finish(l, node, native ? fy_emit1(l, form->onnx, x) : form->build(l, x));
}

/* ---- operators that compute in floats ----------------------------------------------------------- */

static fy_status float_lower(fy_lowering *l, fy_node *node)
{
	const unary_form *form = fy_node_op(node)->form;
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	bool narrow = dtype == FY_BF16 || (form->single && dtype == FY_F64);
	return lower_in(l, node, narrow ? FY_F32 : dtype);
}

static fy_value *build_exp2(fy_lowering *l, fy_value *x)
{
	return fy_emit1(l, "Exp", fy_emit2(l, "Mul", x, fy_lower_number(l, x, M_LN2)));
}

static fy_value *build_expm1(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Sub", fy_emit1(l, "Exp", x), fy_lower_number(l, x, 1));
}

static fy_value *build_log2(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Div", fy_emit1(l, "Log", x), fy_lower_number(l, x, M_LN2));
}

static fy_value *build_log10(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Div", fy_emit1(l, "Log", x), fy_lower_number(l, x, M_LN10));
}

static fy_value *build_log1p(fy_lowering *l, fy_value *x)
{
	return fy_emit1(l, "Log", fy_emit2(l, "Add", x, fy_lower_number(l, x, 1)));
}

static fy_value *build_rsqrt(fy_lowering *l, fy_value *x)
{
	return fy_emit1(l, "Reciprocal", fy_emit1(l, "Sqrt", x));
}

static fy_value *build_erfc(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Sub", fy_lower_number(l, x, 1), fy_emit1(l, "Erf", x));
}

/* FY_CASES of an operator defined everywhere, and of one that wants [low, high). */
#define ANY_CASES                                                                                        \
	FY_CASES("f32[2,5]", "f64[3,4]^T", "f16[7]", "bf16[6]", "i64[3,2]", "u8[4]", "bool[3]", "f32[]", \
		 "f32[2,0]", "f32[2,3,2,2]^L", "f32[3,4]^S")
#define POSITIVE_CASES                                                                                 \
	FY_CASES("f32[2,5]{0:9}", "f64[3,4]{0.1:4}^T", "f16[7]{0:2}", "bf16[6]{0.5:3}", "i64[6]{1:7}", \
		 "f32[5]{-1,0,inf,nan,1}", "bool[3]")
#define UNIT_CASES \
	FY_CASES("f32[2,5]{-1:1}", "f64[3,4]{-0.9:0.9}^T", "f16[7]{-1:1}", "i64[3]{-1:2}", "f32[3]{-2,2,nan}")

const fy_op fy_aten_exp = {
	.name = "aten::exp",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_EXP, .onnx = "Exp" },
	.cases = ANY_CASES,
};

const fy_op fy_aten_exp2 = {
	.name = "aten::exp2",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_EXP2, .build = build_exp2 },
	.cases = ANY_CASES,
};

const fy_op fy_aten_expm1 = {
	.name = "aten::expm1",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_EXPM1, .build = build_expm1 },
	.cases = ANY_CASES,
};

const fy_op fy_aten_log = {
	.name = "aten::log",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_LOG, .onnx = "Log" },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_log2 = {
	.name = "aten::log2",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_LOG2, .build = build_log2 },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_log10 = {
	.name = "aten::log10",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_LOG10, .build = build_log10 },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_log1p = {
	.name = "aten::log1p",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_LOG1P, .build = build_log1p },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_sqrt = {
	.name = "aten::sqrt",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_SQRT, .onnx = "Sqrt" },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_rsqrt = {
	.name = "aten::rsqrt",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_RSQRT, .build = build_rsqrt },
	.cases = POSITIVE_CASES,
};

const fy_op fy_aten_reciprocal = {
	.name = "aten::reciprocal",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_RECIPROCAL, .onnx = "Reciprocal" },
	.cases = ANY_CASES,
};

const fy_op fy_aten_erf = {
	.name = "aten::erf",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ERF, .onnx = "Erf", .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_erfc = {
	.name = "aten::erfc",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ERFC, .build = build_erfc, .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_sin = {
	.name = "aten::sin",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_SIN, .onnx = "Sin" },
	.cases = ANY_CASES,
};

const fy_op fy_aten_cos = {
	.name = "aten::cos",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_COS, .onnx = "Cos" },
	.cases = ANY_CASES,
};

const fy_op fy_aten_tan = {
	.name = "aten::tan",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_TAN, .onnx = "Tan", .single = true },
	.cases = UNIT_CASES,
};

const fy_op fy_aten_asin = {
	.name = "aten::asin",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ASIN, .onnx = "Asin", .single = true },
	.cases = UNIT_CASES,
};

const fy_op fy_aten_acos = {
	.name = "aten::acos",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ACOS, .onnx = "Acos", .single = true },
	.cases = UNIT_CASES,
};

const fy_op fy_aten_atan = {
	.name = "aten::atan",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ATAN, .onnx = "Atan", .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_sinh = {
	.name = "aten::sinh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_SINH, .onnx = "Sinh", .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_cosh = {
	.name = "aten::cosh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_COSH, .onnx = "Cosh", .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_tanh = {
	.name = "aten::tanh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_TANH, .onnx = "Tanh" },
	.cases = ANY_CASES,
};

const fy_op fy_aten_asinh = {
	.name = "aten::asinh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ASINH, .onnx = "Asinh", .single = true },
	.cases = ANY_CASES,
};

const fy_op fy_aten_acosh = {
	.name = "aten::acosh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ACOSH, .onnx = "Acosh", .single = true },
	.cases = FY_CASES("f32[2,5]{1:9}", "f64[4]{1:3}", "f32[3]{0,1,nan}", "i64[3]{1:9}"),
};

const fy_op fy_aten_atanh = {
	.name = "aten::atanh",
	.overloads = "",
	.infer = fy_infer_float_self,
	.eval = unary_eval,
	.lower = float_lower,
	.form = &(const unary_form){ .kernel = FY_ATANH, .onnx = "Atanh", .single = true },
	.cases = FY_CASES("f32[2,5]{-0.9:0.9}", "f64[4]{-0.9:0.9}", "f16[3]{-0.5:0.5}"),
};

/* ---- operators that keep the type ---------------------------------------------------------------- */

static fy_status keep_infer(fy_call *call)
{
	if (form_of(call)->no_bool && fy_call_tensor(call, 0)->dtype == FY_BOOL)
		return fy_call_raise(call, "bool tensors are not allowed");
	return fy_infer_like_self(call);
}

static fy_status keep_lower(fy_lowering *l, fy_node *node)
{
	return lower_in(l, node, fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype));
}

/* floor, ceil, round, trunc of integers are the integers. */
static fy_status rounding_lower(fy_lowering *l, fy_node *node)
{
	if (fy_dtype_is_float(fy_node_result_type(node, 0)->dtype))
		return keep_lower(l, node);
	fy_lower_result(l, node, 0, fy_lower_tensor(l, node, 0));
	return fy_lower_status(l);
}

/* Round came with opset 11. Before: floor(x + 0.5), minus one where that was a tie and the result is odd. */
static fy_value *build_round(fy_lowering *l, fy_value *x)
{
	fy_value *half = fy_lower_number(l, x, 0.5);
	fy_value *up = fy_emit1(l, "Floor", fy_emit2(l, "Add", x, half));
	fy_value *tie = fy_lower_compare(l, "Equal", fy_emit2(l, "Sub", up, x), half);
	fy_value *halved = fy_emit2(l, "Mul", up, half);
	fy_value *odd = fy_emit2(l, "Greater", halved, fy_emit1(l, "Floor", halved));
	fy_value *step = fy_lower_cast(l, fy_emit2(l, "And", tie, odd), x == NULL ? FY_F32 : x->type->dtype);
	return fy_emit2(l, "Sub", up, step);
}

static fy_value *build_frac(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Sub", x, fy_lower_trunc(l, x));
}

/* Relu takes integers from opset 14 on, but not all of them. */
static fy_status relu_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	if (fy_dtype_is_float(dtype))
		return keep_lower(l, node);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), fy_lower_arithmetic_type(dtype));
	return fy_lower_finish(l, node, fy_lower_max(l, x, fy_lower_number(l, x, 0)));
}

#define KEEP_CASES                                                                                   \
	FY_CASES("f32[2,5]", "f64[3,4]^T", "f16[7]{-9:9}", "bf16[6]", "i64[3,2]", "i8[5]", "i32[4]", \
		 "f32[]", "f32[0]", "f32[2,3,2,2]^L", "f32[5]{-inf,inf,nan,0,-0.5}", "bool[2]", "u8[4]")
#define ROUND_CASES                                                                                         \
	FY_CASES("f32[12]{-3:3}", "f64[3,4]{-9:9}^T", "f16[7]{-9:9}", "bf16[6]{-5:5}", "i64[3,2]", "i8[5]", \
		 "f32[8]{-2.5,-1.5,-0.5,0.5,1.5,2.5,inf,nan}", "f64[6]{-3.5,-0.5,0.5,1.5,2.5,3.5}")

const fy_op fy_aten_abs = {
	.name = "aten::abs",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = keep_lower,
	.form = &(const unary_form){ .kernel = FY_ABS, .onnx = "Abs", .no_bool = true },
	.cases = KEEP_CASES,
};

const fy_op fy_aten_neg = {
	.name = "aten::neg",
	.overloads = "",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = keep_lower,
	.form = &(const unary_form){ .kernel = FY_NEG, .onnx = "Neg", .no_bool = true },
	.cases = KEEP_CASES,
};

static fy_value *build_sign(fy_lowering *l, fy_value *x)
{
	fy_value *zero = fy_lower_number(l, x, 0);
	fy_dtype dtype = x == NULL ? FY_F32 : x->type->dtype;
	fy_value *above = fy_lower_cast(l, fy_emit2(l, "Greater", x, zero), dtype);
	fy_value *below = fy_lower_cast(l, fy_emit2(l, "Less", x, zero), dtype);
	return fy_emit2(l, "Sub", above, below);
}

const fy_op fy_aten_sign = {
	.name = "aten::sign",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = keep_lower,
	.form = &(const unary_form){ .kernel = FY_SIGN,
				     .build = build_sign }, /* ONNX leaves Sign of NaN open; PyTorch says 0 */
	.cases = KEEP_CASES,
};

const fy_op fy_aten_relu = {
	.name = "aten::relu",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = relu_lower,
	.form = &(const unary_form){ .kernel = FY_RELU, .onnx = "Relu", .no_bool = true },
	.cases = KEEP_CASES,
};

const fy_op fy_aten_floor = {
	.name = "aten::floor",
	.overloads = "",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = rounding_lower,
	.form = &(const unary_form){ .kernel = FY_FLOOR, .onnx = "Floor" },
	.cases = ROUND_CASES,
};

const fy_op fy_aten_ceil = {
	.name = "aten::ceil",
	.overloads = "",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = rounding_lower,
	.form = &(const unary_form){ .kernel = FY_CEIL, .onnx = "Ceil" },
	.cases = ROUND_CASES,
};

const fy_op fy_aten_round = {
	.name = "aten::round",
	.overloads = "",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = rounding_lower,
	.form = &(const unary_form){ .kernel = FY_ROUND, .onnx = "Round", .since = 11, .build = build_round },
	.cases = ROUND_CASES,
};

const fy_op fy_aten_trunc = {
	.name = "aten::trunc",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = rounding_lower,
	.form = &(const unary_form){ .kernel = FY_TRUNC, .build = fy_lower_trunc },
	.cases = ROUND_CASES,
};

const fy_op fy_aten_frac = {
	.name = "aten::frac",
	.infer = keep_infer,
	.eval = unary_eval,
	.lower = keep_lower,
	.form = &(const unary_form){ .kernel = FY_FRAC, .build = build_frac },
	.cases = FY_CASES("f32[12]{-3:3}", "f64[3,4]{-9:9}^T", "f16[7]{-9:9}"),
};

/* ---- bits and truth ------------------------------------------------------------------------------- */

static fy_status bitwise_not_infer(fy_call *call)
{
	if (fy_dtype_is_float(fy_call_tensor(call, 0)->dtype))
		return fy_call_raise(call, "only integers and bools have bits to negate");
	return fy_infer_like_self(call);
}

/* BitwiseNot came with opset 18; before: -x - 1. */
static fy_status bitwise_not_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	if (dtype == FY_BOOL)
		return fy_lower_finish(l, node, fy_lower_not(l, x));
	if (fy_lower_opset(l) >= 18)
		return fy_lower_finish(l, node, fy_emit1(l, "BitwiseNot", x));
	x = fy_lower_cast(l, x, fy_lower_arithmetic_type(dtype));
	return fy_lower_finish(l, node, fy_emit2(l, "Sub", fy_lower_number(l, x, -1), x));
}

static fy_status logical_not_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (fy_node_type(node, 0)->dtype == FY_BF16)
		x = fy_lower_cast(l, x, FY_F32);
	return fy_lower_finish(l, node, fy_lower_not(l, fy_lower_cast(l, x, FY_BOOL)));
}

const fy_op fy_aten_bitwise_not = {
	.name = "aten::bitwise_not",
	.infer = bitwise_not_infer,
	.eval = unary_eval,
	.lower = bitwise_not_lower,
	.form = &(const unary_form){ .kernel = FY_BITWISE_NOT },
	.cases = FY_CASES("bool[5]", "i64[2,3]", "i8[4]^S", "u8[3]", "i16[3]", "i32[]", "f32[2]"),
};

const fy_op fy_aten_logical_not = {
	.name = "aten::logical_not",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = logical_not_lower,
	.form = &(const unary_form){ .kernel = FY_LOGICAL_NOT },
	.cases = FY_CASES("bool[5]", "i64[2,3]{-1:2}", "f32[4]{0,-0.5,nan,inf}", "u8[3]", "f16[3]{0,1,2}",
			  "bf16[3]{0,1,2}", "f64[2,2]^T"),
};

/* ---- predicates ------------------------------------------------------------------------------------ */

static double largest(const fy_value *x)
{
	return x == NULL || x->type->dtype == FY_F32 ? FLT_MAX : x->type->dtype == FY_F16 ? 65504 : DBL_MAX;
}

static fy_value *build_isnan(fy_lowering *l, fy_value *x)
{
	return fy_emit1(l, "IsNaN", x);
}

static fy_value *build_isinf(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Greater", fy_emit1(l, "Abs", x), fy_lower_number(l, x, largest(x)));
}

static fy_value *build_isposinf(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Greater", x, fy_lower_number(l, x, largest(x)));
}

static fy_value *build_isneginf(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Less", x, fy_lower_number(l, x, -largest(x)));
}

static fy_value *build_isfinite(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Less", fy_emit1(l, "Abs", x), fy_lower_number(l, x, INFINITY));
}

/* Integers are what they are: a constant answer, written as a comparison with itself. */
static fy_status predicate_lower(fy_lowering *l, fy_node *node)
{
	const unary_form *form = fy_node_op(node)->form;
	fy_dtype dtype = fy_node_type(node, 0)->dtype;
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), fy_lower_arithmetic_type(dtype));
	if (fy_dtype_is_float(dtype))
		return fy_lower_finish(l, node, form->build(l, x));
	fy_value *same = fy_emit2(l, "Equal", x, x);
	return fy_lower_finish(l, node, form->kernel == FY_ISFINITE ? same : fy_lower_not(l, same));
}

#define PREDICATE_CASES                                                                                   \
	FY_CASES("f32[6]{-inf,inf,nan,0,-0.5,3e38}", "f64[3,4]{-inf,1,nan,1e300}^T", "f16[4]{inf,nan,1}", \
		 "bf16[4]{-inf,nan,1}", "i64[3]", "bool[2]", "f32[]")

const fy_op fy_aten_isnan = {
	.name = "aten::isnan",
	.overloads = "",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = predicate_lower,
	.form = &(const unary_form){ .kernel = FY_ISNAN, .build = build_isnan },
	.cases = PREDICATE_CASES,
};

const fy_op fy_aten_isinf = {
	.name = "aten::isinf",
	.overloads = "",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = predicate_lower,
	.form = &(const unary_form){ .kernel = FY_ISINF, .build = build_isinf },
	.cases = PREDICATE_CASES,
};

const fy_op fy_aten_isposinf = {
	.name = "aten::isposinf",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = predicate_lower,
	.form = &(const unary_form){ .kernel = FY_ISPOSINF, .build = build_isposinf },
	.cases = PREDICATE_CASES,
};

const fy_op fy_aten_isneginf = {
	.name = "aten::isneginf",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = predicate_lower,
	.form = &(const unary_form){ .kernel = FY_ISNEGINF, .build = build_isneginf },
	.cases = PREDICATE_CASES,
};

const fy_op fy_aten_isfinite = {
	.name = "aten::isfinite",
	.overloads = "",
	.infer = fy_infer_bool_self,
	.eval = unary_eval,
	.lower = predicate_lower,
	.form = &(const unary_form){ .kernel = FY_ISFINITE, .build = build_isfinite },
	.cases = PREDICATE_CASES,
};
