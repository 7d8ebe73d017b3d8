/*
 * The list of operator records, as the build found them in the .c files of this room, and the way from a
 * schema to its record. Knows no operator by name.
 */
#include "ops/ops_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FY_RECORD(record) extern const fy_op record;
#include "ops.list"
#undef FY_RECORD

static const fy_op *records[] = {
#define FY_RECORD(record) &record,
#include "ops.list"
#undef FY_RECORD
};

static int by_name(const void *a, const void *b)
{
	const fy_op *op_a = *(const fy_op *const *)a, *op_b = *(const fy_op *const *)b;
	int order = strcmp(op_a->name, op_b->name);
	if (order != 0)
		return order;
	return strcmp(op_a->overloads == NULL ? "" : op_a->overloads,
		      op_b->overloads == NULL ? "" : op_b->overloads);
}

static void sort_records(void)
{
	qsort(records, FY_COUNT(records), sizeof(records[0]), by_name);
}

static void be_sorted(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, sort_records);
}

int fy_op_count(void)
{
	return (int)FY_COUNT(records);
}

const fy_op *fy_op_at(int index)
{
	FY_ASSERT(index >= 0 && index < (int)FY_COUNT(records));
	be_sorted();
	return records[index];
}

static bool is_tensor(const fy_schema_type *type)
{
	while (type->element != NULL)
		type = type->element;
	return type->kind == FY_SCHEMA_TENSOR;
}

/* Operators on numbers and lists alone share names with tensor operators, and writing forms have no record.
 */
static bool computes_tensors(const fy_schema *schema)
{
	bool tensors = false;
	for (int i = 0; i < schema->arg_count; i++) {
		if (schema->args[i].type->write)
			return false;
		tensors |= is_tensor(schema->args[i].type);
	}
	for (int i = 0; i < schema->return_count; i++)
		tensors |= is_tensor(schema->returns[i]);
	return tensors;
}

static bool serves(const fy_op *op, const fy_schema *schema)
{
	const char *at = op->overloads;
	if (at == NULL)
		return computes_tensors(schema);
	size_t wanted = strlen(schema->overload);
	for (;;) {
		size_t length = strcspn(at, ",");
		if (length == wanted && memcmp(at, schema->overload, length) == 0)
			return true;
		if (at[length] == '\0')
			return false;
		at += length + 1;
	}
}

const fy_op *fy_op_of(const fy_schema *schema)
{
	be_sorted();
	size_t low = 0, high = FY_COUNT(records);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(records[middle]->name, schema->name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < FY_COUNT(records) && strcmp(records[low]->name, schema->name) == 0; low++)
		if (serves(records[low], schema))
			return records[low];
	return NULL;
}

const fy_op *fy_node_op(const fy_node *node)
{
	const fy_schema *schema = fy_schema_find(node->op);
	return schema == NULL ? NULL : fy_op_of(schema);
}
