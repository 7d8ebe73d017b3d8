/*
 * spatial: what the operators on images share ([n, c, spatial] with one to three spatial dims, or one image
 * alone, [c, spatial]): counting windows, adding the missing batch dim, weighted sums along an axis.
 */
#ifndef FY_SPATIAL_H
#define FY_SPATIAL_H

#include "ops/ops_internal.h"

enum { FY_MAX_SPATIAL = 3 };

/* Sliding windows over the last `rank` dims. */
typedef struct fy_window {
	int rank;
	int64_t kernel[FY_MAX_SPATIAL], stride[FY_MAX_SPATIAL], dilation[FY_MAX_SPATIAL];
	int64_t before[FY_MAX_SPATIAL], after[FY_MAX_SPATIAL]; /* padding */
	bool ceil_mode; /* a last window may reach beyond the padding when it starts before it */
} fy_window;

/* `rank` numbers of argument `index` into out, each from `least` to 2^31 - 1; otherwise it raises. */
fy_status FY_MUST_USE fy_call_counts(const fy_call *call, int index, int64_t *out, int rank, int64_t least);
/* Sets the last w->rank dims of out to the number of windows over those of `in`. Raises when there is none.
 */
fy_status FY_MUST_USE fy_window_shape(const fy_call *call, const fy_window *w, const fy_shape *in,
				      fy_shape *out);
/* How far the last window along dim i reaches behind the padding (ceil_mode). */
int64_t fy_window_excess(const fy_window *w, int i, fy_dim in, fy_dim out);
/* A new symbol, or a refusal where sizes must be known. */
fy_status FY_MUST_USE fy_call_unknown_size(const fy_call *call, fy_dim *out);
/* `in` must be [n, c, spatial] or [c, spatial]. */
fy_status FY_MUST_USE fy_call_image(const fy_call *call, const fy_shape *in, int spatial);

/* New data, laid out channels-last when `like` of the same rank is: what PyTorch's operators on images give.
 */
fy_status fy_result_image(fy_call *call, fy_dtype dtype, const fy_shape *shape, const fy_tensor *like);

/* A view with a batch dim of 1 in front when t has none. One reference. */
fy_tensor *fy_batched(const fy_tensor *t, int spatial);
/* The same in a graph, and the way back. `like` has the rank to come back to. */
fy_value *fy_lower_batched(fy_lowering *l, fy_value *value, int spatial);
fy_value *fy_lower_unbatched(fy_lowering *l, fy_value *value, const fy_type *like);

/* Type in which ONNX's operators on images are computed: float32 or float16. */
fy_dtype fy_lower_image_type(fy_dtype dtype);
/* For types that those do not hold: float64 for float64 and integers, float32 for the others. */
fy_dtype fy_lower_exact_type(fy_dtype dtype);
/* out[.., o, ..] = sum over i of matrix[o, i] * value[.., i, ..] along `axis`, by MatMul. Takes the matrix,
 * whose type is value's. Axis sizes are those of the matrix. */
fy_value *fy_lower_along(fy_lowering *l, fy_value *value, int axis, fy_tensor *matrix);
/* Is a matrix of that size small enough to be written into a file? */
bool fy_lower_along_fits(int64_t in, int64_t out);
/* count copies of one number, 1-d. */
fy_value *fy_lower_filled(fy_lowering *l, fy_dtype dtype, int64_t count, double number);

#endif
