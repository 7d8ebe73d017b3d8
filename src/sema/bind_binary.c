/*
 * Binary operators of the source become operator calls, or methods when the left side is an object. Chains
 * fold from the left, comparisons too, as TorchScript has it.
 */
#include "sema/sema_internal.h"

#include <string.h>

static const struct binary {
	const char *name, *magic, *in_place;
} binaries[] = {
	[FY_BINARY_EQ] = { "aten::eq", "__eq__", NULL },
	[FY_BINARY_NE] = { "aten::ne", "__ne__", NULL },
	[FY_BINARY_LT] = { "aten::lt", "__lt__", NULL },
	[FY_BINARY_LE] = { "aten::le", "__le__", NULL },
	[FY_BINARY_GT] = { "aten::gt", "__gt__", NULL },
	[FY_BINARY_GE] = { "aten::ge", "__ge__", NULL },
	[FY_BINARY_IN] = { "aten::__contains__", NULL, NULL },
	[FY_BINARY_NOT_IN] = { "aten::__contains__", NULL, NULL },
	[FY_BINARY_IS] = { "aten::__is__", NULL, NULL },
	[FY_BINARY_IS_NOT] = { "aten::__isnot__", NULL, NULL },
	[FY_BINARY_BIT_OR] = { "aten::__or__", "__or__", "aten::__ior__" },
	[FY_BINARY_BIT_XOR] = { "aten::__xor__", "__xor__", "aten::__ixor__" },
	[FY_BINARY_BIT_AND] = { "aten::__and__", "__and__", "aten::__iand__" },
	[FY_BINARY_SHIFT_LEFT] = { "aten::__lshift__", "__lshift__", "aten::__ilshift__" },
	[FY_BINARY_SHIFT_RIGHT] = { "aten::__rshift__", "__rshift__", "aten::__irshift__" },
	[FY_BINARY_ADD] = { "aten::add", "__add__", "aten::add_" },
	[FY_BINARY_SUB] = { "aten::sub", "__sub__", "aten::sub_" },
	[FY_BINARY_MUL] = { "aten::mul", "__mul__", "aten::mul_" },
	[FY_BINARY_DIV] = { "aten::div", "__truediv__", "aten::div_" },
	[FY_BINARY_FLOOR_DIV] = { "aten::floordiv", "__floordiv__", NULL },
	[FY_BINARY_MOD] = { "aten::remainder", "__mod__", "aten::fmod_" },
	[FY_BINARY_MATMUL] = { "aten::matmul", "__matmul__", NULL },
	[FY_BINARY_POW] = { "aten::pow", "__pow__", "aten::pow_" },
};

static bool is_kind(const fy_bexpr *expr, fy_ts_kind kind)
{
	return expr->known && expr->known->kind == kind;
}

fy_bexpr *fy_bind_magic(fy_scope *s, fy_span span, const char *name, fy_bexpr *base, fy_bexpr *const *items,
			int count)
{
	fy_class *class = fy_known_class(base->known);
	fy_function *method = class && !class->custom ? fy_find_method(s->b, class, name) : NULL;
	if (!method)
		return NULL;
	fy_bexpr *call = fy_bexpr_new(s, FY_B_METHOD, span);
	call->name = method->name;
	call->base = base;
	call->items = count > 0 ? fy_arena_copy(s->b->arena, items, (size_t)count * sizeof(*items)) : NULL;
	call->count = count;
	call->known = method->returns;
	fy_bind_callee(s, call, method, 1);
	return fy_bexpr_done(s, call);
}

/* 2.5+3.5j is one number. */
static fy_bexpr *complex_literal(fy_scope *s, fy_binary_sign op, fy_span span, const fy_bexpr *left,
				 const fy_bexpr *right)
{
	if (op != FY_BINARY_ADD && op != FY_BINARY_SUB)
		return NULL;
	if (left->kind != FY_B_LITERAL || right->kind != FY_B_LITERAL ||
	    right->literal.kind != FY_ARG_COMPLEX)
		return NULL;
	if (left->literal.kind != FY_ARG_INT && left->literal.kind != FY_ARG_FLOAT)
		return NULL;
	double re = left->literal.kind == FY_ARG_INT ? (double)left->literal.i : left->literal.f;
	double im = op == FY_BINARY_ADD ? right->literal.c.im : -right->literal.c.im;
	return fy_bexpr_literal(s, span, (fy_arg){ .kind = FY_ARG_COMPLEX, .c = { re, im } });
}

static fy_bexpr *bind_logic(fy_scope *s, fy_binary_sign op, fy_span span, fy_bexpr *left, fy_bexpr *right)
{
	fy_bexpr *logic = fy_bexpr_new(s, op == FY_BINARY_AND ? FY_B_AND : FY_B_OR, span);
	logic->count = 2;
	logic->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, 2);
	logic->items[0] = left;
	logic->items[1] = right;
	logic->known = fy_plain_type(FY_TS_BOOL);
	return fy_bexpr_done(s, logic);
}

static fy_bexpr *bind_contains(fy_scope *s, fy_span span, fy_bexpr *item, fy_bexpr *container)
{
	fy_bexpr *magic = fy_bind_magic(s, span, "__contains__", container, &item, 1);
	fy_bexpr *pair[] = { container, item };
	return magic ? magic : fy_bexpr_operator(s, span, "aten::__contains__", pair, 2);
}

fy_bexpr *fy_bind_binary(fy_scope *s, fy_binary_sign op, fy_span span, fy_bexpr *left, fy_bexpr *right)
{
	if (op == FY_BINARY_AND || op == FY_BINARY_OR)
		return bind_logic(s, op, span, left, right);
	if (op == FY_BINARY_IN)
		return bind_contains(s, span, left, right);
	if (op == FY_BINARY_NOT_IN) {
		fy_bexpr *is_in = bind_contains(s, span, left, right);
		return fy_bexpr_operator(s, span, "aten::__not__", &is_in, 1);
	}
	fy_bexpr *number = complex_literal(s, op, span, left, right);
	if (number)
		return number;
	const char *magic = binaries[op].magic;
	fy_bexpr *method = magic ? fy_bind_magic(s, span, magic, left, &right, 1) : NULL;
	if (method)
		return method;
	fy_bexpr *pair[] = { left, right };
	bool format = op == FY_BINARY_MOD && is_kind(left, FY_TS_STR);
	return fy_bexpr_operator(s, span, format ? "aten::percentFormat" : binaries[op].name, pair, 2);
}

fy_bexpr *fy_bind_chain(fy_scope *s, const fy_expr *expr)
{
	fy_bexpr *value = fy_bind_expr(s, expr->chain.first, NULL);
	for (int i = 0; i < expr->chain.count && !fy_binder_stopped(s->b); i++) {
		const fy_link *link = &expr->chain.links[i];
		bool lazy = link->op == FY_BINARY_AND || link->op == FY_BINARY_OR;
		fy_bexpr *left = lazy ? value : fy_bexpr_hoist(s, value);
		fy_bexpr *right =
			lazy ? fy_bind_lazy(s, link->operand, NULL) : fy_bind_expr(s, link->operand, NULL);
		value = fy_bind_binary(s, link->op, expr->span, left, right);
	}
	return value;
}

/* Numbers and strings have no in-place operators. */
static bool is_value_type(const fy_btype *type)
{
	if (!type)
		return false;
	switch (type->kind) {
	case FY_TS_INT:
	case FY_TS_FLOAT:
	case FY_TS_BOOL:
	case FY_TS_COMPLEX:
	case FY_TS_NUMBER:
	case FY_TS_STR:
		return true;
	default:
		return false;
	}
}

fy_bexpr *fy_bind_augmented(fy_scope *s, fy_binary_sign op, fy_span span, fy_bexpr *left, fy_bexpr *right)
{
	const char *in_place = binaries[op].in_place;
	if (!in_place || is_value_type(left->known) || fy_known_class(left->known)) {
		fy_bexpr *value = fy_bind_binary(s, op, span, left, right);
		if (!value->known && is_value_type(left->known) && is_value_type(right->known))
			value->known =
				left->known; /* perhaps a wider number: what matters is that it's no tensor */
		return value;
	}
	fy_bexpr *pair[] = { left, right };
	fy_bexpr *value = fy_bexpr_operator(s, span, in_place, pair, 2);
	value->known = left->known;
	return value;
}
