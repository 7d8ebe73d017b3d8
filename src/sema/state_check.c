/*
 * The pickled objects: which classes they are of, and whether their states have the attributes that their
 * classes declare, each of its type, and no others.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- walking ---------------------------------------------------------------------------------- */

typedef void (*visit_fn)(fy_binder *b, const fy_pvalue *value, const char *member);

static bool holds_others(const fy_pvalue *value)
{
	switch (value->kind) {
	case FY_P_TUPLE:
	case FY_P_LIST:
	case FY_P_SET:
	case FY_P_DICT:
	case FY_P_OBJECT:
	case FY_P_REDUCE:
	case FY_P_ENUM:
		return true;
	default:
		return false;
	}
}

/* Every container of a pickle once, in order; with a stack of its own, because graphs may be deep. */
static void walk(fy_binder *b, const fy_pickle *pickle, const char *member, visit_fn visit)
{
	if (!pickle->root || !holds_others(pickle->root))
		return;
	bool *seen = fy_zalloc((size_t)pickle->values + 1);
	const fy_pvalue **stack = NULL;
	size_t count = 0, capacity = 0;
	stack = fy_grow(stack, &capacity, 1, sizeof(*stack));
	stack[count++] = pickle->root;
	seen[pickle->root->id] = true;
	while (count > 0 && !fy_binder_stopped(b)) {
		const fy_pvalue *value = stack[--count];
		size_t first = count;
		visit(b, value, member);
		const fy_pvalue *child;
		for (size_t i = 0; (child = fy_pvalue_child(value, i)) != NULL; i++) {
			if (!holds_others(child) || seen[child->id])
				continue;
			seen[child->id] = true;
			stack = fy_grow(stack, &capacity, count + 1, sizeof(*stack));
			stack[count++] = child;
		}
		for (size_t low = first, high = count; low + 1 < high; low++) { /* first child on top */
			const fy_pvalue *swapped = stack[low];
			stack[low] = stack[--high];
			stack[high] = swapped;
		}
	}
	fy_free(stack);
	fy_free(seen);
}

static void walk_all(fy_binder *b, visit_fn visit)
{
	walk(b, &b->archive->constants, "constants.pkl", visit);
	walk(b, &b->archive->data, "data.pkl", visit);
}

/* ---- classes ---------------------------------------------------------------------------------- */

static void find_class(fy_binder *b, const fy_pvalue *value, const char *member)
{
	static char reported;
	if (value->kind != FY_P_OBJECT && value->kind != FY_P_ENUM)
		return;
	const char *name = value->object->class_name;
	fy_place place = { .file = b->archive->path, .member = member };
	if (!name || fy_find_class(b, fy_str_of(name)) || b->broken_source)
		return;
	if (fy_map_has(&b->missing, fy_str_of(name)))
		return;
	fy_map_put(&b->missing, fy_str_of(name), &reported);
	fy_bind_error_at(b, FY_MALFORMED, &place, "class-unknown", "the archive has no code for class '%s'",
			 name);
}

void fy_find_pickled_classes(fy_binder *b)
{
	walk_all(b, find_class);
}

/* ---- states ----------------------------------------------------------------------------------- */

static bool is_named(const fy_pvalue *key, const char *name)
{
	return key->kind == FY_P_STR && fy_str_is(key->str, name);
}

static void collect_keys(const fy_pvalue *state, size_t count, fy_map *keys)
{
	static char present;
	for (size_t i = 0; i < count; i++)
		if (fy_pdict_key(state, i)->kind == FY_P_STR)
			fy_map_put(keys, fy_pdict_key(state, i)->str, &present);
}

/* Writers keep the order of the class, so that attribute i is mostly pair i; a map serves the rest. */
static void check_state(fy_binder *b, const fy_class *class, const fy_pvalue *state, const fy_place *place)
{
	fy_map keys = { 0 };
	size_t count = state && state->kind == FY_P_DICT ? state->dict.count : 0;
	for (int i = 0; i < class->attribute_count && !fy_binder_stopped(b); i++) {
		const char *name = class->attributes[i].name;
		if ((size_t)i < count && is_named(fy_pdict_key(state, (size_t)i), name))
			continue;
		if (keys.count == 0)
			collect_keys(state, count, &keys);
		if (!fy_map_has(&keys, fy_str_of(name)))
			fy_bind_error_at(b, FY_MALFORMED, place, "attribute-missing",
					 "an object of class '%s' has no value for attribute '%s'",
					 class->name, name);
	}
	fy_map_release(&keys);
}

/* NULL: none of this name, which is reported. */
static const fy_battribute *attribute_of(fy_binder *b, const fy_class *class, const fy_pvalue *key,
					 size_t index, const fy_place *place)
{
	if ((int)index < class->attribute_count && is_named(key, class->attributes[index].name))
		return &class->attributes[index];
	const fy_battribute *found =
		key->kind == FY_P_STR ? fy_index_get(&class->attribute_names, key->str) : NULL;
	if (found)
		return found;
	fy_buf name = { 0 };
	fy_buf_put_pvalue(&name, key);
	fy_bind_error_at(b, FY_MALFORMED, place, "attribute-extra",
			 "an object of class '%s' has a value for %s, which is no attribute of its class",
			 class->name, fy_buf_text(&name));
	fy_buf_release(&name);
	return NULL;
}

static void check_values(fy_binder *b, const fy_class *class, const fy_pvalue *state, const fy_place *place)
{
	size_t count = state && state->kind == FY_P_DICT ? state->dict.count : 0;
	for (size_t i = 0; i < count && !fy_binder_stopped(b); i++) {
		const fy_battribute *attribute = attribute_of(b, class, fy_pdict_key(state, i), i, place);
		const fy_pvalue *value = fy_pdict_value(state, i);
		if (!attribute || fy_value_fits(attribute->type, value))
			continue;
		fy_buf type = { 0 }, shown = { 0 };
		fy_buf_put_btype(&type, attribute->type);
		fy_buf_put_pvalue(&shown, value);
		fy_bind_error_at(b, FY_MALFORMED, place, "attribute-type",
				 "attribute '%s' of an object of class '%s' is declared %s but holds %s",
				 attribute->name, class->name, fy_buf_text(&type), fy_buf_text(&shown));
		fy_buf_release(&type);
		fy_buf_release(&shown);
	}
}

static void check_object(fy_binder *b, const fy_pvalue *value, const char *member)
{
	if (value->kind != FY_P_OBJECT || !value->object->class_name)
		return;
	fy_bound_class *bound = fy_find_class(b, fy_str_of(value->object->class_name));
	if (!bound || bound->class.custom || fy_find_method(b, &bound->class, "__setstate__"))
		return;
	fy_place place = { .file = b->archive->path, .member = member };
	check_state(b, &bound->class, value->object->state, &place);
	check_values(b, &bound->class, value->object->state, &place);
}

void fy_check_pickled_states(fy_binder *b)
{
	walk_all(b, check_object);
}
