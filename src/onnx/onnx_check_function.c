/*
 * Functions that a model defines: no circles, no explosion, and calls. A call's types come from its
 * function's body, looked at with the types of the arguments and put back as it was; equal calls are looked
 * at once, and there is a budget, so that functions that call each other cost no more than they would when
 * inlined once.
 */
#include "onnx/onnx_check_internal.h"

#include <string.h>

enum {
	MOST_INLINED = 10 * 1000 * 1000, /* nodes that a model may have when all is inlined */
	DEEPEST_CALL = 100,
	INSTANCES_KEPT = 16, /* per function: others are looked at again */
};

static int index_of(const fy_graph *graph, const fy_local_function *function)
{
	return (int)(function - graph->functions);
}

/* ---- circles and explosions ------------------------------------------------------------------------------
 */

typedef struct survey {
	fy_onnx_check_state *c;
	int64_t *sizes; /* per function: nodes when inlined; 0: not known yet, -1: being worked out */
	bool failed;
} survey;

static int64_t inlined_size(survey *s, const fy_local_function *function, int depth);

static void fail_survey(survey *s, const char *format, const char *name)
{
	if (!s->failed)
		fy_onnx_complain(s->c, NULL, "onnx-function", format, name);
	s->failed = true;
}

static int64_t size_of_call(survey *s, const fy_node *node, int depth)
{
	const fy_local_function *callee = NULL;

	if (!fy_onnx_schema_find(node->op, FY_ONNX_OPSET_MAX))
		callee = fy_graph_function(s->c->graph, node->op);
	return callee ? inlined_size(s, callee, depth) : 1;
}

static int64_t inlined_size(survey *s, const fy_local_function *function, int depth)
{
	int64_t *slot = &s->sizes[index_of(s->c->graph, function)], size = 1;

	if (*slot > 0)
		return *slot;
	if (*slot < 0)
		fail_survey(s, "function '%s' calls itself", function->name);
	else if (depth > DEEPEST_CALL)
		fail_survey(s, "calls are nested too deeply at function '%s'", function->name);
	if (s->failed)
		return 1;
	*slot = -1;
	for (const fy_node *node = function->body->first; node && !s->failed;
	     node = fy_node_following(node)) {
		size += size_of_call(s, node, depth + 1);
		if (size > MOST_INLINED)
			fail_survey(s, "inlined, function '%s' would have more nodes than ferry takes",
				    function->name);
	}
	return *slot = size;
}

static bool check_sizes(fy_onnx_check_state *c)
{
	const fy_graph *graph = c->graph;
	survey s = { .c = c };
	int64_t total = 0;

	s.sizes = fy_zalloc(sizeof(*s.sizes) * (size_t)graph->function_count);
	for (int i = 0; i < graph->function_count && !s.failed; i++)
		(void)inlined_size(&s, &graph->functions[i], 0);
	for (const fy_node *node = fy_graph_first(graph); node && !s.failed; node = fy_node_following(node)) {
		total += size_of_call(&s, node, 0);
		if (total > MOST_INLINED)
			fail_survey(&s, "inlined, graph '%s' would have more nodes than ferry takes",
				    graph->name ? graph->name : "");
	}
	fy_free(s.sizes);
	return !s.failed;
}

/* ---- bodies ----------------------------------------------------------------------------------------------
 */

/* The version of a domain that the model goes by: its own import, else that of the first function that has
 * one. */
static int model_version(const fy_graph *graph, const char *domain, size_t len)
{
	int version = fy_onnx_imported(graph, NULL, domain, len);

	for (int i = 0; i < graph->function_count && version < 0; i++)
		version = fy_onnx_imported(graph, &graph->functions[i], domain, len);
	return version;
}

/* An operator means the same in a function as it does in the model, or the function could not be inlined. */
static void check_import(fy_onnx_check_state *c, const fy_node *node)
{
	const char *colon = strstr(node->op, "::");
	size_t len = colon ? (size_t)(colon - node->op) : 0;
	int here = fy_onnx_imported(c->graph, c->function, node->op, len);
	int model = model_version(c->graph, node->op, len);
	const fy_onnx_schema *a, *b;

	if (here < 0 || model < 0 || here == model)
		return;
	a = fy_onnx_schema_find(node->op, here);
	b = fy_onnx_schema_find(node->op, model);
	if (a != b)
		fy_onnx_complain(c, node, "onnx-function",
				 "has another meaning in opset %d of the function than in %d of the model",
				 here, model);
}

static void check_interface(fy_onnx_check_state *c, const fy_local_function *function)
{
	const fy_block *body = function->body;

	for (int i = 0; i < body->result_count; i++) {
		for (int k = 0; k < i && i < 1000; k++) {
			if (body->results[i] != body->results[k])
				continue;
			fy_onnx_complain(c, NULL, "onnx-function", "function '%s' has one output twice",
					 function->name);
			return;
		}
	}
}

void fy_onnx_check_functions(fy_onnx_check_state *c)
{
	if (c->graph->function_count == 0 || !check_sizes(c))
		return;
	for (int i = 0; i < c->graph->function_count; i++) {
		c->function = &c->graph->functions[i];
		check_interface(c, c->function);
		for (const fy_node *node = c->function->body->first; node; node = node->next)
			check_import(c, node);
		fy_onnx_check_block(c, c->function->body);
	}
	c->function = NULL;
}

/* ---- looking at a body with types ------------------------------------------------------------------------
 */

/* What a body was before. */
typedef struct saved {
	const fy_type **types;
	fy_attr **attrs;
	int *attr_counts;
	size_t type_count, type_capacity, node_count, node_capacity, count_capacity;
} saved;

static void save_value(saved *s, const fy_value *value)
{
	s->types = fy_grow(s->types, &s->type_capacity, s->type_count + 1, sizeof(*s->types));
	s->types[s->type_count++] = value->type;
}

static void save_block(saved *s, const fy_block *block)
{
	for (int i = 0; i < block->param_count; i++)
		save_value(s, block->params[i]);
	for (const fy_node *node = block->first; node; node = node->next) {
		s->attrs = fy_grow(s->attrs, &s->node_capacity, s->node_count + 1, sizeof(*s->attrs));
		s->attr_counts = fy_grow(s->attr_counts, &s->count_capacity, s->node_count + 1,
					 sizeof(*s->attr_counts));
		s->attrs[s->node_count] = node->attrs;
		s->attr_counts[s->node_count++] = node->attr_count;
		for (int i = 0; i < node->result_count; i++)
			save_value(s, node->results[i]);
		for (int i = 0; i < node->block_count; i++)
			save_block(s, node->blocks[i]);
	}
}

/* In the same order. */
static void restore_block(saved *s, const fy_block *block)
{
	for (int i = 0; i < block->param_count; i++)
		block->params[i]->type = s->types[s->type_count++];
	for (fy_node *node = block->first; node; node = node->next) {
		if (node->attrs != s->attrs[s->node_count])
			fy_free(node->attrs);
		node->attrs = s->attrs[s->node_count];
		node->attr_count = s->attr_counts[s->node_count++];
		for (int i = 0; i < node->result_count; i++)
			node->results[i]->type = s->types[s->type_count++];
		for (int i = 0; i < node->block_count; i++)
			restore_block(s, node->blocks[i]);
	}
}

/* The attribute of a call: given, or the function's default; NULL: left out. */
static const fy_arg *actual(const fy_local_function *callee, const fy_node *call, fy_str name)
{
	for (int i = 0; i < call->attr_count; i++) {
		if (fy_str_is(name, call->attrs[i].name))
			return &call->attrs[i].arg;
	}
	for (int i = 0; i < callee->default_count; i++) {
		if (fy_str_is(name, callee->defaults[i].name))
			return &callee->defaults[i].arg;
	}
	return NULL;
}

int fy_onnx_bind_attrs(const fy_local_function *callee, const fy_node *call, const fy_node *node,
		       fy_attr *out)
{
	int count = 0;

	for (int i = 0; i < node->attr_count; i++) {
		const fy_arg *arg = &node->attrs[i].arg;

		if (arg->kind == FY_ARG_REF)
			arg = actual(callee, call, arg->s);
		if (arg)
			out[count++] = (fy_attr){ node->attrs[i].name, *arg };
	}
	return count;
}

/* References to attributes become what the call says. */
static void bind_block(const fy_local_function *callee, const fy_node *call, const fy_block *block)
{
	for (fy_node *node = block->first; node; node = node->next) {
		if (fy_onnx_has_ref(node)) {
			fy_attr *bound = fy_alloc(sizeof(*bound) * (size_t)node->attr_count);

			node->attr_count = fy_onnx_bind_attrs(callee, call, node, bound);
			node->attrs = bound;
		}
		for (int i = 0; i < node->block_count; i++)
			bind_block(callee, call, node->blocks[i]);
	}
}

static int64_t node_count(const fy_block *block)
{
	int64_t count = 0;

	for (const fy_node *node = block->first; node; node = fy_node_following(node))
		count++;
	return count;
}

static const fy_type *arg_type(fy_onnx_check_state *c, const fy_node *node, int i)
{
	static const fy_type unknown = { .kind = FY_TYPE_OPAQUE };

	if (i >= node->arg_count || node->args[i].kind != FY_ARG_VALUE)
		return fy_graph_type(c->graph, &unknown);
	return node->args[i].v->type;
}

static fy_onnx_instance *look_into(fy_onnx_check_state *c, const fy_node *node,
				   const fy_local_function *callee)
{
	const fy_local_function *outside = c->function;
	const fy_block *body = callee->body;
	fy_onnx_instance *made = FY_NEW(c->graph->arena, fy_onnx_instance);
	saved s = { 0 };

	made->args = FY_NEW_ARRAY(c->graph->arena, const fy_type *, body->param_count);
	made->results = FY_NEW_ARRAY(c->graph->arena, const fy_type *, body->result_count);
	save_block(&s, body);
	bind_block(callee, node, body);
	for (int i = 0; i < body->param_count; i++)
		made->args[i] = body->params[i]->type = arg_type(c, node, i);
	c->function = callee;
	c->depth++;
	fy_onnx_check_block(c, body);
	c->depth--;
	c->function = outside;
	for (int i = 0; i < body->result_count; i++)
		made->results[i] = body->results[i]->type;
	s.type_count = s.node_count = 0;
	restore_block(&s, body);
	fy_free(s.types);
	fy_free(s.attrs);
	fy_free(s.attr_counts);
	return made;
}

/* ---- calls ------------------------------------------------------------------------------------------------
 */

static bool same_types(fy_onnx_check_state *c, const fy_onnx_instance *instance, const fy_node *node,
		       const fy_local_function *callee)
{
	for (int i = 0; i < callee->body->param_count; i++) {
		if (!fy_type_eq(instance->args[i], arg_type(c, node, i)))
			return false;
	}
	return true;
}

static const fy_onnx_instance *find_instance(fy_onnx_check_state *c, const fy_node *node,
					     const fy_local_function *callee)
{
	if (node->attr_count > 0)
		return NULL;
	for (const fy_onnx_instance *i = c->instances[index_of(c->graph, callee)]; i; i = i->next) {
		if (same_types(c, i, node, callee))
			return i;
	}
	return NULL;
}

static void keep_instance(fy_onnx_check_state *c, const fy_node *node, const fy_local_function *callee,
			  fy_onnx_instance *instance)
{
	fy_onnx_instance **slot = &c->instances[index_of(c->graph, callee)];
	int count = 0;

	for (const fy_onnx_instance *i = *slot; i; i = i->next)
		count++;
	if (node->attr_count > 0 || count >= INSTANCES_KEPT)
		return;
	instance->next = *slot;
	*slot = instance;
}

static bool check_arguments(fy_onnx_check_state *c, const fy_node *node, const fy_local_function *callee)
{
	if (node->arg_count > callee->body->param_count) {
		fy_onnx_complain(c, node, "onnx-node", "has %d inputs, the function takes %d",
				 node->arg_count, callee->body->param_count);
		return false;
	}
	if (node->result_count != callee->body->result_count) {
		fy_onnx_complain(c, node, "onnx-node", "has %d outputs, the function gives %d",
				 node->result_count, callee->body->result_count);
		return false;
	}
	for (int i = 0; i < callee->attr_count; i++) {
		if (!fy_node_attr(node, callee->attrs[i])) {
			fy_onnx_complain(c, node, "onnx-node", "lacks attribute '%s' of the function",
					 callee->attrs[i]);
			return false;
		}
	}
	return true;
}

void fy_onnx_check_call(fy_onnx_check_state *c, const fy_node *node, const fy_local_function *callee,
			fy_type *results)
{
	const fy_onnx_instance *instance;
	fy_onnx_instance *made;
	int64_t cost;

	/* In a body that is looked at for itself, what the call brings is not known. */
	if (!check_arguments(c, node, callee) || c->broken || (c->function && c->depth == 0))
		return;
	instance = find_instance(c, node, callee);
	cost = instance ? 0 : node_count(callee->body);
	if (!instance && (cost > c->budget || c->depth >= DEEPEST_CALL || fy_onnx_has_ref(node)))
		return;
	if (!instance) {
		c->budget -= cost;
		instance = made = look_into(c, node, callee);
		keep_instance(c, node, callee, made);
	}
	for (int i = 0; i < node->result_count; i++)
		results[i] = *instance->results[i];
}
