/*
 * What the operators on images share: counting windows as PyTorch does, the batch dim that one image alone
 * lacks, and weighted sums along an axis as matrix products. Knows no operator.
 */
#include "ops/spatial.h"

#include <string.h>

/* ---- sizes -------------------------------------------------------------------------------------- */

fy_status fy_call_counts(const fy_call *call, int index, int64_t *out, int rank, int64_t least)
{
	FY_TRY(fy_call_ints(call, index, out, rank, NULL));
	for (int i = 0; i < rank; i++) {
		if (out[i] < least)
			return fy_call_raise(call, "'%s' must be at least %" PRId64 ", not %" PRId64,
					     call->schema->args[index].name, least, out[i]);
		if (out[i] > INT32_MAX)
			return fy_call_unsupported(call, "'%s' is %" PRId64, call->schema->args[index].name,
						   out[i]);
	}
	return FY_OK;
}

fy_status fy_call_unknown_size(const fy_call *call, fy_dim *out)
{
	*out = 0;
	if (call->next_symbol == NULL)
		return fy_call_unsupported(call, "a size depends on data, it must be known here");
	*out = fy_call_new_symbol(call);
	return FY_OK;
}

static int64_t reach_of(const fy_window *w, int i)
{
	return w->dilation[i] * (w->kernel[i] - 1) + 1;
}

/* Number of windows along dim i; below 1 when none fits. */
static int64_t window_count(const fy_window *w, int i, int64_t size)
{
	int64_t room = size + w->before[i] + w->after[i] - reach_of(w, i);
	if (room < 0 && !(w->ceil_mode && room > -w->stride[i]))
		return 0;
	int64_t count = (room + (w->ceil_mode ? w->stride[i] - 1 : 0)) / w->stride[i] + 1;
	if (w->ceil_mode && (count - 1) * w->stride[i] >= size + w->before[i])
		count--;
	return count;
}

fy_status fy_window_shape(const fy_call *call, const fy_window *w, const fy_shape *in, fy_shape *out)
{
	int first = in->rank - w->rank;
	for (int i = 0; i < w->rank; i++) {
		fy_dim size = in->dims[first + i], *count = &out->dims[out->rank - w->rank + i];
		int64_t limit;
		if (!fy_dim_known(size)) {
			if (w->stride[i] == 1 && w->before[i] + w->after[i] == reach_of(w, i) - 1)
				*count = size;
			else
				FY_TRY(fy_call_unknown_size(call, count));
			continue;
		}
		if (!fy_add_i64(size, INT64_C(1) << 34, &limit))
			return fy_call_raise(call, "the input is too large");
		*count = window_count(w, i, size);
		if (*count < 1)
			return fy_call_raise(call, "no window fits into %" PRId64 " elements", size);
	}
	return FY_OK;
}

int64_t fy_window_excess(const fy_window *w, int i, fy_dim in, fy_dim out)
{
	int64_t excess = (out - 1) * w->stride[i] + reach_of(w, i) - in - w->before[i] - w->after[i];
	return excess > 0 ? excess : 0;
}

fy_status fy_call_image(const fy_call *call, const fy_shape *in, int spatial)
{
	if (in->rank != spatial + 1 && in->rank != spatial + 2)
		return fy_call_raise(call, "takes tensors of rank %d or %d, not %d", spatial + 1, spatial + 2,
				     in->rank);
	return FY_OK;
}

fy_status fy_result_image(fy_call *call, fy_dtype dtype, const fy_shape *shape, const fy_tensor *like)
{
	int64_t strides[FY_MAX_RANK];
	if (like->shape.rank != shape->rank || !fy_is_channels_last(&like->shape, like->strides))
		return fy_result_fresh(call, dtype, shape);
	fy_channels_last_strides(shape, strides);
	return fy_result_strided(call, dtype, shape, strides);
}

/* ---- the batch dim ------------------------------------------------------------------------------ */

fy_tensor *fy_batched(const fy_tensor *t, int spatial)
{
	if (t->shape.rank != spatial + 1)
		return fy_tensor_ref((fy_tensor *)t);
	fy_shape shape = { .rank = spatial + 2, .dims = { 1 } };
	int64_t strides[FY_MAX_RANK] = { fy_tensor_numel(t) };
	memcpy(shape.dims + 1, t->shape.dims, (size_t)(spatial + 1) * sizeof(shape.dims[0]));
	memcpy(strides + 1, t->strides, (size_t)(spatial + 1) * sizeof(strides[0]));
	return fy_tensor_view(t, t->dtype, &shape, strides, t->offset);
}

static const int64_t first_axis[] = { 0 };

fy_value *fy_lower_batched(fy_lowering *l, fy_value *value, int spatial)
{
	if (value == NULL || value->type->shape.rank != spatial + 1)
		return value;
	return fy_lower_unsqueeze(l, value, first_axis, 1);
}

fy_value *fy_lower_unbatched(fy_lowering *l, fy_value *value, const fy_type *like)
{
	if (value == NULL || value->type->shape.rank == like->shape.rank)
		return value;
	return fy_lower_squeeze(l, value, first_axis, 1);
}

/* ---- computing ---------------------------------------------------------------------------------- */

fy_dtype fy_lower_image_type(fy_dtype dtype)
{
	return dtype == FY_F16 ? FY_F16 : FY_F32;
}

fy_dtype fy_lower_exact_type(fy_dtype dtype)
{
	return dtype == FY_F16 || dtype == FY_BF16 || dtype == FY_F32 ? FY_F32 : FY_F64;
}

static fy_tensor *transposed(fy_tensor *matrix)
{
	const int64_t strides[] = { 1, matrix->shape.dims[1] };
	fy_shape shape = { 2, { matrix->shape.dims[1], matrix->shape.dims[0] } };
	fy_tensor *view = fy_tensor_view(matrix, matrix->dtype, &shape, strides, matrix->offset);
	fy_tensor *plain = fy_tensor_contiguous(view);
	fy_tensor_unref(view);
	fy_tensor_unref(matrix);
	return plain;
}

/* The axes behind `axis` become one. */
static fy_value *folded_behind(fy_lowering *l, fy_value *value, int axis)
{
	const fy_shape *shape = &value->type->shape;
	int64_t dims[FY_MAX_RANK] = { 0 }; /* 0: as it is */
	dims[axis + 1] = 1;
	for (int i = axis + 1; i < shape->rank; i++)
		dims[axis + 1] = fy_dim_known(shape->dims[i]) && dims[axis + 1] >= 0
					 ? dims[axis + 1] * shape->dims[i]
					 : -1;
	return fy_emit2(l, "Reshape", value, fy_lower_ints(l, dims, axis + 2));
}

bool fy_lower_along_fits(int64_t in, int64_t out)
{
	return in <= INT32_MAX && out <= INT32_MAX && in * out <= 1 << 26;
}

fy_value *fy_lower_along(fy_lowering *l, fy_value *value, int axis, fy_tensor *matrix)
{
	if (matrix == NULL)
		FY_BUG("no memory for a matrix of weights");
	if (value == NULL) {
		fy_tensor_unref(matrix);
		return NULL;
	}
	fy_shape shape = value->type->shape;
	FY_ASSERT(shape.rank >= 2 && axis < shape.rank && fy_tensor_is_contiguous(matrix));
	shape.dims[axis] = matrix->shape.dims[0];
	if (axis == shape.rank - 1)
		return fy_emit2(l, "MatMul", value, fy_lower_constant(l, transposed(matrix)));
	fy_value *factor = fy_lower_constant(l, matrix);
	if (axis == shape.rank - 2)
		return fy_emit2(l, "MatMul", factor, value);
	value = folded_behind(l, value, axis);
	return fy_lower_reshape(l, fy_emit2(l, "MatMul", factor, value), &shape);
}

fy_value *fy_lower_filled(fy_lowering *l, fy_dtype dtype, int64_t count, double number)
{
	fy_tensor *tensor = fy_tensor_new(dtype, &(fy_shape){ 1, { count } }, false);
	if (tensor != NULL)
		fy_kernel_fill_f64(tensor, number);
	return fy_lower_constant(l, tensor);
}
