/*
 * Pickled values against declared types. Numbers may be narrower than declared, as some writers leave them;
 * an undefined tensor is None. Types that pickles hold in ways of their own (futures, C++ objects) take
 * anything.
 */
#include "sema/sema_internal.h"

#include <string.h>

static bool all_fit(const fy_btype *type, fy_pvalue *const *items, size_t count, size_t step)
{
	for (size_t i = 0; i < count; i += step)
		if (!fy_value_fits(type, items[i]))
			return false;
	return true;
}

static bool fits_tuple(const fy_btype *type, const fy_pvalue *value)
{
	if (value->kind != FY_P_TUPLE || value->seq.count != (uint32_t)type->count)
		return false;
	for (int i = 0; i < type->count; i++)
		if (!fy_value_fits(type->items[i], value->seq.items[i]))
			return false;
	return true;
}

static bool fits_dict(const fy_btype *type, const fy_pvalue *value)
{
	size_t count = 2 * (size_t)value->dict.count;
	return value->kind == FY_P_DICT && all_fit(type->items[0], value->dict.items, count, 2) &&
	       (count == 0 || all_fit(type->items[1], value->dict.items + 1, count - 1, 2));
}

static bool fits_any_of(const fy_btype *type, const fy_pvalue *value)
{
	for (int i = 0; i < type->count; i++)
		if (fy_value_fits(type->items[i], value))
			return true;
	return false;
}

/* Objects behind an interface are of any class. */
static bool fits_class(const fy_class *class, const fy_pvalue *value)
{
	if (class->custom)
		return true;
	if (value->kind == FY_P_TUPLE)
		return class->base == FY_CLASS_NAMED_TUPLE;
	if (value->kind != FY_P_OBJECT && value->kind != FY_P_ENUM && value->kind != FY_P_REDUCE)
		return false;
	if (class->base == FY_CLASS_INTERFACE || class->base == FY_CLASS_MODULE_INTERFACE)
		return true;
	return value->object->class_name && strcmp(value->object->class_name, class->name) == 0;
}

static bool fits_plain(fy_ts_kind type, fy_pkind value)
{
	switch (type) {
	case FY_TS_TENSOR:
		return value == FY_P_TENSOR || value == FY_P_SPECIAL || value == FY_P_NONE;
	case FY_TS_INT:
		return value == FY_P_INT || value == FY_P_BOOL || value == FY_P_DTYPE;
	case FY_TS_BOOL:
		return value == FY_P_BOOL || value == FY_P_INT;
	case FY_TS_FLOAT:
		return value == FY_P_FLOAT || value == FY_P_INT;
	case FY_TS_COMPLEX:
	case FY_TS_NUMBER:
		return value == FY_P_COMPLEX || value == FY_P_FLOAT || value == FY_P_INT ||
		       value == FY_P_BOOL;
	case FY_TS_STR:
		return value == FY_P_STR;
	case FY_TS_DEVICE:
		return value == FY_P_DEVICE || value == FY_P_STR;
	case FY_TS_NONE:
		return value == FY_P_NONE;
	default:
		return true;
	}
}

bool fy_value_fits(const fy_btype *type, const fy_pvalue *value)
{
	switch (type->kind) {
	case FY_TS_OPTIONAL:
		return value->kind == FY_P_NONE || fy_value_fits(type->items[0], value);
	case FY_TS_UNION:
		return fits_any_of(type, value);
	case FY_TS_LIST:
		return value->kind == FY_P_LIST &&
		       all_fit(type->items[0], value->seq.items, value->seq.count, 1);
	case FY_TS_TUPLE:
		return fits_tuple(type, value);
	case FY_TS_DICT:
		return fits_dict(type, value);
	case FY_TS_NAMED:
		return fits_class(type->class, value);
	default:
		return fits_plain(type->kind, value->kind);
	}
}
