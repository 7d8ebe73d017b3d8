/*
 * Writing by index lists and masks: index_put with and without accumulation, masked_scatter. A mask with one
 * value is a choice between two tensors; everything else is ScatterND on merged dims, before opset 11
 * Scatter.
 */
#include "ops/indices.h"

#include <string.h>

/* ---- index_put ------------------------------------------------------------------------------- */

/* One value for the elements of one mask, which may be of any type. */
static bool is_fill(const fy_call *call)
{
	const fy_arg *list = &call->args[1];
	int masks = 0;
	for (int i = 0; i < list->list.count; i++) {
		if (list->list.items[i].kind == FY_ARG_NONE)
			continue;
		if (list->list.items[i].t->dtype != FY_BOOL && list->list.items[i].t->dtype != FY_U8)
			return false;
		masks++;
	}
	return masks == 1 && fy_tensor_numel(fy_call_tensor(call, 2)) == 1;
}

static bool has_byte_mask(const fy_call *call)
{
	const fy_arg *list = &call->args[1];
	for (int i = 0; i < list->list.count; i++)
		if (list->list.items[i].kind == FY_ARG_TENSOR && list->list.items[i].t->dtype == FY_U8)
			return true;
	return false;
}

static fy_status check_values(const fy_call *call, const fy_shape *picked)
{
	const fy_shape *values = &fy_call_tensor(call, 2)->shape;
	int extra = picked->rank - values->rank;
	for (int d = 0; d < values->rank; d++) {
		fy_dim have = values->dims[d], wanted = d + extra >= 0 ? picked->dims[d + extra] : 1;
		if (fy_dim_known(have) && fy_dim_known(wanted) && have != 1 && have != wanted)
			return fy_call_raise(call,
					     "values of %" PRId64 " elements for %" PRId64 " picked ones",
					     have, wanted);
	}
	return extra < 0 && !is_fill(call) ? fy_call_raise(call, "the values have too many dimensions")
					   : FY_OK;
}

static fy_status index_put_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_indices indices;
	fy_shape picked;
	fy_status status = fy_call_indices(call, 1, &self->shape, &indices);
	bool accumulate;
	if (status == FY_OK)
		status = fy_indices_shape(call, &self->shape, &indices, &picked);
	if (status == FY_OK)
		status = check_values(call, &picked);
	fy_indices_release(&indices);
	FY_TRY(status);
	FY_TRY(fy_call_bool(call, 3, &accumulate));
	if (fy_call_tensor(call, 2)->dtype != self->dtype && (accumulate || !is_fill(call)))
		return fy_call_raise(call, "the values are of another type than the tensor");
	if (!accumulate && is_fill(call) && has_byte_mask(call))
		return fy_call_raise(call, "one value is filled in by a bool mask only");
	return fy_result_like(call, self->dtype, self);
}

static fy_status index_put_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *values = fy_call_tensor(call, 2);
	bool accumulate, one = fy_tensor_numel(values) == 1;
	fy_tensor *scalar =
		one ? fy_tensor_view(values, values->dtype, &(fy_shape){ 0 }, NULL, values->offset)
		    : fy_tensor_ref((fy_tensor *)values);
	fy_indices indices;
	fy_status status = fy_call_indices(call, 1, &self->shape, &indices);
	if (status == FY_OK)
		status = fy_call_bool(call, 3, &accumulate);
	if (status == FY_OK) {
		fy_tensor_copy(call->outs[0], self);
		status = fy_kernel_index_put(call->outs[0], indices.items, indices.count, scalar, accumulate,
					     call->diags, &call->place);
	}
	fy_indices_release(&indices);
	fy_tensor_unref(scalar);
	return status;
}

/* ---- lowering: by a mask --------------------------------------------------------------------- */

/* The only index of the node when it is a mask, and the dim at which it begins. */
static fy_value *only_mask(const fy_node *node, int *dim)
{
	const fy_arg *list = &node->args[1];
	fy_value *mask = NULL;
	for (int i = 0; i < list->list.count; i++) {
		if (list->list.items[i].kind != FY_ARG_VALUE)
			continue;
		if (mask != NULL)
			return NULL;
		mask = list->list.items[i].v;
		*dim = i;
	}
	if (mask->type->dtype != FY_BOOL && mask->type->dtype != FY_U8)
		return NULL;
	return mask;
}

/* The values are the same for every element of the mask: they have dims behind it only. */
static bool values_are_common(const fy_value *values, int behind)
{
	int64_t count;
	if (values->type->shape.rank <= behind)
		return true;
	return fy_shape_known(&values->type->shape) && fy_shape_numel(&values->type->shape, &count) &&
	       count == 1;
}

static fy_value *put_by_mask(fy_lowering *l, fy_value *self, fy_value *mask, int behind, fy_value *values,
			     bool accumulate)
{
	fy_dtype dtype = self->type->dtype, work = fy_lower_arithmetic_type(dtype);
	int64_t axes[FY_MAX_RANK];
	for (int d = 0; d < behind; d++)
		axes[d] = self->type->shape.rank - behind + d;
	mask = fy_lower_unsqueeze(l, fy_lower_cast(l, mask, FY_BOOL), axes, behind);
	if (values->type->shape.rank > behind)
		values = fy_lower_reshape(l, values, &(fy_shape){ 0 });
	values = fy_lower_cast(l, values, accumulate ? work : dtype);
	if (accumulate)
		values = fy_lower_cast(l, fy_emit2(l, "Add", fy_lower_cast(l, self, work), values), dtype);
	return fy_lower_where(l, mask, values, self);
}

/* ---- lowering: by places --------------------------------------------------------------------- */

/* The values spread over what is picked, with the picked dims in front. */
static fy_value *spread_values(fy_lowering *l, const fy_flat_index *flat, fy_value *values)
{
	const fy_shape *index = &flat->index->type->shape;
	fy_shape picked = { 0 };
	int perm[FY_MAX_RANK], rest = flat->whole.rank - flat->merged, next = 0;
	for (int d = 0; d < flat->place; d++)
		picked.dims[picked.rank++] = flat->whole.dims[flat->merged + d];
	for (int d = 0; d < index->rank; d++)
		picked.dims[picked.rank++] = index->dims[d];
	for (int d = flat->place; d < rest; d++)
		picked.dims[picked.rank++] = flat->whole.dims[flat->merged + d];
	/* Of two unknown sizes the values' is taken for the right one: it can only differ by being 1. */
	for (int d = 0; values != NULL && d < values->type->shape.rank; d++)
		if (!fy_dim_known(values->type->shape.dims[d]))
			picked.dims[picked.rank - values->type->shape.rank + d] = values->type->shape.dims[d];
	values = fy_lower_expand(l, values, &picked);
	for (int d = 0; d < index->rank; d++)
		perm[next++] = flat->place + d;
	for (int d = 0; d < picked.rank; d++)
		if (d < flat->place || d >= flat->place + index->rank)
			perm[next++] = d;
	return fy_lower_transpose(l, values, perm);
}

/* Before ScatterND: rows of the flattened other dims, one index per element. */
static fy_value *put_rows(fy_lowering *l, fy_node *node, const fy_flat_index *flat, fy_value *values)
{
	int64_t row = 1;
	fy_value *index, *data;
	for (int d = flat->merged; d < flat->whole.rank; d++) {
		if (!fy_dim_known(flat->whole.dims[d])) {
			fy_lower_refuse(l, node, "needs opset 11 when sizes are not known");
			return NULL;
		}
		row *= flat->whole.dims[d];
	}
	index = fy_emit(l, "Reshape", FY_IN(flat->index, fy_lower_ints(l, (const int64_t[]){ -1, 1 }, 2)),
			FY_NO_ATTRS);
	index = fy_emit(l, "Expand", FY_IN(index, fy_lower_ints(l, (const int64_t[]){ 1, row }, 2)),
			FY_NO_ATTRS);
	values = fy_emit(l, "Reshape", FY_IN(values, fy_lower_ints(l, (const int64_t[]){ -1, row }, 2)),
			 FY_NO_ATTRS);
	data = fy_emit(l, "Reshape", FY_IN(flat->data, fy_lower_ints(l, (const int64_t[]){ -1, row }, 2)),
		       FY_NO_ATTRS);
	return fy_lower_scatter(l, node, data, 0, index, values, NULL);
}

static fy_value *put_slices(fy_lowering *l, const fy_flat_index *flat, fy_value *values, bool accumulate)
{
	fy_dtype dtype = values->type->dtype, work = dtype;
	int64_t last = flat->index->type->shape.rank;
	fy_value *index = fy_lower_unsqueeze(l, flat->index, &last, 1), *data;
	const fy_attr add = fy_attr_str("reduction", "add");
	if (accumulate) /* ONNX Runtime adds no 16-bit floats */
		work = dtype == FY_F16 ? FY_F32 : fy_lower_arithmetic_type(dtype);
	data = fy_lower_cast(l, flat->data, work);
	values = fy_lower_cast(l, values, work);
	data = fy_emit(l, "ScatterND", FY_IN(data, index, values), &add, accumulate ? 1 : 0);
	return fy_lower_cast(l, data, dtype);
}

static fy_status put_by_places(fy_lowering *l, fy_node *node, fy_value *values, bool accumulate)
{
	int inverse[FY_MAX_RANK];
	fy_flat_index flat;
	fy_value *data;
	if (accumulate && fy_lower_opset(l) < 16)
		return fy_lower_refuse(l, node, "accumulating needs opset 16");
	FY_TRY(fy_lower_flat_index(l, node, 1, true, &flat));
	values = spread_values(l, &flat, fy_lower_cast(l, values, flat.data->type->dtype));
	FY_TRY(fy_lower_status(l));
	data = fy_lower_opset(l) >= 11 ? put_slices(l, &flat, values, accumulate)
				       : put_rows(l, node, &flat, values);
	data = fy_lower_reshape(l, data, &flat.whole);
	for (int d = 0; d < flat.whole.rank; d++)
		inverse[flat.perm[d]] = d;
	fy_lower_result(l, node, 0, fy_lower_transpose(l, data, inverse));
	return fy_lower_status(l);
}

static fy_status index_put_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *values = fy_lower_tensor(l, node, 2), *mask;
	bool accumulate = fy_node_bool(node, 3);
	int dim, behind;
	int64_t count;
	mask = only_mask(node, &dim);
	behind = mask == NULL ? 0 : self->type->shape.rank - dim - mask->type->shape.rank;
	if (fy_shape_numel(&self->type->shape, &count) && count == 0) {
		fy_lower_result(l, node, 0, self);
		return FY_OK;
	}
	if (mask == NULL || !values_are_common(values, behind))
		return put_by_places(l, node, values, accumulate);
	fy_lower_result(l, node, 0, put_by_mask(l, self, mask, behind, values, accumulate));
	return fy_lower_status(l);
}

static int index_put_opset(const fy_node *node)
{
	int dim;
	return fy_node_bool(node, 3) && only_mask(node, &dim) == NULL ? 16 : 9;
}

#define INDEX_PUT_CASES                                                                                      \
	FY_CASES("f32[4,3] [i64[2]{0,2}] f32[2,3]", "f32[4,3] [i64[2]{0,-1}] f32[]",                         \
		 "f32[4,3] [none,i64[2]{0,2}] f32[4,2]", "f32[4,3] [none,i64[2]{2,-2}] f32[2]",              \
		 "f32[4,3] [i64[2]{0,1},i64[2]{1,2}] f32[2]",                                                \
		 "f32[4,3] [i64[2,1]{0,1},i64[2]{-1,0}] f32[2,2]",                                           \
		 "f32[2,3,2] [i64[2]{0,1},none,i64[2]{1,0}] f32[2,3]",                                       \
		 "f32[2,3,2] [none,i64[2]{0,2},i64[2]{1,-2}] f32[2,2]", "f32[4,3] [bool[4,3]] f32[]",        \
		 "f32[4,3] [bool[4]{1,0,1,0}] f32[3]", "f32[4,3] [bool[4]{1,0,1,0}] f32[2,3]",               \
		 "f32[4,3] [none,bool[3]{1,0,1}] f32[]", "f32[4,3] [none,bool[3]{1,0,1}] f32[4,2]",          \
		 "f32[4,3] [bool[4,3]{1,0,0,1}] f32[6]", "f32[4] [i64[3]{0,0,1}] f32[3] true",               \
		 "f32[4,3] [i64[2]{1,1}] f32[2,3] true", "i64[4] [i64[3]{0,0,1}] i64[3] true",               \
		 "f32[4] [bool[4]] f32[] true", "i64[4] [i64[1]{2}] i64[]", "bool[4] [i64[1]{2}] bool[]",    \
		 "f16[4] [i64[2]{2,0}] f16[2]", "bf16[4] [i64[2]{2,0}] bf16[2]",                             \
		 "f16[4] [i64[2]{2,2}] f16[2] true", "f32[4,3]^T [i64[2]{0,2}] f32[2,3]",                    \
		 "f32[4] [bool[4]] i64[]", "f32[4] [i64[1]{0}] i64[1]", "f32[4] [i64[1]{4}] f32[1]",         \
		 "f32[4] [i64[2]{0,1}] f32[3]", "f32[4,3] [i64[]{1}] f32[3]", "f32[4] [u8[4]{1,0}] f32[1]",  \
		 "f32[4,3] [i32[2]{0,2}] f32[1,3]", "f32[4,3] [i64[0]] f32[]", "f32[4] [bool[4]{0}] f32[0]", \
		 "f32[2,3,2] [bool[2,3]{1,0,0,1,1,0}] f32[3,2]")

const fy_op fy_aten_index_put = {
	.name = "aten::index_put",
	.overloads = ",hacked_twin",
	.infer = index_put_infer,
	.eval = index_put_eval,
	.lower = index_put_lower,
	.plain_opset = index_put_opset,
	.cases = INDEX_PUT_CASES,
};

const fy_op fy_aten_unsafe_index_put = {
	.name = "aten::_unsafe_index_put",
	.overloads = "",
	.infer = index_put_infer,
	.eval = index_put_eval,
	.lower = index_put_lower,
	.plain_opset = index_put_opset,
	.cases = FY_CASES("f32[4,3] [i64[2]{0,2}] f32[2,3]"),
};

/* ---- masked_scatter -------------------------------------------------------------------------- */

static fy_status masked_scatter_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape;
	if (fy_call_tensor(call, 1)->dtype != FY_BOOL || fy_call_tensor(call, 2)->dtype != self->dtype)
		return fy_call_raise(call, "it takes a bool mask and a source of the tensor's type");
	FY_TRY(fy_call_broadcast(call, (const int[]){ 0, 1 }, 2, &shape));
	return fy_result_fresh(call, self->dtype, &shape);
}

static fy_tensor *spread(const fy_tensor *t, const fy_shape *shape)
{
	int64_t strides[FY_MAX_RANK];
	int extra = shape->rank - t->shape.rank;
	for (int d = 0; d < shape->rank; d++)
		strides[d] =
			d < extra || t->shape.dims[d - extra] != shape->dims[d] ? 0 : t->strides[d - extra];
	return fy_tensor_view(t, t->dtype, shape, strides, t->offset);
}

static fy_status masked_scatter_eval(fy_call *call)
{
	const fy_shape *shape = &call->outs[0]->shape;
	fy_tensor *self = spread(fy_call_tensor(call, 0), shape),
		  *mask = spread(fy_call_tensor(call, 1), shape);
	fy_status status;
	fy_tensor_copy(call->outs[0], self);
	status = fy_kernel_masked_scatter(call->outs[0], mask, fy_call_tensor(call, 2), call->diags,
					  &call->place);
	fy_tensor_unref(self);
	fy_tensor_unref(mask);
	return status;
}

/* Each true element takes the source's element of its number among the true ones. */
static fy_status masked_scatter_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *mask = fy_lower_tensor(l, node, 1), *line, *number,
		 *source;
	fy_value *flat = fy_lower_ints(l, (const int64_t[]){ -1 }, 1);
	if (fy_lower_opset(l) < 11)
		return fy_lower_refuse(l, node, "needs opset 11");
	fy_lower_to_common_shape(l, &self, &mask);
	line = fy_emit(l, "Reshape", FY_IN(fy_lower_cast(l, mask, FY_I64), flat), FY_NO_ATTRS);
	number = fy_emit2(l, "CumSum", line, fy_lower_int(l, 0));
	number = fy_emit2(l, "Sub", number, line); /* how many are before */
	source = fy_emit(l, "Reshape", FY_IN(fy_lower_tensor(l, node, 2), flat), FY_NO_ATTRS);
	/* Behind the last true element the number is the source's size at most: back into range. */
	number = fy_lower_min(l, number, fy_emit2(l, "Sub", fy_emit1(l, "Size", source), fy_lower_int(l, 1)));
	source = fy_emit(l, "Gather", FY_IN(source, number), FY_ATTRS(fy_attr_int("axis", 0)));
	source = fy_emit(l, "Reshape", FY_IN(source, fy_lower_shape_of(l, mask)), FY_NO_ATTRS);
	fy_lower_result(l, node, 0, fy_lower_where(l, mask, source, self));
	return fy_lower_status(l);
}

static int masked_scatter_opset(const fy_node *node)
{
	(void)node;
	return 11;
}

const fy_op fy_aten_masked_scatter = {
	.name = "aten::masked_scatter",
	.infer = masked_scatter_infer,
	.eval = masked_scatter_eval,
	.lower = masked_scatter_lower,
	.plain_opset = masked_scatter_opset,
	.cases = FY_CASES("f32[2,3] bool[2,3]{1,0,0,1} f32[4]", "f32[2,3] bool[3]{0,1,1} f32[2,2]",
			  "i64[3] bool[2,1]{0,1} i64[3]", "f32[3] bool[3]{1} f32[2]", "f32[2] u8[2] f32[2]",
			  "f32[2] bool[2] f64[2]"),
};
