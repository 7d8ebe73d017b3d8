/*
 * Operators as the program uses them: names to schema sets, the list of all in use and whether something
 * serves them, and the old behaviour that archives of old versions expect.
 */
#include "sema/sema_internal.h"

#include <string.h>

/* ---- names ------------------------------------------------------------------------------------ */

/* Operators that TorchScript defines in itself, without a schema; see also PyTorch's builtin_functions.cpp.
 */
static const struct alias {
	const char *name, *same; /* same NULL: lists of one to four numbers, given back as they are */
} aliases[] = {
	{ "aten::_single", NULL },
	{ "aten::_pair", NULL },
	{ "aten::_triple", NULL },
	{ "aten::_quadruple", NULL },
	{ "prim::shape", "aten::size" },
	{ "prim::ndim", "aten::dim" },
	{ "prim::T", "aten::numpy_T" },
	{ "prim::mT", "aten::mT" },
	{ "prim::H", "aten::matrix_H" },
	{ "prim::mH", "aten::mH" },
	{ "prim::is_leaf", "aten::is_leaf" },
	{ "prim::real", "aten::real" },
	{ "prim::imag", "aten::imag" },
};

static const struct alias *find_alias(const char *name)
{
	for (size_t i = 0; i < FY_COUNT(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			return &aliases[i];
	return NULL;
}

bool fy_operator_known(const fy_binder *b, const char *name)
{
	return fy_schemas_of(name).count > 0 || b->is_builtin(name) || find_alias(name);
}

const char *fy_use_operator(fy_binder *b, const char *name, const fy_script_file *file, fy_span span)
{
	fy_program *program = b->program;
	uintptr_t at = (uintptr_t)fy_map_get(&b->operators, fy_str_of(name));
	if (at == 0) {
		program->operators = fy_arena_grow(
			b->arena, program->operators, (size_t)program->operator_count, &b->operator_capacity,
			(size_t)program->operator_count + 1, sizeof(fy_used_operator));
		fy_used_operator *added = &program->operators[program->operator_count++];
		added->name = fy_arena_strdup(b->arena, name);
		added->known = fy_operator_known(b, name);
		added->first = fy_script_place(file, span);
		at = (uintptr_t)program->operator_count;
		fy_map_put(&b->operators, fy_str_of(name), (void *)at);
	}
	program->operators[at - 1].uses++;
	return program->operators[at - 1].name;
}

/* ---- old archives ----------------------------------------------------------------------------- */

/* The versions up to which an operator behaved differently. */
static const struct upgrader {
	const char *name;
	int last;
	const char *upgrade;
} upgraders[] = {
	{ "aten::div", 3, "div" },           { "aten::div_", 3, "div" },          { "aten::full", 4, "full" },
	{ "aten::linspace", 7, "linspace" }, { "aten::logspace", 8, "logspace" },
};

/* Free functions are read without a version: nothing in them is upgraded. */
static const char *upgrade_of(const fy_binder *b, const char *name, bool in_method)
{
	for (size_t i = 0; i < FY_COUNT(upgraders) && in_method; i++)
		if (strcmp(upgraders[i].name, name) == 0 && b->archive->version <= upgraders[i].last)
			return upgraders[i].upgrade;
	return NULL;
}

/* ---- settling --------------------------------------------------------------------------------- */

static bool is_own_namespace(const char *name)
{
	return fy_starts_with(name, "aten::") || fy_starts_with(name, "prim::");
}

void fy_settle_operator(fy_binder *b, const fy_script_file *file, bool in_method, fy_bexpr *expr,
			const char *name)
{
	const struct alias *alias = b->is_builtin(name) ? NULL : find_alias(name);
	if (alias && alias->same)
		name = alias->same;
	if (is_own_namespace(name) && !fy_operator_known(b, name)) {
		size_t length = strlen(name);
		fy_bind_error(b, file, expr->span, "op-unknown", "there is no operator '%.80s%s'", name,
			      length > 80 ? "..." : "");
		expr->kind = FY_B_UNINITIALIZED;
		return;
	}
	expr->name = fy_use_operator(b, name, file, expr->span);
	expr->schemas = fy_schemas_of(name);
	expr->upgrade = upgrade_of(b, name, in_method);
	if (is_own_namespace(name) && expr->schemas.count > 0)
		expr->known = fy_check_schemas(b, file, expr, expr->schemas);
}

static bool is_served(const fy_binder *b, const char *name)
{
	fy_schema_set set = fy_schemas_of(name);
	int written;
	if (b->is_builtin(name))
		return true;
	for (int i = 0; i < set.count; i++) {
		const fy_schema *twin = fy_schema_functional(&set.schemas[i], &written);
		if (fy_op_of(&set.schemas[i]) || (twin && fy_op_of(twin)))
			return true;
	}
	return false;
}

void fy_settle_operators(fy_binder *b)
{
	for (int i = 0; i < b->program->operator_count; i++)
		b->program->operators[i].supported = is_served(b, b->program->operators[i].name);
}
