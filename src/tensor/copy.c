/*
 * Copying between any two geometries of one shape. Dims are sorted by the strides of the destination and
 * merged where both sides allow; where the source runs fastest along another dim, the two are walked in small
 * tiles that pass through a buffer, so that both sides use the cache lines they touch.
 */
#include "tensor/tensor_internal.h"

#include <stdlib.h>
#include <string.h>

enum { TILE = 32 };

/* One dim of the walk; steps in bytes. */
typedef struct walk_dim {
	int64_t count, to, from;
} walk_dim;

typedef struct walk {
	int rank;
	walk_dim dims[FY_MAX_RANK];
	fy_dtype to_dtype, from_dtype;
	bool move; /* same bytes: no conversion */
	bool negate, conjugate;
} walk;

/* Outermost first: by falling step of the destination, then of the source. */
static bool goes_outside(const walk_dim *a, const walk_dim *b)
{
	int64_t to_a = llabs(a->to), to_b = llabs(b->to);
	return to_a != to_b ? to_a > to_b : llabs(a->from) > llabs(b->from);
}

static void plan(walk *w, const fy_tensor *to, const fy_tensor *from)
{
	int64_t to_size = (int64_t)fy_dtype_size(to->dtype), from_size = (int64_t)fy_dtype_size(from->dtype);
	int count = 0, merged = 0;

	for (int i = 0; i < to->shape.rank; i++) {
		walk_dim dim = { to->shape.dims[i], to->strides[i] * to_size, from->strides[i] * from_size };
		int at = count;
		if (dim.count == 1)
			continue;
		for (; at > 0 && goes_outside(&dim, &w->dims[at - 1]); at--)
			w->dims[at] = w->dims[at - 1];
		w->dims[at] = dim;
		count++;
	}
	for (int i = 0; i < count; i++) {
		walk_dim *outer = merged ? &w->dims[merged - 1] : NULL, inner = w->dims[i];
		if (outer && outer->to == inner.to * inner.count && outer->from == inner.from * inner.count)
			*outer = (walk_dim){ outer->count * inner.count, inner.to, inner.from };
		else
			w->dims[merged++] = inner;
	}
	/* The kernels want two dims. */
	while (merged < 2) {
		memmove(w->dims + 1, w->dims, (size_t)merged * sizeof(w->dims[0]));
		w->dims[0] = (walk_dim){ 1, 0, 0 };
		merged++;
	}
	w->rank = merged;
}

/* ---- two dims ---- */

/* Called with constant sizes only, so that each call becomes a loop of plain loads and stores. */
static inline __attribute__((always_inline)) void move_sized(uint8_t *to, const uint8_t *from,
							     const walk_dim *outer, const walk_dim *inner,
							     size_t size)
{
	if (inner->to == (int64_t)size && inner->from == (int64_t)size) {
		for (int64_t i = 0; i < outer->count; i++)
			memcpy(to + i * outer->to, from + i * outer->from, (size_t)inner->count * size);
		return;
	}
	for (int64_t i = 0; i < outer->count; i++) {
		uint8_t *t = to + i * outer->to;
		const uint8_t *f = from + i * outer->from;
		for (int64_t k = 0; k < inner->count; k++, t += inner->to, f += inner->from)
			memcpy(t, f, size);
	}
}

static void move_two(size_t size, uint8_t *to, const uint8_t *from, const walk_dim *outer,
		     const walk_dim *inner)
{
	switch (size) {
	case 1:
		move_sized(to, from, outer, inner, 1);
		break;
	case 2:
		move_sized(to, from, outer, inner, 2);
		break;
	case 4:
		move_sized(to, from, outer, inner, 4);
		break;
	case 8:
		move_sized(to, from, outer, inner, 8);
		break;
	case 16:
		move_sized(to, from, outer, inner, 16);
		break;
	default:
		FY_BUG("element of %zu bytes", size);
	}
}

static void apply_lazy_bits(const walk *w, fy_run *run, fy_class class_, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		if (class_ == FY_CLASS_COMPLEX) {
			run->z[i][0] = w->negate ? -run->z[i][0] : run->z[i][0];
			run->z[i][1] = w->negate != w->conjugate ? -run->z[i][1] : run->z[i][1];
		} else if (w->negate && class_ == FY_CLASS_REAL) {
			run->r[i] = -run->r[i];
		} else if (w->negate) {
			run->u[i] = 0 - run->u[i];
		}
	}
}

static void convert_two(const walk *w, uint8_t *to, const uint8_t *from, const walk_dim *outer,
			const walk_dim *inner)
{
	fy_class class_ = fy_class_of(w->from_dtype);
	fy_run run;

	for (int64_t i = 0; i < outer->count; i++) {
		uint8_t *t = to + i * outer->to;
		const uint8_t *f = from + i * outer->from;
		for (int64_t done = 0; done < inner->count; done += FY_RUN) {
			int64_t count = inner->count - done < FY_RUN ? inner->count - done : FY_RUN;
			fy_run_load(&run, w->from_dtype, f + done * inner->from, inner->from, count);
			if (w->negate || w->conjugate)
				apply_lazy_bits(w, &run, class_, count);
			fy_run_store(&run, class_, w->to_dtype, t + done * inner->to, inner->to, count);
		}
	}
}

static void copy_two(const walk *w, uint8_t *to, const uint8_t *from, const walk_dim *outer,
		     const walk_dim *inner)
{
	if (w->move)
		move_two(fy_dtype_size(w->to_dtype), to, from, outer, inner);
	else
		convert_two(w, to, from, outer, inner);
}

/* Gathered along the fast dim of the source, then spread along that of the destination. */
static void copy_tile(const walk *w, uint8_t *to, const uint8_t *from, const walk_dim *outer,
		      const walk_dim *inner)
{
	uint8_t tile[TILE * TILE * 16];
	int64_t size = (int64_t)fy_dtype_size(w->from_dtype);
	const walk_dim gather_outer = { inner->count, TILE * size, inner->from };
	const walk_dim gather_inner = { outer->count, size, outer->from };
	const walk_dim spread_outer = { outer->count, outer->to, size };
	const walk_dim spread_inner = { inner->count, inner->to, TILE * size };

	move_two((size_t)size, tile, from, &gather_outer, &gather_inner);
	copy_two(w, to, tile, &spread_outer, &spread_inner);
}

static void copy_tiled(const walk *w, uint8_t *to, const uint8_t *from, const walk_dim *outer,
		       const walk_dim *inner)
{
	for (int64_t i = 0; i < outer->count; i += TILE) {
		for (int64_t k = 0; k < inner->count; k += TILE) {
			walk_dim part_outer = *outer, part_inner = *inner;
			part_outer.count = outer->count - i < TILE ? outer->count - i : TILE;
			part_inner.count = inner->count - k < TILE ? inner->count - k : TILE;
			copy_tile(w, to + i * outer->to + k * inner->to,
				  from + i * outer->from + k * inner->from, &part_outer, &part_inner);
		}
	}
}

/* ---- all dims ---- */

/* Moves the dim along which the source runs faster than along the innermost one next to it. */
static bool bring_fast_source_dim(walk *w)
{
	int last = w->rank - 1, best = -1;
	int64_t step = llabs(w->dims[last].from);

	for (int i = 0; i < last; i++) {
		int64_t from = llabs(w->dims[i].from);
		if (from > 0 && from < step) {
			step = from;
			best = i;
		}
	}
	if (best < 0)
		return false;
	walk_dim fast = w->dims[best];
	memmove(w->dims + best, w->dims + best + 1, (size_t)(last - 1 - best) * sizeof(fast));
	w->dims[last - 1] = fast;
	return true;
}

static void run_walk(walk *w, uint8_t *to, const uint8_t *from)
{
	bool tiled = bring_fast_source_dim(w);
	const walk_dim *outer = &w->dims[w->rank - 2], *inner = &w->dims[w->rank - 1];
	int64_t index[FY_MAX_RANK] = { 0 };

	for (;;) {
		if (tiled)
			copy_tiled(w, to, from, outer, inner);
		else
			copy_two(w, to, from, outer, inner);
		int i = w->rank - 3;
		for (; i >= 0; i--) {
			const walk_dim *dim = &w->dims[i];
			if (++index[i] < dim->count) {
				to += dim->to;
				from += dim->from;
				break;
			}
			index[i] = 0;
			to -= (dim->count - 1) * dim->to;
			from -= (dim->count - 1) * dim->from;
		}
		if (i < 0)
			return;
	}
}

/* ---- overlap of the two ---- */

static bool same_elements(const fy_tensor *a, const fy_tensor *b)
{
	if (a->dtype != b->dtype || a->offset != b->offset || a->conj != b->conj || a->neg != b->neg)
		return false;
	for (int i = 0; i < a->shape.rank; i++) {
		if (a->shape.dims[i] != 1 && a->strides[i] != b->strides[i])
			return false;
	}
	return true;
}

/* Whether the byte ranges of two tensors in one storage meet. */
static bool ranges_meet(const fy_tensor *a, const fy_tensor *b)
{
	int64_t size_a = (int64_t)fy_dtype_size(a->dtype), size_b = (int64_t)fy_dtype_size(b->dtype);
	int64_t first_a, last_a, first_b, last_b;

	if (!fy_tensor_extent(a, &first_a, &last_a) || !fy_tensor_extent(b, &first_b, &last_b))
		return true;
	return first_a * size_a < (last_b + 1) * size_b && first_b * size_b < (last_a + 1) * size_a;
}

/* The source as it was before the first element is written. */
static fy_tensor *materialised(const fy_tensor *from)
{
	fy_tensor *copy = fy_tensor_new(from->dtype, &from->shape, false);

	if (!copy)
		fy_out_of_memory();
	fy_tensor_copy(copy, from);
	return copy;
}

void fy_tensor_copy(fy_tensor *to, const fy_tensor *from)
{
	walk w = { .to_dtype = to->dtype, .from_dtype = from->dtype };
	fy_tensor *before = NULL;

	FY_ASSERT(to->storage && from->storage && fy_shape_eq(&to->shape, &from->shape));
	if (fy_tensor_numel(to) == 0)
		return;
	if (to->storage == from->storage) {
		if (same_elements(to, from))
			return;
		if (ranges_meet(to, from))
			from = before = materialised(from);
	}
	w.negate = to->neg != from->neg;
	w.conjugate = fy_dtype_is_complex(to->dtype) && (to->conj != from->conj);
	/* Real into a conjugated complex: nothing to conjugate, its imaginary part is zero. */
	if (!fy_dtype_is_complex(from->dtype))
		w.conjugate = false;
	w.move = to->dtype == from->dtype && !w.negate && !w.conjugate;
	plan(&w, to, from);
	uint8_t *target = fy_tensor_write_data(to);
	run_walk(&w, target, fy_tensor_data(from));
	fy_tensor_unref(before);
}
