/*
 * Reductions over a set of dims: sums, products, extremes, norms, moments. Everything accumulates in 64 bits
 * (fold.c) and is converted once at the end.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

static uint32_t mask_of(const fy_tensor *in, uint32_t dims)
{
	return dims & ((1u << in->shape.rank) - 1);
}

/* How many elements make one result. */
static int64_t reduced_count(const fy_tensor *in, uint32_t dims)
{
	int64_t count = 1;

	for (int d = 0; d < in->shape.rank; d++) {
		if (dims >> d & 1)
			count *= in->shape.dims[d];
	}
	return count;
}

/* Integers are folded as they are when the result is an integer too: the 64-bit sum truncates to the same. */
static fy_tensor *reduce_operand(const fy_tensor *in, fy_dtype result)
{
	bool floats = fy_dtype_is_float(result);

	if (floats == fy_dtype_is_float(in->dtype) && result != FY_BOOL && result != FY_U64)
		return fy_operand(in, in->dtype);
	return fy_operand(in, result);
}

static void log_sum_exp(fy_tensor *out, const fy_tensor *in, uint32_t dims)
{
	fy_tensor *top = fy_fold(FY_FOLD_MAX, in, dims, &out->shape, NULL, 0);
	double *shift = fy_tensor_write_data(top);
	int64_t count = fy_numel(&out->shape);

	for (int64_t i = 0; i < count; i++)
		shift[i] = isinf(shift[i]) ? 0 : shift[i];
	fy_tensor *total = fy_fold(FY_FOLD_SHIFTED_EXP, in, dims, &out->shape, top, 0);
	double *sum = fy_tensor_write_data(total);
	for (int64_t i = 0; i < count; i++)
		sum[i] = log(sum[i]) + shift[i];
	fy_tensor_copy(out, total);
	fy_tensor_unref(top);
	fy_tensor_unref(total);
}

static void divide_by(fy_tensor *total, int64_t count)
{
	int64_t results = fy_numel(&total->shape);

	if (total->dtype == FY_F64) {
		double *sum = fy_tensor_write_data(total);
		for (int64_t i = 0; i < results; i++)
			sum[i] /= (double)count;
		return;
	}
	FY_ASSERT(count > 0 || results == 0);
	int64_t *sum = fy_tensor_write_data(total);
	for (int64_t i = 0; i < results; i++)
		sum[i] /= count;
}

static fy_fold_op fold_of(fy_reduce op)
{
	switch (op) {
	case FY_SUM:
	case FY_MEAN:
		return FY_FOLD_SUM;
	case FY_PROD:
		return FY_FOLD_PROD;
	case FY_AMIN:
		return FY_FOLD_MIN;
	case FY_AMAX:
		return FY_FOLD_MAX;
	case FY_ANY:
		return FY_FOLD_ANY;
	case FY_ALL:
		return FY_FOLD_ALL;
	case FY_SUM_SQUARE:
		return FY_FOLD_SUM_SQUARE;
	case FY_SUM_ABS:
		return FY_FOLD_SUM_ABS;
	case FY_COUNT_NONZERO:
		return FY_FOLD_COUNT;
	default:
		FY_BUG("reduction %d is unknown", (int)op);
	}
}

void fy_kernel_reduce(fy_tensor *out, fy_reduce op, const fy_tensor *in, uint32_t dims)
{
	uint32_t mask = mask_of(in, dims);
	bool as_it_is =
		op == FY_ANY || op == FY_ALL || op == FY_COUNT_NONZERO || op == FY_AMIN || op == FY_AMAX;
	int64_t count = reduced_count(in, mask);

	FY_ASSERT((op != FY_AMIN && op != FY_AMAX) || count > 0 || fy_numel(&out->shape) == 0);
	fy_tensor *from = as_it_is ? fy_operand(in, in->dtype) : reduce_operand(in, out->dtype);
	if (op == FY_LOG_SUM_EXP) {
		log_sum_exp(out, from, mask);
	} else {
		fy_tensor *total = fy_fold(fold_of(op), from, mask, &out->shape, NULL, 0);
		if (op == FY_MEAN)
			divide_by(total, count);
		fy_tensor_copy(out, total);
		fy_tensor_unref(total);
	}
	fy_tensor_unref(from);
}

void fy_kernel_norm(fy_tensor *out, const fy_tensor *in, uint32_t dims, double p)
{
	uint32_t mask = mask_of(in, dims);
	fy_fold_op op = p == 0      ? FY_FOLD_COUNT
			: p == 1    ? FY_FOLD_SUM_ABS
			: p == 2    ? FY_FOLD_SUM_SQUARE
			: !isinf(p) ? FY_FOLD_SUM_POWER
			: p > 0     ? FY_FOLD_ABS_MAX
				    : FY_FOLD_ABS_MIN;

	FY_ASSERT(fy_dtype_is_float(out->dtype));
	fy_tensor *from = reduce_operand(in, out->dtype);
	fy_tensor *total = fy_fold(op, from, mask, &out->shape, NULL, p);
	double *sum = fy_tensor_write_data(total);
	bool empty = reduced_count(in, mask) == 0;
	for (int64_t i = 0; i < fy_numel(&out->shape); i++) {
		if (op == FY_FOLD_SUM_SQUARE)
			sum[i] = sqrt(sum[i]);
		else if (op == FY_FOLD_SUM_POWER)
			sum[i] = pow(sum[i], 1 / p);
		else if (empty)
			sum[i] = 0;
	}
	fy_tensor_copy(out, total);
	fy_tensor_unref(total);
	fy_tensor_unref(from);
}

void fy_kernel_var(fy_tensor *var, fy_tensor *mean, const fy_tensor *in, uint32_t dims, double correction,
		   bool take_root)
{
	const fy_tensor *like = var ? var : mean;
	uint32_t mask = mask_of(in, dims);
	int64_t count = reduced_count(in, mask);

	FY_ASSERT(like && fy_dtype_is_float(like->dtype));
	fy_tensor *from = reduce_operand(in, like->dtype);
	fy_tensor *centre = fy_fold(FY_FOLD_SUM, from, mask, &like->shape, NULL, 0);
	divide_by(centre, count);
	if (var) {
		fy_tensor *spread = fy_fold(FY_FOLD_SHIFTED_SQUARE, from, mask, &var->shape, centre, 0);
		double *sum = fy_tensor_write_data(spread);
		double divisor = (double)count - correction > 0 ? (double)count - correction : 0;
		for (int64_t i = 0; i < fy_numel(&var->shape); i++)
			sum[i] = take_root ? sqrt(sum[i] / divisor) : sum[i] / divisor;
		fy_tensor_copy(var, spread);
		fy_tensor_unref(spread);
	}
	if (mean)
		fy_tensor_copy(mean, centre);
	fy_tensor_unref(centre);
	fy_tensor_unref(from);
}
