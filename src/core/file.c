/*
 * Input files, mapped read-only: bytes are paged in when they are looked at, and weights never leave the map.
 */
#include "core/core_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

static fy_status explain(int error, const struct stat *info, const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };
	bool absent = error == ENOENT || error == ENOTDIR;

	if (error == 0 && S_ISDIR(info->st_mode))
		return fy_error(diags, FY_USAGE, "file-kind", &place, "is a directory, not a file");
	if (error == 0)
		return fy_error(diags, FY_USAGE, "file-kind", &place, "is not a regular file");
	return fy_error(diags, absent ? FY_USAGE : FY_IO, absent ? "file-missing" : "file-open", &place,
			"cannot open: %s", strerror(error));
}

fy_status fy_file_open(fy_file *file, const char *path, fy_diags *diags)
{
	struct stat info = { 0 };

	*file = (fy_file){ 0 };
	char *name = fy_strdup(path);
	fy_mapping *mapping = fy_mapping_new(path);
	int error = fy_mapping_open(mapping, &info);
	if (error != 0 || !S_ISREG(info.st_mode)) {
		fy_mapping_close(mapping);
		fy_free(name);
		return explain(error, &info, path, diags);
	}
	*file = (fy_file){ .path = name,
			   .mapping = mapping,
			   .data = fy_mapping_data(mapping),
			   .size = (size_t)info.st_size,
			   .device = (uint64_t)info.st_dev,
			   .inode = (uint64_t)info.st_ino };
	return FY_OK;
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
	if (len > 0 && file->mapping && madvise(pages, len, MADV_POPULATE_READ) != 0 && errno == EFAULT)
		return NULL;
#endif
	return bytes;
}

void fy_file_leave(const fy_file *file, uint64_t offset, size_t len)
{
	void *pages = pages_of(file->data + offset, &len);

	if (file->mapping)
		(void)madvise(pages, len, MADV_DONTNEED);
}

fy_file fy_file_of_bytes(const void *bytes, size_t size, const char *path)
{
	return (fy_file){ .path = fy_strdup(path), .data = size ? bytes : "", .size = size };
}

void fy_file_close(fy_file *file)
{
	fy_mapping_close(file->mapping);
	fy_free(file->path);
	*file = (fy_file){ 0 };
}
