/*
 * Strided tensors: making them, views, and what their geometry says. Elements are element.c's business.
 */
#include "tensor/tensor_internal.h"

#include <string.h>

static fy_tensor *bare(fy_dtype dtype, const fy_shape *shape)
{
	FY_ASSERT(shape->rank >= 0 && shape->rank <= FY_MAX_RANK);
	FY_ASSERT((int)dtype >= 0 && dtype < FY_DTYPE_COUNT);
	fy_tensor *tensor = fy_zalloc(sizeof(*tensor));
	tensor->refs = 1;
	tensor->dtype = dtype;
	tensor->shape = *shape;
	return tensor;
}

fy_tensor *fy_tensor_new(fy_dtype dtype, const fy_shape *shape, bool zero)
{
	int64_t numel;
	size_t bytes;

	FY_ASSERT(fy_shape_known(shape));
	if (!fy_shape_numel(shape, &numel) || !fy_mul_size((size_t)numel, fy_dtype_size(dtype), &bytes))
		return NULL;
	fy_storage *storage = fy_storage_new(bytes, zero);
	if (!storage)
		return NULL;
	fy_tensor *tensor = bare(dtype, shape);
	fy_shape_strides(shape, tensor->strides);
	tensor->storage = storage;
	return tensor;
}

fy_tensor *fy_tensor_meta(fy_dtype dtype, const fy_shape *shape)
{
	fy_tensor *tensor = bare(dtype, shape);

	fy_shape_strides(shape, tensor->strides);
	return tensor;
}

fy_tensor *fy_tensor_view(const fy_tensor *base, fy_dtype dtype, const fy_shape *shape,
			  const int64_t strides[], int64_t offset)
{
	fy_tensor *tensor = bare(dtype, shape);

	if (shape->rank > 0) /* strides of a 0-d tensor may be NULL */
		memcpy(tensor->strides, strides, (size_t)shape->rank * sizeof(strides[0]));
	tensor->offset = offset;
	tensor->conj = base->conj;
	tensor->neg = base->neg;
	if (base->storage)
		tensor->storage = fy_storage_ref(base->storage);
	return tensor;
}

fy_tensor *fy_tensor_ref(fy_tensor *tensor)
{
	FY_ASSERT(tensor->refs > 0);
	tensor->refs++;
	return tensor;
}

void fy_tensor_unref(fy_tensor *tensor)
{
	if (!tensor)
		return;
	FY_ASSERT(tensor->refs > 0);
	if (--tensor->refs > 0)
		return;
	fy_storage_unref(tensor->storage);
	fy_free(tensor);
}

int64_t fy_tensor_numel(const fy_tensor *tensor)
{
	int64_t numel;

	/* Geometry of a tensor with data was checked when it was made; a view may repeat elements without
	 * end. */
	if (!fy_shape_numel(&tensor->shape, &numel))
		return INT64_MAX;
	return numel;
}

bool fy_tensor_is_contiguous(const fy_tensor *tensor)
{
	int64_t expected[FY_MAX_RANK];

	if (fy_tensor_numel(tensor) == 0)
		return true;
	fy_shape_strides(&tensor->shape, expected);
	for (int i = 0; i < tensor->shape.rank; i++) {
		if (tensor->shape.dims[i] != 1 && tensor->strides[i] != expected[i])
			return false;
	}
	return true;
}

bool fy_tensor_extent(const fy_tensor *tensor, int64_t *first, int64_t *last)
{
	*first = *last = tensor->offset;
	for (int i = 0; i < tensor->shape.rank; i++) {
		int64_t reach;
		int64_t *end = tensor->strides[i] < 0 ? first : last;

		if (!fy_mul_i64(tensor->shape.dims[i] - 1, tensor->strides[i], &reach) ||
		    !fy_add_i64(*end, reach, end))
			return false;
	}
	return true;
}

bool fy_tensor_in_bounds(const fy_tensor *tensor)
{
	int64_t first, last, numel;
	size_t end;

	if (!tensor->storage)
		return true;
	if (!fy_shape_known(&tensor->shape) || tensor->offset < 0 || !fy_shape_numel(&tensor->shape, &numel))
		return false;
	if (numel == 0)
		return true;
	return fy_tensor_extent(tensor, &first, &last) && first >= 0 &&
	       fy_mul_size((size_t)last + 1, fy_dtype_size(tensor->dtype), &end) &&
	       end <= tensor->storage->size;
}

/* ---- alignment ---- */

bool fy_tensor_is_aligned(const fy_tensor *tensor)
{
	size_t size = fy_dtype_size(tensor->dtype);

	if (fy_dtype_is_complex(tensor->dtype))
		size /= 2;
	return !tensor->storage || (uintptr_t)tensor->storage->bytes % size == 0;
}

fy_tensor *fy_tensor_aligned(const fy_tensor *tensor)
{
	fy_tensor *copy = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	int64_t numel = fy_tensor_numel(tensor);

	FY_ASSERT(fy_tensor_has_data(tensor) && fy_tensor_is_contiguous(tensor));
	if (copy && numel > 0)
		memcpy(fy_tensor_write_data(copy), fy_tensor_data(tensor),
		       (size_t)numel * fy_dtype_size(tensor->dtype));
	return copy;
}

/* ---- overlap ---- */

enum { EXACT_OVERLAP_LIMIT = 1 << 22 }; /* elements that are marked one by one at most */

/* Marks every element of the extent that is reached; a second mark is an overlap. */
static bool reaches_twice(const fy_tensor *tensor, int64_t first, int64_t last)
{
	int64_t numel = fy_tensor_numel(tensor);
	bool twice = false;

	if (last - first >= EXACT_OVERLAP_LIMIT || numel > last - first + 1)
		return true;
	uint8_t *seen = fy_zalloc((size_t)(last - first + 1));
	for (int64_t i = 0; i < numel && !twice; i++)
		twice = seen[fy_tensor_position(tensor, i) - first]++ != 0;
	fy_free(seen);
	return twice;
}

bool fy_tensor_overlaps_itself(const fy_tensor *tensor)
{
	int64_t strides[FY_MAX_RANK], sizes[FY_MAX_RANK], first, last, reach = 0;
	int count = 0;

	if (fy_tensor_numel(tensor) == 0)
		return false;
	/* Dims by growing stride; those of one element do not matter. */
	for (int i = 0; i < tensor->shape.rank; i++) {
		int64_t stride = tensor->strides[i], size = tensor->shape.dims[i];
		int at = count;

		if (size == 1)
			continue;
		if (stride == 0)
			return true;
		if (stride == FY_STRIDE_UNKNOWN || !fy_dim_known(size))
			return false;
		stride = stride < 0 ? -stride : stride;
		for (; at > 0 && strides[at - 1] > stride; at--) {
			strides[at] = strides[at - 1];
			sizes[at] = sizes[at - 1];
		}
		strides[at] = stride;
		sizes[at] = size;
		count++;
	}
	if (!fy_tensor_extent(tensor, &first, &last))
		return true;
	for (int i = 0; i < count; i++) {
		if (strides[i] <= reach)
			return reaches_twice(tensor, first, last);
		reach += (sizes[i] - 1) * strides[i];
	}
	return false;
}

/* ---- data ---- */

const void *fy_tensor_data(const fy_tensor *tensor)
{
	size_t size = fy_dtype_size(tensor->dtype);
	fy_storage *storage = tensor->storage;

	FY_ASSERT(storage);
	/* A hostile archive may place a record anywhere; kernels read whole elements. */
	if (!storage->owned && (uintptr_t)storage->bytes % size != 0)
		fy_storage_own(storage);
	return storage->bytes + (size_t)tensor->offset * size;
}

void *fy_tensor_write_data(fy_tensor *tensor)
{
	FY_ASSERT(tensor->storage);
	return fy_storage_write(tensor->storage) + (size_t)tensor->offset * fy_dtype_size(tensor->dtype);
}

fy_tensor *fy_tensor_contiguous(fy_tensor *tensor)
{
	if (fy_tensor_is_contiguous(tensor) && !tensor->conj && !tensor->neg)
		return fy_tensor_ref(tensor);
	if (!tensor->storage)
		return fy_tensor_meta(tensor->dtype, &tensor->shape);
	fy_tensor *copy = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	if (copy)
		fy_tensor_copy(copy, tensor);
	return copy;
}

void fy_buf_put_tensor_type(fy_buf *buf, const fy_tensor *tensor)
{
	fy_buf_puts(buf, fy_dtype_name(tensor->dtype));
	fy_buf_put_shape(buf, &tensor->shape);
}
