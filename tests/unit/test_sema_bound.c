/* What binding makes of statements and expressions: the forms that running relies on. */
#include "sema_help.h"

static void copies_and_unpacking(void **state)
{
	(void)state;
	bound p = bind_good(
		FORWARD
		"    a, b = x, self.w\n    a, b = b, a\n    a, b, = (x, x)\n    c, d = torch.max(x, 1)\n"
		"    e, = (x,)\n    f = x, x\n    g = h = x\n    return a\n");
	const fy_bstmt *parallel = forward_stmt(&p, 1);
	assert_int_equal(parallel->kind, FY_BS_ASSIGN);
	assert_int_equal(parallel->target_count, 2);
	assert_non_null(parallel->values);
	assert_int_equal(parallel->values[0]->index, parallel->targets[1].slot);
	assert_int_equal(parallel->values[1]->index, parallel->targets[0].slot);
	for (int i = 2; i < 5; i++) {
		assert_int_equal(forward_stmt(&p, i)->kind, FY_BS_UNPACK);
		assert_int_equal(forward_stmt(&p, i)->target_count, i == 4 ? 1 : 2);
		assert_null(forward_stmt(&p, i)->values);
	}
	assert_int_equal(forward_stmt(&p, 5)->kind, FY_BS_ASSIGN);
	assert_int_equal(forward_stmt(&p, 5)->value->kind, FY_B_TUPLE);
	assert_int_equal(forward_stmt(&p, 6)->target_count, 2);
	assert_null(forward_stmt(&p, 6)->values);
	bound_release(&p);
}

static void slots(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    y = x\n    y = y\n    z = [x for x in [y]]\n    return x\n");
	const fy_function *forward = fy_class_method(p.program->root, "forward");
	assert_int_equal(forward->param_count, 2);
	assert_int_equal(forward->params[0].slot, 0);
	assert_int_equal(forward->params[1].slot, 1);
	assert_string_equal(forward->slot_names[2], "y");
	assert_int_equal(forward_stmt(&p, 1)->value->index, 2);
	/* The variable of a comprehension is another one than x outside. */
	const fy_bexpr *list = forward_stmt(&p, 2)->value;
	assert_int_equal(list->kind, FY_B_COMPREHENSION);
	assert_int_not_equal(list->index, 1);
	assert_int_equal(list->items[0]->index, list->index);
	assert_int_equal(forward_stmt(&p, 3)->value->index, 1);
	bound_release(&p);
}

static void literals(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    a = 2.5-3.5j\n    b = -inf\n    c = nan\n    d = CONSTANTS.c0\n    "
				    "e = \"q\"\n    return x\n");
	const fy_bexpr *a = forward_stmt(&p, 0)->value;
	assert_int_equal(a->kind, FY_B_LITERAL);
	assert_int_equal(a->literal.kind, FY_ARG_COMPLEX);
	assert_true(a->literal.c.re == 2.5 && a->literal.c.im == -3.5);
	assert_true(forward_stmt(&p, 1)->value->literal.f < -1e308);
	assert_true(forward_stmt(&p, 2)->value->literal.f != forward_stmt(&p, 2)->value->literal.f);
	assert_int_equal(forward_stmt(&p, 3)->value->kind, FY_B_CONSTANT);
	assert_true(fy_str_is(forward_stmt(&p, 4)->value->literal.s, "q"));
	bound_release(&p);
}

/* Checks the operator of the value of statement i, by name. */
static void check_operator(const bound *p, int i, const char *name)
{
	const fy_bexpr *value = forward_stmt(p, i)->value;
	assert_int_equal(value->kind, FY_B_OPERATOR);
	assert_string_equal(value->name, name);
	assert_true(value->schemas.count > 0);
}

static void operators(void **state)
{
	static const char *const wanted[] = { "aten::add",    "aten::__not__",       "aten::__contains__",
					      "aten::gt",     "aten::neg",           "prim::min",
					      "aten::Int",    "aten::percentFormat", "aten::matmul",
					      "aten::__is__", "quantized::linear" };
	(void)state;
	bound p = bind_good(
		FORWARD
		"    a = x - 1 + x\n    b = 3 not in [1]\n    c = 3 in [4]\n    d = 3 > 2 > 1\n    e = -x\n"
		"    f = min(1, 2)\n    g = int(x)\n    h = \"%d\" % 3\n    i = x @ x\n    j = x is None\n"
		"    k = ops.quantized.linear(x)\n    return x\n");
	for (size_t i = 0; i < FY_COUNT(wanted); i++)
		check_operator(&p, (int)i, wanted[i]);
	const fy_bexpr *sum = forward_stmt(&p, 0)->value;
	assert_string_equal(sum->items[0]->name, "aten::sub");
	const fy_bexpr *contains = forward_stmt(&p, 2)->value; /* the container first */
	assert_int_equal(contains->items[0]->kind, FY_B_LIST);
	assert_string_equal(forward_stmt(&p, 3)->value->items[0]->name, "aten::gt");
	bound_release(&p);
}

static void augmented(void **state)
{
	(void)state;
	bound p = bind_good(
		FORWARD
		"    x += 1\n    n = 3\n    n += 1\n    n *= 2\n    self.w /= 2\n    x[0] -= 1\n    l = [x]\n"
		"    l += [x]\n    l[0] *= 2\n    return x\n");
	check_operator(&p, 0, "aten::add_");
	check_operator(&p, 2, "aten::add"); /* numbers have no in-place operators */
	check_operator(&p, 3, "aten::mul");
	check_operator(&p, 4, "aten::div_");
	assert_int_equal(forward_stmt(&p, 4)->targets[0].kind, FY_BT_ATTRIBUTE);
	check_operator(&p, 5, "aten::sub_");
	assert_int_equal(forward_stmt(&p, 5)->targets[0].kind, FY_BT_INDEX);
	check_operator(&p, 7, "aten::add_");
	check_operator(&p, 8, "aten::mul"); /* the element is replaced */
	bound_release(&p);
}

static void subscripts(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    a = x[0]\n    b = x[0, 1]\n    c = x[1:]\n    d = x[None]\n    e = "
				    "x[..., 0:1:2]\n    f = x[0,]\n"
				    "    return x\n");
	assert_int_equal(forward_stmt(&p, 0)->value->kind, FY_B_INDEX);
	for (int i = 1; i < 6; i++)
		assert_int_equal(forward_stmt(&p, i)->value->kind, FY_B_SUBSCRIPT);
	const fy_bexpr *range = forward_stmt(&p, 2)->value->items[0];
	assert_int_equal(range->kind, FY_B_RANGE);
	assert_int_equal(range->items[0]->literal.i, 1);
	assert_null(range->items[1]);
	assert_null(range->items[2]);
	assert_int_equal(forward_stmt(&p, 4)->value->items[0]->kind, FY_B_ELLIPSIS);
	bound_release(&p);
}

static void branches(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    if bool(x):\n      y = 1\n    elif x:\n      y = 2\n    else:\n     "
				    " y = 3\n    return x\n");
	const fy_bstmt *outer = forward_stmt(&p, 0);
	assert_int_equal(outer->kind, FY_BS_IF);
	assert_int_equal(outer->body.count, 1);
	assert_int_equal(outer->otherwise.count, 1);
	const fy_bstmt *inner = outer->otherwise.items[0];
	assert_int_equal(inner->kind, FY_BS_IF);
	assert_int_equal(inner->otherwise.items[0]->value->literal.i, 3);
	bound_release(&p);
}

static void loops(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    for i in range(3):\n      x = x\n    for r in x:\n      x = r\n"
				    "    for i, (a, b) in enumerate(zip([x], [x])):\n      x = a\n    while "
				    "bool(x):\n      break\n"
				    "    return x\n");
	const fy_bstmt *plain = forward_stmt(&p, 0);
	assert_int_equal(plain->kind, FY_BS_FOR);
	assert_true(plain->is_range);
	assert_int_equal(plain->value->literal.i, 3);
	assert_false(forward_stmt(&p, 1)->is_range);
	/* Two lists kept aside, then a counted loop whose body first computes the targets. */
	const fy_bstmt *counted = forward_stmt(&p, 4);
	assert_int_equal(counted->kind, FY_BS_FOR);
	assert_true(counted->is_range);
	assert_string_equal(counted->value->name, "prim::min");
	const fy_bstmt *first = counted->body.items[0];
	assert_int_equal(first->targets[0].kind, FY_BT_NESTED);
	assert_int_equal(first->value->items[0]->index, counted->targets[0].slot);
	assert_int_equal(first->value->items[1]->items[0]->kind, FY_B_INDEX);
	assert_int_equal(forward_stmt(&p, 5)->body.items[0]->kind, FY_BS_BREAK);
	bound_release(&p);
}

static void ranges_with_bounds(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD "    a = 1\n    for i in range(a, 10, 3):\n      a = i\n    return x\n");
	/* Statement 1 keeps the start, which the body changes. */
	int kept = forward_stmt(&p, 1)->targets[0].slot;
	const fy_bstmt *loop = forward_stmt(&p, 2);
	assert_string_equal(loop->value->name, "aten::__range_length");
	assert_int_equal(loop->value->items[0]->index, kept);
	const fy_bexpr *index = loop->body.items[0]->value;
	assert_string_equal(index->name, "aten::__derive_index");
	assert_int_equal(index->items[0]->index, loop->targets[0].slot);
	assert_int_equal(index->items[1]->index, kept);
	assert_int_equal(index->items[2]->literal.i, 3);
	bound_release(&p);
}

static void forms(void **state)
{
	(void)state;
	bound p = bind_good(
		FORWARD "    a = annotate(List[int], [])\n    b = unchecked_cast(Tensor, x)\n    c = "
			"uninitialized(int)\n"
			"    d = isinstance(x, (int, Tensor))\n    e = annotate(List[float], x.tolist())\n"
			"    f = hasattr(self, \"w\")\n    g = getattr(self, \"w\")\n"
			"    def body():\n      return x\n    h = fork(body)\n    return x\n");
	assert_int_equal(forward_stmt(&p, 0)->value->kind, FY_B_ANNOTATE);
	assert_int_equal(forward_stmt(&p, 0)->value->base->type->items[0]->kind, FY_TS_INT);
	assert_int_equal(forward_stmt(&p, 1)->value->kind, FY_B_CAST);
	assert_int_equal(forward_stmt(&p, 2)->value->kind, FY_B_UNINITIALIZED);
	assert_int_equal(forward_stmt(&p, 3)->value->type->kind, FY_TS_UNION);
	assert_int_equal(forward_stmt(&p, 4)->value->kind, FY_B_TOLIST);
	assert_int_equal(forward_stmt(&p, 4)->value->type->items[0]->kind, FY_TS_FLOAT);
	assert_true(forward_stmt(&p, 5)->value->literal.b);
	assert_int_equal(forward_stmt(&p, 6)->value->kind, FY_B_ATTRIBUTE);
	const fy_bexpr *fork = forward_stmt(&p, 7)->value;
	assert_int_equal(fork->kind, FY_B_FORK);
	assert_true(fork->function->is_fork_body);
	assert_int_equal(fork->function->body.items[0]->value->index, 1); /* x of the function around */
	bound_release(&p);
}

static int height_of(const fy_bexpr *expr)
{
	int highest = 0;
	for (int i = 0; i < expr->count; i++)
		if (height_of(expr->items[i]) > highest)
			highest = height_of(expr->items[i]);
	return highest + 1;
}

/* A sum of many terms is cut into pieces that nest little. */
static void long_sums(void **state)
{
	(void)state;
	fy_buf code = { 0 };
	fy_buf_puts(&code, FORWARD "    return x");
	for (int i = 0; i < 5000; i++)
		fy_buf_puts(&code, " + x");
	fy_buf_putc(&code, '\n');
	bound p = bind_good(fy_buf_text(&code));
	const fy_function *forward = fy_class_method(p.program->root, "forward");
	assert_true(forward->body.count > 5);
	for (int i = 0; i < forward->body.count; i++) {
		assert_in_range(forward->body.items[i]->value->height, 1, 400);
		if (i == 0) /* the recorded height is the real one */
			assert_in_range(forward->body.items[i]->value->height, 2, 400);
	}
	bound_release(&p);
	fy_buf_release(&code);
	p = bind_good(FORWARD "    return torch.add(torch.relu(x), torch.relu(torch.relu(x)))\n");
	assert_int_equal(forward_stmt(&p, 0)->value->height, height_of(forward_stmt(&p, 0)->value));
	bound_release(&p);
}

/* Where nothing can be put before the expression, too deep is an error of its own. */
static void too_deep(void **state)
{
	(void)state;
	fy_buf code = { 0 };
	fy_buf_puts(&code, FORWARD "    while bool(x");
	for (int i = 0; i < 5000; i++)
		fy_buf_puts(&code, " + x");
	fy_buf_puts(&code, "):\n      x = x\n    return x\n");
	bound p = bind_text(fy_buf_text(&code));
	assert_int_equal(p.status, FY_UNSUPPORTED);
	assert_int_equal(p.diags.count, 1);
	assert_string_equal(p.diags.items[0].id, "script-depth");
	bound_release(&p);
	fy_buf_release(&code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_unpacking),
		cmocka_unit_test(slots),
		cmocka_unit_test(literals),
		cmocka_unit_test(operators),
		cmocka_unit_test(augmented),
		cmocka_unit_test(subscripts),
		cmocka_unit_test(branches),
		cmocka_unit_test(loops),
		cmocka_unit_test(ranges_with_bounds),
		cmocka_unit_test(forms),
		cmocka_unit_test(long_sums),
		cmocka_unit_test(too_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
