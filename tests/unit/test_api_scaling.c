/*
 * What is ten times larger takes about ten times as long: code, classes, records, branches, views, outputs.
 * FERRY_SCALE is the larger size, 20,000 unless given.
 */
#include "grown_help.h"

#include <time.h>

static void statements(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    y0 = x\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "    y%d = torch.relu(y%d)\n", i + 1, i);
	fy_buf_printf(&g->code, "    return y%d\n", n);
}

static void terms(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    return x");
	for (int i = 1; i < n; i++)
		fy_buf_puts(&g->code, " + x");
	fy_buf_puts(&g->code, "\n");
}

static void methods(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    y = x\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "    y = (self).f%d(y, )\n", i);
	fy_buf_puts(&g->code, "    return y\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "  def f%d" DEFINE "    return torch.relu(x)\n", i);
}

/* As many records of the archive, and initializers of the file. */
static void parameters(grown *g, int n)
{
	char name[32];

	fy_buf_puts(&g->code, "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n");
	for (int i = 0; i < n; i++) {
		fy_buf_printf(&g->code, "  w%d : Tensor\n", i);
		snprintf(name, sizeof(name), "w%d", i);
		put_sized(&g->state, name);
		put_tensor(&g->state, name + 1, 4, 0, 4, 1);
	}
	fy_buf_puts(&g->code, "  training : bool\n" FORWARD "    y = x\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "    y = torch.add(y, self.w%d)\n", i);
	fy_buf_puts(&g->code, "    return y\n");
	g->records = n;
}

/* A variable more in each arm. */
static void variables(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    if bool(torch.sum(x)):\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "      y%d = torch.relu(x)\n", i);
	fy_buf_puts(&g->code, "    else:\n");
	for (int i = 0; i < n; i++)
		fy_buf_printf(&g->code, "      y%d = torch.neg(x)\n", i);
	fy_buf_printf(&g->code, "    return torch.add(y0, y%d)\n", n - 1);
}

/* A tenth as many, for each is a graph of its own. */
static void loops(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    y = x\n");
	for (int i = 0; i < n / 10; i++)
		fy_buf_puts(&g->code, "    for i in range(int(torch.sum(y))):\n      y = torch.relu(y)\n");
	fy_buf_puts(&g->code, "    return y\n");
}

static void views(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD FORWARD "    y = torch.relu(x)\n    v = y\n");
	for (int i = 0; i < n; i++)
		fy_buf_puts(&g->code,
			    i % 2 ? "    v = torch.squeeze(v, 0)\n" : "    v = torch.unsqueeze(v, 0)\n");
	fy_buf_puts(&g->code, "    _0 = torch.add_(v, 1)\n    return y\n");
}

static void outputs(grown *g, int n)
{
	fy_buf_puts(&g->code, CLASS_HEAD "  def forward(self: __torch__.M,\n    x: Tensor) -> List[Tensor]:\n"
					 "    return [x");
	for (int i = 1; i < n; i++)
		fy_buf_puts(&g->code, ", torch.relu(x)");
	fy_buf_puts(&g->code, "]\n");
}

static double work(void (*fill)(grown *g, int n), int n)
{
	char path[] = "/tmp/ferry-test-XXXXXX";
	struct timespec start, end;
	fy_buf said = { 0 };
	grown g = { 0 };

	close(mkstemp(path));
	fill(&g, n);
	grown_write(&g, path);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	ferry_status status = grown_work(path, "4", &said);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	unlink(path);
	if (status != FERRY_OK)
		print_error("%s\n", fy_buf_text(&said));
	assert_int_equal(status, FERRY_OK);
	fy_buf_release(&said);
	return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* The machine may be busy: one good pair of runs of three is enough. Quadratic time would be a ratio near
 * 100. */
static void time_is_near_linear(void **state)
{
	static const struct {
		const char *name;
		void (*fill)(grown *g, int n);
	} cases[] = { { "statements", statements }, { "terms", terms },         { "methods", methods },
		      { "parameters", parameters }, { "variables", variables }, { "loops", loops },
		      { "views", views },           { "outputs", outputs } };
	const char *asked = getenv("FERRY_SCALE");
	int n = asked ? atoi(asked) : 20000;

	(void)state;
	assert_true(n >= 10);
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		double small = 0, large = 0;

		for (int tries = 0; tries < 3 && (tries == 0 || large > 15 * small); tries++) {
			small = work(cases[i].fill, n / 10);
			large = work(cases[i].fill, n);
		}
		if (asked)
			print_message("%s: %d %.2f s, %d %.2f s, ratio %.1f\n", cases[i].name, n / 10, small,
				      n, large, large / small);
		if (large > 15 * small)
			fail_msg("%s: %d take %.3f s, %d take %.3f s", cases[i].name, n / 10, small, n,
				 large);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(time_is_near_linear) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
