/*
 * Tensor variables. While running they are tensors with data. While capturing each is a view over a cell, and
 * the cell holds the current content of what PyTorch calls the storage: an SSA value, or a constant. A read
 * of a view is cached with the version of its cell and the block it was recorded in.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum { BLOWN_UP = 1 << 18 };

static fy_cell *cell_new(fy_eval *ev, fy_tensor *base)
{
	fy_cell *cell = fy_zalloc(sizeof *cell);

	cell->refs = 1;
	cell->birth = ++ev->serial;
	cell->version = ++ev->serial;
	cell->base = fy_tensor_ref(base);
	return cell;
}

void fy_cell_unref(fy_cell *cell)
{
	if (!cell || --cell->refs > 0)
		return;
	fy_tensor_unref(cell->base);
	fy_tensor_unref(cell->constant);
	fy_free(cell);
}

fy_var *fy_var_concrete(fy_tensor *tensor)
{
	fy_var *var = fy_zalloc(sizeof *var);

	var->refs = 1;
	var->tensor = tensor;
	return var;
}

fy_var *fy_var_constant(fy_eval *ev, fy_tensor *tensor, const char *name)
{
	fy_var *var = fy_var_concrete(tensor);

	var->cell = cell_new(ev, tensor);
	var->cell->constant = fy_tensor_ref(tensor);
	var->cell->name = name;
	var->version = var->cell->version;
	var->name = name;
	return var;
}

fy_var *fy_var_symbolic(fy_eval *ev, fy_tensor *meta, fy_value *value)
{
	fy_var *var = fy_var_concrete(meta);

	var->cell = cell_new(ev, meta);
	var->cell->value = value;
	var->version = var->cell->version;
	return var;
}

/* Geometry alone: what is known once the data are not. */
static fy_tensor *without_data(const fy_tensor *tensor)
{
	fy_tensor *meta = fy_tensor_meta(tensor->dtype, &tensor->shape);

	memcpy(meta->strides, tensor->strides, sizeof meta->strides);
	meta->offset = tensor->offset;
	return meta;
}

fy_var *fy_var_view(fy_var *of, const fy_step *step, fy_tensor *geometry)
{
	fy_var *var = fy_var_concrete(geometry);

	var->cell = of->cell;
	var->cell->refs++;
	var->step = step;
	var->version = 0; /* nothing read yet, unless the geometry came with current data */
	if (geometry->storage && of->cell->constant)
		var->version = of->cell->version;
	return var;
}

fy_var *fy_var_whole(fy_var *of)
{
	return fy_var_view(of, NULL, without_data(of->cell->base));
}

fy_var *fy_var_ref(fy_var *var)
{
	var->refs++;
	return var;
}

void fy_var_unref(fy_var *var)
{
	if (!var || --var->refs > 0)
		return;
	fy_tensor_unref(var->tensor);
	fy_cell_unref(var->cell);
	fy_free(var);
}

fy_var *fy_var_new(fy_eval *ev, fy_tensor *tensor)
{
	return FY_CAPTURING(ev) ? fy_var_constant(ev, tensor, NULL) : fy_var_concrete(tensor);
}

fy_tensor *fy_var_data(fy_eval *ev, fy_var *var)
{
	(void)ev;
	if (!var->cell)
		return var->tensor;
	if (!var->cell->constant)
		return NULL;
	if (var->version != var->cell->version || !var->tensor->storage) {
		const fy_tensor *old = var->tensor;
		fy_tensor *fresh = fy_tensor_view(var->cell->constant, old->dtype, &old->shape, old->strides,
						  old->offset);

		fy_tensor_unref(var->tensor);
		var->tensor = fresh;
		var->version = var->cell->version;
		var->value = NULL;
	}
	return var->tensor;
}

fy_tensor *fy_var_tensor(fy_eval *ev, fy_var *var)
{
	fy_tensor *data = fy_var_data(ev, var);

	if (data)
		return data;
	if (var->tensor->storage) {
		fy_tensor *meta = without_data(var->tensor);

		fy_tensor_unref(var->tensor);
		var->tensor = meta;
	}
	return var->tensor;
}

static bool block_open(const fy_eval *ev, const fy_block *block)
{
	return block && fy_block_contains(block, ev->block);
}

fy_tensor *fy_geometry_copy(fy_arena *arena, const fy_tensor *tensor)
{
	fy_tensor *copy = fy_arena_copy(arena, tensor, sizeof *tensor);

	copy->refs = 1 << 30;
	copy->storage = NULL;
	return copy;
}

static fy_value *record_step(fy_eval *ev, const fy_step *step, fy_value *parent)
{
	int count = step->schema->arg_count;
	fy_arg *args = fy_arena_copy(ev->arena, step->args, (size_t)count * sizeof *args);
	fy_arg *at = &args[step->of];
	fy_node *node;

	if (step->item >= 0) {
		at->list.items =
			fy_arena_copy(ev->arena, at->list.items, (size_t)at->list.count * sizeof *args);
		at = &at->list.items[step->item];
	}
	*at = fy_arg_value(parent);
	node = fy_node_new(ev->block, NULL, step->schema->full, args, count, NULL, 0, step->types,
			   step->type_count);
	node->origin = *step->origin;
	return node->results[step->result];
}

static bool is_read(const fy_eval *ev, const fy_step *step, const fy_cell *cell)
{
	const fy_reading *r = step->reading;

	return r->cell == cell && r->version == cell->version && block_open(ev, r->block);
}

fy_value *fy_step_value(fy_eval *ev, const fy_step *step, const fy_cell *cell)
{
	const fy_step **chain = NULL;
	size_t count = 0, capacity = 0;
	fy_value *value;

	for (; step && !is_read(ev, step, cell); step = step->parent) {
		chain = fy_grow(chain, &capacity, count + 1, sizeof *chain);
		chain[count++] = step;
	}
	if (step)
		value = step->reading->value;
	else
		value = cell->value ? cell->value : fy_graph_constant(ev->graph, cell->constant, cell->name);
	while (count > 0) {
		value = record_step(ev, chain[--count], value);
		*chain[count]->reading = (fy_reading){ cell, cell->version, ev->block, value };
	}
	fy_free(chain);
	return value;
}

/* Would a constant of this view be much larger than what it is a view of? */
static bool is_blown_up(const fy_tensor *view, const fy_tensor *of)
{
	int64_t elements = fy_tensor_numel(view);

	return elements > BLOWN_UP && elements > fy_tensor_numel(of);
}

fy_value *fy_var_value(fy_eval *ev, fy_var *var)
{
	const fy_cell *cell = var->cell;

	if (cell->constant && !(var->step && is_blown_up(var->tensor, cell->constant))) {
		fy_tensor *data = fy_var_data(ev, var);

		if (!var->value)
			var->value = fy_graph_constant(ev->graph, data, var->name);
		return var->value;
	}
	if (!var->step)
		return cell->value;
	if (var->value && var->version == cell->version && block_open(ev, var->block))
		return var->value;
	var->value = fy_step_value(ev, var->step, cell);
	var->version = cell->version;
	var->block = ev->block;
	return var->value;
}
