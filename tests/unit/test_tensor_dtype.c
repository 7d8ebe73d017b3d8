/* Element types and conversions of single elements. The expected bits are what PyTorch 2.13 gives. */
#include "tensor/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void names(void **state)
{
	fy_dtype dtype;

	(void)state;
	for (int i = 0; i < FY_DTYPE_COUNT; i++) {
		assert_true(fy_dtype_size((fy_dtype)i) > 0);
		assert_true(fy_dtype_parse(fy_str_of(fy_dtype_name((fy_dtype)i)), &dtype));
		assert_int_equal(dtype, i);
	}
	assert_false(fy_dtype_known(-1));
	assert_false(fy_dtype_known(FY_DTYPE_COUNT));
	assert_true(fy_dtype_parse(fy_str_of("half"), &dtype) && dtype == FY_F16);
	assert_true(fy_dtype_parse(fy_str_of("i64"), &dtype) && dtype == FY_I64);
	assert_false(fy_dtype_parse(fy_str_of("float3"), &dtype));
	assert_int_equal(fy_dtype_size(FY_C128), 16);
	assert_true(fy_dtype_is_float(FY_BF16) && fy_dtype_is_float(FY_F8_E5M2));
	assert_false(fy_dtype_is_integer(FY_BOOL));
	assert_true(fy_dtype_is_integer(FY_U64));
	assert_true(fy_dtype_is_complex(FY_C32));
	assert_false(fy_dtype_has_values((fy_dtype)22));
}

static void float16(void **state)
{
	static const struct {
		float value;
		uint16_t bits;
	} rows[] = {
		{ 1.0f, 0x3c00 },         { -2.0f, 0xc000 },        { 0.0f, 0x0000 },
		{ -0.0f, 0x8000 },        { 65504.0f, 0x7bff },     { 65519.0f, 0x7bff },
		{ 65520.0f, 0x7c00 },     { 1e9f, 0x7c00 },         { 0x1p-14f, 0x0400 },
		{ 0x1p-24f, 0x0001 },     { 0x1p-25f, 0x0000 },     { 0x1.8p-25f, 0x0001 },
		{ 0x1.8p-24f, 0x0002 },   { 0x1.002p0f, 0x3c00 },   { 0x1.006p0f, 0x3c02 },
		{ 0x1.ff8p-15f, 0x03ff }, { 0x1.ffcp-15f, 0x0400 }, { -INFINITY, 0xfc00 },
		{ 0.1f, 0x2e66 },         { 1e-30f, 0x0000 },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(rows); i++)
		assert_int_equal(fy_f32_to_f16(rows[i].value), rows[i].bits);
	assert_true(isnan(fy_f16_to_f32(fy_f32_to_f16(NAN))));
	for (uint32_t bits = 0; bits < 0x10000; bits++) {
		float value = fy_f16_to_f32((uint16_t)bits);
		if (!isnan(value))
			assert_int_equal(fy_f32_to_f16(value), bits);
		else
			assert_true((bits & 0x7fff) > 0x7c00);
	}
}

static void bfloat16(void **state)
{
	(void)state;
	assert_int_equal(fy_f32_to_bf16(1.0f), 0x3f80);
	assert_int_equal(fy_f32_to_bf16(0x1.01p0f), 0x3f80);   /* tie, to even */
	assert_int_equal(fy_f32_to_bf16(0x1.03p0f), 0x3f82);   /* tie, to even */
	assert_int_equal(fy_f32_to_bf16(0x1.0102p0f), 0x3f81); /* just above the tie */
	assert_int_equal(fy_f32_to_bf16(3.4e38f), 0x7f80);     /* overflows to infinity */
	assert_int_equal(fy_f32_to_bf16(-INFINITY), 0xff80);
	assert_true(isnan(fy_bf16_to_f32(fy_f32_to_bf16(NAN))));
	for (uint32_t bits = 0; bits < 0x10000; bits++) {
		float value = fy_bf16_to_f32((uint16_t)bits);
		if (!isnan(value))
			assert_int_equal(fy_f32_to_bf16(value), bits);
	}
}

static void float8(void **state)
{
	static const fy_dtype types[] = { FY_F8_E5M2, FY_F8_E4M3FN, FY_F8_E5M2FNUZ, FY_F8_E4M3FNUZ };
	static const uint8_t one[] = { 0x3c, 0x38, 0x40, 0x40 };
	static const float largest[] = { 57344, 448, 57344, 240 };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		int nans = 0;
		float most = 0;
		assert_int_equal(fy_f32_to_f8(types[i], 1.0f), one[i]);
		for (int bits = 0; bits < 256; bits++) {
			float value = fy_f8_to_f32(types[i], (uint8_t)bits);
			nans += isnan(value);
			if (!isnan(value))
				assert_int_equal(fy_f32_to_f8(types[i], value), bits);
			if (isfinite(value) && value > most)
				most = value;
		}
		assert_true(most == largest[i]);
		assert_int_equal(nans, i == 0 ? 6 : i == 1 ? 2 : 1);
	}
	assert_int_equal(fy_f32_to_f8(FY_F8_E4M3FN, 1e9f), 0x7e);
	assert_int_equal(fy_f32_to_f8(FY_F8_E4M3FN, -INFINITY), 0xfe);
	assert_int_equal(fy_f32_to_f8(FY_F8_E5M2, 1e9f), 0x7c);
	assert_int_equal(fy_f32_to_f8(FY_F8_E4M3FNUZ, 1e9f), 0x80);
	assert_int_equal(fy_f32_to_f8(FY_F8_E5M2FNUZ, -0.0f), 0x00);
	assert_int_equal(fy_f32_to_f8(FY_F8_E4M3FN, 0x1p-10f), 0x00); /* tie with zero */
	assert_int_equal(fy_f32_to_f8(FY_F8_E4M3FN, 0x1.8p-10f), 0x01);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(float16),
					    cmocka_unit_test(bfloat16), cmocka_unit_test(float8) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
