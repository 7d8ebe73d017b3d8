/*
 * engine_internal: the state of one run, shared by the .c files of engine/.
 */
#ifndef FY_ENGINE_INTERNAL_H
#define FY_ENGINE_INTERNAL_H

#include "engine/engine.h"

/* A function being run, and the node that calls it: its attributes have no references. */
typedef struct fy_engine_frame {
	const fy_local_function *function;
	const fy_node *call;
} fy_engine_frame;

typedef struct fy_engine {
	const fy_graph *graph;
	const fy_engine_options *options;
	fy_diags *diags;
	fy_tensor **values;     /* per value id: one reference while it lives */
	const fy_node **last;   /* per value id: the node of its own block after which nobody needs it; NULL:
				   the block's end */
	fy_engine_frame *frame; /* NULL: the graph itself */
	int64_t done, total;    /* nodes of the main block */
	int64_t steps;          /* nodes of inner blocks and of functions so far, rounds of loops */
} fy_engine;

fy_place fy_engine_place(const fy_node *node);
/* Result of an argument that is a value; borrowed. */
fy_tensor *fy_engine_value(const fy_engine *engine, const fy_arg *arg);

/* ---- engine_run.c ------------------------------------------------------------------------------- */

/* Runs the nodes of a block whose params are in values already and gives references to its results in out. On
 * return nothing that was defined in the block is alive in values. */
fy_status FY_MUST_USE fy_engine_block(fy_engine *engine, const fy_block *block, fy_tensor **out);
/* One step more, by this node: refused when there were too many, or when somebody interrupts. */
fy_status FY_MUST_USE fy_engine_count(fy_engine *engine, const fy_node *node);
/* Hands a param of a block over to it (takes the reference). */
void fy_engine_set(fy_engine *engine, const fy_value *value, fy_tensor *tensor);

/* ---- engine_call.c ------------------------------------------------------------------------------- */

/* The function that a node calls; NULL: none. */
const fy_local_function *fy_engine_function(const fy_engine *engine, const fy_node *node);
fy_status FY_MUST_USE fy_engine_call(fy_engine *engine, const fy_node *node,
				     const fy_local_function *function, fy_tensor **results);
/* Makes a copy of a node whose attributes refer to those of the caller. False: they do not. The copy's attrs
 * are to be freed. */
bool fy_engine_bind(const fy_engine *engine, const fy_node *node, fy_node *bound);

/* ---- engine_control.c, engine_scan.c, engine_aten.c
 * --------------------------------------------------------------- */

fy_status FY_MUST_USE fy_engine_if(fy_engine *engine, const fy_node *node, fy_tensor **results);
fy_status FY_MUST_USE fy_engine_loop(fy_engine *engine, const fy_node *node, fy_tensor **results);
fy_status FY_MUST_USE fy_engine_scan(fy_engine *engine, const fy_node *node,
				     fy_tensor **results); /* from opset 9 */
fy_status FY_MUST_USE fy_engine_aten(fy_engine *engine, const fy_node *node, fy_tensor **results);

#endif
