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
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PIECE = 64 * 1024,    /* written at once, at multiples: the system then keeps them in large pages */
	VIEWED = 1024 * 1024, /* of a file that is copied */
	PAGE = 4096,
	UNFINISHED_LIMIT = 16,
	NAME_TRIES = 100
};

typedef struct unfinished {
	atomic_int state; /* 0 free, 1 being filled in, 2 the name is good */
	char name[PATH_MAX];
} unfinished;

static unfinished unfinished_table[UNFINISHED_LIMIT];

/* Each side sets its mark and then looks at the other's: never do both go on. */
static atomic_int committing, removing;

struct fy_output {
	fy_hold hold;
	char *path;        /* what is replaced in the end: links followed */
	const char *given; /* the path as the caller gave it, for messages */
	unfinished *entry; /* holds the temporary name, of a placed one its own; NULL: nothing to remove */
	bool placed;
	int fd;           /* -1 once finished */
	fy_status failed; /* the first failure, already reported */
	uint8_t *buffer;
	size_t buffered;
	uint64_t size;
	void (*hook)(void *user, uint64_t flushed);
	void *user;
	const char *const *obsolete; /* paths */
	size_t obsolete_count;
	fy_diags *diags;
};

bool fy_outputs_remove_all(void)
{
	int saved = errno;

	atomic_store(&removing, 1);
	bool may = atomic_load(&committing) == 0;
	for (int i = 0; may && i < UNFINISHED_LIMIT; i++) {
		if (atomic_load(&unfinished_table[i].state) == 2)
			unlink(unfinished_table[i].name);
	}
	atomic_store(&removing, 0);
	errno = saved;
	return may;
}

/* From here to end_commit nothing may be allocated or reported. */
static bool begin_commit(void)
{
	atomic_fetch_add(&committing, 1);
	if (!atomic_load(&removing))
		return true;
	atomic_fetch_sub(&committing, 1);
	return false;
}

static void end_commit(void)
{
	atomic_fetch_sub(&committing, 1);
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

	for (int tries = 0; tries < NAME_TRIES && (error == EEXIST || error == EINTR); tries++) {
		if (!temporary_name(out->entry->name, out->path))
			return ENAMETOOLONG;
		sigfillset(&all);
		pthread_sigmask(SIG_BLOCK, &all, &before);
		out->fd = open(out->entry->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
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
	fy_hold_drop(&out->hold);
	if (out->fd >= 0)
		close(out->fd);
	if (out->entry)
		atomic_store(&out->entry->state, 0);
	fy_free(out->buffer);
	fy_free(out->path);
	fy_free(out);
}

static void release(void *what)
{
	fy_output_abort(what);
}

static fy_output *new_output(const char *path, fy_diags *diags)
{
	fy_output *out = fy_zalloc(sizeof(*out));

	*out = (fy_output){ .path = resolved(path), .given = path, .fd = -1, .diags = diags };
	out->buffer = fy_alloc(PIECE);
	fy_hold_add(&out->hold, release, out);
	return out;
}

fy_status fy_output_open(fy_output **result, const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };

	*result = NULL;
	FY_TRY(check_target(path, diags));
	fy_output *out = new_output(path, diags);
	out->entry = claim_entry();
	if (!out->entry) {
		destroy(out);
		return fy_error(diags, FY_IO, "output-open", &place,
				"cannot write: too many unfinished files");
	}
	int error = create_temporary(out);
	if (error != 0) {
		destroy(out);
		fy_error(diags, FY_IO, "output-open", &place, "cannot write: %s", strerror(error));
		if (error == ENOENT || error == ENOTDIR)
			fy_hint(diags, "the folder must exist");
		return FY_IO;
	}
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
		ssize_t n = write(out->fd, bytes, len);
		if (n < 0 && errno == EINTR && !fy_interrupted())
			continue;
		if (n < 0 && errno != EINTR)
			return write_failed(out, "write");
		if (n < 0 || fy_interrupted())
			return out->failed = FY_INTERRUPTED;
		bytes += n;
		len -= (size_t)n;
	}
	if (out->hook)
		out->hook(out->user, out->size - out->buffered);
	return FY_OK;
}

fy_status fy_output_flush(fy_output *out)
{
	size_t len = out->buffered;

	out->buffered = 0;
	return out->failed == FY_OK && len > 0 ? write_through(out, out->buffer, len) : out->failed;
}

/* Adds to the buffer, up to the end of a piece; returns how much. */
static size_t put_buffered(fy_output *out, const uint8_t *bytes, size_t len)
{
	size_t room = PIECE - (size_t)(out->size % PIECE), n = len < room ? len : room;

	memcpy(out->buffer + out->buffered, bytes, n);
	out->buffered += n;
	out->size += n;
	return n;
}

fy_status fy_output_write(fy_output *out, const void *bytes, size_t len)
{
	FY_ASSERT(out->fd >= 0);
	for (const uint8_t *from = bytes; len > 0 && out->failed == FY_OK;) {
		size_t n = PIECE;
		if (len < PIECE || out->size % PIECE != 0) {
			n = put_buffered(out, from, len);
			if (out->size % PIECE == 0)
				FY_TRY(fy_output_flush(out));
		} else {
			out->size += n;
			FY_TRY(write_through(out, from, n));
		}
		from += n;
		len -= n;
	}
	return out->failed;
}

fy_status fy_output_copy(fy_output *out, const fy_file *file, uint64_t offset, size_t len)
{
	while (len > 0 && out->failed == FY_OK) {
		size_t n = len < VIEWED ? len : VIEWED;
		const uint8_t *bytes = fy_file_view(file, offset, n);
		if (!bytes)
			return out->failed = fy_error(out->diags, FY_IO, "file-read",
						      &(fy_place){ .file = file->path },
						      "cannot be read any more, or became shorter");
		FY_TRY(fy_output_write(out, bytes, n));
		offset += n;
		len -= n;
	}
	return out->failed;
}

uint64_t fy_output_size(const fy_output *out)
{
	return out->size;
}

const char *fy_output_path(const fy_output *out)
{
	return out->path;
}

void fy_output_on_flush(fy_output *out, void (*hook)(void *user, uint64_t flushed), void *user)
{
	out->hook = hook;
	out->user = user;
}

void fy_output_push(const fy_output *out, uint64_t from, uint64_t to)
{
	(void)sync_file_range(out->fd, (off_t)from, (off_t)(to - from), SYNC_FILE_RANGE_WRITE);
}

const uint8_t *fy_output_view(const fy_output *out, uint64_t offset, size_t len)
{
	size_t within = (size_t)(offset % PAGE);
	void *pages = mmap(NULL, within + len, PROT_READ, MAP_SHARED | MAP_POPULATE, out->fd,
			   (off_t)(offset - within));

	return pages == MAP_FAILED ? NULL : (const uint8_t *)pages + within;
}

void fy_output_leave(const uint8_t *bytes, size_t len)
{
	size_t within = (uintptr_t)bytes % PAGE;

	munmap((uint8_t *)(uintptr_t)bytes - within, within + len);
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
	FY_TRY(fy_output_flush(out));
	if (sync_fd(out->fd) != 0)
		return write_failed(out, "sync");
	int closed = close(out->fd);
	out->fd = -1;
	if (closed != 0 && errno != EINTR)
		return write_failed(out, "close");
	return FY_OK;
}

/* The name itself is safe only once its folder is. Returns the errno of a failure. */
static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	size_t len = folder_length(path);
	int fd;

	if (len >= sizeof(folder))
		return 0;
	memcpy(folder, len ? path : ".", len ? len : 1);
	folder[len ? len : 1] = '\0';
	do
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	int error = fd < 0 || sync_fd(fd) != 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

/* No error: the file is complete and in place. */
static void tell_unsynced(const fy_output *out, int error)
{
	if (error)
		fy_warning(
			out->diags, "folder-sync", NULL,
			"the folder of the output cannot be synced: %s; a loss of power could undo its name",
			strerror(error));
}

/* Renames to its own path; the table then holds that name, or none where a file is replaced. */
static fy_status take_own_name(fy_output *out)
{
	bool replaces = access(out->path, F_OK) == 0;

	if (strlen(out->path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return write_failed(out, "rename");
	}
	if (!begin_commit())
		return out->failed = FY_INTERRUPTED;
	int result = rename(out->entry->name, out->path), error = errno;
	if (result == 0) {
		atomic_store(&out->entry->state, replaces ? 0 : 1);
		if (!replaces) {
			memcpy(out->entry->name, out->path, strlen(out->path) + 1);
			atomic_store(&out->entry->state, 2);
		}
		out->entry = replaces ? NULL : out->entry;
		out->placed = true;
	}
	end_commit();
	errno = error;
	return result == 0 ? FY_OK : write_failed(out, "rename");
}

fy_status fy_output_place(fy_output *out)
{
	FY_TRY(fy_output_finish(out, NULL));
	FY_TRY(check_target(out->given, out->diags));
	FY_TRY(take_own_name(out));
	tell_unsynced(out, sync_folder(out->path));
	return fy_interrupted() ? FY_INTERRUPTED : FY_OK;
}

void fy_output_takes_along(fy_output *out, const char *const *paths, size_t count)
{
	out->obsolete = paths;
	out->obsolete_count = count;
}

static fy_status rename_to(fy_output *out, fy_output *placed, const char *path)
{
	if (!begin_commit())
		return out->failed = FY_INTERRUPTED;
	if (placed && placed->entry)
		atomic_store(&placed->entry->state, 1);
	int result = rename(out->entry->name, path), error = errno, unsynced = 0;
	if (result != 0 && placed && placed->entry)
		atomic_store(&placed->entry->state, 2);
	if (result == 0)
		unsynced = sync_folder(path);
	for (size_t i = 0; i < out->obsolete_count && result == 0; i++)
		unlink(out->obsolete[i]);
	end_commit();
	errno = error;
	if (result != 0)
		return write_failed(out, "rename");
	tell_unsynced(out, unsynced);
	destroy(out);
	if (placed)
		destroy(placed);
	return FY_OK;
}

fy_status fy_output_commit_pair(fy_output *out, fy_output *placed, const char *path)
{
	fy_status status = fy_output_finish(out, NULL);

	FY_ASSERT(!out->placed && (!placed || placed->placed));
	if (path)
		out->given = path;
	if (status == FY_OK)
		status = check_target(out->given, out->diags);
	if (status == FY_OK)
		status = fy_files_check(out->diags);
	if (status == FY_OK)
		status = rename_to(out, placed, path ? path : out->path);
	if (status != FY_OK) {
		fy_output_abort(out);
		fy_output_abort(placed);
	}
	return status;
}

fy_status fy_output_commit_as(fy_output *out, const char *path)
{
	return fy_output_commit_pair(out, NULL, path);
}

fy_status fy_output_commit(fy_output *out)
{
	return fy_output_commit_pair(out, NULL, NULL);
}

void fy_output_abort(fy_output *out)
{
	if (!out)
		return;
	if (out->entry && atomic_load(&out->entry->state) == 2)
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
