/*
 * Reads one operator schema, e.g. "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor".
 * A small recursive reader with a sticky failure flag; everything it makes lives in the caller's arena.
 * Knows nothing of the table of schemas nor of operators.
 */
#include "ops/ops_internal.h"

#include <string.h>

enum { TYPE_DEPTH = 16, NAME_SIZE = 128 };

typedef struct reader {
	fy_arena *arena;
	const char *at; /* NUL-terminated copy of the line */
	int depth;
	bool failed;
} reader;

static bool accept(reader *r, const char *text)
{
	while (*r->at == ' ')
		r->at++;
	if (r->failed || !fy_starts_with(r->at, text))
		return false;
	r->at += strlen(text);
	return true;
}

static void expect(reader *r, const char *text)
{
	if (!accept(r, text))
		r->failed = true;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.';
}

/* Letters, digits, '_' and '.'; "" and a failure when there is none. */
static const char *read_word(reader *r)
{
	accept(r, "");
	size_t length = 0;
	while (is_word(r->at[length]))
		length++;
	if (length == 0)
		r->failed = true;
	const char *word = fy_arena_strndup(r->arena, r->at, length);
	r->at += length;
	return word;
}

static fy_schema_type *new_type(reader *r, fy_schema_kind kind, const char *name)
{
	fy_schema_type *type = FY_NEW(r->arena, fy_schema_type);
	type->kind = kind;
	type->name = name;
	return type;
}

static fy_schema_kind kind_of_name(const char *name)
{
	static const struct {
		const char *name;
		fy_schema_kind kind;
	} known[] = {
		{ "Tensor", FY_SCHEMA_TENSOR },   { "int", FY_SCHEMA_INT },
		{ "SymInt", FY_SCHEMA_INT },      { "ScalarType", FY_SCHEMA_INT },
		{ "Layout", FY_SCHEMA_INT },      { "MemoryFormat", FY_SCHEMA_INT },
		{ "QScheme", FY_SCHEMA_INT },     { "float", FY_SCHEMA_FLOAT },
		{ "bool", FY_SCHEMA_BOOL },       { "SymBool", FY_SCHEMA_BOOL },
		{ "complex", FY_SCHEMA_COMPLEX }, { "Scalar", FY_SCHEMA_NUMBER },
		{ "number", FY_SCHEMA_NUMBER },   { "str", FY_SCHEMA_STR },
		{ "Device", FY_SCHEMA_DEVICE },   { "Any", FY_SCHEMA_ANY },
		{ "AnyEnumType", FY_SCHEMA_ANY }, { "AnyClassType", FY_SCHEMA_ANY },
		{ "tVal", FY_SCHEMA_VAR },        { "tKey", FY_SCHEMA_VAR },
		{ "t1", FY_SCHEMA_VAR },          { "t2", FY_SCHEMA_VAR },
	};
	for (size_t i = 0; i < FY_COUNT(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].kind;
	if (name[0] >= 'a' && name[0] <= 'z' && name[1] == '\0')
		return FY_SCHEMA_VAR;
	return FY_SCHEMA_OTHER;
}

/* "(a!)", "(a)", "(a -> *)", "(b|a)", "(*)" after a type; returns whether it says "written". */
static bool skip_alias(reader *r)
{
	bool write = false;
	while (*r->at != ')' && *r->at != '\0') {
		write |= *r->at == '!';
		r->at++;
	}
	expect(r, ")");
	return write;
}

static fy_schema_type *read_type(reader *r);

static fy_schema_type *read_tuple(reader *r)
{
	fy_schema_type *tuple = new_type(r, FY_SCHEMA_TUPLE, "tuple");
	if (accept(r, ")"))
		return tuple;
	do
		read_type(r);
	while (accept(r, ","));
	expect(r, ")");
	return tuple;
}

/* A type without its suffixes. */
static fy_schema_type *read_base(reader *r)
{
	if (accept(r, "("))
		return read_tuple(r);
	const char *name = read_word(r);
	if (strcmp(name, "Dict") == 0) {
		fy_schema_type *dict = new_type(r, FY_SCHEMA_DICT, name);
		expect(r, "(");
		dict->element = read_type(r);
		expect(r, ",");
		dict->second = read_type(r);
		expect(r, ")");
		return dict;
	}
	if (strcmp(name, "Future") == 0 || strcmp(name, "Await") == 0 || strcmp(name, "RRef") == 0) {
		fy_schema_type *future =
			new_type(r, name[0] == 'F' ? FY_SCHEMA_FUTURE : FY_SCHEMA_OTHER, name);
		expect(r, "(");
		future->element = read_type(r);
		expect(r, ")");
		return future;
	}
	return new_type(r, kind_of_name(name), name);
}

static int read_size(reader *r)
{
	int size = 0;
	for (int digits = 0; *r->at >= '0' && *r->at <= '9' && digits < 4; digits++)
		size = size * 10 + (*r->at++ - '0');
	return size;
}

static fy_schema_type *wrap(reader *r, fy_schema_kind kind, const fy_schema_type *element, const char *name)
{
	fy_schema_type *type = new_type(r, kind, name);
	type->element = element;
	type->write = element->write;
	return type;
}

/* Suffixes nest from left to right: "int[2]?" is an optional list of two ints. */
static fy_schema_type *read_type(reader *r)
{
	if (++r->depth > TYPE_DEPTH)
		r->failed = true;
	fy_schema_type *type = r->failed ? new_type(r, FY_SCHEMA_OTHER, "") : read_base(r);
	while (!r->failed) {
		if (*r->at == '(') {
			r->at++;
			type->write |= skip_alias(r);
		} else if (*r->at == '[') {
			r->at++;
			type = wrap(r, FY_SCHEMA_LIST, type, "list");
			type->size = read_size(r);
			expect(r, "]");
		} else if (*r->at == '?') {
			r->at++;
			type = wrap(r, FY_SCHEMA_OPTIONAL, type, "optional");
		} else {
			break;
		}
	}
	r->depth--;
	return type;
}

static fy_arg read_string(reader *r)
{
	fy_buf text = { 0 };
	while (*r->at != '"' && *r->at != '\0') {
		char c = *r->at++;
		if (c == '\\' && *r->at != '\0') {
			static const char from[] = "ntfvr", to[] = "\n\t\f\v\r";
			c = *r->at++;
			const char *escape = strchr(from, c);
			if (escape != NULL)
				c = to[escape - from];
		}
		fy_buf_putc(&text, c);
	}
	expect(r, "\"");
	fy_arg arg = fy_arg_str(fy_arena_strdup(r->arena, fy_buf_text(&text)));
	fy_buf_release(&text);
	return arg;
}

static fy_arg read_number(reader *r, const fy_schema_type *type)
{
	char text[NAME_SIZE];
	size_t length = 0;
	while (is_word(*r->at) || *r->at == '-' || *r->at == '+') {
		if (length + 1 < sizeof(text))
			text[length++] = *r->at;
		r->at++;
	}
	text[length] = '\0';
	while (type->kind == FY_SCHEMA_OPTIONAL || type->kind == FY_SCHEMA_LIST)
		type = type->element;
	int64_t i;
	double f;
	if (fy_parse_i64(text, &i))
		return type->kind == FY_SCHEMA_FLOAT ? fy_arg_float((double)i) : fy_arg_int(i);
	if (fy_parse_f64(text, &f))
		return fy_arg_float(f);
	r->failed = true;
	return fy_arg_none();
}

static fy_arg read_default(reader *r, const fy_schema_type *type)
{
	if (accept(r, "None"))
		return fy_arg_none();
	if (accept(r, "True"))
		return fy_arg_bool(true);
	if (accept(r, "False"))
		return fy_arg_bool(false);
	if (accept(r, "\""))
		return read_string(r);
	if (!accept(r, "["))
		return read_number(r, type);
	fy_arg items[8];
	int count = 0;
	if (!accept(r, "]")) {
		do {
			accept(r, "");
			if (count == (int)FY_COUNT(items))
				r->failed = true;
			else
				items[count++] = read_default(r, type);
		} while (accept(r, ",") && !r->failed);
		expect(r, "]");
	}
	fy_arg *kept = fy_arena_copy(r->arena, items, (size_t)count * sizeof(fy_arg));
	return fy_arg_list(kept, count);
}

static void read_args(reader *r, fy_schema *schema)
{
	size_t capacity = 0;
	bool keyword_only = false;
	if (accept(r, ")"))
		return;
	do {
		if (accept(r, "...")) {
			schema->varargs = true;
			continue;
		}
		if (accept(r, "*")) {
			keyword_only = true;
			continue;
		}
		size_t count = (size_t)schema->arg_count;
		schema->args = fy_arena_grow(r->arena, schema->args, count, &capacity, count + 1,
					     sizeof(fy_schema_arg));
		fy_schema_arg *arg = &schema->args[schema->arg_count++];
		*arg = (fy_schema_arg){ .keyword_only = keyword_only };
		arg->type = read_type(r);
		arg->name = read_word(r);
		arg->has_default = accept(r, "=");
		if (arg->has_default)
			arg->fallback = read_default(r, arg->type);
	} while (accept(r, ",") && !r->failed);
	expect(r, ")");
}

static void add_return(reader *r, fy_schema *schema, size_t *capacity)
{
	size_t count = (size_t)schema->return_count;
	schema->returns = fy_arena_grow(r->arena, schema->returns, count, capacity, count + 1,
					sizeof(*schema->returns));
	schema->returns[schema->return_count++] = read_type(r);
	accept(r, "");
	if (is_word(*r->at))
		read_word(r);
}

static void read_returns(reader *r, fy_schema *schema)
{
	size_t capacity = 0;
	if (accept(r, "..."))
		return;
	if (!accept(r, "(")) {
		add_return(r, schema, &capacity);
		return;
	}
	if (accept(r, ")"))
		return;
	do
		add_return(r, schema, &capacity);
	while (accept(r, ",") && !r->failed);
	expect(r, ")");
}

bool fy_schema_parse(fy_schema *out, fy_arena *arena, fy_str line)
{
	*out = (fy_schema){ .text = fy_arena_strndup(arena, line.data, line.len), .overload = "" };
	reader r = { .arena = arena, .at = out->text };
	const char *colon = strstr(out->text, "::");
	const char *open = strchr(out->text, '(');
	if (colon == NULL || open == NULL || open < colon)
		return false;
	out->full = fy_arena_strndup(arena, out->text, (size_t)(open - out->text));
	const char *dot = strchr(out->full + (colon - out->text), '.');
	out->name = dot == NULL ? out->full : fy_arena_strndup(arena, out->full, (size_t)(dot - out->full));
	if (dot != NULL)
		out->overload = dot + 1;
	r.at = open + 1;
	read_args(&r, out);
	expect(&r, "->");
	accept(&r, "");
	read_returns(&r, out);
	accept(&r, "");
	return !r.failed && *r.at == '\0';
}
