/*
 * TensorProto to fy_tensor. Raw bytes are borrowed from the mapped file; typed fields are converted, elements
 * of less than a byte unpacked. External data is opened only inside the model's folder. Every size must agree
 * exactly.
 */
#include "onnx/onnx_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	RAW = 9,
	FLOATS = 4,
	INT32S = 5,
	STRINGS = 6,
	INT64S = 7,
	DOUBLES = 10,
	UINT64S = 11,
};

typedef struct tensor_parts {
	fy_str bytes; /* of the whole message, to read numbers again */
	int64_t dtype_number;
	fy_dtype dtype;
	fy_shape shape;
	int64_t count;    /* of elements */
	const char *name; /* NULL: none */
	bool has_raw, segmented, external;
	fy_str raw;
	int data_field; /* of typed data; 0: none */
	size_t data_count;
	const char *location, *offset, *length;
} tensor_parts;

/* ---- the fields ------------------------------------------------------------------------------------ */

void fy_onnx_read_dims(fy_wire *wire, const fy_wire_field *field, fy_shape *shape)
{
	uint64_t dims[FY_MAX_RANK];
	size_t count = fy_wire_count(wire, field, 0);

	if (count > FY_MAX_RANK || shape->rank + (int)count > FY_MAX_RANK) {
		fy_wire_fail(wire, "a tensor has more than 16 dimensions");
		return;
	}
	fy_wire_numbers(wire, field, 0, dims);
	for (size_t i = 0; i < count; i++)
		shape->dims[shape->rank++] = (int64_t)dims[i];
}

static int element_of(int field)
{
	return field == FLOATS ? 4 : field == DOUBLES ? 8 : 0;
}

static void read_typed(fy_wire *wire, const fy_wire_field *field, tensor_parts *parts)
{
	size_t count = field->number == STRINGS ? 1 : fy_wire_count(wire, field, element_of(field->number));

	if (count == 0)
		return;
	if (parts->data_field && parts->data_field != field->number)
		fy_wire_fail(wire, "a tensor has two kinds of data");
	parts->data_field = field->number;
	parts->data_count += count;
}

static fy_status read_external(fy_onnx_reader *reader, const fy_wire *parent, const fy_wire_field *field,
			       tensor_parts *parts)
{
	fy_wire wire = fy_wire_enter(parent, field->bytes);
	const char *key = "", *value = "";
	const char **slot = NULL;
	fy_wire_field inner;

	while (fy_wire_next(&wire, &inner)) {
		if (inner.number == 1 && fy_wire_expect(&wire, &inner, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, inner.bytes, &key));
		else if (inner.number == 2 && fy_wire_expect(&wire, &inner, FY_WIRE_LEN))
			FY_TRY(fy_onnx_read_name(reader, inner.bytes, &value));
	}
	slot = strcmp(key, "location") == 0 ? &parts->location
	       : strcmp(key, "offset") == 0 ? &parts->offset
	       : strcmp(key, "length") == 0 ? &parts->length
					    : NULL;
	if (slot && *slot)
		return fy_onnx_malformed(reader, "external data has '%s' twice", key);
	if (slot)
		*slot = value;
	return fy_onnx_wire_status(reader);
}

static fy_status read_fields(fy_onnx_reader *reader, fy_wire wire, tensor_parts *parts)
{
	fy_wire_field field;

	*parts = (tensor_parts){ .bytes = { (const char *)wire.at, (size_t)(wire.end - wire.at) } };
	while (fy_wire_next(&wire, &field)) {
		switch (field.number) {
		case 1:
			fy_onnx_read_dims(&wire, &field, &parts->shape);
			break;
		case 2:
			if (fy_wire_expect(&wire, &field, FY_WIRE_VARINT))
				parts->dtype_number = (int64_t)field.value;
			break;
		case 3:
			parts->segmented = true;
			break;
		case FLOATS:
		case INT32S:
		case STRINGS:
		case INT64S:
		case DOUBLES:
		case UINT64S:
			read_typed(&wire, &field, parts);
			break;
		case 8:
			if (fy_wire_expect(&wire, &field, FY_WIRE_LEN))
				FY_TRY(fy_onnx_read_name(reader, field.bytes, &parts->name));
			break;
		case RAW:
			if (fy_wire_expect(&wire, &field, FY_WIRE_LEN)) {
				parts->has_raw = true;
				parts->raw = field.bytes;
			}
			break;
		case 13:
			if (fy_wire_expect(&wire, &field, FY_WIRE_LEN))
				FY_TRY(read_external(reader, &wire, &field, parts));
			break;
		case 14:
			if (fy_wire_expect(&wire, &field, FY_WIRE_VARINT) && field.value > 1)
				fy_wire_fail(&wire, "a tensor's data is nowhere that is known");
			parts->external = field.value == 1;
			break;
		}
	}
	return fy_onnx_wire_status(reader);
}

/* ---- checks ------------------------------------------------------------------------------------------ */

static const char *label(const tensor_parts *parts)
{
	return parts->name ? parts->name : "";
}

static fy_status check_type(fy_onnx_reader *reader, tensor_parts *parts)
{
	if (fy_onnx_to_dtype(parts->dtype_number, &parts->dtype))
		return FY_OK;
	if (parts->dtype_number <= 0 || !fy_onnx_dtype_name(parts->dtype_number))
		return fy_onnx_malformed(reader,
					 "tensor '%s' has element type %" PRId64 ", which does not exist",
					 label(parts), parts->dtype_number);
	FY_BUG("element type %" PRId64 " has no dtype", parts->dtype_number);
}

static bool is_packed(fy_dtype dtype)
{
	return fy_onnx_bits(dtype) < 8;
}

/* Bytes that `count` elements take in a file. */
static bool packed_size(size_t count, fy_dtype dtype, size_t *size)
{
	size_t bits;

	if (!is_packed(dtype))
		return fy_mul_size(count, fy_dtype_size(dtype), size);
	if (!fy_mul_size(count, fy_onnx_bits(dtype), &bits) || !fy_add_size(bits, 7, &bits))
		return false;
	*size = bits / 8;
	return true;
}

static fy_status check_size(fy_onnx_reader *reader, tensor_parts *parts, size_t *size)
{
	for (int i = 0; i < parts->shape.rank; i++) {
		if (parts->shape.dims[i] < 0)
			return fy_onnx_malformed(reader, "tensor '%s' has a negative size", label(parts));
	}
	if (!fy_shape_numel(&parts->shape, &parts->count) ||
	    !packed_size((size_t)parts->count, parts->dtype, size))
		return fy_onnx_malformed(reader, "the number of elements of tensor '%s' overflows",
					 label(parts));
	if (parts->segmented)
		return fy_onnx_malformed(reader, "tensor '%s' is segmented", label(parts));
	if ((parts->has_raw ? 1 : 0) + (parts->data_field ? 1 : 0) + (parts->external ? 1 : 0) > 1 &&
	    !(parts->external && parts->raw.len == 0 && !parts->data_field))
		return fy_onnx_malformed(reader, "tensor '%s' has two kinds of data", label(parts));
	return FY_OK;
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static fy_status no_memory(fy_onnx_reader *reader, const tensor_parts *parts)
{
	return fy_error(reader->diags, FY_IO, "out-of-memory", &reader->place, "no memory for tensor '%s'",
			label(parts));
}

/* Elements of less than a byte get a byte each, signed ones their sign. */
static fy_status unpack(fy_onnx_reader *reader, const tensor_parts *parts, const uint8_t *bytes,
			fy_tensor **out)
{
	size_t bits = fy_onnx_bits(parts->dtype), count = (size_t)parts->count;
	bool is_signed = parts->dtype == FY_I2 || parts->dtype == FY_I4;
	uint8_t mask = (uint8_t)((1u << bits) - 1), sign = (uint8_t)(1u << (bits - 1)), *to;

	*out = fy_tensor_new(parts->dtype, &parts->shape, false);
	if (!*out)
		return no_memory(reader, parts);
	to = fy_tensor_write_data(*out);
	for (size_t i = 0; i < count; i++) {
		size_t at = i * bits;
		unsigned pair = bytes[at / 8];

		if (at % 8 + bits > 8)
			pair |= (unsigned)bytes[at / 8 + 1] << 8;
		to[i] = (uint8_t)(pair >> at % 8 & mask);
		if (is_signed && (to[i] & sign))
			to[i] |= (uint8_t)~mask;
	}
	return FY_OK;
}

/* Borrows the bytes, at whatever address: they are moved to a good one when they are computed with. */
static fy_tensor *from_bytes(const tensor_parts *parts, const uint8_t *bytes, size_t size,
			     const fy_file *file)
{
	fy_tensor *borrowed = fy_tensor_meta(parts->dtype, &parts->shape);
	fy_storage *storage = fy_storage_borrow(bytes, size);

	if (file) {
		storage->file = file;
		storage->file_offset = (uint64_t)(bytes - file->data);
		storage->record = parts->name;
	}
	borrowed->storage = storage;
	return borrowed;
}

/* Which typed field holds elements of this type. */
static int field_of(fy_dtype dtype)
{
	switch (dtype) {
	case FY_F32:
	case FY_C64:
		return FLOATS;
	case FY_F64:
	case FY_C128:
		return DOUBLES;
	case FY_I64:
		return INT64S;
	case FY_U32:
	case FY_U64:
		return UINT64S;
	case FY_STRING:
		return STRINGS;
	default:
		return INT32S;
	}
}

/* int32_data holds smaller types too, extended by zeros or by their sign. */
static bool fits(const tensor_parts *parts, size_t size, uint64_t number)
{
	int64_t value = (int32_t)number;

	if (parts->data_field != INT32S || size >= 4 || parts->dtype == FY_BOOL)
		return true;
	return value >= -((int64_t)1 << (8 * size - 1)) && value < (int64_t)1 << 8 * size;
}

/* Each number of a typed field is stored in its low bytes. */
static fy_status from_typed(fy_onnx_reader *reader, const fy_wire *parent, const tensor_parts *parts,
			    fy_tensor **out)
{
	size_t pairs = fy_dtype_is_complex(parts->dtype) ? 2 : 1, size = fy_dtype_size(parts->dtype) / pairs;
	fy_wire wire = { .log = parent->log,
			 .at = (const uint8_t *)parts->bytes.data,
			 .depth = parent->depth };
	bool too_large = false;
	uint64_t *numbers;
	fy_wire_field field;
	uint8_t *to;

	if (parts->data_count / pairs != (size_t)parts->count || parts->data_count % pairs != 0)
		return fy_onnx_malformed(reader, "tensor '%s' has %zu numbers for %" PRId64 " elements",
					 label(parts), parts->data_count, parts->count);
	*out = fy_tensor_new(parts->dtype, &parts->shape, false);
	if (!*out)
		return no_memory(reader, parts);
	to = fy_tensor_write_data(*out);
	wire.end = wire.at + parts->bytes.len;
	while (fy_wire_next(&wire, &field)) {
		size_t count;

		if (field.number != parts->data_field)
			continue;
		count = fy_wire_count(&wire, &field, element_of(field.number));
		numbers = fy_alloc(sizeof(*numbers) * (count + 1));
		fy_wire_numbers(&wire, &field, element_of(field.number), numbers);
		for (size_t i = 0; i < count; i++, to += size) {
			uint64_t number = parts->dtype == FY_BOOL ? numbers[i] != 0 : numbers[i];

			too_large |= !fits(parts, size, number);
			memcpy(to, &number, size);
		}
		fy_free(numbers);
	}
	if (too_large)
		return fy_onnx_malformed(reader, "a number of tensor '%s' is too large for its type",
					 label(parts));
	return fy_onnx_wire_status(reader);
}

/* ---- external data --------------------------------------------------------------------------------------
 */

static fy_status refuse_location(fy_onnx_reader *reader, const tensor_parts *parts, const char *why)
{
	return fy_onnx_malformed(reader, "the external data '%s' of tensor '%s' %s",
				 parts->location ? parts->location : "", label(parts), why);
}

static bool safe_name(const char *location)
{
	const char *part = location;

	if (!location[0] || location[0] == '/' || strchr(location, '\\') || strstr(location, "://"))
		return false;
	while (part) {
		const char *slash = strchr(part, '/');
		size_t len = slash ? (size_t)(slash - part) : strlen(part);

		if (len == 0 || (len == 2 && memcmp(part, "..", 2) == 0))
			return false;
		part = slash ? slash + 1 : NULL;
	}
	return true;
}

/* Length of the folder part of a path, without the last slash; 0: none. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* `path` (resolved) lies inside the folder of `model` (resolved). */
static bool is_inside(const char *path, const char *folder)
{
	size_t len = folder ? strlen(folder) : 0;

	return folder && strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || (len > 0 && folder[len - 1] == '/'));
}

static char *resolved_folder(fy_arena *arena, const char *file)
{
	size_t len = folder_length(file);
	char *folder = len > 0 ? fy_arena_strndup(arena, file, len)
			       : fy_arena_strdup(arena, file[0] == '/' ? "/" : ".");
	char buffer[PATH_MAX];

	return realpath(folder, buffer) ? fy_arena_strdup(arena, buffer) : NULL;
}

static fy_status cannot_reach(fy_onnx_reader *reader, const tensor_parts *parts)
{
	int error = errno;
	bool absent = error == ENOENT || error == ENOTDIR;

	return fy_error(reader->diags, absent ? FY_USAGE : FY_IO, "onnx-external", &reader->place,
			"the external data '%s' of tensor '%s' %s%s", parts->location, label(parts),
			absent ? "is not there" : "cannot be reached: ", absent ? "" : strerror(error));
}

/* Resolves the location; it must stay in the model's folder, or in that of the file the model's name links
 * to. */
static fy_status resolve(fy_onnx_reader *reader, const tensor_parts *parts, const char **out)
{
	size_t len = folder_length(reader->path);
	const char *joined, *real_model, *folder, *linked = NULL;
	char buffer[PATH_MAX];
	struct stat about;

	if (!parts->location)
		return refuse_location(reader, parts, "has no location");
	if (!safe_name(parts->location))
		return refuse_location(reader, parts, "is not a plain path inside the model's folder");
	joined = len == 0 && reader->path[0] != '/'
			 ? parts->location
			 : fy_arena_printf(reader->arena, "%.*s/%s", (int)len, reader->path, parts->location);
	folder = resolved_folder(reader->arena, reader->path);
	real_model = realpath(reader->path, buffer) ? fy_arena_strdup(reader->arena, buffer) : NULL;
	if (real_model)
		linked = resolved_folder(reader->arena, real_model);
	if (!realpath(joined, buffer))
		return cannot_reach(reader, parts);
	if ((!is_inside(buffer, folder) && !is_inside(buffer, linked)) ||
	    (real_model && strcmp(buffer, real_model) == 0))
		return refuse_location(reader, parts, "is outside the model's folder");
	if (stat(buffer, &about) != 0)
		return cannot_reach(reader, parts);
	if (!S_ISREG(about.st_mode))
		return refuse_location(reader, parts, "is no regular file");
	*out = fy_arena_strdup(reader->arena, buffer);
	return FY_OK;
}

static fy_status open_external(fy_onnx_reader *reader, const char *path, const fy_file **out)
{
	fy_onnx_model *model = reader->model;
	fy_file **grown, *file;
	fy_status status;

	for (int i = 0; i < model->external_count; i++) {
		if (strcmp(model->externals[i]->path, path) == 0) {
			*out = model->externals[i];
			return FY_OK;
		}
	}
	file = FY_NEW(reader->arena, fy_file);
	status = fy_file_open(file, path, reader->diags);
	if (status != FY_OK)
		return status;
	grown = FY_NEW_ARRAY(reader->arena, fy_file *, model->external_count + 1);
	for (int i = 0; i < model->external_count; i++)
		grown[i] = model->externals[i];
	grown[model->external_count++] = file;
	model->externals = grown;
	*out = file;
	return FY_OK;
}

static fy_status external_range(fy_onnx_reader *reader, const tensor_parts *parts, size_t size,
				const fy_file *file, uint64_t *offset)
{
	int64_t from = 0, length;

	if (parts->offset && (!fy_parse_i64(parts->offset, &from) || from < 0))
		return refuse_location(reader, parts, "has a broken offset");
	if (parts->length &&
	    (!fy_parse_i64(parts->length, &length) || length < 0 || (uint64_t)length != size))
		return refuse_location(reader, parts, "is not as long as the tensor");
	if ((uint64_t)from > file->size || size > file->size - (size_t)from)
		return refuse_location(reader, parts, "ends before the tensor does");
	if (!parts->length && parts->offset == NULL && size != file->size)
		return refuse_location(reader, parts, "is not as long as the tensor");
	*offset = (uint64_t)from;
	return FY_OK;
}

static fy_status from_external(fy_onnx_reader *reader, const tensor_parts *parts, size_t size,
			       fy_tensor **out)
{
	const fy_file *file = NULL;
	const char *path = NULL;
	uint64_t offset = 0;

	if (!reader->model)
		return fy_error(reader->diags, FY_UNSUPPORTED, "onnx-external", &reader->place,
				"tensor '%s' has external data", label(parts));
	FY_TRY(resolve(reader, parts, &path));
	FY_TRY(open_external(reader, path, &file));
	FY_TRY(external_range(reader, parts, size, file, &offset));
	if (is_packed(parts->dtype))
		return unpack(reader, parts, file->data + offset, out);
	*out = from_bytes(parts, file->data + offset, size, file);
	return FY_OK;
}

/* ---- tensors ----------------------------------------------------------------------------------------------
 */

static fy_status from_raw(fy_onnx_reader *reader, const tensor_parts *parts, size_t size, fy_tensor **out)
{
	const fy_file *file = reader->model ? &reader->model->file : NULL;
	const uint8_t *bytes = parts->has_raw ? (const uint8_t *)parts->raw.data : (const uint8_t *)"";

	if (parts->raw.len != size || parts->data_field)
		return fy_onnx_malformed(reader, "tensor '%s' has %zu bytes of data, needs %zu", label(parts),
					 parts->raw.len, size);
	if (is_packed(parts->dtype))
		return unpack(reader, parts, bytes, out);
	if (file && (bytes < file->data || bytes > file->data + file->size))
		file = NULL; /* joined from pieces */
	*out = from_bytes(parts, bytes, size, file);
	return FY_OK;
}

/* Two, four or one elements of less than a byte in the low bits of each number. */
static fy_status from_packed_numbers(fy_onnx_reader *reader, const fy_wire *parent, const tensor_parts *parts,
				     size_t size, fy_tensor **out)
{
	bool single = fy_onnx_bits(parts->dtype) == 6;
	size_t needed = single ? (size_t)parts->count : size, filled = 0;
	fy_wire wire = { .log = parent->log,
			 .at = (const uint8_t *)parts->bytes.data,
			 .end = (const uint8_t *)parts->bytes.data + parts->bytes.len,
			 .depth = parent->depth };
	uint64_t *numbers;
	uint8_t *packed;
	fy_wire_field field;
	fy_status status;

	if (parts->data_count != needed)
		return fy_onnx_malformed(reader, "tensor '%s' has %zu numbers for %" PRId64 " elements",
					 label(parts), parts->data_count, parts->count);
	numbers = fy_alloc(sizeof(*numbers) * (needed + 1));
	while (fy_wire_next(&wire, &field)) {
		if (field.number != parts->data_field)
			continue;
		fy_wire_numbers(&wire, &field, 0, numbers + filled);
		filled += fy_wire_count(&wire, &field, 0);
	}
	packed = fy_zalloc(needed + 1);
	for (size_t i = 0; i < needed; i++)
		packed[i] = (uint8_t)numbers[i];
	if (single) {
		*out = fy_tensor_new(parts->dtype, &parts->shape, false);
		status = *out ? FY_OK : no_memory(reader, parts);
		if (*out && needed > 0)
			memcpy(fy_tensor_write_data(*out), packed, needed);
		for (size_t i = 0; i < needed && status == FY_OK; i++) {
			if (numbers[i] > 63)
				status = fy_onnx_malformed(
					reader, "tensor '%s' has a number of more than 6 bits", label(parts));
		}
	} else {
		status = unpack(reader, parts, packed, out);
	}
	fy_free(numbers);
	fy_free(packed);
	return status != FY_OK ? status : fy_onnx_wire_status(reader);
}

/* Strings are counted, never kept. */
static fy_status from_strings(fy_onnx_reader *reader, const tensor_parts *parts, fy_tensor **out)
{
	if (parts->has_raw || parts->data_count != (size_t)parts->count)
		return fy_onnx_malformed(reader, "tensor '%s' has %zu strings for %" PRId64 " elements",
					 label(parts), parts->data_count, parts->count);
	*out = fy_tensor_meta(FY_STRING, &parts->shape);
	return FY_OK;
}

static fy_status make_tensor(fy_onnx_reader *reader, const fy_wire *wire, const tensor_parts *parts,
			     size_t size, fy_tensor **out)
{
	if (parts->data_field && parts->data_field != field_of(parts->dtype))
		return fy_onnx_malformed(reader, "the data of tensor '%s' does not suit its type",
					 label(parts));
	if (parts->external && parts->dtype != FY_STRING)
		return from_external(reader, parts, size, out);
	if (parts->dtype == FY_STRING)
		return parts->external ? refuse_location(reader, parts, "cannot hold strings")
				       : from_strings(reader, parts, out);
	if (parts->has_raw || parts->count == 0)
		return from_raw(reader, parts, size, out);
	return is_packed(parts->dtype) ? from_packed_numbers(reader, wire, parts, size, out)
				       : from_typed(reader, wire, parts, out);
}

fy_status fy_onnx_read_named_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out, const char **name)
{
	tensor_parts parts;
	size_t size = 0;
	fy_status status;

	*out = NULL;
	FY_TRY(read_fields(reader, wire, &parts));
	*name = parts.name;
	FY_TRY(check_type(reader, &parts));
	FY_TRY(check_size(reader, &parts, &size));
	status = make_tensor(reader, &wire, &parts, size, out);
	if (status != FY_OK) {
		fy_tensor_unref(*out);
		*out = NULL;
	}
	return status;
}

fy_status fy_onnx_read_tensor(fy_onnx_reader *reader, fy_wire wire, fy_tensor **out)
{
	const char *name;

	return fy_onnx_read_named_tensor(reader, wire, out, &name);
}

fy_status fy_onnx_read_initializer(fy_onnx_reader *reader, fy_onnx_scope *scope, fy_wire wire)
{
	const char *name = NULL;
	fy_tensor *tensor;
	fy_value *value;

	FY_TRY(fy_onnx_read_named_tensor(reader, wire, &tensor, &name));
	value = fy_graph_constant(reader->graph, tensor, NULL);
	fy_tensor_unref(tensor);
	if (!name || !name[0])
		return fy_onnx_malformed(reader, "an initializer has no name");
	return fy_onnx_scope_put(reader, scope, fy_str_of(name), value);
}
