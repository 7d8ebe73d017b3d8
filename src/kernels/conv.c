/*
 * Convolutions of one to three spatial dims, plain and transposed: checks the geometry, makes operands ready
 * and chooses between oneDNN and plain C.
 */
#include "kernels/kernels_internal.h"

static void assert_geometry(const fy_tensor *out, const fy_tensor *in, const fy_tensor *weight,
			    const fy_tensor *bias, const fy_conv *conv)
{
	int64_t groups = conv->groups, channels = in->shape.dims[1], results = out->shape.dims[1];

	FY_ASSERT(conv->rank >= 1 && conv->rank <= 3 && in->shape.rank == conv->rank + 2);
	FY_ASSERT(out->shape.rank == in->shape.rank && weight->shape.rank == in->shape.rank);
	FY_ASSERT(groups > 0 && channels % groups == 0 && results % groups == 0);
	FY_ASSERT(in->shape.dims[0] == out->shape.dims[0]);
	FY_ASSERT(weight->shape.dims[0] == (conv->transposed ? channels : results));
	FY_ASSERT(weight->shape.dims[1] == (conv->transposed ? results : channels) / groups);
	FY_ASSERT(!bias || fy_numel(&bias->shape) == results);
	for (int d = 0; d < conv->rank; d++)
		FY_ASSERT(conv->stride[d] > 0 && conv->dilation[d] > 0 && conv->pad_before[d] >= 0);
}

fy_status fy_kernel_conv(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
			 const fy_conv *conv, fy_diags *diags, const fy_place *place)
{
	fy_dtype dtype = fy_wide(out->dtype);

	if (!fy_kernel_computes(dtype) || dtype == FY_BOOL)
		return fy_error(diags, FY_UNSUPPORTED, "type-unsupported", place,
				"convolution of %s is not supported", fy_dtype_name(out->dtype));
	assert_geometry(out, in, weight, bias, conv);
	if (fy_numel(&out->shape) == 0)
		return FY_OK;
	fy_tensor *to = fy_out_open(out, dtype);
	fy_tensor *from = fy_operand_dense(in, dtype), *taps = fy_operand_dense(weight, dtype);
	fy_tensor *added = bias ? fy_operand_dense(bias, dtype) : NULL;
	bool something = fy_numel(&in->shape) > 0 && fy_numel(&weight->shape) > 0;
	if (dtype != FY_F32 || !something || !fy_onednn_conv(to, from, taps, added, conv))
		fy_conv_plain(to, from, taps, added, conv);
	fy_tensor_unref(from);
	fy_tensor_unref(taps);
	fy_tensor_unref(added);
	fy_out_close(out, to);
	return FY_OK;
}
