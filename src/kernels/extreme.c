/*
 * The largest or smallest element along one dim, and where it stands.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

enum { WIDTH = 1024 };

typedef struct extreme_job {
	fy_dtype dtype;
	size_t size;
	fy_lines lines;
	bool max, last;
	const uint8_t *in;
	uint8_t *values;
	int64_t *indices;
} extreme_job;

#define T         float
#define IS_NAN(v) isnan(v)
#define EXTREME   extreme_f32
#include "kernels/extreme_loops.inc"

#define T         double
#define IS_NAN(v) isnan(v)
#define EXTREME   extreme_f64
#include "kernels/extreme_loops.inc"

#define T         int8_t
#define IS_NAN(v) false
#define EXTREME   extreme_i8
#include "kernels/extreme_loops.inc"

#define T         int16_t
#define IS_NAN(v) false
#define EXTREME   extreme_i16
#include "kernels/extreme_loops.inc"

#define T         int32_t
#define IS_NAN(v) false
#define EXTREME   extreme_i32
#include "kernels/extreme_loops.inc"

#define T         int64_t
#define IS_NAN(v) false
#define EXTREME   extreme_i64
#include "kernels/extreme_loops.inc"

#define T         uint8_t
#define IS_NAN(v) false
#define EXTREME   extreme_u8
#include "kernels/extreme_loops.inc"

#define T         uint16_t
#define IS_NAN(v) false
#define EXTREME   extreme_u16
#include "kernels/extreme_loops.inc"

#define T         uint32_t
#define IS_NAN(v) false
#define EXTREME   extreme_u32
#include "kernels/extreme_loops.inc"

#define T         uint64_t
#define IS_NAN(v) false
#define EXTREME   extreme_u64
#include "kernels/extreme_loops.inc"

/* One unit is up to WIDTH neighbouring lines. */
static void one_unit(const extreme_job *job, int64_t unit)
{
	const fy_lines *l = &job->lines;
	int64_t blocks = (l->inner + WIDTH - 1) / WIDTH, outer = unit / blocks, first = unit % blocks * WIDTH;
	int64_t width = l->inner - first < WIDTH ? l->inner - first : WIDTH;
	const void *x = job->in + (size_t)(outer * l->count * l->inner + first) * job->size;
	void *best = job->values + (size_t)(outer * l->inner + first) * job->size;
	int64_t *where = job->indices + outer * l->inner + first;

	switch (job->dtype) {
	case FY_F32:
		extreme_f32(job, x, width, best, where);
		break;
	case FY_F64:
		extreme_f64(job, x, width, best, where);
		break;
	case FY_I8:
		extreme_i8(job, x, width, best, where);
		break;
	case FY_I16:
		extreme_i16(job, x, width, best, where);
		break;
	case FY_I32:
		extreme_i32(job, x, width, best, where);
		break;
	case FY_I64:
		extreme_i64(job, x, width, best, where);
		break;
	case FY_BOOL:
	case FY_U8:
		extreme_u8(job, x, width, best, where);
		break;
	case FY_U16:
		extreme_u16(job, x, width, best, where);
		break;
	case FY_U32:
		extreme_u32(job, x, width, best, where);
		break;
	case FY_U64:
		extreme_u64(job, x, width, best, where);
		break;
	default:
		FY_BUG("extreme of %s", fy_dtype_name(job->dtype));
	}
}

static void some_units(void *context, int64_t begin, int64_t end)
{
	for (int64_t unit = begin; unit < end; unit++)
		one_unit(context, unit);
}

void fy_kernel_extreme(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool max,
		       bool last)
{
	extreme_job job = { .dtype = fy_wide(in->dtype), .max = max, .last = last };

	job.size = fy_dtype_size(job.dtype);
	job.lines = fy_lines_of(&in->shape, dim);
	int64_t results = job.lines.outer * job.lines.inner;
	FY_ASSERT(!values || (fy_numel(&values->shape) == results && values->dtype == in->dtype));
	FY_ASSERT(!indices || (fy_numel(&indices->shape) == results && indices->dtype == FY_I64));
	if (results == 0)
		return;
	FY_ASSERT(job.lines.count > 0);

	fy_tensor *from = fy_operand_dense(in, job.dtype);
	fy_tensor *best = values ? fy_out_open(values, job.dtype) : fy_temporary_1d(job.dtype, results);
	fy_tensor *where = indices ? fy_tensor_ref(indices) : fy_temporary_1d(FY_I64, results);
	job.in = fy_tensor_data(from);
	job.values = fy_tensor_write_data(best);
	job.indices = fy_tensor_write_data(where);
	int64_t width = job.lines.inner < WIDTH ? job.lines.inner : WIDTH;
	fy_parallel(job.lines.outer * ((job.lines.inner + WIDTH - 1) / WIDTH),
		    fy_grain(job.lines.count * width), some_units, &job);
	if (values)
		fy_out_close(values, best);
	else
		fy_tensor_unref(best);
	fy_tensor_unref(where);
	fy_tensor_unref(from);
}
