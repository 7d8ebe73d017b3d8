/*
 * Running out of memory, handled in one place instead of at every call. Work runs in fy_guard_run; where
 * memory is not to be had it is left at once, whatever it was doing. Nothing leaks, because every block and
 * every hold is strung on the guard, in rings that need no memory of their own. This is the one place with
 * setjmp. Must not know what the work is.
 */
#include "core/core.h"

#include <setjmp.h>

static _Thread_local fy_guard *current;
static _Thread_local jmp_buf *way_out; /* of the innermost fy_guard_run */

/* ---- rings ---- */

static void make_ring(fy_ring *link)
{
	link->prev = link->next = link;
}

static void put_in_ring(fy_ring *ring, fy_ring *link)
{
	link->prev = ring;
	link->next = ring->next;
	ring->next->prev = link;
	ring->next = link;
}

void fy_guard_link(fy_ring *block)
{
	if (current)
		put_in_ring(&current->blocks, block);
	else
		make_ring(block);
}

void fy_guard_unlink(fy_ring *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	make_ring(link);
}

void fy_hold_add(fy_hold *hold, void (*release)(void *what), void *what)
{
	hold->release = release;
	hold->what = what;
	if (current)
		put_in_ring(&current->holds, &hold->link);
	else
		make_ring(&hold->link);
}

void fy_hold_drop(fy_hold *hold)
{
	fy_guard_unlink(&hold->link);
}

/* ---- guards ---- */

void fy_guard_init(fy_guard *guard)
{
	make_ring(&guard->blocks);
	make_ring(&guard->holds);
	guard->lost = NULL;
}

fy_guard *fy_guard_current(void)
{
	return current;
}

static void enter(fy_guard *guard, jmp_buf *out)
{
	current = guard;
	way_out = out;
}

fy_status fy_guard_run(fy_guard *guard, void (*work)(void *context), void *context)
{
	fy_guard *const outer = current;
	jmp_buf *const outer_way = way_out;
	jmp_buf here;

	if (setjmp(here) != 0) {
		enter(outer, outer_way);
		return FY_IO;
	}
	enter(guard ? guard : outer, &here);
	work(context);
	enter(outer, outer_way);
	return FY_OK;
}

void fy_guard_leave(void)
{
	if (way_out)
		longjmp(*way_out, 1);
}

/* Holds first and the newest before the older: they live in blocks and may need one another. */
void fy_guard_release(fy_guard *guard)
{
	while (guard->holds.next != &guard->holds) {
		/* The link comes first in a hold. */
		fy_hold *hold = (fy_hold *)guard->holds.next;
		fy_hold_drop(hold);
		hold->release(hold->what);
	}
	while (guard->blocks.next != &guard->blocks)
		fy_free_owned(guard->blocks.next);
	guard->lost = NULL;
}
