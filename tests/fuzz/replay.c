/*
 * Gives files to a fuzz target, one after the other, without a fuzzer. Folders stand for the files in them.
 * The name is printed first, so that the last line tells which file broke it.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

static int replayed;

/* The bytes lie in a block of exactly their size, so that a sanitizer sees every overrun. */
static bool replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size ? size : 1);

	if (!file || !bytes || fread(bytes, 1, size, file) != size) {
		perror(path);
		return false;
	}
	fclose(file);
	puts(path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	replayed++;
	return true;
}

static bool replay(const char *path)
{
	struct stat info;
	struct dirent **entries;
	bool fine = true;

	if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
		return replay_file(path, (size_t)info.st_size);
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		perror(path);
		return false;
	}
	for (int i = 0; i < count; i++) {
		fy_buf inner = { 0 };
		fy_buf_printf(&inner, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			fine = replay(inner.data) && fine;
		fy_buf_release(&inner);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

int main(int count, char **paths)
{
	bool fine = true;

	for (int i = 1; i < count; i++)
		fine = replay(paths[i]) && fine;
	printf("%d replayed\n", replayed);
	return fine ? 0 : 1;
}
