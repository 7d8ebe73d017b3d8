/*
 * The ONNX writer: bytes against tests/golden/onnx/written.onnx (accepted by onnx.checker with full_check;
 * made anew by FERRY_BLESS=1), limits, and what goes where.
 */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <stdlib.h>

static const char golden_path[] = "tests/golden/onnx/written.onnx";

/* All kinds of attributes and arguments, a subgraph that hands outer values through, outputs that are inputs
 * or twins. */
static const char everything[] =
	"graph \"every thing\" opset 17 {\n"
	"  producer \"ferry\"\n  doc \"a test\"\n  metadata \"key\" = \"value\"\n"
	"  const %w \"net.conv.weight\" : float32[2,1,2,2] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}\n"
	"  const %scales : float32[4] = {1.0, 1.0, 2.0, 2.0}\n"
	"  const %flags : bool[2] = {1, 0}\n"
	"  input %x \"INPUT__0\" : float32[n,1,4,w]\n  input %c : bool[]\n"
	"  %conv : float32[n,2,3,u] = onnx::Conv \"net.conv/Conv\"(%x, %w, none) {kernel_shape = [2, 2], "
	"pads = [0, 0, 0, 0]}"
	"  # net.conv code/net.py:7\n"
	"  %act : float32[n,2,3,u] = onnx::LeakyRelu \"net.act/LeakyRelu\"(%conv) {alpha = 0.2}\n"
	"  %up : float32[n,2,6,m] = onnx::Resize(%act, none, %scales) {mode = \"nearest\"}\n"
	"  %pool : float32[n,2,5,v], %where : int64[n,2,5,v] = onnx::MaxPool(%up) {kernel_shape = [2, 2]}\n"
	"  %y : float32[n,2,5,v], %z : float32[n,2,5,v] = onnx::If(%c) {\n"
	"    %a : float32[n,2,5,v] = onnx::Relu(%pool)\n    yield %a, %pool\n"
	"  } else {\n    %b : float32[n,2,5,v] = onnx::Neg(%pool)\n    yield %b, %b\n  }\n"
	"  output %y \"OUTPUT__0\"\n  output %z \"OUTPUT__1\"\n  output %y \"again\"\n  output %x \"same\"\n"
	"  output %flags \"flags\"\n}\n";

typedef struct session {
	fy_arena *arena;
	fy_diags diags;
	fy_graph *graph;
	fy_buf bytes;
} session;

static session parse_graph(const char *text)
{
	session s = { .arena = fy_arena_new() };

	if (fy_graph_parse(&s.graph, s.arena, fy_str_of(text), "test", &s.diags) != FY_OK)
		fail_msg("%s", s.diags.items[0].message);
	return s;
}

static void end(session *s)
{
	fy_graph_release(s->graph);
	fy_buf_release(&s->bytes);
	fy_diags_clear(&s->diags);
	fy_arena_free(s->arena);
}

static void write_ok(session *s, const fy_onnx_write_options *options)
{
	if (fy_onnx_write_buf(s->graph, &s->bytes, options, &s->diags) != FY_OK)
		fail_msg("%s", s->diags.items[0].message);
}

static bool holds(const fy_buf *bytes, const char *text)
{
	return memmem(bytes->data, bytes->len, text, strlen(text)) != NULL;
}

static void test_bytes_are_the_golden_ones(void **state)
{
	session s = parse_graph(everything);
	fy_file file;

	(void)state;
	write_ok(&s, &(fy_onnx_write_options){ .producer_version = "1.0" });
	if (getenv("FERRY_BLESS"))
		assert_int_equal(fy_write_file(golden_path, s.bytes.data, s.bytes.len, &s.diags), FY_OK);
	assert_int_equal(fy_file_open(&file, golden_path, &s.diags), FY_OK);
	assert_int_equal(s.bytes.len, file.size);
	assert_memory_equal(s.bytes.data, file.data, file.size);
	fy_file_close(&file);
	end(&s);
}

static void test_names_and_places_survive(void **state)
{
	session s = parse_graph(everything);
	fy_graph *again = NULL;
	fy_node *conv;

	(void)state;
	write_ok(&s, NULL);
	assert_int_equal(fy_onnx_read(&again, s.arena, s.bytes.data, s.bytes.len, "x", &s.diags), FY_OK);
	assert_int_equal(fy_onnx_check(again, &s.diags), FY_OK);
	conv = fy_graph_first(again);
	assert_string_equal(conv->name, "net.conv/Conv");
	assert_string_equal(conv->origin.module, "net.conv");
	assert_string_equal(conv->origin.file, "code/net.py");
	assert_int_equal(conv->origin.line, 7);
	assert_int_equal(conv->arg_count, 2); /* the absent bias at the end is left out */
	assert_string_equal(conv->args[1].v->name, "net.conv.weight");
	assert_int_equal(again->ir_version, 8);
	assert_int_equal(again->main->params[0]->type->shape.dims[0], fy_dim_symbol(0));
	assert_string_equal(again->symbols[0], "n");
	assert_string_equal(again->output_names[2], "again");
	assert_string_equal(again->metadata[0].value, "value");
	fy_graph_release(again);
	end(&s);
}

static void test_value_info_is_a_choice(void **state)
{
	session s = parse_graph(everything), t = parse_graph(everything);

	(void)state;
	write_ok(&s, NULL);
	write_ok(&t, &(fy_onnx_write_options){ .value_info = true });
	assert_true(t.bytes.len > s.bytes.len);
	end(&s);
	end(&t);
}

/* A weight seen through a transposed view is laid out while writing; small types have their own bytes. */
static void test_weights_of_any_layout_and_type(void **state)
{
	static const fy_dtype types[] = { FY_BF16, FY_F16,  FY_F8_E5M2, FY_F8_E4M3FN, FY_U16,
					  FY_I8,   FY_BOOL, FY_F64,     FY_C64 };
	session s = { .arena = fy_arena_new() };
	fy_tensor *base = fy_tensor_new(FY_F32, &(fy_shape){ 2, { 2, 3 } }, false), *view;
	fy_graph *again = NULL;

	(void)state;
	s.graph = fy_graph_new(s.arena);
	s.graph->opset = 21;
	for (int i = 0; i < 6; i++)
		fy_tensor_set_f64(base, i, i);
	view = fy_tensor_view(base, FY_F32, &(fy_shape){ 2, { 3, 2 } }, (const int64_t[]){ 1, 3 }, 0);
	fy_graph_output(s.graph, fy_graph_constant(s.graph, view, "turned"), "turned");
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		fy_tensor *tensor = fy_tensor_new(types[i], &(fy_shape){ 1, { 2 } }, true);

		fy_tensor_set_f64(tensor, 0, 1);
		fy_graph_output(s.graph, fy_graph_constant(s.graph, tensor, fy_dtype_name(types[i])),
				fy_dtype_name(types[i]));
		fy_tensor_unref(tensor);
	}
	write_ok(&s, NULL);
	assert_int_equal(fy_onnx_read(&again, s.arena, s.bytes.data, s.bytes.len, "x", &s.diags), FY_OK);
	for (int i = 0; i < 6; i++)
		assert_true(fy_tensor_get_f64(again->constants[0]->tensor, i) == (i % 2) * 3 + i / 2);
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		assert_int_equal(again->constants[1 + i]->tensor->dtype, types[i]);
		assert_true(fy_tensor_get_f64(again->constants[1 + i]->tensor, 0) == 1);
		assert_true(fy_tensor_get_f64(again->constants[1 + i]->tensor, 1) == 0);
	}
	fy_tensor_unref(base);
	fy_tensor_unref(view);
	fy_graph_release(again);
	end(&s);
}

/* In memory each element has its byte, in the file five of four bits have three: the first one low. */
static void test_small_elements_are_packed(void **state)
{
	static const fy_dtype types[] = { FY_U2, FY_I2, FY_U4, FY_I4, FY_F4_E2M1, FY_F6_E2M3, FY_F6_E3M2 };
	static const uint8_t elements[] = { 1, 0, 1, 1, 0 };
	session s = { .arena = fy_arena_new() };
	fy_graph *again = NULL;

	(void)state;
	s.graph = fy_graph_new(s.arena);
	s.graph->opset = 28;
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		fy_tensor *tensor = fy_tensor_new(types[i], &(fy_shape){ 1, { 5 } }, true);

		memcpy(fy_tensor_write_data(tensor), elements, sizeof(elements));
		fy_graph_output(s.graph, fy_graph_constant(s.graph, tensor, fy_dtype_name(types[i])),
				fy_dtype_name(types[i]));
		fy_tensor_unref(tensor);
	}
	write_ok(&s, NULL);
	assert_non_null(memmem(s.bytes.data, s.bytes.len, "uint4\x4a\x03\x01\x11\x00", 10));
	assert_int_equal(fy_onnx_read(&again, s.arena, s.bytes.data, s.bytes.len, "x", &s.diags), FY_OK);
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		assert_int_equal(again->constants[i]->tensor->dtype, types[i]);
		assert_memory_equal(fy_tensor_data(again->constants[i]->tensor), elements, sizeof(elements));
	}
	fy_graph_release(again);
	end(&s);
}

static void test_ir_version_follows_the_opset(void **state)
{
	(void)state;
	for (int opset = FY_ONNX_OPSET_MIN; opset <= FY_ONNX_OPSET_MAX; opset++) {
		session s = parse_graph(
			"graph \"g\" opset 9 {\n input %x : float32[1]\n %y : float32[1] = onnx::Relu(%x)\n"
			"output %y \"y\"\n}\n");

		s.graph->opset = opset;
		write_ok(&s, NULL);
		assert_int_equal(s.bytes.data[0], 8); /* field 1, varint */
		assert_int_equal(s.bytes.data[1], fy_onnx_ir_version(opset));
		end(&s);
	}
}

static void test_what_cannot_be_written(void **state)
{
	static const char *const graphs[] = {
		"graph \"g\" opset 17 {\n input %x : float32[1]\n %y : float32[1] = aten::relu(%x)\n output "
		"%y\n}\n",
		"graph \"g\" opset 99 {\n input %x : float32[1]\n %y : float32[1] = onnx::Relu(%x)\n output "
		"%y\n}\n",
		"graph \"g\" opset 17 {\n input %x : float32[1]\n %y : opaque = onnx::Relu(%x)\n output "
		"%y\n}\n",
		"graph \"g\" opset 17 {\n const %w : float32[1] = @\"w\"\n output %w\n}\n",
		"graph \"g\" opset 17 {\n input %x : complex32[1]\n output %x\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(graphs); i++) {
		session s = parse_graph(graphs[i]);

		assert_int_equal(fy_onnx_write_buf(s.graph, &s.bytes, NULL, &s.diags), FY_UNSUPPORTED);
		assert_int_equal(s.bytes.len, 0);
		end(&s);
	}
}

/* 2 GiB of zeros that are never touched: the size is known before anything is written. */
static void test_two_gibibytes_are_refused(void **state)
{
	session s = { .arena = fy_arena_new() };
	fy_tensor *huge = fy_tensor_meta(FY_U8, &(fy_shape){ 1, { INT64_C(1) << 31 } });

	(void)state;
	s.graph = fy_graph_new(s.arena);
	s.graph->opset = 17;
	huge->storage = fy_storage_borrow(everything, (size_t)1 << 31);
	fy_graph_output(s.graph, fy_graph_constant(s.graph, huge, "w"), "w");
	assert_int_equal(fy_onnx_write_buf(s.graph, &s.bytes, NULL, &s.diags), FY_UNSUPPORTED);
	assert_string_equal(s.diags.items[0].id, "onnx-too-large");
	fy_tensor_unref(huge);
	end(&s);
}

static void test_to_a_file(void **state)
{
	session s = parse_graph(everything);
	char path[] = "/tmp/ferry-unit-XXXXXX";
	fy_onnx_model model;
	fy_output *out;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(fy_output_open(&out, path, &s.diags), FY_OK);
	assert_int_equal(fy_onnx_write(s.graph, out, NULL, &s.diags), FY_OK);
	assert_int_equal(fy_output_commit(out), FY_OK);
	write_ok(&s, NULL);
	assert_int_equal(fy_onnx_open(&model, s.arena, path, &s.diags), FY_OK);
	assert_int_equal(model.file.size, s.bytes.len);
	assert_memory_equal(model.file.data, s.bytes.data, s.bytes.len);
	assert_ptr_equal(model.graph->constants[0]->tensor->storage->file, &model.file);
	assert_true(holds(&s.bytes, "net.conv.weight"));
	fy_onnx_close(&model);
	unlink(path);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_the_golden_ones),
		cmocka_unit_test(test_names_and_places_survive),
		cmocka_unit_test(test_value_info_is_a_choice),
		cmocka_unit_test(test_weights_of_any_layout_and_type),
		cmocka_unit_test(test_small_elements_are_packed),
		cmocka_unit_test(test_ir_version_follows_the_opset),
		cmocka_unit_test(test_what_cannot_be_written),
		cmocka_unit_test(test_two_gibibytes_are_refused),
		cmocka_unit_test(test_to_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
