/*
 * For fuzz_onnx: one field of a protobuf message, at any depth, changes, goes, comes twice or takes the place
 * of another one; lengths are made right again. What is no message is changed blindly.
 */
#include "mutate.h"

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5, MAX_DEPTH = 12 };
enum { CHANGE, DROP, REPEAT, REPLACE, EDIT_COUNT };

/* A field: its bytes from the tag on, and its payload. */
typedef struct field {
	const uint8_t *begin, *payload, *end;
	uint64_t tag;
} field;

typedef struct edit {
	size_t target, seen; /* which field, counted depth first; fields met so far */
	size_t what;
	field other; /* what REPLACE puts there */
	uint32_t *state;
} edit;

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	*out = 0;
	for (int shift = 0; shift < 64 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static void put_varint(fy_buf *out, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		fy_buf_putc(out, (char)(value | 0x80));
	fy_buf_putc(out, (char)value);
}

static bool next_field(const uint8_t **at, const uint8_t *end, field *out)
{
	uint64_t size;

	out->begin = *at;
	if (!read_varint(at, end, &out->tag) || out->tag >> 3 == 0)
		return false;
	out->payload = *at;
	switch (out->tag & 7) {
	case WIRE_VARINT:
		if (!read_varint(at, end, &size))
			return false;
		size = 0;
		break;
	case WIRE_64:
		size = 8;
		break;
	case WIRE_32:
		size = 4;
		break;
	case WIRE_BYTES:
		if (!read_varint(at, end, &size))
			return false;
		out->payload = *at;
		break;
	default:
		return false;
	}
	if (size > (size_t)(end - *at))
		return false;
	*at += size;
	out->end = *at;
	return true;
}

static bool is_message(const uint8_t *at, const uint8_t *end)
{
	field f;

	if (at == end)
		return false;
	while (at < end)
		if (!next_field(&at, end, &f))
			return false;
	return true;
}

static bool has_inside(const field *f, int depth)
{
	return (f->tag & 7) == WIRE_BYTES && depth < MAX_DEPTH && is_message(f->payload, f->end);
}

/* Field `target` of all, depth first; how many there are. */
static size_t find_field(const uint8_t *at, const uint8_t *end, int depth, size_t target, field *out)
{
	size_t count = 0;
	field f;

	while (at < end && next_field(&at, end, &f)) {
		if (count++ == target)
			*out = f;
		if (has_inside(&f, depth))
			count += find_field(f.payload, f.end, depth + 1, target - count, out);
	}
	return count;
}

static void put_bytes_field(fy_buf *out, uint64_t tag, const void *bytes, size_t size)
{
	put_varint(out, tag);
	put_varint(out, size);
	fy_buf_append(out, bytes, size);
}

static void put_changed(fy_buf *out, const field *f, edit *e)
{
	size_t size = (size_t)(f->end - f->payload), room = size + 64;
	uint8_t *payload = malloc(room);

	if (!payload)
		return;
	memcpy(payload, f->payload, size);
	if ((f->tag & 7) == WIRE_BYTES) {
		put_bytes_field(out, f->tag, payload, LLVMFuzzerMutate(payload, size, room));
	} else if ((f->tag & 7) == WIRE_VARINT) {
		put_varint(out, f->tag);
		put_varint(out, mutate_random(e->state, 2) ? mutate_random(e->state, 40)
							   : (uint64_t)0 - mutate_random(e->state, 4));
	} else {
		LLVMFuzzerMutate(payload, size, size);
		put_varint(out, f->tag);
		fy_buf_append(out, payload, size);
	}
	free(payload);
}

static void put_edited(fy_buf *out, const field *f, edit *e)
{
	switch (e->what) {
	case DROP:
		break;
	case REPEAT:
		fy_buf_append(out, f->begin, (size_t)(f->end - f->begin));
		fy_buf_append(out, f->begin, (size_t)(f->end - f->begin));
		break;
	case REPLACE:
		fy_buf_append(out, e->other.begin, (size_t)(e->other.end - e->other.begin));
		break;
	default:
		put_changed(out, f, e);
	}
}

static void rebuild(fy_buf *out, const uint8_t *at, const uint8_t *end, int depth, edit *e)
{
	field f;

	while (at < end && next_field(&at, end, &f)) {
		if (e->seen++ == e->target) {
			put_edited(out, &f, e);
			if (has_inside(&f, depth))
				e->seen += find_field(f.payload, f.end, depth + 1, SIZE_MAX, &f);
		} else if (has_inside(&f, depth)) {
			fy_buf inside = { 0 };
			rebuild(&inside, f.payload, f.end, depth + 1, e);
			put_bytes_field(out, f.tag, inside.data, inside.len);
			fy_buf_release(&inside);
		} else {
			fy_buf_append(out, f.begin, (size_t)(f.end - f.begin));
		}
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	uint32_t state = seed;
	edit e = { .state = &state, .what = mutate_random(&state, EDIT_COUNT) };
	fy_buf out = { 0 };
	size_t rebuilt = 0;

	if (mutate_random(&state, 4) != 0 && is_message(data, data + size)) {
		size_t count = find_field(data, data + size, 0, SIZE_MAX, &e.other);
		e.target = mutate_random(&state, count);
		find_field(data, data + size, 0, mutate_random(&state, count), &e.other);
		rebuild(&out, data, data + size, 0, &e);
		if (out.len > 0 && out.len <= max_size) {
			rebuilt = out.len;
			memcpy(data, out.data, rebuilt);
		}
		fy_buf_release(&out);
	}
	return rebuilt ? rebuilt : LLVMFuzzerMutate(data, size, max_size);
}
