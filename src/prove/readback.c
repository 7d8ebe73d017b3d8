/*
 * Reads back what is written, while it is written. The writer says where the bytes of each tensor will be; a
 * second thread follows it piece by piece, compares them with their source and computes the CRC-32 of the
 * archive's records. Must not know what is written or why.
 */
#include "prove/prove_internal.h"

#include <pthread.h>
#include <string.h>

enum {
	PIECE = 1024 * 1024, /* looked at in one go */
	WARM = 64 * 1024,    /* fits a core's first caches */
	PUSHED = 16 * 1024 * 1024,
	UNIT = 1024 * 1024, /* what is not full yet may be written again */
};

typedef enum finding { NOT_COMPARED, SAME, DIFFERENT } finding;

typedef struct job {
	const fy_tensor *tensor; /* NULL: the record only */
	fy_zip_record *record;   /* NULL: none, or checked already */
	uint64_t offset, size;
	finding found;
} job;

struct fy_readback {
	fy_hold hold;
	fy_output *out;
	fy_archive *archive;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	job *jobs;
	size_t count, capacity;
	size_t compared;          /* the first ones, which have a tensor */
	uint64_t flushed, wanted; /* of the output; the thread sleeps until so much is there */
	bool done;                /* nothing more will be written */
	fy_zip_record *damaged;
	uint64_t pushed; /* from here on the thread's: up to where the disk is at work */
};

/* ---- in the thread ---- */

static bool wait_for(fy_readback *r, uint64_t size)
{
	pthread_mutex_lock(&r->lock);
	r->wanted = size;
	while (r->flushed < size && !r->done)
		pthread_cond_wait(&r->changed, &r->lock);
	bool there = r->flushed >= size;
	pthread_mutex_unlock(&r->lock);
	return there;
}

static void push(fy_readback *r, uint64_t end)
{
	end -= end % UNIT;
	if (end < r->pushed + PUSHED)
		return;
	fy_output_push(r->out, r->pushed, end);
	r->pushed = end;
}

static void judge_record(fy_readback *r, fy_zip_record *record, uint32_t crc)
{
	record->crc_checked = crc == record->crc;
	if (!record->crc_checked && !r->damaged)
		r->damaged = record;
}

static void check_record(fy_readback *r, fy_zip_record *record)
{
	const fy_file *file = &r->archive->file;
	uint32_t crc = 0;
	if (record->deflated || record->crc_checked)
		return; /* what is deflated was checked when it was unpacked */
	for (uint64_t at = 0; at < record->size; at += PIECE) {
		size_t n = record->size - at < PIECE ? (size_t)(record->size - at) : PIECE;
		const uint8_t *bytes = fy_file_view(file, record->offset + at, n);
		if (!bytes) {
			r->damaged = record;
			return;
		}
		crc = fy_zip_crc(crc, bytes, n);
		fy_file_leave(file, record->offset + at, n);
	}
	judge_record(r, record, crc);
}

/* The tensor is all of its record: one pass serves both. */
static bool is_whole(const fy_readback *r, const job *j)
{
	const fy_storage *storage = j->tensor->storage;
	return j->record && !j->record->deflated && storage->file == &r->archive->file &&
	       storage->file_offset == j->record->offset && j->tensor->offset == 0 &&
	       j->size == j->record->size;
}

/* A piece that is in memory on both sides. crc NULL: not wanted. */
static finding compare_piece(const uint8_t *source, const uint8_t *copy, size_t len, uint32_t *crc)
{
	finding found = SAME;
	for (size_t at = 0; at < len; at += WARM) {
		size_t n = len - at < WARM ? len - at : WARM;
		if (memcmp(source + at, copy + at, n) != 0)
			found = DIFFERENT;
		if (crc)
			*crc = fy_zip_crc(*crc, source + at, n);
	}
	return found;
}

/* `len` bytes at `at` of the tensor. */
static finding compare_part(const fy_readback *r, const job *j, uint64_t at, size_t len, uint32_t *crc)
{
	const fy_storage *storage = j->tensor->storage;
	uint64_t start = (uint64_t)j->tensor->offset * fy_dtype_size(j->tensor->dtype) + at;
	const uint8_t *source = storage->bytes + start;
	if (storage->file && !fy_file_view(storage->file, storage->file_offset + start, len))
		return NOT_COMPARED;
	const uint8_t *copy = fy_output_view(r->out, j->offset + at, len);
	if (!copy)
		return NOT_COMPARED;
	finding found = compare_piece(source, copy, len, crc);
	fy_output_leave(copy, len);
	if (storage->file)
		fy_file_leave(storage->file, storage->file_offset + start, len);
	return found;
}

static finding compare(fy_readback *r, const job *j)
{
	bool whole = is_whole(r, j);
	uint32_t crc = 0;
	finding found = SAME;
	for (uint64_t at = 0; at < j->size; at += PIECE) {
		size_t n = j->size - at < PIECE ? (size_t)(j->size - at) : PIECE;
		if (!wait_for(r, j->offset + at + n))
			return NOT_COMPARED;
		finding part = compare_part(r, j, at, n, whole ? &crc : NULL);
		if (part == NOT_COMPARED)
			return part;
		found = part == DIFFERENT ? part : found;
		push(r, j->offset + at + n);
	}
	if (whole)
		judge_record(r, j->record, crc);
	return found;
}

static finding do_job(fy_readback *r, const job *j)
{
	finding found = j->tensor ? compare(r, j) : NOT_COMPARED;
	if (j->record && (!j->tensor || found != NOT_COMPARED) && !r->damaged)
		check_record(r, j->record);
	return found;
}

static void *follow(void *user)
{
	fy_readback *r = user;
	size_t next = 0;
	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (next == r->count && !r->done)
			pthread_cond_wait(&r->changed, &r->lock);
		if (next == r->count)
			break;
		job present = r->jobs[next];
		pthread_mutex_unlock(&r->lock);
		present.found = do_job(r, &present);
		pthread_mutex_lock(&r->lock);
		r->jobs[next++].found = present.found;
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- in the writer's ---- */

static void on_flush(void *user, uint64_t flushed)
{
	fy_readback *r = user;
	pthread_mutex_lock(&r->lock);
	r->flushed = flushed;
	if (flushed >= r->wanted)
		pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void stop(fy_readback *r)
{
	pthread_mutex_lock(&r->lock);
	r->done = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (r->running)
		pthread_join(r->thread, NULL);
	r->running = false;
	fy_output_on_flush(r->out, NULL, NULL);
}

static void release(void *what)
{
	stop(what);
}

fy_readback *fy_readback_start(fy_output *out, fy_archive *archive)
{
	fy_readback *r = fy_zalloc(sizeof(*r));
	r->out = out;
	r->archive = archive;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	fy_hold_add(&r->hold, release, r);
	r->running = pthread_create(&r->thread, NULL, follow, r) == 0;
	fy_output_on_flush(out, on_flush, r);
	return r;
}

/* Memory is asked for without the lock: asking may end in leaving. */
static void add(fy_readback *r, job added)
{
	size_t capacity = r->capacity;
	if (r->count == capacity) {
		job *more = fy_grow(NULL, &capacity, 2 * r->count + 1, sizeof(*more)), *old = r->jobs;
		pthread_mutex_lock(&r->lock);
		if (r->count)
			memcpy(more, r->jobs, r->count * sizeof(*more));
		r->jobs = more;
		pthread_mutex_unlock(&r->lock);
		r->capacity = capacity;
		fy_free(old);
	}
	pthread_mutex_lock(&r->lock);
	r->jobs[r->count++] = added;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void fy_readback_expect(void *readback, const fy_tensor *tensor, uint64_t offset)
{
	fy_readback *r = readback;
	/* What the writer lays out anew is compared when the file is read. */
	if (!fy_tensor_is_contiguous(tensor) || tensor->conj || tensor->neg)
		return;
	uint64_t size = (uint64_t)fy_tensor_numel(tensor) * fy_dtype_size(tensor->dtype);
	add(r, (job){ .tensor = tensor,
		      .record = fy_archive_record(r->archive, tensor),
		      .offset = offset,
		      .size = size });
	r->compared = r->count;
}

void fy_readback_check(fy_readback *readback, const fy_tensor *tensor)
{
	fy_zip_record *record = fy_archive_record(readback->archive, tensor);
	if (record)
		add(readback, (job){ .record = record });
}

fy_status fy_readback_end(fy_readback *readback, fy_diags *diags)
{
	fy_readback *r = readback;
	/* A failure is the output's, and told when it is finished. */
	(void)!fy_output_flush(r->out);
	bool followed = r->running;
	stop(r);
	if (!followed)
		follow(r);
	fy_hold_drop(&r->hold); /* nothing is left to be stopped, and the output may go first */
	return r->damaged ? fy_zip_check_crc(r->archive->zip, r->damaged, diags) : FY_OK;
}

/* Jobs that compare are in order of their offsets. */
bool fy_readback_knows(const fy_readback *readback, const fy_tensor *tensor, uint64_t offset, bool *same)
{
	size_t low = 0, high = readback->compared;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (readback->jobs[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == readback->compared)
		return false;
	const job *j = &readback->jobs[low];
	if (!j->tensor || j->offset != offset || j->found == NOT_COMPARED ||
	    j->tensor->dtype != tensor->dtype || j->tensor->storage != tensor->storage ||
	    j->tensor->offset != tensor->offset || !fy_shape_eq(&j->tensor->shape, &tensor->shape) ||
	    !fy_tensor_is_contiguous(tensor) || tensor->conj || tensor->neg)
		return false;
	*same = j->found == SAME;
	return true;
}

void fy_readback_free(fy_readback *readback)
{
	if (!readback)
		return;
	fy_hold_drop(&readback->hold);
	pthread_mutex_destroy(&readback->lock);
	pthread_cond_destroy(&readback->changed);
	fy_free(readback->jobs);
	fy_free(readback);
}
