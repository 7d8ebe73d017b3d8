/*
 * Sampling an image at positions that another tensor gives.
 */
#include <tgmath.h>

#include "kernels/kernels_internal.h"

typedef struct grid_job {
	fy_dtype dtype;
	fy_resize_mode mode;
	fy_grid_padding padding;
	bool align_corners;
	int rank;                 /* spatial dims: 2 or 3 */
	int64_t size[3];          /* of the input: d, h, w */
	int64_t channels, places; /* places: output positions of one image */
	const void *in, *grid;
	void *out;
} grid_job;

/* Far enough outside for anything that is not a usable index, NaN included. */
static int64_t to_index(double at)
{
	return at >= -1e15 && at <= 1e15 ? (int64_t)at : INT64_MIN / 2;
}

static double clipped(double at, int64_t size)
{
	return at > 0 ? (at < (double)(size - 1) ? at : (double)(size - 1)) : 0;
}

/* Mirrors at the centres of the outermost pixels or at their outer edges. */
static double reflected(double at, int64_t size, bool at_centres)
{
	double low = at_centres ? 0 : -0.5, span = (double)(at_centres ? size - 1 : size);

	if (span <= 0)
		return 0;
	at = fabs(at - low);
	double extra = fmod(at, span), flips = floor(at / span);
	return fmod(flips, 2.0) == 0 ? extra + low : span - extra + low;
}

static double folded(const grid_job *job, double at, int64_t size)
{
	if (job->padding == FY_GRID_BORDER)
		return clipped(at, size);
	if (job->padding == FY_GRID_REFLECTION)
		return clipped(reflected(at, size, job->align_corners), size);
	return at;
}

/* False: this tap counts as zero. Cubic taps are folded one by one. */
static bool inside(const grid_job *job, int64_t place[3])
{
	for (int d = 3 - job->rank; d < 3; d++) {
		if (job->mode == FY_RESIZE_CUBIC && job->padding != FY_GRID_ZEROS)
			place[d] = to_index(folded(job, (double)place[d], job->size[d]));
		if (place[d] < 0 || place[d] >= job->size[d])
			return false;
	}
	return true;
}

#define T       float
#define SOURCE  source_f32
#define CUBIC   cubic_f32
#define SAMPLE  sample_f32
#define SAMPLES samples_f32
#include "kernels/grid_loops.inc"

#define T       double
#define SOURCE  source_f64
#define CUBIC   cubic_f64
#define SAMPLE  sample_f64
#define SAMPLES samples_f64
#include "kernels/grid_loops.inc"

enum { PIECE = 4096 };

/* One unit is a piece of the places of one image. */
static void some_pieces(void *context, int64_t begin, int64_t end)
{
	const grid_job *job = context;
	int64_t pieces = (job->places + PIECE - 1) / PIECE;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t from = unit % pieces * PIECE;
		int64_t to = from + PIECE < job->places ? from + PIECE : job->places;
		if (job->dtype == FY_F32)
			samples_f32(job, unit / pieces, from, to);
		else
			samples_f64(job, unit / pieces, from, to);
	}
}

void fy_kernel_grid_sample(fy_tensor *out, const fy_tensor *in, const fy_tensor *grid, fy_resize_mode mode,
			   fy_grid_padding padding, bool align_corners)
{
	grid_job job = { .dtype = fy_wide(out->dtype), .mode = mode, .padding = padding, .places = 1 };
	int rank = in->shape.rank - 2;

	FY_ASSERT((rank == 2 || rank == 3) && out->shape.rank == rank + 2 && grid->shape.rank == rank + 2);
	FY_ASSERT(grid->shape.dims[rank + 1] == rank && (mode != FY_RESIZE_CUBIC || rank == 2));
	FY_ASSERT(job.dtype == FY_F32 || job.dtype == FY_F64);
	job.align_corners = align_corners;
	job.rank = rank;
	job.channels = in->shape.dims[1];
	for (int d = 0; d < 3; d++)
		job.size[d] = d < 3 - rank ? 1 : in->shape.dims[d - (3 - rank) + 2];
	for (int d = 0; d < rank; d++) {
		FY_ASSERT(out->shape.dims[d + 2] == grid->shape.dims[d + 1]);
		job.places *= out->shape.dims[d + 2];
	}
	if (fy_numel(&out->shape) == 0)
		return;
	fy_tensor *from = fy_operand_dense(in, job.dtype), *where = fy_operand_dense(grid, job.dtype);
	fy_tensor *to = fy_out_open(out, job.dtype);
	job.in = fy_tensor_data(from);
	job.grid = fy_tensor_data(where);
	job.out = fy_tensor_write_data(to);
	int64_t pieces = (job.places + PIECE - 1) / PIECE;
	fy_parallel(in->shape.dims[0] * pieces, fy_grain(PIECE * job.channels), some_pieces, &job);
	fy_tensor_unref(from);
	fy_tensor_unref(where);
	fy_out_close(out, to);
}
