/*
 * If and Loop: only their types. Executing them is the engine's, which knows what a block is.
 */
#include "onnx/onnx_internal.h"

/* What holds for both: other dims become unknown, another rank no shape, another kind or element type opaque.
 */
static fy_type merge(const fy_type *a, const fy_type *b)
{
	fy_type out = *a;

	if (a->kind != b->kind || a->dtype != b->dtype)
		return (fy_type){ .kind = FY_TYPE_OPAQUE };
	out.has_shape = a->has_shape && b->has_shape && a->shape.rank == b->shape.rank;
	for (int i = 0; out.has_shape && i < out.shape.rank; i++) {
		if (a->shape.dims[i] != b->shape.dims[i])
			out.shape.dims[i] = FY_ONNX_DIM_UNKNOWN;
	}
	if (!out.has_shape)
		out.shape = (fy_shape){ 0 };
	return out;
}

static fy_type plain_type(const fy_type *type)
{
	return type->kind == FY_TYPE_SCALAR ? fy_type_tensor(type->dtype, &(fy_shape){ 0 }) : *type;
}

static fy_status check_flag(const fy_onnx_call *call, int i)
{
	if (fy_onnx_has(call, i) && call->types[i].kind == FY_TYPE_TENSOR &&
	    fy_onnx_dtype(call, i) != FY_BOOL)
		return fy_onnx_fail(call, "the condition must be bool, not %s",
				    fy_dtype_name(fy_onnx_dtype(call, i)));
	return FY_OK;
}

static fy_status if_infer(fy_onnx_call *call)
{
	const fy_node *node = call->node;

	FY_TRY(check_flag(call, 0));
	if (node->block_count != 2)
		return fy_onnx_fail(call, "has %d branches, not 2", node->block_count);
	for (int k = 0; k < 2; k++) {
		if (node->blocks[k]->result_count != node->result_count || node->blocks[k]->param_count != 0)
			return fy_onnx_fail(call, "a branch gives %d values for %d outputs",
					    node->blocks[k]->result_count, node->result_count);
	}
	for (int i = 0; i < node->result_count; i++) {
		fy_type a = plain_type(node->blocks[0]->results[i]->type);
		fy_type b = plain_type(node->blocks[1]->results[i]->type);

		call->results[i] = merge(&a, &b);
	}
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_if = {
	.name = "onnx::If",
	.since = FY_ONNX_SINCE(1, 11, 13, 16, 19, 21, 23, 24, 25),
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, FY_ONNX_MANY }),
	.attrs = FY_ONNX_ATTRS({ .name = "else_branch", .kind = 'g', .required = true },
			       { .name = "then_branch", .kind = 'g', .required = true }),
	.infer = if_infer,
};

/* Scan outputs get one more axis in front. */
static fy_type stacked(const fy_type *type)
{
	fy_type out = plain_type(type);

	if (out.kind != FY_TYPE_TENSOR || !out.has_shape || out.shape.rank == FY_MAX_RANK)
		return out.kind == FY_TYPE_TENSOR ? fy_type_tensor(out.dtype, NULL) : out;
	for (int i = out.shape.rank; i > 0; i--)
		out.shape.dims[i] = out.shape.dims[i - 1];
	out.shape.dims[0] = FY_ONNX_DIM_UNKNOWN;
	out.shape.rank++;
	return out;
}

static fy_status loop_infer(fy_onnx_call *call)
{
	const fy_node *node = call->node;
	const fy_block *body = node->block_count == 1 ? node->blocks[0] : NULL;
	int carried = node->arg_count - 2;

	FY_TRY(check_flag(call, 1));
	if (!body)
		return fy_onnx_fail(call, "has %d bodies, not 1", node->block_count);
	if (body->param_count != carried + 2 || node->result_count < carried ||
	    body->result_count != node->result_count + 1)
		return fy_onnx_fail(call,
				    "carries %d values; the body takes %d and gives %d, the node gives %d",
				    carried, body->param_count, body->result_count, node->result_count);
	for (int i = 0; i < node->result_count; i++) {
		if (i >= carried) {
			call->results[i] = stacked(body->results[i + 1]->type);
		} else if (!call->present[2 + i]) {
			return fy_onnx_fail(call, "input %d is missing", 2 + i);
		} else {
			fy_type after = plain_type(body->results[i + 1]->type);

			call->results[i] = merge(&call->types[2 + i], &after);
		}
	}
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_loop = {
	.name = "onnx::Loop",
	.since = FY_ONNX_SINCE(1, 11, 13, 16, 19, 21, 23, 24, 25),
	.arity = FY_ONNX_ARITY({ 1, 3, FY_ONNX_MANY, 1, FY_ONNX_MANY },
			       { 11, 2, FY_ONNX_MANY, 1, FY_ONNX_MANY }),
	.attrs = FY_ONNX_ATTRS({ .name = "body", .kind = 'g', .required = true }),
	.infer = loop_infer,
};
