/*
 * Elementwise kernels and constants against PyTorch's results; what PyTorch does not define is checked by
 * hand.
 */
#include "kernel_golden.h"

static const char *const unary_names[FY_UNARY_COUNT] = {
	[FY_ABS] = "abs",
	[FY_NEG] = "neg",
	[FY_SIGN] = "sign",
	[FY_SQUARE] = "square",
	[FY_RELU] = "relu",
	[FY_BITWISE_NOT] = "bitwise_not",
	[FY_LOGICAL_NOT] = "logical_not",
	[FY_RECIPROCAL] = "reciprocal",
	[FY_FLOOR] = "floor",
	[FY_CEIL] = "ceil",
	[FY_ROUND] = "round",
	[FY_TRUNC] = "trunc",
	[FY_FRAC] = "frac",
	[FY_CLAMP] = "clamp",
	[FY_ISNAN] = "isnan",
	[FY_ISINF] = "isinf",
	[FY_ISPOSINF] = "isposinf",
	[FY_ISNEGINF] = "isneginf",
	[FY_ISFINITE] = "isfinite",
	[FY_SIGNBIT] = "signbit",
	[FY_EXP] = "exp",
	[FY_EXP2] = "exp2",
	[FY_EXPM1] = "expm1",
	[FY_LOG] = "log",
	[FY_LOG2] = "log2",
	[FY_LOG10] = "log10",
	[FY_LOG1P] = "log1p",
	[FY_SQRT] = "sqrt",
	[FY_RSQRT] = "rsqrt",
	[FY_SIN] = "sin",
	[FY_COS] = "cos",
	[FY_TAN] = "tan",
	[FY_ASIN] = "asin",
	[FY_ACOS] = "acos",
	[FY_ATAN] = "atan",
	[FY_SINH] = "sinh",
	[FY_COSH] = "cosh",
	[FY_TANH] = "tanh",
	[FY_ASINH] = "asinh",
	[FY_ACOSH] = "acosh",
	[FY_ATANH] = "atanh",
	[FY_ERF] = "erf",
	[FY_ERFC] = "erfc",
	[FY_ERFINV] = "erfinv",
	[FY_LGAMMA] = "lgamma",
	[FY_DIGAMMA] = "digamma",
	[FY_SIGMOID] = "sigmoid",
	[FY_LOG_SIGMOID] = "log_sigmoid",
	[FY_SILU] = "silu",
	[FY_MISH] = "mish",
	[FY_SOFTSIGN] = "softsign",
	[FY_HARDSWISH] = "hardswish",
	[FY_GELU] = "gelu",
	[FY_GELU_TANH] = "gelu_tanh",
	[FY_LEAKY_RELU] = "leaky_relu",
	[FY_ELU] = "elu",
	[FY_SOFTPLUS] = "softplus",
	[FY_THRESHOLD] = "threshold",
	[FY_HARDSIGMOID] = "hardsigmoid",
	[FY_HARDSHRINK] = "hardshrink",
	[FY_SOFTSHRINK] = "softshrink",
	[FY_LOGIT] = "logit",
};

static const char *const binary_names[FY_BINARY_COUNT] = {
	[FY_ADD] = "add",
	[FY_SUB] = "sub",
	[FY_MUL] = "mul",
	[FY_DIV] = "div",
	[FY_DIV_FLOOR] = "div_floor",
	[FY_DIV_TRUNC] = "div_trunc",
	[FY_REMAINDER] = "remainder",
	[FY_FMOD] = "fmod",
	[FY_POW] = "pow",
	[FY_MINIMUM] = "minimum",
	[FY_MAXIMUM] = "maximum",
	[FY_FMIN] = "fmin",
	[FY_FMAX] = "fmax",
	[FY_ATAN2] = "atan2",
	[FY_HYPOT] = "hypot",
	[FY_COPYSIGN] = "copysign",
	[FY_LOGADDEXP] = "logaddexp",
	[FY_XLOGY] = "xlogy",
	[FY_BITWISE_AND] = "bitwise_and",
	[FY_BITWISE_OR] = "bitwise_or",
	[FY_BITWISE_XOR] = "bitwise_xor",
	[FY_SHIFT_LEFT] = "shift_left",
	[FY_SHIFT_RIGHT] = "shift_right",
	[FY_PRELU] = "prelu",
	[FY_LOGICAL_AND] = "logical_and",
	[FY_LOGICAL_OR] = "logical_or",
	[FY_LOGICAL_XOR] = "logical_xor",
	[FY_EQ] = "eq",
	[FY_NE] = "ne",
	[FY_LT] = "lt",
	[FY_LE] = "le",
	[FY_GT] = "gt",
	[FY_GE] = "ge",
};

static bool run_unary(golden_case *c)
{
	int op = find_name(unary_names, FY_UNARY_COUNT, c->words[1]);

	if (op < 0)
		return false;
	if (c->word_count == 2)
		fy_kernel_unary(c->out[0], op, c->in[0]);
	else
		fy_kernel_unary_with(c->out[0], op, c->in[0], word_f64(c, 2),
				     c->word_count > 3 ? word_f64(c, 3) : 0,
				     c->word_count > 4 ? word_f64(c, 4) : 0);
	return true;
}

static fy_dtype common_type(const fy_tensor *a, const fy_tensor *b)
{
	return fy_dtype_is_float(b->dtype) ? b->dtype : a->dtype;
}

/* PReLU's weight lies along dim 1. */
static void run_prelu(golden_case *c)
{
	fy_shape shape = { .rank = 3, .dims = { 1, c->in[1]->shape.dims[0], 1 } };
	int64_t strides[] = { 0, 1, 0 };
	fy_tensor *weight = fy_tensor_view(c->in[1], FY_F32, &shape, strides, 0);

	fy_kernel_binary(c->out[0], FY_PRELU, FY_F32, c->in[0], weight);
	fy_tensor_unref(weight);
}

static bool run_binary(golden_case *c)
{
	if (word_is(c, 0, "where"))
		fy_kernel_where(c->out[0], c->in[0], c->in[1], c->in[2]);
	else if (word_is(c, 0, "fill_f64"))
		fy_kernel_fill_f64(c->out[0], word_f64(c, 1));
	else if (word_is(c, 0, "fill_i64"))
		fy_kernel_fill_i64(c->out[0], word_i64(c, 1));
	else if (word_is(c, 0, "arange_f64"))
		fy_kernel_arange_f64(c->out[0], word_f64(c, 1), word_f64(c, 2));
	else if (word_is(c, 0, "arange_i64"))
		fy_kernel_arange_i64(c->out[0], word_i64(c, 1), word_i64(c, 2));
	else if (word_is(c, 0, "linspace"))
		fy_kernel_linspace(c->out[0], word_f64(c, 1), word_f64(c, 2));
	else if (word_is(c, 0, "eye"))
		fy_kernel_eye(c->out[0], word_i64(c, 1));
	else if (word_is(c, 0, "tril") || word_is(c, 0, "triu"))
		fy_kernel_triangle(c->out[0], c->in[0], word_i64(c, 1), word_is(c, 0, "triu"));
	else if (word_is(c, 1, "prelu"))
		run_prelu(c);
	else {
		int op = find_name(binary_names, FY_BINARY_COUNT, c->words[1]);
		if (op < 0)
			return false;
		fy_kernel_binary(c->out[0], op, common_type(c->in[0], c->in[1]), c->in[0], c->in[1]);
	}
	return true;
}

static void unary_goldens(void **state)
{
	(void)state;
	run_goldens("unary", run_unary);
}

static void binary_goldens(void **state)
{
	(void)state;
	run_goldens("binary", run_binary);
}

static void every_operator_has_a_name_here(void **state)
{
	(void)state;
	for (int i = 0; i < FY_UNARY_COUNT; i++)
		assert_non_null(unary_names[i]);
	for (int i = 0; i < FY_BINARY_COUNT; i++)
		assert_non_null(binary_names[i]);
}

/* PyTorch raises or leaves these open; a kernel must not trap. */
static void integer_division_never_traps(void **state)
{
	int64_t lefts[] = { INT64_MIN, INT64_MIN, 5, -5 }, rights[] = { -1, 0, 0, 0 };
	static const fy_binary ops[] = { FY_DIV, FY_DIV_FLOOR, FY_DIV_TRUNC, FY_REMAINDER, FY_FMOD };
	fy_tensor *a = fy_tensor_from_i64(lefts, 4), *b = fy_tensor_from_i64(rights, 4),
		  *out = fy_tensor_from_i64(lefts, 4);

	(void)state;
	for (size_t i = 0; i < FY_COUNT(ops); i++) {
		fy_kernel_binary(out, ops[i], FY_I64, a, b);
		assert_true(fy_tensor_get_i64(out, 0) == (i < 3 ? INT64_MIN : 0));
		for (int k = 1; k < 4; k++)
			assert_int_equal(fy_tensor_get_i64(out, k), 0);
	}
	fy_kernel_binary(out, FY_SHIFT_RIGHT, FY_I64, a, a);
	assert_int_equal(fy_tensor_get_i64(out, 0), -1);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	fy_tensor_unref(out);
}

/* Long rows go through many blocks and threads; writing over an input is allowed. */
static void large_and_in_place(void **state)
{
	fy_shape shape = { .rank = 2, .dims = { 70, 5003 } }, row = { .rank = 1, .dims = { 5003 } };
	fy_tensor *x = fy_tensor_new(FY_F32, &shape, true), *b = fy_tensor_new(FY_F16, &row, true);

	(void)state;
	for (int64_t i = 0; i < 5003; i++)
		fy_tensor_set_f64(b, i, (double)(i % 100));
	for (int threads = 1; threads <= 3; threads++) {
		fy_kernels_set_threads(threads);
		fy_kernel_fill_f64(x, 1);
		fy_kernel_binary(x, FY_ADD, FY_F32, x, b);
		fy_kernel_unary(x, FY_NEG, x);
		for (int64_t i = 0; i < 70 * 5003; i += 997)
			assert_true(fy_tensor_get_f64(x, i) == -(double)(1 + i % 5003 % 100));
	}
	fy_kernels_set_threads(0);
	fy_tensor_unref(x);
	fy_tensor_unref(b);
}

/* A file may hold any byte as a bool. */
static void odd_bools(void **state)
{
	uint8_t bytes[] = { 0, 1, 2, 255 };
	fy_shape shape = { .rank = 1, .dims = { 4 } };
	fy_storage *storage = fy_storage_borrow(bytes, sizeof(bytes));
	fy_tensor *out = fy_tensor_new(FY_BOOL, &shape, true), *like = fy_tensor_new(FY_BOOL, &shape, true);
	like->storage = (fy_storage_unref(like->storage), storage);

	(void)state;
	fy_kernel_binary(out, FY_EQ, FY_BOOL, like, like);
	for (int i = 0; i < 4; i++)
		assert_int_equal(((const uint8_t *)fy_tensor_data(out))[i], 1);
	fy_kernel_unary(out, FY_LOGICAL_NOT, like);
	for (int i = 0; i < 4; i++)
		assert_int_equal(((const uint8_t *)fy_tensor_data(out))[i], i == 0);
	fy_tensor_unref(out);
	fy_tensor_unref(like);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unary_goldens),
		cmocka_unit_test(binary_goldens),
		cmocka_unit_test(every_operator_has_a_name_here),
		cmocka_unit_test(integer_division_never_traps),
		cmocka_unit_test(large_and_in_place),
		cmocka_unit_test(odd_bools),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
