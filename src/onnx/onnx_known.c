/*
 * Integer vectors that are known although nothing has run: a constant, the shape of a value, or what Gather,
 * Concat, Slice, Cast ... make of those. Sizes that are symbols travel as coded integers, so that operators
 * that only move elements can simply be evaluated; arithmetic on symbols gives up unless the other operand is
 * neutral.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

enum {
	KNOWN_DEPTH = 40,   /* nodes from the vector to the shapes it is made of */
	KNOWN_BUDGET = 200, /* nodes looked at for one question: shared ones count again */
	KNOWN_ELEMENTS = 64,
};

int64_t fy_onnx_dim_to_int(fy_dim dim)
{
	if (fy_dim_known(dim))
		return dim;
	return dim < -INT32_MAX ? FY_ONNX_INT_UNKNOWN : FY_ONNX_SYMBOL_BASE + 1 + dim;
}

fy_dim fy_onnx_int_to_dim(int64_t value)
{
	if (value >= 0)
		return value;
	if (!fy_onnx_int_is_symbol(value) || value == FY_ONNX_INT_UNKNOWN)
		return FY_ONNX_DIM_UNKNOWN;
	return value - FY_ONNX_SYMBOL_BASE - 1;
}

/* Operators whose results hold elements of their inputs, unchanged. */
static bool only_moves(const char *op)
{
	static const char *const movers[] = {
		"onnx::Gather",   "onnx::Concat",    "onnx::Slice",          "onnx::Unsqueeze",
		"onnx::Squeeze",  "onnx::Reshape",   "onnx::Identity",       "onnx::Expand",
		"onnx::Flatten",  "onnx::Transpose", "onnx::Split",          "onnx::Tile",
		"onnx::Constant", "onnx::GatherND",  "onnx::GatherElements", "onnx::ConstantOfShape",
		"onnx::Size"
	};

	for (size_t i = 0; i < FY_COUNT(movers); i++) {
		if (strcmp(op, movers[i]) == 0)
			return true;
	}
	return false;
}

static bool is_arithmetic(const char *op)
{
	return strcmp(op, "onnx::Add") == 0 || strcmp(op, "onnx::Sub") == 0 || strcmp(op, "onnx::Mul") == 0 ||
	       strcmp(op, "onnx::Div") == 0;
}

static bool has_symbols(const fy_tensor *tensor)
{
	int64_t count = fy_tensor_numel(tensor);

	for (int64_t i = 0; tensor->dtype == FY_I64 && i < count; i++) {
		if (fy_onnx_int_is_symbol(fy_tensor_get_i64(tensor, i)))
			return true;
	}
	return false;
}

static fy_tensor *shape_vector(const fy_node *node)
{
	const fy_type *type = node->args[0].v->type;
	const fy_arg *start = fy_node_attr(node, "start"), *end = fy_node_attr(node, "end");
	int64_t dims[FY_MAX_RANK];
	int64_t rank = type->shape.rank, from, to;

	if (type->kind != FY_TYPE_SCALAR && (type->kind != FY_TYPE_TENSOR || !type->has_shape))
		return NULL;
	from = start ? start->i : 0;
	to = end ? end->i : rank;
	from = from < 0 ? from + rank : from;
	to = to < 0 ? to + rank : to;
	from = from < 0 ? 0 : from;
	to = to > rank ? rank : to;
	if (from > to)
		to = from;
	for (int64_t k = from; k < to; k++)
		dims[k - from] = fy_onnx_dim_to_int(type->shape.dims[k]);
	return fy_tensor_from_i64(dims, to - from);
}

/* One element of Add, Sub, Mul, Div with a symbol among the operands. */
static int64_t with_symbol(const char *op, int64_t a, int64_t b)
{
	int64_t neutral = op[6] == 'A' || op[6] == 'S' ? 0 : 1;

	if (b == neutral)
		return a;
	if (a == neutral && (op[6] == 'A' || op[6] == 'M'))
		return b;
	return FY_ONNX_INT_UNKNOWN;
}

/* Elementwise on vectors of equal length, or a scalar against a vector. */
static fy_tensor *symbolic_arithmetic(const char *op, const fy_tensor *a, const fy_tensor *b)
{
	int64_t count_a = fy_tensor_numel(a), count_b = fy_tensor_numel(b);
	int64_t count = count_a > count_b ? count_a : count_b;
	int64_t values[KNOWN_ELEMENTS];
	const fy_tensor *wider = count_a >= count_b ? a : b;
	fy_tensor *out;

	if (a->dtype != FY_I64 || b->dtype != FY_I64 ||
	    (count_a != count_b && count_a != 1 && count_b != 1) || a->shape.rank > 1 || b->shape.rank > 1 ||
	    count > KNOWN_ELEMENTS)
		return NULL;
	for (int64_t i = 0; i < count; i++) {
		int64_t x = fy_tensor_get_i64(a, count_a == 1 ? 0 : i),
			y = fy_tensor_get_i64(b, count_b == 1 ? 0 : i);

		if (fy_onnx_int_is_symbol(x) || fy_onnx_int_is_symbol(y))
			values[i] = with_symbol(op, x, y);
		else if (op[6] == 'D' ? y == 0 : false)
			return NULL;
		else
			values[i] = op[6] == 'A'   ? x + y
				    : op[6] == 'S' ? x - y
				    : op[6] == 'M' ? x * y
						   : x / y;
	}
	out = fy_tensor_new(FY_I64, wider->shape.rank >= a->shape.rank ? &wider->shape : &a->shape, false);
	for (int64_t i = 0; out && i < count; i++)
		fy_tensor_set_i64(out, i, values[i]);
	return out;
}

static fy_tensor *known(const fy_value *value, int opset, int depth, int *budget);

static fy_tensor *evaluate(const fy_node *node, int index, int opset, fy_tensor **inputs)
{
	fy_tensor **outputs = fy_zalloc(sizeof(fy_tensor *) * (size_t)node->result_count);
	fy_diags ignored = { 0 };
	fy_tensor *result = NULL;

	if (fy_onnx_eval(node, opset, inputs, outputs, &ignored) == FY_OK) {
		for (int i = 0; i < node->result_count; i++) {
			if (i == index)
				result = outputs[i];
			else
				fy_tensor_unref(outputs[i]);
		}
	}
	fy_diags_clear(&ignored);
	fy_free(outputs);
	return result;
}

/* Whether coded symbols may pass through `node`. A cast to another integer type would cut them. */
static bool passes_symbols(const fy_node *node)
{
	const fy_arg *to = fy_node_attr(node, "to");
	int i64 = 0;

	if (only_moves(node->op))
		return true;
	return fy_node_is(node, "onnx::Cast") && fy_onnx_from_dtype(FY_I64, &i64) && to &&
	       to->kind == FY_ARG_INT && to->i == i64;
}

static fy_tensor *from_inputs(const fy_node *node, int index, int opset, fy_tensor **inputs)
{
	bool symbols = false;

	for (int i = 0; i < node->arg_count; i++)
		symbols |= inputs[i] && has_symbols(inputs[i]);
	if (symbols && is_arithmetic(node->op) && node->arg_count == 2)
		return symbolic_arithmetic(node->op, inputs[0], inputs[1]);
	if (symbols && !passes_symbols(node))
		return NULL;
	/* The first input of a mover is data; in the others (indices, shapes, axes) a symbol has no meaning.
	 */
	for (int i = 1; symbols && i < node->arg_count && !fy_node_is(node, "onnx::Concat"); i++) {
		if (inputs[i] && has_symbols(inputs[i]))
			return NULL;
	}
	if (symbols && (fy_node_is(node, "onnx::ConstantOfShape") || fy_node_is(node, "onnx::Size")))
		return NULL;
	return evaluate(node, index, opset, inputs);
}

static fy_tensor *known_result(const fy_node *node, int index, int opset, int depth, int *budget)
{
	fy_tensor **inputs;
	fy_tensor *result = NULL;
	bool all = true;

	if (!fy_starts_with(node->op, "onnx::") || node->block_count > 0 || !fy_onnx_foldable(node))
		return NULL;
	if (fy_node_is(node, "onnx::Shape"))
		return node->arg_count == 1 && node->args[0].kind == FY_ARG_VALUE ? shape_vector(node) : NULL;
	inputs = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->arg_count + 1));
	for (int i = 0; i < node->arg_count && all; i++) {
		if (node->args[i].kind != FY_ARG_VALUE)
			continue;
		inputs[i] = known(node->args[i].v, opset, depth + 1, budget);
		all = inputs[i] != NULL;
	}
	if (all)
		result = from_inputs(node, index, opset, inputs);
	for (int i = 0; i < node->arg_count; i++)
		fy_tensor_unref(inputs[i]);
	fy_free(inputs);
	return result;
}

static bool is_small(const fy_tensor *tensor)
{
	int64_t count = fy_tensor_numel(tensor);

	return count >= 0 && count <= KNOWN_ELEMENTS && fy_tensor_has_data(tensor);
}

static fy_tensor *known(const fy_value *value, int opset, int depth, int *budget)
{
	fy_tensor *result;
	int64_t count = 0;

	if (value->tensor)
		return is_small(value->tensor) && !has_symbols(value->tensor) ? fy_tensor_ref(value->tensor)
									      : NULL;
	if (!value->def || depth > KNOWN_DEPTH || --*budget < 0)
		return NULL;
	if (!value->type->has_shape || !fy_shape_numel(&value->type->shape, &count) || count < 0 ||
	    count > KNOWN_ELEMENTS)
		return NULL;
	result = known_result(value->def, value->index, opset, depth, budget);
	if (result && !is_small(result)) {
		fy_tensor_unref(result);
		return NULL;
	}
	return result;
}

fy_tensor *fy_onnx_known_value(const fy_value *value, int opset)
{
	int budget = KNOWN_BUDGET;
	/* A vector that is the input of an operator may be as long as it likes when it is a constant. */
	return value->tensor ? (fy_tensor_has_data(value->tensor) ? fy_tensor_ref(value->tensor) : NULL)
			     : known(value, opset, 0, &budget);
}
