/*
 * Weights outside of the model file: in one data file beside it, or where they lie already, in the archive.
 * Decides what goes where; the writer only states it. Must not know archives.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

enum {
	KEPT_BELOW = 1024, /* bytes: smaller constants stay in the model */
	ALIGNMENT = 64,
	LARGE = 1 << 20, /* bytes: worth a mapping of its own */
	PAGE = 4096,
};

/* ---- bytes ---- */

static fy_status put(fy_output *out, fy_buf *buf, const fy_tensor *tensor, size_t size)
{
	const fy_storage *storage = tensor->storage;

	if (buf) {
		fy_buf_append(buf, fy_tensor_data(tensor), size);
		return FY_OK;
	}
	if (storage->file)
		return fy_output_copy(
			out, storage->file,
			storage->file_offset + (uint64_t)tensor->offset * fy_dtype_size(tensor->dtype), size);
	return fy_output_write(out, fy_tensor_data(tensor), size);
}

static bool is_plain(const fy_tensor *tensor)
{
	return fy_tensor_is_contiguous(tensor) && !tensor->conj && !tensor->neg;
}

fy_status fy_onnx_put_data(fy_output *out, fy_buf *buf, const fy_tensor *tensor, size_t size, fy_diags *diags)
{
	fy_tensor *copy;
	fy_status status;

	if (is_plain(tensor))
		return put(out, buf, tensor, size);
	copy = fy_tensor_new(tensor->dtype, &tensor->shape, false);
	if (!copy)
		return fy_error(diags, FY_IO, "out-of-memory", NULL, "no memory to lay out a weight");
	fy_tensor_copy(copy, tensor);
	status = put(out, buf, copy, size);
	fy_tensor_unref(copy);
	return status;
}

/* ---- layouts ---- */

/* 0 for what the writer will refuse. */
static uint64_t size_of(const fy_tensor *tensor)
{
	int64_t count = fy_tensor_numel(tensor);
	size_t size;

	if (!fy_tensor_has_data(tensor) || count < 0 ||
	    !fy_mul_size((size_t)count, fy_dtype_size(tensor->dtype), &size))
		return 0;
	return size;
}

uint64_t fy_onnx_place_external(const fy_graph *graph, const char *location, fy_onnx_place *places)
{
	uint64_t end = 0;

	for (int i = 0; i < graph->constant_count; i++) {
		uint64_t size = size_of(graph->constants[i]->tensor);
		uint64_t unit = size >= LARGE ? PAGE : ALIGNMENT;

		places[i] = (fy_onnx_place){ 0 };
		if (size < KEPT_BELOW)
			continue;
		places[i] = (fy_onnx_place){ location, (end + unit - 1) / unit * unit, size };
		end = places[i].offset + size;
	}
	return end;
}

/* Shape inference wants to see sizes, and does not open other files for them. */
static bool may_be_sizes(const fy_tensor *tensor, uint64_t size)
{
	return fy_dtype_is_integer(tensor->dtype) && tensor->shape.rank <= 1 && size < KEPT_BELOW;
}

int fy_onnx_place_links(const fy_graph *graph, const fy_file *file, const char *location,
			fy_onnx_place *places)
{
	int count = 0;

	for (int i = 0; i < graph->constant_count; i++) {
		const fy_tensor *tensor = graph->constants[i]->tensor;
		uint64_t size = size_of(tensor);

		places[i] = (fy_onnx_place){ 0 };
		if (size == 0 || tensor->storage->file != file || !is_plain(tensor) ||
		    may_be_sizes(tensor, size))
			continue;
		places[i] = (fy_onnx_place){ location,
					     tensor->storage->file_offset +
						     (uint64_t)tensor->offset * fy_dtype_size(tensor->dtype),
					     size };
		count++;
	}
	return count;
}

fy_status fy_onnx_write_data(const fy_graph *graph, const fy_onnx_place *places, fy_output *out,
			     const fy_onnx_write_options *options, fy_diags *diags)
{
	static const uint8_t zeros[PAGE];
	uint64_t total = 0, done = 0;

	for (int i = 0; i < graph->constant_count; i++)
		total += places[i].length;
	for (int i = 0; i < graph->constant_count; i++) {
		const fy_tensor *tensor = graph->constants[i]->tensor;

		if (!places[i].location)
			continue;
		fy_progress_say(options->progress, "write", (int64_t)done, (int64_t)total);
		FY_TRY(fy_output_write(out, zeros, (size_t)(places[i].offset - fy_output_size(out))));
		if (options->on_data)
			options->on_data(options->user, tensor, places[i].offset);
		FY_TRY(fy_onnx_put_data(out, NULL, tensor, (size_t)places[i].length, diags));
		done += places[i].length;
	}
	return FY_OK;
}

/* ---- names ---- */

bool fy_onnx_location_is_plain(const char *location)
{
	size_t len = strlen(location);

	if (len == 0 || strchr(location, '/') || strchr(location, '\\') || strcmp(location, ".") == 0 ||
	    strcmp(location, "..") == 0)
		return false;
	for (size_t i = 0; i < len;) {
		size_t step = fy_utf8_length(location + i, len - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

/* ---- what a file refers to ---- */

static void note_location(fy_wire wire, fy_map *out)
{
	fy_wire_field field;
	fy_str key = { 0 }, value = { 0 };

	while (fy_wire_next(&wire, &field)) {
		if (field.number == 1 && field.type == FY_WIRE_LEN)
			key = field.bytes;
		else if (field.number == 2 && field.type == FY_WIRE_LEN)
			value = field.bytes;
	}
	if (fy_str_is(key, "location") && value.len > 0)
		fy_map_put(out, value, out);
}

/* Goes down from model to graph to initializer to external_data. */
static void note_locations(fy_wire wire, const int *fields, fy_map *out)
{
	fy_wire_field field;

	while (fy_wire_next(&wire, &field)) {
		if (field.number != fields[0] || field.type != FY_WIRE_LEN)
			continue;
		if (fields[1] == 0)
			note_location(fy_wire_enter(&wire, field.bytes), out);
		else
			note_locations(fy_wire_enter(&wire, field.bytes), fields + 1, out);
	}
}

void fy_onnx_locations(const char *path, fy_map *out)
{
	static const int fields[] = { 7, 5, 13, 0 };
	fy_diags ignored = { 0 };
	fy_wire_log log = { 0 };
	fy_file file;

	if (fy_file_open(&file, path, &ignored) == FY_OK) {
		log = (fy_wire_log){ .base = file.data, .size = file.size };
		if (fy_onnx_sniff(file.data, file.size))
			note_locations(fy_wire_open(&log, file.data, file.size), fields, out);
		fy_file_close(&file);
	}
	fy_diags_clear(&ignored);
}
