/*
 * Names and dotted names: variables, then what the language itself defines, then operators, classes and
 * functions by their full names.
 */
#include "sema/sema_internal.h"

#include <math.h>
#include <string.h>

/* ---- plain names ------------------------------------------------------------------------------ */

static bool number_of_name(const char *name, fy_arg *out)
{
	if (strcmp(name, "inf") == 0)
		*out = fy_arg_float(INFINITY);
	else if (strcmp(name, "nan") == 0)
		*out = fy_arg_float(NAN);
	else if (strcmp(name, "infj") == 0)
		*out = (fy_arg){ .kind = FY_ARG_COMPLEX, .c = { 0, INFINITY } };
	else if (strcmp(name, "nanj") == 0)
		*out = (fy_arg){ .kind = FY_ARG_COMPLEX, .c = { 0, NAN } };
	else
		return false;
	return true;
}

/* As much of a name as fits a message. */
static const char *shown(fy_scope *s, const char *name)
{
	size_t length = strlen(name);
	return length <= 80 ? name : fy_arena_printf(s->b->arena, "%.77s...", name);
}

fy_bexpr *fy_bind_name(fy_scope *s, const fy_expr *expr)
{
	int slot = fy_scope_find(s, expr->name);
	fy_arg number;
	if (slot >= 0 && s->slots[slot].assigned)
		return fy_bexpr_slot(s, expr->span, slot);
	if (number_of_name(expr->name, &number))
		return fy_bexpr_literal(s, expr->span, number);
	if (slot >= 0) {
		fy_bind_error(s->b, s->file, expr->span, "name-unknown",
			      "'%s' is not assigned on every path that leads here", shown(s, expr->name));
		s->slots[slot].assigned = true; /* said once; the log does without */
	} else {
		fy_bind_error(s->b, s->file, expr->span, "name-unknown", "'%s' is not defined",
			      shown(s, expr->name));
		fy_scope_assign(s, fy_scope_slot(s, expr->name), NULL);
	}
	return fy_bexpr_broken(s, expr->span);
}

/* ---- dotted names ----------------------------------------------------------------------------- */

/* The names of a.b.c, first to last, when the root is a plain name; else count 0. */
static int flatten(fy_scope *s, const fy_expr *expr, const char ***out)
{
	int count = 1;
	const fy_expr *at = expr;
	for (; at->kind == FY_EXPR_ATTRIBUTE; at = at->attribute.base)
		count++;
	if (at->kind != FY_EXPR_NAME || fy_scope_has(s, at->name))
		return 0;
	if (strcmp(at->name, "torch") != 0 && strcmp(at->name, "ops") != 0 &&
	    strcmp(at->name, "__torch__") != 0)
		return 0;
	*out = FY_NEW_ARRAY(s->b->arena, const char *, count);
	int i = count;
	for (at = expr; at->kind == FY_EXPR_ATTRIBUTE; at = at->attribute.base)
		(*out)[--i] = at->attribute.name;
	(*out)[0] = at->name;
	return count;
}

static fy_dotted broken(fy_scope *s, const fy_expr *expr, const char *format, const char *name)
{
	fy_bind_error(s->b, s->file, expr->span, "name-unknown", format, shown(s, name));
	return (fy_dotted){ .kind = FY_DOTTED_BROKEN };
}

static const char *join(fy_scope *s, const char *const *names, int count)
{
	fy_buf text = { 0 };
	for (int i = 0; i < count; i++)
		fy_buf_printf(&text, i > 0 ? ".%s" : "%s", names[i]);
	const char *joined = fy_arena_strdup(s->b->arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return joined;
}

/* torch.add; torch.autograd.grad. */
static fy_dotted torch_name(fy_scope *s, const fy_expr *expr, const char *const *names, int count)
{
	bool autograd = count == 3 && strcmp(names[1], "autograd") == 0;
	if (count != 2 && !autograd)
		return broken(s, expr, "'%s' is no operator", join(s, names, count));
	return (fy_dotted){ .kind = FY_DOTTED_OPERATOR,
			    .name = fy_arena_printf(s->b->arena, "aten::%s", names[count - 1]) };
}

static fy_dotted ops_name(fy_scope *s, const fy_expr *expr, const char *const *names, int count)
{
	if (count != 3)
		return broken(s, expr, "'%s' is no operator", join(s, names, count));
	return (fy_dotted){ .kind = FY_DOTTED_OPERATOR,
			    .name = fy_arena_printf(s->b->arena, "%s::%s", names[1], names[2]) };
}

/* The name after a class: __new__, a member of an enum, or a method called by its full name (hooks are). */
static fy_dotted in_class(fy_scope *s, const fy_expr *expr, fy_class *class, const char *name, int rest)
{
	fy_bound_class *bound = fy_bound_class_of(class);
	fy_declare_class(s->b, bound);
	uintptr_t member = (uintptr_t)fy_map_get(&bound->members, fy_str_of(name));
	fy_function *method = fy_class_method(class, name);
	if (strcmp(name, "__new__") == 0)
		return (fy_dotted){ .kind = FY_DOTTED_NEW, .class = class, .rest = rest };
	if (class->base == FY_CLASS_ENUM && member > 0)
		return (fy_dotted){
			.kind = FY_DOTTED_MEMBER, .class = class, .index = (int)member - 1, .rest = rest
		};
	if (method)
		return (fy_dotted){ .kind = FY_DOTTED_FUNCTION, .function = method, .rest = rest };
	fy_bind_error(s->b, s->file, expr->span, "attribute-unknown", "class '%s' has no '%s'", class->name,
		      shown(s, name));
	return (fy_dotted){ .kind = FY_DOTTED_BROKEN };
}

/* __torch__.a.b.C: the first prefix that is a class or, failing that, a function. */
static fy_dotted program_name(fy_scope *s, const fy_expr *expr, const char *const *names, int count)
{
	fy_dotted found = { 0 };
	fy_buf prefix = { 0 };
	fy_buf_puts(&prefix, names[0]);
	for (int i = 1; i < count && found.kind == FY_DOTTED_NONE; i++) {
		fy_buf_printf(&prefix, ".%s", names[i]);
		fy_str name = { fy_buf_text(&prefix), prefix.len };
		fy_bound_class *class = fy_find_class(s->b, name);
		fy_bound_function *function = class ? NULL : fy_find_function(s->b, name);
		if (class && i + 1 < count)
			found = in_class(s, expr, &class->class, names[i + 1], count - i - 2);
		else if (class)
			found = (fy_dotted){ .kind = FY_DOTTED_CLASS, .class = &class->class };
		else if (function)
			found = (fy_dotted){ .kind = FY_DOTTED_FUNCTION,
					     .function = &function->function,
					     .rest = count - i - 1 };
	}
	if (found.kind == FY_DOTTED_NONE && s->b->broken_source)
		found.kind = FY_DOTTED_BROKEN;
	else if (found.kind == FY_DOTTED_NONE)
		found = broken(s, expr, "the archive has no code for '%s'", fy_buf_text(&prefix));
	fy_buf_release(&prefix);
	return found;
}

fy_dotted fy_bind_dotted(fy_scope *s, const fy_expr *expr)
{
	const char **names = NULL;
	int count = flatten(s, expr, &names);
	if (count == 0)
		return (fy_dotted){ .kind = FY_DOTTED_NONE };
	if (count == 1)
		return broken(s, expr, "'%s' is no value", names[0]);
	if (strcmp(names[0], "torch") == 0)
		return torch_name(s, expr, names, count);
	if (strcmp(names[0], "ops") == 0)
		return ops_name(s, expr, names, count);
	return program_name(s, expr, names, count);
}

/* ---- attributes ------------------------------------------------------------------------------- */

/* CONSTANTS.cN. */
static fy_bexpr *bind_constant(fy_scope *s, const fy_expr *expr)
{
	const char *name = expr->attribute.name;
	size_t count = fy_archive_constant_count(s->b->archive);
	int64_t index;
	if (name[0] != 'c' || name[1] < '0' || name[1] > '9' || !fy_parse_i64(name + 1, &index) ||
	    index < 0 || (uint64_t)index >= count) {
		fy_bind_error(s->b, s->file, expr->span, "constant-range",
			      "there is no constant '%s', the archive has %zu", shown(s, name), count);
		return fy_bexpr_broken(s, expr->span);
	}
	fy_bexpr *bound = fy_bexpr_new(s, FY_B_CONSTANT, expr->span);
	bound->index = (int)index;
	const fy_pvalue *value = fy_archive_constant(s->b->archive, (size_t)index);
	if (value->kind == FY_P_OBJECT && value->object->class_name) {
		fy_bound_class *class = fy_find_class(s->b, fy_str_of(value->object->class_name));
		bound->known = class ? fy_class_type(s->b, &class->class) : NULL;
	}
	return bound;
}

static bool is_constants(fy_scope *s, const fy_expr *expr)
{
	return expr->kind == FY_EXPR_NAME && strcmp(expr->name, "CONSTANTS") == 0 &&
	       !fy_scope_has(s, expr->name);
}

/* What a dotted name itself is as a value. */
static fy_bexpr *dotted_value(fy_scope *s, const fy_expr *expr, const fy_dotted *dotted)
{
	fy_bexpr *value;
	switch (dotted->kind) {
	case FY_DOTTED_FUNCTION:
		value = fy_bexpr_new(s, FY_B_FUNCTION_REF, expr->span);
		value->function = dotted->function;
		return value;
	case FY_DOTTED_MEMBER:
		value = fy_bexpr_new(s, FY_B_ENUM, expr->span);
		value->class = dotted->class;
		value->index = dotted->index;
		value->known = fy_class_type(s->b, dotted->class);
		return value;
	case FY_DOTTED_OPERATOR:
		broken(s, expr, "operator '%s' is not called", dotted->name);
		break;
	case FY_DOTTED_CLASS:
	case FY_DOTTED_NEW:
		broken(s, expr, "class '%s' is no value", dotted->class->name);
		break;
	default:
		break;
	}
	return fy_bexpr_broken(s, expr->span);
}

/* Applies the `rest` last names of expr to the value of what comes before. */
static fy_bexpr *apply_rest(fy_scope *s, const fy_expr *expr, const fy_dotted *dotted, int rest)
{
	if (rest == 0)
		return dotted_value(s, expr, dotted);
	fy_bexpr *base = apply_rest(s, expr->attribute.base, dotted, rest - 1);
	return fy_bexpr_attribute(s, expr->span, base, expr->attribute.name);
}

fy_bexpr *fy_bind_attribute(fy_scope *s, const fy_expr *expr)
{
	if (is_constants(s, expr->attribute.base))
		return bind_constant(s, expr);
	fy_dotted dotted = fy_bind_dotted(s, expr);
	if (dotted.kind != FY_DOTTED_NONE)
		return apply_rest(s, expr, &dotted, dotted.kind == FY_DOTTED_BROKEN ? 0 : dotted.rest);
	fy_bexpr *base = fy_bind_expr(s, expr->attribute.base, NULL);
	return fy_bexpr_attribute(s, expr->span, base, expr->attribute.name);
}
