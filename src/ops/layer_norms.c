/*
 * Normalisation within each example: over groups of channels, over the last dims, and by the root mean
 * square. Lowered to ONNX's own operators from the opsets that have them, spelled out below. Statistics are
 * taken in float32 for the 16-bit types.
 */
#include "ops/norms.h"

#include <float.h>

/* ---- group normalisation ------------------------------------------------------------------------ */

/* Which arguments are what; native_group_norm has them in another order. */
typedef struct group_form {
	int groups, weight, eps;
	bool native;
} group_form;

static fy_status read_groups(const fy_call *call, int64_t *groups, double *eps)
{
	const group_form *form = call->op->form;
	FY_TRY(fy_call_counts(call, form->groups, groups, 1, 1));
	return fy_call_f64(call, form->eps, eps);
}

/* native_group_norm is told the sizes: batch, channels and the product of the others. */
static fy_status check_told_sizes(const fy_call *call, const fy_tensor *in)
{
	int64_t told[3], rest = 1;
	for (int i = 0; i < 3; i++)
		FY_TRY(fy_call_int(call, 3 + i, &told[i]));
	for (int i = 2; i < in->shape.rank; i++)
		rest = fy_dim_known(in->shape.dims[i]) && rest >= 0 ? rest * in->shape.dims[i] : -1;
	if ((fy_dim_known(in->shape.dims[0]) && in->shape.dims[0] != told[0]) ||
	    in->shape.dims[1] != told[1] || (rest >= 0 && rest != told[2]))
		return fy_call_unsupported(call, "sizes that are not the input's");
	return FY_OK;
}

static fy_status group_infer(fy_call *call)
{
	const group_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	const int parameters[] = { form->weight, form->weight + 1 };
	int64_t groups;
	double eps;
	FY_TRY(read_groups(call, &groups, &eps));
	FY_TRY(fy_norm_check_float(call, in));
	if (in->shape.rank < 2)
		return fy_call_raise(call, "takes tensors of rank 2 or more, not %d", in->shape.rank);
	if (!fy_dim_known(in->shape.dims[1]))
		return fy_call_unsupported(call, "the number of channels must be known");
	if (in->shape.dims[1] % groups != 0)
		return fy_call_raise(call, "%" PRId64 " groups do not divide %" PRId64 " channels", groups,
				     in->shape.dims[1]);
	for (int i = 0; i < 2; i++)
		FY_TRY(fy_norm_check_parameter(call, parameters[i], in->shape.dims[1]));
	FY_TRY(fy_norm_check_types(call, in, parameters, 2));
	if (form->native)
		FY_TRY(check_told_sizes(call, in));
	FY_TRY(fy_result_image(call, in->dtype, &in->shape, in));
	fy_shape stats = { 2, { in->shape.dims[0], groups } };
	for (int i = 1; i < 3 && form->native; i++)
		FY_TRY(fy_result_fresh(call, fy_norm_statistics_type(call, in, parameters, 2), &stats));
	return FY_OK;
}

static fy_status group_eval(fy_call *call)
{
	const group_form *form = call->op->form;
	int64_t groups;
	double eps;
	FY_TRY(read_groups(call, &groups, &eps));
	fy_kernel_group_norm(call->outs[0], form->native ? call->outs[1] : NULL,
			     form->native ? call->outs[2] : NULL, fy_call_tensor(call, 0), groups,
			     fy_call_opt_tensor(call, form->weight),
			     fy_call_opt_tensor(call, form->weight + 1), eps);
	return FY_OK;
}

static fy_value *grouped(fy_lowering *l, fy_value *x, int64_t groups)
{
	return fy_emit2(l, "Reshape", x, fy_lower_ints(l, (const int64_t[]){ 0, groups, -1 }, 3));
}

/* Each group as one channel of an instance normalisation; float64 is spelled out, as ONNX Runtime has none.
 */
static fy_value *group_by_instances(fy_lowering *l, fy_value *x, int64_t groups, double eps)
{
	if (x == NULL)
		return NULL;
	fy_shape shape = x->type->shape;
	fy_dtype dtype = x->type->dtype;
	x = grouped(l, x, groups);
	if (dtype == FY_F64)
		x = fy_lower_normalise(l, x, (const int64_t[]){ 2 }, 1, eps).y;
	else
		x = fy_emit(
			l, "InstanceNormalization",
			FY_IN(x, fy_lower_filled(l, dtype, groups, 1), fy_lower_filled(l, dtype, groups, 0)),
			FY_ATTRS(fy_attr_float("epsilon", eps)));
	return fy_lower_reshape(l, x, &shape);
}

static void lower_group_statistics(fy_lowering *l, fy_node *node, int64_t groups, double eps)
{
	static const int64_t last[] = { 2 };
	fy_dtype wide = fy_norm_wide_type(fy_node_type(node, 0)->dtype);
	fy_value *x = grouped(l, fy_lower_cast(l, fy_lower_tensor(l, node, 0), wide), groups);
	fy_normalised n = fy_lower_normalise(l, x, last, 1, eps);
	for (int i = 1; i < 3; i++) {
		fy_value *stat = fy_lower_squeeze(l, i == 1 ? n.mean : n.rstd, last, 1);
		fy_lower_result(l, node, i, fy_lower_cast(l, stat, fy_node_result_type(node, i)->dtype));
	}
}

static fy_status group_lower(fy_lowering *l, fy_node *node)
{
	const group_form *form = fy_node_op(node)->form;
	const int parameters[] = { form->weight, form->weight + 1 };
	const fy_type *type = fy_node_type(node, 0);
	fy_dtype work = fy_norm_common_type(node, parameters, 2);
	int64_t groups = fy_node_int(node, form->groups);
	double eps = fy_node_f64(node, form->eps);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	if (form->native)
		lower_group_statistics(l, node, groups, eps);
	if (fy_lower_opset(l) >= 21 && work != FY_F64) {
		fy_value *weight = fy_lower_vector_or(l, node, form->weight, work, type->shape.dims[1], 1);
		fy_value *bias = fy_lower_vector_or(l, node, form->weight + 1, work, type->shape.dims[1], 0);
		x = fy_emit(l, "GroupNormalization", FY_IN(x, weight, bias),
			    FY_ATTRS(fy_attr_float("epsilon", eps), fy_attr_int("num_groups", groups)));
		return fy_lower_finish(l, node, x);
	}
	x = group_by_instances(l, x, groups, eps);
	x = fy_lower_scaled_channels(l, x, fy_lower_arg(l, node, form->weight, work),
				     fy_lower_arg(l, node, form->weight + 1, work), type->shape.rank);
	return fy_lower_finish(l, node, x);
}

const fy_op fy_aten_group_norm = {
	.name = "aten::group_norm",
	.infer = group_infer,
	.eval = group_eval,
	.lower = group_lower,
	.form = &(const group_form){ .groups = 1, .weight = 2, .eps = 4 },
	.cases = FY_CASES("f32[1,4,2,2]^L 2", "f32[1,4,2,2,2]^L 2", "f32[2,4,3] 2 f32[4] f32[4]",
			  "f32[1,4,2,2] 4", "f32[2,4] 2 f32[4] f32[4]", "f32[1,4,2,1,2] 1 f32[4] none 0.01",
			  "f64[2,4,3] 2 f64[4] f64[4]", "f16[1,4,3] 2 f16[4] f16[4] 1e-3",
			  "f16[1,4,3] 2 f32[4] f32[4]", "bf16[1,4,3] 2 f32[4] f32[4]", "f32[1,4,3] 3",
			  "f32[1,4,3] 2 f32[3]", "f32[4] 2", "i64[1,4,3] 2", "f32[1,4,3] 0"),
};

const fy_op fy_aten_native_group_norm = {
	.name = "aten::native_group_norm",
	.infer = group_infer,
	.eval = group_eval,
	.lower = group_lower,
	.form = &(const group_form){ .groups = 6, .weight = 1, .eps = 7, .native = true },
	.cases = FY_CASES("f32[2,4,3] f32[4] f32[4] 2 4 3 2 1e-5", "f32[1,4,2,2] none none 1 4 4 1 1e-5",
			  "f16[1,4,3] f32[4] f32[4] 1 4 3 2 1e-3", "bf16[1,4,3] none none 1 4 3 2 1e-3"),
};

/* ---- layer normalisation ------------------------------------------------------------------------ */

typedef struct layer_form {
	bool native;
} layer_form;

static const int layer_parameters[] = { 2, 3 };

/* First of the dims that are normalised together; they must be what normalized_shape says. */
static fy_status layer_axis(const fy_call *call, const fy_shape *in, int *axis, int64_t *count)
{
	int64_t sizes[2 * FY_MAX_RANK];
	int given;
	*count = 1;
	FY_TRY(fy_call_ints(call, 1, sizes, 0, &given));
	*axis = in->rank - given;
	if (given < 1 || *axis < 0)
		return fy_call_raise(call, "normalized_shape of %d dims for a tensor of rank %d", given,
				     in->rank);
	for (int i = 0; i < given; i++) {
		fy_dim dim = in->dims[*axis + i];
		if (fy_dim_known(dim) && dim != sizes[i])
			return fy_call_raise(call, "the last dims are not normalized_shape");
		if (sizes[i] < 0 || !fy_mul_i64(*count, sizes[i], count))
			return fy_call_raise(call, "normalized_shape is negative or too large");
	}
	return FY_OK;
}

static fy_status layer_infer(fy_call *call)
{
	const layer_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	int64_t count;
	int axis;
	double eps;
	FY_TRY(layer_axis(call, &in->shape, &axis, &count));
	FY_TRY(fy_call_f64(call, 4, &eps));
	FY_TRY(fy_norm_check_float(call, in));
	for (int i = 0; i < 2; i++)
		FY_TRY(fy_norm_check_parameter(call, layer_parameters[i], count));
	FY_TRY(fy_norm_check_types(call, in, layer_parameters, 2));
	FY_TRY(fy_result_fresh(call, in->dtype, &in->shape));
	fy_shape stats = in->shape;
	for (int i = axis; i < stats.rank; i++)
		stats.dims[i] = 1;
	for (int i = 1; i < 3 && form->native; i++)
		FY_TRY(fy_result_fresh(call, fy_norm_statistics_type(call, in, layer_parameters, 2), &stats));
	return FY_OK;
}

static fy_status layer_eval(fy_call *call)
{
	const layer_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	int64_t count;
	int axis;
	double eps;
	FY_TRY(layer_axis(call, &in->shape, &axis, &count));
	FY_TRY(fy_call_f64(call, 4, &eps));
	fy_kernel_layer_norm(call->outs[0], form->native ? call->outs[1] : NULL,
			     form->native ? call->outs[2] : NULL, in, axis, fy_call_opt_tensor(call, 2),
			     fy_call_opt_tensor(call, 3), eps);
	return FY_OK;
}

static fy_normalised normalise_from(fy_lowering *l, fy_value *x, int axis, int rank, double eps)
{
	int64_t axes[FY_MAX_RANK];
	for (int i = axis; i < rank; i++)
		axes[i - axis] = i;
	return fy_lower_normalise(l, x, axes, rank - axis, eps);
}

static int normalised_dims(const fy_node *node)
{
	return node->args[1].kind == FY_ARG_LIST ? node->args[1].list.count : 1;
}

/* A vector of ones in the shape of the last dims. */
static fy_value *ones_like_last(fy_lowering *l, fy_dtype dtype, const fy_shape *in, int axis)
{
	fy_shape shape = { .rank = in->rank - axis };
	for (int i = 0; i < shape.rank; i++)
		shape.dims[i] = in->dims[axis + i];
	fy_tensor *tensor = fy_tensor_new(dtype, &shape, false);
	if (tensor != NULL)
		fy_kernel_fill_f64(tensor, 1);
	return fy_lower_constant(l, tensor);
}

static fy_status layer_lower(fy_lowering *l, fy_node *node)
{
	const layer_form *form = fy_node_op(node)->form;
	const fy_shape *shape = &fy_node_type(node, 0)->shape;
	fy_dtype work = fy_norm_common_type(node, layer_parameters, 2),
		 wide = fy_norm_wide_type(fy_node_type(node, 0)->dtype);
	int axis = shape->rank - normalised_dims(node);
	double eps = fy_node_f64(node, 4);
	fy_value *input = fy_lower_tensor(l, node, 0);
	fy_normalised n = { 0 };
	if (form->native) {
		n = normalise_from(l, fy_lower_cast(l, input, wide), axis, shape->rank, eps);
		fy_lower_result(l, node, 1, fy_lower_cast(l, n.mean, fy_node_result_type(node, 1)->dtype));
		fy_lower_result(l, node, 2, fy_lower_cast(l, n.rstd, fy_node_result_type(node, 2)->dtype));
	}
	bool sized = true;
	for (int i = axis; i < shape->rank; i++)
		sized = sized && fy_dim_known(shape->dims[i]);
	if (fy_lower_opset(l) >= 17 && work != FY_F64 && (sized || !fy_node_none(node, 2))) {
		fy_value *weight = fy_lower_arg(l, node, 2, work);
		if (fy_node_none(node, 2))
			weight = ones_like_last(l, work, shape, axis);
		fy_value *y = fy_emit(
			l, "LayerNormalization",
			FY_IN(fy_lower_cast(l, input, work), weight, fy_lower_arg(l, node, 3, work)),
			FY_ATTRS(fy_attr_int("axis", axis - shape->rank), fy_attr_float("epsilon", eps)));
		return fy_lower_finish(l, node, y);
	}
	if (!form->native)
		n = normalise_from(l, fy_lower_cast(l, input, wide), axis, shape->rank, eps);
	return fy_lower_finish(
		l, node,
		fy_lower_scaled(l, n.y, fy_lower_arg(l, node, 2, wide), fy_lower_arg(l, node, 3, wide)));
}

const fy_op fy_aten_layer_norm = {
	.name = "aten::layer_norm",
	.infer = layer_infer,
	.eval = layer_eval,
	.lower = layer_lower,
	.form = &(const layer_form){ false },
	.cases = FY_CASES("f32[1,4,2,2]^L [2]", "f32[2,3,4] [4] f32[4] f32[4]",
			  "f32[2,3,4] [3,4] f32[3,4] none 0.01", "f32[2,3]^T [3]", "f32[4] [4] none f32[4]",
			  "f64[2,3] [3] f64[3] f64[3]", "f16[2,3] [3] f16[3] f16[3]",
			  "f16[2,3] [3] f32[3] f32[3]", "bf16[2,3] [3] f32[3] none", "f32[2,3] [2]",
			  "f32[2,3] []", "f32[2,3] [3] f32[2]", "i64[2,3] [3]", "f32[2,3] [4,2,3]"),
};

const fy_op fy_aten_native_layer_norm = {
	.name = "aten::native_layer_norm",
	.infer = layer_infer,
	.eval = layer_eval,
	.lower = layer_lower,
	.form = &(const layer_form){ true },
	.cases = FY_CASES("f32[2,3,4] [4] f32[4] f32[4] 1e-5", "f32[2,3,4] [3,4] none none 0.01",
			  "f16[2,3] [3] f32[3] f32[3] 1e-5", "f64[2,3] [3] f64[3] f64[3] 1e-5"),
};

/* ---- root mean square --------------------------------------------------------------------------- */

/* PyTorch's default: that of the type it computes in. */
static double smallest_step(fy_dtype dtype)
{
	return dtype == FY_F64 ? DBL_EPSILON : FLT_EPSILON;
}

static fy_status rms_eps(const fy_call *call, fy_dtype dtype, double *eps)
{
	*eps = smallest_step(dtype);
	return fy_call_is_none(call, 3) ? FY_OK : fy_call_f64(call, 3, eps);
}

static fy_status rms_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	const fy_tensor *in = fy_call_tensor(call, 0);
	fy_arg x = call->args[0], dims[FY_MAX_RANK], dtype = fy_arg_int(in->dtype);
	fy_dtype wide = fy_norm_wide_type(in->dtype);
	int64_t count;
	int axis;
	double eps;
	FY_TRY(layer_axis(call, &in->shape, &axis, &count));
	FY_TRY(rms_eps(call, in->dtype, &eps));
	FY_TRY(fy_norm_check_float(call, in));
	FY_TRY(fy_norm_check_parameter(call, 2, count));
	for (int i = axis; i < in->shape.rank; i++)
		dims[i - axis] = fy_arg_int(i);
	if (wide != in->dtype)
		x = fy_do2(c, "aten::to.dtype", x, fy_arg_int(wide));
	fy_arg mean = fy_do3(c, "aten::mean.dim", fy_do2(c, "aten::mul.Tensor", x, x),
			     fy_arg_list(dims, in->shape.rank - axis), fy_arg_bool(true));
	fy_arg rstd = fy_do1(c, "aten::rsqrt", fy_do2(c, "aten::add.Scalar", mean, fy_arg_float(eps)));
	x = fy_do2(c, "aten::mul.Tensor", x, rstd);
	if (!fy_call_is_none(call, 2))
		x = fy_do2(c, "aten::mul.Tensor", x, call->args[2]);
	c->results[0] = fy_do2(c, "aten::to.dtype", x, dtype);
	return c->status;
}

static fy_status rms_lower(fy_lowering *l, fy_node *node)
{
	static const int parameters[] = { 2 };
	const fy_type *type = fy_node_type(node, 0);
	fy_dtype work = fy_norm_common_type(node, parameters, 1);
	int axis = type->shape.rank - normalised_dims(node);
	if (work == FY_F64 || (fy_node_none(node, 2) && !fy_shape_known(&type->shape)))
		return fy_lower_refuse(l, node, "has no ONNX form of its own");
	double eps = fy_node_none(node, 3) ? smallest_step(type->dtype) : fy_node_f64(node, 3);
	fy_value *weight = fy_lower_arg(l, node, 2, work);
	if (fy_node_none(node, 2))
		weight = ones_like_last(l, work, &type->shape, axis);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	return fy_lower_finish(l, node,
			       fy_emit(l, "RMSNormalization", FY_IN(x, weight),
				       FY_ATTRS(fy_attr_int("axis", axis - type->shape.rank),
						fy_attr_float("epsilon", eps))));
}

const fy_op fy_aten_rms_norm = {
	.name = "aten::rms_norm",
	.compose = rms_compose,
	.lower = rms_lower,
	.native_opset = 23,
	.cases = FY_CASES("f32[2,3,4] [4] f32[4]", "f32[2,3,4] [3,4] none 0.01", "f64[2,3] [3] f64[3]",
			  "f16[2,3] [3] f16[3]", "bf16[2,3] [3] bf16[3]", "f16[2,3]{0:0.02} [3]",
			  "f32[2,3] [2]", "f32[2,3]{0:0.0001} [3]"),
};
