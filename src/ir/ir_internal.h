/*
 * Shared inside ir/: values and their use lists (graph.c, edit.c), and the reading of words (ir_lexer.c,
 * parse.c).
 */
#ifndef FY_IR_INTERNAL_H
#define FY_IR_INTERNAL_H

#include "ir/ir.h"

/* ---- values and uses ---- */

fy_value *fy_ir_new_value(fy_graph *graph, const fy_type *type, const char *name);
/* Result `index` of `block` is, or is no longer, a use of what it holds. */
void fy_ir_use_result(fy_block *block, int index, fy_value *value);
void fy_ir_unuse_result(fy_block *block, int index);
/* Gives back the references that tensors inside an argument hold. */
void fy_ir_drop_tensors(fy_arg *arg);
/* The contrary: one more reference for each. */
void fy_ir_hold_tensors(const fy_arg *arg);

/* ---- words of the text form ---- */

typedef enum fy_ir_token_kind {
	FY_IR_END,
	FY_IR_WORD,   /* graph, aten::add.Tensor, float32 */
	FY_IR_VALUE,  /* %name, without the sign */
	FY_IR_NUMBER, /* -1, 0.5, 1e-05 */
	FY_IR_STRING, /* decoded */
	FY_IR_MARK,   /* one of ( ) [ ] { } , : = @ * */
} fy_ir_token_kind;

typedef struct fy_ir_token {
	fy_ir_token_kind kind;
	char mark;
	fy_str text;
	const char *start;
	int line;
} fy_ir_token;

typedef struct fy_ir_parser {
	fy_arena *arena;
	fy_graph *graph;
	const char *file;
	fy_diags *diags;
	const char *text, *at; /* NUL-terminated copy */
	int line;
	fy_ir_token now;
	fy_str comment; /* after the token before `now`, on its line */
	int depth;
	fy_map values, symbols;
	fy_tensor **tensors; /* of tensor arguments: the parser's references, given back at the end */
	size_t tensor_count, tensor_capacity;
	bool failed;
} fy_ir_parser;

/* The first failure is reported at `start`, later ones are not. */
void fy_ir_fail_at(fy_ir_parser *p, const char *start, int line, const char *format, ...) FY_PRINTF(4, 5);
#define FY_IR_FAIL(p, ...) fy_ir_fail_at((p), (p)->now.start, (p)->now.line, __VA_ARGS__)
bool fy_ir_digit(char c);
void fy_ir_advance(fy_ir_parser *p);
/* Is it the present token; is it, and then on; it must be, and then on. */
bool fy_ir_at_mark(const fy_ir_parser *p, char mark);
bool fy_ir_at_word(const fy_ir_parser *p, const char *word);
bool fy_ir_accept(fy_ir_parser *p, char mark);
bool fy_ir_accept_word(fy_ir_parser *p, const char *word);
void fy_ir_expect(fy_ir_parser *p, char mark);
const char *fy_ir_expect_string(fy_ir_parser *p); /* "" after a failure */
int64_t fy_ir_expect_int(fy_ir_parser *p, int64_t low, int64_t high);

#endif
