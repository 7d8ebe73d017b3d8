/*
 * ferry version.
 */
#include "cli/cli.h"

static int run(int argc, char **argv)
{
	fy_common common = { 0 };
	fy_list operands = { 0 };
	const fy_option options[] = { { 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL } };
	int code = fy_cli_read_options(&fy_command_version, options, &common, &operands, 0, 0, argc, argv);
	if (code >= 0)
		return code;
	if (common.json)
		printf("{\n  \"schema\": %d,\n  \"ferry\": \"%s\",\n  \"command\": \"version\",\n  "
		       "\"status\": 0\n}\n",
		       FERRY_JSON_SCHEMA, FERRY_VERSION);
	else
		printf("ferry %s\n", FERRY_VERSION);
	return FERRY_OK;
}

const fy_command fy_command_version = { "version", "", "print the version", NULL, run, false };
