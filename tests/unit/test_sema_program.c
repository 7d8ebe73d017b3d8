/* Whole programs: qualified names over files, classes of every kind, pickled states, old versions, operators
 * in use. */
#include "sema_help.h"

static void qualified_names(void **state)
{
	static const char *const files[] = {
		"m/code/__torch__.py",
		CLASS_M
		"  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
		"    a = __torch__.nets.___torch_mangle_3.Net.__new__(__torch__.nets.___torch_mangle_3.Net)\n"
		"    b = (a).run(x, )\n    return __torch__.nets.helpers.twice(b, )\n",
		"m/code/__torch__/nets/___torch_mangle_3.py",
		"class Net:\n  def run(self: __torch__.nets.___torch_mangle_3.Net,\n    x: Tensor) -> "
		"Tensor:\n    return x\n",
		"m/code/__torch__/nets/helpers.py",
		"def twice(x: Tensor) -> Tensor:\n  return torch.mul(x, 2)\ndef unused(x: Tensor) -> "
		"Tensor:\n  return y\n",
		"m/code/__torch__/nets/broken.py",
		"this is never parsed\n",
		NULL,
	};
	(void)state;
	bound p = bind_files(files, "10\n");
	must_be_bound(&p, "program of several files");
	assert_int_equal(p.program->class_count, 2);
	assert_int_equal(p.program->function_count, 1);
	const fy_class *net = fy_program_class(p.program, "__torch__.nets.___torch_mangle_3.Net");
	assert_non_null(net);
	assert_null(fy_program_class(p.program, "__torch__.Net"));
	assert_int_equal(forward_stmt(&p, 0)->value->kind, FY_B_NEW);
	assert_ptr_equal(forward_stmt(&p, 0)->value->class, net);
	assert_int_equal(forward_stmt(&p, 1)->value->kind, FY_B_METHOD);
	const fy_bexpr *call = forward_stmt(&p, 2)->value;
	assert_int_equal(call->kind, FY_B_FUNCTION);
	assert_string_equal(call->function->qualified, "__torch__.nets.helpers.twice");
	fy_place place = fy_function_place(call->function, call->function->body.items[0]->span);
	assert_string_equal(place.member, "code/__torch__/nets/helpers.py");
	assert_int_equal(place.line, 2);
	bound_release(&p);
}

static void attributes_and_hooks(void **state)
{
	(void)state;
	bound p = bind_good(
		"class M(Module):\n  __parameters__ = [\"w\", \"gone\", ]\n  __buffers__ = []\n"
		"  __forward_pre_hooks__ = [\"pre\", ]\n  __forward_hooks__ = [\"post\", ]\n  w : Tensor\n"
		"  training : bool\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n"
		"    a = __torch__.M.pre(self, (x,), )\n    return x\n"
		"  def pre(self: __torch__.M, x: Tuple[Tensor]) -> NoneType:\n    return None\n"
		"  def post(self: __torch__.M, x: Tuple[Tensor], y: Tensor) -> NoneType:\n    return None\n");
	const fy_class *root = p.program->root;
	assert_string_equal(root->name, "__torch__.M");
	assert_int_equal(root->base, FY_CLASS_MODULE);
	assert_int_equal(root->attribute_count, 2);
	assert_true(fy_class_attribute(root, "w")->parameter);
	assert_false(fy_class_attribute(root, "w")->buffer);
	assert_false(fy_class_attribute(root, "training")->parameter);
	assert_int_equal(fy_class_attribute(root, "training")->type->kind, FY_TS_BOOL);
	assert_null(fy_class_attribute(root, "gone"));
	assert_int_equal(root->pre_hook_count, 1);
	assert_string_equal(root->hooks[0], "post");
	/* A hook is called by the name of its class. */
	assert_int_equal(forward_stmt(&p, 0)->value->kind, FY_B_FUNCTION);
	assert_ptr_equal(forward_stmt(&p, 0)->value->function, fy_class_method(root, "pre"));
	bound_release(&p);
}

static void kinds_of_classes(void **state)
{
	(void)state;
	bound p = bind_good(
		FORWARD "    p = __torch__.P(x, 2)\n    e = __torch__.E.B\n    i = "
			"unchecked_cast(__torch__.I, self)\n"
			"    y = (i).run(x, )\n    c = __torch__.torch.classes.ns.Packed(x)\n    return y\n"
			"class P(NamedTuple):\n  a : Tensor\n  b : int\n"
			"class E(Enum):\n  A = \"one\"\n  B = \"two\"\n"
			"class I(Interface):\n  def run(self, x: Tensor) -> Tensor:\n    pass\n");
	const fy_bexpr *tuple = forward_stmt(&p, 0)->value;
	assert_int_equal(tuple->kind, FY_B_CONSTRUCT);
	assert_int_equal(tuple->class->attribute_count, 2);
	const fy_bexpr *member = forward_stmt(&p, 1)->value;
	assert_int_equal(member->kind, FY_B_ENUM);
	assert_string_equal(member->class->members[member->index].name, "B");
	assert_true(fy_str_is(member->class->members[member->index].value.s, "two"));
	assert_int_equal(forward_stmt(&p, 3)->value->kind, FY_B_METHOD);
	const fy_class *custom = fy_program_class(p.program, "__torch__.torch.classes.ns.Packed");
	assert_non_null(custom);
	assert_true(custom->custom);
	bound_release(&p);
}

/* The same method name is an operator of a tensor and a method of a class: which it is shows when running. */
static void unknown_values(void **state)
{
	(void)state;
	bound p = bind_good(FORWARD
			    "    a = x.clone()\n    b = x.run()\n    c = x.long()\n    d = x.is_leaf\n    e "
			    "= x.mine\n    return x\n"
			    "  def run(self: __torch__.M) -> int:\n    h = __torch__.H(3)\n    return 1\n"
			    "class H:\n  mine : int\n  def __init__(self: __torch__.H, n: int) -> "
			    "NoneType:\n    return None\n");
	assert_int_equal(forward_stmt(&p, 0)->value->kind, FY_B_OPERATOR);
	assert_string_equal(forward_stmt(&p, 0)->value->name, "aten::clone");
	assert_int_equal(forward_stmt(&p, 1)->value->kind, FY_B_METHOD);
	assert_string_equal(forward_stmt(&p, 2)->value->name, "aten::to");
	assert_int_equal(forward_stmt(&p, 2)->value->items[1]->literal.i, FY_I64);
	assert_string_equal(forward_stmt(&p, 3)->value->name, "aten::is_leaf");
	assert_int_equal(forward_stmt(&p, 4)->value->kind, FY_B_ATTRIBUTE);
	bound_release(&p);
}

static void check_upgrade(const char *version, const char *statement, const char *wanted)
{
	fy_buf code = { 0 };
	fy_buf_printf(&code,
		      FORWARD "    y = %s\n    return __torch__.f(x, )\ndef f(x: Tensor) -> Tensor:\n  z = "
			      "%s\n  return x\n",
		      statement, statement);
	const char *const files[] = { "m/code/__torch__.py", fy_buf_text(&code), NULL };
	bound p = bind_files(files, version);
	must_be_bound(&p, fy_buf_text(&code));
	const char *upgrade = forward_stmt(&p, 0)->value->upgrade;
	if (wanted)
		assert_string_equal(upgrade, wanted);
	else
		assert_null(upgrade);
	assert_null(p.program->functions[0]->body.items[0]->value->upgrade); /* never in free functions */
	bound_release(&p);
	fy_buf_release(&code);
}

static void old_versions(void **state)
{
	(void)state;
	check_upgrade("3\n", "torch.div(x, x)", "div");
	check_upgrade("4\n", "torch.div(x, x)", NULL);
	check_upgrade("3\n", "torch.div_(x, x)", "div");
	check_upgrade("4\n", "torch.full([2], 1)", "full");
	check_upgrade("5\n", "torch.full([2], 1)", NULL);
	check_upgrade("7\n", "torch.linspace(0, 1, 5)", "linspace");
	check_upgrade("8\n", "torch.linspace(0, 1, 5)", NULL);
	check_upgrade("8\n", "torch.logspace(0, 1, 5)", "logspace");
	check_upgrade("3\n", "torch.mul(x, x)", NULL);
	/* steps could be left out then. */
	static const char *const files[] = { "m/code/__torch__.py",
					     FORWARD "    y = torch.linspace(0, 1)\n    return x\n", NULL };
	bound p = bind_files(files, "7\n");
	assert_int_equal(p.status, FY_OK);
	bound_release(&p);
	p = bind_files(files, "8\n");
	assert_int_equal(p.status, FY_MALFORMED);
	assert_string_equal(p.diags.items[0].id, "op-arguments");
	bound_release(&p);
}

static const fy_used_operator *used(const bound *p, const char *name)
{
	for (int i = 0; i < p->program->operator_count; i++)
		if (strcmp(p->program->operators[i].name, name) == 0)
			return &p->program->operators[i];
	return NULL;
}

static void operators_in_use(void **state)
{
	(void)state;
	bound p = bind_good(
		FORWARD
		"    y = torch.relu(torch.relu(x))\n    y = torch.relu_(y)\n    z = ops.torchvision.nms(x)\n"
		"    s = ops.prim.shape(x)\n    t = x.tanh()\n    return x\n");
	assert_string_equal(p.program->operators[0].name, "aten::relu");
	assert_int_equal(used(&p, "aten::relu")->uses, 2);
	assert_true(used(&p, "aten::relu")->supported);
	assert_true(used(&p, "aten::relu_")->supported);
	assert_int_equal(used(&p, "aten::relu")->first.line, 8);
	assert_int_equal(used(&p, "aten::relu")->first.column, 20); /* the inner call is met first */
	assert_false(used(&p, "torchvision::nms")->supported);
	assert_false(used(&p, "torchvision::nms")->known);
	assert_true(used(&p, "prim::shape")->supported); /* the test's own */
	assert_non_null(used(&p, "aten::tanh"));
	bound_release(&p);
}

/* ---- pickled states ---- */

/* An object of __torch__.M with a state of `count` attributes set to 1. */
static bound bind_state(const char *code, const char *const *names, int count, bool build)
{
	const char *const files[] = { "m/code/__torch__.py", code, NULL };
	fy_buf data = { 0 }, constants = { 0 };
	fy_buf_append(&data, "\x80\x02", 2);
	fy_buf_puts(&data, "c__torch__\nM\n)\x81");
	if (build) {
		fy_buf_puts(&data, "}(");
		for (int i = 0; i < count; i++) {
			put_sized(&data, names[i]);
			fy_buf_append(&data, "K\x01", 2);
		}
		fy_buf_puts(&data, "ub");
	}
	fy_buf_putc(&data, '.');
	fy_buf_append(&constants, "\x80\x02).", 4);
	bound p = bind_archive(&data, &constants, files, "10\n");
	fy_buf_release(&data);
	fy_buf_release(&constants);
	return p;
}

static void states(void **state)
{
	static const char code[] = "class M:\n  a : int\n  b : int\n  c : int\n";
	static const char *const names[] = { "c", "a", "b" }, *const more[] = { "c", "extra" };
	(void)state;
	bound p = bind_state(code, names, 3, true); /* another order does no harm */
	must_be_bound(&p, code);
	bound_release(&p);
	p = bind_state(code, more, 2, true);
	assert_int_equal(p.status, FY_MALFORMED);
	assert_int_equal(p.diags.count, 3);
	assert_string_equal(p.diags.items[0].id, "attribute-missing");
	assert_string_equal(p.diags.items[0].place.member, "data.pkl");
	assert_string_equal(p.diags.items[0].message,
			    "an object of class '__torch__.M' has no value for attribute 'a'");
	assert_string_equal(p.diags.items[2].message, "an object of class '__torch__.M' has a value for "
						      "'extra', which is no attribute of its class");
	bound_release(&p);
	p = bind_state(code, names, 0, false);
	assert_int_equal(p.diags.count, 3);
	bound_release(&p);
	/* An object that sets itself up has a state of its own form. */
	p = bind_state("class M:\n  a : int\n  def __setstate__(self: __torch__.M, s: Any) -> NoneType:\n    "
		       "self.a = 1\n"
		       "    return None\n",
		       names, 0, true);
	assert_int_equal(p.status, FY_OK);
	bound_release(&p);
}

/* Broken code is told once, not again for everything that it would have defined. */
static void broken_file(void **state)
{
	static const char *const files[] = {
		"m/code/__torch__.py",
		FORWARD "    a = __torch__.nets.f(x, )\n    b = __torch__.nets.g(x, )\n    return x\n",
		"m/code/__torch__/nets.py",
		"def f(x: Tensor) -> Tensor:\n  return )\n",
		NULL,
	};
	(void)state;
	bound p = bind_files(files, "10\n");
	assert_int_equal(p.status, FY_MALFORMED);
	assert_int_equal(p.diags.count, 1);
	assert_string_equal(p.diags.items[0].id, "script-syntax");
	assert_string_equal(p.diags.items[0].place.member, "code/__torch__/nets.py");
	bound_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qualified_names),  cmocka_unit_test(attributes_and_hooks),
		cmocka_unit_test(kinds_of_classes), cmocka_unit_test(unknown_values),
		cmocka_unit_test(old_versions),     cmocka_unit_test(operators_in_use),
		cmocka_unit_test(states),           cmocka_unit_test(broken_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
