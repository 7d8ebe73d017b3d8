/*
 * Dropout: the input itself unless training. In training it is random, so results are not PyTorch's numbers:
 * elements (or whole channels) survive with probability 1 - p and are scaled by 1 / (1 - p).
 */
#include "ops/ops_internal.h"

/* Does nothing: not training, or p = 0. */
static fy_status is_identity(const fy_call *call, bool *out)
{
	double p;
	bool train;
	FY_TRY(fy_call_f64(call, 1, &p));
	FY_TRY(fy_call_bool(call, 2, &train));
	if (!(p >= 0 && p <= 1))
		return fy_call_raise(call, "the probability must lie between 0 and 1");
	*out = !train || p == 0;
	return FY_OK;
}

static fy_status dropout_infer(fy_call *call)
{
	bool identity;
	FY_TRY(is_identity(call, &identity));
	return identity ? fy_result_same(call, 0) : fy_infer_like_self(call);
}

/* Which elements share their fate: all (channels false), or those of one channel of one sample. */
static fy_shape noise_shape(const fy_shape *shape, bool channels)
{
	fy_shape noise = *shape;
	for (int i = 2; channels && i < noise.rank; i++)
		noise.dims[i] = 1;
	return noise;
}

static bool drops_channels(const fy_op *op)
{
	return op->form != NULL;
}

static fy_status dropout_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0];
	enum { STEPS = 1 << 24 };
	double p;
	FY_TRY(fy_call_f64(call, 1, &p));
	fy_shape shape = noise_shape(&self->shape, drops_channels(call->op));
	fy_tensor *noise = fy_tensor_new(FY_I64, &shape, false),
		  *kept = fy_tensor_new(self->dtype, &shape, false);
	if (noise == NULL || kept == NULL) {
		fy_tensor_unref(noise);
		fy_tensor_unref(kept);
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	}
	fy_tensor_fill_random(noise, call->seed, 0, STEPS);
	fy_tensor *bound = fy_tensor_scalar_i64(FY_I64, (int64_t)(p * STEPS));
	fy_tensor *scale = fy_tensor_scalar_f64(FY_F64, p < 1 ? 1 / (1 - p) : 0);
	fy_kernel_binary(kept, FY_GE, FY_I64, noise, bound);
	fy_kernel_binary(kept, FY_MUL, kept->dtype, kept, scale);
	fy_kernel_binary(out, FY_MUL, out->dtype, self, kept);
	fy_tensor_unref(scale);
	fy_tensor_unref(bound);
	fy_tensor_unref(kept);
	fy_tensor_unref(noise);
	return FY_OK;
}

/* Elements of `x` survive and are scaled. ONNX's Dropout trains from opset 12 on. */
static fy_value *dropped(fy_lowering *l, fy_value *x, double p)
{
	if (fy_lower_opset(l) >= 12) {
		fy_value *train = fy_lower_scalar(l, FY_BOOL, 1), *ratio = fy_lower_scalar(l, FY_F32, p);
		return fy_emit(l, "Dropout", FY_IN(x, ratio, train), FY_NO_ATTRS);
	}
	fy_value *noise = fy_emit(l, "RandomUniformLike", FY_IN(x), FY_ATTRS(fy_attr_int("dtype", 1)));
	fy_value *low = fy_emit2(l, "Less", noise, fy_lower_scalar(l, FY_F32, p));
	fy_value *kept = fy_lower_cast(l, fy_lower_not(l, low), x == NULL ? FY_F32 : x->type->dtype);
	return fy_emit2(l, "Mul", fy_emit2(l, "Mul", x, fy_lower_number(l, x, p < 1 ? 1 / (1 - p) : 0)),
			kept);
}

static fy_status dropout_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	double p = fy_node_f64(node, 1);
	if (!fy_node_bool(node, 2) || p == 0)
		return fy_lower_finish(l, node, x);
	x = fy_lower_cast(l, x, fy_lower_arithmetic_type(fy_node_result_type(node, 0)->dtype));
	if (!drops_channels(fy_node_op(node)))
		return fy_lower_finish(l, node, dropped(l, x, p));
	fy_shape shape = noise_shape(&fy_node_type(node, 0)->shape, true);
	fy_value *ones = fy_lower_expand(l, fy_lower_number(l, x, 1), &shape);
	return fy_lower_finish(l, node, fy_emit2(l, "Mul", x, dropped(l, ones, p)));
}

const fy_op fy_aten_dropout = {
	.name = "aten::dropout",
	.flags = FY_OP_RANDOM,
	.infer = dropout_infer,
	.eval = dropout_eval,
	.lower = dropout_lower,
	.cases = FY_CASES("f32[2,3] 0.5 false", "f32[2,3]^T 0.5 false", "f32[2,3] 0.0 true",
			  "~f32[2,3] 0.5 true", "~f64[2,3]^T 0.2 true", "f32[2,3] 1.5 false",
			  "bf16[2] 0.1 false"),
};

static const bool channels = true;

const fy_op fy_aten_feature_dropout = {
	.name = "aten::feature_dropout",
	.flags = FY_OP_RANDOM,
	.infer = dropout_infer,
	.eval = dropout_eval,
	.lower = dropout_lower,
	.form = &channels,
	.cases = FY_CASES("f32[2,3,2] 0.5 false", "f32[2,3,2] 0.0 true", "~f32[2,3,2,2] 0.5 true"),
};

/* These keep mean and variance in training; nobody exports that. */
static fy_status alpha_dropout_infer(fy_call *call)
{
	bool identity;
	FY_TRY(is_identity(call, &identity));
	return identity ? fy_result_same(call, 0) : fy_call_unsupported(call, "in training mode");
}

const fy_op fy_aten_alpha_dropout = {
	.name = "aten::alpha_dropout",
	.flags = FY_OP_RANDOM,
	.infer = alpha_dropout_infer,
	.cases = FY_CASES("f32[2,3] 0.5 false", "f32[2,3] 0.0 true"),
};

const fy_op fy_aten_feature_alpha_dropout = {
	.name = "aten::feature_alpha_dropout",
	.flags = FY_OP_RANDOM,
	.infer = alpha_dropout_infer,
	.cases = FY_CASES("f32[2,3] 0.5 false", "f32[2,3] 0.0 true"),
};
