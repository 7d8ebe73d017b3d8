/*
 * The directory of a zip file and the bytes of its records. The central directory is the only truth: local
 * headers are read for the length of their name and extra field, and compared where they claim something.
 * All records are checked when the file is opened (inside the file, no overlaps, no name twice), so that
 * later code may use offsets and sizes as they are. Must not know what the records mean.
 */
#include "archive/archive_internal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	END_SIZE = 22,     /* end of central directory */
	END64_SIZE = 56,   /* zip64 end of central directory */
	LOCATOR_SIZE = 20, /* zip64 locator */
	CENTRAL_SIZE = 46, /* directory entry without name, extra field and comment */
	LOCAL_SIZE = 30,   /* local header without name and extra field */
	MAX_COMMENT = 65535,
	DEFLATE_RATIO = 1032, /* the most that deflate can gain */
	SHOWN_NAME = 200,
	AMBIGUOUS = -1,                              /* in by_folded_name: several records */
	FLAGS_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13, /* the data, strongly, the headers too */
	FLAG_PATCH = 1 << 5,
	FLAG_UTF8 = 1 << 11,
};

#define SIGNATURE_END     0x06054b50u
#define SIGNATURE_END64   0x06064b50u
#define SIGNATURE_LOCATOR 0x07064b50u
#define SIGNATURE_CENTRAL 0x02014b50u
#define SIGNATURE_LOCAL   0x04034b50u
#define SIGNATURE_DIGITAL 0x05054b50u

/* Where the directory lies, as the end records say. */
typedef struct directory {
	uint64_t offset, size, count;
} directory;

/* One entry while it is checked. */
typedef struct entry {
	uint32_t flags, method, crc;
	uint64_t packed, size, header; /* header: offset of the local header */
	const char *name;              /* full, in the arena */
	size_t name_len;
	uint64_t data; /* offset of the data */
} entry;

/* The bytes of the file that belong to one entry. */
typedef struct extent {
	uint64_t begin, end;
	size_t record;
} extent;

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}
static uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}
static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static fy_place place_of(const fy_zip *zip, const char *member)
{
	/* Names may have 64 KiB; messages stay short. */
	if (member && strlen(member) > SHOWN_NAME)
		member = fy_arena_printf(zip->arena, "%.*s...", SHOWN_NAME, member);
	return (fy_place){ .file = zip->path, .member = member };
}

static fy_status broken(const fy_zip *zip, const char *id, const char *member, fy_diags *diags,
			const char *why)
{
	fy_place place = place_of(zip, member);

	fy_error(diags, FY_MALFORMED, id, &place, "%s", why);
	return FY_MALFORMED;
}

/* ---- the end records ---- */

static bool end_at(const fy_file *file, size_t at, bool to_the_end)
{
	const uint8_t *p = file->data + at;
	size_t end;

	if (get32(p) != SIGNATURE_END)
		return false;
	end = at + END_SIZE + get16(p + 20);
	return to_the_end ? end == file->size : end <= file->size;
}

/* The last end record whose comment ends the file; else the last whose comment fits (bytes after the archive
 * are tolerated, a signature inside a comment is not taken for an end record). */
static bool find_end(const fy_file *file, size_t *out)
{
	size_t lowest;

	if (file->size < END_SIZE)
		return false;
	lowest = file->size - END_SIZE > MAX_COMMENT ? file->size - END_SIZE - MAX_COMMENT : 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t at = file->size - END_SIZE + 1; at-- > lowest;)
			if (end_at(file, at, pass == 0)) {
				*out = at;
				return true;
			}
	return false;
}

/* A field of the old end record must be saturated or agree with zip64. */
static bool agrees(uint64_t old, uint64_t saturated, uint64_t wide)
{
	return old == saturated || old == wide;
}

static fy_status read_end64(const fy_zip *zip, size_t end, directory *dir, fy_diags *diags)
{
	const uint8_t *data = zip->file->data;
	const uint8_t *locator, *p;
	uint64_t at;
	directory wide;

	if (end < LOCATOR_SIZE || get32(data + end - LOCATOR_SIZE) != SIGNATURE_LOCATOR)
		return FY_OK;
	locator = data + end - LOCATOR_SIZE;
	at = get64(locator + 8);
	if (end < LOCATOR_SIZE + END64_SIZE || at > end - LOCATOR_SIZE - END64_SIZE)
		return broken(zip, "zip-directory", NULL, diags, "zip64 locator points outside the file");
	p = data + at;
	if (get32(p) != SIGNATURE_END64 || get64(p + 4) < END64_SIZE - 12)
		return broken(zip, "zip-directory", NULL, diags,
			      "no zip64 end record where the locator says");
	if (get32(locator + 4) != 0 || get32(p + 16) != 0 || get32(p + 20) != 0 ||
	    get64(p + 24) != get64(p + 32))
		return broken(zip, "zip-directory", NULL, diags, "zip archive is split over several files");
	wide = (directory){ .count = get64(p + 32), .size = get64(p + 40), .offset = get64(p + 48) };
	if (!agrees(dir->count, 0xffff, wide.count) || !agrees(dir->size, 0xffffffff, wide.size) ||
	    !agrees(dir->offset, 0xffffffff, wide.offset))
		return broken(zip, "zip-directory", NULL, diags, "zip and zip64 end records disagree");
	*dir = wide;
	return FY_OK;
}

static fy_status read_end(const fy_zip *zip, directory *dir, fy_diags *diags)
{
	const fy_file *file = zip->file;
	const uint8_t *p;
	size_t end;

	if (!find_end(file, &end)) {
		fy_status status = broken(zip, "zip-truncated", NULL, diags,
					  "zip archive has no end of central directory record");
		fy_hint(diags, "the file is cut off or still being written: copy or download it again");
		return status;
	}
	p = file->data + end;
	if (get16(p + 4) != 0 || get16(p + 6) != 0 || get16(p + 8) != get16(p + 10))
		return broken(zip, "zip-directory", NULL, diags, "zip archive is split over several files");
	*dir = (directory){ .count = get16(p + 10), .size = get32(p + 12), .offset = get32(p + 16) };
	FY_TRY(read_end64(zip, end, dir, diags));
	if (dir->offset > end || dir->size > end - dir->offset)
		return broken(zip, "zip-directory", NULL, diags, "central directory lies outside the file");
	if (dir->count > dir->size / CENTRAL_SIZE)
		return broken(zip, "zip-directory", NULL, diags,
			      "central directory is too short for its entries");
	if (dir->count == 0)
		return broken(zip, "zip-empty", NULL, diags, "zip archive has no entries");
	return FY_OK;
}

/* ---- entries ---- */

/* Fills the saturated ones of size, packed and header in order; false when the field is too short. */
static bool read_field64(const uint8_t *field, size_t len, entry *e)
{
	uint64_t *values[3] = { &e->size, &e->packed, &e->header };

	for (int i = 0; i < 3; i++) {
		if (*values[i] != 0xffffffff)
			continue;
		if (len < 8)
			return false;
		*values[i] = get64(field);
		field += 8;
		len -= 8;
	}
	return true;
}

/* Without a zip64 field a saturated value is what it says: 4 GiB - 1 exactly, checked against the file later.
 * Fewer than four bytes at the end are padding of some writers. */
static bool read_extra(const uint8_t *extra, size_t len, entry *e)
{
	bool found = false;
	size_t at = 0;

	while (len - at >= 4) {
		size_t id = get16(extra + at), field = get16(extra + at + 2);

		at += 4;
		if (field > len - at)
			return false;
		if (id == 1 && (found || !read_field64(extra + at, field, e)))
			return false;
		found |= id == 1;
		at += field;
	}
	return true;
}

static bool has_parent_component(const char *name)
{
	const char *p = name;

	while ((p = strstr(p, "..")) != NULL) {
		if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
		p += 2;
	}
	return false;
}

static fy_status check_entry(const fy_zip *zip, const entry *e, fy_diags *diags)
{
	fy_place place = place_of(zip, e->name);

	if (has_parent_component(e->name))
		return broken(zip, "zip-name", e->name, diags, "entry name has a '..' component");
	if (strchr(e->name, '\\'))
		return broken(zip, "zip-name", e->name, diags,
			      "entry name has a backslash, which some take for a slash");
	if (e->flags & FLAG_UTF8 && !fy_utf8_valid((fy_str){ e->name, e->name_len }))
		return broken(zip, "zip-name", e->name, diags, "entry name is said to be UTF-8 but is not");
	if (e->flags & FLAGS_ENCRYPTED)
		return fy_error(diags, FY_UNSUPPORTED, "zip-encrypted", &place, "entry is encrypted");
	if (e->flags & FLAG_PATCH)
		return fy_error(diags, FY_UNSUPPORTED, "zip-method", &place,
				"entry is a patch of another file");
	if (e->method != 0 && e->method != 8)
		return fy_error(diags, FY_UNSUPPORTED, "zip-method", &place,
				"compression method %u; PyTorch uses 0 (stored) and 8 (deflate) only",
				e->method);
	if (e->method == 0 && e->packed != e->size)
		return fy_error(diags, FY_MALFORMED, "zip-size", &place,
				"stored entry of %" PRIu64 " bytes claims to unpack to %" PRIu64, e->packed,
				e->size);
	if (e->size / DEFLATE_RATIO > e->packed)
		return fy_error(diags, FY_MALFORMED, "zip-size", &place,
				"%" PRIu64 " deflated bytes cannot unpack to %" PRIu64, e->packed, e->size);
	return FY_OK;
}

/* The local header may claim sizes too: when it does (no data descriptor follows), they must be the same. */
static bool local_agrees(const uint8_t *local, const entry *e)
{
	uint32_t packed = get32(local + 18), size = get32(local + 22);

	if (get16(local + 6) & 8)
		return true;
	return get32(local + 14) == e->crc && (packed == 0xffffffff || packed == e->packed) &&
	       (size == 0xffffffff || size == e->size);
}

static fy_status locate_data(const fy_zip *zip, const directory *dir, entry *e, fy_diags *diags)
{
	const uint8_t *local;
	uint64_t room;

	if (dir->offset < LOCAL_SIZE || e->header > dir->offset - LOCAL_SIZE)
		return broken(zip, "zip-offset", e->name, diags, "local header lies outside the file");
	local = zip->file->data + e->header;
	if (get32(local) != SIGNATURE_LOCAL)
		return broken(zip, "zip-offset", e->name, diags, "no local header where the directory says");
	room = dir->offset - e->header - LOCAL_SIZE;
	if ((uint64_t)get16(local + 26) + get16(local + 28) > room)
		return broken(zip, "zip-offset", e->name, diags, "local header runs past the records");
	room -= get16(local + 26) + get16(local + 28);
	if (get16(local + 26) != e->name_len || memcmp(local + LOCAL_SIZE, e->name, e->name_len) != 0)
		return broken(zip, "zip-name", e->name, diags,
			      "local header has another name than the directory");
	if (get16(local + 8) != e->method)
		return broken(zip, "zip-method", e->name, diags,
			      "local header has another compression method than the directory");
	if (!local_agrees(local, e))
		return broken(zip, "zip-size", e->name, diags,
			      "local header and directory disagree about size or CRC-32");
	e->data = e->header + LOCAL_SIZE + get16(local + 26) + get16(local + 28);
	if (e->packed > room)
		return broken(zip, "zip-offset", e->name, diags, "data runs into the central directory");
	return FY_OK;
}

/* Reads the entry at *at, moves *at behind it. */
static fy_status read_entry(const fy_zip *zip, const directory *dir, uint64_t *at, entry *e, fy_diags *diags)
{
	const uint8_t *p = zip->file->data + *at;
	uint64_t room = dir->offset + dir->size - *at;
	size_t name, extra, comment;

	if (room < CENTRAL_SIZE || get32(p) != SIGNATURE_CENTRAL)
		return broken(zip, "zip-directory", NULL, diags,
			      "central directory has fewer entries than it claims");
	name = get16(p + 28);
	extra = get16(p + 30);
	comment = get16(p + 32);
	if (name + extra + comment > room - CENTRAL_SIZE)
		return broken(zip, "zip-directory", NULL, diags, "directory entry runs past the directory");
	*e = (entry){ .flags = get16(p + 8),
		      .method = get16(p + 10),
		      .crc = get32(p + 16),
		      .packed = get32(p + 20),
		      .size = get32(p + 24),
		      .header = get32(p + 42),
		      .name_len = name };
	if (name == 0 || memchr(p + CENTRAL_SIZE, 0, name))
		return broken(zip, "zip-name", NULL, diags, "entry with an empty name or a NUL in its name");
	e->name = fy_arena_strndup(zip->arena, (const char *)p + CENTRAL_SIZE, name);
	if (!read_extra(p + CENTRAL_SIZE + name, extra, e))
		return broken(zip, "zip-directory", e->name, diags, "extra field is broken");
	FY_TRY(check_entry(zip, e, diags));
	FY_TRY(locate_data(zip, dir, e, diags));
	*at += CENTRAL_SIZE + name + extra + comment;
	return FY_OK;
}

static int compare_extents(const void *a, const void *b)
{
	const extent *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static fy_status check_overlaps(const fy_zip *zip, extent *extents, fy_diags *diags)
{
	qsort(extents, zip->count, sizeof(*extents), compare_extents);
	for (size_t i = 1; i < zip->count; i++)
		if (extents[i].begin < extents[i - 1].end) {
			fy_place place = place_of(zip, zip->records[extents[i].record].name);

			return fy_error(diags, FY_MALFORMED, "zip-overlap", &place,
					"entry overlaps entry '%.200s'",
					zip->records[extents[i - 1].record].name);
		}
	return FY_OK;
}

/* ---- names ---- */

static char *folded(const char *name)
{
	char *low = fy_strdup(name);

	for (char *p = low; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return low;
}

/* The text before the first '/' of the first entry, as PyTorch does. */
static fy_status find_folder(fy_zip *zip, const char *first, fy_diags *diags)
{
	const char *slash = strchr(first, '/');

	if (!slash || slash == first)
		return broken(zip, "zip-name", first, diags,
			      slash ? "entry name is absolute"
				    : "first entry lies in no folder: no PyTorch archive");
	zip->folder = fy_arena_strndup(zip->arena, first, (size_t)(slash - first));
	return FY_OK;
}

/* PyTorch looks records up without regard to case. Names of modules and of extra files are their writers'
 * choice. */
static bool is_free_name(const char *folded_name)
{
	return fy_starts_with(folded_name, "code/") || fy_starts_with(folded_name, "extra/");
}

static fy_status add_name(fy_zip *zip, size_t index, fy_diags *diags)
{
	fy_zip_record *record = &zip->records[index];
	size_t folder = strlen(zip->folder);
	fy_str key;
	char *low;

	if (strncmp(record->name, zip->folder, folder) != 0 || record->name[folder] != '/') {
		if (record->name[0] == '/')
			return broken(zip, "zip-name", record->name, diags, "entry name is absolute");
		record->outside = true;
		return FY_OK;
	}
	record->name += folder + 1;
	key = fy_str_of(record->name);
	if (fy_map_has(&zip->by_name, key))
		return broken(zip, "zip-duplicate", record->name, diags, "two entries have this name");
	fy_map_put(&zip->by_name, key, (void *)(intptr_t)(index + 1));
	low = folded(record->name);
	key = fy_str_of(low);
	if (fy_map_has(&zip->by_folded_name, key) && !is_free_name(low)) {
		fy_free(low);
		return broken(zip, "zip-duplicate", record->name, diags,
			      "two entries differ in upper and lower case only");
	}
	fy_map_put(&zip->by_folded_name, key,
		   (void *)(intptr_t)(fy_map_has(&zip->by_folded_name, key) ? AMBIGUOUS
									    : (intptr_t)(index + 1)));
	fy_free(low);
	return FY_OK;
}

/* ---- opening ---- */

static fy_status read_directory(fy_zip *zip, extent *extents, const directory *dir, fy_diags *diags)
{
	uint64_t at = dir->offset, end = dir->offset + dir->size;

	for (size_t i = 0; i < zip->count; i++) {
		entry e;

		FY_TRY(read_entry(zip, dir, &at, &e, diags));
		if (i == 0)
			FY_TRY(find_folder(zip, e.name, diags));
		zip->records[i] = (fy_zip_record){ .name = e.name,
						   .directory = e.name[e.name_len - 1] == '/',
						   .deflated = e.method == 8,
						   .offset = e.data,
						   .packed = e.packed,
						   .size = e.size,
						   .crc = e.crc };
		FY_TRY(add_name(zip, i, diags));
		extents[i] = (extent){ e.header, e.data + e.packed, i };
	}
	if (at != end && (end - at < 4 || get32(zip->file->data + at) != SIGNATURE_DIGITAL))
		return broken(zip, "zip-directory", NULL, diags,
			      "central directory is longer than its entries");
	return check_overlaps(zip, extents, diags);
}

fy_status fy_zip_open(fy_zip **out, fy_arena *arena, const fy_file *file, fy_diags *diags)
{
	fy_zip *zip = FY_NEW(arena, fy_zip);
	fy_status status;
	extent *extents;
	directory dir = { 0 };

	zip->arena = arena;
	zip->file = file;
	zip->path = fy_arena_strdup(arena, file->path);
	zip->folder = "";
	zip->unpack_limit = ((uint64_t)64 << 20) + 20 * (uint64_t)file->size;
	FY_TRY(read_end(zip, &dir, diags));
	zip->count = (size_t)dir.count;
	zip->records = FY_NEW_ARRAY(arena, fy_zip_record, zip->count);
	extents = fy_alloc(zip->count * sizeof(*extents));
	status = read_directory(zip, extents, &dir, diags);
	fy_free(extents);
	if (status != FY_OK) {
		fy_zip_close(zip);
		return status;
	}
	*out = zip;
	return FY_OK;
}

void fy_zip_close(fy_zip *zip)
{
	if (!zip)
		return;
	fy_map_release(&zip->by_name);
	fy_map_release(&zip->by_folded_name);
}

fy_zip_record *fy_zip_find(const fy_zip *zip, const char *name)
{
	intptr_t index = (intptr_t)fy_map_get(&zip->by_name, fy_str_of(name));

	if (index == 0) {
		char *low = folded(name);

		index = (intptr_t)fy_map_get(&zip->by_folded_name, fy_str_of(low));
		fy_free(low);
	}
	return index > 0 ? &zip->records[index - 1] : NULL;
}

/* ---- bytes ---- */

fy_str fy_zip_mapped(const fy_zip *zip, const fy_zip_record *record)
{
	FY_ASSERT(!record->deflated);
	return (fy_str){ (const char *)zip->file->data + record->offset, (size_t)record->size };
}

static fy_status judge_crc(const fy_zip *zip, fy_zip_record *record, uint32_t crc, fy_diags *diags)
{
	if (crc != record->crc) {
		fy_place place = place_of(zip, record->name);
		fy_status status = fy_error(diags, FY_MALFORMED, "zip-crc", &place,
					    "CRC-32 is %08x, the directory says %08x", crc, record->crc);

		fy_hint(diags, "the file was damaged after it was written: copy or download it again");
		return status;
	}
	record->crc_checked = true;
	return FY_OK;
}

static fy_status compare_crc(const fy_zip *zip, fy_zip_record *record, const void *bytes, fy_diags *diags)
{
	if (record->crc_checked)
		return FY_OK;
	return judge_crc(zip, record, fy_zip_crc(0, bytes, (size_t)record->size), diags);
}

/* In pieces that are left again, so that not all of a large file counts as memory. */
static uint32_t mapped_crc(const fy_zip *zip, const fy_zip_record *record)
{
	enum { PIECE = 1 << 20 };
	fy_str bytes = fy_zip_mapped(zip, record);
	uint32_t crc = 0;

	for (size_t at = 0; at < bytes.len; at += PIECE) {
		size_t n = bytes.len - at < PIECE ? bytes.len - at : PIECE;

		(void)fy_file_view(zip->file, record->offset + at, n);
		crc = fy_zip_crc(crc, bytes.data + at, n);
		if (n == PIECE)
			fy_file_leave(zip->file, record->offset + at, n);
	}
	return crc;
}

static void *inflate_alloc(void *user, uInt count, uInt size)
{
	(void)user;
	return fy_alloc((size_t)count * size);
}

static void inflate_free(void *user, void *block)
{
	(void)user;
	fy_free(block);
}

/* Exactly record->size bytes must come out, with nothing left over on either side. */
static bool inflate_all(const uint8_t *from, uint64_t packed, uint8_t *to, uint64_t size)
{
	const uint64_t step = (uint64_t)1 << 30;
	z_stream stream = { .zalloc = inflate_alloc, .zfree = inflate_free };
	uint8_t spill;
	bool ended = false;

	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return false;
	stream.next_in = (uint8_t *)(uintptr_t)from;
	while (!ended) {
		uint64_t in = packed < step ? packed : step, room = size < step ? size : step;
		int result;

		stream.avail_in = (uInt)in;
		stream.next_out = size ? to : &spill;
		stream.avail_out = size ? (uInt)room : 1;
		result = inflate(&stream, Z_NO_FLUSH);
		packed -= in - stream.avail_in;
		if (size == 0 && stream.avail_out == 0)
			break;
		if (size) {
			to += room - stream.avail_out;
			size -= room - stream.avail_out;
		}
		if (result != Z_OK && result != Z_STREAM_END)
			break;
		ended = result == Z_STREAM_END;
	}
	inflateEnd(&stream);
	return ended && size == 0 && packed == 0;
}

fy_status fy_zip_unpack(fy_zip *zip, fy_zip_record *record, void *to, fy_diags *diags)
{
	const uint8_t *from = zip->file->data + record->offset;

	if (!record->deflated) {
		memcpy(to, from, (size_t)record->size);
		return compare_crc(zip, record, to, diags);
	}
	if (record->size > zip->unpack_limit - zip->unpacked) {
		fy_place place = place_of(zip, record->name);

		fy_error(diags, FY_MALFORMED, "zip-bomb", &place,
			 "unpacking %" PRIu64 " bytes would exceed the limit of %" PRIu64 " for this file",
			 record->size, zip->unpack_limit);
		fy_hint(diags, "--max-unpacked BYTES raises the limit");
		return FY_MALFORMED;
	}
	zip->unpacked += record->size;
	if (!inflate_all(from, record->packed, to, record->size))
		return broken(zip, "zip-deflate", record->name, diags,
			      "deflated data is broken or has another size than the directory says");
	return compare_crc(zip, record, to, diags);
}

fy_status fy_zip_bytes(fy_zip *zip, fy_zip_record *record, fy_str *out, fy_diags *diags)
{
	if (!record->deflated) {
		*out = fy_zip_mapped(zip, record);
		return compare_crc(zip, record, out->data, diags);
	}
	if (!record->cache) {
		void *to;

		/* Refused before the memory is taken; fy_zip_unpack says so. */
		if (record->size > zip->unpack_limit - zip->unpacked)
			return fy_zip_unpack(zip, record, NULL, diags);
		to = fy_arena_alloc(zip->arena, record->size ? (size_t)record->size : 1);
		FY_TRY(fy_zip_unpack(zip, record, to, diags));
		record->cache = to;
	}
	*out = (fy_str){ record->cache, (size_t)record->size };
	return FY_OK;
}

fy_status fy_zip_check_crc(fy_zip *zip, fy_zip_record *record, fy_diags *diags)
{
	fy_status status;
	void *to;

	if (record->crc_checked)
		return FY_OK;
	if (!record->deflated)
		return judge_crc(zip, record, mapped_crc(zip, record), diags);
	if (record->size > zip->unpack_limit - zip->unpacked)
		return fy_zip_unpack(zip, record, NULL, diags);
	to = fy_try_alloc(record->size ? (size_t)record->size : 1, false);
	if (!to) {
		fy_place place = place_of(zip, record->name);

		return fy_error(diags, FY_IO, "out-of-memory", &place, "no memory to unpack the record");
	}
	status = fy_zip_unpack(zip, record, to, diags);
	fy_free(to);
	return status;
}
