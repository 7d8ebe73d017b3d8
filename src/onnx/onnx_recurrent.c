/*
 * RNN, GRU and LSTM. Computed in double, one step of all sequences at a time; the products with the inputs of
 * all steps are made at once before.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

typedef enum cell { CELL_RNN, CELL_GRU, CELL_LSTM } cell;

enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES, MOST_INPUTS };

static const int gates_of[] = { [CELL_RNN] = 1, [CELL_GRU] = 3, [CELL_LSTM] = 4 };

/* ---- types ---- */

typedef struct sizes {
	fy_dim steps, batch, hidden;
	int directions;
	bool reverse, batch_first;
} sizes;

static fy_status read_sizes(const fy_onnx_call *call, sizes *s)
{
	const fy_shape *x = fy_onnx_shape(call, X), *r = fy_onnx_shape(call, R);
	fy_str direction = fy_onnx_text(call, "direction");
	int64_t hidden = fy_onnx_has_attr(call, "hidden_size") ? fy_onnx_int(call, "hidden_size") : 0;

	*s = (sizes){ FY_ONNX_DIM_UNKNOWN, FY_ONNX_DIM_UNKNOWN, FY_ONNX_DIM_UNKNOWN, 1, false, false };
	if (x && x->rank != 3)
		return fy_onnx_fail(call, "input 0 must have rank 3");
	s->batch_first = call->version >= 14 && fy_onnx_int(call, "layout") == 1;
	s->reverse = fy_str_is(direction, "reverse");
	s->directions = fy_str_is(direction, "bidirectional") ? 2 : 1;
	if (s->directions == 1 && !s->reverse && !fy_str_is(direction, "forward"))
		return fy_onnx_fail(call, "there is no such direction");
	if (x) {
		s->steps = x->dims[s->batch_first];
		s->batch = x->dims[!s->batch_first];
	}
	if (hidden > 0)
		s->hidden = hidden;
	else if (r && r->rank == 3)
		s->hidden = r->dims[2];
	return FY_OK;
}

static fy_status recurrent_infer(fy_onnx_call *call)
{
	bool ranked = fy_onnx_shape(call, X) != NULL;
	fy_dtype dtype = fy_onnx_dtype(call, X);
	fy_shape all, last;
	sizes s;

	FY_TRY(read_sizes(call, &s));
	all = (fy_shape){ 4, { s.steps, s.directions, s.batch, s.hidden } };
	last = (fy_shape){ 3, { s.directions, s.batch, s.hidden } };
	if (s.batch_first) {
		all = (fy_shape){ 4, { s.batch, s.steps, s.directions, s.hidden } };
		last = (fy_shape){ 3, { s.batch, s.directions, s.hidden } };
	}
	FY_TRY(fy_onnx_result(call, 0, dtype, ranked ? &all : NULL));
	FY_TRY(fy_onnx_result(call, 1, dtype, ranked ? &last : NULL));
	return fy_onnx_result(call, 2, dtype, ranked ? &last : NULL);
}

/* ---- activations ---- */

typedef double (*activation)(double x);

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double relu(double x)
{
	return x > 0 ? x : 0;
}

static double soft_sign(double x)
{
	return x / (1 + fabs(x));
}

static fy_status find_activations(const fy_onnx_call *call, int direction, activation out[3])
{
	static const struct {
		const char *name;
		activation function;
	} known[] = { { "Sigmoid", sigmoid }, { "Tanh", tanh }, { "Relu", relu }, { "Softsign", soft_sign } };
	const fy_arg *given = fy_node_attr(call->node, "activations");
	int count = call->op->mode == CELL_RNN ? 1 : call->op->mode == CELL_GRU ? 2 : 3;

	out[0] = call->op->mode == CELL_RNN ? tanh : sigmoid;
	out[1] = out[2] = tanh;
	for (int i = 0; given && i < count; i++) {
		int at = direction * count + i;
		bool found = false;

		if (at >= given->list.count)
			return fy_onnx_fail(call, "has %d activations, which are too few", given->list.count);
		for (size_t k = 0; k < FY_COUNT(known) && !found; k++) {
			found = fy_str_is(given->list.items[at].s, known[k].name);
			out[i] = found ? known[k].function : out[i];
		}
		if (!found)
			return fy_onnx_unsupported(call, "with activation '%.*s'",
						   (int)given->list.items[at].s.len,
						   given->list.items[at].s.data);
	}
	return FY_OK;
}

/* ---- one direction ---- */

/* Everything of one direction, contiguous doubles. */
typedef struct layer {
	cell cell;
	int64_t steps, batch, hidden, width; /* width: of all gates together */
	bool reverse, reset_last;            /* GRU: the reset gate acts on the product, not before it */
	double clip;                         /* infinite: none */
	activation f[3];
	const int64_t *lengths; /* per sequence */
	double *in;             /* [steps, batch, width]: products with the inputs, biases included */
	double *recurrent;      /* [batch, width]: products with the state of this step */
	const double *weight;   /* [width, hidden]: R */
	const double *bias;     /* [width]: of the recurrence */
	const double *peephole; /* [3, hidden]: input, output, forget; NULL: none */
	double *h, *c;          /* [batch, hidden] */
} layer;

static double bounded(const layer *l, double x)
{
	return fmin(fmax(x, -l->clip), l->clip);
}

static double gate(const layer *l, const double *in, const double *recurrent, int which, int64_t i,
		   double extra)
{
	int64_t at = which * l->hidden + i;

	return bounded(l, in[at] + recurrent[at] + l->bias[at] + extra);
}

static void step_rnn(const layer *l, const double *in, const double *recurrent, double *h)
{
	for (int64_t i = 0; i < l->hidden; i++)
		h[i] = l->f[0](gate(l, in, recurrent, 0, i, 0));
}

/* Gates: update, reset, hidden. `next` is scratch. */
static void step_gru(const layer *l, const double *in, const double *recurrent, double *h, double *next)
{
	const double *weight = l->weight + 2 * l->hidden * l->hidden;
	int64_t n = l->hidden;

	for (int64_t i = 0; i < n; i++)
		next[i] = l->f[0](gate(l, in, recurrent, 1, i, 0)) * (l->reset_last ? 1 : h[i]);
	for (int64_t i = 0; i < n; i++) {
		double update = l->f[0](gate(l, in, recurrent, 0, i, 0)), sum = 0;

		if (l->reset_last) {
			sum = next[i] * (recurrent[2 * n + i] + l->bias[2 * n + i]);
		} else {
			for (int64_t k = 0; k < n; k++)
				sum += next[k] * weight[i * n + k];
			sum += l->bias[2 * n + i];
		}
		next[n + i] = (1 - update) * l->f[1](bounded(l, in[2 * n + i] + sum)) + update * h[i];
	}
	memcpy(h, next + n, sizeof(*h) * (size_t)n);
}

/* Gates: input, output, forget, cell. */
static void step_lstm(const layer *l, const double *in, const double *recurrent, double *h, double *c)
{
	int64_t n = l->hidden;

	for (int64_t i = 0; i < n; i++) {
		const double *p = l->peephole;
		double input = l->f[0](gate(l, in, recurrent, 0, i, p ? p[i] * c[i] : 0));
		double forget = l->f[0](gate(l, in, recurrent, 2, i, p ? p[2 * n + i] * c[i] : 0));

		c[i] = forget * c[i] + input * l->f[1](gate(l, in, recurrent, 3, i, 0));
		h[i] = l->f[0](gate(l, in, recurrent, 1, i, p ? p[n + i] * c[i] : 0)) * l->f[2](c[i]);
	}
}

/* ---- tensors ---- */

typedef struct scratch {
	fy_tensor *tensors[16];
	int count;
} scratch;

static fy_status make(const fy_onnx_call *call, scratch *s, const fy_shape *shape, fy_tensor **out)
{
	FY_ASSERT(s->count < (int)FY_COUNT(s->tensors));
	FY_TRY(fy_onnx_new(call, out, FY_F64, shape, true));
	s->tensors[s->count++] = *out;
	return FY_OK;
}

/* Direction d of input i as doubles of this shape; zeros when it is absent. axis: which one the directions
 * are on. */
static fy_status part_of(const fy_onnx_call *call, scratch *s, int i, int d, int axis, const fy_shape *shape,
			 fy_tensor **out)
{
	const fy_tensor *in = fy_onnx_has(call, i) ? call->inputs[i] : NULL;
	int64_t strides[FY_MAX_RANK];
	fy_tensor *part;
	int rank = 0;

	FY_TRY(make(call, s, shape, out));
	if (!in)
		return FY_OK;
	if (in->shape.rank != shape->rank + 1 || in->shape.dims[axis] <= d)
		return fy_onnx_fail(call, "input %d does not fit the others", i);
	for (int k = 0; k < in->shape.rank; k++) {
		if (k == axis)
			continue;
		if (in->shape.dims[k] != shape->dims[rank])
			return fy_onnx_fail(call, "input %d does not fit the others", i);
		strides[rank++] = in->strides[k];
	}
	part = fy_tensor_view(in, in->dtype, shape, strides, in->offset + d * in->strides[axis]);
	fy_tensor_copy(*out, part);
	fy_tensor_unref(part);
	return FY_OK;
}

/* out [rows, width] = in [rows, n] x weight [width, n] transposed */
static fy_status product(const fy_onnx_call *call, fy_tensor *out, const fy_tensor *in,
			 const fy_tensor *weight)
{
	fy_shape turned = { 2, { weight->shape.dims[1], weight->shape.dims[0] } };
	fy_tensor *view =
		fy_tensor_view(weight, FY_F64, &turned,
			       (const int64_t[]){ weight->strides[1], weight->strides[0] }, weight->offset);
	fy_status status = fy_kernel_matmul(out, in, view, call->diags, &call->place);

	fy_tensor_unref(view);
	return status;
}

/* X with the steps first, as [steps * batch, n] doubles. */
static fy_status rows_of_x(const fy_onnx_call *call, scratch *s, const sizes *z, fy_tensor **out)
{
	const fy_tensor *x = call->inputs[X];
	fy_shape shape = { 3, { z->steps, z->batch, x->shape.dims[2] } };
	fy_shape rows = { 2, { z->steps * z->batch, x->shape.dims[2] } };
	const int64_t strides[3] = { x->strides[z->batch_first], x->strides[!z->batch_first], x->strides[2] };
	fy_tensor *view = fy_tensor_view(x, x->dtype, &shape, strides, x->offset), *plain;
	fy_status status = make(call, s, &rows, out);

	if (status == FY_OK) {
		int64_t plain_strides[3];

		fy_shape_strides(&shape, plain_strides);
		plain = fy_tensor_view(*out, FY_F64, &shape, plain_strides, 0);
		fy_tensor_copy(plain, view);
		fy_tensor_unref(plain);
	}
	fy_tensor_unref(view);
	return status;
}

/* One vector of the output: of sequence b, at step t (below 0: the last one). */
static void put(const fy_onnx_call *call, int output, const sizes *z, int64_t t, int d, int64_t b,
		const double *from)
{
	fy_tensor *out = output < call->result_count ? call->outputs[output] : NULL, *to;
	fy_tensor *row;
	int64_t at;

	if (!out)
		return;
	if (t < 0)
		at = z->batch_first ? b * z->directions + d : d * z->batch + b;
	else
		at = z->batch_first ? (b * z->steps + t) * z->directions + d
				    : (t * z->directions + d) * z->batch + b;
	to = fy_tensor_view(out, out->dtype, &(fy_shape){ 1, { z->hidden } }, (const int64_t[]){ 1 },
			    at * z->hidden);
	row = fy_tensor_meta(FY_F64, &to->shape);
	row->storage = fy_storage_borrow(from, sizeof(double) * (size_t)z->hidden);
	fy_tensor_copy(to, row);
	fy_tensor_unref(row);
	fy_tensor_unref(to);
}

static void step_of(const layer *l, int64_t t, int64_t b, double *next)
{
	const double *in = l->in + (t * l->batch + b) * l->width, *recurrent = l->recurrent + b * l->width;
	double *h = l->h + b * l->hidden;

	if (l->cell == CELL_RNN)
		step_rnn(l, in, recurrent, h);
	else if (l->cell == CELL_GRU)
		step_gru(l, in, recurrent, h, next);
	else
		step_lstm(l, in, recurrent, h, l->c + b * l->hidden);
}

static fy_status run_steps(const fy_onnx_call *call, const layer *l, const sizes *z, int d, fy_tensor *state,
			   fy_tensor *recurrent, const fy_tensor *weight)
{
	double *next = fy_alloc(sizeof(*next) * (size_t)(2 * l->hidden + 1));
	fy_status status = FY_OK;

	for (int64_t t = 0; t < l->steps && status == FY_OK; t++) {
		status = fy_interrupted() ? FY_INTERRUPTED : product(call, recurrent, state, weight);
		for (int64_t b = 0; b < l->batch && status == FY_OK; b++) {
			int64_t at = l->reverse ? l->lengths[b] - 1 - t : t;

			if (t >= l->lengths[b])
				continue;
			step_of(l, at, b, next);
			put(call, 0, z, at, d, b, l->h + b * l->hidden);
		}
	}
	for (int64_t b = 0; b < l->batch && status == FY_OK; b++) {
		put(call, 1, z, -1, d, b, l->h + b * l->hidden);
		if (l->cell == CELL_LSTM)
			put(call, 2, z, -1, d, b, l->c + b * l->hidden);
	}
	fy_free(next);
	return status;
}

/* The products with the inputs and both biases of the inputs. */
static fy_status prepare_inputs(const fy_onnx_call *call, scratch *s, const sizes *z, int d, layer *l,
				const fy_tensor *bias, fy_tensor **in)
{
	const double *numbers = fy_tensor_data(bias);
	fy_tensor *rows, *weight;

	FY_TRY(rows_of_x(call, s, z, &rows));
	FY_TRY(part_of(call, s, W, d, 0, &(fy_shape){ 2, { l->width, rows->shape.dims[1] } }, &weight));
	FY_TRY(make(call, s, &(fy_shape){ 2, { rows->shape.dims[0], l->width } }, in));
	FY_TRY(product(call, *in, rows, weight));
	l->in = fy_tensor_write_data(*in);
	for (int64_t i = 0; i < rows->shape.dims[0] * l->width; i++)
		l->in[i] += numbers[i % l->width];
	return FY_OK;
}

static fy_status run_direction(const fy_onnx_call *call, scratch *s, const sizes *z, const int64_t *lengths,
			       int d)
{
	int64_t hidden = z->hidden, width = gates_of[call->op->mode] * hidden;
	layer l = { .cell = (cell)call->op->mode,
		    .steps = z->steps,
		    .batch = z->batch,
		    .hidden = hidden,
		    .width = width,
		    .reverse = z->reverse || d == 1,
		    .clip = INFINITY,
		    .lengths = lengths };
	fy_shape state_shape = { 2, { z->batch, hidden } };
	fy_tensor *bias, *in, *weight, *state, *memory, *recurrent, *peephole;

	if (fy_onnx_has_attr(call, "clip"))
		l.clip = fy_onnx_float(call, "clip");
	l.reset_last = l.cell == CELL_GRU && fy_onnx_int(call, "linear_before_reset");
	FY_TRY(find_activations(call, d, l.f));
	FY_TRY(part_of(call, s, B, d, 0, &(fy_shape){ 1, { 2 * width } }, &bias));
	FY_TRY(prepare_inputs(call, s, z, d, &l, bias, &in));
	FY_TRY(part_of(call, s, R, d, 0, &(fy_shape){ 2, { width, hidden } }, &weight));
	FY_TRY(part_of(call, s, INITIAL_H, d, z->batch_first, &state_shape, &state));
	FY_TRY(part_of(call, s, INITIAL_C, d, z->batch_first, &state_shape, &memory));
	FY_TRY(part_of(call, s, PEEPHOLES, d, 0, &(fy_shape){ 1, { 3 * hidden } }, &peephole));
	FY_TRY(make(call, s, &(fy_shape){ 2, { z->batch, width } }, &recurrent));
	l.weight = fy_tensor_data(weight);
	l.bias = (const double *)fy_tensor_data(bias) + width;
	l.h = fy_tensor_write_data(state);
	l.c = fy_tensor_write_data(memory);
	l.recurrent = fy_tensor_write_data(recurrent);
	if (fy_onnx_has(call, PEEPHOLES))
		l.peephole = fy_tensor_data(peephole);
	return run_steps(call, &l, z, d, state, recurrent, weight);
}

static fy_status read_lengths(const fy_onnx_call *call, const sizes *z, int64_t *lengths)
{
	const fy_tensor *given = fy_onnx_has(call, LENGTHS) ? call->inputs[LENGTHS] : NULL;

	if (given && (given->shape.rank != 1 || given->shape.dims[0] != z->batch))
		return fy_onnx_fail(call, "sequence_lens is not one number per sequence");
	for (int64_t b = 0; b < z->batch; b++) {
		lengths[b] = given ? fy_tensor_get_i64(given, b) : z->steps;
		if (lengths[b] < 0 || lengths[b] > z->steps)
			return fy_onnx_fail(call, "a sequence is longer than the input");
	}
	return FY_OK;
}

static fy_status recurrent_eval(fy_onnx_call *call)
{
	int64_t *lengths;
	fy_status status;
	sizes z;

	FY_TRY(read_sizes(call, &z));
	if (call->op->mode == CELL_LSTM && fy_onnx_int(call, "input_forget"))
		return fy_onnx_unsupported(call, "with coupled input and forget gates");
	lengths = fy_alloc(sizeof(*lengths) * (size_t)(z.batch + 1));
	status = read_lengths(call, &z, lengths);
	for (int i = 0; i < call->result_count && status == FY_OK; i++) {
		if (call->outputs[i])
			fy_kernel_fill_f64(call->outputs[i], 0);
	}
	for (int d = 0; d < z.directions && status == FY_OK; d++) {
		scratch s = { .count = 0 };

		status = run_direction(call, &s, &z, lengths, d);
		for (int i = 0; i < s.count; i++)
			fy_tensor_unref(s.tensors[i]);
	}
	fy_free(lengths);
	return status;
}

/* ---- records ---- */

const fy_onnx_op fy_onnx_op_rnn = {
	.name = "onnx::RNN",
	.since = FY_ONNX_SINCE(7, 14, 22),
	.arity = FY_ONNX_ARITY({ 7, 3, 6, 0, 2 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "activation_alpha", .kind = 'F' }, { .name = "activation_beta", .kind = 'F' },
		{ .name = "activations", .kind = 'S' }, { .name = "clip", .kind = 'f' },
		{ .name = "direction", .kind = 's', .text = "forward" },
		{ .name = "hidden_size", .kind = 'i' }, { .name = "layout", .kind = 'i', .since = 14 }),
	.infer = recurrent_infer,
	.eval = recurrent_eval,
	.mode = CELL_RNN,
};

const fy_onnx_op fy_onnx_op_gru = {
	.name = "onnx::GRU",
	.since = FY_ONNX_SINCE(7, 14, 22),
	.arity = FY_ONNX_ARITY({ 7, 3, 6, 0, 2 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "activation_alpha", .kind = 'F' }, { .name = "activation_beta", .kind = 'F' },
		{ .name = "activations", .kind = 'S' }, { .name = "clip", .kind = 'f' },
		{ .name = "direction", .kind = 's', .text = "forward" },
		{ .name = "hidden_size", .kind = 'i' }, { .name = "layout", .kind = 'i', .since = 14 },
		{ .name = "linear_before_reset", .kind = 'i' }),
	.infer = recurrent_infer,
	.eval = recurrent_eval,
	.mode = CELL_GRU,
};

const fy_onnx_op fy_onnx_op_lstm = {
	.name = "onnx::LSTM",
	.since = FY_ONNX_SINCE(7, 14, 22),
	.arity = FY_ONNX_ARITY({ 7, 3, 8, 0, 3 }),
	.attrs = FY_ONNX_ATTRS(
		{ .name = "activation_alpha", .kind = 'F' }, { .name = "activation_beta", .kind = 'F' },
		{ .name = "activations", .kind = 'S' }, { .name = "clip", .kind = 'f' },
		{ .name = "direction", .kind = 's', .text = "forward" },
		{ .name = "hidden_size", .kind = 'i' }, { .name = "input_forget", .kind = 'i' },
		{ .name = "layout", .kind = 'i', .since = 14 }),
	.infer = recurrent_infer,
	.eval = recurrent_eval,
	.mode = CELL_LSTM,
};
