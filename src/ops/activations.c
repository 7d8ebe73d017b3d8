/*
 * Activation functions: elementwise operators of one float tensor with number parameters (slopes, limits,
 * temperatures). A description per operator (activation_form) serves inference and evaluation; each has its
 * own ONNX form.
 */
#include "ops/ops_internal.h"
#include "kernels/kernels.h"

#include <math.h>

typedef struct activation_form {
	fy_unary kernel;
	/* Reads the kernel's parameters from the arguments; NULL: it has none. */
	fy_status (*params)(const fy_call *call, double p[3]);
	bool integers_too; /* PyTorch converts integers to float32 instead of refusing them */
	bool contiguous;   /* the result is row-major whatever the input is */
} activation_form;

static fy_status read_params(const fy_call *call, double p[3])
{
	const activation_form *form = call->op->form;
	p[0] = p[1] = p[2] = 0;
	return form->params == NULL ? FY_OK : form->params(call, p);
}

static fy_status activation_infer(fy_call *call)
{
	const activation_form *form = call->op->form;
	double p[3];
	FY_TRY(read_params(call, p));
	if (!form->integers_too && !fy_dtype_is_float(fy_call_tensor(call, 0)->dtype))
		return fy_call_raise(call, "not for %s tensors",
				     fy_dtype_name(fy_call_tensor(call, 0)->dtype));
	if (form->contiguous)
		return fy_result_fresh(call, fy_call_tensor(call, 0)->dtype, &fy_call_tensor(call, 0)->shape);
	return fy_infer_float_self(call);
}

static fy_status activation_eval(fy_call *call)
{
	const activation_form *form = call->op->form;
	double p[3];
	FY_TRY(read_params(call, p));
	fy_kernel_unary_with(call->outs[0], form->kernel, fy_call_tensor(call, 0), p[0], p[1], p[2]);
	return FY_OK;
}

/* ---- parameters ----------------------------------------------------------------------------------- */

/* One number as the kernel's a. */
static fy_status one_param(const fy_call *call, double p[3])
{
	return fy_call_f64(call, 1, &p[0]);
}

static fy_status two_params(const fy_call *call, double p[3])
{
	FY_TRY(fy_call_f64(call, 1, &p[0]));
	return fy_call_f64(call, 2, &p[1]);
}

static fy_status elu_params(const fy_call *call, double p[3])
{
	FY_TRY(two_params(call, p));
	return fy_call_f64(call, 3, &p[2]);
}

static fy_status celu_params(const fy_call *call, double p[3])
{
	FY_TRY(fy_call_f64(call, 1, &p[0]));
	if (p[0] == 0)
		return fy_call_raise(call, "alpha must not be 0");
	p[1] = 1;
	p[2] = 1 / p[0];
	return FY_OK;
}

static const double selu_alpha = 1.6732632423543772848170429916717,
		    selu_scale = 1.0507009873554804934193349852946;

static fy_status selu_params(const fy_call *call, double p[3])
{
	(void)call;
	p[0] = selu_alpha;
	p[1] = selu_scale;
	p[2] = 1;
	return FY_OK;
}

static fy_status hardsigmoid_params(const fy_call *call, double p[3])
{
	(void)call;
	p[0] = 1.0 / 6;
	p[1] = 0.5;
	return FY_OK;
}

/* ---- lowering: shared pieces ------------------------------------------------------------------------ */

/* The input, in a type that ONNX Runtime computes: float64 needs care (see wide), bfloat16 goes through
 * float32. */
static fy_value *input(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	return fy_lower_cast(l, fy_lower_tensor(l, node, 0), dtype == FY_BF16 ? FY_F32 : dtype);
}

/* ONNX Runtime has no float64 form of most activations at most opsets: they are composed then. */
static bool wide(const fy_node *node)
{
	return fy_node_result_type(node, 0)->dtype == FY_F64;
}

static fy_value *times(fy_lowering *l, fy_value *x, double factor)
{
	return factor == 1 ? x : fy_emit2(l, "Mul", x, fy_lower_number(l, x, factor));
}

static fy_value *plus(fy_lowering *l, fy_value *x, double term)
{
	return fy_emit2(l, "Add", x, fy_lower_number(l, x, term));
}

static fy_value *above_zero(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Max", x, fy_lower_number(l, x, 0));
}

static fy_value *below_zero(fy_lowering *l, fy_value *x)
{
	return fy_emit2(l, "Min", x, fy_lower_number(l, x, 0));
}

static fy_value *softplus(fy_lowering *l, fy_node *node, fy_value *x)
{
	if (!wide(node))
		return fy_emit1(l, "Softplus", x);
	fy_value *tail = fy_emit1(l, "Exp", fy_emit1(l, "Neg", fy_emit1(l, "Abs", x)));
	return fy_emit2(l, "Add", above_zero(l, x), fy_emit1(l, "Log", plus(l, tail, 1)));
}

static fy_value *hard_sigmoid(fy_lowering *l, fy_node *node, fy_value *x)
{
	if (!wide(node))
		return fy_emit(l, "HardSigmoid", FY_IN(x),
			       FY_ATTRS(fy_attr_float("alpha", 1.0 / 6), fy_attr_float("beta", 0.5)));
	fy_value *line = plus(l, times(l, x, 1.0 / 6), 0.5);
	return fy_emit2(l, "Min", above_zero(l, line), fy_lower_number(l, x, 1));
}

/* ---- rectifiers --------------------------------------------------------------------------------------- */

static fy_status leaky_relu_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	double slope = fy_node_f64(node, 1);
	if (!wide(node))
		return fy_lower_finish(
			l, node, fy_emit(l, "LeakyRelu", FY_IN(x), FY_ATTRS(fy_attr_float("alpha", slope))));
	return fy_lower_finish(l, node,
			       fy_emit2(l, "Add", above_zero(l, x), times(l, below_zero(l, x), slope)));
}

const fy_op fy_aten_leaky_relu = {
	.name = "aten::leaky_relu",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = leaky_relu_lower,
	.form = &(const activation_form){ .kernel = FY_LEAKY_RELU, .params = one_param },
	.cases = FY_CASES("f32[2,3]", "f32[4] 0.2", "f64[1,2,3,2]^L -0.3", "f16[7] 1", "bf16[5] 0.1",
			  "f32[4]{nan,inf,-inf,0}", "i64[3]", "f32[]", "f32[2,0]"),
};

/* scale * (x > 0 ? x : alpha * (exp(x * input_scale) - 1)), written so that exp never overflows. */
static fy_value *composed_elu(fy_lowering *l, fy_value *x, double alpha, double scale, double input_scale)
{
	fy_value *tail = plus(l, fy_emit1(l, "Exp", times(l, below_zero(l, x), input_scale)), -1);
	return fy_emit2(l, "Add", times(l, above_zero(l, x), scale), times(l, tail, alpha * scale));
}

static fy_status elu_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	double alpha = fy_node_f64(node, 1), scale = fy_node_f64(node, 2), input_scale = fy_node_f64(node, 3);
	if (wide(node) || input_scale != 1)
		return fy_lower_finish(l, node, composed_elu(l, x, alpha, scale, input_scale));
	fy_value *y = fy_emit(l, "Elu", FY_IN(x), FY_ATTRS(fy_attr_float("alpha", alpha)));
	return fy_lower_finish(l, node, times(l, y, scale));
}

static fy_status selu_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	if (wide(node))
		return fy_lower_finish(l, node, composed_elu(l, x, selu_alpha, selu_scale, 1));
	return fy_lower_finish(l, node, fy_emit1(l, "Selu", x));
}

static fy_status celu_lower(fy_lowering *l, fy_node *node)
{
	double alpha = fy_node_f64(node, 1);
	return fy_lower_finish(l, node, composed_elu(l, input(l, node), alpha, 1, 1 / alpha));
}

const fy_op fy_aten_elu = {
	.name = "aten::elu",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = elu_lower,
	.form = &(const activation_form){ .kernel = FY_ELU, .params = elu_params },
	.cases = FY_CASES("f32[2,3]", "f32[6] 0.5", "f64[5] 2 0.5 1.5", "f16[4]", "bf16[4]", "f32[5] 1 2 1",
			  "f64[5]^S", "f32[3]{100,-100,nan}", "i64[2]"),
};

const fy_op fy_aten_selu = {
	.name = "aten::selu",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = selu_lower,
	.form = &(const activation_form){ .kernel = FY_ELU, .params = selu_params },
	.cases = FY_CASES("f32[2,3]", "f64[5]", "f16[4]", "bf16[4]", "i64[2]"),
};

const fy_op fy_aten_celu = {
	.name = "aten::celu",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = celu_lower,
	.form = &(const activation_form){ .kernel = FY_ELU, .params = celu_params },
	.cases = FY_CASES("f32[2,3]", "f64[5] 0.5", "f16[4] 2", "f32[2] 0"),
};

/* x <= threshold ? value : x */
static fy_status threshold_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0),
				    fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype));
	fy_value *below = fy_lower_compare(l, "LessOrEqual", x, fy_lower_number(l, x, fy_node_f64(node, 1)));
	return fy_lower_finish(l, node,
			       fy_lower_where(l, below, fy_lower_number(l, x, fy_node_f64(node, 2)), x));
}

const fy_op fy_aten_threshold = {
	.name = "aten::threshold",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = threshold_lower,
	.form = &(const activation_form){ .kernel = FY_THRESHOLD, .params = two_params },
	.cases =
		FY_CASES("f32[2,5] 0.1 20", "f64[5] 0 0", "f32[4]{nan,inf,-inf,0.5} 0.5 -1", "bf16[4] 0.5 1"),
};

/* ---- shrinking ------------------------------------------------------------------------------------------
 */

static fy_value *shrink(fy_lowering *l, fy_value *x, double lambda, double bias)
{
	return fy_emit(l, "Shrink", FY_IN(x),
		       FY_ATTRS(fy_attr_float("lambd", lambda), fy_attr_float("bias", bias)));
}

static fy_status hardshrink_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, shrink(l, input(l, node), fy_node_f64(node, 1), 0));
}

static fy_status softshrink_lower(fy_lowering *l, fy_node *node)
{
	double lambda = fy_node_f64(node, 1);
	return fy_lower_finish(l, node, shrink(l, input(l, node), lambda, lambda));
}

static fy_status softshrink_params(const fy_call *call, double p[3])
{
	FY_TRY(one_param(call, p));
	return p[0] < 0 ? fy_call_raise(call, "lambd must not be negative") : FY_OK;
}

const fy_op fy_aten_hardshrink = {
	.name = "aten::hardshrink",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = hardshrink_lower,
	.form = &(const activation_form){ .kernel = FY_HARDSHRINK, .params = one_param },
	.cases = FY_CASES("f32[2,5]", "f64[3,4]^T lambd=1.5", "f16[6]{-1:1} 0.25", "bf16[4]"),
};

const fy_op fy_aten_softshrink = {
	.name = "aten::softshrink",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = softshrink_lower,
	.form = &(const activation_form){ .kernel = FY_SOFTSHRINK, .params = softshrink_params },
	.cases = FY_CASES("f32[2,5]", "f64[3,4]^T lambd=1.5", "f16[6]{-1:1} 0.25", "f32[2] -1"),
};

/* ---- smooth ones ------------------------------------------------------------------------------------------
 */

static fy_status sigmoid_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, fy_emit1(l, "Sigmoid", input(l, node)));
}

static fy_status silu_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	return fy_lower_finish(l, node, fy_emit2(l, "Mul", x, fy_emit1(l, "Sigmoid", x)));
}

static fy_status log_sigmoid_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_emit1(l, "Neg", input(l, node));
	return fy_lower_finish(l, node, fy_emit1(l, "Neg", softplus(l, node, x)));
}

static fy_status hardsigmoid_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, hard_sigmoid(l, node, input(l, node)));
}

static fy_status hardswish_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	if (fy_lower_opset(l) >= 14 && !wide(node))
		return fy_lower_finish(l, node, fy_emit1(l, "HardSwish", x));
	return fy_lower_finish(l, node, fy_emit2(l, "Mul", x, hard_sigmoid(l, node, x)));
}

/* Beyond the threshold softplus is x itself; below about 12 that shows, and has to be written. */
static fy_status softplus_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	double beta = fy_node_f64(node, 1), threshold = fy_node_f64(node, 2);
	fy_value *scaled = times(l, x, beta);
	fy_value *y = softplus(l, node, scaled);
	if (beta != 1)
		y = fy_emit2(l, "Div", y, fy_lower_number(l, y, beta));
	if (threshold < 12) {
		fy_value *beyond = fy_emit2(l, "Greater", scaled, fy_lower_number(l, x, threshold));
		y = fy_lower_where(l, beyond, x, y);
	}
	return fy_lower_finish(l, node, y);
}

static fy_status mish_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node);
	if (fy_lower_opset(l) >= 18 && !wide(node))
		return fy_lower_finish(l, node, fy_emit1(l, "Mish", x));
	return fy_lower_finish(l, node, fy_emit2(l, "Mul", x, fy_emit1(l, "Tanh", softplus(l, node, x))));
}

#define SMOOTH_CASES                                                                                         \
	FY_CASES("f32[2,5]{-4:4}", "f64[3,4]{-9:9}^T", "f16[7]{-3:3}", "bf16[6]{-3:3}", "i64[3,2]", "f32[]", \
		 "f32[2,0]", "f32[2,3,2,2]{-5:5}^L", "f32[5]{-inf,inf,nan,100,-100}")

const fy_op fy_aten_sigmoid = {
	.name = "aten::sigmoid",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = sigmoid_lower,
	.form = &(const activation_form){ .kernel = FY_SIGMOID, .integers_too = true },
	.cases = SMOOTH_CASES,
};

const fy_op fy_aten_silu = {
	.name = "aten::silu",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = silu_lower,
	.form = &(const activation_form){ .kernel = FY_SILU },
	.cases = SMOOTH_CASES,
};

const fy_op fy_aten_log_sigmoid = {
	.name = "aten::log_sigmoid",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = log_sigmoid_lower,
	.form = &(const activation_form){ .kernel = FY_LOG_SIGMOID, .contiguous = true },
	.cases = SMOOTH_CASES,
};

const fy_op fy_aten_hardsigmoid = {
	.name = "aten::hardsigmoid",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = hardsigmoid_lower,
	.form = &(const activation_form){ .kernel = FY_HARDSIGMOID, .params = hardsigmoid_params },
	.cases = SMOOTH_CASES,
};

const fy_op fy_aten_hardswish = {
	.name = "aten::hardswish",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = hardswish_lower,
	.form = &(const activation_form){ .kernel = FY_HARDSWISH },
	.cases = SMOOTH_CASES,
};

const fy_op fy_aten_softplus = {
	.name = "aten::softplus",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = softplus_lower,
	.form = &(const activation_form){ .kernel = FY_SOFTPLUS, .params = two_params },
	.cases = FY_CASES("f32[2,5]{-4:4}", "f64[3,4]{-9:9}^T 2", "f32[8]{-3:6} 1 2",
			  "f32[4]{30,-30,nan,inf}", "bf16[4] 2", "i64[2]"),
};

const fy_op fy_aten_mish = {
	.name = "aten::mish",
	.infer = activation_infer,
	.eval = activation_eval,
	.lower = mish_lower,
	.form = &(const activation_form){ .kernel = FY_MISH },
	.cases = FY_CASES("f32[2,5]{-4:4}", "f64[3,4]{-9:9}^T", "f16[7]{-3:3}", "bf16[6]", "i64[3]"),
};

/* ---- gelu: its approximation is a word
 * ------------------------------------------------------------------------ */

static fy_status gelu_kernel(const fy_call *call, fy_unary *out)
{
	const fy_arg *how = &call->args[1];
	bool with_erf = how->kind == FY_ARG_STR && fy_str_is(how->s, "none");
	if (!with_erf && !(how->kind == FY_ARG_STR && fy_str_is(how->s, "tanh")))
		return fy_call_raise(call, "approximate must be 'none' or 'tanh'");
	*out = with_erf ? FY_GELU : FY_GELU_TANH;
	return FY_OK;
}

static fy_status gelu_infer(fy_call *call)
{
	fy_unary kernel;
	FY_TRY(gelu_kernel(call, &kernel));
	return activation_infer(call);
}

static fy_status gelu_eval(fy_call *call)
{
	fy_unary kernel;
	FY_TRY(gelu_kernel(call, &kernel));
	fy_kernel_unary(call->outs[0], kernel, fy_call_tensor(call, 0));
	return FY_OK;
}

/* 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), or 0.5 * x * (1 + erf(x / sqrt(2))). */
static fy_value *composed_gelu(fy_lowering *l, fy_value *x, bool with_tanh)
{
	fy_value *bent;
	if (with_tanh) {
		fy_value *cube = fy_emit2(l, "Mul", fy_emit2(l, "Mul", x, x), x);
		fy_value *inner = fy_emit2(l, "Add", x, times(l, cube, 0.044715));
		bent = fy_emit1(l, "Tanh", times(l, inner, sqrt(M_2_PI)));
	} else {
		bent = fy_emit1(l, "Erf", fy_emit2(l, "Div", x, fy_lower_number(l, x, M_SQRT2)));
	}
	return times(l, fy_emit2(l, "Mul", x, plus(l, bent, 1)), 0.5);
}

static fy_status gelu_lower(fy_lowering *l, fy_node *node)
{
	bool with_tanh = fy_str_is(node->args[1].s, "tanh");
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_value *x = input(l, node);
	/* Erf and Gelu run in float32 only. */
	if (dtype == FY_F64 && !with_tanh)
		x = fy_lower_cast(l, x, FY_F32);
	if (fy_lower_opset(l) < 20 || dtype == FY_F64)
		return fy_lower_finish(l, node, composed_gelu(l, x, with_tanh));
	return fy_lower_finish(l, node,
			       fy_emit(l, "Gelu", FY_IN(x),
				       FY_ATTRS(fy_attr_str("approximate", with_tanh ? "tanh" : "none"))));
}

const fy_op fy_aten_gelu = {
	.name = "aten::gelu",
	.infer = gelu_infer,
	.eval = gelu_eval,
	.lower = gelu_lower,
	.form = &(const activation_form){ .kernel = FY_GELU },
	.cases = FY_CASES("f32[2,5]{-4:4}", "f64[3,4]{-4:4}^T", "f32[6]{-3:3} approximate='tanh'",
			  "f64[4] approximate='tanh'", "f16[7]", "bf16[6]", "i64[3]",
			  "f32[2] approximate='no'"),
};

/* ---- prelu: a slope per channel
 * ----------------------------------------------------------------------------- */

/* Shape of the weight beside self: [c, 1, 1 ...], or 0-d when it is a single number. */
static fy_status prelu_weight_shape(const fy_call *call, fy_shape *out)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	*out = (fy_shape){ 0 };
	if (weight->dtype != self->dtype)
		return fy_call_raise(call, "weight and input differ in type");
	if (weight->shape.rank > 1)
		return fy_call_raise(call, "weight must be 0-d or 1-d");
	if (weight->shape.rank == 0 || weight->shape.dims[0] == 1)
		return FY_OK;
	if (self->shape.rank == 0)
		return fy_call_raise(call, "a 0-d input has no channels");
	int channel = self->shape.rank > 1 ? 1 : 0;
	fy_dim channels = self->shape.rank > 1 ? self->shape.dims[1] : 1;
	if (fy_dim_known(channels) && channels != weight->shape.dims[0])
		return fy_call_raise(call, "%" PRId64 " weights for %" PRId64 " channels",
				     weight->shape.dims[0], channels);
	out->rank = self->shape.rank - channel;
	for (int i = 0; i < out->rank; i++)
		out->dims[i] = i == 0 ? weight->shape.dims[0] : 1;
	return FY_OK;
}

static fy_status prelu_infer(fy_call *call)
{
	fy_shape shape;
	FY_TRY(prelu_weight_shape(call, &shape));
	return activation_infer(call);
}

static fy_status prelu_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	fy_shape shape;
	int64_t strides[FY_MAX_RANK] = { 0 };
	FY_TRY(prelu_weight_shape(call, &shape));
	if (shape.rank > 0)
		strides[0] = weight->strides[0];
	fy_tensor *slopes = fy_tensor_view(weight, weight->dtype, &shape, strides, weight->offset);
	fy_kernel_binary(call->outs[0], FY_PRELU, self->dtype, self, slopes);
	fy_tensor_unref(slopes);
	return FY_OK;
}

static fy_status prelu_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = input(l, node), *slope = fy_lower_tensor(l, node, 1);
	int64_t axes[FY_MAX_RANK];
	int count = 0, rank = fy_node_type(node, 0)->shape.rank;
	if (x == NULL || slope == NULL)
		return fy_lower_status(l);
	for (int i = 1; i + 1 < rank && slope->type->shape.rank == 1; i++)
		axes[count++] = i;
	slope = fy_lower_cast(l, slope, x->type->dtype);
	if (count > 0)
		slope = fy_lower_unsqueeze(l, slope, axes, count);
	if (!wide(node))
		return fy_lower_finish(l, node, fy_emit2(l, "PRelu", x, slope));
	fy_value *negative = fy_emit2(l, "Mul", below_zero(l, x), slope);
	return fy_lower_finish(l, node, fy_emit2(l, "Add", above_zero(l, x), negative));
}

const fy_op fy_aten_prelu = {
	.name = "aten::prelu",
	.infer = prelu_infer,
	.eval = prelu_eval,
	.lower = prelu_lower,
	.form = &(const activation_form){ .kernel = FY_LEAKY_RELU },
	.cases = FY_CASES("f32[2,3] f32[3]", "f32[2,3,2,2]^L f32[3]", "f64[2,3,4] f64[1]", "f32[4] f32[1]",
			  "f16[2,2] f16[2]", "f32[2,3] f32[2]", "bf16[2,3] bf16[3]", "f32[2,3] f64[3]",
			  "f32[2,3,2]^T f32[3]^S"),
};
