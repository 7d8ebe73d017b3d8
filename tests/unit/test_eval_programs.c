/*
 * Programs with control flow on data, views and in-place writes: run as they are, captured with the shapes of
 * set `a` and replayed on every set, lowered at two opsets and run again. All against what PyTorch gave.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "eval/eval.h"
#include "lower/lower.h"

#define ROOT "tests/models/control"
enum { MAX_TENSORS = 8, MAX_PROGRAMS = 256 };

typedef struct tensors {
	fy_tensor *items[MAX_TENSORS];
	int count;
} tensors;

typedef struct model {
	fy_arena *arena;
	fy_diags diags;
	fy_archive *archive;
	fy_program *program;
	const char *name;
} model;

static void explain(model *m, const char *what)
{
	fy_buf text = { 0 };

	fy_diags_print(&m->diags, &text, false);
	print_error("%s: %s\n%s\n", m->name, what, fy_buf_text(&text));
	fy_buf_release(&text);
}

static void need(model *m, fy_status status, const char *what)
{
	if (status != FY_OK)
		explain(m, what);
	assert_int_equal(status, FY_OK);
}

static tensors load(model *m, const char *set, const char *which)
{
	tensors list = { .count = 0 };

	for (; list.count < MAX_TENSORS; list.count++) {
		char *path =
			fy_arena_printf(m->arena, ROOT "/%s/%s/%s_%d.npy", m->name, set, which, list.count);

		if (access(path, R_OK) != 0)
			break;
		need(m, fy_npy_read(&list.items[list.count], path, &m->diags), path);
	}
	return list;
}

static void release(tensors *list)
{
	for (int i = 0; i < list->count; i++)
		fy_tensor_unref(list->items[i]);
}

static void compare(model *m, const char *what, const char *set, fy_tensor *const *got, int count)
{
	tensors want = load(m, set, "output");

	if (count != want.count)
		print_error("%s, %s, set %s: %d results, expected %d\n", m->name, what, set, count,
			    want.count);
	assert_int_equal(count, want.count);
	for (int i = 0; i < count; i++) {
		fy_compare c = fy_tensor_compare(got[i], want.items[i], (fy_tolerance){ 1e-5, 1e-5, 1e-6 });

		if (!c.ok)
			print_error("%s, %s, set %s: result %d differs, max %g\n", m->name, what, set, i,
				    c.max);
		assert_true(c.ok);
	}
	release(&want);
}

static void as_leaves(const tensors *inputs, fy_leaf *leaves)
{
	for (int i = 0; i < inputs->count; i++)
		leaves[i] = (fy_leaf){ NULL, fy_arg_tensor(inputs->items[i]) };
}

static void check_run(model *m, const char *set)
{
	tensors inputs = load(m, set, "input");
	fy_leaf leaves[MAX_TENSORS];
	fy_eval_options options = { 0 };
	fy_outputs outputs;

	as_leaves(&inputs, leaves);
	need(m, fy_eval_run(m->program, leaves, inputs.count, &options, m->arena, &outputs, &m->diags),
	     "run");
	compare(m, "run", set, outputs.tensors, outputs.count);
	fy_outputs_release(&outputs);
	release(&inputs);
}

static void check_graph(model *m, const fy_graph *graph, const char *what, const char *set)
{
	tensors inputs = load(m, set, "input");
	fy_tensor *results[MAX_TENSORS];

	assert_true(graph->main->result_count <= MAX_TENSORS);
	need(m, fy_engine_run(graph, inputs.items, inputs.count, results, NULL, &m->diags), what);
	compare(m, what, set, results, graph->main->result_count);
	for (int i = 0; i < graph->main->result_count; i++)
		fy_tensor_unref(results[i]);
	release(&inputs);
}

static fy_graph *capture(model *m)
{
	tensors inputs = load(m, "a", "input");
	fy_leaf leaves[MAX_TENSORS];
	fy_eval_options options = { 0 };
	fy_graph *graph = NULL;

	as_leaves(&inputs, leaves);
	need(m, fy_eval_capture(m->program, leaves, inputs.count, &options, m->arena, &graph, &m->diags),
	     "capture");
	need(m, fy_graph_verify(graph, &m->diags), "verify");
	release(&inputs);
	return graph;
}

static void each_set(model *m,
		     void (*check)(model *m, const fy_graph *graph, const char *what, const char *set),
		     const fy_graph *graph, const char *what)
{
	for (char set[2] = "a"; set[0] <= 'z'; set[0]++) {
		if (access(fy_arena_printf(m->arena, ROOT "/%s/%s", m->name, set), R_OK) != 0)
			break;
		check(m, graph, what, set);
	}
}

static void run_set(model *m, const fy_graph *graph, const char *what, const char *set)
{
	(void)graph;
	(void)what;
	check_run(m, set);
}

static void open_model(model *m, const char *name)
{
	*m = (model){ .arena = fy_arena_new(), .name = name };
	need(m,
	     fy_archive_open(&m->archive, m->arena, fy_arena_printf(m->arena, ROOT "/%s/model.pt", name), 0,
			     &m->diags),
	     "open");
	need(m, fy_program_bind(&m->program, m->arena, m->archive, fy_eval_is_builtin, &m->diags), "bind");
}

static void close_model(model *m)
{
	fy_archive_close(m->archive);
	fy_diags_clear(&m->diags);
	fy_arena_free(m->arena);
}

static void check_program(void **state)
{
	static const int opsets[] = { 13, 17 };
	fy_graph *graph;
	model m;

	open_model(&m, *state);
	each_set(&m, run_set, NULL, "run");
	graph = capture(&m);
	each_set(&m, check_graph, graph, "replay");
	fy_graph_release(graph);
	for (size_t i = 0; i < FY_COUNT(opsets); i++) {
		fy_lower_options options = { .opset = opsets[i] };

		graph = capture(&m);
		need(&m, fy_lower(graph, &options, NULL, &m.diags), "lower");
		each_set(&m, check_graph, graph, "lowered");
		fy_graph_release(graph);
	}
	close_model(&m);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int main(void)
{
	static struct CMUnitTest tests[MAX_PROGRAMS];
	DIR *folder = opendir(ROOT);
	struct dirent *entry;
	size_t count = 0;
	int failed;

	while (folder && (entry = readdir(folder)) && count < MAX_PROGRAMS) {
		if (entry->d_name[0] == '.')
			continue;
		tests[count].name = fy_strdup(entry->d_name);
		tests[count].test_func = check_program;
		tests[count].initial_state = (void *)tests[count].name;
		count++;
	}
	if (folder)
		closedir(folder);
	if (count == 0)
		return 1;
	qsort(tests, count, sizeof tests[0], by_name);
	failed = _cmocka_run_group_tests("programs", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		fy_free((void *)tests[i].name);
	return failed;
}
