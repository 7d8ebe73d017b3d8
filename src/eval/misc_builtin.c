/*
 * The rest of the operators without tensor data: identity, raising, loop helpers, states that do not exist in
 * inference (gradients, autocast, tracing).
 */
#include "eval/eval_internal.h"

#include <string.h>

static fy_status is(fy_eval *ev, bool wanted, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 2)
		return FY_OK;
	for (int i = 0; i < 2; i++) {
		if (args->items[i].kind == FY_I_POISON && args->items[i].poison->unsupported) {
			*handled = true; /* what an unsupported operator gives is never None */
			*out = fy_ibool(!wanted);
			return FY_OK;
		}
		if (args->items[i].kind == FY_I_POISON)
			return fy_eval_poisoned(ev, args->items[i].poison);
	}
	*handled = true;
	if (args->items[0].kind == FY_I_ENUM &&
	    args->items[1].kind == FY_I_ENUM) /* each mention makes a member anew */
		*out = fy_ibool((args->items[0].member == args->items[1].member) == wanted);
	else
		*out = fy_ibool(fy_iidentical(args->items[0], args->items[1]) == wanted);
	return FY_OK;
}

static fy_status do_is(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return is(ev, true, a, o, h);
}
static fy_status do_isnot(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return is(ev, false, a, o, h);
}

static fy_status do_raise(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	fy_status status;

	(void)out;
	*handled = true;
	if (args->count > 0) {
		FY_TRY(fy_eval_bounded(ev, args->items[0]));
		fy_iprint(args->items[0], &text, false);
	}
	status = fy_eval_raise(ev, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

/* Said once per text. */
static fy_status do_warn(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_place place = fy_eval_place(ev);
	fy_buf text = { 0 };

	*handled = true;
	*out = fy_inone();
	if (args->count > 0) {
		FY_TRY(fy_eval_bounded(ev, args->items[0]));
		fy_iprint(args->items[0], &text, false);
	}
	if (!fy_map_has(&ev->reported, (fy_str){ fy_buf_text(&text), text.len })) {
		fy_map_put(&ev->reported, (fy_str){ fy_buf_text(&text), text.len }, ev);
		fy_warning(ev->diags, "program-warns", &place, "the program warns: %s", fy_buf_text(&text));
	}
	fy_buf_release(&text);
	return FY_OK;
}

/* print() of a model is of no use to whoever converts it. */
static fy_status do_print(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	(void)args;
	*handled = true;
	*out = fy_inone();
	return FY_OK;
}

static fy_status do_never(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	(void)args;
	*handled = true;
	*out = fy_ibool(false);
	return FY_OK;
}

static fy_status do_identity(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (args->count < 1)
		return FY_OK;
	*handled = true;
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_status do_unwrap(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 1 && args->items[0].kind == FY_I_NONE)
		return fy_eval_raise(ev, "unwrapping None");
	return do_identity(ev, args, out, handled);
}

/* One number operator on two values. */
static fy_status number_op(fy_eval *ev, const char *name, fy_ivalue a, fy_ivalue b, fy_ivalue *out)
{
	fy_ivalue pair[2] = { a, b };
	bool handled;

	FY_TRY(fy_builtin_call(ev, name, &(fy_args){ .items = pair, .count = 2 }, out, &handled));
	FY_ASSERT(handled);
	return FY_OK;
}

/* INT64_MAX stands for more, too. */
static int64_t range_length(int64_t start, int64_t stop, int64_t step)
{
	__int128 way = step > 0 ? (__int128)stop - start : (__int128)start - stop;
	__int128 by = step > 0 ? step : -(__int128)step;

	__int128 rounds = way <= 0 ? 0 : (way + by - 1) / by;

	return rounds > INT64_MAX ? INT64_MAX : (int64_t)rounds;
}

/* __range_length(start, stop, step) = max(0, ceil((stop - start) / step)). */
static fy_status do_range_length(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue v[3], n;
	bool down;

	if (args->count != 3)
		return FY_OK;
	*handled = true;
	for (int i = 0; i < 3; i++)
		FY_TRY(fy_eval_to_number(ev, args->items[i], FY_I_INT, &v[i]));
	if (v[2].kind != FY_I_INT)
		return fy_eval_error(ev, FY_UNSUPPORTED, "range-data", "the step of a range depends on data");
	if (v[2].i == 0)
		return fy_eval_raise(ev, "range() step is zero");
	if (v[0].kind == FY_I_INT && v[1].kind == FY_I_INT) {
		*out = fy_iint(range_length(v[0].i, v[1].i, v[2].i));
		return FY_OK;
	}
	down = v[2].i < 0;
	FY_TRY(number_op(ev, "aten::sub", v[down ? 0 : 1], v[down ? 1 : 0], &n));
	if (v[2].i != 1 && v[2].i != -1) {
		fy_ivalue by = fy_iint(down ? (int64_t)(0 - (uint64_t)v[2].i) : v[2].i);

		FY_TRY(number_op(ev, "aten::add", n, fy_iint(by.i - 1), &n));
		FY_TRY(number_op(ev, "aten::floordiv", n, by, &n));
	}
	return number_op(ev, "prim::max", n, fy_iint(0), out);
}

/* __derive_index(i, start, step) = start + i * step. */
static fy_status do_derive_index(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue scaled;

	if (args->count != 3)
		return FY_OK;
	*handled = true;
	FY_TRY(number_op(ev, "aten::mul", args->items[0], args->items[2], &scaled));
	return number_op(ev, "aten::add", args->items[1], scaled, out);
}

const fy_builtin fy_builtins_misc[] = {
	{ "aten::__is__", do_is },
	{ "aten::__isnot__", do_isnot },
	{ "prim::RaiseException", do_raise },
	{ "aten::warn", do_warn },
	{ "prim::Print", do_print },
	{ "aten::is_grad_enabled", do_never },
	{ "aten::is_autocast_enabled", do_never },
	{ "aten::is_autocast_cpu_enabled", do_never },
	{ "aten::set_grad_enabled", do_print },
	{ "aten::manual_seed", do_print },
	{ "aten::wait", do_identity },
	{ "aten::_unwrap_optional", do_unwrap },
	{ "prim::unchecked_unwrap_optional", do_identity },
	{ "prim::unchecked_cast", do_identity },
	{ "aten::__range_length", do_range_length },
	{ "aten::__derive_index", do_derive_index },
	{ NULL, NULL },
};
