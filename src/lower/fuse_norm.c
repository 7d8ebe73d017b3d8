/*
 * Folds BatchNormalization into the convolution before it: weights and bias are scaled once instead of the
 * output at every run. It makes new weights, so it runs only when asked for.
 */
#include "lower/lower_internal.h"

#include <math.h>

/* The constants of one pair, and the factor and shift per output channel that they amount to. */
typedef struct pair {
	fy_node *conv, *norm;
	const fy_tensor *weight, *bias;
	int64_t channels, groups;
	bool transposed;
	double *factor, *shift;
} pair;

static const fy_tensor *constant_input(const fy_node *node, int index)
{
	const fy_value *value;

	if (index >= node->arg_count || node->args[index].kind != FY_ARG_VALUE)
		return NULL;
	value = node->args[index].v;
	return value->tensor && fy_tensor_has_data(value->tensor) ? value->tensor : NULL;
}

static bool is_inference(const fy_node *norm)
{
	const fy_arg *training = fy_node_attr(norm, "training_mode");

	return norm->result_count == 1 && (!training || training->i == 0);
}

static bool per_channel(const fy_tensor *tensor, int64_t channels)
{
	return tensor && tensor->shape.rank == 1 && tensor->shape.dims[0] == channels;
}

/* Is `norm` a normalization whose input is made by a convolution for it alone, all of it constant? */
static bool match(fy_node *norm, pair *p)
{
	fy_value *from;
	const fy_arg *group;
	int64_t per_group;

	if (!fy_node_is(norm, "onnx::BatchNormalization") || !is_inference(norm) ||
	    norm->args[0].kind != FY_ARG_VALUE)
		return false;
	from = norm->args[0].v;
	*p = (pair){ .norm = norm, .conv = from->def };
	if (!p->conv || p->conv->block != norm->block || fy_value_use_count(from) != 1)
		return false;
	p->transposed = fy_node_is(p->conv, "onnx::ConvTranspose");
	if (!p->transposed && !fy_node_is(p->conv, "onnx::Conv"))
		return false;
	p->weight = constant_input(p->conv, 1);
	p->bias = constant_input(p->conv, 2);
	if (!p->weight || p->weight->shape.rank < 2 || (!p->bias && p->conv->arg_count > 2) ||
	    (p->weight->dtype != FY_F32 && p->weight->dtype != FY_F64))
		return false;
	group = fy_node_attr(p->conv, "group");
	p->groups = group ? group->i : 1;
	per_group = p->weight->shape.dims[p->transposed ? 1 : 0];
	if (p->groups < 1 || !fy_mul_i64(per_group, p->transposed ? p->groups : 1, &p->channels))
		return false;
	for (int i = 1; i <= 4; i++) {
		if (!per_channel(constant_input(norm, i), p->channels))
			return false;
	}
	return !p->bias || per_channel(p->bias, p->channels);
}

static void compute_factors(pair *p)
{
	const fy_arg *attr = fy_node_attr(p->norm, "epsilon");
	double epsilon = attr ? attr->f : 1e-5;
	const fy_tensor *scale = constant_input(p->norm, 1), *offset = constant_input(p->norm, 2);
	const fy_tensor *mean = constant_input(p->norm, 3), *variance = constant_input(p->norm, 4);

	p->factor = fy_alloc((size_t)p->channels * sizeof(double) + 1);
	p->shift = fy_alloc((size_t)p->channels * sizeof(double) + 1);
	for (int64_t c = 0; c < p->channels; c++) {
		double bias = p->bias ? fy_tensor_get_f64(p->bias, c) : 0;

		p->factor[c] = fy_tensor_get_f64(scale, c) / sqrt(fy_tensor_get_f64(variance, c) + epsilon);
		p->shift[c] =
			(bias - fy_tensor_get_f64(mean, c)) * p->factor[c] + fy_tensor_get_f64(offset, c);
	}
}

/* Output channel of element `index` of a weight: axis 0, or axis 1 within the group of axis 0 when
 * transposed. */
static int64_t channel_of(const pair *p, int64_t index, int64_t spatial)
{
	int64_t inner = p->weight->shape.dims[1], row = index / (inner * spatial);

	if (!p->transposed)
		return row;
	return row / (p->weight->shape.dims[0] / p->groups) * inner + index / spatial % inner;
}

static fy_tensor *scaled_weight(const pair *p)
{
	fy_tensor *scaled = fy_tensor_new(p->weight->dtype, &p->weight->shape, false);
	int64_t count = fy_tensor_numel(p->weight), spatial = 1;

	if (!scaled)
		return NULL;
	for (int i = 2; i < p->weight->shape.rank; i++)
		spatial *= p->weight->shape.dims[i];
	fy_tensor_copy(scaled, p->weight);
	for (int64_t i = 0; i < count; i++) {
		double factor = p->factor[channel_of(p, i, spatial)];

		if (scaled->dtype == FY_F32) {
			float *data = fy_tensor_write_data(scaled);

			data[i] = (float)(data[i] * factor);
		} else {
			double *data = fy_tensor_write_data(scaled);

			data[i] *= factor;
		}
	}
	return scaled;
}

static fy_tensor *new_bias(const pair *p)
{
	fy_tensor *bias = fy_tensor_new(p->weight->dtype, &(fy_shape){ 1, { p->channels } }, false);

	for (int64_t c = 0; bias && c < p->channels; c++)
		fy_tensor_set_f64(bias, c, p->shift[c]);
	return bias;
}

static const char *fused_name(fy_arena *arena, const fy_node *conv, int index)
{
	const fy_value *old = index < conv->arg_count ? conv->args[index].v : NULL;

	return old && old->name ? fy_arena_printf(arena, "%s.fused", old->name) : NULL;
}

/* The convolution with its new weights takes the place of both nodes. */
static void replace_pair(fy_graph *graph, const pair *p, fy_tensor *weight, fy_tensor *bias)
{
	fy_arg args[] = {
		p->conv->args[0],
		fy_arg_value(fy_graph_constant(graph, weight, fused_name(graph->arena, p->conv, 1))),
		fy_arg_value(fy_graph_constant(graph, bias, fused_name(graph->arena, p->conv, 2))),
	};
	fy_node *conv = fy_node_new(p->conv->block, p->conv, p->conv->op, args, 3, p->conv->attrs,
				    p->conv->attr_count, p->norm->results[0]->type, 1);

	conv->origin = p->conv->origin;
	fy_value_replace(p->norm->results[0], conv->results[0]);
	fy_node_erase(p->norm);
	fy_node_erase(p->conv);
}

fy_status fy_pass_fuse(fy_pass_run *run)
{
	fy_node *next;

	if (!run->options->fuse)
		return FY_OK;
	for (fy_node *node = fy_graph_first(run->graph); node; node = next) {
		fy_tensor *weight, *bias;
		pair p;

		next = fy_node_following(node);
		if (!match(node, &p))
			continue;
		compute_factors(&p);
		weight = scaled_weight(&p);
		bias = new_bias(&p);
		fy_free(p.factor);
		fy_free(p.shift);
		if (weight && bias)
			replace_pair(run->graph, &p, weight, bias);
		fy_tensor_unref(weight);
		fy_tensor_unref(bias);
		if (!weight || !bias)
			return fy_error(run->diags, FY_IO, "out-of-memory", NULL,
					"no memory for fused weights");
		run->changes++;
	}
	fy_graph_remove_dead(run->graph);
	return FY_OK;
}
