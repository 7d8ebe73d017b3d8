/*
 * Tensors made of nothing but numbers: constants, ranges, the identity; and the triangles of a matrix.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

/* One element, converted once, then repeated. */
static void spread(fy_tensor *out, fy_tensor *scalar)
{
	fy_tensor *everywhere = fy_operand_expand(scalar, &out->shape);

	fy_tensor_copy(out, everywhere);
	fy_tensor_unref(everywhere);
	fy_tensor_unref(scalar);
}

void fy_kernel_fill_f64(fy_tensor *out, double value)
{
	spread(out, fy_tensor_scalar_f64(out->dtype, value));
}

void fy_kernel_fill_i64(fy_tensor *out, int64_t value)
{
	spread(out, fy_tensor_scalar_i64(out->dtype, value));
}

void fy_kernel_arange_f64(fy_tensor *out, double start, double step)
{
	FY_ASSERT(out->shape.rank == 1);
	fy_tensor *to = fy_out_open(out, FY_F64);
	double *values = fy_tensor_write_data(to);
	for (int64_t i = 0; i < out->shape.dims[0]; i++)
		values[i] = start + (double)i * step;
	fy_out_close(out, to);
}

void fy_kernel_arange_i64(fy_tensor *out, int64_t start, int64_t step)
{
	FY_ASSERT(out->shape.rank == 1);
	fy_tensor *to = fy_out_open(out, FY_I64);
	int64_t *values = fy_tensor_write_data(to);
	for (int64_t i = 0; i < out->shape.dims[0]; i++)
		values[i] = (int64_t)((uint64_t)start + (uint64_t)i * (uint64_t)step);
	fy_out_close(out, to);
}

static void linspace_f32(float *values, int64_t count, float start, float end)
{
	float step = (end - start) / (float)(count - 1);

	for (int64_t i = 0; i < count; i++)
		values[i] = i < count / 2 ? start + step * (float)i : end - step * (float)(count - i - 1);
}

static void linspace_f64(double *values, int64_t count, double start, double end)
{
	double step = (end - start) / (double)(count - 1);

	for (int64_t i = 0; i < count; i++)
		values[i] = i < count / 2 ? start + step * (double)i : end - step * (double)(count - i - 1);
}

/* Single-precision types step in single precision, as PyTorch does. */
void fy_kernel_linspace(fy_tensor *out, double start, double end)
{
	FY_ASSERT(out->shape.rank == 1);
	int64_t count = out->shape.dims[0];
	bool single = fy_wide(out->dtype) == FY_F32;
	fy_tensor *to = fy_out_open(out, single ? FY_F32 : FY_F64);
	if (count == 1)
		fy_kernel_fill_f64(to, start);
	else if (count > 1 && single)
		linspace_f32(fy_tensor_write_data(to), count, (float)start, (float)end);
	else if (count > 1)
		linspace_f64(fy_tensor_write_data(to), count, start, end);
	fy_out_close(out, to);
}

void fy_kernel_eye(fy_tensor *out, int64_t diagonal)
{
	int rank = out->shape.rank;

	FY_ASSERT(rank >= 2);
	int64_t rows = out->shape.dims[rank - 2], columns = out->shape.dims[rank - 1];
	fy_tensor *to = fy_out_open(out, FY_BOOL);
	uint8_t *ones = fy_tensor_write_data(to);
	int64_t count = fy_numel(&out->shape);
	memset(ones, 0, (size_t)count);
	for (int64_t first = 0; first < count; first += rows * columns) {
		for (int64_t row = 0; row < rows; row++) {
			int64_t column;
			if (fy_add_i64(row, diagonal, &column) && column >= 0 && column < columns)
				ones[first + row * columns + column] = 1;
		}
	}
	fy_out_close(out, to);
}

void fy_kernel_triangle(fy_tensor *out, const fy_tensor *in, int64_t diagonal, bool upper)
{
	int rank = out->shape.rank;

	FY_ASSERT(rank >= 2 && fy_shape_eq(&out->shape, &in->shape));
	fy_tensor_copy(out, in);
	int64_t count = fy_numel(&out->shape);
	if (count == 0)
		return;
	int64_t rows = out->shape.dims[rank - 2], columns = out->shape.dims[rank - 1];
	size_t size = fy_dtype_size(out->dtype);
	uint8_t *data = fy_tensor_write_data(out);
	int64_t limit = diagonal < -rows ? -rows : diagonal > columns ? columns : diagonal;
	for (int64_t row = 0; row < count / columns; row++) {
		/* Upper keeps [edge, columns), lower keeps [0, edge). */
		int64_t edge = row % rows + limit + (upper ? 0 : 1);
		edge = edge < 0 ? 0 : edge > columns ? columns : edge;
		int64_t from = upper ? 0 : edge, to = upper ? edge : columns;
		memset(data + (size_t)(row * columns + from) * size, 0, (size_t)(to - from) * size);
	}
}
