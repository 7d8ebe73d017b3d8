/*
 * In-place and out= forms: the functional twin runs and its result is written, in the type and shape of what
 * is written to. A few in-place forms change no data but what the variable views.
 */
#include "eval/eval_internal.h"

#include <string.h>

/* as_strided counts in the storage: while capturing it views the whole cell, whatever view of it the program
 * names. */
static fy_status run_strided(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args, fy_ivalue *out)
{
	fy_var *self = args[0].t;
	fy_ivalue all[4] = { args[0], args[1], args[2], args[3] };
	fy_status status;

	if (!FY_CAPTURING(ev))
		return fy_eval_schema(ev, schema, args, out);
	if (!fy_tensor_is_contiguous(self->cell->base) || self->cell->base->offset != 0 ||
	    self->tensor->offset == FY_STRIDE_UNKNOWN)
		return fy_eval_error(ev, FY_UNSUPPORTED, "as-strided",
				     "as_strided over memory that is not in row-major order");
	all[0] = fy_itensor(fy_var_whole(self));
	if (all[3].kind == FY_I_UNSET || all[3].kind == FY_I_NONE)
		all[3] = fy_iint(self->tensor->offset);
	status = fy_eval_schema(ev, schema, all, out);
	fy_iunref(all[0]);
	return status;
}

fy_status fy_eval_functional(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args, fy_ivalue *out)
{
	fy_status status;

	if (strcmp(schema->full, "aten::as_strided") == 0)
		return run_strided(ev, schema, args, out);
	FY_TRY(fy_eval_schema(ev, schema, args, out));
	status = fy_eval_batch_state(ev, schema, args);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

/* ---- in-place and out= forms
 * --------------------------------------------------------------------------------- */

/* unsqueeze_, t_ ...: the variable itself becomes the view. Nobody else may hold it: other names would change
 * too, which is what PyTorch does, but a journal cannot undo it. */
static fy_status become_view(fy_eval *ev, fy_var *self, fy_var *view)
{
	if (ev->journal)
		return fy_eval_error(ev, FY_UNSUPPORTED, "view-write",
				     "an in-place change of shape under a condition that depends on data");
	fy_tensor_unref(self->tensor);
	self->tensor = fy_tensor_ref(view->tensor);
	self->step = view->step;
	self->version = view->version;
	self->value = view->value;
	self->block = view->block;
	return FY_OK;
}

static void replace(fy_ivalue *value, fy_ivalue by)
{
	fy_iunref(*value);
	*value = by;
}

/* The functional result in the type and shape of what it is written to. */
static fy_status fit_result(fy_eval *ev, fy_var *self, fy_ivalue *result)
{
	const fy_shape *shape = &self->tensor->shape, *given = &result->t->tensor->shape;
	fy_shape both;
	fy_ivalue made;

	if (result->t->tensor->dtype != self->tensor->dtype) {
		FY_TRY(fy_eval_tensor_op(ev, "aten::to.dtype",
					 (fy_ivalue[]){ *result, fy_iint(self->tensor->dtype) }, 2, &made));
		replace(result, made);
		given = &result->t->tensor->shape;
	}
	if (fy_shape_eq(given, shape))
		return FY_OK;
	if (fy_shape_known(given) && fy_shape_known(shape) &&
	    (!fy_shape_broadcast(given, shape, &both) || !fy_shape_eq(&both, shape)))
		return fy_eval_raise(ev,
				     "the result's shape does not fit the tensor that is written in place");
	FY_TRY(fy_eval_tensor_op(ev, "aten::expand_as", (fy_ivalue[]){ *result, fy_itensor(self) }, 2,
				 &made));
	replace(result, made);
	return FY_OK;
}

static bool changes_view(const char *name)
{
	static const char *const names[] = { "aten::squeeze_",   "aten::unsqueeze_", "aten::t_",
					     "aten::transpose_", "aten::swapaxes_",  "aten::swapdims_",
					     "aten::as_strided_" };

	for (size_t i = 0; i < FY_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static fy_status write_result(fy_eval *ev, const fy_schema *schema, fy_ivalue target, fy_ivalue *result)
{
	if (target.kind != FY_I_TENSOR || result->kind != FY_I_TENSOR)
		return fy_eval_error(ev, FY_UNSUPPORTED, "op-unsupported", "'%s' cannot be written in place",
				     schema->full);
	if (result->t == target.t)
		return FY_OK;
	if (changes_view(schema->name))
		return become_view(ev, target.t, result->t);
	FY_TRY(fit_result(ev, target.t, result));
	return fy_var_write(ev, target.t, result->t);
}

/* Result k of the functional form goes to argument written + k. */
static fy_status write_all(fy_eval *ev, const fy_match *match, int written, fy_ivalue *result)
{
	int count = result->kind == FY_I_TUPLE ? (int)result->seq->count : 1;

	for (int k = 0; k < count; k++) {
		fy_ivalue *item = result->kind == FY_I_TUPLE ? &result->seq->items[k] : result;

		if (written + k >= match->schema->arg_count || !match->schema->args[written + k].type->write)
			break; /* a result that is only given back */
		FY_TRY(write_result(ev, match->schema, match->args[written + k], item));
	}
	return FY_OK;
}

/* What the call gives back: the written tensors themselves. */
static fy_ivalue written_back(fy_eval *ev, const fy_match *match, int written, fy_ivalue result)
{
	fy_iseq *tuple;
	fy_ivalue made;

	if (result.kind != FY_I_TUPLE)
		return fy_iref(match->args[written]);
	made = fy_iseq_new(ev, FY_I_TUPLE, &tuple, result.seq->count);
	for (int k = 0; k < (int)result.seq->count; k++) {
		bool own = written + k < match->schema->arg_count &&
			   match->schema->args[written + k].type->write;

		fy_iseq_push(tuple, fy_iref(own ? match->args[written + k] : result.seq->items[k]));
	}
	return made;
}

fy_status fy_eval_in_place(fy_eval *ev, const fy_match *match, const fy_schema *twin, int written,
			   fy_ivalue *out)
{
	const fy_schema *schema = match->schema;
	fy_ivalue *args = fy_zalloc((size_t)twin->arg_count * sizeof *args + 1), result;
	fy_status status;

	for (int i = 0, k = 0; i < schema->arg_count && k < twin->arg_count; i++)
		if (!schema->args[i].type->write ||
		    !schema->args[i].keyword_only) /* out= has no counterpart */
			args[k++] = match->args[i];
	status = fy_eval_functional(ev, twin, args, &result);
	fy_free(args);
	FY_TRY(status);
	status = write_all(ev, match, written, &result);
	if (status == FY_OK)
		*out = written_back(ev, match, written, result);
	fy_iunref(result);
	return status;
}
