/*
 * Which value each argument of a call gets: what the user said, by name or in order, else what the file
 * remembers of its example inputs. Then the data: seeded, of a kind that suits the element type.
 */
#include "model/model.h"

#include <string.h>

/* One argument, or one graph input of an ONNX file. */
typedef struct slot {
	const char *name;
	fy_input_want want;
	bool optional, is_list;
	const fy_tensor *base; /* remembered geometry; NULL: none */
} slot;

typedef struct spec {
	const char *text; /* as given */
	const char *body; /* without the name */
	fy_str name;      /* empty: by position */
	fy_tensor *tensor;
	bool used;
} spec;

typedef struct binding {
	const fy_model *model;
	fy_arena *arena;
	fy_diags *diags;
	fy_inputs *out;
	slot *slots;
	int slot_count;
	fy_leaf *remembered;
	int remembered_count;
	spec *specs;
	int spec_count, next; /* next: first spec by position that may be free */
	fy_buf missing;
} binding;

/* ---- what there is to bind ---- */

static fy_input_want want_of(const fy_btype *type)
{
	switch (type ? type->kind : FY_TS_TENSOR) {
	case FY_TS_TENSOR:
		return FY_WANT_TENSOR;
	case FY_TS_INT:
		return FY_WANT_INT;
	case FY_TS_FLOAT:
		return FY_WANT_FLOAT;
	case FY_TS_BOOL:
		return FY_WANT_BOOL;
	case FY_TS_STR:
		return FY_WANT_STR;
	case FY_TS_OPTIONAL:
	case FY_TS_LIST:
		return want_of(type->items[0]);
	case FY_TS_DICT:
		return want_of(type->items[1]);
	default:
		return FY_WANT_ANY;
	}
}

static const char *want_name(fy_input_want want)
{
	static const char *const names[] = { "Tensor", "int", "float", "bool", "str", "any value" };
	return names[want];
}

static const char *want_example(fy_input_want want)
{
	static const char *const examples[] = { "1x3x224x224", "5", "1.0", "true", "'text'", "1.0" };
	return examples[want];
}

static const fy_leaf *find_remembered(const binding *b, const char *name)
{
	for (int i = 0; i < b->remembered_count; i++)
		if (b->remembered[i].name && !strcmp(b->remembered[i].name, name))
			return &b->remembered[i];
	return NULL;
}

/* The file remembers example inputs by position alone: a lone list among the arguments takes what the others
 * leave. */
static void name_remembered(binding *b, const fy_input_slot *inputs)
{
	int lists = 0, next = 0;
	for (int i = 0; i < b->slot_count; i++)
		lists += inputs[i].is_list;
	int in_list = lists ? b->remembered_count - (b->slot_count - 1) : 0;
	if (lists > 1 || in_list < 0 || (lists == 0 && b->remembered_count > b->slot_count)) {
		b->remembered_count = 0;
		return;
	}
	for (int i = 0; i < b->slot_count && next < b->remembered_count; i++) {
		int count = inputs[i].is_list ? in_list : 1;
		for (int k = 0; k < count; k++, next++)
			b->remembered[next].name =
				inputs[i].is_list ? fy_arena_printf(b->arena, "%s.%d", inputs[i].name, k)
						  : inputs[i].name;
	}
}

static fy_status slots_of_program(binding *b)
{
	fy_input_slot *inputs;
	const fy_model *model = b->model;
	if (!fy_class_method(model->program->root, model->method)) {
		fy_error(b->diags, FY_USAGE, "method-missing", &(fy_place){ .file = model->path },
			 "the model has no method '%s'", model->method);
		fy_hint(b->diags, "`ferry inspect %s` lists its methods; --method chooses one", model->path);
		return FY_USAGE;
	}
	FY_TRY(fy_method_inputs(model->program, model->method, b->arena, &inputs, &b->slot_count, b->diags));
	FY_TRY(fy_method_traced_inputs(model->program, model->method, b->arena, &b->remembered,
				       &b->remembered_count, b->diags));
	name_remembered(b, inputs);
	b->slots = FY_NEW_ARRAY(b->arena, slot, b->slot_count);
	for (int i = 0; i < b->slot_count; i++) {
		const fy_leaf *leaf = find_remembered(b, inputs[i].name);
		b->slots[i] = (slot){ inputs[i].name, want_of(inputs[i].type), inputs[i].optional,
				      inputs[i].is_list,
				      leaf && leaf->value.kind == FY_ARG_TENSOR ? leaf->value.t : NULL };
	}
	return FY_OK;
}

static fy_status slots_of_graph(binding *b)
{
	const fy_graph *graph = b->model->onnx.graph;
	b->slot_count = graph->main->param_count;
	b->slots = FY_NEW_ARRAY(b->arena, slot, b->slot_count);
	for (int i = 0; i < b->slot_count; i++) {
		const fy_value *param = graph->main->params[i];
		b->slots[i] = (slot){ .name = param->name, .want = FY_WANT_TENSOR };
		if (param->type->kind == FY_TYPE_TENSOR && param->type->has_shape)
			b->slots[i].base = fy_tensor_meta(param->type->dtype, &param->type->shape);
	}
	return FY_OK;
}

static void read_specs(binding *b, const fy_input_spec *given, int count)
{
	b->specs = FY_NEW_ARRAY(b->arena, spec, count);
	b->spec_count = count;
	for (int i = 0; i < count; i++) {
		const char *text = fy_arena_strdup(b->arena, given[i].text);
		const char *equals =
			text[0] == '@' || text[0] == '\'' || text[0] == '"' ? NULL : strchr(text, '=');
		b->specs[i] =
			(spec){ .text = text, .body = equals ? equals + 1 : text, .tensor = given[i].tensor };
		if (equals)
			b->specs[i].name = (fy_str){ text, (size_t)(equals - text) };
	}
}

/* ---- leaves ---- */

static void add_leaf(binding *b, const char *name, fy_arg value, bool has_data)
{
	fy_inputs *out = b->out;
	size_t capacity = (size_t)out->capacity;
	out->leaves = fy_grow(out->leaves, &capacity, (size_t)out->count + 1, sizeof(*out->leaves));
	out->has_data = fy_realloc(out->has_data, capacity * sizeof(*out->has_data));
	out->capacity = (int)capacity;
	out->leaves[out->count] = (fy_leaf){ name, value };
	out->has_data[out->count++] = has_data;
}

static fy_status add_spec(binding *b, const slot *s, const char *name, spec *from)
{
	fy_input_value value;
	const fy_leaf *leaf = find_remembered(b, name);
	const fy_tensor *base = leaf && leaf->value.kind == FY_ARG_TENSOR ? leaf->value.t : s->base;
	from->used = true;
	if (from->tensor)
		FY_TRY(fy_input_take(&value, from->tensor, s->want, name, b->diags));
	else
		FY_TRY(fy_input_parse(&value, from->body, s->want, base, b->arena, b->diags));
	add_leaf(b, name, value.arg, value.has_data);
	return FY_OK;
}

/* Takes the remembered leaves of this argument: itself, or x.0, x.1 ... False when there is none. */
static bool add_remembered(binding *b, const slot *s)
{
	size_t len = strlen(s->name);
	bool found = false;
	for (int i = 0; i < b->remembered_count; i++) {
		const fy_leaf *leaf = &b->remembered[i];
		if (!leaf->name || strncmp(leaf->name, s->name, len) ||
		    (leaf->name[len] && leaf->name[len] != '.'))
			continue;
		fy_arg value = leaf->value;
		if (value.kind == FY_ARG_TENSOR)
			value = fy_arg_tensor(fy_tensor_meta(value.t->dtype, &value.t->shape));
		add_leaf(b, leaf->name, value, false);
		found = true;
	}
	if (!found && s->base && fy_shape_known(&s->base->shape)) {
		add_leaf(b, s->name, fy_arg_tensor(fy_tensor_meta(s->base->dtype, &s->base->shape)), false);
		found = true;
	}
	return found;
}

/* Specs that name this argument or something in it: x=..., x.0=..., x.key=... */
static fy_status add_named(binding *b, const slot *s, bool *found)
{
	size_t len = strlen(s->name);
	*found = false;
	for (int i = 0; i < b->spec_count; i++) {
		spec *p = &b->specs[i];
		if (p->used || p->name.len < len || memcmp(p->name.data, s->name, len))
			continue;
		if (p->name.len > len && p->name.data[len] != '.')
			continue;
		const char *name = fy_arena_strndup(b->arena, p->name.data, p->name.len);
		if (s->is_list && p->name.len == len)
			name = fy_arena_printf(b->arena, "%s.0", name);
		FY_TRY(add_spec(b, s, name, p));
		*found = true;
	}
	return FY_OK;
}

static spec *next_by_position(binding *b)
{
	while (b->next < b->spec_count && (b->specs[b->next].used || b->specs[b->next].name.len))
		b->next++;
	return b->next < b->spec_count ? &b->specs[b->next] : NULL;
}

/* A shape cannot be meant for an argument that is a number; an optional one is then left out. */
static bool fits_number(const spec *p, bool optional)
{
	const char *digits = p->body + strspn(p->body, "0123456789");
	if (p->tensor)
		return fy_tensor_numel(p->tensor) == 1;
	if (*p->body == '@')
		return !optional;
	return !strchr(p->body, '[') && !(digits > p->body && *digits == 'x');
}

static fy_status add_by_position(binding *b, const slot *s, bool last, bool *found)
{
	spec *p = next_by_position(b);
	*found = false;
	if (!p || (s->want != FY_WANT_TENSOR && s->want != FY_WANT_ANY && !fits_number(p, s->optional)))
		return FY_OK;
	*found = true;
	if (!s->is_list)
		return add_spec(b, s, s->name, p);
	for (int i = 0; p && (i == 0 || last); i++, p = next_by_position(b))
		FY_TRY(add_spec(b, s, fy_arena_printf(b->arena, "%s.%d", s->name, i), p));
	return FY_OK;
}

static void say_missing(binding *b, const slot *s)
{
	fy_buf_printf(&b->missing, "%s'%s' (%s)", b->missing.len ? ", " : "", s->name, want_name(s->want));
}

static fy_status bind_slot(binding *b, const slot *s, bool last)
{
	bool found;
	FY_TRY(add_named(b, s, &found));
	if (!found)
		FY_TRY(add_by_position(b, s, last, &found));
	if (!found)
		found = add_remembered(b, s);
	if (!found && !s->optional && !(s->is_list && b->spec_count > 0))
		say_missing(b, s);
	return FY_OK;
}

/* ---- faults ---- */

static void hint_arguments(binding *b)
{
	fy_buf text = { 0 };
	for (int i = 0; i < b->slot_count; i++)
		fy_buf_printf(&text, " --input %s=%s", b->slots[i].name, want_example(b->slots[i].want));
	if (b->slot_count)
		fy_hint(b->diags, "the inputs are given as%s", fy_buf_text(&text));
	else
		fy_hint(b->diags, "the model takes no inputs");
	fy_buf_release(&text);
}

static fy_status check_bound(binding *b)
{
	fy_place place = { .file = b->model->path };
	for (int i = 0; i < b->spec_count; i++) {
		if (b->specs[i].used)
			continue;
		if (b->specs[i].name.len)
			fy_error(b->diags, FY_USAGE, "input-unknown", &place,
				 "the model has no input of the name in '%s'", b->specs[i].text);
		else
			fy_error(b->diags, FY_USAGE, "input-count", &place, "no input is left for '%s'",
				 b->specs[i].text);
		hint_arguments(b);
		return FY_USAGE;
	}
	if (b->missing.len == 0)
		return FY_OK;
	fy_error(b->diags, FY_USAGE, "input-missing", &place,
		 "the file does not say what its inputs are: missing %s", fy_buf_text(&b->missing));
	hint_arguments(b);
	return FY_USAGE;
}

fy_status fy_inputs_bind(fy_inputs *out, const fy_model *model, const fy_input_spec *specs, int spec_count,
			 fy_diags *diags)
{
	binding b = { .model = model, .arena = model->arena, .diags = diags, .out = out };
	*out = (fy_inputs){ 0 };
	if (model->kind == FY_MODEL_CHECKPOINT) {
		fy_error(diags, FY_UNSUPPORTED, "checkpoint-no-code", &(fy_place){ .file = model->path },
			 "this is a checkpoint: it has weights but no code to run");
		fy_hint(diags,
			"save the network as TorchScript: torch.jit.trace(net, example).save('model.pt')");
		return FY_UNSUPPORTED;
	}
	fy_status status = model->kind == FY_MODEL_ONNX ? slots_of_graph(&b) : slots_of_program(&b);
	if (status == FY_OK)
		read_specs(&b, specs, spec_count);
	for (int i = 0; status == FY_OK && i < b.slot_count; i++)
		status = bind_slot(&b, &b.slots[i], i + 1 == b.slot_count);
	if (status == FY_OK)
		status = check_bound(&b);
	for (int i = 0; model->kind == FY_MODEL_ONNX && i < b.slot_count; i++)
		if (b.slots)
			fy_tensor_unref((fy_tensor *)b.slots[i].base);
	fy_buf_release(&b.missing);
	if (status != FY_OK)
		fy_inputs_release(out);
	return status;
}

/* ---- using them ---- */

bool fy_inputs_are_made_up(const fy_inputs *inputs)
{
	for (int i = 0; i < inputs->count; i++)
		if (inputs->leaves[i].value.kind == FY_ARG_TENSOR && !inputs->has_data[i])
			return true;
	return false;
}

void fy_inputs_release(fy_inputs *inputs)
{
	for (int i = 0; i < inputs->count; i++)
		if (inputs->leaves[i].value.kind == FY_ARG_TENSOR)
			fy_tensor_unref(inputs->leaves[i].value.t);
	fy_free(inputs->leaves);
	fy_free(inputs->has_data);
	*inputs = (fy_inputs){ 0 };
}

void fy_inputs_meta(fy_inputs *out, const fy_inputs *inputs)
{
	*out = (fy_inputs){ .count = inputs->count, .capacity = inputs->count };
	out->leaves = fy_zalloc((size_t)(inputs->count + 1) * sizeof(*out->leaves));
	out->has_data = fy_zalloc((size_t)(inputs->count + 1) * sizeof(*out->has_data));
	for (int i = 0; i < inputs->count; i++) {
		out->leaves[i] = inputs->leaves[i];
		const fy_tensor *t =
			inputs->leaves[i].value.kind == FY_ARG_TENSOR ? inputs->leaves[i].value.t : NULL;
		if (t)
			out->leaves[i].value = fy_arg_tensor(fy_tensor_meta(t->dtype, &t->shape));
	}
}

fy_tensor **fy_inputs_tensors(const fy_inputs *inputs, fy_arena *arena, int *count)
{
	fy_tensor **tensors = FY_NEW_ARRAY(arena, fy_tensor *, inputs->count);
	*count = 0;
	for (int i = 0; i < inputs->count; i++)
		if (inputs->leaves[i].value.kind == FY_ARG_TENSOR)
			tensors[(*count)++] = inputs->leaves[i].value.t;
	return tensors;
}

static fy_status fill_leaf(fy_leaf *leaf, fy_index_range range, uint64_t seed, fy_diags *diags)
{
	const fy_tensor *meta = leaf->value.t;
	fy_tensor *data = fy_tensor_new(meta->dtype, &meta->shape, true);
	if (!data)
		return fy_error(diags, FY_IO, "out-of-memory", NULL, "no memory for input '%s'", leaf->name);
	fy_tensor_unref(leaf->value.t);
	leaf->value.t = data;
	fy_tensor_fill_random(data, seed, range.low, range.high);
	return FY_OK;
}

fy_status fy_inputs_fill(fy_inputs *inputs, const fy_graph *graph, uint64_t seed, fy_diags *diags)
{
	int tensor = 0;
	for (int i = 0; i < inputs->count; i++) {
		if (inputs->leaves[i].value.kind != FY_ARG_TENSOR)
			continue;
		fy_index_range range = fy_index_range_of(graph, tensor++);
		if (inputs->has_data[i])
			continue;
		if (!fy_dtype_has_values(inputs->leaves[i].value.t->dtype))
			return fy_error(diags, FY_UNSUPPORTED, "input-dtype", NULL,
					"cannot make up values of type %s",
					fy_dtype_name(inputs->leaves[i].value.t->dtype));
		FY_TRY(fill_leaf(&inputs->leaves[i], range, seed * 1000 + (uint64_t)i, diags));
	}
	return FY_OK;
}
