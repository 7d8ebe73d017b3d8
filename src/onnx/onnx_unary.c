/*
 * Operators of one input that work element by element: arithmetic, trigonometry, predicates and activations.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

/* ---- plain functions -------------------------------------------------------------------------- */

static fy_status float_infer(fy_onnx_call *call)
{
	if (!fy_dtype_is_float(fy_onnx_dtype(call, 0)))
		return fy_onnx_fail(call, "takes floats, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	return fy_onnx_infer_same(call);
}

static fy_status number_infer(fy_onnx_call *call)
{
	if (fy_onnx_dtype(call, 0) == FY_BOOL)
		return fy_onnx_fail(call, "takes numbers, not bool");
	return fy_onnx_infer_same(call);
}

static fy_status integer_infer(fy_onnx_call *call)
{
	if (!fy_dtype_is_integer(fy_onnx_dtype(call, 0)))
		return fy_onnx_fail(call, "takes integers, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	return fy_onnx_infer_same(call);
}

static fy_status bool_infer(fy_onnx_call *call)
{
	if (fy_onnx_dtype(call, 0) != FY_BOOL)
		return fy_onnx_fail(call, "takes bool, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	return fy_onnx_infer_same(call);
}

static fy_status predicate_infer(fy_onnx_call *call)
{
	if (!fy_dtype_is_float(fy_onnx_dtype(call, 0)))
		return fy_onnx_fail(call, "takes floats, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	return fy_onnx_result(call, 0, FY_BOOL, fy_onnx_shape(call, 0));
}

static fy_status unary_eval(fy_onnx_call *call)
{
	fy_kernel_unary(call->outputs[0], (fy_unary)call->op->mode, call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_abs = {
	.name = "onnx::Abs",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = number_infer,
	.eval = unary_eval,
	.mode = FY_ABS,
};

const fy_onnx_op fy_onnx_op_neg = {
	.name = "onnx::Neg",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = number_infer,
	.eval = unary_eval,
	.mode = FY_NEG,
};

const fy_onnx_op fy_onnx_op_sign = {
	.name = "onnx::Sign",
	.since = FY_ONNX_SINCE(9, 13),
	.infer = number_infer,
	.eval = unary_eval,
	.mode = FY_SIGN,
};

const fy_onnx_op fy_onnx_op_reciprocal = {
	.name = "onnx::Reciprocal",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_RECIPROCAL,
};

const fy_onnx_op fy_onnx_op_floor = {
	.name = "onnx::Floor",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_FLOOR,
};

const fy_onnx_op fy_onnx_op_ceil = {
	.name = "onnx::Ceil",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_CEIL,
};

const fy_onnx_op fy_onnx_op_round = {
	.name = "onnx::Round",
	.since = FY_ONNX_SINCE(11, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ROUND,
};

const fy_onnx_op fy_onnx_op_exp = {
	.name = "onnx::Exp",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_EXP,
};

const fy_onnx_op fy_onnx_op_log = {
	.name = "onnx::Log",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_LOG,
};

const fy_onnx_op fy_onnx_op_sqrt = {
	.name = "onnx::Sqrt",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_SQRT,
};

const fy_onnx_op fy_onnx_op_sin = {
	.name = "onnx::Sin",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_SIN,
};

const fy_onnx_op fy_onnx_op_cos = {
	.name = "onnx::Cos",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_COS,
};

const fy_onnx_op fy_onnx_op_tan = {
	.name = "onnx::Tan",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_TAN,
};

const fy_onnx_op fy_onnx_op_asin = {
	.name = "onnx::Asin",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ASIN,
};

const fy_onnx_op fy_onnx_op_acos = {
	.name = "onnx::Acos",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ACOS,
};

const fy_onnx_op fy_onnx_op_atan = {
	.name = "onnx::Atan",
	.since = FY_ONNX_SINCE(7, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ATAN,
};

const fy_onnx_op fy_onnx_op_sinh = {
	.name = "onnx::Sinh",
	.since = FY_ONNX_SINCE(9, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_SINH,
};

const fy_onnx_op fy_onnx_op_cosh = {
	.name = "onnx::Cosh",
	.since = FY_ONNX_SINCE(9, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_COSH,
};

const fy_onnx_op fy_onnx_op_tanh = {
	.name = "onnx::Tanh",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_TANH,
};

const fy_onnx_op fy_onnx_op_asinh = {
	.name = "onnx::Asinh",
	.since = FY_ONNX_SINCE(9, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ASINH,
};

const fy_onnx_op fy_onnx_op_acosh = {
	.name = "onnx::Acosh",
	.since = FY_ONNX_SINCE(9, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ACOSH,
};

const fy_onnx_op fy_onnx_op_atanh = {
	.name = "onnx::Atanh",
	.since = FY_ONNX_SINCE(9, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_ATANH,
};

const fy_onnx_op fy_onnx_op_erf = {
	.name = "onnx::Erf",
	.since = FY_ONNX_SINCE(9, 13),
	.infer = number_infer,
	.eval = unary_eval,
	.mode = FY_ERF,
};

const fy_onnx_op fy_onnx_op_not = {
	.name = "onnx::Not",
	.since = FY_ONNX_SINCE(1),
	.infer = bool_infer,
	.eval = unary_eval,
	.mode = FY_LOGICAL_NOT,
};

const fy_onnx_op fy_onnx_op_bitwise_not = {
	.name = "onnx::BitwiseNot",
	.since = FY_ONNX_SINCE(18),
	.infer = integer_infer,
	.eval = unary_eval,
	.mode = FY_BITWISE_NOT,
};

const fy_onnx_op fy_onnx_op_is_na_n = {
	.name = "onnx::IsNaN",
	.since = FY_ONNX_SINCE(9, 13, 20),
	.infer = predicate_infer,
	.eval = unary_eval,
	.mode = FY_ISNAN,
};

static fy_status is_inf_eval(fy_onnx_call *call)
{
	bool negative = fy_onnx_int(call, "detect_negative") != 0,
	     positive = fy_onnx_int(call, "detect_positive") != 0;

	if (!negative && !positive)
		fy_kernel_fill_i64(call->outputs[0], 0);
	else
		fy_kernel_unary(call->outputs[0],
				!negative   ? FY_ISPOSINF
				: !positive ? FY_ISNEGINF
					    : FY_ISINF,
				call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_is_inf = {
	.name = "onnx::IsInf",
	.since = FY_ONNX_SINCE(10, 20),
	.attrs = FY_ONNX_ATTRS({ .name = "detect_negative", .kind = 'i', .number = 1 },
			       { .name = "detect_positive", .kind = 'i', .number = 1 }),
	.infer = predicate_infer,
	.eval = is_inf_eval,
};

/* ---- activations -------------------------------------------------------------------------------- */

const fy_onnx_op fy_onnx_op_relu = {
	.name = "onnx::Relu",
	.since = FY_ONNX_SINCE(6, 13, 14),
	.infer = number_infer,
	.eval = unary_eval,
	.mode = FY_RELU,
};

const fy_onnx_op fy_onnx_op_sigmoid = {
	.name = "onnx::Sigmoid",
	.since = FY_ONNX_SINCE(6, 13),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_SIGMOID,
};

const fy_onnx_op fy_onnx_op_softsign = {
	.name = "onnx::Softsign",
	.since = FY_ONNX_SINCE(1, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_SOFTSIGN,
};

const fy_onnx_op fy_onnx_op_hard_swish = {
	.name = "onnx::HardSwish",
	.since = FY_ONNX_SINCE(14, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_HARDSWISH,
};

const fy_onnx_op fy_onnx_op_mish = {
	.name = "onnx::Mish",
	.since = FY_ONNX_SINCE(18, 22),
	.infer = float_infer,
	.eval = unary_eval,
	.mode = FY_MISH,
};

/* The kernels' parameters a, b, c out of the attributes. */
static fy_status activation_eval(fy_onnx_call *call)
{
	double alpha = fy_onnx_float(call, "alpha");
	double a = alpha, b = 0, c = 0;

	switch (call->op->mode) {
	case FY_ELU: /* Elu and Selu; Celu below */
		b = fy_onnx_attr_of(call->op, call->opset, "gamma") ? fy_onnx_float(call, "gamma") : 1;
		c = 1;
		break;
	case FY_HARDSIGMOID:
		b = fy_onnx_float(call, "beta");
		break;
	case FY_SOFTPLUS: /* beyond 40 softplus(x) is x in every type */
		a = 1;
		b = 40;
		break;
	}
	fy_kernel_unary_with(call->outputs[0], (fy_unary)call->op->mode, call->inputs[0], a, b, c);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_leaky_relu = {
	.name = "onnx::LeakyRelu",
	.since = FY_ONNX_SINCE(6, 16),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 0.01 }),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_LEAKY_RELU,
};

const fy_onnx_op fy_onnx_op_thresholded_relu = {
	.name = "onnx::ThresholdedRelu",
	.since = FY_ONNX_SINCE(10, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1 }),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_THRESHOLD,
};

const fy_onnx_op fy_onnx_op_elu = {
	.name = "onnx::Elu",
	.since = FY_ONNX_SINCE(6, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1 }),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_ELU,
};

const fy_onnx_op fy_onnx_op_selu = {
	.name = "onnx::Selu",
	.since = FY_ONNX_SINCE(6, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1.6732632 },
			       { .name = "gamma", .kind = 'f', .number = 1.050701 }),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_ELU,
};

const fy_onnx_op fy_onnx_op_hard_sigmoid = {
	.name = "onnx::HardSigmoid",
	.since = FY_ONNX_SINCE(6, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 0.2 },
			       { .name = "beta", .kind = 'f', .number = 0.5 }),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_HARDSIGMOID,
};

const fy_onnx_op fy_onnx_op_softplus = {
	.name = "onnx::Softplus",
	.since = FY_ONNX_SINCE(1, 22),
	.infer = float_infer,
	.eval = activation_eval,
	.mode = FY_SOFTPLUS,
};

static fy_status celu_eval(fy_onnx_call *call)
{
	double alpha = fy_onnx_float(call, "alpha");

	fy_kernel_unary_with(call->outputs[0], FY_ELU, call->inputs[0], alpha, 1, 1 / alpha);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_celu = {
	.name = "onnx::Celu",
	.since = FY_ONNX_SINCE(12, 28),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1 }),
	.infer = float_infer,
	.eval = celu_eval,
};

static fy_status gelu_eval(fy_onnx_call *call)
{
	bool tanh_form = fy_str_is(fy_onnx_text(call, "approximate"), "tanh");

	fy_kernel_unary(call->outputs[0], tanh_form ? FY_GELU_TANH : FY_GELU, call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_gelu = {
	.name = "onnx::Gelu",
	.since = FY_ONNX_SINCE(20),
	.attrs = FY_ONNX_ATTRS({ .name = "approximate", .kind = 's', .text = "none" }),
	.infer = float_infer,
	.eval = gelu_eval,
};

/* x * sigmoid(alpha * x) */
static fy_status swish_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0];
	fy_tensor *alpha = fy_tensor_scalar_f64(out->dtype, fy_onnx_float(call, "alpha"));

	fy_kernel_binary(out, FY_MUL, out->dtype, call->inputs[0], alpha);
	fy_kernel_unary(out, FY_SIGMOID, out);
	fy_kernel_binary(out, FY_MUL, out->dtype, out, call->inputs[0]);
	fy_tensor_unref(alpha);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_swish = {
	.name = "onnx::Swish",
	.since = FY_ONNX_SINCE(24),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1 }),
	.infer = float_infer,
	.eval = swish_eval,
};

/* |x| <= lambd gives 0, else x is moved towards 0 by bias. */
static fy_status shrink_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0], *step, *bias;

	fy_kernel_unary_with(out, FY_HARDSHRINK, call->inputs[0], fy_onnx_float(call, "lambd"), 0, 0);
	if (fy_onnx_float(call, "bias") == 0)
		return FY_OK;
	FY_TRY(fy_onnx_new(call, &step, out->dtype, &out->shape, false));
	bias = fy_tensor_scalar_f64(out->dtype, fy_onnx_float(call, "bias"));
	fy_kernel_unary(step, FY_SIGN, out);
	fy_kernel_binary(step, FY_MUL, out->dtype, step, bias);
	fy_kernel_binary(out, FY_SUB, out->dtype, out, step);
	fy_tensor_unref(step);
	fy_tensor_unref(bias);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_shrink = {
	.name = "onnx::Shrink",
	.since = FY_ONNX_SINCE(9),
	.attrs = FY_ONNX_ATTRS({ .name = "bias", .kind = 'f' },
			       { .name = "lambd", .kind = 'f', .number = 0.5 }),
	.infer = number_infer,
	.eval = shrink_eval,
};

/* ---- clip ------------------------------------------------------------------------------------------- */

static fy_status clip_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	return fy_onnx_infer_same(call);
}

/* Bounds as tensors, so that int64 keeps all its bits. */
static fy_status clip_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0];
	fy_dtype dtype = out->dtype;

	if (call->version < 11) {
		fy_kernel_unary_with(out, FY_CLAMP, call->inputs[0], fy_onnx_float(call, "min"),
				     fy_onnx_float(call, "max"), 0);
		return FY_OK;
	}
	for (int i = 1; i < call->input_count; i++) {
		if (call->present[i] && fy_tensor_numel(call->inputs[i]) != 1)
			return fy_onnx_fail(call, "a bound must be a single number");
	}
	fy_tensor_copy(out, call->inputs[0]);
	for (int i = 1; i < call->input_count; i++) {
		if (call->present[i]) {
			fy_tensor *bound = fy_tensor_view(call->inputs[i], dtype, &(fy_shape){ 0 }, NULL,
							  call->inputs[i]->offset);

			fy_kernel_binary(out, i == 1 ? FY_MAXIMUM : FY_MINIMUM, dtype, out, bound);
			fy_tensor_unref(bound);
		}
	}
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_clip = {
	.name = "onnx::Clip",
	.since = FY_ONNX_SINCE(6, 11, 12, 13),
	.arity = FY_ONNX_ARITY({ 6, 1, 1, 1, 1 }, { 11, 1, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "max", .kind = 'f', .number = 3.4028235e+38, .until = 10 },
			       { .name = "min", .kind = 'f', .number = -3.4028235e+38, .until = 10 }),
	.infer = clip_infer,
	.eval = clip_eval,
};

/* ---- dropout: inference only ------------------------------------------------------------------------- */

static fy_status dropout_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_result_like(call, 0, 0));
	return fy_onnx_result(call, 1, call->version < 10 ? fy_onnx_dtype(call, 0) : FY_BOOL,
			      fy_onnx_shape(call, 0));
}

static fy_status dropout_eval(fy_onnx_call *call)
{
	double training = 0, ratio = 0.5;

	if (fy_onnx_has(call, 2))
		(void)fy_onnx_input_f64(call, 2, &training);
	if (fy_onnx_has(call, 1))
		(void)fy_onnx_input_f64(call, 1, &ratio);
	if (training != 0 && ratio != 0)
		return fy_onnx_unsupported(call, "in training mode is random");
	fy_tensor_copy(call->outputs[0], call->inputs[0]);
	if (call->result_count > 1 && call->outputs[1])
		fy_kernel_fill_i64(call->outputs[1], 1);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_dropout = {
	.name = "onnx::Dropout",
	.since = FY_ONNX_SINCE(7, 10, 12, 13, 22),
	.arity = FY_ONNX_ARITY({ 7, 1, 1, 1, 2 }, { 12, 1, 3, 1, 2 }),
	.attrs = FY_ONNX_ATTRS({ .name = "ratio", .kind = 'f', .number = 0.5, .until = 11 },
			       { .name = "seed", .kind = 'i', .since = 12 }),
	.infer = dropout_infer,
	.eval = dropout_eval,
};
