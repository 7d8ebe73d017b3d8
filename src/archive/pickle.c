/*
 * The pickle machine: opcodes of protocols 0 to 5 to a graph of plain values. One table says which function
 * runs an opcode and whether TorchScript's reader knows it. The stack is an array, the memo an array and a
 * hash table, so neither deep nor sparse input costs more than its length. Nothing is executed or imported:
 * what a global, a call or a persistent id means is asked of the hooks. Must not know tensors.
 */
#include "archive/archive_internal.h"

#include <string.h>

/* Items that one list or dict may have. */
enum { MAX_ITEMS = 100 * 1000 * 1000 };

typedef fy_status (*op_function)(fy_unpickler *u, uint8_t code);

/* ---- for hooks and opcodes ---- */

fy_arena *fy_unpickler_arena(fy_unpickler *u)
{
	return u->arena;
}
fy_diags *fy_unpickler_diags(fy_unpickler *u)
{
	return u->diags;
}

fy_pvalue *fy_unpickler_new(fy_unpickler *u, fy_pkind kind)
{
	fy_pvalue *value = FY_NEW(u->arena, fy_pvalue);

	value->kind = kind;
	value->id = u->values++;
	return value;
}

fy_status fy_unpickler_fail(fy_unpickler *u, fy_status status, const char *id, const char *format, ...)
{
	va_list args;
	fy_buf text = { 0 };

	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	status = fy_error(u->diags, status, id, u->place, "%s (at byte %zu of the pickle)",
			  fy_buf_text(&text), u->op_pos);
	fy_buf_release(&text);
	return status;
}

fy_status fy_unpickler_broken(fy_unpickler *u, const char *why)
{
	fy_unpickler_fail(u, FY_MALFORMED, "pickle-malformed", "%s", why);
	return FY_MALFORMED;
}

fy_status fy_unpickler_take(fy_unpickler *u, uint64_t count, const uint8_t **out)
{
	if (count > u->bytes.len - u->pos)
		return fy_unpickler_broken(u, "pickle ends in the middle of a value");
	*out = (const uint8_t *)u->bytes.data + u->pos;
	u->pos += (size_t)count;
	return FY_OK;
}

fy_status fy_unpickler_number(fy_unpickler *u, int size, uint64_t *out)
{
	const uint8_t *p;

	FY_TRY(fy_unpickler_take(u, (uint64_t)size, &p));
	*out = 0;
	for (int i = 0; i < size; i++)
		*out |= (uint64_t)p[i] << 8 * i;
	return FY_OK;
}

/* Up to the newline, which is eaten. */
fy_status fy_unpickler_line(fy_unpickler *u, fy_str *out)
{
	const char *from = u->bytes.data + u->pos;
	const char *end = memchr(from, '\n', u->bytes.len - u->pos);

	if (!end)
		return fy_unpickler_broken(u, "pickle ends in the middle of a line");
	*out = (fy_str){ from, (size_t)(end - from) };
	u->pos += out->len + 1;
	return FY_OK;
}

/* ---- stack ---- */

fy_status fy_unpickler_push(fy_unpickler *u, fy_pvalue *value)
{
	if (u->depth >= u->max_values)
		return fy_unpickler_broken(u, "too many values on the stack");
	u->stack = fy_grow(u->stack, &u->stack_cap, u->depth + 1, sizeof(*u->stack));
	u->stack[u->depth++] = value;
	return FY_OK;
}

static size_t fence(const fy_unpickler *u)
{
	return u->mark_count ? u->marks[u->mark_count - 1] : 0;
}

static fy_status pop(fy_unpickler *u, fy_pvalue **out)
{
	if (u->depth <= fence(u))
		return fy_unpickler_broken(u, "opcode needs a value that is not on the stack");
	*out = u->stack[--u->depth];
	return FY_OK;
}

static fy_status top(fy_unpickler *u, fy_pvalue **out)
{
	FY_TRY(pop(u, out));
	u->depth++;
	return FY_OK;
}

/* Takes all values above the last MARK and the MARK. *items is good until the next push. */
static fy_status pop_mark(fy_unpickler *u, fy_pvalue ***items, size_t *count)
{
	if (u->mark_count == 0)
		return fy_unpickler_broken(u, "opcode needs a MARK that is not there");
	u->mark_count--;
	*items = u->stack + u->marks[u->mark_count];
	*count = u->depth - u->marks[u->mark_count];
	u->depth = u->marks[u->mark_count];
	return FY_OK;
}

fy_status fy_unpickler_push_new(fy_unpickler *u, fy_pkind kind, fy_pvalue **out)
{
	*out = fy_unpickler_new(u, kind);
	return fy_unpickler_push(u, *out);
}

static fy_status op_mark(fy_unpickler *u, uint8_t code)
{
	(void)code;
	if (u->mark_count >= FY_PICKLE_MAX_DEPTH)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-depth", "values are nested deeper than %d",
					 FY_PICKLE_MAX_DEPTH);
	u->marks = fy_grow(u->marks, &u->mark_cap, u->mark_count + 1, sizeof(*u->marks));
	u->marks[u->mark_count++] = u->depth;
	return FY_OK;
}

static fy_status op_pop(fy_unpickler *u, uint8_t code)
{
	fy_pvalue **items, *value;
	size_t count;

	if (code == '1' || (u->mark_count && u->depth == fence(u)))
		return pop_mark(u, &items, &count);
	return pop(u, &value);
}

static fy_status op_dup(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *value;

	(void)code;
	FY_TRY(top(u, &value));
	return fy_unpickler_push(u, value);
}

static fy_status op_stop(fy_unpickler *u, uint8_t code)
{
	(void)code;
	if (u->mark_count)
		return fy_unpickler_broken(u, "pickle ends with an open MARK");
	if (u->depth != 1)
		return fy_unpickler_broken(u, u->depth ? "values are left over at the end"
						       : "pickle holds no value");
	u->done = true;
	return FY_OK;
}

static fy_status op_proto(fy_unpickler *u, uint8_t code)
{
	uint64_t version;

	(void)code;
	FY_TRY(fy_unpickler_number(u, 1, &version));
	if (version > 5 || (u->hooks->script && version != 2))
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-protocol",
					 "pickle protocol %" PRIu64 " is not %s", version,
					 u->hooks->script ? "2" : "known (0 to 5)");
	return FY_OK;
}

static fy_status op_frame(fy_unpickler *u, uint8_t code)
{
	uint64_t size;

	(void)code;
	FY_TRY(fy_unpickler_number(u, 8, &size));
	if (size > u->bytes.len - u->pos)
		return fy_unpickler_broken(u, "frame is longer than the pickle");
	return FY_OK;
}

/* ---- containers ---- */

static fy_status op_empty(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *value;
	fy_pkind kind = code == ')'   ? FY_P_TUPLE
			: code == ']' ? FY_P_LIST
			: code == '}' ? FY_P_DICT
				      : FY_P_SET;

	return fy_unpickler_push_new(u, kind, &value);
}

static fy_status op_tuple_n(fy_unpickler *u, uint8_t code)
{
	size_t count = (size_t)code - 0x84;
	fy_pvalue *value;

	if (u->depth - fence(u) < count)
		return fy_unpickler_broken(u, "opcode needs a value that is not on the stack");
	value = fy_unpickler_new(u, FY_P_TUPLE);
	u->depth -= count;
	fy_pvalue_append(u->arena, value, u->stack + u->depth, count);
	return fy_unpickler_push(u, value);
}

/* TUPLE, LIST, FROZENSET, DICT: everything above the MARK. */
static fy_status op_collect(fy_unpickler *u, uint8_t code)
{
	fy_pkind kind = code == 't'   ? FY_P_TUPLE
			: code == 'l' ? FY_P_LIST
			: code == 'd' ? FY_P_DICT
				      : FY_P_SET;
	fy_pvalue **items, *value;
	size_t count;

	FY_TRY(pop_mark(u, &items, &count));
	if (kind == FY_P_DICT && count % 2)
		return fy_unpickler_broken(u, "key without a value");
	value = fy_unpickler_new(u, kind);
	(kind == FY_P_DICT ? fy_pvalue_set : fy_pvalue_append)(u->arena, value, items, count);
	return fy_unpickler_push(u, value);
}

/* The list or dict that takes the items: the value itself, or the one beside an object. */
static fy_status container_of(fy_unpickler *u, fy_pvalue *value, fy_pkind kind, fy_pvalue **out)
{
	fy_pvalue **beside;

	if (value->kind == kind) {
		*out = value;
		return FY_OK;
	}
	if (value->kind != FY_P_OBJECT && value->kind != FY_P_REDUCE)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-malformed", "items are added to a %s",
					 fy_pkind_name(value->kind));
	beside = kind == FY_P_DICT ? &value->object->pairs : &value->object->items;
	if (!*beside)
		*beside = fy_unpickler_new(u, kind == FY_P_DICT ? FY_P_DICT : FY_P_LIST);
	*out = *beside;
	return FY_OK;
}

static fy_status add_items(fy_unpickler *u, fy_pvalue *const *items, size_t count, fy_pkind kind)
{
	fy_pvalue *value, *container = NULL;

	if (kind == FY_P_DICT && count % 2)
		return fy_unpickler_broken(u, "key without a value");
	FY_TRY(top(u, &value));
	FY_TRY(container_of(u, value, kind, &container));
	if (count > MAX_ITEMS - container->seq.count)
		return fy_unpickler_broken(u, "container has too many items");
	(kind == FY_P_DICT ? fy_pvalue_set : fy_pvalue_append)(u->arena, container, items, count);
	return FY_OK;
}

static fy_status op_add_many(fy_unpickler *u, uint8_t code)
{
	fy_pvalue **items;
	size_t count;

	FY_TRY(pop_mark(u, &items, &count));
	return add_items(u, items, count, code == 'e' ? FY_P_LIST : code == 'u' ? FY_P_DICT : FY_P_SET);
}

static fy_status op_add_one(fy_unpickler *u, uint8_t code)
{
	size_t count = code == 's' ? 2 : 1;

	if (u->depth - fence(u) < count)
		return fy_unpickler_broken(u, "opcode needs a value that is not on the stack");
	u->depth -= count;
	return add_items(u, u->stack + u->depth, count, code == 's' ? FY_P_DICT : FY_P_LIST);
}

/* ---- memo ---- */

static fy_memo_slot *memo_find(const fy_unpickler *u, uint64_t key)
{
	size_t mask = u->memo_size - 1, at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & mask;

	while (u->memo[at].key && u->memo[at].key != key + 1)
		at = (at + 1) & mask;
	return &u->memo[at];
}

static void memo_grow(fy_unpickler *u)
{
	fy_memo_slot *old = u->memo;
	size_t old_size = u->memo_size;

	u->memo_size = old_size ? 2 * old_size : 64;
	u->memo = fy_zalloc(u->memo_size * sizeof(*u->memo));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key)
			*memo_find(u, old[i].key - 1) = old[i];
	fy_free(old);
}

static fy_pvalue *memo_get(const fy_unpickler *u, uint64_t key)
{
	if (key < u->dense_count)
		return u->dense[key];
	return u->memo_size ? memo_find(u, key)->value : NULL;
}

/* Picklers count their keys up from 0: those go into an array, any others into the hash table. */
static fy_status memo_put(fy_unpickler *u, uint64_t key)
{
	fy_pvalue *value;

	FY_TRY(top(u, &value));
	if (!memo_get(u, key) && ++u->memo_count > u->max_values)
		return fy_unpickler_broken(u, "too many memo entries");
	if (key < u->dense_count) {
		u->dense[key] = value;
	} else if (key == u->dense_count) {
		u->dense = fy_grow(u->dense, &u->dense_cap, u->dense_count + 1, sizeof(*u->dense));
		u->dense[u->dense_count++] = value;
	} else {
		if (2 * (u->memo_used + 1) > u->memo_size)
			memo_grow(u);
		u->memo_used += memo_find(u, key)->key == 0;
		*memo_find(u, key) = (fy_memo_slot){ key + 1, value };
	}
	return FY_OK;
}

/* The key of PUT, GET and their binary forms. */
static fy_status memo_key(fy_unpickler *u, uint8_t code, uint64_t *key)
{
	char text[24];
	int64_t number;
	fy_str line;

	if (code != 'p' && code != 'g')
		return fy_unpickler_number(u, code == 'q' || code == 'h' ? 1 : 4, key);
	FY_TRY(fy_unpickler_line(u, &line));
	if (line.len >= sizeof(text))
		return fy_unpickler_broken(u, "memo index has too many digits");
	memcpy(text, line.data, line.len);
	text[line.len] = '\0';
	if (!fy_parse_i64(text, &number) || number < 0)
		return fy_unpickler_broken(u, "memo index is no natural number");
	*key = (uint64_t)number;
	return FY_OK;
}

static fy_status op_put(fy_unpickler *u, uint8_t code)
{
	uint64_t key = u->memo_count;

	if (code != 0x94)
		FY_TRY(memo_key(u, code, &key));
	return memo_put(u, key);
}

static fy_status op_get(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *value;
	uint64_t key;

	FY_TRY(memo_key(u, code, &key));
	value = memo_get(u, key);
	if (!value)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-malformed",
					 "memo entry %" PRIu64 " was never stored", key);
	return fy_unpickler_push(u, value);
}

/* ---- names and calls ---- */

static fy_status make_global(fy_unpickler *u, fy_str module, fy_str name, fy_pvalue **out)
{
	fy_pvalue *global = fy_unpickler_new(u, FY_P_GLOBAL);
	char *full;

	if (memchr(module.data, 0, module.len) || memchr(name.data, 0, name.len))
		return fy_unpickler_broken(u, "NUL in the name of a global");
	global->global.module = fy_arena_strndup(u->arena, module.data, module.len);
	full = fy_arena_alloc(u->arena, module.len + name.len + 2);
	memcpy(full, module.data, module.len);
	full[module.len] = '.';
	memcpy(full + module.len + 1, name.data, name.len);
	global->global.name = full + module.len + 1;
	*out = NULL;
	return u->hooks->global(u, u->hooks->user, global, out);
}

static fy_status op_global(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *module_value, *name_value, *global;
	fy_str module, name;

	if (code == 'c') {
		FY_TRY(fy_unpickler_line(u, &module));
		FY_TRY(fy_unpickler_line(u, &name));
	} else {
		FY_TRY(pop(u, &name_value));
		FY_TRY(pop(u, &module_value));
		if (name_value->kind != FY_P_STR || module_value->kind != FY_P_STR)
			return fy_unpickler_broken(u, "name of a global is not a string");
		module = module_value->str;
		name = name_value->str;
	}
	FY_TRY(make_global(u, module, name, &global));
	return fy_unpickler_push(u, global);
}

static fy_status op_extension(fy_unpickler *u, uint8_t code)
{
	uint64_t number;

	FY_TRY(fy_unpickler_number(u, code == 0x82 ? 1 : code == 0x83 ? 2 : 4, &number));
	return fy_unpickler_fail(u, FY_MALFORMED, "pickle-global",
				 "extension code %" PRIu64 " names something that only the writer knew",
				 number);
}

static fy_pvalue *new_object(fy_unpickler *u, fy_pkind kind, const fy_pvalue *callee, fy_pvalue *args)
{
	fy_pvalue *value = fy_unpickler_new(u, kind);

	value->object = FY_NEW(u->arena, fy_pobject);
	value->object->callee = callee;
	value->object->class_name = fy_pglobal_full_name(callee);
	value->object->args = args;
	return value;
}

/* Calls go to the hook first; what it leaves is kept as data. */
static fy_status call(fy_unpickler *u, fy_pkind kind, fy_pvalue *callee, fy_pvalue *args)
{
	fy_pvalue *result = NULL;

	if (callee->kind != FY_P_GLOBAL)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-malformed", "a %s is called",
					 fy_pkind_name(callee->kind));
	if (!u->hooks->script && args->kind != FY_P_TUPLE)
		return fy_unpickler_broken(u, "arguments of a call are no tuple");
	FY_TRY(u->hooks->reduce(u, u->hooks->user, callee, args, &result));
	return fy_unpickler_push(u, result ? result : new_object(u, kind, callee, args));
}

static fy_status op_reduce(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *callee, *args, *kwargs;

	if (code == 0x92) {
		FY_TRY(pop(u, &kwargs));
		if (kwargs->kind != FY_P_DICT || kwargs->dict.count)
			return fy_unpickler_fail(u, FY_UNSUPPORTED, "pickle-unsupported",
						 "object made with keyword arguments");
	}
	FY_TRY(pop(u, &args));
	FY_TRY(pop(u, &callee));
	return call(u, code == 'R' ? FY_P_REDUCE : FY_P_OBJECT, callee, args);
}

/* INST: class as text; OBJ: class below the arguments. */
static fy_status op_instance(fy_unpickler *u, uint8_t code)
{
	fy_pvalue **items, *callee, *args;
	fy_str module, name;
	size_t count;

	if (code == 'i') {
		FY_TRY(fy_unpickler_line(u, &module));
		FY_TRY(fy_unpickler_line(u, &name));
		FY_TRY(make_global(u, module, name, &callee));
		FY_TRY(pop_mark(u, &items, &count));
	} else {
		FY_TRY(pop_mark(u, &items, &count));
		if (count == 0)
			return fy_unpickler_broken(u, "object without a class");
		callee = *items++;
		count--;
	}
	args = fy_unpickler_new(u, FY_P_TUPLE);
	fy_pvalue_append(u->arena, args, items, count);
	return call(u, FY_P_OBJECT, callee, args);
}

static fy_status op_build(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *state, *object;
	bool done = false;

	(void)code;
	FY_TRY(pop(u, &state));
	FY_TRY(top(u, &object));
	FY_TRY(u->hooks->build(u, u->hooks->user, object, state, &done));
	if (done)
		return FY_OK;
	switch (object->kind) {
	case FY_P_OBJECT:
	case FY_P_REDUCE:
		if (object->object->state)
			return fy_unpickler_broken(u, "state of an object is set twice");
		object->object->state = state;
		return FY_OK;
	case FY_P_DICT:
		object->dict.state = state;
		return FY_OK;
	default:
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-malformed", "a %s is given a state",
					 fy_pkind_name(object->kind));
	}
}

static fy_status op_persistent(fy_unpickler *u, uint8_t code)
{
	fy_pvalue *id, *value = NULL;
	fy_str line;

	if (code == 'Q') {
		FY_TRY(pop(u, &id));
	} else {
		FY_TRY(fy_unpickler_line(u, &line));
		id = fy_unpickler_new(u, FY_P_STR);
		id->str = line;
	}
	FY_TRY(u->hooks->persistent(u, u->hooks->user, id, &value));
	return fy_unpickler_push(u, value);
}

/* ---- the machine ---- */

static const struct {
	op_function run;
	bool script; /* TorchScript's own reader knows it */
} ops[256] = {
	[0x80] = { op_proto, true },
	['.'] = { op_stop, true },
	['('] = { op_mark, true },
	['N'] = { fy_pickle_constant, true },
	[0x88] = { fy_pickle_constant, true },
	[0x89] = { fy_pickle_constant, true },
	['K'] = { fy_pickle_binint, true },
	['M'] = { fy_pickle_binint, true },
	['J'] = { fy_pickle_binint, true },
	[0x8a] = { fy_pickle_long, true },
	['G'] = { fy_pickle_binfloat, true },
	['X'] = { fy_pickle_sized, true },
	[0x8d] = { fy_pickle_sized, true },
	[')'] = { op_empty, true },
	[0x85] = { op_tuple_n, true },
	[0x86] = { op_tuple_n, true },
	[0x87] = { op_tuple_n, true },
	['t'] = { op_collect, true },
	[']'] = { op_empty, true },
	['e'] = { op_add_many, true },
	['a'] = { op_add_one, true },
	['l'] = { op_collect, true },
	['}'] = { op_empty, true },
	['u'] = { op_add_many, true },
	['s'] = { op_add_one, true },
	['d'] = { op_collect, true },
	['c'] = { op_global, true },
	['R'] = { op_reduce, true },
	['b'] = { op_build, true },
	[0x81] = { op_reduce, true },
	['Q'] = { op_persistent, true },
	['q'] = { op_put, true },
	['r'] = { op_put, true },
	['h'] = { op_get, true },
	['j'] = { op_get, true },
	['0'] = { op_pop, false },
	['1'] = { op_pop, false },
	['2'] = { op_dup, false },
	['I'] = { fy_pickle_text_number, false },
	['L'] = { fy_pickle_text_number, false },
	['F'] = { fy_pickle_text_number, false },
	[0x8b] = { fy_pickle_long, false },
	['S'] = { fy_pickle_text_string, false },
	['V'] = { fy_pickle_text_string, false },
	['T'] = { fy_pickle_sized, false },
	['U'] = { fy_pickle_sized, false },
	[0x8c] = { fy_pickle_sized, false },
	['B'] = { fy_pickle_sized, false },
	['C'] = { fy_pickle_sized, false },
	[0x8e] = { fy_pickle_sized, false },
	[0x96] = { fy_pickle_sized, false },
	[0x8f] = { op_empty, false },
	[0x90] = { op_add_many, false },
	[0x91] = { op_collect, false },
	['p'] = { op_put, false },
	['g'] = { op_get, false },
	[0x94] = { op_put, false },
	[0x93] = { op_global, false },
	[0x82] = { op_extension, false },
	[0x83] = { op_extension, false },
	[0x84] = { op_extension, false },
	[0x92] = { op_reduce, false },
	['i'] = { op_instance, false },
	['o'] = { op_instance, false },
	['P'] = { op_persistent, false },
	[0x95] = { op_frame, false },
};

static fy_status step(fy_unpickler *u)
{
	const uint8_t *p;
	uint8_t code;

	u->op_pos = u->pos;
	if (u->pos == u->bytes.len)
		return fy_unpickler_broken(u, "pickle ends without STOP");
	FY_TRY(fy_unpickler_take(u, 1, &p));
	code = *p;
	if (!ops[code].run || (u->hooks->script && !ops[code].script))
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-opcode", "unknown opcode 0x%02x", code);
	FY_TRY(ops[code].run(u, code));
	if (u->values > u->max_values)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-objects",
					 "pickle has more than %" PRIu32 " objects", u->max_values);
	return FY_OK;
}

static fy_status run(fy_unpickler *u)
{
	if (u->hooks->script && (u->bytes.len < 2 || memcmp(u->bytes.data, "\x80\x02", 2) != 0))
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-protocol",
					 "pickle does not start with protocol 2");
	u->none = fy_unpickler_new(u, FY_P_NONE);
	u->yes = fy_unpickler_new(u, FY_P_BOOL);
	u->yes->b = true;
	u->no = fy_unpickler_new(u, FY_P_BOOL);
	while (!u->done) {
		FY_TRY(step(u));
		if (u->values % 4096 == 0 && fy_interrupted())
			return FY_INTERRUPTED;
	}
	return FY_OK;
}

fy_status fy_unpickle(fy_pickle *out, fy_arena *arena, fy_str bytes, const fy_pickle_hooks *hooks,
		      const fy_place *place, fy_diags *diags)
{
	fy_unpickler u = { .arena = arena, .bytes = bytes, .hooks = hooks, .place = place, .diags = diags };
	fy_status status;

	u.max_values = hooks->max_objects ? hooks->max_objects : FY_PICKLE_MAX_OBJECTS;
	/* Never NULL: a MARK may point into it before anything is pushed. */
	u.stack = fy_grow(NULL, &u.stack_cap, 1, sizeof(*u.stack));
	status = run(&u);
	if (status == FY_OK) {
		*out = (fy_pickle){ u.stack[0], u.values, u.pos };
		status = fy_pvalue_check_graph(out->root, out->values, place, diags);
	}
	fy_free(u.stack);
	fy_free(u.marks);
	fy_free(u.memo);
	fy_free(u.dense);
	return status;
}
