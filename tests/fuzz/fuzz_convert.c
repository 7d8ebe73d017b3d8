/*
 * Any bytes as a TorchScript archive, converted and verified in memory: opened, bound, captured, lowered,
 * written, read back and checked; then the program runs on data, and what was written runs on the same.
 * Tensor inputs get a shape from a short ladder: the first that the program takes.
 */
#include "fuzz_model.h"

enum { MAX_INPUTS = 4 };

static const fy_eval_limits limits = { .steps = 10000, .nodes = 10000, .unrolled = 1000, .items = 10000 };

/* Of the first tensor, and of the others. */
static const char *const shapes[][2] = {
	{ "4", "4" }, { "2x3", "int64[]" }, { "1x2x6x6", "2x3" }, { "int64[2,3]", "2" }
};

/* ---- what was written ---- */

static void read_back(const fy_buf *file, const fy_model *model, fy_inputs *inputs)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_model written = {
		.kind = FY_MODEL_ONNX, .path = "fuzz.onnx", .called = "fuzz.onnx", .arena = arena
	};

	FY_ASSERT(fy_onnx_read(&written.onnx.graph, arena, file->data, file->len, written.path, &diags) ==
		  FY_OK);
	fy_status status = fy_onnx_check(written.onnx.graph, &diags);
	fuzz_judge(status, &diags);
	if (status == FY_OK && fuzz_run(model, inputs))
		fuzz_run(&written, inputs);
	fy_graph_release(written.onnx.graph);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

static fy_status write_model(const fy_graph *graph, const fy_model *model, fy_inputs *inputs, fy_diags *diags)
{
	const fy_onnx_write_options options = { .value_info = true };
	fy_buf file = { 0 };
	fy_status status = fy_onnx_write_buf(graph, &file, &options, diags);

	if (status == FY_OK)
		read_back(&file, model, inputs);
	fy_buf_release(&file);
	return status;
}

/* ---- the conversion ---- */

static fy_status convert(const fy_model *model, fy_inputs *inputs, fy_diags *diags)
{
	const fy_convert_options options = { .lower = { .fuse = true } };
	fy_conversion conversion;

	FY_TRY(fy_model_capture(&conversion, model, inputs, &options, diags));
	fy_status status = fy_conversion_lower(&conversion, model, &options, diags);
	if (status == FY_OK)
		status = write_model(conversion.graph, model, inputs, diags);
	fy_conversion_release(&conversion);
	return status;
}

static int tensor_inputs(const fy_input_slot *slots, int count, const char **names)
{
	int found = 0;

	for (int i = 0; i < count && found < MAX_INPUTS; i++)
		if (!slots[i].type || slots[i].type->kind == FY_TS_TENSOR)
			names[found++] = slots[i].name;
	return found;
}

/* With shape `step` of the ladder. */
static fy_status try_shape(const fy_model *model, size_t step, fy_diags *diags)
{
	const char *names[MAX_INPUTS];
	fy_input_spec specs[MAX_INPUTS] = { 0 };
	fy_input_slot *slots;
	fy_inputs inputs;
	int count;

	FY_TRY(fy_method_inputs(model->program, model->method, model->arena, &slots, &count, diags));
	count = tensor_inputs(slots, count, names);
	for (int i = 0; i < count; i++)
		specs[i].text = fy_arena_printf(model->arena, "%s=%s", names[i], shapes[step][i > 0]);
	FY_TRY(fy_inputs_bind(&inputs, model, specs, count, diags));
	fy_status status = convert(model, &inputs, diags);
	fy_inputs_release(&inputs);
	return status;
}

static void convert_model(const fy_model *model)
{
	fy_status status = FY_UNSUPPORTED;

	for (size_t step = 0; step < FY_COUNT(shapes) && status != FY_OK; step++) {
		fy_diags diags = { 0 };
		status = try_shape(model, step, &diags);
		fuzz_judge(status, &diags);
		fy_diags_clear(&diags);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_model model = { .kind = FY_MODEL_PROGRAM,
			   .path = "fuzz.pt",
			   .called = "fuzz.pt",
			   .arena = arena,
			   .method = "forward",
			   .limits = limits };
	fy_status status = fy_archive_open_bytes(&model.archive, arena, data, size, model.path, 0, &diags);

	if (status == FY_OK && model.archive->kind == FY_KIND_TORCHSCRIPT)
		status = fy_program_bind(&model.program, arena, model.archive, fy_eval_is_builtin, &diags);
	fuzz_judge(status, &diags);
	if (model.program)
		convert_model(&model);
	fy_archive_close(model.archive);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return 0;
}
