/*
 * Reading the arguments of a call: kinds, numbers that must be known, lists that may be written as one
 * number, and dimensions counted from the end. Every failure is said here, naming operator, argument and
 * source line. Knows no operator.
 */
#include "ops/ops_internal.h"

#include <string.h>

static const fy_arg *get(const fy_call *call, int index)
{
	FY_ASSERT(index >= 0 && index < call->arg_count);
	return &call->args[index];
}

static const char *arg_name(const fy_call *call, int index)
{
	return index < call->schema->arg_count ? call->schema->args[index].name : "?";
}

/* ---- failures --------------------------------------------------------------------------------- */

static fy_status fail(const fy_call *call, fy_status status, const char *id, const char *format, va_list args)
{
	fy_buf text = { 0 };
	fy_buf_vprintf(&text, format, args);
	fy_error(call->diags, status, id, &call->place, "%s: %s", call->schema->full, fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

fy_status fy_call_raise(const fy_call *call, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fy_status status = fail(call, FY_USAGE, "op-raises", format, args);
	va_end(args);
	return status;
}

fy_status fy_call_unsupported(const fy_call *call, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fy_status status = fail(call, FY_UNSUPPORTED, "op-unsupported", format, args);
	va_end(args);
	return status;
}

static fy_status needs_known(const fy_call *call, int index)
{
	return fy_error(call->diags, FY_UNSUPPORTED, "needs-known-value", &call->place,
			"%s: argument '%s' depends on data, but needs a known value here", call->schema->full,
			arg_name(call, index));
}

/* ---- kinds: what operators may rely on -------------------------------------------------------- */

static bool is_number(const fy_arg *arg)
{
	if (arg->kind == FY_ARG_TENSOR)
		return arg->t->shape.rank == 0;
	return arg->kind == FY_ARG_INT || arg->kind == FY_ARG_FLOAT || arg->kind == FY_ARG_BOOL ||
	       arg->kind == FY_ARG_COMPLEX;
}

static bool fits(const fy_arg *arg, const fy_schema_type *type)
{
	switch (type->kind) {
	case FY_SCHEMA_TENSOR:
		return arg->kind == FY_ARG_TENSOR;
	case FY_SCHEMA_INT:
	case FY_SCHEMA_BOOL:
		return is_number(arg) && arg->kind != FY_ARG_FLOAT && arg->kind != FY_ARG_COMPLEX;
	case FY_SCHEMA_FLOAT:
	case FY_SCHEMA_NUMBER:
		return is_number(arg);
	case FY_SCHEMA_STR:
		return arg->kind == FY_ARG_STR;
	case FY_SCHEMA_OPTIONAL:
		return arg->kind == FY_ARG_NONE || fits(arg, type->element);
	case FY_SCHEMA_LIST:
		if (arg->kind != FY_ARG_LIST)
			return type->size > 0 && fits(arg, type->element);
		for (int i = 0; i < arg->list.count; i++)
			if (!fits(&arg->list.items[i], type->element))
				return false;
		return true;
	default:
		return true;
	}
}

fy_status fy_call_check_kinds(const fy_call *call)
{
	for (int i = 0; i < call->arg_count; i++)
		if (!fits(&call->args[i], call->schema->args[i].type))
			return fy_call_raise(call, "argument '%s' is not what the schema says",
					     arg_name(call, i));
	return FY_OK;
}

/* ---- tensors ---------------------------------------------------------------------------------- */

const fy_tensor *fy_call_tensor(const fy_call *call, int index)
{
	const fy_arg *arg = get(call, index);
	if (arg->kind != FY_ARG_TENSOR)
		FY_BUG("%s: argument %d is not a tensor", call->schema->full, index);
	return arg->t;
}

const fy_tensor *fy_call_opt_tensor(const fy_call *call, int index)
{
	return fy_call_is_none(call, index) ? NULL : fy_call_tensor(call, index);
}

const fy_tensor *fy_call_item(const fy_call *call, int index, int item)
{
	if (item < 0)
		return fy_call_tensor(call, index);
	const fy_arg *arg = get(call, index);
	FY_ASSERT(arg->kind == FY_ARG_LIST && item < arg->list.count);
	FY_ASSERT(arg->list.items[item].kind == FY_ARG_TENSOR);
	return arg->list.items[item].t;
}

int fy_call_find(const fy_call *call, const char *name)
{
	for (int i = 0; i < call->schema->arg_count; i++)
		if (strcmp(call->schema->args[i].name, name) == 0)
			return i;
	return -1;
}

bool fy_call_is_none(const fy_call *call, int index)
{
	return get(call, index)->kind == FY_ARG_NONE;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static bool int_known(const fy_arg *arg, int64_t *out)
{
	switch (arg->kind) {
	case FY_ARG_INT:
		*out = arg->i;
		return true;
	case FY_ARG_BOOL:
		*out = arg->b;
		return true;
	case FY_ARG_TENSOR:
		if (!fy_tensor_has_data(arg->t) || fy_tensor_numel(arg->t) != 1)
			return false;
		*out = fy_tensor_get_i64(arg->t, 0);
		return true;
	default:
		return false;
	}
}

static bool is_symbolic(const fy_arg *arg)
{
	return arg->kind == FY_ARG_TENSOR && !fy_tensor_has_data(arg->t);
}

bool fy_call_int_known(const fy_call *call, int index, int64_t *out)
{
	return int_known(get(call, index), out);
}

fy_status fy_call_int(const fy_call *call, int index, int64_t *out)
{
	const fy_arg *arg = get(call, index);
	if (int_known(arg, out))
		return FY_OK;
	if (is_symbolic(arg))
		return needs_known(call, index);
	return fy_call_raise(call, "argument '%s' must be an int", arg_name(call, index));
}

fy_status fy_call_f64(const fy_call *call, int index, double *out)
{
	const fy_arg *arg = get(call, index);
	int64_t i;
	if (arg->kind == FY_ARG_FLOAT) {
		*out = arg->f;
		return FY_OK;
	}
	if (arg->kind == FY_ARG_TENSOR && fy_tensor_has_data(arg->t) && fy_tensor_numel(arg->t) == 1) {
		*out = fy_tensor_get_f64(arg->t, 0);
		return FY_OK;
	}
	if (int_known(arg, &i)) {
		*out = (double)i;
		return FY_OK;
	}
	if (is_symbolic(arg))
		return needs_known(call, index);
	if (arg->kind == FY_ARG_COMPLEX)
		return fy_call_unsupported(call, "argument '%s' is complex", arg_name(call, index));
	return fy_call_raise(call, "argument '%s' must be a number", arg_name(call, index));
}

fy_status fy_call_bool(const fy_call *call, int index, bool *out)
{
	int64_t i;
	FY_TRY(fy_call_int(call, index, &i));
	*out = i != 0;
	return FY_OK;
}

/* ---- lists and dims --------------------------------------------------------------------------- */

static fy_status list_length(const fy_call *call, int index, int got, int expect)
{
	return fy_call_raise(call, "argument '%s' has %d values, expected %d", arg_name(call, index), got,
			     expect);
}

fy_status fy_call_ints(const fy_call *call, int index, int64_t *out, int expect, int *count)
{
	const fy_arg *arg = get(call, index);
	const fy_arg *items = arg->kind == FY_ARG_LIST ? arg->list.items : arg;
	int given = arg->kind == FY_ARG_LIST ? arg->list.count : 1;
	int total = expect > 0 ? expect : given;
	if (given > FY_MAX_RANK * 2)
		return fy_call_unsupported(call, "argument '%s' has %d values", arg_name(call, index), given);
	if (given != total && given != 1)
		return list_length(call, index, given, expect);
	for (int i = 0; i < total; i++) {
		const fy_arg *item = &items[given == 1 ? 0 : i];
		if (int_known(item, &out[i]))
			continue;
		if (is_symbolic(item))
			return needs_known(call, index);
		return fy_call_raise(call, "argument '%s' must hold ints", arg_name(call, index));
	}
	if (count != NULL)
		*count = total;
	return FY_OK;
}

static fy_status wrap_dim(const fy_call *call, int64_t dim, int rank, int *out)
{
	int span = rank == 0 ? 1 : rank;
	*out = 0;
	if (dim < -span || dim >= span)
		return fy_call_raise(call, "dimension %" PRId64 " is out of range for a tensor of rank %d",
				     dim, rank);
	*out = (int)(dim < 0 ? dim + span : dim);
	return FY_OK;
}

fy_status fy_call_dim(const fy_call *call, int index, int rank, int *out)
{
	int64_t dim;
	FY_TRY(fy_call_int(call, index, &dim));
	return wrap_dim(call, dim, rank, out);
}

fy_status fy_call_dim_mask(const fy_call *call, int index, int rank, bool empty_is_all, uint32_t *out)
{
	uint32_t all = rank == 0 ? 1u : (1u << rank) - 1;
	int64_t dims[FY_MAX_RANK * 2];
	int count = 0;
	if (!fy_call_is_none(call, index))
		FY_TRY(fy_call_ints(call, index, dims, 0, &count));
	*out = 0;
	if (count == 0 && (empty_is_all || fy_call_is_none(call, index)))
		*out = all;
	for (int i = 0; i < count; i++) {
		int dim;
		FY_TRY(wrap_dim(call, dims[i], rank, &dim));
		if (*out & (1u << dim))
			return fy_call_raise(call, "dimension %d appears twice in '%s'", dim,
					     arg_name(call, index));
		*out |= 1u << dim;
	}
	return FY_OK;
}

fy_status fy_call_dtype(const fy_call *call, int index, fy_dtype fallback, fy_dtype *out)
{
	*out = fallback;
	if (fy_call_is_none(call, index))
		return FY_OK;
	int64_t number;
	FY_TRY(fy_call_int(call, index, &number));
	if (!fy_dtype_known(number))
		return fy_call_raise(call, "%" PRId64 " is not a dtype", number);
	*out = (fy_dtype)number;
	return FY_OK;
}

fy_dim fy_call_new_symbol(const fy_call *call)
{
	FY_ASSERT(call->next_symbol != NULL);
	return fy_dim_symbol((*call->next_symbol)++);
}
