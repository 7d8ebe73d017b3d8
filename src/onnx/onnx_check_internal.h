/*
 * onnx_check_internal: what the files of the checker share.
 */
#ifndef FY_ONNX_CHECK_INTERNAL_H
#define FY_ONNX_CHECK_INTERNAL_H

#include "onnx/onnx_internal.h"

/* What the name of an operator means where it stands. */
typedef struct fy_onnx_meaning {
	const char *op;                  /* the word; NULL: an empty entry */
	const fy_local_function *where;  /* the function it stands in; NULL: the graph */
	const fy_onnx_schema *schema;    /* NULL: a function, or unknown */
	const fy_local_function *callee; /* NULL: no function */
	int version;                     /* of its domain, as imported here */
	int recorded;                    /* the opset to infer with; 0: there is no record */
	fy_status status;                /* FY_UNSUPPORTED: a foreign operator. FY_MALFORMED: said already */
} fy_onnx_meaning;

enum { FY_ONNX_MEANINGS = 128 };

/* Types that a function without attributes was called with, and what came of it. */
typedef struct fy_onnx_instance {
	const fy_type **args, **results;
	struct fy_onnx_instance *next;
} fy_onnx_instance;

typedef struct fy_onnx_check {
	fy_graph *graph;
	fy_diags *diags;
	bool broken, unsupported;
	const fy_local_function *function; /* whose body is looked at; NULL: the graph */
	fy_onnx_meaning meanings[FY_ONNX_MEANINGS];
	fy_onnx_instance **instances; /* per function */
	int64_t budget; /* nodes that may still be looked at in bodies of functions that are called */
	int depth;      /* of calls */
} fy_onnx_check_state;

/* Notes a status of something that complained itself. */
void fy_onnx_found(fy_onnx_check_state *c, fy_status status);
/* FY_MALFORMED; names the node and the function around it. */
void fy_onnx_complain(fy_onnx_check_state *c, const fy_node *node, const char *id, const char *format, ...)
	FY_PRINTF(4, 5);

/* ---- onnx_check_node.c ---- */

const fy_onnx_meaning *fy_onnx_meaning_of(fy_onnx_check_state *c, const fy_node *node);
/* The version of a domain ("onnx", "ai.onnx.ml") in the graph or a function; -1: not imported. */
int fy_onnx_imported(const fy_graph *graph, const fy_local_function *function, const char *domain,
		     size_t len);
/* Arity and attributes. False when something is wrong. */
bool fy_onnx_check_form(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema);
/* Types against the constraints; what the constraints alone say of results goes into `results` where they are
 * opaque. */
bool fy_onnx_check_types(fy_onnx_check_state *c, const fy_node *node, const fy_onnx_schema *schema,
			 fy_type *results);
bool fy_onnx_has_ref(const fy_node *node);

/* ---- onnx_check_function.c ---- */

/* No circles, no explosion, imports that agree, bodies sound whatever they are called with. */
void fy_onnx_check_functions(fy_onnx_check_state *c);
/* Types of the results of a call; opaque ones where they cannot be known. */
void fy_onnx_check_call(fy_onnx_check_state *c, const fy_node *node, const fy_local_function *callee,
			fy_type *results);

/* ---- onnx_check.c ---- */

void fy_onnx_check_block(fy_onnx_check_state *c, const fy_block *block);

#endif
