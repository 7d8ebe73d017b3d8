/*
 * Calls one operator: inference always, evaluation when every tensor has data. Allocates new results, makes
 * views and "same" results from the geometry that inference gave. The one way in which operators run, for the
 * evaluator, for replayed graphs and for tests. Knows the record's functions, not what they compute.
 */
#include "ops/ops_internal.h"
#include "kernels/kernels.h"

#include <string.h>

/* ---- checks before and after inference --------------------------------------------------------- */

static bool all_have_data(const fy_arg *args, int count)
{
	for (int i = 0; i < count; i++) {
		if (args[i].kind == FY_ARG_TENSOR && !fy_tensor_has_data(args[i].t))
			return false;
		if (args[i].kind == FY_ARG_LIST && !all_have_data(args[i].list.items, args[i].list.count))
			return false;
	}
	return true;
}

static fy_status check_type(const fy_call *call, fy_dtype dtype)
{
	if (fy_kernel_computes(dtype))
		return FY_OK;
	return fy_call_unsupported(call, "no arithmetic on %s", fy_dtype_name(dtype));
}

static fy_status check_arg_types(const fy_call *call, const fy_arg *args, int count)
{
	for (int i = 0; i < count; i++) {
		if (args[i].kind == FY_ARG_TENSOR)
			FY_TRY(check_type(call, args[i].t->dtype));
		if (args[i].kind == FY_ARG_LIST)
			FY_TRY(check_arg_types(call, args[i].list.items, args[i].list.count));
	}
	return FY_OK;
}

/* New data must be of a size that exists, and of a type that kernels compute. */
static fy_status check_results(const fy_call *call)
{
	bool fresh = false;
	for (int i = 0; i < call->result_count; i++) {
		const fy_result *result = &call->results[i];
		if (result->kind != FY_FRESH)
			continue;
		fresh = true;
		int64_t elements, bytes;
		if (!fy_shape_numel(&result->meta->shape, &elements) ||
		    !fy_mul_i64(elements, (int64_t)fy_dtype_size(result->meta->dtype), &bytes))
			return fy_call_raise(call, "the result is too large");
		if (!(call->op->flags & FY_OP_MOVES))
			FY_TRY(check_type(call, result->meta->dtype));
	}
	if (fresh && !(call->op->flags & FY_OP_MOVES))
		return check_arg_types(call, call->args, call->arg_count);
	return FY_OK;
}

const fy_arg *fy_schema_fill(const fy_schema *schema, fy_arena *arena, const fy_arg *args, int arg_count)
{
	if (arg_count > schema->arg_count)
		return NULL;
	fy_arg *full = FY_NEW_ARRAY(arena, fy_arg, schema->arg_count + 1);
	for (int i = 0; i < schema->arg_count; i++) {
		if (i >= arg_count && !schema->args[i].has_default)
			return NULL;
		full[i] = i < arg_count ? args[i] : schema->args[i].fallback;
	}
	return full;
}

/* ---- inference -------------------------------------------------------------------------------- */

static fy_status infer(fy_call *call)
{
	if ((call->op->flags & FY_OP_DATA_SIZE) && call->next_symbol == NULL)
		return fy_call_unsupported(call,
					   "the size of the result depends on data, it must be known here");
	if (call->op->compose != NULL)
		return fy_compose_infer(call);
	FY_TRY(call->op->infer(call));
	return check_results(call);
}

static fy_status find_op(fy_call *call)
{
	FY_ASSERT(call->arg_count == call->schema->arg_count);
	call->op = fy_op_of(call->schema);
	if (call->op == NULL)
		return fy_error(call->diags, FY_UNSUPPORTED, "op-unsupported", &call->place,
				"operator '%s' is not supported", call->schema->full);
	return fy_call_check_kinds(call);
}

/* Sizes of which nothing is known become symbols of their own. */
static void name_sizes(fy_call *call)
{
	for (int i = 0; i < call->result_count; i++) {
		fy_shape *shape = &call->results[i].meta->shape;
		for (int d = 0; d < shape->rank; d++)
			if (shape->dims[d] == FY_DIM_UNKNOWN && call->next_symbol != NULL)
				shape->dims[d] = fy_call_new_symbol(call);
	}
}

fy_status fy_op_infer(fy_call *call)
{
	call->results = NULL;
	call->result_count = call->result_capacity = 0;
	FY_TRY(find_op(call));
	fy_status status = infer(call);
	if (status != FY_OK)
		fy_call_release(call);
	else
		name_sizes(call);
	return status;
}

/* ---- evaluation ------------------------------------------------------------------------------- */

static fy_status no_memory(const fy_call *call)
{
	return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory for the result",
			call->schema->full);
}

fy_tensor *fy_result_tensor(const fy_call *call, const fy_result *result)
{
	if (result->kind == FY_FRESH)
		return fy_tensor_ref(result->meta);
	fy_tensor *base = (fy_tensor *)fy_call_item(call, result->of, result->item);
	if (result->kind == FY_SAME)
		return fy_tensor_ref(base);
	const fy_tensor *meta = result->meta;
	return fy_tensor_view(base, meta->dtype, &meta->shape, meta->strides, meta->offset);
}

/* Gives a contiguous result the strides that inference promised. Takes `out`. */
static fy_tensor *with_strides(fy_tensor *out, const fy_tensor *meta)
{
	size_t bytes = (size_t)meta->shape.rank * sizeof(meta->strides[0]);
	if (memcmp(out->strides, meta->strides, bytes) == 0)
		return out;
	fy_tensor *flat = fy_tensor_new(out->dtype, &out->shape, false);
	fy_tensor *ordered = NULL;
	if (flat != NULL) {
		ordered = fy_tensor_view(flat, out->dtype, &out->shape, meta->strides, 0);
		fy_tensor_copy(ordered, out);
	}
	fy_tensor_unref(flat);
	fy_tensor_unref(out);
	return ordered;
}

static fy_status allocate_outs(fy_call *call, fy_tensor **tensors)
{
	bool sized_by_eval = (call->op->flags & FY_OP_DATA_SIZE) != 0;
	for (int i = 0; i < call->result_count; i++) {
		const fy_tensor *meta = call->results[i].meta;
		if (call->results[i].kind != FY_FRESH)
			tensors[i] = fy_result_tensor(call, &call->results[i]);
		else if (!sized_by_eval || fy_shape_known(&meta->shape))
			tensors[i] = fy_tensor_new(meta->dtype, &meta->shape, false);
		else
			continue;
		if (tensors[i] == NULL)
			return no_memory(call);
	}
	return FY_OK;
}

static fy_status evaluate(fy_call *call, fy_tensor **tensors)
{
	bool fresh = false;
	FY_TRY(allocate_outs(call, tensors));
	for (int i = 0; i < call->result_count; i++)
		fresh |= call->results[i].kind == FY_FRESH;
	if (!fresh)
		return FY_OK;
	FY_ASSERT(call->op->eval != NULL);
	call->outs = tensors;
	FY_TRY(call->op->eval(call));
	for (int i = 0; i < call->result_count; i++) {
		FY_ASSERT(tensors[i] != NULL);
		if (call->results[i].kind != FY_FRESH || !fy_shape_known(&call->results[i].meta->shape))
			continue;
		tensors[i] = with_strides(tensors[i], call->results[i].meta);
		if (tensors[i] == NULL)
			return no_memory(call);
	}
	return FY_OK;
}

static fy_status run_inferred(fy_call *call, bool infer_only, fy_tensor ***results, int *result_count)
{
	FY_TRY(fy_op_infer(call));
	fy_tensor **tensors = FY_NEW_ARRAY(call->arena, fy_tensor *, call->result_count + 1);
	fy_status status = FY_OK;
	if (!infer_only)
		status = evaluate(call, tensors);
	else
		for (int i = 0; i < call->result_count; i++)
			tensors[i] = fy_result_tensor(call, &call->results[i]);
	for (int i = 0; i < call->result_count && status != FY_OK; i++)
		fy_tensor_unref(tensors[i]);
	*results = tensors;
	*result_count = status == FY_OK ? call->result_count : 0;
	fy_call_release(call);
	return status;
}

fy_status fy_op_run(fy_call *call, bool infer_only, fy_tensor ***results, int *result_count)
{
	*results = NULL;
	*result_count = 0;
	FY_TRY(find_op(call));
	if (infer_only || !all_have_data(call->args, call->arg_count))
		return run_inferred(call, true, results, result_count);
	if (call->op->compose != NULL)
		return fy_compose_eval(call, results, result_count);
	int symbols = 0, *caller_symbols = call->next_symbol;
	call->next_symbol = &symbols;
	fy_status status = run_inferred(call, false, results, result_count);
	call->next_symbol = caller_symbols;
	return status;
}
