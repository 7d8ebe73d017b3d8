/*
 * What classes and functions say of themselves: attributes, fields, members, hooks, signatures. Bodies are
 * put in line and bound later, so that declaring never recurses into what is named.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- functions -------------------------------------------------------------------------------- */

static void declare_param(fy_binder *b, const fy_script_file *file, const fy_script_param *param,
			  fy_class *self, int slot, fy_bparam *out)
{
	out->name = param->name;
	out->slot = slot;
	if (self)
		out->type = fy_class_type(b, self);
	else if (param->type)
		out->type = fy_bind_type(b, file, param->type);
}

fy_bound_function *fy_declare_function(fy_binder *b, const fy_script_file *file, const fy_script_def *def,
				       fy_class *owner, const char *qualified)
{
	fy_bound_function *bound = FY_NEW(b->arena, fy_bound_function);
	fy_function *function = &bound->function;
	bound->def = def;
	function->name = def->name;
	function->qualified = qualified;
	function->owner = owner;
	function->file = file;
	function->span = def->span;
	function->params = FY_NEW_ARRAY(b->arena, fy_bparam, def->param_count);
	function->param_count = def->param_count;
	for (int i = 0; i < def->param_count; i++)
		declare_param(b, file, &def->params[i], i == 0 ? owner : NULL, i, &function->params[i]);
	if (def->returns)
		function->returns = fy_bind_type(b, file, def->returns);
	b->bodies = fy_arena_grow(b->arena, b->bodies, b->body_count, &b->body_capacity, b->body_count + 1,
				  sizeof(*b->bodies));
	b->bodies[b->body_count++] = bound;
	return bound;
}

/* ---- classes ---------------------------------------------------------------------------------- */

static fy_str key_of_attribute(const void *attribute)
{
	return fy_str_of(((const fy_battribute *)attribute)->name);
}

static fy_str key_of_method(const void *method)
{
	return fy_str_of(((const fy_function *)method)->name);
}

static void declare_attributes(fy_binder *b, fy_bound_class *bound)
{
	const fy_script_class *def = bound->def;
	fy_class *class = &bound->class;
	class->attributes = FY_NEW_ARRAY(b->arena, fy_battribute, def->attribute_count);
	class->attribute_names = (fy_index){ .key_of = key_of_attribute, .arena = b->arena };
	for (int i = 0; i < def->attribute_count; i++) {
		const fy_script_field *field = &def->attributes[i];
		if (fy_class_attribute(class, field->name)) {
			fy_bind_error(b, class->file, field->span, "name-repeated",
				      "class '%s' declares attribute '%s' twice", class->name, field->name);
			continue;
		}
		fy_battribute *attribute = &class->attributes[class->attribute_count++];
		attribute->name = field->name;
		attribute->type =
			field->type ? fy_bind_type(b, class->file, field->type) : fy_plain_type(FY_TS_TENSOR);
		fy_index_put(&class->attribute_names, attribute);
	}
}

/* Names that no attribute has are left out, as PyTorch does. */
static void mark_attributes(fy_bound_class *bound, const fy_script_names *names, bool parameters)
{
	for (int i = 0; i < names->count; i++) {
		fy_battribute *attribute =
			fy_index_get(&bound->class.attribute_names, fy_str_of(names->items[i]));
		if (!attribute)
			continue;
		attribute->parameter |= parameters;
		attribute->buffer |= !parameters;
	}
}

static fy_arg member_value(const fy_expr *expr)
{
	switch (expr->kind) {
	case FY_EXPR_INT:
		return fy_arg_int(expr->integer);
	case FY_EXPR_FLOAT:
		return fy_arg_float(expr->real);
	case FY_EXPR_STRING:
		return (fy_arg){ .kind = FY_ARG_STR, .s = expr->string };
	default:
		return fy_arg_none();
	}
}

static void declare_members(fy_binder *b, fy_bound_class *bound)
{
	const fy_script_class *def = bound->def;
	fy_class *class = &bound->class;
	class->members = FY_NEW_ARRAY(b->arena, fy_bmember, def->member_count);
	class->member_count = def->member_count;
	for (int i = 0; i < def->member_count; i++) {
		class->members[i].name = def->members[i].name;
		class->members[i].value = member_value(def->members[i].value);
		fy_map_put(&bound->members, fy_str_of(def->members[i].name), (void *)((uintptr_t)i + 1));
	}
}

static void declare_methods(fy_binder *b, fy_bound_class *bound)
{
	const fy_script_class *def = bound->def;
	fy_class *class = &bound->class;
	class->methods = FY_NEW_ARRAY(b->arena, fy_function *, def->method_count);
	class->method_names = (fy_index){ .key_of = key_of_method, .arena = b->arena };
	for (int i = 0; i < def->method_count; i++) {
		const fy_script_def *method = def->methods[i];
		if (fy_class_method(class, method->name)) {
			fy_bind_error(b, class->file, method->span, "name-repeated",
				      "class '%s' defines method '%s' twice", class->name, method->name);
			continue;
		}
		if (method->param_count == 0)
			fy_bind_error(b, class->file, method->span, "self-missing",
				      "method '%s' has no parameter for its object", method->name);
		const char *qualified = fy_arena_printf(b->arena, "%s.%s", class->name, method->name);
		fy_bound_function *made = fy_declare_function(b, class->file, method, class, qualified);
		class->methods[class->method_count++] = &made->function;
		fy_index_put(&class->method_names, &made->function);
	}
}

static void check_hooks(fy_binder *b, const fy_bound_class *bound, const fy_script_names *names)
{
	for (int i = 0; i < names->count; i++)
		if (!fy_class_method(&bound->class, names->items[i]))
			fy_bind_error(b, bound->class.file, bound->def->span, "method-unknown",
				      "class '%s' names '%s' as a hook but has no such method",
				      bound->class.name, names->items[i]);
}

void fy_declare_class(fy_binder *b, fy_bound_class *bound)
{
	const fy_script_class *def = bound->def;
	fy_class *class = &bound->class;
	if (bound->declared)
		return;
	bound->declared = true;
	if (!def)
		return;
	declare_attributes(b, bound);
	mark_attributes(bound, &def->parameters, true);
	mark_attributes(bound, &def->buffers, false);
	if (class->base == FY_CLASS_ENUM)
		declare_members(b, bound);
	declare_methods(b, bound);
	class->pre_hooks = def->pre_hooks.items;
	class->pre_hook_count = def->pre_hooks.count;
	class->hooks = def->hooks.items;
	class->hook_count = def->hooks.count;
	check_hooks(b, bound, &def->pre_hooks);
	check_hooks(b, bound, &def->hooks);
}

const fy_battribute *fy_find_attribute(fy_binder *b, fy_class *class, const char *name)
{
	fy_bound_class *bound = fy_bound_class_of(class);
	fy_declare_class(b, bound);
	return class->base == FY_CLASS_ENUM ? NULL : fy_class_attribute(class, name);
}

fy_function *fy_find_method(fy_binder *b, fy_class *class, const char *name)
{
	fy_bound_class *bound = fy_bound_class_of(class);
	fy_declare_class(b, bound);
	return fy_class_method(class, name);
}
