/*
 * Nodes and use lists. Every change of an argument goes through here, so that a value always knows where it
 * is used; nothing else about a graph is cached. Knows no operator.
 */
#include "ir/ir.h"
#include "ir/ir_internal.h"

#include <string.h>

/* ---- uses ------------------------------------------------------------------------------------ */

static fy_use *add_use(fy_arena *arena, fy_value *value, fy_use use)
{
	fy_use *entry = FY_NEW(arena, fy_use);

	*entry = use;
	entry->next = value->uses;
	if (entry->next)
		entry->next->prev = entry;
	value->uses = entry;
	return entry;
}

static void remove_use(fy_value *value, fy_use *use)
{
	if (use->prev)
		use->prev->next = use->next;
	else
		value->uses = use->next;
	if (use->next)
		use->next->prev = use->prev;
}

void fy_ir_use_result(fy_block *block, int index, fy_value *value)
{
	block->results[index] = value;
	block->result_uses[index] =
		add_use(block->graph->arena, value, (fy_use){ .block = block, .index = index });
}

void fy_ir_unuse_result(fy_block *block, int index)
{
	fy_use *use = block->result_uses[index];

	FY_ASSERT(use->block == block && use->index == index);
	remove_use(block->results[index], use);
}

static void use_args(fy_arena *arena, fy_node *node, fy_arg *arg)
{
	if (arg->kind == FY_ARG_VALUE) {
		arg->use = add_use(arena, arg->v, (fy_use){ .node = node, .slot = arg });
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			use_args(arena, node, &arg->list.items[i]);
	}
}

static void unuse_args(fy_arg *arg)
{
	if (arg->kind == FY_ARG_VALUE) {
		FY_ASSERT(arg->use && arg->use->slot == arg);
		remove_use(arg->v, arg->use);
		arg->use = NULL;
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			unuse_args(&arg->list.items[i]);
	}
}

void fy_ir_drop_tensors(fy_arg *arg)
{
	if (arg->kind == FY_ARG_TENSOR) {
		fy_tensor_unref(arg->t);
		*arg = fy_arg_none();
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			fy_ir_drop_tensors(&arg->list.items[i]);
	}
}

void fy_ir_hold_tensors(const fy_arg *arg)
{
	if (arg->kind == FY_ARG_TENSOR) {
		fy_tensor_ref(arg->t);
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			fy_ir_hold_tensors(&arg->list.items[i]);
	}
}

/* A copy of `arg` that lives as long as the graph and holds its own references. */
static fy_arg own_arg(fy_arena *arena, const fy_arg *arg)
{
	fy_arg copy = *arg;

	if (arg->kind == FY_ARG_STR || arg->kind == FY_ARG_REF) {
		copy.s.data = fy_arena_strndup(arena, arg->s.data, arg->s.len);
	} else if (arg->kind == FY_ARG_TENSOR) {
		fy_tensor_ref(copy.t);
	} else if (arg->kind == FY_ARG_LIST) {
		copy.list.items = FY_NEW_ARRAY(arena, fy_arg, arg->list.count);
		for (int i = 0; i < arg->list.count; i++)
			copy.list.items[i] = own_arg(arena, &arg->list.items[i]);
	} else if (arg->kind == FY_ARG_VALUE) {
		FY_ASSERT(arg->v);
	}
	return copy;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void link_node(fy_node *node, fy_block *block, fy_node *before)
{
	FY_ASSERT(!before || before->block == block);
	node->block = block;
	node->next = before;
	node->prev = before ? before->prev : block->last;
	if (node->prev)
		node->prev->next = node;
	else
		block->first = node;
	if (node->next)
		node->next->prev = node;
	else
		block->last = node;
}

static void unlink_node(fy_node *node)
{
	fy_block *block = node->block;

	if (node->prev)
		node->prev->next = node->next;
	else
		block->first = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		block->last = node->prev;
	node->prev = node->next = NULL;
	node->block = NULL;
}

static void put_attr(fy_graph *graph, fy_node *node, const char *name, const fy_arg *arg)
{
	fy_arg copy = own_arg(graph->arena, arg);
	fy_attr *attrs;

	for (int i = 0; i < node->attr_count; i++) {
		if (strcmp(node->attrs[i].name, name) == 0) {
			fy_ir_drop_tensors(&node->attrs[i].arg);
			node->attrs[i].arg = copy;
			return;
		}
	}
	attrs = FY_NEW_ARRAY(graph->arena, fy_attr, node->attr_count + 1);
	for (int i = 0; i < node->attr_count; i++)
		attrs[i] = node->attrs[i];
	attrs[node->attr_count++] = (fy_attr){ .name = fy_graph_word(graph, fy_str_of(name)), .arg = copy };
	node->attrs = attrs;
}

/* The array of results holds as many as the next power of two, so that adding one by one stays linear. */
static size_t result_room(size_t count)
{
	size_t room = 1;

	while (room < count)
		room *= 2;
	return count ? room : 0;
}

/* What a node needs besides itself, in one piece of memory with it. */
static fy_node *new_node(fy_arena *arena, size_t args, size_t attrs, size_t results)
{
	size_t at = sizeof(fy_node), at_attrs = at + args * sizeof(fy_arg);
	size_t at_results = at_attrs + attrs * sizeof(fy_attr);
	char *memory = fy_arena_alloc(arena, at_results + result_room(results) * sizeof(fy_value *));
	fy_node *node = (fy_node *)memory;

	node->args = (fy_arg *)(memory + at);
	node->attrs = (fy_attr *)(memory + at_attrs);
	node->results = (fy_value **)(memory + at_results);
	return node;
}

/* The first attributes of a node, whose names differ. */
static void set_attrs(fy_graph *graph, fy_node *node, const fy_attr *attrs, int count)
{
	node->attr_count = count;
	for (int i = 0; i < count; i++)
		node->attrs[i] = (fy_attr){ fy_graph_word(graph, fy_str_of(attrs[i].name)),
					    own_arg(graph->arena, &attrs[i].arg) };
}

static fy_value *set_result(fy_graph *graph, fy_node *node, const fy_type *type)
{
	fy_value *value = fy_ir_new_value(graph, type, NULL);

	value->def = node;
	value->index = node->result_count;
	node->results[node->result_count++] = value;
	return value;
}

fy_node *fy_node_new(fy_block *block, fy_node *before, const char *op, const fy_arg *args, int arg_count,
		     const fy_attr *attrs, int attr_count, const fy_type *types, int result_count)
{
	fy_graph *graph = block->graph;
	fy_node *node = new_node(graph->arena, (size_t)arg_count, (size_t)attr_count, (size_t)result_count);

	node->op = fy_graph_word(graph, fy_str_of(op));
	node->arg_count = arg_count;
	for (int i = 0; i < arg_count; i++) {
		node->args[i] = own_arg(graph->arena, &args[i]);
		use_args(graph->arena, node, &node->args[i]);
	}
	set_attrs(graph, node, attrs, attr_count);
	for (int i = 0; i < result_count; i++)
		set_result(graph, node, &types[i]);
	node->origin.order = ++graph->next_order;
	graph->made++;
	link_node(node, block, before);
	return node;
}

fy_value *fy_node_add_result(fy_node *node, const fy_type *type)
{
	fy_graph *graph = node->block->graph;
	size_t count = (size_t)node->result_count;

	if (result_room(count + 1) > result_room(count)) {
		fy_value **grown = FY_NEW_ARRAY(graph->arena, fy_value *, result_room(count + 1));

		if (count)
			memcpy(grown, node->results, count * sizeof(*grown));
		node->results = grown;
	}
	return set_result(graph, node, type);
}

void fy_node_set_arg(fy_node *node, int index, fy_arg arg)
{
	fy_arena *arena = node->block->graph->arena;
	fy_arg copy;

	FY_ASSERT(index >= 0 && index < node->arg_count);
	copy = own_arg(arena, &arg);
	unuse_args(&node->args[index]);
	fy_ir_drop_tensors(&node->args[index]);
	node->args[index] = copy;
	use_args(arena, node, &node->args[index]);
}

void fy_node_set_attr(fy_node *node, const char *name, fy_arg arg)
{
	put_attr(node->block->graph, node, name, &arg);
}

const fy_arg *fy_node_attr(const fy_node *node, const char *name)
{
	for (int i = 0; i < node->attr_count; i++) {
		if (strcmp(node->attrs[i].name, name) == 0)
			return &node->attrs[i].arg;
	}
	return NULL;
}

bool fy_node_is(const fy_node *node, const char *op)
{
	return strcmp(node->op, op) == 0;
}

void fy_node_erase(fy_node *node)
{
	for (int i = 0; i < node->result_count; i++)
		FY_ASSERT(!node->results[i]->uses);
	for (int i = node->block_count - 1; i >= 0; i--) {
		fy_block *block = node->blocks[i];

		while (block->result_count > 0)
			fy_ir_unuse_result(block, --block->result_count);
		while (block->last)
			fy_node_erase(block->last);
	}
	for (int i = 0; i < node->arg_count; i++) {
		unuse_args(&node->args[i]);
		fy_ir_drop_tensors(&node->args[i]);
	}
	for (int i = 0; i < node->attr_count; i++)
		fy_ir_drop_tensors(&node->attrs[i].arg);
	node->block->graph->erased++;
	unlink_node(node);
}

void fy_node_move_before(fy_node *node, fy_block *block, fy_node *before)
{
	if (node == before)
		return;
	unlink_node(node);
	link_node(node, block, before);
}

void fy_block_splice(fy_block *to, fy_node *before, fy_block *from)
{
	while (from->first)
		fy_node_move_before(from->first, to, before);
}

/* ---- taking away ----------------------------------------------------------------------------- */

void fy_node_remove_arg(fy_node *node, int index)
{
	fy_arena *arena = node->block->graph->arena;

	FY_ASSERT(index >= 0 && index < node->arg_count);
	for (int i = index; i < node->arg_count; i++)
		unuse_args(&node->args[i]);
	fy_ir_drop_tensors(&node->args[index]);
	node->arg_count--;
	for (int i = index; i < node->arg_count; i++) {
		node->args[i] = node->args[i + 1];
		use_args(arena, node, &node->args[i]);
	}
}

void fy_node_remove_result(fy_node *node, int index)
{
	FY_ASSERT(index >= 0 && index < node->result_count && !node->results[index]->uses);
	node->result_count--;
	for (int i = index; i < node->result_count; i++) {
		node->results[i] = node->results[i + 1];
		node->results[i]->index = i;
	}
}

void fy_block_remove_result(fy_block *block, int index)
{
	FY_ASSERT(index >= 0 && index < block->result_count);
	fy_ir_unuse_result(block, index);
	block->result_count--;
	for (int i = index; i < block->result_count; i++) {
		block->results[i] = block->results[i + 1];
		block->result_uses[i] = block->result_uses[i + 1];
		block->result_uses[i]->index = i;
	}
}

void fy_block_remove_param(fy_block *block, int index)
{
	FY_ASSERT(index >= 0 && index < block->param_count && !block->params[index]->uses);
	block->param_count--;
	for (int i = index; i < block->param_count; i++) {
		block->params[i] = block->params[i + 1];
		block->params[i]->index = i;
	}
}

/* ---- values ---------------------------------------------------------------------------------- */

void fy_value_replace(fy_value *old, fy_value *by)
{
	fy_use *use = old->uses;

	if (old == by)
		return;
	old->uses = NULL;
	while (use) {
		fy_use *next = use->next;

		if (use->slot)
			use->slot->v = by;
		else
			use->block->results[use->index] = by;
		use->prev = NULL;
		use->next = by->uses;
		if (by->uses)
			by->uses->prev = use;
		by->uses = use;
		use = next;
	}
}

int fy_value_use_count(const fy_value *value)
{
	int count = 0;

	for (const fy_use *use = value->uses; use; use = use->next)
		count++;
	return count;
}

static void each_value_of(const fy_arg *arg, void (*fn)(void *user, fy_value *value), void *user)
{
	if (arg->kind == FY_ARG_VALUE) {
		fn(user, arg->v);
	} else if (arg->kind == FY_ARG_LIST) {
		for (int i = 0; i < arg->list.count; i++)
			each_value_of(&arg->list.items[i], fn, user);
	}
}

void fy_node_each_value(const fy_node *node, void (*fn)(void *user, fy_value *value), void *user)
{
	for (int i = 0; i < node->arg_count; i++)
		each_value_of(&node->args[i], fn, user);
}
