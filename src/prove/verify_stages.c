/*
 * Verifying a file that is there already: its graph, its weights against the archive, its results against
 * those of the reference.
 */
#include "prove/prove.h"

typedef struct job {
	const fy_model *reference, *file;
	const fy_verify_request *request;
	const fy_work *work;
	fy_diags *diags;
	fy_golden golden;
	fy_inputs inputs;
	fy_conversion conversion; /* of a program: what it uses of the archive */
} job;

static fy_status find_golden(job *j)
{
	if (j->work->golden)
		return fy_golden_read(&j->golden, j->work->golden, j->reference->arena, j->diags);
	return fy_golden_of_archive(&j->golden, j->reference, j->diags);
}

/* Without inputs of its own a program is given the shapes that the file takes. */
static const fy_input_spec *shapes_of_file(const job *j, int *count)
{
	const fy_block *main = j->file->onnx.graph->main;
	fy_input_spec *specs = FY_NEW_ARRAY(j->reference->arena, fy_input_spec, main->param_count + 1);
	*count = main->param_count;
	for (int i = 0; i < main->param_count; i++) {
		const fy_type *type = main->params[i]->type;
		fy_buf text = { 0 };
		if (type->kind != FY_TYPE_TENSOR || !type->has_shape || !fy_shape_known(&type->shape)) {
			*count = 0;
			break;
		}
		fy_buf_puts(&text, fy_dtype_name(type->dtype));
		fy_buf_put_shape(&text, &type->shape);
		specs[i].text = fy_arena_strdup(j->reference->arena, fy_buf_text(&text));
		fy_buf_release(&text);
	}
	return specs;
}

static fy_status bind_inputs(job *j)
{
	const fy_input_spec *specs = j->request->specs;
	int count = j->request->spec_count;
	if (count > 0 && !j->work->golden)
		fy_golden_release(&j->golden);
	if (count == 0 && j->golden.input_count > 0) {
		specs = fy_golden_specs(&j->golden, j->reference->arena);
		count = j->golden.input_count;
	} else if (count == 0 && j->reference->kind == FY_MODEL_PROGRAM) {
		specs = shapes_of_file(j, &count);
	}
	FY_TRY(fy_inputs_bind(&j->inputs, j->reference, specs, count, j->diags));
	return fy_golden_fill(&j->golden, &j->inputs, j->diags);
}

/* Captured for the weights and for finding the first difference. */
static fy_status prove_weights(job *j, const fy_convert_options *convert)
{
	if (j->reference->kind != FY_MODEL_PROGRAM)
		return FY_OK;
	FY_TRY(fy_model_capture(&j->conversion, j->reference, &j->inputs, convert, j->diags));
	return fy_stage_weights(j->work, j->reference, j->file, &j->conversion, NULL, j->diags);
}

static fy_status run_job(job *j)
{
	fy_convert_options convert = { .keep_outputs = j->request->keep_outputs,
				       .keep_count = j->request->keep_count };
	fy_verify_options options = { .every_runtime = true, .convert = &convert, .golden = &j->golden };
	FY_TRY(find_golden(j));
	FY_TRY(bind_inputs(j));
	fy_stage_model(j->work, j->reference);
	fy_stage_model(j->work, j->file);
	fy_status graph = fy_stage_graph(j->work, j->file, j->diags);
	fy_status weights = prove_weights(j, &convert);
	if (weights != FY_OK && weights != FY_CHECK_FAILED)
		return weights;
	fy_status inference =
		fy_stage_inference(j->work, j->reference, j->file, &j->inputs, &options, j->diags);
	if (inference != FY_OK)
		return inference;
	return graph != FY_OK ? graph : weights;
}

fy_status fy_verify_file(const fy_model *reference, const fy_model *file, const fy_verify_request *request,
			 const fy_work *work, fy_diags *diags)
{
	job j = { .reference = reference, .file = file, .request = request, .work = work, .diags = diags };
	if (file->kind != FY_MODEL_ONNX) {
		fy_error(diags, FY_USAGE, "not-onnx", &(fy_place){ .file = file->path },
			 "the file to verify is no ONNX model");
		fy_hint(diags, "ferry verify MODEL.pt MODEL.onnx");
		return FY_USAGE;
	}
	fy_status status = run_job(&j);
	fy_golden_release(&j.golden);
	fy_inputs_release(&j.inputs);
	fy_conversion_release(&j.conversion);
	return status;
}
