/*
 * What is certainly of the wrong type. Types are known of literals, parameters, attributes and most results;
 * anything unknown, Any, or of a Union goes with everything, numbers go with each other and with tensors
 * where PyTorch converts, so that no working program is refused. The overload itself is chosen when running.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- types of schemas and of declarations alike -----------------------------------------------------------
 */

/* One of the two. */
typedef struct formal {
	const fy_schema_type *schema;
	const fy_btype *declared;
	bool inside; /* of a container: nothing is converted there */
} formal;

static fy_ts_kind kind_of_schema(const fy_schema_type *type)
{
	switch (type->kind) {
	case FY_SCHEMA_TENSOR:
		return FY_TS_TENSOR;
	case FY_SCHEMA_INT:
		return FY_TS_INT;
	case FY_SCHEMA_FLOAT:
		return FY_TS_FLOAT;
	case FY_SCHEMA_BOOL:
		return FY_TS_BOOL;
	case FY_SCHEMA_COMPLEX:
		return FY_TS_COMPLEX;
	case FY_SCHEMA_NUMBER:
		return FY_TS_NUMBER;
	case FY_SCHEMA_STR:
		return FY_TS_STR;
	case FY_SCHEMA_DEVICE:
		return FY_TS_DEVICE;
	case FY_SCHEMA_LIST:
		return FY_TS_LIST;
	case FY_SCHEMA_OPTIONAL:
		return FY_TS_OPTIONAL;
	case FY_SCHEMA_DICT:
		return FY_TS_DICT;
	case FY_SCHEMA_TUPLE:
		return FY_TS_ANY_TUPLE;
	default:
		return FY_TS_ANY;
	}
}

static fy_ts_kind kind_of(formal f)
{
	return f.schema ? kind_of_schema(f.schema) : f.declared->kind;
}

/* Type of the elements, keys (0) or values (1); of a field in a declared tuple. */
static formal part_of(formal f, int index)
{
	if (f.schema)
		return (formal){ .schema = index ? f.schema->second : f.schema->element };
	return (formal){ .declared = f.declared->items[index], .inside = true };
}

static bool is_number(fy_ts_kind kind)
{
	return kind == FY_TS_INT || kind == FY_TS_FLOAT || kind == FY_TS_BOOL || kind == FY_TS_COMPLEX ||
	       kind == FY_TS_NUMBER;
}

/* ---- may a value be given? --------------------------------------------------------------------------------
 */

static bool may_take(formal wanted, const fy_btype *got);

static bool may_take_list(formal wanted, const fy_btype *got)
{
	formal element = part_of(wanted, 0);
	if (got->kind == FY_TS_TUPLE) {
		for (int i = 0; i < got->count; i++)
			if (!may_take(element, got->items[i]))
				return false;
		return true;
	}
	if (got->kind == FY_TS_LIST)
		return may_take(element, got->items[0]);
	/* One number for all of int[2]; view(x, 2, 3): the last list takes the rest. */
	if (wanted.schema && kind_of(element) != FY_TS_ANY)
		return (is_number(got->kind) || got->kind == FY_TS_TENSOR) && may_take(element, got);
	return got->kind == FY_TS_NAMED || got->kind == FY_TS_ANY_LIST || got->kind == FY_TS_ANY_TUPLE;
}

static bool may_take_tuple(formal wanted, const fy_btype *got)
{
	if (got->kind == FY_TS_NAMED || got->kind == FY_TS_ANY_TUPLE)
		return true;
	if (got->kind != FY_TS_TUPLE || got->count != wanted.declared->count)
		return false;
	for (int i = 0; i < got->count; i++)
		if (!may_take(part_of(wanted, i), got->items[i]))
			return false;
	return true;
}

static bool may_take_object(const fy_btype *wanted, const fy_btype *got)
{
	const fy_class *a = wanted->class, *b = got->class;
	if (got->kind != FY_TS_NAMED)
		return got->kind == FY_TS_TUPLE && a->base == FY_CLASS_NAMED_TUPLE;
	return a == b || a->base == FY_CLASS_INTERFACE || a->base == FY_CLASS_MODULE_INTERFACE || a->custom ||
	       b->custom || b->base == FY_CLASS_INTERFACE || b->base == FY_CLASS_MODULE_INTERFACE;
}

static bool any_alternative(formal wanted, const fy_btype *got)
{
	for (int i = 0; i < got->count; i++)
		if (may_take(wanted, got->items[i]))
			return true;
	return false;
}

static bool may_take_union(const fy_btype *wanted, const fy_btype *got)
{
	for (int i = 0; i < wanted->count; i++)
		if (may_take((formal){ .declared = wanted->items[i] }, got))
			return true;
	return false;
}

static bool may_take_plain(fy_ts_kind wanted, const fy_btype *got)
{
	switch (wanted) {
	case FY_TS_TENSOR:
		return got->kind == FY_TS_TENSOR;
	case FY_TS_INT:
		return got->kind == FY_TS_TENSOR ||
		       (is_number(got->kind) && got->kind != FY_TS_FLOAT && got->kind != FY_TS_COMPLEX);
	case FY_TS_FLOAT:
		return got->kind == FY_TS_TENSOR || (is_number(got->kind) && got->kind != FY_TS_COMPLEX);
	case FY_TS_BOOL:
	case FY_TS_COMPLEX:
	case FY_TS_NUMBER:
		return got->kind == FY_TS_TENSOR || is_number(got->kind);
	case FY_TS_STR:
		return got->kind == FY_TS_STR;
	case FY_TS_DEVICE:
		return got->kind == FY_TS_DEVICE || got->kind == FY_TS_STR;
	case FY_TS_NONE:
		return got->kind == FY_TS_NONE;
	default:
		return true;
	}
}

static bool may_take(formal wanted, const fy_btype *got)
{
	fy_ts_kind kind = kind_of(wanted);
	if (!got || got->kind == FY_TS_ANY || (got->kind == FY_TS_NAMED && got->class->custom))
		return true;
	if (kind == FY_TS_OPTIONAL && got->kind == FY_TS_NONE)
		return true;
	if (got->kind == FY_TS_OPTIONAL)
		return may_take(wanted, got->items[0]);
	if (got->kind == FY_TS_UNION)
		return any_alternative(wanted, got);
	if (wanted.inside && is_number(kind) && got->kind == FY_TS_TENSOR)
		return false;
	switch (kind) {
	case FY_TS_OPTIONAL:
		return may_take(part_of(wanted, 0), got);
	case FY_TS_UNION:
		return may_take_union(wanted.declared, got);
	case FY_TS_LIST:
		return may_take_list(wanted, got);
	case FY_TS_DICT:
		return got->kind == FY_TS_DICT && may_take(part_of(wanted, 0), got->items[0]) &&
		       may_take(part_of(wanted, 1), got->items[1]);
	case FY_TS_TUPLE:
		return may_take_tuple(wanted, got);
	case FY_TS_ANY_TUPLE:
		return got->kind == FY_TS_TUPLE || got->kind == FY_TS_NAMED;
	case FY_TS_NAMED:
		return may_take_object(wanted.declared, got);
	default:
		return may_take_plain(kind, got);
	}
}

bool fy_type_may_take(const fy_btype *wanted, const fy_btype *got)
{
	return !wanted || may_take((formal){ .declared = wanted }, got);
}

bool fy_schema_may_take(const fy_schema_type *wanted, const fy_btype *got)
{
	return may_take((formal){ .schema = wanted }, got);
}

/* ---- is it exactly what is wanted? ------------------------------------------------------------------------
 */

bool fy_schema_takes_surely(const fy_schema_type *wanted, const fy_btype *got)
{
	fy_ts_kind kind = kind_of_schema(wanted);
	if (kind == FY_TS_OPTIONAL)
		return got->kind == FY_TS_NONE || fy_schema_takes_surely(wanted->element, got);
	if (kind == FY_TS_LIST && got->kind == FY_TS_LIST)
		return fy_schema_takes_surely(wanted->element, got->items[0]);
	if (kind == FY_TS_NUMBER)
		return got->kind == FY_TS_INT || got->kind == FY_TS_FLOAT || got->kind == FY_TS_COMPLEX;
	return kind == got->kind && kind <= FY_TS_STR;
}

/* What is known leaves no doubt about the value's kind. */
bool fy_type_is_certain(const fy_btype *type)
{
	if (type && type->kind == FY_TS_LIST)
		return fy_type_is_certain(type->items[0]);
	return type && type->kind <= FY_TS_STR;
}

/* ---- checks -----------------------------------------------------------------------------------------------
 */

void fy_buf_put_btype(fy_buf *out, const fy_btype *type)
{
	static const char *const names[] = {
		[FY_TS_TENSOR] = "Tensor",   [FY_TS_INT] = "int",           [FY_TS_FLOAT] = "float",
		[FY_TS_BOOL] = "bool",       [FY_TS_COMPLEX] = "complex",   [FY_TS_STR] = "str",
		[FY_TS_NUMBER] = "number",   [FY_TS_NONE] = "None",         [FY_TS_ANY] = "Any",
		[FY_TS_DEVICE] = "Device",   [FY_TS_STREAM] = "Stream",     [FY_TS_GENERATOR] = "Generator",
		[FY_TS_CAPSULE] = "Capsule", [FY_TS_OPTIONAL] = "Optional", [FY_TS_UNION] = "Union",
		[FY_TS_LIST] = "List",       [FY_TS_DICT] = "Dict",         [FY_TS_TUPLE] = "Tuple",
		[FY_TS_FUTURE] = "Future",   [FY_TS_RREF] = "RRef",         [FY_TS_AWAIT] = "Await",
		[FY_TS_ANY_LIST] = "list",   [FY_TS_ANY_TUPLE] = "tuple",
	};
	enum { SHOWN_NAME = 100, SHOWN_LENGTH = 200 };
	if (!type || out->len > SHOWN_LENGTH) {
		fy_buf_puts(out, "...");
		return;
	}
	if (type->kind == FY_TS_NAMED) {
		fy_buf_printf(out, "%.*s", SHOWN_NAME, type->name);
		return;
	}
	fy_buf_puts(out, names[type->kind]);
	for (int i = 0; i < type->count && out->len <= SHOWN_LENGTH; i++) {
		fy_buf_puts(out, i ? ", " : "[");
		fy_buf_put_btype(out, type->items[i]);
	}
	fy_buf_puts(out, type->count ? "]" : "");
}

void fy_check_type(fy_scope *s, fy_span span, const char *what, const fy_btype *wanted, const fy_btype *got)
{
	if (fy_type_may_take(wanted, got))
		return;
	fy_buf wants = { 0 }, gets = { 0 };
	fy_buf_put_btype(&wants, wanted);
	fy_buf_put_btype(&gets, got);
	fy_bind_error(s->b, s->file, span, "type-mismatch", "%s is declared %s but is a value of type %s",
		      what, fy_buf_text(&wants), fy_buf_text(&gets));
	fy_buf_release(&wants);
	fy_buf_release(&gets);
}

void fy_refuse_kinds(fy_scope *s, fy_span span, const fy_bexpr *value, unsigned kinds, const char *what)
{
	if (!value->known || value->known->kind >= 32 || !(kinds & FY_KIND_BIT(value->known->kind)))
		return;
	fy_buf type = { 0 };
	fy_buf_put_btype(&type, value->known);
	fy_bind_error(s->b, s->file, span, "type-mismatch", "a value of type %s %s", fy_buf_text(&type),
		      what);
	fy_buf_release(&type);
}
