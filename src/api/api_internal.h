/*
 * What a session and a model hold behind the public names, and how work is begun, told and ended.
 */
#ifndef FY_API_INTERNAL_H
#define FY_API_INTERNAL_H

#include <ferry.h>

#include "prove/prove.h"

struct ferry_session {
	fy_guard guard; /* owns all that is allocated for it, but for the session and its models themselves */
	bool spent;     /* memory ran out: nothing is left but the two */
	bool working;
	char spent_json[512]; /* the report then */
	fy_arena *arena;      /* of everything its models and diagnostics point to */
	fy_diags diags;
	ferry_session_options options;
	fy_progress progress;
	fy_ort *ort;
	bool ort_searched;
	ferry_model *models; /* all that are open */
	const char *command; /* whose report this is */
	fy_json *json;       /* the report while it grows */
	fy_json *stages;
	fy_buf text, json_text, diags_text;
};

struct ferry_model {
	ferry_session *session;
	fy_model *inner;
	fy_input_spec *specs; /* texts and tensors owned */
	size_t spec_count, spec_capacity;
	fy_outputs outputs; /* of the last run */
	ferry_tensor *output_views;
	ferry_model *next;
};

/*
 * Runs work(context) and returns what it returns, as the public type. When memory runs out meanwhile,
 * everything that the session has is given back and the session is spent: FERRY_IO, now and ever after.
 */
typedef fy_status (*fy_api_work_fn)(void *context);
ferry_status fy_api_call(ferry_session *session, fy_api_work_fn work, void *context);
const char *fy_api_spent_report(const ferry_session *session, ferry_format format);
const char *fy_api_spent_diagnostics(ferry_format format);
/* Forgets the last report and diagnostics. */
void fy_api_begin(ferry_session *session, const char *command);
/* Finishes the report; returns the final status. */
fy_status fy_api_end(ferry_session *session, fy_status status);
/* Adds a stage to the report and tells the listener; takes stage->json. For fy_stage_sink. */
void fy_api_stage(void *user, const fy_stage *stage);
/* ONNX Runtime, looked for once; *out NULL when there is none. */
fy_status FY_MUST_USE fy_api_runtime(ferry_session *session, fy_ort **out);
fy_work fy_api_work(ferry_session *session, fy_ort *ort, const char *golden, double mean, double rtol,
		    double atol);
/* Length of a NULL-ended list; 0 for NULL. */
int fy_api_list_length(const char *const *list);

#endif
