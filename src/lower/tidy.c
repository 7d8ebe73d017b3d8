/*
 * Removes ONNX nodes that change nothing, and merges pairs that undo or continue each other: casts,
 * transposes, reshapes, slices of everything, pads by nothing. Structure and types decide; no data is
 * touched.
 */
#include "lower/lower_internal.h"

#include <string.h>

static fy_value *input(const fy_node *node, int index)
{
	if (index >= node->arg_count || node->args[index].kind != FY_ARG_VALUE)
		return NULL;
	return node->args[index].v;
}

/* The node that makes argument 0 when it is `op`. */
static fy_node *fed_by(const fy_node *node, const char *op)
{
	fy_value *value = input(node, 0);

	return value && value->def && fy_node_is(value->def, op) ? value->def : NULL;
}

static bool same_type(const fy_value *a, const fy_value *b)
{
	return a->type->kind == FY_TYPE_TENSOR && a->type->has_shape && fy_type_eq(a->type, b->type);
}

/* ---- integers of constants and attributes ---------------------------------------------------- */

/* Every element of an attribute or constant input is `wanted`; false when unknown. Absent: `absent`. */
static bool all_are(const fy_node *node, const char *attr, int index, int64_t wanted, bool absent)
{
	const fy_arg *list = fy_node_attr(node, attr);
	const fy_value *value = input(node, index);

	if (list && list->kind == FY_ARG_LIST) {
		for (int i = 0; i < list->list.count; i++) {
			if (list->list.items[i].i != wanted)
				return false;
		}
		return true;
	}
	if (!value)
		return absent;
	if (!value->tensor || !fy_tensor_has_data(value->tensor))
		return false;
	for (int64_t i = 0; i < fy_tensor_numel(value->tensor); i++) {
		if (fy_tensor_get_i64(value->tensor, i) != wanted)
			return false;
	}
	return true;
}

/* ---- casts ----------------------------------------------------------------------------------------------
 */

/* Bits of an integer that a type holds exactly; bool is one. */
static int integer_bits(fy_dtype dtype)
{
	switch (dtype) {
	case FY_BOOL:
		return 1;
	case FY_F16:
		return 11;
	case FY_BF16:
		return 8;
	case FY_F32:
		return 24;
	case FY_F64:
		return 53;
	default:
		return fy_dtype_is_integer(dtype) ? 8 * (int)fy_dtype_size(dtype) : 0;
	}
}

static bool is_signed(fy_dtype dtype)
{
	return dtype == FY_I8 || dtype == FY_I16 || dtype == FY_I32 || dtype == FY_I64 ||
	       fy_dtype_is_float(dtype);
}

/* Casting from a to b loses nothing. */
static bool lossless(fy_dtype a, fy_dtype b)
{
	if (a == b)
		return true;
	if (fy_dtype_is_float(a))
		return (a == FY_F32 && b == FY_F64) ||
		       ((a == FY_F16 || a == FY_BF16) && (b == FY_F32 || b == FY_F64));
	if (!integer_bits(a) || !integer_bits(b) || b == FY_BOOL || (is_signed(a) && !is_signed(b)))
		return false;
	return integer_bits(b) - (is_signed(b) && !fy_dtype_is_float(b)) >= integer_bits(a) - is_signed(a);
}

static bool tidy_cast(fy_node *node)
{
	fy_value *from = input(node, 0);
	fy_node *first = fed_by(node, "onnx::Cast");

	if (from->type->dtype == node->results[0]->type->dtype && from->type->kind == FY_TYPE_TENSOR) {
		fy_value_replace(node->results[0], from);
		return true;
	}
	if (!first || !input(first, 0) || !lossless(input(first, 0)->type->dtype, from->type->dtype))
		return false;
	fy_node_set_arg(node, 0, fy_arg_value(input(first, 0)));
	return true;
}

/* ---- transposes ------------------------------------------------------------------------------------------
 */

static bool read_perm(const fy_node *node, int64_t perm[], int *rank)
{
	const fy_arg *list = fy_node_attr(node, "perm");

	if (!list || list->kind != FY_ARG_LIST || list->list.count > FY_MAX_RANK)
		return false;
	*rank = list->list.count;
	for (int i = 0; i < *rank; i++) {
		perm[i] = list->list.items[i].i;
		if (perm[i] < 0 || perm[i] >= *rank)
			return false;
	}
	return true;
}

static bool tidy_transpose(fy_node *node)
{
	fy_node *first = fed_by(node, "onnx::Transpose");
	int64_t perm[FY_MAX_RANK], before[FY_MAX_RANK], joined[FY_MAX_RANK];
	int rank, before_rank;
	bool moves = false;

	if (!read_perm(node, perm, &rank))
		return false;
	for (int i = 0; i < rank; i++)
		moves |= perm[i] != i;
	if (!moves) {
		fy_value_replace(node->results[0], input(node, 0));
		return true;
	}
	if (!first || !read_perm(first, before, &before_rank) || before_rank != rank)
		return false;
	for (int i = 0; i < rank; i++)
		joined[i] = before[perm[i]];
	fy_node_set_attr(node, "perm", fy_arg_ints(node->block->graph->arena, joined, rank));
	fy_node_set_arg(node, 0, fy_arg_value(input(first, 0)));
	return true;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static bool only_reshapes(const fy_node *node)
{
	return fy_node_is(node, "onnx::Reshape") || fy_node_is(node, "onnx::Squeeze") ||
	       fy_node_is(node, "onnx::Unsqueeze") || fy_node_is(node, "onnx::Flatten");
}

/* No element of the target shape is 0, which would mean "as in the input". */
static bool shape_is_absolute(const fy_node *node)
{
	const fy_value *shape = input(node, 1);

	if (!fy_node_is(node, "onnx::Reshape") || !shape || !shape->tensor ||
	    !fy_tensor_has_data(shape->tensor))
		return false;
	for (int64_t i = 0; i < fy_tensor_numel(shape->tensor); i++) {
		if (fy_tensor_get_i64(shape->tensor, i) == 0)
			return false;
	}
	return true;
}

static bool tidy_reshape(fy_node *node)
{
	fy_value *from = input(node, 0);

	/* Back to a shape that the data had before. */
	for (fy_value *value = from; value; value = input(value->def, 0)) {
		if (same_type(value, node->results[0])) {
			fy_value_replace(node->results[0], value);
			return true;
		}
		if (!value->def || !only_reshapes(value->def))
			break;
	}
	if (from->def && only_reshapes(from->def) && shape_is_absolute(node)) {
		fy_node_set_arg(node, 0, fy_arg_value(input(from->def, 0)));
		return true;
	}
	return false;
}

static bool changes_nothing(const fy_node *node)
{
	if (fy_node_is(node, "onnx::Identity"))
		return true;
	if (fy_node_is(node, "onnx::Concat"))
		return node->arg_count == 1;
	if (fy_node_is(node, "onnx::Pad"))
		return all_are(node, "pads", 1, 0, false);
	if (!input(node, 0) || !same_type(input(node, 0), node->results[0]))
		return false;
	if (fy_node_is(node, "onnx::Slice"))
		return all_are(node, "steps", 4, 1, true);
	return fy_node_is(node, "onnx::Expand") || fy_node_is(node, "onnx::Tile");
}

static bool tidy_node(fy_node *node)
{
	if (node->result_count != 1 || !node->results[0]->uses || !input(node, 0))
		return false;
	if (changes_nothing(node)) {
		fy_value_replace(node->results[0], input(node, 0));
		return true;
	}
	if (fy_node_is(node, "onnx::Cast"))
		return tidy_cast(node);
	if (fy_node_is(node, "onnx::Transpose"))
		return tidy_transpose(node);
	return only_reshapes(node) && tidy_reshape(node);
}

/* In execution order a node sees its inputs tidied already: one round does, and what it left dead goes. */
fy_status fy_pass_tidy(fy_pass_run *run)
{
	for (fy_node *node = fy_graph_first(run->graph); node; node = fy_node_following(node)) {
		while (tidy_node(node))
			run->changes++;
	}
	if (run->changes > 0)
		fy_graph_remove_dead(run->graph);
	return FY_OK;
}
