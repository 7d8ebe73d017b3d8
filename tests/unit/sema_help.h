/* For the tests of the sema room: binding small programs, and finding what was made of them. */
#ifndef SEMA_HELP_H
#define SEMA_HELP_H

#include "archive_builder.h"
#include "sema/sema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Class M as it is pickled: a parameter `w` and the flag `training`. Lines 1 to 5; what follows starts on
 * line 6. */
#define CLASS_M                                                                              \
	"class M(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n  w : Tensor\n" \
	"  training : bool\n"
/* The head of forward: lines 6 and 7. The body starts on line 8, column 5. */
#define FORWARD CLASS_M "  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"

typedef struct bound {
	fy_arena *arena;
	fy_diags diags;
	fy_archive *archive;
	fy_program *program;
	fy_status status;
} bound;

/* One operator of the evaluator that has no schema. */
static inline bool test_builtin(const char *name)
{
	return strcmp(name, "prim::shape") == 0;
}

/* `files`: pairs of record and text, NULL-ended. */
static inline bound bind_archive(const fy_buf *data, const fy_buf *constants, const char *const *files,
				 const char *version)
{
	static const float weights[] = { 1, 2, 3, 4 };
	bound p = { .arena = fy_arena_new() };
	builder b = { 0 };
	builder_add(&b, "m/data.pkl", data->data, data->len);
	builder_add(&b, "m/data/0", weights, sizeof(weights));
	builder_add(&b, "m/constants.pkl", constants->data, constants->len);
	for (int i = 0; files[i]; i += 2)
		builder_text(&b, files[i], files[i + 1]);
	builder_text(&b, "m/version", version);
	builder_end(&b, false);
	p.status = open_bytes(&p.archive, p.arena, b.file.data, b.file.len, &p.diags);
	if (p.status == FY_OK)
		p.status = fy_program_bind(&p.program, p.arena, p.archive, test_builtin, &p.diags);
	builder_release(&b);
	return p;
}

static inline bound bind_files(const char *const *files, const char *version)
{
	fy_buf data = { 0 }, constants = { 0 };
	put_minimal_pickle(&data);
	fy_buf_append(&constants, "\x80\x02K\x07\x85.", 6); /* (7,) */
	bound p = bind_archive(&data, &constants, files, version);
	fy_buf_release(&data);
	fy_buf_release(&constants);
	return p;
}

static inline bound bind_text(const char *code)
{
	const char *const files[] = { "m/code/__torch__.py", code, NULL };
	return bind_files(files, "10\n");
}

static inline void bound_release(bound *p)
{
	fy_archive_close(p->archive);
	fy_diags_clear(&p->diags);
	fy_arena_free(p->arena);
}

static inline void must_be_bound(const bound *p, const char *code)
{
	if (p->status == FY_OK)
		return;
	if (p->diags.count == 0)
		fail_msg("%s\nfails without a word", code);
	const fy_diag *diag = &p->diags.items[0];
	fail_msg("%s\n%d:%d: %s", code, diag->place.line, diag->place.column, diag->message);
}

static inline bound bind_good(const char *code)
{
	bound p = bind_text(code);
	must_be_bound(&p, code);
	return p;
}

/* Statement `i` of forward. */
static inline const fy_bstmt *forward_stmt(const bound *p, int i)
{
	const fy_function *forward = fy_class_method(p->program->root, "forward");
	assert_non_null(forward);
	assert_in_range(i, 0, forward->body.count - 1);
	return forward->body.items[i];
}

/* The program must be refused with this first diagnostic. */
static inline void check_refused(const char *code, int line, int column, const char *id, const char *message)
{
	bound p = bind_text(code);
	if (p.status == FY_OK)
		fail_msg("this binds:\n%s", code);
	const fy_diag *diag = &p.diags.items[0];
	assert_int_equal(p.status, FY_MALFORMED);
	assert_null(p.program);
	if (strcmp(diag->id, id) != 0 || strcmp(diag->message, message) != 0 || diag->place.line != line ||
	    diag->place.column != column)
		fail_msg("%s\ngives %d:%d: %s [%s]", code, diag->place.line, diag->place.column,
			 diag->message, diag->id);
	bound_release(&p);
}

static inline void check_accepted(const char *code)
{
	bound p = bind_good(code);
	bound_release(&p);
}

#endif
