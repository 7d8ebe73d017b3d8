/*
 * Common subexpressions: of equal ONNX nodes on equal inputs the first is kept, of equal small constants too.
 * A node sees what its own block and the blocks around it computed before it.
 */
#include "lower/lower_internal.h"

enum { SHARED_BYTES = 1024 };

typedef struct scope {
	struct scope *outer;
	fy_map nodes; /* first node of each kind, by its key */
} scope;

/* ---- keys ------------------------------------------------------------------------------------ */

static void put_arg(fy_buf *key, const fy_arg *arg)
{
	fy_buf_putc(key, (char)('a' + arg->kind));
	switch (arg->kind) {
	case FY_ARG_NONE:
		return;
	case FY_ARG_BOOL:
		fy_buf_putc(key, arg->b);
		return;
	case FY_ARG_INT:
		fy_buf_append(key, &arg->i, sizeof(arg->i));
		return;
	case FY_ARG_FLOAT:
		fy_buf_append(key, &arg->f, sizeof(arg->f));
		return;
	case FY_ARG_COMPLEX:
		fy_buf_append(key, &arg->c, sizeof(arg->c));
		return;
	case FY_ARG_STR:
	case FY_ARG_REF:
		fy_buf_append(key, &arg->s.len, sizeof(arg->s.len));
		fy_buf_append(key, arg->s.data, arg->s.len);
		return;
	case FY_ARG_TYPE:
		fy_buf_append(key, &arg->type, sizeof(arg->type));
		return;
	case FY_ARG_TENSOR:
		fy_buf_append(key, &arg->t, sizeof(arg->t));
		return;
	case FY_ARG_VALUE:
		fy_buf_append(key, &arg->v->id, sizeof(arg->v->id));
		return;
	case FY_ARG_LIST:
		fy_buf_append(key, &arg->list.count, sizeof(arg->list.count));
		for (int i = 0; i < arg->list.count; i++)
			put_arg(key, &arg->list.items[i]);
		return;
	}
}

static void put_node(fy_buf *key, const fy_node *node)
{
	fy_buf_printf(key, "%s %d %d:", node->op, node->arg_count, node->result_count);
	for (int i = 0; i < node->arg_count; i++)
		put_arg(key, &node->args[i]);
	for (int i = 0; i < node->attr_count; i++) {
		fy_buf_puts(key, node->attrs[i].name);
		fy_buf_putc(key, '=');
		put_arg(key, &node->attrs[i].arg);
	}
}

/* ---- constants --------------------------------------------------------------------------------------------
 */

static int merge_constants(fy_graph *graph)
{
	fy_map seen = { 0 };
	int merged = 0;

	for (int i = 0; i < graph->constant_count; i++) {
		fy_value *value = graph->constants[i], *first;
		const fy_tensor *tensor = value->tensor;
		fy_buf key = { 0 };

		if (value->name || !fy_tensor_has_data(tensor) || tensor->storage->size > SHARED_BYTES ||
		    !fy_tensor_is_contiguous(tensor))
			continue;
		fy_buf_put_tensor_type(&key, tensor);
		fy_buf_append(&key, fy_tensor_data(tensor),
			      (size_t)fy_tensor_numel(tensor) * fy_dtype_size(tensor->dtype));
		first = fy_map_get(&seen, (fy_str){ key.data, key.len });
		if (!first) {
			fy_map_put(&seen, (fy_str){ key.data, key.len }, value);
		} else if (value->uses) {
			fy_value_replace(value, first);
			merged++;
		}
		fy_buf_release(&key);
	}
	fy_map_release(&seen);
	return merged;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static fy_node *find(const scope *inner, fy_str key)
{
	for (; inner; inner = inner->outer) {
		fy_node *node = fy_map_get(&inner->nodes, key);

		if (node)
			return node;
	}
	return NULL;
}

static int merge_block(fy_block *block, scope *outer)
{
	scope here = { .outer = outer };
	int merged = 0;
	fy_node *next;

	for (fy_node *node = block->first; node; node = next) {
		fy_buf key = { 0 };
		fy_node *first;

		next = node->next;
		for (int i = 0; i < node->block_count; i++)
			merged += merge_block(node->blocks[i], &here);
		if (node->block_count > 0 || !fy_onnx_foldable(node))
			continue;
		put_node(&key, node);
		first = find(&here, (fy_str){ key.data, key.len });
		if (first) {
			for (int i = 0; i < node->result_count; i++)
				fy_value_replace(node->results[i], first->results[i]);
			fy_node_erase(node);
			merged++;
		} else {
			fy_map_put(&here.nodes, (fy_str){ key.data, key.len }, node);
		}
		fy_buf_release(&key);
	}
	fy_map_release(&here.nodes);
	return merged;
}

fy_status fy_pass_cse(fy_pass_run *run)
{
	run->changes = merge_constants(run->graph);
	run->changes += merge_block(run->graph->main, NULL);
	fy_graph_remove_dead(run->graph);
	return FY_OK;
}
