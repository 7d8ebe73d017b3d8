/*
 * Converting and verifying: the public options become the requests of prove/.
 */
#include "api/api_internal.h"

#include <string.h>

/* Options of an older caller are shorter: the rest is zero. */
static ferry_convert_options take_convert_options(const ferry_convert_options *options)
{
	ferry_convert_options own = { 0 };
	if (options)
		memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
	return own;
}

static fy_convert_request make_request(ferry_model *model, const ferry_convert_options *o,
				       fy_input_spec *verify_specs)
{
	fy_convert_request request = {
		.convert = { .lower = { .opset = o->opset,
					.fuse = o->fuse,
					.until = o->until,
					.dump = o->dump },
			     .input_names = o->input_names,
			     .input_name_count = fy_api_list_length(o->input_names),
			     .output_names = o->output_names,
			     .output_name_count = fy_api_list_length(o->output_names),
			     .keep_outputs = o->keep_outputs,
			     .keep_count = o->keep_output_count,
			     .progress = &model->session->progress },
		.weights = (fy_weights_form)o->weights,
		.specs = model->specs,
		.spec_count = (int)model->spec_count,
		.verify_specs = verify_specs,
		.verify_spec_count = fy_api_list_length(o->verify_inputs),
		.no_verify = o->no_verify,
		.producer_version = FERRY_VERSION,
	};
	for (int i = 0; i < request.verify_spec_count; i++)
		verify_specs[i] = (fy_input_spec){ .text = o->verify_inputs[i] };
	return request;
}

typedef struct convert_call {
	ferry_model *model;
	const char *path;
	const ferry_convert_options *options;
} convert_call;

static fy_status do_convert(void *context)
{
	const convert_call *c = context;
	ferry_model *model = c->model;
	ferry_session *session = model->session;
	ferry_convert_options o = take_convert_options(c->options);
	fy_ort *ort = NULL;
	fy_buf graph = { 0 };
	fy_api_begin(session, "convert");
	fy_status status = o.no_verify || o.until ? FY_OK : fy_api_runtime(session, &ort);
	if (status == FY_OK) {
		size_t count = (size_t)fy_api_list_length(o.verify_inputs);
		fy_input_spec *verify_specs = FY_NEW_ARRAY(session->arena, fy_input_spec, count + 1);
		fy_convert_request request = make_request(model, &o, verify_specs);
		fy_work work = fy_api_work(session, ort, o.golden, o.bound_mean, o.bound_rtol, o.bound_atol);
		request.graph_text = &graph;
		status = fy_convert_file(model->inner, c->path, &request, &work, &session->diags);
	}
	if (o.until || o.dump)
		session->text.len = 0; /* the report is the graph alone */
	if (graph.len) {
		fy_buf_append(&session->text, graph.data, graph.len);
		fy_json_set(session->json, "graph", fy_json_str(fy_buf_text(&graph)));
	}
	fy_buf_release(&graph);
	return fy_api_end(session, status);
}

ferry_status ferry_model_convert(ferry_model *model, const char *path, const ferry_convert_options *options)
{
	return fy_api_call(model->session, do_convert, &(convert_call){ model, path, options });
}

typedef struct verify_call {
	ferry_model *reference, *file;
	const ferry_verify_options *options;
} verify_call;

static fy_status do_verify(void *context)
{
	const verify_call *c = context;
	const ferry_verify_options *options = c->options;
	ferry_model *reference = c->reference, *file = c->file;
	ferry_session *session = reference->session;
	ferry_verify_options o = { 0 };
	fy_ort *ort = NULL;
	if (options)
		memcpy(&o, options, options->size < sizeof(o) ? options->size : sizeof(o));
	fy_api_begin(session, "verify");
	fy_status status = fy_api_runtime(session, &ort);
	if (status == FY_OK) {
		fy_verify_request request = { .specs = reference->specs,
					      .spec_count = (int)reference->spec_count,
					      .keep_outputs = o.keep_outputs,
					      .keep_count = o.keep_output_count };
		fy_work work = fy_api_work(session, ort, o.golden, o.bound_mean, o.bound_rtol, o.bound_atol);
		status = fy_verify_file(reference->inner, file->inner, &request, &work, &session->diags);
	}
	return fy_api_end(session, status);
}

ferry_status ferry_model_verify(ferry_model *reference, ferry_model *file,
				const ferry_verify_options *options)
{
	return fy_api_call(reference->session, do_verify, &(verify_call){ reference, file, options });
}
