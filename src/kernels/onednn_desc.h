/*
 * What differs between oneDNN 2.x and 3.x, behind one set of functions; for onednn.c only. In 2.x a layout
 * (memory descriptor) is a plain struct, in 3.x a handle. Functions return false when oneDNN refuses.
 */
#ifndef FY_KERNELS_ONEDNN_DESC_H
#define FY_KERNELS_ONEDNN_DESC_H

#include <dnnl.h>

#include "kernels/kernels_internal.h"

typedef struct fy_layout {
	dnnl_memory_desc_t desc;
	bool made;
} fy_layout;

/* f32, given dims and strides; strides NULL: oneDNN chooses (format `any`). */
bool fy_layout_make(fy_layout *layout, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides);
/* A copy of what a primitive descriptor wants for one of its arguments (dnnl_query_src_md ...). */
bool fy_layout_query(fy_layout *layout, const_dnnl_primitive_desc_t primitive, dnnl_query_t what);
bool fy_layout_eq(const fy_layout *a, const fy_layout *b);
void fy_layout_release(fy_layout *layout);
/* data NULL: oneDNN allocates. */
bool fy_layout_memory(dnnl_memory_t *memory, const fy_layout *layout, dnnl_engine_t engine, const void *data);

typedef struct fy_dnn_conv {
	bool transposed;
	fy_layout in, weight, bias, out;                     /* bias not made: none */
	dnnl_dims_t stride, dilation, pad_before, pad_after; /* dilation counts from 0, as oneDNN has it */
} fy_dnn_conv;
bool fy_dnn_conv_primitive(dnnl_primitive_desc_t *primitive, const fy_dnn_conv *conv, dnnl_engine_t engine);
bool fy_dnn_reorder_primitive(dnnl_primitive_desc_t *primitive, const fy_layout *from, const fy_layout *to,
			      dnnl_engine_t engine);

#endif
