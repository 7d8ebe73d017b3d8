/*
 * Recorded If and Loop, lowered at every opset, in ONNX Runtime: both arms, several trip counts, outer values
 * as results, scan outputs, loops in arms. Skipped without ONNX Runtime.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lower_help.h"

#include <string.h>

enum { MAX_NUMBERS = 8, NEWEST_TRIED = 23 };

typedef struct numbers {
	fy_dtype dtype;
	int64_t count; /* 0: 0-d */
	double values[MAX_NUMBERS];
} numbers;

/* One graph and runs of it: inputs and what must come out (rows of scan outputs follow each other). */
typedef struct program {
	const char *text;
	struct {
		numbers inputs[3], outputs[3];
	} runs[3];
	int inputs, outputs, run_count;
} program;

static fy_ort *ort;

static int load_runtime(void **state)
{
	fy_diags diags = { 0 };

	(void)state;
	return fy_ort_load(&ort, NULL, &diags) != FY_OK;
}

static int unload_runtime(void **state)
{
	(void)state;
	fy_ort_release(ort);
	return 0;
}

static void check_run(const program *p, const fy_graph *graph, int run, int opset)
{
	fy_tensor *inputs[3] = { 0 }, *outputs[3] = { 0 };
	fy_diags diags = { 0 };

	for (int i = 0; i < p->inputs; i++) {
		const numbers *in = &p->runs[run].inputs[i];

		inputs[i] = tensor_of(in->dtype, in->values, in->count);
	}
	if (!run_lowered(ort, graph, inputs, outputs, &diags))
		fail_msg("opset %d, run %d: %s", opset, run, diags.items[0].message);
	for (int i = 0; i < p->outputs; i++) {
		const numbers *out = &p->runs[run].outputs[i];

		assert_int_equal(outputs[i]->dtype, out->dtype);
		assert_int_equal(fy_tensor_numel(outputs[i]), out->count ? out->count : 1);
		for (int64_t k = 0; k < fy_tensor_numel(outputs[i]); k++)
			assert_true(fy_tensor_get_f64(outputs[i], k) == out->values[k]);
		fy_tensor_unref(outputs[i]);
	}
	for (int i = 0; i < p->inputs; i++)
		fy_tensor_unref(inputs[i]);
}

static void check_program(const program *p)
{
	if (!ort)
		skip();
	for (int opset = FY_ONNX_OPSET_MIN; opset <= NEWEST_TRIED; opset++) {
		fy_arena *arena = fy_arena_new();
		fy_lower_options options = { .opset = opset };
		fy_diags diags = { 0 };
		fy_graph *graph;

		assert_int_equal(fy_graph_parse(&graph, arena, fy_str_of(p->text), NULL, &diags), FY_OK);
		if (fy_lower(graph, &options, NULL, &diags) != FY_OK)
			fail_msg("opset %d: %s", opset, diags.items[0].message);
		for (int run = 0; run < p->run_count; run++)
			check_run(p, graph, run, opset);
		fy_graph_release(graph);
		fy_arena_free(arena);
	}
}

static void an_if_takes_either_arm(void **state)
{
	static const program p = {
		.text = "graph {\n"
			"  const %two : float32[] = {2}\n"
			"  input %x : float32[2]\n"
			"  input %c : bool\n"
			"  %a : float32[2], %b : float32[], %n : float32[2] = prim::If(%c) {\n"
			"    %t : float32[2] = aten::neg(%x)\n"
			"    yield %t, %two, %t\n"
			"  } else {\n"
			"    %u : float32[] = aten::sum(%x, none)\n"
			"    yield %x, %u, %x\n"
			"  }\n"
			"  output %a \"a\"\n"
			"  output %b \"b\"\n"
			"  output %n \"same\"\n"
			"}\n",
		.inputs = 2,
		.outputs = 3,
		.run_count = 2,
		.runs = { { { { FY_F32, 2, { 1, 2 } }, { FY_BOOL, 0, { 1 } } },
			    { { FY_F32, 2, { -1, -2 } }, { FY_F32, 0, { 2 } }, { FY_F32, 2, { -1, -2 } } } },
			  { { { FY_F32, 2, { 1, 2 } }, { FY_BOOL, 0, { 0 } } },
			    { { FY_F32, 2, { 1, 2 } }, { FY_F32, 0, { 3 } }, { FY_F32, 2, { 1, 2 } } } } },
	};

	(void)state;
	check_program(&p);
}

/* for i in range(n): h = h + x; k = k + i; hs.append(h) */
static void a_for_loop_carries_and_collects(void **state)
{
	static const program p = {
		.text = "graph {\n"
			"  const %true : bool[] = {true}\n"
			"  input %x : float32[2]\n"
			"  input %n : int\n"
			"  %h : float32[2], %k : int, %hs : float32[s0,2] = prim::Loop(%n, none, %x, 10) {\n"
			"    param %i : int\n"
			"    param %h0 : float32[2]\n"
			"    param %k0 : int\n"
			"    %h1 : float32[2] = aten::add.Tensor(%h0, %x, 1)\n"
			"    %k1 : int = aten::add.Tensor(%k0, %i, 1)\n"
			"    yield %true, %h1, %k1, %h1\n"
			"  }\n"
			"  output %h \"h\"\n"
			"  output %k \"k\"\n"
			"  output %hs \"hs\"\n"
			"}\n",
		.inputs = 2,
		.outputs = 3,
		.run_count = 2,
		.runs = { { { { FY_F32, 2, { 1, 2 } }, { FY_I64, 0, { 3 } } },
			    { { FY_F32, 2, { 4, 8 } },
			      { FY_I64, 0, { 13 } },
			      { FY_F32, 6, { 2, 4, 3, 6, 4, 8 } } } },
			  { { { FY_F32, 2, { 1, 2 } }, { FY_I64, 0, { 1 } } },
			    { { FY_F32, 2, { 2, 4 } }, { FY_I64, 0, { 10 } }, { FY_F32, 2, { 2, 4 } } } } },
	};

	(void)state;
	check_program(&p);
}

/* while x.sum() < 10: x = x * 2 if c else x + y, with y from outside */
static void a_while_loop_stops_by_its_condition(void **state)
{
	static const program p = {
		.text = "graph {\n"
			"  input %x : float32[2]\n"
			"  input %c : bool\n"
			"  %s : float32[] = aten::sum(%x, none)\n"
			"  %go : bool[] = aten::lt.Scalar(%s, 10)\n"
			"  %r : float32[2] = prim::Loop(none, %go, %x) {\n"
			"    param %i : int\n"
			"    param %h : float32[2]\n"
			"    %n : float32[2] = prim::If(%c) {\n"
			"      %d : float32[2] = aten::mul.Scalar(%h, 2)\n"
			"      yield %d\n"
			"    } else {\n"
			"      %e : float32[2] = aten::add.Tensor(%h, %x, 1)\n"
			"      yield %e\n"
			"    }\n"
			"    %t : float32[] = aten::sum(%n, none)\n"
			"    %on : bool[] = aten::lt.Scalar(%t, 10)\n"
			"    yield %on, %n\n"
			"  }\n"
			"  output %r \"r\"\n"
			"}\n",
		.inputs = 2,
		.outputs = 1,
		.run_count = 3,
		.runs = { { { { FY_F32, 2, { 1, 2 } }, { FY_BOOL, 0, { 1 } } }, { { FY_F32, 2, { 4, 8 } } } },
			  { { { FY_F32, 2, { 1, 2 } }, { FY_BOOL, 0, { 0 } } }, { { FY_F32, 2, { 4, 8 } } } },
			  { { { FY_F32, 2, { 9, 2 } }, { FY_BOOL, 0, { 0 } } },
			    { { FY_F32, 2, { 9, 2 } } } } },
	};

	(void)state;
	check_program(&p);
}

/* The same value twice among the results of a body, and its parameters as results. */
static void a_body_may_swap_and_repeat(void **state)
{
	static const program p = {
		.text = "graph {\n"
			"  const %true : bool[] = {true}\n"
			"  input %x : float32[2]\n"
			"  input %y : float32[2]\n"
			"  input %n : int\n"
			"  %a : float32[2], %b : float32[2], %c : float32[2] = prim::Loop(%n, %true, %x, %y, "
			"%y) {\n"
			"    param %i : int\n"
			"    param %go : bool\n"
			"    param %p : float32[2]\n"
			"    param %q : float32[2]\n"
			"    param %r : float32[2]\n"
			"    yield %go, %q, %p, %p\n"
			"  }\n"
			"  output %a \"a\"\n"
			"  output %b \"b\"\n"
			"  output %c \"c\"\n"
			"}\n",
		.inputs = 3,
		.outputs = 3,
		.run_count = 2,
		.runs = { { { { FY_F32, 2, { 1, 2 } }, { FY_F32, 2, { 3, 4 } }, { FY_I64, 0, { 3 } } },
			    { { FY_F32, 2, { 3, 4 } }, { FY_F32, 2, { 1, 2 } }, { FY_F32, 2, { 1, 2 } } } },
			  { { { FY_F32, 2, { 1, 2 } }, { FY_F32, 2, { 3, 4 } }, { FY_I64, 0, { 0 } } },
			    { { FY_F32, 2, { 1, 2 } }, { FY_F32, 2, { 3, 4 } }, { FY_F32, 2, { 3, 4 } } } } },
	};

	(void)state;
	check_program(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_if_takes_either_arm),
		cmocka_unit_test(a_for_loop_carries_and_collects),
		cmocka_unit_test(a_while_loop_stops_by_its_condition),
		cmocka_unit_test(a_body_may_swap_and_repeat),
	};

	return cmocka_run_group_tests(tests, load_runtime, unload_runtime);
}
