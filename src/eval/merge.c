/*
 * Merging what the two arms of a branch on data made of the same place. Equal things stay; tensors and
 * numbers of one type become an output of the If; containers merge element by element; anything else is
 * poison, which is an error only when it is read. What was made in the arms becomes one new thing per pair. A
 * reference to something that existed before the branch, or that other references share in one arm only, has
 * lost its identity: later writes through it would hit the wrong object, so they are refused.
 */
#include "eval/merge.h"

#include <string.h>

static const fy_poison *make_poison(fy_merge *m, const char *what)
{
	fy_poison *poison = FY_NEW(m->ev->arena, fy_poison);

	*poison = (fy_poison){ .what = what, .place = m->place, .ordinal = m->ordinal };
	return poison;
}

static fy_ivalue poisoned(fy_merge *m, const char *what)
{
	return fy_ipoison(make_poison(m, what));
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
	for (int i = 0; i < m->pair_count; i++) {
		fy_iunref(m->pairs[i].a);
		fy_iunref(m->pairs[i].b);
		fy_iunref(m->pairs[i].made);
	}
	fy_free(m->a);
	fy_free(m->b);
	fy_free(m->pairs);
	fy_map_release(&m->whole);
}

/* ---- identity
 * ------------------------------------------------------------------------------------------------ */

/* What makes two references the same object: tensors share their storage. */
static const void *identity(fy_ivalue v)
{
	switch (v.kind) {
	case FY_I_TENSOR:
		return v.t->cell;
	case FY_I_LIST:
		return v.seq;
	case FY_I_DICT:
		return v.dict;
	case FY_I_OBJECT:
		return v.object;
	default:
		return NULL;
	}
}

static uint64_t birth(fy_ivalue v)
{
	switch (v.kind) {
	case FY_I_TENSOR:
		return v.t->cell->birth;
	case FY_I_LIST:
		return v.seq->birth;
	case FY_I_DICT:
		return v.dict->birth;
	case FY_I_OBJECT:
		return v.object->birth;
	default:
		return UINT64_MAX;
	}
}

static bool born_in_arm(const fy_merge *m, fy_ivalue v)
{
	return birth(v) > m->start;
}
static bool is_view(fy_ivalue v)
{
	return v.kind == FY_I_TENSOR && v.t->step;
}

typedef struct identities {
	const void *a, *b;
} identities;

static fy_str key_of_pair(const identities *ids)
{
	return (fy_str){ (const char *)ids, sizeof *ids };
}

/* The pair of a and b that was merged already and is whole, or NULL. */
static const fy_pair *find_pair(const fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	identities ids = { identity(a), identity(b) };

	if (is_view(a) || is_view(b))
		return NULL;
	uintptr_t at = (uintptr_t)fy_map_get(&m->whole, key_of_pair(&ids));

	return at ? &m->pairs[at - 1] : NULL;
}

/* Index of the new pair. All three are referenced until the merge is over. */
static int add_pair(fy_merge *m, fy_ivalue a, fy_ivalue b, fy_ivalue made)
{
	bool whole = !is_view(a) && !is_view(b);
	bool fresh = (!identity(a) || born_in_arm(m, a)) && (!identity(b) || born_in_arm(m, b));
	fy_pair pair = { fy_iref(a), fy_iref(b), fy_iref(made), NULL };
	identities ids = { identity(a), identity(b) };

	if (!whole || !fresh)
		pair.lost = make_poison(
			m, fy_arena_printf(m->ev->arena,
					   "a %s that is another one in each arm, and is written later",
					   fy_ikind_name(made)));
	m->pairs = fy_grow(m->pairs, &m->pair_capacity, (size_t)m->pair_count + 1, sizeof *m->pairs);
	m->pairs[m->pair_count] = pair;
	if (!pair.lost && !fy_map_has(&m->whole, key_of_pair(&ids)))
		fy_map_put(&m->whole, key_of_pair(&ids), (void *)((uintptr_t)m->pair_count + 1));
	return m->pair_count++;
}

void fy_lose(fy_eval *ev, fy_ivalue v, const fy_poison *lost)
{
	const fy_poison **mark = v.kind == FY_I_TENSOR   ? &v.t->cell->lost
				 : v.kind == FY_I_LIST   ? &v.seq->lost
				 : v.kind == FY_I_DICT   ? &v.dict->lost
				 : v.kind == FY_I_OBJECT ? &v.object->lost
							 : NULL;

	if (!mark || *mark)
		return;
	if (v.kind == FY_I_TENSOR)
		fy_journal_touch(ev, FY_AT_CELL, v.t->cell, 0, v.t->cell->birth);
	else if (v.kind == FY_I_LIST)
		fy_journal_touch(ev, FY_AT_LIST, v.seq, 0, v.seq->birth);
	else if (v.kind == FY_I_DICT)
		fy_journal_touch(ev, FY_AT_DICT, v.dict, 0, v.dict->birth);
	*mark = lost;
}

/* Things that are one in an arm and went two ways share their fate. seen: identity -> the first pair of it.
 */
static void share_fate(fy_merge *m, fy_map *seen, fy_pair *p, fy_ivalue side)
{
	const void *id = identity(side);
	fy_str key = { (const char *)&id, sizeof id };
	fy_pair *first = id ? fy_map_get(seen, key) : NULL;

	if (first) {
		const fy_poison *lost = first->lost ? first->lost : p->lost;

		if (!lost)
			lost = make_poison(m, "a value that is shared in one arm only, and is written later");
		first->lost = lost;
		p->lost = p->lost ? p->lost : lost;
	} else if (id) {
		fy_map_put(seen, key, p);
	}
}

static void spread_loss(fy_merge *m)
{
	fy_map seen_a = { 0 }, seen_b = { 0 };

	for (int i = 0; i < m->pair_count; i++) {
		share_fate(m, &seen_a, &m->pairs[i], m->pairs[i].a);
		share_fate(m, &seen_b, &m->pairs[i], m->pairs[i].b);
	}
	fy_map_release(&seen_a);
	fy_map_release(&seen_b);
}

void fy_merge_finish(fy_merge *m)
{
	spread_loss(m);
	for (int i = 0; i < m->pair_count; i++) {
		const fy_pair *p = &m->pairs[i];

		if (!p->lost)
			continue;
		fy_lose(m->ev, p->a, p->lost);
		fy_lose(m->ev, p->b, p->lost);
		fy_lose(m->ev, p->made, p->lost);
	}
}

/* ---- leaves
 * --------------------------------------------------------------------------------------------------- */

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

bool fy_leaf_type(fy_ivalue v, fy_type *out)
{
	if (v.kind == FY_I_TENSOR)
		*out = fy_type_of(v.t->tensor);
	else if (fy_inumber(v))
		*out = fy_type_scalar(fy_inumber_dtype(v));
	else
		return false;
	return true;
}

fy_ivalue fy_leaf_of(fy_eval *ev, fy_value *value)
{
	if (value->type->kind == FY_TYPE_SCALAR)
		return fy_isymbol(value);
	return fy_itensor(
		fy_var_symbolic(ev, fy_tensor_meta(value->type->dtype, &value->type->shape), value));
}

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
		return poisoned(m, "a tensor of another element type or rank in each arm");
	made = output(m, &type, a, b);
	add_pair(m, a, b, made);
	return made;
}

/* ---- containers
 * ------------------------------------------------------------------------------------------------ */

/* Element i of a container, or what stands for it on the side that has none. */
static fy_ivalue item_of(fy_ivalue v, int64_t i)
{
	switch (v.kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		return v.seq->items[i];
	case FY_I_DICT:
		return v.dict->items[i].value;
	case FY_I_OBJECT:
		return v.object->attributes[i];
	default:
		return v; /* uninitialized, and so are its elements */
	}
}

static fy_ivalue rows_of(fy_ivalue v)
{
	return fy_iseq_like(v) ? fy_itensor(v.seq->grown) : v;
}

static fy_ivalue merge_seqs(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	const fy_iseq *like = a.kind == FY_I_UNINITIALIZED ? b.seq : a.seq;
	fy_iseq *seq;
	fy_ivalue made =
		fy_iseq_new(m->ev, a.kind == FY_I_UNINITIALIZED ? b.kind : a.kind, &seq, like->count);

	seq->class = like->class;
	seq->element = like->element;
	if (made.kind == FY_I_LIST)
		add_pair(m, a, b, made);
	if (like->grown) {
		seq->of_numbers = like->of_numbers;
		seq->grown = fy_merge_values(m, rows_of(a), rows_of(b)).t;
	}
	for (int64_t i = 0; i < like->count; i++)
		fy_iseq_push(seq, fy_merge_values(m, item_of(a, i), item_of(b, i)));
	return made;
}

static fy_ivalue merge_dicts(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	const fy_idict *like = a.kind == FY_I_UNINITIALIZED ? b.dict : a.dict;
	fy_idict *dict;
	fy_ivalue made = fy_idict_new(m->ev, &dict);

	add_pair(m, a, b, made);
	for (int64_t i = 0; i < like->count; i++)
		fy_idict_put(dict, fy_iref(like->items[i].key),
			     fy_merge_values(m, item_of(a, i), item_of(b, i)));
	return made;
}

static fy_ivalue merge_objects(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	const fy_iobject *like = a.kind == FY_I_UNINITIALIZED ? b.object : a.object;
	fy_ivalue made = fy_iobject_new(m->ev, like->class, NULL);

	add_pair(m, a, b, made);
	for (int i = 0; i < like->class->attribute_count; i++)
		made.object->attributes[i] = fy_merge_values(m, item_of(a, i), item_of(b, i));
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

/* Are both lists of known length, or both of rows that merge? */
static bool same_rows(const fy_var *a, const fy_var *b)
{
	return !a || !b ? a == b
			: a->tensor->dtype == b->tensor->dtype &&
				  a->tensor->shape.rank == b->tensor->shape.rank;
}

/* NULL when a and b, of one kind, have the same structure; else what is different. */
static const char *misfit(const fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	switch (a.kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		if (a.seq->poison || b.seq->poison || a.seq->count != b.seq->count ||
		    a.seq->class != b.seq->class || !same_rows(a.seq->grown, b.seq->grown))
			return "a list of another length in each arm";
		return NULL;
	case FY_I_DICT:
		return a.dict->poison || b.dict->poison || !same_keys(a.dict, b.dict)
			       ? "a dict with other keys in each arm"
			       : NULL;
	case FY_I_OBJECT:
		if (a.object->class == b.object->class && born_in_arm(m, a) && born_in_arm(m, b) &&
		    !a.object->custom)
			return NULL;
		return "another object in each arm";
	default:
		return fy_arena_printf(m->ev->arena, "another %s in each arm", fy_ikind_name(a));
	}
}

static fy_ivalue merge_containers(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	const fy_pair *pair = identity(a) || identity(b) ? find_pair(m, a, b) : NULL;

	if (pair)
		return fy_iref(pair->made);
	switch (a.kind == FY_I_UNINITIALIZED ? b.kind : a.kind) {
	case FY_I_LIST:
	case FY_I_TUPLE:
		return merge_seqs(m, a, b);
	case FY_I_DICT:
		return merge_dicts(m, a, b);
	default:
		return merge_objects(m, a, b);
	}
}

/* One side was never assigned a real value: the other one counts, but what was made in its arm must leave
 * that. */
static fy_ivalue merge_uninitialized(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_ivalue real = a.kind == FY_I_UNINITIALIZED ? b : a, made;
	const fy_pair *pair;
	fy_type type = { 0 };

	switch (real.kind) {
	case FY_I_TUPLE:
		return merge_seqs(m, a, b);
	case FY_I_LIST:
	case FY_I_DICT:
	case FY_I_OBJECT:
		return born_in_arm(m, real) ? merge_containers(m, a, b) : fy_iref(real);
	case FY_I_TENSOR:
		break;
	case FY_I_SYMBOL:
		fy_leaf_type(real, &type);
		return output(m, &type, a, b);
	default:
		return fy_iref(real);
	}
	pair = find_pair(m, a, b);
	if (pair)
		return fy_iref(pair->made);
	if (!born_in_arm(m, real))
		return fy_iref(real);
	fy_leaf_type(real, &type);
	made = output(m, &type, a, b);
	add_pair(m, a, b, made);
	return made;
}

static fy_ivalue merge_values(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	const char *wrong;
	fy_type type;

	if (fy_iidentical(a, b))
		return fy_iref(a);
	if (a.kind == FY_I_UNSET || b.kind == FY_I_UNSET)
		return (fy_ivalue){ 0 };
	if (a.kind == FY_I_POISON || b.kind == FY_I_POISON)
		return a.kind == FY_I_POISON ? a : b;
	if (a.kind == FY_I_UNINITIALIZED || b.kind == FY_I_UNINITIALIZED)
		return merge_uninitialized(m, a, b);
	if (fy_inumber(a) && fy_inumber(b) && fy_inumber_dtype(a) == fy_inumber_dtype(b)) {
		fy_leaf_type(a, &type);
		return output(m, &type, a, b);
	}
	if (a.kind != b.kind)
		return poisoned(m, fy_arena_printf(m->ev->arena, "%s in one arm, %s in the other",
						   fy_ikind_name(a), fy_ikind_name(b)));
	if (a.kind == FY_I_TENSOR) {
		const fy_pair *pair = find_pair(m, a, b);

		return pair ? fy_iref(pair->made) : merge_tensors(m, a, b);
	}
	wrong = misfit(m, a, b);
	return wrong ? poisoned(m, wrong) : merge_containers(m, a, b);
}

fy_ivalue fy_merge_values(fy_merge *m, fy_ivalue a, fy_ivalue b)
{
	fy_ivalue made;

	if (!fy_eval_nest(m->ev))
		return poisoned(m, "a value that nests too deeply");
	made = merge_values(m, a, b);
	m->ev->nesting--;
	return made;
}

/* ---- places
 * ------------------------------------------------------------------------------------------------------ */

static fy_content merge_cells(fy_merge *m, fy_cell *cell, const fy_content *a, const fy_content *b)
{
	fy_type type = fy_type_of(cell->base);
	fy_content made;

	if (a->ssa == b->ssa && a->constant == b->constant) {
		made = fy_content_ref(a);
	} else {
		add_exit(m, (fy_exit){ .cell = cell, .type = type }, (fy_exit){ .cell = cell, .type = type });
		made = (fy_content){ .ssa = fy_node_add_result(m->node, &type) };
	}
	made.lost = a->lost ? a->lost : b->lost;
	return made;
}

/* Items of one list or dict, which keeps its identity; poisoned when the arms cannot agree on their number or
 * keys. */
static fy_content merge_items(fy_merge *m, bool dict, const fy_content *a, const fy_content *b)
{
	bool differ = a->count != b->count || !same_rows(a->grown, b->grown);
	fy_content made = { 0 };

	for (int64_t i = 0; dict && !differ && i < a->count; i += 2)
		differ = !fy_iequal(a->items[i], b->items[i]);
	if (differ || a->poison || b->poison) {
		made = fy_content_ref(a);
		made.poison = a->poison   ? a->poison
			      : b->poison ? b->poison
			      : dict      ? make_poison(m, "a dict that has other keys in each arm")
					  : make_poison(m, "a list that has another length in each arm");
	} else {
		made.count = a->count;
		made.items = fy_zalloc((size_t)a->count * sizeof(fy_ivalue) + 1);
		for (int64_t i = 0; i < a->count; i++)
			made.items[i] = fy_merge_values(m, a->items[i], b->items[i]);
		made.grown =
			a->grown ? fy_merge_values(m, fy_itensor(a->grown), fy_itensor(b->grown)).t : NULL;
	}
	made.lost = a->lost ? a->lost : b->lost;
	return made;
}

fy_content fy_merge_contents(fy_merge *m, fy_where where, const fy_content *a, const fy_content *b)
{
	switch (where.kind) {
	case FY_AT_SLOT:
	case FY_AT_ATTRIBUTE:
		return (fy_content){ .value = fy_merge_values(m, a->value, b->value) };
	case FY_AT_CELL:
		return merge_cells(m, where.owner, a, b);
	case FY_AT_LIST:
	case FY_AT_DICT:
		return merge_items(m, where.kind == FY_AT_DICT, a, b);
	}
	FY_BUG("unknown place %d", (int)where.kind);
}

/* ---- leaving a block
 * ---------------------------------------------------------------------------------------------- */

/* Content that nobody reads, of the type that the other arm gives; sizes that depend on data are 1. */
static fy_value *dummy(fy_eval *ev, const fy_type *type)
{
	fy_type full = *type;
	fy_tensor *zero = fy_tensor_new(type->dtype, &(fy_shape){ 0 }, true);
	fy_value *value;

	if (!zero)
		return NULL;
	value = fy_graph_constant(ev->graph, zero, NULL);
	fy_tensor_unref(zero);
	for (int d = 0; d < full.shape.rank; d++)
		if (!fy_dim_known(full.shape.dims[d]))
			full.shape.dims[d] = 1;
	if (full.shape.rank == 0)
		return value;
	return fy_eval_record(
		ev, "aten::expand",
		(fy_arg[]){ fy_arg_value(value), fy_arg_ints(ev->arena, full.shape.dims, full.shape.rank) },
		2, &full);
}

fy_value *fy_exit_value(fy_eval *ev, const fy_exit *exit)
{
	if (exit->cell)
		return exit->cell->value
			       ? exit->cell->value
			       : fy_graph_constant(ev->graph, exit->cell->constant, exit->cell->name);
	if (exit->value.kind == FY_I_UNINITIALIZED)
		return dummy(ev, &exit->type);
	return fy_eval_ssa(ev, exit->value);
}
