/*
 * Products made of simpler ones: of two vectors, with something added, summed over a batch, and chains of
 * matrix products. All of them are compositions.
 */
#include "ops/ops_internal.h"

/* ---- outer products --------------------------------------------------------------------------- */

static fy_arg outer_product(fy_compose *c, fy_arg a, fy_arg b)
{
	if (a.t->shape.rank != 1 || b.t->shape.rank != 1) {
		c->status = fy_call_raise(c->call, "takes two vectors");
		return a;
	}
	return fy_do2(c, "aten::mul.Tensor", fy_do2(c, "aten::unsqueeze", a, fy_arg_int(1)), b);
}

static fy_status outer_compose(fy_compose *c)
{
	c->results[0] = outer_product(c, c->call->args[0], c->call->args[1]);
	return c->status;
}

#define OUTER_CASES                                                                                       \
	FY_CASES("f32[2] f32[3]", "f64[2]^S f64[3]", "i64[2] f32[3]", "bool[2] bool[2]", "f32[0] f32[2]", \
		 "f32[2] f32[1,3]")

const fy_op fy_aten_outer = {
	.name = "aten::outer",
	.compose = outer_compose,
	.cases = OUTER_CASES,
};

const fy_op fy_aten_ger = {
	.name = "aten::ger",
	.compose = outer_compose,
	.cases = OUTER_CASES,
};

/* beta * self + alpha * product. A beta of 0 ignores even NaN. */
static fy_status add_to_product(fy_compose *c, fy_arg product)
{
	fy_arg self = c->call->args[0];
	double factors[2];
	fy_arg numbers[2];
	FY_TRY(c->status);
	for (int i = 0; i < 2; i++) {
		int index = fy_call_find(c->call, i == 0 ? "beta" : "alpha");
		FY_TRY(fy_call_f64(c->call, index, &factors[i]));
		numbers[i] = c->call->args[index];
	}
	self = fy_do2(c, "aten::expand_as", self, product);
	if (factors[0] != 1)
		self = fy_do2(c, "aten::mul.Scalar", self, numbers[0]);
	if (factors[0] == 0)
		c->results[0] = fy_do2(c, "aten::mul.Scalar", product, numbers[1]);
	else
		c->results[0] = fy_do3(c, "aten::add.Tensor", self, product, numbers[1]);
	return c->status;
}

static fy_status addr_compose(fy_compose *c)
{
	return add_to_product(c, outer_product(c, c->call->args[1], c->call->args[2]));
}

const fy_op fy_aten_addr = {
	.name = "aten::addr",
	.compose = addr_compose,
	.cases =
		FY_CASES("f32[2,3] f32[2] f32[3]", "f32[3] f32[2] f32[3] beta=0.5 alpha=2",
			 "f32[2,3]^T f32[2] f32[3]", "f64[2,3]{nan} f64[2] f64[3] beta=0",
			 "i64[2,2] i64[2] i64[2] beta=2", "f32[2] f32[2] f32[3]", "f32[2,3] f32[1,2] f32[3]"),
};

static fy_status addbmm_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	const int64_t batch = 0;
	fy_arg product = fy_do2(c, "aten::bmm", args[1], args[2]);
	fy_arg sum = fy_do2(c, "aten::sum.dim_IntList", product, fy_arg_ints(c->builder->arena, &batch, 1));
	FY_TRY(c->status);
	if (args[0].t->dtype != args[1].t->dtype)
		return fy_call_raise(c->call, "the types of the tensors differ");
	return add_to_product(c, sum);
}

const fy_op fy_aten_addbmm = {
	.name = "aten::addbmm",
	.compose = addbmm_compose,
	.cases = FY_CASES("f32[2,2] f32[3,2,4] f32[3,4,2]", "f32[2] f32[3,2,2] f32[3,2,2] beta=0.5 alpha=2",
			  "f64[2]{nan} f64[3,2,2] f64[3,2,2] beta=0", "f32[3] f32[3,2,2] f32[3,2,2]"),
};

/* ---- chains ----------------------------------------------------------------------------------- */

/* Multiplied from left to right. */
static fy_status chain_compose(fy_compose *c)
{
	const fy_arg *matrices = &c->call->args[0];
	bool vectors = c->call->op->form != NULL; /* allowed at both ends */
	int count = matrices->list.count;
	if (count < (vectors ? 2 : 1))
		return fy_call_raise(c->call, "%d matrices are too few", count);
	for (int i = 0; i < count; i++) {
		int rank = matrices->list.items[i].t->shape.rank;
		bool end = vectors && (i == 0 || i == count - 1);
		if (rank != 2 && !(end && rank == 1))
			return fy_call_raise(c->call, "tensor %d has rank %d", i, rank);
	}
	fy_arg product = matrices->list.items[0];
	if (count == 1)
		product = fy_do1(c, "aten::clone", product);
	for (int i = 1; i < count; i++)
		product = fy_do2(c, "aten::matmul", product, matrices->list.items[i]);
	c->results[0] = product;
	return c->status;
}

const fy_op fy_aten_chain_matmul = {
	.name = "aten::chain_matmul",
	.compose = chain_compose,
	.cases = FY_CASES("[f32[2,3],f32[3,4],f32[4,2]]", "[f32[2,3]]", "[f32[2,3],f32[3]]",
			  "[f32[2,3],f32[2,3]]"),
};

static const bool vectors_too = true;

const fy_op fy_aten_linalg_multi_dot = {
	.name = "aten::linalg_multi_dot",
	.compose = chain_compose,
	.form = &vectors_too,
	.cases = FY_CASES("[f32[2,3],f32[3,4],f32[4,2]]", "[f32[3],f32[3,4],f32[4]]", "[f64[2,3],f64[3]]",
			  "[f32[2,3]]", "[f32[2,3],f32[3],f32[3]]"),
};
