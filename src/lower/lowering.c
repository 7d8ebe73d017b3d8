/*
 * The state of lowering and the emission of ONNX nodes: types by inference, small constants shared, failures
 * sticky until the driver looks. Knows no operator.
 */
#include "lower/lower_internal.h"

#include <string.h>

enum { SHARED_BYTES = 1024 }; /* constants up to this size are shared */

int fy_lower_opset(const fy_lowering *l)
{
	return l->opset;
}

fy_arena *fy_lower_arena(const fy_lowering *l)
{
	return l->arena;
}

fy_status fy_lower_status(const fy_lowering *l)
{
	return l->status;
}

fy_place fy_lower_place(const fy_origin *origin, const char *file)
{
	return (fy_place){ .file = file,
			   .member = origin->file,
			   .line = origin->line,
			   .text = origin->text,
			   .module = origin->module };
}

/* ---- failures -------------------------------------------------------------------------------- */

fy_status fy_lower_refuse(fy_lowering *l, const fy_node *node, const char *format, ...)
{
	va_list args;

	FY_ASSERT(node == l->at);
	if (l->status != FY_OK)
		return l->status;
	va_start(args, format);
	l->reason = fy_arena_vprintf(l->arena, format, args);
	va_end(args);
	l->status = FY_UNSUPPORTED;
	return l->status;
}

fy_value *fy_lower_fail(fy_lowering *l, const char *format, ...)
{
	va_list args;

	if (l->status != FY_OK)
		return NULL;
	va_start(args, format);
	l->reason = fy_arena_vprintf(l->arena, format, args);
	va_end(args);
	l->status = FY_UNSUPPORTED;
	return NULL;
}

bool fy_lower_has_rank(fy_lowering *l, const fy_value *value)
{
	if (l->status != FY_OK)
		return false;
	FY_ASSERT(value);
	if (value->type->kind == FY_TYPE_TENSOR && value->type->has_shape)
		return true;
	fy_lower_fail(l, "needs an argument whose rank is known");
	return false;
}

/* ---- types ----------------------------------------------------------------------------------- */

void fy_lower_name_unknown_dims(fy_graph *graph, fy_type *type)
{
	for (int i = 0; type->has_shape && i < type->shape.rank; i++) {
		if (!fy_dim_known(type->shape.dims[i]) && -1 - type->shape.dims[i] >= graph->symbol_count)
			type->shape.dims[i] = fy_dim_symbol(fy_graph_symbol(graph, NULL));
	}
}

void fy_lower_scalar_to_tensor(fy_value *value)
{
	if (value->type->kind == FY_TYPE_SCALAR)
		fy_value_set_type(
			value,
			&(fy_type){ .kind = FY_TYPE_TENSOR, .dtype = value->type->dtype, .has_shape = true });
}

/* ---- nodes ----------------------------------------------------------------------------------- */

void fy_emit_n(fy_lowering *l, const char *op, fy_value *const *inputs, int input_count, const fy_attr *attrs,
	       int attr_count, fy_value **results, int result_count)
{
	fy_arg *args = FY_NEW_ARRAY(l->arena, fy_arg, input_count);
	fy_type *types = FY_NEW_ARRAY(l->arena, fy_type, result_count);
	fy_node *node;

	for (int i = 0; i < result_count; i++)
		results[i] = NULL;
	if (l->status != FY_OK)
		return;
	while (input_count > 0 && !inputs[input_count - 1])
		input_count--;
	for (int i = 0; i < input_count; i++)
		args[i] = inputs[i] ? fy_arg_value(inputs[i]) : fy_arg_none();
	for (int i = 0; i < result_count; i++)
		types[i].kind = FY_TYPE_OPAQUE;
	if (!strstr(op, "::"))
		op = fy_arena_printf(l->arena, "onnx::%s", op);
	node = fy_node_new(l->at->block, l->at, op, args, input_count, attrs, attr_count, types,
			   result_count);
	node->origin = l->at->origin;
	l->status = fy_onnx_infer(node, l->opset, types, l->diags);
	for (int i = 0; i < result_count && l->status == FY_OK; i++) {
		fy_lower_name_unknown_dims(l->graph, &types[i]);
		fy_value_set_type(node->results[i], &types[i]);
		results[i] = node->results[i];
	}
}

fy_value *fy_emit(fy_lowering *l, const char *op, fy_value *const *inputs, int input_count,
		  const fy_attr *attrs, int attr_count)
{
	fy_value *result;

	fy_emit_n(l, op, inputs, input_count, attrs, attr_count, &result, 1);
	return result;
}

fy_attr fy_attr_ints(fy_lowering *l, const char *name, const int64_t *values, int count)
{
	return (fy_attr){ name, fy_arg_ints(l->arena, values, count) };
}

fy_attr fy_attr_floats(fy_lowering *l, const char *name, const double *values, int count)
{
	fy_arg *items = FY_NEW_ARRAY(l->arena, fy_arg, count);

	for (int i = 0; i < count; i++)
		items[i] = fy_arg_float(values[i]);
	return (fy_attr){ name, fy_arg_list(items, count) };
}

void fy_lower_result(fy_lowering *l, fy_node *node, int index, fy_value *value)
{
	FY_ASSERT(node == l->at && index >= 0 && index < node->result_count);
	FY_ASSERT(value || l->status != FY_OK);
	l->made[index] = value;
}

/* ---- constants -------------------------------------------------------------------------------------------
 */

fy_value *fy_lower_constant(fy_lowering *l, fy_tensor *tensor)
{
	fy_buf key = { 0 };
	fy_value *value;

	if (!tensor)
		return fy_lower_fail(l, "needs a constant for which there is no room");
	if (fy_tensor_has_data(tensor) && tensor->storage->size <= SHARED_BYTES &&
	    fy_tensor_is_contiguous(tensor)) {
		size_t bytes = (size_t)fy_tensor_numel(tensor) * fy_dtype_size(tensor->dtype);

		fy_buf_put_tensor_type(&key, tensor);
		fy_buf_append(&key, fy_tensor_data(tensor), bytes);
	}
	value = key.len ? fy_map_get(&l->constants, (fy_str){ key.data, key.len }) : NULL;
	if (!value) {
		value = fy_graph_constant(l->graph, tensor, NULL);
		if (key.len)
			fy_map_put(&l->constants, (fy_str){ key.data, key.len }, value);
	}
	fy_tensor_unref(tensor);
	fy_buf_release(&key);
	return value;
}

fy_value *fy_lower_ints(fy_lowering *l, const int64_t *values, int count)
{
	return fy_lower_constant(l, fy_tensor_from_i64(values, count));
}

fy_value *fy_lower_int(fy_lowering *l, int64_t value)
{
	return fy_lower_constant(l, fy_tensor_scalar_i64(FY_I64, value));
}

fy_value *fy_lower_scalar(fy_lowering *l, fy_dtype dtype, double value)
{
	return fy_lower_constant(l, fy_tensor_scalar_f64(dtype, value));
}

/* ---- arguments ------------------------------------------------------------------------------- */

fy_value *fy_lower_cast(fy_lowering *l, fy_value *value, fy_dtype dtype)
{
	int onnx;

	if (l->status != FY_OK || value->type->dtype == dtype)
		return l->status == FY_OK ? value : NULL;
	if (!fy_onnx_from_dtype(dtype, &onnx))
		return fy_lower_fail(l, "ONNX has no element type %s", fy_dtype_name(dtype));
	return fy_emit(l, "Cast", FY_IN(value), FY_ATTRS(fy_attr_int("to", onnx)));
}

fy_value *fy_lower_arg(fy_lowering *l, const fy_node *node, int index, fy_dtype dtype)
{
	const fy_arg *arg;

	FY_ASSERT(index >= 0 && index < node->arg_count);
	arg = &node->args[index];
	switch (arg->kind) {
	case FY_ARG_NONE:
		return NULL;
	case FY_ARG_VALUE:
		return fy_lower_cast(l, arg->v, dtype);
	case FY_ARG_INT:
		return fy_lower_constant(l, fy_tensor_scalar_i64(dtype, arg->i));
	case FY_ARG_BOOL:
		return fy_lower_constant(l, fy_tensor_scalar_i64(dtype, arg->b));
	case FY_ARG_FLOAT:
		return fy_lower_constant(l, fy_tensor_scalar_f64(dtype, arg->f));
	default:
		return fy_lower_fail(l, "argument %d has no ONNX form", index);
	}
}

fy_value *fy_lower_tensor(fy_lowering *l, const fy_node *node, int index)
{
	const fy_arg *arg;

	FY_ASSERT(index >= 0 && index < node->arg_count);
	arg = &node->args[index];
	if (arg->kind == FY_ARG_NONE)
		return NULL;
	if (arg->kind != FY_ARG_VALUE)
		return fy_lower_fail(l, "argument %d is no tensor", index);
	return arg->v;
}

fy_value *fy_lower_int_list(fy_lowering *l, const fy_node *node, int index)
{
	const fy_arg *arg = &node->args[index];
	int count = arg->kind == FY_ARG_LIST ? arg->list.count : 1;
	const fy_arg *items = arg->kind == FY_ARG_LIST ? arg->list.items : arg;
	fy_value **parts = FY_NEW_ARRAY(l->arena, fy_value *, count);
	int64_t *known = FY_NEW_ARRAY(l->arena, int64_t, count);

	if (fy_node_arg_known(node, index))
		return fy_lower_ints(l, known, fy_node_ints(node, index, known, 0));
	for (int i = 0; i < count && l->status == FY_OK; i++) {
		if (items[i].kind == FY_ARG_VALUE) {
			parts[i] = fy_lower_cast(l, items[i].v, FY_I64);
			if (fy_lower_has_rank(l, parts[i]) && parts[i]->type->shape.rank == 0)
				parts[i] = fy_lower_unsqueeze(l, parts[i], (const int64_t[]){ 0 }, 1);
		} else if (items[i].kind == FY_ARG_INT) {
			parts[i] = fy_lower_ints(l, &items[i].i, 1);
		} else {
			fy_lower_fail(l, "argument %d has no ONNX form", index);
		}
	}
	return fy_lower_concat(l, parts, count, 0);
}
