/*
 * What is refused and what is taken: malformed.pack holds broken and unusual models that were thought up,
 * agreement.pack a sample of onnx.backend.test and of damage to it, with the verdicts of onnx.checker. In a
 * pack every model is a line "accept NAME LENGTH" or "reject NAME LENGTH" and so many bytes.
 */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- packs ---- */

/* Exactly those bytes, in memory of their own, so that a sanitizer sees what is read past them. */
static bool is_accepted(const void *bytes, size_t size, fy_buf *message)
{
	fy_arena *arena = fy_arena_new();
	fy_graph *graph = NULL;
	fy_diags diags = { 0 };
	char *copy = fy_alloc(size + (size == 0));
	fy_status status;

	if (size)
		memcpy(copy, bytes, size);
	status = fy_onnx_read(&graph, arena, copy, size, "model.onnx", &diags);
	if (status == FY_OK)
		status = fy_onnx_check(graph, &diags);
	/* A sound model with an operator that nobody but its author knows is no broken one. */
	if (status == FY_UNSUPPORTED && strcmp(diags.items[0].id, "onnx-op-unsupported") == 0)
		status = FY_OK;
	fy_buf_printf(message, "%s", diags.count ? diags.items[0].message : "nothing");
	assert_true(status == FY_OK || (diags.errors > 0 && diags.items[0].message[0]));
	fy_graph_release(graph);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	fy_free(copy);
	return status == FY_OK;
}

static void compare_pack(const char *path, int least)
{
	fy_diags diags = { 0 };
	fy_file file;
	size_t at = 0;
	int count = 0, wrong = 0;

	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	while (at < file.size) {
		char line[256] = "", word[8], name[200];
		const uint8_t *end = memchr(file.data + at, '\n', file.size - at);
		fy_buf message = { 0 };
		size_t size = 0, len;

		assert_non_null(end);
		len = (size_t)(end - (file.data + at));
		assert_true(len < sizeof(line));
		memcpy(line, file.data + at, len);
		assert_int_equal(sscanf(line, "%7s %199s %zu", word, name, &size), 3);
		at += len + 1;
		assert_true(size <= file.size - at);
		if (is_accepted(file.data + at, size, &message) != (strcmp(word, "accept") == 0)) {
			print_error("%s: should be %s: %s\n", name, word, fy_buf_text(&message));
			wrong++;
		}
		fy_buf_release(&message);
		at += size;
		count++;
	}
	fy_file_close(&file);
	assert_true(count >= least);
	assert_int_equal(wrong, 0);
}

static void test_malformed_and_unusual(void **state)
{
	(void)state;
	compare_pack("tests/golden/onnx/malformed.pack", 130);
}

static void test_agrees_with_the_checker(void **state)
{
	(void)state;
	compare_pack("tests/golden/onnx/agreement.pack", 1000);
}

/* ---- places of external data ---- */

static char folder[] = "/tmp/ferry-unit-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	static const char *const names[] = { "cache/snapshots/1/model.onnx",
					     "cache/snapshots/1/w.bin",
					     "cache/blobs/model",
					     "cache/blobs/w",
					     "in/model.onnx",
					     "in/w.bin",
					     "in/a..b.bin",
					     "in/out.bin",
					     "in/chain.bin",
					     "in/device.bin",
					     "in/loop.bin",
					     "in/fifo.bin",
					     "in/folder",
					     "out/w.bin" };
	static const char *const folders[] = {
		"cache/snapshots/1", "cache/snapshots", "cache/blobs", "cache", "in/sub", "in", "out", folder
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(names); i++)
		(void)unlink(names[i]);
	for (size_t i = 0; i < FY_COUNT(folders); i++)
		(void)rmdir(folders[i]);
	return chdir("/");
}

/* A model of one constant of four floats, whose bytes are in `location`. */
static void write_model(const char *path, const char *location)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_graph *graph = fy_graph_new(arena);
	fy_tensor *weight = fy_tensor_new(FY_F32, &(fy_shape){ 1, { 4 } }, true);
	fy_onnx_place place = { location, 0, 16 };
	fy_onnx_write_options options = { .places = &place };
	fy_output *out;

	graph->opset = 17;
	fy_graph_output(graph, fy_graph_constant(graph, weight, "w"), "w");
	assert_int_equal(fy_output_open(&out, path, &diags), FY_OK);
	assert_int_equal(fy_onnx_write(graph, out, &options, &diags), FY_OK);
	assert_int_equal(fy_output_commit(out), FY_OK);
	fy_tensor_unref(weight);
	fy_graph_release(graph);
	fy_arena_free(arena);
}

static fy_status open_model(const char *path)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_onnx_model model;
	fy_status status = fy_onnx_open(&model, arena, path, &diags);

	if (status == FY_OK) {
		assert_true(fy_tensor_get_f64(model.graph->constants[0]->tensor, 3) == 4);
		fy_onnx_close(&model);
	}
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return status;
}

static fy_status open_at(const char *location)
{
	write_model("in/model.onnx", location);
	return open_model("in/model.onnx");
}

static void put_weights(const char *path)
{
	static const float values[4] = { 1, 2, 3, 4 };
	fy_diags diags = { 0 };

	assert_int_equal(fy_write_file(path, values, sizeof(values), &diags), FY_OK);
}

static void test_only_files_of_the_folder_are_opened(void **state)
{
	(void)state;
	assert_int_equal(mkdir("in", 0700) | mkdir("in/sub", 0700) | mkdir("out", 0700), 0);
	put_weights("in/w.bin");
	put_weights("in/a..b.bin");
	put_weights("out/w.bin");
	assert_int_equal(symlink("../out/w.bin", "in/out.bin") | symlink("out.bin", "in/chain.bin"), 0);
	assert_int_equal(symlink("/dev/zero", "in/device.bin") | symlink("loop.bin", "in/loop.bin"), 0);
	assert_int_equal(symlink("../out", "in/folder") | mkfifo("in/fifo.bin", 0600), 0);
	assert_int_equal(open_at("w.bin"), FY_OK);
	assert_int_equal(open_at("./w.bin"), FY_OK);
	assert_int_equal(open_at("a..b.bin"), FY_OK);
	assert_int_equal(open_at("out.bin"), FY_MALFORMED);
	assert_int_equal(open_at("chain.bin"), FY_MALFORMED);
	assert_int_equal(open_at("folder/w.bin"), FY_MALFORMED);
	assert_int_equal(open_at("device.bin"), FY_MALFORMED);
	assert_int_equal(open_at("../in/w.bin"), FY_MALFORMED);
	assert_int_equal(open_at("fifo.bin"), FY_MALFORMED); /* and does not wait for a writer */
	assert_int_equal(open_at("sub"), FY_MALFORMED);
	assert_int_not_equal(open_at("loop.bin"), FY_OK);
	assert_int_not_equal(open_at("w.bin/"), FY_OK);
}

/* Caches keep the bytes under other names: model and data are links into one folder. */
static void test_a_model_that_is_a_link_has_two_folders(void **state)
{
	(void)state;
	assert_int_equal(mkdir("cache", 0700) | mkdir("cache/blobs", 0700) | mkdir("cache/snapshots", 0700) |
				 mkdir("cache/snapshots/1", 0700),
			 0);
	put_weights("cache/blobs/w");
	write_model("cache/blobs/model", "w.bin");
	assert_int_equal(symlink("../../blobs/model", "cache/snapshots/1/model.onnx"), 0);
	assert_int_equal(symlink("../../blobs/w", "cache/snapshots/1/w.bin"), 0);
	assert_int_equal(open_model("cache/snapshots/1/model.onnx"), FY_OK);
	assert_int_not_equal(open_model("cache/blobs/model"), FY_OK);
}

int main(void)
{
	const struct CMUnitTest packs[] = {
		cmocka_unit_test(test_malformed_and_unusual),
		cmocka_unit_test(test_agrees_with_the_checker),
	};
	const struct CMUnitTest places[] = {
		cmocka_unit_test(test_only_files_of_the_folder_are_opened),
		cmocka_unit_test(test_a_model_that_is_a_link_has_two_folders),
	};
	int failed = cmocka_run_group_tests(packs, NULL, NULL);

	return failed + cmocka_run_group_tests(places, enter, leave);
}
