/*
 * `if` on data. Both arms are tried against a journal and undone; what they made of each place is merged into
 * outputs of one If node. An arm that raises is an assumption about the data: the other arm goes on alone.
 */
#include "eval/merge.h"

#include <string.h>

/* ---- one arm
 * ------------------------------------------------------------------------------------------------------- */

typedef struct fy_arm_run {
	fy_status status;
	bool raised;
	fy_changes changes;
} fy_arm_run;

bool fy_eval_forget_jump(fy_eval *ev)
{
	bool jumped = ev->frame->returned || ev->broke || ev->continued;

	fy_frame_forget_result(ev->frame);
	ev->broke = ev->continued = false;
	return jumped;
}

/* Runs an arm into `block` and undoes it. */
static void try_arm(fy_eval *ev, fy_arm_fn arm, void *user, int which, fy_block *block, fy_arm_run *run)
{
	fy_block *outer = ev->block;
	fy_frame *frame = ev->frame;
	const char *module = ev->module;
	fy_span span = ev->span;
	fy_journal journal;

	fy_journal_begin(ev, &journal);
	ev->block = block;
	run->status = arm(ev, user, which);
	if (run->status == FY_OK && fy_eval_forget_jump(ev))
		run->status =
			fy_eval_error(ev, FY_UNSUPPORTED, "jump-data",
				      "a return, break or continue under a condition that depends on data");
	run->raised = run->status == FY_USAGE && ev->raised;
	fy_journal_rollback(ev, &journal, &run->changes);
	ev->block = outer;
	ev->frame = frame;
	ev->module = module;
	ev->span = span;
}

void fy_eval_assume(fy_eval *ev, const char *what)
{
	fy_place place = fy_eval_place(ev);
	fy_buf key = { 0 };

	ev->raised = false;
	fy_buf_printf(&key, "assume %s:%d", place.member ? place.member : "", place.line);
	if (!fy_map_has(&ev->reported, (fy_str){ fy_buf_text(&key), key.len })) {
		fy_map_put(&ev->reported, (fy_str){ fy_buf_text(&key), key.len }, ev);
		fy_warning(ev->diags, "assumption", &place, "%s", what);
		fy_note(ev->diags, "it would raise: %s", ev->raise_message);
		if (ev->raise_place.text)
			fy_note(ev->diags, "at %s:%d: %.*s", ev->raise_place.member, ev->raise_place.line,
				(int)strcspn(ev->raise_place.text, "\n"), ev->raise_place.text);
	}
	fy_buf_release(&key);
}

static void assume_arm(fy_eval *ev)
{
	fy_eval_assume(ev, "one arm of this branch raises: the data are taken never to get there");
}

/* ---- merging
 * ---------------------------------------------------------------------------------------------------------
 */

/* Everything either arm changed, with what it is afterwards. */
static void plan(fy_merge *m, const fy_changes *a, const fy_changes *b, fy_changes *out)
{
	for (int pass = 0; pass < 2; pass++) {
		const fy_changes *mine = pass ? b : a, *other = pass ? a : b;

		for (size_t i = 0; i < mine->count; i++) {
			const fy_change *change = &mine->items[i],
					*twin = fy_changes_find(other, change->where);
			const fy_content *theirs = twin ? &twin->after : &change->before;

			if (pass && twin)
				continue; /* done in the first pass */
			out->items = fy_grow(out->items, &out->capacity, out->count + 1, sizeof *out->items);
			out->items[out->count++] = (fy_change){
				.where = change->where,
				.after = pass ? fy_merge_contents(m, change->where, theirs, &change->after)
					      : fy_merge_contents(m, change->where, &change->after, theirs),
			};
		}
	}
}

/* Puts the state after an arm back for a moment and records what leaves its block. */
static fy_status leave(fy_eval *ev, fy_block *block, const fy_changes *changes, const fy_exit *exits,
		       int count)
{
	fy_block *outer = ev->block;
	fy_status status = FY_OK;
	fy_journal journal;
	fy_changes undone;

	fy_journal_begin(ev, &journal);
	for (size_t i = 0; i < changes->count; i++)
		fy_where_set(ev, changes->items[i].where, &changes->items[i].after);
	ev->block = block;
	for (int i = 0; i < count && status == FY_OK; i++) {
		fy_value *value = fy_exit_value(ev, &exits[i]);

		if (value)
			fy_block_result(block, value);
		else
			status = FY_UNSUPPORTED;
	}
	ev->block = outer;
	fy_journal_rollback(ev, &journal, &undone);
	fy_changes_release(&undone);
	return status;
}

static fy_status merge_arms(fy_merge *m, const fy_changes *a, const fy_changes *b)
{
	fy_eval *ev = m->ev;
	fy_changes merged = { 0 };
	fy_status status;

	plan(m, a, b, &merged);
	status = leave(ev, m->node->blocks[0], a, m->a, m->count);
	if (status == FY_OK)
		status = leave(ev, m->node->blocks[1], b, m->b, m->count);
	for (size_t i = 0; i < merged.count && status == FY_OK; i++)
		fy_where_set(ev, merged.items[i].where, &merged.items[i].after);
	fy_merge_finish(m);
	for (size_t i = 0; i < merged.count; i++)
		fy_content_unref(&merged.items[i].after);
	fy_free(merged.items);
	return status;
}

/* ---- an arm alone
 * ------------------------------------------------------------------------------------------------------ */

/* The second arm raises: the first one's nodes and changes are what happens. */
static fy_status keep_first(fy_eval *ev, fy_node *node, const fy_changes *changes)
{
	assume_arm(ev);
	fy_block_splice(ev->block, node, node->blocks[0]);
	fy_node_erase(node);
	for (size_t i = 0; i < changes->count; i++)
		fy_where_set(ev, changes->items[i].where, &changes->items[i].after);
	return FY_OK;
}

static fy_node *if_node(fy_eval *ev, fy_value *condition)
{
	fy_arg arg = fy_arg_value(condition);
	fy_node *node = fy_node_new(ev->block, NULL, "prim::If", &arg, 1, NULL, 0, NULL, 0);

	node->origin = *fy_eval_origin(ev);
	fy_block_new(ev->graph, node);
	fy_block_new(ev->graph, node);
	return node;
}

/* ---- forced arms: see capture.c
 * --------------------------------------------------------------------------------------------- */

int fy_eval_ordinal(fy_eval *ev, fy_forced **forced)
{
	int ordinal = ev->journal ? ev->splittable : ev->ifs++;

	*forced = NULL;
	for (int i = 0; i < ev->forced_count && !ev->journal; i++)
		if (ev->forced[i].ordinal == ordinal)
			*forced = &ev->forced[i];
	return ordinal;
}

/* The rest of the program runs inside the arm. The node goes behind what was recorded anew on the way here.
 */
static fy_status run_forced(fy_eval *ev, fy_forced *forced, fy_value *condition, fy_arm_fn arm, void *user)
{
	forced->place = fy_eval_place(ev);
	if (!forced->assumed) {
		if (!forced->node)
			forced->node = if_node(ev, condition);
		else
			fy_node_move_before(forced->node, ev->block, NULL);
		ev->block = forced->node->blocks[forced->arm];
	}
	return arm(ev, user, forced->arm);
}

/* ---- entry
 * ------------------------------------------------------------------------------------------------------------------
 */

/* Both arms, tried and merged. What the arms cannot agree on may be settled by splitting the outermost
 * branch. */
static fy_status run_both(fy_merge *m, fy_arm_fn arm, void *user)
{
	fy_eval *ev = m->ev;
	fy_arm_run runs[2] = { { 0 } };
	int splittable = ev->splittable;
	fy_status status;

	ev->splittable = m->ordinal;
	try_arm(ev, arm, user, 0, m->node->blocks[0], &runs[0]);
	if (runs[0].status == FY_OK)
		try_arm(ev, arm, user, 1, m->node->blocks[1], &runs[1]);
	ev->splittable = splittable;
	if (runs[0].raised) {
		fy_changes_release(&runs[0].changes);
		fy_node_erase(m->node);
		assume_arm(ev);
		return arm(ev, user, 1);
	}
	if (runs[0].status != FY_OK)
		status = runs[0].status;
	else if (runs[1].raised)
		status = keep_first(ev, m->node, &runs[0].changes);
	else if (runs[1].status != FY_OK)
		status = runs[1].status;
	else
		status = merge_arms(m, &runs[0].changes, &runs[1].changes);
	fy_changes_release(&runs[0].changes);
	fy_changes_release(&runs[1].changes);
	return status;
}

fy_status fy_eval_branch(fy_eval *ev, fy_value *condition, fy_arm_fn arm, void *user)
{
	fy_forced *forced;
	fy_merge m = { .ev = ev, .start = ++ev->serial, .place = fy_eval_place(ev) };
	fy_status status;

	m.ordinal = fy_eval_ordinal(ev, &forced);
	if (forced)
		return run_forced(ev, forced, condition, arm, user);
	FY_TRY(fy_eval_check_blocks(ev));
	m.node = if_node(ev, condition);
	status = run_both(&m, arm, user);
	fy_merge_release(&m);
	return status;
}

fy_status fy_eval_choose(fy_eval *ev, fy_value *condition, fy_ivalue a, fy_ivalue b, fy_ivalue *out)
{
	fy_merge m = { .ev = ev, .start = ++ev->serial, .place = fy_eval_place(ev), .ordinal = -1 };
	const fy_changes none = { 0 };
	fy_status status;

	m.node = if_node(ev, condition);
	*out = fy_merge_values(&m, a, b);
	status = leave(ev, m.node->blocks[0], &none, m.a, m.count);
	if (status == FY_OK)
		status = leave(ev, m.node->blocks[1], &none, m.b, m.count);
	fy_merge_finish(&m);
	fy_merge_release(&m);
	if (m.node->result_count == 0)
		fy_node_erase(m.node);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

static fy_status run_arm(fy_eval *ev, void *user, int which)
{
	const fy_bstmt *stmt = user;

	return fy_eval_block(ev, which == 0 ? &stmt->body : &stmt->otherwise);
}

fy_status fy_eval_if_data(fy_eval *ev, const fy_bstmt *stmt, fy_value *condition)
{
	return fy_eval_branch(ev, condition, run_arm, (void *)stmt);
}
