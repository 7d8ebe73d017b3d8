/*
 * If and Loop: recorded control flow becomes ONNX control flow by moving the nodes of its blocks into blocks
 * of a new node; the driver lowers them there. What ONNX demands of block results is done by a later pass.
 */
#include "lower/lower_internal.h"

#include <string.h>

/* A value argument, or a number as a 0-d constant; NULL for none. */
static fy_value *operand(fy_lowering *l, const fy_arg *arg, fy_dtype dtype)
{
	switch (arg->kind) {
	case FY_ARG_VALUE:
		fy_lower_scalar_to_tensor(arg->v);
		return arg->v;
	case FY_ARG_INT:
		return fy_lower_constant(l, fy_tensor_scalar_i64(dtype, arg->i));
	case FY_ARG_BOOL:
		return fy_lower_constant(l, fy_tensor_scalar_i64(dtype, arg->b));
	case FY_ARG_FLOAT:
		return fy_lower_constant(l, fy_tensor_scalar_f64(dtype, arg->f));
	case FY_ARG_NONE:
		return NULL;
	default:
		return fy_lower_fail(l, "a carried value has no ONNX form");
	}
}

/* The ONNX node that takes the place of `old`, results and all. */
static fy_node *replacement(fy_lowering *l, fy_node *old, const char *op, fy_value *const *inputs,
			    int input_count)
{
	fy_arg *args = FY_NEW_ARRAY(l->arena, fy_arg, input_count);
	fy_type *types = FY_NEW_ARRAY(l->arena, fy_type, old->result_count);
	fy_node *node;

	for (int i = 0; i < input_count; i++)
		args[i] = inputs[i] ? fy_arg_value(inputs[i]) : fy_arg_none();
	for (int i = 0; i < old->result_count; i++) {
		fy_lower_scalar_to_tensor(old->results[i]);
		types[i] = *old->results[i]->type;
	}
	node = fy_node_new(old->block, old, op, args, input_count, NULL, 0, types, old->result_count);
	node->origin = old->origin;
	for (int i = 0; i < old->result_count; i++)
		fy_value_replace(old->results[i], node->results[i]);
	return node;
}

static fy_block *take_body(fy_graph *graph, fy_node *to, fy_block *from)
{
	fy_block *block = fy_block_new(graph, to);

	fy_block_splice(block, NULL, from);
	for (int i = 0; i < from->result_count; i++) {
		fy_lower_scalar_to_tensor(from->results[i]);
		fy_block_result(block, from->results[i]);
	}
	return block;
}

static fy_value *take_param(fy_block *to, fy_value *from)
{
	fy_value *param;

	fy_lower_scalar_to_tensor(from);
	param = fy_block_param(to, from->type, from->name);
	from->name = NULL;
	fy_value_replace(from, param);
	return param;
}

static fy_node *lower_if(fy_lowering *l, fy_node *node)
{
	fy_value *condition = operand(l, &node->args[0], FY_BOOL);
	fy_node *lowered;

	condition = fy_lower_cast(l, condition, FY_BOOL);
	if (l->status != FY_OK)
		return NULL;
	lowered = replacement(l, node, "onnx::If", &condition, 1);
	take_body(l->graph, lowered, node->blocks[0]);
	take_body(l->graph, lowered, node->blocks[1]);
	return lowered;
}

static fy_node *lower_loop(fy_lowering *l, fy_node *node)
{
	int carried = node->arg_count - 2;
	fy_block *body = node->blocks[0], *to;
	bool has_condition = body->param_count == carried + 2;
	int first = has_condition ? 2 : 1;
	fy_value **inputs = FY_NEW_ARRAY(l->arena, fy_value *, node->arg_count);
	fy_type boolean = fy_type_tensor(FY_BOOL, &(fy_shape){ 0 });
	fy_node *lowered;

	inputs[0] = operand(l, &node->args[0], FY_I64);
	inputs[1] = operand(l, &node->args[1], FY_BOOL);
	for (int i = 0; i < carried; i++) {
		inputs[2 + i] = operand(l, &node->args[2 + i], body->params[first + i]->type->dtype);
		if (!inputs[2 + i])
			fy_lower_fail(l, "carried value %d is missing", i);
	}
	if (l->status != FY_OK)
		return NULL;
	lowered = replacement(l, node, "onnx::Loop", inputs, node->arg_count);
	to = take_body(l->graph, lowered, body);
	take_param(to, body->params[0]);
	if (has_condition)
		take_param(to, body->params[1]);
	else
		fy_block_param(to, &boolean, NULL);
	for (int i = 0; i < carried; i++)
		take_param(to, body->params[first + i]);
	return lowered;
}

fy_status fy_lower_control(fy_lowering *l, fy_node *node, fy_node **lowered)
{
	*lowered = fy_node_is(node, "prim::If") ? lower_if(l, node) : lower_loop(l, node);
	return l->status;
}
