/*
 * What ferry can do and what it found: the operators and the state of this machine.
 */
#include "api/api_internal.h"

#include "kernels/kernels.h"
#include "lower/lower.h"
#include "ops/ops.h"

#include <string.h>

/* ---- operators ---- */

static bool is_supported(const fy_schema *schema)
{
	int written;
	const fy_schema *functional;
	if (fy_op_of(schema) || fy_eval_is_builtin(schema->name))
		return true;
	functional = fy_schema_functional(schema, &written);
	return functional && fy_op_of(functional);
}

static int count_supported(const char *name, int *total)
{
	fy_schema_set set = fy_schemas_of(name);
	int supported = 0;
	for (int i = 0; i < set.count; i++)
		supported += is_supported(&set.schemas[i]);
	*total = set.count;
	return supported;
}

static void list_operators(ferry_session *session)
{
	fy_json *list = fy_json_array();
	int supported = 0, known = fy_schema_name_count();
	for (int i = 0; i < known; i++) {
		const char *name = fy_schema_name(i);
		int total, some = count_supported(name, &total);
		if (some == 0)
			continue;
		supported++;
		if (some == total)
			fy_buf_printf(&session->text, "%s\n", name);
		else
			fy_buf_printf(&session->text, "%-36s %d of %d overloads\n", name, some, total);
		fy_json *json = fy_json_object();
		fy_json_set(json, "name", fy_json_str(name));
		fy_json_set(json, "overloads", fy_json_int(total));
		fy_json_set(json, "supported", fy_json_int(some));
		fy_json_add(list, json);
	}
	fy_buf_printf(&session->text, "%d of %d operators of PyTorch\n", supported, known);
	fy_json_set(session->json, "operators", list);
	fy_json_set(session->json, "known", fy_json_int(known));
}

/* Names that contain the text, as a hint. */
static void hint_similar(ferry_session *session, const char *text)
{
	enum { SHOWN = 8 };
	fy_buf names = { 0 };
	int found = 0;
	const char *bare = strstr(text, "::") ? strstr(text, "::") + 2 : text;
	for (int i = 0; i < fy_schema_name_count() && found < SHOWN; i++)
		if (*bare && strstr(fy_schema_name(i), bare))
			fy_buf_printf(&names, "%s%s", found++ ? ", " : "", fy_schema_name(i));
	if (found)
		fy_hint(&session->diags, "there are %s", fy_buf_text(&names));
	else
		fy_hint(&session->diags, "`ferry ops` lists those that are supported");
	fy_buf_release(&names);
}

static fy_status show_operator(ferry_session *session, const char *name)
{
	const char *full = strstr(name, "::") ? name : fy_arena_printf(session->arena, "aten::%s", name);
	fy_schema_set set = fy_schemas_of(full);
	fy_json *list = fy_json_array();
	fy_json_set(session->json, "name", fy_json_str(full));
	fy_json_set(session->json, "schemas", list);
	if (set.count == 0) {
		fy_error(&session->diags, FY_USAGE, "op-unknown", NULL, "PyTorch has no operator '%s'", full);
		hint_similar(session, name);
		return FY_USAGE;
	}
	for (int i = 0; i < set.count; i++) {
		bool supported = is_supported(&set.schemas[i]);
		fy_json *json = fy_json_object();
		fy_buf_printf(&session->text, "%-14s %s\n", supported ? "supported" : "not supported",
			      set.schemas[i].text);
		fy_json_set(json, "schema", fy_json_str(set.schemas[i].text));
		fy_json_set(json, "supported", fy_json_bool(supported));
		fy_json_add(list, json);
	}
	return FY_OK;
}

typedef struct operators_call {
	ferry_session *session;
	const char *name;
} operators_call;

static fy_status do_operators(void *context)
{
	const operators_call *c = context;
	fy_status status = FY_OK;
	fy_api_begin(c->session, "ops");
	if (c->name)
		status = show_operator(c->session, c->name);
	else
		list_operators(c->session);
	return fy_api_end(c->session, status);
}

ferry_status ferry_operators(ferry_session *session, const char *name)
{
	return fy_api_call(session, do_operators, &(operators_call){ session, name });
}

/* ---- doctor ---- */

static void put_line(ferry_session *session, const char *name, const char *text)
{
	fy_buf_printf(&session->text, "%-13s%s\n", name, text);
}

static void show_kernels(ferry_session *session)
{
	fy_buf text = { 0 };
	fy_json *lines = fy_json_array();
	fy_kernels_describe(&text);
	for (char *line = text.data; line && *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = 0;
		put_line(session, line == text.data ? "kernels" : "", line);
		fy_json_add(lines, fy_json_str(line));
		line = end ? end + 1 : NULL;
	}
	fy_json_set(session->json, "kernels", lines);
	fy_buf_release(&text);
}

static fy_json *runtime_json(const char *path, const char *how, const char *version)
{
	fy_json *json = fy_json_object();
	fy_json_set(json, "path", fy_json_str(path));
	fy_json_set(json, "how", fy_json_str(how));
	fy_json_set(json, "used", fy_json_bool(version != NULL));
	if (version)
		fy_json_set(json, "runtime_version", fy_json_str(version));
	return json;
}

/* The library in use, then the others that were found. */
static void show_runtimes(ferry_session *session, const fy_ort *ort)
{
	size_t count;
	fy_ort_place *places = fy_ort_places(session->options.onnxruntime, &count);
	fy_json *list = fy_json_array();
	fy_buf text = { 0 };
	if (ort) {
		fy_buf_printf(&text, "%s  %s (%s)", fy_ort_version(ort), fy_ort_path(ort), fy_ort_how(ort));
		fy_json_add(list, runtime_json(fy_ort_path(ort), fy_ort_how(ort), fy_ort_version(ort)));
		put_line(session, "onnxruntime", fy_buf_text(&text));
	} else {
		put_line(session, "onnxruntime", "not found: results are checked by ferry's own engine only");
	}
	for (size_t i = 0; i < count; i++) {
		if (ort && !strcmp(places[i].path, fy_ort_path(ort)))
			continue;
		text.len = 0;
		fy_buf_printf(&text, "not used: %s (%s)", places[i].path, places[i].how);
		put_line(session, "", fy_buf_text(&text));
		fy_json_add(list, runtime_json(places[i].path, places[i].how, NULL));
	}
	fy_json_set(session->json, "onnxruntime", list);
	fy_buf_release(&text);
	fy_ort_places_release(places, count);
}

static fy_status do_doctor(void *context)
{
	ferry_session *session = context;
	fy_ort *ort = NULL;
	fy_api_begin(session, "doctor");
	put_line(session, "ferry", FERRY_VERSION);
	show_kernels(session);
	fy_status status = fy_api_runtime(session, &ort);
	show_runtimes(session, ort);
	put_line(session, "opsets",
		 fy_arena_printf(session->arena, "%d to %d", FY_ONNX_OPSET_MIN, FY_ONNX_OPSET_MAX));
	fy_json_set(session->json, "opset_min", fy_json_int(FY_ONNX_OPSET_MIN));
	fy_json_set(session->json, "opset_max", fy_json_int(FY_ONNX_OPSET_MAX));
	return fy_api_end(session, status);
}

ferry_status ferry_doctor(ferry_session *session)
{
	return fy_api_call(session, do_doctor, session);
}
