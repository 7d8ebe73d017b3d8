/*
 * Assignments: targets, parallel copies, unpacking, augmented forms, del.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- targets ---------------------------------------------------------------------------------- */

fy_btarget fy_slot_target(fy_span span, int slot)
{
	return (fy_btarget){ .kind = FY_BT_SLOT, .span = span, .slot = slot };
}

fy_bstmt *fy_assign_slot(fy_scope *s, fy_span span, int slot, fy_bexpr *value)
{
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_ASSIGN, span);
	fy_btarget target = fy_slot_target(span, slot);
	stmt->targets = fy_arena_copy(s->b->arena, &target, sizeof(target));
	stmt->target_count = 1;
	stmt->value = value;
	fy_scope_assign(s, slot, value->known);
	return stmt;
}

static void attribute_target(fy_scope *s, const fy_expr *expr, const fy_btype *type, fy_btarget *out)
{
	const char *name = expr->attribute.name;
	const fy_battribute *attribute;
	out->kind = FY_BT_ATTRIBUTE;
	out->name = name;
	out->base = fy_bind_expr(s, expr->attribute.base, NULL);
	fy_class *class = fy_known_class(out->base->known);
	if (!class)
		fy_add_pending(s, NULL, name, expr->attribute.name_span);
	else if (class->custom)
		return;
	else if ((attribute = fy_find_attribute(s->b, class, name)) != NULL)
		fy_check_type(s, expr->span, "the attribute", attribute->type, type);
	else
		fy_bind_error(s->b, s->file, expr->attribute.name_span, "attribute-unknown",
			      "class '%s' has no attribute '%s'", class->name, name);
}

/* Type of element i of what is unpacked into `count` targets. */
static const fy_btype *item_type(const fy_btype *type, int i, int count)
{
	if (type && type->kind == FY_TS_TUPLE && type->count == count)
		return type->items[i];
	return type && type->kind == FY_TS_LIST ? type->items[0] : NULL;
}

static void nested_targets(fy_scope *s, const fy_expr *expr, const fy_btype *type, fy_btarget **out,
			   int *count)
{
	*count = expr->sequence.count;
	*out = FY_NEW_ARRAY(s->b->arena, fy_btarget, *count);
	int starred = 0;
	for (int i = 0; i < *count; i++)
		starred += expr->sequence.items[i]->kind == FY_EXPR_STARRED;
	if (starred > 1)
		fy_bind_error(s->b, s->file, expr->span, "unpack",
			      "more than one starred name in an assignment");
	for (int i = 0; i < *count; i++)
		fy_bind_target(s, expr->sequence.items[i], starred ? NULL : item_type(type, i, *count),
			       &(*out)[i]);
}

static void starred_target(fy_scope *s, const fy_expr *expr, fy_btarget *out)
{
	out->kind = FY_BT_STARRED;
	if (expr->starred->kind != FY_EXPR_NAME) {
		fy_bind_error(s->b, s->file, expr->span, "unpack",
			      "only a name can be starred in an assignment");
		return;
	}
	out->slot = fy_scope_slot(s, expr->starred->name);
	fy_scope_assign(s, out->slot, NULL);
}

static void index_target(fy_scope *s, const fy_expr *expr, fy_btarget *out)
{
	out->kind = FY_BT_INDEX;
	out->base = fy_bind_expr(s, expr, NULL);
	if (out->base->kind == FY_B_METHOD) /* __getitem__ of an object */
		fy_bind_error(s->b, s->file, expr->span, "expression",
			      "elements of an object cannot be assigned");
}

void fy_bind_target(fy_scope *s, const fy_expr *expr, const fy_btype *type, fy_btarget *out)
{
	out->span = expr->span;
	switch (expr->kind) {
	case FY_EXPR_NAME:
		*out = fy_slot_target(expr->span, fy_scope_slot(s, expr->name));
		fy_scope_assign(s, out->slot, type);
		break;
	case FY_EXPR_ATTRIBUTE:
		attribute_target(s, expr, type, out);
		break;
	case FY_EXPR_SUBSCRIPT:
		index_target(s, expr, out);
		break;
	case FY_EXPR_STARRED:
		starred_target(s, expr, out);
		break;
	default:
		out->kind = FY_BT_NESTED;
		nested_targets(s, expr, type, &out->items, &out->count);
	}
}

/* ---- assignment ------------------------------------------------------------------------------- */

static bool is_group(const fy_expr *expr)
{
	return expr->kind == FY_EXPR_TUPLE || expr->kind == FY_EXPR_LIST;
}

/* a, b = x, y: both sides written without parentheses. `a, b, = t` unpacks instead. */
static bool is_parallel(const fy_expr *target, const fy_expr *value)
{
	if (target->kind != FY_EXPR_TUPLE || value->kind != FY_EXPR_TUPLE)
		return false;
	if (target->parenthesised || value->parenthesised || target->sequence.trailing_comma)
		return false;
	for (int i = 0; i < target->sequence.count; i++)
		if (target->sequence.items[i]->kind == FY_EXPR_STARRED ||
		    (i < value->sequence.count && value->sequence.items[i]->kind == FY_EXPR_STARRED))
			return false;
	return target->sequence.count == value->sequence.count;
}

static void bind_parallel(fy_scope *s, const fy_stmt *source, const fy_expr *target, const fy_expr *value)
{
	int count = target->sequence.count;
	fy_bexpr **values = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, count);
	fy_btarget *targets = FY_NEW_ARRAY(s->b->arena, fy_btarget, count);
	for (int i = 0; i < count; i++)
		values[i] = fy_bind_expr(s, value->sequence.items[i], NULL);
	for (int i = 0; i < count; i++)
		fy_bind_target(s, target->sequence.items[i], values[i]->known, &targets[i]);
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_ASSIGN, source->span);
	stmt->targets = targets;
	stmt->target_count = count;
	stmt->values = values;
}

static void check_count(fy_scope *s, const fy_expr *target, const fy_bexpr *value)
{
	const fy_btype *type = value->known;
	int count = target->sequence.count;
	if (!type || type->kind != FY_TS_TUPLE || type->count == count)
		return;
	for (int i = 0; i < count; i++)
		if (target->sequence.items[i]->kind == FY_EXPR_STARRED)
			return;
	fy_bind_error(s->b, s->file, target->span, "unpack", "%d values are unpacked into %d names",
		      type->count, count);
}

static void bind_unpack(fy_scope *s, const fy_stmt *source, const fy_expr *target, const fy_expr *value)
{
	fy_bexpr *bound = fy_bind_expr(s, value, NULL);
	fy_btarget *targets;
	int count;
	check_count(s, target, bound);
	fy_refuse_kinds(s, source->span, bound, FY_KINDS_NUMBER | FY_KIND_BIT(FY_TS_NONE),
			"cannot be unpacked");
	nested_targets(s, target, bound->known, &targets, &count);
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_UNPACK, source->span);
	stmt->targets = targets;
	stmt->target_count = count;
	stmt->value = bound;
}

/* x = e, x : T = e, x = y = e. */
static void bind_plain(fy_scope *s, const fy_stmt *source)
{
	const fy_btype *declared = NULL;
	if (source->assign.type)
		declared = fy_bind_type(s->b, s->file, source->assign.type);
	fy_bexpr *value = fy_bind_expr(s, source->assign.value, declared);
	const fy_btype *type = declared ? declared : value->known;
	fy_check_type(s, source->span, "the variable", declared, value->known);
	fy_btarget *targets = FY_NEW_ARRAY(s->b->arena, fy_btarget, source->assign.count);
	for (int i = 0; i < source->assign.count; i++) {
		fy_bind_target(s, source->assign.targets[i], type, &targets[i]);
		targets[i].type = declared;
	}
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_ASSIGN, source->span);
	stmt->targets = targets;
	stmt->target_count = source->assign.count;
	stmt->value = value;
}

void fy_bind_assignment(fy_scope *s, const fy_stmt *source)
{
	const fy_expr *target = source->assign.targets[0], *value = source->assign.value;
	if (!value) /* a bare `x : T` */
		fy_stmt_add(s, FY_BS_PASS, source->span);
	else if (source->assign.count == 1 && is_parallel(target, value))
		bind_parallel(s, source, target, value);
	else if (source->assign.count == 1 && is_group(target))
		bind_unpack(s, source, target, value);
	else
		bind_plain(s, source);
}

/* ---- augmented assignment --------------------------------------------------------------------- */

/* The target as something to read whose parts are evaluated once. */
static void read_target(fy_scope *s, const fy_expr *expr, fy_btarget *target, fy_bexpr **value)
{
	fy_bind_target(s, expr, NULL, target);
	if (target->kind == FY_BT_ATTRIBUTE) {
		target->base = fy_bexpr_once(s, target->base);
		*value = fy_bexpr_attribute(s, expr->span, target->base, target->name);
		return;
	}
	fy_bexpr *base = target->base;
	bool index = base->kind == FY_B_INDEX || base->kind == FY_B_SUBSCRIPT;
	if (index) {
		base->base = fy_bexpr_once(s, base->base);
		for (int i = 0; i < base->count; i++)
			if (base->items[i]->kind != FY_B_RANGE && base->items[i]->kind != FY_B_ELLIPSIS)
				base->items[i] = fy_bexpr_once(s, base->items[i]);
	}
	*value = base;
}

/* Elements of lists and dicts are replaced; only what is indexed in a tensor changes in place. */
static bool is_container_element(const fy_btarget *target)
{
	const fy_btype *type =
		target->kind == FY_BT_INDEX && target->base->base ? target->base->base->known : NULL;
	return type && (type->kind == FY_TS_LIST || type->kind == FY_TS_DICT);
}

void fy_bind_augmentation(fy_scope *s, const fy_stmt *source)
{
	const fy_expr *expr = source->augment.target;
	fy_btarget target = { .span = expr->span };
	fy_bexpr *old;
	if (expr->kind == FY_EXPR_NAME) {
		old = fy_bind_name(s, expr);
		target = fy_slot_target(expr->span, fy_scope_slot(s, expr->name));
	} else {
		read_target(s, expr, &target, &old);
	}
	fy_bexpr *operand = fy_bind_expr(s, source->augment.value, NULL);
	fy_bexpr *value = is_container_element(&target)
				  ? fy_bind_binary(s, source->augment.op, source->span, old, operand)
				  : fy_bind_augmented(s, source->augment.op, source->span, old, operand);
	if (target.kind == FY_BT_SLOT)
		fy_scope_assign(s, target.slot, value->known);
	fy_bstmt *stmt = fy_stmt_add(s, FY_BS_ASSIGN, source->span);
	stmt->targets = fy_arena_copy(s->b->arena, &target, sizeof(target));
	stmt->target_count = 1;
	stmt->value = value;
}

/* ---- del -------------------------------------------------------------------------------------- */

/* Only in the outermost block: an arm or a loop may not be taken. */
static void delete_name(fy_scope *s, const fy_expr *expr)
{
	const fy_bexpr *variable = fy_bind_name(s, expr);
	if (variable->kind == FY_B_SLOT && s->depth == 1)
		s->slots[variable->index].assigned = false;
}

void fy_bind_deletion(fy_scope *s, const fy_stmt *source)
{
	for (int i = 0; i < source->removal.count; i++) {
		const fy_expr *expr = source->removal.targets[i];
		if (expr->kind == FY_EXPR_NAME) {
			delete_name(s, expr);
			fy_stmt_add(s, FY_BS_PASS, source->span);
			continue;
		}
		if (expr->kind != FY_EXPR_SUBSCRIPT) {
			fy_bind_error(s->b, s->file, expr->span, "expression",
				      "an attribute cannot be deleted");
			continue;
		}
		fy_btarget target = { .kind = FY_BT_INDEX, .span = expr->span };
		target.base = fy_bind_expr(s, expr, NULL);
		if (target.base->kind != FY_B_INDEX) {
			fy_bind_error(s->b, s->file, expr->span, "expression",
				      "only one element can be deleted");
			continue;
		}
		fy_bstmt *stmt = fy_stmt_add(s, FY_BS_DELETE, source->span);
		stmt->targets = fy_arena_copy(s->b->arena, &target, sizeof(target));
		stmt->target_count = 1;
	}
}
