/*
 * For the fuzz targets that run models: within narrow limits, and every result is read.
 */
#ifndef FY_FUZZ_MODEL_H
#define FY_FUZZ_MODEL_H

#include "fuzz.h"

#include "model/model.h"

enum { FUZZ_STORAGE_LIMIT = 1 << 20 };

static inline void fuzz_read_tensor(const fy_tensor *tensor)
{
	double sum = 0;

	for (int64_t i = 0; tensor->dtype != FY_STRING && i < fy_tensor_numel(tensor); i++)
		sum += fy_tensor_get_f64(tensor, i);
	fuzz_read(&sum, sizeof(sum));
}

/* On the inputs bound, with data made up for those without. False when the model does not take them. */
static inline bool fuzz_run(const fy_model *model, fy_inputs *inputs)
{
	const fy_execute_options options = { .threads = 1 };
	size_t before = fy_storage_set_limit(FUZZ_STORAGE_LIMIT);
	fy_outputs outputs = { 0 };
	fy_diags diags = { 0 };
	fy_status status = fy_inputs_fill(inputs, NULL, 1, &diags);

	if (status == FY_OK)
		status = fy_model_execute(model, inputs, &options, &outputs, &diags);
	fuzz_judge(status, &diags);
	for (int i = 0; status == FY_OK && i < outputs.count; i++)
		if (outputs.tensors[i])
			fuzz_read_tensor(outputs.tensors[i]);
	if (status == FY_OK)
		fy_outputs_release(&outputs);
	fy_diags_clear(&diags);
	fy_storage_set_limit(before);
	return status == FY_OK;
}

#endif
