/*
 * Convolution in plain C for every shape and type: for each pair of channels and each tap, rows are
 * multiplied and added. A transposed convolution is the same with the two sides exchanged. Knows nothing of
 * oneDNN.
 */
#include "kernels/kernels_internal.h"

/* Along a row: tap x meets `count` elements, from these places on. */
typedef struct row_tap {
	int64_t fine, coarse, count;
} row_tap;

/* Missing spatial dims in front have size 1. */
typedef struct plain_conv {
	bool transposed;
	int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3];
	int64_t groups, in_per_group, out_per_group;
	row_tap *row_taps; /* [kernel[2]] */
	fy_dtype dtype;
	const void *in_data, *weight_data, *bias_data;
	void *out_data;
} plain_conv;

/* Coarse positions p whose fine position p * stride + shift lies inside, for each tap of a row. */
static void make_row_taps(plain_conv *c)
{
	int64_t fine = c->transposed ? c->out[2] : c->in[2], coarse = c->transposed ? c->in[2] : c->out[2];
	int64_t stride = c->stride[2];

	c->row_taps = fy_alloc((size_t)(c->kernel[2] + 1) * sizeof(row_tap));
	for (int64_t x = 0; x < c->kernel[2]; x++) {
		int64_t shift = x * c->dilation[2] - c->pad[2];
		int64_t from = shift < 0 ? (-shift + stride - 1) / stride : 0;
		int64_t to = shift < fine ? (fine - 1 - shift) / stride + 1 : 0;
		to = to < coarse ? to : coarse;
		c->row_taps[x] = (row_tap){ from * stride + shift, from, to > from ? to - from : 0 };
	}
}

#define T       float
#define U       float
#define COLLECT collect_f32
#define SPREAD  spread_f32
#define PLANE   plane_f32
#define CHANNEL channel_f32
#include "kernels/conv_loops.inc"

#define T       double
#define U       double
#define COLLECT collect_f64
#define SPREAD  spread_f64
#define PLANE   plane_f64
#define CHANNEL channel_f64
#include "kernels/conv_loops.inc"

#define T       int8_t
#define U       uint32_t
#define COLLECT collect_i8
#define SPREAD  spread_i8
#define PLANE   plane_i8
#define CHANNEL channel_i8
#include "kernels/conv_loops.inc"

#define T       int16_t
#define U       uint32_t
#define COLLECT collect_i16
#define SPREAD  spread_i16
#define PLANE   plane_i16
#define CHANNEL channel_i16
#include "kernels/conv_loops.inc"

#define T       int32_t
#define U       uint32_t
#define COLLECT collect_i32
#define SPREAD  spread_i32
#define PLANE   plane_i32
#define CHANNEL channel_i32
#include "kernels/conv_loops.inc"

#define T       int64_t
#define U       uint64_t
#define COLLECT collect_i64
#define SPREAD  spread_i64
#define PLANE   plane_i64
#define CHANNEL channel_i64
#include "kernels/conv_loops.inc"

#define T       uint8_t
#define U       uint32_t
#define COLLECT collect_u8
#define SPREAD  spread_u8
#define PLANE   plane_u8
#define CHANNEL channel_u8
#include "kernels/conv_loops.inc"

#define T       uint16_t
#define U       uint32_t
#define COLLECT collect_u16
#define SPREAD  spread_u16
#define PLANE   plane_u16
#define CHANNEL channel_u16
#include "kernels/conv_loops.inc"

#define T       uint32_t
#define U       uint32_t
#define COLLECT collect_u32
#define SPREAD  spread_u32
#define PLANE   plane_u32
#define CHANNEL channel_u32
#include "kernels/conv_loops.inc"

#define T       uint64_t
#define U       uint64_t
#define COLLECT collect_u64
#define SPREAD  spread_u64
#define PLANE   plane_u64
#define CHANNEL channel_u64
#include "kernels/conv_loops.inc"

static void some_channels(void *context, int64_t begin, int64_t end)
{
	const plain_conv *c = context;
	int64_t channels = c->groups * c->out_per_group;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t image = unit / channels, channel = unit % channels;
		switch (c->dtype) {
		case FY_F32:
			channel_f32(c, image, channel);
			break;
		case FY_F64:
			channel_f64(c, image, channel);
			break;
		case FY_I8:
			channel_i8(c, image, channel);
			break;
		case FY_I16:
			channel_i16(c, image, channel);
			break;
		case FY_I32:
			channel_i32(c, image, channel);
			break;
		case FY_I64:
			channel_i64(c, image, channel);
			break;
		case FY_U8:
			channel_u8(c, image, channel);
			break;
		case FY_U16:
			channel_u16(c, image, channel);
			break;
		case FY_U32:
			channel_u32(c, image, channel);
			break;
		case FY_U64:
			channel_u64(c, image, channel);
			break;
		default:
			FY_BUG("convolution of %s", fy_dtype_name(c->dtype));
		}
	}
}

void fy_conv_plain(fy_tensor *out, const fy_tensor *in, const fy_tensor *weight, const fy_tensor *bias,
		   const fy_conv *conv)
{
	plain_conv c = { .transposed = conv->transposed, .dtype = out->dtype, .groups = conv->groups };
	int64_t work = 1;

	for (int d = 0; d < 3; d++) {
		int own = d - (3 - conv->rank);
		c.in[d] = own < 0 ? 1 : in->shape.dims[own + 2];
		c.out[d] = own < 0 ? 1 : out->shape.dims[own + 2];
		c.kernel[d] = own < 0 ? 1 : weight->shape.dims[own + 2];
		c.stride[d] = own < 0 ? 1 : conv->stride[own];
		c.dilation[d] = own < 0 ? 1 : conv->dilation[own];
		c.pad[d] = own < 0 ? 0 : conv->pad_before[own];
		work *= c.kernel[d] * (c.transposed ? c.in[d] : c.out[d]);
	}
	c.in_per_group = in->shape.dims[1] / conv->groups;
	c.out_per_group = out->shape.dims[1] / conv->groups;
	c.in_data = fy_tensor_data(in);
	c.weight_data = fy_tensor_data(weight);
	c.bias_data = bias ? fy_tensor_data(bias) : NULL;
	c.out_data = fy_tensor_write_data(out);
	make_row_taps(&c);
	fy_parallel(out->shape.dims[0] * out->shape.dims[1], fy_grain(work * c.in_per_group), some_channels,
		    &c);
	fy_free(c.row_taps);
}
