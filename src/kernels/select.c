/*
 * where: chooses between two inputs, element by element. Elements are moved, not computed, so only their size
 * matters.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

static void choose(const void *context, int64_t n, void *out, const void *const in[])
{
	const uint8_t *condition = in[0];
	size_t size = *(const size_t *)context;
	int64_t i;

	/* All-ones or all-zeros masks: the compiler makes vectors of this, which it does not of a choice. */
	switch (size) {
	case 1:
		for (i = 0; i < n; i++) {
			uint8_t mask = (uint8_t) - (condition[i] != 0);
			((uint8_t *)out)[i] =
				(((const uint8_t *)in[1])[i] & mask) | (((const uint8_t *)in[2])[i] & ~mask);
		}
		break;
	case 2:
		for (i = 0; i < n; i++) {
			uint16_t mask = (uint16_t) - (condition[i] != 0);
			((uint16_t *)out)[i] = (((const uint16_t *)in[1])[i] & mask) |
					       (((const uint16_t *)in[2])[i] & ~mask);
		}
		break;
	case 4:
		for (i = 0; i < n; i++) {
			uint32_t mask = 0 - (uint32_t)(condition[i] != 0);
			((uint32_t *)out)[i] = (((const uint32_t *)in[1])[i] & mask) |
					       (((const uint32_t *)in[2])[i] & ~mask);
		}
		break;
	case 8:
		for (i = 0; i < n; i++) {
			uint64_t mask = 0 - (uint64_t)(condition[i] != 0);
			((uint64_t *)out)[i] = (((const uint64_t *)in[1])[i] & mask) |
					       (((const uint64_t *)in[2])[i] & ~mask);
		}
		break;
	default:
		for (i = 0; i < n; i++)
			memcpy((uint8_t *)out + (size_t)i * size,
			       (const uint8_t *)in[condition[i] ? 1 : 2] + (size_t)i * size, size);
	}
}

void fy_kernel_where(fy_tensor *out, const fy_tensor *condition, const fy_tensor *a, const fy_tensor *b)
{
	fy_tensor *mask = fy_operand(condition, FY_BOOL);
	fy_tensor *yes = fy_operand(a, out->dtype), *no = fy_operand(b, out->dtype);
	size_t size = fy_dtype_size(out->dtype);
	fy_blocks blocks = { .out = out,
			     .in = { mask, yes, no },
			     .in_count = 3,
			     .raw = true,
			     .compute = choose,
			     .context = &size };

	fy_blocks_run(&blocks);
	fy_tensor_unref(mask);
	fy_tensor_unref(yes);
	fy_tensor_unref(no);
}
