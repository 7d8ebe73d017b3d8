/*
 * ferry run: results of a model as .npy files.
 */
#include "cli/cli.h"

#include <string.h>

typedef struct arguments {
	fy_common common;
	fy_list operands, inputs;
	const char *folder, *runtime, *method;
} arguments;

static int read_arguments(arguments *a, int argc, char **argv)
{
	const fy_option options[] = {
		{ 'i', "input", FY_OPTION_LIST, &a->inputs, "SPEC",
		  "one input, in order; NAME=SPEC addresses one" },
		{ 'o', "output-dir", FY_OPTION_TEXT, &a->folder, "DIR",
		  "where to write output_0.npy, ... (here)" },
		{ 0, "runtime", FY_OPTION_TEXT, &a->runtime, "NAME",
		  "ferry or onnxruntime: what runs an ONNX file (ferry)" },
		{ 0, "method", FY_OPTION_TEXT, &a->method, "NAME", "method of the program (forward)" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	int code = fy_cli_read_options(&fy_command_run, options, &a->common, &a->operands, 1, 1, argc, argv);
	if (code < 0 && a->runtime && strcmp(a->runtime, "ferry") && strcmp(a->runtime, "onnxruntime"))
		return fy_cli_usage_error(&fy_command_run, "--runtime is ferry or onnxruntime, not '%s'",
					  a->runtime);
	return code;
}

static ferry_status work(ferry_session *session, const arguments *a)
{
	ferry_run_options options = FERRY_RUN_OPTIONS;
	ferry_model *model;
	ferry_status status = ferry_model_open(&model, session, a->operands.items[0], a->method);
	for (int i = 0; status == FERRY_OK && i < a->inputs.count; i++)
		status = ferry_model_input(model, a->inputs.items[i]);
	options.onnxruntime = a->runtime && !strcmp(a->runtime, "onnxruntime");
	if (status == FERRY_OK)
		status = ferry_model_run(model, &options);
	if (status == FERRY_OK)
		status = ferry_model_save_outputs(model, a->folder ? a->folder : ".");
	return status;
}

static int run(int argc, char **argv)
{
	arguments a = { 0 };
	ferry_session *session;
	int code = read_arguments(&a, argc, argv);
	if (code < 0)
		code = fy_cli_open_session(&session, &a.common);
	if (code >= 0)
		return code;
	return fy_cli_finish(session, &a.common, work(session, &a));
}

const fy_command fy_command_run = {
	"run",
	"MODEL",
	"run a model and write its outputs as .npy files",
	"MODEL is a TorchScript archive, whose original program is run, or an ONNX model. The files are "
	"output_0.npy,\n"
	"output_1.npy, ... SPEC is "
	"1x3x224x224,\n"
	"int64[1,128], @file.npy, 5, 1.5, true, none or 'text'; tensors without data get seeded values.\n",
	run,
	true
};
