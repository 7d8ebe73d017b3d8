/*
 * cli: the command line. Every command fills in options of <ferry.h>, calls one function of it and prints
 * what that has to say. Knows nothing else of ferry.
 */
#ifndef FY_CLI_H
#define FY_CLI_H

#include <ferry.h>

#include <stdio.h>

/* ---- options: options.c ----------------------------------------------------------------------------------
 */

enum { FY_LIST_LIMIT = 256 };
typedef struct fy_list {
	const char *items[FY_LIST_LIMIT + 1]; /* NULL-ended */
	int count;
} fy_list;

typedef enum fy_option_kind {
	FY_OPTION_FLAG,
	FY_OPTION_TEXT,
	FY_OPTION_LIST,
	FY_OPTION_NUMBER
} fy_option_kind;

typedef struct fy_option {
	char letter;      /* 0: none */
	const char *name; /* without dashes; NULL ends a table */
	fy_option_kind kind;
	void *to;          /* bool, const char *, fy_list, int64_t */
	const char *value; /* what the argument is called; NULL for flags */
	const char *help;
} fy_option;

/* What every command takes. */
typedef struct fy_common {
	bool help, json, verbose, quiet;
	bool report_only; /* stages are not shown: standard output is for the report */
	int64_t threads, seed;
	const char *onnxruntime;
	int64_t max_steps, max_nodes, max_unroll, max_items, max_unpacked;
} fy_common;

typedef struct fy_command {
	const char *name;
	const char *arguments; /* "MODEL [-o OUT]" */
	const char *summary;   /* one line */
	const char *more;      /* paragraphs after the options; NULL: none */
	int (*run)(int argc, char **argv);
	bool limits; /* takes --max-steps and its kin */
} fy_command;

extern const fy_command fy_command_convert, fy_command_run, fy_command_verify, fy_command_inspect,
	fy_command_ops, fy_command_doctor, fy_command_version, fy_command_help;
extern const fy_command *const fy_commands[]; /* NULL-ended */

/*
 * Reads options and operands. -1: go on; else the exit code: 0 after --help, 2 after an error, which was
 * printed. At least `least` and at most `most` operands.
 */
int fy_cli_read_options(const fy_command *command, const fy_option *options, fy_common *common,
			fy_list *operands, int least, int most, int argc, char **argv);
/* "ferry: error: ...", "  hint: ferry NAME --help"; returns 2. */
int fy_cli_usage_error(const fy_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool fy_cli_read_number(const char *text, int64_t *out);

/* ---- the terminal: terminal.c
 * ------------------------------------------------------------------------------ */

/* A session whose stages and progress are shown as `common` asks; the exit code when that fails, else -1. */
int fy_cli_open_session(ferry_session **out, const fy_common *common);
/* Prints diagnostics and, in JSON or when report_only is set, the report; closes the session, gives the exit
 * code. */
int fy_cli_finish(ferry_session *session, const fy_common *common, ferry_status status);
/* SIGINT and SIGTERM remove unfinished files and end with 130. */
void fy_cli_catch_signals(void);

#endif
