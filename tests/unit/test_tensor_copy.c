/* Copies between geometries and types. Conversions are those of PyTorch 2.13 on x86. */
#include "tensor/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#define SHAPE(...) \
	(&(fy_shape){ (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), { __VA_ARGS__ } })

static fy_tensor *counting(fy_dtype dtype, const fy_shape *shape)
{
	fy_tensor *tensor = fy_tensor_new(dtype, shape, false);

	for (int64_t i = 0; i < fy_tensor_numel(tensor); i++)
		fy_tensor_set_i64(tensor, i, i % 100);
	return tensor;
}

/* Every permutation of a rank-4 tensor, dims around the tile size, into plain and permuted destinations. */
static void permuted(void **state)
{
	const int64_t dims[4] = { 3, 33, 2, 40 };
	fy_tensor *base = counting(FY_F32, SHAPE(3, 33, 2, 40));

	(void)state;
	for (int code = 0; code < 256; code++) {
		int perm[4] = { code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 };
		fy_shape shape = { .rank = 4 };
		int64_t strides[4];
		int seen = 0;

		for (int i = 0; i < 4; i++) {
			seen |= 1 << perm[i];
			shape.dims[i] = dims[perm[i]];
			strides[i] = base->strides[perm[i]];
		}
		if (seen != 15)
			continue;
		fy_tensor *view = fy_tensor_view(base, FY_F32, &shape, strides, 0);
		for (int narrow = 0; narrow < 2; narrow++) {
			fy_tensor *copy = fy_tensor_new(narrow ? FY_I8 : FY_F32, &shape, true);
			fy_tensor_copy(copy, view);
			for (int64_t i = 0; i < fy_tensor_numel(view); i++)
				assert_true(fy_tensor_get_f64(copy, i) == fy_tensor_get_f64(view, i));
			fy_tensor_unref(copy);
		}
		fy_tensor *back = fy_tensor_new(FY_F32, SHAPE(3, 33, 2, 40), true);
		fy_tensor *target = fy_tensor_view(back, FY_F32, &shape, strides, 0);
		fy_tensor_copy(target, view);
		assert_memory_equal(fy_tensor_data(back), fy_tensor_data(base), base->storage->size);
		fy_tensor_unref(target);
		fy_tensor_unref(back);
		fy_tensor_unref(view);
	}
	fy_tensor_unref(base);
}

static void expanded(void **state)
{
	fy_tensor *row = counting(FY_I64, SHAPE(5)), *all = fy_tensor_new(FY_I64, SHAPE(4, 5), false);
	fy_tensor *view = fy_tensor_view(row, FY_I64, SHAPE(4, 5), (int64_t[]){ 0, 1 }, 0);
	fy_tensor *scalar = fy_tensor_scalar_f64(FY_F32, 2.5), *target = fy_tensor_scalar_i64(FY_F64, 0);

	(void)state;
	fy_tensor_copy(all, view);
	for (int64_t i = 0; i < 20; i++)
		assert_int_equal(fy_tensor_get_i64(all, i), i % 5);
	fy_tensor_copy(target, scalar);
	assert_true(fy_tensor_get_f64(target, 0) == 2.5);
	fy_tensor_unref(row);
	fy_tensor_unref(all);
	fy_tensor_unref(view);
	fy_tensor_unref(scalar);
	fy_tensor_unref(target);
}

/* x[1:] = x[:-1]; x[:-1] = x[1:]; x = flip(x); x = x.t() */
static void overlapping(void **state)
{
	fy_tensor *base = counting(FY_I32, SHAPE(1000));
	fy_tensor *head = fy_tensor_view(base, FY_I32, SHAPE(999), (int64_t[]){ 1 }, 0);
	fy_tensor *tail = fy_tensor_view(base, FY_I32, SHAPE(999), (int64_t[]){ 1 }, 1);
	fy_tensor *flipped = fy_tensor_view(base, FY_I32, SHAPE(1000), (int64_t[]){ -1 }, 999);
	fy_tensor *square = fy_tensor_view(base, FY_I32, SHAPE(30, 30), (int64_t[]){ 30, 1 }, 0);
	fy_tensor *turned = fy_tensor_view(base, FY_I32, SHAPE(30, 30), (int64_t[]){ 1, 30 }, 0);

	(void)state;
	fy_tensor_copy(tail, head);
	for (int64_t i = 0; i < 1000; i++)
		assert_int_equal(fy_tensor_get_i64(base, i), i == 0 ? 0 : (i - 1) % 100);
	fy_tensor_copy(head, tail);
	for (int64_t i = 0; i < 999; i++)
		assert_int_equal(fy_tensor_get_i64(base, i), i % 100);
	for (int64_t i = 0; i < 1000; i++)
		fy_tensor_set_i64(base, i, i);
	fy_tensor_copy(base, flipped);
	for (int64_t i = 0; i < 1000; i++)
		assert_int_equal(fy_tensor_get_i64(base, i), 999 - i);
	fy_tensor_copy(square, turned);
	for (int64_t i = 0; i < 900; i++)
		assert_int_equal(fy_tensor_get_i64(base, i), 999 - (i % 30 * 30 + i / 30));
	fy_tensor_unref(base);
	fy_tensor_unref(head);
	fy_tensor_unref(tail);
	fy_tensor_unref(flipped);
	fy_tensor_unref(square);
	fy_tensor_unref(turned);
}

static int64_t to_int(fy_dtype dtype, double value)
{
	fy_tensor *from = fy_tensor_scalar_f64(FY_F64, value), *to = fy_tensor_scalar_i64(dtype, 0);

	fy_tensor_copy(to, from);
	int64_t result = fy_tensor_get_i64(to, 0);
	fy_tensor_unref(from);
	fy_tensor_unref(to);
	return result;
}

static void floats_to_integers(void **state)
{
	(void)state;
	assert_int_equal(to_int(FY_I32, 2.9), 2);
	assert_int_equal(to_int(FY_I32, -2.9), -2);
	assert_int_equal(to_int(FY_U8, 300.7), 44);
	assert_int_equal(to_int(FY_U8, -1.5), 255);
	assert_int_equal(to_int(FY_I8, 70000.5), 112);
	assert_int_equal(to_int(FY_I8, 3e9), 0);
	assert_int_equal(to_int(FY_I32, 3e9), INT32_MIN);
	assert_int_equal(to_int(FY_I32, NAN), INT32_MIN);
	assert_int_equal(to_int(FY_I64, 5e9), 5000000000);
	assert_true(to_int(FY_I64, INFINITY) == INT64_MIN);
	assert_int_equal(to_int(FY_U32, 3e9), 3000000000);
	assert_true((uint64_t)to_int(FY_U64, 1e19) == 10000000000000000000u);
	assert_int_equal(to_int(FY_BOOL, NAN), 1);
	assert_int_equal(to_int(FY_BOOL, 0.1), 1);
	assert_int_equal(to_int(FY_BOOL, -0.0), 0);
}

static double convert(fy_dtype from_dtype, int64_t value, fy_dtype to_dtype)
{
	fy_tensor *from = fy_tensor_scalar_i64(from_dtype, value), *to = fy_tensor_scalar_i64(to_dtype, 0);

	fy_tensor_copy(to, from);
	double result = fy_tensor_get_f64(to, 0);
	fy_tensor_unref(from);
	fy_tensor_unref(to);
	return result;
}

static void integers(void **state)
{
	(void)state;
	assert_true(convert(FY_I64, 300, FY_U8) == 44);
	assert_true(convert(FY_I64, 300, FY_BOOL) == 1);
	assert_true(convert(FY_I32, -1, FY_U16) == 65535);
	assert_true(convert(FY_U64, -1, FY_F64) == 0x1p64);
	/* Rounded once, not by way of a double. */
	assert_true(convert(FY_I64, (INT64_C(1) << 53) + (INT64_C(1) << 29) + 1, FY_F32) == 0x1.000002p53);
	assert_true(convert(FY_I64, 70000, FY_F16) == INFINITY);
	assert_true(convert(FY_BOOL, 7, FY_F32) == 1);
}

/* Conjugate and negative views as archives store them. */
static void lazy_bits(void **state)
{
	fy_tensor *complex_ = fy_tensor_new(FY_C64, SHAPE(2), false);
	float *parts = fy_tensor_write_data(complex_);
	fy_tensor *view = fy_tensor_view(complex_, FY_C64, SHAPE(2), (int64_t[]){ 1 }, 0);
	fy_tensor *imaginary = fy_tensor_view(complex_, FY_F32, SHAPE(2), (int64_t[]){ 2 }, 1);
	const float values[4] = { 1, 2, 3, -4 };

	(void)state;
	memcpy(parts, values, sizeof(values));
	view->conj = true;
	imaginary->neg = true;
	fy_tensor *plain = fy_tensor_contiguous(view), *reals = fy_tensor_contiguous(imaginary);
	assert_false(plain->conj);
	const float *p = fy_tensor_data(plain), *r = fy_tensor_data(reals);
	assert_true(p[0] == 1 && p[1] == -2 && p[2] == 3 && p[3] == 4);
	assert_true(r[0] == -2 && r[1] == 4);
	assert_true(fy_tensor_get_f64(imaginary, 1) == 4);
	/* Written through the view, the storage gets the conjugate. */
	fy_tensor_copy(view, view);
	assert_memory_equal(fy_tensor_data(complex_), values, sizeof(values));
	fy_tensor_copy(view, complex_);
	parts = fy_tensor_write_data(complex_);
	assert_true(parts[1] == -2 && parts[3] == 4);
	fy_tensor_unref(complex_);
	fy_tensor_unref(view);
	fy_tensor_unref(imaginary);
	fy_tensor_unref(plain);
	fy_tensor_unref(reals);
}

static void complex_conversion(void **state)
{
	fy_tensor *complex_ = fy_tensor_new(FY_C128, SHAPE(3), false),
		  *flags = fy_tensor_new(FY_BOOL, SHAPE(3), false);
	fy_tensor *real = fy_tensor_new(FY_I16, SHAPE(3), false),
		  *half = fy_tensor_new(FY_C32, SHAPE(3), false);
	const double values[6] = { 1.5, 2, 0, 3, 0, 0 };

	(void)state;
	memcpy(fy_tensor_write_data(complex_), values, sizeof(values));
	fy_tensor_copy(flags, complex_);
	fy_tensor_copy(real, complex_);
	fy_tensor_copy(half, complex_);
	assert_memory_equal(fy_tensor_data(flags), "\1\1\0", 3);
	assert_true(fy_tensor_get_i64(real, 0) == 1 && fy_tensor_get_i64(real, 1) == 0);
	const uint16_t *parts = fy_tensor_data(half);
	assert_true(parts[0] == 0x3e00 && parts[1] == 0x4000 && parts[3] == 0x4200);
	fy_tensor_copy(complex_, real);
	const double *wide = fy_tensor_data(complex_);
	assert_true(wide[0] == 1 && wide[1] == 0 && wide[3] == 0);
	fy_tensor_unref(complex_);
	fy_tensor_unref(flags);
	fy_tensor_unref(real);
	fy_tensor_unref(half);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permuted),          cmocka_unit_test(expanded),
		cmocka_unit_test(overlapping),       cmocka_unit_test(floats_to_integers),
		cmocka_unit_test(integers),          cmocka_unit_test(lazy_bits),
		cmocka_unit_test(complex_conversion)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
