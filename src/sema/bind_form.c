/*
 * What the language itself calls by a plain name: forms that take types (annotate, isinstance ...), attribute
 * access by text, fork, and the functions that stand for operators (len, int, min ...).
 */
#include "sema/sema_internal.h"

#include <string.h>

static const struct form_operator {
	const char *name, *full, *magic;
} operators[] = {
	{ "print", "prim::Print", NULL },
	{ "int", "aten::Int", "__int__" },
	{ "float", "aten::Float", "__float__" },
	{ "bool", "aten::Bool", "__bool__" },
	{ "str", "aten::str", "__str__" },
	{ "complex", "aten::Complex", "__complex__" },
	{ "len", "aten::len", "__len__" },
	{ "hex", "aten::hex", "__hex__" },
	{ "oct", "aten::oct", "__oct__" },
	{ "bin", "aten::bin", NULL },
	{ "ord", "aten::ord", NULL },
	{ "chr", "aten::chr", NULL },
	{ "round", "aten::round", NULL },
	{ "pow", "aten::pow", NULL },
	{ "hash", "aten::hash", NULL },
	{ "id", "prim::id", NULL },
	{ "min", "prim::min", NULL },
	{ "max", "prim::max", NULL },
	{ "abs", "prim::abs", NULL },
	{ "all", "aten::all", NULL },
	{ "any", "aten::any", NULL },
	{ "sum", "aten::sum", NULL },
	{ "sorted", "aten::sorted", NULL },
	{ "divmod", "aten::divmod", NULL },
	{ "list", "aten::list", NULL },
	{ "dict", "aten::dict", NULL },
	{ "rangelist", "prim::rangelist", NULL },
};

/* Names of Python that no operator stands for. */
static const struct python_name {
	const char *name, *listed;
} python_names[] = {
	{ "zip", "python::zip" },
	{ "enumerate", "python::enumerate" },
	{ "tuple", "python::tuple" },

	{ "awaitable", "python::awaitable" },
	{ "_to_tensor", "python::_to_tensor" },
};

/* ---- forms that take a type ------------------------------------------------------------------- */

static bool has_arguments(fy_scope *s, const fy_expr *expr, const char *name, int count)
{
	bool good = expr->call.count == count;
	for (int i = 0; i < expr->call.count; i++)
		good &= !expr->call.args[i].name && expr->call.args[i].value->kind != FY_EXPR_STARRED;
	if (!good)
		fy_bind_error(s->b, s->file, expr->span, "call-arguments", "'%s' takes %d plain arguments",
			      name, count);
	return good;
}

static const fy_btype *type_argument(fy_scope *s, const fy_expr *expr)
{
	fy_ts_type *type;
	if (fy_ts_type_from_expr(s->b->arena, s->file, expr, s->b->diags, &type) == FY_OK)
		return fy_bind_type(s->b, s->file, type);
	s->b->errors++;
	s->b->status = FY_MALFORMED;
	return fy_plain_type(FY_TS_ANY);
}

static fy_bexpr *bind_typed(fy_scope *s, const fy_expr *expr, const char *name, fy_bexpr_kind kind)
{
	if (!has_arguments(s, expr, name, kind == FY_B_UNINITIALIZED ? 1 : 2))
		return fy_bexpr_broken(s, expr->span);
	fy_bexpr *bound = fy_bexpr_new(s, kind, expr->span);
	bound->type = bound->known = type_argument(s, expr->call.args[0].value);
	if (kind == FY_B_UNINITIALIZED)
		return bound;
	bound->base = fy_bind_expr(s, expr->call.args[1].value, kind == FY_B_ANNOTATE ? bound->type : NULL);
	if (kind == FY_B_ANNOTATE)
		fy_check_type(s, expr->span, "the value", bound->type, bound->base->known);
	return bound->base->kind == FY_B_TOLIST ? bound->base : fy_bexpr_done(s, bound);
}

/* isinstance(x, T) and isinstance(x, (A, B)). */
static fy_bexpr *bind_isinstance(fy_scope *s, const fy_expr *expr)
{
	if (!has_arguments(s, expr, "isinstance", 2))
		return fy_bexpr_broken(s, expr->span);
	fy_bexpr *bound = fy_bexpr_new(s, FY_B_ISINSTANCE, expr->span);
	bound->base = fy_bind_expr(s, expr->call.args[0].value, NULL);
	bound->known = fy_plain_type(FY_TS_BOOL);
	const fy_expr *types = expr->call.args[1].value;
	if (types->kind != FY_EXPR_TUPLE) {
		bound->type = type_argument(s, types);
		return fy_bexpr_done(s, bound);
	}
	const fy_btype **items = FY_NEW_ARRAY(s->b->arena, const fy_btype *, types->sequence.count);
	for (int i = 0; i < types->sequence.count; i++)
		items[i] = type_argument(s, types->sequence.items[i]);
	bound->type = fy_compound_type(s->b, FY_TS_UNION, items, types->sequence.count);
	return fy_bexpr_done(s, bound);
}

/* ---- attributes by text, forks ---------------------------------------------------------------- */

static fy_bexpr *bind_getattr(fy_scope *s, const fy_expr *expr)
{
	int count = expr->call.count == 3 ? 3 : 2; /* with a default */
	if (!has_arguments(s, expr, "getattr", count))
		return fy_bexpr_broken(s, expr->span);
	const fy_expr *name = expr->call.args[1].value;
	if (name->kind != FY_EXPR_STRING || memchr(name->string.data, '\0', name->string.len)) {
		fy_bind_error(s->b, s->file, name->span, "call-arguments",
			      "the name in 'getattr' is no plain text");
		return fy_bexpr_broken(s, expr->span);
	}
	const char *text = fy_arena_strndup(s->b->arena, name->string.data, name->string.len);
	fy_bexpr *base = fy_bind_expr(s, expr->call.args[0].value, NULL);
	fy_class *class = fy_known_class(base->known);
	if (count == 3 && class && !class->custom && !fy_find_attribute(s->b, class, text))
		return fy_bind_expr(s, expr->call.args[2].value, NULL);
	return fy_bexpr_attribute(s, expr->span, base, text);
}

/* Known at once, because the attributes of a class never change; of other values it is not. */
static fy_bexpr *bind_hasattr(fy_scope *s, const fy_expr *expr)
{
	if (!has_arguments(s, expr, "hasattr", 2))
		return fy_bexpr_broken(s, expr->span);
	const fy_expr *name = expr->call.args[1].value;
	const fy_bexpr *base = fy_bind_expr(s, expr->call.args[0].value, NULL);
	fy_class *class = fy_known_class(base->known);
	if (!class || class->custom || name->kind != FY_EXPR_STRING)
		return fy_bexpr_unsupported(s, expr->span, "python::hasattr");
	const char *text = fy_arena_strndup(s->b->arena, name->string.data, name->string.len);
	bool has = fy_find_attribute(s->b, class, text) || fy_find_method(s->b, class, text);
	return fy_bexpr_literal(s, expr->span, fy_arg_bool(has));
}

/* fork(f) of a nested def, or fork(__torch__.f, a, b). */
static fy_bexpr *bind_fork(fy_scope *s, const fy_expr *expr)
{
	const fy_expr *callee = expr->call.count > 0 ? expr->call.args[0].value : NULL;
	fy_bexpr *fork = fy_bexpr_new(s, FY_B_FORK, expr->span);
	if (callee && callee->kind == FY_EXPR_NAME)
		fork->function = fy_map_get(&s->forks, fy_str_of(callee->name));
	if (fork->function && expr->call.count == 1)
		return fork;
	fy_bexpr *value = callee && !fork->function ? fy_bind_expr(s, callee, NULL) : NULL;
	if (!value || value->kind != FY_B_FUNCTION_REF) {
		if (!value || value->kind != FY_B_UNINITIALIZED)
			fy_bind_error(s->b, s->file, expr->span, "call-arguments",
				      "'fork' takes a nested function, or a function and its arguments");
		return fy_bexpr_broken(s, expr->span);
	}
	fork->function = value->function;
	fy_bind_arguments(s, fork, expr, 1);
	fy_bind_callee(s, fork, fork->function, 0);
	return fy_bexpr_done(s, fork);
}

/* ---- functions that stand for operators ------------------------------------------------------- */

static fy_bexpr *bind_operator_form(fy_scope *s, const fy_expr *expr, const struct form_operator *form)
{
	fy_bexpr *call = fy_bexpr_new(s, FY_B_OPERATOR, expr->span);
	fy_bind_arguments(s, call, expr, 0);
	if (form->magic && call->count == 1 && call->keyword_count == 0) {
		fy_bexpr *method = fy_bind_magic(s, expr->span, form->magic, call->items[0], NULL, 0);
		if (method)
			return method;
	}
	fy_settle_operator(s->b, s->file, s->function->function.owner != NULL, call, form->full);
	return fy_bexpr_done(s, call);
}

static fy_bexpr *bind_python(fy_scope *s, const fy_expr *expr, const char *listed)
{
	fy_bexpr ignored = { 0 };
	fy_bind_arguments(s, &ignored, expr, 0); /* their names are checked all the same */
	return fy_bexpr_unsupported(s, expr->span, listed);
}

/* range(n) as a value; in a for it is a matter of the statement. */
static fy_bexpr *bind_range_value(fy_scope *s, const fy_expr *expr)
{
	if (expr->call.count != 1 || expr->call.args[0].name)
		return bind_python(s, expr, "python::range");
	fy_bexpr *count = fy_bind_expr(s, expr->call.args[0].value, NULL);
	return fy_bexpr_operator(s, expr->span, "prim::rangelist", &count, 1);
}

static fy_bexpr *bind_function_form(fy_scope *s, const fy_expr *expr, const char *name)
{
	if (strcmp(name, "range") == 0)
		return bind_range_value(s, expr);
	for (size_t i = 0; i < FY_COUNT(operators); i++)
		if (strcmp(operators[i].name, name) == 0)
			return bind_operator_form(s, expr, &operators[i]);
	for (size_t i = 0; i < FY_COUNT(python_names); i++)
		if (strcmp(python_names[i].name, name) == 0)
			return bind_python(s, expr, python_names[i].listed);
	return NULL;
}

fy_bexpr *fy_bind_form(fy_scope *s, const fy_expr *expr, const char *name)
{
	if (strcmp(name, "annotate") == 0)
		return bind_typed(s, expr, name, FY_B_ANNOTATE);
	if (strcmp(name, "unchecked_cast") == 0)
		return bind_typed(s, expr, name, FY_B_CAST);
	if (strcmp(name, "uninitialized") == 0)
		return bind_typed(s, expr, name, FY_B_UNINITIALIZED);
	if (strcmp(name, "isinstance") == 0)
		return bind_isinstance(s, expr);
	if (strcmp(name, "getattr") == 0)
		return bind_getattr(s, expr);
	if (strcmp(name, "hasattr") == 0)
		return bind_hasattr(s, expr);
	if (strcmp(name, "fork") == 0)
		return bind_fork(s, expr);
	return bind_function_form(s, expr, name);
}
