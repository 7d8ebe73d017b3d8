/*
 * The tensors of an object graph with their dotted paths. One walk with its own stack; shared values are
 * visited once and named by their first path in pickle order.
 */
#include "archive/archive_internal.h"

#include <string.h>

/* Hostile nesting of long names must not cost more memory than the file. */
enum { PATH_MOST = 1 << 16 };

typedef struct frame {
	const fy_pvalue *value;
	size_t next;     /* child to visit */
	size_t path_len; /* of the path of value */
} frame;

typedef struct walker {
	fy_arena *arena;
	frame *frames;
	size_t depth, frame_cap;
	uint8_t *seen; /* by id */
	fy_buf path;
	size_t budget; /* bytes of paths that may still be made */
	fy_named_tensor *items;
	size_t count, capacity;
} walker;

static void push(walker *w, const fy_pvalue *value)
{
	if (w->seen[value->id])
		return;
	w->seen[value->id] = 1;
	w->frames = fy_grow(w->frames, &w->frame_cap, w->depth + 1, sizeof(*w->frames));
	w->frames[w->depth++] = (frame){ .value = value, .path_len = w->path.len };
}

static void add(walker *w, const fy_pvalue *value, fy_tensor *tensor)
{
	fy_named_tensor *named;

	w->items = fy_grow(w->items, &w->capacity, w->count + 1, sizeof(*w->items));
	named = &w->items[w->count++];
	named->value = value;
	named->tensor = tensor;
	if (w->path.len > PATH_MOST || w->path.len > w->budget) {
		named->path = fy_arena_printf(w->arena, "(path too long)#%zu", w->count);
		return;
	}
	w->budget -= w->path.len;
	named->path = fy_arena_strndup(w->arena, fy_buf_text(&w->path), w->path.len);
}

static void append_component(fy_buf *path, const fy_pvalue *key, size_t index)
{
	if (path->len > PATH_MOST)
		return;
	if (path->len)
		fy_buf_putc(path, '.');
	if (!key)
		fy_buf_printf(path, "%zu", index);
	else if (key->kind == FY_P_STR)
		fy_buf_append(path, key->str.data, key->str.len < PATH_MOST ? key->str.len : PATH_MOST);
	else
		fy_buf_put_pvalue(path, key);
}

/* What child `index` adds to the path; false: this child is no place for tensors. */
static bool extend_path(fy_buf *path, const fy_pvalue *value, size_t index)
{
	switch (value->kind) {
	case FY_P_DICT:
		if (index == 2 * (size_t)value->dict.count)
			return true;
		if (index % 2 == 0)
			return false;
		append_component(path, fy_pdict_key(value, index / 2), 0);
		return true;
	case FY_P_TUPLE:
	case FY_P_LIST:
	case FY_P_SET:
		append_component(path, NULL, index);
		return true;
	default:
		return true;
	}
}

static void step(walker *w)
{
	frame *top = &w->frames[w->depth - 1];
	size_t index = top->next++;
	const fy_pvalue *child = fy_pvalue_child(top->value, index);

	w->path.len = top->path_len;
	if (!child) {
		w->depth--;
		return;
	}
	if (!extend_path(&w->path, top->value, index))
		return;
	if (child->kind == FY_P_TENSOR && !w->seen[child->id])
		add(w, child, child->tensor->tensor);
	else if (child->kind == FY_P_SPECIAL && child->special->what == FY_SPECIAL_QUANTIZED &&
		 !w->seen[child->id])
		add(w, child, child->special->values.tensor);
	push(w, child);
}

void fy_archive_tensors(const fy_archive *archive, const fy_pvalue *root, fy_named_tensor **out,
			size_t *count)
{
	walker w = { .arena = archive->arena, .budget = ((size_t)64 << 20) + archive->file.size };

	w.seen = fy_zalloc(archive->loader->max_values ? archive->loader->max_values : 1);
	if (root->kind == FY_P_TENSOR)
		add(&w, root, root->tensor->tensor);
	push(&w, root);
	while (w.depth)
		step(&w);
	*out = fy_arena_copy(archive->arena, w.items, w.count * sizeof(*w.items));
	*count = w.count;
	fy_free(w.items);
	fy_free(w.frames);
	fy_free(w.seen);
	fy_buf_release(&w.path);
}
