/* For the tests of hostile programs: a body of forward, captured or run. */
#ifndef HOSTILE_HELP_H
#define HOSTILE_HELP_H

#include "archive_builder.h"
#include "eval/eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct hostile {
	fy_arena *arena;
	fy_diags diags;
	fy_archive *archive;
	fy_program *program;
	fy_graph *graph;
	fy_outputs outputs;
	fy_status status;
} hostile;

#define HOSTILE_HEAD                                                                         \
	"class M(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n  w : Tensor\n" \
	"  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"

/* Source with the lines of `body` as forward, and `more` behind it. */
static inline char *hostile_source(fy_arena *arena, const char *body, const char *more)
{
	fy_buf text = { 0 };
	char *made;

	fy_buf_puts(&text, HOSTILE_HEAD "    ");
	for (const char *c = body; *c; c++) {
		fy_buf_putc(&text, *c);
		if (*c == '\n')
			fy_buf_puts(&text, "    ");
	}
	fy_buf_puts(&text, "\n");
	fy_buf_puts(&text, more);
	made = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return made;
}

/* Opened and bound; nothing has run yet. */
static inline hostile hostile_open(const char *body, const char *more)
{
	static const float weights[] = { 1, 2, 3, 4 };
	hostile h = { .arena = fy_arena_new() };
	fy_buf pickle = { 0 };
	builder b = { 0 };

	put_minimal_pickle(&pickle);
	builder_add(&b, "m/data.pkl", pickle.data, pickle.len);
	builder_add(&b, "m/data/0", weights, sizeof(weights));
	builder_add(&b, "m/constants.pkl", BYTES("\x80\x02)."));
	builder_text(&b, "m/code/__torch__.py", hostile_source(h.arena, body, more));
	builder_text(&b, "m/version", "3\n");
	builder_end(&b, false);
	h.status = open_bytes(&h.archive, h.arena, b.file.data, b.file.len, &h.diags);
	if (h.status == FY_OK)
		h.status = fy_program_bind(&h.program, h.arena, h.archive, fy_eval_is_builtin, &h.diags);
	builder_release(&b);
	fy_buf_release(&pickle);
	return h;
}

static inline void hostile_close(hostile *h)
{
	fy_outputs_release(&h->outputs);
	fy_graph_release(h->graph);
	fy_archive_close(h->archive);
	fy_diags_clear(&h->diags);
	fy_arena_free(h->arena);
}

/* The graph of the body for x of shape [2, 2]; limits may be NULL. */
static inline hostile hostile_capture(const char *body, const char *more, const fy_eval_limits *limits)
{
	hostile h = hostile_open(body, more);
	fy_eval_options options = { 0 };
	fy_tensor *x = fy_tensor_meta(FY_F32, &(fy_shape){ 2, { 2, 2 } });
	fy_leaf leaf = { NULL, fy_arg_tensor(x) };

	if (limits)
		options.limits = *limits;
	if (h.status == FY_OK)
		h.status = fy_eval_capture(h.program, &leaf, 1, &options, h.arena, &h.graph, &h.diags);
	if (h.status != FY_OK)
		h.graph = NULL;
	fy_tensor_unref(x);
	return h;
}

/* The results of the body for x of ones. */
static inline hostile hostile_run(const char *body, const char *more, const fy_eval_limits *limits)
{
	hostile h = hostile_open(body, more);
	fy_eval_options options = { 0 };
	fy_tensor *x = fy_tensor_new(FY_F32, &(fy_shape){ 2, { 2, 2 } }, true);
	fy_leaf leaf = { NULL, fy_arg_tensor(x) };

	for (int i = 0; i < 4; i++)
		fy_tensor_set_f64(x, i, 1);
	if (limits)
		options.limits = *limits;
	if (h.status == FY_OK)
		h.status = fy_eval_run(h.program, &leaf, 1, &options, h.arena, &h.outputs, &h.diags);
	fy_tensor_unref(x);
	return h;
}

/* The id of the first diagnostic; "" when there is none. */
static inline const char *hostile_id(const hostile *h)
{
	return h->diags.count ? h->diags.items[0].id : "";
}

static inline void hostile_explain(const hostile *h, const char *what)
{
	fy_buf text = { 0 };

	fy_diags_print(&h->diags, &text, false);
	print_error("%s: status %d\n%s\n", what, (int)h->status, fy_buf_text(&text));
	fy_buf_release(&text);
}

#endif
