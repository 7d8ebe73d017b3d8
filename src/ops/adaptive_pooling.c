/*
 * Adaptive pooling: the result's size is given, windows follow. To ONNX windows that divide the input evenly
 * are sliding windows of fixed size, one window is a global pool; uneven windows are products with a matrix
 * of weights along each axis (average), or slices one by one (maximum).
 */
#include "ops/spatial.h"

typedef struct adaptive_form {
	int rank;
	bool max; /* a second result tells where the maximum is */
} adaptive_form;

/* Window o of an axis: from floor(o * in / out) up to ceil((o + 1) * in / out), of sizes below 2^31. */
static void window_at(int64_t in, int64_t out, int64_t o, int64_t *first, int64_t *end)
{
	*first = o * in / out;
	*end = ((o + 1) * in + out - 1) / out;
}

/* ---- inference and evaluation ------------------------------------------------------------------- */

static fy_status read_sizes(const fy_call *call, const fy_shape *in, int rank, fy_shape *out)
{
	int64_t sizes[FY_MAX_SPATIAL];
	FY_TRY(fy_call_counts(call, 1, sizes, rank, 0));
	*out = *in;
	for (int i = 0; i < rank; i++) {
		fy_dim *size = &out->dims[in->rank - rank + i];
		if (*size == 0)
			return fy_call_raise(call, "the input is empty");
		if (fy_dim_known(*size) && *size > INT32_MAX)
			return fy_call_unsupported(call, "an axis of %" PRId64 " elements", *size);
		*size = sizes[i];
	}
	return FY_OK;
}

static fy_status adaptive_infer(fy_call *call)
{
	const adaptive_form *form = call->op->form;
	const fy_tensor *in = fy_call_tensor(call, 0);
	fy_shape out;
	FY_TRY(fy_call_image(call, &in->shape, form->rank));
	FY_TRY(read_sizes(call, &in->shape, form->rank, &out));
	if (!fy_dtype_is_float(in->dtype))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(in->dtype));
	if (form->rank != 2 || out.rank != 4) {
		FY_TRY(fy_result_fresh(call, in->dtype, &out));
		return form->max ? fy_result_fresh(call, FY_I64, &out) : FY_OK;
	}
	FY_TRY(fy_result_image(call, in->dtype, &out, in));
	return form->max ? fy_result_image(call, FY_I64, &out, in) : FY_OK;
}

static fy_status adaptive_eval(fy_call *call)
{
	const adaptive_form *form = call->op->form;
	fy_tensor *in = fy_batched(fy_call_tensor(call, 0), form->rank);
	fy_tensor *out = fy_batched(call->outs[0], form->rank);
	fy_tensor *indices = form->max ? fy_batched(call->outs[1], form->rank) : NULL;
	if (form->max)
		fy_kernel_adaptive_max_pool(out, indices, in, form->rank);
	else
		fy_kernel_adaptive_avg_pool(out, in, form->rank);
	fy_tensor_unref(in);
	fy_tensor_unref(out);
	fy_tensor_unref(indices);
	return FY_OK;
}

/* ---- lowering: even windows --------------------------------------------------------------------- */

/* The windows as sliding ones without overlap; false when they are not. */
static bool even_windows(const fy_node *node, int rank, fy_window *w)
{
	const fy_shape *in = &fy_node_type(node, 0)->shape, *out = &fy_node_result_type(node, 0)->shape;
	*w = (fy_window){ .rank = rank };
	for (int i = 0; i < rank; i++) {
		fy_dim from = in->dims[in->rank - rank + i], to = out->dims[out->rank - rank + i];
		if (from == to) {
			w->kernel[i] = w->stride[i] = 1;
			continue;
		}
		if (!fy_dim_known(from) || to < 1 || from % to != 0)
			return false;
		w->kernel[i] = w->stride[i] = from / to;
	}
	return true;
}

static bool is_global(const fy_node *node, int rank)
{
	const fy_shape *out = &fy_node_result_type(node, 0)->shape;
	for (int i = 0; i < rank; i++)
		if (out->dims[out->rank - rank + i] != 1)
			return false;
	return true;
}

static bool keeps_size(const fy_node *node)
{
	return fy_shape_eq(&fy_node_type(node, 0)->shape, &fy_node_result_type(node, 0)->shape);
}

static void emit_windows(fy_lowering *l, const char *op, fy_value *x, const fy_window *w, fy_value **results,
			 int count)
{
	fy_emit_n(l, op, FY_IN(x),
		  FY_ATTRS(fy_attr_ints(l, "kernel_shape", w->kernel, w->rank),
			   fy_attr_ints(l, "strides", w->stride, w->rank)),
		  results, count);
}

enum { MANY_WINDOWS = 1 << 12, MANY_PLACES = 1 << 4 }; /* per axis; more are not written one by one */

/* What uneven windows need: known sizes, and not too many of them. */
static fy_status check_uneven(fy_lowering *l, const fy_node *node, int rank, int64_t limit)
{
	const fy_shape *in = &fy_node_type(node, 0)->shape, *out = &fy_node_result_type(node, 0)->shape;
	for (int i = 0; i < rank; i++) {
		fy_dim from = in->dims[in->rank - rank + i], to = out->dims[out->rank - rank + i];
		if (!fy_dim_known(from))
			return fy_lower_refuse(l, node, "uneven windows need known sizes");
		if (to > limit || !fy_lower_along_fits(from, to))
			return fy_lower_refuse(l, node, "has too many uneven windows");
	}
	return FY_OK;
}

/* ---- lowering: average -------------------------------------------------------------------------- */

static fy_tensor *mean_matrix(fy_dtype dtype, int64_t in, int64_t out)
{
	fy_tensor *matrix = fy_tensor_new(dtype, &(fy_shape){ 2, { out, in } }, true);
	for (int64_t o = 0; o < out && matrix != NULL; o++) {
		int64_t first, end;
		window_at(in, out, o, &first, &end);
		for (int64_t i = first; i < end; i++)
			fy_tensor_set_f64(matrix, o * in + i, 1.0 / (double)(end - first));
	}
	return matrix;
}

static fy_value *average_by_matrices(fy_lowering *l, const fy_node *node, fy_value *x, int rank)
{
	const fy_shape *in = &fy_node_type(node, 0)->shape, *out = &fy_node_result_type(node, 0)->shape;
	for (int i = 0; i < rank; i++) {
		fy_dim from = in->dims[in->rank - rank + i], to = out->dims[out->rank - rank + i];
		if (from != to && x != NULL)
			x = fy_lower_along(l, x, 2 + i, mean_matrix(x->type->dtype, from, to));
	}
	return x;
}

static fy_status average_lower(fy_lowering *l, fy_node *node)
{
	const adaptive_form *form = fy_node_op(node)->form;
	const fy_type *type = fy_node_type(node, 0), *result = fy_node_result_type(node, 0);
	fy_dtype work = type->dtype == FY_F64 ? FY_F64 : fy_lower_image_type(type->dtype);
	fy_value *x = fy_lower_tensor(l, node, 0);
	fy_window w;
	if (keeps_size(node))
		return fy_lower_finish(l, node, x);
	x = fy_lower_batched(l, fy_lower_cast(l, x, work), form->rank);
	if (is_global(node, form->rank) && work != FY_F64) {
		x = fy_emit1(l, "GlobalAveragePool", x);
	} else if (is_global(node, form->rank)) {
		x = fy_lower_reduce(l, "ReduceMean", x, (const int64_t[]){ 2, 3, 4 }, form->rank, true);
	} else if (even_windows(node, form->rank, &w) && work != FY_F64) {
		emit_windows(l, "AveragePool", x, &w, &x, 1);
	} else {
		FY_TRY(check_uneven(l, node, form->rank, INT32_MAX));
		x = average_by_matrices(l, node, x, form->rank);
	}
	return fy_lower_finish(l, node, fy_lower_unbatched(l, x, result));
}

/* ---- lowering: maximum -------------------------------------------------------------------------- */

/* From the place in the whole tensor to the place in the plane. */
static fy_value *within_plane(fy_lowering *l, fy_value *indices, const fy_type *type, int rank)
{
	int64_t plane = 1;
	for (int i = 0; i < rank; i++)
		plane *= type->shape.dims[type->shape.rank - rank + i];
	fy_value *size = fy_lower_int(l, plane);
	return fy_emit2(l, "Sub", indices, fy_emit2(l, "Mul", fy_emit2(l, "Div", indices, size), size));
}

/* Along each axis the maxima of slices, side by side. */
static fy_value *max_of_slices(fy_lowering *l, const fy_node *node, fy_value *x, int rank)
{
	const fy_shape *in = &fy_node_type(node, 0)->shape, *out = &fy_node_result_type(node, 0)->shape;
	for (int i = 0; i < rank; i++) {
		int64_t from = in->dims[in->rank - rank + i], to = out->dims[out->rank - rank + i],
			axis = 2 + i;
		fy_value **parts = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, to);
		for (int64_t o = 0; o < to && from != to; o++) {
			int64_t first, end;
			window_at(from, to, o, &first, &end);
			fy_value *part = fy_lower_slice(l, x, &axis, &first, &end, NULL, 1);
			parts[o] = fy_lower_reduce(l, "ReduceMax", part, &axis, 1, true);
		}
		if (from != to)
			x = fy_lower_concat(l, parts, (int)to, (int)axis);
	}
	return x;
}

/* One window's place of the maximum: int64[n, c, 1]. `at` counts through the windows of the plane. */
static fy_value *place_in_window(fy_lowering *l, const fy_node *node, fy_value *x, int rank, int64_t at)
{
	const fy_shape *in = &fy_node_type(node, 0)->shape, *out = &fy_node_result_type(node, 0)->shape;
	int64_t first[FY_MAX_SPATIAL], end[FY_MAX_SPATIAL], size[FY_MAX_SPATIAL], count = 1;
	for (int i = rank - 1; i >= 0; i--) {
		int64_t to = out->dims[out->rank - rank + i];
		size[i] = in->dims[in->rank - rank + i];
		window_at(size[i], to, at % to, &first[i], &end[i]);
		at /= to;
		count *= end[i] - first[i];
	}
	int64_t *places = FY_NEW_ARRAY(fy_lower_arena(l), int64_t, count);
	for (int64_t k = 0; k < count; k++) {
		int64_t rest = k, weight = 1;
		for (int i = rank - 1; i >= 0; i--) {
			places[k] += (first[i] + rest % (end[i] - first[i])) * weight;
			rest /= end[i] - first[i];
			weight *= size[i];
		}
	}
	x = fy_lower_slice(l, x, (const int64_t[]){ 2, 3, 4 }, first, end, NULL, rank);
	x = fy_emit2(l, "Reshape", x, fy_lower_ints(l, (const int64_t[]){ 0, 0, -1 }, 3));
	x = fy_emit(l, "ArgMax", FY_IN(x), FY_ATTRS(fy_attr_int("axis", 2), fy_attr_int("keepdims", 1)));
	return fy_emit(l, "Gather", FY_IN(fy_lower_ints(l, places, (int)count), x), FY_NO_ATTRS);
}

static fy_value *places_of_maxima(fy_lowering *l, const fy_node *node, fy_value *x, int rank)
{
	const fy_type *result = fy_node_result_type(node, 1);
	int64_t count = 1;
	for (int i = 0; i < rank; i++)
		count *= result->shape.dims[result->shape.rank - rank + i];
	fy_value **parts = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, count);
	for (int64_t at = 0; at < count; at++)
		parts[at] = place_in_window(l, node, x, rank, at);
	return fy_lower_reshape(l, fy_lower_concat(l, parts, (int)count, 2), &result->shape);
}

static fy_status max_lower(fy_lowering *l, fy_node *node)
{
	const adaptive_form *form = fy_node_op(node)->form;
	const fy_type *type = fy_node_type(node, 0), *result = fy_node_result_type(node, 0);
	fy_dtype work = type->dtype == FY_F64 ? FY_F64 : fy_lower_image_type(type->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work), *results[2] = { NULL };
	bool placed = node->results[1]->uses != NULL, even;
	fy_window w;
	x = fy_lower_batched(l, x, form->rank);
	even = even_windows(node, form->rank, &w);
	if (!even && is_global(node, form->rank) && !placed) {
		results[0] = fy_emit1(l, "GlobalMaxPool", x);
	} else if (even) {
		emit_windows(l, "MaxPool", x, &w, results, 2);
		if (placed)
			results[1] = within_plane(l, results[1], type, form->rank);
	} else {
		FY_TRY(check_uneven(l, node, form->rank, placed ? MANY_PLACES : MANY_WINDOWS));
		results[0] = max_of_slices(l, node, x, form->rank);
		results[1] = placed ? places_of_maxima(l, node, x, form->rank) : NULL;
	}
	if (placed)
		fy_lower_result(l, node, 1, fy_lower_unbatched(l, results[1], result));
	return fy_lower_finish(l, node, fy_lower_unbatched(l, results[0], result));
}

/* ---- the operators ------------------------------------------------------------------------------ */

const fy_op fy_aten_adaptive_avg_pool1d = {
	.name = "aten::adaptive_avg_pool1d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = average_lower,
	.form = &(const adaptive_form){ 1, false },
	.cases = FY_CASES("f32[1,2,6] [1]", "f32[2,6] [3]", "f32[1,2,5] [3]", "f32[1,2,3] [5]",
			  "f64[1,2,6] [3]", "f64[1,2,5] [1]", "f16[1,2,5] [2]", "f32[1,2,4] [4]",
			  "f32[1,2,4] [0]", "f32[1,2,4] [2,2]"),
};

const fy_op fy_aten_adaptive_avg_pool2d = {
	.name = "aten::adaptive_avg_pool2d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = average_lower,
	.form = &(const adaptive_form){ 2, false },
	.cases = FY_CASES(
		"f32[1,2,4,5]^L [2,3]", "f32[2,2,4,5]^L [1,1]", "f32[2,4,5]^L [2,3]", "f32[1,2,4,6] [1,1]",
		"f32[2,4,6] [2,3]", "f32[1,2,5,4] [3,2]", "f32[1,1,3,2] [5,4]", "f64[1,1,5,4] [1,1]",
		"f64[1,1,4,4] [2,3]", "f16[1,2,4,4] [1,1]", "bf16[1,1,4,4] [2,2]", "f32[1,2,4,6] [4,1]",
		"f32[0,2,4,4] [1,1]", "i64[1,1,4,4] [2,2]", "f32[4,4] [2,2]", "f32[1,1,4,4] [-1,2]"),
};

const fy_op fy_aten_adaptive_avg_pool3d = {
	.name = "aten::adaptive_avg_pool3d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = average_lower,
	.form = &(const adaptive_form){ 3, false },
	.cases = FY_CASES("f32[1,2,4,2,4]^L [2,1,2]", "f32[1,2,2,4,4] [1,1,1]", "f32[2,2,4,4] [1,2,2]",
			  "f32[1,1,3,4,5] [2,4,3]", "f64[1,1,2,2,3] [1,1,2]"),
};

const fy_op fy_aten__adaptive_avg_pool2d = {
	.name = "aten::_adaptive_avg_pool2d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = average_lower,
	.form = &(const adaptive_form){ 2, false },
	.cases = FY_CASES("f32[1,2,4,5]^L [2,3]", "f32[1,2,4,6] [1,1]", "f32[2,5,4] [3,2]"),
};

const fy_op fy_aten__adaptive_avg_pool3d = {
	.name = "aten::_adaptive_avg_pool3d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = average_lower,
	.form = &(const adaptive_form){ 3, false },
	.cases = FY_CASES("f32[1,2,2,4,4] [1,1,1]", "f32[1,1,3,4,5] [2,4,3]"),
};

const fy_op fy_aten_adaptive_max_pool1d = {
	.name = "aten::adaptive_max_pool1d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = max_lower,
	.form = &(const adaptive_form){ 1, true },
	.cases = FY_CASES("f32[2,2,6] [1]", "f32[2,6] [3]", "f32[1,2,5] [3]", "f64[2,2,3] [5]",
			  "f16[1,2,5] [2]", "i64[1,2,4] [2]"),
};

const fy_op fy_aten_adaptive_max_pool2d = {
	.name = "aten::adaptive_max_pool2d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = max_lower,
	.form = &(const adaptive_form){ 2, true },
	.cases = FY_CASES("f32[1,2,4,5]^L [2,3]", "f32[2,4,5]^L [2,3]", "f32[2,2,4,4] [1,1]",
			  "f32[2,4,6] [2,3]", "f32[1,2,5,4] [3,2]", "f64[1,2,3,2] [2,4]",
			  "bf16[1,1,4,4] [2,2]", "f32[1,1,4,4]{1,1,2} [3,1]"),
};

const fy_op fy_aten_adaptive_max_pool3d = {
	.name = "aten::adaptive_max_pool3d",
	.infer = adaptive_infer,
	.eval = adaptive_eval,
	.lower = max_lower,
	.form = &(const adaptive_form){ 3, true },
	.cases = FY_CASES("f32[1,2,4,2,4]^L [2,1,2]", "f32[1,2,2,4,4] [1,1,1]", "f32[2,2,4,4] [1,2,2]",
			  "f32[1,1,3,4,5] [2,4,3]"),
};
