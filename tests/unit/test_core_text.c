/* Strings, growable bytes, UTF-8 and cleaning of hostile text. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void strings(void **state)
{
	(void)state;
	assert_true(fy_str_is((fy_str){ "abcdef", 3 }, "abc"));
	assert_false(fy_str_is((fy_str){ "abcdef", 3 }, "abcd"));
	assert_true(fy_str_eq((fy_str){ NULL, 0 }, fy_str_of("")));
	assert_true(fy_starts_with("aten::add", "aten::"));
	assert_false(fy_starts_with("at", "aten::"));
	assert_true(fy_ends_with("x.pt", ".pt"));
	assert_false(fy_ends_with("t", ".pt"));
}

static void growing(void **state)
{
	fy_buf buf = { 0 };

	(void)state;
	assert_string_equal(fy_buf_text(&buf), "");
	for (int i = 0; i < 1000; i++)
		fy_buf_printf(&buf, "%d,", i);
	assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_int_equal(buf.data[buf.len], 0);
	assert_int_equal(strncmp(buf.data, "0,1,2,", 6), 0);
	fy_buf_append(&buf, "a\0b", 3);
	assert_int_equal(buf.data[buf.len - 2], 0);
	fy_buf_release(&buf);
	assert_int_equal(buf.len, 0);
}

static void check_clean(const char *text, size_t len, const char *expected)
{
	fy_buf buf = { 0 };

	fy_buf_put_clean(&buf, text, len);
	assert_string_equal(fy_buf_text(&buf), expected);
	fy_buf_release(&buf);
}

static void cleaning(void **state)
{
	(void)state;
	check_clean("plain", 5, "plain");
	check_clean("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
	check_clean("\x1b[31m", 5, "\\x1b[31m");
	check_clean("a\nb\0c\x7f", 6, "a\\x0ab\\x00c\\x7f");
	check_clean("\xff\xc3", 2, "\\xff\\xc3");
	check_clean("\xc2\x9b"
		    "31m",
		    5, "\\xc2\\x9b31m");
	check_clean("\xe2\x80\xae", 3, "\\xe2\\x80\\xae");
}

static void utf8(void **state)
{
	(void)state;
	assert_int_equal(fy_utf8_length("", 0), 0);
	assert_int_equal(fy_utf8_length("a", 1), 1);
	assert_int_equal(fy_utf8_length("\xc3\xbc", 2), 2);
	assert_int_equal(fy_utf8_length("\xc3\xbc", 1), 0);
	assert_int_equal(fy_utf8_length("\xf0\x9f\x98\x80", 4), 4);
	assert_int_equal(fy_utf8_length("\xc0\x80", 2), 0);         /* overlong */
	assert_int_equal(fy_utf8_length("\xe0\x80\x80", 3), 0);     /* overlong */
	assert_int_equal(fy_utf8_length("\xed\xa0\x80", 3), 0);     /* surrogate */
	assert_int_equal(fy_utf8_length("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
	assert_int_equal(fy_utf8_length("\x80", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(strings), cmocka_unit_test(growing),
					    cmocka_unit_test(cleaning), cmocka_unit_test(utf8) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
