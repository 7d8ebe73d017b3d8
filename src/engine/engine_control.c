/*
 * If and Loop, recorded (prim) and ONNX alike. They differ in one thing: the body of an ONNX loop, and some
 * recorded ones, take the condition as their second parameter.
 */
#include "engine/engine_internal.h"

/* A bool or int that is a constant or a single-element tensor. */
static fy_status read_int(const fy_engine *engine, const fy_node *node, const fy_arg *arg, int64_t *out)
{
	const fy_tensor *tensor;
	fy_place place = fy_engine_place(node);

	if (arg->kind == FY_ARG_BOOL || arg->kind == FY_ARG_INT) {
		*out = arg->kind == FY_ARG_BOOL ? arg->b : arg->i;
		return FY_OK;
	}
	FY_ASSERT(arg->kind == FY_ARG_VALUE);
	tensor = fy_engine_value(engine, arg);
	if (fy_tensor_numel(tensor) != 1)
		return fy_error(engine->diags, FY_USAGE, "op-raises", &place,
				"%s: a condition or trip count must be a single number", node->op);
	*out = fy_tensor_get_i64(tensor, 0);
	if (tensor->dtype == FY_BOOL || fy_dtype_is_float(tensor->dtype))
		*out = fy_tensor_get_f64(tensor, 0) != 0;
	return FY_OK;
}

fy_status fy_engine_if(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	int64_t condition;

	FY_ASSERT(node->block_count == 2 && node->arg_count == 1);
	FY_TRY(read_int(engine, node, &node->args[0], &condition));
	return fy_engine_block(engine, node->blocks[condition ? 0 : 1], results);
}

/* ---- loops ------------------------------------------------------------------------------------------- */

typedef struct loop {
	fy_engine *engine;
	const fy_node *node;
	const fy_block *body;
	int carried, scans;
	int64_t cost;              /* of a round, in steps */
	bool limited, conditional; /* a trip count, a condition is given */
	int64_t trips, condition, iteration;
	fy_tensor **state;   /* per carried value: one reference */
	fy_tensor ***stacks; /* per scan output: one reference per iteration */
	size_t capacity;
	fy_tensor **out; /* of one iteration: condition, carried, scans */
} loop;

static fy_tensor *carried_start(loop *l, int i)
{
	const fy_arg *arg = &l->node->args[2 + i];

	switch (arg->kind) {
	case FY_ARG_VALUE:
		return fy_tensor_ref(fy_engine_value(l->engine, arg));
	case FY_ARG_INT:
		return fy_tensor_scalar_i64(FY_I64, arg->i);
	case FY_ARG_BOOL:
		return fy_tensor_scalar_i64(FY_BOOL, arg->b);
	case FY_ARG_FLOAT:
		return fy_tensor_scalar_f64(FY_F64, arg->f);
	default:
		FY_BUG("a loop carries what is no tensor or number");
	}
}

static fy_status start_loop(loop *l)
{
	const fy_node *node = l->node;

	l->limited = node->args[0].kind != FY_ARG_NONE;
	l->conditional = node->args[1].kind != FY_ARG_NONE;
	if (l->limited)
		FY_TRY(read_int(l->engine, node, &node->args[0], &l->trips));
	l->condition = 1;
	if (l->conditional)
		FY_TRY(read_int(l->engine, node, &node->args[1], &l->condition));
	l->state = fy_zalloc(sizeof(fy_tensor *) * (size_t)(l->carried + 1));
	l->stacks = fy_zalloc(sizeof(*l->stacks) * (size_t)(l->scans + 1));
	l->out = fy_zalloc(sizeof(fy_tensor *) * (size_t)(l->body->result_count + 1));
	for (int i = 0; i < l->carried; i++)
		l->state[i] = carried_start(l, i);
	return FY_OK;
}

static bool goes_on(const loop *l)
{
	return (!l->limited || l->iteration < l->trips) && (!l->conditional || l->condition);
}

static fy_status iterate(loop *l)
{
	const fy_block *body = l->body;
	int first = body->param_count - l->carried;
	size_t iteration = (size_t)l->iteration, capacity = l->capacity;

	fy_engine_set(l->engine, body->params[0], fy_tensor_scalar_i64(FY_I64, l->iteration));
	if (first == 2)
		fy_engine_set(l->engine, body->params[1], fy_tensor_scalar_i64(FY_BOOL, l->condition != 0));
	for (int i = 0; i < l->carried; i++) {
		fy_engine_set(l->engine, body->params[first + i], l->state[i]);
		l->state[i] = NULL;
	}
	FY_TRY(fy_engine_block(l->engine, body, l->out));
	l->condition = fy_tensor_numel(l->out[0]) == 1 && fy_tensor_get_f64(l->out[0], 0) != 0;
	fy_tensor_unref(l->out[0]);
	for (int i = 0; i < l->carried; i++)
		l->state[i] = l->out[1 + i];
	for (int i = 0; i < l->scans; i++) {
		l->capacity = capacity;
		l->stacks[i] = fy_grow(l->stacks[i], &l->capacity, iteration + 1, sizeof(fy_tensor *));
		l->stacks[i][iteration] = l->out[1 + l->carried + i];
	}
	l->iteration++;
	return FY_OK;
}

/* All iterations of scan output i along a new first axis. */
static fy_status stack(const loop *l, int i, fy_tensor **out)
{
	const fy_type *type = l->body->results[1 + l->carried + i]->type;
	fy_place place = fy_engine_place(l->node);
	const fy_tensor *first = l->iteration > 0 ? l->stacks[i][0] : NULL;
	fy_shape element = first ? first->shape : type->shape, shape = { element.rank + 1, { l->iteration } };

	if (element.rank == FY_MAX_RANK)
		return fy_error(l->engine->diags, FY_UNSUPPORTED, "onnx-rank", &place,
				"%s: a scan output has too many axes", l->node->op);
	for (int k = 0; k < element.rank; k++)
		shape.dims[k + 1] = fy_dim_known(element.dims[k]) ? element.dims[k] : 0;
	*out = fy_tensor_new(first ? first->dtype : type->dtype, &shape, false);
	if (!*out)
		return fy_error(l->engine->diags, FY_IO, "out-of-memory", &place,
				"no memory for a scan output");
	for (int64_t k = 0; k < l->iteration; k++) {
		const fy_tensor *one = l->stacks[i][k];
		fy_tensor *place_of_one;

		if (!fy_shape_eq(&one->shape, &element) || one->dtype != (*out)->dtype)
			return fy_error(l->engine->diags, FY_USAGE, "op-raises", &place,
					"%s: a scan output changes its shape from one iteration to the next",
					l->node->op);
		place_of_one = fy_tensor_view(*out, one->dtype, &element, (*out)->strides + 1,
					      (*out)->offset + k * (*out)->strides[0]);
		fy_tensor_copy(place_of_one, one);
		fy_tensor_unref(place_of_one);
	}
	return FY_OK;
}

static void end_loop(loop *l)
{
	for (int i = 0; i < l->carried && l->state; i++)
		fy_tensor_unref(l->state[i]);
	for (int i = 0; i < l->scans && l->stacks; i++) {
		for (int64_t k = 0; k < l->iteration; k++)
			fy_tensor_unref(l->stacks[i][k]);
		fy_free(l->stacks[i]);
	}
	fy_free(l->state);
	fy_free(l->stacks);
	fy_free(l->out);
}

fy_status fy_engine_loop(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	loop l = { .engine = engine, .node = node, .body = node->blocks[0], .carried = node->arg_count - 2 };
	fy_status status;

	l.scans = node->result_count - l.carried;
	FY_ASSERT(node->block_count == 1 && l.scans >= 0 && l.body->result_count == node->result_count + 1);
	FY_ASSERT(l.body->param_count - l.carried == 1 || l.body->param_count - l.carried == 2);
	status = start_loop(&l);
	while (status == FY_OK && goes_on(&l)) {
		status = fy_engine_count(engine, node);
		if (status == FY_OK)
			status = iterate(&l);
	}
	for (int i = 0; i < l.carried && status == FY_OK; i++)
		results[i] = fy_tensor_ref(l.state[i]);
	for (int i = 0; i < l.scans && status == FY_OK; i++)
		status = stack(&l, i, &results[l.carried + i]);
	end_loop(&l);
	return status;
}
