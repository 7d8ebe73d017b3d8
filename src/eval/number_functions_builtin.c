/*
 * Functions of Python numbers (sqrt, floor, abs, max, ...) and conversions between them. As in arithmetic,
 * known numbers are computed and numbers that depend on data are recorded.
 */
#include "eval/numbers.h"

#include <math.h>
#include <string.h>

/* ---- one number
 * ---------------------------------------------------------------------------------------------------- */

/* Functions of one number whose result is a float. */
typedef struct fy_unary_number {
	const char *name;
	double (*run)(double);
	const char *recorded; /* NULL: must be known */
} fy_unary_number;

static const fy_unary_number unary_numbers[] = {
	{ "sqrt", sqrt, "aten::sqrt" }, { "exp", exp, "aten::exp" },
	{ "log", log, "aten::log" },    { "log10", log10, NULL },
	{ "log1p", log1p, NULL },       { "expm1", expm1, NULL },
	{ "sin", sin, "aten::sin" },    { "cos", cos, "aten::cos" },
	{ "tan", tan, NULL },           { "asin", asin, NULL },
	{ "acos", acos, NULL },         { "atan", atan, NULL },
	{ "sinh", sinh, NULL },         { "cosh", cosh, NULL },
	{ "tanh", tanh, "aten::tanh" }, { "asinh", asinh, NULL },
	{ "acosh", acosh, NULL },       { "atanh", atanh, NULL },
	{ "erf", erf, NULL },           { "erfc", erfc, NULL },
	{ "fabs", fabs, "aten::abs" },  { "round", nearbyint, "aten::round" },
	{ "lgamma", lgamma, NULL },     { "gamma", tgamma, NULL },
};

/* The functions of the table above, by the name they are called by. */
static fy_status do_float_function(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const char *name = strstr(args->name, "::") + 2;
	fy_ivalue v;

	if (!fy_all_numbers(args, 1))
		return FY_OK;
	*handled = true;
	FY_TRY(fy_eval_to_number(ev, args->items[0], FY_I_FLOAT, &v));
	for (size_t i = 0; i < FY_COUNT(unary_numbers); i++) {
		const fy_unary_number *u = &unary_numbers[i];

		if (strcmp(u->name, name) != 0)
			continue;
		if (v.kind != FY_I_SYMBOL) {
			*out = fy_ifloat(u->run(v.f));
			return FY_OK;
		}
		if (u->recorded)
			return fy_symbol_op(ev, u->recorded, &v, 1, FY_F64, out);
		return fy_eval_error(ev, FY_UNSUPPORTED, "symbol", "'%s' of a number that depends on data",
				     name);
	}
	FY_BUG("no number function '%s'", name);
}

static fy_status do_log(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	if (fy_all_numbers(a, 2) && !fy_any_symbol(a)) { /* with a base */
		*h = true;
		*o = fy_ifloat(log(fy_number_f64(a->items[0])) / log(fy_number_f64(a->items[1])));
		return FY_OK;
	}
	return do_float_function(ev, a, o, h);
}

/* floor and ceil give an int. */
static fy_status to_integer(fy_eval *ev, bool up, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue v;

	if (!fy_all_numbers(args, 1))
		return FY_OK;
	*handled = true;
	v = args->items[0];
	if (v.kind == FY_I_SYMBOL)
		FY_TRY(fy_symbol_op(ev, up ? "aten::ceil" : "aten::floor", &v, 1, fy_number_type(v), &v));
	else if (v.kind == FY_I_FLOAT)
		v = fy_ifloat(up ? ceil(v.f) : floor(v.f));
	return fy_eval_to_number(ev, v, FY_I_INT, out);
}

static fy_status do_floor(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return to_integer(ev, false, a, o, h);
}
static fy_status do_ceil(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return to_integer(ev, true, a, o, h);
}

/* As the machine does it: the least integer is its own negative. */
static int64_t negated(int64_t v)
{
	return (int64_t)(0 - (uint64_t)v);
}

static fy_status do_neg(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue v;

	if (!fy_all_numbers(args, 1))
		return FY_OK;
	*handled = true;
	v = args->items[0];
	if (v.kind == FY_I_SYMBOL)
		return fy_symbol_op(ev, "aten::neg", &v, 1, fy_number_type(v), out);
	*out = v.kind == FY_I_FLOAT ? fy_ifloat(-v.f) : fy_iint(negated(fy_number_i64(v)));
	return FY_OK;
}

static fy_status do_abs(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue v;

	if (args->count == 1 && args->items[0].kind == FY_I_TENSOR) {
		*handled = true;
		return fy_eval_operator(ev, "aten::abs", fy_schemas_of("aten::abs"), args->items, 1, NULL,
					NULL, 0, out);
	}
	if (!fy_all_numbers(args, 1))
		return FY_OK;
	*handled = true;
	v = args->items[0];
	if (v.kind == FY_I_SYMBOL)
		return fy_symbol_op(ev, "aten::abs", &v, 1, fy_number_type(v), out);
	*out = v.kind == FY_I_FLOAT   ? fy_ifloat(fabs(v.f))
	       : fy_number_i64(v) < 0 ? fy_iint(negated(fy_number_i64(v)))
				      : v;
	return FY_OK;
}

static fy_status extreme(fy_eval *ev, bool greatest, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue a, b;
	bool first;

	if (!fy_all_numbers(args, 2))
		return FY_OK;
	*handled = true;
	a = args->items[0];
	b = args->items[1];
	if (fy_any_symbol(args))
		return fy_symbol_op(ev, greatest ? "aten::maximum" : "aten::minimum", args->items, 2,
				    fy_any_float(args) ? FY_F64 : FY_I64, out);
	if (fy_any_float(args))
		first = greatest ? fy_number_f64(a) >= fy_number_f64(b)
				 : fy_number_f64(a) <= fy_number_f64(b);
	else
		first = greatest ? fy_number_i64(a) >= fy_number_i64(b)
				 : fy_number_i64(a) <= fy_number_i64(b);
	*out = first ? a : b;
	if (fy_any_float(args))
		*out = fy_ifloat(fy_number_f64(*out));
	return FY_OK;
}

static fy_status do_max(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return extreme(ev, true, a, o, h);
}
static fy_status do_min(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return extreme(ev, false, a, o, h);
}

static fy_status classify(int what, const fy_args *args, fy_ivalue *out, bool *handled)
{
	double f;

	if (!fy_all_numbers(args, 1) || fy_any_symbol(args))
		return FY_OK;
	*handled = true;
	f = fy_number_f64(args->items[0]);
	*out = fy_ibool(what == 0 ? isnan(f) : what == 1 ? isinf(f) : isfinite(f));
	return FY_OK;
}

static fy_status do_isnan(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return classify(0, a, o, h);
}
static fy_status do_isinf(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return classify(1, a, o, h);
}
static fy_status do_isfinite(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return classify(2, a, o, h);
}

static fy_status do_gcd(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	uint64_t a, b;

	(void)ev;
	if (!fy_all_numbers(args, 2) || fy_any_symbol(args) || fy_any_float(args))
		return FY_OK;
	*handled = true;
	a = (uint64_t)(fy_number_i64(args->items[0]) < 0 ? -(uint64_t)fy_number_i64(args->items[0])
							 : (uint64_t)fy_number_i64(args->items[0]));
	b = (uint64_t)(fy_number_i64(args->items[1]) < 0 ? -(uint64_t)fy_number_i64(args->items[1])
							 : (uint64_t)fy_number_i64(args->items[1]));
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	*out = fy_iint((int64_t)a);
	return FY_OK;
}

/* ---- conversions
 * --------------------------------------------------------------------------------------------------- */

static fy_status convert(fy_eval *ev, fy_ikind kind, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_ivalue v;

	if (args->count != 1)
		return FY_OK;
	v = args->items[0];
	if (v.kind == FY_I_STR && kind != FY_I_BOOL) {
		*handled = true;
		if (kind == FY_I_INT ? fy_parse_i64(v.s->data, &out->i) : fy_parse_f64(v.s->data, &out->f)) {
			out->kind = kind;
			return FY_OK;
		}
		return fy_eval_raise(ev, "the string is no number");
	}
	if (!fy_is_number(v) && v.kind != FY_I_TENSOR)
		return FY_OK;
	*handled = true;
	return fy_eval_to_number(ev, v, kind, out);
}

static fy_status do_int(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return convert(ev, FY_I_INT, a, o, h);
}
static fy_status do_float(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return convert(ev, FY_I_FLOAT, a, o, h);
}
static fy_status do_bool(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return convert(ev, FY_I_BOOL, a, o, h);
}
static fy_status do_item(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	return convert(ev, FY_I_NONE, a, o, h);
}

static fy_status do_complex(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (args->count < 1 || args->count > 2 || fy_any_symbol(args))
		return FY_OK;
	for (int i = 0; i < args->count; i++)
		if (!fy_is_number(args->items[i]))
			return FY_OK;
	*handled = true;
	*out = fy_icomplex(fy_number_f64(args->items[0]),
			   args->count == 2 ? fy_number_f64(args->items[1]) : 0);
	return FY_OK;
}

const fy_builtin fy_builtins_number_function[] = {
	{ "aten::sqrt", do_float_function },
	{ "aten::exp", do_float_function },
	{ "aten::log", do_log },
	{ "aten::log10", do_float_function },
	{ "aten::log1p", do_float_function },
	{ "aten::expm1", do_float_function },
	{ "aten::sin", do_float_function },
	{ "aten::cos", do_float_function },
	{ "aten::tan", do_float_function },
	{ "aten::asin", do_float_function },
	{ "aten::acos", do_float_function },
	{ "aten::atan", do_float_function },
	{ "aten::sinh", do_float_function },
	{ "aten::cosh", do_float_function },
	{ "aten::tanh", do_float_function },
	{ "aten::asinh", do_float_function },
	{ "aten::acosh", do_float_function },
	{ "aten::atanh", do_float_function },
	{ "aten::erf", do_float_function },
	{ "aten::erfc", do_float_function },
	{ "aten::fabs", do_float_function },
	{ "aten::round", do_float_function },
	{ "aten::lgamma", do_float_function },
	{ "aten::gamma", do_float_function },
	{ "aten::floor", do_floor },
	{ "aten::ceil", do_ceil },
	{ "aten::neg", do_neg },
	{ "prim::abs", do_abs },
	{ "prim::max", do_max },
	{ "prim::min", do_min },
	{ "aten::isnan", do_isnan },
	{ "aten::isinf", do_isinf },
	{ "aten::isfinite", do_isfinite },
	{ "aten::gcd", do_gcd },
	{ "aten::Int", do_int },
	{ "aten::Float", do_float },
	{ "aten::Bool", do_bool },
	{ "aten::item", do_item },
	{ "aten::IntImplicit", do_int },
	{ "aten::FloatImplicit", do_float },
	{ "aten::ScalarImplicit", do_item },
	{ "aten::Complex", do_complex },
	{ NULL, NULL },
};
