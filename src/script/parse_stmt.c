/*
 * Statements: suites, assignments and control flow. An elif chain is one statement with many arms, so only
 * real nesting recurses. Doesn't know what names mean or where break and return are allowed.
 */
#include "script/script_internal.h"

static fy_stmt *new_stmt(fy_parser *p, fy_stmt_kind kind)
{
	fy_stmt *stmt = FY_NEW(p->arena, fy_stmt);
	stmt->kind = kind;
	stmt->span = p->token.span;
	return stmt;
}

static void end_line(fy_parser *p)
{
	if (!fy_parser_accept(p, FY_TOKEN_NEWLINE))
		fy_parser_fail(p, "script-syntax", p->token.span, "expected end of line but found %s",
			       fy_token_describe(p, &p->token));
}

/* ---- assignment ----------------------------------------------------------------------------- */

static bool is_single_target(const fy_expr *expr)
{
	return expr->kind == FY_EXPR_NAME || expr->kind == FY_EXPR_ATTRIBUTE ||
	       expr->kind == FY_EXPR_SUBSCRIPT;
}

/* Fails at the first part of `expr` that nothing can be assigned to. */
static void check_target(fy_parser *p, const fy_expr *expr, bool inside)
{
	if (p->status != FY_OK || is_single_target(expr))
		return;
	if (expr->kind == FY_EXPR_STARRED && inside) {
		check_target(p, expr->starred, false);
		return;
	}
	bool several = expr->kind == FY_EXPR_TUPLE || expr->kind == FY_EXPR_LIST;
	if (!several || expr->sequence.count == 0) {
		fy_parser_fail(p, "script-syntax", expr->span, "nothing can be assigned to this expression");
		return;
	}
	for (int i = 0; i < expr->sequence.count; i++)
		check_target(p, expr->sequence.items[i], true);
}

/* first was read and '=' stands here: first = ... = value. */
static void parse_assignment(fy_parser *p, fy_stmt *stmt, fy_expr *first)
{
	size_t mark = fy_pile_mark(p);
	fy_expr *expr = first;
	while (fy_parser_accept(p, FY_TOKEN_ASSIGN)) {
		check_target(p, expr, false);
		fy_pile_push(p, &expr, sizeof(expr));
		expr = fy_parse_expr_list(p);
	}
	stmt->assign.targets = fy_pile_take(p, mark, sizeof(fy_expr *), &stmt->assign.count);
	stmt->assign.value = expr;
}

static void parse_typed(fy_parser *p, fy_stmt *stmt, fy_expr *target)
{
	fy_parser_expect(p, FY_TOKEN_COLON);
	if (!is_single_target(target))
		fy_parser_fail(p, "script-syntax", target->span,
			       "only one name or attribute can be given a type");
	stmt->assign.targets = fy_arena_copy(p->arena, &target, sizeof(target));
	stmt->assign.count = 1;
	stmt->assign.type = fy_parse_type(p);
	if (fy_parser_accept(p, FY_TOKEN_ASSIGN))
		stmt->assign.value = fy_parse_expr_list(p);
	if (fy_parser_sees(p, FY_TOKEN_ASSIGN))
		fy_parser_fail(p, "script-syntax", p->token.span,
			       "an assignment with a type has one target only");
}

static void parse_augmented(fy_parser *p, fy_stmt *stmt, fy_expr *target)
{
	fy_token token = fy_parser_take(p);
	stmt->kind = FY_STMT_AUGMENT;
	stmt->augment.target = target;
	stmt->augment.op = token.op;
	if (!is_single_target(target))
		fy_parser_fail(p, "script-syntax", target->span,
			       "an augmented assignment takes one name, attribute or element");
	stmt->augment.value = fy_parse_expr_list(p);
}

/* An expression alone on a line, or any kind of assignment. */
static fy_stmt *parse_simple(fy_parser *p)
{
	fy_stmt *stmt = new_stmt(p, FY_STMT_ASSIGN);
	fy_expr *first = fy_parse_expr_list(p);
	if (fy_parser_sees(p, FY_TOKEN_COLON)) {
		parse_typed(p, stmt, first);
	} else if (fy_parser_sees(p, FY_TOKEN_AUGMENT)) {
		parse_augmented(p, stmt, first);
	} else if (fy_parser_sees(p, FY_TOKEN_ASSIGN)) {
		parse_assignment(p, stmt, first);
	} else {
		stmt->kind = FY_STMT_EXPR;
		stmt->expr = first;
	}
	return stmt;
}

/* ---- lines that start with a keyword -------------------------------------------------------- */

static fy_stmt *parse_assert(fy_parser *p)
{
	fy_stmt *stmt = new_stmt(p, FY_STMT_ASSERT);
	fy_parser_take(p);
	stmt->assertion.condition = fy_parse_expr(p);
	if (fy_parser_accept(p, FY_TOKEN_COMMA))
		stmt->assertion.message = fy_parse_expr(p);
	return stmt;
}

static fy_stmt *parse_delete(fy_parser *p)
{
	fy_stmt *stmt = new_stmt(p, FY_STMT_DELETE);
	size_t mark = fy_pile_mark(p);
	fy_parser_take(p);
	do {
		fy_expr *target = fy_parse_expr(p);
		if (p->status == FY_OK && !is_single_target(target))
			fy_parser_fail(p, "script-syntax", target->span, "this expression can't be deleted");
		fy_pile_push(p, &target, sizeof(target));
	} while (fy_parser_accept(p, FY_TOKEN_COMMA) && !fy_parser_sees(p, FY_TOKEN_NEWLINE));
	stmt->removal.targets = fy_pile_take(p, mark, sizeof(fy_expr *), &stmt->removal.count);
	return stmt;
}

static fy_stmt *parse_word(fy_parser *p, fy_stmt_kind kind)
{
	fy_stmt *stmt = new_stmt(p, kind);
	fy_parser_take(p);
	if (kind == FY_STMT_RAISE)
		stmt->expr = fy_parse_expr(p);
	else if (kind == FY_STMT_RETURN && !fy_parser_sees(p, FY_TOKEN_NEWLINE))
		stmt->expr = fy_parse_expr_list(p);
	return stmt;
}

/* One line; the newline is taken too. */
static fy_stmt *parse_line(fy_parser *p)
{
	fy_stmt *stmt = NULL;
	switch (p->token.kind) {
	case FY_TOKEN_RETURN:
		stmt = parse_word(p, FY_STMT_RETURN);
		break;
	case FY_TOKEN_RAISE:
		stmt = parse_word(p, FY_STMT_RAISE);
		break;
	case FY_TOKEN_PASS:
		stmt = parse_word(p, FY_STMT_PASS);
		break;
	case FY_TOKEN_BREAK:
		stmt = parse_word(p, FY_STMT_BREAK);
		break;
	case FY_TOKEN_CONTINUE:
		stmt = parse_word(p, FY_STMT_CONTINUE);
		break;
	case FY_TOKEN_ASSERT:
		stmt = parse_assert(p);
		break;
	case FY_TOKEN_DEL:
		stmt = parse_delete(p);
		break;
	case FY_TOKEN_GLOBAL:
		fy_parser_fail(p, "script-syntax", p->token.span, "TorchScript has no 'global'");
		stmt = new_stmt(p, FY_STMT_PASS);
		break;
	default:
		stmt = parse_simple(p);
	}
	stmt->span = fy_parser_span_from(p, stmt->span);
	end_line(p);
	return stmt;
}

/* ---- compound statements -------------------------------------------------------------------- */

static void parse_if(fy_parser *p, fy_stmt *stmt)
{
	size_t mark = fy_pile_mark(p);
	do {
		fy_token token = fy_parser_take(p);
		fy_arm arm = { .condition = fy_parse_expr(p) };
		arm.span = fy_parser_span_since(p, &token);
		fy_parse_suite(p, NULL, &arm.body);
		fy_pile_push(p, &arm, sizeof(arm));
	} while (fy_parser_sees(p, FY_TOKEN_ELIF));
	stmt->branch.arms = fy_pile_take(p, mark, sizeof(fy_arm), &stmt->branch.count);
	stmt->span = stmt->branch.arms[0].span;
	stmt->branch.has_else = fy_parser_accept(p, FY_TOKEN_ELSE);
	if (stmt->branch.has_else)
		fy_parse_suite(p, NULL, &stmt->branch.otherwise);
}

static void parse_while(fy_parser *p, fy_stmt *stmt)
{
	fy_parser_take(p);
	stmt->loop.condition = fy_parse_expr(p);
	stmt->span = fy_parser_span_from(p, stmt->span);
	fy_parse_suite(p, NULL, &stmt->loop.body);
}

static void parse_for(fy_parser *p, fy_stmt *stmt)
{
	fy_parser_take(p);
	stmt->iteration.target = fy_parse_loop_target(p);
	check_target(p, stmt->iteration.target, false);
	fy_parser_expect(p, FY_TOKEN_IN);
	stmt->iteration.iterable = fy_parse_expr_list(p);
	stmt->span = fy_parser_span_from(p, stmt->span);
	fy_parse_suite(p, NULL, &stmt->iteration.body);
}

static void parse_with(fy_parser *p, fy_stmt *stmt)
{
	size_t mark = fy_pile_mark(p);
	fy_parser_take(p);
	do {
		fy_with_item item = { .context = fy_parse_expr(p) };
		if (fy_parser_accept(p, FY_TOKEN_AS)) {
			item.target = fy_expr_new(p, FY_EXPR_NAME, p->token.span);
			item.target->name = fy_parser_expect_name(p, "a name", NULL);
		}
		fy_pile_push(p, &item, sizeof(item));
	} while (fy_parser_accept(p, FY_TOKEN_COMMA));
	stmt->with.items = fy_pile_take(p, mark, sizeof(fy_with_item), &stmt->with.count);
	stmt->span = fy_parser_span_from(p, stmt->span);
	fy_parse_suite(p, NULL, &stmt->with.body);
}

static fy_stmt *parse_stmt(fy_parser *p)
{
	fy_stmt *stmt = NULL;
	switch (p->token.kind) {
	case FY_TOKEN_IF:
		stmt = new_stmt(p, FY_STMT_IF);
		parse_if(p, stmt);
		return stmt;
	case FY_TOKEN_WHILE:
		stmt = new_stmt(p, FY_STMT_WHILE);
		parse_while(p, stmt);
		return stmt;
	case FY_TOKEN_FOR:
		stmt = new_stmt(p, FY_STMT_FOR);
		parse_for(p, stmt);
		return stmt;
	case FY_TOKEN_WITH:
		stmt = new_stmt(p, FY_STMT_WITH);
		parse_with(p, stmt);
		return stmt;
	case FY_TOKEN_DEF:
		stmt = new_stmt(p, FY_STMT_DEF);
		stmt->def = fy_parse_def(p);
		stmt->span = fy_parser_span_from(p, stmt->span);
		return stmt;
	default:
		return parse_line(p);
	}
}

/* ---- suites --------------------------------------------------------------------------------- */

void fy_parse_suite(fy_parser *p, fy_script_def *owner, fy_suite *out)
{
	size_t mark = fy_pile_mark(p);
	fy_parser_expect(p, FY_TOKEN_COLON);
	if (!fy_parser_enter(p))
		return;
	p->blocks++;
	if (fy_parser_accept(p, FY_TOKEN_NEWLINE)) {
		fy_parser_expect(p, FY_TOKEN_INDENT);
		if (owner && fy_parser_sees(p, FY_TOKEN_TYPE_COMMENT))
			fy_parse_type_comment(p, owner);
		do {
			fy_stmt *stmt = parse_stmt(p);
			fy_pile_push(p, &stmt, sizeof(stmt));
		} while (p->status == FY_OK && !fy_parser_accept(p, FY_TOKEN_DEDENT));
	} else {
		fy_stmt *stmt = parse_line(p);
		fy_pile_push(p, &stmt, sizeof(stmt));
	}
	p->blocks--;
	fy_parser_leave(p);
	out->items = fy_pile_take(p, mark, sizeof(fy_stmt *), &out->count);
}

fy_str fy_suite_docstring(fy_suite *suite)
{
	if (suite->count == 0 || suite->items[0]->kind != FY_STMT_EXPR ||
	    suite->items[0]->expr->kind != FY_EXPR_STRING)
		return (fy_str){ NULL, 0 };
	fy_str text = suite->items[0]->expr->string;
	suite->items++;
	suite->count--;
	return text;
}
