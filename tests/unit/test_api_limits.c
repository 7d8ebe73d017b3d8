/*
 * What nests from 10 to 1,000,000 levels deep is read or refused, on stacks of 8 MiB and of 1 MiB; and a
 * process that may have little memory ends with a result or with "out of memory".
 */
#include "grown_help.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char folder[] = "/tmp/ferry-test-XXXXXX";

/* ---- what nests ---- */

typedef struct nest {
	const char *before, *open, *core, *close, *after;
	int accepted; /* this many levels must be read; 0: none need be */
	int most;     /* deeper is not tried; 0: 1,000,000 */
} nest;

#define STATEMENT(open, core, close, accepted)                                 \
	{                                                                      \
		"    y = ", open, core, close, "\n    return x\n", accepted, 0 \
	}

static const nest bodies[] = {
	STATEMENT("(", "1", ")", 900),
	STATEMENT("-", "1", "", 900),
	STATEMENT("not ", "True", "", 900),
	STATEMENT("[", "1", "]", 150),
	STATEMENT("(", "1", ",)", 150),
	STATEMENT("{1: ", "1", "}", 100),
	STATEMENT("torch.relu(", "x", ")", 400),
	STATEMENT("x + (", "x", ")", 400),
	STATEMENT("2**", "1", "", 100),
	STATEMENT("1 if True else ", "2", "", 100),
	STATEMENT("True and ", "True", "", 100),
	STATEMENT("annotate(List[", "int", "], [])", 0),
	STATEMENT("x", "", "", 0),
	{ "    y = annotate(", "List[", "int", "]", ", [])\n    return x\n", 100, 0 },
	{ "    y = annotate(", "Optional[", "int", "]", ", None)\n    return x\n", 100, 0 },
	{ "    return x", " + x", "", "", "\n", 40000, 40000 },
	{ "    return x", ".relu()", "", "", "\n", 400, 0 },
	{ "    y = x", "[0]", "", "", "\n    return x\n", 0, 0 },
};

static const nest pickles[] = {
	{ "", "]", "", "a", "", 0, 0 },
	{ ")", "\x85", "", "", "", 0, 0 },
	{ "", "}K\x01", "K\x02", "s", "", 0, 0 },
	{ "", "(", "", "t", "", 0, 0 },
	{ "", "(", "", "", "", 0, 0 },
	{ "]", "2a", "", "", "", 0, 0 },
	{ "", "]\x94", "", "a", "", 0, 0 },
};

static void put_times(fy_buf *buf, const char *text, int times)
{
	for (int i = 0; i < times; i++)
		fy_buf_puts(buf, text);
}

static void put_nest(fy_buf *buf, const nest *n, int depth)
{
	fy_buf_puts(buf, n->before);
	put_times(buf, n->open, depth);
	fy_buf_puts(buf, n->core);
	put_times(buf, n->close, depth);
	fy_buf_puts(buf, n->after);
}

static void write_body(const nest *n, int depth, const char *path)
{
	grown g = { 0 };

	fy_buf_puts(&g.code, CLASS_HEAD FORWARD);
	put_nest(&g.code, n, depth);
	grown_write(&g, path);
}

static void write_checkpoint(const nest *n, int depth, const char *path)
{
	fy_buf pickle = { 0 };
	builder b = { 0 };

	PUT(&pickle, "\x80\x02");
	put_nest(&pickle, n, depth);
	fy_buf_putc(&pickle, '.');
	builder_add(&b, "m/data.pkl", pickle.data, pickle.len);
	builder_text(&b, "m/version", "3\n");
	builder_end(&b, false);
	grown_file(path, b.file.data, b.file.len);
	builder_release(&b);
	fy_buf_release(&pickle);
}

/* Blocks of blocks, an indent deeper each. */
static void write_blocks(const char *head, int depth, const char *path)
{
	grown g = { 0 };

	fy_buf_puts(&g.code, CLASS_HEAD FORWARD "    y = x\n");
	for (int i = 0; i <= depth; i++) {
		put_times(&g.code, " ", 4 + i);
		fy_buf_puts(&g.code, i < depth ? head : "y = torch.relu(x)\n");
	}
	fy_buf_puts(&g.code, "    return y\n");
	grown_write(&g, path);
}

/* Functions that call the next one inside of many operators: levels of two kinds. */
static void write_calls(int functions, int depth, const char *path)
{
	grown g = { 0 };

	fy_buf_puts(&g.code, CLASS_HEAD FORWARD "    return (self).f0(x, )\n");
	for (int i = 0; i < functions; i++) {
		fy_buf_printf(&g.code, "  def f%d" DEFINE "    return ", i);
		put_times(&g.code, "torch.relu(", depth);
		fy_buf_printf(&g.code, "(self).f%d(x, )", i + 1);
		put_times(&g.code, ")", depth);
		fy_buf_puts(&g.code, "\n");
	}
	fy_buf_printf(&g.code, "  def f%d" DEFINE "    return torch.relu(x)\n", functions);
	grown_write(&g, path);
}

/* A message in a message ...: tags are the fields on the way, innermost first. */
static void write_messages(const uint8_t *tags, int tag_count, int depth, const char *path)
{
	size_t room = 64 + (size_t)depth * (size_t)tag_count * 6, at = room;
	uint8_t *bytes = malloc(room);
	fy_buf file = { 0 };

	for (int i = 0; i < depth * tag_count; i++) {
		uint8_t length[8];
		size_t size = room - at, count = 0;

		do {
			length[count++] = (uint8_t)((size & 127) | (size > 127 ? 128 : 0));
			size >>= 7;
		} while (size > 0);
		at -= count;
		memcpy(bytes + at, length, count);
		bytes[--at] = (uint8_t)(tags[i % tag_count] << 3 | 2);
	}
	PUT(&file, "\x08\x08"); /* IR version 8 */
	fy_buf_append(&file, bytes + at, room - at);
	grown_file(path, file.data, file.len);
	fy_buf_release(&file);
	free(bytes);
}

/* ---- every depth ---- */

typedef struct ladder {
	char path[64];
	int runs;
} ladder;

static void try_one(ladder *l, const char *input, const char *what, int depth, bool accepted)
{
	fy_buf said = { 0 };
	ferry_status status = grown_work(l->path, input, &said);

	if (status < FERRY_OK || status > FERRY_UNSUPPORTED || (accepted && status != FERRY_OK))
		print_error("%s, %d levels: %d %s\n", what, depth, (int)status, fy_buf_text(&said));
	assert_true(status >= FERRY_OK && status <= FERRY_UNSUPPORTED);
	assert_true(status == FERRY_OK || said.len > 0);
	if (accepted)
		assert_int_equal(status, FERRY_OK);
	fy_buf_release(&said);
	l->runs++;
}

static const uint8_t sequences[] = { 4, 1 }, attributes[] = { 6, 5, 1 };

static void *climb(void *context)
{
	ladder *l = context;

	for (int depth = 10; depth <= 1000000; depth *= 10) {
		for (size_t i = 0; i < FY_COUNT(bodies); i++) {
			int levels = bodies[i].most && depth > bodies[i].most ? bodies[i].most : depth;

			write_body(&bodies[i], levels, l->path);
			try_one(l, "4", bodies[i].open, levels, levels <= bodies[i].accepted);
		}
		for (size_t i = 0; i < FY_COUNT(pickles); i++) {
			write_checkpoint(&pickles[i], depth, l->path);
			try_one(l, NULL, pickles[i].open, depth, false);
		}
		write_messages(sequences, 2, depth, l->path);
		try_one(l, NULL, "messages", depth, false);
		write_messages(attributes, 3, depth, l->path);
		try_one(l, NULL, "subgraphs", depth, false);
		if (depth > 1000)
			continue; /* the file grows with the square of the depth */
		write_blocks("if True:\n", depth, l->path);
		try_one(l, "4", "if", depth, depth < 1000);
		write_blocks("if bool(torch.sum(x)):\n", depth, l->path);
		try_one(l, "4", "if on data", depth, depth < 28);
		write_blocks("while bool(torch.sum(x)):\n", depth, l->path);
		try_one(l, "4", "while", depth, false);
		write_calls(300, depth, l->path);
		try_one(l, "4", "calls", depth, false);
	}
	return NULL;
}

static void climb_on(size_t stack)
{
	ladder l = { .runs = 0 };
	pthread_attr_t attributes_of_it;
	pthread_t thread;

	snprintf(l.path, sizeof(l.path), "%s/m", folder);
	pthread_attr_init(&attributes_of_it);
	assert_int_equal(pthread_attr_setstacksize(&attributes_of_it, stack), 0);
	assert_int_equal(pthread_create(&thread, &attributes_of_it, climb, &l), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes_of_it);
	unlink(l.path);
	assert_true(l.runs > 100);
}

static void nesting_on_a_stack_of_8_mib(void **state)
{
	(void)state;
	climb_on((size_t)8 << 20);
}

static void nesting_on_a_stack_of_1_mib(void **state)
{
	(void)state;
#ifdef FY_SANITIZE
	skip(); /* the frames of a sanitizer are several times as large */
#endif
	climb_on((size_t)1 << 20);
}

/* ---- little memory ---- */

/* Pages that this process has mapped. */
static size_t mapped_now(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* In a process of its own: 0 converted, 1 out of memory, 2 anything else. */
static int convert_within(const char *model, size_t bytes)
{
	ferry_session_options options = FERRY_SESSION_OPTIONS;
	ferry_convert_options convert = FERRY_CONVERT_OPTIONS;
	struct rlimit limit = { .rlim_cur = mapped_now() + bytes, .rlim_max = RLIM_INFINITY };
	ferry_session *session;
	ferry_model *open;
	char path[128], out[128];

	options.onnxruntime = "none";
	snprintf(path, sizeof(path), "tests/models/%s/model.pt", model);
	snprintf(out, sizeof(out), "%s/%s.onnx", folder, model);
	setrlimit(RLIMIT_AS, &limit);
	if (ferry_session_open(&session, &options) != FERRY_OK)
		return 1;
	ferry_status status = ferry_model_open(&open, session, path, NULL);
	if (status == FERRY_OK && strcmp(model, "branch") == 0)
		status = ferry_model_input(open, "3x4");
	if (status == FERRY_OK && strcmp(model, "endless") == 0)
		status = ferry_model_input(open, "4");
	if (status == FERRY_OK)
		status = ferry_model_convert(open, out, &convert);
	if (status == FERRY_OK && unlink(out) != 0)
		return 2;
	return status == FERRY_OK                                                ? 0
	       : strstr(ferry_diagnostics(session, FERRY_TEXT), "out of memory") ? 1
										 : 2;
}

static void little_memory_is_no_signal(void **state)
{
	static const char *const models[] = { "unet3d", "unet2d_bn", "argmax", "branch", "endless" };

	(void)state;
#ifdef FY_SANITIZE
	skip(); /* a sanitizer maps terabytes */
#endif
	for (size_t i = 0; i < FY_COUNT(models); i++) {
		int outcome = 1;

		for (size_t kib = 64; outcome != 0 && kib <= (size_t)4 << 20; kib += kib / 4) {
			int ended;
			pid_t child = fork();

			assert_true(child >= 0);
			if (child == 0)
				_exit(convert_within(models[i], kib << 10));
			assert_int_equal(waitpid(child, &ended, 0), child);
			outcome = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
			/* FERRY_IO: out of memory where no session was there to say it. */
			if (outcome != 0 && outcome != 1 && outcome != FERRY_IO)
				fail_msg("%s with %zu KiB: %d", models[i], kib, outcome);
		}
		assert_int_equal(outcome, 0);
	}
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_memory_is_no_signal),
		cmocka_unit_test(nesting_on_a_stack_of_8_mib),
		cmocka_unit_test(nesting_on_a_stack_of_1_mib),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
