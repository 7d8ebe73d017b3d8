/*
 * Mutators that know a format, for libFuzzer: they change what is inside and make the outside right again, so
 * that changes get past checksums, lengths and syntax. Half of the time bytes are changed blindly.
 */
#ifndef FY_MUTATE_H
#define FY_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's: changes `size` bytes in place, to at most `max_size`. Returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* Called by libFuzzer in the place of the above. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* A number below `limit`, which is at least 1. */
static inline size_t mutate_random(uint32_t *state, size_t limit)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % limit;
}

/* mutate_text.c: lines and words of a source text change places. */
size_t mutate_text(uint8_t *data, size_t size, size_t max_size, uint32_t *state);

#endif
