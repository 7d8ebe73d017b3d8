/* ONNX Runtime through ferry's own declarations of its interface: found, loaded, told of faults, run on every
 * type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "outside/outside.h"

/* A ModelProto: y = Identity(x), both of one element type and shape [2, n]; opset 16. */
static const uint8_t identity_model[] = {
	0x08, 0x08, 0x12, 0x00, 0x3a, 0x41, 0x0a, 0x10, 0x0a, 0x01, 0x78, 0x12, 0x01, 0x79, 0x22, 0x08,
	0x49, 0x64, 0x65, 0x6e, 0x74, 0x69, 0x74, 0x79, 0x12, 0x01, 0x67, 0x5a, 0x14, 0x0a, 0x01, 0x78,
	0x12, 0x0f, 0x0a, 0x0d, 0x08, 0x01, 0x12, 0x09, 0x0a, 0x02, 0x08, 0x02, 0x0a, 0x03, 0x12, 0x01,
	0x6e, 0x62, 0x14, 0x0a, 0x01, 0x79, 0x12, 0x0f, 0x0a, 0x0d, 0x08, 0x01, 0x12, 0x09, 0x0a, 0x02,
	0x08, 0x02, 0x0a, 0x03, 0x12, 0x01, 0x6e, 0x42, 0x04, 0x0a, 0x00, 0x10, 0x10,
};
enum { INPUT_TYPE_AT = 37, OUTPUT_TYPE_AT = 59, OPERATOR_AT = 16 };

static fy_diags diags;
static fy_ort *ort;

static int load(void **state)
{
	(void)state;
	if (fy_ort_load(&ort, NULL, &diags) != FY_OK)
		return -1;
	return 0;
}

static int unload(void **state)
{
	(void)state;
	fy_ort_release(ort);
	ort = NULL;
	fy_diags_clear(&diags);
	return 0;
}

static fy_ort_session *open_identity(uint8_t element_type)
{
	uint8_t bytes[sizeof(identity_model)];
	fy_ort_session *session = NULL;
	if (!ort)
		skip();
	memcpy(bytes, identity_model, sizeof(bytes));
	bytes[INPUT_TYPE_AT] = bytes[OUTPUT_TYPE_AT] = element_type;
	assert_int_equal(fy_ort_session_read(&session, ort, bytes, sizeof(bytes), NULL, &diags), FY_OK);
	return session;
}

static void describes_itself(void **state)
{
	(void)state;
	fy_ort_session *session = open_identity(1);
	size_t count;
	const fy_ort_port *inputs = fy_ort_session_inputs(session, &count);
	assert_int_equal(count, 1);
	assert_string_equal(inputs[0].name, "x");
	assert_true(inputs[0].is_tensor);
	assert_int_equal(inputs[0].dtype, FY_F32);
	assert_int_equal(inputs[0].shape.rank, 2);
	assert_int_equal(inputs[0].shape.dims[0], 2);
	assert_false(fy_dim_known(inputs[0].shape.dims[1]));
	assert_string_equal(fy_ort_session_outputs(session, &count)[0].name, "y");
	assert_int_equal(count, 1);
	assert_true(fy_ort_version(ort)[0] >= '1' && fy_ort_version(ort)[0] <= '9');
	fy_ort_session_close(session);
}

static void runs_every_type(void **state)
{
	(void)state;
	static const struct {
		uint8_t onnx;
		fy_dtype dtype;
	} types[] = { { 1, FY_F32 },  { 2, FY_U8 },   { 3, FY_I8 },   { 4, FY_U16 },  { 5, FY_I16 },
		      { 6, FY_I32 },  { 7, FY_I64 },  { 9, FY_BOOL }, { 10, FY_F16 }, { 11, FY_F64 },
		      { 12, FY_U32 }, { 13, FY_U64 }, { 16, FY_BF16 } };
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		fy_ort_session *session = open_identity(types[i].onnx);
		fy_tensor *x = fy_tensor_new(types[i].dtype, &(fy_shape){ 2, { 2, 3 } }, true);
		fy_tensor *y = NULL;
		for (int64_t k = 0; k < 6; k++)
			fy_tensor_set_i64(x, k, k % 2);
		assert_int_equal(fy_ort_session_run(session, &x, 1, &y, &diags), FY_OK);
		assert_int_equal(y->dtype, types[i].dtype);
		assert_true(fy_shape_eq(&y->shape, &x->shape));
		for (int64_t k = 0; k < 6; k++)
			assert_int_equal(fy_tensor_get_i64(y, k), k % 2);
		fy_tensor_unref(x);
		fy_tensor_unref(y);
		fy_ort_session_close(session);
	}
}

/* Strided inputs are made contiguous; tensors without elements pass. */
static void takes_views_and_empty_tensors(void **state)
{
	(void)state;
	fy_ort_session *session = open_identity(7);
	fy_tensor *base = fy_tensor_new(FY_I64, &(fy_shape){ 2, { 3, 2 } }, false);
	for (int64_t k = 0; k < 6; k++)
		fy_tensor_set_i64(base, k, k);
	fy_tensor *turned = fy_tensor_view(base, FY_I64, &(fy_shape){ 2, { 2, 3 } }, (int64_t[]){ 1, 2 }, 0);
	fy_tensor *y = NULL;
	assert_int_equal(fy_ort_session_run(session, &turned, 1, &y, &diags), FY_OK);
	assert_int_equal(fy_tensor_get_i64(y, 1), 2);
	assert_int_equal(fy_tensor_get_i64(y, 3), 1);
	fy_tensor_unref(y);
	fy_tensor *empty = fy_tensor_new(FY_I64, &(fy_shape){ 2, { 2, 0 } }, false);
	assert_int_equal(fy_ort_session_run(session, &empty, 1, &y, &diags), FY_OK);
	assert_int_equal(fy_tensor_numel(y), 0);
	fy_tensor_unref(y);
	fy_tensor_unref(empty);
	fy_tensor_unref(turned);
	fy_tensor_unref(base);
	fy_ort_session_close(session);
}

static void reports_faults(void **state)
{
	(void)state;
	fy_ort_session *session = open_identity(1), *none = NULL;
	fy_tensor *y = NULL;
	fy_tensor *wrong = fy_tensor_new(FY_F64, &(fy_shape){ 2, { 2, 3 } }, true);
	assert_int_equal(fy_ort_session_run(session, &wrong, 1, &y, &diags), FY_USAGE);
	assert_null(y);
	assert_int_equal(fy_ort_session_run(session, NULL, 0, &y, &diags), FY_USAGE);
	fy_tensor_unref(wrong);
	fy_ort_session_close(session);

	assert_int_equal(fy_ort_session_read(&none, ort, identity_model, 40, NULL, &diags), FY_MALFORMED);
	uint8_t bytes[sizeof(identity_model)];
	memcpy(bytes, identity_model, sizeof(bytes));
	memcpy(bytes + OPERATOR_AT, "Identitx", 8);
	assert_int_not_equal(fy_ort_session_read(&none, ort, bytes, sizeof(bytes), NULL, &diags), FY_OK);
	assert_int_not_equal(fy_ort_session_open(&none, ort, "/nowhere/model.onnx", NULL, &diags), FY_OK);
	assert_null(none);
	assert_int_equal(diags.count, 5);
	for (size_t i = 0; i < diags.count; i++)
		assert_non_null(diags.items[i].message);
	fy_diags_clear(&diags);
}

/* A library that was named must work; that is an error of the user's, with the path in it. */
static void asked_library_must_load(void **state)
{
	(void)state;
	fy_ort *other = NULL;
	assert_int_equal(fy_ort_load(&other, "/nowhere/libonnxruntime.so", &diags), FY_USAGE);
	assert_null(other);
	assert_non_null(strstr(diags.items[0].message, "/nowhere/libonnxruntime.so"));
	fy_diags_clear(&diags);
	assert_int_equal(fy_ort_load(&other, "/proc/self/exe", &diags), FY_USAGE);
	fy_diags_clear(&diags);
}

/* Python's packages are found below a virtual environment by their files alone. */
static void finds_python_packages(void **state)
{
	(void)state;
	char folder[] = "/tmp/ferry-test-XXXXXX";
	fy_buf command = { 0 };
	assert_non_null(mkdtemp(folder));
	fy_buf_printf(&command,
		      "d=%s/lib/python3.11/site-packages/onnxruntime/capi; mkdir -p $d && : > "
		      "$d/libonnxruntime.so.1.20.0",
		      folder);
	assert_int_equal(system(fy_buf_text(&command)), 0);
	char *old = getenv("FERRY_ONNXRUNTIME") ? fy_strdup(getenv("FERRY_ONNXRUNTIME")) : NULL;
	unsetenv("FERRY_ONNXRUNTIME");
	setenv("VIRTUAL_ENV", folder, 1);
	size_t count;
	bool found = false;
	fy_ort_place *places = fy_ort_places(NULL, &count);
	for (size_t i = 0; i < count; i++)
		found |= fy_starts_with(places[i].path, folder) && !strcmp(places[i].how, "Python package");
	assert_true(found);
	fy_ort_places_release(places, count);
	unsetenv("VIRTUAL_ENV");
	if (old)
		setenv("FERRY_ONNXRUNTIME", old, 1);
	fy_free(old);
	command.len = 0;
	fy_buf_printf(&command, "rm -r %s", folder);
	assert_int_equal(system(fy_buf_text(&command)), 0);
	fy_buf_release(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(runs_every_type),
		cmocka_unit_test(takes_views_and_empty_tensors),
		cmocka_unit_test(reports_faults),
		cmocka_unit_test(asked_library_must_load),
		cmocka_unit_test(finds_python_packages),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
