/*
 * One ATen node: its arguments become those of a call, values replaced by their tensors, and by plain numbers
 * where the schema asks for a number. Knows no operator.
 */
#include "engine/engine_internal.h"
#include "ops/ops.h"

static const fy_schema_type *without_optional(const fy_schema_type *type)
{
	while (type && type->kind == FY_SCHEMA_OPTIONAL)
		type = type->element;
	return type;
}

static bool is_number(const fy_schema_type *type)
{
	switch (type ? type->kind : FY_SCHEMA_ANY) {
	case FY_SCHEMA_INT:
	case FY_SCHEMA_FLOAT:
	case FY_SCHEMA_BOOL:
	case FY_SCHEMA_NUMBER:
		return true;
	default:
		return false;
	}
}

static fy_arg as_number(const fy_tensor *tensor)
{
	if (fy_dtype_is_float(tensor->dtype))
		return fy_arg_float(fy_tensor_get_f64(tensor, 0));
	if (tensor->dtype == FY_BOOL)
		return fy_arg_bool(fy_tensor_get_i64(tensor, 0) != 0);
	return fy_arg_int(fy_tensor_get_i64(tensor, 0));
}

static fy_arg resolve(const fy_engine *engine, fy_arena *arena, const fy_arg *arg, const fy_schema_type *type)
{
	const fy_schema_type *inner = without_optional(type);

	if (arg->kind == FY_ARG_VALUE) {
		fy_tensor *tensor = fy_engine_value(engine, arg);

		return is_number(inner) && fy_tensor_numel(tensor) == 1 ? as_number(tensor)
									: fy_arg_tensor(tensor);
	}
	if (arg->kind == FY_ARG_LIST) {
		const fy_schema_type *element =
			inner && inner->kind == FY_SCHEMA_LIST ? inner->element : NULL;
		fy_arg list = fy_arg_list(FY_NEW_ARRAY(arena, fy_arg, arg->list.count + 1), arg->list.count);

		for (int i = 0; i < arg->list.count; i++)
			list.list.items[i] = resolve(engine, arena, &arg->list.items[i], element);
		return list;
	}
	return *arg;
}

static fy_status call_op(fy_engine *engine, fy_arena *arena, const fy_node *node, const fy_schema *schema,
			 fy_tensor **results)
{
	fy_arg *args = FY_NEW_ARRAY(arena, fy_arg, node->arg_count + 1);
	fy_call call = { .schema = schema,
			 .args = args,
			 .arg_count = node->arg_count,
			 .arena = arena,
			 .diags = engine->diags,
			 .place = fy_engine_place(node) };
	fy_tensor **outs = NULL;
	int count = 0;
	fy_status status;

	call.seed = engine->options->seed + (uint64_t)node->origin.order;
	for (int i = 0; i < node->arg_count; i++)
		args[i] = resolve(engine, arena, &node->args[i],
				  i < schema->arg_count ? schema->args[i].type : NULL);
	FY_TRY(fy_op_run(&call, false, &outs, &count));
	status = FY_OK;
	if (count != node->result_count)
		status = fy_error(engine->diags, FY_CHECK_FAILED, "graph-results", &call.place,
				  "%s gives %d results, the graph has %d", node->op, count,
				  node->result_count);
	for (int i = 0; i < count; i++) {
		if (status == FY_OK)
			results[i] = outs[i];
		else
			fy_tensor_unref(outs[i]);
	}
	return status;
}

fy_status fy_engine_aten(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	const fy_schema *schema = fy_schema_find(node->op);
	fy_place place = fy_engine_place(node);
	fy_arena *arena;
	fy_status status;

	if (!schema)
		return fy_error(engine->diags, FY_UNSUPPORTED, "op-unknown", &place,
				"there is no operator '%s'", node->op);
	arena = fy_arena_new();
	status = call_op(engine, arena, node, schema, results);
	fy_arena_free(arena);
	return status;
}
