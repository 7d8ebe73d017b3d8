/*
 * Small zip archives made by hand, so that tests can break them in known ways.
 */
#ifndef FY_TEST_ARCHIVE_BUILDER_H
#define FY_TEST_ARCHIVE_BUILDER_H

#include "archive/archive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* A literal with NULs in it, and its length. */
#define BYTES(text)    text, sizeof(text) - 1
#define PUT(buf, text) fy_buf_append((buf), BYTES(text))

typedef struct builder {
	fy_buf file, directory;
	unsigned count;
	bool deflate;          /* the entries to come */
	bool descriptors;      /* sizes in the directory only, as PyTorch writes */
	bool unaligned;        /* no padding */
	uint32_t size_lie;     /* added to the unpacked size in the directory */
	uint32_t crc_lie;      /* xor of the CRC-32 */
	uint32_t last_header;  /* where the local header of the newest entry lies */
	size_t last_data;      /* where its data lies */
	size_t last_directory; /* where its entry lies in the directory */
} builder;

static inline void put16(fy_buf *buf, uint32_t value)
{
	fy_buf_putc(buf, (char)value);
	fy_buf_putc(buf, (char)(value >> 8));
}

static inline void put32(fy_buf *buf, uint32_t value)
{
	put16(buf, value);
	put16(buf, value >> 16);
}

static inline void put64(fy_buf *buf, uint64_t value)
{
	put32(buf, (uint32_t)value);
	put32(buf, (uint32_t)(value >> 32));
}

static inline void builder_entry(builder *b, const char *name, uint32_t crc, size_t packed, size_t size,
				 uint32_t header)
{
	b->last_directory = b->directory.len;
	PUT(&b->directory, "PK\x01\x02");
	put16(&b->directory, 20);
	put16(&b->directory, 20);
	put16(&b->directory, b->descriptors ? 0x0808 : 0x0800);
	put16(&b->directory, b->deflate ? 8 : 0);
	put32(&b->directory, 0x00210000);
	put32(&b->directory, crc ^ b->crc_lie);
	put32(&b->directory, (uint32_t)packed);
	put32(&b->directory, (uint32_t)size + b->size_lie);
	put16(&b->directory, (uint32_t)strlen(name));
	put32(&b->directory, 0);
	put16(&b->directory, 0);
	put16(&b->directory, 0);
	put32(&b->directory, 0);
	put32(&b->directory, header);
	fy_buf_puts(&b->directory, name);
	b->count++;
}

static inline void builder_add(builder *b, const char *name, const void *bytes, size_t size)
{
	size_t packed = size, padding;
	uint32_t crc = (uint32_t)crc32_z(0, bytes, size), header = (uint32_t)b->file.len;
	char *out = NULL;

	if (b->deflate) {
		z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size };

		out = malloc(size + 1024);
		deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
		z.next_out = (Bytef *)out;
		z.avail_out = (uInt)size + 1024;
		deflate(&z, Z_FINISH);
		packed = z.total_out;
		deflateEnd(&z);
	}
	padding = b->unaligned ? 0 : (64 - (b->file.len + 30 + strlen(name) + 4) % 64) % 64;
	PUT(&b->file, "PK\x03\x04");
	put16(&b->file, 20);
	put16(&b->file, b->descriptors ? 0x0808 : 0x0800);
	put16(&b->file, b->deflate ? 8 : 0);
	put32(&b->file, 0x00210000);
	put32(&b->file, b->descriptors ? 0 : crc ^ b->crc_lie);
	put32(&b->file, b->descriptors ? 0 : (uint32_t)packed);
	put32(&b->file, b->descriptors ? 0 : (uint32_t)size + b->size_lie);
	put16(&b->file, (uint32_t)strlen(name));
	put16(&b->file, b->unaligned ? 0 : (uint32_t)padding + 4);
	fy_buf_puts(&b->file, name);
	if (!b->unaligned) {
		fy_buf_puts(&b->file, "FB");
		put16(&b->file, (uint32_t)padding);
		for (size_t i = 0; i < padding; i++)
			fy_buf_putc(&b->file, 'Z');
	}
	b->last_header = header;
	b->last_data = b->file.len;
	fy_buf_append(&b->file, out ? out : bytes, packed);
	free(out);
	if (b->descriptors) {
		PUT(&b->file, "PK\x07\x08");
		put32(&b->file, crc);
		put32(&b->file, (uint32_t)packed);
		put32(&b->file, (uint32_t)size);
	}
	builder_entry(b, name, crc, packed, size, header);
}

static inline void builder_text(builder *b, const char *name, const char *text)
{
	builder_add(b, name, text, strlen(text));
}

static inline void builder_end(builder *b, bool zip64)
{
	size_t at = b->file.len;

	fy_buf_append(&b->file, b->directory.data, b->directory.len);
	if (zip64) {
		size_t end = b->file.len;

		PUT(&b->file, "PK\x06\x06");
		put64(&b->file, 44);
		put32(&b->file, 0);
		put64(&b->file, 0);
		put64(&b->file, b->count);
		put64(&b->file, b->count);
		put64(&b->file, b->directory.len);
		put64(&b->file, at);
		PUT(&b->file, "PK\x06\x07");
		put32(&b->file, 0);
		put64(&b->file, end);
		put32(&b->file, 1);
	}
	PUT(&b->file, "PK\x05\x06");
	put32(&b->file, 0);
	put16(&b->file, zip64 ? 0xffff : b->count);
	put16(&b->file, zip64 ? 0xffff : b->count);
	put32(&b->file, zip64 ? 0xffffffff : (uint32_t)b->directory.len);
	put32(&b->file, zip64 ? 0xffffffff : (uint32_t)at);
	put16(&b->file, 0);
}

static inline void builder_release(builder *b)
{
	fy_buf_release(&b->file);
	fy_buf_release(&b->directory);
}

/* Bytes as a file that was opened: exactly as large as they are, so that a sanitizer sees every overrun. */
static inline fy_file file_of(const void *bytes, size_t size)
{
	static char path[] = "test.pt";
	uint8_t *copy = aligned_alloc(64, (size + 63) / 64 * 64 + 64);

	if (size)
		memcpy(copy, bytes, size);
	return (fy_file){ .path = path, .data = copy, .size = size };
}

static inline void file_drop(fy_file *file)
{
	free((void *)(uintptr_t)file->data);
}

/* ---- pickles ---- */

static inline void put_sized(fy_buf *p, const char *text)
{
	fy_buf_putc(p, 'X');
	put32(p, (uint32_t)strlen(text));
	fy_buf_puts(p, text);
}

/* A float tensor over storage `key` of `numel` elements, with one dimension. */
static inline void put_tensor(fy_buf *p, const char *key, int numel, int offset, int size, int stride)
{
	fy_buf_puts(p, "ctorch._utils\n_rebuild_tensor_v2\n((");
	put_sized(p, "storage");
	fy_buf_puts(p, "ctorch\nFloatStorage\n");
	put_sized(p, key);
	put_sized(p, "cpu");
	fy_buf_putc(p, 'K');
	fy_buf_putc(p, (char)numel);
	fy_buf_puts(p, "tQK");
	fy_buf_putc(p, (char)offset);
	fy_buf_puts(p, "(K");
	fy_buf_putc(p, (char)size);
	fy_buf_puts(p, "t(K");
	fy_buf_putc(p, (char)stride);
	fy_buf_puts(p, "t\x88");
	fy_buf_puts(p, "ccollections\nOrderedDict\n)RtR");
}

/* ---- whole archives ---- */

#define MINIMAL_SOURCE                                                                       \
	"class M(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n  w : Tensor\n" \
	"  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"   \
	"    return torch.add(x, self.w)\n"

/* The data.pkl of the minimal archive: an object with a 2x2 parameter and a bool. */
static inline void put_minimal_pickle(fy_buf *p)
{
	PUT(p, "\x80\x02");
	fy_buf_puts(p, "c__torch__\nM\n)\x81}(");
	put_sized(p, "w");
	fy_buf_puts(p, "ctorch._utils\n_rebuild_tensor_v2\n((");
	put_sized(p, "storage");
	fy_buf_puts(p, "ctorch\nFloatStorage\n");
	put_sized(p, "0");
	put_sized(p, "cpu");
	PUT(p, "K\x04tQK\x00(K\x02K\x02t(K\x02K\x01t\x88");
	fy_buf_puts(p, "ccollections\nOrderedDict\n)RtR");
	put_sized(p, "training");
	fy_buf_puts(p, "\x88ub.");
}

static inline void build_minimal(builder *b)
{
	static const float weights[] = { 1, 2, 3, 4 };
	fy_buf pickle = { 0 };

	put_minimal_pickle(&pickle);
	builder_add(b, "m/data.pkl", pickle.data, pickle.len);
	builder_add(b, "m/data/0", weights, sizeof(weights));
	builder_add(b, "m/constants.pkl", BYTES("\x80\x02)."));
	builder_text(b, "m/code/__torch__.py", MINIMAL_SOURCE);
	builder_text(b, "m/version", "3\n");
	fy_buf_release(&pickle);
}

/* Opens bytes as an archive: a block of exactly their size. The arena has to be freed, the archive closed. */
static inline fy_status open_bytes(fy_archive **out, fy_arena *arena, const void *bytes, size_t size,
				   fy_diags *diags)
{
	*out = NULL;
	return fy_archive_open_bytes(out, arena, fy_arena_copy(arena, bytes, size), size, "test.pt", 0,
				     diags);
}

#endif
