/*
 * Operators with two broadcast inputs, element by element. The loops are in binary_float.inc, binary_int.inc
 * and binary_compare.inc, one operator one loop; here: which type.
 */
#include <tgmath.h>

#include "kernels/kernels_internal.h"

#define T          float
#define BINARY     binary_f32
#define COMPARE    compare_f32
#define FLOOR_DIV  floor_div_f32
#define PYTHON_MOD python_mod_f32
#include "kernels/binary_float.inc"

#define T          double
#define BINARY     binary_f64
#define COMPARE    compare_f64
#define FLOOR_DIV  floor_div_f64
#define PYTHON_MOD python_mod_f64
#include "kernels/binary_float.inc"

#define T        int8_t
#define U        uint32_t
#define SIGNED   1
#define BINARY   binary_i8
#define COMPARE  compare_i8
#define QUOTIENT quotient_i8
#define MODULO   modulo_i8
#define POWER    power_i8
#include "kernels/binary_int.inc"

#define T        int16_t
#define U        uint32_t
#define SIGNED   1
#define BINARY   binary_i16
#define COMPARE  compare_i16
#define QUOTIENT quotient_i16
#define MODULO   modulo_i16
#define POWER    power_i16
#include "kernels/binary_int.inc"

#define T        int32_t
#define U        uint32_t
#define SIGNED   1
#define BINARY   binary_i32
#define COMPARE  compare_i32
#define QUOTIENT quotient_i32
#define MODULO   modulo_i32
#define POWER    power_i32
#include "kernels/binary_int.inc"

#define T        int64_t
#define U        uint64_t
#define SIGNED   1
#define BINARY   binary_i64
#define COMPARE  compare_i64
#define QUOTIENT quotient_i64
#define MODULO   modulo_i64
#define POWER    power_i64
#include "kernels/binary_int.inc"

#define T        uint8_t
#define U        uint32_t
#define SIGNED   0
#define BINARY   binary_u8
#define COMPARE  compare_u8
#define QUOTIENT quotient_u8
#define MODULO   modulo_u8
#define POWER    power_u8
#include "kernels/binary_int.inc"

#define T        uint16_t
#define U        uint32_t
#define SIGNED   0
#define BINARY   binary_u16
#define COMPARE  compare_u16
#define QUOTIENT quotient_u16
#define MODULO   modulo_u16
#define POWER    power_u16
#include "kernels/binary_int.inc"

#define T        uint32_t
#define U        uint32_t
#define SIGNED   0
#define BINARY   binary_u32
#define COMPARE  compare_u32
#define QUOTIENT quotient_u32
#define MODULO   modulo_u32
#define POWER    power_u32
#include "kernels/binary_int.inc"

#define T        uint64_t
#define U        uint64_t
#define SIGNED   0
#define BINARY   binary_u64
#define COMPARE  compare_u64
#define QUOTIENT quotient_u64
#define MODULO   modulo_u64
#define POWER    power_u64
#include "kernels/binary_int.inc"

/* Bytes other than 0 and 1 may stand in a file: every non-zero one is true. */
static void binary_bool(fy_binary op, int64_t n, uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	int64_t i;

	switch (op) {
	case FY_ADD:
	case FY_MAXIMUM:
	case FY_FMAX:
	case FY_BITWISE_OR:
	case FY_LOGICAL_OR:
		for (i = 0; i < n; i++)
			out[i] = (a[i] | b[i]) != 0;
		break;
	case FY_MUL:
	case FY_MINIMUM:
	case FY_FMIN:
	case FY_BITWISE_AND:
	case FY_LOGICAL_AND:
		for (i = 0; i < n; i++)
			out[i] = a[i] != 0 && b[i] != 0;
		break;
	case FY_SUB:
	case FY_BITWISE_XOR:
	case FY_LOGICAL_XOR:
	case FY_NE:
		for (i = 0; i < n; i++)
			out[i] = (a[i] != 0) != (b[i] != 0);
		break;
	case FY_EQ:
		for (i = 0; i < n; i++)
			out[i] = (a[i] != 0) == (b[i] != 0);
		break;
	case FY_LT:
		for (i = 0; i < n; i++)
			out[i] = a[i] == 0 && b[i] != 0;
		break;
	case FY_GT:
		for (i = 0; i < n; i++)
			out[i] = a[i] != 0 && b[i] == 0;
		break;
	case FY_LE:
	case FY_POW: /* 0 to the power of 1 alone is 0: the other way round */
		for (i = 0; i < n; i++)
			out[i] = op == FY_LE ? a[i] == 0 || b[i] != 0 : a[i] != 0 || b[i] == 0;
		break;
	case FY_GE:
		for (i = 0; i < n; i++)
			out[i] = a[i] != 0 || b[i] == 0;
		break;
	default:
		FY_BUG("binary operator %d does not compute bools", (int)op);
	}
}

typedef struct binary_context {
	fy_binary op;
	fy_dtype dtype;
} binary_context;

static void compute_binary(const void *context, int64_t n, void *out, const void *const in[])
{
	const binary_context *c = context;

	switch (c->dtype) {
	case FY_F32:
		binary_f32(c->op, n, out, in[0], in[1]);
		break;
	case FY_F64:
		binary_f64(c->op, n, out, in[0], in[1]);
		break;
	case FY_I8:
		binary_i8(c->op, n, out, in[0], in[1]);
		break;
	case FY_I16:
		binary_i16(c->op, n, out, in[0], in[1]);
		break;
	case FY_I32:
		binary_i32(c->op, n, out, in[0], in[1]);
		break;
	case FY_I64:
		binary_i64(c->op, n, out, in[0], in[1]);
		break;
	case FY_U8:
		binary_u8(c->op, n, out, in[0], in[1]);
		break;
	case FY_U16:
		binary_u16(c->op, n, out, in[0], in[1]);
		break;
	case FY_U32:
		binary_u32(c->op, n, out, in[0], in[1]);
		break;
	case FY_U64:
		binary_u64(c->op, n, out, in[0], in[1]);
		break;
	case FY_BOOL:
		binary_bool(c->op, n, out, in[0], in[1]);
		break;
	default:
		FY_BUG("binary operator on %s", fy_dtype_name(c->dtype));
	}
}

static void compute_comparison(const void *context, int64_t n, void *out, const void *const in[])
{
	const binary_context *c = context;

	switch (c->dtype) {
	case FY_F32:
		compare_f32(c->op, n, out, in[0], in[1]);
		break;
	case FY_F64:
		compare_f64(c->op, n, out, in[0], in[1]);
		break;
	case FY_I8:
		compare_i8(c->op, n, out, in[0], in[1]);
		break;
	case FY_I16:
		compare_i16(c->op, n, out, in[0], in[1]);
		break;
	case FY_I32:
		compare_i32(c->op, n, out, in[0], in[1]);
		break;
	case FY_I64:
		compare_i64(c->op, n, out, in[0], in[1]);
		break;
	case FY_U8:
		compare_u8(c->op, n, out, in[0], in[1]);
		break;
	case FY_U16:
		compare_u16(c->op, n, out, in[0], in[1]);
		break;
	case FY_U32:
		compare_u32(c->op, n, out, in[0], in[1]);
		break;
	case FY_U64:
		compare_u64(c->op, n, out, in[0], in[1]);
		break;
	case FY_BOOL:
		binary_bool(c->op, n, out, in[0], in[1]);
		break;
	default:
		FY_BUG("comparison of %s", fy_dtype_name(c->dtype));
	}
}

void fy_kernel_binary(fy_tensor *out, fy_binary op, fy_dtype compute, const fy_tensor *a, const fy_tensor *b)
{
	bool comparison = op >= FY_LOGICAL_AND;
	fy_tensor *to = fy_out_open(out, comparison ? FY_BOOL : compute);
	fy_tensor *left = fy_operand(a, compute), *right = fy_operand(b, compute);
	binary_context context = { op, fy_wide(compute) };
	fy_blocks blocks = { .out = to, .in = { left, right }, .in_count = 2, .context = &context };

	blocks.compute = comparison ? compute_comparison : compute_binary;
	fy_blocks_run(&blocks);
	fy_tensor_unref(left);
	fy_tensor_unref(right);
	fy_out_close(out, to);
}
