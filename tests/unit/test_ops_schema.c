/* The schema table: every line parses, look-ups agree with the file, written forms find their functional
 * twins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ops/ops.h"

static void every_line_parses_and_is_found(void **state)
{
	(void)state;
	fy_file file;
	fy_diags diags = { 0 };
	assert_int_equal(fy_file_open(&file, "src/ops/schemas.tsv", &diags), FY_OK);
	int lines = 0, names = 0;
	for (const char *at = (const char *)file.data, *end; at < (const char *)file.data + file.size;
	     at = end + 1) {
		end = strchr(at, '\n');
		char full[128] = { 0 };
		memcpy(full, at, strcspn(at, "("));
		const fy_schema *schema = fy_schema_find(full);
		assert_non_null(schema);
		assert_int_equal(strlen(schema->text), end - at);
		assert_memory_equal(schema->text, at, end - at);
		lines++;
	}
	fy_file_close(&file);
	int total = 0;
	for (int i = 0; i < fy_schema_name_count(); i++, names++) {
		total += fy_schemas_of(fy_schema_name(i)).count;
		assert_true(i == 0 || strcmp(fy_schema_name(i - 1), fy_schema_name(i)) < 0);
	}
	assert_int_equal(total, lines);
	assert_true(names > 1900);
}

static void overloads_keep_matching_order(void **state)
{
	(void)state;
	fy_schema_set add = fy_schemas_of("aten::add");
	assert_true(add.count > 5);
	assert_string_equal(add.schemas[0].full, "aten::add.Tensor");
	assert_string_equal(add.schemas[1].full, "aten::add.Scalar");
	assert_int_equal(fy_schemas_of("aten::no_such_operator").count, 0);
	assert_null(fy_schema_find("aten::add.NoSuch"));
	assert_null(fy_schema_find("add"));
}

static void arguments_types_and_defaults(void **state)
{
	(void)state;
	const fy_schema *s = fy_schema_find("aten::add.Tensor");
	assert_int_equal(s->arg_count, 3);
	assert_string_equal(s->args[2].name, "alpha");
	assert_true(s->args[2].keyword_only && s->args[2].has_default);
	assert_int_equal(s->args[2].fallback.i, 1);
	assert_int_equal(s->return_count, 1);
	s = fy_schema_find("aten::conv2d");
	assert_int_equal(s->args[3].type->kind, FY_SCHEMA_LIST);
	assert_int_equal(s->args[3].type->size, 2);
	assert_int_equal(s->args[3].fallback.kind, FY_ARG_LIST);
	assert_int_equal(s->args[3].fallback.list.count, 2);
	s = fy_schema_find("aten::layer_norm");
	assert_true(s->args[4].fallback.kind == FY_ARG_FLOAT && s->args[4].fallback.f == 1e-5);
	s = fy_schema_find("aten::strip");
	assert_true(fy_str_is(s->args[1].fallback.s, " \n\t\f\v"));
	s = fy_schema_find("aten::index.Tensor");
	assert_int_equal(s->args[1].type->element->kind, FY_SCHEMA_OPTIONAL);
	s = fy_schema_find("aten::keys.str");
	assert_int_equal(s->args[0].type->kind, FY_SCHEMA_DICT);
	assert_int_equal(s->args[0].type->second->kind, FY_SCHEMA_VAR);
	assert_int_equal(s->returns[0]->kind, FY_SCHEMA_LIST);
	s = fy_schema_find("aten::max.dim");
	assert_int_equal(s->return_count, 2);
	assert_true(fy_schema_find("aten::format")->varargs);
	assert_true(fy_schema_find("aten::relu_")->args[0].type->write);
}

static void expect_twin(const char *writer, const char *twin, int written)
{
	int index;
	const fy_schema *found = fy_schema_functional(fy_schema_find(writer), &index);
	if (twin == NULL) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found->full, twin);
	assert_int_equal(index, written);
}

static void written_forms_have_twins(void **state)
{
	(void)state;
	expect_twin("aten::add_.Tensor", "aten::add.Tensor", 0);
	expect_twin("aten::add_.Scalar", "aten::add.Scalar", 0);
	expect_twin("aten::relu_", "aten::relu", 0);
	expect_twin("aten::fill_.Scalar", "aten::fill.Scalar", 0);
	expect_twin("aten::zero_", "aten::zero", 0);
	expect_twin("aten::copy_", "aten::copy", 0);
	expect_twin("aten::clamp_.Tensor", "aten::clamp.Tensor", 0);
	expect_twin("aten::index_put_", "aten::index_put", 0);
	expect_twin("aten::masked_fill_.Tensor", "aten::masked_fill.Tensor", 0);
	expect_twin("aten::__ior__.Tensor", "aten::__or__.Tensor", 0);
	expect_twin("aten::bernoulli_.float", "aten::bernoulli.p", 0);
	expect_twin("aten::normal_", "aten::normal_functional", 0);
	expect_twin("aten::add.out", "aten::add.Tensor", 3);
	expect_twin("aten::max.dim_max", "aten::max.dim", 3);
	expect_twin("aten::squeeze_.dim", "aten::squeeze.dim", 0);
	expect_twin("aten::add.Tensor", NULL, -1);
	expect_twin("aten::append.t", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_parses_and_is_found),
		cmocka_unit_test(overloads_keep_matching_order),
		cmocka_unit_test(arguments_types_and_defaults),
		cmocka_unit_test(written_forms_have_twins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
