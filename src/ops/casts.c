/*
 * Conversions of type and layout, copies, and fills: to, type_as, contiguous, clone, detach, copy, fill,
 * zero. Most calls in real models change nothing: then the result is the argument itself and nothing is
 * recorded.
 */
#include "ops/ops_internal.h"

#include <string.h>

enum { FORMAT_CONTIGUOUS = 0, FORMAT_PRESERVE = 1, FORMAT_CHANNELS_LAST = 2, FORMAT_CHANNELS_LAST_3D = 3 };

/* ---- memory formats ------------------------------------------------------------------------------------ */

static fy_status read_format(const fy_call *call, int index, int64_t *out)
{
	*out = FORMAT_PRESERVE;
	if (index < 0 || fy_call_is_none(call, index))
		return FY_OK;
	FY_TRY(fy_call_int(call, index, out));
	if (*out < FORMAT_CONTIGUOUS || *out > FORMAT_CHANNELS_LAST_3D)
		return fy_call_raise(call, "%" PRId64 " is not a memory format", *out);
	return FY_OK;
}

static bool is_in_format(const fy_tensor *t, int64_t format)
{
	int64_t wanted[FY_MAX_RANK];
	if (format == FORMAT_CONTIGUOUS)
		return fy_tensor_is_contiguous(t);
	if (format == FORMAT_PRESERVE)
		return true;
	fy_channels_last_strides(&t->shape, wanted);
	for (int i = 0; i < t->shape.rank; i++)
		if (t->shape.dims[i] != 1 && t->strides[i] != wanted[i])
			return false;
	return true;
}

/* What to() asks: anything that is not channels-last passes for contiguous. */
static bool suits_format(const fy_tensor *t, int64_t format)
{
	if (format != FORMAT_CONTIGUOUS || fy_tensor_is_contiguous(t))
		return is_in_format(t, format);
	return (t->shape.rank != 4 && t->shape.rank != 5) || !is_in_format(t, FORMAT_CHANNELS_LAST);
}

/* New data of self's shape in a memory format. */
static fy_status fresh_in_format(fy_call *call, fy_dtype dtype, int64_t format)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t strides[FY_MAX_RANK];
	if (format == FORMAT_PRESERVE)
		return fy_result_like(call, dtype, self);
	if (format == FORMAT_CONTIGUOUS)
		return fy_result_fresh(call, dtype, &self->shape);
	if (self->shape.rank != (format == FORMAT_CHANNELS_LAST ? 4 : 5))
		return fy_call_raise(call, "channels-last layout of a tensor of rank %d", self->shape.rank);
	fy_channels_last_strides(&self->shape, strides);
	return fy_result_strided(call, dtype, &self->shape, strides);
}

/* ---- evaluation and lowering of everything that copies self ---------------------------------------------
 */

static fy_status copy_eval(fy_call *call)
{
	fy_tensor_copy(call->outs[0], fy_call_tensor(call, 0));
	return FY_OK;
}

/* A copy of equal type is the value itself: graphs have no storage. */
static fy_status cast_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, fy_lower_tensor(l, node, 0));
}

/* ---- to
 * ----------------------------------------------------------------------------------------------------- */

static fy_status to_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dtype_at = fy_call_find(call, "dtype"), other = fy_call_find(call, "other"),
	    copy_at = fy_call_find(call, "copy");
	fy_dtype dtype = self->dtype;
	int64_t format;
	bool copy = false;
	if (dtype_at >= 0)
		FY_TRY(fy_call_dtype(call, dtype_at, dtype, &dtype));
	if (other >= 0)
		dtype = fy_call_tensor(call, other)->dtype;
	if (copy_at >= 0)
		FY_TRY(fy_call_bool(call, copy_at, &copy));
	FY_TRY(read_format(call, fy_call_find(call, "memory_format"), &format));
	if (dtype == self->dtype && !copy && suits_format(self, format))
		return fy_result_same(call, 0);
	return fresh_in_format(call, dtype, format);
}

const fy_op fy_aten_to = {
	.name = "aten::to",
	.flags = FY_OP_MOVES,
	.infer = to_infer,
	.eval = copy_eval,
	.lower = cast_lower,
	.cases = FY_CASES(".dtype f32[2,3] float64", ".dtype f32[2,3] float32", ".dtype f32[5]{-3:3} int64",
			  ".dtype f32[4]{0,0.5,nan,-1} bool", ".dtype i64[2,3]^T float32",
			  ".dtype i64[4]{-300:300} int8", ".dtype bool[4] float16", ".dtype f32[3] float16",
			  ".dtype f64[3] bfloat16", ".dtype bf16[3] float32", ".dtype u8[3] int64",
			  ".dtype f32[2,3,2,2]^L float64", ".dtype f32[3] float32 false true",
			  ".dtype f32[2,3]^E float64", ".dtype f32[3]^S float32",
			  ".dtype f32[2,3,2,2] float32 false false 2",
			  ".dtype f32[2,3]^T float32 false false 0", ".other f32[3] f64[2]",
			  ".other f32[3] f32[2]", ".other i64[3] bool[]",
			  ".dtype_layout f32[3] dtype=float64", ".dtype_layout f32[2,3]",
			  ".prim_dtype f32[3]", ".prim_dtype f32[3] int64", ".prim_other f32[3]"),
};

static fy_status type_as_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *other = fy_call_tensor(call, 1);
	if (self->dtype == other->dtype)
		return fy_result_same(call, 0);
	return fy_result_like(call, other->dtype, self);
}

const fy_op fy_aten_type_as = {
	.name = "aten::type_as",
	.flags = FY_OP_MOVES,
	.infer = type_as_infer,
	.eval = copy_eval,
	.lower = cast_lower,
	.cases = FY_CASES("f32[2,3] f64[1]", "f32[2,3] f32[1]", "i64[2,3]^T f16[2]", "f32[3] bool[1]"),
};

/* ---- contiguous, clone
 * ------------------------------------------------------------------------------------------ */

static fy_status contiguous_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t format;
	FY_TRY(read_format(call, 1, &format));
	if (format == FORMAT_PRESERVE && !fy_tensor_is_contiguous(self))
		return fy_call_raise(call, "preserve_format is not for contiguous");
	if ((format == FORMAT_CHANNELS_LAST && self->shape.rank != 4) ||
	    (format == FORMAT_CHANNELS_LAST_3D && self->shape.rank != 5))
		return fy_call_raise(call, "channels-last layout of a tensor of rank %d", self->shape.rank);
	if (is_in_format(self, format))
		return fy_result_same(call, 0);
	return fresh_in_format(call, self->dtype, format);
}

const fy_op fy_aten_contiguous = {
	.name = "aten::contiguous",
	.flags = FY_OP_MOVES,
	.infer = contiguous_infer,
	.eval = copy_eval,
	.lower = cast_lower,
	.cases = FY_CASES("f32[2,3]", "f32[2,3]^T", "i64[3]^S", "f32[2,3,2,2]^L",
			  "f32[2,3,2,2] memory_format=2", "f32[2,3,2,2]^L memory_format=2",
			  "f32[2,3,2,2,2] memory_format=3", "f32[2,3]^E", "f32[3,1]^T", "complex64[2,2]^T",
			  "f32[2,3] memory_format=1", "f32[2,3] memory_format=2"),
};

static fy_status clone_infer(fy_call *call)
{
	int64_t format;
	FY_TRY(read_format(call, fy_call_find(call, "memory_format"), &format));
	return fresh_in_format(call, fy_call_tensor(call, 0)->dtype, format);
}

const fy_op fy_aten_clone = {
	.name = "aten::clone",
	.flags = FY_OP_MOVES,
	.infer = clone_infer,
	.eval = copy_eval,
	.lower = cast_lower,
	.cases =
		FY_CASES("f32[2,3]", "f32[2,3]^T", "i64[3]^S", "f32[2,3,2,2]^L", "f32[2,3]^T memory_format=0",
			 "f32[2,3,2,2] memory_format=2", "f32[2,3]^E", "bool[3]", "complex64[2]"),
};

const fy_op fy_aten_lift_fresh_copy = {
	.name = "aten::lift_fresh_copy",
	.flags = FY_OP_MOVES,
	.infer = fy_infer_like_self,
	.eval = copy_eval,
	.lower = cast_lower,
	.cases = FY_CASES("f32[2,3]", "i64[2]"),
};

/* ---- the argument itself
 * ----------------------------------------------------------------------------------------- */

const fy_op fy_aten_detach = {
	.name = "aten::detach",
	.infer = fy_infer_same_self,
	.cases = FY_CASES("f32[2,3]", "f32[2,3]^T"),
};

const fy_op fy_aten_alias = {
	.name = "aten::alias",
	.infer = fy_infer_same_self,
	.cases = FY_CASES("f32[2,3]", "f32[2,3]^S"),
};

const fy_op fy_aten_lift_fresh = {
	.name = "aten::lift_fresh",
	.infer = fy_infer_same_self,
	.cases = FY_CASES("f32[2,3]"),
};

const fy_op fy_aten_cpu = {
	.name = "aten::cpu",
	.infer = fy_infer_same_self,
	.cases = FY_CASES("f32[2,3]"),
};

static fy_status resolve_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	if (self->conj || self->neg)
		return fy_call_unsupported(call, "lazily conjugated or negated tensors");
	return fy_result_same(call, 0);
}

const fy_op fy_aten_resolve_conj = {
	.name = "aten::resolve_conj",
	.infer = resolve_infer,
	.cases = FY_CASES("f32[2,3]"),
};

const fy_op fy_aten_resolve_neg = {
	.name = "aten::resolve_neg",
	.infer = resolve_infer,
	.cases = FY_CASES("f32[2,3]"),
};

/* ---- copy, fill, zero: functional forms of copy_, fill_, zero_
 * ------------------------------------------------------ */

static fy_status copy_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape;
	FY_TRY(fy_call_broadcast(call, (const int[]){ 0, 1 }, 2, &shape));
	if (!fy_shape_eq(&shape, &self->shape))
		return fy_call_raise(call, "the source does not fit into the target");
	return fy_result_like(call, self->dtype, self);
}

/* The source broadcast to out's shape by zero strides. */
static fy_status broadcast_copy_eval(fy_call *call)
{
	const fy_tensor *source = fy_call_tensor(call, 1);
	fy_tensor *out = call->outs[0];
	int64_t strides[FY_MAX_RANK];
	int missing = out->shape.rank - source->shape.rank;
	for (int i = 0; i < out->shape.rank; i++) {
		bool spread = i < missing || source->shape.dims[i - missing] != out->shape.dims[i];
		strides[i] = spread ? 0 : source->strides[i - missing];
	}
	fy_tensor *view = fy_tensor_view(source, source->dtype, &out->shape, strides, source->offset);
	fy_tensor_copy(out, view);
	fy_tensor_unref(view);
	return FY_OK;
}

static fy_status copy_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *source = fy_lower_cast(l, fy_lower_tensor(l, node, 1), type->dtype);
	if (!fy_shape_eq(&fy_node_type(node, 1)->shape, &type->shape))
		source = fy_lower_expand(l, source, &type->shape);
	return fy_lower_finish(l, node, source);
}

const fy_op fy_aten_copy = {
	.name = "aten::copy",
	.overloads = "",
	.flags = FY_OP_MOVES,
	.infer = copy_infer,
	.eval = broadcast_copy_eval,
	.lower = copy_lower,
	.cases = FY_CASES("f32[2,3] f32[2,3]", "f32[2,3] f64[3]", "i64[2,3] f32[2,1]", "f32[2,3] i64[]",
			  "f32[2,3] f32[4]", "bool[3] f32[3]{0,1,2}"),
};

static fy_status fill_infer(fy_call *call)
{
	if (call->args[1].kind == FY_ARG_TENSOR && call->args[1].t->shape.rank > 0)
		return fy_call_raise(call, "the value must be 0-d");
	return fy_infer_like_self(call);
}

static fy_status fill_eval(fy_call *call)
{
	fy_tensor *value = fy_call_operand(call, 1, call->outs[0]->dtype);
	int64_t strides[FY_MAX_RANK] = { 0 };
	fy_tensor *spread =
		fy_tensor_view(value, value->dtype, &call->outs[0]->shape, strides, value->offset);
	fy_tensor_copy(call->outs[0], spread);
	fy_tensor_unref(spread);
	fy_tensor_unref(value);
	return FY_OK;
}

static fy_status fill_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *value = fy_lower_operand(l, node, 1, type->dtype);
	if (type->shape.rank > 0)
		value = fy_lower_expand(l, value, &type->shape);
	return fy_lower_finish(l, node, value);
}

const fy_op fy_aten_fill = {
	.name = "aten::fill",
	.overloads = "Scalar,Tensor",
	.infer = fill_infer,
	.eval = fill_eval,
	.lower = fill_lower,
	.cases = FY_CASES(".Scalar f32[2,3] 1.5", ".Scalar i64[3] 7", ".Scalar bool[3] 1",
			  ".Scalar f16[2,3]^T -inf", ".Scalar f32[] 2", ".Tensor f32[2,3] f32[]",
			  ".Tensor i64[3] f64[]", ".Tensor f32[3] f32[1]"),
};

static fy_status zero_eval(fy_call *call)
{
	fy_kernel_fill_i64(call->outs[0], 0);
	return FY_OK;
}

static fy_status zero_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *type = fy_node_result_type(node, 0);
	fy_value *value = fy_lower_scalar(l, type->dtype, 0);
	if (type->shape.rank > 0)
		value = fy_lower_expand(l, value, &type->shape);
	return fy_lower_finish(l, node, value);
}

const fy_op fy_aten_zero = {
	.name = "aten::zero",
	.infer = fy_infer_like_self,
	.eval = zero_eval,
	.lower = zero_lower,
	.cases = FY_CASES("f32[2,3]", "i64[3]", "bool[2]", "f32[2,3]^T"),
};
