/*
 * Normalisations: by running statistics, per instance, group, layer, root mean square, and across channels.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

/* ---- with channels on axis 1 ------------------------------------------------------------------------ */

/* Parameters first..first+count-1 must be vectors of one number per channel (or per `units`). */
static fy_status check_per_channel(const fy_onnx_call *call, int first, int count, fy_dim units)
{
	for (int i = first; i < first + count; i++) {
		const fy_shape *shape = fy_onnx_has(call, i) ? fy_onnx_shape(call, i) : NULL;

		if (shape && (shape->rank != 1 || (fy_dim_known(units) && fy_dim_known(shape->dims[0]) &&
						   shape->dims[0] != units)))
			return fy_onnx_fail(call, "input %d is not a vector of one number per channel", i);
	}
	return FY_OK;
}

static fy_status batch_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);

	if (call->version < 9 && !fy_onnx_int(call, "spatial"))
		return fy_onnx_unsupported(call, "with spatial = 0");
	if (in && in->rank < 1)
		return fy_onnx_fail(call, "takes no scalars");
	FY_TRY(check_per_channel(call, 1, 4, in ? (in->rank > 1 ? in->dims[1] : 1) : FY_ONNX_DIM_UNKNOWN));
	for (int i = 1; i < call->result_count; i++)
		FY_TRY(fy_onnx_result_like(call, i, i < 3 && call->version >= 14 ? 2 + i : 1));
	return fy_onnx_infer_same(call);
}

static void normalise_channels(fy_onnx_call *call, const fy_tensor *mean, const fy_tensor *var)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0];
	fy_shape shape = { 2, { in->shape.dims[0], 1 } };
	bool vector = in->shape.rank == 1;

	if (vector) {
		in = fy_tensor_view(in, in->dtype, &shape, (const int64_t[]){ in->strides[0], 0 },
				    in->offset);
		out = fy_tensor_view(out, out->dtype, &shape, (const int64_t[]){ 1, 1 }, out->offset);
	}
	fy_kernel_batch_norm(out, in, call->inputs[1], call->inputs[2], mean, var,
			     fy_onnx_float(call, "epsilon"));
	if (vector) {
		fy_tensor_unref(in);
		fy_tensor_unref(out);
	}
}

/* old * momentum + fresh * (1 - momentum) */
static void blend(fy_tensor *out, const fy_tensor *old, fy_tensor *fresh, double momentum)
{
	fy_tensor *keep = fy_tensor_scalar_f64(out->dtype, momentum);
	fy_tensor *take = fy_tensor_scalar_f64(fresh->dtype, 1 - momentum);

	fy_kernel_binary(out, FY_MUL, out->dtype, old, keep);
	fy_kernel_binary(fresh, FY_MUL, fresh->dtype, fresh, take);
	fy_kernel_binary(out, FY_ADD, out->dtype, out, fresh);
	fy_tensor_unref(keep);
	fy_tensor_unref(take);
}

/* Statistics of the batch itself; the outputs are the running ones, moved towards them. */
static fy_status batch_train(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *mean = NULL, *var = NULL;
	fy_dtype dtype = call->inputs[3]->dtype;
	double momentum = fy_onnx_float(call, "momentum");
	fy_status status;

	if (in->shape.rank < 2)
		return fy_onnx_unsupported(call, "in training mode on a vector");
	status = fy_onnx_new(call, &mean, dtype, &call->inputs[3]->shape, false);
	if (status == FY_OK)
		status = fy_onnx_new(call, &var, dtype, &call->inputs[4]->shape, false);
	if (status == FY_OK) {
		fy_kernel_var(var, mean, in, ((1u << in->shape.rank) - 1) & ~2u, 0, false);
		normalise_channels(call, mean, var);
		if (call->result_count > 1 && call->outputs[1])
			blend(call->outputs[1], call->inputs[3], mean, momentum);
		if (call->result_count > 2 && call->outputs[2])
			blend(call->outputs[2], call->inputs[4], var, momentum);
	}
	fy_tensor_unref(mean);
	fy_tensor_unref(var);
	return status;
}

static fy_status batch_eval(fy_onnx_call *call)
{
	if (fy_onnx_int(call, "training_mode"))
		return batch_train(call);
	for (int i = 1; i < call->result_count; i++) {
		if (call->outputs[i])
			return fy_onnx_unsupported(call,
						   "with statistics as outputs outside of training mode");
	}
	normalise_channels(call, call->inputs[3], call->inputs[4]);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_batch_normalization = {
	.name = "onnx::BatchNormalization",
	.since = FY_ONNX_SINCE(7, 9, 14, 15),
	.arity = FY_ONNX_ARITY({ 7, 5, 5, 1, 5 }, { 14, 5, 5, 1, 3 }),
	.attrs = FY_ONNX_ATTRS({ .name = "epsilon", .kind = 'f', .number = 1e-05 },
			       { .name = "momentum", .kind = 'f', .number = 0.9 },
			       { .name = "spatial", .kind = 'i', .number = 1, .until = 8 },
			       { .name = "training_mode", .kind = 'i', .since = 14 }),
	.infer = batch_infer,
	.eval = batch_eval,
};

static fy_status instance_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);

	if (in && in->rank < 3)
		return fy_onnx_fail(call, "takes tensors of rank 3 or more, not %d", in->rank);
	FY_TRY(check_per_channel(call, 1, 2, in ? in->dims[1] : FY_ONNX_DIM_UNKNOWN));
	return fy_onnx_infer_same(call);
}

static fy_status instance_eval(fy_onnx_call *call)
{
	fy_kernel_group_norm(call->outputs[0], NULL, NULL, call->inputs[0], call->inputs[0]->shape.dims[1],
			     call->inputs[1], call->inputs[2], fy_onnx_float(call, "epsilon"));
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_instance_normalization = {
	.name = "onnx::InstanceNormalization",
	.since = FY_ONNX_SINCE(6, 22),
	.arity = FY_ONNX_ARITY({ 6, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "epsilon", .kind = 'f', .number = 1e-05 }),
	.infer = instance_infer,
	.eval = instance_eval,
};

/* Scale and bias are per group in opset 18, per channel from 21 on. */
static fy_status group_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t groups = fy_onnx_int(call, "num_groups");

	if (in && in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more, not %d", in->rank);
	if (groups < 1 || (in && fy_dim_known(in->dims[1]) && in->dims[1] % groups != 0))
		return fy_onnx_fail(call, "%" PRId64 " groups do not divide the channels", groups);
	FY_TRY(check_per_channel(call, 1, 2,
				 call->version < 21 ? groups
				 : in               ? in->dims[1]
						    : FY_ONNX_DIM_UNKNOWN));
	return fy_onnx_infer_same(call);
}

/* One number per group, repeated for each of its channels. */
static fy_status spread(const fy_onnx_call *call, fy_tensor **out, fy_tensor *per_group, int64_t channels)
{
	int64_t groups = per_group->shape.dims[0];
	fy_shape shape = { 2, { groups, groups ? channels / groups : 0 } }, flat = { 1, { channels } };
	fy_tensor *wide = fy_tensor_view(per_group, per_group->dtype, &shape,
					 (const int64_t[]){ per_group->strides[0], 0 }, per_group->offset);
	fy_tensor *plain;
	fy_status status = fy_onnx_plain(call, &plain, wide);

	fy_tensor_unref(wide);
	FY_TRY(status);
	*out = fy_tensor_view(plain, plain->dtype, &flat, (const int64_t[]){ 1 }, plain->offset);
	fy_tensor_unref(plain);
	return FY_OK;
}

static fy_status group_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *scale = NULL, *bias = NULL;
	fy_status status = FY_OK;

	if (call->version < 21)
		status = spread(call, &scale, call->inputs[1], in->shape.dims[1]);
	if (call->version < 21 && status == FY_OK)
		status = spread(call, &bias, call->inputs[2], in->shape.dims[1]);
	if (status == FY_OK)
		fy_kernel_group_norm(call->outputs[0], NULL, NULL, in, fy_onnx_int(call, "num_groups"),
				     scale ? scale : call->inputs[1], bias ? bias : call->inputs[2],
				     fy_onnx_float(call, "epsilon"));
	fy_tensor_unref(scale);
	fy_tensor_unref(bias);
	return status;
}

const fy_onnx_op fy_onnx_op_group_normalization = {
	.name = "onnx::GroupNormalization",
	.since = FY_ONNX_SINCE(18, 21),
	.arity = FY_ONNX_ARITY({ 18, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "epsilon", .kind = 'f', .number = 1e-05 },
			       { .name = "num_groups", .kind = 'i', .required = true },
			       { .name = "stash_type", .kind = 'i', .number = 1, .since = 21 }),
	.infer = group_infer,
	.eval = group_eval,
};

/* ---- over the last axes -------------------------------------------------------------------------------- */

static fy_status layer_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_shape stats, sum;
	int axis;

	FY_TRY(fy_onnx_infer_same(call));
	for (int i = 1; i < call->result_count; i++)
		FY_TRY(fy_onnx_result(call, i, FY_F32, NULL));
	if (!in)
		return FY_OK;
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->rank, &axis));
	for (int i = 1; i < call->input_count; i++) {
		if (call->present[i] && call->types[i].has_shape &&
		    (!fy_shape_broadcast(in, &call->types[i].shape, &sum) || sum.rank != in->rank))
			return fy_onnx_fail(call, "input %d does not broadcast to the input", i);
	}
	stats = *in;
	for (int i = axis; i < in->rank; i++)
		stats.dims[i] = 1;
	for (int i = 1; i < call->result_count; i++)
		FY_TRY(fy_onnx_result(call, i, FY_F32, &stats));
	return FY_OK;
}

/* A parameter as a view of the normalised dims; NULL when it varies over the others too. */
static fy_tensor *over_last(const fy_tensor *parameter, const fy_shape *in, int axis)
{
	fy_shape shape = { .rank = in->rank - axis };

	if (parameter->shape.rank > shape.rank)
		return NULL;
	for (int i = 0; i < shape.rank; i++)
		shape.dims[i] = in->dims[axis + i];
	return fy_onnx_expanded(parameter, &shape);
}

static fy_status layer_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0],
		  *bias_in = fy_onnx_has(call, 2) ? call->inputs[2] : NULL;
	fy_tensor *mean = call->result_count > 1 ? call->outputs[1] : NULL;
	fy_tensor *rstd = call->result_count > 2 ? call->outputs[2] : NULL;
	fy_tensor *scale, *bias = NULL;
	double epsilon = fy_onnx_float(call, "epsilon");
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->shape.rank, &axis));
	scale = over_last(call->inputs[1], &in->shape, axis);
	if (bias_in)
		bias = over_last(bias_in, &in->shape, axis);
	if (scale && (bias || !bias_in)) {
		fy_kernel_layer_norm(out, mean, rstd, in, axis, scale, bias, epsilon);
	} else {
		fy_kernel_layer_norm(out, mean, rstd, in, axis, NULL, NULL, epsilon);
		fy_kernel_binary(out, FY_MUL, out->dtype, out, call->inputs[1]);
		if (bias_in)
			fy_kernel_binary(out, FY_ADD, out->dtype, out, bias_in);
	}
	fy_tensor_unref(scale);
	fy_tensor_unref(bias);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_layer_normalization = {
	.name = "onnx::LayerNormalization",
	.since = FY_ONNX_SINCE(17),
	.arity = FY_ONNX_ARITY({ 17, 2, 3, 1, 3 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = -1 },
			       { .name = "epsilon", .kind = 'f', .number = 1e-05 },
			       { .name = "stash_type", .kind = 'i', .number = 1 }),
	.infer = layer_infer,
	.eval = layer_eval,
};

/* x / sqrt(mean(x^2) + epsilon) * scale, in f32 at least. */
static fy_status rms_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0], *squares = NULL, *wide = NULL, *epsilon;
	fy_dtype compute = in->dtype == FY_F64 ? FY_F64 : FY_F32;
	fy_shape shape = in->shape;
	uint32_t mask = 0;
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->shape.rank, &axis));
	for (int i = axis; i < shape.rank; i++) {
		shape.dims[i] = 1;
		mask |= 1u << i;
	}
	FY_TRY(fy_onnx_new(call, &wide, compute, &in->shape, false));
	fy_status status = fy_onnx_new(call, &squares, compute, &shape, false);
	if (status == FY_OK) {
		epsilon = fy_tensor_scalar_f64(compute, fy_onnx_float(call, "epsilon"));
		fy_kernel_unary(wide, FY_SQUARE, in);
		fy_kernel_reduce(squares, FY_MEAN, wide, mask);
		fy_kernel_binary(squares, FY_ADD, compute, squares, epsilon);
		fy_kernel_unary(squares, FY_RSQRT, squares);
		fy_kernel_binary(wide, FY_MUL, compute, in, squares);
		fy_kernel_binary(out, FY_MUL, compute, wide, call->inputs[1]);
		fy_tensor_unref(epsilon);
	}
	fy_tensor_unref(wide);
	fy_tensor_unref(squares);
	return status;
}

const fy_onnx_op fy_onnx_op_rms_normalization = {
	.name = "onnx::RMSNormalization",
	.since = FY_ONNX_SINCE(23),
	.arity = FY_ONNX_ARITY({ 23, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = -1 },
			       { .name = "epsilon", .kind = 'f', .number = 1e-05 },
			       { .name = "stash_type", .kind = 'i', .number = 1 }),
	.infer = layer_infer,
	.eval = rms_eval,
};

/* ---- others
 * -------------------------------------------------------------------------------------------------- */

static fy_status lp_infer(fy_onnx_call *call)
{
	int axis;

	if (fy_onnx_shape(call, 0))
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), fy_onnx_shape(call, 0)->rank, &axis));
	return fy_onnx_infer_same(call);
}

static fy_status lp_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0], *norm, *zero, *empty;
	fy_shape shape = in->shape;
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), shape.rank, &axis));
	shape.dims[axis] = 1;
	FY_TRY(fy_onnx_new(call, &norm, in->dtype, &shape, false));
	fy_status status = fy_onnx_new(call, &empty, FY_BOOL, &shape, false);
	if (status == FY_OK) {
		zero = fy_tensor_scalar_f64(in->dtype, 0);
		fy_kernel_norm(norm, in, 1u << axis, (double)fy_onnx_int(call, "p"));
		fy_kernel_binary(out, FY_DIV, out->dtype, in, norm);
		fy_kernel_binary(empty, FY_EQ, in->dtype, norm, zero);
		fy_kernel_where(out, empty, zero, out);
		fy_tensor_unref(zero);
		fy_tensor_unref(empty);
	}
	fy_tensor_unref(norm);
	return status;
}

const fy_onnx_op fy_onnx_op_lp_normalization = {
	.name = "onnx::LpNormalization",
	.since = FY_ONNX_SINCE(1, 22),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = -1 },
			       { .name = "p", .kind = 'i', .number = 2 }),
	.infer = lp_infer,
	.eval = lp_eval,
};

static fy_status mean_variance_infer(fy_onnx_call *call)
{
	return fy_onnx_infer_same(call);
}

static fy_status mean_variance_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0], *mean, *deviation, *epsilon;
	int64_t axes[FY_MAX_RANK] = { 0, 2, 3 };
	fy_shape shape = in->shape;
	uint32_t mask = 0;
	int count;

	FY_TRY(fy_onnx_ints(call, "axes", axes, FY_MAX_RANK, &count));
	for (int i = 0; i < (count < 0 ? 3 : count); i++) {
		int axis;

		FY_TRY(fy_onnx_axis(call, axes[i], in->shape.rank, &axis));
		mask |= 1u << axis;
		shape.dims[axis] = 1;
	}
	FY_TRY(fy_onnx_new(call, &mean, in->dtype, &shape, false));
	fy_status status = fy_onnx_new(call, &deviation, in->dtype, &shape, false);
	if (status == FY_OK) {
		epsilon = fy_tensor_scalar_f64(in->dtype, 1e-9);
		fy_kernel_var(deviation, mean, in, mask, 0, true);
		fy_kernel_binary(deviation, FY_ADD, in->dtype, deviation, epsilon);
		fy_kernel_binary(out, FY_SUB, in->dtype, in, mean);
		fy_kernel_binary(out, FY_DIV, in->dtype, out, deviation);
		fy_tensor_unref(epsilon);
	}
	fy_tensor_unref(mean);
	fy_tensor_unref(deviation);
	return status;
}

const fy_onnx_op fy_onnx_op_mean_variance_normalization = {
	.name = "onnx::MeanVarianceNormalization",
	.since = FY_ONNX_SINCE(9, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "axes", .kind = 'I' }),
	.infer = mean_variance_infer,
	.eval = mean_variance_eval,
};

static fy_status lrn_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	int64_t size = fy_onnx_int(call, "size");

	if (in && in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more, not %d", in->rank);
	if (size < 1 || size > INT32_MAX)
		return fy_onnx_fail(call, "size must be positive");
	return fy_onnx_infer_same(call);
}

/* x / (bias + alpha / size * sum of squares over `size` channels)^beta; the sum is an average pool along
 * channels. */
static fy_status lrn_eval(fy_onnx_call *call)
{
	fy_tensor *in = call->inputs[0], *out = call->outputs[0], *squares, *image, *pooled, *number;
	int64_t size = fy_onnx_int(call, "size"), rest = 1;
	fy_shape shape = { 4, { in->shape.dims[0], 1, in->shape.dims[1], 1 } };
	int64_t strides[4];
	fy_pool pool = { .rank = 2,
			 .kernel = { size, 1 },
			 .stride = { 1, 1 },
			 .dilation = { 1, 1 },
			 .pad_before = { (size - 1) / 2, 0 },
			 .pad_after = { size / 2, 0 },
			 .divisor = size };

	for (int i = 2; i < in->shape.rank; i++)
		rest *= in->shape.dims[i];
	shape.dims[3] = rest;
	fy_shape_strides(&shape, strides);
	FY_TRY(fy_onnx_new(call, &squares, in->dtype, &in->shape, false));
	fy_kernel_unary(squares, FY_SQUARE, in);
	image = fy_tensor_view(squares, in->dtype, &shape, strides, squares->offset);
	pooled = fy_tensor_view(out, in->dtype, &shape, strides, out->offset);
	fy_kernel_avg_pool(pooled, image, &pool);
	number = fy_tensor_scalar_f64(in->dtype, fy_onnx_float(call, "alpha"));
	fy_kernel_binary(out, FY_MUL, in->dtype, out, number);
	fy_tensor_unref(number);
	number = fy_tensor_scalar_f64(in->dtype, fy_onnx_float(call, "bias"));
	fy_kernel_binary(out, FY_ADD, in->dtype, out, number);
	fy_tensor_unref(number);
	number = fy_tensor_scalar_f64(in->dtype, fy_onnx_float(call, "beta"));
	fy_kernel_binary(out, FY_POW, in->dtype, out, number);
	fy_tensor_unref(number);
	fy_kernel_binary(out, FY_DIV, in->dtype, in, out);
	fy_tensor_unref(squares);
	fy_tensor_unref(image);
	fy_tensor_unref(pooled);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_lrn = {
	.name = "onnx::LRN",
	.since = FY_ONNX_SINCE(1, 13),
	.attrs = FY_ONNX_ATTRS({ .name = "alpha", .kind = 'f', .number = 0.0001 },
			       { .name = "beta", .kind = 'f', .number = 0.75 },
			       { .name = "bias", .kind = 'f', .number = 1 },
			       { .name = "size", .kind = 'i', .required = true }),
	.infer = lrn_infer,
	.eval = lrn_eval,
};
