/*
 * Persistent ids of PyTorch's pickles: each names a storage by key. One key is one storage, so that tensors
 * that share memory go on sharing it. Bytes of stored records stay in the map, at whatever address; they are
 * copied only when they are deflated or big-endian. Must not know tensors.
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

/* Complex numbers are two numbers. */
static void swap_bytes(uint8_t *bytes, uint64_t size, fy_dtype dtype)
{
	size_t item = fy_dtype_size(dtype) / (fy_dtype_is_complex(dtype) ? 2 : 1);

	for (uint64_t at = 0; item > 1 && at + item <= size; at += item)
		for (size_t i = 0; i < item / 2; i++) {
			uint8_t low = bytes[at + i];

			bytes[at + i] = bytes[at + item - 1 - i];
			bytes[at + item - 1 - i] = low;
		}
}

/* Bytes that cannot stay where they are: the record has to be unpacked, or its elements turned round. The
 * limit of the zip is checked before memory is taken. */
static fy_status copy_record(fy_unpickler *u, fy_loader *loader, fy_zip_record *record,
			     const fy_stored *wanted, fy_storage **out)
{
	fy_storage *storage;
	fy_str bytes;

	FY_TRY(fy_zip_bytes(loader->archive->zip, record, &bytes, fy_unpickler_diags(u)));
	storage = fy_storage_new((size_t)wanted->bytes, false);
	if (!storage)
		return no_memory(u, wanted->bytes);
	memcpy(fy_storage_write(storage), bytes.data, (size_t)wanted->bytes);
	if (loader->swapped)
		swap_bytes(fy_storage_write(storage), wanted->bytes, wanted->dtype);
	storage->record = record->name;
	*out = storage;
	return FY_OK;
}

static fy_status read_record(fy_unpickler *u, fy_loader *loader, fy_zip_record *record,
			     const fy_stored *wanted, fy_storage **out)
{
	fy_storage *storage;

	if (record->deflated || loader->swapped)
		return copy_record(u, loader, record, wanted, out);
	storage = fy_storage_borrow(fy_zip_mapped(loader->archive->zip, record).data, (size_t)wanted->bytes);
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
	if (record->size != wanted->bytes)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage",
					 "record '%.200s' holds %" PRIu64 " bytes, its storage has %" PRIu64,
					 name, record->size, wanted->bytes);
	FY_TRY(read_record(u, loader, record, wanted, &wanted->storage));
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

/* Every mention of a storage says the same of it. Bytes without a type go with any. */
static fy_status check_same(fy_unpickler *u, const fy_pstorage *storage, fy_stored *stored,
			    const fy_stored *wanted)
{
	if (stored->bytes != wanted->bytes)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-storage",
					 "storage '%.200s' is said to have %" PRIu64 " and %" PRIu64 " bytes",
					 storage->key, stored->bytes, wanted->bytes);
	if (stored->typed && wanted->typed && stored->dtype != wanted->dtype)
		return fy_unpickler_fail(u, FY_MALFORMED, "tensor-dtype",
					 "storage '%.200s' is said to hold %s and %s", storage->key,
					 fy_dtype_name(stored->dtype), fy_dtype_name(wanted->dtype));
	if (wanted->typed)
		stored->dtype = wanted->dtype;
	stored->typed |= wanted->typed;
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
	wanted = (fy_stored){ .dtype = storage->dtype,
			      .typed = strcmp(id->seq.items[1]->global.name, "UntypedStorage") != 0,
			      .bytes = bytes,
			      .numel = storage->numel };
	name = fy_arena_printf(fy_unpickler_arena(u), "%s%s", loader->folder, storage->key);
	if (strcmp(storage->device, "meta") == 0)
		stored = &wanted;
	else if (loader->legacy || loader->no_data || bytes == 0)
		FY_TRY(find_elsewhere(u, loader, name, &wanted, &stored));
	else
		FY_TRY(find_in_zip(u, loader, name, &wanted, &stored));
	FY_TRY(check_same(u, storage, stored, &wanted));
	storage->storage = stored->storage;
	if (id->seq.count == 6)
		FY_TRY(read_view(u, id->seq.items[5], storage));
	*out = fy_unpickler_new(u, FY_P_STORAGE);
	(*out)->storage = storage;
	return FY_OK;
}
