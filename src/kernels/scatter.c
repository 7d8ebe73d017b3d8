/*
 * Writing elements by index: index_put and scatter. Indices become element offsets into the output; the
 * elements are then combined one after the other, so that repeated indices have a defined result.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

#define T         float
#define U         float
#define IS_NAN(v) isnan(v)
#define COMBINE   combine_f32
#include "kernels/scatter_loops.inc"

#define T         double
#define U         double
#define IS_NAN(v) isnan(v)
#define COMBINE   combine_f64
#include "kernels/scatter_loops.inc"

#define T         int8_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_i8
#include "kernels/scatter_loops.inc"

#define T         int16_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_i16
#include "kernels/scatter_loops.inc"

#define T         int32_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_i32
#include "kernels/scatter_loops.inc"

#define T         int64_t
#define U         uint64_t
#define IS_NAN(v) false
#define COMBINE   combine_i64
#include "kernels/scatter_loops.inc"

#define T         uint8_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_u8
#include "kernels/scatter_loops.inc"

#define T         uint16_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_u16
#include "kernels/scatter_loops.inc"

#define T         uint32_t
#define U         uint32_t
#define IS_NAN(v) false
#define COMBINE   combine_u32
#include "kernels/scatter_loops.inc"

#define T         uint64_t
#define U         uint64_t
#define IS_NAN(v) false
#define COMBINE   combine_u64
#include "kernels/scatter_loops.inc"

/* Of bools the sum is `or`, the product `and`. */
static fy_scatter_mode bool_mode(fy_scatter_mode mode)
{
	return mode == FY_SCATTER_ADD ? FY_SCATTER_MAX : mode == FY_SCATTER_MUL ? FY_SCATTER_MIN : mode;
}

static void combine(fy_dtype dtype, fy_scatter_mode mode, void *out, const int64_t at[], const void *in,
		    int64_t n)
{
	if (mode == FY_SCATTER_SET) {
		fy_put(out, at, in, n, fy_dtype_size(dtype));
		return;
	}
	switch (dtype) {
	case FY_BOOL:
		combine_u8(bool_mode(mode), out, at, in, n);
		break;
	case FY_F32:
		combine_f32(mode, out, at, in, n);
		break;
	case FY_F64:
		combine_f64(mode, out, at, in, n);
		break;
	case FY_I8:
		combine_i8(mode, out, at, in, n);
		break;
	case FY_I16:
		combine_i16(mode, out, at, in, n);
		break;
	case FY_I32:
		combine_i32(mode, out, at, in, n);
		break;
	case FY_I64:
		combine_i64(mode, out, at, in, n);
		break;
	case FY_U8:
		combine_u8(mode, out, at, in, n);
		break;
	case FY_U16:
		combine_u16(mode, out, at, in, n);
		break;
	case FY_U32:
		combine_u32(mode, out, at, in, n);
		break;
	case FY_U64:
		combine_u64(mode, out, at, in, n);
		break;
	default:
		FY_BUG("scatter of %s", fy_dtype_name(dtype));
	}
}

fy_status fy_kernel_index_put(fy_tensor *out, const fy_tensor *const indices[], int count,
			      const fy_tensor *values, bool accumulate, fy_diags *diags,
			      const fy_place *place)
{
	fy_dtype dtype = accumulate ? fy_wide(out->dtype) : out->dtype;
	fy_index_plan plan;

	FY_ASSERT(fy_tensor_is_contiguous(out));
	fy_shape shape = fy_kernel_index_shape(&out->shape, indices, count);
	FY_TRY(fy_index_plan_make(&plan, out, indices, count, &shape, diags, place));
	fy_tensor *spread = fy_operand_expand(values, &shape);
	fy_tensor *from = fy_operand_dense(spread, dtype);
	fy_tensor *to = fy_operand_dense(out, dtype); /* out itself, but for 16-bit floats */
	size_t size = fy_dtype_size(dtype);
	uint8_t *data = fy_tensor_write_data(to);
	const uint8_t *source = fy_tensor_data(from);
	for (int64_t i = 0; i < plan.before_count; i++) {
		for (int64_t k = 0; k < plan.indexed_count; k++) {
			uint8_t *at = data + (size_t)(plan.before[i] + plan.indexed[k]) * size;
			combine(dtype, accumulate ? FY_SCATTER_ADD : FY_SCATTER_SET, at, plan.after, source,
				plan.after_count);
			source += (size_t)plan.after_count * size;
		}
	}
	fy_tensor_unref(from);
	fy_tensor_unref(spread);
	fy_out_close(out, to);
	fy_index_plan_release(&plan);
	return FY_OK;
}

fy_status fy_kernel_scatter(fy_tensor *out, int dim, const fy_tensor *index, const fy_tensor *src,
			    fy_scatter_mode mode, fy_diags *diags, const fy_place *place)
{
	fy_dtype dtype = mode == FY_SCATTER_SET ? out->dtype : fy_wide(out->dtype);
	int64_t strides[FY_MAX_RANK], count = fy_numel(&index->shape), *places;
	bool scalar = out->shape.rank == 0;

	FY_ASSERT(src->dtype == out->dtype && fy_tensor_is_contiguous(out));
	FY_ASSERT(scalar || index->shape.rank == out->shape.rank);
	if (count == 0)
		return FY_OK;
	FY_TRY(fy_read_indices(&places, index, scalar ? 1 : out->shape.dims[dim], diags, place));
	for (int d = 0; d < index->shape.rank; d++) {
		FY_ASSERT(scalar || d == dim || index->shape.dims[d] <= out->shape.dims[d]);
		strides[d] = d == dim ? 0 : scalar ? 0 : out->strides[d];
	}
	int64_t *offsets = fy_offsets(index->shape.rank, index->shape.dims, strides);
	for (int64_t i = 0; i < count && !scalar; i++)
		offsets[i] += places[i] * out->strides[dim];

	/* The part of src that index covers. */
	bool spread = src->shape.rank == 0;
	FY_ASSERT(spread || src->shape.rank == index->shape.rank);
	int64_t none[FY_MAX_RANK] = { 0 };
	fy_tensor *part =
		fy_tensor_view(src, src->dtype, &index->shape, spread ? none : src->strides, src->offset);
	for (int d = 0; d < src->shape.rank; d++)
		FY_ASSERT(index->shape.dims[d] <= src->shape.dims[d]);
	fy_tensor *from = fy_operand_dense(part, dtype), *to = fy_operand_dense(out, dtype);
	combine(dtype, mode, fy_tensor_write_data(to), offsets, fy_tensor_data(from), count);
	fy_tensor_unref(part);
	fy_tensor_unref(from);
	fy_out_close(out, to);
	fy_free(offsets);
	fy_free(places);
	return FY_OK;
}
