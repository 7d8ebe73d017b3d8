/*
 * Files that are no plain TorchScript archive: legacy checkpoints are read, other kinds recognised.
 */
#include "archive_session.h"

/* ---- legacy checkpoints ---- */

static void build_legacy(fy_buf *p, bool little)
{
	PUT(p, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
	PUT(p, "\x80\x02M\xe9\x03.");
	PUT(p, "\x80\x02}");
	put_sized(p, "little_endian");
	fy_buf_puts(p, little ? "\x88s." : "\x89s.");
	PUT(p, "\x80\x02}(");
	put_sized(p, "w");
	fy_buf_puts(p, "ctorch._utils\n_rebuild_tensor_v2\n((");
	put_sized(p, "storage");
	fy_buf_puts(p, "ctorch\nFloatStorage\n");
	put_sized(p, "140");
	put_sized(p, "cpu");
	PUT(p, "K\x03NtQK\x01K\x02\x85K\x01\x85\x89NtRu.");
	PUT(p, "\x80\x02]");
	put_sized(p, "140");
	fy_buf_puts(p, "a.");
	put64(p, 3);
	PUT(p, "\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40");
}

static void opens_legacy_checkpoints(void **state)
{
	fy_buf p = { 0 };
	const fy_tensor *w;
	session s;

	(void)state;
	build_legacy(&p, true);
	s = open_file(p.data, p.len);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->kind, FY_KIND_LEGACY_CHECKPOINT);
	w = fy_pdict_get(s.archive->root, "w")->tensor->tensor;
	assert_true(fy_tensor_get_f64(w, 0) == 2.0 && fy_tensor_get_f64(w, 1) == 3.0);
	assert_int_equal(w->storage->file_offset, p.len - 12);
	drop(&s);
	for (size_t size = 0; size < p.len; size++) {
		s = open_file(p.data, size);
		assert_true(s.status == FY_MALFORMED || s.status == FY_USAGE);
		assert_int_equal(s.diags.count, 1);
		drop(&s);
	}
	survives_flips(&(builder){ .file = p }, 1);
	fy_buf_release(&p);
	build_legacy(&p, false);
	expect(open_file(p.data, p.len), FY_UNSUPPORTED, "byte-order", NULL);
	fy_buf_release(&p);
}

/* ---- kinds ---- */

static void recognises_kinds(void **state)
{
	static const struct {
		const char *record;
		fy_file_kind kind;
		fy_status status;
	} zips[] = {
		{ "m/model.json", FY_KIND_LEGACY_SCRIPT, FY_UNSUPPORTED },
		{ "m/archive_format", FY_KIND_EXPORT_PACKAGE, FY_UNSUPPORTED },
		{ "m/models/model.json", FY_KIND_EXPORT_PACKAGE, FY_UNSUPPORTED },
		{ "m/.data/extern_modules", FY_KIND_TORCH_PACKAGE, FY_UNSUPPORTED },
		{ "m/other", FY_KIND_ZIP, FY_USAGE },
	};
	static const struct {
		const char *bytes;
		size_t size;
		fy_file_kind kind;
		fy_status status;
	} plain[] = {
		{ BYTES("\x10\0\0\0PTMF...."), FY_KIND_FLATBUFFER, FY_UNSUPPORTED },
		{ BYTES("\x93NUMPY\x01\0...."), FY_KIND_NPY, FY_USAGE },
		{ BYTES("\x02\0\0\0\0\0\0\0{}"), FY_KIND_SAFETENSORS, FY_UNSUPPORTED },
		{ BYTES("\x08\x07\x12\x02hi\x3a\x00"), FY_KIND_ONNX, FY_USAGE },
		{ BYTES("just some text"), FY_KIND_UNKNOWN, FY_USAGE },
		{ BYTES("version https://git-lfs.github.com/spec/v1\n"), FY_KIND_UNKNOWN, FY_USAGE },
		{ BYTES("\x80\x02N."), FY_KIND_PICKLE, FY_OK },
		{ BYTES("PK\x03\x04"), FY_KIND_ZIP, FY_MALFORMED },
		{ BYTES(""), FY_KIND_UNKNOWN, FY_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(zips); i++) {
		builder b = { 0 };
		fy_file file;

		builder_text(&b, zips[i].record, "{}");
		builder_end(&b, false);
		file = file_of(b.file.data, b.file.len);
		assert_int_equal(fy_sniff(&file), zips[i].kind);
		file_drop(&file);
		expect(open_built(&b), zips[i].status, "file-kind", NULL);
	}
	for (size_t i = 0; i < FY_COUNT(plain); i++) {
		fy_file file = file_of(plain[i].bytes, plain[i].size);

		assert_int_equal(fy_sniff(&file), plain[i].kind);
		file_drop(&file);
		expect(open_file(plain[i].bytes, plain[i].size), plain[i].status, NULL, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_legacy_checkpoints),
		cmocka_unit_test(recognises_kinds),
	};

	return cmocka_run_group_tests_name("archive kinds", tests, NULL, NULL);
}
