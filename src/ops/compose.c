/*
 * Runs operators that are made of others. One builder serves inference (metas) and evaluation (data): it
 * calls the inner operators, keeps every tensor they made until the end, and remembers which of them are
 * views of an argument. Lowering has a builder of its own elsewhere. Knows no operator.
 */
#include "ops/ops_internal.h"

#include <string.h>

/* How a tensor seen while composing relates to the arguments of the composed call. */
typedef struct origin {
	fy_result_kind kind;
	int of, item;
} origin;

typedef struct made_tensor {
	fy_tensor *tensor; /* one reference */
	origin from;
} made_tensor;

typedef struct runner {
	fy_builder builder;
	const fy_call *call; /* the composed one */
	bool evaluate;
	made_tensor *made;
	size_t made_count, made_capacity;
} runner;

static const origin fresh = { FY_FRESH, -1, -1 };

static origin origin_of(const runner *run, const fy_tensor *tensor)
{
	for (int i = 0; i < run->call->arg_count; i++) {
		const fy_arg *arg = &run->call->args[i];
		if (arg->kind == FY_ARG_TENSOR && arg->t == tensor)
			return (origin){ FY_SAME, i, -1 };
		for (int k = 0; arg->kind == FY_ARG_LIST && k < arg->list.count; k++)
			if (arg->list.items[k].kind == FY_ARG_TENSOR && arg->list.items[k].t == tensor)
				return (origin){ FY_SAME, i, k };
	}
	for (size_t i = 0; i < run->made_count; i++)
		if (run->made[i].tensor == tensor)
			return run->made[i].from;
	return fresh;
}

static fy_arg keep(runner *run, fy_tensor *tensor, origin from)
{
	run->made = fy_grow(run->made, &run->made_capacity, run->made_count + 1, sizeof(made_tensor));
	run->made[run->made_count++] = (made_tensor){ tensor, from };
	return fy_arg_tensor(tensor);
}

/* ---- the builder ------------------------------------------------------------------------------ */

static fy_status infer_inner(runner *run, fy_call *inner, fy_arg *results, int result_count)
{
	FY_TRY(fy_op_infer(inner));
	FY_ASSERT(result_count <= inner->result_count);
	for (int i = 0; i < inner->result_count; i++) {
		const fy_result *result = &inner->results[i];
		origin from = fresh;
		if (result->kind != FY_FRESH)
			from = origin_of(run, fy_call_item(inner, result->of, result->item));
		if (result->kind == FY_VIEW && from.kind == FY_SAME)
			from.kind = FY_VIEW;
		fy_arg arg = keep(run, fy_result_tensor(inner, result), from);
		if (i < result_count)
			results[i] = arg;
	}
	fy_call_release(inner);
	return FY_OK;
}

static fy_status evaluate_inner(runner *run, fy_call *inner, fy_arg *results, int result_count)
{
	fy_tensor **tensors;
	int count;
	FY_TRY(fy_op_run(inner, false, &tensors, &count));
	FY_ASSERT(result_count <= count);
	for (int i = 0; i < count; i++) {
		fy_arg arg = keep(run, tensors[i], fresh);
		if (i < result_count)
			results[i] = arg;
	}
	return FY_OK;
}

static fy_status call_inner(fy_builder *builder, const char *full, const fy_arg *args, int arg_count,
			    fy_arg *results, int result_count)
{
	runner *run = builder->user;
	const fy_schema *schema = fy_schema_find(full);
	const fy_arg *all = schema == NULL ? NULL : fy_schema_fill(schema, builder->arena, args, arg_count);
	if (all == NULL)
		FY_BUG("composing %s: no such call of %s", run->call->schema->full, full);
	fy_call inner = {
		.schema = schema,
		.args = all,
		.arg_count = schema->arg_count,
		.arena = builder->arena,
		.diags = builder->diags,
		.place = builder->place,
		.seed = run->call->seed,
		.next_symbol = run->call->next_symbol,
	};
	return run->evaluate ? evaluate_inner(run, &inner, results, result_count)
			     : infer_inner(run, &inner, results, result_count);
}

static fy_arg take_constant(fy_builder *builder, fy_tensor *tensor)
{
	return keep(builder->user, tensor, fresh);
}

/* ---- running a composition -------------------------------------------------------------------- */

static fy_status run_compose(runner *run, fy_call *call, bool evaluate, fy_compose *c)
{
	*run = (runner){ .call = call, .evaluate = evaluate };
	run->builder = (fy_builder){
		.arena = call->arena,
		.diags = call->diags,
		.place = call->place,
		.call = call_inner,
		.constant = take_constant,
		.user = run,
	};
	*c = (fy_compose){ .builder = &run->builder, .call = call };
	call->result_is_list =
		call->schema->return_count == 1 && call->schema->returns[0]->kind == FY_SCHEMA_LIST;
	c->result_count = call->result_is_list ? 0 : call->schema->return_count;
	c->results = FY_NEW_ARRAY(call->arena, fy_arg, c->result_count + 1);
	fy_status status = call->op->compose(c);
	if (status == FY_OK)
		status = c->status;
	for (int i = 0; i < c->result_count && status == FY_OK; i++)
		FY_ASSERT(c->results[i].kind == FY_ARG_TENSOR);
	return status;
}

static void release_made(runner *run)
{
	for (size_t i = 0; i < run->made_count; i++)
		fy_tensor_unref(run->made[i].tensor);
	fy_free(run->made);
}

fy_status fy_compose_infer(fy_call *call)
{
	runner run;
	fy_compose c;
	fy_status status = run_compose(&run, call, false, &c);
	for (int i = 0; i < c.result_count && status == FY_OK; i++) {
		const fy_tensor *t = c.results[i].t;
		origin from = origin_of(&run, t);
		if (from.kind == FY_SAME)
			status = fy_result_same_item(call, from.of, from.item);
		else if (from.kind == FY_VIEW)
			status = fy_result_view_item(call, from.of, from.item, &t->shape, t->strides,
						     t->offset);
		else
			status = fy_result_strided(call, t->dtype, &t->shape, t->strides);
	}
	release_made(&run);
	return status;
}

fy_status fy_compose_eval(fy_call *call, fy_tensor ***results, int *result_count)
{
	runner run;
	fy_compose c;
	fy_status status = run_compose(&run, call, true, &c);
	if (status == FY_OK) {
		*results = FY_NEW_ARRAY(call->arena, fy_tensor *, c.result_count + 1);
		*result_count = c.result_count;
		for (int i = 0; i < c.result_count; i++)
			(*results)[i] = fy_tensor_ref(c.results[i].t);
	}
	release_made(&run);
	return status;
}

/* ---- what compositions call ------------------------------------------------------------------- */

fy_arg fy_do(fy_compose *c, const char *full, const fy_arg *args, int arg_count)
{
	fy_arg result = fy_arg_none();
	if (c->status == FY_OK)
		c->status = c->builder->call(c->builder, full, args, arg_count, &result, 1);
	return c->status == FY_OK ? result : fy_arg_none();
}

fy_arg fy_do1(fy_compose *c, const char *full, fy_arg a)
{
	return fy_do(c, full, &a, 1);
}

fy_arg fy_do2(fy_compose *c, const char *full, fy_arg a, fy_arg b)
{
	return fy_do(c, full, (const fy_arg[]){ a, b }, 2);
}

fy_arg fy_do3(fy_compose *c, const char *full, fy_arg a, fy_arg b, fy_arg d)
{
	return fy_do(c, full, (const fy_arg[]){ a, b, d }, 3);
}

fy_arg fy_do_constant(fy_compose *c, fy_tensor *tensor)
{
	if (tensor == NULL) {
		if (c->status == FY_OK)
			c->status = fy_call_unsupported(c->call,
							"it needs a constant for which there is no room");
		return fy_arg_none();
	}
	return c->builder->constant(c->builder, tensor);
}
