/*
 * Running a method on data: the original program, with real views, real mutation and real control flow.
 */
#include "eval/drive.h"

#include <string.h>

enum { RUN_STEPS = 1000000000, CAPTURE_STEPS = 10000000 };

void fy_eval_begin(fy_eval *ev, const fy_program *program, const fy_eval_options *options, fy_arena *arena,
		   fy_diags *diags, fy_graph *graph)
{
	*ev = (fy_eval){
		.program = program, .arena = arena, .diags = diags, .options = options, .graph = graph
	};
	ev->block = graph ? graph->main : NULL;
	ev->module = "";
	ev->step_limit = options->step_limit ? options->step_limit : graph ? CAPTURE_STEPS : RUN_STEPS;
	ev->random = options->seed;
	ev->root = fy_inone();
	ev->splittable = -1;
}

/* Both places: where the ways part, and where the value is needed that no graph can hold. */
static void explain_poison(fy_eval *ev)
{
	const fy_poison *p = ev->poisoned;
	const fy_place *at = &ev->poison_place;
	const char *name = ev->poison_name ? fy_arena_printf(ev->arena, "'%s'", ev->poison_name) : "a value";

	fy_error(ev->diags, FY_UNSUPPORTED, "data-dependent", &p->place,
		 "%s %s in a way that a graph cannot hold: %s", name,
		 p->loop ? "changes in this loop, whose rounds depend on data," : "depends on this branch",
		 p->what);
	if (at->text)
		fy_note(ev->diags, "it is read at %s:%d: %.*s", at->member, at->line,
			(int)strcspn(at->text, "\n"), at->text);
	else
		fy_note(ev->diags, "it is read as a result of the model");
}

/* Turns what was held back (a raise, the reading of poison) into a diagnostic. */
fy_status fy_eval_explain(fy_eval *ev, fy_status status)
{
	if (status == FY_USAGE && ev->raised) {
		fy_error(ev->diags, FY_USAGE, "program-raises", &ev->raise_place, "the program raises: %s",
			 ev->raise_message);
		if (ev->options->method == NULL || strcmp(ev->options->method, "forward") == 0)
			fy_hint(ev->diags, "check the shapes, types and values of the inputs");
		ev->raised = false;
	} else if (status == FY_UNSUPPORTED && ev->poisoned && !ev->poisoned->unsupported) {
		explain_poison(ev);
		ev->poisoned = NULL;
	}
	return status;
}

/* Method arguments from leaves, the call, and the leaves of its result. `result` is a reference. */
fy_status fy_eval_method(fy_eval *ev, const fy_leaf *inputs, int input_count, fy_ivalue *result,
			 fy_leaf_list *leaves)
{
	const char *name = ev->options->method ? ev->options->method : "forward";
	const fy_function *method;
	fy_ivalue *args;
	fy_status status;

	FY_TRY(fy_eval_prepare(ev));
	if (ev->root.kind != FY_I_OBJECT)
		return fy_eval_error(ev, FY_MALFORMED, "root", "the pickled root is no object");
	method = fy_class_method(ev->root.object->class, name);
	if (!method)
		return fy_error(ev->diags, FY_USAGE, "method",
				&(fy_place){ .file = ev->program->archive->path },
				"the model has no method '%s'", name);
	args = FY_NEW_ARRAY(ev->arena, fy_ivalue, method->param_count);
	status = fy_eval_arguments(ev, method, inputs, input_count, args);
	if (status != FY_OK) {
		for (int i = 0; i < method->param_count; i++)
			fy_iunref(args[i]);
		return status;
	}
	FY_TRY(fy_eval_function(ev, method, args, method->param_count, result));
	return fy_eval_leaves(ev, *result, "", leaves);
}

void fy_leaf_list_release(fy_leaf_list *leaves)
{
	fy_free(leaves->names);
	fy_free(leaves->values);
	*leaves = (fy_leaf_list){ 0 };
}

/* ---- results
 * ------------------------------------------------------------------------------------------------------------
 */

static fy_tensor *as_tensor(fy_ivalue leaf)
{
	switch (leaf.kind) {
	case FY_I_TENSOR:
		return fy_tensor_contiguous(leaf.t->tensor);
	case FY_I_BOOL:
		return fy_tensor_scalar_i64(FY_BOOL, leaf.b);
	case FY_I_INT:
		return fy_tensor_scalar_i64(FY_I64, leaf.i);
	default:
		return fy_tensor_scalar_f64(FY_F64, leaf.f);
	}
}

static fy_status take_outputs(fy_eval *ev, const fy_leaf_list *leaves, fy_outputs *outputs)
{
	outputs->names = FY_NEW_ARRAY(ev->arena, const char *, leaves->count + 1);
	outputs->tensors = FY_NEW_ARRAY(ev->arena, fy_tensor *, leaves->count + 1);
	for (int i = 0; i < leaves->count; i++) {
		outputs->names[i] = leaves->names[i];
		outputs->tensors[i] = as_tensor(leaves->values[i]);
		if (!outputs->tensors[i])
			return fy_eval_error(ev, FY_IO, "out-of-memory", "no memory for the results");
		outputs->count++;
	}
	return FY_OK;
}

void fy_outputs_release(fy_outputs *outputs)
{
	for (int i = 0; i < outputs->count; i++)
		fy_tensor_unref(outputs->tensors[i]);
	*outputs = (fy_outputs){ 0 };
}

fy_status fy_eval_run(const fy_program *program, const fy_leaf *inputs, int input_count,
		      const fy_eval_options *options, fy_arena *arena, fy_outputs *outputs, fy_diags *diags)
{
	fy_leaf_list leaves = { 0 };
	fy_ivalue result = { 0 };
	fy_status status;
	fy_eval ev;

	*outputs = (fy_outputs){ 0 };
	fy_eval_begin(&ev, program, options, arena, diags, NULL);
	status = fy_eval_method(&ev, inputs, input_count, &result, &leaves);
	if (status == FY_OK)
		status = take_outputs(&ev, &leaves, outputs);
	status = fy_eval_explain(&ev, status);
	fy_leaf_list_release(&leaves);
	fy_iunref(result);
	fy_eval_finish(&ev);
	if (status != FY_OK)
		fy_outputs_release(outputs);
	return status;
}
