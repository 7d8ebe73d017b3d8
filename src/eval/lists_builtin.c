/*
 * Reading lists and tuples, and what becomes of all their elements: sums, comparisons, copies.
 */
#include "eval/containers.h"

/* ---- reading lists
 * ---------------------------------------------------------------------------------------------- */

static fy_status do_len(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (fy_args_seq(args, 0)) {
		FY_TRY(fy_seq_readable(ev, args->items[0].seq));
		*out = fy_iint(args->items[0].seq->count);
	} else if (fy_args_dict(args, 0)) {
		FY_TRY(fy_dict_readable(ev, args->items[0].dict));
		*out = fy_iint(args->items[0].dict->count);
	} else {
		return FY_OK;
	}
	*handled = true;
	return FY_OK;
}

/* l[i] with an index that depends on data: one of the elements, all of which must be of one type. */
static fy_status pick(fy_eval *ev, const fy_iseq *seq, fy_value *index, fy_ivalue *out)
{
	fy_ivalue chosen = fy_iref(seq->items[seq->count - 1]);

	for (int64_t i = seq->count - 1; i-- > 0;) {
		fy_ivalue made;
		fy_value *here;
		fy_status status = fy_seq_is_at(ev, index, i, seq->count, &here);

		if (status == FY_OK)
			status = fy_eval_choose(ev, here, seq->items[i], chosen, &made);
		fy_iunref(chosen);
		FY_TRY(status);
		chosen = made;
	}
	*out = chosen;
	return FY_OK;
}

static fy_status do_getitem(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_iseq *seq;
	fy_value *symbol;
	int64_t at;
	fy_status status;

	if (!fy_args_seq(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_readable(ev, seq));
	FY_TRY(fy_seq_index(ev, args->items[1], seq->count, &at, &symbol));
	if (symbol)
		FY_TRY(pick(ev, seq, symbol, out));
	else
		*out = fy_iref(seq->items[at]);
	status = fy_item_readable(ev, *out);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

/* A bound of a slice: None gives `otherwise`; negative ones count from the end; clipped to low..high. */
static fy_status bound(fy_eval *ev, const fy_args *args, int i, int64_t count, int64_t otherwise, int64_t low,
		       int64_t high, int64_t *out)
{
	fy_ivalue v;

	*out = otherwise;
	if (args->count <= i || args->items[i].kind == FY_I_NONE)
		return FY_OK;
	FY_TRY(fy_eval_to_number(ev, args->items[i], FY_I_INT, &v));
	if (v.kind == FY_I_SYMBOL)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-index-data",
				     "a slice of a list depends on data");
	*out = v.i < 0 ? v.i + count : v.i;
	*out = *out < low ? low : *out > high ? high : *out;
	return FY_OK;
}

/* start:stop:step of a sequence as Python has it: steps may be negative, bounds beyond the ends are clipped.
 */
static fy_status do_slice(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t bounds[2], step = 1, count;
	const fy_iseq *seq;
	fy_iseq *made;

	if (!fy_args_seq(args, 0))
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	count = seq->count;
	FY_TRY(fy_seq_readable(ev, seq));
	if (args->count > 3 && args->items[3].kind == FY_I_INT)
		step = args->items[3].i;
	if (step == 0)
		return fy_eval_raise(ev, "slice step cannot be zero");
	for (int i = 0; i < 2; i++) {
		int64_t end = (i == 0) == (step > 0) ? 0 : count, low = step > 0 ? 0 : -1;

		FY_TRY(bound(ev, args, 1 + i, count, step > 0 ? end : end - 1, low, count + low, &bounds[i]));
	}
	FY_TRY(fy_eval_spend(ev, count / 16));
	*out = fy_iseq_new(ev, args->items[0].kind, &made, 0);
	made->element = seq->element;
	for (int64_t i = bounds[0]; step > 0 ? i < bounds[1] : i > bounds[1];) {
		fy_iseq_push(made, fy_iref(seq->items[i]));
		if (!fy_add_i64(i, step, &i))
			break;
	}
	return FY_OK;
}

static fy_status do_add_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 2 || !fy_args_list(args, 0) || !fy_args_list(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_readable(ev, args->items[0].seq));
	FY_TRY(fy_seq_readable(ev, args->items[1].seq));
	FY_TRY(fy_eval_room(ev, args->items[0].seq->count + args->items[1].seq->count));
	*out = fy_seq_copy(ev, args->items[0].seq);
	for (int64_t i = 0; i < args->items[1].seq->count; i++)
		fy_iseq_push(out->seq, fy_iref(args->items[1].seq->items[i]));
	return FY_OK;
}

static fy_status do_mul_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	bool first = fy_args_list(args, 0);
	const fy_iseq *seq;
	int64_t times;

	if (args->count != 2 || (!first && !fy_args_list(args, 1)) ||
	    args->items[first ? 1 : 0].kind != FY_I_INT)
		return FY_OK;
	*handled = true;
	seq = args->items[first ? 0 : 1].seq;
	times = args->items[first ? 1 : 0].i;
	FY_TRY(fy_seq_readable(ev, seq));
	times = times < 0 || seq->count == 0 ? 0 : times;
	FY_TRY(fy_eval_room(ev, times > INT64_MAX / (seq->count + 1) ? INT64_MAX : seq->count * times));
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, seq->count * times);
	out->seq->element = seq->element;
	for (int64_t t = 0; t < times; t++)
		for (int64_t i = 0; i < seq->count; i++)
			fy_iseq_push(out->seq, fy_iref(seq->items[i]));
	return FY_OK;
}

static fy_status do_contains(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	bool found = false;

	if (args->count != 2 || (!fy_args_seq(args, 0) && !fy_args_dict(args, 0)))
		return FY_OK;
	*handled = true;
	if (fy_args_dict(args, 0)) {
		FY_TRY(fy_dict_readable(ev, args->items[0].dict));
		FY_TRY(fy_eval_key(ev, args->items[1]));
		found = fy_idict_find(args->items[0].dict, args->items[1]) != NULL;
	} else {
		FY_TRY(fy_seq_readable(ev, args->items[0].seq));
		FY_TRY(fy_eval_bounded(ev, args->items[0]));
		FY_TRY(fy_eval_bounded(ev, args->items[1]));
		for (int64_t i = 0; i < args->items[0].seq->count && !found; i++)
			found = fy_iequal(args->items[0].seq->items[i], args->items[1]);
	}
	*out = fy_ibool(found);
	return FY_OK;
}

static bool any_symbol(const fy_iseq *seq)
{
	for (int64_t i = 0; i < seq->count; i++)
		if (!fy_inumber(seq->items[i]))
			return false;
	for (int64_t i = 0; i < seq->count; i++)
		if (seq->items[i].kind == FY_I_SYMBOL)
			return true;
	return false;
}

static bool all_known(const fy_iseq *seq)
{
	for (int64_t i = 0; i < seq->count; i++) {
		fy_ivalue item = seq->items[i];

		if (item.kind == FY_I_SYMBOL || item.kind == FY_I_TENSOR ||
		    (fy_iseq_like(item) && !all_known(item.seq)))
			return false;
	}
	return true;
}

static fy_status combine(fy_eval *ev, const char *name, fy_ivalue a, fy_ivalue b, fy_ivalue *out)
{
	fy_ivalue pair[2] = { a, b };
	bool handled;

	FY_TRY(fy_builtin_call(ev, name, &(fy_args){ .items = pair, .count = 2 }, out, &handled));
	FY_ASSERT(handled);
	return FY_OK;
}

/* Sizes that depend on data: equal when each number is. */
static fy_status equal_numbers(fy_eval *ev, const fy_iseq *a, const fy_iseq *b, fy_ivalue *out)
{
	*out = fy_ibool(a->count == b->count);
	for (int64_t i = 0; i < a->count && a->count == b->count; i++) {
		fy_ivalue same;

		FY_TRY(combine(ev, "aten::eq", a->items[i], b->items[i], &same));
		FY_TRY(combine(ev, "aten::__and__", *out, same, out));
	}
	return FY_OK;
}

static fy_status equal_seqs(fy_eval *ev, const fy_iseq *a, const fy_iseq *b, fy_ivalue *out)
{
	FY_TRY(fy_seq_readable(ev, a));
	FY_TRY(fy_seq_readable(ev, b));
	if (any_symbol(a) || any_symbol(b))
		return equal_numbers(ev, a, b, out);
	if (!all_known(a) || !all_known(b))
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-compare-data",
				     "lists of tensors are compared");
	*out = fy_ibool(a->count == b->count);
	for (int64_t i = 0; i < a->count && out->b; i++)
		out->b = fy_iequal(a->items[i], b->items[i]);
	return FY_OK;
}

static fy_status do_eq(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 2 || args->items[0].kind != args->items[1].kind)
		return FY_OK;
	FY_TRY(fy_eval_bounded(ev, args->items[0]));
	FY_TRY(fy_eval_bounded(ev, args->items[1]));
	switch (args->items[0].kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		*handled = true;
		return equal_seqs(ev, args->items[0].seq, args->items[1].seq, out);
	case FY_I_DICT:
		*handled = true;
		FY_TRY(fy_dict_readable(ev, args->items[0].dict));
		FY_TRY(fy_dict_readable(ev, args->items[1].dict));
		for (int64_t i = 0; i < args->items[0].dict->count; i++)
			if (args->items[0].dict->items[i].value.kind == FY_I_TENSOR)
				return fy_eval_error(ev, FY_UNSUPPORTED, "list-compare-data",
						     "dicts of tensors are compared");
		break;
	case FY_I_STR:
	case FY_I_DEVICE:
	case FY_I_ENUM:
	case FY_I_NONE:
		*handled = true;
		break;
	default:
		return FY_OK;
	}
	*out = fy_ibool(fy_iequal(args->items[0], args->items[1]));
	return FY_OK;
}

static fy_status do_ne(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue same;
	bool done;

	FY_TRY(do_eq(ev, args, &same, handled));
	if (!*handled)
		return FY_OK;
	return fy_builtin_call(ev, "aten::__not__", &(fy_args){ .items = &same, .count = 1 }, out, &done);
}

/* Elements as numbers, for sum, min, max, any, all. Tensors are left to the tensor operators. */
static bool foldable(const fy_args *args)
{
	if (args->count != 1 || !fy_args_list(args, 0))
		return false;
	for (int64_t i = 0; i < args->items[0].seq->count; i++) {
		fy_ikind kind = args->items[0].seq->items[i].kind;

		if (kind != FY_I_INT && kind != FY_I_FLOAT && kind != FY_I_BOOL && kind != FY_I_SYMBOL)
			return false;
	}
	return true;
}

/* Folds the list by a two-argument operator of numbers. */
static fy_status fold(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue start, bool has_start,
		      fy_ivalue *out, bool *handled)
{
	fy_ivalue value = start;
	const fy_iseq *seq;
	int64_t i = 0;

	if (!foldable(args))
		return FY_OK;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_readable(ev, seq));
	FY_TRY(fy_eval_spend(ev, seq->count / 4));
	*handled = true;
	if (!has_start) {
		if (seq->count == 0)
			return fy_eval_raise(ev, "the list is empty");
		value = seq->items[i++];
	}
	for (; i < seq->count; i++) {
		fy_ivalue pair[2] = { value, seq->items[i] };
		bool done;

		FY_TRY(fy_builtin_call(ev, name, &(fy_args){ .items = pair, .count = 2 }, &value, &done));
		FY_ASSERT(done);
	}
	*out = value;
	return FY_OK;
}

static fy_status do_sum(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	bool real = foldable(args) && args->items[0].seq->count > 0 &&
		    args->items[0].seq->items[0].kind == FY_I_FLOAT;

	return fold(ev, "aten::add", args, real ? fy_ifloat(0) : fy_iint(0), true, out, handled);
}

static fy_status do_max(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return fold(ev, "prim::max", a, fy_inone(), false, o, h);
}

static fy_status do_min(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return fold(ev, "prim::min", a, fy_inone(), false, o, h);
}

static fy_status truth(fy_eval *ev, bool any, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_iseq *seq;
	fy_ivalue value = fy_ibool(!any);

	if (!foldable(args))
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_readable(ev, seq));
	FY_TRY(fy_eval_spend(ev, seq->count / 4));
	for (int64_t i = 0; i < seq->count; i++) {
		fy_ivalue pair[2] = { value };
		bool done;

		FY_TRY(fy_eval_to_number(ev, seq->items[i], FY_I_BOOL, &pair[1]));
		FY_TRY(fy_builtin_call(ev, any ? "aten::__or__" : "aten::__and__",
				       &(fy_args){ .items = pair, .count = 2 }, &value, &done));
	}
	*out = value;
	return FY_OK;
}

static fy_status do_any(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return truth(ev, true, a, o, h);
}
static fy_status do_all(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return truth(ev, false, a, o, h);
}

static fy_status do_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 0 && args->keyword_count == 0) {
		*handled = true;
		*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
		return FY_OK;
	}
	if (args->count == 1 && args->items[0].kind == FY_I_STR) {
		*handled = true;
		FY_TRY(fy_eval_spend(ev, (int64_t)args->items[0].s->len));
		*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
		for (size_t i = 0; i < args->items[0].s->len; i++)
			fy_iseq_push(out->seq, fy_istring(args->items[0].s->data + i, 1));
		return FY_OK;
	}
	if (!fy_args_seq(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_readable(ev, args->items[0].seq));
	FY_TRY(fy_eval_room(ev, args->items[0].seq->count));
	*out = fy_seq_copy(ev, args->items[0].seq);
	return FY_OK;
}

static fy_status do_copy(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (fy_args_list(args, 0))
		return do_list(ev, args, out, handled);
	if (!fy_args_dict(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_dict_readable(ev, args->items[0].dict));
	FY_TRY(fy_eval_spend(ev, args->items[0].dict->count / 8));
	*out = fy_dict_copy(ev, args->items[0].dict);
	return FY_OK;
}

static fy_status find_item(fy_eval *ev, const fy_args *args, int64_t *at, int64_t *count, bool *handled)
{
	const fy_iseq *seq;

	if (!fy_args_list(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_readable(ev, seq));
	FY_TRY(fy_eval_bounded(ev, args->items[0]));
	FY_TRY(fy_eval_bounded(ev, args->items[1]));
	*at = -1;
	*count = 0;
	for (int64_t i = 0; i < seq->count; i++) {
		if (!fy_iequal(seq->items[i], args->items[1]))
			continue;
		*at = *at < 0 ? i : *at;
		++*count;
	}
	return FY_OK;
}

static fy_status do_index(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at = -1, count = 0;

	if (args->count == 2 && args->items[1].kind == FY_I_LIST)
		return FY_OK; /* aten::index of a tensor takes a list */
	FY_TRY(find_item(ev, args, &at, &count, handled));
	if (!*handled)
		return FY_OK;
	if (at < 0)
		return fy_eval_raise(ev, "the value is not in the list");
	*out = fy_iint(at);
	return FY_OK;
}

static fy_status do_count(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at = -1, count = 0;

	FY_TRY(find_item(ev, args, &at, &count, handled));
	if (*handled)
		*out = fy_iint(count);
	return FY_OK;
}

/* _single, _pair ...: a number repeated, a list as it is. */
static fy_status repeat(fy_eval *ev, int times, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1)
		return FY_OK;
	*handled = true;
	if (fy_args_seq(args, 0)) {
		*out = fy_iref(args->items[0]);
		return FY_OK;
	}
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, times);
	for (int i = 0; i < times; i++)
		fy_iseq_push(out->seq, fy_iref(args->items[0]));
	return FY_OK;
}

static fy_status do_single(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return repeat(ev, 1, a, o, h);
}
static fy_status do_pair(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return repeat(ev, 2, a, o, h);
}
static fy_status do_triple(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return repeat(ev, 3, a, o, h);
}
static fy_status do_quadruple(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return repeat(ev, 4, a, o, h);
}

const fy_builtin fy_builtins_list[] = {
	{ "aten::len", do_len },
	{ "aten::__getitem__", do_getitem },
	{ "aten::slice", do_slice },
	{ "aten::add", do_add_list },
	{ "aten::mul", do_mul_list },
	{ "aten::__contains__", do_contains },
	{ "aten::eq", do_eq },
	{ "aten::ne", do_ne },
	{ "aten::sum", do_sum },
	{ "prim::max", do_max },
	{ "prim::min", do_min },
	{ "aten::any", do_any },
	{ "aten::all", do_all },
	{ "aten::list", do_list },
	{ "aten::copy", do_copy },
	{ "aten::index", do_index },
	{ "aten::count", do_count },
	{ "aten::_single", do_single },
	{ "aten::_pair", do_pair },
	{ "aten::_triple", do_triple },
	{ "aten::_quadruple", do_quadruple },
	{ NULL, NULL },
};
