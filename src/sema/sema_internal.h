/* Shared by the files of sema/: the binder of one program and the scope of one function. */
#ifndef FY_SEMA_INTERNAL_H
#define FY_SEMA_INTERNAL_H

#include "sema/sema.h"

typedef struct fy_binder fy_binder;
typedef struct fy_scope fy_scope;

/* ---- what the binder keeps of the program ------------------------------------------------------------ */

/* A file of code, read when something in it is first named. */
typedef struct fy_source {
	const char *qualifier;
	fy_script_file *file;      /* NULL: absent or does not parse */
	fy_map classes, functions; /* name -> fy_script_class, fy_script_def */
} fy_source;

/* A function and where it comes from. `function` is first: see fy_bound_function_of. */
typedef struct fy_bound_function {
	fy_function function;
	const fy_script_def *def;
	int mark; /* of the search for recursion: 0 not seen, 1 under way, 2 done */
	struct fy_call_edge *calls;
} fy_bound_function;

/* A class and where it comes from. `class` is first: see fy_bound_class_of. */
typedef struct fy_bound_class {
	fy_class class;
	const fy_script_class *def; /* NULL: a C++ class */
	bool declared;              /* attributes and signatures of methods are there */
	fy_map members;             /* of an enum: name -> index + 1 */
} fy_bound_class;

/* A call whose callee is known. */
typedef struct fy_call_edge {
	fy_bound_function *callee;
	fy_span span;
	struct fy_call_edge *next;
} fy_call_edge;

/* An attribute or method of a value of unknown type: judged once all classes are known. */
typedef struct fy_pending {
	fy_bexpr *expr; /* FY_B_ATTRIBUTE or FY_B_METHOD; NULL: an attribute that is set */
	const char *name;
	const fy_script_file *file;
	fy_span span;
	bool in_method;
} fy_pending;

struct fy_binder {
	fy_arena *arena;
	const fy_archive *archive;
	fy_builtin_test is_builtin;
	fy_diags *diags;
	fy_program *program;
	fy_status status;
	int errors;
	uint64_t token_budget; /* of all files together */
	bool broken_source; /* some file does not parse: what it should define is not reported as unknown */
	fy_map sources, classes, functions, operators;
	fy_map missing; /* classes of pickled objects that were reported */
	size_t class_capacity, function_capacity, operator_capacity;
	fy_bound_function **bodies; /* in the order in which they were met */
	size_t body_count, body_capacity;
	fy_pending *pending;
	size_t pending_count, pending_capacity;
};

/* ---- diagnostics: program.c --------------------------------------------------------------------------- */

enum { FY_BIND_ERROR_LIMIT = 20 };
void fy_bind_error(fy_binder *b, const fy_script_file *file, fy_span span, const char *id, const char *format,
		   ...) FY_PRINTF(5, 6);
/* The same with another status and place; the newest diagnostic may get notes and hints. */
void fy_bind_error_at(fy_binder *b, fy_status status, const fy_place *place, const char *id,
		      const char *format, ...) FY_PRINTF(5, 6);
static inline bool fy_binder_stopped(const fy_binder *b)
{
	return b->errors >= FY_BIND_ERROR_LIMIT;
}

/* ---- files and qualified names: qualified.c ------------------------------------------------------------ */

/* NULL when there is none. Classes come undeclared, functions with their signature. */
fy_bound_class *fy_find_class(fy_binder *b, fy_str qualified);
fy_bound_function *fy_find_function(fy_binder *b, fy_str qualified);
static inline fy_bound_class *fy_bound_class_of(const fy_class *class)
{
	return (fy_bound_class *)(uintptr_t) class;
}
static inline fy_bound_function *fy_bound_function_of(const fy_function *function)
{
	return (fy_bound_function *)(uintptr_t)function;
}

/* ---- declarations: declare.c ----------------------------------------------------------------------------
 */

/* Attributes with their types, members, hooks, signatures of methods. Once; doesn't bind bodies. */
void fy_declare_class(fy_binder *b, fy_bound_class *class);
/* A function with its parameters and return type; the body is put in line for binding. */
fy_bound_function *fy_declare_function(fy_binder *b, const fy_script_file *file, const fy_script_def *def,
				       fy_class *owner, const char *qualified);
/* These declare the class when needed. NULL when absent. */
const fy_battribute *fy_find_attribute(fy_binder *b, fy_class *class, const char *name);
fy_function *fy_find_method(fy_binder *b, fy_class *class, const char *name);

/* ---- types: bound_types.c ---------------------------------------------------------------------------------
 */

/* Never NULL: unknown names are reported and become Any. */
const fy_btype *fy_bind_type(fy_binder *b, const fy_script_file *file, const fy_ts_type *type);
const fy_btype *fy_plain_type(fy_ts_kind kind); /* int, str ... */
const fy_btype *fy_class_type(fy_binder *b, fy_class *class);
const fy_btype *fy_compound_type(fy_binder *b, fy_ts_kind kind, const fy_btype *const *items, int count);
bool fy_btype_equal(const fy_btype *a, const fy_btype *b);
/* Class of a value of this type when that is certain, else NULL. NULL is fine. */
fy_class *fy_known_class(const fy_btype *type);

/* ---- what is certainly of the wrong type: type_check.c,
 * value_check.c------------------------------------------------ */

/* False when a value known to be `got` cannot stand where `wanted` is declared. NULL, on either side: nothing
 * is known, so it may. */
bool fy_type_may_take(const fy_btype *wanted, const fy_btype *got);
bool fy_schema_may_take(const fy_schema_type *wanted, const fy_btype *got);
/* Is `got`, which is certain, taken without a conversion? */
bool fy_schema_takes_surely(const fy_schema_type *wanted, const fy_btype *got);
/* Tensor, int, float, bool, complex, str, and lists of them. NULL is fine. */
bool fy_type_is_certain(const fy_btype *type);
void fy_buf_put_btype(fy_buf *out, const fy_btype *type);
/* Can a pickled value be that of an attribute of this type? value_check.c */
bool fy_value_fits(const fy_btype *type, const fy_pvalue *value);
/* Reports "`what` is declared T but is a value of type U". */
void fy_check_type(fy_scope *s, fy_span span, const char *what, const fy_btype *wanted, const fy_btype *got);
/* Reports "a value of type T `what`" when the value is known to be of one of the kinds. */
#define FY_KIND_BIT(kind) (1u << (kind))
#define FY_KINDS_NUMBER                                                                \
	(FY_KIND_BIT(FY_TS_INT) | FY_KIND_BIT(FY_TS_FLOAT) | FY_KIND_BIT(FY_TS_BOOL) | \
	 FY_KIND_BIT(FY_TS_COMPLEX) | FY_KIND_BIT(FY_TS_NUMBER))
void fy_refuse_kinds(fy_scope *s, fy_span span, const fy_bexpr *value, unsigned kinds, const char *what);

/* ---- scopes: scope.c
 * ----------------------------------------------------------------------------------------- */

typedef struct fy_slot {
	const char *name;
	bool assigned;        /* on every path to here */
	bool ever;            /* assigned anywhere so far */
	const fy_btype *type; /* of what was assigned; NULL: unknown */
	bool mixed;           /* assigned with different types: unknown for good */
	int stamp;            /* of the last comparison of arms that met it */
} fy_slot;

/* Statements being collected. */
typedef struct fy_stmts {
	fy_bstmt **items;
	size_t count, capacity;
} fy_stmts;

/* The variables of one function while its body is bound. */
struct fy_scope {
	fy_binder *b;
	const fy_script_file *file;
	fy_bound_function *function;
	fy_map names; /* -> slot + 1 */
	fy_map forks; /* name of a nested def -> fy_function */
	fy_slot *slots;
	size_t slot_count, slot_capacity;
	int *log; /* slots in the order in which they became assigned */
	size_t log_count, log_capacity;
	fy_stmts *stmts; /* where a statement may be put before the present one; NULL: nowhere */
	int stamp;
	int loops;               /* around the present statement */
	int depth;               /* of blocks as bound */
	const fy_btype *returns; /* what `return` gives; NULL: anything */
};

void fy_scope_begin(fy_scope *s, fy_binder *b, const fy_script_file *file, fy_bound_function *function);
/* Hands the slots over to the function. */
void fy_scope_end(fy_scope *s);
int fy_scope_slot(fy_scope *s, const char *name);       /* finds or makes one */
int fy_scope_find(const fy_scope *s, const char *name); /* -1: no such variable */
int fy_scope_hidden(fy_scope *s, const char *what);     /* a new one that no name leads to */
/* A variable of that name for an inner construct; returns the slot + 1 that the name had before, 0: none. */
int fy_scope_shadow(fy_scope *s, const char *name, int *slot);
void fy_scope_unshadow(fy_scope *s, const char *name, int before);
void fy_scope_assign(fy_scope *s, int slot, const fy_btype *type);
bool fy_scope_has(const fy_scope *s, const char *name); /* an assigned variable, or a nested def */

/* Definite assignment over branches: what became assigned in an arm is taken back at its end and kept apart.
 */
typedef struct fy_arm_slots {
	int *slots;
	size_t count;
	bool leaves; /* the arm ends in return, raise, break or continue */
} fy_arm_slots;
size_t fy_scope_mark(const fy_scope *s);
void fy_scope_take(fy_scope *s, size_t mark, fy_arm_slots *out); /* out NULL: forget */
/* Assigns what both arms assigned, where an arm that leaves counts as having assigned everything. */
void fy_scope_join(fy_scope *s, const fy_arm_slots *a, const fy_arm_slots *b);

/* ---- expressions: bind_expr.c, bind_name.c, bind_call.c, bind_form.c, bind_binary.c, bound_expr.c
 * ------------------------- */

fy_bexpr *fy_bexpr_new(fy_scope *s, fy_bexpr_kind kind, fy_span span);
/* Sets the height; must be called when an expression is complete. Reports what is too deep. */
fy_bexpr *fy_bexpr_done(fy_scope *s, fy_bexpr *expr);
fy_bexpr *fy_bexpr_literal(fy_scope *s, fy_span span, fy_arg literal);
fy_bexpr *fy_bexpr_slot(fy_scope *s, fy_span span, int slot);
fy_bexpr *fy_bexpr_attribute(fy_scope *s, fy_span span, fy_bexpr *base, const char *name);
/* An operator call on positional arguments; name must be known to PyTorch or the evaluator. */
fy_bexpr *fy_bexpr_operator(fy_scope *s, fy_span span, const char *name, fy_bexpr *const *items, int count);
/* Something that only Python has, "python::zip": an operator that is listed and never supported. */
fy_bexpr *fy_bexpr_unsupported(fy_scope *s, fy_span span, const char *name);
/* What stands for an expression that was reported. */
fy_bexpr *fy_bexpr_broken(fy_scope *s, fy_span span);
/* `value` put into a hidden variable before the present statement; itself when that is not possible. */
fy_bexpr *fy_bexpr_hoist(fy_scope *s, fy_bexpr *value);
/* The same when evaluating it twice would matter. */
fy_bexpr *fy_bexpr_once(fy_scope *s, fy_bexpr *value);

/* hint: type wanted of an empty list, dict or tolist(); may be NULL. Never NULL. */
fy_bexpr *fy_bind_expr(fy_scope *s, const fy_expr *expr, const fy_btype *hint);
/* The same where evaluation is conditional or repeated: nothing may be put before the statement. */
fy_bexpr *fy_bind_lazy(fy_scope *s, const fy_expr *expr, const fy_btype *hint);
fy_bexpr *fy_bind_name(fy_scope *s, const fy_expr *expr);
fy_bexpr *fy_bind_attribute(fy_scope *s, const fy_expr *expr);
fy_bexpr *fy_bind_binary(fy_scope *s, fy_binary_sign op, fy_span span, fy_bexpr *left, fy_bexpr *right);
fy_bexpr *fy_bind_chain(fy_scope *s, const fy_expr *expr);
fy_bexpr *fy_bind_call(fy_scope *s, const fy_expr *expr, const fy_btype *hint);
/* Calls of names of the language, such as annotate(...) and len(...); NULL when `name` is none. */
fy_bexpr *fy_bind_form(fy_scope *s, const fy_expr *expr, const char *name);
/* Positional and keyword arguments of a call, from `first` on, into `out`. */
void fy_bind_arguments(fy_scope *s, fy_bexpr *out, const fy_expr *call, int first);
/* The method `name` of a known class called with the arguments in `out`, or NULL when it has none. */
fy_bexpr *fy_bind_magic(fy_scope *s, fy_span span, const char *name, fy_bexpr *base, fy_bexpr *const *items,
			int count);
/* Ties a call that is complete to its callee: checks arity and keywords and remembers who calls whom. */
void fy_bind_callee(fy_scope *s, const fy_bexpr *call, const fy_function *callee, int given_self);
fy_bexpr *fy_bind_augmented(fy_scope *s, fy_binary_sign op, fy_span span, fy_bexpr *left, fy_bexpr *right);

/* A dotted name from the roots torch, ops, __torch__ and CONSTANTS. */
typedef enum fy_dotted_kind {
	FY_DOTTED_NONE,     /* another root */
	FY_DOTTED_OPERATOR, /* name */
	FY_DOTTED_CLASS,
	FY_DOTTED_FUNCTION,
	FY_DOTTED_MEMBER, /* class, index: of an enum */
	FY_DOTTED_NEW,    /* C.__new__ */
	FY_DOTTED_BROKEN, /* was reported */
} fy_dotted_kind;

typedef struct fy_dotted {
	fy_dotted_kind kind;
	const char *name;
	fy_class *class;
	fy_function *function;
	int index;
	int rest; /* how many of the trailing names are attributes of it */
} fy_dotted;
fy_dotted fy_bind_dotted(fy_scope *s, const fy_expr *expr);

/* ---- statements: bind_stmt.c, bind_loop.c, bind_target.c
 * --------------------------------------------------------------------- */

/* Binds the body of a function whose signature is declared. */
void fy_bind_body(fy_binder *b, fy_bound_function *function);
/* Appends a bound statement. */
fy_bstmt *fy_stmt_add(fy_scope *s, fy_bstmt_kind kind, fy_span span);
/* A block being collected and the one around it. */
typedef struct fy_open_block {
	fy_stmts stmts, *outer;
} fy_open_block;
void fy_block_begin(fy_scope *s, fy_open_block *b);
void fy_block_end(fy_scope *s, fy_open_block *b, fy_bblock *out);
/* Binds statements into the open block. What follows one that leaves the block can't run and is not bound.
 * True: the block is left. */
bool fy_bind_suite_items(fy_scope *s, const fy_suite *suite);
void fy_bind_while(fy_scope *s, const fy_stmt *stmt);
void fy_bind_for(fy_scope *s, const fy_stmt *stmt);
void fy_bind_assignment(fy_scope *s, const fy_stmt *stmt);
void fy_bind_augmentation(fy_scope *s, const fy_stmt *stmt);
void fy_bind_deletion(fy_scope *s, const fy_stmt *stmt);
/* A target with the type of what it gets; assigns its slots. */
void fy_bind_target(fy_scope *s, const fy_expr *expr, const fy_btype *type, fy_btarget *out);
fy_btarget fy_slot_target(fy_span span, int slot);
fy_bstmt *fy_assign_slot(fy_scope *s, fy_span span, int slot, fy_bexpr *value);

/* ---- operators: operators.c, schema_check.c
 * ------------------------------------------------------------------------ */

/* Notes one use of an operator and returns its name as the program keeps it. */
const char *fy_use_operator(fy_binder *b, const char *name, const fy_script_file *file, fy_span span);
/* Is there such an operator in PyTorch or the evaluator? */
bool fy_operator_known(const fy_binder *b, const char *name);
/* Completes an FY_B_OPERATOR whose arguments are set: name, schemas, upgrader, checks. Reports unknown names.
 */
void fy_settle_operator(fy_binder *b, const fy_script_file *file, bool in_method, fy_bexpr *expr,
			const char *name);
/* Do the arguments of `expr` fit a schema of the set? Reports when they don't; else gives the type of the
 * result, NULL when that is not certain. */
const fy_btype *fy_check_schemas(fy_binder *b, const fy_script_file *file, const fy_bexpr *expr,
				 fy_schema_set set);
/* Fills `supported` of every operator in use. */
void fy_settle_operators(fy_binder *b);

/* ---- checks of the whole: late_checks.c, state_check.c
 * ---------------------------------------------------------------- */

void fy_add_pending(fy_scope *s, fy_bexpr *expr, const char *name, fy_span span);
void fy_check_pending(fy_binder *b);
void fy_check_recursion(fy_binder *b);
/* Finds the classes of all pickled objects; afterwards, once all is declared, compares their states. */
void fy_find_pickled_classes(fy_binder *b);
void fy_check_pickled_states(fy_binder *b);

#endif
