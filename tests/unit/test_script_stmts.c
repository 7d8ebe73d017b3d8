/* Statements: every form, what the commas of an assignment mean, lines, blocks and comments. */
#include "script_help.h"

static fy_stmt *first_of(const parsed *p)
{
	return p->file->functions[0]->body.items[0];
}

/* The statement inside `def f(x):`, printed again. Several lines must be indented by two more than written.
 */
static void check_same(const char *text)
{
	fy_buf source = { 0 }, out = { 0 };
	fy_buf_printf(&source, "def f(x):\n  %s\n", text);
	parsed p = parse_good(fy_buf_text(&source));
	fy_script_print(p.file, &out);
	assert_string_equal(fy_buf_text(&out), fy_buf_text(&source));
	fy_buf_release(&source);
	fy_buf_release(&out);
	parsed_release(&p);
}

static void forms(void **state)
{
	(void)state;
	static const char *const same[] = {
		"a = b",
		"a, b = f(x)",
		"a, b, = x",
		"a, = x",
		"_1, z2, i = torch.lt(i0, n), z3, i0",
		"a = b = c, d = x",
		"(a, b), c = x",
		"[a, b] = x",
		"a, *b = x",
		"y : Optional[Tensor] = None",
		"y : int",
		"self.prev = torch.is_grad_enabled()",
		"x[0, 1:] = 3",
		"x += 1",
		"x.y **= 2",
		"x[i] //= 3",
		"x <<= y",
		"x @= y",
		"f(x)",
		"return",
		"return x",
		"return a, b",
		"raise ValueError(\"bad\")",
		"assert x",
		"assert x, \"message\"",
		"del x[0], y[1]",
		"pass",
		"break",
		"continue",
		"global_step = 1",
		"lambda_ = 1",
	};
	for (size_t i = 0; i < FY_COUNT(same); i++)
		check_same(same[i]);
}

static void blocks(void **state)
{
	(void)state;
	check_same("if x:\n    pass\n  else:\n    y = 1");
	check_same("if x:\n    pass\n  elif y:\n    pass\n  elif z:\n    y = 1");
	check_same("while _1:\n    break");
	check_same("for i in range(5):\n    continue");
	check_same("for i, (a, b) in enumerate(x):\n    pass");
	check_same("for i in a, b:\n    pass");
	check_same("with _26:\n    y = 1");
	check_same("with _26 as rr, f(x):\n    if y:\n      with z:\n        pass\n    return y");
	check_same("def __forked_function():\n    _24 = f(x, )\n    return _24\n  fut = "
		   "fork(__forked_function)");
}

/* x, = e  is an unpack of one; a, b = op() and a, b, = t differ in a flag. */
static void commas(void **state)
{
	(void)state;
	parsed p = parse_good("def f(x):\n  a = x\n  a, = x\n  a, b = x\n  a, b, = x\n");
	fy_stmt **items = p.file->functions[0]->body.items;
	const fy_expr *targets[4];
	for (int i = 0; i < 4; i++)
		targets[i] = items[i]->assign.targets[0];
	assert_int_equal(targets[0]->kind, FY_EXPR_NAME);
	assert_int_equal(targets[1]->kind, FY_EXPR_TUPLE);
	assert_int_equal(targets[1]->sequence.count, 1);
	assert_true(targets[1]->sequence.trailing_comma);
	assert_int_equal(targets[2]->sequence.count, 2);
	assert_false(targets[2]->sequence.trailing_comma);
	assert_int_equal(targets[3]->sequence.count, 2);
	assert_true(targets[3]->sequence.trailing_comma);
	parsed_release(&p);
}

static void shapes(void **state)
{
	(void)state;
	parsed p = parse_good(
		"def f(x):\n  if a:\n    pass\n  elif b:\n    pass\n    pass\n  else:\n    pass\n");
	const fy_stmt *branch = first_of(&p);
	assert_int_equal(branch->kind, FY_STMT_IF);
	assert_int_equal(branch->branch.count, 2);
	assert_int_equal(branch->branch.arms[1].span.line, 4);
	assert_int_equal(branch->branch.arms[1].span.width, 6);
	assert_int_equal(branch->branch.arms[1].body.count, 2);
	assert_true(branch->branch.has_else);
	assert_int_equal(branch->branch.otherwise.count, 1);
	parsed_release(&p);

	p = parse_good("def f(x):\n  a = b = x\n  y : List[int] = []\n  y += [1]\n");
	fy_stmt **items = p.file->functions[0]->body.items;
	assert_int_equal(items[0]->assign.count, 2);
	assert_null(items[0]->assign.type);
	assert_int_equal(items[1]->assign.type->kind, FY_TS_LIST);
	assert_int_equal(items[2]->kind, FY_STMT_AUGMENT);
	assert_int_equal(items[2]->augment.op, FY_BINARY_ADD);
	parsed_release(&p);
}

/* What is read as if it had been written plainly. */
static void check_reads_as(const char *text, const char *plain)
{
	fy_buf out = { 0 };
	parsed p = parse_good(text);
	fy_script_print(p.file, &out);
	assert_string_equal(fy_buf_text(&out), plain);
	fy_buf_release(&out);
	parsed_release(&p);
}

static void lines(void **state)
{
	(void)state;
	const char *plain = "def f(x):\n  if x:\n    y = g(1, 2)\n  return y\n";
	check_reads_as("def f(x):\r\n  if x:\r\n    y = g(1, 2)\r\n  return y\r\n", plain);
	check_reads_as("def f(x):\n\tif x:\n\t\ty = g(1, 2)\n\treturn y\n", plain);
	check_reads_as("\n# head\n\ndef f(x): # one\n        # two\n  if x:\n# three\n\n       y = "
		       "g(1,\n2)\n\n  return y"
		       "  # four\n   \n# five",
		       plain);
	check_reads_as("def f(x):\n  if x: y = g(1, \\\n  2)\n  return y\n", plain);
	check_reads_as("  def f(x):\n    if x:\n      y = g(\n1, 2\n)\n    return y\n   ", plain);
	check_reads_as("def f(x): return x\n", "def f(x):\n  return x\n");
	check_reads_as("", "");
	check_reads_as("\n\n  # nothing", "");
}

static void refused(void **state)
{
	(void)state;
	const char *id = "script-syntax", *target = "nothing can be assigned to this expression";
	check_error("def f(x):\n  torch.add(x, x) = x\n", 2, 3, 15, id, target);
	check_error("def f(x):\n  a, f(x) = x\n", 2, 6, 4, id, target);
	check_error("def f(x):\n  () = x\n", 2, 3, 2, id, target);
	check_error("def f(x):\n  a = b + c = x\n", 2, 7, 5, id, target);
	check_error("def f(x):\n  for 1 in x:\n    pass\n", 2, 7, 1, id, target);
	check_error("def f(x):\n  *a = x\n", 2, 3, 2, id, "a starred expression can't stand alone");
	check_error("def f(x):\n  a, b : int = x\n", 2, 3, 4, id,
		    "only one name or attribute can be given a type");
	check_error("def f(x):\n  a : int = b = x\n", 2, 15, 1, id,
		    "an assignment with a type has one target only");
	check_error("def f(x):\n  a, b += x\n", 2, 3, 4, id,
		    "an augmented assignment takes one name, attribute or element");
	check_error("def f(x):\n  del f(x)\n", 2, 7, 4, id, "this expression can't be deleted");
	check_error("def f(x):\n  global y\n", 2, 3, 6, id, "TorchScript has no 'global'");
	check_error("def f(x):\n  return x +\n", 2, 13, 0, id,
		    "expected an expression but found end of line");
	check_error("def f(x):\n  return f(x, x\n", 2, 11, 1, id, "this '(' is never closed");
	check_error("def f(x):\n  return [x)\n", 2, 12, 1, id, "expected ']' but found ')'");
	check_error("def f(x):\n  return x)\n", 2, 11, 1, id, "expected end of line but found ')'");
	check_error("def f(x):\n  x y\n", 2, 5, 1, id, "expected end of line but found 'y'");
	check_error("def f(x):\n  a = 1; b = 2\n", 2, 8, 1, id, "unexpected character ';'");
	check_error("def f(x):\n  a = $\n", 2, 7, 1, id, "unexpected character '$'");
	check_error("def f(x):\n  a = \xc3\xa9\n", 2, 7, 1, id, "unexpected byte 0xc3 outside a string");
	check_error("def f(x):\n  try:\n    pass\n", 2, 7, 0, id,
		    "expected an expression but found end of line");
	check_error("def f(x):\n  return lambda x: x\n", 2, 17, 1, id, "expected end of line but found 'x'");
	check_error("def f(x):\n  return x", 2, 11, 0, id,
		    "the file doesn't end with a newline, it may be cut short");
	check_error("def f(x):\nreturn x\n", 2, 1, 6, id, "expected an indented block but found 'return'");
	check_error("def f(x):\n", 2, 1, 0, id, "expected an indented block but found end of file");
	check_error("def f(x):\n  a = 1\n    b = 2\n", 3, 5, 0, id,
		    "expected an expression but found an indentation that opens no block");
	check_error("def f(x):\n    a = 1\n  b = 2\n", 3, 3, 1, id, "indentation matches no outer block");
	check_error("def f(x):\n  if x\n    pass\n", 2, 7, 0, id, "expected ':' but found end of line");
	check_error("def f(x):\n  else:\n    pass\n", 2, 3, 4, id, "expected an expression but found 'else'");
	check_error("def f(x):\n  y = [a for b in c if d]\n", 2, 21, 2, id,
		    "a comprehension takes one 'for' and no 'if' in TorchScript");
	check_error("def f(x):\n  y = [1, a for b in c]\n", 2, 11, 12, id,
		    "a comprehension must be alone in its list");
	check_error("def f(x):\n  y = {1: 2, a: a for b in c}\n", 2, 14, 15, id,
		    "a comprehension must be alone in its dict");
	check_error("def f(x):\n  x[] = 1\n", 2, 5, 1, id, "expected an expression but found ']'");
}

/* The caret stands under the fault when the diagnostic is printed. */
static void caret(void **state)
{
	(void)state;
	fy_buf out = { 0 };
	parsed p = parse_text("def f(x):\n  y = torch.add(x, @)\n  return y\n");
	fy_diags_print(&p.diags, &out, false);
	assert_non_null(strstr(fy_buf_text(&out),
			       "net.pt!code/net.py:2:20: error: expected an expression but "
			       "found '@' [script-syntax]\n"));
	assert_non_null(strstr(fy_buf_text(&out), "y = torch.add(x, @)\n"));
	fy_buf_release(&out);
	parsed_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),  cmocka_unit_test(blocks), cmocka_unit_test(commas),
		cmocka_unit_test(shapes), cmocka_unit_test(lines),  cmocka_unit_test(refused),
		cmocka_unit_test(caret),
	};
	return cmocka_run_group_tests_name("script statements", tests, NULL, NULL);
}
