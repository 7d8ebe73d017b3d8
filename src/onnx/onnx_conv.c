/*
 * Convolutions and products: Conv, ConvTranspose, MatMul, Gemm.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <string.h>

/* ---- convolution ------------------------------------------------------------------------------------ */

fy_status fy_onnx_window_read(const fy_onnx_call *call, const fy_shape *in, const int64_t kernel[],
			      fy_onnx_window *w)
{
	int64_t pads[6] = { 0 };
	fy_str mode = fy_onnx_text(call, "auto_pad");
	int count;

	w->rank = in->rank - 2;
	if (w->rank < 1 || w->rank > 3)
		return fy_onnx_unsupported(call, "with %d spatial axes", w->rank);
	for (int i = 0; i < 3; i++)
		w->stride[i] = w->dilation[i] = w->kernel[i] = 1;
	FY_TRY(fy_onnx_ints(call, "strides", w->stride, 3, &count));
	if (count >= 0 && count != w->rank)
		return fy_onnx_fail(call, "%d strides for %d spatial axes", count, w->rank);
	FY_TRY(fy_onnx_ints(call, "dilations", w->dilation, 3, &count));
	if (count >= 0 && count != w->rank)
		return fy_onnx_fail(call, "%d dilations for %d spatial axes", count, w->rank);
	FY_TRY(fy_onnx_ints(call, "kernel_shape", w->kernel, 3, &count));
	if (count >= 0 && count != w->rank)
		return fy_onnx_fail(call, "kernel_shape of %d for %d spatial axes", count, w->rank);
	if (count < 0 && kernel)
		memcpy(w->kernel, kernel, sizeof(kernel[0]) * (size_t)w->rank);
	FY_TRY(fy_onnx_ints(call, "pads", pads, 6, &count));
	if (count >= 0 && count != 2 * w->rank)
		return fy_onnx_fail(call, "%d pads for %d spatial axes", count, w->rank);
	for (int i = 0; i < w->rank; i++) {
		w->before[i] = pads[i];
		w->after[i] = pads[w->rank + i];
		if (w->stride[i] < 1 || w->dilation[i] < 1 || w->kernel[i] < (kernel ? 0 : 1) ||
		    w->stride[i] > INT32_MAX || w->dilation[i] > INT32_MAX || w->kernel[i] > INT32_MAX)
			return fy_onnx_fail(call, "strides, dilations and kernel sizes must be positive");
		if (w->before[i] < INT32_MIN || w->after[i] < INT32_MIN || w->before[i] > INT32_MAX ||
		    w->after[i] > INT32_MAX)
			return fy_onnx_fail(call, "a pad is too large");
		if (w->before[i] < 0 || w->after[i] < 0)
			return fy_onnx_unsupported(call, "with negative pads");
	}
	w->mode = fy_str_is(mode, "SAME_UPPER")   ? FY_ONNX_SAME_UPPER
		  : fy_str_is(mode, "SAME_LOWER") ? FY_ONNX_SAME_LOWER
		  : fy_str_is(mode, "VALID")      ? FY_ONNX_VALID
						  : FY_ONNX_NOTSET;
	if (w->mode == FY_ONNX_NOTSET && !fy_str_is(mode, "NOTSET") && mode.len > 0)
		return fy_onnx_fail(call, "unknown auto_pad");
	return FY_OK;
}

fy_dim fy_onnx_window_count(fy_onnx_window *w, int i, fy_dim size, bool ceil_mode)
{
	int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1, padded, count;

	if (w->mode == FY_ONNX_VALID)
		w->before[i] = w->after[i] = 0;
	if (w->mode == FY_ONNX_SAME_UPPER || w->mode == FY_ONNX_SAME_LOWER) {
		int64_t total;

		if (!fy_dim_known(size))
			return w->stride[i] == 1 ? size : FY_ONNX_DIM_UNKNOWN;
		count = (size + w->stride[i] - 1) / w->stride[i];
		total = (count - 1) * w->stride[i] + reach - size;
		total = total < 0 ? 0 : total;
		w->before[i] = w->mode == FY_ONNX_SAME_UPPER ? total / 2 : total - total / 2;
		w->after[i] = total - w->before[i];
		return count;
	}
	if (!fy_dim_known(size))
		return w->stride[i] == 1 && w->before[i] + w->after[i] == reach - 1 ? size
										    : FY_ONNX_DIM_UNKNOWN;
	if (!fy_add_i64(size, w->before[i] + w->after[i] - reach, &padded) || padded < 0)
		return -1;
	count = (ceil_mode ? padded + w->stride[i] - 1 : padded) / w->stride[i] + 1;
	/* A window must not start in the padding behind. */
	if (ceil_mode && (count - 1) * w->stride[i] >= size + w->before[i])
		count--;
	return count;
}

/* Checks weights and channels and reads the window. */
static fy_status conv_plan(const fy_onnx_call *call, fy_onnx_window *w, fy_dim *channels, bool *known)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *weight = fy_onnx_shape(call, 1);
	int64_t group = fy_onnx_int(call, "group"), kernel[3] = { 0 };
	bool transposed = call->op->mode == 1;

	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	*known = in && weight;
	if (!*known)
		return FY_OK;
	if (weight->rank != in->rank)
		return fy_onnx_fail(call, "the weight has rank %d, the input %d", weight->rank, in->rank);
	if (in->rank < 3 || in->rank > 5)
		return fy_onnx_unsupported(call, "with %d spatial axes", in->rank - 2);
	for (int i = 2; i < weight->rank; i++)
		kernel[i - 2] = weight->dims[i];
	if (!fy_shape_known(weight)) {
		*known = false;
		return FY_OK;
	}
	FY_TRY(fy_onnx_window_read(call, in, kernel, w));
	if (memcmp(w->kernel, kernel, sizeof(kernel[0]) * (size_t)w->rank) != 0)
		return fy_onnx_fail(call, "kernel_shape is not the weight's");
	if (group < 1 || weight->dims[0] % group != 0 || weight->dims[1] > INT64_MAX / group)
		return fy_onnx_fail(call, "%" PRId64 " groups do not divide the weight", group);
	if (fy_dim_known(in->dims[1]) &&
	    in->dims[1] != (transposed ? weight->dims[0] : weight->dims[1] * group))
		return fy_onnx_fail(call, "the input has %" PRId64 " channels, the weight takes %" PRId64,
				    in->dims[1], transposed ? weight->dims[0] : weight->dims[1] * group);
	*channels = transposed ? weight->dims[1] * group : weight->dims[0];
	if (fy_onnx_has(call, 2) && fy_onnx_shape(call, 2) &&
	    (fy_onnx_shape(call, 2)->rank != 1 || fy_onnx_shape(call, 2)->dims[0] != *channels))
		return fy_onnx_fail(call, "the bias is not one number per output channel");
	return FY_OK;
}

static fy_status conv_infer(fy_onnx_call *call)
{
	fy_onnx_window w;
	fy_dim channels = 0;
	fy_shape out;
	bool known;

	FY_TRY(conv_plan(call, &w, &channels, &known));
	if (!known)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	out = *fy_onnx_shape(call, 0);
	out.dims[1] = channels;
	for (int i = 0; i < w.rank; i++) {
		fy_dim size = out.dims[2 + i];

		out.dims[2 + i] = fy_onnx_window_count(&w, i, size, false);
		if (fy_dim_known(size) && out.dims[2 + i] < 0)
			return fy_onnx_fail(call,
					    "axis %d of %" PRId64 " elements is smaller than the kernel",
					    2 + i, size);
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status conv_run(fy_onnx_call *call, const fy_onnx_window *w, bool transposed)
{
	fy_conv conv = { .rank = w->rank, .groups = fy_onnx_int(call, "group"), .transposed = transposed };

	for (int i = 0; i < 3; i++) {
		conv.stride[i] = i < w->rank ? w->stride[i] : 1;
		conv.dilation[i] = i < w->rank ? w->dilation[i] : 1;
		conv.pad_before[i] = i < w->rank ? w->before[i] : 0;
	}
	return fy_kernel_conv(call->outputs[0], call->inputs[0], call->inputs[1],
			      fy_onnx_has(call, 2) ? call->inputs[2] : NULL, &conv, call->diags,
			      &call->place);
}

static fy_status conv_eval(fy_onnx_call *call)
{
	fy_onnx_window w;
	fy_dim channels;
	bool known;

	FY_TRY(conv_plan(call, &w, &channels, &known));
	for (int i = 0; i < w.rank; i++)
		(void)fy_onnx_window_count(&w, i, call->inputs[0]->shape.dims[2 + i], false);
	return conv_run(call, &w, false);
}

const fy_onnx_op fy_onnx_op_conv = {
	.name = "onnx::Conv",
	.since = FY_ONNX_SINCE(1, 11, 22),
	.arity = FY_ONNX_ARITY({ 1, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "auto_pad", .kind = 's', .text = "NOTSET" }, { .name = "dilations", .kind = 'I' },
		{ .name = "group", .kind = 'i', .number = 1 }, { .name = "kernel_shape", .kind = 'I' },
		{ .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = conv_infer,
	.eval = conv_eval,
};

/* Size of axis i of a transposed convolution; settles the pads when output_shape is given. */
static fy_status transposed_size(const fy_onnx_call *call, fy_onnx_window *w, int i, fy_dim size,
				 const int64_t wish[], const int64_t extra[], fy_dim *out)
{
	int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1, full, total;

	if (!fy_dim_known(size)) {
		*out = wish ? wish[i] : FY_ONNX_DIM_UNKNOWN;
		return FY_OK;
	}
	if (!fy_mul_i64(size - 1, w->stride[i], &full) || !fy_add_i64(full, reach + extra[i], &full))
		return fy_onnx_fail(call, "the result is too large");
	if (wish || w->mode == FY_ONNX_SAME_UPPER || w->mode == FY_ONNX_SAME_LOWER) {
		*out = wish ? wish[i] : size * w->stride[i];
		total = full - *out < 0 ? 0 : full - *out;
		w->before[i] = w->mode == FY_ONNX_SAME_UPPER ? total / 2 : total - total / 2;
		w->after[i] = total - w->before[i];
	} else {
		if (w->mode == FY_ONNX_VALID)
			w->before[i] = w->after[i] = 0;
		*out = full - w->before[i] - w->after[i];
	}
	if (*out < 0 || (size == 0 && *out > 0))
		return fy_onnx_fail(call, "axis %d of %" PRId64 " elements has no result", 2 + i, size);
	return FY_OK;
}

static fy_status transposed_plan(const fy_onnx_call *call, fy_onnx_window *w, fy_shape *out, bool *known)
{
	int64_t wish[5], extra[3] = { 0 };
	fy_dim channels = 0;
	int wish_count, extra_count;

	FY_TRY(conv_plan(call, w, &channels, known));
	if (!*known)
		return FY_OK;
	*out = *fy_onnx_shape(call, 0);
	out->dims[1] = channels;
	FY_TRY(fy_onnx_ints(call, "output_shape", wish, 5, &wish_count));
	FY_TRY(fy_onnx_ints(call, "output_padding", extra, 3, &extra_count));
	if ((wish_count >= 0 && wish_count != w->rank && wish_count != w->rank + 2) ||
	    (extra_count >= 0 && extra_count != w->rank))
		return fy_onnx_fail(call,
				    "output_shape or output_padding is not one number per spatial axis");
	for (int i = 0; i < w->rank; i++) {
		if (extra[i] < 0 || extra[i] > INT32_MAX ||
		    (wish_count >= 0 && wish[wish_count - w->rank + i] < 0))
			return fy_onnx_fail(call, "output_shape and output_padding must not be negative");
		FY_TRY(transposed_size(call, w, i, out->dims[2 + i],
				       wish_count >= 0 ? wish + wish_count - w->rank : NULL, extra,
				       &out->dims[2 + i]));
	}
	return FY_OK;
}

static fy_status transposed_infer(fy_onnx_call *call)
{
	fy_onnx_window w;
	fy_shape out;
	bool known;

	FY_TRY(transposed_plan(call, &w, &out, &known));
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), known ? &out : NULL);
}

static fy_status transposed_eval(fy_onnx_call *call)
{
	fy_onnx_window w;
	fy_shape out;
	bool known;

	FY_TRY(transposed_plan(call, &w, &out, &known));
	return conv_run(call, &w, true);
}

const fy_onnx_op fy_onnx_op_conv_transpose = {
	.name = "onnx::ConvTranspose",
	.since = FY_ONNX_SINCE(1, 11, 22),
	.arity = FY_ONNX_ARITY({ 1, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "auto_pad", .kind = 's', .text = "NOTSET" }, { .name = "dilations", .kind = 'I' },
		{ .name = "group", .kind = 'i', .number = 1 }, { .name = "kernel_shape", .kind = 'I' },
		{ .name = "output_padding", .kind = 'I' }, { .name = "output_shape", .kind = 'I' },
		{ .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = transposed_infer,
	.eval = transposed_eval,
	.mode = 1,
};

/* ---- products -------------------------------------------------------------------------------------------
 */

/* Shape with rank at least 2: a vector is a row on the left, a column on the right. */
static fy_shape as_matrix(const fy_shape *shape, bool left)
{
	fy_shape out = *shape;

	if (shape->rank == 1) {
		out.rank = 2;
		out.dims[0] = left ? 1 : shape->dims[0];
		out.dims[1] = left ? shape->dims[0] : 1;
	}
	return out;
}

/* `full` has the unit dims of vector operands, `out` does not. */
static fy_status matmul_shapes(const fy_onnx_call *call, fy_shape *full, fy_shape *out)
{
	const fy_shape *a = fy_onnx_shape(call, 0), *b = fy_onnx_shape(call, 1);
	fy_shape left, right, batch_a, batch_b;
	fy_dim inner_a, inner_b, rows, columns;

	if (a->rank == 0 || b->rank == 0)
		return fy_onnx_fail(call, "takes no scalars");
	left = as_matrix(a, true);
	right = as_matrix(b, false);
	inner_a = left.dims[left.rank - 1];
	inner_b = right.dims[right.rank - 2];
	if (fy_dim_known(inner_a) && fy_dim_known(inner_b) && inner_a != inner_b)
		return fy_onnx_fail(call, "inner sizes differ: %" PRId64 " and %" PRId64, inner_a, inner_b);
	rows = left.dims[left.rank - 2];
	columns = right.dims[right.rank - 1];
	batch_a = left;
	batch_b = right;
	batch_a.rank -= 2;
	batch_b.rank -= 2;
	if (!fy_shape_broadcast(&batch_a, &batch_b, full))
		return fy_onnx_fail(call, "the leading axes do not broadcast");
	*out = *full;
	full->dims[full->rank++] = rows;
	full->dims[full->rank++] = columns;
	if (a->rank > 1)
		out->dims[out->rank++] = rows;
	if (b->rank > 1)
		out->dims[out->rank++] = columns;
	return FY_OK;
}

static fy_status matmul_infer(fy_onnx_call *call)
{
	fy_shape full, out;

	FY_TRY(fy_onnx_same_dtype(call, 0, 2));
	if (!fy_onnx_ranked(call))
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	FY_TRY(matmul_shapes(call, &full, &out));
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_tensor *matrix_view(const fy_tensor *in, bool left)
{
	fy_shape shape = as_matrix(&in->shape, left);
	int64_t strides[FY_MAX_RANK];

	memcpy(strides, in->strides, sizeof(strides));
	if (in->shape.rank == 1) {
		strides[0] = left ? 0 : in->strides[0];
		strides[1] = left ? in->strides[0] : 0;
	}
	return fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
}

static fy_status matmul_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0];
	fy_tensor *a = matrix_view(call->inputs[0], true), *b = matrix_view(call->inputs[1], false),
		  *full_out;
	fy_shape full, plain;
	int64_t strides[FY_MAX_RANK];
	fy_status status = matmul_shapes(call, &full, &plain);

	if (status == FY_OK) {
		fy_shape_strides(&full, strides);
		full_out = fy_tensor_view(out, out->dtype, &full, strides, out->offset);
		status = fy_kernel_matmul(full_out, a, b, call->diags, &call->place);
		fy_tensor_unref(full_out);
	}
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	return status;
}

const fy_onnx_op fy_onnx_op_mat_mul = {
	.name = "onnx::MatMul",
	.since = FY_ONNX_SINCE(1, 9, 13),
	.arity = FY_ONNX_ARITY({ 1, 2, 2, 1, 1 }),
	.infer = matmul_infer,
	.eval = matmul_eval,
};

static fy_status gemm_infer(fy_onnx_call *call)
{
	const fy_shape *a = fy_onnx_shape(call, 0), *b = fy_onnx_shape(call, 1);
	bool flip_a = fy_onnx_int(call, "transA") != 0, flip_b = fy_onnx_int(call, "transB") != 0;
	fy_shape out = { 2, { FY_ONNX_DIM_UNKNOWN, FY_ONNX_DIM_UNKNOWN } }, sum;

	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	if ((a && a->rank != 2) || (b && b->rank != 2))
		return fy_onnx_fail(call, "takes matrices");
	if (a && b && fy_dim_known(a->dims[!flip_a]) && fy_dim_known(b->dims[flip_b]) &&
	    a->dims[!flip_a] != b->dims[flip_b])
		return fy_onnx_fail(call, "inner sizes differ: %" PRId64 " and %" PRId64, a->dims[!flip_a],
				    b->dims[flip_b]);
	if (a)
		out.dims[0] = a->dims[flip_a];
	if (b)
		out.dims[1] = b->dims[!flip_b];
	if (fy_onnx_has(call, 2) && fy_onnx_shape(call, 2) && fy_shape_known(&out) &&
	    (!fy_shape_broadcast(fy_onnx_shape(call, 2), &out, &sum) || !fy_shape_eq(&sum, &out)))
		return fy_onnx_fail(call, "C does not broadcast to the product");
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_tensor *transposed_if(fy_tensor *in, bool flip)
{
	fy_shape shape = in->shape;
	int64_t strides[2] = { in->strides[flip ? 1 : 0], in->strides[flip ? 0 : 1] };

	shape.dims[0] = in->shape.dims[flip ? 1 : 0];
	shape.dims[1] = in->shape.dims[flip ? 0 : 1];
	return fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
}

static void scale(fy_tensor *out, const fy_tensor *in, double by)
{
	fy_tensor *factor = fy_tensor_scalar_f64(out->dtype, by);

	fy_kernel_binary(out, FY_MUL, out->dtype, in, factor);
	fy_tensor_unref(factor);
}

static fy_status add_scaled(const fy_onnx_call *call, fy_tensor *out, fy_tensor *c, double beta)
{
	fy_tensor *scaled = NULL;

	if (beta != 1) {
		FY_TRY(fy_onnx_new(call, &scaled, c->dtype, &c->shape, false));
		scale(scaled, c, beta);
	}
	fy_kernel_binary(out, FY_ADD, out->dtype, out, scaled ? scaled : c);
	fy_tensor_unref(scaled);
	return FY_OK;
}

static fy_status gemm_eval(fy_onnx_call *call)
{
	double alpha = fy_onnx_float(call, "alpha"), beta = fy_onnx_float(call, "beta");
	fy_tensor *c = fy_onnx_has(call, 2) ? call->inputs[2] : NULL, *out = call->outputs[0];
	bool flip_b = fy_onnx_int(call, "transB") != 0;
	fy_tensor *a = transposed_if(call->inputs[0], fy_onnx_int(call, "transA") != 0), *b;
	fy_status status;

	if (flip_b && alpha == 1 &&
	    (!c || (beta == 1 && c->shape.rank == 1 && c->shape.dims[0] == out->shape.dims[1]))) {
		status = fy_kernel_linear(out, a, call->inputs[1], c, call->diags, &call->place);
		fy_tensor_unref(a);
		return status;
	}
	b = transposed_if(call->inputs[1], flip_b);
	status = fy_kernel_matmul(out, a, b, call->diags, &call->place);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	if (status == FY_OK && alpha != 1)
		scale(out, out, alpha);
	if (status == FY_OK && c && beta != 0)
		status = add_scaled(call, out, c, beta);
	return status;
}

const fy_onnx_op fy_onnx_op_gemm = {
	.name = "onnx::Gemm",
	.since = FY_ONNX_SINCE(7, 9, 11, 13),
	.arity = FY_ONNX_ARITY({ 7, 3, 3, 1, 1 }, { 11, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 1 },
			       { .name = "beta", .kind = 'f', .number = 1 },
			       { .name = "transA", .kind = 'i' }, { .name = "transB", .kind = 'i' }),
	.infer = gemm_infer,
	.eval = gemm_eval,
};
