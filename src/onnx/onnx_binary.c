/*
 * Operators of two or more inputs that work element by element with numpy broadcasting, and Where.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

static fy_status broadcast_to(fy_onnx_call *call, fy_dtype dtype, int first, int count)
{
	fy_shape shape;
	bool ranked;

	FY_TRY(fy_onnx_broadcast(call, first, count, &shape, &ranked));
	return fy_onnx_result(call, 0, dtype, ranked ? &shape : NULL);
}

static fy_status need_bool(const fy_onnx_call *call, int i)
{
	if (fy_onnx_dtype(call, i) != FY_BOOL)
		return fy_onnx_fail(call, "input %d must be bool, not %s", i,
				    fy_dtype_name(fy_onnx_dtype(call, i)));
	return FY_OK;
}

/* ---- arithmetic ----------------------------------------------------------------------------------- */

static fy_status arithmetic_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_same_dtype(call, 0, 2));
	if (fy_onnx_dtype(call, 0) == FY_BOOL)
		return fy_onnx_fail(call, "takes numbers, not bool");
	return broadcast_to(call, fy_onnx_dtype(call, 0), 0, 2);
}

static fy_status binary_eval(fy_onnx_call *call)
{
	fy_kernel_binary(call->outputs[0], (fy_binary)call->op->mode, call->inputs[0]->dtype, call->inputs[0],
			 call->inputs[1]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_add = {
	.name = "onnx::Add",
	.since = FY_ONNX_SINCE(7, 13, 14),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = arithmetic_infer,
	.eval = binary_eval,
	.mode = FY_ADD,
};

const fy_onnx_op fy_onnx_op_sub = {
	.name = "onnx::Sub",
	.since = FY_ONNX_SINCE(7, 13, 14),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = arithmetic_infer,
	.eval = binary_eval,
	.mode = FY_SUB,
};

const fy_onnx_op fy_onnx_op_mul = {
	.name = "onnx::Mul",
	.since = FY_ONNX_SINCE(7, 13, 14),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = arithmetic_infer,
	.eval = binary_eval,
	.mode = FY_MUL,
};

const fy_onnx_op fy_onnx_op_div = {
	.name = "onnx::Div",
	.since = FY_ONNX_SINCE(7, 13, 14),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = arithmetic_infer,
	.eval = binary_eval,
	.mode = FY_DIV,
};

static fy_status prelu_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_same_dtype(call, 0, 2));
	FY_TRY(broadcast_to(call, fy_onnx_dtype(call, 0), 0, 2));
	return fy_onnx_infer_same(call);
}

static fy_status prelu_eval(fy_onnx_call *call)
{
	fy_shape sum;

	if (!fy_shape_broadcast(&call->inputs[0]->shape, &call->inputs[1]->shape, &sum) ||
	    !fy_shape_eq(&sum, &call->inputs[0]->shape))
		return fy_onnx_fail(call, "the slope must broadcast to the input");
	return binary_eval(call);
}

const fy_onnx_op fy_onnx_op_p_relu = {
	.name = "onnx::PRelu",
	.since = FY_ONNX_SINCE(7, 9, 16),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = prelu_infer,
	.eval = prelu_eval,
	.mode = FY_PRELU,
};

/* The exponent may be of another type from opset 12 on; the result has the base's. */
static fy_status pow_infer(fy_onnx_call *call)
{
	if (call->version < 12)
		FY_TRY(fy_onnx_same_dtype(call, 0, 2));
	return broadcast_to(call, fy_onnx_dtype(call, 0), 0, 2);
}

static fy_status pow_eval(fy_onnx_call *call)
{
	fy_dtype base = call->inputs[0]->dtype, exponent = call->inputs[1]->dtype, compute = base;

	if (base != exponent && (fy_dtype_is_float(base) || fy_dtype_is_float(exponent)))
		compute = base == FY_F16 || base == FY_BF16 || base == FY_F32 ? FY_F32 : FY_F64;
	else if (base != exponent)
		compute = FY_I64;
	fy_kernel_binary(call->outputs[0], FY_POW, compute, call->inputs[0], call->inputs[1]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_pow = {
	.name = "onnx::Pow",
	.since = FY_ONNX_SINCE(7, 12, 13, 15),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = pow_infer,
	.eval = pow_eval,
};

static fy_status mod_eval(fy_onnx_call *call)
{
	fy_kernel_binary(call->outputs[0], fy_onnx_int(call, "fmod") ? FY_FMOD : FY_REMAINDER,
			 call->inputs[0]->dtype, call->inputs[0], call->inputs[1]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_mod = {
	.name = "onnx::Mod",
	.since = FY_ONNX_SINCE(10, 13, 28),
	.arity = FY_ONNX_ARITY({ 10, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "fmod", .kind = 'i' }),
	.infer = arithmetic_infer,
	.eval = mod_eval,
};

/* ---- bits ------------------------------------------------------------------------------------------- */

static fy_status bitwise_infer(fy_onnx_call *call)
{
	if (!fy_dtype_is_integer(fy_onnx_dtype(call, 0)))
		return fy_onnx_fail(call, "takes integers, not %s", fy_dtype_name(fy_onnx_dtype(call, 0)));
	return arithmetic_infer(call);
}

const fy_onnx_op fy_onnx_op_bitwise_and = {
	.name = "onnx::BitwiseAnd",
	.since = FY_ONNX_SINCE(18),
	.arity = FY_ONNX_ARITY({ 18, 2, 2, 1, 1 }),
	.infer = bitwise_infer,
	.eval = binary_eval,
	.mode = FY_BITWISE_AND,
};

const fy_onnx_op fy_onnx_op_bitwise_or = {
	.name = "onnx::BitwiseOr",
	.since = FY_ONNX_SINCE(18),
	.arity = FY_ONNX_ARITY({ 18, 2, 2, 1, 1 }),
	.infer = bitwise_infer,
	.eval = binary_eval,
	.mode = FY_BITWISE_OR,
};

const fy_onnx_op fy_onnx_op_bitwise_xor = {
	.name = "onnx::BitwiseXor",
	.since = FY_ONNX_SINCE(18),
	.arity = FY_ONNX_ARITY({ 18, 2, 2, 1, 1 }),
	.infer = bitwise_infer,
	.eval = binary_eval,
	.mode = FY_BITWISE_XOR,
};

static fy_status shift_infer(fy_onnx_call *call)
{
	fy_str direction = fy_onnx_text(call, "direction");

	if (!fy_str_is(direction, "LEFT") && !fy_str_is(direction, "RIGHT"))
		return fy_onnx_fail(call, "the direction is LEFT or RIGHT");
	return bitwise_infer(call);
}

static fy_status shift_eval(fy_onnx_call *call)
{
	bool left = fy_str_is(fy_onnx_text(call, "direction"), "LEFT");

	fy_kernel_binary(call->outputs[0], left ? FY_SHIFT_LEFT : FY_SHIFT_RIGHT, call->inputs[0]->dtype,
			 call->inputs[0], call->inputs[1]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_bit_shift = {
	.name = "onnx::BitShift",
	.since = FY_ONNX_SINCE(11, 28),
	.arity = FY_ONNX_ARITY({ 11, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "direction", .kind = 's', .required = true }),
	.infer = shift_infer,
	.eval = shift_eval,
};

/* ---- logic and comparison ------------------------------------------------------------------------------ */

static fy_status logic_infer(fy_onnx_call *call)
{
	FY_TRY(need_bool(call, 0));
	FY_TRY(need_bool(call, 1));
	return broadcast_to(call, FY_BOOL, 0, 2);
}

const fy_onnx_op fy_onnx_op_and = {
	.name = "onnx::And",
	.since = FY_ONNX_SINCE(7),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = logic_infer,
	.eval = binary_eval,
	.mode = FY_LOGICAL_AND,
};

const fy_onnx_op fy_onnx_op_or = {
	.name = "onnx::Or",
	.since = FY_ONNX_SINCE(7),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = logic_infer,
	.eval = binary_eval,
	.mode = FY_LOGICAL_OR,
};

const fy_onnx_op fy_onnx_op_xor = {
	.name = "onnx::Xor",
	.since = FY_ONNX_SINCE(7),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = logic_infer,
	.eval = binary_eval,
	.mode = FY_LOGICAL_XOR,
};

static fy_status comparison_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_same_dtype(call, 0, 2));
	return broadcast_to(call, FY_BOOL, 0, 2);
}

const fy_onnx_op fy_onnx_op_equal = {
	.name = "onnx::Equal",
	.since = FY_ONNX_SINCE(7, 11, 13, 19),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = comparison_infer,
	.eval = binary_eval,
	.mode = FY_EQ,
};

const fy_onnx_op fy_onnx_op_greater = {
	.name = "onnx::Greater",
	.since = FY_ONNX_SINCE(7, 9, 13),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = comparison_infer,
	.eval = binary_eval,
	.mode = FY_GT,
};

const fy_onnx_op fy_onnx_op_greater_or_equal = {
	.name = "onnx::GreaterOrEqual",
	.since = FY_ONNX_SINCE(12, 16),
	.arity = FY_ONNX_ARITY({ 12, 2, 2, 1, 1 }),
	.infer = comparison_infer,
	.eval = binary_eval,
	.mode = FY_GE,
};

const fy_onnx_op fy_onnx_op_less = {
	.name = "onnx::Less",
	.since = FY_ONNX_SINCE(7, 9, 13),
	.arity = FY_ONNX_ARITY({ 7, 2, 2, 1, 1 }),
	.infer = comparison_infer,
	.eval = binary_eval,
	.mode = FY_LT,
};

const fy_onnx_op fy_onnx_op_less_or_equal = {
	.name = "onnx::LessOrEqual",
	.since = FY_ONNX_SINCE(12, 16),
	.arity = FY_ONNX_ARITY({ 12, 2, 2, 1, 1 }),
	.infer = comparison_infer,
	.eval = binary_eval,
	.mode = FY_LE,
};

static fy_status where_infer(fy_onnx_call *call)
{
	FY_TRY(need_bool(call, 0));
	FY_TRY(fy_onnx_same_dtype(call, 1, 2));
	return broadcast_to(call, fy_onnx_dtype(call, 1), 0, 3);
}

static fy_status where_eval(fy_onnx_call *call)
{
	fy_kernel_where(call->outputs[0], call->inputs[0], call->inputs[1], call->inputs[2]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_where = {
	.name = "onnx::Where",
	.since = FY_ONNX_SINCE(9, 16),
	.arity = FY_ONNX_ARITY({ 9, 3, 3, 1, 1 }),
	.infer = where_infer,
	.eval = where_eval,
};

/* ---- any number of inputs ---------------------------------------------------------------------------------
 */

static fy_status variadic_infer(fy_onnx_call *call)
{
	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	return broadcast_to(call, fy_onnx_dtype(call, 0), 0, call->input_count);
}

static fy_status variadic_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0];
	fy_tensor *first = fy_onnx_expanded(call->inputs[0], &out->shape);

	fy_tensor_copy(out, first);
	fy_tensor_unref(first);
	for (int i = 1; i < call->input_count; i++)
		fy_kernel_binary(out, (fy_binary)call->op->mode, out->dtype, out, call->inputs[i]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_max = {
	.name = "onnx::Max",
	.since = FY_ONNX_SINCE(6, 8, 12, 13),
	.arity = FY_ONNX_ARITY({ 6, 1, FY_ONNX_MANY, 1, 1 }),
	.infer = variadic_infer,
	.eval = variadic_eval,
	.mode = FY_MAXIMUM,
};

const fy_onnx_op fy_onnx_op_min = {
	.name = "onnx::Min",
	.since = FY_ONNX_SINCE(6, 8, 12, 13),
	.arity = FY_ONNX_ARITY({ 6, 1, FY_ONNX_MANY, 1, 1 }),
	.infer = variadic_infer,
	.eval = variadic_eval,
	.mode = FY_MINIMUM,
};

const fy_onnx_op fy_onnx_op_sum = {
	.name = "onnx::Sum",
	.since = FY_ONNX_SINCE(6, 8, 13),
	.arity = FY_ONNX_ARITY({ 6, 1, FY_ONNX_MANY, 1, 1 }),
	.infer = variadic_infer,
	.eval = variadic_eval,
	.mode = FY_ADD,
};

static fy_status mean_eval(fy_onnx_call *call)
{
	fy_tensor *out = call->outputs[0];
	fy_tensor *count = fy_tensor_scalar_i64(out->dtype, call->input_count);

	FY_TRY(variadic_eval(call));
	fy_kernel_binary(out, FY_DIV, out->dtype, out, count);
	fy_tensor_unref(count);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_mean = {
	.name = "onnx::Mean",
	.since = FY_ONNX_SINCE(6, 8, 13),
	.arity = FY_ONNX_ARITY({ 6, 1, FY_ONNX_MANY, 1, 1 }),
	.infer = variadic_infer,
	.eval = mean_eval,
	.mode = FY_ADD,
};
