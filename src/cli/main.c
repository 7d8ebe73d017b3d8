/*
 * Finds the command and runs it.
 */
#include "cli/cli.h"

#include <string.h>

const fy_command *const fy_commands[] = {
	&fy_command_convert, &fy_command_run,  &fy_command_verify,
	&fy_command_inspect, &fy_command_ops,  &fy_command_doctor,
	&fy_command_version, &fy_command_help, NULL,
};

static const fy_command *find_command(const char *name)
{
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		return &fy_command_version;
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return &fy_command_help;
	for (int i = 0; fy_commands[i]; i++)
		if (!strcmp(fy_commands[i]->name, name))
			return fy_commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	fy_cli_catch_signals();
	if (argc < 2) {
		char *help[] = { (char[]){ "help" }, NULL };
		fy_command_help.run(1, help);
		return FERRY_USAGE;
	}
	const fy_command *command = find_command(argv[1]);
	if (!command)
		return fy_cli_usage_error(NULL, "there is no command '%s'", argv[1]);
	return command->run(argc - 1, argv + 1);
}
