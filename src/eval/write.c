/*
 * Writing a tensor variable while capturing: the cell gets new content. A write through a view goes back
 * along its chain, each step by its inverse: what was picked is put back into the whole, what was arranged
 * anew is arranged back. A chain with a step that has no inverse becomes one scatter with constant indices,
 * because every chain of same-type views of known geometry is a set of places in the base.
 */
#include "eval/eval_internal.h"

#include <string.h>

static fy_status refuse(fy_eval *ev, const char *why)
{
	fy_status status = fy_eval_error(ev, FY_UNSUPPORTED, "view-write", "cannot write in place: %s", why);

	fy_hint(ev->diags,
		"write to a copy instead: x.clone(), or the operator without the trailing underscore");
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

/* Constant content: a private copy of the base in its own layout, then an ordinary strided copy. */
static fy_status write_constant(fy_eval *ev, fy_var *var, const fy_tensor *by)
{
	const fy_tensor *old = var->cell->constant, *t = var->tensor;
	fy_storage *storage = fy_storage_new(old->storage->size, false);
	fy_tensor *fresh, *view;

	if (!storage)
		return fy_eval_error(ev, FY_IO, "memory", "out of memory for a constant of %zu bytes",
				     old->storage->size);
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

static bool geometry_known(const fy_tensor *t)
{
	if (!fy_shape_known(&t->shape) || t->offset == FY_STRIDE_UNKNOWN)
		return false;
	for (int d = 0; d < t->shape.rank; d++)
		if (t->strides[d] == FY_STRIDE_UNKNOWN)
			return false;
	return true;
}

/* ---- by places
 * ----------------------------------------------------------------------------------------------- */

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
	fy_type type = *value->type;
	fy_arg args[2] = { fy_arg_value(value), fy_arg_ints(ev->arena, shape->dims, shape->rank) };

	if (fy_shape_eq(&type.shape, shape))
		return value;
	type.shape = *shape;
	return fy_eval_record(ev, "aten::reshape", args, 2, &type);
}

static fy_value *content(fy_eval *ev, const fy_cell *cell)
{
	return cell->value ? cell->value : fy_graph_constant(ev->graph, cell->constant, cell->name);
}

static fy_status write_places(fy_eval *ev, fy_var *var, fy_value *by)
{
	fy_cell *cell = var->cell;
	int64_t numel = fy_tensor_numel(cell->base);
	fy_tensor *places =
		geometry_known(var->tensor) && numel >= 0 ? flat_places(var->tensor, cell->base) : NULL;
	fy_value *index, *flat;
	fy_type type;

	if (!places)
		return refuse(ev, "the view's place in its base is not known");
	index = fy_graph_constant(ev->graph, places, NULL);
	fy_tensor_unref(places);
	flat = reshaped(ev, content(ev, cell), &(fy_shape){ 1, { numel } });
	by = reshaped(ev, by, &index->type->shape);
	type = *flat->type;
	flat = fy_eval_record(
		ev, "aten::scatter.src",
		(fy_arg[]){ fy_arg_value(flat), fy_arg_int(0), fy_arg_value(index), fy_arg_value(by) }, 4,
		&type);
	cell_set(ev, cell, reshaped(ev, flat, &cell->base->shape), NULL);
	return FY_OK;
}

/* ---- by inverses
 * ---------------------------------------------------------------------------------------------- */

/* One step of a chain that is written back: what it viewed, as value and geometry, and what goes there. */
typedef struct fy_back {
	fy_eval *ev;
	const fy_step *step;
	fy_value *base;
	const fy_tensor *geometry; /* of base */
	const fy_tensor *part;     /* geometry of what the step gave */
	fy_value *by;
} fy_back;

static fy_value *put_back(const fy_back *b, const char *full, const fy_arg *rest, int count)
{
	fy_type type = fy_type_of(b->geometry);
	fy_arg args[6] = { fy_arg_value(b->base), fy_arg_value(b->by) };

	FY_ASSERT(count <= 4);
	memcpy(args + 2, rest, (size_t)count * sizeof *rest);
	return fy_eval_record(b->ev, full, args, count + 2, &type);
}

static fy_value *put_slice(const fy_back *b, int dim, int64_t start, int64_t length)
{
	return put_back(
		b, "aten::slice_scatter",
		(fy_arg[]){ fy_arg_int(dim), fy_arg_int(start), fy_arg_int(start + length), fy_arg_int(1) },
		4);
}

/* The part is the base cut in one dimension (split, chunk, narrow): where it begins follows from the offset.
 */
static fy_value *cut_back(const fy_back *b)
{
	const fy_tensor *base = b->geometry, *part = b->part;
	int64_t ahead;
	int dim = -1;

	if (!geometry_known(base) || !geometry_known(part) || base->shape.rank != part->shape.rank)
		return NULL;
	for (int d = 0; d < base->shape.rank; d++) {
		if (base->shape.dims[d] == part->shape.dims[d])
			continue;
		if (dim >= 0)
			return NULL;
		dim = d;
	}
	if (dim < 0)
		return b->by;
	ahead = part->offset - base->offset;
	return base->strides[dim] > 0 ? put_slice(b, dim, ahead / base->strides[dim], part->shape.dims[dim])
				      : NULL;
}

/* Which dimension of the base each one of the part is, seen on a base whose sizes are all different. */
static bool permutation(const fy_back *b, int64_t perm[])
{
	fy_arena *scratch = fy_arena_new();
	fy_shape shape = { .rank = b->geometry->shape.rank };
	fy_arg *args =
		fy_arena_copy(scratch, b->step->args, (size_t)b->step->schema->arg_count * sizeof *args);
	fy_call call = { .schema = b->step->schema,
			 .args = args,
			 .arg_count = b->step->schema->arg_count,
			 .arena = scratch,
			 .diags = b->ev->diags,
			 .place = fy_eval_place(b->ev) };
	fy_tensor *probe;
	bool found = false;

	for (int d = 0; d < shape.rank; d++)
		shape.dims[d] = d + 2;
	probe = fy_tensor_meta(b->geometry->dtype, &shape);
	args[b->step->of] = fy_arg_tensor(probe);
	if (fy_op_infer(&call) == FY_OK) {
		const fy_tensor *made = call.results[0].meta;

		found = made->shape.rank == shape.rank;
		for (int d = 0; found && d < shape.rank; d++)
			perm[d] = made->shape.dims[d] - 2;
		fy_call_release(&call);
	}
	fy_tensor_unref(probe);
	fy_arena_free(scratch);
	return found;
}

static fy_value *permute_back(const fy_back *b)
{
	int64_t perm[FY_MAX_RANK], inverse[FY_MAX_RANK];
	int rank = b->geometry->shape.rank;
	fy_type type = fy_type_of(b->geometry);

	if (rank < 2)
		return b->by;
	if (!permutation(b, perm))
		return NULL;
	for (int d = 0; d < rank; d++)
		inverse[perm[d]] = d;
	return fy_eval_record(b->ev, "aten::permute",
			      (fy_arg[]){ fy_arg_value(b->by), fy_arg_ints(b->ev->arena, inverse, rank) }, 2,
			      &type);
}

static fy_value *reshape_back(const fy_back *b)
{
	fy_type type = fy_type_of(b->geometry);

	if (fy_shape_known(&type.shape))
		return reshaped(b->ev, b->by, &type.shape);
	return fy_eval_record(b->ev, "aten::reshape_as",
			      (fy_arg[]){ fy_arg_value(b->by), fy_arg_value(b->base) }, 2, &type);
}

static fy_value *select_back(const fy_back *b)
{
	return put_back(b, "aten::select_scatter", b->step->args + 1, 2);
}
static fy_value *slice_back(const fy_back *b)
{
	return put_back(b, "aten::slice_scatter", b->step->args + 1, 4);
}
static fy_value *diagonal_back(const fy_back *b)
{
	return put_back(b, "aten::diagonal_scatter", b->step->args + 1, 3);
}

static fy_value *unbind_back(const fy_back *b)
{
	return put_back(b, "aten::select_scatter",
			(fy_arg[]){ b->step->args[1], fy_arg_int(b->step->result) }, 2);
}

static fy_value *same_back(const fy_back *b)
{
	return b->by;
}

/* An expansion that repeats nothing adds dimensions of size 1 at most. */
static fy_value *expand_back(const fy_back *b)
{
	const fy_shape *base = &b->geometry->shape, *part = &b->part->shape;
	int added = part->rank - base->rank;

	for (int d = 0; d < part->rank; d++)
		if (part->dims[d] != (d < added ? 1 : base->dims[d - added]))
			return NULL;
	return reshape_back(b);
}

/* The value of the whole after its part was written; NULL when that cannot be told. */
static fy_value *invert(const fy_back *b)
{
	static const struct {
		const char *name;
		fy_value *(*run)(const fy_back *b);
	} inverses[] = {
		{ "aten::select", select_back },
		{ "aten::slice", slice_back },
		{ "aten::unbind", unbind_back },
		{ "aten::diagonal", diagonal_back },
		{ "aten::narrow", cut_back },
		{ "aten::split", cut_back },
		{ "aten::chunk", cut_back },
		{ "aten::unsafe_split", cut_back },
		{ "aten::unsafe_chunk", cut_back },
		{ "aten::split_with_sizes", cut_back },
		{ "aten::unsafe_split_with_sizes", cut_back },
		{ "aten::tensor_split", cut_back },
		{ "aten::hsplit", cut_back },
		{ "aten::vsplit", cut_back },
		{ "aten::dsplit", cut_back },
		{ "aten::t", permute_back },
		{ "aten::transpose", permute_back },
		{ "aten::permute", permute_back },
		{ "aten::swapaxes", permute_back },
		{ "aten::swapdims", permute_back },
		{ "aten::movedim", permute_back },
		{ "aten::moveaxis", permute_back },
		{ "aten::numpy_T", permute_back },
		{ "aten::mT", permute_back },
		{ "aten::view", reshape_back },
		{ "aten::reshape", reshape_back },
		{ "aten::flatten", reshape_back },
		{ "aten::unflatten", reshape_back },
		{ "aten::ravel", reshape_back },
		{ "aten::unsqueeze", reshape_back },
		{ "aten::squeeze", reshape_back },
		{ "aten::view_as", reshape_back },
		{ "aten::reshape_as", reshape_back },
		{ "aten::_unsafe_view", reshape_back },
		{ "aten::expand", expand_back },
		{ "aten::expand_as", expand_back },
		{ "aten::detach", same_back },
		{ "aten::alias", same_back },
	};

	for (size_t i = 0; i < FY_COUNT(inverses); i++)
		if (strcmp(inverses[i].name, b->step->schema->name) == 0)
			return inverses[i].run(b);
	return NULL;
}

/* What the cell holds after `by` was written where `step` leads. NULL: some step has no inverse. */
static fy_value *write_back(fy_eval *ev, fy_cell *cell, const fy_step *step, fy_value *by)
{
	for (; step && by; step = step->parent) {
		fy_back b = { .ev = ev,
			      .step = step,
			      .by = by,
			      .part = step->geometry,
			      .geometry = step->parent ? step->parent->geometry : cell->base,
			      .base = fy_step_value(ev, step->parent, cell) };

		by = invert(&b);
	}
	return by;
}

static fy_status write_symbolic(fy_eval *ev, fy_var *var, fy_value *by)
{
	fy_value *whole = write_back(ev, var->cell, var->step, by);

	if (!whole)
		return write_places(ev, var, by);
	cell_set(ev, var->cell, whole, NULL);
	return FY_OK;
}

fy_status fy_var_write(fy_eval *ev, fy_var *var, fy_var *by)
{
	fy_tensor *data;

	if (geometry_known(var->tensor) &&
	    fy_tensor_overlaps_itself(var->tensor)) /* PyTorch's result depends on its order */
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
