/*
 * ferry help: the commands, or one of them.
 */
#include "cli/cli.h"

#include <string.h>

static int run(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-') {
		for (int i = 0; fy_commands[i]; i++) {
			char *help[] = { argv[1], (char[]){ "--help" }, NULL };
			if (!strcmp(fy_commands[i]->name, argv[1]) && fy_commands[i] != &fy_command_help)
				return fy_commands[i]->run(2, help);
		}
		return fy_cli_usage_error(NULL, "there is no command '%s'", argv[1]);
	}
	printf("ferry %s: TorchScript to ONNX, with proof\n\n", FERRY_VERSION);
	for (int i = 0; fy_commands[i]; i++)
		printf("  ferry %-8s %-20s %s\n", fy_commands[i]->name, fy_commands[i]->arguments,
		       fy_commands[i]->summary);
	printf("\nferry COMMAND --help says more. Exit codes: 0 ok, 1 a check failed, 2 usage or wrong "
	       "input, 3 malformed\n"
	       "model, 4 unsupported, 5 input/output or memory, 130 interrupted.\n");
	return FERRY_OK;
}

const fy_command fy_command_help = { "help", "[COMMAND]", "say what there is", NULL, run, false };
