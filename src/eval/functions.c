/*
 * Calls of the program's own functions and methods: frames, parameters, module paths. Also the places and
 * errors of the evaluator: what the program raises is kept aside, because the other arm of a branch may go
 * on.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum {
	CALL_DEPTH = 400
}; /* of C frames for nested calls: PyTorch refuses recursion, real models nest a few dozen */

/* ---- places and errors
 * ---------------------------------------------------------------------------------------- */

fy_place fy_eval_place(const fy_eval *ev)
{
	fy_place place = { .file = ev->program->archive->path };

	if (ev->frame && ev->frame->function)
		place = fy_function_place(ev->frame->function, ev->span);
	place.module = ev->module;
	return place;
}

const fy_origin *fy_eval_origin(fy_eval *ev)
{
	fy_place place = fy_eval_place(ev);
	fy_origin *origin = FY_NEW(ev->arena, fy_origin);

	*origin = (fy_origin){ .module = ev->module,
			       .file = place.member,
			       .line = place.line,
			       .text = place.text,
			       .order = ev->graph ? ++ev->graph->next_order : 0 };
	return origin;
}

fy_status fy_eval_raise(fy_eval *ev, const char *format, ...)
{
	va_list args;
	fy_buf text = { 0 };

	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	ev->raised = true;
	ev->raise_message = fy_arena_strdup(ev->arena, fy_buf_text(&text));
	ev->raise_place = fy_eval_place(ev);
	fy_buf_release(&text);
	return FY_USAGE;
}

fy_status fy_eval_poisoned(fy_eval *ev, const fy_poison *poison)
{
	return fy_eval_poisoned_name(ev, poison, NULL);
}

fy_status fy_eval_poisoned_name(fy_eval *ev, const fy_poison *poison, const char *name)
{
	ev->poisoned = poison;
	ev->poison_place = fy_eval_place(ev);
	ev->poison_name = name;
	return FY_UNSUPPORTED;
}

fy_status fy_eval_error(fy_eval *ev, fy_status status, const char *id, const char *format, ...)
{
	fy_place place = fy_eval_place(ev);
	fy_buf text = { 0 };
	va_list args;

	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	fy_error(ev->diags, status, id, &place, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

/* ---- calls
 * ------------------------------------------------------------------------------------------------------ */

static fy_status enter(fy_eval *ev, const fy_function *function, fy_frame *frame, fy_ivalue *args,
		       int arg_count)
{
	for (int i = 0; i < arg_count; i++) {
		frame->slots[function->params[i].slot] = args[i];
		args[i] = (fy_ivalue){ 0 };
	}
	for (int i = 0; i < arg_count; i++)
		FY_TRY(fy_eval_convert(ev, function->params[i].type,
				       &frame->slots[function->params[i].slot]));
	return FY_OK;
}

void fy_frame_forget_result(fy_frame *frame)
{
	if (frame->returned)
		fy_iunref(frame->result);
	frame->returned = false;
}

fy_status fy_frame_fail(fy_frame *frame, fy_status status)
{
	fy_frame_forget_result(frame);
	return status;
}

static fy_status run_body(fy_eval *ev, const fy_function *function, fy_frame *frame, fy_ivalue *out)
{
	fy_status status = fy_eval_block(ev, &function->body);

	if (status != FY_OK)
		return fy_frame_fail(frame, status);
	*out = frame->returned ? frame->result : fy_inone();
	status = fy_eval_convert(ev, function->returns, out);
	if (status != FY_OK) {
		fy_iunref(*out);
		*out = fy_inone();
	}
	return status;
}

fy_status fy_eval_function(fy_eval *ev, const fy_function *function, fy_ivalue *args, int arg_count,
			   fy_ivalue *out)
{
	fy_frame frame = { .caller = ev->frame, .birth = ++ev->serial, .function = function };
	const char *module = ev->module;
	fy_span span = ev->span;
	fy_status status;

	FY_ASSERT(arg_count == function->param_count);
	if (++ev->depth > CALL_DEPTH) {
		ev->depth--;
		for (int i = 0; i < arg_count; i++)
			fy_iunref(args[i]);
		return fy_eval_error(ev, FY_UNSUPPORTED, "call-depth", "calls are nested deeper than %d",
				     CALL_DEPTH);
	}
	frame.slots = fy_zalloc((size_t)function->slot_count * sizeof(fy_ivalue) + 1);
	if (function->owner && arg_count > 0 && args[0].kind == FY_I_OBJECT && args[0].object->path)
		ev->module = args[0].object->path;
	ev->frame = &frame;
	ev->span = function->span;
	status = enter(ev, function, &frame, args, arg_count);
	if (status == FY_OK)
		status = run_body(ev, function, &frame, out);
	for (int i = 0; i < function->slot_count; i++)
		fy_iunref(frame.slots[i]);
	fy_free(frame.slots);
	if (status == FY_OK) { /* after an error the innermost place is the one to tell */
		ev->frame = frame.caller;
		ev->span = span;
		ev->module = module;
	} else {
		ev->frame = frame.caller;
	}
	ev->depth--;
	return status;
}

/* The value of parameter i: positional, keyword or default, in this order. */
static fy_status argument(fy_eval *ev, const fy_function *function, int i, fy_ivalue *args, int arg_count,
			  const char *const *names, fy_ivalue *values, int keyword_count, fy_ivalue *out)
{
	const fy_bparam *param = &function->params[i];

	if (i < arg_count) {
		*out = fy_iref(args[i]);
		return FY_OK;
	}
	for (int k = 0; k < keyword_count; k++) {
		if (strcmp(names[k], param->name) == 0) {
			*out = fy_iref(values[k]);
			return FY_OK;
		}
	}
	if (!param->fallback)
		return fy_eval_error(ev, FY_MALFORMED, "arity", "'%s' misses its argument '%s'",
				     function->qualified, param->name);
	return fy_eval_expr(ev, param->fallback, out);
}

fy_status fy_eval_call(fy_eval *ev, const fy_function *function, fy_ivalue *args, int arg_count,
		       const char *const *names, fy_ivalue *values, int keyword_count, fy_ivalue *out)
{
	fy_ivalue *all = fy_zalloc((size_t)function->param_count * sizeof *all + 1);
	fy_status status = FY_OK;
	int filled = 0;

	if (arg_count > function->param_count)
		status = fy_eval_error(ev, FY_MALFORMED, "arity", "'%s' takes %d arguments, %d are given",
				       function->qualified, function->param_count, arg_count);
	for (; filled < function->param_count && status == FY_OK; filled++) {
		status = argument(ev, function, filled, args, arg_count, names, values, keyword_count,
				  &all[filled]);
		if (status != FY_OK)
			break;
	}
	for (int i = 0; i < arg_count; i++)
		fy_iunref(args[i]);
	for (int i = 0; i < keyword_count; i++)
		fy_iunref(values[i]);
	if (status == FY_OK)
		status = fy_eval_function(ev, function, all, function->param_count, out);
	else
		for (int i = 0; i < filled; i++)
			fy_iunref(all[i]);
	fy_free(all);
	return status;
}
