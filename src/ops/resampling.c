/*
 * Resampling of images on a regular grid: upsample_nearest, linear, bilinear, trilinear, bicubic and the
 * antialiased ones: what they ask for, inferring and evaluating them, and the records.
 */
#include "ops/resampling.h"

#include <math.h>

/* ---- reading the arguments ------------------------------------------------------------------------ */

static fy_status read_factor(const fy_call *call, const fy_arg *arg, double *out)
{
	if (arg->kind == FY_ARG_TENSOR && fy_tensor_has_data(arg->t))
		*out = fy_tensor_get_f64(arg->t, 0);
	else if (arg->kind == FY_ARG_FLOAT)
		*out = arg->f;
	else if (arg->kind == FY_ARG_INT)
		*out = (double)arg->i;
	else
		return fy_call_unsupported(call, "the scale factors must be known");
	return FY_OK;
}

/* Each scale has an argument of its own, or there is one list. Those that are not positive do not count. */
static fy_status read_scales(const fy_call *call, int rank, double scales[])
{
	int list = fy_call_find(call, "scale_factors");
	if (list < 0) {
		for (int i = 0; i < rank; i++) {
			int index = call->arg_count - rank + i;
			if (!fy_call_is_none(call, index))
				FY_TRY(fy_call_f64(call, index, &scales[i]));
		}
	} else if (!fy_call_is_none(call, list)) {
		const fy_arg *arg = &call->args[list];
		if (arg->kind != FY_ARG_LIST || arg->list.count != rank)
			return fy_call_raise(call, "takes %d scale factors", rank);
		for (int i = 0; i < rank; i++)
			FY_TRY(read_factor(call, &arg->list.items[i], &scales[i]));
	}
	for (int i = 0; i < rank; i++)
		if (!isfinite(scales[i]))
			return fy_call_unsupported(call, "a scale factor is not finite");
	return FY_OK;
}

fy_status fy_upsample_read(const fy_call *call, fy_upsample_plan *plan)
{
	const fy_upsample_form *form = call->op->form;
	int corners = fy_call_find(call, "align_corners");
	bool aligned = false;
	if (corners >= 0)
		FY_TRY(fy_call_bool(call, corners, &aligned));
	plan->resize = fy_resize_default(form->mode, aligned ? FY_COORD_TORCH_CORNERS : form->coord);
	plan->resize.antialias = form->antialias;
	plan->resize.cubic_a = form->antialias ? -0.5 : -0.75;
	plan->by_factors = fy_call_is_none(call, 1);
	return read_scales(call, form->rank, plan->resize.scale + 2);
}

/* ---- inference and evaluation ----------------------------------------------------------------------- */

static fy_status check_size(const fy_call *call, double size)
{
	if (size >= 1 && size < INT32_MAX)
		return FY_OK;
	return fy_call_raise(call, "the output sizes must be positive and not too large");
}

static fy_status size_given(const fy_call *call, int i, int rank, fy_dim *out)
{
	const fy_arg *arg = &call->args[1];
	if (arg->kind == FY_ARG_LIST && arg->list.count != rank)
		return fy_call_raise(call, "takes %d output sizes, not %d", rank, arg->list.count);
	if (arg->kind == FY_ARG_LIST)
		arg = &arg->list.items[i];
	if (arg->kind == FY_ARG_TENSOR && !fy_tensor_has_data(arg->t))
		return fy_call_unknown_size(call, out);
	*out = arg->kind == FY_ARG_TENSOR ? fy_tensor_get_i64(arg->t, 0) : arg->i;
	return check_size(call, (double)*out);
}

static fy_status size_by_factor(const fy_call *call, fy_dim in, double factor, fy_dim *out)
{
	if (!fy_dim_known(in)) {
		*out = in;
		return factor == 1 ? FY_OK : fy_call_unknown_size(call, out);
	}
	FY_TRY(check_size(call, (double)in * factor));
	*out = (fy_dim)((double)in * factor);
	return FY_OK;
}

static fy_status check_input(const fy_call *call, const fy_upsample_form *form, const fy_tensor *in)
{
	bool narrow = in->dtype == FY_F16 || in->dtype == FY_BF16;
	if (!(in->dtype == FY_F32 || in->dtype == FY_F64 || (narrow && !form->antialias) ||
	      (in->dtype == FY_U8 && form->bytes)))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(in->dtype));
	if (in->dtype == FY_U8 && form->mode != FY_RESIZE_NEAREST)
		return fy_call_unsupported(call,
					   "interpolates bytes in fixed point: convert to floats first");
	if (in->shape.rank != form->rank + 2)
		return fy_call_raise(call, "takes tensors of rank %d, not %d", form->rank + 2,
				     in->shape.rank);
	for (int i = 1; i < in->shape.rank; i++)
		if (in->shape.dims[i] == 0)
			return fy_call_raise(call, "the input is empty");
	return FY_OK;
}

/* The kernel of antialiasing is as wide as what one output covers of the input. */
static fy_status check_width(const fy_call *call, const fy_upsample_plan *plan, int dim, fy_dim in)
{
	double scale = plan->resize.scale[dim];
	if (plan->resize.antialias && scale > 0 && fy_dim_known(in) && 1 / scale > 2.0 * (double)in)
		return fy_call_unsupported(call, "a scale factor of %g", scale);
	return FY_OK;
}

static fy_status upsample_infer(fy_call *call)
{
	const fy_upsample_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	fy_shape out = in->shape;
	fy_upsample_plan plan = { 0 };
	int list = fy_call_find(call, "scale_factors");
	FY_TRY(check_input(call, form, in));
	FY_TRY(fy_upsample_read(call, &plan));
	if (list >= 0 && fy_call_is_none(call, list) == plan.by_factors)
		return fy_call_raise(call, "takes either output sizes or scale factors");
	for (int i = 0; i < form->rank; i++) {
		fy_dim size = in->shape.dims[2 + i];
		if (plan.by_factors)
			FY_TRY(size_by_factor(call, size, plan.resize.scale[2 + i], &out.dims[2 + i]));
		else
			FY_TRY(size_given(call, i, form->rank, &out.dims[2 + i]));
		FY_TRY(check_width(call, &plan, 2 + i, size));
	}
	return fy_result_image(call, in->dtype, &out, in);
}

static fy_status upsample_eval(fy_call *call)
{
	fy_upsample_plan plan = { 0 };
	FY_TRY(fy_upsample_read(call, &plan));
	fy_kernel_resize(call->outs[0], fy_call_tensor(call, 0), &plan.resize);
	return FY_OK;
}

/* ---- the operators ---------------------------------------------------------------------------------------
 */

const fy_op fy_aten_upsample_nearest1d = {
	.name = "aten::upsample_nearest1d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 1, FY_RESIZE_NEAREST, FY_COORD_TORCH, false, true },
	.cases = FY_CASES("f32[1,2,4] [8]", "f32[2,2,5] [7]", "f32[1,2,6] [4]", "f32[1,2,3] [12]",
			  "f32[1,2,5] [5]", "f32[1,1,5] [11] 2.3", ".vec f32[1,2,4] none [2]",
			  ".vec f32[1,2,5] none [2.3]", ".vec f32[1,2,5] [3] none", "f64[1,2,5] [8]",
			  "f16[1,2,5] [10]", "bf16[1,2,5] [8]", "u8[1,2,5] [10]", "u8[1,2,5] [7]",
			  "i32[1,2,5] [10]", "f32[2,5] [10]", "f32[1,2,0] [3]", "f32[0,2,3] [6]",
			  "f32[1,2,3] [0]", ".vec f32[1,2,3] none none", ".vec f32[1,2,3] none [0.2]",
			  "f32[1,2,41] [41]", "f32[1,1,1] [49]", "f32[1,1,3] [6] -1.0"),
};

const fy_op fy_aten_upsample_nearest2d = {
	.name = "aten::upsample_nearest2d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_NEAREST, FY_COORD_TORCH, false, true },
	.cases = FY_CASES("f32[1,2,3,3] [6,6]", "f32[1,2,3,4] [5,6]", "f32[2,1,3,4] [9,4]",
			  "f32[1,2,3,4] [6,8] 2.0 2.0", "f32[1,2,4,6] [2,3]", "f32[1,2,3,2]^L [6,4]",
			  "f32[1,2,3,4]^T [6,8]", ".vec f32[1,2,3,4] none [2.0,2.0]",
			  ".vec f32[1,2,3,4] none [2,3]", ".vec f32[1,2,3,4] none [1.5,0.7]",
			  ".vec f32[1,2,3,4] [7,4] none", ".vec f32[1,2,3,4] [7,4] [2.0,2.0]",
			  ".vec f32[1,2,3,4] none [2.0]", "u8[1,2,3,3] [6,6]", "f16[1,2,3,3] [6,6]",
			  "f64[1,2,3,3] [6,5]", "f32[1,2,3] [6,6]", "f32[1,2,3,4] [6]"),
};

const fy_op fy_aten_upsample_nearest3d = {
	.name = "aten::upsample_nearest3d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 3, FY_RESIZE_NEAREST, FY_COORD_TORCH, false, true },
	.cases = FY_CASES("f32[1,1,2,2,3] [4,4,6]", "f32[1,1,2,2,3] [3,4,5]",
			  ".vec f32[1,1,2,2,3] none [2.0,1.0,2.0]", "f32[1,2,2,2,2]^L [4,2,4]",
			  "f32[1,1,2,2,3] [4,4,4] 2.0 2.0 1.5", "u8[1,1,2,2,3] [4,4,6]"),
};

const fy_op fy_aten__upsample_nearest_exact1d = {
	.name = "aten::_upsample_nearest_exact1d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 1, FY_RESIZE_NEAREST, FY_COORD_TORCH_EXACT, false, true },
	.cases = FY_CASES("f32[1,2,4] [8]", "f32[2,2,5] [7]", "f32[1,2,6] [4]", "f32[1,2,3] [12]",
			  "f32[1,2,5] [5]", "f32[1,1,5] [11] 2.3", ".vec f32[1,2,4] none [2]",
			  ".vec f32[1,2,5] none [2.3]", ".vec f32[1,2,5] [3] none", "f64[1,2,5] [8]",
			  "f16[1,2,5] [10]", "bf16[1,2,5] [8]", "u8[1,2,5] [10]", "u8[1,2,5] [7]",
			  "i32[1,2,5] [10]", "f32[2,5] [10]", "f32[1,2,0] [3]", "f32[0,2,3] [6]",
			  "f32[1,2,3] [0]", ".vec f32[1,2,3] none none", ".vec f32[1,2,3] none [0.2]",
			  "f32[1,2,41] [41]", "f32[1,1,1] [49]", "f32[1,1,3] [6] -1.0"),
};

const fy_op fy_aten__upsample_nearest_exact2d = {
	.name = "aten::_upsample_nearest_exact2d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_NEAREST, FY_COORD_TORCH_EXACT, false, true },
	.cases = FY_CASES("f32[1,2,3,3] [6,6]", "f32[1,2,3,4] [5,6]", "f32[2,1,3,4] [9,4]",
			  "f32[1,2,3,4] [6,8] 2.0 2.0", "f32[1,2,4,6] [2,3]", "f32[1,2,3,2]^L [6,4]",
			  "f32[1,2,3,4]^T [6,8]", ".vec f32[1,2,3,4] none [2.0,2.0]",
			  ".vec f32[1,2,3,4] none [2,3]", ".vec f32[1,2,3,4] none [1.5,0.7]",
			  ".vec f32[1,2,3,4] [7,4] none", ".vec f32[1,2,3,4] [7,4] [2.0,2.0]",
			  ".vec f32[1,2,3,4] none [2.0]", "u8[1,2,3,3] [6,6]", "f16[1,2,3,3] [6,6]",
			  "f64[1,2,3,3] [6,5]", "f32[1,2,3] [6,6]", "f32[1,2,3,4] [6]"),
};

const fy_op fy_aten__upsample_nearest_exact3d = {
	.name = "aten::_upsample_nearest_exact3d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 3, FY_RESIZE_NEAREST, FY_COORD_TORCH_EXACT, false, true },
	.cases = FY_CASES("f32[1,1,2,2,3] [4,4,6]", "f32[1,1,2,2,3] [3,4,5]",
			  ".vec f32[1,1,2,2,3] none [2.0,1.0,2.0]", "f32[1,2,2,2,2]^L [4,2,4]",
			  "f32[1,1,2,2,3] [4,4,4] 2.0 2.0 1.5", "u8[1,1,2,2,3] [4,4,6]"),
};

const fy_op fy_aten_upsample_linear1d = {
	.name = "aten::upsample_linear1d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 1, FY_RESIZE_LINEAR, FY_COORD_TORCH, false, false },
	.cases = FY_CASES("f32[1,2,4] [8] false", "f32[1,2,4] [8] true", "f32[2,2,5] [3] false",
			  "f32[1,2,5] [3] true", "f32[1,2,5] [1] false", "f32[1,2,5] [1] true",
			  "f32[1,2,5] [11] false 2.3", "f32[1,2,5] [5] false 1.1",
			  ".vec f32[1,2,4] none false [2.5]", ".vec f32[1,2,4] none true [1.5]",
			  "f64[1,2,4] [6] false", "f16[1,2,4] [6] false", "bf16[1,2,4] [6] true",
			  "u8[1,2,4] [6] false", "f32[2,4] [6] false", "f32[1,1,1] [4] false"),
};

const fy_op fy_aten_upsample_bilinear2d = {
	.name = "aten::upsample_bilinear2d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_LINEAR, FY_COORD_TORCH, false, true },
	.cases =
		FY_CASES("f32[1,2,3,3] [6,6] false", "f32[1,2,3,3] [6,6] true", "f32[1,2,3,4] [5,7] false",
			 "f32[1,2,5,6] [2,3] false", "f32[1,2,5,4] [3,2] true",
			 "f32[1,2,3,4] [6,8] false 2.0 2.0", "f32[1,1,3,5] [6,11] false 2.1 2.3",
			 "f32[1,1,3,5] [3,5] false 1.1 1.1", "f32[1,1,3,5] [3,8] false 1.1 1.7",
			 ".vec f32[1,2,3,4] none false [2.0,2.0]", ".vec f32[1,2,3,4] none true [2.0,1.5]",
			 ".vec f32[1,1,3,4] none false [1.3,0.7]", ".vec f32[1,2,3,4] [4,4] false none",
			 ".vec f32[1,2,3,4] [4,4] true none", "f32[1,2,3,2]^L [5,4] false",
			 "f32[1,2,3,4]^T [6,8] false", "f64[1,2,3,4] [5,6] false", "f32[1,2,3,4] [3,4] false",
			 "f32[1,2,3] [3,4] false", "f32[0,2,3,4] [3,6] false", "f32[1,2,3,4] [3,-1] false",
			 "i64[1,2,3,4] [3,6] false", "f16[1,2,3,4] [5,6] false", "bf16[1,2,3,4] [5,6] true"),
};

const fy_op fy_aten_upsample_trilinear3d = {
	.name = "aten::upsample_trilinear3d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 3, FY_RESIZE_LINEAR, FY_COORD_TORCH, false, false },
	.cases = FY_CASES("f32[1,1,2,2,3] [4,4,6] false", "f32[1,1,2,2,3] [3,4,5] true",
			  "f32[1,2,3,2,3] [2,4,2] false", ".vec f32[1,1,2,2,3] none false [2.0,1.5,1.0]",
			  ".vec f32[1,1,2,2,3] none true [2.0,1.5,1.0]",
			  "f32[1,1,2,2,3] [4,4,5] false 2.0 2.0 1.7", "f32[1,2,2,2,2]^L [3,4,3] false",
			  "f64[1,1,2,2,3] [3,2,4] false", "f16[1,1,2,2,3] [3,2,4] false",
			  "u8[1,1,2,2,3] [3,2,4] false", "f32[1,2,3,4] [3,4,5] false"),
};

const fy_op fy_aten_upsample_bicubic2d = {
	.name = "aten::upsample_bicubic2d",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_CUBIC, FY_COORD_TORCH, false, true },
	.cases =
		FY_CASES("f32[1,2,3,3] [6,6] false", "f32[1,2,3,3] [6,6] true", "f32[1,2,3,4] [5,7] false",
			 "f32[1,2,5,6] [2,3] false", "f32[1,2,5,4] [3,2] true",
			 "f32[1,2,3,4] [6,8] false 2.0 2.0", "f32[1,1,3,5] [6,11] false 2.1 2.3",
			 "f32[1,1,3,5] [3,5] false 1.1 1.1", "f32[1,1,3,5] [3,8] false 1.1 1.7",
			 ".vec f32[1,2,3,4] none false [2.0,2.0]", ".vec f32[1,2,3,4] none true [2.0,1.5]",
			 ".vec f32[1,1,3,4] none false [1.3,0.7]", ".vec f32[1,2,3,4] [4,4] false none",
			 ".vec f32[1,2,3,4] [4,4] true none", "f32[1,2,3,2]^L [5,4] false",
			 "f32[1,2,3,4]^T [6,8] false", "f64[1,2,3,4] [5,6] false", "f32[1,2,3,4] [3,4] false",
			 "f32[1,2,3] [3,4] false", "f32[0,2,3,4] [3,6] false", "f32[1,2,3,4] [3,-1] false",
			 "i64[1,2,3,4] [3,6] false", "f16[1,2,3,4] [5,6] false", "bf16[1,2,3,4] [5,6] true"),
};

const fy_op fy_aten__upsample_bilinear2d_aa = {
	.name = "aten::_upsample_bilinear2d_aa",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_LINEAR, FY_COORD_TORCH, true, true },
	.cases =
		FY_CASES("f32[1,2,3,3] [6,6] false", "f32[1,2,3,3] [6,6] true", "f32[1,2,3,4] [5,7] false",
			 "f32[1,2,5,6] [2,3] false", "f32[1,2,5,4] [3,2] true",
			 "f32[1,2,3,4] [6,8] false 2.0 2.0", "f32[1,1,3,5] [6,11] false 2.1 2.3",
			 "f32[1,1,3,5] [3,5] false 1.1 1.1", "f32[1,1,3,5] [3,8] false 1.1 1.7",
			 ".vec f32[1,2,3,4] none false [2.0,2.0]", ".vec f32[1,2,3,4] none true [2.0,1.5]",
			 ".vec f32[1,1,3,4] none false [1.3,0.7]", ".vec f32[1,2,3,4] [4,4] false none",
			 ".vec f32[1,2,3,4] [4,4] true none", "f32[1,2,3,2]^L [5,4] false",
			 "f32[1,2,3,4]^T [6,8] false", "f64[1,2,3,4] [5,6] false", "f32[1,2,3,4] [3,4] false",
			 "f32[1,2,3] [3,4] false", "f32[0,2,3,4] [3,6] false", "f32[1,2,3,4] [3,-1] false",
			 "i64[1,2,3,4] [3,6] false", "f32[1,1,9,8] [2,3] false", "f16[1,2,3,4] [5,6] false"),
};

const fy_op fy_aten__upsample_bicubic2d_aa = {
	.name = "aten::_upsample_bicubic2d_aa",
	.infer = upsample_infer,
	.eval = upsample_eval,
	.lower = fy_upsample_lower,
	.plain_opset = fy_upsample_plain_opset,
	.form = &(const fy_upsample_form){ 2, FY_RESIZE_CUBIC, FY_COORD_TORCH, true, true },
	.cases =
		FY_CASES("f32[1,2,3,3] [6,6] false", "f32[1,2,3,3] [6,6] true", "f32[1,2,3,4] [5,7] false",
			 "f32[1,2,5,6] [2,3] false", "f32[1,2,5,4] [3,2] true",
			 "f32[1,2,3,4] [6,8] false 2.0 2.0", "f32[1,1,3,5] [6,11] false 2.1 2.3",
			 "f32[1,1,3,5] [3,5] false 1.1 1.1", "f32[1,1,3,5] [3,8] false 1.1 1.7",
			 ".vec f32[1,2,3,4] none false [2.0,2.0]", ".vec f32[1,2,3,4] none true [2.0,1.5]",
			 ".vec f32[1,1,3,4] none false [1.3,0.7]", ".vec f32[1,2,3,4] [4,4] false none",
			 ".vec f32[1,2,3,4] [4,4] true none", "f32[1,2,3,2]^L [5,4] false",
			 "f32[1,2,3,4]^T [6,8] false", "f64[1,2,3,4] [5,6] false", "f32[1,2,3,4] [3,4] false",
			 "f32[1,2,3] [3,4] false", "f32[0,2,3,4] [3,6] false", "f32[1,2,3,4] [3,-1] false",
			 "i64[1,2,3,4] [3,6] false", "f32[1,1,9,8] [2,3] false", "f16[1,2,3,4] [5,6] false"),
};
