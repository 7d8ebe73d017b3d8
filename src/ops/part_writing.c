/*
 * Writing a part of a tensor, the result being a new one: select_scatter, slice_scatter, diagonal_scatter,
 * as_strided_scatter. The part is what the view operator of the same name picks; inference of that view gives
 * its geometry. Index and bounds may depend on data, as in loops that fill a tensor.
 */
#include "ops/indices.h"

#include <string.h>

/* ---- the part -------------------------------------------------------------------------------- */

/* Infers the view that is written, of `base`; the record's form names its operator. One reference. */
static fy_status infer_part(const fy_call *call, fy_tensor *base, fy_tensor **part)
{
	const fy_schema *schema = fy_schema_find(call->op->form);
	fy_arg *args = FY_NEW_ARRAY(call->arena, fy_arg, call->arg_count);
	int symbols = call->next_symbol == NULL ? 0 : *call->next_symbol;
	fy_call view = { .schema = schema,
			 .args = args,
			 .arg_count = call->arg_count - 1,
			 .arena = call->arena,
			 .diags = call->diags,
			 .place = call->place,
			 .next_symbol = &symbols };
	args[0] = fy_arg_tensor(base);
	for (int i = 2; i < call->arg_count; i++)
		args[i - 1] = call->args[i];
	FY_TRY(fy_op_infer(&view));
	*part = fy_tensor_ref(view.results[0].meta);
	fy_call_release(&view);
	return FY_OK;
}

static fy_status check_source(const fy_call *call, const fy_shape *part)
{
	const fy_shape *source = &fy_call_tensor(call, 1)->shape;
	bool fits = source->rank == part->rank;
	for (int d = 0; fits && d < part->rank; d++)
		fits = !fy_dim_known(source->dims[d]) || !fy_dim_known(part->dims[d]) ||
		       source->dims[d] == part->dims[d];
	return fits ? FY_OK : fy_call_raise(call, "the source has another shape than the part it goes to");
}

static fy_status part_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_tensor *part;
	fy_status status;
	FY_TRY(infer_part(call, (fy_tensor *)self, &part));
	status = check_source(call, &part->shape);
	fy_tensor_unref(part);
	FY_TRY(status);
	return fy_result_like(call, self->dtype, self);
}

static fy_status part_eval(fy_call *call)
{
	fy_tensor *out = call->outs[0], *part, *to;
	FY_TRY(infer_part(call, out, &part));
	fy_tensor_copy(out, fy_call_tensor(call, 0));
	to = fy_tensor_view(out, out->dtype, &part->shape, part->strides, part->offset);
	fy_tensor_copy(to, fy_call_tensor(call, 1));
	fy_tensor_unref(to);
	fy_tensor_unref(part);
	return FY_OK;
}

/* ---- select ---------------------------------------------------------------------------------- */

static fy_value *source_of(fy_lowering *l, fy_node *node)
{
	return fy_lower_cast(l, fy_lower_tensor(l, node, 1), fy_node_result_type(node, 0)->dtype);
}

/* self[:start], source, self[end:] along an axis; end 0 of a negative start: nothing behind. */
static fy_value *joined(fy_lowering *l, fy_value *self, int64_t axis, int64_t start, int64_t end,
			fy_value *source)
{
	int64_t zero = 0, last = INT64_MAX, size = self->type->shape.dims[axis];
	fy_value *parts[3];
	int count = 0;
	if (start != 0)
		parts[count++] = fy_lower_slice(l, self, &axis, &zero, &start, NULL, 1);
	parts[count++] = source;
	if (!(start < 0 && end == 0) && end != INT64_MAX && !(fy_dim_known(size) && end >= size))
		parts[count++] = fy_lower_slice(l, self, &axis, &end, &last, NULL, 1);
	return fy_lower_concat(l, parts, count, (int)axis);
}

static fy_status select_scatter_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *source = source_of(l, node), *made;
	int64_t dim = fy_node_int(node, 2), size, at;
	dim += dim < 0 ? self->type->shape.rank : 0;
	size = self->type->shape.dims[dim];
	source = fy_lower_unsqueeze(l, source, &dim, 1);
	if (fy_node_arg_known(node, 3)) {
		at = fy_node_int(node, 3);
		at += at < 0 && fy_dim_known(size) ? size : 0;
		made = joined(l, self, dim, at, at + 1, source);
	} else {
		made = fy_lower_scatter_line(l, node, self, (int)dim, fy_lower_arg(l, node, 3, FY_I64),
					     source, NULL);
	}
	fy_lower_result(l, node, 0, made);
	return fy_lower_status(l);
}

const fy_op fy_aten_select_scatter = {
	.name = "aten::select_scatter",
	.infer = part_infer,
	.eval = part_eval,
	.lower = select_scatter_lower,
	.form = "aten::select.int",
	.cases = FY_CASES("f32[2,3] f32[3] 0 1", "f32[2,3] f32[2] 1 -1", "f32[2,3] f32[2] -1 i64[]{1}",
			  "f32[3] f32[] 0 i64[]{-1}", "i64[4] i64[] 0 i64[]{3}",
			  "f32[2,3,2]^T f32[2,2] 1 i64[]{0}", "bool[4] bool[] 0 i64[]{2}",
			  "f32[2,3] f32[2] 0 1", "f32[2,3] f32[3] 0 2", "f32[2,3] f64[3] 0 i64[]{1}",
			  "f32[2,3] f32[3] 0 0", "f16[4] f16[] 0 i64[]{3}", "bf16[4] bf16[] 0 i64[]{3}",
			  "f32[2,3] f32[3] 0 i64[]{2}"),
};

/* ---- slice ----------------------------------------------------------------------------------- */

/* Bounds that depend on data: what is behind begins where the source ends. */
static fy_value *joined_at(fy_lowering *l, fy_node *node, fy_value *self, int axis, fy_value *source)
{
	fy_value *start = fy_node_none(node, 3) ? fy_lower_int(l, 0) : fy_lower_arg(l, node, 3, FY_I64), *end,
		 *parts[3];
	start = fy_lower_from_front(l, start, self, axis);
	end = fy_emit2(l, "Add", start, fy_lower_size_of(l, source, axis));
	parts[0] = fy_lower_slice_values(l, self, axis, fy_lower_int(l, 0), start, 1);
	parts[1] = source;
	parts[2] = fy_lower_slice_values(l, self, axis, end, fy_lower_int(l, INT64_MAX), 1);
	return fy_lower_concat(l, parts, 3, axis);
}

enum { MOST_PLACES = 8 << 20 };

/* Every step-th place. */
static fy_value *stepped(fy_lowering *l, fy_node *node, fy_value *self, int axis, int64_t start, int64_t step,
			 fy_value *source)
{
	int64_t count = source->type->shape.dims[axis], *places;
	if (!fy_dim_known(count) || start < 0) {
		fy_lower_refuse(l, node, "steps along a dimension whose size depends on data");
		return NULL;
	}
	if (count > MOST_PLACES) {
		fy_lower_refuse(l, node, "steps to too many places");
		return NULL;
	}
	places = FY_NEW_ARRAY(fy_lower_arena(l), int64_t, count + 1);
	for (int64_t i = 0; i < count; i++)
		places[i] = start + i * step;
	return fy_lower_scatter_line(l, node, self, axis, fy_lower_ints(l, places, (int)count), source, NULL);
}

static fy_status slice_scatter_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *source = source_of(l, node), *made;
	int64_t dim = fy_node_int(node, 2), step = fy_node_int(node, 5), start = 0, end = INT64_MAX, size,
		length;
	FY_TRY(fy_lower_status(l));
	dim += dim < 0 ? self->type->shape.rank : 0;
	size = self->type->shape.dims[dim];
	length = source->type->shape.dims[dim];
	if (!fy_node_arg_known(node, 3) || !fy_node_arg_known(node, 4)) {
		if (step != 1)
			return fy_lower_refuse(l, node, "a step with bounds that depend on data");
		fy_lower_result(l, node, 0, joined_at(l, node, self, (int)dim, source));
		return fy_lower_status(l);
	}
	start = fy_node_none(node, 3) ? 0 : fy_node_int(node, 3);
	end = fy_node_none(node, 4) ? INT64_MAX : fy_node_int(node, 4);
	if (fy_dim_known(size)) {
		start += start < 0 ? size : 0;
		start = start < 0 ? 0 : start > size ? size : start;
	}
	if (start >= 0 && fy_dim_known(length) && step == 1)
		end = start + length;
	if (length == 0)
		made = self;
	else if (step != 1)
		made = stepped(l, node, self, (int)dim, start, step, source);
	else
		made = joined(l, self, dim, start, end, source);
	fy_lower_result(l, node, 0, made);
	return fy_lower_status(l);
}

static int slice_scatter_opset(const fy_node *node)
{
	return fy_node_arg_known(node, 3) && fy_node_arg_known(node, 4) ? 9 : 10;
}

const fy_op fy_aten_slice_scatter = {
	.name = "aten::slice_scatter",
	.infer = part_infer,
	.eval = part_eval,
	.lower = slice_scatter_lower,
	.plain_opset = slice_scatter_opset,
	.form = "aten::slice.Tensor",
	.cases = FY_CASES("f32[4,3] f32[2,3] 0 1 3", "f32[4,3] f32[4,1] 1 -1", "f32[4,3] f32[4,3]",
			  "f32[5] f32[2] 0 1 none 2", "f32[4,3] f32[0,3] 0 3 1", "f32[4,3]^T f32[4,2] 1 1 9",
			  "f32[4] f32[2] 0 i64[]{1} 3", "f32[4] f32[2] 0 i64[]{-2}",
			  "f32[4] f32[2] 0 0 i64[]{2}", "i64[4] i64[2] 0 1 3", "f32[4] f32[3] 0 1 3",
			  "bool[4] bool[2] 0 -3 -1", "f32[2,5] f32[2,2] 1 1 4 2"),
};

/* ---- any view of known places ---------------------------------------------------------------- */

/* The base flat, written at the places of the part. */
static fy_status places_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0), *source = source_of(l, node), *flat;
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	fy_tensor *base = fy_tensor_meta(self->type->dtype, &self->type->shape), *part = NULL, *places = NULL;
	int64_t numel = fy_tensor_numel(base);
	fy_shape line = { 1, { numel } };
	call.arena = fy_lower_arena(l);
	if (numel >= 0 && infer_part(&call, base, &part) == FY_OK && fy_shape_known(&part->shape))
		places = fy_view_places(&part->shape, part->strides, part->offset, numel);
	fy_tensor_unref(part);
	fy_tensor_unref(base);
	fy_diags_clear(&diags);
	if (places == NULL)
		return fy_lower_refuse(l, node, "the places it writes to are not known");
	flat = fy_lower_reshape(l, self, &line);
	line.dims[0] = fy_tensor_numel(places);
	source = fy_lower_reshape(l, source, &line);
	flat = fy_lower_scatter_line(l, node, flat, 0,
				     fy_lower_reshape(l, fy_lower_constant(l, places), &line), source, NULL);
	fy_lower_result(l, node, 0, fy_lower_reshape(l, flat, &self->type->shape));
	return fy_lower_status(l);
}

const fy_op fy_aten_diagonal_scatter = {
	.name = "aten::diagonal_scatter",
	.infer = part_infer,
	.eval = part_eval,
	.lower = places_lower,
	.form = "aten::diagonal",
	.cases = FY_CASES("f32[3,4] f32[3]", "f32[3,4] f32[2] -1", "f32[2,3,3] f32[2,2] 1 1 2",
			  "f32[3,4] f32[4]"),
};

/* Strides count in the storage of self: it must be row-major from its start. */
static fy_status as_strided_scatter_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	if (!fy_tensor_is_contiguous(self) || self->offset != 0)
		return fy_call_unsupported(call, "a tensor that is not contiguous");
	return part_infer(call);
}

const fy_op fy_aten_as_strided_scatter = {
	.name = "aten::as_strided_scatter",
	.infer = as_strided_scatter_infer,
	.eval = part_eval,
	.lower = places_lower,
	.form = "aten::as_strided",
	.cases =
		FY_CASES("f32[2,6] f32[3,2] [3,2] [2,1] 1", "f32[6] f32[2] [2] [3]", "f32[6] f32[3] [2] [3]"),
};
