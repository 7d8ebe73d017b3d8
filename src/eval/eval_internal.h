/* Shared by the files of eval/: run-time values, tensor variables over cells, the journal and the evaluator.
 */
#ifndef FY_EVAL_INTERNAL_H
#define FY_EVAL_INTERNAL_H

#include "eval/eval.h"

/* ---- values: ivalue.c ------------------------------------------------------------------------------- */

typedef enum fy_ikind {
	FY_I_UNSET, /* slot never assigned */
	FY_I_NONE,
	FY_I_BOOL,
	FY_I_INT,
	FY_I_FLOAT,
	FY_I_COMPLEX,
	FY_I_SYMBOL, /* number that depends on data: a 0-d SSA value */
	FY_I_STR,
	FY_I_DEVICE, /* str */
	FY_I_TENSOR,
	FY_I_LIST,
	FY_I_TUPLE,
	FY_I_DICT,
	FY_I_OBJECT,
	FY_I_ENUM,
	FY_I_FUNCTION,
	FY_I_UNINITIALIZED, /* placeholder that is never read */
	FY_I_POISON,        /* cannot be known; reading it is an error */
} fy_ikind;

typedef struct fy_istr fy_istr;
typedef struct fy_iseq fy_iseq;
typedef struct fy_idict fy_idict;
typedef struct fy_iobject fy_iobject;
typedef struct fy_ienum fy_ienum;
typedef struct fy_var fy_var;
typedef struct fy_poison fy_poison;

typedef struct fy_ivalue {
	fy_ikind kind;
	union {
		bool b;
		int64_t i;
		double f;
		struct {
			double re, im;
		} c;
		fy_value *symbol;
		fy_istr *s;
		fy_var *t;
		fy_iseq *seq;
		fy_idict *dict;
		fy_iobject *object;
		fy_ienum *member;
		fy_function *function;
		const fy_poison *poison;
	};
} fy_ivalue;

struct fy_istr {
	int refs;
	size_t len;
	char data[];
};

/* Objects that may hold others stand in a list of the evaluator: what cycles keep alive is freed at its end.
 * First in its owner. */
typedef struct fy_ilink {
	struct fy_ilink *next, *prev;
	fy_ikind kind; /* FY_I_LIST, FY_I_DICT or FY_I_OBJECT: what it is in */
} fy_ilink;

/* List or tuple. */
struct fy_iseq {
	fy_ilink link;
	int refs;
	uint64_t birth;
	fy_class *class;         /* NamedTuple */
	fy_ts_kind element;      /* declared element kind of a list, FY_TS_ANY when unknown: tells empty lists
				    apart */
	const fy_poison *lost;   /* identity lost at a merge: may be read, not written */
	const fy_poison *poison; /* contents could not be merged */
	fy_ivalue *items;
	int64_t count;
	size_t capacity;
	fy_var *grown; /* a list whose length depends on data: its elements as rows; `items` is empty then */
	bool of_numbers; /* its rows are numbers */
};

typedef struct fy_ientry {
	fy_ivalue key, value;
} fy_ientry;

struct fy_idict {
	fy_ilink link;
	int refs;
	uint64_t birth;
	const fy_poison *lost, *poison;
	fy_ientry *items; /* insertion order */
	int64_t count;
	size_t capacity;
	uint32_t *slots; /* hash table of indices + 1 over the first `indexed` items, made when there are many
			  */
	size_t slot_count;
	int64_t indexed;
};

struct fy_iobject {
	fy_ilink link;
	int refs;
	uint64_t birth;
	fy_class *class;
	const char *path;        /* module path, NULL for objects made by the program */
	const fy_pvalue *custom; /* state of a C++ class object */
	const fy_poison *lost;   /* identity lost at a merge: may be read, not written */
	fy_ivalue *attributes;   /* one per class attribute */
};

struct fy_ienum {
	int refs;
	fy_class *class;
	int index;
};

/* Why a value is not to be had: two arms of a branch disagree, or its operator is not supported. */
struct fy_poison {
	const char *what;
	fy_place place;
	int ordinal;      /* of the If that could be split; -1: none */
	bool loop;        /* the place is a loop, not a branch */
	bool peel;        /* the ordinal is of a loop whose first round could be peeled off */
	bool unsupported; /* reported already */
};

fy_ivalue fy_inone(void);
fy_ivalue fy_ibool(bool b);
fy_ivalue fy_iint(int64_t i);
fy_ivalue fy_ifloat(double f);
fy_ivalue fy_icomplex(double re, double im);
fy_ivalue fy_isymbol(fy_value *value);
fy_ivalue fy_istring(const char *text, size_t len);
fy_ivalue fy_ipoison(const fy_poison *poison);
fy_ivalue fy_itensor(fy_var *var); /* takes the reference */
fy_ivalue fy_iref(fy_ivalue value);
void fy_iunref(fy_ivalue value);
const char *fy_ikind_name(fy_ivalue value);
bool fy_inumber(fy_ivalue value);                          /* bool, int or float, known or symbolic */
fy_dtype fy_inumber_dtype(fy_ivalue number);               /* FY_BOOL, FY_I64 or FY_F64 */
bool fy_iseq_like(fy_ivalue value);                        /* list or tuple */
bool fy_iequal(fy_ivalue a, fy_ivalue b);                  /* known values; objects by identity */
bool fy_iidentical(fy_ivalue a, fy_ivalue b);              /* same object or equal known scalar */
void fy_iprint(fy_ivalue value, fy_buf *out, bool quoted); /* as TorchScript's str() */

typedef struct fy_eval fy_eval;
fy_ivalue fy_iseq_new(fy_eval *ev, fy_ikind kind, fy_iseq **out, int64_t capacity);
void fy_iseq_push(fy_iseq *seq, fy_ivalue value); /* takes the reference; no journal */
fy_ivalue fy_idict_new(fy_eval *ev, fy_idict **out);
fy_ivalue *fy_idict_find(fy_idict *dict, fy_ivalue key);           /* NULL: absent */
void fy_idict_put(fy_idict *dict, fy_ivalue key, fy_ivalue value); /* takes both; no journal */
void fy_idict_moved(fy_idict *dict); /* after items were taken away or replaced */
fy_ivalue fy_iobject_new(fy_eval *ev, fy_class *class, const char *path);
/* Frees what is left of an evaluation: containers that hold each other. */
void fy_ireap(fy_eval *ev);

/* ---- tensor variables: variable.c, write.c ------------------------------------------------------------ */

/* What a step gave when it was last read. */
typedef struct fy_reading {
	const struct fy_cell *cell;
	uint64_t version; /* of the cell */
	const fy_block *block;
	fy_value *value;
} fy_reading;

/* One step of a chain of views: `schema` applied with `args`, whose argument `of` is the step before. */
typedef struct fy_step {
	const struct fy_step *parent;
	const fy_schema *schema;
	const fy_arg *args; /* in the arena of the evaluator, as in a graph; argument `of` is a placeholder */
	int of, item;       /* item: which element when that argument is a list of tensors; else -1 */
	int result;         /* which result of the call */
	const fy_type *types; /* of all its results */
	int type_count;
	const fy_tensor *geometry; /* what this step gives; without data */
	const fy_origin *origin;
	fy_reading *reading; /* so that long chains are recorded once */
} fy_step;

/* What several variables may share: the storage of a symbolic tensor. Content is a value or a constant. */
typedef struct fy_cell {
	int refs;
	uint64_t birth;
	uint64_t version;      /* never the same number twice in one evaluation */
	fy_tensor *base;       /* geometry of the whole; data is not looked at */
	fy_value *value;       /* NULL: constant */
	fy_tensor *constant;   /* same geometry as base */
	const fy_poison *lost; /* identity lost at a merge: may be read, not written */
	const char *name;      /* of a parameter or buffer, for the report of state that was written */
	bool written;
} fy_cell;

/*
 * A tensor as the program sees it. Running: `tensor` with data, cell NULL. Capturing: a view over a cell;
 * `tensor` is its geometry, with data exactly when cell->constant has them and version is the cell's.
 */
struct fy_var {
	int refs;
	fy_tensor *tensor;
	fy_cell *cell;
	const fy_step *step; /* NULL: the whole cell */
	uint64_t version;    /* of the cell when `value` or the data of `tensor` were read */
	fy_value *value;     /* cached, valid while its block is open */
	fy_block *block;
	const char *name; /* weight name, or NULL */
};

fy_var *fy_var_concrete(fy_tensor *tensor);                                /* takes the reference */
fy_var *fy_var_constant(fy_eval *ev, fy_tensor *tensor, const char *name); /* takes the reference; own cell */
fy_var *fy_var_symbolic(fy_eval *ev, fy_tensor *meta, fy_value *value);    /* takes the reference; own cell */
fy_var *fy_var_view(fy_var *of, const fy_step *step, fy_tensor *geometry); /* takes geometry */
fy_var *fy_var_whole(fy_var *of);                                          /* all of its cell */
fy_var *fy_var_ref(fy_var *var);
void fy_var_unref(fy_var *var);
/* Wraps fresh data: concrete when running, constant when capturing. Takes the reference. */
fy_var *fy_var_new(fy_eval *ev, fy_tensor *tensor);
/* Data when known now (refreshes views of constants), else NULL. Borrowed from the variable. */
fy_tensor *fy_var_data(fy_eval *ev, fy_var *var);
/* Geometry and, when known, data. Borrowed. Never NULL. */
fy_tensor *fy_var_tensor(fy_eval *ev, fy_var *var);
/* The SSA value in the current block, recording what is needed. NULL after an error. */
fy_value *fy_var_value(fy_eval *ev, fy_var *var);
/* What the chain of views gives on the present content of the cell, recorded anew. */
fy_value *fy_step_value(fy_eval *ev, const fy_step *step, const fy_cell *cell);
/* Geometry alone, in the arena: never counted. */
fy_tensor *fy_geometry_copy(fy_arena *arena, const fy_tensor *tensor);
/* Writes `by` (same shape and dtype) into var and so into everything that shares its cell. */
fy_status FY_MUST_USE fy_var_write(fy_eval *ev, fy_var *var, fy_var *by);
void fy_cell_unref(fy_cell *cell);

/* ---- journal: journal.c ---------------------------------------------------------------------------------
 */

typedef enum fy_where_kind { FY_AT_SLOT, FY_AT_ATTRIBUTE, FY_AT_CELL, FY_AT_LIST, FY_AT_DICT } fy_where_kind;

/* A mutable place. */
typedef struct fy_where {
	fy_where_kind kind;
	void *owner;   /* frame, object, cell, list, dict */
	int64_t index; /* slot, attribute */
} fy_where;

/* What a place holds: a value, the content of a cell, or the items of a list (keys and values of a dict). */
typedef struct fy_content {
	fy_ivalue value;
	fy_value *ssa;
	fy_tensor *constant;
	fy_ivalue *items;
	int64_t count;
	fy_var *grown;                  /* of a list */
	const fy_poison *lost, *poison; /* of a cell, list or dict */
} fy_content;

/* A place that changed, with what it held before and after. */
typedef struct fy_change {
	fy_where where;
	fy_content before, after;
} fy_change;

typedef struct fy_changes {
	fy_change *items;
	size_t count, capacity;
	fy_map places; /* where -> index + 1 */
} fy_changes;

typedef struct fy_journal {
	struct fy_journal *outer;
	uint64_t start; /* things born later need no journal */
	fy_changes log; /* after is unused */
} fy_journal;

/* One activation of a function. */
typedef struct fy_frame {
	struct fy_frame *caller;
	uint64_t birth;
	const fy_function *function;
	fy_ivalue *slots;
	bool returned;
	fy_ivalue result;
} fy_frame;

void fy_journal_begin(fy_eval *ev, fy_journal *journal);
/* Undoes everything since begin and says what had changed. */
void fy_journal_rollback(fy_eval *ev, fy_journal *journal, fy_changes *changes);
/* Must be called before a place changes. */
void fy_journal_touch(fy_eval *ev, fy_where_kind kind, void *owner, int64_t index, uint64_t birth);
fy_content fy_where_get(fy_where where);                                   /* with references */
void fy_where_set(fy_eval *ev, fy_where where, const fy_content *content); /* touches; copies references */
fy_content fy_content_ref(const fy_content *content);
void fy_content_unref(fy_content *content);
void fy_changes_release(fy_changes *changes);
const fy_change *fy_changes_find(const fy_changes *changes, fy_where where);
/* The two mutations that do not go through fy_where_set. */
void fy_slot_set(fy_eval *ev, fy_frame *frame, int slot, fy_ivalue value);          /* takes the reference */
void fy_attribute_set(fy_eval *ev, fy_iobject *object, int index, fy_ivalue value); /* takes the reference */

/* ---- the evaluator
 * ------------------------------------------------------------------------------------------ */

/* An If on data that this run must follow one way to the end of the program, or a loop whose first round it
 * peels. */
typedef struct fy_forced {
	int ordinal;
	int arm;
	bool assumed;  /* the other arm raises: no If at all */
	fy_node *node; /* made by the first run that gets there */
	fy_place place;
} fy_forced;

/* A loop with a known number of rounds that is being unrolled. */
typedef struct fy_unroll {
	struct fy_unroll *outer;
	const fy_bstmt *stmt; /* NULL: it can be no loop of the graph */
	int64_t rounds, trips;
	int64_t made; /* nodes when it began */
} fy_unroll;

struct fy_eval {
	const fy_program *program;
	fy_arena *arena; /* of the capture or run */
	fy_diags *diags;
	const fy_eval_options *options;
	fy_graph *graph; /* NULL: running on data */
	fy_block *block; /* where nodes go */
	fy_journal *journal;
	uint64_t serial; /* birth and version numbers */
	fy_frame *frame;
	const char *module; /* path of the module whose method runs */
	fy_span span;       /* of the statement or call under way */
	int depth;          /* of calls */
	int nesting;        /* of values that are being merged or compared */
	fy_eval_limits limits;
	int64_t steps;
	int64_t folded;    /* elements looked at to compute constants */
	fy_unroll *unroll; /* the innermost loop that is being unrolled */
	fy_map *rolled;    /* loops that must not be unrolled, by statement; NULL: none is known */
	bool again;        /* a loop was added to `rolled`: the capture has to begin anew */
	fy_ilink live;     /* all lists, tuples, dicts and objects */
	int ifs;           /* Ifs and loops on data met so far */
	int next_input;    /* graph inputs met so far in this run */
	bool raised;       /* the program raised: `raise_message`, not a diagnostic yet */
	char *raise_message;
	fy_place raise_place;
	const fy_poison *poisoned; /* a poison was read: not a diagnostic yet */
	fy_place poison_place;     /* where it was read */
	const char *poison_name;   /* by which name; NULL: none */
	int splittable; /* ordinal of the outermost If whose arm is tried; -1: none, or in a loop on data */
	bool broke, continued; /* break or continue under way */
	fy_forced *forced;
	int forced_count;
	fy_map reported; /* unsupported operators and warnings said already */
	bool unsupported;
	const char *state_written; /* an attribute of a module that was set */
	fy_map built;              /* instantiated pickle values by address */
	fy_ivalue root;
	fy_map names;    /* canonical names of the archive's tensors */
	fy_map storages; /* cells by storage, for those that several tensors share */
	uint64_t random;
};

#define FY_CAPTURING(ev) ((ev)->graph != NULL)

fy_place fy_eval_place(const fy_eval *ev);
const fy_origin *fy_eval_origin(fy_eval *ev);
/* The program raises: no diagnostic yet, because another arm may go on. Returns FY_USAGE. */
fy_status fy_eval_raise(fy_eval *ev, const char *format, ...) FY_PRINTF(2, 3);
fy_status fy_eval_poisoned(fy_eval *ev, const fy_poison *poison);
/* The same for what the program reads by a name. */
fy_status fy_eval_poisoned_name(fy_eval *ev, const fy_poison *poison, const char *name);
/* Malformed at run time, e.g. a value of a kind that an operator cannot take. */
fy_status fy_eval_error(fy_eval *ev, fy_status status, const char *id, const char *format, ...)
	FY_PRINTF(4, 5);

/* ---- limits: limits.c -----------------------------------------------------------------------------------
 */

void fy_limits_begin(fy_eval *ev);
fy_status FY_MUST_USE fy_eval_step(fy_eval *ev);                 /* one statement: asks for everything */
fy_status FY_MUST_USE fy_eval_spend(fy_eval *ev, int64_t steps); /* work that is not one statement */
fy_status FY_MUST_USE fy_eval_check_stack(fy_eval *ev);          /* before recursion */
/* Is the function's tree of calls of a size that can be run? */
fy_status FY_MUST_USE fy_eval_check_calls(fy_eval *ev, const fy_function *function);
/* May the present block hold one more block? */
fy_status FY_MUST_USE fy_eval_check_blocks(fy_eval *ev);
/* A list or text of that size is about to be made. */
fy_status FY_MUST_USE fy_eval_room(fy_eval *ev, int64_t items);
/* Nested and shared containers: may they be walked as a tree? What walks them asks first. */
fy_status FY_MUST_USE fy_eval_bounded(fy_eval *ev, fy_ivalue value);
/* One level deeper into values, in recursion that cannot fail; false: too deep. Taken back by ev->nesting--.
 */
bool fy_eval_nest(fy_eval *ev);
/* May it be the key of a dict? */
fy_status FY_MUST_USE fy_eval_key(fy_eval *ev, fy_ivalue key);
/* Around a loop whose rounds are simply run, and after each round. */
void fy_unroll_begin(fy_eval *ev, fy_unroll *u, const fy_bstmt *stmt, int64_t trips);
fy_status FY_MUST_USE fy_unroll_round(fy_eval *ev, fy_unroll *u);
void fy_unroll_end(fy_eval *ev, fy_unroll *u);
bool fy_unroll_refused(const fy_eval *ev, const fy_bstmt *stmt); /* must it be a loop of the graph? */

/* Arguments of a call as evaluated, borrowed. */
typedef struct fy_args {
	fy_ivalue *items;
	int count;
	const char *const *names;
	fy_ivalue *values;
	int keyword_count;
	const char *name; /* of the operator that is called; set by fy_builtin_call */
} fy_args;

/* expressions.c, statements.c, functions.c */
fy_status FY_MUST_USE fy_eval_expr(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_block(fy_eval *ev, const fy_bblock *block);
/* For a function that ends with an error, after a return perhaps: lets go of its result. Gives back `status`.
 */
void fy_frame_forget_result(fy_frame *frame); /* as if nothing had been returned */
fy_status FY_MUST_USE fy_frame_fail(fy_frame *frame, fy_status status);
/* Takes the references of args. */
fy_status FY_MUST_USE fy_eval_function(fy_eval *ev, const fy_function *function, fy_ivalue *args,
				       int arg_count, fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_assign(fy_eval *ev, const fy_btarget *target,
				     fy_ivalue value); /* takes value */
/* Positional and keyword arguments to parameter order, defaults evaluated. Takes the references of args. */
fy_status FY_MUST_USE fy_eval_call(fy_eval *ev, const fy_function *function, fy_ivalue *args, int arg_count,
				   const char *const *names, fy_ivalue *values, int keyword_count,
				   fy_ivalue *out);

/* subscript.c: t[1:2, None, ..., mask] and lists, of foreign sources; and writing to them. */
fy_status FY_MUST_USE fy_eval_subscript(fy_eval *ev, fy_ivalue base, const fy_bexpr *expr, fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_subscript_set(fy_eval *ev, const fy_bexpr *expr,
					    fy_ivalue value); /* value borrowed */
fy_status FY_MUST_USE fy_eval_tolist(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out);
/* upgrade.c: operators whose meaning changed, in archives of older versions. */
fy_status FY_MUST_USE fy_eval_upgraded(fy_eval *ev, const fy_bexpr *expr, const fy_args *args,
				       fy_ivalue *out);

/* convert.c: declared places (parameters, returns, annotate, typed assignment). Takes and gives a reference.
 */
fy_status FY_MUST_USE fy_eval_convert(fy_eval *ev, const fy_btype *type, fy_ivalue *value);
bool fy_eval_is_instance(const fy_btype *type, fy_ivalue value);
/* Tensor of one element -> number, known or symbolic. kind: FY_I_INT, FY_I_FLOAT, FY_I_BOOL, or FY_I_NONE for
 * the tensor's own kind. */
fy_status FY_MUST_USE fy_eval_to_number(fy_eval *ev, fy_ivalue value, fy_ikind kind, fy_ivalue *out);
/* A known bool, or *symbol when it depends on data. */
fy_status FY_MUST_USE fy_eval_condition(fy_eval *ev, fy_ivalue value, bool *known, fy_value **symbol);

/* match.c: overload of an operator for run-time arguments, and the arguments in schema order (ivalues;
 * borrowed). */
typedef struct fy_match {
	const fy_schema *schema;
	fy_ivalue *args; /* schema order; FY_I_UNSET where the default applies. In the scratch arena */
	bool *owned;     /* args made by conversion */
} fy_match;
fy_status FY_MUST_USE fy_match_call(fy_eval *ev, const char *name, fy_schema_set set, fy_ivalue *args,
				    int arg_count, const char *const *names, fy_ivalue *values,
				    int keyword_count, fy_arena *scratch, fy_match *match);

/* invoke.c: one operator call. Arguments are borrowed. */
fy_status FY_MUST_USE fy_eval_operator(fy_eval *ev, const char *name, fy_schema_set set, fy_ivalue *args,
				       int arg_count, const char *const *names, fy_ivalue *values,
				       int keyword_count, fy_ivalue *out);
/* The same with a schema that has a record, arguments in schema order. */
fy_status FY_MUST_USE fy_eval_schema(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args,
				     fy_ivalue *out);
/* in_place.c. `twin` is the functional form of the matched schema, whose argument `written` gets its (first)
 * result. */
fy_status FY_MUST_USE fy_eval_in_place(fy_eval *ev, const fy_match *match, const fy_schema *twin, int written,
				       fy_ivalue *out);
/* As fy_eval_schema, with what while capturing cannot be taken as it is. */
fy_status FY_MUST_USE fy_eval_functional(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args,
					 fy_ivalue *out);
/* batch_state.c: what the call changes without a mark in its schema. */
fy_status FY_MUST_USE fy_eval_batch_state(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args);
/* A tensor operator by full schema name with arguments in schema order (ivalues, borrowed). First result. */
fy_status FY_MUST_USE fy_eval_tensor_op(fy_eval *ev, const char *full, const fy_ivalue *args, int arg_count,
					fy_ivalue *out);
/* Records a node with value arguments and wraps nothing: for scalar arithmetic and control flow. */
fy_value *fy_eval_record(fy_eval *ev, const char *full, const fy_arg *args, int arg_count,
			 const fy_type *type);
/* A number or tensor as SSA value; constants become graph constants. */
fy_value *fy_eval_ssa(fy_eval *ev, fy_ivalue value);

/* builtins.c and its families. *handled false: not for these kinds, try the tensor operators. Arguments
 * borrowed. */
typedef fy_status (*fy_builtin_fn)(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled);
typedef struct fy_builtin {
	const char *name;
	fy_builtin_fn run;
} fy_builtin;
/* grown.c: lists whose length depends on data. */
bool fy_grown_any(const fy_args *args); /* is one among the arguments? */
fy_status FY_MUST_USE fy_grown_call(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out);
fy_status fy_grown_refuse(fy_eval *ev, const char *name);
fy_status FY_MUST_USE fy_grown_item(fy_eval *ev, const fy_iseq *list, fy_ivalue index, fy_ivalue *out);
fy_ivalue fy_grown_new(fy_eval *ev, fy_ivalue rows, bool of_numbers); /* takes the reference of rows */
/* The one type of all elements, which is *row when that has a shape; false: they have no one type. */
bool fy_rows_type(const fy_ivalue *items, int64_t count, fy_type *row);
fy_status FY_MUST_USE fy_rows_stack(fy_eval *ev, const fy_ivalue *items, int64_t count, const fy_type *row,
				    fy_ivalue *out);
/* Tries every family that has the name. */
fy_status FY_MUST_USE fy_builtin_call(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out,
				      bool *handled);
extern const fy_builtin fy_builtins_number[], fy_builtins_number_function[], fy_builtins_list[],
	fy_builtins_list_edit[], fy_builtins_dict[], fy_builtins_str[], fy_builtins_tensor[],
	fy_builtins_misc[]; /* each ends with name NULL */
/* Positional argument i, or keyword `name`; NULL when absent. */
const fy_ivalue *fy_args_get(const fy_args *args, int i, const char *name);
/* Arithmetic on a symbolic number: the tensor operator `full` on 0-d values, result a number of `dtype`. */
fy_status FY_MUST_USE fy_symbol_op(fy_eval *ev, const char *full, const fy_ivalue *args, int count,
				   fy_dtype dtype, fy_ivalue *out);

/* branch.c, loop.c: control flow on data. trip: the number of rounds, NULL for while; over: the list whose
 * elements the rounds go through, NULL for none. */
fy_status FY_MUST_USE fy_eval_if_data(fy_eval *ev, const fy_bstmt *stmt, fy_value *condition);
/* The number of the If or loop that begins, by which a later run may be told what to do with it; inside of
 * arms the number of the outermost If around. *forced: what this run was told, or NULL. */
int fy_eval_ordinal(fy_eval *ev, fy_forced **forced);
/* What was raised just now is taken never to happen: a warning, once per place. */
void fy_eval_assume(fy_eval *ev, const char *what);
/* Whether a return, break or continue ended what ran; it is as if it had not been. */
bool fy_eval_forget_jump(fy_eval *ev);
/* a where the condition holds, else b: one merged value of things that exist already. Poison when they do not
 * merge. */
fy_status FY_MUST_USE fy_eval_choose(fy_eval *ev, fy_value *condition, fy_ivalue a, fy_ivalue b,
				     fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_loop_data(fy_eval *ev, const fy_bstmt *stmt, const fy_ivalue *trip,
					const fy_iseq *over);

/* instantiate.c: pickled objects to run-time values. */
fy_status FY_MUST_USE fy_eval_instantiate(fy_eval *ev, const fy_pvalue *value, fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_constant(fy_eval *ev, int index, fy_ivalue *out);
fy_status FY_MUST_USE fy_eval_prepare(fy_eval *ev); /* root and names; runs __setstate__ where there is one */
void fy_eval_finish(fy_eval *ev);

/* leaves.c */
fy_status FY_MUST_USE fy_eval_arguments(fy_eval *ev, const fy_function *method, const fy_leaf *inputs,
					int input_count, fy_ivalue *args);
typedef struct fy_leaf_list {
	const char **names;
	fy_ivalue *values; /* borrowed */
	int count;
	size_t capacity;
} fy_leaf_list;
fy_status FY_MUST_USE fy_eval_leaves(fy_eval *ev, fy_ivalue value, const char *path, fy_leaf_list *list);

#endif
