/*
 * What ONNX says of every version of every operator: inputs, outputs, attributes, types. Compiled in as text
 * (onnx_schemas.tsv, facts of the ONNX operator registry, release 1.23); the lines of a name are parsed when
 * it is first asked for and kept for the life of the process, so that start-up costs nothing.
 */
#include "onnx/onnx.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct name_lines {
	const char *name, *lines;
} name_lines;

static const name_lines table[] = {
#include "onnx_schema_lines.inc"
};

static const struct {
	const char *name, *text;
} set_texts[] = {
#include "onnx_schema_sets.inc"
};

typedef struct versions {
	const fy_onnx_schema *schemas; /* ascending; NULL until parsed */
	int count;
} versions;

static versions parsed[FY_COUNT(table)];
static const fy_onnx_types *sets[FY_COUNT(set_texts)];
static fy_arena *kept;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- sets of types ------------------------------------------------------------------------------- */

static int element_number(fy_str word)
{
	static const char *const words[] = { "f32",  "u8",       "i8",         "u16",    "i16",
					     "i32",  "i64",      "str",        "bool",   "f16",
					     "f64",  "u32",      "u64",        "c64",    "c128",
					     "bf16", "f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz",
					     "u4",   "i4",       "f4e2m1",     "f8e8m0", "u2",
					     "i2",   "f6e2m3",   "f6e3m2" };

	for (size_t i = 0; i < FY_COUNT(words); i++) {
		if (fy_str_is(word, words[i]))
			return (int)i + 1;
	}
	FY_BUG("no element type '%.*s'", (int)word.len, word.data);
}

/* The next word of *text, which ends at one of `ends`; *text goes behind it and its end. */
static fy_str next_word(const char **text, const char *ends)
{
	fy_str word = { *text, strcspn(*text, ends) };

	*text += word.len;
	if (**text)
		++*text;
	return word;
}

static uint64_t parse_elements(fy_str group)
{
	const char *at = group.data, *end = group.data + group.len;
	uint64_t mask = 0;

	while (at < end) {
		fy_str word = { at, strcspn(at, ", ") };

		mask |= UINT64_C(1) << element_number(word);
		at += word.len + 1;
	}
	return mask;
}

static const fy_onnx_types *parse_set(const char *text)
{
	fy_onnx_types *set = FY_NEW(kept, fy_onnx_types);

	while (*text) {
		fy_str group = next_word(&text, " ");
		fy_str elements = { group.data + 2, group.len - 2 };

		switch (group.data[0]) {
		case 't':
			set->tensors = parse_elements(elements);
			break;
		case 's':
			set->sequences = parse_elements(elements);
			break;
		case 'o':
			set->optionals = parse_elements(elements);
			break;
		case 'q':
			set->optional_sequences = parse_elements(elements);
			break;
		default:
			set->others = fy_arena_strndup(kept, elements.data, elements.len);
		}
	}
	return set;
}

static const fy_onnx_types *set_named(fy_str name)
{
	for (size_t i = 0; i < FY_COUNT(set_texts); i++) {
		if (!fy_str_is(name, set_texts[i].name))
			continue;
		if (!sets[i])
			sets[i] = parse_set(set_texts[i].text);
		return sets[i];
	}
	FY_BUG("no set of types '%.*s'", (int)name.len, name.data);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static int count_words(fy_str field)
{
	int count = field.len > 0 && field.data[0] != '-';

	for (size_t i = 0; count && i < field.len; i++)
		count += field.data[i] == ' ';
	return count;
}

static const char *keep(fy_str text)
{
	return fy_arena_strndup(kept, text.data, text.len);
}

/* T=S0 */
static void parse_variables(fy_onnx_schema *schema, fy_str field)
{
	const char *at = field.data;
	fy_onnx_variable *variables = FY_NEW_ARRAY(kept, fy_onnx_variable, count_words(field));

	schema->variable_count = count_words(field);
	for (int i = 0; i < schema->variable_count; i++) {
		variables[i].name = keep(next_word(&at, "="));
		variables[i].types = set_named(next_word(&at, " \n"));
	}
	schema->variables = variables;
}

/* data?:T, args**0:V, y:=S6 */
static fy_onnx_formal parse_formal(const fy_onnx_schema *schema, const char **at)
{
	fy_str head = next_word(at, ":"), type = next_word(at, " \t\n");
	size_t name = 0;
	fy_onnx_formal formal = { .form = FY_ONNX_SINGLE, .homogeneous = true, .variable = -1 };

	while (name < head.len && head.data[name] != '?' && head.data[name] != '*')
		name++;
	formal.name = fy_arena_strndup(kept, head.data, name);
	if (name < head.len)
		formal.form = head.data[name] == '?' ? FY_ONNX_OPTIONAL : FY_ONNX_VARIADIC;
	if (formal.form == FY_ONNX_VARIADIC) {
		formal.homogeneous = head.data[name + 1] != '*';
		formal.least = head.data[head.len - 1] - '0';
	}
	if (type.data[0] == '=') {
		formal.types = set_named((fy_str){ type.data + 1, type.len - 1 });
		return formal;
	}
	for (int i = 0; i < schema->variable_count; i++) {
		if (fy_str_is(type, schema->variables[i].name))
			formal.variable = i;
	}
	FY_ASSERT(formal.variable >= 0);
	formal.types = schema->variables[formal.variable].types;
	return formal;
}

static fy_onnx_formals parse_formals(const fy_onnx_schema *schema, fy_str field)
{
	fy_onnx_formals formals = { .count = count_words(field) };
	fy_onnx_formal *items = FY_NEW_ARRAY(kept, fy_onnx_formal, formals.count);
	const char *at = field.data;

	formals.most = formals.count;
	for (int i = 0; i < formals.count; i++) {
		items[i] = parse_formal(schema, &at);
		if (items[i].form == FY_ONNX_SINGLE)
			formals.least = i + 1;
		else if (items[i].form == FY_ONNX_VARIADIC)
			formals.least = i + items[i].least;
		if (items[i].form == FY_ONNX_VARIADIC)
			formals.most = FY_ONNX_MANY;
	}
	formals.items = items;
	return formals;
}

/* axis:i, body:g! */
static void parse_attributes(fy_onnx_schema *schema, fy_str field)
{
	const char *at = field.data;
	fy_onnx_attribute *attributes = FY_NEW_ARRAY(kept, fy_onnx_attribute, count_words(field));

	schema->attribute_count = count_words(field);
	for (int i = 0; i < schema->attribute_count; i++) {
		fy_str kind;

		attributes[i].name = keep(next_word(&at, ":"));
		kind = next_word(&at, " \t");
		attributes[i].kind = kind.data[0];
		attributes[i].required = kind.len > 1;
	}
	schema->attributes = attributes;
}

static void parse_line(fy_onnx_schema *schema, const char *name, const char **line)
{
	fy_str fields[6];

	for (int i = 0; i < 6; i++)
		fields[i] = next_word(line, i < 5 ? "\t" : "\n");
	schema->name = name;
	schema->since = (int)strtol(fields[0].data, NULL, 10);
	schema->deprecated = fields[1].data[0] == 'd';
	parse_variables(schema, fields[5]);
	schema->inputs = parse_formals(schema, fields[2]);
	schema->outputs = parse_formals(schema, fields[3]);
	parse_attributes(schema, fields[4]);
}

static versions parse_lines(const name_lines *entry)
{
	const char *at = entry->lines;
	fy_onnx_schema *schemas;
	int count = 0;

	for (const char *c = entry->lines; *c; c++)
		count += *c == '\n';
	schemas = FY_NEW_ARRAY(kept, fy_onnx_schema, count);
	for (int i = 0; i < count; i++)
		parse_line(&schemas[i], entry->name, &at);
	return (versions){ schemas, count };
}

/* ---- looking up ---------------------------------------------------------------------------------------- */

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const name_lines *)entry)->name);
}

static versions versions_of(const char *full)
{
	const name_lines *entry = bsearch(full, table, FY_COUNT(table), sizeof(table[0]), compare_name);
	versions *slot, found;

	if (!entry)
		return (versions){ 0 };
	slot = &parsed[entry - table];
	pthread_mutex_lock(&lock);
	if (!kept)
		kept = fy_arena_new();
	if (!slot->schemas)
		*slot = parse_lines(entry);
	found = *slot;
	pthread_mutex_unlock(&lock);
	return found;
}

const fy_onnx_schema *fy_onnx_schema_find(const char *full, int opset)
{
	versions v = versions_of(full);
	const fy_onnx_schema *best = NULL;

	for (int i = 0; i < v.count && v.schemas[i].since <= opset; i++)
		best = &v.schemas[i];
	return best;
}

int fy_onnx_known(const char *name)
{
	char full[80];
	versions v;

	if (snprintf(full, sizeof(full), "onnx::%s", name) >= (int)sizeof(full))
		return 0;
	v = versions_of(full);
	return v.count > 0 ? v.schemas[0].since : 0;
}

bool fy_onnx_is_standard(const char *domain)
{
	return !domain[0] || strcmp(domain, "onnx") == 0 || strcmp(domain, "ai.onnx") == 0 ||
	       strcmp(domain, "ai.onnx.ml") == 0 || strcmp(domain, "ai.onnx.training") == 0;
}

int fy_onnx_schema_name_count(void)
{
	return (int)FY_COUNT(table);
}

const char *fy_onnx_schema_name(int index)
{
	FY_ASSERT(index >= 0 && index < (int)FY_COUNT(table));
	return table[index].name;
}

/* ---- types in sets --------------------------------------------------------------------------------------
 */

static bool has_element(uint64_t mask, fy_dtype dtype)
{
	int number;

	return fy_onnx_from_dtype(dtype, &number) && (mask >> number & 1) != 0;
}

/* map(int64/float), seq(map(string/float)): the only other types that operators take. */
static bool has_other(const char *others, const fy_type *type)
{
	const fy_type *map = type->kind == FY_TYPE_SEQUENCE ? type->element : type;
	char text[64];
	size_t len;

	if (!others || !map || map->kind != FY_TYPE_MAP || !map->element ||
	    map->element->kind != FY_TYPE_TENSOR)
		return false;
	snprintf(text, sizeof(text), "%smap(%s/%s)%s", map == type ? "" : "seq(", fy_dtype_name(map->dtype),
		 map->element->dtype == FY_F32   ? "float"
		 : map->element->dtype == FY_F64 ? "double"
						 : fy_dtype_name(map->element->dtype),
		 map == type ? "" : ")");
	len = strlen(text);
	while (strncmp(others, text, len) != 0 || (others[len] && others[len] != ',')) {
		others = strchr(others, ',');
		if (!others)
			return false;
		others++;
	}
	return true;
}

bool fy_onnx_types_have(const fy_onnx_types *types, const fy_type *type)
{
	switch (type->kind) {
	case FY_TYPE_TENSOR:
	case FY_TYPE_SCALAR:
		return has_element(types->tensors, type->dtype);
	case FY_TYPE_SEQUENCE:
		return type->element ? has_other(types->others, type)
				     : has_element(types->sequences, type->dtype);
	case FY_TYPE_OPTIONAL:
		if (!type->element)
			return has_element(types->optionals, type->dtype);
		return type->element->kind == FY_TYPE_SEQUENCE && !type->element->element &&
		       has_element(types->optional_sequences, type->element->dtype);
	case FY_TYPE_MAP:
		return has_other(types->others, type);
	default:
		return false;
	}
}

const fy_onnx_formal *fy_onnx_formal_at(const fy_onnx_formals *formals, int index)
{
	if (index < formals->count)
		return &formals->items[index];
	return formals->most == FY_ONNX_MANY ? &formals->items[formals->count - 1] : NULL;
}

const fy_onnx_attribute *fy_onnx_attribute_of(const fy_onnx_schema *schema, const char *name)
{
	for (int i = 0; i < schema->attribute_count; i++) {
		if (strcmp(schema->attributes[i].name, name) == 0)
			return &schema->attributes[i];
	}
	return NULL;
}
