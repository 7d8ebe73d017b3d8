/*
 * Names: nodes after the module they come from and their operator, values after the node that makes them,
 * weights as in the model, outputs as asked for. Names that are there already stay.
 */
#include "lower/lower_internal.h"

#include <string.h>

typedef struct namer {
	fy_pass_run *run;
	fy_arena *arena;
	fy_map values, nodes; /* taken names, and how many times each was wanted again */
} namer;

static const char *op_word(const fy_node *node)
{
	const char *colons = strrchr(node->op, ':');

	return colons ? colons + 1 : node->op;
}

/* `wanted`, or with _1, _2 ... behind it. */
static const char *unique(namer *n, fy_map *taken, const char *wanted)
{
	const char *name = wanted;
	uintptr_t next = (uintptr_t)fy_map_get(taken, fy_str_of(wanted));

	while (fy_map_has(taken, fy_str_of(name)))
		name = fy_arena_printf(n->arena, "%s_%zu", wanted, (size_t)++next);
	fy_map_put(taken, fy_str_of(wanted), (void *)next);
	if (name != wanted)
		fy_map_put(taken, fy_str_of(name), NULL);
	return name;
}

static void name_value(namer *n, fy_value *value, const char *wanted)
{
	if (!value->name)
		value->name = unique(n, &n->values, wanted);
}

/* ---- inputs, outputs, weights ---------------------------------------------------------------- */

static fy_status claim(namer *n, const char *name, const char *what)
{
	if (fy_map_has(&n->values, fy_str_of(name)))
		return fy_error(n->run->diags, FY_USAGE, "name-taken", NULL,
				"%s name '%s' is taken by another one", what, name);
	fy_map_put(&n->values, fy_str_of(name), NULL);
	return FY_OK;
}

static fy_status name_ends(namer *n)
{
	fy_graph *graph = n->run->graph;
	fy_block *main_block = graph->main;

	for (int i = 0; i < main_block->param_count; i++) {
		fy_value *value = main_block->params[i];

		if (!value->name)
			value->name = fy_arena_printf(n->arena, "INPUT__%d", i);
		FY_TRY(claim(n, value->name, "input"));
	}
	for (int i = 0; i < main_block->result_count; i++) {
		if (!graph->output_names[i])
			graph->output_names[i] = fy_arena_printf(n->arena, "OUTPUT__%d", i);
		FY_TRY(claim(n, graph->output_names[i], "output"));
	}
	for (int i = 0; i < main_block->result_count; i++)
		main_block->results[i]->name = graph->output_names[i];
	return FY_OK;
}

static void name_constants(namer *n)
{
	fy_graph *graph = n->run->graph;

	for (int i = 0; i < graph->constant_count; i++) {
		if (graph->constants[i]->name)
			graph->constants[i]->name = unique(n, &n->values, graph->constants[i]->name);
	}
	for (int i = 0; i < graph->constant_count; i++)
		name_value(n, graph->constants[i], "constant");
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool is_output(const fy_graph *graph, const fy_value *value)
{
	for (int i = 0; i < graph->main->result_count; i++) {
		if (graph->main->results[i] == value)
			return true;
	}
	return false;
}

static void name_blocks(namer *n, fy_node *node)
{
	static const char *const arms[] = { "then", "else" };
	bool loop = fy_node_is(node, "onnx::Loop");

	for (int i = 0; i < node->block_count; i++) {
		fy_block *block = node->blocks[i];

		if (!block->name)
			block->name = fy_arena_printf(n->arena, "%s/%s", node->name,
						      loop || i > 1 ? "body" : arms[i]);
		for (int k = 0; k < block->param_count; k++) {
			const char *role = !loop || k > 1 ? "carried" : k == 0 ? "iteration" : "condition";

			name_value(n, block->params[k], fy_arena_printf(n->arena, "%s/%s", node->name, role));
		}
	}
}

static void name_node(namer *n, fy_node *node)
{
	const char *module = node->origin.module;

	if (!node->name)
		node->name = module && *module ? fy_arena_printf(n->arena, "%s/%s", module, op_word(node))
					       : op_word(node);
	node->name = unique(n, &n->nodes, node->name);
	for (int i = 0; i < node->result_count; i++) {
		fy_value *value = node->results[i];

		if (value->name && !is_output(n->run->graph, value))
			value->name = unique(n, &n->values, value->name);
		else if (!value->name)
			name_value(n, value,
				   i == 0 ? node->name : fy_arena_printf(n->arena, "%s:%d", node->name, i));
	}
	name_blocks(n, node);
}

fy_status fy_pass_names(fy_pass_run *run)
{
	namer n = { .run = run, .arena = run->graph->arena };
	fy_status status = name_ends(&n);

	if (status == FY_OK) {
		name_constants(&n);
		for (fy_node *node = fy_graph_first(run->graph); node; node = fy_node_following(node)) {
			name_node(&n, node);
			run->changes++;
		}
	}
	fy_map_release(&n.values);
	fy_map_release(&n.nodes);
	return status;
}
