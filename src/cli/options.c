/*
 * Options from tables: reading them and describing them come from the same rows.
 */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int fy_cli_usage_error(const fy_command *command, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("error: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " [usage]\n  hint: ferry %s%s--help\n", command ? command->name : "",
		command ? " " : "");
	return FERRY_USAGE;
}

bool fy_cli_read_number(const char *text, int64_t *out)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	*out = value;
	return *text && !*end && errno == 0;
}

/* ---- the rows that every command has, and those of all that open models ---- */

enum { COMMON_ROWS = 7, LIMIT_ROWS = 5 };

static void limit_rows(fy_common *common, fy_option rows[LIMIT_ROWS + 1])
{
	const fy_option table[LIMIT_ROWS + 1] = {
		{ 0, "max-steps", FY_OPTION_NUMBER, &common->max_steps, "N",
		  "statements that a program may run" },
		{ 0, "max-nodes", FY_OPTION_NUMBER, &common->max_nodes, "N",
		  "nodes that its graph may have" },
		{ 0, "max-unroll", FY_OPTION_NUMBER, &common->max_unroll, "N",
		  "nodes that its loops may unroll to" },
		{ 0, "max-items", FY_OPTION_NUMBER, &common->max_items, "N",
		  "elements of a list, bytes of a text in it" },
		{ 0, "max-unpacked", FY_OPTION_NUMBER, &common->max_unpacked, "BYTES",
		  "what an archive may inflate to" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	memcpy(rows, table, sizeof(table));
}

static void common_rows(fy_common *common, bool limits, fy_option rows[COMMON_ROWS + LIMIT_ROWS + 1])
{
	const fy_option table[COMMON_ROWS + 1] = {
		{ 0, "json", FY_OPTION_FLAG, &common->json, NULL, "print the report as JSON" },
		{ 'v', "verbose", FY_OPTION_FLAG, &common->verbose, NULL, "print more" },
		{ 'q', "quiet", FY_OPTION_FLAG, &common->quiet, NULL, "print errors only" },
		{ 0, "threads", FY_OPTION_NUMBER, &common->threads, "N", "use N threads (all processors)" },
		{ 0, "seed", FY_OPTION_NUMBER, &common->seed, "N",
		  "seed of made-up inputs and random operators (0)" },
		{ 0, "onnxruntime", FY_OPTION_TEXT, &common->onnxruntime, "PATH",
		  "ONNX Runtime's library, the folder it is in, or none" },
		{ 'h', "help", FY_OPTION_FLAG, &common->help, NULL, "print this" },
		{ 0, NULL, FY_OPTION_FLAG, NULL, NULL, NULL },
	};
	memcpy(rows, table, sizeof(table));
	if (limits)
		limit_rows(common, rows + COMMON_ROWS);
}

/* ---- help ---- */

static void print_rows(const fy_option *rows)
{
	for (; rows->name; rows++) {
		char left[64];
		snprintf(left, sizeof(left), "%s--%s%s%s", rows->letter ? "-x, " : "    ", rows->name,
			 rows->value ? " " : "", rows->value ? rows->value : "");
		if (rows->letter)
			left[1] = rows->letter;
		printf("  %-26s %s\n", left, rows->help);
	}
}

static void print_help(const fy_command *command, const fy_option *options, const fy_option *common)
{
	printf("ferry %s%s%s\n\n%s.\n\noptions:\n", command->name, *command->arguments ? " " : "",
	       command->arguments, command->summary);
	print_rows(options);
	print_rows(common);
	if (command->more)
		printf("\n%s", command->more);
}

/* ---- reading ---- */

static const fy_option *find(const fy_option *rows, const char *name, size_t len, char letter)
{
	for (; rows->name; rows++)
		if (letter ? rows->letter == letter
			   : strlen(rows->name) == len && !memcmp(rows->name, name, len))
			return rows;
	return NULL;
}

/* The value goes where the row says; false when it does not fit. */
static bool store(const fy_option *row, const char *value)
{
	fy_list *list = row->to;
	switch (row->kind) {
	case FY_OPTION_FLAG:
		*(bool *)row->to = true;
		return true;
	case FY_OPTION_TEXT:
		*(const char **)row->to = value;
		return true;
	case FY_OPTION_NUMBER:
		return fy_cli_read_number(value, row->to);
	case FY_OPTION_LIST:
		if (list->count == FY_LIST_LIMIT)
			return false;
		list->items[list->count++] = value;
		return true;
	}
	return false;
}

/* One option at argv[*at]; takes its value from "=", from the rest of a short one, or from the next argument.
 */
static int read_option(const fy_command *command, const fy_option *options, const fy_option *common, int argc,
		       char **argv, int *at)
{
	const char *text = argv[*at];
	bool is_long = text[1] == '-';
	const char *name = text + (is_long ? 2 : 1);
	size_t len = is_long ? strcspn(name, "=") : 1;
	const fy_option *row = find(options, name, len, is_long ? 0 : *name);
	if (!row)
		row = find(common, name, len, is_long ? 0 : *name);
	if (!row)
		return fy_cli_usage_error(command, "there is no option '%.*s'",
					  (int)(len + (is_long ? 2 : 1)), text);
	const char *value = name[len] ? name + len + (is_long ? 1 : 0) : NULL;
	if (row->kind == FY_OPTION_FLAG && value)
		return fy_cli_usage_error(command, "--%s takes no value", row->name);
	if (row->kind != FY_OPTION_FLAG && !value) {
		if (*at + 1 == argc)
			return fy_cli_usage_error(command, "--%s needs a value: %s", row->name, row->value);
		value = argv[++*at];
	}
	if (!store(row, value))
		return fy_cli_usage_error(command, "--%s cannot take '%s'", row->name, value);
	return -1;
}

static bool is_option(const char *text)
{
	return text[0] == '-' && text[1] && !(text[1] >= '0' && text[1] <= '9');
}

static int check_operands(const fy_command *command, const fy_list *operands, int least, int most)
{
	if (operands->count < least)
		return fy_cli_usage_error(command, "something is missing: ferry %s %s", command->name,
					  command->arguments);
	if (operands->count > most)
		return fy_cli_usage_error(command, "'%s' is one too many: ferry %s %s", operands->items[most],
					  command->name, command->arguments);
	return -1;
}

int fy_cli_read_options(const fy_command *command, const fy_option *options, fy_common *common,
			fy_list *operands, int least, int most, int argc, char **argv)
{
	fy_option rows[COMMON_ROWS + LIMIT_ROWS + 1];
	bool only_operands = false;
	common_rows(common, command->limits, rows);
	for (int i = 1; i < argc; i++) {
		int code = -1;
		if (!only_operands && !strcmp(argv[i], "--"))
			only_operands = true;
		else if (!only_operands && is_option(argv[i]))
			code = read_option(command, options, rows, argc, argv, &i);
		else if (operands->count < FY_LIST_LIMIT)
			operands->items[operands->count++] = argv[i];
		if (code >= 0)
			return code;
	}
	if (common->help) {
		print_help(command, options, rows);
		return FERRY_OK;
	}
	const int64_t limits[] = { common->max_steps, common->max_nodes, common->max_unroll,
				   common->max_items, common->max_unpacked };
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i] < 0)
			return fy_cli_usage_error(command, "a limit cannot be %" PRId64, limits[i]);
	if (common->threads < 0 || common->threads > 4096)
		return fy_cli_usage_error(command, "--threads cannot be %" PRId64, common->threads);
	return check_operands(command, operands, least, most);
}
