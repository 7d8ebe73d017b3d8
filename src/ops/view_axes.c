/*
 * Views that reorder or pick along dims: permute, transpose, select, slice, expand, split, unbind, diagonal,
 * unfold, as_strided.
 */
#include "ops/indices.h"

#include <string.h>

/* ---- order of dims --------------------------------------------------------------------------- */

static fy_status permuted(fy_call *call, const int *perm)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = { .rank = self->shape.rank };
	int64_t strides[FY_MAX_RANK];

	for (int d = 0; d < shape.rank; d++) {
		shape.dims[d] = self->shape.dims[perm[d]];
		strides[d] = self->strides[perm[d]];
	}
	return fy_result_view(call, 0, &shape, strides, self->offset);
}

static void identity(int *perm, int rank)
{
	for (int d = 0; d < rank; d++)
		perm[d] = d;
}

static fy_status lower_perm(fy_lowering *l, fy_node *node, const int *perm)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	bool same = true;

	for (int d = 0; d < self->type->shape.rank; d++)
		same &= perm[d] == d;
	fy_lower_result(l, node, 0, same ? self : fy_lower_transpose(l, self, perm));
	return fy_lower_status(l);
}

/* Each operator says which permutation it is, for a rank and its integer arguments. False: raise. */
typedef bool (*fy_perm_fn)(int rank, const int64_t *args, int count, int *perm);

static int wrap(int64_t dim, int rank)
{
	int64_t bound = rank ? rank : 1;

	if (dim < -bound || dim >= bound)
		return -1;
	return (int)(dim < 0 ? dim + bound : dim);
}

static bool swap_perm(int rank, const int64_t *args, int count, int *perm)
{
	int a = wrap(args[0], rank), b = wrap(args[1], rank);

	(void)count;
	if (a < 0 || b < 0)
		return false;
	if (rank > 0) {
		perm[a] = b;
		perm[b] = a;
	}
	return true;
}

static bool permute_perm(int rank, const int64_t *args, int count, int *perm)
{
	uint32_t seen = 0;

	if (count != rank)
		return false;
	for (int d = 0; d < rank; d++) {
		perm[d] = wrap(args[d], rank);
		if (perm[d] < 0 || (seen >> perm[d] & 1))
			return false;
		seen |= 1u << perm[d];
	}
	return true;
}

static bool t_perm(int rank, const int64_t *args, int count, int *perm)
{
	int64_t last[2] = { 0, 1 };

	(void)args;
	return rank <= 2 && (rank < 2 || swap_perm(rank, last, count, perm));
}

static bool reverse_perm(int rank, const int64_t *args, int count, int *perm)
{
	(void)args;
	(void)count;
	for (int d = 0; d < rank; d++)
		perm[d] = rank - 1 - d;
	return true;
}

static bool last_two_perm(int rank, const int64_t *args, int count, int *perm)
{
	int64_t last[2] = { -2, -1 };

	(void)args;
	return rank >= 2 && swap_perm(rank, last, count, perm);
}

static bool movedim_perm(int rank, const int64_t *args, int count, int *perm)
{
	int half = count / 2, next = 0;
	uint32_t taken = 0, placed = 0;

	for (int d = 0; d < rank; d++)
		perm[d] = -1;
	for (int i = 0; i < half; i++) {
		int from = wrap(args[i], rank), to = wrap(args[half + i], rank);

		if (from < 0 || to < 0 || (taken >> from & 1) || (placed >> to & 1))
			return false;
		taken |= 1u << from;
		placed |= 1u << to;
		if (rank)
			perm[to] = from;
	}
	for (int d = 0; d < rank; d++) {
		if (perm[d] >= 0)
			continue;
		while (taken >> next & 1)
			next++;
		perm[d] = next++;
	}
	return true;
}

static fy_perm_fn perm_of(const char *name)
{
	static const struct {
		const char *name;
		fy_perm_fn fn;
	} all[] = {
		{ "aten::permute", permute_perm },
		{ "aten::transpose", swap_perm },
		{ "aten::swapaxes", swap_perm },
		{ "aten::swapdims", swap_perm },
		{ "aten::t", t_perm },
		{ "aten::numpy_T", reverse_perm },
		{ "aten::mT", last_two_perm },
		{ "aten::movedim", movedim_perm },
		{ "aten::moveaxis", movedim_perm },
	};

	for (size_t i = 0; i < FY_COUNT(all); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].fn;
	FY_BUG("no permutation for %s", name);
}

static fy_status infer_perm(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t args[2 * FY_MAX_RANK];
	int perm[FY_MAX_RANK], count = 0;

	for (int i = 1; i < call->arg_count; i++) {
		int some = 0;

		if (call->args[i].kind == FY_ARG_LIST) {
			if (call->args[i].list.count > FY_MAX_RANK)
				return fy_call_raise(call, "too many dimensions");
			FY_TRY(fy_call_ints(call, i, args + count, 0, &some));
		} else {
			FY_TRY(fy_call_int(call, i, &args[count]));
			some = 1;
		}
		count += some;
	}
	identity(perm, self->shape.rank);
	if (!perm_of(call->op->name)(self->shape.rank, args, count, perm))
		return fy_call_raise(call, "these dimensions are no permutation of a tensor of rank %d",
				     self->shape.rank);
	return permuted(call, perm);
}

static fy_status lower_permutation(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	int64_t args[2 * FY_MAX_RANK];
	int perm[FY_MAX_RANK], count = 0;
	char name[32];

	for (int i = 1; i < node->arg_count; i++)
		count += node->args[i].kind == FY_ARG_LIST ? fy_node_ints(node, i, args + count, 0)
							   : (args[count] = fy_node_int(node, i), 1);
	snprintf(name, sizeof name, "%.*s", (int)strcspn(node->op, "."), node->op);
	identity(perm, self->type->shape.rank);
	FY_ASSERT(perm_of(name)(self->type->shape.rank, args, count, perm));
	return lower_perm(l, node, perm);
}

const fy_op fy_aten_permute = {
	.name = "aten::permute",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("bool[2,3] [1,0]", "bf16[2,3] [1,0]", "f32[2,3,4]^T [2,0,1]", "f32[] []",
			  "f32[2,3] [0]", "f32[2,3] [0,2]", "f32[2,3,4,1] [0,2,3,1]", "f64[2,0] [1,0]",
			  "f32[2,3,4] [2,0,1]", "f32[2,3] [0,1]", "f32[2,3,4] [-1,0,1]", "f32[2,3] [0,0]"),
};
const fy_op fy_aten_transpose = {
	.name = "aten::transpose",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3,4] 0 2", "f32[2,3]^T -1 -2", "f32[] 0 -1", "f32[2,3] 1 1", "f32[2] 0 1"),
};
const fy_op fy_aten_swapaxes = {
	.name = "aten::swapaxes",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3,4] 0 1"),
};
const fy_op fy_aten_swapdims = {
	.name = "aten::swapdims",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3,4] 0 1"),
};
const fy_op fy_aten_t = {
	.name = "aten::t",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3]", "f32[4]", "f32[]", "f32[2,3,4]"),
};
const fy_op fy_aten_numpy_T = {
	.name = "aten::numpy_T",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3]", "f32[4]"),
};
const fy_op fy_aten_mT = {
	.name = "aten::mT",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES("f32[2,3,4]", "f32[2,3]"),
};
const fy_op fy_aten_movedim = {
	.name = "aten::movedim",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES(".int f32[2,3,4] 0 2", ".intlist f32[2,3,4] [0,1] [1,2]", ".int f32[2,3,4] -1 0"),
};
const fy_op fy_aten_moveaxis = {
	.name = "aten::moveaxis",
	.flags = FY_OP_MOVES,
	.infer = infer_perm,
	.lower = lower_permutation,
	.cases = FY_CASES(".int f32[2,3,4] 0 2"),
};

/* ---- select ---------------------------------------------------------------------------------- */

static int64_t stepped(int64_t offset, int64_t index, int64_t stride)
{
	int64_t moved;

	if (offset == FY_STRIDE_UNKNOWN || stride == FY_STRIDE_UNKNOWN ||
	    !fy_mul_i64(index, stride, &moved) || !fy_add_i64(offset, moved, &moved))
		return FY_STRIDE_UNKNOWN;
	return moved;
}

static fy_status infer_select(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK], index, offset = FY_STRIDE_UNKNOWN;
	fy_shape shape = { 0 };
	int dim;

	if (self->shape.rank == 0)
		return fy_call_raise(call, "select() on a 0-d tensor");
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (fy_call_int_known(call, 2, &index) && fy_dim_known(self->shape.dims[dim])) {
		if (index < -self->shape.dims[dim] || index >= self->shape.dims[dim])
			return fy_call_raise(
				call, "index %" PRId64 " is out of range for dimension %d of size %" PRId64,
				index, dim, self->shape.dims[dim]);
		index += index < 0 ? self->shape.dims[dim] : 0;
		offset = stepped(self->offset, index, self->strides[dim]);
	}
	for (int d = 0; d < self->shape.rank; d++) {
		if (d == dim)
			continue;
		strides[shape.rank] = self->strides[d];
		shape.dims[shape.rank++] = self->shape.dims[d];
	}
	return fy_result_view(call, 0, &shape, strides, offset);
}

static fy_status lower_select(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index;
	int dim = wrap(fy_node_int(node, 1), self->type->shape.rank);

	if (fy_node_arg_known(node, 2)) {
		int64_t at = fy_node_int(node, 2), size = self->type->shape.dims[dim];

		if (at < 0 && fy_dim_known(size))
			at += size;
		if (at < 0 &&
		    fy_lower_opset(l) <
			    11) { /* Gather takes negative indices from 11 on: cut, then drop the dim */
			int64_t axis = dim, stop = at + 1 == 0 ? INT64_MAX : at + 1, step = 1;

			fy_lower_result(l, node, 0,
					fy_lower_squeeze(l,
							 fy_lower_slice(l, self, &axis, &at, &stop, &step, 1),
							 &axis, 1));
			return fy_lower_status(l);
		}
		index = fy_lower_int(l, at);
	} else {
		index = fy_lower_arg(l, node, 2, FY_I64);
	}
	fy_lower_result(l, node, 0,
			fy_emit(l, "Gather", FY_IN(self, index), FY_ATTRS(fy_attr_int("axis", dim))));
	return fy_lower_status(l);
}

const fy_op fy_aten_select = {
	.name = "aten::select",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = infer_select,
	.lower = lower_select,
	.cases = FY_CASES("f32[2,3] 0 i64[]{1}", "f32[2,3] 1 i64[]{-1}", "f32[2,3]^T -1 i64[]{0}",
			  "bool[3] 0 i64[]{2}", "bf16[3] 0 1", "f32[2,3] 0 i64[]{2}", "f32[] 0 0",
			  "f32[2,3] 2 0", "f32[2,3] 0 -2", "f32[2,3] 0 1", "f32[2,3] -1 -1", "i64[4] 0 2",
			  "f32[2,3]^T 1 0", "f32[2,3] 0 2"),
};

/* ---- slice ----------------------------------------------------------------------------------- */

/* A bound: *known false when it depends on data; None gives `none`. */
static fy_status slice_bound(fy_call *call, int index, int64_t none, int64_t *out, bool *known)
{
	*known = true;
	*out = none;
	if (!fy_call_is_none(call, index))
		*known = fy_call_int_known(call, index, out);
	return FY_OK;
}

static int64_t clip(int64_t at, int64_t size)
{
	at += at < 0 ? size : 0;
	return at < 0 ? 0 : at > size ? size : at;
}

/* `length` symbols: the result's size is not known. */
static fy_status sliced(fy_call *call, int dim, fy_dim length, int64_t start, bool start_known, int64_t step)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = self->shape;
	int64_t strides[FY_MAX_RANK];

	memcpy(strides, self->strides, sizeof strides);
	shape.dims[dim] = length;
	if (strides[dim] != FY_STRIDE_UNKNOWN && !fy_mul_i64(strides[dim], step, &strides[dim]))
		return fy_call_raise(call, "the step is too large");
	return fy_result_view(call, 0, &shape, strides,
			      start_known ? stepped(self->offset, start, self->strides[dim])
					  : FY_STRIDE_UNKNOWN);
}

static fy_status infer_slice(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t start, end, step, size, length;
	bool start_known, end_known;
	int dim;

	if (self->shape.rank == 0)
		return fy_call_raise(call, "slice() of a 0-d tensor");
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(slice_bound(call, 2, 0, &start, &start_known));
	FY_TRY(slice_bound(call, 3, INT64_MAX, &end, &end_known));
	FY_TRY(fy_call_int(call, 4, &step));
	if (step <= 0)
		return fy_call_raise(call, "slice step must be positive");
	size = self->shape.dims[dim];
	if (!start_known || !end_known)
		return sliced(call, dim, fy_call_new_symbol(call), 0, start_known && start == 0, step);
	if (!fy_dim_known(size)) {
		bool all = start == 0 && end == INT64_MAX && step == 1;

		return sliced(call, dim, all ? size : fy_call_new_symbol(call), start, start >= 0, step);
	}
	start = clip(start, size);
	end = clip(end, size);
	length = end > start ? (end - start - 1) / step + 1 : 0;
	return sliced(call, dim, length, start, true, step);
}

/* Bounds that depend on data: one-element vectors. */
static fy_value *bound_value(fy_lowering *l, const fy_node *node, int index, int64_t none)
{
	int64_t zero = 0, known = none;

	if (!fy_node_arg_known(node, index))
		return fy_lower_unsqueeze(l, fy_lower_arg(l, node, index, FY_I64), &zero, 1);
	if (!fy_node_none(node, index))
		known = fy_node_int(node, index);
	return fy_lower_ints(l, &known, 1);
}

static fy_status lower_slice(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *value;
	int64_t axis = wrap(fy_node_int(node, 1), self->type->shape.rank), step = fy_node_int(node, 4), start,
		end;

	if (fy_node_arg_known(node, 2) && fy_node_arg_known(node, 3)) {
		start = fy_node_none(node, 2) ? 0 : fy_node_int(node, 2);
		end = fy_node_none(node, 3) ? INT64_MAX : fy_node_int(node, 3);
		if (fy_shape_eq(&self->type->shape, &fy_node_result_type(node, 0)->shape))
			value = self;
		else
			value = fy_lower_slice(l, self, &axis, &start, &end, &step, 1);
	} else if (fy_lower_opset(l) < 10) {
		return fy_lower_refuse(l, node, "a slice whose bounds depend on data needs opset 10");
	} else {
		value = fy_emit(l, "Slice",
				FY_IN(self, bound_value(l, node, 2, 0), bound_value(l, node, 3, INT64_MAX),
				      fy_lower_ints(l, &axis, 1), fy_lower_ints(l, &step, 1)),
				FY_NO_ATTRS);
	}
	fy_lower_result(l, node, 0, value);
	return fy_lower_status(l);
}

static int slice_opset(const fy_node *node)
{
	return fy_node_arg_known(node, 2) && fy_node_arg_known(node, 3) && fy_node_int(node, 4) == 1 ? 9 : 10;
}

const fy_op fy_aten_slice = {
	.name = "aten::slice",
	.overloads = "Tensor",
	.flags = FY_OP_MOVES,
	.infer = infer_slice,
	.lower = lower_slice,
	.plain_opset = slice_opset,
	.cases = FY_CASES("f32[4] 0 i64[]{1}", "f32[4] 0 i64[]{1} i64[]{3}", "f32[4,3] 1 none i64[]{-1}",
			  "f32[4] 0 -3 -1", "f32[4] 0 1 9 3", "bool[4] 0 1", "f32[4,3]^T 0 1 3 2",
			  "f32[4] 0 0 4 0", "f32[] 0", "f32[4] 1", "f32[7] 0 i64[]{1} none 2", "f16[4] 0 2",
			  "f32[0] 0 1", "f32[7] 0 -5 -1 2", "f32[4,3] 0 1 3",
			  "f32[4,3] 1 0 9223372036854775807", "f32[7] 0 1 none 2", "f32[4,3] 0 -2",
			  "f32[4] 0 3 1", "f32[4,3]", "f32[3,4]^T 1 1"),
};

static fy_status infer_narrow(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t start, length, size;
	bool start_known, length_known;
	int dim;

	if (self->shape.rank == 0)
		return fy_call_raise(call, "narrow() of a 0-d tensor");
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	start_known = fy_call_int_known(call, 2, &start);
	length_known = fy_call_int_known(call, 3, &length);
	size = self->shape.dims[dim];
	if (length_known && length < 0)
		return fy_call_raise(call, "narrow: a negative length");
	if (!length_known)
		length = fy_call_new_symbol(call);
	if (!start_known || !length_known || !fy_dim_known(size))
		return sliced(call, dim, length, start_known ? start : 0, start_known && start >= 0, 1);
	start += start < 0 ? size : 0;
	if (start < 0 || start > size || length > size - start)
		return fy_call_raise(call, "narrow: start and length leave the dimension of size %" PRId64,
				     size);
	return sliced(call, dim, length, start, true, 1);
}

static fy_status lower_narrow(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *from, *to;
	int64_t axis = wrap(fy_node_int(node, 1), self->type->shape.rank), step = 1, start, end;

	if (fy_node_arg_known(node, 2) && fy_node_arg_known(node, 3)) {
		start = fy_node_int(node, 2);
		end = start + fy_node_int(node, 3);
		if (start < 0 && end == 0)
			end = INT64_MAX;
		fy_lower_result(l, node, 0, fy_lower_slice(l, self, &axis, &start, &end, &step, 1));
		return fy_lower_status(l);
	}
	from = fy_lower_from_front(l, fy_lower_arg(l, node, 2, FY_I64), self, (int)axis);
	to = fy_emit2(l, "Add", from, fy_lower_arg(l, node, 3, FY_I64));
	fy_lower_result(l, node, 0, fy_lower_slice_values(l, self, (int)axis, from, to, 1));
	return fy_lower_status(l);
}

static int narrow_opset(const fy_node *node)
{
	return fy_node_arg_known(node, 2) && fy_node_arg_known(node, 3) ? 9 : 10;
}

const fy_op fy_aten_narrow = {
	.name = "aten::narrow",
	.overloads = ",Tensor",
	.flags = FY_OP_MOVES,
	.infer = infer_narrow,
	.lower = lower_narrow,
	.plain_opset = narrow_opset,
	.cases = FY_CASES(".Tensor f32[4] 0 i64[]{1} 2", "bool[4] 0 1 2", "f32[4,3]^T 1 1 2",
			  "f32[4] 0 i64[]{1} 2", "f32[4] 0 4 0", "f32[4] 0 0 -1", "f32[4] 0 1 i64[]{2}",
			  "f32[4] 0 i64[]{-2} 2", "f32[4] 0 -2 2", "f32[4,3] 0 1 2", "f32[4,3] 1 -1 1",
			  "f32[4] 0 3 2"),
};

/* ---- expand ---------------------------------------------------------------------------------- */

static fy_status expanded(fy_call *call, const fy_shape *sizes, int inferred_mask)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int extra = sizes->rank - self->shape.rank;
	int64_t strides[FY_MAX_RANK];
	fy_shape shape = *sizes;

	if (extra < 0)
		return fy_call_raise(call, "expand() to fewer dimensions than the tensor has");
	for (int d = 0; d < shape.rank; d++) {
		int64_t have = d >= extra ? self->shape.dims[d - extra] : 1;

		if (inferred_mask >> d & 1) {
			if (d < extra)
				return fy_call_raise(call, "expand(): -1 for a new dimension");
			shape.dims[d] = have;
		}
		strides[d] = d >= extra ? self->strides[d - extra] : 0;
		if (have == 1 && shape.dims[d] != 1)
			strides[d] = 0;
		else if (d < extra)
			strides[d] = 0;
		else if (have != shape.dims[d] && fy_dim_known(have) && fy_dim_known(shape.dims[d]))
			return fy_call_raise(call,
					     "expand(): size %" PRId64 " does not fit size %" PRId64
					     " of dimension %d",
					     shape.dims[d], have, d);
	}
	return fy_result_view(call, 0, &shape, strides, self->offset);
}

static fy_status infer_expand(fy_call *call)
{
	const fy_arg *arg = &call->args[1];
	fy_shape shape = { .rank = arg->list.count };
	int mask = 0;

	if (arg->list.count > FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	for (int d = 0; d < shape.rank; d++) { /* several -1 are fine here */
		const fy_arg *item = &arg->list.items[d];

		if (item->kind == FY_ARG_TENSOR && !fy_tensor_has_data(item->t)) {
			shape.dims[d] = fy_call_new_symbol(call);
			continue;
		}
		shape.dims[d] = item->kind == FY_ARG_TENSOR ? fy_tensor_get_i64(item->t, 0) : item->i;
		if (shape.dims[d] < -1)
			return fy_call_raise(call, "invalid size %" PRId64, shape.dims[d]);
		if (shape.dims[d] == -1)
			mask |= 1 << d;
	}
	return expanded(call, &shape, mask);
}

static fy_status infer_expand_as(fy_call *call)
{
	return expanded(call, &fy_call_tensor(call, 1)->shape, 0);
}

/* The sizes of the argument, those that are to stay as 1. */
static fy_value *sizes_to_expand(fy_lowering *l, const fy_node *node)
{
	fy_node changed = *node;
	fy_arg *items;

	changed.args = fy_arena_copy(fy_lower_arena(l), node->args, (size_t)node->arg_count * sizeof(fy_arg));
	items = fy_arena_copy(fy_lower_arena(l), node->args[1].list.items,
			      (size_t)node->args[1].list.count * sizeof(fy_arg));
	for (int i = 0; i < node->args[1].list.count; i++)
		if (items[i].kind == FY_ARG_INT && items[i].i == -1)
			items[i].i = 1;
	changed.args[1].list.items = items;
	return fy_lower_int_list(l, &changed, 1);
}

static fy_status lower_expand(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *self = fy_lower_tensor(l, node, 0), *value;

	if (fy_shape_eq(&self->type->shape, &type->shape))
		value = self;
	else if (fy_shape_known(&type->shape))
		value = fy_lower_expand(l, self, &type->shape);
	else if (node->args[1].kind == FY_ARG_LIST)
		value = fy_lower_expand_values(l, self, sizes_to_expand(l, node));
	else
		value = fy_lower_expand_values(l, self, fy_lower_shape_of(l, fy_lower_tensor(l, node, 1)));
	fy_lower_result(l, node, 0, value);
	return fy_lower_status(l);
}

const fy_op fy_aten_expand = {
	.name = "aten::expand",
	.flags = FY_OP_MOVES,
	.infer = infer_expand,
	.lower = lower_expand,
	.cases = FY_CASES("f32[3,1] [-1,i64[]{2}]", "f32[1] [i64[]{3}]", "f32[2,3]^T [4,2,3]", "bool[1] [3]",
			  "bf16[1,2] [2,2]", "f32[2,3] [3]", "f32[2] [-1,2]", "f32[1,3] [1,3]",
			  "f32[2,1]^S [2,2]", "i32[1] [2]", "f32[3] [i64[]{2},i64[]{3}]", "f32[] []",
			  "f32[3,1] [3,4]", "f32[3] [2,3]", "f32[1,3] [-1,-1]", "f32[] [2]", "f32[2,3] [3,3]",
			  "i64[1] [0]"),
};

const fy_op fy_aten_expand_as = {
	.name = "aten::expand_as",
	.flags = FY_OP_MOVES,
	.infer = infer_expand_as,
	.lower = lower_expand,
	.cases = FY_CASES("f32[2] f32[3]", "i64[1] f32[2,2]", "f32[2,3] f32[2,3]", "f32[3,1] f32[3,4]",
			  "f32[3] f32[2,3]"),
};
