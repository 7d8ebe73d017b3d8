/*
 * What the user sees while ferry works: stages as they finish, a progress line on a terminal for what takes
 * longer than half a second. Nothing but results goes to standard output.
 */
#include "cli/cli.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_AFTER 0.5

/* The progress line, kept by a thread of its own: a foreign library may be silent for minutes. */
typedef struct progress {
	pthread_t thread;
	pthread_mutex_t lock;
	bool running, end, visible;
	char what[64];
	int64_t done, total;
	double since; /* the last stage */
} progress;

typedef struct screen {
	progress line;
	bool stages; /* shown on standard output */
} screen;

static screen shown = { .line = { .lock = PTHREAD_MUTEX_INITIALIZER } };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void hide(progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	p->visible = false;
}

static void draw(progress *p)
{
	double seconds = now() - p->since;
	if (!p->what[0] || seconds < SHOWN_AFTER)
		return;
	fprintf(stderr, "\r\033[K  %s", p->what);
	if (p->total > 0)
		fprintf(stderr, " %d%%", (int)(100 * (double)p->done / (double)p->total));
	fprintf(stderr, "  %.0f s", seconds);
	fflush(stderr);
	p->visible = true;
}

static void *tick(void *user)
{
	progress *p = user;
	const struct timespec pause = { 0, 100 * 1000 * 1000 };
	for (bool end = false; !end;) {
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&p->lock);
		end = p->end;
		if (!end)
			draw(p);
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

static void on_progress(void *user, const char *what, int64_t done, int64_t total)
{
	progress *p = &((screen *)user)->line;
	pthread_mutex_lock(&p->lock);
	snprintf(p->what, sizeof(p->what), "%s", what);
	p->done = done;
	p->total = total;
	pthread_mutex_unlock(&p->lock);
}

static void on_stage(void *user, const ferry_stage *stage)
{
	screen *s = user;
	pthread_mutex_lock(&s->line.lock);
	hide(&s->line);
	s->line.since = now();
	s->line.what[0] = 0;
	pthread_mutex_unlock(&s->line.lock);
	if (s->stages) {
		fputs(stage->line, stdout);
		fflush(stdout);
	}
}

static void start_progress(progress *p)
{
	p->since = now();
	p->end = false;
	p->running = pthread_create(&p->thread, NULL, tick, p) == 0;
}

static void stop_progress(progress *p)
{
	if (!p->running)
		return;
	pthread_mutex_lock(&p->lock);
	p->end = true;
	hide(p);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->running = false;
}

static bool wants_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(fileno(stream)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

int fy_cli_open_session(ferry_session **out, const fy_common *common)
{
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	bool terminal = isatty(STDERR_FILENO);
	shown.stages = !common->json && !common->quiet && !common->report_only;
	options.threads = (int)common->threads;
	options.seed = (uint64_t)common->seed;
	options.onnxruntime = common->onnxruntime;
	options.verbose = common->verbose;
	options.colour = !common->json && wants_colour(stdout) && wants_colour(stderr);
	options.max_steps = common->max_steps;
	options.max_nodes = common->max_nodes;
	options.max_unroll = common->max_unroll;
	options.max_items = common->max_items;
	options.max_unpacked = common->max_unpacked;
	options.on_stage = on_stage;
	options.on_progress = terminal && !common->quiet ? on_progress : NULL;
	options.user = &shown;
	ferry_status status = ferry_session_open(out, &options);
	if (status != FERRY_OK) {
		fputs("error: out of memory [out-of-memory]\n", stderr);
		return status;
	}
	if (options.on_progress)
		start_progress(&shown.line);
	return -1;
}

int fy_cli_finish(ferry_session *session, const fy_common *common, ferry_status status)
{
	stop_progress(&shown.line);
	if (common->json)
		fputs(ferry_report(session, FERRY_JSON), stdout);
	else if (common->report_only)
		fputs(ferry_report(session, FERRY_TEXT), stdout);
	fflush(stdout);
	if (!common->json)
		fputs(ferry_diagnostics(session, FERRY_TEXT), stderr);
	ferry_session_close(session);
	if (status == FERRY_OK && ferror(stdout)) {
		fputs("error: cannot write to standard output [output]\n", stderr);
		return FERRY_IO;
	}
	return status;
}

static void end_by_signal(int number)
{
	static const char erase[] = "\r\033[K";
	(void)number;
	if (!ferry_interrupt())
		return;
	if (shown.line.visible)
		(void)!write(STDERR_FILENO, erase, sizeof(erase) - 1);
	_exit(FERRY_INTERRUPTED);
}

/* A crash is one, but leaves no file behind. */
static void end_by_crash(int number)
{
	(void)ferry_interrupt();
	signal(number, SIG_DFL);
	raise(number);
}

/* OpenMP ends the process by exit() when it cannot make threads. */
static void remove_unfinished(void)
{
	(void)ferry_interrupt();
}

/* oneDNN and ONNX Runtime are written in C++. Without memory they would throw through C, which aborts; they
 * call this first. */
static void end_without_memory(void)
{
	static const char message[] = "error: out of memory [out-of-memory]\n";
	(void)ferry_interrupt();
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(FERRY_IO);
}

/* std::set_new_handler; weak, as nothing here depends on C++. */
void (*_ZSt15set_new_handlerPFvvE(void (*handler)(void)))(void) __attribute__((weak));

/* What was ignored stays ignored: nohup asks for that. */
static void handle(int number, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler }, before;
	sigemptyset(&action.sa_mask);
	if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(number, &action, NULL);
}

void fy_cli_catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], end_by_signal);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		handle(crashes[i], end_by_crash);
	atexit(remove_unfinished);
	/* A limit on the size of files is an error like others: work tidies up after it. */
	signal(SIGXFSZ, SIG_IGN);
	if (_ZSt15set_new_handlerPFvvE)
		_ZSt15set_new_handlerPFvvE(end_without_memory);
}
