/*
 * The list of operator records, collected by the build from lines `const fy_onnx_op fy_onnx_... = {`, and
 * looking things up in them. Knows no operator by name.
 */
#include "onnx/onnx.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FY_RECORD(record) extern const fy_onnx_op record;
#include "onnx.list"
#undef FY_RECORD

#define FY_RECORD(record) &record,
static const fy_onnx_op *const records[] = {
#include "onnx.list"
};
#undef FY_RECORD

/* The same, by name. */
static const fy_onnx_op *sorted[FY_COUNT(records)];
static pthread_once_t sort_once = PTHREAD_ONCE_INIT;

static int compare_records(const void *a, const void *b)
{
	return strcmp((*(const fy_onnx_op *const *)a)->name, (*(const fy_onnx_op *const *)b)->name);
}

static void sort_records(void)
{
	memcpy(sorted, records, sizeof(records));
	qsort(sorted, FY_COUNT(sorted), sizeof(sorted[0]), compare_records);
}

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, (*(const fy_onnx_op *const *)entry)->name);
}

const fy_onnx_op *fy_onnx_find_full(const char *full, int opset)
{
	const fy_onnx_op **found;

	pthread_once(&sort_once, sort_records);
	found = bsearch(full, sorted, FY_COUNT(sorted), sizeof(sorted[0]), compare_name);
	if (!found || (*found)->since[0] > opset || ((*found)->removed && (*found)->removed <= opset))
		return NULL;
	return *found;
}

const fy_onnx_op *fy_onnx_find(const char *domain, const char *name, int opset)
{
	char full[80];

	if (domain[0] && strcmp(domain, "ai.onnx") != 0 && strcmp(domain, "onnx") != 0)
		return NULL;
	if (snprintf(full, sizeof(full), "onnx::%s", name) >= (int)sizeof(full))
		return NULL;
	return fy_onnx_find_full(full, opset);
}

int fy_onnx_version(const fy_onnx_op *op, int opset)
{
	int version = op->since[0];

	for (const int *since = op->since; *since && *since <= opset; since++)
		version = *since;
	return version;
}

fy_onnx_arity fy_onnx_arity_of(const fy_onnx_op *op, int opset)
{
	fy_onnx_arity arity = { 1, 1, 1, 1, 1 };

	for (const fy_onnx_arity *row = op->arity; row && row->since && row->since <= opset; row++)
		arity = *row;
	return arity;
}

const fy_onnx_attr *fy_onnx_attr_of(const fy_onnx_op *op, int opset, const char *name)
{
	for (const fy_onnx_attr *attr = op->attrs; attr && attr->name; attr++) {
		if (attr->since <= opset && (!attr->until || opset <= attr->until) &&
		    strcmp(attr->name, name) == 0)
			return attr;
	}
	return NULL;
}

bool fy_onnx_is_runnable(const fy_onnx_op *op)
{
	return !(op->flags & FY_ONNX_TYPES_ONLY);
}

int fy_onnx_op_count(void)
{
	return (int)FY_COUNT(records);
}

const fy_onnx_op *fy_onnx_op_at(int index)
{
	FY_ASSERT(index >= 0 && index < (int)FY_COUNT(records));
	return records[index];
}
