/*
 * Graphs, blocks and their values: making them, walking them in execution order, and removing what is dead.
 * Nodes and use lists are edit.c. Knows no operator.
 */
#include "ir/ir.h"
#include "ir/ir_internal.h"

#include <string.h>

/* Grows an arena array of pointers for one more; `capacity` is an int as the structs of the door have it. */
static void *room_for_one(fy_arena *arena, const void *items, int count, int *capacity, size_t item_size)
{
	size_t wide = (size_t)*capacity;
	void *grown;

	if (count < *capacity)
		return (void *)items;
	grown = fy_arena_grow(arena, items, (size_t)count, &wide, (size_t)count + 1, item_size);
	*capacity = (int)wide;
	return grown;
}

static const char *copy_name(fy_arena *arena, const char *name)
{
	return name ? fy_arena_strdup(arena, name) : NULL;
}

static fy_str key_of_word(const void *word)
{
	return fy_str_of(word);
}

fy_graph *fy_graph_new(fy_arena *arena)
{
	fy_graph *graph = FY_NEW(arena, fy_graph);

	graph->arena = arena;
	graph->words = (fy_index){ .key_of = key_of_word, .arena = arena };
	graph->main = FY_NEW(arena, fy_block);
	graph->main->graph = graph;
	return graph;
}

static void drop_tensors_of(fy_node *node)
{
	for (int i = 0; i < node->attr_count; i++)
		fy_ir_drop_tensors(&node->attrs[i].arg);
	for (int i = 0; i < node->arg_count; i++)
		fy_ir_drop_tensors(&node->args[i]);
}

static void release_functions(fy_graph *graph)
{
	for (int f = 0; f < graph->function_count; f++) {
		fy_local_function *function = &graph->functions[f];

		for (int i = 0; i < function->default_count; i++)
			fy_ir_drop_tensors(&function->defaults[i].arg);
		for (fy_node *node = function->body->first; node; node = fy_node_following(node))
			drop_tensors_of(node);
	}
	graph->function_count = 0;
}

void fy_graph_release(fy_graph *graph)
{
	if (!graph)
		return;
	for (fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node))
		drop_tensors_of(node);
	release_functions(graph);
	for (int i = 0; i < graph->sparse_count; i++) {
		fy_tensor_unref(graph->sparse[i].values);
		fy_tensor_unref(graph->sparse[i].indices);
	}
	graph->sparse_count = 0;
	for (int i = 0; i < graph->constant_count; i++) {
		fy_tensor_unref(graph->constants[i]->tensor);
		graph->constants[i]->tensor = NULL;
	}
	graph->constant_count = 0;
}

int fy_graph_symbol(fy_graph *graph, const char *name)
{
	int index = graph->symbol_count;

	graph->symbols = room_for_one(graph->arena, graph->symbols, index, &graph->symbol_capacity,
				      sizeof(*graph->symbols));
	graph->symbols[index] =
		name ? fy_arena_strdup(graph->arena, name) : fy_arena_printf(graph->arena, "s%d", index);
	graph->symbol_count++;
	return index;
}

const char *fy_graph_word(fy_graph *graph, fy_str text)
{
	const char *word = fy_index_get(&graph->words, text);

	return word ? word : fy_index_put(&graph->words, fy_arena_strndup(graph->arena, text.data, text.len));
}

/* FNV-1a over what makes types differ. */
static size_t hash_type(const fy_type *type)
{
	uint64_t hash = 1469598103934665603u;
	uint64_t words[3] = { (uint64_t)type->kind, (uint64_t)type->dtype,
			      type->has_shape ? (uint64_t)type->shape.rank + 1 : 0 };

	for (int i = 0; i < 3; i++)
		hash = (hash ^ words[i]) * 1099511628211u;
	for (int i = 0; type->has_shape && i < type->shape.rank; i++)
		hash = (hash ^ (uint64_t)type->shape.dims[i]) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

const fy_type *fy_graph_type(fy_graph *graph, const fy_type *type)
{
	const fy_type **slot = &graph->types[hash_type(type) % FY_COUNT(graph->types)];
	fy_type *copy;

	if (*slot && fy_type_eq(*slot, type))
		return *slot;
	copy = fy_arena_copy(graph->arena, type, sizeof(*type));
	if (type->element)
		copy->element = fy_graph_type(graph, type->element);
	return *slot = copy;
}

void fy_value_set_type(fy_value *value, const fy_type *type)
{
	const fy_block *block = value->def ? value->def->block : value->block;

	FY_ASSERT(block);
	value->type = fy_graph_type(block->graph, type);
}

const fy_local_function *fy_graph_function(const fy_graph *graph, const char *name)
{
	int low = 0, high = graph->function_count;

	while (low < high) {
		int middle = low + (high - low) / 2, order = strcmp(name, graph->functions[middle].name);

		if (order == 0)
			return &graph->functions[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void fy_graph_set_metadata(fy_graph *graph, const char *key, const char *value)
{
	for (int i = 0; i < graph->metadata_count; i++) {
		if (strcmp(graph->metadata[i].key, key) == 0) {
			graph->metadata[i].value = fy_arena_strdup(graph->arena, value);
			return;
		}
	}
	graph->metadata = room_for_one(graph->arena, graph->metadata, graph->metadata_count,
				       &graph->metadata_capacity, sizeof(*graph->metadata));
	graph->metadata[graph->metadata_count++] =
		(fy_metadata){ fy_arena_strdup(graph->arena, key), fy_arena_strdup(graph->arena, value) };
}

fy_value *fy_ir_new_value(fy_graph *graph, const fy_type *type, const char *name)
{
	fy_value *value = FY_NEW(graph->arena, fy_value);

	value->id = graph->next_value++;
	value->type = fy_graph_type(graph, type);
	value->name = copy_name(graph->arena, name);
	return value;
}

fy_value *fy_graph_constant(fy_graph *graph, fy_tensor *tensor, const char *name)
{
	fy_type type = fy_type_of(tensor);
	fy_value *value = fy_ir_new_value(graph, &type, name);

	value->tensor = fy_tensor_ref(tensor);
	value->index = graph->constant_count;
	graph->constants = room_for_one(graph->arena, graph->constants, graph->constant_count,
					&graph->constant_capacity, sizeof(*graph->constants));
	graph->constants[graph->constant_count++] = value;
	return value;
}

fy_value *fy_graph_input(fy_graph *graph, const fy_type *type, const char *name)
{
	return fy_block_param(graph->main, type, name);
}

void fy_graph_output(fy_graph *graph, fy_value *value, const char *name)
{
	int count = graph->main->result_count;

	graph->output_names = room_for_one(graph->arena, graph->output_names, count, &graph->output_capacity,
					   sizeof(*graph->output_names));
	graph->output_names[count] = copy_name(graph->arena, name);
	fy_block_result(graph->main, value);
}

fy_value *fy_graph_sparse_constant(fy_graph *graph, const fy_shape *shape, fy_tensor *values,
				   fy_tensor *indices, const char *name)
{
	fy_tensor *tensor = fy_tensor_meta(values->dtype, shape);
	fy_value *value = fy_graph_constant(graph, tensor, name);

	fy_tensor_unref(tensor);
	graph->sparse = room_for_one(graph->arena, graph->sparse, graph->sparse_count,
				     &graph->sparse_capacity, sizeof(*graph->sparse));
	graph->sparse[graph->sparse_count++] =
		(fy_sparse){ value, fy_tensor_ref(values), indices ? fy_tensor_ref(indices) : NULL };
	return value;
}

fy_local_function *fy_graph_add_function(fy_graph *graph, const fy_local_function *function)
{
	int at = graph->function_count;

	graph->functions = room_for_one(graph->arena, graph->functions, at, &graph->function_capacity,
					sizeof(*graph->functions));
	for (; at > 0 && strcmp(graph->functions[at - 1].name, function->name) > 0; at--)
		graph->functions[at] = graph->functions[at - 1];
	FY_ASSERT(at == 0 || strcmp(graph->functions[at - 1].name, function->name) != 0);
	graph->functions[at] = *function;
	graph->functions[at].body = FY_NEW(graph->arena, fy_block);
	graph->functions[at].body->graph = graph;
	for (int i = 0; i < function->default_count; i++)
		fy_ir_hold_tensors(&function->defaults[i].arg);
	graph->function_count++;
	return &graph->functions[at];
}

fy_block *fy_block_new(fy_graph *graph, fy_node *owner)
{
	fy_block *block = FY_NEW(graph->arena, fy_block);
	fy_block **blocks = FY_NEW_ARRAY(graph->arena, fy_block *, owner->block_count + 1);

	block->graph = graph;
	block->owner = owner;
	for (int i = 0; i < owner->block_count; i++)
		blocks[i] = owner->blocks[i];
	blocks[owner->block_count++] = block;
	owner->blocks = blocks;
	return block;
}

fy_value *fy_block_param(fy_block *block, const fy_type *type, const char *name)
{
	fy_value *value = fy_ir_new_value(block->graph, type, name);

	value->block = block;
	value->index = block->param_count;
	block->params = room_for_one(block->graph->arena, block->params, block->param_count,
				     &block->param_capacity, sizeof(*block->params));
	block->params[block->param_count++] = value;
	return value;
}

void fy_block_result(fy_block *block, fy_value *value)
{
	FY_ASSERT(value);
	int capacity = block->result_capacity;

	block->results = room_for_one(block->graph->arena, block->results, block->result_count, &capacity,
				      sizeof(*block->results));
	block->result_uses = room_for_one(block->graph->arena, block->result_uses, block->result_count,
					  &block->result_capacity, sizeof(*block->result_uses));
	fy_ir_use_result(block, block->result_count, value);
	block->result_count++;
}

void fy_block_set_result(fy_block *block, int index, fy_value *value)
{
	FY_ASSERT(index >= 0 && index < block->result_count);
	fy_ir_unuse_result(block, index);
	fy_ir_use_result(block, index, value);
}

bool fy_block_contains(const fy_block *outer, const fy_block *inner)
{
	while (inner) {
		if (inner == outer)
			return true;
		inner = inner->owner ? inner->owner->block : NULL;
	}
	return false;
}

/* ---- walking --------------------------------------------------------------------------------- */

/* The first node among a node's blocks from `index` on. */
static fy_node *first_in_blocks(const fy_node *node, int index)
{
	for (int i = index; i < node->block_count; i++) {
		if (node->blocks[i]->first)
			return node->blocks[i]->first;
	}
	return NULL;
}

static int block_index(const fy_node *owner, const fy_block *block)
{
	for (int i = 0; i < owner->block_count; i++) {
		if (owner->blocks[i] == block)
			return i;
	}
	FY_BUG("a block is not among its owner's");
}

fy_node *fy_graph_first(const fy_graph *graph)
{
	return graph->main->first;
}

/* The node after `node` and everything nested in it. */
static fy_node *following_outside(const fy_node *node)
{
	while (!node->next) {
		const fy_node *owner = node->block->owner;
		fy_node *sibling;

		if (!owner)
			return NULL;
		sibling = first_in_blocks(owner, block_index(owner, node->block) + 1);
		if (sibling)
			return sibling;
		node = owner;
	}
	return node->next;
}

fy_node *fy_node_following(const fy_node *node)
{
	fy_node *inner = first_in_blocks(node, 0);

	return inner ? inner : following_outside(node);
}

int fy_graph_node_count(const fy_graph *graph)
{
	int count = 0;

	for (fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node))
		count++;
	return count;
}

/* ---- dead code ------------------------------------------------------------------------------- */

static bool is_dead(const fy_node *node)
{
	for (int i = 0; i < node->result_count; i++) {
		if (node->results[i]->uses)
			return false;
	}
	return true;
}

/* Last to first, so that a chain dies in one go. Recursion is as deep as blocks nest. */
static int remove_dead_nodes(fy_block *block)
{
	int removed = 0;
	fy_node *before;

	for (fy_node *node = block->last; node; node = before) {
		before = node->prev;
		if (is_dead(node)) {
			fy_node_erase(node);
			removed++;
			continue;
		}
		for (int i = node->block_count - 1; i >= 0; i--)
			removed += remove_dead_nodes(node->blocks[i]);
	}
	return removed;
}

int fy_graph_remove_dead(fy_graph *graph)
{
	int removed = remove_dead_nodes(graph->main);
	int kept = 0;

	for (int i = 0; i < graph->constant_count; i++) {
		fy_value *constant = graph->constants[i];

		if (constant->uses) {
			constant->index = kept;
			graph->constants[kept++] = constant;
			continue;
		}
		fy_tensor_unref(constant->tensor);
		constant->tensor = NULL;
	}
	graph->constant_count = kept;
	return removed;
}
