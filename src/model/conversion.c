/*
 * From a program to a graph of ONNX operators: captured with the geometry of the inputs, named, lowered.
 * Writing it is onnx/'s matter, judging it prove/'s.
 */
#include "model/model.h"

#include <string.h>

/* ---- names of inputs and outputs ---- */

static fy_status check_name(const char *name, const char *what, int count, int given, fy_diags *diags)
{
	if (given > count)
		return fy_error(diags, FY_USAGE, "name-count", NULL,
				"%d %s names were given, the model has %d", given, what, count);
	if (name && !*name)
		return fy_error(diags, FY_USAGE, "name-empty", NULL, "the name of an %s is empty", what);
	return FY_OK;
}

static fy_status name_inputs(fy_graph *graph, const fy_convert_options *options, fy_diags *diags)
{
	for (int i = 0; i < options->input_name_count; i++)
		FY_TRY(check_name(options->input_names[i], "input", graph->main->param_count,
				  options->input_name_count, diags));
	for (int i = 0; i < graph->main->param_count; i++)
		graph->main->params[i]->name =
			i < options->input_name_count ? fy_arena_strdup(graph->arena, options->input_names[i])
						      : fy_arena_printf(graph->arena, "INPUT__%d", i);
	return FY_OK;
}

/* Paths that say more than a position: keys of dicts, names of fields. */
static bool tells_something(const char *path)
{
	return path && path[strspn(path, "0123456789.")] != 0 && !fy_starts_with(path, "OUTPUT__");
}

static fy_status name_outputs(fy_graph *graph, const fy_convert_options *options, fy_diags *diags)
{
	int count = graph->main->result_count;
	for (int i = 0; i < options->output_name_count; i++)
		FY_TRY(check_name(options->output_names[i], "output", count, options->output_name_count,
				  diags));
	for (int i = 0; i < count; i++) {
		const char *path = graph->output_names[i];
		graph->output_names[i] = i < options->output_name_count
						 ? fy_arena_strdup(graph->arena, options->output_names[i])
						 : fy_arena_printf(graph->arena, "OUTPUT__%d", i);
		if (tells_something(path))
			fy_graph_set_metadata(graph, graph->output_names[i], path);
	}
	return FY_OK;
}

static fy_status keep_outputs(fy_graph *graph, const fy_convert_options *options, fy_diags *diags)
{
	int count = graph->main->result_count;
	if (options->keep_count == 0)
		return FY_OK;
	fy_value **values = FY_NEW_ARRAY(graph->arena, fy_value *, options->keep_count);
	const char **names = FY_NEW_ARRAY(graph->arena, const char *, options->keep_count);
	for (int i = 0; i < options->keep_count; i++) {
		int kept = options->keep_outputs[i];
		if (kept < 0 || kept >= count)
			return fy_error(diags, FY_USAGE, "output-missing", NULL,
					"there is no output %d to keep: the model has %d", kept, count);
		values[i] = graph->main->results[kept];
		names[i] = graph->output_names[kept];
	}
	while (graph->main->result_count > 0)
		fy_block_remove_result(graph->main, graph->main->result_count - 1);
	for (int i = 0; i < options->keep_count; i++)
		fy_graph_output(graph, values[i], names[i]);
	fy_graph_remove_dead(graph);
	return FY_OK;
}

/* ---- weights ---- */

static void note_weights(fy_conversion *out)
{
	const fy_graph *graph = out->graph;
	out->weights = FY_NEW_ARRAY(graph->arena, fy_used_weight, graph->constant_count);
	for (int i = 0; i < graph->constant_count; i++) {
		const fy_value *constant = graph->constants[i];
		if (!constant->name || !constant->tensor->storage || !constant->tensor->storage->record ||
		    !constant->uses)
			continue;
		out->weights[out->weight_count++] =
			(fy_used_weight){ fy_arena_strdup(graph->arena, constant->name),
					  fy_tensor_ref(constant->tensor) };
	}
}

fy_status fy_conversion_check_weights(const fy_conversion *conversion, const fy_model *model,
				      const fy_progress *progress, fy_diags *diags)
{
	for (int i = 0; i < conversion->weight_count; i++) {
		fy_progress_say(progress, "checksums", i, conversion->weight_count);
		if (fy_interrupted())
			return FY_INTERRUPTED;
		FY_TRY(fy_archive_check_data(model->archive, conversion->weights[i].tensor, diags));
	}
	return FY_OK;
}

/* ---- the stages ---- */

fy_status fy_model_capture(fy_conversion *out, const fy_model *model, const fy_inputs *inputs,
			   const fy_convert_options *options, fy_diags *diags)
{
	fy_inputs meta;
	double start = fy_now();
	*out = (fy_conversion){ 0 };
	fy_eval_options eval = { .method = model->method,
				 .progress = options->progress,
				 .limits = model->limits };
	fy_progress_say(options->progress, "capture", 0, 0);
	fy_inputs_meta(&meta, inputs);
	size_t before = fy_storage_set_limit((size_t)model->archive->unpack_limit);
	fy_status status = fy_eval_capture(model->program, meta.leaves, meta.count, &eval, model->arena,
					   &out->graph, diags);
	fy_storage_set_limit(before);
	fy_inputs_release(&meta);
	if (status != FY_OK)
		out->graph = NULL;
	if (status == FY_OK)
		status = name_inputs(out->graph, options, diags);
	if (status == FY_OK)
		status = keep_outputs(out->graph, options, diags);
	if (status == FY_OK)
		status = name_outputs(out->graph, options, diags);
	if (status == FY_OK) {
		out->graph->producer = "ferry";
		out->captured_nodes = fy_graph_node_count(out->graph);
		note_weights(out);
		out->capture_seconds = fy_now() - start;
	} else {
		fy_conversion_release(out);
	}
	return status;
}

fy_status fy_conversion_lower(fy_conversion *conversion, const fy_model *model,
			      const fy_convert_options *options, fy_diags *diags)
{
	double start = fy_now();
	fy_lower_options lower = options->lower;
	lower.file = model->path;
	fy_progress_say(options->progress, "lower", 0, 0);
	size_t before = fy_storage_set_limit((size_t)model->archive->unpack_limit);
	fy_status status = fy_lower(conversion->graph, &lower, &conversion->report, diags);
	fy_storage_set_limit(before);
	FY_TRY(status);
	conversion->written_nodes = fy_graph_node_count(conversion->graph);
	conversion->lower_seconds = fy_now() - start;
	return FY_OK;
}

void fy_conversion_release(fy_conversion *conversion)
{
	for (int i = 0; i < conversion->weight_count; i++)
		fy_tensor_unref(conversion->weights[i].tensor);
	if (conversion->graph)
		fy_graph_release(conversion->graph);
	*conversion = (fy_conversion){ 0 };
}
