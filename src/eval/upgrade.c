/*
 * Operators whose meaning changed between archive versions, as old archives meant them. Applies to calls
 * inside methods only: PyTorch compiles free functions without a version.
 */
#include "eval/eval_internal.h"

#include <string.h>

static fy_status plain(fy_eval *ev, const fy_bexpr *expr, const fy_args *args, fy_ivalue *out)
{
	bool handled;

	FY_TRY(fy_builtin_call(ev, expr->name, args, out, &handled));
	if (handled)
		return FY_OK;
	return fy_eval_operator(ev, expr->name, expr->schemas, args->items, args->count, args->names,
				args->values, args->keyword_count, out);
}

static bool is_float(fy_ivalue v)
{
	return v.kind == FY_I_FLOAT || (v.kind == FY_I_TENSOR && fy_dtype_is_float(v.t->tensor->dtype)) ||
	       (v.kind == FY_I_SYMBOL && v.symbol->type->dtype == FY_F64);
}

/* Up to version 3 integers divided by integers truncated. */
static fy_status old_div(fy_eval *ev, const fy_bexpr *expr, const fy_args *args, fy_ivalue *out)
{
	const char *name = "rounding_mode";
	fy_ivalue mode;
	fy_status status;

	if (args->count != 2 || args->keyword_count || args->items[0].kind != FY_I_TENSOR ||
	    is_float(args->items[0]) || is_float(args->items[1]))
		return plain(ev, expr, args, out);
	mode = fy_istring("trunc", 5);
	status = fy_eval_operator(ev, expr->name, expr->schemas, args->items, 2, &name, &mode, 1, out);
	fy_iunref(mode);
	return status;
}

/* Up to version 4 the fill value became a float when no dtype was given. */
static fy_status old_full(fy_eval *ev, const fy_bexpr *expr, const fy_args *args, fy_ivalue *out)
{
	const fy_ivalue *dtype = fy_args_get(args, 2, "dtype");
	fy_ivalue *items;
	fy_args changed = *args;
	fy_status status;

	if (args->count < 2 || (dtype && dtype->kind != FY_I_NONE))
		return plain(ev, expr, args, out);
	items = fy_alloc((size_t)args->count * sizeof *items);
	memcpy(items, args->items, (size_t)args->count * sizeof *items);
	status = fy_eval_to_number(ev, items[1], FY_I_FLOAT, &items[1]);
	changed.items = items;
	if (status == FY_OK)
		status = plain(ev, expr, &changed, out);
	fy_free(items);
	return status;
}

/* linspace up to 7 and logspace up to 8: no steps meant 100. */
static fy_status old_steps(fy_eval *ev, const fy_bexpr *expr, const fy_args *args, fy_ivalue *out)
{
	const fy_ivalue *steps = fy_args_get(args, 2, "steps");
	fy_ivalue items[3];
	fy_args changed = *args;

	if (args->count < 2 || args->count > 3 || (steps && steps->kind != FY_I_NONE))
		return plain(ev, expr, args, out);
	items[0] = args->items[0];
	items[1] = args->items[1];
	items[2] = fy_iint(100);
	changed.items = items;
	changed.count = 3;
	return plain(ev, expr, &changed, out);
}

fy_status fy_eval_upgraded(fy_eval *ev, const fy_bexpr *expr, const fy_args *args, fy_ivalue *out)
{
	if (strcmp(expr->upgrade, "div") == 0)
		return old_div(ev, expr, args, out);
	if (strcmp(expr->upgrade, "full") == 0)
		return old_full(ev, expr, args, out);
	return old_steps(ev, expr, args, out);
}
