/*
 * Ten small files, broken in every simple way: each cut and each flipped bit. Nothing may crash, and no cut
 * file may be taken for a whole one. What is still readable is converted. Checksums stop most of the flips in
 * archives, so bits of pickles and code are flipped before they are packed, too. Sanitizer builds take every
 * 7th bit only.
 */
#include "archive_builder.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#ifdef FY_SANITIZE
enum { STEP = 7 };
#else
enum { STEP = 1 };
#endif
enum { MOST = 3000 };

typedef struct seed {
	const char *path;
	const char *input; /* to convert it with; NULL: weights, or an ONNX model */
} seed;

static const seed seeds[] = {
	{ "tests/models/control/shared/model.pt", "2x3" },
	{ "tests/models/control/forked/model.pt", "2x3" },
	{ "tests/models/control/if_nested/model.pt", "2x3" },
	{ "tests/models/control/masked_write/model.pt", "2x3" },
	{ "tests/models/checkpoint/model.pth", NULL },
	{ "tests/fuzz/seeds/zip/streamed_deflated", NULL },
	{ "tests/fuzz/seeds/pickle/legacy_state", NULL },
	{ "tests/fuzz/seeds/pickle/containers_5", NULL },
	{ "tests/fuzz/seeds/onnx/norms", NULL },
	{ "tests/fuzz/seeds/onnx/loop", NULL },
};

/* ---- reading ------------------------------------------------------------------------------------- */

static fy_status lower_and_write(fy_conversion *conversion, const fy_model *model, fy_diags *diags)
{
	const fy_convert_options options = { 0 };
	const fy_onnx_write_options writing = { .value_info = true };
	fy_buf file = { 0 };
	fy_status status = fy_conversion_lower(conversion, model, &options, diags);

	if (status == FY_OK)
		status = fy_onnx_write_buf(conversion->graph, &file, &writing, diags);
	fy_buf_release(&file);
	return status;
}

static fy_status convert(fy_model *model, const char *input, fy_diags *diags)
{
	const fy_convert_options options = { 0 };
	const fy_input_spec spec = { .text = input };
	fy_conversion conversion;
	fy_inputs inputs;

	FY_TRY(fy_program_bind(&model->program, model->arena, model->archive, fy_eval_is_builtin, diags));
	FY_TRY(fy_inputs_bind(&inputs, model, &spec, 1, diags));
	fy_status status = fy_model_capture(&conversion, model, &inputs, &options, diags);
	if (status == FY_OK) {
		status = lower_and_write(&conversion, model, diags);
		fy_conversion_release(&conversion);
	}
	fy_inputs_release(&inputs);
	return status;
}

static fy_status read_archive(fy_arena *arena, const void *bytes, size_t size, const char *input,
			      fy_diags *diags)
{
	fy_model model = { .kind = FY_MODEL_PROGRAM,
			   .path = "seed",
			   .called = "seed",
			   .arena = arena,
			   .method = "forward" };
	fy_status status = open_bytes(&model.archive, arena, bytes, size, diags);

	if (status == FY_OK)
		status = fy_archive_check_all(model.archive, diags);
	if (status == FY_OK && model.archive->kind == FY_KIND_TORCHSCRIPT && input)
		status = convert(&model, input, diags);
	fy_archive_close(model.archive);
	return status;
}

static fy_status read_onnx(fy_arena *arena, const void *bytes, size_t size, fy_diags *diags)
{
	const fy_onnx_write_options writing = { .value_info = true };
	fy_buf file = { 0 };
	fy_graph *graph;

	FY_TRY(fy_onnx_read(&graph, arena, fy_arena_copy(arena, bytes, size), size, "seed", diags));
	fy_status status = fy_onnx_check(graph, diags);
	if (status == FY_OK)
		status = fy_onnx_write_buf(graph, &file, &writing, diags);
	fy_buf_release(&file);
	fy_graph_release(graph);
	return status;
}

/* Whatever comes out, it comes with a reason. */
static fy_status read_seed(const seed *s, const void *bytes, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_status status = strstr(s->path, "/onnx/") ? read_onnx(arena, bytes, size, &diags)
						     : read_archive(arena, bytes, size, s->input, &diags);

	if ((status == FY_OK) != (diags.errors == 0))
		fail_msg("%s: status %d with %zu errors", s->path, status, diags.errors);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	return status;
}

static size_t load(const seed *s, uint8_t bytes[MOST])
{
	FILE *file = fopen(s->path, "rb");
	assert_non_null(file);
	size_t size = fread(bytes, 1, MOST, file);
	assert_true(feof(file));
	fclose(file);
	return size;
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void whole(void **state)
{
	uint8_t bytes[MOST];
	(void)state;
	for (size_t i = 0; i < FY_COUNT(seeds); i++) {
		size_t size = load(&seeds[i], bytes);
		if (read_seed(&seeds[i], bytes, size) != FY_OK)
			fail_msg("%s cannot be read", seeds[i].path);
	}
}

static void cut(void **state)
{
	uint8_t bytes[MOST];
	(void)state;
	for (size_t i = 0; i < FY_COUNT(seeds); i++) {
		size_t size = load(&seeds[i], bytes);
		for (size_t kept = 0; kept < size; kept++)
			if (read_seed(&seeds[i], bytes, kept) == FY_OK)
				fail_msg("%s cut to %zu of %zu bytes is taken", seeds[i].path, kept, size);
	}
}

static void flip(uint8_t *bytes, size_t bit)
{
	bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
}

static void flipped(void **state)
{
	uint8_t bytes[MOST];
	(void)state;
	for (size_t i = 0; i < FY_COUNT(seeds); i++) {
		size_t size = load(&seeds[i], bytes);
		for (size_t bit = 0; bit < 8 * size; bit += STEP) {
			flip(bytes, bit);
			(void)read_seed(&seeds[i], bytes, size);
			flip(bytes, bit);
		}
	}
}

/* The archive anew, with one bit of record `changed` flipped. */
static void pack(builder *b, fy_zip *zip, size_t changed, size_t bit)
{
	b->unaligned = true;
	for (size_t i = 0; i < zip->count; i++) {
		uint8_t copy[MOST];
		fy_str bytes;
		assert_int_equal(fy_zip_bytes(zip, &zip->records[i], &bytes, NULL), FY_OK);
		assert_true(bytes.len < MOST);
		memcpy(copy, bytes.data, bytes.len);
		if (i == changed)
			flip(copy, bit);
		builder_add(b, fy_arena_printf(zip->arena, "m/%s", zip->records[i].name), copy, bytes.len);
	}
	builder_end(b, false);
}

static void flip_inside(const seed *s, fy_zip *zip, size_t record)
{
	for (size_t bit = 0; bit < 8 * zip->records[record].size; bit += STEP) {
		builder b = { 0 };
		pack(&b, zip, record, bit);
		(void)read_seed(s, b.file.data, b.file.len);
		builder_release(&b);
	}
}

static void flipped_inside(void **state)
{
	uint8_t bytes[MOST];
	(void)state;
	for (size_t i = 0; i < FY_COUNT(seeds) && seeds[i].input; i++) {
		fy_arena *arena = fy_arena_new();
		fy_diags diags = { 0 };
		fy_file file = fy_file_of_bytes(bytes, load(&seeds[i], bytes), "seed");
		fy_zip *zip;
		assert_int_equal(fy_zip_open(&zip, arena, &file, &diags), FY_OK);
		for (size_t r = 0; r < zip->count; r++)
			if (fy_ends_with(zip->records[r].name, ".pkl") ||
			    fy_ends_with(zip->records[r].name, ".py"))
				flip_inside(&seeds[i], zip, r);
		fy_zip_close(zip);
		fy_file_close(&file);
		fy_arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut),
		cmocka_unit_test(flipped),
		cmocka_unit_test(flipped_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
