/* Programs that PyTorch refuses to load, with the place and id of what is wrong; and their neighbours that it
 * loads. */
#include "sema_help.h"

#define F2     "  def f2(self: __torch__.M, a: Tensor, b: int=2, c: int=3) -> Tensor:\n    return a\n"
#define PAIR   "class P(NamedTuple):\n  a : Tensor\n  b : int\n"
#define COLOUR "class C(Enum):\n  RED = 1\n  BLUE = 2\n"
#define COUNTER                                                                                         \
	"class H:\n  n : int\n  def __init__(self: __torch__.H, n: int) -> NoneType:\n    self.n = n\n" \
	"    return None\n"

static void names(void **state)
{
	(void)state;
	check_refused(FORWARD "    return y\n", 8, 12, "name-unknown", "'y' is not defined");
	check_refused(FORWARD "    return torch.add(x, len)\n", 8, 25, "name-unknown",
		      "'len' is not defined");
	check_refused(FORWARD "    return __torch__.a.f(x, )\n", 8, 12, "name-unknown",
		      "the archive has no code for '__torch__.a.f'");
	check_refused(FORWARD "    return torch.nn.relu(x)\n", 8, 12, "name-unknown",
		      "'torch.nn.relu' is no operator");
	check_refused(FORWARD "    return torch.relu\n", 8, 12, "name-unknown",
		      "operator 'aten::relu' is not called");
	check_refused(FORWARD "    return CONSTANTS.c1\n", 8, 12, "constant-range",
		      "there is no constant 'c1', the archive has 1");
	check_refused(FORWARD "    return CONSTANTS.x\n", 8, 12, "constant-range",
		      "there is no constant 'x', the archive has 1");
	check_accepted(FORWARD "    n = CONSTANTS.c0\n    len = x\n    return len\n");
	check_accepted(FORWARD "    a = inf\n    b = -inf\n    c = nan\n    inf = x\n    return inf\n");
}

static void assignment_on_every_path(void **state)
{
	static const char message[] = "'y' is not assigned on every path that leads here";
	(void)state;
	check_refused(FORWARD "    if bool(x):\n      y = x\n    else:\n      z = x\n    return y\n", 12, 12,
		      "name-unknown", message);
	check_refused(FORWARD "    if bool(x):\n      y = x\n    return y\n", 10, 12, "name-unknown",
		      message);
	check_refused(FORWARD "    for i in range(3):\n      y = x\n    return y\n", 10, 12, "name-unknown",
		      message);
	check_refused(FORWARD "    while bool(x):\n      y = x\n    return y\n", 10, 12, "name-unknown",
		      message);
	check_refused(FORWARD "    y = x\n    del y\n    return y\n", 10, 12, "name-unknown", message);
	check_refused(FORWARD "    y = [v for v in [x]]\n    return v\n", 9, 12, "name-unknown",
		      "'v' is not defined");
	check_accepted(FORWARD "    if bool(x):\n      y = x\n    else:\n      y = x\n    return y\n");
	check_accepted(
		FORWARD
		"    if bool(x):\n      y = x\n    else:\n      raise AssertionError(\"n\")\n    return y\n");
	check_accepted(FORWARD "    if bool(x):\n      y = x\n    else:\n      return x\n    return y\n");
	check_accepted(FORWARD "    y = x\n    for i in range(3):\n      y = x\n    return y\n");
	check_accepted(FORWARD "    if False:\n      return self.q\n    else:\n      y = x\n    return y\n");
	check_accepted(FORWARD "    if x is None:\n      z = q\n    else:\n      y = x\n    return y\n");
}

static void returns(void **state)
{
	static const char message[] = "not every path through 'forward' returns a value";
	(void)state;
	check_refused(FORWARD "    y = x\n", 6, 7, "return-missing", message);
	check_refused(FORWARD "    if bool(x):\n      return x\n", 6, 7, "return-missing", message);
	check_refused(FORWARD "    while bool(x):\n      return x\n", 6, 7, "return-missing", message);
	check_accepted(FORWARD "    if bool(x):\n      return x\n    else:\n      return x\n");
	check_accepted(CLASS_M "  def forward(self: __torch__.M) -> NoneType:\n    pass\n");
	check_refused(FORWARD "    break\n", 8, 5, "loop-missing", "'break' stands outside of a loop");
	check_refused(FORWARD "    for i in range(2):\n      def g():\n        continue\n    return x\n", 10,
		      9, "loop-missing", "'continue' stands outside of a loop");
}

static void operators(void **state)
{
	(void)state;
	check_refused(FORWARD "    return torch.nosuch(x)\n", 8, 12, "op-unknown",
		      "there is no operator 'aten::nosuch'");
	check_refused(FORWARD "    return ops.prim.nosuch(x)\n", 8, 12, "op-unknown",
		      "there is no operator 'prim::nosuch'");
	check_refused(FORWARD "    return torch.relu(x, some=1)\n", 8, 12, "op-arguments",
		      "operator 'aten::relu' has no argument 'some'");
	check_refused(FORWARD "    return torch.relu(x, 1)\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::relu' takes (Tensor, int)");
	check_refused(FORWARD "    return torch.relu()\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::relu' takes ()");
	check_refused(FORWARD "    return torch.add(x, x, alpha=1, alpha=2)\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::add' takes (Tensor, Tensor, alpha=int, alpha=int)");
	check_accepted(FORWARD "    return torch.add(self=x, other=x, alpha=2)\n");
	check_accepted(FORWARD "    return torch.relu(input=x)\n");
	check_accepted(FORWARD "    return torch.permute(x, 1, 0)\n");
	check_accepted(FORWARD "    return ops.other.anything(x, 1, a=2)\n");
	check_accepted(FORWARD
		       "    s = ops.prim.shape(x)\n    p = torch._pair(3)\n    return ops.prim.T(x)\n");
}

/* What torch.jit.load refuses too; numbers that it converts are left alone. */
static void types(void **state)
{
	(void)state;
	check_refused(FORWARD "    return torch.add(x, \"a\")\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::add' takes (Tensor, str)");
	check_refused(FORWARD "    return torch.relu(3)\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::relu' takes (int)");
	check_refused(FORWARD "    return torch.sum(x, [0.5])\n", 8, 12, "op-arguments",
		      "no form of operator 'aten::sum' takes (Tensor, List[float])");
	check_refused(FORWARD "    y = torch.size(x, 0)\n    return torch.relu(y)\n", 9, 12, "op-arguments",
		      "no form of operator 'aten::relu' takes (int)");
	check_refused(FORWARD "    return 3\n", 8, 5, "type-mismatch",
		      "the result is declared Tensor but is a value of type int");
	check_refused(FORWARD "    return\n", 8, 5, "type-mismatch",
		      "the result is declared Tensor but is a value of type None");
	check_refused(FORWARD "    self.w = \"a\"\n    return x\n", 8, 5, "type-mismatch",
		      "the attribute is declared Tensor but is a value of type str");
	check_refused(FORWARD "    y = annotate(List[int], [x])\n    return x\n", 8, 29, "type-mismatch",
		      "the list is declared List[int] but is a value of type List[Tensor]");
	check_refused(FORWARD "    return (self).f2(\"a\")\n" F2, 8, 22, "type-mismatch",
		      "argument 'a' of '__torch__.M.f2' is declared Tensor but is a value of type str");
	check_refused(FORWARD "    y = 3\n    return y(x)\n", 9, 12, "type-mismatch",
		      "a value of type int cannot be called");
	check_refused(FORWARD "    y = 3\n    return y[0]\n", 9, 12, "type-mismatch",
		      "a value of type int has no elements");
	check_refused(FORWARD "    for i in 3:\n      pass\n    return x\n", 8, 14, "type-mismatch",
		      "a value of type int cannot be iterated over");
	check_refused(FORWARD "    y = {[1]: 2}\n    return x\n", 8, 10, "type-mismatch",
		      "a value of type List[int] is no key of a dict");
	check_accepted(FORWARD "    return (self).f2(x, x)\n" F2);
	check_accepted(FORWARD "    y = [1] + [2]\n    return torch.permute(x, y)\n");
	check_accepted(FORWARD
		       "    y = torch.dropout(x, 1, False)\n    return torch.where(torch.gt(y, 0), x, 0)\n");
	check_accepted(FORWARD
		       "    h = annotate(Optional[Tensor], None)\n    for i in range(2):\n      h = x\n"
		       "    return unchecked_cast(Tensor, h)\n");
}

static void attributes(void **state)
{
	(void)state;
	check_refused(FORWARD "    return self.q\n", 8, 12, "attribute-unknown",
		      "class '__torch__.M' has no attribute 'q'");
	check_refused(FORWARD "    self.q = x\n    return x\n", 8, 10, "attribute-unknown",
		      "class '__torch__.M' has no attribute 'q'");
	check_refused(FORWARD "    return getattr(self, \"q\")\n", 8, 12, "attribute-unknown",
		      "class '__torch__.M' has no attribute 'q'");
	check_refused(FORWARD "    return x.nosuch\n", 8, 12, "attribute-unknown",
		      "nothing has attribute 'nosuch'");
	check_refused(FORWARD "    return x.nosuch()\n", 8, 14, "method-unknown",
		      "nothing has method 'nosuch'");
	check_refused(FORWARD "    return (self).g(x, )\n", 8, 19, "method-unknown",
		      "class '__torch__.M' has no method 'g'");
	check_refused(FORWARD "    p = __torch__.P(x, 2)\n    return p.c\n" PAIR, 9, 12, "attribute-unknown",
		      "class '__torch__.P' has no attribute 'c'");
	check_refused(FORWARD "    e = __torch__.C.GREEN\n    return x\n" COLOUR, 8, 9, "attribute-unknown",
		      "class '__torch__.C' has no 'GREEN'");
	check_accepted(FORWARD "    p = __torch__.P(x, 2)\n    return p.a\n" PAIR);
	check_accepted(FORWARD "    e = __torch__.C.RED\n    n = (e).value\n    return x\n" COLOUR);
	check_accepted(FORWARD
		       "    n = x.ndim\n    s = x.shape\n    y = x.T\n    return x.float().view(2, 2)\n");
}

static void calls(void **state)
{
	(void)state;
	check_refused(FORWARD "    return (self).f2()\n" F2, 8, 12, "call-arguments",
		      "the call of '__torch__.M.f2' lacks its argument 'a'");
	check_refused(FORWARD "    return (self).f2(x, 1, 2, 3)\n" F2, 8, 12, "call-arguments",
		      "'__torch__.M.f2' takes 3 arguments but 4 are given");
	check_refused(FORWARD "    return (self).f2(x, d=3)\n" F2, 8, 12, "call-arguments",
		      "'__torch__.M.f2' has no parameter 'd'");
	check_refused(FORWARD "    return (self).f2(x, a=x)\n" F2, 8, 12, "call-arguments",
		      "'__torch__.M.f2' gets its argument 'a' twice");
	check_refused(FORWARD "    return (self).f2(x, b=1, b=2)\n" F2, 8, 12, "call-arguments",
		      "'__torch__.M.f2' gets its argument 'b' twice");
	check_refused(FORWARD "    p = __torch__.P(x)\n    return x\n" PAIR, 8, 9, "call-arguments",
		      "'__torch__.P' has 2 fields but gets 1 values");
	check_refused(FORWARD "    p = __torch__.P(a=x, a=x)\n    return x\n" PAIR, 8, 9, "call-arguments",
		      "'__torch__.P' gets its field 'a' twice");
	check_refused(FORWARD "    h = __torch__.H()\n    return x\n" COUNTER, 8, 9, "call-arguments",
		      "the call of '__torch__.H.__init__' lacks its argument 'n'");
	check_refused(FORWARD "    h = __torch__.H.__new__(__torch__.P)\n    return x\n" COUNTER PAIR, 8, 9,
		      "call-arguments", "'__new__' takes its own class '__torch__.H'");
	check_refused(FORWARD "    a, b, c = (x, x)\n    return a\n", 8, 5, "unpack",
		      "2 values are unpacked into 3 names");
	check_refused(FORWARD "    y = x.tolist()\n    return x\n", 8, 9, "type-missing",
		      "the type of 'tolist()' is not declared");
	check_accepted(FORWARD "    return (self).f2(c=1, a=x)\n" F2);
	check_accepted(FORWARD "    p = __torch__.P(b=2, a=x)\n    return p.a\n" PAIR);
	check_accepted(FORWARD "    h = __torch__.H(4)\n    return torch.add(x, h.n)\n" COUNTER);
	check_accepted(FORWARD "    y = annotate(List[float], x.tolist())\n    return x\n");
}

static void recursion(void **state)
{
	(void)state;
	check_refused(FORWARD "    return (self).forward(x, )\n", 8, 12, "recursion",
		      "'__torch__.M.forward' calls itself, directly or through others");
	check_refused(FORWARD "    return x\n  def a(self: __torch__.M) -> int:\n    return (self).b()\n"
			      "  def b(self: __torch__.M) -> int:\n    return (self).a()\n",
		      12, 12, "recursion", "'__torch__.M.a' calls itself, directly or through others");
	check_refused(FORWARD
		      "    return __torch__.f(x, )\ndef f(x: Tensor) -> Tensor:\n  return __torch__.f(x, )\n",
		      10, 10, "recursion", "'__torch__.f' calls itself, directly or through others");
	/* Called twice from two sides, but never by itself. */
	check_accepted(FORWARD "    y = (self).f2(x, )\n    return (self).f2(y, )\n" F2);
}

static void declarations(void **state)
{
	(void)state;
	check_refused(CLASS_M "  n : SomeType\n", 6, 7, "type-unknown", "unknown type 'SomeType'");
	check_refused(CLASS_M "  n : __torch__.a.N\n", 6, 7, "type-unknown",
		      "the archive has no code for class '__torch__.a.N'");
	check_refused(CLASS_M "  w : int\n", 6, 3, "name-repeated",
		      "class '__torch__.M' declares attribute 'w' twice");
	check_refused(CLASS_M "  def forward() -> int:\n    return 3\n", 6, 7, "self-missing",
		      "method 'forward' has no parameter for its object");
	check_refused(CLASS_M "  q : int\n", 0, 0, "attribute-missing",
		      "an object of class '__torch__.M' has no value for attribute 'q'");
	check_refused(CLASS_M CLASS_M, 6, 7, "name-repeated", "'M' is defined twice in this file");
	check_refused("class N(Module):\n  w : Tensor\n", 0, 0, "class-unknown",
		      "the archive has no code for class '__torch__.M'");
	check_refused(FORWARD "    return (x\n", 8, 12, "script-syntax", "this '(' is never closed");
	/* Functions that nobody names are never compiled. */
	check_accepted(FORWARD "    return x\ndef f(x: Tensor) -> Tensor:\n  return nope\n");
	check_refused(FORWARD "    return __torch__.f(x, )\ndef f(x: Tensor) -> Tensor:\n  return nope\n", 10,
		      10, "name-unknown", "'nope' is not defined");
	check_refused(FORWARD "    return x\n  def unused(self: __torch__.M) -> int:\n    return nope\n", 10,
		      12, "name-unknown", "'nope' is not defined");
}

/* Several faults are told in one run, and at most so many. */
static void several(void **state)
{
	(void)state;
	bound p = bind_text(FORWARD "    a = q\n    b = torch.nosuch(q)\n    return self.r\n");
	assert_int_equal(p.status, FY_MALFORMED);
	assert_int_equal(p.diags.count, 3);
	assert_int_equal(p.diags.items[1].place.line, 9);
	assert_int_equal(p.diags.items[2].place.line, 10);
	bound_release(&p);
	fy_buf code = { 0 };
	fy_buf_puts(&code, FORWARD);
	for (int i = 0; i < 500; i++)
		fy_buf_printf(&code, "    v = q%d\n", i);
	p = bind_text(fy_buf_text(&code));
	assert_int_equal(p.diags.count, 20);
	bound_release(&p);
	fy_buf_release(&code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),        cmocka_unit_test(assignment_on_every_path),
		cmocka_unit_test(returns),      cmocka_unit_test(operators),
		cmocka_unit_test(types),        cmocka_unit_test(attributes),
		cmocka_unit_test(calls),        cmocka_unit_test(recursion),
		cmocka_unit_test(declarations), cmocka_unit_test(several),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
