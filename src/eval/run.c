/*
 * Running a method on data: the original program, with real views, real mutation and real control flow.
 */
#include "eval/drive.h"

#include <string.h>

void fy_eval_begin(fy_eval *ev, const fy_program *program, const fy_eval_options *options, fy_arena *arena,
		   fy_diags *diags, fy_graph *graph)
{
	*ev = (fy_eval){
		.program = program, .arena = arena, .diags = diags, .options = options, .graph = graph
	};
	ev->block = graph ? graph->main : NULL;
	ev->module = "";
	ev->live.next = ev->live.prev = &ev->live;
	fy_limits_begin(ev);
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

/* ---- hooks
 * -----------------------------------------------------------------------------------------------------------
 */

/* A hook of the root: object, inputs as a tuple and, after forward, the output. */
static fy_status run_hook(fy_eval *ev, const char *name, fy_ivalue inputs, const fy_ivalue *output,
			  fy_ivalue *out)
{
	const fy_function *hook = fy_class_method(ev->root.object->class, name);
	fy_ivalue args[3] = { fy_iref(ev->root), fy_iref(inputs) };

	FY_ASSERT(hook); /* the binder checked that it is there */
	if (output)
		args[2] = fy_iref(*output);
	return fy_eval_call(ev, hook, args, output ? 3 : 2, NULL, NULL, 0, out);
}

/* What a hook before forward makes of the inputs: None leaves them, one value is a tuple of one. Takes
 * `made`. */
static void replace_inputs(fy_eval *ev, fy_ivalue *inputs, fy_ivalue made)
{
	fy_ivalue tuple = made;

	if (made.kind == FY_I_NONE)
		return;
	if (made.kind != FY_I_TUPLE) {
		tuple = fy_iseq_new(ev, FY_I_TUPLE, NULL, 1);
		fy_iseq_push(tuple.seq, made);
	}
	fy_iunref(*inputs);
	*inputs = tuple;
}

static fy_status run_hooked(fy_eval *ev, const fy_function *method, fy_ivalue *inputs, fy_ivalue *result)
{
	const fy_class *class = ev->root.object->class;
	fy_ivalue made, *args;
	fy_status status;

	for (int i = 0; i < class->pre_hook_count; i++) {
		FY_TRY(run_hook(ev, class->pre_hooks[i], *inputs, NULL, &made));
		replace_inputs(ev, inputs, made);
	}
	if (inputs->seq->count + 1 != method->param_count)
		return fy_eval_raise(ev, "a hook gives forward %" PRId64 " arguments", inputs->seq->count);
	args = FY_NEW_ARRAY(ev->arena, fy_ivalue, method->param_count);
	args[0] = fy_iref(ev->root);
	for (int i = 1; i < method->param_count; i++)
		args[i] = fy_iref(inputs->seq->items[i - 1]);
	FY_TRY(fy_eval_function(ev, method, args, method->param_count, result));
	for (int i = 0; i < class->hook_count; i++) {
		status = run_hook(ev, class->hooks[i], *inputs, result, &made);
		if (status != FY_OK || made.kind != FY_I_NONE) {
			fy_iunref(*result);
			*result = status == FY_OK ? made : fy_inone();
		}
		FY_TRY(status);
	}
	return FY_OK;
}

/* Calling a module runs its hooks, calling a method does not. Takes the references of args. */
static fy_status call_root(fy_eval *ev, const fy_function *method, fy_ivalue *args, fy_ivalue *result)
{
	const fy_class *class = ev->root.object->class;
	fy_ivalue inputs;
	fy_status status;

	if (strcmp(method->name, "forward") != 0 || class->pre_hook_count + class->hook_count == 0)
		return fy_eval_function(ev, method, args, method->param_count, result);
	inputs = fy_iseq_new(ev, FY_I_TUPLE, NULL, method->param_count);
	fy_iunref(args[0]);
	for (int i = 1; i < method->param_count; i++)
		fy_iseq_push(inputs.seq, args[i]);
	status = run_hooked(ev, method, &inputs, result);
	fy_iunref(inputs);
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
	FY_TRY(fy_eval_check_calls(ev, method));
	args = FY_NEW_ARRAY(ev->arena, fy_ivalue, method->param_count);
	status = fy_eval_arguments(ev, method, inputs, input_count, args);
	if (status != FY_OK) {
		for (int i = 0; i < method->param_count; i++)
			fy_iunref(args[i]);
		return status;
	}
	FY_TRY(call_root(ev, method, args, result));
	FY_TRY(fy_eval_bounded(ev, *result));
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
