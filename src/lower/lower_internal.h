/*
 * Shared by the files of lower/: the state of lowering, and the passes of the pipeline.
 */
#ifndef FY_LOWER_INTERNAL_H
#define FY_LOWER_INTERNAL_H

#include "lower/lower.h"

/* ---- lowering.c ------------------------------------------------------------------------------ */

/* A node without an ONNX form; equal reasons of one operator are one entry. */
typedef struct fy_refusal {
	const char *op, *reason;
	fy_origin origin; /* of the first */
	int count;
} fy_refusal;

struct fy_lowering {
	fy_graph *graph;
	fy_arena *arena;
	fy_diags *diags;
	const char *file; /* path of the model; may be NULL */
	int opset;
	fy_status status;   /* of the node at hand; sticky */
	fy_node *at;        /* the node at hand: what is emitted goes before it and has its origin */
	fy_value **made;    /* replacements of its results */
	const char *reason; /* why its record refused it; NULL: it did not */
	int first_id;       /* values from this id on were emitted for it */
	int lowered;
	fy_map constants; /* small constants by type and content */
	fy_refusal *refusals;
	size_t refusal_count, refusal_capacity;
};

fy_place fy_lower_place(const fy_origin *origin, const char *file);
/* Unknown sizes in a type that was inferred become new symbols. */
void fy_lower_name_unknown_dims(fy_graph *graph, fy_type *type);
/* A number that depends on data is a 0-d tensor to ONNX. */
void fy_lower_scalar_to_tensor(fy_value *value);
/* Fails the node at hand: for what a record cannot have meant. */
fy_value *fy_lower_fail(fy_lowering *l, const char *format, ...) FY_PRINTF(2, 3);
/* Value of a known shape; NULL after reporting that the rank must be known. */
bool fy_lower_has_rank(fy_lowering *l, const fy_value *value);

/* ---- lower_compose.c, lower_control.c, driver.c ---------------------------------------------- */

/* Puts the operators that `node` is composed of before it. results: one value per result of the node. */
fy_status FY_MUST_USE fy_lower_compose(fy_graph *graph, fy_node *node, const fy_op *op, const char *file,
				       fy_value **results, fy_diags *diags);
/* Is each result of `node` an argument itself? Then results names them. */
bool fy_lower_passes(fy_graph *graph, fy_node *node, const fy_op *op, fy_value **results);
bool fy_lower_is_control(const fy_node *node); /* prim::If, prim::Loop */
fy_status FY_MUST_USE fy_lower_control(fy_lowering *l, fy_node *node, fy_node **lowered);

/* ---- passes ---------------------------------------------------------------------------------- */

typedef struct fy_pass_run {
	fy_graph *graph;
	const fy_lower_options *options;
	fy_lower_report *report;
	fy_diags *diags;
	int changes;
} fy_pass_run;

fy_status fy_pass_canonical(fy_pass_run *run);
fy_status fy_pass_opset(fy_pass_run *run);
fy_status fy_pass_nodes(fy_pass_run *run);
fy_status fy_pass_fold(fy_pass_run *run);
fy_status fy_pass_tidy(fy_pass_run *run);
fy_status fy_pass_cse(fy_pass_run *run);
fy_status fy_pass_fuse(fy_pass_run *run);
fy_status fy_pass_dead(fy_pass_run *run);
fy_status fy_pass_outputs(fy_pass_run *run);
fy_status fy_pass_names(fy_pass_run *run);
fy_status fy_pass_verify(fy_pass_run *run);

#endif
