/*
 * Reading the arguments of a recorded node, and writing attributes of a node to be emitted: what lowering
 * functions need and what takes no lowering state. Knows no operator.
 */
#include "ops/ops.h"

static const fy_arg *arg_of(const fy_node *node, int index)
{
	FY_ASSERT(index >= 0 && index < node->arg_count);
	return &node->args[index];
}

static _Noreturn void misread(const fy_node *node, int index, const char *wanted)
{
	FY_BUG("%s: argument %d is no %s", node->op, index, wanted);
}

bool fy_node_arg_known(const fy_node *node, int index)
{
	const fy_arg *arg = arg_of(node, index);

	if (arg->kind == FY_ARG_VALUE)
		return false;
	for (int i = 0; arg->kind == FY_ARG_LIST && i < arg->list.count; i++) {
		if (arg->list.items[i].kind == FY_ARG_VALUE)
			return false;
	}
	return true;
}

static bool read_int(const fy_arg *arg, int64_t *out)
{
	if (arg->kind == FY_ARG_INT)
		*out = arg->i;
	else if (arg->kind == FY_ARG_BOOL)
		*out = arg->b;
	else
		return false;
	return true;
}

int64_t fy_node_int(const fy_node *node, int index)
{
	int64_t value;

	if (!read_int(arg_of(node, index), &value))
		misread(node, index, "known integer");
	return value;
}

double fy_node_f64(const fy_node *node, int index)
{
	const fy_arg *arg = arg_of(node, index);
	int64_t value;

	if (arg->kind == FY_ARG_FLOAT)
		return arg->f;
	if (!read_int(arg, &value))
		misread(node, index, "known number");
	return (double)value;
}

bool fy_node_bool(const fy_node *node, int index)
{
	return fy_node_int(node, index) != 0;
}

bool fy_node_none(const fy_node *node, int index)
{
	return arg_of(node, index)->kind == FY_ARG_NONE;
}

int fy_node_ints(const fy_node *node, int index, int64_t *out, int expect)
{
	const fy_arg *arg = arg_of(node, index);
	int count = arg->kind == FY_ARG_LIST ? arg->list.count : 1;

	if (expect > 0 && count != expect && count != 1)
		misread(node, index, "list of that length");
	for (int i = 0; i < count; i++) {
		if (!read_int(arg->kind == FY_ARG_LIST ? &arg->list.items[i] : arg, &out[i]))
			misread(node, index, "list of known integers");
	}
	for (int i = count; i < expect; i++)
		out[i] = out[0];
	return expect > 0 ? expect : count;
}

const fy_type *fy_node_type(const fy_node *node, int index)
{
	const fy_arg *arg = arg_of(node, index);

	if (arg->kind != FY_ARG_VALUE)
		misread(node, index, "value");
	return arg->v->type;
}

const fy_type *fy_node_result_type(const fy_node *node, int index)
{
	FY_ASSERT(index >= 0 && index < node->result_count);
	return node->results[index]->type;
}

fy_attr fy_attr_int(const char *name, int64_t value)
{
	return (fy_attr){ name, fy_arg_int(value) };
}

fy_attr fy_attr_float(const char *name, double value)
{
	return (fy_attr){ name, fy_arg_float(value) };
}

fy_attr fy_attr_str(const char *name, const char *value)
{
	return (fy_attr){ name, fy_arg_str(value) };
}
