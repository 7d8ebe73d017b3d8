/*
 * What records read from a call (attributes, integer vectors, axes) and how they state results. Every reader
 * checks what it reads: a node may come from any file. Knows no operator by name.
 */
#include "onnx/onnx_internal.h"

/* ---- attributes ------------------------------------------------------------------------------------ */

static const fy_onnx_attr *attr_record(const fy_onnx_call *call, const char *name)
{
	return fy_onnx_attr_of(call->op, call->opset, name);
}

bool fy_onnx_has_attr(const fy_onnx_call *call, const char *name)
{
	return fy_node_attr(call->node, name) != NULL;
}

int64_t fy_onnx_int(const fy_onnx_call *call, const char *name)
{
	const fy_arg *arg = fy_node_attr(call->node, name);
	const fy_onnx_attr *record = attr_record(call, name);

	return arg ? arg->i : record ? (int64_t)record->number : 0;
}

double fy_onnx_float(const fy_onnx_call *call, const char *name)
{
	const fy_arg *arg = fy_node_attr(call->node, name);
	const fy_onnx_attr *record = attr_record(call, name);

	return (float)(arg ? arg->f : record ? record->number : 0);
}

fy_str fy_onnx_text(const fy_onnx_call *call, const char *name)
{
	const fy_arg *arg = fy_node_attr(call->node, name);
	const fy_onnx_attr *record = attr_record(call, name);

	return arg ? arg->s : fy_str_of(record && record->text ? record->text : "");
}

fy_tensor *fy_onnx_tensor(const fy_onnx_call *call, const char *name)
{
	const fy_arg *arg = fy_node_attr(call->node, name);

	return arg ? arg->t : NULL;
}

static fy_status list_of(const fy_onnx_call *call, const char *name, int max, const fy_arg **out)
{
	*out = fy_node_attr(call->node, name);
	if (*out && (*out)->list.count > max)
		return fy_onnx_fail(call, "attribute '%s' has %d elements, at most %d make sense", name,
				    (*out)->list.count, max);
	return FY_OK;
}

fy_status fy_onnx_ints(const fy_onnx_call *call, const char *name, int64_t out[], int max, int *count)
{
	const fy_arg *arg;

	FY_TRY(list_of(call, name, max, &arg));
	*count = arg ? arg->list.count : -1;
	for (int i = 0; i < *count; i++)
		out[i] = arg->list.items[i].i;
	return FY_OK;
}

fy_status fy_onnx_floats(const fy_onnx_call *call, const char *name, double out[], int max, int *count)
{
	const fy_arg *arg;

	FY_TRY(list_of(call, name, max, &arg));
	*count = arg ? arg->list.count : -1;
	for (int i = 0; i < *count; i++)
		out[i] = (float)arg->list.items[i].f;
	return FY_OK;
}

/* ---- inputs ----------------------------------------------------------------------------------------------
 */

const fy_shape *fy_onnx_shape(const fy_onnx_call *call, int i)
{
	return call->types[i].has_shape ? &call->types[i].shape : NULL;
}

bool fy_onnx_ranked(const fy_onnx_call *call)
{
	for (int i = 0; i < call->input_count; i++) {
		if (call->present[i] && !call->types[i].has_shape)
			return false;
	}
	return true;
}

/* The data of input i as far as it is known; one reference. */
static fy_tensor *known_input(const fy_onnx_call *call, int i)
{
	if (call->inputs[i])
		return fy_tensor_ref(call->inputs[i]);
	return call->concrete ? NULL : fy_onnx_known_value(call->node->args[i].v, call->opset);
}

fy_status fy_onnx_input_ints(const fy_onnx_call *call, int i, int64_t out[], int max, int *count, bool exact)
{
	fy_tensor *data;
	int64_t total;

	*count = -1;
	if (!fy_onnx_has(call, i))
		return FY_OK;
	if (!fy_dtype_is_integer(fy_onnx_dtype(call, i)))
		return fy_onnx_fail(call, "input %d must hold integers, not %s", i,
				    fy_dtype_name(fy_onnx_dtype(call, i)));
	if (call->types[i].has_shape && call->types[i].shape.rank > 1)
		return fy_onnx_fail(call, "input %d must be a vector", i);
	data = known_input(call, i);
	if (!data)
		return FY_OK;
	total = fy_tensor_numel(data);
	if (total > max) {
		fy_tensor_unref(data);
		return fy_onnx_fail(call, "input %d has %" PRId64 " elements, at most %d make sense", i,
				    total, max);
	}
	*count = (int)total;
	for (int k = 0; k < (int)total; k++) {
		out[k] = fy_tensor_get_i64(data, k);
		/* A real number that looks like a coded symbol is as good as any other that is far too small.
		 */
		if (call->inputs[i] && fy_onnx_int_is_symbol(out[k]))
			out[k] = FY_ONNX_SYMBOL_BASE + 1;
		if (exact && fy_onnx_int_is_symbol(out[k])) {
			*count = -1;
			break;
		}
	}
	fy_tensor_unref(data);
	return FY_OK;
}

fy_status fy_onnx_axes(const fy_onnx_call *call, const char *name, int i, int64_t out[], int *count,
		       bool *known)
{
	*known = true;
	if (attr_record(call, name))
		return fy_onnx_ints(call, name, out, FY_MAX_RANK, count);
	FY_TRY(fy_onnx_input_ints(call, i, out, FY_MAX_RANK, count, true));
	*known = *count >= 0 || !fy_onnx_has(call, i);
	return FY_OK;
}

bool fy_onnx_input_f64(const fy_onnx_call *call, int i, double *out)
{
	fy_tensor *data = fy_onnx_has(call, i) ? known_input(call, i) : NULL;
	bool known = data && fy_tensor_numel(data) == 1;

	if (known) {
		*out = fy_tensor_get_f64(data, 0);
		known = call->inputs[i] || !fy_dtype_is_integer(data->dtype) ||
			!fy_onnx_int_is_symbol(fy_tensor_get_i64(data, 0));
	}
	fy_tensor_unref(data);
	return known;
}

fy_status fy_onnx_axis(const fy_onnx_call *call, int64_t axis, int rank, int *out)
{
	if (axis < -rank || axis >= rank)
		return fy_onnx_fail(call, "axis %" PRId64 " is outside a tensor of rank %d", axis, rank);
	*out = (int)(axis < 0 ? axis + rank : axis);
	return FY_OK;
}

/* ---- results
 * ------------------------------------------------------------------------------------------------ */

fy_status fy_onnx_result(fy_onnx_call *call, int i, fy_dtype dtype, const fy_shape *shape)
{
	if (i < call->result_count)
		call->results[i] = fy_type_tensor(dtype, shape);
	return FY_OK;
}

fy_status fy_onnx_result_like(fy_onnx_call *call, int i, int input)
{
	return fy_onnx_result(call, i, fy_onnx_dtype(call, input), fy_onnx_shape(call, input));
}

fy_status fy_onnx_infer_same(fy_onnx_call *call)
{
	return fy_onnx_result_like(call, 0, 0);
}

fy_status fy_onnx_same_dtype(const fy_onnx_call *call, int first, int count)
{
	for (int i = first + 1; i < first + count; i++) {
		if (fy_onnx_has(call, i) && fy_onnx_dtype(call, i) != fy_onnx_dtype(call, first))
			return fy_onnx_fail(call, "inputs %d and %d differ in element type: %s and %s", first,
					    i, fy_dtype_name(fy_onnx_dtype(call, first)),
					    fy_dtype_name(fy_onnx_dtype(call, i)));
	}
	return FY_OK;
}

fy_status fy_onnx_broadcast(const fy_onnx_call *call, int first, int count, fy_shape *out, bool *ranked)
{
	*out = (fy_shape){ 0 };
	*ranked = true;
	for (int i = first; i < first + count; i++) {
		fy_shape sum;

		if (!call->types[i].has_shape) {
			*ranked = false;
			continue;
		}
		if (!fy_shape_broadcast(out, &call->types[i].shape, &sum)) {
			fy_buf text = { 0 };
			fy_status status;

			fy_buf_put_shape(&text, out);
			fy_buf_puts(&text, " and ");
			fy_buf_put_shape(&text, &call->types[i].shape);
			status = fy_onnx_fail(call, "shapes do not broadcast: %s", fy_buf_text(&text));
			fy_buf_release(&text);
			return status;
		}
		*out = sum;
	}
	return FY_OK;
}

fy_dim fy_onnx_dim_add(fy_dim a, int64_t b)
{
	int64_t sum;

	if (b == 0)
		return a;
	return fy_dim_known(a) && fy_add_i64(a, b, &sum) && sum >= 0 ? sum : FY_ONNX_DIM_UNKNOWN;
}

fy_dim fy_onnx_dim_mul(fy_dim a, fy_dim b)
{
	int64_t product;

	if (a == 1 || b == 1)
		return a == 1 ? b : a;
	if (a == 0 || b == 0)
		return 0;
	return fy_dim_known(a) && fy_dim_known(b) && fy_mul_i64(a, b, &product) ? product
										: FY_ONNX_DIM_UNKNOWN;
}

static fy_status no_memory(const fy_onnx_call *call, fy_dtype dtype, const fy_shape *shape)
{
	fy_buf text = { 0 };
	fy_status status;

	fy_buf_put_shape(&text, shape);
	status = fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory for %s%s",
			  call->op->name, fy_dtype_name(dtype), fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

fy_status fy_onnx_new(const fy_onnx_call *call, fy_tensor **out, fy_dtype dtype, const fy_shape *shape,
		      bool zero)
{
	*out = fy_tensor_new(dtype, shape, zero);
	return *out ? FY_OK : no_memory(call, dtype, shape);
}

fy_tensor *fy_onnx_expanded(const fy_tensor *in, const fy_shape *shape)
{
	int64_t strides[FY_MAX_RANK] = { 0 };
	int missing = shape->rank - in->shape.rank;

	for (int i = 0; i < in->shape.rank; i++)
		strides[missing + i] = in->shape.dims[i] == 1 ? 0 : in->strides[i];
	return fy_tensor_view(in, in->dtype, shape, strides, in->offset);
}

fy_tensor *fy_onnx_flat(const fy_tensor *plain)
{
	fy_shape shape = { 1, { fy_tensor_numel(plain) } };
	int64_t stride = 1;

	return fy_tensor_view(plain, plain->dtype, &shape, &stride, plain->offset);
}

fy_status fy_onnx_plain(const fy_onnx_call *call, fy_tensor **out, fy_tensor *in)
{
	*out = fy_tensor_contiguous(in);
	return *out ? FY_OK : no_memory(call, in->dtype, &in->shape);
}

fy_status fy_onnx_reshape_to(fy_onnx_call *call, int i, fy_tensor *in, const fy_shape *shape)
{
	int64_t strides[FY_MAX_RANK];
	fy_tensor *plain;

	FY_TRY(fy_onnx_plain(call, &plain, in));
	fy_shape_strides(shape, strides);
	call->outputs[i] = fy_tensor_view(plain, plain->dtype, shape, strides, plain->offset);
	fy_tensor_unref(plain);
	return FY_OK;
}
