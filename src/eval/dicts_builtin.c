/*
 * Dicts: insertion order, linear search.
 */
#include "eval/containers.h"

static fy_status dict_get(fy_eval *ev, const fy_args *args, fy_ivalue **found, bool *handled)
{
	if (!fy_args_dict(args, 0) || args->count < 2)
		return FY_OK;
	*handled = true;
	FY_TRY(fy_dict_readable(ev, args->items[0].dict));
	FY_TRY(fy_eval_key(ev, args->items[1]));
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
	return fy_dict_set(ev, args->items[0].dict, args->items[1], args->items[2]);
}

static fy_status do_dict_pop(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue *found = NULL;
	fy_idict *dict;

	FY_TRY(dict_get(ev, args, &found, handled));
	if (!*handled)
		return FY_OK;
	if (!found && args->count < 3)
		return fy_eval_raise(ev, "the key is not in the dict");
	dict = args->items[0].dict;
	if (found)
		FY_TRY(fy_dict_writable(ev, dict));
	*out = fy_iref(found ? *found : args->items[2]);
	if (found)
		fy_dict_remove(dict, fy_dict_position(dict, args->items[1]));
	return FY_OK;
}

enum { KEYS = 1, VALUES = 2 };

static fy_status dict_list(fy_eval *ev, int what, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_idict *dict;

	if (!fy_args_dict(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	dict = args->items[0].dict;
	FY_TRY(fy_dict_readable(ev, dict));
	FY_TRY(fy_eval_spend(ev, dict->count / 8));
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

static fy_status do_keys(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return dict_list(ev, KEYS, a, o, h);
}
static fy_status do_values(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return dict_list(ev, VALUES, a, o, h);
}
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
	if (args->count != 2 || !fy_args_dict(args, 0) || !fy_args_dict(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_dict_readable(ev, args->items[1].dict));
	FY_TRY(fy_dict_writable(ev, args->items[0].dict));
	*out = fy_inone();
	for (int64_t i = 0; i < args->items[1].dict->count; i++)
		FY_TRY(fy_dict_set(ev, args->items[0].dict, args->items[1].dict->items[i].key,
				   args->items[1].dict->items[i].value));
	return fy_eval_spend(ev, args->items[1].dict->count / 8);
}

/* dict(): empty, a copy, or from a list of pairs. */
static fy_status do_dict(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 0) {
		*handled = true;
		*out = fy_idict_new(ev, NULL);
		return FY_OK;
	}
	if (fy_args_dict(args, 0)) {
		*handled = true;
		FY_TRY(fy_dict_readable(ev, args->items[0].dict));
		FY_TRY(fy_eval_spend(ev, args->items[0].dict->count / 8));
		*out = fy_dict_copy(ev, args->items[0].dict);
		return FY_OK;
	}
	if (!fy_args_list(args, 0) || args->count != 1)
		return FY_OK;
	for (int64_t i = 0; i < args->items[0].seq->count; i++)
		if (args->items[0].seq->items[i].kind != FY_I_TUPLE ||
		    args->items[0].seq->items[i].seq->count != 2)
			return FY_OK;
	*handled = true;
	*out = fy_idict_new(ev, NULL);
	for (int64_t i = 0; i < args->items[0].seq->count; i++) {
		const fy_iseq *pair = args->items[0].seq->items[i].seq;
		fy_status status = fy_dict_set(ev, out->dict, pair->items[0], pair->items[1]);

		if (status != FY_OK) {
			fy_iunref(*out);
			return status;
		}
	}
	return fy_eval_spend(ev, args->items[0].seq->count / 8);
}

const fy_builtin fy_builtins_dict[] = {
	{ "aten::__getitem__", do_dict_getitem },
	{ "aten::get", do_get },
	{ "aten::setdefault", do_setdefault },
	{ "aten::pop", do_dict_pop },
	{ "aten::keys", do_keys },
	{ "aten::values", do_values },
	{ "aten::items", do_items },
	{ "aten::list", do_dict_list },
	{ "aten::update", do_update },
	{ "aten::dict", do_dict },
	{ NULL, NULL },
};
