/*
 * Any bytes as a zip file: its kind, its directory, every record unpacked.
 */
#include "fuzz.h"

#include "archive/archive.h"

static void read_records(fy_zip *zip)
{
	for (size_t i = 0; i < zip->count; i++) {
		fy_zip_record *record = &zip->records[i];
		fy_diags diags = { 0 };
		fy_str bytes;

		FY_ASSERT(record->offset <= zip->file->size &&
			  record->packed <= zip->file->size - record->offset);
		if (!record->outside)
			FY_ASSERT(fy_zip_find(zip, record->name) == record);
		fy_status status = fy_zip_bytes(zip, record, &bytes, &diags);
		fuzz_judge(status, &diags);
		if (status == FY_OK) {
			FY_ASSERT(bytes.len == record->size && record->crc_checked);
			fuzz_read(bytes.data, bytes.len);
		}
		fy_diags_clear(&diags);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_file file = fy_file_of_bytes(data, size, "fuzz.zip");
	fy_diags diags = { 0 };
	fy_zip *zip = NULL;

	fuzz_read(fy_sniff_name(fy_sniff(&file)), 1);
	fy_status status = fy_zip_open(&zip, arena, &file, &diags);
	fuzz_judge(status, &diags);
	if (status == FY_OK) {
		read_records(zip);
		fy_zip_close(zip);
	}
	fy_diags_clear(&diags);
	fy_file_close(&file);
	fy_arena_free(arena);
	return 0;
}
