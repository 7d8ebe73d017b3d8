/*
 * One call of an ONNX operator: checks a node against its record, then infers from types or evaluates on
 * tensors. Also the accessors that records use. Knows no operator by name.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <string.h>

/* ---- diagnostics ------------------------------------------------------------------------------- */

static fy_place place_of(const fy_node *node)
{
	const fy_origin *origin = &node->origin;

	return (fy_place){ .file = node->block ? node->block->graph->path : NULL,
			   .member = origin->file,
			   .line = origin->line,
			   .text = origin->text,
			   .module = origin->module };
}

static fy_status complain(const fy_onnx_call *call, fy_status status, const char *id, const char *format,
			  va_list args)
{
	const char *op = call->op ? call->op->name : call->node->op;
	fy_buf text = { 0 };

	fy_buf_vprintf(&text, format, args);
	fy_error(call->diags, status, id, &call->place, "%s%s%s%s: %s", op, call->node->name ? " '" : "",
		 call->node->name ? call->node->name : "", call->node->name ? "'" : "", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

fy_status fy_onnx_fail(const fy_onnx_call *call, const char *format, ...)
{
	fy_status status = call->concrete ? FY_USAGE : FY_MALFORMED;
	va_list args;

	va_start(args, format);
	status = complain(call, status, call->concrete ? "op-raises" : "onnx-node", format, args);
	va_end(args);
	return status;
}

fy_status fy_onnx_unsupported(const fy_onnx_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(call, FY_UNSUPPORTED, "onnx-op-unsupported", format, args);
	va_end(args);
	return FY_UNSUPPORTED;
}

/* ---- a node against its record ------------------------------------------------------------------- */

static bool items_are(const fy_arg *arg, fy_arg_kind kind)
{
	if (arg->kind != FY_ARG_LIST)
		return false;
	for (int i = 0; i < arg->list.count; i++) {
		if (arg->list.items[i].kind != kind)
			return false;
	}
	return true;
}

static bool attr_fits(char kind, const fy_arg *arg)
{
	switch (kind) {
	case FY_ONNX_INT:
		return arg->kind == FY_ARG_INT;
	case FY_ONNX_FLOAT:
		return arg->kind == FY_ARG_FLOAT;
	case FY_ONNX_STRING:
		return arg->kind == FY_ARG_STR;
	case FY_ONNX_TENSOR:
		return arg->kind == FY_ARG_TENSOR;
	case FY_ONNX_INTS:
		return items_are(arg, FY_ARG_INT);
	case FY_ONNX_FLOATS:
		return items_are(arg, FY_ARG_FLOAT);
	case FY_ONNX_STRINGS:
		return items_are(arg, FY_ARG_STR);
	default:
		return false;
	}
}

static fy_status check_attrs(const fy_onnx_call *call)
{
	const fy_node *node = call->node;

	for (int i = 0; i < node->attr_count; i++) {
		const fy_attr *attr = &node->attrs[i];
		const fy_onnx_attr *known = fy_onnx_attr_of(call->op, call->opset, attr->name);

		if (!known)
			return fy_onnx_fail(call, "has no attribute '%s' in opset %d", attr->name,
					    call->opset);
		if (!attr_fits(known->kind, &attr->arg))
			return fy_onnx_fail(call, "attribute '%s' is of the wrong kind", attr->name);
	}
	for (const fy_onnx_attr *known = call->op->attrs; known && known->name; known++) {
		if (!known->required || known->kind == FY_ONNX_GRAPH || known->since > call->opset ||
		    (known->until && known->until < call->opset))
			continue;
		if (!fy_node_attr(node, known->name))
			return fy_onnx_fail(call, "lacks attribute '%s'", known->name);
	}
	return FY_OK;
}

static fy_status check_arity(const fy_onnx_call *call)
{
	fy_onnx_arity arity = fy_onnx_arity_of(call->op, call->opset);
	const fy_node *node = call->node;

	if (node->arg_count < arity.min_inputs)
		return fy_onnx_fail(call, "has %d inputs, opset %d asks for %d", node->arg_count, call->opset,
				    arity.min_inputs);
	if (node->arg_count > arity.max_inputs)
		return fy_onnx_fail(call, "has %d inputs, opset %d takes %d at most", node->arg_count,
				    call->opset, arity.max_inputs);
	if (node->result_count < arity.min_outputs || node->result_count > arity.max_outputs)
		return fy_onnx_fail(call, "has %d outputs, which opset %d does not give", node->result_count,
				    call->opset);
	for (int i = 0; i < node->arg_count; i++) {
		if (node->args[i].kind != FY_ARG_VALUE && node->args[i].kind != FY_ARG_NONE)
			return fy_onnx_fail(call, "input %d is no value", i);
	}
	return FY_OK;
}

/* Finds the record and checks the node against it. */
static fy_status begin(fy_onnx_call *call, const fy_node *node, int opset, bool concrete, fy_diags *diags)
{
	*call = (fy_onnx_call){ .node = node, .opset = opset, .concrete = concrete, .diags = diags };
	call->place = place_of(node);
	call->op = fy_onnx_find_full(node->op, opset);
	if (!call->op) {
		int since = fy_starts_with(node->op, "onnx::") ? fy_onnx_known(node->op + 6) : 0;

		if (fy_starts_with(node->op, "onnx::") && !since)
			return fy_error(diags, FY_MALFORMED, "onnx-op-unknown", &call->place,
					"there is no ONNX operator '%s'", node->op + 6);
		if (since > opset)
			return fy_error(diags, FY_MALFORMED, "onnx-op-opset", &call->place,
					"%s came with opset %d, the graph has opset %d", node->op, since,
					opset);
		return fy_error(diags, FY_UNSUPPORTED, "onnx-op-unsupported", &call->place,
				"operator '%s' of opset %d is not supported", node->op, opset);
	}
	call->version = fy_onnx_version(call->op, opset);
	FY_TRY(check_arity(call));
	FY_TRY(check_attrs(call));
	call->input_count = node->arg_count;
	call->result_count = node->result_count;
	call->types = fy_zalloc(sizeof(*call->types) * (size_t)(node->arg_count + 1));
	call->present = fy_zalloc(sizeof(*call->present) * (size_t)(node->arg_count + 1));
	call->inputs = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->arg_count + 1));
	call->outputs = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->result_count + 1));
	return FY_OK;
}

static void end(fy_onnx_call *call)
{
	fy_free(call->types);
	fy_free(call->present);
	fy_free(call->inputs);
	fy_free(call->outputs);
}

static fy_status require_inputs(const fy_onnx_call *call)
{
	fy_onnx_arity arity = fy_onnx_arity_of(call->op, call->opset);

	int needed = arity.max_inputs == FY_ONNX_MANY ? call->input_count : arity.min_inputs;

	for (int i = 0; i < needed && call->op->eval; i++) {
		if (!call->present[i])
			return fy_onnx_fail(call, "input %d is missing", i);
	}
	return FY_OK;
}

/* ---- inference --------------------------------------------------------------------------------------- */

/* Sizes below this need no overflow checks in sums and window arithmetic. */
static fy_status check_sizes(const fy_onnx_call *call)
{
	for (int i = 0; i < call->input_count; i++) {
		for (int k = 0; call->types[i].has_shape && k < call->types[i].shape.rank; k++) {
			if (call->types[i].shape.dims[k] > INT64_C(1) << 48)
				return fy_onnx_fail(call, "axis %d of input %d is too large", k, i);
		}
	}
	return FY_OK;
}

/* False when an input is no tensor: nothing can be said then. */
static bool take_types(fy_onnx_call *call)
{
	bool tensors = true;

	for (int i = 0; i < call->input_count; i++) {
		const fy_arg *arg = &call->node->args[i];

		call->types[i].kind = FY_TYPE_OPAQUE;
		if (arg->kind != FY_ARG_VALUE)
			continue;
		call->present[i] = true;
		call->types[i] = *arg->v->type;
		call->inputs[i] =
			arg->v->tensor && fy_tensor_has_data(arg->v->tensor) ? arg->v->tensor : NULL;
		if (call->types[i].kind == FY_TYPE_SCALAR)
			call->types[i] = fy_type_tensor(arg->v->type->dtype, &(fy_shape){ 0 });
		tensors &= call->types[i].kind == FY_TYPE_TENSOR;
	}
	return tensors;
}

fy_status fy_onnx_infer(const fy_node *node, int opset, fy_type *results, fy_diags *diags)
{
	fy_onnx_call call;
	fy_status status;

	for (int i = 0; i < node->result_count; i++)
		results[i] = (fy_type){ .kind = FY_TYPE_OPAQUE };
	FY_TRY(begin(&call, node, opset, false, diags));
	call.results = results;
	if (take_types(&call) || !call.op->eval) {
		status = require_inputs(&call);
		if (status == FY_OK)
			status = check_sizes(&call);
		if (status == FY_OK)
			status = call.op->infer(&call);
	} else {
		status = require_inputs(&call);
	}
	end(&call);
	return status;
}

/* ---- evaluation -----------------------------------------------------------------------------------------
 */

static bool computes(const fy_onnx_call *call, fy_dtype dtype)
{
	return call->op->flags & FY_ONNX_ANY_TYPE ? fy_dtype_has_elements(dtype) : fy_kernel_computes(dtype);
}

static fy_status check_computable(const fy_onnx_call *call)
{
	for (int i = 0; i < call->input_count; i++) {
		if (call->present[i] && !computes(call, call->types[i].dtype))
			return fy_onnx_unsupported(call, "cannot compute with %s",
						   fy_dtype_name(call->types[i].dtype));
	}
	for (int i = 0; i < call->result_count; i++) {
		if (call->results[i].kind == FY_TYPE_TENSOR && !computes(call, call->results[i].dtype))
			return fy_onnx_unsupported(call, "cannot compute %s",
						   fy_dtype_name(call->results[i].dtype));
	}
	return FY_OK;
}

static bool wanted(const fy_onnx_call *call, int i)
{
	return i < fy_onnx_arity_of(call->op, call->opset).min_outputs || call->node->results[i]->uses ||
	       call->node->results[i]->name;
}

/* Every result that is wanted has a shape that can be made. */
static fy_status check_results(const fy_onnx_call *call)
{
	for (int i = 0; i < call->result_count; i++) {
		const fy_type *type = &call->results[i];
		int64_t count = -1;

		if (wanted(call, i) && (type->kind != FY_TYPE_TENSOR || !type->has_shape ||
					!fy_shape_numel(&type->shape, &count) || count < 0))
			return fy_onnx_fail(call, "output %d has no size that can be made", i);
	}
	return FY_OK;
}

static fy_status make_outputs(fy_onnx_call *call)
{
	if (call->op->flags & FY_ONNX_OWN_OUTPUTS)
		return FY_OK;
	for (int i = 0; i < call->result_count; i++) {
		if (wanted(call, i))
			FY_TRY(fy_onnx_new(call, &call->outputs[i], call->results[i].dtype,
					   &call->results[i].shape, false));
	}
	return FY_OK;
}

static fy_status evaluate(fy_onnx_call *call)
{
	FY_TRY(require_inputs(call));
	if (!fy_onnx_is_runnable(call->op))
		return fy_error(call->diags, FY_UNSUPPORTED, "onnx-op-unsupported", &call->place,
				"operator '%s' of opset %d is not supported", call->node->op, call->opset);
	if (!call->op->eval)
		return fy_onnx_unsupported(call, "cannot be evaluated by itself");
	FY_TRY(check_sizes(call));
	FY_TRY(call->op->infer(call));
	FY_TRY(check_computable(call));
	FY_TRY(check_results(call));
	FY_TRY(make_outputs(call));
	return call->op->eval(call);
}

fy_status fy_onnx_eval(const fy_node *node, int opset, fy_tensor *const *inputs, fy_tensor **outputs,
		       fy_diags *diags)
{
	fy_onnx_call call;
	fy_status status;

	for (int i = 0; i < node->result_count; i++)
		outputs[i] = NULL;
	FY_TRY(begin(&call, node, opset, true, diags));
	call.results = fy_zalloc(sizeof(fy_type) * (size_t)(node->result_count + 1));
	for (int i = 0; i < node->result_count; i++)
		call.results[i].kind = FY_TYPE_OPAQUE;
	for (int i = 0; i < call.input_count; i++) {
		call.inputs[i] = inputs[i];
		call.present[i] = inputs[i] != NULL;
		call.types[i] = inputs[i] ? fy_type_of(inputs[i]) : (fy_type){ .kind = FY_TYPE_OPAQUE };
	}
	status = evaluate(&call);
	for (int i = 0; i < node->result_count; i++) {
		if (status == FY_OK)
			outputs[i] = call.outputs[i];
		else
			fy_tensor_unref(call.outputs[i]);
	}
	fy_free(call.results);
	end(&call);
	return status;
}

bool fy_onnx_foldable(const fy_node *node)
{
	const fy_onnx_op *op = fy_onnx_find_full(node->op, FY_ONNX_OPSET_MAX);

	if (!op)
		op = fy_onnx_find_full(node->op, FY_ONNX_OPSET_MIN);
	return op && op->eval && !(op->flags & FY_ONNX_RANDOM);
}
