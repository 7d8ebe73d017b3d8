/* .npy files: headers as NumPy writes them, hostile ones, every prefix, and round trips. */
#include "tensor/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/ferry-unit-XXXXXX";
static char path[64];

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a.npy", folder);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* A file of the given version with this header and these bytes. */
static void put_file(int version, const char *header, const void *data, size_t size)
{
	fy_buf buf = { 0 };
	uint32_t length = (uint32_t)strlen(header);

	fy_buf_append(&buf, "\x93NUMPY", 6);
	fy_buf_append(&buf, (uint8_t[]){ (uint8_t)version, 0 }, 2);
	fy_buf_append(&buf, &length, version == 1 ? 2 : 4);
	fy_buf_puts(&buf, header);
	fy_buf_append(&buf, data, size);
	assert_int_equal(fy_write_file(path, buf.data, buf.len, NULL), FY_OK);
	fy_buf_release(&buf);
}

static fy_tensor *read_good(void)
{
	fy_diags diags = { 0 };
	fy_tensor *tensor;

	assert_int_equal(fy_npy_read(&tensor, path, &diags), FY_OK);
	assert_int_equal(diags.count, 0);
	return tensor;
}

static void versions(void **state)
{
	static const float data[6] = { 0, 1, 2, 3, 4, 5 };

	(void)state;
	for (int version = 1; version <= 3; version++) {
		put_file(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n", data,
			 sizeof(data));
		fy_tensor *tensor = read_good();
		assert_int_equal(tensor->dtype, FY_F32);
		assert_true(tensor->shape.rank == 2 && tensor->shape.dims[0] == 2 &&
			    tensor->shape.dims[1] == 3);
		assert_memory_equal(fy_tensor_data(tensor), data, sizeof(data));
		fy_tensor_unref(tensor);
	}
}

static void fortran(void **state)
{
	static const int16_t data[6] = { 0, 3, 1, 4, 2, 5 };

	(void)state;
	put_file(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", data, sizeof(data));
	fy_tensor *tensor = read_good();
	assert_true(fy_tensor_is_contiguous(tensor));
	for (int i = 0; i < 6; i++)
		assert_int_equal(fy_tensor_get_i64(tensor, i), i);
	fy_tensor_unref(tensor);
}

static void scalars_and_empty(void **state)
{
	(void)state;
	put_file(1, "{\"shape\":(),\"fortran_order\":False,\"descr\":\"|b1\"}", "\1", 1);
	fy_tensor *tensor = read_good();
	assert_int_equal(tensor->dtype, FY_BOOL);
	assert_int_equal(tensor->shape.rank, 0);
	assert_int_equal(fy_tensor_get_i64(tensor, 0), 1);
	fy_tensor_unref(tensor);
	put_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0, 2L), }", "", 0);
	tensor = read_good();
	assert_int_equal(fy_tensor_numel(tensor), 0);
	assert_int_equal(tensor->shape.dims[2], 2);
	fy_tensor_unref(tensor);
}

static void check_refused(const char *what)
{
	fy_diags diags = { 0 };
	fy_tensor *tensor;

	assert_int_equal(fy_npy_read(&tensor, path, &diags), FY_USAGE);
	assert_null(tensor);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].id, "npy-malformed");
	assert_string_equal(diags.items[0].place.file, path);
	if (what && !strstr(diags.items[0].message, what))
		fail_msg("\"%s\" does not say \"%s\"", diags.items[0].message, what);
	fy_diags_clear(&diags);
}

static void hostile(void **state)
{
	static const struct {
		const char *header, *what;
	} rows[] = {
		{ "", "dict" },
		{ "{}", "lacks" },
		{ "{'descr': '<f4', 'fortran_order': False}", "lacks" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "unknown" },
		{ "{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", "repeated" },
		{ "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", "big-endian" },
		{ "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "structures" },
		{ "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", "type" },
		{ "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "neither" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "tuple" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "too large" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}", "too large" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
		  "too large" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
		  "16" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (100,)}", "truncated" },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (", "tuple" },
		{ "{'descr': '<f4", "dict" },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(rows); i++) {
		put_file(1, rows[i].header, "12345678", 8);
		check_refused(rows[i].what);
	}
	put_file(9, "{}", "", 0);
	check_refused("version");
}

static void prefixes(void **state)
{
	static const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
	fy_file file;
	uint8_t bytes[200];

	(void)state;
	put_file(2, header, "12345678", 8);
	assert_int_equal(fy_file_open(&file, path, NULL), FY_OK);
	size_t size = file.size;
	assert_true(size < sizeof(bytes));
	memcpy(bytes, file.data, size);
	fy_file_close(&file);
	for (size_t cut = 0; cut < size; cut++) {
		assert_int_equal(fy_write_file(path, bytes, cut, NULL), FY_OK);
		check_refused(NULL);
	}
}

static void check_round_trip(fy_dtype dtype, fy_dtype read_as)
{
	fy_shape shape = { .rank = 2, .dims = { 3, 5 } };
	fy_tensor *tensor = fy_tensor_new(dtype, &shape, true);
	fy_diags diags = { 0 };

	fy_tensor_fill_random(tensor, 5, 0, 100);
	assert_int_equal(fy_npy_write(path, tensor, &diags), FY_OK);
	fy_tensor *again = read_good();
	assert_int_equal(again->dtype, read_as);
	assert_true(fy_shape_eq(&again->shape, &shape));
	for (int i = 0; i < 15; i++)
		assert_true(fy_tensor_get_f64(again, i) == fy_tensor_get_f64(tensor, i));
	fy_tensor_unref(tensor);
	fy_tensor_unref(again);
}

static void round_trips(void **state)
{
	static const fy_dtype plain[] = { FY_U8,  FY_I8,  FY_I16,  FY_I32,  FY_I64, FY_F16, FY_F32,
					  FY_F64, FY_C64, FY_C128, FY_BOOL, FY_U16, FY_U32, FY_U64 };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(plain); i++)
		check_round_trip(plain[i], plain[i]);
	check_round_trip(FY_BF16, FY_F32);
	check_round_trip(FY_F8_E5M2, FY_F32);
	check_round_trip(FY_C32, FY_C64);
}

/* The bytes that numpy.save writes for numpy.array([1, 2], '<i4'). */
static void as_numpy(void **state)
{
	static const char expected[] =
		"\x93NUMPY\x01\x00\x76\x00{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }"
		"                                                            \n"
		"\1\0\0\0\2\0\0\0";
	fy_tensor *tensor = fy_tensor_new(FY_I32, &(fy_shape){ .rank = 1, .dims = { 2 } }, false);
	fy_file file;

	(void)state;
	fy_tensor_set_i64(tensor, 0, 1);
	fy_tensor_set_i64(tensor, 1, 2);
	assert_int_equal(fy_npy_write(path, tensor, NULL), FY_OK);
	assert_int_equal(fy_file_open(&file, path, NULL), FY_OK);
	assert_int_equal(file.size, sizeof(expected) - 1);
	assert_memory_equal(file.data, expected, file.size);
	fy_file_close(&file);
	fy_tensor_unref(tensor);
}

static void no_counterpart(void **state)
{
	fy_tensor *tensor = fy_tensor_new((fy_dtype)22, &(fy_shape){ 0 }, true);
	fy_diags diags = { 0 };

	(void)state;
	assert_int_equal(fy_npy_write(path, tensor, &diags), FY_UNSUPPORTED);
	assert_string_equal(diags.items[0].message, "an .npy file cannot hold bits16");
	fy_diags_clear(&diags);
	fy_tensor_unref(tensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),          cmocka_unit_test(fortran),
		cmocka_unit_test(scalars_and_empty), cmocka_unit_test(hostile),
		cmocka_unit_test(prefixes),          cmocka_unit_test(round_trips),
		cmocka_unit_test(as_numpy),          cmocka_unit_test(no_counterpart),
	};
	return cmocka_run_group_tests(tests, enter, leave);
}
