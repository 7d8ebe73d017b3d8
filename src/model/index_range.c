/*
 * Which integers an input may hold. Followed from the input through operators that only move elements; where
 * the values turn up as an index, the size of what is indexed bounds them.
 */
#include "model/model.h"

#include <string.h>

enum { STEP_LIMIT = 1000 };

/* An operator that indexes: argument `index` picks along `dim` of argument `of`. */
typedef struct indexer {
	const char *op; /* without overload */
	int index, of;
	int dim_arg;          /* argument or, below 0, fixed dim -1 - dim_arg */
	const char *dim_attr; /* ONNX: attribute with the axis, 0 when absent */
} indexer;

static const indexer indexers[] = {
	{ "aten::embedding", 1, 0, -1, NULL },        { "aten::embedding_bag", 1, 0, -1, NULL },
	{ "aten::index_select", 2, 0, 1, NULL },      { "aten::gather", 2, 0, 1, NULL },
	{ "aten::index_add", 2, 0, 1, NULL },         { "aten::index_copy", 2, 0, 1, NULL },
	{ "aten::index_fill", 2, 0, 1, NULL },        { "aten::scatter", 2, 0, 1, NULL },
	{ "aten::scatter_add", 2, 0, 1, NULL },       { "onnx::Gather", 1, 0, -1, "axis" },
	{ "onnx::GatherElements", 1, 0, -1, "axis" }, { "onnx::ScatterElements", 1, 0, -1, "axis" },
};

/* Elements in, the same elements out: the first argument is followed. */
static const char *const movers[] = {
	"aten::to",        "aten::_to_copy",   "aten::view",      "aten::reshape",   "aten::unsqueeze",
	"aten::squeeze",   "aten::contiguous", "aten::slice",     "aten::select",    "aten::clone",
	"aten::expand",    "aten::flatten",    "aten::permute",   "aten::transpose", "aten::t",
	"aten::type_as",   "aten::detach",     "aten::alias",     "aten::unbind",    "aten::split",
	"aten::chunk",     "aten::expand_as",  "aten::long",      "aten::int",       "onnx::Reshape",
	"onnx::Cast",      "onnx::Squeeze",    "onnx::Unsqueeze", "onnx::Slice",     "onnx::Identity",
	"onnx::Transpose", "onnx::Expand",     "onnx::Flatten",
};

/* Masks: their values are told from zero or become a factor. */
static const char *const masks[] = {
	"aten::ne",   "aten::eq",    "aten::gt",      "aten::lt",   "aten::masked_fill", "aten::where",
	"aten::rsub", "onnx::Equal", "onnx::Greater", "onnx::Less", "onnx::Where",       "onnx::Not",
};

static bool same_operator(const char *op, const char *base)
{
	size_t len = strlen(base);
	return !strncmp(op, base, len) && (op[len] == 0 || op[len] == '.');
}

static bool listed(const char *op, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (same_operator(op, list[i]))
			return true;
	return false;
}

static bool known_size(const fy_arg *arg, int64_t dim, int64_t *out)
{
	if (arg->kind != FY_ARG_VALUE || !arg->v->type->has_shape)
		return false;
	const fy_shape *shape = &arg->v->type->shape;
	if (dim < 0)
		dim += shape->rank;
	if (dim < 0 || dim >= shape->rank || !fy_dim_known(shape->dims[dim]))
		return false;
	*out = shape->dims[dim];
	return true;
}

typedef struct search {
	fy_index_range range;
	bool indexed, masked;
	int steps;
} search;

static void narrow(search *s, int64_t size)
{
	if (!s->indexed || size < s->range.high)
		s->range = (fy_index_range){ 0, size > 0 ? size : 1 };
	s->indexed = true;
}

static void meet_indexer(search *s, const fy_node *node, const fy_use *use)
{
	int64_t size;
	for (size_t i = 0; i < FY_COUNT(indexers); i++) {
		const indexer *x = &indexers[i];
		if (!same_operator(node->op, x->op) || x->index >= node->arg_count ||
		    use->slot != &node->args[x->index])
			continue;
		int64_t dim = x->dim_arg < 0 ? -1 - x->dim_arg : node->args[x->dim_arg].i;
		const fy_arg *axis = x->dim_attr ? fy_node_attr(node, x->dim_attr) : NULL;
		if (axis && axis->kind == FY_ARG_INT)
			dim = axis->i;
		if (known_size(&node->args[x->of], dim, &size))
			narrow(s, size);
	}
	/* index.Tensor(self, [a, b]): the k-th entry picks along dim k. */
	if ((same_operator(node->op, "aten::index") || same_operator(node->op, "aten::index_put")) &&
	    node->arg_count > 1 && node->args[1].kind == FY_ARG_LIST)
		for (int k = 0; k < node->args[1].list.count; k++)
			if (use->slot == &node->args[1].list.items[k] && known_size(&node->args[0], k, &size))
				narrow(s, size);
}

static void follow(search *s, const fy_value *value)
{
	for (const fy_use *use = value->uses; use && s->steps++ < STEP_LIMIT; use = use->next) {
		const fy_node *node = use->node;
		if (!node)
			continue;
		meet_indexer(s, node, use);
		if (listed(node->op, masks, FY_COUNT(masks)))
			s->masked = true;
		if (!listed(node->op, movers, FY_COUNT(movers)) || use->slot != &node->args[0])
			continue;
		for (int i = 0; i < node->result_count; i++) {
			if (fy_dtype_is_float(node->results[i]->type->dtype))
				s->masked = true;
			follow(s, node->results[i]);
		}
	}
}

fy_index_range fy_index_range_of(const fy_graph *graph, int input)
{
	search s = { .range = { 1, 10 } };
	if (graph && input < graph->main->param_count)
		follow(&s, graph->main->params[input]);
	if (!s.indexed && s.masked)
		return (fy_index_range){ 0, 2 };
	return s.range;
}
