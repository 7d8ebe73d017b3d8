/*
 * Einsum: operands are contracted two at a time. Every operand carries one label per axis; a contraction is a
 * matrix product over three groups of labels: those both have and that stay (batch), those that go (inner),
 * and the rest.
 */
#include "onnx/onnx_internal.h"
#include "kernels/kernels.h"

#include <string.h>

enum { FIRST_ELLIPSIS = 128, LABELS = FIRST_ELLIPSIS + FY_MAX_RANK };

/* The equation, each operand's labels spelled out; axes of an ellipsis are labels from FIRST_ELLIPSIS on,
 * aligned at their end. */
typedef struct equation {
	int count;
	uint8_t in[8][FY_MAX_RANK], out[FY_MAX_RANK];
	int in_rank[8], out_rank;
	int64_t size[LABELS]; /* per label; 0: not met */
} equation;

/* ---- the equation ------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One term; an ellipsis stands for `hidden` axes. False when it is no term. */
static bool read_term(fy_str text, int hidden, uint8_t labels[], int *rank)
{
	*rank = 0;
	for (size_t i = 0; i < text.len; i++) {
		int more = text.data[i] == '.' ? hidden : 1;

		if (text.data[i] == ' ')
			continue;
		if (*rank + more > FY_MAX_RANK)
			return false;
		if (is_letter(text.data[i])) {
			labels[(*rank)++] = (uint8_t)text.data[i];
		} else if (text.len - i >= 3 && memcmp(text.data + i, "...", 3) == 0) {
			for (int k = 0; k < hidden; k++)
				labels[(*rank)++] = (uint8_t)(FIRST_ELLIPSIS + FY_MAX_RANK - hidden + k);
			i += 2;
		} else {
			return false;
		}
	}
	return true;
}

static int letters_in(fy_str text)
{
	int count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += is_letter(text.data[i]);
	return count;
}

static bool note_sizes(const fy_onnx_call *call, equation *e, int i)
{
	for (int k = 0; k < e->in_rank[i]; k++) {
		int64_t *size = &e->size[e->in[i][k]], dim = fy_onnx_shape(call, i)->dims[k];

		if (*size == 0 || *size == 1 || *size == dim)
			*size = dim;
		else if (fy_dim_known(*size) && fy_dim_known(dim) && dim != 1)
			return false;
		else if (fy_dim_known(dim) && dim != 1)
			*size = dim;
	}
	return true;
}

/* Without an arrow: the ellipsis, then every label that occurs once, in alphabetical order. */
static void implicit_output(equation *e, int hidden)
{
	for (int k = 0; k < hidden; k++)
		e->out[e->out_rank++] = (uint8_t)(FIRST_ELLIPSIS + FY_MAX_RANK - hidden + k);
	for (int label = 'A'; label <= 'z'; label++) {
		int times = 0;

		for (int i = 0; i < e->count; i++) {
			for (int k = 0; k < e->in_rank[i]; k++)
				times += e->in[i][k] == label;
		}
		if (times == 1 && e->out_rank < FY_MAX_RANK)
			e->out[e->out_rank++] = (uint8_t)label;
	}
}

static bool output_is_sound(const equation *e)
{
	for (int i = 0; i < e->out_rank; i++) {
		if (e->size[e->out[i]] == 0)
			return false;
		for (int k = 0; k < i; k++) {
			if (e->out[i] == e->out[k])
				return false;
		}
	}
	return true;
}

static fy_status read_equation(const fy_onnx_call *call, equation *e)
{
	fy_str text = fy_onnx_text(call, "equation");
	const char *arrow = text.len >= 2 ? memmem(text.data, text.len, "->", 2) : NULL;
	fy_str rest = { text.data, arrow ? (size_t)(arrow - text.data) : text.len }, last;
	int hidden = 0;

	*e = (equation){ .count = call->input_count };
	if (e->count > (int)FY_COUNT(e->in))
		return fy_onnx_unsupported(call, "of more than %zu operands", FY_COUNT(e->in));
	for (int i = 0; i < e->count; i++) {
		const char *comma = memchr(rest.data, ',', rest.len);
		fy_str term = { rest.data, comma ? (size_t)(comma - rest.data) : rest.len };
		int rank = fy_onnx_shape(call, i)->rank, covered = rank - letters_in(term);

		if ((comma == NULL) != (i == e->count - 1) || covered < 0 ||
		    !read_term(term, covered, e->in[i], &e->in_rank[i]) || e->in_rank[i] != rank ||
		    !note_sizes(call, e, i))
			return fy_onnx_fail(call, "the equation does not fit operand %d", i);
		hidden = covered > hidden ? covered : hidden;
		if (comma)
			rest = (fy_str){ comma + 1, rest.len - term.len - 1 };
	}
	if (!arrow) {
		implicit_output(e, hidden);
		return FY_OK;
	}
	last = (fy_str){ arrow + 2, text.len - (size_t)(arrow + 2 - text.data) };
	if (!read_term(last, hidden, e->out, &e->out_rank) || !output_is_sound(e))
		return fy_onnx_fail(call, "the output of the equation is wrong");
	return FY_OK;
}

static fy_status einsum_infer(fy_onnx_call *call)
{
	fy_shape out = { 0 };
	equation e;

	FY_TRY(fy_onnx_same_dtype(call, 0, call->input_count));
	if (!fy_onnx_ranked(call))
		return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), NULL);
	FY_TRY(read_equation(call, &e));
	out.rank = e.out_rank;
	for (int i = 0; i < e.out_rank; i++)
		out.dims[i] = e.size[e.out[i]];
	return fy_onnx_result(call, 0, fy_onnx_dtype(call, 0), &out);
}

/* ---- operands with labels -------------------------------------------------------------------------------
 */

typedef struct operand {
	fy_tensor *tensor;
	uint8_t labels[FY_MAX_RANK];
	int rank;
} operand;

static int find_label(const operand *o, uint8_t label)
{
	for (int i = 0; i < o->rank; i++) {
		if (o->labels[i] == label)
			return i;
	}
	return -1;
}

/* A view with each label once (a repeated one is the diagonal), axes of size 1 stretched to the label's size.
 */
static fy_status make_operand(const fy_onnx_call *call, const equation *e, int index, operand *out)
{
	const fy_tensor *in = call->inputs[index];
	int64_t strides[FY_MAX_RANK] = { 0 };
	fy_shape shape = { 0 };

	*out = (operand){ 0 };
	for (int k = 0; k < in->shape.rank; k++) {
		uint8_t label = e->in[index][k];
		int at = find_label(out, label);
		bool stretched = in->shape.dims[k] == 1 && e->size[label] != 1;

		if (at >= 0 && stretched)
			return fy_onnx_fail(call, "operand %d repeats a label over different sizes", index);
		if (at < 0) {
			at = out->rank++;
			out->labels[at] = label;
			shape.dims[at] = e->size[label];
		}
		strides[at] += stretched ? 0 : in->strides[k];
	}
	shape.rank = out->rank;
	out->tensor = fy_tensor_view(in, in->dtype, &shape, strides, in->offset);
	return FY_OK;
}

/* Sums over the labels that are not kept. */
static fy_status sum_out(const fy_onnx_call *call, operand *o, const bool keep[LABELS])
{
	fy_shape shape = { 0 };
	uint32_t mask = 0;
	fy_tensor *sum;
	operand rest = { 0 };

	for (int i = 0; i < o->rank; i++) {
		if (keep[o->labels[i]]) {
			rest.labels[rest.rank++] = o->labels[i];
			shape.dims[shape.rank++] = o->tensor->shape.dims[i];
		} else {
			mask |= 1u << i;
		}
	}
	if (!mask)
		return FY_OK;
	FY_TRY(fy_onnx_new(call, &sum, o->tensor->dtype, &shape, false));
	fy_kernel_reduce(sum, FY_SUM, o->tensor, mask);
	fy_tensor_unref(o->tensor);
	rest.tensor = sum;
	*o = rest;
	return FY_OK;
}

/* The axes in this order, then seen as `groups` axes of the given sizes. */
static fy_status arrange(const fy_onnx_call *call, const operand *o, const uint8_t order[],
			 const int64_t groups[3], fy_tensor **out)
{
	fy_shape shape = { .rank = o->rank }, flat = { 3, { groups[0], groups[1], groups[2] } };
	int64_t strides[FY_MAX_RANK], plain_strides[3];
	fy_tensor *view, *plain;
	fy_status status;

	for (int i = 0; i < o->rank; i++) {
		int at = find_label(o, order[i]);

		shape.dims[i] = o->tensor->shape.dims[at];
		strides[i] = o->tensor->strides[at];
	}
	view = fy_tensor_view(o->tensor, o->tensor->dtype, &shape, strides, o->tensor->offset);
	status = fy_onnx_plain(call, &plain, view);
	fy_tensor_unref(view);
	FY_TRY(status);
	fy_shape_strides(&flat, plain_strides);
	*out = fy_tensor_view(plain, plain->dtype, &flat, plain_strides, plain->offset);
	fy_tensor_unref(plain);
	return FY_OK;
}

/* ---- contraction ------------------------------------------------------------------------------------------
 */

/* Which label goes where in a @ b. */
typedef struct grouping {
	uint8_t batch[FY_MAX_RANK], rows[FY_MAX_RANK], columns[FY_MAX_RANK], inner[FY_MAX_RANK];
	int batches, row_count, column_count, inners;
	int64_t size[4]; /* batch, rows, columns, inner */
} grouping;

static void group(const equation *e, const operand *a, const operand *b, const bool keep[LABELS], grouping *g)
{
	*g = (grouping){ .size = { 1, 1, 1, 1 } };
	for (int i = 0; i < a->rank; i++) {
		uint8_t label = a->labels[i];
		bool shared = find_label(b, label) >= 0;
		int which = !shared ? 1 : keep[label] ? 0 : 3;

		g->size[which] *= e->size[label];
		if (which == 0)
			g->batch[g->batches++] = label;
		else if (which == 1)
			g->rows[g->row_count++] = label;
		else
			g->inner[g->inners++] = label;
	}
	for (int i = 0; i < b->rank; i++) {
		if (find_label(a, b->labels[i]) < 0) {
			g->columns[g->column_count++] = b->labels[i];
			g->size[2] *= e->size[b->labels[i]];
		}
	}
}

static void append(uint8_t order[], int *count, const uint8_t labels[], int more)
{
	memcpy(order + *count, labels, (size_t)more);
	*count += more;
}

/* a becomes the contraction of a and b. */
static fy_status contract(const fy_onnx_call *call, const equation *e, operand *a, const operand *b,
			  const bool keep[LABELS])
{
	uint8_t order[3 * FY_MAX_RANK];
	fy_tensor *left = NULL, *right = NULL, *product = NULL;
	fy_shape shape = { 0 };
	operand out = { 0 };
	int64_t strides[FY_MAX_RANK];
	grouping g;
	fy_status status;
	int count = 0;

	group(e, a, b, keep, &g);
	if (g.batches + g.row_count + g.column_count > FY_MAX_RANK)
		return fy_onnx_unsupported(call, "has an intermediate result of too large a rank");
	append(order, &count, g.batch, g.batches);
	append(order, &count, g.rows, g.row_count);
	append(order, &count, g.inner, g.inners);
	status = arrange(call, a, order, (const int64_t[]){ g.size[0], g.size[1], g.size[3] }, &left);
	count = 0;
	append(order, &count, g.batch, g.batches);
	append(order, &count, g.inner, g.inners);
	append(order, &count, g.columns, g.column_count);
	if (status == FY_OK)
		status =
			arrange(call, b, order, (const int64_t[]){ g.size[0], g.size[3], g.size[2] }, &right);
	if (status == FY_OK)
		status = fy_onnx_new(call, &product, a->tensor->dtype,
				     &(fy_shape){ 3, { g.size[0], g.size[1], g.size[2] } }, false);
	if (status == FY_OK)
		status = fy_kernel_matmul(product, left, right, call->diags, &call->place);
	if (status == FY_OK) {
		append(out.labels, &out.rank, g.batch, g.batches);
		append(out.labels, &out.rank, g.rows, g.row_count);
		append(out.labels, &out.rank, g.columns, g.column_count);
		shape.rank = out.rank;
		for (int i = 0; i < out.rank; i++)
			shape.dims[i] = e->size[out.labels[i]];
		fy_shape_strides(&shape, strides);
		out.tensor = fy_tensor_view(product, product->dtype, &shape, strides, product->offset);
		fy_tensor_unref(a->tensor);
		*a = out;
	}
	fy_tensor_unref(left);
	fy_tensor_unref(right);
	fy_tensor_unref(product);
	return status;
}

/* What the output or an operand from `next` on still needs. */
static void still_needed(const equation *e, int next, bool keep[LABELS])
{
	memset(keep, 0, LABELS * sizeof(keep[0]));
	for (int i = 0; i < e->out_rank; i++)
		keep[e->out[i]] = true;
	for (int i = next; i < e->count; i++) {
		for (int k = 0; k < e->in_rank[i]; k++)
			keep[e->in[i][k]] = true;
	}
}

static fy_status einsum_steps(fy_onnx_call *call, const equation *e, operand *result)
{
	bool keep[LABELS];

	FY_TRY(make_operand(call, e, 0, result));
	for (int i = 1; i < e->count; i++) {
		operand next = { 0 };
		fy_status status;

		still_needed(e, i, keep);
		FY_TRY(sum_out(call, result, keep));
		status = make_operand(call, e, i, &next);
		still_needed(e, i + 1, keep);
		if (status == FY_OK) {
			bool wanted[LABELS];

			memcpy(wanted, keep, sizeof(wanted));
			for (int k = 0; k < result->rank; k++)
				wanted[result->labels[k]] = true;
			status = sum_out(call, &next, wanted);
		}
		if (status == FY_OK)
			status = contract(call, e, result, &next, keep);
		fy_tensor_unref(next.tensor);
		FY_TRY(status);
	}
	still_needed(e, e->count, keep);
	return sum_out(call, result, keep);
}

static fy_status einsum_eval(fy_onnx_call *call)
{
	operand result = { 0 };
	equation e;
	fy_status status;

	FY_TRY(read_equation(call, &e));
	status = einsum_steps(call, &e, &result);
	if (status == FY_OK) {
		int64_t strides[FY_MAX_RANK];
		fy_tensor *view;

		for (int i = 0; i < e.out_rank; i++)
			strides[i] = result.tensor->strides[find_label(&result, e.out[i])];
		view = fy_tensor_view(result.tensor, result.tensor->dtype, &call->outputs[0]->shape, strides,
				      result.tensor->offset);
		fy_tensor_copy(call->outputs[0], view);
		fy_tensor_unref(view);
	}
	fy_tensor_unref(result.tensor);
	return status;
}

const fy_onnx_op fy_onnx_op_einsum = {
	.name = "onnx::Einsum",
	.since = FY_ONNX_SINCE(12, 28),
	.arity = FY_ONNX_ARITY({ 12, 1, FY_ONNX_MANY, 1, 1 }),
	.attrs = FY_ONNX_ATTRS({ .name = "equation", .kind = 's', .required = true }),
	.infer = einsum_infer,
	.eval = einsum_eval,
};
