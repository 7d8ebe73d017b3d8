/*
 * Calling operators beyond what the cases of records reach: diagnostics, numbers that depend on data,
 * relations through compositions, promotion of every pair of types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ops/ops.h"

typedef struct fixture {
	fy_arena *arena;
	fy_diags diags;
	fy_call call;
} fixture;

static fixture *begin(const char *full, const fy_arg *args, int count)
{
	fy_arena *arena = fy_arena_new();
	fixture *f = FY_NEW(arena, fixture);
	const fy_schema *schema = fy_schema_find(full);
	assert_non_null(schema);
	f->arena = arena;
	f->call = (fy_call){ .schema = schema,
			     .args = fy_schema_fill(schema, arena, args, count),
			     .arg_count = schema->arg_count,
			     .arena = arena,
			     .diags = &f->diags,
			     .place = { .member = "code/net.py", .line = 7 } };
	assert_non_null(f->call.args);
	return f;
}

static void end(fixture *f)
{
	fy_arena *arena = f->arena;
	fy_diags_clear(&f->diags);
	fy_arena_free(arena);
}

static fy_tensor *known(fy_dtype dtype, int64_t size)
{
	fy_shape shape = { .rank = 1, .dims = { size } };
	fy_tensor *t = fy_tensor_new(dtype, &shape, true);
	for (int64_t i = 0; i < size; i++)
		fy_tensor_set_i64(t, i, i + 1);
	return t;
}

static fy_tensor *unknown(fy_dtype dtype, int rank, int64_t size)
{
	fy_shape shape = { .rank = rank, .dims = { size, size } };
	return fy_tensor_meta(dtype, &shape);
}

/* ---- diagnostics --------------------------------------------------------------------------------------- */

static void expect_failure(const char *full, const fy_arg *args, int count, fy_status status, const char *id,
			   const char *part)
{
	fixture *f = begin(full, args, count);
	fy_tensor **results;
	int result_count;
	assert_int_equal(fy_op_run(&f->call, true, &results, &result_count), status);
	assert_int_equal(result_count, 0);
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].id, id);
	assert_non_null(strstr(f->diags.items[0].message, part));
	assert_non_null(strstr(f->diags.items[0].message, full));
	assert_int_equal(f->diags.items[0].place.line, 7);
	end(f);
}

static void failures_name_operator_and_cause(void **state)
{
	(void)state;
	fy_tensor *x = unknown(FY_F32, 2, 3), *y = unknown(FY_F32, 1, 4), *k = unknown(FY_I64, 0, 0);
	expect_failure("aten::add.Tensor", (const fy_arg[]){ fy_arg_tensor(x), fy_arg_tensor(y) }, 2,
		       FY_USAGE, "op-raises", "[3,3] and [4]");
	expect_failure("aten::softmax.int", (const fy_arg[]){ fy_arg_tensor(x), fy_arg_int(5) }, 2, FY_USAGE,
		       "op-raises", "out of range");
	expect_failure("aten::softmax.int", (const fy_arg[]){ fy_arg_tensor(x), fy_arg_tensor(k) }, 2,
		       FY_UNSUPPORTED, "needs-known-value", "'dim'");
	expect_failure("aten::cholesky", (const fy_arg[]){ fy_arg_tensor(x) }, 1, FY_UNSUPPORTED,
		       "op-unsupported", "supported");
	fy_tensor_unref(x);
	fy_tensor_unref(y);
	fy_tensor_unref(k);
}

static void complex_arithmetic_is_refused(void **state)
{
	(void)state;
	fy_tensor *x = unknown(FY_C64, 1, 3);
	expect_failure("aten::exp", (const fy_arg[]){ fy_arg_tensor(x) }, 1, FY_UNSUPPORTED, "op-unsupported",
		       "complex64");
	fy_tensor_unref(x);
}

static void absurd_sizes_are_refused(void **state)
{
	(void)state;
	fy_shape tall = { .rank = 2, .dims = { INT64_C(1) << 40, 1 } },
		 wide = { .rank = 2, .dims = { 1, INT64_C(1) << 40 } };
	fy_tensor *a = fy_tensor_meta(FY_F32, &tall), *b = fy_tensor_meta(FY_F32, &wide);
	expect_failure("aten::mul.Tensor", (const fy_arg[]){ fy_arg_tensor(a), fy_arg_tensor(b) }, 2,
		       FY_USAGE, "op-raises", "too large");
	fy_tensor_unref(a);
	fy_tensor_unref(b);
}

/* ---- numbers that depend on data -------------------------------------------------------------------------
 */

static fy_dtype result_type(const char *full, fy_arg a, fy_arg b)
{
	fixture *f = begin(full, (const fy_arg[]){ a, b }, 2);
	assert_int_equal(fy_op_infer(&f->call), FY_OK);
	fy_dtype dtype = f->call.results[0].meta->dtype;
	fy_call_release(&f->call);
	end(f);
	return dtype;
}

static void symbolic_numbers_weigh_as_numbers(void **state)
{
	(void)state;
	fy_tensor *x = unknown(FY_F32, 1, 3), *i = unknown(FY_I32, 1, 3), *zero = unknown(FY_F32, 0, 0);
	fy_tensor *integer = unknown(FY_I64, 0, 0), *number = unknown(FY_F64, 0, 0);
	assert_int_equal(result_type("aten::add.Scalar", fy_arg_tensor(x), fy_arg_tensor(number)), FY_F32);
	assert_int_equal(result_type("aten::add.Scalar", fy_arg_tensor(i), fy_arg_tensor(integer)), FY_I32);
	assert_int_equal(result_type("aten::add.Scalar", fy_arg_tensor(i), fy_arg_tensor(number)), FY_F32);
	/* The same tensors as tensors: 0-d against 0-d counts in full. */
	assert_int_equal(result_type("aten::add.Tensor", fy_arg_tensor(zero), fy_arg_tensor(number)), FY_F64);
	assert_int_equal(result_type("aten::add.Scalar", fy_arg_tensor(zero), fy_arg_tensor(number)), FY_F32);
	fy_tensor *all[] = { x, i, zero, integer, number };
	for (size_t k = 0; k < FY_COUNT(all); k++)
		fy_tensor_unref(all[k]);
}

static void known_zero_d_tensors_serve_as_numbers(void **state)
{
	(void)state;
	fy_tensor *x = known(FY_F32, 3), *two = fy_tensor_scalar_i64(FY_I64, 2), **results;
	fixture *f = begin("aten::add.Tensor",
			   (const fy_arg[]){ fy_arg_tensor(x), fy_arg_tensor(x), fy_arg_tensor(two) }, 3);
	int count;
	assert_int_equal(fy_op_run(&f->call, false, &results, &count), FY_OK);
	assert_true(fy_tensor_get_f64(results[0], 2) == 9);
	fy_tensor_unref(results[0]);
	end(f);
	fy_tensor_unref(x);
	fy_tensor_unref(two);
}

/* ---- running
 * ---------------------------------------------------------------------------------------------------- */

static void unknown_data_gives_metas(void **state)
{
	(void)state;
	fy_tensor *x = known(FY_F32, 3), *y = unknown(FY_F32, 1, 3), **results;
	int count;
	fixture *f = begin("aten::mul.Tensor", (const fy_arg[]){ fy_arg_tensor(x), fy_arg_tensor(y) }, 2);
	assert_int_equal(fy_op_run(&f->call, false, &results, &count), FY_OK);
	assert_int_equal(count, 1);
	assert_false(fy_tensor_has_data(results[0]));
	fy_tensor_unref(results[0]);
	end(f);
	/* "Same" keeps the very tensor, data and all. */
	f = begin("aten::contiguous", (const fy_arg[]){ fy_arg_tensor(x) }, 1);
	assert_int_equal(fy_op_run(&f->call, true, &results, &count), FY_OK);
	assert_ptr_equal(results[0], x);
	fy_tensor_unref(results[0]);
	end(f);
	fy_tensor_unref(x);
	fy_tensor_unref(y);
}

static void results_keep_the_layout_that_inference_promised(void **state)
{
	(void)state;
	fy_shape shape = { .rank = 2, .dims = { 2, 3 } };
	fy_tensor *flat = known(FY_F32, 6), **results;
	fy_tensor *x = fy_tensor_view(flat, FY_F32, &shape, (const int64_t[]){ 1, 2 }, 0);
	int count;
	fixture *f = begin("aten::neg", (const fy_arg[]){ fy_arg_tensor(x) }, 1);
	assert_int_equal(fy_op_run(&f->call, false, &results, &count), FY_OK);
	assert_int_equal(results[0]->strides[0], 1);
	assert_int_equal(results[0]->strides[1], 2);
	assert_true(fy_tensor_get_f64(results[0], 1) == -3);
	fy_tensor_unref(results[0]);
	end(f);
	fy_tensor_unref(x);
	fy_tensor_unref(flat);
}

/* A composition that computes is fresh, and evaluates to what its parts give. */
static void compositions_infer_and_evaluate(void **state)
{
	(void)state;
	fy_tensor *x = known(FY_F32, 3), **results;
	fy_arg args[] = { fy_arg_tensor(x), fy_arg_tensor(x), fy_arg_tensor(x), fy_arg_float(0.5) };
	int count;
	fixture *f = begin("aten::addcmul", args, 4);
	assert_int_equal(fy_op_infer(&f->call), FY_OK);
	assert_int_equal(f->call.results[0].kind, FY_FRESH);
	fy_call_release(&f->call);
	assert_int_equal(fy_op_run(&f->call, false, &results, &count), FY_OK);
	assert_true(fy_tensor_get_f64(results[0], 2) == 3 + 0.5 * 9);
	fy_tensor_unref(results[0]);
	end(f);
	fy_tensor_unref(x);
}

/* ---- promotion
 * ----------------------------------------------------------------------------------------------------- */

static void promotion_of_two_types(void **state)
{
	(void)state;
	static const fy_dtype order[] = { FY_BOOL, FY_U8,  FY_I8,   FY_I16, FY_I32,
					  FY_I64,  FY_F16, FY_BF16, FY_F32, FY_F64 };
	/* What torch.promote_types says, row and column in that order. */
	static const fy_dtype table[10][10] = {
		{ FY_BOOL, FY_U8, FY_I8, FY_I16, FY_I32, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_U8, FY_U8, FY_I16, FY_I16, FY_I32, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_I8, FY_I16, FY_I8, FY_I16, FY_I32, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_I16, FY_I16, FY_I16, FY_I16, FY_I32, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_I32, FY_I32, FY_I32, FY_I32, FY_I32, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_I64, FY_I64, FY_I64, FY_I64, FY_I64, FY_I64, FY_F16, FY_BF16, FY_F32, FY_F64 },
		{ FY_F16, FY_F16, FY_F16, FY_F16, FY_F16, FY_F16, FY_F16, FY_F32, FY_F32, FY_F64 },
		{ FY_BF16, FY_BF16, FY_BF16, FY_BF16, FY_BF16, FY_BF16, FY_F32, FY_BF16, FY_F32, FY_F64 },
		{ FY_F32, FY_F32, FY_F32, FY_F32, FY_F32, FY_F32, FY_F32, FY_F32, FY_F32, FY_F64 },
		{ FY_F64, FY_F64, FY_F64, FY_F64, FY_F64, FY_F64, FY_F64, FY_F64, FY_F64, FY_F64 },
	};
	fy_dtype out;
	for (int i = 0; i < 10; i++) {
		for (int k = 0; k < 10; k++) {
			assert_true(fy_promote_types(order[i], order[k], &out));
			assert_int_equal(out, table[i][k]);
		}
	}
	assert_true(fy_promote_types(FY_F64, FY_C64, &out));
	assert_int_equal(out, FY_C128);
	assert_true(fy_promote_types(FY_I64, FY_C64, &out));
	assert_int_equal(out, FY_C64);
	assert_false(fy_promote_types(FY_QI8, FY_F32, &out));
	assert_false(fy_promote_types(FY_U16, FY_I32, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_name_operator_and_cause),
		cmocka_unit_test(complex_arithmetic_is_refused),
		cmocka_unit_test(absurd_sizes_are_refused),
		cmocka_unit_test(symbolic_numbers_weigh_as_numbers),
		cmocka_unit_test(known_zero_d_tensors_serve_as_numbers),
		cmocka_unit_test(unknown_data_gives_metas),
		cmocka_unit_test(results_keep_the_layout_that_inference_promised),
		cmocka_unit_test(compositions_infer_and_evaluate),
		cmocka_unit_test(promotion_of_two_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
