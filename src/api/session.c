/*
 * Sessions: settings, diagnostics and the report of the last work. Texts are laid out here, once for the
 * command and for other users of the library.
 */
#include "api/api_internal.h"

#include "kernels/kernels.h"

#include <string.h>

enum { NAME_COLUMN = 11, TIME_COLUMN = 104 };

const char *ferry_verdict_name(ferry_verdict verdict)
{
	return fy_verdict_name((fy_verdict)verdict);
}

static fy_status start(void *context)
{
	ferry_session *session = context;
	session->arena = fy_arena_new();
	if (session->options.onnxruntime)
		session->options.onnxruntime = fy_arena_strdup(session->arena, session->options.onnxruntime);
	return FY_OK;
}

ferry_status ferry_session_open(ferry_session **out, const ferry_session_options *options)
{
	ferry_session *session = fy_try_alloc_lasting(sizeof(*session));
	*out = NULL;
	if (!session)
		return FERRY_IO;
	fy_guard_init(&session->guard);
	if (options)
		memcpy(&session->options, options,
		       options->size < sizeof(*options) ? options->size : sizeof(*options));
	session->progress = (fy_progress){ session->options.on_progress, session->options.user };
	if (session->options.threads > 0)
		fy_kernels_set_threads(session->options.threads);
	ferry_status status = fy_api_call(session, start, session);
	if (status == FERRY_OK)
		*out = session;
	else
		ferry_session_close(session);
	return status;
}

void ferry_session_close(ferry_session *session)
{
	if (!session)
		return;
	while (session->models)
		ferry_model_close(session->models);
	fy_ort_release(session->ort);
	fy_json_free(session->json);
	fy_buf_release(&session->text);
	fy_buf_release(&session->json_text);
	fy_buf_release(&session->diags_text);
	fy_diags_clear(&session->diags);
	fy_arena_free(session->arena);
	fy_free(session);
}

bool ferry_interrupt(void)
{
	fy_interrupt_flag = 1;
	return fy_outputs_remove_all();
}

static fy_status print_text(void *context)
{
	ferry_session *session = context;
	fy_diags_print(&session->diags, &session->diags_text, session->options.colour);
	return FY_OK;
}

static fy_status print_json(void *context)
{
	ferry_session *session = context;
	fy_json *json = fy_diags_json(&session->diags);
	fy_json_print(json, &session->diags_text);
	fy_json_free(json);
	return FY_OK;
}

const char *ferry_diagnostics(ferry_session *session, ferry_format format)
{
	session->diags_text.len = 0;
	if (fy_api_call(session, format == FERRY_JSON ? print_json : print_text, session) != FERRY_OK)
		return fy_api_spent_diagnostics(format);
	return session->diags_text.len ? fy_buf_text(&session->diags_text) : "";
}

const char *ferry_report(ferry_session *session, ferry_format format)
{
	if (session->spent)
		return fy_api_spent_report(session, format);
	return format == FERRY_JSON ? fy_buf_text(&session->json_text) : fy_buf_text(&session->text);
}

/* ---- work ---- */

void fy_api_begin(ferry_session *session, const char *command)
{
	fy_diags_clear(&session->diags);
	fy_json_free(session->json);
	session->command = command;
	session->text.len = session->json_text.len = 0;
	session->json = fy_json_object();
	session->stages = NULL;
	fy_json_set(session->json, "schema", fy_json_int(FERRY_JSON_SCHEMA));
	fy_json_set(session->json, "ferry", fy_json_str(FERRY_VERSION));
	fy_json_set(session->json, "command", fy_json_str(command));
}

/* What was found in a file that changed meanwhile says nothing. */
static fy_status judge_files(ferry_session *session, fy_status status)
{
	fy_diags found = { 0 };
	fy_status files = fy_files_check(&found);
	if (files == FY_OK)
		return status;
	fy_diags_clear(&session->diags);
	session->diags = found;
	return files;
}

fy_status fy_api_end(ferry_session *session, fy_status status)
{
	status = judge_files(session, status);
	if (status == FY_OK && fy_interrupted())
		status = FY_INTERRUPTED;
	fy_json_set(session->json, "status", fy_json_int(status));
	fy_json_set(session->json, "diagnostics", fy_diags_json(&session->diags));
	fy_json_print(session->json, &session->json_text);
	fy_json_free(session->json);
	session->json = NULL;
	return status;
}

static void put_coloured(fy_buf *out, bool colour, const char *code, const char *text)
{
	if (colour)
		fy_buf_printf(out, "\x1b[%sm%s\x1b[0m", code, text);
	else
		fy_buf_puts(out, text);
}

static const char *verdict_colour(fy_verdict verdict)
{
	return verdict == FY_VERDICT_OK ? "32" : verdict == FY_VERDICT_FAILED ? "1;31" : "33";
}

static void put_seconds(fy_buf *out, double seconds)
{
	if (seconds < 0.00995)
		fy_buf_printf(out, "%.1f ms", seconds * 1000);
	else if (seconds < 0.9995)
		fy_buf_printf(out, "%.0f ms", seconds * 1000);
	else
		fy_buf_printf(out, "%.1f s", seconds);
}

/* Columns a text takes: UTF-8 continuation bytes take none. */
static size_t columns(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void put_spaces(fy_buf *out, size_t used, size_t column)
{
	for (size_t i = used; i < column || i < used + 2; i++)
		fy_buf_putc(out, ' ');
}

static void put_details(fy_buf *out, const char *details)
{
	while (details && *details) {
		size_t len = strcspn(details, "\n");
		fy_buf_printf(out, "  %*s%.*s\n", NAME_COLUMN, "", (int)len, details);
		details += len + (details[len] == '\n');
	}
}

/* "  capture    INPUT__0 ...    4 ms"; the model's own line stands without indent, under the name of its
 * file. */
static void put_stage(fy_buf *out, const fy_stage *stage, bool colour)
{
	const char *verdict = fy_verdict_name(stage->verdict);
	fy_buf time = { 0 };
	size_t used = 2 + NAME_COLUMN + columns(stage->text);
	if (strcmp(stage->name, "model") != 0)
		fy_buf_printf(out, "  %-*s ", NAME_COLUMN - 1, stage->name);
	if (*verdict) {
		put_coloured(out, colour, verdict_colour(stage->verdict), verdict);
		put_spaces(out, columns(verdict), 6);
		used += columns(verdict) < 4 ? 6 : columns(verdict) + 2;
	}
	fy_buf_puts(out, stage->text);
	if (stage->seconds > 0) {
		put_seconds(&time, stage->seconds);
		put_spaces(out, used, TIME_COLUMN - time.len);
		fy_buf_puts(out, fy_buf_text(&time));
		fy_buf_release(&time);
	}
	fy_buf_putc(out, '\n');
	put_details(out, stage->details);
}

static fy_json *stage_json(const fy_stage *stage)
{
	fy_json *json = fy_json_object();
	fy_json_set(json, "stage", fy_json_str(stage->name));
	if (stage->verdict != FY_VERDICT_NONE)
		fy_json_set(json, "verdict", fy_json_str(fy_verdict_name(stage->verdict)));
	fy_json_set(json, "text", fy_json_str(stage->text));
	if (stage->seconds > 0)
		fy_json_set(json, "seconds", fy_json_num(stage->seconds));
	if (stage->json)
		fy_json_set(json, "data", stage->json);
	return json;
}

void fy_api_stage(void *user, const fy_stage *stage)
{
	ferry_session *session = user;
	size_t start = session->text.len;
	if (!session->stages) {
		session->stages = fy_json_array();
		fy_json_set(session->json, "stages", session->stages);
	}
	fy_json_add(session->stages, stage_json(stage));
	put_stage(&session->text, stage, session->options.colour);
	if (!session->options.on_stage)
		return;
	ferry_stage told = { stage->name,    (ferry_verdict)stage->verdict, stage->text, stage->details,
			     stage->seconds, session->text.data + start };
	session->options.on_stage(session->options.user, &told);
}

fy_status fy_api_runtime(ferry_session *session, fy_ort **out)
{
	if (!session->ort_searched)
		FY_TRY(fy_ort_load(&session->ort, session->options.onnxruntime, &session->diags));
	session->ort_searched = true;
	*out = session->ort;
	return FY_OK;
}

fy_work fy_api_work(ferry_session *session, fy_ort *ort, const char *golden, double mean, double rtol,
		    double atol)
{
	fy_tolerance tolerance = FY_TOLERANCE_DEFAULT;
	if (mean > 0)
		tolerance.mean = mean;
	if (rtol > 0)
		tolerance.rtol = rtol;
	if (atol > 0)
		tolerance.atol = atol;
	return (fy_work){ .sink = { fy_api_stage, session, session->options.verbose },
			  .tolerance = tolerance,
			  .golden = golden,
			  .seed = session->options.seed,
			  .threads = session->options.threads,
			  .progress = &session->progress,
			  .ort = ort };
}

int fy_api_list_length(const char *const *list)
{
	int count = 0;
	while (list && list[count])
		count++;
	return count;
}
