/*
 * Resampling on a regular grid, for PyTorch's upsample and ONNX's Resize alike. Where an output position lies
 * in the input is decided here, dim by dim, in the precision PyTorch and ONNX Runtime use (single unless the
 * data is double); nearest is then an index map per dim, linear and cubic are one pass of weighted sums per
 * dim, last dim first.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

/* What one output index takes: taps[o] elements at[o * width ...] with their weights; no taps: extrapolation.
 */
typedef struct resize_pass {
	int64_t in_count, out_count, inner, width;
	int64_t *at, *taps;
	double *weight;
	double extrapolation;
	fy_dtype dtype;
	const void *in;
	void *out;
} resize_pass;

#define T      float
#define RESIZE resize_f32
#include "kernels/resize_loops.inc"

#define T      double
#define RESIZE resize_f64
#include "kernels/resize_loops.inc"

fy_resize fy_resize_default(fy_resize_mode mode, fy_resize_coord coord)
{
	return (fy_resize){ .mode = mode, .coord = coord, .cubic_a = -0.75 };
}

/* ---- positions ---- */

typedef struct axis {
	const fy_resize *resize;
	int dim;
	int64_t in, out;
	bool single; /* round every step to float: exact, as double holds all products of floats */
	double step; /* input per output */
	double scale;
} axis;

static double rounded(const axis *a, double value)
{
	return a->single ? (double)(float)value : value;
}

static bool is_torch(const fy_resize *resize)
{
	return resize->coord <= FY_COORD_TORCH_CORNERS;
}

static axis make_axis(const fy_resize *resize, int dim, int64_t in, int64_t out, bool single)
{
	axis a = { .resize = resize, .dim = dim, .in = in, .out = out, .single = single };
	double given = resize->scale[dim];

	a.scale = rounded(&a, given > 0 ? given : (double)out / (double)in);
	if (resize->coord == FY_COORD_TORCH_CORNERS || resize->coord == FY_COORD_ALIGN_CORNERS)
		a.step = out > 1 ? rounded(&a, (double)(in - 1) / (double)(out - 1)) : 0;
	else
		a.step = rounded(&a, given > 0 ? 1 / given : (double)in / (double)out);
	return a;
}

/* (x + 0.5) / scale, where PyTorch multiplies and ONNX Runtime divides. */
static double half_pixel(const axis *a, double x)
{
	if (is_torch(a->resize))
		return rounded(a, a->step * (x + 0.5));
	return rounded(a, (x + 0.5) / a->scale);
}

static double crop_position(const axis *a, double x)
{
	double start = a->resize->roi_start[a->dim], end = a->resize->roi_end[a->dim],
	       last = (double)(a->in - 1);

	if (a->out <= 1)
		return rounded(a, 0.5 * (start + end) * last);
	return rounded(a, start * last + x * (end - start) * last / (double)(a->out - 1));
}

static double symmetric_position(const axis *a, double x)
{
	double adjustment = rounded(a, (double)a->out / rounded(a, a->scale * (double)a->in));
	double offset = rounded(a, (double)a->in / 2 * rounded(a, 1 - adjustment));

	return rounded(a, rounded(a, offset + half_pixel(a, x)) - 0.5);
}

/* Position of output index x in the input; may lie outside. */
static double position(const axis *a, int64_t index)
{
	double x = (double)index, at;

	switch (a->resize->coord) {
	case FY_COORD_TORCH:
		if (a->resize->mode == FY_RESIZE_NEAREST)
			return rounded(a, x * a->step);
		at = rounded(a, half_pixel(a, x) - 0.5);
		return at < 0 && a->resize->mode == FY_RESIZE_LINEAR ? 0 : at;
	case FY_COORD_TORCH_EXACT:
	case FY_COORD_TF_HALF_PIXEL_FOR_NN:
		return half_pixel(a, x);
	case FY_COORD_TORCH_CORNERS:
		return rounded(a, x * a->step);
	case FY_COORD_HALF_PIXEL:
		return rounded(a, half_pixel(a, x) - 0.5);
	case FY_COORD_HALF_PIXEL_SYMMETRIC:
		return symmetric_position(a, x);
	case FY_COORD_PYTORCH_HALF_PIXEL:
		return a->out > 1 ? rounded(a, half_pixel(a, x) - 0.5) : 0;
	case FY_COORD_ALIGN_CORNERS:
		return a->out > 1 ? rounded(a, rounded(a, x * (double)(a->in - 1)) / (double)(a->out - 1))
				  : 0;
	case FY_COORD_ASYMMETRIC:
		return rounded(a, x / a->scale);
	case FY_COORD_TF_CROP_AND_RESIZE:
		return crop_position(a, x);
	}
	FY_BUG("coordinate mode %d is unknown", (int)a->resize->coord);
}

static int64_t clamped(double at, int64_t size)
{
	return at >= (double)(size - 1) ? size - 1 : at > 0 ? (int64_t)at : 0;
}

static bool extrapolates(const axis *a, double at)
{
	return a->resize->coord == FY_COORD_TF_CROP_AND_RESIZE && !(at >= 0 && at <= (double)(a->in - 1));
}

/* ---- nearest ---- */

static double whole(const axis *a, double at)
{
	if (is_torch(a->resize))
		return floor(at);
	switch (a->resize->nearest) {
	case FY_NEAREST_FLOOR:
		return floor(at);
	case FY_NEAREST_CEIL:
		return ceil(at);
	case FY_NEAREST_ROUND_PREFER_CEIL:
		return floor(at + 0.5);
	default:
		return ceil(at - 0.5);
	}
}

static int64_t *nearest_map(const axis *a)
{
	int64_t *map = fy_alloc((size_t)(a->out + 1) * sizeof(*map));

	for (int64_t o = 0; o < a->out; o++) {
		double at = position(a, o);
		map[o] = extrapolates(a, at) ? -1 : clamped(whole(a, at), a->in);
	}
	return map;
}

/* ---- linear and cubic ---- */

static double cubic_weight(double x, double a)
{
	x = fabs(x);
	if (x <= 1)
		return ((a + 2) * x - (a + 3)) * x * x + 1;
	return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static void normalise(double *weight, int64_t count)
{
	double sum = 0;

	for (int64_t k = 0; k < count; k++)
		sum += weight[k];
	for (int64_t k = 0; k < count && sum != 0; k++)
		weight[k] /= sum;
}

static void plain_taps(const axis *a, resize_pass *pass, int64_t o, double at)
{
	bool cubic = a->resize->mode == FY_RESIZE_CUBIC;
	int64_t *index = pass->at + o * pass->width, count = cubic ? 4 : 2;
	double *weight = pass->weight + o * pass->width;

	if (!cubic)
		at = at < 0 ? 0 : at > (double)(a->in - 1) ? (double)(a->in - 1) : at;
	double base = floor(at), part = rounded(a, at - base);
	for (int64_t k = 0; k < count; k++) {
		double tap = base + (double)(cubic ? k - 1 : k);
		index[k] = clamped(tap, a->in);
		weight[k] = cubic    ? cubic_weight(part - (double)(k - 1), a->resize->cubic_a)
			    : k == 0 ? rounded(a, 1 - part)
				     : part;
		if (cubic && a->resize->exclude_outside && (tap < 0 || tap > (double)(a->in - 1)))
			weight[k] = 0;
	}
	if (cubic && a->resize->exclude_outside)
		normalise(weight, count);
	pass->taps[o] = count;
}

/* The kernel as wide as the input that one output covers. Outside of the input PyTorch has no taps; in ONNX
 * the outermost elements go on for ever unless they are to be left out. */
static void wide_taps(const axis *a, resize_pass *pass, int64_t o, double centre)
{
	bool cubic = a->resize->mode == FY_RESIZE_CUBIC,
	     only_inside = is_torch(a->resize) || a->resize->exclude_outside;
	double stretch = a->step >= 1 ? a->step : 1, support = (cubic ? 2 : 1) * stretch;
	double first = floor(centre - support + 0.5), end = floor(centre + support + 0.5);
	int64_t count = 0;

	for (double i = first; i < end && count < pass->width; i++) {
		double x = (i - centre + 0.5) / stretch;
		if (only_inside && (i < 0 || i > (double)(a->in - 1)))
			continue;
		pass->at[o * pass->width + count] = clamped(i, a->in);
		pass->weight[o * pass->width + count++] = cubic         ? cubic_weight(x, a->resize->cubic_a)
							  : fabs(x) < 1 ? 1 - fabs(x)
									: 0;
	}
	normalise(pass->weight + o * pass->width, count);
	pass->taps[o] = count;
}

static resize_pass make_pass(const axis *a)
{
	bool wide = a->resize->antialias, cubic = a->resize->mode == FY_RESIZE_CUBIC;
	resize_pass pass = { .in_count = a->in,
			     .out_count = a->out,
			     .extrapolation = a->resize->extrapolation };

	pass.width = wide ? (int64_t)ceil((cubic ? 4 : 2) * fmax(a->step, 1)) + 2 : cubic ? 4 : 2;
	pass.at = fy_alloc((size_t)(a->out * pass.width) * sizeof(int64_t));
	pass.weight = fy_alloc((size_t)(a->out * pass.width) * sizeof(double));
	pass.taps = fy_alloc((size_t)a->out * sizeof(int64_t));
	for (int64_t o = 0; o < a->out; o++) {
		double at = position(a, o);
		if (extrapolates(a, at))
			pass.taps[o] = 0;
		else if (!a->resize->antialias)
			plain_taps(a, &pass, o, at);
		else if (is_torch(a->resize))
			wide_taps(a, &pass, o, rounded(a, a->step * ((double)o + 0.5)));
		else
			wide_taps(a, &pass, o, at + 0.5);
	}
	return pass;
}

static void some_lines(void *context, int64_t begin, int64_t end)
{
	const resize_pass *p = context;

	for (int64_t outer = begin; outer < end; outer++) {
		int64_t from = outer * p->in_count * p->inner, to = outer * p->out_count * p->inner;
		if (p->dtype == FY_F32)
			resize_f32(p, (float *)p->out + to, (const float *)p->in + from);
		else
			resize_f64(p, (double *)p->out + to, (const double *)p->in + from);
	}
}

/* A new tensor like `in` with one dim resampled. */
static fy_tensor *run_pass(const fy_tensor *in, const axis *a)
{
	resize_pass pass = make_pass(a);
	fy_shape shape = in->shape;

	shape.dims[a->dim] = a->out;
	fy_tensor *out = fy_temporary(in->dtype, &shape);
	fy_lines lines = fy_lines_of(&shape, a->dim);
	pass.inner = lines.inner;
	pass.dtype = in->dtype;
	pass.in = fy_tensor_data(in);
	pass.out = fy_tensor_write_data(out);
	fy_parallel(lines.outer, fy_grain(lines.count * lines.inner * 2), some_lines, &pass);
	fy_free(pass.at);
	fy_free(pass.weight);
	fy_free(pass.taps);
	return out;
}

/* ---- all dims ---- */

static bool changes(const fy_resize *resize, int dim, int64_t in, int64_t out)
{
	double scale = resize->scale[dim];

	if (resize->coord == FY_COORD_TF_CROP_AND_RESIZE)
		return in != out || resize->roi_start[dim] != 0 || resize->roi_end[dim] != 1;
	if (in != out)
		return true;
	if (scale <= 0 || scale == 1)
		return false;
	/* PyTorch copies a dim of equal sizes whatever the scale, but for these. */
	return !is_torch(resize) || (resize->mode == FY_RESIZE_CUBIC && !resize->antialias) ||
	       resize->coord == FY_COORD_TORCH_EXACT;
}

static void resize_nearest(fy_tensor *out, const fy_tensor *in, const fy_resize *resize)
{
	int64_t *maps[FY_MAX_RANK] = { NULL };

	for (int d = 0; d < in->shape.rank; d++) {
		axis a = make_axis(resize, d, in->shape.dims[d], out->shape.dims[d], true);
		if (changes(resize, d, a.in, a.out))
			maps[d] = nearest_map(&a);
	}
	fy_remap(out, in, (const int64_t *const *)maps, resize->extrapolation);
	for (int d = 0; d < in->shape.rank; d++)
		fy_free(maps[d]);
}

/* Integer images: PyTorch rounds to the nearest and saturates bytes, ONNX Runtime truncates. */
static void round_integers(fy_tensor *result, fy_dtype to)
{
	fy_kernel_unary(result, FY_ROUND, result);
	if (to == FY_U8)
		fy_kernel_unary_with(result, FY_CLAMP, result, 0, 255, 0);
}

void fy_kernel_resize(fy_tensor *out, const fy_tensor *in, const fy_resize *resize)
{
	fy_dtype dtype = fy_wide(out->dtype);

	FY_ASSERT(in->shape.rank == out->shape.rank && in->dtype == out->dtype);
	if (fy_numel(&out->shape) == 0)
		return;
	FY_ASSERT(fy_numel(&in->shape) > 0);
	if (resize->mode == FY_RESIZE_NEAREST) {
		resize_nearest(out, in, resize);
		return;
	}
	if (dtype != FY_F64)
		dtype = FY_F32;
	fy_tensor *now = fy_operand_dense(in, dtype);
	for (int d = in->shape.rank - 1; d >= 0; d--) {
		axis a = make_axis(resize, d, in->shape.dims[d], out->shape.dims[d], dtype == FY_F32);
		if (!changes(resize, d, a.in, a.out))
			continue;
		fy_tensor *next = run_pass(now, &a);
		fy_tensor_unref(now);
		now = next;
	}
	if (!fy_dtype_is_float(out->dtype) && is_torch(resize))
		round_integers(now, out->dtype);
	fy_tensor_copy(out, now);
	fy_tensor_unref(now);
}
