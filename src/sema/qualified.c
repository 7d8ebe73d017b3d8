/*
 * Qualified names: __torch__.a.b.C is the class or function C of the file code/__torch__/a/b.py. A file is
 * parsed when something in it is first named; what it defines is found by name. C++ classes are known by
 * their name alone.
 */
#include "sema/sema_internal.h"

#include <string.h>

static const char custom_prefix[] = "__torch__.torch.classes.";

static void add_name(fy_binder *b, const fy_source *source, fy_map *names, const char *name, fy_span span,
		     void *def)
{
	if (fy_map_has(names, fy_str_of(name)))
		fy_bind_error(b, source->file, span, "name-repeated", "'%s' is defined twice in this file",
			      name);
	else
		fy_map_put(names, fy_str_of(name), def);
}

static void index_source(fy_binder *b, fy_source *source)
{
	for (int i = 0; i < source->file->class_count; i++) {
		fy_script_class *def = source->file->classes[i];
		add_name(b, source, &source->classes, def->name, def->span, def);
	}
	for (int i = 0; i < source->file->function_count; i++) {
		fy_script_def *def = source->file->functions[i];
		add_name(b, source, &source->functions, def->name, def->span, def);
	}
}

static void parse_source(fy_binder *b, fy_source *source, const fy_code_record *record)
{
	fy_status status = fy_script_parse_within(b->arena, record->source, b->archive->path, record->member,
						  &b->token_budget, b->diags, &source->file);
	if (status == FY_OK) {
		index_source(b, source);
		return;
	}
	source->file = NULL;
	b->broken_source = true;
	b->errors++;
	if (b->status == FY_OK || status == FY_MALFORMED)
		b->status = status;
}

static fy_source *find_source(fy_binder *b, fy_str qualifier)
{
	fy_source *source = fy_map_get(&b->sources, qualifier);
	if (source)
		return source;
	const fy_code_record *record = fy_archive_code(b->archive, qualifier);
	if (!record)
		return NULL; /* not kept: absent names cost no memory */
	source = FY_NEW(b->arena, fy_source);
	source->qualifier = record->qualifier;
	fy_map_put(&b->sources, qualifier, source);
	parse_source(b, source, record);
	return source;
}

/* Splits at the last dot. */
static bool split(fy_str qualified, fy_str *qualifier, fy_str *name)
{
	size_t dot = qualified.len;
	while (dot > 0 && qualified.data[dot - 1] != '.')
		dot--;
	if (dot == 0)
		return false;
	*qualifier = (fy_str){ qualified.data, dot - 1 };
	*name = (fy_str){ qualified.data + dot, qualified.len - dot };
	return true;
}

/* __torch__.torch.classes.<namespace>.<Name>. */
static bool is_custom(fy_str qualified)
{
	size_t prefix = sizeof(custom_prefix) - 1;
	if (qualified.len <= prefix || memcmp(qualified.data, custom_prefix, prefix) != 0)
		return false;
	const char *rest = qualified.data + prefix, *end = qualified.data + qualified.len;
	const char *dot = memchr(rest, '.', (size_t)(end - rest));
	return dot && dot + 1 < end && !memchr(dot + 1, '.', (size_t)(end - dot - 1));
}

static fy_bound_class *add_class(fy_binder *b, fy_str qualified, const fy_source *source,
				 const fy_script_class *def)
{
	fy_program *program = b->program;
	fy_bound_class *class = FY_NEW(b->arena, fy_bound_class);
	class->def = def;
	class->class.name = fy_arena_strndup(b->arena, qualified.data, qualified.len);
	class->class.custom = !def;
	class->class.base = def ? def->base : FY_CLASS_PLAIN;
	class->class.file = source ? source->file : NULL;
	fy_map_put(&b->classes, qualified, class);
	program->classes =
		fy_arena_grow(b->arena, program->classes, (size_t)program->class_count, &b->class_capacity,
			      (size_t)program->class_count + 1, sizeof(fy_class *));
	program->classes[program->class_count++] = &class->class;
	fy_index_put(&program->class_names, &class->class);
	return class;
}

fy_bound_class *fy_find_class(fy_binder *b, fy_str qualified)
{
	fy_bound_class *class = fy_map_get(&b->classes, qualified);
	if (class)
		return class;
	if (is_custom(qualified))
		return add_class(b, qualified, NULL, NULL);
	fy_str qualifier, name;
	fy_source *source = split(qualified, &qualifier, &name) ? find_source(b, qualifier) : NULL;
	const fy_script_class *def = source ? fy_map_get(&source->classes, name) : NULL;
	return def ? add_class(b, qualified, source, def) : NULL;
}

fy_bound_function *fy_find_function(fy_binder *b, fy_str qualified)
{
	fy_bound_function *function = fy_map_get(&b->functions, qualified);
	if (function)
		return function;
	fy_str qualifier, name;
	fy_source *source = split(qualified, &qualifier, &name) ? find_source(b, qualifier) : NULL;
	const fy_script_def *def = source ? fy_map_get(&source->functions, name) : NULL;
	if (!def)
		return NULL;
	fy_program *program = b->program;
	const char *full = fy_arena_strndup(b->arena, qualified.data, qualified.len);
	function = fy_declare_function(b, source->file, def, NULL, full);
	fy_map_put(&b->functions, qualified, function);
	program->functions = fy_arena_grow(b->arena, program->functions, (size_t)program->function_count,
					   &b->function_capacity, (size_t)program->function_count + 1,
					   sizeof(fy_function *));
	program->functions[program->function_count++] = &function->function;
	return function;
}
