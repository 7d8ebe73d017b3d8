/* Numbers to text and back: shortest form, whole text only, no locale. Texts are those of Python's repr(). */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>

static void check_f64(double value, const char *expected)
{
	fy_buf buf = { 0 };

	fy_buf_put_f64(&buf, value);
	assert_string_equal(fy_buf_text(&buf), expected);
	fy_buf_release(&buf);
}

static void printing(void **state)
{
	(void)state;
	check_f64(0.1, "0.1");
	check_f64(1e-05, "1e-05");
	check_f64(0.0001, "0.0001");
	check_f64(2.0, "2.0");
	check_f64(0.0, "0.0");
	check_f64(-0.0, "-0.0");
	check_f64(100000.0, "100000.0");
	check_f64(123456.789, "123456.789");
	check_f64(9007199254740993.0, "9007199254740992.0");
	check_f64(1e15, "1000000000000000.0");
	check_f64(1e16, "1e+16");
	check_f64(1.5e300, "1.5e+300");
	check_f64(5e-324, "5e-324");
	check_f64(1.7976931348623157e308, "1.7976931348623157e+308");
	check_f64(0.30000000000000004, "0.30000000000000004");
	check_f64(-1.0 / 3, "-0.3333333333333333");
	check_f64(INFINITY, "inf");
	check_f64(-INFINITY, "-inf");
	check_f64(NAN, "nan");
	check_f64(-NAN, "nan");
}

/* Any double reads back as itself. */
static void round_trip(void **state)
{
	uint64_t bits = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		fy_buf buf = { 0 };
		double value, again;

		bits = bits * 6364136223846793005u + 1442695040888963407u;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		fy_buf_put_f64(&buf, value);
		assert_true(fy_parse_f64(buf.data, &again));
		assert_memory_equal(&value, &again, sizeof(value));
		assert_non_null(strpbrk(buf.data, ".e"));
		fy_buf_release(&buf);
	}
}

static void parsing_f64(void **state)
{
	static const char *const wrong[] = { "",  " 1", "1 ",     "0x10", "1,5", "--1",
					     "e", ".",  "nan(1)", "1.0f", "+" };
	double value;

	(void)state;
	for (size_t i = 0; i < FY_COUNT(wrong); i++)
		assert_false(fy_parse_f64(wrong[i], &value));
	assert_true(fy_parse_f64("1.", &value) && value == 1.0);
	assert_true(fy_parse_f64("-2.5e-3", &value) && value == -0.0025);
	assert_true(fy_parse_f64("1e400", &value) && isinf(value));
	assert_true(fy_parse_f64("-inf", &value) && isinf(value) && value < 0);
	assert_true(fy_parse_f64("nan", &value) && isnan(value));
}

static void parsing_i64(void **state)
{
	static const char *const wrong[] = { "",
					     "-",
					     " 1",
					     "1 ",
					     "1.0",
					     "9223372036854775808",
					     "-9223372036854775809",
					     "99999999999999999999",
					     "0x1",
					     "+-1" };
	int64_t value;

	(void)state;
	for (size_t i = 0; i < FY_COUNT(wrong); i++)
		assert_false(fy_parse_i64(wrong[i], &value));
	assert_true(fy_parse_i64("9223372036854775807", &value) && value == INT64_MAX);
	assert_true(fy_parse_i64("-9223372036854775808", &value) && value == INT64_MIN);
	assert_true(fy_parse_i64("-0", &value) && value == 0);
	assert_true(fy_parse_i64("007", &value) && value == 7);
}

/* Skipped where no locale with a decimal comma is installed. */
static void decimal_comma(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8" };
	const char *set = NULL;
	double value;

	(void)state;
	for (size_t i = 0; i < FY_COUNT(names) && !set; i++)
		set = setlocale(LC_ALL, names[i]);
	if (!set)
		skip();
	check_f64(0.5, "0.5");
	assert_true(fy_parse_f64("0.5", &value) && value == 0.5);
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(printing), cmocka_unit_test(round_trip),
					    cmocka_unit_test(parsing_f64), cmocka_unit_test(parsing_i64),
					    cmocka_unit_test(decimal_comma) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
