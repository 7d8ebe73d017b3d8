/*
 * The system refuses: the n-th call that the library makes of it fails, once or for ever after, n = 1, 2, ...
 * until all goes well; writes take one byte at a time; signals come in between; the input is cut short under
 * the hands of whoever reads it. Each time the output is the whole new one, or what was there before, and
 * nothing else; and the message says what the system said.
 */
#include "fault_help.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- the wrappers ---- */

static int error;        /* what calls fail with; 0: they do not */
static bool interrupted; /* only calls that may be, and only with EINTR */
static bool one_byte;

int __real_open(const char *path, int flags, ...);
int __real_fstat(int fd, struct stat *info);
int __real_stat(const char *path, struct stat *info);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
ssize_t __real_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fstat(int fd, struct stat *info);
int __wrap_stat(const char *path, struct stat *info);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);

static bool refused(bool may_be_interrupted)
{
	if (error == 0 || (interrupted && !may_be_interrupted) || !strikes())
		return false;
	errno = error;
	return true;
}

static bool opened_since; /* the fault: an input */

int __wrap_open(const char *path, int flags, ...)
{
	va_list rest;
	opened_since |= struck && strcmp(path, copied) == 0;
	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return refused(true) ? -1 : __real_open(path, flags, mode);
}

int __wrap_fstat(int fd, struct stat *info)
{
	return refused(false) ? -1 : __real_fstat(fd, info);
}

int __wrap_stat(const char *path, struct stat *info)
{
	return refused(false) ? -1 : __real_stat(path, info);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fd >= 0 && refused(false) ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	return refused(true) ? -1 : __real_write(fd, bytes, one_byte && size ? 1 : size);
}

int __wrap_fsync(int fd)
{
	return refused(true) ? -1 : __real_fsync(fd);
}

/* The descriptor is gone all the same. */
int __wrap_close(int fd)
{
	int result = __real_close(fd);
	return refused(true) ? -1 : result;
}

int __wrap_rename(const char *from, const char *to)
{
	return refused(false) ? -1 : __real_rename(from, to);
}

/* ---- calls that fail ---- */

static const char old[] = "what was there before";
static const content before = { (char *)(uintptr_t)old, sizeof(old) };

static void check_output(const char *what, long n, ferry_status status, content whole)
{
	if (!holds(written, whole) && (status == FERRY_OK || !holds(written, before)))
		fail_msg("%s %ld: another output, status %d: %s", what, n, status, said);
	/* The data file of a new output has a name of its own. */
	int files = weights == FERRY_WEIGHTS_EXTERNAL && holds(written, whole) ? 2 : 1;
	if (count_outputs(true) != files)
		fail_msg("%s %ld: stray files, status %d: %s", what, n, status, said);
}

static long refuse_everywhere(work_fn work, const char *path, content whole)
{
	int descriptors = count_entries("/proc/self/fd");
	count_outputs(true);
	for (long n = 1;; n++) {
		write_file(written, old, sizeof(old));
		countdown = n;
		ferry_status status = attempt(work, path);
		bool done = !struck;
		if ((status != FERRY_OK || said[0]) && !strstr(said, strerror(error)))
			fail_msg("call %ld: not said why: %s", n, said);
		if (count_entries("/proc/self/fd") != descriptors)
			fail_msg("call %ld: a descriptor is left open", n);
		if (status != FERRY_OK && (interrupted || done))
			fail_msg("call %ld: status %d: %s", n, status, said);
		if (work == convert)
			check_output("call", n, status, whole);
		if (done)
			return n - 1;
	}
}

static void refuse_with(int with, bool ever, ferry_weights form)
{
	const work_fn works[] = { inspect, run, verify, convert };
	error = 0;
	weights = FERRY_WEIGHTS_INLINE;
	__real_free(keep_conversion(NETWORK).bytes);
	weights = form;
	assert_int_equal(attempt(convert, NETWORK), FERRY_OK);
	content whole = read_file(written);
	error = with;
	interrupted = with == EINTR;
	for_ever = ever;
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		printf("%s: %ld calls\n", strerror(with), refuse_everywhere(works[i], NETWORK, whole));
	error = 0;
	interrupted = false;
	weights = FERRY_WEIGHTS_AUTO;
	__real_free(whole.bytes);
}

static void test_errors(void **state)
{
	const int errors[] = { EIO, ENOSPC, ENOMEM, EMFILE };
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		refuse_with(errors[i], false, FERRY_WEIGHTS_INLINE);
		refuse_with(errors[i], true, FERRY_WEIGHTS_INLINE);
	}
	refuse_with(EIO, false, FERRY_WEIGHTS_EXTERNAL);
	refuse_with(EIO, true, FERRY_WEIGHTS_EXTERNAL);
}

static void test_interrupted_calls(void **state)
{
	(void)state;
	refuse_with(EINTR, false, FERRY_WEIGHTS_INLINE);
	refuse_with(EINTR, false, FERRY_WEIGHTS_EXTERNAL);
}

static void test_short_writes(void **state)
{
	(void)state;
	content whole = keep_conversion(NETWORK);
	one_byte = true;
	assert_int_equal(attempt(convert, NETWORK), FERRY_OK);
	one_byte = false;
	assert_true(holds(written, whole));
	__real_free(whole.bytes);
}

/* ---- an input that changes ---- */

static off_t new_size;

static bool cut_input(void)
{
	if (strikes())
		assert_int_equal(truncate(copied, new_size), 0);
	return false;
}

static bool grow_input(void)
{
	if (strikes()) {
		FILE *f = fopen(copied, "ab");
		assert_non_null(f);
		fputs("more", f);
		fclose(f);
	}
	return false;
}

/* At the n-th request for memory, which spreads the moments over all of the work. */
static void change_everywhere(work_fn work, bool (*change)(void), off_t size)
{
	content model = read_file(NETWORK), whole = keep_conversion(NETWORK);
	count_outputs(true);
	new_size = size;
	for (long n = 1;; n = next_place(n, 41)) {
		write_file(copied, model.bytes, model.size);
		write_file(written, old, sizeof(old));
		on_request = change;
		countdown = n;
		opened_since = false;
		ferry_status status = attempt(work, copied);
		on_request = NULL;
		/* After the last look at it the file does not matter; opened later, it is another one. */
		if (status != FERRY_OK && !strstr(said, "the file changed") && !opened_since)
			fail_msg("change %ld: status %d: %s", n, status, said);
		if (work == convert)
			check_output("change", n, status, whole);
		if (!struck)
			break;
	}
	__real_free(model.bytes);
	__real_free(whole.bytes);
}

static void test_shorter_input(void **state)
{
	(void)state;
	const work_fn works[] = { inspect, run, convert };
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		change_everywhere(works[i], cut_input, 0);
		change_everywhere(works[i], cut_input, 20000);
	}
}

static void test_longer_input(void **state)
{
	(void)state;
	change_everywhere(convert, grow_input, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shorter_input), /* the first: later ones have cmocka's handlers of
							 signals */
		cmocka_unit_test(test_longer_input),      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_interrupted_calls), cmocka_unit_test(test_short_writes),
	};
	return cmocka_run_group_tests_name("a system that refuses", tests, make_folder, remove_folder);
}
