/*
 * Calls of torch._utils._rebuild_*: tensors over the storages of the archive. Geometry is checked against the
 * storage here, once, so that nobody above can reach a byte outside. What is no plain strided tensor
 * (quantized, sparse, nested) is kept by its parts.
 */
#include "archive/archive_internal.h"

#include <string.h>

static fy_status bad_call(fy_unpickler *u, const char *why)
{
	fy_unpickler_fail(u, FY_MALFORMED, "tensor-args", "%s", why);
	return FY_MALFORMED;
}

void fy_loader_set_tensor(fy_loader *loader, fy_pvalue *value, fy_tensor *tensor, const char *device)
{
	loader->tensors = fy_grow(loader->tensors, &loader->tensor_cap, loader->tensor_count + 1,
				  sizeof(*loader->tensors));
	loader->tensors[loader->tensor_count++] = tensor;
	value->kind = FY_P_TENSOR;
	value->tensor = FY_NEW(loader->archive->arena, fy_ptensor);
	value->tensor->tensor = tensor;
	value->tensor->device = device;
}

/* A tuple or list of natural numbers, at most FY_MAX_RANK. */
static fy_status read_naturals(fy_unpickler *u, const fy_pvalue *value, const char *what, int64_t out[],
			       int *count)
{
	if (value->kind != FY_P_TUPLE && value->kind != FY_P_LIST)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-args",
					 "%s of a tensor is a %s, not a tuple", what,
					 fy_pkind_name(value->kind));
	if (value->seq.count > FY_MAX_RANK)
		return fy_unpickler_fail(u, FY_UNSUPPORTED, "tensor-rank",
					 "tensor with %" PRIu32 " dimensions; at most %d are supported",
					 value->seq.count, FY_MAX_RANK);
	for (uint32_t i = 0; i < value->seq.count; i++) {
		if (value->seq.items[i]->kind != FY_P_INT)
			return fy_unpickler_fail(u, FY_MALFORMED, "tensor-args", "%s of a tensor holds a %s",
						 what, fy_pkind_name(value->seq.items[i]->kind));
		if (value->seq.items[i]->i < 0)
			return fy_unpickler_fail(u, FY_MALFORMED, "tensor-negative",
						 "%s of a tensor holds %" PRId64, what,
						 value->seq.items[i]->i);
		out[i] = value->seq.items[i]->i;
	}
	*count = (int)value->seq.count;
	return FY_OK;
}

fy_status fy_loader_shape(fy_unpickler *u, const fy_pvalue *sizes, fy_shape *out)
{
	fy_shape full;
	int64_t numel;

	FY_TRY(read_naturals(u, sizes, "size", out->dims, &out->rank));
	full = *out; /* no elements at all are no excuse for sizes that overflow */
	for (int i = 0; i < full.rank; i++)
		full.dims[i] += full.dims[i] == 0;
	if (!fy_shape_numel(&full, &numel))
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-overflow",
					 "number of elements of a tensor overflows");
	return FY_OK;
}

static fy_status read_geometry(fy_unpickler *u, const fy_pvalue *sizes, const fy_pvalue *strides,
			       fy_shape *shape, int64_t steps[])
{
	int rank = 0;

	FY_TRY(fy_loader_shape(u, sizes, shape));
	FY_TRY(read_naturals(u, strides, "stride", steps, &rank));
	if (rank != shape->rank)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-args",
					 "tensor has %d dimensions but %d strides", shape->rank, rank);
	return FY_OK;
}

/* Bytes from the start of the storage to behind the last element; false on overflow. */
static bool reach(const fy_shape *shape, const int64_t strides[], int64_t offset, size_t item, int64_t *out)
{
	int64_t last = offset, step;

	for (int i = 0; i < shape->rank; i++) {
		if (shape->dims[i] == 0) {
			*out = 0;
			return true;
		}
		if (!fy_mul_i64(shape->dims[i] - 1, strides[i], &step) || !fy_add_i64(last, step, &last))
			return false;
	}
	return fy_add_i64(last, 1, &last) && fy_mul_i64(last, (int64_t)item, out);
}

static fy_status make_tensor(fy_unpickler *u, fy_loader *loader, const fy_pvalue *storage_value,
			     const fy_pvalue *offset, const fy_pvalue *sizes, const fy_pvalue *strides,
			     const fy_dtype *dtype, fy_tensor **out)
{
	const fy_pstorage *storage;
	int64_t steps[FY_MAX_RANK], end = 0, room;
	fy_tensor *tensor;
	fy_shape shape;
	size_t item;

	if (storage_value->kind != FY_P_STORAGE)
		return bad_call(u, "first argument of a tensor is no storage");
	storage = storage_value->storage;
	item = fy_dtype_size(dtype ? *dtype : storage->dtype);
	room = storage->numel * (int64_t)fy_dtype_size(storage->dtype);
	FY_TRY(read_geometry(u, sizes, strides, &shape, steps));
	if (loader->swapped && item != fy_dtype_size(storage->dtype))
		return fy_unpickler_fail(u, FY_UNSUPPORTED, "byte-order",
					 "big-endian bytes of a storage without an element type");
	if (offset->kind != FY_P_INT)
		return bad_call(u, "storage offset of a tensor is no int");
	if (offset->i < 0)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-negative",
					 "storage offset of a tensor is %" PRId64, offset->i);
	if (!reach(&shape, steps, offset->i, item, &end))
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-overflow", "extent of a tensor overflows");
	if (end > room)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-bounds",
					 "tensor reaches byte %" PRId64 " of a storage of %" PRId64 " bytes",
					 end, room);
	if (storage->base % (int64_t)item)
		return bad_call(u, "view of a storage is not aligned to its elements");
	FY_TRY(fy_loader_charge(u, loader, sizeof(*tensor)));
	tensor = fy_tensor_meta(dtype ? *dtype : storage->dtype, &shape);
	memcpy(tensor->strides, steps, (size_t)shape.rank * sizeof(steps[0]));
	if (end)
		tensor->offset = offset->i + storage->base / (int64_t)item;
	if (storage->storage)
		tensor->storage = fy_storage_ref(storage->storage);
	*out = tensor;
	return FY_OK;
}

static fy_status read_flag(fy_unpickler *u, const fy_pvalue *value, bool *out)
{
	if (value->kind != FY_P_BOOL && value->kind != FY_P_INT)
		return bad_call(u, "requires_grad of a tensor is no bool");
	*out = value->kind == FY_P_BOOL ? value->b : value->i != 0;
	return FY_OK;
}

static fy_status read_metadata(fy_unpickler *u, const fy_pvalue *metadata, fy_tensor *tensor)
{
	const fy_pvalue *conj, *neg;

	if (metadata->kind == FY_P_NONE)
		return FY_OK;
	if (metadata->kind != FY_P_DICT)
		return bad_call(u, "metadata of a tensor is no dict");
	conj = fy_pdict_get(metadata, "conj");
	neg = fy_pdict_get(metadata, "neg");
	if ((conj && conj->kind != FY_P_BOOL) || (neg && neg->kind != FY_P_BOOL))
		return bad_call(u, "metadata of a tensor holds something else than bools");
	tensor->conj = conj && conj->b && fy_dtype_is_complex(tensor->dtype);
	tensor->neg = neg && neg->b;
	return FY_OK;
}

/* _rebuild_tensor: storage, offset, size, stride; v2: requires_grad, hooks [, metadata]; v3: a dtype before
 * the metadata. */
fy_status fy_rebuild_tensor(fy_unpickler *u, fy_loader *loader, int version, const fy_pvalue *args,
			    fy_pvalue **out)
{
	static const struct {
		uint32_t least, most;
	} counts[] = { { 4, 4 }, { 5, 7 }, { 7, 8 } };
	fy_pvalue *const *a = args->seq.items;
	uint32_t count = args->seq.count;
	bool requires_grad = false;
	fy_tensor *tensor;
	fy_dtype dtype;

	if (count < counts[version - 1].least || count > counts[version - 1].most)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-args",
					 "tensor is rebuilt from %" PRIu32 " arguments", count);
	if (version == 3) {
		if (a[6]->kind != FY_P_DTYPE)
			return bad_call(u, "element type of a tensor is no dtype");
		dtype = (fy_dtype)a[6]->i;
	}
	if (version >= 2)
		FY_TRY(read_flag(u, a[4], &requires_grad));
	FY_TRY(make_tensor(u, loader, a[0], a[1], a[2], a[3], version == 3 ? &dtype : NULL, &tensor));
	*out = fy_unpickler_new(u, FY_P_TENSOR);
	fy_loader_set_tensor(loader, *out, tensor, a[0]->storage->device);
	(*out)->tensor->requires_grad = requires_grad;
	if (count == (version == 2 ? 7u : 8u))
		FY_TRY(read_metadata(u, a[count - 1], tensor));
	return FY_OK;
}

fy_status fy_rebuild_meta(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;
	int64_t steps[FY_MAX_RANK];
	bool requires_grad;
	fy_tensor *tensor;
	fy_shape shape;

	if (args->seq.count != 4 || a[0]->kind != FY_P_DTYPE)
		return bad_call(u, "meta tensor is not rebuilt from dtype, size, stride and requires_grad");
	FY_TRY(read_geometry(u, a[1], a[2], &shape, steps));
	FY_TRY(read_flag(u, a[3], &requires_grad));
	FY_TRY(fy_loader_charge(u, loader, sizeof(*tensor)));
	tensor = fy_tensor_meta((fy_dtype)a[0]->i, &shape);
	memcpy(tensor->strides, steps, (size_t)shape.rank * sizeof(steps[0]));
	*out = fy_unpickler_new(u, FY_P_TENSOR);
	fy_loader_set_tensor(loader, *out, tensor, "meta");
	(*out)->tensor->requires_grad = requires_grad;
	return FY_OK;
}

/* ---- parameters ---- */

/* The same tensor as a parameter: a value of its own, since the plain tensor may be used too. */
fy_status fy_rebuild_parameter(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *data;
	bool requires_grad;

	if (args->seq.count < 2)
		return bad_call(u, "parameter is rebuilt from too few arguments");
	data = args->seq.items[0];
	FY_TRY(read_flag(u, args->seq.items[1], &requires_grad));
	if (data->kind != FY_P_TENSOR) {
		*out = data;
		return FY_OK;
	}
	*out = fy_unpickler_new(u, FY_P_TENSOR);
	fy_loader_set_tensor(loader, *out, fy_tensor_ref(data->tensor->tensor), data->tensor->device);
	(*out)->tensor->requires_grad = requires_grad;
	(*out)->tensor->parameter = true;
	return FY_OK;
}

/* ---- tensors by their parts ---- */

fy_status fy_rebuild_special(fy_unpickler *u, fy_pspecial_kind what, const fy_pvalue *callee, fy_pvalue *args,
			     fy_pvalue **out)
{
	*out = fy_unpickler_new(u, FY_P_SPECIAL);
	(*out)->special = FY_NEW(fy_unpickler_arena(u), fy_pspecial);
	(*out)->special->what = what;
	(*out)->special->rebuild = callee->global.name;
	(*out)->special->args = args;
	return FY_OK;
}

/* A number of TorchScript or a name of torch. */
static bool read_qscheme(const fy_pvalue *value, int *out)
{
	static const char *const names[] = { "per_tensor_affine", "per_channel_affine",
					     "per_tensor_symmetric", "per_channel_symmetric",
					     "per_channel_affine_float_qparams" };

	for (int i = 0; i < (int)FY_COUNT(names); i++)
		if ((value->kind == FY_P_INT && value->i == i) ||
		    fy_pvalue_is_global(value, "torch", names[i])) {
			*out = i;
			return true;
		}
	return false;
}

static fy_status read_quantizer(fy_unpickler *u, const fy_pvalue *quantizer, fy_pspecial *special)
{
	fy_pvalue *const *q = quantizer->seq.items;
	uint32_t count;

	if (quantizer->kind != FY_P_TUPLE || quantizer->seq.count < 3 ||
	    !read_qscheme(q[0], &special->qscheme))
		return bad_call(u, "quantizer of a tensor is unknown");
	count = quantizer->seq.count;
	if (special->qscheme == 0 || special->qscheme == 2) {
		if (count != 3 || q[1]->kind != FY_P_FLOAT || q[2]->kind != FY_P_INT)
			return bad_call(u, "quantizer is not (scheme, scale, zero point)");
		special->scale = q[1]->f;
		special->zero_point = q[2]->i;
		return FY_OK;
	}
	if (count != 4 || (q[1]->kind != FY_P_TENSOR && q[1]->kind != FY_P_LIST) ||
	    (q[2]->kind != FY_P_TENSOR && q[2]->kind != FY_P_LIST) || q[3]->kind != FY_P_INT || q[3]->i < 0 ||
	    q[3]->i >= special->values.tensor->shape.rank)
		return bad_call(u, "quantizer is not (scheme, scales, zero points, axis)");
	special->scales = q[1];
	special->zero_points = q[2];
	special->axis = (int)q[3]->i;
	return FY_OK;
}

fy_status fy_rebuild_quantized(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee, fy_pvalue *args,
			       fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;
	fy_pvalue carrier = { 0 };
	bool requires_grad;
	fy_tensor *tensor;

	if (args->seq.count != 7)
		return bad_call(u, "quantized tensor is not rebuilt from 7 arguments");
	FY_TRY(read_flag(u, a[5], &requires_grad));
	FY_TRY(make_tensor(u, loader, a[0], a[1], a[2], a[3], NULL, &tensor));
	fy_loader_set_tensor(loader, &carrier, tensor, a[0]->storage->device);
	FY_TRY(fy_rebuild_special(u, FY_SPECIAL_QUANTIZED, callee, args, out));
	(*out)->special->values = *carrier.tensor;
	(*out)->special->values.requires_grad = requires_grad;
	return read_quantizer(u, a[4], (*out)->special);
}
