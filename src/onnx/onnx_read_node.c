/*
 * NodeProto: nodes with their arguments by name, attributes, subgraphs as blocks. A Constant node becomes a
 * constant of the graph.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

enum { MOST_ATTRS = 256, FEW = 16 };

/* What a node message says. Most nodes have few of everything: no memory is asked for then. */
typedef struct node_parts {
	fy_str name, op_type, domain, doc, overload;
	fy_arg few_args[FEW], *args;
	fy_str few_outputs[FEW], *outputs;
	size_t arg_count, arg_capacity, output_count, output_capacity;
	fy_attr *attrs;
	fy_onnx_read_attr *graphs;
	fy_onnx_read_attr sparse; /* the last one of this kind */
	bool has_sparse;
	size_t attr_count, attr_capacity, graph_count, graph_capacity;
} node_parts;

/* Room for one more in an array that begins in the parts themselves. */
static void *room(void *items, void *few, size_t count, size_t *capacity, size_t item_size)
{
	void *grown;

	if (count < *capacity)
		return items;
	if (items != few)
		return fy_grow(items, capacity, count + 1, item_size);
	*capacity = 0;
	grown = fy_grow(NULL, capacity, count * 2, item_size);
	return memcpy(grown, few, count * item_size);
}

static void begin_parts(node_parts *parts)
{
	parts->name = parts->op_type = parts->domain = parts->doc = parts->overload = (fy_str){ "", 0 };
	parts->args = parts->few_args;
	parts->outputs = parts->few_outputs;
	parts->arg_capacity = parts->output_capacity = FEW;
	parts->arg_count = parts->output_count = 0;
	parts->has_sparse = false;
	parts->attrs = NULL;
	parts->graphs = NULL;
	parts->attr_count = parts->attr_capacity = parts->graph_count = parts->graph_capacity = 0;
}

static void release_parts(node_parts *parts)
{
	for (size_t i = 0; i < parts->attr_count; i++)
		fy_onnx_drop_arg(&parts->attrs[i].arg);
	if (parts->args != parts->few_args)
		fy_free(parts->args);
	if (parts->outputs != parts->few_outputs)
		fy_free(parts->outputs);
	fy_free(parts->attrs);
	fy_free(parts->graphs);
}

/* ---- the fields ------------------------------------------------------------------------------------------
 */

static fy_status check_new_attr(fy_onnx_reader *reader, const node_parts *parts, fy_str name)
{
	bool twice = false;

	for (size_t i = 0; i < parts->attr_count; i++)
		twice |= fy_str_is(name, parts->attrs[i].name);
	for (size_t i = 0; i < parts->graph_count; i++)
		twice |= fy_str_eq(name, parts->graphs[i].name);
	if (twice)
		return fy_onnx_malformed(reader, "attribute '%.*s' is given twice", FY_ONNX_SHOWN(name));
	if (parts->attr_count + parts->graph_count >= MOST_ATTRS)
		return fy_onnx_malformed(reader, "a node has more than %d attributes", MOST_ATTRS);
	return FY_OK;
}

static fy_status read_attribute(fy_onnx_reader *reader, fy_wire wire, node_parts *parts)
{
	fy_onnx_read_attr attr;
	fy_attr *slot;

	FY_TRY(fy_onnx_scan_attr(reader, wire, &attr));
	FY_TRY(check_new_attr(reader, parts, attr.name));
	if (fy_onnx_attr_is_graph(&attr)) {
		parts->graphs = fy_grow(parts->graphs, &parts->graph_capacity, parts->graph_count + 1,
					sizeof(*parts->graphs));
		parts->graphs[parts->graph_count++] = attr;
		return FY_OK;
	}
	parts->attrs =
		fy_grow(parts->attrs, &parts->attr_capacity, parts->attr_count + 1, sizeof(*parts->attrs));
	slot = &parts->attrs[parts->attr_count++];
	if (attr.kind == FY_ONNX_SPARSE && attr.ref.len == 0) {
		parts->sparse = attr;
		parts->has_sparse = true;
	}
	slot->arg = fy_arg_none();
	slot->name = fy_graph_word(reader->graph, attr.name);
	return fy_onnx_read_attr_value(reader, &attr, &slot->arg);
}

static fy_status read_argument(fy_onnx_reader *reader, const fy_onnx_scope *scope, fy_str name, fy_arg *out)
{
	fy_value *value;

	*out = fy_arg_none();
	if (name.len == 0)
		return FY_OK;
	value = fy_onnx_scope_find(scope, name);
	if (!value)
		return fy_onnx_malformed(reader, "a node reads '%.*s', which nothing before it makes",
					 FY_ONNX_SHOWN(name));
	*out = fy_arg_value(value);
	return FY_OK;
}

static fy_status read_field(fy_onnx_reader *reader, const fy_onnx_scope *scope, fy_wire *wire,
			    const fy_wire_field *field, node_parts *parts)
{
	switch (field->number) {
	case 1:
		parts->args = room(parts->args, parts->few_args, parts->arg_count, &parts->arg_capacity,
				   sizeof(*parts->args));
		return read_argument(reader, scope, field->bytes, &parts->args[parts->arg_count++]);
	case 2:
		parts->outputs = room(parts->outputs, parts->few_outputs, parts->output_count,
				      &parts->output_capacity, sizeof(*parts->outputs));
		parts->outputs[parts->output_count++] = field->bytes;
		return FY_OK;
	case 3:
		parts->name = field->bytes;
		return FY_OK;
	case 4:
		parts->op_type = field->bytes;
		return FY_OK;
	case 5:
		return read_attribute(reader, fy_wire_enter(wire, field->bytes), parts);
	case 6:
		parts->doc = field->bytes;
		return FY_OK;
	case 7:
		parts->domain = field->bytes;
		return FY_OK;
	default:
		parts->overload = field->bytes;
		return FY_OK;
	}
}

static fy_status read_parts(fy_onnx_reader *reader, const fy_onnx_scope *scope, fy_wire wire,
			    node_parts *parts)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number <= 8 && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(read_field(reader, scope, &wire, &field, parts));
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (parts->op_type.len == 0)
		return fy_onnx_malformed(reader, "a node has no operator");
	if (parts->arg_count == 0 && parts->output_count == 0)
		return fy_onnx_malformed(reader, "a node of operator '%.*s' has neither inputs nor outputs",
					 FY_ONNX_SHOWN(parts->op_type));
	if (parts->arg_count > INT32_MAX || parts->output_count > INT32_MAX)
		return fy_onnx_malformed(reader, "a node has too many inputs or outputs");
	FY_TRY(fy_onnx_check_name(reader, parts->op_type));
	return fy_onnx_check_name(reader, parts->domain);
}

/* ---- the node --------------------------------------------------------------------------------------------
 */

static const char *word_before(fy_onnx_reader *reader, const char *text, const char *end)
{
	return fy_graph_word(reader->graph, (fy_str){ text, (size_t)(end - text) });
}

/* What the writer put there: node name "module.path/Op", doc_string "file:line". */
static fy_status set_origin(fy_onnx_reader *reader, const node_parts *parts, fy_node *node)
{
	const char *doc, *slash, *colon;
	int64_t line;

	if (parts->name.len > 0) {
		FY_TRY(fy_onnx_read_name(reader, parts->name, &node->name));
		slash = strrchr(node->name, '/');
		if (slash && slash != node->name)
			node->origin.module = word_before(reader, node->name, slash);
	}
	if (parts->doc.len == 0)
		return FY_OK;
	FY_TRY(fy_onnx_check_name(reader, parts->doc));
	reader->scratch.len = 0;
	fy_buf_append(&reader->scratch, parts->doc.data, parts->doc.len);
	doc = fy_buf_text(&reader->scratch);
	colon = strrchr(doc, ':');
	if (colon && !strchr(doc, '\n') && fy_parse_i64(colon + 1, &line) && line > 0 && line < INT32_MAX) {
		node->origin.file = word_before(reader, doc, colon);
		node->origin.line = (int)line;
	}
	return FY_OK;
}

/* "onnx::Conv", "local::f", "local::f:overload". */
void fy_onnx_put_operator(fy_buf *out, fy_str domain, fy_str name, fy_str overload)
{
	bool plain = domain.len == 0 || fy_str_is(domain, "ai.onnx");

	out->len = 0;
	fy_buf_append(out, plain ? "onnx" : domain.data, plain ? 4 : domain.len);
	fy_buf_append(out, "::", 2);
	fy_buf_append(out, name.data, name.len);
	if (overload.len > 0) {
		fy_buf_append(out, ":", 1);
		fy_buf_append(out, overload.data, overload.len);
	}
}

/* The node alone, results of the types that the graph states. */
static fy_node *new_node(fy_onnx_reader *reader, const fy_onnx_scope *scope, const node_parts *parts)
{
	fy_node *node;

	fy_onnx_put_operator(&reader->scratch, parts->domain, parts->op_type, parts->overload);
	reader->types = fy_grow(reader->types, &reader->type_capacity, parts->output_count + 1,
				sizeof(*reader->types));
	for (size_t i = 0; i < parts->output_count; i++) {
		const fy_type *stated = scope->types.count > 0 && parts->outputs[i].len > 0
						? fy_onnx_scope_type(scope, parts->outputs[i])
						: NULL;

		reader->types[i] = stated ? *stated : (fy_type){ .kind = FY_TYPE_OPAQUE };
	}
	node = fy_node_new(scope->block, NULL, fy_buf_text(&reader->scratch), parts->args,
			   (int)parts->arg_count, parts->attrs, (int)parts->attr_count, reader->types,
			   (int)parts->output_count);
	return node;
}

/* ---- constants -------------------------------------------------------------------------------------------
 */

/* Tensors are taken as they are. Strings have a type and a shape; nobody computes with them. */
static fy_tensor *plain_constant(const fy_node *node)
{
	const fy_arg *arg = node->attr_count == 1 ? &node->attrs[0].arg : NULL;
	fy_shape shape = { 0 };

	if (arg && arg->kind == FY_ARG_TENSOR)
		return fy_tensor_ref(arg->t);
	if (arg && arg->kind == FY_ARG_LIST && arg->stated == FY_ONNX_STRINGS)
		shape = (fy_shape){ 1, { arg->list.count } };
	else if (!arg || arg->kind != FY_ARG_STR)
		return NULL;
	return fy_tensor_meta(FY_STRING, &shape);
}

/* NULL when the node has no value of its own. */
static fy_status make_constant(fy_onnx_reader *reader, const node_parts *parts, const fy_node *node,
			       fy_value **out)
{
	fy_tensor *tensor = plain_constant(node);
	fy_diags ignored = { 0 };
	fy_status status;

	*out = NULL;
	if (parts->has_sparse && node->attr_count == 1) {
		fy_tensor_unref(tensor);
		return fy_onnx_read_sparse_constant(
			reader, fy_wire_enter(&parts->sparse.wire, parts->sparse.message), out);
	}
	if (!tensor) {
		status = fy_onnx_eval(node, FY_ONNX_OPSET_MAX, NULL, &tensor, &ignored);
		fy_diags_clear(&ignored);
		if (status != FY_OK)
			return FY_OK;
	}
	*out = fy_graph_constant(reader->graph, tensor, NULL);
	fy_tensor_unref(tensor);
	return FY_OK;
}

/* The value of a Constant node goes to the graph's constants. *done is false when it has no value of its own.
 */
static fy_status hoist_constant(fy_onnx_reader *reader, fy_onnx_scope *scope, const node_parts *parts,
				fy_node *node, bool *done)
{
	fy_str name = parts->outputs[0];
	const fy_type *stated = fy_onnx_scope_type(scope, name);
	fy_value *value;
	fy_status status;

	FY_TRY(make_constant(reader, parts, node, &value));
	*done = value != NULL;
	if (!*done)
		return FY_OK;
	if (fy_onnx_scope_find(scope, name))
		return fy_onnx_malformed(reader, "'%.*s' is made twice", FY_ONNX_SHOWN(name));
	status = fy_onnx_check_constant(node, value->type, reader->opset, reader->diags);
	fy_node_erase(node);
	if (status == FY_OK && stated && !fy_onnx_types_agree(stated, value->type))
		status = fy_onnx_malformed(reader, "constant '%.*s' is not of the type that is declared",
					   FY_ONNX_SHOWN(name));
	return status == FY_OK ? fy_onnx_scope_put(reader, scope, name, value) : status;
}

/* ---- blocks ----------------------------------------------------------------------------------------------
 */

typedef struct block_reading {
	fy_onnx_reader *reader;
	fy_onnx_scope *scope;
	fy_node *node;
	const char *attr;
} block_reading;

static fy_status read_block(void *user, fy_wire wire)
{
	block_reading *r = user;
	fy_block *block = fy_block_new(r->reader->graph, r->node);

	block->attr = r->attr;
	return fy_onnx_read_graph(r->reader, r->scope, wire, block);
}

static fy_status read_blocks(fy_onnx_reader *reader, fy_onnx_scope *scope, const node_parts *parts,
			     fy_node *node)
{
	/* then before else, whatever their order in the file */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < parts->graph_count; i++) {
			block_reading r = { reader, scope, node, NULL };

			if (fy_str_is(parts->graphs[i].name, "else_branch") != (pass == 1))
				continue;
			r.attr = fy_graph_word(reader->graph, parts->graphs[i].name);
			FY_TRY(fy_onnx_each_graph(reader, &parts->graphs[i], read_block, &r));
		}
	}
	return FY_OK;
}

static fy_status make_node(fy_onnx_reader *reader, fy_onnx_scope *scope, const node_parts *parts)
{
	fy_node *node = new_node(reader, scope, parts);
	bool done = false;

	FY_TRY(set_origin(reader, parts, node));
	if (fy_node_is(node, "onnx::Constant") && parts->output_count == 1 && parts->outputs[0].len > 0 &&
	    parts->arg_count == 0 && parts->graph_count == 0)
		FY_TRY(hoist_constant(reader, scope, parts, node, &done));
	if (done)
		return FY_OK;
	FY_TRY(read_blocks(reader, scope, parts, node));
	for (size_t i = 0; i < parts->output_count; i++) {
		if (parts->outputs[i].len > 0)
			FY_TRY(fy_onnx_scope_put(reader, scope, parts->outputs[i], node->results[i]));
	}
	return FY_OK;
}

fy_status fy_onnx_read_node(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	node_parts parts;
	fy_status status;

	begin_parts(&parts);
	status = read_parts(reader, scope, fy_wire_enter(parent, bytes), &parts);
	if (status == FY_OK)
		status = make_node(reader, scope, &parts);
	release_parts(&parts);
	return status;
}
