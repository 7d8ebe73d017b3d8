/*
 * Type promotion as PyTorch's result_type: tensors with dims outweigh 0-d tensors, which outweigh numbers,
 * unless the lighter one is of a higher category (bool < integer < float < complex). Knows the calling
 * convention only.
 */
#include "ops/ops_internal.h"

enum { CATEGORY_NONE, CATEGORY_BOOL, CATEGORY_INT, CATEGORY_FLOAT, CATEGORY_COMPLEX };

/* A dtype, or nothing yet. */
typedef struct maybe_dtype {
	bool set;
	fy_dtype dtype;
} maybe_dtype;

static int category(maybe_dtype type)
{
	if (!type.set)
		return CATEGORY_NONE;
	if (fy_dtype_is_complex(type.dtype))
		return CATEGORY_COMPLEX;
	if (fy_dtype_is_float(type.dtype))
		return CATEGORY_FLOAT;
	return type.dtype == FY_BOOL ? CATEGORY_BOOL : CATEGORY_INT;
}

static fy_dtype to_complex(fy_dtype dtype)
{
	return dtype == FY_F64 ? FY_C128 : dtype == FY_F16 ? FY_C32 : FY_C64;
}

/* Types that promote to each other at all: everything but quantized and float8. */
static bool promotes(fy_dtype dtype)
{
	return dtype <= FY_BOOL || dtype == FY_BF16 || (dtype >= FY_U16 && dtype <= FY_U64);
}

/* Smallest integer type that holds both; false where PyTorch has none. */
static bool promote_integers(fy_dtype a, fy_dtype b, fy_dtype *out)
{
	if (a >= FY_U16 || b >= FY_U16)
		return false;
	if ((a == FY_U8 && b == FY_I8) || (a == FY_I8 && b == FY_U8))
		*out = FY_I16;
	else
		*out = a > b ? a : b;
	return true;
}

static fy_dtype promote_floats(fy_dtype a, fy_dtype b)
{
	if (a == FY_F64 || b == FY_F64)
		return FY_F64;
	return FY_F32;
}

static fy_dtype value_type(fy_dtype complex)
{
	return complex == FY_C128 ? FY_F64 : complex == FY_C32 ? FY_F16 : FY_F32;
}

bool fy_promote_types(fy_dtype a, fy_dtype b, fy_dtype *out)
{
	*out = a;
	if (a == b)
		return true;
	if (!promotes(a) || !promotes(b))
		return false;
	int category_a = category((maybe_dtype){ true, a }), category_b = category((maybe_dtype){ true, b });
	if (category_a == CATEGORY_COMPLEX || category_b == CATEGORY_COMPLEX) {
		fy_dtype part_a = category_a == CATEGORY_COMPLEX ? value_type(a) : a;
		fy_dtype part_b = category_b == CATEGORY_COMPLEX ? value_type(b) : b;
		if (!fy_promote_types(part_a, part_b, out))
			return false;
		*out = to_complex(fy_dtype_is_float(*out) ? *out : FY_F32);
		return true;
	}
	if (category_a == CATEGORY_INT && category_b == CATEGORY_INT)
		return promote_integers(a, b, out);
	if (category_a == category_b)
		*out = promote_floats(a, b);
	else
		*out = category_a > category_b ? a : b;
	return true;
}

/* Adds one type to a group of equal weight. */
static bool join(maybe_dtype *group, fy_dtype dtype)
{
	if (!group->set) {
		*group = (maybe_dtype){ true, dtype };
		return true;
	}
	return fy_promote_types(group->dtype, dtype, &group->dtype);
}

/* The heavier group decides, unless the lighter one is of a higher category. */
static bool combine(maybe_dtype heavy, maybe_dtype light, maybe_dtype *out)
{
	*out = heavy;
	if (!light.set)
		return true;
	if (!heavy.set) {
		*out = light;
		return true;
	}
	int heavy_category = category(heavy), light_category = category(light);
	if (heavy_category == CATEGORY_COMPLEX)
		return true;
	if (heavy_category == CATEGORY_FLOAT) {
		if (light_category == CATEGORY_COMPLEX)
			out->dtype = to_complex(heavy.dtype);
		return true;
	}
	if (heavy_category == CATEGORY_BOOL || light_category >= CATEGORY_FLOAT)
		return fy_promote_types(heavy.dtype, light.dtype, &out->dtype);
	return true;
}

/* The type a number weighs in with: PyTorch's default types. */
static fy_dtype number_type(const fy_arg *arg)
{
	switch (arg->kind) {
	case FY_ARG_BOOL:
		return FY_BOOL;
	case FY_ARG_INT:
		return FY_I64;
	case FY_ARG_COMPLEX:
		return FY_C64;
	case FY_ARG_TENSOR:
		return fy_dtype_is_float(arg->t->dtype) ? FY_F32 : arg->t->dtype;
	default:
		return FY_F32;
	}
}

bool fy_call_is_number(const fy_call *call, int index)
{
	const fy_schema_type *type = call->schema->args[index].type;
	while (type->kind == FY_SCHEMA_OPTIONAL)
		type = type->element;
	return type->kind != FY_SCHEMA_TENSOR && call->args[index].kind != FY_ARG_NONE;
}

fy_status fy_call_promote(const fy_call *call, const int indices[], int count, fy_dtype *out)
{
	maybe_dtype dims = { 0 }, zeros = { 0 }, numbers = { 0 }, light, all;
	bool good = true;
	for (int i = 0; i < count && good; i++) {
		const fy_arg *arg = &call->args[indices[i]];
		if (arg->kind == FY_ARG_NONE)
			continue;
		if (fy_call_is_number(call, indices[i]))
			good = join(&numbers, number_type(arg));
		else
			good = join(arg->t->shape.rank > 0 ? &dims : &zeros, arg->t->dtype);
	}
	if (!good || !combine(zeros, numbers, &light) || !combine(dims, light, &all))
		return fy_call_raise(call, "the arguments' types do not promote to a common one");
	FY_ASSERT(all.set);
	*out = all.dtype;
	return FY_OK;
}
