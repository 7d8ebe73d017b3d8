/*
 * Contractions: products of tensors summed over dims that they share (einsum, tensordot, inner, bilinear).
 * Dims carry labels; two tensors at a time become one matrix product. All of them are compositions.
 */
#include "ops/ops_internal.h"

#include <ctype.h>
#include <string.h>

/* Labels are letters, and numbers beyond them for dims that have no letter. */
enum { FIRST_FREE = 128, LABELS = FIRST_FREE + 2 * FY_MAX_RANK };

/* A tensor whose dims are labelled. */
typedef struct term {
	fy_arg value;
	int rank;
	int labels[FY_MAX_RANK];
} term;

/* Some labels in an order. */
typedef struct label_list {
	int count;
	int items[LABELS];
} label_list;

static int dim_of(const term *t, int label)
{
	for (int i = 0; i < t->rank; i++)
		if (t->labels[i] == label)
			return i;
	return -1;
}

static void add_label(label_list *list, int label)
{
	list->items[list->count++] = label;
}

static bool has_label(const label_list *list, int label)
{
	for (int i = 0; i < list->count; i++)
		if (list->items[i] == label)
			return true;
	return false;
}

/* ---- one term --------------------------------------------------------------------------------- */

static void drop_dim(term *t, int dim)
{
	t->rank--;
	memmove(t->labels + dim, t->labels + dim + 1, (size_t)(t->rank - dim) * sizeof(t->labels[0]));
}

/* The term with its dims in the order of the list, which names each of them; labels that it lacks are
 * skipped. */
static fy_arg in_order(fy_compose *c, const term *t, const label_list *order)
{
	int64_t dims[FY_MAX_RANK];
	int count = 0;
	for (int i = 0; i < order->count; i++)
		if (dim_of(t, order->items[i]) >= 0)
			dims[count++] = dim_of(t, order->items[i]);
	FY_ASSERT(count == t->rank);
	return fy_do2(c, "aten::permute", t->value, fy_arg_ints(c->builder->arena, dims, count));
}

/* The same with dims of size 1 for labels that it lacks. */
static fy_arg aligned(fy_compose *c, const term *t, const label_list *order)
{
	fy_arg value = in_order(c, t, order);
	for (int i = 0; i < order->count; i++)
		if (dim_of(t, order->items[i]) < 0)
			value = fy_do2(c, "aten::unsqueeze", value, fy_arg_int(i));
	return value;
}

/* Sums over dims that are not on the list. */
static void sum_others(fy_compose *c, term *t, const label_list *kept)
{
	int64_t dims[FY_MAX_RANK];
	int count = 0;
	term rest = { .value = t->value };
	for (int i = 0; i < t->rank; i++) {
		if (has_label(kept, t->labels[i]))
			rest.labels[rest.rank++] = t->labels[i];
		else
			dims[count++] = i;
	}
	if (count > 0)
		rest.value = fy_do2(c, "aten::sum.dim_IntList", t->value,
				    fy_arg_ints(c->builder->arena, dims, count));
	*t = rest;
}

/* A label that stands twice means the diagonal of its two dims. */
static fy_status take_diagonals(fy_compose *c, term *t)
{
	for (int i = 0; i < t->rank; i++) {
		for (int k = i + 1; k < t->rank; k++) {
			int label = t->labels[i];
			if (t->labels[k] != label)
				continue;
			const fy_shape *shape = &t->value.t->shape;
			if (fy_dim_known(shape->dims[i]) && fy_dim_known(shape->dims[k]) &&
			    shape->dims[i] != shape->dims[k])
				return fy_call_raise(c->call, "the diagonal of %" PRId64 " by %" PRId64,
						     shape->dims[i], shape->dims[k]);
			const fy_arg args[] = { t->value, fy_arg_int(0), fy_arg_int(i), fy_arg_int(k) };
			t->value = fy_do(c, "aten::diagonal", args, 4);
			drop_dim(t, k);
			drop_dim(t, i);
			t->labels[t->rank++] = label;
			FY_TRY(c->status);
			k = i;
		}
	}
	return FY_OK;
}

/* ---- two terms -------------------------------------------------------------------------------- */

/* The labels of two terms: of both and kept, of both and summed, of one alone. */
typedef struct pairing {
	label_list batch, inner, left, right;
} pairing;

/* `order` holds every label that is kept, then the others. */
static void pair_up(const term *a, const term *b, const label_list *kept, const label_list *order,
		    pairing *out)
{
	*out = (pairing){ 0 };
	for (int i = 0; i < order->count; i++) {
		int label = order->items[i];
		bool in_a = dim_of(a, label) >= 0, in_b = dim_of(b, label) >= 0;
		if (in_a && in_b)
			add_label(has_label(kept, label) ? &out->batch : &out->inner, label);
		else if (in_a || in_b)
			add_label(in_a ? &out->left : &out->right, label);
	}
}

static label_list joined(const label_list *a, const label_list *b, const label_list *d)
{
	label_list all = *a;
	for (int i = 0; i < b->count; i++)
		add_label(&all, b->items[i]);
	for (int i = 0; i < d->count; i++)
		add_label(&all, d->items[i]);
	return all;
}

/* `count` dims from `first` on become one; none: a dim of size 1. */
static fy_arg merged(fy_compose *c, fy_arg value, int first, int count)
{
	if (count == 1)
		return value;
	if (count == 0)
		return fy_do2(c, "aten::unsqueeze", value, fy_arg_int(first));
	return fy_do3(c, "aten::flatten.using_ints", value, fy_arg_int(first), fy_arg_int(first + count - 1));
}

/* The way back: dim `first` becomes the dims of these labels, with the sizes that they have in t. */
static fy_arg parted(fy_compose *c, fy_arg value, int first, const term *t, const label_list *labels)
{
	int64_t sizes[FY_MAX_RANK];
	int unknown = 0;
	if (labels->count == 1 || c->status != FY_OK)
		return value;
	if (labels->count == 0)
		return fy_do2(c, "aten::squeeze.dim", value, fy_arg_int(first));
	for (int i = 0; i < labels->count; i++) {
		sizes[i] = t->value.t->shape.dims[dim_of(t, labels->items[i])];
		if (!fy_dim_known(sizes[i])) {
			sizes[i] = -1;
			unknown++;
		}
	}
	if (unknown > 1) {
		c->status = fy_call_unsupported(c->call, "too many sizes depend on data");
		return value;
	}
	return fy_do3(c, "aten::unflatten.int", value, fy_arg_int(first),
		      fy_arg_ints(c->builder->arena, sizes, labels->count));
}

/* [batch, left, inner] @ [batch, inner, right] */
static fy_arg matrix_product(fy_compose *c, const term *a, const term *b, const pairing *p)
{
	int batch = p->batch.count;
	label_list order_a = joined(&p->batch, &p->left, &p->inner);
	label_list order_b = joined(&p->batch, &p->inner, &p->right);
	fy_arg left = merged(c, in_order(c, a, &order_a), batch + p->left.count, p->inner.count);
	fy_arg right = merged(c, in_order(c, b, &order_b), batch, p->inner.count);
	left = merged(c, left, batch, p->left.count);
	right = merged(c, right, batch + 1, p->right.count);
	fy_arg product = fy_do2(c, "aten::matmul", left, right);
	product = parted(c, product, batch + 1, b, &p->right);
	return parted(c, product, batch, a, &p->left);
}

/* Is what stands first in the result a label of b alone? */
static bool comes_first(const pairing *p, const label_list *order)
{
	for (int i = 0; i < order->count; i++)
		if (has_label(&p->left, order->items[i]) || has_label(&p->right, order->items[i]))
			return has_label(&p->right, order->items[i]);
	return false;
}

/* The labels that two terms have together, in order. */
static label_list united(const term *a, const term *b, const label_list *order)
{
	label_list all = { 0 };
	for (int i = 0; i < order->count; i++)
		if (dim_of(a, order->items[i]) >= 0 || dim_of(b, order->items[i]) >= 0)
			add_label(&all, order->items[i]);
	return all;
}

/* The product of two terms, summed over the labels that are not kept. */
static term contract(fy_compose *c, term a, term b, const label_list *kept, const label_list *order)
{
	label_list wanted_a = *kept, wanted_b = *kept, all;
	term result = { 0 };
	pairing p;
	for (int i = 0; i < b.rank; i++)
		add_label(&wanted_a, b.labels[i]);
	for (int i = 0; i < a.rank; i++)
		add_label(&wanted_b, a.labels[i]);
	sum_others(c, &a, &wanted_a);
	sum_others(c, &b, &wanted_b);
	pair_up(&a, &b, kept, order, &p);
	if (comes_first(&p, order)) {
		term other = a;
		a = b;
		b = other;
		pair_up(&a, &b, kept, order, &p);
	}
	all = p.inner.count > 0 ? joined(&p.batch, &p.left, &p.right) : united(&a, &b, order);
	if (all.count > FY_MAX_RANK) {
		c->status = fy_call_unsupported(c->call, "an intermediate result of rank %d", all.count);
		return result;
	}
	if (p.inner.count > 0)
		result.value = matrix_product(c, &a, &b, &p);
	else
		result.value = fy_do2(c, "aten::mul.Tensor", aligned(c, &a, &all), aligned(c, &b, &all));
	result.rank = all.count;
	memcpy(result.labels, all.items, (size_t)all.count * sizeof(all.items[0]));
	return result;
}

/* ---- several terms ---------------------------------------------------------------------------- */

/* A size that is not 1, of a label in some term; 1 when there is none. */
static fy_dim label_size(const term *terms, int count, int label)
{
	for (int i = 0; i < count; i++) {
		int dim = dim_of(&terms[i], label);
		if (dim >= 0 && terms[i].value.t->shape.dims[dim] != 1)
			return terms[i].value.t->shape.dims[dim];
	}
	return 1;
}

/* A dim of size 1 beside another size is taken away: multiplying by it broadcasts. */
static fy_status fit_sizes(fy_compose *c, term *terms, int count)
{
	for (int i = 0; i < count; i++) {
		for (int dim = terms[i].rank - 1; dim >= 0; dim--) {
			fy_dim size = terms[i].value.t->shape.dims[dim];
			fy_dim common = label_size(terms, count, terms[i].labels[dim]);
			if (size == 1 && common != 1) {
				terms[i].value = fy_do3(c, "aten::select.int", terms[i].value,
							fy_arg_int(dim), fy_arg_int(0));
				FY_TRY(c->status);
				drop_dim(&terms[i], dim);
			} else if (fy_dim_known(size) && fy_dim_known(common) && size != common) {
				return fy_call_raise(c->call,
						     "sizes %" PRId64 " and %" PRId64 " of one label", size,
						     common);
			}
		}
	}
	return FY_OK;
}

/* All labels: those of the result in their order, then the others. */
static label_list full_order(const term *terms, int count, const label_list *out)
{
	label_list order = *out;
	for (int i = 0; i < count; i++)
		for (int k = 0; k < terms[i].rank; k++)
			if (!has_label(&order, terms[i].labels[k]))
				add_label(&order, terms[i].labels[k]);
	return order;
}

/* The product of all terms, from left to right, with the dims of `out`. */
static fy_status contract_all(fy_compose *c, term *terms, int count, const label_list *out)
{
	label_list order = full_order(terms, count, out);
	FY_TRY(fit_sizes(c, terms, count));
	term result = terms[0];
	for (int i = 1; i < count; i++) {
		label_list kept = full_order(terms + i + 1, count - i - 1, out);
		result = contract(c, result, terms[i], &kept, &order);
		FY_TRY(c->status);
	}
	if (count == 1) {
		result.value = in_order(c, &result, &order);
		memcpy(result.labels, order.items, (size_t)result.rank * sizeof(order.items[0]));
		sum_others(c, &result, out);
	}
	c->results[0] = count == 1 ? result.value : in_order(c, &result, out);
	return c->status;
}

/* ---- einsum: the equation --------------------------------------------------------------------- */

typedef struct equation {
	fy_str terms[FY_MAX_RANK]; /* of each operand, without blanks */
	fy_str out;
	int count;
	bool explicit; /* has an arrow */
} equation;

static const char ellipsis[] = "...";

/* Letters, with one "..." among them at most. */
static bool is_subscript(fy_str text)
{
	bool dots = false;
	for (size_t i = 0; i < text.len; i++) {
		if (isalpha((unsigned char)text.data[i]))
			continue;
		if (dots || text.len - i < 3 || memcmp(text.data + i, ellipsis, 3) != 0)
			return false;
		dots = true;
		i += 2;
	}
	return true;
}

static fy_status read_equation(const fy_compose *c, equation *out)
{
	fy_str text = c->call->args[0].s;
	char *plain = fy_arena_alloc(c->builder->arena, text.len + 1);
	size_t length = 0, start = 0;
	*out = (equation){ 0 };
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != ' ')
			plain[length++] = text.data[i];
	for (size_t i = 0; i <= length; i++) {
		bool arrow = i + 1 < length && plain[i] == '-' && plain[i + 1] == '>';
		if (i < length && !arrow && (plain[i] != ',' || out->explicit))
			continue;
		fy_str part = { plain + start, i - start };
		if (!is_subscript(part) || out->count == FY_MAX_RANK)
			return fy_call_raise(c->call, "the equation cannot be read");
		if (out->explicit)
			out->out = part;
		else
			out->terms[out->count++] = part;
		out->explicit |= arrow;
		i += arrow;
		start = i + 1;
	}
	return FY_OK;
}

/* Labels of `text`; "..." stands for `dims` dims, numbered from the right. */
static fy_status read_labels(const fy_compose *c, fy_str text, int dims, int *labels, int limit, int *count)
{
	*count = 0;
	for (size_t i = 0; i < text.len; i++) {
		int here = text.data[i] == '.' ? dims : 1;
		if (*count + here > limit)
			return fy_call_raise(c->call, "more subscripts than dims");
		for (int k = 0; k < here; k++)
			labels[(*count)++] =
				text.data[i] == '.' ? FIRST_FREE + here - 1 - k : (unsigned char)text.data[i];
		if (text.data[i] == '.')
			i += 2;
	}
	return FY_OK;
}

static int letters_of(fy_str text)
{
	int count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] != '.';
	return count;
}

static fy_status read_terms(const fy_compose *c, const equation *e, const fy_arg *tensors, term *terms,
			    int *most_dims)
{
	*most_dims = 0;
	for (int i = 0; i < e->count; i++) {
		int rank = tensors[i].t->shape.rank, letters = letters_of(e->terms[i]);
		bool dots = (size_t)letters != e->terms[i].len;
		if (rank < letters || (!dots && rank != letters))
			return fy_call_raise(c->call, "%d subscripts for a tensor of rank %d", letters, rank);
		terms[i] = (term){ .value = tensors[i] };
		FY_TRY(read_labels(c, e->terms[i], rank - letters, terms[i].labels, FY_MAX_RANK,
				   &terms[i].rank));
		if (dots && rank - letters > *most_dims)
			*most_dims = rank - letters;
	}
	return FY_OK;
}

/* Without an arrow: the dims of "...", then the letters that stand once, in the order of the alphabet. */
static void implied_result(const term *terms, int count, int most_dims, label_list *out)
{
	int seen[LABELS] = { 0 };
	for (int i = 0; i < count; i++)
		for (int k = 0; k < terms[i].rank; k++)
			seen[terms[i].labels[k]]++;
	for (int i = 0; i < most_dims; i++)
		add_label(out, FIRST_FREE + most_dims - 1 - i);
	for (int label = 0; label < FIRST_FREE; label++)
		if (seen[label] == 1)
			add_label(out, label);
}

static fy_status stated_result(const fy_compose *c, const equation *e, const term *terms, int most_dims,
			       label_list *out)
{
	FY_TRY(read_labels(c, e->out, most_dims, out->items, FY_MAX_RANK, &out->count));
	for (int i = 0; i < out->count; i++) {
		bool found = false;
		for (int k = 0; k < e->count; k++)
			found |= dim_of(&terms[k], out->items[i]) >= 0;
		for (int k = 0; k < i; k++)
			found &= out->items[k] != out->items[i];
		if (!found)
			return fy_call_raise(
				c->call, "a subscript of the result stands nowhere else, or stands twice");
	}
	return FY_OK;
}

static fy_status einsum_compose(fy_compose *c)
{
	const fy_arg *tensors = &c->call->args[1];
	equation e;
	label_list out = { 0 };
	term terms[FY_MAX_RANK];
	int most_dims;
	FY_TRY(read_equation(c, &e));
	if (e.count != tensors->list.count)
		return fy_call_raise(c->call, "%d subscripts for %d tensors", e.count, tensors->list.count);
	FY_TRY(read_terms(c, &e, tensors->list.items, terms, &most_dims));
	if (e.explicit)
		FY_TRY(stated_result(c, &e, terms, most_dims, &out));
	else
		implied_result(terms, e.count, most_dims, &out);
	if (out.count > FY_MAX_RANK)
		return fy_call_unsupported(c->call, "a result of rank %d", out.count);
	for (int i = 0; i < e.count; i++)
		FY_TRY(take_diagonals(c, &terms[i]));
	return contract_all(c, terms, e.count, &out);
}

const fy_op fy_aten_einsum = {
	.name = "aten::einsum",
	.overloads = "",
	.compose = einsum_compose,
	.cases = FY_CASES(
		"'ij->ji' [f32[2,3]]", "'ij' [f32[2,3]]", "'ji' [f32[2,3]]", "'ii->i' [f32[3,3]]",
		"'ii' [f32[3,3]]", "'ij->' [f32[2,3]]", "'ijk->kj' [f32[2,3,4]]", "'iij->ji' [f32[2,2,3]]",
		"'iii->i' [f32[2,2,2]]", "'ij,jk->ik' [f32[2,3],f32[3,4]]", "'ij,jk->ki' [f32[2,3],f32[3,4]]",
		"'ij,jk' [f32[2,3]^T,f32[3,4]^T]", "'bhid,bhjd->bhij' [f32[1,2,3,4],f32[1,2,2,4]]",
		"'nctv,vw->nctw' [f32[1,2,3,4],f32[4,3]]", "'nctv,vw->ncwt' [f32[1,2,3,4],f32[4,3]]",
		"'i,j->ij' [f32[2],f32[3]]", "'i,j->ji' [f32[2],f32[3]]", "'i,i->' [f32[3],f32[3]]",
		"'i,i->i' [f32[3],f32[3]]", "'...ij,...jk' [f32[2,2,3],f32[3,4]]",
		"'...ij,j...->i...' [f32[2,2,3],f32[3,2]]", "'a...,a...->...' [f32[2,3],f32[2,3]]",
		"'ij,jkl->ikl' [f32[2,3],f32[3,2,2]]", "'ij,ij->ji' [f32[2,3],f32[2,3]]",
		"'ijk,jk->i' [f32[2,3,4],f32[3,4]]", "'ij,k->k' [f32[2,3],f32[4]]",
		"'bn,anm,bm->ba' [f32[2,3],f32[2,3,4],f32[2,4]]", "'ij,jk->ik' [f32[2,1],f32[3,4]]",
		"'ij,j->ij' [f32[2,1],f32[3]]", "'b i d, b j d -> b i j' [f64[2,3,2],f64[2,2,2]]",
		"'bwhkc,bwhkd->bwhcd' [f32[1,2,1,3,2],f32[1,2,1,3,2]]", "'ij,jk->ik' [i64[2,3],i64[3,2]]",
		"'ij,jk->ik' [f16[2,3],f16[3,2]]", "'ij,kj->ki' [f32[0,3],f32[2,3]]",
		"'ij,jk->ik' [f32[2,3],f64[3,2]]", "'ij,jk->ik' [f32[2,3],f32[2,3]]", "'ij->k' [f32[2,3]]",
		"'ijk' [f32[2,3]]", "'ij,jk->ik' [f32[2,3]]", "'i1->i' [f32[2,3]]", "'ij->ii' [f32[2,3]]",
		"'ii' [f32[2,3]]", "'ij' [f32[2,3]] path=[0]", "'...->...' [f32[2,3]]", "'i->' [f32[0]]"),
};

/* ---- by position ------------------------------------------------------------------------------ */

/* Labels of their own for all dims. */
static term numbered(fy_arg value, int first)
{
	term t = { .value = value, .rank = value.t->shape.rank };
	for (int i = 0; i < t.rank; i++)
		t.labels[i] = first + i;
	return t;
}

/* Sums over pairs of dims, whose labels become equal; the other dims follow in order. */
static fy_status contract_dims(fy_compose *c, const int64_t *dims_a, const int64_t *dims_b, int count)
{
	term terms[2];
	label_list out = { 0 };
	uint32_t summed_a = 0, summed_b = 0;
	for (int i = 0; i < 2; i++)
		terms[i] = numbered(c->call->args[i], i == 0 ? 0 : FY_MAX_RANK);
	for (int i = 0; i < count; i++) {
		int64_t a = dims_a[i] + (dims_a[i] < 0 ? terms[0].rank : 0);
		int64_t b = dims_b[i] + (dims_b[i] < 0 ? terms[1].rank : 0);
		if (a < 0 || a >= terms[0].rank || b < 0 || b >= terms[1].rank)
			return fy_call_raise(c->call, "there is no such dim");
		if ((summed_a >> a & 1) != 0 || (summed_b >> b & 1) != 0)
			return fy_call_raise(c->call, "a dim stands twice");
		summed_a |= UINT32_C(1) << a;
		summed_b |= UINT32_C(1) << b;
		terms[1].labels[b] = terms[0].labels[a];
	}
	for (int i = 0; i < terms[0].rank; i++)
		if ((summed_a >> i & 1) == 0)
			add_label(&out, terms[0].labels[i]);
	for (int i = 0; i < terms[1].rank; i++)
		if ((summed_b >> i & 1) == 0)
			add_label(&out, terms[1].labels[i]);
	if (out.count > FY_MAX_RANK)
		return fy_call_unsupported(c->call, "a result of rank %d", out.count);
	return contract_all(c, terms, 2, &out);
}

static fy_status tensordot_compose(fy_compose *c)
{
	int64_t dims[2][FY_MAX_RANK];
	int counts[2];
	for (int i = 0; i < 2; i++) {
		if (c->call->args[2 + i].list.count > FY_MAX_RANK)
			return fy_call_raise(c->call, "too many dims");
		FY_TRY(fy_call_ints(c->call, 2 + i, dims[i], 0, &counts[i]));
	}
	if (counts[0] != counts[1])
		return fy_call_raise(c->call, "%d dims against %d", counts[0], counts[1]);
	return contract_dims(c, dims[0], dims[1], counts[0]);
}

const fy_op fy_aten_tensordot = {
	.name = "aten::tensordot",
	.compose = tensordot_compose,
	.cases = FY_CASES("f32[2,3,4] f32[4,3,2] [1,2] [1,0]", "f32[2,3] f32[3,4] [-1] [0]",
			  "f32[2,3] f32[2,2] [] []", "f32[2,3] f32[2,3] [0,1] [0,1]",
			  "f32[3,1] f32[2,3] [0,1] [1,0]", "f64[2,3,4]^R f64[3,2] [0] [1]",
			  "i64[2,3] i64[3,2] [1] [0]", "f32[2,3] f32[3,4] [1] [1]",
			  "f32[2,3] f32[3,4] [0,1] [1]", "f32[2,3] f32[3,4] [2] [0]"),
};

static fy_status inner_compose(fy_compose *c)
{
	static const int64_t last[] = { -1 };
	const fy_arg *args = c->call->args;
	if (args[0].t->shape.rank > 0 && args[1].t->shape.rank > 0)
		return contract_dims(c, last, last, 1);
	c->results[0] = fy_do2(c, "aten::mul.Tensor", args[0], args[1]);
	return c->status;
}

const fy_op fy_aten_inner = {
	.name = "aten::inner",
	.compose = inner_compose,
	.cases = FY_CASES("f32[2,3] f32[4,3]", "f32[] f32[4,3]", "f32[3] f32[3]", "f32[2,2,3] f32[2,2,3]",
			  "f64[3] f64[4,3]", "f32[2,3] f32[2,4]"),
};

/* sum over i and j of input1[.., i] * weight[o, i, j] * input2[.., j], and the bias */
static fy_status bilinear_compose(fy_compose *c)
{
	enum { I = FY_MAX_RANK, J, O };
	const fy_arg *args = c->call->args;
	label_list out = { 0 };
	term first = numbered(args[0], 0), second = numbered(args[1], 0);
	term weight = { args[2], 3, { O, I, J } };
	if (args[2].t->shape.rank != 3 || first.rank != second.rank || first.rank == 0)
		return fy_call_raise(c->call, "the ranks do not fit");
	for (int i = 0; i + 1 < first.rank; i++) {
		fy_dim a = args[0].t->shape.dims[i], b = args[1].t->shape.dims[i];
		if (fy_dim_known(a) && fy_dim_known(b) && a != b)
			return fy_call_raise(c->call, "the inputs differ in size");
		add_label(&out, i);
	}
	add_label(&out, O);
	first.labels[first.rank - 1] = I;
	second.labels[second.rank - 1] = J;
	FY_TRY(contract_all(c, (term[]){ first, weight, second }, 3, &out));
	if (args[3].kind != FY_ARG_NONE)
		c->results[0] = fy_do2(c, "aten::add.Tensor", c->results[0], args[3]);
	return c->status;
}

const fy_op fy_aten_bilinear = {
	.name = "aten::bilinear",
	.compose = bilinear_compose,
	.cases = FY_CASES("f32[2,3] f32[2,2] f32[4,3,2] f32[4]", "f32[2,2,3] f32[2,2,2] f32[2,3,2]",
			  "f32[3] f32[2] f32[4,3,2] f32[4]", "f64[2,3] f64[2,2] f64[1,3,2] f64[1]",
			  "f32[2,3] f32[3,2] f32[4,3,2]", "f32[2,3] f32[2,2] f32[4,3,3]"),
};
