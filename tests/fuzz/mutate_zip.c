/*
 * For fuzz_zip and fuzz_convert: one record of a zip file changes, goes or comes twice; checksums, sizes and
 * offsets are made right again. What is no zip file is changed blindly.
 */
#include "mutate.h"

#include "../unit/archive_builder.h"

enum { CHANGE, DROP, REPEAT, CHANGE_METHOD, EDIT_COUNT };

/* The bytes of a record in a block with room for max_size; NULL when they cannot be had. */
static uint8_t *record_bytes(fy_zip *zip, fy_zip_record *record, size_t max_size)
{
	fy_diags diags = { 0 };
	fy_str bytes;
	uint8_t *copy = NULL;

	if (record->size > max_size)
		return NULL;
	if (!record->deflated)
		bytes = fy_zip_mapped(zip, record);
	else if (fy_zip_bytes(zip, record, &bytes, &diags) != FY_OK)
		bytes = (fy_str){ 0 };
	fy_diags_clear(&diags);
	if (!bytes.data)
		return NULL;
	copy = malloc(max_size);
	if (copy && bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return copy;
}

static size_t change(const fy_zip_record *record, uint8_t *bytes, size_t max_size, uint32_t *state)
{
	if (fy_ends_with(record->name, ".py") && mutate_random(state, 3) != 0)
		return mutate_text(bytes, record->size, max_size, state);
	return LLVMFuzzerMutate(bytes, record->size, max_size);
}

static void put_record(builder *b, fy_zip *zip, fy_zip_record *record, bool chosen, size_t max_size,
		       uint32_t *state)
{
	const char *name = record->outside ? record->name
					   : fy_arena_printf(zip->arena, "%s/%s", zip->folder, record->name);
	uint8_t *bytes = record_bytes(zip, record, max_size);
	size_t size = record->size, edit = chosen ? mutate_random(state, 4 * EDIT_COUNT) : DROP;

	if (!bytes || (chosen && edit == DROP)) {
		free(bytes);
		return;
	}
	b->deflate = record->deflated;
	if (chosen && edit == CHANGE_METHOD)
		b->deflate = !b->deflate;
	if (chosen && edit == REPEAT)
		builder_add(b, name, bytes, size);
	if (chosen && edit != REPEAT && edit != CHANGE_METHOD)
		size = change(record, bytes, max_size, state);
	builder_add(b, name, bytes, size);
	free(bytes);
}

/* Pickles and code are what is worth changing. */
static size_t choose(const fy_zip *zip, uint32_t *state)
{
	size_t chosen = 0;

	for (int tries = 0; tries < 4; tries++) {
		chosen = mutate_random(state, zip->count);
		const char *name = zip->records[chosen].name;
		if (fy_ends_with(name, ".pkl") || fy_ends_with(name, ".py"))
			break;
	}
	return chosen;
}

static size_t rebuild(fy_zip *zip, uint8_t *data, size_t max_size, uint32_t *state)
{
	size_t chosen = choose(zip, state), size = 0;
	builder b = { .unaligned = true, .descriptors = mutate_random(state, 8) == 0 };

	for (size_t i = 0; i < zip->count; i++)
		put_record(&b, zip, &zip->records[i], i == chosen, max_size, state);
	builder_end(&b, mutate_random(state, 16) == 0);
	if (b.file.len <= max_size) {
		size = b.file.len;
		memcpy(data, b.file.data, size);
	}
	builder_release(&b);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	uint32_t state = seed;
	size_t rebuilt = 0;

	if (mutate_random(&state, 4) != 0) {
		fy_arena *arena = fy_arena_new();
		fy_file file = fy_file_of_bytes(data, size, "fuzz.zip");
		fy_diags diags = { 0 };
		fy_zip *zip;

		if (fy_zip_open(&zip, arena, &file, &diags) == FY_OK) {
			if (zip->count > 0)
				rebuilt = rebuild(zip, data, max_size, &state);
			fy_zip_close(zip);
		}
		fy_diags_clear(&diags);
		fy_file_close(&file);
		fy_arena_free(arena);
	}
	return rebuilt ? rebuilt : LLVMFuzzerMutate(data, size, max_size);
}
