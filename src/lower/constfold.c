/*
 * Folding: ONNX nodes all of whose inputs are constants are evaluated once. Only small results are kept, and
 * of weights mapped from a file only very small ones: weights stay where they are.
 */
#include "lower/lower_internal.h"

enum { FOLD_BYTES = 1 << 20, FOLD_MAPPED_BYTES = 1 << 16 };

static const fy_tensor *constant_of(const fy_arg *arg)
{
	if (arg->kind != FY_ARG_VALUE || !arg->v->tensor || !fy_tensor_has_data(arg->v->tensor))
		return NULL;
	return arg->v->tensor;
}

static bool small_enough(const fy_node *node, int64_t limit)
{
	for (int i = 0; i < node->result_count; i++) {
		const fy_type *type = node->results[i]->type;
		int64_t count, bytes;

		if (type->kind != FY_TYPE_TENSOR || !type->has_shape || !fy_shape_known(&type->shape) ||
		    !fy_shape_numel(&type->shape, &count) ||
		    !fy_mul_i64(count, (int64_t)fy_dtype_size(type->dtype), &bytes) || bytes > limit)
			return false;
	}
	return true;
}

static bool can_fold(const fy_node *node)
{
	int64_t limit = FOLD_BYTES;

	if (node->block_count > 0 || node->arg_count == 0 || !fy_onnx_foldable(node))
		return false;
	for (int i = 0; i < node->arg_count; i++) {
		const fy_tensor *tensor = constant_of(&node->args[i]);

		if (!tensor && node->args[i].kind != FY_ARG_NONE)
			return false;
		if (tensor && tensor->storage->file)
			limit = FOLD_MAPPED_BYTES;
	}
	return small_enough(node, limit);
}

/* A node that cannot be evaluated stays as it is: the runtime decides. */
static bool fold(fy_graph *graph, fy_node *node, int opset)
{
	fy_tensor **inputs = FY_NEW_ARRAY(graph->arena, fy_tensor *, node->arg_count + 1);
	fy_tensor **outputs = FY_NEW_ARRAY(graph->arena, fy_tensor *, node->result_count + 1);
	fy_diags diags = { 0 };
	fy_status status;

	for (int i = 0; i < node->arg_count; i++)
		inputs[i] = (fy_tensor *)constant_of(&node->args[i]);
	status = fy_onnx_eval(node, opset, inputs, outputs, &diags);
	fy_diags_clear(&diags);
	if (status != FY_OK)
		return false;
	for (int i = 0; i < node->result_count; i++) {
		fy_tensor *plain = outputs[i] ? fy_tensor_contiguous(outputs[i]) : NULL;

		if (plain && node->results[i]->uses)
			fy_value_replace(node->results[i], fy_graph_constant(graph, plain, NULL));
		fy_tensor_unref(plain);
		fy_tensor_unref(outputs[i]);
	}
	fy_node_erase(node);
	return true;
}

/* Shape of a value whose sizes are all known. */
static bool fold_shape(fy_graph *graph, fy_node *node)
{
	const fy_type *type;
	fy_tensor *sizes;

	if (!fy_node_is(node, "onnx::Shape") || node->attr_count > 0 || node->args[0].kind != FY_ARG_VALUE)
		return false;
	type = node->args[0].v->type;
	if (type->kind != FY_TYPE_TENSOR || !type->has_shape || !fy_shape_known(&type->shape))
		return false;
	sizes = fy_tensor_from_i64(type->shape.dims, type->shape.rank);
	if (!sizes)
		return false;
	fy_value_replace(node->results[0], fy_graph_constant(graph, sizes, NULL));
	fy_tensor_unref(sizes);
	fy_node_erase(node);
	return true;
}

fy_status fy_pass_fold(fy_pass_run *run)
{
	fy_node *next;

	for (fy_node *node = fy_graph_first(run->graph); node; node = next) {
		next = fy_node_following(node);
		if (fold_shape(run->graph, node) ||
		    (can_fold(node) && fold(run->graph, node, run->report->opset)))
			run->changes++;
	}
	return FY_OK;
}
