/*
 * Elementwise operators of three operands: selection by a mask, and sums of products and quotients (composed
 * of simpler operators).
 */
#include "ops/ops_internal.h"

#include <math.h>

/* ---- where ----------------------------------------------------------------------------------------- */

static const int branches[] = { 1, 2 };

static fy_status where_infer(fy_call *call)
{
	fy_dtype condition = fy_call_tensor(call, 0)->dtype, dtype;
	if (condition != FY_BOOL && condition != FY_U8)
		return fy_call_raise(call, "the condition must be a bool tensor");
	FY_TRY(fy_call_promote(call, branches, 2, &dtype));
	return fy_infer_broadcast(call, (const int[]){ 0, 1, 2 }, 3, dtype);
}

static fy_status where_eval(fy_call *call)
{
	fy_dtype dtype = call->outs[0]->dtype;
	fy_tensor *a = fy_call_operand(call, 1, dtype), *b = fy_call_operand(call, 2, dtype);
	fy_kernel_where(call->outs[0], fy_call_tensor(call, 0), a, b);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
	return FY_OK;
}

static fy_value *condition_of(fy_lowering *l, fy_node *node, int index)
{
	return fy_lower_cast(l, fy_lower_tensor(l, node, index), FY_BOOL);
}

static fy_status where_lower(fy_lowering *l, fy_node *node)
{
	fy_dtype dtype = fy_node_result_type(node, 0)->dtype;
	fy_value *a = fy_lower_operand(l, node, 1, dtype), *b = fy_lower_operand(l, node, 2, dtype);
	return fy_lower_finish(l, node, fy_lower_where(l, condition_of(l, node, 0), a, b));
}

const fy_op fy_aten_where = {
	.name = "aten::where",
	.overloads = "self,ScalarOther,ScalarSelf,Scalar",
	.infer = where_infer,
	.eval = where_eval,
	.lower = where_lower,
	.cases = FY_CASES(".self bool[2,3] f32[2,3] f32[3]", ".self bool[3] f32[2,3]^T f32[]",
			  ".self bool[2,1] i64[3] f32[3]", ".self u8[3]{0:2} f64[3] f32[3]",
			  ".self bool[2] bool[2] bool[2]", ".self i64[2] f32[2] f32[2]",
			  ".self bool[3] i16[3] u8[3]", ".self bool[4] f16[4] f16[4]",
			  ".self bool[4] bf16[4] bf16[4]", ".ScalarOther bool[2,3] f32[2,3] 0",
			  ".ScalarOther bool[3] i64[3] 1.5", ".ScalarSelf bool[3] -inf f32[3]",
			  ".ScalarSelf bool[3] 2 i32[3]", ".Scalar bool[3] 1.0 2.0", ".Scalar bool[3] 1 0",
			  ".self bool[2] f32[3] f32[3]"),
};

/* ---- masked_fill: where(mask, value, self) in self's type --------------------------------------------- */

static fy_status masked_fill_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	fy_shape shape;
	double value;
	if (fy_call_tensor(call, 1)->dtype != FY_BOOL)
		return fy_call_raise(call, "the mask must be a bool tensor");
	if (call->args[2].kind == FY_ARG_TENSOR && call->args[2].t->shape.rank > 0)
		return fy_call_raise(call, "the value must be 0-d");
	if (self->dtype == FY_F16 && call->args[2].kind == FY_ARG_FLOAT) {
		FY_TRY(fy_call_f64(call, 2, &value));
		if (isfinite(value) && fabs(value) > 65504)
			return fy_call_raise(call, "the value does not fit into float16");
	}
	FY_TRY(fy_call_broadcast(call, (const int[]){ 0, 1 }, 2, &shape));
	return fy_result_fresh(call, self->dtype, &shape);
}

static fy_status masked_fill_eval(fy_call *call)
{
	fy_tensor *value = fy_call_operand(call, 2, call->outs[0]->dtype);
	fy_kernel_where(call->outs[0], fy_call_tensor(call, 1), value, fy_call_tensor(call, 0));
	fy_tensor_unref(value);
	return FY_OK;
}

static fy_status masked_fill_lower(fy_lowering *l, fy_node *node)
{
	fy_value *self = fy_lower_tensor(l, node, 0);
	fy_value *value = fy_lower_operand(l, node, 2, fy_node_type(node, 0)->dtype);
	return fy_lower_finish(l, node, fy_lower_where(l, condition_of(l, node, 1), value, self));
}

const fy_op fy_aten_masked_fill = {
	.name = "aten::masked_fill",
	.overloads = "Scalar,Tensor",
	.infer = masked_fill_infer,
	.eval = masked_fill_eval,
	.lower = masked_fill_lower,
	.cases = FY_CASES(".Scalar f32[2,3] bool[2,3] -inf", ".Scalar f32[2,3]^T bool[3] 0",
			  ".Scalar i64[2,3] bool[2,1] 7", ".Scalar f32[3] bool[2,3] 1.5",
			  ".Scalar f16[3] bool[3] -65504.0", ".Scalar bf16[3] bool[3] -1e9",
			  ".Scalar bool[3] bool[3] true", ".Scalar f64[2,3,2,2]^L bool[2,1,1,2] 2",
			  ".Scalar f32[3] u8[3]{0:2} 1", ".Scalar f16[3] bool[3] -1e9",
			  ".Tensor f32[2,3] bool[3] f32[]", ".Tensor f32[2,3] bool[3] i64[]",
			  ".Tensor i64[3] bool[3] i32[]", ".Tensor f32[2,3] bool[3] f32[1]",
			  ".Scalar u8[3] bool[3] 5", ".Scalar f32[] bool[] 2"),
};

/* ---- sums of products and quotients -----------------------------------------------------------------------
 */

/* self + value * (a op b) */
static fy_status add_combined(fy_compose *c, const char *combine)
{
	const fy_arg *args = c->call->args;
	fy_arg both = fy_do2(c, combine, args[1], args[2]);
	c->results[0] = fy_do3(c, "aten::add.Tensor", args[0], both, args[3]);
	return c->status;
}

static fy_status addcmul_compose(fy_compose *c)
{
	return add_combined(c, "aten::mul.Tensor");
}

static fy_status addcdiv_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	bool floats = fy_dtype_is_float(args[1].t->dtype) || fy_dtype_is_float(args[2].t->dtype);
	if (!floats)
		return fy_call_raise(c->call, "integer division is no longer done here");
	return add_combined(c, "aten::div.Tensor");
}

static fy_status lerp_compose(fy_compose *c)
{
	const fy_arg *args = c->call->args;
	bool number = fy_call_is_number(c->call, 2);
	if (args[0].t->dtype != args[1].t->dtype || (!number && args[2].t->dtype != args[0].t->dtype))
		return fy_call_raise(c->call, "the types of the tensors differ");
	if (!fy_dtype_is_float(args[0].t->dtype))
		return fy_call_raise(c->call, "not for integers");
	fy_arg way = fy_do2(c, "aten::sub.Tensor", args[1], args[0]);
	fy_arg step = fy_do2(c, number ? "aten::mul.Scalar" : "aten::mul.Tensor", way, args[2]);
	c->results[0] = fy_do2(c, "aten::add.Tensor", args[0], step);
	return c->status;
}

const fy_op fy_aten_addcmul = {
	.name = "aten::addcmul",
	.overloads = "",
	.compose = addcmul_compose,
	.cases = FY_CASES("f32[2,3] f32[2,3] f32[3]", "f32[3] f32[2,1] f32[3] value=0.5",
			  "i64[3] i64[3] i64[3] value=2", "f64[2,3]^T f64[2,3]^T f64[2,3]^T",
			  "f32[3] f64[3] f32[3]", "f32[2] f32[3] f32[3]"),
};

const fy_op fy_aten_addcdiv = {
	.name = "aten::addcdiv",
	.overloads = "",
	.compose = addcdiv_compose,
	.cases = FY_CASES("f32[2,3] f32[2,3] f32[3]{1:4}", "f32[3] f32[2,1] f32[3]{1:4} value=0.5",
			  "i64[3] i64[3] i64[3]", "f64[3] f64[3] f64[3]{1:2} value=-2"),
};

const fy_op fy_aten_lerp = {
	.name = "aten::lerp",
	.overloads = "Scalar,Tensor",
	.compose = lerp_compose,
	.cases = FY_CASES(".Scalar f32[2,3] f32[2,3] 0.3", ".Scalar f64[2,3] f64[3] 0.7",
			  ".Tensor f32[2,3] f32[2,3] f32[3]", ".Tensor f32[3] f32[3] f32[]",
			  ".Scalar i64[3] i64[3] 0.5", ".Scalar f32[3] f64[3] 0.5"),
};
