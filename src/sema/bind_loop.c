/*
 * Loops. A for over range(), zip() or enumerate() becomes a counted loop: its variables are computed from the
 * count first in the body. Names first assigned in a loop go out of scope with it.
 */
#include "sema/sema_internal.h"

#include <string.h>

void fy_bind_while(fy_scope *s, const fy_stmt *source)
{
	fy_open_block b;
	fy_bexpr *condition = fy_bind_lazy(s, source->loop.condition, NULL);
	fy_refuse_kinds(s, source->loop.condition->span, condition, FY_KIND_BIT(FY_TS_NONE),
			"is no condition");
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_WHILE, source->span);
	stmt->value = condition;
	size_t mark = fy_scope_mark(s);
	fy_block_begin(s, &b);
	s->loops++;
	fy_bind_suite_items(s, &source->loop.body);
	s->loops--;
	fy_block_end(s, &b, &stmt->body);
	fy_scope_take(s, mark, NULL);
}

/* ---- what a for goes over --------------------------------------------------------------------- */

typedef enum source_kind { OVER_VALUE, OVER_RANGE, OVER_ENUMERATE, OVER_ZIP } source_kind;

/* A way to get element number n. */
typedef struct iterated iterated;
struct iterated {
	source_kind kind;
	fy_bexpr *value; /* OVER_VALUE: indexed */
	fy_bexpr *start,
		*step;    /* OVER_RANGE: NULL when it is 0, 1, 2 ... OVER_ENUMERATE: start, NULL when 0 */
	iterated **parts; /* OVER_ENUMERATE: one; OVER_ZIP */
	int count;
};

/* A value that the body of the loop must not change. */
static fy_bexpr *keep(fy_scope *s, fy_bexpr *value)
{
	if (value->kind == FY_B_LITERAL)
		return value;
	int slot = fy_scope_hidden(s, "(part of a loop)");
	fy_assign_slot(s, value->span, slot, value);
	return fy_bexpr_slot(s, value->span, slot);
}

/* Is this a call, with `least` to `most` plain arguments, of a function that only a for understands? */
static bool is_call_of(const fy_scope *s, const fy_expr *expr, const char *name, int least, int most)
{
	if (expr->kind != FY_EXPR_CALL || expr->call.callee->kind != FY_EXPR_NAME)
		return false;
	if (strcmp(expr->call.callee->name, name) != 0 || fy_scope_has(s, name))
		return false;
	for (int i = 0; i < expr->call.count; i++)
		if (expr->call.args[i].name || expr->call.args[i].value->kind == FY_EXPR_STARRED)
			return false;
	return expr->call.count >= least && expr->call.count <= most;
}

static fy_bexpr *bind_count(fy_scope *s, const fy_expr *expr)
{
	fy_bexpr *count = fy_bind_expr(s, expr, NULL);
	fy_refuse_kinds(s, expr->span, count,
			FY_KIND_BIT(FY_TS_STR) | FY_KIND_BIT(FY_TS_NONE) | FY_KIND_BIT(FY_TS_LIST) |
				FY_KIND_BIT(FY_TS_FLOAT) | FY_KIND_BIT(FY_TS_TUPLE),
			"is no count");
	return count;
}

static fy_bexpr *bind_range(fy_scope *s, const fy_expr *expr, iterated *out)
{
	const fy_script_arg *args = expr->call.args;
	out->kind = OVER_RANGE;
	if (expr->call.count == 1)
		return bind_count(s, args[0].value);
	out->start = keep(s, bind_count(s, args[0].value));
	fy_bexpr *stop = bind_count(s, args[1].value);
	out->step = expr->call.count == 3 ? keep(s, bind_count(s, args[2].value))
					  : fy_bexpr_literal(s, expr->span, fy_arg_int(1));
	fy_bexpr *bounds[] = { out->start, stop, out->step };
	return fy_bexpr_operator(s, expr->span, "aten::__range_length", bounds, 3);
}

static fy_bexpr *bind_iterated(fy_scope *s, const fy_expr *expr, iterated *out);

static fy_bexpr *bind_part(fy_scope *s, const fy_expr *expr, int count, iterated *out)
{
	out->count = count;
	out->parts = FY_NEW_ARRAY(s->b->arena, iterated *, count);
	fy_bexpr *trips = NULL;
	for (int i = 0; i < count; i++) {
		out->parts[i] = FY_NEW(s->b->arena, iterated);
		fy_bexpr *pair[] = { trips, bind_iterated(s, expr->call.args[i].value, out->parts[i]) };
		trips = i == 0 ? pair[1]
			       : fy_bexpr_hoist(s, fy_bexpr_operator(s, expr->span, "prim::min", pair, 2));
	}
	return trips;
}

/* Returns how many elements there are. */
static fy_bexpr *bind_iterated(fy_scope *s, const fy_expr *expr, iterated *out)
{
	if (is_call_of(s, expr, "range", 1, 3))
		return bind_range(s, expr, out);
	if (is_call_of(s, expr, "zip", 1, INT32_MAX)) {
		out->kind = OVER_ZIP;
		return bind_part(s, expr, expr->call.count, out);
	}
	if (is_call_of(s, expr, "enumerate", 1, 2)) {
		out->kind = OVER_ENUMERATE;
		if (expr->call.count == 2)
			out->start = keep(s, fy_bind_expr(s, expr->call.args[1].value, NULL));
		return bind_part(s, expr, 1, out);
	}
	out->kind = OVER_VALUE;
	out->value = keep(s, fy_bind_expr(s, expr, NULL));
	return fy_bexpr_operator(s, expr->span, "aten::len", &out->value, 1);
}

/* ---- its elements ----------------------------------------------------------------------------- */

static fy_bexpr *make_tuple(fy_scope *s, fy_span span, fy_bexpr **items, int count)
{
	fy_bexpr *tuple = fy_bexpr_new(s, FY_B_TUPLE, span);
	const fy_btype **types = FY_NEW_ARRAY(s->b->arena, const fy_btype *, count);
	for (int i = 0; i < count; i++)
		types[i] = items[i]->known ? items[i]->known : fy_plain_type(FY_TS_ANY);
	tuple->items = items;
	tuple->count = count;
	tuple->known = fy_compound_type(s->b, FY_TS_TUPLE, types, count);
	return fy_bexpr_done(s, tuple);
}

static fy_bexpr *element_of_value(fy_scope *s, fy_span span, const iterated *it, fy_bexpr *index)
{
	fy_bexpr *element = fy_bexpr_new(s, FY_B_INDEX, span);
	element->base = it->value;
	element->items = fy_arena_copy(s->b->arena, &index, sizeof(index));
	element->count = 1;
	if (it->value->known && it->value->known->kind == FY_TS_LIST)
		element->known = it->value->known->items[0];
	return fy_bexpr_done(s, element);
}

static fy_bexpr *element_of_range(fy_scope *s, fy_span span, const iterated *it, fy_bexpr *index)
{
	fy_bexpr *parts[] = { index, it->start, it->step };
	if (!it->start)
		return index;
	fy_bexpr *element = fy_bexpr_operator(s, span, "aten::__derive_index", parts, 3);
	element->known = fy_plain_type(FY_TS_INT);
	return element;
}

static fy_bexpr *element_of(fy_scope *s, fy_span span, const iterated *it, int counter)
{
	fy_bexpr *index = fy_bexpr_slot(s, span, counter);
	if (it->kind == OVER_VALUE)
		return element_of_value(s, span, it, index);
	if (it->kind == OVER_RANGE)
		return element_of_range(s, span, it, index);
	int first = it->kind == OVER_ENUMERATE;
	fy_bexpr **items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, it->count + first);
	fy_bexpr *sum[] = { index, it->start };
	if (first)
		items[0] = it->start ? fy_bexpr_operator(s, span, "aten::add", sum, 2) : index;
	for (int i = 0; i < it->count; i++)
		items[first + i] = element_of(s, span, it->parts[i], counter);
	return make_tuple(s, span, items, it->count + first);
}

/* ---- for -------------------------------------------------------------------------------------- */

/* First in the body: target = element number `counter`. */
static void assign_element(fy_scope *s, const fy_expr *target, const iterated *it, int counter)
{
	fy_bexpr *value = element_of(s, target->span, it, counter);
	fy_btarget *variable = FY_NEW(s->b->arena, fy_btarget);
	fy_bind_target(s, target, value->known, variable);
	fy_bstmt *first = fy_stmt_add(s, FY_BS_ASSIGN, target->span);
	first->targets = variable;
	first->target_count = 1;
	first->value = value;
}

static void bind_counted(fy_scope *s, const fy_stmt *source, const iterated *it, fy_btarget *out)
{
	const fy_expr *target = source->iteration.target;
	const fy_btype *integer = fy_plain_type(FY_TS_INT);
	if (it->kind == OVER_RANGE && !it->start) {
		fy_bind_target(s, target, integer, out);
		return;
	}
	int counter = fy_scope_hidden(s, "(count of a loop)");
	*out = fy_slot_target(target->span, counter);
	fy_scope_assign(s, counter, integer);
	assign_element(s, target, it, counter);
}

static bool is_counted(const fy_scope *s, const fy_expr *expr)
{
	return is_call_of(s, expr, "range", 1, 3) || is_call_of(s, expr, "zip", 1, INT32_MAX) ||
	       is_call_of(s, expr, "enumerate", 1, 2);
}

void fy_bind_for(fy_scope *s, const fy_stmt *source)
{
	const fy_expr *over = source->iteration.iterable;
	fy_open_block b;
	iterated it = { 0 };
	bool counted = is_counted(s, over);
	fy_bexpr *value = counted ? bind_iterated(s, over, &it) : fy_bind_expr(s, over, NULL);
	if (!counted)
		fy_refuse_kinds(s, over->span, value, FY_KINDS_NUMBER | FY_KIND_BIT(FY_TS_NONE),
				"cannot be iterated over");
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_FOR, source->span);
	stmt->value = value;
	stmt->is_range = counted;
	stmt->targets = FY_NEW(s->b->arena, fy_btarget);
	stmt->target_count = 1;
	size_t mark = fy_scope_mark(s);
	fy_block_begin(s, &b);
	s->loops++;
	const fy_btype *element =
		value->known && value->known->kind == FY_TS_LIST ? value->known->items[0] : NULL;
	if (counted)
		bind_counted(s, source, &it, stmt->targets);
	else
		fy_bind_target(s, source->iteration.target, element, stmt->targets);
	fy_bind_suite_items(s, &source->iteration.body);
	s->loops--;
	fy_block_end(s, &b, &stmt->body);
	fy_scope_take(s, mark, NULL);
}
