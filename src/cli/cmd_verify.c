/*
 * ferry verify: does an ONNX file give the results of a model?
 */
#include "cli/cli.h"

#include "cli/bounds.h"

typedef struct arguments {
	fy_common common;
	fy_list operands, inputs, keep;
	const char *golden, *bound, *method;
} arguments;

static int read_arguments(arguments *a, ferry_verify_options *o, int *keep, int argc, char **argv)
{
	const fy_option options[] = {
		{ 'i', "input", FY_OPTION_LIST, &a->inputs, "SPEC",
		  "one input, in order; NAME=SPEC addresses one" },
		{ 0, "golden", FY_OPTION_TEXT, &a->golden, "DIR", "inputs and outputs saved from PyTorch" },
		{ 0, "bound", FY_OPTION_TEXT, &a->bound, "MEAN[,RTOL,ATOL]",
		  "what counts as equal (1e-3,1e-3,1e-4)" },
		{ 0, "keep-output", FY_OPTION_LIST, &a->keep, "I",
		  "output of A that B has; repeat for more (all)" },
		{ 0, "method", FY_OPTION_TEXT, &a->method, "NAME", "method of the program (forward)" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	int code =
		fy_cli_read_options(&fy_command_verify, options, &a->common, &a->operands, 2, 2, argc, argv);
	if (code < 0 && !fy_cli_read_bounds(a->bound, &o->bound_mean, &o->bound_rtol, &o->bound_atol))
		return fy_cli_usage_error(&fy_command_verify, "--bound cannot take '%s'", a->bound);
	if (code < 0 && !fy_cli_read_indices(&a->keep, keep))
		return fy_cli_usage_error(&fy_command_verify, "--keep-output takes the number of an output");
	o->golden = a->golden;
	o->keep_outputs = keep;
	o->keep_output_count = a->keep.count;
	return code;
}

static ferry_status work(ferry_session *session, const arguments *a, const ferry_verify_options *options)
{
	ferry_model *reference, *file;
	ferry_status status = ferry_model_open(&reference, session, a->operands.items[0], a->method);
	if (status == FERRY_OK)
		status = ferry_model_open(&file, session, a->operands.items[1], NULL);
	for (int i = 0; status == FERRY_OK && i < a->inputs.count; i++)
		status = ferry_model_input(reference, a->inputs.items[i]);
	return status == FERRY_OK ? ferry_model_verify(reference, file, options) : status;
}

static int run(int argc, char **argv)
{
	arguments a = { 0 };
	ferry_verify_options options = FERRY_VERIFY_OPTIONS;
	int keep[FY_LIST_LIMIT];
	ferry_session *session;
	int code = read_arguments(&a, &options, keep, argc, argv);
	if (code < 0)
		code = fy_cli_open_session(&session, &a.common);
	if (code >= 0)
		return code;
	return fy_cli_finish(session, &a.common, work(session, &a, &options));
}

const fy_command fy_command_verify = { "verify",
				       "A B",
				       "prove that the ONNX file B gives the results of A",
				       "A is a TorchScript archive, whose original program is run, or an "
				       "ONNX model. The evidence is called independent\n"
				       "(against results saved from PyTorch), crossed (the program against "
				       "ONNX Runtime on the file) or self (against\n"
				       "ferry's own engine); self alone is a self-check, never ok. DIR holds "
				       "input_0.npy, ... and output_0.npy, ...\n",
				       run,
				       true };
