/*
 * Matrix products: single precision through oneDNN, which takes rows or columns in any order; everything else
 * in plain C on contiguous copies.
 */
#include "kernels/kernels_internal.h"

#define T       float
#define U       float
#define PRODUCT product_f32
#include "kernels/matmul_loops.inc"

#define T       double
#define U       double
#define PRODUCT product_f64
#include "kernels/matmul_loops.inc"

#define T       int8_t
#define U       uint32_t
#define PRODUCT product_i8
#include "kernels/matmul_loops.inc"

#define T       int16_t
#define U       uint32_t
#define PRODUCT product_i16
#include "kernels/matmul_loops.inc"

#define T       int32_t
#define U       uint32_t
#define PRODUCT product_i32
#include "kernels/matmul_loops.inc"

#define T       int64_t
#define U       uint64_t
#define PRODUCT product_i64
#include "kernels/matmul_loops.inc"

#define T       uint8_t
#define U       uint32_t
#define PRODUCT product_u8
#include "kernels/matmul_loops.inc"

#define T       uint16_t
#define U       uint32_t
#define PRODUCT product_u16
#include "kernels/matmul_loops.inc"

#define T       uint32_t
#define U       uint32_t
#define PRODUCT product_u32
#include "kernels/matmul_loops.inc"

#define T       uint64_t
#define U       uint64_t
#define PRODUCT product_u64
#include "kernels/matmul_loops.inc"

/* One matrix product per index of the batch dims. */
typedef struct matmul_job {
	fy_dtype dtype;
	size_t size;
	int64_t m, n, k, pieces; /* plain C: rows are done in this many pieces */
	const uint8_t *a, *b;
	uint8_t *c;
	const int64_t *a_at, *b_at; /* element offsets per batch index */
	int64_t a_row, b_row;       /* oneDNN: distance of rows (of columns when transposed) */
	bool a_transposed, b_transposed;
	bool *failed; /* oneDNN got no memory */
} matmul_job;

static void plain_product(const matmul_job *job, void *c, const void *a, const void *b, int64_t rows)
{
	switch (job->dtype) {
	case FY_F32:
		product_f32(c, a, b, rows, job->n, job->k);
		break;
	case FY_F64:
		product_f64(c, a, b, rows, job->n, job->k);
		break;
	case FY_I8:
		product_i8(c, a, b, rows, job->n, job->k);
		break;
	case FY_I16:
		product_i16(c, a, b, rows, job->n, job->k);
		break;
	case FY_I32:
		product_i32(c, a, b, rows, job->n, job->k);
		break;
	case FY_I64:
		product_i64(c, a, b, rows, job->n, job->k);
		break;
	case FY_U8:
		product_u8(c, a, b, rows, job->n, job->k);
		break;
	case FY_U16:
		product_u16(c, a, b, rows, job->n, job->k);
		break;
	case FY_U32:
		product_u32(c, a, b, rows, job->n, job->k);
		break;
	case FY_U64:
		product_u64(c, a, b, rows, job->n, job->k);
		break;
	default:
		FY_BUG("matrix product of %s", fy_dtype_name(job->dtype));
	}
}

static void plain_units(void *context, int64_t begin, int64_t end)
{
	const matmul_job *job = context;
	int64_t share = (job->m + job->pieces - 1) / job->pieces;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t batch = unit / job->pieces, first = unit % job->pieces * share;
		int64_t rows = job->m - first < share ? job->m - first : share;
		if (rows > 0)
			plain_product(job, job->c + (size_t)((batch * job->m + first) * job->n) * job->size,
				      job->a + (size_t)(job->a_at[batch] + first * job->k) * job->size,
				      job->b + (size_t)job->b_at[batch] * job->size, rows);
	}
}

static void gemm_units(void *context, int64_t begin, int64_t end)
{
	const matmul_job *job = context;

	for (int64_t batch = begin; batch < end; batch++) {
		const float *a = (const float *)job->a + job->a_at[batch],
			    *b = (const float *)job->b + job->b_at[batch];
		bool done = fy_onednn_gemm(job->a_transposed, job->b_transposed, job->m, job->n, job->k, a,
					   job->a_row, b, job->b_row, 0,
					   (float *)job->c + batch * job->m * job->n, job->n);
		if (!done)
			__atomic_store_n(job->failed, true, __ATOMIC_RELAXED);
	}
}

/* Can oneDNN read this matrix as it lies? Then its rows, or its columns when transposed, are contiguous. */
static bool readable(const fy_tensor *matrix, bool *transposed, int64_t *row)
{
	int rank = matrix->shape.rank;
	int64_t rows = matrix->shape.dims[rank - 2], columns = matrix->shape.dims[rank - 1];
	int64_t down = matrix->strides[rank - 2], across = matrix->strides[rank - 1];

	if ((across == 1 || columns == 1) && (down >= columns || rows == 1)) {
		*transposed = false;
		*row = rows == 1 ? columns : down;
		return columns == 1 ? down >= 1 || rows == 1 : true;
	}
	if ((down == 1 || rows == 1) && (across >= rows || columns == 1)) {
		*transposed = true;
		*row = columns == 1 ? rows : across;
		return true;
	}
	return false;
}

/* The operand with its batch dims spread to those of out, its matrices as the chosen path wants them. */
static fy_tensor *prepare(const fy_tensor *in, const fy_shape *out_shape, fy_dtype dtype, bool gemm,
			  bool *transposed, int64_t *row)
{
	fy_shape spread = *out_shape;
	int rank = spread.rank;

	fy_tensor *ready = gemm ? fy_operand(in, dtype) : fy_operand_dense(in, dtype);
	if (gemm && !readable(ready, transposed, row)) {
		fy_tensor_unref(ready);
		ready = fy_operand_dense(in, dtype);
		FY_ASSERT(readable(ready, transposed, row));
	}
	spread.dims[rank - 2] = in->shape.dims[in->shape.rank - 2];
	spread.dims[rank - 1] = in->shape.dims[in->shape.rank - 1];
	fy_tensor *expanded = fy_operand_expand(ready, &spread);
	fy_tensor_unref(ready);
	return expanded;
}

static void run_product(fy_tensor *out, const fy_tensor *a, const fy_tensor *b, fy_dtype dtype)
{
	int rank = out->shape.rank;
	matmul_job job = { .dtype = dtype, .size = fy_dtype_size(dtype), .pieces = 1 };

	job.m = out->shape.dims[rank - 2];
	job.n = out->shape.dims[rank - 1];
	job.k = a->shape.dims[a->shape.rank - 1];
	int64_t batches = fy_numel(&out->shape) / (job.m * job.n);
	bool gemm = dtype == FY_F32 && job.m * job.n * job.k > 512 && fy_onednn_has_room(), failed = false;
	fy_tensor *left = prepare(a, &out->shape, dtype, gemm, &job.a_transposed, &job.a_row);
	fy_tensor *right = prepare(b, &out->shape, dtype, gemm, &job.b_transposed, &job.b_row);
	int64_t *a_at = fy_offsets(rank - 2, out->shape.dims, left->strides);
	int64_t *b_at = fy_offsets(rank - 2, out->shape.dims, right->strides);
	job.a = fy_tensor_data(left);
	job.b = fy_tensor_data(right);
	job.c = fy_tensor_write_data(out);
	job.failed = &failed;
	job.a_at = a_at;
	job.b_at = b_at;
	if (gemm) {
		/* Few products: threads inside each; many: each on one thread. */
		if (batches >= 2 * fy_kernels_threads() && job.m * job.n * job.k < 1 << 22)
			fy_parallel(batches, fy_grain(job.m * job.n * job.k / 8), gemm_units, &job);
		else
			gemm_units(&job, 0, batches);
	} else {
		job.pieces = job.m < 16 ? job.m : 16;
		fy_parallel(batches * job.pieces, fy_grain(job.m * job.n * job.k / job.pieces), plain_units,
			    &job);
	}
	fy_free(a_at);
	fy_free(b_at);
	fy_tensor_unref(left);
	fy_tensor_unref(right);
	if (failed)
		fy_out_of_memory();
}

static fy_status refuse(const fy_tensor *out, fy_diags *diags, const fy_place *place)
{
	return fy_error(diags, FY_UNSUPPORTED, "type-unsupported", place,
			"a matrix product of %s is not supported", fy_dtype_name(out->dtype));
}

fy_status fy_kernel_matmul(fy_tensor *out, const fy_tensor *a, const fy_tensor *b, fy_diags *diags,
			   const fy_place *place)
{
	int rank = out->shape.rank;
	/* Counting how many pairs are both true says whether any is. */
	fy_dtype dtype = out->dtype == FY_BOOL ? FY_I64 : fy_wide(out->dtype);

	if (!fy_kernel_computes(out->dtype))
		return refuse(out, diags, place);
	FY_ASSERT(rank >= 2 && a->shape.rank >= 2 && b->shape.rank >= 2);
	FY_ASSERT(a->shape.dims[a->shape.rank - 2] == out->shape.dims[rank - 2]);
	FY_ASSERT(b->shape.dims[b->shape.rank - 1] == out->shape.dims[rank - 1]);
	FY_ASSERT(a->shape.dims[a->shape.rank - 1] == b->shape.dims[b->shape.rank - 2]);
	if (fy_numel(&out->shape) == 0)
		return FY_OK;
	fy_tensor *to = fy_out_open(out, dtype);
	if (a->shape.dims[a->shape.rank - 1] == 0)
		fy_kernel_fill_i64(to, 0);
	else
		run_product(to, a, b, dtype);
	fy_out_close(out, to);
	return FY_OK;
}

fy_status fy_kernel_linear(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight,
			   const fy_tensor *bias, fy_diags *diags, const fy_place *place)
{
	fy_dtype dtype = fy_wide(out->dtype);
	int64_t features = weight->shape.dims[1], results = weight->shape.dims[0];
	fy_shape rows = { .rank = 2, .dims = { 0, features } },
		 turned = { .rank = 2, .dims = { features, results } };

	if (!fy_kernel_computes(out->dtype))
		return refuse(out, diags, place);
	FY_ASSERT(weight->shape.rank == 2 && in->shape.rank >= 1 && in->shape.rank == out->shape.rank);
	FY_ASSERT(in->shape.dims[in->shape.rank - 1] == features &&
		  out->shape.dims[out->shape.rank - 1] == results);
	int64_t count = fy_numel(&out->shape);
	if (count == 0)
		return FY_OK;

	/* Rows of the input, flattened, times the transposed weight. The bias is added before rounding to 16
	 * bits. */
	rows.dims[0] = count / results;
	int64_t row_strides[] = { features, 1 },
		turned_strides[] = { weight->strides[1], weight->strides[0] };
	int64_t out_strides[] = { results, 1 };
	fy_shape flat = { .rank = 2, .dims = { rows.dims[0], results } };
	fy_tensor *to = fy_out_open(out, dtype), *dense = fy_operand_dense(in, dtype);
	fy_tensor *source = fy_tensor_view(dense, dtype, &rows, row_strides, dense->offset);
	fy_tensor *factor = fy_tensor_view(weight, weight->dtype, &turned, turned_strides, weight->offset);
	fy_tensor *target = fy_tensor_view(to, dtype, &flat, out_strides, to->offset);
	fy_status status = fy_kernel_matmul(target, source, factor, diags, place);
	if (status == FY_OK && bias)
		fy_kernel_binary(target, FY_ADD, dtype, target, bias);
	fy_tensor_unref(dense);
	fy_tensor_unref(source);
	fy_tensor_unref(factor);
	fy_tensor_unref(target);
	fy_out_close(out, to);
	return status;
}
