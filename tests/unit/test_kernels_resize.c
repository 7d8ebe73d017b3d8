/*
 * Resampling against PyTorch's and ONNX Runtime's results.
 */
#include "kernel_golden.h"

static const char *const mode_names[] = {
	[FY_RESIZE_NEAREST] = "nearest",
	[FY_RESIZE_LINEAR] = "linear",
	[FY_RESIZE_CUBIC] = "cubic",
};
static const char *const coord_names[] = {
	[FY_COORD_TORCH] = "torch",
	[FY_COORD_TORCH_EXACT] = "torch_exact",
	[FY_COORD_TORCH_CORNERS] = "torch_corners",
	[FY_COORD_HALF_PIXEL] = "half_pixel",
	[FY_COORD_HALF_PIXEL_SYMMETRIC] = "half_pixel_symmetric",
	[FY_COORD_PYTORCH_HALF_PIXEL] = "pytorch_half_pixel",
	[FY_COORD_ALIGN_CORNERS] = "align_corners",
	[FY_COORD_ASYMMETRIC] = "asymmetric",
	[FY_COORD_TF_HALF_PIXEL_FOR_NN] = "tf_half_pixel_for_nn",
	[FY_COORD_TF_CROP_AND_RESIZE] = "tf_crop_and_resize",
};
static const char *const nearest_names[] = {
	[FY_NEAREST_ROUND_PREFER_FLOOR] = "round_prefer_floor",
	[FY_NEAREST_ROUND_PREFER_CEIL] = "round_prefer_ceil",
	[FY_NEAREST_FLOOR] = "floor",
	[FY_NEAREST_CEIL] = "ceil",
};
static const char *const padding_names[] = {
	[FY_GRID_ZEROS] = "zeros",
	[FY_GRID_BORDER] = "border",
	[FY_GRID_REFLECTION] = "reflection",
};

static void read_list(const char *text, double *out)
{
	char *end;

	for (int k = 0; *text; k++) {
		out[k] = strtod(text, &end);
		text = end + (*end == ',');
	}
}

/* KEY=VALUE words behind mode and coordinates. */
static bool set_option(fy_resize *resize, char *word, int rank)
{
	char *value = strchr(word, '=') + 1;
	double roi[2 * FY_MAX_RANK];

	if (fy_starts_with(word, "scales=")) {
		read_list(value, resize->scale);
	} else if (fy_starts_with(word, "roi=")) {
		read_list(value, roi);
		memcpy(resize->roi_start, roi, (size_t)rank * sizeof(*roi));
		memcpy(resize->roi_end, roi + rank, (size_t)rank * sizeof(*roi));
	} else if (fy_starts_with(word, "nearest=")) {
		resize->nearest = find_name(nearest_names, FY_COUNT(nearest_names), value);
	} else if (fy_starts_with(word, "a=")) {
		resize->cubic_a = strtod(value, NULL);
	} else if (fy_starts_with(word, "antialias=")) {
		resize->antialias = true;
	} else if (fy_starts_with(word, "exclude=")) {
		resize->exclude_outside = true;
	} else if (fy_starts_with(word, "extrapolation=")) {
		resize->extrapolation = strtod(value, NULL);
	} else {
		return false;
	}
	return true;
}

static bool run_resize(golden_case *c)
{
	int mode = find_name(mode_names, FY_COUNT(mode_names), c->words[1]);

	if (word_is(c, 0, "grid")) {
		fy_kernel_grid_sample(c->out[0], c->in[0], c->in[1], mode,
				      find_name(padding_names, FY_COUNT(padding_names), c->words[2]),
				      word_i64(c, 3));
		return true;
	}
	int coord = find_name(coord_names, FY_COUNT(coord_names), c->words[2]);
	if (mode < 0 || coord < 0)
		return false;
	fy_resize resize = fy_resize_default(mode, coord);
	for (int k = 3; k < c->word_count; k++) {
		if (!set_option(&resize, c->words[k], c->in[0]->shape.rank))
			return false;
	}
	fy_kernel_resize(c->out[0], c->in[0], &resize);
	return true;
}

static void resize_goldens(void **state)
{
	(void)state;
	run_goldens("resize", run_resize);
}

static void resize_onnx_goldens(void **state)
{
	(void)state;
	run_goldens("resize_onnx", run_resize);
}

/* NaN and huge coordinates lie outside. */
static void wild_grids(void **state)
{
	fy_shape shape = { .rank = 4, .dims = { 1, 1, 1, 4 } },
		 places = { .rank = 4, .dims = { 1, 1, 4, 2 } };
	fy_tensor *in = fy_tensor_new(FY_F32, &shape, true), *grid = fy_tensor_new(FY_F32, &places, true);
	fy_tensor *out = fy_tensor_new(FY_F32, &shape, true);
	const double wild[] = { NAN, 0, 1e30, 0, -INFINITY, 0, 0, NAN };

	(void)state;
	fy_kernel_fill_f64(in, 1);
	for (int i = 0; i < 8; i++)
		fy_tensor_set_f64(grid, i, wild[i]);
	for (int mode = 0; mode < 3; mode++) {
		fy_kernel_grid_sample(out, in, grid, mode, FY_GRID_ZEROS, false);
		for (int i = 0; i < 4; i++)
			assert_true(fy_tensor_get_f64(out, i) == 0);
		fy_kernel_grid_sample(out, in, grid, mode, FY_GRID_BORDER, false);
		fy_kernel_grid_sample(out, in, grid, mode, FY_GRID_REFLECTION, true);
	}
	fy_tensor_unref(in);
	fy_tensor_unref(grid);
	fy_tensor_unref(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resize_goldens),
		cmocka_unit_test(resize_onnx_goldens),
		cmocka_unit_test(wild_grids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
