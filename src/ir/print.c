/*
 * The text form, written. Values are numbered by their order in the text, so that equal graphs give equal
 * text whatever was done to them before. parse.c reads what is written here.
 */
#include "ir/ir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_IN_TEXT = 16 }; /* constants of at most so many elements show them */

typedef struct printer {
	const fy_graph *graph;
	fy_buf *out;
	int *numbers; /* by value id; 0: not met yet */
	int next;
} printer;

static bool is_word(const char *text)
{
	if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '_'))
		return false;
	for (; *text; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

		if (!letter && !(*text >= '0' && *text <= '9') && *text != '_' && *text != '.')
			return false;
	}
	return true;
}

static void put_quoted(fy_buf *out, const char *text, size_t len)
{
	fy_buf_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fy_buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fy_buf_printf(out, "\\x%02x", c);
		else
			fy_buf_putc(out, (char)c);
	}
	fy_buf_putc(out, '"');
}

static void put_name(fy_buf *out, const char *name)
{
	put_quoted(out, name, strlen(name));
}

/* ---- types ----------------------------------------------------------------------------------- */

static void put_dims(fy_buf *out, const fy_graph *graph, const fy_type *type)
{
	if (!type->has_shape) {
		fy_buf_puts(out, "[*]");
		return;
	}
	fy_buf_putc(out, '[');
	for (int i = 0; i < type->shape.rank; i++) {
		fy_dim dim = type->shape.dims[i];

		if (i > 0)
			fy_buf_putc(out, ',');
		if (fy_dim_known(dim)) {
			fy_buf_printf(out, "%" PRId64, dim);
		} else if (dim == FY_DIM_UNKNOWN) {
			fy_buf_putc(out, '?');
		} else if (-1 - dim < graph->symbol_count) {
			const char *name = graph->symbols[-1 - dim];

			if (is_word(name))
				fy_buf_puts(out, name);
			else
				put_name(out, name);
		} else {
			fy_buf_printf(out, "s%" PRId64, -1 - dim);
		}
	}
	fy_buf_putc(out, ']');
}

static void put_nested(fy_buf *buf, const fy_graph *graph, const fy_type *type)
{
	fy_buf_puts(buf, type->kind == FY_TYPE_SEQUENCE   ? "seq("
			 : type->kind == FY_TYPE_OPTIONAL ? "optional("
			 : type->kind == FY_TYPE_MAP      ? "map("
							  : "sparse(");
	if (type->kind == FY_TYPE_MAP)
		fy_buf_printf(buf, "%s, ", fy_dtype_name(type->dtype));
	if (type->element) {
		fy_buf_put_type(buf, graph, type->element);
	} else {
		fy_buf_puts(buf, fy_dtype_name(type->dtype));
		put_dims(buf, graph, type);
	}
	fy_buf_putc(buf, ')');
}

void fy_buf_put_type(fy_buf *buf, const fy_graph *graph, const fy_type *type)
{
	switch (type->kind) {
	case FY_TYPE_TENSOR:
		fy_buf_puts(buf, fy_dtype_name(type->dtype));
		put_dims(buf, graph, type);
		return;
	case FY_TYPE_SCALAR:
		fy_buf_puts(buf, type->dtype == FY_I64    ? "int"
				 : type->dtype == FY_F64  ? "float"
				 : type->dtype == FY_BOOL ? "bool"
							  : "complex");
		return;
	case FY_TYPE_SEQUENCE:
	case FY_TYPE_OPTIONAL:
	case FY_TYPE_MAP:
	case FY_TYPE_SPARSE:
		put_nested(buf, graph, type);
		return;
	case FY_TYPE_OPAQUE:
		fy_buf_puts(buf, "opaque");
		return;
	}
	FY_BUG("type kind %d", (int)type->kind);
}

/* ---- values and arguments -------------------------------------------------------------------- */

/* %encoder.weight, or %12 where the name is missing or no word. */
static void put_value(printer *p, const fy_value *value)
{
	if (value->name && is_word(value->name)) {
		fy_buf_printf(p->out, "%%%s", value->name);
		return;
	}
	if (p->numbers[value->id] == 0)
		p->numbers[value->id] = ++p->next;
	fy_buf_printf(p->out, "%%%d", p->numbers[value->id] - 1);
}

/* %12 "odd name" : float32[2] */
static void put_definition(printer *p, const fy_value *value)
{
	put_value(p, value);
	if (value->name && !is_word(value->name)) {
		fy_buf_putc(p->out, ' ');
		put_name(p->out, value->name);
	}
	fy_buf_puts(p->out, " : ");
	fy_buf_put_type(p->out, p->graph, value->type);
}

/* The shortest decimal that gives this float32 again. */
static void put_f32(fy_buf *out, float value)
{
	for (int digits = 1; isfinite(value) && digits <= 9; digits++) {
		char text[32];
		double back;

		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (fy_parse_f64(text, &back) && (float)back == value) {
			fy_buf_put_f64(out, back);
			return;
		}
	}
	fy_buf_put_f64(out, (double)value);
}

static void put_element(fy_buf *out, const fy_tensor *tensor, int64_t index)
{
	if (tensor->dtype == FY_BOOL)
		fy_buf_puts(out, fy_tensor_get_i64(tensor, index) ? "true" : "false");
	else if (tensor->dtype == FY_F64)
		fy_buf_put_f64(out, fy_tensor_get_f64(tensor, index));
	else if (fy_dtype_is_float(tensor->dtype))
		put_f32(out, (float)fy_tensor_get_f64(tensor, index));
	else
		fy_buf_printf(out, "%" PRId64, fy_tensor_get_i64(tensor, index));
}

static bool shows_data(const fy_tensor *tensor)
{
	int64_t count = fy_tensor_numel(tensor);

	if (!fy_tensor_has_data(tensor) || tensor->storage->file || count < 0 || count > DATA_IN_TEXT)
		return false;
	return fy_dtype_is_float(tensor->dtype) || tensor->dtype == FY_BOOL ||
	       (fy_dtype_is_integer(tensor->dtype) && tensor->dtype != FY_U64);
}

static void put_data(fy_buf *out, const fy_tensor *tensor, const char *name)
{
	if (!shows_data(tensor)) {
		fy_buf_putc(out, '@');
		put_name(out, name ? name : "");
		return;
	}
	fy_buf_putc(out, '{');
	for (int64_t i = 0; i < fy_tensor_numel(tensor); i++) {
		if (i > 0)
			fy_buf_puts(out, ", ");
		put_element(out, tensor, i);
	}
	fy_buf_putc(out, '}');
}

static void put_arg(printer *p, const fy_arg *arg, bool float32)
{
	fy_type type;

	switch (arg->kind) {
	case FY_ARG_NONE:
		fy_buf_puts(p->out, "none");
		return;
	case FY_ARG_BOOL:
		fy_buf_puts(p->out, arg->b ? "true" : "false");
		return;
	case FY_ARG_INT:
		fy_buf_printf(p->out, "%" PRId64, arg->i);
		return;
	case FY_ARG_FLOAT:
		if (float32 && arg->f == (double)(float)arg->f)
			put_f32(p->out, (float)arg->f);
		else
			fy_buf_put_f64(p->out, arg->f);
		return;
	case FY_ARG_COMPLEX:
		fy_buf_puts(p->out, "complex(");
		fy_buf_put_f64(p->out, arg->c.re);
		fy_buf_puts(p->out, ", ");
		fy_buf_put_f64(p->out, arg->c.im);
		fy_buf_putc(p->out, ')');
		return;
	case FY_ARG_STR:
	case FY_ARG_REF:
		fy_buf_puts(p->out, arg->kind == FY_ARG_REF ? "ref " : "");
		put_quoted(p->out, arg->s.data, arg->s.len);
		return;
	case FY_ARG_TYPE:
		fy_buf_puts(p->out, "type ");
		fy_buf_put_type(p->out, p->graph, arg->type);
		return;
	case FY_ARG_TENSOR:
		type = fy_type_of(arg->t);
		fy_buf_put_type(p->out, p->graph, &type);
		fy_buf_putc(p->out, ' ');
		put_data(p->out, arg->t, NULL);
		return;
	case FY_ARG_VALUE:
		put_value(p, arg->v);
		return;
	case FY_ARG_LIST:
		fy_buf_putc(p->out, '[');
		for (int i = 0; i < arg->list.count; i++) {
			if (i > 0)
				fy_buf_puts(p->out, ", ");
			put_arg(p, &arg->list.items[i], float32);
		}
		fy_buf_putc(p->out, ']');
		return;
	}
	FY_BUG("argument kind %d", (int)arg->kind);
}

/* ---- nodes and graphs ------------------------------------------------------------------------ */

static void indent(printer *p, int depth)
{
	for (int i = 0; i < depth; i++)
		fy_buf_puts(p->out, "  ");
}

static void put_attrs(printer *p, const fy_node *node)
{
	if (node->attr_count == 0)
		return;
	fy_buf_puts(p->out, " {");
	for (int i = 0; i < node->attr_count; i++) {
		fy_buf_printf(p->out, "%s%s = ", i > 0 ? ", " : "", node->attrs[i].name);
		put_arg(p, &node->attrs[i].arg, true);
	}
	fy_buf_putc(p->out, '}');
}

static void put_origin(printer *p, const fy_origin *origin)
{
	if (!origin->module && !origin->file)
		return;
	fy_buf_puts(p->out, "  # ");
	fy_buf_puts(p->out, origin->module && *origin->module ? origin->module : "-");
	if (origin->file)
		fy_buf_printf(p->out, " %s:%d", origin->file, origin->line);
}

static void put_block(printer *p, const fy_block *block, int depth);

static void put_node(printer *p, const fy_node *node, int depth)
{
	indent(p, depth);
	for (int i = 0; i < node->result_count; i++) {
		if (i > 0)
			fy_buf_puts(p->out, ", ");
		put_definition(p, node->results[i]);
	}
	fy_buf_printf(p->out, "%s%s", node->result_count > 0 ? " = " : "", node->op);
	if (node->name) {
		fy_buf_putc(p->out, ' ');
		put_name(p->out, node->name);
	}
	fy_buf_putc(p->out, '(');
	for (int i = 0; i < node->arg_count; i++) {
		if (i > 0)
			fy_buf_puts(p->out, ", ");
		put_arg(p, &node->args[i], false);
	}
	fy_buf_putc(p->out, ')');
	put_attrs(p, node);
	for (int i = 0; i < node->block_count; i++) {
		fy_buf_puts(p->out, i > 0 ? " else {" : " {");
		if (i == 0)
			put_origin(p, &node->origin);
		fy_buf_putc(p->out, '\n');
		put_block(p, node->blocks[i], depth + 1);
		indent(p, depth);
		fy_buf_putc(p->out, '}');
	}
	if (node->block_count == 0)
		put_origin(p, &node->origin);
	fy_buf_putc(p->out, '\n');
}

static void put_nodes(printer *p, const fy_block *block, int depth)
{
	for (const fy_node *node = block->first; node; node = node->next)
		put_node(p, node, depth);
}

static void put_block(printer *p, const fy_block *block, int depth)
{
	for (int i = 0; i < block->param_count; i++) {
		indent(p, depth);
		fy_buf_puts(p->out, "param ");
		put_definition(p, block->params[i]);
		fy_buf_putc(p->out, '\n');
	}
	put_nodes(p, block, depth);
	indent(p, depth);
	fy_buf_puts(p->out, "yield");
	for (int i = 0; i < block->result_count; i++) {
		fy_buf_puts(p->out, i > 0 ? ", " : " ");
		put_value(p, block->results[i]);
	}
	fy_buf_putc(p->out, '\n');
}

static void put_text_field(printer *p, const char *word, const char *text)
{
	if (!text)
		return;
	fy_buf_printf(p->out, "  %s ", word);
	put_name(p->out, text);
	fy_buf_putc(p->out, '\n');
}

static void put_import(printer *p, const char *domain, int version, int depth)
{
	indent(p, depth);
	fy_buf_puts(p->out, "import ");
	put_name(p->out, domain);
	fy_buf_printf(p->out, " %d\n", version);
}

static void put_header(printer *p)
{
	const fy_graph *graph = p->graph;

	fy_buf_puts(p->out, "graph");
	if (graph->name) {
		fy_buf_putc(p->out, ' ');
		put_name(p->out, graph->name);
	}
	if (graph->opset)
		fy_buf_printf(p->out, " opset %d", graph->opset);
	fy_buf_puts(p->out, " {\n");
	if (graph->ir_version)
		fy_buf_printf(p->out, "  ir_version %d\n", graph->ir_version);
	for (int i = 0; i < graph->domain_count; i++)
		put_import(p, graph->domains[i], graph->domain_versions[i], 1);
	put_text_field(p, "producer", graph->producer);
	put_text_field(p, "doc", graph->doc);
	for (int i = 0; i < graph->metadata_count; i++) {
		fy_buf_puts(p->out, "  metadata ");
		put_name(p->out, graph->metadata[i].key);
		fy_buf_puts(p->out, " = ");
		put_name(p->out, graph->metadata[i].value);
		fy_buf_putc(p->out, '\n');
	}
}

static void put_function(printer *p, const fy_local_function *function)
{
	fy_buf_puts(p->out, "  function ");
	put_name(p->out, function->name);
	if (function->opset)
		fy_buf_printf(p->out, " opset %d", function->opset);
	fy_buf_puts(p->out, " {\n");
	for (int i = 0; i < function->domain_count; i++)
		put_import(p, function->domains[i], function->domain_versions[i], 2);
	for (int i = 0; i < function->attr_count; i++)
		fy_buf_printf(p->out, "    attribute %s\n", function->attrs[i]);
	for (int i = 0; i < function->default_count; i++) {
		fy_buf_printf(p->out, "    attribute %s = ", function->defaults[i].name);
		put_arg(p, &function->defaults[i].arg, true);
		fy_buf_putc(p->out, '\n');
	}
	put_block(p, function->body, 2);
	fy_buf_puts(p->out, "  }\n");
}

void fy_graph_print(const fy_graph *graph, fy_buf *out)
{
	printer p = { .graph = graph, .out = out };

	p.numbers = fy_zalloc(((size_t)graph->next_value + 1) * sizeof(*p.numbers));
	put_header(&p);
	for (int i = 0; i < graph->function_count; i++)
		put_function(&p, &graph->functions[i]);
	for (int i = 0; i < graph->constant_count; i++) {
		const fy_value *constant = graph->constants[i];

		fy_buf_puts(out, "  const ");
		put_definition(&p, constant);
		fy_buf_puts(out, " = ");
		put_data(out, constant->tensor, constant->name);
		fy_buf_putc(out, '\n');
	}
	for (int i = 0; i < graph->main->param_count; i++) {
		fy_buf_puts(out, "  input ");
		put_definition(&p, graph->main->params[i]);
		fy_buf_putc(out, '\n');
	}
	put_nodes(&p, graph->main, 1);
	for (int i = 0; i < graph->main->result_count; i++) {
		fy_buf_puts(out, "  output ");
		put_value(&p, graph->main->results[i]);
		if (graph->output_names[i]) {
			fy_buf_putc(out, ' ');
			put_name(out, graph->output_names[i]);
		}
		fy_buf_putc(out, '\n');
	}
	fy_buf_puts(out, "}\n");
	fy_free(p.numbers);
}
