/*
 * Order: topk, sort and what follows from it, places in sorted tensors, and classes as rows of ones and
 * zeros. Equal elements keep their order, as in PyTorch's stable sort.
 */
#include "ops/views.h"

#include <string.h>

static int at_least_one(int rank)
{
	return rank > 0 ? rank : 1;
}

/* A dim argument that may be missing by that name. */
static fy_status read_dim(const fy_call *call, const char *name, int rank, int *dim)
{
	return fy_call_dim(call, fy_call_find(call, name), rank, dim);
}

static fy_status read_flag(const fy_call *call, const char *name, bool absent, bool *out)
{
	int index = fy_call_find(call, name);
	*out = absent;
	return index < 0 || fy_call_is_none(call, index) ? FY_OK : fy_call_bool(call, index, out);
}

static int node_dim(const fy_node *node, const char *name, int rank)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int64_t dim = fy_node_int(node, fy_call_find(&call, name));
	return (int)(dim < 0 ? dim + at_least_one(rank) : dim);
}

/* A tensor of rank 1 at least. */
static fy_tensor *ranked(const fy_tensor *t)
{
	if (t->shape.rank > 0)
		return fy_tensor_ref((fy_tensor *)t);
	return fy_tensor_view(t, t->dtype, &(fy_shape){ 1, { 1 } }, (const int64_t[]){ 1 }, t->offset);
}

static fy_value *lower_ranked(fy_lowering *l, fy_value *x)
{
	if (x == NULL || x->type->shape.rank > 0)
		return x;
	return fy_lower_unsqueeze(l, x, (const int64_t[]){ 0 }, 1);
}

/* TopK of a node's argument 0, which may be 0-d, into its results. */
static fy_status lower_extremes(fy_lowering *l, fy_node *node, fy_value *k, int dim, bool largest,
				bool sorted)
{
	fy_value *x = fy_lower_tensor(l, node, 0), *made[2];
	int rank = x->type->shape.rank;
	int64_t count;
	if (fy_shape_numel(&fy_node_result_type(node, 0)->shape, &count) && count == 0) {
		for (int i = 0; i < 2; i++) {
			const fy_type *type = fy_node_result_type(node, i);
			fy_lower_result(l, node, i,
					fy_lower_constant(l, fy_tensor_new(type->dtype, &type->shape, true)));
		}
		return fy_lower_status(l);
	}
	fy_lower_topk(l, lower_ranked(l, x), k, dim, largest, sorted, made);
	for (int i = 0; i < 2; i++)
		fy_lower_result(l, node, i,
				rank > 0 ? made[i] : fy_lower_squeeze(l, made[i], (const int64_t[]){ 0 }, 1));
	return fy_lower_status(l);
}

/* Before opset 11 TopK took 32-bit floats alone, and before 10 only known counts. */
static int topk_opset_of(const fy_type *type, bool count_known)
{
	if (type->dtype == FY_F64 || type->dtype == FY_I64 || type->dtype == FY_I32 ||
	    type->dtype == FY_U32 || type->dtype == FY_U64)
		return 11;
	return count_known ? 9 : 10;
}

/* ---- topk ------------------------------------------------------------------------------------ */

static fy_status topk_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = self->shape;
	int64_t k;
	int dim;
	FY_TRY(fy_call_dim(call, 2, shape.rank, &dim));
	if (self->dtype == FY_BOOL)
		return fy_call_raise(call, "not for bool tensors");
	if (!fy_call_int_known(call, 1, &k)) {
		if (shape.rank > 0)
			shape.dims[dim] = fy_call_new_symbol(call);
	} else {
		fy_dim size = shape.rank ? shape.dims[dim] : 1;
		if (k < 0 || (fy_dim_known(size) && k > size))
			return fy_call_raise(call, "%" PRId64 " elements of a dimension of %" PRId64, k,
					     size);
		if (shape.rank > 0)
			shape.dims[dim] = k;
	}
	FY_TRY(fy_result_fresh(call, self->dtype, &shape));
	return fy_result_fresh(call, FY_I64, &shape);
}

static fy_status topk_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *in, *values, *indices;
	bool largest;
	int dim;
	FY_TRY(fy_call_dim(call, 2, self->shape.rank, &dim));
	FY_TRY(fy_call_bool(call, 3, &largest));
	in = ranked(self);
	values = ranked(call->outs[0]);
	indices = ranked(call->outs[1]);
	fy_kernel_topk(values, indices, in, dim, largest);
	fy_tensor_unref(in);
	fy_tensor_unref(values);
	fy_tensor_unref(indices);
	return FY_OK;
}

static fy_status topk_lower(fy_lowering *l, fy_node *node)
{
	int64_t known;
	fy_value *k;
	if (fy_node_arg_known(node, 1)) {
		known = fy_node_int(node, 1);
		k = fy_lower_ints(l, &known, 1);
	} else {
		k = fy_lower_unsqueeze(l, fy_lower_arg(l, node, 1, FY_I64), (const int64_t[]){ 0 }, 1);
	}
	return lower_extremes(l, node, k, node_dim(node, "dim", fy_node_type(node, 0)->shape.rank),
			      fy_node_bool(node, 3), fy_node_bool(node, 4));
}

static int topk_opset(const fy_node *node)
{
	return topk_opset_of(fy_node_type(node, 0), fy_node_arg_known(node, 1));
}

const fy_op fy_aten_topk = {
	.name = "aten::topk",
	.overloads = "",
	.infer = topk_infer,
	.eval = topk_eval,
	.lower = topk_lower,
	.plain_opset = topk_opset,
	.cases = FY_CASES("f32[6] 2", "f32[2,5] 3 1", "f32[5,2] 2 0 false", "i64[5]{3,1,4,0,2} 3",
			  "f64[4]^S 2", "f32[2,3]^T 1 -1 false", "f16[4] 2", "bf16[4] 1", "f32[4] 0",
			  "f32[4] 5", "f32[4] -1", "f32[] 1", "f32[4] i64[]{2}", "i32[4]{5,2,9,1} 4 0 false",
			  "bool[3] 1", "u8[3]{7,9,1} 1", "f32[2,4] 2 -2"),
};

/* ---- sort ------------------------------------------------------------------------------------ */

static fy_status sort_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim;
	FY_TRY(read_dim(call, "dim", self->shape.rank, &dim));
	FY_TRY(fy_result_like(call, self->dtype, self));
	return fy_result_like(call, FY_I64, self);
}

static fy_status sort_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *in, *values, *indices;
	bool descending;
	int dim;
	FY_TRY(read_dim(call, "dim", self->shape.rank, &dim));
	FY_TRY(read_flag(call, "descending", false, &descending));
	in = ranked(self);
	values = ranked(call->outs[0]);
	indices = ranked(call->outs[1]);
	fy_kernel_sort(values, indices, in, dim, descending);
	fy_tensor_unref(in);
	fy_tensor_unref(values);
	fy_tensor_unref(indices);
	return FY_OK;
}

/* TopK of all. */
static fy_status sort_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0), *k;
	int rank = x->type->shape.rank, dim = node_dim(node, "dim", rank);
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	bool descending = fy_node_bool(node, fy_call_find(&call, "descending"));
	k = rank > 0 ? fy_lower_size_of(l, x, dim) : fy_lower_int(l, 1);
	k = fy_lower_unsqueeze(l, k, (const int64_t[]){ 0 }, 1);
	if (k != NULL && fy_dim_known(rank > 0 ? x->type->shape.dims[dim] : 1))
		k = fy_lower_ints(l, rank > 0 ? &x->type->shape.dims[dim] : (const int64_t[]){ 1 }, 1);
	return lower_extremes(l, node, k, dim, descending, true);
}

static int sort_opset(const fy_node *node)
{
	const fy_type *type = fy_node_type(node, 0);
	return topk_opset_of(type, fy_shape_known(&type->shape));
}

const fy_op fy_aten_sort = {
	.name = "aten::sort",
	.overloads = ",stable",
	.infer = sort_infer,
	.eval = sort_eval,
	.lower = sort_lower,
	.plain_opset = sort_opset,
	.cases = FY_CASES("f32[6]", "f32[2,5] 0", "f32[2,5] -1 true", "i64[6]", "i64[6] 0 true", "f64[2,3]^T",
			  "f32[]", "f32[0]", "bool[4]", ".stable i64[6] stable=true",
			  ".stable f32[2,3] stable=false dim=0 descending=true", "f16[5]", "u8[6]", "i32[6]",
			  "f32[3] 1", "bf16[4]"),
};

/* The indices of a sort. */
static fy_status argsort_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	int dim = fy_call_find(call, "dim"), descending = fy_call_find(call, "descending");
	fy_arg args[4] = { call->args[0], fy_arg_bool(true), call->args[dim], call->args[descending] },
	       results[2];
	FY_TRY(c->builder->call(c->builder, "aten::sort.stable", args, 4, results, 2));
	c->results[0] = results[1];
	return FY_OK;
}

const fy_op fy_aten_argsort = {
	.name = "aten::argsort",
	.overloads = ",stable",
	.compose = argsort_compose,
	.cases = FY_CASES("f32[6]", "f32[2,5] 0", "f32[2,5] -1 true", ".stable i64[6] stable=true", "f32[]"),
};

static fy_status msort_compose(fy_compose *c)
{
	fy_arg args[4] = { c->call->args[0], fy_arg_bool(false), fy_arg_int(0), fy_arg_bool(false) };
	c->results[0] = fy_do(c, "aten::sort.stable", args, 4);
	return FY_OK;
}

const fy_op fy_aten_msort = {
	.name = "aten::msort",
	.compose = msort_compose,
	.cases = FY_CASES("f32[4,2]", "i64[4]"),
};

/* The k-th of the sorted ones; k counts from 1. */
static fy_status kthvalue_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	const fy_shape *shape = &call->args[0].t->shape;
	fy_arg args[4] = { call->args[0], fy_arg_bool(true), call->args[2], fy_arg_bool(false) }, sorted[2];
	int64_t k;
	bool keep;
	int dim;
	FY_TRY(fy_call_int(call, 1, &k));
	FY_TRY(fy_call_dim(call, 2, shape->rank, &dim));
	FY_TRY(fy_call_bool(call, 3, &keep));
	if (k < 1 || (shape->rank > 0 && fy_dim_known(shape->dims[dim]) && k > shape->dims[dim]) ||
	    (shape->rank == 0 && k > 1))
		return fy_call_raise(call, "there is no %" PRId64 "-th element", k);
	FY_TRY(c->builder->call(c->builder, "aten::sort.stable", args, 4, sorted, 2));
	for (int i = 0; i < 2; i++) {
		if (shape->rank > 0)
			sorted[i] =
				fy_do3(c, "aten::select.int", sorted[i], fy_arg_int(dim), fy_arg_int(k - 1));
		if (keep && shape->rank > 0)
			sorted[i] = fy_do2(c, "aten::unsqueeze", sorted[i], fy_arg_int(dim));
		c->results[i] = fy_do2(c, "aten::clone", sorted[i], fy_arg_int(0));
	}
	return FY_OK;
}

const fy_op fy_aten_kthvalue = {
	.name = "aten::kthvalue",
	.overloads = "",
	.compose = kthvalue_compose,
	.cases = FY_CASES("f32[5] 2", "f32[2,5] 3 1", "f32[4,2] 1 0 true", "f32[] 1", "f32[3] 4", "f32[3] 0"),
};

/* ---- places in sorted tensors ---------------------------------------------------------------- */

/* Where the operands stand: searchsorted(sorted, values), bucketize(values, boundaries). */
static bool buckets(const fy_op *op)
{
	return op->form != NULL;
}

static fy_status read_right(const fy_call *call, bool *right)
{
	int side = fy_call_find(call, "side"), sorter = fy_call_find(call, "sorter");
	FY_TRY(read_flag(call, "right", false, right));
	if (sorter >= 0 && !fy_call_is_none(call, sorter))
		return fy_call_unsupported(call, "a sorter");
	if (side < 0 || fy_call_is_none(call, side))
		return FY_OK;
	if (fy_str_is(call->args[side].s, "left") && *right)
		return fy_call_raise(call, "right and side='left' contradict each other");
	if (!fy_str_is(call->args[side].s, "left") && !fy_str_is(call->args[side].s, "right"))
		return fy_call_raise(call, "side must be 'left' or 'right'");
	*right = fy_str_is(call->args[side].s, "right");
	return FY_OK;
}

static fy_status search_infer(fy_call *call)
{
	const fy_tensor *sorted = fy_call_tensor(call, buckets(call->op) ? 1 : 0);
	int other = buckets(call->op) ? 0 : 1;
	fy_shape shape = { 0 };
	fy_dtype dtype;
	bool right, small;
	FY_TRY(read_right(call, &right));
	FY_TRY(read_flag(call, "out_int32", false, &small));
	FY_TRY(fy_call_promote(call, (const int[]){ 0, 1 }, 2, &dtype));
	if (!fy_call_is_number(call, other))
		shape = fy_call_tensor(call, other)->shape;
	if (sorted->shape.rank == 0 || (buckets(call->op) && sorted->shape.rank != 1))
		return fy_call_raise(call, "the sorted tensor has rank %d", sorted->shape.rank);
	if (sorted->shape.rank > 1 && shape.rank != sorted->shape.rank)
		return fy_call_raise(call, "the values have rank %d, the sorted tensor %d", shape.rank,
				     sorted->shape.rank);
	for (int d = 0; d + 1 < sorted->shape.rank; d++)
		if (fy_dim_known(shape.dims[d]) && fy_dim_known(sorted->shape.dims[d]) &&
		    shape.dims[d] != sorted->shape.dims[d])
			return fy_call_raise(call, "dimension %d differs", d);
	return fy_result_fresh(call, small ? FY_I32 : FY_I64, &shape);
}

static fy_status search_eval(fy_call *call)
{
	int at = buckets(call->op) ? 1 : 0;
	fy_tensor *parts[2];
	fy_dtype dtype;
	bool right;
	FY_TRY(read_right(call, &right));
	FY_TRY(fy_call_promote(call, (const int[]){ 0, 1 }, 2, &dtype));
	for (int i = 0; i < 2; i++) {
		fy_tensor *plain = fy_call_operand(call, i == 0 ? at : 1 - at, dtype);
		parts[i] = fy_tensor_new(dtype, &plain->shape, false);
		fy_tensor_copy(parts[i], plain);
		fy_tensor_unref(plain);
	}
	fy_kernel_search_sorted(call->outs[0], parts[0], parts[1], right);
	fy_tensor_unref(parts[0]);
	fy_tensor_unref(parts[1]);
	return FY_OK;
}

static fy_dtype operand_type(const fy_node *node)
{
	return fy_lower_arithmetic_type(fy_node_promote(node, (const int[]){ 0, 1 }, 2));
}

/* How many of the sorted elements are before the value: all that are not behind it, so that NaN comes last.
 */
static fy_status search_lower(fy_lowering *l, fy_node *node)
{
	int at = buckets(fy_node_op(node)) ? 1 : 0;
	fy_dtype work = operand_type(node);
	fy_value *sorted = fy_lower_operand(l, node, at, work),
		 *values = fy_lower_operand(l, node, 1 - at, work), *x;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int64_t last, before;
	bool right;
	FY_TRY(read_right(&call, &right));
	FY_TRY(fy_lower_status(l));
	last = values->type->shape.rank;
	before = sorted->type->shape.rank - 1;
	values = fy_lower_unsqueeze(l, values, &last, 1);
	if (before > 0)
		sorted = fy_lower_unsqueeze(l, sorted, &before, 1);
	x = fy_lower_not(l, fy_lower_compare(l, right ? "Greater" : "GreaterOrEqual", sorted, values));
	x = fy_lower_reduce(l, "ReduceSum", fy_lower_cast(l, x, FY_I64), &last, 1, false);
	return fy_lower_finish(l, node, x);
}

const fy_op fy_aten_searchsorted = {
	.name = "aten::searchsorted",
	.overloads = "Tensor,Scalar",
	.infer = search_infer,
	.eval = search_eval,
	.lower = search_lower,
	.cases = FY_CASES(
		".Tensor f32[4]{-1,0,0,1} f32[2,3]", ".Tensor f32[4]{-1,0,0,1} f32[3]{0,1,2} right=true",
		".Tensor f32[2,3]{-1,0,1,-2,0,2} f32[2,2]", ".Tensor i64[3]{1,3,5} i64[4]{0:6}",
		".Scalar f32[4]{-1,0,0,1} 0", ".Scalar f32[4]{-1,0,0,1} 0 side='right'",
		".Tensor f32[3]{0,1,2} f32[2] out_int32=true", ".Tensor f32[3]{0,1,2} f32[2]{nan,1.5}",
		".Tensor f32[2,3] f32[3]", ".Tensor f32[3]{0,1,2} f32[2] right=true side='left'",
		".Tensor f32[3]{0,1,2} f32[]"),
};

const fy_op fy_aten_bucketize = {
	.name = "aten::bucketize",
	.overloads = "Tensor,Scalar",
	.infer = search_infer,
	.eval = search_eval,
	.lower = search_lower,
	.form = &(const bool){ true },
	.cases = FY_CASES(".Tensor f32[2,3] f32[4]{-1,0,0,1}", ".Tensor i64[5]{0:6} i64[3]{1,3,5} right=true",
			  ".Scalar 0.5 f32[3]{0,1,2}", ".Tensor f32[2] f32[3]{0,1,2} out_int32=true",
			  ".Tensor f32[2] f32[2,2]"),
};

/* ---- one_hot --------------------------------------------------------------------------------- */

static int64_t largest_class(const fy_tensor *self)
{
	int64_t largest = -1;
	for (int64_t i = fy_tensor_numel(self) - 1; i >= 0; i--)
		if (fy_tensor_get_i64(self, i) > largest)
			largest = fy_tensor_get_i64(self, i);
	return largest;
}

static fy_status one_hot_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = self->shape;
	int64_t classes;
	FY_TRY(fy_call_int(call, 1, &classes));
	if (self->dtype != FY_I64)
		return fy_call_raise(call, "the classes must be int64");
	if (shape.rank == FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	if (classes < -1 || (fy_tensor_numel(self) == 0 && classes <= 0))
		return fy_call_raise(call, "%" PRId64 " classes", classes);
	if (classes == -1)
		classes = fy_tensor_has_data(self) ? largest_class(self) + 1 : fy_call_new_symbol(call);
	shape.dims[shape.rank++] = classes;
	return fy_result_fresh(call, FY_I64, &shape);
}

static fy_status one_hot_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0];
	int64_t classes = out->shape.dims[out->shape.rank - 1];
	fy_kernel_fill_i64(out, 0);
	for (int64_t i = fy_tensor_numel(self) - 1; i >= 0; i--) {
		int64_t at = fy_tensor_get_i64(self, i);
		if (at < 0 || at >= classes)
			return fy_call_raise(call, "class %" PRId64 " of %" PRId64, at, classes);
		fy_tensor_set_i64(out, i * classes + at, 1);
	}
	return FY_OK;
}

static fy_status one_hot_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0), *classes;
	int64_t known = fy_node_int(node, 1);
	if (known == 0)
		return fy_lower_refuse(l, node, "no classes");
	if (known > 0)
		classes = fy_lower_int(l, known);
	else
		classes = fy_emit2(l, "Add", fy_lower_reduce(l, "ReduceMax", x, NULL, 0, false),
				   fy_lower_int(l, 1));
	x = fy_emit(l, "OneHot",
		    FY_IN(lower_ranked(l, x), classes, fy_lower_ints(l, (const int64_t[]){ 0, 1 }, 2)),
		    FY_ATTRS(fy_attr_int("axis", -1)));
	if (fy_node_type(node, 0)->shape.rank == 0)
		x = fy_lower_squeeze(l, x, (const int64_t[]){ 0 }, 1);
	fy_lower_result(l, node, 0, x);
	return fy_lower_status(l);
}

const fy_op fy_aten_one_hot = {
	.name = "aten::one_hot",
	.flags = FY_OP_DATA_SIZE,
	.infer = one_hot_infer,
	.eval = one_hot_eval,
	.lower = one_hot_lower,
	.cases = FY_CASES("i64[4]{0:3} 3", "i64[2,2]{0:3} 5", "i64[4]{0,2,1}", "i64[]{1} 2", "i64[2]{0:3} 1",
			  "i64[2]{-1,0} 2", "i32[2]{0:2} 2", "i64[0] 2", "i64[0]"),
};
