/*
 * Types: an expression read as a type, the text of a type, equality and printing. A type is written with the
 * same grammar as an expression, so there is one parser. Doesn't know which classes exist: other names stay
 * names.
 */
#include "script/script_internal.h"

#include <string.h>

static const struct plain {
	const char *text;
	fy_ts_kind kind;
} plains[] = {
	{ "Tensor", FY_TS_TENSOR },
	{ "torch.Tensor", FY_TS_TENSOR },
	{ "int", FY_TS_INT },
	{ "float", FY_TS_FLOAT },
	{ "bool", FY_TS_BOOL },
	{ "complex", FY_TS_COMPLEX },
	{ "str", FY_TS_STR },
	{ "number", FY_TS_NUMBER },
	{ "NoneType", FY_TS_NONE },
	{ "None", FY_TS_NONE },
	{ "Any", FY_TS_ANY },
	{ "Device", FY_TS_DEVICE },
	{ "torch.device", FY_TS_DEVICE },
	{ "Stream", FY_TS_STREAM },
	{ "torch.Stream", FY_TS_STREAM },
	{ "Generator", FY_TS_GENERATOR },
	{ "Capsule", FY_TS_CAPSULE },
	{ "list", FY_TS_ANY_LIST },
	{ "tuple", FY_TS_ANY_TUPLE },
};

/* arity -1: any number; PyTorch writes Union[number] too. The first spelling of a kind is the printed one. */
static const struct generic {
	const char *text;
	fy_ts_kind kind;
	int arity;
} generics[] = {
	{ "Optional", FY_TS_OPTIONAL, 1 }, { "Union", FY_TS_UNION, -1 },
	{ "List", FY_TS_LIST, 1 },         { "list", FY_TS_LIST, 1 },
	{ "Dict", FY_TS_DICT, 2 },         { "dict", FY_TS_DICT, 2 },
	{ "Tuple", FY_TS_TUPLE, -1 },      { "tuple", FY_TS_TUPLE, -1 },
	{ "Future", FY_TS_FUTURE, 1 },     { "torch.jit.Future", FY_TS_FUTURE, 1 },
	{ "RRef", FY_TS_RREF, 1 },         { "Await", FY_TS_AWAIT, 1 },
};

typedef struct fy_type_reader {
	fy_arena *arena;
	const fy_script_file *file;
	fy_diags *diags;
	fy_buf name; /* of the dotted name at hand */
} fy_type_reader;

static fy_status read_type(fy_type_reader *r, const fy_expr *expr, fy_ts_type **out);

static fy_status refuse(fy_type_reader *r, const fy_expr *expr, const char *why)
{
	fy_place place = fy_script_place(r->file, expr->span);
	return fy_error(r->diags, FY_MALFORMED, "script-type", &place, "%s", why);
}

/* a.b.c into r->name; false when expr isn't a dotted name. The chain is as deep as its height at most. */
static bool dotted_name(fy_type_reader *r, const fy_expr *expr)
{
	if (expr->kind == FY_EXPR_NAME) {
		r->name.len = 0;
		fy_buf_puts(&r->name, expr->name);
		return true;
	}
	if (expr->kind != FY_EXPR_ATTRIBUTE || !dotted_name(r, expr->attribute.base))
		return false;
	fy_buf_putc(&r->name, '.');
	fy_buf_puts(&r->name, expr->attribute.name);
	return true;
}

static fy_ts_type *new_type(fy_type_reader *r, fy_ts_kind kind, int count, fy_span span)
{
	fy_ts_type *type = FY_NEW(r->arena, fy_ts_type);
	type->kind = kind;
	type->count = count;
	type->items = count > 0 ? FY_NEW_ARRAY(r->arena, fy_ts_type *, count) : NULL;
	type->span = span;
	return type;
}

static fy_ts_type *plain_type(fy_type_reader *r, const char *name, fy_span span)
{
	for (size_t i = 0; i < FY_COUNT(plains); i++)
		if (strcmp(plains[i].text, name) == 0)
			return new_type(r, plains[i].kind, 0, span);
	fy_ts_type *type = new_type(r, FY_TS_NAMED, 0, span);
	type->name = fy_arena_strdup(r->arena, name);
	return type;
}

/* A Union of a type and None is an Optional. */
static void settle_union(fy_ts_type *type)
{
	if (type->kind != FY_TS_UNION || type->count != 2)
		return;
	bool first = type->items[0]->kind == FY_TS_NONE, second = type->items[1]->kind == FY_TS_NONE;
	if (first == second)
		return;
	type->kind = FY_TS_OPTIONAL;
	type->count = 1;
	if (first)
		type->items[0] = type->items[1];
}

/* A | B | C. */
static fy_status read_alternatives(fy_type_reader *r, const fy_expr *expr, fy_ts_type **out)
{
	fy_ts_type *type = new_type(r, FY_TS_UNION, expr->chain.count + 1, expr->span);
	FY_TRY(read_type(r, expr->chain.first, &type->items[0]));
	for (int i = 0; i < expr->chain.count; i++)
		FY_TRY(read_type(r, expr->chain.links[i].operand, &type->items[i + 1]));
	settle_union(type);
	*out = type;
	return FY_OK;
}

/* BroadcastingList2[int], as old sources write int[2]: 2; else 0. */
static int broadcast_count(const char *name)
{
	int64_t count = 0;
	const char *prefix = "BroadcastingList";
	if (!fy_starts_with(name, prefix) || !fy_parse_i64(name + strlen(prefix), &count))
		return 0;
	return count >= 1 && count <= 64 ? (int)count : 0;
}

static bool find_generic(const char *name, struct generic *out)
{
	for (size_t i = 0; i < FY_COUNT(generics); i++) {
		if (strcmp(generics[i].text, name) == 0) {
			*out = generics[i];
			return true;
		}
	}
	*out = (struct generic){ name, FY_TS_LIST, 1 };
	return broadcast_count(name) > 0;
}

static fy_status read_generic(fy_type_reader *r, const fy_expr *expr, fy_ts_type **out)
{
	const fy_expr *base = expr->subscript.base;
	struct generic generic;
	if (!dotted_name(r, base))
		return refuse(r, base, "expected a type");
	int broadcast = broadcast_count(fy_buf_text(&r->name));
	fy_place place = fy_script_place(r->file, base->span);
	if (!find_generic(fy_buf_text(&r->name), &generic))
		return fy_error(r->diags, FY_MALFORMED, "script-type", &place,
				"'%s' takes no [...] as a type", fy_buf_text(&r->name));
	int count = expr->subscript.count;
	const fy_expr *only = expr->subscript.items[0];
	if (generic.kind == FY_TS_TUPLE && count == 1 && only->kind == FY_EXPR_TUPLE &&
	    only->sequence.count == 0)
		count = 0;
	if (generic.arity > 0 && count != generic.arity)
		return fy_error(r->diags, FY_MALFORMED, "script-type", &place,
				"'%s' takes %d type%s in brackets, not %d", fy_buf_text(&r->name),
				generic.arity, generic.arity == 1 ? "" : "s", count);
	fy_ts_type *type = new_type(r, generic.kind, count, expr->span);
	type->broadcast = broadcast;
	for (int i = 0; i < count; i++)
		FY_TRY(read_type(r, expr->subscript.items[i], &type->items[i]));
	settle_union(type);
	*out = type;
	return FY_OK;
}

/* A name that could stand without quotes: letters, digits and _, no digit first, and no keyword. */
static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return len > 0 && fy_word_kind(text, len) == FY_TOKEN_NAME;
}

static bool is_dotted_name(fy_str text)
{
	size_t start = 0;
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.data[i] != '.')
			continue;
		if (!is_name(text.data + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/* "torch.classes.ns.Name" and the like: a dotted name in quotes. */
static fy_status read_quoted(fy_type_reader *r, const fy_expr *expr, fy_ts_type **out)
{
	fy_str text = expr->string;
	if (!is_dotted_name(text) && !fy_str_is(text, "None") && !fy_str_is(text, "NoneType"))
		return refuse(r, expr, "a type in quotes must be a dotted name");
	*out = plain_type(r, text.data, expr->span);
	return FY_OK;
}

static fy_status read_type(fy_type_reader *r, const fy_expr *expr, fy_ts_type **out)
{
	switch (expr->kind) {
	case FY_EXPR_NONE:
		*out = new_type(r, FY_TS_NONE, 0, expr->span);
		return FY_OK;
	case FY_EXPR_NAME:
	case FY_EXPR_ATTRIBUTE:
		if (!dotted_name(r, expr))
			return refuse(r, expr, "expected a type");
		*out = plain_type(r, fy_buf_text(&r->name), expr->span);
		return FY_OK;
	case FY_EXPR_SUBSCRIPT:
		return read_generic(r, expr, out);
	case FY_EXPR_STRING:
		return read_quoted(r, expr, out);
	case FY_EXPR_CHAIN:
		if (expr->chain.links[0].op == FY_BINARY_BIT_OR)
			return read_alternatives(r, expr, out);
		return refuse(r, expr, "expected a type");
	default:
		return refuse(r, expr, "expected a type");
	}
}

fy_status fy_ts_type_from_expr(fy_arena *arena, const fy_script_file *file, const fy_expr *expr,
			       fy_diags *diags, fy_ts_type **out)
{
	fy_type_reader r = { .arena = arena, .file = file, .diags = diags };
	fy_status status = read_type(&r, expr, out);
	fy_buf_release(&r.name);
	return status;
}

fy_status fy_ts_type_parse(fy_arena *arena, fy_str text, const char *file, const char *member,
			   fy_diags *diags, fy_ts_type **out)
{
	fy_parser p;
	fy_parser_init(&p, arena, text, file, member, true, NULL, diags);
	*out = fy_parse_type(&p);
	fy_parser_expect(&p, FY_TOKEN_END);
	fy_parser_release(&p);
	return p.status;
}

bool fy_ts_type_equal(const fy_ts_type *a, const fy_ts_type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->count != b->count || a->broadcast != b->broadcast)
		return false;
	if (a->kind == FY_TS_NAMED && strcmp(a->name, b->name) != 0)
		return false;
	for (int i = 0; i < a->count; i++)
		if (!fy_ts_type_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

static const char *kind_text(const fy_ts_type *type)
{
	for (size_t i = 0; i < FY_COUNT(plains); i++)
		if (plains[i].kind == type->kind)
			return plains[i].text;
	for (size_t i = 0; i < FY_COUNT(generics); i++)
		if (generics[i].kind == type->kind)
			return generics[i].text;
	FY_BUG("type kind %d has no text", (int)type->kind);
}

void fy_ts_type_print(const fy_ts_type *type, fy_buf *out)
{
	if (type->kind == FY_TS_NAMED) {
		fy_buf_puts(out, type->name);
		return;
	}
	if (type->broadcast > 0)
		fy_buf_printf(out, "BroadcastingList%d", type->broadcast);
	else
		fy_buf_puts(out, kind_text(type));
	if (type->count == 0 && type->kind != FY_TS_TUPLE)
		return;
	fy_buf_puts(out, type->count == 0 ? "[()" : "[");
	for (int i = 0; i < type->count; i++) {
		fy_buf_puts(out, i > 0 ? ", " : "");
		fy_ts_type_print(type->items[i], out);
	}
	fy_buf_putc(out, ']');
}
