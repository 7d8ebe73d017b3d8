/*
 * Scan: a loop over the elements of its scanned inputs along their axes.
 */
#include "engine/engine_internal.h"
#include "onnx/onnx.h"

enum { MOST_ROUNDS = 1 << 24 };

typedef struct scan {
	fy_engine *engine;
	const fy_node *node;
	const fy_block *body;
	int states, scans, outputs;
	int64_t length;
	fy_tensor **values; /* of one round: states, then outputs; one reference each */
	fy_tensor **rows;   /* [outputs][length]; one reference each */
} scan;

static fy_status fail(const scan *s, const char *why)
{
	fy_place place = fy_engine_place(s->node);

	return fy_error(s->engine->diags, FY_USAGE, "op-raises", &place, "%s: %s", s->node->op, why);
}

/* Number i of a list attribute; 0 when it is not given. */
static int64_t number_at(const scan *s, const char *name, int i)
{
	const fy_arg *list = fy_node_attr(s->node, name);

	return list && list->kind == FY_ARG_LIST && i < list->list.count ? list->list.items[i].i : 0;
}

/* The axis that number i of a list attribute names. */
static fy_status axis_at(const scan *s, const char *name, int i, int rank, int *out)
{
	int64_t axis = number_at(s, name, i);

	if (axis < -rank || axis >= rank)
		return fail(s, "an axis is outside of what is scanned");
	*out = (int)(axis < 0 ? axis + rank : axis);
	return FY_OK;
}

/* A view of `whole` at one position of an axis. */
static fy_tensor *slice_of(const fy_tensor *whole, int axis, int64_t at)
{
	fy_shape shape = whole->shape;
	int64_t strides[FY_MAX_RANK];
	int rank = 0;

	for (int i = 0; i < whole->shape.rank; i++) {
		if (i == axis)
			continue;
		shape.dims[rank] = whole->shape.dims[i];
		strides[rank++] = whole->strides[i];
	}
	shape.rank = rank;
	return fy_tensor_view(whole, whole->dtype, &shape, strides,
			      whole->offset + at * whole->strides[axis]);
}

static fy_status find_length(scan *s)
{
	for (int i = 0; i < s->scans; i++) {
		const fy_tensor *in = fy_engine_value(s->engine, &s->node->args[s->states + i]);
		int axis = 0;

		FY_TRY(axis_at(s, "scan_input_axes", i, in->shape.rank, &axis));
		if (i > 0 && in->shape.dims[axis] != s->length)
			return fail(s, "the scanned inputs differ in length");
		s->length = in->shape.dims[axis];
	}
	return FY_OK;
}

static fy_status run_round(scan *s, int64_t round)
{
	for (int i = 0; i < s->states; i++) {
		fy_engine_set(s->engine, s->body->params[i], s->values[i]);
		s->values[i] = NULL;
	}
	for (int i = 0; i < s->scans; i++) {
		const fy_tensor *in = fy_engine_value(s->engine, &s->node->args[s->states + i]);
		bool backwards = number_at(s, "scan_input_directions", i) == 1;
		int axis = 0;

		FY_TRY(axis_at(s, "scan_input_axes", i, in->shape.rank, &axis));
		fy_engine_set(s->engine, s->body->params[s->states + i],
			      slice_of(in, axis, backwards ? s->length - 1 - round : round));
	}
	FY_TRY(fy_engine_block(s->engine, s->body, s->values));
	for (int i = 0; i < s->outputs; i++) {
		bool in_front = number_at(s, "scan_output_directions", i) == 1;

		s->rows[i * s->length + (in_front ? s->length - 1 - round : round)] =
			s->values[s->states + i];
		s->values[s->states + i] = NULL;
	}
	return FY_OK;
}

/* The rounds of output i along its new axis. */
static fy_status stack(const scan *s, int i, fy_tensor **out)
{
	fy_tensor *const *rows = s->rows + i * s->length;
	const fy_type *type = s->body->results[s->states + i]->type;
	fy_shape row = s->length > 0 ? rows[0]->shape : type->shape, shape = row;
	int axis = 0;

	if (row.rank == FY_MAX_RANK)
		return fail(s, "an output has too many axes");
	FY_TRY(axis_at(s, "scan_output_axes", i, row.rank + 1, &axis));
	for (int k = row.rank; k > axis; k--)
		shape.dims[k] = shape.dims[k - 1];
	shape.dims[axis] = s->length;
	shape.rank++;
	for (int k = 0; k < shape.rank; k++)
		shape.dims[k] = fy_dim_known(shape.dims[k]) ? shape.dims[k] : 0;
	*out = fy_tensor_new(s->length > 0 ? rows[0]->dtype : type->dtype, &shape, false);
	if (!*out)
		return fy_error(s->engine->diags, FY_IO, "out-of-memory", NULL,
				"no memory for a scan output");
	for (int64_t k = 0; k < s->length; k++) {
		fy_tensor *place;

		if (!fy_shape_eq(&rows[k]->shape, &row) || rows[k]->dtype != (*out)->dtype)
			return fail(s, "an output changes its shape from one round to the next");
		place = slice_of(*out, axis, k);
		fy_tensor_copy(place, rows[k]);
		fy_tensor_unref(place);
	}
	return FY_OK;
}

static fy_status run_rounds(scan *s, fy_tensor **results)
{
	fy_status status = FY_OK;

	for (int i = 0; i < s->states; i++)
		s->values[i] = fy_tensor_ref(fy_engine_value(s->engine, &s->node->args[i]));
	for (int64_t round = 0; round < s->length && status == FY_OK; round++)
		status = fy_interrupted() ? FY_INTERRUPTED : run_round(s, round);
	for (int i = 0; i < s->states && status == FY_OK; i++)
		results[i] = fy_tensor_ref(s->values[i]);
	for (int i = 0; i < s->outputs && status == FY_OK; i++)
		status = stack(s, i, &results[s->states + i]);
	return status;
}

fy_status fy_engine_scan(fy_engine *engine, const fy_node *node, fy_tensor **results)
{
	const fy_arg *scans = fy_node_attr(node, "num_scan_inputs");
	scan s = { .engine = engine, .node = node, .body = node->block_count == 1 ? node->blocks[0] : NULL };
	fy_status status;

	if (!s.body || !scans || scans->kind != FY_ARG_INT || scans->i < 1 || scans->i > node->arg_count)
		return fail(&s, "the body or its number of scanned inputs is missing");
	s.scans = (int)scans->i;
	s.states = node->arg_count - s.scans;
	s.outputs = node->result_count - s.states;
	if (s.body->param_count != node->arg_count || s.body->result_count != node->result_count ||
	    s.outputs < 0)
		return fail(&s, "the body does not fit the node");
	for (int i = 0; i < node->arg_count; i++) {
		if (node->args[i].kind != FY_ARG_VALUE)
			return fail(&s, "an input is missing");
	}
	FY_TRY(find_length(&s));
	if (s.length > MOST_ROUNDS)
		return fail(&s, "there are too many rounds");
	s.values = fy_zalloc(sizeof(fy_tensor *) * (size_t)(node->result_count + 1));
	s.rows = fy_zalloc(sizeof(fy_tensor *) * ((size_t)s.length * (size_t)s.outputs + 1));
	status = run_rounds(&s, results);
	for (int i = 0; i < node->result_count; i++)
		fy_tensor_unref(s.values[i]);
	for (int64_t i = 0; i < s.length * s.outputs; i++)
		fy_tensor_unref(s.rows[i]);
	fy_free(s.values);
	fy_free(s.rows);
	return status;
}
