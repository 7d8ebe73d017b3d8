/*
 * Memory that runs out at every place where it is asked for: the n-th request fails, once or for ever after,
 * n = 1, 2, ... until all goes well. Each time a call ends in success or in "out of memory"; nothing leaks,
 * no descriptor stays open, and there is no output but a whole one.
 */
#include "fault_help.h"

/* Returns how many requests there are. */
static long fail_everywhere(work_fn work, const char *path, bool ever)
{
	on_request = NULL;
	/* The second time nothing is made for good any more. */
	attempt(work, path);
	ferry_status otherwise = attempt(work, path);
	content whole = read_file(written), nothing = { NULL, 0 };
	int descriptors = count_entries("/proc/self/fd"), files = count_outputs(true);
	on_request = strikes;
	for_ever = ever;
	for (long n = 1;; n = next_place(n, 61)) {
		long before = live_blocks;
		countdown = n;
		ferry_status status = attempt(work, path);
		bool made = !holds(written, nothing);
		if (status != FERRY_IO && status != otherwise)
			fail_msg("%s: request %ld: status %d", path, n, status);
		if (struck && status == FERRY_IO && said[0] && !strstr(said, "memory"))
			fail_msg("%s: request %ld: %s", path, n, said);
		if (live_blocks != before)
			fail_msg("%s: request %ld: %ld blocks left", path, n, live_blocks - before);
		if (count_entries("/proc/self/fd") != descriptors)
			fail_msg("%s: request %ld: a descriptor is left open", path, n);
		if (made && !holds(written, whole))
			fail_msg("%s: request %ld: another output", path, n);
		if (count_outputs(true) != (made ? files : 0))
			fail_msg("%s: request %ld: a file is left, status %d", path, n, status);
		if (struck)
			continue;
		assert_int_equal(status, otherwise);
		__real_free(whole.bytes);
		return n - 1;
	}
}

static void fail_works(const char *path, const work_fn *works)
{
	for (; *works; works++) {
		long once = fail_everywhere(*works, path, false);
		long ever = fail_everywhere(*works, path, true);
		printf("%s: %ld requests, %ld\n", path, once, ever);
	}
	on_request = NULL;
	count_outputs(true);
}

static void test_network(void **state)
{
	(void)state;
	const work_fn works[] = { inspect, run, convert, verify, NULL };
	__real_free(keep_conversion(NETWORK).bytes);
	fail_works(NETWORK, works);
	weights = FERRY_WEIGHTS_EXTERNAL;
	fail_works(NETWORK, (const work_fn[]){ convert, NULL });
	weights = FERRY_WEIGHTS_AUTO;
}

static void test_control_flow(void **state)
{
	(void)state;
	const work_fn works[] = { inspect, run, convert, verify, NULL };
	__real_free(keep_conversion(CONTROL).bytes);
	fail_works(CONTROL, works);
}

static void test_onnx(void **state)
{
	(void)state;
	const work_fn works[] = { inspect, run, NULL };
	__real_free(keep_conversion(NETWORK).bytes);
	fail_works(kept, works);
}

/* The network, cut short or with one byte turned round. */
static void break_model(int kind)
{
	content whole = read_file(NETWORK);
	assert_non_null(whole.bytes);
	if (kind < 5)
		whole.size = whole.size * (size_t)(kind + 1) / 6;
	else
		whole.bytes[whole.size * (size_t)(kind - 4) / 6] ^= 0x55;
	write_file(copied, whole.bytes, whole.size);
	__real_free(whole.bytes);
}

static void test_malformed(void **state)
{
	(void)state;
	const work_fn works[] = { inspect, convert, NULL };
	for (int kind = 0; kind < 10; kind++) {
		break_model(kind);
		fail_works(copied, works);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_control_flow),
		cmocka_unit_test(test_onnx),
		cmocka_unit_test(test_malformed),
	};
	return cmocka_run_group_tests_name("memory that runs out", tests, make_folder, remove_folder);
}
