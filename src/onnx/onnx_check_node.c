/*
 * One node against the schema of its operator: does it exist here, how many inputs and outputs, which
 * attributes, which types. Shapes are the business of the operator's record.
 */
#include "onnx/onnx_check_internal.h"

#include <string.h>

/* ---- complaints ------------------------------------------------------------------------------------------
 */

void fy_onnx_found(fy_onnx_check_state *c, fy_status status)
{
	c->unsupported |= status == FY_UNSUPPORTED;
	c->broken |= status != FY_OK && status != FY_UNSUPPORTED;
}

static void say(fy_onnx_check_state *c, const fy_node *node, fy_status status, const char *id,
		const char *format, va_list args)
{
	const fy_origin *origin = node ? &node->origin : NULL;
	fy_place place = { .file = c->graph->path };
	fy_buf text = { 0 };

	if (origin)
		place = (fy_place){ .file = c->graph->path,
				    .member = origin->file,
				    .line = origin->line,
				    .text = origin->text,
				    .module = origin->module };
	fy_buf_vprintf(&text, format, args);
	if (node)
		fy_error(c->diags, status, id, &place, "%s%s%s%s: %s", node->op, node->name ? " '" : "",
			 node->name ? node->name : "", node->name ? "'" : "", fy_buf_text(&text));
	else
		fy_error(c->diags, status, id, &place, "%s", fy_buf_text(&text));
	if (node && c->function)
		fy_note(c->diags, "in function '%s'", c->function->name);
	fy_buf_release(&text);
	fy_onnx_found(c, status);
}

void fy_onnx_complain(fy_onnx_check_state *c, const fy_node *node, const char *id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(c, node, FY_MALFORMED, id, format, args);
	va_end(args);
}

static void say_unsupported(fy_onnx_check_state *c, const fy_node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(c, node, FY_UNSUPPORTED, "onnx-op-unsupported", format, args);
	va_end(args);
}

/* ---- what an operator means here -------------------------------------------------------------------------
 */

int fy_onnx_imported(const fy_graph *graph, const fy_local_function *function, const char *domain, size_t len)
{
	fy_str name = { domain, len };
	const char **domains = function ? function->domains : graph->domains;
	const int *versions = function ? function->domain_versions : graph->domain_versions;
	int count = function ? function->domain_count : graph->domain_count;
	int opset = function ? function->opset : graph->opset;

	if (fy_str_is(name, "onnx"))
		return opset > 0 ? opset : -1;
	for (int i = 0; i < count; i++) {
		if (fy_str_is(name, domains[i]))
			return versions[i];
	}
	return -1;
}

/* An operator of a domain whose operators are all known, and it is none of them. */
static void complain_of_unknown(fy_onnx_check_state *c, const fy_node *node, int version)
{
	int since = fy_starts_with(node->op, "onnx::") ? fy_onnx_known(node->op + 6) : 0;

	if (since > version)
		fy_onnx_complain(c, node, "onnx-op-opset", "came with opset %d, opset %d is imported", since,
				 version);
	else
		fy_onnx_complain(c, node, "onnx-op-unknown", "there is no such operator in opset %d",
				 version);
}

/* Records begin with opset 7; what did not change then is inferred in older ones, too. */
static int record_version(const char *op, const fy_onnx_schema *schema, int version)
{
	if (version < FY_ONNX_OPSET_OLDEST && fy_onnx_schema_find(op, FY_ONNX_OPSET_OLDEST) == schema)
		version = FY_ONNX_OPSET_OLDEST;
	return schema && version >= FY_ONNX_OPSET_OLDEST && fy_onnx_find_full(op, version) ? version : 0;
}

static void find_meaning(fy_onnx_check_state *c, const fy_node *node, fy_onnx_meaning *m)
{
	const char *colon = strstr(node->op, "::");
	size_t len = colon ? (size_t)(colon - node->op) : 0;
	char domain[64];

	*m = (fy_onnx_meaning){ .op = node->op, .where = c->function, .status = FY_MALFORMED };
	m->version = fy_onnx_imported(c->graph, c->function, node->op, len);
	if (m->version < 0) {
		fy_onnx_complain(c, node, "onnx-domain", "no opset of its domain is imported");
		return;
	}
	m->schema = fy_onnx_schema_find(node->op, m->version);
	snprintf(domain, sizeof(domain), "%.*s", (int)(len < 63 ? len : 63), node->op);
	if (!m->schema && fy_onnx_is_standard(domain)) {
		complain_of_unknown(c, node, m->version);
	} else if (m->schema && m->schema->deprecated) {
		fy_onnx_complain(c, node, "onnx-op-deprecated", "is gone since opset %d", m->schema->since);
	} else {
		m->callee = m->schema ? NULL : fy_graph_function(c->graph, node->op);
		m->status = m->schema || m->callee ? FY_OK : FY_UNSUPPORTED;
		if (m->status == FY_UNSUPPORTED)
			say_unsupported(c, node, "the operator is not known");
		m->recorded =
			strcmp(domain, "onnx") == 0 ? record_version(node->op, m->schema, m->version) : 0;
	}
}

const fy_onnx_meaning *fy_onnx_meaning_of(fy_onnx_check_state *c, const fy_node *node)
{
	uintptr_t mixed = ((uintptr_t)node->op >> 4) ^ ((uintptr_t)c->function >> 5);
	fy_onnx_meaning *m = &c->meanings[(mixed ^ mixed >> 7) % FY_ONNX_MEANINGS];

	if (m->op != node->op || m->where != c->function || m->status == FY_MALFORMED)
		find_meaning(c, node, m);
	return m;
}

/* ---- how many --------------------------------------------------------------------------------------------
 */

static bool check_count(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema,
			bool inputs)
{
	const fy_onnx_formals *formals = inputs ? &schema->inputs : &schema->outputs;
	int count = inputs ? node->arg_count : node->result_count;
	const char *what = inputs ? "inputs" : "outputs";

	if (count < formals->least)
		fy_onnx_complain(c, node, "onnx-node", "has %d %s, at least %d are needed (version %d)",
				 count, what, formals->least, schema->since);
	else if (count > formals->most)
		fy_onnx_complain(c, node, "onnx-node", "has %d %s, at most %d are possible (version %d)",
				 count, what, formals->most, schema->since);
	return count >= formals->least && count <= formals->most;
}

static bool is_missing(const fy_onnx_check_state *c, const fy_node *node, int i, bool input)
{
	if (input)
		return node->args[i].kind != FY_ARG_VALUE;
	return c->graph->path && !node->results[i]->name && !node->results[i]->uses;
}

static bool check_present(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema,
			  bool inputs)
{
	const fy_onnx_formals *formals = inputs ? &schema->inputs : &schema->outputs;
	int count = inputs ? node->arg_count : node->result_count;

	for (int i = 0; i < count && i < formals->count; i++) {
		if (formals->items[i].form != FY_ONNX_SINGLE || !is_missing(c, node, i, inputs))
			continue;
		fy_onnx_complain(c, node, "onnx-node", "%s '%s' is missing", inputs ? "input" : "output",
				 formals->items[i].name);
		return false;
	}
	return true;
}

/* ---- attributes ------------------------------------------------------------------------------------------
 */

/* The kind of a value; 0: an empty list of no kind. */
static char kind_of(const fy_arg *arg)
{
	if (arg->stated)
		return arg->stated;
	switch (arg->kind) {
	case FY_ARG_INT:
		return FY_ONNX_INT;
	case FY_ARG_FLOAT:
		return FY_ONNX_FLOAT;
	case FY_ARG_STR:
		return FY_ONNX_STRING;
	case FY_ARG_TENSOR:
		return FY_ONNX_TENSOR;
	case FY_ARG_TYPE:
		return FY_ONNX_TYPE;
	case FY_ARG_LIST:
		return arg->list.count > 0 ? (char)(kind_of(&arg->list.items[0]) - 'a' + 'A') : 0;
	default:
		return '?';
	}
}

static bool kind_fits(char kind, const fy_arg *arg)
{
	char given = kind_of(arg);

	return given == kind || (given == 0 && kind >= 'A' && kind <= 'Z');
}

/* The attribute that block k of a node is. */
static const char *block_attr(const fy_node *node, int k)
{
	if (node->blocks[k]->attr)
		return node->blocks[k]->attr;
	if (fy_node_is(node, "onnx::If"))
		return k == 0 ? "then_branch" : "else_branch";
	return "body";
}

static bool has_block(const fy_node *node, const char *attr)
{
	for (int k = 0; k < node->block_count; k++) {
		if (strcmp(block_attr(node, k), attr) == 0)
			return true;
	}
	return false;
}

/* Names that begin so are for whoever wrote them. */
static bool is_private(const char *name)
{
	return fy_starts_with(name, "__");
}

static bool check_given_attrs(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema)
{
	for (int i = 0; i < node->attr_count; i++) {
		const fy_attr *attr = &node->attrs[i];
		const fy_onnx_attribute *known = fy_onnx_attribute_of(schema, attr->name);

		if (!known && is_private(attr->name))
			continue;
		if (!known || !kind_fits(known->kind, &attr->arg)) {
			fy_onnx_complain(c, node, "onnx-node",
					 known ? "attribute '%s' is of the wrong kind (version %d)"
					       : "has no attribute '%s' (version %d)",
					 attr->name, schema->since);
			return false;
		}
	}
	for (int k = 0; k < node->block_count; k++) {
		const char *name = block_attr(node, k);
		const fy_onnx_attribute *known = fy_onnx_attribute_of(schema, name);

		if ((!known && !is_private(name)) || (known && known->kind != FY_ONNX_GRAPH)) {
			fy_onnx_complain(c, node, "onnx-node", "has no graph '%s' (version %d)", name,
					 schema->since);
			return false;
		}
	}
	return true;
}

static bool check_attrs(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema)
{
	if (!check_given_attrs(c, node, schema))
		return false;
	for (int i = 0; i < schema->attribute_count; i++) {
		const fy_onnx_attribute *known = &schema->attributes[i];

		if (!known->required || fy_node_attr(node, known->name) || has_block(node, known->name))
			continue;
		fy_onnx_complain(c, node, "onnx-node", "lacks attribute '%s'", known->name);
		return false;
	}
	return true;
}

bool fy_onnx_check_form(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema)
{
	return check_count(c, node, schema, true) && check_count(c, node, schema, false) &&
	       check_present(c, node, schema, true) && check_present(c, node, schema, false) &&
	       check_attrs(c, node, schema);
}

bool fy_onnx_has_ref(const fy_node *node)
{
	for (int i = 0; i < node->attr_count; i++) {
		if (node->attrs[i].arg.kind == FY_ARG_REF)
			return true;
	}
	return false;
}

/* ---- types -----------------------------------------------------------------------------------------------
 */

/* What type variables of one node turned out to be. */
typedef struct bindings {
	const fy_type *bound[32]; /* NULL: not yet */
} bindings;

/* Equal as far as type variables care: shapes do not matter. */
static bool same_kind(const fy_type *a, const fy_type *b)
{
	bool tensors = fy_type_is_tensor(a) && fy_type_is_tensor(b);

	if ((!tensors && a->kind != b->kind) || !a->element != !b->element)
		return false;
	if (a->element)
		return (a->kind != FY_TYPE_MAP || a->dtype == b->dtype) && same_kind(a->element, b->element);
	return a->dtype == b->dtype;
}

static bool check_type(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema,
		       const fy_onnx_formal *formal, const fy_type *type, bindings *b)
{
	fy_buf text = { 0 };
	const fy_type **slot = NULL;
	bool fits;

	if (type->kind == FY_TYPE_OPAQUE)
		return true;
	fits = fy_onnx_types_have(formal->types, type);
	if (formal->homogeneous && formal->variable >= 0 && formal->variable < 32)
		slot = &b->bound[formal->variable];
	if (fits && (!slot || !*slot || same_kind(*slot, type))) {
		if (slot && !*slot)
			*slot = type;
		return true;
	}
	fy_buf_put_type(&text, c->graph, type);
	if (!fits) {
		fy_onnx_complain(c, node, "onnx-type", "'%s' cannot be %s in version %d", formal->name,
				 fy_buf_text(&text), schema->since);
	} else {
		fy_buf_puts(&text, " where another one is ");
		fy_buf_put_type(&text, c->graph, *slot);
		fy_onnx_complain(c, node, "onnx-type", "'%s' is %s", formal->name, fy_buf_text(&text));
	}
	fy_buf_release(&text);
	return false;
}

/* The element of a set of one tensor type; false: no such set. */
static bool only_tensor(const fy_onnx_types *types, fy_dtype *out)
{
	uint64_t mask = types->tensors;

	return mask && (mask & (mask - 1)) == 0 && !types->sequences && !types->optionals &&
	       !types->optional_sequences && !types->others && fy_onnx_to_dtype(__builtin_ctzll(mask), out);
}

static void fill_in(const fy_onnx_formal *formal, const bindings *b, fy_type *result)
{
	fy_dtype dtype;

	if (only_tensor(formal->types, &dtype)) {
		*result = fy_type_tensor(dtype, NULL);
	} else if (formal->homogeneous && formal->variable >= 0 && formal->variable < 32 &&
		   b->bound[formal->variable]) {
		*result = *b->bound[formal->variable];
		if (result->kind == FY_TYPE_SCALAR)
			result->kind = FY_TYPE_TENSOR;
		if (!result->element) {
			result->has_shape = false;
			result->shape = (fy_shape){ 0 };
		}
	}
}

bool fy_onnx_check_types(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema,
			 fy_type *results)
{
	bindings b = { 0 };

	for (int i = 0; i < node->arg_count; i++) {
		if (node->args[i].kind == FY_ARG_VALUE &&
		    !check_type(c, node, schema, fy_onnx_formal_at(&schema->inputs, i), node->args[i].v->type,
				&b))
			return false;
	}
	for (int i = 0; i < node->result_count; i++) {
		const fy_onnx_formal *formal = fy_onnx_formal_at(&schema->outputs, i);

		if (results[i].kind == FY_TYPE_OPAQUE)
			fill_in(formal, &b, &results[i]);
		if (!check_type(c, node, schema, formal, &results[i], &b))
			return false;
	}
	return true;
}

fy_status fy_onnx_check_constant(const fy_node *node, const fy_type *type, int opset, fy_diags *diags)
{
	fy_onnx_check_state c = { .graph = node->block->graph, .diags = diags };
	const fy_onnx_schema *schema = fy_onnx_schema_find(node->op, opset);
	bindings b = { 0 };

	if (!schema)
		fy_onnx_complain(&c, node, "onnx-op-opset", "there is none in opset %d", opset);
	else if (check_count(&c, node, schema, true) && check_count(&c, node, schema, false) &&
		 check_attrs(&c, node, schema))
		(void)check_type(&c, node, schema, fy_onnx_formal_at(&schema->outputs, 0), type, &b);
	return c.broken ? FY_MALFORMED : FY_OK;
}
