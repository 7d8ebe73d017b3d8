/*
 * Input files, mapped read-only: bytes are paged in when they are looked at, and weights never leave the map.
 */
#include "core/core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

static fy_status cannot_open(fy_diags *diags, const char *path)
{
	int error = errno;
	bool absent = error == ENOENT || error == ENOTDIR;

	return fy_error(diags, absent ? FY_USAGE : FY_IO, absent ? "file-missing" : "file-open",
			&(fy_place){ .file = path }, "cannot open: %s", strerror(error));
}

static fy_status map_file(fy_file *file, int fd, const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };
	struct stat info;

	if (fstat(fd, &info) != 0)
		return cannot_open(diags, path);
	if (S_ISDIR(info.st_mode))
		return fy_error(diags, FY_USAGE, "file-kind", &place, "is a directory, not a file");
	if (!S_ISREG(info.st_mode))
		return fy_error(diags, FY_USAGE, "file-kind", &place, "is not a regular file");
	if (info.st_size < 0 || (uintmax_t)info.st_size > SIZE_MAX)
		return fy_error(diags, FY_IO, "file-map", &place, "is too large for this machine");
	file->size = (size_t)info.st_size;
	file->device = (uint64_t)info.st_dev;
	file->inode = (uint64_t)info.st_ino;
	file->data = (const uint8_t *)"";
	if (file->size > 0) {
		void *data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED)
			return fy_error(diags, FY_IO, "file-map", &place, "cannot map: %s", strerror(errno));
		file->data = data;
	}
	file->path = fy_strdup(path);
	return FY_OK;
}

fy_status fy_file_open(fy_file *file, const char *path, fy_diags *diags)
{
	*file = (fy_file){ 0 };
	/* Opening a pipe without O_NONBLOCK would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return cannot_open(diags, path);
	fy_status status = map_file(file, fd, path, diags);
	close(fd);
	if (status != FY_OK)
		*file = (fy_file){ 0 };
	return status;
}

/* Whole pages that contain the bytes. */
static void *pages_of(const void *bytes, size_t *len)
{
	size_t within = (uintptr_t)bytes % PAGE;

	*len += within;
	return (uint8_t *)(uintptr_t)bytes - within;
}

const uint8_t *fy_file_view(const fy_file *file, uint64_t offset, size_t len)
{
	const uint8_t *bytes = file->data + offset;

	FY_ASSERT(offset <= file->size && len <= file->size - offset);
#ifdef MADV_POPULATE_READ
	void *pages = pages_of(bytes, &len);
	if (len > 0 && !file->borrowed && madvise(pages, len, MADV_POPULATE_READ) != 0 && errno == EFAULT)
		return NULL;
#endif
	return bytes;
}

void fy_file_leave(const fy_file *file, uint64_t offset, size_t len)
{
	void *pages = pages_of(file->data + offset, &len);

	if (!file->borrowed)
		(void)madvise(pages, len, MADV_DONTNEED);
}

fy_file fy_file_of_bytes(const void *bytes, size_t size, const char *path)
{
	return (fy_file){
		.path = fy_strdup(path), .data = size ? bytes : "", .size = size, .borrowed = true
	};
}

void fy_file_close(fy_file *file)
{
	if (file->size > 0 && !file->borrowed)
		munmap((void *)file->data, file->size);
	fy_free(file->path);
	*file = (fy_file){ 0 };
}
