/*
 * The machine under every reduction: walks a strided tensor as kept x reduced dims and folds elements into
 * accumulators of 8 bytes (double for floats, 64-bit integers else). Long runs are cut into segments of fixed
 * length, so that the result depends on the geometry alone. Knows nothing of what the accumulated numbers are
 * good for.
 */
#include <math.h>
#include <string.h>

#include "kernels/kernels_internal.h"

enum { LANES = 64, COLUMNS = 256, SEGMENT = 1 << 17 };

#define T         float
#define A         double
#define S         double
#define IS_NAN(v) isnan(v)
#define FOLD      fold_f32
#include "kernels/fold_loops.inc"

#define T         double
#define A         double
#define S         double
#define IS_NAN(v) isnan(v)
#define FOLD      fold_f64
#include "kernels/fold_loops.inc"

#define T         int8_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_i8
#include "kernels/fold_loops.inc"

#define T         int16_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_i16
#include "kernels/fold_loops.inc"

#define T         int32_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_i32
#include "kernels/fold_loops.inc"

#define T         int64_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_i64
#include "kernels/fold_loops.inc"

#define T         uint8_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_u8
#include "kernels/fold_loops.inc"

#define T         uint16_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_u16
#include "kernels/fold_loops.inc"

#define T         uint32_t
#define A         int64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_u32
#include "kernels/fold_loops.inc"

#define T         uint64_t
#define A         uint64_t
#define S         uint64_t
#define IS_NAN(v) false
#define FOLD      fold_u64
#include "kernels/fold_loops.inc"

typedef union accumulator {
	double f;
	int64_t i;
	uint64_t u;
} accumulator;

/* The dims of the input in two lists, each joined where it can be. */
typedef struct dim_list {
	int rank;
	int64_t dims[FY_MAX_RANK], strides[FY_MAX_RANK];
} dim_list;

typedef struct fold_plan {
	fy_fold_op op;
	double p;
	fy_dtype dtype, kind; /* of the elements; of the accumulators */
	const uint8_t *data;
	size_t size;
	accumulator *out;
	const double *shift;
	int64_t run, run_stride; /* the innermost reduced dim */
	int64_t *offsets;        /* of the other reduced dims */
	int64_t offset_count;
	int64_t *kept;                  /* offsets of the kept dims (without `columns`) */
	int64_t columns, column_stride; /* column mode: the innermost kept dim */
	int64_t segments;               /* row mode: pieces of the run */
	accumulator *partial;
} fold_plan;

static void fold_row(const fold_plan *plan, accumulator *acc, int64_t at, int64_t n, int64_t stride,
		     const double *shift)
{
	const void *x = plan->data + at * (int64_t)plan->size;
	fy_fold_op op = plan->op;
	double p = plan->p;

	switch (plan->dtype) {
	case FY_F32:
		fold_f32(op, p, &acc->f, x, n, stride, shift);
		break;
	case FY_F64:
		fold_f64(op, p, &acc->f, x, n, stride, shift);
		break;
	case FY_I8:
		fold_i8(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_I16:
		fold_i16(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_I32:
		fold_i32(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_I64:
		fold_i64(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_BOOL:
	case FY_U8:
		fold_u8(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_U16:
		fold_u16(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_U32:
		fold_u32(op, p, &acc->i, x, n, stride, shift);
		break;
	case FY_U64:
		fold_u64(op, p, &acc->u, x, n, stride, shift);
		break;
	default:
		FY_BUG("reduction of %s", fy_dtype_name(plan->dtype));
	}
}

static accumulator neutral(fy_fold_op op, fy_dtype kind)
{
	bool min = op == FY_FOLD_MIN || op == FY_FOLD_ABS_MIN,
	     max = op == FY_FOLD_MAX || op == FY_FOLD_ABS_MAX;
	bool one = op == FY_FOLD_PROD || op == FY_FOLD_ALL;

	if (kind == FY_F64)
		return (accumulator){ .f = min ? (double)INFINITY : max ? -(double)INFINITY : one };
	if (kind == FY_U64)
		return (accumulator){ .u = min ? UINT64_MAX : one };
	return (accumulator){ .i = min ? INT64_MAX : max ? INT64_MIN : one };
}

/* Joins two accumulators. */
static accumulator merged(fy_fold_op op, fy_dtype kind, accumulator a, accumulator b)
{
	bool min = op == FY_FOLD_MIN || op == FY_FOLD_ABS_MIN,
	     max = op == FY_FOLD_MAX || op == FY_FOLD_ABS_MAX;

	if (kind == FY_F64) {
		if (min)
			return b.f < a.f || b.f != b.f ? b : a;
		if (max)
			return b.f > a.f || b.f != b.f ? b : a;
		if (op == FY_FOLD_PROD || op == FY_FOLD_ALL)
			return (accumulator){ .f = a.f * b.f };
		return (accumulator){ .f = op == FY_FOLD_ANY ? a.f != 0 || b.f != 0 : a.f + b.f };
	}
	if (min || max) {
		bool less = kind == FY_U64 ? b.u < a.u : b.i < a.i;
		return less == min ? b : a;
	}
	if (op == FY_FOLD_PROD || op == FY_FOLD_ALL)
		return (accumulator){ .u = a.u * b.u };
	return (accumulator){ .u = op == FY_FOLD_ANY ? a.u != 0 || b.u != 0 : a.u + b.u };
}

/* Row mode: one unit is one segment of the run of one output. */
static void fold_units(void *context, int64_t begin, int64_t end)
{
	const fold_plan *plan = context;
	int64_t length = (plan->run + plan->segments - 1) / plan->segments;
	int64_t lanes = length < LANES ? length : LANES;
	accumulator acc[LANES];
	double shift[LANES];

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t row = unit / plan->segments, from = unit % plan->segments * length;
		int64_t to = from + length < plan->run ? from + length : plan->run;
		for (int64_t k = 0; k < lanes; k++) {
			acc[k] = neutral(plan->op, plan->kind);
			shift[k] = plan->shift ? plan->shift[row] : 0;
		}
		for (int64_t r = 0; r < plan->offset_count; r++) {
			int64_t at = plan->kept[row] + plan->offsets[r];
			for (int64_t i = from; i < to; i += lanes) {
				int64_t n = to - i < lanes ? to - i : lanes;
				fold_row(plan, acc, at + i * plan->run_stride, n, plan->run_stride, shift);
			}
		}
		for (int64_t k = 1; k < lanes; k++)
			acc[0] = merged(plan->op, plan->kind, acc[0], acc[k]);
		plan->partial[unit] = acc[0];
	}
}

/* Column mode: one unit is a block of neighbouring outputs. */
static void fold_columns(void *context, int64_t begin, int64_t end)
{
	const fold_plan *plan = context;
	int64_t blocks = (plan->columns + COLUMNS - 1) / COLUMNS;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t first = unit % blocks * COLUMNS;
		int64_t n = plan->columns - first < COLUMNS ? plan->columns - first : COLUMNS;
		int64_t row = unit / blocks * plan->columns + first;
		accumulator *acc = plan->out + row;
		for (int64_t k = 0; k < n; k++)
			acc[k] = neutral(plan->op, plan->kind);
		for (int64_t r = 0; r < plan->offset_count; r++) {
			int64_t at =
				plan->kept[unit / blocks] + plan->offsets[r] + first * plan->column_stride;
			for (int64_t i = 0; i < plan->run; i++)
				fold_row(plan, acc, at + i * plan->run_stride, n, plan->column_stride,
					 plan->shift ? plan->shift + row : NULL);
		}
	}
}

static void add_dim(dim_list *list, int64_t dim, int64_t stride)
{
	if (dim == 1)
		return;
	if (list->rank > 0 && list->strides[list->rank - 1] == stride * dim) {
		list->dims[list->rank - 1] *= dim;
		list->strides[list->rank - 1] = stride;
		return;
	}
	list->dims[list->rank] = dim;
	list->strides[list->rank++] = stride;
}

static int64_t list_count(const dim_list *list)
{
	int64_t count = 1;

	for (int d = 0; d < list->rank; d++)
		count *= list->dims[d];
	return count;
}

static void run_rows(fold_plan *plan, const dim_list *kept, int64_t outputs)
{
	plan->segments = (plan->run + SEGMENT - 1) / SEGMENT;
	plan->kept = fy_offsets(kept->rank, kept->dims, kept->strides);
	plan->partial = plan->out;
	if (plan->segments > 1)
		plan->partial = fy_alloc((size_t)(outputs * plan->segments) * sizeof(accumulator));
	fy_parallel(outputs * plan->segments, fy_grain(plan->run / plan->segments * plan->offset_count),
		    fold_units, plan);
	if (plan->segments > 1) {
		for (int64_t row = 0; row < outputs; row++) {
			const accumulator *part = plan->partial + row * plan->segments;
			plan->out[row] = part[0];
			for (int64_t k = 1; k < plan->segments; k++)
				plan->out[row] = merged(plan->op, plan->kind, plan->out[row], part[k]);
		}
		fy_free(plan->partial);
	}
	fy_free(plan->kept);
}

static void run_columns(fold_plan *plan, dim_list *kept)
{
	kept->rank--;
	plan->columns = kept->dims[kept->rank];
	plan->column_stride = kept->strides[kept->rank];
	int64_t units = list_count(kept) * ((plan->columns + COLUMNS - 1) / COLUMNS);
	int64_t width = plan->columns < COLUMNS ? plan->columns : COLUMNS;
	plan->kept = fy_offsets(kept->rank, kept->dims, kept->strides);
	fy_parallel(units, fy_grain(width * plan->run * plan->offset_count), fold_columns, plan);
	fy_free(plan->kept);
}

fy_tensor *fy_fold(fy_fold_op op, const fy_tensor *in, uint32_t dims, const fy_shape *out_shape,
		   const fy_tensor *shift, double p)
{
	dim_list kept = { 0 }, reduced = { 0 };
	int64_t outputs = 1, count = 1;
	fold_plan plan = { .op = op, .p = p };

	fy_tensor *source = fy_operand(in, fy_wide(in->dtype));
	plan.dtype = source->dtype;
	plan.kind = fy_dtype_is_float(plan.dtype) ? FY_F64 : plan.dtype == FY_U64 ? FY_U64 : FY_I64;
	plan.data = fy_tensor_data(source);
	plan.size = fy_dtype_size(plan.dtype);
	for (int d = 0; d < in->shape.rank; d++) {
		bool reduce = dims >> d & 1;
		add_dim(reduce ? &reduced : &kept, in->shape.dims[d], source->strides[d]);
		*(reduce ? &count : &outputs) *= in->shape.dims[d];
	}
	FY_ASSERT(outputs == fy_numel(out_shape));
	fy_tensor *result = fy_temporary(plan.kind, out_shape);
	plan.out = fy_tensor_write_data(result);
	plan.shift = shift ? fy_tensor_data(shift) : NULL;
	if (count == 0) {
		for (int64_t k = 0; k < outputs; k++)
			plan.out[k] = neutral(op, plan.kind);
	} else if (outputs > 0) {
		bool rows = kept.rank == 0 || (reduced.rank > 0 && reduced.strides[reduced.rank - 1] <
									   kept.strides[kept.rank - 1]);
		plan.run = reduced.rank > 0 ? reduced.dims[--reduced.rank] : 1;
		plan.run_stride = plan.run > 1 ? reduced.strides[reduced.rank] : 1;
		plan.offset_count = list_count(&reduced);
		plan.offsets = fy_offsets(reduced.rank, reduced.dims, reduced.strides);
		if (rows)
			run_rows(&plan, &kept, outputs);
		else
			run_columns(&plan, &kept);
		fy_free(plan.offsets);
	}
	fy_tensor_unref(source);
	return result;
}
