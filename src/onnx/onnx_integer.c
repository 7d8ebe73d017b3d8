/*
 * Products and convolutions of quantized numbers: zero points are taken away, the plain operator sums up in
 * int32, and the QLinear forms scale the sums and round them back.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <string.h>

/* Where an operator has what the plain one needs. -1: not at all. */
typedef struct layout {
	int x, x_zero, x_scale, w, w_zero, w_scale, y_scale, y_zero, bias;
	bool conv;
} layout;

static const layout layouts[] = {
	{ 0, 2, -1, 1, 3, -1, -1, -1, -1, false }, /* MatMulInteger */
	{ 0, 2, -1, 1, 3, -1, -1, -1, -1, true },  /* ConvInteger */
	{ 0, 2, 1, 3, 5, 4, 6, 7, -1, false },     /* QLinearMatMul */
	{ 0, 2, 1, 3, 5, 4, 6, 7, 8, true },       /* QLinearConv */
};

static const layout *layout_of(const fy_onnx_call *call)
{
	return &layouts[call->op->mode];
}

/* The call of the plain operator, over int32. */
static fy_onnx_call plain_call(const fy_onnx_call *call, fy_type types[2], bool present[2],
			       fy_tensor **inputs)
{
	const layout *l = layout_of(call);
	fy_onnx_call plain = *call;

	types[0] = call->types[l->x];
	types[1] = call->types[l->w];
	types[0].dtype = types[1].dtype = FY_I32;
	present[0] = present[1] = true;
	plain.op = l->conv ? &fy_onnx_op_conv : &fy_onnx_op_mat_mul;
	plain.input_count = 2;
	plain.types = types;
	plain.present = present;
	plain.inputs = inputs;
	return plain;
}

static fy_status integer_infer(fy_onnx_call *call)
{
	const layout *l = layout_of(call);
	fy_dtype dtype = l->y_zero < 0 ? FY_I32 : fy_onnx_dtype(call, l->y_zero);
	fy_tensor *none[2] = { NULL, NULL };
	bool present[2];
	fy_type types[2];
	fy_onnx_call plain = plain_call(call, types, present, none);

	FY_TRY(plain.op->infer(&plain));
	call->results[0].dtype = dtype;
	return FY_OK;
}

/* A number for all, or one per row (axis from the end 2), column (1) or output channel (0) of `like`. */
static fy_status over(const fy_onnx_call *call, int i, const fy_tensor *like, int axis, fy_tensor **out)
{
	const fy_tensor *in = call->inputs[i];
	int64_t strides[FY_MAX_RANK] = { 0 };
	int rank = like->shape.rank;

	if (in->shape.rank == 1 && in->shape.dims[0] > 1) {
		if (axis < 0 || axis >= rank || in->shape.dims[0] != like->shape.dims[axis])
			return fy_onnx_fail(call, "input %d is not one number per row or channel", i);
		strides[axis] = in->strides[0];
	} else if (fy_tensor_numel(in) != 1) {
		return fy_onnx_unsupported(call, "with scales or zero points of rank %d", in->shape.rank);
	}
	*out = fy_tensor_view(in, in->dtype, &like->shape, strides, in->offset);
	return FY_OK;
}

/* Input i as int32 without its zero point. */
static fy_status centred(const fy_onnx_call *call, int i, int zero, int axis, fy_tensor **out)
{
	fy_tensor *zeros = NULL;
	fy_status status;

	FY_TRY(fy_onnx_new(call, out, FY_I32, &call->inputs[i]->shape, false));
	fy_tensor_copy(*out, call->inputs[i]);
	if (!fy_onnx_has(call, zero))
		return FY_OK;
	status = over(call, zero, *out, axis, &zeros);
	if (status == FY_OK)
		fy_kernel_binary(*out, FY_SUB, FY_I32, *out, zeros);
	fy_tensor_unref(zeros);
	return status;
}

/* sums: int32 of the output's shape. */
static fy_status sum_up(const fy_onnx_call *call, fy_tensor *sums)
{
	const layout *l = layout_of(call);
	fy_tensor *inputs[2] = { NULL, NULL };
	bool present[2];
	fy_type types[2];
	int w_axis = l->conv ? 0 : call->inputs[l->w]->shape.rank - 1;
	fy_status status = centred(call, l->x, l->x_zero, call->inputs[l->x]->shape.rank - 2, &inputs[0]);

	if (status == FY_OK)
		status = centred(call, l->w, l->w_zero, w_axis, &inputs[1]);
	if (status == FY_OK) {
		fy_onnx_call plain = plain_call(call, types, present, inputs);

		plain.outputs = &sums;
		status = plain.op->eval(&plain);
	}
	fy_tensor_unref(inputs[0]);
	fy_tensor_unref(inputs[1]);
	return status;
}

static fy_status integer_eval(fy_onnx_call *call)
{
	return sum_up(call, call->outputs[0]);
}

static fy_status multiply(const fy_onnx_call *call, fy_tensor *out, fy_binary op, int i, int axis)
{
	fy_tensor *numbers = NULL;
	fy_status status = over(call, i, out, axis, &numbers);

	if (status == FY_OK)
		fy_kernel_binary(out, op, FY_F32, out, numbers);
	fy_tensor_unref(numbers);
	return status;
}

/* sums * x_scale * w_scale / y_scale, rounded, + y_zero */
static fy_status scale_back(const fy_onnx_call *call, fy_tensor *sums)
{
	const layout *l = layout_of(call);
	int channel = l->conv ? 1 : sums->shape.rank - 1, row = l->conv ? -1 : sums->shape.rank - 2;
	fy_tensor *scaled, *bias = NULL;
	fy_status status = FY_OK;

	if (l->bias >= 0 && fy_onnx_has(call, l->bias)) {
		status = over(call, l->bias, sums, 1, &bias);
		if (status == FY_OK)
			fy_kernel_binary(sums, FY_ADD, FY_I32, sums, bias);
		fy_tensor_unref(bias);
	}
	if (status == FY_OK)
		status = fy_onnx_new(call, &scaled, FY_F32, &sums->shape, false);
	if (status != FY_OK)
		return status;
	fy_tensor_copy(scaled, sums);
	status = multiply(call, scaled, FY_MUL, l->x_scale, row);
	if (status == FY_OK)
		status = multiply(call, scaled, FY_MUL, l->w_scale, channel);
	if (status == FY_OK)
		status = multiply(call, scaled, FY_DIV, l->y_scale, row);
	if (status == FY_OK)
		status = fy_onnx_quantize(call, call->outputs[0], scaled, l->y_zero, true);
	fy_tensor_unref(scaled);
	return status;
}

static fy_status qlinear_eval(fy_onnx_call *call)
{
	fy_tensor *sums;
	fy_status status;

	FY_TRY(fy_onnx_new(call, &sums, FY_I32, &call->outputs[0]->shape, false));
	status = sum_up(call, sums);
	if (status == FY_OK)
		status = scale_back(call, sums);
	fy_tensor_unref(sums);
	return status;
}

const fy_onnx_op fy_onnx_op_mat_mul_integer = {
	.name = "onnx::MatMulInteger",
	.since = FY_ONNX_SINCE(10),
	.arity = FY_ONNX_ARITY({ 10, 2, 4, 1, 1 }),
	.infer = integer_infer,
	.eval = integer_eval,
	.mode = 0,
};

const fy_onnx_op fy_onnx_op_conv_integer = {
	.name = "onnx::ConvInteger",
	.since = FY_ONNX_SINCE(10),
	.arity = FY_ONNX_ARITY({ 10, 2, 4, 1, 1 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "auto_pad", .kind = 's', .text = "NOTSET" }, { .name = "dilations", .kind = 'I' },
		{ .name = "group", .kind = 'i', .number = 1 }, { .name = "kernel_shape", .kind = 'I' },
		{ .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = integer_infer,
	.eval = integer_eval,
	.mode = 1,
};

const fy_onnx_op fy_onnx_op_q_linear_mat_mul = {
	.name = "onnx::QLinearMatMul",
	.since = FY_ONNX_SINCE(10, 21),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 10, 8, 8, 1, 1 }),
	.infer = integer_infer,
	.eval = qlinear_eval,
	.mode = 2,
};

const fy_onnx_op fy_onnx_op_q_linear_conv = {
	.name = "onnx::QLinearConv",
	.since = FY_ONNX_SINCE(10),
	.arity = FY_ONNX_ARITY({ 10, 8, 9, 1, 1 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "auto_pad", .kind = 's', .text = "NOTSET" }, { .name = "dilations", .kind = 'I' },
		{ .name = "group", .kind = 'i', .number = 1 }, { .name = "kernel_shape", .kind = 'I' },
		{ .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = integer_infer,
	.eval = qlinear_eval,
	.mode = 3,
};
