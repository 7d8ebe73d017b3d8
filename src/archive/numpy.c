/*
 * NumPy scalars and arrays as checkpoints hold them (training scripts store them beside the weights): numbers
 * become plain values, arrays tensors. Types without a tensor form (texts, objects, big-endian) stay as
 * calls.
 */
#include "archive/archive_internal.h"

#include <string.h>

/* numpy.dtype('f8', False, True) with state (3, '<', ...): little-endian or without order. */
static bool read_dtype(const fy_pvalue *value, fy_dtype *out)
{
	static const struct {
		const char *code;
		fy_dtype dtype;
	} codes[] = { { "f8", FY_F64 }, { "f4", FY_F32 },  { "f2", FY_F16 }, { "i8", FY_I64 },
		      { "i4", FY_I32 }, { "i2", FY_I16 },  { "i1", FY_I8 },  { "u8", FY_U64 },
		      { "u4", FY_U32 }, { "u2", FY_U16 },  { "u1", FY_U8 },  { "b1", FY_BOOL },
		      { "c8", FY_C64 }, { "c16", FY_C128 } };
	const fy_pvalue *state, *order;
	fy_str code;

	if (value->kind != FY_P_REDUCE || !value->object->class_name ||
	    strcmp(value->object->class_name, "numpy.dtype") != 0 ||
	    value->object->args->kind != FY_P_TUPLE || value->object->args->seq.count == 0 ||
	    value->object->args->seq.items[0]->kind != FY_P_STR)
		return false;
	code = value->object->args->seq.items[0]->str;
	state = value->object->state;
	if (state && state->kind == FY_P_TUPLE && state->seq.count > 1) {
		order = state->seq.items[1];
		if (!fy_pvalue_is_str(order, "<") && !fy_pvalue_is_str(order, "|") &&
		    !fy_pvalue_is_str(order, "="))
			return false;
	}
	for (size_t i = 0; i < FY_COUNT(codes); i++)
		if (fy_str_is(code, codes[i].code)) {
			*out = codes[i].dtype;
			return true;
		}
	return false;
}

/* scalar(dtype, bytes) */
fy_status fy_numpy_scalar(fy_unpickler *u, const fy_pvalue *args, fy_pvalue **out)
{
	const fy_pvalue *bytes;
	fy_shape shape = { 0 };
	fy_dtype dtype;
	fy_tensor *box;

	if (args->seq.count != 2 || !read_dtype(args->seq.items[0], &dtype))
		return FY_OK;
	bytes = args->seq.items[1];
	if ((bytes->kind != FY_P_BYTES && bytes->kind != FY_P_STR) || fy_dtype_is_complex(dtype) ||
	    bytes->str.len != fy_dtype_size(dtype))
		return FY_OK;
	box = fy_tensor_new(dtype, &shape, true);
	if (!box)
		return fy_unpickler_fail(u, FY_IO, "out-of-memory", "no memory for a number");
	memcpy(fy_tensor_write_data(box), bytes->str.data, bytes->str.len);
	*out = fy_unpickler_new(u, fy_dtype_is_float(dtype) ? FY_P_FLOAT
				   : dtype == FY_BOOL       ? FY_P_BOOL
							    : FY_P_INT);
	if ((*out)->kind == FY_P_FLOAT)
		(*out)->f = fy_tensor_get_f64(box, 0);
	else if ((*out)->kind == FY_P_BOOL)
		(*out)->b = bytes->str.data[0] != 0;
	else
		(*out)->i = fy_tensor_get_i64(box, 0);
	fy_tensor_unref(box);
	return FY_OK;
}

/* Copies `bytes` into a tensor and turns `value` into it. */
static fy_status fill(fy_unpickler *u, fy_loader *loader, fy_pvalue *value, fy_dtype dtype,
		      const fy_pvalue *sizes, bool fortran, fy_str bytes)
{
	int64_t numel, stride = 1;
	fy_tensor *tensor;
	fy_shape shape;
	size_t need;

	FY_TRY(fy_loader_shape(u, sizes, &shape));
	if (!fy_shape_numel(&shape, &numel) || !fy_mul_size((size_t)numel, fy_dtype_size(dtype), &need) ||
	    need != bytes.len)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage",
					 "array of %zu bytes does not fit its shape", bytes.len);
	FY_TRY(fy_loader_charge(u, loader, sizeof(*tensor) + bytes.len));
	tensor = fy_tensor_new(dtype, &shape, false);
	if (!tensor)
		return fy_unpickler_fail(u, FY_IO, "out-of-memory", "no memory for an array of %zu bytes",
					 bytes.len);
	if (bytes.len)
		memcpy(fy_storage_write(tensor->storage), bytes.data, bytes.len);
	for (int i = 0; fortran && i < shape.rank; i++) {
		tensor->strides[i] = stride;
		stride *= shape.dims[i];
	}
	fy_loader_set_tensor(loader, value, tensor, "cpu");
	value->tensor->numpy = true;
	return FY_OK;
}

/* State of an array: (version, shape, dtype, is Fortran order, bytes). */
fy_status fy_numpy_build(fy_unpickler *u, fy_loader *loader, fy_pvalue *array, const fy_pvalue *state,
			 bool *done)
{
	fy_pvalue *const *s = state->seq.items;
	fy_dtype dtype;

	if (state->kind != FY_P_TUPLE || state->seq.count != 5 || !read_dtype(s[2], &dtype) ||
	    s[3]->kind != FY_P_BOOL || (s[4]->kind != FY_P_BYTES && s[4]->kind != FY_P_STR))
		return FY_OK;
	*done = true;
	return fill(u, loader, array, dtype, s[1], s[3]->b, s[4]->str);
}

/* _frombuffer(bytes, dtype, shape, order) */
fy_status fy_numpy_buffer(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;
	fy_dtype dtype;

	if (args->seq.count != 4 || a[0]->kind != FY_P_BYTES || !read_dtype(a[1], &dtype) ||
	    (!fy_pvalue_is_str(a[3], "C") && !fy_pvalue_is_str(a[3], "F")))
		return FY_OK;
	*out = fy_unpickler_new(u, FY_P_TENSOR);
	return fill(u, loader, *out, dtype, a[2], a[3]->str.data[0] == 'F', a[0]->str);
}
