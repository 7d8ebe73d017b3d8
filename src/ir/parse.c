/*
 * The text form, read: a recursive descent over statements; words come from ir_lexer.c. Names are looked up
 * in one table, so a value must be defined above its use. Whether the graph is sound is verify.c's question.
 */
#include "ir/ir_internal.h"

#include <string.h>

enum { MAX_DEPTH = 64, MAX_TEXT_ELEMENTS = 65536 };

/* ---- types ----------------------------------------------------------------------------------- */

/* Symbols are kept in the map as their index + 1. */
static fy_dim parse_dim(fy_ir_parser *p)
{
	uintptr_t known;
	fy_str name = p->now.text;

	if (fy_ir_accept(p, '?'))
		return FY_DIM_UNKNOWN;
	if (p->now.kind != FY_IR_WORD && p->now.kind != FY_IR_STRING)
		return fy_ir_expect_int(p, 0, INT64_MAX);
	known = (uintptr_t)fy_map_get(&p->symbols, name);
	if (known == 0) {
		known = (uintptr_t)fy_graph_symbol(p->graph,
						   fy_arena_strndup(p->arena, name.data, name.len)) +
			1;
		fy_map_put(&p->symbols, name, (void *)known);
	}
	fy_ir_advance(p);
	return fy_dim_symbol((int)(known - 1));
}

/* float32[1,n], float32[*] */
static fy_type parse_tensor_type(fy_ir_parser *p, fy_str name)
{
	fy_type type = { .kind = FY_TYPE_TENSOR, .has_shape = true };

	if (!fy_dtype_parse(name, &type.dtype))
		FY_IR_FAIL(p, "'%.*s' is no element type", (int)name.len, name.data);
	fy_ir_expect(p, '[');
	if (fy_ir_accept(p, '*')) {
		type.has_shape = false;
	} else {
		while (!p->failed && !fy_ir_at_mark(p, ']')) {
			if (type.shape.rank == FY_MAX_RANK) {
				FY_IR_FAIL(p, "more than %d dimensions", FY_MAX_RANK);
				break;
			}
			type.shape.dims[type.shape.rank++] = parse_dim(p);
			if (!fy_ir_accept(p, ','))
				break;
		}
	}
	fy_ir_expect(p, ']');
	return type;
}

static fy_type parse_type(fy_ir_parser *p);

/* What stands in the parentheses of seq(...), optional(...), map(...), sparse(...). */
static fy_type parse_nested(fy_ir_parser *p, fy_type_kind kind)
{
	fy_type type = { .kind = kind }, inner;

	fy_ir_expect(p, '(');
	if (++p->depth > MAX_DEPTH)
		FY_IR_FAIL(p, "types nest deeper than %d", MAX_DEPTH);
	if (kind == FY_TYPE_MAP) {
		if (!fy_dtype_parse(p->now.text, &type.dtype))
			FY_IR_FAIL(p, "expected an element type");
		fy_ir_advance(p);
		fy_ir_expect(p, ',');
	}
	inner = parse_type(p);
	if (kind == FY_TYPE_MAP || inner.kind != FY_TYPE_TENSOR) {
		type.element = fy_graph_type(p->graph, &inner);
	} else {
		type = inner;
		type.kind = kind;
	}
	fy_ir_expect(p, ')');
	p->depth--;
	return type;
}

static fy_type parse_type(fy_ir_parser *p)
{
	static const struct {
		const char *word;
		fy_type_kind kind;
	} nested[] = { { "seq", FY_TYPE_SEQUENCE },
		       { "optional", FY_TYPE_OPTIONAL },
		       { "map", FY_TYPE_MAP },
		       { "sparse", FY_TYPE_SPARSE } };
	fy_str name = p->now.text;
	fy_type type = { .kind = FY_TYPE_OPAQUE };

	if (p->now.kind != FY_IR_WORD) {
		FY_IR_FAIL(p, "expected a type");
		return type;
	}
	fy_ir_advance(p);
	if (fy_str_is(name, "opaque"))
		return type;
	for (size_t i = 0; i < FY_COUNT(nested) && fy_ir_at_mark(p, '('); i++) {
		if (fy_str_is(name, nested[i].word))
			return parse_nested(p, nested[i].kind);
	}
	if (!fy_ir_at_mark(p, '[')) {
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

static void push_arg(fy_ir_parser *p, arg_list *list, fy_arg arg)
{
	list->items = fy_arena_grow(p->arena, list->items, list->count, &list->capacity, list->count + 1,
				    sizeof(*list->items));
	list->items[list->count++] = arg;
}

static fy_arg parse_arg(fy_ir_parser *p);

static arg_list parse_args(fy_ir_parser *p, char close)
{
	arg_list list = { 0 };

	while (!p->failed && !fy_ir_at_mark(p, close)) {
		push_arg(p, &list, parse_arg(p));
		if (!fy_ir_accept(p, ','))
			break;
	}
	fy_ir_expect(p, close);
	return list;
}

/* {1, 2} or @"name" after a type; the tensor has one reference. NULL after an error. */
static fy_tensor *parse_data(fy_ir_parser *p, const fy_type *type, const char **name)
{
	int64_t count;
	fy_tensor *tensor;

	if (!p->failed &&
	    (type->kind != FY_TYPE_TENSOR || !type->has_shape || !fy_shape_known(&type->shape))) {
		FY_IR_FAIL(p, "data of a type that is no tensor of known shape");
		return NULL;
	}
	if (fy_ir_accept(p, '@')) {
		*name = fy_ir_expect_string(p);
		return p->failed ? NULL : fy_tensor_meta(type->dtype, &type->shape);
	}
	fy_ir_expect(p, '{');
	arg_list items = parse_args(p, '}');

	if (p->failed)
		return NULL;
	if (!fy_shape_numel(&type->shape, &count) || count > MAX_TEXT_ELEMENTS ||
	    (size_t)count != items.count) {
		FY_IR_FAIL(p, "%zu elements do not fill the shape", items.count);
		return NULL;
	}
	tensor = fy_tensor_new(type->dtype, &type->shape, true);
	if (!tensor) {
		FY_IR_FAIL(p, "no memory for the data");
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
			FY_IR_FAIL(p, "element %" PRId64 " is no number", i);
	}
	return tensor;
}

static fy_arg parse_number(fy_ir_parser *p)
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
		FY_IR_FAIL(p, "'%s' is no number", text);
	fy_ir_advance(p);
	return arg;
}

static double parse_part(fy_ir_parser *p)
{
	fy_arg arg = parse_arg(p);

	if (arg.kind == FY_ARG_INT)
		return (double)arg.i;
	if (arg.kind != FY_ARG_FLOAT)
		FY_IR_FAIL(p, "expected a number");
	return arg.kind == FY_ARG_FLOAT ? arg.f : 0;
}

static fy_arg parse_word_arg(fy_ir_parser *p)
{
	fy_arg arg = fy_arg_none();

	if (fy_ir_accept_word(p, "none"))
		return arg;
	if (fy_ir_accept_word(p, "true"))
		return fy_arg_bool(true);
	if (fy_ir_accept_word(p, "false"))
		return fy_arg_bool(false);
	if (fy_ir_accept_word(p, "ref")) {
		arg = fy_arg_str(fy_ir_expect_string(p));
		arg.kind = FY_ARG_REF;
		return arg;
	}
	if (fy_ir_accept_word(p, "type")) {
		fy_type stated = parse_type(p);

		return (fy_arg){ .kind = FY_ARG_TYPE, .type = fy_graph_type(p->graph, &stated) };
	}
	if (fy_ir_accept_word(p, "inf"))
		return fy_arg_float((double)__builtin_inff());
	if (fy_ir_accept_word(p, "nan"))
		return fy_arg_float((double)__builtin_nanf(""));
	if (fy_ir_accept_word(p, "complex")) {
		arg.kind = FY_ARG_COMPLEX;
		fy_ir_expect(p, '(');
		arg.c.re = parse_part(p);
		fy_ir_expect(p, ',');
		arg.c.im = parse_part(p);
		fy_ir_expect(p, ')');
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

static fy_value *expect_value(fy_ir_parser *p)
{
	fy_value *value = fy_map_get(&p->values, p->now.text);

	if (p->now.kind != FY_IR_VALUE || !value) {
		FY_IR_FAIL(p,
			   p->now.kind == FY_IR_VALUE ? "'%%%.*s' is not defined above"
						      : "expected a value, not '%.*s'",
			   (int)p->now.text.len, p->now.text.data);
		return NULL;
	}
	fy_ir_advance(p);
	return value;
}

static fy_arg parse_arg(fy_ir_parser *p)
{
	fy_arg arg = fy_arg_none();

	switch (p->now.kind) {
	case FY_IR_NUMBER:
		return parse_number(p);
	case FY_IR_STRING:
		arg = (fy_arg){ .kind = FY_ARG_STR, .s = p->now.text };
		fy_ir_advance(p);
		return arg;
	case FY_IR_VALUE:
		arg.v = expect_value(p);
		if (arg.v)
			arg.kind = FY_ARG_VALUE;
		return arg;
	case FY_IR_WORD:
		return parse_word_arg(p);
	default:
		break;
	}
	if (fy_ir_at_mark(p, '[') && p->depth < MAX_DEPTH) {
		fy_ir_advance(p);
		p->depth++;
		arg_list list = parse_args(p, ']');

		p->depth--;
		return fy_arg_list(list.items, (int)list.count);
	}
	FY_IR_FAIL(p, "expected an argument");
	return arg;
}

/* ---- statements ------------------------------------------------------------------------------ */

/* %x : type, or %12 "odd name" : type */
typedef struct definition {
	fy_str word;
	const char *name; /* NULL when the word is a number */
	fy_type type;
} definition;

static definition parse_definition(fy_ir_parser *p)
{
	definition def = { .word = p->now.text };

	if (p->now.kind != FY_IR_VALUE) {
		FY_IR_FAIL(p, "expected a value");
		return def;
	}
	if (fy_map_has(&p->values, def.word))
		FY_IR_FAIL(p, "'%%%.*s' is defined twice", (int)def.word.len, def.word.data);
	else if (!fy_ir_digit(def.word.data[0]))
		def.name = fy_arena_strndup(p->arena, def.word.data, def.word.len);
	fy_ir_advance(p);
	if (p->now.kind == FY_IR_STRING)
		def.name = fy_ir_expect_string(p);
	fy_ir_expect(p, ':');
	def.type = parse_type(p);
	return def;
}

static void define(fy_ir_parser *p, const definition *def, fy_value *value)
{
	value->name = def->name;
	fy_map_put(&p->values, def->word, value);
}

/* "module file:line" of the comment behind a node. */
static void set_origin(fy_ir_parser *p, fy_node *node, fy_str comment)
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

static void parse_statements(fy_ir_parser *p, fy_block *block);

static void parse_block_into(fy_ir_parser *p, fy_block *block)
{
	if (++p->depth > MAX_DEPTH)
		FY_IR_FAIL(p, "blocks nest deeper than %d", MAX_DEPTH);
	while (fy_ir_accept_word(p, "param")) {
		definition def = parse_definition(p);

		if (!p->failed)
			define(p, &def, fy_block_param(block, &def.type, NULL));
	}
	parse_statements(p, block);
	if (fy_ir_accept_word(p, "yield")) {
		while (p->now.kind == FY_IR_VALUE) {
			fy_value *value = expect_value(p);

			if (value)
				fy_block_result(block, value);
			if (!fy_ir_accept(p, ','))
				break;
		}
	}
	fy_ir_expect(p, '}');
	p->depth--;
}

static void parse_block(fy_ir_parser *p, fy_node *node)
{
	parse_block_into(p, fy_block_new(p->graph, node));
}

static void parse_attrs(fy_ir_parser *p, fy_node *node)
{
	while (!p->failed && p->now.kind == FY_IR_WORD) {
		const char *name = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);

		fy_ir_advance(p);
		fy_ir_expect(p, '=');
		fy_node_set_attr(node, name, parse_arg(p));
		if (!fy_ir_accept(p, ','))
			break;
	}
	fy_ir_expect(p, '}');
}

static bool starts_attrs(const fy_ir_parser *p)
{
	return p->now.kind == FY_IR_WORD && !fy_ir_at_word(p, "yield") && !fy_ir_at_word(p, "param") &&
	       !memmem(p->now.text.data, p->now.text.len, "::", 2);
}

/* What follows the argument list: attributes, then blocks. */
static void parse_tail(fy_ir_parser *p, fy_node *node)
{
	fy_str comment = p->comment;
	bool opened = fy_ir_accept(p, '{');

	if (opened && starts_attrs(p)) {
		parse_attrs(p, node);
		comment = p->comment;
		opened = fy_ir_accept(p, '{');
	}
	if (opened)
		comment = p->comment;
	while (opened && !p->failed) {
		parse_block(p, node);
		opened = fy_ir_accept_word(p, "else");
		if (opened)
			fy_ir_expect(p, '{');
	}
	set_origin(p, node, comment);
}

static void parse_node(fy_ir_parser *p, fy_block *block)
{
	definition *defs = NULL;
	size_t count = 0, capacity = 0;
	fy_type *types;
	const char *op, *name = NULL;
	fy_node *node;

	while (p->now.kind == FY_IR_VALUE) {
		defs = fy_arena_grow(p->arena, defs, count, &capacity, count + 1, sizeof(*defs));
		defs[count++] = parse_definition(p);
		if (!fy_ir_accept(p, ','))
			break;
	}
	if (count > 0)
		fy_ir_expect(p, '=');
	if (p->now.kind != FY_IR_WORD || !memmem(p->now.text.data, p->now.text.len, "::", 2)) {
		FY_IR_FAIL(p, "expected an operator such as aten::relu");
		return;
	}
	op = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);
	fy_ir_advance(p);
	if (p->now.kind == FY_IR_STRING)
		name = fy_ir_expect_string(p);
	fy_ir_expect(p, '(');
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
			FY_IR_FAIL(p, "'%%%.*s' is defined twice", (int)defs[i].word.len, defs[i].word.data);
		define(p, &defs[i], node->results[i]);
	}
}

static void parse_statements(fy_ir_parser *p, fy_block *block)
{
	while (!p->failed &&
	       (p->now.kind == FY_IR_VALUE || (p->now.kind == FY_IR_WORD && starts_attrs(p) == false &&
					       !fy_ir_at_word(p, "yield") && !fy_ir_at_word(p, "param"))))
		parse_node(p, block);
}

static void parse_const(fy_ir_parser *p)
{
	definition def = parse_definition(p);
	const char *name = NULL;
	fy_tensor *tensor;

	fy_ir_expect(p, '=');
	tensor = parse_data(p, &def.type, &name);
	if (!tensor)
		return;
	define(p, &def, fy_graph_constant(p->graph, tensor, NULL));
	fy_tensor_unref(tensor);
}

/* Into the lists of a graph or a function. */
static void parse_import(fy_ir_parser *p, const char ***domains, int **versions, int *count)
{
	const char **more_domains = FY_NEW_ARRAY(p->arena, const char *, *count + 1);
	int *more_versions = FY_NEW_ARRAY(p->arena, int, *count + 1);

	for (int i = 0; i < *count; i++) {
		more_domains[i] = (*domains)[i];
		more_versions[i] = (*versions)[i];
	}
	more_domains[*count] = fy_ir_expect_string(p);
	more_versions[(*count)++] = (int)fy_ir_expect_int(p, 0, INT32_MAX);
	*domains = more_domains;
	*versions = more_versions;
}

/* attribute alpha, or attribute alpha = 0.5 */
static void parse_attribute(fy_ir_parser *p, fy_local_function *function)
{
	const char *name = fy_arena_strndup(p->arena, p->now.text.data, p->now.text.len);

	if (p->now.kind != FY_IR_WORD)
		FY_IR_FAIL(p, "expected the name of an attribute");
	fy_ir_advance(p);
	if (fy_ir_accept(p, '=')) {
		fy_attr *defaults = FY_NEW_ARRAY(p->arena, fy_attr, function->default_count + 1);

		for (int i = 0; i < function->default_count; i++)
			defaults[i] = function->defaults[i];
		defaults[function->default_count++] = (fy_attr){ name, parse_arg(p) };
		function->defaults = defaults;
	} else {
		const char **names = FY_NEW_ARRAY(p->arena, const char *, function->attr_count + 1);

		for (int i = 0; i < function->attr_count; i++)
			names[i] = function->attrs[i];
		names[function->attr_count++] = name;
		function->attrs = names;
	}
}

static void parse_function(fy_ir_parser *p)
{
	fy_local_function function = { .name = fy_ir_expect_string(p) };
	fy_map outside = p->values;

	if (fy_ir_accept_word(p, "opset"))
		function.opset = (int)fy_ir_expect_int(p, 1, INT32_MAX);
	fy_ir_expect(p, '{');
	while (!p->failed) {
		if (fy_ir_accept_word(p, "import"))
			parse_import(p, &function.domains, &function.domain_versions, &function.domain_count);
		else if (fy_ir_accept_word(p, "attribute"))
			parse_attribute(p, &function);
		else
			break;
	}
	if (!p->failed && fy_graph_function(p->graph, function.name))
		FY_IR_FAIL(p, "function '%s' is defined twice", function.name);
	if (p->failed)
		return;
	function.body = fy_graph_add_function(p->graph, &function)->body;
	p->values = (fy_map){ 0 };
	parse_block_into(p, function.body);
	fy_map_release(&p->values);
	p->values = outside;
}

/* One statement of the outermost level; false when there is none. */
static bool parse_item(fy_ir_parser *p)
{
	fy_graph *graph = p->graph;

	if (fy_ir_accept_word(p, "const")) {
		parse_const(p);
	} else if (fy_ir_accept_word(p, "input")) {
		definition def = parse_definition(p);

		if (!p->failed)
			define(p, &def, fy_graph_input(graph, &def.type, NULL));
	} else if (fy_ir_accept_word(p, "output")) {
		fy_value *value = expect_value(p);
		const char *name = p->now.kind == FY_IR_STRING ? fy_ir_expect_string(p) : NULL;

		if (value)
			fy_graph_output(graph, value, name);
	} else if (fy_ir_accept_word(p, "function")) {
		parse_function(p);
	} else if (fy_ir_accept_word(p, "ir_version")) {
		graph->ir_version = (int)fy_ir_expect_int(p, 0, INT32_MAX);
	} else if (fy_ir_accept_word(p, "import")) {
		parse_import(p, &graph->domains, &graph->domain_versions, &graph->domain_count);
	} else if (fy_ir_accept_word(p, "producer")) {
		graph->producer = fy_ir_expect_string(p);
	} else if (fy_ir_accept_word(p, "doc")) {
		graph->doc = fy_ir_expect_string(p);
	} else if (fy_ir_accept_word(p, "metadata")) {
		const char *key = fy_ir_expect_string(p);

		fy_ir_expect(p, '=');
		fy_graph_set_metadata(graph, key, fy_ir_expect_string(p));
	} else if (p->now.kind == FY_IR_VALUE || p->now.kind == FY_IR_WORD) {
		parse_node(p, graph->main);
	} else {
		return false;
	}
	return !p->failed;
}

fy_status fy_graph_parse(fy_graph **out, fy_arena *arena, fy_str text, const char *file, fy_diags *diags)
{
	fy_ir_parser p = {
		.arena = arena, .graph = fy_graph_new(arena), .file = file, .diags = diags, .line = 1
	};

	p.text = p.at = fy_arena_strndup(arena, text.data, text.len);
	fy_ir_advance(&p);
	if (!fy_ir_accept_word(&p, "graph"))
		FY_IR_FAIL(&p, "a graph starts with 'graph'");
	if (p.now.kind == FY_IR_STRING)
		p.graph->name = fy_ir_expect_string(&p);
	if (fy_ir_accept_word(&p, "opset"))
		p.graph->opset = (int)fy_ir_expect_int(&p, 1, INT32_MAX);
	fy_ir_expect(&p, '{');
	while (!p.failed && parse_item(&p))
		;
	fy_ir_expect(&p, '}');
	if (p.now.kind != FY_IR_END)
		FY_IR_FAIL(&p, "text behind the graph");
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
