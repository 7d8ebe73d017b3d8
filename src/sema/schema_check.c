/*
 * Do a call's arguments fit some schema of its operator, by number, keywords and what is known of their
 * types? Which of the fitting schemas it is shows when running; what all of them give back is known here.
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

static const fy_bexpr *find_keyword(const fy_bexpr *expr, const fy_schema_arg *arg)
{
	for (int i = 0; i < expr->keyword_count; i++)
		if (names(expr, expr->keywords[i].name, arg))
			return expr->keywords[i].value;
	return NULL;
}

/* Archives of old versions may leave out what had a default then. */
static bool had_default(const fy_bexpr *expr, const fy_schema_arg *arg)
{
	return expr->upgrade && strcmp(arg->name, "steps") == 0;
}

/* How well arguments go with formals. */
typedef enum fit { FIT_NOT, FIT_PERHAPS, FIT_SURELY } fit;

static fit fit_of(const fy_schema_arg *arg, const fy_btype *got)
{
	if (!fy_schema_may_take(arg->type, got))
		return FIT_NOT;
	return fy_type_is_certain(got) && fy_schema_takes_surely(arg->type, got) ? FIT_SURELY : FIT_PERHAPS;
}

/* view(x, 2, -1): the arguments from `first` on are elements of one list. */
static fit fit_of_rest(const fy_bexpr *expr, const fy_schema_arg *arg, int first)
{
	fit whole = fit_of(arg, expr->items[first]->known);
	if (first + 1 == expr->count)
		return whole;
	for (int i = first; i < expr->count; i++)
		if (!fy_schema_may_take(arg->type->element, expr->items[i]->known))
			return FIT_NOT;
	return FIT_PERHAPS;
}

static fit fits(const fy_bexpr *expr, const fy_schema *schema)
{
	int last = last_positional(schema), at = 0, used = 0;
	fit all = FIT_SURELY, one;
	if (schema->varargs)
		return FIT_PERHAPS;
	for (int i = 0; i < schema->arg_count; i++) {
		const fy_schema_arg *arg = &schema->args[i];
		const fy_bexpr *keyword;
		if (at < expr->count && !arg->keyword_only) {
			bool rest = i == last && is_open_list(arg->type);
			one = rest ? fit_of_rest(expr, arg, at) : fit_of(arg, expr->items[at]->known);
			at = rest ? expr->count : at + 1;
		} else if ((keyword = find_keyword(expr, arg)) != NULL) {
			one = fit_of(arg, keyword->known);
			used++;
		} else {
			one = arg->has_default || had_default(expr, arg) ? FIT_SURELY : FIT_NOT;
		}
		if (one == FIT_NOT)
			return FIT_NOT;
		all = one < all ? one : all;
	}
	return at == expr->count && used == expr->keyword_count ? all : FIT_NOT;
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

static bool same_result(const fy_schema *a, const fy_schema *b)
{
	if (a->return_count != b->return_count)
		return false;
	for (int i = 0; i < a->return_count; i++) {
		const fy_schema_type *x = a->returns[i], *y = b->returns[i];
		for (; x && y && x->kind == y->kind && x->kind == FY_SCHEMA_LIST; x = x->element)
			y = y->element;
		if (!x || !y || x->kind != y->kind)
			return false;
	}
	return true;
}

static const fy_btype *type_of_schema(fy_binder *b, const fy_schema_type *type)
{
	static const fy_ts_kind plain[] = {
		[FY_SCHEMA_TENSOR] = FY_TS_TENSOR,   [FY_SCHEMA_INT] = FY_TS_INT,
		[FY_SCHEMA_FLOAT] = FY_TS_FLOAT,     [FY_SCHEMA_BOOL] = FY_TS_BOOL,
		[FY_SCHEMA_COMPLEX] = FY_TS_COMPLEX,
	};
	if (type->kind == FY_SCHEMA_STR)
		return fy_plain_type(FY_TS_STR);
	if (type->kind <= FY_SCHEMA_COMPLEX)
		return fy_plain_type(plain[type->kind]);
	const fy_btype *element = type->kind == FY_SCHEMA_LIST ? type_of_schema(b, type->element) : NULL;
	return element ? fy_compound_type(b, FY_TS_LIST, &element, 1) : NULL;
}

static const fy_btype *result_of(fy_binder *b, const fy_schema *schema)
{
	if (schema->return_count == 1)
		return type_of_schema(b, schema->returns[0]);
	return NULL;
}

static void describe_arguments(const fy_bexpr *expr, fy_buf *out)
{
	enum { SHOWN_LENGTH = 300 };
	int count = expr->count + expr->keyword_count;
	for (int i = 0; i < count && out->len < SHOWN_LENGTH; i++) {
		bool keyword = i >= expr->count;
		const fy_bexpr *value = keyword ? expr->keywords[i - expr->count].value : expr->items[i];
		fy_buf type = { 0 };
		fy_buf_put_btype(&type, value->known);
		fy_buf_puts(out, i ? ", " : "");
		if (keyword)
			fy_buf_printf(out, "%.80s=", expr->keywords[i - expr->count].name);
		fy_buf_puts(out, fy_buf_text(&type));
		fy_buf_release(&type);
	}
	fy_buf_puts(out, out->len < SHOWN_LENGTH ? "" : ", ...");
}

static void report(fy_binder *b, const fy_script_file *file, const fy_bexpr *expr, fy_schema_set set)
{
	const char *unknown = NULL;
	fy_buf given = { 0 };
	for (int i = 0; i < expr->keyword_count && !unknown; i++)
		if (!any_has(expr, set, expr->keywords[i].name))
			unknown = expr->keywords[i].name;
	describe_arguments(expr, &given);
	if (unknown)
		fy_bind_error(b, file, expr->span, "op-arguments", "operator '%s' has no argument '%.80s'",
			      expr->name, unknown);
	else
		fy_bind_error(b, file, expr->span, "op-arguments", "no form of operator '%s' takes (%s)",
			      expr->name, fy_buf_text(&given));
	fy_buf_release(&given);
	note_candidates(b, set);
}

static bool all_certain(const fy_bexpr *expr)
{
	for (int i = 0; i < expr->count; i++)
		if (!fy_type_is_certain(expr->items[i]->known))
			return false;
	for (int i = 0; i < expr->keyword_count; i++)
		if (!fy_type_is_certain(expr->keywords[i].value->known))
			return false;
	return true;
}

/* With certain arguments the first schema that takes them as they are is the one; else all that may be it
 * have to agree on the result. */
const fy_btype *fy_check_schemas(fy_binder *b, const fy_script_file *file, const fy_bexpr *expr,
				 fy_schema_set set)
{
	const fy_schema *found = NULL;
	bool certain = all_certain(expr), agree = true;
	for (int i = 0; i < set.count; i++) {
		fit how = fits(expr, &set.schemas[i]);
		if (how == FIT_NOT)
			continue;
		if (how == FIT_SURELY && certain)
			return result_of(b, &set.schemas[i]);
		agree &= !found || same_result(found, &set.schemas[i]);
		found = found ? found : &set.schemas[i];
	}
	if (found)
		return agree ? result_of(b, found) : NULL;
	report(b, file, expr, set);
	return NULL;
}
