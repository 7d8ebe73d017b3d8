/*
 * Calls: of operators, functions, classes and methods. Callees that are known are checked for arity and
 * keywords, and remembered for the search for recursion.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- arguments -------------------------------------------------------------------------------- */

void fy_bind_arguments(fy_scope *s, fy_bexpr *out, const fy_expr *call, int first)
{
	int count = call->call.count > first ? call->call.count - first : 0;
	out->items = FY_NEW_ARRAY(s->b->arena, fy_bexpr *, count);
	out->keywords = FY_NEW_ARRAY(s->b->arena, fy_bkeyword, count);
	for (int i = first; i < call->call.count; i++) {
		const fy_script_arg *arg = &call->call.args[i];
		fy_bexpr *value = arg->value->kind == FY_EXPR_STARRED
					  ? fy_bexpr_unsupported(s, arg->span, "python::starred")
					  : fy_bind_expr(s, arg->value, NULL);
		if (arg->name)
			out->keywords[out->keyword_count++] = (fy_bkeyword){ arg->name, value };
		else if (out->keyword_count > 0)
			fy_bind_error(s->b, s->file, arg->span, "call-arguments",
				      "a positional argument follows keyword arguments");
		else
			out->items[out->count++] = value;
	}
}

/* Leaves in `named` the parameters that have an argument; reports keywords that name none or one of those. */
static void check_keywords(fy_scope *s, const fy_bexpr *call, const fy_function *callee, int given,
			   fy_map *named)
{
	static char present, absent; /* NULL: no such parameter, and in the end one without argument */
	for (int i = 0; i < callee->param_count; i++)
		fy_map_put(named, fy_str_of(callee->params[i].name), i < given ? &present : &absent);
	for (int i = 0; i < call->keyword_count && !fy_binder_stopped(s->b); i++) {
		fy_str name = fy_str_of(call->keywords[i].name);
		const void *state = fy_map_get(named, name);
		if (state == &absent)
			fy_map_put(named, name, &present);
		else
			fy_bind_error(s->b, s->file, call->span, "call-arguments",
				      state ? "'%s' gets its argument '%s' twice"
					    : "'%s' has no parameter '%s'",
				      callee->qualified, call->keywords[i].name);
	}
	for (int i = 0; i < callee->param_count; i++)
		if (fy_map_get(named, fy_str_of(callee->params[i].name)) == &absent)
			fy_map_put(named, fy_str_of(callee->params[i].name), NULL);
}

static void check_arguments(fy_scope *s, const fy_bexpr *call, const fy_function *callee, int given)
{
	const fy_script_def *def = fy_bound_function_of(callee)->def;
	fy_map named = { 0 };
	int self = given - call->count;
	if (given > callee->param_count) {
		fy_bind_error(s->b, s->file, call->span, "call-arguments",
			      "'%s' takes %d arguments but %d are given", callee->qualified,
			      callee->param_count - self, given - self);
		return;
	}
	if (call->keyword_count > 0)
		check_keywords(s, call, callee, given, &named);
	for (int i = given; i < callee->param_count; i++) {
		if (def->params[i].default_value || fy_map_get(&named, fy_str_of(callee->params[i].name)))
			continue;
		fy_bind_error(s->b, s->file, call->span, "call-arguments",
			      "the call of '%s' lacks its argument '%s'", callee->qualified,
			      callee->params[i].name);
		break;
	}
	fy_map_release(&named);
}

/* Arguments whose type is certainly another than declared. */
static void check_types(fy_scope *s, const fy_bexpr *call, const fy_function *callee, int given_self)
{
	for (int i = 0; i < call->count + call->keyword_count && !fy_binder_stopped(s->b); i++) {
		const fy_bkeyword *keyword = i < call->count ? NULL : &call->keywords[i - call->count];
		const fy_bexpr *value = keyword ? keyword->value : call->items[i];
		const fy_bparam *param = keyword ? NULL : &callee->params[i + given_self];
		for (int k = 0; keyword && !param && k < callee->param_count; k++)
			if (strcmp(callee->params[k].name, keyword->name) == 0)
				param = &callee->params[k];
		if (!param || fy_type_may_take(param->type, value->known))
			continue;
		const char *what = fy_arena_printf(s->b->arena, "argument '%.80s' of '%s'", param->name,
						   callee->qualified);
		fy_check_type(s, value->span, what, param->type, value->known);
	}
}

static void add_edge(fy_scope *s, fy_span span, fy_bound_function *callee)
{
	fy_call_edge *edge = FY_NEW(s->b->arena, fy_call_edge);
	*edge = (fy_call_edge){ .callee = callee, .span = span, .next = s->function->calls };
	s->function->calls = edge;
}

void fy_bind_callee(fy_scope *s, const fy_bexpr *call, const fy_function *callee, int given_self)
{
	check_arguments(s, call, callee, call->count + given_self);
	if (call->count + given_self <= callee->param_count)
		check_types(s, call, callee, given_self);
	/* A call through an interface runs the method of another class. */
	if (callee->owner &&
	    (callee->owner->base == FY_CLASS_INTERFACE || callee->owner->base == FY_CLASS_MODULE_INTERFACE))
		return;
	add_edge(s, call->span, fy_bound_function_of(callee));
}

/* ---- classes ---------------------------------------------------------------------------------- */

static void check_fields(fy_scope *s, const fy_bexpr *call, const fy_class *class)
{
	int given = call->count + call->keyword_count;
	if (given != class->attribute_count)
		fy_bind_error(s->b, s->file, call->span, "call-arguments",
			      "'%s' has %d fields but gets %d values", class->name, class->attribute_count,
			      given);
	bool *taken = FY_NEW_ARRAY(s->b->arena, bool, class->attribute_count);
	for (int i = 0; i < call->keyword_count && !fy_binder_stopped(s->b); i++) {
		const fy_battribute *field = fy_find_attribute(s->b, call->class, call->keywords[i].name);
		ptrdiff_t index = field ? field - class->attributes : -1;
		if (!field || index < call->count || taken[index])
			fy_bind_error(s->b, s->file, call->span, "call-arguments",
				      field ? "'%s' gets its field '%s' twice" : "'%s' has no field '%s'",
				      class->name, call->keywords[i].name);
		else
			taken[index] = true;
	}
}

/* C(...): a NamedTuple, or an object and its __init__. */
static fy_bexpr *bind_construct(fy_scope *s, const fy_expr *expr, fy_class *class)
{
	fy_bexpr *call = fy_bexpr_new(s, FY_B_CONSTRUCT, expr->span);
	call->class = class;
	call->known = fy_class_type(s->b, class);
	fy_bind_arguments(s, call, expr, 0);
	fy_declare_class(s->b, fy_bound_class_of(class));
	if (class->custom) {
		fy_use_operator(s->b, class->name, s->file, expr->span);
	} else if (class->base == FY_CLASS_NAMED_TUPLE) {
		check_fields(s, call, class);
	} else if (class->base != FY_CLASS_PLAIN && class->base != FY_CLASS_MODULE) {
		fy_bind_error(s->b, s->file, expr->span, "call-unknown", "class '%s' cannot be called",
			      class->name);
	} else {
		const fy_function *init = fy_find_method(s->b, class, "__init__");
		if (init)
			fy_bind_callee(s, call, init, 1);
		else if (call->count + call->keyword_count > 0)
			fy_bind_error(s->b, s->file, expr->span, "call-arguments",
				      "class '%s' has no '__init__' to take arguments", class->name);
	}
	return fy_bexpr_done(s, call);
}

/* C.__new__(C). */
static fy_bexpr *bind_new(fy_scope *s, const fy_expr *expr, fy_class *class)
{
	fy_dotted argument = { 0 };
	if (expr->call.count == 1 && !expr->call.args[0].name)
		argument = fy_bind_dotted(s, expr->call.args[0].value);
	if (argument.kind != FY_DOTTED_BROKEN &&
	    (argument.kind != FY_DOTTED_CLASS || argument.class != class))
		fy_bind_error(s->b, s->file, expr->span, "call-arguments",
			      "'__new__' takes its own class '%s'", class->name);
	fy_bexpr *made = fy_bexpr_new(s, FY_B_NEW, expr->span);
	made->class = class;
	made->known = fy_class_type(s->b, class);
	if (class->custom)
		fy_use_operator(s->b, class->name, s->file, expr->span);
	return made;
}

/* ---- functions and operators ------------------------------------------------------------------ */

static fy_bexpr *bind_function(fy_scope *s, const fy_expr *expr, fy_function *function)
{
	fy_bexpr *call = fy_bexpr_new(s, FY_B_FUNCTION, expr->span);
	call->function = function;
	call->known = function->returns;
	fy_bind_arguments(s, call, expr, 0);
	fy_bind_callee(s, call, function, 0);
	return fy_bexpr_done(s, call);
}

static fy_bexpr *bind_operator(fy_scope *s, const fy_expr *expr, const char *name)
{
	fy_bexpr *call = fy_bexpr_new(s, FY_B_OPERATOR, expr->span);
	fy_bind_arguments(s, call, expr, 0);
	fy_settle_operator(s->b, s->file, s->function->function.owner != NULL, call, name);
	return fy_bexpr_done(s, call);
}

/* f(...) with a function or object held in a variable or attribute. */
static fy_bexpr *bind_value_call(fy_scope *s, const fy_expr *expr, fy_bexpr *callee)
{
	fy_bexpr *call = fy_bexpr_new(s, FY_B_CALL_VALUE, expr->span);
	fy_class *class = fy_known_class(callee->known);
	call->base = callee;
	fy_bind_arguments(s, call, expr, 0);
	if (callee->kind == FY_B_FUNCTION_REF)
		fy_bind_callee(s, call, callee->function, 0);
	fy_refuse_kinds(s, expr->span, callee, ~(FY_KIND_BIT(FY_TS_NAMED) | FY_KIND_BIT(FY_TS_ANY)),
			"cannot be called");
	const char *name = class && class->base == FY_CLASS_PLAIN ? "__call__" : "forward";
	const fy_function *method = class && !class->custom ? fy_find_method(s->b, class, name) : NULL;
	if (method) {
		fy_bind_callee(s, call, method, 1);
		call->known = method->returns;
	} else if (class && !class->custom) {
		fy_bind_error(s->b, s->file, expr->span, "call-unknown",
			      "an object of class '%s' cannot be called", class->name);
	}
	return fy_bexpr_done(s, call);
}

/* ---- methods ---------------------------------------------------------------------------------- */

static fy_bexpr *report_method(fy_scope *s, const fy_expr *callee, const fy_class *class)
{
	fy_bind_error(s->b, s->file, callee->attribute.name_span, "method-unknown",
		      "class '%s' has no method '%s'", class->name, callee->attribute.name);
	return fy_bexpr_broken(s, callee->span);
}

static void use_custom_method(fy_scope *s, fy_span span, const fy_class *class, const char *name)
{
	const char *full = fy_arena_printf(s->b->arena, "%s.%s", class->name, name);
	fy_use_operator(s->b, full, s->file, span);
}

static fy_bexpr *bind_tolist(fy_scope *s, const fy_expr *expr, fy_bexpr *base, const fy_btype *hint)
{
	fy_bexpr *list = fy_bexpr_new(s, FY_B_TOLIST, expr->span);
	list->base = base;
	list->type = list->known = hint;
	if (!hint)
		fy_bind_error(s->b, s->file, expr->span, "type-missing",
			      "the type of 'tolist()' is not declared");
	return fy_bexpr_done(s, list);
}

static fy_bexpr *bind_method_of(fy_scope *s, const fy_expr *expr, fy_bexpr *base, const fy_btype *hint)
{
	const fy_expr *callee = expr->call.callee;
	const char *name = callee->attribute.name;
	fy_class *class = fy_known_class(base->known);
	fy_function *method = class && !class->custom ? fy_find_method(s->b, class, name) : NULL;
	if (class && !class->custom && !method) {
		if (!fy_find_attribute(s->b, class, name))
			return report_method(s, callee, class);
		return bind_value_call(s, expr, fy_bexpr_attribute(s, callee->span, base, name));
	}
	if (!class && expr->call.count == 0 && strcmp(name, "tolist") == 0)
		return bind_tolist(s, expr, base, hint);
	fy_bexpr *call = fy_bexpr_new(s, FY_B_METHOD, expr->span);
	call->name = name;
	call->base = base;
	fy_bind_arguments(s, call, expr, 0);
	if (method) {
		fy_bind_callee(s, call, method, 1);
		call->known = method->returns;
	} else if (class) {
		use_custom_method(s, expr->span, class, name);
	} else if (base->kind != FY_B_UNINITIALIZED) {
		fy_add_pending(s, call, name, callee->attribute.name_span);
	}
	return fy_bexpr_done(s, call);
}

/* ---- all -------------------------------------------------------------------------------------- */

static fy_bexpr *bind_dotted_call(fy_scope *s, const fy_expr *expr, const fy_dotted *dotted)
{
	switch (dotted->kind) {
	case FY_DOTTED_OPERATOR:
		return bind_operator(s, expr, dotted->name);
	case FY_DOTTED_CLASS:
		return bind_construct(s, expr, dotted->class);
	case FY_DOTTED_FUNCTION:
		return bind_function(s, expr, dotted->function);
	case FY_DOTTED_NEW:
		return bind_new(s, expr, dotted->class);
	case FY_DOTTED_MEMBER:
		fy_bind_error(s->b, s->file, expr->span, "call-unknown",
			      "a member of an enum cannot be called");
		break;
	default:
		break;
	}
	return fy_bexpr_broken(s, expr->span);
}

fy_bexpr *fy_bind_call(fy_scope *s, const fy_expr *expr, const fy_btype *hint)
{
	const fy_expr *callee = expr->call.callee;
	if (callee->kind == FY_EXPR_NAME && !fy_scope_has(s, callee->name)) {
		fy_bexpr *form = fy_bind_form(s, expr, callee->name);
		if (form)
			return form;
	}
	if (callee->kind != FY_EXPR_ATTRIBUTE)
		return bind_value_call(s, expr, fy_bind_expr(s, callee, NULL));
	fy_dotted dotted = fy_bind_dotted(s, callee);
	if (dotted.kind != FY_DOTTED_NONE && dotted.rest == 0)
		return bind_dotted_call(s, expr, &dotted);
	return bind_method_of(s, expr, fy_bind_expr(s, callee->attribute.base, NULL), hint);
}
