/*
 * What the files of the script room share: tokens and the parser's state. The parser is sticky: after the
 * first fault it sees only the end of the file, so every loop ends, every function still returns a node, and
 * nobody needs to check on the way.
 */
#ifndef FY_SCRIPT_INTERNAL_H
#define FY_SCRIPT_INTERNAL_H

#include "script/script.h"

typedef enum fy_token_kind {
	FY_TOKEN_END,
	FY_TOKEN_NEWLINE,
	FY_TOKEN_INDENT,
	FY_TOKEN_DEDENT,
	FY_TOKEN_NAME,
	FY_TOKEN_NUMBER,
	FY_TOKEN_STRING,
	FY_TOKEN_TYPE_COMMENT, /* "# type: (", up to the parenthesis */
	/* keywords */
	FY_TOKEN_AND,
	FY_TOKEN_AS,
	FY_TOKEN_ASSERT,
	FY_TOKEN_BREAK,
	FY_TOKEN_CLASS,
	FY_TOKEN_CONTINUE,
	FY_TOKEN_DEF,
	FY_TOKEN_DEL,
	FY_TOKEN_ELIF,
	FY_TOKEN_ELLIPSIS, /* and ... */
	FY_TOKEN_ELSE,
	FY_TOKEN_FALSE,
	FY_TOKEN_FOR,
	FY_TOKEN_GLOBAL,
	FY_TOKEN_IF,
	FY_TOKEN_IMPORT,
	FY_TOKEN_IN,
	FY_TOKEN_IS,
	FY_TOKEN_NONE,
	FY_TOKEN_NONE_TYPE,
	FY_TOKEN_NOT,
	FY_TOKEN_OR,
	FY_TOKEN_PASS,
	FY_TOKEN_RAISE,
	FY_TOKEN_RETURN,
	FY_TOKEN_TRUE,
	FY_TOKEN_WHILE,
	FY_TOKEN_WITH,
	/* punctuation */
	FY_TOKEN_LPAREN,
	FY_TOKEN_RPAREN,
	FY_TOKEN_LBRACKET,
	FY_TOKEN_RBRACKET,
	FY_TOKEN_LBRACE,
	FY_TOKEN_RBRACE,
	FY_TOKEN_COMMA,
	FY_TOKEN_COLON,
	FY_TOKEN_DOT,
	FY_TOKEN_ARROW,
	FY_TOKEN_ASSIGN,
	FY_TOKEN_TILDE,
	FY_TOKEN_OPERATOR, /* op: a binary operator made of punctuation */
	FY_TOKEN_AUGMENT,  /* op: that operator with = behind it */
} fy_token_kind;

typedef struct fy_token {
	fy_token_kind kind;
	fy_binary_sign op;
	const char *start;
	size_t len;
	fy_span span;
} fy_token;

typedef struct fy_parser {
	fy_arena *arena;
	fy_diags *diags;
	fy_script_file *file;
	fy_status status; /* of the first fault */
	uint64_t *budget; /* tokens that may still come; NULL: any number */

	/* lexer */
	const char *at, *end;
	uint32_t line;
	size_t nesting; /* open brackets; inside them newlines are blanks */
	bool line_start, line_open;
	size_t *indents; /* columns of the open blocks */
	size_t indent_count, indent_capacity;
	int pending; /* indent (1) or dedents (negative) still to hand out */

	/* one token of look-ahead behind the current one */
	fy_token token, ahead;
	bool has_ahead;
	const char *last_end; /* where the token before the current one ended */

	fy_map names;   /* interned */
	fy_buf scratch; /* text being decoded */
	fy_buf pile;    /* items of the lists being read, innermost on top */
	int depth;      /* of the parser's own recursion */
	int blocks;     /* of the suites around */
} fy_parser;

/* ---- lexer.c */

fy_token fy_lex(fy_parser *p);
/* A keyword's own kind, FY_TOKEN_NAME for any other word. len >= 1. */
fy_token_kind fy_word_kind(const char *word, size_t len);
/* For each token the text a message shows: "')'", "end of line". Valid until the next call. */
const char *fy_token_describe(fy_parser *p, const fy_token *token);
const char *fy_token_kind_text(fy_token_kind kind);

/* ---- literal.c */

/* How many bytes from `at` make up a number or a string, 0 when none starts or it isn't closed. */
size_t fy_number_scan(const char *at, const char *end);
size_t fy_string_scan(const char *at, const char *end);
/* Turns a number token into an INT, FLOAT or COMPLEX; negative: a minus stood before it. */
void fy_number_read(fy_parser *p, const fy_token *token, bool negative, fy_expr *out);
/* Appends the decoded string to p->scratch. */
void fy_string_read(fy_parser *p, const fy_token *token);

/* ---- parser.c */

/* one_line: the text of a type, where newlines are blanks and none is needed at the end. */
void fy_parser_init(fy_parser *p, fy_arena *arena, fy_str source, const char *path, const char *member,
		    bool one_line, uint64_t *budget, fy_diags *diags);
void fy_parser_release(fy_parser *p);

/* Records the first fault, the rest is ignored. */
void fy_parser_fail(fy_parser *p, const char *id, fy_span span, const char *format, ...) FY_PRINTF(4, 5);
/* The same for a fault that has its diagnostic already. */
void fy_parser_stop(fy_parser *p, fy_status status, fy_span span);
fy_span fy_parser_span_at(const fy_parser *p, const char *at, size_t width);
/* From the first token of something to the last one that was taken. */
fy_span fy_parser_span_since(const fy_parser *p, const fy_token *first);
/* The same when it starts where another node starts. */
fy_span fy_parser_span_from(const fy_parser *p, fy_span start);

static inline bool fy_parser_sees(const fy_parser *p, fy_token_kind kind)
{
	return p->token.kind == kind;
}
fy_token fy_parser_take(fy_parser *p); /* the current token; moves on */
const fy_token *fy_parser_peek(fy_parser *p);
bool fy_parser_accept(fy_parser *p, fy_token_kind kind);
void fy_parser_expect(fy_parser *p, fy_token_kind kind);
/* Expects the bracket that closes `open`. */
void fy_parser_close(fy_parser *p, fy_token_kind kind, const fy_token *open);
/* "" after a fault. `what` names it in the message. */
const char *fy_parser_expect_name(fy_parser *p, const char *what, fy_span *span);
const char *fy_parser_intern(fy_parser *p, const char *text, size_t len);

bool fy_parser_enter(fy_parser *p); /* false: too deep, nothing to leave */
void fy_parser_leave(fy_parser *p);

/* A list of unknown length: mark, push each, take the lot as an array in the arena. They nest. */
size_t fy_pile_mark(const fy_parser *p);
void fy_pile_push(fy_parser *p, const void *item, size_t size);
void *fy_pile_take(fy_parser *p, size_t mark, size_t size, int *count);

/* ---- parse_expr.c */

fy_expr *fy_expr_new(fy_parser *p, fy_expr_kind kind, fy_span span);
/* Tells parent how high child is; child may be NULL. */
void fy_expr_adopt(fy_parser *p, fy_expr *parent, const fy_expr *child);
fy_expr *fy_parse_expr(fy_parser *p);
/* expr, or `a, b` and `a,` as a TUPLE; may be starred. */
fy_expr *fy_parse_expr_list(fy_parser *p);
/* What may stand before the `in` of a for: no comparison. */
fy_expr *fy_parse_loop_target(fy_parser *p);
fy_ts_type *fy_parse_type(fy_parser *p);

/* ---- parse_stmt.c */

/* From the colon on; owner: the function whose body it is, or NULL. */
void fy_parse_suite(fy_parser *p, fy_script_def *owner, fy_suite *out);
/* Takes a leading string statement off a suite; data NULL when there is none. */
fy_str fy_suite_docstring(fy_suite *suite);

/* ---- parse_def.c, parse_class.c */

fy_script_def *fy_parse_def(fy_parser *p); /* from `def` on */
/* `# type: (int, Tensor) -> int`: fills in the types that the signature lacks. */
void fy_parse_type_comment(fy_parser *p, fy_script_def *def);
fy_script_class *fy_parse_class(fy_parser *p); /* from `class` on */

/* ---- printer.c */

void fy_print_indent(int level, fy_buf *out);

#endif
