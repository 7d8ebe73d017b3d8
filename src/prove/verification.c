/*
 * Gathers the evidence there is: results saved from PyTorch, the original program against ONNX Runtime, the
 * original program against ferry's engine. Each side runs once, however often it is compared.
 */
#include "prove/prove.h"

#include <string.h>

/* One run of one model, with what to call it. */
typedef struct run {
	fy_outputs outputs;
	bool done;
	double seconds;
	fy_buf name;
} run;

typedef struct verification {
	const fy_model *reference, *file;
	const fy_inputs *inputs;
	const fy_verify_options *options;
	fy_diags *diags;
	run program, elsewhere, engine;
	char *unavailable; /* why ONNX Runtime has no say */
	int failed;
} verification;

static fy_status execute(verification *v, run *r, const fy_model *model, fy_ort *ort, fy_diags *diags)
{
	fy_execute_options options = v->options->execute;
	double start = fy_now();
	options.ort = ort;
	options.max_steps = v->reference->limits.steps;
	FY_TRY(fy_model_execute(model, v->inputs, &options, &r->outputs, diags));
	r->seconds = fy_now() - start;
	r->done = true;
	return FY_OK;
}

static void tell(verification *v, fy_proof *proof)
{
	if (proof->verdict == FY_VERDICT_FAILED)
		v->failed++;
	if (v->options->on_proof)
		v->options->on_proof(v->options->user, proof);
	fy_proof_release(proof);
}

static fy_proof new_proof(fy_evidence evidence, const run *side, const char *reference)
{
	return (fy_proof){ .evidence = evidence,
			   .side = fy_strdup(fy_buf_text(&side->name)),
			   .reference = fy_strdup(reference) };
}

static const char *called(const verification *v)
{
	return v->options->file_called ? v->options->file_called : "the file";
}

/* ---- runs ---- */

/* ONNX Runtime takes ever longer to load graphs that grow, minutes for a million nodes; and what it says when
 * it gets no memory would look like a fault of the file. */
static bool is_left_out(verification *v)
{
	enum { MOST_NODES = 20000, ROOM = 64 << 20 };
	fy_buf why = { 0 };
	int nodes = fy_graph_node_count(v->file->onnx.graph);
	if (nodes > MOST_NODES)
		fy_buf_printf(&why, "ONNX Runtime was left out: %d nodes would take it too long", nodes);
	else if (!fy_memory_left(ROOM))
		fy_buf_puts(&why, "ONNX Runtime was left out: there is too little memory");
	if (why.len)
		v->unavailable = fy_strdup(fy_buf_text(&why));
	fy_buf_release(&why);
	return v->unavailable != NULL;
}

/* ONNX Runtime may lack an operator or be too old; that is no fault of the file. Any other refusal is. */
static fy_status run_elsewhere(verification *v)
{
	fy_ort *ort = v->options->execute.ort;
	fy_diags own = { 0 };
	if (!ort || is_left_out(v))
		return FY_OK;
	fy_buf_printf(&v->elsewhere.name, "onnxruntime %s on %s", fy_ort_version(ort), called(v));
	fy_status status = execute(v, &v->elsewhere, v->file, ort, &own);
	if (status != FY_OK && status != FY_INTERRUPTED) {
		const char *message = own.count ? own.items[own.count - 1].message : "ONNX Runtime failed";
		if (status == FY_UNSUPPORTED) {
			v->unavailable = fy_strdup(message);
		} else {
			fy_proof proof = new_proof(FY_CROSSED, &v->elsewhere, "the original program");
			proof.verdict = FY_VERDICT_FAILED;
			fy_proof_add_note(&proof, "%s", message);
			tell(v, &proof);
		}
		status = FY_OK;
	}
	fy_diags_clear(&own);
	return status;
}

static fy_status run_engine(verification *v)
{
	if (v->elsewhere.done && !v->options->every_runtime)
		return FY_OK;
	fy_buf_printf(&v->engine.name, "ferry's engine on %s", called(v));
	return execute(v, &v->engine, v->file, NULL, v->diags);
}

static fy_status run_reference(verification *v)
{
	bool is_program = v->reference->kind == FY_MODEL_PROGRAM;
	if (is_program)
		fy_buf_puts(&v->program.name, "the original program");
	else
		fy_buf_printf(&v->program.name, "ferry's engine on %s", v->reference->path);
	return execute(v, &v->program, v->reference, NULL, v->diags);
}

/* ---- proofs ---- */

static void locate(verification *v, fy_proof *proof, bool elsewhere)
{
	fy_buf text = { 0 };
	fy_execute_options options = v->options->execute;
	if (v->reference->kind != FY_MODEL_PROGRAM || !v->options->convert || fy_interrupted())
		return;
	if (!elsewhere)
		options.ort = NULL;
	fy_find_difference(&text, v->reference, v->file->onnx.graph, v->inputs, v->options->convert, &options,
			   v->options->tolerance);
	if (text.len)
		fy_proof_add_note(proof, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
}

/* A difference that rounding explains is no less of one, but the user should know. */
static void explain(verification *v, fy_proof *proof)
{
	fy_execute_options options = v->options->execute;
	options.ort = NULL;
	if (fy_interrupted())
		return;
	double response = fy_rounding_response(v->reference, v->inputs, &v->program.outputs, &options);
	if (response > 0 && response * 10 >= proof->max)
		fy_proof_add_note(proof,
				  "the results of the program itself move by %.1e when its inputs move in "
				  "their last digit: "
				  "this is rounding; --bound says how much of it is equal",
				  response);
}

static void prove_against_program(verification *v, run *side, fy_evidence evidence)
{
	const fy_convert_options *convert = v->options->convert;
	fy_proof proof = new_proof(evidence, side, fy_buf_text(&v->program.name));
	if (!side->done || !v->program.done) {
		fy_proof_release(&proof);
		return;
	}
	fy_proof_judge(&proof, &side->outputs, &v->program.outputs, convert ? convert->keep_outputs : NULL,
		       convert ? convert->keep_count : 0, v->options->tolerance);
	proof.seconds = side->seconds + v->program.seconds;
	if (evidence == FY_SELF && !v->elsewhere.done)
		fy_proof_add_note(&proof, "%s",
				  v->unavailable ? v->unavailable
						 : "ONNX Runtime was not found: see ferry doctor");
	if (proof.verdict == FY_VERDICT_FAILED) {
		locate(v, &proof, side == &v->elsewhere);
		explain(v, &proof);
	}
	tell(v, &proof);
}

/* The file against what PyTorch gave; when they differ, whether ferry's run of the program differs as well.
 */
static void prove_against_golden(verification *v, run *side)
{
	const fy_golden *golden = v->options->golden;
	const fy_convert_options *convert = v->options->convert;
	fy_outputs saved = { .tensors = golden->outputs, .count = golden->output_count };
	fy_buf name = { 0 };
	fy_buf_printf(&name, "results saved in %s", golden->place);
	fy_proof proof = new_proof(FY_INDEPENDENT, side, fy_buf_text(&name));
	fy_proof_judge(&proof, &side->outputs, &saved, convert ? convert->keep_outputs : NULL,
		       convert ? convert->keep_count : 0, v->options->tolerance);
	proof.seconds = side->seconds;
	if (proof.verdict == FY_VERDICT_FAILED && v->program.done) {
		fy_proof check = new_proof(FY_INDEPENDENT, &v->program, fy_buf_text(&name));
		fy_proof_judge(&check, &v->program.outputs, &saved, NULL, 0, v->options->tolerance);
		fy_proof_add_note(&proof,
				  check.verdict == FY_VERDICT_FAILED
					  ? "the original program, run by ferry, differs from them as well"
					  : "the original program, run by ferry, agrees with them");
		fy_proof_release(&check);
	}
	fy_buf_release(&name);
	tell(v, &proof);
}

static fy_status gather(verification *v)
{
	bool has_golden = v->options->golden && v->options->golden->output_count > 0;
	FY_TRY(run_reference(v));
	FY_TRY(run_elsewhere(v));
	FY_TRY(run_engine(v));
	if (has_golden)
		prove_against_golden(v, v->elsewhere.done ? &v->elsewhere : &v->engine);
	prove_against_program(v, &v->elsewhere, FY_CROSSED);
	prove_against_program(v, &v->engine, FY_SELF);
	return FY_OK;
}

fy_status fy_verify(const fy_model *reference, const fy_model *file, const fy_inputs *inputs,
		    const fy_verify_options *options, fy_diags *diags)
{
	verification v = {
		.reference = reference, .file = file, .inputs = inputs, .options = options, .diags = diags
	};
	fy_status status = gather(&v);
	run *runs[] = { &v.program, &v.elsewhere, &v.engine };
	for (size_t i = 0; i < FY_COUNT(runs); i++) {
		if (runs[i]->done)
			fy_outputs_release(&runs[i]->outputs);
		fy_buf_release(&runs[i]->name);
	}
	fy_free(v.unavailable);
	if (status != FY_OK || v.failed == 0)
		return status;
	return fy_error(diags, FY_CHECK_FAILED, "outputs-differ", &(fy_place){ .file = file->called },
			"the file does not give the results of '%s'", reference->called);
}

/* ---- cost ---- */

/* Elements of the value, 0 when unknown. */
static double elements(const fy_arg *arg)
{
	int64_t count;
	if (arg->kind != FY_ARG_VALUE || !arg->v->type->has_shape ||
	    !fy_shape_numel(&arg->v->type->shape, &count) || count < 0)
		return 0;
	return (double)count;
}

static double first_dim(const fy_arg *arg, int from_end)
{
	if (arg->kind != FY_ARG_VALUE || !arg->v->type->has_shape)
		return 1;
	const fy_shape *shape = &arg->v->type->shape;
	int at = from_end ? shape->rank - from_end : 0;
	return at >= 0 && at < shape->rank && shape->dims[at] > 0 ? (double)shape->dims[at] : 1;
}

static double node_operations(const fy_node *node)
{
	if (node->arg_count < 2 || node->result_count < 1)
		return 0;
	fy_arg result = fy_arg_value(node->results[0]);
	if (fy_node_is(node, "onnx::Conv"))
		return 2 * elements(&result) * elements(&node->args[1]) / first_dim(&node->args[1], 0);
	if (fy_node_is(node, "onnx::ConvTranspose"))
		return 2 * elements(&node->args[0]) * elements(&node->args[1]) / first_dim(&node->args[1], 0);
	if (fy_node_is(node, "onnx::MatMul") || fy_node_is(node, "onnx::Gemm"))
		return 2 * elements(&result) * first_dim(&node->args[0], 1);
	return 0;
}

double fy_graph_operations(const fy_graph *graph)
{
	double sum = 0;
	for (const fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node))
		sum += node_operations(node);
	return sum;
}
