/*
 * ferry ops: which operators are supported.
 */
#include "cli/cli.h"

static int run(int argc, char **argv)
{
	fy_common common = { .report_only = true };
	fy_list operands = { 0 };
	ferry_session *session;
	const fy_option options[] = { { 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL } };
	int code = fy_cli_read_options(&fy_command_ops, options, &common, &operands, 0, 1, argc, argv);
	if (code < 0)
		code = fy_cli_open_session(&session, &common);
	if (code >= 0)
		return code;
	return fy_cli_finish(session, &common, ferry_operators(session, operands.items[0]));
}

const fy_command fy_command_ops = { "ops", "[NAME]", "list the supported operators, or all schemas of one",
				    NULL,  run,      false };
