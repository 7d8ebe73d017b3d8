/* Verdicts: what passes, what is weak, what is a self-check, what fails; and that the weight proof sees one
 * bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "prove/prove.h"

static fy_tensor *vector(const float *values, int64_t count)
{
	fy_tensor *tensor = fy_tensor_new(FY_F32, &(fy_shape){ 1, { count } }, false);
	for (int64_t i = 0; i < count; i++)
		fy_tensor_set_f64(tensor, i, values[i]);
	return tensor;
}

/* Judges one output against one reference and gives the verdict; *text (may be NULL) must contain `words`. */
static fy_verdict judged(fy_evidence evidence, fy_tensor *side, fy_tensor *reference, const char *words)
{
	const char *names[] = { "y" };
	fy_outputs a = { names, &side, side ? 1 : 0 }, b = { names, &reference, reference ? 1 : 0 };
	fy_proof proof = { .evidence = evidence,
			   .side = fy_strdup("side"),
			   .reference = fy_strdup("reference") };
	fy_buf text = { 0 };
	fy_proof_judge(&proof, &a, &b, NULL, 0, FY_TOLERANCE_DEFAULT);
	fy_verdict verdict = proof.verdict;
	fy_buf_put_proof(&text, &proof);
	fy_buf_put_proof_details(&text, &proof, true);
	if (!strstr(fy_buf_text(&text), words))
		fail_msg("'%s' is not in: %s", words, fy_buf_text(&text));
	fy_json *json = fy_proof_json(&proof);
	fy_json_free(json);
	fy_buf_release(&text);
	fy_proof_release(&proof);
	return verdict;
}

static void judges(void **state)
{
	(void)state;
	fy_tensor *a = vector((float[]){ 1, 2, 3 }, 3), *near = vector((float[]){ 1, 2, 3.0001f }, 3);
	fy_tensor *far = vector((float[]){ 1, 2, 3.1f }, 3), *zero = vector((float[]){ 0, 0, 0 }, 3);
	fy_tensor *nan = vector((float[]){ 1, 2, NAN }, 3), *longer = vector((float[]){ 1, 2, 3, 4 }, 4);
	fy_tensor *ints = fy_tensor_from_i64((int64_t[]){ 1, 2, 3 }, 3);
	assert_int_equal(judged(FY_CROSSED, a, a, "equal in every element"), FY_VERDICT_OK);
	assert_int_equal(judged(FY_CROSSED, near, a, "mean"), FY_VERDICT_OK);
	assert_int_equal(judged(FY_INDEPENDENT, near, a, "independent: side vs reference"), FY_VERDICT_OK);
	assert_int_equal(judged(FY_SELF, near, a, "self: "), FY_VERDICT_SELF_CHECK);
	assert_int_equal(judged(FY_CROSSED, far, a, "1 of 3 elements differ"), FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, zero, zero, "weak evidence"), FY_VERDICT_WEAK);
	assert_int_equal(judged(FY_CROSSED, a, zero, "differ"), FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, nan, a, "NaN stands at other places"), FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, nan, nan, "equal"), FY_VERDICT_OK);
	assert_int_equal(judged(FY_CROSSED, longer, a, "float32[4], the reference has float32[3]"),
			 FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, ints, a, "int64[3], the reference has float32[3]"),
			 FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, NULL, a, "absent, the reference has float32[3]"),
			 FY_VERDICT_FAILED);
	assert_int_equal(judged(FY_CROSSED, a, NULL, "no such output"), FY_VERDICT_FAILED);
	fy_tensor *all[] = { a, near, far, zero, nan, longer, ints };
	for (size_t i = 0; i < FY_COUNT(all); i++)
		fy_tensor_unref(all[i]);
}

/* Kept outputs are compared with those they were. */
static void follows_kept_outputs(void **state)
{
	(void)state;
	const char *names[] = { "a", "b" };
	fy_tensor *one = vector((float[]){ 1, 2 }, 2), *two = vector((float[]){ 3, 4 }, 2);
	fy_outputs side = { names, (fy_tensor *[]){ two }, 1 };
	fy_outputs reference = { names, (fy_tensor *[]){ one, two }, 2 };
	for (int kept = 0; kept < 2; kept++) {
		fy_proof proof = { .evidence = FY_CROSSED };
		fy_proof_judge(&proof, &side, &reference, &kept, 1, FY_TOLERANCE_DEFAULT);
		assert_int_equal(proof.verdict, kept == 1 ? FY_VERDICT_OK : FY_VERDICT_FAILED);
		fy_proof_release(&proof);
	}
	fy_tensor_unref(one);
	fy_tensor_unref(two);
}

static void compares_weights_bit_for_bit(void **state)
{
	(void)state;
	fy_arena *arena = fy_arena_new();
	fy_graph *file = fy_graph_new(arena);
	fy_tensor *w = vector((float[]){ 1, 2, 3, 4 }, 4),
		  *other = vector((float[]){ 1, 2, 3, 4.0000005f }, 4);
	fy_tensor *spread = fy_tensor_view(w, FY_F32, &(fy_shape){ 1, { 2 } }, (int64_t[]){ 2 }, 0);
	fy_tensor *dense = vector((float[]){ 1, 3 }, 2);
	fy_graph_constant(file, w, "same");
	fy_graph_constant(file, other, "changed");
	fy_graph_constant(file, dense, "strided");
	fy_used_weight weights[] = { { "same", w }, { "changed", w }, { "strided", spread }, { "gone", w } };
	fy_conversion conversion = { .weights = weights, .weight_count = 4 };
	fy_weight_proof proof;
	fy_model written = { .onnx.graph = file };
	assert_int_equal(fy_weights_prove(&proof, &conversion, NULL, &written, NULL, NULL), FY_OK);
	assert_int_equal(proof.verdict, FY_VERDICT_FAILED);
	assert_int_equal(proof.used, 4);
	assert_int_equal(proof.identical, 2);
	assert_int_equal(proof.folded, 1);
	assert_int_equal(proof.different, 1);
	assert_string_equal(proof.first_different, "changed");
	weights[1].name = "same";
	assert_int_equal(fy_weights_prove(&proof, &conversion, NULL, &written, NULL, NULL), FY_OK);
	assert_int_equal(proof.verdict, FY_VERDICT_OK);
	/* A matrix may lie transposed under any name. */
	fy_tensor *matrix = fy_tensor_view(w, FY_F32, &(fy_shape){ 2, { 2, 2 } }, (int64_t[]){ 2, 1 }, 0);
	fy_tensor *turned = vector((float[]){ 1, 3, 2, 4 }, 4);
	fy_tensor *turned_matrix =
		fy_tensor_view(turned, FY_F32, &(fy_shape){ 2, { 2, 2 } }, (int64_t[]){ 2, 1 }, 0);
	fy_graph_constant(file, turned_matrix, "constant_1");
	weights[0].tensor = matrix;
	weights[0].name = "matrix";
	fy_weight_proof turned_proof;
	assert_int_equal(fy_weights_prove(&turned_proof, &conversion, NULL, &written, NULL, NULL), FY_OK);
	assert_int_equal(turned_proof.transposed, 1);
	assert_int_equal(turned_proof.identical, 3);
	fy_tensor_unref(matrix);
	fy_tensor_unref(turned);
	fy_tensor_unref(turned_matrix);
	fy_buf text = { 0 };
	fy_buf_put_weight_proof(&text, &proof);
	assert_string_equal(fy_buf_text(&text),
			    "3 of 4 tensors identical to the archive, bit for bit; 1 folded into others");
	fy_buf_release(&text);
	fy_graph_release(file);
	fy_tensor_unref(spread);
	fy_tensor_unref(dense);
	fy_tensor_unref(w);
	fy_tensor_unref(other);
	fy_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(follows_kept_outputs),
		cmocka_unit_test(compares_weights_bit_for_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
