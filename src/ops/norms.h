/*
 * norms: what the normalisations share: checks of their parameters, and their ONNX form spelled out.
 */
#ifndef FY_NORMS_H
#define FY_NORMS_H

#include "ops/spatial.h"

/* Argument `index` is None or has `units` elements (-1: not known how many). */
fy_status FY_MUST_USE fy_norm_check_parameter(const fy_call *call, int index, int64_t units);
fy_status FY_MUST_USE fy_norm_check_float(const fy_call *call, const fy_tensor *in);
/* The parameters that are there have the input's type, or all of them float32 for a 16-bit input. */
fy_status FY_MUST_USE fy_norm_check_types(const fy_call *call, const fy_tensor *in, const int indices[],
					  int count);
/* float32 when a parameter is, else the input's type. */
fy_dtype fy_norm_statistics_type(const fy_call *call, const fy_tensor *in, const int indices[], int count);
/* One type for the input and the parameters of a node. */
fy_dtype fy_norm_common_type(const fy_node *node, const int indices[], int count);
fy_dtype fy_norm_wide_type(fy_dtype dtype); /* that statistics are taken in */

/* y = (x - mean) * rstd, rstd = 1 / sqrt(var + eps), over the axes, which are kept. */
typedef struct fy_normalised {
	fy_value *y, *mean, *rstd;
} fy_normalised;
fy_normalised fy_lower_normalise(fy_lowering *l, fy_value *x, const int64_t *axes, int count, double eps);
/* y * weight + bias; either may be NULL. The second takes vectors of one number per channel for y [n, c,
 * ...]. */
fy_value *fy_lower_scaled(fy_lowering *l, fy_value *y, fy_value *weight, fy_value *bias);
fy_value *fy_lower_scaled_channels(fy_lowering *l, fy_value *y, fy_value *weight, fy_value *bias, int rank);
/* Argument `index` or, when it is None, `count` times `number`. */
fy_value *fy_lower_vector_or(fy_lowering *l, const fy_node *node, int index, fy_dtype dtype, fy_dim count,
			     double number);

#endif
