/*
 * Changing lists, and deleting from dicts. PyTorch's own list operators give the list back, the others
 * nothing.
 */
#include "eval/containers.h"

#include <stdlib.h>

static fy_status do_append(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (!fy_args_list(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_writable(ev, args->items[0].seq));
	FY_TRY(fy_seq_room(ev, args->items[0].seq, 1));
	fy_iseq_push(args->items[0].seq, fy_iref(args->items[1]));
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_status do_extend(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t count;

	if (args->count != 2 || !fy_args_list(args, 0) || !fy_args_list(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_readable(ev, args->items[1].seq));
	FY_TRY(fy_seq_writable(ev, args->items[0].seq));
	count = args->items[1].seq->count; /* l.extend(l) doubles, once */
	FY_TRY(fy_seq_room(ev, args->items[0].seq, count));
	for (int64_t i = 0; i < count; i++)
		fy_iseq_push(args->items[0].seq, fy_iref(args->items[1].seq->items[i]));
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_status do_insert(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_iseq *seq;
	fy_ivalue index;
	int64_t at;

	if (!fy_args_list(args, 0) || args->count != 3)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_eval_to_number(ev, args->items[1], FY_I_INT, &index));
	if (index.kind != FY_I_INT)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-index-data",
				     "the place in a list depends on data");
	at = index.i < 0 ? index.i + seq->count : index.i;
	at = at < 0 ? 0 : at > seq->count ? seq->count : at;
	FY_TRY(fy_seq_writable(ev, seq));
	FY_TRY(fy_eval_room(ev, seq->count + 1));
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

	if (!fy_args_list(args, 0) || args->count > 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_writable(ev, seq));
	if (seq->count == 0)
		return fy_eval_raise(ev, "pop from an empty list");
	at = seq->count - 1;
	if (args->count == 2)
		FY_TRY(fy_seq_position(ev, args->items[1], seq->count, &at));
	FY_TRY(fy_eval_spend(ev, (seq->count - at) / 16));
	*out = fy_seq_take(seq, at);
	return FY_OK;
}

static fy_status do_delete(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at;

	if (args->count != 2 || (!fy_args_list(args, 0) && !fy_args_dict(args, 0)))
		return FY_OK;
	*handled = true;
	*out = fy_inone();
	if (fy_args_list(args, 0)) {
		FY_TRY(fy_seq_writable(ev, args->items[0].seq));
		FY_TRY(fy_seq_position(ev, args->items[1], args->items[0].seq->count, &at));
		FY_TRY(fy_eval_spend(ev, (args->items[0].seq->count - at) / 16));
		fy_iunref(fy_seq_take(args->items[0].seq, at));
		return FY_OK;
	}
	FY_TRY(fy_dict_writable(ev, args->items[0].dict));
	at = fy_dict_position(args->items[0].dict, args->items[1]);
	if (at < 0)
		return fy_eval_raise(ev, "the key is not in the dict");
	fy_dict_remove(args->items[0].dict, at);
	return FY_OK;
}

/* l[i] = v with an index that depends on data: each element is v or what it was. */
static fy_status set_one(fy_eval *ev, fy_iseq *seq, fy_value *index, fy_ivalue value)
{
	for (int64_t i = 0; i < seq->count; i++) {
		fy_ivalue made, old = seq->items[i];
		fy_value *here;

		FY_TRY(fy_seq_is_at(ev, index, i, seq->count, &here));
		FY_TRY(fy_eval_choose(ev, here, value, old, &made));
		seq->items[i] = made;
		fy_iunref(old);
	}
	return FY_OK;
}

static fy_status do_set_item(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at;

	if (args->count != 3 || (!fy_args_list(args, 0) && !fy_args_dict(args, 0)))
		return FY_OK;
	*handled = true;
	if (fy_args_list(args, 0)) {
		fy_iseq *seq = args->items[0].seq;
		fy_value *symbol;
		fy_ivalue old;

		FY_TRY(fy_seq_writable(ev, seq));
		FY_TRY(fy_seq_index(ev, args->items[1], seq->count, &at, &symbol));
		if (symbol) {
			FY_TRY(set_one(ev, seq, symbol, args->items[2]));
		} else {
			old = seq->items[at];
			seq->items[at] = fy_iref(args->items[2]);
			fy_iunref(old);
		}
		*out = fy_iref(args->items[0]);
		return FY_OK;
	}
	*out = fy_inone();
	return fy_dict_set(ev, args->items[0].dict, args->items[1], args->items[2]);
}

static fy_status do_clear(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1 || (!fy_args_list(args, 0) && !fy_args_dict(args, 0)))
		return FY_OK;
	*handled = true;
	*out = fy_inone();
	if (fy_args_list(args, 0)) {
		fy_iseq *seq = args->items[0].seq;

		FY_TRY(fy_seq_writable(ev, seq));
		while (seq->count > 0)
			fy_iunref(seq->items[--seq->count]);
		return FY_OK;
	}
	FY_TRY(fy_dict_writable(ev, args->items[0].dict));
	fy_idict_moved(args->items[0].dict);
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

	if (!fy_args_list(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_writable(ev, seq));
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
	double p = a->kind == FY_I_FLOAT ? a->f : (double)a->i,
	       q = b->kind == FY_I_FLOAT ? b->f : (double)b->i;
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

	if (!fy_args_list(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_writable(ev, args->items[0].seq));
	*out = fy_inone();
	return sort_seq(ev, args->items[0].seq, reverse && reverse->kind == FY_I_BOOL && reverse->b);
}

static fy_status do_sorted(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_status status;

	if (!fy_args_list(args, 0))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_seq_readable(ev, args->items[0].seq));
	*out = fy_seq_copy(ev, args->items[0].seq);
	status = sort_seq(ev, out->seq, false);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

static fy_status do_remove(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_iseq *seq;
	int64_t at = 0;

	if (!fy_args_list(args, 0) || args->count != 2)
		return FY_OK;
	*handled = true;
	seq = args->items[0].seq;
	FY_TRY(fy_seq_writable(ev, seq));
	FY_TRY(fy_eval_bounded(ev, args->items[0]));
	FY_TRY(fy_eval_bounded(ev, args->items[1]));
	while (at < seq->count && !fy_iequal(seq->items[at], args->items[1]))
		at++;
	if (at == seq->count)
		return fy_eval_raise(ev, "the value is not in the list");
	fy_iunref(fy_seq_take(seq, at));
	*out = fy_inone();
	return FY_OK;
}

const fy_builtin fy_builtins_list_edit[] = {
	{ "aten::append", do_append },
	{ "aten::extend", do_extend },
	{ "aten::add_", do_extend },
	{ "aten::insert", do_insert },
	{ "aten::pop", do_pop },
	{ "aten::Delete", do_delete },
	{ "aten::_set_item", do_set_item },
	{ "aten::clear", do_clear },
	{ "aten::reverse", do_reverse },
	{ "aten::sort", do_sort },
	{ "aten::sorted", do_sorted },
	{ "aten::remove", do_remove },
	{ NULL, NULL },
};
