/* Literals mean what PyTorch's reader makes of them; the values were seen there. */
#include "script_help.h"

static void numbers(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "0", "int:0" },
		{ "42", "int:42" },
		{ "9223372036854775807", "int:9223372036854775807" },
		{ "-9223372036854775808", "int:-9223372036854775808" },
		{ "010", "int:8" },
		{ "0x10", "int:16" },
		{ "0xFf", "int:255" },
		{ "0x1e", "float:30.0" },
		{ "0x1p3", "float:8.0" },
		{ "1.", "float:1.0" },
		{ ".5", "float:0.5" },
		{ "1e-05", "float:1e-05" },
		{ "1E3", "float:1000.0" },
		{ "-0.", "float:-0.0" },
		{ "4.9406564584124654e-324", "float:5e-324" },
		{ "1e999", "float:inf" },
		{ "10000000000", "int:10000000000" },
		{ "2j", "imag:2.0" },
		{ "-1.5j", "imag:-1.5" },
		{ "2.5+3.5j", "<float:2.5 + imag:3.5>" },
		{ "0.-1.j", "<float:0.0 - imag:1.0>" },
		{ "inf", "inf" },
		{ "-inf", "<-inf>" },
		{ "nan", "nan" },
		{ "- 3", "int:-3" },
		{ "--3", "<-int:-3>" },
		{ "-(3)", "<-int:3>" },
		{ "-2**2", "<-<int:2 ** int:2>>" },
		{ "-1[0]", "<-<item int:1 int:0>>" },
	};
	for (size_t i = 0; i < FY_COUNT(cases); i++)
		check_expr(cases[i][0], cases[i][1]);
}

static void check_string(const char *text, const char *bytes, size_t len)
{
	fy_buf source = { 0 };
	fy_buf_printf(&source, "def f():\n  x = %s\n", text);
	parsed p = parse_good(fy_buf_text(&source));
	const fy_expr *value = p.file->functions[0]->body.items[0]->assign.value;
	assert_int_equal(value->kind, FY_EXPR_STRING);
	assert_int_equal(value->string.len, len);
	assert_memory_equal(value->string.data, bytes, len + 1);
	fy_buf_release(&source);
	parsed_release(&p);
}

static void strings(void **state)
{
	(void)state;
	check_string("\"\"", "", 0);
	check_string("'a\"b'", "a\"b", 3);
	check_string("\"\"\"a\n\"b\"\"\"", "a\n\"b", 4);
	check_string("'''it's'''", "it's", 4);
	check_string("'a' \"b\" 'c'", "abc", 3);
	check_string("('a'\n 'b')", "ab", 2);
	check_string("'\\\\ \\' \\\" \\a\\b\\f\\n\\t\\v'", "\\ ' \" \a\b\f\n\t\v", 12);
	check_string("'\\101\\000\\377'", "A\0\377", 3);
	check_string("'a\\\nb'", "ab", 2);
	check_string("'\xc3\xa9'", "\xc3\xa9", 2);
}

static void refused(void **state)
{
	(void)state;
	const char *id = "script-syntax";
	check_error("def f():\n  x = 9223372036854775808\n", 2, 7, 19, id, "integer doesn't fit 64 bits");
	check_error("def f():\n  x = -9223372036854775809\n", 2, 8, 19, id, "integer doesn't fit 64 bits");
	check_error("def f():\n  x = 08\n", 2, 7, 2, id,
		    "a number that starts with 0 is octal and has digits up to 7 only");
	check_error("def f():\n  x = 0x\n", 2, 8, 1, id, "expected end of line but found 'x'");
	check_error("def f():\n  x = 1_000\n", 2, 8, 4, id, "expected end of line but found '_000'");
	check_error("def f():\n  x = 'ab\\r'\n", 2, 10, 2, id, "unknown escape in a string");
	check_error("def f():\n  x = 'ab\\x41'\n", 2, 10, 2, id, "unknown escape in a string");
	check_error("def f():\n  x = '\\0'\n", 2, 8, 2, id, "unknown escape in a string");
	check_error("def f():\n  x = '\\400'\n", 2, 8, 2, id, "unknown escape in a string");
	check_error("def f():\n  x = '''a\n\nb\\q'''\n", 4, 2, 2, id, "unknown escape in a string");
	check_error("def f():\n  x = '\xff'\n", 2, 8, 1, id, "string isn't valid UTF-8");
	check_error("def f():\n  x = 'abc\n  return x\n", 2, 7, 1, id, "this string is never closed");
	check_error("def f():\n  x = '''abc\n  return x\n", 2, 7, 1, id, "this string is never closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(strings),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests_name("script literals", tests, NULL, NULL);
}
