/*
 * onnx_internal: what the .c files of onnx/ share among themselves: one call of an operator as infer and eval
 * see it, and the wire form.
 */
#ifndef FY_ONNX_INTERNAL_H
#define FY_ONNX_INTERNAL_H

#include "onnx/onnx.h"

/* ---- onnx_call.c, onnx_access.c: one call
 * ------------------------------------------------------------------- */

/*
 * infer reads types (and data where it is known) and sets results; eval then reads inputs and fills outputs.
 * In eval every present input has data and every result has a known shape, unless the operator makes its own
 * outputs.
 */
struct fy_onnx_call {
	const fy_onnx_op *op;
	const fy_node *node;
	int opset;
	int version; /* of the operator */
	bool concrete;
	fy_diags *diags;
	fy_place place;
	int input_count, result_count;
	fy_type *types;     /* per input; kind OPAQUE where the input is absent */
	bool *present;      /* per input */
	fy_tensor **inputs; /* per input: data, NULL when not known */
	fy_type *results;
	fy_tensor **outputs;
};

/* Shape misfits: FY_MALFORMED in a graph, FY_USAGE while running. Names the node. */
fy_status fy_onnx_fail(const fy_onnx_call *call, const char *format, ...) FY_PRINTF(2, 3);
fy_status fy_onnx_unsupported(const fy_onnx_call *call, const char *format, ...) FY_PRINTF(2, 3);

static inline bool fy_onnx_has(const fy_onnx_call *call, int i)
{
	return i < call->input_count && call->present[i];
}
static inline fy_dtype fy_onnx_dtype(const fy_onnx_call *call, int i)
{
	return call->types[i].dtype;
}
/* Shape of a present input; NULL when its rank is unknown. */
const fy_shape *fy_onnx_shape(const fy_onnx_call *call, int i);
/* All inputs that are present have a rank. */
bool fy_onnx_ranked(const fy_onnx_call *call);

bool fy_onnx_has_attr(const fy_onnx_call *call, const char *name);
int64_t fy_onnx_int(const fy_onnx_call *call, const char *name);
double fy_onnx_float(const fy_onnx_call *call, const char *name);
fy_str fy_onnx_text(const fy_onnx_call *call, const char *name);
fy_tensor *fy_onnx_tensor(const fy_onnx_call *call, const char *name); /* NULL when absent */
/* Elements of a list attribute; -1 when absent. Fails when there are more than `max`. */
fy_status FY_MUST_USE fy_onnx_ints(const fy_onnx_call *call, const char *name, int64_t out[], int max,
				   int *count);
fy_status FY_MUST_USE fy_onnx_floats(const fy_onnx_call *call, const char *name, double out[], int max,
				     int *count);

/* Elements of an integer input of rank 0 or 1; *count = -1 when absent or not known. Symbols are coded (see
 * fy_onnx_dim_to_int); with `exact` a symbol makes the whole thing unknown. */
fy_status FY_MUST_USE fy_onnx_input_ints(const fy_onnx_call *call, int i, int64_t out[], int max, int *count,
					 bool exact);
/* From attribute `name` in old versions, else from input i (exact). *count = -1: absent or unknown; *known
 * says which. */
fy_status FY_MUST_USE fy_onnx_axes(const fy_onnx_call *call, const char *name, int i, int64_t out[],
				   int *count, bool *known);
/* A number of one element; false when unknown. */
bool fy_onnx_input_f64(const fy_onnx_call *call, int i, double *out);
/* Wraps a negative axis; fails when outside [-rank, rank - 1]. */
fy_status FY_MUST_USE fy_onnx_axis(const fy_onnx_call *call, int64_t axis, int rank, int *out);

/* Sets a result; a NULL shape means that the rank is unknown. Results past result_count are ignored. FY_OK.
 */
fy_status fy_onnx_result(fy_onnx_call *call, int i, fy_dtype dtype, const fy_shape *shape);
fy_status fy_onnx_result_like(fy_onnx_call *call, int i, int input); /* type of an input */

/* Geometry shared by families. */
fy_status FY_MUST_USE fy_onnx_same_dtype(const fy_onnx_call *call, int first, int count);
fy_status FY_MUST_USE fy_onnx_broadcast(const fy_onnx_call *call, int first, int count, fy_shape *out,
					bool *ranked);
fy_status fy_onnx_infer_same(fy_onnx_call *call); /* result 0 like input 0 */

/* Arithmetic on dims: a symbol or unknown operand gives FY_ONNX_DIM_UNKNOWN unless the other one is neutral.
 */
fy_dim fy_onnx_dim_add(fy_dim a, int64_t b);
fy_dim fy_onnx_dim_mul(fy_dim a, fy_dim b);

/* Scratch tensors in eval: FY_IO out of memory. */
fy_status FY_MUST_USE fy_onnx_new(const fy_onnx_call *call, fy_tensor **out, fy_dtype dtype,
				  const fy_shape *shape, bool zero);
/* A view of `in` broadcast to `shape`. */
fy_tensor *fy_onnx_expanded(const fy_tensor *in, const fy_shape *shape);
/* A contiguous tensor seen as a vector. */
fy_tensor *fy_onnx_flat(const fy_tensor *plain);
/* A contiguous tensor of equal values; one reference. */
fy_status FY_MUST_USE fy_onnx_plain(const fy_onnx_call *call, fy_tensor **out, fy_tensor *in);
/* Output i as a reshaped input (a view when it is contiguous, else a copy). */
fy_status FY_MUST_USE fy_onnx_reshape_to(fy_onnx_call *call, int i, fy_tensor *in, const fy_shape *shape);

/* ---- onnx_quantize.c, onnx_integer.c ---------------------------------------------------------------------
 */

/* Operators that others are made of. */
extern const fy_onnx_op fy_onnx_op_conv, fy_onnx_op_mat_mul;
/* Rounds float32 numbers into the type of `out`, adding the zero point that is input `zero` where present. */
fy_status FY_MUST_USE fy_onnx_quantize(const fy_onnx_call *call, fy_tensor *out, fy_tensor *scaled, int zero,
				       bool saturate);

/* ---- onnx_conv.c: sliding windows ------------------------------------------------------------------- */

typedef enum fy_onnx_auto_pad {
	FY_ONNX_NOTSET,
	FY_ONNX_SAME_UPPER,
	FY_ONNX_SAME_LOWER,
	FY_ONNX_VALID
} fy_onnx_auto_pad;

/* A window over the spatial axes of a convolution or pooling operator, from its attributes. */
typedef struct fy_onnx_window {
	int rank;
	fy_onnx_auto_pad mode;
	int64_t kernel[3], stride[3], dilation[3], before[3], after[3];
} fy_onnx_window;

/* kernel: the weight's, for when kernel_shape is not given; NULL: it must be. */
fy_status FY_MUST_USE fy_onnx_window_read(const fy_onnx_call *call, const fy_shape *in,
					  const int64_t kernel[], fy_onnx_window *w);
/* Number of windows along axis i of `size` elements, negative when there is none (or not known); settles the
 * pads of the automatic modes. */
fy_dim fy_onnx_window_count(fy_onnx_window *w, int i, fy_dim size, bool ceil_mode);

/* ---- onnx_known.c: integers known through the graph ----------------------------------------------- */

/* Sizes in integer vectors: symbol k is FY_ONNX_SYMBOL_BASE - k, so that real negative numbers stay
 * themselves. */
#define FY_ONNX_SYMBOL_BASE (-(INT64_C(1) << 62))
#define FY_ONNX_INT_UNKNOWN (FY_ONNX_SYMBOL_BASE - (INT64_C(1) << 40))
int64_t fy_onnx_dim_to_int(fy_dim dim);
fy_dim fy_onnx_int_to_dim(int64_t value); /* negative non-symbols give FY_ONNX_DIM_UNKNOWN */
static inline bool fy_onnx_int_is_symbol(int64_t value)
{
	return value <= FY_ONNX_SYMBOL_BASE && value >= FY_ONNX_INT_UNKNOWN;
}
/* The int64 or int32 vector or scalar that `value` is, when it follows from constants and shapes; else NULL.
 * One reference, the caller's. */
fy_tensor *fy_onnx_known_value(const fy_value *value, int opset);

/* ---- wire.c: the protobuf wire form ----------------------------------------------------------------- */

enum { FY_WIRE_DEPTH = 100 };

typedef enum fy_wire_type {
	FY_WIRE_VARINT = 0,
	FY_WIRE_I64 = 1,
	FY_WIRE_LEN = 2,
	FY_WIRE_I32 = 5
} fy_wire_type;

/* The first thing that went wrong in a file; shared by all cursors into it. */
typedef struct fy_wire_log {
	const uint8_t *base;
	size_t size;
	const char *problem; /* NULL: none */
	size_t offset;
} fy_wire_log;

/* A sticky cursor over the fields of one message: after the first problem every cursor is at its end. */
typedef struct fy_wire {
	fy_wire_log *log;
	const uint8_t *at, *end;
	int depth;
} fy_wire;

typedef struct fy_wire_field {
	int number;
	fy_wire_type type;
	uint64_t value; /* VARINT, I64, I32 */
	fy_str bytes;   /* LEN */
} fy_wire_field;

fy_wire fy_wire_open(fy_wire_log *log, const void *bytes, size_t size);
/* A cursor over a message inside another one; counts the depth. */
fy_wire fy_wire_enter(const fy_wire *parent, fy_str bytes);
/* The next field; false at the end or after a problem. Unknown groups are skipped. */
bool fy_wire_next(fy_wire *wire, fy_wire_field *field);
void fy_wire_fail(fy_wire *wire, const char *problem);
/* Problem unless the field is of this type; returns whether it is. */
bool fy_wire_expect(fy_wire *wire, const fy_wire_field *field, fy_wire_type type);
/* Elements of a repeated number, packed or not: how many this field adds. element: 0 varint, 4 or 8 bytes. */
size_t fy_wire_count(fy_wire *wire, const fy_wire_field *field, int element);
/* The elements themselves, as raw bits. */
void fy_wire_numbers(fy_wire *wire, const fy_wire_field *field, int element, uint64_t *out);
/* A singular message that may stand in pieces: *slot becomes this field's bytes, or all pieces joined in the
 * arena. */
void fy_wire_keep(const fy_wire *message_start, fy_arena *arena, const fy_wire_field *field, fy_str *slot);

size_t fy_wire_varint_size(uint64_t value);
size_t fy_wire_put_varint(uint8_t out[10], uint64_t value);

/* ---- onnx_external.c -------------------------------------------------------------------------------------
 */

/* The bytes of a tensor of `size` bytes in row-major order; out or buf. */
fy_status FY_MUST_USE fy_onnx_put_data(fy_output *out, fy_buf *buf, const fy_tensor *tensor, size_t size,
				       fy_diags *diags);

/* ---- onnx_read.c: one file being read ------------------------------------------------------------------ */

/* Names of one graph; inner ones see the outer ones. */
typedef struct fy_onnx_scope {
	struct fy_onnx_scope *outer;
	fy_block *block;
	fy_index values; /* by name */
	fy_map renamed;  /* those whose name in the file is another one in the graph */
	fy_index given;  /* constants that are inputs too */
	fy_index types;  /* fy_onnx_stated: what value_info and outputs state */
} fy_onnx_scope;

typedef struct fy_onnx_stated {
	fy_str name;
	const fy_type *type;
} fy_onnx_stated;

/* A type as a file gives it. complete: says what inputs and outputs of a model must say. */
typedef struct fy_onnx_stated_type {
	fy_type type;
	bool complete;
} fy_onnx_stated_type;

typedef struct fy_onnx_imports {
	int opset;
	const char **domains;
	int *versions, count;
} fy_onnx_imports;

typedef struct fy_onnx_reader {
	fy_onnx_model *model; /* NULL: from memory, no external data */
	fy_graph *graph;
	fy_arena *arena;
	fy_diags *diags;
	fy_place place;
	fy_wire_log log;
	const char *path;
	fy_onnx_scope *outermost;
	fy_index inner_names; /* of all values in subgraphs so far */
	fy_buf scratch;
	fy_type *types; /* of the results of one node */
	size_t type_capacity;
	char *text; /* room for names */
	size_t text_left;
	fy_map symbols; /* dim_param -> index + 1 */
	int next_suffix;
	int opset; /* where we are: of the model or the function */
	int function_count;
	const fy_local_function *function; /* whose body is being read; NULL: none */
} fy_onnx_reader;

/* For "%.*s": as much of a text from the file as a message needs. */
#define FY_ONNX_SHOWN(text) (int)((text).len > 200 ? 200 : (text).len), (text).data

/* FY_MALFORMED "onnx-wire" when the log holds a problem. */
fy_status FY_MUST_USE fy_onnx_wire_status(fy_onnx_reader *reader);
fy_status fy_onnx_malformed(fy_onnx_reader *reader, const char *format, ...) FY_PRINTF(2, 3);
/* A name: valid UTF-8 without NUL. */
fy_status FY_MUST_USE fy_onnx_check_name(fy_onnx_reader *reader, fy_str name);
/* Checked, and copied to where it lives as long as the graph. */
fy_status FY_MUST_USE fy_onnx_read_name(fy_onnx_reader *reader, fy_str bytes, const char **out);
fy_value *fy_onnx_scope_find(const fy_onnx_scope *scope, fy_str name);
/* Gives the value its name. Results of nodes may not have the name of anything they see. */
fy_status FY_MUST_USE fy_onnx_scope_put(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_str bytes,
					fy_value *value);
/* What the graph states; NULL: nothing. */
const fy_type *fy_onnx_scope_type(const fy_onnx_scope *scope, fy_str name);
fy_status FY_MUST_USE fy_onnx_read_graph(fy_onnx_reader *reader, fy_onnx_scope *outer, fy_wire wire,
					 fy_block *block);
fy_status FY_MUST_USE fy_onnx_read_body(fy_onnx_reader *reader, const fy_local_function *function,
					fy_wire wire);
fy_status FY_MUST_USE fy_onnx_read_opset(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
					 fy_onnx_imports *imports);

/* ---- onnx_read_type.c -----------------------------------------------------------------------------------
 */

fy_status FY_MUST_USE fy_onnx_read_type(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
					fy_type *out);
fy_status FY_MUST_USE fy_onnx_read_value_info(fy_onnx_reader *reader, const fy_wire *parent, fy_str bytes,
					      fy_str *name, fy_onnx_stated_type *out);
/* Nothing that both say differs. */
bool fy_onnx_types_agree(const fy_type *a, const fy_type *b);

/* ---- onnx_read_tensor.c, onnx_read_sparse.c ---------------------------------------------------------------
 */

/* A TensorProto. One reference; *name NULL when it has none. Strings have no data. */
fy_status FY_MUST_USE fy_onnx_read_named_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out,
						const char **name);
fy_status FY_MUST_USE fy_onnx_read_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out);
fy_status FY_MUST_USE fy_onnx_read_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire);
/* Adds what a repeated field of sizes holds. */
void fy_onnx_read_dims(fy_wire *wire, const fy_wire_field *field, fy_shape *shape);
/* A SparseTensorProto: as a constant of the graph, or its type and shape alone. */
fy_status FY_MUST_USE fy_onnx_read_sparse_constant(fy_onnx_reader *reader, fy_wire wire, fy_value **out);
fy_status FY_MUST_USE fy_onnx_read_sparse_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope,
						      fy_wire wire);
fy_status FY_MUST_USE fy_onnx_read_sparse_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out);

/* ---- onnx_read_attr.c, onnx_read_node.c, onnx_read_function.c ---------------------------------------------
 */

/* An AttributeProto that was looked through; its value is not read yet. */
typedef struct fy_onnx_read_attr {
	fy_wire wire; /* at its start */
	fy_str name;
	fy_str ref;           /* the attribute of a function that it is; empty: none */
	int stated;           /* AttributeType; -1: none */
	char kind;            /* fy_onnx_attr_kind */
	int field;            /* that holds the value; 0: none */
	fy_wire_field single; /* the last one, for single numbers and texts */
	fy_str message;       /* of a single message */
	size_t count;         /* of a list */
} fy_onnx_read_attr;

fy_status FY_MUST_USE fy_onnx_scan_attr(fy_onnx_reader *reader, fy_wire wire, fy_onnx_read_attr *attr);
bool fy_onnx_attr_is_graph(const fy_onnx_read_attr *attr);
/* The value of one that is no graph. Tensors in it are the caller's, after a failure too: fy_onnx_drop_arg.
 */
fy_status FY_MUST_USE fy_onnx_read_attr_value(fy_onnx_reader *reader, const fy_onnx_read_attr *attr,
					      fy_arg *out);
void fy_onnx_drop_arg(const fy_arg *arg);
/* The graphs of one that is. */
fy_status FY_MUST_USE fy_onnx_each_graph(fy_onnx_reader *reader, const fy_onnx_read_attr *attr,
					 fy_status (*read)(void *user, fy_wire wire), void *user);
fy_status FY_MUST_USE fy_onnx_read_node(fy_onnx_reader *reader, fy_onnx_scope *scope, const fy_wire *parent,
					fy_str bytes);
/* The full name of an operator: "onnx::Conv", "local::f:overload". Replaces what is in out. */
void fy_onnx_put_operator(fy_buf *out, fy_str domain, fy_str name, fy_str overload);
/* All functions of a model: field `number` of the message at `wire`. */
fy_status FY_MUST_USE fy_onnx_read_functions(fy_onnx_reader *reader, fy_wire wire, int number);

/* ---- onnx_check_node.c: one node against its schema
 * -------------------------------------------------------- */

/* A Constant node that became a constant of this type. */
fy_status FY_MUST_USE fy_onnx_check_constant(const fy_node *node, const fy_type *type, int opset,
					     fy_diags *diags);

#endif
