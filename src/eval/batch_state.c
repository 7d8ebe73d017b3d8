/*
 * Operators that change their arguments without a mark in the schema: normalisations by the statistics of the
 * batch move the running ones.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum { INPUT = 0, RUNNING_MEAN = 3, RUNNING_VAR = 4, TRAINING = 5, MOMENTUM = 6 };

/* The dims that a statistic of each channel goes over. */
static fy_ivalue reduced_dims(fy_eval *ev, int rank, bool images)
{
	fy_ivalue dims = fy_iseq_new(ev, FY_I_LIST, NULL, rank);

	for (int d = 0; d < rank; d++)
		if (d == 0 ? !images : d > 1)
			fy_iseq_push(dims.seq, fy_iint(d));
	return dims;
}

/* Mean or unbiased variance of each channel; of each image first when `images`. */
static fy_status statistic(fy_eval *ev, bool variance, bool images, fy_ivalue input, fy_ivalue *out)
{
	fy_ivalue dims = reduced_dims(ev, input.t->tensor->shape.rank, images),
		  first = reduced_dims(ev, 1, false), made;
	fy_status status;

	if (variance)
		status = fy_eval_tensor_op(ev, "aten::var.correction",
					   (fy_ivalue[]){ input, dims, fy_iint(1) }, 3, out);
	else
		status = fy_eval_tensor_op(ev, "aten::mean.dim", (fy_ivalue[]){ input, dims }, 2, out);
	if (status == FY_OK && images) {
		made = *out;
		status = fy_eval_tensor_op(ev, "aten::mean.dim", (fy_ivalue[]){ made, first }, 2, out);
		fy_iunref(made);
	}
	fy_iunref(dims);
	fy_iunref(first);
	return status;
}

/* running = running + momentum * (now - running) */
static fy_status move(fy_eval *ev, fy_var *running, fy_ivalue now, fy_ivalue momentum)
{
	fy_ivalue same, made;
	fy_status status;

	FY_TRY(fy_eval_tensor_op(ev, "aten::to.dtype", (fy_ivalue[]){ now, fy_iint(running->tensor->dtype) },
				 2, &same));
	status = fy_eval_tensor_op(ev, "aten::lerp.Scalar",
				   (fy_ivalue[]){ fy_itensor(running), same, momentum }, 3, &made);
	fy_iunref(same);
	FY_TRY(status);
	status = fy_var_write(ev, running, made.t);
	fy_iunref(made);
	return status;
}

fy_status fy_eval_batch_state(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args)
{
	bool images = strcmp(schema->name, "aten::instance_norm") == 0;

	if (!images && strcmp(schema->name, "aten::batch_norm") != 0 &&
	    strcmp(schema->name, "aten::native_batch_norm") != 0)
		return FY_OK;
	if (args[TRAINING].kind != FY_I_BOOL || !args[TRAINING].b)
		return FY_OK;
	for (int i = RUNNING_MEAN; i <= RUNNING_VAR; i++) {
		fy_ivalue now;
		fy_status status;

		if (args[i].kind != FY_I_TENSOR)
			continue;
		FY_TRY(statistic(ev, i == RUNNING_VAR, images, args[INPUT], &now));
		status = move(ev, args[i].t, now, args[MOMENTUM]);
		fy_iunref(now);
		FY_TRY(status);
	}
	return FY_OK;
}
