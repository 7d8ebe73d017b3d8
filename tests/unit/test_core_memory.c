/* Arenas, growing arrays and maps. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void arena(void **state)
{
	fy_arena *arena = fy_arena_new();
	char *pieces[2000];

	(void)state;
	for (size_t i = 0; i < FY_COUNT(pieces); i++) {
		size_t size = i % 37 == 0 ? 9000 : i % 53 + 1;
		pieces[i] = fy_arena_alloc(arena, size);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i & 0x7f), size);
	}
	for (size_t i = 0; i < FY_COUNT(pieces); i++)
		assert_int_equal(pieces[i][0], i & 0x7f);
	assert_true(fy_arena_used(arena) > 9000 * 50);
	assert_string_equal(fy_arena_printf(arena, "%s-%d", "a", 5), "a-5");
	assert_string_equal(fy_arena_strndup(arena, "abcdef", 3), "abc");
	assert_string_equal(fy_arena_strdup(arena, "xyz"), "xyz");
	assert_memory_equal(fy_arena_copy(arena, "a\0b", 3), "a\0b", 3);
	fy_arena_free(arena);
	fy_arena_free(NULL);
}

static void growing(void **state)
{
	fy_arena *arena = fy_arena_new();
	size_t capacity = 0, arena_capacity = 0;
	int *items = NULL, *arena_items = NULL;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		items = fy_grow(items, &capacity, (size_t)i + 1, sizeof(*items));
		items[i] = i;
		arena_items = fy_arena_grow(arena, arena_items, (size_t)i, &arena_capacity, (size_t)i + 1,
					    sizeof(int));
		arena_items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_true(items[i] == i && arena_items[i] == i);
	assert_true(capacity >= 1000 && capacity <= 2000);
	fy_free(items);
	fy_arena_free(arena);
}

static void maps(void **state)
{
	fy_map map = { 0 };
	char key[32];
	int values[5000];

	(void)state;
	assert_null(fy_map_get(&map, fy_str_of("a")));
	assert_false(fy_map_has(&map, fy_str_of("a")));
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key.%d", i);
		fy_map_put(&map, fy_str_of(key), &values[i]);
	}
	assert_int_equal(map.count, 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key.%d", i);
		assert_ptr_equal(fy_map_get(&map, fy_str_of(key)), &values[i]);
		assert_string_equal(map.entries[i].key, key);
	}
	assert_null(fy_map_get(&map, fy_str_of("key.5000")));
	fy_map_put(&map, fy_str_of("key.7"), NULL);
	assert_int_equal(map.count, 5000);
	assert_true(fy_map_has(&map, fy_str_of("key.7")));
	assert_null(fy_map_get(&map, fy_str_of("key.7")));
	/* Keys are bytes: a NUL inside counts, and so does nothing at all. */
	fy_map_put(&map, (fy_str){ "a\0b", 3 }, &values[0]);
	fy_map_put(&map, (fy_str){ "", 0 }, &values[1]);
	assert_null(fy_map_get(&map, fy_str_of("a")));
	assert_ptr_equal(fy_map_get(&map, (fy_str){ "a\0b", 3 }), &values[0]);
	assert_ptr_equal(fy_map_get(&map, (fy_str){ NULL, 0 }), &values[1]);
	fy_map_release(&map);
	assert_int_equal(map.count, 0);
}

static void hash(void **state)
{
	(void)state;
	/* SipHash-1-3 of its published key 00..0f: the same on every machine. */
	assert_true(fy_hash("a", 1) != fy_hash("b", 1));
	assert_true(fy_hash("a", 1) == fy_hash("ab", 1));
	assert_true(fy_hash("12345678", 8) != fy_hash("12345678\0", 9));
	assert_true(fy_hash("", 0) == 0xabac0158050fc4dcu);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arena), cmocka_unit_test(growing),
					    cmocka_unit_test(maps), cmocka_unit_test(hash) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
