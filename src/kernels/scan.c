/*
 * Running sums, products, extremes and log-sums along one dim, forwards or backwards.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

enum { LANES = 128 };

typedef struct scan_job {
	fy_scan op;
	fy_dtype dtype;
	size_t size;
	fy_lines lines;
	int64_t first, step; /* order within a line */
	bool exclusive;
	const uint8_t *in;
	uint8_t *out;
	int64_t *indices;
} scan_job;

#define T            float
#define A            double
#define IS_NAN(v)    isnan(v)
#define SCAN_SUM     scan_sum_f32
#define SCAN_EXTREME scan_extreme_f32
#include "kernels/scan_loops.inc"

#define T            double
#define A            double
#define IS_NAN(v)    isnan(v)
#define SCAN_SUM     scan_sum_f64
#define SCAN_EXTREME scan_extreme_f64
#include "kernels/scan_loops.inc"

#define T            int8_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_i8
#define SCAN_EXTREME scan_extreme_i8
#include "kernels/scan_loops.inc"

#define T            int16_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_i16
#define SCAN_EXTREME scan_extreme_i16
#include "kernels/scan_loops.inc"

#define T            int32_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_i32
#define SCAN_EXTREME scan_extreme_i32
#include "kernels/scan_loops.inc"

#define T            int64_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_i64
#define SCAN_EXTREME scan_extreme_i64
#include "kernels/scan_loops.inc"

#define T            uint8_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_u8
#define SCAN_EXTREME scan_extreme_u8
#include "kernels/scan_loops.inc"

#define T            uint16_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_u16
#define SCAN_EXTREME scan_extreme_u16
#include "kernels/scan_loops.inc"

#define T            uint32_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_u32
#define SCAN_EXTREME scan_extreme_u32
#include "kernels/scan_loops.inc"

#define T            uint64_t
#define A            uint64_t
#define IS_NAN(v)    false
#define SCAN_SUM     scan_sum_u64
#define SCAN_EXTREME scan_extreme_u64
#include "kernels/scan_loops.inc"

/* log(sum(exp)) so far as top + log(sum), in double. */
static double log_add(double a, double b)
{
	double top = a > b ? a : b;

	if (isnan(a) || isnan(b))
		return NAN;
	return isinf(top) ? top : top + log1p(exp(-fabs(a - b)));
}

static void scan_log(const scan_job *job, const double *x, double *out)
{
	for (int64_t k = 0; k < job->lines.inner; k++) {
		double acc = -INFINITY;
		for (int64_t i = 0; i < job->lines.count; i++) {
			int64_t at = (job->first + i * job->step) * job->lines.inner + k;
			acc = log_add(acc, x[at]);
			out[at] = acc;
		}
	}
}

static void sum_lines(const scan_job *job, const void *x, void *out)
{
	switch (job->dtype) {
	case FY_F32:
		scan_sum_f32(job, x, out);
		break;
	case FY_F64:
		scan_sum_f64(job, x, out);
		break;
	case FY_I8:
		scan_sum_i8(job, x, out);
		break;
	case FY_I16:
		scan_sum_i16(job, x, out);
		break;
	case FY_I32:
		scan_sum_i32(job, x, out);
		break;
	case FY_I64:
		scan_sum_i64(job, x, out);
		break;
	case FY_U8:
		scan_sum_u8(job, x, out);
		break;
	case FY_U16:
		scan_sum_u16(job, x, out);
		break;
	case FY_U32:
		scan_sum_u32(job, x, out);
		break;
	case FY_U64:
		scan_sum_u64(job, x, out);
		break;
	default:
		FY_BUG("running sum of %s", fy_dtype_name(job->dtype));
	}
}

static void extreme_lines(const scan_job *job, const void *x, void *out, int64_t *where)
{
	switch (job->dtype) {
	case FY_F32:
		scan_extreme_f32(job, x, out, where);
		break;
	case FY_F64:
		scan_extreme_f64(job, x, out, where);
		break;
	case FY_I8:
		scan_extreme_i8(job, x, out, where);
		break;
	case FY_I16:
		scan_extreme_i16(job, x, out, where);
		break;
	case FY_I32:
		scan_extreme_i32(job, x, out, where);
		break;
	case FY_I64:
		scan_extreme_i64(job, x, out, where);
		break;
	case FY_BOOL:
	case FY_U8:
		scan_extreme_u8(job, x, out, where);
		break;
	case FY_U16:
		scan_extreme_u16(job, x, out, where);
		break;
	case FY_U32:
		scan_extreme_u32(job, x, out, where);
		break;
	case FY_U64:
		scan_extreme_u64(job, x, out, where);
		break;
	default:
		FY_BUG("running extreme of %s", fy_dtype_name(job->dtype));
	}
}

static void some_lines(void *context, int64_t begin, int64_t end)
{
	const scan_job *job = context;

	for (int64_t outer = begin; outer < end; outer++) {
		int64_t at = outer * job->lines.count * job->lines.inner;
		const void *x = job->in + (size_t)at * job->size;
		void *out = job->out + (size_t)at * job->size;
		if (job->op == FY_LOGCUMSUMEXP)
			scan_log(job, x, out);
		else if (job->op == FY_CUMSUM || job->op == FY_CUMPROD)
			sum_lines(job, x, out);
		else
			extreme_lines(job, x, out, job->indices ? job->indices + at : NULL);
	}
}

void fy_kernel_scan(fy_tensor *out, fy_tensor *indices, fy_scan op, const fy_tensor *in, int dim,
		    bool exclusive, bool reverse)
{
	fy_dtype dtype = op == FY_LOGCUMSUMEXP ? FY_F64 : fy_wide(out->dtype);
	scan_job job = { .op = op, .dtype = dtype, .size = fy_dtype_size(dtype), .exclusive = exclusive };

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape));
	FY_ASSERT(!indices || (fy_shape_eq(&indices->shape, &in->shape) && indices->dtype == FY_I64));
	FY_ASSERT(!exclusive || op == FY_CUMSUM || op == FY_CUMPROD);
	job.lines = fy_lines_of(&in->shape, dim);
	if (fy_numel(&out->shape) == 0)
		return;
	job.first = reverse ? job.lines.count - 1 : 0;
	job.step = reverse ? -1 : 1;
	fy_tensor *from = fy_operand_dense(in, dtype);
	fy_tensor *to = fy_out_open(out, dtype);
	job.in = fy_tensor_data(from);
	job.out = fy_tensor_write_data(to);
	job.indices = indices ? fy_tensor_write_data(indices) : NULL;
	fy_parallel(job.lines.outer, fy_grain(job.lines.count * job.lines.inner), some_lines, &job);
	fy_tensor_unref(from);
	fy_out_close(out, to);
}
