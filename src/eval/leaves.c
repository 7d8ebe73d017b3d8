/*
 * The way in and out of a method: tensors and numbers as a flat list of leaves, depth first, and the
 * structured arguments and results that programs have.
 */
#include "eval/eval_internal.h"

#include <string.h>

/* ---- what a method takes
 * ------------------------------------------------------------------------------------------- */

static const fy_function *find_method(const fy_program *program, const char *name, fy_diags *diags)
{
	const fy_function *method =
		program->root ? fy_class_method(program->root, name ? name : "forward") : NULL;
	fy_buf have = { 0 };

	if (method)
		return method;
	fy_error(diags, FY_USAGE, "method", &(fy_place){ .file = program->archive->path },
		 "the model has no method '%s'", name ? name : "forward");
	for (int i = 0; program->root && i < program->root->method_count; i++)
		fy_buf_printf(&have, "%s%s", i ? ", " : "", program->root->methods[i]->name);
	if (have.len)
		fy_hint(diags, "it has: %s", fy_buf_text(&have));
	fy_buf_release(&have);
	return NULL;
}

typedef struct fy_slots {
	fy_arena *arena;
	fy_input_slot *items;
	size_t count, capacity;
} fy_slots;

static void add_slot(fy_slots *slots, const char *name, const fy_btype *type, bool optional)
{
	bool is_list = false;

	while (type && type->kind == FY_TS_OPTIONAL) {
		type = type->items[0];
		optional = true;
	}
	if (type && type->kind == FY_TS_TUPLE) {
		for (int i = 0; i < type->count; i++)
			add_slot(slots, fy_arena_printf(slots->arena, "%s.%d", name, i), type->items[i],
				 optional);
		return;
	}
	if (type && type->kind == FY_TS_NAMED && type->class && type->class->base == FY_CLASS_NAMED_TUPLE) {
		for (int i = 0; i < type->class->attribute_count; i++)
			add_slot(
				slots,
				fy_arena_printf(slots->arena, "%s.%s", name, type->class->attributes[i].name),
				type->class->attributes[i].type, optional);
		return;
	}
	is_list = type && (type->kind == FY_TS_LIST || type->kind == FY_TS_DICT);
	slots->items = fy_arena_grow(slots->arena, slots->items, slots->count, &slots->capacity,
				     slots->count + 1, sizeof *slots->items);
	slots->items[slots->count++] = (fy_input_slot){ name, type, optional, is_list };
}

fy_status fy_method_inputs(const fy_program *program, const char *method, fy_arena *arena,
			   fy_input_slot **out, int *count, fy_diags *diags)
{
	const fy_function *function = find_method(program, method, diags);
	fy_slots slots = { .arena = arena };

	if (!function)
		return FY_USAGE;
	for (int i = 1; i < function->param_count; i++)
		add_slot(&slots, function->params[i].name, function->params[i].type,
			 function->params[i].fallback != NULL);
	*out = slots.items;
	*count = (int)slots.count;
	return FY_OK;
}

/* ---- traced inputs
 * --------------------------------------------------------------------------------------------------- */

typedef struct fy_traced {
	fy_arena *arena;
	fy_leaf *items;
	size_t count, capacity;
} fy_traced;

static void add_traced(fy_traced *traced, const fy_pvalue *p)
{
	fy_arg value = fy_arg_none();

	switch (p->kind) {
	case FY_P_TENSOR:
		value = fy_arg_tensor(p->tensor->tensor);
		break;
	case FY_P_INT:
		value = fy_arg_int(p->i);
		break;
	case FY_P_FLOAT:
		value = fy_arg_float(p->f);
		break;
	case FY_P_BOOL:
		value = fy_arg_bool(p->b);
		break;
	case FY_P_TUPLE:
	case FY_P_LIST:
		for (uint32_t i = 0; i < p->seq.count; i++)
			add_traced(traced, p->seq.items[i]);
		return;
	case FY_P_DICT:
		for (uint32_t i = 0; i < p->dict.count; i++)
			add_traced(traced, fy_pdict_value(p, i));
		return;
	default:
		break;
	}
	traced->items = fy_arena_grow(traced->arena, traced->items, traced->count, &traced->capacity,
				      traced->count + 1, sizeof *traced->items);
	traced->items[traced->count++] = (fy_leaf){ NULL, value };
}

fy_status fy_method_traced_inputs(const fy_program *program, const char *method, fy_arena *arena,
				  fy_leaf **out, int *count, fy_diags *diags)
{
	fy_traced traced = { .arena = arena };
	fy_pvalue *inputs, *list;

	*out = NULL;
	*count = 0;
	FY_TRY(fy_archive_traced_inputs((fy_archive *)program->archive, &inputs, diags));
	list = inputs ? fy_pdict_get(inputs, method ? method : "forward") : NULL;
	if (!list || (list->kind != FY_P_LIST && list->kind != FY_P_TUPLE))
		return FY_OK;
	for (uint32_t i = 0; i < list->seq.count; i++)
		add_traced(&traced, list->seq.items[i]);
	*out = traced.items;
	*count = (int)traced.count;
	return FY_OK;
}

/* ---- leaves to arguments
 * ------------------------------------------------------------------------------------------------ */

typedef struct fy_feed {
	fy_eval *ev;
	const fy_leaf *leaves;
	int count;
	bool *used;
	int next; /* position of the next unnamed leaf */
} fy_feed;

/* A second run of the same capture meets the inputs that the first one made. */
static fy_value *graph_input(fy_eval *ev, const fy_type *type)
{
	int index = ev->next_input++;

	if (index < ev->graph->main->param_count)
		return ev->graph->main->params[index];
	return fy_graph_input(ev->graph, type, fy_arena_printf(ev->arena, "INPUT__%d", index));
}

static bool feed_value(fy_feed *feed, int i, fy_ivalue *out)
{
	const fy_arg *v = &feed->leaves[i].value;
	fy_eval *ev = feed->ev;

	feed->used[i] = true;
	switch (v->kind) {
	case FY_ARG_BOOL:
		*out = fy_ibool(v->b);
		return true;
	case FY_ARG_INT:
		*out = fy_iint(v->i);
		return true;
	case FY_ARG_FLOAT:
		*out = fy_ifloat(v->f);
		return true;
	case FY_ARG_STR:
		*out = fy_istring(v->s.data, v->s.len);
		return true;
	case FY_ARG_NONE:
		*out = fy_inone();
		return true;
	case FY_ARG_TENSOR:
		break;
	default:
		return false;
	}
	if (!FY_CAPTURING(ev)) {
		fy_tensor *copy = fy_tensor_new(v->t->dtype, &v->t->shape,
						false); /* the program may write its inputs */

		if (!copy)
			return false;
		fy_tensor_copy(copy, v->t);
		*out = fy_itensor(fy_var_concrete(copy));
	} else {
		fy_type type = fy_type_tensor(v->t->dtype, &v->t->shape);
		fy_value *value = graph_input(ev, &type);

		*out = fy_itensor(fy_var_symbolic(ev, fy_tensor_meta(v->t->dtype, &v->t->shape), value));
	}
	return true;
}

/* The leaf that is named `name`, else the next unnamed one; -1: none. */
static int find_leaf(fy_feed *feed, const char *name, bool named_only)
{
	for (int i = 0; i < feed->count; i++)
		if (!feed->used[i] && feed->leaves[i].name && strcmp(feed->leaves[i].name, name) == 0)
			return i;
	while (feed->next < feed->count && (feed->leaves[feed->next].name || feed->used[feed->next]))
		feed->next++;
	return named_only || feed->next >= feed->count ? -1 : feed->next;
}

static fy_status feed_argument(fy_feed *feed, const char *name, const fy_btype *type,
			       const fy_bexpr *fallback, bool last, fy_ivalue *out);

/* x.0, x.1, ... as far as names or unnamed leaves go; only the last parameter may take unnamed ones freely.
 */
static fy_status feed_list(fy_feed *feed, const char *name, bool last, fy_ivalue *out)
{
	fy_eval *ev = feed->ev;

	*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
	out->seq->element = FY_TS_TENSOR;
	for (int64_t k = 0;; k++) {
		int i = find_leaf(feed, fy_arena_printf(ev->arena, "%s.%" PRId64, name, k), !last);
		fy_ivalue item;

		if (i < 0)
			return FY_OK;
		if (!feed_value(feed, i, &item))
			return FY_IO;
		fy_iseq_push(out->seq, item);
	}
}

static fy_status feed_dict(fy_feed *feed, const char *name, fy_ivalue *out)
{
	size_t prefix = strlen(name);

	*out = fy_idict_new(feed->ev, NULL);
	for (int i = 0; i < feed->count; i++) {
		const char *leaf = feed->leaves[i].name;
		fy_ivalue item;

		if (feed->used[i] || !leaf || strncmp(leaf, name, prefix) != 0 || leaf[prefix] != '.')
			continue;
		if (!feed_value(feed, i, &item))
			return FY_IO;
		fy_idict_put(out->dict, fy_istring(leaf + prefix + 1, strlen(leaf + prefix + 1)), item);
	}
	return FY_OK;
}

static fy_status feed_tuple(fy_feed *feed, const char *name, const fy_btype *type, bool last, fy_ivalue *out)
{
	bool named = type->kind == FY_TS_NAMED;
	int count = named ? type->class->attribute_count : type->count;
	fy_iseq *seq;

	*out = fy_iseq_new(feed->ev, FY_I_TUPLE, &seq, count);
	seq->class = named ? type->class : NULL;
	for (int i = 0; i < count; i++) {
		const fy_btype *inner = named ? type->class->attributes[i].type : type->items[i];
		fy_ivalue item;
		char *path = named ? fy_arena_printf(feed->ev->arena, "%s.%s", name,
						     type->class->attributes[i].name)
				   : fy_arena_printf(feed->ev->arena, "%s.%d", name, i);

		FY_TRY(feed_argument(feed, path, inner, NULL, last && i == count - 1, &item));
		fy_iseq_push(seq, item);
	}
	return FY_OK;
}

static fy_status missing(fy_feed *feed, const char *name, const fy_btype *type)
{
	fy_buf text = { 0 };
	fy_status status;

	status = fy_error(feed->ev->diags, FY_USAGE, "input-missing",
			  &(fy_place){ .file = feed->ev->program->archive->path },
			  "no input is given for argument '%s'", name);
	if (!type || type->kind == FY_TS_TENSOR)
		fy_hint(feed->ev->diags,
			"pass its shape, e.g. --input %s=1x3x224x224 or --input %s=@file.npy", name, name);
	else
		fy_hint(feed->ev->diags, "pass its value, e.g. --input %s=5", name);
	fy_buf_release(&text);
	return status;
}

static fy_status feed_argument(fy_feed *feed, const char *name, const fy_btype *type,
			       const fy_bexpr *fallback, bool last, fy_ivalue *out)
{
	bool optional = false;
	int i;

	while (type && type->kind == FY_TS_OPTIONAL) {
		type = type->items[0];
		optional = true;
	}
	if (type && type->kind == FY_TS_LIST && type->items[0]->kind == FY_TS_TENSOR)
		return feed_list(feed, name, last, out);
	if (type && type->kind == FY_TS_DICT)
		return feed_dict(feed, name, out);
	if (type && (type->kind == FY_TS_TUPLE ||
		     (type->kind == FY_TS_NAMED && type->class && type->class->base == FY_CLASS_NAMED_TUPLE)))
		return feed_tuple(feed, name, type, last, out);
	i = find_leaf(feed, name, false);
	if (i >= 0) {
		if (feed_value(feed, i, out))
			return fy_eval_convert(feed->ev, type, out);
		return fy_eval_error(feed->ev, FY_IO, "out-of-memory", "no memory for the inputs");
	}
	if (fallback)
		return fy_eval_expr(feed->ev, fallback, out);
	*out = fy_inone();
	return optional ? FY_OK : missing(feed, name, type);
}

fy_status fy_eval_arguments(fy_eval *ev, const fy_function *method, const fy_leaf *inputs, int input_count,
			    fy_ivalue *args)
{
	fy_feed feed = { .ev = ev,
			 .leaves = inputs,
			 .count = input_count,
			 .used = FY_NEW_ARRAY(ev->arena, bool, input_count + 1) };

	args[0] = fy_iref(ev->root);
	for (int i = 1; i < method->param_count; i++)
		FY_TRY(feed_argument(&feed, method->params[i].name, method->params[i].type,
				     method->params[i].fallback, i == method->param_count - 1, &args[i]));
	for (int i = 0; i < input_count; i++) {
		if (feed.used[i])
			continue;
		fy_error(ev->diags, FY_USAGE, "input-count",
			 &(fy_place){ .file = ev->program->archive->path },
			 inputs[i].name ? "there is no argument '%s'" : "too many inputs are given: %s%d",
			 inputs[i].name ? inputs[i].name : "", input_count);
		return FY_USAGE;
	}
	return FY_OK;
}

/* ---- results to leaves
 * ---------------------------------------------------------------------------------------------------- */

static void add_leaf(fy_leaf_list *list, const char *path, fy_ivalue value)
{
	size_t names = list->capacity;

	list->names = fy_grow(list->names, &names, (size_t)list->count + 1, sizeof *list->names);
	list->values = fy_grow(list->values, &list->capacity, (size_t)list->count + 1, sizeof *list->values);
	list->names[list->count] = path;
	list->values[list->count++] = value;
}

fy_status fy_eval_leaves(fy_eval *ev, fy_ivalue value, const char *path, fy_leaf_list *list)
{
	switch (value.kind) {
	case FY_I_NONE:
	case FY_I_STR:
	case FY_I_DEVICE:
		return FY_OK;
	case FY_I_TENSOR:
	case FY_I_BOOL:
	case FY_I_INT:
	case FY_I_FLOAT:
	case FY_I_SYMBOL:
		add_leaf(list, path, value);
		return FY_OK;
	case FY_I_POISON:
		return fy_eval_poisoned(ev, value.poison);
	case FY_I_LIST:
	case FY_I_TUPLE:
		if (value.seq->poison)
			return fy_eval_poisoned(ev, value.seq->poison);
		if (value.seq->grown)
			return fy_grown_refuse(ev, "return");
		for (int64_t i = 0; i < value.seq->count; i++) {
			const char *name = value.seq->class ? value.seq->class->attributes[i].name : NULL;
			char *inner =
				name ? fy_arena_printf(ev->arena, "%s%s%s", path, *path ? "." : "", name)
				     : fy_arena_printf(ev->arena, "%s%s%" PRId64, path, *path ? "." : "", i);

			FY_TRY(fy_eval_leaves(ev, value.seq->items[i], inner, list));
		}
		return FY_OK;
	case FY_I_DICT:
		if (value.dict->poison)
			return fy_eval_poisoned(ev, value.dict->poison);
		for (int64_t i = 0; i < value.dict->count; i++) {
			fy_buf key = { 0 };
			char *inner;

			fy_iprint(value.dict->items[i].key, &key, false);
			inner = fy_arena_printf(ev->arena, "%s%s%s", path, *path ? "." : "",
						fy_buf_text(&key));
			fy_buf_release(&key);
			FY_TRY(fy_eval_leaves(ev, value.dict->items[i].value, inner, list));
		}
		return FY_OK;
	case FY_I_OBJECT:
		for (int i = 0; i < value.object->class->attribute_count; i++)
			FY_TRY(fy_eval_leaves(ev, value.object->attributes[i],
					      fy_arena_printf(ev->arena, "%s%s%s", path, *path ? "." : "",
							      value.object->class->attributes[i].name),
					      list));
		return FY_OK;
	default:
		return fy_eval_error(ev, FY_UNSUPPORTED, "output", "the model returns a %s",
				     fy_ikind_name(value));
	}
}
