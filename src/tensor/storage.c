/*
 * Storages: the bytes that tensors view, owned or borrowed from a mapped file, counted by reference.
 */
#include "tensor/tensor_internal.h"

#include <string.h>

enum {
	ALIGNMENT = 64,          /* one cache line: what vector kernels like best */
	LARGE = 64 * 1024 * 1024 /* may be too much to ask for; without less there is no going on */
};

static _Thread_local size_t storage_limit = FY_ALLOC_MOST;

size_t fy_storage_set_limit(size_t bytes)
{
	size_t before = storage_limit;

	storage_limit = bytes < FY_ALLOC_MOST ? bytes : FY_ALLOC_MOST;
	return before;
}

/* The aligned part of a block. */
static uint8_t *aligned(uint8_t *block)
{
	return block + (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT;
}

static uint8_t *new_block(size_t size, bool zero)
{
	return size <= storage_limit ? fy_try_alloc(size + ALIGNMENT, zero) : NULL;
}

fy_storage *fy_storage_new(size_t size, bool zero)
{
	uint8_t *block = new_block(size, zero);

	if (!block && size < LARGE && size <= storage_limit)
		fy_out_of_memory();
	if (!block)
		return NULL;
	fy_storage *storage = fy_zalloc(sizeof(*storage));
	*storage = (fy_storage){ .refs = 1, .size = size, .block = block, .owned = aligned(block) };
	storage->bytes = storage->owned;
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
	fy_free(storage->block);
	fy_free(storage);
}

void fy_storage_own(fy_storage *storage)
{
	if (storage->owned)
		return;
	storage->block = new_block(storage->size, false);
	if (!storage->block)
		fy_out_of_memory();
	storage->owned = aligned(storage->block);
	if (storage->size)
		memcpy(storage->owned, storage->bytes, storage->size);
	storage->bytes = storage->owned;
}

uint8_t *fy_storage_write(fy_storage *storage)
{
	fy_storage_own(storage);
	/* What is written to is no longer what the file holds. */
	storage->file = NULL;
	return storage->owned;
}
