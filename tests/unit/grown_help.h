/* Archives that grow: written to a file, then converted or described by the public API. */
#ifndef GROWN_HELP_H
#define GROWN_HELP_H

#include "archive_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ferry.h>

#define CLASS_HEAD "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
#define FORWARD    "  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
#define DEFINE     "(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"

/* What an archive is made of: code, the attributes of its object as pairs of a pickle, records of data. */
typedef struct grown {
	fy_buf code, state;
	int records;
} grown;

static inline void grown_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Writes the archive and gives back what it was made of. */
static inline void grown_write(grown *g, const char *path)
{
	static const float data[] = { 1, 2, 3, 4 };
	fy_buf pickle = { 0 };
	builder b = { 0 };
	char name[32];

	PUT(&pickle, "\x80\x02");
	fy_buf_puts(&pickle, "c__torch__\nM\n)\x81}(");
	fy_buf_append(&pickle, g->state.data, g->state.len);
	put_sized(&pickle, "training");
	fy_buf_puts(&pickle, "\x89ub.");
	builder_add(&b, "m/data.pkl", pickle.data, pickle.len);
	for (int i = 0; i < g->records; i++) {
		snprintf(name, sizeof(name), "m/data/%d", i);
		builder_add(&b, name, data, sizeof(data));
	}
	builder_add(&b, "m/constants.pkl", BYTES("\x80\x02)."));
	builder_add(&b, "m/code/__torch__.py", g->code.data, g->code.len);
	builder_text(&b, "m/version", "3\n");
	builder_end(&b, g->records > 60000);
	grown_file(path, b.file.data, b.file.len);
	builder_release(&b);
	fy_buf_release(&pickle);
	fy_buf_release(&g->code);
	fy_buf_release(&g->state);
}

/* Converts path into path.onnx; with neither input nor output: describes it. said: gets the diagnostics. */
static inline ferry_status grown_work(const char *path, const char *input, fy_buf *said)
{
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	ferry_session *session;
	ferry_model *model;
	ferry_status status;
	char out[256];

	options.onnxruntime = "none";
	snprintf(out, sizeof(out), "%s.onnx", path);
	assert_int_equal(ferry_session_open(&session, &options), FERRY_OK);
	status = ferry_model_open(&model, session, path, NULL);
	if (status == FERRY_OK && !input)
		status = ferry_model_inspect(model);
	else if (status == FERRY_OK && (status = ferry_model_input(model, input)) == FERRY_OK)
		status = ferry_model_convert(model, out, NULL);
	fy_buf_puts(said, ferry_diagnostics(session, FERRY_TEXT));
	ferry_session_close(session);
	unlink(out);
	return status;
}

#endif
