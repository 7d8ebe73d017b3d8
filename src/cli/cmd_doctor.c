/*
 * ferry doctor: what was found on this machine.
 */
#include "cli/cli.h"

static int run(int argc, char **argv)
{
	fy_common common = { .report_only = true };
	fy_list operands = { 0 };
	ferry_session *session;
	const fy_option options[] = { { 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL } };
	int code = fy_cli_read_options(&fy_command_doctor, options, &common, &operands, 0, 0, argc, argv);
	if (code < 0)
		code = fy_cli_open_session(&session, &common);
	if (code >= 0)
		return code;
	return fy_cli_finish(session, &common, ferry_doctor(session));
}

const fy_command fy_command_doctor = {
	"doctor", "", "say which libraries and runtimes were found, and where", NULL, run, false
};
