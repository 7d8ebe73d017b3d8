/*
 * Operands made ready: converted, contiguous, expanded; temporaries; results in a wider type. Knows nothing
 * of what is computed.
 */
#include "kernels/kernels_internal.h"

bool fy_kernel_computes(fy_dtype dtype)
{
	switch (dtype) {
	case FY_U8:
	case FY_I8:
	case FY_I16:
	case FY_I32:
	case FY_I64:
	case FY_F16:
	case FY_F32:
	case FY_F64:
	case FY_BOOL:
	case FY_BF16:
	case FY_U16:
	case FY_U32:
	case FY_U64:
		return true;
	default:
		return false;
	}
}

fy_dtype fy_wide(fy_dtype dtype)
{
	return dtype == FY_F16 || dtype == FY_BF16 ? FY_F32 : dtype;
}

int64_t fy_numel(const fy_shape *shape)
{
	int64_t count = 0;

	FY_ASSERT(fy_shape_numel(shape, &count) && count >= 0);
	return count;
}

fy_tensor *fy_temporary(fy_dtype dtype, const fy_shape *shape)
{
	fy_tensor *made = fy_tensor_new(dtype, shape, false);

	if (!made)
		fy_out_of_memory();
	return made;
}

fy_tensor *fy_temporary_1d(fy_dtype dtype, int64_t count)
{
	fy_shape shape = { .rank = 1, .dims = { count } };

	return fy_temporary(dtype, &shape);
}

/* Repeated elements (stride 0) are converted once: their dims become 1 for the conversion. */
static fy_tensor *converted(const fy_tensor *in, fy_dtype dtype)
{
	fy_shape once = in->shape;

	for (int d = 0; d < once.rank; d++) {
		if (in->strides[d] == 0 && once.dims[d] > 1)
			once.dims[d] = 1;
	}
	fy_tensor *source = fy_tensor_view(in, in->dtype, &once, in->strides, in->offset);
	fy_tensor *made = fy_temporary(dtype, &once);
	fy_tensor_copy(made, source);
	fy_tensor_unref(source);
	if (fy_shape_eq(&once, &in->shape))
		return made;

	fy_tensor *spread = fy_operand_expand(made, &in->shape);
	fy_tensor_unref(made);
	return spread;
}

fy_tensor *fy_operand(const fy_tensor *in, fy_dtype dtype)
{
	FY_ASSERT(fy_tensor_has_data(in));
	if (in->dtype == dtype)
		return fy_tensor_ref((fy_tensor *)in);
	return converted(in, dtype);
}

fy_tensor *fy_operand_dense(const fy_tensor *in, fy_dtype dtype)
{
	FY_ASSERT(fy_tensor_has_data(in));
	if (in->dtype == dtype && fy_tensor_is_contiguous(in))
		return fy_tensor_ref((fy_tensor *)in);

	fy_tensor *made = fy_temporary(dtype, &in->shape);
	fy_tensor_copy(made, in);
	return made;
}

fy_tensor *fy_operand_expand(const fy_tensor *in, const fy_shape *shape)
{
	int64_t strides[FY_MAX_RANK];
	int lead = shape->rank - in->shape.rank;

	FY_ASSERT(lead >= 0);
	for (int d = 0; d < shape->rank; d++) {
		fy_dim own = d < lead ? 1 : in->shape.dims[d - lead];
		FY_ASSERT(own == shape->dims[d] || own == 1);
		strides[d] = own == shape->dims[d] && d >= lead ? in->strides[d - lead] : 0;
	}
	return fy_tensor_view(in, in->dtype, shape, strides, in->offset);
}

fy_tensor *fy_out_open(fy_tensor *out, fy_dtype dtype)
{
	FY_ASSERT(fy_tensor_has_data(out) && fy_tensor_is_contiguous(out));
	return out->dtype == dtype ? fy_tensor_ref(out) : fy_temporary(dtype, &out->shape);
}

void fy_out_close(fy_tensor *out, fy_tensor *opened)
{
	if (opened != out)
		fy_tensor_copy(out, opened);
	fy_tensor_unref(opened);
}

fy_lines fy_lines_of(const fy_shape *shape, int dim)
{
	fy_lines lines = { 1, 1, 1 };

	FY_ASSERT(dim >= 0 && (dim < shape->rank || (dim == 0 && shape->rank == 0)));
	for (int d = 0; d < shape->rank; d++) {
		if (d < dim)
			lines.outer *= shape->dims[d];
		else if (d == dim)
			lines.count = shape->dims[d];
		else
			lines.inner *= shape->dims[d];
	}
	return lines;
}

int64_t *fy_offsets(int rank, const int64_t dims[], const int64_t strides[])
{
	int64_t count = 1, filled = 1;

	for (int d = 0; d < rank; d++)
		count *= dims[d];
	int64_t *offsets = fy_alloc((size_t)(count > 0 ? count : 1) * sizeof(*offsets));

	/* From the last dim on: each dim repeats what is there, shifted by its stride. */
	offsets[0] = 0;
	for (int d = rank - 1; d >= 0 && count > 0; d--) {
		for (int64_t i = dims[d] - 1; i >= 0; i--) {
			for (int64_t k = 0; k < filled; k++)
				offsets[i * filled + k] = i * strides[d] + offsets[k];
		}
		filled *= dims[d];
	}
	return offsets;
}
