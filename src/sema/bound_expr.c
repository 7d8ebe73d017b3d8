/*
 * Making bound expressions, with what is known of their types, and keeping them from nesting too deep: the
 * values of long sums go through hidden variables.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* Above this a value of a chain is put into a variable. */
enum { HOIST_HEIGHT = 300 };

fy_bexpr *fy_bexpr_new(fy_scope *s, fy_bexpr_kind kind, fy_span span)
{
	fy_bexpr *expr = FY_NEW(s->b->arena, fy_bexpr);
	expr->kind = kind;
	expr->span = span;
	expr->height = 1;
	return expr;
}

static void raise_height(fy_bexpr *expr, const fy_bexpr *child)
{
	if (child && child->height >= expr->height)
		expr->height = child->height + 1;
}

static void report_depth(fy_scope *s, fy_span span)
{
	fy_place place = fy_script_place(s->file, span);
	fy_bind_error_at(s->b, FY_UNSUPPORTED, &place, "script-depth",
			 "expression nests deeper than %d levels", FY_BOUND_HEIGHT_LIMIT);
	s->b->errors = FY_BIND_ERROR_LIMIT; /* what follows from it is not worth reading */
}

fy_bexpr *fy_bexpr_done(fy_scope *s, fy_bexpr *expr)
{
	expr->height = 1;
	raise_height(expr, expr->base);
	for (int i = 0; i < expr->count; i++)
		raise_height(expr, expr->items[i]);
	for (int i = 0; i < expr->keyword_count; i++)
		raise_height(expr, expr->keywords[i].value);
	if (expr->height <= FY_BOUND_HEIGHT_LIMIT)
		return expr;
	report_depth(s, expr->span);
	return fy_bexpr_broken(s, expr->span);
}

fy_bexpr *fy_bexpr_broken(fy_scope *s, fy_span span)
{
	return fy_bexpr_new(s, FY_B_UNINITIALIZED, span);
}

static const fy_btype *type_of_literal(fy_arg literal)
{
	switch (literal.kind) {
	case FY_ARG_NONE:
		return fy_plain_type(FY_TS_NONE);
	case FY_ARG_BOOL:
		return fy_plain_type(FY_TS_BOOL);
	case FY_ARG_INT:
		return fy_plain_type(FY_TS_INT);
	case FY_ARG_FLOAT:
		return fy_plain_type(FY_TS_FLOAT);
	case FY_ARG_COMPLEX:
		return fy_plain_type(FY_TS_COMPLEX);
	case FY_ARG_STR:
		return fy_plain_type(FY_TS_STR);
	default:
		return NULL;
	}
}

fy_bexpr *fy_bexpr_literal(fy_scope *s, fy_span span, fy_arg literal)
{
	fy_bexpr *expr = fy_bexpr_new(s, FY_B_LITERAL, span);
	expr->literal = literal;
	expr->known = type_of_literal(literal);
	return expr;
}

fy_bexpr *fy_bexpr_slot(fy_scope *s, fy_span span, int slot)
{
	fy_bexpr *expr = fy_bexpr_new(s, FY_B_SLOT, span);
	expr->index = slot;
	expr->name = s->slots[slot].name;
	expr->known = s->slots[slot].type;
	return expr;
}

/* ---- attributes ------------------------------------------------------------------------------- */

static fy_bexpr *report_attribute(fy_scope *s, fy_span span, const fy_class *class, const char *name)
{
	fy_bind_error(s->b, s->file, span, "attribute-unknown", "class '%s' has no attribute '%s'",
		      class->name, name);
	return fy_bexpr_broken(s, span);
}

fy_bexpr *fy_bexpr_attribute(fy_scope *s, fy_span span, fy_bexpr *base, const char *name)
{
	fy_class *class = fy_known_class(base->known);
	const fy_battribute *attribute = class ? fy_find_attribute(s->b, class, name) : NULL;
	bool of_member =
		class && class->base == FY_CLASS_ENUM && (!strcmp(name, "name") || !strcmp(name, "value"));
	if (class && !class->custom && !attribute && !of_member)
		return report_attribute(s, span, class, name);
	fy_refuse_kinds(s, span, base,
			(FY_KINDS_NUMBER & ~FY_KIND_BIT(FY_TS_COMPLEX)) | FY_KIND_BIT(FY_TS_STR) |
				FY_KIND_BIT(FY_TS_NONE) | FY_KIND_BIT(FY_TS_LIST) | FY_KIND_BIT(FY_TS_DICT),
			"has no attributes");
	fy_bexpr *expr = fy_bexpr_new(s, FY_B_ATTRIBUTE, span);
	expr->base = base;
	expr->name = name;
	if (attribute)
		expr->known = attribute->type;
	else if (!class && base->kind != FY_B_UNINITIALIZED)
		fy_add_pending(s, expr, name, span);
	return fy_bexpr_done(s, expr);
}

/* ---- operators -------------------------------------------------------------------------------- */

fy_bexpr *fy_bexpr_operator(fy_scope *s, fy_span span, const char *name, fy_bexpr *const *items, int count)
{
	fy_bexpr *expr = fy_bexpr_new(s, FY_B_OPERATOR, span);
	expr->items = fy_arena_copy(s->b->arena, items, (size_t)count * sizeof(*items));
	expr->count = count;
	fy_settle_operator(s->b, s->file, s->function->function.owner != NULL, expr, name);
	return fy_bexpr_done(s, expr);
}

fy_bexpr *fy_bexpr_unsupported(fy_scope *s, fy_span span, const char *name)
{
	fy_bexpr *expr = fy_bexpr_new(s, FY_B_OPERATOR, span);
	expr->name = fy_use_operator(s->b, name, s->file, span);
	return expr;
}

/* ---- hidden variables ------------------------------------------------------------------------- */

static fy_bexpr *store(fy_scope *s, fy_bexpr *value)
{
	int slot = fy_scope_hidden(s, "(part of an expression)");
	fy_assign_slot(s, value->span, slot, value);
	return fy_bexpr_slot(s, value->span, slot);
}

fy_bexpr *fy_bexpr_hoist(fy_scope *s, fy_bexpr *value)
{
	return value->height > HOIST_HEIGHT && s->stmts ? store(s, value) : value;
}

fy_bexpr *fy_bexpr_once(fy_scope *s, fy_bexpr *value)
{
	const fy_bexpr *inner = value;
	while (inner->kind == FY_B_ATTRIBUTE)
		inner = inner->base;
	bool plain = inner->kind == FY_B_SLOT || inner->kind == FY_B_LITERAL || inner->kind == FY_B_CONSTANT;
	return plain || !s->stmts ? value : store(s, value);
}
