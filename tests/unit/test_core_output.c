/* Files: mapping, outputs that appear whole or not at all. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/ferry-unit-XXXXXX";
static char path[64];

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/out.bin", folder);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int entries(void)
{
	DIR *dir = opendir(folder);
	int count = 0;

	for (const struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	closedir(dir);
	return count;
}

static void whole(void **state)
{
	fy_diags diags = { 0 };
	fy_output *out;
	fy_file file;
	const char *temporary;
	size_t size = 3 * 1024 * 1024 + 17;
	uint8_t *bytes = fy_alloc(size);

	(void)state;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	assert_int_equal(fy_output_open(&out, path, &diags), FY_OK);
	/* Small pieces, one larger than the buffer, small ones again. */
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(fy_output_write(out, bytes + i * 3, 3), FY_OK);
	assert_int_equal(fy_output_write(out, bytes + 3000, size - 3010), FY_OK);
	assert_int_equal(fy_output_write(out, bytes + size - 10, 10), FY_OK);
	assert_int_equal(fy_output_size(out), size);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(fy_output_finish(out, &temporary), FY_OK);
	assert_int_equal(fy_file_open(&file, temporary, &diags), FY_OK);
	assert_int_equal(file.size, size);
	fy_file_close(&file);
	assert_int_equal(fy_output_commit(out), FY_OK);
	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	assert_int_equal(file.size, size);
	assert_memory_equal(file.data, bytes, size);
	fy_file_close(&file);
	assert_int_equal(entries(), 1);
	assert_int_equal(diags.count, 0);
	fy_free(bytes);
}

static void mode(void **state)
{
	struct stat info;
	mode_t before = umask(027);

	(void)state;
	assert_int_equal(fy_write_file(path, "x", 1, NULL), FY_OK);
	umask(before);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
}

static void not_at_all(void **state)
{
	fy_output *first, *second;
	fy_file file;

	(void)state;
	assert_int_equal(fy_write_file(path, "old", 3, NULL), FY_OK);
	assert_int_equal(fy_output_open(&first, path, NULL), FY_OK);
	assert_int_equal(fy_output_open(&second, path, NULL), FY_OK);
	assert_int_equal(fy_output_write(first, "new", 3), FY_OK);
	assert_int_equal(entries(), 3);
	fy_output_abort(first);
	assert_int_equal(entries(), 2);
	/* As a signal handler does it. */
	fy_outputs_remove_all();
	assert_int_equal(entries(), 1);
	fy_output_abort(second);
	fy_output_abort(NULL);
	assert_int_equal(fy_file_open(&file, path, NULL), FY_OK);
	assert_memory_equal(file.data, "old", 3);
	fy_file_close(&file);
}

static void elsewhere(void **state)
{
	char other[80];
	fy_output *out;

	(void)state;
	snprintf(other, sizeof(other), "%s.rejected", path);
	assert_int_equal(fy_output_open(&out, path, NULL), FY_OK);
	assert_int_equal(fy_output_write(out, "new", 3), FY_OK);
	assert_int_equal(fy_output_commit_as(out, other), FY_OK);
	assert_int_equal(access(other, F_OK), 0);
	unlink(other);
}

static uint64_t flushed;

static void note_flushed(void *user, uint64_t now)
{
	(void)user;
	assert_true(now > flushed);
	flushed = now;
}

/* Large parts of another file, at odd places, between small pieces. */
static void copies(void **state)
{
	fy_diags diags = { 0 };
	fy_output *out;
	fy_file source, file;
	char from[80];
	size_t size = 2000003;
	const uint8_t *view;
	uint8_t *bytes = fy_alloc(size);

	(void)state;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 13 + (i >> 9));
	snprintf(from, sizeof(from), "%s.source", path);
	assert_int_equal(fy_write_file(from, bytes, size, &diags), FY_OK);
	assert_int_equal(fy_file_open(&source, from, &diags), FY_OK);
	assert_int_equal(fy_output_open(&out, path, &diags), FY_OK);
	flushed = 0;
	fy_output_on_flush(out, note_flushed, NULL);
	assert_int_equal(fy_output_write(out, "head", 4), FY_OK);
	assert_int_equal(fy_output_copy(out, &source, 17, 1500000), FY_OK);
	assert_int_equal(fy_output_copy(out, &source, 5, 10), FY_OK);
	/* The file it was mapped from is gone: the map still has the bytes. */
	unlink(from);
	assert_int_equal(fy_output_copy(out, &source, 3, 100000), FY_OK);
	assert_int_equal(fy_output_flush(out), FY_OK);
	assert_int_equal(flushed, 1600014);
	view = fy_output_view(out, 1500004, 10);
	assert_non_null(view);
	assert_memory_equal(view, bytes + 5, 10);
	fy_output_leave(view, 10);
	fy_file_leave(&source, 17, 1500000);
	fy_output_push(out, 0, 1 << 20);
	assert_int_equal(fy_output_commit(out), FY_OK);
	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	assert_int_equal(file.size, 1600014);
	assert_memory_equal(file.data, "head", 4);
	assert_memory_equal(file.data + 4, bytes + 17, 1500000);
	assert_memory_equal(file.data + 1500014, bytes + 3, 100000);
	fy_file_close(&file);
	fy_file_close(&source);
	assert_int_equal(entries(), 1);
	fy_free(bytes);
}

/* A file that became shorter while it was mapped. */
static void copies_no_less(void **state)
{
	fy_diags diags = { 0 };
	fy_output *out;
	fy_file source;
	char from[80];
	uint8_t *bytes = fy_zalloc(300000);

	(void)state;
	snprintf(from, sizeof(from), "%s.source", path);
	assert_int_equal(fy_write_file(from, bytes, 300000, &diags), FY_OK);
	assert_int_equal(fy_file_open(&source, from, &diags), FY_OK);
	assert_int_equal(truncate(from, 1000), 0);
	assert_int_equal(fy_output_open(&out, path, &diags), FY_OK);
	assert_int_equal(fy_output_copy(out, &source, 0, 300000), FY_IO);
	assert_string_equal(diags.items[0].id, "file-read");
	fy_output_abort(out);
	fy_file_close(&source);
	unlink(from);
	fy_diags_clear(&diags);
	fy_free(bytes);
}

static fy_output *placed(const char *name, const char *text)
{
	fy_output *out;

	assert_int_equal(fy_output_open(&out, name, NULL), FY_OK);
	assert_int_equal(fy_output_write(out, text, strlen(text)), FY_OK);
	assert_int_equal(fy_output_place(out), FY_OK);
	assert_int_equal(access(name, F_OK), 0);
	return out;
}

/* A file and the one it refers to: both stay or both go. */
static void pairs(void **state)
{
	char data[80], other[80];
	fy_output *out, *second;

	(void)state;
	unlink(path);
	snprintf(data, sizeof(data), "%s.data", path);
	snprintf(other, sizeof(other), "%s.other", path);
	for (int form = 0; form < 3; form++) {
		second = placed(data, "data");
		assert_int_equal(fy_output_open(&out, path, NULL), FY_OK);
		assert_int_equal(entries(), 2);
		if (form == 0) {
			fy_output_abort(out);
			fy_output_abort(second);
		} else if (form == 1) {
			assert_true(fy_outputs_remove_all());
			fy_output_abort(out);
			fy_output_abort(second);
		} else {
			assert_int_equal(fy_output_commit_pair(out, second, "/nonexistent/x"), FY_IO);
		}
		assert_int_equal(entries(), 0);
	}
	second = placed(data, "data");
	assert_int_equal(fy_output_open(&out, path, NULL), FY_OK);
	assert_int_equal(fy_output_commit_pair(out, second, other), FY_OK);
	assert_true(fy_outputs_remove_all());
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(access(data, F_OK), 0);
	/* What was there before is not taken away. */
	second = placed(data, "data");
	assert_true(fy_outputs_remove_all());
	fy_output_abort(second);
	assert_int_equal(access(data, F_OK), 0);
	unlink(data);
	unlink(other);
	assert_int_equal(entries(), 0);
}

static void refused(void **state, const char *where, fy_status expected, const char *id)
{
	fy_diags diags = { 0 };
	fy_output *out;

	(void)state;
	assert_int_equal(fy_output_open(&out, where, &diags), expected);
	assert_null(out);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].id, id);
	fy_diags_clear(&diags);
}

static void bad_targets(void **state)
{
	refused(state, "/dev/null", FY_USAGE, "output-kind");
	refused(state, folder, FY_USAGE, "output-kind");
	refused(state, "/tmp/", FY_USAGE, "output-kind");
	refused(state, "", FY_USAGE, "output-kind");
	refused(state, "/nonexistent-folder/x", FY_IO, "output-open");
}

/* A write that fails half-way (here: at a limit of the process) is reported once, and nothing stays behind.
 */
static void full(void **state)
{
	fy_diags diags = { 0 };
	struct rlimit before, small;
	fy_output *out;
	uint8_t *bytes = fy_zalloc(1 << 21);
	int present = entries();

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 1 << 20, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(fy_output_open(&out, path, &diags), FY_OK);
	fy_status first = fy_output_write(out, bytes, 1 << 21), second = fy_output_write(out, bytes, 10);
	fy_status last = fy_output_commit(out);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(first, FY_IO);
	assert_int_equal(second, FY_IO);
	assert_int_equal(last, FY_IO);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].id, "output-write");
	assert_int_equal(entries(), present);
	fy_diags_clear(&diags);
	fy_free(bytes);
}

static void link_stays(void **state)
{
	char name[80];
	struct stat info;

	(void)state;
	assert_int_equal(fy_write_file(path, "old", 3, NULL), FY_OK);
	snprintf(name, sizeof(name), "%s.link", path);
	assert_int_equal(symlink(path, name), 0);
	assert_int_equal(fy_write_file(name, "newer", 5, NULL), FY_OK);
	assert_int_equal(lstat(name, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_size, 5);
	unlink(name);
}

static void opening(void **state)
{
	fy_diags diags = { 0 };
	fy_file file;

	(void)state;
	assert_int_equal(fy_file_open(&file, "/nonexistent", &diags), FY_USAGE);
	assert_string_equal(diags.items[0].id, "file-missing");
	assert_int_equal(fy_file_open(&file, folder, &diags), FY_USAGE);
	assert_int_equal(fy_file_open(&file, "/dev/null", &diags), FY_USAGE);
	assert_int_equal(diags.count, 3);
	assert_int_equal(fy_write_file(path, "", 0, &diags), FY_OK);
	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	assert_int_equal(file.size, 0);
	assert_non_null(file.data);
	fy_file_close(&file);
	fy_diags_clear(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whole),       cmocka_unit_test(mode),
					    cmocka_unit_test(not_at_all),  cmocka_unit_test(elsewhere),
					    cmocka_unit_test(bad_targets), cmocka_unit_test(full),
					    cmocka_unit_test(link_stays),  cmocka_unit_test(opening),
					    cmocka_unit_test(copies),      cmocka_unit_test(copies_no_less),
					    cmocka_unit_test(pairs) };
	return cmocka_run_group_tests(tests, enter, leave);
}
