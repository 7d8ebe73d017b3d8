/*
 * Expressions: precedence climbing over flat chains of operators. Recursion happens only where the text nests
 * (brackets, right operands, unary operators) and is counted; each node also knows its height, so that no
 * reader of the tree can be led deeper than the limit.
 */
#include "script/script_internal.h"

#include <string.h>

/* How tightly operators bind, loosest first. `and` and `or` are alike, so are `not` and `~`. */
enum {
	BIND_ANY,
	BIND_CONDITIONAL,
	BIND_AND_OR,
	BIND_NOT,
	BIND_COMPARE,
	BIND_BIT_OR,
	BIND_BIT_XOR,
	BIND_BIT_AND,
	BIND_SHIFT,
	BIND_SUM,
	BIND_PRODUCT,
	BIND_POWER,
};

static const struct operator
{
	const char *text;
	int bind;
}
operators[] = {
	[FY_BINARY_AND] = { "and", BIND_AND_OR },
	[FY_BINARY_OR] = { "or", BIND_AND_OR },
	[FY_BINARY_EQ] = { "==", BIND_COMPARE },
	[FY_BINARY_NE] = { "!=", BIND_COMPARE },
	[FY_BINARY_LT] = { "<", BIND_COMPARE },
	[FY_BINARY_LE] = { "<=", BIND_COMPARE },
	[FY_BINARY_GT] = { ">", BIND_COMPARE },
	[FY_BINARY_GE] = { ">=", BIND_COMPARE },
	[FY_BINARY_IN] = { "in", BIND_COMPARE },
	[FY_BINARY_NOT_IN] = { "not in", BIND_COMPARE },
	[FY_BINARY_IS] = { "is", BIND_COMPARE },
	[FY_BINARY_IS_NOT] = { "is not", BIND_COMPARE },
	[FY_BINARY_BIT_OR] = { "|", BIND_BIT_OR },
	[FY_BINARY_BIT_XOR] = { "^", BIND_BIT_XOR },
	[FY_BINARY_BIT_AND] = { "&", BIND_BIT_AND },
	[FY_BINARY_SHIFT_LEFT] = { "<<", BIND_SHIFT },
	[FY_BINARY_SHIFT_RIGHT] = { ">>", BIND_SHIFT },
	[FY_BINARY_ADD] = { "+", BIND_SUM },
	[FY_BINARY_SUB] = { "-", BIND_SUM },
	[FY_BINARY_MUL] = { "*", BIND_PRODUCT },
	[FY_BINARY_DIV] = { "/", BIND_PRODUCT },
	[FY_BINARY_FLOOR_DIV] = { "//", BIND_PRODUCT },
	[FY_BINARY_MOD] = { "%", BIND_PRODUCT },
	[FY_BINARY_MATMUL] = { "@", BIND_PRODUCT },
	[FY_BINARY_POW] = { "**", BIND_POWER },
};

const char *fy_binary_text(fy_binary_sign op)
{
	FY_ASSERT((size_t)op < FY_COUNT(operators));
	return operators[op].text;
}

const char *fy_unary_text(fy_unary_sign op)
{
	return op == FY_UNARY_MINUS ? "-" : op == FY_UNARY_INVERT ? "~" : "not ";
}

/* ---- nodes ---------------------------------------------------------------------------------- */

fy_expr *fy_expr_new(fy_parser *p, fy_expr_kind kind, fy_span span)
{
	fy_expr *expr = FY_NEW(p->arena, fy_expr);
	expr->kind = kind;
	expr->height = 1;
	expr->span = span;
	return expr;
}

void fy_expr_adopt(fy_parser *p, fy_expr *parent, const fy_expr *child)
{
	if (!child || child->height < parent->height)
		return;
	if (p->blocks + child->height + 1 > FY_SCRIPT_DEPTH_LIMIT)
		fy_parser_fail(p, "script-depth", parent->span, "more than %d levels of nesting",
			       FY_SCRIPT_DEPTH_LIMIT);
	else
		parent->height = (uint16_t)(child->height + 1);
}

static fy_expr *parse_bound(fy_parser *p, int above);
static fy_expr *parse_conditional(fy_parser *p);

static fy_expr *missing(fy_parser *p, const char *what)
{
	fy_parser_fail(p, "script-syntax", p->token.span, "expected %s but found %s", what,
		       fy_token_describe(p, &p->token));
	return fy_expr_new(p, FY_EXPR_NONE, p->token.span);
}

/* Inside brackets or at the top of a statement: *x is allowed there. */
static fy_expr *parse_item(fy_parser *p)
{
	bool starred = fy_parser_sees(p, FY_TOKEN_OPERATOR) && p->token.op == FY_BINARY_MUL;
	if (!starred)
		return parse_conditional(p);
	fy_token star = fy_parser_take(p);
	fy_expr *inner = parse_conditional(p);
	fy_expr *expr = fy_expr_new(p, FY_EXPR_STARRED, fy_parser_span_since(p, &star));
	expr->starred = inner;
	fy_expr_adopt(p, expr, inner);
	return expr;
}

/* A star makes sense only among other items. */
static void refuse_star(fy_parser *p, const fy_expr *expr)
{
	if (expr->kind == FY_EXPR_STARRED)
		fy_parser_fail(p, "script-syntax", expr->span, "a starred expression can't stand alone");
}

/* `element` was just read; a `for` behind it makes it a comprehension, in whatever brackets it stands. */
static fy_expr *maybe_comprehension(fy_parser *p, fy_expr *key, fy_expr *element)
{
	if (!fy_parser_accept(p, FY_TOKEN_FOR))
		return element;
	refuse_star(p, element);
	fy_expr *expr = fy_expr_new(p, FY_EXPR_COMPREHENSION, key ? key->span : element->span);
	expr->comprehension.key = key;
	expr->comprehension.element = element;
	expr->comprehension.target = fy_parse_loop_target(p);
	fy_parser_expect(p, FY_TOKEN_IN);
	expr->comprehension.iterable = parse_bound(p, BIND_CONDITIONAL);
	if (fy_parser_sees(p, FY_TOKEN_FOR) || fy_parser_sees(p, FY_TOKEN_IF))
		fy_parser_fail(p, "script-syntax", p->token.span,
			       "a comprehension takes one 'for' and no 'if' in TorchScript");
	expr->span = fy_parser_span_from(p, expr->span);
	fy_expr_adopt(p, expr, key);
	fy_expr_adopt(p, expr, element);
	fy_expr_adopt(p, expr, expr->comprehension.target);
	fy_expr_adopt(p, expr, expr->comprehension.iterable);
	return expr;
}

/* Takes what was piled up since mark as the items of a tuple or list. */
static void take_items(fy_parser *p, size_t mark, fy_expr *expr)
{
	expr->sequence.items = fy_pile_take(p, mark, sizeof(fy_expr *), &expr->sequence.count);
	for (int i = 0; i < expr->sequence.count; i++)
		fy_expr_adopt(p, expr, expr->sequence.items[i]);
}

/* ---- brackets ------------------------------------------------------------------------------- */

static bool ends_list(const fy_parser *p)
{
	switch (p->token.kind) {
	case FY_TOKEN_END:
	case FY_TOKEN_NEWLINE:
	case FY_TOKEN_RPAREN:
	case FY_TOKEN_RBRACKET:
	case FY_TOKEN_RBRACE:
	case FY_TOKEN_ASSIGN:
	case FY_TOKEN_AUGMENT:
	case FY_TOKEN_COLON:
	case FY_TOKEN_IN:
		return true;
	default:
		return false;
	}
}

/* first was read and a comma follows: a tuple. */
static fy_expr *parse_tuple(fy_parser *p, fy_expr *first, fy_expr *(*item)(fy_parser *))
{
	size_t mark = fy_pile_mark(p);
	fy_expr *tuple = fy_expr_new(p, FY_EXPR_TUPLE, first->span);
	fy_pile_push(p, &first, sizeof(first));
	while (fy_parser_accept(p, FY_TOKEN_COMMA)) {
		tuple->sequence.trailing_comma = ends_list(p);
		if (tuple->sequence.trailing_comma)
			break;
		fy_expr *next = item(p);
		fy_pile_push(p, &next, sizeof(next));
	}
	take_items(p, mark, tuple);
	tuple->span = fy_parser_span_from(p, first->span);
	return tuple;
}

fy_expr *fy_parse_expr_list(fy_parser *p)
{
	fy_expr *first = parse_item(p);
	if (fy_parser_sees(p, FY_TOKEN_COMMA))
		return parse_tuple(p, first, parse_item);
	refuse_star(p, first);
	return first;
}

static fy_expr *parse_loop_name(fy_parser *p)
{
	return parse_bound(p, BIND_COMPARE);
}

fy_expr *fy_parse_loop_target(fy_parser *p)
{
	fy_expr *first = parse_loop_name(p);
	return fy_parser_sees(p, FY_TOKEN_COMMA) ? parse_tuple(p, first, parse_loop_name) : first;
}

static fy_expr *parse_parentheses(fy_parser *p)
{
	fy_token open = fy_parser_take(p);
	fy_expr *expr = NULL;
	if (fy_parser_sees(p, FY_TOKEN_RPAREN)) {
		expr = fy_expr_new(p, FY_EXPR_TUPLE, open.span);
	} else {
		expr = maybe_comprehension(p, NULL, parse_item(p));
		if (fy_parser_sees(p, FY_TOKEN_COMMA))
			expr = parse_tuple(p, expr, parse_item);
		refuse_star(p, expr);
	}
	fy_parser_close(p, FY_TOKEN_RPAREN, &open);
	expr->parenthesised = true;
	expr->span = fy_parser_span_since(p, &open);
	return expr;
}

static fy_expr *parse_list(fy_parser *p)
{
	fy_token open = fy_parser_take(p);
	size_t mark = fy_pile_mark(p);
	fy_expr *list = fy_expr_new(p, FY_EXPR_LIST, open.span);
	while (!ends_list(p)) {
		fy_expr *bare = parse_item(p);
		fy_expr *item = maybe_comprehension(p, NULL, bare);
		bool alone = fy_pile_mark(p) == mark && fy_parser_sees(p, FY_TOKEN_RBRACKET);
		if (item != bare && alone) {
			fy_parser_close(p, FY_TOKEN_RBRACKET, &open);
			item->span = fy_parser_span_since(p, &open);
			return item;
		}
		if (item != bare)
			fy_parser_fail(p, "script-syntax", item->span,
				       "a comprehension must be alone in its list");
		fy_pile_push(p, &item, sizeof(item));
		if (!fy_parser_accept(p, FY_TOKEN_COMMA))
			break;
	}
	take_items(p, mark, list);
	fy_parser_close(p, FY_TOKEN_RBRACKET, &open);
	list->span = fy_parser_span_since(p, &open);
	return list;
}

struct pair {
	fy_expr *key, *value;
};

static void take_pairs(fy_parser *p, size_t mark, fy_expr *dict)
{
	struct pair *pairs = fy_pile_take(p, mark, sizeof(*pairs), &dict->dict.count);
	dict->dict.keys = FY_NEW_ARRAY(p->arena, fy_expr *, dict->dict.count);
	dict->dict.values = FY_NEW_ARRAY(p->arena, fy_expr *, dict->dict.count);
	for (int i = 0; i < dict->dict.count; i++) {
		dict->dict.keys[i] = pairs[i].key;
		dict->dict.values[i] = pairs[i].value;
		fy_expr_adopt(p, dict, pairs[i].key);
		fy_expr_adopt(p, dict, pairs[i].value);
	}
}

static fy_expr *parse_dict(fy_parser *p)
{
	fy_token open = fy_parser_take(p);
	size_t mark = fy_pile_mark(p);
	fy_expr *dict = fy_expr_new(p, FY_EXPR_DICT, open.span);
	while (!ends_list(p)) {
		struct pair pair;
		pair.key = parse_conditional(p);
		fy_parser_expect(p, FY_TOKEN_COLON);
		pair.value = parse_conditional(p);
		fy_expr *item = maybe_comprehension(p, pair.key, pair.value);
		bool first = fy_pile_mark(p) == mark;
		if (item != pair.value && first) {
			fy_parser_close(p, FY_TOKEN_RBRACE, &open);
			item->span = fy_parser_span_since(p, &open);
			return item;
		}
		if (item != pair.value)
			fy_parser_fail(p, "script-syntax", item->span,
				       "a comprehension must be alone in its dict");
		fy_pile_push(p, &pair, sizeof(pair));
		if (!fy_parser_accept(p, FY_TOKEN_COMMA))
			break;
	}
	take_pairs(p, mark, dict);
	fy_parser_close(p, FY_TOKEN_RBRACE, &open);
	dict->span = fy_parser_span_since(p, &open);
	return dict;
}

/* ---- atoms and what follows them ------------------------------------------------------------ */

static fy_expr *parse_strings(fy_parser *p)
{
	fy_token first = p->token;
	fy_expr *expr = fy_expr_new(p, FY_EXPR_STRING, first.span);
	fy_buf text = { 0 };
	while (fy_parser_sees(p, FY_TOKEN_STRING)) {
		p->scratch.len = 0;
		fy_string_read(p, &p->token);
		fy_buf_append(&text, p->scratch.data, p->scratch.len);
		fy_parser_take(p);
	}
	expr->string = (fy_str){ fy_arena_strndup(p->arena, "", 0), 0 };
	if (text.len > 0) {
		char *copy = fy_arena_alloc(p->arena, text.len + 1);
		memcpy(copy, text.data, text.len);
		expr->string = (fy_str){ copy, text.len };
	}
	fy_buf_release(&text);
	expr->span = fy_parser_span_since(p, &first);
	return expr;
}

static fy_expr *parse_keyword_value(fy_parser *p)
{
	fy_token token = p->token;
	fy_expr *expr = fy_expr_new(p, FY_EXPR_NONE, token.span);
	switch (token.kind) {
	case FY_TOKEN_TRUE:
	case FY_TOKEN_FALSE:
		expr->kind = FY_EXPR_BOOL;
		expr->boolean = token.kind == FY_TOKEN_TRUE;
		break;
	case FY_TOKEN_NONE:
	case FY_TOKEN_NONE_TYPE:
		expr->boolean = token.kind == FY_TOKEN_NONE_TYPE;
		break;
	case FY_TOKEN_ELLIPSIS:
		expr->kind = FY_EXPR_ELLIPSIS;
		break;
	default:
		return missing(p, "an expression");
	}
	fy_parser_take(p);
	return expr;
}

static fy_expr *parse_atom(fy_parser *p)
{
	fy_expr *expr = NULL;
	switch (p->token.kind) {
	case FY_TOKEN_NAME:
		expr = fy_expr_new(p, FY_EXPR_NAME, p->token.span);
		expr->name = fy_parser_expect_name(p, "a name", NULL);
		return expr;
	case FY_TOKEN_NUMBER:
		expr = fy_expr_new(p, FY_EXPR_INT, p->token.span);
		fy_number_read(p, &p->token, false, expr);
		fy_parser_take(p);
		return expr;
	case FY_TOKEN_STRING:
		return parse_strings(p);
	case FY_TOKEN_LPAREN:
		return parse_parentheses(p);
	case FY_TOKEN_LBRACKET:
		return parse_list(p);
	case FY_TOKEN_LBRACE:
		return parse_dict(p);
	default:
		return parse_keyword_value(p);
	}
}

static fy_expr *parse_call(fy_parser *p, fy_expr *callee)
{
	size_t mark = fy_pile_mark(p);
	fy_expr *call = fy_expr_new(p, FY_EXPR_CALL, callee->span);
	call->call.callee = callee;
	fy_expr_adopt(p, call, callee);
	fy_token open = fy_parser_take(p);
	while (!ends_list(p)) {
		fy_script_arg arg = { .span = p->token.span };
		if (fy_parser_sees(p, FY_TOKEN_NAME) && fy_parser_peek(p)->kind == FY_TOKEN_ASSIGN) {
			arg.name = fy_parser_expect_name(p, "a name", NULL);
			fy_parser_expect(p, FY_TOKEN_ASSIGN);
			arg.value = parse_conditional(p);
		} else {
			arg.value = maybe_comprehension(p, NULL, parse_item(p));
			arg.span = arg.value->span;
		}
		fy_expr_adopt(p, call, arg.value);
		fy_pile_push(p, &arg, sizeof(arg));
		call->call.trailing_comma = fy_parser_accept(p, FY_TOKEN_COMMA);
		if (!call->call.trailing_comma)
			break;
	}
	call->call.args = fy_pile_take(p, mark, sizeof(fy_script_arg), &call->call.count);
	fy_parser_close(p, FY_TOKEN_RPAREN, &open);
	call->span = fy_parser_span_from(p, callee->span);
	return call;
}

/* start:stop:step with any of them missing; start was read, or not when it is NULL. */
static fy_expr *parse_slice(fy_parser *p, fy_expr *start)
{
	fy_expr *slice = fy_expr_new(p, FY_EXPR_SLICE, start ? start->span : p->token.span);
	fy_parser_expect(p, FY_TOKEN_COLON);
	slice->slice.start = start;
	if (!ends_list(p) && !fy_parser_sees(p, FY_TOKEN_COMMA))
		slice->slice.stop = parse_conditional(p);
	if (fy_parser_accept(p, FY_TOKEN_COLON) && !ends_list(p) && !fy_parser_sees(p, FY_TOKEN_COMMA))
		slice->slice.step = parse_conditional(p);
	fy_expr_adopt(p, slice, start);
	fy_expr_adopt(p, slice, slice->slice.stop);
	fy_expr_adopt(p, slice, slice->slice.step);
	slice->span = fy_parser_span_from(p, slice->span);
	return slice;
}

static fy_expr *parse_subscript(fy_parser *p, fy_expr *base)
{
	size_t mark = fy_pile_mark(p);
	fy_expr *expr = fy_expr_new(p, FY_EXPR_SUBSCRIPT, base->span);
	expr->subscript.base = base;
	fy_expr_adopt(p, expr, base);
	fy_token open = fy_parser_take(p);
	do {
		expr->subscript.trailing_comma =
			fy_pile_mark(p) > mark && fy_parser_sees(p, FY_TOKEN_RBRACKET);
		if (expr->subscript.trailing_comma)
			break;
		fy_expr *item = fy_parser_sees(p, FY_TOKEN_COLON) ? NULL : parse_conditional(p);
		if (fy_parser_sees(p, FY_TOKEN_COLON))
			item = parse_slice(p, item);
		fy_expr_adopt(p, expr, item);
		fy_pile_push(p, &item, sizeof(item));
	} while (fy_parser_accept(p, FY_TOKEN_COMMA));
	expr->subscript.items = fy_pile_take(p, mark, sizeof(fy_expr *), &expr->subscript.count);
	fy_parser_close(p, FY_TOKEN_RBRACKET, &open);
	expr->span = fy_parser_span_from(p, base->span);
	return expr;
}

static fy_expr *parse_postfix(fy_parser *p)
{
	fy_expr *expr = parse_atom(p);
	for (;;) {
		if (fy_parser_accept(p, FY_TOKEN_DOT)) {
			fy_expr *base = expr;
			expr = fy_expr_new(p, FY_EXPR_ATTRIBUTE, base->span);
			expr->attribute.base = base;
			expr->attribute.name =
				fy_parser_expect_name(p, "an attribute name", &expr->attribute.name_span);
			expr->span = fy_parser_span_from(p, base->span);
			fy_expr_adopt(p, expr, base);
		} else if (fy_parser_sees(p, FY_TOKEN_LPAREN)) {
			expr = parse_call(p, expr);
		} else if (fy_parser_sees(p, FY_TOKEN_LBRACKET)) {
			expr = parse_subscript(p, expr);
		} else {
			return expr;
		}
	}
}

/* ---- operators ------------------------------------------------------------------------------ */

/* `-` directly before a literal is part of it, unless something binds tighter than the minus. */
static bool folds_minus(fy_parser *p)
{
	if (!fy_parser_sees(p, FY_TOKEN_NUMBER))
		return false;
	const fy_token *next = fy_parser_peek(p);
	return next->kind != FY_TOKEN_DOT && next->kind != FY_TOKEN_LPAREN &&
	       next->kind != FY_TOKEN_LBRACKET &&
	       !(next->kind == FY_TOKEN_OPERATOR && next->op == FY_BINARY_POW);
}

static fy_expr *parse_operand(fy_parser *p)
{
	fy_token token = p->token;
	bool minus = token.kind == FY_TOKEN_OPERATOR && token.op == FY_BINARY_SUB;
	if (!minus && token.kind != FY_TOKEN_NOT && token.kind != FY_TOKEN_TILDE)
		return parse_postfix(p);
	fy_parser_take(p);
	fy_expr *expr = fy_expr_new(p, FY_EXPR_UNARY, token.span);
	if (minus && folds_minus(p)) {
		fy_number_read(p, &p->token, true, expr);
		fy_parser_take(p);
	} else {
		expr->unary.op = minus                        ? FY_UNARY_MINUS
				 : token.kind == FY_TOKEN_NOT ? FY_UNARY_NOT
							      : FY_UNARY_INVERT;
		expr->unary.operand = parse_bound(p, minus ? BIND_PRODUCT : BIND_NOT);
		fy_expr_adopt(p, expr, expr->unary.operand);
	}
	expr->span = fy_parser_span_since(p, &token);
	return expr;
}

/* The binary operator that stands here, or -1. `is not` and `not in` are two tokens. */
static int binary_here(fy_parser *p)
{
	switch (p->token.kind) {
	case FY_TOKEN_OPERATOR:
		return (int)p->token.op;
	case FY_TOKEN_AND:
		return FY_BINARY_AND;
	case FY_TOKEN_OR:
		return FY_BINARY_OR;
	case FY_TOKEN_IN:
		return FY_BINARY_IN;
	case FY_TOKEN_IS:
		return fy_parser_peek(p)->kind == FY_TOKEN_NOT ? FY_BINARY_IS_NOT : FY_BINARY_IS;
	case FY_TOKEN_NOT:
		return fy_parser_peek(p)->kind == FY_TOKEN_IN ? FY_BINARY_NOT_IN : -1;
	default:
		return -1;
	}
}

/* All operators of one precedence that follow `first`, as one flat chain; ** takes one and nests to the
 * right. */
static fy_expr *parse_chain(fy_parser *p, fy_expr *first, int op)
{
	int bind = operators[op].bind;
	size_t mark = fy_pile_mark(p);
	fy_expr *chain = fy_expr_new(p, FY_EXPR_CHAIN, first->span);
	chain->chain.first = first;
	fy_expr_adopt(p, chain, first);
	do {
		fy_link link = { .op = (fy_binary_sign)op };
		fy_token token = fy_parser_take(p);
		if (op == FY_BINARY_IS_NOT || op == FY_BINARY_NOT_IN)
			fy_parser_take(p);
		link.span = fy_parser_span_since(p, &token);
		link.operand = parse_bound(p, bind == BIND_POWER ? BIND_PRODUCT : bind);
		fy_expr_adopt(p, chain, link.operand);
		fy_pile_push(p, &link, sizeof(link));
		op = binary_here(p);
	} while (op >= 0 && operators[op].bind == bind && bind != BIND_POWER);
	chain->chain.links = fy_pile_take(p, mark, sizeof(fy_link), &chain->chain.count);
	chain->span = fy_parser_span_from(p, first->span);
	return chain;
}

/* An expression whose operators bind tighter than `above`. */
static fy_expr *parse_bound(fy_parser *p, int above)
{
	if (!fy_parser_enter(p))
		return fy_expr_new(p, FY_EXPR_NONE, p->token.span);
	fy_expr *expr = parse_operand(p);
	int op;
	while ((op = binary_here(p)) >= 0 && operators[op].bind > above)
		expr = parse_chain(p, expr, op);
	fy_parser_leave(p);
	return expr;
}

static fy_expr *parse_conditional(fy_parser *p)
{
	fy_expr *then = parse_bound(p, BIND_CONDITIONAL);
	if (!fy_parser_accept(p, FY_TOKEN_IF))
		return then;
	fy_expr *expr = fy_expr_new(p, FY_EXPR_CONDITIONAL, then->span);
	if (!fy_parser_enter(p))
		return expr;
	expr->conditional.then = then;
	expr->conditional.condition = parse_conditional(p);
	fy_parser_expect(p, FY_TOKEN_ELSE);
	expr->conditional.otherwise = parse_conditional(p);
	fy_parser_leave(p);
	fy_expr_adopt(p, expr, then);
	fy_expr_adopt(p, expr, expr->conditional.condition);
	fy_expr_adopt(p, expr, expr->conditional.otherwise);
	expr->span = fy_parser_span_from(p, then->span);
	return expr;
}

fy_expr *fy_parse_expr(fy_parser *p)
{
	return parse_conditional(p);
}

fy_ts_type *fy_parse_type(fy_parser *p)
{
	fy_expr *expr = fy_parse_expr(p);
	fy_ts_type *type = NULL;
	if (p->status == FY_OK) {
		fy_span span = expr->span;
		fy_status status = fy_ts_type_from_expr(p->arena, p->file, expr, p->diags, &type);
		if (status != FY_OK)
			fy_parser_stop(p, status, span);
	}
	return type;
}
