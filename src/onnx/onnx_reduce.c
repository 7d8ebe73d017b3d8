/*
 * Reductions over axes, arg max, cumulative sums, top k and the softmax family.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <math.h>

/* ---- reductions --------------------------------------------------------------------------------- */

enum reduce_mode {
	REDUCE_SUM,
	REDUCE_MEAN,
	REDUCE_MAX,
	REDUCE_MIN,
	REDUCE_PROD,
	REDUCE_L1,
	REDUCE_L2,
	REDUCE_LOG_SUM,
	REDUCE_LOG_SUM_EXP,
	REDUCE_SUM_SQUARE
};

/* Which axes, as a mask; *known is false when the axes are data. */
static fy_status reduce_mask(const fy_onnx_call *call, int rank, uint32_t *mask, bool *known)
{
	int64_t axes[FY_MAX_RANK];
	int count;

	*mask = 0;
	FY_TRY(fy_onnx_axes(call, "axes", 1, axes, &count, known));
	if (!*known)
		return FY_OK;
	if (count <= 0 && !fy_onnx_int(call, "noop_with_empty_axes"))
		*mask = rank == 0 ? 0 : (uint32_t)((UINT64_C(1) << rank) - 1);
	for (int i = 0; i < count; i++) {
		int axis;

		FY_TRY(fy_onnx_axis(call, axes[i], rank, &axis));
		*mask |= 1u << axis;
	}
	return FY_OK;
}

static fy_shape reduced(const fy_shape *shape, uint32_t mask, bool keep)
{
	fy_shape out = { 0 };

	for (int i = 0; i < shape->rank; i++) {
		if (!(mask & 1u << i))
			out.dims[out.rank++] = shape->dims[i];
		else if (keep)
			out.dims[out.rank++] = 1;
	}
	return out;
}

static fy_status reduce_infer(fy_onnx_call *call)
{
	const fy_shape *shape = fy_onnx_shape(call, 0);
	bool keep = fy_onnx_int(call, "keepdims") == 1, known = false;
	fy_dtype dtype = fy_onnx_dtype(call, 0);
	fy_shape out;
	uint32_t mask;

	if (!shape)
		return fy_onnx_result(call, 0, dtype, NULL);
	FY_TRY(reduce_mask(call, shape->rank, &mask, &known));
	if (known) {
		out = reduced(shape, mask, keep);
		return fy_onnx_result(call, 0, dtype, &out);
	}
	out = *shape;
	for (int i = 0; i < out.rank; i++)
		out.dims[i] = FY_ONNX_DIM_UNKNOWN;
	return fy_onnx_result(call, 0, dtype, keep ? &out : NULL);
}

/* What the largest and smallest of nothing are: the ends of the type. */
static void fill_neutral(fy_tensor *out, bool max)
{
	int64_t bits = 8 * (int64_t)fy_dtype_size(out->dtype);
	bool is_unsigned =
		out->dtype == FY_U8 || out->dtype == FY_U16 || out->dtype == FY_U32 || out->dtype == FY_U64;

	if (fy_dtype_is_float(out->dtype))
		fy_kernel_fill_f64(out, max ? -INFINITY : INFINITY);
	else if (out->dtype == FY_BOOL || is_unsigned)
		fy_kernel_fill_i64(out, max ? 0 : out->dtype == FY_BOOL ? 1 : -1);
	else
		fy_kernel_fill_i64(out, max ? -(INT64_C(1) << (bits - 2)) * 2
					    : (INT64_C(1) << (bits - 2)) * 2 - 1);
}

static void norm_of_any(fy_tensor *out, const fy_tensor *in, uint32_t mask, fy_tensor *wide)
{
	if (wide) {
		fy_kernel_reduce(wide, FY_SUM_SQUARE, in, mask);
		fy_kernel_unary(wide, FY_SQRT, wide);
		fy_tensor_copy(out, wide);
	} else {
		fy_kernel_norm(out, in, mask, 2);
	}
}

static fy_status reduce_into(const fy_onnx_call *call, fy_tensor *out, const fy_tensor *in, uint32_t mask)
{
	static const fy_reduce plain[] = { FY_SUM,     FY_MEAN, FY_AMAX, FY_AMIN,        FY_PROD,
					   FY_SUM_ABS, FY_SUM,  FY_SUM,  FY_LOG_SUM_EXP, FY_SUM_SQUARE };
	bool whole = !fy_dtype_is_float(out->dtype);
	int mode = call->op->mode;
	fy_tensor *wide = NULL;

	if ((mode == REDUCE_MAX || mode == REDUCE_MIN) && fy_tensor_numel(in) == 0) {
		fill_neutral(out, mode == REDUCE_MAX);
		return FY_OK;
	}
	if (whole && (mode == REDUCE_L2 || mode == REDUCE_LOG_SUM || mode == REDUCE_LOG_SUM_EXP))
		FY_TRY(fy_onnx_new(call, &wide, FY_F64, &out->shape, false));
	if (mode == REDUCE_L2) {
		norm_of_any(out, in, mask, wide);
	} else {
		fy_kernel_reduce(wide ? wide : out, plain[mode], in, mask);
		if (mode == REDUCE_LOG_SUM)
			fy_kernel_unary(wide ? wide : out, FY_LOG, wide ? wide : out);
		if (wide)
			fy_tensor_copy(out, wide);
	}
	fy_tensor_unref(wide);
	return FY_OK;
}

static fy_status reduce_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	uint32_t mask;
	bool known;

	FY_TRY(reduce_mask(call, in->shape.rank, &mask, &known));
	return reduce_into(call, call->outputs[0], in, mask);
}

const fy_onnx_op fy_onnx_op_reduce_sum = {
	.name = "onnx::ReduceSum",
	.since = FY_ONNX_SINCE(1, 11, 13),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 13, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 12 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 13 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_SUM,
};

const fy_onnx_op fy_onnx_op_reduce_mean = {
	.name = "onnx::ReduceMean",
	.since = FY_ONNX_SINCE(1, 11, 13, 18),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_MEAN,
};

const fy_onnx_op fy_onnx_op_reduce_max = {
	.name = "onnx::ReduceMax",
	.since = FY_ONNX_SINCE(1, 11, 12, 13, 18, 20),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_MAX,
};

const fy_onnx_op fy_onnx_op_reduce_min = {
	.name = "onnx::ReduceMin",
	.since = FY_ONNX_SINCE(1, 11, 12, 13, 18, 20),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_MIN,
};

const fy_onnx_op fy_onnx_op_reduce_prod = {
	.name = "onnx::ReduceProd",
	.since = FY_ONNX_SINCE(1, 11, 13, 18),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_PROD,
};

const fy_onnx_op fy_onnx_op_reduce_l1 = {
	.name = "onnx::ReduceL1",
	.since = FY_ONNX_SINCE(1, 11, 13, 18),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_L1,
};

const fy_onnx_op fy_onnx_op_reduce_l2 = {
	.name = "onnx::ReduceL2",
	.since = FY_ONNX_SINCE(1, 11, 13, 18),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_L2,
};

const fy_onnx_op fy_onnx_op_reduce_log_sum = {
	.name = "onnx::ReduceLogSum",
	.since = FY_ONNX_SINCE(1, 11, 13, 18, 28),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_LOG_SUM,
};

const fy_onnx_op fy_onnx_op_reduce_log_sum_exp = {
	.name = "onnx::ReduceLogSumExp",
	.since = FY_ONNX_SINCE(1, 11, 13, 18, 28),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_LOG_SUM_EXP,
};

const fy_onnx_op fy_onnx_op_reduce_sum_square = {
	.name = "onnx::ReduceSumSquare",
	.since = FY_ONNX_SINCE(1, 11, 13, 18),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 18, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 17 },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "noop_with_empty_axes", .kind = 'i', .since = 18 }),
	.infer = reduce_infer,
	.eval = reduce_eval,
	.mode = REDUCE_SUM_SQUARE,
};

/* ---- where the extreme is ---------------------------------------------------------------------------- */

static fy_status arg_infer(fy_onnx_call *call)
{
	const fy_shape *shape = fy_onnx_shape(call, 0);
	fy_shape out;
	int axis;

	if (!shape)
		return fy_onnx_result(call, 0, FY_I64, NULL);
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), shape->rank, &axis));
	out = reduced(shape, 1u << axis, fy_onnx_int(call, "keepdims") == 1);
	return fy_onnx_result(call, 0, FY_I64, &out);
}

static fy_status arg_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->shape.rank, &axis));
	if (in->shape.dims[axis] == 0 && fy_tensor_numel(call->outputs[0]) > 0)
		return fy_onnx_fail(call, "the axis is empty");
	fy_kernel_extreme(NULL, call->outputs[0], in, axis, call->op->mode == 1,
			  fy_onnx_int(call, "select_last_index") != 0);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_arg_max = {
	.name = "onnx::ArgMax",
	.since = FY_ONNX_SINCE(1, 11, 12, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "select_last_index", .kind = 'i', .since = 12 }),
	.infer = arg_infer,
	.eval = arg_eval,
	.mode = 1,
};

const fy_onnx_op fy_onnx_op_arg_min = {
	.name = "onnx::ArgMin",
	.since = FY_ONNX_SINCE(1, 11, 12, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' },
			       { .name = "keepdims", .kind = 'i', .number = 1 },
			       { .name = "select_last_index", .kind = 'i', .since = 12 }),
	.infer = arg_infer,
	.eval = arg_eval,
	.mode = 0,
};

/* ---- cumulative ------------------------------------------------------------------------------------------
 */

static fy_status scan_infer(fy_onnx_call *call)
{
	return fy_onnx_infer_same(call);
}

static fy_status scan_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	int64_t axis[1];
	int count, dim = 0;

	FY_TRY(fy_onnx_input_ints(call, 1, axis, 1, &count, true));
	if (count != 1)
		return fy_onnx_fail(call, "the axis must be a single number");
	FY_TRY(fy_onnx_axis(call, axis[0], in->shape.rank, &dim));
	fy_kernel_scan(call->outputs[0], NULL, (fy_scan)call->op->mode, in, dim,
		       fy_onnx_int(call, "exclusive") != 0, fy_onnx_int(call, "reverse") != 0);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_cum_sum = {
	.name = "onnx::CumSum",
	.since = FY_ONNX_SINCE(11, 14),
	.arity = FY_ONNX_ARITY({ 11, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "exclusive", .kind = 'i' }, { .name = "reverse", .kind = 'i' }),
	.infer = scan_infer,
	.eval = scan_eval,
	.mode = FY_CUMSUM,
};

const fy_onnx_op fy_onnx_op_cum_prod = {
	.name = "onnx::CumProd",
	.since = FY_ONNX_SINCE(26),
	.arity = FY_ONNX_ARITY({ 26, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "exclusive", .kind = 'i' }, { .name = "reverse", .kind = 'i' }),
	.infer = scan_infer,
	.eval = scan_eval,
	.mode = FY_CUMPROD,
};

/* ---- top k -----------------------------------------------------------------------------------------------
 */

static fy_status top_k_count(const fy_onnx_call *call, int64_t *k)
{
	int count = 1;

	if (call->version < 10)
		*k = fy_onnx_int(call, "k");
	else
		FY_TRY(fy_onnx_input_ints(call, 1, k, 1, &count, true));
	if (count < 0)
		*k = -1;
	else if (count != 1 || *k < 0)
		return fy_onnx_fail(call, "k must be one number that is not negative");
	return FY_OK;
}

static fy_status top_k_infer(fy_onnx_call *call)
{
	const fy_shape *shape = fy_onnx_shape(call, 0);
	fy_shape out;
	int64_t k = -1;
	int axis;

	if (!shape) {
		FY_TRY(fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL));
		return fy_onnx_result(call, 1, FY_I64, NULL);
	}
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), shape->rank, &axis));
	FY_TRY(top_k_count(call, &k));
	out = *shape;
	if (k > out.dims[axis] && fy_dim_known(out.dims[axis]))
		return fy_onnx_fail(call, "k is %" PRId64 ", the axis has %" PRId64 " elements", k,
				    out.dims[axis]);
	out.dims[axis] = k < 0 ? FY_ONNX_DIM_UNKNOWN : k;
	FY_TRY(fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out));
	return fy_onnx_result(call, 1, FY_I64, &out);
}

static fy_status top_k_eval(fy_onnx_call *call)
{
	bool largest = call->version < 11 || fy_onnx_int(call, "largest") != 0;
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), call->inputs[0]->shape.rank, &axis));
	fy_kernel_topk(call->outputs[0], call->outputs[1], call->inputs[0], axis, largest);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_top_k = {
	.name = "onnx::TopK",
	.since = FY_ONNX_SINCE(1, 10, 11, 24),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 2, 2 }, { 10, 2, 2, 2, 2 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = -1 },
			       { .name = "k", .kind = 'i', .until = 9, .required = true },
			       { .name = "largest", .kind = 'i', .number = 1, .since = 11 },
			       { .name = "sorted", .kind = 'i', .number = 1, .since = 11 }),
	.infer = top_k_infer,
	.eval = top_k_eval,
};

/* ---- softmax
 * ------------------------------------------------------------------------------------------------ */

enum softmax_mode { SOFTMAX, LOG_SOFTMAX, HARDMAX };

static fy_status softmax_infer(fy_onnx_call *call)
{
	const fy_shape *shape = fy_onnx_shape(call, 0);
	int axis;

	if (!fy_dtype_is_float(fy_onnx_dtype(call, 0)))
		return fy_onnx_fail(call, "takes floats, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	if (shape && (shape->rank > 0 || fy_onnx_int(call, "axis") > 0))
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), shape->rank, &axis));
	return fy_onnx_infer_same(call);
}

static fy_status hardmax(fy_onnx_call *call, fy_tensor *out, const fy_tensor *in, int dim)
{
	fy_shape shape = in->shape;
	fy_tensor *index, *one;
	fy_status status;

	shape.dims[dim] = shape.rank > 0 ? 1 : 0;
	FY_TRY(fy_onnx_new(call, &index, FY_I64, &shape, false));
	one = fy_tensor_scalar_i64(out->dtype, 1);
	fy_kernel_extreme(NULL, index, in, dim, true, false);
	fy_kernel_fill_i64(out, 0);
	status = fy_kernel_scatter(out, dim, index, one, FY_SCATTER_SET, call->diags, &call->place);
	fy_tensor_unref(index);
	fy_tensor_unref(one);
	return status;
}

/* Before opset 13 the input is seen as a matrix: all axes from `axis` on are one row. */
static fy_status softmax_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0], *in, *flat_in, *flat_out;
	fy_shape shape = { 2, { 1, 1 } };
	int64_t strides[2];
	int axis = 0;
	fy_status status = FY_OK;

	if (fy_tensor_numel(out) == 0)
		return FY_OK;
	if (call->inputs[0]->shape.rank > 0)
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), out->shape.rank, &axis));
	if (call->version >= 13 && call->op->mode != HARDMAX) {
		fy_kernel_softmax(out, call->inputs[0], axis, call->op->mode == LOG_SOFTMAX);
		return FY_OK;
	}
	if (call->version >= 13 && out->shape.rank > 0)
		return hardmax(call, out, call->inputs[0], axis);
	for (int i = 0; i < out->shape.rank; i++)
		shape.dims[i < axis ? 0 : 1] *= out->shape.dims[i];
	fy_shape_strides(&shape, strides);
	FY_TRY(fy_onnx_plain(call, &in, call->inputs[0]));
	flat_in = fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
	flat_out = fy_tensor_view(out, out->dtype, &shape, strides, out->offset);
	if (call->op->mode == HARDMAX)
		status = hardmax(call, flat_out, flat_in, 1);
	else
		fy_kernel_softmax(flat_out, flat_in, 1, call->op->mode == LOG_SOFTMAX);
	fy_tensor_unref(in);
	fy_tensor_unref(flat_in);
	fy_tensor_unref(flat_out);
	return status;
}

const fy_onnx_op fy_onnx_op_softmax = {
	.name = "onnx::Softmax",
	.since = FY_ONNX_SINCE(1, 11, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .until = 12 },
			       { .name = "axis", .kind = 'i', .number = -1, .since = 13 }),
	.infer = softmax_infer,
	.eval = softmax_eval,
	.mode = SOFTMAX,
};

const fy_onnx_op fy_onnx_op_log_softmax = {
	.name = "onnx::LogSoftmax",
	.since = FY_ONNX_SINCE(1, 11, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .until = 12 },
			       { .name = "axis", .kind = 'i', .number = -1, .since = 13 }),
	.infer = softmax_infer,
	.eval = softmax_eval,
	.mode = LOG_SOFTMAX,
};

const fy_onnx_op fy_onnx_op_hardmax = {
	.name = "onnx::Hardmax",
	.since = FY_ONNX_SINCE(1, 11, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .until = 12 },
			       { .name = "axis", .kind = 'i', .number = -1, .since = 13 }),
	.infer = softmax_infer,
	.eval = softmax_eval,
	.mode = HARDMAX,
};
