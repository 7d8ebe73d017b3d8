/* What the view families share: sizes that may depend on data, strides of reshaped tensors. */
#ifndef FY_OPS_VIEWS_H
#define FY_OPS_VIEWS_H

#include "ops/ops_internal.h"

/* The list argument `index` as a shape. Sizes that depend on data become new symbols; *inferred is the place
 * of a -1 (its dim is left 0), or -1 when there is none. */
fy_status FY_MUST_USE fy_call_sizes(fy_call *call, int index, fy_shape *out, int *inferred);
/* Fills in the dim that was given as -1, and checks that the count of elements agrees where it is known. */
fy_status FY_MUST_USE fy_call_complete(fy_call *call, const fy_shape *self, fy_shape *shape, int inferred);
/* Strides that make `shape` a view of `self`; false when that needs a copy. */
bool fy_view_strides(const fy_tensor *self, const fy_shape *shape, int64_t strides[]);
/* A view of argument 0 with its own strides and offset where they are not changed. */
fy_status fy_result_reshape(fy_call *call, const fy_shape *shape);

/* Reshape to the type of result 0; nothing when it is the shape already. */
fy_status fy_lower_as_result(fy_lowering *l, fy_node *node);
/* Dims first .. first + count - 1 become one. */
fy_value *fy_lower_merge_dims(fy_lowering *l, fy_value *value, int first, int count);
/* Row-major places, among `numel` elements, that a view of a contiguous tensor covers: int64, the view's
 * shape. NULL: some lie outside, or there is no memory. */
fy_tensor *fy_view_places(const fy_shape *shape, const int64_t *strides, int64_t offset, int64_t numel);

#endif
