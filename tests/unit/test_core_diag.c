/* Diagnostics: what is kept, how it is printed, and the JSON tree. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_print(const fy_diags *diags, const char *expected)
{
	fy_buf out = { 0 };

	fy_diags_print(diags, &out, false);
	assert_string_equal(fy_buf_text(&out), expected);
	fy_buf_release(&out);
}

static void form(void **state)
{
	fy_diags diags = { 0 };
	const fy_place place = { .file = "net.pt",
				 .member = "code/net.py",
				 .line = 12,
				 .column = 10,
				 .width = 5,
				 .text = "\treturn torch.foo(x)\nnext",
				 .module = "encoder.0" };

	(void)state;
	assert_int_equal(fy_error(&diags, FY_UNSUPPORTED, "op-unsupported", &place, "no operator %s", "foo"),
			 FY_UNSUPPORTED);
	fy_note(&diags, "one");
	fy_note(&diags, "two");
	fy_hint(&diags, "do %d", 3);
	fy_warning(&diags, "odd", NULL, "odd\x1b");
	check_print(&diags, "net.pt!code/net.py:12:10: error: no operator foo [op-unsupported]\n"
			    "     return torch.foo(x)\n"
			    "             ^^^^^\n"
			    "  in module encoder.0\n"
			    "  note: one\n"
			    "  note: two\n"
			    "  hint: do 3\n"
			    "warning: odd\\x1b [odd]\n");
	fy_diags_clear(&diags);
	assert_int_equal(diags.count, 0);
}

/* The window of a long line keeps the caret under its place; a caret past the end stays at the end. */
static void long_line(void **state)
{
	fy_diags diags = { 0 };
	fy_buf out = { 0 };
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[4000] = 'X';
	text[4999] = '\n';
	fy_error(&diags, FY_MALFORMED, "bad", &(fy_place){ .line = 1, .column = 4001, .text = text }, "bad");
	fy_error(&diags, FY_MALFORMED, "bad",
		 &(fy_place){ .line = 1, .column = 9999, .width = 99, .text = "ab" }, "bad");
	fy_diags_print(&diags, &out, false);
	const char *source = strchr(out.data, '\n') + 1, *carets = strchr(source, '\n') + 1;
	assert_true(carets - source < 200);
	assert_int_equal(strchr(source, 'X') - source, strchr(carets, '^') - carets);
	assert_non_null(strstr(out.data, "    ab\n      ^\n"));
	fy_buf_release(&out);
	fy_diags_clear(&diags);
}

static void limit(void **state)
{
	fy_diags diags = { 0 };
	fy_buf out = { 0 };

	(void)state;
	for (int i = 0; i < FY_DIAG_LIMIT + 5; i++)
		fy_error(&diags, FY_CHECK_FAILED, "bad", NULL, "%d", i);
	fy_note(&diags, "belongs to one that was dropped");
	assert_int_equal(diags.count, FY_DIAG_LIMIT);
	assert_int_equal(diags.errors, FY_DIAG_LIMIT + 5);
	assert_int_equal(diags.dropped, 5);
	assert_null(diags.items[FY_DIAG_LIMIT - 1].notes);
	fy_diags_print(&diags, &out, false);
	assert_non_null(strstr(out.data, "... and 5 more\n"));
	fy_buf_release(&out);
	fy_diags_clear(&diags);
}

static void taken_back(void **state)
{
	fy_diags diags = { 0 };

	(void)state;
	fy_warning(&diags, "w", NULL, "w");
	fy_error(&diags, FY_CHECK_FAILED, "a", NULL, "a");
	for (int i = 0; i < FY_DIAG_LIMIT + 5; i++)
		fy_error(&diags, FY_IO, "bad", NULL, "%d", i);
	fy_diags_truncate(&diags, 2);
	assert_true(diags.count == 2 && diags.errors == 1 && diags.warnings == 1 && diags.dropped == 0);
	fy_note(&diags, "heard again");
	assert_string_equal(diags.items[1].notes, "heard again");
	assert_int_equal(fy_diags_status(&diags), FY_CHECK_FAILED);
	fy_diags_clear(&diags);
}

static void gravity(void **state)
{
	fy_diags diags = { 0 };

	(void)state;
	assert_int_equal(fy_diags_status(&diags), FY_OK);
	fy_warning(&diags, "w", NULL, "w");
	assert_int_equal(fy_diags_status(&diags), FY_OK);
	fy_error(&diags, FY_CHECK_FAILED, "a", NULL, "a");
	fy_error(&diags, FY_UNSUPPORTED, "a", NULL, "a");
	assert_int_equal(fy_diags_status(&diags), FY_UNSUPPORTED);
	fy_error(&diags, FY_MALFORMED, "a", NULL, "a");
	fy_error(&diags, FY_USAGE, "a", NULL, "a");
	assert_int_equal(fy_diags_status(&diags), FY_MALFORMED);
	fy_error(&diags, FY_IO, "a", NULL, "a");
	assert_int_equal(fy_diags_status(&diags), FY_IO);
	fy_diags_clear(&diags);
}

static void json(void **state)
{
	fy_json *root = fy_json_object(), *shape = fy_json_array(), *list = fy_json_array();
	fy_diags diags = { 0 };
	fy_buf out = { 0 };

	(void)state;
	fy_json_set(root, "zeta", fy_json_num(0.1));
	fy_json_set(root, "alpha", fy_json_int(INT64_MIN));
	fy_json_add(shape, fy_json_int(1));
	fy_json_add(shape, fy_json_int(3));
	fy_json_set(root, "shape", shape);
	fy_json_set(root, "nan", fy_json_num(0.0 / 0.0));
	fy_json_set(root, "null", fy_json_str(NULL));
	fy_json_set(root, "text", fy_json_str("a\"\n\xff\xc3\xbc"));
	fy_json_set(root, "yes", fy_json_bool(true));
	fy_json_add(list, fy_json_object());
	fy_json_set(root, "list", list);
	fy_json_print(root, &out);
	assert_string_equal(
		out.data, "{\n  \"zeta\": 0.1,\n  \"alpha\": -9223372036854775808,\n  \"shape\": [1, 3],\n"
			  "  \"nan\": \"nan\",\n  \"null\": null,\n  \"text\": \"a\\\"\\n\\\\xff\xc3\xbc\",\n"
			  "  \"yes\": true,\n  \"list\": [\n    {}\n  ]\n}\n");
	fy_json_free(root);
	fy_buf_release(&out);
	fy_error(&diags, FY_MALFORMED, "bad", &(fy_place){ .file = "f", .line = 2 }, "m");
	fy_note(&diags, "n1");
	fy_note(&diags, "n2");
	fy_json *tree = fy_diags_json(&diags);
	fy_json_print(tree, &out);
	assert_string_equal(
		out.data,
		"[\n  {\n    \"severity\": \"error\",\n    \"id\": \"bad\",\n    \"message\": \"m\",\n"
		"    \"exit_code\": 3,\n    \"file\": \"f\",\n    \"line\": 2,\n"
		"    \"notes\": [\"n1\", \"n2\"]\n  }\n]\n");
	fy_json_free(tree);
	fy_buf_release(&out);
	fy_diags_clear(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(form),       cmocka_unit_test(long_line),
					    cmocka_unit_test(limit),      cmocka_unit_test(gravity),
					    cmocka_unit_test(taken_back), cmocka_unit_test(json) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
