/*
 * The variables of one function: names to slots, and which slots are assigned on every path. Arms of branches
 * are compared by what they added to a log, so the cost follows the number of assignments and not of
 * variables.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- slots ------------------------------------------------------------------------------------ */

static void *slot_value(int slot)
{
	return (void *)((uintptr_t)slot + 1);
}

void fy_scope_begin(fy_scope *s, fy_binder *b, const fy_script_file *file, fy_bound_function *function)
{
	*s = (fy_scope){ .b = b, .file = file, .function = function };
}

void fy_scope_end(fy_scope *s)
{
	fy_function *function = &s->function->function;
	function->slot_count = (int)s->slot_count;
	function->slot_names = FY_NEW_ARRAY(s->b->arena, const char *, s->slot_count);
	for (size_t i = 0; i < s->slot_count; i++)
		function->slot_names[i] = s->slots[i].name;
	fy_map_release(&s->names);
	fy_map_release(&s->forks);
	fy_free(s->slots);
	fy_free(s->log);
}

int fy_scope_hidden(fy_scope *s, const char *what)
{
	s->slots = fy_grow(s->slots, &s->slot_capacity, s->slot_count + 1, sizeof(*s->slots));
	s->slots[s->slot_count] = (fy_slot){ .name = what };
	return (int)s->slot_count++;
}

int fy_scope_find(const fy_scope *s, const char *name)
{
	return (int)(uintptr_t)fy_map_get(&s->names, fy_str_of(name)) - 1;
}

int fy_scope_slot(fy_scope *s, const char *name)
{
	int slot = fy_scope_find(s, name);
	if (slot >= 0)
		return slot;
	slot = fy_scope_hidden(s, name);
	fy_map_put(&s->names, fy_str_of(name), slot_value(slot));
	return slot;
}

int fy_scope_shadow(fy_scope *s, const char *name, int *slot)
{
	int before = fy_scope_find(s, name) + 1;
	*slot = fy_scope_hidden(s, name);
	fy_map_put(&s->names, fy_str_of(name), slot_value(*slot));
	return before;
}

void fy_scope_unshadow(fy_scope *s, const char *name, int before)
{
	fy_map_put(&s->names, fy_str_of(name), before > 0 ? slot_value(before - 1) : NULL);
}

bool fy_scope_has(const fy_scope *s, const char *name)
{
	int slot = fy_scope_find(s, name);
	return (slot >= 0 && s->slots[slot].assigned) || fy_map_has(&s->forks, fy_str_of(name));
}

/* ---- definite assignment ---------------------------------------------------------------------- */

static void set_assigned(fy_scope *s, int slot)
{
	if (s->slots[slot].assigned)
		return;
	s->slots[slot].assigned = true;
	s->log = fy_grow(s->log, &s->log_capacity, s->log_count + 1, sizeof(*s->log));
	s->log[s->log_count++] = slot;
}

void fy_scope_assign(fy_scope *s, int slot, const fy_btype *type)
{
	fy_slot *at = &s->slots[slot];
	at->mixed |= at->ever && !fy_btype_equal(at->type, type);
	at->ever = true;
	at->type = at->mixed ? NULL : type;
	set_assigned(s, slot);
}

size_t fy_scope_mark(const fy_scope *s)
{
	return s->log_count;
}

void fy_scope_take(fy_scope *s, size_t mark, fy_arm_slots *out)
{
	size_t count = s->log_count - mark, kept = 0;
	int *slots = out ? fy_alloc(count * sizeof(int) + 1) : NULL;
	for (size_t i = mark; i < s->log_count; i++) {
		int slot = s->log[i];
		if (out)
			slots[kept++] = slot;
		s->slots[slot].assigned = false;
	}
	s->log_count = mark;
	if (out)
		*out = (fy_arm_slots){ .slots = slots, .count = kept };
}

static void assign_all(fy_scope *s, const fy_arm_slots *arm)
{
	for (size_t i = 0; i < arm->count; i++)
		set_assigned(s, arm->slots[i]);
}

void fy_scope_join(fy_scope *s, const fy_arm_slots *a, const fy_arm_slots *b)
{
	if (a->leaves || b->leaves) {
		assign_all(s, a->leaves ? b : a);
		return;
	}
	int stamp = ++s->stamp;
	for (size_t i = 0; i < a->count; i++)
		s->slots[a->slots[i]].stamp = stamp;
	for (size_t i = 0; i < b->count; i++)
		if (s->slots[b->slots[i]].stamp == stamp)
			set_assigned(s, b->slots[i]);
}
