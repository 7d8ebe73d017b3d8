/* Comparison metrics and seeded inputs. The numbers were computed with NumPy. */
#include "tensor/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static fy_tensor *floats(fy_dtype dtype, int64_t rows, int64_t columns, const double *values)
{
	fy_shape shape = { .rank = 2, .dims = { rows, columns } };
	fy_tensor *tensor = fy_tensor_new(dtype, &shape, false);

	for (int64_t i = 0; i < rows * columns; i++)
		fy_tensor_set_f64(tensor, i, values[i]);
	return tensor;
}

static fy_compare compared(fy_dtype dtype, const double *a, const double *b, int64_t rows, int64_t columns)
{
	fy_tensor *x = floats(dtype, rows, columns, a), *y = floats(dtype, rows, columns, b);
	fy_compare result = fy_tensor_compare(x, y, FY_TOLERANCE_DEFAULT);

	fy_tensor_unref(x);
	fy_tensor_unref(y);
	return result;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-12;
}

static void metrics(void **state)
{
	fy_compare c =
		compared(FY_F64, (double[]){ 1, 2, 3, 4.5, 5, 6 }, (double[]){ 1, 2, 3, 4, 5, 6.25 }, 2, 3);

	(void)state;
	assert_true(c.comparable && !c.ok && !c.exact && c.nan_match && !c.constant);
	assert_int_equal(c.count, 6);
	assert_int_equal(c.outside, 2);
	assert_int_equal(c.worst, 3);
	assert_true(c.worst_a == 4.5 && c.worst_b == 4);
	assert_true(near(c.mean, 0.125) && near(c.max, 0.5));
	assert_true(near(c.relative, 0.75 / 21.25));
	assert_true(near(c.cosine, 0.9983689316648456));
	assert_true(c.argmax_agree == 1);
}

static void tolerance(void **state)
{
	(void)state;
	/* 1e-4 + 1e-3 * |b| around b = 1 */
	assert_true(compared(FY_F64, (double[]){ 1.00109 }, (double[]){ 1 }, 1, 1).outside == 0);
	assert_true(compared(FY_F64, (double[]){ 1.00111 }, (double[]){ 1 }, 1, 1).outside == 1);
	assert_true(compared(FY_F32, (double[]){ 1, 2 }, (double[]){ 1, 2 }, 1, 2).exact);
	/* Each inside, but the mean is not: large values. */
	fy_compare c = compared(FY_F64, (double[]){ 1000.5 }, (double[]){ 1000 }, 1, 1);
	assert_true(c.outside == 0 && !c.ok);
}

static void special_values(void **state)
{
	const double mixed[] = { NAN, INFINITY, -INFINITY, 1 };
	fy_compare c = compared(FY_F16, mixed, mixed, 1, 4);

	(void)state;
	assert_true(c.ok && c.exact && c.nan_match && c.mean == 0 && c.cosine == 1);
	c = compared(FY_F32, (double[]){ NAN, 1 }, (double[]){ 0, 1 }, 1, 2);
	assert_true(!c.ok && !c.nan_match && !c.exact && c.outside == 1);
	c = compared(FY_F32, (double[]){ INFINITY, 1 }, (double[]){ -INFINITY, 1 }, 1, 2);
	assert_true(!c.ok && c.nan_match && c.outside == 1 && c.max == 0);
	c = compared(FY_F32, (double[]){ INFINITY }, (double[]){ 1e30 }, 1, 1);
	assert_true(!c.ok && c.outside == 1);
}

static void weak_evidence(void **state)
{
	(void)state;
	assert_true(compared(FY_F32, (double[]){ 0, 0 }, (double[]){ 0, 0 }, 1, 2).constant);
	assert_true(compared(FY_F32, (double[]){ 0, 0 }, (double[]){ 0, 0 }, 1, 2).cosine == 1);
	assert_true(compared(FY_F32, (double[]){ 1, 2 }, (double[]){ 3, 3 }, 1, 2).constant);
	assert_false(compared(FY_F32, (double[]){ 3, 3 }, (double[]){ 1, 2 }, 1, 2).constant);
	assert_false(compared(FY_F32, (double[]){ 3 }, (double[]){ 3 }, 1, 1).constant);
	assert_true(compared(FY_F32, (double[]){ 1, 0 }, (double[]){ 0, 0 }, 1, 2).relative == INFINITY);
}

static void integers(void **state)
{
	fy_tensor *a = fy_tensor_from_i64((int64_t[]){ INT64_MAX, 5 }, 2);
	fy_tensor *b = fy_tensor_from_i64((int64_t[]){ INT64_MAX - 1, 5 }, 2);
	fy_compare c = fy_tensor_compare(a, b, FY_TOLERANCE_DEFAULT);

	(void)state;
	/* Equal as doubles, not as integers. */
	assert_true(c.comparable && !c.exact && !c.ok);
	c = fy_tensor_compare(a, a, FY_TOLERANCE_DEFAULT);
	assert_true(c.exact && c.ok);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	assert_false(compared(FY_BOOL, (double[]){ 1, 0 }, (double[]){ 1, 1 }, 1, 2).ok);
}

static void different_kinds(void **state)
{
	fy_tensor *a = fy_tensor_scalar_f64(FY_F32, 1), *b = fy_tensor_scalar_f64(FY_F64, 1);
	fy_tensor *c = fy_tensor_new(FY_F32, &(fy_shape){ .rank = 1, .dims = { 1 } }, true);
	fy_tensor *none = fy_tensor_new(FY_F32, &(fy_shape){ .rank = 2, .dims = { 3, 0 } }, true);

	(void)state;
	assert_false(fy_tensor_compare(a, b, FY_TOLERANCE_DEFAULT).comparable);
	assert_false(fy_tensor_compare(a, c, FY_TOLERANCE_DEFAULT).comparable);
	assert_false(fy_tensor_compare(a, c, FY_TOLERANCE_DEFAULT).ok);
	assert_true(fy_tensor_compare(none, none, FY_TOLERANCE_DEFAULT).ok);
	assert_true(fy_tensor_compare(a, a, FY_TOLERANCE_DEFAULT).argmax_agree == 1);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	fy_tensor_unref(c);
	fy_tensor_unref(none);
}

/* Over axis 1, with positions beside it (rank 3) and without (rank 2); NaN is the largest, the first of
 * equals wins. */
static void argmax(void **state)
{
	fy_shape shape = { .rank = 3, .dims = { 2, 3, 700 } };
	fy_tensor *a = fy_tensor_new(FY_F32, &shape, false), *b = fy_tensor_new(FY_F32, &shape, false);

	(void)state;
	fy_tensor_fill_random(a, 1, 0, 0);
	fy_tensor_copy(b, a);
	for (int64_t i = 0; i < 350; i++)
		fy_tensor_set_f64(b, 700 * 3 + (i % 3) * 700 + i, 100 + (double)i);
	int64_t agree = 0;
	for (int64_t p = 0; p < 1400; p++) {
		int best_a = 0, best_b = 0;
		int64_t at = p / 700 * 2100 + p % 700;
		for (int k = 1; k < 3; k++) {
			if (fy_tensor_get_f64(a, at + k * 700) > fy_tensor_get_f64(a, at + best_a * 700))
				best_a = k;
			if (fy_tensor_get_f64(b, at + k * 700) > fy_tensor_get_f64(b, at + best_b * 700))
				best_b = k;
		}
		agree += best_a == best_b;
	}
	assert_true(agree > 700 && agree < 1400);
	assert_true(near(fy_tensor_compare(a, b, FY_TOLERANCE_DEFAULT).argmax_agree, (double)agree / 1400));
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	assert_true(compared(FY_F32, (double[]){ 1, 2, 9, 1, 5, 5 }, (double[]){ 1, 2, 9, 1, 5, 4 }, 3, 2)
			    .argmax_agree == 1);
	assert_true(compared(FY_F32, (double[]){ 1, 2, 9, 1 }, (double[]){ 2, 1, 9, 1 }, 2, 2).argmax_agree ==
		    0.5);
	assert_true(
		compared(FY_F32, (double[]){ 1, NAN, 9, 1 }, (double[]){ 1, 8, 9, 1 }, 2, 2).argmax_agree ==
		1);
}

/* Half of the elements are compared through a permuted view. */
static void strided(void **state)
{
	const double values[] = { 1, 2, 3, 4, 5, 6 }, turned_values[] = { 1, 4, 2, 5, 3, 6 };
	fy_tensor *a = floats(FY_F32, 2, 3, values), *b = floats(FY_F32, 3, 2, turned_values);
	fy_tensor *turned = fy_tensor_view(b, FY_F32, &a->shape, (int64_t[]){ 1, 2 }, 0);

	(void)state;
	assert_true(fy_tensor_compare(a, turned, FY_TOLERANCE_DEFAULT).exact);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	fy_tensor_unref(turned);
}

/* ---- seeded inputs ---- */

static void moments(void **state)
{
	fy_tensor *tensor = fy_tensor_new(FY_F64, &(fy_shape){ .rank = 1, .dims = { 100000 } }, false);
	const double *values = fy_tensor_data(tensor);
	double sum = 0, squares = 0;
	int beyond_two = 0;

	(void)state;
	fy_tensor_fill_random(tensor, 42, 0, 0);
	for (int i = 0; i < 100000; i++) {
		sum += values[i];
		squares += values[i] * values[i];
		beyond_two += fabs(values[i]) > 2;
	}
	assert_true(fabs(sum / 100000) < 0.01);
	assert_true(fabs(squares / 100000 - 1) < 0.02);
	assert_true(beyond_two > 4200 && beyond_two < 4900);
	fy_tensor_unref(tensor);
}

static void ranges(void **state)
{
	fy_tensor *tensor = fy_tensor_new(FY_I32, &(fy_shape){ .rank = 1, .dims = { 6000 } }, false);
	fy_tensor *coins = fy_tensor_new(FY_BOOL, &(fy_shape){ .rank = 1, .dims = { 6000 } }, false);
	fy_tensor *wide = fy_tensor_new(FY_I64, &(fy_shape){ .rank = 1, .dims = { 600 } }, false);
	int seen[6] = { 0 }, heads = 0, negative = 0;

	(void)state;
	fy_tensor_fill_random(tensor, 7, -2, 4);
	fy_tensor_fill_random(coins, 7, 0, 0);
	fy_tensor_fill_random(wide, 7, INT64_MIN, INT64_MAX);
	for (int i = 0; i < 6000; i++) {
		int64_t value = fy_tensor_get_i64(tensor, i);
		assert_in_range(value + 2, 0, 5);
		seen[value + 2]++;
		heads += (int)fy_tensor_get_i64(coins, i);
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 850, 1150);
	for (int i = 0; i < 600; i++)
		negative += fy_tensor_get_i64(wide, i) < 0;
	assert_in_range(negative, 230, 370);
	assert_in_range(heads, 2850, 3150);
	fy_tensor_unref(tensor);
	fy_tensor_unref(coins);
	fy_tensor_unref(wide);
}

/* The same values for a seed in every geometry; other values for another seed. */
static void repeatable(void **state)
{
	fy_shape shape = { .rank = 2, .dims = { 30, 20 } };
	fy_tensor *a = fy_tensor_new(FY_F32, &shape, false), *store = fy_tensor_new(FY_F32, &shape, false);
	fy_tensor *turned = fy_tensor_view(store, FY_F32, &shape, (int64_t[]){ 1, 30 }, 0);

	(void)state;
	fy_tensor_fill_random(a, 3, 0, 0);
	fy_tensor_fill_random(turned, 3, 0, 0);
	assert_true(fy_tensor_compare(a, turned, FY_TOLERANCE_DEFAULT).exact);
	fy_tensor_fill_random(turned, 4, 0, 0);
	assert_false(fy_tensor_compare(a, turned, FY_TOLERANCE_DEFAULT).ok);
	fy_tensor_unref(a);
	fy_tensor_unref(store);
	fy_tensor_unref(turned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics),        cmocka_unit_test(tolerance),
		cmocka_unit_test(special_values), cmocka_unit_test(weak_evidence),
		cmocka_unit_test(integers),       cmocka_unit_test(different_kinds),
		cmocka_unit_test(argmax),         cmocka_unit_test(strided),
		cmocka_unit_test(moments),        cmocka_unit_test(ranges),
		cmocka_unit_test(repeatable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
