/*
 * Kernels that move elements or order them, against PyTorch's results.
 */
#include "kernel_golden.h"

static const char *const pad_names[] = {
	[FY_PAD_CONSTANT] = "constant",
	[FY_PAD_REFLECT] = "reflect",
	[FY_PAD_REPLICATE] = "replicate",
	[FY_PAD_CIRCULAR] = "circular",
};
static const char *const scatter_names[] = {
	[FY_SCATTER_SET] = "set", [FY_SCATTER_ADD] = "add", [FY_SCATTER_MUL] = "mul",
	[FY_SCATTER_MIN] = "min", [FY_SCATTER_MAX] = "max",
};

/* "ntt": a letter per dim, t for the next input, n for none. */
static int spelled_indices(const golden_case *c, const fy_tensor **indices, int *used)
{
	int count = (int)strlen(c->words[1]), next = 1;

	for (int k = 0; k < count; k++)
		indices[k] = c->words[1][k] == 'n' ? NULL : c->in[next++];
	*used = next;
	return count;
}

static bool run_index(golden_case *c)
{
	const fy_tensor *indices[CASE_TENSORS];
	int next, count = spelled_indices(c, indices, &next);

	if (word_is(c, 0, "index")) {
		fy_shape shape = fy_kernel_index_shape(&c->in[0]->shape, indices, count);
		assert_true(fy_shape_eq(&shape, &c->out[0]->shape));
		return fy_kernel_index(c->out[0], c->in[0], indices, count, &c->diags, NULL) == FY_OK;
	}
	fy_tensor_copy(c->out[0], c->in[0]);
	return fy_kernel_index_put(c->out[0], indices, count, c->in[next], word_i64(c, 2), &c->diags, NULL) ==
	       FY_OK;
}

static bool run_by_index(golden_case *c)
{
	fy_tensor *in = c->in[0], *out = c->out[0];

	if (word_is(c, 0, "gather"))
		return fy_kernel_gather(out, in, (int)word_i64(c, 1), c->in[1], &c->diags, NULL) == FY_OK;
	if (word_is(c, 0, "index_select"))
		return fy_kernel_index_select(out, in, (int)word_i64(c, 1), c->in[1], &c->diags, NULL) ==
		       FY_OK;
	if (word_is(c, 0, "index") || word_is(c, 0, "index_put"))
		return run_index(c);
	if (word_is(c, 0, "scatter")) {
		fy_tensor_copy(out, in);
		return fy_kernel_scatter(out, (int)word_i64(c, 1), c->in[1], c->in[2],
					 find_name(scatter_names, FY_COUNT(scatter_names), c->words[2]),
					 &c->diags, NULL) == FY_OK;
	}
	if (word_is(c, 0, "masked_select")) {
		assert_int_equal(fy_kernel_count_nonzero(c->in[1]), fy_tensor_numel(out));
		fy_kernel_masked_select(out, in, c->in[1]);
		return true;
	}
	if (word_is(c, 0, "masked_scatter")) {
		fy_tensor_copy(out, in);
		return fy_kernel_masked_scatter(out, c->in[1], c->in[2], &c->diags, NULL) == FY_OK;
	}
	return false;
}

static bool run_rearrange(golden_case *c)
{
	fy_tensor *in = c->in[0], *out = c->out[0];
	int64_t a[FY_MAX_RANK], b[FY_MAX_RANK];
	int dims[FY_MAX_RANK];

	if (word_is(c, 0, "cat")) {
		fy_kernel_cat(out, (const fy_tensor *const *)c->in, c->in_count, (int)word_i64(c, 1));
	} else if (word_is(c, 0, "flip")) {
		fy_kernel_flip(out, in, (uint32_t)word_i64(c, 1));
	} else if (word_is(c, 0, "roll")) {
		int count = word_ints(c, 1, a);
		word_ints(c, 2, b);
		for (int k = 0; k < count; k++)
			dims[k] = (int)b[k];
		fy_kernel_roll(out, in, a, dims, count);
	} else if (word_is(c, 0, "repeat")) {
		fy_kernel_repeat(out, in);
	} else if (word_is(c, 0, "slice")) {
		word_ints(c, 1, a);
		word_ints(c, 2, b);
		fy_kernel_slice(out, in, a, b);
	} else if (word_is(c, 0, "pad")) {
		word_ints(c, 2, a);
		fy_kernel_pad(out, in, a, find_name(pad_names, FY_COUNT(pad_names), c->words[1]),
			      word_f64(c, 3));
	} else {
		return false;
	}
	return true;
}

static bool run_order(golden_case *c)
{
	if (word_is(c, 0, "sort")) {
		fy_kernel_sort(c->out[0], c->out[1], c->in[0], (int)word_i64(c, 1), word_i64(c, 2));
	} else if (word_is(c, 0, "topk")) {
		fy_kernel_topk(c->out[0], c->out[1], c->in[0], (int)word_i64(c, 1), word_i64(c, 2));
	} else if (word_is(c, 0, "search")) {
		fy_kernel_search_sorted(c->out[0], c->in[0], c->in[1], word_i64(c, 1));
	} else if (word_is(c, 0, "unique")) {
		fy_shape flat = { .rank = 1, .dims = { fy_tensor_numel(c->in[0]) } };
		int64_t stride = 1;
		fy_tensor *values = fy_tensor_new(c->in[0]->dtype, &flat, true);
		fy_tensor *counts = fy_tensor_new(FY_I64, &flat, true);
		int64_t found = fy_kernel_unique(values, c->out[1], counts, c->in[0]);
		assert_int_equal(found, c->out[0]->shape.dims[0]);
		flat.dims[0] = found;
		fy_tensor *part = fy_tensor_view(values, values->dtype, &flat, &stride, 0);
		fy_tensor *part_counts = fy_tensor_view(counts, FY_I64, &flat, &stride, 0);
		fy_tensor_copy(c->out[0], part);
		fy_tensor_copy(c->out[2], part_counts);
		fy_tensor_unref(values);
		fy_tensor_unref(counts);
		fy_tensor_unref(part);
		fy_tensor_unref(part_counts);
	} else {
		return false;
	}
	return true;
}

static bool run_move(golden_case *c)
{
	if (word_is(c, 0, "nonzero")) {
		assert_int_equal(fy_kernel_count_nonzero(c->in[0]), c->out[0]->shape.dims[0]);
		fy_kernel_nonzero(c->out[0], c->in[0]);
		return true;
	}
	return run_rearrange(c) || run_order(c) || run_by_index(c);
}

static void move_goldens(void **state)
{
	(void)state;
	run_goldens("move", run_move);
}

static void bad_indices_are_refused(void **state)
{
	int64_t values[] = { 1, 2, 3 }, far[] = { 0, 3 }, low[] = { -4 };
	fy_tensor *x = fy_tensor_from_i64(values, 3), *out = fy_tensor_from_i64(values, 2);
	fy_tensor *index = fy_tensor_from_i64(far, 2), *negative = fy_tensor_from_i64(low, 1);
	fy_tensor *one = fy_tensor_from_i64(values, 1);
	const fy_tensor *indices[] = { index };
	fy_diags diags = { 0 };

	(void)state;
	assert_int_equal(fy_kernel_gather(out, x, 0, index, &diags, NULL), FY_USAGE);
	assert_string_equal(diags.items[0].id, "op-raises");
	assert_string_equal(diags.items[0].message, "index 3 is out of range for a dimension of size 3");
	assert_int_equal(fy_kernel_index_select(out, x, 0, index, &diags, NULL), FY_USAGE);
	assert_int_equal(fy_kernel_index_select(one, x, 0, negative, &diags, NULL), FY_USAGE);
	assert_int_equal(fy_kernel_index(out, x, indices, 1, &diags, NULL), FY_USAGE);
	assert_int_equal(fy_kernel_index_put(x, indices, 1, out, false, &diags, NULL), FY_USAGE);
	assert_int_equal(fy_kernel_scatter(x, 0, index, out, FY_SCATTER_ADD, &diags, NULL), FY_USAGE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fy_tensor_get_i64(x, i), values[i]);
	assert_int_equal(diags.count, 6);
	fy_diags_clear(&diags);
	fy_tensor_unref(x);
	fy_tensor_unref(out);
	fy_tensor_unref(index);
	fy_tensor_unref(negative);
	fy_tensor_unref(one);
}

/* Elements of 16 bytes move like all others. */
static void complex_elements_move(void **state)
{
	fy_shape shape = { .rank = 2, .dims = { 2, 3 } };
	fy_tensor *x = fy_tensor_new(FY_C128, &shape, true), *out = fy_tensor_new(FY_C128, &shape, true);
	double *from = fy_tensor_write_data(x);
	int64_t ones[] = { 1, 0 };
	fy_tensor *index = fy_tensor_from_i64(ones, 2);

	(void)state;
	for (int i = 0; i < 12; i++)
		from[i] = i;
	fy_kernel_flip(out, x, 3);
	const double *to = fy_tensor_data(out);
	for (int i = 0; i < 6; i++) {
		assert_true(to[2 * i] == 10 - 2 * i);
		assert_true(to[2 * i + 1] == 11 - 2 * i);
	}
	assert_int_equal(fy_kernel_index_select(out, x, 0, index, NULL, NULL), FY_OK);
	to = fy_tensor_data(out);
	for (int i = 0; i < 12; i++)
		assert_true(to[i] == (i + 6) % 12);
	fy_tensor_unref(x);
	fy_tensor_unref(out);
	fy_tensor_unref(index);
}

static void long_sorts_are_sorted_and_stable(void **state)
{
	fy_shape shape = { .rank = 1, .dims = { 10007 } };
	fy_tensor *x = fy_tensor_new(FY_I32, &shape, true), *out = fy_tensor_new(FY_I32, &shape, true);
	fy_tensor *at = fy_tensor_new(FY_I64, &shape, true);

	(void)state;
	fill_tensor(x, 1);
	fy_kernel_sort(out, at, x, 0, false);
	for (int64_t i = 1; i < 10007; i++) {
		int64_t a = fy_tensor_get_i64(out, i - 1), b = fy_tensor_get_i64(out, i);
		int64_t p = fy_tensor_get_i64(at, i - 1), q = fy_tensor_get_i64(at, i);
		assert_true(a < b || (a == b && p < q));
		assert_true(fy_tensor_get_i64(x, q) == b);
	}
	fy_tensor_unref(x);
	fy_tensor_unref(out);
	fy_tensor_unref(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(move_goldens),
		cmocka_unit_test(bad_indices_are_refused),
		cmocka_unit_test(complex_elements_move),
		cmocka_unit_test(long_sorts_are_sorted_and_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
