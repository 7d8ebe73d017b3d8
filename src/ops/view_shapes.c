/*
 * Reshaping views: view, reshape, flatten, squeeze, unsqueeze and their kin. A reshape is a view when strides
 * allow it, else a copy, as in PyTorch: that decides whether a later in-place write reaches the original.
 */
#include "ops/views.h"

#include <string.h>

/* ---- sizes ----------------------------------------------------------------------------------- */

fy_status fy_call_sizes(fy_call *call, int index, fy_shape *out, int *inferred)
{
	const fy_arg *arg = &call->args[index];

	FY_ASSERT(arg->kind == FY_ARG_LIST);
	*inferred = -1;
	*out = (fy_shape){ .rank = arg->list.count };
	if (arg->list.count > FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	for (int i = 0; i < out->rank; i++) {
		const fy_arg *item = &arg->list.items[i];
		int64_t size;

		if (item->kind == FY_ARG_TENSOR && !fy_tensor_has_data(item->t)) {
			out->dims[i] = fy_call_new_symbol(call);
			continue;
		}
		size = item->kind == FY_ARG_TENSOR ? fy_tensor_get_i64(item->t, 0) : item->i;
		if (size < -1 || (size == -1 && *inferred >= 0))
			return fy_call_raise(call, "invalid size %" PRId64 " for dimension %d", size, i);
		if (size == -1)
			*inferred = i;
		out->dims[i] = size == -1 ? 0 : size;
	}
	return FY_OK;
}

/* Products of the known dims; symbols that occur on both sides cancel, others are counted in *symbols. */
static bool product(const fy_shape *shape, int skip, int64_t *out, int *symbols)
{
	*out = 1;
	*symbols = 0;
	for (int d = 0; d < shape->rank; d++) {
		if (d == skip)
			continue;
		if (!fy_dim_known(shape->dims[d]))
			++*symbols;
		else if (!fy_mul_i64(*out, shape->dims[d], out))
			return false;
	}
	return true;
}

/* The one symbolic dim of a shape, when `other` has the same one. */
static bool same_symbols(const fy_shape *a, const fy_shape *b, int skip)
{
	fy_dim in_a[FY_MAX_RANK], in_b[FY_MAX_RANK];
	int na = 0, nb = 0;

	for (int d = 0; d < a->rank; d++)
		if (!fy_dim_known(a->dims[d]))
			in_a[na++] = a->dims[d];
	for (int d = 0; d < b->rank; d++)
		if (d != skip && !fy_dim_known(b->dims[d]))
			in_b[nb++] = b->dims[d];
	if (na != nb)
		return false;
	for (int i = 0; i < na; i++) {
		bool found = false;

		for (int k = 0; k < nb && !found; k++) {
			found = in_b[k] == in_a[i];
			if (found)
				in_b[k] = 0;
		}
		if (!found)
			return false;
	}
	return true;
}

static fy_status misfit(const fy_call *call, const fy_shape *self, const fy_shape *shape)
{
	fy_buf text = { 0 };
	fy_status status;

	fy_buf_put_shape(&text, shape);
	fy_buf_puts(&text, " is no shape for a tensor of ");
	fy_buf_put_shape(&text, self);
	status = fy_call_raise(call, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

fy_status fy_call_complete(fy_call *call, const fy_shape *self, fy_shape *shape, int inferred)
{
	int64_t have, want;
	int have_symbols, want_symbols;

	if (!product(self, -1, &have, &have_symbols) || !product(shape, inferred, &want, &want_symbols))
		return fy_call_raise(call, "the sizes are too large");
	if (have_symbols || want_symbols) {
		bool cancel = same_symbols(self, shape, inferred);

		if (inferred < 0)
			return cancel && have != want ? misfit(call, self, shape) : FY_OK;
		if (cancel && want > 0 && have % want == 0)
			shape->dims[inferred] = have / want;
		else if (have_symbols == 1 && want_symbols == 0 &&
			 want == have) { /* the symbol itself is what is left */
			for (int d = 0; d < self->rank; d++)
				if (!fy_dim_known(self->dims[d]))
					shape->dims[inferred] = self->dims[d];
		} else
			shape->dims[inferred] = fy_call_new_symbol(call);
		return FY_OK;
	}
	if (inferred < 0)
		return have == want ? FY_OK : misfit(call, self, shape);
	if (want == 0 || have % want != 0)
		return misfit(call, self, shape);
	shape->dims[inferred] = have / want;
	return FY_OK;
}

/* ---- strides --------------------------------------------------------------------------------- */

static bool symbolic(const fy_tensor *self, const fy_shape *shape)
{
	if (!fy_shape_known(&self->shape) || !fy_shape_known(shape))
		return true;
	for (int d = 0; d < self->shape.rank; d++)
		if (self->strides[d] == FY_STRIDE_UNKNOWN)
			return true;
	return false;
}

/*
 * Dims of `self` that lie one in the other without gaps form a chunk; the new dims must fill chunk after
 * chunk, from the right (the rule of PyTorch's computeStride).
 */
bool fy_view_strides(const fy_tensor *self, const fy_shape *shape, int64_t strides[])
{
	int view = shape->rank - 1;
	int64_t chunk = 1, filled = 1, base;

	if (symbolic(self, shape)) {
		fy_shape_strides(shape, strides);
		return fy_tensor_is_contiguous(self);
	}
	if (fy_tensor_numel(self) == 0) {
		fy_shape_strides(shape, strides);
		return true;
	}
	base = self->shape.rank ? self->strides[self->shape.rank - 1] : 1;
	for (int d = self->shape.rank - 1; d >= 0; d--) {
		chunk *= self->shape.dims[d];
		if (d > 0 && (self->shape.dims[d - 1] == 1 || self->strides[d - 1] == chunk * base))
			continue;
		while (view >= 0 && (filled < chunk || shape->dims[view] == 1)) {
			strides[view] = filled * base;
			filled *= shape->dims[view--];
		}
		if (filled != chunk)
			return false;
		if (d > 0) {
			base = self->strides[d - 1];
			chunk = filled = 1;
		}
	}
	for (; view >= 0; view--) /* a 0-d tensor, or leading ones */
		strides[view] = filled * base;
	return true;
}

fy_status fy_result_reshape(fy_call *call, const fy_shape *shape)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];

	if (fy_view_strides(self, shape, strides))
		return fy_result_view(call, 0, shape, strides, self->offset);
	return fy_result_fresh(call, self->dtype, shape);
}

/* The copy that a reshape makes when it cannot be a view. */
static fy_status reshape_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out = call->outs[0];
	int64_t strides[FY_MAX_RANK];
	fy_tensor *as_self;

	fy_shape_strides(&self->shape, strides);
	as_self = fy_tensor_view(out, out->dtype, &self->shape, strides, 0);
	fy_tensor_copy(as_self, self);
	fy_tensor_unref(as_self);
	return FY_OK;
}

/* ---- lowering -------------------------------------------------------------------------------- */

/* The merged shape is one that Reshape can be told by numbers: 0 keeps a leading dim, one -1. */
static bool merged_numbers(const fy_shape *shape, int first, int count, int64_t *dims)
{
	int64_t merged = 1;
	bool open = false;
	int rank = 0;

	for (int d = first; d < first + count; d++) {
		if (!fy_dim_known(shape->dims[d]))
			merged = -1;
		else if (merged >= 0 && !fy_mul_i64(merged, shape->dims[d], &merged))
			return false;
	}
	open = merged < 0;
	for (int d = 0; d < first; d++)
		dims[rank++] = fy_dim_known(shape->dims[d]) ? shape->dims[d] : 0;
	dims[rank++] = merged;
	for (int d = first + count; d < shape->rank; d++) {
		if (shape->dims[d] == 0 || (!fy_dim_known(shape->dims[d]) && open))
			return false;
		open |= !fy_dim_known(shape->dims[d]);
		dims[rank++] = fy_dim_known(shape->dims[d]) ? shape->dims[d] : -1;
	}
	return true;
}

fy_value *fy_lower_merge_dims(fy_lowering *l, fy_value *value, int first, int count)
{
	int64_t dims[FY_MAX_RANK], axis = 0, zero = 0, end = INT64_MAX, from = first, behind = first + count;
	fy_value *parts[3], *shape;
	fy_shape known;
	int used = 0;

	if (fy_lower_status(l) != FY_OK || count == 1)
		return value;
	known = value->type->shape;
	if (merged_numbers(&known, first, count, dims)) {
		if (fy_shape_known(&known)) {
			known.rank -= count - 1;
			memcpy(known.dims, dims, (size_t)known.rank * sizeof(dims[0]));
			return fy_lower_reshape(l, value, &known);
		}
		return fy_emit(l, "Reshape", FY_IN(value, fy_lower_ints(l, dims, known.rank - count + 1)),
			       FY_NO_ATTRS);
	}
	shape = fy_lower_shape_of(l, value);
	if (first > 0)
		parts[used++] = fy_lower_slice(l, shape, &axis, &zero, &from, NULL, 1);
	parts[used++] = fy_lower_ints(l, (const int64_t[]){ -1 }, 1);
	if (behind < known.rank)
		parts[used++] = fy_lower_slice(l, shape, &axis, &behind, &end, NULL, 1);
	return fy_emit(l, "Reshape", FY_IN(value, fy_lower_concat(l, parts, used, 0)), FY_NO_ATTRS);
}

static int symbol_count(const fy_shape *shape)
{
	int count = 0;

	for (int d = 0; d < shape->rank; d++)
		count += !fy_dim_known(shape->dims[d]);
	return count;
}

fy_status fy_lower_as_result(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *self = fy_lower_tensor(l, node, 0);

	fy_lower_result(l, node, 0, fy_lower_reshape(l, self, &type->shape));
	return fy_lower_status(l);
}

/* view and reshape: sizes that depend on data come from the argument. */
static fy_status lower_view(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *self = fy_lower_tensor(l, node, 0);

	if (symbol_count(&type->shape) <= 1 || fy_shape_eq(&self->type->shape, &type->shape))
		return fy_lower_as_result(l, node);
	fy_lower_result(l, node, 0,
			fy_emit(l, "Reshape", FY_IN(self, fy_lower_int_list(l, node, 1)), FY_NO_ATTRS));
	return fy_lower_status(l);
}

/* ---- view, reshape --------------------------------------------------------------------------- */

static fy_status infer_sizes(fy_call *call, bool must_view)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];
	fy_shape shape;
	int inferred;

	FY_TRY(fy_call_sizes(call, 1, &shape, &inferred));
	FY_TRY(fy_call_complete(call, &self->shape, &shape, inferred));
	if (must_view && !fy_view_strides(self, &shape, strides))
		return fy_call_raise(call, "the view needs a copy: use reshape");
	return fy_result_reshape(call, &shape);
}

static fy_status infer_view(fy_call *call)
{
	return infer_sizes(call, true);
}
static fy_status infer_reshape(fy_call *call)
{
	return infer_sizes(call, false);
}

const fy_op fy_aten_view = {
	.name = "aten::view",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = infer_view,
	.lower = lower_view,
	.cases = FY_CASES("f32[2,6] [i64[]{3},4]", "f32[2,6] [i64[]{3},i64[]{4}]", "f32[2,6] [i64[]{3},-1]",
			  "bf16[4] [2,2]", "bool[2,3] [3,-1]", "f32[2,3,4] [2,12]", "f32[2,3,4] [6,4]",
			  "f32[] [1,1]", "f32[2,0] [0,5]", "f64[1,3,1] [3]", "f32[2,3,4]^T [2,12]",
			  "f32[2,3] [7]", "f32[0] [-1,0]", "f32[2,3] [-1,-1]", "f32[2,6] [3,4]",
			  "f32[2,6] [-1]", "i64[4,3] [2,2,-1]", "f32[1] []", "f32[2,3]^T [6]",
			  "f32[0,3] [3,0]", "f32[2,3] [4,-1]"),
};

const fy_op fy_aten__unsafe_view = {
	.name = "aten::_unsafe_view",
	.flags = FY_OP_MOVES,
	.infer = infer_view,
	.lower = lower_view,
	.cases = FY_CASES("f32[2,6] [3,4]"),
};

const fy_op fy_aten_reshape = {
	.name = "aten::reshape",
	.flags = FY_OP_MOVES,
	.infer = infer_reshape,
	.eval = reshape_eval,
	.lower = lower_view,
	.cases = FY_CASES("f32[2,6] [i64[]{3},4]", "f32[2,3]^T [i64[]{3},i64[]{2}]", "f32[2,3,4]^T [2,12]",
			  "f32[2,3,4]^R [6,4]", "i64[4]^S [2,2]", "f32[2,3,2,2]^L [2,3,4]",
			  "f32[2,3,2,2]^L [6,4]", "f32[2,3] [2,-1,1]", "u8[2,3] [6]", "f16[2,2]^T [4]",
			  "f32[2,3] [4]", "f32[1,6] [-1,2,3]", "f32[0,2] [2,0]", "f32[2,6] [3,4]",
			  "f32[2,3]^T [6]", "f32[2,3]^T [-1,1]", "bool[4] [2,2]", "f32[3,1]^E [3]"),
};

static fy_status infer_like_other(fy_call *call)
{
	fy_shape shape = fy_call_tensor(call, 1)->shape;

	FY_TRY(fy_call_complete(call, &fy_call_tensor(call, 0)->shape, &shape, -1));
	return fy_result_reshape(call, &shape);
}

const fy_op fy_aten_view_as = {
	.name = "aten::view_as",
	.flags = FY_OP_MOVES,
	.infer = infer_like_other,
	.lower = fy_lower_as_result,
	.cases = FY_CASES("f32[2,6] f32[3,4]"),
};

const fy_op fy_aten_reshape_as = {
	.name = "aten::reshape_as",
	.flags = FY_OP_MOVES,
	.infer = infer_like_other,
	.eval = reshape_eval,
	.lower = fy_lower_as_result,
	.cases = FY_CASES("f32[2,6] f32[3,4]", "f32[2,3]^T f32[6]"),
};

/* ---- flatten, unflatten ---------------------------------------------------------------------- */

/* Dims first..last of self become one. */
static fy_status infer_flat(fy_call *call, int first, int last)
{
	const fy_shape *self = &fy_call_tensor(call, 0)->shape;
	fy_shape shape = { 0 };
	int64_t size = 1;
	bool known = true;

	if (self->rank == 0)
		return fy_result_reshape(call, &(fy_shape){ 1, { 1 } });
	if (first > last)
		return fy_call_raise(call, "flatten: start_dim is behind end_dim");
	if (first == last)
		return fy_result_same(call, 0);
	for (int d = first; d <= last; d++) {
		known &= fy_dim_known(self->dims[d]);
		if (known && !fy_mul_i64(size, self->dims[d], &size))
			return fy_call_raise(call, "the sizes are too large");
	}
	for (int d = 0; d < self->rank; d++) {
		if (d < first || d > last)
			shape.dims[shape.rank++] = self->dims[d];
		else if (d == first)
			shape.dims[shape.rank++] = known ? size : fy_call_new_symbol(call);
	}
	return fy_result_reshape(call, &shape);
}

static fy_status infer_flatten(fy_call *call)
{
	int rank = fy_call_tensor(call, 0)->shape.rank, first, last;

	FY_TRY(fy_call_dim(call, 1, rank, &first));
	FY_TRY(fy_call_dim(call, 2, rank, &last));
	return infer_flat(call, first, last);
}

static fy_status infer_ravel(fy_call *call)
{
	return infer_flat(call, 0, fy_call_tensor(call, 0)->shape.rank - 1);
}

const fy_op fy_aten_flatten = {
	.name = "aten::flatten",
	.overloads = "using_ints",
	.flags = FY_OP_MOVES,
	.infer = infer_flatten,
	.eval = reshape_eval,
	.lower = fy_lower_as_result,
	.cases = FY_CASES("f32[2,3,4]^T 0 1", "f32[2,3,4]^T 1 2", "f32[2,3,2,2]^L 2 3", "i64[2,0,3] 1",
			  "bool[2,3]", "f32[2,3,4] 2 1", "f32[2,3] 0 2", "f32[2,3,2,2]^L 1", "f32[2,3,4] 1",
			  "f32[2,3,4]", "f32[2,3]^T", "f32[]", "f32[2,3,4] -2 -1", "f32[2,3] 1 1"),
};

const fy_op fy_aten_ravel = {
	.name = "aten::ravel",
	.flags = FY_OP_MOVES,
	.infer = infer_ravel,
	.eval = reshape_eval,
	.lower = fy_lower_as_result,
	.cases = FY_CASES("f32[2,3]", "f32[2,3]^T"),
};

static fy_status infer_unflatten(fy_call *call)
{
	const fy_shape *self = &fy_call_tensor(call, 0)->shape;
	fy_shape sizes, part = { 1, { 0 } }, shape = { 0 };
	int dim, inferred;

	FY_TRY(fy_call_dim(call, 1, self->rank, &dim));
	FY_TRY(fy_call_sizes(call, 2, &sizes, &inferred));
	if (self->rank + sizes.rank - 1 > FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	part.dims[0] = self->dims[dim];
	FY_TRY(fy_call_complete(call, &part, &sizes, inferred));
	for (int d = 0; d < self->rank; d++) {
		for (int k = 0; d == dim && k < sizes.rank; k++)
			shape.dims[shape.rank++] = sizes.dims[k];
		if (d != dim)
			shape.dims[shape.rank++] = self->dims[d];
	}
	return fy_result_reshape(call, &shape);
}

const fy_op fy_aten_unflatten = {
	.name = "aten::unflatten",
	.overloads = "int",
	.flags = FY_OP_MOVES,
	.infer = infer_unflatten,
	.lower = fy_lower_as_result,
	.cases = FY_CASES("f32[2,6] -1 [3,-1]", "f32[6]^S 0 [2,3]", "f32[2,6] 1 [4,-1]",
			  "f32[2,6] 1 [i64[]{2},3]", "f32[6] 0 [1,6]", "f32[2,6] 1 [2,3]",
			  "f32[6,2] 0 [-1,3]"),
};

/* ---- squeeze, unsqueeze ---------------------------------------------------------------------- */

static fy_status infer_unsqueeze(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];
	fy_shape shape = { .rank = self->shape.rank + 1 };
	int dim;

	if (self->shape.rank == FY_MAX_RANK)
		return fy_call_unsupported(call, "more than %d dimensions", FY_MAX_RANK);
	FY_TRY(fy_call_dim(call, 1, self->shape.rank + 1, &dim));
	for (int d = 0, k = 0; d < shape.rank; d++) {
		shape.dims[d] = d == dim ? 1 : self->shape.dims[k];
		if (d != dim) {
			strides[d] = self->strides[k++];
			continue;
		}
		strides[d] = 1; /* as PyTorch: what the next dim spans */
		if (k < self->shape.rank &&
		    (!fy_dim_known(self->shape.dims[k]) || self->strides[k] == FY_STRIDE_UNKNOWN ||
		     !fy_mul_i64(self->shape.dims[k], self->strides[k], &strides[d])))
			strides[d] = FY_STRIDE_UNKNOWN;
	}
	return fy_result_view(call, 0, &shape, strides, self->offset);
}

static fy_status lower_unsqueeze(fy_lowering *l, fy_node *node)
{
	int64_t dim = fy_node_int(node, 1);

	dim += dim < 0 ? fy_node_result_type(node, 0)->shape.rank : 0;
	fy_lower_result(l, node, 0, fy_lower_unsqueeze(l, fy_lower_tensor(l, node, 0), &dim, 1));
	return fy_lower_status(l);
}

const fy_op fy_aten_unsqueeze = {
	.name = "aten::unsqueeze",
	.flags = FY_OP_MOVES,
	.infer = infer_unsqueeze,
	.lower = lower_unsqueeze,
	.cases = FY_CASES("bool[2] -2", "f32[2,3]^T -1", "f32[2,3] 1", "f32[0,3] 1", "f32[2] -3",
			  "f32[2,3,2,2]^L 2", "f32[2,3] 0", "f32[2,3] -1", "f32[2,3]^T 1", "f32[] 0",
			  "f32[2] 3"),
};

/* The dims that may go; whether they do is a matter of their size. */
static fy_status squeezable(const fy_call *call, int rank, uint32_t *mask)
{
	int dim;

	*mask = UINT32_MAX;
	if (call->arg_count < 2)
		return FY_OK;
	if (call->args[1].kind == FY_ARG_LIST)
		return fy_call_dim_mask(call, 1, rank, false, mask);
	FY_TRY(fy_call_dim(call, 1, rank, &dim));
	*mask = 1u << dim;
	return FY_OK;
}

static fy_status infer_squeeze(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];
	fy_shape shape = { 0 };
	uint32_t mask;

	FY_TRY(squeezable(call, self->shape.rank, &mask));
	for (int d = 0; d < self->shape.rank; d++) {
		if (self->shape.dims[d] == 1 && (mask >> d & 1))
			continue;
		strides[shape.rank] = self->strides[d];
		shape.dims[shape.rank++] = self->shape.dims[d];
	}
	return fy_result_view(call, 0, &shape, strides, self->offset);
}

static fy_status lower_squeeze(fy_lowering *l, fy_node *node)
{
	const fy_shape *self = &fy_node_type(node, 0)->shape;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int64_t axes[FY_MAX_RANK];
	uint32_t mask;
	int count = 0;

	FY_TRY(squeezable(&call, self->rank, &mask));
	for (int d = 0; d < self->rank; d++)
		if (self->dims[d] == 1 && (mask >> d & 1))
			axes[count++] = d;
	if (self->rank - count != fy_node_result_type(node, 0)->shape.rank)
		return fy_lower_as_result(l, node); /* more is known now than when it was recorded */
	fy_lower_result(l, node, 0, fy_lower_squeeze(l, fy_lower_tensor(l, node, 0), axes, count));
	return fy_lower_status(l);
}

const fy_op fy_aten_squeeze = {
	.name = "aten::squeeze",
	.overloads = ",dim,dims",
	.flags = FY_OP_MOVES,
	.infer = infer_squeeze,
	.lower = lower_squeeze,
	.cases = FY_CASES("bool[1,2]", "f32[2,3]", ".dim f32[1,3,1] -1", ".dims f32[1,3,1] [1]",
			  ".dims f32[1,3,1] []", ".dim f32[] 0", ".dim f32[1] 1", ".dims f32[1,1] [0,0]",
			  "f32[1,3,1]^R", "f32[1,3,1]", ".dim f32[1,3,1] 0", ".dim f32[1,3,1] 1",
			  ".dims f32[1,3,1] [0,-1]", "f32[]", ".dim f32[2,1]^T 1"),
};
