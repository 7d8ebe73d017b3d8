/*
 * How a public call enters a session and leaves it, and what is left of a session that ran out of memory: the
 * handles, so that they can be closed, and a word for those who ask.
 */
#include "api/api_internal.h"

#include <string.h>

#define SPENT_DIAGNOSTIC                                                                        \
	"{\"severity\": \"error\", \"id\": \"out-of-memory\", \"message\": \"out of memory\", " \
	"\"exit_code\": 5}"
_Static_assert(FY_IO == 5, "the exit code above");

static void make_spent(ferry_session *session)
{
	const char *command = session->command ? session->command : "open";

	fy_guard_release(&session->guard);
	fy_storage_set_limit(SIZE_MAX); /* as nobody came back to */
	for (ferry_model *model = session->models; model; model = model->next)
		*model = (ferry_model){ .session = session, .next = model->next };
	*session = (ferry_session){ .spent = true, .models = session->models };
	snprintf(session->spent_json, sizeof(session->spent_json),
		 "{\"schema\": %d, \"ferry\": \"" FERRY_VERSION
		 "\", \"command\": \"%s\", \"status\": %d, \"diagnostics\": [" SPENT_DIAGNOSTIC "]}\n",
		 FERRY_JSON_SCHEMA, command, FERRY_IO);
}

const char *fy_api_spent_report(const ferry_session *session, ferry_format format)
{
	return format == FERRY_JSON ? session->spent_json : "";
}

const char *fy_api_spent_diagnostics(ferry_format format)
{
	return format == FERRY_JSON ? "[" SPENT_DIAGNOSTIC "]\n" : "error: out of memory [out-of-memory]\n";
}

typedef struct call {
	fy_api_work_fn work;
	void *context;
	fy_status status;
} call;

static void do_call(void *context)
{
	call *c = context;

	c->status = c->work(c->context);
}

ferry_status fy_api_call(ferry_session *session, fy_api_work_fn work, void *context)
{
	call c = { work, context, FY_OK };

	if (session->spent)
		return FERRY_IO;
	/* From a listener: running out of memory leaves the work around it too. */
	if (session->working)
		return (ferry_status)work(context);
	session->working = true;
	if (fy_guard_run(&session->guard, do_call, &c) != FY_OK) {
		make_spent(session);
		return FERRY_IO;
	}
	session->working = false;
	return (ferry_status)c.status;
}
