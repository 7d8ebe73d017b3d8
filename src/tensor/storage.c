/*
 * Storages: the bytes that tensors view, owned or borrowed from a mapped file, counted by reference.
 */
#include "tensor/tensor_internal.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 }; /* one cache line: what vector kernels like best */

static _Thread_local size_t storage_limit = FY_ALLOC_MOST;

size_t fy_storage_set_limit(size_t bytes)
{
	size_t before = storage_limit;

	storage_limit = bytes < FY_ALLOC_MOST ? bytes : FY_ALLOC_MOST;
	return before;
}

/* NULL when the memory is not to be had. */
static uint8_t *aligned_block(size_t size)
{
	void *block;

	if (size > storage_limit || posix_memalign(&block, ALIGNMENT, size ? size : 1) != 0)
		return NULL;
	return block;
}

fy_storage *fy_storage_new(size_t size, bool zero)
{
	uint8_t *block = aligned_block(size);

	if (!block)
		return NULL;
	if (zero)
		memset(block, 0, size);
	fy_storage *storage = fy_zalloc(sizeof(*storage));
	*storage = (fy_storage){ .refs = 1, .size = size, .owned = block, .bytes = block };
	return storage;
}

fy_storage *fy_storage_borrow(const void *bytes, size_t size)
{
	fy_storage *storage = fy_zalloc(sizeof(*storage));

	*storage = (fy_storage){ .refs = 1, .size = size, .bytes = bytes };
	return storage;
}

fy_storage *fy_storage_ref(fy_storage *storage)
{
	FY_ASSERT(storage->refs > 0);
	storage->refs++;
	return storage;
}

void fy_storage_unref(fy_storage *storage)
{
	if (!storage)
		return;
	FY_ASSERT(storage->refs > 0);
	if (--storage->refs > 0)
		return;
	free(storage->owned);
	fy_free(storage);
}

void fy_storage_own(fy_storage *storage)
{
	if (storage->owned)
		return;
	uint8_t *block = aligned_block(storage->size);
	if (!block)
		fy_out_of_memory(storage->size);
	if (storage->size)
		memcpy(block, storage->bytes, storage->size);
	storage->owned = block;
	storage->bytes = block;
}

uint8_t *fy_storage_write(fy_storage *storage)
{
	fy_storage_own(storage);
	/* What is written to is no longer what the file holds. */
	storage->file = NULL;
	return storage->owned;
}
