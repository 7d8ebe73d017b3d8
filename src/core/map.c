/*
 * Hash map from text to pointer: entries in order of insertion, and a table of indices with linear probing.
 * And the same without copies: an index of things that know their key.
 * Keys come from files, so the hash (SipHash-1-3) is keyed per process: nobody can prepare collisions.
 */
#include "core/core.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>

static uint64_t rotated(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotated(v[1], 13) ^ v[0];
	v[0] = rotated(v[0], 32);
	v[2] += v[3];
	v[3] = rotated(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotated(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotated(v[1], 17) ^ v[2];
	v[2] = rotated(v[2], 32);
}

static uint64_t sip_hash(const void *bytes, size_t len, const uint64_t key[2])
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
			  key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
	const uint8_t *s = bytes;
	size_t left = len;

	for (; left >= 8; s += 8, left -= 8) {
		uint64_t word;
		memcpy(&word, s, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	uint64_t last = (uint64_t)(len & 0xff) << 56;
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)s[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t fy_hash(const void *bytes, size_t len)
{
	static const uint64_t fixed[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	return sip_hash(bytes, len, fixed);
}

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

/* The kernel gives each process 16 random bytes at its start. */
static void find_secret(void)
{
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);

	if (random)
		memcpy(secret, random, sizeof(secret));
}

static uint64_t key_hash(fy_str key)
{
	pthread_once(&secret_once, find_secret);
	return sip_hash(key.data, key.len, secret);
}

/* The slot of the key, or the empty one where it would go. Slots hold index + 1; 0 is empty. */
static size_t find_slot(const fy_map *map, fy_str key, uint64_t hash)
{
	size_t slot = hash & (map->slot_count - 1);

	while (map->slots[slot] != 0) {
		const fy_map_entry *entry = &map->entries[map->slots[slot] - 1];
		if (entry->hash == hash && fy_str_eq((fy_str){ entry->key, entry->len }, key))
			break;
		slot = (slot + 1) & (map->slot_count - 1);
	}
	return slot;
}

static const fy_map_entry *find(const fy_map *map, fy_str key)
{
	if (map->count == 0)
		return NULL;
	uint32_t index = map->slots[find_slot(map, key, key_hash(key))];
	return index == 0 ? NULL : &map->entries[index - 1];
}

void *fy_map_get(const fy_map *map, fy_str key)
{
	const fy_map_entry *entry = find(map, key);
	return entry ? entry->value : NULL;
}

bool fy_map_has(const fy_map *map, fy_str key)
{
	return find(map, key) != NULL;
}

/* Kept at most half full. */
static void widen(fy_map *map)
{
	fy_free(map->slots);
	map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
	map->slots = fy_zalloc(map->slot_count * sizeof(*map->slots));
	for (size_t i = 0; i < map->count; i++) {
		size_t slot = map->entries[i].hash & (map->slot_count - 1);
		while (map->slots[slot] != 0)
			slot = (slot + 1) & (map->slot_count - 1);
		map->slots[slot] = (uint32_t)(i + 1);
	}
}

void fy_map_put(fy_map *map, fy_str key, void *value)
{
	uint64_t hash = key_hash(key);

	if ((map->count + 1) * 2 > map->slot_count)
		widen(map);
	size_t slot = find_slot(map, key, hash);
	if (map->slots[slot] != 0) {
		map->entries[map->slots[slot] - 1].value = value;
		return;
	}
	FY_ASSERT(map->count < UINT32_MAX - 1);
	char *copy = fy_alloc(key.len + 1);
	if (key.len)
		memcpy(copy, key.data, key.len);
	copy[key.len] = '\0';
	map->entries = fy_grow(map->entries, &map->capacity, map->count + 1, sizeof(*map->entries));
	map->entries[map->count++] = (fy_map_entry){ copy, key.len, hash, value };
	map->slots[slot] = (uint32_t)map->count;
}

void fy_map_release(fy_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		fy_free((char *)map->entries[i].key);
	fy_free(map->entries);
	fy_free(map->slots);
	*map = (fy_map){ 0 };
}

/* ---- indices ---- */

/* The slot of the key, or the empty one where it would go. */
static size_t find_thing(const fy_index *index, fy_str key, uint32_t hash)
{
	size_t slot = hash & (index->slot_count - 1);

	while (index->things[slot]) {
		if (index->hashes[slot] == hash && fy_str_eq(index->key_of(index->things[slot]), key))
			break;
		slot = (slot + 1) & (index->slot_count - 1);
	}
	return slot;
}

void *fy_index_get(const fy_index *index, fy_str key)
{
	if (index->count == 0)
		return NULL;
	return (void *)index->things[find_thing(index, key, (uint32_t)key_hash(key))];
}

static void *index_memory(const fy_index *index, size_t count, size_t item_size)
{
	size_t bytes;

	if (!fy_mul_size(count, item_size, &bytes))
		fy_out_of_memory();
	return index->arena ? fy_arena_alloc(index->arena, bytes) : fy_zalloc(bytes);
}

static void widen_index(fy_index *index)
{
	fy_index old = *index;

	index->slot_count = old.slot_count ? old.slot_count * 2 : 16;
	index->things = index_memory(index, index->slot_count, sizeof(*index->things));
	index->hashes = index_memory(index, index->slot_count, sizeof(*index->hashes));
	for (size_t i = 0; i < old.slot_count; i++) {
		size_t slot = old.hashes[i] & (index->slot_count - 1);

		if (!old.things[i])
			continue;
		while (index->things[slot])
			slot = (slot + 1) & (index->slot_count - 1);
		index->things[slot] = old.things[i];
		index->hashes[slot] = old.hashes[i];
	}
	fy_index_release(&old);
}

void *fy_index_put(fy_index *index, const void *thing)
{
	fy_str key = index->key_of(thing);
	uint32_t hash = (uint32_t)key_hash(key);
	size_t slot;

	/* Kept at most two thirds full. */
	if ((index->count + 1) * 3 > index->slot_count * 2)
		widen_index(index);
	slot = find_thing(index, key, hash);
	if (!index->things[slot]) {
		FY_ASSERT(index->count < UINT32_MAX / 2);
		index->things[slot] = thing;
		index->hashes[slot] = hash;
		index->count++;
	}
	return (void *)index->things[slot];
}

void fy_index_release(fy_index *index)
{
	if (!index->arena) {
		fy_free(index->things);
		fy_free(index->hashes);
	}
	index->things = NULL;
	index->hashes = NULL;
	index->count = index->slot_count = 0;
}
