/*
 * The protobuf wire form: fields of messages as borrowed bytes. Every length is checked against what is left,
 * nesting is counted, and the first problem sticks, so that readers check once per message. Knows nothing of
 * ONNX.
 */
#include "onnx/onnx_internal.h"

#include <string.h>

fy_wire fy_wire_open(fy_wire_log *log, const void *bytes, size_t size)
{
	return (fy_wire){ .log = log, .at = bytes, .end = (const uint8_t *)bytes + size };
}

void fy_wire_fail(fy_wire *wire, const char *problem)
{
	fy_wire_log *log = wire->log;

	if (!log->problem) {
		log->problem = problem;
		/* Joined pieces lie outside the file and have no place in it. */
		log->offset = wire->at >= log->base && wire->at <= log->base + log->size
				      ? (size_t)(wire->at - log->base)
				      : 0;
	}
	wire->at = wire->end;
}

fy_wire fy_wire_enter(const fy_wire *parent, fy_str bytes)
{
	fy_wire wire = { .log = parent->log, .at = (const uint8_t *)bytes.data, .depth = parent->depth + 1 };

	wire.end = wire.at + bytes.len;
	if (wire.depth > FY_WIRE_DEPTH)
		fy_wire_fail(&wire, "messages are nested too deeply");
	return wire;
}

/* ---- reading fields ------------------------------------------------------------------------------- */

static uint64_t read_varint(fy_wire *wire)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 70; shift += 7) {
		uint8_t byte;

		if (wire->at == wire->end) {
			fy_wire_fail(wire, "the file ends inside a number");
			return 0;
		}
		byte = *wire->at++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	fy_wire_fail(wire, "a number is longer than 10 bytes");
	return 0;
}

static uint64_t read_fixed(fy_wire *wire, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(wire->end - wire->at) < size) {
		fy_wire_fail(wire, "the file ends inside a number");
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)wire->at[i] << (8 * i);
	wire->at += size;
	return value;
}

static fy_str read_bytes(fy_wire *wire)
{
	uint64_t len = read_varint(wire);
	fy_str bytes = { (const char *)wire->at, 0 };

	if (len > (uint64_t)(wire->end - wire->at)) {
		fy_wire_fail(wire, "a field is longer than what is left");
		return bytes;
	}
	bytes.len = (size_t)len;
	wire->at += len;
	return bytes;
}

static bool read_tag(fy_wire *wire, int *number, int *type)
{
	uint64_t tag = read_varint(wire);

	if (wire->log->problem)
		return false;
	*number = (int)(tag >> 3 & 0x1fffffff);
	*type = (int)(tag & 7);
	if (tag >> 32 || *number == 0) {
		fy_wire_fail(wire, "a field has an impossible number");
		return false;
	}
	return true;
}

static void read_value(fy_wire *wire, fy_wire_field *field, int type)
{
	field->type = (fy_wire_type)type;
	switch (type) {
	case FY_WIRE_VARINT:
		field->value = read_varint(wire);
		break;
	case FY_WIRE_I64:
		field->value = read_fixed(wire, 8);
		break;
	case FY_WIRE_LEN:
		field->bytes = read_bytes(wire);
		break;
	case FY_WIRE_I32:
		field->value = read_fixed(wire, 4);
		break;
	default:
		fy_wire_fail(wire, type == 4 ? "a group ends that did not start"
					     : "a field has an impossible type");
	}
}

/* Groups are obsolete and in no ONNX message: skipped, without recursion. */
static void skip_group(fy_wire *wire, int number)
{
	int open[FY_WIRE_DEPTH + 1], depth = 0;
	fy_wire_field ignored = { 0 };

	open[depth++] = number;
	while (depth > 0 && !wire->log->problem) {
		int inner, type;

		if (!read_tag(wire, &inner, &type))
			return;
		if (type == 3) {
			if (wire->depth + depth >= FY_WIRE_DEPTH) {
				fy_wire_fail(wire, "messages are nested too deeply");
				return;
			}
			open[depth++] = inner;
		} else if (type == 4) {
			if (open[--depth] != inner)
				fy_wire_fail(wire, "a group ends that did not start");
		} else {
			read_value(wire, &ignored, type);
		}
	}
}

bool fy_wire_next(fy_wire *wire, fy_wire_field *field)
{
	int type;

	for (;;) {
		if (wire->log->problem || wire->at == wire->end)
			return false;
		*field = (fy_wire_field){ 0 };
		if (!read_tag(wire, &field->number, &type))
			return false;
		if (type != 3)
			break;
		skip_group(wire, field->number);
	}
	read_value(wire, field, type);
	return !wire->log->problem;
}

bool fy_wire_expect(fy_wire *wire, const fy_wire_field *field, fy_wire_type type)
{
	if (field->type != type)
		fy_wire_fail(wire, "a field has the wrong type");
	return field->type == type;
}

/* ---- repeated numbers ------------------------------------------------------------------------------- */

static fy_wire_type unpacked_type(int element)
{
	return element == 0 ? FY_WIRE_VARINT : element == 4 ? FY_WIRE_I32 : FY_WIRE_I64;
}

size_t fy_wire_count(fy_wire *wire, const fy_wire_field *field, int element)
{
	size_t count = 0;

	if (field->type != FY_WIRE_LEN)
		return fy_wire_expect(wire, field, unpacked_type(element)) ? 1 : 0;
	if (element > 0) {
		if (field->bytes.len % (size_t)element != 0)
			fy_wire_fail(wire, "packed numbers end inside a number");
		return field->bytes.len / (size_t)element;
	}
	for (size_t i = 0; i < field->bytes.len; i++)
		count += !(field->bytes.data[i] & 0x80);
	if (field->bytes.len > 0 && (field->bytes.data[field->bytes.len - 1] & 0x80))
		fy_wire_fail(wire, "packed numbers end inside a number");
	return count;
}

void fy_wire_numbers(fy_wire *wire, const fy_wire_field *field, int element, uint64_t *out)
{
	fy_wire packed = { .log = wire->log, .at = (const uint8_t *)field->bytes.data, .depth = wire->depth };

	if (field->type != FY_WIRE_LEN) {
		*out = field->value;
		return;
	}
	packed.end = packed.at + field->bytes.len;
	while (packed.at != packed.end && !packed.log->problem)
		*out++ = element == 0 ? read_varint(&packed) : read_fixed(&packed, (size_t)element);
}

/* ---- messages in pieces ------------------------------------------------------------------------------- */

/* The wire form merges: a message written in pieces is the pieces joined. They are joined at the second one.
 */
void fy_wire_keep(const fy_wire *message_start, fy_arena *arena, const fy_wire_field *field, fy_str *slot)
{
	fy_wire scan = *message_start;
	fy_wire_field piece;
	size_t total = 0;
	char *joined;

	if (!slot->data) {
		*slot = field->bytes;
		return;
	}
	if ((const uint8_t *)slot->data < message_start->at ||
	    (const uint8_t *)slot->data > message_start->end)
		return;
	while (fy_wire_next(&scan, &piece))
		total += piece.number == field->number ? piece.bytes.len : 0;
	joined = fy_arena_alloc(arena, total + 1);
	total = 0;
	scan = *message_start;
	while (fy_wire_next(&scan, &piece)) {
		if (piece.number == field->number && piece.bytes.len > 0) {
			memcpy(joined + total, piece.bytes.data, piece.bytes.len);
			total += piece.bytes.len;
		}
	}
	*slot = (fy_str){ joined, total };
}

/* ---- numbers for writing --------------------------------------------------------------------------------
 */

size_t fy_wire_varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >>= 7)
		size++;
	return size;
}

size_t fy_wire_put_varint(uint8_t out[10], uint64_t value)
{
	size_t size = 0;

	while (value > 0x7f) {
		out[size++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[size++] = (uint8_t)value;
	return size;
}
