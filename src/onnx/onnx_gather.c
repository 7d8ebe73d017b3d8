/*
 * Operators that pick elements by index and put them by index, and the ones whose result size depends on
 * data.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

/* ---- gather --------------------------------------------------------------------------------------- */

static fy_status need_indices(const fy_onnx_call *call, int i)
{
	if (fy_onnx_dtype(call, i) != FY_I64 && fy_onnx_dtype(call, i) != FY_I32)
		return fy_onnx_fail(call, "indices must be int32 or int64, not %s",
				    fy_dtype_name(fy_onnx_dtype(call, i)));
	return FY_OK;
}

static fy_status gather_infer(fy_onnx_call *call)
{
	const fy_shape *data = fy_onnx_shape(call, 0), *indices = fy_onnx_shape(call, 1);
	fy_shape out = { 0 };
	int axis;

	FY_TRY(need_indices(call, 1));
	if (!data || !indices)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), data->rank, &axis));
	if (data->rank - 1 + indices->rank > FY_MAX_RANK)
		return fy_onnx_unsupported(call, "has a result of rank %d", data->rank - 1 + indices->rank);
	for (int i = 0; i < axis; i++)
		out.dims[out.rank++] = data->dims[i];
	for (int i = 0; i < indices->rank; i++)
		out.dims[out.rank++] = indices->dims[i];
	for (int i = axis + 1; i < data->rank; i++)
		out.dims[out.rank++] = data->dims[i];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status gather_eval(fy_onnx_call *call)
{
	int axis;

	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), call->inputs[0]->shape.rank, &axis));
	return fy_kernel_index_select(call->outputs[0], call->inputs[0], axis, call->inputs[1], call->diags,
				      &call->place);
}

const fy_onnx_op fy_onnx_op_gather = {
	.name = "onnx::Gather",
	.since = FY_ONNX_SINCE(1, 11, 13),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 1, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' }),
	.infer = gather_infer,
	.eval = gather_eval,
};

/* Also the checks of ScatterElements. */
static fy_status elements_axis(const fy_onnx_call *call, int *axis)
{
	const fy_shape *data = fy_onnx_shape(call, 0), *indices = fy_onnx_shape(call, 1);

	FY_TRY(need_indices(call, 1));
	FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), data->rank, axis));
	if (data->rank != indices->rank)
		return fy_onnx_fail(call, "data and indices differ in rank: %d and %d", data->rank,
				    indices->rank);
	for (int i = 0; i < data->rank; i++) {
		if (i != *axis && fy_dim_known(data->dims[i]) && indices->dims[i] > data->dims[i])
			return fy_onnx_fail(call, "axis %d has more indices than elements", i);
	}
	return FY_OK;
}

static fy_status gather_elements_infer(fy_onnx_call *call)
{
	int axis;

	if (fy_onnx_ranked(call))
		FY_TRY(elements_axis(call, &axis));
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), fy_onnx_shape(call, 1));
}

static fy_status gather_elements_eval(fy_onnx_call *call)
{
	int axis;

	FY_TRY(elements_axis(call, &axis));
	return fy_kernel_gather(call->outputs[0], call->inputs[0], axis, call->inputs[1], call->diags,
				&call->place);
}

const fy_onnx_op fy_onnx_op_gather_elements = {
	.name = "onnx::GatherElements",
	.since = FY_ONNX_SINCE(11, 13),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 11, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' }),
	.infer = gather_elements_infer,
	.eval = gather_elements_eval,
};

/* ---- gather and scatter of slices -----------------------------------------------------------------------
 */

static fy_status gather_nd_infer(fy_onnx_call *call)
{
	const fy_shape *data = fy_onnx_shape(call, 0), *indices = fy_onnx_shape(call, 1);
	int64_t batch = fy_onnx_int(call, "batch_dims"), depth;
	fy_shape out = { 0 };

	FY_TRY(need_indices(call, 1));
	if (!data || !indices || indices->rank == 0 || !fy_dim_known(indices->dims[indices->rank - 1])) {
		if (indices && indices->rank == 0)
			return fy_onnx_fail(call, "indices must not be a scalar");
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	}
	depth = indices->dims[indices->rank - 1];
	if (batch < 0 || batch >= indices->rank || depth < 1 || depth > data->rank - batch)
		return fy_onnx_fail(call, "indices of depth %" PRId64 " do not fit data of rank %d", depth,
				    data->rank);
	if (indices->rank - 1 + data->rank - batch - depth > FY_MAX_RANK)
		return fy_onnx_unsupported(call, "has a result of too large a rank");
	for (int i = 0; i < batch; i++) {
		if (fy_dim_known(data->dims[i]) && fy_dim_known(indices->dims[i]) &&
		    data->dims[i] != indices->dims[i])
			return fy_onnx_fail(call, "batch axis %d differs", i);
	}
	for (int i = 0; i < indices->rank - 1; i++)
		out.dims[out.rank++] = indices->dims[i];
	for (int i = (int)(batch + depth); i < data->rank; i++)
		out.dims[out.rank++] = data->dims[i];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

/* 0, 1, 2 ... along axis i of indices, standing still along the others. */
static fy_tensor *batch_positions(const fy_shape *indices, int i)
{
	fy_shape line = { 1, { indices->dims[i] } }, shape = *indices;
	int64_t strides[FY_MAX_RANK] = { 0 };
	fy_tensor *positions = fy_tensor_new(FY_I64, &line, false), *view;

	if (!positions)
		return NULL;
	fy_kernel_arange_i64(positions, 0, 1);
	shape.rank--;
	strides[i] = 1;
	view = fy_tensor_view(positions, FY_I64, &shape, strides, positions->offset);
	fy_tensor_unref(positions);
	return view;
}

/* Advanced indexing with one index tensor per leading dim: the batch's positions, then the columns of
 * indices. */
static fy_status gather_nd_eval(fy_onnx_call *call)
{
	const fy_tensor *in = call->inputs[0], *indices = call->inputs[1];
	int batch = (int)fy_onnx_int(call, "batch_dims"), last = indices->shape.rank - 1;
	int count = batch + (int)indices->shape.dims[last];
	fy_tensor *parts[FY_MAX_RANK] = { NULL };
	fy_status status = FY_OK;

	for (int i = 0; i < count; i++) {
		fy_shape shape = indices->shape;

		shape.rank--;
		parts[i] = i < batch ? batch_positions(&indices->shape, i)
				     : fy_tensor_view(indices, indices->dtype, &shape, indices->strides,
						      indices->offset + (i - batch) * indices->strides[last]);
		if (!parts[i])
			status = fy_error(call->diags, FY_IO, "out-of-memory", &call->place,
					  "no memory for GatherND");
	}
	if (status == FY_OK)
		status = fy_kernel_index(call->outputs[0], in, (const fy_tensor *const *)parts, count,
					 call->diags, &call->place);
	for (int i = 0; i < count; i++)
		fy_tensor_unref(parts[i]);
	return status;
}

const fy_onnx_op fy_onnx_op_gather_nd = {
	.name = "onnx::GatherND",
	.since = FY_ONNX_SINCE(11, 12, 13),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 11, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "batch_dims", .kind = 'i', .since = 12 }),
	.infer = gather_nd_infer,
	.eval = gather_nd_eval,
};

static fy_status scatter_mode(const fy_onnx_call *call, fy_scatter_mode *mode)
{
	fy_str name = fy_onnx_text(call, "reduction");

	if (name.len == 0 || fy_str_is(name, "none"))
		*mode = FY_SCATTER_SET;
	else if (fy_str_is(name, "add"))
		*mode = FY_SCATTER_ADD;
	else if (fy_str_is(name, "mul"))
		*mode = FY_SCATTER_MUL;
	else if (fy_str_is(name, "min") && call->version >= 18)
		*mode = FY_SCATTER_MIN;
	else if (fy_str_is(name, "max") && call->version >= 18)
		*mode = FY_SCATTER_MAX;
	else
		return fy_onnx_fail(call, "unknown reduction");
	return FY_OK;
}

static fy_status scatter_elements_infer(fy_onnx_call *call)
{
	fy_scatter_mode mode;
	int axis;

	FY_TRY(scatter_mode(call, &mode));
	if (fy_onnx_dtype(call, 0) != fy_onnx_dtype(call, 2))
		return fy_onnx_fail(call, "data and updates differ in element type");
	if (fy_onnx_ranked(call)) {
		FY_TRY(elements_axis(call, &axis));
		if (fy_onnx_shape(call, 2)->rank != fy_onnx_shape(call, 1)->rank)
			return fy_onnx_fail(call, "indices and updates differ in rank");
	}
	return fy_onnx_infer_same(call);
}

static fy_status scatter_elements_eval(fy_onnx_call *call)
{
	fy_scatter_mode mode;
	int axis;

	if (!fy_shape_eq(&call->inputs[1]->shape, &call->inputs[2]->shape))
		return fy_onnx_fail(call, "indices and updates differ in shape");
	FY_TRY(scatter_mode(call, &mode));
	FY_TRY(elements_axis(call, &axis));
	fy_tensor_copy(call->outputs[0], call->inputs[0]);
	return fy_kernel_scatter(call->outputs[0], axis, call->inputs[1], call->inputs[2], mode, call->diags,
				 &call->place);
}

const fy_onnx_op fy_onnx_op_scatter_elements = {
	.name = "onnx::ScatterElements",
	.since = FY_ONNX_SINCE(11, 13, 16, 18),
	.arity = FY_ONNX_ARITY({ 11, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' },
			       { .name = "reduction", .kind = 's', .text = "none", .since = 16 }),
	.infer = scatter_elements_infer,
	.eval = scatter_elements_eval,
};

const fy_onnx_op fy_onnx_op_scatter = {
	.name = "onnx::Scatter",
	.since = FY_ONNX_SINCE(9),
	.removed = 11,
	.arity = FY_ONNX_ARITY({ 9, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' }),
	.infer = scatter_elements_infer,
	.eval = scatter_elements_eval,
};

static fy_status scatter_nd_infer(fy_onnx_call *call)
{
	fy_scatter_mode mode;

	FY_TRY(scatter_mode(call, &mode));
	FY_TRY(need_indices(call, 1));
	if (fy_onnx_dtype(call, 0) != fy_onnx_dtype(call, 2))
		return fy_onnx_fail(call, "data and updates differ in element type");
	if (fy_onnx_shape(call, 1) && fy_onnx_shape(call, 1)->rank == 0)
		return fy_onnx_fail(call, "indices must not be a scalar");
	return fy_onnx_infer_same(call);
}

/* Flat position in data of every element that updates writes. */
static fy_status flat_positions(const fy_onnx_call *call, const fy_tensor *indices, int64_t slice,
				fy_tensor *positions)
{
	const fy_shape *data = &call->inputs[0]->shape;
	int64_t depth = indices->shape.dims[indices->shape.rank - 1], *out = fy_tensor_write_data(positions);
	int64_t rows = slice ? fy_tensor_numel(positions) / slice : 0;

	for (int64_t row = 0; row < rows; row++) {
		int64_t start = 0;

		for (int64_t k = 0; k < depth; k++) {
			int64_t at = fy_tensor_get_i64(indices, row * depth + k), size = data->dims[k];

			if (at < -size || at >= size)
				return fy_onnx_fail(call, "index %" PRId64 " is outside an axis of %" PRId64,
						    at, size);
			start = start * size + (at < 0 ? at + size : at);
		}
		for (int64_t i = 0; i < slice; i++)
			*out++ = start * slice + i;
	}
	return FY_OK;
}

static fy_status check_scatter_nd(const fy_onnx_call *call, int64_t *slice)
{
	const fy_shape *data = &call->inputs[0]->shape, *indices = &call->inputs[1]->shape;
	int64_t depth = indices->dims[indices->rank - 1];
	fy_shape expected = *indices;

	if (depth > data->rank || indices->rank - 1 + data->rank - depth > FY_MAX_RANK)
		return fy_onnx_fail(call, "indices of depth %" PRId64 " do not fit data of rank %d", depth,
				    data->rank);
	expected.rank--;
	*slice = 1;
	for (int i = (int)depth; i < data->rank; i++) {
		expected.dims[expected.rank++] = data->dims[i];
		*slice *= data->dims[i];
	}
	if (!fy_shape_eq(&expected, &call->inputs[2]->shape))
		return fy_onnx_fail(call, "updates do not have the shape that indices and data make");
	return FY_OK;
}

static fy_status scatter_nd_eval(fy_onnx_call *call)
{
	fy_shape shape = { 1, { fy_tensor_numel(call->inputs[2]) } };
	fy_tensor *positions, *updates, *flat_out, *flat_updates;
	int64_t slice = 0;
	fy_scatter_mode mode;
	fy_status status;

	FY_TRY(scatter_mode(call, &mode));
	FY_TRY(check_scatter_nd(call, &slice));
	FY_TRY(fy_onnx_new(call, &positions, FY_I64, &shape, false));
	status = flat_positions(call, call->inputs[1], slice, positions);
	if (status == FY_OK)
		status = fy_onnx_plain(call, &updates, call->inputs[2]);
	if (status == FY_OK) {
		fy_tensor_copy(call->outputs[0], call->inputs[0]);
		flat_out = fy_onnx_flat(call->outputs[0]);
		flat_updates = fy_onnx_flat(updates);
		status = fy_kernel_scatter(flat_out, 0, positions, flat_updates, mode, call->diags,
					   &call->place);
		fy_tensor_unref(updates);
		fy_tensor_unref(flat_out);
		fy_tensor_unref(flat_updates);
	}
	fy_tensor_unref(positions);
	return status;
}

const fy_onnx_op fy_onnx_op_scatter_nd = {
	.name = "onnx::ScatterND",
	.since = FY_ONNX_SINCE(11, 13, 16, 18),
	.arity = FY_ONNX_ARITY({ 11, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "reduction", .kind = 's', .text = "none", .since = 16 }),
	.infer = scatter_nd_infer,
	.eval = scatter_nd_eval,
};

/* ---- one hot
 * ------------------------------------------------------------------------------------------------ */

static fy_status one_hot_infer(fy_onnx_call *call)
{
	const fy_shape *indices = fy_onnx_shape(call, 0), *values = fy_onnx_shape(call, 2);
	int64_t axis = fy_onnx_int(call, "axis");
	fy_shape out = { 0 };
	double depth;

	if (values && (values->rank != 1 || (fy_dim_known(values->dims[0]) && values->dims[0] != 2)))
		return fy_onnx_fail(call, "values must be the two numbers for off and on");
	if (!indices)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 2), NULL);
	if (axis < -(indices->rank + 1) || axis > indices->rank || indices->rank == FY_MAX_RANK)
		return fy_onnx_fail(call, "axis %" PRId64 " is outside indices of rank %d", axis,
				    indices->rank);
	if (axis < 0)
		axis += indices->rank + 1;
	if (!fy_onnx_input_f64(call, 1, &depth))
		depth = -1;
	else if (!(depth >= 1 && depth < 9e15))
		return fy_onnx_fail(call, "depth must be positive");
	for (int i = 0; i <= indices->rank; i++) {
		if (i == axis)
			out.dims[out.rank++] = depth < 0 ? FY_ONNX_DIM_UNKNOWN : (int64_t)depth;
		if (i < indices->rank)
			out.dims[out.rank++] = indices->dims[i];
	}
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 2), &out);
}

/* The indices with a unit axis for the classes, negative ones counted from the end, -1 where none is meant.
 */
static void wrap_indices(fy_tensor *wrapped, const fy_tensor *indices, int64_t depth)
{
	int64_t *out = fy_tensor_write_data(wrapped), count = fy_tensor_numel(wrapped);

	for (int64_t i = 0; i < count; i++) {
		double at = fy_tensor_get_f64(indices, i);

		at = at < 0 ? at + (double)depth : at;
		out[i] = at >= 0 && at < (double)depth ? (int64_t)at : -1;
	}
}

/* on where the index is the position along the new axis, else off. */
static fy_status one_hot_fill(fy_onnx_call *call, int axis, fy_tensor *wrapped, fy_tensor *positions,
			      fy_tensor *hot)
{
	fy_tensor *out = call->outputs[0], *values = call->inputs[2], *line, *on, *off;
	int64_t strides[FY_MAX_RANK] = { 0 };

	strides[axis] = 1;
	fy_kernel_arange_i64(positions, 0, 1);
	line = fy_tensor_view(positions, FY_I64, &out->shape, strides, positions->offset);
	off = fy_tensor_view(values, values->dtype, &(fy_shape){ 0 }, NULL, values->offset);
	on = fy_tensor_view(values, values->dtype, &(fy_shape){ 0 }, NULL,
			    values->offset + values->strides[0]);
	wrap_indices(wrapped, call->inputs[0], out->shape.dims[axis]);
	fy_kernel_binary(hot, FY_EQ, FY_I64, line, wrapped);
	fy_kernel_where(out, hot, on, off);
	fy_tensor_unref(line);
	fy_tensor_unref(on);
	fy_tensor_unref(off);
	return FY_OK;
}

static fy_status one_hot_eval(fy_onnx_call *call)
{
	const fy_shape *out = &call->outputs[0]->shape;
	fy_tensor *wrapped = NULL, *positions = NULL, *hot = NULL;
	int64_t axis = fy_onnx_int(call, "axis");
	fy_shape shape = *out, line;
	fy_status status;

	axis = axis < 0 ? axis + shape.rank : axis;
	line = (fy_shape){ 1, { shape.dims[axis] } };
	shape.dims[axis] = 1;
	if (fy_tensor_numel(call->inputs[2]) != 2 || call->inputs[2]->shape.rank != 1)
		return fy_onnx_fail(call, "values must be the pair [off, on]");
	status = fy_onnx_new(call, &wrapped, FY_I64, &shape, false);
	if (status == FY_OK)
		status = fy_onnx_new(call, &positions, FY_I64, &line, false);
	if (status == FY_OK)
		status = fy_onnx_new(call, &hot, FY_BOOL, out, false);
	if (status == FY_OK)
		status = one_hot_fill(call, (int)axis, wrapped, positions, hot);
	fy_tensor_unref(wrapped);
	fy_tensor_unref(positions);
	fy_tensor_unref(hot);
	return status;
}

const fy_onnx_op fy_onnx_op_one_hot = {
	.name = "onnx::OneHot",
	.since = FY_ONNX_SINCE(9, 11, 28),
	.arity = FY_ONNX_ARITY({ 9, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = -1 }),
	.infer = one_hot_infer,
	.eval = one_hot_eval,
};

/* ---- sizes that depend on data
 * ------------------------------------------------------------------------------- */

static fy_status nonzero_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_shape out = { 2, { in ? in->rank : FY_ONNX_DIM_UNKNOWN, FY_ONNX_DIM_UNKNOWN } };

	if (call->concrete)
		out.dims[1] = fy_kernel_count_nonzero(call->inputs[0]);
	return fy_onnx_result(call, 0, FY_I64, &out);
}

/* The kernel writes one row per element found, ONNX has one column. */
static fy_status nonzero_eval(fy_onnx_call *call)
{
	const fy_shape *out = &call->outputs[0]->shape;
	fy_shape turned = { 2, { out->dims[1], out->dims[0] } };
	fy_tensor *rows, *columns;

	FY_TRY(fy_onnx_new(call, &rows, FY_I64, &turned, false));
	fy_kernel_nonzero(rows, call->inputs[0]);
	columns = fy_tensor_view(rows, FY_I64, out, (const int64_t[]){ 1, out->dims[0] }, rows->offset);
	fy_tensor_copy(call->outputs[0], columns);
	fy_tensor_unref(rows);
	fy_tensor_unref(columns);
	return FY_OK;
}

const fy_onnx_op fy_onnx_op_non_zero = {
	.name = "onnx::NonZero",
	.since = FY_ONNX_SINCE(9, 13),
	.infer = nonzero_infer,
	.eval = nonzero_eval,
};

static fy_status compress_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	fy_shape out = { 1, { FY_ONNX_DIM_UNKNOWN } };
	int axis = 0;

	if (fy_onnx_dtype(call, 1) != FY_BOOL)
		return fy_onnx_fail(call, "the condition must be bool");
	if (fy_onnx_shape(call, 1) && fy_onnx_shape(call, 1)->rank != 1)
		return fy_onnx_fail(call, "the condition must be a vector");
	if (!in)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	if (fy_onnx_has_attr(call, "axis")) {
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), in->rank, &axis));
		out = *in;
	}
	out.dims[axis] = call->concrete ? fy_kernel_count_nonzero(call->inputs[1]) : FY_ONNX_DIM_UNKNOWN;
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

static fy_status compress_eval(fy_onnx_call *call)
{
	fy_tensor *plain, *flat = NULL, *found, *line;
	const fy_tensor *mask = call->inputs[1];
	int axis = 0;
	fy_status status;

	FY_TRY(fy_onnx_plain(call, &plain, call->inputs[0]));
	if (fy_onnx_has_attr(call, "axis"))
		FY_TRY(fy_onnx_axis(call, fy_onnx_int(call, "axis"), plain->shape.rank, &axis));
	else
		flat = fy_onnx_flat(plain);
	status = fy_onnx_new(call, &found, FY_I64, &(fy_shape){ 2, { fy_kernel_count_nonzero(mask), 1 } },
			     false);
	if (status == FY_OK) {
		fy_kernel_nonzero(found, mask);
		line = fy_onnx_flat(found);
		status = fy_kernel_index_select(call->outputs[0], flat ? flat : plain, axis, line,
						call->diags, &call->place);
		fy_tensor_unref(line);
		fy_tensor_unref(found);
	}
	fy_tensor_unref(flat);
	fy_tensor_unref(plain);
	return status;
}

const fy_onnx_op fy_onnx_op_compress = {
	.name = "onnx::Compress",
	.since = FY_ONNX_SINCE(9, 11, 28),
	.flags = FY_ONNX_ANY_TYPE,
	.arity = FY_ONNX_ARITY({ 9, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i' }),
	.infer = compress_infer,
	.eval = compress_eval,
};
