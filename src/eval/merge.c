/*
 * Merging what the two arms of a branch on data made of the same place. Equal things stay; tensors and numbers of
 * one type become an output of the If; containers merge element by element; anything else is poison, which is an
 * error only when it is read. A reference to something that existed before the branch and differs between the arms
 * has lost its identity: later writes through it would hit the wrong object, so they are refused.
 */
#include "eval/merge.h"

#include <string.h>

static const fy_poison *make_poison(fy_merge *m, const char *what)
{
	fy_poison *poison = FY_NEW(m->ev->arena, fy_poison);

	*poison = (fy_poison){ .what = what, .place = m->place, .other = fy_eval_place(m->ev), .ordinal = m->ordinal };
	return poison;
}

static void add_exit(fy_merge *m, fy_exit a, fy_exit b)
{
	size_t capacity = m->capacity;

	m->a = fy_grow(m->a, &capacity, (size_t)m->count + 1, sizeof *m->a);
	m->b = fy_grow(m->b, &m->capacity, (size_t)m->count + 1, sizeof *m->b);
	m->a[m->count] = a;
	m->b[m->count++] = b;
	fy_iref(a.value);
	fy_iref(b.value);
}

void fy_merge_release(fy_merge *m)
{
	for (int i = 0; i < m->count; i++) {
		fy_iunref(m->a[i].value);
		fy_iunref(m->b[i].value);
	}
	fy_free(m->a);
	fy_free(m->b);
}

/* ---- types -------------------------------------------------------------------------------------------------------------- */

static bool is_number(fy_ivalue v)
{
	return v.kind == FY_I_BOOL || v.kind == FY_I_INT || v.kind == FY_I_FLOAT || v.kind == FY_I_SYMBOL;
}

static fy_dtype number_dtype(fy_ivalue v)
{
	return v.kind == FY_I_BOOL ? FY_BOOL : v.kind == FY_I_INT ? FY_I64 : v.kind == FY_I_FLOAT ? FY_F64
												 : v.symbol->type.dtype;
}

bool fy_leaf_type(fy_ivalue v, fy_type *out)
{
	if (v.kind == FY_I_TENSOR)
		*out = fy_type_of(v.t->tensor);
	else if (is_number(v))
		*out = fy_type_scalar(number_dtype(v));
	else
		return false;
	return true;
}

/* Dims that differ become symbols. False: types that no single value can have. */
static bool join_types(fy_eval *ev, const fy_type *a, const fy_type *b, fy_type *out)
{
	*out = *a;
	if (a->kind != b->kind || a->dtype != b->dtype || a->shape.rank != b->shape.rank)
		return false;
	for (int d = 0; d < a->shape.rank; d++)
		if (a->shape.dims[d] != b->shape.dims[d])
			out->shape.dims[d] = fy_dim_symbol(fy_graph_symbol(ev->graph, NULL));
	return true;
}

fy_ivalue fy_leaf_of(fy_eval *ev, fy_value *value)
{
	if (value->type.kind == FY_TYPE_SCALAR)
		return fy_isymbol(value);
	return fy_itensor(fy_var_symbolic(ev, fy_tensor_meta(value->type.dtype, &value->type.shape), value));
}

/* ---- values --------------------------------------------------------------------------------------------------------------- */

static fy_ivalue output(fy_merge *m, const fy_type *type, fy_ivalue a, fy_ivalue b)
{
	fy_value *value = fy_node_add_result(m->node, type);

	add_exit(m, (fy_exit){ .value = a, .type = *type }, (fy_exit){ .value = b, .type = *type });
	return fy_leaf_of(m->ev, value);
}

static fy_ivalue merge_tensors(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_type x = fy_type_of(a.t->tensor), y = fy_type_of(b.t->tensor), type;
	fy_ivalue made;

	if (!join_types(m->ev, &x, &y, &type))
		return fy_ipoison(make_poison(m, "tensors of different type or rank"));
	made = output(m, &type, a, b);
	if (a.t->cell->birth <= m->start || b.t->cell->birth <= m->start || a.t->step || b.t->step) {
		const fy_poison *lost = make_poison(m, "a tensor that is another one in each arm, and is written later");

		a.t->cell->lost = a.t->cell->lost ? a.t->cell->lost : lost;
		b.t->cell->lost = b.t->cell->lost ? b.t->cell->lost : lost;
		made.t->cell->lost = lost;
	}
	return made;
}

static fy_ivalue merge_seqs(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_iseq *seq;
	fy_ivalue made;

	if (a.seq->count != b.seq->count || a.seq->class != b.seq->class || a.seq->poison || b.seq->poison)
		return fy_ipoison(make_poison(m, "lists of different length"));
	made = fy_iseq_new(m->ev, a.kind, &seq, a.seq->count);
	seq->class = a.seq->class;
	seq->element = a.seq->element;
	for (int64_t i = 0; i < a.seq->count; i++)
		fy_iseq_push(seq, fy_merge_values(m, a.seq->items[i], b.seq->items[i]));
	if (a.kind == FY_I_LIST && (a.seq->birth <= m->start || b.seq->birth <= m->start)) {
		const fy_poison *lost = make_poison(m, "a list that is another one in each arm, and is written later");

		a.seq->lost = b.seq->lost = seq->lost = lost;
	}
	return made;
}

static bool same_keys(const fy_idict *a, const fy_idict *b)
{
	if (a->count != b->count)
		return false;
	for (int64_t i = 0; i < a->count; i++)
		if (!fy_iequal(a->items[i].key, b->items[i].key))
			return false;
	return true;
}

static fy_ivalue merge_dicts(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_idict *dict;
	fy_ivalue made;

	if (!same_keys(a.dict, b.dict) || a.dict->poison || b.dict->poison)
		return fy_ipoison(make_poison(m, "dicts with different keys"));
	made = fy_idict_new(m->ev, &dict);
	for (int64_t i = 0; i < a.dict->count; i++)
		fy_idict_put(dict, fy_iref(a.dict->items[i].key),
			     fy_merge_values(m, a.dict->items[i].value, b.dict->items[i].value));
	if (a.dict->birth <= m->start || b.dict->birth <= m->start)
		a.dict->lost = b.dict->lost = dict->lost =
			make_poison(m, "a dict that is another one in each arm, and is written later");
	return made;
}

/* One side was never assigned a real value: the other's type counts, its own content is never read. */
static fy_ivalue merge_uninitialized(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_ivalue real = a.kind == FY_I_UNINITIALIZED ? b : a;
	fy_type type;

	if (!fy_leaf_type(real, &type))
		return fy_iref(real);
	return output(m, &type, a, b);
}

fy_ivalue fy_merge_values(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	if (fy_iidentical(a, b))
		return fy_iref(a);
	if (a.kind == FY_I_UNSET || b.kind == FY_I_UNSET)
		return (fy_ivalue){ 0 };
	if (a.kind == FY_I_POISON || b.kind == FY_I_POISON)
		return a.kind == FY_I_POISON ? a : b;
	if (a.kind == FY_I_UNINITIALIZED || b.kind == FY_I_UNINITIALIZED)
		return merge_uninitialized(m, a, b);
	if (is_number(a) && is_number(b) && number_dtype(a) == number_dtype(b)) {
		fy_type type = fy_type_scalar(number_dtype(a));

		return output(m, &type, a, b);
	}
	if (a.kind == b.kind && a.kind == FY_I_TENSOR)
		return merge_tensors(m, a, b);
	if (a.kind == b.kind && (a.kind == FY_I_LIST || a.kind == FY_I_TUPLE))
		return merge_seqs(m, a, b);
	if (a.kind == b.kind && a.kind == FY_I_DICT)
		return merge_dicts(m, a, b);
	return fy_ipoison(make_poison(m, fy_arena_printf(m->ev->arena, "%s in one arm, %s in the other",
							 fy_ikind_name(a), fy_ikind_name(b))));
}

/* ---- places ------------------------------------------------------------------------------------------------------------------ */

static fy_content merge_cells(fy_merge *m, fy_cell *cell, const fy_content *a, const fy_content *b)
{
	fy_type type = fy_type_of(cell->base);

	if (a->ssa == b->ssa && a->constant == b->constant)
		return fy_content_ref(a);
	add_exit(m, (fy_exit){ .cell = cell, .type = type }, (fy_exit){ .cell = cell, .type = type });
	return (fy_content){ .ssa = fy_node_add_result(m->node, &type) };
}

/* Items of one list or dict, which keeps its identity. *poisoned when the arms cannot agree. */
static fy_content merge_items(fy_merge *m, bool dict, const fy_content *a, const fy_content *b, bool *poisoned)
{
	fy_content made = { 0 };

	*poisoned = a->count != b->count;
	for (int64_t i = 0; dict && !*poisoned && i < a->count; i += 2)
		*poisoned = !fy_iequal(a->items[i], b->items[i]);
	if (*poisoned)
		return fy_content_ref(a);
	made.count = a->count;
	made.items = fy_zalloc((size_t)a->count * sizeof(fy_ivalue) + 1);
	for (int64_t i = 0; i < a->count; i++)
		made.items[i] = fy_merge_values(m, a->items[i], b->items[i]);
	return made;
}

fy_content fy_merge_contents(fy_merge *m, fy_where where, const fy_content *a, const fy_content *b)
{
	bool poisoned = false;
	fy_content made;

	switch (where.kind) {
	case FY_AT_SLOT:
	case FY_AT_ATTRIBUTE:
		return (fy_content){ .value = fy_merge_values(m, a->value, b->value) };
	case FY_AT_CELL:
		return merge_cells(m, where.owner, a, b);
	case FY_AT_LIST:
		made = merge_items(m, false, a, b, &poisoned);
		if (poisoned)
			((fy_iseq *)where.owner)->poison = make_poison(m, "a list that has another length in each arm");
		return made;
	case FY_AT_DICT:
		made = merge_items(m, true, a, b, &poisoned);
		if (poisoned)
			((fy_idict *)where.owner)->poison = make_poison(m, "a dict that has other keys in each arm");
		return made;
	}
	FY_BUG("unknown place %d", (int)where.kind);
}

/* ---- leaving a block ------------------------------------------------------------------------------------------------------------ */

/* Content that nobody reads, of the type that the other arm gives; sizes that depend on data are 1. */
static fy_value *dummy(fy_eval *ev, const fy_type *type)
{
	fy_shape shape = type->shape;
	fy_tensor *zeros;
	fy_value *value;

	for (int d = 0; d < shape.rank; d++)
		if (!fy_dim_known(shape.dims[d]))
			shape.dims[d] = 1;
	zeros = fy_tensor_new(type->dtype, &shape, true);
	if (!zeros)
		return NULL;
	value = fy_graph_constant(ev->graph, zeros, NULL);
	fy_tensor_unref(zeros);
	return value;
}

fy_value *fy_exit_value(fy_eval *ev, const fy_exit *exit)
{
	if (exit->cell)
		return exit->cell->value ? exit->cell->value
					 : fy_graph_constant(ev->graph, exit->cell->constant, exit->cell->name);
	if (exit->value.kind == FY_I_UNINITIALIZED)
		return dummy(ev, &exit->type);
	return fy_eval_ssa(ev, exit->value);
}
