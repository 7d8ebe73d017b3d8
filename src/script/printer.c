/*
 * Tree to text, in the form PyTorch writes: two blanks per level, parameters on lines of their own, floats
 * with a point. Parentheses come from the tree, which remembers them; so what was read is what is printed.
 */
#include "script/script_internal.h"

#include <math.h>
#include <string.h>

/* ---- literals ------------------------------------------------------------------------------- */

/* 1., 0.1, 1e-05, 10000000000.: shortest digits, always with a point or an exponent. Infinity comes from a
 * literal beyond the range; `inf` would be a name. */
static void print_float(double value, fy_buf *out)
{
	size_t start = out->len;
	if (isinf(value)) {
		fy_buf_puts(out, value > 0 ? "1e999" : "-1e999");
		return;
	}
	fy_buf_put_f64(out, value);
	if (out->len - start >= 2 && memcmp(out->data + out->len - 2, ".0", 2) == 0) {
		out->len--;
		out->data[out->len] = '\0';
	}
}

static bool is_utf8(fy_str text)
{
	const char *end = text.data + text.len;
	for (const char *at = text.data; at < end;) {
		size_t len = fy_utf8_length(at, (size_t)(end - at));
		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

/* A carriage return has no letter here: PyTorch can't read \r back. */
static void print_string(fy_str text, fy_buf *out)
{
	static const char specials[] = "\\'\"\a\b\f\n\t\v", letters[] = "\\'\"abfntv";
	bool raw = is_utf8(text);
	fy_buf_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		const char *special = byte != '\0' ? strchr(specials, byte) : NULL;
		if (special)
			fy_buf_printf(out, "\\%c", letters[special - specials]);
		else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !raw))
			fy_buf_printf(out, "\\%03o", byte);
		else
			fy_buf_putc(out, (char)byte);
	}
	fy_buf_putc(out, '"');
}

/* ---- expressions ---------------------------------------------------------------------------- */

static void print_items(fy_expr *const *items, int count, fy_buf *out)
{
	for (int i = 0; i < count; i++) {
		fy_buf_puts(out, i > 0 ? ", " : "");
		fy_script_print_expr(items[i], out);
	}
}

/* A number before a point would swallow it. */
static void print_base(const fy_expr *base, fy_buf *out)
{
	bool number =
		base->kind == FY_EXPR_INT || base->kind == FY_EXPR_FLOAT || base->kind == FY_EXPR_COMPLEX;
	bool bare = number && !base->parenthesised;
	fy_buf_puts(out, bare ? "(" : "");
	fy_script_print_expr(base, out);
	fy_buf_puts(out, bare ? ")" : "");
}

static void print_call(const fy_expr *expr, fy_buf *out)
{
	print_base(expr->call.callee, out);
	fy_buf_putc(out, '(');
	for (int i = 0; i < expr->call.count; i++) {
		const fy_script_arg *arg = &expr->call.args[i];
		fy_buf_puts(out, i > 0 ? ", " : "");
		if (arg->name)
			fy_buf_printf(out, "%s=", arg->name);
		fy_script_print_expr(arg->value, out);
	}
	fy_buf_puts(out, expr->call.trailing_comma ? ", )" : ")");
}

static void print_slice(const fy_expr *expr, fy_buf *out)
{
	if (expr->slice.start)
		fy_script_print_expr(expr->slice.start, out);
	fy_buf_putc(out, ':');
	if (expr->slice.stop)
		fy_script_print_expr(expr->slice.stop, out);
	if (expr->slice.step) {
		fy_buf_putc(out, ':');
		fy_script_print_expr(expr->slice.step, out);
	}
}

static void print_subscript(const fy_expr *expr, fy_buf *out)
{
	print_base(expr->subscript.base, out);
	fy_buf_putc(out, '[');
	print_items(expr->subscript.items, expr->subscript.count, out);
	fy_buf_puts(out, expr->subscript.trailing_comma ? ",]" : "]");
}

static void print_dict(const fy_expr *expr, fy_buf *out)
{
	fy_buf_putc(out, '{');
	for (int i = 0; i < expr->dict.count; i++) {
		fy_buf_puts(out, i > 0 ? ", " : "");
		fy_script_print_expr(expr->dict.keys[i], out);
		fy_buf_puts(out, ": ");
		fy_script_print_expr(expr->dict.values[i], out);
	}
	fy_buf_putc(out, '}');
}

/* 2.5+3.5j is how a complex literal looks, other operators have blanks around them. */
static bool is_complex_literal(const fy_expr *expr)
{
	return expr->chain.count == 1 && expr->chain.first->kind == FY_EXPR_FLOAT &&
	       expr->chain.links[0].operand->kind == FY_EXPR_COMPLEX;
}

static void print_chain(const fy_expr *expr, fy_buf *out)
{
	bool tight = is_complex_literal(expr);
	fy_script_print_expr(expr->chain.first, out);
	for (int i = 0; i < expr->chain.count; i++) {
		const fy_link *link = &expr->chain.links[i];
		fy_buf_printf(out, tight ? "%s" : " %s ", fy_binary_text(link->op));
		fy_script_print_expr(link->operand, out);
	}
}

static void print_comprehension(const fy_expr *expr, fy_buf *out)
{
	fy_buf_putc(out, expr->comprehension.key ? '{' : '[');
	if (expr->comprehension.key) {
		fy_script_print_expr(expr->comprehension.key, out);
		fy_buf_puts(out, ": ");
	}
	fy_script_print_expr(expr->comprehension.element, out);
	fy_buf_puts(out, " for ");
	fy_script_print_expr(expr->comprehension.target, out);
	fy_buf_puts(out, " in ");
	fy_script_print_expr(expr->comprehension.iterable, out);
	fy_buf_putc(out, expr->comprehension.key ? '}' : ']');
}

/* Without the parentheses of a tuple: (a,) and a, b and the target a, b, */
static void print_sequence(const fy_expr *expr, fy_buf *out)
{
	print_items(expr->sequence.items, expr->sequence.count, out);
	bool comma = expr->kind == FY_EXPR_TUPLE &&
		     (expr->sequence.count == 1 || (expr->sequence.trailing_comma && !expr->parenthesised));
	fy_buf_puts(out, comma ? "," : "");
}

static void print_bare(const fy_expr *expr, fy_buf *out)
{
	switch (expr->kind) {
	case FY_EXPR_NAME:
		fy_buf_puts(out, expr->name);
		break;
	case FY_EXPR_ATTRIBUTE:
		print_base(expr->attribute.base, out);
		fy_buf_printf(out, ".%s", expr->attribute.name);
		break;
	case FY_EXPR_INT:
		fy_buf_printf(out, "%" PRId64, expr->integer);
		break;
	case FY_EXPR_FLOAT:
	case FY_EXPR_COMPLEX:
		print_float(expr->real, out);
		fy_buf_puts(out, expr->kind == FY_EXPR_COMPLEX ? "j" : "");
		break;
	case FY_EXPR_BOOL:
		fy_buf_puts(out, expr->boolean ? "True" : "False");
		break;
	case FY_EXPR_STRING:
		print_string(expr->string, out);
		break;
	case FY_EXPR_NONE:
		fy_buf_puts(out, expr->boolean ? "NoneType" : "None");
		break;
	case FY_EXPR_ELLIPSIS:
		fy_buf_puts(out, "...");
		break;
	case FY_EXPR_CALL:
		print_call(expr, out);
		break;
	case FY_EXPR_SUBSCRIPT:
		print_subscript(expr, out);
		break;
	case FY_EXPR_SLICE:
		print_slice(expr, out);
		break;
	case FY_EXPR_TUPLE:
		print_sequence(expr, out);
		break;
	case FY_EXPR_LIST:
		fy_buf_putc(out, '[');
		print_sequence(expr, out);
		fy_buf_putc(out, ']');
		break;
	case FY_EXPR_DICT:
		print_dict(expr, out);
		break;
	case FY_EXPR_UNARY:
		fy_buf_puts(out, fy_unary_text(expr->unary.op));
		fy_script_print_expr(expr->unary.operand, out);
		break;
	case FY_EXPR_CHAIN:
		print_chain(expr, out);
		break;
	case FY_EXPR_CONDITIONAL:
		fy_script_print_expr(expr->conditional.then, out);
		fy_buf_puts(out, " if ");
		fy_script_print_expr(expr->conditional.condition, out);
		fy_buf_puts(out, " else ");
		fy_script_print_expr(expr->conditional.otherwise, out);
		break;
	case FY_EXPR_COMPREHENSION:
		print_comprehension(expr, out);
		break;
	case FY_EXPR_STARRED:
		fy_buf_putc(out, '*');
		fy_script_print_expr(expr->starred, out);
		break;
	}
}

void fy_script_print_expr(const fy_expr *expr, fy_buf *out)
{
	bool brackets = expr->parenthesised && expr->kind != FY_EXPR_COMPREHENSION;
	fy_buf_puts(out, brackets ? "(" : "");
	print_bare(expr, out);
	fy_buf_puts(out, brackets ? ")" : "");
}

/* ---- statements ----------------------------------------------------------------------------- */

void fy_print_indent(int level, fy_buf *out)
{
	for (int i = 0; i < level; i++)
		fy_buf_puts(out, "  ");
}

static void print_suite(const fy_suite *suite, int level, fy_buf *out)
{
	for (int i = 0; i < suite->count; i++)
		fy_script_print_stmt(suite->items[i], level, out);
}

static void print_assign(const fy_stmt *stmt, fy_buf *out)
{
	for (int i = 0; i < stmt->assign.count; i++) {
		fy_script_print_expr(stmt->assign.targets[i], out);
		if (stmt->assign.type) {
			fy_buf_puts(out, " : ");
			fy_ts_type_print(stmt->assign.type, out);
		}
		fy_buf_puts(out, stmt->assign.value ? " = " : "");
	}
	if (stmt->assign.value)
		fy_script_print_expr(stmt->assign.value, out);
}

static void print_if(const fy_stmt *stmt, int level, fy_buf *out)
{
	for (int i = 0; i < stmt->branch.count; i++) {
		const fy_arm *arm = &stmt->branch.arms[i];
		if (i > 0)
			fy_print_indent(level, out);
		fy_buf_puts(out, i > 0 ? "elif " : "if ");
		fy_script_print_expr(arm->condition, out);
		fy_buf_puts(out, ":\n");
		print_suite(&arm->body, level + 1, out);
	}
	if (!stmt->branch.has_else)
		return;
	fy_print_indent(level, out);
	fy_buf_puts(out, "else:\n");
	print_suite(&stmt->branch.otherwise, level + 1, out);
}

static void print_with(const fy_stmt *stmt, int level, fy_buf *out)
{
	fy_buf_puts(out, "with ");
	for (int i = 0; i < stmt->with.count; i++) {
		const fy_with_item *item = &stmt->with.items[i];
		fy_buf_puts(out, i > 0 ? ", " : "");
		fy_script_print_expr(item->context, out);
		if (item->target)
			fy_buf_printf(out, " as %s", item->target->name);
	}
	fy_buf_puts(out, ":\n");
	print_suite(&stmt->with.body, level + 1, out);
}

static void print_loop(const fy_stmt *stmt, int level, fy_buf *out)
{
	bool is_for = stmt->kind == FY_STMT_FOR;
	fy_buf_puts(out, is_for ? "for " : "while ");
	if (is_for) {
		fy_script_print_expr(stmt->iteration.target, out);
		fy_buf_puts(out, " in ");
	}
	fy_script_print_expr(is_for ? stmt->iteration.iterable : stmt->loop.condition, out);
	fy_buf_puts(out, ":\n");
	print_suite(is_for ? &stmt->iteration.body : &stmt->loop.body, level + 1, out);
}

/* A word and perhaps an expression: return x. */
static void print_word(const char *word, const fy_expr *expr, fy_buf *out)
{
	fy_buf_puts(out, word);
	if (expr) {
		fy_buf_putc(out, ' ');
		fy_script_print_expr(expr, out);
	}
}

/* Those of one line, without its end. */
static void print_line(const fy_stmt *stmt, fy_buf *out)
{
	switch (stmt->kind) {
	case FY_STMT_EXPR:
		fy_script_print_expr(stmt->expr, out);
		break;
	case FY_STMT_ASSIGN:
		print_assign(stmt, out);
		break;
	case FY_STMT_AUGMENT:
		fy_script_print_expr(stmt->augment.target, out);
		fy_buf_printf(out, " %s= ", fy_binary_text(stmt->augment.op));
		fy_script_print_expr(stmt->augment.value, out);
		break;
	case FY_STMT_RETURN:
		print_word("return", stmt->expr, out);
		break;
	case FY_STMT_RAISE:
		print_word("raise", stmt->expr, out);
		break;
	case FY_STMT_ASSERT:
		print_word("assert", stmt->assertion.condition, out);
		if (stmt->assertion.message)
			print_word(",", stmt->assertion.message, out);
		break;
	case FY_STMT_DELETE:
		fy_buf_puts(out, "del ");
		print_items(stmt->removal.targets, stmt->removal.count, out);
		break;
	case FY_STMT_PASS:
		fy_buf_puts(out, "pass");
		break;
	case FY_STMT_BREAK:
		fy_buf_puts(out, "break");
		break;
	case FY_STMT_CONTINUE:
		fy_buf_puts(out, "continue");
		break;
	default:
		FY_BUG("statement kind %d isn't one line", (int)stmt->kind);
	}
}

void fy_script_print_stmt(const fy_stmt *stmt, int level, fy_buf *out)
{
	if (stmt->kind == FY_STMT_DEF) {
		fy_script_print_def(stmt->def, level, out);
		return;
	}
	fy_print_indent(level, out);
	switch (stmt->kind) {
	case FY_STMT_IF:
		print_if(stmt, level, out);
		break;
	case FY_STMT_WHILE:
	case FY_STMT_FOR:
		print_loop(stmt, level, out);
		break;
	case FY_STMT_WITH:
		print_with(stmt, level, out);
		break;
	default:
		print_line(stmt, out);
		fy_buf_putc(out, '\n');
	}
}
