/*
 * Batch, group, instance and layer normalisation. Means and variances are folded in double in two passes
 * (fold.c); applying them is one pass over the elements.
 */
#include <math.h>

#include "kernels/kernels_internal.h"

#define T                float
#define SCALE_SHIFT      scale_shift_f32
#define SCALE_SHIFT_EACH scale_shift_each_f32
#include "kernels/norm_loops.inc"

#define T                double
#define SCALE_SHIFT      scale_shift_f64
#define SCALE_SHIFT_EACH scale_shift_each_f64
#include "kernels/norm_loops.inc"

typedef struct norm_job {
	fy_dtype dtype;
	size_t size;
	int64_t length;              /* elements of a row or plane */
	int64_t channels, per_group; /* planes: which statistics and parameters */
	const double *mean, *rstd;
	const void *weight, *bias; /* planes: double; rows: of the elements' type */
	const uint8_t *in;
	uint8_t *out;
} norm_job;

static double one_of(const void *parameters, int64_t index, double fallback)
{
	return parameters ? ((const double *)parameters)[index] : fallback;
}

/* One unit is one channel of one image. per_group 0: statistics per channel, shared by the images. */
static void some_planes(void *context, int64_t begin, int64_t end)
{
	const norm_job *job = context;

	for (int64_t plane = begin; plane < end; plane++) {
		int64_t channel = plane % job->channels;
		int64_t group = job->per_group ? plane / job->per_group : channel;
		double scale = job->rstd[group] * one_of(job->weight, channel, 1);
		double mean = job->mean[group], shift = one_of(job->bias, channel, 0);
		size_t at = (size_t)(plane * job->length) * job->size;
		/* What rounding the mean to float leaves goes into the shift. */
		if (job->dtype == FY_F32)
			scale_shift_f32((float *)(job->out + at), (const float *)(job->in + at), job->length,
					(float)mean, (float)scale,
					(float)(shift + ((double)(float)mean - mean) * scale));
		else
			scale_shift_f64((double *)(job->out + at), (const double *)(job->in + at),
					job->length, mean, scale, shift);
	}
}

static void some_rows(void *context, int64_t begin, int64_t end)
{
	const norm_job *job = context;

	for (int64_t row = begin; row < end; row++) {
		size_t at = (size_t)(row * job->length) * job->size;
		if (job->dtype == FY_F32)
			scale_shift_each_f32((float *)(job->out + at), (const float *)(job->in + at),
					     job->length, (float)job->mean[row], (float)job->rstd[row],
					     job->weight, job->bias);
		else
			scale_shift_each_f64((double *)(job->out + at), (const double *)(job->in + at),
					     job->length, job->mean[row], job->rstd[row], job->weight,
					     job->bias);
	}
}

/* 1 / sqrt(variance + eps), both float64; may be the same tensor. */
static void to_rstd(fy_tensor *rstd, const fy_tensor *var, double eps)
{
	const double *from = fy_tensor_data(var);
	double *to = fy_tensor_write_data(rstd);
	int64_t count = fy_numel(&rstd->shape);

	for (int64_t i = 0; i < count; i++)
		to[i] = 1 / sqrt(from[i] + eps);
}

static fy_tensor *parameters(const fy_tensor *given, fy_dtype dtype, int64_t count)
{
	if (!given)
		return NULL;
	FY_ASSERT(fy_numel(&given->shape) == count);
	return fy_operand_dense(given, dtype);
}

/* Mean and 1 / deviation of each of `rows` rows of a contiguous tensor, as float64. */
static void row_statistics(const fy_tensor *dense, int64_t rows, int64_t length, double eps, fy_tensor **mean,
			   fy_tensor **rstd)
{
	fy_shape matrix = { .rank = 2, .dims = { rows, length } };
	int64_t strides[] = { length, 1 };
	fy_tensor *view = fy_tensor_view(dense, dense->dtype, &matrix, strides, dense->offset);

	*mean = fy_temporary_1d(FY_F64, rows);
	*rstd = fy_temporary_1d(FY_F64, rows);
	fy_kernel_var(*rstd, *mean, view, 2, 0, false);
	to_rstd(*rstd, *rstd, eps);
	fy_tensor_unref(view);
}

static void give(fy_tensor *wanted, const fy_tensor *flat)
{
	int64_t stride = 1;

	if (!wanted)
		return;
	FY_ASSERT(fy_tensor_is_contiguous(wanted) && fy_numel(&wanted->shape) == flat->shape.dims[0]);
	fy_tensor *view = fy_tensor_view(wanted, wanted->dtype, &flat->shape, &stride, wanted->offset);
	fy_tensor_copy(view, flat);
	fy_tensor_unref(view);
}

static void run_planes(fy_tensor *out, const fy_tensor *dense, const fy_tensor *mean, const fy_tensor *rstd,
		       int64_t per_group, const fy_tensor *weight, const fy_tensor *bias)
{
	norm_job job = { .dtype = dense->dtype, .per_group = per_group, .channels = out->shape.dims[1] };
	int64_t planes = out->shape.dims[0] * job.channels;
	fy_tensor *scale = parameters(weight, FY_F64, job.channels),
		  *shift = parameters(bias, FY_F64, job.channels);
	fy_tensor *to = fy_out_open(out, dense->dtype);

	FY_ASSERT(job.dtype == FY_F32 || job.dtype == FY_F64);
	job.size = fy_dtype_size(job.dtype);
	job.length = fy_numel(&out->shape) / planes;
	job.mean = fy_tensor_data(mean);
	job.rstd = fy_tensor_data(rstd);
	job.weight = scale ? fy_tensor_data(scale) : NULL;
	job.bias = shift ? fy_tensor_data(shift) : NULL;
	job.in = fy_tensor_data(dense);
	job.out = fy_tensor_write_data(to);
	fy_parallel(planes, fy_grain(job.length), some_planes, &job);
	fy_tensor_unref(scale);
	fy_tensor_unref(shift);
	fy_out_close(out, to);
}

void fy_kernel_batch_norm(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
			  const fy_tensor *mean, const fy_tensor *var, double eps)
{
	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape) && in->shape.rank >= 2);
	if (fy_numel(&out->shape) == 0)
		return;
	fy_tensor *dense = fy_operand_dense(in, fy_wide(out->dtype));
	fy_tensor *centre = parameters(mean, FY_F64, in->shape.dims[1]);
	fy_tensor *spread = fy_temporary_1d(FY_F64, in->shape.dims[1]);
	fy_tensor *flat = parameters(var, FY_F64, in->shape.dims[1]);
	to_rstd(spread, flat, eps);
	fy_tensor_unref(flat);
	run_planes(out, dense, centre, spread, 0, weight, bias);
	fy_tensor_unref(dense);
	fy_tensor_unref(centre);
	fy_tensor_unref(spread);
}

void fy_kernel_group_norm(fy_tensor *out, fy_tensor *mean, fy_tensor *rstd, const fy_tensor *in,
			  int64_t groups, const fy_tensor *weight, const fy_tensor *bias, double eps)
{
	int64_t count = fy_numel(&in->shape), rows = in->shape.dims[0] * groups;
	fy_tensor *centre, *spread;

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape) && in->shape.rank >= 2);
	FY_ASSERT(groups > 0 && in->shape.dims[1] % groups == 0);
	fy_tensor *dense = fy_operand_dense(in, fy_wide(out->dtype));
	row_statistics(dense, rows, rows > 0 ? count / rows : 0, eps, &centre, &spread);
	if (count > 0)
		run_planes(out, dense, centre, spread, in->shape.dims[1] / groups, weight, bias);
	give(mean, centre);
	give(rstd, spread);
	fy_tensor_unref(dense);
	fy_tensor_unref(centre);
	fy_tensor_unref(spread);
}

void fy_kernel_layer_norm(fy_tensor *out, fy_tensor *mean, fy_tensor *rstd, const fy_tensor *in, int axis,
			  const fy_tensor *weight, const fy_tensor *bias, double eps)
{
	norm_job job = { .dtype = fy_wide(out->dtype), .length = 1 };
	int64_t rows = 1;
	fy_tensor *centre, *spread;

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape) && axis >= 0 && axis <= in->shape.rank);
	FY_ASSERT(job.dtype == FY_F32 || job.dtype == FY_F64);
	for (int d = 0; d < in->shape.rank; d++)
		*(d < axis ? &rows : &job.length) *= in->shape.dims[d];
	fy_tensor *dense = fy_operand_dense(in, job.dtype);
	row_statistics(dense, rows, job.length, eps, &centre, &spread);
	if (rows * job.length > 0) {
		fy_tensor *scale = parameters(weight, job.dtype, job.length);
		fy_tensor *shift = parameters(bias, job.dtype, job.length);
		fy_tensor *to = fy_out_open(out, job.dtype);
		job.size = fy_dtype_size(job.dtype);
		job.mean = fy_tensor_data(centre);
		job.rstd = fy_tensor_data(spread);
		job.weight = scale ? fy_tensor_data(scale) : NULL;
		job.bias = shift ? fy_tensor_data(shift) : NULL;
		job.in = fy_tensor_data(dense);
		job.out = fy_tensor_write_data(to);
		fy_parallel(rows, fy_grain(job.length), some_rows, &job);
		fy_tensor_unref(scale);
		fy_tensor_unref(shift);
		fy_out_close(out, to);
	}
	give(mean, centre);
	give(rstd, spread);
	fy_tensor_unref(dense);
	fy_tensor_unref(centre);
	fy_tensor_unref(spread);
}
