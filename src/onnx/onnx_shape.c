/*
 * Operators that change the shape but no element: Reshape, Squeeze, Transpose, Expand ..., and the ones that
 * tell sizes. Most results are views.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

/* ---- reshape -------------------------------------------------------------------------------------- */

/* A product of sizes: the known ones multiplied, the others counted. */
typedef struct product {
	int64_t known;
	int symbols;
	fy_dim symbol; /* the last one */
} product;

static bool multiply(product *p, fy_dim dim)
{
	if (fy_dim_known(dim))
		return fy_mul_i64(p->known, dim, &p->known);
	p->symbols++;
	p->symbol = dim;
	return true;
}

/* The factors of both shapes, without the open dim and without the symbols that stand on both sides. */
static bool factorise(const fy_shape *in, const fy_shape *out, int open, product *left, product *right)
{
	bool used[FY_MAX_RANK] = { false }, fits = true;

	for (int i = 0; i < in->rank; i++) {
		bool cancelled = false;

		for (int k = 0; k < out->rank && !cancelled; k++) {
			cancelled = k != open && !used[k] && !fy_dim_known(in->dims[i]) &&
				    in->dims[i] != FY_ONNX_DIM_UNKNOWN && out->dims[k] == in->dims[i];
			used[k] |= cancelled;
		}
		fits &= cancelled || multiply(left, in->dims[i]);
	}
	for (int k = 0; k < out->rank; k++)
		fits &= k == open || used[k] || multiply(right, out->dims[k]);
	return fits;
}

/* Fills in the dim that the shape leaves open (-1) so that the number of elements agrees. */
static fy_status solve_open_dim(const fy_onnx_call *call, const fy_shape *in, fy_shape *out, int open)
{
	product left = { .known = 1 }, right = { .known = 1 };

	if (!factorise(in, out, open, &left, &right))
		return fy_onnx_fail(call, "the number of elements overflows");
	out->dims[open] = FY_ONNX_DIM_UNKNOWN;
	if (left.symbols == 0 && right.symbols == 0) {
		if (right.known == 0 ? left.known != 0 : left.known % right.known != 0)
			return fy_onnx_fail(call, "%" PRId64 " elements do not divide by %" PRId64,
					    left.known, right.known);
		out->dims[open] = right.known == 0 ? 0 : left.known / right.known;
	} else if (left.symbols == 1 && right.symbols == 0 && left.known == right.known && left.known > 0) {
		out->dims[open] = left.symbol;
	}
	return FY_OK;
}

/* Result of Reshape; *known is false when the shape is data. */
static fy_status reshape_shape(const fy_onnx_call *call, fy_shape *out, bool *known)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t dims[FY_MAX_RANK], total, made;
	int count, open = -1;

	FY_TRY(fy_onnx_input_ints(call, 1, dims, FY_MAX_RANK, &count, false));
	*known = count >= 0;
	*out = (fy_shape){ .rank = count < 0 ? 0 : count };
	for (int i = 0; i < count; i++) {
		if (dims[i] == -1 && open >= 0)
			return fy_onnx_fail(call, "more than one size is left open");
		if (dims[i] < -1 && !fy_onnx_int_is_symbol(dims[i]))
			return fy_onnx_fail(call, "size %" PRId64 " is negative", dims[i]);
		if (dims[i] == 0 && !fy_onnx_int(call, "allowzero") && in && i >= in->rank)
			return fy_onnx_fail(call, "size %d is to be copied, the input has rank %d", i,
					    in->rank);
		if (dims[i] == 0 && !fy_onnx_int(call, "allowzero"))
			out->dims[i] = in ? in->dims[i] : FY_ONNX_DIM_UNKNOWN;
		else
			out->dims[i] = fy_onnx_int_to_dim(dims[i]);
		if (dims[i] == -1)
			open = i;
	}
	if (*known && open >= 0 && in)
		FY_TRY(solve_open_dim(call, in, out, open));
	if (*known && in && (!fy_shape_numel(in, &total) || !fy_shape_numel(out, &made)))
		return fy_onnx_fail(call, "the number of elements overflows");
	if (*known && in && total >= 0 && made >= 0 && total != made)
		return fy_onnx_fail(call, "%" PRId64 " elements do not fit a shape of %" PRId64, total, made);
	return FY_OK;
}

static fy_status reshape_infer(fy_onnx_call *call)
{
	const fy_type *vector = &call->types[1];
	fy_shape out;
	bool known;

	FY_TRY(reshape_shape(call, &out, &known));
	if (!known && vector->has_shape && vector->shape.rank == 1 && fy_dim_known(vector->shape.dims[0]) &&
	    vector->shape.dims[0] <= FY_MAX_RANK) {
		known = true;
		out.rank = (int)vector->shape.dims[0];
		for (int i = 0; i < out.rank; i++)
			out.dims[i] = FY_ONNX_DIM_UNKNOWN;
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), known ? &out : NULL);
}

/* For every operator whose result is the input with another shape. */
static fy_status reshape_eval(fy_onnx_call *call)
{
	return fy_onnx_reshape_to(call, 0, call->inputs[0], &call->results[0].shape);
}

const fy_onnx_op fy_onnx_op_reshape = {
	.name = "onnx::Reshape",
	.since = FY_ONNX_SINCE(5, 13, 14, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 5, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "allowzero", .kind = 'i', .since = 14 }),
	.infer = reshape_infer,
	.eval = reshape_eval,
};

static fy_status flatten_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t axis = fy_onnx_int(call, "axis");
	fy_shape out = { 2, { 1, 1 } };

	if (!in) {
		out.dims[0] = out.dims[1] = FY_ONNX_DIM_UNKNOWN;
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
	}
	if (axis < -in->rank || axis > in->rank)
		return fy_onnx_fail(call, "axis %" PRId64 " is outside a tensor of rank %d", axis, in->rank);
	if (axis < 0)
		axis += in->rank;
	for (int i = 0; i < in->rank; i++)
		out.dims[i < axis ? 0 : 1] = fy_onnx_dim_mul(out.dims[i < axis ? 0 : 1], in->dims[i]);
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

const fy_onnx_op fy_onnx_op_flatten = {
	.name = "onnx::Flatten",
	.since = FY_ONNX_SINCE(1, 9, 11, 13, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1 }),
	.infer = flatten_infer,
	.eval = reshape_eval,
};

static fy_status squeeze_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t axes[FY_MAX_RANK];
	bool drop[FY_MAX_RANK] = { false }, known;
	fy_shape out = { 0 };
	int count;

	FY_TRY(fy_onnx_axes(call, "axes", 1, axes, &count, &known));
	if (!in || !known)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	for (int i = 0; i < count; i++) {
		int axis;

		FY_TRY(fy_onnx_axis(call, axes[i], in->rank, &axis));
		if (fy_dim_known(in->dims[axis]) && in->dims[axis] != 1)
			return fy_onnx_fail(call, "axis %d has %" PRId64 " elements, not 1", axis,
					    in->dims[axis]);
		drop[axis] = true;
	}
	for (int i = 0; i < in->rank; i++) {
		if (count < 0 && !fy_dim_known(in->dims[i]))
			return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
		if (count < 0 ? in->dims[i] != 1 : !drop[i])
			out.dims[out.rank++] = in->dims[i];
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

const fy_onnx_op fy_onnx_op_squeeze = {
	.name = "onnx::Squeeze",
	.since = FY_ONNX_SINCE(1, 11, 13, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 13, 1, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 12 }),
	.infer = squeeze_infer,
	.eval = reshape_eval,
};

static fy_status unsqueeze_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t axes[FY_MAX_RANK];
	bool fresh[FY_MAX_RANK] = { false }, known;
	fy_shape out = { 0 };
	int count;

	FY_TRY(fy_onnx_axes(call, "axes", 1, axes, &count, &known));
	if (!in || !known)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	if (in->rank + count > FY_MAX_RANK)
		return fy_onnx_unsupported(call, "has a result of rank %d", in->rank + count);
	out.rank = in->rank + (count < 0 ? 0 : count);
	for (int i = 0; i < count; i++) {
		int axis;

		FY_TRY(fy_onnx_axis(call, axes[i], out.rank, &axis));
		if (fresh[axis])
			return fy_onnx_fail(call, "axis %d is named twice", axis);
		fresh[axis] = true;
	}
	for (int i = 0, from = 0; i < out.rank; i++)
		out.dims[i] = fresh[i] ? 1 : in->dims[from++];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

const fy_onnx_op fy_onnx_op_unsqueeze = {
	.name = "onnx::Unsqueeze",
	.since = FY_ONNX_SINCE(1, 11, 13, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 1, 1, 1, 1, 1 }, { 13, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I', .until = 12, .required = true }),
	.infer = unsqueeze_infer,
	.eval = reshape_eval,
};

static fy_status identity_eval(fy_onnx_call *call)
{
	call->outputs[0] = fy_tensor_ref(call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_identity = {
	.name = "onnx::Identity",
	.since = FY_ONNX_SINCE(1, 13, 14, 16, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.infer = fy_onnx_infer_same,
	.eval = identity_eval,
};

/* ---- views by strides ------------------------------------------------------------------------------------
 */

static fy_status permutation(const fy_onnx_call *call, int rank, int perm[])
{
	int64_t given[FY_MAX_RANK];
	uint32_t seen = 0;
	int count;

	FY_TRY(fy_onnx_ints(call, "perm", given, FY_MAX_RANK, &count));
	if (count >= 0 && count != rank)
		return fy_onnx_fail(call, "perm has %d entries for a tensor of rank %d", count, rank);
	for (int i = 0; i < rank; i++) {
		if (count >= 0)
			FY_TRY(fy_onnx_axis(call, given[i], rank, &perm[i]));
		else
			perm[i] = rank - 1 - i;
		if (seen & 1u << perm[i])
			return fy_onnx_fail(call, "perm names axis %d twice", perm[i]);
		seen |= 1u << perm[i];
	}
	return FY_OK;
}

static fy_status transpose_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int perm[FY_MAX_RANK];
	fy_shape out = { 0 };

	if (!in)
		return fy_onnx_infer_same(call);
	FY_TRY(permutation(call, in->rank, perm));
	out.rank = in->rank;
	for (int i = 0; i < in->rank; i++)
		out.dims[i] = in->dims[perm[i]];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status transpose_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0];
	int64_t strides[FY_MAX_RANK];
	int perm[FY_MAX_RANK];

	FY_TRY(permutation(call, in->shape.rank, perm));
	for (int i = 0; i < in->shape.rank; i++)
		strides[i] = in->strides[perm[i]];
	call->outputs[0] = fy_tensor_view(in, in->dtype, &call->results[0].shape, strides, in->offset);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_transpose = {
	.name = "onnx::Transpose",
	.since = FY_ONNX_SINCE(1, 13, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "perm", .kind = 'I' }),
	.infer = transpose_infer,
	.eval = transpose_eval,
};

static bool is_short(const fy_shape *vector)
{
	return vector && fy_dim_known(vector->dims[0]) && vector->dims[0] <= FY_MAX_RANK;
}

static fy_status expand_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *shape = fy_onnx_shape(call, 1);
	int64_t dims[FY_MAX_RANK];
	fy_shape wish = { 0 }, out;
	int count;

	if (shape && shape->rank != 1)
		return fy_onnx_fail(call, "the shape must be a vector");
	FY_TRY(fy_onnx_input_ints(call, 1, dims, FY_MAX_RANK, &count, false));
	if (!in || (count < 0 && !is_short(shape)))
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	/* The rank may be known where the sizes are not. */
	for (int i = 0; count < 0 && i < shape->dims[0]; i++)
		dims[i] = FY_ONNX_INT_UNKNOWN;
	wish.rank = count < 0 ? (int)shape->dims[0] : count;
	count = wish.rank;
	for (int i = 0; i < count; i++) {
		if (dims[i] < 0 && !fy_onnx_int_is_symbol(dims[i]))
			return fy_onnx_fail(call, "size %" PRId64 " is negative", dims[i]);
		wish.dims[i] = fy_onnx_int_to_dim(dims[i]);
	}
	if (!fy_shape_broadcast(in, &wish, &out))
		return fy_onnx_fail(call, "the input does not broadcast to the shape");
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status expand_eval(fy_onnx_call *call)
{
	call->outputs[0] = fy_onnx_expanded(call->inputs[0], &call->results[0].shape);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_expand = {
	.name = "onnx::Expand",
	.since = FY_ONNX_SINCE(8, 13),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 8, 2, 2, 1, 1 }),
	.infer = expand_infer,
	.eval = expand_eval,
};

/* ---- blocks to depth and back
 * ------------------------------------------------------------------------------- */

static fy_status block_size(const fy_onnx_call *call, int64_t *block)
{
	*block = fy_onnx_int(call, "blocksize");
	if (*block < 1 || *block > INT32_MAX)
		return fy_onnx_fail(call, "blocksize must be positive");
	return FY_OK;
}

static fy_status blocks_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	bool to_depth = call->op->mode == 1;
	fy_shape out;
	int64_t block;

	FY_TRY(block_size(call, &block));
	if (!in)
		return fy_onnx_infer_same(call);
	if (in->rank != 4)
		return fy_onnx_fail(call, "takes tensors of rank 4, not %d", in->rank);
	out = *in;
	for (int i = 1; i < 4; i++) {
		bool divides = (i == 1) != to_depth;
		int64_t by = i == 1 ? block * block : block;

		if (divides && fy_dim_known(in->dims[i]) && in->dims[i] % by != 0)
			return fy_onnx_fail(call,
					    "axis %d of %" PRId64 " elements does not divide by %" PRId64, i,
					    in->dims[i], by);
		if (!divides)
			out.dims[i] = fy_onnx_dim_mul(in->dims[i], by);
		else
			out.dims[i] = fy_dim_known(in->dims[i]) ? in->dims[i] / by
				      : by == 1                 ? in->dims[i]
								: FY_ONNX_DIM_UNKNOWN;
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

/* Splits into six axes, reorders, copies. DCR: depth is [block, block, c]; CRD: [c, block, block]. */
static fy_status blocks_eval(fy_onnx_call *call)
{
	static const int orders[3][6] = { { 0, 3, 4, 1, 5, 2 }, { 0, 1, 4, 2, 5, 3 }, { 0, 3, 5, 1, 2, 4 } };
	static const int crd_to_depth[6] = { 0, 1, 3, 5, 2, 4 };
	const fy_shape *in = &call->inputs[0]->shape, *out = &call->results[0].shape;
	bool to_depth = call->op->mode == 1, crd = fy_str_is(fy_onnx_text(call, "mode"), "CRD");
	const int *order = to_depth ? (crd ? crd_to_depth : orders[2]) : orders[crd ? 1 : 0];
	int64_t strides[6], plain[6], block;
	fy_shape split, moved;
	fy_tensor *source, *view, *result;

	FY_TRY(block_size(call, &block));
	if (to_depth)
		split = (fy_shape){ 6,
				    { in->dims[0], in->dims[1], out->dims[2], block, out->dims[3], block } };
	else if (crd)
		split = (fy_shape){ 6,
				    { in->dims[0], out->dims[1], block, block, in->dims[2], in->dims[3] } };
	else
		split = (fy_shape){ 6,
				    { in->dims[0], block, block, out->dims[1], in->dims[2], in->dims[3] } };
	fy_shape_strides(&split, plain);
	moved = split;
	for (int i = 0; i < 6; i++) {
		moved.dims[i] = split.dims[order[i]];
		strides[i] = plain[order[i]];
	}
	FY_TRY(fy_onnx_plain(call, &source, call->inputs[0]));
	view = fy_tensor_view(source, source->dtype, &moved, strides, source->offset);
	fy_shape_strides(&moved, plain);
	result = fy_tensor_view(call->outputs[0], source->dtype, &moved, plain, call->outputs[0]->offset);
	fy_tensor_copy(result, view);
	fy_tensor_unref(source);
	fy_tensor_unref(view);
	fy_tensor_unref(result);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_depth_to_space = {
	.name = "onnx::DepthToSpace",
	.since = FY_ONNX_SINCE(1, 11, 13, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "blocksize", .kind = 'i', .required = true },
			       { .name = "mode", .kind = 's', .text = "DCR", .since = 11 }),
	.infer = blocks_infer,
	.eval = blocks_eval,
};

const fy_onnx_op fy_onnx_op_space_to_depth = {
	.name = "onnx::SpaceToDepth",
	.since = FY_ONNX_SINCE(1, 13, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "blocksize", .kind = 'i', .required = true },
			       { .name = "mode", .kind = 's', .text = "DCR", .since = 28 }),
	.infer = blocks_infer,
	.eval = blocks_eval,
	.mode = 1,
};

/* ---- sizes
 * ------------------------------------------------------------------------------------------------------ */

static void shape_range(const fy_onnx_call *call, int rank, int *from, int *to)
{
	int64_t start = fy_onnx_int(call, "start"),
		end = fy_onnx_has_attr(call, "end") ? fy_onnx_int(call, "end") : rank;

	start = start < 0 ? start + rank : start;
	end = end < 0 ? end + rank : end;
	*from = (int)(start < 0 ? 0 : start > rank ? rank : start);
	*to = (int)(end < *from ? *from : end > rank ? rank : end);
}

static fy_status shape_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_shape out = { 1, { FY_ONNX_DIM_UNKNOWN } };
	int from, to;

	if (in) {
		shape_range(call, in->rank, &from, &to);
		out.dims[0] = to - from;
	}
	return fy_onnx_result(call, 0, FY_I64, &out);
}

static fy_status shape_eval(fy_onnx_call *call)
{
	int from, to;

	shape_range(call, call->inputs[0]->shape.rank, &from, &to);
	call->outputs[0] = fy_tensor_from_i64(call->inputs[0]->shape.dims + from, to - from);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_shape = {
	.name = "onnx::Shape",
	.since = FY_ONNX_SINCE(1, 13, 15, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "end", .kind = 'i', .since = 15 },
			       { .name = "start", .kind = 'i', .since = 15 }),
	.infer = shape_infer,
	.eval = shape_eval,
};

static fy_status size_infer(fy_onnx_call *call)
{
	return fy_onnx_result(call, 0, FY_I64, &(fy_shape){ 0 });
}

static fy_status size_eval(fy_onnx_call *call)
{
	call->outputs[0] = fy_tensor_scalar_i64(FY_I64, fy_tensor_numel(call->inputs[0]));
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_size = {
	.name = "onnx::Size",
	.since = FY_ONNX_SINCE(1, 13, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.infer = size_infer,
	.eval = size_eval,
};
