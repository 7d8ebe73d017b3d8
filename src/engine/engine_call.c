/*
 * Calls of functions that an ONNX file defines: the body runs in place of the node. Attributes that it takes
 * from its caller are put into copies of its nodes.
 */
#include "engine/engine_internal.h"
#include "onnx/onnx.h"

const fy_local_function *fy_engine_function(const fy_engine *engine, const fy_node *node)
{
	if (engine->graph->function_count == 0 || fy_starts_with(node->op, "onnx::"))
		return NULL;
	return fy_graph_function(engine->graph, node->op);
}

static fy_status run_body(fy_engine *engine, const fy_node *node, const fy_local_function *function,
			  fy_tensor **results)
{
	const fy_block *body = function->body;
	fy_engine_frame frame = { function, node }, *outer = engine->frame;
	fy_status status;

	for (int i = 0; i < body->param_count; i++) {
		const fy_arg *arg = i < node->arg_count ? &node->args[i] : NULL;
		fy_tensor *tensor = arg && arg->kind == FY_ARG_VALUE ? engine->values[arg->v->id] : NULL;

		if (tensor)
			fy_engine_set(engine, body->params[i], fy_tensor_ref(tensor));
	}
	engine->frame = &frame;
	status = fy_engine_block(engine, body, results);
	engine->frame = outer;
	return status;
}

fy_status fy_engine_call(fy_engine *engine, const fy_node *node, const fy_local_function *function,
			 fy_tensor **results)
{
	fy_place place = fy_engine_place(node);

	if (node->arg_count > function->body->param_count ||
	    node->result_count != function->body->result_count)
		return fy_error(engine->diags, FY_USAGE, "op-raises", &place,
				"%s: the call has %d inputs and %d outputs, the function %d and %d", node->op,
				node->arg_count, node->result_count, function->body->param_count,
				function->body->result_count);
	return run_body(engine, node, function, results);
}

bool fy_engine_bind(const fy_engine *engine, const fy_node *node, fy_node *bound)
{
	bool refers = false;

	for (int i = 0; i < node->attr_count && engine->frame; i++)
		refers |= node->attrs[i].arg.kind == FY_ARG_REF;
	if (!refers)
		return false;
	*bound = *node;
	bound->attrs = fy_alloc(sizeof(*bound->attrs) * (size_t)node->attr_count);
	bound->attr_count =
		fy_onnx_bind_attrs(engine->frame->function, engine->frame->call, node, bound->attrs);
	return true;
}
