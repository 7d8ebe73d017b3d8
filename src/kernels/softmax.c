/*
 * softmax and log_softmax along one dim. Neighbouring lines are done together, so that the loops run along
 * memory whichever dim it is.
 */
#include <tgmath.h>

#include "kernels/kernels_internal.h"

enum { WIDTH = 256 };

#define T           float
#define SOFTMAX_ROW softmax_row_f32
#define SOFTMAX     softmax_f32
#include "kernels/softmax_loops.inc"

#define T           double
#define SOFTMAX_ROW softmax_row_f64
#define SOFTMAX     softmax_f64
#include "kernels/softmax_loops.inc"

typedef struct softmax_job {
	fy_dtype dtype;
	size_t size;
	fy_lines lines;
	bool take_log;
	const void *in;
	void *out;
} softmax_job;

/* One unit is up to WIDTH neighbouring lines. */
static void some_blocks(void *context, int64_t begin, int64_t end)
{
	const softmax_job *job = context;
	const fy_lines *l = &job->lines;
	int64_t blocks = (l->inner + WIDTH - 1) / WIDTH;
	double top[WIDTH], total[WIDTH];
	float narrow_top[WIDTH];

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t first = unit % blocks * WIDTH;
		int64_t width = l->inner - first < WIDTH ? l->inner - first : WIDTH;
		int64_t at = unit / blocks * l->count * l->inner + first;
		const void *x = (const uint8_t *)job->in + (size_t)at * job->size;
		void *out = (uint8_t *)job->out + (size_t)at * job->size;
		if (l->inner == 1 && job->dtype == FY_F32)
			softmax_row_f32(x, out, l->count, job->take_log);
		else if (l->inner == 1)
			softmax_row_f64(x, out, l->count, job->take_log);
		else if (job->dtype == FY_F32)
			softmax_f32(x, out, l->count, l->inner, width, job->take_log, narrow_top, total);
		else
			softmax_f64(x, out, l->count, l->inner, width, job->take_log, top, total);
	}
}

void fy_kernel_softmax(fy_tensor *out, const fy_tensor *in, int dim, bool take_log)
{
	softmax_job job = { .dtype = fy_wide(out->dtype), .take_log = take_log };

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape));
	FY_ASSERT(job.dtype == FY_F32 || job.dtype == FY_F64);
	job.size = fy_dtype_size(job.dtype);
	job.lines = fy_lines_of(&in->shape, dim);
	if (fy_numel(&out->shape) == 0)
		return;
	fy_tensor *from = fy_operand_dense(in, job.dtype);
	fy_tensor *to = fy_out_open(out, job.dtype);
	job.in = fy_tensor_data(from);
	job.out = fy_tensor_write_data(to);
	int64_t width = job.lines.inner < WIDTH ? job.lines.inner : WIDTH;
	fy_parallel(job.lines.outer * ((job.lines.inner + WIDTH - 1) / WIDTH),
		    fy_grain(job.lines.count * width * 8), some_blocks, &job);
	fy_tensor_unref(from);
	fy_out_close(out, to);
}
