/*
 * Expressions: literals, containers, subscripts, conditions. Names, calls and operators have files of their
 * own.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- containers ------------------------------------------------------------------------------- */

static fy_bexpr *bind_item(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	if (expr->kind == FY_EXPR_STARRED)
		return fy_bexpr_unsupported(s, expr->span, "python::starred");
	return fy_bind_expr(s, expr, hint);
}

static fy_bexpr **bind_items(fy_scope *s, fy_expr *const *items, int count, const fy_btype *hint)
{
	fy_bexpr **bound = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, count);
	for (int i = 0; i < count; i++)
		bound[i] = bind_item(s, items[i], hint);
	return bound;
}

static const fy_btype *tuple_type(fy_scope *s, fy_bexpr *const *items, int count)
{
	const fy_btype **types = FY_NEW_ARRAY(s->b->arena, const fy_btype *, count);
	for (int i = 0; i < count; i++)
		types[i] = items[i]->known ? items[i]->known : fy_plain_type(FY_TS_ANY);
	return fy_compound_type(s->b, FY_TS_TUPLE, types, count);
}

static fy_bexpr *bind_tuple(fy_scope *s, const fy_expr *expr)
{
	fy_bexpr *tuple = fy_bexpr_new(s, FY_B_TUPLE, expr->span);
	tuple->items = bind_items(s, expr->sequence.items, expr->sequence.count, NULL);
	tuple->count = expr->sequence.count;
	tuple->known = tuple_type(s, tuple->items, tuple->count);
	return fy_bexpr_done(s, tuple);
}

/* The hint behind Optional, when it is of that kind. */
static const fy_btype *fitting(const fy_btype *hint, fy_ts_kind kind)
{
	if (hint && hint->kind == FY_TS_OPTIONAL)
		hint = hint->items[0];
	return hint && hint->kind == kind ? hint : NULL;
}

/* NULL unless all items are known to be of one type. */
static const fy_btype *list_of(fy_scope *s, fy_bexpr *const *items, int count)
{
	for (int i = 0; i < count; i++)
		if (!items[i]->known || !fy_btype_equal(items[i]->known, items[0]->known))
			return NULL;
	return count > 0 ? fy_compound_type(s->b, FY_TS_LIST, &items[0]->known, 1) : NULL;
}

static fy_bexpr *bind_list(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	fy_bexpr *list = fy_bexpr_new(s, FY_B_LIST, expr->span);
	list->type = fitting(hint, FY_TS_LIST);
	list->items = bind_items(s, expr->sequence.items, expr->sequence.count,
				 list->type ? list->type->items[0] : NULL);
	list->count = expr->sequence.count;
	list->known = list_of(s, list->items, list->count);
	fy_check_type(s, expr->span, "the list", list->type, list->known);
	list->known = list->type ? list->type : list->known;
	return fy_bexpr_done(s, list);
}

/* Keys are texts, numbers or tensors, and all of one type. */
static void check_key(fy_scope *s, const fy_bexpr *dict, int i)
{
	const fy_bexpr *key = dict->items[2 * i];
	const fy_btype *wanted = dict->type ? dict->type->items[0] : dict->items[0]->known;
	fy_refuse_kinds(s, key->span, key,
			FY_KIND_BIT(FY_TS_LIST) | FY_KIND_BIT(FY_TS_DICT) | FY_KIND_BIT(FY_TS_NONE),
			"is no key of a dict");
	fy_check_type(s, key->span, "the key", wanted, key->known);
}

static fy_bexpr *bind_dict(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	fy_bexpr *dict = fy_bexpr_new(s, FY_B_DICT, expr->span);
	dict->type = dict->known = fitting(hint, FY_TS_DICT);
	dict->count = 2 * expr->dict.count;
	dict->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, dict->count);
	for (int i = 0; i < expr->dict.count; i++) {
		dict->items[2 * i] = fy_bind_expr(s, expr->dict.keys[i], NULL);
		check_key(s, dict, i);
		dict->items[2 * i + 1] =
			fy_bind_expr(s, expr->dict.values[i], dict->type ? dict->type->items[1] : NULL);
	}
	if (!dict->known && dict->count > 0 && dict->items[0]->known && dict->items[1]->known) {
		const fy_btype *types[] = { dict->items[0]->known, dict->items[1]->known };
		dict->known = fy_compound_type(s->b, FY_TS_DICT, types, 2);
	}
	return fy_bexpr_done(s, dict);
}

/* ---- subscripts ------------------------------------------------------------------------------- */

static const fy_btype *element_type(const fy_btype *container, const fy_bexpr *index)
{
	if (!container)
		return NULL;
	if (container->kind == FY_TS_LIST)
		return container->items[0];
	if (container->kind == FY_TS_DICT)
		return container->items[1];
	if (container->kind != FY_TS_TUPLE || index->kind != FY_B_LITERAL ||
	    index->literal.kind != FY_ARG_INT)
		return NULL;
	int64_t at = index->literal.i < 0 ? index->literal.i + container->count : index->literal.i;
	return at >= 0 && at < container->count ? container->items[at] : NULL;
}

static void check_index(fy_scope *s, fy_span span, const fy_bexpr *base, const fy_bexpr *index)
{
	fy_refuse_kinds(s, span, base, FY_KINDS_NUMBER | FY_KIND_BIT(FY_TS_NONE), "has no elements");
	if (base->known && base->known->kind != FY_TS_DICT && base->known->kind != FY_TS_ANY)
		fy_refuse_kinds(s, index->span, index, FY_KIND_BIT(FY_TS_STR), "is no index");
}

static fy_bexpr *bind_range(fy_scope *s, const fy_expr *expr)
{
	fy_bexpr *range = fy_bexpr_new(s, FY_B_RANGE, expr->span);
	const fy_expr *parts[] = { expr->slice.start, expr->slice.stop, expr->slice.step };
	range->count = 3;
	range->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, 3);
	for (int i = 0; i < 3; i++)
		range->items[i] = parts[i] ? fy_bind_expr(s, parts[i], NULL) : NULL;
	return fy_bexpr_done(s, range);
}

static fy_bexpr *bind_subscript_item(fy_scope *s, const fy_expr *expr)
{
	if (expr->kind == FY_EXPR_SLICE)
		return bind_range(s, expr);
	if (expr->kind == FY_EXPR_ELLIPSIS)
		return fy_bexpr_new(s, FY_B_ELLIPSIS, expr->span);
	return bind_item(s, expr, NULL);
}

static bool is_plain_index(const fy_expr *subscript)
{
	const fy_expr *item = subscript->subscript.items[0];
	return subscript->subscript.count == 1 && !subscript->subscript.trailing_comma &&
	       item->kind != FY_EXPR_SLICE && item->kind != FY_EXPR_ELLIPSIS && item->kind != FY_EXPR_NONE;
}

static fy_bexpr *bind_subscript(fy_scope *s, const fy_expr *expr)
{
	bool plain = is_plain_index(expr);
	fy_bexpr *base = fy_bind_expr(s, expr->subscript.base, NULL);
	fy_bexpr *got = fy_bexpr_new(s, plain ? FY_B_INDEX : FY_B_SUBSCRIPT, expr->span);
	got->base = base;
	got->count = expr->subscript.count;
	got->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, got->count);
	for (int i = 0; i < got->count; i++)
		got->items[i] = bind_subscript_item(s, expr->subscript.items[i]);
	if (plain) {
		fy_bexpr *magic = fy_bind_magic(s, expr->span, "__getitem__", base, got->items, got->count);
		if (magic)
			return magic;
		got->known = element_type(base->known, got->items[0]);
		check_index(s, expr->span, base, got->items[0]);
	}
	return fy_bexpr_done(s, got);
}

/* ---- conditions and comprehensions ------------------------------------------------------------ */

fy_bexpr *fy_bind_lazy(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	fy_stmts *stmts = s->stmts;
	s->stmts = NULL;
	fy_bexpr *bound = fy_bind_expr(s, expr, hint);
	s->stmts = stmts;
	return bound;
}

static fy_bexpr *bind_conditional(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	fy_bexpr *bound = fy_bexpr_new(s, FY_B_CONDITIONAL, expr->span);
	bound->count = 3;
	bound->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, 3);
	bound->items[0] = fy_bind_expr(s, expr->conditional.condition, NULL);
	bound->items[1] = fy_bind_lazy(s, expr->conditional.then, hint);
	bound->items[2] = fy_bind_lazy(s, expr->conditional.otherwise, hint);
	if (fy_btype_equal(bound->items[1]->known, bound->items[2]->known))
		bound->known = bound->items[1]->known;
	return fy_bexpr_done(s, bound);
}

static fy_bexpr *bind_comprehension(fy_scope *s, const fy_expr *expr)
{
	const fy_expr *target = expr->comprehension.target;
	if (expr->comprehension.key || target->kind != FY_EXPR_NAME)
		return fy_bexpr_unsupported(s, expr->span, "python::comprehension");
	fy_bexpr *bound = fy_bexpr_new(s, FY_B_COMPREHENSION, expr->span);
	bound->count = 2;
	bound->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, 2);
	bound->items[1] = fy_bind_expr(s, expr->comprehension.iterable, NULL);
	int before = fy_scope_shadow(s, target->name, &bound->index);
	const fy_btype *over = bound->items[1]->known;
	fy_scope_assign(s, bound->index, over && over->kind == FY_TS_LIST ? over->items[0] : NULL);
	bound->items[0] = fy_bind_lazy(s, expr->comprehension.element, NULL);
	fy_scope_unshadow(s, target->name, before);
	if (bound->items[0]->known)
		bound->known = fy_compound_type(s->b, FY_TS_LIST, &bound->items[0]->known, 1);
	return fy_bexpr_done(s, bound);
}

static fy_bexpr *bind_unary(fy_scope *s, const fy_expr *expr)
{
	static const char *const names[] = { "aten::neg", "aten::bitwise_not", "aten::__not__" };
	fy_bexpr *operand = fy_bind_expr(s, expr->unary.operand, NULL);
	if (expr->unary.op == FY_UNARY_MINUS && operand->kind == FY_B_LITERAL &&
	    operand->literal.kind == FY_ARG_FLOAT)
		return fy_bexpr_literal(s, expr->span, fy_arg_float(-operand->literal.f)); /* -inf */
	return fy_bexpr_operator(s, expr->span, names[expr->unary.op], &operand, 1);
}

/* ---- all -------------------------------------------------------------------------------------- */

static fy_bexpr *misplaced(fy_scope *s, const fy_expr *expr, const char *what)
{
	fy_bind_error(s->b, s->file, expr->span, "expression", "%s cannot stand here", what);
	return fy_bexpr_broken(s, expr->span);
}

fy_bexpr *fy_bind_expr(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	switch (expr->kind) {
	case FY_EXPR_NAME:
		return fy_bind_name(s, expr);
	case FY_EXPR_ATTRIBUTE:
		return fy_bind_attribute(s, expr);
	case FY_EXPR_INT:
		return fy_bexpr_literal(s, expr->span, fy_arg_int(expr->integer));
	case FY_EXPR_FLOAT:
		return fy_bexpr_literal(s, expr->span, fy_arg_float(expr->real));
	case FY_EXPR_COMPLEX:
		return fy_bexpr_literal(s, expr->span,
					(fy_arg){ .kind = FY_ARG_COMPLEX, .c = { 0, expr->real } });
	case FY_EXPR_BOOL:
		return fy_bexpr_literal(s, expr->span, fy_arg_bool(expr->boolean));
	case FY_EXPR_STRING:
		return fy_bexpr_literal(s, expr->span, (fy_arg){ .kind = FY_ARG_STR, .s = expr->string });
	case FY_EXPR_NONE:
		return fy_bexpr_literal(s, expr->span, fy_arg_none());
	case FY_EXPR_ELLIPSIS:
		return misplaced(s, expr, "'...'");
	case FY_EXPR_CALL:
		return fy_bind_call(s, expr, hint);
	case FY_EXPR_SUBSCRIPT:
		return bind_subscript(s, expr);
	case FY_EXPR_SLICE:
		return misplaced(s, expr, "a slice");
	case FY_EXPR_TUPLE:
		return bind_tuple(s, expr);
	case FY_EXPR_LIST:
		return bind_list(s, expr, hint);
	case FY_EXPR_DICT:
		return bind_dict(s, expr, hint);
	case FY_EXPR_UNARY:
		return bind_unary(s, expr);
	case FY_EXPR_CHAIN:
		return fy_bind_chain(s, expr);
	case FY_EXPR_CONDITIONAL:
		return bind_conditional(s, expr, hint);
	case FY_EXPR_COMPREHENSION:
		return bind_comprehension(s, expr);
	case FY_EXPR_STARRED:
		return misplaced(s, expr, "a starred expression");
	}
	FY_BUG("unknown expression kind %d", (int)expr->kind);
}
