/*
 * Opens a model file of any kind and says in a line what it is. The kinds are told apart by their first
 * bytes, never by their names.
 */
#include "model/model.h"

#include <math.h>
#include <string.h>

static fy_status open_program(fy_model *model, const char *method, fy_diags *diags)
{
	FY_TRY(fy_program_bind(&model->program, model->arena, model->archive, fy_eval_is_builtin, diags));
	model->method = method ? method : "forward";
	if (fy_class_method(model->program->root, model->method))
		return FY_OK;
	if (!method)
		return FY_OK; /* can be looked at; running it will say that there is no forward */
	fy_error(diags, FY_USAGE, "method-missing", &(fy_place){ .file = model->path },
		 "the model has no method '%s'", method);
	fy_hint(diags, "`ferry inspect %s` lists its methods", model->path);
	return FY_USAGE;
}

static fy_status open_kind(fy_model *model, fy_file_kind kind, const fy_open_options *options,
			   fy_diags *diags)
{
	if (kind == FY_KIND_ONNX) {
		model->kind = FY_MODEL_ONNX;
		FY_TRY(fy_onnx_open(&model->onnx, model->arena, model->path, diags));
		model->size = model->onnx.file.size;
		return FY_OK;
	}
	FY_TRY(fy_archive_open(&model->archive, model->arena, model->path, options->max_unpacked, diags));
	model->size = model->archive->file.size;
	if (model->archive->kind == FY_KIND_TORCHSCRIPT) {
		model->kind = FY_MODEL_PROGRAM;
		return open_program(model, options->method, diags);
	}
	model->kind = FY_MODEL_CHECKPOINT;
	return FY_OK;
}

fy_status fy_model_open(fy_model **out, fy_arena *arena, const char *path, const fy_open_options *options,
			fy_diags *diags)
{
	const fy_open_options plain = { 0 };
	fy_file file;
	const char *kept = fy_arena_strdup(arena, path);
	FY_TRY(fy_file_open(&file, kept, diags));
	fy_file_kind kind = fy_sniff(&file);
	fy_file_close(&file);
	fy_model *model = FY_NEW(arena, fy_model);
	options = options ? options : &plain;
	*model = (fy_model){ .path = kept, .called = kept, .arena = arena, .limits = options->limits };
	fy_status status = open_kind(model, kind, options, diags);
	if (status != FY_OK) {
		fy_model_close(model);
		return status;
	}
	*out = model;
	return FY_OK;
}

void fy_model_close(fy_model *model)
{
	if (!model)
		return;
	if (model->kind == FY_MODEL_ONNX)
		fy_onnx_close(&model->onnx);
	fy_archive_close(model->archive);
	model->archive = NULL;
}

/* ---- what it is ---- */

static void count_tensor(fy_model_weights *weights, const fy_tensor *tensor)
{
	int64_t elements = fy_tensor_numel(tensor), bytes;
	if (elements < 0 || !fy_mul_i64(elements, (int64_t)fy_dtype_size(tensor->dtype), &bytes))
		return;
	weights->tensors++;
	weights->elements += elements;
	weights->bytes += bytes;
}

fy_model_weights fy_model_count_weights(const fy_model *model)
{
	fy_model_weights weights = { 0 };
	if (model->kind == FY_MODEL_ONNX) {
		for (int i = 0; i < model->onnx.graph->constant_count; i++)
			count_tensor(&weights, model->onnx.graph->constants[i]->tensor);
		return weights;
	}
	const fy_pvalue *roots[] = { model->archive->root, model->archive->constants.root };
	for (size_t r = 0; r < FY_COUNT(roots); r++) {
		fy_named_tensor *tensors;
		size_t count = 0;
		if (roots[r])
			fy_archive_tensors(model->archive, roots[r], &tensors, &count);
		for (size_t i = 0; i < count; i++)
			count_tensor(&weights, tensors[i].tensor);
	}
	return weights;
}

static void put_three_digits(fy_buf *out, double value)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	fy_buf_printf(out, "%.*f", decimals, value);
}

void fy_buf_put_count(fy_buf *out, double count)
{
	static const char *const units[] = { "", " k", " M", " G", " T" };
	size_t unit = 0;
	while (count >= 999.5 && unit + 1 < FY_COUNT(units)) {
		count /= 1000;
		unit++;
	}
	if (unit == 0)
		fy_buf_printf(out, "%.0f", count);
	else
		put_three_digits(out, count);
	fy_buf_puts(out, units[unit]);
}

void fy_buf_put_bytes(fy_buf *out, uint64_t bytes)
{
	static const char *const units[] = { " bytes", " kB", " MB", " GB", " TB" };
	size_t unit = 0;
	double amount = (double)bytes;
	while (amount >= 999.5 && unit + 1 < FY_COUNT(units)) {
		amount /= 1000;
		unit++;
	}
	if (unit == 0)
		fy_buf_printf(out, "%.0f", amount);
	else
		put_three_digits(out, amount);
	fy_buf_puts(out, units[unit]);
}

void fy_model_put_summary(const fy_model *model, fy_buf *out)
{
	fy_model_weights weights = fy_model_count_weights(model);
	if (model->kind == FY_MODEL_ONNX)
		fy_buf_printf(out, "ONNX model, opset %d, ", model->onnx.graph->opset);
	else if (model->kind == FY_MODEL_PROGRAM)
		fy_buf_printf(out, "TorchScript, archive version %d, ", model->archive->version);
	else
		fy_buf_printf(out, "%s, ", fy_sniff_name(model->archive->kind));
	fy_buf_put_count(out, (double)weights.elements);
	fy_buf_puts(out, " parameters, ");
	fy_buf_put_bytes(out, model->size);
}
