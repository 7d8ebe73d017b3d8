/*
 * Shared inside tensor/: runs of elements widened to one of four classes, in which conversion, comparison and
 * filling happen. float64 holds every smaller float exactly; int64 every smaller integer and bool.
 */
#ifndef FY_TENSOR_INTERNAL_H
#define FY_TENSOR_INTERNAL_H

#include "tensor/tensor.h"

typedef enum fy_class { FY_CLASS_INT, FY_CLASS_UINT, FY_CLASS_REAL, FY_CLASS_COMPLEX } fy_class;

enum { FY_RUN = 256 }; /* elements worked on at a time: the widened run stays in the first cache */

/* One run, widened. Complex elements are pairs of reals. */
typedef union fy_run {
	int64_t i[FY_RUN];
	uint64_t u[FY_RUN];
	double r[FY_RUN];
	double z[FY_RUN][2];
} fy_run;

fy_class fy_class_of(fy_dtype dtype);
/* count <= FY_RUN elements, `step` bytes apart. */
void fy_run_load(fy_run *run, fy_dtype dtype, const void *from, int64_t step, int64_t count);
/* Converts from the class to the dtype as PyTorch does. */
void fy_run_store(const fy_run *run, fy_class class_, fy_dtype dtype, void *to, int64_t step, int64_t count);
/* Of integers and reals: the run as reals. Complex runs are left alone. */
void fy_run_to_real(fy_run *run, fy_class class_, int64_t count);
double fy_run_real(const fy_run *run, fy_class class_, int64_t index); /* the real part of one element */

/* Copies borrowed bytes into a block of its own. The values, and so the place in the file, stay what they
 * were. */
void fy_storage_own(fy_storage *storage);

/* Where element `index` (row-major) lies, in elements from the start of the storage. */
int64_t fy_tensor_position(const fy_tensor *tensor, int64_t index);
/* First and last reachable element from the start of the storage; false when a product does not fit. Not
 * empty. */
bool fy_tensor_extent(const fy_tensor *tensor, int64_t *first, int64_t *last);

#endif
