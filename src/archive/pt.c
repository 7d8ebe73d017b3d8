/*
 * A PyTorch file as a whole: finds out its kind, reads the records that describe the model (not the weights)
 * and keeps what came out together. Order matters in TorchScript archives: names of code files first, for a
 * pickle may mention only classes that exist; constants before data. Must not know what classes mean.
 */
#include "archive/archive_internal.h"

#include <string.h>

enum { VERSION_LOWEST = 1, VERSION_HIGHEST = 10 };

static fy_place place_of(const fy_archive *archive, const char *member)
{
	return (fy_place){ .file = archive->path, .member = member };
}

static void note_values(fy_loader *loader, const fy_pickle *pickle)
{
	if (pickle->values > loader->max_values)
		loader->max_values = pickle->values;
}

/* ---- records ---- */

static fy_status need_record(fy_archive *archive, const char *name, fy_str *out, fy_diags *diags)
{
	fy_zip_record *record = fy_zip_find(archive->zip, name);
	fy_place place = place_of(archive, name);

	if (!record)
		return fy_error(diags, FY_MALFORMED, "record-missing", &place,
				"the archive has no such record");
	return fy_zip_bytes(archive->zip, record, out, diags);
}

static fy_status read_pickle(fy_archive *archive, const char *name, const char *folder, fy_pickle *out,
			     fy_diags *diags)
{
	fy_place place = place_of(archive, name);
	fy_pickle_hooks hooks;
	fy_str bytes;

	FY_TRY(need_record(archive, name, &bytes, diags));
	archive->loader->folder = folder;
	hooks = fy_loader_hooks(archive->loader);
	FY_TRY(fy_unpickle(out, archive->arena, bytes, &hooks, &place, diags));
	note_values(archive->loader, out);
	return FY_OK;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static fy_str trimmed(fy_str text)
{
	while (text.len && is_blank(text.data[text.len - 1]))
		text.len--;
	while (text.len && is_blank(text.data[0]))
		text = (fy_str){ text.data + 1, text.len - 1 };
	return text;
}

/* A number, perhaps with blanks around. .data/version wins. */
static fy_status read_version(fy_archive *archive, fy_diags *diags)
{
	const char *name = fy_zip_find(archive->zip, ".data/version") ? ".data/version" : "version";
	fy_place place = place_of(archive, name);
	int64_t version = 0;
	size_t at = 0;
	fy_str text;

	FY_TRY(need_record(archive, name, &text, diags));
	text = trimmed(text);
	for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++)
		if (version <= VERSION_HIGHEST)
			version = version * 10 + (text.data[at] - '0');
	if (text.len == 0 || at < text.len)
		return fy_error(diags, FY_MALFORMED, "archive-version", &place, "version is not a number");
	if (version < VERSION_LOWEST)
		return fy_error(diags, FY_MALFORMED, "archive-version", &place, "version 0 does not exist");
	if (version > VERSION_HIGHEST)
		return fy_error(diags, FY_UNSUPPORTED, "archive-version", &place,
				"version is newer than %d, the newest that is known", VERSION_HIGHEST);
	archive->version = (int)version;
	return FY_OK;
}

static fy_status read_byte_order(fy_archive *archive, fy_diags *diags)
{
	fy_zip_record *record = fy_zip_find(archive->zip, "byteorder");
	fy_place place = place_of(archive, "byteorder");
	fy_str text;

	if (!record)
		return FY_OK;
	FY_TRY(fy_zip_bytes(archive->zip, record, &text, diags));
	archive->byte_order = fy_arena_strndup(archive->arena, text.data, text.len < 64 ? text.len : 64);
	archive->loader->swapped = fy_str_is(text, "big");
	if (!archive->loader->swapped && !fy_str_is(text, "little"))
		return fy_error(diags, FY_MALFORMED, "byte-order", &place,
				"byte order is neither little nor big");
	return FY_OK;
}

/* ---- code and extra files ---- */

static fy_code_record code_record(fy_archive *archive, const char *member)
{
	fy_code_record code = { .member = member };
	char *qualifier = fy_arena_strndup(archive->arena, member + strlen("code/"),
					   strlen(member) - strlen("code/") - strlen(".py"));

	for (char *p = qualifier; *p; p++)
		if (*p == '/')
			*p = '.';
	code.qualifier = qualifier;
	return code;
}

static fy_status read_code(fy_archive *archive, fy_diags *diags)
{
	fy_zip *zip = archive->zip;
	size_t capacity = 0;

	for (size_t i = 0; i < zip->count; i++) {
		fy_zip_record *record = &zip->records[i];
		fy_code_record *code;

		if (record->outside || !fy_starts_with(record->name, "code/") ||
		    !fy_ends_with(record->name, ".py"))
			continue;
		archive->code = fy_arena_grow(archive->arena, archive->code, archive->code_count, &capacity,
					      archive->code_count + 1, sizeof(*archive->code));
		code = &archive->code[archive->code_count++];
		*code = code_record(archive, record->name);
		FY_TRY(fy_zip_bytes(zip, record, &code->source, diags));
	}
	/* The array moves while it grows: the names are entered when it is done. */
	for (size_t i = 0; i < archive->code_count; i++)
		fy_map_put(&archive->loader->code, fy_str_of(archive->code[i].qualifier), &archive->code[i]);
	return FY_OK;
}

static void list_extras(fy_archive *archive)
{
	size_t capacity = 0;

	for (size_t i = 0; i < archive->zip->count; i++) {
		fy_zip_record *record = &archive->zip->records[i];

		if (record->outside || record->directory || !fy_starts_with(record->name, "extra/"))
			continue;
		archive->extras =
			fy_arena_grow(archive->arena, archive->extras, archive->extra_count, &capacity,
				      archive->extra_count + 1, sizeof(*archive->extras));
		archive->extras[archive->extra_count++] =
			(fy_extra_file){ record->name + strlen("extra/"), record };
	}
}

/* ---- the kinds ---- */

static fy_status open_script(fy_archive *archive, fy_diags *diags)
{
	fy_place constants = place_of(archive, "constants.pkl"), data = place_of(archive, "data.pkl");

	archive->loader->script = true;
	FY_TRY(read_version(archive, diags));
	FY_TRY(read_byte_order(archive, diags));
	FY_TRY(read_code(archive, diags));
	list_extras(archive);
	archive->mobile = fy_zip_find(archive->zip, "bytecode.pkl") != NULL;
	FY_TRY(read_pickle(archive, "constants.pkl", "constants/", &archive->constants, diags));
	if (archive->constants.root->kind != FY_P_TUPLE)
		return fy_error(diags, FY_MALFORMED, "pickle-root", &constants,
				"constants are a %s, not a tuple",
				fy_pkind_name(archive->constants.root->kind));
	FY_TRY(read_pickle(archive, "data.pkl", "data/", &archive->data, diags));
	archive->root = archive->data.root;
	if (archive->root->kind != FY_P_OBJECT)
		return fy_error(diags, FY_MALFORMED, "pickle-root", &data, "the model is a %s, not an object",
				fy_pkind_name(archive->root->kind));
	return FY_OK;
}

static fy_status open_checkpoint(fy_archive *archive, fy_diags *diags)
{
	FY_TRY(read_byte_order(archive, diags));
	FY_TRY(read_pickle(archive, "data.pkl", "data/", &archive->data, diags));
	archive->root = archive->data.root;
	return FY_OK;
}

static fy_status open_bare_pickle(fy_archive *archive, fy_diags *diags)
{
	fy_str bytes = { (const char *)archive->file.data, archive->file.size };
	fy_pickle_hooks hooks = fy_loader_hooks(archive->loader);
	fy_place place = place_of(archive, NULL);

	archive->loader->folder = "";
	FY_TRY(fy_unpickle(&archive->data, archive->arena, bytes, &hooks, &place, diags));
	note_values(archive->loader, &archive->data);
	archive->root = archive->data.root;
	return FY_OK;
}

/* Known, but not what ferry reads. */
static fy_status refuse_kind(const fy_archive *archive, fy_diags *diags)
{
	static const struct {
		fy_file_kind kind;
		fy_status status;
		const char *hint;
	} answers[] = {
		{ FY_KIND_TAR_CHECKPOINT, FY_UNSUPPORTED,
		  "load it with PyTorch and save it again with torch.save" },
		{ FY_KIND_LEGACY_SCRIPT, FY_UNSUPPORTED,
		  "load it with PyTorch 1.4 to 1.13 and save it again with torch.jit.save" },
		{ FY_KIND_EXPORT_PACKAGE, FY_UNSUPPORTED,
		  "save the model as TorchScript: torch.jit.script or torch.jit.trace, then torch.jit.save" },
		{ FY_KIND_TORCH_PACKAGE, FY_UNSUPPORTED,
		  "load the model with torch.package and save it with torch.jit.save" },
		{ FY_KIND_FLATBUFFER, FY_UNSUPPORTED,
		  "load it with torch.jit.load and save it again with torch.jit.save" },
		{ FY_KIND_SAFETENSORS, FY_UNSUPPORTED,
		  "load the weights with PyTorch and save a TorchScript archive" },
		{ FY_KIND_ONNX, FY_USAGE, "this is the result of a conversion already" },
		{ FY_KIND_NPY, FY_USAGE, "give the model first, arrays as its inputs" },
	};
	fy_place place = place_of(archive, NULL);
	const char *hint = NULL;
	fy_status status = FY_USAGE;

	for (size_t i = 0; i < FY_COUNT(answers); i++)
		if (answers[i].kind == archive->kind) {
			status = answers[i].status;
			hint = answers[i].hint;
		}
	if (archive->file.size >= 19 && memcmp(archive->file.data, "version https://git", 19) == 0)
		hint = "this is a pointer of Git LFS: fetch the file with git lfs pull";
	status = fy_error(diags, status, "file-kind", &place, "%s, not a TorchScript archive or a checkpoint",
			  fy_sniff_name(archive->kind));
	if (hint)
		fy_hint(diags, "%s", hint);
	return status;
}

/* ---- opening ---- */

static fy_status find_kind(fy_archive *archive, fy_diags *diags)
{
	fy_place place = place_of(archive, NULL);

	if (archive->file.size == 0)
		return fy_error(diags, FY_MALFORMED, "file-empty", &place, "the file is empty");
	archive->kind = fy_sniff(&archive->file);
	switch (archive->kind) {
	case FY_KIND_TORCHSCRIPT:
	case FY_KIND_CHECKPOINT:
	case FY_KIND_ZIP:
		/* Once more, for the diagnostics and to keep. */
		FY_TRY(fy_zip_open(&archive->zip, archive->arena, &archive->file, diags));
		archive->zip->unpack_limit = archive->unpack_limit;
		return FY_OK;
	default:
		return FY_OK;
	}
}

static fy_status load(fy_archive *archive, fy_diags *diags)
{
	FY_TRY(find_kind(archive, diags));
	switch (archive->kind) {
	case FY_KIND_TORCHSCRIPT:
		return open_script(archive, diags);
	case FY_KIND_CHECKPOINT:
		return open_checkpoint(archive, diags);
	case FY_KIND_LEGACY_CHECKPOINT:
		return fy_legacy_load(archive, diags);
	case FY_KIND_PICKLE:
		return open_bare_pickle(archive, diags);
	default:
		return refuse_kind(archive, diags);
	}
}

static fy_archive *new_archive(fy_arena *arena, const char *path)
{
	fy_archive *archive = FY_NEW(arena, fy_archive);

	archive->arena = arena;
	archive->path = fy_arena_strdup(arena, path);
	archive->loader = FY_NEW(arena, fy_loader);
	archive->loader->archive = archive;
	return archive;
}

static fy_status finish_open(fy_archive **out, fy_archive *archive, uint64_t max_unpacked, fy_diags *diags)
{
	archive->unpack_limit =
		max_unpacked ? max_unpacked : ((uint64_t)64 << 20) + 20 * (uint64_t)archive->file.size;
	fy_status status = load(archive, diags);

	if (status != FY_OK) {
		fy_archive_close(archive);
		return status;
	}
	*out = archive;
	return FY_OK;
}

fy_status fy_archive_open(fy_archive **out, fy_arena *arena, const char *path, uint64_t max_unpacked,
			  fy_diags *diags)
{
	fy_archive *archive = new_archive(arena, path);

	FY_TRY(fy_file_open(&archive->file, archive->path, diags));
	return finish_open(out, archive, max_unpacked, diags);
}

fy_status fy_archive_open_bytes(fy_archive **out, fy_arena *arena, const void *bytes, size_t size,
				const char *path, uint64_t max_unpacked, fy_diags *diags)
{
	fy_archive *archive = new_archive(arena, path);

	archive->file = fy_file_of_bytes(bytes, size, archive->path);
	return finish_open(out, archive, max_unpacked, diags);
}

void fy_archive_close(fy_archive *archive)
{
	if (!archive)
		return;
	fy_loader_release(archive->loader);
	fy_zip_close(archive->zip);
	fy_file_close(&archive->file);
}

/* ---- asking ---- */

const fy_code_record *fy_archive_code(const fy_archive *archive, fy_str qualifier)
{
	return fy_map_get(&archive->loader->code, qualifier);
}

fy_status fy_archive_traced_inputs(fy_archive *archive, fy_pvalue **out, fy_diags *diags)
{
	fy_place place = place_of(archive, "traced_inputs.pkl");
	fy_status status;
	fy_pickle pickle;

	*out = NULL;
	if (archive->kind != FY_KIND_TORCHSCRIPT || !fy_zip_find(archive->zip, "traced_inputs.pkl"))
		return FY_OK;
	archive->loader->no_data = true;
	status = read_pickle(archive, "traced_inputs.pkl", "traced_inputs/", &pickle, diags);
	archive->loader->no_data = false;
	FY_TRY(status);
	if (pickle.root->kind != FY_P_DICT)
		return fy_error(diags, FY_MALFORMED, "pickle-root", &place,
				"traced inputs are a %s, not a dict", fy_pkind_name(pickle.root->kind));
	*out = pickle.root;
	return FY_OK;
}

fy_zip_record *fy_archive_record(const fy_archive *archive, const fy_tensor *tensor)
{
	if (!archive->zip || !tensor->storage || !tensor->storage->record)
		return NULL;
	return fy_zip_find(archive->zip, tensor->storage->record);
}

fy_status fy_archive_check_data(fy_archive *archive, const fy_tensor *tensor, fy_diags *diags)
{
	fy_zip_record *record = fy_archive_record(archive, tensor);

	return record ? fy_zip_check_crc(archive->zip, record, diags) : FY_OK;
}

fy_status fy_archive_check_all(fy_archive *archive, fy_diags *diags)
{
	for (size_t i = 0; archive->zip && i < archive->zip->count; i++) {
		if (fy_interrupted())
			return FY_INTERRUPTED;
		FY_TRY(fy_zip_check_crc(archive->zip, &archive->zip->records[i], diags));
	}
	return FY_OK;
}
