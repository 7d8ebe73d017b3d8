/* What run.c and capture.c share: one evaluation from its inputs to its leaves. */
#ifndef FY_EVAL_DRIVE_H
#define FY_EVAL_DRIVE_H

#include "eval/eval_internal.h"

void fy_eval_begin(fy_eval *ev, const fy_program *program, const fy_eval_options *options, fy_arena *arena,
		   fy_diags *diags, fy_graph *graph);
fy_status FY_MUST_USE fy_eval_method(fy_eval *ev, const fy_leaf *inputs, int input_count, fy_ivalue *result,
				     fy_leaf_list *leaves);
fy_status fy_eval_explain(fy_eval *ev, fy_status status);
void fy_leaf_list_release(fy_leaf_list *leaves);

#endif
