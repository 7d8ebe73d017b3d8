/* The ONNX reader on hostile bytes: prefixes, flipped bits, odd but legal forms, limits. Facts: the protobuf
 * wire format. */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <stdlib.h>

/* ---- making messages by hand ------------------------------------------------------------------------ */

static void put_varint(fy_buf *out, uint64_t value)
{
	while (value > 0x7f) {
		fy_buf_putc(out, (char)(value | 0x80));
		value >>= 7;
	}
	fy_buf_putc(out, (char)value);
}

static void put_int(fy_buf *out, int field, int64_t value)
{
	put_varint(out, (uint64_t)field << 3);
	put_varint(out, (uint64_t)value);
}

static void put_bytes(fy_buf *out, int field, const void *bytes, size_t len)
{
	put_varint(out, (uint64_t)field << 3 | 2);
	put_varint(out, len);
	fy_buf_append(out, bytes, len);
}

static void put_text(fy_buf *out, int field, const char *text)
{
	put_bytes(out, field, text, strlen(text));
}

/* Takes the message. */
static void put_message(fy_buf *out, int field, fy_buf *message)
{
	put_bytes(out, field, message->data, message->len);
	fy_buf_release(message);
	*message = (fy_buf){ 0 };
}

/* An input or output; size 0: a scalar. */
static void put_typed_info(fy_buf *graph, int field, const char *name, int dtype, int64_t size)
{
	fy_buf dim = { 0 }, shape = { 0 }, tensor = { 0 }, type = { 0 }, info = { 0 };

	if (size > 0) {
		put_int(&dim, 1, size);
		put_message(&shape, 1, &dim);
	}
	put_int(&tensor, 1, dtype);
	put_message(&tensor, 2, &shape);
	put_message(&type, 1, &tensor);
	put_text(&info, 1, name);
	put_message(&info, 2, &type);
	put_message(graph, field, &info);
}

/* A float tensor of shape [2]. */
static void put_info(fy_buf *graph, int field, const char *name)
{
	put_typed_info(graph, field, name, 1, 2);
}

static void put_node(fy_buf *graph, const char *op, const char *in, const char *second, const char *out)
{
	fy_buf node = { 0 };

	put_text(&node, 1, in);
	if (second)
		put_text(&node, 1, second);
	put_text(&node, 2, out);
	put_text(&node, 4, op);
	put_message(graph, 1, &node);
}

/* Takes the tensor's message without name; adds it as `name`. */
static void put_initializer(fy_buf *graph, const char *name, fy_buf *tensor)
{
	put_text(tensor, 8, name);
	put_message(graph, 5, tensor);
}

/* A float32[2] tensor {1.5, -2}. */
static fy_buf weight(void)
{
	static const float values[2] = { 1.5f, -2 };
	fy_buf tensor = { 0 };

	put_int(&tensor, 1, 2);
	put_int(&tensor, 2, 1);
	put_bytes(&tensor, 9, values, sizeof(values));
	return tensor;
}

/* y = x + w; takes the initializer. */
static fy_buf add_graph(fy_buf *tensor)
{
	fy_buf graph = { 0 };

	put_node(&graph, "Add", "x", "w", "y");
	put_text(&graph, 2, "g");
	put_initializer(&graph, "w", tensor);
	put_info(&graph, 11, "x");
	put_info(&graph, 12, "y");
	return graph;
}

/* Takes the graph. */
static fy_buf model_of(fy_buf *graph, int opset)
{
	fy_buf model = { 0 }, import = { 0 };

	put_int(&model, 1, 4);
	put_text(graph, 2, "g");
	put_message(&model, 7, graph);
	put_int(&import, 2, opset);
	put_message(&model, 8, &import);
	return model;
}

static fy_buf add_model(void)
{
	fy_buf tensor = weight(), graph = add_graph(&tensor);

	return model_of(&graph, 9);
}

/* ---- reading ---------------------------------------------------------------------------------------------
 */

/* Reads and checks bytes that lie in a block of exactly their size, so that a read past the end is seen. */
static fy_status read_exactly(const void *bytes, size_t size, void (*look)(fy_graph *graph))
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_graph *graph = NULL;
	char *copy = fy_alloc(size);
	fy_status status;

	memcpy(copy, bytes, size);
	status = fy_onnx_read(&graph, arena, copy, size, "model.onnx", &diags);
	if (status == FY_OK)
		status = fy_onnx_check(graph, &diags);
	if (status == FY_OK && look)
		look(graph);
	if (status != FY_OK)
		assert_true(diags.errors > 0 && diags.items[0].message[0]);
	fy_graph_release(graph);
	fy_free(copy);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return status;
}

static fy_status read_model(fy_buf *model, void (*look)(fy_graph *graph))
{
	fy_status status = read_exactly(model->data, model->len, look);

	fy_buf_release(model);
	return status;
}

static void weight_is_there(fy_graph *graph)
{
	assert_int_equal(graph->constant_count, 1);
	assert_string_equal(graph->constants[0]->name, "w");
	assert_true(fy_tensor_get_f64(graph->constants[0]->tensor, 0) == 1.5);
	assert_true(fy_tensor_get_f64(graph->constants[0]->tensor, 1) == -2);
	assert_int_equal(graph->opset, 9);
	assert_int_equal(fy_graph_node_count(graph), 1);
}

static void test_plain(void **state)
{
	fy_buf model = add_model();

	(void)state;
	assert_true(fy_onnx_sniff(model.data, model.len));
	assert_false(fy_onnx_sniff("PK\x03\x04 not a model", 18));
	assert_int_equal(read_model(&model, weight_is_there), FY_OK);
}

static void outputs_can_be_added(fy_graph *graph)
{
	char name[16];

	for (int i = 1; i <= 9; i++) {
		snprintf(name, sizeof(name), "more%d", i);
		fy_graph_output(graph, graph->main->results[0], name);
	}
	assert_int_equal(graph->main->result_count, 10);
	assert_string_equal(graph->output_names[0], "y");
	assert_string_equal(graph->output_names[1], "more1");
	assert_string_equal(graph->output_names[9], "more9");
}

static void test_outputs_are_added_to_a_graph_that_was_read(void **state)
{
	fy_buf model = add_model();

	(void)state;
	assert_int_equal(read_model(&model, outputs_can_be_added), FY_OK);
}

static void test_every_prefix_is_refused(void **state)
{
	fy_buf model = add_model();

	(void)state;
	for (size_t size = 0; size < model.len; size++)
		assert_int_equal(read_exactly(model.data, size, NULL), FY_MALFORMED);
	fy_buf_release(&model);
}

/* No flipped bit may do more than make the model refused, unsupported or another one. */
static void test_every_flipped_bit_is_survived(void **state)
{
	fy_buf model = add_model();
	int refused = 0;

	(void)state;
	for (size_t i = 0; i < model.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			fy_status status;

			model.data[i] ^= (char)(1 << bit);
			status = read_exactly(model.data, model.len, NULL);
			assert_true(status == FY_OK || status == FY_MALFORMED || status == FY_UNSUPPORTED);
			refused += status != FY_OK;
			model.data[i] ^= (char)(1 << bit);
		}
	}
	assert_true(refused > (int)model.len);
	fy_buf_release(&model);
}

/* ---- legal but odd
 * ------------------------------------------------------------------------------------------ */

static void test_unknown_fields_are_skipped(void **state)
{
	fy_buf model = add_model();

	(void)state;
	put_int(&model, 900, 5);
	put_text(&model, 901, "later version");
	fy_buf_append(&model, "\xb3\x38\x08\x01\xb4\x38", 6); /* group 902 { field 1 } */
	assert_int_equal(read_model(&model, weight_is_there), FY_OK);
}

static void test_messages_in_pieces_are_joined(void **state)
{
	fy_buf tensor = weight(), graph = add_graph(&tensor), model = { 0 }, import = { 0 };
	size_t first = 2 + (size_t)graph.data[1]; /* the node */

	(void)state;
	put_int(&model, 1, 4);
	put_bytes(&model, 7, graph.data, first);
	put_int(&import, 2, 9);
	put_message(&model, 8, &import);
	put_bytes(&model, 7, graph.data + first, graph.len - first);
	fy_buf_release(&graph);
	assert_int_equal(read_model(&model, weight_is_there), FY_OK);
}

static void test_typed_data(void **state)
{
	fy_buf tensor = { 0 }, graph, model;
	static const float second = -2;

	(void)state;
	put_int(&tensor, 1, 2);
	put_int(&tensor, 2, 1);
	fy_buf_append(&tensor, "\x25\x00\x00\xc0\x3f", 5); /* float_data, not packed: 1.5 */
	put_bytes(&tensor, 4, &second, sizeof(second));    /* and packed: -2 */
	graph = add_graph(&tensor);
	model = model_of(&graph, 9);
	assert_int_equal(read_model(&model, weight_is_there), FY_OK);
}

static void half_and_bool(fy_graph *graph)
{
	assert_int_equal(graph->constants[0]->tensor->dtype, FY_F16);
	assert_true(fy_tensor_get_f64(graph->constants[0]->tensor, 0) == 1.5);
	assert_int_equal(graph->constants[1]->tensor->dtype, FY_BOOL);
	assert_int_equal(fy_tensor_get_i64(graph->constants[1]->tensor, 0), 1);
	assert_int_equal(graph->constants[2]->tensor->dtype, FY_U32);
	assert_int_equal(fy_tensor_get_i64(graph->constants[2]->tensor, 0), 0xfffffffe);
}

static void test_small_types_in_wide_fields(void **state)
{
	fy_buf half = { 0 }, flag = { 0 }, word = { 0 }, tensor = weight(), graph = { 0 }, model;

	(void)state;
	put_int(&half, 2, 10);
	put_int(&half, 5, 0x3e00);
	put_initializer(&graph, "half", &half);
	put_int(&flag, 2, 9);
	put_int(&flag, 5, 1);
	put_initializer(&graph, "flag", &flag);
	put_int(&word, 2, 12);
	put_int(&word, 11, 0xfffffffe);
	put_initializer(&graph, "word", &word);
	put_node(&graph, "Add", "x", "w", "y");
	put_initializer(&graph, "w", &tensor);
	put_info(&graph, 11, "x");
	put_info(&graph, 12, "y");
	model = model_of(&graph, 9);
	assert_int_equal(read_model(&model, half_and_bool), FY_OK);
}

/* ---- refused
 * -------------------------------------------------------------------------------------------------- */

/* The model with this tensor as its weight. */
static fy_status with_weight(fy_buf tensor)
{
	fy_buf graph = add_graph(&tensor), model = model_of(&graph, 9);

	return read_model(&model, NULL);
}

static fy_buf tensor_of(int64_t dim, int64_t dtype, size_t raw)
{
	static const char zeros[64];
	fy_buf tensor = { 0 };

	put_int(&tensor, 1, dim);
	put_int(&tensor, 2, dtype);
	put_bytes(&tensor, 9, zeros, raw);
	return tensor;
}

static void test_tensor_data_must_fit(void **state)
{
	fy_buf twice = weight(), overflow = tensor_of(INT64_C(1) << 62, 1, 0), strings = tensor_of(0, 8, 0);

	(void)state;
	assert_int_equal(with_weight(tensor_of(2, 1, 7)), FY_MALFORMED);
	assert_int_equal(with_weight(tensor_of(2, 1, 9)), FY_MALFORMED);
	assert_int_equal(with_weight(tensor_of(-1, 1, 0)), FY_MALFORMED);
	assert_int_equal(with_weight(tensor_of(2, 0, 8)), FY_MALFORMED);
	assert_int_equal(with_weight(tensor_of(2, 99, 8)), FY_MALFORMED);
	assert_int_equal(with_weight(tensor_of(2, -1, 8)), FY_MALFORMED);
	put_int(&overflow, 1, 16);
	assert_int_equal(with_weight(overflow), FY_MALFORMED);
	put_int(&twice, 7, 3); /* int64_data beside raw_data */
	assert_int_equal(with_weight(twice), FY_MALFORMED);
	assert_int_equal(with_weight(strings), FY_MALFORMED); /* an Add of strings */
}

static void test_wire_limits(void **state)
{
	static const char *const broken[] = {
		"\x08",                                             /* a number without its end */
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", /* 11 bytes of number */
		"\x06",
		"\x07",     /* types that do not exist */
		"\x04",     /* the end of a group that never began */
		"\x3a\x7f", /* longer than the file */
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(broken); i++) {
		fy_buf model = add_model();

		fy_buf_puts(&model, broken[i]);
		assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
	}
	fy_buf model = add_model();
	fy_buf_append(&model, "\x02\x00", 2); /* field number 0 */
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
}

static void test_depth_is_limited(void **state)
{
	(void)state;
	for (int depth = 10; depth <= 100000; depth *= 10) {
		fy_buf model = add_model();
		fy_status status;

		for (int i = 0; i < depth; i++)
			fy_buf_append(&model, "\xb3\x38", 2);
		for (int i = 0; i < depth; i++)
			fy_buf_append(&model, "\xb4\x38", 2);
		status = read_model(&model, NULL);
		assert_int_equal(status, depth <= 100 ? FY_OK : FY_MALFORMED);
	}
}

/* A graph of an If whose first branch is `inner` (taken); level makes the name of its result. */
static fy_buf nest(fy_buf *inner, int level)
{
	fy_buf graph = { 0 }, node = { 0 }, other = { 0 }, attr = { 0 };
	char name[24], spare[24];

	snprintf(name, sizeof(name), "n%d", level);
	snprintf(spare, sizeof(spare), "e%d", level);
	put_node(&other, "Identity", "x", NULL, spare);
	put_info(&other, 12, spare);
	put_text(&other, 2, "other");
	put_text(inner, 2, "inner");
	put_text(&node, 1, "c");
	put_text(&node, 2, name);
	put_text(&node, 4, "If");
	put_text(&attr, 1, "then_branch");
	put_message(&attr, 6, inner);
	put_int(&attr, 20, 5);
	put_message(&node, 5, &attr);
	put_text(&attr, 1, "else_branch");
	put_message(&attr, 6, &other);
	put_int(&attr, 20, 5);
	put_message(&node, 5, &attr);
	put_message(&graph, 1, &node);
	put_info(&graph, 12, name);
	return graph;
}

/* If in If in If ...: each level is three messages, and a value's type five more. */
static void test_nested_graphs_are_limited(void **state)
{
	(void)state;
	for (int depth = 1; depth <= 400; depth += depth < 40 ? 1 : 90) {
		fy_buf inner = { 0 }, model;

		put_node(&inner, "Identity", "x", NULL, "leaf");
		put_info(&inner, 12, "leaf");
		for (int i = 0; i < depth; i++)
			inner = nest(&inner, i);
		put_info(&inner, 11, "x");
		put_typed_info(&inner, 11, "c", 9, 0);
		model = model_of(&inner, 13);
		assert_int_equal(read_model(&model, NULL), depth <= 31 ? FY_OK : FY_MALFORMED);
	}
}

static void test_names_and_order(void **state)
{
	fy_buf tensor = weight(), graph = { 0 }, model;

	(void)state;
	put_node(&graph, "Relu", "a", NULL, "y"); /* a is made later */
	put_node(&graph, "Relu", "x", NULL, "a");
	put_info(&graph, 11, "x");
	put_info(&graph, 12, "y");
	model = model_of(&graph, 9);
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
	graph = add_graph(&tensor);
	put_node(&graph, "Relu", "x", NULL, "y"); /* y is made twice */
	model = model_of(&graph, 9);
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
	tensor = weight();
	graph = add_graph(&tensor);
	put_info(&graph, 12, "z"); /* never made */
	model = model_of(&graph, 9);
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
}

static void test_opsets_are_needed(void **state)
{
	fy_buf tensor = weight(), graph = add_graph(&tensor), model = { 0 };

	(void)state;
	put_int(&model, 1, 4);
	put_bytes(&model, 7, graph.data, graph.len);
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
	model = model_of(&graph, 0);
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
	tensor = weight();
	graph = add_graph(&tensor);
	model = model_of(&graph, FY_ONNX_OPSET_MAX + 1);
	assert_int_equal(read_model(&model, NULL), FY_UNSUPPORTED);
	model = add_model();
	put_text(&model, 25, ""); /* a function without a name */
	assert_int_equal(read_model(&model, NULL), FY_MALFORMED);
}

/* ---- external data
 * ------------------------------------------------------------------------------------------------ */

static char folder[] = "/tmp/ferry-unit-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static void path_in(char out[128], const char *name)
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static int leave(void **state)
{
	char path[128];

	(void)state;
	path_in(path, "model.onnx");
	unlink(path);
	path_in(path, "w.bin");
	unlink(path);
	path_in(path, "link.bin");
	unlink(path);
	return rmdir(folder);
}

/* The model with its weight at `location`; key and value: one more entry, or NULL. */
static fy_status open_external(const char *location, const char *key, const char *value)
{
	fy_buf tensor = { 0 }, entry = { 0 }, graph, model;
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_onnx_model opened;
	char path[128];
	fy_status status;

	put_int(&tensor, 1, 2);
	put_int(&tensor, 2, 1);
	put_text(&entry, 1, "location");
	put_text(&entry, 2, location);
	put_message(&tensor, 13, &entry);
	if (key) {
		put_text(&entry, 1, key);
		put_text(&entry, 2, value);
		put_message(&tensor, 13, &entry);
	}
	put_int(&tensor, 14, 1);
	graph = add_graph(&tensor);
	model = model_of(&graph, 9);
	path_in(path, "model.onnx");
	assert_int_equal(fy_write_file(path, model.data, model.len, &diags), FY_OK);
	status = fy_onnx_open(&opened, arena, path, &diags);
	if (status == FY_OK) {
		weight_is_there(opened.graph);
		fy_onnx_close(&opened);
	}
	fy_buf_release(&model);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return status;
}

static void test_external_data(void **state)
{
	static const float values[4] = { 1.5f, -2, 1.5f, -2 };
	fy_diags diags = { 0 };
	char path[128], link[128];

	(void)state;
	path_in(path, "w.bin");
	path_in(link, "link.bin");
	assert_int_equal(fy_write_file(path, values, sizeof(values), &diags), FY_OK);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(open_external("w.bin", "length", "8"), FY_OK);
	assert_int_equal(open_external("./w.bin", "offset", "8"), FY_OK);
	assert_int_equal(open_external("w.bin", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("w.bin", "offset", "9"), FY_MALFORMED);
	assert_int_equal(open_external("w.bin", "offset", "-8"), FY_MALFORMED);
	assert_int_equal(open_external("w.bin", "offset", "99999999999999999999"), FY_MALFORMED);
	assert_int_equal(open_external("w.bin", "length", "12"), FY_MALFORMED);
	assert_int_equal(open_external("w.bin", "location", "w.bin"), FY_MALFORMED);
	assert_int_equal(open_external("absent.bin", NULL, NULL), FY_USAGE);
	assert_int_equal(open_external("/etc/passwd", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("../w.bin", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("a/../w.bin", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external(".", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("model.onnx", NULL, NULL), FY_MALFORMED);
	assert_int_equal(open_external("link.bin", "length", "8"), FY_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_outputs_are_added_to_a_graph_that_was_read),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_every_flipped_bit_is_survived),
		cmocka_unit_test(test_unknown_fields_are_skipped),
		cmocka_unit_test(test_messages_in_pieces_are_joined),
		cmocka_unit_test(test_typed_data),
		cmocka_unit_test(test_small_types_in_wide_fields),
		cmocka_unit_test(test_tensor_data_must_fit),
		cmocka_unit_test(test_wire_limits),
		cmocka_unit_test(test_depth_is_limited),
		cmocka_unit_test(test_nested_graphs_are_limited),
		cmocka_unit_test(test_names_and_order),
		cmocka_unit_test(test_opsets_are_needed),
		cmocka_unit_test_setup_teardown(test_external_data, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
