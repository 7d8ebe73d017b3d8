/*
 * Scaled dot product attention, composed of products and a softmax. A row that is masked out entirely gives
 * zeros, as in PyTorch, and the result lies in memory as PyTorch's fused kernel leaves it.
 */
#include "ops/ops_internal.h"

#include <math.h>

/* query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa */
typedef struct attention {
	const fy_tensor *query, *key, *value, *mask;
	double dropout, scale;
	bool causal, grouped;
} attention;

static fy_status read_attention(const fy_call *call, attention *a)
{
	a->query = fy_call_tensor(call, 0);
	a->key = fy_call_tensor(call, 1);
	a->value = fy_call_tensor(call, 2);
	a->mask = fy_call_opt_tensor(call, 3);
	FY_TRY(fy_call_f64(call, 4, &a->dropout));
	FY_TRY(fy_call_bool(call, 5, &a->causal));
	FY_TRY(fy_call_bool(call, 7, &a->grouped));
	if (a->query->shape.rank < 2 || a->key->shape.rank < 2 || a->value->shape.rank < 2)
		return fy_call_raise(call, "takes tensors of rank 2 or more");
	if (!fy_dtype_is_float(a->query->dtype) || a->key->dtype != a->query->dtype ||
	    a->value->dtype != a->query->dtype)
		return fy_call_raise(call, "takes floats of one type");
	if (a->mask != NULL && a->mask->dtype != FY_BOOL && a->mask->dtype != a->query->dtype &&
	    a->mask->dtype != FY_F32)
		return fy_call_raise(call, "the mask must be bool or of the query's type");
	fy_dim width = a->query->shape.dims[a->query->shape.rank - 1];
	if (fy_call_is_none(call, 6)) {
		if (!fy_dim_known(width))
			return fy_call_unsupported(call, "the last size of the query must be known");
		a->scale = 1 / sqrt((double)width);
		return FY_OK;
	}
	return fy_call_f64(call, 6, &a->scale);
}

static fy_arg transposed(fy_compose *c, fy_arg x, int a, int b)
{
	return fy_do3(c, "aten::transpose.int", x, fy_arg_int(a), fy_arg_int(b));
}

/* Heads of key or value, repeated so that every head of the query has one. */
static fy_arg with_all_heads(fy_compose *c, const attention *a, fy_arg x, const fy_tensor *t)
{
	fy_dim wanted = a->query->shape.dims[a->query->shape.rank - 3],
	       heads = t->shape.dims[t->shape.rank - 3];
	if (wanted == heads)
		return x;
	if (!fy_dim_known(wanted) || !fy_dim_known(heads) || heads < 1 || wanted % heads != 0) {
		c->status = fy_call_raise(c->call, "the heads of key and value do not divide the query's");
		return x;
	}
	return fy_do3(c, "aten::repeat_interleave.self_int", x, fy_arg_int(wanted / heads), fy_arg_int(-3));
}

/* bool[rows, columns]: which keys each query may look at, those up to its own place. */
static fy_status causal_mask(const fy_compose *c, const attention *a, fy_tensor **out)
{
	fy_dim rows = a->query->shape.dims[a->query->shape.rank - 2];
	fy_dim columns = a->key->shape.dims[a->key->shape.rank - 2];
	if (!fy_dim_known(rows) || !fy_dim_known(columns))
		return fy_call_unsupported(c->call, "is_causal needs known sizes");
	*out = fy_tensor_new(FY_BOOL, &(fy_shape){ 2, { rows, columns } }, true);
	if (*out == NULL)
		return fy_error(c->call->diags, FY_IO, "out-of-memory", &c->call->place, "%s: no memory",
				c->call->schema->full);
	uint8_t *allowed = fy_tensor_write_data(*out);
	for (int64_t i = 0; i < rows; i++)
		for (int64_t k = 0; k <= i && k < columns; k++)
			allowed[i * columns + k] = 1;
	return FY_OK;
}

static fy_arg masked(fy_compose *c, const attention *a, fy_arg scores)
{
	fy_arg mask = c->call->args[3], lowest = fy_arg_float(-INFINITY);
	fy_tensor *allowed = NULL;
	if (a->causal && c->status == FY_OK)
		c->status = causal_mask(c, a, &allowed);
	if (allowed != NULL)
		scores = fy_do3(c, "aten::where.ScalarOther", fy_do_constant(c, allowed), scores, lowest);
	if (a->mask == NULL)
		return scores;
	if (a->mask->dtype == FY_BOOL)
		return fy_do3(c, "aten::where.ScalarOther", mask, scores, lowest);
	if (a->mask->dtype != a->query->dtype)
		mask = fy_do2(c, "aten::to.dtype", mask, fy_arg_int(a->query->dtype));
	return fy_do2(c, "aten::add.Tensor", scores, mask);
}

/* A mask may leave a row nothing to look at: its weights are 0, not 0 / 0. */
static fy_arg weights_of(fy_compose *c, const attention *a, fy_arg scores)
{
	fy_arg weights = fy_do2(c, "aten::softmax.int", scores, fy_arg_int(-1));
	if (a->mask == NULL)
		return weights;
	fy_arg last[] = { fy_arg_int(-1) };
	fy_arg best = fy_do3(c, "aten::amax", scores, fy_arg_list(last, 1), fy_arg_bool(true));
	fy_arg nothing = fy_do2(c, "aten::eq.Scalar", best, fy_arg_float(-INFINITY));
	return fy_do3(c, "aten::where.ScalarSelf", nothing, fy_arg_float(0), weights);
}

/* PyTorch's fused kernel, which serves batches of heads, lays its result out like the query. Are heads inside
 * rows there? */
static bool heads_inside_rows(const attention *a)
{
	const fy_shape *shape = &a->query->shape;
	int64_t strides[FY_MAX_RANK], width = shape->dims[shape->rank - 1];
	if (shape->rank != 4 || a->key->shape.rank != 4 || a->value->shape.rank != 4 || a->dropout != 0 ||
	    a->key->shape.dims[3] != width || a->value->shape.dims[3] != width)
		return false;
	fy_pointwise_strides(shape, (const fy_tensor *const[]){ a->query }, 1, strides);
	return strides[3] == 1 && strides[1] == width && strides[2] != FY_STRIDE_UNKNOWN &&
	       strides[2] > strides[1];
}

static fy_status attention_compose(fy_compose *c)
{
	const fy_call *call = c->call;
	fy_arg query = call->args[0], key = call->args[1], value = call->args[2];
	attention a;
	FY_TRY(read_attention(call, &a));
	if (a.grouped && a.query->shape.rank >= 3 && a.key->shape.rank >= 3 && a.value->shape.rank >= 3) {
		key = with_all_heads(c, &a, key, a.key);
		value = with_all_heads(c, &a, value, a.value);
	}
	query = fy_do2(c, "aten::mul.Scalar", query, fy_arg_float(a.scale));
	fy_arg scores = fy_do2(c, "aten::matmul", query, transposed(c, key, -2, -1));
	fy_arg weights = weights_of(c, &a, masked(c, &a, scores));
	if (a.dropout > 0)
		weights = fy_do3(c, "aten::dropout", weights, fy_arg_float(a.dropout), fy_arg_bool(true));
	fy_arg result = fy_do2(c, "aten::matmul", weights, value);
	if (heads_inside_rows(&a)) {
		result = fy_do1(c, "aten::contiguous", transposed(c, result, 1, 2));
		result = transposed(c, result, 1, 2);
	}
	c->results[0] = result;
	return c->status;
}

const fy_op fy_aten_scaled_dot_product_attention = {
	.name = "aten::scaled_dot_product_attention",
	.compose = attention_compose,
	.cases = FY_CASES("f32[1,2,3,4] f32[1,2,3,4] f32[1,2,3,4]", "f32[2,3,4] f32[2,5,4] f32[2,5,3]",
			  "f32[1,2,3,4]^R f32[1,2,3,4] f32[1,2,3,4]", "f32[3,4] f32[3,4] f32[3,2]",
			  "f32[1,2,3,4] f32[1,2,3,4] f32[1,2,3,4] none 0. true",
			  "f32[1,2,3,4] f32[1,2,2,4] f32[1,2,2,4] none 0. true",
			  "f32[1,2,3,4] f32[1,2,2,4] f32[1,2,2,4] bool[3,2]{1,0,1,1,0,1}",
			  "f32[1,2,3,4] f32[1,2,2,4] f32[1,2,2,4] bool[1,1,3,2]{1,0,0,0,0,1}",
			  "f32[1,2,3,4] f32[1,2,2,4] f32[1,2,2,4] f32[3,2] scale=0.5",
			  "f32[2,3,4] f32[2,2,4] f32[2,2,4] f32[2,3,2]",
			  "f64[1,1,3,4] f64[1,1,3,4] f64[1,1,3,4]", "f16[1,1,3,4] f16[1,1,3,4] f16[1,1,3,4]",
			  "bf16[1,1,3,4] bf16[1,1,3,4] bf16[1,1,3,4]",
			  "f32[1,4,2,3] f32[1,2,2,3] f32[1,2,2,3] enable_gqa=true",
			  "f32[1,3,2,3] f32[1,2,2,3] f32[1,2,2,3] enable_gqa=true",
			  "f32[1,1,2,3] f32[1,1,2,3] f32[1,1,2,3] f32[2,2] 0. true",
			  "i64[1,1,2,3] i64[1,1,2,3] i64[1,1,2,3]", "f32[1,1,2,3] f64[1,1,2,3] f32[1,1,2,3]"),
};
