/*
 * ModelProto to fy_graph: model, graphs, values and types. Nodes and attributes are onnx_read_node.c. Names
 * become values by scope; constants borrow from the mapped file. Nothing is checked here that onnx_check.c
 * can check later, except what the graph could not express: order, names, sizes.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

/* ---- diagnostics and names -------------------------------------------------------------------------- */

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

fy_status fy_onnx_read_name(fy_onnx_reader *reader, const fy_wire_field *field, const char **out)
{
	const char *text = field->bytes.data;
	size_t len = field->bytes.len;

	for (size_t i = 0; i < len;) {
		size_t step = fy_utf8_length(text + i, len - i);

		if (step == 0 || text[i] == 0)
			return fy_onnx_malformed(reader, "a name is not UTF-8 text");
		i += step;
	}
	*out = fy_arena_strndup(reader->arena, text, len);
	return FY_OK;
}

fy_value *fy_onnx_scope_find(const fy_onnx_scope *scope, fy_str name)
{
	for (; scope; scope = scope->outer) {
		fy_value *value = fy_map_get(&scope->values, name);

		if (value)
			return value;
	}
	return NULL;
}

/* The graph's values have different names, while blocks beside each other may use one name twice in a file.
 */
static bool is_taken(const fy_onnx_reader *reader, const fy_onnx_scope *scope, const char *name)
{
	return fy_map_has(&reader->inner_names, fy_str_of(name)) ||
	       (scope->outer && fy_map_has(&reader->outermost->values, fy_str_of(name)));
}

fy_status fy_onnx_scope_put(fy_onnx_reader *reader, fy_onnx_scope *scope, const char *name, fy_value *value)
{
	const char *unique = name;

	if (fy_map_has(&scope->values, fy_str_of(name)))
		return fy_onnx_malformed(reader, "'%s' is made twice", name);
	fy_map_put(&scope->values, fy_str_of(name), value);
	while (is_taken(reader, scope, unique))
		unique = fy_arena_printf(reader->arena, "%s_%d", name, ++reader->next_suffix);
	if (scope->outer)
		fy_map_put(&reader->inner_names, fy_str_of(unique), value);
	value->name = unique;
	return FY_OK;
}

/* ---- types -----------------------------------------------------------------------------------------------
 */

static fy_status read_dim(fy_onnx_reader *reader, const fy_wire *parent, const fy_wire_field *message,
			  fy_dim *out)
{
	fy_wire wire = fy_wire_enter(parent, message->bytes);
	const char *name;
	fy_wire_field field;
	void *known;

	*out = FY_ONNX_DIM_UNKNOWN;
	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT)) {
			*out = (int64_t)field.value;
			if (*out < 0)
				return fy_onnx_malformed(reader, "a type has a negative size");
		} else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN)) {
			FY_TRY(fy_onnx_read_name(reader, &field, &name));
			if (!name[0])
				continue;
			known = fy_map_get(&reader->symbols, fy_str_of(name));
			if (!known) {
				known = (void *)(uintptr_t)(fy_graph_symbol(reader->graph, name) + 1);
				fy_map_put(&reader->symbols, fy_str_of(name), known);
			}
			*out = fy_dim_symbol((int)(uintptr_t)known - 1);
		}
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_shape(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_shape *shape)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	fy_wire_field field;

	*shape = (fy_shape){ 0 };
	while (fy_wire_next(&wire, &field)) {
		if (field.number != 1 || !fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			continue;
		if (shape->rank == FY_MAX_RANK)
			return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-rank", &reader->place,
					"a tensor has more than %d dimensions", FY_MAX_RANK);
		FY_TRY(read_dim(reader, &wire, &field, &shape->dims[shape->rank++]));
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_tensor_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_type *type)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	fy_str shape = { 0 };
	int64_t number = 0;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			number = (int64_t)field.value;
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &shape);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (number < 0 || !fy_onnx_dtype_name(number))
		return fy_onnx_malformed(reader, "there is no element type %" PRId64, number);
	if (!fy_onnx_to_dtype(number, &type->dtype))
		return FY_OK;
	type->kind = FY_TYPE_TENSOR;
	type->has_shape = shape.data != NULL;
	return type->has_shape ? read_shape(reader, &wire, shape, &type->shape) : FY_OK;
}

/* What ferry has no type for (strings, maps, sequences of sequences) is opaque. */
static fy_status read_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes, fy_type *type)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire, nested;
	fy_str tensor = { 0 }, element = { 0 }, inner = { 0 };
	fy_type_kind kind = FY_TYPE_OPAQUE;
	fy_wire_field field;

	*type = (fy_type){ .kind = FY_TYPE_OPAQUE };
	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN)) {
			fy_wire_keep(&start, reader->arena, &field, &tensor);
		} else if ((field.number == 4 || field.number == 9) &&
			   fy_wire_expect(&wire, &field, FY_WIRE_LEN)) {
			kind = field.number == 4 ? FY_TYPE_SEQUENCE : FY_TYPE_OPTIONAL;
			element = field.bytes;
		}
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (tensor.data)
		return read_tensor_type(reader, &wire, tensor, type);
	if (!element.data)
		return FY_OK;
	nested = fy_wire_enter(&wire, element);
	while (fy_wire_next(&nested, &field)) {
		if (field.number == 1 && fy_wire_expect(&nested, &field, FY_WIRE_LEN))
			inner = field.bytes;
	}
	if (inner.data)
		FY_TRY(read_type(reader, &nested, inner, type));
	if (type->kind == FY_TYPE_TENSOR)
		type->kind = kind;
	else
		type->kind = FY_TYPE_OPAQUE;
	return fy_onnx_wire_status(reader);
}

static fy_status read_value_info(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
				 const char **name, fy_type *type)
{
	fy_wire wire = fy_wire_enter(parent, bytes), start = wire;
	fy_str type_bytes = { 0 };
	fy_wire_field field;

	*name = "";
	*type = (fy_type){ .kind = FY_TYPE_OPAQUE };
	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, name));
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &type_bytes);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	return type_bytes.data ? read_type(reader, &wire, type_bytes, type) : FY_OK;
}

/* ---- graphs
 * -------------------------------------------------------------------------------------------------- */

static fy_status read_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
				  fy_str bytes)
{
	const char *name = NULL;
	fy_tensor *tensor;
	fy_value *value;

	FY_TRY(fy_onnx_read_tensor(reader, fy_wire_enter(parent, bytes), &tensor, &name));
	value = fy_graph_constant(reader->graph, tensor, NULL);
	fy_tensor_unref(tensor);
	if (!name || !name[0])
		return fy_onnx_malformed(reader, "an initializer has no name");
	return fy_onnx_scope_put(reader, scope, name, value);
}

static fy_status read_input(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	const char *name;
	fy_type type;

	FY_TRY(read_value_info(reader, parent, bytes, &name, &type));
	if (!name[0])
		return fy_onnx_malformed(reader, "an input has no name");
	/* An input that has an initializer is a constant unless somebody overrides it, which ferry does not
	 * offer. */
	if (scope->block == reader->graph->main && fy_map_has(&scope->values, fy_str_of(name)) &&
	    ((fy_value *)fy_map_get(&scope->values, fy_str_of(name)))->tensor)
		return FY_OK;
	return fy_onnx_scope_put(reader, scope, name, fy_block_param(scope->block, &type, NULL));
}

/* Types stated for values that nodes make; the graph's outputs count too. */
static fy_status read_info(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	const char *name;
	fy_type type, *copy;

	FY_TRY(read_value_info(reader, parent, bytes, &name, &type));
	if (type.kind == FY_TYPE_OPAQUE)
		return FY_OK;
	copy = FY_NEW(reader->arena, fy_type);
	*copy = type;
	fy_map_put(&scope->types, fy_str_of(name), copy);
	return FY_OK;
}

static fy_status read_output(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
			     fy_str bytes)
{
	fy_block *block = scope->block;
	const char *name;
	fy_value *value;
	fy_type type;

	FY_TRY(read_value_info(reader, parent, bytes, &name, &type));
	value = fy_onnx_scope_find(scope, fy_str_of(name));
	if (!value)
		return fy_onnx_malformed(reader, "output '%s' is never made", name);
	if (block == reader->graph->main)
		fy_graph_output(reader->graph, value, name);
	else
		fy_block_result(block, value);
	return FY_OK;
}

enum {
	G_NODE = 1,
	G_NAME = 2,
	G_INITIALIZER = 5,
	G_DOC = 10,
	G_INPUT = 11,
	G_OUTPUT = 12,
	G_VALUE_INFO = 13,
	G_SPARSE = 15
};

/* One kind of field of a graph in one go over its bytes: initializers come before inputs, both before nodes.
 */
static fy_status read_fields(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire, int number,
			     fy_status (*read)(fy_onnx_reader *, fy_onnx_scope *, const fy_wire *, fy_str))
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == number && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(read(reader, scope, &wire, field.bytes));
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_graph_text(fy_onnx_reader *reader, fy_block *block, fy_wire wire)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == G_NAME && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, &block->name));
		else if (field.number == G_SPARSE)
			return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-sparse", &reader->place,
					"the graph has sparse initializers");
	}
	return fy_onnx_wire_status(reader);
}

static fy_status fill_block(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire)
{
	FY_TRY(read_graph_text(reader, scope->block, wire));
	if (scope->block == reader->graph->main)
		reader->graph->name = scope->block->name;
	FY_TRY(read_fields(reader, scope, wire, G_INITIALIZER, read_initializer));
	FY_TRY(read_fields(reader, scope, wire, G_INPUT, read_input));
	FY_TRY(read_fields(reader, scope, wire, G_VALUE_INFO, read_info));
	FY_TRY(read_fields(reader, scope, wire, G_OUTPUT, read_info));
	FY_TRY(read_fields(reader, scope, wire, G_NODE, fy_onnx_read_node));
	return read_fields(reader, scope, wire, G_OUTPUT, read_output);
}

fy_status fy_onnx_read_graph(fy_onnx_reader *reader, fy_onnx_scope *outer, fy_wire wire, fy_block *block)
{
	fy_onnx_scope scope = { .outer = outer, .block = block };
	fy_status status;

	if (!outer)
		reader->outermost = &scope;
	status = fill_block(reader, &scope, wire);
	fy_map_release(&scope.values);
	fy_map_release(&scope.types);
	return status;
}

/* ---- models
 * --------------------------------------------------------------------------------------------------- */

static fy_status read_opset(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes)
{
	fy_graph *graph = reader->graph;
	fy_wire wire = fy_wire_enter(parent, bytes);
	const char *domain = "";
	int64_t version = 0;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, &domain));
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			version = (int64_t)field.value;
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (version < 1 || version > INT32_MAX)
		return fy_onnx_malformed(reader, "opset %" PRId64 " of domain '%s' does not exist", version,
					 domain);
	if (!domain[0] || strcmp(domain, "ai.onnx") == 0) {
		if (graph->opset && graph->opset != version)
			return fy_onnx_malformed(reader, "two opsets are imported: %d and %" PRId64,
						 graph->opset, version);
		graph->opset = (int)version;
		return FY_OK;
	}
	if (graph->domain_count >= 256)
		return fy_onnx_malformed(reader, "more than 256 domains are imported");
	if (!graph->domains) {
		graph->domains = FY_NEW_ARRAY(reader->arena, const char *, 256);
		graph->domain_versions = FY_NEW_ARRAY(reader->arena, int, 256);
	}
	graph->domains[graph->domain_count] = domain;
	graph->domain_versions[graph->domain_count++] = (int)version;
	return FY_OK;
}

static fy_status read_metadata(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	const char *key = "", *value = "";
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, &key));
		else if (field.number == 2 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, &value));
	}
	if (reader->graph->metadata_count >= 10000)
		return fy_onnx_malformed(reader, "the model has more than 10000 metadata entries");
	fy_graph_set_metadata(reader->graph, key, value);
	return fy_onnx_wire_status(reader);
}

enum {
	M_IR_VERSION = 1,
	M_PRODUCER = 2,
	M_DOC = 6,
	M_GRAPH = 7,
	M_OPSET = 8,
	M_METADATA = 14,
	M_FUNCTIONS = 25
};

static fy_status read_model_field(fy_onnx_reader *reader, fy_wire *wire, const fy_wire_field *field)
{
	switch (field->number) {
	case M_IR_VERSION:
		if (fy_wire_expect(wire, field, FY_WIRE_VARINT) && field->value <= INT32_MAX)
			reader->graph->ir_version = (int)field->value;
		break;
	case M_PRODUCER:
		return fy_wire_expect(wire, field, FY_WIRE_LEN)
			       ? fy_onnx_read_name(reader, field, &reader->graph->producer)
			       : FY_OK;
	case M_DOC:
		return fy_wire_expect(wire, field, FY_WIRE_LEN)
			       ? fy_onnx_read_name(reader, field, &reader->graph->doc)
			       : FY_OK;
	case M_OPSET:
		return fy_wire_expect(wire, field, FY_WIRE_LEN) ? read_opset(reader, wire, field->bytes)
								: FY_OK;
	case M_METADATA:
		return fy_wire_expect(wire, field, FY_WIRE_LEN) ? read_metadata(reader, wire, field->bytes)
								: FY_OK;
	case M_FUNCTIONS:
		fy_error(reader->diags, FY_UNSUPPORTED, "onnx-function", &reader->place,
			 "the model defines functions of its own");
		fy_hint(reader->diags, "inline them first: onnx.inliner.inline_local_functions");
		return FY_UNSUPPORTED;
	}
	return FY_OK;
}

static fy_status read_model(fy_onnx_reader *reader, const void *bytes, size_t size)
{
	fy_wire wire = fy_wire_open(&reader->log, bytes, size), start = wire;
	fy_str graph = { 0 };
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == M_GRAPH && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			fy_wire_keep(&start, reader->arena, &field, &graph);
		else
			FY_TRY(read_model_field(reader, &wire, &field));
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (!graph.data)
		return fy_onnx_malformed(reader, "there is no graph: not an ONNX model");
	if (!reader->graph->opset && reader->graph->domain_count == 0)
		return fy_onnx_malformed(reader, "no opset is imported");
	if (!reader->graph->opset)
		return fy_onnx_malformed(reader, "no opset of the ONNX domain is imported");
	return fy_onnx_read_graph(reader, NULL, fy_wire_enter(&wire, graph), reader->graph->main);
}

static fy_status run_reader(fy_onnx_reader *reader, fy_graph **out, const void *bytes, size_t size)
{
	fy_status status;

	reader->graph = fy_graph_new(reader->arena);
	reader->place = (fy_place){ .file = reader->path };
	reader->log = (fy_wire_log){ .base = bytes, .size = size };
	status = read_model(reader, bytes, size);
	fy_map_release(&reader->inner_names);
	fy_buf_release(&reader->scratch);
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

	for (int i = 0; i < 32 && fy_wire_next(&wire, &field); i++) {
		if (field.number > 100)
			return false;
		version |= field.number == M_IR_VERSION && field.type == FY_WIRE_VARINT && field.value < 1000;
		graph |= field.number == M_GRAPH && field.type == FY_WIRE_LEN;
	}
	return version && graph;
}
