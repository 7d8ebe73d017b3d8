/*
 * Source text to tokens: blanks, comments, indentation, brackets, names, keywords and operators. Numbers and
 * strings are only measured here; literal.c reads them. Knows nothing of the grammar.
 */
#include "script/script_internal.h"

#include <string.h>

static const struct keyword {
	const char *text;
	fy_token_kind kind;
} keywords[] = {
	{ "and", FY_TOKEN_AND },       { "as", FY_TOKEN_AS },
	{ "assert", FY_TOKEN_ASSERT }, { "break", FY_TOKEN_BREAK },
	{ "class", FY_TOKEN_CLASS },   { "continue", FY_TOKEN_CONTINUE },
	{ "def", FY_TOKEN_DEF },       { "del", FY_TOKEN_DEL },
	{ "elif", FY_TOKEN_ELIF },     { "Ellipsis", FY_TOKEN_ELLIPSIS },
	{ "else", FY_TOKEN_ELSE },     { "False", FY_TOKEN_FALSE },
	{ "for", FY_TOKEN_FOR },       { "global", FY_TOKEN_GLOBAL },
	{ "if", FY_TOKEN_IF },         { "import", FY_TOKEN_IMPORT },
	{ "in", FY_TOKEN_IN },         { "is", FY_TOKEN_IS },
	{ "None", FY_TOKEN_NONE },     { "NoneType", FY_TOKEN_NONE_TYPE },
	{ "not", FY_TOKEN_NOT },       { "or", FY_TOKEN_OR },
	{ "pass", FY_TOKEN_PASS },     { "raise", FY_TOKEN_RAISE },
	{ "return", FY_TOKEN_RETURN }, { "True", FY_TOKEN_TRUE },
	{ "while", FY_TOKEN_WHILE },   { "with", FY_TOKEN_WITH },
};

/* Longest first. */
static const struct punctuation {
	const char *text;
	fy_token_kind kind;
	fy_binary_sign op;
} punctuations[] = {
	{ "**=", FY_TOKEN_AUGMENT, FY_BINARY_POW },
	{ "//=", FY_TOKEN_AUGMENT, FY_BINARY_FLOOR_DIV },
	{ "<<=", FY_TOKEN_AUGMENT, FY_BINARY_SHIFT_LEFT },
	{ ">>=", FY_TOKEN_AUGMENT, FY_BINARY_SHIFT_RIGHT },
	{ "...", FY_TOKEN_ELLIPSIS, 0 },
	{ "->", FY_TOKEN_ARROW, 0 },
	{ "**", FY_TOKEN_OPERATOR, FY_BINARY_POW },
	{ "//", FY_TOKEN_OPERATOR, FY_BINARY_FLOOR_DIV },
	{ "<<", FY_TOKEN_OPERATOR, FY_BINARY_SHIFT_LEFT },
	{ ">>", FY_TOKEN_OPERATOR, FY_BINARY_SHIFT_RIGHT },
	{ "==", FY_TOKEN_OPERATOR, FY_BINARY_EQ },
	{ "!=", FY_TOKEN_OPERATOR, FY_BINARY_NE },
	{ "<=", FY_TOKEN_OPERATOR, FY_BINARY_LE },
	{ ">=", FY_TOKEN_OPERATOR, FY_BINARY_GE },
	{ "+=", FY_TOKEN_AUGMENT, FY_BINARY_ADD },
	{ "-=", FY_TOKEN_AUGMENT, FY_BINARY_SUB },
	{ "*=", FY_TOKEN_AUGMENT, FY_BINARY_MUL },
	{ "/=", FY_TOKEN_AUGMENT, FY_BINARY_DIV },
	{ "%=", FY_TOKEN_AUGMENT, FY_BINARY_MOD },
	{ "@=", FY_TOKEN_AUGMENT, FY_BINARY_MATMUL },
	{ "|=", FY_TOKEN_AUGMENT, FY_BINARY_BIT_OR },
	{ "&=", FY_TOKEN_AUGMENT, FY_BINARY_BIT_AND },
	{ "^=", FY_TOKEN_AUGMENT, FY_BINARY_BIT_XOR },
	{ "(", FY_TOKEN_LPAREN, 0 },
	{ ")", FY_TOKEN_RPAREN, 0 },
	{ "[", FY_TOKEN_LBRACKET, 0 },
	{ "]", FY_TOKEN_RBRACKET, 0 },
	{ "{", FY_TOKEN_LBRACE, 0 },
	{ "}", FY_TOKEN_RBRACE, 0 },
	{ ",", FY_TOKEN_COMMA, 0 },
	{ ":", FY_TOKEN_COLON, 0 },
	{ ".", FY_TOKEN_DOT, 0 },
	{ "=", FY_TOKEN_ASSIGN, 0 },
	{ "~", FY_TOKEN_TILDE, 0 },
	{ "<", FY_TOKEN_OPERATOR, FY_BINARY_LT },
	{ ">", FY_TOKEN_OPERATOR, FY_BINARY_GT },
	{ "+", FY_TOKEN_OPERATOR, FY_BINARY_ADD },
	{ "-", FY_TOKEN_OPERATOR, FY_BINARY_SUB },
	{ "*", FY_TOKEN_OPERATOR, FY_BINARY_MUL },
	{ "/", FY_TOKEN_OPERATOR, FY_BINARY_DIV },
	{ "%", FY_TOKEN_OPERATOR, FY_BINARY_MOD },
	{ "@", FY_TOKEN_OPERATOR, FY_BINARY_MATMUL },
	{ "|", FY_TOKEN_OPERATOR, FY_BINARY_BIT_OR },
	{ "^", FY_TOKEN_OPERATOR, FY_BINARY_BIT_XOR },
	{ "&", FY_TOKEN_OPERATOR, FY_BINARY_BIT_AND },
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

const char *fy_token_kind_text(fy_token_kind kind)
{
	switch (kind) {
	case FY_TOKEN_END:
		return "end of file";
	case FY_TOKEN_NEWLINE:
		return "end of line";
	case FY_TOKEN_INDENT:
		return "an indented block";
	case FY_TOKEN_DEDENT:
		return "end of block";
	case FY_TOKEN_RPAREN:
		return "')'";
	case FY_TOKEN_RBRACKET:
		return "']'";
	case FY_TOKEN_RBRACE:
		return "'}'";
	case FY_TOKEN_LPAREN:
		return "'('";
	case FY_TOKEN_LBRACKET:
		return "'['";
	case FY_TOKEN_COLON:
		return "':'";
	case FY_TOKEN_ASSIGN:
		return "'='";
	case FY_TOKEN_ARROW:
		return "'->'";
	case FY_TOKEN_ELSE:
		return "'else'";
	case FY_TOKEN_IN:
		return "'in'";
	default:
		return "something else";
	}
}

const char *fy_token_describe(fy_parser *p, const fy_token *token)
{
	enum { SHOWN = 40 };
	if (token->kind == FY_TOKEN_STRING)
		return "a string";
	if (token->kind == FY_TOKEN_INDENT)
		return "an indentation that opens no block";
	if (token->kind <= FY_TOKEN_DEDENT)
		return fy_token_kind_text(token->kind);
	p->scratch.len = 0;
	fy_buf_putc(&p->scratch, '\'');
	fy_buf_put_clean(&p->scratch, token->start, token->len < SHOWN ? token->len : SHOWN);
	fy_buf_puts(&p->scratch, token->len < SHOWN ? "'" : "...'");
	return fy_buf_text(&p->scratch);
}

static fy_token make(const fy_parser *p, fy_token_kind kind, const char *start, size_t len)
{
	const char *line = p->file->source.data + p->file->lines[p->line - 1];
	return (fy_token){ .kind = kind,
			   .start = start,
			   .len = len,
			   .span = { p->line, (uint32_t)(start - line) + 1, (uint32_t)len } };
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool at_type_comment(const fy_parser *p)
{
	static const char mark[] = "# type: (";
	return (size_t)(p->end - p->at) > strlen(mark) && memcmp(p->at, mark, strlen(mark)) == 0;
}

static void skip_comment(fy_parser *p)
{
	const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
	p->at = newline ? newline : p->end;
}

/* At the start of a logical line: skips empty ones, then compares the indentation with the open blocks. */
static void open_line(fy_parser *p)
{
	const char *start = p->at;
	for (;;) {
		while (p->at < p->end && is_blank(*p->at))
			p->at++;
		if (p->at < p->end && *p->at == '#' && !at_type_comment(p))
			skip_comment(p);
		if (p->at == p->end || *p->at != '\n')
			break;
		start = ++p->at;
		p->line++;
	}
	p->line_start = false;
	size_t column = (size_t)(p->at - start);
	if (p->indent_count == 0) {
		p->indents = fy_grow(p->indents, &p->indent_capacity, 1, sizeof(*p->indents));
		p->indents[p->indent_count++] = column;
	}
	if (p->at == p->end)
		column = p->indents[0];
	if (column > p->indents[p->indent_count - 1]) {
		p->indents =
			fy_grow(p->indents, &p->indent_capacity, p->indent_count + 1, sizeof(*p->indents));
		p->indents[p->indent_count++] = column;
		p->pending = 1;
	}
	while (p->indent_count > 1 && column < p->indents[p->indent_count - 1]) {
		p->indent_count--;
		p->pending--;
	}
	if (column != p->indents[p->indent_count - 1])
		fy_parser_fail(p, "script-syntax", fy_parser_span_at(p, p->at, 1),
			       "indentation matches no outer block");
}

/* Moves to the next token or to a newline that counts. */
static void skip_blanks(fy_parser *p)
{
	for (;;) {
		while (p->at < p->end && is_blank(*p->at))
			p->at++;
		if (p->at == p->end)
			return;
		if (*p->at == '#' && !at_type_comment(p)) {
			skip_comment(p);
		} else if (*p->at == '\n' && p->nesting > 0) {
			p->at++;
			p->line++;
		} else if (*p->at == '\\' && p->end - p->at >= 2 && p->at[1] == '\n') {
			p->at += 2;
			p->line++;
		} else if (*p->at == '\\' && p->end - p->at >= 3 && p->at[1] == '\r' && p->at[2] == '\n') {
			p->at += 3;
			p->line++;
		} else {
			return;
		}
	}
}

static fy_token lex_end(fy_parser *p)
{
	if (p->line_open && p->nesting == 0)
		fy_parser_fail(p, "script-syntax", fy_parser_span_at(p, p->at, 0),
			       "the file doesn't end with a newline, it may be cut short");
	return make(p, FY_TOKEN_END, p->at, 0);
}

static fy_token lex_newline(fy_parser *p)
{
	fy_token token = make(p, FY_TOKEN_NEWLINE, p->at, 0);
	p->at++;
	p->line++;
	p->line_start = true;
	p->line_open = false;
	return token;
}

/* ---- tokens --------------------------------------------------------------------------------- */

fy_token_kind fy_word_kind(const char *word, size_t len)
{
	for (size_t i = 0; i < FY_COUNT(keywords) && len <= strlen("NoneType"); i++) {
		const char *text = keywords[i].text;
		if (text[0] == *word && strlen(text) == len && memcmp(text, word, len) == 0)
			return keywords[i].kind;
	}
	return FY_TOKEN_NAME;
}

static fy_token lex_word(fy_parser *p)
{
	const char *start = p->at;
	while (p->at < p->end && (is_letter(*p->at) || is_digit(*p->at)))
		p->at++;
	size_t len = (size_t)(p->at - start);
	return make(p, fy_word_kind(start, len), start, len);
}

static fy_token lex_string(fy_parser *p)
{
	size_t len = fy_string_scan(p->at, p->end);
	fy_token token = make(p, FY_TOKEN_STRING, p->at, len);
	if (len == 0) {
		fy_parser_fail(p, "script-syntax", fy_parser_span_at(p, p->at, 1),
			       "this string is never closed");
		return token;
	}
	const char *stop = p->at + len;
	const char *newline = memchr(p->at, '\n', len);
	if (newline)
		token.span.width = (uint32_t)(newline - p->at);
	while ((p->at = memchr(p->at, '\n', (size_t)(stop - p->at)))) {
		p->at++;
		p->line++;
	}
	p->at = stop;
	return token;
}

static fy_token lex_punctuation(fy_parser *p)
{
	for (size_t i = 0; i < FY_COUNT(punctuations); i++) {
		const struct punctuation *known = &punctuations[i];
		if (known->text[0] != *p->at)
			continue;
		size_t len = strlen(known->text);
		if (len > (size_t)(p->end - p->at) || memcmp(p->at, known->text, len) != 0)
			continue;
		fy_token token = make(p, known->kind, p->at, len);
		token.op = known->op;
		p->at += len;
		if (known->kind == FY_TOKEN_LPAREN || known->kind == FY_TOKEN_LBRACKET ||
		    known->kind == FY_TOKEN_LBRACE)
			p->nesting++;
		if ((known->kind == FY_TOKEN_RPAREN || known->kind == FY_TOKEN_RBRACKET ||
		     known->kind == FY_TOKEN_RBRACE) &&
		    p->nesting > 0)
			p->nesting--;
		return token;
	}
	unsigned char byte = (unsigned char)*p->at;
	fy_span span = fy_parser_span_at(p, p->at, 1);
	if (byte > ' ' && byte < 0x7f)
		fy_parser_fail(p, "script-syntax", span, "unexpected character '%c'", byte);
	else
		fy_parser_fail(p, "script-syntax", span, "unexpected byte 0x%02x outside a string", byte);
	return p->token;
}

static fy_token lex_type_comment(fy_parser *p)
{
	size_t len = strlen("# type: ");
	fy_token token = make(p, FY_TOKEN_TYPE_COMMENT, p->at, len);
	p->at += len;
	return token;
}

fy_token fy_lex(fy_parser *p)
{
	if (p->status != FY_OK)
		return p->token;
	if (p->line_start && p->nesting == 0)
		open_line(p);
	if (p->status != FY_OK)
		return p->token;
	if (p->pending != 0) {
		bool indent = p->pending > 0;
		p->pending += indent ? -1 : 1;
		return make(p, indent ? FY_TOKEN_INDENT : FY_TOKEN_DEDENT, p->at, 0);
	}
	skip_blanks(p);
	if (p->at == p->end)
		return lex_end(p);
	if (*p->at == '\n')
		return lex_newline(p);
	p->line_open = true;
	char c = *p->at;
	if (is_letter(c))
		return lex_word(p);
	if (c == '#')
		return lex_type_comment(p);
	if (c == '"' || c == '\'')
		return lex_string(p);
	size_t number = fy_number_scan(p->at, p->end);
	if (number > 0) {
		p->at += number;
		return make(p, FY_TOKEN_NUMBER, p->at - number, number);
	}
	return lex_punctuation(p);
}
