/*
 * Subscripts with slices, None, ... and tensors, as hand-written sources have them; and writing to
 * subscripts. Numbers, slices and None are views applied from left to right, then one index for all tensors.
 */
#include "eval/eval_internal.h"

/* ---- tensors
 * -------------------------------------------------------------------------------------------------------- */

typedef struct fy_walker {
	fy_eval *ev;
	fy_ivalue value; /* a reference: the view so far */
	int dim;
	fy_ivalue indices; /* list of Optional[Tensor] by dimension */
	bool any_index;
} fy_walker;

static fy_status apply(fy_walker *w, const char *full, const fy_ivalue *args, int count)
{
	fy_ivalue made;

	FY_TRY(fy_eval_tensor_op(w->ev, full, args, count, &made));
	fy_iunref(w->value);
	w->value = made;
	return FY_OK;
}

static void skip_dims(fy_walker *w, int count)
{
	for (int i = 0; i < count; i++)
		fy_iseq_push(w->indices.seq, fy_inone());
	w->dim += count;
}

/* How many dimensions of the tensor the items from `from` on take. */
static int dims_taken(const fy_bexpr *expr, int from)
{
	int taken = 0;

	for (int i = from; i < expr->count; i++)
		taken += expr->items[i]->kind != FY_B_ELLIPSIS &&
			 !(expr->items[i]->kind == FY_B_LITERAL &&
			   expr->items[i]->literal.kind == FY_ARG_NONE);
	return taken;
}

static fy_status take_range(fy_walker *w, const fy_bexpr *range)
{
	fy_ivalue args[5] = { w->value, fy_iint(w->dim), fy_inone(), fy_inone(), fy_iint(1) };

	for (int i = 0; i < range->count && i < 3; i++)
		if (range->items[i])
			FY_TRY(fy_eval_expr(w->ev, range->items[i], &args[2 + i]));
	FY_TRY(apply(w, "aten::slice.Tensor", args, 5));
	skip_dims(w, 1);
	return FY_OK;
}

static fy_status take_index(fy_walker *w, const fy_bexpr *expr)
{
	fy_ivalue index;

	FY_TRY(fy_eval_expr(w->ev, expr, &index));
	switch (index.kind) {
	case FY_I_NONE: {
		fy_ivalue args[2] = { w->value, fy_iint(w->dim) };

		FY_TRY(apply(w, "aten::unsqueeze", args, 2));
		skip_dims(w, 1);
		return FY_OK;
	}
	case FY_I_INT:
	case FY_I_SYMBOL: {
		fy_ivalue args[3] = { w->value, fy_iint(w->dim), index };

		return apply(w, "aten::select.int", args, 3);
	}
	case FY_I_LIST: {
		fy_ivalue list = index;
		bool handled;

		FY_TRY(fy_builtin_call(w->ev, "aten::tensor", &(fy_args){ .items = &list, .count = 1 },
				       &index, &handled));
		fy_iunref(list);
		break;
	}
	case FY_I_TENSOR:
		break;
	default:
		fy_iunref(index);
		return fy_eval_error(w->ev, FY_MALFORMED, "subscript", "a tensor is indexed by a %s",
				     fy_ikind_name(index));
	}
	w->any_index = true;
	w->dim += index.t->tensor->dtype == FY_BOOL && index.t->tensor->shape.rank > 1
			  ? index.t->tensor->shape.rank
			  : 1;
	fy_iseq_push(w->indices.seq, index);
	return FY_OK;
}

static fy_status walk(fy_walker *w, const fy_bexpr *expr)
{
	for (int i = 0; i < expr->count; i++) {
		const fy_bexpr *item = expr->items[i];

		if (item->kind == FY_B_ELLIPSIS) {
			int rest = w->value.t->tensor->shape.rank - w->dim - dims_taken(expr, i + 1);

			if (rest > 0)
				skip_dims(w, rest);
		} else if (item->kind == FY_B_RANGE) {
			FY_TRY(take_range(w, item));
		} else {
			FY_TRY(take_index(w, item));
		}
	}
	return FY_OK;
}

static fy_status begin_walk(fy_walker *w, fy_eval *ev, fy_ivalue base, const fy_bexpr *expr)
{
	*w = (fy_walker){ .ev = ev, .value = fy_iref(base) };
	w->indices = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
	return walk(w, expr);
}

static void end_walk(fy_walker *w)
{
	fy_iunref(w->value);
	fy_iunref(w->indices);
}

static fy_status index_tensor(fy_eval *ev, fy_ivalue base, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_walker w;
	fy_status status = begin_walk(&w, ev, base, expr);

	if (status == FY_OK && w.any_index)
		status = apply(&w, "aten::index.Tensor", (fy_ivalue[]){ w.value, w.indices }, 2);
	if (status == FY_OK)
		*out = fy_iref(w.value);
	end_walk(&w);
	return status;
}

/* ---- everything
 * ------------------------------------------------------------------------------------------------------------
 */

/* A list, string or tuple by one range. */
static fy_status slice_container(fy_eval *ev, fy_ivalue base, const fy_bexpr *range, fy_ivalue *out)
{
	fy_ivalue items[4] = { base, fy_inone(), fy_inone(), fy_iint(1) };
	bool handled;

	for (int i = 0; i < range->count && i < 3; i++)
		if (range->items[i])
			FY_TRY(fy_eval_expr(ev, range->items[i], &items[1 + i]));
	FY_TRY(fy_builtin_call(ev, "aten::slice", &(fy_args){ .items = items, .count = 4 }, out, &handled));
	return handled ? FY_OK
		       : fy_eval_error(ev, FY_MALFORMED, "subscript", "a %s is sliced", fy_ikind_name(base));
}

fy_status fy_eval_subscript(fy_eval *ev, fy_ivalue base, const fy_bexpr *expr, fy_ivalue *out)
{
	if (base.kind == FY_I_POISON) {
		if (!base.poison->unsupported)
			return fy_eval_poisoned(ev, base.poison);
		*out = base;
		return FY_OK;
	}
	if (base.kind == FY_I_TENSOR)
		return index_tensor(ev, base, expr, out);
	if (expr->count == 1 && expr->items[0]->kind == FY_B_RANGE)
		return slice_container(ev, base, expr->items[0], out);
	return fy_eval_error(ev, FY_MALFORMED, "subscript", "a %s is indexed by several values",
			     fy_ikind_name(base));
}

/* t[...] = v: a number becomes a tensor of t's type. */
static fy_status write_view(fy_eval *ev, fy_walker *w, fy_ivalue value)
{
	fy_ivalue made = fy_iref(value), args[3], out;
	fy_status status = FY_OK;

	if (value.kind != FY_I_TENSOR) {
		fy_ivalue data[2] = { value, fy_iint(w->value.t->tensor->dtype) };
		bool handled;

		status = fy_builtin_call(ev, "aten::tensor", &(fy_args){ .items = data, .count = 2 }, &made,
					 &handled);
		if (status == FY_OK && !handled)
			status = fy_eval_error(ev, FY_MALFORMED, "subscript", "a %s is written into a tensor",
					       fy_ikind_name(value));
	}
	FY_TRY(status);
	args[0] = w->value;
	args[1] = w->any_index ? w->indices : made;
	args[2] = made;
	if (w->any_index)
		status = fy_eval_operator(ev, "aten::index_put_", fy_schemas_of("aten::index_put_"), args, 3,
					  NULL, NULL, 0, &out);
	else
		status = fy_eval_operator(ev, "aten::copy_", fy_schemas_of("aten::copy_"), args, 2, NULL,
					  NULL, 0, &out);
	if (status == FY_OK)
		fy_iunref(out);
	fy_iunref(made);
	return status;
}

static fy_status set_item(fy_eval *ev, fy_ivalue base, const fy_bexpr *expr, fy_ivalue value)
{
	fy_ivalue items[3] = { base, { 0 }, value }, out;
	bool handled;
	fy_status status;

	if (expr->count != 1)
		return fy_eval_error(ev, FY_MALFORMED, "subscript", "a %s is indexed by several values",
				     fy_ikind_name(base));
	FY_TRY(fy_eval_expr(ev, expr->items[0], &items[1]));
	status = fy_builtin_call(ev, "aten::_set_item", &(fy_args){ .items = items, .count = 3 }, &out,
				 &handled);
	if (status == FY_OK && !handled)
		status = fy_eval_error(ev, FY_MALFORMED, "subscript", "an element of a %s is set",
				       fy_ikind_name(base));
	else if (status == FY_OK)
		fy_iunref(out);
	fy_iunref(items[1]);
	return status;
}

fy_status fy_eval_subscript_set(fy_eval *ev, const fy_bexpr *expr, fy_ivalue value)
{
	fy_ivalue base;
	fy_walker w;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, &base));
	ev->span = expr->span;
	if (base.kind == FY_I_TENSOR) {
		status = begin_walk(&w, ev, base, expr);
		if (status == FY_OK)
			status = write_view(ev, &w, value);
		end_walk(&w);
	} else {
		status = set_item(ev, base, expr, value);
	}
	fy_iunref(base);
	return status;
}

/* ---- tolist
 * ------------------------------------------------------------------------------------------------------------------
 */

static fy_ivalue listed(fy_eval *ev, const fy_tensor *t, int dim, int64_t *at)
{
	fy_iseq *seq;
	fy_ivalue made;
	int64_t i;

	if (dim == t->shape.rank) {
		i = (*at)++;
		if (t->dtype == FY_BOOL)
			return fy_ibool(fy_tensor_get_i64(t, i) != 0);
		return fy_dtype_is_float(t->dtype) ? fy_ifloat(fy_tensor_get_f64(t, i))
						   : fy_iint(fy_tensor_get_i64(t, i));
	}
	made = fy_iseq_new(ev, FY_I_LIST, &seq, t->shape.dims[dim]);
	for (i = 0; i < t->shape.dims[dim]; i++)
		fy_iseq_push(seq, listed(ev, t, dim + 1, at));
	return made;
}

fy_status fy_eval_tolist(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue base;
	fy_tensor *data;
	int64_t at = 0;

	FY_TRY(fy_eval_expr(ev, expr->base, &base));
	ev->span = expr->span;
	data = base.kind == FY_I_TENSOR ? fy_var_data(ev, base.t) : NULL;
	if (data)
		*out = listed(ev, data, 0, &at);
	fy_iunref(base);
	return data ? FY_OK
		    : fy_eval_error(ev, FY_UNSUPPORTED, "tolist-data",
				    "tolist() of a tensor whose values are not known");
}
