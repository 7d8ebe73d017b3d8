/* ferry.h as another program would use it: every function, its faults, and archives cut short at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <ferry.h>

#define BRANCH "tests/models/branch/model.pt"

static char folder[] = "/tmp/ferry-test-XXXXXX";
static char path[128];

/* A name in the folder of this run; good until the next call. */
static const char *in_folder(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	static const char *const left[] = { "x.onnx", "x.onnx.rejected", "cut.pt", "output_0.npy",
					    "out/output_0.npy" };
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		unlink(in_folder(left[i]));
	rmdir(in_folder("out"));
	return rmdir(folder);
}

static bool exists(const char *name)
{
	struct stat info;
	return stat(in_folder(name), &info) == 0;
}

static ferry_model *open_branch(ferry_session **session)
{
	ferry_model *model = NULL;
	assert_int_equal(ferry_session_open(session, NULL), FERRY_OK);
	assert_int_equal(ferry_model_open(&model, *session, BRANCH, NULL), FERRY_OK);
	assert_string_equal(ferry_diagnostics(*session, FERRY_TEXT), "");
	return model;
}

static void runs_on_memory(void **state)
{
	(void)state;
	ferry_session *session;
	ferry_model *model = open_branch(&session);
	const float data[4] = { -1, -1, -1, -1 };
	const ferry_tensor x = {
		.dtype = "float32", .rank = 2, .dims = (int64_t[]){ 1, 4 }, .data = data, .bytes = 16
	};
	assert_int_equal(ferry_model_input_tensor(model, "x", &x), FERRY_OK);
	assert_int_equal(ferry_model_run(model, NULL), FERRY_OK);
	assert_int_equal(ferry_model_output_count(model), 1);
	const ferry_tensor *y = ferry_model_output(model, 0);
	assert_string_equal(y->dtype, "float32");
	assert_int_equal(y->rank, 2);
	assert_int_equal(y->dims[1], 4);
	/* sum <= 0: x - 1 = -2, then int(4) % 3 = 1 round of y * 2 + 1. */
	for (int i = 0; i < 4; i++)
		assert_true(((const float *)y->data)[i] == -3.0f);
	assert_null(ferry_model_output(model, 1));
	assert_int_equal(ferry_model_save_outputs(model, in_folder("out")), FERRY_OK);
	assert_true(exists("out/output_0.npy"));
	assert_non_null(strstr(ferry_report(session, FERRY_TEXT), "OUTPUT__0 float32[1,4]"));
	ferry_session_close(session);
}

static void refuses_tensors_that_misfit(void **state)
{
	(void)state;
	ferry_session *session;
	ferry_model *model = open_branch(&session);
	const float data[4] = { 0 };
	int64_t dims[] = { 1, 4 }, negative[] = { -1, 4 }, huge[] = { INT64_MAX, 4 };
	const ferry_tensor wrong[] = {
		{ .dtype = "float99", .rank = 2, .dims = dims, .data = data, .bytes = 16 },
		{ .dtype = "float32", .rank = 2, .dims = dims, .data = data, .bytes = 15 },
		{ .dtype = "float32", .rank = 2, .dims = negative, .data = data, .bytes = 16 },
		{ .dtype = "float32", .rank = 2, .dims = huge, .data = data, .bytes = 16 },
		{ .dtype = "float32", .rank = 99, .dims = dims, .data = data, .bytes = 16 },
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(ferry_model_input_tensor(model, NULL, &wrong[i]), FERRY_USAGE);
		assert_non_null(strstr(ferry_diagnostics(session, FERRY_JSON), "input-tensor"));
	}
	ferry_session_close(session);
}

typedef struct heard {
	int stages, judged;
	bool failed;
} heard;

static void hear(void *user, const ferry_stage *stage)
{
	heard *h = user;
	h->stages++;
	h->judged += stage->verdict != FERRY_NONE;
	h->failed |= stage->verdict == FERRY_FAILED;
	assert_non_null(stage->name);
	assert_true(stage->line[strlen(stage->line) - 1] == '\n');
	assert_non_null(ferry_verdict_name(stage->verdict));
}

static void converts_and_verifies(void **state)
{
	(void)state;
	ferry_session *session;
	ferry_model *model, *file;
	heard h = { 0 };
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	ferry_convert_options convert = FERRY_CONVERT_OPTIONS;
	options.on_stage = hear;
	options.user = &h;
	options.threads = 1;
	convert.opset = 17;
	convert.input_names = (const char *const[]){ "image", NULL };
	assert_int_equal(ferry_session_open(&session, &options), FERRY_OK);
	assert_int_equal(ferry_model_open(&model, session, BRANCH, "forward"), FERRY_OK);
	assert_int_equal(ferry_model_input(model, "3x4"), FERRY_OK);
	assert_int_equal(ferry_model_convert(model, in_folder("x.onnx"), &convert), FERRY_OK);
	assert_true(exists("x.onnx"));
	assert_false(exists("x.onnx.rejected"));
	assert_true(h.stages >= 5 && h.judged >= 3 && !h.failed);
	assert_non_null(strstr(ferry_report(session, FERRY_JSON), "\"schema\": 1"));
	assert_int_equal(ferry_model_open(&file, session, in_folder("x.onnx"), NULL), FERRY_OK);
	assert_int_equal(ferry_model_inspect(file), FERRY_OK);
	assert_non_null(strstr(ferry_report(session, FERRY_TEXT), "image"));
	assert_int_equal(ferry_model_verify(model, file, NULL), FERRY_OK);
	assert_int_equal(ferry_model_convert(file, in_folder("y.onnx"), NULL), FERRY_USAGE);
	ferry_model_close(file);
	ferry_session_close(session);
}

/* A check that fails: the old file stays, the new one is put aside. */
static void rejects_without_replacing(void **state)
{
	(void)state;
	ferry_session *session;
	ferry_model *model = open_branch(&session);
	ferry_convert_options convert = FERRY_CONVERT_OPTIONS;
	FILE *old = fopen(in_folder("x.onnx"), "w");
	char text[8] = "";
	const float data[12] = { 0.5f };
	const ferry_tensor x = { .dtype = "float32",
				 .rank = 2,
				 .dims = (int64_t[]){ 3, 4 },
				 .data = data,
				 .bytes = sizeof(data) };
	fputs("old", old);
	fclose(old);
	/* Saved results do not belong to this input. */
	convert.golden = "tests/models/branch";
	assert_int_equal(ferry_model_input_tensor(model, NULL, &x), FERRY_OK);
	assert_int_equal(ferry_model_convert(model, in_folder("x.onnx"), &convert), FERRY_CHECK_FAILED);
	assert_true(exists("x.onnx.rejected"));
	old = fopen(in_folder("x.onnx"), "r");
	assert_non_null(fgets(text, sizeof(text), old));
	fclose(old);
	assert_string_equal(text, "old");
	assert_non_null(strstr(ferry_diagnostics(session, FERRY_TEXT), "x.onnx.rejected"));
	ferry_session_close(session);
}

static void lists(void **state)
{
	(void)state;
	ferry_session *session;
	assert_int_equal(ferry_session_open(&session, NULL), FERRY_OK);
	assert_int_equal(ferry_operators(session, NULL), FERRY_OK);
	assert_non_null(strstr(ferry_report(session, FERRY_TEXT), "aten::relu\n"));
	assert_int_equal(ferry_operators(session, "relu"), FERRY_OK);
	assert_non_null(strstr(ferry_report(session, FERRY_TEXT), "aten::relu(Tensor self) -> Tensor"));
	assert_int_equal(ferry_operators(session, "aten::nosuch"), FERRY_USAGE);
	assert_int_equal(ferry_doctor(session), FERRY_OK);
	assert_non_null(strstr(ferry_report(session, FERRY_TEXT), "opsets"));
	ferry_session_close(session);
}

static void reports_missing_files(void **state)
{
	(void)state;
	ferry_session *session;
	ferry_model *model = NULL;
	ferry_session_open(&session, NULL);
	assert_int_equal(ferry_model_open(&model, session, "/nowhere/x.pt", NULL), FERRY_USAGE);
	assert_int_equal(ferry_model_open(&model, session, BRANCH, "backward"), FERRY_USAGE);
	assert_null(model);
	assert_non_null(strstr(ferry_diagnostics(session, FERRY_TEXT), "backward"));
	ferry_session_close(session);
}

/* No prefix of an archive is an archive, and none may crash, hang or go unexplained. */
static void refuses_every_prefix(void **state)
{
	(void)state;
	static char bytes[1 << 16];
	FILE *whole = fopen(BRANCH, "rb");
	assert_non_null(whole);
	size_t size = fread(bytes, 1, sizeof(bytes), whole);
	fclose(whole);
	assert_true(size > 1000 && size < sizeof(bytes));
	for (size_t length = 0; length < size; length++) {
		ferry_session *session;
		ferry_model *model = NULL;
		FILE *cut = fopen(in_folder("cut.pt"), "wb");
		fwrite(bytes, 1, length, cut);
		fclose(cut);
		ferry_session_open(&session, NULL);
		ferry_status status = ferry_model_open(&model, session, in_folder("cut.pt"), NULL);
		if (status != FERRY_MALFORMED && status != FERRY_USAGE)
			fail_msg("the first %zu bytes give status %d", length, status);
		assert_null(model);
		assert_non_null(strstr(ferry_diagnostics(session, FERRY_TEXT), "cut.pt"));
		ferry_session_close(session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_on_memory),
		cmocka_unit_test(refuses_tensors_that_misfit),
		cmocka_unit_test(converts_and_verifies),
		cmocka_unit_test(rejects_without_replacing),
		cmocka_unit_test(lists),
		cmocka_unit_test(reports_missing_files),
		cmocka_unit_test(refuses_every_prefix),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
