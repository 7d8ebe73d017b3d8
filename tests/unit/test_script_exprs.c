/* Expressions: precedence, brackets, calls, subscripts. Grouping is PyTorch's, which isn't always Python's.
 */
#include "script_help.h"

static void precedence(void **state)
{
	(void)state;
	check_expr("a + b * c", "<a + <b * c>>");
	check_expr("a - b + c", "<a - b + c>");
	check_expr("a * b // c % d @ e / f", "<a * b // c % d @ e / f>");
	check_expr("a ** b ** c", "<a ** <b ** c>>");
	check_expr("a ** -b", "<a ** <-b>>");
	check_expr("-a * b", "<<-a> * b>");
	check_expr("-a ** b", "<-<a ** b>>");
	check_expr("a | b ^ c & d << e + f", "<a | <b ^ <c & <d << <e + f>>>>>");
	check_expr("a + b << c & d ^ e | f", "<<<<<a + b> << c> & d> ^ e> | f>");
	check_expr("a >> b << c", "<a >> b << c>");
	check_expr("a or b and c", "<a or b and c>");
	check_expr("not a == b and c", "<<not <a == b>> and c>");
	check_expr("not not a", "<not <not a>>");
	check_expr("not input", "<not input>");
	check_expr("~a + b", "<~<a + b>>");
	check_expr("~a == b", "<~<a == b>>");
	check_expr("3 > 2 > 1", "<int:3 > int:2 > int:1>");
	check_expr("a < b == c in d", "<a < b == c in d>");
	check_expr("a is not b", "<a is not b>");
	check_expr("a is  not b", "<a is not b>");
	check_expr("a not in b", "<a not in b>");
	check_expr("a is None", "<a is None>");
	check_expr("(a + b) * c", "<<a + b> * c>");
	check_expr("a if b else c", "<if b a c>");
	check_expr("a if b else c if d else e", "<if b a <if d c e>>");
	check_expr("a + b if c or d else e", "<if <c or d> <a + b> e>");
	check_expr("a <= b", "<a <= b>");
	check_expr("a >= b != c", "<a >= b != c>");
}

static void postfix(void **state)
{
	(void)state;
	check_expr("a.b.c", "a.b.c");
	check_expr("f()", "<call f>");
	check_expr("f(x, )", "<call f x ,>");
	check_expr("f(x, y=1, *z)", "<call f x y=int:1 *z>");
	check_expr("(l).forward(x, y, )", "<call l.forward x y ,>");
	check_expr("torch.add(x, 1, alpha=2)", "<call torch.add x int:1 alpha=int:2>");
	check_expr("f(x == 1)", "<call f <x == int:1>>");
	check_expr("x.add(y)[0].z", "<item <call x.add y> int:0>.z");
	check_expr("x[1:2, ..., None]", "<item x <slice int:1 int:2 _> ... None>");
	check_expr("x[:]", "<item x <slice _ _ _>>");
	check_expr("x[::2]", "<item x <slice _ _ int:2>>");
	check_expr("x[a:]", "<item x <slice a _ _>>");
	check_expr("x[:b, c::d]", "<item x <slice _ b _> <slice c _ d>>");
	check_expr("x[a if b else c:d]", "<item x <slice <if b a c> d _>>");
	check_expr("x[Ellipsis]", "<item x ...>");
	check_expr("x[i,]", "<item x i>");
	check_expr("x[(1, 2)]", "<item x <tuple int:1 int:2>>");
	check_expr("C.__new__(C)", "<call C.__new__ C>");
	check_expr("f(\n  x,\n  # a comment\n  y\n)", "<call f x y>");
}

static void brackets(void **state)
{
	(void)state;
	check_expr("()", "<tuple>");
	check_expr("(a)", "a");
	check_expr("(a,)", "<tuple, a>");
	check_expr("(a, b)", "<tuple a b>");
	check_expr("(a, b,)", "<tuple, a b>");
	check_expr("a, b", "<tuple a b>");
	check_expr("[]", "<list>");
	check_expr("[a, b,]", "<list a b>");
	check_expr("[*a, b]", "<list *a b>");
	check_expr("{}", "<dict>");
	check_expr("{a: b, \"c\": 1}", "<dict a:b \"c\":int:1>");
	check_expr("{a: b if c else d, }", "<dict a:<if c b d>>");
	check_expr("[x * 2 for x in y]", "<for x y <x * int:2>>");
	check_expr("[a if b else x for x in y]", "<for x y <if b a x>>");
	check_expr("[x for x, y in z]", "<for <tuple x y> z x>");
	check_expr("sum(x for x in y)", "<call sum <for x y x>>");
	check_expr("{k: v for k, v in d.items()}", "<for-dict <tuple k v> <call d.items> k:v>");
	check_expr("True, False, None, ...", "<tuple True False None ...>");
	check_expr("isinstance(x, (NoneType, int))", "<call isinstance x <tuple NoneType int>>");
	check_expr("annotate(List[Optional[Tensor]], [])",
		   "<call annotate <item List <item Optional Tensor>> <list>>");
}

/* Each node says where it stands, and names are interned. */
static void places(void **state)
{
	(void)state;
	parsed p =
		parse_good("def f(self):\n  y = (self.conv).forward(self, input, )\n  return y + \\\n y\n");
	const fy_stmt *assign = p.file->functions[0]->body.items[0];
	const fy_expr *call = assign->assign.value;
	assert_int_equal(assign->span.line, 2);
	assert_int_equal(assign->span.column, 3);
	assert_int_equal(assign->span.width, 38);
	assert_int_equal(call->span.column, 7);
	assert_int_equal(call->span.width, 34);
	assert_int_equal(call->call.callee->attribute.name_span.column, 19);
	assert_int_equal(call->call.callee->attribute.name_span.width, 7);
	assert_int_equal(call->call.args[1].span.column, 33);
	const fy_expr *base = call->call.callee->attribute.base;
	assert_true(base->parenthesised);
	assert_ptr_equal(base->attribute.base->name, call->call.args[0].value->name);
	assert_int_equal(call->height, 4);
	const fy_expr *sum = p.file->functions[0]->body.items[1]->expr;
	assert_int_equal(sum->span.line, 3);
	assert_int_equal(sum->span.width, 5);
	assert_int_equal(sum->chain.links[0].operand->span.line, 4);
	assert_int_equal(sum->chain.links[0].span.column, 12);
	fy_place place = fy_script_place(p.file, sum->span);
	assert_string_equal(place.file, "net.pt");
	assert_string_equal(place.member, "code/net.py");
	assert_memory_equal(place.text, "  return y + \\\n", 15);
	parsed_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precedence),
		cmocka_unit_test(postfix),
		cmocka_unit_test(brackets),
		cmocka_unit_test(places),
	};
	return cmocka_run_group_tests_name("script expressions", tests, NULL, NULL);
}
