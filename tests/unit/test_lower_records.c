/*
 * Walks over every operator record and every case of it: the node, lowered at old and new opsets and written
 * as ONNX, gives in ONNX Runtime and in our engine what evaluation gives. Skipped without ONNX Runtime.
 * FERRY_TEST_OP=aten::name runs one operator, at every opset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "engine/engine.h"
#include "lower/lower.h"
#include "outside/outside.h"
#include "op_cases.h"

enum { MAX_RESULTS = 32 };

static fy_ort *ort;
static int failures, refusals, runs;

static void complain(const op_case *c, int opset, const char *format, ...) FY_PRINTF(3, 4);
static void complain(const op_case *c, int opset, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error("%s %s, opset %d: ", c->op->name, c->text, opset);
	vprint_error(format, args);
	print_error("\n");
	va_end(args);
	failures++;
}

/* ---- the case as a graph --------------------------------------------------------------------- */

typedef struct built {
	fy_graph *graph;
	bool symbolic; /* sizes of the inputs are symbols */
	fy_tensor *inputs[MAX_RESULTS], *metas[MAX_RESULTS];
	int input_count;
} built;

/* Equal sizes are one symbol, 1 stays. */
static fy_dim symbol_of(built *b, int64_t size)
{
	fy_buf name = { 0 };
	int symbol = 0;

	if (size <= 1)
		return size;
	fy_buf_printf(&name, "n%" PRId64, size);
	while (symbol < b->graph->symbol_count && strcmp(b->graph->symbols[symbol], name.data) != 0)
		symbol++;
	if (symbol == b->graph->symbol_count)
		fy_graph_symbol(b->graph, name.data);
	fy_buf_release(&name);
	return fy_dim_symbol(symbol);
}

static fy_arg to_input(built *b, fy_arena *arena, fy_arg arg)
{
	if (arg.kind == FY_ARG_TENSOR) {
		fy_type type = fy_type_of(arg.t);
		const char *name = fy_arena_printf(arena, "x%d", b->input_count);

		for (int d = 0; b->symbolic && d < type.shape.rank; d++)
			type.shape.dims[d] = symbol_of(b, type.shape.dims[d]);
		b->metas[b->input_count] = fy_tensor_meta(type.dtype, &type.shape);
		b->inputs[b->input_count++] = fy_tensor_contiguous(arg.t);
		return fy_arg_value(fy_graph_input(b->graph, &type, name));
	}
	if (arg.kind == FY_ARG_LIST) {
		fy_arg *items = FY_NEW_ARRAY(arena, fy_arg, arg.list.count);

		for (int i = 0; i < arg.list.count; i++)
			items[i] = to_input(b, arena, arg.list.items[i]);
		return fy_arg_list(items, arg.list.count);
	}
	return arg;
}

static fy_arg to_meta(const built *b, fy_arena *arena, fy_arg arg)
{
	if (arg.kind == FY_ARG_VALUE)
		return fy_arg_tensor(b->metas[arg.v->index]);
	if (arg.kind == FY_ARG_LIST) {
		fy_arg *items = FY_NEW_ARRAY(arena, fy_arg, arg.list.count);

		for (int i = 0; i < arg.list.count; i++)
			items[i] = to_meta(b, arena, arg.list.items[i]);
		return fy_arg_list(items, arg.list.count);
	}
	return arg;
}

/* Result types when the sizes of the inputs are symbols. False: inference needs them, or a result is an
 * argument. */
static bool infer_types(built *b, const op_case *c, const fy_arg *args, fy_type *types, int count)
{
	fy_diags diags = { 0 };
	fy_call call = case_call(c, &diags);
	fy_arg *metas = FY_NEW_ARRAY(c->arena, fy_arg, c->schema->arg_count);
	int next_symbol = b->graph->symbol_count;
	bool known;

	for (int i = 0; i < c->schema->arg_count; i++)
		metas[i] = to_meta(b, c->arena, args[i]);
	call.args = metas;
	call.next_symbol = &next_symbol;
	known = fy_op_infer(&call) == FY_OK && call.result_count == count;
	for (int i = 0; i < count && known; i++) {
		types[i] = fy_type_of(call.results[i].meta);
		known = call.results[i].kind != FY_SAME;
	}
	if (call.results)
		fy_call_release(&call);
	while (b->graph->symbol_count < next_symbol)
		fy_graph_symbol(b->graph, NULL);
	fy_diags_clear(&diags);
	return known;
}

static bool build(built *b, const op_case *c, fy_arena *arena, fy_tensor *const *results, int count)
{
	fy_arg *args = FY_NEW_ARRAY(arena, fy_arg, c->schema->arg_count);
	fy_type types[MAX_RESULTS];
	fy_node *node;

	b->graph = fy_graph_new(arena);
	for (int i = 0; i < c->schema->arg_count; i++)
		args[i] = to_input(b, arena, c->args[i]);
	for (int i = 0; i < count; i++)
		types[i] = fy_type_of(results[i]);
	for (int i = 0; i < count && (c->op->flags & FY_OP_DATA_SIZE); i++) {
		for (int d = 0; d < types[i].shape.rank; d++)
			types[i].shape.dims[d] = fy_dim_symbol(fy_graph_symbol(b->graph, NULL));
	}
	if (b->symbolic && !infer_types(b, c, args, types, count))
		return false;
	node = fy_node_new(b->graph->main, NULL, c->schema->full, args, c->schema->arg_count, NULL, 0, types,
			   count);
	for (int i = 0; i < count; i++)
		fy_graph_output(b->graph, node->results[i], fy_arena_printf(arena, "y%d", i));
	return true;
}

/* ---- running and comparing ------------------------------------------------------------------------------
 */

static bool close_enough(double a, double b, fy_dtype dtype)
{
	double rtol = dtype == FY_F64 ? 1e-6 : dtype == FY_F32 ? 1e-4 : dtype == FY_F16 ? 4e-3 : 2e-2;
	double atol = dtype == FY_F64 ? 1e-6 : dtype == FY_F32 ? 1e-5 : dtype == FY_F16 ? 1e-3 : 1e-2;

	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	if (isinf(a) || isinf(b))
		return a == b;
	return fabs(a - b) <= atol + rtol * fabs(b);
}

static void compare(const op_case *c, int opset, int index, const fy_tensor *got, const fy_tensor *wanted)
{
	fy_buf text = { 0 };

	if (got->dtype != wanted->dtype || !fy_shape_eq(&got->shape, &wanted->shape)) {
		fy_buf_put_tensor_type(&text, got);
		fy_buf_puts(&text, " instead of ");
		fy_buf_put_tensor_type(&text, wanted);
		complain(c, opset, "result %d: %s", index, fy_buf_text(&text));
		fy_buf_release(&text);
		return;
	}
	for (int64_t i = 0; i < fy_tensor_numel(wanted) && !c->geometry_only; i++) {
		double a = fy_tensor_get_f64(got, i), b = fy_tensor_get_f64(wanted, i);

		if (fy_dtype_is_float(wanted->dtype) ? close_enough(a, b, wanted->dtype) : a == b)
			continue;
		complain(c, opset, "result %d, element %" PRId64 ": %.9g instead of %.9g", index, i, a, b);
		return;
	}
}

static void run(const op_case *c, const built *b, int opset, fy_tensor *const *results, int count,
		fy_diags *diags)
{
	fy_buf bytes = { 0 };
	fy_ort_session *session = NULL;
	fy_tensor *outputs[MAX_RESULTS] = { 0 };
	const fy_ort_options options = { .threads = 1, .no_optimizing = opset % 2 == 0 };

	if (fy_onnx_write_buf(b->graph, &bytes, NULL, diags) != FY_OK) {
		complain(c, opset, "writing: %s", diags->items[0].message);
	} else if (fy_ort_session_read(&session, ort, bytes.data, bytes.len, &options, diags) != FY_OK ||
		   fy_ort_session_run(session, b->inputs, (size_t)b->input_count, outputs, diags) != FY_OK) {
		complain(c, opset, "%s", diags->items[0].message);
	} else {
		for (int i = 0; i < count; i++)
			compare(c, opset, i, outputs[i], results[i]);
		runs++;
	}
	for (int i = 0; i < count; i++)
		fy_tensor_unref(outputs[i]);
	fy_ort_session_close(session);
	fy_buf_release(&bytes);
}

/* The same graph in our own engine, unless it is random. */
static void run_own(const op_case *c, const built *b, int opset, fy_tensor *const *results, int count,
		    fy_diags *diags)
{
	fy_tensor *outputs[MAX_RESULTS] = { 0 };

	if (c->geometry_only)
		return;
	if (fy_engine_run(b->graph, b->inputs, b->input_count, outputs, NULL, diags) != FY_OK) {
		complain(c, opset, "own engine: %s", diags->items[diags->count - 1].message);
		return;
	}
	for (int i = 0; i < count; i++) {
		compare(c, opset, i, outputs[i], results[i]);
		fy_tensor_unref(outputs[i]);
	}
}

/*
 * Lowers at `opset` (0: auto) and gives the opset that was used. A refusal is fine below what auto takes, and
 * where sizes are not known.
 */
static int check_at(const op_case *c, int opset, int plain, bool symbolic, fy_tensor *const *results,
		    int count)
{
	fy_arena *arena = fy_arena_new();
	fy_lower_options options = { .opset = opset };
	fy_lower_report report = { 0 };
	fy_diags diags = { 0 };
	built b = { .symbolic = symbolic };

	if (build(&b, c, arena, results, count)) {
		fy_status status = fy_lower(b.graph, &options, &report, &diags);

		if (status == FY_OK) {
			run(c, &b, report.opset, results, count, &diags);
			run_own(c, &b, report.opset, results, count, &diags);
		} else if (status == FY_UNSUPPORTED && (opset < plain || symbolic)) {
			refusals++;
		} else {
			complain(c, opset, "%s", diags.items[0].message);
		}
	}
	for (int i = 0; i < b.input_count; i++) {
		fy_tensor_unref(b.inputs[i]);
		fy_tensor_unref(b.metas[i]);
	}
	fy_graph_release(b.graph);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return report.opset;
}

static bool suits_onnxruntime(const op_case *c)
{
	for (int i = 0; i < c->tensor_count; i++) {
		int onnx;

		if (fy_dtype_is_complex(c->tensors[i]->dtype) ||
		    !fy_onnx_from_dtype(c->tensors[i]->dtype, &onnx))
			return false;
	}
	return true;
}

static void check_case(const fy_op *op, const char *text, int index, bool thorough)
{
	static const int opsets[] = { 9, 13, 10, 18, 11, 21, 12, 23, 17, 15 };
	fy_diags diags = { 0 };
	fy_tensor **results = NULL;
	int count = 0;
	op_case c;

	if (case_read(&c, op, text) && suits_onnxruntime(&c)) {
		fy_call call = case_call(&c, &diags);

		if (fy_op_run(&call, false, &results, &count) == FY_OK && count <= MAX_RESULTS) {
			int plain = check_at(&c, 0, 0, false, results, count);

			check_at(&c, 17, plain, true, results, count);
			for (int i = 0; i < (int)FY_COUNT(opsets); i++) {
				/* ONNX Runtime has no generators of random numbers of opset 22. */
				if ((op->flags & FY_OP_RANDOM) && opsets[i] > 21)
					continue;
				if (thorough || i < 2 || i % 4 == index % 4)
					check_at(&c, opsets[i], plain, false, results, count);
			}
		}
	}
	for (int i = 0; i < count; i++)
		fy_tensor_unref(results[i]);
	fy_diags_clear(&diags);
	case_release(&c);
}

static void every_case_runs_in_onnxruntime(void **state)
{
	const char *only = getenv("FERRY_TEST_OP");
	fy_diags diags = { 0 };

	(void)state;
	assert_int_equal(fy_ort_load(&ort, NULL, &diags), FY_OK);
	if (!ort)
		skip();
	for (int i = 0; i < fy_op_count(); i++) {
		const fy_op *op = fy_op_at(i);

		if ((only && strcmp(only, op->name) != 0) || !op->cases)
			continue;
		for (int k = 0; op->cases[k]; k++)
			check_case(op, op->cases[k], k, only != NULL);
	}
	print_message("%d runs, %d refused at an old opset\n", runs, refusals);
	fy_ort_release(ort);
	assert_int_equal(failures, 0);
	assert_true(runs > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_runs_in_onnxruntime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
