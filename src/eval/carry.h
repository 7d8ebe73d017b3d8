/* What a loop on data carries from round to round: for carry.c and loop.c. */
#ifndef FY_EVAL_CARRY_H
#define FY_EVAL_CARRY_H

#include "eval/merge.h"

/* One value, or one element of a container, in a place that the body changes. */
typedef struct fy_carry {
	bool changes; /* false: what it was before the loop is what it stays */
	bool shared;  /* others may hold it too, so writing through what stands for it is refused */
	bool grows;   /* a list of another length in each round: rows of one tensor */
	bool of_numbers;
	fy_type type;           /* of a tensor or number, or of the rows: widened until all rounds fit */
	struct fy_carry *items; /* of a container that is another one in each round */
	int64_t count;
} fy_carry;

/* A place that the body changes. */
typedef struct fy_carried {
	fy_where where;
	fy_content before;
	const fy_poison *poison; /* cannot be carried: an error when it is read */
	fy_carry *items; /* of a slot or attribute: one. Of a dict: keys and values. Of a cell: one, its
			    content */
	int64_t count;
	fy_carry list; /* of a list that grows, instead of items */
} fy_carried;

typedef struct fy_carrying {
	fy_eval *ev;
	fy_arena *arena;
	fy_place place; /* of the loop */
	int ordinal;    /* of the loop, or of the If around it, if it may be split; else -1 */
	bool peelable;  /* the ordinal is the loop's own */
	fy_carried *items;
	int count;
	size_t capacity;
	bool may_peel;
	bool again; /* the last round did not fit: places were added or types widened */
	bool peel;  /* a value is None before the first round and something else afterwards */
} fy_carrying;

/* Takes in what one round did: adds places, widens types. Sets `again` and `peel`. */
void fy_carry_round(fy_carrying *c, const fy_changes *changes);
/* Every carried place now holds what `make` gives for the types: parameters of the body, or results of the
 * loop. */
typedef fy_value *(*fy_carry_make)(void *user, const fy_type *type);
void fy_carry_put(fy_carrying *c, fy_carry_make make, void *user);
/* The present SSA values of everything carried, in the order in which `put` asks for them. */
typedef void (*fy_carry_take)(void *user, fy_value *value);
fy_status FY_MUST_USE fy_carry_collect(fy_carrying *c, fy_carry_take take, void *user);
void fy_carry_release(fy_carrying *c);

#endif
