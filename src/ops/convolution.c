/*
 * Convolutions and transposed convolutions of one to three spatial dims: one plan, read from the arguments,
 * serves inference, evaluation and lowering. ONNX has the same operators; what it lacks is a missing batch
 * dim and, in ONNX Runtime, most element types.
 */
#include "ops/spatial.h"

typedef struct conv_form {
	int rank; /* spatial dims; 0: as many as the weight has, and the batch dim must be there */
	bool transposed;
} conv_form;

typedef struct conv_plan {
	fy_window window;
	int64_t extra[FY_MAX_SPATIAL]; /* output_padding */
	int64_t groups, channels;      /* channels of the result */
	bool transposed;
} conv_plan;

/* ---- reading the arguments ---------------------------------------------------------------------- */

/* 'same' puts what cannot be split evenly behind. */
static fy_status read_named_padding(const fy_call *call, fy_str mode, fy_window *w)
{
	for (int i = 0; i < w->rank; i++)
		w->before[i] = w->after[i] = 0;
	if (fy_str_is(mode, "valid"))
		return FY_OK;
	if (!fy_str_is(mode, "same"))
		return fy_call_raise(call, "padding must be 'same' or 'valid'");
	for (int i = 0; i < w->rank; i++) {
		int64_t total = w->dilation[i] * (w->kernel[i] - 1);
		if (w->stride[i] != 1)
			return fy_call_raise(call, "padding 'same' needs a stride of 1");
		w->before[i] = total / 2;
		w->after[i] = total - total / 2;
	}
	return FY_OK;
}

static fy_status read_padding(const fy_call *call, fy_window *w)
{
	int index = fy_call_find(call, "padding");
	if (call->args[index].kind == FY_ARG_STR)
		return read_named_padding(call, call->args[index].s, w);
	FY_TRY(fy_call_counts(call, index, w->before, w->rank, 0));
	for (int i = 0; i < w->rank; i++)
		w->after[i] = w->before[i];
	return FY_OK;
}

static fy_status read_weight(const fy_call *call, const fy_shape *weight, fy_window *w)
{
	if (weight->rank != w->rank + 2 || w->rank < 1 || w->rank > FY_MAX_SPATIAL)
		return fy_call_raise(call, "a weight of rank %d does not fit", weight->rank);
	if (!fy_shape_known(weight))
		return fy_call_unsupported(call, "the size of the weight must be known");
	for (int i = 0; i < w->rank; i++) {
		w->kernel[i] = weight->dims[2 + i];
		if (w->kernel[i] < 1 || w->kernel[i] > INT32_MAX)
			return fy_call_raise(call, "the kernel is empty");
	}
	return FY_OK;
}

static fy_status read_plan(const fy_call *call, const fy_shape *weight, conv_plan *plan)
{
	const conv_form *form = call->op->form;
	fy_window *w = &plan->window;
	int extra = fy_call_find(call, "output_padding");
	*plan = (conv_plan){ .transposed = form->transposed, .window.rank = form->rank };
	if (form->rank == 0) {
		int transposed = fy_call_find(call, "transposed");
		w->rank = weight->rank - 2;
		if (transposed >= 0)
			FY_TRY(fy_call_bool(call, transposed, &plan->transposed));
	}
	FY_TRY(read_weight(call, weight, w));
	FY_TRY(fy_call_counts(call, fy_call_find(call, "stride"), w->stride, w->rank, 1));
	FY_TRY(fy_call_counts(call, fy_call_find(call, "dilation"), w->dilation, w->rank, 1));
	FY_TRY(read_padding(call, w));
	if (extra >= 0)
		FY_TRY(fy_call_counts(call, extra, plan->extra, w->rank, 0));
	FY_TRY(fy_call_counts(call, fy_call_find(call, "groups"), &plan->groups, 1, 1));
	plan->channels = plan->transposed ? weight->dims[1] * plan->groups : weight->dims[0];
	return FY_OK;
}

/* ---- inference ---------------------------------------------------------------------------------- */

static fy_status check_channels(const fy_call *call, const conv_plan *plan, const fy_shape *in,
				const fy_shape *weight)
{
	fy_dim channels = in->dims[in->rank - plan->window.rank - 1];
	int64_t wanted = plan->transposed ? weight->dims[0] : weight->dims[1] * plan->groups;
	const fy_tensor *bias = fy_call_opt_tensor(call, 2);
	if (weight->dims[0] < 1 || weight->dims[0] % plan->groups != 0)
		return fy_call_raise(call, "%" PRId64 " groups do not divide the weight", plan->groups);
	if (fy_dim_known(channels) && channels != wanted)
		return fy_call_raise(call, "the input has %" PRId64 " channels, the weight takes %" PRId64,
				     channels, wanted);
	if (bias != NULL && (bias->shape.rank != 1 || bias->shape.dims[0] != plan->channels))
		return fy_call_raise(call, "the bias is not one number per channel of the result");
	return FY_OK;
}

static fy_status check_types(const fy_call *call)
{
	fy_dtype dtype = fy_call_tensor(call, 0)->dtype;
	const fy_tensor *bias = fy_call_opt_tensor(call, 2);
	if (fy_call_tensor(call, 1)->dtype != dtype || (bias != NULL && bias->dtype != dtype))
		return fy_call_raise(call, "input, weight and bias are not of one type");
	if (dtype == FY_BOOL)
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(dtype));
	return FY_OK;
}

static fy_status transposed_shape(const fy_call *call, const conv_plan *plan, const fy_shape *in,
				  fy_shape *out)
{
	const fy_window *w = &plan->window;
	for (int i = 0; i < w->rank; i++) {
		fy_dim size = in->dims[in->rank - w->rank + i], *result = &out->dims[out->rank - w->rank + i];
		int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1;
		int64_t rest = reach + plan->extra[i] - w->before[i] - w->after[i], spread;
		if (plan->extra[i] >= w->stride[i] && plan->extra[i] >= w->dilation[i])
			return fy_call_raise(call, "output_padding must be less than stride or dilation");
		if (!fy_dim_known(size) && w->stride[i] == 1 && rest == 1)
			*result = size;
		else if (!fy_dim_known(size))
			FY_TRY(fy_call_unknown_size(call, result));
		else if (!fy_mul_i64(size - 1, w->stride[i], &spread) || !fy_add_i64(spread, rest, result) ||
			 *result < 1)
			return fy_call_raise(call, "the result would be empty or too large");
	}
	return FY_OK;
}

/* Volumes are channels last only where PyTorch gives them to oneDNN. */
static bool keeps_volume_layout(const fy_tensor *in, const conv_plan *plan)
{
	const int64_t *kernel = plan->window.kernel;
	double size = 1;
	for (int i = 0; i < 4; i++)
		size *= (double)in->shape.dims[i];
	return in->dtype == FY_F32 && (plan->groups > 1 || (kernel[1] > 3 && kernel[2] > 3) ||
				       in->shape.dims[0] > 1 || size > 20480);
}

/* Channels last when input or weight is. */
static fy_status conv_result(fy_call *call, const conv_plan *plan, const fy_shape *out)
{
	const fy_tensor *in = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	if (in->shape.rank != plan->window.rank + 2 ||
	    (plan->window.rank == 3 && !keeps_volume_layout(in, plan)))
		return fy_result_fresh(call, in->dtype, out);
	return fy_result_image(call, in->dtype, out,
			       fy_is_channels_last(&in->shape, in->strides) ? in : weight);
}

static fy_status conv_infer(fy_call *call)
{
	const conv_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0), *weight = fy_call_tensor(call, 1);
	fy_shape out = in->shape;
	conv_plan plan;
	FY_TRY(check_types(call));
	FY_TRY(read_plan(call, &weight->shape, &plan));
	if (form->rank == 0 && in->shape.rank != plan.window.rank + 2)
		return fy_call_raise(call, "takes tensors of rank %d, not %d", plan.window.rank + 2,
				     in->shape.rank);
	FY_TRY(fy_call_image(call, &in->shape, plan.window.rank));
	FY_TRY(check_channels(call, &plan, &in->shape, &weight->shape));
	out.dims[out.rank - plan.window.rank - 1] = plan.channels;
	if (plan.transposed)
		FY_TRY(transposed_shape(call, &plan, &in->shape, &out));
	else
		FY_TRY(fy_window_shape(call, &plan.window, &in->shape, &out));
	return conv_result(call, &plan, &out);
}

/* ---- evaluation and lowering -------------------------------------------------------------------- */

static fy_status conv_eval(fy_call *call)
{
	conv_plan plan;
	FY_TRY(read_plan(call, &fy_call_tensor(call, 1)->shape, &plan));
	const fy_window *w = &plan.window;
	fy_conv conv = { .rank = w->rank, .groups = plan.groups, .transposed = plan.transposed };
	for (int i = 0; i < w->rank; i++) {
		conv.stride[i] = w->stride[i];
		conv.dilation[i] = w->dilation[i];
		conv.pad_before[i] = w->before[i];
	}
	fy_tensor *in = fy_batched(fy_call_tensor(call, 0), w->rank);
	fy_tensor *out = fy_batched(call->outs[0], w->rank);
	fy_status status = fy_kernel_conv(out, in, fy_call_tensor(call, 1), fy_call_opt_tensor(call, 2),
					  &conv, call->diags, &call->place);
	fy_tensor_unref(in);
	fy_tensor_unref(out);
	return status;
}

/* An output_padding that is not below the stride is more than ONNX Runtime takes. */
static bool pads_beyond_stride(const conv_plan *plan)
{
	for (int i = 0; i < plan->window.rank; i++)
		if (plan->extra[i] >= plan->window.stride[i])
			return true;
	return false;
}

static fy_value *emit_conv(fy_lowering *l, const conv_plan *plan, const fy_window *w, const int64_t *extra,
			   fy_value *x, fy_value *weight, fy_value *bias)
{
	int64_t pads[2 * FY_MAX_SPATIAL];
	for (int i = 0; i < w->rank; i++) {
		pads[i] = w->before[i];
		pads[w->rank + i] = w->after[i];
	}
	fy_attr attrs[6] = {
		fy_attr_ints(l, "dilations", w->dilation, w->rank),
		fy_attr_int("group", plan->groups),
		fy_attr_ints(l, "kernel_shape", w->kernel, w->rank),
		fy_attr_ints(l, "pads", pads, 2 * w->rank),
		fy_attr_ints(l, "strides", w->stride, w->rank),
	};
	if (extra != NULL)
		attrs[5] = fy_attr_ints(l, "output_padding", extra, w->rank);
	return fy_emit(l, plan->transposed ? "ConvTranspose" : "Conv", FY_IN(x, weight, bias), attrs,
		       extra != NULL ? 6 : 5);
}

/* The whole result without bias, cut and padded to what is wanted, then the bias. */
static fy_value *padded_afterwards(fy_lowering *l, const conv_plan *plan, fy_value *x, fy_value *weight,
				   fy_value *bias)
{
	int64_t before[FY_MAX_RANK] = { 0 }, after[FY_MAX_RANK] = { 0 }, axes[FY_MAX_SPATIAL];
	fy_window w = plan->window;
	for (int i = 0; i < w.rank; i++) {
		before[2 + i] = -w.before[i];
		after[2 + i] = plan->extra[i] - w.after[i];
		axes[i] = 1 + i;
		w.before[i] = w.after[i] = 0;
	}
	x = emit_conv(l, plan, &w, NULL, x, weight, NULL);
	x = fy_lower_pad(l, x, "constant", before, after, 0);
	return bias == NULL ? x : fy_emit2(l, "Add", x, fy_lower_unsqueeze(l, bias, axes, w.rank));
}

static fy_status conv_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	conv_plan plan;
	if (read_plan(&call, &fy_node_type(node, 1)->shape, &plan) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node cannot be read", node->op);
	fy_dtype work = fy_lower_image_type(fy_node_type(node, 0)->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	fy_value *weight = fy_lower_cast(l, fy_lower_tensor(l, node, 1), work);
	fy_value *bias = fy_lower_arg(l, node, 2, work);
	x = fy_lower_batched(l, x, plan.window.rank);
	if (plan.transposed && pads_beyond_stride(&plan))
		x = padded_afterwards(l, &plan, x, weight, bias);
	else
		x = emit_conv(l, &plan, &plan.window, plan.transposed ? plan.extra : NULL, x, weight, bias);
	return fy_lower_finish(l, node, fy_lower_unbatched(l, x, fy_node_result_type(node, 0)));
}

/* ---- the operators ------------------------------------------------------------------------------ */

static const conv_form any = { 0, false };

const fy_op fy_aten_conv1d = {
	.name = "aten::conv1d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 1, false },
	.cases = FY_CASES("f32[1,2,5] f32[3,2,3] f32[3]", "f32[2,5] f32[3,2,3]",
			  "f32[2,4,6]^T f32[4,2,2] none [2] [1] [2] 2",
			  ".padding f32[1,2,6] f32[2,2,4] f32[2] [1] 'same'",
			  ".padding f32[1,1,7] f32[2,1,3] none [2] 'valid'",
			  ".padding f32[1,1,7] f32[2,1,3] none [2] 'same'",
			  ".padding f32[1,1,7] f32[2,1,2] none [1] 'same' [3]",
			  "f64[1,1,5]{1,2,-3,0.5,1.5} f64[1,1,2]{1,-2} none [2]",
			  "i64[1,2,5] i64[3,2,3] i64[3]", "i32[1,2,5] i32[3,2,3]", "bool[1,2,5] bool[3,2,3]",
			  "f32[1,2,2] f32[3,2,3]", "f32[1,2,5] f64[3,2,3]", "f32[1,3,5] f32[3,2,3]",
			  "f32[1,2,5] f32[3,2,3] f32[2]", "f32[1,2,5] f32[3,2,3] none [0]",
			  "f32[1,2,5] f32[3,2,3] none [1] [-1]", "f32[5] f32[3,2,3]",
			  "f16[1,2,5] f16[3,2,3] f16[3]", "bf16[1,2,5] bf16[3,2,3] bf16[3]"),
};

const fy_op fy_aten_conv2d = {
	.name = "aten::conv2d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 2, false },
	.cases = FY_CASES("f32[1,2,3,4]^L f32[3,2,2,2]", "f32[1,2,3,4] f32[3,2,2,2]^L",
			  "f64[2,2,3,3]^L f64[3,2,2,2]{1,-2,3}", "f32[2,3,3]^L f32[3,2,2,2]",
			  "f32[1,2,4,5] f32[3,2,3,3] f32[3] [1] [1]", "f32[2,4,5] f32[3,2,3,3] f32[3]",
			  "f32[1,4,4,3] f32[4,1,2,3] f32[4] [2,1] [1,0] [1,1] 4",
			  "f32[2,1,5,5] f32[1,1,2,2] none [2,2] [0,1] [2,1]",
			  ".padding f32[1,1,4,5] f32[1,1,2,4] none [1,1] 'same'",
			  ".padding f32[1,1,4,5] f32[1,1,2,4] none [1,1] 'valid' [2,1]",
			  ".padding f32[1,4,5] f32[1,1,2,3] f32[1] [1] 'same'",
			  "f16[1,2,3,3] f16[2,2,2,2] f16[2]", "bf16[1,2,3,3] bf16[2,2,2,2]",
			  "i64[1,2,3,3] i64[2,2,2,2] i64[2]", "f32[0,2,3,3] f32[2,2,2,2]",
			  "f64[1,1,3,3]{1,2,-3,0.5,1.5} f64[1,1,2,2]{1,-2,4}",
			  "f32[1,2,3,3] f32[3,2,2,2] none [1] [0] [1] 2",
			  ".padding f32[1,1,4,5] f32[1,1,2,4] none [1,1] 'full'",
			  "f32[1,1,3,3] f32[1,1,2,2] none [1,1,1]"),
};

const fy_op fy_aten_conv3d = {
	.name = "aten::conv3d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 3, false },
	.cases = FY_CASES("f32[1,2,2,2,3]^L f32[3,2,2,1,2]", "f32[2,2,2,2,3]^L f32[3,2,2,1,2]",
			  "f32[1,2,2,2,3]^L f32[2,1,2,1,2] none [1] [0] [1] 2",
			  "f16[1,2,2,2,3]^L f16[3,2,2,1,2]", "f32[2,2,3,3]^L f32[3,2,1,2,2]",
			  "f32[1,2,3,3,3] f32[2,2,2,2,2] f32[2]", "f32[1,3,3,3] f32[1,1,3,3,3] none [1] [1]",
			  "f32[1,2,3,4,3] f32[2,1,1,3,2] f32[2] [2,1,1] [0,1,1] [1,1,2] 2",
			  ".padding f32[1,1,3,3,3] f32[1,1,2,3,1] none [1] 'same'",
			  "f16[1,1,3,3,3] f16[1,1,2,2,2]", "bf16[1,1,3,3,3] bf16[1,1,2,2,2] bf16[1]"),
};

const fy_op fy_aten_conv_transpose1d = {
	.name = "aten::conv_transpose1d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 1, true },
	.cases = FY_CASES(
		"f32[1,2,4] f32[2,3,3] f32[3]", "f32[2,4] f32[2,3,2] none [2]",
		"f32[1,4,3] f32[4,2,3] f32[4] [2] [1] [1] 2", "f32[1,1,3] f32[1,1,2] none [1] [0] [1] 1 [2]",
		"f32[1,1,3] f32[1,2,3] f32[2] [2] [1] [2] 1 [3]", "f32[1,1,3] f32[1,1,2] none [1] [0] [1]",
		"f32[1,1,3] f32[1,1,3] f32[1] [3] [0] [2]", "f64[1,1,3]{1,2,0.5} f64[1,1,2]{-1,3} none [2]",
		"i64[1,1,3] i64[1,1,2]", "f16[1,1,3] f16[1,2,2]", "bf16[1,1,3] bf16[1,2,2] bf16[2]",
		"f32[1,1,1] f32[1,1,2] none [1] [1]"),
};

const fy_op fy_aten_conv_transpose2d = {
	.name = "aten::conv_transpose2d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 2, true },
	.cases = FY_CASES("f32[1,2,3,4]^L f32[2,3,2,2]", "f32[1,2,3,3] f32[2,2,2,2] f32[2] [2]",
			  "f32[2,3,3] f32[2,1,2,2] none [2,1] [1,0] [1,0]",
			  "f32[1,4,2,2] f32[4,1,3,2] f32[2] [2,3] [1,0] [0,2] 2 [1,1]",
			  "f32[1,1,3,3] f32[1,1,2,2] none [1] [0] [0] 1 [2,3]",
			  "f16[1,1,3,3] f16[1,1,2,2] f16[1] [2]",
			  "f32[1,3,2,2] f32[3,2,2,2] none [1] [0] [0] 2"),
};

const fy_op fy_aten_conv_transpose3d = {
	.name = "aten::conv_transpose3d",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &(const conv_form){ 3, true },
	.cases = FY_CASES("f32[1,2,2,2,2]^L f32[2,2,1,2,2]", "f32[2,2,2,2,2]^L f32[2,2,1,2,2]",
			  "f64[2,1,2,2,2]^L f64[1,2,1,1,2]{1,-2,3}",
			  "f16[1,2,2,2,2]{1,2,-1}^L f16[2,2,1,2,2]{1,-2,3}",
			  "f32[1,2,2,2,2] f32[2,1,2,2,2] f32[1] [2]",
			  "f32[2,2,2,2] f32[2,1,1,2,2] none [1,2,2] [0] [0,1,0]",
			  "f32[1,2,2,2,1] f32[2,1,2,1,3] f32[2] [1,2,2] [0,0,1] [0,0,1] 2 [2,1,1]"),
};

const fy_op fy_aten_convolution = {
	.name = "aten::convolution",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &any,
	.cases = FY_CASES("f32[1,2,4,4] f32[3,2,2,2] f32[3] [1] [0] [1] false [0] 1",
			  "f32[1,2,3,3] f32[2,1,2,2] none [2,2] [0,0] [1,1] true [1,1] 2",
			  "f32[1,2,3] f32[2,1,2] none [1] [0] [1] false [0] 2",
			  "f32[2,3] f32[2,2,2] none [1] [0] [1] false [0] 1",
			  "f32[1,1,3,3,3] f32[1,1,2,2,2] f32[1] [1,1,1] [0,0,0] [1,1,1] false [0,0,0] 1"),
};

const fy_op fy_aten__convolution = {
	.name = "aten::_convolution",
	.overloads = ",deprecated",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &any,
	.cases = FY_CASES(
		"f32[1,2,4,4] f32[3,2,2,2] f32[3] [2,2] [1,1] [1,1] false [0,0] 1 false false true true",
		".deprecated f32[1,1,3,3] f32[1,2,2,2] none [2] [0] [1] true [0] 1 true true true",
		"f32[1,1,3,3] f32[1,1,2,2] none [1] [0] [1] false [0] 1 true true true true"),
};

const fy_op fy_aten__convolution_mode = {
	.name = "aten::_convolution_mode",
	.infer = conv_infer,
	.eval = conv_eval,
	.lower = conv_lower,
	.form = &any,
	.cases = FY_CASES("f32[1,2,4,5] f32[2,1,3,2] f32[2] [1,1] 'same' [1,1] 2",
			  "f32[1,1,5] f32[2,1,2] none [2] 'valid' [1] 1",
			  "f32[1,1,3,3,3] f32[1,1,2,2,2] f32[1] [1] 'same' [1] 1",
			  "f32[1,1,5] f32[2,1,2] none [2] 'same' [1] 1"),
};
