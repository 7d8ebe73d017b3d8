/*
 * Models of a session: opened, given inputs, run, described; and their results.
 */
#include "api/api_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct open_call {
	ferry_session *session;
	ferry_model *model;
	const char *path, *method;
} open_call;

static fy_status do_open(void *context)
{
	open_call *c = context;
	ferry_session *session = c->session;
	if (!c->model)
		fy_out_of_memory();
	const ferry_session_options *o = &session->options;
	fy_open_options options = {
		.method = c->method ? fy_arena_strdup(session->arena, c->method) : NULL,
		.limits = { .steps = o->max_steps,
			    .nodes = o->max_nodes,
			    .unrolled = o->max_unroll,
			    .items = o->max_items },
		.max_unpacked = o->max_unpacked > 0 ? (uint64_t)o->max_unpacked : 0,
	};
	fy_api_begin(session, "open");
	fy_status status =
		fy_model_open(&c->model->inner, session->arena, c->path, &options, &session->diags);
	return fy_api_end(session, status);
}

/* The handle lives even where the rest of the session is gone. */
ferry_status ferry_model_open(ferry_model **out, ferry_session *session, const char *path, const char *method)
{
	ferry_model *model = fy_try_alloc_lasting(sizeof(*model));
	open_call c = { session, model, path, method };
	ferry_status status = fy_api_call(session, do_open, &c);
	*out = NULL;
	if (status != FERRY_OK) {
		fy_free(model);
		return status;
	}
	model->session = session;
	model->next = session->models;
	session->models = model;
	*out = model;
	return FERRY_OK;
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

typedef struct input_call {
	ferry_model *model;
	const char *text; /* the specification, or the name of the tensor */
	const ferry_tensor *tensor;
} input_call;

static void add_spec(ferry_model *model, const char *text, fy_tensor *tensor)
{
	model->specs =
		fy_grow(model->specs, &model->spec_capacity, model->spec_count + 1, sizeof(*model->specs));
	model->specs[model->spec_count++] =
		(fy_input_spec){ fy_arena_strdup(model->session->arena, text), tensor };
}

static fy_status do_input(void *context)
{
	const input_call *c = context;
	add_spec(c->model, c->text, NULL);
	return FY_OK;
}

ferry_status ferry_model_input(ferry_model *model, const char *spec)
{
	return fy_api_call(model->session, do_input, &(input_call){ model, spec, NULL });
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

static fy_status do_input_tensor(void *context)
{
	const input_call *c = context;
	ferry_session *session = c->model->session;
	fy_tensor *copy = NULL;
	fy_api_begin(session, "input");
	fy_status status = copy_tensor(&copy, c->tensor, &session->diags);
	if (status == FY_OK)
		add_spec(c->model, c->text ? fy_arena_printf(session->arena, "%s=", c->text) : "", copy);
	return fy_api_end(session, status);
}

ferry_status ferry_model_input_tensor(ferry_model *model, const char *name, const ferry_tensor *tensor)
{
	return fy_api_call(model->session, do_input_tensor, &(input_call){ model, name, tensor });
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
			fy_out_of_memory();
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

typedef struct run_call {
	ferry_model *model;
	const ferry_run_options *options;
} run_call;

static fy_status do_run(void *context)
{
	const run_call *c = context;
	ferry_model *model = c->model;
	bool elsewhere = c->options && c->options->onnxruntime;
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

ferry_status ferry_model_run(ferry_model *model, const ferry_run_options *options)
{
	return fy_api_call(model->session, do_run, &(run_call){ model, options });
}

int ferry_model_output_count(const ferry_model *model)
{
	return model->outputs.count;
}

const ferry_tensor *ferry_model_output(const ferry_model *model, int index)
{
	return index >= 0 && index < model->outputs.count ? &model->output_views[index] : NULL;
}

typedef struct save_call {
	ferry_model *model;
	const char *folder;
} save_call;

static fy_status do_save_outputs(void *context)
{
	const save_call *c = context;
	ferry_session *session = c->model->session;
	const char *folder = fy_arena_strdup(session->arena, c->folder);
	fy_diags_clear(&session->diags);
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return fy_error(&session->diags, FY_IO, "folder", &(fy_place){ .file = folder },
				"cannot make the folder: %s", strerror(errno));
	for (int i = 0; i < c->model->outputs.count; i++) {
		const char *path = fy_arena_printf(session->arena, "%s/output_%d.npy", folder, i);
		FY_TRY(fy_npy_write(path, c->model->outputs.tensors[i], &session->diags));
	}
	return FY_OK;
}

ferry_status ferry_model_save_outputs(ferry_model *model, const char *folder)
{
	return fy_api_call(model->session, do_save_outputs, &(save_call){ model, folder });
}

/* ---- describing ---- */

static fy_status do_inspect(void *context)
{
	ferry_model *model = context;
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

ferry_status ferry_model_inspect(ferry_model *model)
{
	return fy_api_call(model->session, do_inspect, model);
}
