/*
 * Inference and argument handling that many operators share: elementwise over one tensor, elementwise with
 * broadcasting, numbers as 0-d tensors. Knows no operator by name.
 */
#include "ops/ops_internal.h"
#include "kernels/kernels.h"

fy_dtype fy_float_type(fy_dtype dtype)
{
	return fy_dtype_is_float(dtype) || fy_dtype_is_complex(dtype) ? dtype : FY_F32;
}

fy_status fy_infer_like_self(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	return fy_result_like(call, self->dtype, self);
}

fy_status fy_infer_bool_self(fy_call *call)
{
	return fy_result_like(call, FY_BOOL, fy_call_tensor(call, 0));
}

fy_status fy_infer_float_self(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	return fy_result_like(call, fy_float_type(self->dtype), self);
}

fy_status fy_infer_same_self(fy_call *call)
{
	return fy_result_same(call, 0);
}

static bool is_tensor(const fy_call *call, int index)
{
	return call->args[index].kind == FY_ARG_TENSOR && !fy_call_is_number(call, index);
}

fy_status fy_call_broadcast(const fy_call *call, const int indices[], int count, fy_shape *out)
{
	*out = (fy_shape){ 0 };
	for (int i = 0; i < count; i++) {
		fy_shape joined;
		if (!is_tensor(call, indices[i]))
			continue;
		const fy_shape *shape = &call->args[indices[i]].t->shape;
		if (!fy_shape_broadcast(out, shape, &joined)) {
			fy_buf text = { 0 };
			fy_buf_put_shape(&text, out);
			fy_buf_puts(&text, " and ");
			fy_buf_put_shape(&text, shape);
			fy_status status =
				fy_call_raise(call, "shapes %s do not broadcast", fy_buf_text(&text));
			fy_buf_release(&text);
			return status;
		}
		*out = joined;
	}
	return FY_OK;
}

fy_status fy_infer_broadcast(fy_call *call, const int indices[], int count, fy_dtype dtype)
{
	const fy_tensor *tensors[8];
	fy_shape shape;
	FY_ASSERT(count <= (int)FY_COUNT(tensors));
	FY_TRY(fy_call_broadcast(call, indices, count, &shape));
	for (int i = 0; i < count; i++)
		tensors[i] = is_tensor(call, indices[i]) ? call->args[indices[i]].t : NULL;
	return fy_result_pointwise(call, dtype, &shape, tensors, count);
}

fy_tensor *fy_call_operand(const fy_call *call, int index, fy_dtype dtype)
{
	const fy_arg *arg = &call->args[index];
	switch (arg->kind) {
	case FY_ARG_TENSOR:
		return fy_tensor_ref(arg->t);
	case FY_ARG_INT:
		return fy_tensor_scalar_i64(dtype, arg->i);
	case FY_ARG_BOOL:
		return fy_tensor_scalar_i64(dtype, arg->b);
	case FY_ARG_FLOAT:
		return fy_tensor_scalar_f64(dtype, arg->f);
	default:
		FY_BUG("%s: argument %d is neither a tensor nor a real number", call->schema->full, index);
	}
}
