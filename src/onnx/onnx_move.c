/*
 * Operators that cut, join, repeat and pad along axes.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

/* ---- concat and split ----------------------------------------------------------------------------- */

static fy_status concat_infer(fy_onnx_call *call)
{
	fy_shape out;
	int axis;

	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	if (!fy_onnx_ranked(call))
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	out = *fy_onnx_shape(call, 0);
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), out.rank, &axis));
	for (int i = 1; i < call->input_count; i++) {
		const fy_shape *shape = fy_onnx_shape(call, i);

		if (shape->rank != out.rank)
			return fy_onnx_fail(call, "inputs differ in rank: %d and %d", out.rank, shape->rank);
		for (int k = 0; k < out.rank; k++) {
			if (k == axis) {
				out.dims[k] = fy_dim_known(shape->dims[k])
						      ? fy_onnx_dim_add(out.dims[k], shape->dims[k])
						      : FY_ONNX_DIM_UNKNOWN;
			} else if (!fy_dim_known(out.dims[k])) {
				out.dims[k] = shape->dims[k];
			} else if (fy_dim_known(shape->dims[k]) && shape->dims[k] != out.dims[k]) {
				return fy_onnx_fail(call, "axis %d has %" PRId64 " and %" PRId64 " elements",
						    k, out.dims[k], shape->dims[k]);
			}
		}
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status concat_eval(fy_onnx_call *call)
{
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), call->outputs[0]->shape.rank, &axis));
	fy_kernel_cat(call->outputs[0], (const fy_tensor *const *)call->inputs, call->input_count, axis);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_concat = {
	.name = "onnx::Concat",
	.since = FY_ONNX_SINCE(4, 11, 13),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 4, 1, FY_ONNX_MANY, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .required = true }),
	.infer = concat_infer,
	.eval = concat_eval,
};

/* Length of part i; FY_ONNX_DIM_UNKNOWN when it depends on data. */
static fy_status split_part(const fy_onnx_call *call, fy_dim whole, const int64_t sizes[], int count, int i,
			    fy_dim *out)
{
	int parts = call->result_count;
	int64_t chunk;

	*out = FY_ONNX_DIM_UNKNOWN;
	if (count >= 0) {
		*out = sizes[i];
		return FY_OK;
	}
	if (fy_onnx_has(call, 1) || !fy_dim_known(whole))
		return FY_OK;
	if (call->version < 18 && whole % parts != 0)
		return fy_onnx_fail(call, "%" PRId64 " elements do not divide into %d parts", whole, parts);
	chunk = (whole + parts - 1) / parts;
	*out = i * chunk >= whole ? 0 : whole - i * chunk < chunk ? whole - i * chunk : chunk;
	return FY_OK;
}

static fy_status split_sizes(const fy_onnx_call *call, fy_dim whole, int64_t *sizes, int *count)
{
	int64_t sum = 0;

	if (call->version < 13)
		FY_TRY(fy_onnx_ints(call, "split", sizes, call->result_count, count));
	else
		FY_TRY(fy_onnx_input_ints(call, 1, sizes, call->result_count, count, true));
	if (*count >= 0 && *count != call->result_count)
		return fy_onnx_fail(call, "gives %d sizes for %d outputs", *count, call->result_count);
	if (fy_onnx_has_attr(call, "num_outputs") && fy_onnx_int(call, "num_outputs") != call->result_count)
		return fy_onnx_fail(call, "num_outputs is not the number of outputs");
	for (int i = 0; i < *count; i++) {
		if (sizes[i] < 0 || !fy_add_i64(sum, sizes[i], &sum))
			return fy_onnx_fail(call, "a size is negative or too large");
	}
	if (*count >= 0 && fy_dim_known(whole) && sum != whole)
		return fy_onnx_fail(call, "the sizes add up to %" PRId64 ", the axis has %" PRId64, sum,
				    whole);
	return FY_OK;
}

static fy_status split_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t *sizes;
	int axis, count;
	fy_status status = FY_OK;

	for (int i = 0; i < call->result_count; i++)
		FY_TRY(fy_onnx_result(call, i, fy_onnx_dtype(call, 0), NULL));
	if (!in)
		return FY_OK;
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->rank, &axis));
	if (call->version >= 18 && !fy_onnx_has(call, 1) && !fy_onnx_has_attr(call, "num_outputs"))
		return fy_onnx_fail(call, "neither sizes nor a number of parts are given");
	sizes = fy_alloc(sizeof(*sizes) * (size_t)call->result_count);
	status = split_sizes(call, in->dims[axis], sizes, &count);
	for (int i = 0; status == FY_OK && i < call->result_count; i++) {
		fy_shape out = *in;

		status = split_part(call, in->dims[axis], sizes, count, i, &out.dims[axis]);
		if (status == FY_OK)
			status = fy_onnx_result(call, i, fy_onnx_dtype(call, 0), &out);
	}
	fy_free(sizes);
	return status;
}

static fy_status split_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	int64_t at = 0;
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->shape.rank, &axis));
	for (int i = 0; i < call->result_count; i++) {
		const fy_shape *shape = &call->results[i].shape;

		call->outputs[i] = fy_tensor_view(in, in->dtype, shape, in->strides,
						  in->offset + at * in->strides[axis]);
		at += shape->dims[axis];
	}
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_split = {
	.name = "onnx::Split",
	.since = FY_ONNX_SINCE(2, 11, 13, 18),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 2, 1, 1, 1, FY_ONNX_MANY }, { 13, 1, 2, 1, FY_ONNX_MANY }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' },
			       { .name = "num_outputs", .kind = 'i', .since = 18 },
			       { .name = "split", .kind = 'I', .until = 12 }),
	.infer = split_infer,
	.eval = split_eval,
};

/* ---- slice --------------------------------------------------------------------------------------------- */

typedef struct slice_plan {
	bool known[FY_MAX_RANK]; /* false: touched, with bounds that are data */
	bool touched[FY_MAX_RANK];
	int64_t start[FY_MAX_RANK], step[FY_MAX_RANK], length[FY_MAX_RANK];
} slice_plan;

static fy_status slice_vector(const fy_onnx_call *call, const char *name, int input, int64_t out[],
			      int *count)
{
	if (call->version < 10)
		return fy_onnx_ints(call, name, out, FY_MAX_RANK, count);
	return fy_onnx_input_ints(call, input, out, FY_MAX_RANK, count, false);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* One axis. dim may be a symbol: then only what does not depend on it is known. */
static void plan_axis(slice_plan *plan, int axis, fy_dim dim, int64_t start, int64_t end, int64_t step)
{
	plan->touched[axis] = true;
	plan->step[axis] = step;
	if (fy_onnx_int_is_symbol(start) || fy_onnx_int_is_symbol(end))
		return;
	if (!fy_dim_known(dim)) {
		/* [0:n] of an unknown size may be shorter than n. */
		if (step == 1 && start == 0 && end >= INT32_MAX)
			plan->touched[axis] = false;
		return;
	}
	start = clamp(start < 0 ? start + dim : start, step > 0 ? 0 : -1, step > 0 ? dim : dim - 1);
	end = clamp(end < 0 ? end + dim : end, step > 0 ? 0 : -1, step > 0 ? dim : dim - 1);
	plan->known[axis] = true;
	plan->start[axis] = start < 0 ? 0 : start;
	if (step > 0)
		plan->length[axis] = end > start ? (end - start - 1) / step + 1 : 0;
	else
		plan->length[axis] =
			start > end ? (int64_t)((uint64_t)(start - end - 1) / (0 - (uint64_t)step)) + 1 : 0;
}

/* *complete is false when which axes are cut is data. */
static fy_status plan_slice(const fy_onnx_call *call, const fy_shape *in, slice_plan *plan, bool *complete)
{
	int64_t starts[FY_MAX_RANK], ends[FY_MAX_RANK], axes[FY_MAX_RANK], steps[FY_MAX_RANK];
	int start_count, end_count, axis_count, step_count = -1, count;

	*plan = (slice_plan){ 0 };
	FY_TRY(slice_vector(call, "starts", 1, starts, &start_count));
	FY_TRY(slice_vector(call, "ends", 2, ends, &end_count));
	FY_TRY(slice_vector(call, "axes", 3, axes, &axis_count));
	if (call->version >= 10)
		FY_TRY(slice_vector(call, "steps", 4, steps, &step_count));
	*complete = !(axis_count < 0 && fy_onnx_has(call, 3) && call->version >= 10);
	count = axis_count >= 0 ? axis_count : start_count >= 0 ? start_count : end_count;
	if ((start_count >= 0 && start_count != count) || (end_count >= 0 && end_count != count) ||
	    (step_count >= 0 && step_count != count) || count > in->rank)
		return fy_onnx_fail(call, "starts, ends, axes and steps differ in length");
	*complete &= count >= 0;
	for (int i = 0; i < count && *complete; i++) {
		bool known = start_count >= 0 && end_count >= 0 && (step_count >= 0 || !fy_onnx_has(call, 4));
		int axis = i;

		if (axis_count >= 0)
			FY_TRY(fy_onnx_axis(call, axes[i], in->rank, &axis));
		if (plan->touched[axis])
			return fy_onnx_fail(call, "axis %d is named twice", axis);
		if (step_count >= 0 && steps[i] == 0)
			return fy_onnx_fail(call, "a step is 0");
		plan->touched[axis] = true;
		if (known)
			plan_axis(plan, axis, in->dims[axis], starts[i], ends[i],
				  step_count >= 0 ? steps[i] : 1);
	}
	return FY_OK;
}

static fy_status slice_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	slice_plan plan;
	fy_shape out;
	bool complete;

	if (!in)
		return fy_onnx_infer_same(call);
	FY_TRY(plan_slice(call, in, &plan, &complete));
	out = *in;
	for (int i = 0; i < in->rank; i++) {
		if (!complete || (plan.touched[i] && !plan.known[i]))
			out.dims[i] = FY_ONNX_DIM_UNKNOWN;
		else if (plan.touched[i])
			out.dims[i] = plan.length[i];
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

/* A view; axes that run backwards are viewed forwards and flipped afterwards. */
static fy_status slice_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	const fy_shape *shape = &call->results[0].shape;
	int64_t strides[FY_MAX_RANK], offset = in->offset;
	uint32_t backwards = 0;
	slice_plan plan;
	fy_tensor *view;
	bool complete;

	FY_TRY(plan_slice(call, &in->shape, &plan, &complete));
	FY_ASSERT(complete);
	for (int i = 0; i < in->shape.rank; i++) {
		int64_t step = plan.touched[i] ? plan.step[i] : 1,
			first = plan.touched[i] ? plan.start[i] : 0;

		if (shape->dims[i] <= 1)
			step = 1;
		if (step < 0) {
			backwards |= 1u << i;
			first += (shape->dims[i] - 1) * step;
			step = -step;
		}
		strides[i] = in->strides[i] * step;
		offset += shape->dims[i] == 0 ? 0 : first * in->strides[i];
	}
	view = fy_tensor_view(in, in->dtype, shape, strides, offset);
	call->outputs[0] = view;
	if (!backwards)
		return FY_OK;
	call->outputs[0] = NULL;
	fy_status status = fy_onnx_new(call, &call->outputs[0], in->dtype, shape, false);
	if (status == FY_OK)
		fy_kernel_flip(call->outputs[0], view, backwards);
	fy_tensor_unref(view);
	return status;
}

const fy_onnx_op fy_onnx_op_slice = {
	.name = "onnx::Slice",
	.since = FY_ONNX_SINCE(1, 10, 11, 13),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 10, 3, 5, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 9 },
			       { .name = "ends", .kind = 'I', .until = 9, .required = true },
			       { .name = "starts", .kind = 'I', .until = 9, .required = true }),
	.infer = slice_infer,
	.eval = slice_eval,
};

/* ---- pad -------------------------------------------------------------------------------------------------
 */

/* pads as [before..., after...] over all axes; *known is false when they are data. */
static fy_status pad_amounts(const fy_onnx_call *call, int rank, int64_t before[], int64_t after[],
			     bool *known)
{
	int64_t pads[2 * FY_MAX_RANK], axes[FY_MAX_RANK];
	int count, axis_count = -1;

	for (int i = 0; i < rank; i++)
		before[i] = after[i] = 0;
	if (call->version < 11)
		FY_TRY(fy_onnx_ints(call, "pads", pads, 2 * FY_MAX_RANK, &count));
	else
		FY_TRY(fy_onnx_input_ints(call, 1, pads, 2 * FY_MAX_RANK, &count, true));
	if (call->version >= 18)
		FY_TRY(fy_onnx_input_ints(call, 3, axes, FY_MAX_RANK, &axis_count, true));
	*known = count >= 0 && (axis_count >= 0 || !fy_onnx_has(call, 3));
	if (!*known)
		return FY_OK;
	if (count != 2 * (axis_count >= 0 ? axis_count : rank))
		return fy_onnx_fail(call, "%d pads for a tensor of rank %d", count, rank);
	for (int i = 0; i < count / 2; i++) {
		int axis = i;

		if (axis_count >= 0)
			FY_TRY(fy_onnx_axis(call, axes[i], rank, &axis));
		before[axis] = pads[i];
		after[axis] = pads[count / 2 + i];
	}
	return FY_OK;
}

static fy_status pad_mode(const fy_onnx_call *call, fy_pad_mode *mode)
{
	fy_str name = fy_onnx_text(call, "mode");

	if (fy_str_is(name, "constant"))
		*mode = FY_PAD_CONSTANT;
	else if (fy_str_is(name, "reflect"))
		*mode = FY_PAD_REFLECT;
	else if (fy_str_is(name, "edge"))
		*mode = FY_PAD_REPLICATE;
	else if (fy_str_is(name, "wrap") && call->version >= 19)
		*mode = FY_PAD_CIRCULAR;
	else
		return fy_onnx_fail(call, "unknown mode");
	return FY_OK;
}

static fy_status pad_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t before[FY_MAX_RANK], after[FY_MAX_RANK], sum;
	fy_pad_mode mode;
	fy_shape out;
	bool known;

	FY_TRY(pad_mode(call, &mode));
	if (!in)
		return fy_onnx_infer_same(call);
	FY_TRY(pad_amounts(call, in->rank, before, after, &known));
	out = *in;
	for (int i = 0; i < in->rank; i++) {
		if (!fy_add_i64(before[i], after[i], &sum))
			return fy_onnx_fail(call, "a pad is too large");
		out.dims[i] = known ? fy_onnx_dim_add(in->dims[i], sum) : FY_ONNX_DIM_UNKNOWN;
		if (known && fy_dim_known(in->dims[i]) && !fy_dim_known(out.dims[i]))
			return fy_onnx_fail(call,
					    "axis %d of %" PRId64 " elements cannot be padded by %" PRId64, i,
					    in->dims[i], sum);
		if (known && mode != FY_PAD_CONSTANT && in->dims[i] == 0 && out.dims[i] != 0)
			return fy_onnx_fail(call, "axis %d is empty", i);
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status pad_eval(fy_onnx_call *call)
{
	int64_t before[FY_MAX_RANK], after[FY_MAX_RANK];
	double value = 0;
	fy_pad_mode mode;
	bool known;

	FY_TRY(pad_mode(call, &mode));
	FY_TRY(pad_amounts(call, call->inputs[0]->shape.rank, before, after, &known));
	if (call->version < 11)
		value = fy_onnx_float(call, "value");
	else
		(void)fy_onnx_input_f64(call, 2, &value);
	fy_kernel_pad(call->outputs[0], call->inputs[0], before, mode, value);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_pad = {
	.name = "onnx::Pad",
	.since = FY_ONNX_SINCE(2, 11, 13, 18, 19, 21, 23, 24, 25),
	.arity = FY_ONNX_ARITY({ 2, 1, 1, 1, 1 }, { 11, 2, 3, 1, 1 }, { 18, 2, 4, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "mode", .kind = 's', .text = "constant" },
			       { .name = "pads", .kind = 'I', .until = 10, .required = true },
			       { .name = "value", .kind = 'f', .until = 10 }),
	.infer = pad_infer,
	.eval = pad_eval,
};

/* ---- tile, reverse, triangle ------------------------------------------------------------------------------
 */

static fy_status tile_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t repeats[FY_MAX_RANK];
	fy_shape out;
	int count;

	FY_TRY(fy_onnx_input_ints(call, 1, repeats, FY_MAX_RANK, &count, false));
	if (!in)
		return fy_onnx_infer_same(call);
	if (count >= 0 && count != in->rank)
		return fy_onnx_fail(call, "%d repeats for a tensor of rank %d", count, in->rank);
	out = *in;
	for (int i = 0; i < in->rank; i++) {
		if (count >= 0 && repeats[i] < 0 && !fy_onnx_int_is_symbol(repeats[i]))
			return fy_onnx_fail(call, "a repeat is negative");
		out.dims[i] = count < 0 ? FY_ONNX_DIM_UNKNOWN
					: fy_onnx_dim_mul(in->dims[i], fy_onnx_int_to_dim(repeats[i]));
		if (call->concrete && !fy_dim_known(out.dims[i]))
			return fy_onnx_fail(call, "the result is too large");
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status tile_eval(fy_onnx_call *call)
{
	if (fy_tensor_numel(call->outputs[0]) > 0)
		fy_kernel_repeat(call->outputs[0], call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_tile = {
	.name = "onnx::Tile",
	.since = FY_ONNX_SINCE(6, 13),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 6, 2, 2, 1, 1 }),
	.infer = tile_infer,
	.eval = tile_eval,
};

static fy_status triangle_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);

	if (in && in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more, not %d", in->rank);
	return fy_onnx_infer_same(call);
}

static fy_status triangle_eval(fy_onnx_call *call)
{
	int64_t diagonal[1] = { 0 };
	int count;

	FY_TRY(fy_onnx_input_ints(call, 1, diagonal, 1, &count, true));
	fy_kernel_triangle(call->outputs[0], call->inputs[0], count == 1 ? diagonal[0] : 0,
			   fy_onnx_int(call, "upper") != 0);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_trilu = {
	.name = "onnx::Trilu",
	.since = FY_ONNX_SINCE(14),
	.arity = FY_ONNX_ARITY({ 14, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "upper", .kind = 'i', .number = 1 }),
	.infer = triangle_infer,
	.eval = triangle_eval,
};
