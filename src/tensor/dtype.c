/*
 * Element types: names, sizes, kinds. One row per ScalarType of PyTorch, in its numbering, and those of ONNX
 * alone.
 */
#include "tensor/tensor.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "archives, .npy and ONNX files are little-endian");

typedef enum kind { KIND_OPAQUE, KIND_INT, KIND_FLOAT, KIND_COMPLEX, KIND_BOOL, KIND_QUANTIZED } kind;

typedef struct dtype_row {
	const char *name;
	uint8_t size;
	kind kind;
	bool values; /* elements can be read */
} dtype_row;

static const dtype_row rows[FY_DTYPE_COUNT] = {
	[FY_U8] = { "uint8", 1, KIND_INT, true },
	[FY_I8] = { "int8", 1, KIND_INT, true },
	[FY_I16] = { "int16", 2, KIND_INT, true },
	[FY_I32] = { "int32", 4, KIND_INT, true },
	[FY_I64] = { "int64", 8, KIND_INT, true },
	[FY_F16] = { "float16", 2, KIND_FLOAT, true },
	[FY_F32] = { "float32", 4, KIND_FLOAT, true },
	[FY_F64] = { "float64", 8, KIND_FLOAT, true },
	[FY_C32] = { "complex32", 4, KIND_COMPLEX, true },
	[FY_C64] = { "complex64", 8, KIND_COMPLEX, true },
	[FY_C128] = { "complex128", 16, KIND_COMPLEX, true },
	[FY_BOOL] = { "bool", 1, KIND_BOOL, true },
	[FY_QI8] = { "qint8", 1, KIND_QUANTIZED, true },
	[FY_QU8] = { "quint8", 1, KIND_QUANTIZED, true },
	[FY_QI32] = { "qint32", 4, KIND_QUANTIZED, true },
	[FY_BF16] = { "bfloat16", 2, KIND_FLOAT, true },
	[16] = { "quint4x2", 1, KIND_QUANTIZED, false },
	[17] = { "quint2x4", 1, KIND_QUANTIZED, false },
	[18] = { "bits1x8", 1, KIND_OPAQUE, false },
	[19] = { "bits2x4", 1, KIND_OPAQUE, false },
	[20] = { "bits4x2", 1, KIND_OPAQUE, false },
	[21] = { "bits8", 1, KIND_OPAQUE, false },
	[22] = { "bits16", 2, KIND_OPAQUE, false },
	[FY_F8_E5M2] = { "float8_e5m2", 1, KIND_FLOAT, true },
	[FY_F8_E4M3FN] = { "float8_e4m3fn", 1, KIND_FLOAT, true },
	[FY_F8_E5M2FNUZ] = { "float8_e5m2fnuz", 1, KIND_FLOAT, true },
	[FY_F8_E4M3FNUZ] = { "float8_e4m3fnuz", 1, KIND_FLOAT, true },
	[FY_U16] = { "uint16", 2, KIND_INT, true },
	[FY_U32] = { "uint32", 4, KIND_INT, true },
	[FY_U64] = { "uint64", 8, KIND_INT, true },
	[30] = { "uint1", 1, KIND_INT, false },
	[FY_U2] = { "uint2", 1, KIND_INT, false },
	[32] = { "uint3", 1, KIND_INT, false },
	[FY_U4] = { "uint4", 1, KIND_INT, false },
	[34] = { "uint5", 1, KIND_INT, false },
	[35] = { "uint6", 1, KIND_INT, false },
	[36] = { "uint7", 1, KIND_INT, false },
	[37] = { "int1", 1, KIND_INT, false },
	[FY_I2] = { "int2", 1, KIND_INT, false },
	[39] = { "int3", 1, KIND_INT, false },
	[FY_I4] = { "int4", 1, KIND_INT, false },
	[41] = { "int5", 1, KIND_INT, false },
	[42] = { "int6", 1, KIND_INT, false },
	[43] = { "int7", 1, KIND_INT, false },
	[FY_F8_E8M0] = { "float8_e8m0fnu", 1, KIND_FLOAT, false },
	[45] = { "float4_e2m1fn_x2", 1, KIND_FLOAT, false },
	[FY_STRING] = { "string", 1, KIND_OPAQUE, false },
	[FY_F4_E2M1] = { "float4_e2m1", 1, KIND_FLOAT, false },
	[FY_F6_E2M3] = { "float6_e2m3", 1, KIND_FLOAT, false },
	[FY_F6_E3M2] = { "float6_e3m2", 1, KIND_FLOAT, false },
};

/* Other names that people and programs use. */
static const struct {
	const char *name;
	fy_dtype dtype;
} aliases[] = {
	{ "f16", FY_F16 },   { "half", FY_F16 },   { "f32", FY_F32 },      { "float", FY_F32 },
	{ "f64", FY_F64 },   { "double", FY_F64 }, { "bf16", FY_BF16 },    { "u8", FY_U8 },
	{ "byte", FY_U8 },   { "i8", FY_I8 },      { "char", FY_I8 },      { "i16", FY_I16 },
	{ "short", FY_I16 }, { "i32", FY_I32 },    { "int", FY_I32 },      { "i64", FY_I64 },
	{ "long", FY_I64 },  { "u16", FY_U16 },    { "u32", FY_U32 },      { "u64", FY_U64 },
	{ "chalf", FY_C32 }, { "cfloat", FY_C64 }, { "cdouble", FY_C128 }, { "boolean", FY_BOOL },
};

bool fy_dtype_known(int64_t number)
{
	return number >= 0 && number < FY_DTYPE_TORCH;
}

static const dtype_row *row_of(fy_dtype dtype)
{
	FY_ASSERT((int)dtype >= 0 && dtype < FY_DTYPE_COUNT);
	return &rows[dtype];
}

const char *fy_dtype_name(fy_dtype dtype)
{
	return row_of(dtype)->name;
}

bool fy_dtype_parse(fy_str name, fy_dtype *out)
{
	for (int i = 0; i < FY_DTYPE_COUNT; i++) {
		if (fy_str_is(name, rows[i].name)) {
			*out = (fy_dtype)i;
			return true;
		}
	}
	for (size_t i = 0; i < FY_COUNT(aliases); i++) {
		if (fy_str_is(name, aliases[i].name)) {
			*out = aliases[i].dtype;
			return true;
		}
	}
	return false;
}

size_t fy_dtype_size(fy_dtype dtype)
{
	return row_of(dtype)->size;
}
bool fy_dtype_is_float(fy_dtype dtype)
{
	return row_of(dtype)->kind == KIND_FLOAT;
}
bool fy_dtype_is_complex(fy_dtype dtype)
{
	return row_of(dtype)->kind == KIND_COMPLEX;
}
bool fy_dtype_is_integer(fy_dtype dtype)
{
	return row_of(dtype)->kind == KIND_INT;
}
bool fy_dtype_has_values(fy_dtype dtype)
{
	return row_of(dtype)->values;
}
