/*
 * NodeProto and AttributeProto: nodes with their arguments by name, attributes, subgraphs as blocks. A
 * Constant node becomes a constant of the graph.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

enum {
	MOST_ATTRS = 256,
	A_NAME = 1,
	A_F = 2,
	A_I = 3,
	A_S = 4,
	A_T = 5,
	A_G = 6,
	A_FLOATS = 7,
	A_INTS = 8,
	A_STRINGS = 9,
	A_TYPE = 20,
	A_REF = 21,
};

/* AttributeProto.AttributeType by the field that holds the value. */
static const int type_of_field[] = {
	[A_F] = 1, [A_I] = 2, [A_S] = 3, [A_T] = 4, [A_G] = 5, [A_FLOATS] = 6, [A_INTS] = 7, [A_STRINGS] = 8
};

/* ---- attributes ---------------------------------------------------------------------------------------- */

typedef struct attribute {
	const char *name;
	int type;             /* as stated; 0: not stated */
	int field;            /* that holds the value; 0: none */
	fy_wire_field single; /* the last one, for single values */
	fy_str message;       /* T, G */
	size_t count;         /* of a list */
} attribute;

static double float_bits(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float value;

	memcpy(&value, &low, sizeof(value));
	return value;
}

static void note_value(fy_onnx_reader *reader, fy_wire *wire, const fy_wire *start,
		       const fy_wire_field *field, attribute *attr)
{
	static const fy_wire_type expected[] = { [A_F] = FY_WIRE_I32,
						 [A_I] = FY_WIRE_VARINT,
						 [A_S] = FY_WIRE_LEN,
						 [A_T] = FY_WIRE_LEN,
						 [A_G] = FY_WIRE_LEN };

	if (attr->field && attr->field != field->number)
		fy_wire_fail(wire, "an attribute has two values");
	attr->field = field->number;
	attr->single = *field;
	if (field->number <= A_G && !fy_wire_expect(wire, field, expected[field->number]))
		return;
	if (field->number == A_T || field->number == A_G)
		fy_wire_keep(start, reader->arena, field, &attr->message);
	else if (field->number == A_STRINGS)
		attr->count += fy_wire_expect(wire, field, FY_WIRE_LEN);
	else if (field->number >= A_FLOATS)
		attr->count += fy_wire_count(wire, field, field->number == A_FLOATS ? 4 : 0);
}

static fy_status scan_attribute(fy_onnx_reader *reader, fy_wire wire, attribute *attr)
{
	fy_wire start = wire;
	fy_wire_field field;

	*attr = (attribute){ .name = "" };
	while (fy_wire_next(&wire, &field)) {
		if (field.number == A_NAME && fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, &field, &attr->name));
		else if (field.number >= A_F && field.number <= A_STRINGS)
			note_value(reader, &wire, &start, &field, attr);
		else if (field.number == A_TYPE && fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
			attr->type = field.value <= 100 ? (int)field.value : -1;
		else if (field.number == A_REF && field.bytes.len > 0)
			fy_wire_fail(&wire, "an attribute refers to one of a function");
	}
	return fy_onnx_wire_status(reader);
}

static fy_status check_attribute(fy_onnx_reader *reader, attribute *attr)
{
	if (!attr->name[0])
		return fy_onnx_malformed(reader, "an attribute has no name");
	if (attr->type < 0 || attr->type > 14)
		return fy_onnx_malformed(reader, "attribute '%s' is of a type that does not exist",
					 attr->name);
	if (attr->type > 8)
		return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-attribute", &reader->place,
				"attribute '%s' is of a type ferry does not know", attr->name);
	if (attr->type && attr->field && type_of_field[attr->field] != attr->type)
		return fy_onnx_malformed(reader, "attribute '%s' states one type and has another",
					 attr->name);
	/* Zero and empty values may be left out by a writer that states the type. */
	for (int field = A_F; field <= A_STRINGS && !attr->field; field++) {
		if (attr->type == type_of_field[field])
			attr->field = field;
	}
	if (!attr->field)
		return fy_onnx_malformed(reader, "attribute '%s' has no value", attr->name);
	if ((attr->field == A_T || attr->field == A_G) && !attr->message.data)
		return fy_onnx_malformed(reader, "attribute '%s' has no value", attr->name);
	return FY_OK;
}

static fy_arg read_list(fy_onnx_reader *reader, fy_wire wire, const attribute *attr)
{
	fy_arg list = fy_arg_list(FY_NEW_ARRAY(reader->arena, fy_arg, attr->count + 1), 0);
	uint64_t *numbers = fy_alloc(sizeof(*numbers) * (attr->count + 1));
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		int element = attr->field == A_FLOATS ? 4 : 0;
		size_t count;

		if (field.number != attr->field)
			continue;
		if (attr->field == A_STRINGS) {
			list.list.items[list.list.count++] = (fy_arg){ .kind = FY_ARG_STR, .s = field.bytes };
			continue;
		}
		count = fy_wire_count(&wire, &field, element);
		fy_wire_numbers(&wire, &field, element, numbers);
		for (size_t i = 0; i < count; i++)
			list.list.items[list.list.count++] = element ? fy_arg_float(float_bits(numbers[i]))
								     : fy_arg_int((int64_t)numbers[i]);
	}
	fy_free(numbers);
	return list;
}

/* The tensor of a FY_ARG_TENSOR is the caller's. */
static fy_status read_value(fy_onnx_reader *reader, fy_wire wire, const attribute *attr, fy_arg *out)
{
	const char *name;

	switch (attr->field) {
	case A_F:
		*out = fy_arg_float(float_bits(attr->single.value));
		break;
	case A_I:
		*out = fy_arg_int((int64_t)attr->single.value);
		break;
	case A_S:
		*out = (fy_arg){ .kind = FY_ARG_STR, .s = attr->single.bytes };
		if (!out->s.data)
			out->s = fy_str_of("");
		break;
	case A_T:
		*out = (fy_arg){ .kind = FY_ARG_TENSOR };
		return fy_onnx_read_tensor(reader, fy_wire_enter(&wire, attr->message), &out->t, &name);
	default:
		*out = read_list(reader, wire, attr);
	}
	return fy_onnx_wire_status(reader);
}

/* ---- nodes
 * ------------------------------------------------------------------------------------------------- */

typedef struct node_parts {
	const char *name, *op_type, *domain, *doc;
	fy_arg *args;
	const char **outputs;
	int arg_count, output_count, attr_count, graph_count;
	fy_attr *attrs;
	attribute *graphs;
} node_parts;

static fy_status read_attribute(fy_onnx_reader *reader, fy_wire wire, node_parts *parts)
{
	attribute attr;

	FY_TRY(scan_attribute(reader, wire, &attr));
	FY_TRY(check_attribute(reader, &attr));
	for (int i = 0; i < parts->attr_count; i++) {
		if (strcmp(parts->attrs[i].name, attr.name) == 0)
			return fy_onnx_malformed(reader, "attribute '%s' is given twice", attr.name);
	}
	for (int i = 0; i < parts->graph_count; i++) {
		if (strcmp(parts->graphs[i].name, attr.name) == 0)
			return fy_onnx_malformed(reader, "attribute '%s' is given twice", attr.name);
	}
	if (attr.field == A_G) {
		parts->graphs[parts->graph_count++] = attr;
		return FY_OK;
	}
	parts->attrs[parts->attr_count].name = attr.name;
	parts->attrs[parts->attr_count].arg = fy_arg_none();
	return read_value(reader, wire, &attr, &parts->attrs[parts->attr_count++].arg);
}

static fy_status read_argument(fy_onnx_reader *reader, const fy_onnx_scope *scope, const fy_wire_field *field,
			       fy_arg *out)
{
	fy_value *value;

	*out = fy_arg_none();
	if (field->bytes.len == 0)
		return FY_OK;
	value = fy_onnx_scope_find(scope, field->bytes);
	if (!value)
		return fy_onnx_malformed(reader, "a node reads '%.*s', which nothing before it makes",
					 (int)(field->bytes.len > 200 ? 200 : field->bytes.len),
					 field->bytes.data);
	*out = fy_arg_value(value);
	return FY_OK;
}

static fy_status count_fields(fy_onnx_reader *reader, fy_wire wire, node_parts *parts)
{
	int inputs = 0, outputs = 0, attrs = 0;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		inputs += field.number == 1;
		outputs += field.number == 2;
		attrs += field.number == 5;
		if (field.number >= 1 && field.number <= 7)
			fy_wire_expect(&wire, &field, FY_WIRE_LEN);
	}
	FY_TRY(fy_onnx_wire_status(reader));
	if (attrs > MOST_ATTRS)
		return fy_onnx_malformed(reader, "a node has %d attributes", attrs);
	*parts = (node_parts){ .name = "", .op_type = "", .domain = "", .doc = "" };
	parts->args = fy_zalloc(sizeof(*parts->args) * (size_t)(inputs + 1));
	parts->outputs = fy_zalloc(sizeof(*parts->outputs) * (size_t)(outputs + 1));
	parts->attrs = fy_zalloc(sizeof(*parts->attrs) * (size_t)(attrs + 1));
	parts->graphs = fy_zalloc(sizeof(*parts->graphs) * (size_t)(attrs + 1));
	return FY_OK;
}

static fy_status read_parts(fy_onnx_reader *reader, const fy_onnx_scope *scope, fy_wire wire,
			    node_parts *parts)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		switch (field.number) {
		case 1:
			FY_TRY(read_argument(reader, scope, &field, &parts->args[parts->arg_count++]));
			break;
		case 2:
			FY_TRY(fy_onnx_read_name(reader, &field, &parts->outputs[parts->output_count++]));
			break;
		case 3:
			FY_TRY(fy_onnx_read_name(reader, &field, &parts->name));
			break;
		case 4:
			FY_TRY(fy_onnx_read_name(reader, &field, &parts->op_type));
			break;
		case 5:
			FY_TRY(read_attribute(reader, fy_wire_enter(&wire, field.bytes), parts));
			break;
		case 6:
			FY_TRY(fy_onnx_read_name(reader, &field, &parts->doc));
			break;
		case 7:
			FY_TRY(fy_onnx_read_name(reader, &field, &parts->domain));
			break;
		}
	}
	return fy_onnx_wire_status(reader);
}

/* What the writer put there: node name "module.path/Op", doc_string "file:line". */
static fy_origin origin_of(fy_onnx_reader *reader, const node_parts *parts)
{
	const char *slash = strrchr(parts->name, '/'), *colon = strrchr(parts->doc, ':');
	fy_origin origin = { 0 };
	int64_t line;

	if (slash && slash != parts->name)
		origin.module = fy_arena_strndup(reader->arena, parts->name, (size_t)(slash - parts->name));
	if (colon && !strchr(parts->doc, '\n') && fy_parse_i64(colon + 1, &line) && line > 0 &&
	    line < INT32_MAX) {
		origin.file = fy_arena_strndup(reader->arena, parts->doc, (size_t)(colon - parts->doc));
		origin.line = (int)line;
	}
	return origin;
}

static void release_parts(node_parts *parts)
{
	for (int i = 0; i < parts->attr_count; i++) {
		if (parts->attrs[i].arg.kind == FY_ARG_TENSOR)
			fy_tensor_unref(parts->attrs[i].arg.t);
	}
	fy_free(parts->args);
	fy_free(parts->outputs);
	fy_free(parts->attrs);
	fy_free(parts->graphs);
}

/* The value of a Constant node goes to the graph's constants. *done is false when it has no value ferry
 * knows. */
static fy_status hoist_constant(fy_onnx_reader *reader, fy_onnx_scope *scope, const node_parts *parts,
				fy_node *node, bool *done)
{
	fy_tensor *tensor = NULL;
	fy_diags ignored = { 0 };
	fy_status status = fy_onnx_eval(node, FY_ONNX_OPSET_MAX, NULL, &tensor, &ignored);
	fy_value *value;

	fy_diags_clear(&ignored);
	*done = status == FY_OK;
	if (!*done)
		return FY_OK;
	value = fy_graph_constant(reader->graph, tensor, NULL);
	fy_tensor_unref(tensor);
	fy_node_erase(node);
	return fy_onnx_scope_put(reader, scope, parts->outputs[0], value);
}

static fy_status read_blocks(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *wire,
			     const node_parts *parts, fy_node *node)
{
	/* then before else, whatever their order in the file */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < parts->graph_count; i++) {
			fy_wire inner;

			if ((strcmp(parts->graphs[i].name, "else_branch") == 0) != (pass == 1))
				continue;
			inner = fy_wire_enter(wire, parts->graphs[i].message);
			/* The attribute itself is a level too. */
			inner.depth++;
			FY_TRY(fy_onnx_read_graph(reader, scope, inner, fy_block_new(reader->graph, node)));
		}
	}
	return FY_OK;
}

/* The node alone, results of the types that the graph states. */
static fy_node *new_node(fy_onnx_reader *reader, const fy_onnx_scope *scope, const node_parts *parts)
{
	bool plain = !parts->domain[0] || strcmp(parts->domain, "ai.onnx") == 0;
	fy_type *types = fy_zalloc(sizeof(*types) * (size_t)(parts->output_count + 1));
	fy_node *node;
	int order;

	reader->scratch.len = 0;
	fy_buf_printf(&reader->scratch, "%s::%s", plain ? "onnx" : parts->domain, parts->op_type);
	for (int i = 0; i < parts->output_count; i++) {
		fy_type *stated = fy_map_get(&scope->types, fy_str_of(parts->outputs[i]));

		types[i] = stated ? *stated : (fy_type){ .kind = FY_TYPE_OPAQUE };
	}
	node = fy_node_new(scope->block, NULL, fy_buf_text(&reader->scratch), parts->args, parts->arg_count,
			   parts->attrs, parts->attr_count, types, parts->output_count);
	fy_free(types);
	node->name = parts->name[0] ? parts->name : NULL;
	order = node->origin.order;
	node->origin = origin_of(reader, parts);
	node->origin.order = order;
	return node;
}

static fy_status make_node(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *wire,
			   const node_parts *parts)
{
	fy_node *node = new_node(reader, scope, parts);
	bool done = false;

	if (fy_node_is(node, "onnx::Constant") && parts->output_count == 1 && parts->outputs[0][0])
		FY_TRY(hoist_constant(reader, scope, parts, node, &done));
	if (done)
		return FY_OK;
	FY_TRY(read_blocks(reader, scope, wire, parts, node));
	for (int i = 0; i < parts->output_count; i++) {
		if (parts->outputs[i][0])
			FY_TRY(fy_onnx_scope_put(reader, scope, parts->outputs[i], node->results[i]));
	}
	return FY_OK;
}

fy_status fy_onnx_read_node(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent, fy_str bytes)
{
	fy_wire wire = fy_wire_enter(parent, bytes);
	node_parts parts;
	fy_status status;

	FY_TRY(count_fields(reader, wire, &parts));
	status = read_parts(reader, scope, wire, &parts);
	if (status == FY_OK && !parts.op_type[0])
		status = fy_onnx_malformed(reader, "a node has no operator");
	if (status == FY_OK)
		status = make_node(reader, scope, &wire, &parts);
	release_parts(&parts);
	return status;
}
