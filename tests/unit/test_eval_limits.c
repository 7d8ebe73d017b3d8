/*
 * Programs that would run, grow or nest without end: refused in time, whether they are captured or run. What
 * is merely long goes through.
 */
#include "engine/engine.h"
#include "hostile_help.h"

#include <string.h>

/* Recorded as nothing, so it shows only in steps; "limit" unless said otherwise. */
typedef struct refused {
	const char *body;
	const char *id;
} refused;

static void check_refused(const refused *r, const hostile *h, const char *how, double seconds)
{
	if ((h->status != FY_UNSUPPORTED && h->status != FY_MALFORMED && h->status != FY_USAGE) ||
	    strcmp(hostile_id(h), r->id ? r->id : "limit") != 0 || seconds > 20)
		hostile_explain(h, r->body);
	assert_true(h->status == FY_UNSUPPORTED || h->status == FY_MALFORMED || h->status == FY_USAGE);
	assert_string_equal(hostile_id(h), r->id ? r->id : "limit");
	if (seconds > 20)
		fail_msg("%s took %.1f s: %s", how, seconds, r->body);
}

static const refused endless[] = {
	{ "while True:\n  pass\nreturn x", NULL },
	{ "for i in range(1000000000000):\n  pass\nreturn x", NULL },
	{ "y = x\nwhile True:\n  y = torch.add(y, x)\nreturn y", NULL },
	{ "y = self.w\nwhile True:\n  y = torch.view(y, [2, 2])\nreturn x", NULL },
	{ "y = x\nwhile True:\n  y = torch.view(y, [2, 2])\nreturn x", NULL },
	{ "while True:\n  y = torch.zeros([1000])\nreturn x", NULL },
	{ "k = 0\nwhile True:\n  k = k + int(torch.sum(self.w))\nreturn x", NULL },
	{ "a = [1]\nwhile True:\n  _0 = torch.append(a, 1)\nreturn x", NULL },
	{ "a = \"\"\nwhile True:\n  a = torch.format(\"{}a\", a)\nreturn x", NULL },
	{ "a = {0: 1}\ni = 0\nwhile True:\n  a[i] = i\n  i = i + 1\nreturn x", NULL },
	{ "while True:\n  y = __torch__.M.__new__(__torch__.M)\nreturn x", NULL },
};

static void never_runs_without_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < FY_COUNT(endless); i++) {
		fy_eval_limits few = { .steps = 100000 };
		double start = fy_now();
		hostile h = hostile_capture(endless[i].body, "", NULL);

		check_refused(&endless[i], &h, "capturing", fy_now() - start);
		hostile_close(&h);
		h = hostile_run(endless[i].body, "", &few);
		check_refused(&endless[i], &h, "running", fy_now() - start);
		hostile_close(&h);
	}
}

static const refused growing[] = {
	{ "s = \"ab\"\nfor i in range(62):\n  s = s + s\nreturn x", NULL },
	{ "s = [1]\nfor i in range(62):\n  s = s + s\nreturn x", NULL },
	{ "s = [1]\nfor i in range(62):\n  torch.extend(s, s)\nreturn x", NULL },
	{ "a = [0] * 1000000000000\nreturn x", NULL },
	{ "a = [0, 1] * 9223372036854775807\nreturn x", NULL },
	{ "a = \"aaaa\"\nfor i in range(40):\n  a = a.replace(\"a\", \"aaaaaaaaaaaa\")\nreturn x", NULL },
	{ "s = \"x\"\nfor i in range(40):\n  s = s.join([s, s, s])\nreturn x", NULL },
	{ "a = [1]\nfor i in range(60):\n  a = [a, a]\ns = str(a)\nreturn x", NULL },
	{ "a = [1]\nb = [1]\nfor i in range(60):\n  a = [a, a]\n  b = [b, b]\n"
	  "if torch.eq(a, b):\n  y = x\nelse:\n  y = x\nreturn y",
	  NULL },
	{ "a = (x, x)\nfor i in range(60):\n  a = (a, a)\nreturn unchecked_cast(Any, a)", NULL },
	{ "a = annotate(List[Tensor], [])\nfor i in range(1000):\n  a = [a]\ns = str(a)\nreturn x", NULL },
	{ "a = annotate(List[Tensor], [])\nfor i in range(1000):\n  a = [a]\nreturn unchecked_cast(Any, a)",
	  NULL },
	{ "a = annotate(List[Tensor], [])\n_0 = torch.append(a, a)\nreturn unchecked_cast(Any, a)", NULL },
	{ "a = annotate(List[Tensor], [])\n_0 = torch.append(a, a)\nreturn torch.cat(a)", NULL },
	{ "a = annotate(List[Tensor], [])\n_0 = torch.append(a, a)\ns = str(a)\nreturn x", NULL },
	{ "a = annotate(Dict[str, Tensor], {})\na[\"k\"] = a\nreturn unchecked_cast(Any, a)", NULL },
	{ "self.w = unchecked_cast(Any, self)\nreturn unchecked_cast(Any, self)", NULL },
	{ "a = {unchecked_cast(Any, [1]): 1}\nreturn x", "dict-key" },
	{ "a = torch.tensor([1, 1, 1, []])\nreturn x", "program-raises" },
	{ "a = torch.tensor([\"a\"])\nreturn x", "program-raises" },
};

static void never_grows_without_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < FY_COUNT(growing); i++) {
		double start = fy_now();
		hostile h = hostile_capture(growing[i].body, "", NULL);

		check_refused(&growing[i], &h, "capturing", fy_now() - start);
		hostile_close(&h);
		h = hostile_run(growing[i].body, "", NULL);
		check_refused(&growing[i], &h, "running", fy_now() - start);
		hostile_close(&h);
	}
}

/* What nests deeply or holds itself is freed without recursion, and does not leak. */
static void frees_what_nests(void **state)
{
	static const char *const bodies[] = {
		"a = annotate(List[Tensor], [])\nfor i in range(200000):\n  a = [a]\nreturn x",
		"a = (1, 2)\nfor i in range(200000):\n  a = (a, 1)\nreturn x",
		"a = {\"k\": 1}\nfor i in range(100000):\n  a = {\"k\": a}\nreturn x",
		"a = annotate(List[Tensor], [])\n_0 = torch.append(a, a)\n_0 = torch.append(a, x)\nreturn x",
		"self.w = unchecked_cast(Any, self)\nreturn x",
		"a = [x]\nb = [a]\n_0 = torch.append(a, b)\nreturn x",
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(bodies); i++) {
		hostile h = hostile_capture(bodies[i], "", NULL);

		if (h.status != FY_OK)
			hostile_explain(&h, bodies[i]);
		assert_int_equal(h.status, FY_OK);
		hostile_close(&h);
		h = hostile_run(bodies[i], "", NULL);
		assert_int_equal(h.status, FY_OK);
		hostile_close(&h);
	}
}

/* A value that was returned where nothing may be is let go of. */
static void frees_what_is_returned_in_an_arm(void **state)
{
	hostile h =
		hostile_capture("if bool(torch.sum(x)):\n  return x\nelse:\n  pass\nreturn self.w", "", NULL);

	(void)state;
	assert_int_equal(h.status, FY_UNSUPPORTED);
	assert_string_equal(hostile_id(&h), "jump-data");
	hostile_close(&h);
}

static int nodes_of(const char *body, const fy_eval_limits *limits)
{
	hostile h = hostile_capture(body, "", limits);
	int count;

	if (h.status != FY_OK)
		hostile_explain(&h, body);
	assert_int_equal(h.status, FY_OK);
	count = fy_graph_node_count(h.graph);
	hostile_close(&h);
	return count;
}

/* Loops of known length: unrolled while that is little, loops of the graph where it would be much. */
static void rolls_long_loops(void **state)
{
	const fy_eval_limits few = { .unrolled = 50 };

	(void)state;
	assert_int_equal(nodes_of("y = x\nfor i in range(100):\n  y = torch.add(y, x)\nreturn y", NULL), 100);
	assert_int_equal(nodes_of("y = x\nfor i in range(100):\n  y = torch.add(y, x)\nreturn y", &few), 2);
	assert_int_equal(
		nodes_of("y = x\nfor i in range(1000000000000):\n  y = torch.add(y, x)\nreturn y", NULL), 2);
	assert_int_equal(nodes_of("y = x\nfor i in range(1000):\n  for j in range(1000):\n"
				  "    for k in range(1000):\n      y = torch.add(y, x)\nreturn y",
				  NULL),
			 1002); /* the innermost stays unrolled */
	/* A loop that ends early is not long. */
	assert_int_equal(nodes_of("y = x\nfor i in range(1000000000000):\n  y = torch.add(y, x)\n"
				  "  if i > 10:\n    break\n  else:\n    pass\nreturn y",
				  NULL),
			 12);
}

/* The same results, unrolled or not. */
static void rolled_loops_compute(void **state)
{
	static const char body[] = "y = x\nfor i in range(100):\n  y = torch.add(y, i)\nreturn y";
	const fy_eval_limits limits[] = { { 0 }, { .unrolled = 50 } };
	fy_tensor *x = fy_tensor_new(FY_F32, &(fy_shape){ 2, { 2, 2 } }, true), *y;
	hostile h = hostile_run(body, "", NULL);

	(void)state;
	assert_int_equal(h.status, FY_OK);
	assert_float_equal(fy_tensor_get_f64(h.outputs.tensors[0], 0), 4951, 0);
	hostile_close(&h);
	for (size_t i = 0; i < FY_COUNT(limits); i++) {
		h = hostile_capture(body, "", &limits[i]);
		assert_int_equal(h.status, FY_OK);
		assert_int_equal(
			fy_engine_run(h.graph, &x, 1, &y, &(fy_engine_options){ .threads = 1 }, &h.diags),
			FY_OK);
		assert_float_equal(fy_tensor_get_f64(y, 0), 4950, 0);
		fy_tensor_unref(y);
		hostile_close(&h);
	}
	fy_tensor_unref(x);
}

static char *nested_calls(fy_arena *arena, int depth)
{
	fy_buf text = { 0 };
	char *made;

	for (int i = 0; i < depth; i++)
		fy_buf_printf(&text,
			      "  def f%d(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
			      "    y = (self).f%d(x, )\n    return (self).f%d(y, )\n",
			      i, i + 1, i + 1);
	fy_buf_printf(&text,
		      "  def f%d(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    return torch.relu(x)\n",
		      depth);
	made = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return made;
}

static void counts_calls_before_it_makes_them(void **state)
{
	fy_arena *arena = fy_arena_new();
	hostile h = hostile_capture("return (self).f0(x, )", nested_calls(arena, 10), NULL);
	double start;

	(void)state;
	assert_int_equal(h.status, FY_OK);
	assert_int_equal(fy_graph_node_count(h.graph), 1024);
	hostile_close(&h);
	start = fy_now();
	for (int depth = 40; depth <= 80; depth += 40) {
		h = hostile_capture("return (self).f0(x, )", nested_calls(arena, depth), NULL);
		assert_int_equal(h.status, FY_UNSUPPORTED);
		assert_string_equal(hostile_id(&h), "limit");
		assert_true(h.diags.items[0].place.line > 0);
		hostile_close(&h);
		h = hostile_run("return (self).f0(x, )", nested_calls(arena, depth), NULL);
		assert_int_equal(h.status, FY_UNSUPPORTED);
		hostile_close(&h);
	}
	assert_true(fy_now() - start < 5);
	fy_arena_free(arena);
}

/* More than an ONNX file can nest. */
static void refuses_deep_control_flow(void **state)
{
	fy_buf text = { 0 };
	hostile h;

	(void)state;
	for (int i = 0; i < 40; i++) {
		for (int k = 0; k < i; k++)
			fy_buf_puts(&text, "  ");
		fy_buf_puts(&text, "if bool(torch.sum(x)):\n");
	}
	for (int i = 0; i < 40; i++)
		fy_buf_puts(&text, "  ");
	fy_buf_puts(&text, "y = torch.neg(x)\nreturn x");
	h = hostile_capture(fy_buf_text(&text), "", NULL);
	assert_int_equal(h.status, FY_UNSUPPORTED);
	assert_string_equal(hostile_id(&h), "limit");
	hostile_close(&h);
	fy_buf_release(&text);
}

/* Big constants that are not in the file stay operators of the graph. */
static void folds_no_big_constants(void **state)
{
	static const char *const bodies[] = {
		"return torch.add(torch.sum(x), torch.zeros([1000000, 1000000]))",
		"return torch.add(x, torch.sum(torch.expand(torch.zeros([1]), [1000000000000])))",
		"return torch.add(x, torch.sum(torch.repeat(self.w, [10000, 10000])))",
		"return torch.add(x, torch.sum(torch.contiguous(torch.expand(self.w, [100000000, 2, 2]))))",
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(bodies); i++) {
		hostile h = hostile_capture(bodies[i], "", NULL);

		if (h.status != FY_OK)
			hostile_explain(&h, bodies[i]);
		assert_int_equal(h.status, FY_OK);
		for (int k = 0; k < h.graph->constant_count; k++)
			assert_true(fy_tensor_numel(h.graph->constants[k]->tensor) <= 4);
		hostile_close(&h);
	}
}

/* Keys of a large dict are found by hash; 1 and 1.0 are one key. */
static void finds_keys(void **state)
{
	hostile h =
		hostile_run("a = {0.5: 0}\nfor i in range(1000):\n  a[i] = i\nfor i in range(0, 1000, 2):\n"
			    "  del a[i]\na[7.0] = 70\nn = a[999] + a[7] + len(a)\nreturn torch.add(x, n)",
			    "", NULL);

	(void)state;
	if (h.status != FY_OK)
		hostile_explain(&h, "dict");
	assert_int_equal(h.status, FY_OK);
	assert_float_equal(fy_tensor_get_f64(h.outputs.tensors[0], 0), 1 + 999 + 70 + 501, 0);
	hostile_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_runs_without_end),
		cmocka_unit_test(never_grows_without_end),
		cmocka_unit_test(frees_what_nests),
		cmocka_unit_test(frees_what_is_returned_in_an_arm),
		cmocka_unit_test(rolls_long_loops),
		cmocka_unit_test(rolled_loops_compute),
		cmocka_unit_test(counts_calls_before_it_makes_them),
		cmocka_unit_test(refuses_deep_control_flow),
		cmocka_unit_test(folds_no_big_constants),
		cmocka_unit_test(finds_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
