/*
 * Preloaded into the program: the n-th request for memory of the whole process, libraries included, fails;
 * STARVE_AT=n once, STARVE_FROM=n for ever after. Requests count from main on. With STARVE_COUNT=FILE the number
 * of requests is written there in the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_long requests;
static long at, from;
static int started;

static int starves(void)
{
	if (!started)
		return 0;
	long n = atomic_fetch_add(&requests, 1) + 1;
	if (n != at && (from == 0 || n < from))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return starves() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return starves() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return starves() ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
	return starves() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *block = memalign(alignment, size);
	if (!block)
		return ENOMEM;
	*out = block;
	return 0;
}

static void count(void)
{
	const char *path = getenv("STARVE_COUNT");
	long n = requests;
	started = 0;
	FILE *f = path ? fopen(path, "w") : NULL;
	if (f) {
		fprintf(f, "%ld\n", n);
		fclose(f);
	}
}

typedef int (*main_fn)(int argc, char **argv, char **environment);
static main_fn real_main;

static int own_main(int argc, char **argv, char **environment)
{
	atexit(count);
	at = getenv("STARVE_AT") ? atol(getenv("STARVE_AT")) : 0;
	from = getenv("STARVE_FROM") ? atol(getenv("STARVE_FROM")) : 0;
	started = 1;
	return real_main(argc, argv, environment);
}

int __libc_start_main(main_fn program, int argc, char **argv, void (*begin)(void), void (*end)(void),
		      void (*last)(void), void *stack)
{
	int (*start)(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
		dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = program;
	return start(own_main, argc, argv, begin, end, last, stack);
}
