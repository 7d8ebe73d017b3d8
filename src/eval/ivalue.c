/*
 * Run-time values of the evaluator: unboxed scalars, and reference-counted strings, lists, tuples, dicts and
 * objects. Counting instead of an arena lets a loop of millions of steps run in bounded memory.
 */
#include "eval/eval_internal.h"

#include <math.h>
#include <string.h>

fy_ivalue fy_inone(void)
{
	return (fy_ivalue){ .kind = FY_I_NONE };
}
fy_ivalue fy_ibool(bool b)
{
	return (fy_ivalue){ .kind = FY_I_BOOL, .b = b };
}
fy_ivalue fy_iint(int64_t i)
{
	return (fy_ivalue){ .kind = FY_I_INT, .i = i };
}
fy_ivalue fy_ifloat(double f)
{
	return (fy_ivalue){ .kind = FY_I_FLOAT, .f = f };
}
fy_ivalue fy_isymbol(fy_value *value)
{
	return (fy_ivalue){ .kind = FY_I_SYMBOL, .symbol = value };
}
fy_ivalue fy_ipoison(const fy_poison *poison)
{
	return (fy_ivalue){ .kind = FY_I_POISON, .poison = poison };
}
fy_ivalue fy_itensor(fy_var *var)
{
	return (fy_ivalue){ .kind = FY_I_TENSOR, .t = var };
}

fy_ivalue fy_icomplex(double re, double im)
{
	fy_ivalue value = { .kind = FY_I_COMPLEX };

	value.c.re = re;
	value.c.im = im;
	return value;
}

fy_ivalue fy_istring(const char *text, size_t len)
{
	fy_istr *s = fy_alloc(sizeof *s + len + 1);

	s->refs = 1;
	s->len = len;
	memcpy(s->data, text, len);
	s->data[len] = '\0';
	return (fy_ivalue){ .kind = FY_I_STR, .s = s };
}

static void enlist(fy_eval *ev, fy_ilink *link, fy_ikind kind)
{
	link->kind = kind;
	link->next = &ev->live;
	link->prev = ev->live.prev;
	link->prev->next = link->next->prev = link;
}

fy_ivalue fy_iseq_new(fy_eval *ev, fy_ikind kind, fy_iseq **out, int64_t capacity)
{
	fy_iseq *seq = fy_zalloc(sizeof *seq);

	enlist(ev, &seq->link, FY_I_LIST);
	seq->refs = 1;
	seq->birth = ++ev->serial;
	seq->element = FY_TS_ANY;
	if (capacity > 0)
		seq->items = fy_grow(NULL, &seq->capacity, (size_t)capacity, sizeof *seq->items);
	if (out)
		*out = seq;
	return (fy_ivalue){ .kind = kind, .seq = seq };
}

void fy_iseq_push(fy_iseq *seq, fy_ivalue value)
{
	seq->items = fy_grow(seq->items, &seq->capacity, (size_t)seq->count + 1, sizeof *seq->items);
	seq->items[seq->count++] = value;
}

fy_ivalue fy_idict_new(fy_eval *ev, fy_idict **out)
{
	fy_idict *dict = fy_zalloc(sizeof *dict);

	enlist(ev, &dict->link, FY_I_DICT);
	dict->refs = 1;
	dict->birth = ++ev->serial;
	if (out)
		*out = dict;
	return (fy_ivalue){ .kind = FY_I_DICT, .dict = dict };
}

/* ---- keys of dicts ---- */

enum { INDEX_FROM = 16 }; /* fewer keys are looked through */

/* Equal keys have equal hashes: 1 and 1.0 are one key. */
static uint64_t key_hash(fy_ivalue key)
{
	double number = key.kind == FY_I_INT ? (double)key.i : key.kind == FY_I_FLOAT ? key.f : (double)key.b;

	switch (key.kind) {
	case FY_I_BOOL:
	case FY_I_INT:
	case FY_I_FLOAT:
		number += 0.0; /* -0.0 is 0.0 */
		return fy_hash(&number, sizeof number);
	case FY_I_STR:
	case FY_I_DEVICE:
		return fy_hash(key.s->data, key.s->len);
	case FY_I_TENSOR:
		return fy_hash(&key.t, sizeof key.t);
	default:
		return 0;
	}
}

static void index_item(fy_idict *dict, int64_t i)
{
	size_t slot = key_hash(dict->items[i].key) & (dict->slot_count - 1);

	while (dict->slots[slot] != 0)
		slot = (slot + 1) & (dict->slot_count - 1);
	dict->slots[slot] = (uint32_t)(i + 1);
}

/* Brings the table up to date; it is kept at most half full. */
static void index_items(fy_idict *dict)
{
	if (2 * (size_t)dict->count > dict->slot_count || dict->indexed == 0) {
		dict->slot_count = dict->slot_count ? dict->slot_count : 4 * INDEX_FROM;
		while (2 * (size_t)dict->count > dict->slot_count)
			dict->slot_count *= 2;
		fy_free(dict->slots);
		dict->slots = fy_zalloc(dict->slot_count * sizeof *dict->slots);
		dict->indexed = 0;
	}
	while (dict->indexed < dict->count)
		index_item(dict, dict->indexed++);
}

void fy_idict_moved(fy_idict *dict)
{
	dict->indexed = 0;
}

fy_ivalue *fy_idict_find(fy_idict *dict, fy_ivalue key)
{
	if (dict->count < INDEX_FROM) {
		for (int64_t i = 0; i < dict->count; i++)
			if (fy_iequal(dict->items[i].key, key))
				return &dict->items[i].value;
		return NULL;
	}
	index_items(dict);
	for (size_t slot = key_hash(key); dict->slots[slot & (dict->slot_count - 1)] != 0; slot++) {
		fy_ientry *entry = &dict->items[dict->slots[slot & (dict->slot_count - 1)] - 1];

		if (fy_iequal(entry->key, key))
			return &entry->value;
	}
	return NULL;
}

void fy_idict_put(fy_idict *dict, fy_ivalue key, fy_ivalue value)
{
	fy_ivalue *found = fy_idict_find(dict, key);

	if (found) {
		fy_iunref(*found);
		fy_iunref(key);
		*found = value;
		return;
	}
	dict->items = fy_grow(dict->items, &dict->capacity, (size_t)dict->count + 1, sizeof *dict->items);
	dict->items[dict->count++] = (fy_ientry){ key, value };
}

fy_ivalue fy_iobject_new(fy_eval *ev, fy_class *class, const char *path)
{
	fy_iobject *object = fy_zalloc(sizeof *object);

	enlist(ev, &object->link, FY_I_OBJECT);
	object->refs = 1;
	object->birth = ++ev->serial;
	object->class = class;
	object->path = path;
	object->attributes = fy_zalloc((size_t) class->attribute_count * sizeof(fy_ivalue) + 1);
	return (fy_ivalue){ .kind = FY_I_OBJECT, .object = object };
}

fy_ivalue fy_iref(fy_ivalue value)
{
	switch (value.kind) {
	case FY_I_STR:
	case FY_I_DEVICE:
		value.s->refs++;
		break;
	case FY_I_TENSOR:
		fy_var_ref(value.t);
		break;
	case FY_I_LIST:
	case FY_I_TUPLE:
		value.seq->refs++;
		break;
	case FY_I_DICT:
		value.dict->refs++;
		break;
	case FY_I_OBJECT:
		value.object->refs++;
		break;
	case FY_I_ENUM:
		value.member->refs++;
		break;
	default:
		break;
	}
	return value;
}

/* ---- freeing ---- */

/* Takes one reference back; a container that loses its last one joins the dead, who are buried in a loop:
 * values nest as deep as programs like. */
static void let_go(fy_ivalue value, fy_ilink **dead)
{
	fy_ilink *link = NULL;

	switch (value.kind) {
	case FY_I_STR:
	case FY_I_DEVICE:
		if (--value.s->refs == 0)
			fy_free(value.s);
		break;
	case FY_I_TENSOR:
		fy_var_unref(value.t);
		break;
	case FY_I_LIST:
	case FY_I_TUPLE:
		link = --value.seq->refs == 0 ? &value.seq->link : NULL;
		break;
	case FY_I_DICT:
		link = --value.dict->refs == 0 ? &value.dict->link : NULL;
		break;
	case FY_I_OBJECT:
		link = --value.object->refs == 0 ? &value.object->link : NULL;
		break;
	case FY_I_ENUM:
		if (--value.member->refs == 0)
			fy_free(value.member);
		break;
	default:
		break;
	}
	if (!link)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->next = *dead;
	*dead = link;
}

static void empty_seq(fy_iseq *seq, fy_ilink **dead)
{
	int64_t count = seq->count;

	seq->count = 0;
	for (int64_t i = 0; i < count; i++)
		let_go(seq->items[i], dead);
	fy_var_unref(seq->grown);
	fy_free(seq->items);
	seq->grown = NULL;
	seq->items = NULL;
}

static void empty_dict(fy_idict *dict, fy_ilink **dead)
{
	int64_t count = dict->count;

	dict->count = 0;
	for (int64_t i = 0; i < count; i++) {
		let_go(dict->items[i].key, dead);
		let_go(dict->items[i].value, dead);
	}
	fy_free(dict->items);
	fy_free(dict->slots);
	dict->items = NULL;
	dict->slots = NULL;
}

static void empty_object(fy_iobject *object, fy_ilink **dead)
{
	fy_ivalue *attributes = object->attributes;

	object->attributes = NULL;
	for (int i = 0; attributes && i < object->class->attribute_count; i++)
		let_go(attributes[i], dead);
	fy_free(attributes);
}

static void empty(fy_ilink *link, fy_ilink **dead)
{
	if (link->kind == FY_I_LIST)
		empty_seq((fy_iseq *)link, dead);
	else if (link->kind == FY_I_DICT)
		empty_dict((fy_idict *)link, dead);
	else
		empty_object((fy_iobject *)link, dead);
}

static void bury(fy_ilink *dead)
{
	while (dead) {
		fy_ilink *link = dead;

		dead = link->next;
		empty(link, &dead);
		fy_free(link);
	}
}

void fy_iunref(fy_ivalue value)
{
	fy_ilink *dead = NULL;

	let_go(value, &dead);
	bury(dead);
}

static void hold(fy_ilink *link)
{
	if (link->kind == FY_I_LIST)
		((fy_iseq *)link)->refs++;
	else if (link->kind == FY_I_DICT)
		((fy_idict *)link)->refs++;
	else
		((fy_iobject *)link)->refs++;
}

void fy_ireap(fy_eval *ev)
{
	fy_ilink *dead = NULL, *link;

	for (link = ev->live.next; link != &ev->live; link = link->next)
		hold(link);
	for (link = ev->live.next; link != &ev->live; link = link->next)
		empty(link, &dead);
	FY_ASSERT(!dead);
	while (ev->live.next != &ev->live) {
		link = ev->live.next;
		ev->live.next = link->next;
		fy_free(link);
	}
}

const char *fy_ikind_name(fy_ivalue value)
{
	static const char *const names[] = {
		[FY_I_UNSET] = "nothing",
		[FY_I_NONE] = "None",
		[FY_I_BOOL] = "bool",
		[FY_I_INT] = "int",
		[FY_I_FLOAT] = "float",
		[FY_I_COMPLEX] = "complex",
		[FY_I_SYMBOL] = "number",
		[FY_I_STR] = "str",
		[FY_I_DEVICE] = "Device",
		[FY_I_TENSOR] = "Tensor",
		[FY_I_LIST] = "list",
		[FY_I_TUPLE] = "tuple",
		[FY_I_DICT] = "dict",
		[FY_I_OBJECT] = "object",
		[FY_I_ENUM] = "enum",
		[FY_I_FUNCTION] = "function",
		[FY_I_UNINITIALIZED] = "uninitialized",
		[FY_I_POISON] = "unknown value",
	};

	return names[value.kind];
}

bool fy_inumber(fy_ivalue v)
{
	return v.kind == FY_I_BOOL || v.kind == FY_I_INT || v.kind == FY_I_FLOAT || v.kind == FY_I_SYMBOL;
}

fy_dtype fy_inumber_dtype(fy_ivalue v)
{
	switch (v.kind) {
	case FY_I_BOOL:
		return FY_BOOL;
	case FY_I_INT:
		return FY_I64;
	case FY_I_FLOAT:
		return FY_F64;
	case FY_I_SYMBOL:
		return v.symbol->type->dtype;
	default:
		FY_BUG("a %s is no number", fy_ikind_name(v));
	}
}

bool fy_iseq_like(fy_ivalue v)
{
	return v.kind == FY_I_LIST || v.kind == FY_I_TUPLE;
}

static bool number_f64(fy_ivalue v, double *out)
{
	if (v.kind == FY_I_INT)
		*out = (double)v.i;
	else if (v.kind == FY_I_FLOAT)
		*out = v.f;
	else
		return false;
	return true;
}

static bool seq_equal(const fy_iseq *a, const fy_iseq *b)
{
	if (a->count != b->count)
		return false;
	for (int64_t i = 0; i < a->count; i++)
		if (!fy_iequal(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool dict_equal(const fy_idict *a, fy_idict *b)
{
	if (a->count != b->count)
		return false;
	for (int64_t i = 0; i < a->count; i++) {
		const fy_ivalue *other = fy_idict_find(b, a->items[i].key);

		if (!other || !fy_iequal(a->items[i].value, *other))
			return false;
	}
	return true;
}

bool fy_iequal(fy_ivalue a, fy_ivalue b)
{
	double x, y;

	if (a.kind != b.kind)
		return number_f64(a, &x) && number_f64(b, &y) && x == y;
	switch (a.kind) {
	case FY_I_FLOAT:
		return a.f == b.f;
	case FY_I_STR:
	case FY_I_DEVICE:
		return a.s->len == b.s->len && memcmp(a.s->data, b.s->data, a.s->len) == 0;
	case FY_I_LIST:
	case FY_I_TUPLE:
		return seq_equal(a.seq, b.seq);
	case FY_I_DICT:
		return dict_equal(a.dict, b.dict);
	case FY_I_ENUM:
		return a.member->class == b.member->class && a.member->index == b.member->index;
	default:
		return fy_iidentical(a, b);
	}
}

bool fy_iidentical(fy_ivalue a, fy_ivalue b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case FY_I_UNSET:
	case FY_I_NONE:
	case FY_I_UNINITIALIZED:
		return true;
	case FY_I_BOOL:
		return a.b == b.b;
	case FY_I_INT:
		return a.i == b.i;
	case FY_I_FLOAT:
		return memcmp(&a.f, &b.f, sizeof a.f) == 0;
	case FY_I_COMPLEX:
		return memcmp(&a.c, &b.c, sizeof a.c) == 0;
	case FY_I_STR:
	case FY_I_DEVICE:
	case FY_I_ENUM:
		return fy_iequal(a, b);
	case FY_I_SYMBOL:
		return a.symbol == b.symbol;
	case FY_I_TENSOR:
		return a.t == b.t;
	case FY_I_LIST:
	case FY_I_TUPLE:
		return a.seq == b.seq;
	case FY_I_DICT:
		return a.dict == b.dict;
	case FY_I_OBJECT:
		return a.object == b.object;
	case FY_I_FUNCTION:
		return a.function == b.function;
	case FY_I_POISON:
		return a.poison == b.poison;
	}
	return false;
}

static void print_float(double f, fy_buf *out)
{
	if (isfinite(f) && f == floor(f) && fabs(f) < 1e10)
		fy_buf_printf(out, "%.0f.", f);
	else
		fy_buf_put_f64(out, f);
}

static void print_seq(const fy_iseq *seq, char open, char close, bool lone_comma, fy_buf *out)
{
	fy_buf_putc(out, open);
	for (int64_t i = 0; i < seq->count; i++) {
		if (i)
			fy_buf_puts(out, ", ");
		fy_iprint(seq->items[i], out, true);
	}
	if (lone_comma && seq->count == 1)
		fy_buf_putc(out, ',');
	fy_buf_putc(out, close);
}

static void print_dict(const fy_idict *dict, fy_buf *out)
{
	fy_buf_putc(out, '{');
	for (int64_t i = 0; i < dict->count; i++) {
		if (i)
			fy_buf_puts(out, ", ");
		fy_iprint(dict->items[i].key, out, true);
		fy_buf_puts(out, ": ");
		fy_iprint(dict->items[i].value, out, true);
	}
	fy_buf_putc(out, '}');
}

void fy_iprint(fy_ivalue value, fy_buf *out, bool quoted)
{
	switch (value.kind) {
	case FY_I_NONE:
		fy_buf_puts(out, "None");
		break;
	case FY_I_BOOL:
		fy_buf_puts(out, value.b ? "True" : "False");
		break;
	case FY_I_INT:
		fy_buf_printf(out, "%" PRId64, value.i);
		break;
	case FY_I_FLOAT:
		print_float(value.f, out);
		break;
	case FY_I_STR:
	case FY_I_DEVICE:
		if (quoted)
			fy_buf_putc(out, '"');
		fy_buf_append(out, value.s->data, value.s->len);
		if (quoted)
			fy_buf_putc(out, '"');
		break;
	case FY_I_LIST:
		print_seq(value.seq, '[', ']', false, out);
		break;
	case FY_I_TUPLE:
		print_seq(value.seq, '(', ')', true, out);
		break;
	case FY_I_DICT:
		print_dict(value.dict, out);
		break;
	case FY_I_TENSOR:
		fy_buf_put_tensor_type(out, value.t->tensor);
		break;
	case FY_I_SYMBOL:
		fy_buf_putc(out, '?');
		break;
	case FY_I_ENUM:
		fy_buf_puts(out, value.member->class->members[value.member->index].name);
		break;
	default:
		fy_buf_printf(out, "<%s>", fy_ikind_name(value));
		break;
	}
}
