/*
 * `for` and `while` on data. The body is run against placeholders for everything it changes; what it changes is
 * found by running it, so the set grows, known numbers become symbolic and dims that change become symbols, until a
 * round changes nothing more. That round is the body of one Loop node. A place that is None before the first round
 * and a tensor afterwards is not one carried value: the first round is peeled off under an If.
 */
#include "eval/merge.h"

#include <string.h>

enum { ROUND_LIMIT = 16, LEAF_LIMIT = 4096 };

/* A place the body changes, and the types that its leaves have in the loop. */
typedef struct fy_carried {
	fy_where where;
	fy_type *types;
	int count;
	size_t capacity;
} fy_carried;

typedef struct fy_loop {
	fy_eval *ev;
	const fy_bstmt *stmt;
	fy_ivalue trip; /* rounds in all: number; FY_I_NONE for while */
	int64_t first;  /* rounds run before */
	fy_place place;
	fy_carried *carried;
	int carried_count;
	size_t carried_capacity;
	fy_node *node;
	fy_block *body;
	bool peel; /* a place changes from None: see above */
} fy_loop;

/* ---- leaves of contents ------------------------------------------------------------------------------------------------ */

/* Called for each tensor or number; may replace it. */
typedef fy_status (*fy_leaf_fn)(fy_loop *loop, void *user, fy_ivalue *leaf);

static fy_status each_leaf(fy_loop *loop, fy_ivalue *v, fy_leaf_fn fn, void *user);

static fy_status each_item(fy_loop *loop, fy_ivalue *items, int64_t count, fy_leaf_fn fn, void *user)
{
	for (int64_t i = 0; i < count; i++)
		FY_TRY(each_leaf(loop, &items[i], fn, user));
	return FY_OK;
}

static fy_status each_leaf(fy_loop *loop, fy_ivalue *v, fy_leaf_fn fn, void *user)
{
	fy_type type;

	if (fy_leaf_type(*v, &type))
		return fn(loop, user, v);
	if (v->kind == FY_I_LIST || v->kind == FY_I_TUPLE)
		return each_item(loop, v->seq->items, v->seq->count, fn, user);
	return FY_OK;
}

/* A copy whose containers are new, so that replacing leaves touches nobody else's list. */
static fy_ivalue deep_copy(fy_eval *ev, fy_ivalue v)
{
	fy_iseq *seq;
	fy_ivalue made;

	if (v.kind != FY_I_LIST && v.kind != FY_I_TUPLE)
		return fy_iref(v);
	made = fy_iseq_new(ev, v.kind, &seq, v.seq->count);
	seq->class = v.seq->class;
	seq->element = v.seq->element;
	for (int64_t i = 0; i < v.seq->count; i++)
		fy_iseq_push(seq, deep_copy(ev, v.seq->items[i]));
	return made;
}

static fy_content copy_content(fy_eval *ev, const fy_content *content)
{
	fy_content made = fy_content_ref(content);

	fy_iunref(made.value);
	made.value = deep_copy(ev, content->value);
	for (int64_t i = 0; i < made.count; i++) {
		fy_iunref(made.items[i]);
		made.items[i] = deep_copy(ev, content->items[i]);
	}
	return made;
}

static fy_status each_content(fy_loop *loop, fy_where where, fy_content *content, fy_leaf_fn fn, void *user)
{
	if (where.kind == FY_AT_LIST)
		return each_item(loop, content->items, content->count, fn, user);
	for (int64_t i = 1; where.kind == FY_AT_DICT && i < content->count; i += 2) /* values, not keys */
		FY_TRY(each_leaf(loop, &content->items[i], fn, user));
	if (where.kind == FY_AT_DICT)
		return FY_OK;
	return each_leaf(loop, &content->value, fn, user);
}

/* ---- the carried set ------------------------------------------------------------------------------------------------------ */

static fy_carried *find_carried(fy_loop *loop, fy_where where)
{
	for (int i = 0; i < loop->carried_count; i++) {
		const fy_where *w = &loop->carried[i].where;

		if (w->kind == where.kind && w->owner == where.owner && w->index == where.index)
			return &loop->carried[i];
	}
	return NULL;
}

static fy_status add_type(fy_loop *loop, void *user, fy_ivalue *leaf)
{
	fy_carried *carried = user;
	fy_type type;

	if (carried->count == LEAF_LIMIT)
		return fy_eval_error(loop->ev, FY_UNSUPPORTED, "loop-state", "a loop on data carries more than %d values",
				     LEAF_LIMIT);
	fy_leaf_type(*leaf, &type);
	carried->types = fy_grow(carried->types, &carried->capacity, (size_t)carried->count + 1, sizeof *carried->types);
	carried->types[carried->count++] = type;
	return FY_OK;
}

static fy_status add_carried(fy_loop *loop, const fy_change *change)
{
	fy_carried *carried;
	fy_content before = fy_content_ref(&change->before);
	fy_status status = FY_OK;

	loop->carried = fy_grow(loop->carried, &loop->carried_capacity, (size_t)loop->carried_count + 1,
				sizeof *loop->carried);
	carried = &loop->carried[loop->carried_count++];
	*carried = (fy_carried){ .where = change->where };
	if (change->where.kind == FY_AT_CELL) {
		carried->types = fy_grow(NULL, &carried->capacity, 1, sizeof *carried->types);
		carried->types[carried->count++] = fy_type_of(((fy_cell *)change->where.owner)->base);
	} else {
		status = each_content(loop, change->where, &before, add_type, carried);
	}
	fy_content_unref(&before);
	return status;
}

static void loop_release(fy_loop *loop)
{
	for (int i = 0; i < loop->carried_count; i++)
		fy_free(loop->carried[i].types);
	fy_free(loop->carried);
}

/* ---- comparing a round with the placeholders ---------------------------------------------------------------------------------- */

static fy_status misfit(fy_loop *loop, fy_where where, const char *what)
{
	fy_eval *ev = loop->ev;
	const char *name = "a value";
	fy_status status;

	if (where.kind == FY_AT_SLOT && ((fy_frame *)where.owner)->function->slot_names)
		name = fy_arena_printf(ev->arena, "'%s'", ((fy_frame *)where.owner)->function->slot_names[where.index]);
	status = fy_error(ev->diags, FY_UNSUPPORTED, "loop-state", &loop->place,
			  "%s changes in this loop, whose rounds depend on data, in a way that a fixed graph cannot hold: %s", name,
			  what);
	if (ev->frame)
		fy_note(ev->diags, "it changes in the body from line %u on", loop->stmt->body.count
			? loop->stmt->body.items[0]->span.line : loop->stmt->span.line);
	return status;
}

typedef struct fy_check {
	fy_carried *carried;
	int next;
	bool widened;
	const char *wrong;
} fy_check;

static fy_status check_leaf(fy_loop *loop, void *user, fy_ivalue *leaf)
{
	fy_check *check = user;
	fy_type type, *have;

	(void)loop;
	fy_leaf_type(*leaf, &type);
	if (check->next >= check->carried->count) {
		check->wrong = "its structure";
		return FY_OK;
	}
	have = &check->carried->types[check->next++];
	if (have->kind != type.kind || have->dtype != type.dtype || have->shape.rank != type.shape.rank) {
		check->wrong = "its type or rank";
		return FY_OK;
	}
	for (int d = 0; d < type.shape.rank; d++) {
		if (!fy_dim_known(have->shape.dims[d]) || have->shape.dims[d] == type.shape.dims[d])
			continue;
		have->shape.dims[d] = fy_dim_symbol(fy_graph_symbol(loop->ev->graph, NULL));
		check->widened = true;
	}
	return FY_OK;
}

/* None, or anything else without leaves, that became something with leaves. */
static bool from_nothing(const fy_carried *carried, const fy_change *change)
{
	return carried->count == 0 &&
	       (change->before.value.kind == FY_I_NONE || change->before.value.kind == FY_I_UNINITIALIZED) &&
	       change->after.value.kind != change->before.value.kind;
}

/* Sets *again when the carried set or its types grew. */
static fy_status compare_round(fy_loop *loop, fy_changes *changes, bool *again)
{
	*again = false;
	for (size_t i = 0; i < changes->count; i++) {
		fy_change *change = &changes->items[i];
		fy_carried *carried = find_carried(loop, change->where);
		fy_check check = { .carried = carried };

		if (change->where.kind == FY_AT_SLOT && change->before.value.kind == FY_I_UNSET)
			continue; /* first named in the body: gone after it */
		if (change->where.kind != FY_AT_CELL && change->where.kind != FY_AT_LIST && change->where.kind != FY_AT_DICT &&
		    fy_iidentical(change->before.value, change->after.value))
			continue;
		if (!carried) {
			FY_TRY(add_carried(loop, change));
			carried = find_carried(loop, change->where);
			*again = true;
			check.carried = carried;
		}
		if (change->where.kind == FY_AT_CELL)
			continue;
		if (from_nothing(carried, change)) {
			loop->peel = true;
			return FY_OK;
		}
		FY_TRY(each_content(loop, change->where, &change->after, check_leaf, &check));
		if (check.next != carried->count)
			check.wrong = "its structure";
		if (!check.wrong && change->before.count != change->after.count)
			check.wrong = "its length";
		if (!check.wrong && carried->count == 0 && !fy_iequal(change->before.value, change->after.value))
			check.wrong = "its value, which is neither a tensor nor a number";
		if (check.wrong)
			return misfit(loop, change->where, check.wrong);
		*again |= check.widened;
	}
	return FY_OK;
}

/* ---- one round --------------------------------------------------------------------------------------------------------------- */

typedef struct fy_place_run {
	const fy_carried *carried;
	int next;
	fy_value *(*make)(fy_loop *loop, const fy_type *type); /* parameter or result */
	bool lost; /* what it was may be seen elsewhere: writing through it is refused */
} fy_place_run;

static fy_value *make_param(fy_loop *loop, const fy_type *type) { return fy_block_param(loop->body, type, NULL); }
static fy_value *make_result(fy_loop *loop, const fy_type *type) { return fy_node_add_result(loop->node, type); }

static fy_status replace_leaf(fy_loop *loop, void *user, fy_ivalue *leaf)
{
	fy_place_run *run = user;
	fy_ivalue made = fy_leaf_of(loop->ev, run->make(loop, &run->carried->types[run->next++]));

	if (made.kind == FY_I_TENSOR) {
		fy_poison *lost = FY_NEW(loop->ev->arena, fy_poison);

		*lost = (fy_poison){ .what = "a tensor carried by a loop on data, written where it may be another one",
				     .place = loop->place, .other = fy_eval_place(loop->ev), .ordinal = -1 };
		made.t->cell->lost = lost;
	}
	fy_iunref(*leaf);
	*leaf = made;
	return FY_OK;
}

/* Every carried place now holds parameters of the body, or results of the loop. */
static fy_status put_places(fy_loop *loop, fy_value *(*make)(fy_loop *loop, const fy_type *type))
{
	for (int i = 0; i < loop->carried_count; i++) {
		fy_carried *carried = &loop->carried[i];
		fy_place_run run = { .carried = carried, .make = make };
		fy_content now = fy_where_get(carried->where), made;

		if (carried->where.kind == FY_AT_CELL) {
			made = (fy_content){ .ssa = make(loop, &carried->types[0]) };
			fy_where_set(loop->ev, carried->where, &made);
			fy_content_unref(&now);
			continue;
		}
		made = copy_content(loop->ev, &now);
		fy_content_unref(&now);
		FY_TRY(each_content(loop, carried->where, &made, replace_leaf, &run));
		fy_where_set(loop->ev, carried->where, &made);
		fy_content_unref(&made);
	}
	return FY_OK;
}

typedef struct fy_collect {
	fy_arg *args; /* NULL: block results */
	int next;
} fy_collect;

static fy_status collect_leaf(fy_loop *loop, void *user, fy_ivalue *leaf)
{
	fy_collect *collect = user;
	fy_value *value = fy_eval_ssa(loop->ev, *leaf);

	if (!value)
		return FY_UNSUPPORTED;
	if (collect->args)
		collect->args[collect->next++] = fy_arg_value(value);
	else
		fy_block_result(loop->body, value);
	return FY_OK;
}

/* The present SSA values of all carried places, into arguments of the node or results of the body. */
static fy_status collect_places(fy_loop *loop, fy_collect *collect)
{
	for (int i = 0; i < loop->carried_count; i++) {
		fy_where where = loop->carried[i].where;
		fy_content now = fy_where_get(where);
		fy_status status;

		if (where.kind == FY_AT_CELL) {
			fy_exit exit = { .cell = where.owner };
			fy_value *value = fy_exit_value(loop->ev, &exit);

			if (collect->args)
				collect->args[collect->next++] = fy_arg_value(value);
			else
				fy_block_result(loop->body, value);
			fy_content_unref(&now);
			continue;
		}
		status = each_content(loop, where, &now, collect_leaf, collect);
		fy_content_unref(&now);
		FY_TRY(status);
	}
	return FY_OK;
}

static int leaf_count(const fy_loop *loop)
{
	int count = 0;

	for (int i = 0; i < loop->carried_count; i++)
		count += loop->carried[i].count;
	return count;
}

static fy_status condition_value(fy_loop *loop, fy_value **out)
{
	fy_ivalue condition, bool_value;
	fy_value *symbol;
	bool known = false;
	fy_status status;

	FY_TRY(fy_eval_expr(loop->ev, loop->stmt->value, &condition));
	status = fy_eval_condition(loop->ev, condition, &known, &symbol);
	fy_iunref(condition);
	FY_TRY(status);
	bool_value = symbol ? fy_isymbol(symbol) : fy_ibool(known);
	*out = fy_eval_ssa(loop->ev, bool_value);
	return *out ? FY_OK : FY_UNSUPPORTED;
}

static fy_status rounds_left(fy_loop *loop, fy_value **out)
{
	fy_ivalue pair[2] = { loop->trip, fy_iint(loop->first) }, left = loop->trip;
	bool handled;

	if (loop->first > 0)
		FY_TRY(fy_builtin_call(loop->ev, "aten::sub", &(fy_args){ .items = pair, .count = 2 }, &left, &handled));
	*out = fy_eval_ssa(loop->ev, left);
	return *out ? FY_OK : FY_UNSUPPORTED;
}

/* The node with its initial values, and an empty body with the iteration number as first parameter. */
static fy_status open_node(fy_loop *loop)
{
	fy_eval *ev = loop->ev;
	int count = 2 + leaf_count(loop);
	fy_arg *args = FY_NEW_ARRAY(ev->arena, fy_arg, count);
	fy_type iteration = fy_type_scalar(FY_I64);
	fy_collect collect = { .args = args, .next = 2 };
	fy_value *value;

	if (loop->trip.kind == FY_I_NONE) {
		FY_TRY(condition_value(loop, &value));
		args[1] = fy_arg_value(value);
	} else {
		FY_TRY(rounds_left(loop, &value));
		args[0] = fy_arg_value(value);
	}
	FY_TRY(collect_places(loop, &collect));
	loop->node = fy_node_new(ev->block, NULL, "prim::Loop", args, count, NULL, 0, NULL, 0);
	loop->node->origin = *fy_eval_origin(ev);
	loop->body = fy_block_new(ev->graph, loop->node);
	fy_block_param(loop->body, &iteration, NULL);
	return FY_OK;
}

static fy_status assign_index(fy_loop *loop)
{
	fy_ivalue pair[2] = { fy_isymbol(loop->body->params[0]), fy_iint(loop->first) }, index = pair[0];
	bool handled;

	if (loop->trip.kind == FY_I_NONE)
		return FY_OK;
	if (loop->first > 0)
		FY_TRY(fy_builtin_call(loop->ev, "aten::add", &(fy_args){ .items = pair, .count = 2 }, &index, &handled));
	return fy_eval_assign(loop->ev, &loop->stmt->targets[0], index);
}

/* Runs the body once inside its block. When `final`, its results are recorded too. */
static fy_status run_body(fy_loop *loop, bool final)
{
	fy_eval *ev = loop->ev;
	fy_value *going = NULL;
	fy_collect collect = { 0 };

	FY_TRY(put_places(loop, make_param));
	FY_TRY(assign_index(loop));
	FY_TRY(fy_eval_block(ev, &loop->stmt->body));
	if (ev->frame->returned || ev->broke || ev->continued)
		return fy_eval_error(ev, FY_UNSUPPORTED, "jump-data", "a return, break or continue in a loop that depends on data");
	if (loop->trip.kind == FY_I_NONE)
		FY_TRY(condition_value(loop, &going));
	if (!final)
		return FY_OK;
	if (!going)
		going = fy_eval_ssa(ev, fy_ibool(true));
	fy_block_result(loop->body, going);
	return collect_places(loop, &collect);
}

/* One round against the journal; *changes says what it did. */
static fy_status try_round(fy_loop *loop, bool final, fy_changes *changes)
{
	fy_eval *ev = loop->ev;
	fy_block *outer = ev->block;
	fy_frame *frame = ev->frame;
	const char *module = ev->module;
	fy_span span = ev->span;
	fy_journal journal;
	fy_status status;

	FY_TRY(open_node(loop));
	fy_journal_begin(ev, &journal);
	ev->block = loop->body;
	status = run_body(loop, final);
	fy_journal_rollback(ev, &journal, changes);
	ev->block = outer;
	ev->frame = frame;
	ev->module = module;
	ev->span = span;
	return status;
}

/* ---- peeling ------------------------------------------------------------------------------------------------------------------- */

static fy_status run_from(fy_eval *ev, const fy_bstmt *stmt, fy_ivalue trip, int64_t first);

static fy_status peeled_arm(fy_eval *ev, void *user, int which)
{
	const fy_loop *loop = user;

	if (which == 1)
		return FY_OK;
	if (loop->trip.kind != FY_I_NONE)
		FY_TRY(fy_eval_assign(ev, &loop->stmt->targets[0], fy_iint(loop->first)));
	FY_TRY(fy_eval_block(ev, &loop->stmt->body));
	return run_from(ev, loop->stmt, loop->trip, loop->first + 1);
}

/* if there is a first round: run it, then the loop over the rest. */
static fy_status peel(fy_loop *loop)
{
	fy_eval *ev = loop->ev;
	fy_ivalue pair[2] = { loop->trip, fy_iint(loop->first) }, any;
	fy_value *condition;
	bool handled;

	if (loop->first > 0)
		return misfit(loop, (fy_where){ .kind = FY_AT_CELL }, "it turns from None into something more than once");
	if (loop->trip.kind == FY_I_NONE) {
		FY_TRY(condition_value(loop, &condition));
	} else {
		FY_TRY(fy_builtin_call(ev, "aten::gt", &(fy_args){ .items = pair, .count = 2 }, &any, &handled));
		condition = fy_eval_ssa(ev, any);
	}
	return fy_eval_branch(ev, condition, peeled_arm, loop);
}

/* ---- entry ------------------------------------------------------------------------------------------------------------------------ */

/* Rounds until the carried set is stable, then the final one. */
static fy_status settle(fy_loop *loop)
{
	for (int round = 0; round < ROUND_LIMIT; round++) {
		fy_changes changes = { 0 };
		bool again = false;
		fy_status status = try_round(loop, false, &changes);

		if (status == FY_OK)
			status = compare_round(loop, &changes, &again);
		fy_changes_release(&changes);
		FY_TRY(status);
		fy_node_erase(loop->node);
		if (loop->peel)
			return peel(loop);
		if (again)
			continue;
		status = try_round(loop, true, &changes);
		fy_changes_release(&changes);
		FY_TRY(status);
		return put_places(loop, make_result);
	}
	return misfit(loop, (fy_where){ .kind = FY_AT_CELL }, "its type does not settle");
}

static fy_status run_from(fy_eval *ev, const fy_bstmt *stmt, fy_ivalue trip, int64_t first)
{
	fy_loop loop = { .ev = ev, .stmt = stmt, .trip = trip, .first = first, .place = fy_eval_place(ev) };
	fy_status status = settle(&loop);

	loop_release(&loop);
	return status;
}

fy_status fy_eval_loop_data(fy_eval *ev, const fy_bstmt *stmt, fy_value *trip, int64_t first)
{
	return run_from(ev, stmt, trip ? fy_isymbol(trip) : fy_inone(), first);
}
