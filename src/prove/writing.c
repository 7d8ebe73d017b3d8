/*
 * The file of a conversion and where its weights are: in it, in one data file beside it, or in the archive
 * where they were all along. Model and data appear together: the data file has a name that tells its content,
 * so that it never takes the place of another one; the model gets its name last.
 */
#include "prove/prove_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- paths ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "folder/name", beside `path`. */
static const char *beside(fy_arena *arena, const char *path, const char *name)
{
	return fy_arena_printf(arena, "%.*s%s", (int)(base_name(path) - path), path, name);
}

static bool same_folder(fy_arena *arena, const char *a, const char *b)
{
	struct stat at_a, at_b;
	return stat(beside(arena, a, "."), &at_a) == 0 && stat(beside(arena, b, "."), &at_b) == 0 &&
	       at_a.st_dev == at_b.st_dev && at_a.st_ino == at_b.st_ino;
}

/* Where the archive really is; NULL when it went away. */
static const char *real_path(fy_arena *arena, const char *path)
{
	char buffer[PATH_MAX];
	return realpath(path, buffer) ? fy_arena_strdup(arena, buffer) : NULL;
}

fy_status fy_written_check_link(const fy_model *model, const char *path, fy_diags *diags)
{
	const char *real = real_path(model->arena, model->path);
	const char *target = real_path(model->arena, path);
	if (!real || !same_folder(model->arena, real, target ? target : path)) {
		fy_error(diags, FY_USAGE, "link-folder", &(fy_place){ .file = path },
			 "weights can be linked only in the folder of the archive");
		if (real)
			fy_hint(diags, "-o %s, or --weights=external",
				beside(model->arena, real, base_name(path)));
		return FY_USAGE;
	}
	if (fy_onnx_location_is_plain(base_name(real)))
		return FY_OK;
	return fy_error(diags, FY_USAGE, "link-name", &(fy_place){ .file = model->path },
			"no ONNX file can refer to a file of this name");
}

/* ---- what goes where ---- */

/* Adds what tells this constant's data from any other: the archive's CRC-32 where it has one, which is not
 * computed but looked up. */
static void put_identity(fy_buf *out, const fy_archive *archive, const fy_value *constant)
{
	const fy_tensor *tensor = constant->tensor;
	const fy_zip_record *record = fy_archive_record(archive, tensor);
	uint32_t crc = record ? record->crc : fy_zip_crc(0, tensor->storage->bytes, tensor->storage->size);
	fy_buf_puts(out, constant->name ? constant->name : "");
	fy_buf_put_tensor_type(out, tensor);
	fy_buf_printf(out, " %08x %" PRId64 " %d %d", crc, tensor->offset, tensor->conj, tensor->neg);
	for (int i = 0; i < tensor->shape.rank; i++)
		fy_buf_printf(out, " %" PRId64, tensor->strides[i]);
	fy_buf_putc(out, '\n');
}

/* "net.onnx.0123456789abcdef.data". */
enum { DIGITS = 16 };
static const char data_suffix[] = ".data";

static const char *data_name(fy_written *w, const fy_write_request *request)
{
	const fy_graph *graph = request->conversion->graph;
	fy_buf identity = { 0 };
	for (int i = 0; i < graph->constant_count; i++)
		if (w->places[i].location)
			put_identity(&identity, request->model->archive, graph->constants[i]);
	uint64_t hash = fy_hash(identity.data, identity.len);
	fy_buf_release(&identity);
	return fy_arena_printf(request->model->arena, "%s.%0*" PRIx64 "%s",
			       base_name(fy_output_path(w->model)), DIGITS, hash, data_suffix);
}

static bool is_data_name(const char *name, const char *model)
{
	size_t len = strlen(model);
	return strncmp(name, model, len) == 0 && name[len] == '.' &&
	       strspn(name + len + 1, "0123456789abcdef") == DIGITS &&
	       strcmp(name + len + 1 + DIGITS, data_suffix) == 0;
}

static fy_status place_external(fy_written *w, const fy_write_request *request, fy_diags *diags)
{
	const fy_graph *graph = request->conversion->graph;
	w->data_size = fy_onnx_place_external(graph, "", w->places);
	if (w->data_size == 0)
		return FY_OK;
	w->location = data_name(w, request);
	if (!fy_onnx_location_is_plain(w->location))
		return fy_error(diags, FY_USAGE, "output-name", &(fy_place){ .file = request->path },
				"no ONNX file can refer to a data file of such a name");
	fy_onnx_place_external(graph, w->location, w->places);
	return FY_OK;
}

static void place_links(fy_written *w, const fy_write_request *request)
{
	const fy_model *model = request->model;
	const char *real = real_path(model->arena, model->path);
	w->location = base_name(real ? real : model->path);
	if (fy_onnx_place_links(request->conversion->graph, &model->archive->file, w->location, w->places) ==
	    0)
		w->location = NULL;
}

static fy_status choose(fy_written *w, const fy_write_request *request, fy_onnx_write_options *options,
			fy_diags *diags)
{
	const fy_graph *graph = request->conversion->graph;
	fy_status status = FY_OK;
	w->form = request->form;
	if (w->form == FY_WEIGHTS_AUTO) {
		uint64_t size;
		FY_TRY(fy_onnx_measure(&size, graph, options, diags));
		w->too_large = size > INT32_MAX;
		w->form = w->too_large ? FY_WEIGHTS_EXTERNAL : FY_WEIGHTS_INLINE;
	}
	w->places = FY_NEW_ARRAY(request->model->arena, fy_onnx_place, graph->constant_count + 1);
	if (w->form == FY_WEIGHTS_EXTERNAL)
		status = place_external(w, request, diags);
	else if (w->form == FY_WEIGHTS_LINK)
		place_links(w, request);
	w->constants = graph->constant_count;
	for (int i = 0; i < w->constants; i++)
		w->inside += !w->places[i].location;
	options->places = w->places;
	return status;
}

/* ---- writing ---- */

/* Records of weights that the program uses and that do not stay where they are. */
static void check_weights(const fy_written *w, const fy_conversion *conversion, fy_readback *readback)
{
	const fy_graph *graph = conversion->graph;
	fy_map linked = { 0 };
	for (int i = 0; i < graph->constant_count && w->form == FY_WEIGHTS_LINK; i++)
		if (w->places[i].location && graph->constants[i]->name)
			fy_map_put(&linked, fy_str_of(graph->constants[i]->name), graph->constants[i]);
	for (int i = 0; i < conversion->weight_count; i++)
		if (!fy_map_has(&linked, fy_str_of(conversion->weights[i].name)))
			fy_readback_check(readback, conversion->weights[i].tensor);
	fy_map_release(&linked);
}

static fy_status end_readback(fy_readback *readback, fy_status written, fy_diags *diags)
{
	fy_diags ignored = { 0 };
	fy_status status = fy_readback_end(readback, written == FY_OK ? diags : &ignored);
	fy_diags_clear(&ignored);
	return written != FY_OK ? written : status;
}

static fy_status write_data(fy_written *w, const fy_write_request *request, fy_onnx_write_options *options,
			    fy_diags *diags)
{
	const fy_model *model = request->model;
	const fy_conversion *conversion = request->conversion;
	if (request->there && strcmp(request->there, w->location) == 0)
		return FY_OK;
	const char *path = beside(model->arena, fy_output_path(w->model), w->location);
	FY_TRY(fy_output_open(&w->data, path, diags));
	w->data_back = fy_readback_start(w->data, model->archive);
	options->user = w->data_back;
	fy_status status = fy_onnx_write_data(conversion->graph, w->places, w->data, options, diags);
	FY_TRY(end_readback(w->data_back, status, diags));
	return fy_output_place(w->data);
}

static fy_status write_model(fy_written *w, const fy_write_request *request, fy_onnx_write_options *options,
			     fy_diags *diags)
{
	w->model_back = fy_readback_start(w->model, request->model->archive);
	options->user = w->model_back;
	fy_status status = fy_onnx_write(request->conversion->graph, w->model, options, diags);
	if (status == FY_OK)
		check_weights(w, request->conversion, w->model_back);
	FY_TRY(end_readback(w->model_back, status, diags));
	w->size = fy_output_size(w->model);
	return fy_output_finish(w->model, &w->temporary);
}

fy_status fy_written_make(fy_written *out, const fy_write_request *request, fy_diags *diags)
{
	fy_onnx_write_options options = { .value_info = true,
					  .producer_version = request->producer_version,
					  .progress = request->progress,
					  .on_data = fy_readback_expect };
	*out = (fy_written){ 0 };
	FY_TRY(fy_output_open(&out->model, request->path, diags));
	fy_status status = choose(out, request, &options, diags);
	if (status == FY_OK && out->data_size > 0)
		status = write_data(out, request, &options, diags);
	if (status == FY_OK)
		status = write_model(out, request, &options, diags);
	if (status != FY_OK)
		fy_written_abort(out);
	return status;
}

/* ---- afterwards ---- */

static void forget(fy_written *w)
{
	fy_readback_free(w->model_back);
	fy_readback_free(w->data_back);
	*w = (fy_written){ 0 };
}

void fy_written_abort(fy_written *written)
{
	fy_output_abort(written->model);
	fy_output_abort(written->data);
	forget(written);
}

/* Paths of the data of the model that was at `path`, unless it is still referred to: by the new one, or by
 * the rejected file beside an accepted one, and the other way round. */
static size_t find_obsolete(const fy_written *w, const char *path, fy_arena *arena, const char ***paths)
{
	const char *own = fy_output_path(w->model);
	const char *rejected = fy_arena_printf(arena, "%s.rejected", own);
	fy_map old = { 0 }, kept = { 0 };
	size_t count = 0;
	fy_onnx_locations(path ? path : own, &old);
	fy_onnx_locations(path ? own : rejected, &kept);
	*paths = FY_NEW_ARRAY(arena, const char *, old.count + 1);
	for (size_t i = 0; i < old.count; i++) {
		const char *name = old.entries[i].key;
		if (is_data_name(name, base_name(own)) && (!w->location || strcmp(name, w->location) != 0) &&
		    !fy_map_has(&kept, fy_str_of(name)))
			(*paths)[count++] = beside(arena, own, name);
	}
	fy_map_release(&old);
	fy_map_release(&kept);
	return count;
}

fy_status fy_written_commit(fy_written *written, const char *path)
{
	fy_arena *arena = fy_arena_new();
	const char **obsolete;
	size_t count = find_obsolete(written, path, arena, &obsolete);
	fy_output_takes_along(written->model, obsolete, count);
	fy_status status = fy_output_commit_pair(written->model, written->data, path);
	forget(written);
	fy_arena_free(arena);
	return status;
}

bool fy_written_knows(const fy_written *written, const fy_model *file, const fy_tensor *weight,
		      const fy_tensor *found, bool *same)
{
	const fy_storage *storage = found->storage;
	bool inside = storage && storage->file == &file->onnx.file;
	const fy_readback *readback = inside ? written->model_back : written->data_back;
	if (!storage || !storage->file || !readback || !fy_tensor_is_contiguous(found) ||
	    found->dtype != weight->dtype || !fy_shape_eq(&found->shape, &weight->shape))
		return false;
	uint64_t offset = storage->file_offset + (uint64_t)found->offset * fy_dtype_size(found->dtype);
	return fy_readback_knows(readback, weight, offset, same);
}
