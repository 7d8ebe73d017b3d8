/*
 * Elementwise computations over strided, broadcast tensors: dims are merged where all operands allow it, rows
 * are cut into blocks, and what is not contiguous (or is 16 bits wide) is loaded into a small buffer first.
 * So every computation is one plain loop over contiguous elements. Knows nothing of what is computed.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

enum { OPERANDS = FY_BLOCK_INPUTS + 1 }; /* the output is operand 0 */

typedef struct block_plan {
	const fy_blocks *blocks;
	int count; /* operands */
	int rank;
	int64_t dims[FY_MAX_RANK];
	int64_t strides[OPERANDS][FY_MAX_RANK]; /* elements */
	uint8_t *data[OPERANDS];
	size_t size[OPERANDS];   /* bytes of one element in memory */
	fy_dtype wide[OPERANDS]; /* FY_F16 or FY_BF16: converted while loading and storing; else FY_U8 */
	int64_t pieces;          /* the last dim is cut into this many */
} block_plan;

static void load_strided(uint8_t *to, const uint8_t *from, size_t size, int64_t n, int64_t stride)
{
	switch (size) {
	case 1:
		for (int64_t i = 0; i < n; i++)
			to[i] = from[i * stride];
		break;
	case 2:
		for (int64_t i = 0; i < n; i++)
			((uint16_t *)to)[i] = ((const uint16_t *)from)[i * stride];
		break;
	case 4:
		for (int64_t i = 0; i < n; i++)
			((uint32_t *)to)[i] = ((const uint32_t *)from)[i * stride];
		break;
	case 8:
		for (int64_t i = 0; i < n; i++)
			((uint64_t *)to)[i] = ((const uint64_t *)from)[i * stride];
		break;
	default:
		for (int64_t i = 0; i < n; i++)
			memcpy(to + (size_t)i * size, from + i * stride * (int64_t)size, size);
	}
}

static void load_wide(float *to, const uint16_t *from, fy_dtype dtype, int64_t n, int64_t stride)
{
	if (dtype == FY_F16) {
		for (int64_t i = 0; i < n; i++)
			to[i] = fy_f16_to_f32(from[i * stride]);
	} else {
		for (int64_t i = 0; i < n; i++)
			to[i] = fy_bf16_to_f32(from[i * stride]);
	}
}

static void store_narrow(uint16_t *to, const float *from, fy_dtype dtype, int64_t n)
{
	if (dtype == FY_F16) {
		for (int64_t i = 0; i < n; i++)
			to[i] = fy_f32_to_f16(from[i]);
	} else {
		for (int64_t i = 0; i < n; i++)
			to[i] = fy_f32_to_bf16(from[i]);
	}
}

/* Computes elements [begin, end) of the row that starts at the given places. */
static void run_row(const block_plan *plan, uint8_t *const data[], int64_t begin, int64_t end)
{
	_Alignas(64) uint8_t buffers[OPERANDS][FY_BLOCK * 16];
	const void *in[FY_BLOCK_INPUTS] = { NULL };
	bool direct = plan->wide[0] == FY_U8, loaded[OPERANDS] = { false };

	for (int k = 1; k < plan->count; k++)
		direct = direct && plan->wide[k] == FY_U8 && plan->strides[k][plan->rank - 1] == 1;
	int64_t step = direct ? end - begin : FY_BLOCK;

	for (int64_t at = begin; at < end; at += step) {
		int64_t n = end - at < step ? end - at : step;
		for (int k = 1; k < plan->count; k++) {
			int64_t stride = plan->strides[k][plan->rank - 1];
			const uint8_t *from = data[k] + at * stride * (int64_t)plan->size[k];
			if (plan->wide[k] == FY_U8 && stride == 1) {
				in[k - 1] = from;
				continue;
			}
			in[k - 1] = buffers[k];
			if (stride == 0 && loaded[k])
				continue;
			loaded[k] = true;
			if (plan->wide[k] == FY_U8)
				load_strided(buffers[k], from, plan->size[k], n, stride);
			else
				load_wide((float *)buffers[k], (const uint16_t *)from, plan->wide[k], n,
					  stride);
		}
		uint8_t *to = data[0] + at * (int64_t)plan->size[0];
		bool narrow = plan->wide[0] != FY_U8;
		plan->blocks->compute(plan->blocks->context, n, narrow ? buffers[0] : to, in);
		if (narrow)
			store_narrow((uint16_t *)to, (const float *)buffers[0], plan->wide[0], n);
	}
}

/* One unit is one piece of one row. */
static void run_units(void *context, int64_t begin, int64_t end)
{
	const block_plan *plan = context;
	int64_t length = plan->dims[plan->rank - 1];
	int64_t piece_length = (length + plan->pieces - 1) / plan->pieces;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t row = unit / plan->pieces, piece = unit % plan->pieces;
		uint8_t *data[OPERANDS];
		memcpy(data, plan->data, sizeof(data));
		for (int d = plan->rank - 2; d >= 0; d--) {
			int64_t index = row % plan->dims[d];
			row /= plan->dims[d];
			for (int k = 0; k < plan->count; k++)
				data[k] += index * plan->strides[k][d] * (int64_t)plan->size[k];
		}
		int64_t from = piece * piece_length;
		int64_t to = from + piece_length < length ? from + piece_length : length;
		if (from < to)
			run_row(plan, data, from, to);
	}
}

static void add_operand(block_plan *plan, const fy_tensor *tensor, const fy_shape *shape, const void *data)
{
	int k = plan->count++;
	int lead = shape->rank - tensor->shape.rank;

	FY_ASSERT(lead >= 0 && fy_tensor_has_data(tensor));
	plan->size[k] = fy_dtype_size(tensor->dtype);
	FY_ASSERT(plan->size[k] <= 16);
	bool widen = !plan->blocks->raw && fy_wide(tensor->dtype) != tensor->dtype;
	plan->wide[k] = widen ? tensor->dtype : FY_U8;
	plan->data[k] = (uint8_t *)data;
	for (int d = 0; d < shape->rank; d++) {
		fy_dim own = d < lead ? 1 : tensor->shape.dims[d - lead];
		FY_ASSERT(own == shape->dims[d] || own == 1);
		plan->strides[k][d] = own == 1 ? 0 : tensor->strides[d - lead];
	}
}

/* Drops dims of size 1 and joins neighbours that every operand walks through in one stride. */
static void merge_dims(block_plan *plan, const fy_shape *shape)
{
	int rank = 0;

	for (int d = 0; d < shape->rank; d++) {
		if (shape->dims[d] == 1)
			continue;
		bool joins = rank > 0;
		for (int k = 0; k < plan->count && joins; k++)
			joins = plan->strides[k][rank - 1] == plan->strides[k][d] * shape->dims[d];
		if (!joins) {
			plan->dims[rank++] = 1;
		}
		plan->dims[rank - 1] *= shape->dims[d];
		for (int k = 0; k < plan->count; k++)
			plan->strides[k][rank - 1] = plan->strides[k][d];
	}
	if (rank == 0) {
		plan->dims[rank++] = 1;
		for (int k = 0; k < plan->count; k++)
			plan->strides[k][0] = k == 0 ? 1 : 0;
	}
	plan->rank = rank;
}

void fy_blocks_run(const fy_blocks *blocks)
{
	block_plan plan = { .blocks = blocks };
	const fy_shape *shape = &blocks->out->shape;
	int64_t count = fy_numel(shape);

	FY_ASSERT(fy_tensor_is_contiguous(blocks->out));
	if (count == 0)
		return;
	add_operand(&plan, blocks->out, shape, fy_tensor_write_data(blocks->out));
	for (int k = 0; k < blocks->in_count; k++)
		add_operand(&plan, blocks->in[k], shape, fy_tensor_data(blocks->in[k]));
	merge_dims(&plan, shape);

	int64_t length = plan.dims[plan.rank - 1], rows = count / length;
	plan.pieces = rows > 64 ? 1 : (length + 65535) / 65536;
	fy_parallel(rows * plan.pieces, fy_grain(length / plan.pieces), run_units, &plan);
}
