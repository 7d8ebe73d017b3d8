/*
 * outside: other people's programs. ONNX Runtime, found on the machine and loaded when it is asked for;
 * nothing is needed of it to build. The only room that loads libraries at run time.
 */
#ifndef FY_OUTSIDE_H
#define FY_OUTSIDE_H

#include "tensor/tensor.h"

/* ---- finding ONNX Runtime: discover.c -------------------------------------------------------------- */

/* One library that was found, not yet loaded. */
typedef struct fy_ort_place {
	char *path;
	const char *how; /* "asked for", "FERRY_ONNXRUNTIME", "system library", "beside ferry", "Python
			    package" */
} fy_ort_place;

/*
 * Where ONNX Runtime may be, best first: `asked` (a library, the folder that holds it, or "none"; NULL: no)
 * alone when given, else the environment variable FERRY_ONNXRUNTIME alone when set, else system libraries,
 * the folder of the program, and Python packages (virtual environment, user, system, those of interpreters on
 * PATH); Python is never started. The array and its paths are released with fy_ort_places_release.
 */
fy_ort_place *fy_ort_places(const char *asked, size_t *count);
void fy_ort_places_release(fy_ort_place *places, size_t count);

/* ---- ONNX Runtime: ort_library.c, ort_session.c ----------------------------------------------------------
 */

/* The loaded library and its environment. One is enough for a process; sessions of it may run in several
 * threads. */
typedef struct fy_ort fy_ort;

/*
 * Loads the first library of fy_ort_places that works. *out is NULL, with FY_OK, when there is none at all;
 * FY_USAGE when one was asked for (or named by FERRY_ONNXRUNTIME) and cannot be used.
 */
fy_status FY_MUST_USE fy_ort_load(fy_ort **out, const char *asked, fy_diags *diags);
void fy_ort_release(fy_ort *ort);              /* after its sessions; NULL is fine */
const char *fy_ort_version(const fy_ort *ort); /* "1.32.0" */
const char *fy_ort_path(const fy_ort *ort);
const char *fy_ort_how(const fy_ort *ort); /* as in fy_ort_place */

/* An input or output of a model. */
typedef struct fy_ort_port {
	char *name;
	bool is_tensor; /* false: sequence, optional, map, strings: dtype and shape mean nothing */
	fy_dtype dtype;
	fy_shape shape; /* sizes that are not fixed are symbol 0 */
} fy_ort_port;

typedef struct fy_ort_options {
	int threads;        /* 0: as many as ONNX Runtime likes */
	bool no_optimizing; /* run the nodes as they are written */
} fy_ort_options;

/*
 * A model made ready to run, from a file or from bytes (which may be freed afterwards). options may be NULL.
 * What ONNX Runtime says against it becomes the diagnostic "onnxruntime": FY_MALFORMED, FY_UNSUPPORTED (an
 * operator it lacks), FY_USAGE (no such file), else FY_CHECK_FAILED.
 */
typedef struct fy_ort_session fy_ort_session;
fy_status FY_MUST_USE fy_ort_session_open(fy_ort_session **out, fy_ort *ort, const char *path,
					  const fy_ort_options *options, fy_diags *diags);
fy_status FY_MUST_USE fy_ort_session_read(fy_ort_session **out, fy_ort *ort, const void *bytes, size_t size,
					  const fy_ort_options *options, fy_diags *diags);
void fy_ort_session_close(fy_ort_session *session); /* NULL is fine */
const fy_ort_port *fy_ort_session_inputs(const fy_ort_session *session, size_t *count);
const fy_ort_port *fy_ort_session_outputs(const fy_ort_session *session, size_t *count);

/*
 * Runs on inputs parallel to the session's. outputs: one reference per output of the session, the caller's;
 * on failure none. Types and shapes that misfit are FY_USAGE, said by ONNX Runtime.
 */
fy_status FY_MUST_USE fy_ort_session_run(fy_ort_session *session, fy_tensor *const *inputs,
					 size_t input_count, fy_tensor **outputs, fy_diags *diags);

#endif
