/*
 * How far two tensors are apart, in every number that a verdict or a report needs, in one pass over both plus
 * one for the argmax. Sums are double whatever the element type.
 */
#include "tensor/tensor_internal.h"

#include <math.h>
#include <string.h>

typedef struct sums {
	double difference, reference; /* of |a - b| and |b| where both are finite */
	double dot, square_a, square_b;
	int64_t finite, nan_mismatch, unequal;
	bool all_zero, all_same;
	double first_re, first_im; /* of the reference */
} sums;

/* One element of both sides; the imaginary parts are 0 unless complex. */
typedef struct pair {
	double a, a_im, b, b_im;
} pair;

/* hypot is slow, and nearly all tensors are real. */
static double size_of(double re, double im)
{
	return im == 0 ? fabs(re) : hypot(re, im);
}

static bool is_nan(double re, double im)
{
	return isnan(re) || isnan(im);
}

static void account_finite(fy_compare *c, sums *s, const pair *p, int64_t index, double difference,
			   double tolerance)
{
	double size_b = size_of(p->b, p->b_im);

	s->finite++;
	s->difference += difference;
	s->reference += size_b;
	s->dot += p->a * p->b + p->a_im * p->b_im;
	s->square_a += p->a * p->a + p->a_im * p->a_im;
	s->square_b += p->b * p->b + p->b_im * p->b_im;
	if (difference > tolerance)
		c->outside++;
	if (difference > c->max) {
		c->max = difference;
		c->worst = index;
		c->worst_a = p->a;
		c->worst_b = p->b;
	}
}

static void account(fy_compare *c, sums *s, const pair *p, int64_t index, fy_tolerance tolerance)
{
	bool nan_a = is_nan(p->a, p->a_im), nan_b = is_nan(p->b, p->b_im);

	if (index == 0) {
		s->first_re = p->b;
		s->first_im = p->b_im;
	}
	s->all_zero = s->all_zero && p->b == 0 && p->b_im == 0;
	s->all_same = s->all_same && ((p->b == s->first_re && p->b_im == s->first_im) ||
				      (nan_b && is_nan(s->first_re, s->first_im)));
	if (nan_a || nan_b) {
		s->nan_mismatch += nan_a != nan_b;
		s->unequal += nan_a != nan_b;
		c->outside += nan_a != nan_b;
		return;
	}
	bool equal = p->a == p->b && p->a_im == p->b_im;
	s->unequal += !equal;
	bool finite = isfinite(p->a) && isfinite(p->a_im) && isfinite(p->b) && isfinite(p->b_im);
	if (!finite) {
		c->outside += !equal;
		return;
	}
	double bound = tolerance.atol + tolerance.rtol * size_of(p->b, p->b_im);
	account_finite(c, s, p, index, size_of(p->a - p->b, p->a_im - p->b_im), bound);
}

/* int64 and uint64 do not fit a double: whether they are equal is decided on the integers. */
static int64_t unequal_integers(const fy_run *a, const fy_run *b, int64_t count)
{
	int64_t unequal = 0;

	for (int64_t i = 0; i < count; i++)
		unequal += a->u[i] != b->u[i];
	return unequal;
}

static void compare_runs(fy_compare *c, sums *s, fy_run *a, fy_run *b, fy_class class_, int64_t start,
			 int64_t count, fy_tolerance tolerance)
{
	if (class_ == FY_CLASS_INT || class_ == FY_CLASS_UINT) {
		s->unequal += unequal_integers(a, b, count);
		fy_run_to_real(a, class_, count);
		fy_run_to_real(b, class_, count);
	}
	for (int64_t i = 0; i < count; i++) {
		pair p = { a->r[i], 0, b->r[i], 0 };
		if (class_ == FY_CLASS_COMPLEX)
			p = (pair){ a->z[i][0], a->z[i][1], b->z[i][0], b->z[i][1] };
		account(c, s, &p, start + i, tolerance);
	}
}

/* ---- argmax ---- */

/* A run of elements as reals, `position` elements into a contiguous tensor. */
static void load_reals(fy_run *run, const fy_tensor *tensor, int64_t position, int64_t step, int64_t count)
{
	int64_t size = (int64_t)fy_dtype_size(tensor->dtype);
	const uint8_t *data = fy_tensor_data(tensor);

	fy_run_load(run, tensor->dtype, data + position * size, step * size, count);
	fy_run_to_real(run, fy_class_of(tensor->dtype), count);
}

/* NaN counts as the largest, and the first of equals wins, as in PyTorch. */
static bool beats(double x, double best)
{
	return x > best || (isnan(x) && !isnan(best));
}

typedef struct best_run {
	double value[FY_RUN];
	int64_t at[FY_RUN];
} best_run;

static void update_best(best_run *best, const fy_run *run, int64_t k, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		if (k == 0 || beats(run->r[i], best->value[i])) {
			best->value[i] = run->r[i];
			best->at[i] = k;
		}
	}
}

static double argmax_agreement(const fy_tensor *a, const fy_tensor *b)
{
	const fy_shape *shape = &a->shape;
	int axis = shape->rank >= 2 ? 1 : 0;
	int64_t outer = axis == 1 ? shape->dims[0] : 1, length = shape->rank ? shape->dims[axis] : 1,
		inner = 1;
	int64_t equal = 0;
	best_run best_a, best_b;
	fy_run run;

	for (int i = axis + 1; i < shape->rank; i++)
		inner *= shape->dims[i];
	/* Positions are runs along `inner`; where that is short, along `outer`. */
	bool along_inner = inner > 1;
	int64_t rows = along_inner ? outer : 1, columns = along_inner ? inner : outer;
	int64_t step = along_inner ? 1 : length;
	for (int64_t row = 0; row < rows; row++) {
		for (int64_t start = 0; start < columns; start += FY_RUN) {
			int64_t count = columns - start < FY_RUN ? columns - start : FY_RUN;
			for (int64_t k = 0; k < length; k++) {
				int64_t position = row * length * inner + start * step + k * inner;
				load_reals(&run, a, position, step, count);
				update_best(&best_a, &run, k, count);
				load_reals(&run, b, position, step, count);
				update_best(&best_b, &run, k, count);
			}
			for (int64_t i = 0; i < count; i++)
				equal += best_a.at[i] == best_b.at[i];
		}
	}
	return (double)equal / (double)(outer * inner);
}

/* ---- all of it ---- */

static fy_tensor *plain(const fy_tensor *tensor)
{
	fy_tensor *view =
		fy_tensor_view(tensor, tensor->dtype, &tensor->shape, tensor->strides, tensor->offset);
	fy_tensor *result = fy_tensor_contiguous(view);

	if (!result)
		fy_out_of_memory();
	fy_tensor_unref(view);
	return result;
}

static void conclude(fy_compare *c, const sums *s, fy_dtype dtype, fy_tolerance tolerance)
{
	bool real = fy_dtype_is_float(dtype) || fy_dtype_is_complex(dtype);

	c->nan_match = s->nan_mismatch == 0;
	c->exact = s->unequal == 0;
	c->constant = s->all_zero || (s->all_same && c->count > 1);
	c->mean = s->finite ? s->difference / (double)s->finite : 0;
	if (s->reference > 0)
		c->relative = s->difference / s->reference;
	else
		c->relative = s->difference > 0 ? INFINITY : 0;
	if (s->square_a > 0 && s->square_b > 0)
		c->cosine = s->dot / (sqrt(s->square_a) * sqrt(s->square_b));
	else
		c->cosine = s->square_a == s->square_b ? 1 : 0;
	if (real)
		c->ok = c->nan_match && c->outside == 0 && !(c->mean > tolerance.mean);
	else
		c->ok = c->exact;
}

fy_compare fy_tensor_compare(const fy_tensor *a, const fy_tensor *b, fy_tolerance tolerance)
{
	fy_compare c = { .argmax_agree = 1 };
	sums s = { .all_zero = true, .all_same = true };
	fy_run run_a, run_b;

	if (a->dtype != b->dtype || !fy_shape_eq(&a->shape, &b->shape))
		return (fy_compare){ 0 };
	FY_ASSERT(a->storage && b->storage);
	c.comparable = true;
	c.count = fy_tensor_numel(b);
	a = plain(a);
	b = plain(b);
	int64_t size = (int64_t)fy_dtype_size(a->dtype);
	const uint8_t *data_a = fy_tensor_data(a), *data_b = fy_tensor_data(b);
	for (int64_t done = 0; done < c.count; done += FY_RUN) {
		int64_t count = c.count - done < FY_RUN ? c.count - done : FY_RUN;
		fy_run_load(&run_a, a->dtype, data_a + done * size, size, count);
		fy_run_load(&run_b, b->dtype, data_b + done * size, size, count);
		compare_runs(&c, &s, &run_a, &run_b, fy_class_of(a->dtype), done, count, tolerance);
	}
	if (c.count > 0 && !fy_dtype_is_complex(a->dtype))
		c.argmax_agree = argmax_agreement(a, b);
	conclude(&c, &s, a->dtype, tolerance);
	fy_tensor_unref((fy_tensor *)a);
	fy_tensor_unref((fy_tensor *)b);
	return c;
}
