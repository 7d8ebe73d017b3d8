/* Running graphs of ATen and ONNX nodes: results, If and Loop of both dialects, lifetimes, the hook, wrong
 * inputs. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct session {
	fy_arena *arena;
	fy_diags diags;
	fy_graph *graph;
	fy_tensor *outputs[4];
} session;

static session open_graph(const char *text)
{
	session s = { .arena = fy_arena_new() };

	if (fy_graph_parse(&s.graph, s.arena, fy_str_of(text), "test", &s.diags) != FY_OK ||
	    fy_graph_verify(s.graph, &s.diags) != FY_OK)
		fail_msg("%s", s.diags.items[0].message);
	return s;
}

static void close_graph(session *s)
{
	for (size_t i = 0; i < FY_COUNT(s->outputs); i++)
		fy_tensor_unref(s->outputs[i]);
	fy_graph_release(s->graph);
	fy_diags_clear(&s->diags);
	fy_arena_free(s->arena);
}

static fy_status run_with(session *s, fy_tensor *const *inputs, int count, const fy_engine_options *options)
{
	for (size_t i = 0; i < FY_COUNT(s->outputs); i++) {
		fy_tensor_unref(s->outputs[i]);
		s->outputs[i] = NULL;
	}
	return fy_engine_run(s->graph, inputs, count, s->outputs, options, &s->diags);
}

static fy_tensor *floats(const double *values, int64_t count)
{
	fy_tensor *tensor = fy_tensor_new(FY_F32, &(fy_shape){ 1, { count } }, false);

	for (int64_t i = 0; i < count; i++)
		fy_tensor_set_f64(tensor, i, values[i]);
	return tensor;
}

static void expect_values(const fy_tensor *tensor, const double *values, int64_t count)
{
	assert_non_null(tensor);
	assert_int_equal(fy_tensor_numel(tensor), count);
	for (int64_t i = 0; i < count; i++) {
		if (fy_tensor_get_f64(tensor, i) != values[i])
			fail_msg("element %d is %g, expected %g", (int)i, fy_tensor_get_f64(tensor, i),
				 values[i]);
	}
}
#define VALUES(...) \
	(const double[]){ __VA_ARGS__ }, (int64_t)(sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void must(session *s, fy_status status)
{
	if (status != FY_OK)
		fail_msg("%s", s->diags.count ? s->diags.items[0].message : "no diagnostic");
}

/* ---- plain graphs -------------------------------------------------------------------------------------- */

static const char mixed[] = "graph \"mixed\" opset 17 {\n"
			    "  const %w : float32[2] = {10.0, 20.0}\n"
			    "  input %x : float32[2]\n"
			    "  %a : float32[2] = aten::relu(%x)\n"
			    "  %b : float32[2] = onnx::Add(%a, %w)\n"
			    "  %c : float32[2] = aten::mul.Scalar(%b, 2)\n"
			    "  output %c\n  output %a\n  output %w\n  output %x\n}\n";

static void test_both_dialects_in_one_graph(void **state)
{
	session s = open_graph(mixed);
	fy_tensor *x = floats(VALUES(-1, 3));

	(void)state;
	must(&s, run_with(&s, &x, 1, NULL));
	expect_values(s.outputs[0], VALUES(20, 46));
	expect_values(s.outputs[1], VALUES(0, 3));
	expect_values(s.outputs[2], VALUES(10, 20));
	expect_values(s.outputs[3], VALUES(-1, 3));
	fy_tensor_unref(x);
	close_graph(&s);
}

static void test_outputs_are_contiguous_and_last(void **state)
{
	session s = open_graph(
		"graph \"t\" opset 13 {\n  const %w : float32[2,3] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}\n"
		"  %y : float32[3,2] = onnx::Transpose(%w)\n  output %y\n}\n");

	(void)state;
	must(&s, run_with(&s, NULL, 0, NULL));
	assert_true(fy_tensor_is_contiguous(s.outputs[0]));
	fy_graph_release(s.graph);
	s.graph = NULL;
	expect_values(s.outputs[0], VALUES(1, 4, 2, 5, 3, 6));
	close_graph(&s);
}

static void test_wrong_inputs_are_refused(void **state)
{
	session s = open_graph("graph \"t\" opset 13 {\n  input %a : float32[n,2]\n  input %b : float32[n]\n"
			       "  %y : float32[n,2] = onnx::Neg(%a)\n  output %y\n}\n");
	fy_tensor *a = fy_tensor_new(FY_F32, &(fy_shape){ 2, { 3, 2 } }, true);
	fy_tensor *b = fy_tensor_new(FY_F32, &(fy_shape){ 1, { 3 } }, true);
	fy_tensor *other = fy_tensor_new(FY_F32, &(fy_shape){ 1, { 4 } }, true);
	fy_tensor *whole = fy_tensor_new(FY_I64, &(fy_shape){ 1, { 3 } }, true);

	(void)state;
	must(&s, run_with(&s, (fy_tensor *[]){ a, b }, 2, NULL));
	assert_int_equal(run_with(&s, (fy_tensor *[]){ a }, 1, NULL), FY_USAGE);
	assert_int_equal(run_with(&s, (fy_tensor *[]){ b, b }, 2, NULL), FY_USAGE);
	assert_int_equal(run_with(&s, (fy_tensor *[]){ a, other }, 2, NULL), FY_USAGE); /* n is 3 and 4 */
	assert_int_equal(run_with(&s, (fy_tensor *[]){ a, whole }, 2, NULL), FY_USAGE);
	assert_null(s.outputs[0]);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	fy_tensor_unref(other);
	fy_tensor_unref(whole);
	close_graph(&s);
}

static void test_failures_name_the_node(void **state)
{
	session s = open_graph(
		"graph \"t\" opset 13 {\n  const %i : int64[1] = {7}\n  input %x : float32[3]\n"
		"  %y : float32[1] = onnx::Gather(%x, %i)  # net.pick code/net.py:12\n  output %y\n}\n");
	fy_tensor *x = floats(VALUES(1, 2, 3));

	(void)state;
	assert_int_equal(run_with(&s, &x, 1, NULL), FY_USAGE);
	assert_string_equal(s.diags.items[0].place.module, "net.pick");
	assert_int_equal(s.diags.items[0].place.line, 12);
	fy_tensor_unref(x);
	close_graph(&s);
}

/* ---- control flow
 * ------------------------------------------------------------------------------------------ */

static const char branches[] = "graph \"if\" opset 17 {\n"
			       "  input %%c : bool[]\n  input %%x : float32[2]\n"
			       "  %%y : float32[2], %%z : float32[2] = %s::If(%%c) {\n"
			       "    %%a : float32[2] = aten::relu(%%x)\n    yield %%a, %%x\n"
			       "  } else {\n    %%b : float32[2] = aten::neg(%%x)\n    yield %%b, %%b\n  }\n"
			       "  output %%y\n  output %%z\n}\n";

static void test_if(void **state)
{
	static const char *const dialects[] = { "onnx", "prim" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		char text[600];
		snprintf(text, sizeof(text), branches, dialects[k]);
		session s = open_graph(text);
		fy_tensor *x = floats(VALUES(-1, 3)), *yes = fy_tensor_scalar_i64(FY_BOOL, 1);
		fy_tensor *no = fy_tensor_scalar_i64(FY_BOOL, 0);

		must(&s, run_with(&s, (fy_tensor *[]){ yes, x }, 2, NULL));
		expect_values(s.outputs[0], VALUES(0, 3));
		expect_values(s.outputs[1], VALUES(-1, 3));
		must(&s, run_with(&s, (fy_tensor *[]){ no, x }, 2, NULL));
		expect_values(s.outputs[0], VALUES(1, -3));
		expect_values(s.outputs[1], VALUES(1, -3));
		fy_tensor_unref(x);
		fy_tensor_unref(yes);
		fy_tensor_unref(no);
		close_graph(&s);
	}
}

/* Doubles until the sum passes 20; collects every state. The condition is a param of the body, as in ONNX. */
static const char onnx_loop[] =
	"graph \"loop\" opset 17 {\n"
	"  const %limit : float32[] = {20.0}\n  const %two : float32[] = {2.0}\n"
	"  input %n : int64[]\n  input %x : float32[2]\n"
	"  %last : float32[2], %all : float32[k,2], %steps : int64[m] = onnx::Loop(%n, none, %x) {\n"
	"    param %i : int64[]\n    param %go : bool[]\n    param %s : float32[2]\n"
	"    %t : float32[2] = onnx::Mul(%s, %two)\n"
	"    yield %go, %t, %t, %i\n  }\n"
	"  output %last\n  output %all\n  output %steps\n}\n";

static void test_onnx_loop(void **state)
{
	session s = open_graph(onnx_loop);
	fy_tensor *x = floats(VALUES(1, 3)), *n = fy_tensor_scalar_i64(FY_I64, 3),
		  *zero = fy_tensor_scalar_i64(FY_I64, 0);

	(void)state;
	must(&s, run_with(&s, (fy_tensor *[]){ n, x }, 2, NULL));
	expect_values(s.outputs[0], VALUES(8, 24));
	expect_values(s.outputs[1], VALUES(2, 6, 4, 12, 8, 24));
	expect_values(s.outputs[2], VALUES(0, 1, 2));
	must(&s, run_with(&s, (fy_tensor *[]){ zero, x }, 2, NULL));
	expect_values(s.outputs[0], VALUES(1, 3));
	assert_int_equal(s.outputs[1]->shape.rank, 2);
	assert_int_equal(s.outputs[1]->shape.dims[0], 0);
	assert_int_equal(s.outputs[1]->shape.dims[1], 2);
	fy_tensor_unref(x);
	fy_tensor_unref(n);
	fy_tensor_unref(zero);
	close_graph(&s);
}

/* A recorded loop: known trip count and condition, no condition among the body's params, an int carried
 * along. */
static const char prim_loop[] = "graph \"loop\" {\n"
				"  input %x : float32[2]\n"
				"  %last : float32[2], %count : int = prim::Loop(100, true, %x, 5) {\n"
				"    param %i : int\n    param %s : float32[2]\n    param %k : int\n"
				"    %t : float32[2] = aten::add.Tensor(%s, %x, 1)\n"
				"    %sum : float32[] = aten::sum(%t, none)\n"
				"    %go : bool[] = aten::lt.Scalar(%sum, 20)\n"
				"    yield %go, %t, %i\n  }\n"
				"  output %last\n  output %count\n}\n";

static void test_prim_loop(void **state)
{
	session s = open_graph(prim_loop);
	fy_tensor *x = floats(VALUES(1, 3));

	(void)state;
	must(&s, run_with(&s, &x, 1, NULL));
	expect_values(s.outputs[0], VALUES(5, 15));
	assert_int_equal(fy_tensor_get_i64(s.outputs[1], 0), 3);
	assert_int_equal(s.outputs[1]->dtype, FY_I64);
	fy_tensor_unref(x);
	close_graph(&s);
}

/* A loop of a file may have no end. */
static void test_loops_are_bounded(void **state)
{
	session s = open_graph("graph \"endless\" {\n  input %x : float32[2]\n"
			       "  %last : float32[2] = prim::Loop(1000000000000, true, %x) {\n"
			       "    param %i : int\n    param %s : float32[2]\n"
			       "    %t : float32[2] = aten::add.Tensor(%s, %x, 1)\n"
			       "    %sum : float32[] = aten::sum(%x, none)\n"
			       "    %go : bool[] = aten::lt.Scalar(%sum, 20)\n"
			       "    yield %go, %t\n  }\n  output %last\n}\n");
	fy_engine_options options = { .max_steps = 1000 };
	fy_tensor *x = floats(VALUES(1, 3));

	(void)state;
	assert_int_equal(run_with(&s, &x, 1, &options), FY_UNSUPPORTED);
	assert_string_equal(s.diags.items[0].id, "limit");
	assert_int_equal(run_with(&s, &x, 1, NULL), FY_UNSUPPORTED);
	fy_tensor_unref(x);
	close_graph(&s);
}

/* ---- lifetimes and the hook
 * ------------------------------------------------------------------------------------ */

typedef struct watch {
	const char *ops[8];
	int count, alive;
	fy_tensor *first; /* the first node's result, held here too */
	int refs_after[8];
	int stop_at;
} watch;

static fy_status look(void *user, const fy_node *node, fy_tensor *const *results, int result_count)
{
	watch *w = user;

	assert_int_equal(result_count, node->result_count);
	if (w->count == 0)
		w->first = fy_tensor_ref(results[0]);
	w->refs_after[w->count] = w->first->refs;
	w->ops[w->count++] = node->op;
	return w->count == w->stop_at ? FY_INTERRUPTED : FY_OK;
}

static const char chain[] = "graph \"chain\" opset 17 {\n  input %x : float32[2]\n"
			    "  %a : float32[2] = onnx::Neg(%x)\n  %b : float32[2] = onnx::Exp(%a)\n"
			    "  %c : float32[2] = onnx::Add(%b, %a)\n  %d : float32[2] = onnx::Abs(%c)\n"
			    "  %e : float32[2] = onnx::Sin(%d)\n  output %e\n}\n";

/* One attribute from the caller, an input left out in one call, a call within the function. */
static void test_functions(void **state)
{
	session s = open_graph("graph \"functions\" opset 17 {\n"
			       "  import \"own\" 1\n"
			       "  function \"own::leak\" opset 17 {\n"
			       "    import \"own\" 1\n"
			       "    attribute slope\n"
			       "    param %a : opaque\n"
			       "    param %most : opaque\n"
			       "    %b : opaque = onnx::LeakyRelu(%a) {alpha = ref \"slope\"}\n"
			       "    %c : opaque = own::limit(%b, %most)\n"
			       "    yield %c\n"
			       "  }\n"
			       "  function \"own::limit\" opset 17 {\n"
			       "    param %d : opaque\n"
			       "    param %e : opaque\n"
			       "    %f : opaque = onnx::Clip(%d, none, %e)\n"
			       "    yield %f\n"
			       "  }\n"
			       "  const %two : float32[] = {2.0}\n"
			       "  input %x : float32[3]\n"
			       "  %y : float32[3] = own::leak(%x) {slope = 0.5}\n"
			       "  %z : float32[3] = own::leak(%y, %two) {slope = 0.25}\n"
			       "  output %y\n"
			       "  output %z\n"
			       "}\n");
	fy_tensor *x = floats((const double[]){ -4, 1, 3 }, 3);

	(void)state;
	assert_int_equal(run_with(&s, &x, 1, NULL), FY_OK);
	expect_values(s.outputs[0], (const double[]){ -2, 1, 3 }, 3);
	expect_values(s.outputs[1], (const double[]){ -0.5, 1, 2 }, 3);
	fy_tensor_unref(x);
	close_graph(&s);
}

static void test_sparse_constants(void **state)
{
	static const int64_t pairs[] = { 0, 1, 1, 2 }, flat[] = { 3, 4 };
	session s = open_graph("graph \"sparse\" opset 17 {\n}\n");
	fy_tensor *values = floats((const double[]){ 5, 7 }, 2), *places = fy_tensor_from_i64(flat, 2);
	fy_tensor *rows = fy_tensor_from_i64(pairs, 4);
	fy_tensor *coordinates =
		fy_tensor_view(rows, FY_I64, &(fy_shape){ 2, { 2, 2 } }, (int64_t[]){ 2, 1 }, 0);
	fy_shape shape = { 2, { 2, 3 } };

	(void)state;
	fy_graph_output(s.graph, fy_graph_sparse_constant(s.graph, &shape, values, places, "a"), "a");
	fy_graph_output(s.graph, fy_graph_sparse_constant(s.graph, &shape, values, coordinates, "b"), "b");
	assert_int_equal(run_with(&s, NULL, 0, NULL), FY_OK);
	expect_values(s.outputs[0], (const double[]){ 0, 0, 0, 5, 7, 0 }, 6);
	expect_values(s.outputs[1], (const double[]){ 0, 5, 0, 0, 0, 7 }, 6);
	fy_tensor_unref(values);
	fy_tensor_unref(places);
	fy_tensor_unref(rows);
	fy_tensor_unref(coordinates);
	close_graph(&s);
}

static void test_values_go_after_their_last_use(void **state)
{
	session s = open_graph(chain);
	fy_tensor *x = floats(VALUES(1, 3));
	watch w = { 0 };
	fy_engine_options options = { .hook = look, .user = &w };

	(void)state;
	must(&s, run_with(&s, &x, 1, &options));
	assert_int_equal(w.count, 5);
	assert_string_equal(w.ops[0], "onnx::Neg");
	assert_string_equal(w.ops[4], "onnx::Sin");
	assert_int_equal(w.refs_after[1], 2); /* after Exp: the engine's and ours */
	assert_int_equal(w.refs_after[3], 1); /* after Abs: Add was the last to read it */
	fy_tensor_unref(w.first);
	fy_tensor_unref(x);
	close_graph(&s);
}

static void test_the_hook_can_stop(void **state)
{
	session s = open_graph(chain);
	fy_tensor *x = floats(VALUES(1, 3));
	watch w = { .stop_at = 2 };
	fy_engine_options options = { .hook = look, .user = &w };

	(void)state;
	assert_int_equal(run_with(&s, &x, 1, &options), FY_INTERRUPTED);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.first->refs, 1);
	fy_tensor_unref(w.first);
	fy_tensor_unref(x);
	close_graph(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_dialects_in_one_graph),
		cmocka_unit_test(test_outputs_are_contiguous_and_last),
		cmocka_unit_test(test_wrong_inputs_are_refused),
		cmocka_unit_test(test_failures_name_the_node),
		cmocka_unit_test(test_if),
		cmocka_unit_test(test_onnx_loop),
		cmocka_unit_test(test_prim_loop),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_sparse_constants),
		cmocka_unit_test(test_loops_are_bounded),
		cmocka_unit_test(test_values_go_after_their_last_use),
		cmocka_unit_test(test_the_hook_can_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
