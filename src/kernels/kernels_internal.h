/*
 * What the files of kernels/ share: threads, operands made ready, blocks of elements, lines along a dim.
 */
#ifndef FY_KERNELS_INTERNAL_H
#define FY_KERNELS_INTERNAL_H

#include "kernels/kernels.h"

/* ---- threads: parallel.c ------------------------------------------------------------------------ */

/* Calls `work` on ranges that together are [0, count), none shorter than `grain` but the last, at the same
 * time. */
typedef void (*fy_range_fn)(void *context, int64_t begin, int64_t end);
void fy_parallel(int64_t count, int64_t grain, fy_range_fn work, void *context);
/* Makes the calling thread's OpenMP settings ours: before every call of oneDNN. Below a million
 * multiplications
 * (`work`) waking a thread costs more than it brings. */
void fy_parallel_prepare(double work);
/* Units of work of `cost` elements each that are worth a thread of their own. */
int64_t fy_grain(int64_t cost);

/* ---- operands: operand.c ------------------------------------------------------------------------ */

/* f32 for f16 and bf16, else the type itself. */
fy_dtype fy_wide(fy_dtype dtype);
/* A tensor of that type with unspecified contents; running out of memory ends in the handler of core. */
fy_tensor *fy_temporary(fy_dtype dtype, const fy_shape *shape);
fy_tensor *fy_temporary_1d(fy_dtype dtype, int64_t count);
/* `in` itself with one more reference, or converted to `dtype`; strides may be any. */
fy_tensor *fy_operand(const fy_tensor *in, fy_dtype dtype);
/* The same, contiguous. */
fy_tensor *fy_operand_dense(const fy_tensor *in, fy_dtype dtype);
/* A view of `in` broadcast to `shape` (aligned at the end). Asserts that it fits. */
fy_tensor *fy_operand_expand(const fy_tensor *in, const fy_shape *shape);
/* out itself with one more reference when it has that type, else a temporary; closing converts back. */
fy_tensor *fy_out_open(fy_tensor *out, fy_dtype dtype);
void fy_out_close(fy_tensor *out, fy_tensor *opened);

/* A contiguous tensor seen as [outer, count, inner] around one dim. */
typedef struct fy_lines {
	int64_t outer, count, inner;
} fy_lines;
fy_lines fy_lines_of(const fy_shape *shape, int dim);
int64_t fy_numel(const fy_shape *shape); /* asserts that it is known */

/* Offsets (in elements) of all indices of `rank` dims with these strides, row-major. Freed with fy_free. */
int64_t *fy_offsets(int rank, const int64_t dims[], const int64_t strides[]);

/* ---- blocks: block.c ---------------------------------------------------------------------------- */

enum { FY_BLOCK = 1024, FY_BLOCK_INPUTS = 3 };

/* n elements, contiguous; f16 and bf16 appear as float. out may be one of the inputs. */
typedef void (*fy_block_fn)(const void *context, int64_t n, void *out, const void *const in[]);

/* An elementwise computation: inputs broadcast to out's shape. raw: 16-bit floats are not widened. */
typedef struct fy_blocks {
	fy_tensor *out;
	const fy_tensor *in[FY_BLOCK_INPUTS];
	int in_count;
	bool raw;
	fy_block_fn compute;
	const void *context;
} fy_blocks;
void fy_blocks_run(const fy_blocks *blocks);

/* ---- the machine under the reductions: fold.c --------------------------------------------------- */

typedef enum fy_fold_op {
	FY_FOLD_SUM,
	FY_FOLD_PROD,
	FY_FOLD_SUM_SQUARE,
	FY_FOLD_SUM_ABS,
	FY_FOLD_MIN, /* NaN wins */
	FY_FOLD_MAX,
	FY_FOLD_ANY,
	FY_FOLD_ALL,
	FY_FOLD_COUNT, /* of non-zeros */
	/* Floats only. */
	FY_FOLD_ABS_MIN,
	FY_FOLD_ABS_MAX,
	FY_FOLD_SUM_POWER,      /* |x|^p */
	FY_FOLD_SHIFTED_SQUARE, /* (x - shift)^2 */
	FY_FOLD_SHIFTED_EXP,    /* exp(x - shift) */
} fy_fold_op;

/* Folds over the dims in the mask. The result is a new float64 (float inputs), uint64 (uint64) or int64
 * tensor of out_shape. shift: float64 tensor of out_shape, for the shifted ones. Of nothing: the neutral
 * element. */
fy_tensor *fy_fold(fy_fold_op op, const fy_tensor *in, uint32_t dims, const fy_shape *out_shape,
		   const fy_tensor *shift, double p);

/* ---- moving elements: move.c -------------------------------------------------------------------- */

/* out[i] = in[at[i]] and out[at[i]] = in[i], n elements of `size` bytes; size 0..16 or any multiple. */
void fy_pick(void *out, const void *in, const int64_t at[], int64_t n, size_t size);
void fy_put(void *out, const int64_t at[], const void *in, int64_t n, size_t size);
/* out[i, j, ...] = in[maps[0][i], maps[1][j], ...]; a negative index gives `fill`. maps[d] has out.dims[d]
 * entries, or is NULL where in and out agree in dim d. Types equal. */
void fy_remap(fy_tensor *out, const fy_tensor *in, const int64_t *const maps[], double fill);
/* All elements of an integer tensor as indices into a dim of `size`, row-major, wrapped and checked. */
fy_status FY_MUST_USE fy_read_indices(int64_t **out, const fy_tensor *index, int64_t size, fy_diags *diags,
				      const fy_place *place);

/*
 * Advanced indexing as three tables of element offsets into a tensor: the dims before the indexed ones, the
 * indexed ones, the dims after. Element [i, j, k] of the result is at before[i] + indexed[j] + after[k].
 */
typedef struct fy_index_plan {
	int64_t *before, *indexed, *after;
	int64_t before_count, indexed_count, after_count;
	bool run; /* the dims after are one contiguous run */
} fy_index_plan;
/* For `tensor` indexed as fy_kernel_index says; `result` is the shape of what comes out (asserted). */
fy_status FY_MUST_USE fy_index_plan_make(fy_index_plan *plan, const fy_tensor *tensor,
					 const fy_tensor *const indices[], int count, const fy_shape *result,
					 fy_diags *diags, const fy_place *place);
void fy_index_plan_release(fy_index_plan *plan);

/* ---- oneDNN: onednn.c. Single precision, contiguous; false: no fast implementation ---------------- */

/* Is there memory for the code it compiles? Without it crashes. */
bool fy_onednn_has_room(void);
/* c[m, n] = a b + beta c, row-major; ld*: elements from row to row; transposed: a is stored [k, m], b [n, k].
 */
bool fy_onednn_gemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k, const float *a,
		    int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
bool fy_onednn_conv(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
		    const fy_conv *conv);

/* ---- convolution in plain C: conv_plain.c. f32, f64 and integers, contiguous -------------------- */

void fy_conv_plain(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
		   const fy_conv *conv);

#endif
