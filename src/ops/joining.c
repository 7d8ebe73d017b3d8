/*
 * Joining tensors: cat, stack and their kin, and tensors brought to a common shape (broadcast_tensors,
 * meshgrid). Types are promoted over the list; the layout of the parts, row-major or channels last, is kept
 * as PyTorch keeps it.
 */
#include "ops/views.h"

#include <string.h>

static const fy_tensor *part_of(const fy_call *call, int item)
{
	return call->args[0].list.items[item].t;
}

static int part_count(const fy_call *call)
{
	return call->args[0].list.count;
}

static fy_status promote_parts(const fy_call *call, fy_dtype *out)
{
	if (part_count(call) == 0)
		return fy_call_raise(call, "an empty list of tensors");
	*out = part_of(call, 0)->dtype;
	for (int i = 1; i < part_count(call); i++)
		if (!fy_promote_types(*out, part_of(call, i)->dtype, out))
			return fy_call_raise(call, "the tensors' types do not promote to a common one");
	return FY_OK;
}

/* ---- layout ---------------------------------------------------------------------------------- */

/* Strides of a new tensor of `shape`; all parts channels last makes it so too. */
static void joined_strides(const fy_shape *shape, bool channels_last, int64_t strides[])
{
	if (channels_last)
		fy_channels_last_strides(shape, strides);
	else
		fy_shape_strides(shape, strides);
}

/* ---- cat ------------------------------------------------------------------------------------- */

/* Empty 1-d tensors are left out, whatever the rank of the others. Of unknown size among tensors of another
 * rank they must be empty. */
static bool left_out(const fy_shape *shape, int rank)
{
	if (shape->rank != 1)
		return false;
	return shape->dims[0] == 0 || (!fy_dim_known(shape->dims[0]) && rank > 1);
}

static int highest_rank(const fy_call *call)
{
	int rank = 0;
	for (int i = 0; i < part_count(call); i++)
		if (part_of(call, i)->shape.rank > rank)
			rank = part_of(call, i)->shape.rank;
	return rank;
}

/* Takes part `item` into the joint shape; along `dim` sizes add up. */
static fy_status join_shape(const fy_call *call, int item, int dim, fy_shape *shape, bool first)
{
	const fy_shape *part = &part_of(call, item)->shape;
	if (first) {
		*shape = *part;
		return FY_OK;
	}
	if (part->rank != shape->rank)
		return fy_call_raise(call, "tensors of ranks %d and %d", shape->rank, part->rank);
	for (int d = 0; d < shape->rank; d++) {
		fy_dim *size = &shape->dims[d];
		bool known = fy_dim_known(*size) && fy_dim_known(part->dims[d]);
		if (d == dim && known && !fy_add_i64(*size, part->dims[d], size))
			return fy_call_raise(call, "the result is too large");
		else if (d == dim && !known && *size == 0)
			*size = part->dims[d];
		else if (d == dim && !known && part->dims[d] != 0)
			*size = fy_call_new_symbol(call);
		else if (d != dim && known && *size != part->dims[d])
			return fy_call_raise(call, "sizes %" PRId64 " and %" PRId64 " of dimension %d differ",
					     *size, part->dims[d], d);
		else if (d != dim && !fy_dim_known(*size))
			*size = part->dims[d];
	}
	return FY_OK;
}

static fy_status cat_infer(fy_call *call)
{
	int rank = highest_rank(call), dim, taken = 0;
	int64_t strides[FY_MAX_RANK];
	fy_shape shape = { 1, { 0 } };
	bool channels_last = true;
	fy_dtype dtype;
	FY_TRY(promote_parts(call, &dtype));
	FY_TRY(fy_call_dim(call, 1, rank, &dim));
	for (int i = 0; i < part_count(call); i++) {
		const fy_tensor *part = part_of(call, i);
		if (part->shape.rank == 0)
			return fy_call_raise(call, "tensor %d is 0-d", i);
		channels_last &= fy_is_channels_last(&part->shape, part->strides);
		if (!left_out(&part->shape, rank))
			FY_TRY(join_shape(call, i, dim, &shape, taken++ == 0));
	}
	joined_strides(&shape, channels_last, strides);
	return fy_result_strided(call, dtype, &shape, strides);
}

static fy_status cat_eval(fy_call *call)
{
	const fy_tensor **parts = FY_NEW_ARRAY(call->arena, const fy_tensor *, part_count(call));
	int rank = highest_rank(call), dim, count = 0;
	FY_TRY(fy_call_dim(call, 1, rank, &dim));
	for (int i = 0; i < part_count(call); i++)
		if (!left_out(&part_of(call, i)->shape, rank))
			parts[count++] = part_of(call, i);
	if (count > 0)
		fy_kernel_cat(call->outs[0], parts, count, dim);
	return FY_OK;
}

/* The parts of a node in the result's type; the legacy empty ones left out. */
static int lower_parts(fy_lowering *l, fy_node *node, fy_value **parts)
{
	const fy_type *type = fy_node_result_type(node, 0);
	int count = 0;
	for (int i = 0; i < node->args[0].list.count; i++) {
		fy_value *part = node->args[0].list.items[i].v;
		if (!left_out(&part->type->shape, type->shape.rank))
			parts[count++] = fy_lower_cast(l, part, type->dtype);
	}
	return count;
}

static fy_status cat_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value **parts = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, node->args[0].list.count), *joined;
	int64_t dim = fy_node_int(node, 1);
	int count = lower_parts(l, node, parts);
	dim += dim < 0 ? type->shape.rank : 0;
	if (count == 0)
		joined = fy_lower_constant(l, fy_tensor_new(type->dtype, &(fy_shape){ 1, { 0 } }, true));
	else
		joined = fy_lower_concat(l, parts, count, (int)dim);
	fy_lower_result(l, node, 0, joined);
	return fy_lower_status(l);
}

#define CAT_CASES                                                                                          \
	FY_CASES("[f32[2,3],f32[1,3]]", "[f32[2,3],f32[2,1],f32[2,2]] 1", "[f32[2,3]] -1",                 \
		 "[f32[0],f32[2,3]] 1", "[f32[0],f32[0]]", "[i64[2],f32[3]]", "[i32[2],i64[1],u8[2]]",     \
		 "[bool[2],bool[1]]", "[f16[2],f16[1]]", "[bf16[2],bf16[1]]", "[f64[2,2]^T,f64[2,2]^T] 0", \
		 "[f32[1,2,2,3]^L,f32[1,3,2,3]^L] 1", "[f32[1,2,2,3]^L,f32[1,3,2,3]] 1",                   \
		 "[f32[1,2,2,2,2]^L,f32[1,3,2,2,2]^L] 1", "[f32[],f32[2]]", "[f32[2,3],f32[3,2]]",         \
		 "[f32[2,3],f32[3]]", "[f32[2,3],f32[0,3]]", "[f32[2],f16[2]]", "[]",                      \
		 "[f32[2,3],f32[2,3]] 2", "[bf16[2],f16[2]]", "[i8[2],i16[2]]")

const fy_op fy_aten_cat = {
	.name = "aten::cat",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = cat_infer,
	.eval = cat_eval,
	.lower = cat_lower,
	.cases = CAT_CASES,
};

const fy_op fy_aten_concat = {
	.name = "aten::concat",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = cat_infer,
	.eval = cat_eval,
	.lower = cat_lower,
	.cases = FY_CASES("[f32[2,3],f32[1,3]]", "[f32[2,3],f32[2,1]] -1"),
};

const fy_op fy_aten_concatenate = {
	.name = "aten::concatenate",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = cat_infer,
	.eval = cat_eval,
	.lower = cat_lower,
	.cases = FY_CASES("[f32[2,3],f32[1,3]]", "[f32[2,3],f32[2,1]] -1"),
};

/* ---- stack ----------------------------------------------------------------------------------- */

static fy_status stacked_shape(const fy_call *call, fy_shape *shape)
{
	*shape = part_of(call, 0)->shape;
	for (int i = 1; i < part_count(call); i++) {
		const fy_shape *part = &part_of(call, i)->shape;
		if (part->rank != shape->rank)
			return fy_call_raise(call, "tensors of ranks %d and %d", shape->rank, part->rank);
		for (int d = 0; d < shape->rank; d++) {
			if (!fy_dim_known(shape->dims[d]))
				shape->dims[d] = part->dims[d];
			else if (fy_dim_known(part->dims[d]) && part->dims[d] != shape->dims[d])
				return fy_call_raise(
					call, "sizes %" PRId64 " and %" PRId64 " of dimension %d differ",
					shape->dims[d], part->dims[d], d);
		}
	}
	return FY_OK;
}

/* PyTorch joins the parts along `dim` and splits that into two; behind the last dim it gives each a new one.
 */
static bool stack_is_channels_last(const fy_call *call, int dim, int rank)
{
	for (int i = 0; i < part_count(call); i++) {
		const fy_tensor *part = part_of(call, i);
		fy_shape shape = part->shape;
		int64_t strides[FY_MAX_RANK];
		memcpy(strides, part->strides, sizeof(strides));
		if (dim == rank) {
			shape.dims[shape.rank] = 1;
			strides[shape.rank++] = 1;
		}
		if (!fy_is_channels_last(&shape, strides))
			return false;
	}
	return true;
}

static fy_status stack_infer(fy_call *call)
{
	int64_t strides[FY_MAX_RANK], inner = 1, part;
	fy_shape shape, joined;
	fy_dtype dtype;
	int rank, dim;
	FY_TRY(promote_parts(call, &dtype));
	FY_TRY(stacked_shape(call, &shape));
	rank = shape.rank;
	if (rank == FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	FY_TRY(fy_call_dim(call, 1, rank + 1, &dim));
	joined = shape;
	for (int d = rank; d > dim; d--)
		shape.dims[d] = shape.dims[d - 1];
	shape.dims[dim] = part_count(call);
	shape.rank = rank + 1;
	if (!stack_is_channels_last(call, dim, rank))
		return fy_result_fresh(call, dtype, &shape);
	if (dim == rank) {
		joined_strides(&shape, true, strides);
		return fy_result_strided(call, dtype, &shape, strides);
	}
	part = joined.dims[dim];
	if (!fy_mul_i64(part, part_count(call), &joined.dims[dim]))
		return fy_call_raise(call, "the result is too large");
	joined_strides(&joined, true, strides);
	inner = strides[dim];
	memmove(&strides[dim + 1], &strides[dim], (size_t)(rank - dim) * sizeof(strides[0]));
	strides[dim] = inner * part;
	return fy_result_strided(call, dtype, &shape, strides);
}

static fy_status stack_eval(fy_call *call)
{
	const fy_tensor **parts = FY_NEW_ARRAY(call->arena, const fy_tensor *, part_count(call));
	int count = part_count(call), rank = call->outs[0]->shape.rank, dim;
	FY_TRY(fy_call_dim(call, 1, rank, &dim));
	for (int i = 0; i < count; i++) {
		const fy_tensor *part = part_of(call, i);
		fy_shape shape = call->outs[0]->shape;
		int64_t strides[FY_MAX_RANK];
		shape.dims[dim] = 1;
		for (int d = 0; d < rank; d++)
			strides[d] = d < dim ? part->strides[d] : d == dim ? 1 : part->strides[d - 1];
		parts[i] = fy_tensor_view(part, part->dtype, &shape, strides, part->offset);
	}
	fy_kernel_cat(call->outs[0], parts, count, dim);
	for (int i = 0; i < count; i++)
		fy_tensor_unref((fy_tensor *)parts[i]);
	return FY_OK;
}

static fy_status stack_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	int count = node->args[0].list.count;
	fy_value **parts = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, count);
	int64_t dim = fy_node_int(node, 1);
	dim += dim < 0 ? type->shape.rank : 0;
	for (int i = 0; i < count; i++)
		parts[i] = fy_lower_unsqueeze(l, fy_lower_cast(l, node->args[0].list.items[i].v, type->dtype),
					      &dim, 1);
	fy_lower_result(l, node, 0, fy_lower_concat(l, parts, count, (int)dim));
	return fy_lower_status(l);
}

const fy_op fy_aten_stack = {
	.name = "aten::stack",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = stack_infer,
	.eval = stack_eval,
	.lower = stack_lower,
	.cases = FY_CASES("[f32[2,3],f32[2,3]]", "[f32[2,3],f32[2,3]] 1", "[f32[2,3],f32[2,3]^T] -1",
			  "[f32[],f32[]]", "[i64[],f32[]]", "[i64[2],f32[2]] 1", "[bool[2],bool[2]]",
			  "[f32[2],f32[3]]", "[f32[2]] 3", "[bf16[2],bf16[2]]",
			  "[f32[1,2,2,3]^L,f32[1,2,2,3]^L] 1", "[f32[1,2,2,3]^L,f32[1,2,2,3]^L] 4",
			  "[f32[2,3,2]^R,f32[2,3,2]^R] 3", "[f32[2,0],f32[2,0]]", "[f32[2,3]]", "[]"),
};

/* ---- at least so many dimensions ------------------------------------------------------------- */

static fy_arg with_dim(fy_compose *c, fy_arg x, int dim)
{
	return fy_do2(c, "aten::unsqueeze", x, fy_arg_int(dim));
}

/* As numpy: a 1-d tensor becomes a row of a matrix, a matrix the first plane of many channels. */
static fy_arg at_least(fy_compose *c, fy_arg x, int rank)
{
	int have = x.t->shape.rank;
	if (have == 0 && rank >= 1)
		x = with_dim(c, x, 0);
	if (have <= 1 && rank >= 2)
		x = with_dim(c, x, 0);
	if (have <= 2 && rank >= 3)
		x = with_dim(c, x, -1);
	return x;
}

static fy_status at_least_compose(fy_compose *c)
{
	const int *rank = c->call->op->form;
	c->results[0] = at_least(c, c->call->args[0], *rank);
	return FY_OK;
}

#define AT_LEAST_CASES FY_CASES("f32[]", "f32[2]", "f32[2,3]", "f32[2,3,2]", "bool[2,3]^T")

const fy_op fy_aten_atleast_1d = {
	.name = "aten::atleast_1d",
	.overloads = "",
	.compose = at_least_compose,
	.form = &(const int){ 1 },
	.cases = AT_LEAST_CASES,
};

const fy_op fy_aten_atleast_2d = {
	.name = "aten::atleast_2d",
	.overloads = "",
	.compose = at_least_compose,
	.form = &(const int){ 2 },
	.cases = AT_LEAST_CASES,
};

const fy_op fy_aten_atleast_3d = {
	.name = "aten::atleast_3d",
	.overloads = "",
	.compose = at_least_compose,
	.form = &(const int){ 3 },
	.cases = AT_LEAST_CASES,
};

/* Parts of at least `rank` dims, joined along `dim`. */
static fy_status join_at_least(fy_compose *c, int rank, int dim)
{
	const fy_arg *list = &c->call->args[0];
	fy_arg *parts = FY_NEW_ARRAY(c->builder->arena, fy_arg, list->list.count + 1);
	if (list->list.count == 0)
		return fy_call_raise(c->call, "an empty list of tensors");
	for (int i = 0; i < list->list.count; i++)
		parts[i] = at_least(c, list->list.items[i], rank);
	if (c->status == FY_OK)
		c->results[0] = fy_do2(c, "aten::cat", fy_arg_list(parts, list->list.count), fy_arg_int(dim));
	return FY_OK;
}

static fy_status hstack_compose(fy_compose *c)
{
	const fy_arg *list = &c->call->args[0];
	bool lines = list->list.count > 0 && list->list.items[0].t->shape.rank <= 1;
	return join_at_least(c, 1, lines ? 0 : 1);
}

static fy_status vstack_compose(fy_compose *c)
{
	return join_at_least(c, 2, 0);
}

static fy_status dstack_compose(fy_compose *c)
{
	return join_at_least(c, 3, 2);
}

/* 1-d tensors become columns. */
static fy_status column_stack_compose(fy_compose *c)
{
	const fy_arg *list = &c->call->args[0];
	fy_arg *parts = FY_NEW_ARRAY(c->builder->arena, fy_arg, list->list.count + 1);
	if (list->list.count == 0)
		return fy_call_raise(c->call, "an empty list of tensors");
	for (int i = 0; i < list->list.count; i++) {
		int rank = list->list.items[i].t->shape.rank;
		parts[i] = list->list.items[i];
		for (; rank < 2; rank++)
			parts[i] = with_dim(c, parts[i], -1);
	}
	if (c->status == FY_OK)
		c->results[0] = fy_do2(c, "aten::cat", fy_arg_list(parts, list->list.count), fy_arg_int(1));
	return FY_OK;
}

const fy_op fy_aten_hstack = {
	.name = "aten::hstack",
	.overloads = "",
	.compose = hstack_compose,
	.cases = FY_CASES("[f32[2],f32[3]]", "[f32[2,3],f32[2,1]]", "[f32[],f32[]]"),
};

const fy_op fy_aten_vstack = {
	.name = "aten::vstack",
	.overloads = "",
	.compose = vstack_compose,
	.cases = FY_CASES("[f32[3],f32[2,3]]", "[f32[2,3],f32[1,3]]", "[f32[],f32[]]"),
};

const fy_op fy_aten_row_stack = {
	.name = "aten::row_stack",
	.overloads = "",
	.compose = vstack_compose,
	.cases = FY_CASES("[f32[3],f32[2,3]]"),
};

const fy_op fy_aten_dstack = {
	.name = "aten::dstack",
	.overloads = "",
	.compose = dstack_compose,
	.cases = FY_CASES("[f32[3],f32[3]]", "[f32[2,3],f32[2,3]]", "[f32[2,3,1],f32[2,3,2]]"),
};

const fy_op fy_aten_column_stack = {
	.name = "aten::column_stack",
	.overloads = "",
	.compose = column_stack_compose,
	.cases = FY_CASES("[f32[3],f32[3]]", "[f32[3],f32[3,2]]", "[f32[],f32[]]"),
};

/* ---- to a common shape ----------------------------------------------------------------------- */

static fy_status common_shape(const fy_call *call, fy_shape *shape)
{
	*shape = (fy_shape){ 0 };
	for (int i = 0; i < part_count(call); i++) {
		fy_shape both;
		if (!fy_shape_broadcast(shape, &part_of(call, i)->shape, &both))
			return fy_call_raise(call, "the shapes do not broadcast");
		*shape = both;
	}
	return FY_OK;
}

static fy_status broadcast_infer(fy_call *call)
{
	fy_shape shape;
	FY_TRY(common_shape(call, &shape));
	call->result_is_list = true;
	for (int i = 0; i < part_count(call); i++) {
		const fy_tensor *part = part_of(call, i);
		int extra = shape.rank - part->shape.rank;
		int64_t strides[FY_MAX_RANK];
		if (fy_shape_eq(&shape, &part->shape)) {
			FY_TRY(fy_result_same_item(call, 0, i));
			continue;
		}
		for (int d = 0; d < shape.rank; d++)
			strides[d] = d < extra || (part->shape.dims[d - extra] == 1 && shape.dims[d] != 1)
					     ? 0
					     : part->strides[d - extra];
		FY_TRY(fy_result_view_item(call, 0, i, &shape, strides, part->offset));
	}
	return FY_OK;
}

static fy_status broadcast_lower(fy_lowering *l, fy_node *node)
{
	for (int i = 0; i < node->result_count; i++)
		fy_lower_result(l, node, i,
				fy_lower_expand(l, node->args[0].list.items[i].v,
						&fy_node_result_type(node, i)->shape));
	return fy_lower_status(l);
}

const fy_op fy_aten_broadcast_tensors = {
	.name = "aten::broadcast_tensors",
	.flags = FY_OP_MOVES,
	.infer = broadcast_infer,
	.lower = broadcast_lower,
	.cases = FY_CASES("[f32[3,1],f32[2]]", "[f32[2,3],i64[3],bool[]]", "[f32[2],f32[3]]",
			  "[f32[2,3]^T,f32[3]]"),
};

/* ---- meshgrid -------------------------------------------------------------------------------- */

/* Which dim part `item` runs along. */
static int mesh_dim(int item, bool swapped)
{
	return swapped && item < 2 ? 1 - item : item;
}

static bool mesh_swaps(const fy_arg *indexing, int count)
{
	return count >= 2 && indexing->kind == FY_ARG_STR && fy_str_is(indexing->s, "xy");
}

static fy_status meshgrid_infer(fy_call *call)
{
	int count = part_count(call);
	bool named = call->arg_count > 1, swapped = named && mesh_swaps(&call->args[1], count);
	fy_shape shape = { .rank = count };
	if (count == 0 || count > FY_MAX_RANK)
		return fy_call_raise(call, "%d tensors", count);
	if (named && !swapped &&
	    !(call->args[1].kind == FY_ARG_STR &&
	      (fy_str_is(call->args[1].s, "ij") || fy_str_is(call->args[1].s, "xy"))))
		return fy_call_raise(call, "indexing must be 'ij' or 'xy'");
	for (int i = 0; i < count; i++) {
		const fy_tensor *part = part_of(call, i);
		if (part->shape.rank > 1 || part->dtype != part_of(call, 0)->dtype)
			return fy_call_raise(call, "it takes lines of one type");
		shape.dims[mesh_dim(i, swapped)] = part->shape.rank ? part->shape.dims[0] : 1;
	}
	call->result_is_list = true;
	for (int i = 0; i < count; i++) {
		const fy_tensor *part = part_of(call, i);
		int64_t strides[FY_MAX_RANK] = { 0 };
		strides[mesh_dim(i, swapped)] = part->shape.rank ? part->strides[0] : 0;
		FY_TRY(fy_result_view_item(call, 0, i, &shape, strides, part->offset));
	}
	return FY_OK;
}

static fy_status meshgrid_lower(fy_lowering *l, fy_node *node)
{
	int count = node->args[0].list.count;
	bool swapped = node->arg_count > 1 && mesh_swaps(&node->args[1], count);
	for (int i = 0; i < count; i++) {
		fy_value *part = node->args[0].list.items[i].v;
		int64_t axes[FY_MAX_RANK];
		int added = 0;
		for (int d = 0; d < count; d++)
			if (d != mesh_dim(i, swapped) || part->type->shape.rank == 0)
				axes[added++] = d;
		part = fy_lower_unsqueeze(l, part, axes, added);
		fy_lower_result(l, node, i, fy_lower_expand(l, part, &fy_node_result_type(node, i)->shape));
	}
	return fy_lower_status(l);
}

const fy_op fy_aten_meshgrid = {
	.name = "aten::meshgrid",
	.overloads = ",indexing",
	.flags = FY_OP_MOVES,
	.infer = meshgrid_infer,
	.lower = meshgrid_lower,
	.cases = FY_CASES("[f32[2],f32[3]]", ".indexing [f32[2],f32[3]] indexing='xy'",
			  ".indexing [f32[2],f32[3],f32[2]] indexing='ij'",
			  ".indexing [f32[2],f32[3],f32[4]] indexing='xy'", "[i64[2],i64[]]",
			  ".indexing [f32[2],f32[3]] indexing='no'", "[f32[2],i64[3]]", "[f32[3]]",
			  ".indexing [f32[3]] indexing='xy'"),
};
