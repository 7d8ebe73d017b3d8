/*
 * Functions and whole files: signatures, docstrings, and what may stand at the top of a file. Doesn't check
 * that names are unique: the same file may serve several classes, which is for the binder to judge.
 */
#include "script/script_internal.h"

/* ---- functions ------------------------------------------------------------------------------ */

static fy_script_param parse_param(fy_parser *p, bool keyword_only)
{
	fy_script_param param = { .keyword_only = keyword_only };
	param.name = fy_parser_expect_name(p, "a parameter", &param.span);
	if (fy_parser_accept(p, FY_TOKEN_COLON))
		param.type = fy_parse_type(p);
	if (fy_parser_accept(p, FY_TOKEN_ASSIGN))
		param.default_value = fy_parse_expr(p);
	return param;
}

static void parse_params(fy_parser *p, fy_script_def *def)
{
	size_t mark = fy_pile_mark(p);
	bool keyword_only = false;
	fy_parser_expect(p, FY_TOKEN_LPAREN);
	while (p->status == FY_OK && !fy_parser_sees(p, FY_TOKEN_RPAREN)) {
		bool star = fy_parser_sees(p, FY_TOKEN_OPERATOR) && p->token.op == FY_BINARY_MUL;
		if (star && !keyword_only) {
			fy_parser_take(p);
			keyword_only = true;
		} else {
			fy_script_param param = parse_param(p, keyword_only);
			fy_pile_push(p, &param, sizeof(param));
		}
		if (!fy_parser_accept(p, FY_TOKEN_COMMA))
			break;
	}
	def->params = fy_pile_take(p, mark, sizeof(fy_script_param), &def->param_count);
	fy_parser_expect(p, FY_TOKEN_RPAREN);
}

void fy_parse_type_comment(fy_parser *p, fy_script_def *def)
{
	size_t mark = fy_pile_mark(p);
	int count = 0;
	fy_token comment = fy_parser_take(p);
	fy_parser_expect(p, FY_TOKEN_LPAREN);
	while (p->status == FY_OK && !fy_parser_sees(p, FY_TOKEN_RPAREN)) {
		fy_ts_type *type = fy_parse_type(p);
		fy_pile_push(p, &type, sizeof(type));
		if (!fy_parser_accept(p, FY_TOKEN_COMMA))
			break;
	}
	fy_ts_type **types = fy_pile_take(p, mark, sizeof(fy_ts_type *), &count);
	fy_parser_expect(p, FY_TOKEN_RPAREN);
	if (fy_parser_accept(p, FY_TOKEN_ARROW))
		def->returns = fy_parse_type(p);
	/* The self of a method has no type here. */
	int skipped = def->param_count - count;
	if (skipped != 0 && skipped != 1)
		fy_parser_fail(p, "script-syntax", comment.span,
			       "type comment names %d types for %d parameters", count, def->param_count);
	for (int i = 0; i < count && p->status == FY_OK; i++)
		def->params[i + skipped].type = types[i];
	fy_parser_expect(p, FY_TOKEN_NEWLINE);
}

fy_script_def *fy_parse_def(fy_parser *p)
{
	fy_script_def *def = FY_NEW(p->arena, fy_script_def);
	fy_parser_take(p);
	def->name = fy_parser_expect_name(p, "the name of a function", &def->span);
	parse_params(p, def);
	if (fy_parser_accept(p, FY_TOKEN_ARROW))
		def->returns = fy_parse_type(p);
	fy_parse_suite(p, def, &def->body);
	def->docstring = fy_suite_docstring(&def->body);
	return def;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* import __torch__.x, and the `op_version_set = 1` of old files: neither means anything any more. */
static void skip_import(fy_parser *p)
{
	do {
		fy_parser_take(p);
		fy_parser_expect_name(p, "the name of a file", NULL);
	} while (fy_parser_sees(p, FY_TOKEN_DOT));
	fy_parser_expect(p, FY_TOKEN_NEWLINE);
}

static void skip_version(fy_parser *p)
{
	fy_parser_take(p);
	fy_parser_expect(p, FY_TOKEN_ASSIGN);
	fy_parse_expr(p);
	fy_parser_expect(p, FY_TOKEN_NEWLINE);
}

static bool sees_version(const fy_parser *p)
{
	fy_str text = { p->token.start, p->token.len };
	return fy_parser_sees(p, FY_TOKEN_NAME) && fy_str_is(text, "op_version_set");
}

static void parse_docstring(fy_parser *p)
{
	fy_expr *text = fy_parse_expr(p);
	if (text->kind != FY_EXPR_STRING)
		fy_parser_fail(p, "script-syntax", text->span, "expected a class or function");
	p->file->docstring = text->string;
	fy_parser_expect(p, FY_TOKEN_NEWLINE);
}

static void parse_file(fy_parser *p)
{
	fy_script_file *file = p->file;
	size_t class_capacity = 0, function_capacity = 0;
	if (fy_parser_sees(p, FY_TOKEN_STRING))
		parse_docstring(p);
	while (p->status == FY_OK && !fy_parser_sees(p, FY_TOKEN_END)) {
		if (fy_parser_sees(p, FY_TOKEN_CLASS)) {
			file->classes = fy_arena_grow(p->arena, file->classes, (size_t)file->class_count,
						      &class_capacity, (size_t)file->class_count + 1,
						      sizeof(*file->classes));
			file->classes[file->class_count++] = fy_parse_class(p);
		} else if (fy_parser_sees(p, FY_TOKEN_DEF)) {
			file->functions = fy_arena_grow(
				p->arena, file->functions, (size_t)file->function_count, &function_capacity,
				(size_t)file->function_count + 1, sizeof(*file->functions));
			file->functions[file->function_count++] = fy_parse_def(p);
		} else if (fy_parser_sees(p, FY_TOKEN_IMPORT)) {
			skip_import(p);
		} else if (sees_version(p)) {
			skip_version(p);
		} else {
			fy_parser_fail(p, "script-syntax", p->token.span,
				       "expected a class or function but found %s",
				       fy_token_describe(p, &p->token));
		}
	}
}

fy_status fy_script_parse(fy_arena *arena, fy_str source, const char *path, const char *member,
			  fy_diags *diags, fy_script_file **out)
{
	uint64_t budget = UINT64_MAX;
	return fy_script_parse_within(arena, source, path, member, &budget, diags, out);
}

fy_status fy_script_parse_within(fy_arena *arena, fy_str source, const char *path, const char *member,
				 uint64_t *budget, fy_diags *diags, fy_script_file **out)
{
	fy_parser p;
	fy_parser_init(&p, arena, source, path, member, false, budget, diags);
	parse_file(&p);
	*out = p.file;
	fy_parser_release(&p);
	return p.status;
}
