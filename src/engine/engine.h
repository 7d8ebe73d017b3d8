/*
 * engine: executes a graph of ATen and ONNX nodes on concrete tensors, If and Loop included.
 * Knows nothing of where a graph came from.
 */
#ifndef FY_ENGINE_H
#define FY_ENGINE_H

#include "ir/ir.h"

/* ---- running: engine_run.c, engine_control.c, engine_aten.c
 * ------------------------------------------------------------------ */

typedef struct fy_engine_options {
	int threads;       /* 0: the kernels' default */
	uint64_t seed;     /* random operators */
	int64_t max_steps; /* nodes of inner blocks that may run; 0: 2,000,000. More: FY_UNSUPPORTED */
	const fy_progress *progress; /* told "run", nodes done, nodes in the main block */
	/* Called after every node, nested ones included, with its results (borrowed; NULL where a result is
	 * absent). Anything but FY_OK stops the run with that status. */
	fy_status (*hook)(void *user, const fy_node *node, fy_tensor *const *results, int result_count);
	void *user;
} fy_engine_options;

/*
 * Runs `graph` on inputs parallel to graph->main->params (dtype must agree; known dims must agree: FY_USAGE).
 * outputs: graph->main->result_count references, the caller's; on failure none. Intermediates are dropped
 * after their last use. options may be NULL. Honours fy_interrupted(). Conventions: prim::If (condition) {
 * then, else }; prim::Loop (trip count or none, condition or none, carried...) with body params [iteration,
 * carried...] and results [condition, carried..., scan...]. onnx::If and onnx::Loop as in ONNX: body params
 * [iteration, condition, carried...].
 */
fy_status FY_MUST_USE fy_engine_run(const fy_graph *graph, fy_tensor *const *inputs, int input_count,
				    fy_tensor **outputs, const fy_engine_options *options, fy_diags *diags);

#endif
