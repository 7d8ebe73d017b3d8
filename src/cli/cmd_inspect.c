/*
 * ferry inspect: what is in a file.
 */
#include "cli/cli.h"

static int run(int argc, char **argv)
{
	fy_common common = { .report_only = true };
	fy_list operands = { 0 };
	const char *method = NULL;
	ferry_session *session;
	ferry_model *model;
	const fy_option options[] = {
		{ 0, "method", FY_OPTION_TEXT, &method, "NAME", "whose inputs to show (forward)" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	int code = fy_cli_read_options(&fy_command_inspect, options, &common, &operands, 1, 1, argc, argv);
	if (code < 0)
		code = fy_cli_open_session(&session, &common);
	if (code >= 0)
		return code;
	ferry_status status = ferry_model_open(&model, session, operands.items[0], method);
	if (status == FERRY_OK)
		status = ferry_model_inspect(model);
	return fy_cli_finish(session, &common, status);
}

const fy_command fy_command_inspect = { "inspect",
					"FILE",
					"show modules, parameters, code, inputs and operators of a model",
					"FILE is a TorchScript archive, a checkpoint or an ONNX model. "
					"Nothing in it is run. Operators that ferry does not\n"
					"support are marked; they are no error here.\n",
					run,
					true };
