/*
 * oneDNN's descriptors. Version 2 fills structs and makes primitive descriptors out of them; version 3 has
 * handles and makes primitive descriptors at once. Nothing outside this file asks for the version.
 */
#include "kernels/onednn_desc.h"

#if DNNL_VERSION_MAJOR >= 3

bool fy_layout_make(fy_layout *layout, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides)
{
	dnnl_status_t status =
		strides ? dnnl_memory_desc_create_with_strides(&layout->desc, rank, dims, dnnl_f32, strides)
			: dnnl_memory_desc_create_with_tag(&layout->desc, rank, dims, dnnl_f32,
							   dnnl_format_tag_any);

	layout->made = status == dnnl_success;
	return layout->made;
}

bool fy_layout_query(fy_layout *layout, const_dnnl_primitive_desc_t primitive, dnnl_query_t what)
{
	const_dnnl_memory_desc_t found = dnnl_primitive_desc_query_md(primitive, what, 0);

	layout->made = found && dnnl_memory_desc_clone(&layout->desc, found) == dnnl_success;
	return layout->made;
}

bool fy_layout_eq(const fy_layout *a, const fy_layout *b)
{
	return dnnl_memory_desc_equal(a->desc, b->desc);
}

void fy_layout_release(fy_layout *layout)
{
	if (layout->made)
		dnnl_memory_desc_destroy(layout->desc);
	layout->made = false;
}

bool fy_layout_memory(dnnl_memory_t *memory, const fy_layout *layout, dnnl_engine_t engine, const void *data)
{
	return dnnl_memory_create(memory, layout->desc, engine, data ? (void *)data : DNNL_MEMORY_ALLOCATE) ==
	       dnnl_success;
}

bool fy_dnn_conv_primitive(dnnl_primitive_desc_t *primitive, const fy_dnn_conv *conv, dnnl_engine_t engine)
{
	const_dnnl_memory_desc_t bias = conv->bias.made ? conv->bias.desc : NULL;

	if (conv->transposed)
		return dnnl_deconvolution_forward_primitive_desc_create(
			       primitive, engine, dnnl_forward_inference, dnnl_deconvolution_direct,
			       conv->in.desc, conv->weight.desc, bias, conv->out.desc, conv->stride,
			       conv->dilation, conv->pad_before, conv->pad_after, NULL) == dnnl_success;
	return dnnl_convolution_forward_primitive_desc_create(
		       primitive, engine, dnnl_forward_inference, dnnl_convolution_direct, conv->in.desc,
		       conv->weight.desc, bias, conv->out.desc, conv->stride, conv->dilation,
		       conv->pad_before, conv->pad_after, NULL) == dnnl_success;
}

bool fy_dnn_reorder_primitive(dnnl_primitive_desc_t *primitive, const fy_layout *from, const fy_layout *to,
			      dnnl_engine_t engine)
{
	return dnnl_reorder_primitive_desc_create(primitive, from->desc, engine, to->desc, engine, NULL) ==
	       dnnl_success;
}

#else

bool fy_layout_make(fy_layout *layout, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides)
{
	dnnl_status_t status =
		strides ? dnnl_memory_desc_init_by_strides(&layout->desc, rank, dims, dnnl_f32, strides)
			: dnnl_memory_desc_init_by_tag(&layout->desc, rank, dims, dnnl_f32,
						       dnnl_format_tag_any);

	layout->made = status == dnnl_success;
	return layout->made;
}

bool fy_layout_query(fy_layout *layout, const_dnnl_primitive_desc_t primitive, dnnl_query_t what)
{
	const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md(primitive, what, 0);

	layout->made = found != NULL;
	if (found)
		layout->desc = *found;
	return layout->made;
}

bool fy_layout_eq(const fy_layout *a, const fy_layout *b)
{
	return dnnl_memory_desc_equal(&a->desc, &b->desc);
}

void fy_layout_release(fy_layout *layout)
{
	layout->made = false;
}

bool fy_layout_memory(dnnl_memory_t *memory, const fy_layout *layout, dnnl_engine_t engine, const void *data)
{
	return dnnl_memory_create(memory, &layout->desc, engine,
				  data ? (void *)data : DNNL_MEMORY_ALLOCATE) == dnnl_success;
}

bool fy_dnn_conv_primitive(dnnl_primitive_desc_t *primitive, const fy_dnn_conv *conv, dnnl_engine_t engine)
{
	const dnnl_memory_desc_t *bias = conv->bias.made ? &conv->bias.desc : NULL;

	if (conv->transposed) {
		dnnl_deconvolution_desc_t desc;
		return dnnl_dilated_deconvolution_forward_desc_init(
			       &desc, dnnl_forward_inference, dnnl_deconvolution_direct, &conv->in.desc,
			       &conv->weight.desc, bias, &conv->out.desc, conv->stride, conv->dilation,
			       conv->pad_before, conv->pad_after) == dnnl_success &&
		       dnnl_primitive_desc_create(primitive, &desc, NULL, engine, NULL) == dnnl_success;
	}
	dnnl_convolution_desc_t desc;
	return dnnl_dilated_convolution_forward_desc_init(
		       &desc, dnnl_forward_inference, dnnl_convolution_direct, &conv->in.desc,
		       &conv->weight.desc, bias, &conv->out.desc, conv->stride, conv->dilation,
		       conv->pad_before, conv->pad_after) == dnnl_success &&
	       dnnl_primitive_desc_create(primitive, &desc, NULL, engine, NULL) == dnnl_success;
}

bool fy_dnn_reorder_primitive(dnnl_primitive_desc_t *primitive, const fy_layout *from, const fy_layout *to,
			      dnnl_engine_t engine)
{
	return dnnl_reorder_primitive_desc_create(primitive, &from->desc, engine, &to->desc, engine, NULL) ==
	       dnnl_success;
}

#endif
