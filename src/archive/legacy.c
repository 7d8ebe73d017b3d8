/*
 * Checkpoints of torch.save before PyTorch 1.6: four pickles, a list of storage keys, then the bytes of each
 * storage. Element types are known from the fourth pickle only, so tensors are made first and their storages
 * get their bytes afterwards.
 */
#include "archive/archive_internal.h"

#include <string.h>

enum { PROTOCOL_VERSION = 1001, ALIGNMENT = 8 };

/* 0x1950A86A20F9469CFC6C, little-endian, as the first pickle holds it. */
static const uint8_t magic[] = { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };

/* Before it: PROTO and LONG1, from protocol 4 on a FRAME too. */
bool fy_legacy_magic(const fy_file *file)
{
	if (file->size < 4 || file->data[0] != 0x80)
		return false;
	for (size_t at = 4; at + sizeof(magic) <= file->size && at < 16; at++)
		if (memcmp(file->data + at, magic, sizeof(magic)) == 0)
			return true;
	return false;
}

typedef struct reader {
	fy_archive *archive;
	size_t at;
	fy_place place;
	fy_diags *diags;
} reader;

static fy_status broken(reader *r, const char *why)
{
	return fy_error(r->diags, FY_MALFORMED, "legacy-checkpoint", &r->place, "%s", why);
}

static fy_status next_pickle(reader *r, const char *what, fy_pickle *out)
{
	fy_loader *loader = r->archive->loader;
	fy_str rest = { (const char *)r->archive->file.data + r->at, r->archive->file.size - r->at };
	fy_pickle_hooks hooks = fy_loader_hooks(loader);

	r->place.member = what;
	FY_TRY(fy_unpickle(out, r->archive->arena, rest, &hooks, &r->place, r->diags));
	r->at += out->consumed;
	if (out->values > loader->max_values)
		loader->max_values = out->values;
	return FY_OK;
}

static fy_status read_header(reader *r)
{
	const fy_pvalue *little;
	fy_pickle pickle;

	FY_TRY(next_pickle(r, "magic number", &pickle));
	FY_TRY(next_pickle(r, "protocol version", &pickle));
	if (pickle.root->kind != FY_P_INT || pickle.root->i != PROTOCOL_VERSION)
		return broken(r, "protocol version is not 1001");
	FY_TRY(next_pickle(r, "system information", &pickle));
	little = fy_pdict_get(pickle.root, "little_endian");
	if (!little || little->kind != FY_P_BOOL)
		return broken(r, "byte order is not stated");
	if (!little->b)
		return fy_error(r->diags, FY_UNSUPPORTED, "byte-order", &r->place, "weights are big-endian");
	return FY_OK;
}

/* Gives the storage its bytes: in the map when they lie well, else a copy. */
static void fill(reader *r, fy_stored *stored)
{
	fy_storage *storage = stored->storage;

	storage->bytes = r->archive->file.data + r->at;
	if ((uintptr_t)storage->bytes % ALIGNMENT)
		fy_storage_write(storage);
	storage->file = &r->archive->file;
	storage->file_offset = r->at;
	stored->filled = true;
}

static fy_status read_storage(reader *r, const fy_pvalue *key)
{
	size_t room = r->archive->file.size - r->at;
	const uint8_t *p = r->archive->file.data + r->at;
	uint64_t numel = 0;
	fy_stored *stored;

	if (key->kind != FY_P_STR)
		return broken(r, "key of a storage is no text");
	stored = fy_map_get(&r->archive->loader->storages, key->str);
	if (!stored)
		return broken(r, "a storage belongs to no tensor: its size is not known");
	if (stored->filled)
		return broken(r, "key of a storage is listed twice");
	if (room < 8)
		return broken(r, "file ends before the data of a storage");
	for (int i = 0; i < 8; i++)
		numel |= (uint64_t)p[i] << 8 * i;
	if (numel != (uint64_t)stored->numel)
		return broken(r, "number of elements of a storage is not what the tensors say");
	r->at += 8;
	if (stored->bytes > room - 8)
		return broken(r, "file ends in the data of a storage");
	fill(r, stored);
	r->at += (size_t)stored->bytes;
	return FY_OK;
}

static fy_status read_storages(reader *r)
{
	const fy_map *storages = &r->archive->loader->storages;
	fy_pickle keys;

	FY_TRY(next_pickle(r, "storage keys", &keys));
	if (keys.root->kind != FY_P_LIST)
		return broken(r, "storage keys are no list");
	r->place.member = "storages";
	for (uint32_t i = 0; i < keys.root->seq.count; i++)
		FY_TRY(read_storage(r, keys.root->seq.items[i]));
	for (size_t i = 0; i < storages->count; i++)
		if (!((const fy_stored *)storages->entries[i].value)->filled)
			return broken(r, "the data of a storage is missing");
	return FY_OK;
}

fy_status fy_legacy_load(fy_archive *archive, fy_diags *diags)
{
	reader r = { .archive = archive, .place = { .file = archive->path }, .diags = diags };

	archive->loader->legacy = true;
	archive->loader->folder = "";
	FY_TRY(read_header(&r));
	FY_TRY(next_pickle(&r, "object", &archive->data));
	archive->root = archive->data.root;
	return read_storages(&r);
}
