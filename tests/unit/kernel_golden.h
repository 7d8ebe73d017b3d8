/*
 * Runs the cases of tests/golden/kernels/FAMILY.golden (tools/make_kernel_goldens.py says how they look):
 * reads inputs, lets a test call the kernel, compares with what PyTorch or ONNX Runtime computed.
 */
#ifndef KERNEL_GOLDEN_H
#define KERNEL_GOLDEN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/kernels.h"

enum { CASE_WORDS = 16, CASE_TENSORS = 8 };

typedef struct golden_case {
	int line;
	char *text;
	char *words[CASE_WORDS]; /* kernel and arguments; NULL behind the last */
	int word_count;
	fy_tensor *in[CASE_TENSORS], *out[CASE_TENSORS], *want[CASE_TENSORS];
	int in_count, out_count;
	fy_diags diags;
} golden_case;

/* Fills c->out; false: no such kernel. */
typedef bool (*golden_run)(golden_case *c);

/* ---- arguments ---- */

static inline double word_f64(const golden_case *c, int index)
{
	assert_true(index < c->word_count);
	return strtod(c->words[index], NULL);
}

static inline int64_t word_i64(const golden_case *c, int index)
{
	assert_true(index < c->word_count);
	return strtoll(c->words[index], NULL, 10);
}

static inline bool word_is(const golden_case *c, int index, const char *text)
{
	return index < c->word_count && strcmp(c->words[index], text) == 0;
}

/* "1,2,3" into out; returns how many. */
static inline int word_ints(const golden_case *c, int index, int64_t *out)
{
	int count = 0;
	char *at = c->words[index];

	while (*at) {
		out[count++] = strtoll(at, &at, 10);
		at += *at == ',';
	}
	return count;
}

static inline int find_name(const char *const names[], int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (names[i] && strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

/* ---- reading ---- */

static inline void fill_tensor(fy_tensor *t, int number)
{
	uint64_t state = 1234567 + 7919 * (uint64_t)number;
	int64_t count = fy_tensor_numel(t);

	for (int64_t i = 0; i < count; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if (fy_dtype_is_float(t->dtype))
			fy_tensor_set_f64(t, i, -2.0 + 4.0 * ((double)(state >> 40) / 16777216.0));
		else if (t->dtype == FY_BOOL)
			fy_tensor_set_i64(t, i, (int64_t)(state >> 63));
		else
			fy_tensor_set_i64(t, i, (int64_t)((state >> 33) % 9) - (t->dtype == FY_U8 ? 0 : 4));
	}
}

/* The same values in another place in memory, as the letter says. */
static inline fy_tensor *lay_out(fy_tensor *t, char layout)
{
	fy_shape wide = t->shape;
	int64_t strides[FY_MAX_RANK];
	int rank = t->shape.rank;

	if (layout == 'T') {
		wide.dims[rank - 1] = t->shape.dims[rank - 2];
		wide.dims[rank - 2] = t->shape.dims[rank - 1];
	} else if (layout == 'S') {
		wide.dims[rank - 1] *= 2;
	}
	fy_shape_strides(&wide, strides);
	if (layout == 'T') {
		int64_t last = strides[rank - 1];
		strides[rank - 1] = strides[rank - 2];
		strides[rank - 2] = last;
	} else if (layout == 'S') {
		strides[rank - 1] = 2;
	} else if (layout == 'E') {
		strides[0] = 0;
	}
	fy_tensor *memory = fy_tensor_new(t->dtype, &wide, true);
	fy_tensor *view = fy_tensor_view(memory, t->dtype, &t->shape, strides, 0);
	if (layout == 'E') {
		/* Row 0 goes into every row. */
		for (int64_t i = 0; i < fy_tensor_numel(t) / t->shape.dims[0]; i++)
			fy_tensor_set_f64(memory, i, fy_tensor_get_f64(t, i));
	} else {
		fy_tensor_copy(view, t);
	}
	fy_tensor_unref(memory);
	fy_tensor_unref(t);
	return view;
}

/* dtype[dims]LAYOUT values. */
static inline fy_tensor *read_tensor(const char *text, int number)
{
	const char *open = strchr(text, '['), *at = open + 1;
	fy_dtype dtype;
	fy_shape shape = { 0 };
	char *end;

	assert_true(fy_dtype_parse((fy_str){ text, (size_t)(open - text) }, &dtype));
	while (*at != ']') {
		shape.dims[shape.rank++] = strtoll(at, &end, 10);
		at = end + (*end == ',');
	}
	at++;
	fy_tensor *t = fy_tensor_new(dtype, &shape, true);
	char layout = 0;
	if (*at == '^') {
		layout = at[1];
		at += 2;
	}
	if (*at == '\0')
		fill_tensor(t, number);
	for (int64_t i = 0; *at == ' '; i++) {
		assert_true(i < fy_tensor_numel(t));
		if (fy_dtype_is_float(dtype))
			fy_tensor_set_f64(t, i, strtod(at, &end));
		else
			fy_tensor_set_i64(t, i, strtoll(at, &end, 10));
		at = end;
	}
	return layout ? lay_out(t, layout) : t;
}

static inline void split_words(golden_case *c, const char *line)
{
	c->text = strdup(line);
	char *rest = NULL, *word = strtok_r(c->text, " ", &rest);
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		assert_true(c->word_count < CASE_WORDS - 1);
		c->words[c->word_count++] = word;
	}
}

static inline void release_case(golden_case *c)
{
	for (int i = 0; i < c->in_count; i++)
		fy_tensor_unref(c->in[i]);
	for (int i = 0; i < c->out_count; i++) {
		fy_tensor_unref(c->out[i]);
		fy_tensor_unref(c->want[i]);
	}
	fy_diags_clear(&c->diags);
	free(c->text);
	memset(c, 0, sizeof(*c));
}

/* ---- comparing ---- */

static inline double tolerance_of(fy_dtype dtype)
{
	switch (dtype) {
	case FY_F64:
		return 1e-12;
	case FY_F32:
		return 5e-6;
	case FY_F16:
		return 1e-3;
	case FY_BF16:
		return 8e-3;
	default:
		return 0;
	}
}

static inline bool agrees(fy_tensor *have, fy_tensor *want, int64_t i)
{
	if (!fy_dtype_is_float(want->dtype))
		return fy_tensor_get_i64(have, i) == fy_tensor_get_i64(want, i);
	double a = fy_tensor_get_f64(have, i), b = fy_tensor_get_f64(want, i),
	       bound = tolerance_of(want->dtype);
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return (isnan(a) && isnan(b)) || a == b;
	return fabs(a - b) <= bound * fmax(1, fabs(b));
}

static inline int compare_case(golden_case *c, const char *family)
{
	for (int k = 0; k < c->out_count; k++) {
		int64_t count = fy_tensor_numel(c->want[k]);
		for (int64_t i = 0; i < count; i++) {
			if (agrees(c->out[k], c->want[k], i))
				continue;
			print_error("%s.golden:%d: %s %s %s: result %d element %d is %.9g, not %.9g\n",
				    family, c->line, c->words[0], c->word_count > 1 ? c->words[1] : "",
				    c->word_count > 2 ? c->words[2] : "", k, (int)i,
				    fy_tensor_get_f64(c->out[k], i), fy_tensor_get_f64(c->want[k], i));
			return 1;
		}
	}
	return 0;
}

/* Outputs start full of rubbish: what a kernel forgets to write is seen. */
static inline int finish_case(golden_case *c, const char *family, golden_run run)
{
	for (int k = 0; k < c->out_count; k++) {
		c->out[k] = fy_tensor_new(c->want[k]->dtype, &c->want[k]->shape, false);
		memset(fy_tensor_write_data(c->out[k]), 0xa5,
		       (size_t)fy_tensor_numel(c->out[k]) * fy_dtype_size(c->out[k]->dtype));
	}
	int failed = 1;
	if (!run(c))
		print_error("%s.golden:%d: no kernel %s %s\n", family, c->line, c->words[0], c->words[1]);
	else if (c->diags.count > 0)
		print_error("%s.golden:%d: %s\n", family, c->line, c->diags.items[0].message);
	else
		failed = compare_case(c, family);
	release_case(c);
	return failed;
}

static inline void run_goldens(const char *family, golden_run run)
{
	char path[256];
	golden_case c = { 0 };
	int failed = 0, cases = 0, line_number = 0;
	char *line = NULL;
	size_t room = 0;

	snprintf(path, sizeof(path), "tests/golden/kernels/%s.golden", family);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		line_number++;
		if (line[0] == '<') {
			assert_true(c.in_count < CASE_TENSORS);
			c.in[c.in_count] = read_tensor(line + 2, c.in_count);
			c.in_count++;
		} else if (line[0] == '>') {
			assert_true(c.out_count < CASE_TENSORS);
			c.want[c.out_count++] = read_tensor(line + 2, 0);
		} else {
			if (cases++ > 0)
				failed += finish_case(&c, family, run);
			c.line = line_number;
			split_words(&c, line);
		}
	}
	failed += finish_case(&c, family, run);
	free(line);
	fclose(file);
	assert_true(cases > 10);
	assert_int_equal(failed, 0);
}

#endif
