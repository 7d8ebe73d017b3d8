/*
 * kernels: numerics. Tensors in, tensors out; the only room that knows oneDNN.
 *
 * Common to every kernel here:
 * - Outputs come first. They are allocated by the caller, contiguous, and their shape is the answer: it is
 *   asserted, never computed. Inputs have any strides (expanded ones too) and must have data.
 * - No output overlaps an input, except that an elementwise kernel may write over an input of the same
 * geometry and type.
 * - Types: bool, u8..u64, i8..i64, f16, bf16, f32, f64 (fy_kernel_computes). Kernels that only move elements
 *   (cat, gather, index, flip, pad ...) take every type. f16 and bf16 are computed in f32 and rounded once.
 *   Integers wrap as two's complement; conversion of floats that do not fit is as fy_tensor_copy's.
 * - Empty tensors and 0-d tensors are fine everywhere. A dimension `dim` is already wrapped; for a 0-d tensor
 * it is 0. `dims` is a bit mask, bit k for dimension k.
 * - Integer index tensors are int64 or int32, and negative indices count from the end.
 * - Sizes made of arguments (dilation * (kernel - 1) + 1, size + padding ...) fit into int64_t: inference has
 * checked.
 * - Results do not depend on the number of threads.
 * - What can fail on data (an index out of range) or for want of memory returns fy_status and takes `diags`
 * and `place` (may be NULL) for the diagnostic. Everything else cannot fail.
 */
#ifndef FY_KERNELS_H
#define FY_KERNELS_H

#include "tensor/tensor.h"

/* ---- threads and description: parallel.c, onednn.c ---------------------------------------------- */

void fy_kernels_set_threads(int count); /* 0: as many as there are processors (default) */
int fy_kernels_threads(void);
/* For `ferry doctor`, a line each: "oneDNN 2.6.3, instruction set avx512_core_bf16", "2 threads". */
void fy_kernels_describe(fy_buf *out);
bool fy_kernel_computes(fy_dtype dtype); /* false: complex, quantized, float8, packed and unknown types */

/* ---- one input: unary.c ------------------------------------------------------------------------- */

typedef enum fy_unary {
	/* Any type. */
	FY_ABS,
	FY_NEG,
	FY_SIGN, /* NaN gives 0, as in PyTorch */
	FY_SQUARE,
	FY_RELU,
	FY_BITWISE_NOT, /* integers; bool: logical */
	FY_LOGICAL_NOT, /* any type; the result is 0 or 1 of the output's type, usually bool */
	FY_RECIPROCAL,  /* integers: truncating, as C */
	FY_FLOOR,       /* floor ... frac of integers: themselves (frac: 0) */
	FY_CEIL,
	FY_ROUND, /* half to even */
	FY_TRUNC,
	FY_FRAC,  /* x - trunc(x) */
	FY_CLAMP, /* a = min, b = max; NaN stays; the result is b when a > b. -inf/inf: no bound */
	/* Predicates: result bool, computed on the input's own type. */
	FY_ISNAN,
	FY_ISINF,
	FY_ISPOSINF,
	FY_ISNEGINF,
	FY_ISFINITE,
	FY_SIGNBIT,
	/* Float outputs only; an integer input is converted to the output's type first. */
	FY_EXP,
	FY_EXP2,
	FY_EXPM1,
	FY_LOG,
	FY_LOG2,
	FY_LOG10,
	FY_LOG1P,
	FY_SQRT,
	FY_RSQRT,
	FY_SIN,
	FY_COS,
	FY_TAN,
	FY_ASIN,
	FY_ACOS,
	FY_ATAN,
	FY_SINH,
	FY_COSH,
	FY_TANH,
	FY_ASINH,
	FY_ACOSH,
	FY_ATANH,
	FY_ERF,
	FY_ERFC,
	FY_ERFINV,
	FY_LGAMMA,
	FY_DIGAMMA,
	FY_SIGMOID,
	FY_LOG_SIGMOID,
	FY_SILU,
	FY_MISH, /* x * tanh(softplus(x)) */
	FY_SOFTSIGN,
	FY_HARDSWISH, /* x * clamp(x + 3, 0, 6) / 6 */
	FY_GELU,      /* with erf */
	FY_GELU_TANH,
	FY_LEAKY_RELU,  /* a = slope */
	FY_ELU,         /* x > 0 ? b * x : a * b * expm1(x * c); a = alpha, b = scale, c = input scale */
	FY_SOFTPLUS,    /* x * a > b ? x : log1p(exp(x * a)) / a; a = beta, b = threshold */
	FY_THRESHOLD,   /* x <= a ? b : x (NaN stays) */
	FY_HARDSIGMOID, /* clamp(a * x + b, 0, 1); PyTorch has a = 1/6, b = 1/2 */
	FY_HARDSHRINK,  /* -a <= x <= a ? 0 : x */
	FY_SOFTSHRINK,  /* x > a ? x - a : x < -a ? x + a : 0 */
	FY_LOGIT,       /* log(x / (1 - x)); a >= 0 clamps x to [a, 1 - a] first */
	FY_UNARY_COUNT,
} fy_unary;

/* Elementwise; shapes equal. The input is converted to the output's type first, except for predicates and
 * FY_LOGICAL_NOT. Not for the operators with parameters. */
void fy_kernel_unary(fy_tensor *out, fy_unary op, const fy_tensor *in);
/* With the parameters named beside the operators above; unused ones are 0. */
void fy_kernel_unary_with(fy_tensor *out, fy_unary op, const fy_tensor *in, double a, double b, double c);

/* ---- two and three inputs: binary.c, select.c --------------------------------------------------- */

typedef enum fy_binary {
	FY_ADD, /* bool: or */
	FY_SUB,
	FY_MUL,       /* bool: and */
	FY_DIV,       /* true division: float compute types; of integers it truncates like FY_DIV_TRUNC */
	FY_DIV_FLOOR, /* Python's //; floats as PyTorch's floor_divide; integer division by zero gives 0 */
	FY_DIV_TRUNC,
	FY_REMAINDER, /* Python's %: sign of the divisor; integer remainder by zero gives 0 */
	FY_FMOD,      /* C's fmod and %: sign of the dividend */
	FY_POW,       /* integers by squaring; a negative exponent gives 0, 1 or -1 as PyTorch */
	FY_MINIMUM,   /* NaN if either is */
	FY_MAXIMUM,
	FY_FMIN, /* the other one if one is NaN */
	FY_FMAX,
	FY_ATAN2,
	FY_HYPOT,
	FY_COPYSIGN,
	FY_LOGADDEXP,
	FY_XLOGY, /* 0 when a is 0 (NaN if b is NaN) */
	FY_BITWISE_AND,
	FY_BITWISE_OR,
	FY_BITWISE_XOR,
	FY_SHIFT_LEFT,  /* a shift by a negative or too large count gives 0, right of a negative number -1 */
	FY_SHIFT_RIGHT, /* arithmetic for signed types */
	FY_PRELU,       /* a > 0 ? a : b * a */
	/* Result 0 or 1 of the output's type, usually bool. */
	FY_LOGICAL_AND,
	FY_LOGICAL_OR,
	FY_LOGICAL_XOR,
	FY_EQ,
	FY_NE,
	FY_LT,
	FY_LE,
	FY_GT,
	FY_GE,
	FY_BINARY_COUNT,
} fy_binary;

/* Elementwise with numpy broadcasting of a and b to out's shape. Both are converted to `compute`; the result
 * is converted to out's type (usually equal to `compute`, or bool). */
void fy_kernel_binary(fy_tensor *out, fy_binary op, fy_dtype compute, const fy_tensor *a, const fy_tensor *b);

/* condition ? a : b with broadcasting; any type of condition (non-zero is true); a and b are converted to
 * out's type. */
void fy_kernel_where(fy_tensor *out, const fy_tensor *condition, const fy_tensor *a, const fy_tensor *b);

/* ---- constants: create.c ------------------------------------------------------------------------ */

void fy_kernel_fill_f64(fy_tensor *out, double value); /* converted as fy_tensor_copy does */
void fy_kernel_fill_i64(fy_tensor *out, int64_t value);
/* out[i] = start + i * step for 1-d out. Floats are computed in double. */
void fy_kernel_arange_f64(fy_tensor *out, double start, double step);
void fy_kernel_arange_i64(fy_tensor *out, int64_t start, int64_t step);
/* Symmetric from both ends, as PyTorch's linspace; one element: start. */
void fy_kernel_linspace(fy_tensor *out, double start, double end);
/* 1 where column - row == diagonal, else 0, in the last two dims. */
void fy_kernel_eye(fy_tensor *out, int64_t diagonal);
/* Keeps what is on and below (lower) or on and above (upper) the diagonal of the last two dims; else 0. */
void fy_kernel_triangle(fy_tensor *out, const fy_tensor *in, int64_t diagonal, bool upper);

/* ---- reductions: reduce.c, extreme.c, scan.c, softmax.c ----------------------------------------- */

/* out holds one element per index of the kept dims, in order: reduced dims may be there with size 1 or be
 * absent. dims == 0 reduces nothing (elementwise result); pass all dims' bits for a full reduction. */
typedef enum fy_reduce {
	FY_SUM, /* in converted to out's type; floats accumulate in double, in fixed blocks */
	FY_PROD,
	FY_MEAN, /* of nothing: NaN; integers truncate */
	FY_AMIN, /* NaN wins; of nothing: a bug of the caller */
	FY_AMAX,
	FY_ANY, /* computed on the input's type, result 0 or 1 */
	FY_ALL,
	FY_SUM_SQUARE,
	FY_SUM_ABS,
	FY_LOG_SUM_EXP,   /* shifted by the maximum */
	FY_COUNT_NONZERO, /* out is int64 */
	FY_REDUCE_COUNT,
} fy_reduce;
void fy_kernel_reduce(fy_tensor *out, fy_reduce op, const fy_tensor *in, uint32_t dims);
/* (sum |x|^p)^(1/p); p = 0 counts non-zeros, inf and -inf are max and min of |x|. */
void fy_kernel_norm(fy_tensor *out, const fy_tensor *in, uint32_t dims, double p);
/* Two-pass in double. Either output may be NULL. variance / (n - correction), not below 0 divisor;
 * take_root gives the standard deviation. */
void fy_kernel_var(fy_tensor *var, fy_tensor *mean, const fy_tensor *in, uint32_t dims, double correction,
		   bool take_root);

/* Extreme along one dim and where it is: the first, or with `last` the last, occurrence; the first NaN wins
 * over everything. values (in's type) may be NULL, indices (int64) may be NULL. Both have in's shape with dim
 * of size 1 or absent. The dim must not be empty unless the output is. For all dims flatten first. */
void fy_kernel_extreme(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool max,
		       bool last);

typedef enum fy_scan { FY_CUMSUM, FY_CUMPROD, FY_CUMMAX, FY_CUMMIN, FY_LOGCUMSUMEXP } fy_scan;
/* in is converted to out's type. indices: NULL, or int64 for FY_CUMMAX and FY_CUMMIN (the last occurrence).
 * exclusive: out[0] is the neutral element (sum and product only); reverse: from the end. */
void fy_kernel_scan(fy_tensor *out, fy_tensor *indices, fy_scan op, const fy_tensor *in, int dim,
		    bool exclusive, bool reverse);

/* in is converted to out's type, a float. */
void fy_kernel_softmax(fy_tensor *out, const fy_tensor *in, int dim, bool take_log);

/* ---- moving elements: shuffle.c, gather.c, scatter.c -------------------------------------------- */

/* Inputs are converted to out's type. Legacy empty 1-d inputs are the caller's to drop. */
void fy_kernel_cat(fy_tensor *out, const fy_tensor *const inputs[], int count, int dim);
void fy_kernel_flip(fy_tensor *out, const fy_tensor *in, uint32_t dims);
void fy_kernel_roll(fy_tensor *out, const fy_tensor *in, const int64_t shifts[], const int dims[], int count);
/* Tiles: each dim of out is a multiple of in's; in may have fewer dims (aligned at the end). */
void fy_kernel_repeat(fy_tensor *out, const fy_tensor *in);

/* out[i, ...] = in[starts[0] + i * steps[0], ...]; a step of any sign. For steps >= 0 a view does as well. */
void fy_kernel_slice(fy_tensor *out, const fy_tensor *in, const int64_t starts[], const int64_t steps[]);

typedef enum fy_pad_mode { FY_PAD_CONSTANT, FY_PAD_REFLECT, FY_PAD_REPLICATE, FY_PAD_CIRCULAR } fy_pad_mode;
/* before[rank]: how many elements are put in front of each dim, negative: cut off; what comes behind follows
 * from out's shape. Reflect and circular repeat as often as needed (the caller refuses what PyTorch refuses);
 * in must not be empty for other modes than constant unless out is. */
void fy_kernel_pad(fy_tensor *out, const fy_tensor *in, const int64_t before[], fy_pad_mode mode,
		   double value);

/* out has index's shape; index.rank == in.rank. FY_USAGE, id "op-raises", for an index out of range (all
 * below). */
fy_status FY_MUST_USE fy_kernel_gather(fy_tensor *out, const fy_tensor *in, int dim, const fy_tensor *index,
				       fy_diags *diags, const fy_place *place);
/* out's shape is in's with `dim` replaced by all of index's dims (embedding, ONNX Gather, index_select). */
fy_status FY_MUST_USE fy_kernel_index_select(fy_tensor *out, const fy_tensor *in, int dim,
					     const fy_tensor *index, fy_diags *diags, const fy_place *place);
/*
 * Advanced indexing (aten::index). indices[k], k < count <= in.rank, indexes dim k of in; NULL takes the
 * whole dim. Not NULL: integers, broadcast together (masks: fy_kernel_nonzero first). out's shape: the
 * broadcast dims stand where the first index was when all indices are neighbours, else in front; the other
 * dims follow in order.
 */
fy_status FY_MUST_USE fy_kernel_index(fy_tensor *out, const fy_tensor *in, const fy_tensor *const indices[],
				      int count, fy_diags *diags, const fy_place *place);
/* The shape fy_kernel_index gives for an input of this shape. Indices are broadcastable and not all NULL;
 * geometry alone is looked at. */
fy_shape fy_kernel_index_shape(const fy_shape *shape, const fy_tensor *const indices[], int count);
/* The inverse: `out` already holds self's values; values broadcast to the shape fy_kernel_index would give
 * and are converted to out's type. Duplicates: accumulate adds all, else the last one wins. */
fy_status FY_MUST_USE fy_kernel_index_put(fy_tensor *out, const fy_tensor *const indices[], int count,
					  const fy_tensor *values, bool accumulate, fy_diags *diags,
					  const fy_place *place);

typedef enum fy_scatter_mode {
	FY_SCATTER_SET,
	FY_SCATTER_ADD,
	FY_SCATTER_MUL,
	FY_SCATTER_MIN,
	FY_SCATTER_MAX
} fy_scatter_mode;
/* out already holds self's values. src has out's type, and is 0-d or at least as large as index in every dim.
 */
fy_status FY_MUST_USE fy_kernel_scatter(fy_tensor *out, int dim, const fy_tensor *index, const fy_tensor *src,
					fy_scatter_mode mode, fy_diags *diags, const fy_place *place);

int64_t fy_kernel_count_nonzero(const fy_tensor *in);
/* out int64 [fy_kernel_count_nonzero(in), in.rank], in row-major order; 0-d in: [0 or 1, 0]. */
void fy_kernel_nonzero(fy_tensor *out, const fy_tensor *in);
/* mask has in's shape (expand both first); out is 1-d with fy_kernel_count_nonzero(mask) elements of in's
 * type. */
void fy_kernel_masked_select(fy_tensor *out, const fy_tensor *in, const fy_tensor *mask);
/* out holds self's values and has mask's shape; takes src's elements in row-major order where mask is true.
 * src has out's type; FY_USAGE when it has too few. */
fy_status FY_MUST_USE fy_kernel_masked_scatter(fy_tensor *out, const fy_tensor *mask, const fy_tensor *src,
					       fy_diags *diags, const fy_place *place);

/* ---- order: sort.c ------------------------------------------------------------------------------ */

/* Stable; NaN counts as the largest. values (in's type) or indices (int64) may be NULL; both have in's shape.
 */
void fy_kernel_sort(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool descending);
/* The first k (values.dims[dim]) of the sorted order, ties by position. Always sorted. */
void fy_kernel_topk(fy_tensor *values, fy_tensor *indices, const fy_tensor *in, int dim, bool largest);
/* Sorted distinct values of a flattened tensor: values (capacity numel, in's type), and, unless NULL, for
 * each element its place among them (inverse, int64, in's shape) and their counts (int64, capacity numel).
 * Returns how many. */
int64_t fy_kernel_unique(fy_tensor *values, fy_tensor *inverse, fy_tensor *counts, const fy_tensor *in);
/* Where each value would be inserted into `sorted` (1-d, or values' leading dims): int64 or int32 out of
 * values' shape; right: after equal ones. Both converted to a common type by the caller. */
void fy_kernel_search_sorted(fy_tensor *out, const fy_tensor *sorted, const fy_tensor *values, bool right);

/* ---- products: matmul.c ------------------------------------------------------------------------- */

/* Products and convolutions fail for types they do not compute (fy_kernel_computes; convolution: no bool):
 * FY_UNSUPPORTED, id "type-unsupported". */

/* out[..., m, n] = a[..., m, k] @ b[..., k, n]; batch dims broadcast; ranks >= 2; all of one type (bool: or
 * of ands). k == 0 gives zeros. */
fy_status FY_MUST_USE fy_kernel_matmul(fy_tensor *out, const fy_tensor *a, const fy_tensor *b,
				       fy_diags *diags, const fy_place *place);
/* out[..., o] = in[..., i] @ weight[o, i]^T + bias[o]; bias may be NULL. */
fy_status FY_MUST_USE fy_kernel_linear(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight,
				       const fy_tensor *bias, fy_diags *diags, const fy_place *place);

/* ---- convolution: conv.c, conv_plain.c, onednn.c, onednn_desc.c --------------------------------- */

typedef struct fy_conv {
	int rank; /* spatial dims, 1 to 3 */
	int64_t stride[3], dilation[3];
	int64_t pad_before[3]; /* may differ from the padding behind, which follows from out's shape. Not
				  negative */
	int64_t groups;
	bool transposed;
} fy_conv;
/*
 * in [n, c, spatial], weight [o, c / groups, kernel] or, transposed, [c, o / groups, kernel]; bias [o] or
 * NULL; out [n, o, spatial], one float or integer type. Output padding of a transposed convolution follows
 * from out's shape: elements that no tap reaches hold the bias alone. f32, f16 and bf16 go to oneDNN where it
 * has a fast implementation.
 */
fy_status FY_MUST_USE fy_kernel_conv(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight,
				     const fy_tensor *bias, const fy_conv *conv, fy_diags *diags,
				     const fy_place *place);

/* ---- pooling: pool.c, columns.c ----------------------------------------------------------------- */

/* in and out are [n, c, spatial] of equal type. What lies behind out's last window follows from out's shape;
 * windows are clipped to the input (max) or to the input with its padding (average with include_pad).
 * Averages of integers are truncated. */
typedef struct fy_pool {
	int rank; /* 1 to 3 */
	int64_t kernel[3], stride[3], dilation[3];
	int64_t pad_before[3], pad_after[3]; /* of the input, as asked for: without what ceil_mode adds */
	bool include_pad;                    /* average: padding counts as zeros in the divisor */
	int64_t divisor;                     /* average: fixed divisor; 0: none */
} fy_pool;
/* indices (int64, out's shape) or NULL: position in the flattened spatial dims of in. NaN wins, the last one.
 */
void fy_kernel_max_pool(fy_tensor *out, fy_tensor *indices, const fy_tensor *in, const fy_pool *pool);
void fy_kernel_avg_pool(fy_tensor *out, const fy_tensor *in, const fy_pool *pool);
/* rank spatial dims; window i covers floor(i * in / out) .. ceil((i + 1) * in / out). */
void fy_kernel_adaptive_avg_pool(fy_tensor *out, const fy_tensor *in, int rank);
void fy_kernel_adaptive_max_pool(fy_tensor *out, fy_tensor *indices, const fy_tensor *in, int rank);

/* Sliding windows as columns, 2-d: in [n, c, h, w] -> out [n, c * kh * kw, l], and back by summing. Uses
 * kernel, stride, dilation, pad_before of `pool` with rank 2. columns_h/w: number of windows along each dim
 * (product l). */
void fy_kernel_im2col(fy_tensor *out, const fy_tensor *in, const fy_pool *pool, int64_t columns_h,
		      int64_t columns_w);
void fy_kernel_col2im(fy_tensor *out, const fy_tensor *in, const fy_pool *pool, int64_t columns_h,
		      int64_t columns_w);

/* ---- normalisation: norm.c ---------------------------------------------------------------------- */

/* Dim 1 is the channel (dim 0 for a 1-d input of channels alone is the caller's to reshape). weight and bias
 * may be NULL; parameters may be f32 for f16 and bf16 inputs. */
void fy_kernel_batch_norm(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
			  const fy_tensor *mean, const fy_tensor *var, double eps);
/* in [n, c, ...]; statistics over each group of channels with its spatial dims; weight and bias per channel
 * or NULL. groups == c is instance normalisation. mean, rstd [n, groups] or NULL. */
void fy_kernel_group_norm(fy_tensor *out, fy_tensor *mean, fy_tensor *rstd, const fy_tensor *in,
			  int64_t groups, const fy_tensor *weight, const fy_tensor *bias, double eps);
/* Over dims axis..rank-1; weight and bias have those dims, or are NULL. mean, rstd: one per row, or NULL. */
void fy_kernel_layer_norm(fy_tensor *out, fy_tensor *mean, fy_tensor *rstd, const fy_tensor *in, int axis,
			  const fy_tensor *weight, const fy_tensor *bias, double eps);

/* ---- resampling: resize.c, grid_sample.c -------------------------------------------------------- */

typedef enum fy_resize_mode { FY_RESIZE_NEAREST, FY_RESIZE_LINEAR, FY_RESIZE_CUBIC } fy_resize_mode;
/* Where output position x lies in the input, s being the scale (output / input). */
typedef enum fy_resize_coord {
	FY_COORD_TORCH,         /* linear, cubic: (x + 0.5) / s - 0.5, linear not below 0; nearest: x / s */
	FY_COORD_TORCH_EXACT,   /* nearest-exact: (x + 0.5) / s */
	FY_COORD_TORCH_CORNERS, /* align_corners=True */
	FY_COORD_HALF_PIXEL,    /* ONNX, from here on */
	FY_COORD_HALF_PIXEL_SYMMETRIC,
	FY_COORD_PYTORCH_HALF_PIXEL,
	FY_COORD_ALIGN_CORNERS,
	FY_COORD_ASYMMETRIC,
	FY_COORD_TF_HALF_PIXEL_FOR_NN,
	FY_COORD_TF_CROP_AND_RESIZE,
} fy_resize_coord;
/* How a fractional position becomes an index; with the FY_COORD_TORCH ones it is always floor. */
typedef enum fy_resize_nearest {
	FY_NEAREST_ROUND_PREFER_FLOOR,
	FY_NEAREST_ROUND_PREFER_CEIL,
	FY_NEAREST_FLOOR,
	FY_NEAREST_CEIL,
} fy_resize_nearest;
typedef struct fy_resize {
	fy_resize_mode mode;
	fy_resize_coord coord;
	fy_resize_nearest nearest;
	double cubic_a;       /* -0.75 in PyTorch and ONNX; PyTorch's antialias: -0.5 */
	bool exclude_outside; /* ONNX: taps outside get weight 0, the others are normalised */
	bool antialias;       /* linear, cubic: the kernel is widened when shrinking */
	double extrapolation; /* FY_COORD_TF_CROP_AND_RESIZE */
	/* Per dim of the tensor; scale <= 0: output size / input size. A dim of equal sizes and scale <= 0 or
	 * 1 is left alone (unless the coordinate mode is crop and resize). roi_end is read in crop and resize
	 * only. */
	double scale[FY_MAX_RANK];
	double roi_start[FY_MAX_RANK], roi_end[FY_MAX_RANK];
} fy_resize;
/* Everything 0 but cubic_a = -0.75: nearest, PyTorch's coordinates, scales by size. */
fy_resize fy_resize_default(fy_resize_mode mode, fy_resize_coord coord);
/* in and out have one type and rank; any dims may change. No dim of in is 0 unless out is empty. */
void fy_kernel_resize(fy_tensor *out, const fy_tensor *in, const fy_resize *resize);

typedef enum fy_grid_padding { FY_GRID_ZEROS, FY_GRID_BORDER, FY_GRID_REFLECTION } fy_grid_padding;
/* in [n, c, (d,) h, w], grid [n, (d,) h, w, 2 or 3] in [-1, 1], last component along w first. Cubic: 2-d
 * only. */
void fy_kernel_grid_sample(fy_tensor *out, const fy_tensor *in, const fy_tensor *grid, fy_resize_mode mode,
			   fy_grid_padding padding, bool align_corners);

#endif
