/*
 * Order: sorting, the k largest, distinct values, places in a sorted row. Everything stands on one stable
 * sort of lines.
 */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "kernels/kernels_internal.h"

#define T         float
#define IS_NAN(v) isnan(v)
#define ITEM      item_f32
#define BEFORE    before_f32
#define SORT      sort_f32
#define LINE      line_f32
#include "kernels/sort_loops.inc"

#define T         double
#define IS_NAN(v) isnan(v)
#define ITEM      item_f64
#define BEFORE    before_f64
#define SORT      sort_f64
#define LINE      line_f64
#include "kernels/sort_loops.inc"

#define T         int8_t
#define IS_NAN(v) false
#define ITEM      item_i8
#define BEFORE    before_i8
#define SORT      sort_i8
#define LINE      line_i8
#include "kernels/sort_loops.inc"

#define T         int16_t
#define IS_NAN(v) false
#define ITEM      item_i16
#define BEFORE    before_i16
#define SORT      sort_i16
#define LINE      line_i16
#include "kernels/sort_loops.inc"

#define T         int32_t
#define IS_NAN(v) false
#define ITEM      item_i32
#define BEFORE    before_i32
#define SORT      sort_i32
#define LINE      line_i32
#include "kernels/sort_loops.inc"

#define T         int64_t
#define IS_NAN(v) false
#define ITEM      item_i64
#define BEFORE    before_i64
#define SORT      sort_i64
#define LINE      line_i64
#include "kernels/sort_loops.inc"

#define T         uint8_t
#define IS_NAN(v) false
#define ITEM      item_u8
#define BEFORE    before_u8
#define SORT      sort_u8
#define LINE      line_u8
#include "kernels/sort_loops.inc"

#define T         uint16_t
#define IS_NAN(v) false
#define ITEM      item_u16
#define BEFORE    before_u16
#define SORT      sort_u16
#define LINE      line_u16
#include "kernels/sort_loops.inc"

#define T         uint32_t
#define IS_NAN(v) false
#define ITEM      item_u32
#define BEFORE    before_u32
#define SORT      sort_u32
#define LINE      line_u32
#include "kernels/sort_loops.inc"

#define T         uint64_t
#define IS_NAN(v) false
#define ITEM      item_u64
#define BEFORE    before_u64
#define SORT      sort_u64
#define LINE      line_u64
#include "kernels/sort_loops.inc"

enum { ITEM_SIZE = 16 }; /* of every item type */
_Static_assert(sizeof(item_f64) == ITEM_SIZE && sizeof(item_u8) == ITEM_SIZE, "items have one size");

typedef struct sort_job {
	fy_dtype dtype;
	size_t size;
	fy_lines lines;
	int64_t keep;
	bool descending;
	const uint8_t *in;
	uint8_t *values;
	int64_t *indices;
	atomic_bool no_memory; /* for scratch, in one of the threads */
} sort_job;

static void one_line(const sort_job *job, int64_t line, void *scratch)
{
	int64_t inner = job->lines.inner, n = job->lines.count, keep = job->keep;
	int64_t from = line / inner * n * inner + line % inner,
		to = line / inner * keep * inner + line % inner;
	const void *x = job->in + (size_t)from * job->size;
	void *values = job->values ? job->values + (size_t)to * job->size : NULL;
	int64_t *indices = job->indices ? job->indices + to : NULL;

	switch (job->dtype) {
	case FY_F32:
		line_f32(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_F64:
		line_f64(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_I8:
		line_i8(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_I16:
		line_i16(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_I32:
		line_i32(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_I64:
		line_i64(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_BOOL:
	case FY_U8:
		line_u8(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_U16:
		line_u16(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_U32:
		line_u32(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	case FY_U64:
		line_u64(x, n, inner, job->descending, scratch, values, indices, keep);
		break;
	default:
		FY_BUG("sorting %s", fy_dtype_name(job->dtype));
	}
}

static void some_lines(void *context, int64_t begin, int64_t end)
{
	sort_job *job = context;
	void *scratch = fy_try_alloc((size_t)(2 * job->lines.count + 1) * ITEM_SIZE, false);

	if (!scratch) {
		atomic_store(&job->no_memory, true);
		return;
	}
	for (int64_t line = begin; line < end; line++)
		one_line(job, line, scratch);
	fy_free(scratch);
}

static void sort_lines(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, int64_t keep,
		       bool descending)
{
	sort_job job = { .dtype = fy_wide(in->dtype), .keep = keep, .descending = descending };

	FY_ASSERT(!values || values->dtype == in->dtype);
	FY_ASSERT(!indices || indices->dtype == FY_I64);
	job.size = fy_dtype_size(job.dtype);
	job.lines = fy_lines_of(&in->shape, dim);
	FY_ASSERT(keep >= 0 && keep <= job.lines.count);
	if (keep == 0 || fy_numel(&in->shape) == 0)
		return;
	fy_tensor *from = fy_operand_dense(in, job.dtype);
	fy_tensor *to = values ? fy_out_open(values, job.dtype) : NULL;
	job.in = fy_tensor_data(from);
	job.values = to ? fy_tensor_write_data(to) : NULL;
	job.indices = indices ? fy_tensor_write_data(indices) : NULL;
	fy_parallel(job.lines.outer * job.lines.inner, fy_grain(job.lines.count * 16), some_lines, &job);
	if (atomic_load(&job.no_memory))
		fy_out_of_memory();
	if (to)
		fy_out_close(values, to);
	fy_tensor_unref(from);
}

void fy_kernel_sort(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool descending)
{
	FY_ASSERT(!values || fy_shape_eq(&values->shape, &in->shape));
	FY_ASSERT(!indices || fy_shape_eq(&indices->shape, &in->shape));
	sort_lines(values, indices, in, dim, fy_lines_of(&in->shape, dim).count, descending);
}

void fy_kernel_topk(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool largest)
{
	const fy_tensor *like = values ? values : indices;

	FY_ASSERT(like && (!values || !indices || fy_shape_eq(&values->shape, &indices->shape)));
	sort_lines(values, indices, in, dim, fy_lines_of(&like->shape, dim).count, largest);
}

int64_t fy_kernel_unique(fy_tensor *values, fy_tensor *inverse, fy_tensor *counts, const fy_tensor *in)
{
	int64_t n = fy_numel(&in->shape), found = -1;
	fy_shape flat = { .rank = 1, .dims = { n } };
	int64_t stride = 1;

	FY_ASSERT(values->dtype == in->dtype && fy_numel(&values->shape) >= n);
	fy_tensor *from = fy_operand_dense(in, in->dtype);
	fy_tensor *row = fy_tensor_view(from, from->dtype, &flat, &stride, from->offset);
	fy_tensor *sorted = fy_temporary(in->dtype, &flat), *order = fy_temporary(FY_I64, &flat);
	fy_tensor *differ = fy_temporary(FY_BOOL, &flat);
	sort_lines(sorted, order, row, 0, n, false);
	if (n > 1) {
		/* differ[i]: element i + 1 is another value than element i. */
		fy_shape pairs = { .rank = 1, .dims = { n - 1 } };
		fy_tensor *left = fy_tensor_view(sorted, in->dtype, &pairs, &stride, 0);
		fy_tensor *right = fy_tensor_view(sorted, in->dtype, &pairs, &stride, 1);
		fy_tensor *answer = fy_tensor_view(differ, FY_BOOL, &pairs, &stride, 0);
		fy_kernel_binary(answer, FY_NE, in->dtype, left, right);
		fy_tensor_unref(left);
		fy_tensor_unref(right);
		fy_tensor_unref(answer);
	}

	size_t size = fy_dtype_size(in->dtype);
	const uint8_t *elements = fy_tensor_data(sorted), *is_new = fy_tensor_data(differ);
	const int64_t *at = fy_tensor_data(order);
	uint8_t *out = fy_tensor_write_data(values);
	int64_t *place = inverse ? fy_tensor_write_data(inverse) : NULL;
	int64_t *times = counts ? fy_tensor_write_data(counts) : NULL;
	for (int64_t i = 0; i < n; i++) {
		if (i == 0 || is_new[i - 1]) {
			memcpy(out + (size_t)++found * size, elements + (size_t)i * size, size);
			if (times)
				times[found] = 0;
		}
		if (place)
			place[at[i]] = found;
		if (times)
			times[found]++;
	}
	fy_tensor_unref(from);
	fy_tensor_unref(row);
	fy_tensor_unref(sorted);
	fy_tensor_unref(order);
	fy_tensor_unref(differ);
	return found + 1;
}

/* How many of the n sorted elements lie before x (right: or are equal to it). */
static int64_t insertion_f64(const double *sorted, int64_t n, double x, bool right)
{
	int64_t low = 0, high = n;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		bool before =
			right ? !before_f64(x, sorted[middle], false) : before_f64(sorted[middle], x, false);
		if (before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int64_t insertion_i64(const int64_t *sorted, int64_t n, int64_t x, bool right)
{
	int64_t low = 0, high = n;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		if (right ? sorted[middle] <= x : sorted[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void fy_kernel_search_sorted(fy_tensor *out, const fy_tensor *sorted, const fy_tensor *values, bool right)
{
	fy_dtype dtype =
		fy_dtype_is_float(sorted->dtype) || fy_dtype_is_float(values->dtype) ? FY_F64 : FY_I64;
	int64_t count = fy_numel(&values->shape);

	FY_ASSERT(sorted->shape.rank >= 1 && fy_shape_eq(&out->shape, &values->shape));
	if (count == 0)
		return;
	int64_t n = sorted->shape.dims[sorted->shape.rank - 1];
	bool one_row = sorted->shape.rank == 1;
	int64_t per_row = one_row ? count : values->shape.dims[values->shape.rank - 1];
	fy_tensor *rows = fy_operand_dense(sorted, dtype), *wanted = fy_operand_dense(values, dtype);
	fy_tensor *to = fy_out_open(out, FY_I64);
	const void *from = fy_tensor_data(rows), *x = fy_tensor_data(wanted);
	int64_t *answer = fy_tensor_write_data(to);
	FY_ASSERT(fy_numel(&sorted->shape) == count / per_row * n);
	for (int64_t i = 0; i < count; i++) {
		int64_t row = i / per_row * n;
		if (dtype == FY_F64)
			answer[i] =
				insertion_f64((const double *)from + row, n, ((const double *)x)[i], right);
		else
			answer[i] =
				insertion_i64((const int64_t *)from + row, n, ((const int64_t *)x)[i], right);
	}
	fy_tensor_unref(rows);
	fy_tensor_unref(wanted);
	fy_out_close(out, to);
}
