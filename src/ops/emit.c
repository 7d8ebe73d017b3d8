/*
 * ONNX forms that many operators share: comparisons, selection, extremes and rounding division at every
 * opset, for every element type. The types an ONNX operator takes grew with the opsets, and ONNX Runtime
 * computes only some of them: values are cast to one that works and back. Knows no ATen operator.
 */
#include "ops/ops_internal.h"

#include <string.h>

fy_value *fy_emit1(fy_lowering *l, const char *op, fy_value *a)
{
	return fy_emit(l, op, FY_IN(a), FY_NO_ATTRS);
}

fy_value *fy_emit2(fy_lowering *l, const char *op, fy_value *a, fy_value *b)
{
	return fy_emit(l, op, FY_IN(a, b), FY_NO_ATTRS);
}

/* A value after a failure is NULL: any type will do, nothing is emitted any more. */
static fy_dtype type_of(const fy_value *value)
{
	return value == NULL ? FY_F32 : value->type->dtype;
}

bool fy_dtype_wide(fy_dtype dtype)
{
	return dtype == FY_F32 || dtype == FY_F64 || dtype == FY_F16 || dtype == FY_I32 || dtype == FY_I64;
}

fy_dtype fy_lower_arithmetic_type(fy_dtype dtype)
{
	if (fy_dtype_wide(dtype))
		return dtype;
	if (fy_dtype_is_float(dtype))
		return FY_F32;
	return dtype == FY_U32 || dtype == FY_U64 ? FY_I64 : FY_I32;
}

fy_value *fy_lower_number(fy_lowering *l, fy_value *like, double value)
{
	return fy_lower_scalar(l, type_of(like), value);
}

fy_value *fy_lower_not(fy_lowering *l, fy_value *a)
{
	return fy_emit1(l, "Not", a);
}

/* ---- selection and extremes -------------------------------------------------------------------- */

fy_value *fy_lower_where(fy_lowering *l, fy_value *condition, fy_value *a, fy_value *b)
{
	fy_dtype dtype = type_of(a), work = dtype;
	if (dtype == FY_BOOL)
		work = FY_U8;
	else if (dtype != FY_U8 && dtype != FY_I8)
		work = fy_lower_arithmetic_type(dtype);
	a = fy_lower_cast(l, a, work);
	b = fy_lower_cast(l, b, work);
	return fy_lower_cast(l, fy_emit(l, "Where", FY_IN(condition, a, b), FY_NO_ATTRS), dtype);
}

/* Min and Max take integers from opset 12 on. */
static fy_value *extreme(fy_lowering *l, const char *op, const char *compare, fy_value *a, fy_value *b)
{
	if (fy_dtype_is_float(type_of(a)) || fy_lower_opset(l) >= 12)
		return fy_emit2(l, op, a, b);
	return fy_lower_where(l, fy_emit2(l, compare, a, b), a, b);
}

fy_value *fy_lower_min(fy_lowering *l, fy_value *a, fy_value *b)
{
	return extreme(l, "Min", "Less", a, b);
}

fy_value *fy_lower_max(fy_lowering *l, fy_value *a, fy_value *b)
{
	return extreme(l, "Max", "Greater", a, b);
}

/* ---- comparison --------------------------------------------------------------------------------- */

static fy_value *either_nan(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *nan_a = fy_emit1(l, "IsNaN", a);
	return a == b ? nan_a : fy_emit2(l, "Or", nan_a, fy_emit1(l, "IsNaN", b));
}

/* Equal takes floats from opset 11 on: before, neither less nor greater nor NaN. */
static fy_value *equal_floats(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *apart = fy_emit2(l, "Or", fy_emit2(l, "Less", a, b), fy_emit2(l, "Greater", a, b));
	return fy_lower_not(l, fy_emit2(l, "Or", apart, either_nan(l, a, b)));
}

static fy_value *order_or_equal(fy_lowering *l, const char *op, fy_value *a, fy_value *b)
{
	if (fy_lower_opset(l) >= 12)
		return fy_emit2(l, op, a, b);
	fy_value *beyond = fy_emit2(l, strcmp(op, "LessOrEqual") == 0 ? "Greater" : "Less", a, b);
	if (fy_dtype_is_float(type_of(a)))
		beyond = fy_emit2(l, "Or", beyond, either_nan(l, a, b));
	return fy_lower_not(l, beyond);
}

fy_value *fy_lower_compare(fy_lowering *l, const char *op, fy_value *a, fy_value *b)
{
	fy_dtype dtype = type_of(a);
	bool equal = strcmp(op, "Equal") == 0;
	if (!equal || dtype != FY_BOOL) {
		fy_dtype work = fy_lower_arithmetic_type(dtype);
		a = fy_lower_cast(l, a, work);
		b = fy_lower_cast(l, b, work);
	}
	if (equal && fy_dtype_is_float(dtype) && fy_lower_opset(l) < 11)
		return equal_floats(l, a, b);
	if (equal || fy_ends_with(op, "Equal") == false)
		return fy_emit2(l, op, a, b);
	return order_or_equal(l, op, a, b);
}

/* ---- rounding division --------------------------------------------------------------------------- */

/* Integers: Div truncates towards zero, so one is taken away where the signs differ and something remains. */
static fy_value *floor_div_integers(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *zero = fy_lower_number(l, a, 0);
	fy_value *quotient = fy_emit2(l, "Div", a, b);
	fy_value *rest = fy_emit2(l, "Sub", a, fy_emit2(l, "Mul", quotient, b));
	fy_value *inexact = fy_lower_not(l, fy_emit2(l, "Equal", rest, zero));
	fy_value *opposite =
		fy_emit2(l, "Xor", fy_emit2(l, "Less", rest, zero), fy_emit2(l, "Less", b, zero));
	fy_value *step = fy_lower_cast(l, fy_emit2(l, "And", inexact, opposite), type_of(a));
	return fy_emit2(l, "Sub", quotient, step);
}

static fy_value *c_mod(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_emit(l, "Mod", FY_IN(a, b), FY_ATTRS(fy_attr_int("fmod", 1)));
}

/* Truth of "rest is not zero and has another sign than b". */
static fy_value *other_sign(fy_lowering *l, fy_value *rest, fy_value *b)
{
	fy_value *zero = fy_lower_number(l, b, 0);
	fy_value *nonzero = fy_lower_not(l, fy_lower_compare(l, "Equal", rest, zero));
	fy_value *opposite =
		fy_emit2(l, "Xor", fy_emit2(l, "Less", rest, zero), fy_emit2(l, "Less", b, zero));
	return fy_emit2(l, "And", nonzero, opposite);
}

/* As Python: (a - mod) / b corrected by one, rounded to the integer that it misses by an error of rounding
 * only. */
static fy_value *floor_div_doubles(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *plain = fy_emit2(l, "Div", a, b);
	if (fy_lower_opset(l) < 10)
		return fy_emit1(l, "Floor", plain);
	fy_value *rest = c_mod(l, a, b);
	fy_value *quotient = fy_emit2(l, "Div", fy_emit2(l, "Sub", a, rest), b);
	fy_value *step = fy_lower_cast(l, other_sign(l, rest, b), type_of(a));
	quotient = fy_emit2(l, "Sub", quotient, step);
	quotient = fy_emit1(l, "Floor", fy_emit2(l, "Add", quotient, fy_lower_number(l, a, 0.5)));
	fy_value *by_zero = fy_lower_compare(l, "Equal", b, fy_lower_number(l, b, 0));
	return fy_lower_where(l, by_zero, plain, quotient);
}

/* float64 tells any quotient of narrower floats from the integer beside it. */
static fy_value *floor_div_floats(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_dtype dtype = type_of(a);
	if (dtype == FY_F64)
		return floor_div_doubles(l, a, b);
	fy_value *quotient = fy_emit2(l, "Div", fy_lower_cast(l, a, FY_F64), fy_lower_cast(l, b, FY_F64));
	return fy_lower_cast(l, fy_emit1(l, "Floor", quotient), dtype);
}

fy_value *fy_lower_floor_div(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_dtype_is_float(type_of(a)) ? floor_div_floats(l, a, b) : floor_div_integers(l, a, b);
}

/* a - quotient * b, floats in float64: for opsets without Mod. */
static fy_value *rest_of(fy_lowering *l, fy_value *a, fy_value *b,
			 fy_value *(*divide)(fy_lowering *l, fy_value *a, fy_value *b))
{
	fy_dtype dtype = type_of(a), work = fy_dtype_is_float(dtype) ? FY_F64 : dtype;
	a = fy_lower_cast(l, a, work);
	b = fy_lower_cast(l, b, work);
	fy_value *product = fy_emit2(l, "Mul", divide(l, a, b), b);
	return fy_lower_cast(l, fy_emit2(l, "Sub", a, product), dtype);
}

fy_value *fy_lower_remainder(fy_lowering *l, fy_value *a, fy_value *b)
{
	if (fy_lower_opset(l) < 10)
		return rest_of(l, a, b, fy_lower_floor_div);
	if (!fy_dtype_is_float(type_of(a)))
		return fy_emit2(l, "Mod", a, b);
	fy_value *rest = c_mod(l, a, b);
	return fy_lower_where(l, other_sign(l, rest, b), fy_emit2(l, "Add", rest, b), rest);
}

fy_value *fy_lower_trunc_div(fy_lowering *l, fy_value *a, fy_value *b)
{
	fy_value *quotient = fy_emit2(l, "Div", a, b);
	return fy_dtype_is_float(type_of(a)) ? fy_lower_trunc(l, quotient) : quotient;
}

fy_value *fy_lower_fmod(fy_lowering *l, fy_value *a, fy_value *b)
{
	return fy_lower_opset(l) < 10 ? rest_of(l, a, b, fy_lower_trunc_div) : c_mod(l, a, b);
}

fy_value *fy_lower_trunc(fy_lowering *l, fy_value *a)
{
	return fy_emit2(l, "Mul", fy_emit1(l, "Sign", a), fy_emit1(l, "Floor", fy_emit1(l, "Abs", a)));
}

/* ---- the end ------------------------------------------------------------------------------------- */

fy_status fy_lower_finish(fy_lowering *l, fy_node *node, fy_value *value)
{
	fy_lower_result(l, node, 0, fy_lower_cast(l, value, fy_node_result_type(node, 0)->dtype));
	return fy_lower_status(l);
}
