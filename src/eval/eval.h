/*
 * eval: runs a bound program. One evaluator, two kinds of tensors: concrete ones give results (the original
 * program, the reference), symbolic ones record what depends on data into a graph. Knows no ONNX.
 */
#ifndef FY_EVAL_H
#define FY_EVAL_H

#include "ir/ir.h"
#include "sema/sema.h"

/* ---- inputs and outputs: leaves.c -------------------------------------------------------------------- */

/* One tensor or number among the arguments or results of a method, found depth first. */
typedef struct fy_leaf {
	const char *name; /* "x", "x.0", "d.key"; NULL: by position. Results: dict keys and indices, "" for a
			     lone one */
	fy_arg value; /* TENSOR (borrowed; data is not needed for capture), INT, FLOAT, BOOL, STR or NONE */
} fy_leaf;

/* What a method takes, from its declared types: lists have no length of their own. */
typedef struct fy_input_slot {
	const char *name; /* "x", "x.0" for tuples */
	const fy_btype *type;
	bool optional; /* has a default, or may be None */
	bool is_list;  /* List[Tensor]: takes any number of leaves */
} fy_input_slot;
fy_status FY_MUST_USE fy_method_inputs(const fy_program *program, const char *method, fy_arena *arena,
				       fy_input_slot **out, int *count, fy_diags *diags);
/* The example inputs that the archive remembers for `method` as meta tensors; *count 0 when it has none. */
fy_status FY_MUST_USE fy_method_traced_inputs(const fy_program *program, const char *method, fy_arena *arena,
					      fy_leaf **out, int *count, fy_diags *diags);

/* ---- running and capturing: run.c, capture.c ----------------------------------------------------------- */

/* What a program may cost; 0: as it is in brackets. Going beyond is FY_UNSUPPORTED. */
typedef struct fy_eval_limits {
	int64_t steps;    /* statements, and what costs as much (500,000 and one for each byte of the code) */
	int64_t nodes;    /* of the graph (2,000,000) */
	int64_t unrolled; /* nodes that loops unroll to before they become loops of the graph (100,000) */
	int64_t items;    /* elements of a list, bytes of a text (1,000,000) */
} fy_eval_limits;

typedef struct fy_eval_options {
	const char *method; /* NULL: forward */
	const fy_progress *progress;
	uint64_t seed; /* of random operators */
	fy_eval_limits limits;
} fy_eval_options;

/* Results of a run: concrete tensors (numbers as 0-d: int64, float64, bool), None left out. */
typedef struct fy_outputs {
	const char **names;  /* path of each leaf */
	fy_tensor **tensors; /* references */
	int count;
} fy_outputs;
void fy_outputs_release(fy_outputs *outputs);

/* Runs the original program on data. What PyTorch would raise is FY_USAGE with the source line. */
fy_status FY_MUST_USE fy_eval_run(const fy_program *program, const fy_leaf *inputs, int input_count,
				  const fy_eval_options *options, fy_arena *arena, fy_outputs *outputs,
				  fy_diags *diags);

/*
 * Runs the program on symbolic tensors of the given dtypes and shapes and returns the recorded ATen graph:
 * graph inputs are the tensor leaves in order (numbers are baked in), outputs the leaves of the result. All
 * unsupported operators on the way are reported in one run (FY_UNSUPPORTED). Warnings: state written during
 * the call, assumptions made about branches that raise.
 */
fy_status FY_MUST_USE fy_eval_capture(const fy_program *program, const fy_leaf *inputs, int input_count,
				      const fy_eval_options *options, fy_arena *arena, fy_graph **graph,
				      fy_diags *diags);

/* ---- operators of the evaluator itself: builtins.c --------------------------------------------------------
 */

/* Non-tensor operators: "aten::append", "prim::RaiseException". */
bool fy_eval_is_builtin(const char *name);
int fy_eval_builtin_count(void);
const char *fy_eval_builtin_name(int index);

#endif
