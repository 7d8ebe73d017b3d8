/*
 * Opening bytes as an archive in a test, and what every test does with the result.
 */
#ifndef FY_TEST_ARCHIVE_SESSION_H
#define FY_TEST_ARCHIVE_SESSION_H

#include "archive_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct session {
	fy_arena *arena;
	fy_diags diags;
	fy_archive *archive;
	fy_status status;
} session;

static inline session open_file(const void *bytes, size_t size)
{
	session s = { .arena = fy_arena_new() };

	s.status = open_bytes(&s.archive, s.arena, bytes, size, &s.diags);
	return s;
}

static inline session open_built(builder *b)
{
	session s = open_file(b->file.data, b->file.len);

	builder_release(b);
	return s;
}

static inline void drop(session *s)
{
	fy_archive_close(s->archive);
	fy_diags_clear(&s->diags);
	fy_arena_free(s->arena);
}

static inline void expect(session s, fy_status status, const char *id, const char *member)
{
	assert_int_equal(s.status, status);
	if (id) {
		assert_int_equal(s.diags.count, 1);
		assert_string_equal(s.diags.items[0].id, id);
		assert_non_null(s.diags.items[0].place.file);
		if (member)
			assert_string_equal(s.diags.items[0].place.member, member);
	}
	drop(&s);
}

/* Reads everything that can be read. */
static inline fy_status use(session *s)
{
	fy_named_tensor *tensors;
	fy_pvalue *traced;
	size_t count;
	double sum = 0;

	fy_archive_tensors(s->archive, s->archive->root, &tensors, &count);
	for (size_t i = 0; i < count; i++)
		for (int64_t k = 0; k < fy_tensor_numel(tensors[i].tensor) && k < 100; k++)
			sum += fy_tensor_get_f64(tensors[i].tensor, k);
	assert_true(sum != 0.125);
	FY_TRY(fy_archive_traced_inputs(s->archive, &traced, &s->diags));
	return fy_archive_check_all(s->archive, &s->diags);
}

static inline void survives_flips(const builder *b, size_t step)
{
	for (size_t bit = 0; bit < 8 * b->file.len; bit += step) {
		session s;

		b->file.data[bit / 8] = (char)(b->file.data[bit / 8] ^ 1 << bit % 8);
		s = open_file(b->file.data, b->file.len);
		if (s.status == FY_OK)
			s.status = use(&s);
		assert_true(s.status == FY_OK || s.diags.count == 1);
		drop(&s);
		b->file.data[bit / 8] = (char)(b->file.data[bit / 8] ^ 1 << bit % 8);
	}
}

#endif
