/*
 * Binding as a whole: from the pickled objects to their classes, from there to every method and function that
 * is reached, then the checks that need to know all of it. Also the questions that others ask about a bound
 * program.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* A token takes a byte of text at least, and a byte of the file gives at most this many when it is deflated;
 * more of them for who allows more to be unpacked. */
enum { TOKENS_PER_BYTE = 4, UNPACKED_PER_TOKEN = 64 };

/* ---- diagnostics ------------------------------------------------------------------------------ */

static void count_error(fy_binder *b, fy_status status)
{
	b->errors++;
	if (b->status == FY_OK || status == FY_MALFORMED)
		b->status = status;
}

void fy_bind_error(fy_binder *b, const fy_script_file *file, fy_span span, const char *id, const char *format,
		   ...)
{
	fy_place place = fy_script_place(file, span);
	va_list args;
	va_start(args, format);
	char *text = fy_arena_vprintf(b->arena, format, args);
	va_end(args);
	fy_error(b->diags, FY_MALFORMED, id, &place, "%s", text);
	count_error(b, FY_MALFORMED);
}

void fy_bind_error_at(fy_binder *b, fy_status status, const fy_place *place, const char *id,
		      const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = fy_arena_vprintf(b->arena, format, args);
	va_end(args);
	fy_error(b->diags, status, id, place, "%s", text);
	count_error(b, status);
}

/* ---- binding ---------------------------------------------------------------------------------- */

static fy_class *root_class(fy_binder *b)
{
	const fy_pvalue *root = b->archive->root;
	fy_place place = { .file = b->archive->path, .member = "data.pkl" };
	if (!root || root->kind != FY_P_OBJECT || !root->object->class_name) {
		fy_bind_error_at(b, FY_MALFORMED, &place, "root-object",
				 "the pickled model is no object of a class");
		return NULL;
	}
	fy_bound_class *class = fy_find_class(b, fy_str_of(root->object->class_name));
	return class ? &class->class : NULL; /* an unknown one was reported when the objects were walked */
}

/* Declaring a class meets others, binding a body meets classes and functions: until nothing new turns up. */
static void bind_reached(fy_binder *b)
{
	size_t body = 0;
	int class = 0;
	while (!fy_binder_stopped(b)) {
		if (class < b->program->class_count)
			fy_declare_class(b, fy_bound_class_of(b->program->classes[class ++]));
		else if (body < b->body_count)
			fy_bind_body(b, b->bodies[body++]);
		else
			break;
	}
}

static void bind_all(fy_binder *b)
{
	fy_find_pickled_classes(b);
	b->program->root = root_class(b);
	bind_reached(b);
	if (fy_binder_stopped(b))
		return;
	fy_check_pending(b);
	fy_check_recursion(b);
	fy_check_pickled_states(b);
	fy_settle_operators(b);
}

static fy_str key_of_class(const void *class)
{
	return fy_str_of(((const fy_class *)class)->name);
}

static void release(fy_binder *b)
{
	for (size_t i = 0; i < b->sources.count; i++) {
		fy_source *source = b->sources.entries[i].value;
		fy_map_release(&source->classes);
		fy_map_release(&source->functions);
	}
	for (int i = 0; i < b->program->class_count; i++) {
		fy_bound_class *class = fy_bound_class_of(b->program->classes[i]);
		fy_map_release(&class->members);
	}
	fy_map_release(&b->sources);
	fy_map_release(&b->classes);
	fy_map_release(&b->functions);
	fy_map_release(&b->operators);
	fy_map_release(&b->missing);
}

fy_status fy_program_bind(fy_program **out, fy_arena *arena, const fy_archive *archive,
			  fy_builtin_test is_builtin, fy_diags *diags)
{
	fy_binder b = { .arena = arena, .archive = archive, .is_builtin = is_builtin, .diags = diags };
	b.program = FY_NEW(arena, fy_program);
	b.program->arena = arena;
	b.program->archive = archive;
	b.program->class_names = (fy_index){ .key_of = key_of_class, .arena = arena };
	b.token_budget =
		TOKENS_PER_BYTE * (uint64_t)archive->file.size + archive->unpack_limit / UNPACKED_PER_TOKEN;
	bind_all(&b);
	release(&b);
	FY_TRY(b.status);
	*out = b.program;
	return FY_OK;
}

/* ---- questions -------------------------------------------------------------------------------- */

fy_class *fy_program_class(const fy_program *program, const char *qualified)
{
	return fy_index_get(&program->class_names, fy_str_of(qualified));
}

fy_function *fy_class_method(const fy_class *class, const char *name)
{
	return fy_index_get(&class->method_names, fy_str_of(name));
}

const fy_battribute *fy_class_attribute(const fy_class *class, const char *name)
{
	return fy_index_get(&class->attribute_names, fy_str_of(name));
}

fy_place fy_function_place(const fy_function *function, fy_span span)
{
	return fy_script_place(function->file, span);
}
