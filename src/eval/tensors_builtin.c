/*
 * What programs ask of tensors without touching their data: sizes, types, devices; and tensors made from
 * numbers. A size that depends on data is a symbolic number tied to a node.
 */
#include "eval/eval_internal.h"

#include <string.h>

static bool is_tensor(const fy_args *args, int i)
{
	return args->count > i && args->items[i].kind == FY_I_TENSOR;
}

/* Element count or dimension `dim` of a tensor: known, or recorded as `full`. */
static fy_status size_number(fy_eval *ev, fy_var *var, const char *full, int64_t known, int dim,
			     fy_ivalue *out)
{
	fy_type type = fy_type_scalar(FY_I64);
	fy_value *value;
	fy_arg args[2];

	*out = fy_iint(known);
	if (known >= 0)
		return FY_OK;
	value = fy_var_value(ev, var);
	if (!value)
		return FY_UNSUPPORTED;
	args[0] = fy_arg_value(value);
	args[1] = fy_arg_int(dim);
	*out = fy_isymbol(fy_eval_record(ev, full, args, dim < 0 ? 1 : 2, &type));
	return FY_OK;
}

static fy_status do_size(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_shape *shape;
	fy_ivalue dim;

	if (!is_tensor(args, 0) || args->count > 2)
		return FY_OK;
	*handled = true;
	shape = &args->items[0].t->tensor->shape;
	if (args->count == 2) {
		FY_TRY(fy_eval_to_number(ev, args->items[1], FY_I_INT, &dim));
		if (dim.kind != FY_I_INT || dim.i < -shape->rank || dim.i >= shape->rank)
			return fy_eval_raise(ev, "dimension out of range of a tensor of rank %d",
					     shape->rank);
		dim.i += dim.i < 0 ? shape->rank : 0;
		return size_number(ev, args->items[0].t, "aten::size.int", shape->dims[dim.i], (int)dim.i,
				   out);
	}
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, shape->rank);
	out->seq->element = FY_TS_INT;
	for (int d = 0; d < shape->rank; d++) {
		fy_ivalue item;

		FY_TRY(size_number(ev, args->items[0].t, "aten::size.int", shape->dims[d], d, &item));
		fy_iseq_push(out->seq, item);
	}
	return FY_OK;
}

static fy_status do_len(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_shape *shape;

	if (!is_tensor(args, 0) || args->count != 1)
		return FY_OK;
	*handled = true;
	shape = &args->items[0].t->tensor->shape;
	if (shape->rank == 0)
		return fy_eval_raise(ev, "len() of a 0-d tensor");
	return size_number(ev, args->items[0].t, "aten::size.int", shape->dims[0], 0, out);
}

static fy_status do_numel(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	return size_number(ev, args->items[0].t, "aten::numel", fy_tensor_numel(args->items[0].t->tensor), -1,
			   out);
}

static fy_status do_dim(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint(args->items[0].t->tensor->shape.rank);
	return FY_OK;
}

static fy_status do_stride(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_tensor *t;

	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	t = args->items[0].t->tensor;
	for (int d = 0; d < t->shape.rank; d++)
		if (t->strides[d] == FY_STRIDE_UNKNOWN)
			return fy_eval_error(ev, FY_UNSUPPORTED, "stride-data",
					     "strides that depend on data are asked for");
	if (args->count == 2 && args->items[1].kind == FY_I_INT) {
		int64_t d = args->items[1].i < 0 ? args->items[1].i + t->shape.rank : args->items[1].i;

		if (d < 0 || d >= t->shape.rank)
			return fy_eval_raise(ev, "dimension out of range of a tensor of rank %d",
					     t->shape.rank);
		*out = fy_iint(t->strides[d]);
		return FY_OK;
	}
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, t->shape.rank);
	for (int d = 0; d < t->shape.rank; d++)
		fy_iseq_push(out->seq, fy_iint(t->strides[d]));
	return FY_OK;
}

static fy_status do_is_contiguous(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(fy_tensor_is_contiguous(args->items[0].t->tensor));
	return FY_OK;
}

static fy_status do_storage_offset(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint(args->items[0].t->tensor->offset);
	return FY_OK;
}

static fy_status answer(const fy_args *args, bool yes, fy_ivalue *out, bool *handled)
{
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(yes);
	return FY_OK;
}

static fy_status do_is_floating(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	return answer(args, is_tensor(args, 0) && fy_dtype_is_float(args->items[0].t->tensor->dtype), out,
		      handled);
}

static fy_status do_is_complex(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	return answer(args, is_tensor(args, 0) && fy_dtype_is_complex(args->items[0].t->tensor->dtype), out,
		      handled);
}

/* Gradients, other devices and other layouts do not exist here. */
static fy_status do_false(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	return answer(args, false, out, handled);
}

static fy_status do_true(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	return answer(args, true, out, handled);
}

static fy_status do_device(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (args->count == 1 && args->items[0].kind == FY_I_STR)
		*out = fy_istring(args->items[0].s->data, args->items[0].s->len);
	else if (is_tensor(args, 0) || (args->count >= 1 && args->items[0].kind == FY_I_STR))
		*out = fy_istring("cpu", 3);
	else
		return FY_OK;
	*handled = true;
	out->kind = FY_I_DEVICE;
	return FY_OK;
}

static fy_status do_device_type(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const char *colon;

	(void)ev;
	if (args->count != 1 || args->items[0].kind != FY_I_DEVICE)
		return FY_OK;
	*handled = true;
	colon = memchr(args->items[0].s->data, ':', args->items[0].s->len);
	*out = fy_istring(args->items[0].s->data,
			  colon ? (size_t)(colon - args->items[0].s->data) : args->items[0].s->len);
	return FY_OK;
}

static fy_status do_device_index(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const char *colon;
	int64_t index;

	(void)ev;
	if (args->count != 1 || args->items[0].kind != FY_I_DEVICE)
		return FY_OK;
	*handled = true;
	colon = memchr(args->items[0].s->data, ':', args->items[0].s->len);
	*out = colon && fy_parse_i64(colon + 1, &index) ? fy_iint(index) : fy_inone();
	return FY_OK;
}

static fy_status do_dtype(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint(args->items[0].t->tensor->dtype);
	return FY_OK;
}

static fy_status do_layout(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint(0); /* strided */
	return FY_OK;
}

static fy_status do_itemsize(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint((int64_t)fy_dtype_size(args->items[0].t->tensor->dtype));
	return FY_OK;
}

static fy_status do_self(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

static fy_status do_none(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_inone();
	return FY_OK;
}

static fy_status do_numpy_T(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (!is_tensor(args, 0))
		return FY_OK;
	*handled = true;
	return fy_eval_operator(ev, "aten::numpy_T", fy_schemas_of("aten::numpy_T"), args->items, 1, NULL,
				NULL, 0, out);
}

/* ---- tensors from numbers
 * -------------------------------------------------------------------------------------------- */

/* A symbolic number is a 0-d value already: only its type may have to change. */
static fy_status from_symbol(fy_eval *ev, fy_value *value, fy_dtype dtype, fy_ivalue *out)
{
	fy_type type = fy_type_tensor(dtype, &(fy_shape){ 0 });

	if (value->type->dtype != dtype) {
		fy_arg args[] = { fy_arg_value(value), fy_arg_int(dtype) };

		value = fy_eval_record(ev, "aten::to.dtype", args, 2, &type);
	}
	*out = fy_itensor(fy_var_symbolic(ev, fy_tensor_meta(dtype, &type.shape), value));
	return FY_OK;
}

static fy_dtype own_dtype(fy_ivalue v, bool exact)
{
	switch (v.kind) {
	case FY_I_BOOL:
		return FY_BOOL;
	case FY_I_FLOAT:
		return exact ? FY_F64 : FY_F32;
	case FY_I_COMPLEX:
		return exact ? FY_C128 : FY_C64;
	case FY_I_SYMBOL:
		return v.symbol->type->dtype == FY_F64 && !exact ? FY_F32 : v.symbol->type->dtype;
	case FY_I_LIST:
		return v.seq->count ? own_dtype(v.seq->items[0], exact)
				    : (v.seq->element == FY_TS_INT    ? FY_I64
				       : v.seq->element == FY_TS_BOOL ? FY_BOOL
								      : FY_F32);
	default:
		return FY_I64;
	}
}

static bool is_number(fy_ivalue v)
{
	return v.kind == FY_I_BOOL || v.kind == FY_I_INT || v.kind == FY_I_FLOAT || v.kind == FY_I_SYMBOL;
}

static fy_status number_tensor(fy_eval *ev, fy_ivalue v, fy_dtype dtype, fy_ivalue *out)
{
	fy_tensor *tensor;

	if (v.kind == FY_I_SYMBOL)
		return from_symbol(ev, v.symbol, dtype, out);
	if (v.kind == FY_I_FLOAT)
		tensor = fy_tensor_scalar_f64(dtype, v.f);
	else
		tensor = fy_tensor_scalar_i64(dtype, v.kind == FY_I_BOOL ? v.b : v.i);
	*out = fy_itensor(fy_var_new(ev, tensor));
	return FY_OK;
}

/* prim::NumToTensor: a 0-d int64, float64 or bool tensor. */
static fy_status do_num_to_tensor(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1 || !is_number(args->items[0]))
		return FY_OK;
	*handled = true;
	return number_tensor(ev, args->items[0], own_dtype(args->items[0], true), out);
}

/* The shape of nested lists; false when they are ragged or too deep. */
static bool nested_shape(fy_ivalue v, fy_shape *shape, int depth)
{
	if (v.kind != FY_I_LIST && v.kind != FY_I_TUPLE)
		return depth == shape->rank;
	if (depth == FY_MAX_RANK)
		return false;
	if (depth == shape->rank)
		shape->dims[shape->rank++] = v.seq->count;
	if (shape->dims[depth] != v.seq->count)
		return false;
	for (int64_t i = 0; i < v.seq->count; i++)
		if (!nested_shape(v.seq->items[i], shape, depth + 1))
			return false;
	return true;
}

/* Are all leaves numbers, at the one depth that the shape has? */
static bool regular(fy_ivalue v, int rank, int depth)
{
	if (v.kind != FY_I_LIST && v.kind != FY_I_TUPLE)
		return depth == rank && (is_number(v) || v.kind == FY_I_TENSOR);
	for (int64_t i = 0; i < v.seq->count; i++)
		if (!regular(v.seq->items[i], rank, depth + 1))
			return false;
	return true;
}

static bool any_symbol(fy_ivalue v)
{
	if (v.kind != FY_I_LIST && v.kind != FY_I_TUPLE)
		return v.kind == FY_I_SYMBOL || v.kind == FY_I_TENSOR;
	for (int64_t i = 0; i < v.seq->count; i++)
		if (any_symbol(v.seq->items[i]))
			return true;
	return false;
}

static void fill(fy_ivalue v, fy_tensor *tensor, int64_t *at)
{
	if (v.kind == FY_I_LIST || v.kind == FY_I_TUPLE) {
		for (int64_t i = 0; i < v.seq->count; i++)
			fill(v.seq->items[i], tensor, at);
		return;
	}
	if (v.kind == FY_I_FLOAT)
		fy_tensor_set_f64(tensor, *at, v.f);
	else
		fy_tensor_set_i64(tensor, *at, v.kind == FY_I_BOOL ? v.b : v.i);
	++*at;
}

/* A list with symbolic numbers: 0-d tensors, stacked. */
static fy_status stacked(fy_eval *ev, fy_ivalue v, fy_dtype dtype, fy_ivalue *out)
{
	fy_ivalue args[2] = { fy_iseq_new(ev, FY_I_LIST, NULL, v.seq->count), fy_iint(0) };
	fy_status status = FY_OK;

	for (int64_t i = 0; i < v.seq->count && status == FY_OK; i++) {
		fy_ivalue item = v.seq->items[i], made;

		if (item.kind == FY_I_LIST)
			status = stacked(ev, item, dtype, &made);
		else if (item.kind == FY_I_TENSOR)
			status = fy_eval_tensor_op(ev, "aten::to.dtype",
						   (fy_ivalue[]){ item, fy_iint(dtype) }, 2, &made);
		else
			status = number_tensor(ev, item, dtype, &made);
		if (status == FY_OK)
			fy_iseq_push(args[0].seq, made);
	}
	if (status == FY_OK)
		status = fy_eval_tensor_op(ev, "aten::stack", args, 2, out);
	fy_iunref(args[0]);
	return status;
}

/* torch.tensor(data, dtype, device), as_tensor, scalar_tensor. */
static fy_status do_tensor(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_ivalue *data = fy_args_get(args, 0, "data"), *type = fy_args_get(args, 1, "dtype");
	fy_shape shape = { 0 };
	fy_tensor *tensor;
	fy_dtype dtype;
	int64_t at = 0;

	if (!data || (!is_number(*data) && data->kind != FY_I_LIST))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_eval_bounded(ev, *data));
	dtype = own_dtype(*data, false);
	if (type && type->kind == FY_I_INT && fy_dtype_known(type->i))
		dtype = (fy_dtype)type->i;
	if (is_number(*data))
		return number_tensor(ev, *data, dtype, out);
	if (!nested_shape(*data, &shape, 0) || !regular(*data, shape.rank, 0))
		return fy_eval_raise(
			ev, "a ragged list, or one that does not hold numbers, cannot become a tensor");
	if (any_symbol(*data))
		return stacked(ev, *data, dtype, out);
	tensor = fy_tensor_new(dtype, &shape, true);
	if (!tensor)
		return fy_eval_error(ev, FY_IO, "out-of-memory", "no memory for a tensor");
	fill(*data, tensor, &at);
	*out = fy_itensor(fy_var_new(ev, tensor));
	return FY_OK;
}

/* scalar_tensor's default type is float32, whatever the number. */
static fy_status do_scalar_tensor(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const fy_ivalue *type = fy_args_get(args, 1, "dtype");

	if (args->count < 1 || !is_number(args->items[0]))
		return FY_OK;
	*handled = true;
	return number_tensor(
		ev, args->items[0],
		type && type->kind == FY_I_INT && fy_dtype_known(type->i) ? (fy_dtype)type->i : FY_F32, out);
}

const fy_builtin fy_builtins_tensor[] = {
	{ "aten::size", do_size },
	{ "prim::shape", do_size },
	{ "aten::len", do_len },
	{ "aten::numel", do_numel },
	{ "aten::dim", do_dim },
	{ "prim::ndim", do_dim },
	{ "aten::stride", do_stride },
	{ "aten::is_contiguous", do_is_contiguous },
	{ "aten::storage_offset", do_storage_offset },
	{ "aten::is_floating_point", do_is_floating },
	{ "aten::is_complex", do_is_complex },
	{ "prim::is_cuda", do_false },
	{ "prim::is_cpu", do_true },
	{ "prim::is_xpu", do_false },
	{ "prim::is_sparse", do_false },
	{ "prim::is_sparse_csr", do_false },
	{ "prim::is_mkldnn", do_false },
	{ "prim::is_mps", do_false },
	{ "prim::is_vulkan", do_false },
	{ "prim::is_quantized", do_false },
	{ "prim::is_meta", do_false },
	{ "prim::is_nested", do_false },
	{ "prim::requires_grad", do_false },
	{ "aten::is_quantized", do_false },
	{ "aten::is_leaf", do_false },
	{ "prim::grad", do_none },
	{ "prim::data", do_self },
	{ "aten::detach_", do_self },
	{ "aten::requires_grad_", do_self },
	{ "prim::device", do_device },
	{ "aten::device", do_device },
	{ "prim::type", do_device_type },
	{ "prim::index", do_device_index },
	{ "prim::dtype", do_dtype },
	{ "prim::layout", do_layout },
	{ "prim::itemsize", do_itemsize },
	{ "aten::element_size", do_itemsize },
	{ "prim::T", do_numpy_T },
	{ "prim::NumToTensor", do_num_to_tensor },
	{ "aten::tensor", do_tensor },
	{ "aten::as_tensor", do_tensor },
	{ "aten::scalar_tensor", do_scalar_tensor },
	{ NULL, NULL },
};
