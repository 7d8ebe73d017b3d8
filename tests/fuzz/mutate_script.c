/*
 * For fuzz_script: a source text as words and lines.
 */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	uint32_t state = seed;

	if (mutate_random(&state, 2) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return mutate_text(data, size, max_size, &state);
}
