/*
 * What is in a model: modules, tensors, code, arguments, operators. Nothing is run; data is read for its
 * checksums.
 */
#include "model/model.h"

#include <string.h>

static fy_item *add(fy_items *list, const char *name)
{
	list->items = fy_grow(list->items, &list->capacity, list->count + 1, sizeof(*list->items));
	list->items[list->count] = (fy_item){ .name = name };
	return &list->items[list->count++];
}

static const char *tensor_type(fy_arena *arena, const fy_tensor *tensor)
{
	fy_buf text = { 0 };
	fy_buf_put_tensor_type(&text, tensor);
	const char *kept = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return kept;
}

static int64_t tensor_bytes(const fy_tensor *tensor)
{
	int64_t bytes;
	return fy_mul_i64(fy_tensor_numel(tensor), (int64_t)fy_dtype_size(tensor->dtype), &bytes) ? bytes : 0;
}

/* ---- archives ---- */

static void describe_tensors(fy_description *d, const fy_pvalue *root, const char *prefix)
{
	fy_named_tensor *tensors;
	size_t count = 0;
	fy_arena *arena = d->model->arena;
	if (root)
		fy_archive_tensors(d->model->archive, root, &tensors, &count);
	for (size_t i = 0; i < count; i++) {
		const char *path =
			*prefix ? fy_arena_printf(arena, "%s%s", prefix, tensors[i].path) : tensors[i].path;
		fy_item *item = add(&d->weights, path);
		item->type = tensor_type(arena, tensors[i].tensor);
		item->amount = tensor_bytes(tensors[i].tensor);
		if (tensors[i].value->kind == FY_P_TENSOR && tensors[i].value->tensor->parameter)
			item->note = "parameter";
		else if (tensors[i].value->kind == FY_P_SPECIAL)
			item->note = tensors[i].value->special->rebuild;
	}
}

/* Objects below `object` by their attributes, each once. */
typedef struct module_walk {
	fy_description *d;
	bool *seen; /* by id of the value */
	uint32_t id_count;
} module_walk;

static void describe_modules(module_walk *w, const fy_pvalue *object, const char *path)
{
	if (object->kind != FY_P_OBJECT || object->id >= w->id_count || w->seen[object->id])
		return;
	w->seen[object->id] = true;
	fy_item *item = add(&w->d->modules, path);
	item->type = object->object->class_name;
	const fy_pvalue *state = object->object->state;
	if (!state || state->kind != FY_P_DICT)
		return;
	for (size_t i = 0; i < state->dict.count; i++) {
		const fy_pvalue *key = fy_pdict_key(state, i);
		const fy_pvalue *value = fy_pdict_value(state, i);
		if (key->kind != FY_P_STR || value->kind != FY_P_OBJECT)
			continue;
		fy_arena *arena = w->d->model->arena;
		const char *name = fy_arena_strndup(arena, key->str.data, key->str.len);
		describe_modules(w, value, *path ? fy_arena_printf(arena, "%s.%s", path, name) : name);
	}
}

static void describe_archive(fy_description *d)
{
	const fy_archive *archive = d->model->archive;
	module_walk w = { .d = d, .id_count = archive->data.values };
	describe_tensors(d, archive->root, "");
	describe_tensors(d, archive->constants.root, "CONSTANTS.");
	w.seen = fy_zalloc((size_t)w.id_count + 1);
	if (d->model->kind == FY_MODEL_PROGRAM)
		describe_modules(&w, archive->root, "");
	fy_free(w.seen);
	for (size_t i = 0; i < archive->code_count; i++)
		add(&d->code, archive->code[i].member)->amount = (int64_t)archive->code[i].source.len;
	for (size_t i = 0; i < archive->extra_count; i++)
		add(&d->extras, archive->extras[i].name)->amount = (int64_t)archive->extras[i].record->size;
}

/* ---- programs ---- */

static const char *type_text(fy_arena *arena, const fy_btype *type)
{
	fy_buf text = { 0 };
	fy_buf_put_declared_type(&text, type);
	const char *kept = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return kept;
}

static const char *signature(const fy_description *d, const fy_function *method)
{
	fy_buf text = { 0 };
	fy_buf_putc(&text, '(');
	for (int i = 1; i < method->param_count; i++) {
		fy_buf_printf(&text, "%s%s: ", i > 1 ? ", " : "", method->params[i].name);
		fy_buf_put_declared_type(&text, method->params[i].type);
	}
	fy_buf_putc(&text, ')');
	if (method->returns) {
		fy_buf_puts(&text, " -> ");
		fy_buf_put_declared_type(&text, method->returns);
	}
	const char *kept = fy_arena_strdup(d->model->arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return kept;
}

/* The examples the file remembers, as inputs of a call would get them. */
static void describe_example(fy_description *d, const fy_inputs *example, fy_item *item)
{
	size_t len = strlen(item->name);
	fy_buf text = { 0 };
	for (int i = 0; i < example->count; i++) {
		const fy_leaf *leaf = &example->leaves[i];
		if (strncmp(leaf->name, item->name, len) || (leaf->name[len] && leaf->name[len] != '.'))
			continue;
		if (leaf->value.kind != FY_ARG_TENSOR)
			continue;
		fy_buf_puts(&text, text.len ? ", " : "example ");
		fy_buf_put_tensor_type(&text, leaf->value.t);
	}
	if (text.len)
		item->note = fy_arena_strdup(d->model->arena, fy_buf_text(&text));
	fy_buf_release(&text);
}

static fy_status describe_inputs(fy_description *d, fy_diags *diags)
{
	const fy_model *model = d->model;
	fy_input_slot *slots;
	fy_inputs example = { 0 };
	int count;
	FY_TRY(fy_method_inputs(model->program, model->method, model->arena, &slots, &count, diags));
	if (fy_inputs_bind(&example, model, NULL, 0, NULL) != FY_OK)
		example = (fy_inputs){ 0 };
	for (int i = 0; i < count; i++) {
		fy_item *item = add(&d->inputs, slots[i].name);
		item->type = type_text(model->arena, slots[i].type);
		if (slots[i].optional)
			item->note = "optional";
		describe_example(d, &example, item);
	}
	fy_inputs_release(&example);
	return FY_OK;
}

static fy_status describe_program(fy_description *d, fy_diags *diags)
{
	const fy_program *program = d->model->program;
	for (int i = 0; i < program->root->method_count; i++)
		add(&d->methods, program->root->methods[i]->name)->type =
			signature(d, program->root->methods[i]);
	for (int i = 0; i < program->operator_count; i++) {
		const fy_used_operator *used = &program->operators[i];
		fy_item *item = add(&d->operators, used->name);
		item->amount = used->uses;
		item->supported = used->supported;
		item->place = used->first;
		d->unsupported += !used->supported;
	}
	if (!fy_class_method(program->root, d->model->method))
		return FY_OK;
	return describe_inputs(d, diags);
}

/* ---- ONNX files ---- */

static const char *value_type(fy_arena *arena, const fy_graph *graph, const fy_type *type)
{
	fy_buf text = { 0 };
	fy_buf_put_type(&text, graph, type);
	const char *kept = fy_arena_strdup(arena, fy_buf_text(&text));
	fy_buf_release(&text);
	return kept;
}

static bool is_supported(const fy_graph *graph, const fy_node *node, int opset)
{
	const fy_onnx_op *op = fy_onnx_find_full(node->op, opset);
	return op ? fy_onnx_is_runnable(op) : fy_graph_function(graph, node->op) != NULL;
}

static void describe_operator(fy_description *d, fy_map *seen, const fy_node *node, int opset)
{
	fy_str key = fy_str_of(node->op);
	size_t index = (size_t)(uintptr_t)fy_map_get(seen, key);
	if (index == 0) {
		fy_item *item = add(&d->operators, node->op);
		item->supported = is_supported(d->model->onnx.graph, node, opset);
		item->place = (fy_place){ .file = d->model->path, .module = node->name };
		d->unsupported += !item->supported;
		index = d->operators.count;
		fy_map_put(seen, key, (void *)(uintptr_t)index);
	}
	d->operators.items[index - 1].amount++;
}

static void describe_graph(fy_description *d)
{
	const fy_graph *graph = d->model->onnx.graph;
	fy_arena *arena = d->model->arena;
	fy_map seen = { 0 };
	for (int i = 0; i < graph->main->param_count; i++)
		add(&d->inputs, graph->main->params[i]->name)->type =
			value_type(arena, graph, graph->main->params[i]->type);
	for (int i = 0; i < graph->main->result_count; i++)
		add(&d->outputs, graph->output_names[i])->type =
			value_type(arena, graph, graph->main->results[i]->type);
	for (int i = 0; i < graph->constant_count; i++) {
		const fy_value *constant = graph->constants[i];
		fy_item *item = add(&d->weights, constant->name ? constant->name : "");
		item->type = tensor_type(arena, constant->tensor);
		item->amount = tensor_bytes(constant->tensor);
	}
	for (const fy_node *node = fy_graph_first(graph); node; node = fy_node_following(node))
		describe_operator(d, &seen, node, graph->opset);
	for (int i = 0; i < graph->function_count; i++) {
		const fy_local_function *function = &graph->functions[i];
		for (const fy_node *node = function->body->first; node; node = fy_node_following(node))
			describe_operator(d, &seen, node, function->opset);
	}
	for (int i = 0; i < graph->metadata_count; i++)
		add(&d->metadata, graph->metadata[i].key)->type = graph->metadata[i].value;
	fy_map_release(&seen);
}

/* A graph that is not valid is a fault; operators that ferry lacks are none here. */
static fy_status check_graph(const fy_model *model, fy_diags *diags)
{
	size_t before = diags->count;
	fy_status status = fy_onnx_check(model->onnx.graph, diags);
	if (status != FY_UNSUPPORTED)
		return status;
	fy_diags_truncate(diags, before);
	return FY_OK;
}

fy_status fy_model_describe(fy_description *out, const fy_model *model, fy_diags *diags)
{
	*out = (fy_description){ .model = model };
	if (model->kind == FY_MODEL_ONNX) {
		FY_TRY(check_graph(model, diags));
		describe_graph(out);
		return FY_OK;
	}
	FY_TRY(fy_archive_check_all(model->archive, diags));
	describe_archive(out);
	fy_status status = model->kind == FY_MODEL_PROGRAM ? describe_program(out, diags) : FY_OK;
	if (status != FY_OK)
		fy_description_release(out);
	return status;
}

void fy_description_release(fy_description *d)
{
	fy_items *lists[] = { &d->inputs, &d->outputs,   &d->methods, &d->modules, &d->weights,
			      &d->code,   &d->operators, &d->extras,  &d->metadata };
	for (size_t i = 0; i < FY_COUNT(lists); i++) {
		fy_free(lists[i]->items);
		*lists[i] = (fy_items){ 0 };
	}
}
