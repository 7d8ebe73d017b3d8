/*
 * onnx: ONNX operators (one record each), element types and opsets, the wire reader and writer, the checker.
 * Bytes that come in here are untrusted. Nothing but this room knows the protobuf form.
 */
#ifndef FY_ONNX_H
#define FY_ONNX_H

#include "ir/ir.h"

/* ---- opsets and element types: opset.c -------------------------------------------------- */

enum {
	FY_ONNX_OPSET_MIN = 9,    /* oldest opset ferry writes */
	FY_ONNX_OPSET_MAX = 28,   /* newest it knows */
	FY_ONNX_OPSET_OLDEST = 7, /* oldest it reads */
};

/* IR version of the first release with this opset (onnx.helper.VERSION_TABLE); 0 when unknown (below 1, above
 * MAX). */
int fy_onnx_ir_version(int opset);
/* TensorProto.DataType <-> fy_dtype. False when the other side has no such type (strings, 4-bit types,
 * quantized ...). */
bool fy_onnx_from_dtype(fy_dtype dtype, int *onnx);
bool fy_onnx_to_dtype(int64_t onnx, fy_dtype *dtype);
/* "FLOAT", "STRING", ...; NULL when ONNX has no such number. */
const char *fy_onnx_dtype_name(int64_t onnx);
/* Bits of one element in a file: elements of less than a byte are packed there. */
size_t fy_onnx_bits(fy_dtype dtype);

/* ---- operator records: onnx_table.c, and one record per operator in the family files --------------------
 */

/* Kinds of attributes, as letters: lower case one, upper case a list. */
typedef enum fy_onnx_attr_kind {
	FY_ONNX_INT = 'i',
	FY_ONNX_FLOAT = 'f',
	FY_ONNX_STRING = 's',
	FY_ONNX_TENSOR = 't',
	FY_ONNX_GRAPH = 'g', /* held as a block of the node, never as an attribute */
	FY_ONNX_SPARSE = 'x',
	FY_ONNX_TYPE = 'p',
	FY_ONNX_INTS = 'I',
	FY_ONNX_FLOATS = 'F',
	FY_ONNX_STRINGS = 'S',
	FY_ONNX_TENSORS = 'T',
	FY_ONNX_GRAPHS = 'G',
	FY_ONNX_SPARSES = 'X',
	FY_ONNX_TYPES = 'P',
} fy_onnx_attr_kind;

/* One attribute, in the versions since..until of the opset (0: no limit). One name may have several rows. */
typedef struct fy_onnx_attr {
	const char *name;
	char kind;        /* fy_onnx_attr_kind */
	double number;    /* default of an int or float */
	const char *text; /* default of a string */
	int since, until;
	bool required;
} fy_onnx_attr;

/* How many inputs and outputs, from opset `since` on. FY_ONNX_MANY: any number. */
typedef struct fy_onnx_arity {
	int since;
	int min_inputs, max_inputs, min_outputs, max_outputs;
} fy_onnx_arity;
enum { FY_ONNX_MANY = 1 << 20 };

enum {
	FY_ONNX_RANDOM = 1,      /* never folds */
	FY_ONNX_OWN_OUTPUTS = 2, /* eval makes its outputs: views, or sizes that depend on data */
	FY_ONNX_ANY_TYPE = 4,   /* moves elements only: element types that cannot be computed with are fine */
	FY_ONNX_TYPES_ONLY = 8, /* its types are known, nobody here runs it */
};

typedef struct fy_onnx_call fy_onnx_call;

/*
 * One ONNX operator. `name` is as in nodes ("onnx::Conv"). `since` lists its versions from opset 7 on,
 * ascending, 0-ended; `removed` is the first opset without it (0: none). No arity: one input, one output.
 */
typedef struct fy_onnx_op {
	const char *name;
	const int *since;
	int removed;
	unsigned flags;
	const fy_onnx_arity *arity; /* ascending, 0-ended */
	const fy_onnx_attr *attrs;  /* NULL-name-ended; NULL: none */
	fy_status (*infer)(fy_onnx_call *call);
	fy_status (*eval)(fy_onnx_call *call); /* NULL: executed by the engine (If, Loop) */
	int mode;                              /* tells the operators apart that share infer and eval */
} fy_onnx_op;
#define FY_ONNX_SINCE(...) ((const int[]){ __VA_ARGS__, 0 })
#define FY_ONNX_ARITY(...) ((const fy_onnx_arity[]){ __VA_ARGS__, { 0 } })
#define FY_ONNX_ATTRS(...) ((const fy_onnx_attr[]){ __VA_ARGS__, { .name = NULL } })

/* Domain "" , "ai.onnx" and "onnx" are one. NULL: no record, or not in this opset. */
const fy_onnx_op *fy_onnx_find(const char *domain, const char *name, int opset);
/* By the name of a node: "onnx::Conv". */
const fy_onnx_op *fy_onnx_find_full(const char *full, int opset);
/* Version of the operator in force at opset: the largest `since` <= opset. */
int fy_onnx_version(const fy_onnx_op *op, int opset);
fy_onnx_arity fy_onnx_arity_of(const fy_onnx_op *op, int opset);
/* NULL: no such attribute in this opset. */
const fy_onnx_attr *fy_onnx_attr_of(const fy_onnx_op *op, int opset, const char *name);
/* By fy_onnx_eval, or by the engine. */
bool fy_onnx_is_runnable(const fy_onnx_op *op);
int fy_onnx_op_count(void);
const fy_onnx_op *fy_onnx_op_at(int index);

/* ---- operator schemas: onnx_schema.c ---------------------------------------------------------------- */

/* Types that an input or output may have. Masks by element type: bit k is the k-th of ONNX. */
typedef struct fy_onnx_types {
	uint64_t tensors, sequences, optionals, optional_sequences;
	const char *others; /* map(int64/float),...; NULL: none */
} fy_onnx_types;

/* All inputs and outputs of one variable have one type, but for those that are not homogeneous. */
typedef struct fy_onnx_variable {
	const char *name;
	const fy_onnx_types *types;
} fy_onnx_variable;

typedef enum fy_onnx_form { FY_ONNX_SINGLE, FY_ONNX_OPTIONAL, FY_ONNX_VARIADIC } fy_onnx_form;

typedef struct fy_onnx_formal {
	const char *name;
	fy_onnx_form form;
	bool homogeneous;
	int least;    /* of a variadic one */
	int variable; /* index; -1: the types alone */
	const fy_onnx_types *types;
} fy_onnx_formal;

typedef struct fy_onnx_formals {
	const fy_onnx_formal *items;
	int count;
	int least, most; /* how many a node has; FY_ONNX_MANY: the last one is variadic */
} fy_onnx_formals;

typedef struct fy_onnx_attribute {
	const char *name;
	char kind; /* fy_onnx_attr_kind */
	bool required;
} fy_onnx_attribute;

/* One version of one operator. */
typedef struct fy_onnx_schema {
	const char *name; /* as in nodes: "onnx::Conv", "ai.onnx.ml::Scaler" */
	int since;
	bool deprecated; /* gone from this version on */
	fy_onnx_formals inputs, outputs;
	const fy_onnx_attribute *attributes;
	int attribute_count;
	const fy_onnx_variable *variables;
	int variable_count;
} fy_onnx_schema;

/* The version in force at this opset of its domain; NULL: none. */
const fy_onnx_schema *fy_onnx_schema_find(const char *full, int opset);
const fy_onnx_formal *fy_onnx_formal_at(const fy_onnx_formals *formals, int index); /* NULL: too many */
const fy_onnx_attribute *fy_onnx_attribute_of(const fy_onnx_schema *schema, const char *name);
bool fy_onnx_types_have(const fy_onnx_types *types, const fy_type *type);
/* First opset that has an operator of this name ("Conv"), recorded or not; 0: ONNX has none such. */
int fy_onnx_known(const char *name);
/* All operators of the domain are known here: others may be anybody's. */
bool fy_onnx_is_standard(const char *domain);
int fy_onnx_schema_name_count(void);
const char *fy_onnx_schema_name(int index);

/* ---- inference and evaluation of one node: onnx_call.c, onnx_access.c, onnx_known.c ----- */

/*
 * Types of the results of one node from the types of its arguments, constant arguments, integer vectors that
 * are known through Shape/Gather/Concat/... chains, attributes and, for If and Loop, its blocks.
 * results: node->result_count of them. What cannot be known: a tensor type without shape when the rank is
 * unknown; a negative dim that is no symbol of the graph (FY_ONNX_DIM_UNKNOWN) when only a size is.
 * Errors: FY_UNSUPPORTED "onnx-op-unsupported" (no record), FY_MALFORMED (arity, attributes, shapes that
 * misfit).
 */
fy_status FY_MUST_USE fy_onnx_infer(const fy_node *node, int opset, fy_type *results, fy_diags *diags);
#define FY_ONNX_DIM_UNKNOWN FY_DIM_UNKNOWN

/*
 * Executes one node on concrete tensors. inputs parallel to node->args (NULL: absent); outputs:
 * node->result_count references, the caller's (NULL for results nobody named is possible: Dropout's mask).
 * Outputs may share storage with inputs. If and Loop are the engine's: FY_UNSUPPORTED here.
 */
fy_status FY_MUST_USE fy_onnx_eval(const fy_node *node, int opset, fy_tensor *const *inputs,
				   fy_tensor **outputs, fy_diags *diags);
/* Same inputs, same outputs: false for random operators and for If and Loop. */
bool fy_onnx_foldable(const fy_node *node);

/* ---- reading: wire.c, onnx_read.c, onnx_read_node.c, onnx_read_tensor.c ----------------- */

/* A model read from a file. Constants borrow from the mapped files: keep it open while the graph lives. */
typedef struct fy_onnx_model {
	fy_graph *graph;
	fy_file file;
	fy_file **externals; /* external data, each opened once; opened only inside the model's folder */
	int external_count;
} fy_onnx_model;

/* FY_MALFORMED with the byte offset and what was being read; FY_UNSUPPORTED for local functions, sparse
 * tensors, strings. */
fy_status FY_MUST_USE fy_onnx_open(fy_onnx_model *model, fy_arena *arena, const char *path, fy_diags *diags);
void fy_onnx_close(fy_onnx_model *model); /* releases the graph too */
/* The same from memory, without external data; `bytes` must outlive the graph. */
fy_status FY_MUST_USE fy_onnx_read(fy_graph **out, fy_arena *arena, const void *bytes, size_t size,
				   const char *name, fy_diags *diags);
/* Looks like a ModelProto: for telling file kinds apart. Reads the first fields only. */
bool fy_onnx_sniff(const void *bytes, size_t size);

/* ---- writing: onnx_write.c -------------------------------------------------------------- */

/* Where the data of a constant lies. */
typedef struct fy_onnx_place {
	const char *location; /* a file in the model's folder; NULL: in the model itself */
	uint64_t offset, length;
} fy_onnx_place;

typedef struct fy_onnx_write_options {
	bool value_info;              /* types of intermediate values */
	const char *producer_version; /* NULL: none */
	const fy_onnx_place *places;  /* parallel to the graph's constants; NULL: all in the model */
	const fy_progress *progress;
	/* Told where in the output the data of a constant will be, just before it is written. */
	void (*on_data)(void *user, const fy_tensor *tensor, uint64_t offset);
	void *user;
} fy_onnx_write_options;

/*
 * Streams the graph as a ModelProto. Sizes are computed first, weights go from their storage straight to the
 * output. Deterministic. Values without a name get one here ("v12"); the graph is not changed. ir_version is
 * that of the opset. Errors: FY_UNSUPPORTED when an ATen node is left, a type has no ONNX form, or the file
 * would exceed 2 GiB - 1 ("onnx-too-large"); FY_IO.
 */
fy_status FY_MUST_USE fy_onnx_write(const fy_graph *graph, fy_output *out,
				    const fy_onnx_write_options *options, fy_diags *diags);
/* The same into memory. */
fy_status FY_MUST_USE fy_onnx_write_buf(const fy_graph *graph, fy_buf *out,
					const fy_onnx_write_options *options, fy_diags *diags);

/* Bytes that fy_onnx_write would write, without the limit of 2 GiB. */
fy_status FY_MUST_USE fy_onnx_measure(uint64_t *size, const fy_graph *graph,
				      const fy_onnx_write_options *options, fy_diags *diags);

/* ---- weights outside of the model: onnx_external.c ----------------------------------------- */

/*
 * Lays out one data file: constants of 1 KiB and more, in order, at multiples of 64 bytes, large ones at
 * multiples of 4096. Smaller ones stay in the model, where shape inference looks for sizes. Fills `places`
 * (one per constant); returns the size of the data file.
 */
uint64_t fy_onnx_place_external(const fy_graph *graph, const char *location, fy_onnx_place *places);
/* Writes that file. on_data and progress of the options are told. */
fy_status FY_MUST_USE fy_onnx_write_data(const fy_graph *graph, const fy_onnx_place *places, fy_output *out,
					 const fy_onnx_write_options *options, fy_diags *diags);
/*
 * Points constants at the bytes of the file they are mapped from. What is not contiguous, not from that file
 * as it is, or a short list of integers (sizes) stays in the model. Returns how many were placed.
 */
int fy_onnx_place_links(const fy_graph *graph, const fy_file *file, const char *location,
			fy_onnx_place *places);
/* A name that every reader takes for a file in the model's folder. */
bool fy_onnx_location_is_plain(const char *location);
/* The files that the initializers of a model on disk refer to, as keys; broken files have none. */
void fy_onnx_locations(const char *path, fy_map *out);

/* ---- functions of a model: onnx_check_function.c ---------------------------------------------------- */

/*
 * The attributes of a node in a function's body when the function is called so: references are replaced,
 * those that the call leaves out are gone. out: room for node->attr_count. Returns how many there are;
 * nothing is copied.
 */
int fy_onnx_bind_attrs(const fy_local_function *callee, const fy_node *call, const fy_node *node,
		       fy_attr *out);

/* ---- checking: onnx_check.c ------------------------------------------------------------- */

/*
 * Validates a graph of ONNX nodes: fy_graph_verify, opset and IR version, every operator exists in the opset,
 * arity, attribute names and kinds, types inferable, declared types agree with inferred ones. Types of values
 * that the graph does not state are filled in. All findings are listed; FY_MALFORMED, or FY_UNSUPPORTED when
 * only unsupported operators were met.
 */
fy_status FY_MUST_USE fy_onnx_check(fy_graph *graph, fy_diags *diags);

#endif
