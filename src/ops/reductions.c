/*
 * Reductions over dims: sums, products, means, extremes, any and all. One description (reduce_form) per
 * operator serves all its overloads. Also home of what every reduction shares: which dims, and the shape that
 * remains.
 */
#include "ops/ops_internal.h"

/* ---- dims ------------------------------------------------------------------------------------------- */

fy_status fy_call_axes(const fy_call *call, int rank, fy_axes *out)
{
	int dim = fy_call_find(call, "dim"), keepdim = fy_call_find(call, "keepdim");
	uint32_t all = (1u << rank) - 1;
	*out = (fy_axes){ .mask = all, .rank = rank };
	if (keepdim >= 0)
		FY_TRY(fy_call_bool(call, keepdim, &out->keepdim));
	if (dim >= 0)
		FY_TRY(fy_call_dim_mask(call, dim, rank, true, &out->mask));
	out->mask &= all;
	return FY_OK;
}

fy_shape fy_axes_shape(const fy_shape *shape, const fy_axes *axes)
{
	fy_shape out = { 0 };
	for (int i = 0; i < shape->rank; i++) {
		bool reduced = axes->mask & (1u << i);
		if (!reduced || axes->keepdim)
			out.dims[out.rank++] = reduced ? 1 : shape->dims[i];
	}
	return out;
}

int64_t fy_axes_count(const fy_shape *shape, const fy_axes *axes)
{
	int64_t count = 1;
	for (int i = 0; i < shape->rank; i++) {
		if (!(axes->mask & (1u << i)))
			continue;
		if (!fy_dim_known(shape->dims[i]) || !fy_mul_i64(count, shape->dims[i], &count))
			return -1;
	}
	return count;
}

fy_call fy_node_call(const fy_node *node, fy_diags *diags)
{
	return (fy_call){ .op = fy_node_op(node),
			  .schema = fy_schema_find(node->op),
			  .args = node->args,
			  .arg_count = node->arg_count,
			  .diags = diags };
}

fy_axes fy_node_axes(const fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	fy_axes axes;
	if (fy_call_axes(&call, fy_node_type(node, 0)->shape.rank, &axes) != FY_OK)
		FY_BUG("%s: the dims of a recorded node cannot be read", node->op);
	return axes;
}

fy_value *fy_lower_reduce_axes(fy_lowering *l, const char *op, fy_value *value, const fy_axes *axes,
			       bool keepdim)
{
	int64_t list[FY_MAX_RANK];
	int count = 0;
	for (int i = 0; i < axes->rank; i++)
		if (axes->mask & (1u << i))
			list[count++] = i;
	return count == 0 ? value : fy_lower_reduce(l, op, value, list, count, keepdim);
}

fy_value *fy_lower_axes_count(fy_lowering *l, fy_value *value, const fy_axes *axes)
{
	int64_t count = fy_axes_count(&value->type->shape, axes), dims[FY_MAX_RANK];
	int reduced = 0;
	if (count >= 0)
		return fy_lower_number(l, value, (double)count);
	for (int i = 0; i < axes->rank; i++)
		if (axes->mask & (1u << i))
			dims[reduced++] = i;
	fy_value *sizes = fy_emit2(l, "Gather", fy_lower_shape_of(l, value), fy_lower_ints(l, dims, reduced));
	return fy_lower_cast(l, fy_lower_reduce(l, "ReduceProd", sizes, (const int64_t[]){ 0 }, 1, false),
			     value->type->dtype);
}

fy_value *fy_lower_mean_axes(fy_lowering *l, fy_value *value, const fy_axes *axes, bool keepdim)
{
	if (fy_axes_count(&value->type->shape, axes) >= 0)
		return fy_lower_reduce_axes(l, "ReduceMean", value, axes, keepdim);
	return fy_emit2(l, "Div", fy_lower_reduce_axes(l, "ReduceSum", value, axes, keepdim),
			fy_lower_axes_count(l, value, axes));
}

/* ---- inference and evaluation of all of them --------------------------------------------------------- */

typedef enum sum_type {
	KEEPS,    /* result of the input's type */
	WIDENS,   /* integers and bool become int64; argument dtype overrides */
	FLOATS,   /* floats only; argument dtype overrides */
	TO_FLOAT, /* integers become float32 */
	TRUTH,    /* bool (uint8 for uint8) */
	COUNTS,   /* int64 */
} sum_type;

typedef struct reduce_form {
	fy_reduce kernel;
	sum_type type;
	const char *onnx;
	bool no_empty; /* PyTorch raises when nothing is reduced to something */
} reduce_form;

static fy_status reduce_type(const fy_call *call, fy_dtype *out)
{
	const reduce_form *form = call->op->form;
	fy_dtype self = fy_call_tensor(call, 0)->dtype, natural = self;
	bool is_float = fy_dtype_is_float(self) || fy_dtype_is_complex(self);
	if (form->type == COUNTS || (form->type == WIDENS && !is_float))
		natural = FY_I64;
	if (form->type == TO_FLOAT)
		natural = fy_float_type(self);
	if (form->type == TRUTH)
		natural = self == FY_U8 ? FY_U8 : FY_BOOL;
	int dtype = fy_call_find(call, "dtype");
	*out = natural;
	if (dtype >= 0)
		FY_TRY(fy_call_dtype(call, dtype, natural, out));
	if (form->type == FLOATS && !fy_dtype_is_float(*out) && !fy_dtype_is_complex(*out))
		return fy_call_raise(call, "the result must be a float type, not %s", fy_dtype_name(*out));
	return FY_OK;
}

static fy_status reduce_infer(fy_call *call)
{
	const reduce_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	fy_dtype dtype;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	FY_TRY(reduce_type(call, &dtype));
	fy_shape shape = fy_axes_shape(&self->shape, &axes);
	int64_t left;
	if (form->no_empty && fy_axes_count(&self->shape, &axes) == 0 && fy_shape_numel(&shape, &left) &&
	    left != 0)
		return fy_call_raise(call, "there is no extreme of nothing");
	return fy_result_fresh(call, dtype, &shape);
}

static fy_status reduce_eval(fy_call *call)
{
	const reduce_form *form = call->op->form;
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_axes axes;
	FY_TRY(fy_call_axes(call, self->shape.rank, &axes));
	fy_kernel_reduce(call->outs[0], form->kernel, self, axes.mask);
	return FY_OK;
}

/* ---- lowering
 * ---------------------------------------------------------------------------------------------- */

/* The input in the result's type, then Reduce*. */
static fy_status reduce_lower(fy_lowering *l, fy_node *node)
{
	const reduce_form *form = fy_node_op(node)->form;
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_axes axes = fy_node_axes(node);
	fy_value *x = fy_lower_tensor(l, node, 0);
	/* Truncation to an integer type happens before adding, even where the sum itself is done in a wider
	 * type. */
	if (!fy_dtype_is_float(dtype))
		x = fy_lower_cast(l, x, dtype);
	x = fy_lower_cast(l, x, fy_lower_arithmetic_type(dtype));
	return fy_lower_finish(l, node,
			       form->kernel == FY_MEAN
				       ? fy_lower_mean_axes(l, x, &axes, axes.keepdim)
				       : fy_lower_reduce_axes(l, form->onnx, x, &axes, axes.keepdim));
}

/* any and count_nonzero: the sum of zeros and ones; all: their minimum. */
static fy_status truth_lower(fy_lowering *l, fy_node *node)
{
	const reduce_form *form = fy_node_op(node)->form;
	fy_axes axes = fy_node_axes(node);
	fy_value *x = fy_lower_tensor(l, node, 0);
	if (fy_node_type(node, 0)->dtype == FY_BF16)
		x = fy_lower_cast(l, x, FY_F32);
	x = fy_lower_cast(l, x, FY_BOOL);
	if (axes.mask != 0 || form->type == COUNTS)
		x = fy_lower_cast(l, x, form->type == COUNTS ? FY_I64 : FY_I32);
	fy_value *y = fy_lower_reduce_axes(l, form->onnx, x, &axes, axes.keepdim);
	return fy_lower_finish(
		l, node, fy_node_result_type(node, 0)->dtype == FY_U8 ? fy_lower_cast(l, y, FY_BOOL) : y);
}

/* ---- records
 * --------------------------------------------------------------------------------------------------- */

#define SUM_CASES                                                                                          \
	"f32[2,3,4]", "i64[2,3]", "bool[4]", "f32[]", "f64[2,3]^T", "bf16[5]", "f16[5]", "u8[5]", "i8[4]", \
		"f32[3] dtype=float64", "f32[0]"

const fy_op fy_aten_sum = {
	.name = "aten::sum",
	.overloads = ",dim_IntList",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(const reduce_form){ .kernel = FY_SUM, .type = WIDENS, .onnx = "ReduceSum" },
	.cases = FY_CASES(SUM_CASES, "f32[3]{-3:3} dtype=int64", "i64[3] dtype=float32",
			  ".dim_IntList f32[2,3,4] [1]", ".dim_IntList f32[2,3,4] [-1,0] true",
			  ".dim_IntList i32[2,3] [0]", ".dim_IntList f32[2,3] []",
			  ".dim_IntList f32[2,3] none true", ".dim_IntList f32[2,3] [2]",
			  ".dim_IntList f32[2,3] [0,0]", ".dim_IntList f32[2,3] 1",
			  ".dim_IntList f64[2,3,2,2]^L [2,3] true", ".dim_IntList f32[] [0]",
			  ".dim_IntList f32[2,0] [1]", ".dim_IntList bool[2,3] [1]"),
};

const fy_op fy_aten_mean = {
	.name = "aten::mean",
	.overloads = ",dim",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(const reduce_form){ .kernel = FY_MEAN, .type = FLOATS },
	.cases = FY_CASES("f32[2,3,4]", "f64[2,3]^T", "bf16[5]", "f16[5]", "i64[3]", "i64[3] dtype=float32",
			  "f32[]", ".dim f32[2,3,4] [1]", ".dim f32[2,3,4,2] [2,3] true", ".dim f32[2,3] []",
			  ".dim f32[2,3] none", ".dim f64[2,3,2,2]^L [-1,-2]",
			  ".dim f32[2,3] [1] dtype=float64", ".dim f32[2,3] -1 true"),
};

const fy_op fy_aten_prod = {
	.name = "aten::prod",
	.overloads = ",dim_int",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(const reduce_form){ .kernel = FY_PROD, .type = WIDENS, .onnx = "ReduceProd" },
	.cases = FY_CASES("f32[2,3]", "i64[4]{1:4}", "bool[3]", "f64[2,2]^T", "f32[]", "f16[3]",
			  ".dim_int f32[2,3] 1", ".dim_int i32[2,3] 0 true",
			  ".dim_int f32[2,3] -1 dtype=float64", ".dim_int f32[] 0"),
};

const fy_op fy_aten_amax = {
	.name = "aten::amax",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(
		const reduce_form){ .kernel = FY_AMAX, .type = KEEPS, .onnx = "ReduceMax", .no_empty = true },
	.cases = FY_CASES("f32[2,3,4] [1]", "f32[2,3]", "i64[2,3] [0] true", "bool[2,3] [1]", "u8[4]",
			  "f64[2,3]^T [0,1]", "bf16[2,3] 1", "f32[]", "f32[2,0] [1]", "f32[0,2] [1]",
			  "i16[3]"),
};

const fy_op fy_aten_amin = {
	.name = "aten::amin",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(
		const reduce_form){ .kernel = FY_AMIN, .type = KEEPS, .onnx = "ReduceMin", .no_empty = true },
	.cases = FY_CASES("f32[2,3,4] [1]", "f32[2,3]", "i64[2,3] [0] true", "bool[2,3] [1]", "u8[4]",
			  "f64[2,3]^T [0,1]", "f16[2,3] 1"),
};

const fy_op fy_aten_max = {
	.name = "aten::max",
	.overloads = "",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(
		const reduce_form){ .kernel = FY_AMAX, .type = KEEPS, .onnx = "ReduceMax", .no_empty = true },
	.cases = FY_CASES("f32[2,3]", "i64[5]", "f64[2,3]^T", "f32[]", "bool[3]", "f32[0]", "i8[4]"),
};

const fy_op fy_aten_min = {
	.name = "aten::min",
	.overloads = "",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(
		const reduce_form){ .kernel = FY_AMIN, .type = KEEPS, .onnx = "ReduceMin", .no_empty = true },
	.cases = FY_CASES("f32[2,3]", "i64[5]", "f64[2,3]^T", "f32[]", "bool[3]", "f32[0]", "bf16[4]"),
};

#define TRUTH_CASES                                                                                      \
	FY_CASES("bool[2,3]", "f32[2,3]{0:1}", "i64[3]{0:2}", "u8[3]{0:2}", "bool[]", "f32[3]{nan,0,0}", \
		 "bool[0]", ".dim bool[2,3] 1", ".dim f32[2,3]{0,1,0} 0 true", ".dim u8[2,3]{0:2} -1",   \
		 ".dims bool[2,3,2] [0,2]", ".dims bool[2,3] none", ".dims i64[2,3]{0:2} [1] true",      \
		 ".dim bool[] 0", "bf16[3]{0,0,1}")

const fy_op fy_aten_any = {
	.name = "aten::any",
	.overloads = ",dim,dims",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = truth_lower,
	.form = &(const reduce_form){ .kernel = FY_ANY, .type = TRUTH, .onnx = "ReduceSum" },
	.cases = TRUTH_CASES,
};

const fy_op fy_aten_all = {
	.name = "aten::all",
	.overloads = ",dim,dims",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = truth_lower,
	.form = &(const reduce_form){ .kernel = FY_ALL, .type = TRUTH, .onnx = "ReduceMin" },
	.cases = TRUTH_CASES,
};

const fy_op fy_aten_count_nonzero = {
	.name = "aten::count_nonzero",
	.overloads = ",dim_IntList",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = truth_lower,
	.form = &(const reduce_form){ .kernel = FY_COUNT_NONZERO, .type = COUNTS, .onnx = "ReduceSum" },
	.cases = FY_CASES("f32[2,3]{0,1,nan}", "bool[4]", "i64[2,3]{0:2} 1",
			  ".dim_IntList i64[2,3]{0:2} [0,1]", "bool[]"),
};

const fy_op fy_aten_logsumexp = {
	.name = "aten::logsumexp",
	.infer = reduce_infer,
	.eval = reduce_eval,
	.lower = reduce_lower,
	.form = &(const reduce_form){ .kernel = FY_LOG_SUM_EXP, .type = TO_FLOAT, .onnx = "ReduceLogSumExp" },
	.cases = FY_CASES("f32[2,3,4] [1]", "f32[2,3] [0,1] true", "f64[2,3]^T [-1]", "f32[2,3]{90:120} [1]",
			  "i64[2,3] [0]", "f16[2,3] 1", "f32[] [0]"),
};
