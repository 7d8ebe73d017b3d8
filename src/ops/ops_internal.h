/*
 * ops_internal: what the .c files of ops/ share among themselves: reading one schema line, geometry of
 * results and the shapes of inference that many families have in common.
 */
#ifndef FY_OPS_INTERNAL_H
#define FY_OPS_INTERNAL_H

#include "kernels/kernels.h"
#include "ops/ops.h"

/* ---- schema.c ------------------------------------------------------------------------------- */

/* Reads one line of schemas.tsv. Everything, text included, is copied into the arena. False: not a schema. */
bool fy_schema_parse(fy_schema *out, fy_arena *arena, fy_str line);

/* ---- args.c --------------------------------------------------------------------------------- */

/* Raises unless every argument is of the kind that the schema declares: a hand-written graph may hold
 * anything. */
fy_status FY_MUST_USE fy_call_check_kinds(const fy_call *call);

/* ---- geometry.c ----------------------------------------------------------------------------- */

/* Strides PyTorch's elementwise operators give a new result of `shape` computed from `tensors`: row-major
 * unless the operands agree on another order of dims. NULL entries are skipped. */
void fy_pointwise_strides(const fy_shape *shape, const fy_tensor *const tensors[], int count,
			  int64_t strides[]);
/* No two indices meet and no gaps: a permutation of a contiguous tensor. */
bool fy_tensor_is_dense(const fy_tensor *tensor);
/* Strides of channels-last order, dim 1 innermost; rank 2 at least. */
void fy_channels_last_strides(const fy_shape *shape, int64_t strides[]);
/* PyTorch's guess whether the strides of an image mean channels last. */
bool fy_is_channels_last(const fy_shape *shape, const int64_t strides[]);

/* ---- call.c --------------------------------------------------------------------------------- */

/* What a result is outside evaluation: the meta, the argument itself or a view of it. One reference. */
fy_tensor *fy_result_tensor(const fy_call *call, const fy_result *result);

/* ---- patterns.c: inference and evaluation that many operators share --------------------------- */

fy_status fy_infer_like_self(fy_call *call);  /* argument 0's shape and type */
fy_status fy_infer_bool_self(fy_call *call);  /* argument 0's shape, bool */
fy_status fy_infer_float_self(fy_call *call); /* argument 0's shape; integers and bool become float32 */
fy_status fy_infer_same_self(fy_call *call);  /* is argument 0 */
/* `dtype` for operators that compute in floats: itself, or float32 for integers and bool. */
fy_dtype fy_float_type(fy_dtype dtype);
/* Shape that the tensors among the arguments `indices` broadcast to. Raises when they do not fit. */
fy_status FY_MUST_USE fy_call_broadcast(const fy_call *call, const int indices[], int count, fy_shape *out);
/* One result of `dtype`, elementwise over the tensors among the arguments `indices`. */
fy_status fy_infer_broadcast(fy_call *call, const int indices[], int count, fy_dtype dtype);
/* Argument as a tensor for kernels: a number becomes a 0-d tensor of `dtype`. One reference for the caller;
 * never NULL. */
fy_tensor *fy_call_operand(const fy_call *call, int index, fy_dtype dtype);

/* ---- pointwise_binary.c: operators of two operands ------------------------------------------------ */

typedef enum fy_binary_type {
	FY_TYPE_PROMOTED,   /* computed in and of the promoted type */
	FY_TYPE_FLOAT,      /* the same, integers becoming float32 */
	FY_TYPE_TRUTH,      /* computed in the promoted type, result bool */
	FY_TYPE_EACH_TRUTH, /* operands are taken for true or false each, result bool */
} fy_binary_type;

/* Arguments 0 and 1 are the operands, tensors or numbers; an argument named alpha multiplies the second. */
typedef struct fy_binary_form {
	fy_binary kernel;
	fy_binary_type type;
	fy_value *(*build)(fy_lowering *l, fy_value *a, fy_value *b); /* both of one type that works */
	const char *onnx;                                             /* when build is NULL */
	bool swapped;         /* computes b op a (alpha multiplies a) */
	bool no_bool;         /* PyTorch refuses when both are bools */
	bool no_bool_operand; /* ... when one is */
	bool no_float;
	bool no_zero; /* PyTorch raises when an integer divisor is 0 */
} fy_binary_form;

fy_status fy_binary_infer(fy_call *call);
fy_status fy_binary_eval(fy_call *call);
fy_status fy_binary_lower(fy_lowering *l, fy_node *node);
/* Promoted type of arguments of a node, as fy_call_promote. */
fy_dtype fy_node_promote(const fy_node *node, const int indices[], int count);
/* Argument `index` of a node in type `work`, number or tensor. */
fy_value *fy_lower_operand(fy_lowering *l, const fy_node *node, int index, fy_dtype work);

/* ---- along_dim.c ------------------------------------------------------------------------------------ */

/* (self, dim, dtype): the shape of self; integers become int64 unless dtype says otherwise. cumsum, cumprod.
 */
fy_status FY_MUST_USE fy_cumulative_infer(fy_call *call);

/* ---- reductions.c: dims to reduce ----------------------------------------------------------------- */

typedef struct fy_axes {
	uint32_t mask; /* bit k: dim k is reduced; 0 for a 0-d tensor */
	bool keepdim;
	int rank;
} fy_axes;

/* Arguments `dim` (an int, a list, None; absent: all) and `keepdim` (absent: false). Works on calls and on
 * fy_node_call's. */
fy_status FY_MUST_USE fy_call_axes(const fy_call *call, int rank, fy_axes *out);
fy_shape fy_axes_shape(const fy_shape *shape, const fy_axes *axes);
/* Number of elements that are reduced to one; -1 when that depends on a symbolic dim. */
int64_t fy_axes_count(const fy_shape *shape, const fy_axes *axes);
/* The axes of a node whose argument 0 is the reduced tensor. */
fy_axes fy_node_axes(const fy_node *node);
/* Reduce* over the axes; the value itself when there are none (0-d). */
fy_value *fy_lower_reduce_axes(fy_lowering *l, const char *op, fy_value *value, const fy_axes *axes,
			       bool keepdim);
/* Number of elements that are reduced to one, a 0-d value of the value's type. */
fy_value *fy_lower_axes_count(fy_lowering *l, fy_value *value, const fy_axes *axes);
/* The mean over the axes. Of nothing it is NaN as in PyTorch; ONNX leaves that open, so that a sum is divided
 * where a size is known at run time only. */
fy_value *fy_lower_mean_axes(fy_lowering *l, fy_value *value, const fy_axes *axes, bool keepdim);

/* A node's arguments as a call: numbers and lists can be read, tensors (FY_ARG_VALUE) cannot. diags must be
 * empty and live as long; what inference accepted does not fail. */
fy_call fy_node_call(const fy_node *node, fy_diags *diags);

/* ---- emit.c: ONNX forms that many operators share ---------------------------------------------- */

/* These hide which types an ONNX operator takes at an opset, and which of them ONNX Runtime computes. */
fy_value *fy_emit1(fy_lowering *l, const char *op, fy_value *a);
fy_value *fy_emit2(fy_lowering *l, const char *op, fy_value *a, fy_value *b);
/* A type that arithmetic (Add Sub Mul Div Neg Abs Min Max Reduce*) takes at every opset and that holds
 * `dtype`'s values: bfloat16 -> float32; small integers and bool -> int32 (casting back wraps as the small
 * type would). */
fy_dtype fy_lower_arithmetic_type(fy_dtype dtype);
bool fy_dtype_wide(fy_dtype dtype); /* float32, float64, float16, int32, int64: arithmetic types themselves */
fy_value *fy_lower_number(fy_lowering *l, fy_value *like, double value); /* 0-d constant of like's type */
fy_value *fy_lower_min(fy_lowering *l, fy_value *a, fy_value *b);        /* of one arithmetic type */
fy_value *fy_lower_max(fy_lowering *l, fy_value *a, fy_value *b);
/* op: Equal, Less, Greater, LessOrEqual, GreaterOrEqual; a and b of one type. False wherever either is NaN.
 */
fy_value *fy_lower_compare(fy_lowering *l, const char *op, fy_value *a, fy_value *b);
fy_value *fy_lower_not(fy_lowering *l, fy_value *a);
fy_value *fy_lower_where(fy_lowering *l, fy_value *condition, fy_value *a,
			 fy_value *b); /* a and b of one type */
/* Quotients and remainders of one arithmetic type, as PyTorch computes them. */
fy_value *fy_lower_floor_div(fy_lowering *l, fy_value *a, fy_value *b);
fy_value *fy_lower_trunc_div(fy_lowering *l, fy_value *a, fy_value *b);
fy_value *fy_lower_remainder(fy_lowering *l, fy_value *a, fy_value *b); /* sign of b */
fy_value *fy_lower_fmod(fy_lowering *l, fy_value *a, fy_value *b);      /* sign of a */
fy_value *fy_lower_trunc(fy_lowering *l, fy_value *a);                  /* floats */
/* Casts to the type of result 0, makes it the replacement and gives the status: the end of most lowerings. */
fy_status fy_lower_finish(fy_lowering *l, fy_node *node, fy_value *value);

/* ---- compose.c ------------------------------------------------------------------------------ */

/* Run call->op->compose: the first fills call->results, the second gives tensors as fy_op_run does. */
fy_status FY_MUST_USE fy_compose_infer(fy_call *call);
fy_status FY_MUST_USE fy_compose_eval(fy_call *call, fy_tensor ***results, int *result_count);

#endif
