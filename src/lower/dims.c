/*
 * Shapes in the lowered graph: reshape, expand and sizes when some dims are symbols. The size behind a symbol
 * is read, at run time, off any value in sight whose type has it. Knows ONNX only.
 */
#include "lower/lower_internal.h"

#include <string.h>

/* ---- sizes at run time ----------------------------------------------------------------------- */

fy_value *fy_lower_shape_of(fy_lowering *l, fy_value *value)
{
	if (!fy_lower_has_rank(l, value))
		return l->status == FY_OK ? fy_emit(l, "Shape", FY_IN(value), FY_NO_ATTRS) : NULL;
	if (fy_shape_known(&value->type->shape))
		return fy_lower_ints(l, value->type->shape.dims, value->type->shape.rank);
	return fy_emit(l, "Shape", FY_IN(value), FY_NO_ATTRS);
}

/* One size, int64[] or int64[1]. */
static fy_value *size_of(fy_lowering *l, fy_value *value, int axis, bool vector)
{
	int64_t index = axis, dim;
	fy_value *shape, *at;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	FY_ASSERT(axis >= 0 && axis < value->type->shape.rank);
	dim = value->type->shape.dims[axis];
	if (fy_dim_known(dim))
		return vector ? fy_lower_ints(l, &dim, 1) : fy_lower_int(l, dim);
	shape = fy_emit(l, "Shape", FY_IN(value), FY_NO_ATTRS);
	at = vector ? fy_lower_ints(l, &index, 1) : fy_lower_int(l, index);
	return fy_emit(l, "Gather", FY_IN(shape, at), FY_ATTRS(fy_attr_int("axis", 0)));
}

fy_value *fy_lower_size_of(fy_lowering *l, fy_value *value, int axis)
{
	return size_of(l, value, axis, false);
}

/* ---- symbols ---------------------------------------------------------------------------------------------
 */

typedef struct symbol_search {
	fy_dim symbol;
	fy_value *value;
	int axis;
} symbol_search;

static bool has_symbol(symbol_search *search, fy_value *value)
{
	if (value->type->kind != FY_TYPE_TENSOR || !value->type->has_shape)
		return false;
	for (int i = 0; i < value->type->shape.rank; i++) {
		if (value->type->shape.dims[i] == search->symbol) {
			search->value = value;
			search->axis = i;
			return true;
		}
	}
	return false;
}

static void look_at_argument(void *user, fy_value *value)
{
	symbol_search *search = user;

	if (!search->value)
		has_symbol(search, value);
}

/* What nodes before `from` and the parameters of its block offer, then the same one block further out. */
static bool search_outwards(symbol_search *search, const fy_node *from)
{
	while (from) {
		const fy_block *block = from->block;

		for (const fy_node *node = from->prev; node; node = node->prev) {
			for (int i = 0; i < node->result_count; i++) {
				if (has_symbol(search, node->results[i]))
					return true;
			}
		}
		for (int i = 0; i < block->param_count; i++) {
			if (has_symbol(search, block->params[i]))
				return true;
		}
		from = block->owner;
	}
	return false;
}

/* int64[1] value of a symbol. */
static fy_value *symbol_value(fy_lowering *l, fy_dim symbol)
{
	symbol_search search = { .symbol = symbol };
	const fy_block *inputs = l->graph->main;

	if (l->status != FY_OK)
		return NULL;
	for (int i = 0; i < inputs->param_count && !search.value; i++)
		has_symbol(&search, inputs->params[i]);
	if (!search.value)
		fy_node_each_value(l->at, look_at_argument, &search);
	if (!search.value && !search_outwards(&search, l->at))
		return fy_lower_fail(l, "no value in sight has the size '%s'",
				     -1 - symbol < l->graph->symbol_count ? l->graph->symbols[-1 - symbol]
									  : "?");
	return size_of(l, search.value, search.axis, true);
}

fy_value *fy_lower_dims(fy_lowering *l, const fy_shape *shape)
{
	fy_value *parts[FY_MAX_RANK];
	int count = 0, i = 0;

	if (fy_shape_known(shape))
		return fy_lower_ints(l, shape->dims, shape->rank);
	while (i < shape->rank && l->status == FY_OK) {
		int run = i;

		while (run < shape->rank && fy_dim_known(shape->dims[run]))
			run++;
		if (run > i) {
			parts[count++] = fy_lower_ints(l, &shape->dims[i], run - i);
			i = run;
		} else {
			parts[count++] = symbol_value(l, shape->dims[i++]);
		}
	}
	return fy_lower_concat(l, parts, count, 0);
}

/* ---- reshape and expand ---------------------------------------------------------------------- */

/* Dims for Reshape in which at most one is -1 and 0 means "as in the input"; false when that cannot say it.
 */
static bool reshape_dims(const fy_shape *from, const fy_shape *to, int64_t dims[])
{
	bool inferred = false;

	for (int i = 0; i < to->rank; i++) {
		bool same = i < from->rank && from->dims[i] == to->dims[i];

		dims[i] = to->dims[i];
		if (fy_dim_known(dims[i]) && dims[i] > 0)
			continue;
		if (same) {
			dims[i] = 0;
		} else if (!fy_dim_known(to->dims[i]) && !inferred) {
			dims[i] = -1;
			inferred = true;
		} else {
			return false;
		}
	}
	return true;
}

/* Is `dim` the only symbol of the shape? Then -1 says it better than 0. */
static bool one_symbol(const fy_shape *shape)
{
	int symbols = 0;

	for (int i = 0; i < shape->rank; i++) {
		if (shape->dims[i] == 0)
			return false;
		symbols += !fy_dim_known(shape->dims[i]);
	}
	return symbols == 1;
}

static fy_value *empty_constant(fy_lowering *l, fy_dtype dtype, const fy_shape *shape)
{
	return fy_lower_constant(l, fy_tensor_new(dtype, shape, true));
}

fy_value *fy_lower_reshape(fy_lowering *l, fy_value *value, const fy_shape *shape)
{
	int64_t dims[FY_MAX_RANK], count;
	bool ranked;

	if (l->status != FY_OK)
		return NULL;
	ranked = value->type->has_shape;
	if (ranked && fy_shape_eq(&value->type->shape, shape))
		return value;
	if (fy_shape_known(shape) && fy_shape_numel(shape, &count) && count == 0)
		return empty_constant(l, value->type->dtype, shape);
	if (fy_shape_known(shape) || one_symbol(shape)) {
		for (int i = 0; i < shape->rank; i++)
			dims[i] = fy_dim_known(shape->dims[i]) ? shape->dims[i] : -1;
		return fy_emit(l, "Reshape", FY_IN(value, fy_lower_ints(l, dims, shape->rank)), FY_NO_ATTRS);
	}
	if (ranked && reshape_dims(&value->type->shape, shape, dims))
		return fy_emit(l, "Reshape", FY_IN(value, fy_lower_ints(l, dims, shape->rank)), FY_NO_ATTRS);
	return fy_emit(l, "Reshape", FY_IN(value, fy_lower_dims(l, shape)), FY_NO_ATTRS);
}

fy_value *fy_lower_expand_values(fy_lowering *l, fy_value *value, fy_value *sizes)
{
	fy_dtype dtype;

	if (l->status != FY_OK)
		return NULL;
	dtype = value->type->dtype;
	value = fy_lower_cast(l, value, dtype == FY_BF16 ? FY_F32 : dtype);
	return fy_lower_cast(l, fy_emit(l, "Expand", FY_IN(value, sizes), FY_NO_ATTRS), dtype);
}

fy_value *fy_lower_expand(fy_lowering *l, fy_value *value, const fy_shape *shape)
{
	fy_shape target = *shape;
	int shift;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	if (fy_shape_eq(&value->type->shape, shape))
		return value;
	shift = shape->rank - value->type->shape.rank;
	for (int i = shift < 0 ? 0 : shift; i < shape->rank; i++) {
		if (value->type->shape.dims[i - shift] == target.dims[i])
			target.dims[i] = 1;
	}
	return fy_lower_expand_values(l, value, fy_lower_dims(l, &target));
}
