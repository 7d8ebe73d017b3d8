/*
 * Runs a model on concrete inputs: a program by the evaluator, an ONNX file by ferry's engine or by ONNX
 * Runtime.
 */
#include "engine/engine.h"
#include "model/model.h"

static void prepare_outputs(const fy_model *model, fy_outputs *outputs, int count)
{
	*outputs = (fy_outputs){ .count = count };
	outputs->names = FY_NEW_ARRAY(model->arena, const char *, count);
	outputs->tensors = FY_NEW_ARRAY(model->arena, fy_tensor *, count);
}

fy_status fy_graph_execute(const fy_graph *graph, fy_tensor *const *inputs, int input_count,
			   const fy_execute_options *options, fy_tensor **outputs, fy_diags *diags)
{
	fy_engine_options engine = { .threads = options->threads,
				     .seed = options->seed,
				     .max_steps = options->max_steps,
				     .progress = options->progress };
	return fy_engine_run(graph, inputs, input_count, outputs, &engine, diags);
}

static fy_status run_elsewhere(const fy_model *model, fy_tensor *const *tensors, int count,
			       const fy_execute_options *options, fy_outputs *outputs, fy_diags *diags)
{
	fy_ort_session *session = NULL;
	size_t output_count;
	fy_ort_options ort = { .threads = options->threads };
	FY_TRY(fy_ort_session_open(&session, options->ort, model->path, &ort, diags));
	const fy_ort_port *ports = fy_ort_session_outputs(session, &output_count);
	prepare_outputs(model, outputs, (int)output_count);
	for (size_t i = 0; i < output_count; i++)
		outputs->names[i] = fy_arena_strdup(model->arena, ports[i].name);
	fy_status status = fy_ort_session_run(session, tensors, (size_t)count, outputs->tensors, diags);
	fy_ort_session_close(session);
	return status;
}

static fy_status run_graph(const fy_model *model, fy_tensor *const *tensors, int count,
			   const fy_execute_options *options, fy_outputs *outputs, fy_diags *diags)
{
	fy_graph *graph = model->onnx.graph;
	fy_execute_options running = *options;
	if (running.max_steps == 0)
		running.max_steps = model->limits.steps;
	FY_TRY(fy_onnx_check(graph, diags));
	prepare_outputs(model, outputs, graph->main->result_count);
	for (int i = 0; i < outputs->count; i++)
		outputs->names[i] = graph->output_names[i];
	return fy_graph_execute(graph, tensors, count, &running, outputs->tensors, diags);
}

/* A program may read every tensor that its objects and constants hold. */
static fy_status check_tensors(const fy_model *model, const fy_pvalue *root, fy_diags *diags)
{
	fy_named_tensor *tensors;
	size_t count;
	fy_archive_tensors(model->archive, root, &tensors, &count);
	for (size_t i = 0; i < count; i++) {
		if (fy_interrupted())
			return FY_INTERRUPTED;
		FY_TRY(fy_archive_check_data(model->archive, tensors[i].tensor, diags));
	}
	return FY_OK;
}

static fy_status run_program(const fy_model *model, const fy_inputs *inputs,
			     const fy_execute_options *options, fy_outputs *outputs, fy_diags *diags)
{
	fy_eval_options eval = { .method = model->method,
				 .progress = options->progress,
				 .seed = options->seed,
				 .limits = model->limits };
	FY_TRY(check_tensors(model, model->archive->root, diags));
	if (model->archive->constants.root)
		FY_TRY(check_tensors(model, model->archive->constants.root, diags));
	return fy_eval_run(model->program, inputs->leaves, inputs->count, &eval, model->arena, outputs,
			   diags);
}

fy_status fy_model_execute(const fy_model *model, const fy_inputs *inputs, const fy_execute_options *options,
			   fy_outputs *outputs, fy_diags *diags)
{
	fy_arena *scratch = fy_arena_new();
	fy_status status;
	int count;
	fy_tensor **tensors = fy_inputs_tensors(inputs, scratch, &count);
	*outputs = (fy_outputs){ 0 };
	fy_progress_say(options->progress, options->ort ? "onnxruntime" : "run", 0, 0);
	if (model->kind == FY_MODEL_PROGRAM) {
		status = run_program(model, inputs, options, outputs, diags);
	} else if (options->ort) {
		status = run_elsewhere(model, tensors, count, options, outputs, diags);
	} else {
		status = run_graph(model, tensors, count, options, outputs, diags);
	}
	if (status != FY_OK)
		outputs->count = 0;
	fy_arena_free(scratch);
	return status;
}
