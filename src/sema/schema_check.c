/*
 * Do a call's arguments fit some schema of its operator, by number and keywords? Types are not looked at:
 * which of the fitting schemas it is shows when running.
 */
#include "sema/sema_internal.h"

#include <string.h>

enum { SHOWN_SCHEMAS = 4 };

static bool is_open_list(const fy_schema_type *type)
{
	return type->kind == FY_SCHEMA_LIST && type->size == 0;
}

/* The last formal that a positional argument can reach; -1: none. */
static int last_positional(const fy_schema *schema)
{
	int last = -1;
	for (int i = 0; i < schema->arg_count; i++)
		if (!schema->args[i].keyword_only)
			last = i;
	return last;
}

/* For aten, `input` is another name of `self`. */
static bool names(const fy_bexpr *expr, const char *keyword, const fy_schema_arg *arg)
{
	if (strcmp(keyword, arg->name) == 0)
		return true;
	return strcmp(keyword, "input") == 0 && strcmp(arg->name, "self") == 0 &&
	       fy_starts_with(expr->name, "aten::");
}

static bool has_keyword(const fy_bexpr *expr, const fy_schema_arg *arg)
{
	for (int i = 0; i < expr->keyword_count; i++)
		if (names(expr, expr->keywords[i].name, arg))
			return true;
	return false;
}

/* Archives of old versions may leave out what had a default then. */
static bool had_default(const fy_bexpr *expr, const fy_schema_arg *arg)
{
	return expr->upgrade && strcmp(arg->name, "steps") == 0;
}

static bool fits(const fy_bexpr *expr, const fy_schema *schema, int given)
{
	int last = last_positional(schema), used = 0;
	if (schema->varargs)
		return true;
	for (int i = 0; i < schema->arg_count; i++) {
		const fy_schema_arg *arg = &schema->args[i];
		if (given > 0 && !arg->keyword_only) {
			given = i == last && is_open_list(arg->type) ? 0 : given - 1;
			continue;
		}
		if (has_keyword(expr, arg))
			used++;
		else if (!arg->has_default && !had_default(expr, arg))
			return false;
	}
	return given == 0 && used == expr->keyword_count;
}

static bool any_has(const fy_bexpr *expr, fy_schema_set set, const char *keyword)
{
	for (int i = 0; i < set.count; i++)
		for (int k = 0; k < set.schemas[i].arg_count; k++)
			if (names(expr, keyword, &set.schemas[i].args[k]))
				return true;
	return false;
}

static void note_candidates(fy_binder *b, fy_schema_set set)
{
	for (int i = 0; i < set.count && i < SHOWN_SCHEMAS; i++)
		fy_note(b->diags, "%s", set.schemas[i].text);
	if (set.count > SHOWN_SCHEMAS)
		fy_note(b->diags, "and %d more", set.count - SHOWN_SCHEMAS);
}

void fy_check_schemas(fy_binder *b, const fy_script_file *file, const fy_bexpr *expr, fy_schema_set set,
		      int self)
{
	int given = expr->count + self;
	for (int i = 0; i < set.count; i++)
		if (fits(expr, &set.schemas[i], given))
			return;
	const char *unknown = NULL;
	for (int i = 0; i < expr->keyword_count && !unknown; i++)
		if (!any_has(expr, set, expr->keywords[i].name))
			unknown = expr->keywords[i].name;
	if (unknown)
		fy_bind_error(b, file, expr->span, "op-arguments", "operator '%s' has no argument '%.80s'",
			      expr->name, unknown);
	else
		fy_bind_error(b, file, expr->span, "op-arguments",
			      "no form of operator '%s' takes %d positional and %d keyword arguments",
			      expr->name, given, expr->keyword_count);
	note_candidates(b, set);
}
