/*
 * `for` and `while` on data. The body is run against placeholders for everything it changes; what it changes
 * is found by running it, so the set grows, known numbers become symbolic and dims that change become
 * symbols, until a round changes nothing more. That round is the body of one Loop node. A place that is None
 * before the first round and a tensor afterwards is not one carried value: the first round is peeled off
 * under an If. So it is where what the loop carries is written in place and others may see it, which only the
 * first round's value can be.
 */
#include "eval/carry.h"

#include <string.h>

enum { ROUND_LIMIT = 32, CARRY_LIMIT = 4096 };

typedef struct fy_loop {
	fy_eval *ev;
	const fy_bstmt *stmt;
	fy_ivalue trip;      /* rounds in all: number; FY_I_NONE for while */
	const fy_iseq *over; /* the list that the rounds go through; NULL: none */
	int64_t first;       /* rounds run before */
	fy_carrying carrying;
	fy_node *node;
	fy_block *body;
	bool raised; /* the body raises, whatever the data */
} fy_loop;

static fy_value *make_param(void *user, const fy_type *type)
{
	return fy_block_param(((fy_loop *)user)->body, type, NULL);
}
static fy_value *make_result(void *user, const fy_type *type)
{
	return fy_node_add_result(((fy_loop *)user)->node, type);
}

/* One number operator on two values. */
static fy_status number_op(fy_eval *ev, const char *name, fy_ivalue a, fy_ivalue b, fy_ivalue *out)
{
	fy_ivalue pair[2] = { a, b };
	bool handled;

	return fy_builtin_call(ev, name, &(fy_args){ .items = pair, .count = 2 }, out, &handled);
}

static fy_status condition_value(fy_loop *loop, fy_value **out)
{
	fy_ivalue condition;
	fy_value *symbol;
	bool known = false;
	fy_status status;

	FY_TRY(fy_eval_expr(loop->ev, loop->stmt->value, &condition));
	status = fy_eval_condition(loop->ev, condition, &known, &symbol);
	fy_iunref(condition);
	FY_TRY(status);
	*out = fy_eval_ssa(loop->ev, symbol ? fy_isymbol(symbol) : fy_ibool(known));
	return *out ? FY_OK : FY_UNSUPPORTED;
}

static fy_status rounds_left(fy_loop *loop, fy_value **out)
{
	fy_ivalue left = loop->trip;

	if (loop->first > 0)
		FY_TRY(number_op(loop->ev, "aten::sub", loop->trip, fy_iint(loop->first), &left));
	*out = fy_eval_ssa(loop->ev, left);
	return *out ? FY_OK : FY_UNSUPPORTED;
}

/* ---- the node
 * ----------------------------------------------------------------------------------------------------- */

typedef struct fy_initials {
	fy_arg args[2 + CARRY_LIMIT];
	int count;
	bool full;
} fy_initials;

static void take_initial(void *user, fy_value *value)
{
	fy_initials *initials = user;

	if (initials->count < (int)FY_COUNT(initials->args))
		initials->args[initials->count++] = fy_arg_value(value);
	else
		initials->full = true;
}

static void take_result(void *user, fy_value *value)
{
	fy_block_result(((fy_loop *)user)->body, value);
}

static fy_status fill_initials(fy_loop *loop, fy_initials *initials)
{
	fy_value *value;

	initials->count = 2;
	if (loop->trip.kind == FY_I_NONE) {
		FY_TRY(condition_value(loop, &value));
		initials->args[1] = fy_arg_value(value);
	} else {
		FY_TRY(rounds_left(loop, &value));
		initials->args[0] = fy_arg_value(value);
	}
	FY_TRY(fy_carry_collect(&loop->carrying, take_initial, initials));
	if (initials->full)
		return fy_eval_error(loop->ev, FY_UNSUPPORTED, "loop-state",
				     "a loop on data carries more than %d values", CARRY_LIMIT);
	return FY_OK;
}

/* The node with its initial values, and an empty body with the iteration number as first parameter. */
static fy_status open_node(fy_loop *loop)
{
	fy_eval *ev = loop->ev;
	fy_type iteration = fy_type_scalar(FY_I64);
	fy_initials *initials = fy_zalloc(sizeof *initials);
	fy_status status = fy_eval_check_blocks(ev);

	if (status == FY_OK)
		status = fill_initials(loop, initials);

	if (status == FY_OK) {
		loop->node = fy_node_new(ev->block, NULL, "prim::Loop", initials->args, initials->count, NULL,
					 0, NULL, 0);
		loop->node->origin = *fy_eval_origin(ev);
		loop->body = fy_block_new(ev->graph, loop->node);
		fy_block_param(loop->body, &iteration, NULL);
	}
	fy_free(initials);
	return status;
}

/* The loop variable of round `index`. */
static fy_status assign_index(fy_loop *loop, fy_ivalue index)
{
	if (loop->trip.kind == FY_I_NONE)
		return FY_OK;
	if (loop->over)
		FY_TRY(fy_grown_item(loop->ev, loop->over, index, &index));
	return fy_eval_assign(loop->ev, &loop->stmt->targets[0], index);
}

static fy_status assign_round(fy_loop *loop)
{
	fy_ivalue index = fy_isymbol(loop->body->params[0]);

	if (loop->first > 0)
		FY_TRY(number_op(loop->ev, "aten::add", index, fy_iint(loop->first), &index));
	return assign_index(loop, index);
}

/* ---- one round
 * ------------------------------------------------------------------------------------------------------ */

/* Runs the body once inside its block. When `final`, its results are recorded too. */
static fy_status run_body(fy_loop *loop, bool final)
{
	fy_eval *ev = loop->ev;
	fy_value *going = NULL;

	fy_carry_put(&loop->carrying, make_param, loop);
	FY_TRY(assign_round(loop));
	FY_TRY(fy_eval_block(ev, &loop->stmt->body));
	if (fy_eval_forget_jump(ev))
		return fy_eval_error(ev, FY_UNSUPPORTED, "jump-data",
				     "a return, break or continue in a loop that depends on data");
	if (loop->trip.kind == FY_I_NONE)
		FY_TRY(condition_value(loop, &going));
	if (!final)
		return FY_OK;
	if (!going)
		going = fy_eval_ssa(ev, fy_ibool(true));
	fy_block_result(loop->body, going);
	return fy_carry_collect(&loop->carrying, take_result, loop);
}

/* One round against the journal; *changes says what it did. */
static fy_status try_round(fy_loop *loop, bool final, fy_changes *changes)
{
	fy_eval *ev = loop->ev;
	fy_block *outer = ev->block;
	fy_frame *frame = ev->frame;
	const char *module = ev->module;
	fy_span span = ev->span;
	int splittable = ev->splittable;
	fy_journal journal;
	fy_status status;

	FY_TRY(open_node(loop));
	fy_journal_begin(ev, &journal);
	ev->block = loop->body;
	ev->splittable = -1;
	status = run_body(loop, final);
	loop->raised = status == FY_USAGE && ev->raised;
	fy_journal_rollback(ev, &journal, changes);
	ev->block = outer;
	ev->frame = frame;
	ev->module = module;
	ev->span = span;
	ev->splittable = splittable;
	return status;
}

/* ---- peeling
 * ---------------------------------------------------------------------------------------------------------
 */

static fy_status run_loop(fy_loop *loop);

/* What a round names first is gone after it: left alone it would look as if the next round carried it. */
static fy_status run_first_round(fy_loop *loop)
{
	fy_eval *ev = loop->ev;
	fy_frame *frame = ev->frame;
	int count = frame->function->slot_count;
	bool *unset = fy_zalloc((size_t)count + 1);
	fy_status status = FY_OK;

	for (int i = 0; i < count; i++)
		unset[i] = frame->slots[i].kind == FY_I_UNSET;
	status = assign_index(loop, fy_iint(loop->first));
	if (status == FY_OK)
		status = fy_eval_block(ev, &loop->stmt->body);
	for (int i = 0; i < count && status == FY_OK; i++)
		if (unset[i] && frame->slots[i].kind != FY_I_UNSET)
			fy_slot_set(ev, frame, i, (fy_ivalue){ 0 });
	fy_free(unset);
	return status;
}

static fy_status peeled_arm(fy_eval *ev, void *user, int which)
{
	fy_loop *loop = user;
	fy_loop rest = {
		.ev = ev, .stmt = loop->stmt, .trip = loop->trip, .over = loop->over, .first = loop->first + 1
	};

	if (which == 1)
		return FY_OK;
	FY_TRY(run_first_round(loop));
	return run_loop(&rest);
}

/* if there is a first round: run it, then the loop over the rest. */
static fy_status peel(fy_loop *loop)
{
	fy_value *condition;
	fy_ivalue any;

	if (loop->trip.kind == FY_I_NONE) {
		FY_TRY(condition_value(loop, &condition));
	} else {
		FY_TRY(number_op(loop->ev, "aten::gt", loop->trip, fy_iint(loop->first), &any));
		condition = fy_eval_ssa(loop->ev, any);
	}
	return fy_eval_branch(loop->ev, condition, peeled_arm, loop);
}

/* ---- entry
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Rounds until the carried set is stable, then the final one. */
static fy_status settle(fy_loop *loop)
{
	for (int round = 0; round < ROUND_LIMIT; round++) {
		fy_changes changes = { 0 };
		fy_status status = try_round(loop, false, &changes);

		if (status == FY_OK)
			fy_carry_round(&loop->carrying, &changes);
		fy_changes_release(&changes);
		if (loop->node && (status == FY_OK || loop->raised))
			fy_node_erase(loop->node);
		if (loop->raised) {
			fy_eval_assume(loop->ev,
				       "the body of this loop raises: it is taken to run not even once");
			return FY_OK;
		}
		FY_TRY(status);
		if (loop->carrying.peel)
			return peel(loop);
		if (loop->carrying.again)
			continue;
		status = try_round(loop, true, &changes);
		fy_changes_release(&changes);
		FY_TRY(status);
		fy_carry_put(&loop->carrying, make_result, loop);
		return FY_OK;
	}
	return fy_eval_error(loop->ev, FY_UNSUPPORTED, "loop-state",
			     "the types of what this loop changes do not settle; its rounds depend on data");
}

static fy_status run_loop(fy_loop *loop)
{
	fy_eval *ev = loop->ev;
	fy_forced *forced;
	int ordinal = fy_eval_ordinal(ev, &forced);
	fy_status status;

	if (forced)
		return peel(loop);
	loop->carrying = (fy_carrying){ .ev = ev,
					.arena = fy_arena_new(),
					.place = fy_eval_place(ev),
					.ordinal = -1,
					.may_peel = loop->first == 0 };
	if (ev->journal || loop->first == 0) /* peeled once is enough */
		loop->carrying.ordinal = ordinal;
	loop->carrying.peelable = !ev->journal && loop->first == 0;
	status = settle(loop);
	fy_carry_release(&loop->carrying);
	fy_arena_free(loop->carrying.arena);
	return status;
}

fy_status fy_eval_loop_data(fy_eval *ev, const fy_bstmt *stmt, const fy_ivalue *trip, const fy_iseq *over)
{
	fy_loop loop = { .ev = ev, .stmt = stmt, .trip = trip ? *trip : fy_inone(), .over = over };

	return run_loop(&loop);
}
