/*
 * Shapes whose dims are sizes or symbols.
 */
#include "tensor/tensor.h"

bool fy_shape_known(const fy_shape *shape)
{
	for (int i = 0; i < shape->rank; i++) {
		if (!fy_dim_known(shape->dims[i]))
			return false;
	}
	return true;
}

bool fy_shape_eq(const fy_shape *a, const fy_shape *b)
{
	if (a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++) {
		if (a->dims[i] != b->dims[i])
			return false;
	}
	return true;
}

bool fy_shape_numel(const fy_shape *shape, int64_t *out)
{
	int64_t product = 1;
	bool fits = true, empty = false, known = true;

	for (int i = 0; i < shape->rank; i++) {
		known = known && fy_dim_known(shape->dims[i]);
		empty = empty || shape->dims[i] == 0;
		if (known)
			fits = fits && fy_mul_i64(product, shape->dims[i], &product);
	}
	/* An empty tensor may have dims whose product alone would not fit. */
	if (empty && known)
		product = 0;
	else if (!known)
		product = -1;
	*out = product;
	return fits || empty || !known;
}

void fy_shape_strides(const fy_shape *shape, int64_t strides[])
{
	int64_t stride = 1;

	for (int i = shape->rank - 1; i >= 0; i--) {
		strides[i] = stride;
		if (stride == FY_STRIDE_UNKNOWN)
			continue;
		if (!fy_dim_known(shape->dims[i]))
			stride = FY_STRIDE_UNKNOWN;
		else if (shape->dims[i] > 1 && !fy_mul_i64(stride, shape->dims[i], &stride))
			stride = 0; /* an empty tensor (others are refused before): no element is ever reached
				     */
	}
}

static bool broadcast_dim(fy_dim a, fy_dim b, fy_dim *out)
{
	if (a == b || b == 1)
		*out = a;
	else if (a == 1)
		*out = b;
	else if (!fy_dim_known(a) && fy_dim_known(b))
		*out = b;
	else if (fy_dim_known(a) && !fy_dim_known(b))
		*out = a;
	else if (!fy_dim_known(a))
		*out = FY_DIM_UNKNOWN;
	else
		return false;
	return true;
}

bool fy_shape_broadcast(const fy_shape *a, const fy_shape *b, fy_shape *out)
{
	fy_shape result = { .rank = a->rank > b->rank ? a->rank : b->rank };

	for (int i = 1; i <= result.rank; i++) {
		fy_dim from_a = i <= a->rank ? a->dims[a->rank - i] : 1;
		fy_dim from_b = i <= b->rank ? b->dims[b->rank - i] : 1;
		if (!broadcast_dim(from_a, from_b, &result.dims[result.rank - i]))
			return false;
	}
	*out = result;
	return true;
}

void fy_buf_put_shape(fy_buf *buf, const fy_shape *shape)
{
	fy_buf_putc(buf, '[');
	for (int i = 0; i < shape->rank; i++) {
		fy_buf_puts(buf, i ? "," : "");
		if (fy_dim_known(shape->dims[i]))
			fy_buf_printf(buf, "%" PRId64, shape->dims[i]);
		else if (shape->dims[i] == FY_DIM_UNKNOWN)
			fy_buf_putc(buf, '?');
		else
			fy_buf_printf(buf, "s%" PRId64, -1 - shape->dims[i]);
	}
	fy_buf_putc(buf, ']');
}
