/*
 * Weights outside of the model: where they are put, and that the reader finds them there.
 */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

enum { LARGE = 300000, SMALL = 10, MIDDLE = 700 };

static char folder[] = "/tmp/ferry-unit-XXXXXX";
static char model_path[64], data_path[64];

typedef struct session {
	fy_arena *arena;
	fy_diags diags;
	fy_file source; /* what the weights are mapped from */
	fy_graph *graph;
	fy_onnx_place places[8];
} session;

static float element(int64_t i)
{
	return (float)(i % 1000) / 8 - 50;
}

/* A constant of `count` floats that is mapped from element `at` of the source. */
static void add_constant(session *s, const char *name, int64_t at, int64_t count)
{
	fy_tensor *tensor = fy_tensor_meta(FY_F32, &(fy_shape){ 1, { count } });

	tensor->storage = fy_storage_borrow(s->source.data + 64, s->source.size - 64);
	tensor->storage->file = &s->source;
	tensor->storage->file_offset = 64;
	tensor->storage->record = "data/0";
	tensor->offset = at;
	fy_graph_constant(s->graph, tensor, name);
	fy_tensor_unref(tensor);
}

static void add_other_constants(session *s)
{
	fy_tensor *sizes = fy_tensor_from_i64((int64_t[]){ 1, 2, 3 }, 3), *computed, *turned;
	const fy_value *large = s->graph->constants[0];

	fy_graph_constant(s->graph, sizes, "sizes");
	fy_tensor_unref(sizes);
	computed = fy_tensor_new(FY_F32, &(fy_shape){ 1, { MIDDLE } }, true);
	fy_graph_constant(s->graph, computed, "computed");
	fy_tensor_unref(computed);
	turned = fy_tensor_view(large->tensor, FY_F32, &(fy_shape){ 2, { 30, 20 } }, (int64_t[]){ 1, 30 }, 0);
	fy_graph_constant(s->graph, turned, "turned");
	fy_tensor_unref(turned);
}

/* In place: the weights point at the source. */
static void begin(session *s)
{
	float *values = fy_zalloc(64 + 4 * (LARGE + 100));
	char path[80];

	*s = (session){ .arena = fy_arena_new() };
	for (int64_t i = 0; i < LARGE + 100; i++)
		values[16 + i] = element(i);
	snprintf(path, sizeof(path), "%s/source.bin", folder);
	assert_int_equal(fy_write_file(path, values, 64 + 4 * (LARGE + 100), &s->diags), FY_OK);
	fy_free(values);
	assert_int_equal(fy_file_open(&s->source, path, &s->diags), FY_OK);
	s->graph = fy_graph_new(s->arena);
	s->graph->opset = 17;
	add_constant(s, "large", 0, LARGE);
	add_constant(s, "small", 5, SMALL);
	add_constant(s, "middle", 33, MIDDLE);
	add_other_constants(s);
	for (int i = 0; i < s->graph->constant_count; i++)
		fy_graph_output(s->graph, s->graph->constants[i], s->graph->constants[i]->name);
}

static void end(session *s)
{
	fy_graph_release(s->graph);
	fy_file_close(&s->source);
	fy_diags_clear(&s->diags);
	fy_arena_free(s->arena);
}

static void write_model(session *s)
{
	fy_onnx_write_options options = { .places = s->places };
	fy_output *out;

	assert_int_equal(fy_output_open(&out, model_path, &s->diags), FY_OK);
	assert_int_equal(fy_onnx_write(s->graph, out, &options, &s->diags), FY_OK);
	assert_int_equal(fy_output_commit(out), FY_OK);
}

static void expect_equal(const fy_graph *a, const fy_graph *b)
{
	assert_int_equal(a->constant_count, b->constant_count);
	for (int i = 0; i < a->constant_count; i++) {
		fy_compare compare = fy_tensor_compare(a->constants[i]->tensor, b->constants[i]->tensor,
						       FY_TOLERANCE_DEFAULT);

		assert_string_equal(a->constants[i]->name, b->constants[i]->name);
		assert_true(compare.comparable && compare.exact);
	}
}

static void reads_back(session *s)
{
	fy_onnx_model model = { 0 };

	if (fy_onnx_open(&model, s->arena, model_path, &s->diags) != FY_OK)
		fail_msg("%s", s->diags.items[0].message);
	assert_int_equal(fy_onnx_check(model.graph, &s->diags), FY_OK);
	expect_equal(model.graph, s->graph);
	assert_int_equal(model.external_count, 1);
	fy_onnx_close(&model);
}

static void test_one_data_file(void **state)
{
	session s;
	fy_onnx_write_options options = { 0 };
	uint64_t size, end_of_last = 0;
	fy_output *out;
	fy_file data;

	(void)state;
	begin(&s);
	size = fy_onnx_place_external(s.graph, "m.data", s.places);
	/* Large ones at pages, the others at cache lines, small ones in the model. */
	assert_int_equal(s.places[0].offset, 0);
	assert_int_equal(s.places[0].length, 4 * LARGE);
	assert_null(s.places[1].location);
	assert_string_equal(s.places[2].location, "m.data");
	assert_int_equal(s.places[2].offset, (4 * LARGE + 63) / 64 * 64);
	assert_null(s.places[3].location);
	for (int i = 0; i < s.graph->constant_count; i++)
		if (s.places[i].location) {
			assert_int_equal(s.places[i].offset % 64, 0);
			assert_true(s.places[i].offset >= end_of_last);
			end_of_last = s.places[i].offset + s.places[i].length;
		}
	assert_int_equal(size, end_of_last);
	assert_int_equal(fy_output_open(&out, data_path, &s.diags), FY_OK);
	assert_int_equal(fy_onnx_write_data(s.graph, s.places, out, &options, &s.diags), FY_OK);
	assert_int_equal(fy_output_commit(out), FY_OK);
	assert_int_equal(fy_file_open(&data, data_path, &s.diags), FY_OK);
	assert_int_equal(data.size, size);
	assert_memory_equal(data.data, s.source.data + 64, 4 * LARGE);
	fy_file_close(&data);
	write_model(&s);
	reads_back(&s);
	unlink(data_path);
	unlink(model_path);
	end(&s);
}

static void test_links(void **state)
{
	session s;
	fy_file model;

	(void)state;
	begin(&s);
	assert_int_equal(fy_onnx_place_links(s.graph, &s.source, "source.bin", s.places), 3);
	assert_int_equal(s.places[0].offset, 64);
	assert_int_equal(s.places[1].offset, 64 + 4 * 5);
	assert_int_equal(s.places[1].length, 4 * SMALL);
	assert_int_equal(s.places[2].offset, 64 + 4 * 33);
	/* Sizes, computed and turned ones stay. */
	for (int i = 3; i < 6; i++)
		assert_null(s.places[i].location);
	write_model(&s);
	reads_back(&s);
	assert_int_equal(fy_file_open(&model, model_path, &s.diags), FY_OK);
	assert_true(model.size < 8000);
	fy_file_close(&model);
	unlink(model_path);
	end(&s);
}

static void test_what_a_file_refers_to(void **state)
{
	session s;
	fy_map found = { 0 };
	uint64_t inside, outside;
	char source[80];

	(void)state;
	begin(&s);
	assert_int_equal(fy_onnx_measure(&inside, s.graph, NULL, &s.diags), FY_OK);
	assert_true(inside > 4 * LARGE);
	fy_onnx_locations(model_path, &found);
	assert_int_equal(found.count, 0);
	fy_onnx_place_links(s.graph, &s.source, "source.bin", s.places);
	fy_onnx_write_options options = { .places = s.places };
	assert_int_equal(fy_onnx_measure(&outside, s.graph, &options, &s.diags), FY_OK);
	write_model(&s);
	fy_onnx_locations(model_path, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.entries[0].key, "source.bin");
	fy_map_release(&found);
	snprintf(source, sizeof(source), "%s/source.bin", folder);
	fy_onnx_locations(source, &found);
	assert_int_equal(found.count, 0);
	fy_file model;
	assert_int_equal(fy_file_open(&model, model_path, &s.diags), FY_OK);
	assert_int_equal(model.size, outside);
	fy_file_close(&model);
	unlink(model_path);
	end(&s);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(fy_onnx_location_is_plain("net.onnx.data"));
	assert_true(fy_onnx_location_is_plain("a..b"));
	assert_true(fy_onnx_location_is_plain("\xc3\xa4.pt"));
	assert_false(fy_onnx_location_is_plain(""));
	assert_false(fy_onnx_location_is_plain(".."));
	assert_false(fy_onnx_location_is_plain("a/b"));
	assert_false(fy_onnx_location_is_plain("a\\b"));
	assert_false(fy_onnx_location_is_plain("a\xff.pt"));
}

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(model_path, sizeof(model_path), "%s/m.onnx", folder);
	snprintf(data_path, sizeof(data_path), "%s/m.data", folder);
	return 0;
}

static int leave(void **state)
{
	char source[80];

	(void)state;
	snprintf(source, sizeof(source), "%s/source.bin", folder);
	unlink(source);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_data_file),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_what_a_file_refers_to),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
