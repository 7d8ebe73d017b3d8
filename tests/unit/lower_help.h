/*
 * Lowered graphs in ONNX Runtime: shared by the tests of lowering.
 */
#ifndef LOWER_HELP_H
#define LOWER_HELP_H

#include "lower/lower.h"
#include "outside/outside.h"

/* Writes the lowered graph and runs it. False, with the first diagnostic in diags, when anything fails. */
static inline bool run_lowered(fy_ort *ort, const fy_graph *graph, fy_tensor *const *inputs,
			       fy_tensor **outputs, fy_diags *diags)
{
	const fy_ort_options options = { .threads = 1, .no_optimizing = true };
	fy_ort_session *session = NULL;
	fy_buf bytes = { 0 };
	bool ok = fy_onnx_write_buf(graph, &bytes, NULL, diags) == FY_OK &&
		  fy_ort_session_read(&session, ort, bytes.data, bytes.len, &options, diags) == FY_OK &&
		  fy_ort_session_run(session, inputs, (size_t)graph->main->param_count, outputs, diags) ==
			  FY_OK;

	fy_ort_session_close(session);
	fy_buf_release(&bytes);
	return ok;
}

/* 1-d or 0-d (count 0) tensor of numbers. */
static inline fy_tensor *tensor_of(fy_dtype dtype, const double *values, int64_t count)
{
	fy_shape shape = { count > 0, { count } };
	fy_tensor *tensor = fy_tensor_new(dtype, &shape, true);

	for (int64_t i = 0; i < (count > 0 ? count : 1); i++)
		fy_tensor_set_f64(tensor, i, values[i]);
	return tensor;
}

#endif
