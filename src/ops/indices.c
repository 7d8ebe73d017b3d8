/*
 * Lists of indices as aten::index takes them: integers and masks by dim. For calls they become integers
 * alone; for graphs one index into merged dims, which needs no more than Gather and ScatterND. Knows no
 * operator.
 */
#include "ops/indices.h"

#include <string.h>

/* ---- calls ----------------------------------------------------------------------------------- */

static bool is_mask(fy_dtype dtype)
{
	return dtype == FY_BOOL || dtype == FY_U8;
}

static void add_made(fy_indices *out, fy_tensor *tensor)
{
	out->made[out->made_count++] = tensor;
	out->items[out->count++] = tensor;
}

/* A mask becomes a line of positions per dim. */
static fy_status add_mask(const fy_call *call, const fy_tensor *mask, const fy_shape *self, fy_indices *out)
{
	int rank = mask->shape.rank, first = out->count;
	fy_shape table = { 2, { 0, rank } }, line = { 1, { 0 } };
	fy_tensor *places = NULL;
	if (rank == 0)
		return fy_call_raise(call, "a mask without dimensions");
	if (first + rank > self->rank)
		return fy_call_raise(call, "too many indices for a tensor of rank %d", self->rank);
	for (int d = 0; d < rank; d++)
		if (fy_dim_known(mask->shape.dims[d]) && fy_dim_known(self->dims[first + d]) &&
		    mask->shape.dims[d] != self->dims[first + d])
			return fy_call_raise(
				call, "the mask has %" PRId64 " elements along dimension %d, not %" PRId64,
				mask->shape.dims[d], first + d, self->dims[first + d]);
	if (fy_tensor_has_data(mask)) {
		table.dims[0] = line.dims[0] = fy_kernel_count_nonzero(mask);
		places = fy_tensor_new(FY_I64, &table, false);
		if (places == NULL)
			return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
					call->schema->full);
		fy_kernel_nonzero(places, mask);
	} else {
		line.dims[0] = fy_call_new_symbol(call);
	}
	for (int d = 0; d < rank; d++)
		add_made(out, places == NULL
				      ? fy_tensor_meta(FY_I64, &line)
				      : fy_tensor_view(places, FY_I64, &line, (const int64_t[]){ rank }, d));
	fy_tensor_unref(places);
	return FY_OK;
}

fy_status fy_call_indices(const fy_call *call, int index, const fy_shape *self, fy_indices *out)
{
	const fy_arg *list = &call->args[index];
	bool any = false;
	*out = (fy_indices){ 0 };
	FY_ASSERT(list->kind == FY_ARG_LIST);
	for (int i = 0; i < list->list.count; i++) {
		const fy_arg *item = &list->list.items[i];
		if (out->count >= self->rank)
			return fy_call_raise(call, "too many indices for a tensor of rank %d", self->rank);
		if (item->kind == FY_ARG_NONE) {
			out->items[out->count++] = NULL;
			continue;
		}
		any = true;
		if (is_mask(item->t->dtype))
			FY_TRY(add_mask(call, item->t, self, out));
		else if (item->t->dtype == FY_I64 || item->t->dtype == FY_I32)
			out->items[out->count++] = item->t;
		else
			return fy_call_raise(call, "indices are integers or masks, not %s",
					     fy_dtype_name(item->t->dtype));
	}
	return any ? FY_OK : fy_call_raise(call, "no index is given");
}

void fy_indices_release(fy_indices *indices)
{
	for (int i = 0; i < indices->made_count; i++)
		fy_tensor_unref(indices->made[i]);
	indices->made_count = 0;
}

fy_status fy_indices_shape(const fy_call *call, const fy_shape *self, const fy_indices *indices,
			   fy_shape *out)
{
	fy_shape spread = { 0 };
	int whole = self->rank;
	for (int d = 0; d < indices->count; d++) {
		fy_shape joined;
		if (indices->items[d] == NULL)
			continue;
		if (!fy_shape_broadcast(&spread, &indices->items[d]->shape, &joined))
			return fy_call_raise(call, "the indices do not broadcast together");
		spread = joined;
		whole--;
	}
	if (whole + spread.rank > FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	*out = fy_kernel_index_shape(self, indices->items, indices->count);
	return FY_OK;
}

/* ---- graphs: one index ----------------------------------------------------------------------- */

/* One entry of the list: it covers dims first .. first + count - 1 of self. */
typedef struct index_term {
	int first, count;
	fy_value *index;
	bool counts_back; /* may be negative */
} index_term;

typedef struct index_terms {
	index_term items[FY_MAX_RANK];
	int count, dims;
	bool together; /* neighbours */
	fy_value *mask;
} index_terms;

static bool known_not_negative(const fy_value *index)
{
	if (index->tensor == NULL || !fy_tensor_has_data(index->tensor))
		return false;
	for (int64_t i = fy_tensor_numel(index->tensor) - 1; i >= 0; i--)
		if (fy_tensor_get_i64(index->tensor, i) < 0)
			return false;
	return true;
}

fy_value *fy_lower_from_front(fy_lowering *l, fy_value *index, fy_value *data, int axis)
{
	fy_value *negative;
	index = fy_lower_cast(l, index, FY_I64);
	if (index == NULL || known_not_negative(index))
		return index;
	negative = fy_emit2(l, "Less", index, fy_lower_int(l, 0));
	return fy_lower_where(l, negative, fy_emit2(l, "Add", index, fy_lower_size_of(l, data, axis)), index);
}

fy_value *fy_lower_gather(fy_lowering *l, fy_value *data, fy_value *index, int axis)
{
	if (fy_lower_opset(l) < 11)
		index = fy_lower_from_front(l, index, data, axis);
	return fy_emit(l, "Gather", FY_IN(data, index), FY_ATTRS(fy_attr_int("axis", axis)));
}

/* Of a mask that is known already. */
static fy_value *known_positions(fy_lowering *l, const fy_tensor *mask)
{
	fy_tensor *plain = fy_tensor_contiguous((fy_tensor *)mask), *line, *table, *places;
	fy_shape shape = { 1, { fy_tensor_numel(mask) } },
		 result = { 2, { fy_kernel_count_nonzero(mask), 1 } };
	table = plain ? fy_tensor_new(FY_I64, &result, false) : NULL;
	if (table == NULL) {
		fy_tensor_unref(plain);
		return fy_lower_constant(l, NULL);
	}
	line = fy_tensor_view(plain, plain->dtype, &shape, (const int64_t[]){ 1 }, plain->offset);
	fy_kernel_nonzero(table, line);
	result.rank = 1;
	places = fy_tensor_view(table, FY_I64, &result, (const int64_t[]){ 1 }, 0);
	fy_tensor_unref(plain);
	fy_tensor_unref(line);
	fy_tensor_unref(table);
	return fy_lower_constant(l, places);
}

fy_value *fy_lower_positions(fy_lowering *l, fy_value *mask)
{
	if (mask == NULL)
		return NULL;
	if (mask->tensor != NULL && fy_tensor_has_data(mask->tensor))
		return known_positions(l, mask->tensor);
	mask = fy_lower_merge_dims(l, fy_lower_cast(l, mask, FY_BOOL), 0, mask->type->shape.rank);
	return fy_lower_squeeze(l, fy_emit1(l, "NonZero", mask), (const int64_t[]){ 0 }, 1);
}

static void read_terms(fy_lowering *l, const fy_arg *list, index_terms *terms)
{
	int dim = 0, last = -1;
	*terms = (index_terms){ .together = true };
	for (int i = 0; i < list->list.count; i++) {
		index_term *term = &terms->items[terms->count];
		fy_value *index = list->list.items[i].kind == FY_ARG_VALUE ? list->list.items[i].v : NULL;
		if (index == NULL) {
			dim++;
			continue;
		}
		if (is_mask(index->type->dtype)) {
			*term = (index_term){ dim, index->type->shape.rank, fy_lower_positions(l, index),
					      false };
			terms->mask = index;
		} else {
			*term = (index_term){ dim, 1, fy_lower_cast(l, index, FY_I64), true };
		}
		terms->together &= last < 0 || dim == last;
		last = dim += term->count;
		terms->dims += term->count;
		terms->count++;
	}
	if (terms->count != 1)
		terms->mask = NULL;
}

/* How far apart neighbours of `term` lie in the merged axis: the sizes of all later indexed dims. */
static fy_value *scaled(fy_lowering *l, fy_value *self, const index_terms *terms, int at, fy_value *index)
{
	int64_t factor = 1;
	for (int t = at + 1; t < terms->count; t++) {
		for (int d = terms->items[t].first; d < terms->items[t].first + terms->items[t].count; d++) {
			fy_dim size = self->type->shape.dims[d];
			if (!fy_dim_known(size))
				index = fy_emit2(l, "Mul", index, fy_lower_size_of(l, self, d));
			else
				factor *= size;
		}
	}
	return factor == 1 ? index : fy_emit2(l, "Mul", index, fy_lower_int(l, factor));
}

static fy_value *flat_index(fy_lowering *l, fy_value *self, const index_terms *terms)
{
	fy_value *sum = NULL;
	if (terms->count == 1 && (!terms->items[0].counts_back || fy_lower_opset(l) >= 11))
		return terms->items[0].index;
	for (int t = 0; t < terms->count; t++) {
		fy_value *index = terms->items[t].index;
		if (terms->items[t].counts_back)
			index = fy_lower_from_front(l, index, self, terms->items[t].first);
		index = scaled(l, self, terms, t, index);
		sum = sum == NULL ? index : fy_emit2(l, "Add", sum, index);
	}
	return sum;
}

/* Indexed dims in front, in order, then the others. */
static void front_perm(const index_terms *terms, int rank, int *perm)
{
	uint32_t taken = 0;
	int next = 0;
	for (int t = 0; t < terms->count; t++)
		for (int d = terms->items[t].first; d < terms->items[t].first + terms->items[t].count; d++) {
			taken |= 1u << d;
			perm[next++] = d;
		}
	for (int d = 0; d < rank; d++)
		if (!(taken >> d & 1))
			perm[next++] = d;
}

fy_status fy_lower_flat_index(fy_lowering *l, fy_node *node, int list, bool in_front, fy_flat_index *out)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *data;
	index_terms terms;
	*out = (fy_flat_index){ 0 };
	read_terms(l, &node->args[list], &terms);
	FY_TRY(fy_lower_status(l));
	out->merged = terms.dims;
	out->place = terms.together ? terms.items[0].first : 0;
	out->mask = terms.mask;
	out->mask_dim = terms.items[0].first;
	out->axis = in_front ? 0 : out->place;
	for (int d = 0; d < self->type->shape.rank; d++)
		out->perm[d] = d;
	if (!terms.together || in_front)
		front_perm(&terms, self->type->shape.rank, out->perm);
	out->index = flat_index(l, self, &terms);
	data = fy_lower_transpose(l, self, out->perm);
	FY_TRY(fy_lower_status(l));
	out->whole = data->type->shape;
	out->data = fy_lower_merge_dims(l, data, out->axis, terms.dims);
	return fy_lower_status(l);
}

void fy_lower_to_common_shape(fy_lowering *l, fy_value **a, fy_value **b)
{
	fy_shape both;
	fy_value *shape_a;
	if (fy_lower_status(l) != FY_OK)
		return;
	FY_ASSERT(fy_shape_broadcast(&(*a)->type->shape, &(*b)->type->shape, &both));
	for (int d = 0; d < both.rank; d++) {
		if (both.dims[d] != FY_DIM_UNKNOWN)
			continue;
		/* Expand broadcasts both ways while it runs. */
		shape_a = fy_lower_shape_of(l, *a);
		*a = fy_lower_expand_values(l, *a, fy_lower_shape_of(l, *b));
		*b = fy_lower_expand_values(l, *b, shape_a);
		return;
	}
	*a = fy_lower_expand(l, *a, &both);
	*b = fy_lower_expand(l, *b, &both);
}

/* ---- graphs: writing ------------------------------------------------------------------------- */

/* The opset that combines with what is there: sums and products from 16 on, extremes from 18. */
static bool combines(fy_lowering *l, const char *reduction)
{
	return fy_lower_opset(l) >= (reduction[0] == 'a' || reduction[1] == 'u' ? 16 : 18);
}

static fy_value *emit_scatter(fy_lowering *l, fy_value *data, int axis, fy_value *index, fy_value *updates,
			      const fy_attr *attrs, int attr_count)
{
	if (fy_lower_opset(l) >= 11)
		return fy_emit(l, "ScatterElements", FY_IN(data, index, updates), attrs, attr_count);
	index = fy_lower_from_front(l, index, data, axis);
	return fy_emit(l, "Scatter", FY_IN(data, index, updates), attrs, attr_count);
}

fy_value *fy_lower_scatter(fy_lowering *l, fy_node *node, fy_value *data, int axis, fy_value *index,
			   fy_value *updates, const char *reduction)
{
	fy_attr attrs[2] = { fy_attr_int("axis", axis) };
	fy_dtype dtype;
	if (fy_lower_status(l) != FY_OK)
		return NULL;
	dtype = data->type->dtype;
	if (reduction != NULL && !combines(l, reduction)) {
		fy_lower_refuse(l, node,
				"writing that adds to what is there needs opset 16, extremes opset 18");
		return NULL;
	}
	if (reduction != NULL) { /* ONNX Runtime combines no 16-bit floats */
		fy_dtype work = dtype == FY_F16 ? FY_F32 : fy_lower_arithmetic_type(dtype);
		attrs[1] = fy_attr_str("reduction", reduction);
		data = fy_lower_cast(l, data, work);
		updates = fy_lower_cast(l, updates, work);
	}
	data = emit_scatter(l, data, axis, index, updates, attrs, reduction ? 2 : 1);
	return fy_lower_cast(l, data, dtype);
}

fy_value *fy_lower_scatter_line(fy_lowering *l, fy_node *node, fy_value *data, int axis, fy_value *line,
				fy_value *updates, const char *reduction)
{
	int64_t axes[FY_MAX_RANK];
	int added = 0;
	if (fy_lower_status(l) != FY_OK)
		return NULL;
	line = fy_lower_cast(l, line, FY_I64);
	if (line != NULL && line->type->shape.rank == 0)
		line = fy_lower_unsqueeze(l, line, (const int64_t[]){ 0 }, 1);
	for (int d = 0; d < updates->type->shape.rank; d++)
		if (d != axis)
			axes[added++] = d;
	line = fy_lower_unsqueeze(l, line, axes, added);
	line = fy_lower_expand(l, line, &updates->type->shape);
	return fy_lower_scatter(l, node, data, axis, line, updates, reduction);
}
