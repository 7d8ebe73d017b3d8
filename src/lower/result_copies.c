/*
 * ONNX wants each output of a graph, and of the graph inside an If or Loop, to be made by a node of that very
 * graph, and to be listed once. Where one is an input, a constant, a value from outside or there twice, an
 * Identity makes it. Nowhere else is an Identity put.
 */
#include "lower/lower_internal.h"

static bool made_here(const fy_block *block, const fy_value *value)
{
	return value->def && value->def->block == block;
}

static bool listed_before(const fy_block *block, int index)
{
	for (int i = 0; i < index; i++) {
		if (block->results[i] == block->results[index])
			return true;
	}
	return false;
}

static int copy_results(fy_block *block)
{
	int copies = 0;

	for (int i = 0; i < block->result_count; i++) {
		fy_value *value = block->results[i];
		fy_arg arg = fy_arg_value(value);
		fy_node *copy;

		if (made_here(block, value) && !listed_before(block, i))
			continue;
		copy = fy_node_new(block, NULL, "onnx::Identity", &arg, 1, NULL, 0, value->type, 1);
		if (value->def)
			copy->origin = value->def->origin;
		else if (block->owner)
			copy->origin = block->owner->origin;
		fy_block_set_result(block, i, copy->results[0]);
		copies++;
	}
	return copies;
}

fy_status fy_pass_outputs(fy_pass_run *run)
{
	for (fy_node *node = fy_graph_first(run->graph); node; node = fy_node_following(node)) {
		for (int i = 0; i < node->block_count; i++)
			run->changes += copy_results(node->blocks[i]);
	}
	run->changes += copy_results(run->graph->main);
	return FY_OK;
}
