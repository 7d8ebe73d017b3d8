/*
 * Runs the text tests tests/ir/NAME.t: a header line "pass: NAME [opset=N]", a graph, a line "----", and the
 * graph or the diagnostics that must come out. Passes: "print" (read and write), "verify", "dead".
 * FERRY_BLESS=1 rewrites what stands behind the line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lower/lower.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TESTS = 256 };

typedef struct text_test {
	char *path;
	char *pass;
	fy_lower_options options;
	fy_str input, expected;
} text_test;

/* Splits the file; the texts borrow from it. */
static void read_test(text_test *test, const fy_file *file)
{
	const char *text = (const char *)file->data;
	const char *header_end = memchr(text, '\n', file->size);
	const char *line = memmem(text, file->size, "\n----\n", 6);
	char *options;

	if (!header_end || !line || strncmp(text, "pass: ", 6) != 0)
		fail_msg("%s: needs a header 'pass: NAME' and a line '----'", file->path);
	test->pass = strndup(text + 6, (size_t)(header_end - text - 6));
	options = strchr(test->pass, ' ');
	if (options) {
		const char *opset = strstr(options, " opset=");

		test->options.opset = opset ? atoi(opset + 7) : 0;
		*options++ = '\0';
		test->options.fuse = strstr(options, "fuse") != NULL;
	}
	test->input = (fy_str){ header_end + 1, (size_t)(line - header_end) };
	test->expected = (fy_str){ line + 6, file->size - (size_t)(line + 6 - text) };
}

static fy_status apply(const text_test *test, fy_graph *graph, fy_diags *diags)
{
	if (strcmp(test->pass, "print") == 0)
		return FY_OK;
	if (strcmp(test->pass, "dead") == 0) {
		fy_graph_remove_dead(graph);
		return fy_graph_verify(graph, diags);
	}
	if (strcmp(test->pass, "all") == 0)
		return fy_lower(graph, &test->options, NULL, diags);
	return fy_lower_one_pass(graph, test->pass, &test->options, diags);
}

/* What was printed reads back as the same text, and no prefix of it is a graph. */
static void check_reading_back(const text_test *test, const fy_buf *out)
{
	for (size_t len = 0; len <= out->len; len++) {
		fy_arena *arena = fy_arena_new();
		fy_diags diags = { 0 };
		fy_graph *graph = NULL;
		fy_status status = fy_graph_parse(&graph, arena, (fy_str){ out->data, len }, NULL, &diags);
		fy_buf again = { 0 };

		if (status == FY_OK)
			fy_graph_print(graph, &again);
		if (len < out->len - 1)
			assert_int_equal(status, FY_MALFORMED);
		else if (status != FY_OK ||
			 !fy_str_eq((fy_str){ again.data, again.len }, (fy_str){ out->data, out->len }))
			fail_msg("%s: what was printed reads back as\n%s", test->path, fy_buf_text(&again));
		fy_buf_release(&again);
		fy_graph_release(graph);
		fy_diags_clear(&diags);
		fy_arena_free(arena);
	}
}

static void run_input(const text_test *test, fy_buf *out)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_graph *graph = NULL;
	fy_status status = fy_graph_parse(&graph, arena, test->input, NULL, &diags);

	if (status == FY_OK)
		status = apply(test, graph, &diags);
	if (status == FY_OK)
		fy_graph_print(graph, out);
	if (status == FY_OK && strcmp(test->pass, "print") == 0)
		check_reading_back(test, out);
	if (status != FY_OK)
		fy_diags_print(&diags, out, false);
	fy_graph_release(graph);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

static void bless(const text_test *test, const fy_file *file, const fy_buf *out)
{
	fy_buf whole = { 0 };
	fy_diags diags = { 0 };

	fy_buf_append(&whole, file->data, (size_t)(test->expected.data - (const char *)file->data));
	fy_buf_append(&whole, fy_buf_text(out), out->len);
	assert_int_equal(fy_write_file(test->path, whole.data, whole.len, &diags), FY_OK);
	fy_buf_release(&whole);
}

static void run_text_test(void **state)
{
	text_test test = { .path = *state };
	fy_file file = { 0 };
	fy_diags diags = { 0 };
	fy_buf out = { 0 };

	assert_int_equal(fy_file_open(&file, test.path, &diags), FY_OK);
	read_test(&test, &file);
	run_input(&test, &out);
	if (getenv("FERRY_BLESS"))
		bless(&test, &file, &out);
	else if (!fy_str_eq((fy_str){ fy_buf_text(&out), out.len }, test.expected))
		fail_msg("%s gives\n%s", test.path, fy_buf_text(&out));
	fy_buf_release(&out);
	fy_file_close(&file);
	free(test.pass);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int main(void)
{
	static struct CMUnitTest tests[MAX_TESTS];
	size_t count = 0;
	DIR *folder = opendir("tests/ir");
	struct dirent *entry;
	int failed;

	while (folder && (entry = readdir(folder)) && count < MAX_TESTS) {
		fy_buf path = { 0 };

		if (!fy_ends_with(entry->d_name, ".t"))
			continue;
		fy_buf_printf(&path, "tests/ir/%s", entry->d_name);
		tests[count++] = (struct CMUnitTest){ .name = path.data,
						      .test_func = run_text_test,
						      .initial_state = path.data };
	}
	if (folder)
		closedir(folder);
	if (count == 0) {
		fprintf(stderr, "no tests in tests/ir: run from the root of the repository\n");
		return 1;
	}
	qsort(tests, count, sizeof(tests[0]), by_name);
	failed = _cmocka_run_group_tests("text tests", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		fy_free((char *)tests[i].name);
	return failed;
}
