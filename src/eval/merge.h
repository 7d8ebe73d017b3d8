/* Merging of values where control flow on data comes together: for merge.c, branch.c and loop.c. */
#ifndef FY_EVAL_MERGE_H
#define FY_EVAL_MERGE_H

#include "eval/eval_internal.h"

/* What leaves a block as one of its results. */
typedef struct fy_exit {
	fy_ivalue value; /* FY_I_UNINITIALIZED: a dummy of the type */
	fy_cell *cell;   /* instead of a value: the whole content of this cell */
	fy_type type;
} fy_exit;

/* Two mutable things, one of each arm (uninitialized where it never was), that became one. */
typedef struct fy_pair {
	fy_ivalue a, b, made;  /* tensors: of the whole cell, or of a view when `lost` */
	const fy_poison *lost; /* why writing to any of the three is refused */
} fy_pair;

typedef struct fy_merge {
	fy_eval *ev;
	fy_node *node;  /* the If: gets a result for each exit */
	uint64_t start; /* what was born later was born in an arm */
	fy_place place; /* of the branch */
	int ordinal;    /* of the If that may be split, else -1 */
	fy_exit *a, *b; /* per result: what leaves each arm */
	int count;
	size_t capacity;
	fy_pair *pairs;
	fy_map whole; /* (identity of a, identity of b) -> index + 1 of the pair, those that are not lost */
	int pair_count;
	size_t pair_capacity;
} fy_merge;

/* A new reference: the merged value. */
fy_ivalue fy_merge_values(fy_merge *m, fy_ivalue a, fy_ivalue b);
fy_content fy_merge_contents(fy_merge *m, fy_where where, const fy_content *a, const fy_content *b);
/* When all is merged and in place: marks what lost its identity. */
void fy_merge_finish(fy_merge *m);
void fy_merge_release(fy_merge *m);

/* Writing through v is refused from now on. Undone with the journal. */
void fy_lose(fy_eval *ev, fy_ivalue v, const fy_poison *lost);

/* The SSA value of an exit in the present block and state; NULL after an error. */
fy_value *fy_exit_value(fy_eval *ev, const fy_exit *exit);
/* Type of a tensor or number; false for anything else. */
bool fy_leaf_type(fy_ivalue v, fy_type *out);
/* Tensor variable or symbolic number of an SSA value. */
fy_ivalue fy_leaf_of(fy_eval *ev, fy_value *value);

/* A branch on data whose arms are run by `arm` (0: condition holds): the general form of an if statement. */
typedef fy_status (*fy_arm_fn)(fy_eval *ev, void *user, int arm);
fy_status FY_MUST_USE fy_eval_branch(fy_eval *ev, fy_value *condition, fy_arm_fn arm, void *user);

#endif
