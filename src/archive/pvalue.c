/*
 * Plain values of a pickle: growing them, looking into them, walking them. Graphs share nodes and may be
 * deep, so the walks are loops with a stack of their own and visit each value once.
 */
#include "archive/archive_internal.h"

#include <string.h>

const char *fy_pkind_name(fy_pkind kind)
{
	static const char *const names[] = {
		[FY_P_NONE] = "None",       [FY_P_BOOL] = "bool",     [FY_P_INT] = "int",
		[FY_P_BIGINT] = "big int",  [FY_P_FLOAT] = "float",   [FY_P_COMPLEX] = "complex",
		[FY_P_STR] = "str",         [FY_P_BYTES] = "bytes",   [FY_P_TUPLE] = "tuple",
		[FY_P_LIST] = "list",       [FY_P_SET] = "set",       [FY_P_DICT] = "dict",
		[FY_P_GLOBAL] = "global",   [FY_P_OBJECT] = "object", [FY_P_REDUCE] = "call",
		[FY_P_ENUM] = "enum value", [FY_P_TENSOR] = "tensor", [FY_P_STORAGE] = "storage",
		[FY_P_DEVICE] = "device",   [FY_P_DTYPE] = "dtype",   [FY_P_SPECIAL] = "special tensor",
	};

	FY_ASSERT((size_t)kind < FY_COUNT(names));
	return names[kind];
}

/* ---- growing ---- */

static fy_pvalue **grown(fy_arena *arena, fy_pvalue **items, uint32_t used, uint32_t *capacity, size_t more)
{
	size_t cap = *capacity;

	/* Most get their items at once and never again: tuples, arguments. */
	if (cap == 0) {
		*capacity = (uint32_t)more;
		return FY_NEW_ARRAY(arena, fy_pvalue *, more);
	}
	if (used + more > cap) {
		items = fy_arena_grow(arena, items, used, &cap, used + more, sizeof(*items));
		*capacity = (uint32_t)cap;
	}
	return items;
}

void fy_pvalue_append(fy_arena *arena, fy_pvalue *seq, fy_pvalue *const *items, size_t count)
{
	if (count == 0)
		return;
	seq->seq.items = grown(arena, seq->seq.items, seq->seq.count, &seq->seq.capacity, count);
	memcpy(seq->seq.items + seq->seq.count, items, count * sizeof(*items));
	seq->seq.count += (uint32_t)count;
}

void fy_pvalue_set(fy_arena *arena, fy_pvalue *dict, fy_pvalue *const *items, size_t count)
{
	if (count == 0)
		return;
	dict->dict.items = grown(arena, dict->dict.items, 2 * dict->dict.count, &dict->dict.capacity, count);
	memcpy(dict->dict.items + 2 * (size_t)dict->dict.count, items, count * sizeof(*items));
	dict->dict.count += (uint32_t)(count / 2);
}

/* ---- looking ---- */

bool fy_pvalue_is_str(const fy_pvalue *value, const char *text)
{
	return value && value->kind == FY_P_STR && fy_str_is(value->str, text);
}

bool fy_pvalue_is_global(const fy_pvalue *value, const char *module, const char *name)
{
	return value && value->kind == FY_P_GLOBAL && strcmp(value->global.module, module) == 0 &&
	       strcmp(value->global.name, name) == 0;
}

fy_pvalue *fy_pdict_get(const fy_pvalue *dict, const char *key)
{
	if (!dict || dict->kind != FY_P_DICT)
		return NULL;
	for (size_t i = dict->dict.count; i-- > 0;)
		if (fy_pvalue_is_str(fy_pdict_key(dict, i), key))
			return fy_pdict_value(dict, i);
	return NULL;
}

fy_pvalue *fy_pobject_get(const fy_pvalue *object, const char *attribute)
{
	if (!object || object->kind != FY_P_OBJECT)
		return NULL;
	return fy_pdict_get(object->object->state, attribute);
}

static fy_pvalue *nth_present(fy_pvalue *const *parts, size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i] && index-- == 0)
			return parts[i];
	return NULL;
}

static fy_pvalue *object_child(const fy_pobject *object, size_t index)
{
	fy_pvalue *const parts[] = { object->args, object->state, object->items, object->pairs };

	return nth_present(parts, FY_COUNT(parts), index);
}

static fy_pvalue *special_child(const fy_pspecial *special, size_t index)
{
	if (special->what == FY_SPECIAL_QUANTIZED) {
		fy_pvalue *const parts[] = { special->scales, special->zero_points };

		return nth_present(parts, FY_COUNT(parts), index);
	}
	return index == 0 ? special->args : NULL;
}

fy_pvalue *fy_pvalue_child(const fy_pvalue *value, size_t index)
{
	switch (value->kind) {
	case FY_P_TUPLE:
	case FY_P_LIST:
	case FY_P_SET:
		return index < value->seq.count ? value->seq.items[index] : NULL;
	case FY_P_DICT:
		if (index < 2 * (size_t)value->dict.count)
			return value->dict.items[index];
		return index == 2 * (size_t)value->dict.count ? value->dict.state : NULL;
	case FY_P_OBJECT:
	case FY_P_REDUCE:
	case FY_P_ENUM:
		return object_child(value->object, index);
	case FY_P_SPECIAL:
		return special_child(value->special, index);
	default:
		return NULL;
	}
}

/* ---- checking ---- */

typedef struct frame {
	const fy_pvalue *value;
	size_t next;     /* child to visit */
	uint32_t height; /* of the children so far */
	uint32_t leaves; /* values met when every reference is followed, itself included */
} frame;

/* What is known of each value by id. The two marks are no heights. */
typedef struct measure {
	uint32_t leaves;
	uint16_t height;
} measure;
enum { UNSEEN = 0, OPEN = UINT16_MAX };

static void push_frame(frame **frames, size_t *depth, size_t *capacity, const fy_pvalue *value)
{
	*frames = fy_grow(*frames, capacity, *depth + 1, sizeof(**frames));
	(*frames)[(*depth)++] = (frame){ .value = value, .leaves = 1 };
}

static fy_status too_deep(const fy_place *place, fy_diags *diags)
{
	return fy_error(diags, FY_MALFORMED, "pickle-depth", place, "values are nested deeper than %d",
			FY_PICKLE_MAX_DEPTH);
}

/* A child that is measured, seen from its parent. */
static fy_status add_child(frame *parent, size_t depth, const measure *child, const fy_place *place,
			   fy_diags *diags)
{
	if (parent->height < child->height)
		parent->height = child->height;
	if (depth + child->height > FY_PICKLE_MAX_DEPTH)
		return too_deep(place, diags);
	if (child->leaves > FY_PICKLE_MAX_UNFOLDED - parent->leaves)
		return fy_error(diags, FY_MALFORMED, "pickle-unfolded", place,
				"values that hold each other again and again unfold to more than %d",
				FY_PICKLE_MAX_UNFOLDED);
	parent->leaves += child->leaves;
	return FY_OK;
}

static fy_status walk_graph(const fy_pvalue *root, measure *measures, frame **frames, const fy_place *place,
			    fy_diags *diags)
{
	size_t depth = 0, capacity = 0;

	measures[root->id].height = OPEN;
	push_frame(frames, &depth, &capacity, root);
	while (depth) {
		frame *top = &(*frames)[depth - 1];
		const fy_pvalue *child = fy_pvalue_child(top->value, top->next++);
		measure *known = child ? &measures[child->id] : &measures[top->value->id];

		if (!child) {
			*known = (measure){ top->leaves, (uint16_t)(top->height + 1) };
			if (--depth == 0)
				break;
			top--;
		} else if (known->height == OPEN) {
			return fy_error(diags, FY_MALFORMED, "pickle-cycle", place, "%s contains itself",
					fy_pkind_name(child->kind));
		} else if (known->height == UNSEEN) {
			known->height = OPEN;
			push_frame(frames, &depth, &capacity, child);
			if (depth > FY_PICKLE_MAX_DEPTH)
				return too_deep(place, diags);
			continue;
		}
		FY_TRY(add_child(top, depth, known, place, diags));
	}
	return FY_OK;
}

fy_status fy_pvalue_check_graph(const fy_pvalue *root, uint32_t values, const fy_place *place,
				fy_diags *diags)
{
	measure *measures = fy_zalloc((size_t)values * sizeof(*measures));
	frame *frames = NULL;
	fy_status status = walk_graph(root, measures, &frames, place, diags);

	fy_free(frames);
	fy_free(measures);
	return status;
}

/* ---- printing ---- */

enum { SHOWN_ITEMS = 4, SHOWN_DEPTH = 3, SHOWN_TEXT = 60 };

static void put_value(fy_buf *buf, const fy_pvalue *value, int depth);

static void put_text(fy_buf *buf, fy_str text)
{
	bool cut = text.len > SHOWN_TEXT;

	fy_buf_putc(buf, '\'');
	fy_buf_put_clean(buf, text.data, cut ? SHOWN_TEXT : text.len);
	fy_buf_puts(buf, cut ? "...'" : "'");
}

static void put_items(fy_buf *buf, const fy_pvalue *seq, const char *open, const char *close, int depth)
{
	fy_buf_puts(buf, open);
	for (uint32_t i = 0; i < seq->seq.count && i < SHOWN_ITEMS; i++) {
		fy_buf_puts(buf, i ? ", " : "");
		put_value(buf, seq->seq.items[i], depth + 1);
	}
	fy_buf_puts(buf, seq->seq.count > SHOWN_ITEMS ? ", ..." : "");
	fy_buf_puts(buf, close);
}

static void put_pairs(fy_buf *buf, const fy_pvalue *dict, int depth)
{
	fy_buf_putc(buf, '{');
	for (uint32_t i = 0; i < dict->dict.count && i < SHOWN_ITEMS; i++) {
		fy_buf_puts(buf, i ? ", " : "");
		put_value(buf, fy_pdict_key(dict, i), depth + 1);
		fy_buf_puts(buf, ": ");
		put_value(buf, fy_pdict_value(dict, i), depth + 1);
	}
	fy_buf_puts(buf, dict->dict.count > SHOWN_ITEMS ? ", ...}" : "}");
}

static void put_number(fy_buf *buf, const fy_pvalue *value)
{
	switch (value->kind) {
	case FY_P_BOOL:
		fy_buf_puts(buf, value->b ? "True" : "False");
		break;
	case FY_P_INT:
		fy_buf_printf(buf, "%" PRId64, value->i);
		break;
	case FY_P_FLOAT:
		fy_buf_put_f64(buf, value->f);
		break;
	case FY_P_COMPLEX:
		fy_buf_puts(buf, "complex(");
		fy_buf_put_f64(buf, value->c.re);
		fy_buf_puts(buf, ", ");
		fy_buf_put_f64(buf, value->c.im);
		fy_buf_putc(buf, ')');
		break;
	default:
		fy_buf_puts(buf, fy_pkind_name(value->kind));
	}
}

static void put_named(fy_buf *buf, const fy_pobject *object, const char *what)
{
	const char *name = object->class_name ? object->class_name : "?";

	fy_buf_put_clean(buf, name, strlen(name) > 2 * SHOWN_TEXT ? 2 * SHOWN_TEXT : strlen(name));
	fy_buf_puts(buf, what);
}

static void put_value(fy_buf *buf, const fy_pvalue *value, int depth)
{
	switch (value->kind) {
	case FY_P_STR:
	case FY_P_BYTES:
	case FY_P_DEVICE:
		put_text(buf, value->str);
		break;
	case FY_P_TUPLE:
	case FY_P_LIST:
	case FY_P_SET:
	case FY_P_DICT:
		if (depth >= SHOWN_DEPTH)
			fy_buf_puts(buf, "...");
		else if (value->kind == FY_P_DICT)
			put_pairs(buf, value, depth);
		else
			put_items(buf, value,
				  value->kind == FY_P_TUPLE  ? "("
				  : value->kind == FY_P_LIST ? "["
							     : "{",
				  value->kind == FY_P_TUPLE  ? ")"
				  : value->kind == FY_P_LIST ? "]"
							     : "}",
				  depth);
		break;
	case FY_P_GLOBAL:
		fy_buf_put_clean(buf, value->global.module, strnlen(value->global.module, SHOWN_TEXT));
		fy_buf_putc(buf, '.');
		fy_buf_put_clean(buf, value->global.name, strnlen(value->global.name, SHOWN_TEXT));
		break;
	case FY_P_OBJECT:
		put_named(buf, value->object, " object");
		break;
	case FY_P_REDUCE:
		put_named(buf, value->object, "(...)");
		break;
	case FY_P_ENUM:
		put_named(buf, value->object, " value ");
		put_value(buf, value->object->args, depth + 1);
		break;
	case FY_P_TENSOR:
		fy_buf_put_tensor_type(buf, value->tensor->tensor);
		break;
	case FY_P_DTYPE:
		fy_buf_puts(buf, fy_dtype_name((fy_dtype)value->i));
		break;
	default:
		put_number(buf, value);
	}
}

void fy_buf_put_pvalue(fy_buf *buf, const fy_pvalue *value)
{
	put_value(buf, value, 0);
}
