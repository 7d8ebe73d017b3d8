/*
 * Statements. Branches and loops on known values simply run; on tensor data they go to branch.c and loop.c.
 */
#include "eval/eval_internal.h"

#include <string.h>

/* ---- assignment
 * ----------------------------------------------------------------------------------------------- */

static fy_status assign_attribute(fy_eval *ev, const fy_btarget *target, fy_ivalue value)
{
	fy_ivalue base;
	const fy_battribute *attribute;
	fy_status status = FY_OK;

	FY_TRY(fy_eval_expr(ev, target->base, &base));
	if (base.kind != FY_I_OBJECT) {
		status = fy_eval_error(ev, FY_MALFORMED, "attribute", "attribute '%s' of a %s is set",
				       target->name, fy_ikind_name(base));
	} else {
		attribute = fy_class_attribute(base.object->class, target->name);
		if (!attribute)
			status = fy_eval_error(ev, FY_MALFORMED, "attribute", "'%s' has no attribute '%s'",
					       base.object->class->name, target->name);
		else
			fy_attribute_set(ev, base.object, (int)(attribute - base.object->class->attributes),
					 fy_iref(value));
	}
	fy_iunref(base);
	return status;
}

static fy_status count_misfit(fy_eval *ev, int64_t got, int wanted)
{
	return fy_eval_raise(ev, "%" PRId64 " values are unpacked into %d names", got, wanted);
}

static fy_status assign_nested(fy_eval *ev, const fy_btarget *targets, int count, fy_ivalue value)
{
	int64_t rest, at = 0;
	int starred = -1;

	if (value.kind == FY_I_POISON) {
		for (int i = 0; i < count; i++)
			FY_TRY(fy_eval_assign(ev, &targets[i], value));
		return FY_OK;
	}
	if (value.kind != FY_I_TUPLE && value.kind != FY_I_LIST)
		return fy_eval_error(ev, FY_MALFORMED, "unpack", "a %s is unpacked", fy_ikind_name(value));
	if (value.seq->poison)
		return fy_eval_poisoned(ev, value.seq->poison);
	if (value.seq->grown)
		return fy_grown_refuse(ev, "unpack");
	for (int i = 0; i < count; i++)
		if (targets[i].kind == FY_BT_STARRED)
			starred = i;
	rest = value.seq->count - (count - 1);
	if (starred < 0 ? value.seq->count != count : rest < 0)
		return count_misfit(ev, value.seq->count, count);
	for (int i = 0; i < count; i++) {
		fy_iseq *list;
		fy_ivalue some;

		if (i != starred) {
			FY_TRY(fy_eval_assign(ev, &targets[i], fy_iref(value.seq->items[at++])));
			continue;
		}
		some = fy_iseq_new(ev, FY_I_LIST, &list, rest);
		for (int64_t k = 0; k < rest; k++)
			fy_iseq_push(list, fy_iref(value.seq->items[at++]));
		FY_TRY(fy_eval_assign(ev, &targets[i], some));
	}
	return FY_OK;
}

static fy_status assign_borrowed(fy_eval *ev, const fy_btarget *target, fy_ivalue value)
{
	switch (target->kind) {
	case FY_BT_SLOT:
	case FY_BT_STARRED:
		fy_slot_set(ev, ev->frame, target->slot, fy_iref(value));
		return FY_OK;
	case FY_BT_ATTRIBUTE:
		return assign_attribute(ev, target, value);
	case FY_BT_INDEX:
		return fy_eval_subscript_set(ev, target->base, value);
	case FY_BT_NESTED:
		return assign_nested(ev, target->items, target->count, value);
	}
	FY_BUG("unknown target kind %d", (int)target->kind);
}

fy_status fy_eval_assign(fy_eval *ev, const fy_btarget *target, fy_ivalue value)
{
	fy_status status = fy_eval_convert(ev, target->type, &value);

	if (status == FY_OK)
		status = assign_borrowed(ev, target, value);
	fy_iunref(value);
	return status;
}

/* All right sides before any left side changes. */
static fy_status parallel_copy(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue *values = fy_zalloc((size_t)stmt->target_count * sizeof *values + 1);
	fy_status status = FY_OK;
	int done = 0, assigned = 0;

	for (; done < stmt->target_count && status == FY_OK; done++) {
		const fy_bexpr *expr = stmt->values[done];

		if (expr->kind == FY_B_SLOT && ev->frame->slots[expr->index].kind == FY_I_POISON)
			values[done] = ev->frame->slots[expr->index]; /* passed on, not read */
		else
			status = fy_eval_expr(ev, expr, &values[done]);
	}
	for (; assigned < done && status == FY_OK; assigned++)
		status = fy_eval_assign(ev, &stmt->targets[assigned], values[assigned]);
	for (int i = assigned; i < done; i++)
		fy_iunref(values[i]);
	fy_free(values);
	return status;
}

static fy_status run_assign(fy_eval *ev, const fy_bstmt *stmt)
{
	const fy_bexpr *expr = stmt->value;
	fy_ivalue value;

	if (stmt->values)
		return parallel_copy(ev, stmt);
	if (expr->kind == FY_B_SLOT && ev->frame->slots[expr->index].kind == FY_I_POISON)
		value = ev->frame
				->slots[expr->index]; /* a plain copy passes poison on: most are never read */
	else
		FY_TRY(fy_eval_expr(ev, expr, &value));
	for (int i = 0; i + 1 < stmt->target_count; i++)
		FY_TRY(fy_eval_assign(ev, &stmt->targets[i], fy_iref(value)));
	return fy_eval_assign(ev, &stmt->targets[stmt->target_count - 1], value);
}

static fy_status run_unpack(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue value;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->value, &value));
	ev->span = stmt->span;
	status = assign_nested(ev, stmt->targets, stmt->target_count, value);
	fy_iunref(value);
	return status;
}

/* ---- control flow
 * ----------------------------------------------------------------------------------------------- */

static fy_status run_if(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue condition;
	fy_value *symbol;
	bool known = false;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->value, &condition));
	ev->span = stmt->span;
	status = fy_eval_condition(ev, condition, &known, &symbol);
	fy_iunref(condition);
	FY_TRY(status);
	if (symbol)
		return fy_eval_if_data(ev, stmt, symbol);
	return fy_eval_block(ev, known ? &stmt->body : &stmt->otherwise);
}

/* True when the loop goes on after its body. */
static bool next_round(fy_eval *ev)
{
	bool stop = ev->broke || ev->frame->returned;

	ev->broke = ev->continued = false;
	return !stop;
}

static fy_status while_known(fy_eval *ev, const fy_bstmt *stmt, fy_unroll *u)
{
	for (;;) {
		fy_ivalue condition;
		fy_value *symbol;
		bool known = false;
		fy_status status;

		FY_TRY(fy_eval_expr(ev, stmt->value, &condition));
		ev->span = stmt->span;
		status = fy_eval_condition(ev, condition, &known, &symbol);
		fy_iunref(condition);
		FY_TRY(status);
		if (symbol) /* the rounds before had a known condition and were simply run */
			return fy_eval_loop_data(ev, stmt, NULL, NULL);
		if (!known)
			return FY_OK;
		FY_TRY(fy_eval_block(ev, &stmt->body));
		if (!next_round(ev))
			return FY_OK;
		FY_TRY(fy_unroll_round(ev, u));
	}
}

static fy_status run_while(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_unroll u;
	fy_status status;

	fy_unroll_begin(ev, &u, NULL, 0);
	status = while_known(ev, stmt, &u);
	fy_unroll_end(ev, &u);
	return status;
}

/* Unrolled it would be too many nodes. */
static fy_status for_rolled(fy_eval *ev, const fy_bstmt *stmt, int64_t trips)
{
	fy_ivalue rounds = fy_iint(trips);
	size_t before = ev->diags->count;
	fy_status status = fy_eval_loop_data(ev, stmt, &rounds, NULL);

	if (status == FY_UNSUPPORTED && ev->diags->count > before && !ev->diags->items[before].notes)
		fy_note(ev->diags,
			"this loop has %" PRId64
			" rounds: too many to unroll, so it has to be a loop of the graph",
			trips);
	return status;
}

static fy_status for_range(fy_eval *ev, const fy_bstmt *stmt, int64_t trips)
{
	fy_unroll u;
	fy_status status = FY_OK;

	if (fy_unroll_refused(ev, stmt))
		return for_rolled(ev, stmt, trips);
	fy_unroll_begin(ev, &u, stmt, trips);
	for (int64_t i = 0; i < trips && status == FY_OK; i++) {
		status = fy_eval_assign(ev, &stmt->targets[0], fy_iint(i));
		if (status == FY_OK)
			status = fy_eval_block(ev, &stmt->body);
		if (status == FY_OK && !next_round(ev))
			break;
		if (status == FY_OK)
			status = fy_unroll_round(ev, &u);
	}
	fy_unroll_end(ev, &u);
	return status;
}

static fy_status for_each(fy_eval *ev, const fy_bstmt *stmt, fy_iseq *seq)
{
	fy_unroll u;
	fy_status status = FY_OK;

	fy_unroll_begin(ev, &u, NULL, seq->count);
	for (int64_t i = 0; i < seq->count && status == FY_OK; i++) { /* the body may append */
		status = fy_eval_assign(ev, &stmt->targets[0], fy_iref(seq->items[i]));
		if (status == FY_OK)
			status = fy_eval_block(ev, &stmt->body);
		if (status == FY_OK && !next_round(ev))
			break;
		if (status == FY_OK)
			status = fy_unroll_round(ev, &u);
	}
	fy_unroll_end(ev, &u);
	return status;
}

static fy_status for_rows(fy_eval *ev, const fy_bstmt *stmt, fy_ivalue tensor)
{
	fy_ivalue args[2] = { tensor, fy_iint(0) }, rows;
	fy_status status;

	FY_TRY(fy_eval_tensor_op(ev, "aten::unbind.int", args, 2, &rows));
	status = for_each(ev, stmt, rows.seq);
	fy_iunref(rows);
	return status;
}

/* A list whose length depends on data. */
static fy_status for_grown(fy_eval *ev, const fy_bstmt *stmt, fy_ivalue over)
{
	fy_ivalue length;
	bool handled;

	FY_TRY(fy_builtin_call(ev, "aten::len", &(fy_args){ .items = &over, .count = 1 }, &length, &handled));
	return fy_eval_loop_data(ev, stmt, &length, over.seq);
}

static fy_status run_for(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue over, number;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->value, &over));
	ev->span = stmt->span;
	if (!stmt->is_range && fy_iseq_like(over)) {
		status = over.seq->poison  ? fy_eval_poisoned(ev, over.seq->poison)
			 : over.seq->grown ? for_grown(ev, stmt, over)
					   : for_each(ev, stmt, over.seq);
	} else if (!stmt->is_range && over.kind == FY_I_TENSOR) {
		status = for_rows(ev, stmt, over);
	} else {
		status = fy_eval_to_number(ev, over, FY_I_INT, &number);
		if (status == FY_OK && number.kind == FY_I_SYMBOL)
			status = fy_eval_loop_data(ev, stmt, &number, NULL);
		else if (status == FY_OK)
			status = for_range(ev, stmt, number.i);
	}
	fy_iunref(over);
	return status;
}

static fy_status call_method(fy_eval *ev, fy_ivalue object, const char *name, int nones, fy_ivalue *out)
{
	const fy_function *method =
		object.kind == FY_I_OBJECT ? fy_class_method(object.object->class, name) : NULL;
	fy_ivalue *args;
	fy_status status;

	if (!method)
		return fy_eval_error(ev, FY_MALFORMED, "with", "the object of a with statement has no '%s'",
				     name);
	args = fy_zalloc((size_t)(nones + 1) * sizeof *args);
	args[0] = fy_iref(object);
	for (int i = 1; i <= nones; i++)
		args[i] = fy_inone();
	status = fy_eval_call(ev, method, args, nones + 1, NULL, NULL, 0, out);
	fy_free(args);
	return status;
}

static fy_status run_with(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue context, entered, left;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->value, &context));
	status = call_method(ev, context, "__enter__", 0, &entered);
	if (status == FY_OK && stmt->target_count > 0)
		status = fy_eval_assign(ev, &stmt->targets[0], entered);
	else if (status == FY_OK)
		fy_iunref(entered);
	if (status == FY_OK)
		status = fy_eval_block(ev, &stmt->body);
	if (status == FY_OK) {
		status = call_method(ev, context, "__exit__", 3, &left);
		if (status == FY_OK)
			fy_iunref(left);
	}
	fy_iunref(context);
	return status;
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------------- */

static fy_status run_return(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue value = fy_inone();

	if (stmt->value)
		FY_TRY(fy_eval_expr(ev, stmt->value, &value));
	ev->frame->returned = true;
	ev->frame->result = value;
	return FY_OK;
}

static fy_status run_raise(fy_eval *ev, const fy_bexpr *message)
{
	fy_buf text = { 0 };
	fy_ivalue value;
	fy_status status;

	if (message) {
		FY_TRY(fy_eval_expr(ev, message, &value));
		status = fy_eval_bounded(ev, value);
		if (status == FY_OK)
			fy_iprint(value, &text, false);
		fy_iunref(value);
		FY_TRY(status);
	}
	status = fy_eval_raise(ev, "%s", fy_buf_text(&text));
	fy_buf_release(&text);
	return status;
}

static fy_status run_assert(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue condition;
	fy_value *symbol;
	bool known = false;
	fy_place place;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->value, &condition));
	status = fy_eval_condition(ev, condition, &known, &symbol);
	fy_iunref(condition);
	FY_TRY(status);
	if (!symbol)
		return known ? FY_OK : run_raise(ev, stmt->values ? stmt->values[0] : NULL);
	place = fy_eval_place(ev);
	fy_warning(ev->diags, "assumption", &place, "this assertion depends on data: it is taken to hold");
	return FY_OK;
}

static fy_status run_delete(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue pair[2] = { { 0 } }, ignored;
	fy_args args = { .items = pair, .count = 2 };
	bool handled = false;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, stmt->targets[0].base->base, &pair[0]));
	status = fy_eval_expr(ev, stmt->targets[0].base->items[0], &pair[1]);
	if (status == FY_OK)
		status = fy_builtin_call(ev, "aten::Delete", &args, &ignored, &handled);
	if (status == FY_OK && !handled)
		status = fy_eval_error(ev, FY_MALFORMED, "delete", "an element of a %s is deleted",
				       fy_ikind_name(pair[0]));
	fy_iunref(pair[0]);
	fy_iunref(pair[1]);
	return status;
}

static fy_status run_statement(fy_eval *ev, const fy_bstmt *stmt)
{
	fy_ivalue ignored;

	switch (stmt->kind) {
	case FY_BS_ASSIGN:
		return run_assign(ev, stmt);
	case FY_BS_UNPACK:
		return run_unpack(ev, stmt);
	case FY_BS_EXPR:
		FY_TRY(fy_eval_expr(ev, stmt->value, &ignored));
		fy_iunref(ignored);
		return FY_OK;
	case FY_BS_IF:
		return run_if(ev, stmt);
	case FY_BS_WHILE:
		return run_while(ev, stmt);
	case FY_BS_FOR:
		return run_for(ev, stmt);
	case FY_BS_WITH:
		return run_with(ev, stmt);
	case FY_BS_RETURN:
		return run_return(ev, stmt);
	case FY_BS_RAISE:
		return run_raise(ev, stmt->value);
	case FY_BS_ASSERT:
		return run_assert(ev, stmt);
	case FY_BS_DELETE:
		return run_delete(ev, stmt);
	case FY_BS_BREAK:
		ev->broke = true;
		return FY_OK;
	case FY_BS_CONTINUE:
		ev->continued = true;
		return FY_OK;
	case FY_BS_PASS:
		return FY_OK;
	}
	FY_BUG("unknown statement kind %d", (int)stmt->kind);
}

fy_status fy_eval_block(fy_eval *ev, const fy_bblock *block)
{
	for (int i = 0; i < block->count; i++) {
		ev->span = block->items[i]->span;
		FY_TRY(fy_eval_step(ev));
		FY_TRY(run_statement(ev, block->items[i]));
		if (ev->frame->returned || ev->broke || ev->continued)
			break;
	}
	return FY_OK;
}
