/*
 * Shared by graph.c and edit.c: values and their use lists.
 */
#ifndef FY_IR_INTERNAL_H
#define FY_IR_INTERNAL_H

#include "ir/ir.h"

fy_value *fy_ir_new_value(fy_graph *graph, const fy_type *type, const char *name);
/* Result `index` of `block` is, or is no longer, a use of what it holds. */
void fy_ir_use_result(fy_block *block, int index, fy_value *value);
void fy_ir_unuse_result(fy_block *block, int index);
/* Gives back the references that tensors inside an argument hold. */
void fy_ir_drop_tensors(fy_arg *arg);

#endif
