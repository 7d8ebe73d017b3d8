/* What reading and writing by index share: lists of index tensors, and the ONNX forms of both. */
#ifndef FY_OPS_INDICES_H
#define FY_OPS_INDICES_H

#include "ops/views.h"

/* The Tensor?[] of aten::index, by dim: integers, NULL for a whole dim. Masks became the positions where they
 * are true, one line of numbers per dim that they cover; of a mask without data only the geometry. */
typedef struct fy_indices {
	const fy_tensor *items[FY_MAX_RANK];
	int count;
	fy_tensor *made[FY_MAX_RANK];
	int made_count;
} fy_indices;

/* Reads the list argument `index` for a tensor of shape `self`. Call fy_indices_release whatever the outcome.
 */
fy_status FY_MUST_USE fy_call_indices(const fy_call *call, int index, const fy_shape *self, fy_indices *out);
void fy_indices_release(fy_indices *indices);
/* Shape of what the indices pick. The rank is checked. */
fy_status FY_MUST_USE fy_indices_shape(const fy_call *call, const fy_shape *self, const fy_indices *indices,
				       fy_shape *out);

/*
 * The same list in a graph, as one index: `data` is self with the indexed dims merged into axis `axis`,
 * `index` (int64, not negative unless one dim is indexed and the opset takes negative ones) picks along it.
 */
typedef struct fy_flat_index {
	fy_value *data, *index;
	int axis;
	fy_shape whole;        /* of self as it was merged, perm applied */
	int perm[FY_MAX_RANK]; /* dim d of `whole` is dim perm[d] of self */
	int merged;            /* how many dims went into axis */
	int place;             /* where PyTorch puts the picked dims in the result */
	fy_value *mask; /* the only index is this mask, which covers `merged` dims from `mask_dim` on */
	int mask_dim;
} fy_flat_index;

/* in_front: the merged axis shall be 0. */
fy_status FY_MUST_USE fy_lower_flat_index(fy_lowering *l, fy_node *node, int list, bool in_front,
					  fy_flat_index *out);

/* Negative indices counted from the front: for opsets below 11, and for arithmetic. */
fy_value *fy_lower_from_front(fy_lowering *l, fy_value *index, fy_value *data, int axis);
/* Gather along `axis`; negative indices are fine at every opset. */
fy_value *fy_lower_gather(fy_lowering *l, fy_value *data, fy_value *index, int axis);
/* Positions along the only dim at which a flat mask is true. */
fy_value *fy_lower_positions(fy_lowering *l, fy_value *mask);

/* Brings both to their common shape. */
void fy_lower_to_common_shape(fy_lowering *l, fy_value **a, fy_value **b);

/* Scatter or ScatterElements; reduction NULL sets, "add", "mul", "min" and "max" combine. index and updates
 * have one shape. Negative indices are fine. Refuses reductions below the opset that has them. */
fy_value *fy_lower_scatter(fy_lowering *l, fy_node *node, fy_value *data, int axis, fy_value *index,
			   fy_value *updates, const char *reduction);
/* The same with a line of indices that goes for all of `updates` along `axis`. */
fy_value *fy_lower_scatter_line(fy_lowering *l, fy_node *node, fy_value *data, int axis, fy_value *line,
				fy_value *updates, const char *reduction);

#endif
