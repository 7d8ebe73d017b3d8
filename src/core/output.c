/*
 * Output files that appear whole or not at all. Bytes go to a temporary file beside the target; it is synced
 * and renamed when all went well. The names of unfinished ones stand in a fixed table that a signal handler
 * can read.
 */
#include "core/core.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1024 * 1024, UNFINISHED_LIMIT = 16, NAME_TRIES = 100 };

typedef struct unfinished {
	atomic_int state; /* 0 free, 1 being filled in, 2 the name is good */
	char name[PATH_MAX];
} unfinished;

static unfinished unfinished_table[UNFINISHED_LIMIT];

struct fy_output {
	char *path;        /* what is replaced in the end: links followed */
	const char *given; /* the path as the caller gave it, for messages */
	unfinished *entry; /* holds the temporary name */
	int fd;            /* -1 once finished */
	fy_status failed;  /* the first failure, already reported */
	uint8_t *buffer;
	size_t buffered;
	uint64_t size;
	fy_diags *diags;
};

void fy_outputs_remove_all(void)
{
	int saved = errno;

	for (int i = 0; i < UNFINISHED_LIMIT; i++) {
		if (atomic_load(&unfinished_table[i].state) == 2)
			unlink(unfinished_table[i].name);
	}
	errno = saved;
}

static unfinished *claim_entry(void)
{
	for (int i = 0; i < UNFINISHED_LIMIT; i++) {
		int unused = 0;
		if (atomic_compare_exchange_strong(&unfinished_table[i].state, &unused, 1))
			return &unfinished_table[i];
	}
	return NULL;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* "folder/.name.ferry-XXXXXX", the name shortened where it would grow too long. False: no room. */
static bool temporary_name(char out[PATH_MAX], const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t folder = folder_length(path);
	uint8_t random[6];
	char suffix[7];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	for (int i = 0; i < 6; i++)
		suffix[i] = letters[random[i] % (sizeof(letters) - 1)];
	suffix[6] = '\0';
	int n = snprintf(out, PATH_MAX, "%.*s.%.*s.ferry-%s", (int)folder, path, NAME_MAX - 20, path + folder,
			 suffix);
	return n > 0 && n < PATH_MAX;
}

/* Created and noted in the table in one go, as seen from signal handlers. Returns the errno of a failure. */
static int create_temporary(fy_output *out)
{
	sigset_t all, before;
	int error = EEXIST;

	for (int tries = 0; tries < NAME_TRIES && error == EEXIST; tries++) {
		if (!temporary_name(out->entry->name, out->path))
			return ENAMETOOLONG;
		sigfillset(&all);
		pthread_sigmask(SIG_BLOCK, &all, &before);
		out->fd = open(out->entry->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		error = out->fd < 0 ? errno : 0;
		if (error == 0)
			atomic_store(&out->entry->state, 2);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	return error;
}

/* Renaming onto a device or a folder would destroy it or fail late. */
static fy_status check_target(const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };
	struct stat info;

	if (path[folder_length(path)] == '\0')
		return fy_error(diags, FY_USAGE, "output-kind", &place,
				"cannot write: not the name of a file");
	if (stat(path, &info) != 0)
		return FY_OK;
	if (S_ISDIR(info.st_mode))
		return fy_error(diags, FY_USAGE, "output-kind", &place, "cannot write: is a directory");
	if (!S_ISREG(info.st_mode))
		return fy_error(diags, FY_USAGE, "output-kind", &place,
				"cannot write: is not a regular file");
	return FY_OK;
}

/* Where a symbolic link leads: the link stays, what it names is replaced. */
static char *resolved(const char *path)
{
	char target[PATH_MAX];
	struct stat info;

	if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode) && realpath(path, target))
		return fy_strdup(target);
	return fy_strdup(path);
}

static void destroy(fy_output *out)
{
	if (out->fd >= 0)
		close(out->fd);
	atomic_store(&out->entry->state, 0);
	fy_free(out->buffer);
	fy_free(out->path);
	fy_free(out);
}

fy_status fy_output_open(fy_output **result, const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };

	*result = NULL;
	FY_TRY(check_target(path, diags));
	unfinished *entry = claim_entry();
	if (!entry)
		return fy_error(diags, FY_IO, "output-open", &place,
				"cannot write: too many unfinished files");
	fy_output *out = fy_zalloc(sizeof(*out));
	*out = (fy_output){ .path = resolved(path), .given = path, .entry = entry, .fd = -1, .diags = diags };
	int error = create_temporary(out);
	if (error != 0) {
		destroy(out);
		fy_error(diags, FY_IO, "output-open", &place, "cannot write: %s", strerror(error));
		if (error == ENOENT || error == ENOTDIR)
			fy_hint(diags, "the folder must exist");
		return FY_IO;
	}
	out->buffer = fy_alloc(BUFFER_SIZE);
	*result = out;
	return FY_OK;
}

static fy_status write_failed(fy_output *out, const char *what)
{
	int error = errno;

	out->failed = fy_error(out->diags, FY_IO, "output-write", &(fy_place){ .file = out->given },
			       "cannot %s: %s", what, strerror(error));
	return out->failed;
}

static fy_status write_through(fy_output *out, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		/* Linux writes at most 2 GiB at once; smaller pieces also let an interruption through. */
		size_t piece = len < (64u << 20) ? len : (64u << 20);
		ssize_t n = write(out->fd, bytes, piece);
		if (n < 0 && errno == EINTR && !fy_interrupted())
			continue;
		if (n < 0 && errno == EINTR)
			return out->failed = FY_INTERRUPTED;
		if (n < 0)
			return write_failed(out, "write");
		bytes += n;
		len -= (size_t)n;
	}
	return FY_OK;
}

static fy_status flush(fy_output *out)
{
	size_t len = out->buffered;

	out->buffered = 0;
	return write_through(out, out->buffer, len);
}

fy_status fy_output_write(fy_output *out, const void *bytes, size_t len)
{
	FY_ASSERT(out->fd >= 0);
	if (out->failed != FY_OK)
		return out->failed;
	if (len == 0)
		return FY_OK;
	out->size += len;
	if (len > BUFFER_SIZE - out->buffered)
		FY_TRY(flush(out));
	if (len >= BUFFER_SIZE)
		return write_through(out, bytes, len);
	memcpy(out->buffer + out->buffered, bytes, len);
	out->buffered += len;
	return FY_OK;
}

uint64_t fy_output_size(const fy_output *out)
{
	return out->size;
}

static int sync_fd(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result != 0 && errno == EINTR);
	/* Some file systems and folders cannot be synced: nothing is wrong with the file then. */
	return result != 0 && (errno == EINVAL || errno == ENOTSUP || errno == EROFS) ? 0 : result;
}

fy_status fy_output_finish(fy_output *out, const char **temporary_path)
{
	if (temporary_path)
		*temporary_path = out->entry->name;
	if (out->failed != FY_OK || out->fd < 0)
		return out->failed;
	FY_TRY(flush(out));
	if (sync_fd(out->fd) != 0)
		return write_failed(out, "sync");
	int closed = close(out->fd);
	out->fd = -1;
	if (closed != 0 && errno != EINTR)
		return write_failed(out, "close");
	return FY_OK;
}

/* The name itself is safe only once its folder is. Failure is not reported: the file is complete. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	size_t len = folder_length(path);

	if (len >= sizeof(folder))
		return;
	memcpy(folder, len ? path : ".", len ? len : 1);
	folder[len ? len : 1] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)sync_fd(fd);
	close(fd);
}

static fy_status commit_to(fy_output *out, const char *path)
{
	if (rename(out->entry->name, path) != 0)
		return write_failed(out, "rename");
	sync_folder(path);
	destroy(out);
	return FY_OK;
}

fy_status fy_output_commit_as(fy_output *out, const char *path)
{
	fy_status status = fy_output_finish(out, NULL);

	out->given = path;
	if (status == FY_OK)
		status = check_target(path, out->diags);
	if (status == FY_OK)
		status = commit_to(out, path);
	if (status != FY_OK)
		fy_output_abort(out);
	return status;
}

fy_status fy_output_commit(fy_output *out)
{
	fy_status status = fy_output_finish(out, NULL);

	if (status == FY_OK)
		status = check_target(out->given, out->diags);
	if (status == FY_OK)
		status = commit_to(out, out->path);
	if (status != FY_OK)
		fy_output_abort(out);
	return status;
}

void fy_output_abort(fy_output *out)
{
	if (!out)
		return;
	unlink(out->entry->name);
	destroy(out);
}

fy_status fy_write_file(const char *path, const void *bytes, size_t len, fy_diags *diags)
{
	fy_output *out;

	FY_TRY(fy_output_open(&out, path, diags));
	fy_status status = fy_output_write(out, bytes, len);
	if (status != FY_OK) {
		fy_output_abort(out);
		return status;
	}
	return fy_output_commit(out);
}
