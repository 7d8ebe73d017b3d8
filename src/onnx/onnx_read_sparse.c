/*
 * SparseTensorProto: values and where they stand. Nothing is laid out densely here: a few bytes may describe
 * any number of zeros.
 */
#include "onnx/onnx_internal.h"

typedef struct sparse_parts {
	fy_shape shape;
	fy_tensor *values, *indices; /* one reference each */
	const char *name;
} sparse_parts;

static fy_status check_sparse_shape(fy_onnx_reader *reader, const sparse_parts *parts, int64_t *count)
{
	if (!parts->values || parts->values->shape.rank != 1)
		return fy_onnx_malformed(reader, "the values of a sparse tensor must be a vector");
	if (parts->shape.rank == 0)
		return fy_onnx_malformed(reader, "a sparse tensor has no dimensions");
	for (int i = 0; i < parts->shape.rank; i++) {
		if (parts->shape.dims[i] <= 0)
			return fy_onnx_malformed(reader, "a sparse tensor has a size that is not positive");
	}
	if (!fy_shape_numel(&parts->shape, count))
		return fy_onnx_malformed(reader, "the number of elements of a sparse tensor overflows");
	return FY_OK;
}

/* The flat place of value i; -1: outside. */
static int64_t flat_index(const sparse_parts *parts, int64_t i, int64_t count)
{
	const fy_shape *shape = &parts->indices->shape;
	int64_t flat = 0;

	if (shape->rank == 1) {
		flat = fy_tensor_get_i64(parts->indices, i);
		return flat >= 0 && flat < count ? flat : -1;
	}
	for (int k = 0; k < parts->shape.rank; k++) {
		int64_t one = fy_tensor_get_i64(parts->indices, i * parts->shape.rank + k);

		if (one < 0 || one >= parts->shape.dims[k])
			return -1;
		flat = flat * parts->shape.dims[k] + one;
	}
	return flat;
}

static fy_status check_indices(fy_onnx_reader *reader, const sparse_parts *parts, int64_t count)
{
	int64_t nonzero = parts->values->shape.dims[0], before = -1;
	const fy_tensor *indices = parts->indices;

	if (!indices)
		return nonzero == 0 ? FY_OK : fy_onnx_malformed(reader, "a sparse tensor has no indices");
	if (indices->dtype != FY_I64 || indices->shape.rank < 1 || indices->shape.rank > 2 ||
	    indices->shape.dims[0] != nonzero ||
	    (indices->shape.rank == 2 && indices->shape.dims[1] != parts->shape.rank))
		return fy_onnx_malformed(reader, "the indices of a sparse tensor do not suit its values");
	for (int64_t i = 0; i < nonzero; i++) {
		int64_t flat = flat_index(parts, i, count);

		if (flat <= before)
			return fy_onnx_malformed(
				reader, "index %" PRId64 " of a sparse tensor is outside or not in order", i);
		before = flat;
	}
	return FY_OK;
}

/* Indices are computed with right here: at an address that suits them. */
static fy_status align_indices(fy_onnx_reader *reader, sparse_parts *parts)
{
	fy_tensor *aligned;

	if (!parts->indices || fy_tensor_is_aligned(parts->indices))
		return FY_OK;
	aligned = fy_tensor_aligned(parts->indices);
	if (!aligned)
		return fy_error(reader->diags, FY_IO, "out-of-memory", &reader->place,
				"no memory for the indices of a sparse tensor");
	fy_tensor_unref(parts->indices);
	parts->indices = aligned;
	return FY_OK;
}

static fy_status read_sparse_fields(fy_onnx_reader *reader, fy_wire wire, sparse_parts *parts)
{
	const char *ignored;
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 3)
			fy_onnx_read_dims(&wire, &field, &parts->shape);
		if ((field.number != 1 && field.number != 2) || !fy_wire_expect(&wire, &field, FY_WIRE_LEN))
			continue;
		if (field.number == 1 ? parts->values != NULL : parts->indices != NULL)
			return fy_onnx_malformed(reader, "a sparse tensor has its parts twice");
		FY_TRY(fy_onnx_read_named_tensor(reader, fy_wire_enter(&wire, field.bytes),
						 field.number == 1 ? &parts->values : &parts->indices,
						 field.number == 1 ? &parts->name : &ignored));
	}
	return fy_onnx_wire_status(reader);
}

static fy_status read_sparse(fy_onnx_reader *reader, fy_wire wire, sparse_parts *parts)
{
	int64_t count = 0;

	*parts = (sparse_parts){ 0 };
	FY_TRY(read_sparse_fields(reader, wire, parts));
	FY_TRY(check_sparse_shape(reader, parts, &count));
	FY_TRY(align_indices(reader, parts));
	return check_indices(reader, parts, count);
}

static void release_sparse(sparse_parts *parts)
{
	fy_tensor_unref(parts->values);
	fy_tensor_unref(parts->indices);
}

/* Its elements stay as they are: the tensor has no data until somebody makes it. */
static fy_value *sparse_constant(fy_onnx_reader *reader, const sparse_parts *parts)
{
	return fy_graph_sparse_constant(reader->graph, &parts->shape, parts->values, parts->indices, NULL);
}

fy_status fy_onnx_read_sparse_constant(fy_onnx_reader *reader, fy_wire wire, fy_value **out)
{
	sparse_parts parts;
	fy_status status = read_sparse(reader, wire, &parts);

	if (status == FY_OK)
		*out = sparse_constant(reader, &parts);
	release_sparse(&parts);
	return status;
}

fy_status fy_onnx_read_sparse_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire)
{
	sparse_parts parts;
	fy_status status = read_sparse(reader, wire, &parts);

	if (status == FY_OK && (!parts.name || !parts.name[0]))
		status = fy_onnx_malformed(reader, "a sparse initializer has no name");
	if (status == FY_OK)
		status = fy_onnx_scope_put(reader, scope, fy_str_of(parts.name),
					   sparse_constant(reader, &parts));
	release_sparse(&parts);
	return status;
}

fy_status fy_onnx_read_sparse_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out)
{
	sparse_parts parts;
	fy_status status = read_sparse(reader, wire, &parts);

	if (status == FY_OK)
		*out = fy_tensor_meta(parts.values->dtype, &parts.shape);
	release_sparse(&parts);
	return status;
}
