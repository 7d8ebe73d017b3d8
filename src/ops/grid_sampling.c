/*
 * Sampling images at given points: grid_sampler, and affine_grid_generator, which makes the points of an
 * affine map. In ONNX GridSample (images from opset 16, volumes from 20) and a product with a grid of
 * constants.
 */
#include "ops/spatial.h"

/* ---- grid_sampler ------------------------------------------------------------------------------- */

typedef struct sample_form {
	int rank; /* spatial dims; 0: as many as the input has */
} sample_form;

enum { BILINEAR, NEAREST, BICUBIC, MODES }; /* PyTorch's numbers */

static fy_status read_sampling(const fy_call *call, int64_t *mode, int64_t *padding, bool *corners)
{
	FY_TRY(fy_call_int(call, 2, mode));
	FY_TRY(fy_call_int(call, 3, padding));
	FY_TRY(fy_call_bool(call, 4, corners));
	if (*mode < 0 || *mode >= MODES || *padding < 0 || *padding > FY_GRID_REFLECTION)
		return fy_call_raise(call, "unknown mode of interpolation or padding");
	return FY_OK;
}

static fy_status sample_infer(fy_call *call)
{
	const sample_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0), *grid = fy_call_tensor(call, 1);
	int spatial = form->rank > 0 ? form->rank : in->shape.rank - 2;
	int64_t mode, padding;
	bool corners;
	fy_shape out = in->shape;
	FY_TRY(read_sampling(call, &mode, &padding, &corners));
	if ((spatial != 2 && spatial != 3) || in->shape.rank != spatial + 2 ||
	    grid->shape.rank != spatial + 2)
		return fy_call_raise(call, "an input of rank %d and a grid of rank %d do not fit",
				     in->shape.rank, grid->shape.rank);
	if (in->dtype != grid->dtype || !fy_dtype_is_float(in->dtype))
		return fy_call_raise(call, "takes floats of one type");
	if (mode == BICUBIC && spatial != 2)
		return fy_call_raise(call, "bicubic interpolation is for images only");
	if (grid->shape.dims[spatial + 1] != spatial)
		return fy_call_raise(call, "the grid must hold %d coordinates per point", spatial);
	if (fy_dim_known(in->shape.dims[0]) && fy_dim_known(grid->shape.dims[0]) &&
	    in->shape.dims[0] != grid->shape.dims[0])
		return fy_call_raise(call, "input and grid differ in batch size");
	for (int i = 0; i < spatial; i++) {
		if (in->shape.dims[2 + i] == 0)
			return fy_call_raise(call, "the input is empty");
		out.dims[2 + i] = grid->shape.dims[1 + i];
	}
	return fy_result_fresh(call, in->dtype, &out);
}

static fy_status sample_eval(fy_call *call)
{
	static const fy_resize_mode modes[] = { FY_RESIZE_LINEAR, FY_RESIZE_NEAREST, FY_RESIZE_CUBIC };
	int64_t mode, padding;
	bool corners;
	FY_TRY(read_sampling(call, &mode, &padding, &corners));
	fy_kernel_grid_sample(call->outs[0], fy_call_tensor(call, 0), fy_call_tensor(call, 1), modes[mode],
			      (fy_grid_padding)padding, corners);
	return FY_OK;
}

/* Volumes came with opset 20, and with it float64 in ONNX Runtime. */
static int sample_plain_opset(const fy_node *node)
{
	const fy_type *type = fy_node_type(node, 0);
	return type->shape.rank == 4 && type->dtype != FY_F64 ? 16 : 20;
}

static fy_status sample_lower(fy_lowering *l, fy_node *node)
{
	static const char *const modes[] = { "bilinear", "nearest", "bicubic" };
	static const char *const newer_modes[] = { "linear", "nearest", "cubic" };
	static const char *const paddings[] = { "zeros", "border", "reflection" };
	fy_dtype work = fy_node_type(node, 0)->dtype == FY_F64 ? FY_F64 : FY_F32;
	int64_t mode = fy_node_int(node, 2);
	if (fy_lower_opset(l) < sample_plain_opset(node))
		return fy_lower_refuse(l, node, "needs opset %d", sample_plain_opset(node));
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	fy_value *grid = fy_lower_cast(l, fy_lower_tensor(l, node, 1), work);
	x = fy_emit(l, "GridSample", FY_IN(x, grid),
		    FY_ATTRS(fy_attr_int("align_corners", fy_node_bool(node, 4)),
			     fy_attr_str("mode", fy_lower_opset(l) >= 20 ? newer_modes[mode] : modes[mode]),
			     fy_attr_str("padding_mode", paddings[fy_node_int(node, 3)])));
	return fy_lower_finish(l, node, x);
}

const fy_op fy_aten_grid_sampler = {
	.name = "aten::grid_sampler",
	.infer = sample_infer,
	.eval = sample_eval,
	.lower = sample_lower,
	.plain_opset = sample_plain_opset,
	.form = &(const sample_form){ 0 },
	.cases = FY_CASES("f32[1,2,3,4] f32[1,2,3,2]{-1.2:1.2} 0 0 false",
			  "f32[1,2,3,4] f32[1,2,3,2]{-1.2:1.2} 0 1 true",
			  "f32[1,2,3,4] f32[1,2,3,2] 0 2 false", "f32[1,2,3,4] f32[1,2,3,2] 0 2 true",
			  "f32[1,1,3,4] f32[1,3,3,2]{-1.2:1.2} 1 0 false",
			  "f32[1,1,3,4] f32[1,3,3,2]{-1.2:1.2} 1 1 true",
			  "f32[1,1,4,4] f32[1,2,3,2]{-1.2:1.2} 2 0 false",
			  "f32[1,1,4,4] f32[1,2,3,2]{-1.2:1.2} 2 1 true",
			  "f64[1,1,3,4] f64[1,2,3,2]{-1.2:1.2} 0 0 false",
			  "f32[1,1,2,3,3] f32[1,2,2,1,3]{-1.2:1.2} 0 0 false",
			  "f32[1,1,2,3,3] f32[1,2,2,1,3]{-1.2:1.2} 1 1 true",
			  "f32[2,1,3,4] f32[1,2,3,2] 0 0 false", "f32[1,1,3,4] f32[1,2,3,3] 0 0 false",
			  "f32[1,1,3,4] f64[1,2,3,2] 0 0 false", "f32[1,1,2,3,3] f32[1,2,2,1,3] 2 0 false"),
};

const fy_op fy_aten_grid_sampler_2d = {
	.name = "aten::grid_sampler_2d",
	.infer = sample_infer,
	.eval = sample_eval,
	.lower = sample_lower,
	.plain_opset = sample_plain_opset,
	.form = &(const sample_form){ 2 },
	.cases = FY_CASES("f32[1,2,3,4] f32[1,2,3,2]{-1.2:1.2} 0 0 false",
			  "f32[2,1,3,4] f32[2,2,3,2] 1 2 true"),
};

const fy_op fy_aten_grid_sampler_3d = {
	.name = "aten::grid_sampler_3d",
	.infer = sample_infer,
	.eval = sample_eval,
	.lower = sample_lower,
	.plain_opset = sample_plain_opset,
	.form = &(const sample_form){ 3 },
	.cases = FY_CASES("f32[1,1,2,3,3] f32[1,2,2,1,3]{-1.2:1.2} 0 1 false",
			  "f32[1,1,2,3,3] f32[1,2,2,2,3]{-1.2:1.2} 0 2 true"),
};

/* ---- affine_grid_generator ------------------------------------------------------------------------- */

static fy_status read_size(const fy_call *call, int64_t size[5], int *spatial)
{
	int count;
	if (call->args[1].kind != FY_ARG_LIST ||
	    (call->args[1].list.count != 4 && call->args[1].list.count != 5))
		return fy_call_raise(call, "takes 4 or 5 sizes");
	FY_TRY(fy_call_ints(call, 1, size, 0, &count));
	*spatial = count - 2;
	for (int i = 0; i < count; i++)
		if (size[i] < 1 || size[i] > INT32_MAX)
			return fy_call_raise(call, "sizes must be positive");
	return FY_OK;
}

static fy_status affine_infer(fy_call *call)
{
	const fy_tensor *theta = fy_call_tensor(call, 0);
	fy_shape out = { 0 };
	int64_t size[5];
	int spatial;
	bool corners;
	FY_TRY(read_size(call, size, &spatial));
	FY_TRY(fy_call_bool(call, 2, &corners));
	if (theta->shape.rank != 3 || theta->shape.dims[1] != spatial ||
	    theta->shape.dims[2] != spatial + 1 ||
	    (fy_dim_known(theta->shape.dims[0]) && theta->shape.dims[0] != size[0]))
		return fy_call_raise(call, "takes one affine map of %d dims per image", spatial);
	if (!fy_dtype_is_float(theta->dtype))
		return fy_call_raise(call, "takes floats");
	out.rank = spatial + 2;
	out.dims[0] = size[0];
	for (int i = 0; i < spatial; i++)
		out.dims[1 + i] = size[2 + i];
	out.dims[spatial + 1] = spatial;
	return fy_result_fresh(call, theta->dtype, &out);
}

/* Point `index` of n along an axis from -1 to 1: of the elements' centres, or of what lies between the
 * corners. */
static double point(int64_t index, int64_t n, bool corners)
{
	if (corners)
		return n == 1 ? 0 : -1 + 2 * (double)index / (double)(n - 1);
	return (2 * (double)index + 1) / (double)n - 1;
}

/* [points, spatial + 1]: x, y, (z,) 1 of every point, the last dim of the image fastest. NULL: no memory. */
static fy_tensor *base_grid(fy_dtype dtype, const int64_t size[], int spatial, bool corners)
{
	int64_t points = 1;
	for (int i = 0; i < spatial; i++)
		if (!fy_mul_i64(points, size[2 + i], &points))
			return NULL;
	fy_tensor *grid = fy_tensor_new(dtype, &(fy_shape){ 2, { points, spatial + 1 } }, false);
	for (int64_t k = 0; k < points && grid != NULL; k++) {
		int64_t rest = k;
		for (int i = 0; i < spatial; i++) {
			int64_t n = size[1 + spatial - i];
			fy_tensor_set_f64(grid, k * (spatial + 1) + i, point(rest % n, n, corners));
			rest /= n;
		}
		fy_tensor_set_f64(grid, k * (spatial + 1) + spatial, 1);
	}
	return grid;
}

static fy_status affine_eval(fy_call *call)
{
	const fy_tensor *theta = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0];
	int64_t size[5];
	int spatial;
	bool corners;
	FY_TRY(read_size(call, size, &spatial));
	FY_TRY(fy_call_bool(call, 2, &corners));
	fy_tensor *grid = base_grid(theta->dtype, size, spatial, corners);
	if (grid == NULL)
		return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
				call->schema->full);
	fy_shape turned = { 3, { size[0], spatial + 1, spatial } },
		 rows = { 3, { size[0], grid->shape.dims[0], spatial } };
	const int64_t strides[] = { theta->strides[0], theta->strides[2], theta->strides[1] };
	const int64_t row_strides[] = { grid->shape.dims[0] * spatial, spatial, 1 };
	fy_tensor *map = fy_tensor_view(theta, theta->dtype, &turned, strides, theta->offset);
	fy_tensor *to = fy_tensor_view(out, out->dtype, &rows, row_strides, out->offset);
	fy_status status = fy_kernel_matmul(to, grid, map, call->diags, &call->place);
	fy_tensor_unref(grid);
	fy_tensor_unref(map);
	fy_tensor_unref(to);
	return status;
}

static fy_status affine_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *result = fy_node_result_type(node, 0);
	fy_dtype work = result->dtype == FY_F64 ? FY_F64 : FY_F32;
	int64_t size[5];
	int count = fy_node_ints(node, 1, size, 0);
	int64_t points = 1;
	for (int i = 2; i < count; i++)
		if (!fy_lower_along_fits(points, size[i]))
			return fy_lower_refuse(l, node, "would need a very large constant");
		else
			points *= size[i];
	fy_tensor *grid = base_grid(work, size, count - 2, fy_node_bool(node, 2));
	fy_value *map = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	map = fy_lower_transpose(l, map, (const int[]){ 0, 2, 1 });
	map = fy_emit2(l, "MatMul", fy_lower_constant(l, grid), map);
	return fy_lower_finish(l, node, fy_lower_reshape(l, map, &result->shape));
}

const fy_op fy_aten_affine_grid_generator = {
	.name = "aten::affine_grid_generator",
	.infer = affine_infer,
	.eval = affine_eval,
	.lower = affine_lower,
	.cases = FY_CASES("f32[2,2,3] [2,1,2,3] false", "f32[1,2,3] [1,2,3,1] true",
			  "f64[1,3,4] [1,1,2,2,3] false", "f32[1,3,4] [1,1,2,1,3] true",
			  "f32[1,2,3] [2,1,2,3] false", "f32[1,2,3] [1,1,2] false",
			  "f16[1,2,3] [1,1,2,2] false"),
};
