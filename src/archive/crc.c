/*
 * CRC-32 as in zip. Large runs go through the processor's carry-less multiplication where it has one: 64
 * bytes are folded at a time, as polynomials over two elements; zlib does the rest. The constants are powers
 * of x modulo the polynomial 0x104c11db7, with their bits in reverse.
 */
#include "archive/archive.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

enum { STEP = 64, LEAST = 256 };
#define WITH_FOLDING __attribute__((target("pclmul,sse4.1")))

WITH_FOLDING static inline __m128i load(const uint8_t *from)
{
	return _mm_loadu_si128((const __m128i *)(const void *)from);
}

/* `value` moved on by as many bits as the two constants say, and the bytes there added. */
WITH_FOLDING static inline __m128i fold(__m128i value, __m128i constants, __m128i bytes)
{
	__m128i low = _mm_clmulepi64_si128(value, constants, 0x00);
	__m128i high = _mm_clmulepi64_si128(value, constants, 0x11);
	return _mm_xor_si128(_mm_xor_si128(low, high), bytes);
}

/* 128 bits to 32. */
WITH_FOLDING static uint32_t reduce(__m128i value)
{
	const __m128i by_128 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);     /* x^96, x^160 */
	const __m128i by_64 = _mm_set_epi64x(0, 0x163cd6124);                /* x^64 */
	const __m128i polynomial = _mm_set_epi64x(0x1f7011641, 0x1db710641); /* x^64 / P, P */
	const __m128i word = _mm_setr_epi32(-1, 0, -1, 0);
	__m128i rest;

	value = _mm_xor_si128(_mm_srli_si128(value, 8), _mm_clmulepi64_si128(value, by_128, 0x10));
	rest = _mm_srli_si128(value, 4);
	value = _mm_xor_si128(rest, _mm_clmulepi64_si128(_mm_and_si128(value, word), by_64, 0x00));
	rest = _mm_clmulepi64_si128(_mm_and_si128(value, word), polynomial, 0x10);
	rest = _mm_clmulepi64_si128(_mm_and_si128(rest, word), polynomial, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(value, rest), 1);
}

/* len is a multiple of STEP. */
WITH_FOLDING static uint32_t fold_all(uint32_t crc, const uint8_t *bytes, size_t len)
{
	const __m128i by_512 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4); /* x^480, x^544 */
	const __m128i by_128 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	__m128i lanes[4];

	for (int i = 0; i < 4; i++)
		lanes[i] = load(bytes + 16 * i);
	lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)~crc));
	for (size_t at = STEP; at < len; at += STEP)
		for (int i = 0; i < 4; i++)
			lanes[i] = fold(lanes[i], by_512, load(bytes + at + 16 * (size_t)i));
	for (int i = 1; i < 4; i++)
		lanes[i] = fold(lanes[i - 1], by_128, lanes[i]);
	return ~reduce(lanes[3]);
}

static bool can_fold(void)
{
	return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

uint32_t fy_zip_crc(uint32_t crc, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t folded = len >= LEAST && can_fold() ? len / STEP * STEP : 0;

	if (folded)
		crc = fold_all(crc, at, folded);
	return (uint32_t)crc32_z(crc, at + folded, len - folded);
}

#else

uint32_t fy_zip_crc(uint32_t crc, const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(crc, bytes, len);
}

#endif
