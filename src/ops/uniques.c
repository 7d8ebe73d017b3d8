/*
 * Distinct elements, composed of a sort and comparisons of neighbours; and the middle elements of a sort. How
 * many distinct ones there are depends on data.
 */
#include "ops/views.h"

#include <math.h>

/* ---- unique ---------------------------------------------------------------------------------- */

static fy_arg sliced(fy_compose *c, fy_arg x, fy_arg start, fy_arg end)
{
	fy_arg args[4] = { x, fy_arg_int(0), start, end };
	return fy_do(c, "aten::slice.Tensor", args, 4);
}

static fy_arg flattened(fy_compose *c, fy_arg x)
{
	return fy_do2(c, "aten::reshape", x, fy_arg_ints(c->builder->arena, (const int64_t[]){ -1 }, 1));
}

static fy_arg joined(fy_compose *c, fy_arg a, fy_arg b)
{
	fy_arg parts[2] = { a, b };
	return fy_do2(c, "aten::cat", fy_arg_list(parts, 2), fy_arg_int(0));
}

static fy_arg nothing(fy_compose *c, fy_dtype dtype, const fy_shape *shape)
{
	return fy_do_constant(c, fy_tensor_new(dtype, shape, true));
}

/* True where a line begins something new. */
static fy_arg first_ones(fy_compose *c, fy_arg line)
{
	fy_tensor *yes = fy_tensor_new(FY_BOOL, &(fy_shape){ 1, { 1 } }, false);
	fy_kernel_fill_i64(yes, 1);
	return joined(c, fy_do_constant(c, yes),
		      fy_do2(c, "aten::ne.Tensor", sliced(c, line, fy_arg_int(1), fy_arg_none()),
			     sliced(c, line, fy_arg_int(0), fy_arg_int(-1))));
}

/* The number of each element of the line among the distinct ones. */
static fy_arg numbers(fy_compose *c, fy_arg first)
{
	fy_arg counted = fy_do2(c, "aten::cumsum", first, fy_arg_int(0));
	return fy_do2(c, "aten::sub.Scalar", counted, fy_arg_int(1));
}

/* How far it is from each first one to the next, or to the end. */
static fy_arg run_lengths(fy_compose *c, fy_arg first)
{
	fy_arg places = fy_do3(c, "aten::select.int", fy_do1(c, "aten::nonzero", first), fy_arg_int(1),
			       fy_arg_int(0));
	fy_arg behind = sliced(c, places, fy_arg_int(1), fy_arg_none());
	fy_arg end = fy_do2(c, "aten::unsqueeze", fy_do1(c, "aten::numel", first), fy_arg_int(0));
	return fy_do2(c, "aten::sub.Tensor", joined(c, behind, end), places);
}

/* Values, inverse and counts of a line whose equal elements are neighbours; `order` is where they came from,
 * None when they never moved. */
static fy_status distinct(fy_compose *c, fy_arg line, fy_arg order, bool inverse, bool counts)
{
	fy_shape none = { 1, { 0 } };
	fy_arg first = first_ones(c, line), number, args[4];
	c->results[0] = fy_do2(c, "aten::index.Tensor", line, fy_arg_list(&first, 1));
	c->results[1] = nothing(c, FY_I64, &none);
	if (inverse) {
		number = numbers(c, first);
		args[0] = number;
		args[1] = fy_arg_int(0);
		args[2] = order;
		args[3] = number;
		if (order.kind != FY_ARG_NONE)
			number = fy_do(c, "aten::scatter.src", args, 4);
		c->results[1] = fy_do2(c, "aten::view_as", number, c->call->args[0]);
	}
	if (c->result_count > 2)
		c->results[2] = counts ? run_lengths(c, first) : nothing(c, FY_I64, &none);
	return FY_OK;
}

/* Of no elements. */
static fy_status none_distinct(fy_compose *c, bool inverse)
{
	const fy_tensor *x = c->call->args[0].t;
	fy_shape none = { 1, { 0 } };
	c->results[0] = nothing(c, x->dtype, &none);
	c->results[1] = nothing(c, FY_I64, inverse ? &x->shape : &none);
	if (c->result_count > 2)
		c->results[2] = nothing(c, FY_I64, &none);
	return FY_OK;
}

static fy_status read_flag(const fy_call *call, const char *name, bool *out)
{
	int index = fy_call_find(call, name);
	*out = false;
	return index < 0 ? FY_OK : fy_call_bool(call, index, out);
}

static fy_status unique_compose(fy_compose *c)
{
	fy_arg args[4] = { flattened(c, c->call->args[0]), fy_arg_bool(true), fy_arg_int(0),
			   fy_arg_bool(false) },
	       sorted[2];
	bool inverse, counts;
	FY_TRY(c->status);
	FY_TRY(read_flag(c->call, "return_inverse", &inverse));
	FY_TRY(read_flag(c->call, "return_counts", &counts));
	if (fy_tensor_numel(c->call->args[0].t) == 0)
		return none_distinct(c, inverse);
	FY_TRY(c->builder->call(c->builder, "aten::sort.stable", args, 4, sorted, 2));
	return distinct(c, sorted[0], sorted[1], inverse, counts);
}

const fy_op fy_aten_unique2 = {
	.name = "aten::_unique2",
	.flags = FY_OP_DATA_SIZE,
	.compose = unique_compose,
	.cases = FY_CASES("i64[2,3]{3,1,3,2,1,1}", "i64[2,3]{3,1,3,2,1,1} true true true",
			  "f32[5]{0.5,-1,0.5,2,2} true false true", "bool[4]{1,0,1,1} true true",
			  "f32[0] true true true", "i32[]{4} true true true", "f32[3]{1,1,1}"),
};

const fy_op fy_aten_unique = {
	.name = "aten::_unique",
	.flags = FY_OP_DATA_SIZE,
	.compose = unique_compose,
	.cases = FY_CASES("i64[5]{3,1,3,2,1}", "i64[5]{3,1,3,2,1} true true"),
};

static fy_status unique_consecutive_compose(fy_compose *c)
{
	bool inverse, counts;
	fy_arg line;
	if (c->call->args[3].kind != FY_ARG_NONE)
		return fy_call_unsupported(c->call, "along one dimension");
	FY_TRY(read_flag(c->call, "return_inverse", &inverse));
	FY_TRY(read_flag(c->call, "return_counts", &counts));
	if (fy_tensor_numel(c->call->args[0].t) == 0)
		return none_distinct(c, inverse);
	line = flattened(c, c->call->args[0]);
	return distinct(c, line, fy_arg_none(), inverse, counts);
}

const fy_op fy_aten_unique_consecutive = {
	.name = "aten::unique_consecutive",
	.flags = FY_OP_DATA_SIZE,
	.compose = unique_consecutive_compose,
	.cases = FY_CASES("i64[6]{1,1,2,2,2,1}", "i64[6]{1,1,2,2,2,1} true true",
			  "f32[2,2]{0,0,1,0} false true"),
};

/* ---- median ---------------------------------------------------------------------------------- */

/* The lower of two middle elements, along `dim`; where there is a NaN, the first NaN. */
static fy_status middle(fy_compose *c, fy_arg x, int dim, fy_arg out[2])
{
	fy_arg args[4] = { x, fy_arg_bool(true), fy_arg_int(dim), fy_arg_bool(false) }, sorted[2], nan, any,
	       first;
	fy_dim size = x.t->shape.rank ? x.t->shape.dims[dim] : 1;
	if (!fy_dim_known(size))
		return fy_call_unsupported(c->call, "along a dimension whose size depends on data");
	if (size == 0)
		return fy_call_raise(c->call, "there is no middle of nothing");
	FY_TRY(c->builder->call(c->builder, "aten::sort.stable", args, 4, sorted, 2));
	for (int i = 0; i < 2; i++) {
		out[i] = sorted[i];
		if (x.t->shape.rank > 0)
			out[i] = fy_do3(c, "aten::select.int", sorted[i], fy_arg_int(dim),
					fy_arg_int((size - 1) / 2));
	}
	if (!fy_dtype_is_float(x.t->dtype) || x.t->shape.rank == 0)
		return c->status;
	nan = fy_do1(c, "aten::isnan", x);
	any = fy_do2(c, "aten::any.dim", nan, fy_arg_int(dim));
	first = fy_do2(c, "aten::argmax", fy_do2(c, "aten::to.dtype", nan, fy_arg_int(FY_I32)),
		       fy_arg_int(dim));
	out[0] = fy_do3(c, "aten::where.self", any, fy_do_constant(c, fy_tensor_scalar_f64(x.t->dtype, NAN)),
			out[0]);
	out[1] = fy_do3(c, "aten::where.self", any, first, out[1]);
	return c->status;
}

static fy_status median_dim_compose(fy_compose *c)
{
	int rank = c->call->args[0].t->shape.rank, dim;
	bool keep;
	fy_arg found[2];
	FY_TRY(fy_call_dim(c->call, 1, rank, &dim));
	FY_TRY(fy_call_bool(c->call, 2, &keep));
	FY_TRY(middle(c, c->call->args[0], dim, found));
	for (int i = 0; i < 2; i++) {
		if (keep && rank > 0)
			found[i] = fy_do2(c, "aten::unsqueeze", found[i], fy_arg_int(dim));
		c->results[i] = fy_do2(c, "aten::clone", found[i], fy_arg_int(0));
	}
	return FY_OK;
}

static fy_status median_compose(fy_compose *c)
{
	fy_arg found[2], x = flattened(c, c->call->args[0]);
	FY_TRY(c->status);
	FY_TRY(middle(c, x, 0, found));
	c->results[0] = fy_do1(c, "aten::clone", found[0]);
	return FY_OK;
}

const fy_op fy_aten_median_dim = {
	.name = "aten::median",
	.overloads = "dim",
	.compose = median_dim_compose,
	.cases = FY_CASES(".dim f32[2,5] 1", ".dim f32[4,3] 0", ".dim f32[2,3] -1 true",
			  ".dim i64[5]{4,1,3,5,2} 0", ".dim f32[] 0", ".dim f32[2,3]{1,nan,2,5,4,6} 1",
			  ".dim f32[2,0] 1", ".dim f32[2,3] 2"),
};

const fy_op fy_aten_median = {
	.name = "aten::median",
	.overloads = "",
	.compose = median_compose,
	.cases = FY_CASES("f32[2,5]", "i64[4]", "f32[]", "f32[3]{1,nan,2}", "f32[4]"),
};
