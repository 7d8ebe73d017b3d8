/* Shapes, strides, bounds, overlap, storages. */
#include "tensor/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SHAPE(...) \
	(&(fy_shape){ (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), { __VA_ARGS__ } })
#define S0 (-1)
#define S1 (-2)

static void check_text(const fy_shape *shape, const char *expected)
{
	fy_buf buf = { 0 };

	fy_buf_put_shape(&buf, shape);
	assert_string_equal(buf.data, expected);
	fy_buf_release(&buf);
}

static void shapes(void **state)
{
	int64_t numel, strides[FY_MAX_RANK];

	(void)state;
	check_text(SHAPE(1, 3, S0), "[1,3,s0]");
	check_text(&(fy_shape){ 0 }, "[]");
	assert_true(fy_shape_numel(&(fy_shape){ 0 }, &numel) && numel == 1);
	assert_true(fy_shape_numel(SHAPE(2, 3, 4), &numel) && numel == 24);
	assert_true(fy_shape_numel(SHAPE(2, S0), &numel) && numel == -1);
	assert_false(fy_shape_numel(SHAPE(INT64_C(1) << 40, INT64_C(1) << 40), &numel));
	assert_true(fy_shape_numel(SHAPE(INT64_C(1) << 40, INT64_C(1) << 40, 0), &numel) && numel == 0);
	fy_shape_strides(SHAPE(2, 3, 4), strides);
	assert_true(strides[0] == 12 && strides[1] == 4 && strides[2] == 1);
	fy_shape_strides(SHAPE(2, 0, 4), strides);
	assert_true(strides[0] == 4 && strides[1] == 4 && strides[2] == 1);
	fy_shape_strides(SHAPE(2, S0, 4), strides);
	assert_true(strides[0] == FY_STRIDE_UNKNOWN && strides[1] == 4 && strides[2] == 1);
	assert_true(fy_shape_eq(SHAPE(2, S0), SHAPE(2, S0)));
	assert_false(fy_shape_eq(SHAPE(2, S0), SHAPE(2, S1)));
	assert_false(fy_shape_known(SHAPE(2, S0)));
}

static void check_broadcast(const fy_shape *a, const fy_shape *b, const fy_shape *expected)
{
	fy_shape out;

	assert_int_equal(fy_shape_broadcast(a, b, &out), expected != NULL);
	if (expected)
		assert_true(fy_shape_eq(&out, expected));
	assert_int_equal(fy_shape_broadcast(b, a, &out), expected != NULL);
	if (expected)
		assert_true(fy_shape_eq(&out, expected));
}

static void broadcasting(void **state)
{
	(void)state;
	check_broadcast(SHAPE(2, 1, 4), SHAPE(3, 1), SHAPE(2, 3, 4));
	check_broadcast(SHAPE(2, 3), &(fy_shape){ 0 }, SHAPE(2, 3));
	check_broadcast(SHAPE(2, 3), SHAPE(2), NULL);
	check_broadcast(SHAPE(1), SHAPE(0), SHAPE(0));
	check_broadcast(SHAPE(2), SHAPE(0), NULL);
	check_broadcast(SHAPE(S0, 1), SHAPE(1, S1), SHAPE(S0, S1));
	check_broadcast(SHAPE(S0), SHAPE(5), SHAPE(5));
	check_broadcast(SHAPE(S0), SHAPE(S0), SHAPE(S0));
	check_broadcast(SHAPE(S0), SHAPE(S1), SHAPE(FY_DIM_UNKNOWN));
}

/* A view of ten floats. */
static bool fits(const fy_shape *shape, const int64_t strides[], int64_t offset)
{
	fy_tensor *base = fy_tensor_new(FY_F32, SHAPE(10), true);
	fy_tensor *view = fy_tensor_view(base, FY_F32, shape, strides, offset);
	bool result = fy_tensor_in_bounds(view);

	fy_tensor_unref(view);
	fy_tensor_unref(base);
	return result;
}

static void bounds(void **state)
{
	(void)state;
	assert_true(fits(SHAPE(2, 5), (int64_t[]){ 5, 1 }, 0));
	assert_false(fits(SHAPE(2, 5), (int64_t[]){ 5, 1 }, 1));
	assert_false(fits(SHAPE(2, 5), (int64_t[]){ 5, 1 }, -1));
	assert_true(fits(SHAPE(10), (int64_t[]){ -1 }, 9));
	assert_false(fits(SHAPE(10), (int64_t[]){ -1 }, 8));
	assert_true(fits(SHAPE(1000, 10), (int64_t[]){ 0, 1 }, 0));
	assert_false(fits(SHAPE(3), (int64_t[]){ INT64_MAX }, 0));
	assert_false(fits(SHAPE(3), (int64_t[]){ INT64_MIN }, 0));
	assert_false(fits(SHAPE(2), (int64_t[]){ INT64_MAX }, 9));
	assert_false(fits(SHAPE(1), (int64_t[]){ 1 }, INT64_MAX));
	assert_false(fits(SHAPE(INT64_MAX), (int64_t[]){ 1 }, 0));
	assert_true(fits(SHAPE(0), (int64_t[]){ 1 }, 10));
	assert_false(fits(SHAPE(INT64_MAX, 4), (int64_t[]){ 0, 1 }, 0));
}

static bool overlaps(const fy_shape *shape, const int64_t strides[])
{
	fy_tensor *base = fy_tensor_new(FY_U8, SHAPE(100), true);
	fy_tensor *view = fy_tensor_view(base, FY_U8, shape, strides, 0);
	bool result = fy_tensor_overlaps_itself(view);

	fy_tensor_unref(view);
	fy_tensor_unref(base);
	return result;
}

static void overlap(void **state)
{
	(void)state;
	assert_false(overlaps(SHAPE(2, 5), (int64_t[]){ 5, 1 }));
	assert_false(overlaps(SHAPE(5, 2), (int64_t[]){ 1, 5 }));
	assert_true(overlaps(SHAPE(2, 5), (int64_t[]){ 0, 1 }));
	assert_false(overlaps(SHAPE(1, 5), (int64_t[]){ 0, 1 }));
	assert_true(overlaps(SHAPE(4, 3), (int64_t[]){ 1, 1 }));
	assert_false(overlaps(SHAPE(4, 0), (int64_t[]){ 0, 1 }));
	/* 0 2 4 and 3 5 7: interleaved without meeting. */
	assert_false(overlaps(SHAPE(3, 2), (int64_t[]){ 2, 3 }));
	assert_true(overlaps(SHAPE(4, 3), (int64_t[]){ 2, 3 }));
}

static void contiguity(void **state)
{
	fy_tensor *base = fy_tensor_new(FY_F32, SHAPE(2, 3, 4), true);
	fy_tensor *turned = fy_tensor_view(base, FY_F32, SHAPE(4, 3, 2), (int64_t[]){ 1, 4, 12 }, 0);
	fy_tensor *single = fy_tensor_view(base, FY_F32, SHAPE(2, 1, 12), (int64_t[]){ 12, 99, 1 }, 0);
	fy_tensor *meta = fy_tensor_meta(FY_F32, SHAPE(S0, 3));
	fy_tensor *same = fy_tensor_contiguous(base), *copy = fy_tensor_contiguous(turned);

	(void)state;
	assert_true(fy_tensor_is_contiguous(base));
	assert_false(fy_tensor_is_contiguous(turned));
	assert_true(fy_tensor_is_contiguous(single));
	assert_true(fy_tensor_is_contiguous(meta));
	assert_int_equal(fy_tensor_numel(meta), -1);
	assert_ptr_equal(same, base);
	assert_true(fy_tensor_is_contiguous(copy) && copy->storage != base->storage);
	assert_false(fy_tensor_has_data(meta));
	fy_tensor_unref(base);
	fy_tensor_unref(turned);
	fy_tensor_unref(single);
	fy_tensor_unref(meta);
	fy_tensor_unref(same);
	fy_tensor_unref(copy);
	fy_tensor_unref(NULL);
}

static void storages(void **state)
{
	static const uint8_t bytes[17] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	fy_file file = { 0 };
	fy_storage *storage = fy_storage_borrow(bytes + 1, 16);
	fy_tensor *tensor = fy_tensor_meta(FY_I32, SHAPE(4));

	(void)state;
	storage->file = &file;
	tensor->storage = fy_storage_ref(storage);
	/* Read where it does not lie on a multiple of its size: moved, still what the file holds. */
	assert_int_equal(fy_tensor_get_i64(tensor, 0), 0x04030201);
	assert_int_equal((uintptr_t)fy_tensor_data(tensor) % 4, 0);
	assert_ptr_equal(storage->file, &file);
	fy_tensor_set_i64(tensor, 0, -1);
	assert_null(storage->file);
	assert_int_equal(bytes[1], 1);
	assert_int_equal(storage->bytes[0], 0xff);
	assert_int_equal(storage->bytes[4], 5);
	fy_tensor_unref(tensor);
	assert_int_equal(storage->refs, 1);
	fy_storage_unref(storage);
	assert_null(fy_storage_new(SIZE_MAX, false));
	assert_null(fy_tensor_new(FY_F64, SHAPE(INT64_C(1) << 62), true));
	assert_null(fy_tensor_new(FY_F64, SHAPE(INT64_C(1) << 31, INT64_C(1) << 33), true));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shapes),     cmocka_unit_test(broadcasting),
					    cmocka_unit_test(bounds),     cmocka_unit_test(overlap),
					    cmocka_unit_test(contiguity), cmocka_unit_test(storages) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
