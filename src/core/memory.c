/*
 * Memory that never comes back NULL, growing arrays, and arenas. Every block belongs to the guard it was
 * allocated under (guard.c).
 * An arena hands out zeroed pieces of big chunks and frees them all at once. In sanitizer builds each
 * piece is a block of its own, so that the sanitizer sees every overrun.
 */
#include "core/core.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void say(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void fy_bug_at(const char *file, int line, const char *format, ...)
{
	char text[1024];
	int used = snprintf(text, sizeof(text), "ferry: bug at %s:%d: ", file, line);
	size_t len = used < 0 ? 0 : (size_t)used;

	if (len < sizeof(text)) {
		va_list args;
		va_start(args, format);
		used = vsnprintf(text + len, sizeof(text) - len, format, args);
		va_end(args);
		len += used < 0 ? 0 : (size_t)used;
	}
	if (len > sizeof(text) - 2)
		len = sizeof(text) - 2;
	text[len++] = '\n';
	fy_outputs_remove_all();
	say(text, len);
	abort();
}

void fy_out_of_memory(void)
{
	static const char message[] = "ferry: error: out of memory\n";

	fy_guard_leave();
	fy_outputs_remove_all();
	say(message, sizeof(message) - 1);
	_exit(FY_IO);
}

/* ---- blocks: a link to the owner, then what was asked for ---- */

enum { LINK = (sizeof(fy_ring) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t) };

static fy_ring *link_of(void *block)
{
	return (fy_ring *)((char *)block - LINK);
}

static fy_ring *new_link(size_t size, bool zero)
{
	size_t total = size + LINK;

	if (size > FY_ALLOC_MOST)
		return NULL;
	return zero ? calloc(1, total) : malloc(total);
}

void *fy_try_alloc(size_t size, bool zero)
{
	fy_ring *link = new_link(size, zero);

	if (!link)
		return NULL;
	fy_guard_link(link);
	return (char *)link + LINK;
}

bool fy_memory_left(size_t size)
{
	void *probe = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (probe == MAP_FAILED)
		return false;
	munmap(probe, size);
	return true;
}

void *fy_try_alloc_lasting(size_t size)
{
	fy_ring *link = new_link(size, true);

	if (!link)
		return NULL;
	link->prev = link->next = link;
	return (char *)link + LINK;
}

void *fy_alloc(size_t size)
{
	void *block = fy_try_alloc(size, false);
	if (!block)
		fy_out_of_memory();
	return block;
}

void *fy_zalloc(size_t size)
{
	void *block = fy_try_alloc(size, true);
	if (!block)
		fy_out_of_memory();
	return block;
}

void *fy_realloc(void *old, size_t size)
{
	fy_ring *link = old ? link_of(old) : NULL, *moved = NULL;

	if (link)
		fy_guard_unlink(link);
	if (size <= FY_ALLOC_MOST)
		moved = realloc(link, size + LINK);
	if (moved || link)
		fy_guard_link(moved ? moved : link);
	if (!moved)
		fy_out_of_memory();
	return (char *)moved + LINK;
}

void fy_free_owned(fy_ring *block)
{
	fy_guard_unlink(block);
	free(block);
}

void fy_free(void *block)
{
	if (block)
		fy_free_owned(link_of(block));
}

char *fy_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(fy_alloc(size), text, size);
}

/* The next capacity, at least doubled, so that appending stays linear in total. */
static size_t grown(size_t capacity, size_t need, size_t item_size, size_t *bytes)
{
	size_t next = capacity < 8 ? 8 : capacity;

	while (next < need) {
		if (!fy_mul_size(next, 2, &next))
			fy_out_of_memory();
	}
	if (!fy_mul_size(next, item_size, bytes))
		fy_out_of_memory();
	return next;
}

void *fy_grow(void *items, size_t *capacity, size_t need, size_t item_size)
{
	size_t bytes;

	if (need <= *capacity)
		return items;
	*capacity = grown(*capacity, need, item_size, &bytes);
	return fy_realloc(items, bytes);
}

/* ---- arena ---- */

enum { CHUNK_FIRST = 16 * 1024, CHUNK_LAST = 1024 * 1024 };

typedef struct chunk {
	struct chunk *next;
	size_t size, used; /* bytes behind the header */
} chunk;

struct fy_arena {
	chunk *chunks; /* the newest first: the one that is filled */
	size_t next_size;
	size_t used;
};

enum {
	CHUNK_HEADER =
		(sizeof(chunk) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t)
};

fy_arena *fy_arena_new(void)
{
	fy_arena *arena = fy_zalloc(sizeof(*arena));
	arena->next_size = CHUNK_FIRST;
	return arena;
}

void fy_arena_free(fy_arena *arena)
{
	if (!arena)
		return;
	for (chunk *c = arena->chunks; c;) {
		chunk *next = c->next;
		fy_free(c);
		c = next;
	}
	fy_free(arena);
}

static chunk *new_chunk(size_t size, bool zero)
{
	size_t total;

	if (!fy_add_size(size, CHUNK_HEADER, &total))
		fy_out_of_memory();
	chunk *c = zero ? fy_zalloc(total) : fy_alloc(total);
	*c = (chunk){ .size = size };
	return c;
}

/* A chunk for one piece alone. It goes behind the newest one, which stays the one that is filled. */
static void *alloc_alone(fy_arena *arena, size_t size)
{
	chunk *c = new_chunk(size, true);

	c->used = size;
	if (arena->chunks) {
		c->next = arena->chunks->next;
		arena->chunks->next = c;
	} else {
		arena->chunks = c;
	}
	return (char *)c + CHUNK_HEADER;
}

#ifdef FY_SANITIZE
static void *alloc_piece(fy_arena *arena, size_t size)
{
	return alloc_alone(arena, size);
}
#else
static void *alloc_piece(fy_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	size_t rounded;

	if (!fy_add_size(size, align - 1, &rounded))
		fy_out_of_memory();
	rounded &= ~(align - 1);
	if (rounded >= CHUNK_FIRST / 4)
		return alloc_alone(arena, size);
	chunk *c = arena->chunks;
	if (!c || c->size - c->used < rounded) {
		c = new_chunk(arena->next_size, false); /* most arenas use little of it */
		c->next = arena->chunks;
		arena->chunks = c;
		if (arena->next_size < CHUNK_LAST)
			arena->next_size *= 2;
	}
	void *piece = (char *)c + CHUNK_HEADER + c->used;
	c->used += rounded;
	return memset(piece, 0, rounded);
}
#endif

void *fy_arena_alloc(fy_arena *arena, size_t size)
{
	arena->used += size;
	return alloc_piece(arena, size ? size : 1);
}

void *fy_arena_array(fy_arena *arena, size_t count, size_t item_size)
{
	size_t bytes;

	if (!fy_mul_size(count, item_size, &bytes))
		FY_BUG("array of %zu items of %zu bytes", count, item_size);
	return fy_arena_alloc(arena, bytes);
}

void *fy_arena_copy(fy_arena *arena, const void *bytes, size_t size)
{
	void *copy = fy_arena_alloc(arena, size);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

char *fy_arena_strdup(fy_arena *arena, const char *text)
{
	return fy_arena_copy(arena, text, strlen(text) + 1);
}

char *fy_arena_strndup(fy_arena *arena, const char *text, size_t length)
{
	char *copy = fy_arena_array(arena, length + 1, 1);
	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *fy_arena_vprintf(fy_arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	FY_ASSERT(len >= 0);
	char *text = fy_arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *fy_arena_printf(fy_arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = fy_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

size_t fy_arena_used(const fy_arena *arena)
{
	return arena->used;
}

void *fy_arena_grow(fy_arena *arena, const void *items, size_t count, size_t *capacity, size_t need,
		    size_t item_size)
{
	size_t bytes;

	FY_ASSERT(count <= *capacity);
	if (need <= *capacity)
		return (void *)items;
	*capacity = grown(*capacity, need, item_size, &bytes);
	void *bigger = fy_arena_alloc(arena, bytes);
	if (count)
		memcpy(bigger, items, count * item_size);
	return bigger;
}
