/*
 * core: what every room stands on. Status codes, memory, checked arithmetic, bytes, maps, diagnostics,
 * files, JSON and progress. Knows nothing of tensors or models.
 */
#ifndef FY_CORE_H
#define FY_CORE_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- status --------------------------------------------------------------------------------- */

/* Outcome of anything that can fail on input. The values are the exit codes of the program. */
typedef enum fy_status {
	FY_OK = 0,
	FY_CHECK_FAILED = 1,  /* a comparison or check did not hold */
	FY_USAGE = 2,         /* wrong arguments, missing or wrong input */
	FY_MALFORMED = 3,     /* the model file is broken */
	FY_UNSUPPORTED = 4,   /* the model is well-formed, ferry cannot do it */
	FY_IO = 5,            /* input/output error or out of memory */
	FY_INTERRUPTED = 130, /* SIGINT or SIGTERM */
} fy_status;

#define FY_MUST_USE          __attribute__((warn_unused_result))
#define FY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The only macro with control flow: hands a failure on to the caller. */
#define FY_TRY(expr)                           \
	do {                                   \
		fy_status fy_status_ = (expr); \
		if (fy_status_ != FY_OK)       \
			return fy_status_;     \
	} while (0)

#define FY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A broken invariant of ferry itself: prints and aborts. Never for bad input. */
_Noreturn void fy_bug_at(const char *file, int line, const char *format, ...) FY_PRINTF(3, 4);
#define FY_BUG(...)          fy_bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define FY_ASSERT(condition) ((condition) ? (void)0 : FY_BUG("assertion failed: %s", #condition))

/* ---- memory: memory.c ----------------------------------------------------------------------- */

/* Never NULL. Without memory fy_out_of_memory() is called. */
void *fy_alloc(size_t size);
void *fy_zalloc(size_t size);
void *fy_realloc(void *old, size_t size);
void fy_free(void *block);
char *fy_strdup(const char *text);
/* What is never asked of the system: no machine has it, and sanitizers take the question for a fault. */
#define FY_ALLOC_MOST ((size_t)1 << 39)
/* May return NULL: for sizes that come from a file. Zeroed when zero is true. */
void *fy_try_alloc(size_t size, bool zero);
/* Could so much be had just now? To be asked before libraries that crash, or end the process, without it. */
bool fy_memory_left(size_t size);
/* As fy_try_alloc, zeroed, of no guard: for what has to outlive one. */
void *fy_try_alloc_lasting(size_t size);
/* What fy_alloc does when it gets nothing: also for memory that other libraries failed to get. Leaves the
 * innermost fy_guard_run of this thread. Outside of any it removes unfinished output files, says "out of
 * memory" and exits with FY_IO. Never inside fy_parallel. */
_Noreturn void fy_out_of_memory(void);

/* Grows `items` (of item_size bytes each) so that at least `need` fit; updates *capacity. */
void *fy_grow(void *items, size_t *capacity, size_t need, size_t item_size);

/* Arena: everything of one model lives and dies together. In sanitizer builds each object is its own
 * block. Memory is zeroed and aligned for any type. */
typedef struct fy_arena fy_arena;
fy_arena *fy_arena_new(void);
void fy_arena_free(fy_arena *arena); /* NULL is fine */
void *fy_arena_alloc(fy_arena *arena, size_t size);
void *fy_arena_copy(fy_arena *arena, const void *bytes, size_t size);
char *fy_arena_strdup(fy_arena *arena, const char *text);
char *fy_arena_strndup(fy_arena *arena, const char *text, size_t length);
char *fy_arena_printf(fy_arena *arena, const char *format, ...) FY_PRINTF(2, 3);
char *fy_arena_vprintf(fy_arena *arena, const char *format, va_list args);
size_t fy_arena_used(const fy_arena *arena);
/* As fy_grow, for an array in an arena: the old array stays where it was. */
void *fy_arena_grow(fy_arena *arena, const void *items, size_t count, size_t *capacity, size_t need,
		    size_t item_size);
#define FY_NEW(arena, type) ((type *)fy_arena_alloc((arena), sizeof(type)))
/* count comes from checked places only: the product is checked and a wrap is a bug. */
void *fy_arena_array(fy_arena *arena, size_t count, size_t item_size);
#define FY_NEW_ARRAY(arena, type, count) ((type *)fy_arena_array((arena), (size_t)(count), sizeof(type)))

/* ---- running out of memory: guard.c ---------------------------------------------------------- */

/* A place in a ring. */
typedef struct fy_ring {
	struct fy_ring *prev, *next;
} fy_ring;

/* Owner of everything that is allocated while fy_guard_run runs with it. */
typedef struct fy_guard {
	fy_ring blocks, holds;
	struct fy_mapping *lost; /* files that changed and are closed already */
} fy_guard;

/* Something beside memory that has to be given back when work is left: a map, a file, a thread. */
typedef struct fy_hold {
	fy_ring link;
	void (*release)(void *what);
	void *what;
} fy_hold;

void fy_guard_init(fy_guard *guard);
/*
 * Runs work(context). FY_IO when memory ran out in it: it was left where it stood, and what it allocated is
 * still there for fy_guard_release. guard NULL: what it allocates belongs to the present guard. For a caller
 * that has to tidy up what no guard knows, and then calls fy_out_of_memory() in its turn.
 */
fy_status FY_MUST_USE fy_guard_run(fy_guard *guard, void (*work)(void *context), void *context);
/* Gives back all holds, the newest first, then all blocks. */
void fy_guard_release(fy_guard *guard);
fy_guard *fy_guard_current(void); /* of this thread; NULL: none */

/* `hold` stays where it is, mostly in the block that it belongs to, until it is dropped or released. */
void fy_hold_add(fy_hold *hold, void (*release)(void *what), void *what);
void fy_hold_drop(fy_hold *hold);

/* For memory.c: what stands in front of a block; leaving, if there is anything to leave. */
void fy_guard_link(fy_ring *block);
void fy_guard_unlink(fy_ring *link);
void fy_guard_leave(void);
void fy_free_owned(fy_ring *block);

/* ---- checked arithmetic (inline) ------------------------------------------------------------ */

/* Each returns false, leaving *out unspecified, when the true result does not fit. */
static inline bool fy_add_i64(int64_t a, int64_t b, int64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}
static inline bool fy_sub_i64(int64_t a, int64_t b, int64_t *out)
{
	return !__builtin_sub_overflow(a, b, out);
}
static inline bool fy_mul_i64(int64_t a, int64_t b, int64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}
static inline bool fy_add_size(size_t a, size_t b, size_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}
static inline bool fy_mul_size(size_t a, size_t b, size_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

/* ---- text and bytes: bytes.c, numbers.c, map.c ----------------------------------------------- */

/* A borrowed run of bytes, not NUL-terminated. */
typedef struct fy_str {
	const char *data;
	size_t len;
} fy_str;

fy_str fy_str_of(const char *text);
bool fy_str_eq(fy_str a, fy_str b);
bool fy_str_is(fy_str a, const char *text);
bool fy_starts_with(const char *text, const char *prefix);
bool fy_ends_with(const char *text, const char *suffix);

/* Growable bytes; zero-initialised is empty. data is NUL-terminated once anything was appended. */
typedef struct fy_buf {
	char *data;
	size_t len, cap;
} fy_buf;

void fy_buf_append(fy_buf *buf, const void *bytes, size_t len);
void fy_buf_puts(fy_buf *buf, const char *text);
void fy_buf_putc(fy_buf *buf, char c);
void fy_buf_printf(fy_buf *buf, const char *format, ...) FY_PRINTF(2, 3);
void fy_buf_vprintf(fy_buf *buf, const char *format, va_list args);
/* Appends text from a file safely: control bytes and invalid UTF-8 come out as \xNN. */
void fy_buf_put_clean(fy_buf *buf, const char *text, size_t len);
/* Length of the UTF-8 sequence that text begins with (1..4); 0 when it is not valid or len is 0. */
size_t fy_utf8_length(const char *text, size_t len);
const char *fy_buf_text(const fy_buf *buf); /* "" when empty */
void fy_buf_release(fy_buf *buf);

/* Locale-independent parsing and printing of numbers. The parsers take the whole text or fail. */
bool fy_parse_i64(const char *text, int64_t *out);
bool fy_parse_f64(const char *text, double *out);
/* Shortest text that reads back as the same double: 0.1, 1e-05, inf, nan, 2.0. Always has '.', 'e',
 * "inf" or "nan", so that it cannot be read as an int. */
void fy_buf_put_f64(fy_buf *buf, double value);

/* Hash map from text (copied) to pointer, in insertion order. Zero-initialised is empty. */
typedef struct fy_map_entry {
	const char *key;
	size_t len;
	uint64_t hash;
	void *value;
} fy_map_entry;
typedef struct fy_map {
	fy_map_entry *entries; /* count of them, in order of insertion */
	size_t count, capacity;
	uint32_t *slots;
	size_t slot_count;
} fy_map;

void *fy_map_get(const fy_map *map, fy_str key); /* NULL when absent */
bool fy_map_has(const fy_map *map, fy_str key);
void fy_map_put(fy_map *map, fy_str key, void *value); /* replaces */
void fy_map_release(fy_map *map);
uint64_t fy_hash(const void *bytes, size_t len);

/* Hash table of borrowed things that hold their own key. Empty when all but key_of and arena is zero. */
typedef struct fy_index {
	fy_str (*key_of)(const void *thing);
	fy_arena *arena; /* where its memory is from; NULL: of its own, until fy_index_release() */
	const void **things;
	uint32_t *hashes; /* of the things, in step */
	size_t count, slot_count;
} fy_index;

void *fy_index_get(const fy_index *index, fy_str key); /* NULL when absent */
/* Adds the thing when none of its key is there. Returns the one that is. */
void *fy_index_put(fy_index *index, const void *thing);
void fy_index_release(fy_index *index);

/* ---- diagnostics: diag.c -------------------------------------------------------------------- */

/* A place in what the user gave. Any field may be NULL or 0 when unknown. Borrowed texts must live as
 * long as the list of diagnostics. */
typedef struct fy_place {
	const char *file;   /* path as the user gave it */
	const char *member; /* record in the archive, e.g. code/__torch__/net.py */
	int line, column;   /* 1-based */
	int width;          /* how many characters the caret line covers; 0 or 1: one */
	const char *text;   /* the source line, not NUL- but newline- or NUL-ended */
	const char *module; /* dotted module path, e.g. encoder.stages.0 */
} fy_place;

typedef enum fy_severity { FY_ERROR, FY_WARNING } fy_severity;

typedef struct fy_diag {
	fy_severity severity;
	fy_status status;
	const char *id; /* stable, e.g. "op-unsupported" */
	fy_place place;
	char *message; /* lower case, no full stop, what failed first */
	char *notes;   /* newline-separated, or NULL */
	char *hint;    /* or NULL */
} fy_diag;

/* Collected, not printed. At most FY_DIAG_LIMIT are kept, the rest is counted. */
enum { FY_DIAG_LIMIT = 100 };
typedef struct fy_diags {
	fy_diag *items;
	size_t count, capacity;
	size_t errors, warnings, dropped;
} fy_diags;

/* Adds an error and returns `status`, so that `return fy_error(...)` reads well. place may be NULL. */
fy_status fy_error(fy_diags *diags, fy_status status, const char *id, const fy_place *place,
		   const char *format, ...) FY_PRINTF(5, 6);
void fy_warning(fy_diags *diags, const char *id, const fy_place *place, const char *format, ...)
	FY_PRINTF(4, 5);
/* Adds to the newest diagnostic. */
void fy_note(fy_diags *diags, const char *format, ...) FY_PRINTF(2, 3);
void fy_hint(fy_diags *diags, const char *format, ...) FY_PRINTF(2, 3);
/* The gravest status among the errors: IO, then malformed, usage, unsupported, check failed. */
fy_status fy_diags_status(const fy_diags *diags);
void fy_diags_print(const fy_diags *diags, fy_buf *out, bool colour);
/* Takes back everything after the first `count`: for what turned out not to matter. */
void fy_diags_truncate(fy_diags *diags, size_t count);
void fy_diags_clear(fy_diags *diags);

/* ---- files: mapping.c, file.c, output.c ------------------------------------------------------ */

/* A file mapped read-only. Size 0 gives data == "" (not NULL). */
typedef struct fy_file {
	char *path;
	struct fy_mapping *mapping;
	const uint8_t *data;
	size_t size;
	uint64_t device, inode;
} fy_file;

/* FY_IO or FY_USAGE (no such file, is a directory) with a diagnostic. The path is borrowed as in fy_place. */
fy_status FY_MUST_USE fy_file_open(fy_file *file, const char *path, fy_diags *diags);
void fy_file_close(fy_file *file);
/* FY_IO with a diagnostic when a file that this thread's guard has or had open became shorter or was written
 * to meanwhile: whatever was read from it is then not to be trusted, and was zeros where the file was gone.
 */
fy_status FY_MUST_USE fy_files_check(fy_diags *diags);
/* Bytes in memory as a file named `path`; they must outlive it. Closed like the others. */
fy_file fy_file_of_bytes(const void *bytes, size_t size, const char *path);
/* Brings a part into memory at once; NULL when it cannot be read or the file became shorter. */
const uint8_t *fy_file_view(const fy_file *file, uint64_t offset, size_t len);
/* A part that was looked at, by copying too, will not be needed soon: it no longer counts as memory of the
 * process. */
void fy_file_leave(const fy_file *file, uint64_t offset, size_t len);

/* An output that appears whole or not at all: temp file beside its place, fsync, rename, fsync of the
 * folder. Unfinished ones are removed by fy_outputs_remove_all(), which is safe in a signal handler. The path
 * given is borrowed: diagnostics name it. */
typedef struct fy_output fy_output;
fy_status FY_MUST_USE fy_output_open(fy_output **out, const char *path, fy_diags *diags);
fy_status FY_MUST_USE fy_output_write(fy_output *out, const void *bytes, size_t len); /* buffered */
/* Bytes of a mapped file. */
fy_status FY_MUST_USE fy_output_copy(fy_output *out, const fy_file *file, uint64_t offset, size_t len);
uint64_t fy_output_size(const fy_output *out);
const char *fy_output_path(const fy_output *out); /* what is replaced in the end: links followed */
/* The hook is told, in the thread that writes, how many bytes are in the file and can be read back. */
void fy_output_on_flush(fy_output *out, void (*hook)(void *user, uint64_t flushed), void *user);
fy_status FY_MUST_USE fy_output_flush(fy_output *out);
/* For another thread than the writer's: what is in the file already, to be given back; NULL on failure. */
const uint8_t *fy_output_view(const fy_output *out, uint64_t offset, size_t len);
void fy_output_leave(const uint8_t *bytes, size_t len);
/* The same: sets the disk to work on a part, so that syncing finds little left to do. */
void fy_output_push(const fy_output *out, uint64_t from, uint64_t to);
/* Flushes and fsyncs; the file stays under its temporary name, which is returned: for reading it back. */
fy_status FY_MUST_USE fy_output_finish(fy_output *out, const char **temporary_path);
/* Finishes and gives the file its name already, for one that only another unfinished output refers to. Until
 * it is committed, aborting and fy_outputs_remove_all() remove it, unless a file had that name before. */
fy_status FY_MUST_USE fy_output_place(fy_output *out);
fy_status FY_MUST_USE fy_output_commit(fy_output *out);                      /* rename to its path; frees */
fy_status FY_MUST_USE fy_output_commit_as(fy_output *out, const char *path); /* rename elsewhere; frees */
/* Files that only what is replaced refers to: they are removed when this one has its name. Borrowed. */
void fy_output_takes_along(fy_output *out, const char *const *paths, size_t count);
/* The same for a file and the placed one it refers to (or NULL): both stay or both go. path NULL: its own. */
fy_status FY_MUST_USE fy_output_commit_pair(fy_output *out, fy_output *placed, const char *path);
void fy_output_abort(fy_output *out); /* removes; frees; NULL is fine */
/* False: a file is just being given its name, so nothing was removed; that work ends by itself at once. */
bool fy_outputs_remove_all(void);
/* Writes a whole small file the same way. */
fy_status FY_MUST_USE fy_write_file(const char *path, const void *bytes, size_t len, fy_diags *diags);

/* ---- the stack: stack.c ----------------------------------------------------------------------- */

/* True when the stack of this thread is nearly used up: recursion over input asks and gives up in time. */
bool fy_stack_low(void);

/* ---- progress and interruption: progress.c -------------------------------------------------- */

/* Set by a signal handler; long loops ask and return FY_INTERRUPTED. */
extern volatile int fy_interrupt_flag;
static inline bool fy_interrupted(void)
{
	return fy_interrupt_flag != 0;
}

/* Told about long work; done of total, total 0 when unknown. NULL hook: nobody listens. */
typedef struct fy_progress {
	void (*hook)(void *user, const char *what, int64_t done, int64_t total);
	void *user;
} fy_progress;
void fy_progress_say(const fy_progress *progress, const char *what, int64_t done, int64_t total);

double fy_now(void); /* monotonic seconds */

/* ---- JSON: json.c --------------------------------------------------------------------------- */

typedef struct fy_json fy_json; /* a value; owned by whoever it was put into */
fy_json *fy_json_object(void);
fy_json *fy_json_array(void);
fy_json *fy_json_str(const char *text); /* NULL gives null; invalid UTF-8 is escaped */
fy_json *fy_json_int(int64_t value);
fy_json *fy_json_num(double value); /* nan and inf become strings */
fy_json *fy_json_bool(bool value);
void fy_json_set(fy_json *object, const char *key, fy_json *value); /* takes value; a key is set once */
void fy_json_add(fy_json *array, fy_json *value);                   /* takes value */
void fy_json_print(const fy_json *value, fy_buf *out);              /* indented, keys in order of insertion */
void fy_json_free(fy_json *value);
fy_json *fy_diags_json(const fy_diags *diags);

#endif
