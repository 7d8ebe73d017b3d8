/*
 * The zip directory: what is read, and that everything broken is refused with the right id.
 */
#include "archive_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct opened {
	fy_file file;
	fy_arena *arena;
	fy_diags diags;
	fy_zip *zip;
	fy_status status;
} opened;

/* In place: the zip points at the file. */
static void open_zip(opened *o, const builder *b)
{
	*o = (opened){ .file = file_of(b->file.data, b->file.len), .arena = fy_arena_new() };
	o->status = fy_zip_open(&o->zip, o->arena, &o->file, &o->diags);
}

static void drop(opened *o)
{
	if (o->status == FY_OK)
		fy_zip_close(o->zip);
	fy_diags_clear(&o->diags);
	fy_arena_free(o->arena);
	file_drop(&o->file);
}

static void expect_refused(builder *b, const char *id)
{
	opened o;

	open_zip(&o, b);
	assert_int_not_equal(o.status, FY_OK);
	assert_int_equal(o.diags.count, 1);
	assert_string_equal(o.diags.items[0].id, id);
	assert_string_equal(o.diags.items[0].place.file, "test.pt");
	drop(&o);
	builder_release(b);
}

static void add_two(builder *b)
{
	builder_text(b, "m/first", "first bytes");
	builder_text(b, "m/second", "second bytes");
}

static void reads_records(void **state)
{
	(void)state;
	for (int form = 0; form < 16; form++) {
		builder b = { .deflate = form & 1, .descriptors = form & 2, .unaligned = form & 4 };
		fy_zip_record *record;
		fy_str bytes;
		opened o;

		add_two(&b);
		builder_end(&b, form & 8);
		open_zip(&o, &b);
		assert_int_equal(o.status, FY_OK);
		assert_int_equal(o.zip->count, 2);
		assert_string_equal(o.zip->folder, "m");
		record = fy_zip_find(o.zip, "second");
		assert_non_null(record);
		assert_int_equal(record->deflated, form & 1);
		assert_int_equal(fy_zip_bytes(o.zip, record, &bytes, &o.diags), FY_OK);
		assert_true(fy_str_is(bytes, "second bytes"));
		if (!(form & 1))
			assert_ptr_equal(bytes.data, o.file.data + b.last_data);
		assert_true(record->crc_checked);
		assert_null(fy_zip_find(o.zip, "third"));
		drop(&o);
		builder_release(&b);
	}
}

static void finds_names_without_case(void **state)
{
	builder b = { 0 };
	opened o;

	(void)state;
	builder_text(&b, "m/Data.pkl", "1");
	builder_text(&b, "m/extra/a", "2");
	builder_text(&b, "m/extra/A", "3");
	builder_text(&b, "m/code/bb", "4");
	builder_text(&b, "m/code/BB", "5");
	builder_text(&b, "other/x", "6");
	builder_end(&b, false);
	open_zip(&o, &b);
	assert_int_equal(o.status, FY_OK);
	assert_ptr_equal(fy_zip_find(o.zip, "DATA.PKL"), &o.zip->records[0]);
	/* The exact name wins; two that differ in case only are ambiguous for a third spelling. */
	assert_ptr_equal(fy_zip_find(o.zip, "extra/A"), &o.zip->records[2]);
	assert_null(fy_zip_find(o.zip, "code/Bb"));
	assert_null(fy_zip_find(o.zip, "x"));
	assert_true(o.zip->records[5].outside);
	drop(&o);
	builder_release(&b);
	/* Other records may not differ in case only: PyTorch would find either. */
	b = (builder){ 0 };
	builder_text(&b, "m/data/a", "2");
	builder_text(&b, "m/data/A", "3");
	builder_end(&b, false);
	open_zip(&o, &b);
	assert_int_equal(o.status, FY_MALFORMED);
	drop(&o);
	builder_release(&b);
}

static void checks_crc_once_and_lazily(void **state)
{
	builder b = { .crc_lie = 1 };
	opened o;
	fy_str bytes;

	(void)state;
	builder_text(&b, "m/x", "bytes");
	builder_end(&b, false);
	open_zip(&o, &b);
	assert_int_equal(o.status, FY_OK);
	assert_true(fy_str_is(fy_zip_mapped(o.zip, o.zip->records), "bytes"));
	assert_int_equal(o.diags.count, 0);
	assert_int_equal(fy_zip_check_crc(o.zip, o.zip->records, &o.diags), FY_MALFORMED);
	assert_string_equal(o.diags.items[0].id, "zip-crc");
	assert_string_equal(o.diags.items[0].place.member, "x");
	assert_int_equal(fy_zip_bytes(o.zip, o.zip->records, &bytes, &o.diags), FY_MALFORMED);
	drop(&o);
	builder_release(&b);
}

static void refuses_wrong_deflate(void **state)
{
	static const int lies[] = { -1, 1 };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(lies); i++) {
		builder b = { .deflate = true, .size_lie = (uint32_t)lies[i] };
		fy_str bytes;
		opened o;

		builder_text(&b, "m/x", "some bytes that are deflated");
		builder_end(&b, false);
		open_zip(&o, &b);
		assert_int_equal(o.status, FY_OK);
		assert_int_equal(fy_zip_bytes(o.zip, o.zip->records, &bytes, &o.diags), FY_MALFORMED);
		assert_string_equal(o.diags.items[0].id, "zip-deflate");
		drop(&o);
		builder_release(&b);
	}
}

static void refuses_bombs(void **state)
{
	size_t size = (size_t)80 << 20;
	char *zeros = calloc(size, 1);
	builder b = { .deflate = true };
	fy_str bytes;
	opened o;

	(void)state;
	builder_add(&b, "m/x", zeros, size);
	builder_end(&b, false);
	free(zeros);
	open_zip(&o, &b);
	assert_int_equal(o.status, FY_OK);
	assert_int_equal(fy_zip_bytes(o.zip, o.zip->records, &bytes, &o.diags), FY_MALFORMED);
	assert_string_equal(o.diags.items[0].id, "zip-bomb");
	drop(&o);
	builder_release(&b);
}

static void refuses_overlaps(void **state)
{
	builder quoted = { 0 }, twice = { 0 };
	builder inner = { 0 };

	(void)state;
	/* A whole entry inside the data of another. */
	builder_text(&inner, "m/in", "inner");
	builder_add(&quoted, "m/out", inner.file.data, inner.file.len);
	builder_entry(&quoted, "m/in", (uint32_t)crc32(0, (const Bytef *)"inner", 5), 5, 5,
		      (uint32_t)quoted.last_data);
	builder_end(&quoted, false);
	expect_refused(&quoted, "zip-overlap");
	builder_release(&inner);
	/* Two names of one entry have to agree with the local header in name too. */
	builder_text(&twice, "m/x", "bytes");
	builder_entry(&twice, "m/y", (uint32_t)crc32(0, (const Bytef *)"bytes", 5), 5, 5, 0);
	builder_end(&twice, false);
	expect_refused(&twice, "zip-name");
}

static void refuses_names(void **state)
{
	static const struct {
		const char *first, *second, *id;
	} cases[] = {
		{ "nofolder", "m/x", "zip-name" },    { "m/x", "m/x", "zip-duplicate" },
		{ "m/../x", "m/y", "zip-name" },      { "m/..", "m/y", "zip-name" },
		{ "m/x", "/etc/passwd", "zip-name" }, { "m/x", "", "zip-name" },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		builder b = { 0 };

		builder_text(&b, cases[i].first, "1");
		builder_text(&b, cases[i].second, "2");
		builder_end(&b, false);
		expect_refused(&b, cases[i].id);
	}
}

/* One byte range of the finished file is overwritten. */
static void refuses_broken_fields(void **state)
{
	enum { IN_DIRECTORY, IN_HEADER, IN_END };
	static const struct {
		int where, at, size;
		uint32_t value;
		const char *id;
	} cases[] = {
		{ IN_DIRECTORY, 0, 4, 0, "zip-directory" },
		{ IN_DIRECTORY, 8, 2, 1, "zip-encrypted" },
		{ IN_DIRECTORY, 10, 2, 14, "zip-method" },
		{ IN_DIRECTORY, 20, 4, 5000, "zip-size" },
		{ IN_DIRECTORY, 24, 4, 7, "zip-size" },
		{ IN_DIRECTORY, 28, 2, 60000, "zip-directory" },
		{ IN_DIRECTORY, 30, 2, 60000, "zip-directory" },
		{ IN_DIRECTORY, 42, 4, 0x7fffffff, "zip-offset" },
		{ IN_DIRECTORY, 42, 4, 3, "zip-offset" },
		{ IN_HEADER, 0, 4, 0, "zip-offset" },
		{ IN_HEADER, 14, 4, 1, "zip-size" },
		{ IN_HEADER, 26, 2, 60000, "zip-offset" },
		{ IN_HEADER, 26, 2, 7, "zip-name" },
		{ IN_HEADER, 28, 2, 60000, "zip-offset" },
		{ IN_END, 4, 2, 1, "zip-directory" },
		{ IN_END, 8, 2, 1, "zip-directory" },
		{ IN_END, 8, 4, 0, "zip-empty" },
		{ IN_END, 8, 4, 0x00010001, "zip-directory" },
		{ IN_END, 8, 4, 0x00030003, "zip-directory" },
		{ IN_END, 12, 4, 0x7fffffff, "zip-directory" },
		{ IN_END, 16, 4, 0xfffffff0, "zip-directory" },
		{ IN_END, 20, 2, 9, "zip-truncated" },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		builder b = { 0 };
		size_t base;

		add_two(&b);
		base = cases[i].where == IN_DIRECTORY ? b.file.len + b.last_directory
		       : cases[i].where == IN_HEADER  ? b.last_header
						      : b.file.len + b.directory.len;
		builder_end(&b, false);
		for (int k = 0; k < cases[i].size; k++)
			b.file.data[base + (size_t)cases[i].at + (size_t)k] = (char)(cases[i].value >> 8 * k);
		expect_refused(&b, cases[i].id);
	}
}

static void refuses_broken_zip64(void **state)
{
	/* Offsets from the zip64 end record: sizes, offset, locator. */
	static const struct {
		int at;
		uint64_t value;
	} cases[] = { { 0, 0 },
		      { 4, 1 },
		      { 24, 1 },
		      { 32, (uint64_t)1 << 60 },
		      { 40, UINT64_MAX },
		      { 48, UINT64_MAX - 5 },
		      { 64, UINT64_MAX - 3 },
		      { 64, 1 } };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		builder b = { 0 };
		opened o;
		size_t at;

		add_two(&b);
		at = b.file.len + b.directory.len + (size_t)cases[i].at;
		builder_end(&b, true);
		for (int k = 0; k < 8; k++)
			b.file.data[at + (size_t)k] = (char)(cases[i].value >> 8 * k);
		open_zip(&o, &b);
		assert_int_equal(o.status, FY_MALFORMED);
		drop(&o);
		builder_release(&b);
	}
}

static void tolerates_surroundings(void **state)
{
	builder comment = { 0 }, junk = { 0 };
	opened o;

	(void)state;
	/* The comment holds the signature of an end record. */
	add_two(&comment);
	builder_end(&comment, false);
	comment.file.data[comment.file.len - 2] = 30;
	PUT(&comment.file, "PK\x05\x06 with 26 bytes behind it..");
	open_zip(&o, &comment);
	assert_int_equal(o.status, FY_OK);
	drop(&o);
	builder_release(&comment);
	/* Bytes after the archive. */
	add_two(&junk);
	builder_end(&junk, true);
	fy_buf_puts(&junk.file, "trailing junk");
	open_zip(&o, &junk);
	assert_int_equal(o.status, FY_OK);
	drop(&o);
	builder_release(&junk);
}

/* All lengths and starts around the sizes that are folded, continued or not, against zlib. */
static void checksums(void **state)
{
	uint8_t bytes[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i * 31 + i / 7);
	for (size_t start = 0; start < 20; start++)
		for (size_t len = 0; len < 900; len++) {
			uint32_t before = (uint32_t)(len * 2654435761u);

			assert_int_equal(fy_zip_crc(0, bytes + start, len), crc32_z(0, bytes + start, len));
			assert_int_equal(fy_zip_crc(before, bytes + start, len),
					 crc32_z(before, bytes + start, len));
		}
	assert_int_equal(fy_zip_crc(0, "123456789", 9), 0xcbf43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums),
		cmocka_unit_test(reads_records),
		cmocka_unit_test(finds_names_without_case),
		cmocka_unit_test(checks_crc_once_and_lazily),
		cmocka_unit_test(refuses_wrong_deflate),
		cmocka_unit_test(refuses_bombs),
		cmocka_unit_test(refuses_overlaps),
		cmocka_unit_test(refuses_names),
		cmocka_unit_test(refuses_broken_fields),
		cmocka_unit_test(refuses_broken_zip64),
		cmocka_unit_test(tolerates_surroundings),
	};

	return cmocka_run_group_tests_name("archive zip", tests, NULL, NULL);
}
