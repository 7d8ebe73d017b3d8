/*
 * Geometry of results: what an operator's inference says of each result (new data, a view, the argument
 * itself), and the strides PyTorch gives to new elementwise results. Strides decide later whether
 * contiguous(), view() and reshape() alias, so they are kept as PyTorch has them. Knows no operator and no
 * kernel.
 */
#include "ops/ops_internal.h"

#include <string.h>

/* ---- strides ---------------------------------------------------------------------------------- */

/* Stride of `t` along dim `dim` of the broadcast shape; 0 where it is broadcast. */
static int64_t broadcast_stride(const fy_tensor *t, const fy_shape *shape, int dim)
{
	int own = dim - (shape->rank - t->shape.rank);
	if (own < 0 || (t->shape.dims[own] == 1 && shape->dims[dim] != 1))
		return 0;
	int64_t stride = t->strides[own];
	return stride == FY_STRIDE_UNKNOWN ? INT64_MAX : stride;
}

/* > 0: dim a belongs inside dim b; < 0: it belongs outside; 0: the operands do not say. */
static int compare_dims(const fy_shape *shape, const fy_tensor *const tensors[], int count, int a, int b)
{
	for (int i = 0; i < count; i++) {
		if (tensors[i] == NULL)
			continue;
		int64_t stride_a = broadcast_stride(tensors[i], shape, a);
		int64_t stride_b = broadcast_stride(tensors[i], shape, b);
		if (stride_a == 0 || stride_b == 0)
			continue;
		if (stride_a != stride_b)
			return stride_a < stride_b ? -1 : 1;
		if (stride_a != INT64_MAX && shape->dims[a] > shape->dims[b])
			return 1;
	}
	return 0;
}

bool fy_tensor_is_dense(const fy_tensor *tensor)
{
	if (!fy_shape_known(&tensor->shape))
		return fy_tensor_is_contiguous(tensor);
	int order[FY_MAX_RANK];
	int rank = 0;
	for (int d = 0; d < tensor->shape.rank; d++) {
		if (tensor->shape.dims[d] == 0)
			return true;
		if (tensor->shape.dims[d] == 1)
			continue;
		int at = rank++;
		while (at > 0 && tensor->strides[order[at - 1]] > tensor->strides[d]) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = d;
	}
	int64_t expected = 1;
	for (int i = 0; i < rank; i++) {
		if (tensor->strides[order[i]] != expected)
			return false;
		expected *= tensor->shape.dims[order[i]];
	}
	return true;
}

void fy_channels_last_strides(const fy_shape *shape, int64_t strides[])
{
	fy_shape moved = { .rank = shape->rank };
	int64_t plain[FY_MAX_RANK];
	for (int i = 0; i < shape->rank; i++)
		moved.dims[i] = shape->dims[i == 0 ? 0 : i + 1 == shape->rank ? 1 : i + 1];
	fy_shape_strides(&moved, plain);
	for (int i = 0; i < shape->rank; i++)
		strides[i] = plain[i == 0 ? 0 : i == 1 ? shape->rank - 1 : i - 1];
}

/* They grow from dim 1 over the last ones to dim 0; a dim of size 1 may have any stride that does not decide
 * it otherwise. */
bool fy_is_channels_last(const fy_shape *shape, const int64_t strides[])
{
	int rank = shape->rank;
	int64_t least = 0;
	if ((rank != 4 && rank != 5) || strides[1] == 0)
		return false;
	for (int i = 0; i < rank; i++) {
		int d = i == 0 ? 1 : i == rank - 1 ? 0 : rank - i;
		fy_dim size = shape->dims[d];
		if (size == 0 || strides[d] == FY_STRIDE_UNKNOWN || strides[d] < least ||
		    (d == 0 && least == strides[1]))
			return false;
		least = strides[d];
		if (!fy_dim_known(size) || (size > 1 && !fy_mul_i64(least, size, &least)))
			return d == 0;
	}
	return true;
}

static bool same_geometry(const fy_tensor *a, const fy_tensor *b)
{
	return fy_shape_eq(&a->shape, &b->shape) &&
	       memcmp(a->strides, b->strides, (size_t)a->shape.rank * sizeof(a->strides[0])) == 0;
}

/* All operands of one shape and layout without gaps: the result gets the very same strides. */
static const fy_tensor *common_layout(const fy_shape *shape, const fy_tensor *const tensors[], int count)
{
	const fy_tensor *first = NULL;
	for (int i = 0; i < count; i++) {
		if (tensors[i] == NULL)
			continue;
		if (first == NULL)
			first = tensors[i];
		if (!fy_shape_eq(&tensors[i]->shape, shape) || !same_geometry(first, tensors[i]) ||
		    !fy_tensor_is_dense(tensors[i]))
			return NULL;
	}
	return first;
}

void fy_pointwise_strides(const fy_shape *shape, const fy_tensor *const tensors[], int count,
			  int64_t strides[])
{
	const fy_tensor *common = common_layout(shape, tensors, count);
	if (common != NULL) {
		memcpy(strides, common->strides, (size_t)shape->rank * sizeof(strides[0]));
		return;
	}
	/* Insertion sort of dims from the innermost, stable where the operands do not say. */
	int order[FY_MAX_RANK];
	for (int i = 0; i < shape->rank; i++)
		order[i] = shape->rank - 1 - i;
	for (int i = 1; i < shape->rank; i++) {
		int at = i;
		for (int j = i - 1; j >= 0; j--) {
			int relation = compare_dims(shape, tensors, count, order[j], order[at]);
			if (relation < 0)
				break;
			if (relation == 0)
				continue;
			int swapped = order[j];
			order[j] = order[at];
			order[at] = swapped;
			at = j;
		}
	}
	int64_t next = 1;
	for (int i = 0; i < shape->rank; i++) {
		fy_dim dim = shape->dims[order[i]];
		strides[order[i]] = next;
		if (!fy_dim_known(dim))
			next = FY_STRIDE_UNKNOWN;
		else if (next != FY_STRIDE_UNKNOWN && !fy_mul_i64(next, dim > 1 ? dim : 1, &next))
			next = FY_STRIDE_UNKNOWN;
	}
}

/* ---- results of inference --------------------------------------------------------------------- */

static fy_result *add_result(fy_call *call)
{
	size_t capacity = (size_t)call->result_capacity, count = (size_t)call->result_count;
	call->results =
		fy_arena_grow(call->arena, call->results, count, &capacity, count + 1, sizeof(fy_result));
	call->result_capacity = (int)capacity;
	fy_result *result = &call->results[call->result_count++];
	*result = (fy_result){ .kind = FY_FRESH, .of = -1, .item = -1 };
	return result;
}

fy_status fy_result_fresh(fy_call *call, fy_dtype dtype, const fy_shape *shape)
{
	add_result(call)->meta = fy_tensor_meta(dtype, shape);
	return FY_OK;
}

fy_status fy_result_strided(fy_call *call, fy_dtype dtype, const fy_shape *shape, const int64_t strides[])
{
	fy_tensor *meta = fy_tensor_meta(dtype, shape);
	memcpy(meta->strides, strides, (size_t)shape->rank * sizeof(strides[0]));
	add_result(call)->meta = meta;
	return FY_OK;
}

fy_status fy_result_pointwise(fy_call *call, fy_dtype dtype, const fy_shape *shape,
			      const fy_tensor *const tensors[], int count)
{
	fy_result *result = add_result(call);
	result->meta = fy_tensor_meta(dtype, shape);
	fy_pointwise_strides(shape, tensors, count, result->meta->strides);
	return FY_OK;
}

fy_status fy_result_like(fy_call *call, fy_dtype dtype, const fy_tensor *like)
{
	return fy_result_pointwise(call, dtype, &like->shape, (const fy_tensor *const[]){ like }, 1);
}

fy_status fy_result_view_item(fy_call *call, int of, int item, const fy_shape *shape, const int64_t strides[],
			      int64_t offset)
{
	const fy_tensor *base = fy_call_item(call, of, item);
	fy_result *result = add_result(call);
	result->kind = FY_VIEW;
	result->of = of;
	result->item = item;
	result->meta = fy_tensor_meta(base->dtype, shape);
	memcpy(result->meta->strides, strides, (size_t)shape->rank * sizeof(strides[0]));
	result->meta->offset = offset;
	return FY_OK;
}

fy_status fy_result_view(fy_call *call, int of, const fy_shape *shape, const int64_t strides[],
			 int64_t offset)
{
	return fy_result_view_item(call, of, -1, shape, strides, offset);
}

fy_status fy_result_same_item(fy_call *call, int of, int item)
{
	const fy_tensor *base = fy_call_item(call, of, item);
	FY_TRY(fy_result_view_item(call, of, item, &base->shape, base->strides, base->offset));
	call->results[call->result_count - 1].kind = FY_SAME;
	return FY_OK;
}

fy_status fy_result_same(fy_call *call, int of)
{
	return fy_result_same_item(call, of, -1);
}

void fy_call_release(fy_call *call)
{
	for (int i = 0; i < call->result_count; i++)
		fy_tensor_unref(call->results[i].meta);
	call->result_count = 0;
}
