/*
 * Seeded inputs, the same on every machine: integer arithmetic only (SplitMix64), because logarithms and
 * cosines differ between math libraries. Normal numbers are sums of twelve uniform ones: mean 0 and variance
 * 1 exactly.
 */
#include "tensor/tensor_internal.h"

static uint64_t next_bits(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static double next_normal(uint64_t *state)
{
	uint64_t sum = 0;

	for (int i = 0; i < 6; i++) {
		uint64_t bits = next_bits(state);
		sum += (bits >> 32) + (bits & 0xffffffffu);
	}
	/* Twelve times the mean of a uniform 32-bit number; exact in a double. */
	return ((double)sum - 6.0 * 4294967295.0) * 0x1p-32;
}

/* Uniform in [0, range), range 0 meaning 2^64: the numbers that would favour some results are drawn again. */
static uint64_t next_below(uint64_t *state, uint64_t range)
{
	uint64_t bits = next_bits(state);

	if (range == 0)
		return bits;
	for (uint64_t unfair = (0 - range) % range; bits < unfair;)
		bits = next_bits(state);
	return bits % range;
}

static void fill_run(fy_run *run, fy_dtype dtype, uint64_t *state, int64_t low, int64_t high, int64_t count)
{
	uint64_t range = (uint64_t)high - (uint64_t)low;

	for (int64_t i = 0; i < count; i++) {
		if (dtype == FY_BOOL) {
			run->i[i] = (int64_t)(next_bits(state) >> 63);
		} else if (fy_dtype_is_float(dtype)) {
			run->r[i] = next_normal(state);
		} else if (fy_dtype_is_complex(dtype)) {
			run->z[i][0] = next_normal(state);
			run->z[i][1] = next_normal(state);
		} else {
			run->u[i] = (uint64_t)low + next_below(state, range);
		}
	}
}

static void fill_contiguous(fy_tensor *tensor, uint64_t seed, int64_t low, int64_t high)
{
	int64_t numel = fy_tensor_numel(tensor), size = (int64_t)fy_dtype_size(tensor->dtype);
	uint8_t *data = fy_tensor_write_data(tensor);
	uint64_t state = seed;
	fy_run run;

	for (int64_t done = 0; done < numel; done += FY_RUN) {
		int64_t count = numel - done < FY_RUN ? numel - done : FY_RUN;
		fill_run(&run, tensor->dtype, &state, low, high, count);
		fy_run_store(&run, fy_class_of(tensor->dtype), tensor->dtype, data + done * size, size,
			     count);
	}
}

void fy_tensor_fill_random(fy_tensor *tensor, uint64_t seed, int64_t low, int64_t high)
{
	FY_ASSERT(tensor->storage && fy_dtype_has_values(tensor->dtype));
	FY_ASSERT(low < high || fy_dtype_is_float(tensor->dtype) || fy_dtype_is_complex(tensor->dtype) ||
		  tensor->dtype == FY_BOOL);
	if (fy_tensor_is_contiguous(tensor)) {
		fill_contiguous(tensor, seed, low, high);
		return;
	}
	fy_tensor *plain = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	if (!plain)
		fy_out_of_memory();
	fill_contiguous(plain, seed, low, high);
	fy_tensor_copy(tensor, plain);
	fy_tensor_unref(plain);
}
