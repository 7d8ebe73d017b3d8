/*
 * prove: evidence that a file says what the program says. Runs both sides, compares, names what kind of
 * evidence it is, checks weights bit for bit, and finds the first node that differs.
 */
#ifndef FY_PROVE_H
#define FY_PROVE_H

#include "model/model.h"

/* ---- comparing: evidence.c ------------------------------------------------------------------------------
 */

/* How much an agreement says. */
typedef enum fy_evidence {
	FY_INDEPENDENT, /* results saved from PyTorch */
	FY_CROSSED,     /* two implementations that share nothing: ferry's evaluator and ONNX Runtime */
	FY_SELF,        /* two programs on the same kernels */
} fy_evidence;
const char *fy_evidence_name(fy_evidence evidence);

typedef enum fy_verdict {
	FY_VERDICT_NONE, /* nothing was judged */
	FY_VERDICT_OK,
	FY_VERDICT_SELF_CHECK, /* agrees, but the evidence is of class self */
	FY_VERDICT_WEAK,       /* agrees, but every output is constant; or cannot be compared */
	FY_VERDICT_FAILED,
} fy_verdict;
const char *fy_verdict_name(fy_verdict verdict); /* "ok", "self-check", "weak", "failed"; "" for none */

/* One output of both sides. */
typedef struct fy_output_check {
	char *name;
	char *type, *reference_type; /* float32[1,3]; NULL: that side has no such output */
	fy_compare compare;
} fy_output_check;

/* One comparison of two sides on the same inputs. */
typedef struct fy_proof {
	fy_evidence evidence;
	fy_verdict verdict;
	char *side, *reference; /* "onnxruntime 1.32.0 on the file", "the original program" */
	fy_output_check *outputs;
	int output_count;
	double mean, max; /* the worst of any output */
	double seconds;
	char *note; /* why the evidence is no better, where the first difference is; lines, or NULL */
} fy_proof;

/* Compares and judges. keep: indices of the reference's outputs that the side has; count 0: all. */
void fy_proof_judge(fy_proof *proof, const fy_outputs *side, const fy_outputs *reference, const int *keep,
		    int keep_count, fy_tolerance tolerance);
void fy_proof_add_note(fy_proof *proof, const char *format, ...) FY_PRINTF(2, 3);
void fy_proof_release(fy_proof *proof);
/* "crossed: onnxruntime 1.32.0 on the file vs the original program: mean 3.1e-07, max 4.2e-06". */
void fy_buf_put_proof(fy_buf *out, const fy_proof *proof);
/* A line per output with every measure, and the notes. */
void fy_buf_put_proof_details(fy_buf *out, const fy_proof *proof, bool measures);
fy_json *fy_proof_json(const fy_proof *proof);

/* ---- results saved elsewhere: golden.c
 * --------------------------------------------------------------------- */

typedef struct fy_golden {
	const char *place; /* the folder, or "the archive" */
	fy_tensor **inputs, **outputs;
	int input_count, output_count;
} fy_golden;

/* input_0.npy, input_1.npy ... and output_0.npy ..., or input.npy and output.npy, in the folder
 * `path`. FY_USAGE when there are none. */
fy_status FY_MUST_USE fy_golden_read(fy_golden *out, const char *path, fy_arena *arena, fy_diags *diags);
/* The same names among the extra files of an archive, in any folder of it; nothing found: counts are 0. */
fy_status FY_MUST_USE fy_golden_of_archive(fy_golden *out, const fy_model *model, fy_diags *diags);
void fy_golden_release(fy_golden *golden);
/* Its inputs for fy_inputs_bind. */
const fy_input_spec *fy_golden_specs(const fy_golden *golden, fy_arena *arena);
/* Gives its data to tensors that were bound by their shapes alone. FY_USAGE when types or shapes misfit. */
fy_status FY_MUST_USE fy_golden_fill(const fy_golden *golden, fy_inputs *inputs, fy_diags *diags);

/* ---- weights: weights.c
 * ---------------------------------------------------------------------------------------- */

typedef struct fy_weight_proof {
	fy_verdict verdict;
	int used;       /* tensors of the archive that the program uses */
	int identical;  /* found in the file, equal in type, shape and every bit */
	int linked;     /* the file refers to their bytes in the archive: nothing was read */
	int transposed; /* of these: as a transposed matrix under another name */
	int folded;     /* not in the file: computed into others */
	int unused;     /* of the archive, and not of `used` */
	int different;
	const char *first_different; /* its name, borrowed */
} fy_weight_proof;

/* What is known of a file from having written it. */
typedef struct fy_written fy_written;

/*
 * Compares what the captured program uses of the archive with the initializers of the file read back.
 * program NULL: not of an archive, what is not used is not counted. written NULL: nothing is known. An error
 * only for a damaged record.
 */
fy_status FY_MUST_USE fy_weights_prove(fy_weight_proof *out, const fy_conversion *conversion,
				       const fy_model *program, const fy_model *file,
				       const fy_written *written, fy_diags *diags);
/* "70 of 70 tensors identical to the archive, bit for bit". */
void fy_buf_put_weight_proof(fy_buf *out, const fy_weight_proof *proof);
fy_json *fy_weight_proof_json(const fy_weight_proof *proof);

/* ---- the first difference: bisect.c
 * ------------------------------------------------------------------------------ */

/*
 * Runs the recorded program and the graph of the file and compares node by node, in order of execution; the
 * file on ONNX Runtime when `ort` is given. Appends where the first difference is (module path, source line),
 * or why that cannot be said. Leaves more outputs in `file`.
 */
void fy_find_difference(fy_buf *out, const fy_model *program, fy_graph *file, const fy_inputs *inputs,
			const fy_convert_options *options, const fy_execute_options *execute,
			fy_tolerance tolerance);

/* ---- rounding: rounding.c ---------------------------------------------------------------------- */

/* The largest change of any result when the float inputs move in their last digits; 0 when that cannot be
 * said. */
double fy_rounding_response(const fy_model *program, const fy_inputs *inputs, const fy_outputs *results,
			    const fy_execute_options *execute);

/* ---- all of it: verification.c
 * --------------------------------------------------------------------------------------------- */

typedef struct fy_verify_options {
	fy_tolerance tolerance;
	bool every_runtime;                /* ferry's engine too when ONNX Runtime is there */
	const char *file_called;           /* NULL: "the file" */
	const fy_convert_options *convert; /* how the file was made; NULL: from another program */
	bool long_is_weak;                 /* a program that is too long to run is weak evidence, no error */
	const fy_golden *golden;           /* NULL or without outputs: none */
	fy_execute_options execute;        /* execute.ort: ONNX Runtime, or NULL */
	void (*on_proof)(void *user, const fy_proof *proof); /* told of each as it is finished */
	void *user;
} fy_verify_options;

/*
 * Runs `reference` (the original program, or an ONNX file) and the ONNX file `file` on `inputs`, which are
 * filled, and tells every proof to on_proof. FY_CHECK_FAILED when one failed, with a diagnostic.
 */
fy_status FY_MUST_USE fy_verify(const fy_model *reference, const fy_model *file, const fy_inputs *inputs,
				const fy_verify_options *options, fy_diags *diags);
/* Multiplications and additions of convolutions and matrix products in one run of an ONNX graph. */
double fy_graph_operations(const fy_graph *graph);

/* ---- the way of a model, stage by stage: stages.c, convert_stages.c, verify_stages.c
 * ------------------------------------ */

/* What a finished stage has to say. */
typedef struct fy_stage {
	const char *name; /* model, capture, write, graph, weights, inference ... */
	fy_verdict verdict;
	const char *text;
	const char *details; /* lines, or NULL */
	double seconds;      /* 0: not measured */
	fy_json *json;       /* measures; taken over by the listener. NULL: none */
} fy_stage;

typedef struct fy_stage_sink {
	void (*tell)(void *user, const fy_stage *stage);
	void *user;
	bool verbose; /* details even when all is well */
} fy_stage_sink;

/* What converting and verifying share. */
typedef struct fy_work {
	fy_stage_sink sink;
	fy_tolerance tolerance;
	const char *golden; /* folder of saved results, or NULL: those in the archive, if any */
	uint64_t seed;
	int threads;
	const fy_progress *progress;
	fy_ort *ort; /* NULL: not found */
} fy_work;

/* Where the weights of a converted model are. */
typedef enum fy_weights_form {
	FY_WEIGHTS_AUTO, /* in the file, or in another one when it would have 2 GiB or more */
	FY_WEIGHTS_INLINE,
	FY_WEIGHTS_EXTERNAL, /* in one file beside it */
	FY_WEIGHTS_LINK,     /* in the archive, which the file refers to */
} fy_weights_form;

typedef struct fy_convert_request {
	fy_convert_options convert;
	fy_weights_form weights;
	const fy_input_spec *specs, *verify_specs; /* verify_specs: a smaller input to verify with */
	int spec_count, verify_spec_count;
	bool no_verify;
	const char *producer_version;
	fy_buf *graph_text; /* takes what convert.lower.dump or until asks for */
} fy_convert_request;

/*
 * Converts and proves. `path` appears when every check held; after a failed one the file is kept as
 * "<path>.rejected". With convert.lower.until nothing is written.
 */
fy_status FY_MUST_USE fy_convert_file(const fy_model *model, const char *path,
				      const fy_convert_request *request, const fy_work *work,
				      fy_diags *diags);

typedef struct fy_verify_request {
	const fy_input_spec *specs;
	int spec_count;
	const int *keep_outputs; /* of the reference's outputs */
	int keep_count;
} fy_verify_request;

/* Proves that the ONNX file `file` gives the results of `reference`. */
fy_status FY_MUST_USE fy_verify_file(const fy_model *reference, const fy_model *file,
				     const fy_verify_request *request, const fy_work *work, fy_diags *diags);

/* Shared by both: tells one stage, and the stages that check a file. */
void fy_stage_tell(const fy_work *work, fy_stage stage);
void fy_stage_model(const fy_work *work, const fy_model *model);
fy_status FY_MUST_USE fy_stage_graph(const fy_work *work, const fy_model *file, fy_diags *diags);
fy_status FY_MUST_USE fy_stage_weights(const fy_work *work, const fy_model *program, const fy_model *file,
				       const fy_conversion *conversion, const fy_written *written,
				       fy_diags *diags);
/*
 * Fills the inputs and compares results. Where branches or loops depend on data, made-up inputs of further
 * seeds take their turn: they may go other ways than the first.
 */
fy_status FY_MUST_USE fy_stage_inference(const fy_work *work, const fy_model *reference, const fy_model *file,
					 fy_inputs *inputs, const fy_verify_options *options,
					 fy_diags *diags);

#endif
