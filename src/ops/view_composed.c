/*
 * Operators made of views: the ones that copy what a view shows (permute_copy ...), further ways to split,
 * and other names of views.
 */
#include "ops/views.h"

#include <string.h>

/* ---- copies of views ------------------------------------------------------------------------- */

/* How many tensors the view gives; -1: one, not in a list. */
static fy_status result_count(const fy_call *call, int *count)
{
	const fy_shape *shape = &call->args[0].t->shape;
	int64_t size;
	int dim;
	*count = -1;
	if (fy_starts_with(call->schema->full, "aten::split_with_sizes_copy")) {
		*count = call->args[1].list.count;
		return FY_OK;
	}
	if (!fy_starts_with(call->schema->full, "aten::unbind_copy"))
		return FY_OK;
	FY_TRY(fy_call_dim(call, 1, shape->rank, &dim));
	size = shape->rank ? shape->dims[dim] : 0;
	if (!fy_dim_known(size) || size > 100000)
		return fy_call_unsupported(call, "that many tensors");
	*count = (int)size;
	return FY_OK;
}

/* aten::X_copy is a row-major copy of what aten::X gives; both have the same arguments. */
static fy_status copy_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	const char *full = call->schema->full, *at = strstr(full, "_copy");
	char *view =
		fy_arena_printf(c->builder->arena, "%.*s%s", (int)(at - full), full, at + strlen("_copy"));
	int given = fy_schema_find(view)->arg_count, count;
	FY_TRY(result_count(call, &count));
	if (count >= 0) {
		c->result_count = count;
		c->results = FY_NEW_ARRAY(c->builder->arena, fy_arg, count + 1);
	}
	FY_TRY(c->builder->call(c->builder, view, call->args, given, c->results, c->result_count));
	for (int i = 0; i < c->result_count; i++)
		c->results[i] = fy_do2(c, "aten::clone", c->results[i], fy_arg_int(0));
	return FY_OK;
}

/* Unlike the view this one goes through a copy where strides ask for it. */
static fy_status view_copy_compose(fy_compose *c)
{
	fy_arg shaped = fy_do2(c, "aten::reshape", c->call->args[0], c->call->args[1]);
	c->results[0] = fy_do2(c, "aten::clone", shaped, fy_arg_int(0));
	return FY_OK;
}

const fy_op fy_aten_view_copy = {
	.name = "aten::view_copy",
	.overloads = "",
	.compose = view_copy_compose,
	.cases = FY_CASES("f32[2,6] [3,4]", "f32[2,3] [-1]", "f32[2,3]^T [6]"),
};

const fy_op fy_aten_unsqueeze_copy = {
	.name = "aten::unsqueeze_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3] 1", "f32[2,3]^T 0"),
};

const fy_op fy_aten_squeeze_copy = {
	.name = "aten::squeeze_copy",
	.overloads = ",dim,dims",
	.compose = copy_compose,
	.cases = FY_CASES("f32[1,3,1]", ".dim f32[1,3] 0", ".dims f32[1,3,1] [0,2]"),
};

const fy_op fy_aten_permute_copy = {
	.name = "aten::permute_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3,4] [2,0,1]"),
};

const fy_op fy_aten_transpose_copy = {
	.name = "aten::transpose_copy",
	.overloads = "int",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3,4] 0 2"),
};

const fy_op fy_aten_t_copy = {
	.name = "aten::t_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3]"),
};

const fy_op fy_aten_expand_copy = {
	.name = "aten::expand_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[3,1] [3,4]"),
};

const fy_op fy_aten_select_copy = {
	.name = "aten::select_copy",
	.overloads = "int",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3] 1 -1"),
};

const fy_op fy_aten_slice_copy = {
	.name = "aten::slice_copy",
	.overloads = "Tensor",
	.compose = copy_compose,
	.cases = FY_CASES("f32[4,3] 0 1 4 2"),
};

const fy_op fy_aten_narrow_copy = {
	.name = "aten::narrow_copy",
	.overloads = "",
	.compose = copy_compose,
	.cases = FY_CASES("f32[4,3] 0 1 2"),
};

const fy_op fy_aten_diagonal_copy = {
	.name = "aten::diagonal_copy",
	.overloads = "",
	.compose = copy_compose,
	.cases = FY_CASES("f32[3,4] 1"),
};

const fy_op fy_aten_unfold_copy = {
	.name = "aten::unfold_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[7] 0 3 2"),
};

const fy_op fy_aten_as_strided_copy = {
	.name = "aten::as_strided_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[6] [2,2] [3,1] 1"),
};

const fy_op fy_aten_alias_copy = {
	.name = "aten::alias_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3]"),
};

const fy_op fy_aten_detach_copy = {
	.name = "aten::detach_copy",
	.compose = copy_compose,
	.cases = FY_CASES("f32[2,3]"),
};

const fy_op fy_aten_split_with_sizes_copy = {
	.name = "aten::split_with_sizes_copy",
	.overloads = "",
	.compose = copy_compose,
	.cases = FY_CASES("f32[5,2] [2,3]", "f32[2,5] [1,2,2] -1"),
};

const fy_op fy_aten_unbind_copy = {
	.name = "aten::unbind_copy",
	.overloads = "int",
	.compose = copy_compose,
	.cases = FY_CASES("f32[3,2]", "f32[2,3] 1", "f32[]"),
};

/* ---- splitting at places --------------------------------------------------------------------- */

static fy_status start_list(fy_compose *c, int64_t count)
{
	if (count > 100000)
		return fy_call_unsupported(c->call, "that many parts");
	c->result_count = (int)count;
	c->results = FY_NEW_ARRAY(c->builder->arena, fy_arg, count + 1);
	return FY_OK;
}

static fy_arg part(fy_compose *c, int dim, fy_arg start, fy_arg end)
{
	fy_arg args[5] = { c->call->args[0], fy_arg_int(dim), start, end, fy_arg_int(1) };
	return fy_do(c, "aten::slice.Tensor", args, 5);
}

/* Parts of nearly equal size, the first ones larger by one. */
static fy_status split_sections(fy_compose *c, int64_t sections, int dim)
{
	fy_dim size = c->call->args[0].t->shape.dims[dim];
	int64_t start = 0;
	if (sections <= 0)
		return fy_call_raise(c->call, "%" PRId64 " sections", sections);
	if (!fy_dim_known(size))
		return fy_call_unsupported(c->call, "the size of the split dimension depends on data");
	FY_TRY(start_list(c, sections));
	for (int64_t i = 0; i < sections; i++) {
		int64_t end = start + size / sections + (i < size % sections);
		c->results[i] = part(c, dim, fy_arg_int(start), fy_arg_int(end));
		start = end;
	}
	return FY_OK;
}

static fy_status split_at(fy_compose *c, const fy_arg *places, int count, int dim)
{
	FY_TRY(start_list(c, (int64_t)count + 1));
	for (int i = 0; i <= count; i++)
		c->results[i] = part(c, dim, i == 0 ? fy_arg_int(0) : places[i - 1],
				     i == count ? fy_arg_none() : places[i]);
	return FY_OK;
}

/* A list or a number, or a tensor of either; the dim comes from the operator for hsplit and its kin. */
static fy_status split_by(fy_compose *c, int dim)
{
	const fy_arg *how = &c->call->args[1];
	bool is_tensor = how->kind == FY_ARG_TENSOR && !fy_call_is_number(c->call, 1);
	int64_t sections;
	fy_arg *places;
	int64_t count;
	if (how->kind == FY_ARG_LIST)
		return split_at(c, how->list.items, how->list.count, dim);
	if (is_tensor && !fy_tensor_has_data(how->t))
		return fy_call_unsupported(c->call, "places that depend on data");
	if (is_tensor && how->t->shape.rank > 0) {
		count = fy_tensor_numel(how->t);
		if (how->t->shape.rank > 1 || count > 100000)
			return fy_call_raise(c->call, "the places must be a line");
		places = FY_NEW_ARRAY(c->builder->arena, fy_arg, count + 1);
		for (int64_t i = 0; i < count; i++)
			places[i] = fy_arg_int(fy_tensor_get_i64(how->t, i));
		return split_at(c, places, (int)count, dim);
	}
	FY_TRY(fy_call_int(c->call, 1, &sections));
	return split_sections(c, sections, dim);
}

static fy_status tensor_split_compose(fy_compose *c)
{
	int rank = c->call->args[0].t->shape.rank, dim;
	if (rank == 0)
		return fy_call_raise(c->call, "a 0-d tensor cannot be split");
	FY_TRY(fy_call_dim(c->call, 2, rank, &dim));
	return split_by(c, dim);
}

const fy_op fy_aten_tensor_split = {
	.name = "aten::tensor_split",
	.compose = tensor_split_compose,
	.cases = FY_CASES(".sections f32[5,2] 2", ".sections f32[2,7] 3 1", ".indices f32[5,2] [1,3]",
			  ".indices f32[5] [3,1]", ".indices f32[4] [-1]", ".sections f32[4] 0",
			  ".indices f32[] [1]", ".sections f32[2] 3"),
};

/* Columns, rows, depth: sections must be equal here. */
static fy_status axis_split_compose(fy_compose *c)
{
	const fy_shape *shape = &c->call->args[0].t->shape;
	const int *wanted = c->call->op->form;
	int dim = *wanted == 1 && shape->rank == 1 ? 0 : *wanted, least = *wanted == 1   ? 1
									  : *wanted == 0 ? 2
											 : 3;
	int64_t sections;
	if (shape->rank < least)
		return fy_call_raise(c->call, "the tensor must have %d dimensions at least", least);
	if (c->call->args[1].kind != FY_ARG_LIST) {
		FY_TRY(fy_call_int(c->call, 1, &sections));
		if (sections <= 0 || (fy_dim_known(shape->dims[dim]) && shape->dims[dim] % sections != 0))
			return fy_call_raise(c->call, "%" PRId64 " sections are not equal", sections);
	}
	return split_by(c, dim);
}

const fy_op fy_aten_hsplit = {
	.name = "aten::hsplit",
	.compose = axis_split_compose,
	.form = &(const int){ 1 },
	.cases = FY_CASES(".int f32[2,4] 2", ".array f32[2,4] [1,3]", ".int f32[4] 2", ".int f32[2,3] 2",
			  ".int f32[] 1"),
};

const fy_op fy_aten_vsplit = {
	.name = "aten::vsplit",
	.compose = axis_split_compose,
	.form = &(const int){ 0 },
	.cases = FY_CASES(".int f32[4,2] 2", ".array f32[4,2] [1,3]", ".int f32[4] 2"),
};

const fy_op fy_aten_dsplit = {
	.name = "aten::dsplit",
	.compose = axis_split_compose,
	.form = &(const int){ 2 },
	.cases = FY_CASES(".int f32[2,1,4] 2", ".array f32[2,1,4] [1,3]", ".int f32[4,2] 2"),
};

/* ---- other names ----------------------------------------------------------------------------- */

static fy_status broadcast_to_compose(fy_compose *c)
{
	c->results[0] = fy_do2(c, "aten::expand", c->call->args[0], c->call->args[1]);
	return FY_OK;
}

const fy_op fy_aten_broadcast_to = {
	.name = "aten::broadcast_to",
	.compose = broadcast_to_compose,
	.cases = FY_CASES("f32[3,1] [3,4]", "f32[3] [2,3]", "f32[3] [2]", "f32[2,1] [-1,3]"),
};

/* The last two dims exchanged; there are no complex numbers to conjugate. */
static fy_status adjoint_compose(fy_compose *c)
{
	if (fy_dtype_is_complex(c->call->args[0].t->dtype))
		return fy_call_unsupported(c->call, "complex numbers");
	c->results[0] = fy_do3(c, "aten::transpose.int", c->call->args[0], fy_arg_int(-2), fy_arg_int(-1));
	return FY_OK;
}

const fy_op fy_aten_adjoint = {
	.name = "aten::adjoint",
	.compose = adjoint_compose,
	.cases = FY_CASES("f32[2,3]", "f32[2,3,4]"),
};

const fy_op fy_aten_mH = {
	.name = "aten::mH",
	.overloads = "",
	.compose = adjoint_compose,
	.cases = FY_CASES("f32[2,3]", "f32[2,3,4]"),
};

static fy_status linalg_diagonal_compose(fy_compose *c)
{
	c->results[0] = fy_do(c, "aten::diagonal", c->call->args, c->call->arg_count);
	return FY_OK;
}

const fy_op fy_aten_linalg_diagonal = {
	.name = "aten::linalg_diagonal",
	.compose = linalg_diagonal_compose,
	.cases = FY_CASES("f32[3,4]", "f32[2,3,3] offset=1"),
};
