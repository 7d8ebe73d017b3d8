/* ir: building, editing, walking, dead code, the verifier's complaints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir/ir.h"

#include <string.h>

typedef struct fixture {
	fy_arena *arena;
	fy_graph *graph;
	fy_value *x;
	fy_diags diags;
} fixture;

static const fy_type f32x4 = {
	.kind = FY_TYPE_TENSOR, .dtype = FY_F32, .has_shape = true, .shape = { 1, { 4 } }
};

static int setup(void **state)
{
	fixture *f = fy_zalloc(sizeof(*f));

	f->arena = fy_arena_new();
	f->graph = fy_graph_new(f->arena);
	f->x = fy_graph_input(f->graph, &f32x4, "x");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	fy_graph_release(f->graph);
	fy_diags_clear(&f->diags);
	fy_arena_free(f->arena);
	fy_free(f);
	return 0;
}

static fy_value *add_op(fy_block *block, const char *op, fy_value *a, fy_value *b)
{
	fy_arg args[] = { fy_arg_value(a), b ? fy_arg_value(b) : fy_arg_none() };

	return fy_node_new(block, NULL, op, args, b ? 2 : 1, NULL, 0, &f32x4, 1)->results[0];
}

static fy_value *unary(fixture *f, const char *op, fy_value *a)
{
	return add_op(f->graph->main, op, a, NULL);
}

static void uses_follow_edits(void **state)
{
	fixture *f = *state;
	fy_value *a = unary(f, "aten::relu", f->x);
	fy_value *b = add_op(f->graph->main, "aten::add.Tensor", a, a);
	fy_arg items[] = { fy_arg_value(a), fy_arg_int(3), fy_arg_value(b) };
	fy_arg args[] = { fy_arg_list(items, 3), fy_arg_value(f->x) };
	fy_node *cat = fy_node_new(f->graph->main, NULL, "aten::cat", args, 2, NULL, 0, &f32x4, 1);

	fy_graph_output(f->graph, cat->results[0], "y");
	assert_int_equal(fy_value_use_count(a), 3);
	assert_int_equal(fy_value_use_count(f->x), 2);
	fy_node_set_arg(cat, 1, fy_arg_value(b));
	assert_int_equal(fy_value_use_count(f->x), 1);
	fy_value_replace(a, f->x);
	assert_null(a->uses);
	assert_int_equal(fy_value_use_count(f->x), 4);
	assert_ptr_equal(cat->args[0].list.items[0].v, f->x);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
	assert_int_equal(fy_graph_remove_dead(f->graph), 1);
	assert_int_equal(fy_graph_node_count(f->graph), 2);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
}

static void a_result_is_a_use(void **state)
{
	fixture *f = *state;
	fy_value *a = unary(f, "aten::relu", f->x);
	fy_value *b = unary(f, "aten::neg", f->x);

	fy_graph_output(f->graph, a, "one");
	fy_graph_output(f->graph, a, "two");
	fy_value_replace(a, b);
	assert_ptr_equal(f->graph->main->results[0], b);
	assert_ptr_equal(f->graph->main->results[1], b);
	assert_int_equal(fy_graph_remove_dead(f->graph), 1);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
}

static void dead_chains_and_constants_go(void **state)
{
	fixture *f = *state;
	fy_tensor *one = fy_tensor_scalar_f64(FY_F32, 1);
	fy_value *c = fy_graph_constant(f->graph, one, "c");
	fy_value *v = f->x;

	assert_int_equal(one->refs, 2);
	for (int i = 0; i < 50; i++)
		v = add_op(f->graph->main, "aten::add.Tensor", v, c);
	fy_graph_output(f->graph, f->x, "y");
	assert_int_equal(fy_graph_remove_dead(f->graph), 50);
	assert_int_equal(f->graph->constant_count, 0);
	assert_int_equal(one->refs, 1);
	fy_tensor_unref(one);
}

static fy_node *add_if(fixture *f, fy_value **then_value, fy_value **else_value)
{
	fy_type boolean = fy_type_scalar(FY_BOOL);
	fy_arg args[] = { fy_arg_value(f->x) };
	fy_arg condition;
	fy_node *any = fy_node_new(f->graph->main, NULL, "aten::any", args, 1, NULL, 0, &boolean, 1);
	fy_node *node;

	condition = fy_arg_value(any->results[0]);
	node = fy_node_new(f->graph->main, NULL, "prim::If", &condition, 1, NULL, 0, &f32x4, 1);
	*then_value = add_op(fy_block_new(f->graph, node), "aten::relu", f->x, NULL);
	*else_value = add_op(fy_block_new(f->graph, node), "aten::neg", f->x, NULL);
	fy_block_result(node->blocks[0], *then_value);
	fy_block_result(node->blocks[1], *else_value);
	return node;
}

static void walking_visits_blocks_in_order(void **state)
{
	fixture *f = *state;
	fy_value *a, *b;
	fy_node *node = add_if(f, &a, &b);
	fy_node *last = unary(f, "aten::exp", node->results[0])->def;
	fy_node *order[] = { f->graph->main->first, node, a->def, b->def, last };
	int i = 0;

	for (fy_node *at = fy_graph_first(f->graph); at; at = fy_node_following(at))
		assert_ptr_equal(at, order[i++]);
	assert_int_equal(i, 5);
	assert_true(fy_block_contains(f->graph->main, a->def->block));
	assert_false(fy_block_contains(b->def->block, a->def->block));
}

static void an_arm_can_be_spliced(void **state)
{
	fixture *f = *state;
	fy_value *a, *b;
	fy_node *node = add_if(f, &a, &b);

	fy_graph_output(f->graph, node->results[0], "y");
	fy_block_splice(f->graph->main, node, node->blocks[1]);
	fy_value_replace(node->results[0], b);
	fy_node_erase(node);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
	assert_int_equal(fy_graph_remove_dead(f->graph), 1);
	assert_int_equal(fy_graph_node_count(f->graph), 1);
	assert_true(fy_node_is(f->graph->main->first, "aten::neg"));
}

static void removing_moves_the_rest_up(void **state)
{
	fixture *f = *state;
	fy_value *a = unary(f, "aten::relu", f->x), *b = unary(f, "aten::neg", f->x);
	fy_node *sum = add_op(f->graph->main, "aten::add.Tensor", a, b)->def;

	fy_graph_output(f->graph, sum->results[0], "y");
	fy_node_remove_arg(sum, 0);
	assert_int_equal(sum->arg_count, 1);
	assert_ptr_equal(sum->args[0].v, b);
	fy_value_replace(b, a);
	assert_ptr_equal(sum->args[0].v, a);
	fy_block_set_result(f->graph->main, 0, a);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
	assert_int_equal(fy_graph_remove_dead(f->graph), 2);
}

/* The value of one arm used after the If: trap of every capture. */
static void the_verifier_sees_a_leaked_value(void **state)
{
	fixture *f = *state;
	fy_value *a, *b;

	add_if(f, &a, &b);
	fy_graph_output(f->graph, unary(f, "aten::exp", a), "y");
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_CHECK_FAILED);
	assert_string_equal(f->diags.items[0].message,
			    "aten::exp: argument 0 is a value of a block that has ended");
}

static void the_verifier_sees_a_use_before_its_definition(void **state)
{
	fixture *f = *state;
	fy_value *a = unary(f, "aten::relu", f->x), *b = unary(f, "aten::neg", a);

	fy_node_move_before(b->def, f->graph->main, a->def);
	fy_graph_output(f->graph, b, "y");
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_CHECK_FAILED);
}

static void the_verifier_sees_names_and_arity(void **state)
{
	fixture *f = *state;
	fy_value *a, *b;
	fy_node *node = add_if(f, &a, &b);

	a->name = "x";
	fy_block_remove_result(node->blocks[1], 0);
	fy_graph_output(f->graph, f->x, "y");
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_CHECK_FAILED);
	assert_int_equal(f->diags.count, 2);
	assert_string_equal(f->diags.items[0].message,
			    "prim::If: block 1 has 0 results and 0 parameters; 1 and 0 are right");
	assert_string_equal(f->diags.items[1].message, "aten::relu: two values are named 'x'");
}

static void the_verifier_sees_a_false_use_list(void **state)
{
	fixture *f = *state;
	fy_value *a = unary(f, "aten::relu", f->x);

	fy_graph_output(f->graph, a, "y");
	a->def->args[0] = fy_arg_none();
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_CHECK_FAILED);
	a->def->args[0] = fy_arg_value(f->x);
	assert_int_equal(fy_graph_verify(f->graph, &f->diags), FY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(uses_follow_edits, setup, teardown),
		cmocka_unit_test_setup_teardown(a_result_is_a_use, setup, teardown),
		cmocka_unit_test_setup_teardown(dead_chains_and_constants_go, setup, teardown),
		cmocka_unit_test_setup_teardown(walking_visits_blocks_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(an_arm_can_be_spliced, setup, teardown),
		cmocka_unit_test_setup_teardown(removing_moves_the_rest_up, setup, teardown),
		cmocka_unit_test_setup_teardown(the_verifier_sees_a_leaked_value, setup, teardown),
		cmocka_unit_test_setup_teardown(the_verifier_sees_a_use_before_its_definition, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_verifier_sees_names_and_arity, setup, teardown),
		cmocka_unit_test_setup_teardown(the_verifier_sees_a_false_use_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
