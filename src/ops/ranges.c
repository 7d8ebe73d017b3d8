/*
 * Tensors with a pattern of numbers: arange, linspace, logspace, eye, index lists of triangles, and triangles
 * cut out of tensors. Known ones become constants of the graph; a range whose end depends on data is a Range.
 */
#include "ops/ops_internal.h"

#include <math.h>

enum { CONSTANT_BYTES = 64 << 20 }; /* at most: a few numbers must not become a file of gigabytes */

static bool too_large(const fy_type *type)
{
	int64_t elements, bytes;
	return !fy_shape_known(&type->shape) || !fy_shape_numel(&type->shape, &elements) ||
	       !fy_mul_i64(elements, (int64_t)fy_dtype_size(type->dtype), &bytes) || bytes > CONSTANT_BYTES;
}

/* The result of a node all of whose arguments are known. */
static fy_status lower_known(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	if (too_large(node->results[0]->type))
		return fy_lower_refuse(l, node, "its result would be a constant of more than 64 MiB");
	fy_call call = fy_node_call(node, &diags);
	fy_tensor **results, *plain = NULL;
	int count;
	call.arena = fy_lower_arena(l);
	if (fy_op_run(&call, false, &results, &count) == FY_OK) {
		plain = fy_tensor_contiguous(results[0]);
		fy_tensor_unref(results[0]);
	}
	fy_diags_clear(&diags);
	if (plain == NULL)
		return fy_lower_refuse(l, node, "it cannot be evaluated");
	fy_lower_result(l, node, 0, fy_lower_constant(l, plain));
	return fy_lower_status(l);
}

static bool all_known(const fy_node *node)
{
	for (int i = 0; i < node->arg_count; i++)
		if (!fy_node_arg_known(node, i))
			return false;
	return true;
}

/* ---- arange ---------------------------------------------------------------------------------- */

/* One of start, end, step. */
typedef struct range_number {
	int index; /* argument; -1: not given */
	bool known, whole;
	double f;
	int64_t i;
} range_number;

typedef struct range_numbers {
	range_number start, end, step;
	fy_dtype dtype;
} range_numbers;

static fy_status read_number(const fy_call *call, const char *name, int64_t absent, range_number *out)
{
	const fy_arg *arg;
	*out = (range_number){ .index = fy_call_find(call, name),
			       .known = true,
			       .whole = true,
			       .f = (double)absent,
			       .i = absent };
	if (out->index < 0)
		return FY_OK;
	arg = &call->args[out->index];
	out->whole = arg->kind == FY_ARG_INT || arg->kind == FY_ARG_BOOL ||
		     (arg->kind == FY_ARG_TENSOR && !fy_dtype_is_float(arg->t->dtype));
	out->known = arg->kind != FY_ARG_TENSOR || fy_tensor_has_data(arg->t);
	if (!out->known)
		return FY_OK;
	FY_TRY(fy_call_f64(call, out->index, &out->f));
	if (out->whole)
		return fy_call_int(call, out->index, &out->i);
	if (!(fabs(out->f) < 0x1p62))
		return fy_call_raise(call, "the range is not finite");
	out->i = (int64_t)out->f;
	return FY_OK;
}

static fy_status read_range(const fy_call *call, range_numbers *out)
{
	fy_dtype dtype = FY_F32;
	FY_TRY(read_number(call, "start", 0, &out->start));
	FY_TRY(read_number(call, "end", 0, &out->end));
	FY_TRY(read_number(call, "step", 1, &out->step));
	if (out->start.whole && out->end.whole && out->step.whole)
		dtype = FY_I64;
	FY_TRY(fy_call_dtype(call, fy_call_find(call, "dtype"), dtype, &out->dtype));
	return FY_OK;
}

/* Integers count in integers. */
static fy_status range_length(const fy_call *call, const range_numbers *r, fy_dim *out)
{
	int64_t span, sign = r->step.i < 0 ? -1 : 1;
	double steps = ceil((r->end.f - r->start.f) / r->step.f);
	if (r->step.f == 0 || (r->step.f > 0 ? r->end.f < r->start.f : r->end.f > r->start.f))
		return fy_call_raise(call, "the end is not reached by steps of this sign");
	if (r->dtype == FY_I64) {
		if (r->step.i == 0 || !fy_sub_i64(r->end.i, r->start.i, &span) || span == INT64_MIN)
			return fy_call_raise(call, "the range is too large");
		*out = span == 0 ? 0 : (span - sign) / r->step.i + 1;
		return FY_OK;
	}
	if (!(steps < 0x1p53))
		return fy_call_raise(call, "the range is too large");
	*out = (int64_t)steps;
	return FY_OK;
}

static fy_status arange_infer(fy_call *call)
{
	fy_shape shape = { .rank = 1 };
	range_numbers r;
	FY_TRY(read_range(call, &r));
	if (r.start.known && r.end.known && r.step.known)
		FY_TRY(range_length(call, &r, &shape.dims[0]));
	else
		shape.dims[0] = fy_call_new_symbol(call);
	return fy_result_fresh(call, r.dtype, &shape);
}

static fy_status arange_eval(fy_call *call)
{
	range_numbers r;
	FY_TRY(read_range(call, &r));
	if (fy_dtype_is_float(r.dtype))
		fy_kernel_arange_f64(call->outs[0], r.start.f, r.step.f);
	else
		fy_kernel_arange_i64(call->outs[0], r.start.i, r.step.i);
	return FY_OK;
}

/* Before Range: the places at which a line of ones is not zero, scaled and shifted. */
static fy_value *counted(fy_lowering *l, fy_node *node, fy_value *start, fy_value *end, fy_value *step)
{
	const int64_t axis = 0;
	fy_value *span = fy_emit2(l, "Sub", end, start), *line;
	fy_tensor *one = fy_tensor_from_i64((const int64_t[]){ 1 }, 1);
	fy_attr attr = { "value", fy_arg_tensor(one) };
	if (start == NULL || fy_dtype_is_float(start->type->dtype)) {
		fy_lower_refuse(l, node, "a range of floats needs opset 11");
		fy_tensor_unref(one);
		return NULL;
	}
	/* Rounded up: -(-span // step). */
	span = fy_emit1(l, "Neg", fy_lower_floor_div(l, fy_emit1(l, "Neg", span), step));
	line = fy_emit(l, "ConstantOfShape",
		       FY_IN(fy_lower_unsqueeze(l, fy_lower_cast(l, span, FY_I64), &axis, 1)), &attr, 1);
	fy_tensor_unref(one);
	line = fy_lower_squeeze(l, fy_emit1(l, "NonZero", line), &axis, 1);
	line = fy_emit2(l, "Mul", fy_lower_cast(l, line, start->type->dtype), step);
	return fy_emit2(l, "Add", line, start);
}

static fy_status arange_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype, work = dtype;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int start = fy_call_find(&call, "start"), end = fy_call_find(&call, "end"),
	    step = fy_call_find(&call, "step");
	fy_value *parts[3];
	if (all_known(node))
		return lower_known(l, node);
	if (dtype == FY_F16 || dtype == FY_BF16)
		work = FY_F32;
	else if (!fy_dtype_is_float(dtype))
		work = FY_I64;
	parts[0] = start >= 0 ? fy_lower_operand(l, node, start, work) : fy_lower_scalar(l, work, 0);
	parts[1] = fy_lower_operand(l, node, end, work);
	parts[2] = step >= 0 ? fy_lower_operand(l, node, step, work) : fy_lower_scalar(l, work, 1);
	if (fy_lower_opset(l) >= 11)
		return fy_lower_finish(l, node, fy_emit(l, "Range", parts, 3, FY_NO_ATTRS));
	return fy_lower_finish(l, node, counted(l, node, parts[0], parts[1], parts[2]));
}

static int arange_plain_opset(const fy_node *node)
{
	return all_known(node) ? 9 : 11;
}

const fy_op fy_aten_arange = {
	.name = "aten::arange",
	.overloads = ",start,start_step",
	.infer = arange_infer,
	.eval = arange_eval,
	.lower = arange_lower,
	.plain_opset = arange_plain_opset,
	.cases = FY_CASES("5", "2.5", "0", "5 dtype=float32", "-1", ".start 1 4", ".start 2 2",
			  ".start 0.5 3", ".start 3 1", ".start_step 0 7 2", ".start_step 5 0 -2",
			  ".start_step 0 1 0.25", ".start_step 0 1 0", ".start_step 0.5 5 1.5 dtype=int64",
			  ".start_step 0 5 2 dtype=int32", "4 dtype=float16", "i64[]{4}", ".start 1 i64[]{4}",
			  ".start i64[]{2} i64[]{2}", ".start_step 0 i64[]{7} 2", ".start_step i64[]{5} 0 -2",
			  "i64[]{4} dtype=float32", "f64[]{2.5}", "i64[]{3} dtype=int32", "3 dtype=float64",
			  "3 dtype=bfloat16"),
};

/* ---- linspace, logspace ---------------------------------------------------------------------- */

static fy_status linspace_infer(fy_call *call)
{
	fy_shape shape = { .rank = 1 };
	fy_dtype dtype;
	double bound;
	FY_TRY(fy_call_f64(call, 0, &bound));
	FY_TRY(fy_call_f64(call, 1, &bound));
	FY_TRY(fy_call_int(call, 2, &shape.dims[0]));
	FY_TRY(fy_call_dtype(call, fy_call_find(call, "dtype"), FY_F32, &dtype));
	if (shape.dims[0] < 0)
		return fy_call_raise(call, "a negative number of steps");
	return fy_result_fresh(call, dtype, &shape);
}

static fy_status linspace_eval(fy_call *call)
{
	double start, end;
	FY_TRY(fy_call_f64(call, 0, &start));
	FY_TRY(fy_call_f64(call, 1, &end));
	if (fy_tensor_numel(call->outs[0]) > 0)
		fy_kernel_linspace(call->outs[0], start, end);
	return FY_OK;
}

const fy_op fy_aten_linspace = {
	.name = "aten::linspace",
	.overloads = "",
	.infer = linspace_infer,
	.eval = linspace_eval,
	.lower = lower_known,
	.cases = FY_CASES("0 1 5", "-1.5 2 4", "3 1 3", "1 2 1", "0 1 0", "0 10 5 dtype=float64", "0 1 -1",
			  "0 10 5 dtype=int64", "0 1 3 dtype=float16"),
};

static fy_status logspace_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	fy_arg line[4] = { args[0], args[1], args[2], fy_arg_int(FY_F64) };
	int dtype = fy_call_find(c->call, "dtype");
	fy_arg powers = fy_do2(c, "aten::pow.Scalar", args[3], fy_do(c, "aten::linspace", line, 4));
	c->results[0] = fy_do2(c, "aten::to.dtype", powers,
			       args[dtype].kind == FY_ARG_NONE ? fy_arg_int(FY_F32) : args[dtype]);
	return FY_OK;
}

const fy_op fy_aten_logspace = {
	.name = "aten::logspace",
	.overloads = "",
	.compose = logspace_compose,
	.cases = FY_CASES("0 2 3", "-1 1 4 2.0", "0 1 3 dtype=float64", "0 1 0"),
};

/* ---- eye ------------------------------------------------------------------------------------- */

static fy_status eye_infer(fy_call *call)
{
	int columns = fy_call_find(call, "m");
	fy_shape shape = { .rank = 2 };
	fy_dtype dtype;
	for (int d = 0; d < 2; d++) {
		int index = d == 1 && columns >= 0 ? columns : 0;
		if (d == 1 && columns < 0)
			shape.dims[1] = shape.dims[0];
		else if (!fy_call_int_known(call, index, &shape.dims[d]))
			shape.dims[d] = fy_call_new_symbol(call);
		else if (shape.dims[d] < 0)
			return fy_call_raise(call, "a negative size");
	}
	FY_TRY(fy_call_dtype(call, fy_call_find(call, "dtype"), FY_F32, &dtype));
	return fy_result_fresh(call, dtype, &shape);
}

static fy_status eye_eval(fy_call *call)
{
	fy_kernel_eye(call->outs[0], 0);
	return FY_OK;
}

static fy_status eye_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int columns = fy_call_find(&call, "m");
	const int64_t axis = 0;
	fy_value *sizes[2], *plane;
	if (all_known(node))
		return lower_known(l, node);
	sizes[0] = fy_lower_unsqueeze(l, fy_lower_arg(l, node, 0, FY_I64), &axis, 1);
	sizes[1] = columns < 0 ? sizes[0]
			       : fy_lower_unsqueeze(l, fy_lower_arg(l, node, columns, FY_I64), &axis, 1);
	plane = fy_emit1(l, "ConstantOfShape", fy_lower_concat(l, sizes, 2, 0));
	plane = fy_emit1(l, "EyeLike", plane);
	return fy_lower_finish(l, node, fy_lower_cast(l, plane, dtype));
}

const fy_op fy_aten_eye = {
	.name = "aten::eye",
	.overloads = ",m",
	.infer = eye_infer,
	.eval = eye_eval,
	.lower = eye_lower,
	.cases = FY_CASES("3", ".m 2 3", ".m 3 2 dtype=int64", "0", "-1", "i64[]{2}",
			  ".m i64[]{2} 3 dtype=bool", ".m 2 i64[]{3}"),
};

/* ---- triangles ------------------------------------------------------------------------------- */

static fy_status triangle_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int64_t diagonal;
	FY_TRY(fy_call_int(call, 1, &diagonal));
	if (self->shape.rank < 2)
		return fy_call_raise(call, "the tensor must have 2 dimensions at least");
	return fy_result_fresh(call, self->dtype, &self->shape);
}

static bool takes_upper(const fy_op *op)
{
	return *(const bool *)op->form;
}

static fy_status triangle_eval(fy_call *call)
{
	int64_t diagonal;
	FY_TRY(fy_call_int(call, 1, &diagonal));
	fy_kernel_triangle(call->outs[0], fy_call_tensor(call, 0), diagonal, takes_upper(call->op));
	return FY_OK;
}

/* Before Trilu: what lies outside is replaced under a constant mask. */
static fy_value *cut_by_mask(fy_lowering *l, fy_node *node, fy_value *x, int64_t diagonal, bool upper)
{
	int rank = x->type->shape.rank;
	fy_shape plane = { 2, { x->type->shape.dims[rank - 2], x->type->shape.dims[rank - 1] } };
	fy_tensor *ones, *mask;
	if (!fy_shape_known(&plane)) {
		fy_lower_refuse(l, node, "needs opset 14 when sizes are not known");
		return NULL;
	}
	ones = fy_tensor_new(FY_BOOL, &plane, false);
	mask = ones ? fy_tensor_new(FY_BOOL, &plane, false) : NULL;
	if (mask) {
		fy_kernel_fill_i64(ones, 1);
		fy_kernel_triangle(mask, ones, diagonal, upper);
	}
	fy_tensor_unref(ones);
	return fy_lower_where(l, fy_lower_constant(l, mask), x, fy_lower_scalar(l, x->type->dtype, 0));
}

/* Trilu of the types that ONNX Runtime has it for; others go through them. */
static fy_status triangle_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = fy_lower_tensor(l, node, 0);
	bool upper = takes_upper(fy_node_op(node));
	int64_t diagonal = fy_node_int(node, 1);
	fy_dtype work = x->type->dtype;
	if (fy_lower_opset(l) < 14)
		return fy_lower_finish(l, node, cut_by_mask(l, node, x, diagonal, upper));
	if (fy_dtype_is_float(work) && work != FY_F64)
		work = FY_F32;
	else if (!fy_dtype_is_float(work) && work != FY_BOOL)
		work = FY_I64;
	x = fy_emit(l, "Trilu", FY_IN(fy_lower_cast(l, x, work), diagonal ? fy_lower_int(l, diagonal) : NULL),
		    FY_ATTRS(fy_attr_int("upper", upper)));
	return fy_lower_finish(l, node, x);
}

#define TRIANGLE_CASES                                                                                      \
	FY_CASES("f32[3,4]", "f32[3,4] 1", "f32[3,4] -1", "f32[2,3,3]", "i64[3,3]", "bool[3,3]",            \
		 "f32[3,4]^T 2", "f16[2,2]", "bf16[2,2]", "f64[2,3] -5", "f32[3]", "i32[2,2] 1", "u8[2,2]", \
		 "f32[3,3] 9")

const fy_op fy_aten_tril = {
	.name = "aten::tril",
	.overloads = "",
	.infer = triangle_infer,
	.eval = triangle_eval,
	.lower = triangle_lower,
	.form = &(const bool){ false },
	.cases = TRIANGLE_CASES,
};

const fy_op fy_aten_triu = {
	.name = "aten::triu",
	.overloads = "",
	.infer = triangle_infer,
	.eval = triangle_eval,
	.lower = triangle_lower,
	.form = &(const bool){ true },
	.cases = TRIANGLE_CASES,
};

/* How many columns of a row lie in the triangle, and where they begin. */
static int64_t row_length(int64_t row, int64_t columns, int64_t offset, bool upper, int64_t *first)
{
	int64_t edge = row + offset;
	*first = 0;
	if (!upper)
		return edge < 0 ? 0 : edge + 1 < columns ? edge + 1 : columns;
	*first = edge < 0 ? 0 : edge;
	return edge >= columns ? 0 : columns - *first;
}

enum { LARGEST_SIDE = 1 << 20 };

static fy_status triangle_indices_infer(fy_call *call)
{
	int64_t rows, columns, offset, first;
	fy_shape shape = { 2, { 2, 0 } };
	fy_dtype dtype;
	FY_TRY(fy_call_int(call, 0, &rows));
	FY_TRY(fy_call_int(call, 1, &columns));
	FY_TRY(fy_call_int(call, 2, &offset));
	FY_TRY(fy_call_dtype(call, 3, FY_I64, &dtype));
	if (rows < 0 || columns < 0)
		return fy_call_raise(call, "a negative size");
	if (rows > LARGEST_SIDE || columns > LARGEST_SIDE || offset > LARGEST_SIDE || offset < -LARGEST_SIDE)
		return fy_call_unsupported(call, "sides above %d", LARGEST_SIDE);
	for (int64_t r = 0; r < rows; r++)
		shape.dims[1] += row_length(r, columns, offset, takes_upper(call->op), &first);
	return fy_result_fresh(call, dtype, &shape);
}

static fy_status triangle_indices_eval(fy_call *call)
{
	fy_tensor *out = call->outs[0];
	int64_t rows, columns, offset, first, at = 0, count = out->shape.dims[1];
	FY_TRY(fy_call_int(call, 0, &rows));
	FY_TRY(fy_call_int(call, 1, &columns));
	FY_TRY(fy_call_int(call, 2, &offset));
	for (int64_t r = 0; r < rows; r++) {
		int64_t length = row_length(r, columns, offset, takes_upper(call->op), &first);
		for (int64_t i = 0; i < length; i++, at++) {
			fy_tensor_set_i64(out, at, r);
			fy_tensor_set_i64(out, count + at, first + i);
		}
	}
	return FY_OK;
}

const fy_op fy_aten_tril_indices = {
	.name = "aten::tril_indices",
	.infer = triangle_indices_infer,
	.eval = triangle_indices_eval,
	.lower = lower_known,
	.form = &(const bool){ false },
	.cases = FY_CASES("3 3", "3 4 1", "4 3 -1", "2 2 -5", "0 2", "2 3 0 dtype=int32", "3 2 9"),
};

const fy_op fy_aten_triu_indices = {
	.name = "aten::triu_indices",
	.infer = triangle_indices_infer,
	.eval = triangle_indices_eval,
	.lower = lower_known,
	.form = &(const bool){ true },
	.cases = FY_CASES("3 3", "3 4 1", "4 3 -1", "2 2 5", "2 3 -9"),
};
