/*
 * ops_internal: what the .c files of ops/ share among themselves: reading one schema line, geometry of results and the
 * shapes of inference that many families have in common.
 */
#ifndef FY_OPS_INTERNAL_H
#define FY_OPS_INTERNAL_H

#include "ops/ops.h"

/* ---- schema.c ------------------------------------------------------------------------------- */

/* Reads one line of schemas.tsv. Everything, text included, is copied into the arena. False: not a schema. */
bool fy_schema_parse(fy_schema *out, fy_arena *arena, fy_str line);

/* ---- geometry.c ----------------------------------------------------------------------------- */

/* Strides PyTorch's elementwise operators give a new result of `shape` computed from `tensors`: row-major unless the
 * operands agree on another order of dims. NULL entries are skipped. */
void fy_pointwise_strides(const fy_shape *shape, const fy_tensor *const tensors[], int count, int64_t strides[]);
/* No two indices meet and no gaps: a permutation of a contiguous tensor. */
bool fy_tensor_is_dense(const fy_tensor *tensor);

/* ---- call.c --------------------------------------------------------------------------------- */

/* What a result is outside evaluation: the meta, the argument itself or a view of it. One reference. */
fy_tensor *fy_result_tensor(const fy_call *call, const fy_result *result);

/* ---- compose.c ------------------------------------------------------------------------------ */

/* Run call->op->compose: the first fills call->results, the second gives tensors as fy_op_run does. */
fy_status FY_MUST_USE fy_compose_infer(fy_call *call);
fy_status FY_MUST_USE fy_compose_eval(fy_call *call, fy_tensor ***results, int *result_count);

#endif
