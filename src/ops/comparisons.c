/*
 * Comparisons, logic and bits of two operands: elementwise, with bool results (bits: of the promoted type).
 * Shares the functions of pointwise_binary.c.
 */
#include "ops/ops_internal.h"

/* ---- comparisons ------------------------------------------------------------------------------------- */

static fy_value *build_eq(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_compare(l, "Equal", a, b);
}

static fy_value *build_ne(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_not(l, fy_lower_compare(l, "Equal", a, b));
}

static fy_value *build_lt(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_compare(l, "Less", a, b);
}

static fy_value *build_le(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_compare(l, "LessOrEqual", a, b);
}

static fy_value *build_gt(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_compare(l, "Greater", a, b);
}

static fy_value *build_ge(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_compare(l, "GreaterOrEqual", a, b);
}

static const fy_binary_form eq = { .kernel = FY_EQ, .type = FY_TYPE_TRUTH, .build = build_eq };
static const fy_binary_form ne = { .kernel = FY_NE, .type = FY_TYPE_TRUTH, .build = build_ne };
static const fy_binary_form lt = { .kernel = FY_LT, .type = FY_TYPE_TRUTH, .build = build_lt };
static const fy_binary_form le = { .kernel = FY_LE, .type = FY_TYPE_TRUTH, .build = build_le };
static const fy_binary_form gt = { .kernel = FY_GT, .type = FY_TYPE_TRUTH, .build = build_gt };
static const fy_binary_form ge = { .kernel = FY_GE, .type = FY_TYPE_TRUTH, .build = build_ge };

#define COMPARE_CASES                                                                                \
	FY_CASES("i64[2,3]{0:3} i64[3]{0:3}", "f32[4]{1,nan,2,inf} f32[4]{1,nan,1,inf}",             \
		 "f64[2,3]^T f64[]{0}", "bool[4] bool[4]", "u8[4]{0:3} i8[4]{0:3}",                  \
		 "f16[4]{0,1,2,nan} f16[4]{0,2,1,1}", "bf16[4]{0,1,2,1} bf16[4]{0,2,1,1}",           \
		 "i32[3]{0:2} f32[]{1}", "bool[3] i64[3]{0:2}", "f32[2] f32[3]",                     \
		 ".Scalar f32[2,5]{0,1,2,nan,-1} 1", ".Scalar i64[4] 1.5", ".Scalar i64[5]{-1:2} 0", \
		 ".Scalar bool[4] true", ".Scalar u8[3]{0:3} 1", ".Scalar f64[3]^S 0.5",             \
		 ".Scalar i16[4] -2")

const fy_op fy_aten_eq = {
	.name = "aten::eq",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &eq,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_ne = {
	.name = "aten::ne",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &ne,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_not_equal = {
	.name = "aten::not_equal",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &ne,
	.cases = FY_CASES("f32[3]{0:2} f32[3]{0:2}", ".Scalar i64[5]{-1:2} 0"),
};

const fy_op fy_aten_lt = {
	.name = "aten::lt",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &lt,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_less = {
	.name = "aten::less",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &lt,
	.cases = FY_CASES("f32[3] f32[3]", ".Scalar i64[5]{-1:2} 0"),
};

const fy_op fy_aten_le = {
	.name = "aten::le",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &le,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_less_equal = {
	.name = "aten::less_equal",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &le,
	.cases = FY_CASES("f32[3] f32[3]", ".Scalar i64[5]{-1:2} 0"),
};

const fy_op fy_aten_gt = {
	.name = "aten::gt",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &gt,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_greater = {
	.name = "aten::greater",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &gt,
	.cases = FY_CASES("f32[3] f32[3]", ".Scalar i64[5]{-1:2} 0"),
};

const fy_op fy_aten_ge = {
	.name = "aten::ge",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &ge,
	.cases = COMPARE_CASES,
};

const fy_op fy_aten_greater_equal = {
	.name = "aten::greater_equal",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &ge,
	.cases = FY_CASES("f32[3] f32[3]", ".Scalar i64[5]{-1:2} 0"),
};

/* ---- logic: operands are taken for true or false ---------------------------------------------------------
 */

#define LOGIC_CASES                                                                                       \
	FY_CASES("bool[4]{0,1,0,1} bool[4]{0,0,1,1}", "i64[2,3]{0:2} i64[3]{0:2}",                        \
		 "f32[4]{0,1,nan,0} f32[4]{0,0,0,2}", "f64[3]{0:0.5} bool[]", "bf16[2]{0,1} f16[2]{1,1}", \
		 "u8[3]{0:2} f32[3]{0,0.5,0}")

const fy_op fy_aten_logical_and = {
	.name = "aten::logical_and",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(
		const fy_binary_form){ .kernel = FY_LOGICAL_AND, .type = FY_TYPE_EACH_TRUTH, .onnx = "And" },
	.cases = LOGIC_CASES,
};

const fy_op fy_aten_logical_or = {
	.name = "aten::logical_or",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_LOGICAL_OR, .type = FY_TYPE_EACH_TRUTH, .onnx = "Or" },
	.cases = LOGIC_CASES,
};

const fy_op fy_aten_logical_xor = {
	.name = "aten::logical_xor",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(
		const fy_binary_form){ .kernel = FY_LOGICAL_XOR, .type = FY_TYPE_EACH_TRUTH, .onnx = "Xor" },
	.cases = LOGIC_CASES,
};

/* ---- bits: of bools they are logic; of integers ONNX has them from opset 18 on
 * --------------------------------- */

static bool of_bools(const fy_node *node)
{
	return fy_node_result_type(node, 0)->dtype == FY_BOOL;
}

static int bits_plain_opset(const fy_node *node)
{
	return of_bools(node) ? 9 : 18;
}

static fy_status bits_lower(fy_lowering *l, fy_node *node)
{
	const fy_binary_form *form = fy_node_op(node)->form;
	fy_dtype work = fy_node_result_type(node, 0)->dtype;
	fy_value *a = fy_lower_operand(l, node, 0, work), *b = fy_lower_operand(l, node, 1, work);
	if (work == FY_BOOL)
		return fy_lower_finish(l, node, form->build(l, a, b));
	if (fy_lower_opset(l) < 18)
		return fy_lower_refuse(l, node, "bits of integers need opset 18");
	return fy_lower_finish(l, node, fy_emit2(l, form->onnx, a, b));
}

static fy_value *build_and(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_emit2(l, "And", a, b);
}

static fy_value *build_or(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_emit2(l, "Or", a, b);
}

static fy_value *build_xor(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_emit2(l, "Xor", a, b);
}

static const fy_binary_form bit_and = {
	.kernel = FY_BITWISE_AND, .onnx = "BitwiseAnd", .build = build_and, .no_float = true
};
static const fy_binary_form bit_or = {
	.kernel = FY_BITWISE_OR, .onnx = "BitwiseOr", .build = build_or, .no_float = true
};
static const fy_binary_form bit_xor = {
	.kernel = FY_BITWISE_XOR, .onnx = "BitwiseXor", .build = build_xor, .no_float = true
};

#define BITS_CASES                                                                        \
	FY_CASES(".Tensor bool[4]{0,1,0,1} bool[4]{0,0,1,1}", ".Tensor i64[2,3] i64[3]",  \
		 ".Tensor u8[4] u8[4]", ".Tensor i8[4] i32[4]", ".Tensor bool[3] i64[3]", \
		 ".Tensor bool[2,1] bool[3]", ".Scalar i64[4] 3", ".Scalar bool[4] true", \
		 ".Tensor f32[2] f32[2]")

const fy_op fy_aten_bitwise_and = {
	.name = "aten::bitwise_and",
	.overloads = "Tensor,Scalar,Scalar_Tensor",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_and,
	.cases = BITS_CASES,
};

const fy_op fy_aten_bitwise_or = {
	.name = "aten::bitwise_or",
	.overloads = "Tensor,Scalar,Scalar_Tensor",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_or,
	.cases = BITS_CASES,
};

const fy_op fy_aten_bitwise_xor = {
	.name = "aten::bitwise_xor",
	.overloads = "Tensor,Scalar,Scalar_Tensor",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_xor,
	.cases = BITS_CASES,
};

const fy_op fy_aten_and = {
	.name = "aten::__and__",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_and,
	.cases = BITS_CASES,
};

const fy_op fy_aten_or = {
	.name = "aten::__or__",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_or,
	.cases = BITS_CASES,
};

const fy_op fy_aten_xor = {
	.name = "aten::__xor__",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = bits_lower,
	.plain_opset = bits_plain_opset,
	.form = &bit_xor,
	.cases = BITS_CASES,
};
