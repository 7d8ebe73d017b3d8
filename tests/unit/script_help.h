/* For the tests of the script room: parsing a text, and showing an expression with its grouping made visible.
 */
#ifndef SCRIPT_HELP_H
#define SCRIPT_HELP_H

#include "script/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct parsed {
	fy_arena *arena;
	fy_diags diags;
	fy_script_file *file;
	fy_status status;
} parsed;

static inline parsed parse_bytes(const char *text, size_t len)
{
	parsed p = { .arena = fy_arena_new() };
	p.status =
		fy_script_parse(p.arena, (fy_str){ text, len }, "net.pt", "code/net.py", &p.diags, &p.file);
	return p;
}

static inline parsed parse_text(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static inline void parsed_release(parsed *p)
{
	fy_diags_clear(&p->diags);
	fy_arena_free(p->arena);
}

/* Fails, with the message, when the text doesn't parse. */
static inline parsed parse_good(const char *text)
{
	parsed p = parse_text(text);
	if (p.status != FY_OK)
		fail_msg("%s\n%d:%d: %s", text, p.diags.items[0].place.line, p.diags.items[0].place.column,
			 p.diags.items[0].message);
	return p;
}

static inline void show(const fy_expr *expr, fy_buf *out);

static inline void show_all(fy_expr *const *items, int count, fy_buf *out)
{
	for (int i = 0; i < count; i++) {
		fy_buf_puts(out, i > 0 ? " " : "");
		show(items[i], out);
	}
}

static inline void show_word(const char *word, fy_expr *const *items, int count, fy_buf *out)
{
	fy_buf_printf(out, "<%s%s", word, count > 0 ? " " : "");
	show_all(items, count, out);
	fy_buf_putc(out, '>');
}

static inline void show_slice(const fy_expr *expr, fy_buf *out)
{
	fy_expr *parts[] = { expr->slice.start, expr->slice.stop, expr->slice.step };
	fy_buf_puts(out, "<slice");
	for (int i = 0; i < 3; i++) {
		fy_buf_putc(out, ' ');
		if (parts[i])
			show(parts[i], out);
		else
			fy_buf_putc(out, '_');
	}
	fy_buf_putc(out, '>');
}

static inline void show_call(const fy_expr *expr, fy_buf *out)
{
	fy_buf_puts(out, "<call ");
	show(expr->call.callee, out);
	for (int i = 0; i < expr->call.count; i++) {
		fy_buf_putc(out, ' ');
		if (expr->call.args[i].name)
			fy_buf_printf(out, "%s=", expr->call.args[i].name);
		show(expr->call.args[i].value, out);
	}
	fy_buf_puts(out, expr->call.trailing_comma ? " ,>" : ">");
}

/* Every node in brackets of its own: a+b*c is <a + <b * c>>. */
static inline void show(const fy_expr *expr, fy_buf *out)
{
	switch (expr->kind) {
	case FY_EXPR_NAME:
		fy_buf_puts(out, expr->name);
		break;
	case FY_EXPR_INT:
		fy_buf_printf(out, "int:%" PRId64, expr->integer);
		break;
	case FY_EXPR_FLOAT:
		fy_buf_puts(out, "float:");
		fy_buf_put_f64(out, expr->real);
		break;
	case FY_EXPR_COMPLEX:
		fy_buf_puts(out, "imag:");
		fy_buf_put_f64(out, expr->real);
		break;
	case FY_EXPR_ATTRIBUTE:
		show(expr->attribute.base, out);
		fy_buf_printf(out, ".%s", expr->attribute.name);
		break;
	case FY_EXPR_CALL:
		show_call(expr, out);
		break;
	case FY_EXPR_SUBSCRIPT:
		fy_buf_puts(out, "<item ");
		show(expr->subscript.base, out);
		fy_buf_putc(out, ' ');
		show_all(expr->subscript.items, expr->subscript.count, out);
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_SLICE:
		show_slice(expr, out);
		break;
	case FY_EXPR_TUPLE:
		show_word(expr->sequence.trailing_comma ? "tuple," : "tuple", expr->sequence.items,
			  expr->sequence.count, out);
		break;
	case FY_EXPR_LIST:
		show_word("list", expr->sequence.items, expr->sequence.count, out);
		break;
	case FY_EXPR_DICT:
		fy_buf_puts(out, "<dict");
		for (int i = 0; i < expr->dict.count; i++) {
			fy_buf_putc(out, ' ');
			show(expr->dict.keys[i], out);
			fy_buf_putc(out, ':');
			show(expr->dict.values[i], out);
		}
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_UNARY:
		fy_buf_printf(out, "<%s", fy_unary_text(expr->unary.op));
		show(expr->unary.operand, out);
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_CHAIN:
		fy_buf_putc(out, '<');
		show(expr->chain.first, out);
		for (int i = 0; i < expr->chain.count; i++) {
			fy_buf_printf(out, " %s ", fy_binary_text(expr->chain.links[i].op));
			show(expr->chain.links[i].operand, out);
		}
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_CONDITIONAL:
		fy_buf_puts(out, "<if ");
		show(expr->conditional.condition, out);
		fy_buf_putc(out, ' ');
		show(expr->conditional.then, out);
		fy_buf_putc(out, ' ');
		show(expr->conditional.otherwise, out);
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_COMPREHENSION:
		fy_buf_puts(out, expr->comprehension.key ? "<for-dict " : "<for ");
		show(expr->comprehension.target, out);
		fy_buf_putc(out, ' ');
		show(expr->comprehension.iterable, out);
		fy_buf_putc(out, ' ');
		if (expr->comprehension.key) {
			show(expr->comprehension.key, out);
			fy_buf_putc(out, ':');
		}
		show(expr->comprehension.element, out);
		fy_buf_putc(out, '>');
		break;
	case FY_EXPR_STARRED:
		fy_buf_putc(out, '*');
		show(expr->starred, out);
		break;
	default: /* strings and words look as they are written */
		fy_script_print_expr(expr, out);
	}
}

/* Parses `def f(): return TEXT` and compares what show() makes of it. */
static inline void check_expr(const char *text, const char *expected)
{
	fy_buf source = { 0 }, shown = { 0 };
	fy_buf_printf(&source, "def f():\n  return %s\n", text);
	parsed p = parse_good(fy_buf_text(&source));
	show(p.file->functions[0]->body.items[0]->expr, &shown);
	assert_string_equal(fy_buf_text(&shown), expected);
	fy_buf_release(&source);
	fy_buf_release(&shown);
	parsed_release(&p);
}

/* The one diagnostic of a text that must not parse: its place, id and message. */
static inline void check_error(const char *text, int line, int column, int width, const char *id,
			       const char *message)
{
	parsed p = parse_text(text);
	if (p.status == FY_OK)
		fail_msg("this parses: %s", text);
	const fy_diag *diag = &p.diags.items[0];
	assert_int_equal(p.status, FY_MALFORMED);
	assert_int_equal(p.diags.count, 1);
	fy_buf got = { 0 }, wanted = { 0 };
	fy_buf_printf(&got, "%s%d:%d+%d %s [%s]", text, diag->place.line, diag->place.column,
		      diag->place.width, diag->message, diag->id);
	fy_buf_printf(&wanted, "%s%d:%d+%d %s [%s]", text, line, column, width, message, id);
	assert_string_equal(fy_buf_text(&got), fy_buf_text(&wanted));
	fy_buf_release(&got);
	fy_buf_release(&wanted);
	parsed_release(&p);
}

#endif
