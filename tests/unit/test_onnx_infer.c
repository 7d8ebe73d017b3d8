/* Types of ONNX nodes without data: symbolic sizes, integer vectors known through Shape chains, misfits.
 * Facts: the ONNX operator documentation. */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Reads the graph, checks it, and gives the type of its first output as text, or the first diagnostic. */
static void infer_text(const char *text, char *out, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_graph *graph = NULL;
	fy_buf type = { 0 };

	if (fy_graph_parse(&graph, arena, fy_str_of(text), "test", &diags) == FY_OK &&
	    fy_onnx_check(graph, &diags) == FY_OK) {
		const fy_type *result = graph->main->results[0]->type;

		if (result->kind == FY_TYPE_OPAQUE) {
			fy_buf_puts(&type, "opaque");
		} else {
			fy_buf_puts(&type, fy_dtype_name(result->dtype));
			fy_buf_putc(&type, '[');
			for (int i = 0; i < result->shape.rank; i++) {
				fy_dim dim = result->shape.dims[i];

				fy_buf_puts(&type, i ? "," : "");
				if (fy_dim_known(dim))
					fy_buf_printf(&type, "%" PRId64, dim);
				else if (-1 - dim < graph->symbol_count)
					fy_buf_puts(&type, graph->symbols[-1 - dim]);
				else
					fy_buf_putc(&type, '?');
			}
			fy_buf_puts(&type, result->has_shape ? "]" : "*]");
		}
	} else {
		fy_buf_puts(&type, diags.count > 0 ? diags.items[0].message : "no diagnostic");
	}
	snprintf(out, size, "%s", fy_buf_text(&type));
	fy_buf_release(&type);
	fy_graph_release(graph);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

/* The type of %y in a graph of these lines. */
static void expect(int line, int opset, const char *expected, const char *lines)
{
	char got[400];
	fy_buf text = { 0 };

	fy_buf_printf(&text, "graph \"g\" opset %d {\n%s\n output %%y\n}", opset, lines);
	infer_text(fy_buf_text(&text), got, sizeof(got));
	if (strcmp(got, expected) != 0)
		fail_msg("line %d: got '%s', expected '%s'", line, got, expected);
	fy_buf_release(&text);
}
#define EXPECT(opset, expected, lines) expect(__LINE__, opset, expected, lines)

/* One node "op(...)" on an input of `type` and constants. */
static void expect_node(int line, int opset, const char *expected, const char *type, const char *node)
{
	char lines[600];

	snprintf(lines, sizeof(lines), "input %%x : %s\n%s", type, node);
	expect(line, opset, expected, lines);
}
#define EXPECT_NODE(opset, expected, type, node) expect_node(__LINE__, opset, expected, type, node)

static void test_symbols_pass_through(void **state)
{
	(void)state;
	EXPECT_NODE(9, "float32[n,3]", "float32[n,3]", "%y : opaque = onnx::Relu(%x)");
	EXPECT_NODE(9, "float32[3,n]", "float32[n,3]", "%y : opaque = onnx::Transpose(%x)");
	EXPECT_NODE(9, "int64[2]", "float32[n,3]", "%y : opaque = onnx::Shape(%x)");
	EXPECT_NODE(9, "float32[n,3]", "float32[n,3]",
		    "const %c : float32[1] = {2.0}\n%y : opaque = onnx::Mul(%x, %c)");
	EXPECT_NODE(9, "float32[n,1]", "float32[n,3]",
		    "%y : opaque = onnx::ReduceMean(%x) {axes = [-1], keepdims = 1}");
	EXPECT_NODE(9, "float32[3]", "float32[n,3]",
		    "%y : opaque = onnx::ReduceMean(%x) {axes = [0], keepdims = 0}");
	EXPECT_NODE(13, "float32[n,3,1]", "float32[n,3]",
		    "const %a : int64[1] = {2}\n%y : opaque = onnx::Unsqueeze(%x, %a)");
	EXPECT_NODE(9, "float32[n,6]", "float32[n,2,3]", "%y : opaque = onnx::Flatten(%x)");
	EXPECT_NODE(9, "float32[?,6]", "float32[n,m,6]", "%y : opaque = onnx::Flatten(%x) {axis = 2}");
	EXPECT_NODE(13, "float32[*]", "float32[*]", "%y : opaque = onnx::Transpose(%x)");
}

static void test_windows(void **state)
{
	(void)state;
	EXPECT_NODE(9, "float32[n,8,h,15]", "float32[n,3,h,32]",
		    "const %w : float32[8,3,3,3] = @\"w\"\n"
		    "%y : opaque = onnx::Conv(%x, %w) {pads = [1, 0, 1, 0], strides = [1, 2]}");
	EXPECT_NODE(9, "float32[n,8,?,?]", "float32[n,3,h,w]",
		    "const %w : float32[8,3,3,3] = @\"w\"\n%y : opaque = onnx::Conv(%x, %w)");
	EXPECT_NODE(9, "float32[n,8,h,16]", "float32[n,3,h,32]",
		    "const %w : float32[8,3,3,4] = @\"w\"\n"
		    "%y : opaque = onnx::Conv(%x, %w) {auto_pad = \"SAME_UPPER\", strides = [1, 2]}");
	EXPECT_NODE(9, "float32[1,4,8,?]", "float32[1,2,4,w]",
		    "const %w : float32[2,4,2,2] = @\"w\"\n"
		    "%y : opaque = onnx::ConvTranspose(%x, %w) {strides = [2, 2]}");
	EXPECT_NODE(9, "float32[1,2,3,3]", "float32[1,2,7,6]",
		    "%y : opaque = onnx::MaxPool(%x) {kernel_shape = [2, 2], strides = [2, 2]}");
	EXPECT_NODE(
		10, "float32[1,2,4,3]", "float32[1,2,7,6]",
		"%y : opaque = onnx::MaxPool(%x) {kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1}");
	EXPECT_NODE(9, "float32[n,2,1,1]", "float32[n,2,h,w]", "%y : opaque = onnx::GlobalAveragePool(%x)");
}

static void test_products_and_joins(void **state)
{
	(void)state;
	EXPECT(9, "float32[b,n,5]",
	       "input %a : float32[b,n,3]\n input %c : float32[3,5]\n %y : opaque = onnx::MatMul(%a, %c)");
	EXPECT(9, "float32[n]",
	       "input %a : float32[n,3]\n input %c : float32[3]\n %y : opaque = onnx::MatMul(%a, %c)");
	EXPECT(11, "float32[n,5]",
	       "input %a : float32[n,3]\n input %c : float32[5,3]\n %y : opaque = onnx::Gemm(%a, %c) {transB "
	       "= 1}");
	EXPECT(9, "float32[n,5,2]",
	       "input %a : float32[n,3,2]\n input %c : float32[n,2,2]\n %y : opaque = onnx::Concat(%a, %c) "
	       "{axis = 1}");
	EXPECT(9, "float32[n,?]",
	       "input %a : float32[n,m]\n input %c : float32[n,2]\n %y : opaque = onnx::Concat(%a, %c) {axis "
	       "= -1}");
	EXPECT(9, "float32[4,n]",
	       "input %a : float32[1,n]\n input %c : float32[4,1]\n %y : opaque = onnx::Add(%a, %c)");
	EXPECT(9, "bool[4,n]",
	       "input %a : int64[1,n]\n input %c : int64[4,1]\n %y : opaque = onnx::Less(%a, %c)");
}

/* What x.view(x.size(0), -1) and its kin become. */
static void test_shape_chains(void **state)
{
	(void)state;
	EXPECT(11, "float32[n,12]",
	       "input %x : float32[n,3,4]\n const %zero : int64[] = {0}\n const %rest : int64[1] = {-1}\n"
	       "%s : opaque = onnx::Shape(%x)\n %n : opaque = onnx::Gather(%s, %zero)\n"
	       "%n1 : opaque = onnx::Unsqueeze(%n) {axes = [0]}\n %t : opaque = onnx::Concat(%n1, %rest) "
	       "{axis = 0}\n"
	       "%y : opaque = onnx::Reshape(%x, %t)");
	EXPECT(13, "float32[n,h,6]",
	       "input %x : float32[n,h,2,3]\n const %z : int64[1] = {0}\n const %two : int64[1] = {2}\n"
	       "const %rest : int64[1] = {-1}\n %s : opaque = onnx::Shape(%x)\n %h : opaque = "
	       "onnx::Slice(%s, %z, %two)\n"
	       "%t : opaque = onnx::Concat(%h, %rest) {axis = 0}\n %y : opaque = onnx::Reshape(%x, %t)");
	EXPECT(13, "float32[n,3]",
	       "input %x : float32[n,5]\n input %e : float32[1,3]\n const %three : int64[1] = {3}\n"
	       "%s : opaque = onnx::Shape(%x)\n const %z : int64[1] = {0}\n const %one : int64[] = {1}\n"
	       "%n : opaque = onnx::Gather(%s, %z)\n %m : opaque = onnx::Mul(%n, %one)\n"
	       "%t : opaque = onnx::Concat(%m, %three) {axis = 0}\n %y : opaque = onnx::Expand(%e, %t)");
	EXPECT(13, "float32[?]",
	       "input %x : float32[n]\n const %one : int64[] = {1}\n %s : opaque = onnx::Shape(%x)\n"
	       "%t : opaque = onnx::Add(%s, %one)\n %y : opaque = onnx::ConstantOfShape(%t)");
	EXPECT(13, "float32[7]",
	       "input %x : float32[6]\n const %one : int64[] = {1}\n %s : opaque = onnx::Shape(%x)\n"
	       "%t : opaque = onnx::Add(%s, %one)\n %y : opaque = onnx::ConstantOfShape(%t)");
	EXPECT(13, "float32[?,?,?]",
	       "input %x : float32[n]\n input %t : int64[3]\n %y : opaque = onnx::Reshape(%x, %t)");
}

static void test_reshape_with_symbols(void **state)
{
	(void)state;
	EXPECT_NODE(9, "float32[n,2,12]", "float32[n,4,6]",
		    "const %t : int64[3] = {0, 2, -1}\n%y : opaque = onnx::Reshape(%x, %t)");
	EXPECT_NODE(9, "float32[n,24]", "float32[n,4,6]",
		    "const %t : int64[2] = {-1, 24}\n%y : opaque = onnx::Reshape(%x, %t)");
	EXPECT_NODE(9, "float32[?,12]", "float32[n,4,6]",
		    "const %t : int64[2] = {-1, 12}\n%y : opaque = onnx::Reshape(%x, %t)");
}

static void test_slices(void **state)
{
	(void)state;
	EXPECT_NODE(9, "float32[3,n]", "float32[8,n]",
		    "%y : opaque = onnx::Slice(%x) {axes = [0], starts = [-4], ends = [7]}");
	EXPECT_NODE(9, "float32[8,n]", "float32[8,n]",
		    "%y : opaque = onnx::Slice(%x) {axes = [1], starts = [0], ends = [9223372036854775807]}");
	EXPECT_NODE(9, "float32[8,?]", "float32[8,n]",
		    "%y : opaque = onnx::Slice(%x) {axes = [1], starts = [1], ends = [9223372036854775807]}");
	EXPECT_NODE(10, "float32[4]", "float32[8]",
		    "const %s : int64[1] = {-1}\n const %e : int64[1] = {-9223372036854775808}\n"
		    "const %a : int64[1] = {0}\n const %p : int64[1] = {-2}\n %y : opaque = onnx::Slice(%x, "
		    "%s, %e, %a, %p)");
}

static void test_misfits_are_named(void **state)
{
	(void)state;
	EXPECT_NODE(9, "onnx::Conv: the input has 4 channels, the weight takes 3", "float32[1,4,8,8]",
		    "const %w : float32[8,3,3,3] = @\"w\"\n%y : opaque = onnx::Conv(%x, %w)");
	EXPECT(9, "onnx::Add: shapes do not broadcast: [2,3] and [4]",
	       "input %a : float32[2,3]\n input %c : float32[4]\n %y : opaque = onnx::Add(%a, %c)");
	EXPECT(9, "onnx::Add: inputs 0 and 1 differ in element type: float32 and int64",
	       "input %a : float32[3]\n input %c : int64[3]\n %y : opaque = onnx::Add(%a, %c)");
	EXPECT_NODE(9, "onnx::Softmax: axis 5 is outside a tensor of rank 2", "float32[2,3]",
		    "%y : opaque = onnx::Softmax(%x) {axis = 5}");
	EXPECT_NODE(9, "onnx::Clip: has 2 inputs, at most 1 are possible (version 6)", "float32[2,3]",
		    "%y : opaque = onnx::Clip(%x, %x)");
	EXPECT_NODE(13, "onnx::ReduceSum: has no attribute 'axes' (version 13)", "float32[2,3]",
		    "%y : opaque = onnx::ReduceSum(%x) {axes = [0]}");
	EXPECT_NODE(9, "onnx::Concat: lacks attribute 'axis'", "float32[2,3]",
		    "%y : opaque = onnx::Concat(%x, %x)");
	EXPECT_NODE(9, "onnx::LeakyRelu: attribute 'alpha' is of the wrong kind (version 6)", "float32[2,3]",
		    "%y : opaque = onnx::LeakyRelu(%x) {alpha = [1.0]}");
	EXPECT_NODE(9, "onnx::Gelu: came with opset 20, opset 9 is imported", "float32[2,3]",
		    "%y : opaque = onnx::Gelu(%x)");
	EXPECT_NODE(9, "onnx::Gellu: there is no such operator in opset 9", "float32[2,3]",
		    "%y : opaque = onnx::Gellu(%x)");
	EXPECT_NODE(17, "float32[1,4,2]", "float32[1,4,2]", "%y : opaque = onnx::DFT(%x)");
	EXPECT_NODE(9, "onnx::Relu: 'y' is declared int64[2], computed float32[2]", "float32[2]",
		    "%y : int64[2] = onnx::Relu(%x)");
}

/* Real numbers in the range that stands for symbols inside are only far too small. */
static void test_numbers_that_look_like_symbols(void **state)
{
	(void)state;
	EXPECT_NODE(18, "onnx::ReduceMax: axis -4611686018427387903 is outside a tensor of rank 2",
		    "float32[2,3]",
		    "const %a : int64[1] = {-4611686018427387905}\n%y : opaque = onnx::ReduceMax(%x, %a)");
	EXPECT_NODE(13, "onnx::Reshape: size -4611686018427387903 is negative", "float32[2,3]",
		    "const %a : int64[1] = {-4611686018427387904}\n%y : opaque = onnx::Reshape(%x, %a)");
}

static void test_control_flow(void **state)
{
	(void)state;
	EXPECT(13, "float32[2,?]",
	       "input %c : bool[]\n input %x : float32[2,3]\n"
	       "%y : opaque = onnx::If(%c) {\n %a : opaque = onnx::Relu(%x)\n yield %a\n} else {\n"
	       "%b : opaque = onnx::Concat(%x, %x) {axis = 1}\n yield %b\n}");
	EXPECT(13, "float32[2,3]",
	       "const %n : int64[] = {4}\n const %c : bool[] = {1}\n input %x : float32[2,3]\n"
	       "%y : opaque, %all : opaque = onnx::Loop(%n, %c, %x) {\n param %i : int64[]\n param %go : "
	       "bool[]\n"
	       "param %s : float32[2,3]\n %t : opaque = onnx::Relu(%s)\n yield %go, %t, %t\n}");
	EXPECT(13, "float32[?,2,3]",
	       "const %n : int64[] = {4}\n const %c : bool[] = {1}\n input %x : float32[2,3]\n"
	       "%last : opaque, %y : opaque = onnx::Loop(%n, %c, %x) {\n param %i : int64[]\n param %go : "
	       "bool[]\n"
	       "param %s : float32[2,3]\n %t : opaque = onnx::Relu(%s)\n yield %go, %t, %t\n}");
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols_pass_through),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_products_and_joins),
		cmocka_unit_test(test_shape_chains),
		cmocka_unit_test(test_reshape_with_symbols),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_misfits_are_named),
		cmocka_unit_test(test_control_flow),
		cmocka_unit_test(test_numbers_that_look_like_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
