/*
 * The operators that work on numbers, lists, dicts and strings instead of tensor data, by name. Each family
 * has a table; an operator may stand in several of them (aten::add: numbers, lists, strings), the first that
 * handles the kinds of its arguments wins. What none handles is a tensor operator.
 */
#include "eval/eval_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct fy_entry {
	const fy_builtin *builtin;
	int order;
} fy_entry;

enum { CAPACITY = 512 };
static fy_entry entries[CAPACITY]; /* sorted by name, then in the order of the families */
static int entry_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int by_name(const void *a, const void *b)
{
	const fy_entry *x = a, *y = b;
	int order = strcmp(x->builtin->name, y->builtin->name);

	return order ? order : x->order - y->order;
}

static void build(void)
{
	static const fy_builtin *const families[] = { fy_builtins_number, fy_builtins_number_function,
						      fy_builtins_list,   fy_builtins_list_edit,
						      fy_builtins_dict,   fy_builtins_str,
						      fy_builtins_tensor, fy_builtins_misc };

	for (size_t f = 0; f < FY_COUNT(families); f++) {
		for (const fy_builtin *b = families[f]; b->name; b++) {
			FY_ASSERT(entry_count < CAPACITY);
			entries[entry_count] = (fy_entry){ b, entry_count };
			entry_count++;
		}
	}
	qsort(entries, (size_t)entry_count, sizeof entries[0], by_name);
}

/* Index of the first entry of that name; -1: none. */
static int find(const char *name)
{
	int low = 0, high;

	pthread_once(&once, build);
	high = entry_count;
	while (low < high) {
		int middle = (low + high) / 2;

		if (strcmp(entries[middle].builtin->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < entry_count && strcmp(entries[low].builtin->name, name) == 0 ? low : -1;
}

bool fy_eval_is_builtin(const char *name)
{
	return find(name) >= 0;
}

int fy_eval_builtin_count(void)
{
	pthread_once(&once, build);
	return entry_count;
}

const char *fy_eval_builtin_name(int index)
{
	return entries[index].builtin->name;
}

fy_status fy_builtin_call(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int i = find(name);
	fy_args named = *args;

	named.name = name;
	if (args->count > 0 && args->items[0].kind == FY_I_STR)
		FY_TRY(fy_eval_spend(ev, (int64_t)args->items[0].s->len / 64));
	*handled = fy_grown_any(args);
	if (*handled)
		return fy_grown_call(ev, name, args, out);
	for (; i >= 0 && i < entry_count && strcmp(entries[i].builtin->name, name) == 0 && !*handled; i++)
		FY_TRY(entries[i].builtin->run(ev, &named, out, handled));
	return FY_OK;
}

const fy_ivalue *fy_args_get(const fy_args *args, int i, const char *name)
{
	if (i < args->count)
		return &args->items[i];
	for (int k = 0; k < args->keyword_count; k++)
		if (strcmp(args->names[k], name) == 0)
			return &args->values[k];
	return NULL;
}
