/*
 * Between floats and small integers (or eight-bit floats) by scale and zero point: one for all, one per
 * position of an axis, or one per block of an axis. Computed in float32.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>

/* ---- scales and zero points that fit the tensor ---- */

/* Per block: each position of the axis gets the number of its block. */
static fy_status spread_blocks(const fy_onnx_call *call, const fy_tensor *numbers, const fy_shape *shape,
			       int axis, int64_t block, fy_tensor **out)
{
	fy_shape length = { 1, { shape->dims[axis] } };
	fy_tensor *index;
	fy_status status;

	for (int i = 0; i < shape->rank; i++) {
		int64_t expected = i == axis ? (shape->dims[i] + block - 1) / block : shape->dims[i];

		if (numbers->shape.dims[i] != expected)
			return fy_onnx_fail(call, "scale and zero point must have one number per block");
	}
	FY_TRY(fy_onnx_new(call, &index, FY_I64, &length, false));
	for (int64_t i = 0; i < shape->dims[axis]; i++)
		fy_tensor_set_i64(index, i, i / block);
	status = fy_onnx_new(call, out, FY_F32, shape, false);
	if (status == FY_OK)
		status = fy_kernel_index_select(*out, numbers, axis, index, call->diags, &call->place);
	fy_tensor_unref(index);
	return status;
}

/* Input i as float32 over `shape`: a view where it repeats. */
static fy_status spread(const fy_onnx_call *call, int i, const fy_shape *shape, fy_tensor **out)
{
	const fy_tensor *in = call->inputs[i];
	int64_t block =
		fy_onnx_attr_of(call->op, call->opset, "block_size") ? fy_onnx_int(call, "block_size") : 0;
	int64_t strides[FY_MAX_RANK] = { 0 };
	fy_tensor *numbers;
	fy_status status = FY_OK;
	int axis = 0;

	FY_TRY(fy_onnx_new(call, &numbers, FY_F32, &in->shape, false));
	fy_tensor_copy(numbers, in);
	if (fy_tensor_numel(numbers) == 1 && numbers->shape.rank <= 1) {
		*out = fy_tensor_view(numbers, FY_F32, shape, strides, 0);
		fy_tensor_unref(numbers);
		return FY_OK;
	}
	if (fy_onnx_attr_of(call->op, call->opset, "axis"))
		status = fy_onnx_axis(call, fy_onnx_int(call, "axis"), shape->rank, &axis);
	if (status == FY_OK && block > 0 && numbers->shape.rank == shape->rank) {
		status = spread_blocks(call, numbers, shape, axis, block, out);
	} else if (status == FY_OK && numbers->shape.rank == 1 && shape->rank > 0 &&
		   numbers->shape.dims[0] == shape->dims[axis]) {
		strides[axis] = 1;
		*out = fy_tensor_view(numbers, FY_F32, shape, strides, 0);
	} else if (status == FY_OK) {
		status = fy_onnx_fail(call, "input %d fits neither the whole tensor nor an axis of it", i);
	}
	fy_tensor_unref(numbers);
	return status;
}

/* out = op(out, input i), when that is there. */
static fy_status combine(const fy_onnx_call *call, fy_tensor *out, fy_binary op, int i)
{
	fy_tensor *numbers = NULL;
	fy_status status;

	if (!fy_onnx_has(call, i))
		return FY_OK;
	status = spread(call, i, &out->shape, &numbers);
	if (status == FY_OK)
		fy_kernel_binary(out, op, FY_F32, out, numbers);
	fy_tensor_unref(numbers);
	return status;
}

/* ---- rounding into a type ---- */

/* The largest and smallest numbers of a type that quantized values may have. False: no such type. */
static bool range_of(fy_dtype dtype, double *low, double *high)
{
	static const struct {
		fy_dtype dtype;
		double low, high;
	} rows[] = { { FY_U8, 0, 255 },
		     { FY_I8, -128, 127 },
		     { FY_U16, 0, 65535 },
		     { FY_I16, -32768, 32767 },
		     { FY_I32, -2147483648.0, 2147483647.0 },
		     { FY_U4, 0, 15 },
		     { FY_I4, -8, 7 },
		     { FY_U2, 0, 3 },
		     { FY_I2, -2, 1 },
		     { FY_F8_E4M3FN, -448, 448 },
		     { FY_F8_E4M3FNUZ, -240, 240 },
		     { FY_F8_E5M2, -57344, 57344 },
		     { FY_F8_E5M2FNUZ, -57344, 57344 } };

	for (size_t i = 0; i < FY_COUNT(rows); i++) {
		if (rows[i].dtype == dtype) {
			*low = rows[i].low;
			*high = rows[i].high;
			return true;
		}
	}
	return false;
}

fy_status fy_onnx_quantize(const fy_onnx_call *call, fy_tensor *out, fy_tensor *scaled, int zero,
			   bool saturate)
{
	bool integer = fy_dtype_is_integer(out->dtype);
	double low, high;

	if (!range_of(out->dtype, &low, &high))
		return fy_onnx_unsupported(call, "into %s", fy_dtype_name(out->dtype));
	if (integer)
		fy_kernel_unary(scaled, FY_ROUND, scaled);
	FY_TRY(combine(call, scaled, FY_ADD, zero));
	if (integer || saturate)
		fy_kernel_unary_with(scaled, FY_CLAMP, scaled, low, high, 0);
	fy_tensor_copy(out, scaled);
	return FY_OK;
}

/* ---- QuantizeLinear ---- */

/* The type that attribute output_dtype names; fallback when there is none. */
static fy_status output_type(const fy_onnx_call *call, fy_dtype fallback, fy_dtype *out)
{
	int64_t number = fy_onnx_attr_of(call->op, call->opset, "output_dtype")
				 ? fy_onnx_int(call, "output_dtype")
				 : 0;

	*out = fallback;
	if (number != 0 && !fy_onnx_to_dtype(number, out))
		return fy_onnx_fail(call, "output_dtype %" PRId64 " is no element type", number);
	return FY_OK;
}

static fy_status quantize_infer(fy_onnx_call *call)
{
	fy_dtype dtype;

	FY_TRY(output_type(call, fy_onnx_has(call, 2) ? fy_onnx_dtype(call, 2) : FY_U8, &dtype));
	if (fy_onnx_has(call, 2) && fy_onnx_dtype(call, 2) != dtype)
		return fy_onnx_fail(call, "output_dtype is not the type of the zero point");
	return fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0));
}

static fy_status quantize_eval(fy_onnx_call *call)
{
	bool saturate = !fy_onnx_attr_of(call->op, call->opset, "saturate") || fy_onnx_int(call, "saturate");
	fy_tensor *scaled;
	fy_status status;

	FY_TRY(fy_onnx_new(call, &scaled, FY_F32, &call->inputs[0]->shape, false));
	fy_tensor_copy(scaled, call->inputs[0]);
	status = combine(call, scaled, FY_DIV, 1);
	if (status == FY_OK)
		status = fy_onnx_quantize(call, call->outputs[0], scaled, 2, saturate);
	fy_tensor_unref(scaled);
	return status;
}

const fy_onnx_op fy_onnx_op_quantize_linear = {
	.name = "onnx::QuantizeLinear",
	.since = FY_ONNX_SINCE(10, 13, 19, 21, 23, 24, 25, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 10, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .since = 13 },
			       { .name = "block_size", .kind = 'i', .since = 21 },
			       { .name = "output_dtype", .kind = 'i', .since = 21 },
			       { .name = "precision", .kind = 'i', .since = 23 },
			       { .name = "saturate", .kind = 'i', .number = 1, .since = 19 }),
	.infer = quantize_infer,
	.eval = quantize_eval,
};

/* ---- DequantizeLinear ---- */

static fy_status dequantize_infer(fy_onnx_call *call)
{
	fy_dtype dtype;

	FY_TRY(output_type(call, fy_onnx_dtype(call, 1), &dtype));
	return fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0));
}

static fy_status dequantize_eval(fy_onnx_call *call)
{
	fy_tensor *values;
	fy_status status;

	FY_TRY(fy_onnx_new(call, &values, FY_F32, &call->inputs[0]->shape, false));
	fy_tensor_copy(values, call->inputs[0]);
	status = combine(call, values, FY_SUB, 2);
	if (status == FY_OK)
		status = combine(call, values, FY_MUL, 1);
	if (status == FY_OK)
		fy_tensor_copy(call->outputs[0], values);
	fy_tensor_unref(values);
	return status;
}

const fy_onnx_op fy_onnx_op_dequantize_linear = {
	.name = "onnx::DequantizeLinear",
	.since = FY_ONNX_SINCE(10, 13, 19, 21, 23, 24, 25, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 10, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .since = 13 },
			       { .name = "block_size", .kind = 'i', .since = 21 },
			       { .name = "output_dtype", .kind = 'i', .since = 23 }),
	.infer = dequantize_infer,
	.eval = dequantize_eval,
};

/* ---- DynamicQuantizeLinear ---- */

static fy_status dynamic_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_result(call, 1, FY_F32, &(fy_shape){ 0 }));
	FY_TRY(fy_onnx_result(call, 2, FY_U8, &(fy_shape){ 0 }));
	return fy_onnx_result(call, 0, FY_U8, fy_onnx_shape(call, 0));
}

/* The range of the data, widened to hold 0, becomes 0..255. */
static fy_status dynamic_eval(fy_onnx_call *call)
{
	float low = 0, high = 0, scale, zero;
	fy_tensor *in;
	const float *x;
	uint8_t *y;

	FY_TRY(fy_onnx_plain(call, &in, call->inputs[0]));
	x = fy_tensor_data(in);
	y = fy_tensor_write_data(call->outputs[0]);
	for (int64_t i = 0; i < fy_tensor_numel(in); i++) {
		low = fminf(low, x[i]);
		high = fmaxf(high, x[i]);
	}
	scale = high == low ? 1 : (high - low) / 255;
	zero = fminf(fmaxf(rintf(-low / scale), 0), 255);
	for (int64_t i = 0; i < fy_tensor_numel(in); i++)
		y[i] = (uint8_t)fminf(fmaxf(rintf(x[i] / scale) + zero, 0), 255);
	fy_tensor_set_f64(call->outputs[1], 0, scale);
	fy_tensor_set_f64(call->outputs[2], 0, zero);
	fy_tensor_unref(in);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_dynamic_quantize_linear = {
	.name = "onnx::DynamicQuantizeLinear",
	.since = FY_ONNX_SINCE(11),
	.arity = FY_ONNX_ARITY({ 11, 1, 1, 3, 3 }),
	.infer = dynamic_infer,
	.eval = dynamic_eval,
};
