/*
 * ops: the ATen operators. Everything ferry knows about one operator is one `const fy_op` record in its
 * family's file; the build collects the records. Also: the table of all PyTorch schemas, and calling an
 * operator.
 */
#ifndef FY_OPS_H
#define FY_OPS_H

#include "ir/ir.h"

/* ---- schemas: schema.c, schema_table.c ------------------------------------------------------------ */

typedef enum fy_schema_kind {
	FY_SCHEMA_TENSOR,
	FY_SCHEMA_INT, /* int, SymInt, ScalarType, Layout, MemoryFormat, QScheme */
	FY_SCHEMA_FLOAT,
	FY_SCHEMA_BOOL,
	FY_SCHEMA_COMPLEX,
	FY_SCHEMA_NUMBER, /* Scalar, number */
	FY_SCHEMA_STR,
	FY_SCHEMA_DEVICE,
	FY_SCHEMA_LIST,     /* element */
	FY_SCHEMA_OPTIONAL, /* element */
	FY_SCHEMA_DICT,     /* element = key, second = value */
	FY_SCHEMA_TUPLE,    /* fields not kept */
	FY_SCHEMA_FUTURE,
	FY_SCHEMA_VAR, /* type variable: name */
	FY_SCHEMA_ANY,
	FY_SCHEMA_OTHER, /* Generator, Stream, Storage, classes: name */
} fy_schema_kind;

typedef struct fy_schema_type fy_schema_type;
struct fy_schema_type {
	fy_schema_kind kind;
	const char *name; /* as written, e.g. "ScalarType" or "t" */
	const fy_schema_type *element, *second;
	int size;   /* of int[N]; 0: none */
	bool write; /* Tensor(a!) */
};

typedef struct fy_schema_arg {
	const char *name;
	const fy_schema_type *type;
	bool keyword_only;
	bool has_default;
	fy_arg fallback; /* when has_default */
} fy_schema_arg;

typedef struct fy_schema {
	const char *name;     /* "aten::add" */
	const char *overload; /* "Tensor"; "" for the empty one */
	const char *full;     /* "aten::add.Tensor", or "aten::relu" when overload is empty */
	const char *text;     /* the whole line */
	fy_schema_arg *args;
	int arg_count;
	bool varargs;
	const fy_schema_type **returns;
	int return_count;
} fy_schema;

/* All schemas of one operator name, in matching order. The name exists when count > 0. Parsed on first use
 * and kept for the life of the process (idempotent, guarded for threads). */
typedef struct fy_schema_set {
	const fy_schema *schemas;
	int count;
} fy_schema_set;
fy_schema_set fy_schemas_of(const char *name);     /* "aten::add" */
const fy_schema *fy_schema_find(const char *full); /* "aten::add.Tensor" */
/* Iterates over all names: index from 0 to fy_schema_name_count() - 1. */
int fy_schema_name_count(void);
const char *fy_schema_name(int index);

/* ---- calling: call.c, args.c, geometry.c, promote.c ------------------------------------------------ */

typedef struct fy_op fy_op;

/* How a result relates to the arguments. */
typedef enum fy_result_kind {
	FY_FRESH, /* new data */
	FY_VIEW,  /* strided view of tensor argument `of` */
	FY_SAME,  /* is argument `of` itself: nothing is computed or recorded */
} fy_result_kind;

/* What inference says of one result: a meta tensor (geometry; data unknown) and its relation. */
typedef struct fy_result {
	fy_result_kind kind;
	int of;          /* argument index; -1 when fresh */
	int item;        /* which element when that argument is a list of tensors; else -1 */
	fy_tensor *meta; /* dtype, shape, strides, offset relative to the storage of `of` for views. One
			    reference held */
} fy_result;

/*
 * One call of an operator with arguments in schema order, defaults filled in. Tensors are FY_ARG_TENSOR:
 * with data (concrete) or without (geometry only). A number that depends on data is a 0-d tensor too.
 * infer fills results; eval then fills outs, which are allocated from the metas, contiguous and with data
 * (for FY_VIEW results outs are made by the caller of eval, which is not called for them).
 */
typedef struct fy_call {
	const fy_op *op;
	const fy_schema *schema;
	const fy_arg *args;
	int arg_count;
	fy_arena *arena; /* scratch for this call */
	fy_diags *diags;
	fy_place place;
	fy_result *results;
	int result_count, result_capacity;
	bool result_is_list; /* results together are one Tensor[] */
	fy_tensor **outs;    /* eval: one per result */
	uint64_t seed;       /* random operators */
	int *next_symbol;    /* for results whose size depends on data; NULL: sizes must be known */
} fy_call;

/* Accessors. Index is the schema argument's. */
const fy_tensor *fy_call_tensor(const fy_call *call, int index);     /* aborts when not a tensor */
const fy_tensor *fy_call_opt_tensor(const fy_call *call, int index); /* NULL when None */
const fy_tensor *fy_call_item(const fy_call *call, int index,
			      int item); /* element of a list; item -1: the argument */
bool fy_call_is_number(const fy_call *call,
		       int index); /* declared as a number (0-d tensor or not), and not None */
int fy_call_find(const fy_call *call, const char *name); /* index of the argument of that name; -1 */
bool fy_call_is_none(const fy_call *call, int index);
/* Number known now? Numbers that depend on data are known when their 0-d tensor has data. */
bool fy_call_int_known(const fy_call *call, int index, int64_t *out);
/* These fail with FY_UNSUPPORTED "needs a known value" naming operator, argument and source line. */
fy_status FY_MUST_USE fy_call_int(const fy_call *call, int index, int64_t *out);
fy_status FY_MUST_USE fy_call_f64(const fy_call *call, int index, double *out); /* int, float or bool */
fy_status FY_MUST_USE fy_call_bool(const fy_call *call, int index, bool *out);
/* int[N] with N values; a single int, or a list of one, is repeated `expect` times; expect 0: any count. */
fy_status FY_MUST_USE fy_call_ints(const fy_call *call, int index, int64_t *out, int expect, int *count);
/* Dimension argument, wrapped for `rank` (a 0-d tensor counts as rank 1): error when out of range. */
fy_status FY_MUST_USE fy_call_dim(const fy_call *call, int index, int rank, int *out);
/* dims list wrapped and unique, as a bit mask; None or empty list: all dims when empty_is_all. */
fy_status FY_MUST_USE fy_call_dim_mask(const fy_call *call, int index, int rank, bool empty_is_all,
				       uint32_t *out);
/* dtype argument; `fallback` when None. */
fy_status FY_MUST_USE fy_call_dtype(const fy_call *call, int index, fy_dtype fallback, fy_dtype *out);
/* What PyTorch would raise (shape misfit, index out of range ...): FY_USAGE, id "op-raises". */
fy_status fy_call_raise(const fy_call *call, const char *format, ...) FY_PRINTF(2, 3);
fy_status fy_call_unsupported(const fy_call *call, const char *format, ...) FY_PRINTF(2, 3);

/* Results, from infer. Each takes geometry and returns FY_OK so that `return fy_result_...` reads well. */
fy_status fy_result_fresh(fy_call *call, fy_dtype dtype, const fy_shape *shape); /* contiguous */
fy_status fy_result_like(fy_call *call, fy_dtype dtype,
			 const fy_tensor *like); /* dense strides as `like` (preserve_format) */
fy_status fy_result_view(fy_call *call, int of, const fy_shape *shape, const int64_t strides[],
			 int64_t offset);
fy_status fy_result_same(fy_call *call, int of);
/* The same for element `item` of a list of tensors. */
fy_status fy_result_view_item(fy_call *call, int of, int item, const fy_shape *shape, const int64_t strides[],
			      int64_t offset);
fy_status fy_result_same_item(fy_call *call, int of, int item);
/* New data computed elementwise from tensors that broadcast to `shape`: strides as PyTorch orders them. */
fy_status fy_result_pointwise(fy_call *call, fy_dtype dtype, const fy_shape *shape,
			      const fy_tensor *const tensors[], int count);
fy_status fy_result_strided(fy_call *call, fy_dtype dtype, const fy_shape *shape,
			    const int64_t strides[]); /* new data */
fy_dim fy_call_new_symbol(const fy_call *call);       /* a size that depends on data */

/* Type promotion (PyTorch's result_type) over tensor and number arguments among `indices`. Numbers and 0-d
 * tensors weigh less, by category. */
fy_status FY_MUST_USE fy_call_promote(const fy_call *call, const int indices[], int count, fy_dtype *out);
bool fy_promote_types(fy_dtype a, fy_dtype b,
		      fy_dtype *out); /* two tensors' types; false: PyTorch has no common one */

/*
 * Runs the operator named by `schema` on arguments: infer, and, when every tensor argument has data,
 * evaluate. With `infer_only`, or when some data is unknown, results are metas (views and "same" keep data if
 * there is any). On success results are references owned by the caller: *results an array in call->arena.
 * `call` needs schema, args, arena, diags, place; it is completed here.
 */
fy_status FY_MUST_USE fy_op_run(fy_call *call, bool infer_only, fy_tensor ***results, int *result_count);
/* infer alone (composition included): fills call->op and call->results. */
fy_status FY_MUST_USE fy_op_infer(fy_call *call);
/* Drops the metas that fy_op_infer made (fy_op_run does so itself). */
void fy_call_release(fy_call *call);
/* Arguments completed with the schema's defaults, in `arena`: NULL when one without a default is missing. */
const fy_arg *fy_schema_fill(const fy_schema *schema, fy_arena *arena, const fy_arg *args, int arg_count);

/* ---- composing: an operator made of others ----------------------------------------------------------- */

/*
 * The builder calls operators on values without knowing whether they are being inferred, evaluated or
 * lowered. Values are fy_arg: FY_ARG_TENSOR handles whose meta is readable through fy_arg.t (geometry always
 * known; data only when evaluating), numbers, lists.
 */
typedef struct fy_builder fy_builder;
struct fy_builder {
	fy_arena *arena;
	fy_diags *diags;
	fy_place place;
	/* full: "aten::mul.Tensor"; args in schema order, missing trailing ones take their defaults. First
	 * result. */
	fy_status (*call)(fy_builder *builder, const char *full, const fy_arg *args, int arg_count,
			  fy_arg *results, int result_count);
	fy_arg (*constant)(fy_builder *builder, fy_tensor *tensor); /* takes the reference over */
	void *user;
};
/* One-result convenience; after the first failure it returns NONE and does nothing more (sticky): check once.
 */
typedef struct fy_compose {
	fy_builder *builder;
	fy_status status;
	const fy_call *call; /* the call being composed: arguments and accessors */
	fy_arg *results;     /* to be filled by compose */
	int result_count;
} fy_compose;
fy_arg fy_do(fy_compose *c, const char *full, const fy_arg *args, int arg_count);
fy_arg fy_do1(fy_compose *c, const char *full, fy_arg a);
fy_arg fy_do2(fy_compose *c, const char *full, fy_arg a, fy_arg b);
fy_arg fy_do3(fy_compose *c, const char *full, fy_arg a, fy_arg b, fy_arg d);
/* A constant tensor (for index tables, masks ...); the reference is taken over. */
fy_arg fy_do_constant(fy_compose *c, fy_tensor *tensor);

/* ---- lowering: emitting ONNX nodes (implemented by lower/) -----------------------------------------------
 */

typedef struct fy_lowering fy_lowering;
/*
 * Lowering works in place: `node` is an ATen node whose arguments are ONNX values already. A record's lower
 * emits nodes before it and finally names the replacement of each result with fy_lower_result.
 */
int fy_lower_opset(const fy_lowering *l);
fy_arena *fy_lower_arena(const fy_lowering *l);
/* One ONNX node with one result; its type is inferred from the inputs and attributes. inputs may hold NULL
 * for an absent optional input. After the first failure everything returns NULL quietly and the status is
 * kept in l. */
fy_value *fy_emit(fy_lowering *l, const char *op, fy_value *const *inputs, int input_count,
		  const fy_attr *attrs, int attr_count);
void fy_emit_n(fy_lowering *l, const char *op, fy_value *const *inputs, int input_count, const fy_attr *attrs,
	       int attr_count, fy_value **results, int result_count);
/* Argument lists: fy_emit(l, "Add", FY_IN(a, b), FY_NO_ATTRS) and FY_IN(a), FY_ATTRS(fy_attr_int("axis", 1)).
 */
#define FY_IN(...)                          \
	(fy_value *const[]){ __VA_ARGS__ }, \
		(int)(sizeof((fy_value *const[]){ __VA_ARGS__ }) / sizeof(fy_value *))
#define FY_ATTRS(...) \
	(const fy_attr[]){ __VA_ARGS__ }, (int)(sizeof((const fy_attr[]){ __VA_ARGS__ }) / sizeof(fy_attr))
#define FY_NO_ATTRS NULL, 0
fy_attr fy_attr_int(const char *name, int64_t value);
fy_attr fy_attr_float(const char *name, double value);
fy_attr fy_attr_str(const char *name, const char *value);
fy_attr fy_attr_ints(fy_lowering *l, const char *name, const int64_t *values, int count);
fy_attr fy_attr_floats(fy_lowering *l, const char *name, const double *values, int count);

fy_value *fy_lower_ints(fy_lowering *l, const int64_t *values, int count); /* constant int64[count] */
fy_value *fy_lower_int(fy_lowering *l, int64_t value);                     /* constant int64[] */
fy_value *fy_lower_scalar(fy_lowering *l, fy_dtype dtype, double value);   /* constant 0-d */
fy_value *fy_lower_constant(fy_lowering *l, fy_tensor *tensor);            /* takes the reference */
/* Argument `index` of node as a value: tensors as they are, numbers as 0-d constants of `dtype`,
 * data-dependent numbers cast to `dtype`. NULL when None. */
fy_value *fy_lower_arg(fy_lowering *l, const fy_node *node, int index, fy_dtype dtype);
fy_value *fy_lower_tensor(fy_lowering *l, const fy_node *node, int index); /* NULL when None */
fy_value *fy_lower_cast(fy_lowering *l, fy_value *value,
			fy_dtype dtype); /* itself when of that type already */
fy_value *fy_lower_reshape(fy_lowering *l, fy_value *value,
			   const fy_shape *shape); /* one symbol at most, or via Shape nodes */
/* int64[rank] shape of value: a constant when known, else a Shape node. */
fy_value *fy_lower_shape_of(fy_lowering *l, fy_value *value);
/* Opset-independent forms of operators whose axes moved from attributes to inputs (Squeeze 13, Unsqueeze 13,
 * ReduceSum 13, other Reduce* 18, Slice 10, Pad 11, Clip 11, Split 13/18, Dropout 12, TopK 10 ...). */
fy_value *fy_lower_unsqueeze(fy_lowering *l, fy_value *value, const int64_t *axes, int count);
fy_value *fy_lower_squeeze(fy_lowering *l, fy_value *value, const int64_t *axes, int count);
fy_value *fy_lower_reduce(fy_lowering *l, const char *op, fy_value *value, const int64_t *axes, int count,
			  bool keepdims);
fy_value *fy_lower_slice(fy_lowering *l, fy_value *value, const int64_t *axes, const int64_t *starts,
			 const int64_t *ends, const int64_t *steps, int count);
fy_value *fy_lower_expand(fy_lowering *l, fy_value *value, const fy_shape *shape);
/* Expand to int64[n] sizes: in a type that ONNX Runtime expands. */
fy_value *fy_lower_expand_values(fy_lowering *l, fy_value *value, fy_value *sizes);
fy_value *fy_lower_transpose(fy_lowering *l, fy_value *value, const int *perm);
/* More of the same kind. Axes count from the front; axes == NULL in fy_lower_reduce means all, count 0 none.
 */
fy_value *fy_lower_concat(fy_lowering *l, fy_value *const *values, int count, int axis);
void fy_lower_split(fy_lowering *l, fy_value *value, int axis, const int64_t *sizes, int count,
		    fy_value **results);
/* mode "constant", "reflect", "edge"; before and after per axis, rank of value each; negative ones crop. */
fy_value *fy_lower_pad(fy_lowering *l, fy_value *value, const char *mode, const int64_t *before,
		       const int64_t *after, double fill);
fy_value *fy_lower_clip(fy_lowering *l, fy_value *value, fy_value *min,
			fy_value *max); /* either may be NULL */
fy_value *fy_lower_softmax(fy_lowering *l, const char *op, fy_value *value,
			   int axis); /* Softmax, LogSoftmax */
void fy_lower_topk(fy_lowering *l, fy_value *value, fy_value *k, int axis, bool largest, bool sorted,
		   fy_value *results[2]); /* k: int64[1] */
/* One axis, bounds int64[1] or int64[] values that may depend on data. */
fy_value *fy_lower_slice_values(fy_lowering *l, fy_value *value, int axis, fy_value *start, fy_value *end,
				int64_t step);
/* The node computed in another element type: inputs of the first input's type are cast, the result is cast
 * back. */
fy_value *fy_emit_as(fy_lowering *l, fy_dtype compute, const char *op, fy_value *const *inputs,
		     int input_count, const fy_attr *attrs, int attr_count);
/* Sizes at run time: int64[rank] of a shape whose symbols are found among the values in sight; int64[] of one
 * axis. */
fy_value *fy_lower_dims(fy_lowering *l, const fy_shape *shape);
fy_value *fy_lower_size_of(fy_lowering *l, fy_value *value, int axis);
/* int[] argument as int64[n], items may depend on data. */
fy_value *fy_lower_int_list(fy_lowering *l, const fy_node *node, int index);
void fy_lower_result(fy_lowering *l, fy_node *node, int index, fy_value *value);
fy_status fy_lower_status(const fy_lowering *l);
/* Reports that this node has no form at this opset; lists, does not stop. */
fy_status fy_lower_refuse(fy_lowering *l, const fy_node *node, const char *format, ...) FY_PRINTF(3, 4);

/* Reading the arguments of a graph node (constants only; a value argument is an error of the caller). */
bool fy_node_arg_known(const fy_node *node, int index); /* not a value, and no value inside its list */
int64_t fy_node_int(const fy_node *node, int index);
double fy_node_f64(const fy_node *node, int index);
bool fy_node_bool(const fy_node *node, int index);
bool fy_node_none(const fy_node *node, int index);
int fy_node_ints(const fy_node *node, int index, int64_t *out,
		 int expect);                                /* as fy_call_ints; returns the count */
const fy_type *fy_node_type(const fy_node *node, int index); /* type of a value argument */
const fy_type *fy_node_result_type(const fy_node *node, int index);

/* ---- records: table.c ---------------------------------------------------------------------------------- */

enum {
	FY_OP_RANDOM = 1,    /* never folds */
	FY_OP_DATA_SIZE = 2, /* result sizes depend on data: outs are allocated by eval */
	FY_OP_MOVES = 4,     /* only moves elements: complex and packed types are fine too */
};

/*
 * One operator. `name` is without overload; the record serves every schema of that name whose overload is
 * listed in `overloads` (comma-separated, "" is the empty overload; NULL: all that take or give tensors).
 * In-place and out= variants need no record. Either (infer, eval, lower), or compose with an optional native
 * lower.
 */
struct fy_op {
	const char *name;
	const char *overloads;
	unsigned flags;
	fy_status (*infer)(fy_call *call);
	fy_status (*eval)(fy_call *call); /* NULL: always a view or same */
	/* Builds the results out of other operators. Inference, evaluation and lowering then come by
	 * themselves. */
	fy_status (*compose)(fy_compose *compose);
	fy_status (*lower)(fy_lowering *l, fy_node *node);
	/* Smallest opset at which this node has its plain form (9 when NULL and below opset_plain):
	 * compositions of elementwise, reduction and matmul nodes count as plain, gather emulations do not.
	 */
	int (*plain_opset)(const fy_node *node);
	/* With compose: the opset from which `lower` is used (native form). 0: `lower` always, when there is
	 * one. */
	int native_opset;
	/* What the family's functions need to know to serve this operator too; they read it from call->op and
	 * fy_node_op. */
	const void *form;
	/* Test cases as text, NULL-ended: "f32[2,3] dim=1 keepdim=true"; grammar in
	 * docs/adding-an-operator.md. */
	const char *const *cases;
};
#define FY_CASES(...) ((const char *const[]){ __VA_ARGS__, NULL })

const fy_op *fy_op_of(const fy_schema *schema); /* NULL: no record */
const fy_op *fy_node_op(const fy_node *node);   /* record of an ATen node; NULL: none */
int fy_op_count(void);
const fy_op *fy_op_at(int index);
/* For `add_` gives the functional schema `add` whose arguments agree, and likewise for out= variants; NULL:
 * none. *written is the index of the written argument in the in-place schema, the first one of several:
 * result k of the functional form belongs to argument *written + k. -1: the schema writes nothing. */
const fy_schema *fy_schema_functional(const fy_schema *in_place, int *written);

#endif
