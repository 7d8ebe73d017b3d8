/*
 * Deep networks can amplify rounding beyond any fixed bound. How much one does shows when its inputs are
 * moved in their last digits: where its results then move as far as two runtimes differ, the conversion is
 * not at fault.
 */
#include "prove/prove.h"

#include <math.h>

/* About one unit in the last place of a float32. */
#define NUDGE 1.2e-7

static fy_tensor *nudged(const fy_tensor *tensor)
{
	fy_tensor *copy = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	int64_t count = fy_tensor_numel(tensor);
	if (!copy)
		return NULL;
	for (int64_t i = 0; i < count; i++)
		fy_tensor_set_f64(copy, i, fy_tensor_get_f64(tensor, i) * (i % 2 ? 1 + NUDGE : 1 - NUDGE));
	return copy;
}

/* The same inputs with float tensors moved; *moved false when there are none. */
static void nudge_inputs(fy_inputs *out, const fy_inputs *inputs, bool *moved)
{
	fy_inputs_meta(out, inputs);
	*moved = false;
	for (int i = 0; i < out->count; i++) {
		fy_arg *value = &out->leaves[i].value;
		if (value->kind != FY_ARG_TENSOR)
			continue;
		fy_tensor *given = inputs->leaves[i].value.t;
		bool wide = given->dtype == FY_F32 || given->dtype == FY_F64;
		fy_tensor *moved_copy = wide ? nudged(given) : NULL;
		*moved |= moved_copy != NULL;
		fy_tensor_unref(value->t);
		value->t = moved_copy ? moved_copy : fy_tensor_ref(given);
	}
}

double fy_rounding_response(const fy_model *program, const fy_inputs *inputs, const fy_outputs *results,
			    const fy_execute_options *execute)
{
	fy_inputs moved_inputs;
	fy_outputs outputs;
	fy_diags diags = { 0 };
	bool moved;
	double most = 0;
	nudge_inputs(&moved_inputs, inputs, &moved);
	if (moved && fy_model_execute(program, &moved_inputs, execute, &outputs, &diags) == FY_OK) {
		for (int i = 0; i < outputs.count && i < results->count; i++) {
			fy_compare c = fy_tensor_compare(outputs.tensors[i], results->tensors[i],
							 FY_TOLERANCE_DEFAULT);
			if (c.comparable)
				most = fmax(most, c.max);
		}
		fy_outputs_release(&outputs);
	}
	fy_inputs_release(&moved_inputs);
	fy_diags_clear(&diags);
	return most;
}
