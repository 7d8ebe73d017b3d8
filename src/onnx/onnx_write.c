/*
 * fy_graph to ModelProto. One function per message runs twice: first it only counts and remembers the size of
 * every message, then it writes. So nothing is buffered, and weights go from where they lie straight to the
 * output.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

typedef struct writer {
	const fy_graph *graph;
	const fy_onnx_write_options *options;
	const char **names; /* per value id: its ONNX name */
	fy_diags *diags;
	fy_output *out; /* one of the two */
	fy_buf *buf;
	bool counting;
	uint64_t size;   /* counted or written so far */
	uint64_t total;  /* known once it was counted */
	uint64_t *sizes; /* of every message, in order of their beginning */
	size_t size_count, size_capacity, next_size;
	fy_status status; /* sticky */
} writer;

/* ---- the wire -------------------------------------------------------------------------------------------
 */

static void put(writer *w, const void *bytes, size_t len)
{
	w->size += len;
	if (w->counting || w->status != FY_OK)
		return;
	if (w->buf)
		fy_buf_append(w->buf, bytes, len);
	else
		w->status = fy_output_write(w->out, bytes, len);
}

static void put_varint(writer *w, uint64_t value)
{
	uint8_t bytes[10];

	put(w, bytes, fy_wire_put_varint(bytes, value));
}

static void put_tag(writer *w, int field, fy_wire_type type)
{
	put_varint(w, (uint64_t)field << 3 | type);
}

static void put_int(writer *w, int field, int64_t value)
{
	put_tag(w, field, FY_WIRE_VARINT);
	put_varint(w, (uint64_t)value);
}

static void put_bytes(writer *w, int field, const void *bytes, size_t len)
{
	put_tag(w, field, FY_WIRE_LEN);
	put_varint(w, len);
	put(w, bytes, len);
}

static void put_text(writer *w, int field, const char *text)
{
	if (text && text[0])
		put_bytes(w, field, text, strlen(text));
}

static void put_float_bits(writer *w, double value)
{
	float narrow = (float)value;

	put(w, &narrow, sizeof(narrow));
}

/* A message begins; what end_message needs is in `slot` and `start`. */
typedef struct message {
	size_t slot;
	uint64_t start;
} message;

static message begin_message(writer *w, int field)
{
	message m;

	put_tag(w, field, FY_WIRE_LEN);
	if (w->counting) {
		w->sizes = fy_grow(w->sizes, &w->size_capacity, w->size_count + 1, sizeof(*w->sizes));
		m.slot = w->size_count++;
	} else {
		m.slot = w->next_size++;
		put_varint(w, w->sizes[m.slot]);
	}
	m.start = w->size;
	return m;
}

static void end_message(writer *w, message m)
{
	uint64_t size = w->size - m.start;

	if (w->counting) {
		w->sizes[m.slot] = size;
		w->size += fy_wire_varint_size(size);
	} else {
		FY_ASSERT(w->status != FY_OK || w->sizes[m.slot] == size);
	}
}

static void refuse(writer *w, const char *id, const fy_node *node, const char *format, const char *what)
{
	fy_place place = { 0 };

	if (w->status != FY_OK)
		return;
	if (node)
		place = (fy_place){ .member = node->origin.file,
				    .line = node->origin.line,
				    .text = node->origin.text,
				    .module = node->origin.module };
	w->status = fy_error(w->diags, FY_UNSUPPORTED, id, &place, format, what);
}

/* ---- tensors ---------------------------------------------------------------------------------------------
 */

static void write_data(writer *w, const fy_tensor *tensor, size_t size)
{
	put_tag(w, 9, FY_WIRE_LEN);
	put_varint(w, size);
	if (!w->counting && w->status == FY_OK && size > 0) {
		if (w->options && w->options->on_data)
			w->options->on_data(w->options->user, tensor, w->size);
		w->status = fy_onnx_put_data(w->out, w->buf, tensor, size, w->diags);
	}
	w->size += size;
}

/* Elements of less than a byte share bytes, the first one in the low bits. */
static void write_packed(writer *w, const fy_tensor *tensor, size_t count)
{
	size_t bits = fy_onnx_bits(tensor->dtype), size = count / 8 * bits + (count % 8 * bits + 7) / 8;
	fy_tensor *plain = fy_tensor_contiguous((fy_tensor *)tensor);
	uint8_t *packed = fy_zalloc(size + 1);
	const uint8_t *from;

	if (!plain)
		fy_out_of_memory();
	from = fy_tensor_data(plain);
	for (size_t i = 0; i < count; i++) {
		unsigned pair = (from[i] & ((1u << bits) - 1)) << i * bits % 8;

		packed[i * bits / 8] |= (uint8_t)pair;
		packed[i * bits / 8 + 1] |= (uint8_t)(pair >> 8);
	}
	put_bytes(w, 9, packed, size);
	fy_free(packed);
	fy_tensor_unref(plain);
}

static void write_entry(writer *w, const char *key, const char *value)
{
	message m = begin_message(w, 13);

	put_text(w, 1, key);
	put_text(w, 2, value);
	end_message(w, m);
}

static void write_place(writer *w, const fy_onnx_place *place)
{
	char number[24];

	write_entry(w, "location", place->location);
	snprintf(number, sizeof(number), "%" PRIu64, place->offset);
	write_entry(w, "offset", number);
	snprintf(number, sizeof(number), "%" PRIu64, place->length);
	write_entry(w, "length", number);
	put_int(w, 14, 1);
}

/* place NULL: here. */
static void write_tensor(writer *w, int field, const fy_tensor *tensor, const char *name,
			 const fy_onnx_place *place)
{
	message m = begin_message(w, field);
	int64_t count = fy_tensor_numel(tensor);
	size_t size = 0;
	int type = 0;

	if (!fy_onnx_from_dtype(tensor->dtype, &type))
		refuse(w, "onnx-dtype", NULL, "a tensor of %s has no form in ONNX",
		       fy_dtype_name(tensor->dtype));
	else if (!fy_tensor_has_data(tensor) || count < 0 ||
		 !fy_mul_size((size_t)count, fy_dtype_size(tensor->dtype), &size))
		refuse(w, "onnx-constant", NULL, "constant '%s' has no data to write", name ? name : "");
	for (int i = 0; i < tensor->shape.rank; i++)
		put_int(w, 1, tensor->shape.dims[i]);
	put_int(w, 2, type);
	put_text(w, 8, name);
	if (place && place->location)
		write_place(w, place);
	else if (w->status == FY_OK && fy_onnx_bits(tensor->dtype) < 8)
		write_packed(w, tensor, (size_t)count);
	else
		write_data(w, tensor, size);
	end_message(w, m);
}

/* ---- types
 * ------------------------------------------------------------------------------------------------- */

static void write_shape(writer *w, const fy_shape *shape)
{
	message m = begin_message(w, 2);

	for (int i = 0; i < shape->rank; i++) {
		message dim = begin_message(w, 1);
		int64_t symbol = -1 - shape->dims[i];

		if (fy_dim_known(shape->dims[i]))
			put_int(w, 1, shape->dims[i]);
		else if (symbol < w->graph->symbol_count)
			put_text(w, 2, w->graph->symbols[symbol]);
		end_message(w, dim);
	}
	end_message(w, m);
}

static void write_type(writer *w, const fy_type *type)
{
	message m = begin_message(w, 2), wrapper = { 0 }, inner = { 0 }, tensor;
	bool wrapped = type->kind == FY_TYPE_SEQUENCE || type->kind == FY_TYPE_OPTIONAL;
	int number = 0;

	if (type->kind == FY_TYPE_OPAQUE || !fy_onnx_from_dtype(type->dtype, &number))
		refuse(w, "onnx-dtype", NULL, "an input or output of type %s has no form in ONNX",
		       type->kind == FY_TYPE_OPAQUE ? "unknown" : fy_dtype_name(type->dtype));
	if (wrapped) {
		wrapper = begin_message(w, type->kind == FY_TYPE_SEQUENCE ? 4 : 9);
		inner = begin_message(w, 1);
	}
	tensor = begin_message(w, 1);
	put_int(w, 1, number);
	if (type->kind == FY_TYPE_SCALAR)
		write_shape(w, &(fy_shape){ 0 });
	else if (type->has_shape)
		write_shape(w, &type->shape);
	end_message(w, tensor);
	if (wrapped) {
		end_message(w, inner);
		end_message(w, wrapper);
	}
	end_message(w, m);
}

/* In a subgraph a type that nobody worked out may be left out. */
static void write_value_info(writer *w, int field, const char *name, const fy_type *type, bool subgraph)
{
	message m = begin_message(w, field);

	put_text(w, 1, name);
	if (!subgraph || type->kind != FY_TYPE_OPAQUE)
		write_type(w, type);
	end_message(w, m);
}

/* ---- nodes
 * --------------------------------------------------------------------------------------------------- */

static void write_graph(writer *w, int field, const fy_block *block, const char *name);

/* AttributeProto.type by kind of attribute. */
static int type_number(char kind)
{
	static const char kinds[] = "?fistgFIST";
	const char *found = strchr(kinds, kind);

	return found ? (int)(found - kinds) : 0;
}

static char kind_of(const fy_arg *arg)
{
	switch (arg->kind) {
	case FY_ARG_FLOAT:
		return FY_ONNX_FLOAT;
	case FY_ARG_STR:
		return FY_ONNX_STRING;
	case FY_ARG_TENSOR:
		return FY_ONNX_TENSOR;
	case FY_ARG_LIST:
		if (arg->list.count > 0 && arg->list.items[0].kind == FY_ARG_FLOAT)
			return FY_ONNX_FLOATS;
		if (arg->list.count > 0 && arg->list.items[0].kind == FY_ARG_STR)
			return FY_ONNX_STRINGS;
		return FY_ONNX_INTS;
	default:
		return FY_ONNX_INT;
	}
}

static void write_list(writer *w, const fy_arg *arg, char kind)
{
	for (int i = 0; i < arg->list.count; i++) {
		const fy_arg *item = &arg->list.items[i];

		if (kind == FY_ONNX_STRINGS) {
			put_bytes(w, 9, item->s.data, item->s.len);
		} else if (kind == FY_ONNX_FLOATS) {
			put_tag(w, 7, FY_WIRE_I32);
			put_float_bits(w, item->f);
		} else {
			put_int(w, 8, item->i);
		}
	}
}

static void write_attr(writer *w, const fy_node *node, const fy_attr *attr)
{
	const fy_onnx_op *op = fy_onnx_find_full(node->op, w->graph->opset);
	const fy_onnx_attr *record = op ? fy_onnx_attr_of(op, w->graph->opset, attr->name) : NULL;
	bool empty = attr->arg.kind == FY_ARG_LIST && attr->arg.list.count == 0;
	char kind = empty && record ? record->kind : kind_of(&attr->arg);
	message m = begin_message(w, 5);

	put_text(w, 1, attr->name);
	if (kind == FY_ONNX_FLOAT) {
		put_tag(w, 2, FY_WIRE_I32);
		put_float_bits(w, attr->arg.f);
	} else if (kind == FY_ONNX_INT) {
		if (attr->arg.kind != FY_ARG_INT)
			refuse(w, "onnx-attribute", node, "attribute '%s' has no form in ONNX", attr->name);
		put_int(w, 3, attr->arg.i);
	} else if (kind == FY_ONNX_STRING) {
		put_bytes(w, 4, attr->arg.s.data, attr->arg.s.len);
	} else if (kind == FY_ONNX_TENSOR) {
		write_tensor(w, 5, attr->arg.t, NULL, NULL);
	} else {
		write_list(w, &attr->arg, kind);
	}
	put_int(w, 20, type_number(kind));
	end_message(w, m);
}

static void write_blocks(writer *w, const fy_node *node)
{
	bool branch = fy_node_is(node, "onnx::If");

	/* Attributes in order of their names. */
	for (int k = node->block_count - 1; k >= 0; k--) {
		const char *name = !branch ? "body" : k == 0 ? "then_branch" : "else_branch";
		message m = begin_message(w, 5);

		put_text(w, 1, name);
		write_graph(w, 6, node->blocks[k], node->blocks[k]->name ? node->blocks[k]->name : name);
		put_int(w, 20, 5);
		end_message(w, m);
	}
}

static const char *name_of(const writer *w, const fy_value *value)
{
	FY_ASSERT(value->id >= 0 && value->id < w->graph->next_value && w->names[value->id]);
	return w->names[value->id];
}

/* Results nobody uses may be left out where the operator allows it. */
static bool is_left_out(const writer *w, const fy_node *node, int i)
{
	const fy_onnx_op *op = fy_onnx_find_full(node->op, w->graph->opset);
	fy_onnx_arity arity = op ? fy_onnx_arity_of(op, w->graph->opset) : (fy_onnx_arity){ 0 };

	return op && arity.max_outputs != FY_ONNX_MANY && i >= arity.min_outputs && !node->results[i]->uses;
}

static void write_names(writer *w, const fy_node *node)
{
	int inputs = node->arg_count, outputs = node->result_count;

	while (inputs > 0 && node->args[inputs - 1].kind == FY_ARG_NONE)
		inputs--;
	while (outputs > 0 && is_left_out(w, node, outputs - 1))
		outputs--;
	for (int i = 0; i < inputs; i++) {
		const char *name = node->args[i].kind == FY_ARG_VALUE ? name_of(w, node->args[i].v) : "";

		put_bytes(w, 1, name, strlen(name));
	}
	for (int i = 0; i < outputs; i++) {
		const char *name = is_left_out(w, node, i) ? "" : name_of(w, node->results[i]);

		put_bytes(w, 2, name, strlen(name));
	}
}

static void write_doc(writer *w, const fy_node *node)
{
	fy_buf doc = { 0 };

	if (!node->origin.file)
		return;
	fy_buf_puts(&doc, node->origin.file);
	if (node->origin.line > 0)
		fy_buf_printf(&doc, ":%d", node->origin.line);
	put_text(w, 6, fy_buf_text(&doc));
	fy_buf_release(&doc);
}

static void write_node(writer *w, const fy_node *node)
{
	const char *type = strstr(node->op, "::");
	size_t domain = type ? (size_t)(type - node->op) : 0;
	message m = begin_message(w, 1);

	if (!type || fy_starts_with(node->op, "aten::") || fy_starts_with(node->op, "prim::"))
		refuse(w, "onnx-op-unsupported", node, "operator '%s' is not an ONNX operator", node->op);
	write_names(w, node);
	put_text(w, 3, node->name);
	put_text(w, 4, type ? type + 2 : node->op);
	write_blocks(w, node);
	for (int i = 0; i < node->attr_count; i++)
		write_attr(w, node, &node->attrs[i]);
	write_doc(w, node);
	if (domain > 0 && !fy_starts_with(node->op, "onnx::"))
		put_bytes(w, 7, node->op, domain);
	end_message(w, m);
}

static void write_identity(writer *w, const char *from, const char *to)
{
	message m = begin_message(w, 1);

	put_text(w, 1, from);
	put_text(w, 2, to);
	put_text(w, 4, "Identity");
	end_message(w, m);
}

/* ---- graphs
 * ---------------------------------------------------------------------------------------------------- */

/* The name under which result i of a block leaves it: its own when a node of this very block makes it and no
 * earlier result has it; a second name needs an Identity. */
static const char *result_name(const writer *w, const fy_block *block, int i, fy_buf *scratch)
{
	const fy_value *value = block->results[i];
	bool own = block->owner == NULL || (value->def && value->def->block == block);

	if (!block->owner)
		return block->graph->output_names && block->graph->output_names[i]
			       ? block->graph->output_names[i]
			       : name_of(w, value);
	for (int k = 0; k < i && own; k++)
		own = block->results[k] != value;
	if (own)
		return name_of(w, value);
	scratch->len = 0;
	fy_buf_printf(scratch, "%s.%d.%d.out", name_of(w, value), block->owner->origin.order, i);
	return fy_buf_text(scratch);
}

static void write_results(writer *w, const fy_block *block, bool identities)
{
	fy_buf scratch = { 0 };

	for (int i = 0; i < block->result_count; i++) {
		const fy_value *value = block->results[i];
		const char *name = result_name(w, block, i, &scratch);
		bool second = strcmp(name, name_of(w, value)) != 0;

		if (identities && second)
			write_identity(w, name_of(w, value), name);
		else if (!identities)
			write_value_info(w, 12, name, value->type, block->owner != NULL);
	}
	fy_buf_release(&scratch);
}

static void write_constants(writer *w, const fy_graph *graph)
{
	for (int i = 0; i < graph->constant_count; i++) {
		write_tensor(w, 5, graph->constants[i]->tensor, name_of(w, graph->constants[i]),
			     w->options && w->options->places ? &w->options->places[i] : NULL);
		if (!w->counting && w->options && w->options->progress)
			fy_progress_say(w->options->progress, "write", (int64_t)w->size, (int64_t)w->total);
	}
}

static void write_intermediates(writer *w, const fy_block *block)
{
	for (const fy_node *node = block->first; node; node = node->next) {
		for (int i = 0; i < node->result_count; i++) {
			const fy_value *value = node->results[i];
			bool output = false;

			for (const fy_use *use = value->uses; use && !output; use = use->next)
				output = use->block == block;
			if (!output && !is_left_out(w, node, i) && value->type->kind != FY_TYPE_OPAQUE)
				write_value_info(w, 13, name_of(w, value), value->type, false);
		}
	}
}

static void write_graph(writer *w, int field, const fy_block *block, const char *name)
{
	message m = begin_message(w, field);

	for (const fy_node *node = block->first; node && w->status == FY_OK; node = node->next)
		write_node(w, node);
	write_results(w, block, true);
	put_text(w, 2, name);
	if (!block->owner)
		write_constants(w, block->graph);
	for (int i = 0; i < block->param_count; i++)
		write_value_info(w, 11, name_of(w, block->params[i]), block->params[i]->type,
				 block->owner != NULL);
	write_results(w, block, false);
	if (w->options && w->options->value_info)
		write_intermediates(w, block);
	end_message(w, m);
}

static void write_opset(writer *w, const char *domain, int version)
{
	message m = begin_message(w, 8);

	put_text(w, 1, domain);
	put_int(w, 2, version);
	end_message(w, m);
}

/* The opsets come last: a file that was cut off has none and is refused by every reader. */
static void write_model(writer *w)
{
	const fy_graph *graph = w->graph;
	int version = fy_onnx_ir_version(graph->opset);

	w->size = 0;
	/* Before version 4 every initializer had to be an input. */
	put_int(w, 1, version < 4 ? 4 : version);
	put_text(w, 2, graph->producer);
	put_text(w, 3, w->options ? w->options->producer_version : NULL);
	put_text(w, 6, graph->doc);
	for (int i = 0; i < graph->metadata_count; i++) {
		message m = begin_message(w, 14);

		put_text(w, 1, graph->metadata[i].key);
		put_text(w, 2, graph->metadata[i].value);
		end_message(w, m);
	}
	write_graph(w, 7, graph->main, graph->name && graph->name[0] ? graph->name : "graph");
	for (int i = 0; i < graph->domain_count; i++)
		write_opset(w, graph->domains[i], graph->domain_versions[i]);
	write_opset(w, NULL, graph->opset);
}

/* ---- names
 * ------------------------------------------------------------------------------------------------------- */

/* Gives the value this name, or the name with a number when it is taken. */
static void assign(writer *w, fy_map *taken, const fy_value *value, const char *wish)
{
	fy_arena *arena = w->graph->arena;
	const char *name = wish;

	if (w->names[value->id])
		return;
	for (int k = 1; fy_map_has(taken, fy_str_of(name)); k++)
		name = fy_arena_printf(arena, "%s.%d", wish, k);
	fy_map_put(taken, fy_str_of(name), (void *)value);
	w->names[value->id] = name;
}

static void assign_wished(writer *w, fy_map *taken, const fy_value *value)
{
	char text[24];

	snprintf(text, sizeof(text), "v%d", value->id);
	if (!w->names[value->id])
		assign(w, taken, value, value->name ? value->name : fy_arena_strdup(w->graph->arena, text));
}

static void name_block(writer *w, fy_map *taken, const fy_block *block)
{
	for (int i = 0; i < block->param_count; i++)
		assign_wished(w, taken, block->params[i]);
	for (const fy_node *node = block->first; node; node = node->next) {
		for (int i = 0; i < node->result_count; i++)
			assign_wished(w, taken, node->results[i]);
		for (int i = 0; i < node->block_count; i++)
			name_block(w, taken, node->blocks[i]);
	}
}

/* Inputs have the first right to their names, then outputs, weights and the rest. An output made by a node
 * takes the output's name as its own; every other output name is kept free for the Identity that will make
 * it. */
static void name_values(writer *w)
{
	const fy_graph *graph = w->graph;
	const fy_block *block = graph->main;
	fy_map taken = { 0 };

	for (int i = 0; i < block->param_count; i++)
		assign_wished(w, &taken, block->params[i]);
	for (int i = 0; i < block->result_count; i++) {
		const char *name = graph->output_names ? graph->output_names[i] : NULL;

		if (!name || fy_map_has(&taken, fy_str_of(name)))
			continue;
		if (block->results[i]->def && !w->names[block->results[i]->id])
			assign(w, &taken, block->results[i], name);
		else if (!block->results[i]->tensor || !block->results[i]->name ||
			 strcmp(block->results[i]->name, name) != 0)
			fy_map_put(&taken, fy_str_of(name), (void *)"");
	}
	for (int i = 0; i < graph->constant_count; i++)
		assign_wished(w, &taken, graph->constants[i]);
	name_block(w, &taken, block);
	fy_map_release(&taken);
}

/* ---- the door
 * ------------------------------------------------------------------------------------------------------ */

static fy_status count(writer *w)
{
	if (w->graph->function_count > 0)
		return fy_error(w->diags, FY_UNSUPPORTED, "onnx-function", NULL,
				"functions of a model's own cannot be written");
	if (!fy_onnx_ir_version(w->graph->opset))
		return fy_error(w->diags, FY_UNSUPPORTED, "onnx-opset", NULL, "opset %d cannot be written",
				w->graph->opset);
	w->names = fy_zalloc(sizeof(*w->names) * (size_t)(w->graph->next_value + 1));
	name_values(w);
	w->counting = true;
	write_model(w);
	w->counting = false;
	w->total = w->size;
	return w->status;
}

static fy_status write_counted(writer *w)
{
	if (w->total > INT32_MAX) {
		fy_error(w->diags, FY_UNSUPPORTED, "onnx-too-large", NULL,
			 "the model needs %" PRIu64 " bytes, a single ONNX file holds at most %d", w->total,
			 INT32_MAX);
		fy_hint(w->diags, "weights can be kept outside of it: --weights=external or link");
		return FY_UNSUPPORTED;
	}
	write_model(w);
	return w->status;
}

static fy_status write_all(writer *w)
{
	fy_status status = count(w);

	if (status == FY_OK)
		status = write_counted(w);
	fy_free(w->names);
	fy_free(w->sizes);
	return status;
}

fy_status fy_onnx_measure(uint64_t *size, const fy_graph *graph, const fy_onnx_write_options *options,
			  fy_diags *diags)
{
	writer w = { .graph = graph, .options = options, .diags = diags };
	fy_status status = count(&w);

	*size = w.total;
	fy_free(w.names);
	fy_free(w.sizes);
	return status;
}

fy_status fy_onnx_write(const fy_graph *graph, fy_output *out, const fy_onnx_write_options *options,
			fy_diags *diags)
{
	writer w = { .graph = graph, .options = options, .out = out, .diags = diags };

	return write_all(&w);
}

fy_status fy_onnx_write_buf(const fy_graph *graph, fy_buf *out, const fy_onnx_write_options *options,
			    fy_diags *diags)
{
	writer w = { .graph = graph, .options = options, .buf = out, .diags = diags };

	return write_all(&w);
}
