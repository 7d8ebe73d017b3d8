/* Hostile and huge sources: nesting, long chains, every prefix, every changed byte. Nothing may crash, each
 * failure has one diagnostic with a place, and what parses prints stably. */
#include "script_help.h"

#include <pthread.h>

static void repeat(fy_buf *out, const char *text, int count)
{
	for (int i = 0; i < count; i++)
		fy_buf_puts(out, text);
}

/* head, open x count, middle, close x count, tail */
typedef struct nest {
	const char *head, *open, *middle, *close, *tail;
} nest;

static const nest nests[] = {
	{ "def f(x):\n  return ", "(", "x", ")", "\n" },
	{ "def f(x):\n  return ", "[", "x", "]", "\n" },
	{ "def f(x):\n  return ", "{1:", "x", "}", "\n" },
	{ "def f(x):\n  return ", "f(", "x", ")", "\n" },
	{ "def f(x):\n  return ", "x[", "x", "]", "\n" },
	{ "def f(x):\n  return ", "-", "x", "", "\n" },
	{ "def f(x):\n  return ", "not ", "x", "", "\n" },
	{ "def f(x):\n  return ", "x ** ", "x", "", "\n" },
	{ "def f(x):\n  return x", ".a", "", "", "\n" },
	{ "def f(x):\n  return x", "()", "", "", "\n" },
	{ "def f(x):\n  return ", "x if x else ", "x", "", "\n" },
	{ "def f(x):\n  return ", "[x for x in ", "x", "]", "\n" },
	{ "def f(x: ", "List[", "int", "]", "):\n  return x\n" },
};

static fy_status parse_nest(const nest *n, int count)
{
	fy_buf text = { 0 };
	fy_buf_puts(&text, n->head);
	repeat(&text, n->open, count);
	fy_buf_puts(&text, n->middle);
	repeat(&text, n->close, count);
	fy_buf_puts(&text, n->tail);
	parsed p = parse_bytes(text.data, text.len);
	if (p.status != FY_OK) {
		assert_int_equal(p.diags.count, 1);
		assert_string_equal(p.diags.items[0].id, "script-depth");
		assert_string_equal(p.diags.items[0].message, "more than 1000 levels of nesting");
	}
	fy_status status = p.status;
	parsed_release(&p);
	fy_buf_release(&text);
	return status;
}

static void *climb(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < FY_COUNT(nests); i++) {
		assert_int_equal(parse_nest(&nests[i], 10), FY_OK);
		assert_int_equal(parse_nest(&nests[i], 900), FY_OK);
		assert_int_equal(parse_nest(&nests[i], 1001), FY_MALFORMED);
		assert_int_equal(parse_nest(&nests[i], 100000), FY_MALFORMED);
	}
	return NULL;
}

/* On a small stack, as threads of other programs have it. Sanitizers need more of it. */
static void depth_ladder(void **state)
{
	(void)state;
#ifdef FY_SANITIZE
	const size_t stack = 8u << 20;
#else
	const size_t stack = 1u << 20;
#endif
	pthread_attr_t attributes;
	pthread_t thread;
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, stack), 0);
	assert_int_equal(pthread_create(&thread, &attributes, climb, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attributes);
}

static fy_status parse_blocks(int count)
{
	fy_buf text = { 0 };
	fy_buf_puts(&text, "def f(x):\n");
	for (int i = 1; i <= count; i++) {
		repeat(&text, " ", i);
		fy_buf_puts(&text, i < count ? "if x:\n" : "pass\n");
	}
	parsed p = parse_bytes(text.data, text.len);
	fy_status status = p.status;
	if (status != FY_OK)
		assert_string_equal(p.diags.items[0].id, "script-depth");
	parsed_release(&p);
	fy_buf_release(&text);
	return status;
}

static void deep_blocks(void **state)
{
	(void)state;
	assert_int_equal(parse_blocks(900), FY_OK);
	assert_int_equal(parse_blocks(1002), FY_MALFORMED);
	assert_int_equal(parse_blocks(3000), FY_MALFORMED);
}

/* Blocks and the expressions in them share one limit. */
static void blocks_and_expressions(void **state)
{
	(void)state;
	fy_buf text = { 0 };
	fy_buf_puts(&text, "def f(x):\n");
	for (int i = 1; i <= 600; i++) {
		repeat(&text, " ", i);
		fy_buf_puts(&text, i < 600 ? "if x:\n" : "x");
	}
	repeat(&text, ".a", 600);
	fy_buf_puts(&text, "\n");
	check_error(fy_buf_text(&text), 601, 601, 1 + 2 * 400, "script-depth",
		    "more than 1000 levels of nesting");
	fy_buf_release(&text);
}

/* What is long but not deep stays flat. */
static void long_chains(void **state)
{
	(void)state;
	fy_buf text = { 0 };
	fy_buf_puts(&text, "def f(x):\n  y = x");
	repeat(&text, " + x", 40000);
	fy_buf_puts(&text, "\n  if x:\n    pass\n");
	repeat(&text, "  elif x:\n    pass\n", 40000);
	repeat(&text, "  x = torch.add(x, 1)\n", 40000);
	parsed p = parse_good(text.data);
	fy_suite *body = &p.file->functions[0]->body;
	assert_int_equal(body->items[0]->assign.value->chain.count, 40000);
	assert_int_equal(body->items[0]->assign.value->height, 2);
	assert_int_equal(body->items[1]->branch.count, 40001);
	assert_int_equal(body->count, 40002);
	parsed_release(&p);
	fy_buf_release(&text);
}

static const char sample[] = "op_version_set = 1\n"
			     "import __torch__.a\n"
			     "class Net(Module):\n"
			     "  '''doc'''\n"
			     "  __parameters__ = [\"w\", ]\n"
			     "  __annotations__[\"0\"] = Optional[Dict[str, __torch__.A]]\n"
			     "  k : Final[int] = 010\n"
			     "  def forward(self: __torch__.Net, x,\n"
			     "    *, n: int=-3) -> Tuple[Tensor, int | None]:\n"
			     "    # type: (Tensor, int) -> int\n"
			     "    a, b, = (self.l).forward(x[1:, ..., None], key=[1., 2.5e-3, 0x1e], )\n"
			     "    while not a is not b and ~c in {1: 2, \"\\101\\n\": 3j}:\n"
			     "      y : List[int] = [i ** 2 for i, j in enumerate(z) ]\n"
			     "      if y: # comment\n"
			     "        x += 1 if a <= b else -c\n"
			     "      elif (a,) == () or a @ b << 3:\n"
			     "        assert x, 'msg' \"more\"\n"
			     "      else:\n"
			     "        del y[0]\n"
			     "    with f() as g:\n"
			     "      def h():\n"
			     "        return \\\n"
			     "          a, *b\n"
			     "    raise e\n"
			     "class E(Enum):\n"
			     "  A = \"x\"\n";

static void check_any(const char *text, size_t len)
{
	parsed p = parse_bytes(text, len);
	if (p.status != FY_OK) {
		assert_int_equal(p.status, FY_MALFORMED);
		assert_int_equal(p.diags.count, 1);
		assert_in_range(p.diags.items[0].place.line, 1, 30);
		assert_true(p.diags.items[0].place.column >= 1);
	} else {
		fy_buf once = { 0 }, twice = { 0 };
		fy_script_print(p.file, &once);
		parsed again = parse_good(fy_buf_text(&once));
		fy_script_print(again.file, &twice);
		assert_string_equal(fy_buf_text(&once), fy_buf_text(&twice));
		fy_buf_release(&once);
		fy_buf_release(&twice);
		parsed_release(&again);
	}
	parsed_release(&p);
}

static void every_prefix(void **state)
{
	(void)state;
	for (size_t len = 0; len <= strlen(sample); len++) {
		char *exact =
			fy_alloc(len + 1); /* its own block, so that a sanitizer sees one byte too many */
		memcpy(exact, sample, len);
		check_any(exact, len);
		fy_free(exact);
	}
	parsed p = parse_good(sample);
	assert_int_equal(p.file->class_count, 2);
	parsed_release(&p);
}

static void every_changed_byte(void **state)
{
	(void)state;
	static const char changes[] = " \n\"'([)],:*-#\\0ex\xff<";
	char text[sizeof(sample)];
	for (size_t at = 0; at < strlen(sample); at++) {
		for (size_t i = 0; i < sizeof(changes); i++) { /* the final NUL too */
			memcpy(text, sample, sizeof(sample));
			text[at] = changes[i];
			check_any(text, strlen(sample));
		}
	}
}

static void every_removed_byte(void **state)
{
	(void)state;
	char text[sizeof(sample)];
	size_t len = strlen(sample);
	for (size_t at = 0; at < len; at++) {
		memcpy(text, sample, at);
		memcpy(text + at, sample + at + 1, len - at - 1);
		check_any(text, len - 1);
	}
}

static void rubbish(void **state)
{
	(void)state;
	const char *id = "script-syntax";
	check_error("\x7f"
		    "ELF",
		    1, 1, 1, id, "unexpected byte 0x7f outside a string");
	check_error("((((", 1, 1, 1, id, "expected a class or function but found '('");
	parsed p = parse_bytes("def f():\n  pass\n\0", 17);
	assert_int_equal(p.status, FY_MALFORMED);
	assert_string_equal(p.diags.items[0].message, "unexpected byte 0x00 outside a string");
	parsed_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depth_ladder),           cmocka_unit_test(deep_blocks),
		cmocka_unit_test(blocks_and_expressions), cmocka_unit_test(long_chains),
		cmocka_unit_test(every_prefix),           cmocka_unit_test(every_changed_byte),
		cmocka_unit_test(every_removed_byte),     cmocka_unit_test(rubbish),
	};
	return cmocka_run_group_tests_name("script robustness", tests, NULL, NULL);
}
