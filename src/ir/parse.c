/*
 * The text form, read: a lexer with a sticky error and a recursive descent over statements. Names are looked
 * up in one table, so a value must be defined above its use. Whether the graph is sound is verify.c's
 * question.
 */
#include "ir/ir.h"

#include <string.h>

enum { MAX_DEPTH = 64, MAX_TEXT_ELEMENTS = 65536 };

typedef enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* graph, aten::add.Tensor, float32 */
	TOKEN_VALUE,  /* %name, without the sign */
	TOKEN_NUMBER, /* -1, 0.5, 1e-05 */
	TOKEN_STRING, /* decoded */
	TOKEN_MARK,   /* one of ( ) [ ] { } , : = @ * */
} token_kind;

typedef struct token {
	token_kind kind;
	char mark;
	fy_str text;
	const char *start;
	int line;
} token;

typedef struct parser {
	fy_arena *arena;
	fy_graph *graph;
	const char *file;
	fy_diags *diags;
	const char *text, *at; /* NUL-terminated copy */
	int line;
	token now;
	fy_str comment; /* after the token before `now`, on its line */
	int depth;
	fy_map values, symbols;
	fy_tensor **tensors; /* of tensor arguments: the parser's references, given back at the end */
	size_t tensor_count, tensor_capacity;
	bool failed;
} parser;

/* ---- lexer ----------------------------------------------------------------------------------- */

static void fail_at(parser *p, const char *start, int line, const char *format, ...) FY_PRINTF(4, 5);

static void fail_at(parser *p, const char *start, int line, const char *format, ...)
{
	const char *from = start;
	fy_place place = { .file = p->file, .line = line };
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	while (from > p->text && from[-1] != '\n')
		from--;
	place.text = from;
	place.column = (int)(start - from) + 1;
	va_start(args, format);
	fy_error(p->diags, FY_MALFORMED, "ir-syntax", &place, "%s", fy_arena_vprintf(p->arena, format, args));
	va_end(args);
	p->at = "";
	p->now = (token){ .kind = TOKEN_END, .start = start, .line = line };
}

#define FAIL(p, ...) fail_at((p), (p)->now.start, (p)->now.line, __VA_ARGS__)

static bool word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool word_char(char c)
{
	return word_start(c) || digit(c) || c == '.';
}

static int hex(char c)
{
	if (digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Past blanks and comments. */
static void skip_blank(parser *p)
{
	bool same_line = true;

	p->comment = (fy_str){ NULL, 0 };
	for (;;) {
		while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '\n') {
			if (*p->at == '\n') {
				p->line++;
				same_line = false;
			}
			p->at++;
		}
		if (*p->at != '#')
			return;
		size_t len = strcspn(p->at, "\n");

		if (same_line)
			p->comment = (fy_str){ p->at + 1, len - 1 };
		p->at += len;
	}
}

static void lex_string(parser *p)
{
	fy_buf text = { 0 };
	const char *c = p->at + 1;

	while (*c && *c != '"' && *c != '\n') {
		if (*c != '\\') {
			fy_buf_putc(&text, *c++);
		} else if (c[1] == '"' || c[1] == '\\') {
			fy_buf_putc(&text, c[1]);
			c += 2;
		} else if (c[1] == 'x' && hex(c[2]) >= 0 && hex(c[3]) >= 0) {
			fy_buf_putc(&text, (char)(hex(c[2]) * 16 + hex(c[3])));
			c += 4;
		} else {
			break;
		}
	}
	p->now.kind = TOKEN_STRING;
	p->now.text = (fy_str){ fy_arena_strndup(p->arena, fy_buf_text(&text), text.len), text.len };
	fy_buf_release(&text);
	if (*c == '"')
		p->at = c + 1;
	else
		FAIL(p, "string without end, or unknown escape");
}

static void advance(parser *p)
{
	const char *start;

	if (p->failed)
		return;
	skip_blank(p);
	start = p->at;
	p->now = (token){ .kind = TOKEN_END, .start = start, .line = p->line };
	if (*start == '\0')
		return;
	if (*start == '"') {
		lex_string(p);
		return;
	}
	if (*start == '%') {
		p->now.kind = TOKEN_VALUE;
		p->at++;
		while (word_char(*p->at))
			p->at++;
		p->now.text = (fy_str){ start + 1, (size_t)(p->at - start - 1) };
		if (p->now.text.len == 0)
			FAIL(p, "'%%' without a name");
	} else if (word_start(*start)) {
		p->now.kind = TOKEN_WORD;
		while (word_char(*p->at) || (p->at[0] == ':' && p->at[1] == ':')) {
			p->at += *p->at == ':' ? 2 : 1;
		}
		p->now.text = (fy_str){ start, (size_t)(p->at - start) };
	} else if (digit(*start) || *start == '-') {
		p->now.kind = TOKEN_NUMBER;
		p->at++;
		while (word_char(*p->at) || ((*p->at == '-' || *p->at == '+') && p->at[-1] == 'e'))
			p->at++;
		p->now.text = (fy_str){ start, (size_t)(p->at - start) };
	} else if (strchr("()[]{},:=@*", *start)) {
		p->now.kind = TOKEN_MARK;
		p->now.mark = *start;
		p->now.text = (fy_str){ start, 1 };
		p->at++;
	} else {
		FAIL(p, "unexpected character");
	}
}

static bool at_mark(const parser *p, char mark)
{
	return p->now.kind == TOKEN_MARK && p->now.mark == mark;
}

static bool accept(parser *p, char mark)
{
	if (!at_mark(p, mark))
		return false;
	advance(p);
	return true;
}

static void expect(parser *p, char mark)
{
	if (!accept(p, mark))
		FAIL(p, "expected '%c'", mark);
}

static bool at_word(const parser *p, const char *word)
{
	return p->now.kind == TOKEN_WORD && fy_str_is(p->now.text, word);
}

static bool accept_word(parser *p, const char *word)
{
	if (!at_word(p, word))
		return false;
	advance(p);
	return true;
}

static const char *expect_string(parser *p)
{
	const char *text = p->now.text.data;

	if (p->now.kind != TOKEN_STRING) {
		FAIL(p, "expected a string");
		return "";
	}
	advance(p);
	return text;
}

static int64_t expect_int(parser *p, int64_t low, int64_t high)
{
	int64_t value = low;
	const char *text = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);

	if (p->now.kind != TOKEN_NUMBER || !fy_parse_i64(text, &value) || value < low || value > high) {
		FAIL(p, "expected an integer from %" PRId64 " to %" PRId64, low, high);
		return low;
	}
	advance(p);
	return value;
}

/* ---- types ----------------------------------------------------------------------------------- */

/* Symbols are kept in the map as their index + 1. */
static fy_dim parse_dim(parser *p)
{
	uintptr_t known;
	fy_str name = p->now.text;

	if (p->now.kind != TOKEN_WORD && p->now.kind != TOKEN_STRING)
		return expect_int(p, 0, INT64_MAX);
	known = (uintptr_t)fy_map_get(&p->symbols, name);
	if (known == 0) {
		known = (uintptr_t)fy_graph_symbol(p->graph,
						   fy_arena_strndup(p->arena, name.data, name.len)) +
			1;
		fy_map_put(&p->symbols, name, (void *)known);
	}
	advance(p);
	return fy_dim_symbol((int)(known - 1));
}

/* float32[1,n], float32[*] */
static fy_type parse_tensor_type(parser *p, fy_str name)
{
	fy_type type = { .kind = FY_TYPE_TENSOR, .has_shape = true };

	if (!fy_dtype_parse(name, &type.dtype))
		FAIL(p, "'%.*s' is no element type", (int)name.len, name.data);
	expect(p, '[');
	if (accept(p, '*')) {
		type.has_shape = false;
	} else {
		while (!p->failed && !at_mark(p, ']')) {
			if (type.shape.rank == FY_MAX_RANK) {
				FAIL(p, "more than %d dimensions", FY_MAX_RANK);
				break;
			}
			type.shape.dims[type.shape.rank++] = parse_dim(p);
			if (!accept(p, ','))
				break;
		}
	}
	expect(p, ']');
	return type;
}

static fy_type parse_type(parser *p)
{
	fy_str name = p->now.text;
	fy_type type = { .kind = FY_TYPE_OPAQUE };

	if (p->now.kind != TOKEN_WORD) {
		FAIL(p, "expected a type");
		return type;
	}
	advance(p);
	if (fy_str_is(name, "opaque"))
		return type;
	if (at_mark(p, '(') && (fy_str_is(name, "seq") || fy_str_is(name, "optional"))) {
		advance(p);
		fy_str element = p->now.text;

		advance(p);
		type = parse_tensor_type(p, element);
		type.kind = fy_str_is(name, "seq") ? FY_TYPE_SEQUENCE : FY_TYPE_OPTIONAL;
		expect(p, ')');
		return type;
	}
	if (!at_mark(p, '[')) {
		if (fy_str_is(name, "int"))
			return fy_type_scalar(FY_I64);
		if (fy_str_is(name, "float"))
			return fy_type_scalar(FY_F64);
		if (fy_str_is(name, "bool"))
			return fy_type_scalar(FY_BOOL);
		if (fy_str_is(name, "complex"))
			return fy_type_scalar(FY_C128);
	}
	return parse_tensor_type(p, name);
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* A growing list of arguments in the arena. */
typedef struct arg_list {
	fy_arg *items;
	size_t count, capacity;
} arg_list;

static void push_arg(parser *p, arg_list *list, fy_arg arg)
{
	list->items = fy_arena_grow(p->arena, list->items, list->count, &list->capacity, list->count + 1,
				    sizeof(*list->items));
	list->items[list->count++] = arg;
}

static fy_arg parse_arg(parser *p);

static arg_list parse_args(parser *p, char close)
{
	arg_list list = { 0 };

	while (!p->failed && !at_mark(p, close)) {
		push_arg(p, &list, parse_arg(p));
		if (!accept(p, ','))
			break;
	}
	expect(p, close);
	return list;
}

/* {1, 2} or @"name" after a type; the tensor has one reference. NULL after an error. */
static fy_tensor *parse_data(parser *p, const fy_type *type, const char **name)
{
	int64_t count;
	fy_tensor *tensor;

	if (!p->failed &&
	    (type->kind != FY_TYPE_TENSOR || !type->has_shape || !fy_shape_known(&type->shape))) {
		FAIL(p, "data of a type that is no tensor of known shape");
		return NULL;
	}
	if (accept(p, '@')) {
		*name = expect_string(p);
		return p->failed ? NULL : fy_tensor_meta(type->dtype, &type->shape);
	}
	expect(p, '{');
	arg_list items = parse_args(p, '}');

	if (p->failed)
		return NULL;
	if (!fy_shape_numel(&type->shape, &count) || count > MAX_TEXT_ELEMENTS ||
	    (size_t)count != items.count) {
		FAIL(p, "%zu elements do not fill the shape", items.count);
		return NULL;
	}
	tensor = fy_tensor_new(type->dtype, &type->shape, true);
	if (!tensor) {
		FAIL(p, "no memory for the data");
		return NULL;
	}
	for (int64_t i = 0; i < count; i++) {
		const fy_arg *item = &items.items[i];

		if (item->kind == FY_ARG_INT)
			fy_tensor_set_i64(tensor, i, item->i);
		else if (item->kind == FY_ARG_BOOL)
			fy_tensor_set_i64(tensor, i, item->b);
		else if (item->kind == FY_ARG_FLOAT)
			fy_tensor_set_f64(tensor, i, item->f);
		else
			FAIL(p, "element %" PRId64 " is no number", i);
	}
	return tensor;
}

static fy_arg parse_number(parser *p)
{
	const char *text = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);
	int64_t i;
	double f;
	fy_arg arg = fy_arg_none();

	if (fy_parse_i64(text, &i))
		arg = fy_arg_int(i);
	else if (fy_parse_f64(text, &f))
		arg = fy_arg_float(f);
	else
		FAIL(p, "'%s' is no number", text);
	advance(p);
	return arg;
}

static double parse_part(parser *p)
{
	fy_arg arg = parse_arg(p);

	if (arg.kind == FY_ARG_INT)
		return (double)arg.i;
	if (arg.kind != FY_ARG_FLOAT)
		FAIL(p, "expected a number");
	return arg.kind == FY_ARG_FLOAT ? arg.f : 0;
}

static fy_arg parse_word_arg(parser *p)
{
	fy_arg arg = fy_arg_none();

	if (accept_word(p, "none"))
		return arg;
	if (accept_word(p, "true"))
		return fy_arg_bool(true);
	if (accept_word(p, "false"))
		return fy_arg_bool(false);
	if (accept_word(p, "inf"))
		return fy_arg_float((double)__builtin_inff());
	if (accept_word(p, "nan"))
		return fy_arg_float((double)__builtin_nanf(""));
	if (accept_word(p, "complex")) {
		arg.kind = FY_ARG_COMPLEX;
		expect(p, '(');
		arg.c.re = parse_part(p);
		expect(p, ',');
		arg.c.im = parse_part(p);
		expect(p, ')');
		return arg;
	}
	fy_type type = parse_type(p);
	const char *name = NULL;

	arg.t = parse_data(p, &type, &name);
	if (!arg.t)
		return arg;
	arg.kind = FY_ARG_TENSOR;
	p->tensors = fy_arena_grow(p->arena, p->tensors, p->tensor_count, &p->tensor_capacity,
				   p->tensor_count + 1, sizeof(fy_tensor *));
	p->tensors[p->tensor_count++] = arg.t;
	return arg;
}

static fy_value *expect_value(parser *p)
{
	fy_value *value = fy_map_get(&p->values, p->now.text);

	if (p->now.kind != TOKEN_VALUE || !value) {
		FAIL(p,
		     p->now.kind == TOKEN_VALUE ? "'%%%.*s' is not defined above"
						: "expected a value, not '%.*s'",
		     (int)p->now.text.len, p->now.text.data);
		return NULL;
	}
	advance(p);
	return value;
}

static fy_arg parse_arg(parser *p)
{
	fy_arg arg = fy_arg_none();

	switch (p->now.kind) {
	case TOKEN_NUMBER:
		return parse_number(p);
	case TOKEN_STRING:
		arg = (fy_arg){ .kind = FY_ARG_STR, .s = p->now.text };
		advance(p);
		return arg;
	case TOKEN_VALUE:
		arg.v = expect_value(p);
		if (arg.v)
			arg.kind = FY_ARG_VALUE;
		return arg;
	case TOKEN_WORD:
		return parse_word_arg(p);
	default:
		break;
	}
	if (at_mark(p, '[') && p->depth < MAX_DEPTH) {
		advance(p);
		p->depth++;
		arg_list list = parse_args(p, ']');

		p->depth--;
		return fy_arg_list(list.items, (int)list.count);
	}
	FAIL(p, "expected an argument");
	return arg;
}

/* ---- statements ------------------------------------------------------------------------------ */

/* %x : type, or %12 "odd name" : type */
typedef struct definition {
	fy_str word;
	const char *name; /* NULL when the word is a number */
	fy_type type;
} definition;

static definition parse_definition(parser *p)
{
	definition def = { .word = p->now.text };

	if (p->now.kind != TOKEN_VALUE) {
		FAIL(p, "expected a value");
		return def;
	}
	if (fy_map_has(&p->values, def.word))
		FAIL(p, "'%%%.*s' is defined twice", (int)def.word.len, def.word.data);
	else if (!digit(def.word.data[0]))
		def.name = fy_arena_strndup(p->arena, def.word.data, def.word.len);
	advance(p);
	if (p->now.kind == TOKEN_STRING)
		def.name = expect_string(p);
	expect(p, ':');
	def.type = parse_type(p);
	return def;
}

static void define(parser *p, const definition *def, fy_value *value)
{
	value->name = def->name;
	fy_map_put(&p->values, def->word, value);
}

/* "module file:line" of the comment behind a node. */
static void set_origin(parser *p, fy_node *node, fy_str comment)
{
	const char *text, *space, *colon;
	int64_t line;

	if (!comment.data)
		return;
	text = fy_arena_strndup(p->arena, comment.data, comment.len);
	text += strspn(text, " ");
	space = strchr(text, ' ');
	node->origin.module = space ? fy_arena_strndup(p->arena, text, (size_t)(space - text)) : text;
	if (strcmp(node->origin.module, "-") == 0)
		node->origin.module = NULL;
	colon = space ? strrchr(space, ':') : NULL;
	if (colon && fy_parse_i64(colon + 1, &line) && line >= 0 && line <= INT32_MAX) {
		node->origin.file = fy_arena_strndup(p->arena, space + 1, (size_t)(colon - space - 1));
		node->origin.line = (int)line;
	}
}

static void parse_statements(parser *p, fy_block *block);

static void parse_block(parser *p, fy_node *node)
{
	fy_block *block = fy_block_new(p->graph, node);

	if (++p->depth > MAX_DEPTH)
		FAIL(p, "blocks nest deeper than %d", MAX_DEPTH);
	while (accept_word(p, "param")) {
		definition def = parse_definition(p);

		if (!p->failed)
			define(p, &def, fy_block_param(block, &def.type, NULL));
	}
	parse_statements(p, block);
	if (accept_word(p, "yield")) {
		while (p->now.kind == TOKEN_VALUE) {
			fy_value *value = expect_value(p);

			if (value)
				fy_block_result(block, value);
			if (!accept(p, ','))
				break;
		}
	}
	expect(p, '}');
	p->depth--;
}

static void parse_attrs(parser *p, fy_node *node)
{
	while (!p->failed && p->now.kind == TOKEN_WORD) {
		const char *name = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);

		advance(p);
		expect(p, '=');
		fy_node_set_attr(node, name, parse_arg(p));
		if (!accept(p, ','))
			break;
	}
	expect(p, '}');
}

static bool starts_attrs(const parser *p)
{
	return p->now.kind == TOKEN_WORD && !at_word(p, "yield") && !at_word(p, "param") &&
	       !memmem(p->now.text.data, p->now.text.len, "::", 2);
}

/* What follows the argument list: attributes, then blocks. */
static void parse_tail(parser *p, fy_node *node)
{
	fy_str comment = p->comment;
	bool opened = accept(p, '{');

	if (opened && starts_attrs(p)) {
		parse_attrs(p, node);
		comment = p->comment;
		opened = accept(p, '{');
	}
	if (opened)
		comment = p->comment;
	while (opened && !p->failed) {
		parse_block(p, node);
		opened = accept_word(p, "else");
		if (opened)
			expect(p, '{');
	}
	set_origin(p, node, comment);
}

static void parse_node(parser *p, fy_block *block)
{
	definition *defs = NULL;
	size_t count = 0, capacity = 0;
	fy_type *types;
	const char *op, *name = NULL;
	fy_node *node;

	while (p->now.kind == TOKEN_VALUE) {
		defs = fy_arena_grow(p->arena, defs, count, &capacity, count + 1, sizeof(*defs));
		defs[count++] = parse_definition(p);
		if (!accept(p, ','))
			break;
	}
	if (count > 0)
		expect(p, '=');
	if (p->now.kind != TOKEN_WORD || !memmem(p->now.text.data, p->now.text.len, "::", 2)) {
		FAIL(p, "expected an operator such as aten::relu");
		return;
	}
	op = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);
	advance(p);
	if (p->now.kind == TOKEN_STRING)
		name = expect_string(p);
	expect(p, '(');
	arg_list args = parse_args(p, ')');

	if (p->failed)
		return;
	types = FY_NEW_ARRAY(p->arena, fy_type, count);
	for (size_t i = 0; i < count; i++)
		types[i] = defs[i].type;
	node = fy_node_new(block, NULL, op, args.items, (int)args.count, NULL, 0, types, (int)count);
	node->name = name;
	parse_tail(p, node);
	for (size_t i = 0; i < count && !p->failed; i++) {
		if (fy_map_has(&p->values, defs[i].word))
			FAIL(p, "'%%%.*s' is defined twice", (int)defs[i].word.len, defs[i].word.data);
		define(p, &defs[i], node->results[i]);
	}
}

static void parse_statements(parser *p, fy_block *block)
{
	while (!p->failed &&
	       (p->now.kind == TOKEN_VALUE || (p->now.kind == TOKEN_WORD && starts_attrs(p) == false &&
					       !at_word(p, "yield") && !at_word(p, "param"))))
		parse_node(p, block);
}

static void parse_const(parser *p)
{
	definition def = parse_definition(p);
	const char *name = NULL;
	fy_tensor *tensor;

	expect(p, '=');
	tensor = parse_data(p, &def.type, &name);
	if (!tensor)
		return;
	define(p, &def, fy_graph_constant(p->graph, tensor, NULL));
	fy_tensor_unref(tensor);
}

static void parse_import(parser *p)
{
	fy_graph *graph = p->graph;
	const char **domains = FY_NEW_ARRAY(p->arena, const char *, graph->domain_count + 1);
	int *versions = FY_NEW_ARRAY(p->arena, int, graph->domain_count + 1);

	for (int i = 0; i < graph->domain_count; i++) {
		domains[i] = graph->domains[i];
		versions[i] = graph->domain_versions[i];
	}
	domains[graph->domain_count] = expect_string(p);
	versions[graph->domain_count++] = (int)expect_int(p, 0, INT32_MAX);
	graph->domains = domains;
	graph->domain_versions = versions;
}

/* One statement of the outermost level; false when there is none. */
static bool parse_item(parser *p)
{
	fy_graph *graph = p->graph;

	if (accept_word(p, "const")) {
		parse_const(p);
	} else if (accept_word(p, "input")) {
		definition def = parse_definition(p);

		if (!p->failed)
			define(p, &def, fy_graph_input(graph, &def.type, NULL));
	} else if (accept_word(p, "output")) {
		fy_value *value = expect_value(p);
		const char *name = p->now.kind == TOKEN_STRING ? expect_string(p) : NULL;

		if (value)
			fy_graph_output(graph, value, name);
	} else if (accept_word(p, "ir_version")) {
		graph->ir_version = (int)expect_int(p, 0, INT32_MAX);
	} else if (accept_word(p, "import")) {
		parse_import(p);
	} else if (accept_word(p, "producer")) {
		graph->producer = expect_string(p);
	} else if (accept_word(p, "doc")) {
		graph->doc = expect_string(p);
	} else if (accept_word(p, "metadata")) {
		const char *key = expect_string(p);

		expect(p, '=');
		fy_graph_set_metadata(graph, key, expect_string(p));
	} else if (p->now.kind == TOKEN_VALUE || p->now.kind == TOKEN_WORD) {
		parse_node(p, graph->main);
	} else {
		return false;
	}
	return !p->failed;
}

fy_status fy_graph_parse(fy_graph **out, fy_arena *arena, fy_str text, const char *file, fy_diags *diags)
{
	parser p = { .arena = arena, .graph = fy_graph_new(arena), .file = file, .diags = diags, .line = 1 };

	p.text = p.at = fy_arena_strndup(arena, text.data, text.len);
	advance(&p);
	if (!accept_word(&p, "graph"))
		FAIL(&p, "a graph starts with 'graph'");
	if (p.now.kind == TOKEN_STRING)
		p.graph->name = expect_string(&p);
	if (accept_word(&p, "opset"))
		p.graph->opset = (int)expect_int(&p, 1, INT32_MAX);
	expect(&p, '{');
	while (!p.failed && parse_item(&p))
		;
	expect(&p, '}');
	if (p.now.kind != TOKEN_END)
		FAIL(&p, "text behind the graph");
	fy_map_release(&p.values);
	fy_map_release(&p.symbols);
	for (size_t i = 0; i < p.tensor_count; i++)
		fy_tensor_unref(p.tensors[i]);
	if (p.failed) {
		fy_graph_release(p.graph);
		return FY_MALFORMED;
	}
	*out = p.graph;
	return FY_OK;
}
