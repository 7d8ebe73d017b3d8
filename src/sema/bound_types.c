/*
 * Declared types with their class names resolved, and the little arithmetic of types that binding needs.
 * Types of values are tracked only to know classes for certain: this is no type checker.
 */
#include "sema/sema_internal.h"

#include <string.h>

const fy_btype *fy_plain_type(fy_ts_kind kind)
{
	static const fy_btype plain[] = {
		{ .kind = FY_TS_TENSOR }, { .kind = FY_TS_INT },     { .kind = FY_TS_FLOAT },
		{ .kind = FY_TS_BOOL },   { .kind = FY_TS_COMPLEX }, { .kind = FY_TS_STR },
		{ .kind = FY_TS_NONE },   { .kind = FY_TS_ANY },
	};
	for (size_t i = 0; i < FY_COUNT(plain); i++)
		if (plain[i].kind == kind)
			return &plain[i];
	return NULL;
}

static fy_btype *new_type(fy_binder *b, fy_ts_kind kind, int count)
{
	fy_btype *type = FY_NEW(b->arena, fy_btype);
	type->kind = kind;
	type->count = count;
	type->items = count > 0 ? FY_NEW_ARRAY(b->arena, const fy_btype *, count) : NULL;
	return type;
}

const fy_btype *fy_class_type(fy_binder *b, fy_class *class)
{
	fy_btype *type = new_type(b, FY_TS_NAMED, 0);
	type->class = class;
	type->name = class->name;
	return type;
}

const fy_btype *fy_compound_type(fy_binder *b, fy_ts_kind kind, const fy_btype *const *items, int count)
{
	fy_btype *type = new_type(b, kind, count);
	if (count > 0)
		memcpy(type->items, items, (size_t)count * sizeof(*items));
	return type;
}

static const fy_btype *bind_named(fy_binder *b, const fy_script_file *file, const fy_ts_type *type)
{
	fy_bound_class *class = fy_find_class(b, fy_str_of(type->name));
	if (class)
		return fy_class_type(b, &class->class);
	if (!b->broken_source)
		fy_bind_error(b, file, type->span, "type-unknown",
			      strchr(type->name, '.') ? "the archive has no code for class '%s'"
						      : "unknown type '%s'",
			      type->name);
	return fy_plain_type(FY_TS_ANY);
}

const fy_btype *fy_bind_type(fy_binder *b, const fy_script_file *file, const fy_ts_type *type)
{
	if (type->kind == FY_TS_NAMED)
		return bind_named(b, file, type);
	if (type->kind == FY_TS_UNION && type->count == 1)
		return fy_bind_type(b, file, type->items[0]);
	const fy_btype *plain = type->count == 0 ? fy_plain_type(type->kind) : NULL;
	if (plain)
		return plain;
	fy_btype *bound = new_type(b, type->kind, type->count);
	for (int i = 0; i < type->count; i++)
		bound->items[i] = fy_bind_type(b, file, type->items[i]);
	return bound;
}

bool fy_btype_equal(const fy_btype *x, const fy_btype *y)
{
	if (x == y)
		return true;
	if (!x || !y || x->kind != y->kind || x->count != y->count || x->class != y->class)
		return false;
	for (int i = 0; i < x->count; i++)
		if (!fy_btype_equal(x->items[i], y->items[i]))
			return false;
	return true;
}

fy_class *fy_known_class(const fy_btype *type)
{
	return type && type->kind == FY_TS_NAMED ? type->class : NULL;
}
