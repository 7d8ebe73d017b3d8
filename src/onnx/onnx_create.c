/*
 * Operators that make tensors out of little (constants, ranges, random numbers) and conversions of element
 * type.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <math.h>

/* ---- constants ------------------------------------------------------------------------------------ */

/* One reference. Exactly one of the value attributes must be there. */
static fy_status constant_value(const fy_onnx_call *call, fy_tensor **out)
{
	const fy_arg *arg = call->node->attr_count == 1 ? &call->node->attrs[0].arg : NULL;
	fy_shape line = { 1, { arg && arg->kind == FY_ARG_LIST ? arg->list.count : 0 } };
	bool floats = fy_onnx_has_attr(call, "value_floats");

	if (!arg)
		return fy_onnx_fail(call, "must have exactly one value");
	if (arg->kind == FY_ARG_TENSOR) {
		*out = fy_tensor_ref(arg->t);
	} else if (arg->kind == FY_ARG_INT) {
		*out = fy_tensor_scalar_i64(FY_I64, arg->i);
	} else if (arg->kind == FY_ARG_FLOAT) {
		*out = fy_tensor_scalar_f64(FY_F32, arg->f);
	} else if (arg->kind == FY_ARG_LIST && !fy_onnx_has_attr(call, "value_strings")) {
		FY_TRY(fy_onnx_new(call, out, floats ? FY_F32 : FY_I64, &line, false));
		for (int i = 0; i < arg->list.count; i++) {
			if (floats)
				fy_tensor_set_f64(*out, i, arg->list.items[i].f);
			else
				fy_tensor_set_i64(*out, i, arg->list.items[i].i);
		}
	} else {
		return fy_onnx_unsupported(call, "of strings");
	}
	return FY_OK;
}

static fy_status constant_infer(fy_onnx_call *call)
{
	fy_tensor *value = NULL;

	FY_TRY(constant_value(call, &value));
	(void)fy_onnx_result(call, 0, value->dtype, &value->shape);
	fy_tensor_unref(value);
	return FY_OK;
}

static fy_status constant_eval(fy_onnx_call *call)
{
	return constant_value(call, &call->outputs[0]);
}

const fy_onnx_op fy_onnx_op_constant = {
	.name = "onnx::Constant",
	.since = FY_ONNX_SINCE(1, 9, 11, 12, 13, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_OWN_OUTPUTS | FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 1, 0, 0, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "value", .kind = 't', .until = 10, .required = true },
			       { .name = "value", .kind = 't', .since = 11 },
			       { .name = "value_float", .kind = 'f', .since = 12 },
			       { .name = "value_floats", .kind = 'F', .since = 12 },
			       { .name = "value_int", .kind = 'i', .since = 12 },
			       { .name = "value_ints", .kind = 'I', .since = 12 },
			       { .name = "value_string", .kind = 's', .since = 12 },
			       { .name = "value_strings", .kind = 'S', .since = 12 }),
	.infer = constant_infer,
	.eval = constant_eval,
};

static fy_status constant_of_shape_infer(fy_onnx_call *call)
{
	fy_tensor *value = fy_onnx_tensor(call, "value");
	const fy_shape *vector = fy_onnx_shape(call, 0);
	fy_dtype dtype = value ? value->dtype : FY_F32;
	int64_t dims[FY_MAX_RANK];
	fy_shape out = { 0 };
	int count;

	if (value && fy_tensor_numel(value) != 1)
		return fy_onnx_fail(call, "the value must be one number");
	FY_TRY(fy_onnx_input_ints(call, 0, dims, FY_MAX_RANK, &count, false));
	if (count < 0 &&
	    (!vector || vector->rank != 1 || !fy_dim_known(vector->dims[0]) || vector->dims[0] > FY_MAX_RANK))
		return fy_onnx_result(call, 0, dtype, NULL);
	out.rank = count < 0 ? (int)vector->dims[0] : count;
	for (int i = 0; i < out.rank; i++) {
		if (count >= 0 && dims[i] < 0 && !fy_onnx_int_is_symbol(dims[i]))
			return fy_onnx_fail(call, "size %" PRId64 " is negative", dims[i]);
		out.dims[i] = count < 0 ? FY_ONNX_DIM_UNKNOWN : fy_onnx_int_to_dim(dims[i]);
	}
	return fy_onnx_result(call, 0, dtype, &out);
}

static fy_status constant_of_shape_eval(fy_onnx_call *call)
{
	fy_tensor *value = fy_onnx_tensor(call, "value"), *out = call->outputs[0], *view;

	if (!value) {
		fy_kernel_fill_f64(out, 0);
		return FY_OK;
	}
	view = fy_tensor_view(value, value->dtype, &out->shape, (const int64_t[FY_MAX_RANK]){ 0 },
			      value->offset);
	fy_tensor_copy(out, view);
	fy_tensor_unref(view);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_constant_of_shape = {
	.name = "onnx::ConstantOfShape",
	.since = FY_ONNX_SINCE(9, 20, 21, 23, 24, 25),
	.flags = FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "value", .kind = 't' }),
	.infer = constant_of_shape_infer,
	.eval = constant_of_shape_eval,
};

/* ---- ranges ---------------------------------------------------------------------------------------- */

static fy_status range_count(const fy_onnx_call *call, int64_t *count)
{
	int64_t start, limit, delta, span;

	for (int i = 0; i < 3; i++) {
		if (fy_tensor_numel(call->inputs[i]) != 1)
			return fy_onnx_fail(call, "start, limit and delta must be single numbers");
	}
	if (fy_dtype_is_float(call->types[0].dtype)) {
		double a = fy_tensor_get_f64(call->inputs[0], 0), b = fy_tensor_get_f64(call->inputs[1], 0);
		double steps = ceil((b - a) / fy_tensor_get_f64(call->inputs[2], 0));

		if (!(steps < 1e15))
			return fy_onnx_fail(call, "the number of elements is not finite");
		*count = steps > 0 ? (int64_t)steps : 0;
		return FY_OK;
	}
	start = fy_tensor_get_i64(call->inputs[0], 0);
	limit = fy_tensor_get_i64(call->inputs[1], 0);
	delta = fy_tensor_get_i64(call->inputs[2], 0);
	if (delta == 0 || delta == INT64_MIN || !fy_sub_i64(limit, start, &span))
		return fy_onnx_fail(call, "the number of elements is not finite");
	*count = (span > 0) == (delta > 0) && span != 0 ? (span - (delta > 0 ? 1 : -1)) / delta + 1 : 0;
	return FY_OK;
}

static fy_status range_infer(fy_onnx_call *call)
{
	fy_shape out = { 1, { FY_ONNX_DIM_UNKNOWN } };

	FY_TRY(fy_onnx_same_dtype(call, 0, 3));
	if (call->inputs[0] && call->inputs[1] && call->inputs[2])
		FY_TRY(range_count(call, &out.dims[0]));
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status range_eval(fy_onnx_call *call)
{
	if (fy_dtype_is_float(call->outputs[0]->dtype))
		fy_kernel_arange_f64(call->outputs[0], fy_tensor_get_f64(call->inputs[0], 0),
				     fy_tensor_get_f64(call->inputs[2], 0));
	else
		fy_kernel_arange_i64(call->outputs[0], fy_tensor_get_i64(call->inputs[0], 0),
				     fy_tensor_get_i64(call->inputs[2], 0));
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_range = {
	.name = "onnx::Range",
	.since = FY_ONNX_SINCE(11, 27),
	.arity = FY_ONNX_ARITY({ 11, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "stash_type", .kind = 'i', .number = 1, .since = 27 }),
	.infer = range_infer,
	.eval = range_eval,
};

/* dtype attribute; absent: that of input 0. */
static fy_status dtype_attr(const fy_onnx_call *call, const char *name, fy_dtype fallback, fy_dtype *out)
{
	int64_t number = fy_onnx_int(call, name);

	*out = fallback;
	if (number == 0 && !fy_onnx_has_attr(call, name))
		return FY_OK;
	if (fy_onnx_to_dtype(number, out))
		return FY_OK;
	if (!fy_onnx_dtype_name(number) || number == 0)
		return fy_onnx_fail(call, "there is no element type %" PRId64, number);
	return fy_onnx_unsupported(call, "of type %s", fy_onnx_dtype_name(number));
}

static fy_status eye_infer(fy_onnx_call *call)
{
	fy_dtype dtype;

	if (fy_onnx_shape(call, 0) && fy_onnx_shape(call, 0)->rank != 2)
		return fy_onnx_fail(call, "takes a matrix");
	FY_TRY(dtype_attr(call, "dtype", fy_onnx_dtype(call, 0), &dtype));
	return fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0));
}

static fy_status eye_eval(fy_onnx_call *call)
{
	fy_kernel_eye(call->outputs[0], fy_onnx_int(call, "k"));
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_eye_like = {
	.name = "onnx::EyeLike",
	.since = FY_ONNX_SINCE(9, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i' }, { .name = "k", .kind = 'i' }),
	.infer = eye_infer,
	.eval = eye_eval,
};

/* ---- random ------------------------------------------------------------------------------------------- */

enum random_mode { RANDOM_NORMAL, RANDOM_UNIFORM };

static fy_status random_infer(fy_onnx_call *call)
{
	int64_t dims[FY_MAX_RANK];
	fy_dtype dtype;
	fy_shape out = { 0 };
	int count;

	if (call->input_count > 0) {
		FY_TRY(dtype_attr(call, "dtype", fy_onnx_dtype(call, 0), &dtype));
		FY_TRY(fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0)));
	} else {
		FY_TRY(dtype_attr(call, "dtype", FY_F32, &dtype));
		FY_TRY(fy_onnx_ints(call, "shape", dims, FY_MAX_RANK, &count));
		out.rank = count;
		for (int i = 0; i < count; i++) {
			if (dims[i] < 0)
				return fy_onnx_fail(call, "size %" PRId64 " is negative", dims[i]);
			out.dims[i] = dims[i];
		}
		FY_TRY(fy_onnx_result(call, 0, dtype, &out));
	}
	if (!fy_dtype_is_float(dtype))
		return fy_onnx_fail(call, "makes floats, not %s", fy_dtype_name(dtype));
	return FY_OK;
}

/* Uniform numbers come from normal ones through the distribution function. */
static fy_status random_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0], *factor, *shift;
	bool uniform = call->op->mode == RANDOM_UNIFORM;
	double low = fy_onnx_float(call, "low"), high = fy_onnx_float(call, "high");
	double scale = uniform ? (high - low) / 2 : fy_onnx_float(call, "scale");

	fy_tensor_fill_random(out, (uint64_t)(int64_t)(fy_onnx_float(call, "seed") * 1000), 0, 1);
	if (uniform) {
		factor = fy_tensor_scalar_f64(out->dtype, sqrt(0.5));
		fy_kernel_binary(out, FY_MUL, out->dtype, out, factor);
		fy_kernel_unary(out, FY_ERF, out);
		fy_tensor_unref(factor);
	}
	factor = fy_tensor_scalar_f64(out->dtype, scale);
	shift = fy_tensor_scalar_f64(out->dtype, uniform ? low + scale : fy_onnx_float(call, "mean"));
	fy_kernel_binary(out, FY_MUL, out->dtype, out, factor);
	fy_kernel_binary(out, FY_ADD, out->dtype, out, shift);
	fy_tensor_unref(factor);
	fy_tensor_unref(shift);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_random_normal = {
	.name = "onnx::RandomNormal",
	.since = FY_ONNX_SINCE(1, 22),
	.flags = FY_ONNX_RANDOM,
	.arity = FY_ONNX_ARITY({ 1, 0, 0, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i', .number = 1 }, { .name = "mean", .kind = 'f' },
			       { .name = "scale", .kind = 'f', .number = 1 }, { .name = "seed", .kind = 'f' },
			       { .name = "shape", .kind = 'I', .required = true }),
	.infer = random_infer,
	.eval = random_eval,
	.mode = RANDOM_NORMAL,
};

const fy_onnx_op fy_onnx_op_random_normal_like = {
	.name = "onnx::RandomNormalLike",
	.since = FY_ONNX_SINCE(1, 22),
	.flags = FY_ONNX_RANDOM,
	.attrs =
		FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i' }, { .name = "mean", .kind = 'f' },
			      { .name = "scale", .kind = 'f', .number = 1 }, { .name = "seed", .kind = 'f' }),
	.infer = random_infer,
	.eval = random_eval,
	.mode = RANDOM_NORMAL,
};

const fy_onnx_op fy_onnx_op_random_uniform = {
	.name = "onnx::RandomUniform",
	.since = FY_ONNX_SINCE(1, 22),
	.flags = FY_ONNX_RANDOM,
	.arity = FY_ONNX_ARITY({ 1, 0, 0, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i', .number = 1 },
			       { .name = "high", .kind = 'f', .number = 1 }, { .name = "low", .kind = 'f' },
			       { .name = "seed", .kind = 'f' },
			       { .name = "shape", .kind = 'I', .required = true }),
	.infer = random_infer,
	.eval = random_eval,
	.mode = RANDOM_UNIFORM,
};

const fy_onnx_op fy_onnx_op_random_uniform_like = {
	.name = "onnx::RandomUniformLike",
	.since = FY_ONNX_SINCE(1, 22),
	.flags = FY_ONNX_RANDOM,
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i' }, { .name = "high", .kind = 'f', .number = 1 },
			       { .name = "low", .kind = 'f' }, { .name = "seed", .kind = 'f' }),
	.infer = random_infer,
	.eval = random_eval,
	.mode = RANDOM_UNIFORM,
};

/* ---- conversion ------------------------------------------------------------------------------------------
 */

static fy_status cast_infer(fy_onnx_call *call)
{
	fy_dtype dtype;

	FY_TRY(dtype_attr(call, "to", FY_F32, &dtype));
	return fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0));
}

static fy_status cast_eval(fy_onnx_call *call)
{
	fy_tensor_copy(call->outputs[0], call->inputs[0]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_cast = {
	.name = "onnx::Cast",
	.since = FY_ONNX_SINCE(6, 9, 13, 19, 21, 23, 24, 25, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.attrs = FY_ONNX_ATTRS({ .name = "round_mode", .kind = 's', .text = "up", .since = 24 },
			       { .name = "saturate", .kind = 'i', .number = 1, .since = 19 },
			       { .name = "to", .kind = 'i', .required = true }),
	.infer = cast_infer,
	.eval = cast_eval,
};

static fy_status cast_like_infer(fy_onnx_call *call)
{
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 1), fy_onnx_shape(call, 0));
}

const fy_onnx_op fy_onnx_op_cast_like = {
	.name = "onnx::CastLike",
	.since = FY_ONNX_SINCE(15, 19, 21, 23, 24, 25),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 15, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "round_mode", .kind = 's', .text = "up", .since = 24 },
			       { .name = "saturate", .kind = 'i', .number = 1, .since = 19 }),
	.infer = cast_like_infer,
	.eval = cast_eval,
};
