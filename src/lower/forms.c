/*
 * Forms of ONNX operators that are the same to the caller at every opset: axes that moved from attributes to
 * inputs, softmax that once flattened, Clip and TopK that took few types. No-ops emit nothing. Knows ONNX
 * only.
 */
#include "lower/lower_internal.h"

#include <math.h>
#include <string.h>

static const fy_shape *shape_of(const fy_value *value)
{
	return &value->type->shape;
}

/* ---- axes ------------------------------------------------------------------------------------ */

/* op(value) with axes as an input from opset `since` on, an attribute before. */
static fy_value *with_axes(fy_lowering *l, const char *op, int since, fy_value *value, const int64_t *axes,
			   int count)
{
	if (l->opset >= since)
		return fy_emit(l, op, FY_IN(value, fy_lower_ints(l, axes, count)), FY_NO_ATTRS);
	return fy_emit(l, op, FY_IN(value), FY_ATTRS(fy_attr_ints(l, "axes", axes, count)));
}

fy_value *fy_lower_unsqueeze(fy_lowering *l, fy_value *value, const int64_t *axes, int count)
{
	if (l->status != FY_OK || count == 0)
		return value;
	return with_axes(l, "Unsqueeze", 13, value, axes, count);
}

fy_value *fy_lower_squeeze(fy_lowering *l, fy_value *value, const int64_t *axes, int count)
{
	if (l->status != FY_OK || count == 0)
		return value;
	return with_axes(l, "Squeeze", 13, value, axes, count);
}

fy_value *fy_lower_reduce(fy_lowering *l, const char *op, fy_value *value, const int64_t *axes, int count,
			  bool keepdims)
{
	int since = strcmp(op, "ReduceSum") == 0 ? 13 : 18;
	fy_attr attrs[2] = { fy_attr_int("keepdims", keepdims) };

	if (!fy_lower_has_rank(l, value) || (axes && count == 0))
		return value;
	if (shape_of(value)->rank == 0)
		axes = NULL;
	if (!axes)
		return fy_emit(l, op, FY_IN(value), attrs, 1);
	if (l->opset >= since)
		return fy_emit(l, op, FY_IN(value, fy_lower_ints(l, axes, count)), attrs, 1);
	attrs[1] = fy_attr_ints(l, "axes", axes, count);
	return fy_emit(l, op, FY_IN(value), attrs, 2);
}

fy_value *fy_lower_transpose(fy_lowering *l, fy_value *value, const int *perm)
{
	int64_t order[FY_MAX_RANK];
	bool moves = false;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	for (int i = 0; i < shape_of(value)->rank; i++) {
		order[i] = perm[i];
		moves |= perm[i] != i;
	}
	if (!moves)
		return value;
	return fy_emit(l, "Transpose", FY_IN(value),
		       FY_ATTRS(fy_attr_ints(l, "perm", order, shape_of(value)->rank)));
}

/* ---- taking apart and putting together ------------------------------------------------------------------
 */

enum { GATHERED_INDICES = 8 << 20 };

/* Every step-th index of one axis of known size, for opsets whose Slice has no steps. */
static fy_value *gather_steps(fy_lowering *l, fy_value *value, int64_t axis, int64_t start, int64_t end,
			      int64_t step)
{
	int64_t size = shape_of(value)->dims[axis], count = 0;
	int64_t *indices;

	if (!fy_dim_known(size))
		return fy_lower_fail(l, "a slice with a step over an axis of unknown size needs opset 10");
	if (start < 0)
		start = start + size < 0 ? (step < 0 ? -1 : 0) : start + size;
	if (end < 0)
		end = end + size < 0 ? (step < 0 ? -1 : 0) : end + size;
	if (start > size - (step < 0))
		start = size - (step < 0);
	if (end > size)
		end = size;
	if (size > GATHERED_INDICES)
		return fy_lower_fail(
			l, "a slice with a step over an axis of %" PRId64 " elements needs opset 10", size);
	indices = FY_NEW_ARRAY(l->arena, int64_t, size);
	for (int64_t i = start; step > 0 ? i < end : i > end;) {
		indices[count++] = i;
		if (!fy_add_i64(i, step, &i))
			break;
	}
	return fy_emit(l, "Gather", FY_IN(value, fy_lower_ints(l, indices, (int)count)),
		       FY_ATTRS(fy_attr_int("axis", axis)));
}

static bool takes_all(const fy_value *value, int64_t axis, int64_t start, int64_t end, int64_t step)
{
	int64_t size = shape_of(value)->dims[axis];

	return step == 1 && start == 0 && (end == INT64_MAX || (fy_dim_known(size) && end >= size));
}

fy_value *fy_lower_slice(fy_lowering *l, fy_value *value, const int64_t *axes, const int64_t *starts,
			 const int64_t *ends, const int64_t *steps, int count)
{
	int64_t a[FY_MAX_RANK], s[FY_MAX_RANK], e[FY_MAX_RANK], t[FY_MAX_RANK];
	int left = 0;
	bool stepped = false;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	for (int i = 0; i < count && l->status == FY_OK; i++) {
		int64_t step = steps ? steps[i] : 1;

		if (takes_all(value, axes[i], starts[i], ends[i], step))
			continue;
		if (step != 1 && l->opset < 10) {
			value = gather_steps(l, value, axes[i], starts[i], ends[i], step);
			continue;
		}
		a[left] = axes[i], s[left] = starts[i], e[left] = ends[i], t[left++] = step;
		stepped |= step != 1;
	}
	if (left == 0 || l->status != FY_OK)
		return value;
	if (l->opset < 10)
		return fy_emit(l, "Slice", FY_IN(value),
			       FY_ATTRS(fy_attr_ints(l, "starts", s, left), fy_attr_ints(l, "ends", e, left),
					fy_attr_ints(l, "axes", a, left)));
	return fy_emit(l, "Slice",
		       FY_IN(value, fy_lower_ints(l, s, left), fy_lower_ints(l, e, left),
			     fy_lower_ints(l, a, left), stepped ? fy_lower_ints(l, t, left) : NULL),
		       FY_NO_ATTRS);
}

static fy_value *one_long(fy_lowering *l, fy_value *value)
{
	value = fy_lower_cast(l, value, FY_I64);
	if (fy_lower_has_rank(l, value) && shape_of(value)->rank == 0)
		return fy_lower_unsqueeze(l, value, (const int64_t[]){ 0 }, 1);
	return value;
}

fy_value *fy_lower_slice_values(fy_lowering *l, fy_value *value, int axis, fy_value *start, fy_value *end,
				int64_t step)
{
	if (l->opset < 10)
		return fy_lower_fail(l, "a slice whose bounds depend on data needs opset 10");
	start = one_long(l, start);
	end = one_long(l, end);
	return fy_emit(l, "Slice",
		       FY_IN(value, start, end, fy_lower_ints(l, (const int64_t[]){ axis }, 1),
			     step == 1 ? NULL : fy_lower_ints(l, &step, 1)),
		       FY_NO_ATTRS);
}

fy_value *fy_lower_concat(fy_lowering *l, fy_value *const *values, int count, int axis)
{
	if (l->status != FY_OK || count == 1)
		return l->status == FY_OK ? values[0] : NULL;
	return fy_emit(l, "Concat", values, count, FY_ATTRS(fy_attr_int("axis", axis)));
}

void fy_lower_split(fy_lowering *l, fy_value *value, int axis, const int64_t *sizes, int count,
		    fy_value **results)
{
	fy_attr attrs[2] = { fy_attr_int("axis", axis) };

	if (count == 1) {
		results[0] = value;
	} else if (l->opset >= 13) {
		fy_emit_n(l, "Split", FY_IN(value, fy_lower_ints(l, sizes, count)), attrs, 1, results, count);
	} else {
		attrs[1] = fy_attr_ints(l, "split", sizes, count);
		fy_emit_n(l, "Split", FY_IN(value), attrs, 2, results, count);
	}
}

/* ---- padding --------------------------------------------------------------------------------- */

/* The type Pad is computed in: before 11 it took floats only, bool from 13 on. */
static fy_dtype pad_type(int opset, fy_dtype dtype)
{
	if (dtype == FY_BF16)
		return FY_F32;
	if (fy_dtype_is_float(dtype))
		return dtype;
	if (opset < 11)
		return dtype == FY_I64 || dtype == FY_I32 || dtype == FY_U32 ? FY_F64 : FY_F32;
	return dtype == FY_I64 || dtype == FY_I32 ? dtype : FY_I32;
}

static fy_value *emit_pad(fy_lowering *l, fy_value *value, const char *mode, const int64_t *pads, int count,
			  double fill)
{
	bool constant = strcmp(mode, "constant") == 0;
	fy_dtype dtype = value->type->dtype, work = pad_type(l->opset, dtype);
	fy_attr attrs[3] = { fy_attr_str("mode", mode) };

	value = fy_lower_cast(l, value, work);
	if (l->opset >= 11) {
		fy_value *filler = constant && fill != 0 ? fy_lower_scalar(l, work, fill) : NULL;

		value = fy_emit(l, "Pad", FY_IN(value, fy_lower_ints(l, pads, count), filler), attrs, 1);
	} else {
		attrs[1] = fy_attr_ints(l, "pads", pads, count);
		attrs[2] = fy_attr_float("value", fill);
		value = fy_emit(l, "Pad", FY_IN(value), attrs, constant ? 3 : 2);
	}
	return fy_lower_cast(l, value, dtype);
}

fy_value *fy_lower_pad(fy_lowering *l, fy_value *value, const char *mode, const int64_t *before,
		       const int64_t *after, double fill)
{
	int64_t pads[2 * FY_MAX_RANK], axes[FY_MAX_RANK] = { 0 }, starts[FY_MAX_RANK] = { 0 };
	int64_t ends[FY_MAX_RANK] = { 0 };
	int rank, cropped = 0;
	bool grows = false;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	rank = shape_of(value)->rank;
	for (int i = 0; i < rank; i++) {
		if (before[i] < 0 || after[i] < 0) {
			axes[cropped] = i;
			starts[cropped] = before[i] < 0 ? -before[i] : 0;
			ends[cropped++] = after[i] < 0 ? after[i] : INT64_MAX;
		}
		pads[i] = before[i] > 0 ? before[i] : 0;
		pads[rank + i] = after[i] > 0 ? after[i] : 0;
		grows |= before[i] > 0 || after[i] > 0;
	}
	value = fy_lower_slice(l, value, axes, starts, ends, NULL, cropped);
	if (!grows || l->status != FY_OK)
		return value;
	return emit_pad(l, value, mode, pads, 2 * rank, fill);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static bool known_number(const fy_value *value, double *out)
{
	if (!value->tensor || !fy_tensor_has_data(value->tensor) || fy_tensor_numel(value->tensor) != 1)
		return false;
	*out = fy_tensor_get_f64(value->tensor, 0);
	return true;
}

/* One bound by Max or Min; those took integers only from opset 12 on. */
static fy_value *bounded(fy_lowering *l, const char *op, fy_value *value, fy_value *bound)
{
	fy_value *beyond;

	if (!bound || l->status != FY_OK)
		return value;
	if (l->opset >= 12 || fy_dtype_is_float(value->type->dtype))
		return fy_emit(l, op, FY_IN(value, bound), FY_NO_ATTRS);
	beyond = fy_emit(l, strcmp(op, "Max") == 0 ? "Less" : "Greater", FY_IN(value, bound), FY_NO_ATTRS);
	return fy_emit(l, "Where", FY_IN(beyond, bound, value), FY_NO_ATTRS);
}

/* Clip as one node: of float32 and float16 always; its bounds are 0-d, and before opset 11 attributes. */
static fy_value *emit_clip(fy_lowering *l, fy_value *value, fy_value *min, fy_value *max)
{
	fy_attr attrs[2];
	double number;
	int count = 0;

	if (l->opset >= 11)
		return fy_emit(l, "Clip", FY_IN(value, min, max), FY_NO_ATTRS);
	if (min && known_number(min, &number))
		attrs[count++] = fy_attr_float("min", number);
	if (max && known_number(max, &number))
		attrs[count++] = fy_attr_float("max", number);
	return fy_emit(l, "Clip", FY_IN(value), attrs, count);
}

static bool fits_clip(const fy_lowering *l, const fy_value *value, const fy_value *bound)
{
	double number;

	if (!bound)
		return true;
	if (!bound->type->has_shape || bound->type->shape.rank != 0)
		return false;
	if (value->type->dtype != FY_F32 && value->type->dtype != FY_F16 && l->opset < 12)
		return false;
	return l->opset >= 11 || (known_number(bound, &number) && !isnan(number));
}

/* Bounds the wrong way round, which Clip refuses; the upper one wins then. */
static bool crossed(const fy_value *min, const fy_value *max)
{
	double low, high;

	return min && max && known_number(min, &low) && known_number(max, &high) && low > high;
}

fy_value *fy_lower_clip(fy_lowering *l, fy_value *value, fy_value *min, fy_value *max)
{
	fy_dtype dtype, work;

	if (l->status != FY_OK || (!min && !max))
		return value;
	dtype = work = value->type->dtype;
	if (!fy_dtype_is_float(dtype) && dtype != FY_I64 && dtype != FY_I32)
		work = FY_I32;
	else if (dtype == FY_BF16)
		work = FY_F32;
	value = fy_lower_cast(l, value, work);
	min = min ? fy_lower_cast(l, min, work) : NULL;
	max = max ? fy_lower_cast(l, max, work) : NULL;
	if (l->status != FY_OK)
		return NULL;
	if (fits_clip(l, value, min) && fits_clip(l, value, max) && !crossed(min, max))
		value = emit_clip(l, value, min, max);
	else
		value = bounded(l, "Min", bounded(l, "Max", value, min), max);
	return fy_lower_cast(l, value, dtype);
}

/* ---- softmax, top k, other types ------------------------------------------------------------- */

fy_value *fy_lower_softmax(fy_lowering *l, const char *op, fy_value *value, int axis)
{
	int perm[FY_MAX_RANK], rank;

	if (!fy_lower_has_rank(l, value))
		return NULL;
	rank = shape_of(value)->rank;
	if (rank == 0) {
		value = fy_lower_unsqueeze(l, value, (const int64_t[]){ 0 }, 1);
		value = fy_emit(l, op, FY_IN(value), FY_ATTRS(fy_attr_int("axis", 0)));
		return fy_lower_squeeze(l, value, (const int64_t[]){ 0 }, 1);
	}
	if (l->opset >= 13 || axis == rank - 1)
		return fy_emit(l, op, FY_IN(value), FY_ATTRS(fy_attr_int("axis", axis)));
	for (int i = 0; i < rank; i++)
		perm[i] = i == axis ? rank - 1 : i == rank - 1 ? axis : i;
	value = fy_lower_transpose(l, value, perm);
	value = fy_emit(l, op, FY_IN(value), FY_ATTRS(fy_attr_int("axis", rank - 1)));
	return fy_lower_transpose(l, value, perm);
}

/* Before opset 11 TopK gave the largest of floats only; before 10 its count was an attribute. */
static void old_topk(fy_lowering *l, fy_value *value, fy_value *k, int axis, bool largest,
		     fy_value *results[2])
{
	fy_attr attrs[2] = { fy_attr_int("axis", axis) };
	fy_dtype dtype = value->type->dtype;
	double number;

	if (dtype == FY_F64 || dtype == FY_I64 || dtype == FY_I32) {
		fy_lower_fail(l, "the largest elements of %s need opset 11", fy_dtype_name(dtype));
		return;
	}
	value = fy_lower_cast(l, value, FY_F32);
	if (!largest)
		value = fy_emit(l, "Neg", FY_IN(value), FY_NO_ATTRS);
	if (l->opset >= 10) {
		fy_emit_n(l, "TopK", FY_IN(value, k), attrs, 1, results, 2);
	} else if (known_number(k, &number)) {
		attrs[1] = fy_attr_int("k", (int64_t)number);
		fy_emit_n(l, "TopK", FY_IN(value), attrs, 2, results, 2);
	} else {
		fy_lower_fail(l, "a number of largest elements that depends on data needs opset 10");
		return;
	}
	if (!largest)
		results[0] = fy_emit(l, "Neg", FY_IN(results[0]), FY_NO_ATTRS);
	results[0] = fy_lower_cast(l, results[0], dtype);
}

void fy_lower_topk(fy_lowering *l, fy_value *value, fy_value *k, int axis, bool largest, bool sorted,
		   fy_value *results[2])
{
	fy_dtype dtype, work;

	results[0] = results[1] = NULL;
	if (l->status != FY_OK)
		return;
	if (l->opset < 11) {
		old_topk(l, value, k, axis, largest, results);
		return;
	}
	dtype = work = value->type->dtype;
	if (dtype == FY_BF16)
		work = FY_F32;
	else if (!fy_dtype_is_float(dtype) && dtype != FY_I64)
		work = FY_I32;
	fy_emit_n(l, "TopK", FY_IN(fy_lower_cast(l, value, work), k),
		  FY_ATTRS(fy_attr_int("axis", axis), fy_attr_int("largest", largest),
			   fy_attr_int("sorted", sorted)),
		  results, 2);
	results[0] = fy_lower_cast(l, results[0], dtype);
}

fy_value *fy_emit_as(fy_lowering *l, fy_dtype compute, const char *op, fy_value *const *inputs,
		     int input_count, const fy_attr *attrs, int attr_count)
{
	fy_value **cast = FY_NEW_ARRAY(l->arena, fy_value *, input_count);
	fy_dtype dtype;

	if (l->status != FY_OK)
		return NULL;
	dtype = inputs[0]->type->dtype;
	for (int i = 0; i < input_count; i++) {
		bool same = inputs[i] && inputs[i]->type->dtype == dtype;

		cast[i] = same ? fy_lower_cast(l, inputs[i], compute) : inputs[i];
	}
	return fy_lower_cast(l, fy_emit(l, op, cast, input_count, attrs, attr_count), dtype);
}
