/*
 * Statements and bodies of functions. Follows which variables are assigned and whether a block can be left at
 * its end.
 */
#include "sema/sema_internal.h"

#include <string.h>

static bool bind_stmt(fy_scope *s, const fy_stmt *source);

fy_bstmt *fy_stmt_add(fy_scope *s, fy_bstmt_kind kind, fy_span span)
{
	fy_stmts *stmts = s->stmts;
	fy_bstmt *stmt = FY_NEW(s->b->arena, fy_bstmt);
	stmt->kind = kind;
	stmt->span = span;
	stmts->items = fy_arena_grow(s->b->arena, stmts->items, stmts->count, &stmts->capacity,
				     stmts->count + 1, sizeof(*stmts->items));
	stmts->items[stmts->count++] = stmt;
	return stmt;
}

/* ---- blocks ----------------------------------------------------------------------------------- */

void fy_block_begin(fy_scope *s, fy_open_block *b)
{
	*b = (fy_open_block){ .outer = s->stmts };
	s->stmts = &b->stmts;
	s->depth++;
}

void fy_block_end(fy_scope *s, fy_open_block *b, fy_bblock *out)
{
	s->stmts = b->outer;
	s->depth--;
	out->items = b->stmts.items;
	out->count = (int)b->stmts.count;
}

static bool too_deep(fy_scope *s, fy_span span)
{
	if (s->depth <= FY_SCRIPT_DEPTH_LIMIT)
		return false;
	fy_place place = fy_script_place(s->file, span);
	fy_bind_error_at(s->b, FY_UNSUPPORTED, &place, "script-depth", "blocks nest deeper than %d levels",
			 FY_SCRIPT_DEPTH_LIMIT);
	s->b->errors = FY_BIND_ERROR_LIMIT; /* what follows from it is not worth reading */
	return true;
}

bool fy_bind_suite_items(fy_scope *s, const fy_suite *suite)
{
	for (int i = 0; i < suite->count && !fy_binder_stopped(s->b); i++)
		if (bind_stmt(s, suite->items[i]))
			return true;
	return false;
}

static bool bind_suite(fy_scope *s, const fy_suite *suite, fy_bblock *out)
{
	fy_open_block b;
	fy_block_begin(s, &b);
	bool leaves = fy_bind_suite_items(s, suite);
	fy_block_end(s, &b, out);
	return leaves;
}

/* ---- branches --------------------------------------------------------------------------------- */

static bool bind_arm(fy_scope *s, const fy_stmt *source, int arm);

static bool bind_otherwise(fy_scope *s, const fy_stmt *source, int arm, fy_bblock *out)
{
	fy_open_block b;
	bool leaves = false;
	if (arm < source->branch.count && too_deep(s, source->branch.arms[arm].span))
		return false;
	fy_block_begin(s, &b);
	if (arm < source->branch.count)
		leaves = bind_arm(s, source, arm);
	else if (source->branch.has_else)
		leaves = fy_bind_suite_items(s, &source->branch.otherwise);
	fy_block_end(s, &b, out);
	return leaves;
}

static bool never_none(const fy_btype *type)
{
	return type && type->kind != FY_TS_OPTIONAL && type->kind != FY_TS_NONE && type->kind != FY_TS_ANY &&
	       type->kind != FY_TS_UNION;
}

/* Is this condition known to be `value`? PyTorch doesn't compile the arm that such a condition never takes:
 * it may name what is not there. */
static bool is_always(const fy_bexpr *condition, bool value)
{
	if (condition->kind == FY_B_LITERAL && condition->literal.kind == FY_ARG_BOOL)
		return condition->literal.b == value;
	if (condition->kind != FY_B_OPERATOR || condition->count != 2 ||
	    !never_none(condition->items[0]->known) || condition->items[1]->kind != FY_B_LITERAL ||
	    condition->items[1]->literal.kind != FY_ARG_NONE)
		return false;
	return strcmp(condition->name, value ? "aten::__isnot__" : "aten::__is__") == 0;
}

/* An elif is an if in the other arm of the one before. */
static bool bind_arm(fy_scope *s, const fy_stmt *source, int arm)
{
	const fy_arm *from = &source->branch.arms[arm];
	fy_arm_slots then, otherwise;
	fy_bexpr *condition = fy_bind_expr(s, from->condition, NULL);
	fy_refuse_kinds(s, from->span, condition, FY_KIND_BIT(FY_TS_NONE), "is no condition");
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_IF, from->span);
	stmt->value = condition;
	size_t mark = fy_scope_mark(s);
	bool then_leaves = is_always(condition, false) || bind_suite(s, &from->body, &stmt->body);
	fy_scope_take(s, mark, &then);
	bool otherwise_leaves =
		is_always(condition, true) || bind_otherwise(s, source, arm + 1, &stmt->otherwise);
	fy_scope_take(s, mark, &otherwise);
	then.leaves = then_leaves;
	otherwise.leaves = otherwise_leaves;
	fy_scope_join(s, &then, &otherwise);
	fy_free(then.slots);
	fy_free(otherwise.slots);
	return then_leaves && otherwise_leaves;
}

/* ---- with, def -------------------------------------------------------------------------------- */

static const fy_btype *check_context(fy_scope *s, const fy_expr *source, const fy_bexpr *context)
{
	fy_class *class = fy_known_class(context->known);
	if (!class)
		return NULL;
	if (class->custom)
		return NULL;
	const fy_function *enter = fy_find_method(s->b, class, "__enter__");
	if (!enter || !fy_find_method(s->b, class, "__exit__"))
		fy_bind_error(s->b, s->file, source->span, "method-unknown",
			      "class '%s' has no '__enter__' and '__exit__'", class->name);
	return enter ? enter->returns : NULL;
}

static bool bind_with(fy_scope *s, const fy_stmt *source, int item)
{
	const fy_with_item *from = &source->with.items[item];
	if (too_deep(s, source->span))
		return false;
	fy_bexpr *context = fy_bind_expr(s, from->context, NULL);
	const fy_btype *entered = check_context(s, from->context, context);
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_WITH, source->span);
	stmt->value = context;
	if (from->target) {
		stmt->targets = FY_NEW(s->b->arena, fy_btarget);
		stmt->target_count = 1;
		fy_bind_target(s, from->target, entered, stmt->targets);
	}
	if (item + 1 == source->with.count)
		return bind_suite(s, &source->with.body, &stmt->body);
	fy_open_block b;
	fy_block_begin(s, &b);
	bool leaves = bind_with(s, source, item + 1);
	fy_block_end(s, &b, &stmt->body);
	return leaves;
}

/* The body of a fork: shares the variables of the function around it, as they are at this point. */
static void bind_def(fy_scope *s, const fy_stmt *source)
{
	const fy_script_def *def = source->def;
	fy_function *body = FY_NEW(s->b->arena, fy_function);
	body->name = def->name;
	body->qualified = fy_arena_printf(s->b->arena, "%s.%s", s->function->function.qualified, def->name);
	body->owner = s->function->function.owner;
	body->file = s->file;
	body->span = def->span;
	body->is_fork_body = true;
	if (def->param_count > 0)
		fy_bind_error(s->b, s->file, def->span, "call-arguments",
			      "nested function '%s' takes parameters", def->name);
	const fy_btype *returns = s->returns;
	int loops = s->loops;
	size_t mark = fy_scope_mark(s);
	s->returns = NULL;
	s->loops = 0;
	bind_suite(s, &def->body, &body->body);
	s->returns = returns;
	s->loops = loops;
	fy_scope_take(s, mark, NULL);
	fy_map_put(&s->forks, fy_str_of(def->name), body);
}

/* ---- leaving ---------------------------------------------------------------------------------- */

static bool is_exception(const fy_scope *s, const fy_expr *expr)
{
	if (expr->kind != FY_EXPR_NAME || fy_scope_has(s, expr->name))
		return false;
	return strcmp(expr->name, "AssertionError") == 0;
}

/* raise X("text"): the text; raise X: the name. */
static fy_bexpr *bind_exception(fy_scope *s, const fy_expr *expr)
{
	const fy_expr *class = expr->kind == FY_EXPR_CALL ? expr->call.callee : expr;
	if (!is_exception(s, class))
		return fy_bind_expr(s, expr, NULL);
	if (expr->kind == FY_EXPR_CALL && expr->call.count > 0)
		return fy_bind_expr(s, expr->call.args[0].value, NULL);
	return fy_bexpr_literal(s, expr->span, fy_arg_str(class->name));
}

static void bind_return(fy_scope *s, const fy_stmt *source)
{
	fy_bexpr *value = source->expr ? fy_bind_expr(s, source->expr, s->returns) : NULL;
	const fy_btype *none = fy_plain_type(FY_TS_NONE);
	fy_check_type(s, source->span, "the result", s->returns, value ? value->known : none);
	fy_stmt_add(s, FY_BS_RETURN, source->span)->value = value;
}

static void bind_assert(fy_scope *s, const fy_stmt *source)
{
	fy_bexpr *condition = fy_bind_expr(s, source->assertion.condition, NULL);
	fy_bexpr *message =
		source->assertion.message ? fy_bind_lazy(s, source->assertion.message, NULL) : NULL;
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_ASSERT, source->span);
	stmt->value = condition;
	stmt->values = message ? fy_arena_copy(s->b->arena, &message, sizeof(message)) : NULL;
}

static bool bind_jump(fy_scope *s, const fy_stmt *source, fy_bstmt_kind kind)
{
	if (s->loops == 0)
		fy_bind_error(s->b, s->file, source->span, "loop-missing", "'%s' stands outside of a loop",
			      kind == FY_BS_BREAK ? "break" : "continue");
	fy_stmt_add(s, kind, source->span);
	return true;
}

/* True when what follows in the block can't run. */
static bool bind_stmt(fy_scope *s, const fy_stmt *source)
{
	fy_bexpr *value;
	switch (source->kind) {
	case FY_STMT_EXPR:
		value = fy_bind_expr(s, source->expr, NULL);
		fy_stmt_add(s, FY_BS_EXPR, source->span)->value = value;
		return false;
	case FY_STMT_ASSIGN:
		fy_bind_assignment(s, source);
		return false;
	case FY_STMT_AUGMENT:
		fy_bind_augmentation(s, source);
		return false;
	case FY_STMT_RETURN:
		bind_return(s, source);
		return true;
	case FY_STMT_RAISE:
		value = bind_exception(s, source->expr);
		fy_refuse_kinds(s, source->span, value,
				FY_KINDS_NUMBER | FY_KIND_BIT(FY_TS_TENSOR) | FY_KIND_BIT(FY_TS_LIST),
				"cannot be raised");
		fy_stmt_add(s, FY_BS_RAISE, source->span)->value = value;
		return true;
	case FY_STMT_ASSERT:
		bind_assert(s, source);
		return false;
	case FY_STMT_DELETE:
		fy_bind_deletion(s, source);
		return false;
	case FY_STMT_IF:
		return bind_arm(s, source, 0);
	case FY_STMT_WHILE:
		fy_bind_while(s, source);
		return false;
	case FY_STMT_FOR:
		fy_bind_for(s, source);
		return false;
	case FY_STMT_WITH:
		return bind_with(s, source, 0);
	case FY_STMT_DEF:
		bind_def(s, source);
		return false;
	case FY_STMT_PASS:
		fy_stmt_add(s, FY_BS_PASS, source->span);
		return false;
	case FY_STMT_BREAK:
		return bind_jump(s, source, FY_BS_BREAK);
	case FY_STMT_CONTINUE:
		return bind_jump(s, source, FY_BS_CONTINUE);
	}
	FY_BUG("unknown statement kind %d", (int)source->kind);
}

/* ---- bodies ----------------------------------------------------------------------------------- */

/* A declared result that falling off the end, which gives None, does not satisfy. */
static bool needs_return(const fy_function *function)
{
	if (!function->returns)
		return false;
	if (function->owner && (function->owner->base == FY_CLASS_INTERFACE ||
				function->owner->base == FY_CLASS_MODULE_INTERFACE))
		return false;
	return function->returns->kind != FY_TS_NONE;
}

static void bind_default(fy_scope *s, fy_bparam *param, const fy_expr *value)
{
	param->fallback = fy_bind_lazy(s, value, param->type);
	const char *what = fy_arena_printf(s->b->arena, "the default of '%.80s'", param->name);
	fy_check_type(s, value->span, what, param->type, param->fallback->known);
}

static void bind_params(fy_scope *s)
{
	fy_function *function = &s->function->function;
	const fy_script_def *def = s->function->def;
	for (int i = 0; i < function->param_count; i++) {
		fy_bparam *param = &function->params[i];
		fy_scope_shadow(s, param->name, &param->slot); /* of two equal names the last one counts */
		if (def->params[i].default_value)
			bind_default(s, param, def->params[i].default_value);
	}
	for (int i = 0; i < function->param_count; i++)
		fy_scope_assign(s, function->params[i].slot, function->params[i].type);
}

void fy_bind_body(fy_binder *b, fy_bound_function *bound)
{
	fy_function *function = &bound->function;
	fy_scope scope;
	fy_scope_begin(&scope, b, function->file, bound);
	bind_params(&scope);
	scope.returns = function->returns;
	bool leaves = bind_suite(&scope, &bound->def->body, &function->body);
	if (!leaves && needs_return(function) && !fy_binder_stopped(b))
		fy_bind_error(b, function->file, function->span, "return-missing",
			      "not every path through '%s' returns a value", function->name);
	fy_scope_end(&scope);
}
