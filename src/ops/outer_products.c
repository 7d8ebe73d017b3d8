/*
 * Products made of simpler ones: of two vectors, with something added, summed over a batch or a dim, chains
 * and powers of matrices, products of all elements with all. All of them are compositions.
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

/* The n-th power of square matrices, by squaring. */
static fy_arg power(fy_compose *c, fy_arg matrix, int64_t n)
{
	fy_arg square = matrix, result = matrix;
	bool any = false;
	for (; n > 0; n >>= 1) {
		if (n & 1)
			result = any ? fy_do2(c, "aten::matmul", result, square) : square;
		any |= (n & 1) != 0;
		if (n > 1)
			square = fy_do2(c, "aten::matmul", square, square);
	}
	return result;
}

/* Identity matrices in self's shape. */
static fy_arg identities(fy_compose *c, fy_arg self)
{
	const fy_shape *shape = &self.t->shape;
	int64_t copies[FY_MAX_RANK];
	if (!fy_shape_known(shape)) {
		c->status = fy_call_unsupported(c->call, "a size depends on data, it must be known here");
		return self;
	}
	for (int i = 0; i < shape->rank; i++)
		copies[i] = i < shape->rank - 2 ? shape->dims[i] : 1;
	int64_t size = shape->dims[shape->rank - 1];
	fy_tensor *eye = fy_tensor_new(self.t->dtype, &(fy_shape){ 2, { size, size } }, false);
	if (eye == NULL) {
		c->status = fy_error(c->builder->diags, FY_IO, "out-of-memory", &c->builder->place,
				     "%s: no memory", c->call->schema->full);
		return self;
	}
	fy_kernel_eye(eye, 0);
	return fy_do2(c, "aten::repeat", fy_do_constant(c, eye),
		      fy_arg_ints(c->builder->arena, copies, shape->rank));
}

static fy_status matrix_power_compose(fy_compose *c)
{
	fy_arg self = c->call->args[0];
	const fy_shape *shape = &self.t->shape;
	int64_t n;
	FY_TRY(fy_call_int(c->call, 1, &n));
	if (shape->rank < 2)
		return fy_call_raise(c->call, "takes matrices");
	fy_dim rows = shape->dims[shape->rank - 2], columns = shape->dims[shape->rank - 1];
	if (fy_dim_known(rows) && fy_dim_known(columns) && rows != columns)
		return fy_call_raise(c->call, "the matrices are not square");
	if (n < 0)
		return fy_call_unsupported(c->call, "inverses of matrices");
	if (n == 0)
		c->results[0] = identities(c, self);
	else if (n == 1) /* memory format 0: contiguous */
		c->results[0] = fy_do2(c, "aten::clone", self, fy_arg_int(0));
	else
		c->results[0] = power(c, self, n);
	return c->status;
}

const fy_op fy_aten_linalg_matrix_power = {
	.name = "aten::linalg_matrix_power",
	.compose = matrix_power_compose,
	.cases = FY_CASES("f32[2,2] 2", "f32[2,2,2] 3", "f64[2,2]^T 5", "f32[2,2] 0", "f32[2,3,3] 0",
			  "f32[2,2,2]^R 1", "i64[2,2] 4", "f32[0,0] 2", "f32[2,3] 2", "f32[3] 2"),
};

/* ---- sums of products along a dim, products of all with all ------------------------------------ */

static fy_status vecdot_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	fy_dtype dtype = args[0].t->dtype;
	int64_t dim;
	FY_TRY(fy_call_int(c->call, 2, &dim));
	if (args[1].t->dtype != dtype || (!fy_dtype_is_float(dtype) && !fy_dtype_is_complex(dtype)))
		return fy_call_raise(c->call, "takes floats of one type");
	fy_arg product = fy_do2(c, "aten::mul.Tensor", args[0], args[1]);
	c->results[0] = fy_do2(c, "aten::sum.dim_IntList", product, fy_arg_ints(c->builder->arena, &dim, 1));
	return c->status;
}

const fy_op fy_aten_linalg_vecdot = {
	.name = "aten::linalg_vecdot",
	.compose = vecdot_compose,
	.cases = FY_CASES("f32[2,3] f32[2,3]", "f32[2,3] f32[3] dim=0", "f64[2,1] f64[2,3]",
			  "f32[2,3]^T f32[1,3] dim=-2", "f32[2,3] f64[2,3]", "i64[3] i64[3]",
			  "f32[2,3] f32[2]"),
};

/* `t` with a dim of size 1 in front of or behind each dim, and in front until there are 2 * rank. */
static fy_arg interleaved(fy_compose *c, fy_arg t, int rank, bool behind)
{
	int own = t.t->shape.rank;
	for (int i = own; i < rank; i++)
		t = fy_do2(c, "aten::unsqueeze", t, fy_arg_int(0));
	for (int i = 0; i < rank; i++)
		t = fy_do2(c, "aten::unsqueeze", t, fy_arg_int(2 * i + behind));
	return t;
}

/* Each element of a times all of b: [a0, 1, a1, 1] * [1, b0, 1, b1], pairs of dims merged. */
static fy_status kron_compose(fy_compose *c)
{
	fy_arg a = c->call->args[0], b = c->call->args[1];
	int rank = a.t->shape.rank > b.t->shape.rank ? a.t->shape.rank : b.t->shape.rank;
	if (2 * rank > FY_MAX_RANK)
		return fy_call_unsupported(c->call, "tensors of rank %d", rank);
	fy_arg product =
		fy_do2(c, "aten::mul.Tensor", interleaved(c, a, rank, true), interleaved(c, b, rank, false));
	for (int i = 0; i < rank; i++)
		product = fy_do3(c, "aten::flatten.using_ints", product, fy_arg_int(i), fy_arg_int(i + 1));
	c->results[0] = product;
	return c->status;
}

const fy_op fy_aten_kron = {
	.name = "aten::kron",
	.compose = kron_compose,
	.cases = FY_CASES("f32[2,3] f32[3,2]", "f32[2] f32[2,3]", "f32[] f32[3]", "f32[] f32[]",
			  "i64[2] f32[3]", "f64[2,2,1] f64[3]"),
};
