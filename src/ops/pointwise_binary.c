/*
 * Elementwise arithmetic of two operands, tensors or numbers, with broadcasting and type promotion: sums,
 * products, quotients, remainders, powers, extremes. One description (fy_binary_form) per operator serves
 * inference, evaluation and lowering; comparisons and logic use the same functions.
 */
#include "ops/ops_internal.h"

#include <math.h>
#include <string.h>

static const int operands[] = { 0, 1 };

/* ---- inference ------------------------------------------------------------------------------------ */

/* The type to compute in. */
static fy_status work_type(const fy_call *call, const fy_binary_form *form, fy_dtype *out)
{
	FY_TRY(fy_call_promote(call, operands, 2, out));
	if (form->type == FY_TYPE_FLOAT)
		*out = fy_float_type(*out);
	return FY_OK;
}

static fy_status check_alpha(const fy_call *call, fy_dtype dtype)
{
	int alpha = fy_call_find(call, "alpha");
	if (alpha < 0)
		return FY_OK;
	fy_arg_kind kind = call->args[alpha].kind;
	if (kind == FY_ARG_FLOAT && !fy_dtype_is_float(dtype))
		return fy_call_raise(call, "alpha must not be a float for integer tensors");
	if (kind == FY_ARG_BOOL && dtype != FY_BOOL)
		return fy_call_raise(call, "alpha must not be a bool unless the result is");
	return FY_OK;
}

static bool is_bool(const fy_call *call, int index)
{
	const fy_arg *arg = &call->args[index];
	return arg->kind == FY_ARG_BOOL || (arg->kind == FY_ARG_TENSOR && arg->t->dtype == FY_BOOL);
}

static fy_status infer_as(fy_call *call, const fy_binary_form *form)
{
	fy_dtype dtype;
	FY_TRY(work_type(call, form, &dtype));
	FY_TRY(check_alpha(call, dtype));
	if ((form->no_bool && dtype == FY_BOOL) ||
	    (form->no_bool_operand && (is_bool(call, 0) || is_bool(call, 1))))
		return fy_call_raise(call, "not for bool tensors");
	if (form->no_float && (fy_dtype_is_float(dtype) || fy_dtype_is_complex(dtype)))
		return fy_call_raise(call, "not for float tensors");
	bool truth = form->type == FY_TYPE_TRUTH || form->type == FY_TYPE_EACH_TRUTH;
	return fy_infer_broadcast(call, operands, 2, truth ? FY_BOOL : dtype);
}

fy_status fy_binary_infer(fy_call *call)
{
	return infer_as(call, call->op->form);
}

/* ---- evaluation ------------------------------------------------------------------------------------ */

/* alpha * operand as a new tensor of type `dtype`; the operand itself (one more reference) when alpha is 1.
 */
static fy_status scaled(const fy_call *call, fy_tensor *operand, fy_dtype dtype, fy_tensor **out)
{
	int alpha = fy_call_find(call, "alpha");
	double factor = 1;
	if (alpha >= 0)
		FY_TRY(fy_call_f64(call, alpha, &factor));
	*out = fy_tensor_ref(operand);
	if (factor == 1)
		return FY_OK;
	fy_tensor_unref(*out);
	*out = fy_tensor_new(dtype, &operand->shape, false);
	if (*out == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_tensor *number = fy_call_operand(call, alpha, dtype);
	fy_kernel_binary(*out, FY_MUL, dtype, operand, number);
	fy_tensor_unref(number);
	return FY_OK;
}

static fy_status check_divisor(const fy_call *call, const fy_tensor *divisor, fy_dtype work)
{
	if (fy_dtype_is_float(work) || fy_kernel_count_nonzero(divisor) == fy_tensor_numel(divisor) ||
	    fy_tensor_numel(call->outs[0]) == 0)
		return FY_OK;
	return fy_call_raise(call, "integer division by zero");
}

static fy_status eval_as(fy_call *call, const fy_binary_form *form)
{
	fy_dtype work;
	FY_TRY(work_type(call, form, &work));
	fy_tensor *a = fy_call_operand(call, 0, work), *b = fy_call_operand(call, 1, work), *second = NULL;
	if (form->swapped) {
		fy_tensor *first = a;
		a = b;
		b = first;
	}
	fy_status status = form->no_zero ? check_divisor(call, b, work) : FY_OK;
	if (status == FY_OK)
		status = scaled(call, b, work, &second);
	if (status == FY_OK)
		fy_kernel_binary(call->outs[0], form->kernel, work, a, second);
	fy_tensor_unref(second);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	return status;
}

fy_status fy_binary_eval(fy_call *call)
{
	return eval_as(call, call->op->form);
}

/* ---- lowering ---------------------------------------------------------------------------------------- */

fy_dtype fy_node_promote(const fy_node *node, const int indices[], int count)
{
	fy_arg args[16];
	fy_tensor *metas[16];
	int made = 0;
	fy_diags diags = { 0 };
	FY_ASSERT(node->arg_count <= (int)FY_COUNT(args));
	for (int i = 0; i < node->arg_count; i++) {
		args[i] = node->args[i];
		if (args[i].kind == FY_ARG_VALUE) {
			metas[made] = fy_tensor_meta(args[i].v->type->dtype, &args[i].v->type->shape);
			args[i] = fy_arg_tensor(metas[made++]);
		}
	}
	fy_call call = { .schema = fy_schema_find(node->op),
			 .args = args,
			 .arg_count = node->arg_count,
			 .diags = &diags };
	fy_dtype dtype = FY_F32;
	if (fy_call_promote(&call, indices, count, &dtype) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node do not promote", node->op);
	for (int i = 0; i < made; i++)
		fy_tensor_unref(metas[i]);
	return dtype;
}

fy_value *fy_lower_operand(fy_lowering *l, const fy_node *node, int index, fy_dtype work)
{
	return fy_lower_cast(l, fy_lower_arg(l, node, index, work), work);
}

static fy_value *scale_by_alpha(fy_lowering *l, const fy_node *node, fy_value *value, fy_dtype work)
{
	const fy_schema *schema = fy_schema_find(node->op);
	for (int i = 2; i < schema->arg_count; i++) {
		if (strcmp(schema->args[i].name, "alpha") != 0)
			continue;
		if (fy_node_arg_known(node, i) && fy_node_f64(node, i) == 1)
			return value;
		return fy_emit2(l, "Mul", value, fy_lower_operand(l, node, i, work));
	}
	return value;
}

static fy_status lower_as(fy_lowering *l, fy_node *node, const fy_binary_form *form)
{
	fy_dtype work = FY_BOOL;
	if (form->type != FY_TYPE_EACH_TRUTH)
		work = fy_node_promote(node, operands, 2);
	if (form->type == FY_TYPE_FLOAT)
		work = fy_float_type(work);
	if (form->type == FY_TYPE_PROMOTED || form->type == FY_TYPE_FLOAT)
		work = fy_lower_arithmetic_type(work);
	fy_value *a = fy_lower_operand(l, node, 0, work), *b = fy_lower_operand(l, node, 1, work);
	if (form->swapped) {
		fy_value *first = a;
		a = b;
		b = first;
	}
	b = scale_by_alpha(l, node, b, work);
	return fy_lower_finish(l, node,
			       form->build != NULL ? form->build(l, a, b) : fy_emit2(l, form->onnx, a, b));
}

fy_status fy_binary_lower(fy_lowering *l, fy_node *node)
{
	return lower_as(l, node, fy_node_op(node)->form);
}

/* ---- sums, differences, products ----------------------------------------------------------------------- */

#define PAIR_CASES                                                                                    \
	"f32[2,3] f32[2,3]", "f32[2,3] f32[3]", "f32[2,1,3] f32[4,1]", "f64[3,4]^T f64[3,4]^T",       \
		"f32[2,3]^T f32[2,3]", "f32[2,3,2,2]^L f32[3,1,1]", "i64[2,3] f32[]", "f32[] i64[2]", \
		"i8[4] i64[]", "u8[4] i8[4]", "i32[3] i64[3]", "f16[4] f32[]", "bf16[4] bf16[4]",     \
		"f16[3] bf16[3]", "f64[] f32[3]", "bool[4] i64[4]{1:4}", "f32[2,3] f32[4]",           \
		"f32[0,3] f32[3]", "f32[2,3]^E f32[2,3]", "f32[4]{nan,inf,-inf,0} f32[4]{1,nan,-inf,0}"

const fy_op fy_aten_add = {
	.name = "aten::add",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_ADD, .onnx = "Add" },
	.cases =
		FY_CASES(PAIR_CASES, "bool[4] bool[4]", "f32[2,3] f32[3] alpha=2", "i64[3] i64[3] alpha=3",
			 "i64[3] i64[3] alpha=1.5", "bf16[4] bf16[4] alpha=0.3", ".Scalar f32[3] 2",
			 ".Scalar i64[3] 2.5", ".Scalar u8[3] 300", ".Scalar bool[3] 2", ".Scalar f16[3] 0.1",
			 ".Scalar f64[3] 2 0.5", ".Scalar i32[] 7", "i8[3]{100,127,-100} i8[3]{100,1,-100}"),
};

const fy_op fy_aten_sub = {
	.name = "aten::sub",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_SUB, .onnx = "Sub", .no_bool_operand = true },
	.cases = FY_CASES("f32[2,3] f32[3]", "f64[2,3]^T f64[2,1] alpha=0.5", "i64[3] i64[]",
			  "u8[3] u8[3]{5:9}", "bool[2] bool[2]", "bf16[3] bf16[3]", ".Scalar f32[3] 2",
			  ".Scalar i64[3] 2.5", ".Scalar f32[3] 2 3", ".Scalar i32[3] true"),
};

const fy_op fy_aten_subtract = {
	.name = "aten::subtract",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_SUB, .onnx = "Sub", .no_bool_operand = true },
	.cases = FY_CASES("f32[2,3] f32[3] alpha=2", ".Scalar f32[3] 2"),
};

const fy_op fy_aten_rsub = {
	.name = "aten::rsub",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form =
		&(const fy_binary_form){
			.kernel = FY_SUB, .onnx = "Sub", .swapped = true, .no_bool_operand = true },
	.cases = FY_CASES("f32[2,3] f32[3]", "i64[3] i64[3] alpha=2", ".Scalar f32[2,3]^T 1",
			  ".Scalar i64[3] 1.5", ".Scalar f32[3] 1 2", ".Scalar f64[2] 1.0",
			  ".Scalar bool[2] 1"),
};

const fy_op fy_aten_mul = {
	.name = "aten::mul",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MUL, .onnx = "Mul" },
	.cases = FY_CASES(PAIR_CASES, "bool[4] bool[4]", ".Scalar f32[3] 2", ".Scalar i64[3] 2.5",
			  ".Scalar f16[3] 0.1", ".Scalar bool[3] true", ".Scalar bf16[3] 3",
			  ".Scalar i8[3] 100"),
};

const fy_op fy_aten_multiply = {
	.name = "aten::multiply",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MUL, .onnx = "Mul" },
	.cases = FY_CASES("f32[2,3] f32[3]", ".Scalar f32[3] 2"),
};

/* ---- quotients
 * ---------------------------------------------------------------------------------------------- */

const fy_op fy_aten_div = {
	.name = "aten::div",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_DIV, .type = FY_TYPE_FLOAT, .onnx = "Div" },
	.cases = FY_CASES(PAIR_CASES, "i64[3] i64[3]{1:5}", "bool[3] bool[3]", ".Scalar f32[3] 2",
			  ".Scalar i64[3] 2", ".Scalar f16[3] 0.3", ".Scalar i32[] 7", ".Scalar f64[3] 0"),
};

const fy_op fy_aten_divide = {
	.name = "aten::divide",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_DIV, .type = FY_TYPE_FLOAT, .onnx = "Div" },
	.cases = FY_CASES("f32[2,3] f32[3]", ".Scalar i64[3] 2"),
};

const fy_op fy_aten_true_divide = {
	.name = "aten::true_divide",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_DIV, .type = FY_TYPE_FLOAT, .onnx = "Div" },
	.cases = FY_CASES("i64[2,3] i64[3]{1:5}", ".Scalar i64[3] 2"),
};

const fy_op fy_aten_floor_divide = {
	.name = "aten::floor_divide",
	.overloads = ",Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_DIV_FLOOR,
					 .build = fy_lower_floor_div,
					 .no_zero = true,
					 .no_bool = true },
	.cases = FY_CASES("i64[9]{-4:5} i64[9]{2,-2,3,-3,1,-1,4,7,-7}", "f32[2,3] f32[3]",
			  "f32[4]{1,-1,0.3,-7} f32[4]{0.1,0.1,-0.1,2}", "i32[3] f32[]", "u8[3] u8[]{2}",
			  "i8[4] i8[4]{-3,2,5,-1}", "f64[3] f64[3]{0,1,-2}", "bf16[3] bf16[3]",
			  "i64[] i64[]{2}", "i64[2] i64[2]{0,1}", ".Scalar i64[5] 2", ".Scalar i64[5] -3",
			  ".Scalar f32[5] 0.7", ".Scalar i64[5] 1.5", ".Scalar i32[3] 0"),
};

/* div with a rounding mode: None, 'floor' or 'trunc' choose among the three quotients. NULL: no such mode. */
static const fy_binary_form *div_form(const fy_arg *mode)
{
	static const fy_binary_form exact = { .kernel = FY_DIV, .type = FY_TYPE_FLOAT, .onnx = "Div" };
	static const fy_binary_form down = {
		.kernel = FY_DIV_FLOOR, .build = fy_lower_floor_div, .no_zero = true, .no_bool = true
	};
	static const fy_binary_form to_zero = {
		.kernel = FY_DIV_TRUNC, .build = fy_lower_trunc_div, .no_zero = true, .no_bool = true
	};
	if (mode->kind == FY_ARG_NONE)
		return &exact;
	if (mode->kind == FY_ARG_STR && fy_str_is(mode->s, "floor"))
		return &down;
	return mode->kind == FY_ARG_STR && fy_str_is(mode->s, "trunc") ? &to_zero : NULL;
}

static fy_status div_mode_infer(fy_call *call)
{
	const fy_binary_form *form = div_form(&call->args[2]);
	if (form == NULL)
		return fy_call_raise(call, "rounding_mode must be None, 'trunc' or 'floor'");
	return infer_as(call, form);
}

static fy_status div_mode_eval(fy_call *call)
{
	return eval_as(call, div_form(&call->args[2]));
}

static fy_status div_mode_lower(fy_lowering *l, fy_node *node)
{
	return lower_as(l, node, div_form(&node->args[2]));
}

const fy_op fy_aten_div_mode = {
	.name = "aten::div",
	.overloads = "Tensor_mode,Scalar_mode",
	.infer = div_mode_infer,
	.eval = div_mode_eval,
	.lower = div_mode_lower,
	.cases = FY_CASES(
		"i64[7] i64[7]{2,-2,3,-3,1,-1,4} rounding_mode='floor'",
		"i64[7] i64[7]{2,-2,3,-3,1,-1,4} rounding_mode='trunc'",
		"f32[2,3] f32[3] rounding_mode='floor'", "f64[2,3] f64[3] rounding_mode='trunc'",
		"i64[3] i64[3]{1:4} rounding_mode=none", ".Scalar_mode i64[5] 2 rounding_mode='trunc'",
		".Scalar_mode f32[5] 0.4 rounding_mode='floor'",
		".Scalar_mode i32[5] -2 rounding_mode='floor'", ".Scalar_mode f32[2] 1 rounding_mode='up'",
		"i8[5]{-7:8} i8[5]{2,-3,4,5,-2} rounding_mode='trunc'"),
};

/* ---- remainders
 * ------------------------------------------------------------------------------------------------ */

const fy_op fy_aten_remainder = {
	.name = "aten::remainder",
	.overloads = "Tensor,Scalar,Scalar_Tensor",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_REMAINDER,
					 .build = fy_lower_remainder,
					 .no_zero = true,
					 .no_bool = true },
	.cases = FY_CASES("i64[9]{-4:5} i64[9]{2,-2,3,-3,1,-1,4,7,-7}", "f32[2,3] f32[3]",
			  "f64[4]{5,-5,5,-5} f64[4]{3,3,-3,-3}", "u8[3] u8[]{2}", "i32[3] i32[3]{1:3}",
			  "bf16[3] bf16[3]", ".Scalar i64[5] 3", ".Scalar i64[5] -3", ".Scalar f32[5] 0.7",
			  ".Scalar_Tensor 7 i64[3]{1:5}", "i64[2] i64[2]{0,1}", ".Scalar i8[4] 2"),
};

const fy_op fy_aten_fmod = {
	.name = "aten::fmod",
	.overloads = "Tensor,Scalar",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form =
		&(const fy_binary_form){
			.kernel = FY_FMOD, .build = fy_lower_fmod, .no_zero = true, .no_bool = true },
	.cases = FY_CASES("i64[9]{-4:5} i64[9]{2,-2,3,-3,1,-1,4,7,-7}", "f32[2,3] f32[3]",
			  "f64[4]{5,-5,5,-5} f64[4]{3,3,-3,-3}", ".Scalar i64[5] 3", ".Scalar f32[5] -0.7",
			  "i64[2] i64[2]{0,1}", "f16[3] f16[3]"),
};

/* ---- powers
 * ------------------------------------------------------------------------------------------------------- */

/* Integers: Pow takes them from opset 12 on; before, float64 is exact for what fits. */
static fy_value *build_pow(fy_lowering *l, fy_value *a, fy_value *b)
{
	if (a == NULL || fy_dtype_is_float(a->type->dtype) || fy_lower_opset(l) >= 12)
		return fy_emit2(l, "Pow", a, b);
	fy_value *power = fy_emit2(l, "Pow", fy_lower_cast(l, a, FY_F64), fy_lower_cast(l, b, FY_F64));
	return fy_lower_cast(l, power, a->type->dtype);
}

static fy_status pow_infer(fy_call *call)
{
	int64_t exponent;
	fy_dtype dtype;
	FY_TRY(fy_call_promote(call, operands, 2, &dtype));
	if (!fy_dtype_is_float(dtype) && call->args[1].kind == FY_ARG_INT &&
	    fy_call_int_known(call, 1, &exponent) && exponent < 0)
		return fy_call_raise(call, "integers to negative integer powers");
	return fy_binary_infer(call);
}

static fy_status pow_lower(fy_lowering *l, fy_node *node)
{
	bool known =
		fy_call_is_number(&(fy_call){ .schema = fy_schema_find(node->op), .args = node->args }, 1) &&
		fy_node_arg_known(node, 1);
	double exponent = known ? fy_node_f64(node, 1) : NAN;
	fy_dtype work = fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype);
	if (exponent == 2) {
		fy_value *a = fy_lower_operand(l, node, 0, work);
		return fy_lower_finish(l, node, fy_emit2(l, "Mul", a, a));
	}
	if (exponent == 0.5)
		return fy_lower_finish(l, node, fy_emit1(l, "Sqrt", fy_lower_operand(l, node, 0, work)));
	return fy_binary_lower(l, node);
}

const fy_op fy_aten_pow = {
	.name = "aten::pow",
	.overloads = "Tensor_Tensor,Tensor_Scalar,Scalar",
	.infer = pow_infer,
	.eval = fy_binary_eval,
	.lower = pow_lower,
	.form = &(const fy_binary_form){ .kernel = FY_POW, .build = build_pow, .no_bool = true },
	.cases = FY_CASES(
		".Tensor_Tensor f32[2,3]{0.1:3} f32[3]", ".Tensor_Scalar f32[2,3]^T 2",
		".Tensor_Scalar f32[4]{0:4} 0.5", ".Tensor_Scalar f64[4]{0.1:4} -1",
		".Tensor_Scalar i64[4] 3", ".Tensor_Scalar i64[4] 2", ".Tensor_Scalar i64[4]{1:4} 0.5",
		".Tensor_Scalar i64[4] -1", ".Tensor_Tensor i64[4] i64[4]{0:4}", ".Scalar 2 f32[4]",
		".Scalar 2 i64[4]{0:5}", ".Scalar 10000.0 f32[4]{0:1}", ".Tensor_Scalar f16[4] 2",
		".Tensor_Scalar bf16[4] 3", ".Tensor_Tensor f32[3]{-2,-1,0} f32[3]{3,0.5,0}",
		".Tensor_Scalar i8[4] 2", ".Tensor_Tensor f64[3]{0.5:2} f32[]", ".Tensor_Scalar i32[3] 2.0"),
};

static fy_status square_compose(fy_compose *c)
{
	c->results[0] = fy_do2(c, "aten::pow.Tensor_Scalar", c->call->args[0], fy_arg_int(2));
	return c->status;
}

const fy_op fy_aten_square = {
	.name = "aten::square",
	.compose = square_compose,
	.cases = FY_CASES("f32[2,3]", "i64[4]", "f64[2,3]^T", "bool[3]", "bf16[3]"),
};

/* ---- extremes of two
 * ------------------------------------------------------------------------------------------------- */

/* ONNX leaves NaN open for Min and Max; ONNX Runtime carries it through as PyTorch does. */
#define EXTREME_CASES                                                                               \
	"f32[2,3] f32[3]", "f64[2,3]^T f64[2,3]^T", "i64[4] i64[4]", "i32[3] f32[]", "u8[4] u8[4]", \
		"i8[4] i8[4]", "bool[4] bool[4]", "f16[4] f16[4]", "bf16[4] bf16[4]",               \
		"f32[5]{nan,1,inf,-inf,0} f32[5]{1,nan,2,3,-1}", "i16[3] i16[3]"

const fy_op fy_aten_minimum = {
	.name = "aten::minimum",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MINIMUM, .build = fy_lower_min },
	.cases = FY_CASES(EXTREME_CASES),
};

const fy_op fy_aten_maximum = {
	.name = "aten::maximum",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MAXIMUM, .build = fy_lower_max },
	.cases = FY_CASES(EXTREME_CASES),
};

const fy_op fy_aten_min_other = {
	.name = "aten::min",
	.overloads = "other",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MINIMUM, .build = fy_lower_min },
	.cases = FY_CASES("f32[2,3] f32[3]", "i64[4] i64[4]"),
};

const fy_op fy_aten_max_other = {
	.name = "aten::max",
	.overloads = "other",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_MAXIMUM, .build = fy_lower_max },
	.cases = FY_CASES("f32[2,3] f32[3]", "i64[4] i64[4]"),
};

/* ---- angle of a point
 * ---------------------------------------------------------------------------------------------------- */

/* atan(y / x), half a turn on where x < 0, a quarter where x = 0. */
static fy_value *build_atan2(fy_lowering *l, fy_value *y, fy_value *x)
{
	fy_dtype dtype = y == NULL ? FY_F32 : y->type->dtype;
	fy_value *zero = fy_lower_number(l, y, 0), *half_turn = fy_lower_number(l, y, M_PI);
	fy_value *ratio = fy_emit2(l, "Div", y, x);
	/* Atan runs in float32 only. */
	fy_value *angle = fy_lower_cast(
		l, fy_emit1(l, "Atan", fy_lower_cast(l, ratio, dtype == FY_F64 ? FY_F32 : dtype)), dtype);
	fy_value *down = fy_emit2(l, "Less", y, zero);
	fy_value *turn = fy_lower_where(l, down, fy_lower_number(l, y, -M_PI), half_turn);
	fy_value *left =
		fy_lower_where(l, fy_emit2(l, "Less", x, zero), fy_emit2(l, "Add", angle, turn), angle);
	fy_value *both = fy_emit2(l, "Or", down, fy_emit2(l, "Greater", y, zero));
	fy_value *quarter = fy_emit2(l, "Mul", turn, fy_lower_number(l, y, 0.5));
	fy_value *upright = fy_lower_where(l, both, quarter, zero);
	return fy_lower_where(l, fy_lower_compare(l, "Equal", x, zero), upright, left);
}

const fy_op fy_aten_atan2 = {
	.name = "aten::atan2",
	.infer = fy_binary_infer,
	.eval = fy_binary_eval,
	.lower = fy_binary_lower,
	.form = &(const fy_binary_form){ .kernel = FY_ATAN2, .type = FY_TYPE_FLOAT, .build = build_atan2 },
	.cases = FY_CASES("f32[2,3] f32[3]", "f32[8]{1,1,-1,-1,0,1,-1,0} f32[8]{1,-1,1,-1,1,0,0,-1}",
			  "i64[3] i64[3]", "f64[3] f64[3]^S", "f16[4] f16[4]"),
};
