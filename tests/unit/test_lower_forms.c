/*
 * The opset-independent forms, each at every opset in ONNX Runtime: right where the operator has changed,
 * types that an opset lacks, sizes that are known only when running, nothing emitted for what does nothing.
 * Skipped without ONNX Runtime.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lower/lower_internal.h"
#include "lower_help.h"

#include <string.h>

enum { NEWEST_TRIED = 23, MAX_NUMBERS = 16 };

/* A form: emits nodes for x and gives the result. */
typedef fy_value *(*form)(fy_lowering *l, fy_value *x);

typedef struct numbers {
	fy_shape shape;
	double values[MAX_NUMBERS];
} numbers;

typedef struct example {
	form form;
	fy_dtype dtype;
	int since;     /* smaller opsets refuse */
	bool symbolic; /* sizes of x are not known when lowering */
	numbers x, y;
	int nodes; /* -1: any number */
} example;

static fy_ort *ort;

static int load_runtime(void **state)
{
	fy_diags diags = { 0 };

	(void)state;
	return fy_ort_load(&ort, NULL, &diags) != FY_OK;
}

static int unload_runtime(void **state)
{
	(void)state;
	fy_ort_release(ort);
	return 0;
}

static fy_tensor *to_tensor(fy_dtype dtype, const numbers *n)
{
	fy_tensor *tensor = fy_tensor_new(dtype, &n->shape, true);

	for (int64_t i = 0; i < fy_tensor_numel(tensor); i++)
		fy_tensor_set_f64(tensor, i, n->values[i]);
	return tensor;
}

/* A graph x -> form(x), as the driver would make it around one node. Its status. */
static fy_status emit_form(const example *e, fy_arena *arena, int opset, fy_graph **out)
{
	fy_graph *graph = fy_graph_new(arena);
	fy_type type = fy_type_tensor(e->dtype, &e->x.shape);
	fy_diags diags = { 0 };
	fy_lowering l = { .graph = graph, .arena = arena, .diags = &diags, .opset = opset };
	fy_value *x, *y;
	fy_arg arg;

	for (int i = 0; e->symbolic && i < type.shape.rank; i++)
		type.shape.dims[i] = fy_dim_symbol(fy_graph_symbol(graph, NULL));
	x = fy_graph_input(graph, &type, "x");
	arg = fy_arg_value(x);
	l.at = fy_node_new(graph->main, NULL, "aten::placeholder", &arg, 1, NULL, 0, NULL, 0);
	y = e->form(&l, x);
	fy_node_erase(l.at);
	if (l.status == FY_OK)
		fy_graph_output(graph, y, "y");
	else if (diags.count)
		fail_msg("opset %d: %s", opset, diags.items[0].message);
	graph->opset = opset;
	graph->ir_version = fy_onnx_ir_version(opset);
	fy_map_release(&l.constants);
	*out = graph;
	return l.status;
}

static void run_form(const example *e, fy_graph *graph, int opset)
{
	fy_tensor *x = to_tensor(e->dtype, &e->x), *y = NULL;
	fy_lower_options options = { 0 };
	fy_diags diags = { 0 };

	assert_int_equal(fy_lower_one_pass(graph, "outputs", &options, &diags), FY_OK);
	assert_int_equal(fy_lower_one_pass(graph, "names", &options, &diags), FY_OK);
	if (!run_lowered(ort, graph, &x, &y, &diags))
		fail_msg("opset %d: %s", opset, diags.items[0].message);
	if (!fy_shape_eq(&y->shape, &e->y.shape))
		fail_msg("opset %d: another shape", opset);
	for (int64_t i = 0; i < fy_tensor_numel(y); i++) {
		if (fy_tensor_get_f64(y, i) != e->y.values[i])
			fail_msg("opset %d: element %d is %g, not %g", opset, (int)i, fy_tensor_get_f64(y, i),
				 e->y.values[i]);
	}
	fy_tensor_unref(x);
	fy_tensor_unref(y);
}

static void check(const example *e)
{
	if (!ort)
		skip();
	for (int opset = FY_ONNX_OPSET_MIN; opset <= NEWEST_TRIED; opset++) {
		fy_arena *arena = fy_arena_new();
		fy_graph *graph;

		if (opset < e->since) {
			assert_int_equal(emit_form(e, arena, opset, &graph), FY_UNSUPPORTED);
		} else {
			assert_int_equal(emit_form(e, arena, opset, &graph), FY_OK);
			if (e->nodes >= 0)
				assert_int_equal(fy_graph_node_count(graph), e->nodes);
			run_form(e, graph, opset);
		}
		fy_graph_release(graph);
		fy_arena_free(arena);
	}
}

/* ---- axes, slices, pads ----------------------------------------------------------------------------------
 */

static fy_value *squeezed(fy_lowering *l, fy_value *x)
{
	x = fy_lower_unsqueeze(l, x, (const int64_t[]){ 0, 2 }, 2);
	return fy_lower_squeeze(l, x, (const int64_t[]){ 0 }, 1);
}

static fy_value *sum_of_rows(fy_lowering *l, fy_value *x)
{
	return fy_lower_reduce(l, "ReduceSum", x, (const int64_t[]){ 1 }, 1, true);
}

static fy_value *greatest(fy_lowering *l, fy_value *x)
{
	return fy_lower_reduce(l, "ReduceMax", x, NULL, 0, false);
}

static fy_value *every_second_backwards(fy_lowering *l, fy_value *x)
{
	return fy_lower_slice(l, x, (const int64_t[]){ 0, 1 }, (const int64_t[]){ 0, -1 },
			      (const int64_t[]){ INT64_MAX, INT64_MIN }, (const int64_t[]){ 1, -2 }, 2);
}

static fy_value *all_of_it(fy_lowering *l, fy_value *x)
{
	return fy_lower_slice(l, x, (const int64_t[]){ 0, 1 }, (const int64_t[]){ 0, 0 },
			      (const int64_t[]){ INT64_MAX, 3 }, NULL, 2);
}

static fy_value *slice_by_value(fy_lowering *l, fy_value *x)
{
	return fy_lower_slice_values(l, x, 1, fy_lower_int(l, 1), fy_lower_ints(l, (const int64_t[]){ 3 }, 1),
				     1);
}

static fy_value *cropped_and_padded(fy_lowering *l, fy_value *x)
{
	return fy_lower_pad(l, x, "constant", (const int64_t[]){ 0, 1 }, (const int64_t[]){ 1, -2 }, 7);
}

static fy_value *reflected(fy_lowering *l, fy_value *x)
{
	return fy_lower_pad(l, x, "reflect", (const int64_t[]){ 0, 2 }, (const int64_t[]){ 0, 0 }, 0);
}

static fy_value *padded_by_nothing(fy_lowering *l, fy_value *x)
{
	return fy_lower_pad(l, x, "edge", (const int64_t[]){ 0, 0 }, (const int64_t[]){ 0, 0 }, 0);
}

static fy_value *split_and_turned(fy_lowering *l, fy_value *x)
{
	fy_value *parts[2];

	fy_lower_split(l, x, 1, (const int64_t[]){ 1, 2 }, 2, parts);
	return fy_lower_concat(l, (fy_value *const[]){ parts[1], parts[0] }, 2, 1);
}

static void axes_at_every_opset(void **state)
{
	static const numbers x = { { 2, { 2, 3 } }, { 1, 2, 3, 4, 5, 6 } };
	static const fy_dtype types[] = { FY_F32, FY_F64, FY_I64, FY_I32 };
	const example examples[] = {
		{ squeezed, FY_F32, 0, false, x, { { 3, { 2, 1, 3 } }, { 1, 2, 3, 4, 5, 6 } }, 2 },
		{ sum_of_rows, FY_F32, 0, false, x, { { 2, { 2, 1 } }, { 6, 15 } }, 1 },
		{ greatest, FY_F32, 0, false, x, { { 0, { 0 } }, { 6 } }, 1 },
		{ every_second_backwards, FY_F32, 0, false, x, { { 2, { 2, 2 } }, { 3, 1, 6, 4 } }, 1 },
		{ every_second_backwards, FY_F32, 10, true, x, { { 2, { 2, 2 } }, { 3, 1, 6, 4 } }, 1 },
		{ all_of_it, FY_F32, 0, false, x, x, 0 },
		{ slice_by_value, FY_F32, 10, true, x, { { 2, { 2, 2 } }, { 2, 3, 5, 6 } }, -1 },
		{ padded_by_nothing, FY_F32, 0, false, x, x, 0 },
		{ split_and_turned, FY_F32, 0, false, x, { { 2, { 2, 3 } }, { 2, 3, 1, 5, 6, 4 } }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(examples); i++)
		check(&examples[i]);
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		const example pad = { cropped_and_padded,
				      types[i],
				      0,
				      false,
				      x,
				      { { 2, { 3, 2 } }, { 7, 1, 7, 4, 7, 7 } },
				      -1 };
		const example mirror = { reflected, types[i],
					 0,         false,
					 x,         { { 2, { 2, 5 } }, { 3, 2, 1, 2, 3, 6, 5, 4, 5, 6 } },
					 -1 };

		check(&pad);
		check(&mirror);
	}
}

/* ---- element types ---------------------------------------------------------------------------------------
 */

static fy_value *clipped(fy_lowering *l, fy_value *x)
{
	fy_dtype dtype = x->type->dtype;

	return fy_lower_clip(l, x, fy_lower_scalar(l, dtype, 2), fy_lower_scalar(l, dtype, 4));
}

static fy_value *clipped_below(fy_lowering *l, fy_value *x)
{
	return fy_lower_clip(l, x, fy_lower_scalar(l, x->type->dtype, 3), NULL);
}

static fy_value *clipped_by_value(fy_lowering *l, fy_value *x)
{
	return fy_lower_clip(l, x, NULL,
			     fy_lower_reduce(l, "ReduceMin", x, (const int64_t[]){ 0 }, 1, false));
}

static fy_value *clipped_the_wrong_way(fy_lowering *l, fy_value *x)
{
	fy_dtype dtype = x->type->dtype;

	return fy_lower_clip(l, x, fy_lower_scalar(l, dtype, 4), fy_lower_scalar(l, dtype, 2));
}

static fy_value *two_smallest(fy_lowering *l, fy_value *x)
{
	fy_value *results[2];

	fy_lower_topk(l, x, fy_lower_ints(l, (const int64_t[]){ 2 }, 1), 1, false, true, results);
	return fy_lower_concat(
		l, (fy_value *const[]){ results[0], fy_lower_cast(l, results[1], x->type->dtype) }, 2, 1);
}

static fy_value *rounded_in_float(fy_lowering *l, fy_value *x)
{
	return fy_emit_as(l, FY_F32, "Floor", FY_IN(x), FY_NO_ATTRS);
}

static void types_at_every_opset(void **state)
{
	static const numbers x = { { 2, { 2, 3 } }, { 1, 2, 3, 6, 5, 4 } };
	static const fy_dtype types[] = { FY_F32, FY_F64, FY_F16, FY_I64, FY_I32, FY_U8, FY_I16 };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		bool wide = types[i] == FY_F64 || types[i] == FY_I64 || types[i] == FY_I32;
		const example examples[] = {
			{ clipped, types[i], 0, false, x, { { 2, { 2, 3 } }, { 2, 2, 3, 4, 4, 4 } }, -1 },
			{ clipped_below,
			  types[i],
			  0,
			  false,
			  x,
			  { { 2, { 2, 3 } }, { 3, 3, 3, 6, 5, 4 } },
			  -1 },
			{ clipped_the_wrong_way,
			  types[i],
			  0,
			  false,
			  x,
			  { { 2, { 2, 3 } }, { 2, 2, 2, 2, 2, 2 } },
			  -1 },
			{ two_smallest,
			  types[i],
			  wide ? 11 : 0,
			  false,
			  x,
			  { { 2, { 2, 4 } }, { 1, 2, 0, 1, 4, 5, 2, 1 } },
			  -1 },
			{ rounded_in_float, types[i], 0, false, x, x, -1 },
		};

		for (size_t k = 0; k < FY_COUNT(examples); k++)
			check(&examples[k]);
	}
	for (size_t i = 0; i < 2; i++) {
		const example bound = {
			clipped_by_value, types[i], 0, false, x, { { 2, { 2, 3 } }, { 1, 2, 3, 1, 2, 3 } }, -1
		};

		check(&bound);
	}
}

/* ---- softmax ----------------------------------------------------------------------------------------------
 */

static fy_value *softmax_over_rows(fy_lowering *l, fy_value *x)
{
	return fy_lower_softmax(l, "Softmax", x, 0);
}

static fy_value *softmax_in_the_middle(fy_lowering *l, fy_value *x)
{
	return fy_lower_softmax(l, "Softmax", x, 1);
}

/* Equal numbers along the axis: halves exactly, whatever the others are. */
static void softmax_at_every_opset(void **state)
{
	const example rows = { softmax_over_rows,
			       FY_F32,
			       0,
			       false,
			       { { 2, { 2, 2 } }, { 1, 5, 1, 5 } },
			       { { 2, { 2, 2 } }, { 0.5, 0.5, 0.5, 0.5 } },
			       -1 };
	const example middle = { softmax_in_the_middle,
				 FY_F32,
				 0,
				 false,
				 { { 3, { 2, 2, 2 } }, { 1, 5, 1, 5, 2, 9, 2, 9 } },
				 { { 3, { 2, 2, 2 } }, { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 } },
				 -1 };
	const example scalar = { softmax_over_rows,       FY_F32, 0, false, { { 0, { 0 } }, { 3 } },
				 { { 0, { 0 } }, { 1 } }, -1 };

	(void)state;
	check(&rows);
	check(&middle);
	check(&scalar);
}

/* ---- sizes at run time
 * ------------------------------------------------------------------------------------------ */

static fy_value *swapped_sizes(fy_lowering *l, fy_value *x)
{
	fy_shape shape = { 3, { x->type->shape.dims[1], x->type->shape.dims[0], 1 } };

	return fy_lower_reshape(l, x, &shape);
}

static fy_value *kept_first_size(fy_lowering *l, fy_value *x)
{
	fy_shape shape = { 3, { x->type->shape.dims[0], 1, x->type->shape.dims[1] } };

	return fy_lower_reshape(l, x, &shape);
}

static fy_value *same_sizes(fy_lowering *l, fy_value *x)
{
	return fy_lower_expand(l, fy_lower_reshape(l, x, &x->type->shape), &x->type->shape);
}

static fy_value *grown_to_its_sizes(fy_lowering *l, fy_value *x)
{
	fy_value *one = fy_lower_reshape(l, fy_lower_scalar(l, FY_F32, 3), &(fy_shape){ 2, { 1, 1 } });

	return fy_lower_expand(l, one, &x->type->shape);
}

static fy_value *second_size(fy_lowering *l, fy_value *x)
{
	return fy_lower_cast(l, fy_lower_size_of(l, x, 1), FY_F32);
}

static fy_value *all_sizes(fy_lowering *l, fy_value *x)
{
	return fy_lower_cast(l, fy_lower_shape_of(l, x), FY_F32);
}

static void sizes_at_every_opset(void **state)
{
	static const numbers x = { { 2, { 2, 3 } }, { 1, 2, 3, 4, 5, 6 } };

	(void)state;
	for (int symbolic = 0; symbolic < 2; symbolic++) {
		const example examples[] = {
			{ swapped_sizes,
			  FY_F32,
			  0,
			  symbolic,
			  x,
			  { { 3, { 3, 2, 1 } }, { 1, 2, 3, 4, 5, 6 } },
			  -1 },
			{ kept_first_size,
			  FY_F32,
			  0,
			  symbolic,
			  x,
			  { { 3, { 2, 1, 3 } }, { 1, 2, 3, 4, 5, 6 } },
			  1 },
			{ same_sizes, FY_F32, 0, symbolic, x, x, 0 },
			{ grown_to_its_sizes,
			  FY_F32,
			  0,
			  symbolic,
			  x,
			  { { 2, { 2, 3 } }, { 3, 3, 3, 3, 3, 3 } },
			  -1 },
			{ second_size, FY_F32, 0, symbolic, x, { { 0, { 0 } }, { 3 } }, -1 },
			{ all_sizes, FY_F32, 0, symbolic, x, { { 1, { 2 } }, { 2, 3 } }, -1 },
		};

		for (size_t i = 0; i < FY_COUNT(examples); i++)
			check(&examples[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(axes_at_every_opset),
		cmocka_unit_test(types_at_every_opset),
		cmocka_unit_test(softmax_at_every_opset),
		cmocka_unit_test(sizes_at_every_opset),
	};

	return cmocka_run_group_tests(tests, load_runtime, unload_runtime);
}
