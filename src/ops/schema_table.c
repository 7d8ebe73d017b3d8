/*
 * The schemas of every PyTorch operator, compiled in as text (schemas.tsv) and sorted by name by the build. A
 * name's lines are parsed when first asked for and kept for the life of the process, so that start-up costs
 * nothing. They belong to a guard of their own, because they outlive whoever asked.
 */
#include "ops/ops_internal.h"

#include <pthread.h>
#include <string.h>

typedef struct name_lines {
	const char *name;
	const char *lines; /* each ended by a newline, in matching order */
} name_lines;

static const name_lines table[] = {
#include "schema_lines.inc"
};

static fy_schema_set sets[FY_COUNT(table)]; /* schemas NULL until parsed */
static fy_guard kept_guard;
static fy_arena *kept;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int find_name(const char *name)
{
	int low = 0, high = (int)FY_COUNT(table);
	while (low < high) {
		int middle = low + (high - low) / 2;
		int order = strcmp(name, table[middle].name);
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static fy_schema_set parse_lines(const char *lines)
{
	int count = 0;
	for (const char *at = lines; *at != '\0'; at++)
		count += *at == '\n';
	fy_schema *schemas = FY_NEW_ARRAY(kept, fy_schema, count);
	for (int i = 0; i < count; i++) {
		size_t length = strcspn(lines, "\n");
		if (!fy_schema_parse(&schemas[i], kept, (fy_str){ lines, length }))
			FY_BUG("schema does not parse: %.*s", (int)length, lines);
		lines += length + 1;
	}
	return (fy_schema_set){ schemas, count };
}

/* Runs under the lock. */
static void parse_set(void *context)
{
	const int *index = context;
	if (kept == NULL)
		kept = fy_arena_new();
	sets[*index] = parse_lines(table[*index].lines);
}

fy_schema_set fy_schemas_of(const char *name)
{
	int index = find_name(name);
	if (index < 0)
		return (fy_schema_set){ NULL, 0 };
	fy_status status = FY_OK;
	pthread_mutex_lock(&lock);
	if (sets[index].schemas == NULL) {
		if (kept == NULL)
			fy_guard_init(&kept_guard);
		status = fy_guard_run(&kept_guard, parse_set, &index);
	}
	fy_schema_set set = sets[index];
	pthread_mutex_unlock(&lock);
	if (status != FY_OK)
		fy_out_of_memory();
	return set;
}

const fy_schema *fy_schema_find(const char *full)
{
	const char *colon = strstr(full, "::");
	const char *dot = colon == NULL ? NULL : strchr(colon, '.');
	size_t length = dot == NULL ? strlen(full) : (size_t)(dot - full);
	char name[128];
	if (colon == NULL || length >= sizeof(name))
		return NULL;
	memcpy(name, full, length);
	name[length] = '\0';
	fy_schema_set set = fy_schemas_of(name);
	for (int i = 0; i < set.count; i++)
		if (strcmp(set.schemas[i].full, full) == 0)
			return &set.schemas[i];
	return NULL;
}

int fy_schema_name_count(void)
{
	return (int)FY_COUNT(table);
}

const char *fy_schema_name(int index)
{
	FY_ASSERT(index >= 0 && index < (int)FY_COUNT(table));
	return table[index].name;
}
