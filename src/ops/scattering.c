/*
 * Writing along one dim by index: scatter with and without reduction, index_add, index_copy, index_fill. The
 * result is a new tensor: self's values with some replaced or added to.
 */
#include "ops/indices.h"

#include <math.h>
#include <string.h>

/* ---- scatter --------------------------------------------------------------------------------- */

/* What a call combines with: from the overload, or from the argument `reduce`. */
static fy_status read_mode(const fy_call *call, fy_scatter_mode *mode)
{
	static const struct {
		const char *name;
		fy_scatter_mode mode;
	} names[] = {
		{ "add", FY_SCATTER_ADD },  { "multiply", FY_SCATTER_MUL }, { "sum", FY_SCATTER_ADD },
		{ "prod", FY_SCATTER_MUL }, { "amin", FY_SCATTER_MIN },     { "amax", FY_SCATTER_MAX }
	};
	const fy_scatter_mode *fixed = call->op->form;
	int index = fy_call_find(call, "reduce");
	*mode = fixed == NULL ? FY_SCATTER_SET : *fixed;
	if (index < 0)
		return FY_OK;
	for (size_t i = 0; i < FY_COUNT(names); i++) {
		if (call->args[index].kind != FY_ARG_STR || !fy_str_is(call->args[index].s, names[i].name))
			continue;
		*mode = names[i].mode;
		return FY_OK;
	}
	if (call->args[index].kind == FY_ARG_STR && fy_str_is(call->args[index].s, "mean"))
		return fy_call_unsupported(call, "means");
	return fy_call_raise(call, "no such reduction");
}

static const char *reduction_name(fy_scatter_mode mode)
{
	static const char *const names[] = { NULL, "add", "mul", "min", "max" };
	return names[mode];
}

static bool source_is_tensor(const fy_call *call)
{
	return call->args[3].kind == FY_ARG_TENSOR && !fy_call_is_number(call, 3);
}

static fy_status check_fits(const fy_call *call, const fy_shape *index, const fy_shape *other, int skip,
			    const char *name)
{
	for (int d = 0; d < index->rank && d < other->rank; d++)
		if (d != skip && fy_dim_known(other->dims[d]) && index->dims[d] > other->dims[d])
			return fy_call_raise(call, "the index is larger than %s along dimension %d", name, d);
	return FY_OK;
}

static int at_least_one(int rank)
{
	return rank > 0 ? rank : 1;
}

static fy_status scatter_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	fy_scatter_mode mode;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(read_mode(call, &mode));
	if (index->dtype != FY_I64 && index->dtype != FY_I32)
		return fy_call_raise(call, "the index must be int64 or int32, not %s",
				     fy_dtype_name(index->dtype));
	if (source_is_tensor(call) && call->args[3].t->dtype != self->dtype)
		return fy_call_raise(call, "the source is of another type than the tensor");
	if (fy_tensor_numel(index) == 0)
		return fy_result_fresh(call, self->dtype, &self->shape);
	if (at_least_one(index->shape.rank) != at_least_one(self->shape.rank))
		return fy_call_raise(call, "the index has rank %d, the tensor %d", index->shape.rank,
				     self->shape.rank);
	FY_TRY(check_fits(call, &index->shape, &self->shape, dim, "the tensor"));
	if (source_is_tensor(call)) {
		if (at_least_one(call->args[3].t->shape.rank) != at_least_one(self->shape.rank))
			return fy_call_raise(call, "the source has rank %d, the tensor %d",
					     call->args[3].t->shape.rank, self->shape.rank);
		FY_TRY(check_fits(call, &index->shape, &call->args[3].t->shape, -1, "the source"));
	}
	return fy_result_fresh(call, self->dtype, &self->shape);
}

/* A tensor of rank 1 at least. */
static fy_tensor *ranked(const fy_tensor *t)
{
	if (t->shape.rank > 0)
		return fy_tensor_ref((fy_tensor *)t);
	return fy_tensor_view(t, t->dtype, &(fy_shape){ 1, { 1 } }, (const int64_t[]){ 1 }, t->offset);
}

/* What combined with anything changes nothing. */
static double neutral_of(fy_scatter_mode mode, fy_dtype dtype)
{
	bool max = mode == FY_SCATTER_MAX, is_float = fy_dtype_is_float(dtype);
	int bits = 8 * (int)fy_dtype_size(dtype) - 1;
	if (mode == FY_SCATTER_ADD || mode == FY_SCATTER_MUL)
		return mode == FY_SCATTER_MUL;
	if (is_float)
		return max ? -INFINITY : INFINITY;
	if (dtype == FY_BOOL || dtype == FY_U8)
		return max ? 0 : dtype == FY_BOOL ? 1 : 255;
	return max ? -ldexp(1, bits) : dtype == FY_I64 ? 0x1.fffffffffffffp62 : ldexp(1, bits) - 1;
}

/* Puts the neutral element where something will be combined, so that self's values do not count. */
static fy_status forget_targets(const fy_call *call, fy_tensor *out, int dim, const fy_tensor *index,
				fy_scatter_mode mode)
{
	fy_tensor *value = fy_tensor_scalar_f64(out->dtype, neutral_of(mode, out->dtype));
	fy_status status =
		fy_kernel_scatter(out, dim, index, value, FY_SCATTER_SET, call->diags, &call->place);
	fy_tensor_unref(value);
	return status;
}

static fy_status scatter_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int dim, include = fy_call_find(call, "include_self");
	fy_tensor *out, *index, *source, *number;
	fy_scatter_mode mode;
	fy_status status = FY_OK;
	bool included = true;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	FY_TRY(read_mode(call, &mode));
	if (include >= 0)
		FY_TRY(fy_call_bool(call, include, &included));
	fy_tensor_copy(call->outs[0], self);
	if (fy_tensor_numel(fy_call_tensor(call, 2)) == 0)
		return FY_OK;
	for (int64_t i = fy_tensor_numel(fy_call_tensor(call, 2)) - 1; i >= 0; i--)
		if (fy_tensor_get_i64(fy_call_tensor(call, 2), i) < 0)
			return fy_call_raise(call, "a negative index");
	number = fy_call_operand(call, 3, self->dtype);
	out = ranked(call->outs[0]);
	index = ranked(fy_call_tensor(call, 2));
	source =
		source_is_tensor(call) ? ranked(number) : fy_tensor_new(self->dtype, &(fy_shape){ 0 }, false);
	if (!source_is_tensor(call))
		fy_tensor_copy(source, number);
	if (!included)
		status = forget_targets(call, out, dim, index, mode);
	if (status == FY_OK)
		status = fy_kernel_scatter(out, dim, index, source, mode, call->diags, &call->place);
	fy_tensor_unref(number);
	fy_tensor_unref(source);
	fy_tensor_unref(index);
	fy_tensor_unref(out);
	return status;
}

/* The part of the source that the index covers. */
static fy_value *covered(fy_lowering *l, fy_value *source, fy_value *index)
{
	for (int d = 0; fy_lower_status(l) == FY_OK && d < index->type->shape.rank; d++) {
		int64_t axis = d, zero = 0, size = index->type->shape.dims[d];
		if (source->type->shape.dims[d] == size)
			continue;
		if (fy_dim_known(size))
			source = fy_lower_slice(l, source, &axis, &zero, &size, NULL, 1);
		else
			source = fy_lower_slice_values(l, source, d, fy_lower_int(l, 0),
						       fy_lower_size_of(l, index, d), 1);
	}
	return source;
}

static fy_value *one_dim(fy_lowering *l, fy_value *x)
{
	if (x == NULL || x->type->shape.rank > 0)
		return x;
	return fy_lower_unsqueeze(l, x, (const int64_t[]){ 0 }, 1);
}

/* A flat run of neighbours, as writing through a view gives it: cut and joined. */
static fy_value *replaced_run(fy_lowering *l, fy_value *data, const fy_value *index, fy_value *source)
{
	const fy_tensor *places = index->tensor;
	fy_value *parts[3];
	int64_t zero = 0, start, end, last = INT64_MAX;
	int count = 0;
	if (places == NULL || !fy_tensor_has_data(places) || places->shape.rank != 1 ||
	    !fy_shape_known(&data->type->shape))
		return NULL;
	start = fy_tensor_get_i64(places, 0);
	end = start + fy_tensor_numel(places);
	for (int64_t i = start; i < end; i++)
		if (fy_tensor_get_i64(places, i - start) != i)
			return NULL;
	if (start > 0)
		parts[count++] = fy_lower_slice(l, data, &zero, &zero, &start, NULL, 1);
	parts[count++] = source;
	if (end < data->type->shape.dims[0])
		parts[count++] = fy_lower_slice(l, data, &zero, &end, &last, NULL, 1);
	return fy_lower_concat(l, parts, count, 0);
}

static fy_status scatter_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index = fy_lower_tensor(l, node, 2), *data, *source,
		 *made;
	int64_t dim = fy_node_int(node, 1), count;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int include = fy_call_find(&call, "include_self");
	fy_scatter_mode mode;
	FY_TRY(read_mode(&call, &mode));
	dim += dim < 0 ? at_least_one(self->type->shape.rank) : 0;
	if (fy_shape_numel(&index->type->shape, &count) && count == 0) {
		fy_lower_result(l, node, 0, self);
		return FY_OK;
	}
	data = one_dim(l, self);
	index = one_dim(l, index);
	source = fy_lower_operand(l, node, 3, self->type->dtype);
	FY_TRY(fy_lower_status(l));
	if (fy_call_is_number(&call, 3))
		source = fy_lower_expand(l, source, &index->type->shape);
	else
		source = covered(l, one_dim(l, source), index);
	if (include >= 0 && !fy_node_bool(node, include)) {
		fy_value *neutral =
			fy_lower_scalar(l, self->type->dtype, neutral_of(mode, self->type->dtype));
		neutral = fy_lower_expand(l, neutral, &index->type->shape);
		data = fy_lower_scatter(l, node, data, (int)dim, index, neutral, NULL);
	}
	FY_TRY(fy_lower_status(l));
	made = mode == FY_SCATTER_SET ? replaced_run(l, data, index, source) : NULL;
	if (made == NULL)
		made = fy_lower_scatter(l, node, data, (int)dim, index, source, reduction_name(mode));
	if (self->type->shape.rank == 0)
		made = fy_lower_squeeze(l, made, (const int64_t[]){ 0 }, 1);
	fy_lower_result(l, node, 0, made);
	return fy_lower_status(l);
}

static int scatter_plain_opset(const fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	fy_scatter_mode mode = FY_SCATTER_SET;
	if (read_mode(&call, &mode) != FY_OK)
		fy_diags_clear(&diags);
	return mode == FY_SCATTER_SET ? 9 : mode == FY_SCATTER_ADD || mode == FY_SCATTER_MUL ? 16 : 18;
}

const fy_op fy_aten_scatter = {
	.name = "aten::scatter",
	.overloads = "src,value,reduce,value_reduce",
	.infer = scatter_infer,
	.eval = scatter_eval,
	.lower = scatter_lower,
	.plain_opset = scatter_plain_opset,
	.cases = FY_CASES(".src f32[2,3] 1 i64[2,1]{0:3} f32[2,1]", ".src f32[3,3] 0 i64[1,3]{0:3} f32[2,3]",
			  ".src f32[7] 0 i64[3]{1,2,3} f32[3]", ".src f32[7] 0 i64[2]{5,0} f32[2]",
			  ".src f32[2,3]^T -1 i64[2,1]{2,0} f32[2,1]", ".src i64[4] 0 i64[1]{3} i64[1]",
			  ".src f32[] 0 i64[]{0} f32[]", ".src bool[4] 0 i64[2]{1,3} bool[2]",
			  ".src f16[4] 0 i64[2]{1,3} f16[2]", ".src bf16[4] 0 i64[2]{1,3} bf16[2]",
			  ".src f32[4] 0 i64[0] f32[2]", ".src f32[4] 0 i64[1]{4} f32[1]",
			  ".src f32[4] 0 i64[1]{-1} f32[1]", ".src f32[4] 0 i64[1]{1} f64[1]",
			  ".src f32[2,2] 0 i64[1]{1} f32[1]", ".src f32[2,2] 0 i64[1,3]{1} f32[1,3]",
			  ".src f32[2,2] 0 i64[2,2]{1} f32[1,2]", ".value f32[2,3] 1 i64[2,1]{0:3} 1.5",
			  ".value i64[3] 0 i64[2]{0,2} 7", ".value bool[3] 0 i64[1]{1} true",
			  ".value f32[] 0 i64[]{0} 2", ".reduce f32[3] 0 i64[3]{0,0,2} f32[3] reduce='add'",
			  ".reduce f32[3] 0 i64[2]{0,2} f32[2] reduce='multiply'",
			  ".value_reduce f32[2,3] 1 i64[2,2]{0,0,1,2} 2 reduce='add'",
			  ".reduce f32[3] 0 i64[1]{0} f32[1] reduce='no'",
			  ".value f32[2,3] 1 i32[2,1]{0:3} 1.5"),
};

static const fy_scatter_mode adding = FY_SCATTER_ADD;

const fy_op fy_aten_scatter_add = {
	.name = "aten::scatter_add",
	.overloads = "",
	.infer = scatter_infer,
	.eval = scatter_eval,
	.lower = scatter_lower,
	.plain_opset = scatter_plain_opset,
	.form = &adding,
	.cases = FY_CASES("f32[2,3] 1 i64[2,2]{0,0,1,2} f32[2,2]", "f32[3,3] 0 i64[1,3]{0:3} f32[2,3]",
			  "i64[4] 0 i64[3]{1,1,3} i64[3]", "f64[3] 0 i64[3]{0} f64[3]",
			  "f32[] 0 i64[]{0} f32[]", "f32[4] 0 i64[0] f32[2]", "f16[3] 0 i64[2]{0,0} f16[2]",
			  "i32[3] 0 i64[2]{0,0} i32[2]"),
};

const fy_op fy_aten_scatter_reduce = {
	.name = "aten::scatter_reduce",
	.overloads = "two",
	.infer = scatter_infer,
	.eval = scatter_eval,
	.lower = scatter_lower,
	.plain_opset = scatter_plain_opset,
	.cases = FY_CASES("f32[3] 0 i64[3]{0,0,2} f32[3] 'sum'", "f32[3] 0 i64[3]{0,0,2} f32[3] 'prod'",
			  "f32[3] 0 i64[3]{0,0,2} f32[3] 'amax'", "f32[3] 0 i64[3]{0,0,2} f32[3] 'amin'",
			  "f32[3] 0 i64[3]{0,0,2} f32[3] 'sum' include_self=false",
			  "f32[3] 0 i64[3]{0,0,2} f32[3] 'prod' include_self=false",
			  "f32[3] 0 i64[3]{0,0,2} f32[3] 'amax' include_self=false",
			  "i64[3] 0 i64[3]{0,0,2} i64[3] 'amin' include_self=false",
			  "f32[3] 0 i64[1]{0} f32[1] 'no'"),
};

/* ---- whole slices along a dim ---------------------------------------------------------------- */

/* index_add and index_copy: source is as self, but as long as the index along dim. */
static fy_status lines_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2),
			*source = fy_call_tensor(call, 3);
	fy_dim length = index->shape.rank ? index->shape.dims[0] : 1;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (index->dtype != FY_I64 && (index->dtype != FY_I32 || call->op->form == NULL))
		return fy_call_raise(call, "an index of type %s", fy_dtype_name(index->dtype));
	if (index->shape.rank > 1 || source->dtype != self->dtype)
		return fy_call_raise(call, "the index must be a line, the source of the tensor's type");
	if (source->shape.rank != self->shape.rank && (source->shape.rank > 0 || call->op->form == NULL))
		return fy_call_raise(call, "the source has rank %d, the tensor %d", source->shape.rank,
				     self->shape.rank);
	for (int d = 0; d < source->shape.rank; d++) {
		fy_dim wanted = d == dim ? length : self->shape.dims[d], have = source->shape.dims[d];
		if (fy_dim_known(wanted) && fy_dim_known(have) && wanted != have)
			return fy_call_raise(
				call, "the source has %" PRId64 " elements along dimension %d, not %" PRId64,
				have, d, wanted);
	}
	if (source->shape.rank == 0 && fy_dim_known(length) && length != 1)
		return fy_call_raise(call, "a 0-d source takes one index");
	return fy_result_fresh(call, self->dtype, &self->shape);
}

/* The index spread over the shape of the source. */
static fy_tensor *spread_line(const fy_tensor *index, const fy_shape *shape, int dim)
{
	int64_t strides[FY_MAX_RANK] = { 0 };
	strides[dim] = index->shape.rank ? index->strides[0] : 0;
	return fy_tensor_view(index, index->dtype, shape, strides, index->offset);
}

static fy_status write_lines(fy_call *call, const fy_tensor *source, fy_scatter_mode mode)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *out, *from, *index;
	fy_shape shape;
	fy_status status;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_tensor_copy(call->outs[0], self);
	for (int64_t i = fy_tensor_numel(fy_call_tensor(call, 2)) - 1; i >= 0; i--)
		if (fy_tensor_get_i64(fy_call_tensor(call, 2), i) < 0)
			return fy_call_raise(call, "a negative index");
	out = ranked(call->outs[0]);
	from = ranked(source);
	shape = from->shape;
	index = spread_line(fy_call_tensor(call, 2), &shape, dim);
	status = fy_kernel_scatter(out, dim, index, from, mode, call->diags, &call->place);
	fy_tensor_unref(index);
	fy_tensor_unref(from);
	fy_tensor_unref(out);
	return status;
}

static fy_status index_copy_eval(fy_call *call)
{
	return write_lines(call, fy_call_tensor(call, 3), FY_SCATTER_SET);
}

static fy_status index_add_eval(fy_call *call)
{
	const fy_tensor *source = fy_call_tensor(call, 3);
	fy_tensor *alpha = fy_call_operand(call, 4, source->dtype);
	fy_tensor *product = fy_tensor_new(source->dtype, &source->shape, false);
	fy_status status = FY_IO;
	if (product != NULL) {
		fy_kernel_binary(product, FY_MUL, source->dtype, source, alpha);
		status = write_lines(call, product, FY_SCATTER_ADD);
	}
	fy_tensor_unref(product);
	fy_tensor_unref(alpha);
	return status;
}

static fy_status write_lines_lower(fy_lowering *l, fy_node *node, fy_value *source, const char *reduction)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index = fy_lower_tensor(l, node, 2), *made;
	int64_t dim = fy_node_int(node, 1);
	dim += dim < 0 ? at_least_one(self->type->shape.rank) : 0;
	made = fy_lower_scatter_line(l, node, one_dim(l, self), (int)dim, index, one_dim(l, source),
				     reduction);
	if (self->type->shape.rank == 0)
		made = fy_lower_squeeze(l, made, (const int64_t[]){ 0 }, 1);
	return fy_lower_finish(l, node, made);
}

static fy_status index_copy_lower(fy_lowering *l, fy_node *node)
{
	return write_lines_lower(l, node, fy_lower_tensor(l, node, 3), NULL);
}

static fy_status index_add_lower(fy_lowering *l, fy_node *node)
{
	fy_value *source = fy_lower_tensor(l, node, 3);
	fy_dtype dtype = source->type->dtype;
	if (!fy_node_arg_known(node, 4) || fy_node_f64(node, 4) != 1) {
		fy_dtype work = fy_lower_arithmetic_type(dtype);
		source = fy_emit2(l, "Mul", fy_lower_cast(l, source, work),
				  fy_lower_operand(l, node, 4, work));
		source = fy_lower_cast(l, source, dtype);
	}
	return write_lines_lower(l, node, source, "add");
}

static int adding_opset(const fy_node *node)
{
	(void)node;
	return 16;
}

const fy_op fy_aten_index_copy = {
	.name = "aten::index_copy",
	.overloads = "",
	.infer = lines_infer,
	.eval = index_copy_eval,
	.lower = index_copy_lower,
	.cases = FY_CASES("f32[4,3] 0 i64[2]{2,0} f32[2,3]", "f32[2,3]^T -1 i64[1]{1} f32[2,1]",
			  "i64[4] 0 i64[2]{3,1} i64[2]", "f32[4] 0 i64[2]{3,4} f32[2]",
			  "f32[4,3] 0 i64[2]{2,0} f32[2,2]", "bool[4] 0 i64[2]{3,1} bool[2]"),
};

const fy_op fy_aten_index_add = {
	.name = "aten::index_add",
	.overloads = "",
	.infer = lines_infer,
	.eval = index_add_eval,
	.lower = index_add_lower,
	.plain_opset = adding_opset,
	.form = &adding,
	.cases = FY_CASES("f32[4,3] 0 i64[2]{2,2} f32[2,3]", "f32[2,3]^T -1 i64[1]{1} f32[2,1] alpha=2",
			  "i64[4] 0 i32[2]{3,1} i64[2] alpha=3", "f32[4] 0 i64[2]{3,4} f32[2]",
			  "f64[4] 0 i64[2]{3,3} f64[2] alpha=0.5"),
};

/* ---- index_fill ------------------------------------------------------------------------------ */

static fy_status index_fill_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	if (index->dtype != FY_I64 || index->shape.rank > 1)
		return fy_call_raise(call, "the index must be a line of int64");
	if (call->args[3].kind == FY_ARG_TENSOR && call->args[3].t->shape.rank > 0)
		return fy_call_raise(call, "the value must be 0-d");
	return fy_result_like(call, self->dtype, self);
}

static fy_status index_fill_eval(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0), *index = fy_call_tensor(call, 2);
	fy_tensor *number = fy_call_operand(call, 3, self->dtype), *value, *line, *out;
	fy_shape shape;
	fy_status status;
	int dim;
	FY_TRY(fy_call_dim(call, 1, self->shape.rank, &dim));
	fy_tensor_copy(call->outs[0], self);
	out = ranked(call->outs[0]);
	shape = out->shape;
	shape.dims[dim] = fy_tensor_numel(index);
	value = fy_tensor_new(self->dtype, &(fy_shape){ 0 }, false);
	fy_tensor_copy(value, number);
	line = spread_line(index, &shape, dim);
	status = fy_kernel_scatter(out, dim, line, value, FY_SCATTER_SET, call->diags, &call->place);
	fy_tensor_unref(line);
	fy_tensor_unref(value);
	fy_tensor_unref(number);
	fy_tensor_unref(out);
	return status;
}

static fy_status index_fill_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *index = fy_lower_tensor(l, node, 2), *value, *data;
	int64_t dim = fy_node_int(node, 1);
	fy_shape shape;
	data = one_dim(l, self);
	index = one_dim(l, index);
	FY_TRY(fy_lower_status(l));
	dim += dim < 0 ? data->type->shape.rank : 0;
	shape = data->type->shape;
	shape.dims[dim] = index->type->shape.dims[0];
	value = fy_lower_expand(l, fy_lower_operand(l, node, 3, self->type->dtype), &shape);
	data = fy_lower_scatter_line(l, node, data, (int)dim, index, value, NULL);
	if (self->type->shape.rank == 0)
		data = fy_lower_squeeze(l, data, (const int64_t[]){ 0 }, 1);
	fy_lower_result(l, node, 0, data);
	return fy_lower_status(l);
}

const fy_op fy_aten_index_fill = {
	.name = "aten::index_fill",
	.overloads = "int_Scalar,int_Tensor",
	.infer = index_fill_infer,
	.eval = index_fill_eval,
	.lower = index_fill_lower,
	.cases =
		FY_CASES(".int_Scalar f32[4,3] 0 i64[2]{2,0} 1.5", ".int_Scalar f32[2,3]^T 1 i64[1]{-1} -inf",
			 ".int_Scalar i64[4] 0 i64[]{2} 9", ".int_Tensor f32[4,3] -1 i64[2]{2,0} f32[]",
			 ".int_Scalar f32[4] 0 i64[1]{4} 1", ".int_Scalar bool[4] 0 i64[1]{1} true",
			 ".int_Tensor f32[4] 0 i64[1]{0} f32[1]", ".int_Scalar f32[4] 0 i64[0] 1"),
};
