/*
 * Checks a graph of ONNX nodes against what the format, the operator schemas and the operator records ask
 * for, and works out the types of its values on the way. Lists everything it finds. docs/onnx-checker.md says
 * what that is.
 */
#include "onnx/onnx_check_internal.h"

#include <string.h>

enum { CALL_BUDGET = 1000 * 1000 };

/* ---- types of values ------------------------------------------------------------------------------------
 */

static fy_type as_tensor(const fy_type *type)
{
	return type->kind == FY_TYPE_SCALAR ? fy_type_tensor(type->dtype, &(fy_shape){ 0 }) : *type;
}

static void complain_of_type(fy_onnx_check_state *c, const fy_node *node, const fy_value *value,
			     const fy_type *inferred)
{
	fy_buf stated = { 0 }, computed = { 0 };

	fy_buf_put_type(&stated, c->graph, value->type);
	fy_buf_put_type(&computed, c->graph, inferred);
	fy_onnx_complain(c, node, "onnx-type", "'%s' is declared %s, computed %s",
			 value->name ? value->name : "", fy_buf_text(&stated), fy_buf_text(&computed));
	fy_buf_release(&stated);
	fy_buf_release(&computed);
}

/* What the graph states and what follows from the node must agree; what is not stated is filled in. */
static void settle_type(fy_onnx_check_state *c, const fy_node *node, fy_value *value, const fy_type *inferred)
{
	fy_type stated = as_tensor(value->type);

	if (inferred->kind == FY_TYPE_OPAQUE)
		return;
	if (!fy_onnx_types_agree(&stated, inferred)) {
		complain_of_type(c, node, value, inferred);
		return;
	}
	if (stated.kind == FY_TYPE_OPAQUE || (!stated.element && !stated.has_shape))
		stated = *inferred;
	for (int i = 0; stated.has_shape && inferred->has_shape && i < stated.shape.rank; i++) {
		if (!fy_dim_known(stated.shape.dims[i]) && fy_dim_known(inferred->shape.dims[i]))
			stated.shape.dims[i] = inferred->shape.dims[i];
	}
	if (value->type->kind != FY_TYPE_SCALAR && !fy_type_eq(&stated, value->type))
		fy_value_set_type(value, &stated);
}

/* ---- bodies of control flow
 * -------------------------------------------------------------------------------- */

/* The type that parameter i of a body gets from the node; false: not known. */
static bool param_type(const fy_node *node, int i, fy_type *out)
{
	const fy_type *type;

	if (fy_node_is(node, "onnx::Loop") && i < 2) {
		*out = fy_type_tensor(i == 0 ? FY_I64 : FY_BOOL, &(fy_shape){ 0 });
		return true;
	}
	if (i >= node->arg_count || node->args[i].kind != FY_ARG_VALUE)
		return false;
	type = node->args[i].v->type;
	*out = as_tensor(type);
	if (fy_node_is(node, "onnx::SequenceMap") && type->kind == FY_TYPE_SEQUENCE) {
		if (type->element)
			*out = *type->element;
		else
			out->kind = FY_TYPE_TENSOR;
		return true;
	}
	/* Carried values may change their sizes, scanned ones lose an axis. */
	if (!fy_node_is(node, "onnx::SequenceMap") && !out->element) {
		out->has_shape = false;
		out->shape = (fy_shape){ 0 };
	}
	return out->kind != FY_TYPE_OPAQUE;
}

static void settle_params(fy_onnx_check_state *c, const fy_node *node)
{
	const fy_block *body = node->block_count == 1 ? node->blocks[0] : NULL;
	fy_type type;

	if (!body || !(fy_node_is(node, "onnx::Loop") || fy_node_is(node, "onnx::SequenceMap") ||
		       (fy_node_is(node, "onnx::Scan") && body->param_count == node->arg_count)))
		return;
	for (int i = 0; i < body->param_count; i++) {
		if (param_type(node, i, &type))
			settle_type(c, node, body->params[i], &type);
	}
}

static bool is_one_bool(const fy_type *type)
{
	return type->kind == FY_TYPE_OPAQUE || (fy_type_is_tensor(type) && type->dtype == FY_BOOL);
}

/* What a loop carries keeps its element type from one round to the next. */
static void check_loop(fy_onnx_check_state *c, const fy_node *node)
{
	const fy_block *body = node->block_count == 1 ? node->blocks[0] : NULL;

	if (!fy_node_is(node, "onnx::Loop") || !body || body->result_count < body->param_count - 1)
		return;
	if (body->result_count > 0 && !is_one_bool(body->results[0]->type))
		fy_onnx_complain(c, node, "onnx-type", "the body gives a condition that is no bool");
	for (int i = 2; i < body->param_count; i++) {
		fy_type before = as_tensor(body->params[i]->type);
		fy_type after = as_tensor(body->results[i - 1]->type);

		before.has_shape = false;
		if (fy_type_is_tensor(&before) && !fy_onnx_types_agree(&before, &after))
			fy_onnx_complain(c, node, "onnx-type", "carried value %d changes its element type",
					 i - 2);
	}
}

/* ---- nodes ----------------------------------------------------------------------------------------------
 */

static void infer(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_meaning *m, fy_type *types)
{
	size_t before = c->diags->count;
	fy_status status;

	/* What a body is called with is not known while it is looked at for itself. */
	if (!m->recorded || fy_onnx_has_ref(node))
		return;
	status = fy_onnx_infer(node, m->recorded, types, c->diags);
	fy_onnx_found(c, status);
	if (c->function && c->diags->count > before)
		fy_note(c->diags, "in function '%s'", c->function->name);
}

static void check_node(fy_onnx_check_state *c, const fy_node *node)
{
	const fy_onnx_meaning *m = fy_onnx_meaning_of(c, node);
	fy_onnx_meaning meaning = *m;
	bool form = !meaning.schema || meaning.status != FY_OK || fy_onnx_check_form(c, node, meaning.schema);
	fy_type few[4], *types = few;

	settle_params(c, node);
	for (int i = 0; i < node->block_count; i++)
		fy_onnx_check_block(c, node->blocks[i]);
	c->unsupported |= meaning.status == FY_UNSUPPORTED;
	if (meaning.status != FY_OK || !form)
		return;
	if (node->result_count > (int)FY_COUNT(few))
		types = fy_alloc(sizeof(*types) * (size_t)node->result_count);
	for (int i = 0; i < node->result_count; i++)
		types[i] = (fy_type){ .kind = FY_TYPE_OPAQUE };
	if (meaning.callee)
		fy_onnx_check_call(c, node, meaning.callee, types);
	else
		infer(c, node, &meaning, types);
	check_loop(c, node);
	if (!meaning.schema || fy_onnx_check_types(c, node, meaning.schema, types)) {
		for (int i = 0; i < node->result_count; i++)
			settle_type(c, node, node->results[i], &types[i]);
	}
	if (types != few)
		fy_free(types);
}

void fy_onnx_check_block(fy_onnx_check_state *c, const fy_block *block)
{
	for (const fy_node *node = block->first; node; node = node->next)
		check_node(c, node);
}

/* ---- the graph ------------------------------------------------------------------------------------------
 */

static void check_versions(fy_onnx_check_state *c)
{
	const fy_graph *graph = c->graph;
	int needed = fy_onnx_ir_version(graph->opset);

	if (graph->opset > FY_ONNX_OPSET_MAX)
		fy_onnx_found(c, fy_error(c->diags, FY_UNSUPPORTED, "onnx-opset",
					  &(fy_place){ .file = graph->path },
					  "opset %d is newer than the newest that ferry knows, %d",
					  graph->opset, FY_ONNX_OPSET_MAX));
	if (graph->ir_version && graph->ir_version < needed)
		fy_warning(c->diags, "onnx-ir-version", &(fy_place){ .file = graph->path },
			   "IR version %d is older than opset %d, which came with %d", graph->ir_version,
			   graph->opset, needed);
}

static fy_str key_of_name(const void *name)
{
	return fy_str_of(name);
}

static void check_outputs(fy_onnx_check_state *c)
{
	const fy_graph *graph = c->graph;
	fy_index names = { .key_of = key_of_name };

	if (graph->incomplete)
		fy_onnx_complain(c, NULL, "onnx-model", "the type of '%s' is not given in full",
				 graph->incomplete);
	for (int i = 0; i < graph->main->result_count; i++) {
		const char *name = graph->output_names ? graph->output_names[i] : NULL;

		if (name && fy_index_get(&names, fy_str_of(name)))
			fy_onnx_complain(c, NULL, "onnx-model", "two outputs are named '%s'", name);
		else if (name)
			fy_index_put(&names, name);
	}
	fy_index_release(&names);
}

fy_status fy_onnx_check(fy_graph *graph, fy_diags *diags)
{
	fy_onnx_check_state *c = fy_zalloc(sizeof(*c));
	fy_status status;

	*c = (fy_onnx_check_state){ .graph = graph, .diags = diags, .budget = CALL_BUDGET };
	c->instances = fy_zalloc(sizeof(fy_onnx_instance *) * (size_t)(graph->function_count + 1));
	if (fy_graph_verify(graph, diags) != FY_OK)
		c->broken = true;
	if (!c->broken) {
		check_versions(c);
		check_outputs(c);
	}
	if (!c->broken && !c->unsupported) {
		fy_onnx_check_functions(c);
		fy_onnx_check_block(c, graph->main);
	}
	status = c->broken ? FY_MALFORMED : c->unsupported ? FY_UNSUPPORTED : FY_OK;
	fy_free(c->instances);
	fy_free(c);
	return status;
}
