/*
 * Loads ONNX Runtime and makes its environment. The library is never unloaded: it keeps threads and static
 * objects that do not survive that.
 */
#include "outside/outside_internal.h"

#include <dlfcn.h>
#include <string.h>

enum { LONGEST = 2048 }; /* of its messages; what is longer is cut */

_Static_assert(offsetof(ort_table, release_session_options) == 100 * sizeof(void *),
	       "the table has lost an entry");

/* Whose fault it is. An old ONNX Runtime refuses new files with its commonest code and these words. */
static fy_status status_of(int code, const char *words)
{
	if (strstr(words, "Unsupported model IR version") ||
	    strstr(words, "is under development and support"))
		return FY_UNSUPPORTED;
	switch (code) {
	case 2: /* invalid argument */
	case 3: /* no such file */
		return FY_USAGE;
	case 4:  /* no model */
	case 7:  /* invalid protobuf */
	case 10: /* invalid graph */
		return FY_MALFORMED;
	case 9: /* not implemented */
		return FY_UNSUPPORTED;
	default:
		return FY_CHECK_FAILED;
	}
}

fy_status fy_ort_take(const ort_table *api, ort_status *status, const char *what, fy_diags *diags)
{
	if (!status)
		return FY_OK;
	char words[LONGEST];
	fy_buf text = { 0 };
	snprintf(words, sizeof(words), "%s", api->error_message(status));
	fy_status answer = status_of(api->error_code(status), words);
	api->release_status(status);
	size_t len = strlen(words);
	while (len && (words[len - 1] == '\n' || words[len - 1] == ' '))
		len--;
	fy_buf_put_clean(&text, words, len);
	fy_error(diags, answer, "onnxruntime", NULL, "ONNX Runtime cannot %s: %s", what, fy_buf_text(&text));
	fy_buf_release(&text);
	return answer;
}

void fy_ort_drop(const ort_table *api, ort_status *status)
{
	if (status)
		api->release_status(status);
}

/* NULL with *why set when this library cannot be used. */
static const ort_base *open_library(const char *path, void **library, const char **why)
{
	*library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!*library) {
		*why = dlerror();
		return NULL;
	}
	union {
		void *object;
		const ort_base *(*function)(void);
	} entry = { dlsym(*library, "OrtGetApiBase") };
	*why = "it has no OrtGetApiBase";
	if (!entry.object) {
		dlclose(*library);
		return NULL;
	}
	const ort_base *base = entry.function();
	return base && base->table(ORT_TABLE_VERSION) ? base : NULL;
}

static void release_environment(void *what)
{
	fy_ort *ort = what;
	if (ort->memory)
		ort->api->release_memory_info(ort->memory);
	if (ort->env)
		ort->api->release_env(ort->env);
}

static fy_status make_environment(fy_ort *ort, fy_diags *diags)
{
	const ort_table *api = ort->api;
	const char *start = "start";
	FY_TRY(fy_ort_take(api, api->create_env(ORT_LOG_FATAL, "ferry", &ort->env), start, diags));
	FY_TRY(fy_ort_take(api, api->disable_telemetry(ort->env), start, diags));
	FY_TRY(fy_ort_take(api,
			   api->create_cpu_memory_info(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &ort->memory),
			   start, diags));
	return fy_ort_take(api, api->default_allocator(&ort->allocator), start, diags);
}

static fy_status load_place(fy_ort **out, const fy_ort_place *place, bool required, fy_diags *diags)
{
	void *library;
	const char *why = NULL;
	const ort_base *base = open_library(place->path, &library, &why);
	if (!base) {
		if (!required)
			return FY_OK;
		fy_error(diags, FY_USAGE, "onnxruntime-library", NULL,
			 "cannot load ONNX Runtime from '%s': %s", place->path, why);
		fy_hint(diags, "give the path of libonnxruntime.so; `ferry doctor` lists what was found");
		return FY_USAGE;
	}
	fy_ort *ort = fy_zalloc(sizeof(*ort));
	*ort = (fy_ort){ .library = library,
			 .api = base->table(ORT_TABLE_VERSION),
			 .path = fy_strdup(place->path),
			 .version = fy_strdup(base->version()),
			 .how = place->how };
	fy_hold_add(&ort->hold, release_environment, ort);
	fy_status status = make_environment(ort, diags);
	if (status != FY_OK) {
		fy_ort_release(ort);
		return status;
	}
	*out = ort;
	return FY_OK;
}

fy_status fy_ort_load(fy_ort **out, const char *asked, fy_diags *diags)
{
	size_t count;
	fy_ort_place *places = fy_ort_places(asked, &count);
	fy_status status = FY_OK;
	*out = NULL;
	for (size_t i = 0; i < count && status == FY_OK && !*out; i++) {
		bool chosen =
			!strcmp(places[i].how, "asked for") || !strcmp(places[i].how, "FERRY_ONNXRUNTIME");
		status = load_place(out, &places[i], chosen, diags);
	}
	fy_ort_places_release(places, count);
	return status;
}

void fy_ort_release(fy_ort *ort)
{
	if (!ort)
		return;
	fy_hold_drop(&ort->hold);
	release_environment(ort);
	fy_free(ort->path);
	fy_free(ort->version);
	fy_free(ort);
}

const char *fy_ort_version(const fy_ort *ort)
{
	return ort->version;
}

const char *fy_ort_path(const fy_ort *ort)
{
	return ort->path;
}

const char *fy_ort_how(const fy_ort *ort)
{
	return ort->how;
}
