/*
 * Any bytes as a pickle: as a file of their own (bare or in the container of old checkpoints), as data.pkl of
 * a checkpoint and as data.pkl, constants.pkl and traced_inputs.pkl of a TorchScript archive.
 */
#include "fuzz.h"

#include "../unit/archive_builder.h"

static void read_tensors(const fy_archive *archive, const fy_pvalue *root)
{
	fy_named_tensor *tensors;
	size_t count;
	double sum = 0;

	fy_archive_tensors(archive, root, &tensors, &count);
	for (size_t i = 0; i < count && i < 100; i++)
		if (tensors[i].tensor->storage)
			for (int64_t k = 0; k < fy_tensor_numel(tensors[i].tensor) && k < 100; k++)
				sum += fy_tensor_get_f64(tensors[i].tensor, k);
	fuzz_read(&sum, sizeof(sum));
}

static void open_file(const void *bytes, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_archive *archive = NULL;
	fy_status status = fy_archive_open_bytes(&archive, arena, bytes, size, "fuzz.pt", 0, &diags);

	fuzz_judge(status, &diags);
	if (status == FY_OK) {
		fy_buf text = { 0 };
		fy_pvalue *traced;

		fy_buf_put_pvalue(&text, archive->root);
		fy_buf_release(&text);
		read_tensors(archive, archive->root);
		if (archive->constants.root)
			read_tensors(archive, archive->constants.root);
		status = fy_archive_traced_inputs(archive, &traced, &diags);
		if (status == FY_OK && traced)
			read_tensors(archive, traced);
		if (status == FY_OK)
			status = fy_archive_check_all(archive, &diags);
		fuzz_judge(status, &diags);
	}
	fy_archive_close(archive);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

/* `record` holds the bytes, the other records are sound. */
static void open_within(const char *record, bool script, const uint8_t *data, size_t size)
{
	static const float weights[] = { 1, 2, 3, 4 };
	builder b = { .unaligned = true };
	fy_buf minimal = { 0 };

	if (script) {
		put_minimal_pickle(&minimal);
		builder_text(&b, "m/version", "3\n");
		builder_text(&b, "m/code/__torch__.py", MINIMAL_SOURCE);
		if (strcmp(record, "m/data.pkl") != 0)
			builder_add(&b, "m/data.pkl", minimal.data, minimal.len);
		if (strcmp(record, "m/constants.pkl") != 0)
			builder_add(&b, "m/constants.pkl", BYTES("\x80\x02)."));
		builder_add(&b, "m/constants/0", weights, sizeof(weights));
	}
	builder_add(&b, record, data, size);
	builder_add(&b, "m/data/0", weights, sizeof(weights));
	builder_add(&b, "m/data/1", weights, sizeof(weights) / 2);
	builder_end(&b, false);
	open_file(b.file.data, b.file.len);
	fy_buf_release(&minimal);
	builder_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_file(data, size);
	open_within("m/data.pkl", false, data, size);
	open_within("m/data.pkl", true, data, size);
	open_within("m/constants.pkl", true, data, size);
	open_within("m/traced_inputs.pkl", true, data, size);
	return 0;
}
