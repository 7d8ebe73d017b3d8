/*
 * Types of values and the making of arguments. An argument here is a plain value: deep copies into a graph,
 * with their use lists, are the business of edit.c.
 */
#include "ir/ir.h"

fy_type fy_type_of(const fy_tensor *tensor)
{
	return fy_type_tensor(tensor->dtype, &tensor->shape);
}

fy_type fy_type_tensor(fy_dtype dtype, const fy_shape *shape)
{
	fy_type type = { .kind = FY_TYPE_TENSOR, .dtype = dtype };

	if (shape) {
		type.has_shape = true;
		type.shape = *shape;
	}
	return type;
}

fy_type fy_type_scalar(fy_dtype dtype)
{
	return (fy_type){ .kind = FY_TYPE_SCALAR, .dtype = dtype, .has_shape = true };
}

bool fy_type_eq(const fy_type *a, const fy_type *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == FY_TYPE_OPAQUE)
		return true;
	if (a->dtype != b->dtype || a->has_shape != b->has_shape || !a->element != !b->element)
		return false;
	if (a->element && a->element != b->element && !fy_type_eq(a->element, b->element))
		return false;
	return !a->has_shape || fy_shape_eq(&a->shape, &b->shape);
}

bool fy_type_is_tensor(const fy_type *type)
{
	return type->kind == FY_TYPE_TENSOR || type->kind == FY_TYPE_SCALAR;
}

fy_arg fy_arg_none(void)
{
	return (fy_arg){ .kind = FY_ARG_NONE };
}

fy_arg fy_arg_bool(bool b)
{
	return (fy_arg){ .kind = FY_ARG_BOOL, .b = b };
}

fy_arg fy_arg_int(int64_t i)
{
	return (fy_arg){ .kind = FY_ARG_INT, .i = i };
}

fy_arg fy_arg_float(double f)
{
	return (fy_arg){ .kind = FY_ARG_FLOAT, .f = f };
}

fy_arg fy_arg_str(const char *text)
{
	return (fy_arg){ .kind = FY_ARG_STR, .s = fy_str_of(text) };
}

fy_arg fy_arg_tensor(fy_tensor *t)
{
	return (fy_arg){ .kind = FY_ARG_TENSOR, .t = t };
}

fy_arg fy_arg_value(fy_value *v)
{
	return (fy_arg){ .kind = FY_ARG_VALUE, .v = v };
}

fy_arg fy_arg_list(fy_arg *items, int count)
{
	return (fy_arg){ .kind = FY_ARG_LIST, .list = { items, count } };
}

fy_arg fy_arg_ints(fy_arena *arena, const int64_t *values, int count)
{
	fy_arg *items = FY_NEW_ARRAY(arena, fy_arg, count);

	for (int i = 0; i < count; i++)
		items[i] = fy_arg_int(values[i]);
	return fy_arg_list(items, count);
}
