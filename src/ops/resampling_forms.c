/*
 * ONNX forms of upsampling: a Resize where that gives what PyTorch gives, which is tried out on a probe, axis
 * by axis; else the same as index tables and matrices, which the kernel makes. Knows no operator by name.
 */
#include "ops/resampling.h"

#include <math.h>

/* ---- trying out on one axis --------------------------------------------------------------------------- */

/* What `resize` makes of one axis, given and told as tensors whose dim 0 it is. NULL: no memory. */
static fy_tensor *along_axis(const fy_resize *resize, int dim, const fy_tensor *in, int64_t size)
{
	fy_resize one = *resize;
	fy_shape shape = in->shape;
	shape.dims[0] = size;
	for (int i = 0; i < FY_MAX_RANK; i++)
		one.scale[i] = i == 0 ? resize->scale[dim] : 0;
	fy_tensor *out = fy_tensor_new(in->dtype, &shape, false);
	if (out != NULL)
		fy_kernel_resize(out, in, &one);
	return out;
}

/* Noise tells the weights of any two different neighbourhoods apart. */
static fy_tensor *make_probe(int64_t size)
{
	fy_tensor *probe = fy_tensor_new(FY_F32, &(fy_shape){ 1, { size } }, false);
	uint64_t state = 1;
	for (int64_t i = 0; i < size && probe != NULL; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((float *)fy_tensor_write_data(probe))[i] = (float)(state >> 40) / 16777216.0f;
	}
	return probe;
}

enum { LONGEST_PROBE = 1 << 24 }; /* what is longer is not tried out and counts as different */

/* Do two ways to resample give the same along this axis? Nearest must agree entirely, sums of products up to
 * what single precision loses on positions. */
static bool agree(const fy_resize *a, const fy_resize *b, int dim, int64_t in, int64_t out)
{
	double most = a->mode == FY_RESIZE_NEAREST ? 0 : 1e-5 + 1e-6 * (double)in;
	fy_tensor *probe = NULL, *of_a = NULL, *of_b = NULL;
	if (in <= LONGEST_PROBE && out <= LONGEST_PROBE)
		probe = make_probe(in);
	if (probe != NULL) {
		of_a = along_axis(a, dim, probe, out);
		of_b = along_axis(b, dim, probe, out);
	}
	bool same = of_a != NULL && of_b != NULL;
	for (int64_t i = 0; i < out && same; i++)
		same = fabs((double)((const float *)fy_tensor_data(of_a))[i] -
			    (double)((const float *)fy_tensor_data(of_b))[i]) <= most;
	fy_tensor_unref(probe);
	fy_tensor_unref(of_a);
	fy_tensor_unref(of_b);
	return same;
}

/* ---- Resize and Upsample --------------------------------------------------------------------------------
 */

/* The ONNX form, computed: what the attributes that emit_resize writes mean. Scales are set by the caller. */
static fy_resize onnx_resize(const fy_upsample_plan *plan)
{
	const fy_resize *torch = &plan->resize;
	fy_resize onnx = fy_resize_default(torch->mode, FY_COORD_HALF_PIXEL);
	if (torch->coord == FY_COORD_TORCH_CORNERS)
		onnx.coord = FY_COORD_ALIGN_CORNERS;
	else if (torch->mode == FY_RESIZE_NEAREST && torch->coord == FY_COORD_TORCH)
		onnx.coord = FY_COORD_ASYMMETRIC;
	onnx.nearest = onnx.coord == FY_COORD_ASYMMETRIC ? FY_NEAREST_FLOOR : FY_NEAREST_ROUND_PREFER_CEIL;
	onnx.antialias = torch->antialias;
	onnx.exclude_outside = torch->antialias && torch->mode == FY_RESIZE_CUBIC;
	onnx.cubic_a = torch->cubic_a;
	return onnx;
}

static int resize_attrs(const fy_resize *onnx, fy_attr attrs[])
{
	static const char *const modes[] = { "nearest", "linear", "cubic" };
	int count = 0;
	attrs[count++] = fy_attr_str("mode", modes[onnx->mode]);
	attrs[count++] = fy_attr_str("coordinate_transformation_mode",
				     onnx->coord == FY_COORD_ALIGN_CORNERS ? "align_corners"
				     : onnx->coord == FY_COORD_ASYMMETRIC  ? "asymmetric"
									   : "half_pixel");
	if (onnx->mode == FY_RESIZE_NEAREST)
		attrs[count++] = fy_attr_str(
			"nearest_mode", onnx->nearest == FY_NEAREST_FLOOR ? "floor" : "round_prefer_ceil");
	if (onnx->mode == FY_RESIZE_CUBIC)
		attrs[count++] = fy_attr_float("cubic_coeff_a", onnx->cubic_a);
	if (onnx->exclude_outside)
		attrs[count++] = fy_attr_int("exclude_outside", 1);
	if (onnx->antialias)
		attrs[count++] = fy_attr_int("antialias", 1);
	return count;
}

static fy_value *float_vector(fy_lowering *l, const double *values, int count)
{
	fy_tensor *vector = fy_tensor_new(FY_F32, &(fy_shape){ 1, { count } }, false);
	for (int i = 0; i < count && vector != NULL; i++)
		fy_tensor_set_f64(vector, i, values[i]);
	return fy_lower_constant(l, vector);
}

/* By scales of all dims, or by sizes when those are given. Until opset 12 no input may be left out. */
static fy_value *emit_resize(fy_lowering *l, fy_value *x, const fy_resize *onnx, fy_value *sizes)
{
	fy_attr attrs[8];
	int count = resize_attrs(onnx, attrs), rank = x == NULL ? 0 : x->type->shape.rank;
	bool old = fy_lower_opset(l) < 13;
	fy_value *roi = old ? float_vector(l, NULL, 0) : NULL;
	if (sizes != NULL)
		return fy_emit(l, "Resize", FY_IN(x, roi, old ? float_vector(l, NULL, 0) : NULL, sizes),
			       attrs, count);
	return fy_emit(l, "Resize", FY_IN(x, roi, float_vector(l, onnx->scale, rank)), attrs, count);
}

/* Sizes for Resize: those of x in front, then those of the images. */
static fy_value *all_sizes(fy_lowering *l, fy_value *x, fy_value *images)
{
	fy_value *front[2];
	const int64_t axis[] = { 0 };
	for (int i = 0; i < 2; i++)
		front[i] = fy_lower_unsqueeze(l, fy_lower_size_of(l, x, i), axis, 1);
	return fy_lower_concat(l, (fy_value *const[]){ front[0], front[1], images }, 3, 0);
}

/* ---- known sizes ------------------------------------------------------------------------------------------
 */

typedef struct upsample_job {
	fy_upsample_plan plan;
	fy_shape in, out;
	int rank;   /* of the tensor */
	bool known; /* all sizes of images */
} upsample_job;

/* The scales that Resize needs; false when in single precision they do not give the sizes. */
static bool exact_scales(const upsample_job *job, fy_resize *onnx)
{
	onnx->scale[0] = onnx->scale[1] = 1;
	for (int i = 2; i < job->rank; i++) {
		double given = job->plan.resize.scale[i], in = (double)job->in.dims[i];
		double scale = (float)(given > 0 ? given : (double)job->out.dims[i] / in);
		if (floor(in * scale) != (double)job->out.dims[i] ||
		    floor((float)in * (float)scale) != (double)job->out.dims[i])
			return false;
		onnx->scale[i] = scale;
	}
	return true;
}

static bool all_agree(const upsample_job *job, const fy_resize *onnx)
{
	for (int i = 2; i < job->rank; i++)
		if (!agree(&job->plan.resize, onnx, i, job->in.dims[i], job->out.dims[i]))
			return false;
	return true;
}

/* ONNX Runtime then copies, whatever the scales are. */
static bool same_sizes(const upsample_job *job)
{
	return fy_shape_eq(&job->in, &job->out);
}

/* NULL when Resize does not give what PyTorch gives. */
static fy_value *known_resize(fy_lowering *l, const upsample_job *job, fy_value *x)
{
	fy_resize onnx = onnx_resize(&job->plan);
	if (fy_lower_opset(l) < (onnx.antialias ? 18 : 11) || same_sizes(job))
		return NULL;
	if (exact_scales(job, &onnx) && all_agree(job, &onnx))
		return emit_resize(l, x, &onnx, NULL);
	for (int i = 0; i < FY_MAX_RANK; i++)
		onnx.scale[i] = 0;
	if (!all_agree(job, &onnx))
		return NULL;
	fy_value *images = fy_lower_ints(l, job->out.dims + 2, job->rank - 2);
	return emit_resize(l, x, &onnx, all_sizes(l, x, images));
}

/* Before opset 11 nearest is known to mean floor only where every size is multiplied. */
static bool multiplies(const upsample_job *job, fy_resize *onnx)
{
	*onnx = onnx_resize(&job->plan);
	onnx->coord = FY_COORD_ASYMMETRIC;
	onnx->nearest = FY_NEAREST_FLOOR;
	onnx->scale[0] = onnx->scale[1] = 1;
	for (int i = 2; i < job->rank; i++) {
		if (job->out.dims[i] % job->in.dims[i] != 0)
			return false;
		onnx->scale[i] = (double)(job->out.dims[i] / job->in.dims[i]);
	}
	return onnx->mode == FY_RESIZE_NEAREST && all_agree(job, onnx);
}

static fy_value *emit_old(fy_lowering *l, fy_value *x, const fy_resize *onnx, int rank)
{
	return fy_emit(l, fy_lower_opset(l) < 10 ? "Upsample" : "Resize",
		       FY_IN(x, float_vector(l, onnx->scale, rank)),
		       FY_ATTRS(fy_attr_str("mode", "nearest")));
}

/* An axis of equal sizes is left alone unless its scale says otherwise: then probing finds out. */
static bool axis_changes(const upsample_job *job, int i)
{
	fy_resize alone = fy_resize_default(FY_RESIZE_NEAREST, FY_COORD_TORCH);
	alone.mode = job->plan.resize.mode;
	return job->in.dims[i] != job->out.dims[i] ||
	       !agree(&job->plan.resize, &alone, i, job->in.dims[i], job->out.dims[i]);
}

static fy_value *gathered(fy_lowering *l, const upsample_job *job, fy_value *x, int axis)
{
	int64_t in = job->in.dims[axis], out = job->out.dims[axis];
	fy_tensor *ramp = fy_tensor_new(FY_I64, &(fy_shape){ 1, { in } }, false), *map = NULL;
	if (ramp != NULL) {
		fy_kernel_arange_i64(ramp, 0, 1);
		map = along_axis(&job->plan.resize, axis, ramp, out);
	}
	fy_tensor_unref(ramp);
	return fy_emit(l, "Gather", FY_IN(x, fy_lower_constant(l, map)), FY_ATTRS(fy_attr_int("axis", axis)));
}

static fy_value *multiplied(fy_lowering *l, const upsample_job *job, fy_value *x, int axis)
{
	int64_t in = job->in.dims[axis];
	fy_tensor *eye = NULL, *matrix = NULL;
	if (x != NULL)
		eye = fy_tensor_new(x->type->dtype, &(fy_shape){ 2, { in, in } }, false);
	if (eye != NULL) {
		fy_kernel_eye(eye, 0);
		matrix = along_axis(&job->plan.resize, axis, eye, job->out.dims[axis]);
	}
	fy_tensor_unref(eye);
	return fy_lower_along(l, x, axis, matrix);
}

/* Larger tables and matrices are no longer reasonable weights of a model. */
static bool too_large(const upsample_job *job)
{
	bool nearest = job->plan.resize.mode == FY_RESIZE_NEAREST;
	for (int i = 2; i < job->rank; i++) {
		double in = (double)job->in.dims[i], most = fmax(in, (double)job->out.dims[i]);
		if (most * (nearest ? 1 : in) > (1 << 25))
			return true;
	}
	return false;
}

static fy_value *axis_by_axis(fy_lowering *l, const upsample_job *job, fy_value *x)
{
	bool nearest = job->plan.resize.mode == FY_RESIZE_NEAREST;
	for (int i = job->rank - 1; i >= 2; i--) {
		if (!axis_changes(job, i))
			continue;
		x = nearest ? gathered(l, job, x, i) : multiplied(l, job, x, i);
	}
	return x;
}

/* What Resize computes in. ONNX Runtime has no float16 before opset 11. */
static fy_dtype resize_type(const fy_lowering *l, fy_dtype dtype)
{
	if (dtype == FY_U8 || (dtype == FY_F16 && fy_lower_opset(l) >= 11))
		return dtype;
	return FY_F32;
}

static fy_value *lower_known(fy_lowering *l, const upsample_job *job, fy_node *node, fy_value *x)
{
	fy_dtype dtype = x->type->dtype;
	bool nearest = job->plan.resize.mode == FY_RESIZE_NEAREST, changes = false;
	fy_resize old;
	for (int i = 2; i < job->rank; i++)
		changes |= axis_changes(job, i);
	if (!changes)
		return x;
	if (dtype != FY_F64) {
		fy_value *in = fy_lower_cast(l, x, resize_type(l, dtype));
		fy_value *y = known_resize(l, job, in);
		if (y == NULL && nearest && fy_lower_opset(l) < 11 && multiplies(job, &old))
			y = emit_old(l, in, &old, job->rank);
		if (y != NULL)
			return y;
	}
	if (too_large(job)) {
		fy_lower_refuse(l, node, "the tables or matrices that say this would be too large");
		return NULL;
	}
	if (nearest)
		return axis_by_axis(l, job, x);
	return axis_by_axis(l, job, fy_lower_cast(l, x, fy_lower_exact_type(dtype)));
}

/* ---- sizes known at run time only ------------------------------------------------------------------------
 */

/* Scales say the size of the result as PyTorch computes it when they are exact in single precision. Where
 * they may leave sizes as they are, ONNX Runtime copies, and PyTorch does not always. */
static bool scales_are_exact(const upsample_job *job)
{
	bool may_copy =
		job->plan.resize.mode == FY_RESIZE_CUBIC || job->plan.resize.coord == FY_COORD_TORCH_EXACT;
	for (int i = 2; i < job->rank; i++) {
		double scale = job->plan.resize.scale[i];
		if (scale <= 0 || (double)(float)scale != scale || (may_copy && scale > 1 && scale < 1.5))
			return false;
	}
	return true;
}

/* Are there scales that move the positions? */
static bool has_scales(const upsample_job *job)
{
	bool any = false;
	for (int i = 2; i < job->rank; i++)
		any |= job->plan.resize.scale[i] > 0;
	return any && job->plan.resize.coord != FY_COORD_TORCH_CORNERS;
}

/* Sizes that come with scales are those which the scales give when they are as unknown as the input's. */
static bool sizes_follow_scales(const upsample_job *job)
{
	for (int i = 2; i < job->rank; i++)
		if (fy_dim_known(job->in.dims[i]) != fy_dim_known(job->out.dims[i]))
			return job->plan.by_factors;
	return true;
}

static fy_value *lower_unknown(fy_lowering *l, const upsample_job *job, fy_node *node, fy_value *x)
{
	fy_resize onnx = onnx_resize(&job->plan);
	bool by_scales = job->plan.by_factors || has_scales(job);
	const char *refusal = NULL;
	if (fy_lower_opset(l) < 11)
		refusal = "sizes that are not known need opset 11";
	else if (x->type->dtype == FY_F64)
		refusal = "float64 needs known sizes";
	else if (onnx.antialias)
		refusal = "antialiasing needs known sizes";
	else if (by_scales && (!scales_are_exact(job) || !sizes_follow_scales(job)))
		refusal = "scale factors that are not exact in single precision need known sizes";
	if (refusal != NULL) {
		fy_lower_refuse(l, node, "%s", refusal);
		return NULL;
	}
	x = fy_lower_cast(l, x, resize_type(l, x->type->dtype));
	if (!by_scales)
		return emit_resize(l, x, &onnx, all_sizes(l, x, fy_lower_int_list(l, node, 1)));
	for (int i = 0; i < job->rank; i++)
		onnx.scale[i] = i < 2 ? 1 : job->plan.resize.scale[i];
	return emit_resize(l, x, &onnx, NULL);
}

/* ---- lowering
 * ---------------------------------------------------------------------------------------------- */

static upsample_job read_job(const fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	upsample_job job = { .in = fy_node_type(node, 0)->shape,
			     .out = fy_node_result_type(node, 0)->shape,
			     .known = true };
	if (fy_upsample_read(&call, &job.plan) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node cannot be read", node->op);
	job.rank = job.in.rank;
	for (int i = 2; i < job.rank; i++)
		job.known &= fy_dim_known(job.in.dims[i]) && fy_dim_known(job.out.dims[i]);
	return job;
}

fy_status fy_upsample_lower(fy_lowering *l, fy_node *node)
{
	upsample_job job = read_job(node);
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (x == NULL)
		return fy_lower_status(l);
	x = job.known ? lower_known(l, &job, node, x) : lower_unknown(l, &job, node, x);
	return x == NULL ? fy_lower_status(l) : fy_lower_finish(l, node, x);
}

/* Sums of products are matrices at any opset; nearest without a whole factor is a Gather before 11. */
int fy_upsample_plain_opset(const fy_node *node)
{
	upsample_job job = read_job(node);
	fy_resize old;
	if (!job.known)
		return 11;
	if (job.plan.resize.mode != FY_RESIZE_NEAREST || fy_node_type(node, 0)->dtype == FY_F64)
		return 9;
	return multiplies(&job, &old) ? 9 : 11;
}
