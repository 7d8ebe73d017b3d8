/*
 * Distances between vectors, and vectors scaled to a length: compositions around a norm.
 */
#include "ops/ops_internal.h"

static fy_arg norm_along(fy_compose *c, fy_arg x, fy_arg p, fy_arg dims, bool keepdim)
{
	return fy_do(c, "aten::linalg_vector_norm", (const fy_arg[]){ x, p, dims, fy_arg_bool(keepdim) }, 4);
}

static fy_status check_floats(const fy_call *call, int count)
{
	for (int i = 0; i < count; i++)
		if (!fy_dtype_is_float(fy_call_tensor(call, i)->dtype))
			return fy_call_raise(call, "not for %s tensors",
					     fy_dtype_name(fy_call_tensor(call, i)->dtype));
	return FY_OK;
}

/* ---- lengths ----------------------------------------------------------------------------------------- */

/* v * (g / |v|), the norm over all dims but one, or over all when that is -1. */
static fy_status weight_norm_compose(fy_compose *c)
{
	const fy_tensor *v = fy_call_tensor(c->call, 0);
	fy_arg dims[FY_MAX_RANK];
	int64_t dim;
	int count = 0;
	FY_TRY(check_floats(c->call, 2));
	FY_TRY(fy_call_int(c->call, 2, &dim));
	if (dim < -1 || dim >= v->shape.rank)
		return fy_call_raise(c->call, "dim %" PRId64 " of a tensor of rank %d", dim, v->shape.rank);
	for (int i = 0; i < v->shape.rank; i++)
		if (i != dim)
			dims[count++] = fy_arg_int(i);
	fy_arg length = count == 0 ? fy_do1(c, "aten::abs", c->call->args[0])
				   : norm_along(c, c->call->args[0], fy_arg_int(2), fy_arg_list(dims, count),
						dim >= 0);
	fy_arg factor = fy_do2(c, "aten::div.Tensor", c->call->args[1], length);
	c->results[0] = fy_do2(c, "aten::mul.Tensor", c->call->args[0], factor);
	return c->status;
}

const fy_op fy_aten__weight_norm = {
	.name = "aten::_weight_norm",
	.compose = weight_norm_compose,
	.cases = FY_CASES("f32[2,3,4] f32[2,1,1]", "f32[2,3,4] f32[1,1,4] 2", "f32[2,3] f32[] -1",
			  "f64[3] f64[3]", "f32[2,3,2] f32[1,3,1] 1"),
};

/* Each divided by its length, which counts for eps at least, then their product. */
static fy_status cosine_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	fy_arg unit[2], dims[] = { call->args[2] };
	fy_shape shape;
	int dim;
	FY_TRY(check_floats(call, 2));
	FY_TRY(fy_call_broadcast(call, (const int[]){ 0, 1 }, 2, &shape));
	FY_TRY(fy_call_dim(call, 2, shape.rank, &dim));
	dims[0] = fy_arg_int(dim - shape.rank);
	for (int i = 0; i < 2; i++) {
		fy_arg length = norm_along(c, call->args[i], fy_arg_int(2), fy_arg_list(dims, 1), true);
		length = fy_do2(c, "aten::clamp_min", length, call->args[3]);
		unit[i] = fy_do2(c, "aten::div.Tensor", call->args[i], length);
	}
	fy_arg products = fy_do2(c, "aten::mul.Tensor", unit[0], unit[1]);
	c->results[0] = fy_do2(c, "aten::sum.dim_IntList", products, fy_arg_list(dims, 1));
	return c->status;
}

const fy_op fy_aten_cosine_similarity = {
	.name = "aten::cosine_similarity",
	.compose = cosine_compose,
	.cases = FY_CASES("f32[2,3] f32[2,3]", "f32[2,3,2] f32[2,3,2] 2", "f64[2,3] f64[2,3] -1 0.5",
			  "f32[2,3] f32[1,3]", "f32[3] f32[3] 0", "f32[2,3]{0,0,0} f32[2,3]",
			  "i64[2,3] i64[2,3]", "f32[2,3] f32[2,4]", "f32[2,3] f32[2,3] 2"),
};

/* ---- distances --------------------------------------------------------------------------------------- */

static fy_status pairwise_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	fy_arg last[] = { fy_arg_int(-1) };
	bool keepdim;
	FY_TRY(check_floats(call, 2));
	FY_TRY(fy_call_bool(call, 4, &keepdim));
	fy_arg apart = fy_do2(c, "aten::sub.Tensor", call->args[0], call->args[1]);
	apart = fy_do2(c, "aten::add.Scalar", apart, call->args[3]);
	c->results[0] = norm_along(c, apart, call->args[2], fy_arg_list(last, 1), keepdim);
	return c->status;
}

const fy_op fy_aten_pairwise_distance = {
	.name = "aten::pairwise_distance",
	.compose = pairwise_compose,
	.cases = FY_CASES("f32[2,3] f32[2,3]", "f32[2,3] f32[3] 1. 0.1 true", "f64[2,3] f64[1,3] 3.",
			  "f32[3] f32[3]", "f32[2,3] f32[2,3] inf", "f32[2,3] f32[2,4]"),
};

/* Every row of the first with every row of the second. */
static fy_status cdist_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	const fy_tensor *a = fy_call_tensor(call, 0), *b = fy_call_tensor(call, 1);
	fy_arg last[] = { fy_arg_int(-1) };
	double p;
	FY_TRY(check_floats(call, 2));
	FY_TRY(fy_call_f64(call, 2, &p));
	if (a->shape.rank < 2 || b->shape.rank < 2)
		return fy_call_raise(call, "takes tensors of rank 2 or more");
	fy_dim width_a = a->shape.dims[a->shape.rank - 1], width_b = b->shape.dims[b->shape.rank - 1];
	if ((fy_dim_known(width_a) && fy_dim_known(width_b) && width_a != width_b) || !(p >= 0))
		return fy_call_raise(call, "rows of different sizes, or a negative p");
	fy_arg rows = fy_do2(c, "aten::unsqueeze", call->args[0], fy_arg_int(-2));
	fy_arg columns = fy_do2(c, "aten::unsqueeze", call->args[1], fy_arg_int(-3));
	fy_arg apart = fy_do2(c, "aten::sub.Tensor", rows, columns);
	c->results[0] = norm_along(c, apart, call->args[2], fy_arg_list(last, 1), false);
	return c->status;
}

const fy_op fy_aten_cdist = {
	.name = "aten::cdist",
	.compose = cdist_compose,
	.cases = FY_CASES("f32[2,3] f32[4,3]", "f32[2,2,3] f32[2,1,3] 1.", "f64[2,3] f64[2,3] 3.",
			  "f32[2,3] f32[2,3] inf", "f32[2,1,2,3] f32[3,2,3]", "f32[2,3] f32[2,4]",
			  "f32[2,3] f32[2,3] -1."),
};
