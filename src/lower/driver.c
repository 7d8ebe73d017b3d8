/*
 * Node by node: each ATen node is replaced by what its record emits, or by the operators it is composed of,
 * which are lowered in turn; If and Loop are entered. Nodes without an ONNX form stay and are listed, all of
 * them. Knows no operator.
 */
#include "lower/lower_internal.h"

#include <string.h>

bool fy_lower_is_control(const fy_node *node)
{
	return fy_node_is(node, "prim::If") || fy_node_is(node, "prim::Loop");
}

/* In a captured graph everything but onnx:: is a program's, foreign namespaces such as torchvision:: too. */
static bool is_onnx(const fy_node *node)
{
	if (node->block->graph->opset == 0)
		return fy_starts_with(node->op, "onnx::");
	return !fy_starts_with(node->op, "aten::") && !fy_starts_with(node->op, "prim::");
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void refuse(fy_lowering *l, const fy_node *node, const char *reason)
{
	for (size_t i = 0; i < l->refusal_count; i++) {
		if (strcmp(l->refusals[i].op, node->op) == 0 && strcmp(l->refusals[i].reason, reason) == 0) {
			l->refusals[i].count++;
			return;
		}
	}
	l->refusals = fy_arena_grow(l->arena, l->refusals, l->refusal_count, &l->refusal_capacity,
				    l->refusal_count + 1, sizeof(fy_refusal));
	l->refusals[l->refusal_count++] = (fy_refusal){ node->op, reason, node->origin, 1 };
}

static fy_status report_refusals(const fy_lowering *l)
{
	for (size_t i = 0; i < l->refusal_count; i++) {
		const fy_refusal *refusal = &l->refusals[i];
		fy_place place = fy_lower_place(&refusal->origin, l->file);

		fy_error(l->diags, FY_UNSUPPORTED, "op-unsupported", &place, "operator '%s' %s", refusal->op,
			 refusal->reason);
		if (refusal->count > 1)
			fy_note(l->diags, "and %d more like it", refusal->count - 1);
	}
	return l->refusal_count > 0 ? FY_UNSUPPORTED : FY_OK;
}

/* ---- replacing one node ---------------------------------------------------------------------- */

/* What the recorded type knows of sizes goes into the type of the value that replaces it. False: they
 * disagree. */
static bool refine(const fy_lowering *l, const fy_value *value, const fy_type *recorded, fy_type *type)
{
	*type = *value->type;
	if (recorded->kind == FY_TYPE_OPAQUE || recorded->kind == FY_TYPE_SEQUENCE ||
	    recorded->kind == FY_TYPE_OPTIONAL)
		return true;
	if (type->kind != FY_TYPE_TENSOR || (type->has_shape && type->shape.rank != recorded->shape.rank)) {
		if (type->kind != FY_TYPE_OPAQUE)
			return false;
		*type = fy_type_tensor(recorded->dtype, &recorded->shape);
	}
	if (type->dtype != recorded->dtype)
		return false;
	if (!type->has_shape) {
		type->has_shape = true;
		type->shape = recorded->shape;
	}
	for (int i = 0; i < type->shape.rank; i++) {
		fy_dim *dim = &type->shape.dims[i], known = recorded->shape.dims[i];

		if (fy_dim_known(*dim) && fy_dim_known(known) && *dim != known)
			return false;
		if (!fy_dim_known(*dim) && (fy_dim_known(known) || value->id >= l->first_id))
			*dim = known;
	}
	return true;
}

static void replace_results(fy_lowering *l, fy_node *node)
{
	for (int i = 0; i < node->result_count; i++) {
		fy_value *old = node->results[i], *value = l->made[i];
		fy_type refined;

		if (!value && !old->uses)
			continue;
		if (!value)
			FY_BUG("%s: its record gave no result %d", node->op, i);
		if (!refine(l, value, old->type, &refined)) {
			fy_buf text = { 0 };

			fy_buf_put_type(&text, l->graph, value->type);
			fy_buf_puts(&text, " where it was recorded as ");
			fy_buf_put_type(&text, l->graph, old->type);
			refuse(l, node,
			       fy_arena_printf(l->arena, "has an ONNX form of type %s", fy_buf_text(&text)));
			fy_buf_release(&text);
			return;
		}
		if (!fy_type_eq(&refined, value->type))
			fy_value_set_type(value, &refined);
	}
	for (int i = 0; i < node->result_count; i++) {
		if (l->made[i])
			fy_value_replace(node->results[i], l->made[i]);
	}
	fy_node_erase(node);
	l->lowered++;
}

static void begin_node(fy_lowering *l, fy_node *node)
{
	l->at = node;
	l->status = FY_OK;
	l->reason = NULL;
	l->first_id = l->graph->next_value;
	l->made = FY_NEW_ARRAY(l->arena, fy_value *, node->result_count + 1);
}

/* Expands a composed node. The next node to lower: the first of the expansion. */
static fy_node *expand(fy_lowering *l, fy_node *node, const fy_op *op, fy_node *next)
{
	fy_node *before = node->prev;
	fy_block *block = node->block;
	size_t errors = l->diags->errors;

	begin_node(l, node);
	if (fy_lower_compose(l->graph, node, op, l->file, l->made, l->diags) != FY_OK) {
		if (l->diags->errors == errors)
			refuse(l, node, "cannot be composed");
		return next;
	}
	for (int i = 0; i < node->result_count; i++)
		fy_value_replace(node->results[i], l->made[i]);
	fy_node_erase(node);
	l->lowered++;
	return before ? before->next : block->first;
}

static bool native(const fy_lowering *l, const fy_op *op)
{
	return op->lower && (!op->compose || l->opset >= op->native_opset);
}

/* Lowers one ATen node and gives the one to go on with. */
static fy_node *lower_node(fy_lowering *l, fy_node *node, const fy_op *op)
{
	fy_node *next = node->next;
	size_t errors = l->diags->errors;
	fy_status status;

	if (!native(l, op) && op->compose)
		return expand(l, node, op, next);
	begin_node(l, node);
	if (!op->lower) {
		if (fy_lower_passes(l->graph, node, op, l->made))
			replace_results(l, node);
		else
			refuse(l, node, "has no ONNX form");
		return next;
	}
	status = op->lower(l, node);
	if (l->status == FY_OK)
		l->status = status;
	if (l->status == FY_OK)
		replace_results(l, node);
	else if (l->reason && op->compose)
		return expand(l, node, op, next);
	else if (l->reason || l->diags->errors == errors)
		refuse(l, node,
		       fy_arena_printf(l->arena, "cannot be lowered: %s",
				       l->reason ? l->reason : "its arguments have no ONNX form"));
	return next;
}

/* ---- walking --------------------------------------------------------------------------------------------
 */

static void lower_block(fy_lowering *l, fy_block *block);

static void enter_control(fy_lowering *l, fy_node *node)
{
	fy_node *lowered;

	begin_node(l, node);
	if (fy_lower_control(l, node, &lowered) != FY_OK) {
		refuse(l, node, l->reason ? l->reason : "has no ONNX form");
		return;
	}
	while (node->block_count > 0) {
		fy_block *empty = node->blocks[--node->block_count];

		while (empty->result_count > 0)
			fy_block_remove_result(empty, empty->result_count - 1);
	}
	fy_node_erase(node);
	l->lowered++;
	for (int i = 0; i < lowered->block_count; i++)
		lower_block(l, lowered->blocks[i]);
}

static void lower_block(fy_lowering *l, fy_block *block)
{
	fy_node *node = block->first;

	while (node && !fy_interrupted()) {
		fy_node *next = node->next;
		const fy_op *op;

		if (is_onnx(node)) {
			for (int i = 0; i < node->block_count; i++)
				lower_block(l, node->blocks[i]);
		} else if (fy_lower_is_control(node)) {
			enter_control(l, node);
		} else {
			op = fy_node_op(node);
			if (op)
				next = lower_node(l, node, op);
			else
				refuse(l, node, "is not supported");
		}
		node = next;
	}
}

fy_status fy_pass_nodes(fy_pass_run *run)
{
	fy_graph *graph = run->graph;
	fy_lowering l = { .graph = graph,
			  .arena = graph->arena,
			  .diags = run->diags,
			  .file = run->options->file,
			  .opset = run->report->opset };
	size_t errors = run->diags->errors;
	fy_status status;

	for (int i = 0; i < graph->main->param_count; i++)
		fy_lower_scalar_to_tensor(graph->main->params[i]);
	lower_block(&l, graph->main);
	fy_map_release(&l.constants);
	status = report_refusals(&l);
	run->changes = l.lowered;
	if (fy_interrupted())
		return FY_INTERRUPTED;
	if (status == FY_OK && run->diags->errors > errors)
		status = fy_diags_status(run->diags);
	if (status != FY_OK)
		return status;
	graph->opset = run->report->opset;
	graph->ir_version = run->report->ir_version;
	return FY_OK;
}
