/*
 * The door to oneDNN: matrix products and convolutions in single precision. Layouts are oneDNN's choice;
 * tensors are reordered on the way in and out. An implementation called "ref" is minutes slow where others
 * take seconds, so it is never used: the caller has its own. Primitives are made per call; oneDNN itself
 * keeps the compiled code of the recent ones.
 */
#include <pthread.h>
#include <string.h>

#include "kernels/onednn_desc.h"

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

enum { CODE_ROOM = 64 << 20 }; /* bytes to spare: without memory for compiled code oneDNN crashes */

static void make_engine(void)
{
	if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success)
		engine = NULL;
}

static const char *isa_name(void)
{
	switch (dnnl_get_effective_cpu_isa()) {
	case dnnl_cpu_isa_sse41:
		return "sse41";
	case dnnl_cpu_isa_avx:
		return "avx";
	case dnnl_cpu_isa_avx2:
		return "avx2";
	case dnnl_cpu_isa_avx2_vnni:
		return "avx2_vnni";
	case dnnl_cpu_isa_avx512_core:
		return "avx512_core";
	case dnnl_cpu_isa_avx512_core_vnni:
		return "avx512_core_vnni";
	case dnnl_cpu_isa_avx512_core_bf16:
		return "avx512_core_bf16";
	case dnnl_cpu_isa_avx512_core_amx:
		return "avx512_core_amx";
	default:
		return "other";
	}
}

void fy_kernels_describe(fy_buf *out)
{
	const dnnl_version_t *version = dnnl_version();
	int threads = fy_kernels_threads();

	fy_buf_printf(out, "oneDNN %d.%d.%d, instruction set %s\n", version->major, version->minor,
		      version->patch, isa_name());
	fy_buf_printf(out, "%d thread%s\n", threads, threads == 1 ? "" : "s");
}

bool fy_onednn_has_room(void)
{
	return fy_memory_left(CODE_ROOM);
}

bool fy_onednn_gemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k, const float *a,
		    int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc)
{
	fy_parallel_prepare((double)m * (double)n * (double)k);
	return dnnl_sgemm(transposed_a ? 'T' : 'N', transposed_b ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb,
			  beta, c, ldc) == dnnl_success;
}

/* ---- convolution ---- */

/* Everything made for one call; released in one place. */
typedef struct conv_run {
	fy_dnn_conv plain;  /* as the tensors lie in memory */
	fy_dnn_conv chosen; /* as oneDNN wants them; the same geometry */
	dnnl_primitive_desc_t desc;
	dnnl_primitive_t primitive;
	dnnl_stream_t stream;
	dnnl_memory_t in, weight, bias, out;             /* in chosen layouts */
	dnnl_memory_t plain_in, plain_weight, plain_out; /* over the tensors; NULL when the layouts agree */
} conv_run;

static void release(conv_run *run)
{
	dnnl_memory_t memories[] = { run->in,       run->weight,       run->bias,     run->out,
				     run->plain_in, run->plain_weight, run->plain_out };
	fy_layout *layouts[] = { &run->plain.in,  &run->plain.weight,  &run->plain.bias,  &run->plain.out,
				 &run->chosen.in, &run->chosen.weight, &run->chosen.bias, &run->chosen.out };

	for (size_t i = 0; i < FY_COUNT(memories); i++) {
		if (memories[i])
			dnnl_memory_destroy(memories[i]);
	}
	for (size_t i = 0; i < FY_COUNT(layouts); i++)
		fy_layout_release(layouts[i]);
	if (run->stream)
		dnnl_stream_destroy(run->stream);
	if (run->primitive)
		dnnl_primitive_destroy(run->primitive);
	if (run->desc)
		dnnl_primitive_desc_destroy(run->desc);
}

static void dense_strides(int rank, const dnnl_dims_t dims, dnnl_dims_t strides)
{
	int64_t stride = 1;

	for (int d = rank - 1; d >= 0; d--) {
		strides[d] = stride;
		stride *= dims[d];
	}
}

/* Makes the layout as it lies in memory and its counterpart that oneDNN may choose. */
static bool both(fy_layout *plain, fy_layout *any, int rank, const dnnl_dims_t dims,
		 const dnnl_dims_t strides)
{
	return fy_layout_make(plain, rank, dims, strides) && fy_layout_make(any, rank, dims, NULL);
}

static bool data_layouts(fy_layout *plain, fy_layout *any, const fy_tensor *tensor)
{
	dnnl_dims_t dims = { 0 }, strides = { 0 };

	for (int d = 0; d < tensor->shape.rank; d++)
		dims[d] = tensor->shape.dims[d];
	dense_strides(tensor->shape.rank, dims, strides);
	return both(plain, any, tensor->shape.rank, dims, strides);
}

/* [g, o / g, c / g, kernel], without g for one group. Transposed weights are stored with o and c swapped. */
static bool weight_layouts(conv_run *run, const fy_tensor *weight, const fy_conv *conv)
{
	dnnl_dims_t dims = { 0 }, strides = { 0 };
	int rank = weight->shape.rank + 1;

	dims[0] = conv->groups;
	dims[1] = weight->shape.dims[0] / conv->groups;
	for (int d = 1; d < weight->shape.rank; d++)
		dims[d + 1] = weight->shape.dims[d];
	dense_strides(rank, dims, strides);
	if (conv->transposed) {
		int64_t dim = dims[1], stride = strides[1];
		dims[1] = dims[2];
		strides[1] = strides[2];
		dims[2] = dim;
		strides[2] = stride;
	}
	int skip = conv->groups == 1 ? 1 : 0;
	return both(&run->plain.weight, &run->chosen.weight, rank - skip, dims + skip, strides + skip);
}

static bool describe_conv(conv_run *run, const fy_tensor *out, const fy_tensor *in, const fy_tensor *weight,
			  const fy_tensor *bias, const fy_conv *conv)
{
	fy_dnn_conv *chosen = &run->chosen;

	chosen->transposed = conv->transposed;
	for (int d = 0; d < conv->rank; d++) {
		int64_t reach = conv->dilation[d] * (weight->shape.dims[d + 2] - 1) + 1;
		int64_t from = in->shape.dims[d + 2], to = out->shape.dims[d + 2];
		chosen->stride[d] = conv->stride[d];
		chosen->dilation[d] = conv->dilation[d] - 1;
		chosen->pad_before[d] = conv->pad_before[d];
		int64_t larger = conv->transposed ? to : from, smaller = conv->transposed ? from : to;
		chosen->pad_after[d] = (smaller - 1) * conv->stride[d] + reach - larger - conv->pad_before[d];
	}
	if (!data_layouts(&run->plain.in, &chosen->in, in) ||
	    !data_layouts(&run->plain.out, &chosen->out, out) || !weight_layouts(run, weight, conv))
		return false;
	if (bias && (!data_layouts(&run->plain.bias, &chosen->bias, bias)))
		return false;
	return fy_dnn_conv_primitive(&run->desc, chosen, engine);
}

/* The descriptor's layouts instead of `any`. */
static bool settle_layouts(conv_run *run)
{
	fy_dnn_conv *chosen = &run->chosen;

	fy_layout_release(&chosen->in);
	fy_layout_release(&chosen->weight);
	fy_layout_release(&chosen->out);
	return fy_layout_query(&chosen->in, run->desc, dnnl_query_src_md) &&
	       fy_layout_query(&chosen->weight, run->desc, dnnl_query_weights_md) &&
	       fy_layout_query(&chosen->out, run->desc, dnnl_query_dst_md);
}

/* Memory in the chosen layout, over the data itself when that has it. */
static bool place_memory(dnnl_memory_t *chosen, dnnl_memory_t *plain, const fy_layout *want,
			 const fy_layout *have, const void *data)
{
	if (fy_layout_eq(want, have))
		return fy_layout_memory(chosen, want, engine, data);
	return fy_layout_memory(plain, have, engine, data) && fy_layout_memory(chosen, want, engine, NULL);
}

static bool reorder(conv_run *run, const fy_layout *from, dnnl_memory_t source, const fy_layout *to,
		    dnnl_memory_t target)
{
	dnnl_primitive_desc_t desc = NULL;
	dnnl_primitive_t primitive = NULL;
	dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, source }, { DNNL_ARG_TO, target } };
	bool ok = fy_dnn_reorder_primitive(&desc, from, to, engine) &&
		  dnnl_primitive_create(&primitive, desc) == dnnl_success &&
		  dnnl_primitive_execute(primitive, run->stream, 2, args) == dnnl_success;

	if (primitive)
		dnnl_primitive_destroy(primitive);
	if (desc)
		dnnl_primitive_desc_destroy(desc);
	return ok;
}

static bool execute(conv_run *run)
{
	dnnl_exec_arg_t args[] = { { DNNL_ARG_SRC, run->in },
				   { DNNL_ARG_WEIGHTS, run->weight },
				   { DNNL_ARG_DST, run->out },
				   { DNNL_ARG_BIAS, run->bias } };

	if (dnnl_stream_create(&run->stream, engine, dnnl_stream_default_flags) != dnnl_success ||
	    dnnl_primitive_create(&run->primitive, run->desc) != dnnl_success)
		return false;
	if (run->plain_in && !reorder(run, &run->plain.in, run->plain_in, &run->chosen.in, run->in))
		return false;
	if (run->plain_weight &&
	    !reorder(run, &run->plain.weight, run->plain_weight, &run->chosen.weight, run->weight))
		return false;
	if (dnnl_primitive_execute(run->primitive, run->stream, run->bias ? 4 : 3, args) != dnnl_success)
		return false;
	if (run->plain_out && !reorder(run, &run->chosen.out, run->out, &run->plain.out, run->plain_out))
		return false;
	return dnnl_stream_wait(run->stream) == dnnl_success;
}

/* The general implementation by matrix products is fast too, but not where the matrices have a few rows. */
static bool is_fast(const_dnnl_primitive_desc_t desc, const fy_tensor *weight, const fy_conv *conv)
{
	const char *name = NULL;
	int64_t pairs = weight->shape.dims[0] / conv->groups * weight->shape.dims[1];

	if (dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name) != dnnl_success ||
	    !name)
		return false;
	return strncmp(name, "ref", 3) != 0 && (!strstr(name, "gemm") || pairs > 32);
}

/* Adds one number per channel. */
static void add_bias(fy_tensor *out, const fy_tensor *bias)
{
	fy_shape shape = { .rank = out->shape.rank };
	int64_t strides[FY_MAX_RANK] = { 0 };

	for (int d = 0; d < shape.rank; d++)
		shape.dims[d] = d == 1 ? out->shape.dims[1] : 1;
	strides[1] = 1;
	fy_tensor *spread = fy_tensor_view(bias, bias->dtype, &shape, strides, bias->offset);
	fy_kernel_binary(out, FY_ADD, FY_F32, out, spread);
	fy_tensor_unref(spread);
}

bool fy_onednn_conv(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
		    const fy_conv *conv)
{
	conv_run run = { 0 };
	/* A transposed convolution with bias takes a slow way through a large scratchpad. */
	const fy_tensor *later = conv->transposed ? bias : NULL;

	bias = later ? NULL : bias;
	pthread_once(&engine_once, make_engine);
	if (!engine || !fy_onednn_has_room())
		return false;
	/* Asked for first: it may take memory, and without any would leave what is made below. */
	const void *in_data = fy_tensor_data(in), *weight_data = fy_tensor_data(weight);
	const void *bias_data = bias ? fy_tensor_data(bias) : NULL;
	void *out_data = fy_tensor_write_data(out);
	const fy_tensor *coarse = conv->transposed ? in : out;
	fy_parallel_prepare((double)fy_numel(&coarse->shape) * (double)fy_numel(&weight->shape) /
			    (double)weight->shape.dims[0]);
	bool ok = describe_conv(&run, out, in, weight, bias, conv) && is_fast(run.desc, weight, conv) &&
		  settle_layouts(&run) &&
		  place_memory(&run.in, &run.plain_in, &run.chosen.in, &run.plain.in, in_data) &&
		  place_memory(&run.weight, &run.plain_weight, &run.chosen.weight, &run.plain.weight,
			       weight_data) &&
		  place_memory(&run.out, &run.plain_out, &run.chosen.out, &run.plain.out, out_data) &&
		  (!bias || fy_layout_memory(&run.bias, &run.plain.bias, engine, bias_data)) && execute(&run);
	release(&run);
	if (ok && later)
		add_bias(out, later);
	return ok;
}
