/*
 * ferry convert: a model becomes ONNX, and proves to be the same.
 */
#include "cli/cli.h"

#include "cli/bounds.h"

#include <limits.h>
#include <string.h>

typedef struct arguments {
	fy_common common;
	fy_list operands, inputs, input_names, output_names, keep, verify_inputs;
	const char *out, *opset, *golden, *bound, *method, *weights, *until, *dump;
	bool no_verify, fuse;
} arguments;

static int read_rows(arguments *a, int argc, char **argv)
{
	const fy_option options[] = {
		{ 'o', "output", FY_OPTION_TEXT, &a->out, "OUT", "file to write (MODEL with .onnx)" },
		{ 0, "opset", FY_OPTION_TEXT, &a->opset, "N|auto",
		  "ONNX opset, 9 to 28 (auto: the smallest that fits)" },
		{ 'i', "input", FY_OPTION_LIST, &a->inputs, "SPEC",
		  "one input, in order; NAME=SPEC addresses one" },
		{ 0, "input-name", FY_OPTION_LIST, &a->input_names, "NAME",
		  "names of the inputs (INPUT__0, ...)" },
		{ 0, "output-name", FY_OPTION_LIST, &a->output_names, "NAME",
		  "names of the outputs (OUTPUT__0, ...)" },
		{ 0, "keep-output", FY_OPTION_LIST, &a->keep, "I",
		  "keep output I only; repeat for more (all)" },
		{ 0, "method", FY_OPTION_TEXT, &a->method, "NAME", "method of the program (forward)" },
		{ 0, "weights", FY_OPTION_TEXT, &a->weights, "FORM",
		  "where weights are: inline, external, link (inline below 2 GB)" },
		{ 0, "fuse", FY_OPTION_FLAG, &a->fuse, NULL, "fold batch normalization into convolutions" },
		{ 0, "no-verify", FY_OPTION_FLAG, &a->no_verify, NULL,
		  "do not run the model to compare results" },
		{ 0, "verify-input", FY_OPTION_LIST, &a->verify_inputs, "SPEC",
		  "a smaller input to compare with" },
		{ 0, "golden", FY_OPTION_TEXT, &a->golden, "DIR", "inputs and outputs saved from PyTorch" },
		{ 0, "bound", FY_OPTION_TEXT, &a->bound, "MEAN[,RTOL,ATOL]",
		  "what counts as equal (1e-3,1e-3,1e-4)" },
		{ 0, "until", FY_OPTION_TEXT, &a->until, "PASS",
		  "stop after this pass, print the graph, write nothing" },
		{ 0, "dump", FY_OPTION_TEXT, &a->dump, "PASS",
		  "print the graph after this pass, or after all" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	return fy_cli_read_options(&fy_command_convert, options, &a->common, &a->operands, 1, 1, argc, argv);
}

static bool read_weights(const char *text, ferry_weights *out)
{
	static const char *const names[] = { "auto", "inline", "external", "link" };
	for (int i = 0; i < 4; i++)
		if (!strcmp(text, names[i])) {
			*out = (ferry_weights)i;
			return true;
		}
	return false;
}

static int check_arguments(const arguments *a, ferry_convert_options *o, int *keep)
{
	int64_t opset = 0;
	if (a->opset && strcmp(a->opset, "auto") &&
	    (!fy_cli_read_number(a->opset, &opset) || opset < 1 || opset > INT_MAX))
		return fy_cli_usage_error(&fy_command_convert, "--opset is a number or auto, not '%s'",
					  a->opset);
	if (a->weights && !read_weights(a->weights, &o->weights))
		return fy_cli_usage_error(&fy_command_convert,
					  "--weights is inline, external, link or auto, not '%s'",
					  a->weights);
	if (!fy_cli_read_bounds(a->bound, &o->bound_mean, &o->bound_rtol, &o->bound_atol))
		return fy_cli_usage_error(&fy_command_convert, "--bound cannot take '%s'", a->bound);
	if (!fy_cli_read_indices(&a->keep, keep))
		return fy_cli_usage_error(&fy_command_convert, "--keep-output takes the number of an output");
	o->opset = (int)opset;
	o->fuse = a->fuse;
	o->input_names = a->input_names.items;
	o->output_names = a->output_names.items;
	o->keep_outputs = keep;
	o->keep_output_count = a->keep.count;
	o->no_verify = a->no_verify;
	o->verify_inputs = a->verify_inputs.items;
	o->golden = a->golden;
	o->until = a->until;
	o->dump = a->dump;
	return -1;
}

/* MODEL with its last extension replaced. False: too long. */
static bool default_output(char *out, size_t size, const char *model)
{
	const char *slash = strrchr(model, '/');
	const char *dot = strrchr(slash ? slash + 1 : model, '.');
	size_t stem = dot && dot != (slash ? slash + 1 : model) ? (size_t)(dot - model) : strlen(model);
	int written = snprintf(out, size, "%.*s.onnx", (int)stem, model);
	return written > 0 && (size_t)written < size;
}

static ferry_status work(ferry_session *session, const arguments *a, const char *out,
			 const ferry_convert_options *options)
{
	ferry_model *model;
	ferry_status status = ferry_model_open(&model, session, a->operands.items[0], a->method);
	for (int i = 0; status == FERRY_OK && i < a->inputs.count; i++)
		status = ferry_model_input(model, a->inputs.items[i]);
	return status == FERRY_OK ? ferry_model_convert(model, out, options) : status;
}

static int run(int argc, char **argv)
{
	arguments a = { 0 };
	ferry_convert_options options = FERRY_CONVERT_OPTIONS;
	int keep[FY_LIST_LIMIT];
	char made[PATH_MAX];
	ferry_session *session;
	int code = read_rows(&a, argc, argv);
	if (code < 0)
		code = check_arguments(&a, &options, keep);
	if (code >= 0)
		return code;
	if (!a.out && !default_output(made, sizeof(made), a.operands.items[0]))
		return fy_cli_usage_error(&fy_command_convert, "the path is too long");
	a.common.report_only = a.until || a.dump;
	code = fy_cli_open_session(&session, &a.common);
	if (code >= 0)
		return code;
	ferry_status status = work(session, &a, a.out ? a.out : made, &options);
	return fy_cli_finish(session, &a.common, status);
}

const fy_command fy_command_convert = { "convert",
					"MODEL [-o OUT]",
					"convert a TorchScript model to ONNX and prove the result",
					"OUT appears, or replaces an older file, only when every check held; "
					"after a failed one the new file is kept as\n"
					"OUT.rejected. SPEC is 1x3x224x224, int64[1,128], @file.npy, 5, 1.5, "
					"true, none or 'text'. Without --input the\n"
					"shapes that the archive remembers are taken.\n"
					"Weights are in OUT (inline), in one file OUT.HASH.data beside it "
					"(external), or stay in MODEL, which OUT then\n"
					"refers to and has to lie beside (link).\n",
					run,
					true };
