/*
 * Any bytes as an ONNX model: read, checked, and when it is sound written, read and written again: the same
 * bytes must come out. Then it runs.
 */
#include "fuzz_model.h"

static fy_graph *read_model(fy_arena *arena, const void *bytes, size_t size, fy_status *status)
{
	fy_graph *graph = NULL;
	fy_diags diags = { 0 };

	*status = fy_onnx_read(&graph, arena, bytes, size, "fuzz.onnx", &diags);
	fuzz_judge(*status, &diags);
	fy_diags_clear(&diags);
	return graph;
}

static fy_status write_model(const fy_graph *graph, fy_buf *out)
{
	const fy_onnx_write_options options = { .value_info = true };
	fy_diags diags = { 0 };
	fy_status status = fy_onnx_write_buf(graph, out, &options, &diags);

	fuzz_judge(status, &diags);
	fy_diags_clear(&diags);
	return status;
}

static void write_twice(fy_arena *arena, const fy_graph *graph)
{
	fy_buf once = { 0 }, twice = { 0 };
	fy_status status;

	if (write_model(graph, &once) == FY_OK) {
		fy_graph *again = read_model(arena, once.data, once.len, &status);
		FY_ASSERT(status == FY_OK);
		FY_ASSERT(write_model(again, &twice) == FY_OK);
		FY_ASSERT(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
		fy_graph_release(again);
	}
	fy_buf_release(&once);
	fy_buf_release(&twice);
}

static void run(fy_arena *arena, fy_graph *graph)
{
	const fy_model model = { .kind = FY_MODEL_ONNX,
				 .path = "fuzz.onnx",
				 .called = "fuzz.onnx",
				 .arena = arena,
				 .onnx.graph = graph };
	fy_inputs inputs;
	fy_diags diags = { 0 };
	fy_status status = fy_inputs_bind(&inputs, &model, NULL, 0, &diags);

	fuzz_judge(status, &diags);
	if (status == FY_OK) {
		fuzz_run(&model, &inputs);
		fy_inputs_release(&inputs);
	}
	fy_diags_clear(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_status status;

	fy_onnx_sniff(data, size);
	fy_graph *graph = read_model(arena, data, size, &status);
	if (status == FY_OK) {
		status = fy_onnx_check(graph, &diags);
		fuzz_judge(status, &diags);
		if (status == FY_OK) {
			write_twice(arena, graph);
			run(arena, graph);
		}
		fy_graph_release(graph);
	}
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return 0;
}
