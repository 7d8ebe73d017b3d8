/* Functions, classes and files: all class forms, signatures, docstrings, old headers, and printing them
 * again. */
#include "script_help.h"

static void check_same(const char *text)
{
	fy_buf out = { 0 };
	parsed p = parse_good(text);
	fy_script_print(p.file, &out);
	assert_string_equal(fy_buf_text(&out), text);
	fy_buf_release(&out);
	parsed_release(&p);
}

static const char module[] = "class Net(Module):\n"
			     "  __parameters__ = [\"weight\", \"a-b\", ]\n"
			     "  __buffers__ = []\n"
			     "  __forward_pre_hooks__ = [\"pre\", ]\n"
			     "  __forward_hooks__ = [\"post\", ]\n"
			     "  __annotations__ = []\n"
			     "  __annotations__[\"0\"] = __torch__.torch.nn.modules.linear.Linear\n"
			     "  training : bool\n"
			     "  bias : NoneType\n"
			     "  __annotations__[\"a-b\"] = Optional[Tensor]\n"
			     "  k : Final[List[int]] = [1, 2]\n"
			     "  def forward(self: __torch__.Net,\n"
			     "    x: Tensor,\n"
			     "    n: int=3,\n"
			     "    y: Optional[Tensor]=None) -> Tuple[Tensor, Dict[str, int]]:\n"
			     "    _0 = (getattr(self, \"0\")).forward(x, )\n"
			     "    return (_0, {\"a\": n})\n"
			     "  def pre(self: __torch__.Net,\n"
			     "    input: Tuple[Tensor]) -> NoneType:\n"
			     "    return None\n";

static void modules(void **state)
{
	(void)state;
	check_same(module);
	parsed p = parse_good(module);
	const fy_script_class *net = p.file->classes[0];
	assert_string_equal(net->name, "Net");
	assert_int_equal(net->base, FY_CLASS_MODULE);
	assert_int_equal(net->parameters.count, 2);
	assert_string_equal(net->parameters.items[1], "a-b");
	assert_true(net->buffers.present);
	assert_int_equal(net->buffers.count, 0);
	assert_string_equal(net->pre_hooks.items[0], "pre");
	assert_string_equal(net->hooks.items[0], "post");
	assert_int_equal(net->attribute_count, 4);
	assert_string_equal(net->attributes[0].name, "0");
	assert_true(net->attributes[0].quoted);
	assert_string_equal(net->attributes[0].type->name, "__torch__.torch.nn.modules.linear.Linear");
	assert_int_equal(net->attributes[2].type->kind, FY_TS_NONE);
	assert_ptr_equal(net->attributes[3].name, net->parameters.items[1]);
	assert_int_equal(net->constant_count, 1);
	assert_int_equal(net->constants[0].value->kind, FY_EXPR_LIST);
	assert_int_equal(net->method_count, 2);
	const fy_script_def *forward = net->methods[0];
	assert_int_equal(forward->span.line, 12);
	assert_int_equal(forward->span.column, 7);
	assert_int_equal(forward->param_count, 4);
	assert_int_equal(forward->params[2].default_value->integer, 3);
	assert_null(forward->params[1].default_value);
	assert_int_equal(forward->returns->count, 2);
	parsed_release(&p);
}

static void other_classes(void **state)
{
	(void)state;
	check_same("class Color(Enum):\n  RED = 1\n  GREEN = -2\nclass Word(Enum):\n  A = \"a b\"\n  B = "
		   "\"\"\n");
	check_same("class Point(NamedTuple):\n  x : Tensor\n  n : int\n");
	check_same("class I(ModuleInterface):\n  def forward(self, x: Tensor) -> Tensor:\n    pass\n");
	check_same("class I(Interface):\n  def one(self) -> int:\n    pass\n  def two(self) -> int:\n    "
		   "pass\n");
	check_same(
		"class Acc:\n  a : int\n  def __init__(self: __torch__.Acc) -> NoneType:\n    return None\n");
	check_same("class Old(Module):\n  __parameters__ = []\n  x : Tensor\n");
	check_same("class Empty:\n  pass\n");
	parsed p = parse_good("class E(Enum):\n  A = 1.5\n  B = 2.\n");
	assert_int_equal(p.file->classes[0]->base, FY_CLASS_ENUM);
	assert_int_equal(p.file->classes[0]->member_count, 2);
	assert_true(p.file->classes[0]->members[0].value->real == 1.5);
	parsed_release(&p);
}

static void functions(void **state)
{
	(void)state;
	check_same("def f() -> int:\n  return 1\n");
	check_same("def f(x,\n    *, y: int=1,\n    z=\"a\"):\n  return x\n");
	check_same("def f(x: BroadcastingList2[int]) -> List[int]:\n  return x\n");
	parsed p = parse_good("def f(a, *, b: int=1, c):\n  return a\n");
	const fy_script_def *def = p.file->functions[0];
	assert_int_equal(def->param_count, 3);
	assert_false(def->params[0].keyword_only);
	assert_true(def->params[1].keyword_only);
	assert_true(def->params[2].keyword_only);
	assert_null(def->params[0].type);
	assert_null(def->returns);
	parsed_release(&p);

	p = parse_good("def f(self, a, b=1):\n  # type: (Tensor, List[int]) -> Tuple[int]\n  return a\n");
	def = p.file->functions[0];
	assert_null(def->params[0].type);
	assert_int_equal(def->params[1].type->kind, FY_TS_TENSOR);
	assert_int_equal(def->params[2].type->kind, FY_TS_LIST);
	assert_int_equal(def->returns->kind, FY_TS_TUPLE);
	assert_int_equal(def->body.count, 1);
	parsed_release(&p);
}

static void docstrings(void **state)
{
	(void)state;
	check_same(
		"\"file\"\nclass A:\n  \"class\"\n  x : int\n  def f(self):\n    \"method\"\n    return 1\n");
	parsed p = parse_good("def f():\n  '''Only\n  this.'''\n");
	const fy_script_def *def = p.file->functions[0];
	assert_int_equal(def->body.count, 0);
	assert_true(fy_str_is(def->docstring, "Only\n  this."));
	parsed_release(&p);
	p = parse_good("def f():\n  return 1\n");
	assert_null(p.file->functions[0]->docstring.data);
	parsed_release(&p);
}

static void files(void **state)
{
	(void)state;
	check_same("def f():\n  pass\nclass A:\n  x : int\ndef g():\n  pass\nclass B:\n  x : int\n");
	parsed p = parse_good("op_version_set = 1\nimport __torch__\nimport __torch__.a.b\ndef f():\n  pass\n"
			      "import __torch__.c\nclass A:\n  x : int\n");
	assert_int_equal(p.file->function_count, 1);
	assert_int_equal(p.file->class_count, 1);
	parsed_release(&p);
}

static void refused(void **state)
{
	(void)state;
	const char *id = "script-syntax";
	check_error("def = x\n", 1, 5, 1, id, "expected the name of a function but found '='");
	check_error("x = 1\n", 1, 1, 1, id, "expected a class or function but found 'x'");
	check_error("class A(Base):\n  x : int\n", 1, 9, 4, id,
		    "base 'Base' is none of Module, NamedTuple, Enum, Interface, ModuleInterface");
	check_error("class A:\n  x = 3\n", 2, 3, 1, id, "an attribute takes a type here and no value");
	check_error("class A(NamedTuple):\n  x : int = 3\n", 2, 11, 1, id,
		    "an attribute or field takes no default here");
	check_error("class A(Enum):\n  x : int\n", 2, 3, 1, id,
		    "a member of an Enum takes a value and no type");
	check_error("class A(Enum):\n  x = f(1)\n", 2, 7, 4, id,
		    "a member of an Enum must be an int, a float or a string");
	check_error("class A(Enum):\n  f(x)\n", 2, 4, 1, id, "expected '=' but found '('");
	check_error("class A:\n  return x\n", 2, 3, 6, id,
		    "expected an attribute or method but found 'return'");
	check_error("class A(Module):\n  __parameters__ = [x, ]\n", 2, 21, 1, id,
		    "expected the name of an attribute in quotes");
	check_error("class A(Module):\n  __buffers__ = 3\n", 2, 17, 1, id,
		    "'__buffers__' must be a list of strings");
	check_error("class A(Module):\n  __buffers__ = []\n  __buffers__ = []\n", 3, 3, 11, id,
		    "'__buffers__' stands in this class twice");
	check_error("class A(Module):\n  __annotations__[\"a\\000\"] = int\n", 2, 19, 7, id,
		    "expected the name of an attribute in quotes");
	check_error("class A:\n", 2, 1, 0, id, "expected an indented block but found end of file");
	check_error("def f(x y):\n  pass\n", 1, 9, 1, id, "expected ')' but found 'y'");
	check_error("def f(*args, *more):\n  pass\n", 1, 8, 4, id, "expected ')' but found 'args'");
	check_error("def f(a, b, c):\n  # type: (int) -> int\n  return a\n", 2, 3, 8, id,
		    "type comment names 1 types for 3 parameters");
	check_error("op_version_set(= 1\n", 1, 15, 1, id, "expected '=' but found '('");
	check_error("import 3\n", 1, 8, 1, id, "expected the name of a file but found '3'");
	check_error("@decorated\ndef f():\n  pass\n", 1, 1, 1, id,
		    "expected a class or function but found '@'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules),    cmocka_unit_test(other_classes), cmocka_unit_test(functions),
		cmocka_unit_test(docstrings), cmocka_unit_test(files),         cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests_name("script definitions", tests, NULL, NULL);
}
