/*
 * Reductions, extremes, running results and softmax against PyTorch's results.
 */
#include "kernel_golden.h"

static const char *const reduce_names[FY_REDUCE_COUNT] = {
	[FY_SUM] = "sum",
	[FY_PROD] = "prod",
	[FY_MEAN] = "mean",
	[FY_AMIN] = "amin",
	[FY_AMAX] = "amax",
	[FY_ANY] = "any",
	[FY_ALL] = "all",
	[FY_SUM_SQUARE] = "sum_square",
	[FY_SUM_ABS] = "sum_abs",
	[FY_LOG_SUM_EXP] = "log_sum_exp",
	[FY_COUNT_NONZERO] = "count_nonzero",
};
static const char *const scan_names[] = {
	[FY_CUMSUM] = "cumsum", [FY_CUMPROD] = "cumprod",           [FY_CUMMAX] = "cummax",
	[FY_CUMMIN] = "cummin", [FY_LOGCUMSUMEXP] = "logcumsumexp",
};

static bool run_reduce(golden_case *c)
{
	fy_tensor *in = c->in[0], **out = c->out;

	if (word_is(c, 0, "reduce")) {
		int op = find_name(reduce_names, FY_REDUCE_COUNT, c->words[1]);
		if (op < 0)
			return false;
		fy_kernel_reduce(out[0], op, in, (uint32_t)word_i64(c, 2));
	} else if (word_is(c, 0, "norm")) {
		fy_kernel_norm(out[0], in, (uint32_t)word_i64(c, 1), word_f64(c, 2));
	} else if (word_is(c, 0, "var") || word_is(c, 0, "std")) {
		fy_kernel_var(out[0], out[1], in, (uint32_t)word_i64(c, 1), word_f64(c, 2),
			      word_is(c, 0, "std"));
	} else if (word_is(c, 0, "extreme")) {
		fy_kernel_extreme(out[0], out[1], in, (int)word_i64(c, 1), word_i64(c, 2), word_i64(c, 3));
	} else if (word_is(c, 0, "scan")) {
		int op = find_name(scan_names, FY_COUNT(scan_names), c->words[1]);
		if (op < 0)
			return false;
		fy_kernel_scan(out[0], c->out_count > 1 ? out[1] : NULL, op, in, (int)word_i64(c, 2), false,
			       false);
	} else if (word_is(c, 0, "softmax") || word_is(c, 0, "log_softmax")) {
		fy_kernel_softmax(out[0], in, (int)word_i64(c, 1), word_is(c, 0, "log_softmax"));
	} else {
		return false;
	}
	return true;
}

static void reduce_goldens(void **state)
{
	(void)state;
	run_goldens("reduce", run_reduce);
}

static fy_tensor *filled(fy_dtype dtype, int rank, const int64_t *dims)
{
	fy_shape shape = { .rank = rank };

	memcpy(shape.dims, dims, (size_t)rank * sizeof(*dims));
	fy_tensor *t = fy_tensor_new(dtype, &shape, false);
	fill_tensor(t, 3);
	return t;
}

/* A float accumulator would lose the ones; and the result may not depend on the number of threads. */
static void long_sums_are_exact(void **state)
{
	int64_t size = 3000001;
	fy_tensor *x = filled(FY_F32, 1, &size), *out = fy_tensor_scalar_f64(FY_F32, 0);
	float *values = fy_tensor_write_data(x);

	(void)state;
	for (int64_t i = 0; i < size; i++)
		values[i] = 1;
	values[0] = 1e9f;
	values[size - 1] = -1e9f;
	for (int threads = 1; threads <= 3; threads++) {
		fy_kernels_set_threads(threads);
		fy_kernel_reduce(out, FY_SUM, x, 1);
		assert_true(fy_tensor_get_f64(out, 0) == 2999999);
	}
	fy_kernels_set_threads(0);
	fy_tensor_unref(x);
	fy_tensor_unref(out);
}

static double sum_by_hand(const fy_tensor *x, int64_t first, int64_t count, int64_t step)
{
	double sum = 0;

	for (int64_t i = 0; i < count; i++)
		sum += fy_tensor_get_f64(x, first + i * step);
	return sum;
}

/* Shapes that reach all ways of walking: blocks of columns, segments of runs. */
static void large_sums_agree_with_a_loop(void **state)
{
	int64_t dims[] = { 5, 300, 7 }, size = 400003, kept[] = { 5, 7 };
	fy_tensor *x = filled(FY_F32, 3, dims), *columns = filled(FY_F32, 2, kept);
	fy_tensor *y = filled(FY_F32, 1, &size), *total = fy_tensor_scalar_f64(FY_F64, 0);
	fy_tensor *wide = filled(FY_F32, 1, &dims[1]);

	(void)state;
	fy_kernel_reduce(columns, FY_SUM, x, 2);
	for (int64_t i = 0; i < 35; i++)
		assert_float_equal(fy_tensor_get_f64(columns, i),
				   sum_by_hand(x, i / 7 * 2100 + i % 7, 300, 7), 1e-3);
	fy_kernel_reduce(wide, FY_SUM, x, 1 | 4);
	double sum = 0;
	for (int64_t i = 0; i < 5; i++)
		sum += sum_by_hand(x, i * 2100 + 123 * 7, 7, 1);
	assert_float_equal(fy_tensor_get_f64(wide, 123), sum, 1e-4);
	fy_kernel_reduce(total, FY_SUM, y, 1);
	assert_float_equal(fy_tensor_get_f64(total, 0), sum_by_hand(y, 0, size, 1), 1e-6);
	fy_tensor_unref(x);
	fy_tensor_unref(y);
	fy_tensor_unref(columns);
	fy_tensor_unref(total);
	fy_tensor_unref(wide);
}

/* ONNX has exclusive and reversed running sums. */
static void exclusive_and_reverse(void **state)
{
	int64_t values[] = { 1, 2, 3 },
		expected[2][2][3] = { { { 1, 3, 6 }, { 6, 5, 3 } }, { { 0, 1, 3 }, { 5, 3, 0 } } };
	fy_tensor *x = fy_tensor_from_i64(values, 3), *out = fy_tensor_from_i64(values, 3);

	(void)state;
	for (int exclusive = 0; exclusive < 2; exclusive++) {
		for (int reverse = 0; reverse < 2; reverse++) {
			fy_kernel_scan(out, NULL, FY_CUMSUM, x, 0, exclusive, reverse);
			for (int i = 0; i < 3; i++)
				assert_int_equal(fy_tensor_get_i64(out, i), expected[exclusive][reverse][i]);
		}
	}
	fy_tensor_unref(x);
	fy_tensor_unref(out);
}

/* More neighbouring lines than fit one block. */
static void wide_softmax(void **state)
{
	int64_t dims[] = { 3, 3, 700 };
	fy_tensor *x = filled(FY_F32, 3, dims), *out = filled(FY_F32, 3, dims);

	(void)state;
	fy_kernel_softmax(out, x, 1, false);
	for (int64_t i = 0; i < 3 * 700; i += 13) {
		int64_t first = i / 700 * 2100 + i % 700;
		assert_float_equal(sum_by_hand(out, first, 3, 700), 1, 1e-6);
		double ratio = fy_tensor_get_f64(out, first) / fy_tensor_get_f64(out, first + 700);
		double difference = fy_tensor_get_f64(x, first) - fy_tensor_get_f64(x, first + 700);
		assert_float_equal(log(ratio), difference, 1e-5);
	}
	fy_tensor_unref(x);
	fy_tensor_unref(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reduce_goldens),
		cmocka_unit_test(long_sums_are_exact),
		cmocka_unit_test(large_sums_agree_with_a_loop),
		cmocka_unit_test(exclusive_and_reverse),
		cmocka_unit_test(wide_softmax),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
