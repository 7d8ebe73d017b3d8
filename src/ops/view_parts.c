/*
 * Views in several parts, and the odd ones: split, chunk, unbind, diagonal, unfold, as_strided.
 */
#include "ops/views.h"

#include <string.h>

/* ---- split ----------------------------------------------------------------------------------- */

enum { PART_LIMIT = 100000 };

/* Parts of the given sizes along dim, as one list. */
static fy_status parts(fy_call *call, int dim, const int64_t *sizes, int64_t count)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape = self->shape;
	int64_t at = 0;

	call->result_is_list = true;
	for (int64_t i = 0; i < count; i++) {
		int64_t offset = FY_STRIDE_UNKNOWN, moved;

		shape.dims[dim] = sizes[i];
		if (self->offset != FY_STRIDE_UNKNOWN && self->strides[dim] != FY_STRIDE_UNKNOWN &&
		    fy_mul_i64(at, self->strides[dim], &moved) && fy_add_i64(moved, self->offset, &moved))
			offset = moved;
		FY_TRY(fy_result_view(call, 0, &shape, self->strides, offset));
		at += sizes[i];
	}
	return FY_OK;
}

/* Equal parts of `size`, the last one smaller. A dimension of size 0 gives one empty part. */
static fy_status even_parts(fy_call *call, int dim, int64_t size)
{
	int64_t total = fy_call_tensor(call, 0)->shape.dims[dim], count;
	int64_t *sizes;

	if (!fy_dim_known(total))
		return fy_call_unsupported(call, "the size of the split dimension depends on data");
	if (size < 0 || (size == 0 && total != 0))
		return fy_call_raise(call, "split size must be positive");
	count = size == 0 || total == 0 ? 1 : (total - 1) / size + 1;
	if (count > PART_LIMIT)
		return fy_call_unsupported(call, "more than %d parts", PART_LIMIT);
	sizes = FY_NEW_ARRAY(call->arena, int64_t, count);
	for (int64_t i = 0; i < count; i++)
		sizes[i] = i + 1 < count ? size : total - size * (count - 1);
	return parts(call, dim, sizes, count);
}

static fy_status listed_parts(fy_call *call, int dim)
{
	int64_t total = fy_call_tensor(call, 0)->shape.dims[dim], sum = 0, *sizes;
	int count = call->args[1].list.count;

	sizes = FY_NEW_ARRAY(call->arena, int64_t, count + 1);
	FY_TRY(fy_call_ints(call, 1, sizes, 0, &count));
	for (int i = 0; i < count; i++)
		if (sizes[i] < 0 || !fy_add_i64(sum, sizes[i], &sum))
			return fy_call_raise(call, "a negative split size");
	if (fy_dim_known(total) && sum != total)
		return fy_call_raise(call,
				     "the split sizes add up to %" PRId64 ", the dimension has %" PRId64, sum,
				     total);
	return parts(call, dim, sizes, count);
}

static fy_status infer_split(fy_call *call)
{
	int64_t size;
	int dim;

	FY_TRY(fy_call_dim(call, 2, fy_call_tensor(call, 0)->shape.rank, &dim));
	if (fy_call_tensor(call, 0)->shape.rank == 0)
		return fy_call_raise(call, "split() of a 0-d tensor");
	if (call->args[1].kind == FY_ARG_LIST)
		return listed_parts(call, dim);
	FY_TRY(fy_call_int(call, 1, &size));
	return even_parts(call, dim, size);
}

static fy_status infer_chunk(fy_call *call)
{
	int64_t chunks, total;
	int dim;

	FY_TRY(fy_call_dim(call, 2, fy_call_tensor(call, 0)->shape.rank, &dim));
	FY_TRY(fy_call_int(call, 1, &chunks));
	if (chunks <= 0 || fy_call_tensor(call, 0)->shape.rank == 0)
		return fy_call_raise(call, "chunk() needs a positive number of chunks and a dimension");
	total = fy_call_tensor(call, 0)->shape.dims[dim];
	if (!fy_dim_known(total))
		return fy_call_unsupported(call, "the size of the split dimension depends on data");
	if (total == 0) { /* as PyTorch: that many empty parts */
		if (chunks > PART_LIMIT)
			return fy_call_unsupported(call, "more than %d parts", PART_LIMIT);
		return parts(call, dim, FY_NEW_ARRAY(call->arena, int64_t, chunks), chunks);
	}
	return even_parts(call, dim, (total - 1) / chunks + 1);
}

/* Split; a part alone, or few of many, is a Slice. */
static fy_status lower_parts(fy_lowering *l, fy_node *node, int axis)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	int64_t *sizes = FY_NEW_ARRAY(fy_lower_arena(l), int64_t, node->result_count);
	fy_value **values = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, node->result_count);
	int used = 0;

	for (int i = 0; i < node->result_count; i++) {
		sizes[i] = node->results[i]->type->shape.dims[axis];
		used += fy_value_use_count(node->results[i]) > 0;
	}
	if (node->result_count == 1) {
		fy_lower_result(l, node, 0, self);
		return fy_lower_status(l);
	}
	if (used * 2 >= node->result_count) {
		if (fy_lower_opset(l) < 13)
			fy_emit_n(l, "Split", FY_IN(self),
				  FY_ATTRS(fy_attr_int("axis", axis),
					   fy_attr_ints(l, "split", sizes, node->result_count)),
				  values, node->result_count);
		else
			fy_emit_n(l, "Split", FY_IN(self, fy_lower_ints(l, sizes, node->result_count)),
				  FY_ATTRS(fy_attr_int("axis", axis)), values, node->result_count);
	}
	for (int64_t i = 0, at = 0, dim = axis, step = 1; i < node->result_count; at += sizes[i++]) {
		int64_t end = at + sizes[i];

		if (fy_value_use_count(node->results[i]) == 0)
			continue;
		if (!values[i])
			values[i] = fy_lower_slice(l, self, &dim, &at, &end, &step, 1);
		fy_lower_result(l, node, (int)i, values[i]);
	}
	return fy_lower_status(l);
}

static fy_status lower_split(fy_lowering *l, fy_node *node)
{
	int rank = fy_lower_tensor(l, node, 0)->type->shape.rank;
	int64_t dim = fy_node_int(node, 2);

	return lower_parts(l, node, (int)(dim < 0 ? dim + rank : dim));
}

const fy_op fy_aten_split = {
	.name = "aten::split",
	.overloads = "Tensor,sizes",
	.flags = FY_OP_MOVES,
	.infer = infer_split,
	.lower = lower_split,
	.cases = FY_CASES(
		".Tensor i64[5] 3", ".Tensor f32[2,5] 5 1", ".sizes bool[4] [1,3]", ".Tensor f32[4] 0",
		".Tensor f32[0] 2", ".Tensor f32[5,2]^T 2 -1", ".sizes f32[4] [2,-1,3]", ".Tensor f32[4] 2 1",
		".sizes f32[4] [4]", ".sizes f32[3] [0,3]", ".Tensor bf16[4] 2", ".Tensor f32[5,2] 2",
		".Tensor f32[2,5] 2 1", ".sizes f32[5,2] [1,4] 0", ".Tensor f32[4] 9", ".sizes f32[5] [2,2]"),
};
const fy_op fy_aten_split_with_sizes = {
	.name = "aten::split_with_sizes",
	.flags = FY_OP_MOVES,
	.infer = infer_split,
	.lower = lower_split,
	.cases = FY_CASES("f32[5,2] [2,3]", "f32[2,5] [1,2,2] -1"),
};
const fy_op fy_aten_chunk = {
	.name = "aten::chunk",
	.flags = FY_OP_MOVES,
	.infer = infer_chunk,
	.lower = lower_split,
	.cases = FY_CASES("f32[5] 0", "f32[0] 2", "f32[4,2]^T 2 1", "f32[2] 3", "bool[4] 2", "f32[5,2] 2",
			  "f32[2,6] 3 1", "f32[5] 4", "f32[2,4] 2 -1"),
};
const fy_op fy_aten_unsafe_chunk = {
	.name = "aten::unsafe_chunk",
	.flags = FY_OP_MOVES,
	.infer = infer_chunk,
	.lower = lower_split,
	.cases = FY_CASES("f32[5,2] 2"),
};
const fy_op fy_aten_unsafe_split = {
	.name = "aten::unsafe_split",
	.overloads = "Tensor",
	.flags = FY_OP_MOVES,
	.infer = infer_split,
	.lower = lower_split,
	.cases = FY_CASES("f32[5,2] 2"),
};

/* ---- unbind ---------------------------------------------------------------------------------- */

static fy_status infer_unbind(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];
	fy_shape shape = { 0 };
	int dim;

	if (self->shape.rank == 0)
		return fy_call_raise(call, "unbind() of a 0-d tensor");
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (!fy_dim_known(self->shape.dims[dim]))
		return fy_call_unsupported(call, "how many tensors unbind() gives depends on data");
	if (self->shape.dims[dim] > PART_LIMIT)
		return fy_call_unsupported(call, "more than %d parts", PART_LIMIT);
	for (int d = 0; d < self->shape.rank; d++) {
		if (d == dim)
			continue;
		strides[shape.rank] = self->strides[d];
		shape.dims[shape.rank++] = self->shape.dims[d];
	}
	call->result_is_list = true;
	for (int64_t i = 0; i < self->shape.dims[dim]; i++) {
		int64_t offset = FY_STRIDE_UNKNOWN;

		if (self->offset != FY_STRIDE_UNKNOWN && self->strides[dim] != FY_STRIDE_UNKNOWN)
			offset = self->offset + i * self->strides[dim];
		FY_TRY(fy_result_view(call, 0, &shape, strides, offset));
	}
	return FY_OK;
}

static fy_status lower_unbind(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	int64_t dim = fy_node_int(node, 1);

	dim += dim < 0 ? self->type->shape.rank : 0;
	for (int i = 0; i < node->result_count; i++) {
		if (fy_value_use_count(node->results[i]) > 0)
			fy_lower_result(l, node, i,
					fy_emit(l, "Gather", FY_IN(self, fy_lower_int(l, i)),
						FY_ATTRS(fy_attr_int("axis", dim))));
	}
	return fy_lower_status(l);
}

const fy_op fy_aten_unbind = {
	.name = "aten::unbind",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = infer_unbind,
	.lower = lower_unbind,
	.cases = FY_CASES("bool[2,2] 1", "f32[]", "f32[2,2] 2", "f32[2,3,2]^R 1", "f32[3,2]", "f32[2,3] 1",
			  "f32[3,2]^T -1"),
};

/* ---- places picked by a constant index ------------------------------------------------------- */

fy_tensor *fy_view_places(const fy_shape *shape, const int64_t *strides, int64_t offset, int64_t numel)
{
	int64_t at[FY_MAX_RANK] = { 0 }, count, *places;
	fy_tensor *index = fy_tensor_new(FY_I64, shape, false);

	if (!index)
		return NULL;
	count = fy_tensor_numel(index);
	places = fy_tensor_write_data(index);
	for (int64_t n = 0; n < count; n++) {
		int64_t place = offset;

		for (int d = 0; d < shape->rank; d++)
			place += at[d] * strides[d];
		if (place < 0 || place >= numel) {
			fy_tensor_unref(index);
			return NULL;
		}
		places[n] = place;
		for (int d = shape->rank - 1; d >= 0 && ++at[d] == shape->dims[d]; d--)
			at[d] = 0;
	}
	return index;
}

/* Lowers any view of known geometry: the base flat, gathered at the places the view covers. */
static fy_status lower_places(fy_lowering *l, fy_node *node, const int64_t *strides, int64_t offset)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *self = fy_lower_tensor(l, node, 0), *flat;
	fy_tensor *index;
	int64_t numel;

	if (!fy_shape_known(&self->type->shape) || !fy_shape_known(&type->shape))
		return fy_lower_refuse(l, node, "sizes that depend on data");
	fy_shape_numel(&self->type->shape, &numel);
	index = fy_view_places(&type->shape, strides, offset, numel);
	if (!index)
		return fy_lower_refuse(l, node, "it reaches beyond the tensor that it is a view of");
	flat = fy_lower_reshape(l, self, &(fy_shape){ 1, { numel } });
	fy_lower_result(l, node, 0,
			fy_emit(l, "Gather", FY_IN(flat, fy_lower_constant(l, index)),
				FY_ATTRS(fy_attr_int("axis", 0))));
	return fy_lower_status(l);
}

static void row_major(const fy_shape *shape, int64_t *strides)
{
	fy_shape_strides(shape, strides);
}

/* ---- as_strided ------------------------------------------------------------------------------ */

static fy_status infer_as_strided(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK], offset = self->offset;
	fy_shape shape;
	int count, inferred;

	FY_TRY(fy_call_sizes(call, 1, &shape, &inferred));
	if (inferred >= 0 || call->args[2].list.count != shape.rank)
		return fy_call_raise(call, "as_strided() needs as many strides as sizes");
	FY_TRY(fy_call_ints(call, 2, strides, 0, &count));
	if (!fy_call_is_none(call, 3))
		FY_TRY(fy_call_int(call, 3, &offset));
	for (int d = 0; d < count; d++)
		if (strides[d] < 0)
			return fy_call_raise(call, "a negative stride");
	if (offset < 0 && offset != FY_STRIDE_UNKNOWN)
		return fy_call_raise(call, "a negative offset");
	FY_TRY(fy_result_view(call, 0, &shape, strides, offset));
	if (self->storage) { /* metas are checked when they are lowered: their storage has no size */
		fy_tensor *view = fy_tensor_view(self, self->dtype, &shape, strides, offset);
		bool inside = fy_tensor_in_bounds(view);

		fy_tensor_unref(view);
		if (!inside)
			return fy_call_raise(call, "as_strided() reaches beyond the storage");
	}
	return FY_OK;
}

/* The places count from the base's storage; a graph knows only contiguous bases that start at 0. */
static fy_status lower_as_strided(fy_lowering *l, fy_node *node)
{
	int64_t strides[FY_MAX_RANK], offset = fy_node_none(node, 3) ? 0 : fy_node_int(node, 3);

	fy_node_ints(node, 2, strides, 0);
	return lower_places(l, node, strides, offset);
}

const fy_op fy_aten_as_strided = {
	.name = "aten::as_strided",
	.flags = FY_OP_MOVES,
	.infer = infer_as_strided,
	.lower = lower_as_strided,
	.cases = FY_CASES("f32[6] [2,2] [3,1] 1", "f32[6] [3] [0]", "f32[2,3] [3,2] [1,3]", "f32[6] [2] [-1]",
			  "f32[6] [2] [1,1]", "f32[2,6] [3,2] [2,1] 1", "f32[6] [2,3] [1,1]",
			  "f32[2,3] [7] [1]"),
};

/* ---- diagonal, unfold ------------------------------------------------------------------------ */

static fy_status diagonal_geometry(fy_call *call, const fy_tensor *self, int64_t offset, int a, int b,
				   fy_shape *shape, int64_t *strides, int64_t *start)
{
	int64_t rows = self->shape.dims[a], columns = self->shape.dims[b], length;

	if (!fy_dim_known(rows) || !fy_dim_known(columns))
		return fy_call_unsupported(call, "a diagonal of sizes that depend on data");
	length = offset >= 0 ? (rows < columns - offset ? rows : columns - offset)
			     : (rows + offset < columns ? rows + offset : columns);
	length = length < 0 ? 0 : length;
	*start = self->offset;
	if (length > 0)
		*start += offset >= 0 ? offset * self->strides[b] : -offset * self->strides[a];
	*shape = (fy_shape){ 0 };
	for (int d = 0; d < self->shape.rank; d++) {
		if (d == a || d == b)
			continue;
		strides[shape->rank] = self->strides[d];
		shape->dims[shape->rank++] = self->shape.dims[d];
	}
	strides[shape->rank] = self->strides[a] + self->strides[b];
	shape->dims[shape->rank++] = length;
	return FY_OK;
}

static fy_status infer_diagonal(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t offset, strides[FY_MAX_RANK], start = 0;
	fy_shape shape;
	int a, b;

	FY_TRY(fy_call_int(call, 1, &offset));
	FY_TRY(fy_call_dim(call, 2, self->shape.rank, &a));
	FY_TRY(fy_call_dim(call, 3, self->shape.rank, &b));
	if (a == b || offset < -(INT64_C(1) << 40) || offset > (INT64_C(1) << 40))
		return fy_call_raise(call, "diagonal() needs two different dimensions");
	for (int d = 0; d < self->shape.rank; d++)
		if (self->strides[d] == FY_STRIDE_UNKNOWN)
			return fy_call_unsupported(call, "a diagonal of sizes that depend on data");
	FY_TRY(diagonal_geometry(call, self, offset, a, b, &shape, strides, &start));
	return fy_result_view(call, 0, &shape, strides, start);
}

static fy_status lower_diagonal(fy_lowering *l, fy_node *node)
{
	const fy_shape *self = &fy_lower_tensor(l, node, 0)->type->shape;
	int64_t base[FY_MAX_RANK], strides[FY_MAX_RANK], offset = fy_node_int(node, 1);
	int64_t a = fy_node_int(node, 2), b = fy_node_int(node, 3), start;
	int rank = 0;

	a += a < 0 ? self->rank : 0;
	b += b < 0 ? self->rank : 0;
	row_major(self, base);
	for (int d = 0; d < self->rank; d++)
		if (d != a && d != b)
			strides[rank++] = base[d];
	strides[rank] = base[a] + base[b];
	start = offset >= 0 ? offset * base[b] : -offset * base[a];
	return lower_places(l, node, strides, start);
}

const fy_op fy_aten_diagonal = {
	.name = "aten::diagonal",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = infer_diagonal,
	.lower = lower_diagonal,
	.cases = FY_CASES("f32[2,3,4] 0 0 2", "f32[3,4] -2", "i64[3,3]", "f32[3,4]^T", "f32[3,4] 0 1 1",
			  "f32[3,4] -3", "f32[3,4]", "f32[3,4] 1", "f32[2,3,4] -1 1 2", "f32[3,3] 5"),
};

static fy_status infer_unfold(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t size, step, strides[FY_MAX_RANK];
	fy_shape shape = self->shape;
	int dim;

	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(fy_call_int(call, 2, &size));
	FY_TRY(fy_call_int(call, 3, &step));
	if (self->shape.rank == 0) { /* as a line of one element */
		if (size < 0 || size > 1 || step <= 0)
			return fy_call_raise(call, "unfold(): the window does not fit a 0-d tensor");
		return fy_result_view(call, 0, &(fy_shape){ 1, { size } }, (const int64_t[]){ 1 },
				      self->offset);
	}
	if (self->shape.rank == FY_MAX_RANK || !fy_dim_known(shape.dims[dim]))
		return fy_call_unsupported(call, "unfold() of this rank or of a size that depends on data");
	if (size < 0 || size > shape.dims[dim] || step <= 0)
		return fy_call_raise(call, "unfold(): the window does not fit dimension %d", dim);
	memcpy(strides, self->strides, sizeof strides);
	shape.dims[dim] = (shape.dims[dim] - size) / step + 1;
	if (strides[dim] != FY_STRIDE_UNKNOWN)
		strides[dim] *= step;
	shape.dims[shape.rank] = size;
	strides[shape.rank++] = self->strides[dim];
	return fy_result_view(call, 0, &shape, strides, self->offset);
}

/* Windows gathered along the dim, then moved to the end. */
static fy_status lower_unfold(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *value;
	int64_t dim = fy_node_int(node, 1), size = fy_node_int(node, 2), step = fy_node_int(node, 3), windows;
	int rank = self->type->shape.rank, perm[FY_MAX_RANK], next = 0;
	fy_tensor *index;
	int64_t *places;

	if (rank == 0)
		return fy_lower_as_result(l, node);
	dim += dim < 0 ? rank : 0;
	windows = fy_node_result_type(node, 0)->shape.dims[dim];
	index = fy_tensor_new(FY_I64, &(fy_shape){ 2, { windows, size } }, false);
	if (!index)
		return fy_lower_refuse(l, node, "no memory for its index");
	places = fy_tensor_write_data(index);
	for (int64_t w = 0; w < windows; w++)
		for (int64_t i = 0; i < size; i++)
			places[w * size + i] = w * step + i;
	value = fy_emit(l, "Gather", FY_IN(self, fy_lower_constant(l, index)),
			FY_ATTRS(fy_attr_int("axis", dim)));
	for (int d = 0; d < rank + 1; d++)
		if (d != dim + 1)
			perm[next++] = d;
	perm[next] = (int)dim + 1;
	fy_lower_result(l, node, 0, dim + 1 == rank ? value : fy_lower_transpose(l, value, perm));
	return fy_lower_status(l);
}

const fy_op fy_aten_unfold = {
	.name = "aten::unfold",
	.flags = FY_OP_MOVES,
	.infer = infer_unfold,
	.lower = lower_unfold,
	.cases = FY_CASES("i64[5] 0 2 2", "f32[3,5]^T 1 2 1", "f32[4] 0 0 1", "f32[4] 0 2 0",
			  "f32[2,4] -1 3 1", "f32[] 0 1 1", "f32[7] 0 3 2", "f32[5,2] 0 2 1",
			  "f32[2,5] 1 5 1", "f32[2,2] 0 3 1"),
};
