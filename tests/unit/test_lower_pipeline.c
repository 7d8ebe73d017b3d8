/* lower: choice of the opset, stopping and printing, what is refused, weights that stay where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lower/lower.h"

#include <string.h>

typedef struct fixture {
	fy_arena *arena;
	fy_graph *graph;
	fy_lower_options options;
	fy_lower_report report;
	fy_diags diags;
} fixture;

static int setup(void **state)
{
	fixture *f = fy_zalloc(sizeof(*f));

	f->arena = fy_arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	fy_graph_release(f->graph);
	fy_diags_clear(&f->diags);
	fy_arena_free(f->arena);
	fy_free(f);
	return 0;
}

static fy_status lower(fixture *f, const char *text)
{
	assert_int_equal(fy_graph_parse(&f->graph, f->arena, fy_str_of(text), NULL, &f->diags), FY_OK);
	return fy_lower(f->graph, &f->options, &f->report, &f->diags);
}

static const char *const plain = "graph {\n"
				 "  input %x : float32[4]\n"
				 "  %y : float32[4] = aten::relu(%x)  # enc.act net.py:3\n"
				 "  output %y \"y\"\n"
				 "}\n";

static const char *const bits = "graph {\n"
				"  input %x : int64[4]\n"
				"  %y : int64[4] = aten::add.Tensor(%x, %x, 1)\n"
				"  %z : int64[4] = aten::bitwise_and.Tensor(%x, %y)  # head.mask net.py:7\n"
				"  output %z \"z\"\n"
				"}\n";

static void auto_takes_the_least_opset(void **state)
{
	fixture *f = *state;

	assert_int_equal(lower(f, plain), FY_OK);
	assert_int_equal(f->report.opset, 9);
	assert_int_equal(f->report.ir_version, 4);
	assert_null(f->report.raised_by);
	assert_int_equal(f->graph->opset, 9);
	assert_string_equal(f->graph->main->first->name, "enc.act/Relu");
}

static void auto_says_what_raised_it(void **state)
{
	fixture *f = *state;

	assert_int_equal(lower(f, bits), FY_OK);
	assert_int_equal(f->report.opset, 18);
	assert_string_equal(f->report.raised_by, "aten::bitwise_and.Tensor in head.mask (net.py:7)");
}

static void an_opset_below_it_is_refused_with_the_node(void **state)
{
	fixture *f = *state;

	f->options.opset = 17;
	f->options.file = "net.pt";
	assert_int_equal(lower(f, bits), FY_UNSUPPORTED);
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].id, "op-unsupported");
	assert_string_equal(f->diags.items[0].place.file, "net.pt");
	assert_string_equal(f->diags.items[0].place.module, "head.mask");
	assert_int_equal(f->diags.items[0].place.line, 7);
}

static void element_types_raise_it_too(void **state)
{
	static const char *const text = "graph {\n  input %x : bfloat16[4]\n"
					"  %y : bfloat16[4] = aten::relu(%x)\n  output %y \"y\"\n}\n";
	fixture *f = *state;

	assert_int_equal(lower(f, text), FY_OK);
	assert_int_equal(f->report.opset, 13);
	assert_string_equal(f->report.raised_by, "element type bfloat16");
	fy_graph_release(f->graph);
	f->options.opset = 12;
	assert_int_equal(lower(f, text), FY_UNSUPPORTED);
	assert_string_equal(f->diags.items[0].id, "opset-type");
}

static void opsets_have_bounds(void **state)
{
	fixture *f = *state;

	f->options.opset = 8;
	assert_int_equal(lower(f, plain), FY_USAGE);
	fy_graph_release(f->graph);
	f->options.opset = FY_ONNX_OPSET_MAX + 1;
	assert_int_equal(lower(f, plain), FY_USAGE);
	assert_string_equal(f->diags.items[1].id, "opset-range");
}

static void it_stops_and_prints_where_asked(void **state)
{
	fixture *f = *state;
	fy_buf dumped = { 0 };

	f->options.until = "opset";
	f->options.dump = "canonical";
	f->options.dumped = &dumped;
	assert_int_equal(lower(f, plain), FY_OK);
	assert_int_equal(f->report.pass_count, 2);
	assert_string_equal(f->report.passes[1].name, "opset");
	assert_true(fy_node_is(f->graph->main->first, "aten::relu"));
	assert_non_null(strstr(fy_buf_text(&dumped), "aten::relu(%x)"));
	fy_buf_release(&dumped);
}

static void unknown_passes_are_named(void **state)
{
	fixture *f = *state;

	f->options.until = "polish";
	assert_int_equal(lower(f, plain), FY_USAGE);
	assert_string_equal(f->diags.items[0].message, "there is no pass 'polish'");
	assert_non_null(strstr(f->diags.items[0].hint, "canonical"));
}

/* A transposed weight: folded when it is small, left to the runtime when it is large and mapped from a file.
 */
static fy_node *fold_transposed(fixture *f, int64_t rows, const fy_file *file)
{
	fy_shape shape = { 2, { rows, 4 } }, turned = { 2, { 4, rows } };
	fy_tensor *weight = fy_tensor_new(FY_F32, &shape, true);
	fy_type type = fy_type_tensor(FY_F32, &turned);
	fy_arg items[] = { fy_arg_int(1), fy_arg_int(0) };
	fy_attr perm = { "perm", fy_arg_list(items, 2) };
	fy_arg arg;

	weight->storage->file = file;
	f->graph = fy_graph_new(f->arena);
	f->graph->opset = 13;
	arg = fy_arg_value(fy_graph_constant(f->graph, weight, "w"));
	fy_tensor_unref(weight);
	fy_graph_output(
		f->graph,
		fy_node_new(f->graph->main, NULL, "onnx::Transpose", &arg, 1, &perm, 1, &type, 1)->results[0],
		"y");
	assert_int_equal(fy_lower_one_pass(f->graph, "fold", &f->options, &f->diags), FY_OK);
	return f->graph->main->first;
}

static void mapped_weights_stay_where_they_are(void **state)
{
	fixture *f = *state;
	const fy_file file = { 0 };

	assert_null(fold_transposed(f, 8192, NULL));
	fy_graph_release(f->graph);
	assert_null(fold_transposed(f, 16, &file));
	fy_graph_release(f->graph);
	assert_non_null(fold_transposed(f, 8192, &file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(auto_takes_the_least_opset, setup, teardown),
		cmocka_unit_test_setup_teardown(auto_says_what_raised_it, setup, teardown),
		cmocka_unit_test_setup_teardown(an_opset_below_it_is_refused_with_the_node, setup, teardown),
		cmocka_unit_test_setup_teardown(element_types_raise_it_too, setup, teardown),
		cmocka_unit_test_setup_teardown(opsets_have_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(it_stops_and_prints_where_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_passes_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(mapped_weights_stay_where_they_are, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
