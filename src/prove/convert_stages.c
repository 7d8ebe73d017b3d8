/*
 * A conversion from the first stage to the last: capture, write, read back, check, commit. Nothing bears the
 * asked name before all checks held.
 */
#include "prove/prove_internal.h"

#include <string.h>
#include <sys/stat.h>

/* Announce what verification costs from this many operations on: some seconds of work. */
#define COSTLY 4e11

typedef struct job {
	const fy_model *model;
	const char *path;
	const fy_convert_request *request;
	const fy_work *work;
	fy_diags *diags;
	fy_golden golden;
	fy_inputs inputs;
	fy_conversion conversion;
	fy_written written;
	fy_model *file; /* what was written, read back */
} job;

/* ---- stages before there is a file ---- */

static fy_status find_golden(job *j)
{
	if (j->request->no_verify)
		return FY_OK;
	if (j->work->golden)
		return fy_golden_read(&j->golden, j->work->golden, j->model->arena, j->diags);
	return fy_golden_of_archive(&j->golden, j->model, j->diags);
}

/* Saved results bring their inputs along, unless others were given. */
static fy_status bind_inputs(job *j)
{
	const fy_convert_request *r = j->request;
	if (r->spec_count == 0 && j->golden.input_count > 0)
		return fy_inputs_bind(&j->inputs, j->model, fy_golden_specs(&j->golden, j->model->arena),
				      j->golden.input_count, j->diags);
	if (r->spec_count > 0 && !j->work->golden)
		fy_golden_release(&j->golden);
	FY_TRY(fy_inputs_bind(&j->inputs, j->model, r->specs, r->spec_count, j->diags));
	return fy_golden_fill(&j->golden, &j->inputs, j->diags);
}

static void put_values(fy_buf *out, fy_value *const *values, const char *const *names, int count)
{
	enum { SHOWN = 3 };
	for (int i = 0; i < count && i < SHOWN; i++) {
		const fy_type *type = values[i]->type;
		fy_buf_printf(out, "%s%s %s", i ? ", " : "", names ? names[i] : values[i]->name,
			      fy_dtype_name(type->dtype));
		if (type->has_shape)
			fy_buf_put_shape(out, &type->shape);
	}
	if (count > SHOWN)
		fy_buf_printf(out, ", %d more", count - SHOWN);
	if (count == 0)
		fy_buf_puts(out, "nothing");
}

static void tell_capture(const job *j)
{
	fy_buf text = { 0 };
	const fy_block *main = j->conversion.graph->main;
	fy_json *json = fy_json_object();
	put_values(&text, main->params, NULL, main->param_count);
	fy_buf_puts(&text, " -> ");
	put_values(&text, main->results, j->conversion.graph->output_names, main->result_count);
	fy_buf_printf(&text, "   %d node%s", j->conversion.captured_nodes,
		      j->conversion.captured_nodes == 1 ? "" : "s");
	fy_json_set(json, "nodes", fy_json_int(j->conversion.captured_nodes));
	fy_stage_tell(j->work, (fy_stage){ .name = "capture",
					   .text = fy_buf_text(&text),
					   .seconds = j->conversion.capture_seconds,
					   .json = json });
	fy_buf_release(&text);
}

static fy_status lower(job *j)
{
	fy_convert_options options = j->request->convert;
	const char *until = options.lower.until;
	options.lower.dumped = j->request->graph_text;
	FY_TRY(fy_conversion_lower(&j->conversion, j->model, &options, j->diags));
	if (until && !options.lower.dump)
		fy_graph_print(j->conversion.graph, j->request->graph_text);
	return FY_OK;
}

/* ---- the file ---- */

static fy_write_request write_request(const job *j)
{
	return (fy_write_request){ .model = j->model,
				   .conversion = &j->conversion,
				   .path = j->path,
				   .form = j->request->weights,
				   .producer_version = j->request->producer_version,
				   .progress = j->work->progress };
}

static const char *form_name(fy_weights_form form)
{
	return form == FY_WEIGHTS_EXTERNAL ? "external" : form == FY_WEIGHTS_LINK ? "link" : "inline";
}

/* Where the weights are, when not in the file. */
static void put_weights_place(fy_buf *out, const fy_written *w)
{
	if (w->location) {
		fy_buf_puts(out, "; weights in ");
		fy_buf_put_clean(out, w->location, strlen(w->location));
	}
	if (w->data_size) {
		fy_buf_puts(out, ", ");
		fy_buf_put_bytes(out, w->data_size);
	}
	if (w->too_large)
		fy_buf_puts(out, ": too large for one file");
	if (w->form == FY_WEIGHTS_LINK && w->inside)
		fy_buf_printf(out, "%s %d of %d tensor%s inline", w->location ? "," : ";", w->inside,
			      w->constants, w->constants == 1 ? "" : "s");
}

static fy_json *write_json(const job *j)
{
	const fy_lower_report *report = &j->conversion.report;
	const fy_written *w = &j->written;
	fy_json *json = fy_json_object();
	fy_json_set(json, "file", fy_json_str(j->path));
	fy_json_set(json, "opset", fy_json_int(report->opset));
	fy_json_set(json, "ir_version", fy_json_int(report->ir_version));
	fy_json_set(json, "raised_by", fy_json_str(report->raised_by));
	fy_json_set(json, "bytes", fy_json_int((int64_t)w->size));
	fy_json_set(json, "nodes", fy_json_int(j->conversion.written_nodes));
	fy_json_set(json, "weights", fy_json_str(form_name(w->form)));
	fy_json_set(json, "weights_file", fy_json_str(w->location));
	fy_json_set(json, "weights_bytes", fy_json_int((int64_t)w->data_size));
	fy_json_set(json, "tensors", fy_json_int(w->constants));
	fy_json_set(json, "tensors_inline", fy_json_int(w->inside));
	return json;
}

static void tell_write(const job *j, double seconds)
{
	fy_buf text = { 0 };
	const fy_lower_report *report = &j->conversion.report;
	const char *slash = strrchr(j->path, '/');
	const char *name = slash ? slash + 1 : j->path;
	fy_buf_put_clean(&text, name, strlen(name));
	fy_buf_printf(&text, "  opset %d, ", report->opset);
	fy_buf_put_bytes(&text, j->written.size);
	fy_buf_printf(&text, ", %d node%s", j->conversion.written_nodes,
		      j->conversion.written_nodes == 1 ? "" : "s");
	put_weights_place(&text, &j->written);
	if (report->raised_by)
		fy_buf_printf(&text, "  (opset raised by %s)", report->raised_by);
	fy_stage_tell(j->work, (fy_stage){ .name = "write",
					   .text = fy_buf_text(&text),
					   .seconds = seconds,
					   .json = write_json(j) });
	fy_buf_release(&text);
}

static void tell_cost(const job *j)
{
	fy_buf text = { 0 };
	double operations = fy_graph_operations(j->conversion.graph);
	if (operations < COSTLY || j->request->verify_spec_count)
		return;
	fy_buf_put_count(&text, operations);
	fy_buf_puts(&text, " operations a run; --verify-input SPEC takes a smaller input, --no-verify none");
	fy_stage_tell(j->work, (fy_stage){ .name = "cost", .text = fy_buf_text(&text) });
	fy_buf_release(&text);
}

static fy_verify_options verify_options(const job *j)
{
	return (fy_verify_options){ .convert = &j->request->convert,
				    .long_is_weak = true,
				    .golden = &j->golden };
}

/* Proves another conversion of the same program, made for smaller inputs: the file itself takes only its own.
 */
static fy_status prove_smaller(job *j)
{
	const fy_convert_request *r = j->request;
	fy_verify_options options = { .convert = &r->convert,
				      .long_is_weak = true,
				      .file_called = "a conversion for the smaller input" };
	fy_convert_options convert = r->convert;
	fy_conversion small = { 0 };
	fy_inputs inputs = { 0 };
	fy_written written = { 0 };
	fy_write_request request = write_request(j);
	fy_model *file = NULL;
	convert.lower.opset = j->conversion.report.opset;
	request.conversion = &small;
	request.form = j->written.form;
	request.there = j->written.location;
	fy_status status = fy_inputs_bind(&inputs, j->model, r->verify_specs, r->verify_spec_count, j->diags);
	if (status == FY_OK)
		status = fy_model_capture(&small, j->model, &inputs, &convert, j->diags);
	if (status == FY_OK)
		status = fy_conversion_lower(&small, j->model, &convert, j->diags);
	if (status == FY_OK)
		status = fy_written_make(&written, &request, j->diags);
	if (status == FY_OK)
		status = fy_model_open(&file, j->model->arena, written.temporary, NULL, j->diags);
	if (status == FY_OK)
		status = fy_stage_inference(j->work, j->model, file, &inputs, &options, j->diags);
	fy_model_close(file);
	fy_written_abort(&written);
	fy_conversion_release(&small);
	fy_inputs_release(&inputs);
	return status;
}

static fy_status prove_file(job *j)
{
	fy_verify_options options = verify_options(j);
	FY_TRY(fy_stage_graph(j->work, j->file, j->diags));
	FY_TRY(fy_stage_weights(j->work, j->model, j->file, &j->conversion, &j->written, j->diags));
	if (j->request->no_verify)
		return FY_OK;
	tell_cost(j);
	if (j->request->verify_spec_count)
		return prove_smaller(j);
	return fy_stage_inference(j->work, j->model, j->file, &j->inputs, &options, j->diags);
}

/* Gives the file its name, or the name of a rejected one when a check found something against it. Work that
 * ended for another reason proved nothing and leaves nothing. */
static fy_status settle(job *j, fy_status proved)
{
	if (proved == FY_OK)
		return fy_written_commit(&j->written, NULL);
	if (proved != FY_CHECK_FAILED) {
		fy_written_abort(&j->written);
		return proved;
	}
	const char *rejected = fy_arena_printf(j->model->arena, "%s.rejected", j->path);
	FY_TRY(fy_written_commit(&j->written, rejected));
	fy_hint(j->diags, "what was written is kept as '%s'", rejected);
	return proved;
}

static fy_status write_and_prove(job *j)
{
	fy_write_request request = write_request(j);
	double start = fy_now();
	FY_TRY(fy_written_make(&j->written, &request, j->diags));
	tell_write(j, fy_now() - start + j->conversion.lower_seconds);
	fy_status status = fy_model_open(&j->file, j->model->arena, j->written.temporary, NULL, j->diags);
	if (status == FY_OK) {
		j->file->called = j->path;
		status = prove_file(j);
	}
	fy_model_close(j->file);
	return settle(j, status);
}

static fy_status run_job(job *j)
{
	FY_TRY(find_golden(j));
	FY_TRY(bind_inputs(j));
	fy_stage_model(j->work, j->model);
	FY_TRY(fy_model_capture(&j->conversion, j->model, &j->inputs, &j->request->convert, j->diags));
	tell_capture(j);
	FY_TRY(lower(j));
	if (j->request->convert.lower.until)
		return fy_conversion_check_weights(&j->conversion, j->model, j->work->progress, j->diags);
	return write_and_prove(j);
}

fy_status fy_convert_file(const fy_model *model, const char *path, const fy_convert_request *request,
			  const fy_work *work, fy_diags *diags)
{
	struct stat there;
	job j = { .model = model,
		  .path = fy_arena_strdup(model->arena, path),
		  .request = request,
		  .work = work,
		  .diags = diags };
	if (model->kind == FY_MODEL_ONNX)
		return fy_error(diags, FY_USAGE, "already-onnx", &(fy_place){ .file = model->path },
				"this is an ONNX model already");
	if (stat(path, &there) == 0 && there.st_dev == model->archive->file.device &&
	    there.st_ino == model->archive->file.inode)
		return fy_error(diags, FY_USAGE, "output-is-model", &(fy_place){ .file = model->path },
				"the output would replace the model itself");
	if (request->weights == FY_WEIGHTS_LINK && !request->convert.lower.until)
		FY_TRY(fy_written_check_link(model, path, diags));
	fy_status status = run_job(&j);
	fy_golden_release(&j.golden);
	fy_inputs_release(&j.inputs);
	fy_conversion_release(&j.conversion);
	return status;
}
