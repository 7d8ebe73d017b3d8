/*
 * Is a graph sound? Structure only: definitions, scopes, use lists, names, arity of the blocks of If and
 * Loop. What operators want of their arguments is known to the rooms that own the operators.
 */
#include "ir/ir.h"

#include <string.h>

typedef enum sight { UNSEEN, VISIBLE, OUT_OF_SCOPE } sight;

typedef struct verifier {
	const fy_graph *graph;
	fy_diags *diags;
	uint8_t *sight; /* by value id */
	int *uses;      /* by value id: counted while walking */
	fy_value **values;
	fy_index names; /* of values */
	bool failed;
} verifier;

static void complain(verifier *v, const fy_node *node, const char *format, ...) FY_PRINTF(3, 4);

static void complain(verifier *v, const fy_node *node, const char *format, ...)
{
	fy_place place = { .file = v->graph->path };
	fy_buf text = { 0 };
	va_list args;

	v->failed = true;
	if (node) {
		place = (fy_place){ .file = v->graph->path,
				    .member = node->origin.file,
				    .line = node->origin.line,
				    .module = node->origin.module };
		fy_buf_puts(&text, node->op);
		if (node->name)
			fy_buf_printf(&text, " '%s'", node->name);
		fy_buf_puts(&text, ": ");
	}
	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	fy_error(v->diags, FY_CHECK_FAILED, "ir-invalid", &place, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
}

/* ---- definitions ----------------------------------------------------------------------------- */

static bool define(verifier *v, const fy_node *node, fy_value *value)
{
	if (value->id < 0 || value->id >= v->graph->next_value) {
		complain(v, node, "value id %d is out of range", value->id);
		return false;
	}
	if (v->sight[value->id] != UNSEEN) {
		complain(v, node, "value id %d is defined twice", value->id);
		return false;
	}
	v->sight[value->id] = VISIBLE;
	v->values[value->id] = value;
	if (value->name && fy_index_put(&v->names, value) != value)
		complain(v, node, "two values are named '%s'", value->name);
	return true;
}

static void check_constants(verifier *v)
{
	for (int i = 0; i < v->graph->constant_count; i++) {
		fy_value *value = v->graph->constants[i];
		fy_type type;

		if (!define(v, NULL, value))
			continue;
		if (!value->tensor || value->def || value->block) {
			complain(v, NULL, "constant %d has no tensor, or another definition too", i);
			continue;
		}
		type = fy_type_of(value->tensor);
		if (!fy_type_eq(&type, value->type))
			complain(v, NULL, "constant '%s' is not of the type of its tensor",
				 value->name ? value->name : "");
	}
}

/* ---- uses ------------------------------------------------------------------------------------ */

static void check_use(verifier *v, const fy_node *node, const fy_value *value, const char *what, int index)
{
	if (!value || value->id < 0 || value->id >= v->graph->next_value || v->sight[value->id] == UNSEEN ||
	    v->values[value->id] != value) {
		complain(v, node, "%s %d is used before it is defined", what, index);
		return;
	}
	if (v->sight[value->id] == OUT_OF_SCOPE)
		complain(v, node, "%s %d is a value of a block that has ended", what, index);
	v->uses[value->id]++;
}

static void check_arg(verifier *v, const fy_node *node, const fy_arg *arg, int index)
{
	if (arg->kind == FY_ARG_VALUE) {
		check_use(v, node, arg->v, "argument", index);
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			check_arg(v, node, &arg->list.items[i], index);
	} else if (arg->kind == FY_ARG_TENSOR) {
		complain(v, node, "argument %d is a tensor, not a value", index);
	}
}

static void check_use_lists(verifier *v)
{
	for (int id = 0; id < v->graph->next_value; id++) {
		const fy_value *value = v->values[id];
		int count = 0;

		for (const fy_use *use = value ? value->uses : NULL; use; use = use->next) {
			bool true_use = use->slot ? use->slot->kind == FY_ARG_VALUE &&
							    use->slot->v == value && use->node->block
						  : use->index < use->block->result_count &&
							    use->block->results[use->index] == value;

			if (!true_use)
				complain(v, use->node, "a use in the list of value %d is not there", id);
			count++;
		}
		if (value && count != v->uses[id])
			complain(v, value->def, "value %d has %d uses, its list %d", id, v->uses[id], count);
	}
}

/* ---- blocks of control flow -----------------------------------------------------------------------------
 */

static void check_if(verifier *v, const fy_node *node)
{
	if (node->arg_count != 1 || node->block_count != 2) {
		complain(v, node, "takes one condition and two blocks");
		return;
	}
	for (int b = 0; b < 2; b++) {
		const fy_block *block = node->blocks[b];

		if (block->param_count != 0 || block->result_count != node->result_count) {
			complain(v, node, "block %d has %d results and %d parameters; %d and 0 are right", b,
				 block->result_count, block->param_count, node->result_count);
			continue;
		}
		for (int i = 0; i < node->result_count; i++) {
			const fy_type *inner = block->results[i]->type, *outer = node->results[i]->type;

			if (inner->kind != FY_TYPE_OPAQUE && outer->kind != FY_TYPE_OPAQUE &&
			    inner->dtype != outer->dtype)
				complain(v, node, "result %d of block %d is %s, not %s", i, b,
					 fy_dtype_name(inner->dtype), fy_dtype_name(outer->dtype));
		}
	}
}

/* Parameters: iteration, condition (ATen: only when there is one), carried. Results: condition, carried,
 * scans. */
static void check_loop(verifier *v, const fy_node *node)
{
	int carried = node->arg_count - 2;
	const fy_block *body;

	if (carried < 0 || node->block_count != 1) {
		complain(v, node, "takes a trip count, a condition and one block");
		return;
	}
	body = node->blocks[0];
	if (body->param_count != carried + 2 &&
	    !(fy_node_is(node, "prim::Loop") && body->param_count == carried + 1))
		complain(v, node, "has %d carried values and a body of %d parameters", carried,
			 body->param_count);
	if (body->result_count != node->result_count + 1 || node->result_count < carried)
		complain(v, node, "has %d carried values, %d results and a body of %d results", carried,
			 node->result_count, body->result_count);
}

static void check_control(verifier *v, const fy_node *node)
{
	if (fy_node_is(node, "prim::If") || fy_node_is(node, "onnx::If"))
		check_if(v, node);
	else if (fy_node_is(node, "prim::Loop") || fy_node_is(node, "onnx::Loop"))
		check_loop(v, node);
}

/* ---- walking --------------------------------------------------------------------------------- */

static void leave(verifier *v, const fy_value *value)
{
	if (value->id >= 0 && value->id < v->graph->next_value)
		v->sight[value->id] = OUT_OF_SCOPE;
}

static void leave_block(verifier *v, const fy_block *block)
{
	for (int i = 0; i < block->param_count; i++)
		leave(v, block->params[i]);
	for (const fy_node *node = block->first; node; node = node->next) {
		for (int i = 0; i < node->result_count; i++)
			leave(v, node->results[i]);
	}
}

static void check_block(verifier *v, const fy_block *block);

static void check_node(verifier *v, fy_node *node)
{
	for (int i = 0; i < node->arg_count; i++)
		check_arg(v, node, &node->args[i], i);
	check_control(v, node);
	for (int i = 0; i < node->block_count; i++) {
		if (node->blocks[i]->owner != node)
			complain(v, node, "block %d has another owner", i);
		else
			check_block(v, node->blocks[i]);
	}
	for (int i = 0; i < node->result_count; i++) {
		fy_value *value = node->results[i];

		if (define(v, node, value) && (value->def != node || value->index != i))
			complain(v, node, "result %d does not know its node", i);
	}
}

static void check_block(verifier *v, const fy_block *block)
{
	const fy_node *last = NULL;

	for (int i = 0; i < block->param_count; i++) {
		fy_value *value = block->params[i];

		if (define(v, block->owner, value) && (value->block != block || value->index != i))
			complain(v, block->owner, "parameter %d does not know its block", i);
	}
	for (fy_node *node = block->first; node; node = node->next) {
		if (node->block != block || node->prev != last)
			complain(v, node, "is not linked to its block");
		check_node(v, node);
		last = node;
	}
	if (block->last != last)
		complain(v, block->owner, "a block does not know its last node");
	for (int i = 0; i < block->result_count; i++)
		check_use(v, block->owner, block->results[i], "block result", i);
	if (block->owner)
		leave_block(v, block);
}

/* A body sees the constants and nothing else. */
static void check_functions(verifier *v)
{
	fy_index outside = v->names;

	for (int i = 0; i < v->graph->function_count; i++) {
		const fy_local_function *function = &v->graph->functions[i];

		v->names = (fy_index){ .key_of = outside.key_of };
		if (i > 0 && strcmp(v->graph->functions[i - 1].name, function->name) >= 0)
			complain(v, NULL, "function '%s' is not in order", function->name);
		check_block(v, function->body);
		leave_block(v, function->body);
		fy_index_release(&v->names);
	}
	v->names = outside;
}

static fy_str key_of_value(const void *value)
{
	return fy_str_of(((const fy_value *)value)->name);
}

fy_status fy_graph_verify(const fy_graph *graph, fy_diags *diags)
{
	verifier v = { .graph = graph, .diags = diags, .names = { .key_of = key_of_value } };
	size_t count = (size_t)graph->next_value + 1;

	v.sight = fy_zalloc(count * sizeof(*v.sight));
	v.uses = fy_zalloc(count * sizeof(*v.uses));
	v.values = fy_zalloc(count * sizeof(fy_value *));
	check_constants(&v);
	check_functions(&v);
	check_block(&v, graph->main);
	if (!v.failed)
		check_use_lists(&v);
	fy_index_release(&v.names);
	fy_free(v.sight);
	fy_free(v.uses);
	fy_free(v.values);
	return v.failed ? FY_CHECK_FAILED : FY_OK;
}
