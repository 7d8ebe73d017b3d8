/*
 * lower: from a graph of ATen operators to a graph of ONNX operators of a chosen opset, in place, by one
 * visible pipeline of passes. What an operator becomes is written in its record in ops/; this room drives,
 * tidies and names.
 */
#ifndef FY_LOWER_H
#define FY_LOWER_H

#include "onnx/onnx.h"
#include "ops/ops.h"

/* ---- the pipeline: pipeline.c ---------------------------------------------------------------- */

typedef struct fy_lower_options {
	int opset;         /* 0: the smallest at which every operator has its plain form */
	bool fuse;         /* fold batch normalization into the convolution before it: copies weights */
	const char *until; /* stop after this pass; NULL: run all */
	const char *dump;  /* print the graph after this pass; "all": after each; NULL: never */
	fy_buf *dumped;    /* where to */
	const char *file;  /* path of the model, for diagnostics; NULL: not said */
} fy_lower_options;

enum { FY_LOWER_MAX_PASSES = 32 };
typedef struct fy_pass_report {
	const char *name;
	int changes; /* nodes lowered, folded, merged or removed; weights changed */
	double seconds;
} fy_pass_report;

typedef struct fy_lower_report {
	int opset, ir_version;
	const char *raised_by; /* what made `auto` choose more than the least opset: "aten::x (module,
				  file:line)"; or NULL */
	fy_pass_report passes[FY_LOWER_MAX_PASSES];
	int pass_count;
	double seconds;
} fy_lower_report;

/*
 * Runs the pipeline. FY_UNSUPPORTED lists every node without an ONNX form, with module and source line;
 * FY_USAGE: no such pass, opset out of range, or two outputs or inputs want one name. After an error the
 * graph is unfinished and good for printing and releasing only. Sanitizer builds verify after each pass.
 * report may be NULL.
 */
fy_status FY_MUST_USE fy_lower(fy_graph *graph, const fy_lower_options *options, fy_lower_report *report,
			       fy_diags *diags);
/* One pass alone, on a graph in any state: for tests. */
fy_status FY_MUST_USE fy_lower_one_pass(fy_graph *graph, const char *name, const fy_lower_options *options,
					fy_diags *diags);
/* Name and one-line purpose of pass `index`, in order; false behind the last. */
bool fy_lower_pass_at(int index, const char **name, const char **purpose);

#endif
