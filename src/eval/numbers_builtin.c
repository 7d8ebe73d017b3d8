/*
 * Arithmetic, comparison and logic of two Python numbers. Known numbers are computed; a number that depends
 * on data is a 0-d value, and its arithmetic is recorded as tensor operators on 0-d values.
 */
#include "eval/numbers.h"

#include <math.h>
#include <string.h>

/* ---- kinds
 * ----------------------------------------------------------------------------------------------------- */

bool fy_all_numbers(const fy_args *args, int count)
{
	if (args->count != count || args->keyword_count)
		return false;
	for (int i = 0; i < count; i++)
		if (!fy_is_number(args->items[i]))
			return false;
	return true;
}

bool fy_any_symbol(const fy_args *args)
{
	for (int i = 0; i < args->count; i++)
		if (args->items[i].kind == FY_I_SYMBOL)
			return true;
	return false;
}

bool fy_any_float(const fy_args *args)
{
	for (int i = 0; i < args->count; i++)
		if (fy_number_type(args->items[i]) == FY_F64)
			return true;
	return false;
}

fy_status fy_symbol_op(fy_eval *ev, const char *full, const fy_ivalue *args, int count, fy_dtype dtype,
		       fy_ivalue *out)
{
	fy_arg values[3];
	fy_type type = fy_type_scalar(dtype);

	FY_ASSERT(count <= 3);
	for (int i = 0; i < count; i++) {
		fy_value *value = fy_eval_ssa(ev, args[i]);

		if (!value)
			return FY_UNSUPPORTED;
		values[i] = fy_arg_value(value);
	}
	*out = fy_isymbol(fy_eval_record(ev, full, values, count, &type));
	return FY_OK;
}

/* ---- two numbers
 * ------------------------------------------------------------------------------------------------- */

typedef enum fy_arith { ADD, SUB, MUL, DIV, FLOORDIV, REMAINDER, FMOD, POW } fy_arith;

static int64_t wrap(fy_arith op, int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	return (int64_t)(op == ADD ? x + y : op == SUB ? x - y : x * y);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	if (b == -1)
		return wrap(SUB, 0, a); /* INT64_MIN / -1 wraps */
	return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}

static double float_arith(fy_arith op, double a, double b)
{
	double r;

	switch (op) {
	case ADD:
		return a + b;
	case SUB:
		return a - b;
	case MUL:
		return a * b;
	case DIV:
		return a / b;
	case FLOORDIV:
		return floor(a / b);
	case REMAINDER:
		r = fmod(a, b);
		return r != 0 && (r < 0) != (b < 0) ? r + b : r;
	case FMOD:
		return fmod(a, b);
	case POW:
		return pow(a, b);
	}
	return 0;
}

static fy_status known_arith(fy_eval *ev, fy_arith op, const fy_args *args, fy_ivalue *out)
{
	fy_ivalue a = args->items[0], b = args->items[1];
	bool zero = fy_number_f64(b) == 0;

	if (zero && (op == DIV || op == FLOORDIV || op == REMAINDER || op == FMOD))
		return fy_eval_raise(ev, "division by zero");
	if (fy_any_float(args) || op == DIV || op == POW || op == FMOD) {
		*out = fy_ifloat(float_arith(op, fy_number_f64(a), fy_number_f64(b)));
		return FY_OK;
	}
	if (op == FLOORDIV)
		*out = fy_iint(floor_div(fy_number_i64(a), fy_number_i64(b)));
	else if (op == REMAINDER)
		*out = fy_iint(
			wrap(SUB, fy_number_i64(a),
			     wrap(MUL, floor_div(fy_number_i64(a), fy_number_i64(b)), fy_number_i64(b))));
	else
		*out = fy_iint(wrap(op, fy_number_i64(a), fy_number_i64(b)));
	return FY_OK;
}

static fy_status symbol_arith(fy_eval *ev, fy_arith op, const fy_args *args, fy_ivalue *out)
{
	static const char *const full[] = {
		[ADD] = "aten::add.Tensor",        [SUB] = "aten::sub.Tensor",
		[MUL] = "aten::mul.Tensor",        [DIV] = "aten::div.Tensor",
		[FLOORDIV] = "aten::floor_divide", [REMAINDER] = "aten::remainder.Tensor",
		[FMOD] = "aten::fmod.Tensor",      [POW] = "aten::pow.Tensor_Tensor",
	};
	bool real = fy_any_float(args) || op == DIV || op == POW || op == FMOD;
	fy_ivalue sides[2];

	for (int i = 0; i < 2; i++)
		FY_TRY(fy_eval_to_number(ev, args->items[i], real ? FY_I_FLOAT : FY_I_INT, &sides[i]));
	return fy_symbol_op(ev, full[op], sides, 2, real ? FY_F64 : FY_I64, out);
}

/* number op Tensor: TorchScript's own definitions in terms of the tensor's operators. */
static fy_status number_and_tensor(fy_eval *ev, fy_arith op, const fy_args *args, fy_ivalue *out,
				   bool *handled)
{
	fy_ivalue a = args->items[0], b = args->items[1], made;
	fy_ivalue swapped[2] = { b, a };
	const char *name = op == ADD ? "aten::add" : "aten::mul";
	fy_status status;

	if (args->count != 2 || args->keyword_count || !fy_is_number(a) || b.kind != FY_I_TENSOR)
		return FY_OK;
	*handled = true;
	if (op == ADD || op == MUL)
		return fy_eval_operator(ev, name, fy_schemas_of(name), swapped, 2, NULL, NULL, 0, out);
	name = op == SUB ? "aten::neg" : "aten::reciprocal";
	if (op != SUB && op != DIV) {
		*handled = false;
		return FY_OK;
	}
	FY_TRY(fy_eval_operator(ev, name, fy_schemas_of(name), &b, 1, NULL, NULL, 0, &made));
	swapped[0] = made;
	name = op == SUB ? "aten::add" : "aten::mul";
	status = fy_eval_operator(ev, name, fy_schemas_of(name), swapped, 2, NULL, NULL, 0, out);
	fy_iunref(made);
	return status;
}

static fy_status complex_arith(fy_arith op, const fy_args *args, fy_ivalue *out, bool *handled)
{
	double x[2], y[2];

	for (int i = 0; i < 2; i++) {
		fy_ivalue v = args->items[i];

		if (v.kind != FY_I_COMPLEX && (!fy_is_number(v) || v.kind == FY_I_SYMBOL))
			return FY_OK;
		x[i] = v.kind == FY_I_COMPLEX ? v.c.re : fy_number_f64(v);
		y[i] = v.kind == FY_I_COMPLEX ? v.c.im : 0;
	}
	*handled = true;
	if (op == ADD)
		*out = fy_icomplex(x[0] + x[1], y[0] + y[1]);
	else if (op == SUB)
		*out = fy_icomplex(x[0] - x[1], y[0] - y[1]);
	else if (op == MUL)
		*out = fy_icomplex(x[0] * x[1] - y[0] * y[1], x[0] * y[1] + y[0] * x[1]);
	else
		*handled = false;
	return FY_OK;
}

static fy_status arith(fy_eval *ev, fy_arith op, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (!fy_all_numbers(args, 2)) {
		if (args->count == 2 &&
		    (args->items[0].kind == FY_I_COMPLEX || args->items[1].kind == FY_I_COMPLEX))
			return complex_arith(op, args, out, handled);
		return args->count == 2 ? number_and_tensor(ev, op, args, out, handled) : FY_OK;
	}
	*handled = true;
	return fy_any_symbol(args) ? symbol_arith(ev, op, args, out) : known_arith(ev, op, args, out);
}

static fy_status do_add(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, ADD, a, o, h);
}
static fy_status do_sub(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, SUB, a, o, h);
}
static fy_status do_mul(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, MUL, a, o, h);
}
static fy_status do_div(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, DIV, a, o, h);
}
static fy_status do_remainder(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, REMAINDER, a, o, h);
}
static fy_status do_fmod(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, FMOD, a, o, h);
}
static fy_status do_pow(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return arith(ev, POW, a, o, h);
}

static fy_status do_floordiv(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count == 2 && args->items[0].kind == FY_I_TENSOR) {
		*handled = true;
		return fy_eval_operator(ev, "aten::floor_divide", fy_schemas_of("aten::floor_divide"),
					args->items, 2, NULL, NULL, 0, out);
	}
	return arith(ev, FLOORDIV, args, out, handled);
}

/* ---- comparison and logic
 * ------------------------------------------------------------------------------------------ */

typedef enum fy_order { EQ, NE, LT, GT, LE, GE } fy_order;

static fy_status compare(fy_eval *ev, fy_order op, const fy_args *args, fy_ivalue *out, bool *handled)
{
	static const char *const full[] = { "aten::eq.Tensor", "aten::ne.Tensor", "aten::lt.Tensor",
					    "aten::gt.Tensor", "aten::le.Tensor", "aten::ge.Tensor" };
	static const char *const mirrored[] = { "aten::eq", "aten::ne", "aten::gt",
						"aten::lt", "aten::ge", "aten::le" };
	double a, b;
	bool ints;

	if (args->count == 2 && fy_is_number(args->items[0]) && args->items[1].kind == FY_I_TENSOR) {
		fy_ivalue swapped[2] = { args->items[1], args->items[0] };

		*handled = true;
		return fy_eval_operator(ev, mirrored[op], fy_schemas_of(mirrored[op]), swapped, 2, NULL, NULL,
					0, out);
	}
	if (!fy_all_numbers(args, 2))
		return FY_OK;
	*handled = true;
	if (fy_any_symbol(args))
		return fy_symbol_op(ev, full[op], args->items, 2, FY_BOOL, out);
	a = fy_number_f64(args->items[0]);
	b = fy_number_f64(args->items[1]);
	ints = !fy_any_float(args);
	if (ints) { /* exactly, beyond 2^53 too */
		int64_t x = fy_number_i64(args->items[0]), y = fy_number_i64(args->items[1]);

		a = (x > y) - (x < y);
		b = 0;
	}
	*out = fy_ibool(op == EQ   ? a == b
			: op == NE ? a != b
			: op == LT ? a < b
			: op == GT ? a > b
			: op == LE ? a <= b
				   : a >= b);
	return FY_OK;
}

static fy_status do_eq(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, EQ, a, o, h);
}
static fy_status do_ne(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, NE, a, o, h);
}
static fy_status do_lt(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, LT, a, o, h);
}
static fy_status do_gt(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, GT, a, o, h);
}
static fy_status do_le(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, LE, a, o, h);
}
static fy_status do_ge(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return compare(ev, GE, a, o, h);
}

/* One side known decides or drops out; otherwise the operator is recorded. */
static fy_status symbol_logic(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out)
{
	fy_ivalue a = args->items[0], b = args->items[1];
	fy_ivalue known = a.kind == FY_I_BOOL ? a : b, other = a.kind == FY_I_BOOL ? b : a;

	if (known.kind == FY_I_BOOL && strcmp(name, "and") == 0) {
		*out = known.b ? other : known;
		return FY_OK;
	}
	if (known.kind == FY_I_BOOL && strcmp(name, "or") == 0) {
		*out = known.b ? known : other;
		return FY_OK;
	}
	return fy_symbol_op(ev,
			    strcmp(name, "and") == 0  ? "aten::logical_and"
			    : strcmp(name, "or") == 0 ? "aten::logical_or"
						      : "aten::logical_xor",
			    args->items, 2, FY_BOOL, out);
}

static fy_status logic(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_dtype type;
	int64_t a, b, r;

	if (!fy_all_numbers(args, 2) || fy_any_float(args))
		return FY_OK;
	*handled = true;
	type = fy_number_type(args->items[0]) == FY_BOOL && fy_number_type(args->items[1]) == FY_BOOL
		       ? FY_BOOL
		       : FY_I64;
	if (fy_any_symbol(args) && type == FY_BOOL)
		return symbol_logic(ev, name, args, out);
	if (fy_any_symbol(args))
		return fy_symbol_op(ev,
				    strcmp(name, "and") == 0  ? "aten::bitwise_and.Tensor"
				    : strcmp(name, "or") == 0 ? "aten::bitwise_or.Tensor"
							      : "aten::bitwise_xor.Tensor",
				    args->items, 2, FY_I64, out);
	a = fy_number_i64(args->items[0]);
	b = fy_number_i64(args->items[1]);
	r = strcmp(name, "and") == 0 ? (a & b) : strcmp(name, "or") == 0 ? (a | b) : (a ^ b);
	*out = type == FY_BOOL ? fy_ibool(r != 0) : fy_iint(r);
	return FY_OK;
}

static fy_status do_and(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return logic(ev, "and", a, o, h);
}
static fy_status do_or(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return logic(ev, "or", a, o, h);
}
static fy_status do_xor(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return logic(ev, "xor", a, o, h);
}

static fy_status shift(fy_eval *ev, bool left, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t by;

	if (!fy_all_numbers(args, 2) || fy_any_float(args) || fy_any_symbol(args))
		return FY_OK;
	*handled = true;
	by = fy_number_i64(args->items[1]);
	if (by < 0 || by > 63)
		return fy_eval_raise(ev, "shift by %" PRId64, by);
	*out = fy_iint(left ? (int64_t)((uint64_t)fy_number_i64(args->items[0]) << by)
			    : fy_number_i64(args->items[0]) >> by);
	return FY_OK;
}

static fy_status do_lshift(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return shift(ev, true, a, o, h);
}
static fy_status do_rshift(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return shift(ev, false, a, o, h);
}

static fy_status do_not(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_value *symbol;
	fy_ivalue v;
	bool known = false;

	if (args->count != 1 || !(fy_is_number(args->items[0]) || args->items[0].kind == FY_I_TENSOR))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_eval_condition(ev, args->items[0], &known, &symbol));
	if (!symbol) {
		*out = fy_ibool(!known);
		return FY_OK;
	}
	v = fy_isymbol(symbol);
	return fy_symbol_op(ev, "aten::logical_not", &v, 1, FY_BOOL, out);
}

const fy_builtin fy_builtins_number[] = {
	{ "aten::add", do_add },
	{ "aten::sub", do_sub },
	{ "aten::mul", do_mul },
	{ "aten::div", do_div },
	{ "aten::floordiv", do_floordiv },
	{ "aten::remainder", do_remainder },
	{ "aten::fmod", do_fmod },
	{ "aten::mathremainder", do_remainder },
	{ "aten::pow", do_pow },
	{ "aten::eq", do_eq },
	{ "aten::ne", do_ne },
	{ "aten::lt", do_lt },
	{ "aten::gt", do_gt },
	{ "aten::le", do_le },
	{ "aten::ge", do_ge },
	{ "aten::__and__", do_and },
	{ "aten::__or__", do_or },
	{ "aten::__xor__", do_xor },
	{ "aten::__lshift__", do_lshift },
	{ "aten::__rshift__", do_rshift },
	{ "aten::__not__", do_not },
	{ NULL, NULL },
};
