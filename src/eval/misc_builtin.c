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
	*out = fy_ibool(fy_iidentical(args->items[0], args->items[1]) == wanted);
	return FY_OK;
}

static fy_status do_is(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return is(ev, true, a, o, h); }
static fy_status do_isnot(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return is(ev, false, a, o, h); }

static fy_status do_raise(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	fy_status status;

	(void)out;
	*handled = true;
	if (args->count > 0)
		fy_iprint(args->items[0], &text, false);
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
	if (args->count > 0)
		fy_iprint(args->items[0], &text, false);
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

static fy_status known_ints(fy_eval *ev, const fy_args *args, int count, int64_t *out, bool *known)
{
	*known = true;
	for (int i = 0; i < count; i++) {
		fy_ivalue v;

		FY_TRY(fy_eval_to_number(ev, args->items[i], FY_I_INT, &v));
		*known &= v.kind == FY_I_INT;
		out[i] = v.kind == FY_I_INT ? v.i : 0;
	}
	return FY_OK;
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

/* __range_length(start, stop, step) = max(0, ceil((stop - start) / step)). */
static fy_status do_range_length(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t v[3];
	fy_ivalue span;
	bool known;

	if (args->count != 3)
		return FY_OK;
	*handled = true;
	FY_TRY(known_ints(ev, args, 3, v, &known));
	if (args->items[2].kind == FY_I_INT && v[2] == 0)
		return fy_eval_raise(ev, "range() step is zero");
	if (known) {
		__int128 d = v[2] > 0 ? (__int128)v[1] - v[0] : (__int128)v[0] - v[1];
		__int128 step = v[2] > 0 ? v[2] : -(__int128)v[2];

		*out = fy_iint(d <= 0 ? 0 : (int64_t)((d + step - 1) / step));
		return FY_OK;
	}
	if (args->items[2].kind != FY_I_INT || v[2] != 1)
		return fy_eval_error(ev, FY_UNSUPPORTED, "range-data", "a range with a step over numbers that depend on data");
	FY_TRY(number_op(ev, "aten::sub", args->items[1], args->items[0], &span));
	return number_op(ev, "prim::max", span, fy_iint(0), out);
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
