/*
 * Whole dims rearranged: joined, flipped, rolled, tiled, cut and padded. What moves where is an index map per
 * dim; move.c does the moving.
 */
#include "kernels/kernels_internal.h"

void fy_kernel_cat(fy_tensor *out, const fy_tensor *const inputs[], int count, int dim)
{
	int64_t at = 0;

	for (int k = 0; k < count; k++) {
		fy_shape shape = out->shape;
		shape.dims[dim] = inputs[k]->shape.dims[dim];
		FY_ASSERT(fy_shape_eq(&shape, &inputs[k]->shape) &&
			  at + shape.dims[dim] <= out->shape.dims[dim]);
		fy_tensor *part = fy_tensor_view(out, out->dtype, &shape, out->strides,
						 out->offset + at * out->strides[dim]);
		fy_tensor_copy(part, inputs[k]);
		fy_tensor_unref(part);
		at += shape.dims[dim];
	}
	FY_ASSERT(at == out->shape.dims[dim]);
}

static int64_t *new_map(int64_t count)
{
	return fy_alloc((size_t)(count > 0 ? count : 1) * sizeof(int64_t));
}

static int64_t modulo(int64_t a, int64_t n)
{
	int64_t rest = a % n;

	return rest < 0 ? rest + n : rest;
}

static void remap_and_free(fy_tensor *out, const fy_tensor *in, int64_t *maps[], double fill)
{
	fy_remap(out, in, (const int64_t *const *)maps, fill);
	for (int d = 0; d < out->shape.rank; d++)
		fy_free(maps[d]);
}

void fy_kernel_flip(fy_tensor *out, const fy_tensor *in, uint32_t dims)
{
	int64_t *maps[FY_MAX_RANK] = { NULL };

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape));
	for (int d = 0; d < in->shape.rank; d++) {
		int64_t size = in->shape.dims[d];
		if (!(dims >> d & 1))
			continue;
		maps[d] = new_map(size);
		for (int64_t i = 0; i < size; i++)
			maps[d][i] = size - 1 - i;
	}
	remap_and_free(out, in, maps, 0);
}

void fy_kernel_roll(fy_tensor *out, const fy_tensor *in, const int64_t shifts[], const int dims[], int count)
{
	int64_t *maps[FY_MAX_RANK] = { NULL };
	int64_t total[FY_MAX_RANK] = { 0 };

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape));
	for (int k = 0; k < count; k++) {
		int64_t size = in->shape.dims[dims[k]];
		if (size > 0)
			total[dims[k]] = (total[dims[k]] + modulo(shifts[k], size)) % size;
	}
	for (int d = 0; d < in->shape.rank; d++) {
		int64_t size = in->shape.dims[d];
		if (total[d] == 0)
			continue;
		maps[d] = new_map(size);
		for (int64_t i = 0; i < size; i++)
			maps[d][i] = modulo(i - total[d], size);
	}
	remap_and_free(out, in, maps, 0);
}

void fy_kernel_repeat(fy_tensor *out, const fy_tensor *in)
{
	int64_t *maps[FY_MAX_RANK] = { NULL };
	fy_shape shape = { .rank = out->shape.rank };
	int64_t strides[FY_MAX_RANK];
	int lead = out->shape.rank - in->shape.rank;

	FY_ASSERT(lead >= 0);
	for (int d = 0; d < shape.rank; d++) {
		shape.dims[d] = d < lead ? 1 : in->shape.dims[d - lead];
		strides[d] = d < lead ? 0 : in->strides[d - lead];
		FY_ASSERT(shape.dims[d] > 0 ? out->shape.dims[d] % shape.dims[d] == 0
					    : out->shape.dims[d] == 0);
		if (out->shape.dims[d] == shape.dims[d])
			continue;
		maps[d] = new_map(out->shape.dims[d]);
		for (int64_t i = 0; i < out->shape.dims[d]; i++)
			maps[d][i] = i % shape.dims[d];
	}
	fy_tensor *source = fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
	remap_and_free(out, source, maps, 0);
	fy_tensor_unref(source);
}

void fy_kernel_slice(fy_tensor *out, const fy_tensor *in, const int64_t starts[], const int64_t steps[])
{
	int64_t *maps[FY_MAX_RANK] = { NULL };

	for (int d = 0; d < in->shape.rank; d++) {
		int64_t size = out->shape.dims[d];
		if (size == in->shape.dims[d] && starts[d] == 0 && (steps[d] == 1 || size <= 1))
			continue;
		maps[d] = new_map(size);
		for (int64_t i = 0; i < size; i++) {
			maps[d][i] = starts[d] + i * steps[d];
			FY_ASSERT(maps[d][i] >= 0 && maps[d][i] < in->shape.dims[d]);
		}
	}
	remap_and_free(out, in, maps, 0);
}

/* Where position `at` of an endless padded row of `size` elements comes from; -1: nowhere. */
static int64_t padded(int64_t at, int64_t size, fy_pad_mode mode)
{
	if (at >= 0 && at < size)
		return at;
	switch (mode) {
	case FY_PAD_REPLICATE:
		return at < 0 ? 0 : size - 1;
	case FY_PAD_CIRCULAR:
		return modulo(at, size);
	case FY_PAD_REFLECT:
		if (size == 1)
			return 0;
		at = modulo(at, 2 * (size - 1));
		return at < size ? at : 2 * (size - 1) - at;
	default:
		return -1;
	}
}

void fy_kernel_pad(fy_tensor *out, const fy_tensor *in, const int64_t before[], fy_pad_mode mode,
		   double value)
{
	int64_t *maps[FY_MAX_RANK] = { NULL };

	FY_ASSERT(out->shape.rank == in->shape.rank);
	bool empty = fy_numel(&out->shape) == 0;
	for (int d = 0; d < in->shape.rank && !empty; d++) {
		int64_t size = in->shape.dims[d];
		if (before[d] == 0 && out->shape.dims[d] == size)
			continue;
		FY_ASSERT(size > 0 || mode == FY_PAD_CONSTANT);
		maps[d] = new_map(out->shape.dims[d]);
		for (int64_t i = 0; i < out->shape.dims[d]; i++)
			maps[d][i] = padded(i - before[d], size, mode);
	}
	remap_and_free(out, in, maps, value);
}
