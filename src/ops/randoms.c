/*
 * Random numbers: never PyTorch's own, but of the same distribution. Uniform and normal ones are drawn, the
 * others are made of them. Graphs draw anew in every run.
 */
#include "ops/views.h"

#include <string.h>

enum { STEPS = 1 << 24 }; /* of uniform numbers in [0, 1) */

/* ---- sizes ----------------------------------------------------------------------------------- */

/* New data of the size that is given, or as self is; `dtype` or self's or float32. */
static fy_status drawn_infer(fy_call *call)
{
	int self = fy_call_find(call, "self"), size = fy_call_find(call, "size"),
	    wanted = fy_call_find(call, "dtype"), inferred;
	fy_dtype dtype = self >= 0 ? fy_call_tensor(call, self)->dtype : FY_F32;
	fy_shape shape;
	if (wanted >= 0)
		FY_TRY(fy_call_dtype(call, wanted, dtype, &dtype));
	if (size < 0)
		return fy_result_like(call, dtype, fy_call_tensor(call, self));
	FY_TRY(fy_call_sizes(call, size, &shape, &inferred));
	return inferred >= 0 ? fy_call_raise(call, "a negative size") : fy_result_fresh(call, dtype, &shape);
}

static fy_status drawn_floats_infer(fy_call *call)
{
	FY_TRY(drawn_infer(call));
	if (!fy_dtype_is_float(call->results[0].meta->dtype))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(call->results[0].meta->dtype));
	return FY_OK;
}

/* int64[rank] sizes of the result. */
static fy_value *sizes_of(fy_lowering *l, const fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int size = fy_call_find(&call, "size");
	return size >= 0 ? fy_lower_int_list(l, node, size)
			 : fy_lower_shape_of(l, fy_lower_tensor(l, node, 0));
}

/* RandomUniform or RandomNormal, standard, of the result's shape. */
static fy_value *draw(fy_lowering *l, const fy_node *node, const char *op, fy_dtype dtype)
{
	const fy_shape *shape = &fy_node_result_type(node, 0)->shape;
	fy_attr attrs[2] = { fy_attr_int("dtype", dtype == FY_F64 ? 11 : 1) };
	const char *like = strcmp(op, "RandomNormal") == 0 ? "RandomNormalLike" : "RandomUniformLike";
	fy_value *x;
	if (fy_shape_known(shape) && shape->rank > 0) {
		attrs[1] = fy_attr_ints(l, "shape", shape->dims, shape->rank);
		return fy_emit(l, op, NULL, 0, attrs, 2);
	}
	x = shape->rank > 0 ? fy_emit1(l, "ConstantOfShape", sizes_of(l, node))
			    : fy_lower_scalar(l, FY_F32, 0);
	return fy_emit(l, like, FY_IN(x), attrs, 1);
}

static fy_value *scaled(fy_lowering *l, fy_value *x, double factor, double shift)
{
	if (factor != 1)
		x = fy_emit2(l, "Mul", x, fy_lower_number(l, x, factor));
	return shift == 0 ? x : fy_emit2(l, "Add", x, fy_lower_number(l, x, shift));
}

/* ---- drawing --------------------------------------------------------------------------------- */

static fy_status no_memory(const fy_call *call)
{
	return fy_error(call->diags, FY_IO, "out-of-memory", &call->place, "%s: no memory",
			call->schema->full);
}

/* out = out * factor + shift */
static void scale(fy_tensor *out, double factor, double shift)
{
	fy_tensor *a = fy_tensor_scalar_f64(FY_F64, factor), *b = fy_tensor_scalar_f64(FY_F64, shift);
	fy_kernel_binary(out, FY_MUL, out->dtype, out, a);
	fy_kernel_binary(out, FY_ADD, out->dtype, out, b);
	fy_tensor_unref(a);
	fy_tensor_unref(b);
}

static fy_status fill_uniform(const fy_call *call, fy_tensor *out)
{
	fy_tensor *noise = fy_tensor_new(FY_F64, &out->shape, false),
		  *whole = fy_tensor_new(FY_I64, &out->shape, false);
	if (noise != NULL && whole != NULL) {
		fy_tensor_fill_random(whole, call->seed, 0, STEPS);
		fy_tensor_copy(noise, whole);
		scale(noise, 1.0 / STEPS, 0);
		fy_tensor_copy(out, noise);
	}
	fy_tensor_unref(whole);
	fy_tensor_unref(noise);
	return noise != NULL && whole != NULL ? FY_OK : no_memory(call);
}

/* ---- uniform, normal ------------------------------------------------------------------------- */

static fy_status rand_eval(fy_call *call)
{
	return fill_uniform(call, call->outs[0]);
}

static fy_status rand_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, draw(l, node, "RandomUniform", fy_node_result_type(node, 0)->dtype));
}

static fy_status randn_eval(fy_call *call)
{
	fy_tensor_fill_random(call->outs[0], call->seed, 0, 1);
	return FY_OK;
}

static fy_status randn_lower(fy_lowering *l, fy_node *node)
{
	return fy_lower_finish(l, node, draw(l, node, "RandomNormal", fy_node_result_type(node, 0)->dtype));
}

const fy_op fy_aten_rand = {
	.name = "aten::rand",
	.overloads = ",generator",
	.flags = FY_OP_RANDOM,
	.infer = drawn_floats_infer,
	.eval = rand_eval,
	.lower = rand_lower,
	.cases = FY_CASES("~[2,3]", "~[]", "~[2] dtype=float64", "~[2] dtype=bfloat16", "[2] dtype=int64",
			  "~[i64[]{2},3]", "[-1]"),
};

const fy_op fy_aten_rand_like = {
	.name = "aten::rand_like",
	.overloads = ",generator",
	.flags = FY_OP_RANDOM,
	.infer = drawn_floats_infer,
	.eval = rand_eval,
	.lower = rand_lower,
	.cases = FY_CASES("~f32[2,3]", "~f32[2,3]^T", "~i64[2] dtype=float32", "i64[2]"),
};

const fy_op fy_aten_randn = {
	.name = "aten::randn",
	.overloads = ",generator",
	.flags = FY_OP_RANDOM,
	.infer = drawn_floats_infer,
	.eval = randn_eval,
	.lower = randn_lower,
	.cases = FY_CASES("~[2,3]", "~[]", "~[2] dtype=float64", "~[i64[]{2},3]", "[2] dtype=int64"),
};

const fy_op fy_aten_randn_like = {
	.name = "aten::randn_like",
	.overloads = ",generator",
	.flags = FY_OP_RANDOM,
	.infer = drawn_floats_infer,
	.eval = randn_eval,
	.lower = randn_lower,
	.cases = FY_CASES("~f32[2,3]", "~f32[2,3]^T", "~f16[2]", "i64[2]"),
};

/* The functional forms of uniform_ and normal_: arguments 1 and 2 are the bounds, or mean and deviation. */
static fy_status two_numbers(const fy_call *call, double *a, double *b)
{
	FY_TRY(fy_call_f64(call, 1, a));
	return fy_call_f64(call, 2, b);
}

static fy_status uniform_infer(fy_call *call)
{
	double low, high;
	FY_TRY(two_numbers(call, &low, &high));
	return low > high ? fy_call_raise(call, "the bounds are the wrong way round")
			  : drawn_floats_infer(call);
}

static fy_status uniform_eval(fy_call *call)
{
	double low, high;
	FY_TRY(two_numbers(call, &low, &high));
	FY_TRY(fill_uniform(call, call->outs[0]));
	scale(call->outs[0], high - low, low);
	return FY_OK;
}

static fy_status uniform_lower(fy_lowering *l, fy_node *node)
{
	double low = fy_node_f64(node, 1), high = fy_node_f64(node, 2);
	fy_value *x = draw(l, node, "RandomUniform", fy_node_result_type(node, 0)->dtype);
	return fy_lower_finish(l, node, scaled(l, x, high - low, low));
}

const fy_op fy_aten_uniform = {
	.name = "aten::uniform",
	.overloads = "",
	.flags = FY_OP_RANDOM,
	.infer = uniform_infer,
	.eval = uniform_eval,
	.lower = uniform_lower,
	.cases = FY_CASES("~f32[2,3]", "~f32[2,3] -1 1", "~f64[2]", "f32[2] 1 0"),
};

static fy_status normal_functional_infer(fy_call *call)
{
	double mean, deviation;
	FY_TRY(two_numbers(call, &mean, &deviation));
	return deviation < 0 ? fy_call_raise(call, "a negative deviation") : drawn_floats_infer(call);
}

static fy_status normal_functional_eval(fy_call *call)
{
	double mean, deviation;
	FY_TRY(two_numbers(call, &mean, &deviation));
	fy_tensor_fill_random(call->outs[0], call->seed, 0, 1);
	scale(call->outs[0], deviation, mean);
	return FY_OK;
}

static fy_status normal_functional_lower(fy_lowering *l, fy_node *node)
{
	fy_value *x = draw(l, node, "RandomNormal", fy_node_result_type(node, 0)->dtype);
	return fy_lower_finish(l, node, scaled(l, x, fy_node_f64(node, 2), fy_node_f64(node, 1)));
}

const fy_op fy_aten_normal_functional = {
	.name = "aten::normal_functional",
	.flags = FY_OP_RANDOM,
	.infer = normal_functional_infer,
	.eval = normal_functional_eval,
	.lower = normal_functional_lower,
	.cases = FY_CASES("~f32[2,3]", "~f32[2,3] 1 0.5", "f32[2] 0 -1"),
};

/* Mean and deviation are tensors or numbers. */
static fy_status normal_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	int size = fy_call_find(call, "size"), dtype = fy_call_find(call, "dtype");
	fy_arg args[2], noise, scaled_noise;
	if (size >= 0) {
		args[0] = call->args[size];
		args[1] = call->args[dtype];
		noise = fy_do(c, "aten::randn", args, 2);
	} else {
		fy_arg like = call->args[0].kind == FY_ARG_TENSOR && !fy_call_is_number(call, 0)
				      ? call->args[0]
				      : call->args[1];
		if (like.t == call->args[0].t && call->args[1].kind == FY_ARG_TENSOR &&
		    !fy_call_is_number(call, 1))
			like = fy_do2(c, "aten::add.Tensor", call->args[0], call->args[1]);
		noise = fy_do1(c, "aten::randn_like", like);
	}
	scaled_noise = fy_do2(c, fy_call_is_number(call, 1) ? "aten::mul.Scalar" : "aten::mul.Tensor", noise,
			      call->args[1]);
	c->results[0] = fy_do2(c, fy_call_is_number(call, 0) ? "aten::add.Scalar" : "aten::add.Tensor",
			       scaled_noise, call->args[0]);
	return FY_OK;
}

const fy_op fy_aten_normal = {
	.name = "aten::normal",
	.overloads = "Tensor_float,float_Tensor,Tensor_Tensor,float_float",
	.flags = FY_OP_RANDOM,
	.compose = normal_compose,
	.cases = FY_CASES("~.Tensor_float f32[2,3] 0.5", "~.float_Tensor 1.0 f32[2]{1,2}",
			  "~.Tensor_Tensor f32[2] f32[2]{1,2}", "~.float_float 0.0 1.0 [2,3]",
			  "~.float_float 0.0 1.0 [2] dtype=float64"),
};

/* ---- whole numbers --------------------------------------------------------------------------- */

/* [low, high) */
static fy_status read_bounds(const fy_call *call, int64_t *low, int64_t *high)
{
	int at = fy_call_find(call, "low");
	*low = 0;
	if (at >= 0)
		FY_TRY(fy_call_int(call, at, low));
	FY_TRY(fy_call_int(call, fy_call_find(call, "high"), high));
	return *high <= *low ? fy_call_raise(call, "no numbers from %" PRId64 " to %" PRId64, *low, *high)
			     : FY_OK;
}

static fy_status randint_infer(fy_call *call)
{
	int64_t low, high;
	FY_TRY(read_bounds(call, &low, &high));
	return drawn_infer(call);
}

static fy_status randint_eval(fy_call *call)
{
	fy_tensor *out = call->outs[0], *whole = fy_tensor_new(FY_I64, &out->shape, false);
	int64_t low, high;
	FY_TRY(read_bounds(call, &low, &high));
	if (whole == NULL)
		return no_memory(call);
	fy_tensor_fill_random(whole, call->seed, low, high);
	fy_tensor_copy(out, whole);
	fy_tensor_unref(whole);
	return FY_OK;
}

static fy_status randint_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	int64_t low, high;
	fy_value *x;
	FY_TRY(read_bounds(&call, &low, &high));
	x = scaled(l, draw(l, node, "RandomUniform", FY_F64), (double)high - (double)low, 0);
	return fy_lower_finish(l, node, scaled(l, fy_emit1(l, "Floor", x), 1, (double)low));
}

const fy_op fy_aten_randint = {
	.name = "aten::randint",
	.overloads = ",generator,low,low_generator",
	.flags = FY_OP_RANDOM,
	.infer = randint_infer,
	.eval = randint_eval,
	.lower = randint_lower,
	.cases = FY_CASES("~5 [2,3]", "~.low 2 5 [2]", "~5 [2] dtype=float32", "0 [2]", ".low 3 3 [2]"),
};

const fy_op fy_aten_randint_like = {
	.name = "aten::randint_like",
	.overloads = ",low_dtype",
	.flags = FY_OP_RANDOM,
	.infer = randint_infer,
	.eval = randint_eval,
	.lower = randint_lower,
	.cases = FY_CASES("~f32[2,3] 5", "~.low_dtype i64[2] 2 5"),
};

/* ---- coins ----------------------------------------------------------------------------------- */

static fy_status bernoulli_infer(fy_call *call)
{
	const fy_tensor *self = fy_call_tensor(call, 0);
	int chance = fy_call_find(call, "p");
	double p;
	if (chance < 0 && !fy_dtype_is_float(self->dtype))
		return fy_call_raise(call, "not for %s tensors", fy_dtype_name(self->dtype));
	if (chance >= 0 && fy_call_is_number(call, chance)) {
		FY_TRY(fy_call_f64(call, chance, &p));
		if (!(p >= 0 && p <= 1))
			return fy_call_raise(call, "the probability must lie between 0 and 1");
	}
	return fy_result_fresh(call, self->dtype, &self->shape);
}

/* The chance of each element: argument p, or self. */
static int chance_index(const fy_call *call)
{
	int p = fy_call_find(call, "p");
	return p < 0 ? 0 : p;
}

static fy_status bernoulli_eval(fy_call *call)
{
	fy_tensor *noise = fy_tensor_new(FY_F64, &call->outs[0]->shape, false), *chance;
	if (noise == NULL)
		return no_memory(call);
	FY_TRY(fill_uniform(call, noise));
	chance = fy_call_operand(call, chance_index(call), FY_F64);
	fy_kernel_binary(call->outs[0], FY_LT, FY_F64, noise, chance);
	fy_tensor_unref(chance);
	fy_tensor_unref(noise);
	return FY_OK;
}

static fy_status bernoulli_lower(fy_lowering *l, fy_node *node)
{
	fy_diags diags = { 0 };
	fy_call call = fy_node_call(node, &diags);
	fy_value *chance = fy_lower_operand(l, node, chance_index(&call), FY_F32);
	return fy_lower_finish(l, node, fy_emit2(l, "Less", draw(l, node, "RandomUniform", FY_F32), chance));
}

const fy_op fy_aten_bernoulli = {
	.name = "aten::bernoulli",
	.overloads = ",p,Tensor",
	.flags = FY_OP_RANDOM,
	.infer = bernoulli_infer,
	.eval = bernoulli_eval,
	.lower = bernoulli_lower,
	.cases = FY_CASES("~f32[2,3]{0:1}", "~.p f32[2,3]^T 0.3", "~.Tensor f32[2] f32[2]{0:1}",
			  ".p f32[2] 2.0", "~.p bool[3] 0.5", "i64[2]{0:1}", "f32[4]{0,1}"),
};

/* ---- permutations ---------------------------------------------------------------------------- */

static fy_status randperm_infer(fy_call *call)
{
	fy_shape shape = { .rank = 1 };
	fy_dtype dtype;
	FY_TRY(fy_call_int(call, 0, &shape.dims[0]));
	FY_TRY(fy_call_dtype(call, fy_call_find(call, "dtype"), FY_I64, &dtype));
	return shape.dims[0] < 0 ? fy_call_raise(call, "a negative size")
				 : fy_result_fresh(call, dtype, &shape);
}

/* The order of random numbers. */
static fy_status randperm_eval(fy_call *call)
{
	fy_tensor *out = call->outs[0], *noise = fy_tensor_new(FY_F64, &out->shape, false),
		  *order = fy_tensor_new(FY_I64, &out->shape, false);
	bool good = noise != NULL && order != NULL;
	if (good) {
		fy_tensor_fill_random(noise, call->seed, 0, 1);
		fy_kernel_sort(NULL, order, noise, 0, false);
		fy_tensor_copy(out, order);
	}
	fy_tensor_unref(noise);
	fy_tensor_unref(order);
	return good ? FY_OK : no_memory(call);
}

static fy_status randperm_lower(fy_lowering *l, fy_node *node)
{
	int64_t count = fy_node_int(node, 0);
	fy_value *noise, *parts[2];
	if (count == 0) {
		fy_lower_result(l, node, 0,
				fy_lower_constant(l, fy_tensor_new(fy_node_result_type(node, 0)->dtype,
								   &(fy_shape){ 1, { 0 } }, true)));
		return fy_lower_status(l);
	}
	noise = draw(l, node, "RandomUniform", FY_F32);
	fy_lower_topk(l, noise, fy_lower_ints(l, &count, 1), 0, true, true, parts);
	return fy_lower_finish(l, node, parts[1]);
}

const fy_op fy_aten_randperm = {
	.name = "aten::randperm",
	.overloads = ",generator",
	.flags = FY_OP_RANDOM,
	.infer = randperm_infer,
	.eval = randperm_eval,
	.lower = randperm_lower,
	.cases = FY_CASES("~5", "~4 dtype=int32", "-1", "0", "1"),
};
