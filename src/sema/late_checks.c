/*
 * What can only be judged once every class is known: attributes and methods of values whose type is not, and
 * recursion, which TorchScript does not have.
 */
#include "sema/sema_internal.h"

#include <string.h>

void fy_add_pending(fy_scope *s, fy_bexpr *expr, const char *name, fy_span span)
{
	fy_binder *b = s->b;
	b->pending = fy_arena_grow(b->arena, b->pending, b->pending_count, &b->pending_capacity,
				   b->pending_count + 1, sizeof(*b->pending));
	b->pending[b->pending_count++] = (fy_pending){ .expr = expr,
						       .name = name,
						       .file = s->file,
						       .span = span,
						       .in_method = s->function->function.owner != NULL };
}

/* ---- attributes and methods ------------------------------------------------------------------- */

/* Every name that some class of the program gives to an attribute or method. */
typedef struct known_names {
	fy_map attributes, methods;
} known_names;

static void collect(const fy_binder *b, known_names *names)
{
	static char present;
	for (int i = 0; i < b->program->class_count; i++) {
		const fy_class *class = b->program->classes[i];
		for (int k = 0; k < class->attribute_count; k++)
			fy_map_put(&names->attributes, fy_str_of(class->attributes[k].name), &present);
		for (int k = 0; k < class->method_count; k++)
			fy_map_put(&names->methods, fy_str_of(class->methods[k]->name), &present);
	}
	fy_map_put(&names->attributes, fy_str_of("name"), &present);
	fy_map_put(&names->attributes, fy_str_of("value"), &present);
}

static bool has_custom(const fy_binder *b)
{
	for (int i = 0; i < b->program->class_count; i++)
		if (b->program->classes[i]->custom)
			return true;
	return false;
}

/* The expression becomes a call of operator `name` on what was its base, before its other arguments. */
static void become_operator(fy_binder *b, const fy_pending *p, const char *name)
{
	fy_bexpr *expr = p->expr;
	fy_bexpr **items = FY_NEW_ARRAY(b->arena, fy_bexpr *, expr->count + 1);
	items[0] = expr->base;
	if (expr->count > 0)
		memcpy(items + 1, expr->items, (size_t)expr->count * sizeof(*items));
	expr->kind = FY_B_OPERATOR;
	expr->items = items;
	expr->count++;
	expr->base = NULL;
	fy_settle_operator(b, p->file, p->in_method, expr, name);
}

/* x.float() and its kin. */
static bool cast_type(const char *name, fy_dtype *out)
{
	static const struct {
		const char *name;
		fy_dtype dtype;
	} casts[] = {
		{ "byte", FY_U8 },    { "char", FY_I8 },      { "short", FY_I16 }, { "int", FY_I32 },
		{ "long", FY_I64 },   { "half", FY_F16 },     { "float", FY_F32 }, { "double", FY_F64 },
		{ "cfloat", FY_C64 }, { "cdouble", FY_C128 },
	};
	for (size_t i = 0; i < FY_COUNT(casts); i++) {
		if (strcmp(casts[i].name, name) != 0)
			continue;
		*out = casts[i].dtype;
		return true;
	}
	return false;
}

static void become_cast(fy_binder *b, const fy_pending *p, fy_dtype dtype)
{
	fy_bexpr *type = FY_NEW(b->arena, fy_bexpr);
	type->kind = FY_B_LITERAL;
	type->span = p->span;
	type->literal = fy_arg_int((int64_t)dtype);
	type->known = fy_plain_type(FY_TS_INT);
	type->height = 1;
	p->expr->items = fy_arena_copy(b->arena, &type, sizeof(type));
	p->expr->count = 1;
	become_operator(b, p, "aten::to");
}

static void report(fy_binder *b, const fy_pending *p, const char *what)
{
	size_t length = strlen(p->name);
	fy_bind_error(b, p->file, p->span,
		      strcmp(what, "method") == 0 ? "method-unknown" : "attribute-unknown",
		      "nothing has %s '%.80s%s'", what, p->name, length > 80 ? "..." : "");
}

static void check_method(fy_binder *b, const known_names *names, const fy_pending *p)
{
	fy_bexpr *expr = p->expr;
	fy_dtype dtype;
	if (fy_map_has(&names->methods, fy_str_of(p->name)))
		return;
	if (expr->count + expr->keyword_count == 0 && cast_type(p->name, &dtype)) {
		become_cast(b, p, dtype);
		return;
	}
	const char *name = strcmp(p->name, "type") == 0 ? "to" : p->name;
	const char *full = fy_arena_printf(b->arena, "aten::%s", name);
	if (fy_operator_known(b, full))
		become_operator(b, p, full);
	else if (fy_map_has(&names->attributes, fy_str_of(p->name)) || has_custom(b))
		return; /* a submodule that is called, or a method of a C++ class: shows when running */
	else
		report(b, p, "method");
}

static void check_attribute(fy_binder *b, const known_names *names, const fy_pending *p)
{
	if (fy_map_has(&names->attributes, fy_str_of(p->name)))
		return;
	const char *full = fy_arena_printf(b->arena, "prim::%s", p->name);
	if (p->expr && fy_operator_known(b, full))
		become_operator(b, p, full);
	else if (!has_custom(b))
		report(b, p, "attribute");
}

void fy_check_pending(fy_binder *b)
{
	known_names names = { 0 };
	collect(b, &names);
	for (size_t i = 0; i < b->pending_count && !fy_binder_stopped(b); i++) {
		const fy_pending *p = &b->pending[i];
		if (p->expr && p->expr->kind == FY_B_METHOD)
			check_method(b, &names, p);
		else
			check_attribute(b, &names, p);
	}
	fy_map_release(&names.attributes);
	fy_map_release(&names.methods);
}

/* ---- recursion -------------------------------------------------------------------------------- */

/* Depth first, with a stack of its own: chains of calls may be long. */
typedef struct visit {
	fy_bound_function *function;
	fy_call_edge *next;
} visit;

/* Calls that call: forty functions that each call the next one twice make 2^40 of them. */
static void count_calls(fy_function *function, const fy_call_edge *edges)
{
	for (const fy_call_edge *edge = edges; edge; edge = edge->next)
		if (!fy_add_i64(function->calls, 1, &function->calls) ||
		    !fy_add_i64(function->calls, edge->callee->function.calls, &function->calls)) {
			function->calls = INT64_MAX;
			return;
		}
}

static void visit_from(fy_binder *b, fy_bound_function *start, visit *stack)
{
	size_t depth = 0;
	start->mark = 1;
	stack[depth++] = (visit){ start, start->calls };
	while (depth > 0) {
		visit *top = &stack[depth - 1];
		fy_call_edge *edge = top->next;
		if (!edge) {
			top->function->mark = 2;
			count_calls(&top->function->function, top->function->calls);
			depth--;
			continue;
		}
		top->next = edge->next;
		if (edge->callee->mark == 1)
			fy_bind_error(b, top->function->function.file, edge->span, "recursion",
				      "'%s' calls itself, directly or through others",
				      edge->callee->function.qualified);
		if (edge->callee->mark != 0)
			continue;
		edge->callee->mark = 1;
		stack[depth++] = (visit){ edge->callee, edge->callee->calls };
	}
}

void fy_check_recursion(fy_binder *b)
{
	visit *stack = FY_NEW_ARRAY(b->arena, visit, b->body_count);
	for (size_t i = 0; i < b->body_count && !fy_binder_stopped(b); i++)
		if (b->bodies[i]->mark == 0)
			visit_from(b, b->bodies[i], stack);
}
