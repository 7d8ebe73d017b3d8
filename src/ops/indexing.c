/*
 * Reading by index: index with integers and masks, index_select, gather, take, embedding, and what depends on
 * data in size: nonzero, masked_select.
 */
#include "ops/indices.h"

#include <string.h>

static fy_status no_memory(const fy_call *call)
{
	return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
			call->schema->full);
}

/* ---- index ----------------------------------------------------------------------------------- */

/* The strides of the result follow the dims of self that are taken whole, and the layout of the indices. */
static fy_status index_result(fy_call *call, const fy_indices *indices, const fy_shape *shape)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *operands[FY_MAX_RANK + 1];
	fy_tensor metas[FY_MAX_RANK + 1];
	int place = -1, last = -1, given = 0, count = 1, spread;
	for (int d = 0; d < indices->count; d++) {
		if (indices->items[d] == NULL)
			continue;
		place = place < 0 ? d : place;
		last = d;
		given++;
	}
	place = last - place + 1 == given ? place : 0;
	spread = shape->rank - (self->shape.rank - given);
	metas[0] = (fy_tensor){ .dtype = self->dtype, .shape = *shape };
	for (int d = 0, to = 0; d < self->shape.rank; d++) {
		if (to == place)
			to += spread;
		if (d >= indices->count || indices->items[d] == NULL)
			metas[0].strides[to++] = self->strides[d];
	}
	for (int d = 0; d < indices->count; d++) {
		const fy_tensor *index = indices->items[d];
		fy_tensor *meta = &metas[count];
		if (index == NULL)
			continue;
		*meta = (fy_tensor){ .dtype = FY_I64, .shape = { .rank = shape->rank } };
		for (int k = 0; k < shape->rank; k++) {
			int own = k - place - (spread - index->shape.rank);
			bool inside = k < place + spread && own >= 0 && own < index->shape.rank;
			meta->shape.dims[k] = inside ? index->shape.dims[own] : 1;
			meta->strides[k] = inside ? index->strides[own] : 1;
		}
		count++;
	}
	for (int i = 0; i < count; i++)
		operands[i] = &metas[i];
	return fy_result_pointwise(call, self->dtype, shape, operands, count);
}

static fy_status index_infer(fy_call *call)
{
	const fy_shape *self = &fy_call_tensor(call, 0)->shape;
	fy_indices indices;
	fy_shape shape;
	fy_status status = fy_call_indices(call, 1, self, &indices);
	if (status == FY_OK)
		status = fy_indices_shape(call, self, &indices, &shape);
	if (status == FY_OK)
		status = index_result(call, &indices, &shape);
	fy_indices_release(&indices);
	return status;
}

static fy_status index_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_indices indices;
	fy_status status = fy_call_indices(call, 1, &self->shape, &indices);
	if (status == FY_OK)
		status = fy_kernel_index(call->outs[0], self, indices.items, indices.count, call->diags,
					 &call->place);
	fy_indices_release(&indices);
	return status;
}

static fy_status index_lower(fy_lowering *l, fy_node *node)
{
	fy_flat_index flat;
	FY_TRY(fy_lower_flat_index(l, node, 1, false, &flat));
	fy_lower_result(
		l, node, 0,
		fy_emit(l, "Gather", FY_IN(flat.data, flat.index), FY_ATTRS(fy_attr_int("axis", flat.axis))));
	return fy_lower_status(l);
}

#define INDEX_CASES                                                                                       \
	FY_CASES(".Tensor f32[4,3] [i64[2]{0:4}]", ".Tensor f32[4,3] [none,i64[2]{2,-1}]",                \
		 ".Tensor f32[4,3] [i64[2]{0:4},i64[2]{0:3}]",                                            \
		 ".Tensor f32[4,3] [i64[2,1]{0:4},i64[2]{0:3}]", ".Tensor f32[4,3] [bool[4]]",            \
		 ".Tensor f32[4,3] [bool[4,3]]", ".Tensor f32[4,3] [none,bool[3]]",                       \
		 ".Tensor f32[2,3,4] [i64[2]{0,1},none,i64[2]{3,-2}]",                                    \
		 ".Tensor f32[2,3,4] [none,i64[2]{-1,0},i64[2]{0:4}]",                                    \
		 ".Tensor f32[2,3,4] [none,bool[3,4]]", ".Tensor f32[2,3,4]^T [i64[2]{0:2}]",             \
		 ".Tensor f32[2,3,4]^R [none,i64[2]{0:3}]",                                               \
		 ".Tensor f32[2,3,4]^R [i64[2,2]{0:2},i64[2]{0:3}]", ".Tensor f32[4,3] [i64[]{1}]",       \
		 ".Tensor f32[4,3] [u8[4]{0,1}]", ".Tensor f32[4,3] [bool[4]{0}]",                        \
		 ".Tensor i64[4] [i32[3]{0:4}]", ".Tensor bool[4] [i64[3]{0:4}]",                         \
		 ".Tensor bf16[4] [i64[3]{0:4}]", ".Tensor f32[3,2] [bool[3],i64[1]{1}]",                 \
		 ".Tensor f32[4,3] [i64[2]{0,4}]", ".Tensor f32[4,3] [bool[3]]",                          \
		 ".Tensor f32[4] [i64[1]{0},i64[1]{0}]", ".Tensor f32[4] [f32[1]{0}]",                    \
		 ".Tensor f32[2] [i64[2,3]{0:2}^T]",                                                      \
		 ".Tensor f32[2,2,2,2] [none,i64[2]{0:2},none,i64[2]{0:2}]", ".Tensor f32[4,3] [i64[0]]", \
		 ".Tensor f32[4,3] [i64[2]{0:4},i64[3]{0:3}]")

const fy_op fy_aten_index = {
	.name = "aten::index",
	.overloads = "Tensor,Tensor_hacked_twin",
	.flags = FY_OP_MOVES | FY_OP_DATA_SIZE,
	.infer = index_infer,
	.eval = index_eval,
	.lower = index_lower,
	.cases = INDEX_CASES,
};

const fy_op fy_aten_unsafe_index = {
	.name = "aten::_unsafe_index",
	.overloads = "Tensor",
	.flags = FY_OP_MOVES | FY_OP_DATA_SIZE,
	.infer = index_infer,
	.eval = index_eval,
	.lower = index_lower,
	.cases = FY_CASES("f32[4,3] [i64[2]{0:4}]", "f32[4,3] [i64[2,1]{0:4},i64[2]{0:3}]"),
};

/* ---- index_select, embedding, take ----------------------------------------------------------- */

static fy_status check_index(const fy_call *call, const fy_tensor *index)
{
	if (fy_tensor_numel(index) == 0 && fy_dtype_is_integer(index->dtype)) /* PyTorch looks no further */
		return FY_OK;
	if (index->dtype != FY_I64 && index->dtype != FY_I32)
		return fy_call_raise(call, "the index must be int64 or int32, not %s",
				     fy_dtype_name(index->dtype));
	return FY_OK;
}

static fy_status index_select_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	fy_shape shape = self->shape;
	int dim;
	FY_TRY(fy_call_dim(call, 1, shape.rank, &dim));
	FY_TRY(check_index(call, index));
	if (index->shape.rank > 1)
		return fy_call_raise(call, "the index must be a line");
	if (shape.rank > 0)
		shape.dims[dim] = index->shape.rank ? index->shape.dims[0] : 1;
	else if (index->shape.rank && fy_dim_known(index->shape.dims[0]) && index->shape.dims[0] != 1)
		return fy_call_raise(call, "a 0-d tensor takes one index");
	return fy_result_fresh(call, self->dtype, &shape);
}

/* A 0-d index as a line of one. */
static fy_tensor *as_line(const fy_tensor *index)
{
	fy_shape shape = { 1, { fy_tensor_numel(index) } };
	return fy_tensor_view(index, index->dtype, &shape,
			      (const int64_t[]){ index->shape.rank ? index->strides[0] : 1 }, index->offset);
}

/* PyTorch counts no index from the end here. */
static fy_status check_not_negative(const fy_call *call, const fy_tensor *index)
{
	for (int64_t i = fy_tensor_numel(index) - 1; i >= 0; i--)
		if (fy_tensor_get_i64(index, i) < 0)
			return fy_call_raise(call, "index %" PRId64 " is out of range",
					     fy_tensor_get_i64(index, i));
	return FY_OK;
}

static fy_status index_select_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	fy_tensor *line;
	fy_status status;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(check_not_negative(call, index));
	line = self->shape.rank ? as_line(index)
				: fy_tensor_view(index, index->dtype, &self->shape, NULL, index->offset);
	status = fy_kernel_index_select(call->outs[0], self, dim, line, call->diags, &call->place);
	fy_tensor_unref(line);
	return status;
}

static fy_status index_select_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index = fy_lower_tensor(l, node, 2);
	int64_t dim = fy_node_int(node, 1);
	if (self->type->shape.rank == 0) {
		fy_lower_result(l, node, 0, self);
		return FY_OK;
	}
	dim += dim < 0 ? self->type->shape.rank : 0;
	if (index->type->shape.rank == 0)
		index = fy_lower_unsqueeze(l, index, (const int64_t[]){ 0 }, 1);
	fy_lower_result(l, node, 0,
			fy_emit(l, "Gather", FY_IN(self, index), FY_ATTRS(fy_attr_int("axis", dim))));
	return fy_lower_status(l);
}

const fy_op fy_aten_index_select = {
	.name = "aten::index_select",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = index_select_infer,
	.eval = index_select_eval,
	.lower = index_select_lower,
	.cases = FY_CASES("f32[4,3] 0 i64[2]{0:4}", "f32[4,3] -1 i64[4]{0:3}", "f32[4,3]^T 1 i32[2]{0:3}",
			  "f32[4] 0 i64[]{2}", "f32[4,3] 0 i64[2]{0,-1}", "f32[4,3] 0 i64[1,1]{0}",
			  "f32[4,3] 0 i64[0]", "bool[3] 0 i64[2]{0:3}", "f32[] 0 i64[1]{0}",
			  "f32[4] 0 i64[1]{4}", "bf16[4] 0 i64[2]{0:4}", "f32[4] 0 f32[1]"),
};

static fy_status embedding_infer(fy_call *call)
{
	const fy_tensor *weight = fy_call_tensor(call, 0), *indices = fy_call_tensor(call, 1);
	fy_shape shape = indices->shape;
	FY_TRY(check_index(call, indices));
	if (weight->shape.rank != 2)
		return fy_call_raise(call, "the weight must be a matrix");
	if (shape.rank == FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	shape.dims[shape.rank++] = weight->shape.dims[1];
	return fy_result_fresh(call, weight->dtype, &shape);
}

static fy_status embedding_eval(fy_call *call)
{
	FY_TRY(check_not_negative(call, fy_call_tensor(call, 1)));
	return fy_kernel_index_select(call->outs[0], fy_call_tensor(call, 0), 0, fy_call_tensor(call, 1),
				      call->diags, &call->place);
}

static fy_status embedding_lower(fy_lowering *l, fy_node *node)
{
	fy_lower_result(l, node, 0,
			fy_emit(l, "Gather", FY_IN(fy_lower_tensor(l, node, 0), fy_lower_tensor(l, node, 1)),
				FY_ATTRS(fy_attr_int("axis", 0))));
	return fy_lower_status(l);
}

const fy_op fy_aten_embedding = {
	.name = "aten::embedding",
	.flags = FY_OP_MOVES,
	.infer = embedding_infer,
	.eval = embedding_eval,
	.lower = embedding_lower,
	.cases = FY_CASES("f32[4,3] i64[2]{0:4}", "f32[4,3] i64[2,2]{0:4} 0", "f16[4,3] i32[2]{0:4}",
			  "f32[4,3] i64[]{3}", "f32[4,3] i64[1]{4}", "f32[4] i64[1]{0}",
			  "f32[4,3] i64[1]{-1}"),
};

static fy_status take_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 1);
	if (index->dtype != FY_I64)
		return fy_call_raise(call, "the index must be int64");
	return fy_result_fresh(call, self->dtype, &index->shape);
}

static fy_status take_eval(fy_call *call)
{
	const fy_tensor *index = fy_call_tensor(call, 1);
	fy_tensor *plain = fy_tensor_contiguous((fy_tensor *)fy_call_tensor(call, 0)), *line;
	fy_shape shape = { 1, { fy_tensor_numel(fy_call_tensor(call, 0)) } };
	fy_status status;
	if (plain == NULL)
		return no_memory(call);
	line = fy_tensor_view(plain, plain->dtype, &shape, (const int64_t[]){ 1 }, plain->offset);
	status = fy_kernel_index_select(call->outs[0], line, 0, index, call->diags, &call->place);
	fy_tensor_unref(line);
	fy_tensor_unref(plain);
	return status;
}

static fy_value *flat(fy_lowering *l, fy_value *x)
{
	if (x == NULL || x->type->shape.rank == 1)
		return x;
	return fy_emit(l, "Reshape", FY_IN(x, fy_lower_ints(l, (const int64_t[]){ -1 }, 1)), FY_NO_ATTRS);
}

static fy_status take_lower(fy_lowering *l, fy_node *node)
{
	fy_lower_result(
		l, node, 0,
		fy_lower_gather(l, flat(l, fy_lower_tensor(l, node, 0)), fy_lower_tensor(l, node, 1), 0));
	return fy_lower_status(l);
}

const fy_op fy_aten_take = {
	.name = "aten::take",
	.flags = FY_OP_MOVES,
	.infer = take_infer,
	.eval = take_eval,
	.lower = take_lower,
	.cases = FY_CASES("f32[2,3] i64[2,2]{0,5,-1,2}", "f32[2,3]^T i64[]{4}", "i64[4] i64[2]{0:4}",
			  "f32[2] i64[1]{2}", "f32[2] i32[1]{1}"),
};

/* ---- gather ---------------------------------------------------------------------------------- */

static fy_status gather_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	int dim, rank = self->shape.rank ? self->shape.rank : 1;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(check_index(call, index));
	if (fy_tensor_numel(index) != 0) {
		if (rank != (index->shape.rank ? index->shape.rank : 1))
			return fy_call_raise(call, "the index has rank %d, the tensor %d", index->shape.rank,
					     self->shape.rank);
		for (int d = 0; d < self->shape.rank && d < index->shape.rank; d++)
			if (d != dim && fy_dim_known(self->shape.dims[d]) &&
			    index->shape.dims[d] > self->shape.dims[d])
				return fy_call_raise(
					call, "the index is larger than the tensor along dimension %d", d);
	}
	return fy_result_fresh(call, self->dtype, &index->shape);
}

/* Brings a 0-d tensor among 1-d ones to rank 1. */
static fy_tensor *ranked(const fy_tensor *t, int rank)
{
	if (t->shape.rank == rank)
		return fy_tensor_ref((fy_tensor *)t);
	return fy_tensor_view(t, t->dtype, &(fy_shape){ rank, { 1 } }, (const int64_t[]){ 1 }, t->offset);
}

static fy_status gather_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	fy_tensor *from, *at, *to;
	fy_status status;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (fy_tensor_numel(index) == 0)
		return FY_OK;
	FY_TRY(check_not_negative(call, index));
	if (self->shape.rank == index->shape.rank)
		return fy_kernel_gather(call->outs[0], self, dim, index, call->diags, &call->place);
	from = ranked(self, 1);
	at = ranked(index, 1);
	to = ranked(call->outs[0], 1);
	status = fy_kernel_gather(to, from, 0, at, call->diags, &call->place);
	fy_tensor_unref(from);
	fy_tensor_unref(at);
	fy_tensor_unref(to);
	return status;
}

/* Places in the flat tensor of everything but `dim`, for an index of this shape. */
static fy_tensor *other_places(const fy_shape *self, const fy_shape *index, int dim)
{
	fy_tensor *places = fy_tensor_new(FY_I64, index, false);
	int64_t strides[FY_MAX_RANK], at[FY_MAX_RANK] = { 0 }, *out;
	if (!places)
		return NULL;
	fy_shape_strides(self, strides);
	out = fy_tensor_write_data(places);
	for (int64_t n = fy_tensor_numel(places); n > 0; n--, out++) {
		*out = 0;
		for (int d = 0; d < index->rank; d++)
			*out += d == dim ? 0 : at[d] * strides[d];
		for (int d = index->rank - 1; d >= 0 && ++at[d] == index->dims[d]; d--)
			at[d] = 0;
	}
	return places;
}

/* Before GatherElements: a plain Gather from the flat tensor. */
static fy_value *gather_flat(fy_lowering *l, fy_node *node, fy_value *self, int dim, fy_value *index)
{
	int64_t strides[FY_MAX_RANK];
	if (!fy_shape_known(&self->type->shape) || !fy_shape_known(&index->type->shape)) {
		fy_lower_refuse(l, node, "needs opset 11 when sizes are not known");
		return NULL;
	}
	fy_shape_strides(&self->type->shape, strides);
	index = fy_lower_cast(l, index, FY_I64);
	if (strides[dim] != 1)
		index = fy_emit2(l, "Mul", index, fy_lower_int(l, strides[dim]));
	if (self->type->shape.rank > 1)
		index = fy_emit2(
			l, "Add", index,
			fy_lower_constant(l, other_places(&self->type->shape, &index->type->shape, dim)));
	return fy_emit(l, "Gather", FY_IN(flat(l, self), index), FY_ATTRS(fy_attr_int("axis", 0)));
}

static fy_status gather_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index = fy_lower_tensor(l, node, 2), *picked;
	int64_t dim = fy_node_int(node, 1);
	const fy_type *type = fy_node_result_type(node, 0);
	int64_t count;
	dim += dim < 0 ? self->type->shape.rank : 0;
	if (fy_shape_numel(&index->type->shape, &count) && count == 0)
		picked = fy_lower_constant(l, fy_tensor_new(type->dtype, &index->type->shape, true));
	else if (self->type->shape.rank == 0 || index->type->shape.rank == 0)
		picked = fy_emit(l, "Gather", FY_IN(flat(l, self), index), FY_ATTRS(fy_attr_int("axis", 0)));
	else if (fy_lower_opset(l) >= 11)
		picked = fy_emit(l, "GatherElements", FY_IN(self, index), FY_ATTRS(fy_attr_int("axis", dim)));
	else
		picked = gather_flat(l, node, self, (int)dim, index);
	fy_lower_result(l, node, 0, picked);
	return fy_lower_status(l);
}

static int gather_plain_opset(const fy_node *node)
{
	(void)node;
	return 11;
}

const fy_op fy_aten_gather = {
	.name = "aten::gather",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = gather_infer,
	.eval = gather_eval,
	.lower = gather_lower,
	.plain_opset = gather_plain_opset,
	.cases = FY_CASES("f32[2,3] 1 i64[2,2]{0:3}", "f32[2,3] 0 i64[3,3]{0:2}",
			  "f32[2,3]^T -1 i64[2,1]{0:3}", "f32[2,3] 1 i64[1,2]{0:3}", "i64[4] 0 i64[2]{0:4}",
			  "f32[] 0 i64[]{0}", "f32[3] 0 i64[]{1}", "f32[2,3] 1 i64[0]",
			  "f32[2,3] 1 i64[2,2]{0,3}", "f32[2,3] 1 i64[3,2]{0:3}", "f32[2,3] 1 i64[2]{0}",
			  "bool[2,2,3] 1 i64[2,1,3]{0:2}", "f32[2,3] 1 i32[2,2]{0:3}",
			  "f32[2,3] 1 i64[2,2]{0,-1}"),
};

static fy_status take_along_dim_compose(fy_compose *c)
{
	fy_arg self = c->call->args[0], index = c->call->args[1], dim = c->call->args[2];
	fy_shape shape = self.t->shape, wanted = index.t->shape;
	int axis;
	if (dim.kind == FY_ARG_NONE) {
		self = fy_do2(c, "aten::view", fy_do2(c, "aten::contiguous", self, fy_arg_int(0)),
			      fy_arg_ints(c->builder->arena, (const int64_t[]){ -1 }, 1));
		index = fy_do2(c, "aten::view", fy_do2(c, "aten::contiguous", index, fy_arg_int(0)),
			       fy_arg_ints(c->builder->arena, (const int64_t[]){ -1 }, 1));
		c->results[0] = fy_do3(c, "aten::gather", self, fy_arg_int(0), index);
		return FY_OK;
	}
	FY_TRY(fy_call_dim(c->call, 2, shape.rank, &axis));
	if (shape.rank != wanted.rank || shape.rank == 0)
		return fy_call_raise(c->call, "the index has rank %d, the tensor %d", wanted.rank,
				     shape.rank);
	shape.dims[axis] = wanted.dims[axis] = 1;
	if (!fy_shape_broadcast(&shape, &wanted, &wanted))
		return fy_call_raise(c->call, "the index does not broadcast to the tensor");
	if (!fy_shape_known(&wanted))
		return fy_call_unsupported(c->call, "sizes that depend on data");
	shape = wanted;
	shape.dims[axis] = self.t->shape.dims[axis];
	wanted.dims[axis] = index.t->shape.dims[axis];
	if (!fy_shape_eq(&shape, &self.t->shape))
		self = fy_do2(c, "aten::expand", self,
			      fy_arg_ints(c->builder->arena, shape.dims, shape.rank));
	if (!fy_shape_eq(&wanted, &index.t->shape))
		index = fy_do2(c, "aten::expand", index,
			       fy_arg_ints(c->builder->arena, wanted.dims, wanted.rank));
	c->results[0] = fy_do3(c, "aten::gather", self, fy_arg_int(axis), index);
	return FY_OK;
}

const fy_op fy_aten_take_along_dim = {
	.name = "aten::take_along_dim",
	.overloads = "",
	.compose = take_along_dim_compose,
	.cases = FY_CASES("f32[2,3] i64[2,2]{0:3} 1", "f32[2,3] i64[1,2]{0:3} 1", "f32[2,3] i64[4]{0:6}",
			  "f32[1,3] i64[2,1]{0:3} 1", "f32[2,3] i64[2]{0:3} 1"),
};

/* ---- where something is true ----------------------------------------------------------------- */

static fy_status nonzero_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = { 2, { 0, self->shape.rank } };
	int64_t strides[2] = { 1, FY_STRIDE_UNKNOWN }; /* column by column, as PyTorch finds them */
	shape.dims[0] = fy_tensor_has_data(self) ? fy_kernel_count_nonzero(self) : fy_call_new_symbol(call);
	if (fy_dim_known(shape.dims[0]))
		strides[1] = shape.dims[0];
	return fy_result_strided(call, FY_I64, &shape, strides);
}

static fy_status nonzero_eval(fy_call *call)
{
	fy_kernel_nonzero(call->outs[0], fy_call_tensor(call, 0));
	return FY_OK;
}

/* ONNX gives a column per element; of a 0-d tensor one row too many. */
static fy_status nonzero_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), FY_BOOL);
	int64_t axis = 0, none = 0;
	bool scalar = x != NULL && x->type->shape.rank == 0;
	if (scalar)
		x = fy_lower_unsqueeze(l, x, &axis, 1);
	x = fy_emit1(l, "NonZero", x);
	if (scalar)
		x = fy_lower_slice(l, x, &axis, &none, &none, NULL, 1);
	fy_lower_result(l, node, 0, fy_lower_transpose(l, x, (const int[]){ 1, 0 }));
	return fy_lower_status(l);
}

const fy_op fy_aten_nonzero = {
	.name = "aten::nonzero",
	.overloads = "",
	.flags = FY_OP_DATA_SIZE,
	.infer = nonzero_infer,
	.eval = nonzero_eval,
	.lower = nonzero_lower,
	.cases = FY_CASES("bool[2,3]", "f32[4]{0,1,-1,0}", "i64[2,2]", "bool[]{1}", "bool[3]{0}",
			  "f16[3]{0,1}", "u8[3]{0,2}", "bool[2,3]^T", "f64[3]{0,nan}", "f32[0]"),
};

const fy_op fy_aten_argwhere = {
	.name = "aten::argwhere",
	.flags = FY_OP_DATA_SIZE,
	.infer = nonzero_infer,
	.eval = nonzero_eval,
	.lower = nonzero_lower,
	.cases = FY_CASES("bool[2,3]", "f32[4]{0,1,-1,0}"),
};

static fy_status nonzero_numpy_compose(fy_compose *c)
{
	fy_arg x = c->call->args[0], args[2];
	if (x.t->shape.rank == 0)
		x = fy_do2(c, "aten::unsqueeze", x, fy_arg_int(0));
	FY_TRY(c->status);
	c->result_count = x.t->shape.rank;
	c->results = FY_NEW_ARRAY(c->builder->arena, fy_arg, c->result_count + 1);
	args[0] = fy_do1(c, "aten::nonzero", x);
	args[1] = fy_arg_int(1);
	FY_TRY(c->status);
	return c->builder->call(c->builder, "aten::unbind.int", args, 2, c->results, c->result_count);
}

const fy_op fy_aten_nonzero_numpy = {
	.name = "aten::nonzero_numpy",
	.flags = FY_OP_DATA_SIZE,
	.compose = nonzero_numpy_compose,
	.cases = FY_CASES("bool[2,3]", "f32[4]{0,1,-1,0}", "bool[]{1}"),
};

const fy_op fy_aten_where_nonzero = {
	.name = "aten::where",
	.overloads = "",
	.flags = FY_OP_DATA_SIZE,
	.compose = nonzero_numpy_compose,
	.cases = FY_CASES("bool[2,3]", "bool[4]"),
};

static fy_status masked_select_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *mask = fy_call_tensor(call, 1);
	fy_shape both, shape = { 1, { 0 } };
	if (mask->dtype != FY_BOOL)
		return fy_call_raise(call, "the mask must be a bool tensor");
	if (!fy_shape_broadcast(&self->shape, &mask->shape, &both))
		return fy_call_raise(call, "the mask does not broadcast to the tensor");
	if (fy_tensor_has_data(mask) && fy_shape_eq(&both, &mask->shape))
		shape.dims[0] = fy_kernel_count_nonzero(mask);
	else
		shape.dims[0] = fy_call_new_symbol(call);
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

static fy_status masked_select_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *mask = fy_call_tensor(call, 1);
	fy_tensor *from, *which;
	fy_shape both, shape = { 1, { 0 } };
	FY_ASSERT(fy_shape_broadcast(&self->shape, &mask->shape, &both));
	from = spread(self, &both);
	which = spread(mask, &both);
	shape.dims[0] = fy_kernel_count_nonzero(which);
	if (call->outs[0] == NULL)
		call->outs[0] = fy_tensor_new(self->dtype, &shape, false);
	if (call->outs[0] != NULL)
		fy_kernel_masked_select(call->outs[0], from, which);
	fy_tensor_unref(from);
	fy_tensor_unref(which);
	return call->outs[0] == NULL ? no_memory(call) : FY_OK;
}

static fy_status masked_select_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *mask = fy_lower_tensor(l, node, 1);
	fy_lower_to_common_shape(l, &self, &mask);
	self = flat(l, self);
	mask = fy_lower_positions(l, flat(l, mask));
	fy_lower_result(l, node, 0,
			fy_emit(l, "Gather", FY_IN(self, mask), FY_ATTRS(fy_attr_int("axis", 0))));
	return fy_lower_status(l);
}

const fy_op fy_aten_masked_select = {
	.name = "aten::masked_select",
	.flags = FY_OP_MOVES | FY_OP_DATA_SIZE,
	.infer = masked_select_infer,
	.eval = masked_select_eval,
	.lower = masked_select_lower,
	.cases = FY_CASES("f32[2,3] bool[2,3]", "f32[2,3] bool[3]", "f32[3] bool[2,1]",
			  "i64[2,3]^T bool[2,3]", "f32[2] u8[2]{0:2}", "f32[] bool[]{1}", "f32[2] bool[3]"),
};
