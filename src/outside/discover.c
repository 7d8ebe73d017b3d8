/*
 * Finds ONNX Runtime on this machine: system folders, the folder of the program, installed Python packages.
 * Only looks at file names; loading and judging is ort_library.c's matter.
 */
#include "outside/outside.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libonnxruntime.so"

typedef struct search {
	fy_ort_place *places;
	size_t count, capacity;
} search;

static void add(search *s, const char *path, const char *how)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->places[i].path, path))
			return;
	s->places = fy_grow(s->places, &s->capacity, s->count + 1, sizeof(*s->places));
	s->places[s->count++] = (fy_ort_place){ .path = fy_strdup(path), .how = how };
}

typedef struct matches {
	fy_hold hold;
	glob_t found;
} matches;

static void release_matches(void *what)
{
	matches *m = what;
	globfree(&m->found);
}

/* Adds what matches, the last name first: higher versions of Python and of the library sort later. */
static void add_matches(search *s, const char *pattern, const char *how)
{
	matches *m = fy_zalloc(sizeof(*m));
	fy_hold_add(&m->hold, release_matches, m);
	int result = glob(pattern, 0, NULL, &m->found);
	if (result == GLOB_NOSPACE)
		fy_out_of_memory();
	for (size_t i = result == 0 ? m->found.gl_pathc : 0; i > 0; i--)
		add(s, m->found.gl_pathv[i - 1], how);
	fy_hold_drop(&m->hold);
	release_matches(m);
	fy_free(m);
}

/* Packages below an installation prefix such as /usr or a virtual environment. */
static void add_python(search *s, const char *prefix)
{
	static const char *const folders[] = { "site-packages", "dist-packages" };
	if (!prefix || !*prefix)
		return;
	for (size_t i = 0; i < FY_COUNT(folders); i++) {
		fy_buf pattern = { 0 };
		fy_buf_printf(&pattern, "%s/lib/python3*/%s/onnxruntime/capi/" LIBRARY "*", prefix,
			      folders[i]);
		add_matches(s, fy_buf_text(&pattern), "Python package");
		fy_buf_release(&pattern);
	}
}

static void add_python_of_path(search *s)
{
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t len = strcspn(path, ":");
		fy_buf prefix = { 0 };
		fy_buf_append(&prefix, path, len);
		fy_buf_puts(&prefix, "/python3");
		if (access(fy_buf_text(&prefix), X_OK) == 0 && len > 4 &&
		    !strncmp(path + len - 4, "/bin", 4)) {
			prefix.data[len - 4] = 0;
			add_python(s, prefix.data);
		}
		fy_buf_release(&prefix);
		path += len + (path[len] == ':');
	}
}

static void add_python_packages(search *s)
{
	const char *home = getenv("HOME");
	add_python(s, getenv("VIRTUAL_ENV"));
	add_python(s, getenv("CONDA_PREFIX"));
	add_python_of_path(s);
	if (home && *home) {
		fy_buf folder = { 0 };
		fy_buf_printf(&folder, "%s/.local", home);
		add_python(s, fy_buf_text(&folder));
		fy_buf_release(&folder);
		fy_buf_printf(&folder, "%s/.pyenv/versions/*", home);
		add_python(s, fy_buf_text(&folder));
		fy_buf_release(&folder);
	}
	add_python(s, "/usr/local");
	add_python(s, "/usr");
	add_matches(s, "/usr/lib/python3/dist-packages/onnxruntime/capi/" LIBRARY "*", "Python package");
}

static void add_system(search *s)
{
	static const char *const folders[] = { "/usr/local/lib", "/usr/lib", "/usr/lib64",
					       "/usr/lib/*-linux-gnu", "/opt/onnxruntime*/lib" };
	for (size_t i = 0; i < FY_COUNT(folders); i++) {
		fy_buf pattern = { 0 };
		fy_buf_printf(&pattern, "%s/" LIBRARY "*", folders[i]);
		add_matches(s, fy_buf_text(&pattern), "system library");
		fy_buf_release(&pattern);
	}
}

/* The folder onnxruntime/ beside the program, or one level higher for a program built as a variant. */
static void add_beside_program(search *s)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return;
	self[len] = 0;
	for (int level = 0; level < 2; level++) {
		char *slash = strrchr(self, '/');
		if (!slash)
			return;
		*slash = 0;
		fy_buf pattern = { 0 };
		fy_buf_printf(&pattern, "%s/onnxruntime/" LIBRARY "*", self);
		add_matches(s, fy_buf_text(&pattern), "beside ferry");
		fy_buf_release(&pattern);
	}
}

/* A library as it is; a folder stands for the libraries in it, or in its lib/ or capi/. */
static void add_named(search *s, const char *path, const char *how)
{
	static const char *const below[] = { "", "lib/", "capi/", "onnxruntime/capi/" };
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
		add(s, path, how);
		return;
	}
	for (size_t i = 0; i < FY_COUNT(below) && s->count == 0; i++) {
		fy_buf pattern = { 0 };
		fy_buf_printf(&pattern, "%s/%s" LIBRARY "*", path, below[i]);
		add_matches(s, fy_buf_text(&pattern), how);
		fy_buf_release(&pattern);
	}
	if (s->count == 0)
		add(s, path, how);
}

fy_ort_place *fy_ort_places(const char *asked, size_t *count)
{
	search s = { 0 };
	const char *variable = getenv("FERRY_ONNXRUNTIME");
	const char *named = asked ? asked : variable;
	if (named && *named) {
		if (strcmp(named, "none") != 0)
			add_named(&s, named, asked ? "asked for" : "FERRY_ONNXRUNTIME");
	} else {
		add_system(&s);
		add_beside_program(&s);
		add_python_packages(&s);
	}
	*count = s.count;
	return s.places;
}

void fy_ort_places_release(fy_ort_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fy_free(places[i].path);
	fy_free(places);
}
