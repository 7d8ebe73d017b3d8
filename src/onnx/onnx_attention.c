/*
 * Attention of opset 23 and later: grouped heads, masks, causal frontier, soft cap, cache, all optional
 * outputs. The masks of every kind become one bias that is added to the scores.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { Q, K, V, MASK, PAST_KEY, PAST_VALUE, LENGTHS };
enum { SCORES_RAW, SCORES_CAPPED, SCORES_BIASED, SCORES_SOFTMAX };

/* Sizes of one call; dims may be symbols while inferring. */
typedef struct attention {
	bool flat; /* inputs are [batch, length, heads * size] */
	fy_dim batch, heads, kv_heads, queries, fresh_keys, past, keys, head_size, value_size;
} attention;

static fy_dim divided(fy_dim dim, int64_t by)
{
	return fy_dim_known(dim) ? dim / by : FY_ONNX_DIM_UNKNOWN;
}

static fy_status plan_flat(const fy_onnx_call *call, attention *a)
{
	const fy_shape *q = fy_onnx_shape(call, Q), *k = fy_onnx_shape(call, K), *v = fy_onnx_shape(call, V);

	a->heads = fy_onnx_int(call, "q_num_heads");
	a->kv_heads = fy_onnx_int(call, "kv_num_heads");
	if (a->heads < 1 || a->kv_heads < 1)
		return fy_onnx_fail(call, "inputs of rank 3 need q_num_heads and kv_num_heads");
	if ((fy_dim_known(q->dims[2]) && q->dims[2] % a->heads) ||
	    (fy_dim_known(k->dims[2]) && k->dims[2] % a->kv_heads) ||
	    (fy_dim_known(v->dims[2]) && v->dims[2] % a->kv_heads))
		return fy_onnx_fail(call, "the heads do not divide the hidden size");
	a->queries = q->dims[1];
	a->fresh_keys = k->dims[1];
	a->head_size = divided(q->dims[2], a->heads);
	a->value_size = divided(v->dims[2], a->kv_heads);
	return FY_OK;
}

static fy_status plan_attention(const fy_onnx_call *call, attention *a)
{
	const fy_shape *q = fy_onnx_shape(call, Q), *k = fy_onnx_shape(call, K), *v = fy_onnx_shape(call, V);

	if (q->rank != k->rank || q->rank != v->rank || (q->rank != 3 && q->rank != 4))
		return fy_onnx_fail(call, "query, key and value must all have rank 3 or 4");
	*a = (attention){ .flat = q->rank == 3, .batch = q->dims[0] };
	if (a->flat) {
		FY_TRY(plan_flat(call, a));
	} else {
		a->heads = q->dims[1];
		a->kv_heads = k->dims[1];
		a->queries = q->dims[2];
		a->fresh_keys = k->dims[2];
		a->head_size = q->dims[3];
		a->value_size = v->dims[3];
	}
	if (fy_dim_known(a->heads) && fy_dim_known(a->kv_heads) &&
	    (a->kv_heads == 0 || a->heads % a->kv_heads))
		return fy_onnx_fail(call, "%" PRId64 " heads do not share %" PRId64 " heads of keys",
				    a->heads, a->kv_heads);
	if (fy_onnx_has(call, PAST_KEY) != fy_onnx_has(call, PAST_VALUE))
		return fy_onnx_fail(call, "past_key and past_value come together");
	if (fy_onnx_has(call, PAST_KEY)) {
		if (!fy_onnx_shape(call, PAST_KEY) || fy_onnx_shape(call, PAST_KEY)->rank != 4)
			return fy_onnx_fail(call, "past_key must have rank 4");
		a->past = fy_onnx_shape(call, PAST_KEY)->dims[2];
	}
	a->keys = fy_dim_known(a->past) ? fy_onnx_dim_add(a->fresh_keys, a->past) : FY_ONNX_DIM_UNKNOWN;
	return FY_OK;
}

static fy_status attention_infer(fy_onnx_call *call)
{
	fy_dtype dtype = fy_onnx_dtype(call, Q);
	fy_shape y, key, value, scores;
	attention a;

	if (!fy_onnx_ranked(call)) {
		for (int i = 0; i < call->result_count; i++)
			FY_TRY(fy_onnx_result(call, i, dtype, NULL));
		return FY_OK;
	}
	FY_TRY(plan_attention(call, &a));
	y = a.flat ? (fy_shape){ 3, { a.batch, a.queries, fy_onnx_dim_mul(a.heads, a.value_size) } }
		   : (fy_shape){ 4, { a.batch, a.heads, a.queries, a.value_size } };
	key = (fy_shape){ 4, { a.batch, a.kv_heads, a.keys, a.head_size } };
	value = (fy_shape){ 4, { a.batch, a.kv_heads, a.keys, a.value_size } };
	scores = (fy_shape){ 4, { a.batch, a.heads, a.queries, a.keys } };
	FY_TRY(fy_onnx_result(call, 0, dtype, &y));
	FY_TRY(fy_onnx_result(call, 1, fy_onnx_dtype(call, K), &key));
	FY_TRY(fy_onnx_result(call, 2, fy_onnx_dtype(call, V), &value));
	return fy_onnx_result(call, 3, dtype, &scores);
}

/* ---- heads ----------------------------------------------------------------------------------------------
 */

/* [batch, heads, length, size] whatever the input's layout. */
static fy_tensor *as_heads(const fy_tensor *in, bool flat, int64_t heads)
{
	fy_shape shape = in->shape;
	int64_t strides[4];

	if (!flat)
		return fy_tensor_view(in, in->dtype, &in->shape, in->strides, in->offset);
	shape = (fy_shape){ 4, { in->shape.dims[0], heads, in->shape.dims[1], in->shape.dims[2] / heads } };
	strides[0] = in->strides[0];
	strides[1] = shape.dims[3] * in->strides[2];
	strides[2] = in->strides[1];
	strides[3] = in->strides[2];
	return fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
}

/* Keys or values of the past before the new ones; one reference. */
static fy_status with_past(const fy_onnx_call *call, const fy_tensor *past, fy_tensor *fresh, fy_tensor **out)
{
	fy_shape shape = fresh->shape;

	if (!past) {
		*out = fy_tensor_ref(fresh);
		return FY_OK;
	}
	if (past->shape.rank != 4 || past->dtype != fresh->dtype || past->shape.dims[0] != shape.dims[0] ||
	    past->shape.dims[1] != shape.dims[1] || past->shape.dims[3] != shape.dims[3])
		return fy_onnx_fail(call, "the past does not fit the present");
	shape.dims[2] += past->shape.dims[2];
	FY_TRY(fy_onnx_new(call, out, fresh->dtype, &shape, false));
	fy_kernel_cat(*out, (const fy_tensor *const[]){ past, fresh }, 2, 2);
	return FY_OK;
}

/* Each head of keys stands for `group` heads of queries: [batch, kv, 1 -> group, length, size]. */
static fy_status repeat_heads(const fy_onnx_call *call, const fy_tensor *in, int64_t group, fy_tensor **out)
{
	const int64_t *dims = in->shape.dims, *s = in->strides;
	fy_shape wide = { 5, { dims[0], dims[1], group, dims[2], dims[3] } };
	fy_shape shape = { 4, { dims[0], dims[1] * group, dims[2], dims[3] } };
	int64_t strides[5] = { s[0], s[1], 0, s[2], s[3] }, plain_strides[4];
	fy_tensor *view, *plain;
	fy_status status;

	if (group == 1) {
		*out = fy_tensor_view(in, in->dtype, &in->shape, in->strides, in->offset);
		return FY_OK;
	}
	view = fy_tensor_view(in, in->dtype, &wide, strides, in->offset);
	status = fy_onnx_plain(call, &plain, view);
	fy_tensor_unref(view);
	FY_TRY(status);
	fy_shape_strides(&shape, plain_strides);
	*out = fy_tensor_view(plain, plain->dtype, &shape, plain_strides, plain->offset);
	fy_tensor_unref(plain);
	return FY_OK;
}

/* ---- the bias ---------------------------------------------------------------------------------------------
 */

/* Whether a query may look at a key: causal frontier, window, padding. `offset` keys precede the first query.
 */
static bool allowed(const fy_onnx_call *call, int64_t query, int64_t key, int64_t offset, int64_t valid)
{
	int64_t left =
		fy_onnx_has_attr(call, "left_window_size") ? fy_onnx_int(call, "left_window_size") : -1;
	int64_t right =
		fy_onnx_has_attr(call, "right_window_size") ? fy_onnx_int(call, "right_window_size") : -1;
	int64_t behind = query + offset - key;

	return key < valid && (!fy_onnx_int(call, "is_causal") || behind >= 0) &&
	       (left < 0 || behind <= left) && (right < 0 || -behind <= right);
}

/* 0 where a query may look, -inf where not: [batch or 1, 1, queries, keys]. */
static fy_status rule_bias(const fy_onnx_call *call, const attention *a, fy_tensor **out)
{
	const fy_tensor *lengths = fy_onnx_has(call, LENGTHS) ? call->inputs[LENGTHS] : NULL;
	fy_shape shape = { 4, { lengths ? a->batch : 1, 1, a->queries, a->keys } };
	float *to;

	if (lengths && fy_tensor_numel(lengths) != a->batch)
		return fy_onnx_fail(call, "nonpad_kv_seqlen must have one number per batch");
	FY_TRY(fy_onnx_new(call, out, FY_F32, &shape, false));
	to = fy_tensor_write_data(*out);
	for (int64_t b = 0; b < shape.dims[0]; b++) {
		int64_t valid = lengths ? fy_tensor_get_i64(lengths, b) : a->keys;
		int64_t offset = fy_onnx_has(call, PAST_KEY) ? a->past : lengths ? valid - a->queries : 0;

		for (int64_t q = 0; q < a->queries; q++) {
			for (int64_t k = 0; k < a->keys; k++)
				*to++ = allowed(call, q, k, offset, valid) ? 0 : -INFINITY;
		}
	}
	return FY_OK;
}

/* The mask as numbers to add; keys it does not reach are masked. One reference. */
static fy_status mask_bias(const fy_onnx_call *call, const attention *a, fy_tensor **out)
{
	const fy_tensor *mask = call->inputs[MASK];
	fy_shape shape = mask->shape;
	int64_t before[FY_MAX_RANK] = { 0 };
	fy_tensor *numbers, *no, *never;

	if (shape.rank < 1 || shape.rank > 4 || shape.dims[shape.rank - 1] > a->keys)
		return fy_onnx_fail(call, "the mask does not fit");
	FY_TRY(fy_onnx_new(call, &numbers, FY_F32, &shape, false));
	if (mask->dtype == FY_BOOL) {
		no = fy_tensor_scalar_f64(FY_F32, 0);
		never = fy_tensor_scalar_f64(FY_F32, -INFINITY);
		fy_kernel_where(numbers, mask, no, never);
		fy_tensor_unref(no);
		fy_tensor_unref(never);
	} else {
		fy_tensor_copy(numbers, mask);
	}
	if (shape.dims[shape.rank - 1] == a->keys) {
		*out = numbers;
		return FY_OK;
	}
	shape.dims[shape.rank - 1] = a->keys;
	fy_status status = fy_onnx_new(call, out, FY_F32, &shape, false);
	if (status == FY_OK)
		fy_kernel_pad(*out, numbers, before, FY_PAD_CONSTANT, -INFINITY);
	fy_tensor_unref(numbers);
	return status;
}

/* All of it: [batch, heads, queries, keys] or what broadcasts to it. */
static fy_status make_bias(const fy_onnx_call *call, const attention *a, fy_tensor **out)
{
	fy_tensor *mask = NULL, *rules = NULL;
	fy_shape full = { 4, { a->batch, a->heads, a->queries, a->keys } }, sum, whole;
	fy_status status = rule_bias(call, a, &rules);

	if (status != FY_OK || !fy_onnx_has(call, MASK)) {
		*out = rules;
		return status;
	}
	status = mask_bias(call, a, &mask);
	if (status == FY_OK && (!fy_shape_broadcast(&rules->shape, &mask->shape, &sum) ||
				!fy_shape_broadcast(&sum, &full, &whole) || !fy_shape_eq(&whole, &full)))
		status = fy_onnx_fail(call, "the mask does not broadcast to the scores");
	if (status == FY_OK)
		status = fy_onnx_new(call, out, FY_F32, &sum, false);
	if (status == FY_OK)
		fy_kernel_binary(*out, FY_ADD, FY_F32, rules, mask);
	fy_tensor_unref(rules);
	fy_tensor_unref(mask);
	return status;
}

/* ---- scores
 * ------------------------------------------------------------------------------------------------- */

static void scale_in_place(fy_tensor *tensor, double by)
{
	fy_tensor *factor = fy_tensor_scalar_f64(tensor->dtype, by);

	fy_kernel_binary(tensor, FY_MUL, tensor->dtype, tensor, factor);
	fy_tensor_unref(factor);
}

/* A scaled copy, in the input's type, as the standard has it. */
static fy_status scaled(const fy_onnx_call *call, const fy_tensor *in, double by, fy_tensor **out)
{
	FY_TRY(fy_onnx_new(call, out, in->dtype, &in->shape, false));
	fy_tensor_copy(*out, in);
	scale_in_place(*out, by);
	return FY_OK;
}

/* Rows in which every key is masked become 0. */
static fy_status blank_masked_rows(const fy_onnx_call *call, fy_tensor *weights, const fy_tensor *bias)
{
	fy_shape shape = bias->shape;
	fy_tensor *most = NULL, *blank = NULL, *zero;
	fy_status status;

	shape.dims[3] = 1;
	status = fy_onnx_new(call, &most, bias->dtype, &shape, false);
	if (status == FY_OK)
		status = fy_onnx_new(call, &blank, FY_BOOL, &shape, false);
	if (status == FY_OK) {
		zero = fy_tensor_scalar_f64(weights->dtype, 0);
		fy_kernel_reduce(most, FY_AMAX, bias, 1u << 3);
		fy_kernel_unary(blank, FY_ISNEGINF, most);
		fy_kernel_where(weights, blank, zero, weights);
		fy_tensor_unref(zero);
	}
	fy_tensor_unref(most);
	fy_tensor_unref(blank);
	return status;
}

static void keep_scores(fy_onnx_call *call, int mode, const fy_tensor *scores)
{
	if (call->result_count > 3 && call->outputs[3] && fy_onnx_int(call, "qk_matmul_output_mode") == mode)
		fy_tensor_copy(call->outputs[3], scores);
}

/* scores: softcap, bias, softmax; what output 3 asks for is kept on the way. */
static fy_status weigh(fy_onnx_call *call, const attention *a, fy_tensor *scores)
{
	double cap = fy_onnx_float(call, "softcap");
	fy_tensor *bias = NULL, *wide = NULL;
	fy_dtype precision = scores->dtype;
	fy_status status;

	if (fy_onnx_has_attr(call, "softmax_precision") &&
	    !fy_onnx_to_dtype(fy_onnx_int(call, "softmax_precision"), &precision))
		return fy_onnx_unsupported(call, "with this softmax_precision");
	keep_scores(call, SCORES_RAW, scores);
	if (cap > 0) {
		scale_in_place(scores, 1 / cap);
		fy_kernel_unary(scores, FY_TANH, scores);
		scale_in_place(scores, cap);
	}
	keep_scores(call, SCORES_CAPPED, scores);
	status = make_bias(call, a, &bias);
	if (status == FY_OK)
		status = fy_onnx_new(call, &wide, precision, &scores->shape, false);
	if (status == FY_OK) {
		fy_kernel_binary(scores, FY_ADD, scores->dtype, scores, bias);
		keep_scores(call, SCORES_BIASED, scores);
		fy_kernel_softmax(wide, scores, 3, false);
		fy_tensor_copy(scores, wide);
		/* a bias of lower rank is padded with unit axes by rule_bias */
		status = blank_masked_rows(call, scores, bias);
		keep_scores(call, SCORES_SOFTMAX, scores);
	}
	fy_tensor_unref(bias);
	fy_tensor_unref(wide);
	return status;
}

static fy_tensor *swapped(const fy_tensor *in)
{
	fy_shape shape = in->shape;
	int64_t strides[4] = { in->strides[0], in->strides[1], in->strides[3], in->strides[2] };

	shape.dims[2] = in->shape.dims[3];
	shape.dims[3] = in->shape.dims[2];
	return fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
}

static fy_status score(fy_onnx_call *call, const attention *a, const fy_tensor *query, const fy_tensor *keys,
		       fy_tensor **scores)
{
	fy_tensor *q = NULL, *k = NULL, *turned;
	double scale = fy_onnx_has_attr(call, "scale") ? fy_onnx_float(call, "scale")
						       : 1 / sqrt((double)a->head_size);
	fy_status status = scaled(call, query, sqrt(scale), &q);

	if (status == FY_OK)
		status = scaled(call, keys, sqrt(scale), &k);
	if (status == FY_OK)
		status = fy_onnx_new(call, scores, query->dtype,
				     &(fy_shape){ 4, { a->batch, a->heads, a->queries, a->keys } }, false);
	if (status == FY_OK) {
		turned = swapped(k);
		status = fy_kernel_matmul(*scores, q, turned, call->diags, &call->place);
		fy_tensor_unref(turned);
	}
	fy_tensor_unref(q);
	fy_tensor_unref(k);
	return status;
}

/* y = weights @ values, laid out as the inputs are. */
static fy_status blend_values(fy_onnx_call *call, const attention *a, const fy_tensor *weights,
			      const fy_tensor *values)
{
	fy_tensor *y, *out = as_heads(call->outputs[0], a->flat, a->heads);
	fy_status status = fy_onnx_new(call, &y, weights->dtype, &out->shape, false);

	if (status == FY_OK) {
		status = fy_kernel_matmul(y, weights, values, call->diags, &call->place);
		fy_tensor_copy(out, y);
		fy_tensor_unref(y);
	}
	fy_tensor_unref(out);
	return status;
}

static fy_status attend(fy_onnx_call *call, const attention *a, const fy_tensor *query, fy_tensor *keys,
			fy_tensor *values)
{
	fy_tensor *wide_keys = NULL, *wide_values = NULL, *scores = NULL;
	int64_t group = a->kv_heads ? a->heads / a->kv_heads : 1;
	fy_status status;

	if (call->result_count > 1 && call->outputs[1])
		fy_tensor_copy(call->outputs[1], keys);
	if (call->result_count > 2 && call->outputs[2])
		fy_tensor_copy(call->outputs[2], values);
	status = repeat_heads(call, keys, group, &wide_keys);
	if (status == FY_OK)
		status = repeat_heads(call, values, group, &wide_values);
	if (status == FY_OK)
		status = score(call, a, query, wide_keys, &scores);
	if (status == FY_OK)
		status = weigh(call, a, scores);
	if (status == FY_OK)
		status = blend_values(call, a, scores, wide_values);
	fy_tensor_unref(wide_keys);
	fy_tensor_unref(wide_values);
	fy_tensor_unref(scores);
	return status;
}

static fy_status attention_eval(fy_onnx_call *call)
{
	fy_tensor *query, *key, *value, *keys = NULL, *values = NULL;
	attention a;
	fy_status status;

	FY_TRY(plan_attention(call, &a));
	query = as_heads(call->inputs[Q], a.flat, a.heads);
	key = as_heads(call->inputs[K], a.flat, a.kv_heads);
	value = as_heads(call->inputs[V], a.flat, a.kv_heads);
	status = with_past(call, fy_onnx_has(call, PAST_KEY) ? call->inputs[PAST_KEY] : NULL, key, &keys);
	if (status == FY_OK)
		status = with_past(call, fy_onnx_has(call, PAST_VALUE) ? call->inputs[PAST_VALUE] : NULL,
				   value, &values);
	if (status == FY_OK &&
	    (keys->shape.dims[3] != query->shape.dims[3] || values->shape.dims[2] != keys->shape.dims[2] ||
	     values->shape.dims[1] != keys->shape.dims[1] || keys->shape.dims[0] != a.batch ||
	     values->shape.dims[0] != a.batch || keys->dtype != query->dtype ||
	     values->dtype != query->dtype))
		status = fy_onnx_fail(call, "query, key and value do not fit each other");
	if (status == FY_OK)
		status = attend(call, &a, query, keys, values);
	fy_tensor_unref(query);
	fy_tensor_unref(key);
	fy_tensor_unref(value);
	fy_tensor_unref(keys);
	fy_tensor_unref(values);
	return status;
}

const fy_onnx_op fy_onnx_op_attention = {
	.name = "onnx::Attention",
	.since = FY_ONNX_SINCE(23, 24, 25),
	.arity = FY_ONNX_ARITY({ 23, 3, 6, 1, 4 }, { 24, 3, 7, 1, 4 }),
	.attrs = FY_ONNX_ATTRS({ .name = "is_causal", .kind = 'i' }, { .name = "kv_num_heads", .kind = 'i' },
			       { .name = "left_window_size", .kind = 'i', .number = -1, .since = 25 },
			       { .name = "q_num_heads", .kind = 'i' },
			       { .name = "qk_matmul_output_mode", .kind = 'i' },
			       { .name = "right_window_size", .kind = 'i', .number = -1, .since = 25 },
			       { .name = "scale", .kind = 'f' }, { .name = "softcap", .kind = 'f' },
			       { .name = "softmax_precision", .kind = 'i' }),
	.infer = attention_infer,
	.eval = attention_eval,
};
