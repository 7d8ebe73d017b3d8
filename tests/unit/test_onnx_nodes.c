/* Models with what ONNX Runtime computes for them (tests/golden/onnx/nodes.pack): read, checked, run,
 * written, read again. */
#include "engine/engine.h"
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 16 };

typedef struct golden {
	fy_graph *graph;
	fy_tensor *inputs[MOST], *outputs[MOST]; /* borrowed from the graph's constants */
	int input_count, output_count;
	fy_tolerance tolerance;
} golden;

static fy_file pack;

static int open_pack(void **state)
{
	fy_diags diags = { 0 };

	(void)state;
	return fy_file_open(&pack, "tests/golden/onnx/nodes.pack", &diags) == FY_OK ? 0 : -1;
}

static int close_pack(void **state)
{
	(void)state;
	fy_file_close(&pack);
	return 0;
}

static const char *problem(const fy_diags *diags)
{
	return diags->count > 0 ? diags->items[0].message : "no diagnostic";
}

/* The tensors that the generator put beside the model. */
static void take_goldens(golden *g)
{
	for (int i = 0; i < g->graph->constant_count; i++) {
		const fy_value *constant = g->graph->constants[i];
		int64_t index;

		if (fy_starts_with(constant->name, "golden.in.") &&
		    fy_parse_i64(constant->name + 10, &index)) {
			assert_in_range(index, 0, MOST - 1);
			g->inputs[index] = constant->tensor;
			g->input_count++;
		} else if (fy_starts_with(constant->name, "golden.out.") &&
			   fy_parse_i64(constant->name + 11, &index)) {
			assert_in_range(index, 0, MOST - 1);
			g->outputs[index] = constant->tensor;
			g->output_count++;
		}
	}
	g->tolerance = (fy_tolerance){ 1e30, 0, 0 };
	for (int i = 0; i < g->graph->metadata_count; i++) {
		const fy_metadata *entry = &g->graph->metadata[i];

		assert_true(fy_parse_f64(entry->value, strcmp(entry->key, "rtol") == 0 ? &g->tolerance.rtol
										       : &g->tolerance.atol));
	}
}

/* Runs the graph and compares; returns how many outputs differ. */
static int compare_run(const golden *g, const fy_graph *graph, const char *stage)
{
	fy_tensor *results[MOST] = { NULL };
	fy_diags diags = { 0 };
	int wrong = 0;

	if (fy_engine_run(graph, (fy_tensor *const *)g->inputs, g->input_count, results, NULL, &diags) !=
	    FY_OK) {
		print_error("%s, %s: %s\n", g->graph->name, stage, problem(&diags));
		fy_diags_clear(&diags);
		return 1;
	}
	for (int i = 0; i < g->output_count; i++) {
		fy_compare c = fy_tensor_compare(results[i], g->outputs[i], g->tolerance);

		if (!c.comparable || c.outside > 0 || !c.nan_match) {
			print_error("%s, %s: output %d differs: comparable %d, outside %d, max %g\n",
				    g->graph->name, stage, i, c.comparable, (int)c.outside, c.max);
			wrong++;
		}
		fy_tensor_unref(results[i]);
	}
	return wrong;
}

/* What was inferred for an output agrees with what was computed. */
static int compare_types(const golden *g)
{
	int wrong = 0;

	for (int i = 0; i < g->output_count; i++) {
		const fy_type *type = g->graph->main->results[i]->type;
		const fy_shape *shape = &g->outputs[i]->shape;
		bool fits = type->kind == FY_TYPE_TENSOR && type->dtype == g->outputs[i]->dtype;

		for (int k = 0; fits && type->has_shape && k < shape->rank; k++)
			fits = type->shape.rank == shape->rank &&
			       (!fy_dim_known(type->shape.dims[k]) || type->shape.dims[k] == shape->dims[k]);
		if (!fits)
			print_error("%s: the type inferred for output %d is wrong\n", g->graph->name, i);
		wrong += !fits;
	}
	return wrong;
}

static int run_case(const void *bytes, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_graph *again = NULL;
	fy_buf written = { 0 }, twice = { 0 };
	golden g = { 0 };
	int wrong = 0;

	/* The goldens are initializers that are no inputs: IR version 4 is the first that lets them. */
	char *model = fy_arena_copy(arena, bytes, size);

	assert_true(size > 2 && model[0] == 8);
	if (model[1] < 4)
		model[1] = 4;
	if (fy_onnx_read(&g.graph, arena, model, size, "nodes.pack", &diags) != FY_OK)
		fail_msg("read: %s", problem(&diags));
	take_goldens(&g);
	/* Types first from the graph as it stands: the outputs' stated ones are the goldens' business. */
	for (int i = 0; i < g.output_count; i++) {
		if (g.graph->main->results[i]->def)
			fy_value_set_type(g.graph->main->results[i], &(fy_type){ .kind = FY_TYPE_OPAQUE });
	}
	g.graph->incomplete = NULL; /* ranks that depend on data were not stated */
	if (fy_onnx_check(g.graph, &diags) != FY_OK) {
		print_error("%s: check: %s\n", g.graph->name, problem(&diags));
		wrong++;
	}
	wrong += compare_types(&g) + compare_run(&g, g.graph, "run");
	/* A model says the ranks of its outputs, also where they follow from data. */
	for (int i = 0; i < g.output_count; i++) {
		fy_value *value = g.graph->main->results[i];
		fy_type golden_type = fy_type_of(g.outputs[i]);

		if (value->def && !value->type->has_shape)
			fy_value_set_type(value, &golden_type);
	}
	assert_int_equal(fy_onnx_write_buf(g.graph, &written, NULL, &diags), FY_OK);
	if (fy_onnx_read(&again, arena, written.data, written.len, "written", &diags) != FY_OK)
		fail_msg("%s: read again: %s", g.graph->name, problem(&diags));
	wrong += compare_run(&g, again, "run of what was written");
	assert_int_equal(fy_onnx_write_buf(again, &twice, NULL, &diags), FY_OK);
	if (written.len != twice.len || memcmp(written.data, twice.data, twice.len) != 0) {
		print_error("%s: written, read and written again it differs\n", g.graph->name);
		wrong++;
	}
	fy_graph_release(again);
	fy_graph_release(g.graph);
	fy_buf_release(&written);
	fy_buf_release(&twice);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return wrong;
}

static void test_every_model_agrees(void **state)
{
	size_t at = 0;
	int cases = 0, wrong = 0;

	(void)state;
	while (at < pack.size) {
		uint32_t size;

		assert_true(pack.size - at >= sizeof(size));
		memcpy(&size, pack.data + at, sizeof(size));
		assert_true(pack.size - at - sizeof(size) >= size);
		wrong += run_case(pack.data + at + sizeof(size), size) > 0;
		at += sizeof(size) + size;
		cases++;
	}
	assert_true(cases > 600);
	assert_int_equal(wrong, 0);
}

/* Every operator with a record has at least one model, except those a single-node model cannot show. */
static void test_every_record_has_a_model(void **state)
{
	static const char *const excused[] = { "onnx::Constant",
					       "onnx::If",
					       "onnx::Loop",
					       "onnx::RandomNormal",
					       "onnx::RandomNormalLike",
					       "onnx::RandomUniform",
					       "onnx::RandomUniformLike" };
	int missing = 0;

	(void)state;
	for (int i = 0; i < fy_onnx_op_count(); i++) {
		const char *name = fy_onnx_op_at(i)->name;
		fy_buf field = { 0 };
		bool found = !fy_onnx_is_runnable(fy_onnx_op_at(i));

		/* NodeProto.op_type: field 4, length, text */
		fy_buf_printf(&field, "\x22%c%s", (int)strlen(name + 6), name + 6);
		found |= memmem(pack.data, pack.size, field.data, field.len) != NULL;
		for (size_t k = 0; k < FY_COUNT(excused); k++)
			found |= strcmp(excused[k], name) == 0;
		if (!found)
			print_error("no model for %s\n", name);
		missing += !found;
		fy_buf_release(&field);
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_model_agrees),
		cmocka_unit_test(test_every_record_has_a_model),
	};

	return cmocka_run_group_tests(tests, open_pack, close_pack);
}
