/*
 * Writing a tensor variable while capturing: the cell gets new content. A write through a view goes back along
 * its chain by known inverses; any other strided view of known geometry becomes one scatter with constant
 * indices, because every chain of same-type views is a set of places in the base.
 */
#include "eval/eval_internal.h"

#include <string.h>

static fy_status refuse(fy_eval *ev, const char *why)
{
	fy_status status = fy_eval_error(ev, FY_UNSUPPORTED, "view-write", "cannot write in place: %s", why);

	fy_hint(ev->diags, "write to a copy instead: x.clone(), or the operator without the trailing underscore");
	return status;
}

static void cell_set(fy_eval *ev, fy_cell *cell, fy_value *value, fy_tensor *constant)
{
	fy_tensor *old;

	fy_journal_touch(ev, FY_AT_CELL, cell, 0, cell->birth);
	old = cell->constant;
	cell->value = value;
	cell->constant = constant; /* takes the reference */
	cell->version = ++ev->serial;
	cell->written = true;
	fy_tensor_unref(old);
}

static bool covers_base(const fy_var *var)
{
	const fy_tensor *t = var->tensor, *base = var->cell->base;

	return !var->step || (fy_shape_eq(&t->shape, &base->shape) && t->offset == base->offset &&
			      memcmp(t->strides, base->strides, (size_t)t->shape.rank * sizeof t->strides[0]) == 0);
}

/* Constant content: a private copy of the base in its own layout, then an ordinary strided copy. */
static fy_status write_constant(fy_eval *ev, fy_var *var, const fy_tensor *by)
{
	const fy_tensor *old = var->cell->constant, *t = var->tensor;
	fy_storage *storage = fy_storage_new(old->storage->size, false);
	fy_tensor *fresh, *view;

	if (!storage)
		return fy_eval_error(ev, FY_IO, "memory", "out of memory for a constant of %zu bytes", old->storage->size);
	memcpy(fy_storage_write(storage), old->storage->bytes, old->storage->size);
	fresh = fy_tensor_meta(old->dtype, &old->shape);
	memcpy(fresh->strides, old->strides, sizeof fresh->strides);
	fresh->offset = old->offset;
	fresh->storage = storage;
	view = fy_tensor_view(fresh, t->dtype, &t->shape, t->strides, t->offset);
	fy_tensor_copy(view, by);
	fy_tensor_unref(view);
	cell_set(ev, var->cell, NULL, fresh);
	return FY_OK;
}

/* Flat places in the row-major order of the base that the view covers. NULL: the base isn't dense. */
static fy_tensor *flat_places(const fy_tensor *view, const fy_tensor *base)
{
	int64_t count = fy_tensor_numel(view), at[FY_MAX_RANK] = { 0 };
	fy_tensor *index;
	int64_t *places;

	if (count < 0 || !fy_tensor_is_contiguous(base))
		return NULL;
	index = fy_tensor_new(FY_I64, &(fy_shape){ 1, { count } }, false);
	if (!index)
		return NULL;
	places = fy_tensor_write_data(index);
	for (int64_t n = 0; n < count; n++) {
		int64_t place = view->offset - base->offset;

		for (int d = 0; d < view->shape.rank; d++)
			place += at[d] * view->strides[d];
		places[n] = place;
		for (int d = view->shape.rank - 1; d >= 0 && ++at[d] == view->shape.dims[d]; d--)
			at[d] = 0;
	}
	return index;
}

static fy_value *reshaped(fy_eval *ev, fy_value *value, const fy_shape *shape)
{
	fy_type type = value->type;
	fy_arg args[2] = { fy_arg_value(value), fy_arg_ints(ev->arena, shape->dims, shape->rank) };

	if (fy_shape_eq(&type.shape, shape))
		return value;
	type.shape = *shape;
	return fy_eval_record(ev, "aten::reshape", args, 2, &type);
}

static fy_status write_scatter(fy_eval *ev, fy_var *var, fy_value *by)
{
	fy_cell *cell = var->cell;
	int64_t numel = fy_tensor_numel(cell->base);
	fy_tensor *places = numel < 0 ? NULL : flat_places(var->tensor, cell->base);
	fy_value *base, *index, *flat;
	fy_type type;

	if (!places)
		return refuse(ev, "the view's place in its base is not known");
	base = cell->value ? cell->value : fy_graph_constant(ev->graph, cell->constant, cell->name);
	index = fy_graph_constant(ev->graph, places, NULL);
	fy_tensor_unref(places);
	flat = reshaped(ev, base, &(fy_shape){ 1, { numel } });
	by = reshaped(ev, by, &index->type.shape);
	type = flat->type;
	flat = fy_eval_record(ev, "aten::scatter.src",
			      (fy_arg[]){ fy_arg_value(flat), fy_arg_int(0), fy_arg_value(index), fy_arg_value(by) }, 4, &type);
	cell_set(ev, cell, reshaped(ev, flat, &cell->base->shape), NULL);
	return FY_OK;
}

/* y[i] = v with an index that depends on data, y being the whole cell. */
static fy_status write_select(fy_eval *ev, fy_var *var, fy_value *by)
{
	fy_cell *cell = var->cell;
	const fy_step *step = var->step;
	fy_value *base = cell->value ? cell->value : fy_graph_constant(ev->graph, cell->constant, cell->name);
	fy_type type = fy_type_of(cell->base);
	fy_arg args[4] = { fy_arg_value(base), fy_arg_value(by), step->args[1], step->args[2] };
	fy_value *value = fy_eval_record(ev, "aten::select_scatter", args, 4, &type);

	if (!value)
		return FY_UNSUPPORTED;
	cell_set(ev, cell, value, NULL);
	return FY_OK;
}

static bool geometry_known(const fy_tensor *t)
{
	if (!fy_shape_known(&t->shape) || t->offset == FY_STRIDE_UNKNOWN)
		return false;
	for (int d = 0; d < t->shape.rank; d++)
		if (t->strides[d] == FY_STRIDE_UNKNOWN)
			return false;
	return true;
}

static fy_status write_symbolic(fy_eval *ev, fy_var *var, fy_value *by)
{
	const fy_step *step = var->step;

	if (covers_base(var) && geometry_known(var->tensor)) {
		cell_set(ev, var->cell, by, NULL);
		return FY_OK;
	}
	if (!step) {
		cell_set(ev, var->cell, by, NULL);
		return FY_OK;
	}
	if (!step->parent && strcmp(step->schema->full, "aten::select.int") == 0 && step->args[2].kind == FY_ARG_VALUE)
		return write_select(ev, var, by);
	if (!geometry_known(var->tensor))
		return refuse(ev, "the view's place in its base depends on data");
	return write_scatter(ev, var, by);
}

fy_status fy_var_write(fy_eval *ev, fy_var *var, fy_var *by)
{
	fy_tensor *data;

	if (geometry_known(var->tensor) && fy_tensor_overlaps_itself(var->tensor)) /* PyTorch's result depends on its order */
		return refuse(ev, "the view overlaps itself");
	if (!var->cell) {
		fy_tensor_copy(var->tensor, by->tensor);
		return FY_OK;
	}
	if (var->cell->lost)
		return fy_eval_poisoned(ev, var->cell->lost);
	if (var->tensor->dtype != var->cell->base->dtype)
		return refuse(ev, "the view has another element type than its base");
	data = fy_var_data(ev, by);
	if (data && var->cell->constant)
		return write_constant(ev, var, data);
	fy_value *value = fy_var_value(ev, by);
	if (!value)
		return FY_UNSUPPORTED;
	return write_symbolic(ev, var, value);
}
