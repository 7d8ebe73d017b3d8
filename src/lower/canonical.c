/*
 * Dead code and decided control flow: what nobody uses goes, results of If and Loop included, and an If whose
 * condition is constant is replaced by its arm. The same before lowering and after folding.
 */
#include "lower/lower_internal.h"

static bool is_if(const fy_node *node)
{
	return fy_node_is(node, "prim::If") || fy_node_is(node, "onnx::If");
}

static bool is_loop(const fy_node *node)
{
	return fy_node_is(node, "prim::Loop") || fy_node_is(node, "onnx::Loop");
}

/* ---- If -------------------------------------------------------------------------------------- */

static bool decided(const fy_node *node, bool *condition)
{
	const fy_arg *arg = &node->args[0];

	if (arg->kind == FY_ARG_BOOL) {
		*condition = arg->b;
		return true;
	}
	if (arg->kind != FY_ARG_VALUE || !arg->v->tensor || !fy_tensor_has_data(arg->v->tensor) ||
	    fy_tensor_numel(arg->v->tensor) != 1)
		return false;
	*condition = fy_tensor_get_i64(arg->v->tensor, 0) != 0;
	return true;
}

/* Puts the arm that runs in the place of the If. */
static void take_arm(fy_node *node, fy_block *arm)
{
	for (int i = 0; i < node->result_count; i++)
		fy_value_replace(node->results[i], arm->results[i]);
	fy_block_splice(node->block, node, arm);
	fy_node_erase(node);
}

static int drop_unused_if_results(fy_node *node)
{
	int dropped = 0;

	for (int i = node->result_count - 1; i >= 0; i--) {
		if (node->results[i]->uses)
			continue;
		fy_node_remove_result(node, i);
		fy_block_remove_result(node->blocks[0], i);
		fy_block_remove_result(node->blocks[1], i);
		dropped++;
	}
	return dropped;
}

/* ---- Loop ------------------------------------------------------------------------------------ */

/* Carried value k feeds nothing but itself. */
static bool feeds_itself_only(const fy_block *body, const fy_value *param, int result)
{
	for (const fy_use *use = param->uses; use; use = use->next) {
		if (use->node || use->block != body || use->index != result)
			return false;
	}
	return true;
}

static int drop_unused_loop_results(fy_node *node)
{
	int carried = node->arg_count - 2, dropped = 0;
	fy_block *body = node->blocks[0];

	for (int i = node->result_count - 1; i >= 0; i--) {
		int param = body->param_count - carried + i;

		if (node->results[i]->uses)
			continue;
		if (i < carried && !feeds_itself_only(body, body->params[param], i + 1))
			continue;
		fy_node_remove_result(node, i);
		fy_block_remove_result(body, i + 1);
		if (i < carried) {
			fy_block_remove_param(body, param);
			fy_node_remove_arg(node, 2 + i);
			carried--;
		}
		dropped++;
	}
	return dropped;
}

/* ---- passes ----------------------------------------------------------------------------------------------
 */

/* One round; it ends early when an arm was taken, for the walk has lost its ground then. */
static int simplify_control(fy_graph *graph)
{
	int changes = 0;

	for (fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node)) {
		bool condition;

		if (is_if(node) && decided(node, &condition)) {
			take_arm(node, node->blocks[condition ? 0 : 1]);
			return changes + 1;
		}
		if (is_if(node))
			changes += drop_unused_if_results(node);
		else if (is_loop(node))
			changes += drop_unused_loop_results(node);
	}
	return changes;
}

fy_status fy_pass_dead(fy_pass_run *run)
{
	run->changes = fy_graph_remove_dead(run->graph);
	return FY_OK;
}

fy_status fy_pass_canonical(fy_pass_run *run)
{
	int changes;

	run->changes += fy_graph_remove_dead(run->graph);
	do {
		changes = simplify_control(run->graph);
		changes += fy_graph_remove_dead(run->graph);
		run->changes += changes;
	} while (changes > 0);
	return FY_OK;
}
