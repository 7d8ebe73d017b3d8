/*
 * Pooling over sliding windows: maximum (with its place) and average. What ceil_mode adds is said to ONNX as
 * padding behind, which every opset understands alike; what MaxPool and AveragePool do not have is computed
 * by slices (maximum) or by sums along each axis (average).
 */
#include "ops/spatial.h"

#include <math.h>

typedef struct pool_form {
	int rank;
	bool indices; /* a second result tells where the maximum is */
} pool_form;

typedef struct pool_plan {
	fy_window window;
	bool include_pad;
	int64_t divisor; /* 0: none given */
} pool_plan;

/* ---- reading the arguments ---------------------------------------------------------------------- */

static bool is_empty_list(const fy_call *call, int index)
{
	return call->args[index].kind == FY_ARG_LIST && call->args[index].list.count == 0;
}

static fy_status read_divisor(const fy_call *call, pool_plan *plan)
{
	int include = fy_call_find(call, "count_include_pad"),
	    divisor = fy_call_find(call, "divisor_override");
	if (include >= 0)
		FY_TRY(fy_call_bool(call, include, &plan->include_pad));
	if (divisor < 0 || fy_call_is_none(call, divisor))
		return FY_OK;
	FY_TRY(fy_call_int(call, divisor, &plan->divisor));
	if (plan->divisor == 0)
		return fy_call_raise(call, "divisor_override must not be 0");
	return FY_OK;
}

static fy_status read_plan(const fy_call *call, pool_plan *plan)
{
	const pool_form *form = call->op->form;
	fy_window *w = &plan->window;
	int stride = fy_call_find(call, "stride"), dilation = fy_call_find(call, "dilation");
	*plan = (pool_plan){ .window = { .rank = form->rank, .dilation = { 1, 1, 1 } } };
	FY_TRY(fy_call_counts(call, 1, w->kernel, w->rank, 1));
	FY_TRY(fy_call_counts(call, is_empty_list(call, stride) ? 1 : stride, w->stride, w->rank, 1));
	FY_TRY(fy_call_counts(call, fy_call_find(call, "padding"), w->before, w->rank, 0));
	if (dilation >= 0)
		FY_TRY(fy_call_counts(call, dilation, w->dilation, w->rank, 1));
	FY_TRY(fy_call_bool(call, fy_call_find(call, "ceil_mode"), &w->ceil_mode));
	for (int i = 0; i < w->rank; i++) {
		w->after[i] = w->before[i];
		if (w->before[i] > w->kernel[i] / 2)
			return fy_call_raise(call, "the padding is more than half of the window");
	}
	return read_divisor(call, plan);
}

/* ---- inference and evaluation ------------------------------------------------------------------- */

static fy_status pool_shape(fy_call *call, pool_plan *plan, fy_shape *out)
{
	const fy_tensor *in = fy_call_tensor(call, 0);
	FY_TRY(read_plan(call, plan));
	FY_TRY(fy_call_image(call, &in->shape, plan->window.rank));
	for (int i = in->shape.rank - plan->window.rank - 1; i < in->shape.rank; i++)
		if (in->shape.dims[i] == 0)
			return fy_call_raise(call, "dim %d of the input is empty", i);
	*out = in->shape;
	return fy_window_shape(call, &plan->window, &in->shape, out);
}

/* Of a batch as it lies in memory. */
static fy_status pool_result(fy_call *call, fy_dtype dtype, const fy_shape *out)
{
	const pool_form *form = call->op->form;
	if (out->rank != form->rank + 2)
		return fy_result_fresh(call, dtype, out);
	return fy_result_image(call, dtype, out, fy_call_tensor(call, 0));
}

static fy_status max_infer(fy_call *call)
{
	const pool_form *form = call->op->form;
	fy_dtype dtype = fy_call_tensor(call, 0)->dtype;
	pool_plan plan;
	fy_shape out;
	FY_TRY(pool_shape(call, &plan, &out));
	if (dtype == FY_BOOL)
		return fy_call_raise(call, "not for bool tensors");
	FY_TRY(pool_result(call, dtype, &out));
	return form->indices ? pool_result(call, FY_I64, &out) : FY_OK;
}

static fy_status average_infer(fy_call *call)
{
	fy_dtype dtype = fy_call_tensor(call, 0)->dtype;
	pool_plan plan;
	fy_shape out;
	FY_TRY(pool_shape(call, &plan, &out));
	if (!fy_dtype_is_float(dtype) && dtype != FY_I64)
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(dtype));
	return plan.window.rank == 2 ? pool_result(call, dtype, &out) : fy_result_fresh(call, dtype, &out);
}

static fy_status pool_eval(fy_call *call, bool max)
{
	const pool_form *form = call->op->form;
	pool_plan plan;
	FY_TRY(read_plan(call, &plan));
	const fy_window *w = &plan.window;
	fy_pool pool = { .rank = w->rank, .include_pad = plan.include_pad, .divisor = plan.divisor };
	for (int i = 0; i < w->rank; i++) {
		pool.kernel[i] = w->kernel[i];
		pool.stride[i] = w->stride[i];
		pool.dilation[i] = w->dilation[i];
		pool.pad_before[i] = w->before[i];
		pool.pad_after[i] = w->after[i];
	}
	fy_tensor *in = fy_batched(fy_call_tensor(call, 0), w->rank);
	fy_tensor *out = fy_batched(call->outs[0], w->rank);
	fy_tensor *indices = form->indices ? fy_batched(call->outs[1], w->rank) : NULL;
	if (max)
		fy_kernel_max_pool(out, indices, in, &pool);
	else
		fy_kernel_avg_pool(out, in, &pool);
	fy_tensor_unref(in);
	fy_tensor_unref(out);
	fy_tensor_unref(indices);
	return FY_OK;
}

static fy_status max_eval(fy_call *call)
{
	return pool_eval(call, true);
}

static fy_status average_eval(fy_call *call)
{
	return pool_eval(call, false);
}

/* ---- lowering: shared --------------------------------------------------------------------------- */

static pool_plan plan_of(const fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	pool_plan plan;
	if (read_plan(&call, &plan) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node cannot be read", node->op);
	return plan;
}

static fy_dim spatial_size(const fy_type *type, const fy_window *w, int i)
{
	return type->shape.dims[type->shape.rank - w->rank + i];
}

/* Says what ceil_mode adds as padding behind. False: some size is unknown, ceil_mode has to stay. */
static bool settle_ceil_mode(const fy_node *node, fy_window *w)
{
	const fy_type *in = fy_node_type(node, 0), *out = fy_node_result_type(node, 0);
	if (!w->ceil_mode)
		return true;
	for (int i = 0; i < w->rank; i++)
		if (!fy_dim_known(spatial_size(in, w, i)))
			return false;
	for (int i = 0; i < w->rank; i++)
		w->after[i] += fy_window_excess(w, i, spatial_size(in, w, i), spatial_size(out, w, i));
	w->ceil_mode = false;
	return true;
}

static bool is_dilated(const fy_window *w)
{
	for (int i = 0; i < w->rank; i++)
		if (w->dilation[i] != 1)
			return true;
	return false;
}

static bool is_padded(const fy_window *w)
{
	for (int i = 0; i < w->rank; i++)
		if (w->before[i] > 0 || w->after[i] > 0)
			return true;
	return false;
}

/* kernel_shape, pads, strides, and what differs from the defaults of the others. */
static int window_attrs(fy_lowering *l, const fy_window *w, fy_attr attrs[5])
{
	int64_t pads[2 * FY_MAX_SPATIAL];
	int count = 0;
	for (int i = 0; i < w->rank; i++) {
		pads[i] = w->before[i];
		pads[w->rank + i] = w->after[i];
	}
	attrs[count++] = fy_attr_ints(l, "kernel_shape", w->kernel, w->rank);
	attrs[count++] = fy_attr_ints(l, "pads", pads, 2 * w->rank);
	attrs[count++] = fy_attr_ints(l, "strides", w->stride, w->rank);
	if (w->ceil_mode)
		attrs[count++] = fy_attr_int("ceil_mode", 1);
	if (is_dilated(w))
		attrs[count++] = fy_attr_ints(l, "dilations", w->dilation, w->rank);
	return count;
}

/* ---- lowering: maximum -------------------------------------------------------------------------- */

/* ONNX Runtime wants pads below the kernel size, dilated or not. */
static bool fits_max_pool(const fy_lowering *l, const fy_window *w)
{
	for (int i = 0; i < w->rank; i++)
		if (w->before[i] >= w->kernel[i] || w->after[i] >= w->kernel[i])
			return false;
	return fy_lower_opset(l) >= 10 || (!is_dilated(w) && !w->ceil_mode);
}

enum { MANY_SLICES = 1 << 8 };

static bool slices_fit(const fy_window *w, const fy_type *result)
{
	for (int i = 0; i < w->rank; i++)
		if (w->kernel[i] > MANY_SLICES || !fy_dim_known(spatial_size(result, w, i)))
			return false;
	return true;
}

/* Along each axis the maximum of strided slices, one per element of the window. */
static fy_value *max_of_slices(fy_lowering *l, fy_value *x, const fy_window *w, const fy_type *result)
{
	int64_t before[FY_MAX_RANK] = { 0 }, after[FY_MAX_RANK] = { 0 };
	for (int i = 0; i < w->rank; i++) {
		before[2 + i] = w->before[i];
		after[2 + i] = w->after[i];
	}
	x = fy_lower_pad(l, x, "constant", before, after, -INFINITY);
	for (int i = 0; i < w->rank; i++) {
		fy_value **parts = FY_NEW_ARRAY(fy_lower_arena(l), fy_value *, w->kernel[i]);
		int64_t axis = 2 + i, step = w->stride[i], span = (spatial_size(result, w, i) - 1) * step + 1;
		for (int64_t k = 0; k < w->kernel[i]; k++) {
			int64_t start = k * w->dilation[i], end = start + span;
			parts[k] = fy_lower_slice(l, x, &axis, &start, &end, &step, 1);
		}
		x = w->kernel[i] == 1 ? parts[0] : fy_emit(l, "Max", parts, (int)w->kernel[i], FY_NO_ATTRS);
	}
	return x;
}

/* ONNX counts through the whole tensor, PyTorch within each channel of each image. */
static fy_value *within_plane(fy_lowering *l, fy_value *indices, fy_value *x, int rank)
{
	fy_value *plane = NULL;
	for (int i = 0; i < rank; i++) {
		fy_value *size = x == NULL ? NULL : fy_lower_size_of(l, x, 2 + i);
		plane = plane == NULL ? size : fy_emit2(l, "Mul", plane, size);
	}
	fy_value *whole = fy_emit2(l, "Mul", fy_emit2(l, "Div", indices, plane), plane);
	return fy_emit2(l, "Sub", indices, whole);
}

static fy_dtype max_type(fy_dtype dtype)
{
	return dtype == FY_F16 || dtype == FY_F64 ? dtype : fy_lower_exact_type(dtype);
}

static fy_status max_lower(fy_lowering *l, fy_node *node)
{
	fy_window w = plan_of(node).window;
	const fy_type *type = fy_node_type(node, 0), *result = fy_node_result_type(node, 0);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), max_type(type->dtype)),
		 *results[2] = { NULL };
	int count = node->result_count;
	bool settled = settle_ceil_mode(node, &w);
	fy_attr attrs[5];
	x = fy_lower_batched(l, x, w.rank);
	if (fits_max_pool(l, &w)) {
		fy_emit_n(l, "MaxPool", FY_IN(x), attrs, window_attrs(l, &w, attrs), results, count);
	} else {
		if (count > 1 && node->results[1]->uses != NULL)
			return fy_lower_refuse(l, node,
					       "indices of dilated windows need opset 10 and pads below "
					       "the kernel size");
		if (!settled)
			return fy_lower_refuse(l, node,
					       "ceil_mode over sizes that are not known needs opset 10");
		if (!slices_fit(&w, result))
			return fy_lower_refuse(l, node, "needs small windows and known sizes below opset 10");
		results[0] = max_of_slices(l, x, &w, result);
	}
	if (results[1] != NULL) {
		results[1] = within_plane(l, results[1], x, w.rank);
		fy_lower_result(l, node, 1, fy_lower_unbatched(l, results[1], result));
	}
	return fy_lower_finish(l, node, fy_lower_unbatched(l, results[0], result));
}

/* Slices with steps are plain from opset 10 on. */
static int max_plain_opset(const fy_node *node)
{
	pool_plan plan = plan_of(node);
	bool settled = settle_ceil_mode(node, &plan.window);
	return is_dilated(&plan.window) || !settled ? 10 : 9;
}

/* ---- lowering: average -------------------------------------------------------------------------- */

/* AveragePool divides by the whole window or by what is inside the input. What it takes apart from the mean
 * is a fixed divisor, put right by a factor. */
static bool fits_average_pool(const fy_lowering *l, const fy_node *node, const pool_plan *plan, fy_window *w)
{
	fy_dtype dtype = fy_node_type(node, 0)->dtype;
	bool padded = is_padded(w);
	if (!settle_ceil_mode(node, w))
		return fy_lower_opset(l) >= 10 && !(plan->include_pad && padded) && plan->divisor == 0;
	if (fy_lower_exact_type(dtype) == FY_F64)
		return false;
	for (int i = 0; i < w->rank; i++)
		if (w->after[i] > w->before[i] && plan->include_pad && padded && plan->divisor == 0)
			return false;
	return true;
}

static fy_value *emit_average_pool(fy_lowering *l, const fy_node *node, const pool_plan *plan,
				   const fy_window *w)
{
	fy_dtype work = fy_lower_image_type(fy_node_type(node, 0)->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work);
	bool include = plan->divisor != 0 || (plan->include_pad && is_padded(&plan->window));
	double elements = 1;
	fy_attr attrs[6];
	int count = window_attrs(l, w, attrs);
	if (include)
		attrs[count++] = fy_attr_int("count_include_pad", 1);
	x = fy_emit(l, "AveragePool", FY_IN(fy_lower_batched(l, x, w->rank)), attrs, count);
	for (int i = 0; i < w->rank; i++)
		elements *= (double)w->kernel[i];
	if (plan->divisor != 0 && (double)plan->divisor != elements)
		x = fy_emit2(l, "Mul", x, fy_lower_number(l, x, elements / (double)plan->divisor));
	return x;
}

/* Window o along one axis: the elements inside the input, and how many count for the divisor. */
static int64_t window_span(const pool_plan *plan, int i, int64_t size, int64_t o, int64_t *first,
			   int64_t *end)
{
	const fy_window *w = &plan->window;
	int64_t start = o * w->stride[i] - w->before[i], stop = start + w->kernel[i];
	stop = stop < size + w->after[i] ? stop : size + w->after[i];
	*first = start > 0 ? start : 0;
	*end = stop < size ? stop : size;
	int64_t inside = *end > *first ? *end - *first : 0;
	return plan->include_pad ? stop - start : inside;
}

static fy_tensor *sum_matrix(const pool_plan *plan, fy_dtype dtype, int i, int64_t size, int64_t count)
{
	fy_tensor *matrix = fy_tensor_new(dtype, &(fy_shape){ 2, { count, size } }, true);
	for (int64_t o = 0; o < count && matrix != NULL; o++) {
		int64_t first, end;
		window_span(plan, i, size, o, &first, &end);
		for (int64_t k = first; k < end; k++)
			fy_tensor_set_f64(matrix, o * size + k, 1);
	}
	return matrix;
}

/* The divisors along axis i, shaped to broadcast. */
static fy_value *axis_divisors(fy_lowering *l, const pool_plan *plan, fy_dtype dtype, int i, int64_t size,
			       int64_t count)
{
	int rank = plan->window.rank;
	fy_shape shape = { .rank = rank - i, .dims = { count, 1, 1 } };
	fy_tensor *divisors = fy_tensor_new(dtype, &shape, false);
	for (int64_t o = 0; o < count && divisors != NULL; o++) {
		int64_t first, end, divisor = window_span(plan, i, size, o, &first, &end);
		fy_tensor_set_f64(divisors, o, divisor > 0 ? (double)divisor : 1);
	}
	return fy_lower_constant(l, divisors);
}

/* Sums along each axis as products with matrices of ones, then the division. */
static fy_value *average_by_sums(fy_lowering *l, const fy_node *node, const pool_plan *plan)
{
	const fy_type *type = fy_node_type(node, 0), *result = fy_node_result_type(node, 0);
	const fy_window *w = &plan->window;
	fy_dtype work = fy_lower_exact_type(type->dtype);
	fy_value *x = fy_lower_cast(l, fy_lower_tensor(l, node, 0), work), *divisor = NULL;
	x = fy_lower_batched(l, x, w->rank);
	for (int i = 0; i < w->rank; i++) {
		int64_t size = spatial_size(type, w, i), count = spatial_size(result, w, i);
		x = fy_lower_along(l, x, 2 + i, sum_matrix(plan, work, i, size, count));
		fy_value *part = axis_divisors(l, plan, work, i, size, count);
		divisor = divisor == NULL ? part : fy_emit2(l, "Mul", divisor, part);
	}
	if (plan->divisor != 0)
		divisor = fy_lower_scalar(l, work, (double)plan->divisor);
	return fy_emit2(l, "Div", x, divisor);
}

static bool sums_fit(const fy_node *node, const fy_window *w, int i)
{
	fy_dim in = spatial_size(fy_node_type(node, 0), w, i);
	return fy_dim_known(in) && fy_lower_along_fits(in, spatial_size(fy_node_result_type(node, 0), w, i));
}

static fy_status average_lower(fy_lowering *l, fy_node *node)
{
	const fy_type *result = fy_node_result_type(node, 0);
	pool_plan plan = plan_of(node);
	fy_window w = plan.window;
	fy_value *y;
	if (fits_average_pool(l, node, &plan, &w)) {
		y = emit_average_pool(l, node, &plan, &w);
	} else {
		for (int i = 0; i < w.rank; i++)
			if (!sums_fit(node, &w, i))
				return fy_lower_refuse(l, node, "needs known and moderate sizes");
		y = average_by_sums(l, node, &plan);
	}
	return fy_lower_finish(l, node, fy_lower_unbatched(l, y, result));
}

/* ---- the operators ------------------------------------------------------------------------------ */

const fy_op fy_aten_max_pool1d = {
	.name = "aten::max_pool1d",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 1, false },
	.cases = FY_CASES("f32[1,2,6] [2]", "f32[2,5] [3] [2] [1]", "f32[1,1,7] [2] [3] [0] [1] true",
			  "f32[1,1,8] [2] [2] [1] [3]", "f64[1,2,5] [3] [1]", "f16[1,2,5] [2]",
			  "f32[1,2,5] [2] [2] [2]", "f32[1,2,2] [3]", "f32[5] [2]", "f32[1,2,5] [0]"),
};

const fy_op fy_aten_max_pool1d_with_indices = {
	.name = "aten::max_pool1d_with_indices",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 1, true },
	.cases = FY_CASES("f32[2,2,6] [2]", "f32[2,5] [3] [2] [1]"),
};

const fy_op fy_aten_max_pool2d = {
	.name = "aten::max_pool2d",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 2, false },
	.cases = FY_CASES("f32[1,2,4,5]^L [2]", "f32[2,4,5]^L [2]", "f32[1,2,4,6] [2,2]",
			  "f32[2,5,4] [3,2] [2,1] [1,0]", "f32[1,1,5,5] 2 2 1 1 true",
			  "f32[1,1,5,6] [2,2] [3,3] [0,0] [1,1] true", "f32[1,1,6,6] [2,2] [1,2] [0,1] [2,3]",
			  "f32[1,1,5,5] [2,2] [2,2] [1,1] [2,2] true", "f64[1,1,4,4]^T [2]",
			  "f16[1,1,4,4] [3] [1] [1]", "bf16[1,1,4,4] [2]", "i64[1,1,4,4] [2]",
			  "u8[1,1,4,4] [2]", "i32[1,1,4,4] [2,2] [1,1] [1,1]", "bool[1,1,4,4] [2]",
			  "f32[1,1,4,4] [3,3] [1,1] [2,2]", "f32[0,2,4,4] [2]", "f32[1,0,4,4] [2]",
			  "f32[4,4] [2]", "f32[1,1,4,4] [2] [1,1,1]", "f32[1,1,4,4] [2] [0]",
			  "f32[1,1,6,6] [2,2] [1,1] [2,2] [3,3]"),
};

const fy_op fy_aten_max_pool2d_with_indices = {
	.name = "aten::max_pool2d_with_indices",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 2, true },
	.cases = FY_CASES("f32[2,2,4,5]^L [2]", "f32[2,2,4,4] [2,2]", "f32[2,5,4] [3,2] [2,1] [1,0]",
			  "f32[2,1,5,5] [2,2] [2,2] [1,1] [1,1] true", "f32[1,2,6,5] [2,2] [1,2] [0,1] [2,2]",
			  "f64[1,2,3,4] [2]", "f32[1,1,4,4]{1,1,2} [2]"),
};

const fy_op fy_aten_max_pool3d = {
	.name = "aten::max_pool3d",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 3, false },
	.cases = FY_CASES("f32[1,2,4,2,4]^L [2]", "f32[1,2,2,4,4] [1,2,2]", "f32[1,4,4,4] [2]",
			  "f32[1,1,3,4,5] [2,3,2] [2,1,2] [1,1,0] [1,1,2] true", "f16[1,1,2,4,4] [2]",
			  "f64[1,1,4,4,4] [3] [2] [1]"),
};

const fy_op fy_aten_max_pool3d_with_indices = {
	.name = "aten::max_pool3d_with_indices",
	.infer = max_infer,
	.eval = max_eval,
	.lower = max_lower,
	.plain_opset = max_plain_opset,
	.form = &(const pool_form){ 3, true },
	.cases = FY_CASES("f32[2,2,4,2,2]^L [2]", "f32[2,1,2,4,4] [1,2,2]",
			  "f32[1,3,4,3] [2,3,2] [2,1,2] [1,1,0]"),
};

const fy_op fy_aten_avg_pool1d = {
	.name = "aten::avg_pool1d",
	.infer = average_infer,
	.eval = average_eval,
	.lower = average_lower,
	.form = &(const pool_form){ 1, false },
	.cases = FY_CASES("f32[1,2,6] [2]", "f32[2,5] [3] [2] [1]", "f32[2,5] [3] [2] [1] false false",
			  "f32[1,1,7] [3] [3] [1] true", "f32[1,1,8] [3] [3] [1] true false",
			  "f64[1,2,5] [3] [1]", "f16[1,2,5] [2]", "f32[1,2,2] [3]", "f32[1,2,5] [2] [2] [2]"),
};

const fy_op fy_aten_avg_pool2d = {
	.name = "aten::avg_pool2d",
	.infer = average_infer,
	.eval = average_eval,
	.lower = average_lower,
	.form = &(const pool_form){ 2, false },
	.cases = FY_CASES(
		"f32[1,2,4,5]^L [2]", "f32[2,4,5]^L [2]", "f32[1,2,4,6] [2,2]",
		"f32[2,5,4] [3,2] [2,1] [1,0]", "f32[1,1,5,5] [3,3] [2,2] [1,1] true",
		"f32[1,1,6,5] [3,3] [2,2] [1,1] true", "f32[1,1,6,5] [3,3] [2,2] [1,1] true false",
		"f32[1,1,6,5] [2,3] [2,2] [0,0] true", "f32[1,1,4,4] [2,2] [1,1] [1,1] false true 3",
		"f32[1,1,6,5] [3,3] [2,2] [1,1] true true 1", "f32[1,1,4,4] [2,2] none 0",
		"f32[1,1,4,4] [2,2] [2,2] [0,0] false true 0", "f64[1,1,4,4] [3,2] [2,2] [1,1] true",
		"f16[1,1,6,5] [3,3] [2,2] [1,1] true", "bf16[1,1,4,4] [2]",
		"i64[1,1,4,4]{0:50} [2,2] [1,1] [1,1] false true", "i64[1,1,4,4]{-50:0} [3,2]",
		"i32[1,1,4,4] [2]", "f32[1,1,4,4] [2,2] [2,2] [0,0] false false -2", "f32[0,2,4,4] [2]"),
};

const fy_op fy_aten_avg_pool3d = {
	.name = "aten::avg_pool3d",
	.infer = average_infer,
	.eval = average_eval,
	.lower = average_lower,
	.form = &(const pool_form){ 3, false },
	.cases =
		FY_CASES("f32[1,2,4,2,4]^L [2]", "f32[1,2,2,4,4] [1,2,2]", "f32[1,4,4,4] [2]",
			 "f32[1,1,3,4,5] [2,3,2] [2,1,2] [1,1,0] true",
			 "f32[1,1,3,4,5] [2,3,2] [2,1,2] [1,1,0] true false",
			 "f32[1,1,4,4,4] [3] [2] [1] false true 5", "f64[1,1,3,4,5] [2,3,2] [2,1,2] [1,1,0]"),
};
