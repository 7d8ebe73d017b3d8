/* What --input understands, and which integers made-up inputs may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

static fy_arena *arena;
static fy_diags diags;

static int setup(void **state)
{
	(void)state;
	arena = fy_arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return 0;
}

/* "float32[1,3]", "5", "1.5", "true", "none", "'x'", or "error". */
static const char *parsed(const char *text, fy_input_want want, const fy_tensor *base)
{
	fy_input_value value;
	fy_buf out = { 0 };
	if (fy_input_parse(&value, text, want, base, arena, &diags) != FY_OK)
		return "error";
	switch (value.arg.kind) {
	case FY_ARG_TENSOR:
		fy_buf_put_tensor_type(&out, value.arg.t);
		fy_buf_puts(&out, value.has_data ? " with data" : "");
		fy_tensor_unref(value.arg.t);
		break;
	case FY_ARG_INT:
		fy_buf_printf(&out, "%" PRId64, value.arg.i);
		break;
	case FY_ARG_FLOAT:
		fy_buf_put_f64(&out, value.arg.f);
		break;
	case FY_ARG_BOOL:
		fy_buf_puts(&out, value.arg.b ? "true" : "false");
		break;
	case FY_ARG_STR:
		fy_buf_printf(&out, "'%.*s'", (int)value.arg.s.len, value.arg.s.data);
		break;
	default:
		fy_buf_puts(&out, "none");
	}
	const char *kept = fy_arena_strdup(arena, fy_buf_text(&out));
	fy_buf_release(&out);
	return kept;
}

static void reads_every_form(void **state)
{
	(void)state;
	fy_tensor *base = fy_tensor_meta(FY_I64, &(fy_shape){ 1, { 2 } });
	static const struct {
		const char *text;
		fy_input_want want;
		bool with_base;
		const char *expected;
	} cases[] = {
		{ "1x3x8x8", FY_WANT_TENSOR, false, "float32[1,3,8,8]" },
		{ "4", FY_WANT_TENSOR, false, "float32[4]" },
		{ "4", FY_WANT_TENSOR, true, "int64[4]" },
		{ "0x3", FY_WANT_TENSOR, false, "float32[0,3]" },
		{ "int64[2,3]", FY_WANT_TENSOR, false, "int64[2,3]" },
		{ "f16[2]", FY_WANT_ANY, false, "float16[2]" },
		{ "bool[]", FY_WANT_TENSOR, false, "bool[]" },
		{ "1.5", FY_WANT_TENSOR, false, "float32[] with data" },
		{ "none", FY_WANT_TENSOR, false, "none" },
		{ "5", FY_WANT_INT, false, "5" },
		{ "-5", FY_WANT_INT, false, "-5" },
		{ "5", FY_WANT_FLOAT, false, "5.0" },
		{ "1e-3", FY_WANT_FLOAT, false, "0.001" },
		{ "5", FY_WANT_ANY, false, "5" },
		{ "2x2", FY_WANT_ANY, false, "float32[2,2]" },
		{ "true", FY_WANT_BOOL, false, "true" },
		{ "False", FY_WANT_ANY, false, "false" },
		{ "'nearest'", FY_WANT_STR, false, "'nearest'" },
		{ "nearest", FY_WANT_STR, false, "'nearest'" },
		{ "None", FY_WANT_INT, false, "none" },
		{ "", FY_WANT_TENSOR, false, "error" },
		{ "1x", FY_WANT_TENSOR, false, "error" },
		{ "x3", FY_WANT_TENSOR, false, "error" },
		{ "1x-3", FY_WANT_TENSOR, false, "error" },
		{ "1x3]", FY_WANT_TENSOR, false, "error" },
		{ "float32[1,]", FY_WANT_TENSOR, false, "error" },
		{ "float32[1", FY_WANT_TENSOR, false, "error" },
		{ "float99[1]", FY_WANT_TENSOR, false, "error" },
		{ "9223372036854775807x4", FY_WANT_TENSOR, false, "error" },
		{ "99999999999999999999", FY_WANT_TENSOR, false, "float32[] with data" },
		{ "1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1", FY_WANT_TENSOR, false, "error" },
		{ "1.5", FY_WANT_INT, false, "error" },
		{ "float32[1]", FY_WANT_INT, false, "error" },
		{ "2x2", FY_WANT_FLOAT, false, "error" },
		{ "5", FY_WANT_BOOL, false, "error" },
		{ "@/nowhere/x.npy", FY_WANT_TENSOR, false, "error" },
	};
	for (size_t i = 0; i < FY_COUNT(cases); i++)
		assert_string_equal(parsed(cases[i].text, cases[i].want, cases[i].with_base ? base : NULL),
				    cases[i].expected);
	fy_tensor_unref(base);
}

/* A tensor that is there already serves as a number when it holds one. */
static void takes_tensors_as_numbers(void **state)
{
	(void)state;
	fy_input_value value;
	fy_tensor *one = fy_tensor_scalar_f64(FY_F32, 2.5), *two = fy_tensor_from_i64((int64_t[]){ 1, 2 }, 2);
	assert_int_equal(fy_input_take(&value, one, FY_WANT_FLOAT, "x", &diags), FY_OK);
	assert_true(value.arg.f == 2.5);
	assert_int_equal(fy_input_take(&value, one, FY_WANT_INT, "x", &diags), FY_OK);
	assert_int_equal(value.arg.i, 2);
	assert_int_equal(fy_input_take(&value, two, FY_WANT_INT, "x", &diags), FY_USAGE);
	fy_tensor_unref(one);
	fy_tensor_unref(two);
}

static fy_index_range range_in(const char *text, int input)
{
	fy_graph *graph;
	assert_int_equal(fy_graph_parse(&graph, arena, fy_str_of(text), "test", &diags), FY_OK);
	fy_index_range range = fy_index_range_of(graph, input);
	fy_graph_release(graph);
	return range;
}

static void bounds_integers_by_what_they_index(void **state)
{
	(void)state;
	fy_index_range range;
	range = range_in("graph \"g\" {\n"
			 "  const %w : float32[11,4] = @\"w\"\n"
			 "  input %x : int64[2,3]\n"
			 "  %v : int64[6] = aten::view(%x, [6])\n"
			 "  %y : float32[6,4] = aten::embedding(%w, %v, -1, false, false)\n"
			 "  output %y \"y\"\n}\n",
			 0);
	assert_int_equal(range.low, 0);
	assert_int_equal(range.high, 11);
	range = range_in("graph \"g\" opset 17 {\n"
			 "  const %w : float32[5,7] = @\"w\"\n"
			 "  input %x : int64[2]\n"
			 "  %y : float32[5,2] = onnx::Gather(%w, %x) {axis = 1}\n"
			 "  output %y \"y\"\n}\n",
			 0);
	assert_int_equal(range.high, 7);
	range = range_in("graph \"g\" opset 17 {\n"
			 "  input %x : int64[2]\n"
			 "  %y : float32[2] = onnx::Cast(%x) {to = 1}\n"
			 "  output %y \"y\"\n}\n",
			 0);
	assert_int_equal(range.low, 0);
	assert_int_equal(range.high, 2);
	range = range_in("graph \"g\" opset 17 {\n  input %x : int64[2]\n  output %x \"y\"\n}\n", 0);
	assert_true(range.low == 1 && range.high > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(takes_tensors_as_numbers),
		cmocka_unit_test(bounds_integers_by_what_they_index),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
