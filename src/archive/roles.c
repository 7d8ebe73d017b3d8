/*
 * The closed list of names that a pickle may mention, and what each is taken for. Exact pairs of module and
 * name: no prefixes, no attribute walks. A name that is not here (and no class of the archive's own code) is
 * refused by those who ask.
 */
#include "archive/archive_internal.h"

#include <string.h>

typedef struct known {
	const char *module, *name;
	fy_role role;
} known;

static const known names[] = {
	{ "torch._utils", "_rebuild_tensor_v2", FY_ROLE_TENSOR_V2 },
	{ "torch._utils", "_rebuild_tensor_v3", FY_ROLE_TENSOR_V3 },
	{ "torch._utils", "_rebuild_tensor", FY_ROLE_TENSOR },
	{ "torch._utils", "_rebuild_parameter", FY_ROLE_PARAMETER },
	{ "torch._utils", "_rebuild_parameter_with_state", FY_ROLE_PARAMETER },
	{ "torch._utils", "_rebuild_qtensor", FY_ROLE_QTENSOR },
	{ "torch._utils", "_rebuild_sparse_tensor", FY_ROLE_SPARSE },
	{ "torch._utils", "_rebuild_sparse_csr_tensor", FY_ROLE_SPARSE },
	{ "torch._utils", "_rebuild_nested_tensor", FY_ROLE_NESTED },
	{ "torch._utils", "_rebuild_meta_tensor_no_storage", FY_ROLE_META_TENSOR },
	{ "torch._utils", "_rebuild_device_tensor_from_cpu_tensor", FY_ROLE_SAME },
	{ "torch._utils", "_rebuild_device_tensor_from_numpy", FY_ROLE_SAME },
	{ "torch._utils", "_rebuild_xla_tensor", FY_ROLE_SAME },
	{ "torch._utils", "_rebuild_wrapper_subclass", FY_ROLE_OTHER_TENSOR },
	{ "torch._tensor", "_rebuild_from_type_v2", FY_ROLE_FROM_TYPE },
	{ "torch._tensor", "_rebuild_from_type", FY_ROLE_FROM_TYPE },
	{ "torch.tensor", "_rebuild_from_type", FY_ROLE_FROM_TYPE },
	{ "torch.nn.parameter", "Parameter", FY_ROLE_SAME },
	{ "torch.nn.parameter", "Buffer", FY_ROLE_SAME },
	{ "torch", "Tensor", FY_ROLE_VALUE },
	{ "torch", "Size", FY_ROLE_SAME },
	{ "torch", "device", FY_ROLE_DEVICE },
	{ "torch.serialization", "_get_layout", FY_ROLE_SAME },
	{ "torch", "contiguous_format", FY_ROLE_VALUE },
	{ "torch", "preserve_format", FY_ROLE_VALUE },
	{ "torch", "channels_last", FY_ROLE_VALUE },
	{ "torch", "channels_last_3d", FY_ROLE_VALUE },
	{ "torch", "per_tensor_affine", FY_ROLE_VALUE },
	{ "torch", "per_channel_affine", FY_ROLE_VALUE },
	{ "torch", "per_tensor_symmetric", FY_ROLE_VALUE },
	{ "torch", "per_channel_symmetric", FY_ROLE_VALUE },
	{ "torch", "per_channel_affine_float_qparams", FY_ROLE_VALUE },
	{ "torch.jit._pickle", "build_intlist", FY_ROLE_INT_LIST },
	{ "torch.jit._pickle", "build_doublelist", FY_ROLE_DOUBLE_LIST },
	{ "torch.jit._pickle", "build_boollist", FY_ROLE_BOOL_LIST },
	{ "torch.jit._pickle", "build_tensorlist", FY_ROLE_TENSOR_LIST },
	{ "torch.jit._pickle", "restore_type_tag", FY_ROLE_TYPE_TAG },
	{ "torch.jit._pickle", "build_tensor_from_id", FY_ROLE_RPC },
	{ "torch.distributed.rpc", "rref", FY_ROLE_RPC },
	{ "__main__", "TensorID", FY_ROLE_RPC },
	{ "__main__", "IntList", FY_ROLE_RPC },
	{ "collections", "OrderedDict", FY_ROLE_DICT },
	{ "collections", "defaultdict", FY_ROLE_DEFAULT_DICT },
	{ "collections", "Counter", FY_ROLE_DICT },
	{ "collections", "deque", FY_ROLE_OPAQUE },
	{ "builtins", "dict", FY_ROLE_DICT },
	{ "__builtin__", "dict", FY_ROLE_DICT },
	{ "builtins", "set", FY_ROLE_SET },
	{ "__builtin__", "set", FY_ROLE_SET },
	{ "builtins", "frozenset", FY_ROLE_SET },
	{ "__builtin__", "frozenset", FY_ROLE_SET },
	{ "builtins", "complex", FY_ROLE_COMPLEX },
	{ "__builtin__", "complex", FY_ROLE_COMPLEX },
	{ "builtins", "bytearray", FY_ROLE_OPAQUE },
	{ "__builtin__", "bytearray", FY_ROLE_OPAQUE },
	{ "builtins", "slice", FY_ROLE_OPAQUE },
	{ "builtins", "range", FY_ROLE_OPAQUE },
	{ "builtins", "list", FY_ROLE_VALUE },
	{ "builtins", "int", FY_ROLE_VALUE },
	{ "builtins", "float", FY_ROLE_VALUE },
	{ "builtins", "str", FY_ROLE_VALUE },
	{ "builtins", "bool", FY_ROLE_VALUE },
	{ "_codecs", "encode", FY_ROLE_BYTES },
	{ "numpy", "dtype", FY_ROLE_OPAQUE },
	{ "numpy", "ndarray", FY_ROLE_VALUE },
	{ "numpy.core.multiarray", "scalar", FY_ROLE_NUMPY_SCALAR },
	{ "numpy._core.multiarray", "scalar", FY_ROLE_NUMPY_SCALAR },
	{ "numpy.core.multiarray", "_reconstruct", FY_ROLE_NUMPY_ARRAY },
	{ "numpy._core.multiarray", "_reconstruct", FY_ROLE_NUMPY_ARRAY },
	{ "numpy.core.numeric", "_frombuffer", FY_ROLE_NUMPY_BUFFER },
	{ "numpy._core.numeric", "_frombuffer", FY_ROLE_NUMPY_BUFFER },
	{ "argparse", "Namespace", FY_ROLE_OPAQUE },
	{ "types", "SimpleNamespace", FY_ROLE_OPAQUE },
	{ "pathlib", "PosixPath", FY_ROLE_OPAQUE },
	{ "pathlib", "PurePosixPath", FY_ROLE_OPAQUE },
	{ "pathlib", "WindowsPath", FY_ROLE_OPAQUE },
	{ "pathlib", "PureWindowsPath", FY_ROLE_OPAQUE },
	{ "pathlib._local", "PosixPath", FY_ROLE_OPAQUE },
	{ "pathlib._local", "WindowsPath", FY_ROLE_OPAQUE },
	{ "datetime", "datetime", FY_ROLE_OPAQUE },
	{ "datetime", "date", FY_ROLE_OPAQUE },
	{ "datetime", "timedelta", FY_ROLE_OPAQUE },
	{ "copyreg", "_reconstructor", FY_ROLE_OPAQUE },
	{ "copy_reg", "_reconstructor", FY_ROLE_OPAQUE },
	{ "builtins", "object", FY_ROLE_VALUE },
	{ "__builtin__", "object", FY_ROLE_VALUE },
	{ "monai.data.meta_tensor", "MetaTensor", FY_ROLE_OPAQUE },
};

/* In the order of their numbers; NULL: a type without a storage class. */
static const char *const storages[FY_DTYPE_TORCH] = {
	"Byte",
	"Char",
	"Short",
	"Int",
	"Long",
	"Half",
	"Float",
	"Double",
	"ComplexHalf",
	"ComplexFloat",
	"ComplexDouble",
	"Bool",
	"QInt8",
	"QUInt8",
	"QInt32",
	"BFloat16",
	"QUInt4x2",
	"QUInt2x4",
	"Bits1x8",
	"Bits2x4",
	"Bits4x2",
	"Bits8",
	"Bits16",
	"Float8_e5m2",
	"Float8_e4m3fn",
	"Float8_e5m2fnuz",
	"Float8_e4m3fnuz",
	"UInt16",
	"UInt32",
	"UInt64",
	"UInt1",
	"UInt2",
	"UInt3",
	"UInt4",
	"UInt5",
	"UInt6",
	"UInt7",
	"Int1",
	"Int2",
	"Int3",
	"Int4",
	"Int5",
	"Int6",
	"Int7",
	"Float8_e8m0fnu",
	"Float4_e2m1fn_x2",
};

bool fy_storage_class(const char *name, fy_dtype *out)
{
	size_t len = strlen(name);

	if (!fy_ends_with(name, "Storage"))
		return false;
	len -= strlen("Storage");
	if (strcmp(name, "UntypedStorage") == 0) {
		*out = FY_U8;
		return true;
	}
	for (int i = 0; i < FY_DTYPE_TORCH; i++)
		if (strlen(storages[i]) == len && strncmp(storages[i], name, len) == 0) {
			*out = (fy_dtype)i;
			return true;
		}
	return false;
}

fy_role fy_role_of(const char *module, const char *name)
{
	fy_dtype dtype;

	for (size_t i = 0; i < FY_COUNT(names); i++)
		if (strcmp(names[i].name, name) == 0 && strcmp(names[i].module, module) == 0)
			return names[i].role;
	if ((strcmp(module, "torch") == 0 || strcmp(module, "torch.storage") == 0 ||
	     strcmp(module, "torch.cuda") == 0) &&
	    fy_storage_class(name, &dtype))
		return FY_ROLE_STORAGE;
	return FY_ROLE_NONE;
}
