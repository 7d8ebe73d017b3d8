/* What the two halves of upsampling share: what an operator is, what a call asks for, and how it is lowered.
 */
#ifndef FY_OPS_RESAMPLING_H
#define FY_OPS_RESAMPLING_H

#include "ops/spatial.h"

typedef struct fy_upsample_form {
	int rank; /* spatial dims */
	fy_resize_mode mode;
	fy_resize_coord coord;
	bool antialias;
	bool bytes; /* takes uint8 */
} fy_upsample_form;

typedef struct fy_upsample_plan {
	fy_resize resize; /* what PyTorch does */
	bool by_factors;  /* the sizes of the result come from the scales alone */
} fy_upsample_plan;

/* What a call, or a node's call, asks for; *plan must be 0. */
fy_status FY_MUST_USE fy_upsample_read(const fy_call *call, fy_upsample_plan *plan);

/* ---- resampling_forms.c ---- */

fy_status fy_upsample_lower(fy_lowering *l, fy_node *node);
int fy_upsample_plain_opset(const fy_node *node);

#endif
