/*
 * Which overload a call means. Archives never print overload names: they follow from the kinds of the
 * arguments, tried in registration order, first without and then with implicit conversions. Kinds are those
 * of the run-time values, which agreed with PyTorch's static choice wherever it was compared.
 */
#include "eval/eval_internal.h"

#include <string.h>

static bool accepts(const fy_schema_type *type, fy_ivalue v, bool convert);

static fy_dtype symbol_dtype(fy_ivalue v)
{
	return v.symbol->type->dtype;
}

static bool is_int(fy_ivalue v)
{
	return v.kind == FY_I_INT || (v.kind == FY_I_SYMBOL && symbol_dtype(v) == FY_I64);
}

static bool is_float(fy_ivalue v)
{
	return v.kind == FY_I_FLOAT || (v.kind == FY_I_SYMBOL && symbol_dtype(v) == FY_F64);
}

static bool is_bool(fy_ivalue v)
{
	return v.kind == FY_I_BOOL || (v.kind == FY_I_SYMBOL && symbol_dtype(v) == FY_BOOL);
}

/* A tensor converts to a number when it has one element; data-dependent sizes are left to the run. */
static bool is_scalar_tensor(fy_ivalue v)
{
	return v.kind == FY_I_TENSOR && v.t->tensor->shape.rank == 0;
}

static bool accepts_list(const fy_schema_type *type, fy_ivalue v, bool convert)
{
	const fy_schema_type *element = type->element;

	if (v.kind != FY_I_LIST && v.kind != FY_I_TUPLE) {
		bool number = is_int(v) || (is_float(v) && element->kind != FY_SCHEMA_INT) ||
			      (convert && is_bool(v)) || (convert && is_scalar_tensor(v));

		return type->size > 0 && number &&
		       (element->kind == FY_SCHEMA_INT || element->kind == FY_SCHEMA_FLOAT ||
			element->kind == FY_SCHEMA_NUMBER);
	}
	for (int64_t i = 0; i < v.seq->count; i++)
		if (!accepts(element, v.seq->items[i], convert))
			return false;
	return true;
}

static bool accepts(const fy_schema_type *type, fy_ivalue v, bool convert)
{
	switch (type->kind) {
	case FY_SCHEMA_TENSOR:
		return v.kind == FY_I_TENSOR;
	case FY_SCHEMA_INT:
		return is_int(v) || (convert && (is_bool(v) || is_scalar_tensor(v)));
	case FY_SCHEMA_FLOAT:
		return is_float(v) || (convert && (is_bool(v) || is_int(v) || is_scalar_tensor(v)));
	case FY_SCHEMA_BOOL:
		return is_bool(v);
	case FY_SCHEMA_COMPLEX:
		return v.kind == FY_I_COMPLEX;
	case FY_SCHEMA_NUMBER:
		return is_int(v) || is_float(v) || v.kind == FY_I_COMPLEX ||
		       (convert && (is_bool(v) || is_scalar_tensor(v)));
	case FY_SCHEMA_STR:
		return v.kind == FY_I_STR;
	case FY_SCHEMA_DEVICE:
		return v.kind == FY_I_DEVICE || (convert && v.kind == FY_I_STR);
	case FY_SCHEMA_LIST:
		return accepts_list(type, v, convert);
	case FY_SCHEMA_OPTIONAL:
		return v.kind == FY_I_NONE || accepts(type->element, v, convert);
	case FY_SCHEMA_DICT:
		return v.kind == FY_I_DICT;
	case FY_SCHEMA_TUPLE:
		return v.kind == FY_I_TUPLE;
	case FY_SCHEMA_VAR:
	case FY_SCHEMA_ANY:
		return true;
	case FY_SCHEMA_FUTURE:
		return true;
	case FY_SCHEMA_OTHER: /* generators, storages: only None ever stands for them */
		return v.kind == FY_I_NONE || v.kind == FY_I_OBJECT;
	}
	return false;
}

typedef struct fy_actuals {
	fy_ivalue *args;
	int count;
	const char *const *names;
	fy_ivalue *values;
	int keyword_count;
} fy_actuals;

static int find_keyword(const fy_actuals *a, const char *name, bool input_is_self)
{
	for (int i = 0; i < a->keyword_count; i++)
		if (strcmp(a->names[i], name) == 0 ||
		    (input_is_self && strcmp(name, "self") == 0 && strcmp(a->names[i], "input") == 0))
			return i;
	return -1;
}

/* view(x, 2, -1): the last positional list takes the rest. */
static bool takes_rest(const fy_schema *schema, int formal, const fy_actuals *a, int used, bool convert)
{
	const fy_schema_type *type = schema->args[formal].type;
	fy_ivalue v = a->args[used];

	if (!convert || type->kind != FY_SCHEMA_LIST || type->size > 0 || v.kind == FY_I_LIST ||
	    v.kind == FY_I_TUPLE)
		return false;
	if (formal + 1 < schema->arg_count && !schema->args[formal + 1].keyword_only)
		return false;
	for (int i = used; i < a->count; i++)
		if (!accepts(type->element, a->args[i], convert))
			return false;
	return true;
}

/* Where each formal argument comes from: >= 0 positional, -1 default, -2 - k keyword k; `rest`: list of the
 * rest. */
static bool fits(const fy_schema *schema, const fy_actuals *a, bool convert, int *source, int *rest)
{
	int used = 0, keywords = 0;

	*rest = -1;
	for (int i = 0; i < schema->arg_count; i++) {
		const fy_schema_arg *formal = &schema->args[i];
		int k;

		source[i] = -1;
		if (used < a->count && !formal->keyword_only) {
			if (takes_rest(schema, i, a, used, convert)) {
				*rest = i;
				source[i] = used;
				used = a->count;
				continue;
			}
			if (!accepts(formal->type, a->args[used], convert))
				return false;
			source[i] = used++;
			continue;
		}
		k = find_keyword(a, formal->name, true);
		if (k >= 0) {
			if (!accepts(formal->type, a->values[k], convert))
				return false;
			source[i] = -2 - k;
			keywords++;
		} else if (!formal->has_default) {
			return false;
		}
	}
	return (used == a->count || schema->varargs) && keywords == a->keyword_count;
}

static fy_status as_number(fy_eval *ev, fy_ikind kind, fy_ivalue *v)
{
	if (v->kind == FY_I_TENSOR || is_bool(*v) || (kind == FY_I_FLOAT && is_int(*v))) {
		if (kind == FY_I_NONE && is_bool(*v))
			kind = FY_I_INT;
		return fy_eval_to_number(ev, *v, kind, v);
	}
	return FY_OK;
}

/* The conversions that accepting allowed. *v is borrowed; what is made anew is a number, or sets *owned. */
static fy_status convert_actual(fy_eval *ev, const fy_schema_type *type, fy_ivalue *v, bool *owned)
{
	fy_iseq *list;
	fy_ivalue made;

	switch (type->kind) {
	case FY_SCHEMA_INT:
		return as_number(ev, FY_I_INT, v);
	case FY_SCHEMA_FLOAT:
		return as_number(ev, FY_I_FLOAT, v);
	case FY_SCHEMA_NUMBER:
		return as_number(ev, FY_I_NONE, v);
	case FY_SCHEMA_OPTIONAL:
		return v->kind == FY_I_NONE ? FY_OK : convert_actual(ev, type->element, v, owned);
	case FY_SCHEMA_LIST:
		if (v->kind != FY_I_LIST && v->kind != FY_I_TUPLE) {
			made = fy_iseq_new(ev, FY_I_LIST, &list, type->size);
			for (int i = 0; i < type->size; i++)
				fy_iseq_push(list, fy_iref(*v));
		} else {
			if (type->element->kind == FY_SCHEMA_TENSOR ||
			    type->element->kind == FY_SCHEMA_OPTIONAL)
				return FY_OK;
			made = fy_iseq_new(ev, FY_I_LIST, &list, v->seq->count);
			for (int64_t i = 0; i < v->seq->count; i++)
				fy_iseq_push(list, fy_iref(v->seq->items[i]));
		}
		*v = made;
		*owned = true;
		for (int64_t i = 0; i < list->count; i++) {
			fy_ivalue before = list->items[i];
			bool ignored = false;

			FY_TRY(convert_actual(ev, type->element, &list->items[i], &ignored));
			if (before.kind == FY_I_TENSOR && list->items[i].kind != FY_I_TENSOR)
				fy_iunref(before);
		}
		return FY_OK;
	default:
		return FY_OK;
	}
}

static fy_status fill(fy_eval *ev, const fy_schema *schema, const fy_actuals *a, const int *source, int rest,
		      fy_arena *scratch, fy_match *match)
{
	match->schema = schema;
	match->args = FY_NEW_ARRAY(scratch, fy_ivalue, schema->arg_count);
	match->owned = FY_NEW_ARRAY(scratch, bool, schema->arg_count);
	for (int i = 0; i < schema->arg_count; i++) {
		fy_ivalue *v = &match->args[i];

		if (source[i] == -1)
			continue; /* FY_I_UNSET: the default */
		if (i == rest) {
			fy_iseq *list;

			*v = fy_iseq_new(ev, FY_I_LIST, &list, a->count - source[i]);
			for (int k = source[i]; k < a->count; k++)
				fy_iseq_push(list, fy_iref(a->args[k]));
			match->owned[i] = true;
			continue;
		}
		*v = source[i] >= 0 ? a->args[source[i]] : a->values[-2 - source[i]];
		FY_TRY(convert_actual(ev, schema->args[i].type, v, &match->owned[i]));
	}
	return FY_OK;
}

static void describe(const fy_actuals *a, fy_buf *out)
{
	for (int i = 0; i < a->count + a->keyword_count; i++) {
		fy_ivalue v = i < a->count ? a->args[i] : a->values[i - a->count];

		if (i)
			fy_buf_puts(out, ", ");
		if (i >= a->count)
			fy_buf_printf(out, "%s=", a->names[i - a->count]);
		fy_buf_puts(out, fy_ikind_name(v));
	}
}

fy_status fy_match_call(fy_eval *ev, const char *name, fy_schema_set set, fy_ivalue *args, int arg_count,
			const char *const *names, fy_ivalue *values, int keyword_count, fy_arena *scratch,
			fy_match *match)
{
	fy_actuals a = { args, arg_count, names, values, keyword_count };
	fy_buf kinds = { 0 };
	fy_status status;

	for (int convert = set.count == 1; convert <= 1; convert++) {
		for (int i = 0; i < set.count; i++) {
			const fy_schema *schema = &set.schemas[i];
			int *source = FY_NEW_ARRAY(scratch, int, schema->arg_count + 1), rest;

			if (strcmp(schema->full, "aten::view.dtype") == 0 ||
			    fy_ends_with(schema->full, "x.unary_out") ||
			    fy_ends_with(schema->full, "n.unary_out"))
				continue; /* never candidates in PyTorch either */
			if (fits(schema, &a, convert, source, &rest))
				return fill(ev, schema, &a, source, rest, scratch, match);
		}
	}
	describe(&a, &kinds);
	status = fy_eval_error(ev, FY_MALFORMED, "op-arguments",
			       "no form of '%s' takes these arguments: (%s)", name, fy_buf_text(&kinds));
	for (int i = 0; i < set.count && i < 6; i++)
		fy_note(ev->diags, "candidate: %s", set.schemas[i].text);
	fy_buf_release(&kinds);
	return status;
}
