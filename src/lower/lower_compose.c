/*
 * The builder with which composed operators are lowered: it records the inner operators as ATen nodes before
 * the node that they make up, which the driver then lowers in turn. Tensors a composition sees are metas that
 * stand for values of the graph. Knows no operator.
 */
#include "lower/lower_internal.h"

#include <string.h>

typedef struct expansion {
	fy_builder builder;
	fy_graph *graph;
	fy_node *node;
	fy_arena *arena; /* scratch of the whole expansion */
	fy_map values;   /* by address of the standing-in tensor */
	fy_tensor **tensors;
	size_t tensor_count, tensor_capacity;
	int next_symbol;
} expansion;

static fy_str key_of(fy_tensor *const *tensor)
{
	return (fy_str){ (const char *)tensor, sizeof(fy_tensor *) };
}

/* `tensor` stands for `value` from now on; the reference is taken over. */
static fy_arg stand_in(expansion *e, fy_tensor *tensor, fy_value *value)
{
	e->tensors = fy_grow(e->tensors, &e->tensor_capacity, e->tensor_count + 1, sizeof(fy_tensor *));
	e->tensors[e->tensor_count++] = tensor;
	fy_map_put(&e->values, key_of(&tensor), value);
	return fy_arg_tensor(tensor);
}

/* ---- arguments on the way in and out --------------------------------------------------------- */

/* An argument of the graph as a composition sees it. */
static bool to_tensors(expansion *e, const fy_arg *from, fy_arg *to)
{
	*to = *from;
	if (from->kind == FY_ARG_VALUE) {
		fy_value *value = from->v;
		bool scalar = value->type->kind == FY_TYPE_SCALAR;

		if (value->tensor) {
			*to = stand_in(e, fy_tensor_ref(value->tensor), value);
			return true;
		}
		if (!scalar && (value->type->kind != FY_TYPE_TENSOR || !value->type->has_shape))
			return false;
		*to = stand_in(
			e,
			fy_tensor_meta(value->type->dtype, scalar ? &(fy_shape){ 0 } : &value->type->shape),
			value);
	} else if (from->kind == FY_ARG_LIST) {
		to->list.items = FY_NEW_ARRAY(e->arena, fy_arg, from->list.count);
		for (int i = 0; i < from->list.count; i++) {
			if (!to_tensors(e, &from->list.items[i], &to->list.items[i]))
				return false;
		}
	}
	return true;
}

/* The way back: tensors become the values they stand for, unknown ones constants. */
static fy_arg to_values(expansion *e, const fy_arg *from)
{
	fy_arg to = *from;

	if (from->kind == FY_ARG_TENSOR) {
		fy_value *value = fy_map_get(&e->values, key_of(&from->t));

		if (!value) {
			FY_ASSERT(fy_tensor_has_data(from->t));
			value = fy_graph_constant(e->graph, from->t, NULL);
			stand_in(e, fy_tensor_ref(from->t), value);
		}
		to = fy_arg_value(value);
	} else if (from->kind == FY_ARG_LIST) {
		to.list.items = FY_NEW_ARRAY(e->arena, fy_arg, from->list.count);
		for (int i = 0; i < from->list.count; i++)
			to.list.items[i] = to_values(e, &from->list.items[i]);
	}
	return to;
}

/* ---- the builder ----------------------------------------------------------------------------- */

static void record(expansion *e, const fy_call *inner, fy_arg *results, int result_count)
{
	fy_type *types = FY_NEW_ARRAY(e->arena, fy_type, inner->result_count);
	fy_arg *args = FY_NEW_ARRAY(e->arena, fy_arg, inner->arg_count);
	bool computes = false;
	fy_node *node = NULL;

	for (int i = 0; i < inner->result_count; i++) {
		types[i] = fy_type_of(inner->results[i].meta);
		computes |= inner->results[i].kind != FY_SAME;
	}
	if (computes) {
		for (int i = 0; i < inner->arg_count; i++)
			args[i] = to_values(e, &inner->args[i]);
		node = fy_node_new(e->node->block, e->node, inner->schema->full, args, inner->arg_count, NULL,
				   0, types, inner->result_count);
		node->origin = e->node->origin;
	}
	for (int i = 0; i < inner->result_count && i < result_count; i++) {
		const fy_result *result = &inner->results[i];

		if (result->kind == FY_SAME)
			results[i] =
				fy_arg_tensor((fy_tensor *)fy_call_item(inner, result->of, result->item));
		else
			results[i] = stand_in(e, fy_tensor_ref(result->meta), node->results[i]);
	}
}

static fy_status call_inner(fy_builder *builder, const char *full, const fy_arg *args, int arg_count,
			    fy_arg *results, int result_count)
{
	expansion *e = builder->user;
	const fy_schema *schema = fy_schema_find(full);
	const fy_arg *all = schema ? fy_schema_fill(schema, e->arena, args, arg_count) : NULL;
	fy_call inner;

	if (!all)
		FY_BUG("composing %s: no such call of %s", e->node->op, full);
	inner = (fy_call){ .schema = schema,
			   .args = all,
			   .arg_count = schema->arg_count,
			   .arena = e->arena,
			   .diags = builder->diags,
			   .place = builder->place,
			   .next_symbol = &e->next_symbol };
	FY_TRY(fy_op_infer(&inner));
	while (e->graph->symbol_count < e->next_symbol)
		fy_graph_symbol(e->graph, NULL);
	record(e, &inner, results, result_count);
	fy_call_release(&inner);
	return FY_OK;
}

static fy_arg take_constant(fy_builder *builder, fy_tensor *tensor)
{
	expansion *e = builder->user;

	return stand_in(e, tensor, fy_graph_constant(e->graph, tensor, NULL));
}

/* ---- expanding -------------------------------------------------------------------------------------------
 */

/* The node as a call, its arguments standing in for values. False: a rank is unknown. */
static bool as_call(expansion *e, const fy_op *op, const fy_schema *schema, fy_call *call)
{
	fy_arg *args = FY_NEW_ARRAY(e->arena, fy_arg, e->node->arg_count);

	*call = (fy_call){ .op = op,
			   .schema = schema,
			   .args = args,
			   .arg_count = e->node->arg_count,
			   .arena = e->arena,
			   .diags = e->builder.diags,
			   .place = e->builder.place,
			   .next_symbol = &e->next_symbol };
	for (int i = 0; i < call->arg_count; i++) {
		if (!to_tensors(e, &e->node->args[i], &args[i]))
			return false;
	}
	return true;
}

static fy_status compose(expansion *e, const fy_op *op, const fy_schema *schema, fy_value **results)
{
	fy_arg *args = FY_NEW_ARRAY(e->arena, fy_arg, e->node->arg_count);
	fy_call call = { .op = op,
			 .schema = schema,
			 .args = args,
			 .arg_count = e->node->arg_count,
			 .arena = e->arena,
			 .diags = e->builder.diags,
			 .place = e->builder.place,
			 .next_symbol = &e->next_symbol };
	fy_compose c = { .builder = &e->builder, .call = &call };

	for (int i = 0; i < call.arg_count; i++) {
		if (!to_tensors(e, &e->node->args[i], &args[i]))
			return fy_error(e->builder.diags, FY_UNSUPPORTED, "lower-rank", &e->builder.place,
					"%s: needs arguments whose shapes are known", e->node->op);
	}
	c.result_count = e->node->result_count;
	c.results = FY_NEW_ARRAY(e->arena, fy_arg, c.result_count + 1);
	FY_TRY(op->compose(&c));
	FY_TRY(c.status);
	FY_ASSERT(c.result_count == e->node->result_count);
	for (int i = 0; i < c.result_count; i++) {
		fy_arg value = to_values(e, &c.results[i]);

		FY_ASSERT(value.kind == FY_ARG_VALUE);
		results[i] = value.v;
	}
	return FY_OK;
}

static void begin(expansion *e, fy_graph *graph, fy_node *node, const char *file, fy_diags *diags)
{
	*e = (expansion){
		.graph = graph, .node = node, .arena = fy_arena_new(), .next_symbol = graph->symbol_count
	};
	e->builder = (fy_builder){ .arena = e->arena,
				   .diags = diags,
				   .place = fy_lower_place(&node->origin, file),
				   .call = call_inner,
				   .constant = take_constant,
				   .user = e };
}

static void end(expansion *e)
{
	for (size_t i = 0; i < e->tensor_count; i++)
		fy_tensor_unref(e->tensors[i]);
	fy_free(e->tensors);
	fy_map_release(&e->values);
	fy_arena_free(e->arena);
}

fy_status fy_lower_compose(fy_graph *graph, fy_node *node, const fy_op *op, const char *file,
			   fy_value **results, fy_diags *diags)
{
	expansion e;
	fy_status status;

	begin(&e, graph, node, file, diags);
	status = compose(&e, op, fy_schema_find(node->op), results);
	end(&e);
	return status;
}

/* ---- passing through --------------------------------------------------------------------------------- */

bool fy_lower_passes(fy_graph *graph, fy_node *node, const fy_op *op, fy_value **results)
{
	fy_diags diags = { 0 };
	bool passes = false;
	expansion e;
	fy_call call;

	begin(&e, graph, node, NULL, &diags);
	if (as_call(&e, op, fy_schema_find(node->op), &call) && fy_op_infer(&call) == FY_OK) {
		passes = call.result_count == node->result_count;
		for (int i = 0; i < call.result_count && passes; i++) {
			const fy_result *result = &call.results[i];
			fy_arg from;

			passes = result->kind == FY_SAME;
			if (!passes)
				break;
			from = fy_arg_tensor((fy_tensor *)fy_call_item(&call, result->of, result->item));
			results[i] = to_values(&e, &from).v;
		}
		fy_call_release(&call);
	}
	end(&e);
	fy_diags_clear(&diags);
	return passes;
}
