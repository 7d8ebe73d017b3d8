/*
 * Classes: the five bases and what their bodies may hold. A body accepts declarations and methods only,
 * everything else in it is an error, as it is for PyTorch. Doesn't know which attribute names the Python side
 * gives a meaning.
 */
#include "script/script_internal.h"

#include <string.h>

/* The class being read, and how much room its lists have. */
typedef struct fy_class_body {
	fy_script_class *class;
	size_t attribute_capacity, constant_capacity, member_capacity, method_capacity;
} fy_class_body;

static fy_class_base parse_base(fy_parser *p)
{
	static const struct base {
		const char *text;
		fy_class_base base;
	} bases[] = {
		{ "Module", FY_CLASS_MODULE },
		{ "NamedTuple", FY_CLASS_NAMED_TUPLE },
		{ "Enum", FY_CLASS_ENUM },
		{ "Interface", FY_CLASS_INTERFACE },
		{ "ModuleInterface", FY_CLASS_MODULE_INTERFACE },
	};
	fy_span span;
	const char *name = fy_parser_expect_name(p, "the base of a class", &span);
	for (size_t i = 0; i < FY_COUNT(bases); i++)
		if (strcmp(bases[i].text, name) == 0)
			return bases[i].base;
	fy_parser_fail(p, "script-syntax", span,
		       "base '%s' is none of Module, NamedTuple, Enum, Interface, ModuleInterface", name);
	return FY_CLASS_PLAIN;
}

static fy_script_field *add_field(fy_parser *p, fy_script_field **items, int *count, size_t *capacity,
				  const char *name, fy_span span)
{
	*items = fy_arena_grow(p->arena, *items, (size_t)*count, capacity, (size_t)*count + 1,
			       sizeof(**items));
	fy_script_field *field = &(*items)[(*count)++];
	*field = (fy_script_field){ .span = span, .name = name };
	return field;
}

/* The text of a string that names an attribute. */
static const char *raw_name(fy_parser *p, const fy_expr *expr)
{
	if (p->status != FY_OK)
		return "";
	if (expr->kind != FY_EXPR_STRING || memchr(expr->string.data, '\0', expr->string.len)) {
		fy_parser_fail(p, "script-syntax", expr->span, "expected the name of an attribute in quotes");
		return "";
	}
	return fy_parser_intern(p, expr->string.data, expr->string.len);
}

/* ["weight", "bias", ] */
static void parse_names(fy_parser *p, fy_script_names *out, const char *key, fy_span span)
{
	size_t mark = fy_pile_mark(p);
	if (out->present)
		fy_parser_fail(p, "script-syntax", span, "'%s' stands in this class twice", key);
	fy_parser_expect(p, FY_TOKEN_ASSIGN);
	fy_expr *list = fy_parse_expr(p);
	if (list->kind != FY_EXPR_LIST)
		fy_parser_fail(p, "script-syntax", list->span, "'%s' must be a list of strings", key);
	for (int i = 0; p->status == FY_OK && i < list->sequence.count; i++) {
		const char *name = raw_name(p, list->sequence.items[i]);
		fy_pile_push(p, &name, sizeof(name));
	}
	out->items = fy_pile_take(p, mark, sizeof(const char *), &out->count);
	out->present = true;
}

/* __annotations__ = [], which only opens the list, or __annotations__["0"] = T. */
static void parse_annotations(fy_parser *p, fy_class_body *body)
{
	if (fy_parser_accept(p, FY_TOKEN_ASSIGN)) {
		fy_expr *list = fy_parse_expr(p);
		if (list->kind != FY_EXPR_LIST || list->sequence.count != 0)
			fy_parser_fail(p, "script-syntax", list->span, "expected []");
		return;
	}
	fy_script_class *class = body->class;
	fy_parser_expect(p, FY_TOKEN_LBRACKET);
	fy_expr *key = fy_parse_expr(p);
	const char *name = raw_name(p, key);
	fy_parser_expect(p, FY_TOKEN_RBRACKET);
	fy_parser_expect(p, FY_TOKEN_ASSIGN);
	fy_script_field *field = add_field(p, &class->attributes, &class->attribute_count,
					   &body->attribute_capacity, name, key->span);
	field->quoted = true;
	field->type = fy_parse_type(p);
}

/* T, or Final[T] = literal; the colon was taken. */
static void parse_attribute(fy_parser *p, fy_class_body *body, const char *name, fy_span span)
{
	fy_script_class *class = body->class;
	fy_str word = { p->token.start, p->token.len };
	if (class->base == FY_CLASS_ENUM)
		fy_parser_fail(p, "script-syntax", span, "a member of an Enum takes a value and no type");
	if (fy_parser_sees(p, FY_TOKEN_NAME) && fy_str_is(word, "Final") &&
	    fy_parser_peek(p)->kind == FY_TOKEN_LBRACKET) {
		fy_parser_take(p);
		fy_parser_expect(p, FY_TOKEN_LBRACKET);
		fy_script_field *field = add_field(p, &class->constants, &class->constant_count,
						   &body->constant_capacity, name, span);
		field->type = fy_parse_type(p);
		fy_parser_expect(p, FY_TOKEN_RBRACKET);
		fy_parser_expect(p, FY_TOKEN_ASSIGN);
		field->value = fy_parse_expr_list(p);
		return;
	}
	fy_script_field *field = add_field(p, &class->attributes, &class->attribute_count,
					   &body->attribute_capacity, name, span);
	field->type = fy_parse_type(p);
	if (fy_parser_sees(p, FY_TOKEN_ASSIGN))
		fy_parser_fail(p, "script-syntax", p->token.span,
			       "an attribute or field takes no default here");
}

static void parse_member(fy_parser *p, fy_class_body *body, const char *name, fy_span span)
{
	fy_script_class *class = body->class;
	if (class->base != FY_CLASS_ENUM)
		fy_parser_fail(p, "script-syntax", span, "an attribute takes a type here and no value");
	fy_parser_expect(p, FY_TOKEN_ASSIGN);
	fy_script_field *field =
		add_field(p, &class->members, &class->member_count, &body->member_capacity, name, span);
	field->value = fy_parse_expr(p);
	fy_expr_kind kind = field->value->kind;
	if (kind != FY_EXPR_INT && kind != FY_EXPR_FLOAT && kind != FY_EXPR_STRING)
		fy_parser_fail(p, "script-syntax", field->value->span,
			       "a member of an Enum must be an int, a float or a string");
}

static void parse_declaration(fy_parser *p, fy_class_body *body)
{
	fy_script_class *class = body->class;
	fy_span span;
	const char *name = fy_parser_expect_name(p, "an attribute or method", &span);
	if (strcmp(name, "__parameters__") == 0)
		parse_names(p, &class->parameters, name, span);
	else if (strcmp(name, "__buffers__") == 0)
		parse_names(p, &class->buffers, name, span);
	else if (strcmp(name, "__forward_pre_hooks__") == 0)
		parse_names(p, &class->pre_hooks, name, span);
	else if (strcmp(name, "__forward_hooks__") == 0)
		parse_names(p, &class->hooks, name, span);
	else if (strcmp(name, "__annotations__") == 0)
		parse_annotations(p, body);
	else if (fy_parser_accept(p, FY_TOKEN_COLON))
		parse_attribute(p, body, name, span);
	else
		parse_member(p, body, name, span);
	if (!fy_parser_accept(p, FY_TOKEN_NEWLINE))
		fy_parser_fail(p, "script-syntax", p->token.span, "expected end of line but found %s",
			       fy_token_describe(p, &p->token));
}

static void parse_body(fy_parser *p, fy_class_body *body)
{
	fy_script_class *class = body->class;
	if (fy_parser_sees(p, FY_TOKEN_STRING)) {
		fy_expr *text = fy_parse_expr(p);
		if (text->kind == FY_EXPR_STRING)
			class->docstring = text->string;
		else
			fy_parser_fail(p, "script-syntax", text->span, "expected an attribute or method");
		fy_parser_expect(p, FY_TOKEN_NEWLINE);
	}
	while (p->status == FY_OK && !fy_parser_accept(p, FY_TOKEN_DEDENT)) {
		if (fy_parser_sees(p, FY_TOKEN_DEF)) {
			class->methods =
				fy_arena_grow(p->arena, class->methods, (size_t) class->method_count,
					      &body->method_capacity, (size_t) class->method_count + 1,
					      sizeof(*class->methods));
			class->methods[class->method_count++] = fy_parse_def(p);
		} else if (fy_parser_accept(p, FY_TOKEN_PASS)) {
			fy_parser_expect(p, FY_TOKEN_NEWLINE);
		} else {
			parse_declaration(p, body);
		}
	}
}

fy_script_class *fy_parse_class(fy_parser *p)
{
	fy_script_class *class = FY_NEW(p->arena, fy_script_class);
	fy_class_body body = { .class = class };
	fy_parser_take(p);
	class->name = fy_parser_expect_name(p, "the name of a class", &class->span);
	if (fy_parser_accept(p, FY_TOKEN_LPAREN)) {
		if (!fy_parser_sees(p, FY_TOKEN_RPAREN))
			class->base = parse_base(p);
		fy_parser_expect(p, FY_TOKEN_RPAREN);
	}
	fy_parser_expect(p, FY_TOKEN_COLON);
	fy_parser_expect(p, FY_TOKEN_NEWLINE);
	fy_parser_expect(p, FY_TOKEN_INDENT);
	if (p->status == FY_OK)
		parse_body(p, &body);
	return class;
}
