/*
 * Reading elements by index: gather, index_select, advanced indexing, masks. Indices become tables of element
 * offsets first; then elements only move.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

/* ---- advanced indexing as tables ---- */

static void release_on_failure(fy_index_plan *plan)
{
	fy_index_plan_release(plan);
	*plan = (fy_index_plan){ 0 };
}

/* Adds index * stride of one indexed dim to the table of all. */
static fy_status add_index(int64_t *table, const fy_shape *spread, const fy_tensor *index, int64_t size,
			   int64_t stride, fy_diags *diags, const fy_place *place)
{
	fy_tensor *everywhere = fy_operand_expand(index, spread);
	int64_t *values = NULL, count = fy_numel(spread);
	fy_status status = fy_read_indices(&values, everywhere, size, diags, place);

	for (int64_t i = 0; status == FY_OK && i < count; i++)
		table[i] += values[i] * stride;
	fy_free(values);
	fy_tensor_unref(everywhere);
	return status;
}

/* Offsets of the dims of `tensor` in [from, to) that are not indexed. */
static int64_t *plain_offsets(const fy_tensor *tensor, const fy_tensor *const indices[], int count, int from,
			      int to, int64_t *total, bool *run)
{
	int64_t dims[FY_MAX_RANK], strides[FY_MAX_RANK], expected = 1;
	int rank = 0;

	*total = 1;
	for (int d = from; d < to; d++) {
		if (d < count && indices[d])
			continue;
		dims[rank] = tensor->shape.dims[d];
		strides[rank++] = tensor->strides[d];
		*total *= tensor->shape.dims[d];
	}
	*run = true;
	for (int d = rank - 1; d >= 0; d--) {
		*run = *run && (dims[d] == 1 || strides[d] == expected);
		expected *= dims[d];
	}
	return fy_offsets(rank, dims, strides);
}

/* The first indexed dim when all are neighbours, else -1: their dims go in front. */
static int index_place(const fy_tensor *const indices[], int count)
{
	int first = -1, last = -1, given = 0;

	for (int d = 0; d < count; d++) {
		if (!indices[d])
			continue;
		first = first < 0 ? d : first;
		last = d;
		given++;
	}
	FY_ASSERT(given > 0);
	return last - first + 1 == given ? first : -1;
}

static fy_shape index_spread(const fy_tensor *const indices[], int count)
{
	fy_shape spread = { 0 };

	for (int d = 0; d < count; d++) {
		fy_shape joined;
		if (!indices[d])
			continue;
		FY_ASSERT(fy_shape_broadcast(&spread, &indices[d]->shape, &joined));
		spread = joined;
	}
	return spread;
}

fy_shape fy_kernel_index_shape(const fy_shape *shape, const fy_tensor *const indices[], int count)
{
	fy_shape spread = index_spread(indices, count), result = { 0 };
	int where = index_place(indices, count);

	for (int d = -1; d < shape->rank; d++) {
		bool indexed = d >= 0 && d < count && indices[d];
		if ((d == -1 && where < 0) || (d >= 0 && d == where)) {
			for (int k = 0; k < spread.rank; k++) {
				FY_ASSERT(result.rank < FY_MAX_RANK);
				result.dims[result.rank++] = spread.dims[k];
			}
		}
		if (d >= 0 && !indexed) {
			FY_ASSERT(result.rank < FY_MAX_RANK);
			result.dims[result.rank++] = shape->dims[d];
		}
	}
	return result;
}

fy_status fy_index_plan_make(fy_index_plan *plan, const fy_tensor *tensor, const fy_tensor *const indices[],
			     int count, const fy_shape *result, fy_diags *diags, const fy_place *place)
{
	fy_shape spread = index_spread(indices, count);
	int where = index_place(indices, count), rank = tensor->shape.rank;
	bool run;

	FY_ASSERT(count <= rank);
	*plan = (fy_index_plan){ .indexed_count = fy_numel(&spread) };
	int split = where > 0 ? where : 0;
	plan->before = plain_offsets(tensor, indices, count, 0, split, &plan->before_count, &run);
	plan->after = plain_offsets(tensor, indices, count, split, rank, &plan->after_count, &plan->run);
	plan->indexed = fy_alloc((size_t)(plan->indexed_count + 1) * sizeof(int64_t));
	memset(plan->indexed, 0, (size_t)plan->indexed_count * sizeof(int64_t));
	FY_ASSERT(plan->before_count * plan->indexed_count * plan->after_count == fy_numel(result));
	for (int d = 0; d < count; d++) {
		if (!indices[d])
			continue;
		fy_status status = add_index(plan->indexed, &spread, indices[d], tensor->shape.dims[d],
					     tensor->strides[d], diags, place);
		if (status != FY_OK) {
			release_on_failure(plan);
			return status;
		}
	}
	return FY_OK;
}

void fy_index_plan_release(fy_index_plan *plan)
{
	fy_free(plan->before);
	fy_free(plan->indexed);
	fy_free(plan->after);
}

/* ---- reading ---- */

typedef struct take_job {
	const fy_index_plan *plan;
	const uint8_t *in;
	uint8_t *out;
	size_t size;
} take_job;

/* One unit is one index of the leading and indexed dims. */
static void take_units(void *context, int64_t begin, int64_t end)
{
	const take_job *job = context;
	const fy_index_plan *plan = job->plan;
	size_t length = (size_t)plan->after_count * job->size;

	for (int64_t unit = begin; unit < end; unit++) {
		int64_t at =
			plan->before[unit / plan->indexed_count] + plan->indexed[unit % plan->indexed_count];
		const uint8_t *from = job->in + at * (int64_t)job->size;
		uint8_t *to = job->out + (size_t)unit * length;
		if (plan->run)
			memcpy(to, from, length);
		else
			fy_pick(to, from, plan->after, plan->after_count, job->size);
	}
}

fy_status fy_kernel_index(fy_tensor *out, const fy_tensor *in, const fy_tensor *const indices[], int count,
			  fy_diags *diags, const fy_place *place)
{
	fy_index_plan plan;

	FY_ASSERT(out->dtype == in->dtype && fy_tensor_is_contiguous(out));
	FY_TRY(fy_index_plan_make(&plan, in, indices, count, &out->shape, diags, place));
	take_job job = { &plan, fy_tensor_data(in), fy_tensor_write_data(out), fy_dtype_size(in->dtype) };
	if (plan.after_count > 0)
		fy_parallel(plan.before_count * plan.indexed_count, fy_grain(plan.after_count), take_units,
			    &job);
	fy_index_plan_release(&plan);
	return FY_OK;
}

fy_status fy_kernel_index_select(fy_tensor *out, const fy_tensor *in, int dim, const fy_tensor *index,
				 fy_diags *diags, const fy_place *place)
{
	const fy_tensor *indices[FY_MAX_RANK] = { NULL };

	if (in->shape.rank == 0) {
		int64_t *checked;
		FY_TRY(fy_read_indices(&checked, index, 1, diags, place));
		fy_free(checked);
		fy_tensor *everywhere = fy_operand_expand(in, &out->shape);
		fy_tensor_copy(out, everywhere);
		fy_tensor_unref(everywhere);
		return FY_OK;
	}
	indices[dim] = index;
	return fy_kernel_index(out, in, indices, dim + 1, diags, place);
}

fy_status fy_kernel_gather(fy_tensor *out, const fy_tensor *in, int dim, const fy_tensor *index,
			   fy_diags *diags, const fy_place *place)
{
	int64_t strides[FY_MAX_RANK], count = fy_numel(&out->shape), *picked;
	bool scalar = in->shape.rank == 0;

	FY_ASSERT(out->dtype == in->dtype && fy_tensor_is_contiguous(out) &&
		  fy_shape_eq(&out->shape, &index->shape));
	FY_ASSERT(scalar || index->shape.rank == in->shape.rank);
	FY_TRY(fy_read_indices(&picked, index, scalar ? 1 : in->shape.dims[dim], diags, place));
	for (int d = 0; d < in->shape.rank; d++) {
		FY_ASSERT(d == dim || count == 0 || index->shape.dims[d] <= in->shape.dims[d]);
		strides[d] = d == dim ? 0 : in->strides[d];
	}
	int64_t *offsets = fy_offsets(out->shape.rank, out->shape.dims, strides);
	for (int64_t i = 0; i < count && !scalar; i++)
		offsets[i] += picked[i] * in->strides[dim];
	fy_pick(fy_tensor_write_data(out), fy_tensor_data(in), offsets, count, fy_dtype_size(in->dtype));
	fy_free(offsets);
	fy_free(picked);
	return FY_OK;
}

/* ---- masks ---- */

int64_t fy_kernel_count_nonzero(const fy_tensor *in)
{
	fy_tensor *count = fy_tensor_scalar_i64(FY_I64, 0);

	fy_kernel_reduce(count, FY_COUNT_NONZERO, in, UINT32_MAX);
	int64_t result = fy_tensor_get_i64(count, 0);
	fy_tensor_unref(count);
	return result;
}

/* Row-major numbers of the elements that are not zero. */
static int64_t *nonzero_positions(const fy_tensor *mask, int64_t *count)
{
	fy_tensor *truth = fy_operand_dense(mask, FY_BOOL);
	const uint8_t *is = fy_tensor_data(truth);
	int64_t total = fy_numel(&mask->shape), found = 0;

	*count = 0;
	for (int64_t i = 0; i < total; i++)
		*count += is[i] != 0;
	int64_t *positions = fy_alloc((size_t)(*count + 1) * sizeof(*positions));
	for (int64_t i = 0; i < total; i++) {
		if (is[i])
			positions[found++] = i;
	}
	fy_tensor_unref(truth);
	return positions;
}

void fy_kernel_nonzero(fy_tensor *out, const fy_tensor *in)
{
	int64_t count, *positions = nonzero_positions(in, &count);
	int rank = in->shape.rank;

	FY_ASSERT(out->dtype == FY_I64 && out->shape.rank == 2);
	FY_ASSERT(out->shape.dims[0] == count && out->shape.dims[1] == rank);
	int64_t *to = fy_tensor_write_data(out);
	for (int64_t i = 0; i < count; i++) {
		int64_t rest = positions[i];
		for (int d = rank - 1; d >= 0; d--) {
			to[i * rank + d] = rest % in->shape.dims[d];
			rest /= in->shape.dims[d];
		}
	}
	fy_free(positions);
}

void fy_kernel_masked_select(fy_tensor *out, const fy_tensor *in, const fy_tensor *mask)
{
	int64_t count, *positions = nonzero_positions(mask, &count);

	FY_ASSERT(fy_shape_eq(&in->shape, &mask->shape) && out->dtype == in->dtype);
	FY_ASSERT(fy_tensor_is_contiguous(out) && fy_numel(&out->shape) == count);
	fy_tensor *from = fy_operand_dense(in, in->dtype);
	fy_pick(fy_tensor_write_data(out), fy_tensor_data(from), positions, count, fy_dtype_size(in->dtype));
	fy_tensor_unref(from);
	fy_free(positions);
}

fy_status fy_kernel_masked_scatter(fy_tensor *out, const fy_tensor *mask, const fy_tensor *src,
				   fy_diags *diags, const fy_place *place)
{
	FY_ASSERT(fy_shape_eq(&out->shape, &mask->shape) && out->dtype == src->dtype &&
		  fy_tensor_is_contiguous(out));
	int64_t count, *positions = nonzero_positions(mask, &count), available = fy_numel(&src->shape);
	if (available < count) {
		fy_free(positions);
		return fy_error(diags, FY_USAGE, "op-raises", place,
				"the mask selects %" PRId64 " elements, but the source has %" PRId64, count,
				available);
	}
	fy_tensor *from = fy_operand_dense(src, src->dtype);
	fy_put(fy_tensor_write_data(out), positions, fy_tensor_data(from), count, fy_dtype_size(out->dtype));
	fy_tensor_unref(from);
	fy_free(positions);
	return FY_OK;
}
