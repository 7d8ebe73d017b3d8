/*
 * Padding: by a number, by reflection, by repeating the border, around in a circle. Negative amounts crop. In
 * ONNX a Pad (with Slices for what is cropped), in a circle a Concat of Slices; amounts of 0 become nothing.
 */
#include "ops/spatial.h"

typedef struct pad_form {
	fy_pad_mode mode;
	int dims;   /* padded dims; 0: as many as the argument says */
	bool named; /* the argument `mode` says which */
} pad_form;

typedef struct pad_plan {
	fy_pad_mode mode;
	int64_t before[FY_MAX_RANK], after[FY_MAX_RANK]; /* per dim of the tensor */
	int batch;                                       /* dim that may be empty in every mode; -1: none */
	bool grows, crops;
	double value;
} pad_plan;

/* ---- reading the arguments ---------------------------------------------------------------------- */

static fy_status read_mode(const fy_call *call, fy_pad_mode *mode)
{
	static const struct {
		const char *name;
		fy_pad_mode mode;
	} modes[] = { { "constant", FY_PAD_CONSTANT },
		      { "reflect", FY_PAD_REFLECT },
		      { "replicate", FY_PAD_REPLICATE },
		      { "circular", FY_PAD_CIRCULAR } };
	int index = fy_call_find(call, "mode");
	FY_ASSERT(call->args[index].kind == FY_ARG_STR);
	for (size_t i = 0; i < FY_COUNT(modes); i++) {
		if (fy_str_is(call->args[index].s, modes[i].name)) {
			*mode = modes[i].mode;
			return FY_OK;
		}
	}
	return fy_call_raise(call, "unknown mode of padding");
}

static fy_status read_value(const fy_call *call, pad_plan *plan)
{
	int index = fy_call_find(call, "value");
	if (index < 0 || fy_call_is_none(call, index))
		return FY_OK;
	if (plan->mode != FY_PAD_CONSTANT)
		return fy_call_raise(call, "a value is only for mode 'constant'");
	return fy_call_f64(call, index, &plan->value);
}

/* Amounts come in pairs, the last dim first. */
static fy_status read_amounts(const fy_call *call, int rank, int *dims, pad_plan *plan)
{
	int64_t amounts[2 * FY_MAX_RANK];
	int count;
	FY_TRY(fy_call_ints(call, 1, amounts, 0, &count));
	*dims = count / 2;
	if (count % 2 != 0 || *dims > rank)
		return fy_call_raise(call, "%d amounts for a tensor of rank %d", count, rank);
	for (int i = 0; i < *dims; i++) {
		int64_t before = amounts[2 * i], after = amounts[2 * i + 1];
		if (before < -INT32_MAX || before > INT32_MAX || after < -INT32_MAX || after > INT32_MAX)
			return fy_call_raise(call, "an amount is too large");
		plan->before[rank - 1 - i] = before;
		plan->after[rank - 1 - i] = after;
		plan->grows |= before > 0 || after > 0;
		plan->crops |= before < 0 || after < 0;
	}
	return FY_OK;
}

static fy_status read_plan(const fy_call *call, int rank, pad_plan *plan)
{
	const pad_form *form = call->op->form;
	int dims;
	*plan = (pad_plan){ .mode = form->mode, .batch = -1 };
	if (form->named)
		FY_TRY(read_mode(call, &plan->mode));
	FY_TRY(read_value(call, plan));
	FY_TRY(read_amounts(call, rank, &dims, plan));
	if (form->dims > 0 && dims != form->dims)
		return fy_call_raise(call, "needs %d amounts", 2 * form->dims);
	if (plan->mode == FY_PAD_CONSTANT)
		return FY_OK;
	if (dims < 1 || dims > 3 || (rank != dims + 2 && rank != dims + 1))
		return fy_call_raise(call, "%d amounts for a tensor of rank %d", 2 * dims, rank);
	plan->batch = rank == dims + 2 ? 0 : -1;
	return FY_OK;
}

/* ---- inference and evaluation ------------------------------------------------------------------- */

static fy_status check_dim(const fy_call *call, const pad_plan *plan, int dim, int64_t size)
{
	int64_t before = plan->before[dim], after = plan->after[dim], result = size + before + after;
	if (plan->mode == FY_PAD_REFLECT && (before >= size || after >= size) && (before != 0 || after != 0))
		return fy_call_raise(call, "cannot reflect %" PRId64 " elements of %" PRId64,
				     before > after ? before : after, size);
	int64_t left = size + (before < 0 ? before : 0) + (after < 0 ? after : 0);
	if (plan->mode == FY_PAD_CIRCULAR && (before > left || after > left))
		return fy_call_raise(call, "the padding goes around more than once");
	if (result < 0 || (result < 1 && plan->mode != FY_PAD_CONSTANT) || -before > size || -after > size)
		return fy_call_raise(call, "nothing is left of dim %d", dim);
	return FY_OK;
}

static fy_status padded_shape(const fy_call *call, const pad_plan *plan, const fy_shape *in, fy_shape *out)
{
	*out = *in;
	for (int i = 0; i < in->rank; i++) {
		if (!fy_dim_known(in->dims[i])) {
			if (plan->before[i] + plan->after[i] == 0)
				continue;
			if (call->next_symbol == NULL)
				return fy_call_unsupported(call, "a size depends on data");
			out->dims[i] = fy_call_new_symbol(call);
			continue;
		}
		if (i != plan->batch)
			FY_TRY(check_dim(call, plan, i, in->dims[i]));
		out->dims[i] = in->dims[i] + plan->before[i] + plan->after[i];
	}
	return FY_OK;
}

/* What is only cropped is a copy of a part: its strides are ordered like the tensor's. */
static fy_status pad_infer(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0);
	fy_shape shape;
	pad_plan plan;
	FY_TRY(read_plan(call, in->shape.rank, &plan));
	FY_TRY(padded_shape(call, &plan, &in->shape, &shape));
	if (plan.mode == FY_PAD_CIRCULAR)
		return fy_result_fresh(call, in->dtype, &shape);
	if (plan.grows || plan.mode != FY_PAD_CONSTANT)
		return fy_result_image(call, in->dtype, &shape, in);
	fy_tensor *part = fy_tensor_meta(in->dtype, &shape);
	for (int i = 0; i < shape.rank; i++)
		part->strides[i] = in->strides[i];
	fy_status status = fy_result_like(call, in->dtype, part);
	fy_tensor_unref(part);
	return status;
}

/* A circle is made of what is left after cropping. Afterwards only what is added is in the plan. */
static fy_tensor *crop(const fy_tensor *in, pad_plan *plan)
{
	fy_shape shape = in->shape;
	int64_t offset = in->offset;
	for (int i = 0; i < shape.rank; i++) {
		int64_t *before = &plan->before[i], *after = &plan->after[i];
		shape.dims[i] += (*before < 0 ? *before : 0) + (*after < 0 ? *after : 0);
		offset -= *before < 0 ? *before * in->strides[i] : 0;
		*before = *before < 0 ? 0 : *before;
		*after = *after < 0 ? 0 : *after;
	}
	return fy_tensor_view(in, in->dtype, &shape, in->strides, offset);
}

static fy_status pad_eval(fy_call *call)
{
	const fy_tensor *in = fy_call_tensor(call, 0);
	pad_plan plan;
	FY_TRY(read_plan(call, in->shape.rank, &plan));
	if (plan.mode != FY_PAD_CIRCULAR || !plan.crops) {
		fy_kernel_pad(call->outs[0], in, plan.before, plan.mode, plan.value);
		return FY_OK;
	}
	fy_tensor *part = crop(in, &plan);
	fy_kernel_pad(call->outs[0], part, plan.before, plan.mode, 0);
	fy_tensor_unref(part);
	return FY_OK;
}

/* ---- lowering ----------------------------------------------------------------------------------- */

static fy_value *around(fy_lowering *l, fy_value *x, int axis, int64_t before, int64_t after)
{
	const int64_t axes[] = { axis };
	fy_value *parts[3];
	int count = 0;
	if (before > 0)
		parts[count++] = fy_lower_slice(l, x, axes, (const int64_t[]){ -before },
						(const int64_t[]){ INT64_MAX }, NULL, 1);
	parts[count++] = x;
	if (after > 0)
		parts[count++] = fy_lower_slice(l, x, axes, (const int64_t[]){ 0 },
						(const int64_t[]){ after }, NULL, 1);
	return fy_lower_concat(l, parts, count, axis);
}

/* Reflections may come from what is cut off, a circle is made of what is left. */
static fy_value *lower_other(fy_lowering *l, fy_value *x, const pad_plan *plan)
{
	int64_t before[FY_MAX_RANK], after[FY_MAX_RANK], cut_before[FY_MAX_RANK], cut_after[FY_MAX_RANK];
	int rank = x->type->shape.rank;
	for (int i = 0; i < rank; i++) {
		before[i] = plan->before[i] > 0 ? plan->before[i] : 0;
		after[i] = plan->after[i] > 0 ? plan->after[i] : 0;
		cut_before[i] = plan->before[i] < 0 ? plan->before[i] : 0;
		cut_after[i] = plan->after[i] < 0 ? plan->after[i] : 0;
	}
	if (plan->mode != FY_PAD_CIRCULAR) {
		x = fy_lower_pad(l, x, plan->mode == FY_PAD_REFLECT ? "reflect" : "edge", before, after, 0);
		return fy_lower_pad(l, x, "constant", cut_before, cut_after, 0);
	}
	x = fy_lower_pad(l, x, "constant", cut_before, cut_after, 0);
	for (int i = 0; i < rank; i++)
		x = around(l, x, i, before[i], after[i]);
	return x;
}

/* A number as the element type holds it: Pad before opset 11 works on floats. */
static double as_element(fy_dtype dtype, double value)
{
	fy_tensor *scalar = fy_tensor_scalar_f64(dtype, value);
	double kept = fy_tensor_get_f64(scalar, 0);
	fy_tensor_unref(scalar);
	return kept;
}

static fy_status pad_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	const fy_type *type = fy_node_type(node, 0);
	fy_value *x = fy_lower_tensor(l, node, 0);
	pad_plan plan;
	if (read_plan(&call, type->shape.rank, &plan) != FY_OK)
		FY_BUG("%s: the arguments of a recorded node cannot be read", node->op);
	if (x == NULL)
		return fy_lower_status(l);
	if (plan.mode == FY_PAD_CONSTANT)
		x = fy_lower_pad(l, x, "constant", plan.before, plan.after,
				 as_element(type->dtype, plan.value));
	else
		x = lower_other(l, x, &plan);
	return fy_lower_finish(l, node, x);
}

/* ---- the operators ------------------------------------------------------------------------------ */

const fy_op fy_aten_pad = {
	.name = "aten::pad",
	.flags = FY_OP_MOVES,
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ .named = true },
	.cases = FY_CASES(
		"f32[1,2,2,3]^L [1,1]", "f32[1,2,2,3]^L [1,1,1,0] 'reflect'",
		"f32[1,2,2,2,3]^L [1,1,1,0,0,1] 'replicate'", "f32[1,2,2,3]^L [1,1,1,0] 'circular'",
		"f32[2,2,3]^L [1,1,1,0] 'replicate'", "f32[1,2,2,2,3]^L [1,1,1,0,0,1] 'reflect'",
		"f32[2,2,2,3]^L [1,1,1,0,0,1] 'reflect'", "f32[2,3] [1,2]",
		"f32[2,3,2] [1,0,0,2,1,1] 'constant' 1.5", "f32[2,3]^T [0,0]", "f32[2,3] [-1,2]",
		"f32[2,3]^T [-1,0,0,-1]", "i64[2,3] [1,1] 'constant' 2.7", "bool[2,3] [1,1] 'constant' 1",
		"f16[3] [1,1] 'constant' -inf", "u8[3] [0,1] 'constant' 7", "f64[2,2] [1,0] 'constant' 0.1",
		"bf16[3] [2,0]", "f32[2,3] [-2,-1]", "f32[2,3] [-2,-2]", "f32[1,2,4] [2,1] 'reflect'",
		"f32[2,4] [3,0] 'reflect'", "f32[2,4] [4,0] 'reflect'", "f32[1,1,3,3] [1,2,2,0] 'reflect'",
		"f32[1,2,3] [2,4] 'replicate'", "f32[1,2,3,2] [1,1,2,0] 'replicate'",
		"f32[1,1,2,2,3] [1,0,0,1,1,1] 'replicate'", "f32[1,2,3] [2,3] 'circular'",
		"f32[1,1,3,2] [1,0,2,1] 'circular'", "f32[1,1,2,2,2] [1,1,0,1,2,0] 'circular'",
		"f32[1,2,3] [4,0] 'circular'", "f32[2,3] [1,1] 'circular'", "f32[1,2,4] [-1,2] 'circular'",
		"f32[1,2,4] [2,-1] 'reflect'", "f32[1,2,4] [-3,2] 'reflect'", "f32[1,2,4] [-1,2] 'replicate'",
		"f32[1,2,4] [1,1] 'reflect' 1.0", "f32[1,2,4] [1,1] 'what'", "f32[3] [1,1] 'reflect'",
		"f32[2,3] [1]", "f32[3] [1,1,1,1]", "i64[1,2,3] [1,1] 'reflect'",
		"f32[0,2,4] [1,1] 'reflect'", "f32[0,2,4] [1,2] 'replicate'", "f32[0,2,4] [1,2] 'circular'",
		"f32[1,0,4] [1,1] 'reflect'", "i64[1,2,3] [1,1] 'replicate'", "f32[1,1,2,2] [1,1] 'reflect'",
		"f32[1,2,4] [0,0] 'reflect'", "f16[1,2,3] [1,1] 'reflect'"),
};

const fy_op fy_aten_constant_pad_nd = {
	.name = "aten::constant_pad_nd",
	.flags = FY_OP_MOVES,
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ 0 },
	.cases = FY_CASES("f32[2,3] [1,2]", "f32[2,3,2] [1,0,0,2,1,1] 1.5", "i32[2,3] [-1,2] 3",
			  "f32[2,3] []", "f32[] []", "f32[0,2] [0,0,1,1] 2"),
};

const fy_op fy_aten__pad_circular = {
	.name = "aten::_pad_circular",
	.flags = FY_OP_MOVES,
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_CIRCULAR, 0, false },
	.cases = FY_CASES("f32[1,2,3] [2,3]", "f32[2,3] [1,1]", "i64[1,2,3] [1,1]"),
};

const fy_op fy_aten_reflection_pad1d = {
	.name = "aten::reflection_pad1d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REFLECT, 1, false },
	.cases = FY_CASES("f32[1,2,4] [2,1]", "f64[2,4] [0,3]", "f32[2,4] [4,0]", "f32[1,1,2,2] [1,1]",
			  "f32[1,2,4]^T [1,1]"),
};

const fy_op fy_aten_reflection_pad2d = {
	.name = "aten::reflection_pad2d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REFLECT, 2, false },
	.cases = FY_CASES("f32[1,2,3,3] [2,1,0,2]", "f32[2,3,2] [1,1,1,1]", "f32[1,2,3,3] [1,1]"),
};

const fy_op fy_aten_reflection_pad3d = {
	.name = "aten::reflection_pad3d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REFLECT, 3, false },
	.cases = FY_CASES("f32[1,1,2,3,2] [1,1,0,2,1,0]", "f32[1,2,2,2] [1,0,0,1,1,1]"),
};

const fy_op fy_aten_replication_pad1d = {
	.name = "aten::replication_pad1d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REPLICATE, 1, false },
	.cases = FY_CASES("f32[1,2,3] [2,4]", "f16[2,3] [0,1]", "f32[1,2,3] [-2,-1]", "f32[2,3] [1,1,1,1]"),
};

const fy_op fy_aten_replication_pad2d = {
	.name = "aten::replication_pad2d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REPLICATE, 2, false },
	.cases = FY_CASES("f32[1,2,2,3] [1,2,0,1]", "f32[2,2,2] [1,1,2,0]"),
};

const fy_op fy_aten_replication_pad3d = {
	.name = "aten::replication_pad3d",
	.infer = pad_infer,
	.eval = pad_eval,
	.lower = pad_lower,
	.form = &(const pad_form){ FY_PAD_REPLICATE, 3, false },
	.cases = FY_CASES("f32[1,1,2,2,2] [1,0,0,1,2,0]", "f32[1,2,2,1] [1,1,1,1,0,1]"),
};
