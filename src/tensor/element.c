/*
 * Elements: runs of them widened to one of four classes and narrowed again, and access to single ones.
 * One template per kind of type; nothing here knows shapes beyond the position of an element.
 */
#include "tensor/tensor_internal.h"

#include <math.h>
#include <string.h>

/* C leaves a float that does not fit an integer undefined. PyTorch on x86 gives the smallest integer of the
 * width it converts through: 32 bits for the types up to int32, 64 for the larger ones. */
static int32_t int32_of(double x)
{
	return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

static int64_t int64_of(double x)
{
	return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static uint64_t uint64_of(double x)
{
	if (x >= 0x1p63)
		return x < 0x1p64 ? (uint64_t)x : 0;
	return (uint64_t)int64_of(x);
}

#define LOAD         load_i8
#define STORE        store_i8
#define ELEMENT      int8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int32_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_u8
#define STORE        store_u8
#define ELEMENT      uint8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int32_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_i16
#define STORE        store_i16
#define ELEMENT      int16_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int32_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_u16
#define STORE        store_u16
#define ELEMENT      uint16_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int32_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_i32
#define STORE        store_i32
#define ELEMENT      int32_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int32_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_u32
#define STORE        store_u32
#define ELEMENT      uint32_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int64_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_i64
#define STORE        store_i64
#define ELEMENT      int64_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) int64_of(x)
#include "tensor/element_real.inc"

#define LOAD         load_u64
#define STORE        store_u64
#define ELEMENT      uint64_t
#define WIDE         uint64_t
#define FIELD        u
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) uint64_of(x)
#include "tensor/element_real.inc"

/* Less than a byte: the low bits, as small integers wrap. */
#define LOAD         load_u4
#define STORE        store_u4
#define ELEMENT      uint8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  ((uint8_t)(x)&15)
#define FROM_UINT(x) ((uint8_t)(x)&15)
#define FROM_REAL(x) ((uint8_t)(int64_of(x)) & 15)
#include "tensor/element_real.inc"

#define LOAD         load_i4
#define STORE        store_i4
#define ELEMENT      int8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  ((int8_t)((uint8_t)(x) << 4) / 16)
#define FROM_UINT(x) ((int8_t)((uint8_t)(x) << 4) / 16)
#define FROM_REAL(x) ((int8_t)((uint8_t)(int64_of(x)) << 4) / 16)
#include "tensor/element_real.inc"

#define LOAD         load_u2
#define STORE        store_u2
#define ELEMENT      uint8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  ((uint8_t)(x)&3)
#define FROM_UINT(x) ((uint8_t)(x)&3)
#define FROM_REAL(x) ((uint8_t)(int64_of(x)) & 3)
#include "tensor/element_real.inc"

#define LOAD         load_i2
#define STORE        store_i2
#define ELEMENT      int8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     (x)
#define FROM_INT(x)  ((int8_t)((uint8_t)(x) << 6) / 64)
#define FROM_UINT(x) ((int8_t)((uint8_t)(x) << 6) / 64)
#define FROM_REAL(x) ((int8_t)((uint8_t)(int64_of(x)) << 6) / 64)
#include "tensor/element_real.inc"

#define LOAD         load_bool
#define STORE        store_bool
#define ELEMENT      uint8_t
#define WIDE         int64_t
#define FIELD        i
#define WIDEN(x)     ((x) != 0)
#define FROM_INT(x)  ((x) != 0)
#define FROM_UINT(x) ((x) != 0)
#define FROM_REAL(x) ((x) != 0)
#include "tensor/element_real.inc"

#define LOAD         load_f64
#define STORE        store_f64
#define ELEMENT      double
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) (x)
#include "tensor/element_real.inc"

#define LOAD         load_f32
#define STORE        store_f32
#define ELEMENT      float
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     (x)
#define FROM_INT(x)  (x)
#define FROM_UINT(x) (x)
#define FROM_REAL(x) (x)
#include "tensor/element_real.inc"

#define LOAD         load_f16
#define STORE        store_f16
#define ELEMENT      uint16_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_f16_to_f32(x)
#define FROM_INT(x)  fy_f32_to_f16((float)(x))
#define FROM_UINT(x) fy_f32_to_f16((float)(x))
#define FROM_REAL(x) fy_f32_to_f16((float)(x))
#include "tensor/element_real.inc"

#define LOAD         load_bf16
#define STORE        store_bf16
#define ELEMENT      uint16_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_bf16_to_f32(x)
#define FROM_INT(x)  fy_f32_to_bf16((float)(x))
#define FROM_UINT(x) fy_f32_to_bf16((float)(x))
#define FROM_REAL(x) fy_f32_to_bf16((float)(x))
#include "tensor/element_real.inc"

#define LOAD         load_f8_e5m2
#define STORE        store_f8_e5m2
#define ELEMENT      uint8_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_f8_to_f32(FY_F8_E5M2, x)
#define FROM_INT(x)  fy_f32_to_f8(FY_F8_E5M2, (float)(x))
#define FROM_UINT(x) fy_f32_to_f8(FY_F8_E5M2, (float)(x))
#define FROM_REAL(x) fy_f32_to_f8(FY_F8_E5M2, (float)(x))
#include "tensor/element_real.inc"

#define LOAD         load_f8_e4m3fn
#define STORE        store_f8_e4m3fn
#define ELEMENT      uint8_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_f8_to_f32(FY_F8_E4M3FN, x)
#define FROM_INT(x)  fy_f32_to_f8(FY_F8_E4M3FN, (float)(x))
#define FROM_UINT(x) fy_f32_to_f8(FY_F8_E4M3FN, (float)(x))
#define FROM_REAL(x) fy_f32_to_f8(FY_F8_E4M3FN, (float)(x))
#include "tensor/element_real.inc"

#define LOAD         load_f8_e5m2fnuz
#define STORE        store_f8_e5m2fnuz
#define ELEMENT      uint8_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_f8_to_f32(FY_F8_E5M2FNUZ, x)
#define FROM_INT(x)  fy_f32_to_f8(FY_F8_E5M2FNUZ, (float)(x))
#define FROM_UINT(x) fy_f32_to_f8(FY_F8_E5M2FNUZ, (float)(x))
#define FROM_REAL(x) fy_f32_to_f8(FY_F8_E5M2FNUZ, (float)(x))
#include "tensor/element_real.inc"

#define LOAD         load_f8_e4m3fnuz
#define STORE        store_f8_e4m3fnuz
#define ELEMENT      uint8_t
#define WIDE         double
#define FIELD        r
#define WIDEN(x)     fy_f8_to_f32(FY_F8_E4M3FNUZ, x)
#define FROM_INT(x)  fy_f32_to_f8(FY_F8_E4M3FNUZ, (float)(x))
#define FROM_UINT(x) fy_f32_to_f8(FY_F8_E4M3FNUZ, (float)(x))
#define FROM_REAL(x) fy_f32_to_f8(FY_F8_E4M3FNUZ, (float)(x))
#include "tensor/element_real.inc"

#define LOAD      load_c32
#define STORE     store_c32
#define ELEMENT   uint16_t
#define WIDEN(x)  fy_f16_to_f32(x)
#define NARROW(x) fy_f32_to_f16((float)(x))
#include "tensor/element_complex.inc"

#define LOAD      load_c64
#define STORE     store_c64
#define ELEMENT   float
#define WIDEN(x)  (x)
#define NARROW(x) (x)
#include "tensor/element_complex.inc"

#define LOAD      load_c128
#define STORE     store_c128
#define ELEMENT   double
#define WIDEN(x)  (x)
#define NARROW(x) (x)
#include "tensor/element_complex.inc"

typedef struct access {
	fy_class class_;
	void (*load)(fy_run *run, const uint8_t *from, int64_t step, int64_t count);
	void (*store)(const fy_run *run, fy_class class_, uint8_t *to, int64_t step, int64_t count);
} access;

static const access accesses[FY_DTYPE_COUNT] = {
	[FY_U8] = { FY_CLASS_INT, load_u8, store_u8 },
	[FY_I8] = { FY_CLASS_INT, load_i8, store_i8 },
	[FY_I16] = { FY_CLASS_INT, load_i16, store_i16 },
	[FY_I32] = { FY_CLASS_INT, load_i32, store_i32 },
	[FY_I64] = { FY_CLASS_INT, load_i64, store_i64 },
	[FY_F16] = { FY_CLASS_REAL, load_f16, store_f16 },
	[FY_F32] = { FY_CLASS_REAL, load_f32, store_f32 },
	[FY_F64] = { FY_CLASS_REAL, load_f64, store_f64 },
	[FY_C32] = { FY_CLASS_COMPLEX, load_c32, store_c32 },
	[FY_C64] = { FY_CLASS_COMPLEX, load_c64, store_c64 },
	[FY_C128] = { FY_CLASS_COMPLEX, load_c128, store_c128 },
	[FY_BOOL] = { FY_CLASS_INT, load_bool, store_bool },
	[FY_QI8] = { FY_CLASS_INT, load_i8, store_i8 },
	[FY_QU8] = { FY_CLASS_INT, load_u8, store_u8 },
	[FY_QI32] = { FY_CLASS_INT, load_i32, store_i32 },
	[FY_BF16] = { FY_CLASS_REAL, load_bf16, store_bf16 },
	[FY_F8_E5M2] = { FY_CLASS_REAL, load_f8_e5m2, store_f8_e5m2 },
	[FY_F8_E4M3FN] = { FY_CLASS_REAL, load_f8_e4m3fn, store_f8_e4m3fn },
	[FY_F8_E5M2FNUZ] = { FY_CLASS_REAL, load_f8_e5m2fnuz, store_f8_e5m2fnuz },
	[FY_F8_E4M3FNUZ] = { FY_CLASS_REAL, load_f8_e4m3fnuz, store_f8_e4m3fnuz },
	[FY_U16] = { FY_CLASS_INT, load_u16, store_u16 },
	[FY_U32] = { FY_CLASS_INT, load_u32, store_u32 },
	[FY_U64] = { FY_CLASS_UINT, load_u64, store_u64 },
	[FY_U2] = { FY_CLASS_INT, load_u2, store_u2 },
	[FY_U4] = { FY_CLASS_INT, load_u4, store_u4 },
	[FY_I2] = { FY_CLASS_INT, load_i2, store_i2 },
	[FY_I4] = { FY_CLASS_INT, load_i4, store_i4 },
};

bool fy_dtype_has_elements(fy_dtype dtype)
{
	FY_ASSERT((int)dtype >= 0 && dtype < FY_DTYPE_COUNT);
	return accesses[dtype].load != NULL;
}

static const access *access_of(fy_dtype dtype)
{
	FY_ASSERT(fy_dtype_has_elements(dtype));
	return &accesses[dtype];
}

fy_class fy_class_of(fy_dtype dtype)
{
	return access_of(dtype)->class_;
}

void fy_run_load(fy_run *run, fy_dtype dtype, const void *from, int64_t step, int64_t count)
{
	FY_ASSERT(count <= FY_RUN);
	access_of(dtype)->load(run, from, step, count);
}

void fy_run_to_real(fy_run *run, fy_class class_, int64_t count)
{
	/* In place: a double takes the bytes of the integer it came from. */
	for (int64_t i = 0; i < count; i++) {
		if (class_ == FY_CLASS_INT)
			run->r[i] = (double)run->i[i];
		else if (class_ == FY_CLASS_UINT)
			run->r[i] = (double)run->u[i];
	}
}

double fy_run_real(const fy_run *run, fy_class class_, int64_t index)
{
	switch (class_) {
	case FY_CLASS_INT:
		return (double)run->i[index];
	case FY_CLASS_UINT:
		return (double)run->u[index];
	case FY_CLASS_REAL:
		return run->r[index];
	case FY_CLASS_COMPLEX:
		return run->z[index][0];
	}
	FY_BUG("class %d", (int)class_);
}

/* A complex run as bool or real, or any run as complex: the only conversions that change the class first. */
static fy_class match_complex(fy_run *out, const fy_run *run, fy_class class_, fy_dtype dtype, int64_t count)
{
	bool to_bool = dtype == FY_BOOL, to_complex = fy_dtype_is_complex(dtype);

	for (int64_t i = 0; i < count; i++) {
		if (to_complex) {
			out->z[i][0] = fy_run_real(run, class_, i);
			out->z[i][1] = class_ == FY_CLASS_COMPLEX ? run->z[i][1] : 0;
		} else {
			out->r[i] = to_bool ? run->z[i][0] != 0 || run->z[i][1] != 0 : run->z[i][0];
		}
	}
	return to_complex ? FY_CLASS_COMPLEX : FY_CLASS_REAL;
}

void fy_run_store(const fy_run *run, fy_class class_, fy_dtype dtype, void *to, int64_t step, int64_t count)
{
	fy_run matched;

	FY_ASSERT(count <= FY_RUN);
	if (fy_dtype_is_complex(dtype) != (class_ == FY_CLASS_COMPLEX)) {
		class_ = match_complex(&matched, run, class_, dtype, count);
		run = &matched;
	}
	access_of(dtype)->store(run, class_, to, step, count);
}

/* ---- single elements ---- */

int64_t fy_tensor_position(const fy_tensor *tensor, int64_t index)
{
	int64_t position = tensor->offset;

	for (int i = tensor->shape.rank - 1; i >= 0; i--) {
		position += index % tensor->shape.dims[i] * tensor->strides[i];
		index /= tensor->shape.dims[i];
	}
	return position;
}

/* Byte offset of an element from that of the first one. */
static int64_t byte_offset(const fy_tensor *tensor, int64_t index)
{
	FY_ASSERT(index >= 0 && index < fy_tensor_numel(tensor));
	return (fy_tensor_position(tensor, index) - tensor->offset) * (int64_t)fy_dtype_size(tensor->dtype);
}

static fy_class load_one(const fy_tensor *tensor, int64_t index, fy_run *run)
{
	const uint8_t *data = fy_tensor_data(tensor);

	fy_run_load(run, tensor->dtype, data + byte_offset(tensor, index), 0, 1);
	return fy_class_of(tensor->dtype);
}

/* Wraps, as the most negative integer does in PyTorch. */
static int64_t negated(int64_t value)
{
	return (int64_t)(0 - (uint64_t)value);
}

double fy_tensor_get_f64(const fy_tensor *tensor, int64_t index)
{
	fy_run run;
	fy_class class_ = load_one(tensor, index, &run);
	double value = fy_run_real(&run, class_, 0);

	return tensor->neg ? -value : value;
}

int64_t fy_tensor_get_i64(const fy_tensor *tensor, int64_t index)
{
	fy_run run;

	switch (load_one(tensor, index, &run)) {
	case FY_CLASS_INT:
		return tensor->neg ? negated(run.i[0]) : run.i[0];
	case FY_CLASS_UINT:
		return (int64_t)run.u[0];
	default:
		return int64_of(fy_tensor_get_f64(tensor, index));
	}
}

static void store_one(fy_tensor *tensor, int64_t index, const fy_run *run, fy_class class_)
{
	uint8_t *data = fy_tensor_write_data(tensor);

	fy_run_store(run, class_, tensor->dtype, data + byte_offset(tensor, index), 0, 1);
}

void fy_tensor_set_f64(fy_tensor *tensor, int64_t index, double value)
{
	store_one(tensor, index, &(fy_run){ .r = { tensor->neg ? -value : value } }, FY_CLASS_REAL);
}

void fy_tensor_set_i64(fy_tensor *tensor, int64_t index, int64_t value)
{
	store_one(tensor, index, &(fy_run){ .i = { tensor->neg ? negated(value) : value } }, FY_CLASS_INT);
}

static fy_tensor *small_tensor(fy_dtype dtype, const fy_shape *shape)
{
	fy_tensor *tensor = fy_tensor_new(dtype, shape, false);

	if (!tensor)
		fy_out_of_memory();
	return tensor;
}

fy_tensor *fy_tensor_scalar_f64(fy_dtype dtype, double value)
{
	fy_tensor *tensor = small_tensor(dtype, &(fy_shape){ 0 });

	fy_tensor_set_f64(tensor, 0, value);
	return tensor;
}

fy_tensor *fy_tensor_scalar_i64(fy_dtype dtype, int64_t value)
{
	fy_tensor *tensor = small_tensor(dtype, &(fy_shape){ 0 });

	fy_tensor_set_i64(tensor, 0, value);
	return tensor;
}

fy_tensor *fy_tensor_from_i64(const int64_t *values, int64_t count)
{
	fy_tensor *tensor = small_tensor(FY_I64, &(fy_shape){ .rank = 1, .dims = { count } });

	if (count)
		memcpy(fy_tensor_write_data(tensor), values, (size_t)count * sizeof(*values));
	return tensor;
}
