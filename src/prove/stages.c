/*
 * The stages that converting and verifying share: what the model is, whether the file is valid, the weights,
 * the inference. Each tells what it found as soon as it is done.
 */
#include "prove/prove.h"

#include <string.h>

void fy_stage_tell(const fy_work *work, fy_stage stage)
{
	if (work->sink.tell)
		work->sink.tell(work->sink.user, &stage);
	else
		fy_json_free(stage.json);
}

void fy_stage_model(const fy_work *work, const fy_model *model)
{
	fy_buf text = { 0 };
	fy_model_weights weights = fy_model_count_weights(model);
	fy_json *json = fy_json_object();
	const char *slash = strrchr(model->path, '/'), *name = slash ? slash + 1 : model->path;
	fy_buf_put_clean(&text, name, strlen(name));
	do
		fy_buf_putc(&text, ' ');
	while (text.len < 13);
	fy_model_put_summary(model, &text);
	fy_json_set(json, "file", fy_json_str(model->path));
	fy_json_set(json, "parameters", fy_json_int(weights.elements));
	fy_json_set(json, "bytes", fy_json_int((int64_t)model->size));
	fy_stage_tell(work, (fy_stage){ .name = "model", .text = fy_buf_text(&text), .json = json });
	fy_buf_release(&text);
}

fy_status fy_stage_graph(const fy_work *work, const fy_model *file, fy_diags *diags)
{
	fy_buf text = { 0 };
	fy_graph *graph = file->onnx.graph;
	size_t before = diags->count;
	fy_status status = fy_onnx_check(graph, diags);
	/* Operators that only others can run are no fault of the graph. */
	if (status == FY_UNSUPPORTED) {
		fy_diags_truncate(diags, before);
		status = FY_OK;
	}
	fy_json *json = fy_json_object();
	fy_json_set(json, "opset", fy_json_int(graph->opset));
	fy_json_set(json, "ir_version", fy_json_int(graph->ir_version));
	fy_json_set(json, "nodes", fy_json_int(fy_graph_node_count(graph)));
	fy_buf_printf(&text, "%s ONNX, opset %d", status == FY_OK ? "valid" : "not valid", graph->opset);
	fy_stage_tell(work, (fy_stage){ .name = "graph",
					.verdict = status == FY_OK ? FY_VERDICT_OK : FY_VERDICT_FAILED,
					.text = fy_buf_text(&text),
					.json = json });
	fy_buf_release(&text);
	return status == FY_OK ? FY_OK : FY_CHECK_FAILED;
}

fy_status fy_stage_weights(const fy_work *work, const fy_model *program, const fy_model *file,
			   const fy_conversion *conversion, const fy_written *written, fy_diags *diags)
{
	fy_buf text = { 0 };
	fy_weight_proof proof;
	FY_TRY(fy_weights_prove(&proof, conversion, program, file, written, diags));
	fy_buf_put_weight_proof(&text, &proof);
	fy_stage_tell(work, (fy_stage){ .name = "weights",
					.verdict = proof.verdict,
					.text = fy_buf_text(&text),
					.json = fy_weight_proof_json(&proof) });
	fy_buf_release(&text);
	if (proof.different == 0)
		return FY_OK;
	return fy_error(diags, FY_CHECK_FAILED, "weights-differ", &(fy_place){ .file = file->called },
			"%d weights are not those of the archive, '%s' first", proof.different,
			proof.first_different);
}

static void tell_proof(void *user, const fy_proof *proof)
{
	const fy_work *work = user;
	fy_buf text = { 0 }, details = { 0 };
	fy_buf_put_proof(&text, proof);
	fy_buf_put_proof_details(&details, proof, work->sink.verbose || proof->verdict == FY_VERDICT_FAILED);
	fy_stage_tell(work, (fy_stage){ .name = "inference",
					.verdict = proof->verdict,
					.text = fy_buf_text(&text),
					.details = details.len ? fy_buf_text(&details) : NULL,
					.seconds = proof->seconds,
					.json = fy_proof_json(proof) });
	fy_buf_release(&text);
	fy_buf_release(&details);
}

/* ---- other ways through the graph ---- */

enum { OTHER_SEEDS = 4 };

typedef struct others {
	const fy_work *work;
	bool agreed, judged, crossed;
} others;

static bool depends_on_data(const fy_graph *graph)
{
	for (const fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node))
		if (node->block_count)
			return true;
	return false;
}

static void hear_other(void *user, const fy_proof *proof)
{
	others *o = user;
	o->judged = true;
	o->crossed |= proof->evidence != FY_SELF;
	if (proof->verdict != FY_VERDICT_FAILED)
		return;
	o->agreed = false;
	tell_proof((void *)(uintptr_t)o->work, proof);
}

/* Inputs that the program itself refuses say nothing about the file. */
static fy_status run_others(const fy_work *work, const fy_model *reference, const fy_model *file,
			    fy_inputs *inputs, fy_verify_options *options, fy_diags *diags)
{
	int ran = 0;
	fy_buf text = { 0 };
	others o = { .work = work, .agreed = true };
	options->golden = NULL;
	options->on_proof = hear_other;
	options->user = &o;
	for (int k = 1; k <= OTHER_SEEDS && o.agreed; k++) {
		fy_diags own = { 0 };
		FY_TRY(fy_inputs_fill(inputs, file->onnx.graph, work->seed + (uint64_t)k, diags));
		o.judged = false;
		fy_status status = fy_verify(reference, file, inputs, options, &own);
		fy_diags_clear(&own);
		if (status == FY_INTERRUPTED)
			return status;
		ran += o.judged;
	}
	fy_buf_printf(&text, "%d more inputs, for branches and loops on data: %s", ran,
		      o.agreed ? "agree" : "differ");
	if (ran)
		fy_stage_tell(work, (fy_stage){ .name = "inference",
						.verdict = !o.agreed   ? FY_VERDICT_FAILED
							   : o.crossed ? FY_VERDICT_OK
								       : FY_VERDICT_SELF_CHECK,
						.text = fy_buf_text(&text) });
	fy_buf_release(&text);
	if (o.agreed)
		return FY_OK;
	return fy_error(diags, FY_CHECK_FAILED, "outputs-differ", &(fy_place){ .file = file->called },
			"the file does not give the results of '%s' on every input", reference->called);
}

/* The program runs longer than it may: its conversion, a loop of the graph, is right all the same, but there
 * is nothing to compare it with. */
static bool is_too_long(const fy_diags *diags, size_t from)
{
	return diags->count > from && strcmp(diags->items[from].id, "limit") == 0;
}

static void tell_too_long(const fy_work *work, fy_diags *diags, size_t from)
{
	fy_buf text = { 0 };
	fy_buf_printf(&text, "not compared: %s; --max-steps N raises the limit", diags->items[from].message);
	fy_diags_truncate(diags, from);
	fy_stage_tell(
		work,
		(fy_stage){ .name = "inference", .verdict = FY_VERDICT_WEAK, .text = fy_buf_text(&text) });
	fy_buf_release(&text);
}

fy_status fy_stage_inference(const fy_work *work, const fy_model *reference, const fy_model *file,
			     fy_inputs *inputs, const fy_verify_options *options, fy_diags *diags)
{
	fy_verify_options told = *options;
	told.tolerance = work->tolerance;
	told.execute = (fy_execute_options){
		.threads = work->threads, .seed = work->seed, .progress = work->progress, .ort = work->ort
	};
	told.on_proof = tell_proof;
	told.user = (void *)(uintptr_t)work;
	FY_TRY(fy_inputs_fill(inputs, file->onnx.graph, work->seed, diags));
	size_t before = diags->count;
	fy_status status = fy_verify(reference, file, inputs, &told, diags);
	if (status == FY_UNSUPPORTED && options->long_is_weak && is_too_long(diags, before)) {
		tell_too_long(work, diags, before);
		return FY_OK;
	}
	FY_TRY(status);
	if (!fy_inputs_are_made_up(inputs) || !depends_on_data(file->onnx.graph))
		return FY_OK;
	return run_others(work, reference, file, inputs, &told, diags);
}
