/*
 * Operators that are checked but not run: windows and transforms of signals, losses, rotary positions and
 * others. What their results are follows from their inputs and attributes.
 */
#include "onnx/onnx_internal.h"

/* Attribute i of element type; false: it names none. */
static bool type_named(const fy_onnx_call *call, const char *name, fy_dtype *out)
{
	return !fy_onnx_has_attr(call, name) || fy_onnx_to_dtype(fy_onnx_int(call, name), out);
}

/* ---- random numbers ---- */

static fy_status bernoulli_infer(fy_onnx_call *call)
{
	fy_dtype dtype = fy_onnx_dtype(call, 0);

	if (!type_named(call, "dtype", &dtype))
		return fy_onnx_fail(call, "dtype is no element type");
	return fy_onnx_result(call, 0, dtype, fy_onnx_shape(call, 0));
}

const fy_onnx_op fy_onnx_op_bernoulli = {
	.name = "onnx::Bernoulli",
	.since = FY_ONNX_SINCE(15, 22),
	.flags = FY_ONNX_TYPES_ONLY | FY_ONNX_RANDOM,
	.attrs = FY_ONNX_ATTRS({ .name = "dtype", .kind = 'i' }, { .name = "seed", .kind = 'f' }),
	.infer = bernoulli_infer,
};

/* ---- signals ---- */

static fy_status window_infer(fy_onnx_call *call)
{
	const fy_shape *size = fy_onnx_shape(call, 0);
	fy_shape out = { 1, { 0 } };
	fy_dtype dtype = FY_F32;
	bool known;
	double count;

	if (!type_named(call, "output_datatype", &dtype))
		return fy_onnx_fail(call, "output_datatype is no element type");
	if (size && size->rank != 0)
		return fy_onnx_fail(call, "the size must be one number");
	known = fy_onnx_input_f64(call, 0, &count);
	if (known && !(count > 0 && count < 9e15))
		return fy_onnx_fail(call, "the size must be positive");
	if (known)
		out.dims[0] = (int64_t)count;
	return fy_onnx_result(call, 0, dtype, known ? &out : NULL);
}

const fy_onnx_op fy_onnx_op_hann_window = {
	.name = "onnx::HannWindow",
	.since = FY_ONNX_SINCE(17),
	.flags = FY_ONNX_TYPES_ONLY,
	.attrs = FY_ONNX_ATTRS({ .name = "output_datatype", .kind = 'i', .number = 1 },
			       { .name = "periodic", .kind = 'i', .number = 1 }),
	.infer = window_infer,
};

const fy_onnx_op fy_onnx_op_hamming_window = {
	.name = "onnx::HammingWindow",
	.since = FY_ONNX_SINCE(17),
	.flags = FY_ONNX_TYPES_ONLY,
	.attrs = FY_ONNX_ATTRS({ .name = "output_datatype", .kind = 'i', .number = 1 },
			       { .name = "periodic", .kind = 'i', .number = 1 }),
	.infer = window_infer,
};

const fy_onnx_op fy_onnx_op_blackman_window = {
	.name = "onnx::BlackmanWindow",
	.since = FY_ONNX_SINCE(17),
	.flags = FY_ONNX_TYPES_ONLY,
	.attrs = FY_ONNX_ATTRS({ .name = "output_datatype", .kind = 'i', .number = 1 },
			       { .name = "periodic", .kind = 'i', .number = 1 }),
	.infer = window_infer,
};

/* ---- losses ---- */

/* Scores [N, C, d...], labels [N, d...], weights [C]. */
static fy_status check_labels(const fy_onnx_call *call)
{
	const fy_shape *scores = fy_onnx_shape(call, 0), *labels = fy_onnx_shape(call, 1);
	const fy_shape *weights = fy_onnx_has(call, 2) ? fy_onnx_shape(call, 2) : NULL;

	if (scores && scores->rank < 2)
		return fy_onnx_fail(call, "scores must have rank 2 or more");
	if (scores && labels && labels->rank != scores->rank - 1)
		return fy_onnx_fail(call, "labels must have one axis less than scores");
	for (int i = 0; scores && labels && i < labels->rank; i++) {
		fy_dim a = labels->dims[i], b = scores->dims[i ? i + 1 : 0];

		if (fy_dim_known(a) && fy_dim_known(b) && a != b)
			return fy_onnx_fail(call, "scores and labels differ in size");
	}
	if (weights && weights->rank != 1)
		return fy_onnx_fail(call, "weights must be a vector");
	return FY_OK;
}

static fy_status loss_infer(fy_onnx_call *call)
{
	const fy_shape *labels = fy_onnx_shape(call, 1);
	bool each = fy_str_is(fy_onnx_text(call, "reduction"), "none");

	FY_TRY(check_labels(call));
	FY_TRY(fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), each ? labels : &(fy_shape){ 0 }));
	return fy_onnx_result(call, 1, fy_onnx_dtype(call, 0), fy_onnx_shape(call, 0));
}

const fy_onnx_op fy_onnx_op_negative_log_likelihood_loss = {
	.name = "onnx::NegativeLogLikelihoodLoss",
	.since = FY_ONNX_SINCE(12, 13, 22),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 12, 2, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "ignore_index", .kind = 'i' },
			       { .name = "reduction", .kind = 's', .text = "mean" }),
	.infer = loss_infer,
};

const fy_onnx_op fy_onnx_op_softmax_cross_entropy_loss = {
	.name = "onnx::SoftmaxCrossEntropyLoss",
	.since = FY_ONNX_SINCE(12, 13),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 12, 2, 3, 1, 2 }),
	.attrs = FY_ONNX_ATTRS({ .name = "ignore_index", .kind = 'i' },
			       { .name = "reduction", .kind = 's', .text = "mean" }),
	.infer = loss_infer,
};

/* ---- others whose result is like their input ---- */

static fy_status rotary_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);

	if (in && (in->rank < 3 || in->rank > 4))
		return fy_onnx_fail(call, "takes tensors of rank 3 or 4, not %d", in->rank);
	return fy_onnx_infer_same(call);
}

const fy_onnx_op fy_onnx_op_rotary_embedding = {
	.name = "onnx::RotaryEmbedding",
	.since = FY_ONNX_SINCE(23),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 23, 3, 4, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "interleaved", .kind = 'i' }, { .name = "num_heads", .kind = 'i' },
			       { .name = "rotary_embedding_dim", .kind = 'i' }),
	.infer = rotary_infer,
};

static fy_status reverse_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *lengths = fy_onnx_shape(call, 1);

	if (in && in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more");
	if (lengths && lengths->rank != 1)
		return fy_onnx_fail(call, "the lengths must be a vector");
	return fy_onnx_infer_same(call);
}

const fy_onnx_op fy_onnx_op_reverse_sequence = {
	.name = "onnx::ReverseSequence",
	.since = FY_ONNX_SINCE(10, 28),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 10, 2, 2, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "batch_axis", .kind = 'i', .number = 1 },
			       { .name = "time_axis", .kind = 'i' }),
	.infer = reverse_infer,
};

/* ---- transforms ---- */

/* Which axis is transformed; -1: not known. */
static fy_status dft_axis(const fy_onnx_call *call, int rank, int *out)
{
	double number = call->version < 20 ? (double)fy_onnx_int(call, "axis") : -2;

	*out = -1;
	if (call->version >= 20 && fy_onnx_has(call, 2) && !fy_onnx_input_f64(call, 2, &number))
		return FY_OK;
	if (number < -rank || number >= rank - 1 || number == -1)
		return fy_onnx_fail(call, "axis %g cannot be transformed in a tensor of rank %d", number,
				    rank);
	*out = (int)(number < 0 ? number + rank : number);
	return FY_OK;
}

/* The last axis holds real and imaginary parts; a one-sided transform keeps half of the other one. */
static fy_status dft_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0);
	bool inverse = fy_onnx_int(call, "inverse") != 0, half = fy_onnx_int(call, "onesided") != 0;
	fy_dim parts, length;
	fy_shape out;
	double wish;
	int axis;

	if (!in)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	if (in->rank < 2)
		return fy_onnx_fail(call, "takes tensors of rank 2 or more, not %d", in->rank);
	parts = in->dims[in->rank - 1];
	if (inverse && half && fy_dim_known(parts) && parts != 2)
		return fy_onnx_fail(call, "the inverse of a one-sided transform takes complex numbers");
	FY_TRY(dft_axis(call, in->rank, &axis));
	out = *in;
	out.dims[in->rank - 1] = inverse && half ? 1 : 2;
	for (int i = 0; i < in->rank - 1 && axis < 0; i++)
		out.dims[i] = FY_ONNX_DIM_UNKNOWN;
	if (axis < 0)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
	length = inverse && half ? FY_ONNX_DIM_UNKNOWN : in->dims[axis];
	if (fy_onnx_has(call, 1))
		length = fy_onnx_input_f64(call, 1, &wish) && wish >= 1 && wish < 9e15 ? (int64_t)wish
										       : FY_ONNX_DIM_UNKNOWN;
	if (half && !inverse)
		length = fy_dim_known(length) ? length / 2 + 1 : FY_ONNX_DIM_UNKNOWN;
	out.dims[axis] = length;
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

const fy_onnx_op fy_onnx_op_dft = {
	.name = "onnx::DFT",
	.since = FY_ONNX_SINCE(17, 20),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 17, 1, 2, 1, 1 }, { 20, 1, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "axis", .kind = 'i', .number = 1, .until = 19 },
			       { .name = "inverse", .kind = 'i' }, { .name = "onesided", .kind = 'i' }),
	.infer = dft_infer,
};

/* ---- windows of images and sequences ---- */

static fy_status col2im_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *image = fy_onnx_shape(call, 1),
		       *block = fy_onnx_shape(call, 2);
	fy_shape out = { 2, { FY_ONNX_DIM_UNKNOWN, FY_ONNX_DIM_UNKNOWN } };
	int64_t sizes[FY_MAX_RANK];
	int count;

	if (in && in->rank != 3)
		return fy_onnx_fail(call, "takes tensors of rank 3, not %d", in->rank);
	if ((image && image->rank != 1) || (block && block->rank != 1))
		return fy_onnx_fail(call, "sizes of image and blocks must be vectors");
	if (image && block && fy_dim_known(image->dims[0]) && fy_dim_known(block->dims[0]) &&
	    image->dims[0] != block->dims[0])
		return fy_onnx_fail(call, "image and blocks differ in their number of axes");
	if (!image || !fy_dim_known(image->dims[0]) || image->dims[0] > FY_MAX_RANK - 2)
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	FY_TRY(fy_onnx_ints(call, "dilations", sizes, FY_MAX_RANK, &count));
	if (count >= 0 && count != image->dims[0])
		return fy_onnx_fail(call, "%d dilations for %" PRId64 " axes", count, image->dims[0]);
	FY_TRY(fy_onnx_ints(call, "strides", sizes, FY_MAX_RANK, &count));
	if (count >= 0 && count != image->dims[0])
		return fy_onnx_fail(call, "%d strides for %" PRId64 " axes", count, image->dims[0]);
	FY_TRY(fy_onnx_input_ints(call, 1, sizes, FY_MAX_RANK, &count, true));
	for (int i = 0; i < image->dims[0]; i++)
		out.dims[out.rank++] = count >= 0 && sizes[i] >= 0 ? sizes[i] : FY_ONNX_DIM_UNKNOWN;
	if (in)
		out.dims[0] = in->dims[0];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

const fy_onnx_op fy_onnx_op_col2im = {
	.name = "onnx::Col2Im",
	.since = FY_ONNX_SINCE(18),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 18, 3, 3, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "dilations", .kind = 'I' }, { .name = "pads", .kind = 'I' },
			       { .name = "strides", .kind = 'I' }),
	.infer = col2im_infer,
};

static fy_status causal_infer(fy_onnx_call *call)
{
	const fy_shape *in = fy_onnx_shape(call, 0), *weight = fy_onnx_shape(call, 1);
	fy_shape state;

	if ((in && in->rank != 3) || (weight && weight->rank != 3))
		return fy_onnx_fail(call, "takes inputs and weights of rank 3");
	if (in && weight && fy_dim_known(in->dims[1]) && fy_dim_known(weight->dims[0]) &&
	    in->dims[1] != weight->dims[0])
		return fy_onnx_fail(call, "the input has %" PRId64 " channels, the weight %" PRId64,
				    in->dims[1], weight->dims[0]);
	if (in && weight) {
		state = *in;
		state.dims[2] = fy_onnx_dim_add(weight->dims[2], -1);
		FY_TRY(fy_onnx_result(call, 1, fy_onnx_dtype(call, 0), &state));
	}
	return fy_onnx_infer_same(call);
}

const fy_onnx_op fy_onnx_op_causal_conv_with_state = {
	.name = "onnx::CausalConvWithState",
	.since = FY_ONNX_SINCE(27),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 27, 2, 4, 2, 2 }),
	.attrs = FY_ONNX_ATTRS({ .name = "activation", .kind = 's', .text = "none" }),
	.infer = causal_infer,
};

/* Rows of batch, class and box, as many as are chosen. */
static fy_status suppression_infer(fy_onnx_call *call)
{
	return fy_onnx_result(call, 0, FY_I64, &(fy_shape){ 2, { FY_ONNX_DIM_UNKNOWN, 3 } });
}

const fy_onnx_op fy_onnx_op_non_max_suppression = {
	.name = "onnx::NonMaxSuppression",
	.since = FY_ONNX_SINCE(10, 11),
	.flags = FY_ONNX_TYPES_ONLY,
	.arity = FY_ONNX_ARITY({ 10, 2, 5, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "center_point_box", .kind = 'i' }),
	.infer = suppression_infer,
};
