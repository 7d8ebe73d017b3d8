/* What the operators on lists, tuples and dicts share: for the *_builtin.c files of containers. */
#ifndef FY_EVAL_CONTAINERS_H
#define FY_EVAL_CONTAINERS_H

#include "eval/eval_internal.h"

#include <string.h>

bool fy_args_seq(const fy_args *args, int i);
bool fy_args_list(const fy_args *args, int i);
bool fy_args_dict(const fy_args *args, int i);

/* Poison and lost identities are refused; writing is told to the journal. */
fy_status FY_MUST_USE fy_seq_readable(fy_eval *ev, const fy_iseq *seq);
fy_status FY_MUST_USE fy_seq_writable(fy_eval *ev, fy_iseq *seq);
fy_status FY_MUST_USE fy_dict_readable(fy_eval *ev, const fy_idict *dict);
fy_status FY_MUST_USE fy_dict_writable(fy_eval *ev, fy_idict *dict);
fy_status FY_MUST_USE fy_item_readable(fy_eval *ev, fy_ivalue item);

/* An index as a position among `count` elements, negative ones from the end; *symbol when it depends on data.
 */
fy_status FY_MUST_USE fy_seq_index(fy_eval *ev, fy_ivalue index, int64_t count, int64_t *out,
				   fy_value **symbol);
fy_status FY_MUST_USE fy_seq_position(fy_eval *ev, fy_ivalue index, int64_t count, int64_t *out);
/* May that many elements be added? */
fy_status FY_MUST_USE fy_seq_room(fy_eval *ev, const fy_iseq *seq, int64_t more);
/* All its elements again, in a list. */
fy_ivalue fy_seq_copy(fy_eval *ev, const fy_iseq *from);
fy_ivalue fy_dict_copy(fy_eval *ev, const fy_idict *from);
/* dict[key] = value, both borrowed. */
fy_status FY_MUST_USE fy_dict_set(fy_eval *ev, fy_idict *dict, fy_ivalue key, fy_ivalue value);
/* Where the key stands; -1: nowhere. */
int64_t fy_dict_position(fy_idict *dict, fy_ivalue key);
void fy_dict_remove(fy_idict *dict, int64_t at);
/* Is the index i, from the front or from the end? */
fy_status FY_MUST_USE fy_seq_is_at(fy_eval *ev, fy_value *index, int64_t i, int64_t count, fy_value **out);
/* Takes an element out; its reference is the caller's. */
fy_ivalue fy_seq_take(fy_iseq *seq, int64_t at);

#endif
