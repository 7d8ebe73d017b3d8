/*
 * Floats of 16 and 8 bits to float32 and back, rounding to nearest even. One description of the format serves
 * them all; bfloat16 is the upper half of a float32 and needs none.
 */
#include "tensor/tensor.h"

#include <math.h>
#include <string.h>

typedef struct format {
	int exponent_bits, mantissa_bits, bias;
	uint32_t largest;   /* bits of the largest finite value */
	uint32_t overflow;  /* bits of what lies beyond, and of infinity */
	uint32_t nan;       /* bits of the NaN that is written */
	bool ieee;          /* the highest exponent holds infinity and NaNs */
	bool unsigned_zero; /* no -0: its bits are the NaN */
} format;

static const format f16 = { 5, 10, 15, 0x7bff, 0x7c00, 0x7e00, true, false };
static const format e5m2 = { 5, 2, 15, 0x7b, 0x7c, 0x7f, true, false };
static const format e4m3fn = { 4, 3, 7, 0x7e, 0x7e, 0x7f, false, false };
static const format e5m2fnuz = { 5, 2, 16, 0x7f, 0x80, 0x80, false, true };
static const format e4m3fnuz = { 4, 3, 8, 0x7f, 0x80, 0x80, false, true };

static uint32_t f32_bits(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static float f32_of(uint32_t bits)
{
	float value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Always inlined, with the format known: shifts and bounds become constants. */
static inline __attribute__((always_inline)) float widened(const format *f, uint32_t bits)
{
	uint32_t sign_bit = 1u << (f->exponent_bits + f->mantissa_bits);
	uint32_t sign = bits & sign_bit ? 0x80000000u : 0;
	uint32_t magnitude = bits & (sign_bit - 1);
	uint32_t mantissa = magnitude & ((1u << f->mantissa_bits) - 1);
	int exponent = (int)(magnitude >> f->mantissa_bits);
	int up = 23 - f->mantissa_bits;

	if (f->unsigned_zero && bits == sign_bit)
		return NAN;
	if (!f->unsigned_zero && magnitude > f->largest)
		return f32_of(sign | 0x7f800000u |
			      (f->ieee && mantissa == 0 ? 0 : 0x400000u | mantissa << up));
	if (exponent > 0)
		return f32_of(sign | (uint32_t)(exponent - f->bias + 127) << 23 | mantissa << up);
	/* Subnormal: an integer times a power of two, exact in float32. */
	float value = (float)mantissa * f32_of((uint32_t)(1 - f->bias - f->mantissa_bits + 127) << 23);
	return sign ? -value : value;
}

static uint32_t shifted_to_even(uint32_t value, int shift)
{
	/* Half of the last place, less one where that place is even: branches on random bits would cost more.
	 */
	return (value + (1u << (shift - 1)) - 1 + (value >> shift & 1)) >> shift;
}

static inline __attribute__((always_inline)) uint32_t narrowed(const format *f, float value)
{
	uint32_t bits = f32_bits(value), magnitude = bits & 0x7fffffffu, result;
	uint32_t sign = bits >> 31 << (f->exponent_bits + f->mantissa_bits);
	int exponent = (int)(magnitude >> 23) - 127 + f->bias;
	int down = 23 - f->mantissa_bits;

	if (magnitude > 0x7f800000u)
		return f->unsigned_zero ? f->nan : sign | f->nan;
	if (exponent > 0) {
		result = shifted_to_even(magnitude - ((uint32_t)(127 - f->bias) << 23), down);
	} else {
		/* Subnormal: the hidden one moves into the mantissa. Beyond 24 places nothing is left to
		 * round. */
		int shift = down + 1 - exponent;
		result = shift > 24 ? 0 : shifted_to_even((magnitude & 0x7fffffu) | 0x800000u, shift);
	}
	if (result > f->largest || magnitude == 0x7f800000u)
		result = f->overflow;
	if (f->unsigned_zero && (result == 0 || result == f->nan))
		return result;
	return sign | result;
}

float fy_f16_to_f32(uint16_t bits)
{
	return widened(&f16, bits);
}
uint16_t fy_f32_to_f16(float value)
{
	return (uint16_t)narrowed(&f16, value);
}
float fy_bf16_to_f32(uint16_t bits)
{
	return f32_of((uint32_t)bits << 16);
}

uint16_t fy_f32_to_bf16(float value)
{
	uint32_t bits = f32_bits(value);

	if (isnan(value))
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static const format *f8_format(fy_dtype dtype)
{
	switch (dtype) {
	case FY_F8_E5M2:
		return &e5m2;
	case FY_F8_E4M3FN:
		return &e4m3fn;
	case FY_F8_E5M2FNUZ:
		return &e5m2fnuz;
	case FY_F8_E4M3FNUZ:
		return &e4m3fnuz;
	default:
		FY_BUG("%s is not a float8 with values", fy_dtype_name(dtype));
	}
}

float fy_f8_to_f32(fy_dtype dtype, uint8_t bits)
{
	return widened(f8_format(dtype), bits);
}
uint8_t fy_f32_to_f8(fy_dtype dtype, float value)
{
	return (uint8_t)narrowed(f8_format(dtype), value);
}
