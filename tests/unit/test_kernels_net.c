/*
 * Products, convolutions, pooling and normalisation against PyTorch's results; oneDNN against the plain C
 * kernels.
 */
#include "kernel_golden.h"
#include "kernels/kernels_internal.h"

static fy_conv conv_of(const golden_case *c)
{
	fy_conv conv = { .transposed = word_i64(c, 1), .groups = word_i64(c, 5) };

	conv.rank = word_ints(c, 2, conv.stride);
	word_ints(c, 3, conv.pad_before);
	word_ints(c, 4, conv.dilation);
	return conv;
}

static fy_pool pool_of(const golden_case *c)
{
	fy_pool pool = { .include_pad = c->word_count > 5 && word_i64(c, 5) };

	pool.rank = word_ints(c, 1, pool.kernel);
	word_ints(c, 2, pool.stride);
	word_ints(c, 3, pool.pad_before);
	word_ints(c, 3, pool.pad_after);
	word_ints(c, 4, pool.dilation);
	pool.divisor = c->word_count > 6 ? word_i64(c, 6) : 0;
	return pool;
}

static const fy_tensor *optional(const golden_case *c, int index)
{
	return index < c->in_count ? c->in[index] : NULL;
}

static bool run_pool(golden_case *c)
{
	fy_tensor *out = c->out[0], *indices = c->out_count > 1 ? c->out[1] : NULL, *in = c->in[0];
	int rank = c->word_count > 1 ? (int)word_i64(c, 1) : 0;
	int64_t windows[FY_MAX_RANK] = { 0 };

	if (word_is(c, 0, "adaptive_avg")) {
		fy_kernel_adaptive_avg_pool(out, in, rank);
		return true;
	}
	if (word_is(c, 0, "adaptive_max")) {
		fy_kernel_adaptive_max_pool(out, indices, in, rank);
		return true;
	}
	fy_pool pool = pool_of(c);
	if (word_is(c, 0, "max_pool")) {
		fy_kernel_max_pool(out, indices, in, &pool);
	} else if (word_is(c, 0, "avg_pool")) {
		fy_kernel_avg_pool(out, in, &pool);
	} else {
		pool.include_pad = false;
		word_ints(c, 5, windows);
		if (word_is(c, 0, "im2col"))
			fy_kernel_im2col(out, in, &pool, windows[0], windows[1]);
		else
			fy_kernel_col2im(out, in, &pool, windows[0], windows[1]);
	}
	return true;
}

static bool run_norm(golden_case *c)
{
	fy_tensor *mean = c->out_count > 1 ? c->out[1] : NULL, *rstd = c->out_count > 2 ? c->out[2] : NULL;

	if (word_is(c, 0, "batch_norm"))
		fy_kernel_batch_norm(c->out[0], c->in[0], c->in[1], c->in[2], c->in[3], c->in[4],
				     word_f64(c, 1));
	else if (word_is(c, 0, "group_norm"))
		fy_kernel_group_norm(c->out[0], mean, rstd, c->in[0], word_i64(c, 1), optional(c, 1),
				     optional(c, 2), word_f64(c, 2));
	else
		fy_kernel_layer_norm(c->out[0], mean, rstd, c->in[0], (int)word_i64(c, 1), optional(c, 1),
				     optional(c, 2), word_f64(c, 2));
	return true;
}

static bool run_net(golden_case *c)
{
	if (word_is(c, 0, "matmul"))
		return fy_kernel_matmul(c->out[0], c->in[0], c->in[1], &c->diags, NULL) == FY_OK;
	if (word_is(c, 0, "linear"))
		return fy_kernel_linear(c->out[0], c->in[0], c->in[1], optional(c, 2), &c->diags, NULL) ==
		       FY_OK;
	if (word_is(c, 0, "conv")) {
		fy_conv conv = conv_of(c);
		return fy_kernel_conv(c->out[0], c->in[0], c->in[1], optional(c, 2), &conv, &c->diags,
				      NULL) == FY_OK;
	}
	if (strstr(c->words[0], "norm"))
		return run_norm(c);
	return run_pool(c);
}

static void net_goldens(void **state)
{
	(void)state;
	run_goldens("net", run_net);
}

static fy_tensor *filled(int rank, const int64_t *dims, int number)
{
	fy_shape shape = { .rank = rank };

	memcpy(shape.dims, dims, (size_t)rank * sizeof(*dims));
	fy_tensor *t = fy_tensor_new(FY_F32, &shape, false);
	fill_tensor(t, number);
	return t;
}

/* Geometries that oneDNN has fast kernels for: it must take them, and agree with plain C. */
static void onednn_agrees_with_plain_c(void **state)
{
	static const struct {
		int64_t in[5], weight[5], out[5];
		fy_conv conv;
	} cases[] = {
		{ { 1, 32, 6, 10, 9 },
		  { 32, 32, 3, 3, 3 },
		  { 1, 32, 6, 10, 9 },
		  { 3, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, 1, false } },
		{ { 2, 32, 6, 10, 9 },
		  { 64, 32, 3, 3, 3 },
		  { 2, 64, 3, 5, 5 },
		  { 3, { 2, 2, 2 }, { 1, 1, 1 }, { 1, 1, 1 }, 1, false } },
		{ { 1, 1, 5, 6, 7 },
		  { 30, 1, 1, 3, 3 },
		  { 1, 30, 5, 6, 7 },
		  { 3, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, 1, false } },
		{ { 1, 64, 3, 4, 5 },
		  { 64, 32, 2, 2, 2 },
		  { 1, 32, 6, 8, 10 },
		  { 3, { 2, 2, 2 }, { 1, 1, 1 }, { 0, 0, 0 }, 1, true } },
		{ { 1, 64, 3, 4, 5 },
		  { 64, 32, 1, 2, 2 },
		  { 1, 32, 3, 8, 10 },
		  { 3, { 1, 2, 2 }, { 1, 1, 1 }, { 0, 0, 0 }, 1, true } },
		{ { 1, 32, 14, 15 },
		  { 32, 1, 3, 3 },
		  { 1, 32, 14, 15 },
		  { 2, { 1, 1 }, { 1, 1 }, { 1, 1 }, 32, false } },
		{ { 1, 16, 14, 15 },
		  { 24, 16, 3, 3 },
		  { 1, 24, 14, 15 },
		  { 2, { 1, 1 }, { 2, 2 }, { 2, 2 }, 1, false } },
		{ { 1, 32, 9, 9 },
		  { 8, 32, 1, 1 },
		  { 1, 8, 9, 9 },
		  { 2, { 1, 1 }, { 1, 1 }, { 0, 0 }, 1, false } },
		{ { 1, 16, 33 }, { 16, 16, 5 }, { 1, 16, 15 }, { 1, { 2 }, { 1 }, { 0 }, 1, false } },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		int rank = cases[i].conv.rank + 2;
		fy_tensor *in = filled(rank, cases[i].in, 1), *weight = filled(rank, cases[i].weight, 2);
		fy_tensor *fast = filled(rank, cases[i].out, 3), *plain = filled(rank, cases[i].out, 4);
		fy_tensor *bias = filled(1, &cases[i].out[1], 5);
		bool done = fy_onednn_conv(fast, in, weight, bias, &cases[i].conv);
		if (!done)
			print_error("oneDNN refuses case %d\n", (int)i);
		fy_conv_plain(plain, in, weight, bias, &cases[i].conv);
		assert_true(done);
		fy_compare result = fy_tensor_compare(fast, plain, (fy_tolerance){ 1e-4, 1e-4, 1e-3 });
		assert_true(result.ok);
		fy_tensor_unref(in);
		fy_tensor_unref(weight);
		fy_tensor_unref(bias);
		fy_tensor_unref(fast);
		fy_tensor_unref(plain);
	}
}

static void large_products_agree_with_a_loop(void **state)
{
	int64_t a_dims[] = { 3, 70, 130 }, b_dims[] = { 130, 50 }, out_dims[] = { 3, 70, 50 };
	fy_tensor *a = filled(3, a_dims, 1), *b = filled(2, b_dims, 2), *out = filled(3, out_dims, 3);

	(void)state;
	assert_int_equal(fy_kernel_matmul(out, a, b, NULL, NULL), FY_OK);
	for (int64_t i = 0; i < 3 * 70 * 50; i += 17) {
		double sum = 0;
		for (int64_t k = 0; k < 130; k++)
			sum += fy_tensor_get_f64(a, i / 50 * 130 + k) * fy_tensor_get_f64(b, k * 50 + i % 50);
		assert_float_equal(fy_tensor_get_f64(out, i), sum, 1e-4);
	}
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	fy_tensor_unref(out);
}

static void strange_types_are_refused(void **state)
{
	fy_shape shape = { .rank = 2, .dims = { 1, 1 } };
	fy_tensor *x = fy_tensor_new(FY_C64, &shape, true);
	fy_diags diags = { 0 };

	(void)state;
	assert_int_equal(fy_kernel_matmul(x, x, x, &diags, NULL), FY_UNSUPPORTED);
	assert_string_equal(diags.items[0].id, "type-unsupported");
	fy_diags_clear(&diags);
	fy_tensor_unref(x);
}

static void describes_itself(void **state)
{
	fy_buf text = { 0 };

	(void)state;
	fy_kernels_set_threads(3);
	fy_kernels_describe(&text);
	assert_non_null(strstr(fy_buf_text(&text), "oneDNN "));
	assert_non_null(strstr(fy_buf_text(&text), "thread"));
	fy_kernels_set_threads(0);
	assert_true(fy_kernels_threads() >= 1);
	fy_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(net_goldens),
		cmocka_unit_test(onednn_agrees_with_plain_c),
		cmocka_unit_test(large_products_agree_with_a_loop),
		cmocka_unit_test(strange_types_are_refused),
		cmocka_unit_test(describes_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
