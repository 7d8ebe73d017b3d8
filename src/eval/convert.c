/*
 * Conversions at declared places (parameters, returns, annotate, typed assignment) and from tensors to
 * numbers. Scalars never become tensors here. A number read from a tensor whose data are unknown is symbolic:
 * a 0-d SSA value.
 */
#include "eval/eval_internal.h"

static fy_dtype number_dtype(fy_ikind kind, fy_dtype own)
{
	switch (kind) {
	case FY_I_INT:
		return FY_I64;
	case FY_I_FLOAT:
		return FY_F64;
	case FY_I_BOOL:
		return FY_BOOL;
	default:
		return own == FY_BOOL ? FY_BOOL : fy_dtype_is_float(own) ? FY_F64 : FY_I64;
	}
}

static fy_ivalue number_of(fy_dtype dtype, const fy_tensor *tensor)
{
	if (dtype == FY_BOOL)
		return fy_ibool(fy_tensor_get_f64(tensor, 0) != 0);
	if (dtype == FY_I64)
		return fy_iint(fy_tensor_get_i64(tensor, 0));
	return fy_ifloat(fy_tensor_get_f64(tensor, 0));
}

/* A cast to the type of a Python number; to bool it is "not zero". */
static fy_status cast_symbol(fy_eval *ev, fy_value *value, fy_dtype dtype, fy_ivalue *out)
{
	fy_type type = fy_type_scalar(dtype);
	fy_arg args[5] = { fy_arg_value(value), fy_arg_int(dtype), fy_arg_bool(false), fy_arg_bool(false),
			   fy_arg_none() };

	if (!value)
		return FY_UNSUPPORTED;
	if (value->type->dtype != dtype) {
		if (dtype == FY_BOOL)
			value = fy_eval_record(ev, "aten::ne.Scalar", (fy_arg[]){ args[0], fy_arg_int(0) }, 2,
					       &type);
		else
			value = fy_eval_record(ev, "aten::to.dtype", args, 5, &type);
	}
	*out = fy_isymbol(value);
	return FY_OK;
}

static fy_status tensor_to_number(fy_eval *ev, fy_var *var, fy_ikind kind, fy_ivalue *out)
{
	fy_tensor *tensor = fy_var_tensor(ev, var);
	fy_dtype dtype = number_dtype(kind, tensor->dtype);
	int64_t numel = fy_tensor_numel(tensor);
	fy_value *value;

	if (numel != 1 && numel >= 0)
		return fy_eval_raise(ev, "a tensor with %" PRId64 " elements cannot be converted to a number",
				     numel);
	if (fy_dtype_is_complex(tensor->dtype))
		return fy_eval_error(ev, FY_UNSUPPORTED, "complex",
				     "a complex tensor cannot be read as a number");
	if (tensor->storage) {
		*out = number_of(dtype, tensor);
		return FY_OK;
	}
	value = fy_var_value(ev, var);
	if (value && tensor->shape.rank > 0) {
		fy_type type = fy_type_tensor(tensor->dtype, &(fy_shape){ 0 });

		value = fy_eval_record(ev, "aten::reshape",
				       (fy_arg[]){ fy_arg_value(value), fy_arg_ints(ev->arena, NULL, 0) }, 2,
				       &type);
	}
	return cast_symbol(ev, value, dtype, out);
}

fy_status fy_eval_to_number(fy_eval *ev, fy_ivalue value, fy_ikind kind, fy_ivalue *out)
{
	double f = 0;

	*out = value;
	switch (value.kind) {
	case FY_I_TENSOR:
		return tensor_to_number(ev, value.t, kind, out);
	case FY_I_SYMBOL:
		return cast_symbol(ev, value.symbol, number_dtype(kind, value.symbol->type->dtype), out);
	case FY_I_BOOL:
		f = value.b;
		break;
	case FY_I_INT:
		if (kind == FY_I_INT)
			return FY_OK;
		f = (double)value.i;
		break;
	case FY_I_FLOAT:
		f = value.f;
		break;
	case FY_I_POISON:
		return fy_eval_poisoned(ev, value.poison);
	default:
		return fy_eval_error(ev, FY_MALFORMED, "type", "%s where a number is needed",
				     fy_ikind_name(value));
	}
	if (kind == FY_I_BOOL)
		*out = fy_ibool(f != 0);
	else if (kind == FY_I_FLOAT)
		*out = fy_ifloat(f);
	else if (kind == FY_I_INT) {
		if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0))
			return fy_eval_raise(ev, "cannot convert float %g to an integer", f);
		*out = fy_iint((int64_t)f);
	}
	return FY_OK;
}

fy_status fy_eval_condition(fy_eval *ev, fy_ivalue value, bool *known, fy_value **symbol)
{
	fy_ivalue number;

	*symbol = NULL;
	if (value.kind == FY_I_LIST || value.kind == FY_I_DICT || value.kind == FY_I_STR ||
	    value.kind == FY_I_NONE || value.kind == FY_I_UNINITIALIZED)
		return fy_eval_error(ev, FY_MALFORMED, "type", "a condition is a %s, not a bool",
				     fy_ikind_name(value));
	FY_TRY(fy_eval_to_number(ev, value, FY_I_BOOL, &number));
	if (number.kind == FY_I_SYMBOL)
		*symbol = number.symbol;
	else
		*known = number.b;
	return FY_OK;
}

static fy_status convert_list(fy_eval *ev, const fy_btype *type, fy_ivalue *value)
{
	const fy_btype *element = type->items[0];

	if (value->kind == FY_I_TUPLE) { /* a homogeneous tuple may stand for a list */
		fy_iseq *list;
		fy_ivalue made = fy_iseq_new(ev, FY_I_LIST, &list, value->seq->count);

		for (int64_t i = 0; i < value->seq->count; i++)
			fy_iseq_push(list, fy_iref(value->seq->items[i]));
		fy_iunref(*value);
		*value = made;
	}
	if (value->kind == FY_I_LIST && value->seq->element == FY_TS_ANY)
		value->seq->element = element->kind;
	return FY_OK;
}

static fy_status convert_number(fy_eval *ev, fy_ikind kind, fy_ivalue *value)
{
	fy_ivalue old = *value;
	fy_status status;

	if (old.kind == kind || old.kind == FY_I_NONE || old.kind == FY_I_UNINITIALIZED ||
	    old.kind == FY_I_POISON || old.kind == FY_I_COMPLEX)
		return FY_OK;
	if (kind == FY_I_NONE && (old.kind == FY_I_INT || old.kind == FY_I_FLOAT))
		return FY_OK;
	if (kind == FY_I_NONE && old.kind == FY_I_BOOL)
		kind = FY_I_INT;
	status = fy_eval_to_number(ev, old, kind, value);
	if (status == FY_OK)
		fy_iunref(old);
	else
		*value = old;
	return status;
}

fy_status fy_eval_convert(fy_eval *ev, const fy_btype *type, fy_ivalue *value)
{
	if (!type)
		return FY_OK;
	switch (type->kind) {
	case FY_TS_INT:
		return convert_number(ev, FY_I_INT, value);
	case FY_TS_FLOAT:
		return convert_number(ev, FY_I_FLOAT, value);
	case FY_TS_BOOL:
		return convert_number(ev, FY_I_BOOL, value);
	case FY_TS_NUMBER:
		return convert_number(ev, FY_I_NONE, value);
	case FY_TS_OPTIONAL:
		return value->kind == FY_I_NONE ? FY_OK : fy_eval_convert(ev, type->items[0], value);
	case FY_TS_LIST:
		return convert_list(ev, type, value);
	case FY_TS_TUPLE:
		if (value->kind == FY_I_TUPLE && value->seq->count == type->count)
			for (int i = 0; i < type->count; i++)
				FY_TRY(fy_eval_convert(ev, type->items[i], &value->seq->items[i]));
		return FY_OK;
	case FY_TS_DEVICE:
		if (value->kind == FY_I_STR)
			value->kind = FY_I_DEVICE;
		return FY_OK;
	default:
		return FY_OK;
	}
}

static bool list_is_of(const fy_btype *element, const fy_iseq *seq)
{
	if (seq->count == 0)
		return seq->element == FY_TS_ANY || seq->element == element->kind ||
		       element->kind == FY_TS_ANY;
	return fy_eval_is_instance(element, seq->items[0]);
}

bool fy_eval_is_instance(const fy_btype *type, fy_ivalue value)
{
	switch (type->kind) {
	case FY_TS_TENSOR:
		return value.kind == FY_I_TENSOR;
	case FY_TS_INT:
		return value.kind == FY_I_INT ||
		       (value.kind == FY_I_SYMBOL && value.symbol->type->dtype == FY_I64);
	case FY_TS_FLOAT:
		return value.kind == FY_I_FLOAT ||
		       (value.kind == FY_I_SYMBOL && value.symbol->type->dtype == FY_F64);
	case FY_TS_BOOL:
		return value.kind == FY_I_BOOL ||
		       (value.kind == FY_I_SYMBOL && value.symbol->type->dtype == FY_BOOL);
	case FY_TS_COMPLEX:
		return value.kind == FY_I_COMPLEX;
	case FY_TS_NUMBER:
		return value.kind == FY_I_INT || value.kind == FY_I_FLOAT || value.kind == FY_I_COMPLEX ||
		       (value.kind == FY_I_SYMBOL && value.symbol->type->dtype != FY_BOOL);
	case FY_TS_STR:
		return value.kind == FY_I_STR;
	case FY_TS_NONE:
		return value.kind == FY_I_NONE;
	case FY_TS_ANY:
		return true;
	case FY_TS_DEVICE:
		return value.kind == FY_I_DEVICE;
	case FY_TS_ANY_LIST:
		return value.kind == FY_I_LIST;
	case FY_TS_ANY_TUPLE:
		return value.kind == FY_I_TUPLE;
	case FY_TS_OPTIONAL:
		return value.kind == FY_I_NONE || fy_eval_is_instance(type->items[0], value);
	case FY_TS_UNION:
		for (int i = 0; i < type->count; i++)
			if (fy_eval_is_instance(type->items[i], value))
				return true;
		return false;
	case FY_TS_LIST:
		return value.kind == FY_I_LIST && list_is_of(type->items[0], value.seq);
	case FY_TS_DICT:
		return value.kind == FY_I_DICT &&
		       (value.dict->count == 0 ||
			(fy_eval_is_instance(type->items[0], value.dict->items[0].key) &&
			 fy_eval_is_instance(type->items[1], value.dict->items[0].value)));
	case FY_TS_TUPLE:
		if (value.kind != FY_I_TUPLE || value.seq->count != type->count)
			return false;
		for (int i = 0; i < type->count; i++)
			if (!fy_eval_is_instance(type->items[i], value.seq->items[i]))
				return false;
		return true;
	case FY_TS_NAMED:
		if (value.kind == FY_I_OBJECT)
			return value.object->class == type->class;
		if (value.kind == FY_I_ENUM)
			return value.member->class == type->class;
		return value.kind == FY_I_TUPLE && value.seq->class && value.seq->class == type->class;
	default:
		return false;
	}
}
