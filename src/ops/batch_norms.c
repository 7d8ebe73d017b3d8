/*
 * Normalisation per channel: by running statistics, by those of the batch, by those of each image. Lowered to
 * ONNX's BatchNormalization and InstanceNormalization where ONNX Runtime has them for the type, spelled out
 * otherwise. Also what all normalisations share.
 */
#include "ops/norms.h"

/* ---- what the normalisations share -------------------------------------------------------------- */

fy_status fy_norm_check_parameter(const fy_call *call, int index, int64_t units)
{
	const fy_tensor *t = fy_call_opt_tensor(call, index);
	int64_t numel = t == NULL ? units : fy_tensor_numel(t);
	if (units >= 0 && numel >= 0 && numel != units)
		return fy_call_raise(call, "'%s' has %" PRId64 " elements instead of %" PRId64,
				     call->schema->args[index].name, numel, units);
	return FY_OK;
}

fy_status fy_norm_check_float(const fy_call *call, const fy_tensor *in)
{
	if (fy_dtype_is_float(in->dtype))
		return FY_OK;
	return fy_call_raise(call, "not for %s tensors", fy_dtype_name(in->dtype));
}

fy_status fy_norm_check_types(const fy_call *call, const fy_tensor *in, const int indices[], int count)
{
	fy_dtype seen = in->dtype;
	bool narrow = in->dtype == FY_F16 || in->dtype == FY_BF16;
	for (int i = 0; i < count; i++) {
		const fy_tensor *t = fy_call_opt_tensor(call, indices[i]);
		if (t == NULL || t->dtype == seen)
			continue;
		if (!narrow || t->dtype != FY_F32 || (i > 0 && seen != in->dtype))
			return fy_call_raise(call, "'%s' is %s, the input %s",
					     call->schema->args[indices[i]].name, fy_dtype_name(t->dtype),
					     fy_dtype_name(in->dtype));
		seen = t->dtype;
	}
	return FY_OK;
}

fy_dtype fy_norm_statistics_type(const fy_call *call, const fy_tensor *in, const int indices[], int count)
{
	for (int i = 0; i < count; i++) {
		const fy_tensor *t = fy_call_opt_tensor(call, indices[i]);
		if (t != NULL && t->dtype != in->dtype)
			return t->dtype;
	}
	return in->dtype;
}

fy_dtype fy_norm_common_type(const fy_node *node, const int indices[], int count)
{
	fy_dtype dtype = fy_node_type(node, 0)->dtype;
	for (int i = 0; i < count; i++)
		if (!fy_node_none(node, indices[i]) && fy_node_type(node, indices[i])->dtype != dtype)
			return FY_F32;
	return dtype == FY_BF16 ? FY_F32 : dtype;
}

fy_dtype fy_norm_wide_type(fy_dtype dtype)
{
	return dtype == FY_F64 ? FY_F64 : FY_F32;
}

fy_normalised fy_lower_normalise(fy_lowering *l, fy_value *x, const int64_t *axes, int count, double eps)
{
	fy_normalised n = { .mean = fy_lower_reduce(l, "ReduceMean", x, axes, count, true) };
	fy_value *apart = fy_emit2(l, "Sub", x, n.mean);
	fy_value *var = fy_lower_reduce(l, "ReduceMean", fy_emit2(l, "Mul", apart, apart), axes, count, true);
	fy_value *deviation = fy_emit1(l, "Sqrt", fy_emit2(l, "Add", var, fy_lower_number(l, var, eps)));
	n.y = fy_emit2(l, "Div", apart, deviation);
	n.rstd = fy_emit1(l, "Reciprocal", deviation);
	return n;
}

/* A vector of one number per channel, shaped to broadcast against [n, c, spatial]. */
static fy_value *along_channels(fy_lowering *l, fy_value *vector, int rank)
{
	int64_t axes[FY_MAX_RANK] = { 0 };
	for (int i = 0; i < rank - 2; i++)
		axes[i] = 1 + i;
	return fy_lower_unsqueeze(l, vector, axes, rank - 2);
}

fy_value *fy_lower_scaled(fy_lowering *l, fy_value *y, fy_value *weight, fy_value *bias)
{
	if (weight != NULL)
		y = fy_emit2(l, "Mul", y, weight);
	return bias == NULL ? y : fy_emit2(l, "Add", y, bias);
}

fy_value *fy_lower_scaled_channels(fy_lowering *l, fy_value *y, fy_value *weight, fy_value *bias, int rank)
{
	return fy_lower_scaled(l, y, weight == NULL ? NULL : along_channels(l, weight, rank),
			       bias == NULL ? NULL : along_channels(l, bias, rank));
}

fy_value *fy_lower_vector_or(fy_lowering *l, const fy_node *node, int index, fy_dtype dtype, fy_dim count,
			     double number)
{
	fy_value *value = fy_lower_arg(l, node, index, dtype);
	if (value != NULL || fy_lower_status(l) != FY_OK)
		return value;
	if (!fy_dim_known(count)) {
		fy_lower_refuse(l, node, "needs a known number of channels");
		return NULL;
	}
	return fy_lower_filled(l, dtype, count, number);
}

/* ---- batch normalisation: input, weight, bias, running_mean, running_var, ... ------------------- */

typedef struct batch_form {
	bool per_instance; /* instance_norm: statistics of each image when use_input_stats */
	bool native;       /* gives statistics as results 1 and 2 */
} batch_form;

/* Are the statistics taken from the input? */
static fy_status from_input(const fy_call *call, bool *out)
{
	const batch_form *form = call->op->form;
	int index = fy_call_find(call, form->per_instance ? "use_input_stats" : "training");
	*out = false;
	return index < 0 ? FY_OK : fy_call_bool(call, index, out);
}

static fy_status batch_eps(const fy_call *call, double *eps)
{
	return fy_call_f64(call, fy_call_find(call, "eps"), eps);
}

static const int batch_parameters[] = { 1, 2, 3, 4 };

static fy_status batch_infer(fy_call *call)
{
	const batch_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	bool own;
	double eps;
	FY_TRY(from_input(call, &own));
	FY_TRY(batch_eps(call, &eps));
	FY_TRY(fy_norm_check_float(call, in));
	if (in->shape.rank < 2)
		return fy_call_raise(call, "takes tensors of rank 2 or more, not %d", in->shape.rank);
	if (!own && (fy_call_is_none(call, 3) || fy_call_is_none(call, 4)))
		return fy_call_raise(call, "needs running statistics");
	fy_dim channels = in->shape.dims[1];
	for (int i = 1; i <= 4; i++)
		FY_TRY(fy_norm_check_parameter(call, i, fy_dim_known(channels) ? channels : -1));
	FY_TRY(fy_norm_check_types(call, in, batch_parameters, 4));
	FY_TRY(form->per_instance ? fy_result_fresh(call, in->dtype, &in->shape)
				  : fy_result_image(call, in->dtype, &in->shape, in));
	fy_shape stats = { 1, { own ? channels : 0 } };
	fy_dtype type = fy_norm_statistics_type(call, in, batch_parameters, 4);
	for (int i = 1; i < 3 && form->native; i++)
		FY_TRY(fy_result_fresh(call, type, &stats));
	return FY_OK;
}

static uint32_t all_but_channels(int rank)
{
	return ((1u << rank) - 1) & ~2u;
}

static void to_rstd(fy_tensor *out, const fy_tensor *var, double eps)
{
	fy_tensor *epsilon = fy_tensor_scalar_f64(var->dtype, eps);
	fy_kernel_binary(out, FY_ADD, var->dtype, var, epsilon);
	fy_kernel_unary(out, FY_RSQRT, out);
	fy_tensor_unref(epsilon);
}

static fy_status training_eval(fy_call *call, double eps)
{
	const batch_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	fy_shape stats = { 1, { in->shape.dims[1] } };
	fy_tensor *mean = fy_tensor_new(FY_F64, &stats, false), *var = fy_tensor_new(FY_F64, &stats, false);
	if (mean != NULL && var != NULL) {
		fy_kernel_var(var, mean, in, all_but_channels(in->shape.rank), 0, false);
		fy_kernel_batch_norm(call->outs[0], in, fy_call_opt_tensor(call, 1),
				     fy_call_opt_tensor(call, 2), mean, var, eps);
		if (form->native) {
			fy_tensor_copy(call->outs[1], mean);
			to_rstd(var, var, eps);
			fy_tensor_copy(call->outs[2], var);
		}
	}
	bool done = mean != NULL && var != NULL;
	fy_tensor_unref(mean);
	fy_tensor_unref(var);
	return done ? FY_OK
		    : fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
			       call->schema->full);
}

static fy_status batch_eval(fy_call *call)
{
	const batch_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	const fy_tensor *weight = fy_call_opt_tensor(call, 1), *bias = fy_call_opt_tensor(call, 2);
	bool own;
	double eps;
	FY_TRY(from_input(call, &own));
	FY_TRY(batch_eps(call, &eps));
	if (!own)
		fy_kernel_batch_norm(call->outs[0], in, weight, bias, fy_call_tensor(call, 3),
				     fy_call_tensor(call, 4), eps);
	else if (!form->per_instance)
		return training_eval(call, eps);
	else if (in->shape.dims[1] > 0)
		fy_kernel_group_norm(call->outs[0], NULL, NULL, in, in->shape.dims[1], weight, bias, eps);
	return FY_OK;
}

/* ---- lowering it -------------------------------------------------------------------------------- */

static fy_value *lower_running(fy_lowering *l, fy_node *node, double eps)
{
	fy_dtype work = fy_norm_common_type(node, batch_parameters, 4);
	fy_dim channels = fy_node_type(node, 0)->shape.dims[1];
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	fy_value *weight = fy_lower_vector_or(l, node, 1, work, channels, 1);
	fy_value *bias = fy_lower_vector_or(l, node, 2, work, channels, 0);
	fy_value *mean = fy_lower_arg(l, node, 3, work), *var = fy_lower_arg(l, node, 4, work);
	return fy_emit(l, "BatchNormalization", FY_IN(x, weight, bias, mean, var),
		       FY_ATTRS(fy_attr_float("epsilon", eps)));
}

static void lower_training(fy_lowering *l, fy_node *node, double eps)
{
	const fy_type *type = fy_node_type(node, 0);
	fy_dtype work = fy_norm_wide_type(type->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	int64_t axes[FY_MAX_RANK];
	int count = 0;
	for (int i = 0; i < type->shape.rank; i++)
		if (i != 1)
			axes[count++] = i;
	fy_normalised n = fy_lower_normalise(l, x, axes, count, eps);
	fy_value *y = fy_lower_scaled_channels(l, n.y, fy_lower_arg(l, node, 1, work),
					       fy_lower_arg(l, node, 2, work), type->shape.rank);
	fy_lower_result(l, node, 0, fy_lower_cast(l, y, type->dtype));
	for (int i = 1; i < node->result_count; i++) {
		fy_value *stat = fy_lower_squeeze(l, i == 1 ? n.mean : n.rstd, axes, count);
		fy_lower_result(l, node, i, fy_lower_cast(l, stat, fy_node_result_type(node, i)->dtype));
	}
}

/* ONNX wants spatial axes, and ONNX Runtime no float64. */
static fy_value *lower_instance(fy_lowering *l, fy_node *node, double eps)
{
	const fy_type *type = fy_node_type(node, 0);
	fy_dtype work = fy_norm_common_type(node, batch_parameters, 4);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	int64_t axes[FY_MAX_RANK] = { 2 };
	int rank = type->shape.rank, count = rank == 2 ? 1 : rank - 2;
	for (int i = 0; i < count; i++)
		axes[i] = 2 + i;
	if (rank == 2)
		x = fy_lower_unsqueeze(l, x, axes, 1);
	if (work == FY_F64) {
		x = fy_lower_normalise(l, x, axes, count, eps).y;
		x = fy_lower_scaled_channels(l, x, fy_lower_arg(l, node, 1, work),
					     fy_lower_arg(l, node, 2, work), count + 2);
	} else {
		fy_value *weight = fy_lower_vector_or(l, node, 1, work, type->shape.dims[1], 1);
		fy_value *bias = fy_lower_vector_or(l, node, 2, work, type->shape.dims[1], 0);
		x = fy_emit(l, "InstanceNormalization", FY_IN(x, weight, bias),
			    FY_ATTRS(fy_attr_float("epsilon", eps)));
	}
	return rank == 2 ? fy_lower_squeeze(l, x, axes, 1) : x;
}

static fy_status batch_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	const batch_form *form = call.op->form;
	bool own;
	double eps;
	if (from_input(&call, &own) != FY_OK || batch_eps(&call, &eps) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node cannot be read", node->op);
	if (own && form->per_instance)
		return fy_lower_finish(l, node, lower_instance(l, node, eps));
	if (own) {
		lower_training(l, node, eps);
		return fy_lower_status(l);
	}
	for (int i = 1; i < node->result_count; i++)
		fy_lower_result(l, node, i, fy_lower_filled(l, fy_node_result_type(node, i)->dtype, 0, 0));
	return fy_lower_finish(l, node, lower_running(l, node, eps));
}

#define BATCH_CASES                                                                 \
	"f32[2,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5",             \
		"f32[2,3,2,2] none none f32[3] f32[3]{0.1:2} false 0.1 0.01",       \
		"f32[2,3] f32[3] none f32[3] f32[3]{0.1:2} false 0.1 1e-5",         \
		"f64[1,3,1,2,2] f64[3] f64[3] f64[3] f64[3]{0.1:2} false 0.1 1e-5", \
		"f16[2,3,2] f16[3] f16[3] f16[3] f16[3]{0.1:2} false 0.1 1e-3",     \
		"f16[2,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5",     \
		"bf16[2,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5",    \
		"i64[2,3,2] none none f32[3] f32[3] false 0.1 1e-5",                \
		"f32[3] none none f32[3] f32[3] false 0.1 1e-5",                    \
		"f32[2,3,4] f32[3] f32[3] none none true 0.1 1e-5",                 \
		"f32[2,3,2,2] none none f32[3] f32[3] true 0.1 1e-5",               \
		"f64[2,3,3] f64[3] f64[3] none none true 0.1 1e-5",                 \
		"f16[2,3,3] f16[3] f16[3] none none true 0.1 1e-3",                 \
		"bf16[2,3,3] none none none none true 0.1 1e-3"

const fy_op fy_aten_batch_norm = {
	.name = "aten::batch_norm",
	.infer = batch_infer,
	.eval = batch_eval,
	.lower = batch_lower,
	.form = &(const batch_form){ 0 },
	.cases = FY_CASES("f32[2,3,2,2]^L f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5 true",
			  "f32[1,3,2,2,2]^L f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[2,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5 false",
			  "f32[2,3,2,2] none none f32[3] f32[3]{0.1:2} false 0.1 0.01 true",
			  "f16[2,3] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5 true",
			  "f32[2,3,4]^T f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[0,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} false 0.1 1e-5 false",
			  "f32[2,3,2] f32[2] none f32[3] f32[3] false 0.1 1e-5 true",
			  "f32[2,3,2] none none none none false 0.1 1e-5 true"),
};

const fy_op fy_aten_native_batch_norm = {
	.name = "aten::native_batch_norm",
	.infer = batch_infer,
	.eval = batch_eval,
	.lower = batch_lower,
	.form = &(const batch_form){ .native = true },
	.cases = FY_CASES(BATCH_CASES),
};

const fy_op fy_aten__native_batch_norm_legit_no_training = {
	.name = "aten::_native_batch_norm_legit_no_training",
	.infer = batch_infer,
	.eval = batch_eval,
	.lower = batch_lower,
	.form = &(const batch_form){ .native = true },
	.cases = FY_CASES("f32[2,3,2] f32[3] f32[3] f32[3] f32[3]{0.1:2} 0.1 1e-5",
			  "f16[2,3] none none f32[3] f32[3]{0.1:2} 0.1 1e-5"),
};

const fy_op fy_aten_instance_norm = {
	.name = "aten::instance_norm",
	.infer = batch_infer,
	.eval = batch_eval,
	.lower = batch_lower,
	.form = &(const batch_form){ .per_instance = true },
	.cases = FY_CASES("f32[2,3,2,2]^L f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[2,3,2,2]^L none none f32[3] f32[3]{0.1:2} false 0.1 1e-5 true",
			  "f32[2,3,4] f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[2,3,2,2] none none none none true 0.1 1e-5 false",
			  "f32[1,2,2,2,2] f32[2] f32[2] f32[2] f32[2] true 0.1 0.01 true",
			  "f32[2,3,1,1] f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[2,3] f32[3] f32[3] none none true 0.1 1e-5 true",
			  "f32[2,3,2] f32[3] none f32[3] f32[3]{0.1:2} false 0.1 1e-5 true",
			  "f64[2,3,3] f64[3] f64[3] none none true 0.1 1e-5 true",
			  "f16[2,3,3] f16[3] f16[3] none none true 0.1 1e-3 true",
			  "f16[2,3,3] f32[3] f32[3] none none true 0.1 1e-3 true",
			  "bf16[2,3,3] none none none none true 0.1 1e-3 true",
			  "f32[2,3,2] none none none none false 0.1 1e-5 true",
			  "f32[3] none none none none true 0.1 1e-5 true"),
};
