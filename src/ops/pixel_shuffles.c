/*
 * Moving elements between channels and space: pixel_shuffle, pixel_unshuffle, channel_shuffle. Both tensors
 * are seen with the moved dims split off, and copied; ONNX gets Reshape, Transpose, Reshape, or DepthToSpace.
 */
#include "ops/spatial.h"

#include <string.h>

/* ---- pixel_shuffle, pixel_unshuffle -------------------------------------------------------------- */

/* Packed is [..., c * f * f, h, w], spread is [..., c, h * f, w * f]; split both are [..., c, f, f, h, w]. */
typedef struct pixel_form {
	bool spreads; /* from packed to spread */
} pixel_form;

static fy_status times(const fy_call *call, fy_dim dim, int64_t factor, fy_dim *out)
{
	if (!fy_dim_known(dim) && factor > 1)
		return fy_call_unknown_size(call, out);
	if (!fy_dim_known(dim))
		*out = dim;
	else if (!fy_mul_i64(dim, factor, out))
		return fy_call_raise(call, "the result is too large");
	return FY_OK;
}

static fy_status divided(const fy_call *call, fy_dim dim, int64_t factor, fy_dim *out)
{
	if (!fy_dim_known(dim))
		return times(call, dim, factor, out);
	if (dim % factor != 0)
		return fy_call_raise(call, "%" PRId64 " is not divisible by %" PRId64, dim, factor);
	*out = dim / factor;
	return FY_OK;
}

static fy_status pixel_infer(fy_call *call)
{
	const pixel_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	int rank = in->shape.rank;
	fy_shape out = in->shape;
	int64_t factor;
	FY_TRY(fy_call_counts(call, 1, &factor, 1, 1));
	if (rank < 3)
		return fy_call_raise(call, "takes tensors of rank 3 or more, not %d", rank);
	if (rank + 2 > FY_MAX_RANK)
		return fy_call_unsupported(call, "a tensor of rank %d", rank);
	fy_dim *channels = &out.dims[rank - 3];
	FY_TRY(form->spreads ? divided(call, *channels, factor * factor, channels)
			     : times(call, *channels, factor * factor, channels));
	for (int i = rank - 2; i < rank; i++)
		FY_TRY(form->spreads ? times(call, out.dims[i], factor, &out.dims[i])
				     : divided(call, out.dims[i], factor, &out.dims[i]));
	return fy_result_image(call, in->dtype, &out, in);
}

/* The shape [..., c, f, f, h, w] that a tensor of shape `packed` is split into. */
static fy_shape split_shape(const fy_shape *packed, fy_dim channels, int64_t factor)
{
	fy_shape split = *packed;
	int rank = packed->rank;
	split.rank = rank + 2;
	split.dims[rank - 3] = channels;
	split.dims[rank - 2] = split.dims[rank - 1] = factor;
	split.dims[rank] = packed->dims[rank - 2];
	split.dims[rank + 1] = packed->dims[rank - 1];
	return split;
}

static fy_tensor *split_packed(const fy_tensor *t, const fy_shape *split, int64_t factor)
{
	int rank = t->shape.rank;
	int64_t strides[FY_MAX_RANK], channel = t->strides[rank - 3];
	memcpy(strides, t->strides, (size_t)rank * sizeof(strides[0]));
	strides[rank - 3] = channel * factor * factor;
	strides[rank - 2] = channel * factor;
	strides[rank - 1] = channel;
	strides[rank] = t->strides[rank - 2];
	strides[rank + 1] = t->strides[rank - 1];
	return fy_tensor_view(t, t->dtype, split, strides, t->offset);
}

static fy_tensor *split_spread(const fy_tensor *t, const fy_shape *split, int64_t factor)
{
	int rank = t->shape.rank;
	int64_t strides[FY_MAX_RANK];
	memcpy(strides, t->strides, (size_t)rank * sizeof(strides[0]));
	strides[rank] = t->strides[rank - 2] * factor;
	strides[rank + 1] = t->strides[rank - 1] * factor;
	return fy_tensor_view(t, t->dtype, split, strides, t->offset);
}

static fy_status pixel_eval(fy_call *call)
{
	const pixel_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0), *out = call->outs[0];
	const fy_tensor *packed = form->spreads ? in : out, *spread = form->spreads ? out : in;
	int64_t factor;
	FY_TRY(fy_call_int(call, 1, &factor));
	fy_shape split = split_shape(&packed->shape, spread->shape.dims[spread->shape.rank - 3], factor);
	fy_tensor *a = split_packed(packed, &split, factor), *b = split_spread(spread, &split, factor);
	fy_tensor_copy(form->spreads ? b : a, form->spreads ? a : b);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	return FY_OK;
}

/* The sizes of a spread result at run time: those of the images times the factor. */
static fy_value *spread_sizes(fy_lowering *l, fy_value *x, const fy_shape *shape, int64_t factor)
{
	fy_value *sizes[FY_MAX_RANK];
	int rank = shape->rank;
	for (int i = 0; i < rank; i++) {
		if (x == NULL || fy_dim_known(shape->dims[i])) {
			sizes[i] = fy_lower_ints(l, &shape->dims[i], 1);
			continue;
		}
		sizes[i] = fy_lower_unsqueeze(l, fy_lower_size_of(l, x, i), (const int64_t[]){ 0 }, 1);
		if (i >= rank - 2)
			sizes[i] = fy_emit2(l, "Mul", sizes[i], fy_lower_ints(l, &factor, 1));
	}
	return fy_lower_concat(l, sizes, rank, 0);
}

static fy_status pixel_lower(fy_lowering *l, fy_node *node)
{
	const pixel_form *form = fy_node_op(node)->form;
	const fy_type *type = fy_node_type(node, 0), *result = fy_node_result_type(node, 0);
	int64_t factor = fy_node_int(node, 1);
	int rank = type->shape.rank, perm[FY_MAX_RANK];
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (form->spreads && rank == 4 && fy_lower_opset(l) >= 11 && type->dtype == FY_F32)
		return fy_lower_finish(
			l, node,
			fy_emit(l, "DepthToSpace", FY_IN(x),
				FY_ATTRS(fy_attr_int("blocksize", factor), fy_attr_str("mode", "CRD"))));
	const fy_shape *packed = form->spreads ? &type->shape : &result->shape;
	const fy_shape *spread = form->spreads ? &result->shape : &type->shape;
	fy_shape split = split_shape(packed, spread->dims[rank - 3], factor), from = split;
	for (int i = 0; i < rank + 2; i++)
		perm[i] = i;
	if (form->spreads) { /* c f g h w -> c h f w g */
		perm[rank - 2] = rank;
		perm[rank - 1] = rank - 2;
		perm[rank] = rank + 1;
		perm[rank + 1] = rank - 1;
	} else { /* c h f w g -> c f g h w */
		from.dims[rank - 2] = split.dims[rank];
		from.dims[rank] = split.dims[rank + 1];
		from.dims[rank - 1] = from.dims[rank + 1] = factor;
		perm[rank - 2] = rank - 1;
		perm[rank - 1] = rank + 1;
		perm[rank] = rank - 2;
		perm[rank + 1] = rank;
	}
	if (form->spreads && !fy_shape_known(&result->shape)) {
		fy_value *sizes = spread_sizes(l, x, &result->shape, factor);
		x = fy_lower_transpose(l, fy_lower_reshape(l, x, &from), perm);
		return fy_lower_finish(l, node, fy_emit2(l, "Reshape", x, sizes));
	}
	x = fy_lower_transpose(l, fy_lower_reshape(l, x, &from), perm);
	return fy_lower_finish(l, node, fy_lower_reshape(l, x, &result->shape));
}

const fy_op fy_aten_pixel_shuffle = {
	.name = "aten::pixel_shuffle",
	.flags = FY_OP_MOVES,
	.infer = pixel_infer,
	.eval = pixel_eval,
	.lower = pixel_lower,
	.form = &(const pixel_form){ true },
	.cases = FY_CASES("f32[1,8,2,3] 2", "f32[9,2,1] 3", "f32[2,1,4,2,2] 2", "i64[1,4,2,2] 2",
			  "f32[1,2,3,4]^T 1", "f16[1,4,2,3] 2", "f32[1,4,2,2]^L 2", "f32[0,4,2,2] 2",
			  "f32[1,6,2,2] 2", "f32[4,4] 2", "f32[1,4,2,2] 0"),
};

const fy_op fy_aten_pixel_unshuffle = {
	.name = "aten::pixel_unshuffle",
	.flags = FY_OP_MOVES,
	.infer = pixel_infer,
	.eval = pixel_eval,
	.lower = pixel_lower,
	.form = &(const pixel_form){ false },
	.cases = FY_CASES("f32[1,2,4,6] 2", "f32[1,3,6] 3", "f32[2,1,2,4,2] 2", "i64[1,1,4,2] 2",
			  "f32[1,2,3,4]^T 1", "bf16[1,1,4,2] 2", "f32[1,1,4,3] 2", "f32[1,2,4,4]^L 2",
			  "f32[4,4] 2"),
};

/* ---- channel_shuffle ----------------------------------------------------------------------------- */

static fy_status channel_infer(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0);
	int64_t groups;
	FY_TRY(fy_call_counts(call, 1, &groups, 1, 1));
	if (in->shape.rank < 3)
		return fy_call_raise(call, "takes tensors of rank 3 or more, not %d", in->shape.rank);
	if (in->shape.rank + 1 > FY_MAX_RANK)
		return fy_call_unsupported(call, "a tensor of rank %d", in->shape.rank);
	if (!fy_dim_known(in->shape.dims[1]))
		return fy_call_unsupported(call, "the number of channels must be known");
	if (in->shape.dims[1] % groups != 0)
		return fy_call_raise(call, "%" PRId64 " groups do not divide the channels", groups);
	return fy_result_image(call, in->dtype, &in->shape, in);
}

/* The channels as two dims, [n, outer, inner, ...]. */
static fy_shape grouped_shape(const fy_shape *shape, int64_t outer)
{
	fy_shape grouped = { .rank = shape->rank + 1,
			     .dims = { shape->dims[0], outer, shape->dims[1] / outer } };
	for (int i = 2; i < shape->rank; i++)
		grouped.dims[i + 1] = shape->dims[i];
	return grouped;
}

static fy_tensor *grouped_view(const fy_tensor *t, const fy_shape *shape, int64_t outer_stride,
			       int64_t inner_stride)
{
	int64_t strides[FY_MAX_RANK] = { t->strides[0], outer_stride, inner_stride };
	for (int i = 2; i < t->shape.rank; i++)
		strides[i + 1] = t->strides[i];
	return fy_tensor_view(t, t->dtype, shape, strides, t->offset);
}

static fy_status channel_eval(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0), *out = call->outs[0];
	int64_t groups, step = in->strides[1];
	FY_TRY(fy_call_int(call, 1, &groups));
	int64_t per_group = in->shape.dims[1] / groups;
	if (fy_tensor_numel(in) == 0)
		return FY_OK;
	fy_shape shape = grouped_shape(&in->shape, per_group);
	fy_tensor *from = grouped_view(in, &shape, step, per_group * step);
	fy_tensor *to = grouped_view(out, &shape, groups * out->strides[1], out->strides[1]);
	fy_tensor_copy(to, from);
	fy_tensor_unref(from);
	fy_tensor_unref(to);
	return FY_OK;
}

static fy_status channel_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_type(node, 0);
	int perm[FY_MAX_RANK] = { 0, 2, 1 };
	for (int i = 3; i < type->shape.rank + 1; i++)
		perm[i] = i;
	if (type->shape.dims[1] == 0)
		return fy_lower_finish(l, node, fy_lower_tensor(l, node, 0));
	fy_shape shape = grouped_shape(&type->shape, fy_node_int(node, 1));
	fy_value *x = fy_lower_reshape(l, fy_lower_tensor(l, node, 0), &shape);
	x = fy_lower_transpose(l, x, perm);
	return fy_lower_finish(l, node, fy_lower_reshape(l, x, &type->shape));
}

const fy_op fy_aten_channel_shuffle = {
	.name = "aten::channel_shuffle",
	.flags = FY_OP_MOVES,
	.infer = channel_infer,
	.eval = channel_eval,
	.lower = channel_lower,
	.cases = FY_CASES("f32[1,6,2,2] 2", "f32[2,4,3] 2", "i64[1,6,1,2] 3", "f32[1,4,2,2] 1",
			  "f32[1,4,2,2] 3", "f32[2,4] 2", "f32[1,4,2,1,2] 4"),
};
