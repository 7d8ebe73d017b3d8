/*
 * TorchScript archives and checkpoints as a whole: the smallest one by hand, what its values become, and
 * what happens when it is broken.
 */
#include "archive_session.h"

/* ---- TorchScript ---- */

static void opens_the_minimal_archive(void **state)
{
	fy_named_tensor *tensors;
	builder b = { 0 };
	fy_pvalue *traced;
	const fy_tensor *w;
	size_t count;
	session s;

	(void)state;
	build_minimal(&b);
	builder_end(&b, false);
	assert_int_equal(b.file.len, 1083);
	s = open_built(&b);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->kind, FY_KIND_TORCHSCRIPT);
	assert_int_equal(s.archive->version, 3);
	assert_int_equal(fy_archive_constant_count(s.archive), 0);
	assert_int_equal(s.archive->code_count, 1);
	assert_string_equal(s.archive->code[0].qualifier, "__torch__");
	assert_true(fy_str_is(fy_archive_code(s.archive, fy_str_of("__torch__"))->source, MINIMAL_SOURCE));
	assert_string_equal(s.archive->root->object->class_name, "__torch__.M");
	assert_true(fy_pobject_get(s.archive->root, "training")->b);
	fy_archive_tensors(s.archive, s.archive->root, &tensors, &count);
	assert_int_equal(count, 1);
	assert_string_equal(tensors[0].path, "w");
	w = tensors[0].tensor;
	assert_int_equal(w->dtype, FY_F32);
	assert_int_equal(w->shape.rank, 2);
	assert_int_equal(w->storage->file_offset, 320);
	assert_ptr_equal(w->storage->bytes, s.archive->file.data + 320);
	assert_string_equal(w->storage->record, "data/0");
	assert_true(fy_tensor_get_f64(w, 3) == 4.0);
	assert_true(tensors[0].value->tensor->requires_grad);
	assert_int_equal(fy_archive_check_data(s.archive, w, &s.diags), FY_OK);
	assert_int_equal(fy_archive_traced_inputs(s.archive, &traced, &s.diags), FY_OK);
	assert_null(traced);
	drop(&s);
}

static void refuses_every_truncation(void **state)
{
	builder b = { 0 };

	(void)state;
	build_minimal(&b);
	builder_end(&b, false);
	for (size_t size = 0; size < b.file.len; size++) {
		session s = open_file(b.file.data, size);

		assert_true(s.status == FY_MALFORMED || s.status == FY_USAGE);
		assert_int_equal(s.diags.count, 1);
		drop(&s);
	}
	builder_release(&b);
}

static void survives_every_flip(void **state)
{
	builder b = { 0 };

	(void)state;
	build_minimal(&b);
	builder_end(&b, false);
	survives_flips(&b, 1);
	builder_release(&b);
}

static void reads_versions(void **state)
{
	static const struct {
		const char *text;
		fy_status status;
		int version;
	} cases[] = { { "10\n", FY_OK, 10 },
		      { " 3", FY_OK, 3 },
		      { " 3 ", FY_OK, 3 },
		      { "3.5", FY_MALFORMED, 0 },
		      { "3 and more", FY_MALFORMED, 0 },
		      { "10\r\n", FY_OK, 10 },
		      { "1", FY_OK, 1 },
		      { "0\n", FY_MALFORMED, 0 },
		      { "11\n", FY_UNSUPPORTED, 0 },
		      { "abc\n", FY_MALFORMED, 0 },
		      { "", FY_MALFORMED, 0 },
		      { "-3\n", FY_MALFORMED, 0 },
		      { "999999999999999999999", FY_UNSUPPORTED, 0 } };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		builder b = { 0 };
		session s;

		build_minimal(&b);
		builder_text(&b, "m/.data/version", cases[i].text);
		builder_end(&b, true);
		s = open_built(&b);
		assert_int_equal(s.status, cases[i].status);
		if (s.status == FY_OK)
			assert_int_equal(s.archive->version, cases[i].version);
		else
			assert_string_equal(s.diags.items[0].place.member, ".data/version");
		drop(&s);
	}
}

/* An archive whose data.pkl is an object with one attribute. */
static void build_with(builder *b, const void *attribute, size_t size)
{
	fy_buf p = { 0 };

	PUT(&p, "\x80\x02");
	fy_buf_puts(&p, "c__torch__\nM\n)\x81}(");
	put_sized(&p, "x");
	fy_buf_append(&p, attribute, size);
	fy_buf_puts(&p, "ub.");
	builder_add(b, "m/data.pkl", p.data, p.len);
	fy_buf_release(&p);
	builder_add(b, "m/constants.pkl", BYTES("\x80\x02)."));
	builder_text(b, "m/code/__torch__.py", MINIMAL_SOURCE);
	builder_text(b, "m/version", "3\n");
}

static session open_with(const void *attribute, size_t size)
{
	builder b = { 0 };

	build_with(&b, attribute, size);
	builder_end(&b, false);
	return open_built(&b);
}

static void understands_torchscript_values(void **state)
{
	const fy_pvalue *x;
	session s;

	(void)state;
	s = open_with(BYTES("ctorch.jit._pickle\nbuild_intlist\n](K\x01K\x02"
			    "e\x85R"));
	x = fy_pobject_get(s.archive->root, "x");
	assert_int_equal(x->kind, FY_P_LIST);
	assert_string_equal(x->type_tag, "List[int]");
	drop(&s);
	s = open_with(BYTES("ctorch.jit._pickle\nrestore_type_tag\n}X\x0e\x00\x00\x00"
			    "Dict[str, int]\x86R"));
	x = fy_pobject_get(s.archive->root, "x");
	assert_int_equal(x->kind, FY_P_DICT);
	assert_string_equal(x->type_tag, "Dict[str, int]");
	drop(&s);
	s = open_with(BYTES("ctorch\ndevice\nX\x06\x00\x00\x00"
			    "cuda:1\x85R"));
	x = fy_pobject_get(s.archive->root, "x");
	assert_int_equal(x->kind, FY_P_DEVICE);
	assert_true(fy_str_is(x->str, "cuda:1"));
	drop(&s);
	s = open_with(BYTES("c__torch__\nColor\nK\x07R"));
	x = fy_pobject_get(s.archive->root, "x");
	assert_int_equal(x->kind, FY_P_ENUM);
	assert_int_equal(x->object->args->i, 7);
	drop(&s);
	s = open_with(BYTES("cbuiltins\ncomplex\nG\x3f\xf0\0\0\0\0\0\0K\x02\x86R"));
	x = fy_pobject_get(s.archive->root, "x");
	assert_int_equal(x->kind, FY_P_COMPLEX);
	assert_true(x->c.re == 1 && x->c.im == 2);
	drop(&s);
}

static void refuses_foreign_names(void **state)
{
	(void)state;
	expect(open_with(BYTES("cos\nsystem\nX\x02\0\0\0ls\x85R")), FY_MALFORMED, "pickle-global",
	       "data.pkl");
	expect(open_with(BYTES("c__torch__.other\nM\n)\x81")), FY_MALFORMED, "pickle-global", "data.pkl");
	expect(open_with(BYTES("cargparse\nNamespace\n)\x81")), FY_MALFORMED, "pickle-global", "data.pkl");
	expect(open_with(BYTES("ctorch.distributed.rpc\nrref\n)R")), FY_UNSUPPORTED, "pickle-global",
	       "data.pkl");
	expect(open_with(BYTES("c__torch__.torch.classes.rnn\nCell\n)\x81")), FY_OK, NULL, NULL);
}

static void needs_its_records(void **state)
{
	static const char *const names[] = { "constants.pkl", "data.pkl", "version" };

	(void)state;
	for (size_t missing = 0; missing < FY_COUNT(names); missing++) {
		builder b = { 0 };

		builder_text(&b, "m/code/__torch__.py", MINIMAL_SOURCE);
		if (missing != 0)
			builder_add(&b, "m/constants.pkl", BYTES("\x80\x02)."));
		if (missing != 1)
			builder_add(&b, "m/data.pkl",
				    BYTES("\x80\x02"
					  "c__torch__\nM\n)\x81."));
		if (missing != 2)
			builder_text(&b, "m/version", "3");
		builder_end(&b, false);
		expect(open_built(&b), FY_MALFORMED, "record-missing", names[missing]);
	}
}

static void traced_inputs_have_no_data(void **state)
{
	fy_buf p = { 0 };
	builder b = { 0 };
	fy_pvalue *traced;
	const fy_tensor *x;
	session s;

	(void)state;
	build_minimal(&b);
	PUT(&p, "\x80\x02}(");
	put_sized(&p, "forward");
	fy_buf_putc(&p, ']');
	put_tensor(&p, "0", 60, 0, 60, 1);
	fy_buf_puts(&p, "au.");
	builder_add(&b, "m/traced_inputs/0", BYTES(""));
	builder_add(&b, "m/traced_inputs.pkl", p.data, p.len);
	fy_buf_release(&p);
	builder_text(&b, "m/extra/notes/a.txt", "hello");
	builder_end(&b, true);
	s = open_built(&b);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->extra_count, 1);
	assert_string_equal(s.archive->extras[0].name, "notes/a.txt");
	assert_int_equal(fy_archive_traced_inputs(s.archive, &traced, &s.diags), FY_OK);
	x = fy_pdict_get(traced, "forward")->seq.items[0]->tensor->tensor;
	assert_false(fy_tensor_has_data(x));
	assert_int_equal(x->shape.dims[0], 60);
	drop(&s);
}

/* ---- tensors ---- */

static void build_checkpoint(builder *b, const void *pickle, size_t size, size_t record)
{
	char *bytes = calloc(record + 1, 1);

	builder_add(b, "c/data.pkl", pickle, size);
	builder_add(b, "c/data/0", bytes, record);
	builder_text(b, "c/version", "3\n");
	builder_end(b, false);
	free(bytes);
}

static session open_tensor(int numel, int offset, int size, int stride, size_t record)
{
	fy_buf p = { 0 };
	builder b = { 0 };

	put_tensor(&p, "0", numel, offset, size, stride);
	fy_buf_putc(&p, '.');
	build_checkpoint(&b, p.data, p.len, record);
	fy_buf_release(&p);
	return open_built(&b);
}

static void checks_the_bounds_of_tensors(void **state)
{
	(void)state;
	expect(open_tensor(6, 0, 6, 1, 24), FY_OK, NULL, NULL);
	expect(open_tensor(6, 1, 5, 1, 24), FY_OK, NULL, NULL);
	expect(open_tensor(6, 5, 100, 0, 24), FY_OK, NULL, NULL);
	expect(open_tensor(6, 0, 3, 2, 24), FY_OK, NULL, NULL);
	expect(open_tensor(6, 0, 3, 2, 30), FY_MALFORMED, "tensor-storage", "data.pkl");
	expect(open_tensor(6, 200, 0, 2, 24), FY_OK, NULL, NULL);
	expect(open_tensor(6, 1, 6, 1, 24), FY_MALFORMED, "tensor-bounds", "data.pkl");
	expect(open_tensor(6, 0, 7, 1, 24), FY_MALFORMED, "tensor-bounds", "data.pkl");
	expect(open_tensor(6, 0, 3, 3, 24), FY_MALFORMED, "tensor-bounds", "data.pkl");
	expect(open_tensor(6, 6, 1, 1, 24), FY_MALFORMED, "tensor-bounds", "data.pkl");
	expect(open_tensor(6, 0, 6, 1, 23), FY_MALFORMED, "tensor-storage", "data.pkl");
	/* A storage without elements needs no record. */
	expect(open_tensor(0, 0, 0, 1, 0), FY_OK, NULL, NULL);
}

/* Arguments of a tensor over a storage of four floats, after the storage. */
static void expect_geometry(const void *geometry, size_t size, fy_status status, const char *id)
{
	fy_buf p = { 0 };
	builder b = { 0 };

	fy_buf_puts(&p, "ctorch._utils\n_rebuild_tensor_v2\n((");
	put_sized(&p, "storage");
	fy_buf_puts(&p, "ctorch\nFloatStorage\n");
	put_sized(&p, "0");
	put_sized(&p, "cpu");
	fy_buf_puts(&p, "K\x04tQ");
	fy_buf_append(&p, geometry, size);
	fy_buf_puts(&p, "\x89NtR.");
	build_checkpoint(&b, p.data, p.len, 16);
	fy_buf_release(&p);
	expect(open_built(&b), status, id, id ? "data.pkl" : NULL);
}

static void checks_the_arithmetic_of_tensors(void **state)
{
	(void)state;
	expect_geometry(BYTES("K\0K\x04\x85K\x01\x85"), FY_OK, NULL);
	expect_geometry(BYTES("K\0))"), FY_OK, NULL);
	expect_geometry(BYTES("J\xff\xff\xff\xffK\x04\x85K\x01\x85"), FY_MALFORMED, "tensor-negative");
	expect_geometry(BYTES("K\0J\xfe\xff\xff\xff\x85K\x01\x85"), FY_MALFORMED, "tensor-negative");
	expect_geometry(BYTES("K\0K\x02\x85J\xff\xff\xff\xff\x85"), FY_MALFORMED, "tensor-negative");
	/* 2^32 * 2^32 elements through stride 0; a stride sum that wraps. */
	expect_geometry(BYTES("K\0\x8a\x05\0\0\0\0\x01\x8a\x05\0\0\0\0\x01\x86K\0K\0\x86"), FY_MALFORMED,
			"tensor-overflow");
	expect_geometry(BYTES("K\0K\x03\x85\x8a\x08\0\0\0\0\0\0\0\x40\x85"), FY_MALFORMED, "tensor-overflow");
	expect_geometry(BYTES("K\0K\x02K\x02\x86K\x01\x85"), FY_MALFORMED, "tensor-args");
	expect_geometry(BYTES("K\0NN"), FY_MALFORMED, "tensor-args");
	expect_geometry(BYTES("NK\x04\x85K\x01\x85"), FY_MALFORMED, "tensor-args");
	expect_geometry(BYTES("K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1t"
			      "(K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1t"),
			FY_UNSUPPORTED, "tensor-rank");
}

static void shares_storages(void **state)
{
	for (int form = 0; form < 3; form++) {
		builder b = { .deflate = form == 1, .unaligned = form == 2 };
		fy_named_tensor *t;
		fy_buf p = { 0 };
		size_t count;
		session s;

		(void)state;
		fy_buf_puts(&p, "}(");
		put_sized(&p, "a");
		put_tensor(&p, "0", 6, 0, 6, 1);
		put_sized(&p, "b");
		put_tensor(&p, "0", 6, 2, 2, 1);
		fy_buf_puts(&p, "u.");
		/* One byte more in the name shifts the data off its alignment. */
		builder_add(&b, "c/data.pkl", p.data, p.len);
		builder_add(&b, "c/x", BYTES("1"));
		builder_add(&b, "c/data/0",
			    BYTES("\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\x40\0\0\xc0\x40"));
		builder_end(&b, false);
		fy_buf_release(&p);
		s = open_built(&b);
		assert_int_equal(s.status, FY_OK);
		fy_archive_tensors(s.archive, s.archive->root, &t, &count);
		assert_int_equal(count, 2);
		assert_string_equal(t[1].path, "b");
		assert_ptr_equal(t[0].tensor->storage, t[1].tensor->storage);
		assert_true(fy_tensor_get_f64(t[1].tensor, 0) == 3.0);
		assert_int_equal((uintptr_t)t[0].tensor->storage->bytes % 8, 0);
		assert_true((t[0].tensor->storage->file != NULL) == (form != 1));
		/* Writing through one view is seen by the other and never reaches the file. */
		fy_tensor_set_f64(t[0].tensor, 2, 30.0);
		assert_true(fy_tensor_get_f64(t[1].tensor, 0) == 30.0);
		assert_null(t[0].tensor->storage->file);
		drop(&s);
	}
}

static void checks_weights_when_asked(void **state)
{
	builder b = { 0 };
	fy_named_tensor *t;
	size_t count;
	session s;

	(void)state;
	build_minimal(&b);
	builder_end(&b, false);
	b.file.data[320] ^= 1;
	s = open_built(&b);
	assert_int_equal(s.status, FY_OK);
	fy_archive_tensors(s.archive, s.archive->root, &t, &count);
	assert_int_equal(fy_archive_check_data(s.archive, t[0].tensor, &s.diags), FY_MALFORMED);
	assert_string_equal(s.diags.items[0].id, "zip-crc");
	assert_string_equal(s.diags.items[0].place.member, "data/0");
	drop(&s);
}

static void names_tensors_by_first_path(void **state)
{
	static const char *const paths[] = { "net.weight", "list.0", "list.1.deep", "7" };
	fy_named_tensor *t;
	fy_buf p = { 0 };
	builder b = { 0 };
	size_t count;
	session s;

	(void)state;
	fy_buf_puts(&p, "}(");
	put_sized(&p, "net");
	fy_buf_puts(&p, "ccollections\nOrderedDict\n)R(");
	put_sized(&p, "weight");
	put_tensor(&p, "0", 6, 0, 6, 1);
	PUT(&p, "q\x01u}");
	put_sized(&p, "_metadata");
	fy_buf_puts(&p, "Nsb");
	put_sized(&p, "list");
	fy_buf_puts(&p, "](");
	put_tensor(&p, "0", 6, 0, 1, 1);
	fy_buf_puts(&p, "}(");
	put_sized(&p, "deep");
	put_tensor(&p, "0", 6, 0, 2, 1);
	put_sized(&p, "again");
	PUT(&p, "h\x01ue");
	PUT(&p, "K\x07");
	put_tensor(&p, "0", 6, 0, 3, 1);
	fy_buf_puts(&p, "u.");
	build_checkpoint(&b, p.data, p.len, 24);
	fy_buf_release(&p);
	s = open_built(&b);
	assert_int_equal(s.status, FY_OK);
	fy_archive_tensors(s.archive, s.archive->root, &t, &count);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(t[i].path, paths[i]);
	drop(&s);
}

static void reads_numpy_values(void **state)
{
	/* pickle.dumps of numpy.float64(2.5) and of numpy.arange(3, dtype="i4"), protocol 2. */
	static const char scalar[] =
		"\x80\x02"
		"cnumpy._core.multiarray\nscalar\nq\0cnumpy\ndtype\nq\1X\2\0\0\0f8q\2"
		"\x89\x88\x87q\3Rq\4(K\3X\1\0\0\0<q\5NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\6b"
		"c_codecs\nencode\nq\7X\x08\0\0\0\0\0\0\0\0\0\x04@q\x08X\6\0\0\0latin1q\x09\x86q\nRq"
		"\x0b\x86q\x0cRq\x0d.";
	static const char array[] =
		"\x80\x02"
		"cnumpy._core.multiarray\n_reconstruct\nq\0cnumpy\nndarray\nq\1K\0\x85q\2c_"
		"codecs\nencode\nq\3X"
		"\1\0\0\0bq\4X\6\0\0\0latin1q\5\x86q\6Rq\7\x87q\x08Rq\x09("
		"K\1K\3\x85q\ncnumpy\ndtype\nq\x0bX\2\0\0\0i4q"
		"\x0c\x89\x88\x87q\x0dRq\x0e(K\3X\1\0\0\0<q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x10"
		"b\x89h\3X"
		"\x0c\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0q\x11h\5\x86q\x12Rq\x13tq\x14"
		"b.";
	session s;

	(void)state;
	s = open_file(scalar, sizeof(scalar) - 1);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->root->kind, FY_P_FLOAT);
	assert_true(s.archive->root->f == 2.5);
	drop(&s);
	s = open_file(array, sizeof(array) - 1);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->root->kind, FY_P_TENSOR);
	assert_true(s.archive->root->tensor->numpy);
	assert_int_equal(s.archive->root->tensor->tensor->dtype, FY_I32);
	assert_int_equal(fy_tensor_get_i64(s.archive->root->tensor->tensor, 2), 2);
	drop(&s);
}

static void keeps_quantized_tensors_by_parts(void **state)
{
	fy_buf p = { 0 };
	builder b = { 0 };
	const fy_pspecial *q;
	session s;

	(void)state;
	fy_buf_puts(&p, "ctorch._utils\n_rebuild_qtensor\n((");
	put_sized(&p, "storage");
	fy_buf_puts(&p, "ctorch\nQInt8Storage\n");
	put_sized(&p, "0");
	put_sized(&p, "cpu");
	PUT(&p, "K\x04tQK\0K\x04\x85K\x01\x85");
	PUT(&p, "ctorch\nper_tensor_affine\nG\x3f\xe0\0\0\0\0\0\0K\x03\x87\x89NtR.");
	build_checkpoint(&b, p.data, p.len, 4);
	fy_buf_release(&p);
	s = open_built(&b);
	assert_int_equal(s.status, FY_OK);
	assert_int_equal(s.archive->root->kind, FY_P_SPECIAL);
	q = s.archive->root->special;
	assert_int_equal(q->what, FY_SPECIAL_QUANTIZED);
	assert_int_equal(q->values.tensor->dtype, FY_QI8);
	assert_true(q->scale == 0.5 && q->zero_point == 3 && q->qscheme == 0);
	drop(&s);
}

/* A storage of `numel` elements whose bytes are big-endian, as a tensor of all of them. */
static session open_big_endian(const char *class, int numel, const void *bytes, size_t size)
{
	fy_buf p = { 0 };
	builder b = { 0 };

	fy_buf_printf(&p, "\x80\x02"
			  "ctorch._utils\n_rebuild_tensor_v2\n((");
	put_sized(&p, "storage");
	fy_buf_printf(&p, "ctorch\n%s\n", class);
	put_sized(&p, "0");
	put_sized(&p, "cpu");
	fy_buf_printf(&p, "I%d\ntQK", numel);
	fy_buf_putc(&p, 0);
	fy_buf_printf(&p, "(I%d\nt(I1\nt\x89NtR.", numel);
	builder_add(&b, "m/data.pkl", p.data, p.len);
	builder_add(&b, "m/data/0", bytes, size);
	builder_text(&b, "m/byteorder", "big");
	builder_end(&b, false);
	fy_buf_release(&p);
	return open_built(&b);
}

static void reads_big_endian_weights(void **state)
{
	session s;

	(void)state;
	s = open_big_endian("FloatStorage", 2, BYTES("\x3f\x80\0\0\xc0\0\0\0"));
	assert_int_equal(s.status, FY_OK);
	assert_true(fy_tensor_get_f64(s.archive->root->tensor->tensor, 0) == 1.0);
	assert_true(fy_tensor_get_f64(s.archive->root->tensor->tensor, 1) == -2.0);
	assert_null(s.archive->root->tensor->tensor->storage->file);
	drop(&s);
	s = open_big_endian("ShortStorage", 1, BYTES("\x01\x02"));
	assert_true(fy_tensor_get_f64(s.archive->root->tensor->tensor, 0) == 258.0);
	drop(&s);
	s = open_big_endian("ComplexFloatStorage", 1, BYTES("\x3f\x80\0\0\xc0\0\0\0"));
	assert_int_equal(s.status, FY_OK);
	assert_memory_equal(s.archive->root->tensor->tensor->storage->bytes, "\0\0\x80\x3f\0\0\0\xc0", 8);
	drop(&s);
}

static void refuses_odd_byte_orders_and_missing_files(void **state)
{
	fy_arena *arena = fy_arena_new();
	fy_diags diags = { 0 };
	fy_archive *archive;
	builder b = { 0 };

	(void)state;
	build_minimal(&b);
	builder_text(&b, "m/byteorder", "middle");
	builder_end(&b, false);
	expect(open_built(&b), FY_MALFORMED, "byte-order", "byteorder");
	assert_int_equal(fy_archive_open(&archive, arena, "/nonexistent/model.pt", 0, &diags), FY_USAGE);
	assert_int_equal(diags.count, 1);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_the_minimal_archive),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(survives_every_flip),
		cmocka_unit_test(reads_versions),
		cmocka_unit_test(understands_torchscript_values),
		cmocka_unit_test(refuses_foreign_names),
		cmocka_unit_test(needs_its_records),
		cmocka_unit_test(traced_inputs_have_no_data),
		cmocka_unit_test(checks_the_bounds_of_tensors),
		cmocka_unit_test(checks_the_arithmetic_of_tensors),
		cmocka_unit_test(shares_storages),
		cmocka_unit_test(checks_weights_when_asked),
		cmocka_unit_test(names_tensors_by_first_path),
		cmocka_unit_test(reads_numpy_values),
		cmocka_unit_test(keeps_quantized_tensors_by_parts),
		cmocka_unit_test(reads_big_endian_weights),
		cmocka_unit_test(refuses_odd_byte_orders_and_missing_files),
	};

	return cmocka_run_group_tests_name("archive open", tests, NULL, NULL);
}
