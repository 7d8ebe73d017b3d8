/*
 * Matrices from their diagonals and back: diag, diag_embed, diagflat, trace, block_diag; and all combinations
 * of the elements of lines.
 */
#include "ops/views.h"

/* A copy in row-major order, whatever it was a view of. */
static fy_arg cloned(fy_compose *c, fy_arg x)
{
	return fy_do2(c, "aten::clone", x, fy_arg_int(0));
}

static fy_arg constant(fy_compose *c, fy_dtype dtype, double value)
{
	return fy_do_constant(c, fy_tensor_scalar_f64(dtype, value));
}

/* The last dim of x laid out along a diagonal of two new last dims: x under a mask of that diagonal, shifted
 * so that element i stands in row i, or in column i below the main diagonal. */
static fy_arg embedded(fy_compose *c, fy_arg x, int64_t offset)
{
	fy_dim length = x.t->shape.dims[x.t->shape.rank - 1];
	int64_t side = length + (offset < 0 ? -offset : offset);
	fy_shape square = { 2, { side, side } };
	fy_tensor *mask = fy_tensor_new(FY_BOOL, &square, true);
	fy_arg padding[2] = { fy_arg_int(0), fy_arg_int(offset < 0 ? -offset : offset) }, args[4];
	for (int64_t i = 0; i < length && mask != NULL; i++)
		fy_tensor_set_i64(mask,
				  (i + (offset < 0 ? -offset : 0)) * side + i + (offset > 0 ? offset : 0), 1);
	if (offset != 0) {
		args[0] = x;
		args[1] = fy_arg_list(padding, 2);
		args[2] = fy_arg_int(0);
		x = fy_do(c, "aten::constant_pad_nd", args, 3);
	}
	x = fy_do2(c, "aten::unsqueeze", x, fy_arg_int(offset < 0 ? -2 : -1));
	args[0] = fy_do_constant(c, mask);
	args[1] = x;
	args[2] = c->status == FY_OK ? constant(c, x.t->dtype, 0) : fy_arg_none();
	return fy_do(c, "aten::where.self", args, 3);
}

static fy_status check_embedding(const fy_call *call, const fy_tensor *x, int64_t offset)
{
	if (x->shape.rank == 0 || x->shape.rank == FY_MAX_RANK)
		return fy_call_raise(call, "a tensor of rank %d", x->shape.rank);
	if (!fy_dim_known(x->shape.dims[x->shape.rank - 1]))
		return fy_call_unsupported(call, "a diagonal whose length depends on data");
	if (x->shape.dims[x->shape.rank - 1] > 1 << 14 || offset > 1 << 14 || offset < -(1 << 14))
		return fy_call_unsupported(call, "such a large matrix");
	return FY_OK;
}

static fy_status diag_embed_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	int rank = call->args[0].t->shape.rank + 1, a, b;
	int64_t offset;
	fy_arg x;
	FY_TRY(fy_call_int(call, 1, &offset));
	FY_TRY(fy_call_dim(call, 2, rank, &a));
	FY_TRY(fy_call_dim(call, 3, rank, &b));
	if (a == b)
		return fy_call_raise(call, "the two dimensions must differ");
	FY_TRY(check_embedding(call, call->args[0].t, offset));
	x = embedded(c, call->args[0], offset);
	if (a != rank - 2 || b != rank - 1) {
		fy_arg from[2] = { fy_arg_int(-2), fy_arg_int(-1) }, to[2] = { fy_arg_int(a), fy_arg_int(b) };
		x = cloned(c,
			   fy_do3(c, "aten::movedim.intlist", x, fy_arg_list(from, 2), fy_arg_list(to, 2)));
	}
	c->results[0] = cloned(c, x);
	return FY_OK;
}

const fy_op fy_aten_diag_embed = {
	.name = "aten::diag_embed",
	.compose = diag_embed_compose,
	.cases = FY_CASES("f32[3]", "f32[2,3]", "f32[2,3] 1", "f32[2,3] -1", "f32[2,3] 0 0 2",
			  "f32[2,3] 1 2 0", "i64[2]", "bool[2]", "f32[2] 0 1 1", "f32[]"),
};

static fy_arg diagonal_of(fy_compose *c, fy_arg x, int64_t offset)
{
	return cloned(c, fy_do2(c, "aten::diagonal", x, fy_arg_int(offset)));
}

static fy_status diag_compose(fy_compose *c)
{
	const fy_tensor *x = c->call->args[0].t;
	int64_t offset;
	FY_TRY(fy_call_int(c->call, 1, &offset));
	if (x->shape.rank == 2) {
		c->results[0] = diagonal_of(c, c->call->args[0], offset);
		return FY_OK;
	}
	if (x->shape.rank != 1)
		return fy_call_raise(c->call, "a tensor of rank %d", x->shape.rank);
	FY_TRY(check_embedding(c->call, x, offset));
	c->results[0] = cloned(c, embedded(c, c->call->args[0], offset));
	return FY_OK;
}

const fy_op fy_aten_diag = {
	.name = "aten::diag",
	.overloads = "",
	.compose = diag_compose,
	.cases = FY_CASES("f32[3]", "f32[3,4]", "f32[3] 1", "f32[3] -2", "f32[3,4] 2", "i64[2,2]",
			  "f32[2,2,2]"),
};

static fy_status diagflat_compose(fy_compose *c)
{
	int64_t offset;
	fy_arg x = fy_do2(c, "aten::reshape", c->call->args[0],
			  fy_arg_ints(c->builder->arena, (const int64_t[]){ -1 }, 1));
	FY_TRY(c->status);
	FY_TRY(fy_call_int(c->call, 1, &offset));
	FY_TRY(check_embedding(c->call, x.t, offset));
	c->results[0] = cloned(c, embedded(c, x, offset));
	return FY_OK;
}

const fy_op fy_aten_diagflat = {
	.name = "aten::diagflat",
	.compose = diagflat_compose,
	.cases = FY_CASES("f32[3]", "f32[2,2]", "f32[2] 1", "f32[] -1"),
};

static fy_status trace_compose(fy_compose *c)
{
	if (c->call->args[0].t->shape.rank != 2)
		return fy_call_raise(c->call, "it takes a matrix");
	c->results[0] = fy_do1(c, "aten::sum", fy_do1(c, "aten::diagonal", c->call->args[0]));
	return FY_OK;
}

const fy_op fy_aten_trace = {
	.name = "aten::trace",
	.overloads = "",
	.compose = trace_compose,
	.cases = FY_CASES("f32[3,3]", "f32[2,4]", "i64[3,2]", "f32[3]", "i32[2,2]"),
};

/* ---- combinations ---------------------------------------------------------------------------- */

/* Every block padded to the full width, all joined. */
static fy_status block_diag_compose(fy_compose *c)
{
	const fy_arg *list = &c->call->args[0];
	fy_arg *rows = FY_NEW_ARRAY(c->builder->arena, fy_arg, list->list.count + 1);
	int64_t width = 0, at = 0;
	for (int i = 0; i < list->list.count; i++) {
		const fy_shape *shape = &list->list.items[i].t->shape;
		if (shape->rank > 2)
			return fy_call_raise(c->call, "a block of rank %d", shape->rank);
		if (!fy_shape_known(shape))
			return fy_call_unsupported(c->call, "blocks whose size depends on data");
		width += shape->rank ? shape->dims[shape->rank - 1] : 1;
	}
	if (list->list.count == 0)
		return fy_call_unsupported(c->call, "no blocks");
	for (int i = 0; i < list->list.count; i++) {
		fy_arg block = list->list.items[i], args[3], padding[2];
		int rank = block.t->shape.rank;
		int64_t columns = rank ? block.t->shape.dims[rank - 1] : 1;
		for (; rank < 2; rank++)
			block = fy_do2(c, "aten::unsqueeze", block, fy_arg_int(0));
		padding[0] = fy_arg_int(at);
		at += columns;
		padding[1] = fy_arg_int(width - at);
		args[0] = block;
		args[1] = fy_arg_list(padding, 2);
		args[2] = fy_arg_int(0);
		rows[i] = fy_do(c, "aten::constant_pad_nd", args, 3);
	}
	FY_TRY(c->status);
	c->results[0] = fy_do2(c, "aten::cat", fy_arg_list(rows, list->list.count), fy_arg_int(0));
	return FY_OK;
}

const fy_op fy_aten_block_diag = {
	.name = "aten::block_diag",
	.compose = block_diag_compose,
	.cases = FY_CASES("[f32[2,3],f32[1,2]]", "[f32[2],f32[]]", "[f32[2,2]]", "[i64[1,2],f32[2,1]]",
			  "[f32[1,1,1]]"),
};

/* Grids of the lines, flat, side by side. */
static fy_status cartesian_prod_compose(fy_compose *c)
{
	const fy_arg *list = &c->call->args[0];
	int count = list->list.count;
	fy_arg grids[FY_MAX_RANK];
	if (count == 0 || count > FY_MAX_RANK)
		return fy_call_raise(c->call, "%d tensors", count);
	for (int i = 0; i < count; i++)
		if (list->list.items[i].t->shape.rank != 1)
			return fy_call_raise(c->call, "it takes lines");
	if (count == 1) {
		c->results[0] = list->list.items[0];
		return FY_OK;
	}
	FY_TRY(c->builder->call(c->builder, "aten::meshgrid", list, 1, grids, count));
	for (int i = 0; i < count; i++)
		grids[i] = fy_do3(c, "aten::flatten.using_ints", grids[i], fy_arg_int(0), fy_arg_int(-1));
	FY_TRY(c->status);
	c->results[0] = fy_do2(c, "aten::stack", fy_arg_list(grids, count), fy_arg_int(1));
	return FY_OK;
}

const fy_op fy_aten_cartesian_prod = {
	.name = "aten::cartesian_prod",
	.compose = cartesian_prod_compose,
	.cases = FY_CASES("[f32[2],f32[3]]", "[i64[2],i64[2],i64[1]]", "[f32[2]]", "[f32[2,2],f32[3]]"),
};

/* The places of every choice of `r` among `count`, in order. */
static fy_tensor *choices(int64_t count, int r, bool repeats, int64_t limit)
{
	int64_t at[FY_MAX_RANK], rows = 0, capacity = 64;
	int64_t *found = fy_alloc((size_t)(capacity * r) * sizeof(*found));
	fy_tensor *index = NULL;
	int d = 0;
	for (int k = 0; k < r; k++)
		at[k] = repeats ? 0 : k;
	while (r > 0 && at[r - 1] < count && rows <= limit) {
		if (rows == capacity) {
			capacity *= 2;
			found = fy_realloc(found, (size_t)(capacity * r) * sizeof(*found));
		}
		for (int k = 0; k < r; k++)
			found[rows * r + k] = at[k];
		rows++;
		for (d = r - 1; d > 0 && at[d] + 1 > (repeats ? count - 1 : count - r + d); d--)
			;
		at[d]++;
		for (int k = d + 1; k < r; k++)
			at[k] = repeats ? at[d] : at[k - 1] + 1;
	}
	if (rows <= limit) {
		fy_shape shape = { 2, { rows, r } };
		index = fy_tensor_new(FY_I64, &shape, false);
		for (int64_t i = 0; index != NULL && i < rows * r; i++)
			fy_tensor_set_i64(index, i, found[i]);
	}
	fy_free(found);
	return index;
}

static fy_status combinations_compose(fy_compose *c)
{
	const fy_tensor *x = c->call->args[0].t;
	fy_tensor *places;
	fy_arg index;
	int64_t r;
	bool repeats;
	FY_TRY(fy_call_int(c->call, 1, &r));
	FY_TRY(fy_call_bool(c->call, 2, &repeats));
	if (x->shape.rank != 1 || r < 0)
		return fy_call_raise(c->call,
				     "it takes a line, and a number of elements that is not negative");
	if (r == 0 || r > FY_MAX_RANK || !fy_dim_known(x->shape.dims[0]))
		return fy_call_unsupported(c->call, "that many elements at a time");
	places = choices(x->shape.dims[0], (int)r, repeats, 1 << 20);
	if (places == NULL)
		return fy_call_unsupported(c->call, "that many combinations");
	index = fy_do_constant(c, places);
	c->results[0] = fy_do2(c, "aten::index.Tensor", c->call->args[0], fy_arg_list(&index, 1));
	return FY_OK;
}

const fy_op fy_aten_combinations = {
	.name = "aten::combinations",
	.compose = combinations_compose,
	.cases = FY_CASES("f32[4]", "f32[4] 3", "f32[3] 2 true", "f32[3] 3 true", "i64[3] 1", "f32[2] 3",
			  "f32[2,2]", "f32[4] 4"),
};
