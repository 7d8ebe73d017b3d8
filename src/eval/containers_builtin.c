/*
 * Lists, tuples and dicts. Every change is told to the journal first; containers whose identity was lost at a merge
 * may be read, not written.
 */
#include "eval/eval_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- access ---------------------------------------------------------------------------------------------------- */

static bool is_seq(const fy_args *args, int i)
{
	return args->count > i && (args->items[i].kind == FY_I_LIST || args->items[i].kind == FY_I_TUPLE);
}

static bool is_list(const fy_args *args, int i) { return args->count > i && args->items[i].kind == FY_I_LIST; }
static bool is_dict(const fy_args *args, int i) { return args->count > i && args->items[i].kind == FY_I_DICT; }

static fy_status readable(fy_eval *ev, const fy_iseq *seq)
{
	return seq->poison ? fy_eval_poisoned(ev, seq->poison) : FY_OK;
}

static fy_status writable(fy_eval *ev, fy_iseq *seq)
{
	FY_TRY(readable(ev, seq));
	if (seq->lost)
		return fy_eval_poisoned(ev, seq->lost);
	fy_journal_touch(ev, FY_AT_LIST, seq, 0, seq->birth);
	return FY_OK;
}

static fy_status dict_readable(fy_eval *ev, const fy_idict *dict)
{
	return dict->poison ? fy_eval_poisoned(ev, dict->poison) : FY_OK;
}

static fy_status dict_writable(fy_eval *ev, fy_idict *dict)
{
	FY_TRY(dict_readable(ev, dict));
	if (dict->lost)
		return fy_eval_poisoned(ev, dict->lost);
	fy_journal_touch(ev, FY_AT_DICT, dict, 0, dict->birth);
	return FY_OK;
}

/* Index argument i as a known position among `count` elements, negative ones from the end. */
static fy_status position(fy_eval *ev, const fy_args *args, int i, int64_t count, int64_t *out)
{
	fy_ivalue v;

	FY_TRY(fy_eval_to_number(ev, args->items[i], FY_I_INT, &v));
	if (v.kind == FY_I_SYMBOL)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-index-data", "the index into a list depends on data");
	*out = v.i < 0 ? v.i + count : v.i;
	if (*out < 0 || *out >= count)
		return fy_eval_raise(ev, "list index out of range: %" PRId64 " of %" PRId64, v.i, count);
	return FY_OK;
}

static fy_ivalue copy_seq(fy_eval *ev, fy_ikind kind, const fy_iseq *from, int64_t start, int64_t stop, int64_t step)
{
	fy_iseq *seq;
	fy_ivalue made = fy_iseq_new(ev, kind, &seq, stop > start ? stop - start : 0);

	seq->element = from->element;
	for (int64_t i = start; i < stop; i += step)
		fy_iseq_push(seq, fy_iref(from->items[i]));
	return made;
}

/* ---- reading lists ---------------------------------------------------------------------------------------------- */

static fy_status do_len(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (is_seq(args, 0)) {
		FY_TRY(readable(ev, args->items[0].seq));
		*out = fy_iint(args->items[0].seq->count);
	} else if (is_dict(args, 0)) {
		FY_TRY(dict_readable(ev, args->items[0].dict));
		*out = fy_iint(args->items[0].dict->count);
	} else {
		return FY_OK;
	}
	*handled = true;
	return FY_OK;
}

static fy_status do_getitem(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at;

	if (!is_seq(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	FY_TRY(readable(ev, args->items[0].seq));
	FY_TRY(position(ev, args, 1, args->items[0].seq->count, &at));
	if (args->items[0].seq->items[at].kind == FY_I_POISON && !args->items[0].seq->items[at].poison->unsupported)
		return fy_eval_poisoned(ev, args->items[0].seq->items[at].poison);
	*out = fy_iref(args->items[0].seq->items[at]);
	return FY_OK;
}

/* A bound of a slice: None gives `otherwise`; negative ones count from the end; clipped to low..high. */
static fy_status bound(fy_eval *ev, const fy_args *args, int i, int64_t count, int64_t otherwise, int64_t low, int64_t high,
		       int64_t *out)
{
	fy_ivalue v;

	*out = otherwise;
	if (args->count <= i || args->items[i].kind == FY_I_NONE)
		return FY_OK;
	FY_TRY(fy_eval_to_number(ev, args->items[i], FY_I_INT, &v));
	if (v.kind == FY_I_SYMBOL)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-index-data", "a slice of a list depends on data");
	*out = v.i < 0 ? v.i + count : v.i;
	*out = *out < low ? low : *out > high ? high : *out;
	return FY_OK;
}

/* start:stop:step of a sequence as Python has it: steps may be negative, bounds beyond the ends are clipped. */
static fy_status do_slice(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t bounds[2], step = 1, count;
	const fy_iseq *seq;
	fy_iseq *made;

	if (!is_seq(args, 0))
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	count = seq->count;
	FY_TRY(readable(ev, seq));
	if (args->count > 3 && args->items[3].kind == FY_I_INT)
		step = args->items[3].i;
	if (step == 0)
		return fy_eval_raise(ev, "slice step cannot be zero");
	for (int i = 0; i < 2; i++) {
		int64_t end = (i == 0) == (step > 0) ? 0 : count, low = step > 0 ? 0 : -1;

		FY_TRY(bound(ev, args, 1 + i, count, step > 0 ? end : end - 1, low, count + low, &bounds[i]));
	}
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
	if (args->count != 2 || !is_list(args, 0) || !is_list(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(readable(ev, args->items[0].seq));
	FY_TRY(readable(ev, args->items[1].seq));
	*out = copy_seq(ev, FY_I_LIST, args->items[0].seq, 0, args->items[0].seq->count, 1);
	for (int64_t i = 0; i < args->items[1].seq->count; i++)
		fy_iseq_push(out->seq, fy_iref(args->items[1].seq->items[i]));
	return FY_OK;
}

static fy_status do_mul_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	bool first = is_list(args, 0);
	const fy_iseq *seq;
	int64_t times;

	if (args->count != 2 || (!first && !is_list(args, 1)) || args->items[first ? 1 : 0].kind != FY_I_INT)
		return FY_OK;
	*handled = true;
	seq = args->items[first ? 0 : 1].seq;
	times = args->items[first ? 1 : 0].i;
	FY_TRY(readable(ev, seq));
	if (times > 0 && seq->count > 10000000 / times)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-size", "a list of more than 10,000,000 elements");
	*out = copy_seq(ev, FY_I_LIST, seq, 0, 0, 1);
	for (int64_t t = 0; t < times; t++)
		for (int64_t i = 0; i < seq->count; i++)
			fy_iseq_push(out->seq, fy_iref(seq->items[i]));
	return FY_OK;
}

static fy_status do_contains(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	bool found = false;

	if (args->count != 2 || (!is_seq(args, 0) && !is_dict(args, 0)))
		return FY_OK;
	*handled = true;
	if (is_dict(args, 0)) {
		FY_TRY(dict_readable(ev, args->items[0].dict));
		found = fy_idict_find(args->items[0].dict, args->items[1]) != NULL;
	} else {
		FY_TRY(readable(ev, args->items[0].seq));
		for (int64_t i = 0; i < args->items[0].seq->count && !found; i++)
			found = fy_iequal(args->items[0].seq->items[i], args->items[1]);
	}
	*out = fy_ibool(found);
	return FY_OK;
}

static bool has_symbol(const fy_iseq *seq)
{
	for (int64_t i = 0; i < seq->count; i++)
		if (seq->items[i].kind == FY_I_SYMBOL || seq->items[i].kind == FY_I_TENSOR)
			return true;
	return false;
}

static fy_status equal(fy_eval *ev, bool wanted, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 2 || args->items[0].kind != args->items[1].kind)
		return FY_OK;
	switch (args->items[0].kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		FY_TRY(readable(ev, args->items[0].seq));
		FY_TRY(readable(ev, args->items[1].seq));
		if (has_symbol(args->items[0].seq) || has_symbol(args->items[1].seq))
			return fy_eval_error(ev, FY_UNSUPPORTED, "list-compare-data",
					     "lists whose elements depend on data are compared");
		break;
	case FY_I_DICT:
	case FY_I_STR:
	case FY_I_DEVICE:
	case FY_I_ENUM:
	case FY_I_NONE:
		break;
	default:
		return FY_OK;
	}
	*handled = true;
	*out = fy_ibool(fy_iequal(args->items[0], args->items[1]) == wanted);
	return FY_OK;
}

static fy_status do_eq(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return equal(ev, true, a, o, h); }
static fy_status do_ne(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return equal(ev, false, a, o, h); }

/* Elements as numbers, for sum, min, max, any, all. Tensors are left to the tensor operators. */
static bool foldable(const fy_args *args)
{
	if (args->count != 1 || !is_list(args, 0))
		return false;
	for (int64_t i = 0; i < args->items[0].seq->count; i++) {
		fy_ikind kind = args->items[0].seq->items[i].kind;

		if (kind != FY_I_INT && kind != FY_I_FLOAT && kind != FY_I_BOOL && kind != FY_I_SYMBOL)
			return false;
	}
	return true;
}

/* Folds the list by a two-argument operator of numbers. */
static fy_status fold(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue start, bool has_start, fy_ivalue *out,
		      bool *handled)
{
	fy_ivalue value = start;
	const fy_iseq *seq;
	int64_t i = 0;

	if (!foldable(args))
		return FY_OK;
	seq = args->items[0].seq;
	FY_TRY(readable(ev, seq));
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
	bool real = foldable(args) && args->items[0].seq->count > 0 && args->items[0].seq->items[0].kind == FY_I_FLOAT;

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
	FY_TRY(readable(ev, seq));
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

static fy_status do_any(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return truth(ev, true, a, o, h); }
static fy_status do_all(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return truth(ev, false, a, o, h); }

static fy_status do_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 0 && args->keyword_count == 0) {
		*handled = true;
		*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
		return FY_OK;
	}
	if (args->count == 1 && args->items[0].kind == FY_I_STR) {
		*handled = true;
		*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
		for (size_t i = 0; i < args->items[0].s->len; i++)
			fy_iseq_push(out->seq, fy_istring(args->items[0].s->data + i, 1));
		return FY_OK;
	}
	if (!is_seq(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	FY_TRY(readable(ev, args->items[0].seq));
	*out = copy_seq(ev, FY_I_LIST, args->items[0].seq, 0, args->items[0].seq->count, 1);
	return FY_OK;
}

static fy_status do_copy(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (is_list(args, 0))
		return do_list(ev, args, out, handled);
	if (!is_dict(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(dict_readable(ev, args->items[0].dict));
	*out = fy_idict_new(ev, NULL);
	for (int64_t i = 0; i < args->items[0].dict->count; i++)
		fy_idict_put(out->dict, fy_iref(args->items[0].dict->items[i].key),
			     fy_iref(args->items[0].dict->items[i].value));
	return FY_OK;
}

/* ---- changing lists ---------------------------------------------------------------------------------------------- */

static fy_status do_append(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (!is_list(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	FY_TRY(writable(ev, args->items[0].seq));
	fy_iseq_push(args->items[0].seq, fy_iref(args->items[1]));
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_status do_extend(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t count;

	if (args->count != 2 || !is_list(args, 0) || !is_list(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(readable(ev, args->items[1].seq));
	FY_TRY(writable(ev, args->items[0].seq));
	count = args->items[1].seq->count; /* l.extend(l) doubles, once */
	for (int64_t i = 0; i < count; i++)
		fy_iseq_push(args->items[0].seq, fy_iref(args->items[1].seq->items[i]));
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_ivalue take_out(fy_iseq *seq, int64_t at)
{
	fy_ivalue taken = seq->items[at];

	memmove(&seq->items[at], &seq->items[at + 1], (size_t)(seq->count - at - 1) * sizeof *seq->items);
	seq->count--;
	return taken;
}

static fy_status do_insert(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_iseq *seq;
	int64_t at;

	if (!is_list(args, 0) || args->count != 3)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(bound(ev, args, 1, seq->count, 0, 0, seq->count, &at));
	FY_TRY(writable(ev, seq));
	fy_iseq_push(seq, fy_inone());
	memmove(&seq->items[at + 1], &seq->items[at], (size_t)(seq->count - 1 - at) * sizeof *seq->items);
	seq->items[at] = fy_iref(args->items[2]);
	*out = fy_inone();
	return FY_OK;
}

static fy_status do_pop(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_iseq *seq;
	int64_t at;

	if (!is_list(args, 0) || args->count > 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(writable(ev, seq));
	if (seq->count == 0)
		return fy_eval_raise(ev, "pop from an empty list");
	at = seq->count - 1;
	if (args->count == 2)
		FY_TRY(position(ev, args, 1, seq->count, &at));
	*out = take_out(seq, at);
	return FY_OK;
}

static fy_status do_delete(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at;

	if (args->count != 2 || (!is_list(args, 0) && !is_dict(args, 0)))
		return FY_OK;
	*handled = true;
	*out = fy_inone();
	if (is_list(args, 0)) {
		FY_TRY(writable(ev, args->items[0].seq));
		FY_TRY(position(ev, args, 1, args->items[0].seq->count, &at));
		fy_iunref(take_out(args->items[0].seq, at));
		return FY_OK;
	}
	fy_idict *dict = args->items[0].dict;
	FY_TRY(dict_writable(ev, dict));
	for (at = 0; at < dict->count && !fy_iequal(dict->items[at].key, args->items[1]); at++)
		;
	if (at == dict->count)
		return fy_eval_raise(ev, "the key is not in the dict");
	fy_iunref(dict->items[at].key);
	fy_iunref(dict->items[at].value);
	memmove(&dict->items[at], &dict->items[at + 1], (size_t)(dict->count - at - 1) * sizeof *dict->items);
	dict->count--;
	return FY_OK;
}

static fy_status do_set_item(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at;

	if (args->count != 3 || (!is_list(args, 0) && !is_dict(args, 0)))
		return FY_OK;
	*handled = true;
	if (is_list(args, 0)) {
		fy_iseq *seq = args->items[0].seq;
		fy_ivalue old;

		FY_TRY(writable(ev, seq));
		FY_TRY(position(ev, args, 1, seq->count, &at));
		old = seq->items[at];
		seq->items[at] = fy_iref(args->items[2]);
		fy_iunref(old);
		*out = fy_iref(args->items[0]);
		return FY_OK;
	}
	FY_TRY(dict_writable(ev, args->items[0].dict));
	fy_idict_put(args->items[0].dict, fy_iref(args->items[1]), fy_iref(args->items[2]));
	*out = fy_inone();
	return FY_OK;
}

static fy_status do_clear(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1 || (!is_list(args, 0) && !is_dict(args, 0)))
		return FY_OK;
	*handled = true;
	*out = fy_inone();
	if (is_list(args, 0)) {
		fy_iseq *seq = args->items[0].seq;

		FY_TRY(writable(ev, seq));
		while (seq->count > 0)
			fy_iunref(seq->items[--seq->count]);
		return FY_OK;
	}
	FY_TRY(dict_writable(ev, args->items[0].dict));
	while (args->items[0].dict->count > 0) {
		fy_ientry *last = &args->items[0].dict->items[--args->items[0].dict->count];

		fy_iunref(last->key);
		fy_iunref(last->value);
	}
	return FY_OK;
}

static fy_status do_reverse(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_iseq *seq;

	if (!is_list(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(writable(ev, seq));
	for (int64_t i = 0, k = seq->count - 1; i < k; i++, k--) {
		fy_ivalue swap = seq->items[i];

		seq->items[i] = seq->items[k];
		seq->items[k] = swap;
	}
	*out = fy_inone();
	return FY_OK;
}

static int by_value(const void *x, const void *y)
{
	const fy_ivalue *a = x, *b = y;

	if (a->kind == FY_I_STR && b->kind == FY_I_STR)
		return strcmp(a->s->data, b->s->data);
	double p = a->kind == FY_I_FLOAT ? a->f : (double)a->i, q = b->kind == FY_I_FLOAT ? b->f : (double)b->i;
	if (a->kind == FY_I_INT && b->kind == FY_I_INT)
		return (a->i > b->i) - (a->i < b->i);
	return (p > q) - (p < q);
}

static fy_status sort_seq(fy_eval *ev, fy_iseq *seq, bool reverse)
{
	for (int64_t i = 0; i < seq->count; i++) {
		fy_ikind kind = seq->items[i].kind;

		if (kind != FY_I_INT && kind != FY_I_FLOAT && kind != FY_I_STR)
			return fy_eval_error(ev, FY_UNSUPPORTED, "sort", "a list of %s is sorted",
					     fy_ikind_name(seq->items[i]));
	}
	if (seq->count > 1)
		qsort(seq->items, (size_t)seq->count, sizeof *seq->items, by_value);
	for (int64_t i = 0, k = seq->count - 1; reverse && i < k; i++, k--) {
		fy_ivalue swap = seq->items[i];

		seq->items[i] = seq->items[k];
		seq->items[k] = swap;
	}
	return FY_OK;
}

static fy_status do_sort(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_ivalue *reverse = fy_args_get(args, 1, "reverse");

	if (!is_list(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(writable(ev, args->items[0].seq));
	*out = fy_inone();
	return sort_seq(ev, args->items[0].seq, reverse && reverse->kind == FY_I_BOOL && reverse->b);
}

static fy_status do_sorted(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_status status;

	if (!is_list(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(readable(ev, args->items[0].seq));
	*out = copy_seq(ev, FY_I_LIST, args->items[0].seq, 0, args->items[0].seq->count, 1);
	status = sort_seq(ev, out->seq, false);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

static fy_status find_item(fy_eval *ev, const fy_args *args, int64_t *at, int64_t *count, bool *handled)
{
	const fy_iseq *seq;

	if (!is_list(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(readable(ev, seq));
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

static fy_status do_remove(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at = -1, count = 0;

	FY_TRY(find_item(ev, args, &at, &count, handled));
	if (!*handled)
		return FY_OK;
	if (at < 0)
		return fy_eval_raise(ev, "the value is not in the list");
	FY_TRY(writable(ev, args->items[0].seq));
	fy_iunref(take_out(args->items[0].seq, at));
	*out = fy_inone();
	return FY_OK;
}

/* _single, _pair ...: a number repeated, a list as it is. */
static fy_status repeat(fy_eval *ev, int times, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1)
		return FY_OK;
	*handled = true;
	if (is_seq(args, 0)) {
		*out = fy_iref(args->items[0]);
		return FY_OK;
	}
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, times);
	for (int i = 0; i < times; i++)
		fy_iseq_push(out->seq, fy_iref(args->items[0]));
	return FY_OK;
}

static fy_status do_single(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return repeat(ev, 1, a, o, h); }
static fy_status do_pair(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return repeat(ev, 2, a, o, h); }
static fy_status do_triple(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return repeat(ev, 3, a, o, h); }
static fy_status do_quadruple(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return repeat(ev, 4, a, o, h); }

const fy_builtin fy_builtins_list[] = {
	{ "aten::len", do_len },	   { "aten::__getitem__", do_getitem }, { "aten::slice", do_slice },
	{ "aten::add", do_add_list },	   { "aten::mul", do_mul_list },	{ "aten::__contains__", do_contains },
	{ "aten::eq", do_eq },		   { "aten::ne", do_ne },		{ "aten::sum", do_sum },
	{ "prim::max", do_max },	   { "prim::min", do_min },		{ "aten::any", do_any },
	{ "aten::all", do_all },	   { "aten::list", do_list },		{ "aten::copy", do_copy },
	{ "aten::append", do_append },	   { "aten::extend", do_extend },	{ "aten::add_", do_extend },
	{ "aten::insert", do_insert },	   { "aten::pop", do_pop },		{ "aten::Delete", do_delete },
	{ "aten::_set_item", do_set_item }, { "aten::clear", do_clear },	{ "aten::reverse", do_reverse },
	{ "aten::sort", do_sort },	   { "aten::sorted", do_sorted },	{ "aten::index", do_index },
	{ "aten::count", do_count },	   { "aten::remove", do_remove },	{ "aten::_single", do_single },
	{ "aten::_pair", do_pair },	   { "aten::_triple", do_triple },	{ "aten::_quadruple", do_quadruple },
	{ NULL, NULL },
};

/* ---- dicts -------------------------------------------------------------------------------------------------------- */

static fy_status dict_get(fy_eval *ev, const fy_args *args, fy_ivalue **found, bool *handled)
{
	if (!is_dict(args, 0) || args->count < 2)
		return FY_OK;
	*handled = true;
	FY_TRY(dict_readable(ev, args->items[0].dict));
	*found = fy_idict_find(args->items[0].dict, args->items[1]);
	if (*found && (*found)->kind == FY_I_POISON && !(*found)->poison->unsupported)
		return fy_eval_poisoned(ev, (*found)->poison);
	return FY_OK;
}

static fy_status do_dict_getitem(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue *found = NULL;

	FY_TRY(dict_get(ev, args, &found, handled));
	if (!*handled)
		return FY_OK;
	if (!found)
		return fy_eval_raise(ev, "the key is not in the dict");
	*out = fy_iref(*found);
	return FY_OK;
}

static fy_status do_get(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue *found = NULL;

	FY_TRY(dict_get(ev, args, &found, handled));
	if (*handled)
		*out = found ? fy_iref(*found) : args->count > 2 ? fy_iref(args->items[2]) : fy_inone();
	return FY_OK;
}

static fy_status do_setdefault(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue *found = NULL;

	FY_TRY(dict_get(ev, args, &found, handled));
	if (!*handled || args->count != 3)
		return FY_OK;
	*out = fy_iref(found ? *found : args->items[2]);
	if (found)
		return FY_OK;
	FY_TRY(dict_writable(ev, args->items[0].dict));
	fy_idict_put(args->items[0].dict, fy_iref(args->items[1]), fy_iref(args->items[2]));
	return FY_OK;
}

static fy_status do_dict_pop(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue *found = NULL, ignored;
	fy_args pair = { .items = args->items, .count = 2 };
	bool deleted = false;

	FY_TRY(dict_get(ev, args, &found, handled));
	if (!*handled)
		return FY_OK;
	if (!found && args->count < 3)
		return fy_eval_raise(ev, "the key is not in the dict");
	*out = fy_iref(found ? *found : args->items[2]);
	return found ? do_delete(ev, &pair, &ignored, &deleted) : FY_OK;
}

enum { KEYS = 1, VALUES = 2 };

static fy_status dict_list(fy_eval *ev, int what, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_idict *dict;

	if (!is_dict(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	dict = args->items[0].dict;
	FY_TRY(dict_readable(ev, dict));
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, dict->count);
	for (int64_t i = 0; i < dict->count; i++) {
		fy_ivalue item = fy_iref(what == VALUES ? dict->items[i].value : dict->items[i].key);

		if (what == (KEYS | VALUES)) {
			fy_iseq *pair;
			fy_ivalue tuple = fy_iseq_new(ev, FY_I_TUPLE, &pair, 2);

			fy_iseq_push(pair, item);
			fy_iseq_push(pair, fy_iref(dict->items[i].value));
			item = tuple;
		}
		fy_iseq_push(out->seq, item);
	}
	return FY_OK;
}

static fy_status do_keys(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return dict_list(ev, KEYS, a, o, h); }
static fy_status do_values(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h) { return dict_list(ev, VALUES, a, o, h); }
static fy_status do_items(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return dict_list(ev, KEYS | VALUES, a, o, h);
}

static fy_status do_dict_list(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	return dict_list(ev, KEYS, args, out, handled);
}

static fy_status do_update(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 2 || !is_dict(args, 0) || !is_dict(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(dict_readable(ev, args->items[1].dict));
	FY_TRY(dict_writable(ev, args->items[0].dict));
	for (int64_t i = 0; i < args->items[1].dict->count; i++)
		fy_idict_put(args->items[0].dict, fy_iref(args->items[1].dict->items[i].key),
			     fy_iref(args->items[1].dict->items[i].value));
	*out = fy_inone();
	return FY_OK;
}

/* dict(): empty, a copy, or from a list of pairs. */
static fy_status do_dict(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 0) {
		*handled = true;
		*out = fy_idict_new(ev, NULL);
		return FY_OK;
	}
	if (is_dict(args, 0))
		return do_copy(ev, args, out, handled);
	if (!is_list(args, 0) || args->count != 1)
		return FY_OK;
	for (int64_t i = 0; i < args->items[0].seq->count; i++)
		if (args->items[0].seq->items[i].kind != FY_I_TUPLE || args->items[0].seq->items[i].seq->count != 2)
			return FY_OK;
	*handled = true;
	*out = fy_idict_new(ev, NULL);
	for (int64_t i = 0; i < args->items[0].seq->count; i++) {
		const fy_iseq *pair = args->items[0].seq->items[i].seq;

		fy_idict_put(out->dict, fy_iref(pair->items[0]), fy_iref(pair->items[1]));
	}
	return FY_OK;
}

const fy_builtin fy_builtins_dict[] = {
	{ "aten::__getitem__", do_dict_getitem }, { "aten::get", do_get },    { "aten::setdefault", do_setdefault },
	{ "aten::pop", do_dict_pop },		  { "aten::keys", do_keys },  { "aten::values", do_values },
	{ "aten::items", do_items },		  { "aten::list", do_dict_list }, { "aten::update", do_update },
	{ "aten::dict", do_dict },		  { NULL, NULL },
};
