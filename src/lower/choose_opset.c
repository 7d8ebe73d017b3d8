/*
 * The choice of the opset: what was asked for, or the least at which every operator has its plain form and
 * every element type exists. Records say what is plain; a composed operator needs what its parts need.
 */
#include "lower/lower_internal.h"

enum { BASE_OPSET = FY_ONNX_OPSET_MIN, BFLOAT16_OPSET = 13, FLOAT8_OPSET = 19, MAX_EXPANSION_DEPTH = 32 };

static int plain_opset(fy_graph *graph, fy_node *node, fy_diags *diags, int depth);

/* The most that the operators ask for of which `node` is composed. They are put into the graph to be looked
 * at. */
static int opset_of_parts(fy_graph *graph, fy_node *node, const fy_op *op, fy_diags *diags, int depth)
{
	fy_value **results = FY_NEW_ARRAY(graph->arena, fy_value *, node->result_count + 1);
	fy_node *before = node->prev;
	int opset = BASE_OPSET;

	if (depth > MAX_EXPANSION_DEPTH || fy_lower_compose(graph, node, op, NULL, results, diags) != FY_OK)
		return opset;
	for (fy_node *part = before ? before->next : node->block->first; part != node; part = part->next) {
		int part_opset = plain_opset(graph, part, diags, depth + 1);

		opset = part_opset > opset ? part_opset : opset;
	}
	while (node->prev != before)
		fy_node_erase(node->prev);
	return opset;
}

/* The least opset whose ONNX has this element type. */
static int opset_of_type(const fy_type *type)
{
	if (type->kind == FY_TYPE_OPAQUE)
		return BASE_OPSET;
	if (type->dtype == FY_BF16)
		return BFLOAT16_OPSET;
	return type->dtype >= FY_F8_E5M2 && type->dtype <= FY_F8_E4M3FNUZ ? FLOAT8_OPSET : BASE_OPSET;
}

static int plain_opset(fy_graph *graph, fy_node *node, fy_diags *diags, int depth)
{
	const fy_op *op = fy_lower_is_control(node) ? NULL : fy_node_op(node);

	if (op && op->plain_opset)
		return op->plain_opset(node);
	return op && op->compose ? opset_of_parts(graph, node, op, diags, depth) : BASE_OPSET;
}

static const char *describe(fy_arena *arena, const fy_node *node)
{
	fy_buf text = { 0 };
	const char *copy;

	fy_buf_puts(&text, node->op);
	if (node->origin.module && *node->origin.module)
		fy_buf_printf(&text, " in %s", node->origin.module);
	if (node->origin.file)
		fy_buf_printf(&text, " (%s:%d)", node->origin.file, node->origin.line);
	copy = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return copy;
}

/* The least opset at which every node has its plain form. */
static int choose_opset(fy_pass_run *run)
{
	int opset = BASE_OPSET;
	fy_diags scratch = { 0 };

	for (fy_node *node = fy_graph_first(run->graph); node; node = fy_node_following(node)) {
		int wanted = plain_opset(run->graph, node, &scratch, 0);

		if (wanted > opset) {
			opset = wanted;
			run->report->raised_by = describe(run->graph->arena, node);
		}
	}
	fy_diags_clear(&scratch);
	return opset;
}

typedef struct type_demand {
	int opset;
	fy_dtype dtype;
} type_demand;

static void demand(type_demand *most, const fy_value *value)
{
	int opset = opset_of_type(value->type);

	if (opset > most->opset)
		*most = (type_demand){ opset, value->type->dtype };
}

/* The element type that came to ONNX last. */
static type_demand demand_of_types(const fy_graph *graph)
{
	type_demand most = { BASE_OPSET, FY_F32 };

	for (int i = 0; i < graph->main->param_count; i++)
		demand(&most, graph->main->params[i]);
	for (int i = 0; i < graph->constant_count; i++)
		demand(&most, graph->constants[i]);
	for (const fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node)) {
		for (int i = 0; i < node->result_count; i++)
			demand(&most, node->results[i]);
	}
	return most;
}

fy_status fy_pass_opset(fy_pass_run *run)
{
	fy_lower_report *report = run->report;
	int asked = run->options->opset ? run->options->opset : run->graph->opset;
	int opset = asked ? asked : choose_opset(run);
	type_demand type = demand_of_types(run->graph);

	if (opset < FY_ONNX_OPSET_MIN || opset > FY_ONNX_OPSET_MAX) {
		fy_error(run->diags, FY_USAGE, "opset-range", NULL, "opset %d is out of range", opset);
		fy_hint(run->diags, "opsets %d to %d can be written", FY_ONNX_OPSET_MIN, FY_ONNX_OPSET_MAX);
		return FY_USAGE;
	}
	if (asked && type.opset > opset) {
		fy_error(run->diags, FY_UNSUPPORTED, "opset-type", NULL, "opset %d has no element type %s",
			 opset, fy_dtype_name(type.dtype));
		fy_hint(run->diags, "opset %d has it", type.opset);
		return FY_UNSUPPORTED;
	}
	if (type.opset > opset) {
		opset = type.opset;
		report->raised_by =
			fy_arena_printf(run->graph->arena, "element type %s", fy_dtype_name(type.dtype));
	}
	report->opset = opset;
	report->ir_version = fy_onnx_ir_version(opset);
	return FY_OK;
}
