/*
 * ir: the one SSA graph. ATen and ONNX nodes live in the same structure, so that a half-lowered graph can
 * be printed, verified and run. Everything is allocated in the graph's arena; nothing is freed singly.
 */
#ifndef FY_IR_H
#define FY_IR_H

#include "tensor/tensor.h"

typedef struct fy_graph fy_graph;
typedef struct fy_block fy_block;
typedef struct fy_node fy_node;
typedef struct fy_value fy_value;

/* ---- types: ir_type.c ------------------------------------------------------------------------ */

typedef enum fy_type_kind {
	FY_TYPE_TENSOR,
	FY_TYPE_SCALAR, /* a Python number whose value depends on data: int (FY_I64), float (FY_F64) or bool.
			   ONNX sees a 0-d tensor */
	FY_TYPE_SEQUENCE, /* ONNX sequence of tensors of this dtype; of something else when there is an
			     element */
	FY_TYPE_OPTIONAL, /* ONNX optional, likewise */
	FY_TYPE_MAP,      /* ONNX map from this dtype to the element */
	FY_TYPE_SPARSE,   /* ONNX sparse tensor */
	FY_TYPE_OPAQUE,   /* result of an operator ferry has no record for */
} fy_type_kind;

typedef struct fy_type fy_type;
struct fy_type {
	fy_type_kind kind;
	fy_dtype dtype;
	bool has_shape; /* false: rank unknown (ONNX files only) */
	fy_shape shape;
	const fy_type *element; /* of nested types, else NULL; lives as long as the graph */
};

fy_type fy_type_of(const fy_tensor *tensor);
fy_type fy_type_tensor(fy_dtype dtype, const fy_shape *shape);
fy_type fy_type_scalar(fy_dtype dtype);
bool fy_type_eq(const fy_type *a, const fy_type *b);
bool fy_type_is_tensor(const fy_type *type); /* a tensor or a scalar */

/* ---- arguments: ir_type.c -------------------------------------------------------------------- */

/*
 * An argument of an operator or the value of an attribute. In a graph, tensors and data-dependent numbers
 * are FY_ARG_VALUE. While an operator is inferred or evaluated they are FY_ARG_TENSOR instead
 * (a data-dependent number is a 0-d tensor whose data may be unknown).
 */
typedef enum fy_arg_kind {
	FY_ARG_NONE,
	FY_ARG_BOOL,
	FY_ARG_INT,
	FY_ARG_FLOAT,
	FY_ARG_COMPLEX,
	FY_ARG_STR,
	FY_ARG_TENSOR,
	FY_ARG_VALUE,
	FY_ARG_LIST,
	FY_ARG_REF,  /* attributes in ONNX functions: the attribute `s` of whoever calls the function */
	FY_ARG_TYPE, /* attributes of ONNX: a type */
} fy_arg_kind;

typedef struct fy_arg fy_arg;
struct fy_arg {
	fy_arg_kind kind;
	char stated; /* attributes of ONNX: the kind in the file (fy_onnx_attr_kind), where `kind` does not
			tell: lists, REF */
	union {
		bool b;
		int64_t i;
		double f;
		struct {
			double re, im;
		} c;
		fy_str s;
		fy_tensor *t; /* borrowed */
		struct {
			fy_value *v;
			struct fy_use *use; /* in a node: the entry in v->uses, kept by edit.c */
		};
		const fy_type *type; /* of the graph, as those of values */
		struct {
			fy_arg *items;
			int count;
		} list;
	};
};

fy_arg fy_arg_none(void);
fy_arg fy_arg_bool(bool b);
fy_arg fy_arg_int(int64_t i);
fy_arg fy_arg_float(double f);
fy_arg fy_arg_str(const char *text); /* borrowed */
fy_arg fy_arg_tensor(fy_tensor *t);
fy_arg fy_arg_value(fy_value *v);
fy_arg fy_arg_list(fy_arg *items, int count);
fy_arg fy_arg_ints(fy_arena *arena, const int64_t *values, int count);

/* A named attribute of an ONNX node. A tensor attribute is FY_ARG_TENSOR (one reference held by the graph).
 */
typedef struct fy_attr {
	const char *name;
	fy_arg arg;
} fy_attr;

/* ---- values, nodes, blocks, graphs ----------------------------------------------------------- */

/* One place where a value is used: argument `arg` of `node` (lists are counted through), or result `arg` of
 * `block`. */
typedef struct fy_use {
	fy_node *node;   /* NULL when a block result */
	fy_block *block; /* NULL when a node argument */
	fy_arg *slot;    /* the very argument, inside lists too; NULL for a block result */
	int index;       /* of the block result */
	struct fy_use *next, *prev;
} fy_use;

/*
 * An SSA value. Exactly one of: defined by a node (def), parameter of a block (block), or constant
 * (tensor: initializer or folded constant, held with one reference by the graph).
 */
struct fy_value {
	int id;              /* dense, unique in the graph */
	int index;           /* which result of def or parameter of block */
	const fy_type *type; /* shared by all values of this type: fy_value_set_type changes it */
	const char *name;    /* ONNX name or weight name; NULL: none yet. Unique when set */
	fy_node *def;
	fy_block *block;
	fy_tensor *tensor;
	fy_use *uses;
};

/* Where a node came from. All borrowed from the program or the graph's arena; any may be NULL. */
typedef struct fy_origin {
	const char *module; /* encoder.stages.0.conv1 */
	const char *file;   /* code/__torch__/net.py */
	const char *text;   /* the source line */
	int line;
	int order; /* position in execution order, from 1 */
} fy_origin;

struct fy_node {
	const char *op;     /* "aten::add.Tensor" (overload after the dot, none for the empty one) or
			       "onnx::Conv";     foreign ONNX domains: "com.microsoft::FusedConv" */
	const void *record; /* the operator's record, cached by whoever looked it up: ops/ or onnx/ */
	const char *name;   /* ONNX node name; NULL: none yet */
	fy_arg *args;       /* ATen: one per schema argument, in order. ONNX: inputs, VALUE or NONE */
	fy_attr *attrs;     /* ONNX only */
	fy_value **results;
	fy_block **blocks; /* If: then, else. Loop, Scan: body. Others: attributes in order of the file */
	int arg_count, attr_count, result_count, block_count;
	fy_origin origin;
	fy_block *block; /* the one that holds it; NULL once erased */
	fy_node *prev, *next;
};

struct fy_block {
	fy_graph *graph;
	fy_node *owner; /* NULL for the main block and bodies of functions */
	const char *name;
	const char *attr; /* ONNX: the attribute that holds it, where the operator does not say; else NULL */
	fy_value **params;
	int param_count, param_capacity;
	fy_value **results;
	struct fy_use **result_uses; /* in step with results, kept by edit.c */
	int result_count, result_capacity;
	fy_node *first, *last;
};

typedef struct fy_metadata {
	const char *key, *value;
} fy_metadata;

/* A function that an ONNX file defines. Nodes call it by its name; nothing may call itself. */
typedef struct fy_local_function {
	const char *name; /* "local::f", or "local::f:overload" */
	const char *doc;
	const char **attrs; /* names of attributes that every call must have */
	int attr_count;
	fy_attr *defaults; /* attributes that a call may have */
	int default_count;
	int opset;            /* of the onnx domain in the body; 0: not imported */
	const char **domains; /* further ones */
	int *domain_versions;
	int domain_count;
	fy_block *body; /* params are the inputs, results the outputs; sees nothing of the graph */
} fy_local_function;

/* A constant of which the file holds only what is not zero: its tensor has no data until somebody makes it.
 */
typedef struct fy_sparse {
	fy_value *value;
	fy_tensor *values; /* [count]; one reference */
	fy_tensor *
		indices; /* int64, ascending: [count] flat, or [count,rank]; NULL: no values. One reference */
} fy_sparse;

struct fy_graph {
	fy_arena *arena;
	const char *name;
	fy_block *main;            /* its params are the inputs, its results the outputs */
	const char **output_names; /* parallel to main->results; a value may be two outputs. Renamed in place,
				      grown by fy_graph_output alone */
	int output_capacity;
	fy_value **constants;
	int constant_count, constant_capacity;
	fy_sparse *sparse;
	int sparse_count, sparse_capacity;
	fy_local_function *functions; /* in order of their names */
	int function_count, function_capacity;
	int opset;            /* of the onnx domain; 0: an ATen graph */
	const char **domains; /* further imported domains and their versions (ONNX files) */
	int *domain_versions;
	int domain_count;
	int ir_version;   /* ONNX; 0: unset */
	const char *path; /* of the file it was read from: a result without a name was left out there. NULL:
			     none */
	const char *incomplete; /* an input or output that a file gives no full type; NULL: none */
	const char *producer, *doc;
	fy_metadata *metadata;
	int metadata_count, metadata_capacity;
	const char **symbols; /* names of symbolic dims, index k for fy_dim_symbol(k) */
	int symbol_count, symbol_capacity;
	int next_value;
	int next_order;
	fy_index words;           /* operators and attribute names, each once */
	const fy_type *types[64]; /* met lately, by hash */
	int64_t made, erased;     /* nodes so far: for limits on the work that control flow causes */
};

/* ---- building and editing: graph.c, edit.c --------------------------------------------------- */

fy_graph *fy_graph_new(fy_arena *arena);
void fy_graph_release(fy_graph *graph); /* drops the tensors it holds; the arena is the caller's */
int fy_graph_symbol(fy_graph *graph, const char *name); /* new symbol; NULL: named s0, s1, ... */
/* The same text for equal texts, for as long as the graph lives. */
const char *fy_graph_word(fy_graph *graph, fy_str text);
/* The same for types. */
const fy_type *fy_graph_type(fy_graph *graph, const fy_type *type);
const fy_local_function *fy_graph_function(const fy_graph *graph, const char *name); /* NULL: none such */
/* Copies what is given (not deeply; tensors among the defaults get references of the graph's own) and makes
 * an empty body. There must be none of this name. Adding in order of names is quick. What it returns moves
 * when the next one is added. */
fy_local_function *fy_graph_add_function(fy_graph *graph, const fy_local_function *function);
void fy_graph_set_metadata(fy_graph *graph, const char *key, const char *value);
fy_value *fy_graph_constant(fy_graph *graph, fy_tensor *tensor,
			    const char *name); /* takes a reference of its own */
/* A constant of this type without data; the tensors get references of the graph's own. */
fy_value *fy_graph_sparse_constant(fy_graph *graph, const fy_shape *shape, fy_tensor *values,
				   fy_tensor *indices, const char *name);
fy_value *fy_graph_input(fy_graph *graph, const fy_type *type, const char *name);
void fy_graph_output(fy_graph *graph, fy_value *value, const char *name);

fy_block *fy_block_new(fy_graph *graph, fy_node *owner); /* appended to owner's blocks */
fy_value *fy_block_param(fy_block *block, const fy_type *type, const char *name);
void fy_block_result(fy_block *block, fy_value *value);
void fy_block_set_result(fy_block *block, int index, fy_value *value);

/* A node before `before`, or at the end of `block` when before is NULL. args and attrs are copied deeply
 * (strings and lists into the arena). types gives one per result. */
fy_node *fy_node_new(fy_block *block, fy_node *before, const char *op, const fy_arg *args, int arg_count,
		     const fy_attr *attrs, int attr_count, const fy_type *types, int result_count);
/* One more result at the end: for control flow, whose results are found while its blocks are made. */
fy_value *fy_node_add_result(fy_node *node, const fy_type *type);
void fy_node_set_arg(fy_node *node, int index, fy_arg arg);
void fy_node_set_attr(fy_node *node, const char *name, fy_arg arg);
const fy_arg *fy_node_attr(const fy_node *node, const char *name); /* NULL when absent */
bool fy_node_is(const fy_node *node, const char *op);
void fy_node_erase(fy_node *node); /* its results must have no uses */
void fy_node_move_before(fy_node *node, fy_block *block, fy_node *before);
/* Taking one away; those behind it move up. A result or parameter must have no uses. */
void fy_node_remove_arg(fy_node *node, int index);
void fy_node_remove_result(fy_node *node, int index);
void fy_block_remove_result(fy_block *block, int index);
void fy_block_remove_param(fy_block *block, int index);
/* Moves all nodes of `from` before `before` (end of `to` when NULL): for splicing an arm into its parent. */
void fy_block_splice(fy_block *to, fy_node *before, fy_block *from);

void fy_value_set_type(fy_value *value, const fy_type *type); /* not of a constant */
/* Given %b = f(%a); g(%a). After fy_value_replace(%a, %c): f(%c); g(%c). */
void fy_value_replace(fy_value *old, fy_value *by);
int fy_value_use_count(const fy_value *value);
bool fy_block_contains(const fy_block *outer, const fy_block *inner); /* inner is outer or nested in it */
/* Calls fn for each value among the arguments, lists included. */
void fy_node_each_value(const fy_node *node, void (*fn)(void *user, fy_value *value), void *user);
/* Removes nodes whose results are unused, blocks included; constants without uses too. Returns how many nodes
 * went. */
int fy_graph_remove_dead(fy_graph *graph);
/* Execution order: every node once, those of nested blocks after their owner. */
fy_node *fy_graph_first(const fy_graph *graph);
fy_node *fy_node_following(const fy_node *node); /* NULL at the end */
int fy_graph_node_count(const fy_graph *graph);  /* nested blocks included */

/* ---- text form: print.c, ir_lexer.c, parse.c (grammar in docs/ir.md) -------------------------------------
 */

/*
 * graph "name" opset 17 {
 *   const %encoder.weight : float32[32,1,3,3] = @"encoder.weight"      large or mapped: data not in the text
 *   const %0 : int64[2] = {1, 2}                                      small: data in the text
 *   input %INPUT__0 : float32[1,1,64,64]
 *   %1 : float32[1,32,64,64] = aten::conv2d(%INPUT__0, %encoder.weight, none, [1, 1], [1, 1], [1, 1], 1)  #
 * encoder.conv code/__torch__/net.py:12 %2 "odd name" : float32[1,32,64,64] = onnx::LeakyRelu
 * "encoder/act"(%1) {alpha = 0.01} %r : float32[] = onnx::If(%c) {
 *     ...
 *     yield %a
 *   } else { ... }
 *   output %2 "OUTPUT__0"
 * }
 */
void fy_graph_print(const fy_graph *graph, fy_buf *out);
void fy_buf_put_type(fy_buf *buf, const fy_graph *graph, const fy_type *type); /* float32[1,batch,3] */
/* Reads the same form. @"name" constants become tensors without data. */
fy_status FY_MUST_USE fy_graph_parse(fy_graph **out, fy_arena *arena, fy_str text, const char *file,
				     fy_diags *diags);

/* ---- verifier: verify.c ---------------------------------------------------------------------- */

/* Use lists true, definitions dominate uses (blocks see their ancestors only), ids dense and unique, names
 * unique, constants typed as their tensors, blocks of If/Loop of the right arity. FY_CHECK_FAILED with the
 * node named. */
fy_status FY_MUST_USE fy_graph_verify(const fy_graph *graph, fy_diags *diags);

#endif
