/* Operator records, element types and opsets against the facts of the ONNX registry (tests/golden/onnx/
 * *.tsv). */
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One line of schemas.tsv. */
typedef struct fact {
	char *name;
	int version;
	bool removed;
	int arity[4];
	char *attributes;
} fact;

static fact *facts;
static size_t fact_count, fact_capacity;
static char *text;

static char *read_text(const char *path)
{
	fy_diags diags = { 0 };
	fy_file file;
	char *copy;

	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	copy = fy_alloc(file.size + 1);
	memcpy(copy, file.data, file.size);
	copy[file.size] = 0;
	fy_file_close(&file);
	return copy;
}

static char *next_column(char **rest)
{
	return strsep(rest, "\t");
}

static int load(void **state)
{
	char *rest = text = read_text("tests/golden/onnx/schemas.tsv"), *line;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		fact f = { .name = next_column(&line) };
		char *arity;

		f.version = (int)strtol(next_column(&line), NULL, 10);
		f.removed = strcmp(next_column(&line), "removed") == 0;
		arity = next_column(&line);
		for (int i = 0; i < 4; i++)
			f.arity[i] = (int)strtol(arity, &arity, 10);
		f.attributes = line;
		facts = fy_grow(facts, &fact_capacity, fact_count + 1, sizeof(*facts));
		facts[fact_count++] = f;
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	fy_free(facts);
	fy_free(text);
	return 0;
}

/* The version of an operator in force at opset; NULL: none. */
static const fact *in_force(const char *name, int opset)
{
	const fact *best = NULL;

	for (size_t i = 0; i < fact_count; i++) {
		if (strcmp(facts[i].name, name) == 0 && facts[i].version <= opset &&
		    (!best || facts[i].version > best->version))
			best = &facts[i];
	}
	return best;
}

static bool last_is_removed(const char *name)
{
	const fact *last = in_force(name, FY_ONNX_OPSET_MAX);

	return last->removed;
}

/* "name:kind[!][=default]" against the row of a record. */
static bool attribute_agrees(const fy_onnx_op *op, int opset, const char *word)
{
	const char *colon = strchr(word, ':'), *value;
	char *name = strndup(word, (size_t)(colon - word));
	const fy_onnx_attr *attr = fy_onnx_attr_of(op, opset, name);
	bool agrees = attr && attr->kind == colon[1], required = colon[2] == '!';
	double number = 0;

	free(name);
	if (colon[1] == '?')
		return true; /* sparse tensors and types, which no record knows */
	value = colon + 2 + required;
	agrees = agrees && attr->required == required;
	if (agrees && attr->kind == 's')
		agrees = strcmp(attr->text ? attr->text : "", *value ? value + 1 : "") == 0;
	if (agrees && *value && attr->kind != 's')
		agrees = fy_parse_f64(value + 1, &number) && (float)attr->number == (float)number;
	return agrees;
}

static int check_attributes(const fy_onnx_op *op, int opset, const fact *f)
{
	char *copy = strdup(f->attributes), *rest = copy, *word;
	int wrong = 0, known = 0, rows = 0;

	while ((word = strsep(&rest, " ")) && *word) {
		if (!attribute_agrees(op, opset, word)) {
			print_error("%s at opset %d: attribute %s\n", op->name, opset, word);
			wrong++;
		}
		known += strchr(word, ':')[1] != '?';
	}
	for (const fy_onnx_attr *attr = op->attrs; attr && attr->name; attr++)
		rows += attr->since <= opset && (!attr->until || opset <= attr->until);
	if (rows != known) {
		print_error("%s at opset %d: %d attributes, the registry has %d\n", op->name, opset, rows,
			    known);
		wrong++;
	}
	free(copy);
	return wrong;
}

static int check_record(const fy_onnx_op *op)
{
	int wrong = 0;

	for (int opset = FY_ONNX_OPSET_OLDEST; opset <= FY_ONNX_OPSET_MAX; opset++) {
		const fact *f = in_force(op->name + 6, opset);
		bool exists = f && !(f->removed && last_is_removed(f->name));
		fy_onnx_arity arity;

		if ((fy_onnx_find_full(op->name, opset) != NULL) != exists) {
			print_error("%s at opset %d: %s\n", op->name, opset,
				    exists ? "is missing" : "does not exist");
			wrong++;
			continue;
		}
		if (!exists)
			continue;
		if (fy_onnx_version(op, opset) != f->version) {
			print_error("%s at opset %d: version %d, the registry has %d\n", op->name, opset,
				    fy_onnx_version(op, opset), f->version);
			wrong++;
		}
		arity = fy_onnx_arity_of(op, opset);
		if (arity.min_inputs != f->arity[0] || arity.max_inputs != f->arity[1] ||
		    arity.min_outputs != f->arity[2] || arity.max_outputs != f->arity[3]) {
			print_error("%s at opset %d: arity\n", op->name, opset);
			wrong++;
		}
		wrong += check_attributes(op, opset, f);
	}
	return wrong;
}

static void test_records_are_the_registry(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(fact_count > 500);
	for (int i = 0; i < fy_onnx_op_count(); i++)
		wrong += check_record(fy_onnx_op_at(i));
	assert_int_equal(wrong, 0);
}

static void test_names_are_the_registry(void **state)
{
	(void)state;
	for (size_t i = 0; i < fact_count; i++) {
		const fact *first = &facts[i];

		for (size_t k = 0; k < fact_count; k++) {
			if (strcmp(facts[k].name, first->name) == 0 && facts[k].version < first->version)
				first = &facts[k];
		}
		assert_int_equal(fy_onnx_known(first->name), first->version);
	}
	assert_int_equal(fy_onnx_known("Convolution"), 0);
	assert_int_equal(fy_onnx_known(""), 0);
}

static void test_element_types(void **state)
{
	char *types = read_text("tests/golden/onnx/types.tsv"), *rest = types, *line;
	int count = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		int number = (int)strtol(next_column(&line), NULL, 10), back;
		fy_dtype dtype;

		assert_string_equal(fy_onnx_dtype_name(number), line);
		if (fy_onnx_to_dtype(number, &dtype)) {
			assert_true(fy_onnx_from_dtype(dtype, &back));
			assert_int_equal(back, number);
			count++;
		}
	}
	assert_int_equal(count, 28);
	assert_null(fy_onnx_dtype_name(-1));
	assert_null(fy_onnx_dtype_name(1000));
	fy_free(types);
}

static void test_opsets(void **state)
{
	char *opsets = read_text("tests/golden/onnx/opsets.tsv"), *rest = opsets, *line;
	int last = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		last = (int)strtol(next_column(&line), NULL, 10);
		assert_int_equal(fy_onnx_ir_version(last), strtol(line, NULL, 10));
	}
	assert_int_equal(last, FY_ONNX_OPSET_MAX);
	assert_int_equal(fy_onnx_ir_version(0), 0);
	assert_int_equal(fy_onnx_ir_version(FY_ONNX_OPSET_MAX + 1), 0);
	fy_free(opsets);
}

static void test_lookup(void **state)
{
	(void)state;
	assert_ptr_equal(fy_onnx_find("", "Conv", 9), fy_onnx_find_full("onnx::Conv", 9));
	assert_ptr_equal(fy_onnx_find("ai.onnx", "Conv", 9), fy_onnx_find_full("onnx::Conv", 17));
	assert_null(fy_onnx_find("com.microsoft", "Conv", 9));
	assert_non_null(fy_onnx_find_full("onnx::Upsample", 9));
	assert_null(fy_onnx_find_full("onnx::Upsample", 10));
	assert_null(fy_onnx_find_full("onnx::Gelu", 19));
	assert_null(fy_onnx_find_full("aten::relu", 17));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_the_registry),
		cmocka_unit_test(test_names_are_the_registry),
		cmocka_unit_test(test_element_types),
		cmocka_unit_test(test_opsets),
		cmocka_unit_test(test_lookup),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
