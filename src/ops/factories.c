/*
 * New tensors filled with one number: zeros, ones, full, empty (filled with zeros), of a given size or as
 * large as another tensor. Sizes and the number may depend on data; the graph then makes them while it runs.
 */
#include "ops/views.h"

enum { FORMAT_CONTIGUOUS = 0, FORMAT_PRESERVE = 1 };

/* The number, where no argument gives it. */
typedef struct fill_form {
	double value;
} fill_form;

/* The type that a number alone gives a tensor. */
static fy_dtype number_type(const fy_arg *number)
{
	switch (number->kind) {
	case FY_ARG_BOOL:
		return FY_BOOL;
	case FY_ARG_INT:
		return FY_I64;
	case FY_ARG_TENSOR:
		return fy_dtype_is_float(number->t->dtype) ? FY_F32 : number->t->dtype;
	default:
		return FY_F32;
	}
}

static fy_status filled_like(fy_call *call, fy_dtype dtype, const fy_tensor *self)
{
	int index = fy_call_find(call, "memory_format");
	int64_t format = FORMAT_PRESERVE, strides[FY_MAX_RANK];
	if (index >= 0 && !fy_call_is_none(call, index))
		FY_TRY(fy_call_int(call, index, &format));
	if (format == FORMAT_PRESERVE)
		return fy_result_like(call, dtype, self);
	if (format == FORMAT_CONTIGUOUS)
		return fy_result_fresh(call, dtype, &self->shape);
	if (self->shape.rank != format + 2)
		return fy_call_raise(call, "channels last is not for tensors of rank %d", self->shape.rank);
	fy_channels_last_strides(&self->shape, strides);
	return fy_result_strided(call, dtype, &self->shape, strides);
}

static fy_status filled_infer(fy_call *call)
{
	int self = fy_call_find(call, "self"), size = fy_call_find(call, "size"),
	    value = fy_call_find(call, "fill_value"), inferred;
	fy_dtype dtype = FY_F32;
	fy_shape shape;
	if (self >= 0)
		dtype = fy_call_tensor(call, self)->dtype;
	else if (value >= 0)
		dtype = number_type(&call->args[value]);
	if (value >= 0 && call->args[value].kind == FY_ARG_COMPLEX)
		return fy_call_unsupported(call, "complex numbers");
	FY_TRY(fy_call_dtype(call, fy_call_find(call, "dtype"), dtype, &dtype));
	if (size < 0)
		return filled_like(call, dtype, fy_call_tensor(call, self));
	FY_TRY(fy_call_sizes(call, size, &shape, &inferred));
	if (inferred >= 0)
		return fy_call_raise(call, "a negative size");
	return fy_result_fresh(call, dtype, &shape);
}

static fy_status filled_eval(fy_call *call)
{
	const fill_form *form = call->op->form;
	int value = fy_call_find(call, "fill_value");
	fy_tensor *number, *spread, *out = call->outs[0];
	if (value < 0) {
		fy_kernel_fill_f64(out, form->value);
		return FY_OK;
	}
	number = fy_call_operand(call, value, out->dtype);
	spread = fy_tensor_view(number, number->dtype, &out->shape, (const int64_t[FY_MAX_RANK]){ 0 },
				number->offset);
	fy_tensor_copy(out, spread);
	fy_tensor_unref(spread);
	fy_tensor_unref(number);
	return FY_OK;
}

/* ConstantOfShape of a number. ONNX Runtime knows no bfloat16 there. */
static fy_value *constant_of_shape(fy_lowering *l, fy_value *shape, fy_dtype dtype, fy_tensor *number)
{
	fy_dtype work = dtype == FY_BF16 ? FY_F32 : dtype;
	fy_tensor *value = fy_tensor_new(work, &(fy_shape){ 1, { 1 } }, false);
	fy_attr attr = { "value", fy_arg_tensor(value) };
	fy_value *made;
	fy_tensor *one =
		fy_tensor_view(number, number->dtype, &value->shape, (const int64_t[]){ 1 }, number->offset);
	fy_tensor_copy(value, one);
	made = fy_emit(l, "ConstantOfShape", FY_IN(shape), &attr, 1);
	fy_tensor_unref(one);
	fy_tensor_unref(value);
	return fy_lower_cast(l, made, dtype);
}

/* int64[rank] of the result. */
static fy_value *result_sizes(fy_lowering *l, const fy_node *node, int size)
{
	const fy_shape *shape = &fy_node_result_type(node, 0)->shape;
	if (fy_shape_known(shape))
		return fy_lower_ints(l, shape->dims, shape->rank);
	return size >= 0 ? fy_lower_int_list(l, node, size)
			 : fy_lower_shape_of(l, fy_lower_tensor(l, node, 0));
}

static fy_status filled_lower(fy_lowering *l, fy_node *node)
{
	const fill_form *form = fy_node_op(node)->form;
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int value = fy_call_find(&call, "fill_value");
	fy_value *sizes = result_sizes(l, node, fy_call_find(&call, "size")), *made;
	fy_tensor *number;
	if (value >= 0 && !fy_node_arg_known(node, value)) {
		made = fy_lower_expand_values(l, fy_lower_operand(l, node, value, dtype), sizes);
	} else {
		number = value >= 0 ? fy_call_operand(&call, value, dtype)
				    : fy_tensor_scalar_f64(dtype, form->value);
		made = constant_of_shape(l, sizes, dtype, number);
		fy_tensor_unref(number);
	}
	fy_lower_result(l, node, 0, made);
	return fy_lower_status(l);
}

static const fill_form zero = { 0 }, one = { 1 };

/* ---- of a given size ------------------------------------------------------------------------- */

const fy_op fy_aten_zeros = {
	.name = "aten::zeros",
	.overloads = "",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases =
		FY_CASES("[2,3]", "[]", "[2] dtype=int64", "[0,2]", "[2] dtype=bool", "[2,3] dtype=float16",
			 "[-1]", "[i64[]{2},3]", "[2] dtype=bfloat16", "[2] dtype=float64", "[2] dtype=uint8",
			 "[2] dtype=int8", "[i64[]{2},i64[]{0}] dtype=int32", "[2] dtype=int16"),
};

const fy_op fy_aten_ones = {
	.name = "aten::ones",
	.overloads = "",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &one,
	.cases = FY_CASES("[2,3]", "[] dtype=int32", "[2] dtype=bool", "[2] dtype=bfloat16",
			  "[i64[]{2},3] dtype=bool"),
};

const fy_op fy_aten_full = {
	.name = "aten::full",
	.overloads = "",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.cases = FY_CASES("[2,3] 1.5", "[2] 7", "[2] true", "[] -inf", "[2] 1.5 dtype=int64",
			  "[2] 9007199254740993", "[2] f64[]{1.5}", "[2] i64[]{3}", "[i64[]{2},1] 2.5",
			  "[2] nan dtype=float16", "[2] 1 dtype=bfloat16"),
};

/* What is in it is nobody's business: zeros, so that runs repeat. */
const fy_op fy_aten_empty = {
	.name = "aten::empty",
	.overloads = "memory_format",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases = FY_CASES("~[2,3]", "~[2] dtype=int64", "~[i64[]{2},3]", "[-1]"),
};

const fy_op fy_aten_new_zeros = {
	.name = "aten::new_zeros",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases = FY_CASES("f32[2] [2,3]", "i64[2] [2]", "f32[2] [3] dtype=bool", "f16[1] [i64[]{2},3]"),
};

const fy_op fy_aten_new_ones = {
	.name = "aten::new_ones",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &one,
	.cases = FY_CASES("f32[2] [2,3]", "bool[2] [2]", "f32[2] [3] dtype=int64"),
};

const fy_op fy_aten_new_full = {
	.name = "aten::new_full",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.cases = FY_CASES("f32[2] [2,3] 1.5", "i64[2] [2] 7", "f32[2] [3] 1 dtype=int64",
			  "f32[2] [3] f64[]{2.5}"),
};

const fy_op fy_aten_new_empty = {
	.name = "aten::new_empty",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases = FY_CASES("~f32[2] [2,3]", "~i64[2] [2]"),
};

/* ---- as large as another --------------------------------------------------------------------- */

#define LIKE_CASES                                                                                         \
	FY_CASES("f32[2,3]", "i64[2,3]^T", "f32[2,3] dtype=int64", "bool[2]", "f32[1,2,2,3]^L", "bf16[2]", \
		 "f32[2,3]^T memory_format=0", "f32[1,2,2,3] memory_format=2", "f32[2] memory_format=2",   \
		 "f32[]")

const fy_op fy_aten_zeros_like = {
	.name = "aten::zeros_like",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases = LIKE_CASES,
};

const fy_op fy_aten_ones_like = {
	.name = "aten::ones_like",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &one,
	.cases = LIKE_CASES,
};

const fy_op fy_aten_full_like = {
	.name = "aten::full_like",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.cases = FY_CASES("f32[2,3] 1.5", "i64[2,3]^T 7", "f32[2,3] 2 dtype=int64", "bool[2] true",
			  "f32[2] f64[]{0.5}", "f32[2] -inf"),
};

const fy_op fy_aten_empty_like = {
	.name = "aten::empty_like",
	.infer = filled_infer,
	.eval = filled_eval,
	.lower = filled_lower,
	.form = &zero,
	.cases = FY_CASES("~f32[2,3]", "~i64[2,3]^T", "~f32[2,3] dtype=int64", "~f32[2,3]^T memory_format=0"),
};

/* ---- one number ------------------------------------------------------------------------------ */

static fy_status scalar_tensor_infer(fy_call *call)
{
	fy_dtype dtype;
	FY_TRY(fy_call_dtype(call, 1, FY_F32, &dtype));
	if (call->args[0].kind == FY_ARG_COMPLEX)
		return fy_call_unsupported(call, "complex numbers");
	return fy_result_fresh(call, dtype, &(fy_shape){ 0 });
}

static fy_status scalar_tensor_eval(fy_call *call)
{
	fy_tensor *number = fy_call_operand(call, 0, call->outs[0]->dtype);
	fy_tensor_copy(call->outs[0], number);
	fy_tensor_unref(number);
	return FY_OK;
}

static fy_status scalar_tensor_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, fy_lower_operand(l, node, 0, fy_node_result_type(node, 0)->dtype));
}

const fy_op fy_aten_scalar_tensor = {
	.name = "aten::scalar_tensor",
	.infer = scalar_tensor_infer,
	.eval = scalar_tensor_eval,
	.lower = scalar_tensor_lower,
	.cases = FY_CASES("1.5", "7", "2 dtype=int64", "true dtype=bool", "f64[]{0.5}",
			  "i64[]{3} dtype=int32"),
};
