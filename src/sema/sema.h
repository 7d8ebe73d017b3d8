/*
 * sema: binds a program. Names to slots with definite assignment, attributes and methods to what exists,
 * callees to their schema sets, keyword names and arity, for all methods and not only the one that will run.
 * This is where malformed programs are refused. A binder, not a type checker: overloads are chosen when
 * running.
 */
#ifndef FY_SEMA_H
#define FY_SEMA_H

#include "archive/archive.h"
#include "ops/ops.h"
#include "script/script.h"

typedef struct fy_program fy_program;
typedef struct fy_class fy_class;
typedef struct fy_function fy_function;
typedef struct fy_bexpr fy_bexpr;
typedef struct fy_bstmt fy_bstmt;

/* ---- types ---------------------------------------------------------------------------------------- */

/* A declared type with its class names resolved. Kinds are those of the source (fy_ts_kind). */
typedef struct fy_btype fy_btype;
struct fy_btype {
	fy_ts_kind kind;
	int count;
	const fy_btype **items;
	fy_class *class;  /* FY_TS_NAMED: never NULL; C++ classes are `custom` */
	const char *name; /* of class */
};

/* ---- bound expressions ------------------------------------------------------------------------------ */

typedef enum fy_bexpr_kind {
	FY_B_LITERAL,   /* literal: NONE, BOOL, INT, FLOAT, COMPLEX, STR */
	FY_B_CONSTANT,  /* index into the archive's constants */
	FY_B_SLOT,      /* slot of a local variable */
	FY_B_ATTRIBUTE, /* base.name: attribute of an object, field of a NamedTuple, property of a tensor,
			   value or name of an enum member. What it is shows when running; names that no class
			   of the program and no tensor property has are refused here */
	FY_B_OPERATOR,  /* call: operator.name with its schema set */
	FY_B_METHOD,    /* call: (base).name(args): method of an object, else operator aten::name with base as
			   self */
	FY_B_FUNCTION,  /* call of a free function of the program */
	FY_B_CALL_VALUE,   /* call of a function held in a variable: base is the expression */
	FY_B_FUNCTION_REF, /* function used as a value */
	FY_B_NEW,          /* C.__new__(C): object without attributes */
	FY_B_CONSTRUCT,    /* C(args): NamedTuple, or __new__ and __init__ */
	FY_B_ENUM,         /* member of an Enum class */
	FY_B_LIST,         /* items; type (List[T]) when annotated */
	FY_B_TUPLE,        /* items */
	FY_B_DICT,         /* items: key, value, key, value ...; type when annotated */
	FY_B_INDEX,        /* base[items[0]] with one plain index */
	FY_B_SUBSCRIPT, /* base[items]: anything else; items may be FY_B_RANGE, FY_B_ELLIPSIS, NONE literals
			 */
	FY_B_RANGE,     /* start:stop:step as items[0..2], absent ones NULL; inside FY_B_SUBSCRIPT only */
	FY_B_ELLIPSIS,  /* inside FY_B_SUBSCRIPT only */
	FY_B_ANNOTATE,  /* annotate(type, base) */
	FY_B_CAST,      /* unchecked_cast(type, base): the value as it is */
	FY_B_UNINITIALIZED, /* uninitialized(type) */
	FY_B_ISINSTANCE, /* isinstance(base, types): type is the type, or a FY_TS_UNION of the alternatives */
	FY_B_FORK, /* fork(f): function: a nested def sharing the slots of its parent; or items as arguments
		    */
	FY_B_AND,  /* items[0] and items[1], lazily */
	FY_B_OR,
	FY_B_CONDITIONAL,   /* items: condition, then, otherwise */
	FY_B_COMPREHENSION, /* items: element, iterable; index: slot of the target */
	FY_B_TOLIST,        /* base.tolist(), type from the enclosing annotate */
} fy_bexpr_kind;

/* How deep bound expressions nest, so that anybody may walk them by recursion. Long sums are cut into pieces.
 */
enum { FY_BOUND_HEIGHT_LIMIT = 1600 };

typedef struct fy_bkeyword {
	const char *name;
	fy_bexpr *value;
} fy_bkeyword;

struct fy_bexpr {
	fy_bexpr_kind kind;
	fy_span span;
	fy_arg literal;
	int index;        /* slot, constant, or member of an enum */
	const char *name; /* attribute, method, or "aten::add" */
	fy_bexpr *base;
	fy_bexpr **items; /* also positional arguments */
	int count;
	fy_bkeyword *keywords;
	int keyword_count;
	const fy_btype *type;
	fy_class *class;
	fy_function *function;
	fy_schema_set schemas; /* FY_B_OPERATOR */
	const char *upgrade;   /* FY_B_OPERATOR inside a method of an archive whose version needs an upgrader
				  for it:   one of "div", "full", "linspace", "logspace"; else NULL */
	const fy_btype *known; /* what binding knows of the value's type; NULL: nothing */
	int height;            /* 1 + that of the highest expression inside: at most FY_BOUND_HEIGHT_LIMIT */
	void *cache;           /* for the evaluator: the overload chosen last at this call site */
};

/* ---- bound statements --------------------------------------------------------------------------------- */

typedef enum fy_bstmt_kind {
	FY_BS_ASSIGN, /* targets = value. One target: any value. `values` holds one per target when the source
			 wrote a parallel copy (all evaluated before any target changes) */
	FY_BS_UNPACK, /* a, b, = value: tuple or list unpack, counts must agree; also a, b = f() */
	FY_BS_EXPR,   /* value */
	FY_BS_IF,     /* value is the condition; body, otherwise */
	FY_BS_WHILE,  /* value is the condition; body */
	FY_BS_FOR,    /* target[0] in value; trip counts: value when is_range; body */
	FY_BS_WITH,   /* value is the context object, target[0] may be none; body */
	FY_BS_RETURN, /* value, NULL: None */
	FY_BS_RAISE,  /* value: the exception or message */
	FY_BS_ASSERT, /* value, values[0] the message or none */
	FY_BS_DELETE, /* del base[index]: target[0] of kind FY_BT_INDEX */
	FY_BS_BREAK,
	FY_BS_CONTINUE,
	FY_BS_PASS,
} fy_bstmt_kind;

typedef enum fy_btarget_kind {
	FY_BT_SLOT,
	FY_BT_ATTRIBUTE,
	FY_BT_INDEX,
	FY_BT_NESTED,
	FY_BT_STARRED
} fy_btarget_kind;

typedef struct fy_btarget fy_btarget;
struct fy_btarget {
	fy_btarget_kind kind;
	fy_span span;
	int slot;         /* FY_BT_SLOT, FY_BT_STARRED */
	const char *name; /* FY_BT_ATTRIBUTE */
	fy_bexpr *base; /* FY_BT_ATTRIBUTE: object. FY_BT_INDEX: a FY_B_INDEX or FY_B_SUBSCRIPT expression */
	const fy_btype *type; /* declared with x : T = e, else NULL */
	fy_btarget *items;    /* FY_BT_NESTED */
	int count;
};

typedef struct fy_bblock {
	fy_bstmt **items;
	int count;
} fy_bblock;

struct fy_bstmt {
	fy_bstmt_kind kind;
	fy_span span;
	fy_btarget *targets;
	int target_count;
	fy_bexpr *value;
	fy_bexpr **values; /* parallel copy: target_count of them; else NULL */
	bool is_range;     /* FY_BS_FOR over range(n) with one argument: value is n */
	fy_bblock body, otherwise;
};

/* ---- functions, classes, program ------------------------------------------------------------------------
 */

typedef struct fy_bparam {
	const char *name;
	const fy_btype *type; /* NULL: Tensor by default in foreign sources, self in methods */
	fy_bexpr *fallback;   /* default value or NULL */
	int slot;
} fy_bparam;

struct fy_function {
	const char *name;      /* forward */
	const char *qualified; /* __torch__.net.Net.forward */
	fy_class *owner;       /* NULL: free function */
	const fy_script_file *file;
	fy_span span;
	fy_bparam *params; /* self first in methods */
	int param_count;
	int slot_count;
	const char **slot_names; /* for diagnostics */
	const fy_btype *returns; /* NULL: not declared */
	fy_bblock body;
	int64_t calls;     /* made while it runs, those of its callees included, if each call in the source is
			      made once; INT64_MAX: more. Calls whose callee only running shows are not counted */
	bool is_fork_body; /* shares the slots of the function around it; slot_count 0 */
};

typedef struct fy_battribute {
	const char *name;
	const fy_btype *type;
	bool parameter, buffer;
} fy_battribute;

typedef struct fy_bmember {
	const char *name;
	fy_arg value;
} fy_bmember;

struct fy_class {
	const char *name; /* qualified: __torch__.net.___torch_mangle_3.Net */
	fy_class_base base;
	fy_battribute *attributes; /* fields of a NamedTuple */
	int attribute_count;
	fy_function **methods;
	int method_count;
	fy_bmember *members; /* Enum */
	int member_count;
	const char **pre_hooks, **hooks;
	int pre_hook_count, hook_count;
	bool custom; /* a C++ class (__torch__.torch.classes...): known by name only */
	const fy_script_file *file;
	fy_index attribute_names, method_names; /* for fy_class_attribute and fy_class_method */
};

/* An operator or class that the program uses and ferry cannot run, with the places of its first uses. */
typedef struct fy_used_operator {
	const char *name; /* "aten::conv2d" */
	bool known;       /* a PyTorch name */
	bool supported;   /* some record, builtin of the evaluator or in-place/out form of one serves it */
	int uses;
	fy_place first;
} fy_used_operator;

struct fy_program {
	fy_arena *arena;
	const fy_archive *archive;
	fy_class *root; /* class of the root object */
	fy_class **classes;
	int class_count;
	fy_index class_names; /* for fy_program_class */
	fy_function **functions;
	int function_count;
	fy_used_operator *operators; /* in order of first appearance */
	int operator_count;
};

/* Answers whether the evaluator itself implements a non-tensor operator ("aten::append"). Given by eval. */
typedef bool (*fy_builtin_test)(const char *name);

/*
 * Binds everything the pickled objects reach. FY_MALFORMED: syntax, unknown names, attributes or methods,
 * unassigned variables, wrong arity or keywords, unknown aten:: or prim:: names, bad CONSTANTS index, direct
 * recursion; several are reported in one run. Unsupported operators are not an error here: they are listed.
 */
fy_status FY_MUST_USE fy_program_bind(fy_program **out, fy_arena *arena, const fy_archive *archive,
				      fy_builtin_test is_builtin, fy_diags *diags);
fy_class *fy_program_class(const fy_program *program, const char *qualified); /* NULL when absent */
fy_function *fy_class_method(const fy_class *class, const char *name);        /* NULL when absent */
const fy_battribute *fy_class_attribute(const fy_class *class, const char *name);
fy_place fy_function_place(const fy_function *function, fy_span span);

#endif
