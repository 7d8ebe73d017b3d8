/*
 * ferry.h: PyTorch's TorchScript archives to ONNX, and the proof, as a C library.
 *
 *   ferry_session *session;
 *   ferry_model *model;
 *   ferry_session_open(&session, NULL);
 *   if (ferry_model_open(&model, session, "net.pt", NULL) != FERRY_OK ||
 *       ferry_model_input(model, "1x3x224x224") != FERRY_OK ||
 *       ferry_model_convert(model, "net.onnx", NULL) != FERRY_OK)
 *           fputs(ferry_diagnostics(session, FERRY_TEXT), stderr);
 *   ferry_session_close(session);
 *
 * Rules: what is created comes first among the parameters and is yours; everything else that is returned is
 * borrowed and lives as long as the session, or as the comment says. Nothing is printed. Options may be NULL
 * and are initialised by their macro, so that they can grow. Sessions share nothing and may live in different
 * threads, but for the number of threads of the kernels; one session belongs to one thread at a time.
 *
 * When memory runs out the work is left at once, all that the session had is given back, and the session is
 * spent: every call gives FERRY_IO from then on, its models have no outputs; close it. Input files are
 * mapped: a handler for SIGBUS, installed when the first one is opened, turns a file that becomes shorter
 * while it is read into FERRY_IO, and passes on what is not its own.
 */
#ifndef FERRY_H
#define FERRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_VERSION "0.1.0"
/* Of the JSON that ferry_report and ferry_diagnostics give; raised when a field changes its meaning or goes.
 */
#define FERRY_JSON_SCHEMA 1

/* ---- outcome
 * ------------------------------------------------------------------------------------------------ */

/* The values are the exit codes of the command. */
typedef enum ferry_status {
	FERRY_OK = 0,
	FERRY_CHECK_FAILED = 1, /* a comparison or a check did not hold */
	FERRY_USAGE = 2,        /* wrong arguments, missing or wrong input */
	FERRY_MALFORMED = 3,    /* the model file is broken */
	FERRY_UNSUPPORTED = 4,  /* the model is well-formed, ferry cannot do it */
	FERRY_IO = 5,           /* input/output error or out of memory */
	FERRY_INTERRUPTED = 130,
} ferry_status;

typedef enum ferry_format {
	FERRY_TEXT,
	FERRY_JSON,
} ferry_format;

/* What a stage of the work found. */
typedef enum ferry_verdict {
	FERRY_NONE,       /* nothing was judged */
	FERRY_PASSED,     /* "ok" */
	FERRY_SELF_CHECK, /* agrees, but both sides are ferry's */
	FERRY_WEAK,       /* agrees, but the outputs say little: all constant; or there is none to compare */
	FERRY_FAILED,
} ferry_verdict;
/* "ok", "self-check", "weak", "failed"; "" for none. */
const char *ferry_verdict_name(ferry_verdict verdict);

/* A stage that is finished: capture, write, graph, weights, inference ... */
typedef struct ferry_stage {
	const char *name;
	ferry_verdict verdict;
	const char *text;    /* one line */
	const char *details; /* further lines, or NULL */
	double seconds;      /* 0: not measured */
	const char *line;    /* all of it laid out for a terminal, newline-ended */
} ferry_stage;

/* ---- sessions
 * ------------------------------------------------------------------------------------------------- */

typedef struct ferry_session ferry_session;
typedef struct ferry_model ferry_model;

typedef struct ferry_session_options {
	size_t size;             /* of this structure: set by the macro */
	int threads;             /* 0: as many as there are processors */
	uint64_t seed;           /* of made-up inputs and random operators */
	const char *onnxruntime; /* library, folder or "none"; NULL: looked for when needed */
	bool verbose;            /* more details in stages and reports */
	bool colour;             /* terminal colours in texts */
	/* Told of long work; total 0: unknown. */
	void (*on_progress)(void *user, const char *what, int64_t done, int64_t total);
	/* Told of each stage when it is finished; everything in it is gone afterwards. */
	void (*on_stage)(void *user, const ferry_stage *stage);
	void *user;
	/* What a model may cost before it is refused; 0: the limits that docs/robustness.md gives. */
	int64_t max_steps;    /* statements of the program */
	int64_t max_nodes;    /* of the graph */
	int64_t max_unroll;   /* nodes that loops unroll to before they become loops of the graph */
	int64_t max_items;    /* elements of a list, bytes of a text */
	int64_t max_unpacked; /* bytes that the records of the archive inflate to */
} ferry_session_options;
#define FERRY_SESSION_OPTIONS ((ferry_session_options){ .size = sizeof(ferry_session_options) })

ferry_status ferry_session_open(ferry_session **out, const ferry_session_options *options);
/* Closes its models too. NULL is fine. */
void ferry_session_close(ferry_session *session);
/* Errors and warnings since the last call that was given a model or did work; "" when there are none. Lives
 * until the next call. Example: ferry_diagnostics(session, FERRY_JSON). */
const char *ferry_diagnostics(ferry_session *session, ferry_format format);
/* What the last convert, run, verify, inspect, operators or doctor has to say. Lives until the next call.
 * Example: puts(ferry_report(session, FERRY_TEXT)). */
const char *ferry_report(ferry_session *session, ferry_format format);
/* Removes unfinished output files and makes work in progress stop with FERRY_INTERRUPTED. For signal
 * handlers, which must not end the process when it is false: a file is just being given its name. */
bool ferry_interrupt(void);

/* ---- models
 * ---------------------------------------------------------------------------------------------------- */

/* A TorchScript archive, a checkpoint or an ONNX file, told apart by its bytes. method: of a program; NULL:
 * forward. Example: ferry_model_open(&model, session, "net.pt", NULL). */
ferry_status ferry_model_open(ferry_model **out, ferry_session *session, const char *path,
			      const char *method);
void ferry_model_close(ferry_model *model); /* NULL is fine */

/* A tensor as C sees it: contiguous, row-major. */
typedef struct ferry_tensor {
	const char *name;
	const char *dtype; /* "float32", "int64", "bool" ... */
	int rank;
	const int64_t *dims;
	const void *data;
	size_t bytes;
} ferry_tensor;

/*
 * One input, as text: "1x3x224x224", "int64[1,128]", "@file.npy", "5", "1.5", "true", "none", with "name=" in
 * front to address one. Inputs count up in order of the arguments, depth first. Judged when the model is
 * used. Example: ferry_model_input(model, "x=@x.npy").
 */
ferry_status ferry_model_input(ferry_model *model, const char *spec);
/* Data for an input; copied. name NULL: the next in order. Shapes and types are judged when the model is
 * used. */
ferry_status ferry_model_input_tensor(ferry_model *model, const char *name, const ferry_tensor *tensor);

/* ---- work
 * ------------------------------------------------------------------------------------------------------ */

/* Where the weights of a converted model are. */
typedef enum ferry_weights {
	FERRY_WEIGHTS_AUTO,     /* in the file; in another one when it would have 2 GiB or more */
	FERRY_WEIGHTS_INLINE,   /* in the file */
	FERRY_WEIGHTS_EXTERNAL, /* in one file beside it, whose name tells its content */
	FERRY_WEIGHTS_LINK,     /* in the archive: only in its own folder */
} ferry_weights;

typedef struct ferry_convert_options {
	size_t size;
	int opset;                      /* 0: the smallest at which every operator has its plain form */
	bool fuse;                      /* fold batch normalization into convolutions */
	const char *const *input_names; /* instead of INPUT__0, ...; NULL-ended, as all lists here */
	const char *const *output_names;
	const int *keep_outputs; /* indices of the outputs to keep */
	int keep_output_count;
	bool no_verify;
	const char *const *verify_inputs; /* smaller inputs to verify with, as in ferry_model_input */
	const char *golden;               /* folder with input_0.npy ..., output_0.npy ... from PyTorch */
	double bound_mean, bound_rtol, bound_atol; /* 0: 1e-3, 1e-3, 1e-4 */
	const char *until; /* stop after this pass and write no file: the report is the graph */
	const char *dump;  /* the report is the graph after this pass, or after "all" */
	ferry_weights weights;
} ferry_convert_options;
#define FERRY_CONVERT_OPTIONS ((ferry_convert_options){ .size = sizeof(ferry_convert_options) })

/*
 * Writes `path` and proves it. It appears, or replaces an older file, only when every check held; after a
 * failed one the new file is kept as "<path>.rejected". Example: ferry_model_convert(model, "net.onnx",
 * NULL).
 */
ferry_status ferry_model_convert(ferry_model *model, const char *path, const ferry_convert_options *options);

typedef struct ferry_run_options {
	size_t size;
	bool onnxruntime; /* run an ONNX file there instead of in ferry's engine */
} ferry_run_options;
#define FERRY_RUN_OPTIONS ((ferry_run_options){ .size = sizeof(ferry_run_options) })

/* Runs the original program, or the ONNX file. Inputs without data are made up. */
ferry_status ferry_model_run(ferry_model *model, const ferry_run_options *options);
/* The results of the last run, until the next one. Example: ferry_model_output(model, 0)->dims[1]. */
int ferry_model_output_count(const ferry_model *model);
const ferry_tensor *ferry_model_output(const ferry_model *model, int index);
/* Writes output_0.npy, output_1.npy, ... into a folder, which is made when it is not there. */
ferry_status ferry_model_save_outputs(ferry_model *model, const char *folder);

typedef struct ferry_verify_options {
	size_t size;
	const char *golden;
	double bound_mean, bound_rtol, bound_atol;
	const int *keep_outputs; /* which outputs of the reference the file has */
	int keep_output_count;
} ferry_verify_options;
#define FERRY_VERIFY_OPTIONS ((ferry_verify_options){ .size = sizeof(ferry_verify_options) })

/* Proves that `file`, an ONNX model, gives the results of `reference`, with the inputs set for `reference`.
 */
ferry_status ferry_model_verify(ferry_model *reference, ferry_model *file,
				const ferry_verify_options *options);

/* Describes the model. Operators that are not supported are no error here. */
ferry_status ferry_model_inspect(ferry_model *model);
/* Which operators ferry supports; with a name ("conv2d", "aten::conv2d") what is known of that one. */
ferry_status ferry_operators(ferry_session *session, const char *name);
/* What was found on this machine, and where. */
ferry_status ferry_doctor(ferry_session *session);

#ifdef __cplusplus
}
#endif

#endif
