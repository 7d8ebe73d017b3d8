/*
 * Sliding windows of an image laid out as columns, and columns summed back into an image.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

/* Rows (or columns) of the image under tap k of window l, as entry k * windows + l; -1: padding. */
static int64_t *window_map(const fy_pool *pool, int dim, int64_t size, int64_t windows)
{
	int64_t kernel = pool->kernel[dim];
	int64_t *map = fy_alloc((size_t)(kernel * windows + 1) * sizeof(*map));

	for (int64_t k = 0; k < kernel; k++) {
		for (int64_t l = 0; l < windows; l++) {
			int64_t at = l * pool->stride[dim] + k * pool->dilation[dim] - pool->pad_before[dim];
			map[k * windows + l] = at >= 0 && at < size ? at : -1;
		}
	}
	return map;
}

void fy_kernel_im2col(fy_tensor *out, const fy_tensor *in, const fy_pool *pool, int64_t columns_h,
		      int64_t columns_w)
{
	int64_t n = in->shape.dims[0], c = in->shape.dims[1], kh = pool->kernel[0], kw = pool->kernel[1];
	fy_shape grid = { .rank = 4, .dims = { n, c, kh * columns_h, kw * columns_w } };
	fy_shape split = { .rank = 6, .dims = { n, c, kh, kw, columns_h, columns_w } };
	int64_t width = kw * columns_w, plane = kh * columns_h * width;
	int64_t turned[] = { c * plane, plane, columns_h * width, columns_w, width, 1 };
	int64_t strides[6];

	FY_ASSERT(pool->rank == 2 && in->shape.rank == 4 && fy_numel(&split) == fy_numel(&out->shape));
	if (fy_numel(&out->shape) == 0)
		return;
	int64_t *rows = window_map(pool, 0, in->shape.dims[2], columns_h);
	int64_t *columns = window_map(pool, 1, in->shape.dims[3], columns_w);
	const int64_t *maps[] = { NULL, NULL, rows, columns };
	fy_tensor *spread = fy_temporary(in->dtype, &grid);
	fy_remap(spread, in, maps, 0);

	/* [kh, columns_h, kw, columns_w] as [kh, kw, columns_h, columns_w]. */
	fy_shape_strides(&split, strides);
	fy_tensor *from = fy_tensor_view(spread, in->dtype, &split, turned, 0);
	fy_tensor *to = fy_tensor_view(out, out->dtype, &split, strides, out->offset);
	fy_tensor_copy(to, from);
	fy_tensor_unref(from);
	fy_tensor_unref(to);
	fy_tensor_unref(spread);
	fy_free(rows);
	fy_free(columns);
}

typedef struct col2im_job {
	const double *in;
	double *out;
	const int64_t *rows, *columns;
	int64_t row_count, column_count; /* kernel * windows */
	int64_t windows_h, windows_w, height, width;
} col2im_job;

static void some_planes(void *context, int64_t begin, int64_t end)
{
	const col2im_job *job = context;

	for (int64_t plane = begin; plane < end; plane++) {
		const double *in = job->in + plane * job->row_count * job->column_count;
		double *out = job->out + plane * job->height * job->width;
		memset(out, 0, (size_t)(job->height * job->width) * sizeof(*out));
		for (int64_t r = 0; r < job->row_count; r++) {
			for (int64_t c = 0; c < job->column_count; c++) {
				int64_t tap = r / job->windows_h * (job->column_count / job->windows_w) +
					      c / job->windows_w;
				int64_t at = (tap * job->windows_h + r % job->windows_h) * job->windows_w +
					     c % job->windows_w;
				if (job->rows[r] >= 0 && job->columns[c] >= 0)
					out[job->rows[r] * job->width + job->columns[c]] += in[at];
			}
		}
	}
}

void fy_kernel_col2im(fy_tensor *out, const fy_tensor *in, const fy_pool *pool, int64_t columns_h,
		      int64_t columns_w)
{
	col2im_job job = { .windows_h = columns_h, .windows_w = columns_w };
	int64_t planes = out->shape.dims[0] * out->shape.dims[1];

	FY_ASSERT(pool->rank == 2 && out->shape.rank == 4);
	job.height = out->shape.dims[2];
	job.width = out->shape.dims[3];
	job.row_count = pool->kernel[0] * columns_h;
	job.column_count = pool->kernel[1] * columns_w;
	FY_ASSERT(fy_numel(&in->shape) == planes * job.row_count * job.column_count);
	if (fy_numel(&out->shape) == 0)
		return;
	int64_t *rows = window_map(pool, 0, job.height, columns_h);
	int64_t *columns = window_map(pool, 1, job.width, columns_w);
	fy_tensor *from = fy_operand_dense(in, FY_F64), *to = fy_out_open(out, FY_F64);
	job.rows = rows;
	job.columns = columns;
	job.in = fy_tensor_data(from);
	job.out = fy_tensor_write_data(to);
	fy_parallel(planes, fy_grain(job.row_count * job.column_count), some_planes, &job);
	fy_tensor_unref(from);
	fy_out_close(out, to);
	fy_free(rows);
	fy_free(columns);
}
