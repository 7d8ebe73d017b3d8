/*
 * Where two sides part. The program is recorded anew and run node by node; a graph lowered from it tells
 * which value of the file stands for the result of which operator; those values of the file are compared in
 * order of execution.
 */
#include "engine/engine.h"
#include "prove/prove.h"

#include <string.h>

/* What may be held of intermediate results at once; beyond that only some of the nodes are looked at. */
#define BYTES_LIMIT ((int64_t)1 << 31)

/* One operator of the program and the value of the file that holds its result. */
typedef struct step {
	const fy_node *node;     /* of the recorded program */
	fy_value *value;         /* of the file's graph */
	const fy_node *producer; /* of the file's graph */
	fy_tensor *expected, *got;
} step;

typedef struct search {
	fy_arena *arena;
	fy_diags diags;
	const fy_model *program;
	fy_graph *file;
	const fy_inputs *inputs;
	const fy_execute_options *execute;
	fy_conversion recorded, lowered;
	step *steps;
	int count;
} search;

/* ---- which value stands for which operator ---- */

/* The last node of the main block that came from the operator of this order and has its result's type. */
static const fy_node *find_lowered(const search *s, const fy_node *node)
{
	const fy_node *found = NULL;
	for (const fy_node *n = s->lowered.graph->main->first; n; n = n->next)
		if (n->origin.order == node->origin.order && n->result_count > 0 &&
		    fy_type_eq(n->results[0]->type, node->results[0]->type))
			found = n;
	return found;
}

static void map_file_values(const search *s, fy_map *by_name)
{
	for (fy_node *n = s->file->main->first; n; n = n->next)
		if (n->result_count > 0 && n->results[0]->name)
			fy_map_put(by_name, fy_str_of(n->results[0]->name), n->results[0]);
}

static void find_steps(search *s)
{
	fy_map by_name = { 0 };
	map_file_values(s, &by_name);
	int most = 0;
	for (const fy_node *n = s->recorded.graph->main->first; n; n = n->next)
		most++;
	s->steps = FY_NEW_ARRAY(s->arena, step, most);
	for (const fy_node *n = s->recorded.graph->main->first; n; n = n->next) {
		int64_t elements;
		if (n->result_count == 0 || n->results[0]->type->kind != FY_TYPE_TENSOR)
			continue;
		const fy_node *low = find_lowered(s, n);
		if (!low || !low->results[0]->name || !fy_shape_numel(&n->results[0]->type->shape, &elements))
			continue;
		fy_value *value = fy_map_get(&by_name, fy_str_of(low->results[0]->name));
		if (value)
			s->steps[s->count++] = (step){ .node = n, .value = value, .producer = value->def };
	}
	fy_map_release(&by_name);
}

/* Drops every other step until the rest fits into memory. */
static void thin_out(search *s)
{
	for (;;) {
		int64_t bytes = 0;
		for (int i = 0; i < s->count; i++) {
			int64_t elements = 0;
			const fy_type *type = s->steps[i].node->results[0]->type;
			(void)fy_shape_numel(&type->shape, &elements);
			if (elements > 0)
				bytes += elements * (int64_t)fy_dtype_size(type->dtype);
		}
		if (bytes <= BYTES_LIMIT || s->count < 2)
			return;
		int kept = 0;
		for (int i = 0; i < s->count; i += 2)
			s->steps[kept++] = s->steps[i];
		s->count = kept;
	}
}

/* ---- running both ---- */

static fy_status keep_expected(void *user, const fy_node *node, fy_tensor *const *results, int result_count)
{
	search *s = user;
	for (int i = 0; i < s->count && result_count > 0; i++)
		if (s->steps[i].node == node && results[0] && !s->steps[i].expected)
			s->steps[i].expected = fy_tensor_ref(results[0]);
	return FY_OK;
}

static fy_status keep_got(void *user, const fy_node *node, fy_tensor *const *results, int result_count)
{
	search *s = user;
	for (int i = 0; i < s->count && result_count > 0; i++)
		if (s->steps[i].producer == node && results[0] && !s->steps[i].got)
			s->steps[i].got = fy_tensor_ref(results[0]);
	return FY_OK;
}

static fy_status run_hooked(search *s, const fy_graph *graph,
			    fy_status (*hook)(void *user, const fy_node *node, fy_tensor *const *results,
					      int result_count))
{
	int count;
	fy_tensor **inputs = fy_inputs_tensors(s->inputs, s->arena, &count);
	fy_tensor **outputs = FY_NEW_ARRAY(s->arena, fy_tensor *, graph->main->result_count);
	fy_engine_options options = { .threads = s->execute->threads, .hook = hook, .user = s };
	FY_TRY(fy_engine_run(graph, inputs, count, outputs, &options, &s->diags));
	for (int i = 0; i < graph->main->result_count; i++)
		fy_tensor_unref(outputs[i]);
	return FY_OK;
}

static bool is_output(const fy_graph *graph, const fy_value *value)
{
	for (int i = 0; i < graph->main->result_count; i++)
		if (graph->main->results[i] == value)
			return true;
	return false;
}

/* The file's graph with every step's value as an output, in ONNX Runtime. */
static fy_status run_elsewhere(search *s)
{
	fy_buf bytes = { 0 };
	fy_ort_session *session = NULL;
	fy_ort_options options = { .threads = s->execute->threads };
	int count;
	size_t output_count;
	fy_tensor **inputs = fy_inputs_tensors(s->inputs, s->arena, &count);
	for (int i = 0; i < s->count; i++)
		if (!is_output(s->file, s->steps[i].value))
			fy_graph_output(s->file, s->steps[i].value, s->steps[i].value->name);
	fy_status status = fy_onnx_write_buf(s->file, &bytes, NULL, &s->diags);
	if (status == FY_OK)
		status = fy_ort_session_read(&session, s->execute->ort, bytes.data, bytes.len, &options,
					     &s->diags);
	fy_buf_release(&bytes);
	FY_TRY(status);
	const fy_ort_port *ports = fy_ort_session_outputs(session, &output_count);
	fy_tensor **outputs = FY_NEW_ARRAY(s->arena, fy_tensor *, output_count);
	status = fy_ort_session_run(session, inputs, (size_t)count, outputs, &s->diags);
	for (size_t k = 0; status == FY_OK && k < output_count; k++) {
		for (int i = 0; i < s->count; i++)
			if (!s->steps[i].got && !strcmp(s->steps[i].value->name, ports[k].name))
				s->steps[i].got = fy_tensor_ref(outputs[k]);
		fy_tensor_unref(outputs[k]);
	}
	fy_ort_session_close(session);
	return status;
}

/* ---- saying it ---- */

static void put_step(fy_buf *out, const step *found, const fy_compare *c)
{
	const fy_origin *origin = &found->node->origin;
	fy_buf_printf(out, "first difference: %s", found->node->op);
	if (found->producer->name)
		fy_buf_printf(out, ", node '%s' of the file", found->producer->name);
	if (origin->module && *origin->module)
		fy_buf_printf(out, ", in module %s", origin->module);
	if (origin->file)
		fy_buf_printf(out, ", %s:%d", origin->file, origin->line);
	if (c->comparable)
		fy_buf_printf(out, " (mean %.1e, max %.1e)", c->mean, c->max);
	if (origin->text) {
		const char *text = origin->text + strspn(origin->text, " \t");
		fy_buf_puts(out, "\n  ");
		fy_buf_append(out, text, strcspn(text, "\r\n"));
	}
}

static void compare_steps(search *s, fy_buf *out, fy_tolerance tolerance)
{
	int looked_at = 0;
	for (int i = 0; i < s->count; i++) {
		if (!s->steps[i].expected || !s->steps[i].got)
			continue;
		looked_at++;
		fy_compare c = fy_tensor_compare(s->steps[i].got, s->steps[i].expected, tolerance);
		if (!c.comparable || !c.ok) {
			put_step(out, &s->steps[i], &c);
			return;
		}
	}
	if (looked_at == 0)
		fy_buf_puts(out, "the nodes of the file bear other names than ferry's: where it differs "
				 "cannot be said");
	else
		fy_buf_printf(out, "the %d operators that can be compared one by one agree", looked_at);
}

static fy_status search_steps(search *s, const fy_convert_options *options)
{
	fy_convert_options named = *options;
	FY_TRY(fy_model_capture(&s->recorded, s->program, s->inputs, &named, &s->diags));
	FY_TRY(fy_model_capture(&s->lowered, s->program, s->inputs, &named, &s->diags));
	named.lower.opset = s->file->opset;
	named.lower.until = named.lower.dump = NULL;
	FY_TRY(fy_conversion_lower(&s->lowered, s->program, &named, &s->diags));
	find_steps(s);
	thin_out(s);
	FY_TRY(run_hooked(s, s->recorded.graph, keep_expected));
	return s->execute->ort ? run_elsewhere(s) : run_hooked(s, s->file, keep_got);
}

void fy_find_difference(fy_buf *out, const fy_model *program, fy_graph *file, const fy_inputs *inputs,
			const fy_convert_options *options, const fy_execute_options *execute,
			fy_tolerance tolerance)
{
	search s = { .arena = program->arena,
		     .program = program,
		     .file = file,
		     .inputs = inputs,
		     .execute = execute };
	if (search_steps(&s, options) == FY_OK)
		compare_steps(&s, out, tolerance);
	else if (s.diags.count)
		fy_buf_printf(out, "where it differs cannot be said: %s", s.diags.items[0].message);
	for (int i = 0; i < s.count; i++) {
		fy_tensor_unref(s.steps[i].expected);
		fy_tensor_unref(s.steps[i].got);
	}
	fy_conversion_release(&s.recorded);
	fy_conversion_release(&s.lowered);
	fy_diags_clear(&s.diags);
}
