/* Python numbers as arguments of builtins: known ones, and those that depend on data. */
#ifndef FY_EVAL_NUMBERS_H
#define FY_EVAL_NUMBERS_H

#include "eval/eval_internal.h"

static inline bool fy_is_number(fy_ivalue v)
{
	return v.kind == FY_I_BOOL || v.kind == FY_I_INT || v.kind == FY_I_FLOAT || v.kind == FY_I_SYMBOL;
}

static inline fy_dtype fy_number_type(fy_ivalue v)
{
	switch (v.kind) {
	case FY_I_BOOL:
		return FY_BOOL;
	case FY_I_INT:
		return FY_I64;
	case FY_I_FLOAT:
		return FY_F64;
	default:
		return v.symbol->type->dtype;
	}
}

static inline double fy_number_f64(fy_ivalue v)
{
	return v.kind == FY_I_FLOAT ? v.f : v.kind == FY_I_BOOL ? (double)v.b : (double)v.i;
}

static inline int64_t fy_number_i64(fy_ivalue v)
{
	return v.kind == FY_I_BOOL ? v.b : v.i;
}

/* Positional arguments, `count` of them, all numbers. */
bool fy_all_numbers(const fy_args *args, int count);
bool fy_any_symbol(const fy_args *args);
bool fy_any_float(const fy_args *args);

#endif
