/*
 * Resampling: Upsample, Resize in its four forms, GridSample.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

/* ---- resize --------------------------------------------------------------------------------------- */

typedef struct resize_plan {
	fy_resize resize;
	bool known; /* the sizes are */
	bool by_scale;
	fy_shape out;
	double roi[2 * FY_MAX_RANK];
} resize_plan;

/* Elements of a float input (scales, roi); *count = -1 when absent, empty or not known. */
static fy_status input_floats(const fy_onnx_call *call, int i, double out[], int max, int *count)
{
	const fy_tensor *data = fy_onnx_has(call, i) ? call->inputs[i] : NULL;
	int64_t total = data ? fy_tensor_numel(data) : 0;

	*count = -1;
	if (total > max)
		return fy_onnx_fail(call, "input %d has %" PRId64 " elements", i, total);
	if (total == 0)
		return FY_OK;
	for (int k = 0; k < (int)total; k++)
		out[k] = fy_tensor_get_f64(data, k);
	*count = (int)total;
	return FY_OK;
}

static fy_status resize_coord(const fy_onnx_call *call, fy_resize_coord *coord)
{
	static const struct {
		const char *name;
		fy_resize_coord coord;
	} names[] = {
		{ "half_pixel", FY_COORD_HALF_PIXEL },
		{ "half_pixel_symmetric", FY_COORD_HALF_PIXEL_SYMMETRIC },
		{ "pytorch_half_pixel", FY_COORD_PYTORCH_HALF_PIXEL },
		{ "align_corners", FY_COORD_ALIGN_CORNERS },
		{ "asymmetric", FY_COORD_ASYMMETRIC },
		{ "tf_half_pixel_for_nn", FY_COORD_TF_HALF_PIXEL_FOR_NN },
		{ "tf_crop_and_resize", FY_COORD_TF_CROP_AND_RESIZE },
	};
	fy_str name = fy_onnx_text(call, "coordinate_transformation_mode");

	*coord = FY_COORD_ASYMMETRIC;
	if (call->version < 11)
		return FY_OK;
	for (size_t i = 0; i < FY_COUNT(names); i++) {
		if (fy_str_is(name, names[i].name)) {
			*coord = names[i].coord;
			return FY_OK;
		}
	}
	return fy_onnx_fail(call, "unknown coordinate_transformation_mode");
}

static fy_status resize_modes(const fy_onnx_call *call, fy_resize *resize)
{
	static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
	fy_str mode = fy_onnx_text(call, "mode"), rounding = fy_onnx_text(call, "nearest_mode");
	fy_resize_coord coord;

	FY_TRY(resize_coord(call, &coord));
	*resize = fy_resize_default(FY_RESIZE_NEAREST, coord);
	if (fy_str_is(mode, "linear") || fy_str_is(mode, "bilinear"))
		resize->mode = FY_RESIZE_LINEAR;
	else if (fy_str_is(mode, "cubic") && call->version >= 11)
		resize->mode = FY_RESIZE_CUBIC;
	else if (!fy_str_is(mode, "nearest"))
		return fy_onnx_fail(call, "unknown mode");
	resize->nearest = FY_NEAREST_FLOOR;
	if (call->version < 11)
		return FY_OK;
	for (int i = 0; i < 4; i++) {
		if (fy_str_is(rounding, nearest[i]))
			resize->nearest = (fy_resize_nearest)i;
	}
	resize->cubic_a = fy_onnx_float(call, "cubic_coeff_a");
	resize->exclude_outside = fy_onnx_int(call, "exclude_outside") != 0;
	resize->antialias = fy_onnx_int(call, "antialias") != 0;
	resize->extrapolation = fy_onnx_float(call, "extrapolation_value");
	return FY_OK;
}

/* Which dims the vectors are about. */
static fy_status resize_axes(const fy_onnx_call *call, int rank, int axes[], int *count)
{
	int64_t given[FY_MAX_RANK];
	uint32_t seen = 0;

	FY_TRY(fy_onnx_ints(call, "axes", given, FY_MAX_RANK, count));
	if (*count < 0) {
		*count = rank;
		for (int i = 0; i < rank; i++)
			axes[i] = i;
		return FY_OK;
	}
	for (int i = 0; i < *count; i++) {
		FY_TRY(fy_onnx_axis(call, given[i], rank, &axes[i]));
		if (seen & 1u << axes[i])
			return fy_onnx_fail(call, "axis %d is named twice", axes[i]);
		seen |= 1u << axes[i];
	}
	return FY_OK;
}

/* Sizes are given; with an aspect ratio to keep, the one scale is the smallest or largest of all. */
static void sizes_to_scales(const fy_onnx_call *call, const fy_shape *in, const int axes[],
			    const int64_t sizes[], int count, resize_plan *plan)
{
	fy_str policy = fy_onnx_text(call, "keep_aspect_ratio_policy");
	bool larger = fy_str_is(policy, "not_larger"), smaller = fy_str_is(policy, "not_smaller");
	double scale = larger ? INFINITY : 0;

	for (int i = 0; i < count; i++) {
		double one = (double)sizes[i] / (double)in->dims[axes[i]];

		plan->out.dims[axes[i]] = fy_onnx_int_to_dim(sizes[i]);
		if (!fy_dim_known(in->dims[axes[i]]) || fy_onnx_int_is_symbol(sizes[i]))
			plan->known = plan->known && !larger && !smaller;
		else
			scale = larger ? fmin(scale, one) : fmax(scale, one);
	}
	for (int i = 0; i < count && (larger || smaller); i++) {
		plan->out.dims[axes[i]] =
			plan->known ? (int64_t)round(scale * (double)in->dims[axes[i]]) : FY_ONNX_DIM_UNKNOWN;
		plan->resize.scale[axes[i]] = scale;
	}
}

static fy_status scales_to_sizes(const fy_onnx_call *call, const fy_shape *in, const int axes[],
				 const double scales[], int count, resize_plan *plan)
{
	bool crop = plan->resize.coord == FY_COORD_TF_CROP_AND_RESIZE;

	for (int i = 0; i < count; i++) {
		int axis = axes[i];
		double size = (double)in->dims[axis] * (float)scales[i];

		if (!(scales[i] > 0))
			return fy_onnx_fail(call, "scales must be positive");
		plan->resize.scale[axis] = (float)scales[i];
		if (!fy_dim_known(in->dims[axis])) {
			plan->out.dims[axis] = scales[i] == 1 && !crop ? in->dims[axis] : FY_ONNX_DIM_UNKNOWN;
			continue;
		}
		if (crop)
			size *= plan->resize.roi_end[axis] - plan->resize.roi_start[axis];
		if (!(size < 1e15))
			return fy_onnx_fail(call, "the result is too large");
		plan->out.dims[axis] = size > 0 ? (int64_t)floor(size) : 0;
	}
	return FY_OK;
}

static fy_status read_roi(const fy_onnx_call *call, const int axes[], int count, resize_plan *plan)
{
	double roi[2 * FY_MAX_RANK];
	int given;

	for (int i = 0; i < FY_MAX_RANK; i++)
		plan->resize.roi_end[i] = 1;
	if (plan->resize.coord != FY_COORD_TF_CROP_AND_RESIZE)
		return FY_OK;
	FY_TRY(input_floats(call, 1, roi, 2 * FY_MAX_RANK, &given));
	if (given >= 0 && given != 2 * count)
		return fy_onnx_fail(call, "roi has %d numbers for %d axes", given, count);
	plan->known &= given >= 0;
	for (int i = 0; i < count && given >= 0; i++) {
		plan->resize.roi_start[axes[i]] = roi[i];
		plan->resize.roi_end[axes[i]] = roi[count + i];
	}
	return FY_OK;
}

/* Sizes are a vector of one number per axis, also where the numbers are not known. */
static fy_status check_wishes(const fy_onnx_call *call, int axis_count)
{
	const fy_shape *sizes = fy_onnx_has(call, 3) ? fy_onnx_shape(call, 3) : NULL;

	if (call->version >= 13 && !fy_onnx_has(call, 2) && !fy_onnx_has(call, 3))
		return fy_onnx_fail(call, "neither scales nor sizes are given");
	if (sizes && sizes->rank != 1)
		return fy_onnx_fail(call, "sizes must be a vector");
	if (sizes && fy_dim_known(sizes->dims[0]) && sizes->dims[0] != axis_count)
		return fy_onnx_fail(call, "%" PRId64 " sizes for %d axes", sizes->dims[0], axis_count);
	return FY_OK;
}

static fy_status plan_resize(const fy_onnx_call *call, const fy_shape *in, resize_plan *plan)
{
	double scales[FY_MAX_RANK];
	int64_t sizes[FY_MAX_RANK];
	int axes[FY_MAX_RANK], axis_count, scale_count = -1, size_count = -1;

	*plan = (resize_plan){ .known = true, .out = *in };
	FY_TRY(resize_modes(call, &plan->resize));
	FY_TRY(resize_axes(call, in->rank, axes, &axis_count));
	FY_TRY(read_roi(call, axes, axis_count, plan));
	if (call->version < 10 && fy_onnx_attr_of(call->op, call->opset, "scales"))
		FY_TRY(fy_onnx_floats(call, "scales", scales, FY_MAX_RANK, &scale_count));
	else
		FY_TRY(input_floats(call, call->version < 11 ? 1 : 2, scales, FY_MAX_RANK, &scale_count));
	FY_TRY(fy_onnx_input_ints(call, 3, sizes, FY_MAX_RANK, &size_count, false));
	FY_TRY(check_wishes(call, axis_count));
	if (scale_count < 0 && size_count < 0) {
		if (call->concrete)
			return fy_onnx_fail(call, "neither scales nor sizes are given");
		plan->known = false;
		return FY_OK;
	}
	if ((scale_count >= 0 ? scale_count : size_count) != axis_count)
		return fy_onnx_fail(call, "%d scales or sizes for %d axes",
				    scale_count >= 0 ? scale_count : size_count, axis_count);
	if (scale_count >= 0)
		FY_TRY(scales_to_sizes(call, in, axes, scales, axis_count, plan));
	else
		sizes_to_scales(call, in, axes, sizes, axis_count, plan);
	for (int i = 0; i < in->rank; i++) {
		if (in->dims[i] == 0 && plan->out.dims[i] > 0)
			return fy_onnx_fail(call, "axis %d is empty", i);
		if (call->concrete && !fy_dim_known(plan->out.dims[i]))
			return fy_onnx_fail(call, "axis %d has a negative size", i);
	}
	return FY_OK;
}

static fy_status resize_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	resize_plan plan;

	if (!in)
		return fy_onnx_infer_same(call);
	FY_TRY(plan_resize(call, in, &plan));
	for (int i = 0; i < in->rank && !plan.known; i++)
		plan.out.dims[i] = FY_ONNX_DIM_UNKNOWN;
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &plan.out);
}

/* Before opset 11 nothing says which neighbour is the nearest; ONNX Runtime takes the upper one along axes
 * that shrink and the lower one along others. The axes that shrink go first. */
static fy_status resize_old_nearest(fy_onnx_call *call, const resize_plan *plan)
{
	const fy_tensor *in = call->inputs[0];
	fy_resize shrink = plan->resize, grow = plan->resize;
	fy_shape between = in->shape;
	fy_tensor *shrunk;

	shrink.nearest = FY_NEAREST_CEIL;
	for (int i = 0; i < in->shape.rank; i++) {
		if (plan->resize.scale[i] < 1) {
			between.dims[i] = plan->out.dims[i];
			grow.scale[i] = 1;
		} else {
			shrink.scale[i] = 1;
		}
	}
	FY_TRY(fy_onnx_new(call, &shrunk, in->dtype, &between, false));
	fy_kernel_resize(shrunk, in, &shrink);
	fy_kernel_resize(call->outputs[0], shrunk, &grow);
	fy_tensor_unref(shrunk);
	return FY_OK;
}

static fy_status resize_eval(fy_onnx_call *call)
{
	resize_plan plan;

	FY_TRY(plan_resize(call, &call->inputs[0]->shape, &plan));
	if (call->version < 11 && plan.resize.mode == FY_RESIZE_NEAREST)
		return resize_old_nearest(call, &plan);
	fy_kernel_resize(call->outputs[0], call->inputs[0], &plan.resize);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_resize = {
	.name = "onnx::Resize",
	.since = FY_ONNX_SINCE(10, 11, 13, 18, 19),
	.arity = FY_ONNX_ARITY({ 10, 2, 2, 1, 1 }, { 11, 3, 4, 1, 1 }, { 13, 1, 4, 1, 1 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "antialias", .kind = 'i', .since = 18 },
		{ .name = "axes", .kind = 'I', .since = 18 },
		{ .name = "coordinate_transformation_mode", .kind = 's', .text = "half_pixel", .since = 11 },
		{ .name = "cubic_coeff_a", .kind = 'f', .number = -0.75, .since = 11 },
		{ .name = "exclude_outside", .kind = 'i', .since = 11 },
		{ .name = "extrapolation_value", .kind = 'f', .since = 11 },
		{ .name = "keep_aspect_ratio_policy", .kind = 's', .text = "stretch", .since = 18 },
		{ .name = "mode", .kind = 's', .text = "nearest" },
		{ .name = "nearest_mode", .kind = 's', .text = "round_prefer_floor", .since = 11 }),
	.infer = resize_infer,
	.eval = resize_eval,
};

const fy_onnx_op fy_onnx_op_upsample = {
	.name = "onnx::Upsample",
	.since = FY_ONNX_SINCE(7, 9),
	.removed = 10,
	.arity = FY_ONNX_ARITY({ 7, 1, 1, 1, 1 }, { 9, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "mode", .kind = 's', .text = "nearest" },
			       { .name = "scales", .kind = 'F', .until = 8, .required = true }),
	.infer = resize_infer,
	.eval = resize_eval,
};

/* ---- grid sample ------------------------------------------------------------------------------------------
 */

static fy_status grid_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *grid = fy_onnx_shape(call, 1);
	fy_shape out;

	if (!in || !grid)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	if (in->rank != grid->rank)
		return fy_onnx_fail(call, "the input has rank %d, the grid %d", in->rank, grid->rank);
	if (in->rank < 4 || in->rank > 5)
		return fy_onnx_unsupported(call, "of input rank %d and grid rank %d", in->rank, grid->rank);
	if (fy_dim_known(grid->dims[grid->rank - 1]) && grid->dims[grid->rank - 1] != in->rank - 2)
		return fy_onnx_fail(call, "the grid has %" PRId64 " coordinates per point",
				    grid->dims[grid->rank - 1]);
	if (fy_dim_known(grid->dims[0]) && fy_dim_known(in->dims[0]) && grid->dims[0] != in->dims[0])
		return fy_onnx_fail(call, "input and grid differ in batch size");
	out = *in;
	for (int i = 2; i < in->rank; i++)
		out.dims[i] = grid->dims[i - 1];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status grid_eval(fy_onnx_call *call)
{
	fy_str mode = fy_onnx_text(call, "mode"), padding = fy_onnx_text(call, "padding_mode");
	fy_resize_mode how = FY_RESIZE_NEAREST;
	fy_grid_padding outside = FY_GRID_ZEROS;

	if (fy_str_is(mode, "linear") || fy_str_is(mode, "bilinear"))
		how = FY_RESIZE_LINEAR;
	else if (fy_str_is(mode, "cubic") || fy_str_is(mode, "bicubic"))
		how = FY_RESIZE_CUBIC;
	else if (!fy_str_is(mode, "nearest"))
		return fy_onnx_fail(call, "unknown mode");
	if (fy_str_is(padding, "border"))
		outside = FY_GRID_BORDER;
	else if (fy_str_is(padding, "reflection"))
		outside = FY_GRID_REFLECTION;
	else if (!fy_str_is(padding, "zeros"))
		return fy_onnx_fail(call, "unknown padding_mode");
	if (how == FY_RESIZE_CUBIC && call->inputs[0]->shape.rank != 4)
		return fy_onnx_unsupported(call, "cubic in three dimensions");
	fy_kernel_grid_sample(call->outputs[0], call->inputs[0], call->inputs[1], how, outside,
			      fy_onnx_int(call, "align_corners") != 0);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_grid_sample = {
	.name = "onnx::GridSample",
	.since = FY_ONNX_SINCE(16, 20, 22),
	.arity = FY_ONNX_ARITY({ 16, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "align_corners", .kind = 'i' },
			       { .name = "mode", .kind = 's', .text = "bilinear", .until = 19 },
			       { .name = "mode", .kind = 's', .text = "linear", .since = 20 },
			       { .name = "padding_mode", .kind = 's', .text = "zeros" }),
	.infer = grid_infer,
	.eval = grid_eval,
};
