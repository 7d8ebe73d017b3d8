/*
 * script: the TorchScript source language. Text -> tree (classes, functions, statements, expressions, types)
 * and tree -> text. Knows the grammar and nothing of names, operators or values: that is sema's business.
 */
#ifndef FY_SCRIPT_H
#define FY_SCRIPT_H

#include "core/core.h"

enum {
	/* How deep expressions, blocks and types nest: parents plus blocks around them never exceed this, so
	 * that anybody may walk the tree by recursion. Long sums and long elif chains are flat and cost
	 * nothing. */
	FY_SCRIPT_DEPTH_LIMIT = 1000,
};

typedef struct fy_script_file fy_script_file;
typedef struct fy_ts_type fy_ts_type;
typedef struct fy_expr fy_expr;
typedef struct fy_stmt fy_stmt;
typedef struct fy_script_def fy_script_def;

/* Where something stands in its file: 1-based line and column, and how many characters of that line it takes.
 * Columns and widths count bytes. fy_script_place makes a place for a diagnostic of it. */
typedef struct fy_span {
	uint32_t line, column, width;
} fy_span;

/* Every `const char *` name in the tree is NUL-terminated, without NUL inside, and interned per file: within
 * one file equal names are the same pointer. */

/* ---- types: types.c ------------------------------------------------------------------------------- */

typedef enum fy_ts_kind {
	FY_TS_TENSOR, /* Tensor, torch.Tensor */
	FY_TS_INT,
	FY_TS_FLOAT,
	FY_TS_BOOL,
	FY_TS_COMPLEX,
	FY_TS_STR,
	FY_TS_NUMBER, /* int, float or complex */
	FY_TS_NONE,   /* NoneType, None */
	FY_TS_ANY,
	FY_TS_DEVICE, /* Device, torch.device */
	FY_TS_STREAM,
	FY_TS_GENERATOR,
	FY_TS_CAPSULE,
	FY_TS_OPTIONAL,  /* items[0]; a Union of a type and None becomes this */
	FY_TS_UNION,     /* items, one or more */
	FY_TS_LIST,      /* items[0]; broadcast N when written BroadcastingListN[T], else 0 */
	FY_TS_DICT,      /* items[0] key, items[1] value */
	FY_TS_TUPLE,     /* items, may be none */
	FY_TS_FUTURE,    /* items[0] */
	FY_TS_RREF,      /* items[0] */
	FY_TS_AWAIT,     /* items[0] */
	FY_TS_ANY_LIST,  /* list, only in isinstance */
	FY_TS_ANY_TUPLE, /* tuple, only in isinstance */
	FY_TS_NAMED,     /* name: any other dotted name, e.g. __torch__.net.Net; not resolved here */
} fy_ts_kind;

struct fy_ts_type {
	fy_ts_kind kind;
	int broadcast;
	int count;
	fy_ts_type **items;
	const char *name; /* FY_TS_NAMED only */
	fy_span span;
};

/* Reads a type that stands where an expression may: the first argument of annotate(), unchecked_cast(),
 * uninitialized(), the second of isinstance(). FY_MALFORMED "script-type" with place when it isn't one. */
fy_status fy_ts_type_from_expr(fy_arena *arena, const fy_script_file *file, const fy_expr *expr,
			       fy_diags *diags, fy_ts_type **out);
/* Reads the text of a type, e.g. a pickled tag "Dict[str, List[int]]". member is the record it was found in.
 */
fy_status fy_ts_type_parse(fy_arena *arena, fy_str text, const char *file, const char *member,
			   fy_diags *diags, fy_ts_type **out);
bool fy_ts_type_equal(const fy_ts_type *a, const fy_ts_type *b);
/* Appends the written form: List[Tensor], Optional[int], Tuple[()], NoneType. */
void fy_ts_type_print(const fy_ts_type *type, fy_buf *out);

/* ---- expressions: parse_expr.c -------------------------------------------------------------------- */

typedef enum fy_expr_kind {
	FY_EXPR_NAME,      /* name; also inf, nan, CONSTANTS, torch, ops, __torch__: all just names here */
	FY_EXPR_ATTRIBUTE, /* attribute: base.name */
	FY_EXPR_INT,       /* integer; a minus before a literal is folded into it */
	FY_EXPR_FLOAT,     /* real */
	FY_EXPR_COMPLEX,   /* real is the imaginary part: 2j. 1+2j is a chain */
	FY_EXPR_BOOL,      /* boolean */
	FY_EXPR_STRING,    /* string: decoded bytes, may hold NUL and anything >= 0x80 */
	FY_EXPR_NONE,      /* None; boolean: spelled NoneType */
	FY_EXPR_ELLIPSIS,
	FY_EXPR_CALL,          /* call */
	FY_EXPR_SUBSCRIPT,     /* subscript; items may be FY_EXPR_SLICE */
	FY_EXPR_SLICE,         /* slice; only inside a subscript */
	FY_EXPR_TUPLE,         /* sequence, any count */
	FY_EXPR_LIST,          /* sequence, any count */
	FY_EXPR_DICT,          /* dict */
	FY_EXPR_UNARY,         /* unary */
	FY_EXPR_CHAIN,         /* chain of binary operators of one precedence */
	FY_EXPR_CONDITIONAL,   /* conditional: then if condition else otherwise */
	FY_EXPR_COMPREHENSION, /* comprehension: list, or dict when key is there */
	FY_EXPR_STARRED,       /* starred: *x in arguments, lists, tuples and targets */
} fy_expr_kind;

typedef enum fy_unary_sign { FY_UNARY_MINUS, FY_UNARY_INVERT, FY_UNARY_NOT } fy_unary_sign;

typedef enum fy_binary_sign {
	FY_BINARY_AND, /* these two share one precedence: a or b and c is (a or b) and c */
	FY_BINARY_OR,
	FY_BINARY_EQ,
	FY_BINARY_NE,
	FY_BINARY_LT,
	FY_BINARY_LE,
	FY_BINARY_GT,
	FY_BINARY_GE,
	FY_BINARY_IN,
	FY_BINARY_NOT_IN,
	FY_BINARY_IS,
	FY_BINARY_IS_NOT,
	FY_BINARY_BIT_OR,
	FY_BINARY_BIT_XOR,
	FY_BINARY_BIT_AND,
	FY_BINARY_SHIFT_LEFT,
	FY_BINARY_SHIFT_RIGHT,
	FY_BINARY_ADD,
	FY_BINARY_SUB,
	FY_BINARY_MUL,
	FY_BINARY_DIV,
	FY_BINARY_FLOOR_DIV,
	FY_BINARY_MOD,
	FY_BINARY_MATMUL,
	FY_BINARY_POW, /* right-associative: its chains have one link */
} fy_binary_sign;

/* The operator as written: "+", "not in". */
const char *fy_binary_text(fy_binary_sign op);
const char *fy_unary_text(fy_unary_sign op);

typedef struct fy_script_arg {
	const char *name; /* of f(name=value); NULL when positional */
	fy_span span;     /* of the name, or of the value */
	fy_expr *value;
} fy_script_arg;

/* One `op operand` of a chain. */
typedef struct fy_link {
	fy_binary_sign op;
	fy_span span; /* of the operator */
	fy_expr *operand;
} fy_link;

struct fy_expr {
	fy_expr_kind kind;
	uint16_t height;    /* 1 + that of the highest child, at most FY_SCRIPT_DEPTH_LIMIT */
	bool parenthesised; /* written in parentheses of its own, as in (x).forward(); tuples: (a, b) */
	fy_span span;       /* the whole expression, as far as its first line goes */
	union {
		const char *name;
		struct {
			fy_expr *base;
			const char *name;
			fy_span name_span;
		} attribute;
		int64_t integer;
		double real;
		bool boolean;
		fy_str string;
		struct {
			fy_expr *callee;
			fy_script_arg *args;
			int count;
			bool trailing_comma; /* f(x, ): the mark of a method or function of the program itself
					      */
		} call;
		struct {
			fy_expr *base;
			fy_expr **items; /* one or more */
			int count;
			bool trailing_comma; /* x[i,] */
		} subscript;
		struct {
			fy_expr *start, *stop, *step; /* each may be NULL */
		} slice;
		struct {
			fy_expr **items;
			int count;
			bool trailing_comma; /* as a target: `a, b, = t` unpacks t; `a, b = f()` takes two
						results */
		} sequence;
		struct {
			fy_expr **keys, **values;
			int count;
		} dict;
		struct {
			fy_unary_sign op;
			fy_expr *operand;
		} unary;
		/* first op operand op operand ..., left to right: all of one precedence, so a sum of 40,000
		 * terms is one chain. Comparisons too: 3 > 2 > 1 is (3 > 2) > 1. */
		struct {
			fy_expr *first;
			fy_link *links; /* one or more */
			int count;
		} chain;
		struct {
			fy_expr *condition, *then, *otherwise;
		} conditional;
		struct {
			fy_expr *key; /* NULL: a list */
			fy_expr *element, *target, *iterable;
		} comprehension;
		fy_expr *starred;
	};
};

/* ---- statements: parse_stmt.c --------------------------------------------------------------------- */

typedef struct fy_suite {
	fy_stmt **items;
	int count; /* 0 only where there was nothing but a docstring */
} fy_suite;

typedef enum fy_stmt_kind {
	FY_STMT_EXPR,    /* expr */
	FY_STMT_ASSIGN,  /* assign: = and : T = and a bare `x : T` */
	FY_STMT_AUGMENT, /* augment: += and its kin */
	FY_STMT_RETURN,  /* expr, NULL for a bare return */
	FY_STMT_RAISE,   /* expr */
	FY_STMT_ASSERT,  /* assertion */
	FY_STMT_DELETE,  /* targets in removal */
	FY_STMT_IF,      /* branch */
	FY_STMT_WHILE,   /* loop */
	FY_STMT_FOR,     /* iteration */
	FY_STMT_WITH,    /* with */
	FY_STMT_DEF,     /* def: the body of a fork */
	FY_STMT_PASS,
	FY_STMT_BREAK,
	FY_STMT_CONTINUE,
} fy_stmt_kind;

typedef struct fy_arm {
	fy_span span; /* of the if or elif */
	fy_expr *condition;
	fy_suite body;
} fy_arm;

typedef struct fy_with_item {
	fy_expr *context;
	fy_expr *target; /* a NAME, or NULL */
} fy_with_item;

struct fy_stmt {
	fy_stmt_kind kind;
	fy_span span; /* its first line */
	union {
		fy_expr *expr;
		struct {
			/* Usually one target; more for a = b = value. Each is a NAME, ATTRIBUTE, SUBSCRIPT,
			 * or a TUPLE or LIST of targets (STARRED ones too). A name alone followed by a comma,
			 * `x, = e`, is a TUPLE of one. */
			fy_expr **targets;
			int count;
			fy_ts_type *type; /* of `x : T = e`, else NULL; only with a single target that isn't a
					     TUPLE */
			fy_expr *value; /* NULL for a bare `x : T`; a TUPLE without parentheses for e1, e2 */
		} assign;
		struct {
			fy_expr *target; /* NAME, ATTRIBUTE or SUBSCRIPT */
			fy_binary_sign op;
			fy_expr *value;
		} augment;
		struct {
			fy_expr *condition, *message; /* message may be NULL */
		} assertion;
		struct {
			fy_expr **targets;
			int count;
		} removal;
		struct {
			fy_arm *arms; /* if, elif, elif ... */
			int count;
			bool has_else;
			fy_suite otherwise;
		} branch;
		struct {
			fy_expr *condition;
			fy_suite body;
		} loop;
		struct {
			fy_expr *target; /* as in assign */
			fy_expr *iterable;
			fy_suite body;
		} iteration;
		struct {
			fy_with_item *items;
			int count;
			fy_suite body;
		} with;
		fy_script_def *def;
	};
};

/* ---- definitions: parse_def.c, parse_class.c
 * -------------------------------------------------------------------- */

typedef struct fy_script_param {
	fy_span span;
	const char *name;
	fy_ts_type *type;       /* NULL when not written (self of an interface, foreign files) */
	fy_expr *default_value; /* or NULL */
	bool keyword_only;      /* after a lone * */
} fy_script_param;

struct fy_script_def {
	fy_span span; /* of the name */
	const char *name;
	fy_script_param *params; /* a method's first one is self, under whatever name */
	int param_count;
	fy_ts_type *returns; /* NULL when not written */
	fy_str docstring;    /* data NULL when there is none */
	fy_suite body;
};

typedef enum fy_class_base {
	FY_CLASS_PLAIN,
	FY_CLASS_MODULE,
	FY_CLASS_NAMED_TUPLE,
	FY_CLASS_ENUM,
	FY_CLASS_INTERFACE,
	FY_CLASS_MODULE_INTERFACE,
} fy_class_base;

/* An attribute (type), a constant (type and value) or a member of an enum (value). */
typedef struct fy_script_field {
	fy_span span;
	const char *name; /* raw: "0" and "a-b" are possible */
	bool quoted;      /* written __annotations__["name"] = T */
	fy_ts_type *type;
	fy_expr *value;
} fy_script_field;

typedef struct fy_script_names {
	const char **items; /* raw */
	int count;
	bool present; /* the line was there, maybe empty */
} fy_script_names;

typedef struct fy_script_class {
	fy_span span; /* of the name */
	const char *name;
	fy_class_base base;
	fy_str docstring;
	fy_script_names parameters, buffers, pre_hooks, hooks;
	fy_script_field *attributes; /* in order; fields of a NamedTuple too */
	int attribute_count;
	fy_script_field *constants; /* k : Final[T] = literal */
	int constant_count;
	fy_script_field *members; /* of an Enum: literal int, float or str */
	int member_count;
	fy_script_def **methods;
	int method_count;
} fy_script_class;

struct fy_script_file {
	const char *path, *member; /* as given; borrowed */
	fy_str source;             /* the file's own copy, NUL-terminated */
	uint32_t *lines;           /* offset of the start of each line */
	uint32_t line_count;
	fy_str docstring;
	fy_script_class **classes; /* in order; names may repeat, that is not checked here */
	int class_count;
	fy_script_def **functions;
	int function_count;
};

/*
 * Reads a whole file into `arena`. `path` (of the archive) and `member` (code/__torch__/net.py) go into the
 * places of diagnostics and must live as long as those; `source` is copied. FY_MALFORMED with one diagnostic,
 * "script-syntax", "script-depth", "script-type" or "script-size" (over 1 GiB), at the first fault. Top-level
 * `import x` and `op_version_set = 1` are skipped.
 */
fy_status fy_script_parse(fy_arena *arena, fy_str source, const char *path, const char *member,
			  fy_diags *diags, fy_script_file **out);
/* The same for sources that may be small files' unpacked text: a tree is some hundred times as large as its
 * text. *budget is lowered by one for each token and each 16 bytes of text; "script-size" when it runs out.
 */
fy_status fy_script_parse_within(fy_arena *arena, fy_str source, const char *path, const char *member,
				 uint64_t *budget, fy_diags *diags, fy_script_file **out);
/* The place of a span, with the text of its line. */
fy_place fy_script_place(const fy_script_file *file, fy_span span);

/* ---- text: printer.c, printer_def.c
 * ------------------------------------------------------------------------------ */

/* All in the form PyTorch writes; parsing what was printed and printing again gives the same text. */
void fy_script_print(const fy_script_file *file, fy_buf *out);
void fy_script_print_class(const fy_script_class *class, fy_buf *out);
void fy_script_print_def(const fy_script_def *def, int level, fy_buf *out); /* level: of indentation */
void fy_script_print_stmt(const fy_stmt *stmt, int level, fy_buf *out);
void fy_script_print_expr(const fy_expr *expr, fy_buf *out);

#endif
