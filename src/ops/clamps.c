/*
 * Limits: clamp in all its forms, hardtanh and relu6. Bounds are numbers or tensors, either may be absent;
 * the result is min(max(x, low), high), NaN stays.
 */
#include "ops/ops_internal.h"

typedef struct clamp_form {
	int low, high; /* argument indices; -1: no such bound */
	bool promotes; /* bounds take part in type promotion; otherwise the result has self's type */
	double fixed_low,
		fixed_high; /* bounds of operators without arguments for them, when low and high are -1 */
	bool fixed;
} clamp_form;

static bool has_bound(const fy_arg args[], int index)
{
	return index >= 0 && args[index].kind != FY_ARG_NONE;
}

/* ---- inference and evaluation ----------------------------------------------------------------------- */

static fy_status clamp_infer(fy_call *call)
{
	const clamp_form *form = call->op->form;
	int indices[3] = { 0 }, count = 1;
	fy_dtype dtype = fy_call_tensor(call, 0)->dtype;
	if (has_bound(call->args, form->low))
		indices[count++] = form->low;
	if (has_bound(call->args, form->high))
		indices[count++] = form->high;
	if (count == 1 && !form->fixed)
		return fy_call_raise(call, "one of the bounds must be given");
	if (form->promotes)
		FY_TRY(fy_call_promote(call, indices, count, &dtype));
	if (dtype == FY_BOOL)
		return fy_call_raise(call, "not for bool tensors");
	if (!form->promotes && !form->fixed && dtype == FY_U8) {
		double low, high;
		FY_TRY(fy_call_f64(call, form->low, &low));
		FY_TRY(fy_call_f64(call, form->high, &high));
		if (low < 0 || high < 0)
			return fy_call_raise(call, "negative limits for an unsigned type");
	}
	return fy_infer_broadcast(call, indices, count, dtype);
}

static fy_tensor *bound_of(const fy_call *call, int index, double fixed)
{
	fy_dtype dtype = call->outs[0]->dtype;
	return index < 0 ? fy_tensor_scalar_f64(dtype, fixed) : fy_call_operand(call, index, dtype);
}

static fy_status clamp_eval(fy_call *call)
{
	const clamp_form *form = call->op->form;
	fy_tensor *out = call->outs[0];
	const fy_tensor *x = fy_call_tensor(call, 0);
	if (form->fixed || has_bound(call->args, form->low)) {
		fy_tensor *low = bound_of(call, form->low, form->fixed_low);
		fy_kernel_binary(out, FY_MAXIMUM, out->dtype, x, low);
		fy_tensor_unref(low);
		x = out;
	}
	if (form->fixed || has_bound(call->args, form->high)) {
		fy_tensor *high = bound_of(call, form->high, form->fixed_high);
		fy_kernel_binary(out, FY_MINIMUM, out->dtype, x, high);
		fy_tensor_unref(high);
	}
	return FY_OK;
}

/* ---- lowering ------------------------------------------------------------------------------------------ */

/* Clip takes numbers only; below opset 11 as attributes, in float32; ONNX Runtime has other types from 12 on.
 */
static bool clip_fits(fy_lowering *l, fy_dtype work)
{
	return work == FY_F32 || work == FY_F16 || fy_lower_opset(l) >= 12;
}

static bool is_number(const fy_node *node, int index)
{
	const fy_arg *arg = &node->args[index];
	return arg->kind != FY_ARG_VALUE || (arg->v->type->has_shape && arg->v->type->shape.rank == 0);
}

static double known_bound(const fy_node *node, int index, double fixed)
{
	return index < 0 ? fixed : fy_node_f64(node, index);
}

/* ONNX Runtime refuses attributes with min > max. */
static bool in_order(const fy_node *node, const clamp_form *form, bool both)
{
	return !both || known_bound(node, form->low, form->fixed_low) <=
				known_bound(node, form->high, form->fixed_high);
}

static fy_value *clip_by_attributes(fy_lowering *l, const fy_node *node, const clamp_form *form, fy_value *x)
{
	fy_attr attrs[2];
	int count = 0;
	if (form->fixed || has_bound(node->args, form->low))
		attrs[count++] = fy_attr_float("min", known_bound(node, form->low, form->fixed_low));
	if (form->fixed || has_bound(node->args, form->high))
		attrs[count++] = fy_attr_float("max", known_bound(node, form->high, form->fixed_high));
	return fy_emit(l, "Clip", &x, 1, attrs, count);
}

/* NULL when there is no such bound. */
static fy_value *bound_value(fy_lowering *l, const fy_node *node, int index, double fixed, bool given,
			     fy_dtype work)
{
	if (!given)
		return NULL;
	return index < 0 ? fy_lower_scalar(l, work, fixed) : fy_lower_operand(l, node, index, work);
}

static fy_status clamp_lower(fy_lowering *l, fy_node *node)
{
	const clamp_form *form = fy_node_op(node)->form;
	bool has_low = form->fixed || has_bound(node->args, form->low);
	bool has_high = form->fixed || has_bound(node->args, form->high);
	bool known = (form->low < 0 || fy_node_arg_known(node, form->low)) &&
		     (form->high < 0 || fy_node_arg_known(node, form->high));
	bool numbers = (form->low < 0 || is_number(node, form->low)) &&
		       (form->high < 0 || is_number(node, form->high));
	fy_dtype work = fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	if (known && fy_lower_opset(l) < 11 && clip_fits(l, work) &&
	    in_order(node, form, has_low && has_high))
		return fy_lower_finish(l, node, clip_by_attributes(l, node, form, x));
	fy_value *low = bound_value(l, node, form->low, form->fixed_low, has_low, work);
	fy_value *high = bound_value(l, node, form->high, form->fixed_high, has_high, work);
	if (numbers && fy_lower_opset(l) >= 11 && clip_fits(l, work)) {
		fy_value *inputs[] = { x, low, high };
		return fy_lower_finish(l, node, fy_emit(l, "Clip", inputs, has_high ? 3 : 2, FY_NO_ATTRS));
	}
	if (has_low)
		x = fy_lower_max(l, x, low);
	if (has_high)
		x = fy_lower_min(l, x, high);
	return fy_lower_finish(l, node, x);
}

/* ---- records ----------------------------------------------------------------------------------------------
 */

#define BOTH_CASES                                                                                        \
	"f32[2,3] -0.5 0.5", "f32[2,3]^T none 0.5", "f32[2,3] -1", "i64[5] -1 2", "i64[5] 0.5",           \
		"i8[5] none 2", "u8[5] 2 5", "f64[3] -1 1", "f16[3] -1 1", "bf16[3] -1 1", "f32[3] 1 -1", \
		"f32[4]{nan,inf,-inf,0} -1 1", "f32[2]", "i32[3] -1 1.5", "f32[] 0 1", "bool[2] 0 1",     \
		"i64[3] 0 9223372036854775807"

const fy_op fy_aten_clamp = {
	.name = "aten::clamp",
	.overloads = ",Tensor",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = 1, .high = 2, .promotes = true },
	.cases = FY_CASES(BOTH_CASES, ".Tensor f32[2,3] f32[3] f32[]", ".Tensor f32[2,3] none f32[2,1]",
			  ".Tensor i64[3] i64[3]", ".Tensor i64[3] f32[]", ".Tensor f32[3] f64[3] f32[3]",
			  ".Tensor f32[2,3]^T f32[2,3]^T"),
};

const fy_op fy_aten_clip = {
	.name = "aten::clip",
	.overloads = ",Tensor",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = 1, .high = 2, .promotes = true },
	.cases = FY_CASES("f32[2,3] -0.5 0.5", "i64[5] none 2", ".Tensor f32[2,3] f32[3] f32[]"),
};

const fy_op fy_aten_clamp_min = {
	.name = "aten::clamp_min",
	.overloads = ",Tensor",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = 1, .high = -1, .promotes = true },
	.cases = FY_CASES("f32[2,3] 0", "f32[3] 0.5", "i64[5] 0", "i64[3] 0.5", "f64[3] 0",
			  "f32[2,3]^T 1e-12", "bf16[3] 0", "i8[4] 0", ".Tensor f32[2,3] f32[3]",
			  ".Tensor f32[3] f32[]", ".Tensor i64[3] i64[]"),
};

const fy_op fy_aten_clamp_max = {
	.name = "aten::clamp_max",
	.overloads = ",Tensor",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = -1, .high = 1, .promotes = true },
	.cases = FY_CASES("f32[2,3] 0", "f32[3] 0.5", "i64[5] 0", "i64[3] 0.5", "f64[3] 0",
			  ".Tensor f32[2,3] f32[3]", ".Tensor i64[3] i64[]"),
};

const fy_op fy_aten_hardtanh = {
	.name = "aten::hardtanh",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = 1, .high = 2 },
	.cases = FY_CASES("f32[2,3]", "f32[2,3] -0.5 0.5", "i64[5] -1 2", "f64[2,3,2,2]^L 0 6", "f16[3]",
			  "bf16[3]", "u8[3]", "i32[3]", "f32[3] 0.0 6.0"),
};

const fy_op fy_aten_relu6 = {
	.name = "aten::relu6",
	.infer = clamp_infer,
	.eval = clamp_eval,
	.lower = clamp_lower,
	.form = &(const clamp_form){ .low = -1, .high = -1, .fixed_low = 0, .fixed_high = 6, .fixed = true },
	.cases = FY_CASES("f32[2,3]{-2:8}", "f64[2,3]{-2:8}^T", "i64[4]{-2:9}", "f16[3]{-2:8}",
			  "bf16[3]{-2:8}", "u8[3]"),
};
