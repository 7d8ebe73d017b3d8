/*
 * Pooling. Every kind becomes a table of windows per dim (where it starts, how many elements it holds, what
 * it counts for in the divisor); the loops over windows are in pool_loops.inc.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

typedef struct pool_window {
	int64_t first, count; /* elements first, first + step, ... inside the input */
	int64_t divisor;
} pool_window;

/* Missing spatial dims in front have size 1. */
typedef struct pool_tables {
	int64_t in[3], out[3], step[3];
	pool_window *windows[3]; /* [out[d]] each */
	int64_t divisor;         /* instead of the windows'; 0: none */
} pool_tables;

#define T             float
#define IS_NAN(v)     isnan(v)
#define LOWEST        -INFINITY
#define MAX_PLANE     max_plane_f32
#define AVERAGE_PLANE average_plane_f32
#include "kernels/pool_loops.inc"

#define T             double
#define IS_NAN(v)     isnan(v)
#define LOWEST        -(double)INFINITY
#define MAX_PLANE     max_plane_f64
#define AVERAGE_PLANE average_plane_f64
#include "kernels/pool_loops.inc"

#define T         int8_t
#define IS_NAN(v) false
#define LOWEST    INT8_MIN
#define MAX_PLANE max_plane_i8
#include "kernels/pool_loops.inc"

#define T         int16_t
#define IS_NAN(v) false
#define LOWEST    INT16_MIN
#define MAX_PLANE max_plane_i16
#include "kernels/pool_loops.inc"

#define T         int32_t
#define IS_NAN(v) false
#define LOWEST    INT32_MIN
#define MAX_PLANE max_plane_i32
#include "kernels/pool_loops.inc"

#define T         int64_t
#define IS_NAN(v) false
#define LOWEST    INT64_MIN
#define MAX_PLANE max_plane_i64
#include "kernels/pool_loops.inc"

#define T         uint8_t
#define IS_NAN(v) false
#define LOWEST    0
#define MAX_PLANE max_plane_u8
#include "kernels/pool_loops.inc"

#define T         uint16_t
#define IS_NAN(v) false
#define LOWEST    0
#define MAX_PLANE max_plane_u16
#include "kernels/pool_loops.inc"

#define T         uint32_t
#define IS_NAN(v) false
#define LOWEST    0
#define MAX_PLANE max_plane_u32
#include "kernels/pool_loops.inc"

#define T         uint64_t
#define IS_NAN(v) false
#define LOWEST    0
#define MAX_PLANE max_plane_u64
#include "kernels/pool_loops.inc"

/* ---- window tables ---- */

static void sliding_windows(pool_window *windows, int64_t out, int64_t in, const fy_pool *pool, int dim)
{
	int64_t step = pool->dilation[dim], reach = step * (pool->kernel[dim] - 1) + 1;

	for (int64_t o = 0; o < out; o++) {
		int64_t start = o * pool->stride[dim] - pool->pad_before[dim];
		int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
		int64_t first = start + skipped * step;
		int64_t inside = first < in ? (in - 1 - first) / step + 1 : 0;
		int64_t left = pool->kernel[dim] - skipped > 0 ? pool->kernel[dim] - skipped : 0;
		windows[o].count = left < inside ? left : inside;
		windows[o].first = windows[o].count > 0 ? first : 0;
		windows[o].divisor = windows[o].count;
		if (pool->include_pad) {
			int64_t limit = in + pool->pad_after[dim];
			int64_t end = start + reach < limit ? start + reach : limit;
			windows[o].divisor = end > start ? (end - start - 1) / step + 1 : 0;
		}
	}
}

static void adaptive_windows(pool_window *windows, int64_t out, int64_t in)
{
	for (int64_t o = 0; o < out; o++) {
		/* floor(o * in / out) and ceil((o + 1) * in / out) without large products. */
		int64_t whole = in / out, part = in % out;
		int64_t first = o * whole + o * part / out;
		int64_t end = (o + 1) * whole + ((o + 1) * part + out - 1) / out;
		windows[o] = (pool_window){ first, end - first, end - first };
	}
}

/* pool NULL: adaptive. */
static pool_tables make_tables(const fy_tensor *out, const fy_tensor *in, int rank, const fy_pool *pool)
{
	pool_tables tables = { .divisor = pool ? pool->divisor : 0 };

	FY_ASSERT(rank >= 1 && rank <= 3 && in->shape.rank == rank + 2 && out->shape.rank == rank + 2);
	FY_ASSERT(in->shape.dims[0] == out->shape.dims[0] && in->shape.dims[1] == out->shape.dims[1]);
	FY_ASSERT(in->dtype == out->dtype && fy_tensor_is_contiguous(out));
	for (int d = 0; d < 3; d++) {
		int own = d - (3 - rank);
		tables.in[d] = own < 0 ? 1 : in->shape.dims[own + 2];
		tables.out[d] = own < 0 ? 1 : out->shape.dims[own + 2];
		tables.step[d] = own < 0 || !pool ? 1 : pool->dilation[own];
		tables.windows[d] = fy_alloc((size_t)(tables.out[d] + 1) * sizeof(pool_window));
		if (own < 0)
			tables.windows[d][0] = (pool_window){ 0, 1, 1 };
		else if (pool)
			sliding_windows(tables.windows[d], tables.out[d], tables.in[d], pool, own);
		else
			adaptive_windows(tables.windows[d], tables.out[d], tables.in[d]);
	}
	return tables;
}

static void release_tables(pool_tables *tables)
{
	for (int d = 0; d < 3; d++)
		fy_free(tables->windows[d]);
}

/* ---- running ---- */

typedef struct pool_job {
	const pool_tables *tables;
	fy_dtype dtype;
	size_t size;
	bool max;
	int64_t in_plane, out_plane;
	const uint8_t *in;
	uint8_t *out;
	int64_t *indices;
} pool_job;

static void max_plane(const pool_job *job, void *out, int64_t *where, const void *in)
{
	switch (job->dtype) {
	case FY_F32:
		max_plane_f32(job->tables, out, where, in);
		break;
	case FY_F64:
		max_plane_f64(job->tables, out, where, in);
		break;
	case FY_I8:
		max_plane_i8(job->tables, out, where, in);
		break;
	case FY_I16:
		max_plane_i16(job->tables, out, where, in);
		break;
	case FY_I32:
		max_plane_i32(job->tables, out, where, in);
		break;
	case FY_I64:
		max_plane_i64(job->tables, out, where, in);
		break;
	case FY_BOOL:
	case FY_U8:
		max_plane_u8(job->tables, out, where, in);
		break;
	case FY_U16:
		max_plane_u16(job->tables, out, where, in);
		break;
	case FY_U32:
		max_plane_u32(job->tables, out, where, in);
		break;
	case FY_U64:
		max_plane_u64(job->tables, out, where, in);
		break;
	default:
		FY_BUG("max pooling of %s", fy_dtype_name(job->dtype));
	}
}

static void some_planes(void *context, int64_t begin, int64_t end)
{
	const pool_job *job = context;

	for (int64_t plane = begin; plane < end; plane++) {
		const void *in = job->in + (size_t)(plane * job->in_plane) * job->size;
		void *out = job->out + (size_t)(plane * job->out_plane) * job->size;
		if (job->max)
			max_plane(job, out, job->indices ? job->indices + plane * job->out_plane : NULL, in);
		else if (job->dtype == FY_F32)
			average_plane_f32(job->tables, out, in);
		else
			average_plane_f64(job->tables, out, in);
	}
}

static void run_pool(fy_tensor *out, fy_tensor *indices, const fy_tensor *in, const pool_tables *tables,
		     bool max)
{
	pool_job job = { .tables = tables, .max = max };
	int64_t planes = out->shape.dims[0] * out->shape.dims[1], work = 1;

	FY_ASSERT(!indices || (indices->dtype == FY_I64 && fy_shape_eq(&indices->shape, &out->shape)));
	job.dtype = max || fy_dtype_is_float(in->dtype) ? fy_wide(in->dtype) : FY_F64;
	job.size = fy_dtype_size(job.dtype);
	job.in_plane = tables->in[0] * tables->in[1] * tables->in[2];
	job.out_plane = tables->out[0] * tables->out[1] * tables->out[2];
	if (planes * job.out_plane == 0)
		return;
	for (int d = 0; d < 3; d++)
		work *= tables->out[d] * (tables->windows[d][tables->out[d] / 2].count + 1);
	fy_tensor *from = fy_operand_dense(in, job.dtype), *to = fy_out_open(out, job.dtype);
	job.in = fy_tensor_data(from);
	job.out = fy_tensor_write_data(to);
	job.indices = indices ? fy_tensor_write_data(indices) : NULL;
	fy_parallel(planes, fy_grain(work), some_planes, &job);
	fy_tensor_unref(from);
	fy_out_close(out, to);
}

void fy_kernel_max_pool(fy_tensor *out, fy_tensor *indices, const fy_tensor *in, const fy_pool *pool)
{
	pool_tables tables = make_tables(out, in, pool->rank, pool);

	run_pool(out, indices, in, &tables, true);
	release_tables(&tables);
}

void fy_kernel_avg_pool(fy_tensor *out, const fy_tensor *in, const fy_pool *pool)
{
	pool_tables tables = make_tables(out, in, pool->rank, pool);

	run_pool(out, NULL, in, &tables, false);
	release_tables(&tables);
}

void fy_kernel_adaptive_avg_pool(fy_tensor *out, const fy_tensor *in, int rank)
{
	pool_tables tables = make_tables(out, in, rank, NULL);

	run_pool(out, NULL, in, &tables, false);
	release_tables(&tables);
}

void fy_kernel_adaptive_max_pool(fy_tensor *out, fy_tensor *indices, const fy_tensor *in, int rank)
{
	pool_tables tables = make_tables(out, in, rank, NULL);

	run_pool(out, indices, in, &tables, true);
	release_tables(&tables);
}
