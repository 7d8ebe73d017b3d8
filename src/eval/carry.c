/*
 * What a loop on data carries from round to round. A place that the body changes is compared, before and
 * after a round, element by element: what stays the same object stays out of the loop; tensors and numbers
 * that change are carried, their types widened until every round fits; containers that are another one in
 * each round are taken apart. What can be none of this is poison, an error only when it is read.
 */
#include "eval/carry.h"

#include <string.h>

/* ---- sharing
 * --------------------------------------------------------------------------------------------------- */

/* First named in the body: gone after it. */
static bool is_temporary(const fy_change *change)
{
	return change->where.kind == FY_AT_SLOT && change->before.value.kind == FY_I_UNSET;
}

/* Do others hold the value than `holders` that are known? Then what a round makes of it could be seen
 * elsewhere. */
static bool is_shared(const fy_changes *changes, fy_ivalue v, int holders)
{
	int of_cell = 1;

	for (size_t i = 0; i < changes->count; i++) {
		const fy_change *change = &changes->items[i];

		holders += is_temporary(change) && fy_iidentical(change->after.value, v);
		of_cell += v.kind == FY_I_TENSOR && change->where.kind == FY_AT_CELL &&
			   change->where.owner == v.t->cell;
	}
	switch (v.kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		return v.seq->refs > holders;
	case FY_I_DICT:
		return v.dict->refs > holders;
	case FY_I_TENSOR:
		return v.t->refs > holders || v.t->cell->refs > of_cell;
	default:
		return false;
	}
}

/* ---- comparing a round with what stands for it
 * ----------------------------------------------------------------- */

typedef struct fy_comparison {
	fy_carrying *c;
	const fy_changes *changes;
	const char *wrong;
} fy_comparison;

static fy_ivalue *elements(fy_ivalue v, int64_t *count)
{
	if (v.kind == FY_I_DICT) {
		*count = v.dict->count * 2;
		return (fy_ivalue *)v.dict->items;
	}
	*count = v.seq->count;
	return v.seq->items;
}

static bool is_container(fy_ivalue v)
{
	return fy_iseq_like(v) || v.kind == FY_I_DICT;
}

static void set_changing(fy_comparison *cmp, fy_carry *carry, fy_ivalue before, bool shared)
{
	carry->changes = true;
	carry->shared = shared;
	if (!fy_leaf_type(before, &carry->type) && is_container(before)) {
		elements(before, &carry->count);
		carry->items = FY_NEW_ARRAY(cmp->c->arena, fy_carry, carry->count);
	}
	cmp->c->again = true;
}

static void compare_leaf(fy_comparison *cmp, fy_carry *carry, fy_ivalue after)
{
	fy_type *have = &carry->type, type;

	if (!fy_leaf_type(after, &type) || have->kind != type.kind || have->dtype != type.dtype ||
	    have->shape.rank != type.shape.rank) {
		cmp->wrong = "its type or rank";
		return;
	}
	for (int d = 0; d < type.shape.rank; d++) {
		if (!fy_dim_known(have->shape.dims[d]) || have->shape.dims[d] == type.shape.dims[d])
			continue;
		have->shape.dims[d] = fy_dim_symbol(fy_graph_symbol(cmp->c->ev->graph, NULL));
		cmp->c->again = true;
	}
}

/* A list as its elements or as rows. */
typedef struct fy_elements {
	const fy_ivalue *items;
	int64_t count;
	fy_var *grown;
} fy_elements;

static fy_elements elements_of(const fy_iseq *seq)
{
	return (fy_elements){ seq->items, seq->count, seq->grown };
}

/* The type of one element; false: the elements have no one type. */
static bool row_type(fy_elements e, fy_type *row)
{
	fy_type type;

	if (!e.grown)
		return e.count == 0 || fy_rows_type(e.items, e.count, row);
	type = fy_type_of(e.grown->tensor);
	memmove(type.shape.dims, type.shape.dims + 1, (size_t)--type.shape.rank * sizeof type.shape.dims[0]);
	if (row->kind == FY_TYPE_SCALAR && row->has_shape)
		type.kind = FY_TYPE_SCALAR;
	if (row->has_shape && !fy_type_eq(row, &type))
		return false;
	*row = type;
	return true;
}

/* A list that grows: its elements become the rows of one tensor, as many as there are. */
static void compare_rows(fy_comparison *cmp, fy_carry *carry, fy_elements before, fy_elements after)
{
	fy_type row = { 0 }, type;

	if (before.grown == after.grown && before.count == after.count && !carry->grows && before.count == 0)
		return;
	if (carry->grows && after.grown) {
		compare_leaf(cmp, carry, fy_itensor(after.grown));
		return;
	}
	if (!row_type(before, &row) || !row_type(after, &row) || !row.has_shape ||
	    row.shape.rank >= FY_MAX_RANK) {
		cmp->wrong = "its length";
		return;
	}
	type = fy_type_tensor(row.dtype, &(fy_shape){ .rank = row.shape.rank + 1 });
	memcpy(type.shape.dims + 1, row.shape.dims, (size_t)row.shape.rank * sizeof row.shape.dims[0]);
	if (carry->grows)
		return;
	type.shape.dims[0] = fy_dim_symbol(fy_graph_symbol(cmp->c->ev->graph, NULL));
	carry->type = type;
	carry->of_numbers = row.kind == FY_TYPE_SCALAR;
	carry->grows = carry->changes = cmp->c->again = true;
}

static void compare_value(fy_comparison *cmp, fy_carry *carry, fy_ivalue before, fy_ivalue after,
			  bool shared_before, bool shared_after);

static void compare_container(fy_comparison *cmp, fy_carry *carry, fy_ivalue before, fy_ivalue after)
{
	int64_t count, other;
	fy_ivalue *old = elements(before, &count), *now = elements(after, &other);

	if (before.kind == FY_I_LIST &&
	    (carry->grows || count != other || before.seq->grown || after.seq->grown)) {
		compare_rows(cmp, carry, elements_of(before.seq), elements_of(after.seq));
		return;
	}
	if (count != other || count != carry->count) {
		cmp->wrong = before.kind == FY_I_DICT ? "its keys" : "its length";
		return;
	}
	for (int64_t i = 0; i < count && !cmp->wrong; i++) {
		if (before.kind == FY_I_DICT && i % 2 == 0 && !fy_iequal(old[i], now[i]))
			cmp->wrong = "its keys";
		else if (before.kind != FY_I_DICT || i % 2)
			compare_value(cmp, &carry->items[i], old[i], now[i],
				      carry->shared || is_shared(cmp->changes, old[i], 1),
				      carry->shared || is_shared(cmp->changes, now[i], 1));
	}
}

static void compare_values(fy_comparison *cmp, fy_carry *carry, fy_ivalue before, fy_ivalue after,
			   bool shared_before, bool shared_after)
{
	fy_type type;

	if (!carry->changes && fy_iidentical(before, after))
		return;
	if (before.kind == FY_I_UNINITIALIZED && fy_leaf_type(after, &type)) {
		if (!carry->changes)
			carry->type = type; /* what it is before the first round is never read */
	} else if (before.kind == FY_I_NONE || before.kind == FY_I_UNINITIALIZED) {
		cmp->c->peel = cmp->c->may_peel && after.kind != FY_I_POISON;
		cmp->wrong = "it is None before the first round";
		return;
	}
	if (!carry->changes)
		set_changing(cmp, carry, before, shared_before);
	if (shared_after && !carry->shared)
		carry->shared = cmp->c->again = true;
	if (is_container(before) && after.kind == before.kind)
		compare_container(cmp, carry, before, after);
	else if (fy_inumber(before) || before.kind == FY_I_TENSOR || before.kind == FY_I_UNINITIALIZED)
		compare_leaf(cmp, carry, after);
	else
		cmp->wrong = "its value, which is neither a tensor nor a number";
}

static void compare_value(fy_comparison *cmp, fy_carry *carry, fy_ivalue before, fy_ivalue after,
			  bool shared_before, bool shared_after)
{
	fy_eval *ev = cmp->c->ev;

	if (!fy_eval_nest(ev)) {
		cmp->wrong = "its value, which nests too deeply";
		return;
	}
	compare_values(cmp, carry, before, after, shared_before, shared_after);
	ev->nesting--;
}

/* ---- places
 * ------------------------------------------------------------------------------------------------------ */

static fy_carried *find_carried(fy_carrying *c, fy_where where)
{
	for (int i = 0; i < c->count; i++) {
		const fy_where *w = &c->items[i].where;

		if (w->kind == where.kind && w->owner == where.owner && w->index == where.index)
			return &c->items[i];
	}
	return NULL;
}

static fy_carried *add_carried(fy_carrying *c, const fy_change *change)
{
	fy_carried *carried;

	c->items = fy_grow(c->items, &c->capacity, (size_t)c->count + 1, sizeof *c->items);
	carried = &c->items[c->count++];
	*carried = (fy_carried){ .where = change->where, .before = fy_content_ref(&change->before) };
	carried->count = change->where.kind == FY_AT_LIST || change->where.kind == FY_AT_DICT
				 ? change->before.count
				 : 1;
	carried->items = FY_NEW_ARRAY(c->arena, fy_carry, carried->count);
	if (change->where.kind == FY_AT_CELL) {
		carried->items[0].changes = true;
		carried->items[0].type = fy_type_of(((fy_cell *)change->where.owner)->base);
		c->again = true;
	}
	return carried;
}

/* A place that no fixed set of values can stand for: it may be dead, so it is no error yet. */
static void give_up(fy_carrying *c, fy_carried *carried, const char *what)
{
	fy_poison *poison = FY_NEW(c->ev->arena, fy_poison);

	*poison = (fy_poison){ .what = what, .place = c->place, .ordinal = -1, .loop = true };
	carried->poison = poison;
	c->again = true;
}

static void compare_place(fy_comparison *cmp, fy_carried *carried, const fy_change *change)
{
	const fy_content *before = &carried->before, *after = &change->after;

	switch (change->where.kind) {
	case FY_AT_CELL:
		return;
	case FY_AT_SLOT:
	case FY_AT_ATTRIBUTE: /* held by the place, by its journal entry and by `carried` */
		compare_value(cmp, &carried->items[0], before->value, after->value,
			      is_shared(cmp->changes, before->value, 3),
			      is_shared(cmp->changes, after->value, 1));
		return;
	case FY_AT_LIST:
	case FY_AT_DICT:
		if (after->poison) {
			cmp->wrong = "its length or keys";
			return;
		}
		if (carried->list.grows || before->grown || after->grown ||
		    (change->where.kind == FY_AT_LIST && after->count != carried->count)) {
			compare_rows(cmp, &carried->list,
				     (fy_elements){ before->items, before->count, before->grown },
				     (fy_elements){ after->items, after->count, after->grown });
			return;
		}
		if (after->count != carried->count)
			cmp->wrong = "its number of keys";
		for (int64_t i = 0; i < carried->count && !cmp->wrong; i++) {
			if (change->where.kind == FY_AT_DICT && i % 2 == 0) {
				if (!fy_iequal(before->items[i], after->items[i]))
					cmp->wrong = "its keys";
				continue;
			}
			compare_value(cmp, &carried->items[i], before->items[i], after->items[i],
				      is_shared(cmp->changes, before->items[i], 3),
				      is_shared(cmp->changes, after->items[i], 1));
		}
		return;
	}
}

static bool unchanged(const fy_change *change)
{
	if (change->where.kind != FY_AT_SLOT && change->where.kind != FY_AT_ATTRIBUTE)
		return false;
	return is_temporary(change) || fy_iidentical(change->before.value, change->after.value);
}

void fy_carry_round(fy_carrying *c, const fy_changes *changes)
{
	c->again = false;
	for (size_t i = 0; i < changes->count && !c->peel; i++) {
		const fy_change *change = &changes->items[i];
		fy_carried *carried = find_carried(c, change->where);
		fy_comparison cmp = { .c = c, .changes = changes };

		if (!carried && unchanged(change))
			continue;
		if (!carried)
			carried = add_carried(c, change);
		if (carried->poison)
			continue;
		compare_place(&cmp, carried, change);
		if (cmp.wrong && !c->peel)
			give_up(c, carried, cmp.wrong);
	}
}

void fy_carry_release(fy_carrying *c)
{
	for (int i = 0; i < c->count; i++)
		fy_content_unref(&c->items[i].before);
	fy_free(c->items);
}

/* ---- values in and out
 * ----------------------------------------------------------------------------------------------- */

typedef struct fy_putting {
	fy_carrying *c;
	fy_carry_make make;
	void *user;
} fy_putting;

static const fy_poison *lost_in(fy_carrying *c)
{
	fy_poison *lost = FY_NEW(c->ev->arena, fy_poison);

	*lost = (fy_poison){ .what = "it is written, and others may see it",
			     .place = c->place,
			     .ordinal = c->ordinal,
			     .loop = true,
			     .peel = c->peelable };
	return lost;
}

static fy_ivalue put_value(fy_putting *p, const fy_carry *carry, fy_ivalue before);

/* What stands for the rows of a list. They are copies: writing to the elements of before is refused from now
 * on. */
static fy_ivalue put_rows(fy_putting *p, const fy_carry *carry, fy_elements before)
{
	fy_ivalue made = fy_leaf_of(p->c->ev, p->make(p->user, &carry->type));

	made.t->cell->lost = lost_in(p->c);
	for (int64_t i = 0; i < before.count; i++)
		fy_lose(p->c->ev, before.items[i], made.t->cell->lost);
	return made;
}

static fy_ivalue put_seq(fy_putting *p, const fy_carry *carry, fy_ivalue before)
{
	fy_iseq *seq;
	fy_ivalue made = fy_iseq_new(p->c->ev, before.kind, &seq, before.seq->count);

	seq->class = before.seq->class;
	seq->element = before.seq->element;
	seq->lost = carry->shared ? lost_in(p->c) : NULL;
	for (int64_t i = 0; i < before.seq->count; i++)
		fy_iseq_push(seq, put_value(p, &carry->items[i], before.seq->items[i]));
	return made;
}

static fy_ivalue put_value(fy_putting *p, const fy_carry *carry, fy_ivalue before)
{
	fy_idict *dict;
	fy_ivalue made;

	if (!carry->changes)
		return fy_iref(before);
	if (carry->grows) {
		made = fy_grown_new(p->c->ev, put_rows(p, carry, elements_of(before.seq)), carry->of_numbers);
		made.seq->lost = carry->shared ? lost_in(p->c) : NULL;
		return made;
	}
	if (fy_iseq_like(before))
		return put_seq(p, carry, before);
	if (before.kind == FY_I_DICT) {
		made = fy_idict_new(p->c->ev, &dict);
		dict->lost = carry->shared ? lost_in(p->c) : NULL;
		for (int64_t i = 0; i < before.dict->count; i++)
			fy_idict_put(dict, fy_iref(before.dict->items[i].key),
				     put_value(p, &carry->items[2 * i + 1], before.dict->items[i].value));
		return made;
	}
	made = fy_leaf_of(p->c->ev, p->make(p->user, &carry->type));
	if (made.kind == FY_I_TENSOR && carry->shared)
		made.t->cell->lost = lost_in(p->c);
	return made;
}

/* The place with its changing parts replaced. */
static fy_content put_content(fy_putting *p, const fy_carried *carried)
{
	const fy_content *before = &carried->before;
	bool items = carried->where.kind == FY_AT_LIST || carried->where.kind == FY_AT_DICT;
	fy_content made = { .lost = before->lost, .poison = before->poison };

	if (carried->poison && !items)
		return (fy_content){ .value = fy_ipoison(carried->poison) };
	if (carried->poison) {
		made = fy_content_ref(before);
		made.poison = carried->poison;
	} else if (carried->where.kind == FY_AT_CELL) {
		made.ssa = p->make(p->user, &carried->items[0].type);
	} else if (carried->list.grows) {
		made.grown =
			put_rows(p, &carried->list, (fy_elements){ before->items, before->count, NULL }).t;
		((fy_iseq *)carried->where.owner)->of_numbers = carried->list.of_numbers;
	} else if (!items) {
		made.value = put_value(p, &carried->items[0], before->value);
	} else {
		made.count = carried->count;
		made.items = fy_zalloc((size_t)made.count * sizeof(fy_ivalue) + 1);
		for (int64_t i = 0; i < made.count; i++)
			made.items[i] = put_value(p, &carried->items[i], before->items[i]);
	}
	return made;
}

void fy_carry_put(fy_carrying *c, fy_carry_make make, void *user)
{
	fy_putting p = { c, make, user };

	for (int i = 0; i < c->count; i++) {
		fy_content made = put_content(&p, &c->items[i]);

		fy_where_set(c->ev, c->items[i].where, &made);
		fy_content_unref(&made);
	}
}

typedef struct fy_taking {
	fy_eval *ev;
	fy_carry_take take;
	void *user;
} fy_taking;

static fy_status take_rows(fy_taking *t, const fy_carry *carry, fy_elements now)
{
	fy_type row = { 0 };
	fy_ivalue rows = fy_itensor(now.grown);
	fy_value *value;

	row.dtype = carry->type.dtype;
	row.shape.rank = carry->type.shape.rank - 1;
	memcpy(row.shape.dims, carry->type.shape.dims + 1, (size_t)row.shape.rank * sizeof row.shape.dims[0]);
	if (!now.grown)
		FY_TRY(fy_rows_stack(t->ev, now.items, now.count, &row, &rows));
	value = fy_eval_ssa(t->ev, rows);
	if (!now.grown)
		fy_iunref(rows);
	if (!value)
		return FY_UNSUPPORTED;
	t->take(t->user, value);
	return FY_OK;
}

static fy_status take_value(fy_taking *t, const fy_carry *carry, fy_ivalue now)
{
	int64_t count;
	fy_value *value;

	if (!carry->changes)
		return FY_OK;
	if (carry->grows)
		return take_rows(t, carry, elements_of(now.seq));
	if (is_container(now)) {
		fy_ivalue *items = elements(now, &count);

		for (int64_t i = 0; i < count && i < carry->count; i++)
			FY_TRY(take_value(t, &carry->items[i], items[i]));
		return FY_OK;
	}
	value = fy_exit_value(t->ev, &(fy_exit){ .value = now, .type = carry->type });
	if (!value)
		return FY_UNSUPPORTED;
	t->take(t->user, value);
	return FY_OK;
}

static fy_status take_place(fy_taking *t, const fy_carried *carried, const fy_content *now)
{
	if (carried->poison)
		return FY_OK;
	if (carried->where.kind == FY_AT_CELL) {
		fy_exit exit = { .cell = carried->where.owner };

		t->take(t->user, fy_exit_value(t->ev, &exit));
		return FY_OK;
	}
	if (carried->list.grows)
		return take_rows(t, &carried->list, (fy_elements){ now->items, now->count, now->grown });
	if (carried->where.kind == FY_AT_SLOT || carried->where.kind == FY_AT_ATTRIBUTE)
		return take_value(t, &carried->items[0], now->value);
	for (int64_t i = 0; i < carried->count; i++)
		FY_TRY(take_value(t, &carried->items[i], now->items[i]));
	return FY_OK;
}

fy_status fy_carry_collect(fy_carrying *c, fy_carry_take take, void *user)
{
	fy_taking t = { c->ev, take, user };

	for (int i = 0; i < c->count; i++) {
		fy_content now = fy_where_get(c->items[i].where);
		fy_status status = take_place(&t, &c->items[i], &now);

		fy_content_unref(&now);
		FY_TRY(status);
	}
	return FY_OK;
}
