/*
 * What the tests of failing systems share: the calls of the library that are made on a model, requests for
 * memory that are counted, and what must hold afterwards. The linker puts the wrappers in the place of
 * malloc, calloc, realloc and free of the library (--wrap in the Makefile).
 */
#ifndef FAULT_HELP_H
#define FAULT_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <ferry.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NETWORK "tests/models/argmax/model.pt"
#define CONTROL "tests/models/branch/model.pt"

/* ---- counting ---- */

static long countdown; /* until the fault; 0: there is none */
static bool for_ever;  /* all that follow fail too */
static bool struck;    /* the fault took place */

/* Is this the one? */
static inline bool strikes(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	countdown = for_ever ? 1 : 0;
	struck = true;
	return true;
}

/* Every n up to 100, then every `step`-th; all of them with FERRY_FAULTS=all. */
static inline long next_place(long n, long step)
{
	return n < 100 || getenv("FERRY_FAULTS") ? n + 1 : n + step;
}

/* ---- memory ---- */

static long live_blocks;
static bool (*on_request)(void); /* true: nothing is to be had */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);

static inline void *counted(void *block)
{
	live_blocks += block != NULL;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return on_request && on_request() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return on_request && on_request() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	if (on_request && on_request())
		return NULL;
	return old ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *block)
{
	live_blocks -= block != NULL;
	__real_free(block);
}

/* ---- what is done ---- */

static char folder[32];
static char written[64], kept[64], copied[64]; /* the output, an earlier one, a copy of an input */
static ferry_weights weights;

typedef ferry_status (*work_fn)(ferry_session *session, const char *path);

/* A model that does not know the shape of its input gets one. */
static ferry_status open_model(ferry_model **m, ferry_session *session, const char *path)
{
	ferry_status status = ferry_model_open(m, session, path, NULL);
	if (status == FERRY_OK && strcmp(path, CONTROL) == 0)
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
	options.weights = weights;
	ferry_status status = open_model(&m, session, path);
	return status == FERRY_OK ? ferry_model_convert(m, written, &options) : status;
}

/* Against `kept`. */
static ferry_status verify(ferry_session *session, const char *path)
{
	ferry_model *m, *file;
	ferry_status status = open_model(&m, session, path);
	if (status == FERRY_OK)
		status = ferry_model_open(&file, session, kept, NULL);
	return status == FERRY_OK ? ferry_model_verify(m, file, NULL) : status;
}

static char said[4096]; /* the diagnostics of the last attempt */

static ferry_status attempt(work_fn work, const char *path)
{
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	ferry_session *session = NULL;
	options.onnxruntime = "none";
	options.threads = 1;
	said[0] = 0;
	struck = false;
	ferry_status status = ferry_session_open(&session, &options);
	if (status == FERRY_OK)
		status = work(session, path);
	if (session) {
		snprintf(said, sizeof(said), "%s", ferry_diagnostics(session, FERRY_TEXT));
		assert_non_null(ferry_diagnostics(session, FERRY_JSON));
		assert_non_null(ferry_report(session, FERRY_JSON));
	}
	countdown = 0;
	ferry_session_close(session);
	return status;
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

/* Outputs, and whatever else has a name made of theirs. */
static int count_outputs(bool and_remove)
{
	DIR *list = opendir(folder);
	int count = 0;
	assert_non_null(list);
	for (struct dirent *entry; (entry = readdir(list));) {
		char path[400];
		if (!strstr(entry->d_name, "out.onnx"))
			continue;
		count++;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (and_remove)
			unlink(path);
	}
	closedir(list);
	return count;
}

typedef struct content {
	char *bytes; /* NULL: there is no file */
	size_t size;
} content;

static content read_file(const char *path)
{
	enum { MOST = 1 << 20 };
	content c = { NULL, 0 };
	FILE *f = fopen(path, "rb");
	if (f) {
		c.bytes = __real_malloc(MOST);
		assert_non_null(c.bytes);
		c.size = fread(c.bytes, 1, MOST, f);
		fclose(f);
	}
	return c;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static bool holds(const char *path, content expected)
{
	content now = read_file(path);
	bool same = (now.bytes != NULL) == (expected.bytes != NULL) && now.size == expected.size &&
		    (!now.bytes || memcmp(now.bytes, expected.bytes, now.size) == 0);
	__real_free(now.bytes);
	return same;
}

/* Makes `kept` of the model and returns what every good conversion gives. */
static content keep_conversion(const char *path)
{
	assert_int_equal(attempt(convert, path), FERRY_OK);
	content whole = read_file(written);
	assert_int_equal(rename(written, kept), 0);
	return whole;
}

static int make_folder(void **state)
{
	(void)state;
	/* In memory where there is such a place: thousands of files are synced. */
	bool memory = access("/dev/shm", W_OK) == 0;
	snprintf(folder, sizeof(folder), "%s/ferry-faults-XXXXXX", memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(written, sizeof(written), "%s/out.onnx", folder);
	snprintf(kept, sizeof(kept), "%s/kept.onnx", folder);
	snprintf(copied, sizeof(copied), "%s/copy.pt", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(kept);
	unlink(copied);
	count_outputs(true);
	return rmdir(folder);
}

#endif
