/*
 * Memory that runs out at every place where it is asked for: the n-th request fails, once or for ever after,
 * n = 1, 2, ... until all goes well. Each time a call ends in success or in "out of memory"; nothing leaks,
 * no descriptor stays open, no file is left but whole outputs. The linker puts wrappers around malloc,
 * calloc, realloc and free of the library (its Makefile rule says --wrap). FERRY_FAULTS=all takes every n;
 * else after the first hundred every 61st.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ferry.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the wrappers ---- */

static long countdown; /* 0: nothing fails */
static bool for_ever, failed;
static long live;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	countdown = for_ever ? 1 : 0;
	failed = true;
	return true;
}

static void *counted(void *block)
{
	live += block != NULL;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	return old ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *block)
{
	live -= block != NULL;
	__real_free(block);
}

/* ---- what is done ---- */

static char folder[] = "/tmp/ferry-memory-XXXXXX";
static char model[64], written[64], broken[64];

typedef ferry_status (*work_fn)(ferry_session *session, const char *path);

/* Of the models of the tests those that do not know the shape of their input get one. */
static ferry_status open_model(ferry_model **m, ferry_session *session, const char *path)
{
	ferry_status status = ferry_model_open(m, session, path, NULL);
	if (status == FERRY_OK && strstr(path, "branch"))
		status = ferry_model_input(*m, "@tests/models/branch/input_0.npy");
	return status;
}

static ferry_status inspect(ferry_session *session, const char *path)
{
	ferry_model *m;
	ferry_status status = open_model(&m, session, path);
	return status == FERRY_OK ? ferry_model_inspect(m) : status;
}

static ferry_status run(ferry_session *session, const char *path)
{
	ferry_model *m;
	ferry_status status = open_model(&m, session, path);
	if (status == FERRY_OK)
		status = ferry_model_run(m, NULL);
	if (status == FERRY_OK)
		assert_non_null(ferry_model_output(m, 0));
	return status;
}

static ferry_status convert(ferry_session *session, const char *path)
{
	ferry_convert_options options = FERRY_CONVERT_OPTIONS;
	ferry_model *m;
	ferry_status status = open_model(&m, session, path);
	return status == FERRY_OK ? ferry_model_convert(m, written, &options) : status;
}

static ferry_status verify(ferry_session *session, const char *path)
{
	char onnx[80];
	ferry_model *m, *file;
	snprintf(onnx, sizeof(onnx), "%s/kept.onnx", folder);
	ferry_status status = open_model(&m, session, path);
	if (status == FERRY_OK)
		status = ferry_model_open(&file, session, onnx, NULL);
	return status == FERRY_OK ? ferry_model_verify(m, file, NULL) : status;
}

/* ---- what must hold ---- */

static int count_entries(const char *path)
{
	DIR *list = opendir(path);
	int count = 0;
	assert_non_null(list);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

static long file_size(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fclose(f);
	return size;
}

typedef struct outcome {
	ferry_status status;
	bool failed;
	long live; /* blocks left over */
} outcome;

static outcome attempt(work_fn work, const char *path, long n, bool ever)
{
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	ferry_session *session = NULL;
	long before = live;
	options.onnxruntime = "none";
	options.threads = 1;
	countdown = n;
	for_ever = ever;
	failed = false;
	ferry_status status = ferry_session_open(&session, &options);
	if (status == FERRY_OK)
		status = work(session, path);
	if (session && status == FERRY_IO)
		assert_non_null(strstr(ferry_diagnostics(session, FERRY_TEXT), "memory"));
	if (session && status == FERRY_IO)
		assert_non_null(strstr(ferry_diagnostics(session, FERRY_JSON), "memory"));
	if (session)
		(void)ferry_report(session, FERRY_JSON);
	countdown = 0;
	ferry_session_close(session);
	return (outcome){ status, failed, live - before };
}

/* Returns how many requests there are. */
static long fail_everywhere(work_fn work, const char *path, bool ever, ferry_status otherwise)
{
	bool every = getenv("FERRY_FAULTS") != NULL;
	/* The second time nothing is made for good any more. */
	attempt(work, path, 0, false);
	attempt(work, path, 0, false);
	long whole = file_size(written);
	int descriptors = count_entries("/proc/self/fd");
	for (long n = 1;; n += every || n < 100 ? 1 : 61) {
		unlink(written);
		int files = count_entries(folder);
		outcome o = attempt(work, path, n, ever);
		if (!o.failed) {
			assert_int_equal(o.status, otherwise);
			return n - 1;
		}
		if (o.status != FERRY_IO && o.status != otherwise)
			fail_msg("%s: request %ld: status %d", path, n, o.status);
		if (o.live != 0)
			fail_msg("%s: request %ld: %ld blocks left", path, n, o.live);
		if (count_entries("/proc/self/fd") != descriptors)
			fail_msg("%s: request %ld: a descriptor is left open", path, n);
		long size = file_size(written);
		if (size != -1 && size != whole)
			fail_msg("%s: request %ld: %ld bytes written instead of %ld", path, n, size, whole);
		if (count_entries(folder) != files + (size != -1))
			fail_msg("%s: request %ld: a file is left, status %d", path, n, o.status);
	}
}

static void fail_all(const char *path, bool program)
{
	static const struct {
		const char *name;
		work_fn work;
		bool for_programs;
	} works[] = { { "inspect", inspect, false },
		      { "run", run, false },
		      { "convert", convert, true },
		      { "verify", verify, true } };
	char kept[80];
	if (program) {
		snprintf(kept, sizeof(kept), "%s/kept.onnx", folder);
		assert_int_equal(attempt(convert, path, 0, false).status, FERRY_OK);
		assert_int_equal(rename(written, kept), 0);
	}
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (works[i].for_programs && !program)
			continue;
		ferry_status otherwise = attempt(works[i].work, path, 0, false).status;
		long once = fail_everywhere(works[i].work, path, false, otherwise);
		long ever = fail_everywhere(works[i].work, path, true, otherwise);
		printf("%s %s: %ld requests (%ld)\n", works[i].name, path, once, ever);
	}
}

/* ---- tests ---- */

static void test_network(void **state)
{
	(void)state;
	fail_all("tests/models/argmax/model.pt", true);
}

static void test_control_flow(void **state)
{
	(void)state;
	fail_all("tests/models/branch/model.pt", true);
}

static void test_onnx(void **state)
{
	(void)state;
	char *onnx = written;
	assert_int_equal(attempt(convert, "tests/models/argmax/model.pt", 0, false).status, FERRY_OK);
	snprintf(model, sizeof(model), "%s/model.onnx", folder);
	assert_int_equal(rename(onnx, model), 0);
	fail_all(model, false);
	unlink(model);
}

/* A copy of the network that ends early or has one byte turned round. */
static void break_model(int kind)
{
	static char bytes[1 << 20];
	FILE *f = fopen("tests/models/argmax/model.pt", "rb");
	assert_non_null(f);
	size_t size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	if (kind < 5)
		size = size * (size_t)(kind + 1) / 6;
	else
		bytes[size * (size_t)(kind - 4) / 6] ^= 0x55;
	f = fopen(broken, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void test_malformed(void **state)
{
	(void)state;
	snprintf(broken, sizeof(broken), "%s/broken.pt", folder);
	for (int kind = 0; kind < 10; kind++) {
		break_model(kind);
		for (int i = 0; i < 2; i++) {
			work_fn work = i ? convert : inspect;
			ferry_status otherwise = attempt(work, broken, 0, false).status;
			fail_everywhere(work, broken, false, otherwise);
			fail_everywhere(work, broken, true, otherwise);
		}
	}
	unlink(broken);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(written, sizeof(written), "%s/out.onnx", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char kept[80];
	snprintf(kept, sizeof(kept), "%s/kept.onnx", folder);
	unlink(kept);
	unlink(written);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_control_flow),
		cmocka_unit_test(test_onnx),
		cmocka_unit_test(test_malformed),
	};
	return cmocka_run_group_tests_name("memory that runs out", tests, set_up, tear_down);
}
