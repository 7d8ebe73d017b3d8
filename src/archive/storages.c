/*
 * Persistent ids of PyTorch's pickles: each names a storage by key. One key is one storage, so that tensors
 * that share memory go on sharing it. Bytes of stored records stay in the map, at whatever address; they are
 * copied only when they are deflated. Must not know tensors.
 */
#include "archive/archive_internal.h"

#include <string.h>

static fy_status bad_id(fy_unpickler *u, const char *why)
{
	return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage", "storage id: %s", why);
}

/* A text without NUL as a C string. */
static bool plain_text(fy_unpickler *u, const fy_pvalue *value, const char **out)
{
	if (value->str.len && memchr(value->str.data, 0, value->str.len))
		return false;
	*out = fy_arena_strndup(fy_unpickler_arena(u), value->str.data, value->str.len);
	return true;
}

static fy_status no_memory(fy_unpickler *u, uint64_t bytes)
{
	return fy_unpickler_fail(u, FY_IO, "out-of-memory", "no memory for a storage of %" PRIu64 " bytes",
				 bytes);
}

static fy_status read_record(fy_unpickler *u, fy_loader *loader, fy_zip_record *record, uint64_t bytes,
			     fy_storage **out)
{
	fy_zip *zip = loader->archive->zip;
	fy_storage *storage;

	if (record->deflated) {
		/* The whole record has to come out; the limit of the zip is checked before memory is taken.
		 */
		fy_str unpacked;

		FY_TRY(fy_zip_bytes(zip, record, &unpacked, fy_unpickler_diags(u)));
		storage = fy_storage_new((size_t)bytes, false);
		if (!storage)
			return no_memory(u, bytes);
		memcpy(fy_storage_write(storage), unpacked.data, (size_t)bytes);
		storage->record = record->name;
		*out = storage;
		return FY_OK;
	}
	storage = fy_storage_borrow(fy_zip_mapped(zip, record).data, (size_t)bytes);
	storage->file = &loader->archive->file;
	storage->file_offset = record->offset;
	storage->record = record->name;
	*out = storage;
	return FY_OK;
}

/* The storage of a record in the zip, made at first use. */
static fy_status find_in_zip(fy_unpickler *u, fy_loader *loader, const char *name, fy_stored *wanted,
			     fy_stored **out)
{
	fy_zip_record *record = fy_zip_find(loader->archive->zip, name);

	if (!record)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-missing-record",
					 "record '%.200s' with the data of a tensor is missing", name);
	/* By the name of the record and not by the key: lookup knows no case. */
	*out = fy_map_get(&loader->storages, fy_str_of(record->name));
	if (*out)
		return FY_OK;
	if (record->size < wanted->bytes)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage",
					 "record '%.200s' holds %" PRIu64
					 " bytes, its storage needs %" PRIu64,
					 name, record->size, wanted->bytes);
	FY_TRY(read_record(u, loader, record, wanted->bytes, &wanted->storage));
	wanted->filled = true;
	*out = fy_arena_copy(fy_unpickler_arena(u), wanted, sizeof(*wanted));
	fy_map_put(&loader->storages, fy_str_of(record->name), *out);
	return FY_OK;
}

/* Empty storages need no record; meta tensors and traced inputs have no bytes; those of legacy checkpoints
 * follow behind the pickle. */
static fy_status find_elsewhere(fy_unpickler *u, fy_loader *loader, const char *name, fy_stored *wanted,
				fy_stored **out)
{
	*out = fy_map_get(&loader->storages, fy_str_of(name));
	if (*out)
		return FY_OK;
	if (loader->legacy) {
		wanted->storage = fy_storage_borrow("", (size_t)wanted->bytes);
		wanted->storage->record = name;
	} else if (!loader->no_data && wanted->bytes == 0) {
		wanted->storage = fy_storage_new(0, false);
		if (!wanted->storage)
			return no_memory(u, 0);
		wanted->filled = true;
	}
	*out = fy_arena_copy(fy_unpickler_arena(u), wanted, sizeof(*wanted));
	fy_map_put(&loader->storages, fy_str_of(name), *out);
	return FY_OK;
}

/* The sixth item of old files: None, or (key, offset, numel) of a part of the storage. */
static fy_status read_view(fy_unpickler *u, const fy_pvalue *view, fy_pstorage *storage)
{
	const fy_pvalue *offset, *numel;

	if (view->kind == FY_P_NONE)
		return FY_OK;
	if (view->kind != FY_P_TUPLE || view->seq.count != 3)
		return bad_id(u, "view is no tuple of three");
	offset = view->seq.items[1];
	numel = view->seq.items[2];
	if (offset->kind != FY_P_INT || numel->kind != FY_P_INT || offset->i < 0 || numel->i < 0 ||
	    offset->i > storage->numel || numel->i > storage->numel - offset->i)
		return bad_id(u, "view lies outside its storage");
	storage->base = offset->i * (int64_t)fy_dtype_size(storage->dtype);
	storage->numel = numel->i;
	return FY_OK;
}

static fy_status check_id(fy_unpickler *u, const fy_loader *loader, const fy_pvalue *id)
{
	uint32_t count;

	if (id->kind != FY_P_TUPLE)
		return bad_id(u, "no tuple");
	count = id->seq.count;
	if (count < 5 || count > (loader->legacy ? 6u : 5u))
		return bad_id(u, "wrong number of items");
	if (!fy_pvalue_is_str(id->seq.items[0], "storage"))
		return bad_id(u, "first item is not 'storage'");
	if (id->seq.items[1]->kind != FY_P_GLOBAL || id->seq.items[1]->global.role != FY_ROLE_STORAGE)
		return bad_id(u, "second item is no storage class");
	if (id->seq.items[4]->kind != FY_P_INT || id->seq.items[4]->i < 0)
		return bad_id(u, "number of elements is no natural number");
	return FY_OK;
}

fy_status fy_loader_persistent(fy_unpickler *u, void *user, fy_pvalue *id, fy_pvalue **out)
{
	fy_loader *loader = user;
	fy_pstorage *storage;
	fy_stored wanted = { 0 }, *stored;
	const char *name;
	size_t bytes;

	if (loader->legacy && id->kind == FY_P_TUPLE && id->seq.count >= 2 &&
	    fy_pvalue_is_str(id->seq.items[0], "module")) {
		*out = id->seq.items[1];
		return FY_OK;
	}
	FY_TRY(check_id(u, loader, id));
	if (!loader->legacy && !loader->archive->zip)
		return bad_id(u, "a bare pickle has no storages");
	if (id->seq.items[2]->kind != FY_P_STR || id->seq.items[3]->kind != FY_P_STR)
		return bad_id(u, "key or device is no text");
	FY_TRY(fy_loader_charge(
		u, loader, sizeof(*storage) + 2 * id->seq.items[2]->str.len + id->seq.items[3]->str.len));
	storage = FY_NEW(fy_unpickler_arena(u), fy_pstorage);
	fy_storage_class(id->seq.items[1]->global.name, &storage->dtype);
	if (!plain_text(u, id->seq.items[2], &storage->key) ||
	    !plain_text(u, id->seq.items[3], &storage->device))
		return bad_id(u, "key or device has a NUL");
	storage->numel = id->seq.items[4]->i;
	if (!fy_mul_size((size_t)storage->numel, fy_dtype_size(storage->dtype), &bytes) || bytes > INT64_MAX)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-overflow",
					 "storage of %" PRId64 " elements: the number of bytes overflows",
					 storage->numel);
	wanted = (fy_stored){ .dtype = storage->dtype, .bytes = bytes, .numel = storage->numel };
	name = fy_arena_printf(fy_unpickler_arena(u), "%s%s", loader->folder, storage->key);
	if (strcmp(storage->device, "meta") == 0)
		stored = &wanted;
	else if (loader->legacy || loader->no_data || bytes == 0)
		FY_TRY(find_elsewhere(u, loader, name, &wanted, &stored));
	else
		FY_TRY(find_in_zip(u, loader, name, &wanted, &stored));
	if (stored->bytes != bytes)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage",
					 "storage '%.200s' is said to have %" PRIu64 " and %zu bytes",
					 storage->key, stored->bytes, bytes);
	storage->storage = stored->storage;
	if (id->seq.count == 6)
		FY_TRY(read_view(u, id->seq.items[5], storage));
	*out = fy_unpickler_new(u, FY_P_STORAGE);
	(*out)->storage = storage;
	return FY_OK;
}
