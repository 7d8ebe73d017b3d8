/*
 * Tensor variables. While running they are tensors with data. While capturing each is a view over a cell, and
 * the cell holds the current content of what PyTorch calls the storage: an SSA value, or a constant. A read of a
 * view is cached with the version of its cell and the block it was recorded in.
 */
#include "eval/eval_internal.h"

#include <string.h>

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

fy_var *fy_var_view(fy_eval *ev, fy_var *of, const fy_step *step, fy_tensor *geometry)
{
	fy_var *var = fy_var_concrete(geometry);

	(void)ev;
	var->cell = of->cell;
	var->cell->refs++;
	var->step = step;
	var->version = 0; /* nothing read yet, unless the geometry came with current data */
	if (geometry->storage && of->cell->constant)
		var->version = of->cell->version;
	return var;
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

/* Geometry alone: what is known once the data are not. */
static fy_tensor *without_data(const fy_tensor *tensor)
{
	fy_tensor *meta = fy_tensor_meta(tensor->dtype, &tensor->shape);

	memcpy(meta->strides, tensor->strides, sizeof meta->strides);
	meta->offset = tensor->offset;
	return meta;
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
		fy_tensor *fresh = fy_tensor_view(var->cell->constant, old->dtype, &old->shape, old->strides, old->offset);

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

/* The metas of what the step gives, from its parent's geometry. Fills call->results. */
static fy_status infer_step(fy_eval *ev, const fy_step *step, fy_tensor *parent, fy_arena *scratch, fy_call *call)
{
	fy_arg *args = FY_NEW_ARRAY(scratch, fy_arg, step->arg_count);
	int symbols = ev->graph->symbol_count;
	fy_status status;

	for (int i = 0; i < step->arg_count; i++) {
		args[i] = step->args[i];
		if (args[i].kind == FY_ARG_VALUE) { /* its data are not known; dies with the scratch arena */
			fy_tensor *meta = FY_NEW(scratch, fy_tensor);

			meta->refs = 1 << 30;
			meta->dtype = step->args[i].v->type.dtype;
			meta->shape = step->args[i].v->type.shape;
			fy_shape_strides(&meta->shape, meta->strides);
			args[i] = fy_arg_tensor(meta);
		}
	}
	args[step->of] = fy_arg_tensor(parent);
	*call = (fy_call){ .schema = step->schema, .args = args, .arg_count = step->arg_count, .arena = scratch,
			   .diags = ev->diags, .place = fy_eval_place(ev), .next_symbol = &symbols };
	status = fy_op_infer(call);
	call->next_symbol = NULL;
	while (ev->graph->symbol_count < symbols)
		fy_graph_symbol(ev->graph, NULL);
	return status;
}

static fy_value *record_step(fy_eval *ev, const fy_step *step, fy_value *parent, const fy_call *call, fy_arena *scratch)
{
	fy_arg *args = FY_NEW_ARRAY(scratch, fy_arg, step->arg_count);
	fy_type *types = FY_NEW_ARRAY(scratch, fy_type, call->result_count);
	fy_node *node;

	memcpy(args, step->args, (size_t)step->arg_count * sizeof *args);
	args[step->of] = fy_arg_value(parent);
	for (int i = 0; i < call->result_count; i++)
		types[i] = fy_type_of(call->results[i].meta);
	node = fy_node_new(ev->block, NULL, step->schema->full, args, step->arg_count, NULL, 0, types, call->result_count);
	node->origin = *step->origin;
	return node->results[step->result];
}

/* Records the chain of views again on the present content of the cell. *geometry is a reference. */
static fy_value *replay(fy_eval *ev, const fy_step *step, const fy_cell *cell, fy_tensor **geometry)
{
	fy_tensor *parent = NULL;
	fy_value *value;
	fy_arena *scratch;
	fy_call call;

	if (!step) {
		*geometry = fy_tensor_ref(cell->base);
		return cell->value;
	}
	value = replay(ev, step->parent, cell, &parent);
	if (!value)
		return NULL;
	scratch = fy_arena_new();
	if (infer_step(ev, step, parent, scratch, &call) == FY_OK) {
		value = record_step(ev, step, value, &call, scratch);
		*geometry = fy_tensor_ref(call.results[step->result].meta);
		fy_call_release(&call);
	} else {
		value = NULL;
	}
	fy_tensor_unref(parent);
	fy_arena_free(scratch);
	return value;
}

fy_value *fy_var_value(fy_eval *ev, fy_var *var)
{
	const fy_cell *cell = var->cell;
	fy_tensor *geometry = NULL;

	if (cell->constant) {
		fy_tensor *data = fy_var_data(ev, var);

		if (!var->value)
			var->value = fy_graph_constant(ev->graph, data, var->name);
		return var->value;
	}
	if (!var->step)
		return cell->value;
	if (var->value && var->version == cell->version && block_open(ev, var->block))
		return var->value;
	var->value = replay(ev, var->step, cell, &geometry);
	fy_tensor_unref(geometry);
	var->version = cell->version;
	var->block = ev->block;
	return var->value;
}
