/*
 * The undo log. While an arm of a branch or the body of a loop on data is tried, every first change of a
 * place that existed before is remembered; rolling back restores it and tells what the arm had made of it.
 */
#include "eval/eval_internal.h"

#include <string.h>

void fy_journal_begin(fy_eval *ev, fy_journal *journal)
{
	*journal = (fy_journal){ .outer = ev->journal, .start = ++ev->serial };
	ev->journal = journal;
}

static void where_hold(fy_where where)
{
	switch (where.kind) {
	case FY_AT_SLOT:
		break; /* frames older than the journal outlive it */
	case FY_AT_ATTRIBUTE:
		((fy_iobject *)where.owner)->refs++;
		break;
	case FY_AT_CELL:
		((fy_cell *)where.owner)->refs++;
		break;
	case FY_AT_LIST:
		((fy_iseq *)where.owner)->refs++;
		break;
	case FY_AT_DICT:
		((fy_idict *)where.owner)->refs++;
		break;
	}
}

static void where_drop(fy_where where)
{
	switch (where.kind) {
	case FY_AT_SLOT:
		break;
	case FY_AT_ATTRIBUTE:
		fy_iunref((fy_ivalue){ .kind = FY_I_OBJECT, .object = where.owner });
		break;
	case FY_AT_CELL:
		fy_cell_unref(where.owner);
		break;
	case FY_AT_LIST:
		fy_iunref((fy_ivalue){ .kind = FY_I_LIST, .seq = where.owner });
		break;
	case FY_AT_DICT:
		fy_iunref((fy_ivalue){ .kind = FY_I_DICT, .dict = where.owner });
		break;
	}
}

static fy_content content_of_items(const fy_ivalue *items, int64_t count)
{
	fy_content content = { .count = count };

	content.items = fy_alloc((size_t)count * sizeof *items + 1);
	for (int64_t i = 0; i < count; i++)
		content.items[i] = fy_iref(items[i]);
	return content;
}

fy_content fy_where_get(fy_where where)
{
	fy_content content = { 0 };

	switch (where.kind) {
	case FY_AT_SLOT:
		content.value = fy_iref(((fy_frame *)where.owner)->slots[where.index]);
		break;
	case FY_AT_ATTRIBUTE:
		content.value = fy_iref(((fy_iobject *)where.owner)->attributes[where.index]);
		break;
	case FY_AT_CELL: {
		const fy_cell *cell = where.owner;

		content.ssa = cell->value;
		content.constant = cell->constant ? fy_tensor_ref(cell->constant) : NULL;
		content.lost = cell->lost;
		break;
	}
	case FY_AT_LIST: {
		const fy_iseq *seq = where.owner;

		content = content_of_items(seq->items, seq->count);
		content.grown = seq->grown ? fy_var_ref(seq->grown) : NULL;
		content.lost = seq->lost;
		content.poison = seq->poison;
		break;
	}
	case FY_AT_DICT: { /* an entry is a key and a value side by side */
		const fy_idict *dict = where.owner;

		content = content_of_items((const fy_ivalue *)dict->items, dict->count * 2);
		content.lost = dict->lost;
		content.poison = dict->poison;
		break;
	}
	}
	return content;
}

fy_content fy_content_ref(const fy_content *content)
{
	fy_content copy = *content;

	if (content->items)
		copy.items = content_of_items(content->items, content->count).items;
	fy_iref(copy.value);
	if (copy.constant)
		fy_tensor_ref(copy.constant);
	if (copy.grown)
		fy_var_ref(copy.grown);
	return copy;
}

void fy_content_unref(fy_content *content)
{
	fy_iunref(content->value);
	fy_tensor_unref(content->constant);
	fy_var_unref(content->grown);
	for (int64_t i = 0; i < content->count; i++)
		fy_iunref(content->items[i]);
	fy_free(content->items);
	*content = (fy_content){ 0 };
}

static void set_items(fy_ivalue **items, int64_t *count, size_t *capacity, size_t per_item,
		      const fy_content *content)
{
	fy_content old = { .items = *items, .count = *count * (int64_t)per_item };
	fy_content copy = content_of_items(content->items, content->count);

	*items = copy.items;
	*count = copy.count / (int64_t)per_item;
	*capacity = (size_t)*count;
	fy_content_unref(&old);
}

static void put_value(fy_ivalue *at, fy_ivalue value)
{
	fy_ivalue old = *at;

	*at = value;
	fy_iunref(old);
}

static void put_grown(fy_iseq *seq, fy_var *grown)
{
	fy_var *old = seq->grown;

	seq->grown = grown ? fy_var_ref(grown) : NULL;
	fy_var_unref(old);
}

/* Changes a place without logging. */
static void where_put(fy_eval *ev, fy_where where, const fy_content *content)
{
	switch (where.kind) {
	case FY_AT_SLOT:
		put_value(&((fy_frame *)where.owner)->slots[where.index], fy_iref(content->value));
		break;
	case FY_AT_ATTRIBUTE:
		put_value(&((fy_iobject *)where.owner)->attributes[where.index], fy_iref(content->value));
		break;
	case FY_AT_CELL: {
		fy_cell *cell = where.owner;
		fy_tensor *old = cell->constant;

		cell->value = content->ssa;
		cell->constant = content->constant ? fy_tensor_ref(content->constant) : NULL;
		cell->lost = content->lost;
		cell->version = ++ev->serial; /* never an old number again: cached reads must notice */
		fy_tensor_unref(old);
		break;
	}
	case FY_AT_LIST: {
		fy_iseq *seq = where.owner;

		set_items(&seq->items, &seq->count, &seq->capacity, 1, content);
		put_grown(seq, content->grown);
		seq->lost = content->lost;
		seq->poison = content->poison;
		break;
	}
	case FY_AT_DICT: {
		fy_idict *dict = where.owner;
		fy_ivalue *items = (fy_ivalue *)dict->items;

		set_items(&items, &dict->count, &dict->capacity, 2, content);
		dict->items = (fy_ientry *)items;
		fy_idict_moved(dict);
		dict->lost = content->lost;
		dict->poison = content->poison;
		break;
	}
	}
}

/* A place without padding. */
typedef struct place_key {
	uint64_t kind;
	const void *owner;
	int64_t index;
} place_key;

static place_key key_of(fy_where where)
{
	return (place_key){ (uint64_t)where.kind, where.owner, where.index };
}

/* The last of the changes is at this place. */
static void put_place(fy_changes *changes, fy_where where)
{
	place_key key = key_of(where);

	fy_map_put(&changes->places, (fy_str){ (const char *)&key, sizeof key },
		   (void *)(uintptr_t)changes->count);
}

void fy_journal_touch(fy_eval *ev, fy_where_kind kind, void *owner, int64_t index, uint64_t birth)
{
	fy_journal *journal = ev->journal;
	fy_where where = { .kind = kind, .owner = owner, .index = index };
	fy_changes *log;

	if (!journal || birth > journal->start)
		return;
	log = &journal->log;
	if (fy_changes_find(log, where))
		return;
	where_hold(where);
	log->items = fy_grow(log->items, &log->capacity, log->count + 1, sizeof *log->items);
	log->items[log->count++] = (fy_change){ .where = where, .before = fy_where_get(where) };
	put_place(log, where);
}

static uint64_t birth_of(fy_where where)
{
	switch (where.kind) {
	case FY_AT_SLOT:
		return ((fy_frame *)where.owner)->birth;
	case FY_AT_ATTRIBUTE:
		return ((fy_iobject *)where.owner)->birth;
	case FY_AT_CELL:
		return ((fy_cell *)where.owner)->birth;
	case FY_AT_LIST:
		return ((fy_iseq *)where.owner)->birth;
	case FY_AT_DICT:
		return ((fy_idict *)where.owner)->birth;
	}
	FY_BUG("unknown place %d", (int)where.kind);
}

void fy_where_set(fy_eval *ev, fy_where where, const fy_content *content)
{
	fy_journal_touch(ev, where.kind, where.owner, where.index, birth_of(where));
	where_put(ev, where, content);
}

void fy_journal_rollback(fy_eval *ev, fy_journal *journal, fy_changes *changes)
{
	FY_ASSERT(ev->journal == journal);
	ev->journal = journal->outer;
	for (size_t i = journal->log.count; i-- > 0;) {
		fy_change *change = &journal->log.items[i];

		change->after = fy_where_get(change->where);
		where_put(ev, change->where, &change->before);
	}
	*changes = journal->log;
}

void fy_changes_release(fy_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		fy_content_unref(&changes->items[i].before);
		fy_content_unref(&changes->items[i].after);
		where_drop(changes->items[i].where);
	}
	fy_free(changes->items);
	fy_map_release(&changes->places);
	*changes = (fy_changes){ 0 };
}

const fy_change *fy_changes_find(const fy_changes *changes, fy_where where)
{
	place_key key = key_of(where);
	uintptr_t at = (uintptr_t)fy_map_get(&changes->places, (fy_str){ (const char *)&key, sizeof key });

	return at ? &changes->items[at - 1] : NULL;
}

void fy_slot_set(fy_eval *ev, fy_frame *frame, int slot, fy_ivalue value)
{
	fy_journal_touch(ev, FY_AT_SLOT, frame, slot, frame->birth);
	put_value(&frame->slots[slot], value);
}

void fy_attribute_set(fy_eval *ev, fy_iobject *object, int index, fy_ivalue value)
{
	fy_journal_touch(ev, FY_AT_ATTRIBUTE, object, index, object->birth);
	if (object->path && !fy_iidentical(object->attributes[index], value))
		ev->state_written = object->class->attributes[index].name;
	put_value(&object->attributes[index], value);
}
