/*
 * Between the .c files of archive/ only.
 */
#ifndef FY_ARCHIVE_INTERNAL_H
#define FY_ARCHIVE_INTERNAL_H

#include "archive/archive.h"

/* pvalue.c: refuses cycles and nesting deeper than FY_PICKLE_MAX_DEPTH. */
fy_status FY_MUST_USE fy_pvalue_check_graph(const fy_pvalue *root, uint32_t values, const fy_place *place,
					    fy_diags *diags);
void fy_pvalue_append(fy_arena *arena, fy_pvalue *seq, fy_pvalue *const *items, size_t count);
/* `count` pointers: key, value, ... */
void fy_pvalue_set(fy_arena *arena, fy_pvalue *dict, fy_pvalue *const *items, size_t count);

/* pickle.c: the machine, for the opcodes in pscalar.c. */
typedef struct fy_memo_slot {
	uint64_t key; /* + 1; 0: free */
	fy_pvalue *value;
} fy_memo_slot;

struct fy_unpickler {
	fy_arena *arena;
	fy_str bytes;
	size_t pos, op_pos;
	const fy_pickle_hooks *hooks;
	const fy_place *place;
	fy_diags *diags;
	fy_pvalue **stack;
	size_t depth, stack_cap;
	size_t *marks; /* depth of the stack at each open MARK */
	size_t mark_count, mark_cap;
	fy_memo_slot *memo;
	size_t memo_count, memo_size; /* size: power of two, or 0 */
	uint32_t values, max_values;
	fy_pvalue *none, *yes, *no;
	bool done;
};

fy_status fy_unpickler_broken(fy_unpickler *u, const char *why);
fy_status FY_MUST_USE fy_unpickler_take(fy_unpickler *u, uint64_t count, const uint8_t **out);
fy_status FY_MUST_USE fy_unpickler_number(fy_unpickler *u, int size, uint64_t *out); /* little-endian */
fy_status FY_MUST_USE fy_unpickler_line(fy_unpickler *u, fy_str *out); /* up to the newline, which is eaten */
fy_status FY_MUST_USE fy_unpickler_push(fy_unpickler *u, fy_pvalue *value);
fy_status FY_MUST_USE fy_unpickler_push_new(fy_unpickler *u, fy_pkind kind, fy_pvalue **out);

/* pscalar.c: opcodes. */
fy_status fy_pickle_constant(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_binint(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_long(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_binfloat(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_text_number(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_sized(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_text_string(fy_unpickler *u, uint8_t code);

/* ptext.c: text of protocols 0 and 1. False when malformed. */
bool fy_pickle_unquote(fy_arena *arena, fy_str line, fy_str *out);     /* STRING: 'a\x00' */
bool fy_pickle_raw_unicode(fy_arena *arena, fy_str line, fy_str *out); /* UNICODE: a\u00e9 */
/* Lone surrogates are fine, as Python writes them. */
bool fy_utf8_valid(fy_str text);

#endif
