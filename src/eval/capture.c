/*
 * Capturing a method as a graph. Where the arms of a branch cannot be merged and what differs is read later,
 * the program is split: run once with that branch forced one way to the end, once the other way, each inside
 * its arm of one If, whose outputs are the results. What comes before the branch is recorded anew by each
 * run; equal nodes are found by the clean-up.
 */
#include "eval/drive.h"
#include "eval/merge.h"

#include <string.h>

enum { SPLIT_DEPTH = 8, SPLIT_RUNS = 64, AGAIN_LIMIT = 8 };

typedef struct fy_capture {
	const fy_program *program;
	const fy_leaf *inputs;
	int input_count;
	const fy_eval_options *options;
	fy_arena *arena;
	fy_graph *graph;
	fy_diags *diags;
	fy_map rolled; /* loops that must not be unrolled */
	fy_forced forced[SPLIT_DEPTH];
	int runs;
	bool unsupported;
} fy_capture;

/* The leaves of a result as values of the block in which the run ended. */
typedef struct fy_ending {
	fy_block *block;
	const char **names;
	fy_value **values;
	int count;
} fy_ending;

/* ---- one run
 * ----------------------------------------------------------------------------------------------------------------
 */

static fy_status take_ending(fy_eval *ev, const fy_leaf_list *leaves, fy_ending *ending)
{
	ending->block = ev->block;
	ending->names = FY_NEW_ARRAY(ev->arena, const char *, leaves->count);
	for (int i = 0; i < leaves->count; i++)
		ending->names[i] = leaves->names[i];
	ending->values = FY_NEW_ARRAY(ev->arena, fy_value *, leaves->count + 1);
	for (int i = 0; i < leaves->count; i++) {
		ending->values[i] = fy_eval_ssa(ev, leaves->values[i]);
		if (!ending->values[i])
			return FY_UNSUPPORTED;
	}
	ending->count = leaves->count;
	return FY_OK;
}

/* Parameters and buffers that the call wrote keep their old values in the graph. */
static void report_state(fy_eval *ev)
{
	fy_buf names = { 0 };
	int count = 0;

	for (size_t i = 0; i < ev->built.count; i++) {
		fy_ivalue v = *(fy_ivalue *)ev->built.entries[i].value;

		if (v.kind != FY_I_TENSOR || !v.t->cell || !v.t->cell->written || !v.t->name)
			continue;
		if (count++ < 5)
			fy_buf_printf(&names, "%s%s", names.len ? ", " : "", v.t->name);
	}
	if (ev->state_written && count++ < 5)
		fy_buf_printf(&names, "%s%s", names.len ? ", " : "", ev->state_written);
	if (count) {
		fy_warning(ev->diags, "state-written", &(fy_place){ .file = ev->program->archive->path },
			   "the program changes its own state, the graph does not keep it: %s%s",
			   fy_buf_text(&names), count > 5 ? " ..." : "");
		fy_note(ev->diags,
			"within one call the changes are seen, the next call starts from the stored state");
	}
	fy_buf_release(&names);
}

typedef struct fy_outcome {
	fy_status status;
	bool raised;
	bool again; /* loops that must not be unrolled were found: all begins anew */
	const fy_poison
		*split; /* what was read, and where the program is to be split for that; NULL: nothing */
} fy_outcome;

/* Runs the program with the first `forced` decisions made. Diagnostics of a run that will be split are
 * dropped. */
static fy_outcome run_once(fy_capture *c, int forced, fy_ending *ending)
{
	fy_outcome outcome = { 0 };
	fy_leaf_list leaves = { 0 };
	fy_ivalue result = { 0 };
	size_t before = c->diags->count;
	fy_eval ev;

	c->runs++;
	fy_eval_begin(&ev, c->program, c->options, c->arena, c->diags, c->graph);
	ev.forced = c->forced;
	ev.forced_count = forced;
	ev.rolled = &c->rolled;
	outcome.status = fy_eval_method(&ev, c->inputs, c->input_count, &result, &leaves);
	if (outcome.status == FY_OK)
		outcome.status = take_ending(&ev, &leaves, ending);
	outcome.raised = outcome.status == FY_USAGE && ev.raised;
	outcome.again = ev.again;
	if (outcome.again) {
		fy_diags_truncate(c->diags, before);
	} else if (outcome.status == FY_UNSUPPORTED && ev.poisoned && ev.poisoned->ordinal >= 0 &&
		   forced < SPLIT_DEPTH && c->runs < SPLIT_RUNS && !ev.unsupported) {
		outcome.split = ev.poisoned;
		fy_diags_truncate(c->diags, before);
	} else if (!(outcome.raised && forced > 0)) {
		fy_eval_explain(&ev, outcome.status);
	}
	if (outcome.status == FY_OK && c->runs == 1)
		report_state(&ev);
	if (ev.unsupported && outcome.status == FY_OK)
		outcome.status = FY_UNSUPPORTED;
	fy_leaf_list_release(&leaves);
	fy_iunref(result);
	fy_eval_finish(&ev);
	return outcome;
}

/* ---- splitting
 * ----------------------------------------------------------------------------------------------------------------
 */

static fy_outcome run_path(fy_capture *c, int depth, fy_ending *ending);

static bool same_kind(const fy_type *a, const fy_type *b)
{
	return a->dtype == b->dtype && a->shape.rank == b->shape.rank;
}

/* Results of the two runs become outputs of the If. */
static fy_status join_endings(fy_capture *c, fy_node *node, const fy_ending *a, const fy_ending *b,
			      fy_ending *out)
{
	if (a->count != b->count)
		return fy_error(c->diags, FY_UNSUPPORTED, "data-dependent",
				&(fy_place){ .file = c->program->archive->path },
				"how many results there are depends on data");
	out->block = node->block;
	out->names = a->names;
	out->count = a->count;
	out->values = FY_NEW_ARRAY(c->arena, fy_value *, a->count + 1);
	for (int i = 0; i < a->count; i++) {
		fy_type type = *a->values[i]->type;

		if (!same_kind(&type, b->values[i]->type))
			return fy_error(c->diags, FY_UNSUPPORTED, "data-dependent",
					&(fy_place){ .file = c->program->archive->path },
					"the type or rank of result %d depends on data", i);
		for (int d = 0; d < type.shape.rank; d++)
			if (type.shape.dims[d] != b->values[i]->type->shape.dims[d])
				type.shape.dims[d] = fy_dim_symbol(fy_graph_symbol(c->graph, NULL));
		fy_block_result(node->blocks[0], a->values[i]);
		fy_block_result(node->blocks[1], b->values[i]);
		out->values[i] = fy_node_add_result(node, &type);
	}
	return FY_OK;
}

/* One arm raises on the way to the end: the data are taken never to go there. */
static fy_outcome assume(fy_capture *c, int depth, int arm, fy_ending *ending)
{
	fy_forced *forced = &c->forced[depth];

	fy_warning(c->diags, "assumption", &(fy_place){ .file = c->program->archive->path },
		   "one way through a branch on data raises: the data are taken never to go there");
	forced->arm = arm;
	forced->assumed = true;
	return run_path(c, depth + 1, ending);
}

static fy_outcome split(fy_capture *c, int depth, fy_ending *ending)
{
	fy_ending ends[2] = { { 0 } };
	fy_outcome outcome;
	fy_node *node;

	outcome = run_path(c, depth + 1, &ends[0]);
	if (outcome.raised)
		return assume(c, depth, 1, ending);
	if (outcome.status != FY_OK)
		return outcome;
	c->forced[depth].arm = 1;
	node = c->forced[depth].node;
	outcome = run_path(c, depth + 1, &ends[1]);
	if (outcome.raised)
		return assume(c, depth, 0, ending);
	if (outcome.status == FY_OK)
		outcome.status = join_endings(c, node, &ends[0], &ends[1], ending);
	return outcome;
}

/* Runs the program; where that needs more decisions, makes one and runs it again: both ways of a branch, or
 * with the first round of a loop peeled off. */
static fy_outcome run_path(fy_capture *c, int depth, fy_ending *ending)
{
	fy_outcome outcome = run_once(c, depth, ending);

	if (!outcome.split)
		return outcome;
	c->forced[depth] = (fy_forced){ .ordinal = outcome.split->ordinal };
	return outcome.split->peel ? run_path(c, depth + 1, ending) : split(c, depth, ending);
}

/* ---- entry
 * ------------------------------------------------------------------------------------------------------------------------
 */

static void set_outputs(fy_capture *c, const fy_ending *ending)
{
	fy_buf keys = { 0 };
	bool any = false;

	for (int i = 0; i < ending->count; i++) {
		fy_graph_output(c->graph, ending->values[i], fy_arena_printf(c->arena, "OUTPUT__%d", i));
		fy_buf_printf(&keys, "%s%s", i ? "," : "", ending->names[i]);
		any |= ending->names[i][0] != '\0' &&
		       (ending->names[i][0] < '0' || ending->names[i][0] > '9');
	}
	if (any) /* dict keys and field names would be lost otherwise */
		fy_graph_set_metadata(c->graph, "output_keys", fy_buf_text(&keys));
	fy_buf_release(&keys);
}

fy_status fy_eval_capture(const fy_program *program, const fy_leaf *inputs, int input_count,
			  const fy_eval_options *options, fy_arena *arena, fy_graph **graph, fy_diags *diags)
{
	fy_capture c = { .program = program,
			 .inputs = inputs,
			 .input_count = input_count,
			 .options = options,
			 .arena = arena,
			 .graph = fy_graph_new(arena),
			 .diags = diags };
	fy_ending ending = { 0 };
	size_t before = diags->count;
	fy_outcome outcome = run_path(&c, 0, &ending);

	for (int tries = 0; outcome.again && tries < AGAIN_LIMIT; tries++) {
		fy_diags_truncate(diags, before);
		fy_graph_release(c.graph);
		c.graph = fy_graph_new(arena);
		c.runs = 0;
		outcome = run_path(&c, 0, &ending);
	}
	fy_map_release(&c.rolled);
	if (outcome.status == FY_OK && ending.count == 0)
		outcome.status = fy_error(diags, FY_UNSUPPORTED, "output",
					  &(fy_place){ .file = program->archive->path },
					  "the model returns no tensor and no number");
	if (outcome.status == FY_OK) {
		set_outputs(&c, &ending);
		fy_graph_remove_dead(c.graph);
		*graph = c.graph;
	} else {
		fy_graph_release(c.graph);
	}
	return outcome.status;
}
