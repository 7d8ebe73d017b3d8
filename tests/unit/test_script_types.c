/* Types: each spelling, what PyTorch calls it, equality, and what is no type. */
#include "script_help.h"

static void check_type(const char *text, fy_ts_kind kind, const char *printed)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_ts_type *type = NULL, *again = NULL;
	fy_buf out = { 0 };
	assert_int_equal(fy_ts_type_parse(arena, fy_str_of(text), "net.pt", "data.pkl", &diags, &type),
			 FY_OK);
	assert_int_equal(type->kind, kind);
	fy_ts_type_print(type, &out);
	assert_string_equal(fy_buf_text(&out), printed);
	assert_int_equal(fy_ts_type_parse(arena, fy_str_of(printed), "net.pt", "data.pkl", &diags, &again),
			 FY_OK);
	assert_true(fy_ts_type_equal(type, again));
	fy_buf_release(&out);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

static void spellings(void **state)
{
	(void)state;
	check_type("Tensor", FY_TS_TENSOR, "Tensor");
	check_type("torch.Tensor", FY_TS_TENSOR, "Tensor");
	check_type("int", FY_TS_INT, "int");
	check_type("float", FY_TS_FLOAT, "float");
	check_type("bool", FY_TS_BOOL, "bool");
	check_type("complex", FY_TS_COMPLEX, "complex");
	check_type("str", FY_TS_STR, "str");
	check_type("number", FY_TS_NUMBER, "number");
	check_type("None", FY_TS_NONE, "NoneType");
	check_type("NoneType", FY_TS_NONE, "NoneType");
	check_type("Any", FY_TS_ANY, "Any");
	check_type("Device", FY_TS_DEVICE, "Device");
	check_type("torch.device", FY_TS_DEVICE, "Device");
	check_type("Stream", FY_TS_STREAM, "Stream");
	check_type("Generator", FY_TS_GENERATOR, "Generator");
	check_type("Capsule", FY_TS_CAPSULE, "Capsule");
	check_type("list", FY_TS_ANY_LIST, "list");
	check_type("tuple", FY_TS_ANY_TUPLE, "tuple");
	check_type("Optional[Tensor]", FY_TS_OPTIONAL, "Optional[Tensor]");
	check_type("Union[int, None]", FY_TS_OPTIONAL, "Optional[int]");
	check_type("Union[NoneType, int]", FY_TS_OPTIONAL, "Optional[int]");
	check_type("int | None", FY_TS_OPTIONAL, "Optional[int]");
	check_type("int | str | None", FY_TS_UNION, "Union[int, str, NoneType]");
	check_type("Union[number]", FY_TS_UNION, "Union[number]");
	check_type("Union[float, int, NoneType]", FY_TS_UNION, "Union[float, int, NoneType]");
	check_type("list[int]", FY_TS_LIST, "List[int]");
	check_type("BroadcastingList3[float]", FY_TS_LIST, "BroadcastingList3[float]");
	check_type("Dict[str, List[int]]", FY_TS_DICT, "Dict[str, List[int]]");
	check_type("Tuple[()]", FY_TS_TUPLE, "Tuple[()]");
	check_type("Tuple[int]", FY_TS_TUPLE, "Tuple[int]");
	check_type("tuple[int,\n  Tuple[str, Tensor]]", FY_TS_TUPLE, "Tuple[int, Tuple[str, Tensor]]");
	check_type("Future[Tensor]", FY_TS_FUTURE, "Future[Tensor]");
	check_type("RRef[Tensor]", FY_TS_RREF, "RRef[Tensor]");
	check_type("Await[int]", FY_TS_AWAIT, "Await[int]");
	check_type("__torch__.net.___torch_mangle_3.Net", FY_TS_NAMED, "__torch__.net.___torch_mangle_3.Net");
	check_type("'__torch__.torch.classes.a.B2'", FY_TS_NAMED, "__torch__.torch.classes.a.B2");
	check_type(" int ", FY_TS_INT, "int");
}

static void equality(void **state)
{
	(void)state;
	static const char *const different[] = { "int",        "List[int]",       "BroadcastingList2[int]",
						 "Tuple[int]", "Tuple[int, int]", "a.B",
						 "a.C",        "List[a.B]" };
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_ts_type *types[FY_COUNT(different)];
	for (size_t i = 0; i < FY_COUNT(different); i++)
		assert_int_equal(fy_ts_type_parse(arena, fy_str_of(different[i]), "", "", &diags, &types[i]),
				 FY_OK);
	for (size_t i = 0; i < FY_COUNT(different); i++)
		for (size_t k = 0; k < FY_COUNT(different); k++)
			assert_int_equal(fy_ts_type_equal(types[i], types[k]), i == k);
	fy_arena_free(arena);
}

static void check_no_type(const char *text, int column, int width, const char *id, const char *message)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_ts_type *type = NULL;
	assert_int_equal(fy_ts_type_parse(arena, fy_str_of(text), "net.pt", "data.pkl", &diags, &type),
			 FY_MALFORMED);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].message, message);
	assert_string_equal(diags.items[0].id, id);
	assert_string_equal(diags.items[0].place.member, "data.pkl");
	assert_int_equal(diags.items[0].place.column, column);
	assert_int_equal(diags.items[0].place.width, width);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

static void refused(void **state)
{
	(void)state;
	check_no_type("", 1, 0, "script-syntax", "expected an expression but found end of file");
	check_no_type("3", 1, 1, "script-type", "expected a type");
	check_no_type("f(x)", 1, 4, "script-type", "expected a type");
	check_no_type("List[3]", 6, 1, "script-type", "expected a type");
	check_no_type("List[int", 5, 1, "script-syntax", "this '[' is never closed");
	check_no_type("List[int]]", 10, 1, "script-syntax", "expected end of file but found ']'");
	check_no_type("int int", 5, 3, "script-syntax", "expected end of file but found 'int'");
	check_no_type("Set[int]", 1, 3, "script-type", "'Set' takes no [...] as a type");
	check_no_type("Final[int]", 1, 5, "script-type", "'Final' takes no [...] as a type");
	check_no_type("BroadcastingListx[int]", 1, 17, "script-type",
		      "'BroadcastingListx' takes no [...] as a type");
	check_no_type("Tuple[int, ...]", 12, 3, "script-type", "expected a type");
	check_no_type("List[int, str]", 1, 4, "script-type", "'List' takes 1 type in brackets, not 2");
	check_no_type("Dict[int]", 1, 4, "script-type", "'Dict' takes 2 types in brackets, not 1");
	check_no_type("int & str", 1, 9, "script-type", "expected a type");
	check_no_type("'class'", 1, 7, "script-type", "a type in quotes must be a dotted name");
	check_no_type("'a.in'", 1, 6, "script-type", "a type in quotes must be a dotted name");
	check_no_type("'a..b'", 1, 6, "script-type", "a type in quotes must be a dotted name");
	check_no_type("int?", 4, 1, "script-syntax", "unexpected character '?'");
}

/* As the binder does for annotate(), unchecked_cast() and isinstance(). */
static void from_expressions(void **state)
{
	(void)state;
	parsed p = parse_good("def f(x):\n  return annotate(List[Optional[Tensor]], [x])\n");
	const fy_expr *call = p.file->functions[0]->body.items[0]->expr;
	fy_ts_type *type = NULL;
	assert_int_equal(fy_ts_type_from_expr(p.arena, p.file, call->call.args[0].value, &p.diags, &type),
			 FY_OK);
	assert_int_equal(type->items[0]->items[0]->kind, FY_TS_TENSOR);
	assert_int_equal(type->items[0]->span.column, 24);
	assert_int_equal(fy_ts_type_from_expr(p.arena, p.file, call->call.args[1].value, &p.diags, &type),
			 FY_MALFORMED);
	assert_int_equal(p.diags.items[0].place.line, 2);
	assert_int_equal(p.diags.items[0].place.column, 43);
	parsed_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(equality),
		cmocka_unit_test(refused),
		cmocka_unit_test(from_expressions),
	};
	return cmocka_run_group_tests_name("script types", tests, NULL, NULL);
}
