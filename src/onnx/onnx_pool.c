/*
 * Pooling: windows over the spatial axes, and the global forms.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

enum pool_mode { POOL_MAX, POOL_AVERAGE, POOL_LP };

/* ---- windows -------------------------------------------------------------------------------------- */

static fy_status pool_plan(const fy_onnx_call *call, const fy_shape *in, fy_onnx_window *w, fy_shape *out)
{
	bool ceil_mode = fy_onnx_int(call, "ceil_mode") != 0;

	FY_TRY(fy_onnx_window_read(call, in, NULL, w));
	*out = *in;
	for (int i = 0; i < w->rank; i++) {
		fy_dim size = in->dims[2 + i];

		out->dims[2 + i] = fy_onnx_window_count(w, i, size, ceil_mode);
		if (fy_dim_known(size) && out->dims[2 + i] < 0)
			return fy_onnx_fail(call,
					    "axis %d of %" PRId64 " elements is smaller than the window",
					    2 + i, size);
		if (w->before[i] >= w->dilation[i] * (w->kernel[i] - 1) + 1 && call->op->mode == POOL_MAX)
			return fy_onnx_fail(call, "a pad is as large as the window");
	}
	return FY_OK;
}

static fy_status pool_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_onnx_window w;
	fy_shape out;

	if (in)
		FY_TRY(pool_plan(call, in, &w, &out));
	FY_TRY(fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), in ? &out : NULL));
	return fy_onnx_result(call, 1, FY_I64, in ? &out : NULL);
}

static fy_pool kernel_pool(const fy_onnx_call *call, const fy_onnx_window *w)
{
	fy_pool pool = { .rank = w->rank, .include_pad = fy_onnx_int(call, "count_include_pad") != 0 };

	for (int i = 0; i < 3; i++) {
		pool.kernel[i] = w->kernel[i];
		pool.stride[i] = w->stride[i];
		pool.dilation[i] = w->dilation[i];
		pool.pad_before[i] = i < w->rank ? w->before[i] : 0;
		pool.pad_after[i] = i < w->rank ? w->after[i] : 0;
	}
	return pool;
}

/* From a position in one plane to the position in the whole tensor, row- or column-major within the plane. */
static void globalise_indices(fy_tensor *indices, const fy_shape *in, int rank, bool column_major)
{
	int64_t *at = fy_tensor_write_data(indices), count = fy_tensor_numel(indices), plane = 1,
		per_plane = 1;

	for (int i = 0; i < rank; i++) {
		plane *= in->dims[2 + i];
		per_plane *= indices->shape.dims[2 + i];
	}
	for (int64_t k = 0; k < count; k++) {
		int64_t rest = at[k], position = rest;

		if (column_major) {
			int64_t weight = plane;

			position = 0;
			for (int i = rank - 1; i >= 0; i--) {
				weight /= in->dims[2 + i];
				position += rest % in->dims[2 + i] * weight;
				rest /= in->dims[2 + i];
			}
		}
		at[k] = position + k / per_plane * plane;
	}
}

static fy_status max_pool_eval(fy_onnx_call *call)
{
	fy_tensor *indices = call->result_count > 1 ? call->outputs[1] : NULL;
	fy_onnx_window w;
	fy_pool pool;
	fy_shape out;

	FY_TRY(pool_plan(call, &call->inputs[0]->shape, &w, &out));
	pool = kernel_pool(call, &w);
	fy_kernel_max_pool(call->outputs[0], indices, call->inputs[0], &pool);
	if (indices && fy_tensor_numel(indices) > 0)
		globalise_indices(indices, &call->inputs[0]->shape, w.rank,
				  fy_onnx_int(call, "storage_order") != 0);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_max_pool = {
	.name = "onnx::MaxPool",
	.since = FY_ONNX_SINCE(1, 8, 10, 11, 12, 22),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 8, 1, 1, 1, 2 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "auto_pad", .kind = 's', .text = "NOTSET" },
		{ .name = "ceil_mode", .kind = 'i', .since = 10 },
		{ .name = "dilations", .kind = 'I', .since = 10 },
		{ .name = "kernel_shape", .kind = 'I', .required = true }, { .name = "pads", .kind = 'I' },
		{ .name = "storage_order", .kind = 'i', .since = 8 }, { .name = "strides", .kind = 'I' }),
	.infer = pool_infer,
	.eval = max_pool_eval,
	.mode = POOL_MAX,
};

static fy_status average_pool_eval(fy_onnx_call *call)
{
	fy_onnx_window w;
	fy_pool pool;
	fy_shape out;

	FY_TRY(pool_plan(call, &call->inputs[0]->shape, &w, &out));
	pool = kernel_pool(call, &w);
	fy_kernel_avg_pool(call->outputs[0], call->inputs[0], &pool);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_average_pool = {
	.name = "onnx::AveragePool",
	.since = FY_ONNX_SINCE(7, 10, 11, 19, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "auto_pad", .kind = 's', .text = "NOTSET" },
			       { .name = "ceil_mode", .kind = 'i', .since = 10 },
			       { .name = "count_include_pad", .kind = 'i' },
			       { .name = "dilations", .kind = 'I', .since = 19 },
			       { .name = "kernel_shape", .kind = 'I', .required = true },
			       { .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = pool_infer,
	.eval = average_pool_eval,
	.mode = POOL_AVERAGE,
};

static void raise_to(fy_tensor *out, const fy_tensor *in, double power)
{
	fy_tensor *exponent = fy_tensor_scalar_f64(out->dtype, power);

	fy_kernel_binary(out, FY_POW, out->dtype, in, exponent);
	fy_tensor_unref(exponent);
}

/* (sum |x|^p)^(1/p): an average pool with divisor 1 between two powers. */
static fy_status lp_pool_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *powers;
	double p = (double)fy_onnx_int(call, "p");
	fy_onnx_window w;
	fy_pool pool;
	fy_shape out;

	FY_TRY(pool_plan(call, &in->shape, &w, &out));
	FY_TRY(fy_onnx_new(call, &powers, in->dtype, &in->shape, false));
	pool = kernel_pool(call, &w);
	pool.divisor = 1;
	fy_kernel_unary(powers, FY_ABS, in);
	raise_to(powers, powers, p);
	fy_kernel_avg_pool(call->outputs[0], powers, &pool);
	raise_to(call->outputs[0], call->outputs[0], 1 / p);
	fy_tensor_unref(powers);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_lp_pool = {
	.name = "onnx::LpPool",
	.since = FY_ONNX_SINCE(2, 11, 18, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "auto_pad", .kind = 's', .text = "NOTSET" },
			       { .name = "ceil_mode", .kind = 'i', .since = 18 },
			       { .name = "dilations", .kind = 'I', .since = 18 },
			       { .name = "kernel_shape", .kind = 'I', .required = true },
			       { .name = "p", .kind = 'i', .number = 2 }, { .name = "pads", .kind = 'I' },
			       { .name = "strides", .kind = 'I' }),
	.infer = pool_infer,
	.eval = lp_pool_eval,
	.mode = POOL_LP,
};

/* ---- global ----------------------------------------------------------------------------------------- */

static fy_status global_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_shape out;

	if (!in)
		return fy_onnx_infer_same(call);
	if (in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more, not %d", in->rank);
	out = *in;
	for (int i = 2; i < in->rank; i++)
		out.dims[i] = 1;
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status global_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	uint32_t spatial = ((1u << in->shape.rank) - 1) & ~3u;

	if (call->op->mode == POOL_LP)
		fy_kernel_norm(call->outputs[0], in, spatial, (double)fy_onnx_int(call, "p"));
	else if (call->op->mode == POOL_MAX && fy_tensor_numel(in) == 0 &&
		 fy_tensor_numel(call->outputs[0]) > 0)
		return fy_onnx_fail(call, "the input is empty");
	else
		fy_kernel_reduce(call->outputs[0], call->op->mode == POOL_MAX ? FY_AMAX : FY_MEAN, in,
				 spatial);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_global_max_pool = {
	.name = "onnx::GlobalMaxPool",
	.since = FY_ONNX_SINCE(1, 22),
	.infer = global_infer,
	.eval = global_eval,
	.mode = POOL_MAX,
};

const fy_onnx_op fy_onnx_op_global_average_pool = {
	.name = "onnx::GlobalAveragePool",
	.since = FY_ONNX_SINCE(1, 22),
	.infer = global_infer,
	.eval = global_eval,
	.mode = POOL_AVERAGE,
};

const fy_onnx_op fy_onnx_op_global_lp_pool = {
	.name = "onnx::GlobalLpPool",
	.since = FY_ONNX_SINCE(2, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "p", .kind = 'i', .number = 2 }),
	.infer = global_infer,
	.eval = global_eval,
	.mode = POOL_LP,
};

/* ---- unpooling ---------------------------------------------------------------------------------------- */

static fy_status unpool_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t dims[FY_MAX_RANK];
	fy_onnx_window w;
	fy_shape out;
	int count;

	if (!in)
		return fy_onnx_infer_same(call);
	FY_TRY(fy_onnx_window_read(call, in, NULL, &w));
	FY_TRY(fy_onnx_input_ints(call, 2, dims, FY_MAX_RANK, &count, false));
	if (count >= 0 && count != in->rank)
		return fy_onnx_fail(call, "output_shape has %d entries for a tensor of rank %d", count,
				    in->rank);
	out = *in;
	for (int i = 0; i < w.rank; i++) {
		fy_dim grown = fy_onnx_dim_mul(fy_onnx_dim_add(in->dims[2 + i], -1), w.stride[i]);

		out.dims[2 + i] = count >= 0 ? fy_onnx_int_to_dim(dims[2 + i])
				  : fy_onnx_has(call, 2)
					  ? FY_ONNX_DIM_UNKNOWN
					  : fy_onnx_dim_add(grown, w.kernel[i] - w.before[i] - w.after[i]);
		if (call->concrete && !fy_dim_known(out.dims[2 + i]))
			return fy_onnx_fail(call, "axis %d has no result", 2 + i);
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

/* Indices count in the result, as ONNX Runtime has it, also where output_shape makes that larger than what
 * was pooled. */
static fy_status unpool_eval(fy_onnx_call *call)
{
	fy_tensor *values, *indices, *flat_values, *flat_indices, *flat_out;
	fy_status status;

	if (!fy_shape_eq(&call->inputs[0]->shape, &call->inputs[1]->shape))
		return fy_onnx_fail(call, "values and indices differ in shape");
	FY_TRY(fy_onnx_plain(call, &values, call->inputs[0]));
	status = fy_onnx_plain(call, &indices, call->inputs[1]);
	if (status == FY_OK) {
		flat_values = fy_onnx_flat(values);
		flat_indices = fy_onnx_flat(indices);
		flat_out = fy_onnx_flat(call->outputs[0]);
		fy_kernel_fill_i64(flat_out, 0);
		status = fy_kernel_scatter(flat_out, 0, flat_indices, flat_values, FY_SCATTER_SET,
					   call->diags, &call->place);
		fy_tensor_unref(flat_values);
		fy_tensor_unref(flat_indices);
		fy_tensor_unref(flat_out);
		fy_tensor_unref(indices);
	}
	fy_tensor_unref(values);
	return status;
}

const fy_onnx_op fy_onnx_op_max_unpool = {
	.name = "onnx::MaxUnpool",
	.since = FY_ONNX_SINCE(9, 11, 22),
	.arity = FY_ONNX_ARITY({ 9, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "kernel_shape", .kind = 'I', .required = true },
			       { .name = "pads", .kind = 'I' }, { .name = "strides", .kind = 'I' }),
	.infer = unpool_infer,
	.eval = unpool_eval,
};
