/*
 * Moving elements without looking at them: by a list of positions, or by one index map per dim. Flipping,
 * rolling, tiling, slicing, padding and nearest resampling are all maps.
 */
#include <string.h>

#include "kernels/kernels_internal.h"

typedef struct pair {
	uint64_t low, high;
} pair;

void fy_pick(void *out, const void *in, const int64_t at[], int64_t n, size_t size)
{
	int64_t i;

	switch (size) {
	case 1:
		for (i = 0; i < n; i++)
			((uint8_t *)out)[i] = ((const uint8_t *)in)[at[i]];
		break;
	case 2:
		for (i = 0; i < n; i++)
			((uint16_t *)out)[i] = ((const uint16_t *)in)[at[i]];
		break;
	case 4:
		for (i = 0; i < n; i++)
			((uint32_t *)out)[i] = ((const uint32_t *)in)[at[i]];
		break;
	case 8:
		for (i = 0; i < n; i++)
			((uint64_t *)out)[i] = ((const uint64_t *)in)[at[i]];
		break;
	default:
		for (i = 0; i < n; i++)
			memcpy((uint8_t *)out + (size_t)i * size, (const uint8_t *)in + (size_t)at[i] * size,
			       size);
	}
}

void fy_put(void *out, const int64_t at[], const void *in, int64_t n, size_t size)
{
	int64_t i;

	switch (size) {
	case 1:
		for (i = 0; i < n; i++)
			((uint8_t *)out)[at[i]] = ((const uint8_t *)in)[i];
		break;
	case 2:
		for (i = 0; i < n; i++)
			((uint16_t *)out)[at[i]] = ((const uint16_t *)in)[i];
		break;
	case 4:
		for (i = 0; i < n; i++)
			((uint32_t *)out)[at[i]] = ((const uint32_t *)in)[i];
		break;
	case 8:
		for (i = 0; i < n; i++)
			((uint64_t *)out)[at[i]] = ((const uint64_t *)in)[i];
		break;
	default:
		for (i = 0; i < n; i++)
			memcpy((uint8_t *)out + (size_t)at[i] * size, (const uint8_t *)in + (size_t)i * size,
			       size);
	}
}

/* A stretch of a row: consecutive source elements (from >= 0), or fill (from < 0). */
typedef struct stretch {
	int64_t to, from, length;
} stretch;

typedef struct remap_job {
	int rank;                                               /* dims in front of the row */
	int64_t dims[FY_MAX_RANK], source_strides[FY_MAX_RANK]; /* strides in units */
	const int64_t *maps[FY_MAX_RANK];
	int64_t row; /* units in a row of the output */
	const int64_t *row_map;
	stretch *stretches;
	int64_t stretch_count;
	size_t unit;
	const uint8_t *in, *fill;
	uint8_t *out;
} remap_job;

static void fill_units(uint8_t *to, const uint8_t *fill, int64_t n, size_t unit)
{
	for (int64_t i = 0; i < n; i++)
		memcpy(to + (size_t)i * unit, fill, unit);
}

static void remap_row(const remap_job *job, uint8_t *to, const uint8_t *from)
{
	if (!job->stretches) {
		fy_pick(to, from, job->row_map, job->row, job->unit);
		return;
	}
	for (int64_t k = 0; k < job->stretch_count; k++) {
		const stretch *s = &job->stretches[k];
		uint8_t *at = to + (size_t)s->to * job->unit;
		if (s->from < 0)
			fill_units(at, job->fill, s->length, job->unit);
		else
			memcpy(at, from + (size_t)s->from * job->unit, (size_t)s->length * job->unit);
	}
}

static void remap_rows(void *context, int64_t begin, int64_t end)
{
	const remap_job *job = context;

	for (int64_t row = begin; row < end; row++) {
		uint8_t *to = job->out + (size_t)(row * job->row) * job->unit;
		int64_t rest = row, source = 0;
		bool inside = true;
		for (int d = job->rank - 1; d >= 0; d--) {
			int64_t index = rest % job->dims[d];
			rest /= job->dims[d];
			if (job->maps[d])
				index = job->maps[d][index];
			inside = inside && index >= 0;
			source += index * job->source_strides[d];
		}
		if (inside)
			remap_row(job, to, job->in + (size_t)source * job->unit);
		else
			fill_units(to, job->fill, job->row, job->unit);
	}
}

/* Consecutive source elements join; left NULL when the row is too scattered to gain from it. */
static void find_stretches(remap_job *job)
{
	const int64_t *map = job->row_map;
	bool fills = false;
	int64_t count = 0;

	stretch *list = fy_alloc((size_t)job->row * sizeof(*list));
	for (int64_t i = 0; i < job->row; i++) {
		stretch *last = count > 0 ? &list[count - 1] : NULL;
		int64_t from = map ? map[i] : i;
		fills = fills || from < 0;
		if (last &&
		    ((from < 0 && last->from < 0) || (last->from >= 0 && from == last->from + last->length)))
			last->length++;
		else
			list[count++] = (stretch){ i, from < 0 ? -1 : from, 1 };
	}
	if (!fills && map && count * 4 > job->row) {
		fy_free(list);
		return;
	}
	job->stretches = list;
	job->stretch_count = count;
}

void fy_remap(fy_tensor *out, const fy_tensor *in, const int64_t *const maps[], double fill)
{
	int rank = out->shape.rank, inner = rank;
	remap_job job = { .unit = fy_dtype_size(out->dtype) };
	int64_t units = fy_numel(&out->shape);

	FY_ASSERT(in->dtype == out->dtype && in->shape.rank == rank && fy_tensor_is_contiguous(out));
	if (units == 0)
		return;
	/* Dims at the end that stay as they are make the unit that is moved, unless something may be filled.
	 */
	bool fills = false;
	for (int d = 0; d < rank; d++) {
		for (int64_t i = 0; maps[d] && i < out->shape.dims[d] && !fills; i++)
			fills = maps[d][i] < 0;
	}
	while (inner > 1 && !fills && !maps[inner - 1])
		job.unit *= (size_t)out->shape.dims[--inner];
	units /= (int64_t)(job.unit / fy_dtype_size(out->dtype));

	fy_tensor *from = fy_operand_dense(in, in->dtype);
	fy_tensor *filler = fy_tensor_scalar_f64(out->dtype, fill);
	int64_t stride = 1;
	job.row = inner > 0 ? out->shape.dims[inner - 1] : 1;
	job.row_map = inner > 0 ? maps[inner - 1] : NULL;
	job.rank = inner > 0 ? inner - 1 : 0;
	for (int d = inner - 1; d >= 0; d--) {
		FY_ASSERT(maps[d] || in->shape.dims[d] == out->shape.dims[d]);
		job.dims[d] = out->shape.dims[d];
		job.maps[d] = maps[d];
		job.source_strides[d] = stride;
		stride *= in->shape.dims[d];
	}
	job.in = fy_tensor_data(from);
	job.out = fy_tensor_write_data(out);
	job.fill = fy_tensor_data(filler);
	find_stretches(&job);
	fy_parallel(units / job.row, fy_grain(job.row * (int64_t)job.unit / 8), remap_rows, &job);
	fy_free(job.stretches);
	fy_tensor_unref(filler);
	fy_tensor_unref(from);
}

fy_status fy_read_indices(int64_t **out, const fy_tensor *index, int64_t size, fy_diags *diags,
			  const fy_place *place)
{
	int64_t count = fy_numel(&index->shape);
	fy_tensor *source = fy_operand_dense(index, FY_I64);
	const int64_t *given = fy_tensor_data(source);
	int64_t *indices = fy_alloc((size_t)(count > 0 ? count : 1) * sizeof(*indices));
	fy_status status = FY_OK;

	for (int64_t i = 0; i < count && status == FY_OK; i++) {
		indices[i] = given[i] < 0 ? given[i] + size : given[i];
		if (indices[i] < 0 || indices[i] >= size)
			status =
				fy_error(diags, FY_USAGE, "op-raises", place,
					 "index %" PRId64 " is out of range for a dimension of size %" PRId64,
					 given[i], size);
	}
	fy_tensor_unref(source);
	if (status != FY_OK) {
		fy_free(indices);
		indices = NULL;
	}
	*out = indices;
	return status;
}
