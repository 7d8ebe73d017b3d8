/*
 * tensor: element types, shapes, storages and strided tensors; .npy files; comparison metrics.
 * Knows core only. No arithmetic beyond conversion of elements: that is kernels/.
 */
#ifndef FY_TENSOR_H
#define FY_TENSOR_H

#include "core/core.h"

/* ---- element types: dtype.c, smallfloat.c --------------------------------------------------- */

/* Numbered as PyTorch's ScalarType, which is what programs and pickles contain. */
typedef enum fy_dtype {
	FY_U8 = 0,
	FY_I8 = 1,
	FY_I16 = 2,
	FY_I32 = 3,
	FY_I64 = 4,
	FY_F16 = 5,
	FY_F32 = 6,
	FY_F64 = 7,
	FY_C32 = 8,
	FY_C64 = 9,
	FY_C128 = 10,
	FY_BOOL = 11,
	FY_QI8 = 12,
	FY_QU8 = 13,
	FY_QI32 = 14,
	FY_BF16 = 15,
	FY_F8_E5M2 = 23,
	FY_F8_E4M3FN = 24,
	FY_F8_E5M2FNUZ = 25,
	FY_F8_E4M3FNUZ = 26,
	FY_U16 = 27,
	FY_U32 = 28,
	FY_U64 = 29,
	FY_U2 = 31, /* one element per byte, as the other types of 1 to 7 bits */
	FY_U4 = 33,
	FY_I2 = 38,
	FY_I4 = 40,
	FY_F8_E8M0 = 44,
	FY_DTYPE_TORCH = 46, /* 16..22, 30..45 exist in PyTorch; ferry knows their names and sizes only */
	/* What only ONNX has: ferry knows names and sizes. */
	FY_STRING = 46, /* elements are never in memory: such tensors have no data */
	FY_F4_E2M1 = 47,
	FY_F6_E2M3 = 48,
	FY_F6_E3M2 = 49,
	FY_DTYPE_COUNT = 50,
} fy_dtype;

bool fy_dtype_known(int64_t number);             /* is a ScalarType of PyTorch */
const char *fy_dtype_name(fy_dtype dtype);       /* "float32", "int64", "bool" ... */
bool fy_dtype_parse(fy_str name, fy_dtype *out); /* also "f32", "i64", "half", "double" ... */
size_t fy_dtype_size(fy_dtype dtype);            /* bytes of one element */
bool fy_dtype_has_elements(fy_dtype dtype);      /* they can be read as numbers and written */
bool fy_dtype_is_float(fy_dtype dtype);          /* f16 bf16 f32 f64 and the f8s */
bool fy_dtype_is_complex(fy_dtype dtype);
bool fy_dtype_is_integer(fy_dtype dtype); /* without bool */
/* Elements can be read, converted and compared. Others can only be moved: reading one is a bug. */
bool fy_dtype_has_values(fy_dtype dtype);

/* Conversions of single elements, IEEE round-to-nearest-even. */
float fy_f16_to_f32(uint16_t bits);
uint16_t fy_f32_to_f16(float value);
float fy_bf16_to_f32(uint16_t bits);
uint16_t fy_f32_to_bf16(float value);
/* The four float8 types with values; others are a bug. Overflow and infinity as in PyTorch: e5m2 has an
 * infinity, e4m3fn stops at its largest value, the fnuz types become NaN. */
float fy_f8_to_f32(fy_dtype dtype, uint8_t bits);
uint8_t fy_f32_to_f8(fy_dtype dtype, float value);

/* ---- shapes: shape.c ------------------------------------------------------------------------ */

enum { FY_MAX_RANK = 16 };

/* One dimension: >= 0 is a known size; < 0 names a symbol: symbol k is -1 - k. */
typedef int64_t fy_dim;
static inline bool fy_dim_known(fy_dim dim)
{
	return dim >= 0;
}
static inline fy_dim fy_dim_symbol(int symbol)
{
	return -1 - (fy_dim)symbol;
}
/* A size of which nothing is known and that has no symbol yet. */
#define FY_DIM_UNKNOWN ((fy_dim)INT64_MIN)

typedef struct fy_shape {
	int rank;
	fy_dim dims[FY_MAX_RANK];
} fy_shape;

bool fy_shape_known(const fy_shape *shape);
bool fy_shape_eq(const fy_shape *a, const fy_shape *b);
/* Product of known dims; -1 when a dim is a symbol; false on overflow. A 0-d shape has 1. */
bool fy_shape_numel(const fy_shape *shape, int64_t *out);
/* Row-major strides; a dim that is a symbol makes all strides left of it 0-unknown: see FY_STRIDE_UNKNOWN. */
#define FY_STRIDE_UNKNOWN INT64_MIN
void fy_shape_strides(const fy_shape *shape, int64_t strides[]);
/* Numpy broadcasting; false when the shapes do not fit. A symbol against 1 or an equal symbol is fine,
 * a symbol against a known size > 1 is taken to be that size (PyTorch would raise otherwise). Of two
 * different symbols either may be 1: FY_DIM_UNKNOWN. */
bool fy_shape_broadcast(const fy_shape *a, const fy_shape *b, fy_shape *out);
void fy_buf_put_shape(fy_buf *buf, const fy_shape *shape); /* [1,3,s0] */

/* ---- storages and tensors: storage.c, tensor.c, element.c, copy.c ---------------------------- */

/* Bytes that tensors view. Either owned (writable) or borrowed from a mapped file (never written: the
 * first write makes the storage own a copy, and every view sees it). */
typedef struct fy_storage {
	int refs;
	size_t size;          /* bytes */
	uint8_t *block;       /* what was allocated; NULL while borrowed */
	uint8_t *owned;       /* its aligned part */
	const uint8_t *bytes; /* what to read: owned or mapped */
	/* Where borrowed bytes came from; file NULL when not from a file as is. */
	const fy_file *file;
	uint64_t file_offset;
	const char *record; /* archive record, for messages and weight proofs */
} fy_storage;

/* Zeroed when zero. NULL when it is above the limit, or large and the memory is not to be had. refs = 1. */
fy_storage *fy_storage_new(size_t size, bool zero);
/* From now on, in this thread, storages above this many bytes are not to be had: constants of a graph must
 * not grow out of proportion to the file. Returns the limit before. */
size_t fy_storage_set_limit(size_t bytes);
fy_storage *fy_storage_borrow(const void *bytes, size_t size);
fy_storage *fy_storage_ref(fy_storage *storage);
void fy_storage_unref(fy_storage *storage);     /* NULL is fine */
uint8_t *fy_storage_write(fy_storage *storage); /* bytes to write to; copies borrowed ones first */

/*
 * A strided tensor. storage == NULL: only what is known about a tensor (dtype, shape, strides), its data
 * is not known; dims may then be symbols and strides FY_STRIDE_UNKNOWN. Reference counted.
 */
typedef struct fy_tensor {
	int refs;
	fy_dtype dtype;
	fy_shape shape;
	int64_t strides[FY_MAX_RANK]; /* in elements */
	int64_t offset;               /* in elements, from the start of the storage */
	fy_storage *storage;
	bool conj, neg; /* lazy bits of complex tensors as archives store them */
} fy_tensor;

/* Contiguous, owning its storage. NULL when the memory is not to be had (size checked). */
fy_tensor *fy_tensor_new(fy_dtype dtype, const fy_shape *shape, bool zero);
/* Data unknown; contiguous strides. */
fy_tensor *fy_tensor_meta(fy_dtype dtype, const fy_shape *shape);
/* A view of the same storage (or a meta tensor of the same geometry). */
fy_tensor *fy_tensor_view(const fy_tensor *base, fy_dtype dtype, const fy_shape *shape,
			  const int64_t strides[], int64_t offset);
fy_tensor *fy_tensor_ref(fy_tensor *tensor);
void fy_tensor_unref(fy_tensor *tensor); /* NULL is fine */

static inline bool fy_tensor_has_data(const fy_tensor *t)
{
	return t->storage != NULL;
}
bool fy_tensor_is_contiguous(const fy_tensor *tensor); /* row-major, as PyTorch's is_contiguous() */
int64_t fy_tensor_numel(const fy_tensor *tensor);      /* -1 when a dim is a symbol */
/* True when every reachable element lies inside the storage; all products checked. */
bool fy_tensor_in_bounds(const fy_tensor *tensor);
/* True when two different indices can reach one element (expanded or unfolded views). */
bool fy_tensor_overlaps_itself(const fy_tensor *tensor);

/* First element (offset applied); for contiguous tensors the rest follows. */
const void *fy_tensor_data(const fy_tensor *tensor);
void *fy_tensor_write_data(fy_tensor *tensor);

/* Elements lie where the machine may read them as numbers; those of mapped files need not. */
bool fy_tensor_is_aligned(const fy_tensor *tensor);
/* An aligned contiguous copy of a contiguous tensor. NULL: no memory. */
fy_tensor *fy_tensor_aligned(const fy_tensor *tensor);
/* A contiguous tensor with equal values: itself with one more reference when contiguous already. NULL: no
 * memory. */
fy_tensor *fy_tensor_contiguous(fy_tensor *tensor);
/* Copies elements with conversion of type as PyTorch's copy_ does (float to int truncates, to bool is != 0,
 * complex to real keeps the real part); shapes equal; any strides. */
void fy_tensor_copy(fy_tensor *to, const fy_tensor *from);

/* Single elements by flat logical (row-major) index: for tests, scalars and messages, not for loops. */
double fy_tensor_get_f64(const fy_tensor *tensor, int64_t index);
int64_t fy_tensor_get_i64(const fy_tensor *tensor, int64_t index);
void fy_tensor_set_f64(fy_tensor *tensor, int64_t index, double value);
void fy_tensor_set_i64(fy_tensor *tensor, int64_t index, int64_t value);
fy_tensor *fy_tensor_scalar_f64(fy_dtype dtype, double value); /* 0-d */
fy_tensor *fy_tensor_scalar_i64(fy_dtype dtype, int64_t value);
fy_tensor *fy_tensor_from_i64(const int64_t *values, int64_t count); /* 1-d int64 */

void fy_buf_put_tensor_type(fy_buf *buf, const fy_tensor *tensor); /* float32[1,3,s0] */

/* ---- .npy: npy.c ---------------------------------------------------------------------------- */

/* Versions 1-3, little-endian, C or Fortran order. Data is copied. */
fy_status FY_MUST_USE fy_npy_read(fy_tensor **out, const char *path, fy_diags *diags);
/* The same from memory; `name` is what diagnostics call it. */
fy_status FY_MUST_USE fy_npy_parse(fy_tensor **out, fy_str bytes, const char *name, fy_diags *diags);
/* bfloat16 and float8 have no .npy type: written as float32. */
fy_status FY_MUST_USE fy_npy_write(const char *path, const fy_tensor *tensor, fy_diags *diags);

/* ---- comparison: compare.c ------------------------------------------------------------------ */

typedef struct fy_compare {
	bool comparable; /* dtypes and shapes equal */
	bool ok;         /* the verdict */
	bool exact;      /* equal in every bit that matters (NaN equals NaN) */
	bool nan_match;  /* NaN positions equal */
	bool constant;   /* the reference is constant or all zero: weak evidence */
	int64_t count;   /* elements */
	int64_t outside; /* elements outside rtol/atol */
	int64_t worst;   /* flat index of the largest difference */
	double worst_a, worst_b;
	double mean, max;    /* of |a - b| over elements where both are finite */
	double relative;     /* mean |a - b| / mean |b| */
	double cosine;       /* of the flattened tensors; 1 when both are zero */
	double argmax_agree; /* share of positions with the same argmax over axis 1 (or the last axis below
				rank 2) */
} fy_compare;

typedef struct fy_tolerance {
	double mean;       /* bound of the mean absolute error */
	double rtol, atol; /* |a - b| <= atol + rtol * |b| */
} fy_tolerance;
#define FY_TOLERANCE_DEFAULT ((fy_tolerance){ 1e-3, 1e-3, 1e-4 })

/* b is the reference. Integers and bools must be exact. */
fy_compare fy_tensor_compare(const fy_tensor *a, const fy_tensor *b, fy_tolerance tolerance);

/* ---- seeded inputs: random.c ---------------------------------------------------------------- */

/* Deterministic on every machine. Floats: standard normal. Integers: uniform in [low, high). Bool: coin. */
void fy_tensor_fill_random(fy_tensor *tensor, uint64_t seed, int64_t low, int64_t high);

#endif
