/*
 * What the operators on lists and dicts share: whether a container may be read or written, positions, copies.
 * Every change is told to the journal first; containers whose identity was lost at a merge may be read, not
 * written.
 */
#include "eval/containers.h"

bool fy_args_seq(const fy_args *args, int i)
{
	return args->count > i && fy_iseq_like(args->items[i]);
}
bool fy_args_list(const fy_args *args, int i)
{
	return args->count > i && args->items[i].kind == FY_I_LIST;
}
bool fy_args_dict(const fy_args *args, int i)
{
	return args->count > i && args->items[i].kind == FY_I_DICT;
}

fy_status fy_seq_readable(fy_eval *ev, const fy_iseq *seq)
{
	return seq->poison ? fy_eval_poisoned(ev, seq->poison) : FY_OK;
}

fy_status fy_seq_writable(fy_eval *ev, fy_iseq *seq)
{
	FY_TRY(fy_seq_readable(ev, seq));
	if (seq->lost)
		return fy_eval_poisoned(ev, seq->lost);
	if (ev->journal && seq->birth <= ev->journal->start)
		FY_TRY(fy_eval_spend(ev, seq->count / 16)); /* the journal keeps a copy */
	fy_journal_touch(ev, FY_AT_LIST, seq, 0, seq->birth);
	return FY_OK;
}

fy_status fy_dict_readable(fy_eval *ev, const fy_idict *dict)
{
	return dict->poison ? fy_eval_poisoned(ev, dict->poison) : FY_OK;
}

fy_status fy_dict_writable(fy_eval *ev, fy_idict *dict)
{
	FY_TRY(fy_dict_readable(ev, dict));
	if (dict->lost)
		return fy_eval_poisoned(ev, dict->lost);
	if (ev->journal && dict->birth <= ev->journal->start)
		FY_TRY(fy_eval_spend(ev, dict->count / 16));
	fy_journal_touch(ev, FY_AT_DICT, dict, 0, dict->birth);
	return FY_OK;
}

/* A copied or read element: poison is passed on only by plain copies of variables. */
fy_status fy_item_readable(fy_eval *ev, fy_ivalue item)
{
	return item.kind == FY_I_POISON && !item.poison->unsupported ? fy_eval_poisoned(ev, item.poison)
								     : FY_OK;
}

static fy_status wrap(fy_eval *ev, int64_t at, int64_t count, int64_t *out)
{
	*out = at < 0 ? at + count : at;
	if (*out < 0 || *out >= count)
		return fy_eval_raise(ev, "list index out of range: %" PRId64 " of %" PRId64, at, count);
	return FY_OK;
}

fy_status fy_seq_index(fy_eval *ev, fy_ivalue index, int64_t count, int64_t *out, fy_value **symbol)
{
	fy_ivalue v;

	*out = 0;
	*symbol = NULL;
	FY_TRY(fy_eval_to_number(ev, index, FY_I_INT, &v));
	if (v.kind != FY_I_SYMBOL)
		return wrap(ev, v.i, count, out);
	*symbol = v.symbol;
	return count > 0 ? FY_OK : fy_eval_raise(ev, "an element of an empty list");
}

fy_status fy_seq_is_at(fy_eval *ev, fy_value *index, int64_t i, int64_t count, fy_value **out)
{
	fy_ivalue sides[2] = { fy_isymbol(index), fy_iint(i) }, front, back;

	FY_TRY(fy_symbol_op(ev, "aten::eq.Tensor", sides, 2, FY_BOOL, &front));
	sides[1] = fy_iint(i - count);
	FY_TRY(fy_symbol_op(ev, "aten::eq.Tensor", sides, 2, FY_BOOL, &back));
	sides[0] = front;
	sides[1] = back;
	FY_TRY(fy_symbol_op(ev, "aten::logical_or", sides, 2, FY_BOOL, &front));
	*out = front.symbol;
	return FY_OK;
}

fy_status fy_seq_position(fy_eval *ev, fy_ivalue index, int64_t count, int64_t *out)
{
	fy_value *symbol;

	FY_TRY(fy_seq_index(ev, index, count, out, &symbol));
	if (symbol)
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-index-data",
				     "the place in a list depends on data");
	return FY_OK;
}

fy_status fy_seq_room(fy_eval *ev, const fy_iseq *seq, int64_t more)
{
	if (seq->count + more > ev->limits.items)
		return fy_eval_room(ev, seq->count + more);
	return fy_eval_spend(ev, more / 16);
}

fy_ivalue fy_seq_copy(fy_eval *ev, const fy_iseq *from)
{
	fy_iseq *seq;
	fy_ivalue made = fy_iseq_new(ev, FY_I_LIST, &seq, from->count);

	seq->element = from->element;
	for (int64_t i = 0; i < from->count; i++)
		fy_iseq_push(seq, fy_iref(from->items[i]));
	return made;
}

fy_ivalue fy_seq_take(fy_iseq *seq, int64_t at)
{
	fy_ivalue taken = seq->items[at];

	memmove(&seq->items[at], &seq->items[at + 1], (size_t)(seq->count - at - 1) * sizeof *seq->items);
	seq->count--;
	return taken;
}

fy_status fy_dict_set(fy_eval *ev, fy_idict *dict, fy_ivalue key, fy_ivalue value)
{
	FY_TRY(fy_eval_key(ev, key));
	FY_TRY(fy_dict_writable(ev, dict));
	if (dict->count >= ev->limits.items)
		return fy_eval_room(ev, dict->count + 1);
	fy_idict_put(dict, fy_iref(key), fy_iref(value));
	return FY_OK;
}

fy_ivalue fy_dict_copy(fy_eval *ev, const fy_idict *from)
{
	fy_ivalue made = fy_idict_new(ev, NULL);

	for (int64_t i = 0; i < from->count; i++)
		fy_idict_put(made.dict, fy_iref(from->items[i].key), fy_iref(from->items[i].value));
	return made;
}

int64_t fy_dict_position(fy_idict *dict, fy_ivalue key)
{
	const fy_ivalue *value = fy_idict_find(dict, key);

	return value ? (const fy_ientry *)((const char *)value - offsetof(fy_ientry, value)) - dict->items
		     : -1;
}

void fy_dict_remove(fy_idict *dict, int64_t at)
{
	fy_ientry taken = dict->items[at];

	memmove(&dict->items[at], &dict->items[at + 1], (size_t)(dict->count - at - 1) * sizeof *dict->items);
	dict->count--;
	fy_idict_moved(dict);
	fy_iunref(taken.key);
	fy_iunref(taken.value);
}
