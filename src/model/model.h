/*
 * model: one model, whatever its file: opened, described, given inputs, run, converted. Knows every stage on
 * a model's way; judges nothing: that is prove/.
 */
#ifndef FY_MODEL_H
#define FY_MODEL_H

#include "eval/eval.h"
#include "lower/lower.h"
#include "onnx/onnx.h"
#include "outside/outside.h"

/* ---- opening: open.c ------------------------------------------------------------------------------------
 */

typedef enum fy_model_kind {
	FY_MODEL_PROGRAM,    /* a TorchScript archive: archive and program are set */
	FY_MODEL_CHECKPOINT, /* weights without code: archive is set */
	FY_MODEL_ONNX,       /* onnx.graph is set */
} fy_model_kind;

typedef struct fy_model {
	fy_model_kind kind;
	const char *path;
	const char *called; /* in messages: the path, unless set otherwise */
	uint64_t size;      /* of the file */
	fy_arena *arena;
	fy_archive *archive;
	fy_program *program;
	const char *method; /* of the program: "forward" unless another was asked for */
	fy_eval_limits limits;
	fy_onnx_model onnx;
} fy_model;

typedef struct fy_open_options {
	const char *method;    /* NULL: forward; a method that is named must exist (FY_USAGE) */
	fy_eval_limits limits; /* of running and capturing the program */
	uint64_t max_unpacked; /* see fy_archive_open */
} fy_open_options;
/* `arena` must outlive the model and its diagnostics. options may be NULL. */
fy_status FY_MUST_USE fy_model_open(fy_model **out, fy_arena *arena, const char *path,
				    const fy_open_options *options, fy_diags *diags);
void fy_model_close(fy_model *model); /* NULL is fine */

/* Tensors of an archive that are parameters or buffers, views and constants of the code included: how many
 * there are, their elements and bytes. */
typedef struct fy_model_weights {
	size_t tensors;
	int64_t elements, bytes;
} fy_model_weights;
fy_model_weights fy_model_count_weights(const fy_model *model);
/* "TorchScript, archive version 10, 30.8 M parameters, 123 MB". */
void fy_model_put_summary(const fy_model *model, fy_buf *out);
/* 30.8 M, 123 MB, 412 kB, 96 bytes: three digits. */
void fy_buf_put_count(fy_buf *out, double count);
void fy_buf_put_bytes(fy_buf *out, uint64_t bytes);

/* ---- describing: describe.c, describe_print.c
 * ---------------------------------------------------------------- */

/* One line about something in a model; what does not apply is NULL or 0. All borrowed or in the model's
 * arena. */
typedef struct fy_item {
	const char *name; /* path of a module or tensor, file, argument, operator */
	const char *type; /* class, float32[3,4], declared type */
	const char *note; /* "parameter", "buffer", "optional", an example ... */
	int64_t amount;   /* bytes of tensors and files, uses of operators */
	bool supported;   /* operators */
	fy_place place;   /* operators: first use */
} fy_item;

typedef struct fy_items {
	fy_item *items;
	size_t count, capacity;
} fy_items;

/* What `ferry inspect` shows. */
typedef struct fy_description {
	const fy_model *model;
	fy_items inputs, outputs, methods, modules, weights, code, operators, extras, metadata;
	int unsupported; /* operators that are not supported */
} fy_description;

/* Checks every checksum of an archive, and the graph of an ONNX file, on the way. */
fy_status FY_MUST_USE fy_model_describe(fy_description *out, const fy_model *model, fy_diags *diags);
void fy_description_release(fy_description *description);
/* Lists of more than a screen are cut unless `everything`. */
void fy_buf_put_description(fy_buf *out, const fy_description *description, bool everything);
fy_json *fy_description_json(const fy_description *description);
void fy_buf_put_declared_type(fy_buf *out, const fy_btype *type); /* List[Tensor]; NULL: Tensor */

/* ---- inputs: input_spec.c, inputs.c ----------------------------------------------------------------------
 */

/* What kind of value an argument takes. */
typedef enum fy_input_want {
	FY_WANT_TENSOR,
	FY_WANT_INT,
	FY_WANT_FLOAT,
	FY_WANT_BOOL,
	FY_WANT_STR,
	FY_WANT_ANY,
} fy_input_want;

/* What the user may say for one leaf: "1x3x8x8", "int64[2,3]", "@x.npy", "5", "1.5", "true", "none", 'text'.
 */
typedef struct fy_input_value {
	fy_arg arg;    /* a tensor holds one reference */
	bool has_data; /* tensor from a file or a literal; else to be filled */
} fy_input_value;
/* `text` without "name=". base (may be NULL) gives the element type of bare shapes, float32 without it. */
fy_status FY_MUST_USE fy_input_parse(fy_input_value *out, const char *text, fy_input_want want,
				     const fy_tensor *base, fy_arena *arena, fy_diags *diags);

/* The same for a tensor that is there already: for a number its only element. `text` names it in messages. */
fy_status FY_MUST_USE fy_input_take(fy_input_value *out, fy_tensor *tensor, fy_input_want want,
				    const char *text, fy_diags *diags);

/* What was given for one input. */
typedef struct fy_input_spec {
	const char *text;  /* "[name=]value"; with a tensor "name=", or "" for the next in order */
	fy_tensor *tensor; /* borrowed; NULL: text says it all */
} fy_input_spec;

/* The leaves of one call, in order of the arguments, depth first. */
typedef struct fy_inputs {
	fy_leaf *leaves; /* tensors without data until filled; one reference held */
	bool *has_data;  /* as it was given, not made up */
	int count, capacity;
} fy_inputs;

/*
 * Gives each spec ("[name=]value") its argument: named ones theirs, the others in order. What no spec names
 * comes from the shapes the archive remembers, or the fixed shapes of an ONNX file; Optional and defaulted
 * arguments may be left out. FY_USAGE says what is missing, too much, or misfits.
 */
fy_status FY_MUST_USE fy_inputs_bind(fy_inputs *out, const fy_model *model, const fy_input_spec *specs,
				     int spec_count, fy_diags *diags);
/*
 * Gives tensors that were not given with data seeded values that suit their type; again with another seed:
 * others. Integers that `graph` (inputs parallel to the tensor leaves; NULL: nothing known) uses as indices
 * stay in range.
 */
fy_status FY_MUST_USE fy_inputs_fill(fy_inputs *inputs, const fy_graph *graph, uint64_t seed,
				     fy_diags *diags);
bool fy_inputs_are_made_up(const fy_inputs *inputs); /* some of them */
void fy_inputs_release(fy_inputs *inputs);
/* The same leaves without data, for capturing. Released like the others. */
void fy_inputs_meta(fy_inputs *out, const fy_inputs *inputs);
/* The tensor leaves in order: borrowed, in `arena`. */
fy_tensor **fy_inputs_tensors(const fy_inputs *inputs, fy_arena *arena, int *count);

/* ---- seeded integers: index_range.c
 * --------------------------------------------------------------------------- */

/* Values in [low, high). */
typedef struct fy_index_range {
	int64_t low, high;
} fy_index_range;
/* What integers input `input` of the graph may hold: below the size of what they index; 0 and 1 where they
 * are masks; small positive ones else. */
fy_index_range fy_index_range_of(const fy_graph *graph, int input);

/* ---- running: execute.c
 * ------------------------------------------------------------------------------------ */

typedef struct fy_execute_options {
	int threads;
	uint64_t seed;
	int64_t max_steps; /* in loops of a graph; 0: see fy_engine_options */
	const fy_progress *progress;
	fy_ort *ort; /* run an ONNX model there instead of in ferry's engine; NULL: the engine */
} fy_execute_options;

/* The original program, with weights whose CRC-32 is right, or the ONNX file as it was read. Inputs must be
 * filled. On failure there are no outputs. */
fy_status FY_MUST_USE fy_model_execute(const fy_model *model, const fy_inputs *inputs,
				       const fy_execute_options *options, fy_outputs *outputs,
				       fy_diags *diags);

/* A graph on the engine. inputs parallel to its inputs; outputs: one reference each, the caller's. */
fy_status FY_MUST_USE fy_graph_execute(const fy_graph *graph, fy_tensor *const *inputs, int input_count,
				       const fy_execute_options *options, fy_tensor **outputs,
				       fy_diags *diags);

/* ---- converting:
 * conversion.c---------------------------------------------------------------------------------- */

typedef struct fy_convert_options {
	fy_lower_options lower;
	const char *const *input_names,
		*const *output_names; /* instead of INPUT__0, OUTPUT__0, ...; in order */
	int input_name_count, output_name_count;
	const int *keep_outputs; /* indices of the outputs to keep, in this order; count 0: all */
	int keep_count;
	const fy_progress *progress;
} fy_convert_options;

/* A tensor of the archive that the captured program uses. */
typedef struct fy_used_weight {
	const char *name;
	fy_tensor *tensor; /* one reference */
} fy_used_weight;

typedef struct fy_conversion {
	fy_graph *graph; /* of ATen operators once captured, of ONNX operators once lowered */
	fy_lower_report report;
	int captured_nodes, written_nodes; /* nested ones included */
	double capture_seconds, lower_seconds;
	fy_used_weight *weights;
	int weight_count;
} fy_conversion;

/*
 * Records the program into a graph whose inputs and outputs bear their final names. The inputs need no data.
 * Errors: all unsupported operators in one run (FY_UNSUPPORTED); names or outputs that do not exist
 * (FY_USAGE).
 */
fy_status FY_MUST_USE fy_model_capture(fy_conversion *out, const fy_model *model, const fy_inputs *inputs,
				       const fy_convert_options *options, fy_diags *diags);
/* CRC-32 of every weight that is used, for who does not check them while copying. */
fy_status FY_MUST_USE fy_conversion_check_weights(const fy_conversion *conversion, const fy_model *model,
						  const fy_progress *progress, fy_diags *diags);
/* Lowers what was captured. */
fy_status FY_MUST_USE fy_conversion_lower(fy_conversion *conversion, const fy_model *model,
					  const fy_convert_options *options, fy_diags *diags);
void fy_conversion_release(fy_conversion *conversion);

#endif
