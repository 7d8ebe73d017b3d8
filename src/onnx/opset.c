/*
 * Numbers that the ONNX format fixes: which IR version came with which opset, and its element types.
 * Knows no operator.
 */
#include "onnx/onnx.h"

/* Indexed by opset: IR version of the first release that had it. */
static const uint8_t ir_versions[FY_ONNX_OPSET_MAX + 1] = {
	0, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 13, 14,
};

int fy_onnx_ir_version(int opset)
{
	return opset >= 1 && opset <= FY_ONNX_OPSET_MAX ? ir_versions[opset] : 0;
}

/* Indexed by TensorProto.DataType; dtype -1: ferry has no such type. */
static const struct {
	const char *name;
	int dtype;
} element_types[] = {
	{ "UNDEFINED", -1 },
	{ "FLOAT", FY_F32 },
	{ "UINT8", FY_U8 },
	{ "INT8", FY_I8 },
	{ "UINT16", FY_U16 },
	{ "INT16", FY_I16 },
	{ "INT32", FY_I32 },
	{ "INT64", FY_I64 },
	{ "STRING", FY_STRING },
	{ "BOOL", FY_BOOL },
	{ "FLOAT16", FY_F16 },
	{ "DOUBLE", FY_F64 },
	{ "UINT32", FY_U32 },
	{ "UINT64", FY_U64 },
	{ "COMPLEX64", FY_C64 },
	{ "COMPLEX128", FY_C128 },
	{ "BFLOAT16", FY_BF16 },
	{ "FLOAT8E4M3FN", FY_F8_E4M3FN },
	{ "FLOAT8E4M3FNUZ", FY_F8_E4M3FNUZ },
	{ "FLOAT8E5M2", FY_F8_E5M2 },
	{ "FLOAT8E5M2FNUZ", FY_F8_E5M2FNUZ },
	{ "UINT4", FY_U4 },
	{ "INT4", FY_I4 },
	{ "FLOAT4E2M1", FY_F4_E2M1 },
	{ "FLOAT8E8M0", FY_F8_E8M0 },
	{ "UINT2", FY_U2 },
	{ "INT2", FY_I2 },
	{ "FLOAT6E2M3", FY_F6_E2M3 },
	{ "FLOAT6E3M2", FY_F6_E3M2 },
};

bool fy_onnx_from_dtype(fy_dtype dtype, int *onnx)
{
	for (size_t i = 1; i < FY_COUNT(element_types); i++) {
		if (element_types[i].dtype == (int)dtype) {
			*onnx = (int)i;
			return true;
		}
	}
	return false;
}

bool fy_onnx_to_dtype(int64_t onnx, fy_dtype *dtype)
{
	if (onnx < 1 || onnx >= (int64_t)FY_COUNT(element_types) || element_types[onnx].dtype < 0)
		return false;
	*dtype = (fy_dtype)element_types[onnx].dtype;
	return true;
}

const char *fy_onnx_dtype_name(int64_t onnx)
{
	return onnx >= 0 && onnx < (int64_t)FY_COUNT(element_types) ? element_types[onnx].name : NULL;
}

size_t fy_onnx_bits(fy_dtype dtype)
{
	switch (dtype) {
	case FY_U2:
	case FY_I2:
		return 2;
	case FY_U4:
	case FY_I4:
	case FY_F4_E2M1:
		return 4;
	case FY_F6_E2M3:
	case FY_F6_E3M2:
		return 6;
	default:
		return 8 * fy_dtype_size(dtype);
	}
}
