/*
 * What kind of file this is, by its first bytes and, for zip files, by the names of its records. A guess that
 * costs little: nothing is unpacked. Must not fail: what is not recognised is unknown.
 */
#include "archive/archive_internal.h"

#include <string.h>

bool fy_sniff_is_zip(const fy_file *file)
{
	return file->size >= 4 &&
	       (memcmp(file->data, "PK\x03\x04", 4) == 0 || memcmp(file->data, "PK\x05\x06", 4) == 0);
}

static bool has_folder(const fy_zip *zip, const char *folder)
{
	for (size_t i = 0; i < zip->count; i++)
		if (!zip->records[i].outside && fy_starts_with(zip->records[i].name, folder))
			return true;
	return false;
}

fy_file_kind fy_sniff_zip(const fy_zip *zip)
{
	if (fy_zip_find(zip, "constants.pkl"))
		return FY_KIND_TORCHSCRIPT;
	if (fy_zip_find(zip, "archive_format") || fy_zip_find(zip, "models/model.json") ||
	    fy_zip_find(zip, "serialized_exported_program.json"))
		return FY_KIND_EXPORT_PACKAGE;
	if (fy_zip_find(zip, ".data/extern_modules") || has_folder(zip, ".data/ts_code/"))
		return FY_KIND_TORCH_PACKAGE;
	if (fy_zip_find(zip, "model.json"))
		return FY_KIND_LEGACY_SCRIPT;
	/* code/ without constants.pkl is a TorchScript archive that lost a record. */
	if (has_folder(zip, "code/"))
		return FY_KIND_TORCHSCRIPT;
	if (fy_zip_find(zip, "data.pkl"))
		return FY_KIND_CHECKPOINT;
	return FY_KIND_ZIP;
}

/* A tar header holds "ustar" at 257 or, in the oldest form, a checksum of its own bytes. */
static bool is_tar(const fy_file *file)
{
	uint32_t sum = 0, stated = 0;

	if (file->size < 512)
		return false;
	if (memcmp(file->data + 257, "ustar", 5) == 0)
		return true;
	for (int i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : file->data[i];
	for (int i = 148; i < 156; i++)
		if (file->data[i] >= '0' && file->data[i] <= '7')
			stated = stated * 8 + (uint32_t)(file->data[i] - '0');
	return sum == stated && file->data[0] != 0;
}

/* Reads a base-128 number; false at the end of the data. */
static bool read_varint(const fy_file *file, size_t *at, uint64_t *out)
{
	*out = 0;
	for (int shift = 0; shift < 64 && *at < file->size; shift += 7) {
		uint8_t byte = file->data[(*at)++];

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/*
 * ONNX has no magic. Its top-level message has fields 1 (ir_version, a small number), 2 to 4, 6 (texts),
 * 5 (model_version), 7 (graph), 8, 14, 20, 25, 26 (messages). A file that begins with a version and comes to
 * a graph is one, whatever follows; without a version the fields must end exactly at the end of the file.
 */
static bool is_onnx(const fy_file *file)
{
	static const uint32_t known = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 |
				      1u << 8 | 1u << 14 | 1u << 20 | 1u << 25 | 1u << 26;
	bool graph = false, version = false;
	size_t at = 0;

	while (at < file->size) {
		uint64_t tag, value, number;

		if (!read_varint(file, &at, &tag) || !read_varint(file, &at, &value))
			return false;
		number = tag >> 3;
		version |= tag == 1 << 3 && value < 1000;
		graph |= tag == (7 << 3 | 2);
		if (version && graph)
			return true;
		if (number > 26 || !(known >> number & 1) ||
		    (tag & 7) != (number == 1 || number == 5 ? 0 : 2))
			return false;
		if ((tag & 7) == 2) {
			if (value > file->size - at)
				return false;
			at += (size_t)value;
		}
	}
	return graph;
}

static bool is_safetensors(const fy_file *file)
{
	uint64_t size = 0;

	if (file->size < 10)
		return false;
	for (int i = 0; i < 8; i++)
		size |= (uint64_t)file->data[i] << 8 * i;
	return size <= file->size - 8 && file->data[8] == '{';
}

/* Protocol 2 to 5 begins with PROTO and ends with STOP. */
static bool is_pickle(const fy_file *file)
{
	return file->size >= 4 && file->data[0] == 0x80 && file->data[1] >= 2 && file->data[1] <= 5;
}

static fy_file_kind sniff_zip_file(const fy_file *file)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_file_kind kind = fy_sniff_is_zip(file) ? FY_KIND_ZIP : FY_KIND_UNKNOWN;
	fy_zip *zip;

	if (fy_zip_open(&zip, arena, file, &diags) == FY_OK) {
		kind = fy_sniff_zip(zip);
		fy_zip_close(zip);
	}
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return kind;
}

fy_file_kind fy_sniff(const fy_file *file)
{
	if (fy_sniff_is_zip(file))
		return sniff_zip_file(file);
	if (file->size >= 8 && memcmp(file->data + 4, "PTMF", 4) == 0)
		return FY_KIND_FLATBUFFER;
	if (file->size >= 6 && memcmp(file->data, "\x93NUMPY", 6) == 0)
		return FY_KIND_NPY;
	if (fy_legacy_magic(file))
		return FY_KIND_LEGACY_CHECKPOINT;
	if (is_pickle(file))
		return FY_KIND_PICKLE;
	if (is_tar(file))
		return FY_KIND_TAR_CHECKPOINT;
	if (is_safetensors(file))
		return FY_KIND_SAFETENSORS;
	if (file->size && is_onnx(file))
		return FY_KIND_ONNX;
	/* A zip may have something before it. */
	return sniff_zip_file(file);
}

const char *fy_sniff_name(fy_file_kind kind)
{
	static const char *const names[] = {
		[FY_KIND_UNKNOWN] = "file of unknown kind",
		[FY_KIND_TORCHSCRIPT] = "TorchScript archive",
		[FY_KIND_CHECKPOINT] = "PyTorch checkpoint",
		[FY_KIND_LEGACY_CHECKPOINT] = "PyTorch checkpoint (before 1.6)",
		[FY_KIND_PICKLE] = "Python pickle",
		[FY_KIND_TAR_CHECKPOINT] = "PyTorch checkpoint (tar, before 0.1.10)",
		[FY_KIND_LEGACY_SCRIPT] = "TorchScript archive of PyTorch 1.0 - 1.3",
		[FY_KIND_EXPORT_PACKAGE] = "torch.export package (.pt2)",
		[FY_KIND_TORCH_PACKAGE] = "torch.package archive",
		[FY_KIND_FLATBUFFER] = "mobile flatbuffer model",
		[FY_KIND_ONNX] = "ONNX model",
		[FY_KIND_NPY] = "NumPy array file",
		[FY_KIND_SAFETENSORS] = "safetensors file",
		[FY_KIND_ZIP] = "zip archive",
	};

	FY_ASSERT((size_t)kind < FY_COUNT(names));
	return names[kind];
}
