/*
 * Runs blocks node by node and drops every value after its last use. What a node does is known to the
 * operators; If and Loop are engine_control.c.
 */
#include "engine/engine_internal.h"
#include "kernels/kernels.h"
#include "onnx/onnx.h"

#include <string.h>

fy_place fy_engine_place(const fy_node *node)
{
	const fy_origin *origin = &node->origin;

	return (fy_place){
		.member = origin->file, .line = origin->line, .text = origin->text, .module = origin->module
	};
}

fy_tensor *fy_engine_value(const fy_engine *engine, const fy_arg *arg)
{
	fy_tensor *tensor = engine->values[arg->v->id];

	if (!tensor)
		FY_BUG("value %d is read after its last use or before its definition", arg->v->id);
	return tensor;
}

void fy_engine_set(fy_engine *engine, const fy_value *value, fy_tensor *tensor)
{
	FY_ASSERT(!engine->values[value->id]);
	engine->values[value->id] = tensor;
}

static void drop(fy_engine *engine, const fy_value *value)
{
	fy_tensor_unref(engine->values[value->id]);
	engine->values[value->id] = NULL;
}

/* ---- lifetimes ---------------------------------------------------------------------------------------- */

/* Stands for the end of the block. */
static const fy_node block_end;

static const fy_block *home_of(const fy_value *value)
{
	return value->def ? value->def->block : value->block;
}

typedef struct reading {
	fy_engine *engine;
	const fy_node *node; /* of `block` */
	const fy_block *block;
} reading;

static void note_read(void *user, fy_value *value)
{
	const reading *r = user;

	if (home_of(value) == r->block && !r->engine->last[value->id])
		r->engine->last[value->id] = r->node;
}

/* Everything that `reader` and the nodes in its blocks read. */
static void each_read(const fy_node *reader, void (*fn)(void *user, fy_value *value), void *user)
{
	fy_node_each_value(reader, fn, user);
	for (int i = 0; i < reader->block_count; i++) {
		const fy_block *block = reader->blocks[i];

		for (const fy_node *inner = block->first; inner; inner = inner->next)
			each_read(inner, fn, user);
		for (int k = 0; k < block->result_count; k++)
			fn(user, block->results[k]);
	}
}

/* Backwards, so that the first reader met is the last one. */
static void find_last_uses(fy_engine *engine, const fy_block *block)
{
	reading r = { .engine = engine, .node = &block_end, .block = block };

	for (int i = 0; i < block->result_count; i++)
		note_read(&r, block->results[i]);
	for (const fy_node *node = block->last; node; node = node->prev) {
		r.node = node;
		each_read(node, note_read, &r);
		for (int i = 0; i < node->result_count; i++)
			note_read(&r, node->results[i]);
		for (int i = 0; i < node->block_count; i++)
			find_last_uses(engine, node->blocks[i]);
	}
}

typedef struct dropping {
	fy_engine *engine;
	const fy_node *node;
} dropping;

static void drop_if_last(void *user, fy_value *value)
{
	dropping *d = user;

	if (d->engine->last[value->id] == d->node)
		drop(d->engine, value);
}

static void drop_block(fy_engine *engine, const fy_block *block)
{
	for (int i = 0; i < block->param_count; i++)
		drop(engine, block->params[i]);
	for (const fy_node *node = block->first; node; node = node->next) {
		for (int i = 0; i < node->result_count; i++)
			drop(engine, node->results[i]);
	}
}

/* ---- nodes ------------------------------------------------------------------------------------------------
 */

/* An input of a function that the call leaves out. */
static bool is_left_out(const fy_engine *engine, const fy_value *value)
{
	return engine->frame && value->block == engine->frame->function->body && !engine->values[value->id];
}

static int opset_here(const fy_engine *engine)
{
	int imported = engine->frame ? engine->frame->function->opset : engine->graph->opset;

	return imported ? imported : FY_ONNX_OPSET_MAX;
}

static fy_status run_onnx(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	int opset = opset_here(engine);
	fy_tensor **inputs = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->arg_count + 1));
	fy_status status;

	for (int i = 0; i < node->arg_count; i++) {
		if (node->args[i].kind == FY_ARG_VALUE && !is_left_out(engine, node->args[i].v))
			inputs[i] = fy_engine_value(engine, &node->args[i]);
	}
	status = fy_onnx_eval(node, opset, inputs, results, engine->diags);
	fy_free(inputs);
	return status;
}

static fy_status run_plain(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	const fy_local_function *function = fy_engine_function(engine, node);

	if (function)
		return fy_engine_call(engine, node, function, results);
	if (fy_node_is(node, "onnx::If") || fy_node_is(node, "prim::If"))
		return fy_engine_if(engine, node, results);
	if (fy_node_is(node, "onnx::Loop") || fy_node_is(node, "prim::Loop"))
		return fy_engine_loop(engine, node, results);
	if (fy_node_is(node, "onnx::Scan") && opset_here(engine) >= 9)
		return fy_engine_scan(engine, node, results);
	if (fy_starts_with(node->op, "aten::") || fy_starts_with(node->op, "prim::"))
		return fy_engine_aten(engine, node, results);
	return run_onnx(engine, node, results);
}

static fy_status run_node(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	fy_node bound;
	fy_status status;

	if (!fy_engine_bind(engine, node, &bound))
		return run_plain(engine, node, results);
	status = run_plain(engine, &bound, results);
	fy_free(bound.attrs);
	return status;
}

/* Runs one node and leaves its results in values. */
static fy_status step(fy_engine *engine, const fy_node *node)
{
	fy_tensor **results = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->result_count + 1));
	fy_status status = fy_interrupted() ? FY_INTERRUPTED : run_node(engine, node, results);
	dropping d = { engine, node };

	if (status == FY_OK && engine->options->hook)
		status = engine->options->hook(engine->options->user, node, results, node->result_count);
	for (int i = 0; i < node->result_count; i++) {
		if (status != FY_OK)
			fy_tensor_unref(results[i]);
		else if (results[i])
			fy_engine_set(engine, node->results[i], results[i]);
	}
	fy_free(results);
	if (status != FY_OK)
		return status;
	each_read(node, drop_if_last, &d);
	for (int i = 0; i < node->result_count; i++)
		drop_if_last(&d, node->results[i]);
	return FY_OK;
}

/* Files are of strangers: loops may go on for ever, functions call each other twice. */
fy_status fy_engine_count(fy_engine *engine, const fy_node *node)
{
	enum { MOST_STEPS = 2000000 };
	int64_t most = engine->options->max_steps > 0 ? engine->options->max_steps : MOST_STEPS;
	fy_place place = fy_engine_place(node);

	if (fy_interrupted())
		return FY_INTERRUPTED;
	if (engine->steps++ < most)
		return FY_OK;
	fy_error(engine->diags, FY_UNSUPPORTED, "limit", &place,
		 "loops, branches and functions run more than %" PRId64 " nodes", most);
	fy_hint(engine->diags, "--max-steps N raises the limit");
	return FY_UNSUPPORTED;
}

fy_status fy_engine_block(fy_engine *engine, const fy_block *block, fy_tensor **out)
{
	bool outermost = block == engine->graph->main;
	fy_status status = FY_OK;

	for (const fy_node *node = block->first; node && status == FY_OK; node = node->next) {
		if (!outermost)
			status = fy_engine_count(engine, node);
		if (status == FY_OK)
			status = step(engine, node);
		if (outermost)
			fy_progress_say(engine->options->progress, "run", ++engine->done, engine->total);
	}
	for (int i = 0; i < block->result_count; i++) {
		fy_tensor *result = status == FY_OK ? engine->values[block->results[i]->id] : NULL;

		FY_ASSERT(result || status != FY_OK);
		out[i] = result ? fy_tensor_ref(result) : NULL;
	}
	drop_block(engine, block);
	return status;
}

/* ---- inputs and outputs
 * -------------------------------------------------------------------------------------- */

static fy_status refuse_input(const fy_engine *engine, int i, const fy_tensor *given)
{
	const fy_value *param = engine->graph->main->params[i];
	fy_buf expected = { 0 }, got = { 0 };
	fy_status status;

	fy_buf_puts(&expected, fy_dtype_name(param->type->dtype));
	if (param->type->has_shape)
		fy_buf_put_shape(&expected, &param->type->shape);
	fy_buf_put_tensor_type(&got, given);
	status = fy_error(engine->diags, FY_USAGE, "input-mismatch", NULL, "input %d%s%s%s takes %s, not %s",
			  i, param->name ? " '" : "", param->name ? param->name : "", param->name ? "'" : "",
			  fy_buf_text(&expected), fy_buf_text(&got));
	fy_buf_release(&expected);
	fy_buf_release(&got);
	return status;
}

static bool shape_fits(const fy_shape *shape, const fy_shape *given, int64_t *symbols, int symbol_count)
{
	if (shape->rank != given->rank)
		return false;
	for (int i = 0; i < shape->rank; i++) {
		int64_t symbol = -1 - shape->dims[i];

		if (fy_dim_known(shape->dims[i])) {
			if (shape->dims[i] != given->dims[i])
				return false;
		} else if (symbol < symbol_count) {
			if (symbols[symbol] >= 0 && symbols[symbol] != given->dims[i])
				return false;
			symbols[symbol] = given->dims[i];
		}
	}
	return true;
}

static fy_status check_inputs(const fy_engine *engine, fy_tensor *const *inputs, int count)
{
	const fy_block *block = engine->graph->main;
	int symbol_count = engine->graph->symbol_count;
	int64_t *symbols;
	fy_status status = FY_OK;

	if (count != block->param_count)
		return fy_error(engine->diags, FY_USAGE, "input-count", NULL,
				"the graph takes %d inputs, %d are given", block->param_count, count);
	symbols = fy_alloc(sizeof(*symbols) * (size_t)(symbol_count + 1));
	for (int i = 0; i < symbol_count; i++)
		symbols[i] = -1;
	for (int i = 0; i < count && status == FY_OK; i++) {
		const fy_type *type = block->params[i]->type;
		bool typed = type->kind == FY_TYPE_TENSOR || type->kind == FY_TYPE_SCALAR;

		if ((typed && type->dtype != inputs[i]->dtype) ||
		    ((type->has_shape || type->kind == FY_TYPE_SCALAR) &&
		     !shape_fits(&type->shape, &inputs[i]->shape, symbols, symbol_count)))
			status = refuse_input(engine, i, inputs[i]);
	}
	fy_free(symbols);
	return status;
}

/* Outputs stand alone: contiguous, and not in the mapped bytes of a model that may be closed. */
static fy_status detach(fy_engine *engine, fy_tensor **output)
{
	fy_tensor *tensor = *output, *copy;

	if (fy_tensor_is_contiguous(tensor) && (!tensor->storage || tensor->storage->owned))
		return FY_OK;
	copy = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	if (!copy)
		return fy_error(engine->diags, FY_IO, "out-of-memory", NULL, "no memory for an output");
	fy_tensor_copy(copy, tensor);
	fy_tensor_unref(tensor);
	*output = copy;
	return FY_OK;
}

/* A sparse constant becomes a plain tensor when it is run with; NULL: no memory. */
static fy_tensor *dense_of(const fy_sparse *sparse)
{
	const fy_tensor *meta = sparse->value->tensor;
	fy_tensor *dense = fy_tensor_new(meta->dtype, &meta->shape, true);
	int rank = meta->shape.rank;

	for (int64_t i = 0; dense && sparse->indices && i < sparse->indices->shape.dims[0]; i++) {
		int64_t at = 0;
		fy_tensor *from, *to;

		for (int k = 0; k < rank && sparse->indices->shape.rank == 2; k++)
			at += fy_tensor_get_i64(sparse->indices, i * rank + k) * dense->strides[k];
		if (sparse->indices->shape.rank == 1)
			at = fy_tensor_get_i64(sparse->indices, i);
		from = fy_tensor_view(sparse->values, meta->dtype, &(fy_shape){ 0 }, NULL,
				      sparse->values->offset + i);
		to = fy_tensor_view(dense, meta->dtype, &(fy_shape){ 0 }, NULL, at);
		fy_tensor_copy(to, from);
		fy_tensor_unref(from);
		fy_tensor_unref(to);
	}
	return dense;
}

static fy_status set_constant(fy_engine *engine, const fy_value *constant)
{
	const fy_graph *graph = engine->graph;
	const char *name = constant->name ? constant->name : "";
	fy_tensor *dense = NULL;

	if (constant->tensor && fy_tensor_has_data(constant->tensor)) {
		fy_engine_set(engine, constant, fy_tensor_ref(constant->tensor));
		return FY_OK;
	}
	for (int i = 0; i < graph->sparse_count; i++) {
		if (graph->sparse[i].value == constant && fy_dtype_has_elements(constant->tensor->dtype))
			dense = dense_of(&graph->sparse[i]);
	}
	if (!dense)
		return fy_error(engine->diags, FY_UNSUPPORTED, "graph-no-data", NULL,
				"constant '%s' has no data: the graph cannot be run", name);
	fy_engine_set(engine, constant, dense);
	return FY_OK;
}

static fy_status run_graph(fy_engine *engine, fy_tensor *const *inputs, int input_count, fy_tensor **outputs)
{
	const fy_graph *graph = engine->graph;
	fy_status status;

	FY_TRY(check_inputs(engine, inputs, input_count));
	for (int i = 0; i < graph->constant_count; i++)
		FY_TRY(set_constant(engine, graph->constants[i]));
	for (int i = 0; i < input_count; i++)
		fy_engine_set(engine, graph->main->params[i], fy_tensor_ref(inputs[i]));
	status = fy_engine_block(engine, graph->main, outputs);
	for (int i = 0; i < graph->main->result_count && status == FY_OK; i++)
		status = detach(engine, &outputs[i]);
	return status;
}

fy_status fy_engine_run(const fy_graph *graph, fy_tensor *const *inputs, int input_count, fy_tensor **outputs,
			const fy_engine_options *options, fy_diags *diags)
{
	static const fy_engine_options defaults = { 0 };
	fy_engine engine = { .graph = graph, .options = options ? options : &defaults, .diags = diags };
	size_t count = (size_t)graph->next_value + 1;
	fy_status status;

	fy_kernels_set_threads(engine.options->threads);
	engine.values = fy_zalloc(sizeof(*engine.values) * count);
	engine.last = fy_zalloc(sizeof(*engine.last) * count);
	find_last_uses(&engine, graph->main);
	for (int i = 0; i < graph->function_count; i++)
		find_last_uses(&engine, graph->functions[i].body);
	for (const fy_node *node = graph->main->first; node; node = node->next)
		engine.total++;
	memset(outputs, 0, sizeof(*outputs) * (size_t)graph->main->result_count);
	status = run_graph(&engine, inputs, input_count, outputs);
	for (int i = 0; i < graph->main->result_count && status != FY_OK; i++) {
		fy_tensor_unref(outputs[i]);
		outputs[i] = NULL;
	}
	for (size_t i = 0; i < count; i++)
		fy_tensor_unref(engine.values[i]);
	fy_free(engine.values);
	fy_free(engine.last);
	return status;
}
