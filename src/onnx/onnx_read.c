/*
 * ModelProto to fy_graph: the model, its graphs, and which name means which value. Types, attributes, nodes,
 * tensors and functions have files of their own. Constants borrow from the mapped file. What the graph can
 * say is checked later by onnx_check.c; checked here is what it could not express: order, names, sizes.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

/* ---- diagnostics ----------------------------------------------------------------------------------------
 */

fy_status fy_onnx_malformed(fy_onnx_reader *reader, const char *format, ...)
{
	fy_buf text = { 0 };
	va_list args;

	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	fy_error(reader->diags, FY_MALFORMED, "onnx-model", &reader->place, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
	return FY_MALFORMED;
}

fy_status fy_onnx_wire_status(fy_onnx_reader *reader)
{
	if (!reader->log.problem)
		return FY_OK;
	return fy_error(reader->diags, FY_MALFORMED, "onnx-wire", &reader->place, "byte %zu: %s",
			reader->log.offset, reader->log.problem);
}

/* ---- names --------------------------------------------------------------------------------------------- */

enum { TEXT_CHUNK = 64 * 1024 };

/* Names lie side by side: an arena would spend 16 bytes on each. */
static char *text_room(fy_onnx_reader *reader, size_t size)
{
	char *room;

	if (size > TEXT_CHUNK / 16)
		return fy_arena_alloc(reader->arena, size);
	if (reader->text_left < size) {
		reader->text = fy_arena_alloc(reader->arena, TEXT_CHUNK);
		reader->text_left = TEXT_CHUNK;
	}
	room = reader->text;
	reader->text += size;
	reader->text_left -= size;
	return room;
}

fy_status fy_onnx_check_name(fy_onnx_reader *reader, fy_str name)
{
	for (size_t i = 0; i < name.len;) {
		unsigned char c = (unsigned char)name.data[i];
		size_t step = c > 0 && c < 0x80 ? 1 : fy_utf8_length(name.data + i, name.len - i);

		if (step == 0 || c == 0)
			return fy_onnx_malformed(reader, "a name is not UTF-8 text");
		i += step;
	}
	return FY_OK;
}

fy_status fy_onnx_read_name(fy_onnx_reader *reader, fy_str bytes, const char **out)
{
	char *copy;

	FY_TRY(fy_onnx_check_name(reader, bytes));
	copy = text_room(reader, bytes.len + 1);
	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	copy[bytes.len] = 0;
	*out = copy;
	return FY_OK;
}

/* ---- scopes ----------------------------------------------------------------------------------------------
 */

static fy_str key_of_value(const void *value)
{
	return fy_str_of(((const fy_value *)value)->name);
}

static fy_str key_of_stated(const void *stated)
{
	return ((const fy_onnx_stated *)stated)->name;
}

static fy_onnx_scope new_scope(fy_onnx_scope *outer, fy_block *block)
{
	return (fy_onnx_scope){ .outer = outer,
				.block = block,
				.values = { .key_of = key_of_value },
				.given = { .key_of = key_of_value },
				.types = { .key_of = key_of_stated } };
}

static void end_scope(fy_onnx_scope *scope)
{
	fy_index_release(&scope->values);
	fy_index_release(&scope->given);
	fy_index_release(&scope->types);
	fy_map_release(&scope->renamed);
}

static fy_value *find_here(const fy_onnx_scope *scope, fy_str name)
{
	fy_value *value = fy_index_get(&scope->values, name);

	return value ? value : fy_map_get(&scope->renamed, name);
}

fy_value *fy_onnx_scope_find(const fy_onnx_scope *scope, fy_str name)
{
	fy_value *value = NULL;

	for (; scope && !value; scope = scope->outer)
		value = find_here(scope, name);
	return value;
}

/* The graph's values have different names, while blocks beside each other may use one name twice in a file.
 */
static bool is_taken(const fy_onnx_reader *reader, const fy_onnx_scope *scope, const char *name)
{
	return fy_index_get(&reader->inner_names, fy_str_of(name)) ||
	       (scope->outer && fy_index_get(&reader->outermost->values, fy_str_of(name)));
}

fy_status fy_onnx_scope_put(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_str bytes, fy_value *value)
{
	const char *name, *unique;

	if (find_here(scope, bytes) || (!value->block && !value->tensor && fy_onnx_scope_find(scope, bytes)))
		return fy_onnx_malformed(reader, "'%.*s' is made twice", FY_ONNX_SHOWN(bytes));
	if (reader->function && value->tensor) {
		/* Constants belong to the graph, whose names are not those of functions. */
		FY_TRY(fy_onnx_check_name(reader, bytes));
		fy_map_put(&scope->renamed, bytes, value);
		return FY_OK;
	}
	FY_TRY(fy_onnx_read_name(reader, bytes, &name));
	unique = name;
	while (is_taken(reader, scope, unique))
		unique = fy_arena_printf(reader->arena, "%s_%d", name, ++reader->next_suffix);
	value->name = unique;
	if (unique == name)
		fy_index_put(&scope->values, value);
	else
		fy_map_put(&scope->renamed, bytes, value);
	if (scope->outer)
		fy_index_put(&reader->inner_names, value);
	return FY_OK;
}

const fy_type *fy_onnx_scope_type(const fy_onnx_scope *scope, fy_str name)
{
	const fy_onnx_stated *stated = fy_index_get(&scope->types, name);

	return stated ? stated->type : NULL;
}

/* ---- what a graph states ----------------------------------------------------------------------------------
 */

static fy_status check_stated(fy_onnx_reader *reader, fy_str name, const fy_type *stated,
			      const fy_type *actual)
{
	fy_buf left = { 0 }, right = { 0 };
	fy_status status;

	if (!stated || fy_onnx_types_agree(stated, actual))
		return FY_OK;
	fy_buf_put_type(&left, reader->graph, stated);
	fy_buf_put_type(&right, reader->graph, actual);
	status = fy_onnx_malformed(reader, "'%.*s' is declared %s, but it is %s", FY_ONNX_SHOWN(name),
				   fy_buf_text(&left), fy_buf_text(&right));
	fy_buf_release(&left);
	fy_buf_release(&right);
	return status;
}

static fy_status read_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
				  fy_str bytes)
{
	return fy_onnx_read_initializer(reader, scope, fy_wire_enter(parent, bytes));
}

static fy_status read_sparse(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
			     fy_str bytes)
{
	return fy_onnx_read_sparse_initializer(reader, scope, fy_wire_enter(parent, bytes));
}

/* An input that has an initializer is a constant unless somebody overrides it, which ferry does not offer. */
static fy_status read_given_input(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_str name, fy_value *value,
				  const fy_onnx_stated_type *stated)
{
	if (!value->name || fy_index_get(&scope->given, fy_str_of(value->name)))
		return fy_onnx_malformed(reader, "'%.*s' is made twice", FY_ONNX_SHOWN(name));
	fy_index_put(&scope->given, value);
	return check_stated(reader, name, &stated->type, value->type);
}

/* Inputs and outputs of a model must say what they are; it can be run all the same. */
static fy_status note_complete(fy_onnx_reader *reader, const fy_onnx_scope *scope, fy_str name,
			       const fy_onnx_stated_type *stated)
{
	if (scope->block != reader->graph->main || stated->complete || reader->graph->incomplete)
		return FY_OK;
	return fy_onnx_read_name(reader, name, &reader->graph->incomplete);
}

static fy_status read_input(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	fy_onnx_stated_type stated;
	fy_value *value;
	fy_str name;

	FY_TRY(fy_onnx_read_value_info(reader, parent, bytes, &name, &stated));
	if (name.len == 0)
		return fy_onnx_malformed(reader, "an input has no name");
	FY_TRY(note_complete(reader, scope, name, &stated));
	value = find_here(scope, name);
	if (scope->block == reader->graph->main && value && value->tensor)
		return read_given_input(reader, scope, name, value, &stated);
	value = fy_block_param(scope->block, &stated.type, NULL);
	return fy_onnx_scope_put(reader, scope, name, value);
}

/* Types stated for values that nodes make; the graph's outputs count too. */
static fy_status read_info(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	fy_onnx_stated_type type;
	fy_onnx_stated *stated, *first;
	fy_value *value;
	fy_str name;

	FY_TRY(fy_onnx_read_value_info(reader, parent, bytes, &name, &type));
	value = find_here(scope, name);
	if (value)
		return check_stated(reader, name, &type.type, value->type);
	if (type.type.kind == FY_TYPE_OPAQUE)
		return FY_OK;
	stated = FY_NEW(reader->arena, fy_onnx_stated);
	*stated = (fy_onnx_stated){ name, fy_graph_type(reader->graph, &type.type) };
	first = fy_index_put(&scope->types, stated);
	first->type = stated->type;
	return FY_OK;
}

static fy_status read_output(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
			     fy_str bytes)
{
	fy_graph *graph = reader->graph;
	fy_block *block = scope->block;
	fy_onnx_stated_type stated;
	const char *text;
	fy_value *value;
	fy_str name;

	FY_TRY(fy_onnx_read_value_info(reader, parent, bytes, &name, &stated));
	FY_TRY(note_complete(reader, scope, name, &stated));
	value = find_here(scope, name);
	if (!value)
		return fy_onnx_malformed(reader, "output '%.*s' is never made", FY_ONNX_SHOWN(name));
	/* Results of nodes are compared when their types are known. */
	if (!value->def)
		FY_TRY(check_stated(reader, name, &stated.type, value->type));
	if (block == graph->main) {
		FY_TRY(fy_onnx_read_name(reader, name, &text));
		fy_graph_output(graph, value, text);
	} else {
		fy_block_result(block, value);
	}
	return FY_OK;
}

/* ---- graphs ---------------------------------------------------------------------------------------------
 */

enum {
	G_NODE = 1,
	G_NAME = 2,
	G_INITIALIZER = 5,
	G_INPUT = 11,
	G_OUTPUT = 12,
	G_VALUE_INFO = 13,
	G_SPARSE = 15,
	G_LAST = 15
};

typedef fy_status (*read_field)(fy_onnx_reader *, fy_onnx_scope *, const fy_wire *, fy_str);

/* One kind of field of a message in one go over its bytes: initializers come before inputs, both before
 * nodes. */
static fy_status read_fields(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire, int number,
			     read_field read)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == number && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(read(reader, scope, &wire, field.bytes));
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_graph_name(fy_onnx_reader *reader, fy_block *block, fy_wire wire, int counts[])
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number <= G_LAST)
			counts[field.number]++;
		if (field.number == G_NAME && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &block->name));
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (!block->name || !block->name[0])
		return fy_onnx_malformed(reader, "a graph has no name");
	return FY_OK;
}

/* Before IR version 4 every initializer was the default of an input. */
static fy_status check_given(fy_onnx_reader *reader, const fy_onnx_scope *scope, int initializers)
{
	if (reader->graph->ir_version > 3 || scope->block != reader->graph->main ||
	    scope->given.count == (size_t)initializers)
		return FY_OK;
	return fy_onnx_malformed(reader, "an initializer is no input, which IR version %d asks for",
				 reader->graph->ir_version);
}

static fy_status fill_block(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire)
{
	fy_graph *graph = reader->graph;
	int counts[G_LAST + 1] = { 0 };
	const struct {
		int number;
		read_field read;
	} kinds[] = { { G_INITIALIZER, read_initializer },
		      { G_SPARSE, read_sparse },
		      { G_INPUT, read_input },
		      { G_VALUE_INFO, read_info },
		      { G_OUTPUT, read_info },
		      { G_NODE, fy_onnx_read_node },
		      { G_OUTPUT, read_output } };

	FY_TRY(read_graph_name(reader, scope->block, wire, counts));
	if (scope->block == graph->main)
		graph->name = scope->block->name;
	for (size_t i = 0; i < FY_COUNT(kinds); i++) {
		if (counts[kinds[i].number] > 0)
			FY_TRY(read_fields(reader, scope, wire, kinds[i].number, kinds[i].read));
		if (kinds[i].number == G_INPUT)
			FY_TRY(check_given(reader, scope, counts[G_INITIALIZER]));
	}
	return FY_OK;
}

fy_status fy_onnx_read_graph(fy_onnx_reader *reader, fy_onnx_scope *outer, fy_wire wire, fy_block *block)
{
	fy_onnx_scope scope = new_scope(outer, block);
	fy_status status;

	if (!outer)
		reader->outermost = &scope;
	status = fill_block(reader, &scope, wire);
	end_scope(&scope);
	return status;
}

/* ---- bodies of functions
 * ----------------------------------------------------------------------------------- */

enum { F_INPUT = 4, F_OUTPUT = 5, F_NODE = 7, F_VALUE_INFO = 12 };

static fy_status read_formal_input(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
				   fy_str name)
{
	fy_type unknown = { .kind = FY_TYPE_OPAQUE };

	(void)parent;
	return fy_onnx_scope_put(reader, scope, name, fy_block_param(scope->block, &unknown, NULL));
}

static fy_status read_formal_output(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
				    fy_str name)
{
	fy_value *value = find_here(scope, name);

	(void)parent;
	if (!value)
		return fy_onnx_malformed(reader, "function '%s' never makes its output '%.*s'",
					 reader->function->name, FY_ONNX_SHOWN(name));
	fy_block_result(scope->block, value);
	return FY_OK;
}

static fy_status fill_body(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire)
{
	FY_TRY(read_fields(reader, scope, wire, F_INPUT, read_formal_input));
	FY_TRY(read_fields(reader, scope, wire, F_VALUE_INFO, read_info));
	FY_TRY(read_fields(reader, scope, wire, F_NODE, fy_onnx_read_node));
	return read_fields(reader, scope, wire, F_OUTPUT, read_formal_output);
}

/* Names in a function are its own: those of the graph are put aside. */
fy_status fy_onnx_read_body(fy_onnx_reader *reader, const fy_local_function *function, fy_wire wire)
{
	fy_onnx_scope scope = new_scope(NULL, function->body);
	fy_onnx_scope *outermost = reader->outermost;
	fy_index names = reader->inner_names;
	int opset = reader->opset;
	fy_status status;

	reader->outermost = &scope;
	reader->inner_names = (fy_index){ .key_of = key_of_value };
	reader->function = function;
	reader->opset = function->opset;
	status = fill_body(reader, &scope, wire);
	fy_index_release(&reader->inner_names);
	end_scope(&scope);
	reader->inner_names = names;
	reader->outermost = outermost;
	reader->function = NULL;
	reader->opset = opset;
	return status;
}

/* ---- models
 * ------------------------------------------------------------------------------------------------ */

enum {
	M_IR_VERSION = 1,
	M_PRODUCER = 2,
	M_DOC = 6,
	M_GRAPH = 7,
	M_OPSET = 8,
	M_METADATA = 14,
	M_FUNCTIONS = 25,
	MOST_DOMAINS = 256,
	MOST_METADATA = 10000
};

fy_status fy_onnx_read_opset(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
			     fy_onnx_imports *imports)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	const char *domain = "";
	int64_t version = 0;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &domain));
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			version = (int64_t)field.value;
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (version < 1 || version > INT32_MAX)
		return fy_onnx_malformed(reader, "opset %" PRId64 " of domain '%s' does not exist", version,
					 domain);
	if (!domain[0] || strcmp(domain, "ai.onnx") == 0) {
		if (imports->opset && imports->opset != version)
			return fy_onnx_malformed(reader, "two opsets are imported: %d and %" PRId64,
						 imports->opset, version);
		imports->opset = (int)version;
		return FY_OK;
	}
	if (imports->count >= MOST_DOMAINS)
		return fy_onnx_malformed(reader, "more than %d domains are imported", MOST_DOMAINS);
	if (!imports->domains) {
		imports->domains = FY_NEW_ARRAY(reader->arena, const char *, MOST_DOMAINS);
		imports->versions = FY_NEW_ARRAY(reader->arena, int, MOST_DOMAINS);
	}
	imports->domains[imports->count] = domain;
	imports->versions[imports->count++] = (int)version;
	return FY_OK;
}

static fy_status read_metadata(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes)
{
	fy_graph *graph = reader->graph;
	fy_wire wire = fy_wire_enter(parent, bytes);
	const char *key = "", *value = "";
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &key));
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, field.bytes, &value));
	}
	if (graph->metadata_count >= MOST_METADATA)
		return fy_onnx_malformed(reader, "the model has more than %d metadata entries",
					 MOST_METADATA);
	for (int i = 0; i < graph->metadata_count; i++) {
		if (strcmp(graph->metadata[i].key, key) == 0)
			return fy_onnx_malformed(reader, "metadata '%s' is given twice", key);
	}
	fy_graph_set_metadata(graph, key, value);
	return fy_onnx_wire_status(reader);
}

static fy_status read_model_field(fy_onnx_reader *reader, fy_wire *wire, const fy_wire_field *field,
				  fy_onnx_imports *imports)
{
	fy_graph *graph = reader->graph;

	if (field->number == M_IR_VERSION) {
		if (fy_wire_expect(wire, field, FY_WIRE_VARINT))
			graph->ir_version = field->value <= INT32_MAX ? (int)field->value : -1;
		return FY_OK;
	}
	if (field->number != M_PRODUCER && field->number != M_DOC && field->number != M_OPSET &&
	    field->number != M_METADATA)
		return FY_OK;
	if (!fy_wire_expect(wire, field, FY_WIRE_LEN))
		return fy_onnx_wire_status(reader);
	if (field->number == M_OPSET)
		return fy_onnx_read_opset(reader, wire, field->bytes, imports);
	if (field->number == M_METADATA)
		return read_metadata(reader, wire, field->bytes);
	return fy_onnx_read_name(reader, field->bytes,
				 field->number == M_PRODUCER ? &graph->producer : &graph->doc);
}

static fy_status check_versions(fy_onnx_reader *reader, fy_onnx_imports *imports)
{
	int version = reader->graph->ir_version, newest = fy_onnx_ir_version(FY_ONNX_OPSET_MAX);
	bool imported = imports->opset || imports->count > 0;

	if (version < 1)
		return fy_onnx_malformed(reader, "the IR version is missing or impossible");
	if (version > newest)
		return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-ir-version", &reader->place,
				"IR version %d is newer than the newest that ferry knows, %d", version,
				newest);
	if (version < 3) {
		if (imported)
			return fy_onnx_malformed(reader, "IR version %d knows of no opsets", version);
		imports->opset = 1;
	} else if (!imported) {
		return fy_onnx_malformed(reader, "no opset is imported");
	}
	if (imports->opset > FY_ONNX_OPSET_MAX)
		return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-opset", &reader->place,
				"opset %d is newer than the newest that ferry knows, %d", imports->opset,
				FY_ONNX_OPSET_MAX);
	return FY_OK;
}

static fy_status read_model(fy_onnx_reader *reader, const void *bytes, size_t size)
{
	fy_wire wire = fy_wire_open(&reader->log, bytes, size), start = wire;
	fy_graph *graph = reader->graph;
	fy_onnx_imports imports = { 0 };
	fy_str main = { 0 };
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		reader->function_count += field.number == M_FUNCTIONS;
		if (field.number == M_GRAPH && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &main);
		else
			FY_TRY(read_model_field(reader, &wire, &field, &imports));
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (!main.data)
		return fy_onnx_malformed(reader, "there is no graph: not an ONNX model");
	FY_TRY(check_versions(reader, &imports));
	graph->opset = reader->opset = imports.opset;
	graph->domains = imports.domains;
	graph->domain_versions = imports.versions;
	graph->domain_count = imports.count;
	if (reader->function_count > 0)
		FY_TRY(fy_onnx_read_functions(reader, start, M_FUNCTIONS));
	return fy_onnx_read_graph(reader, NULL, fy_wire_enter(&wire, main), graph->main);
}

/* ---- the door
 * ---------------------------------------------------------------------------------------------- */

static fy_status run_reader(fy_onnx_reader *reader, fy_graph **out, const void *bytes, size_t size)
{
	fy_status status;

	reader->graph = fy_graph_new(reader->arena);
	reader->graph->path = reader->path;
	reader->place = (fy_place){ .file = reader->path };
	reader->log = (fy_wire_log){ .base = bytes, .size = size };
	reader->inner_names = (fy_index){ .key_of = key_of_value };
	status = read_model(reader, bytes, size);
	fy_index_release(&reader->inner_names);
	fy_buf_release(&reader->scratch);
	fy_free(reader->types);
	fy_map_release(&reader->symbols);
	if (status != FY_OK) {
		fy_graph_release(reader->graph);
		return status;
	}
	*out = reader->graph;
	return FY_OK;
}

fy_status fy_onnx_read(fy_graph **out, fy_arena *arena, const void *bytes, size_t size, const char *name,
		       fy_diags *diags)
{
	fy_onnx_reader reader = { .arena = arena, .diags = diags, .path = name };

	*out = NULL;
	return run_reader(&reader, out, bytes, size);
}

fy_status fy_onnx_open(fy_onnx_model *model, fy_arena *arena, const char *path, fy_diags *diags)
{
	fy_onnx_reader reader = { .model = model, .arena = arena, .diags = diags, .path = path };
	fy_status status;

	*model = (fy_onnx_model){ 0 };
	FY_TRY(fy_file_open(&model->file, path, diags));
	status = run_reader(&reader, &model->graph, model->file.data, model->file.size);
	if (status != FY_OK)
		fy_onnx_close(model);
	return status;
}

void fy_onnx_close(fy_onnx_model *model)
{
	fy_graph_release(model->graph);
	for (int i = 0; i < model->external_count; i++)
		fy_file_close(model->externals[i]);
	fy_file_close(&model->file);
	*model = (fy_onnx_model){ 0 };
}

bool fy_onnx_sniff(const void *bytes, size_t size)
{
	fy_wire_log log = { .base = bytes, .size = size };
	fy_wire wire = fy_wire_open(&log, bytes, size);
	bool version = false, graph = false;
	fy_wire_field field;

	for (int i = 0; i < 1000 && fy_wire_next(&wire, &field); i++) {
		version |= field.number == M_IR_VERSION && field.type == FY_WIRE_VARINT && field.value < 1000;
		graph |= field.number == M_GRAPH && field.type == FY_WIRE_LEN;
	}
	return version && graph;
}
