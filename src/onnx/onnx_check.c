/*
 * Checks a graph of ONNX nodes against what the format and the operator records ask for, and works out the
 * types of its values on the way. Lists everything it finds.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

typedef struct check {
	fy_graph *graph;
	fy_diags *diags;
	bool broken, unsupported;
} check;

static void found(check *c, fy_status status)
{
	c->unsupported |= status == FY_UNSUPPORTED;
	c->broken |= status != FY_OK && status != FY_UNSUPPORTED;
}

/* ---- types --------------------------------------------------------------------------------------------- */

static bool dims_agree(const fy_shape *stated, const fy_shape *inferred)
{
	if (stated->rank != inferred->rank)
		return false;
	for (int i = 0; i < stated->rank; i++) {
		if (fy_dim_known(stated->dims[i]) && fy_dim_known(inferred->dims[i]) &&
		    stated->dims[i] != inferred->dims[i])
			return false;
	}
	return true;
}

static void put_type(fy_buf *text, const fy_type *type)
{
	fy_buf_puts(text, fy_dtype_name(type->dtype));
	if (type->has_shape)
		fy_buf_put_shape(text, &type->shape);
}

static fy_type as_tensor(const fy_type *type)
{
	return type->kind == FY_TYPE_SCALAR ? fy_type_tensor(type->dtype, &(fy_shape){ 0 }) : *type;
}

static void complain_of_type(check *c, const fy_node *node, const fy_value *value, const fy_type *inferred)
{
	fy_buf stated = { 0 }, computed = { 0 };

	put_type(&stated, value->type);
	put_type(&computed, inferred);
	found(c,
	      fy_error(c->diags, FY_MALFORMED, "onnx-type", NULL, "%s%s%s: '%s' is declared %s, computed %s",
		       node->op, node->name ? " " : "", node->name ? node->name : "",
		       value->name ? value->name : "", fy_buf_text(&stated), fy_buf_text(&computed)));
	fy_buf_release(&stated);
	fy_buf_release(&computed);
}

/* What the graph states and what follows from the node must agree; what is not stated is filled in. */
static void settle_type(check *c, const fy_node *node, fy_value *value, const fy_type *inferred)
{
	fy_type stated = as_tensor(value->type);

	if (inferred->kind == FY_TYPE_OPAQUE)
		return;
	if (stated.kind == FY_TYPE_OPAQUE) {
		fy_value_set_type(value, inferred);
		return;
	}
	if (stated.kind != inferred->kind || stated.dtype != inferred->dtype ||
	    (stated.has_shape && inferred->has_shape && !dims_agree(&stated.shape, &inferred->shape))) {
		complain_of_type(c, node, value, inferred);
		return;
	}
	if (!stated.has_shape) {
		fy_value_set_type(value, inferred);
		return;
	}
	for (int i = 0; i < stated.shape.rank && inferred->has_shape; i++) {
		if (!fy_dim_known(stated.shape.dims[i]) && fy_dim_known(inferred->shape.dims[i]))
			stated.shape.dims[i] = inferred->shape.dims[i];
	}
	if (value->type->kind == FY_TYPE_TENSOR && !fy_type_eq(&stated, value->type))
		fy_value_set_type(value, &stated);
}

/* ---- nodes ----------------------------------------------------------------------------------------------
 */

/* Params of a loop's body take the types of what is carried in, sizes open: they may change. */
static void settle_params(const fy_node *node)
{
	const fy_block *body = node->block_count == 1 ? node->blocks[0] : NULL;

	if (!fy_node_is(node, "onnx::Loop") || !body || body->param_count != node->arg_count)
		return;
	for (int i = 0; i < body->param_count; i++) {
		fy_value *param = body->params[i];
		fy_type type;

		if (param->type->kind != FY_TYPE_OPAQUE)
			continue;
		if (i < 2)
			type = fy_type_tensor(i == 0 ? FY_I64 : FY_BOOL, &(fy_shape){ 0 });
		else if (node->args[i].kind == FY_ARG_VALUE && node->args[i].v->type->kind == FY_TYPE_TENSOR)
			type = fy_type_tensor(node->args[i].v->type->dtype, NULL);
		else
			continue;
		fy_value_set_type(param, &type);
	}
}

static void check_block(check *c, const fy_block *block);

static void check_node(check *c, fy_node *node)
{
	fy_type *types = fy_zalloc(sizeof(*types) * (size_t)(node->result_count + 1));
	fy_status status;

	settle_params(node);
	for (int i = 0; i < node->block_count; i++)
		check_block(c, node->blocks[i]);
	status = fy_onnx_infer(node, c->graph->opset, types, c->diags);
	found(c, status);
	for (int i = 0; i < node->result_count && status == FY_OK; i++)
		settle_type(c, node, node->results[i], &types[i]);
	fy_free(types);
}

static void check_block(check *c, const fy_block *block)
{
	for (fy_node *node = block->first; node; node = node->next)
		check_node(c, node);
}

static void check_versions(check *c)
{
	const fy_graph *graph = c->graph;
	int needed = fy_onnx_ir_version(graph->opset);

	if (graph->opset < FY_ONNX_OPSET_OLDEST || graph->opset > FY_ONNX_OPSET_MAX)
		found(c, fy_error(c->diags, FY_UNSUPPORTED, "onnx-opset", NULL,
				  "opset %d is outside what ferry knows, %d to %d", graph->opset,
				  FY_ONNX_OPSET_OLDEST, FY_ONNX_OPSET_MAX));
	if (graph->ir_version && graph->ir_version < 3)
		found(c, fy_error(c->diags, FY_MALFORMED, "onnx-ir-version", NULL,
				  "IR version %d is older than any opset", graph->ir_version));
	else if (graph->ir_version && graph->ir_version < needed)
		fy_warning(c->diags, "onnx-ir-version", NULL,
			   "IR version %d is older than opset %d, which came with %d", graph->ir_version,
			   graph->opset, needed);
}

static void check_outputs(check *c)
{
	const fy_graph *graph = c->graph;

	for (int i = 0; i < graph->main->result_count; i++) {
		for (int k = 0; k < i && i < 1000; k++) {
			if (graph->output_names[i] && graph->output_names[k] &&
			    strcmp(graph->output_names[i], graph->output_names[k]) == 0)
				found(c, fy_error(c->diags, FY_MALFORMED, "onnx-model", NULL,
						  "two outputs are named '%s'", graph->output_names[i]));
		}
	}
}

fy_status fy_onnx_check(fy_graph *graph, fy_diags *diags)
{
	check c = { .graph = graph, .diags = diags };

	if (fy_graph_verify(graph, diags) != FY_OK)
		return FY_MALFORMED;
	check_versions(&c);
	check_outputs(&c);
	if (!c.unsupported)
		check_block(&c, graph->main);
	return c.broken ? FY_MALFORMED : c.unsupported ? FY_UNSUPPORTED : FY_OK;
}
