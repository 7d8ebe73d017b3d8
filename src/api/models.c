/*
 * Models of a session: opened, given inputs, run, described; and their results.
 */
#include "api/api_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

ferry_status ferry_model_open(ferry_model **out, ferry_session *session, const char *path, const char *method)
{
	fy_model *inner;
	const ferry_session_options *o = &session->options;
	fy_open_options options = {
		.method = method ? fy_arena_strdup(session->arena, method) : NULL,
		.limits = { .steps = o->max_steps,
			    .nodes = o->max_nodes,
			    .unrolled = o->max_unroll,
			    .items = o->max_items },
		.max_unpacked = o->max_unpacked > 0 ? (uint64_t)o->max_unpacked : 0,
	};
	fy_api_begin(session, "open");
	fy_status status = fy_model_open(&inner, session->arena, path, &options, &session->diags);
	if (status == FY_OK) {
		ferry_model *model = fy_zalloc(sizeof(*model));
		*model = (ferry_model){ .session = session, .inner = inner, .next = session->models };
		session->models = model;
		*out = model;
	}
	return fy_api_end(session, status);
}

static void drop_outputs(ferry_model *model)
{
	if (model->output_views)
		fy_outputs_release(&model->outputs);
	fy_free(model->output_views);
	model->output_views = NULL;
	model->outputs = (fy_outputs){ 0 };
}

void ferry_model_close(ferry_model *model)
{
	if (!model)
		return;
	ferry_model **link = &model->session->models;
	while (*link != model)
		link = &(*link)->next;
	*link = model->next;
	drop_outputs(model);
	for (size_t i = 0; i < model->spec_count; i++)
		fy_tensor_unref(model->specs[i].tensor);
	fy_free(model->specs);
	fy_model_close(model->inner);
	fy_free(model);
}

/* ---- inputs ---- */

static void add_spec(ferry_model *model, const char *text, fy_tensor *tensor)
{
	model->specs =
		fy_grow(model->specs, &model->spec_capacity, model->spec_count + 1, sizeof(*model->specs));
	model->specs[model->spec_count++] =
		(fy_input_spec){ fy_arena_strdup(model->session->arena, text), tensor };
}

ferry_status ferry_model_input(ferry_model *model, const char *spec)
{
	add_spec(model, spec, NULL);
	return FERRY_OK;
}

static fy_status copy_tensor(fy_tensor **out, const ferry_tensor *tensor, fy_diags *diags)
{
	fy_shape shape = { .rank = tensor->rank };
	fy_dtype dtype;
	int64_t numel, bytes;
	if (!tensor->dtype || !fy_dtype_parse(fy_str_of(tensor->dtype), &dtype))
		return fy_error(diags, FY_USAGE, "input-tensor", NULL,
				"the tensor has no known element type");
	if (tensor->rank < 0 || tensor->rank > FY_MAX_RANK)
		return fy_error(diags, FY_USAGE, "input-tensor", NULL, "the tensor has %d dims",
				tensor->rank);
	for (int i = 0; i < tensor->rank; i++) {
		shape.dims[i] = tensor->dims[i];
		if (tensor->dims[i] < 0)
			return fy_error(diags, FY_USAGE, "input-tensor", NULL, "dim %d is negative", i);
	}
	if (!fy_shape_numel(&shape, &numel) || !fy_mul_i64(numel, (int64_t)fy_dtype_size(dtype), &bytes) ||
	    (uint64_t)bytes != tensor->bytes)
		return fy_error(diags, FY_USAGE, "input-tensor", NULL,
				"the tensor's bytes do not fit its shape");
	*out = fy_tensor_new(dtype, &shape, false);
	if (!*out)
		return fy_error(diags, FY_IO, "out-of-memory", NULL, "no memory for the tensor");
	if (bytes)
		memcpy(fy_tensor_write_data(*out), tensor->data, tensor->bytes);
	return FY_OK;
}

ferry_status ferry_model_input_tensor(ferry_model *model, const char *name, const ferry_tensor *tensor)
{
	ferry_session *session = model->session;
	fy_tensor *copy = NULL;
	fy_api_begin(session, "input");
	fy_status status = copy_tensor(&copy, tensor, &session->diags);
	if (status == FY_OK)
		add_spec(model, name ? fy_arena_printf(session->arena, "%s=", name) : "", copy);
	return fy_api_end(session, status);
}

/* ---- running ---- */

static fy_status execute(ferry_model *model, bool elsewhere, fy_inputs *inputs)
{
	ferry_session *session = model->session;
	fy_execute_options options = { .threads = session->options.threads,
				       .seed = session->options.seed,
				       .progress = &session->progress };
	if (elsewhere && model->inner->kind != FY_MODEL_ONNX) {
		fy_error(&session->diags, FY_USAGE, "runtime-program",
			 &(fy_place){ .file = model->inner->path }, "ONNX Runtime runs ONNX files only");
		fy_hint(&session->diags, "convert the model first");
		return FY_USAGE;
	}
	if (elsewhere)
		FY_TRY(fy_api_runtime(session, &options.ort));
	if (elsewhere && !options.ort) {
		fy_error(&session->diags, FY_USAGE, "onnxruntime-missing", NULL,
			 "ONNX Runtime was not found");
		fy_hint(&session->diags, "pip install onnxruntime, or name the library with --onnxruntime");
		return FY_USAGE;
	}
	FY_TRY(fy_inputs_bind(inputs, model->inner, model->specs, (int)model->spec_count, &session->diags));
	FY_TRY(fy_inputs_fill(inputs, model->inner->kind == FY_MODEL_ONNX ? model->inner->onnx.graph : NULL,
			      session->options.seed, &session->diags));
	return fy_model_execute(model->inner, inputs, &options, &model->outputs, &session->diags);
}

/* Public views of the results, which are made contiguous for it. */
static void view_outputs(ferry_model *model)
{
	fy_outputs *outputs = &model->outputs;
	model->output_views = fy_zalloc((size_t)(outputs->count + 1) * sizeof(*model->output_views));
	for (int i = 0; i < outputs->count; i++) {
		fy_tensor *plain = fy_tensor_contiguous(outputs->tensors[i]);
		if (!plain)
			fy_out_of_memory((size_t)fy_tensor_numel(outputs->tensors[i]));
		fy_tensor_unref(outputs->tensors[i]);
		outputs->tensors[i] = plain;
		const char *name = outputs->names[i];
		model->output_views[i] = (ferry_tensor){
			.name = name && *name ? name
					      : fy_arena_printf(model->session->arena, "OUTPUT__%d", i),
			.dtype = fy_dtype_name(plain->dtype),
			.rank = plain->shape.rank,
			.dims = plain->shape.dims,
			.data = fy_tensor_data(plain),
			.bytes = (size_t)fy_tensor_numel(plain) * fy_dtype_size(plain->dtype),
		};
	}
}

static void tell_outputs(ferry_model *model, bool elsewhere, double seconds)
{
	ferry_session *session = model->session;
	fy_work work = fy_api_work(session, NULL, NULL, 0, 0, 0);
	const char *how = model->inner->kind == FY_MODEL_PROGRAM ? "the original program"
			  : elsewhere                            ? "in ONNX Runtime"
								 : "in ferry's engine";
	fy_stage_tell(&work, (fy_stage){ .name = "run", .text = how, .seconds = seconds });
	for (int i = 0; i < model->outputs.count; i++) {
		fy_buf text = { 0 };
		fy_json *json = fy_json_object();
		fy_buf_put_clean(&text, model->output_views[i].name, strlen(model->output_views[i].name));
		fy_json_set(json, "name", fy_json_str(model->output_views[i].name));
		fy_buf_putc(&text, ' ');
		size_t type = text.len;
		fy_buf_put_tensor_type(&text, model->outputs.tensors[i]);
		fy_json_set(json, "type", fy_json_str(text.data + type));
		fy_stage_tell(&work,
			      (fy_stage){ .name = "output", .text = fy_buf_text(&text), .json = json });
		fy_buf_release(&text);
	}
}

ferry_status ferry_model_run(ferry_model *model, const ferry_run_options *options)
{
	bool elsewhere = options && options->onnxruntime;
	double start = fy_now();
	fy_inputs inputs = { 0 };
	drop_outputs(model);
	fy_api_begin(model->session, "run");
	fy_status status = execute(model, elsewhere, &inputs);
	fy_inputs_release(&inputs);
	if (status == FY_OK) {
		view_outputs(model);
		tell_outputs(model, elsewhere, fy_now() - start);
	}
	return fy_api_end(model->session, status);
}

int ferry_model_output_count(const ferry_model *model)
{
	return model->outputs.count;
}

const ferry_tensor *ferry_model_output(const ferry_model *model, int index)
{
	return index >= 0 && index < model->outputs.count ? &model->output_views[index] : NULL;
}

ferry_status ferry_model_save_outputs(ferry_model *model, const char *folder)
{
	ferry_session *session = model->session;
	fy_diags_clear(&session->diags);
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return (ferry_status)fy_error(&session->diags, FY_IO, "folder",
					      &(fy_place){ .file = fy_arena_strdup(session->arena, folder) },
					      "cannot make the folder: %s", strerror(errno));
	for (int i = 0; i < model->outputs.count; i++) {
		const char *path = fy_arena_printf(session->arena, "%s/output_%d.npy", folder, i);
		fy_status status = fy_npy_write(path, model->outputs.tensors[i], &session->diags);
		if (status != FY_OK)
			return (ferry_status)status;
	}
	return FERRY_OK;
}

/* ---- describing ---- */

ferry_status ferry_model_inspect(ferry_model *model)
{
	ferry_session *session = model->session;
	fy_description description;
	fy_api_begin(session, "inspect");
	fy_status status = fy_model_describe(&description, model->inner, &session->diags);
	if (status == FY_OK) {
		fy_buf_put_description(&session->text, &description, session->options.verbose);
		fy_json_set(session->json, "model", fy_description_json(&description));
		fy_description_release(&description);
	}
	return fy_api_end(session, status);
}
