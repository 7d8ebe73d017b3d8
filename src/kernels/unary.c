/*
 * Operators with one input, element by element. The loops are in unary_float.inc and unary_int.inc, one
 * operator one loop; here: which type, and the few functions that C's library lacks.
 */
#include <string.h>
#include <tgmath.h>

#include "kernels/kernels_internal.h"

/* Giles' approximation of the inverse error function, made exact by two Newton steps. */
static double erf_inverse(double y)
{
	if (!(y > -1 && y < 1))
		return y == 1 ? (double)INFINITY : y == -1 ? -(double)INFINITY : (double)NAN;

	double w = -log((1 - y) * (1 + y)), x;
	if (w < 5) {
		w -= 2.5;
		x = 2.81022636e-08;
		x = 3.43273939e-07 + x * w;
		x = -3.5233877e-06 + x * w;
		x = -4.39150654e-06 + x * w;
		x = 0.00021858087 + x * w;
		x = -0.00125372503 + x * w;
		x = -0.00417768164 + x * w;
		x = 0.246640727 + x * w;
		x = 1.50140941 + x * w;
	} else {
		w = sqrt(w) - 3;
		x = -0.000200214257;
		x = 0.000100950558 + x * w;
		x = 0.00134934322 + x * w;
		x = -0.00367342844 + x * w;
		x = 0.00573950773 + x * w;
		x = -0.0076224613 + x * w;
		x = 0.00943887047 + x * w;
		x = 1.00167406 + x * w;
		x = 2.83297682 + x * w;
	}
	x *= y;
	for (int step = 0; step < 2; step++)
		x -= (erf(x) - y) / (M_2_SQRTPI * exp(-x * x));
	return x;
}

/* Not lgamma(): it writes the global signgam. */
static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* Reflection for negative x, recurrence up to 10, then the asymptotic series. */
static double digamma(double x)
{
	double result = 0;

	if (x == 0)
		return copysign((double)INFINITY, -x);
	if (x < 0) {
		if (x == floor(x))
			return (double)NAN;
		double whole;
		result = -M_PI / tan(M_PI * modf(x, &whole));
		x = 1 - x;
	}
	for (; x < 10; x += 1)
		result -= 1 / x;
	if (x == (double)INFINITY)
		return x;
	double z = 1 / (x * x);
	double series =
		z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132)))));
	return result + log(x) - 0.5 / x - series;
}

#define T         float
#define UNARY     unary_f32
#define PREDICATE predicate_f32
#include "kernels/unary_float.inc"

#define T         double
#define UNARY     unary_f64
#define PREDICATE predicate_f64
#include "kernels/unary_float.inc"

#define T         int8_t
#define U         uint32_t
#define MIN       INT8_MIN
#define MAX       INT8_MAX
#define UNARY     unary_i8
#define PREDICATE predicate_i8
#include "kernels/unary_int.inc"

#define T         int16_t
#define U         uint32_t
#define MIN       INT16_MIN
#define MAX       INT16_MAX
#define UNARY     unary_i16
#define PREDICATE predicate_i16
#include "kernels/unary_int.inc"

#define T         int32_t
#define U         uint32_t
#define MIN       INT32_MIN
#define MAX       INT32_MAX
#define UNARY     unary_i32
#define PREDICATE predicate_i32
#include "kernels/unary_int.inc"

#define T         int64_t
#define U         uint64_t
#define MIN       INT64_MIN
#define MAX       INT64_MAX
#define UNARY     unary_i64
#define PREDICATE predicate_i64
#include "kernels/unary_int.inc"

#define T         uint8_t
#define U         uint32_t
#define MIN       0
#define MAX       UINT8_MAX
#define UNARY     unary_u8
#define PREDICATE predicate_u8
#include "kernels/unary_int.inc"

#define T         uint16_t
#define U         uint32_t
#define MIN       0
#define MAX       UINT16_MAX
#define UNARY     unary_u16
#define PREDICATE predicate_u16
#include "kernels/unary_int.inc"

#define T         uint32_t
#define U         uint32_t
#define MIN       0
#define MAX       UINT32_MAX
#define UNARY     unary_u32
#define PREDICATE predicate_u32
#include "kernels/unary_int.inc"

#define T         uint64_t
#define U         uint64_t
#define MIN       0
#define MAX       UINT64_MAX
#define UNARY     unary_u64
#define PREDICATE predicate_u64
#include "kernels/unary_int.inc"

typedef struct unary_context {
	fy_unary op;
	fy_dtype dtype;
	double a, b, c;
} unary_context;

static void unary_bool(fy_unary op, int64_t n, uint8_t *out, const uint8_t *x)
{
	FY_ASSERT(op == FY_BITWISE_NOT || op == FY_ABS || op == FY_SQUARE || op == FY_RELU || op == FY_SIGN);
	for (int64_t i = 0; i < n; i++)
		out[i] = (x[i] != 0) != (op == FY_BITWISE_NOT);
}

static void compute_unary(const void *context, int64_t n, void *out, const void *const in[])
{
	const unary_context *u = context;

	switch (u->dtype) {
	case FY_F32:
		unary_f32(u->op, n, out, in[0], (float)u->a, (float)u->b, (float)u->c);
		break;
	case FY_F64:
		unary_f64(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_I8:
		unary_i8(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_I16:
		unary_i16(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_I32:
		unary_i32(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_I64:
		unary_i64(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_U8:
		unary_u8(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_U16:
		unary_u16(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_U32:
		unary_u32(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_U64:
		unary_u64(u->op, n, out, in[0], u->a, u->b, u->c);
		break;
	case FY_BOOL:
		unary_bool(u->op, n, out, in[0]);
		break;
	default:
		FY_BUG("unary operator on %s", fy_dtype_name(u->dtype));
	}
}

static void compute_predicate(const void *context, int64_t n, void *out, const void *const in[])
{
	const unary_context *u = context;

	switch (u->dtype) {
	case FY_F32:
		predicate_f32(u->op, n, out, in[0]);
		break;
	case FY_F64:
		predicate_f64(u->op, n, out, in[0]);
		break;
	case FY_I8:
		predicate_i8(u->op, n, out, in[0]);
		break;
	case FY_I16:
		predicate_i16(u->op, n, out, in[0]);
		break;
	case FY_I32:
		predicate_i32(u->op, n, out, in[0]);
		break;
	case FY_I64:
		predicate_i64(u->op, n, out, in[0]);
		break;
	case FY_BOOL:
	case FY_U8:
		predicate_u8(u->op, n, out, in[0]);
		break;
	case FY_U16:
		predicate_u16(u->op, n, out, in[0]);
		break;
	case FY_U32:
		predicate_u32(u->op, n, out, in[0]);
		break;
	case FY_U64:
		predicate_u64(u->op, n, out, in[0]);
		break;
	default:
		FY_BUG("predicate on %s", fy_dtype_name(u->dtype));
	}
}

static bool is_predicate(fy_unary op)
{
	return op == FY_LOGICAL_NOT || (op >= FY_ISNAN && op <= FY_SIGNBIT);
}

void fy_kernel_unary_with(fy_tensor *out, fy_unary op, const fy_tensor *in, double a, double b, double c)
{
	bool predicate = is_predicate(op);

	FY_ASSERT(fy_shape_eq(&out->shape, &in->shape));
	fy_tensor *to = fy_out_open(out, predicate ? FY_BOOL : out->dtype);
	fy_tensor *from = fy_operand(in, predicate ? in->dtype : out->dtype);
	unary_context context = { op, fy_wide(from->dtype), a, b, c };
	fy_blocks blocks = { .out = to, .in = { from }, .in_count = 1, .context = &context };
	blocks.compute = predicate ? compute_predicate : compute_unary;
	fy_blocks_run(&blocks);
	fy_tensor_unref(from);
	fy_out_close(out, to);
}

void fy_kernel_unary(fy_tensor *out, fy_unary op, const fy_tensor *in)
{
	fy_kernel_unary_with(out, op, in, 0, 0, 0);
}
