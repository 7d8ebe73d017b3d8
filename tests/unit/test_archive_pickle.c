/*
 * The pickle machine: what Python's pickler writes in every protocol, and what is refused. The good pickles
 * are Python's own pickle.dumps.
 */
#include "archive_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct result {
	fy_arena *arena;
	fy_diags diags;
	fy_pickle pickle;
	fy_status status;
	char *copy;
} result;

static fy_status keep_global(fy_unpickler *u, void *user, fy_pvalue *global, fy_pvalue **out)
{
	(void)u, (void)user;
	*out = global;
	return FY_OK;
}

static fy_status keep_id(fy_unpickler *u, void *user, fy_pvalue *id, fy_pvalue **out)
{
	(void)u, (void)user;
	*out = id;
	return FY_OK;
}

static fy_status keep_call(fy_unpickler *u, void *user, fy_pvalue *callee, fy_pvalue *args, fy_pvalue **out)
{
	(void)u, (void)user, (void)callee, (void)args, (void)out;
	return FY_OK;
}

static fy_status keep_state(fy_unpickler *u, void *user, fy_pvalue *object, fy_pvalue *state, bool *done)
{
	(void)u, (void)user, (void)object, (void)state, (void)done;
	return FY_OK;
}

static const fy_place place = { .file = "test.pkl", .member = "data.pkl" };

static result load(const void *bytes, size_t size, bool script, uint32_t most)
{
	fy_pickle_hooks hooks = { NULL, script, keep_global, keep_id, keep_call, keep_state, most };
	result r = { .arena = fy_arena_new(), .copy = malloc(size ? size : 1) };

	memcpy(r.copy, bytes, size);
	r.status = fy_unpickle(&r.pickle, r.arena, (fy_str){ r.copy, size }, &hooks, &place, &r.diags);
	return r;
}

static void drop(result *r)
{
	fy_diags_clear(&r->diags);
	fy_arena_free(r->arena);
	free(r->copy);
}

static void expect_text(const void *bytes, size_t size, bool script, const char *text)
{
	result r = load(bytes, size, script, 0);
	fy_buf buf = { 0 };

	assert_int_equal(r.status, FY_OK);
	fy_buf_put_pvalue(&buf, r.pickle.root);
	assert_string_equal(fy_buf_text(&buf), text);
	assert_int_equal(r.pickle.consumed, size);
	fy_buf_release(&buf);
	drop(&r);
}

static void expect_refused(const void *bytes, size_t size, bool script, const char *id)
{
	result r = load(bytes, size, script, 0);

	assert_int_not_equal(r.status, FY_OK);
	assert_int_equal(r.diags.count, 1);
	assert_string_equal(r.diags.items[0].id, id);
	drop(&r);
}

static const struct {
	const char *bytes;
	size_t size;
	const char *text;
} written_by_python[] = {
	{ BYTES("N."), "None" },
	{ BYTES("I01\012."), "True" },
	{ BYTES("\200\002\211."), "False" },
	{ BYTES("I-2\012."), "-2" },
	{ BYTES("J\376\377\377\377."), "-2" },
	{ BYTES("\200\002M,\001."), "300" },
	{ BYTES("Jp\021\001\000."), "70000" },
	{ BYTES("L1099511627776L\012."), "1099511627776" },
	{ BYTES("\200\002\212\006\000\000\000\000\000\001."), "1099511627776" },
	{ BYTES("\200\002\212\000."), "0" },
	{ BYTES("\200\002\212\010\000\000\000\000\000\000\000\200."), "-9223372036854775808" },
	{ BYTES("\200\002\212\011\000\000\000\000\000\000\000\200\000."), "big int" },
	{ BYTES("F1.5\012."), "1.5" },
	{ BYTES("\200\002G\077\370\000\000\000\000\000\000."), "1.5" },
	{ BYTES("Vh\351\\u005c\\u000a\012p0\012."), "'h\303\251\\\\\\n'" },
	{ BYTES("X\005\000\000\000h\303\251\\\012q\000."), "'h\303\251\\\\\\n'" },
	{ BYTES("\200\004\225\011\000\000\000\000\000\000\000\214\005h\303\251\\\012\224."),
	  "'h\303\251\\\\\\n'" },
	{ BYTES("S'a\\x41\\n\\''\np0\n."), "'aA\\n''" },
	{ BYTES("(t."), "()" },
	{ BYTES("\200\002)."), "()" },
	{ BYTES("(I1\012tp0\012."), "(1)" },
	{ BYTES("\200\004\225\007\000\000\000\000\000\000\000K\001K\002\206\224."), "(1, 2)" },
	{ BYTES("\200\002(K\001K\002K\003K\004tq\000."), "(1, 2, 3, 4)" },
	{ BYTES("(lp0\012I1\012a(lp1\012I2\012aa."), "[1, [2]]" },
	{ BYTES("\200\005\225\014\000\000\000\000\000\000\000]\224(K\001]\224K\002ae."), "[1, [2]]" },
	{ BYTES("(dp0\012Va\012p1\012I1\012sI2\012(I3\012tp2\012s."), "{'a': 1, 2: (3)}" },
	{ BYTES("}q\000(X\001\000\000\000aq\001K\001K\002(K\003tq\002u."), "{'a': 1, 2: (3)}" },
	{ BYTES("\200\004\225\021\000\000\000\000\000\000\000}\224(\214\001a\224K\001K\002K\003\205\224u."),
	  "{'a': 1, 2: (3)}" },
	{ BYTES("\200\004\225\007\000\000\000\000\000\000\000\217\224(K\007\220."), "{7}" },
	{ BYTES("\200\004\225\006\000\000\000\000\000\000\000(K\010\221\224."), "{8}" },
};

static void reads_what_python_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < FY_COUNT(written_by_python); i++) {
		const char *text = written_by_python[i].text;
		result r;

		/* Texts are compared as they are, not as they are printed. */
		if (text[0] == '\'') {
			r = load(written_by_python[i].bytes, written_by_python[i].size, false, 0);
			assert_int_equal(r.status, FY_OK);
			assert_int_equal(r.pickle.root->kind, FY_P_STR);
			if (text[1] == 'h')
				assert_true(fy_str_is(r.pickle.root->str, "h\303\251\\\n"));
			else
				assert_true(fy_str_is(r.pickle.root->str, "aA\n'"));
			drop(&r);
			continue;
		}
		expect_text(written_by_python[i].bytes, written_by_python[i].size, false, text);
	}
}

static void refuses_every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < FY_COUNT(written_by_python); i++)
		for (size_t size = 0; size < written_by_python[i].size; size++) {
			result r = load(written_by_python[i].bytes, size, false, 0);

			assert_int_equal(r.status, FY_MALFORMED);
			assert_int_equal(r.diags.count, 1);
			drop(&r);
		}
}

static void survives_every_flip(void **state)
{
	char bytes[64];

	(void)state;
	for (size_t i = 0; i < FY_COUNT(written_by_python); i++)
		for (size_t bit = 0; bit < 8 * written_by_python[i].size; bit++) {
			result r;

			memcpy(bytes, written_by_python[i].bytes, written_by_python[i].size);
			bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
			r = load(bytes, written_by_python[i].size, bit % 3 == 0, 0);
			assert_true(r.status == FY_OK || r.diags.count == 1);
			drop(&r);
		}
}

static void refuses_with_the_right_id(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *id;
	} cases[] = {
		{ BYTES("\200\002\377."), "pickle-opcode" },
		{ BYTES("\200\006N."), "pickle-protocol" },
		{ BYTES("\200\002."), "pickle-malformed" },
		{ BYTES("\200\002NN."), "pickle-malformed" },
		{ BYTES("\200\002(N."), "pickle-malformed" },
		{ BYTES("\200\002t."), "pickle-malformed" },
		{ BYTES("\200\0020."), "pickle-malformed" },
		{ BYTES("\200\002N\206."), "pickle-malformed" },
		{ BYTES("\200\002N(\205."), "pickle-malformed" },
		{ BYTES("\200\002}(Nu."), "pickle-malformed" },
		{ BYTES("\200\002N(Ne."), "pickle-malformed" },
		{ BYTES("\200\002h\007."), "pickle-malformed" },
		{ BYTES("\200\002K\001)R."), "pickle-malformed" },
		{ BYTES("\200\002NNb."), "pickle-malformed" },
		{ BYTES("\200\002ca\nb\nNR."), "pickle-malformed" },
		{ BYTES("\200\002ca\nb\n)\201NbNb."), "pickle-malformed" },
		{ BYTES("\200\002\202\001."), "pickle-global" },
		{ BYTES("\200\002X\377\377\377\377abc."), "pickle-malformed" },
		{ BYTES("\200\004\215\377\377\377\377\377\377\377\177abc."), "pickle-malformed" },
		{ BYTES("\200\004\216\377\377\377\377\377\377\377\377abc."), "pickle-malformed" },
		{ BYTES("\200\004\225\377\377\377\377\377\377\377\377N."), "pickle-malformed" },
		{ BYTES("\200\002\213\377\377\377\377abc."), "pickle-malformed" },
		{ BYTES("\200\002X\002\000\000\000\303\050."), "pickle-malformed" },
		{ BYTES("\200\002X\002\000\000\000\300\200."), "pickle-malformed" },
		{ BYTES("cno newline"), "pickle-malformed" },
		{ BYTES("I12x\n."), "pickle-malformed" },
		{ BYTES("g-1\n."), "pickle-malformed" },
		{ BYTES("S'abc\n."), "pickle-malformed" },
		{ BYTES("\200\002]q\000h\000a."), "pickle-cycle" },
		{ BYTES("\200\002]q\000(h\000\205h\000t\205a."), "pickle-cycle" },
		{ BYTES("\200\002}q\000Nh\000s."), "pickle-cycle" },
		{ BYTES("\200\002ca\nb\n)\201q\000h\000b."), "pickle-cycle" },
	};

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++)
		expect_refused(cases[i].bytes, cases[i].size, false, cases[i].id);
}

static void script_knows_fewer_opcodes(void **state)
{
	(void)state;
	expect_text(BYTES("\200\002\212\010\001\000\000\000\000\000\000\000."), true, "1");
	expect_text(BYTES("\200\002]q\000(K\001h\000l\206."), true, "([], [1, []])");
	expect_refused(BYTES("\200\003N."), true, "pickle-protocol");
	expect_refused(BYTES("N."), true, "pickle-protocol");
	expect_refused(BYTES("\200\002\212\001\001."), true, "pickle-malformed");
	expect_refused(BYTES("\200\002N2\206."), true, "pickle-opcode");
	expect_refused(BYTES("\200\002I1\n."), true, "pickle-opcode");
	expect_refused(BYTES("\200\002N\224."), true, "pickle-opcode");
	/* Any bytes may be a string there. */
	expect_text(BYTES("\200\002X\002\000\000\000\303\050."), true, "'\\xc3('");
}

static void keeps_aliases(void **state)
{
	/* a = []; (a, a, [a], {1: a}) */
	result r = load(BYTES("\200\002(]q\000h\000]q\001h\000a}q\002K\001h\000stq\003."), false, 0);
	fy_pvalue **items;

	(void)state;
	assert_int_equal(r.status, FY_OK);
	items = r.pickle.root->seq.items;
	assert_ptr_equal(items[0], items[1]);
	assert_ptr_equal(items[2]->seq.items[0], items[0]);
	assert_ptr_equal(fy_pdict_value(items[3], 0), items[0]);
	assert_ptr_not_equal(items[2], items[0]);
	drop(&r);
}

static void keeps_objects_as_data(void **state)
{
	result r = load(BYTES("\200\002cmod\nCls\n)\201}(X\001\000\000\000aK\001X\001\000\000\000aK\002ub."),
			false, 0);

	(void)state;
	assert_int_equal(r.status, FY_OK);
	assert_int_equal(r.pickle.root->kind, FY_P_OBJECT);
	assert_string_equal(r.pickle.root->object->class_name, "mod.Cls");
	/* Of two equal keys the last counts, as in Python. */
	assert_int_equal(fy_pobject_get(r.pickle.root, "a")->i, 2);
	assert_null(fy_pobject_get(r.pickle.root, "b"));
	drop(&r);
	expect_text(BYTES("\200\002cmod\nfun\nK\001\205R."), false, "mod.fun(...)");
	/* Items of a list subclass and of a dict subclass stay beside the object. */
	r = load(BYTES("\200\002cmod\nCls\n)\201(K\001K\002eK\003K\004s."), false, 0);
	assert_int_equal(r.status, FY_OK);
	assert_int_equal(r.pickle.root->object->items->seq.count, 2);
	assert_int_equal(fy_pdict_value(r.pickle.root->object->pairs, 0)->i, 4);
	drop(&r);
}

static void memo_is_sparse(void **state)
{
	(void)state;
	expect_text(BYTES("\200\002]r\360\377\377\377K\001aj\360\377\377\377\206."), false, "([1], [1])");
	/* Out of order, and stored again. */
	expect_text(BYTES("\200\002K\001q\002K\002q\000K\003q\001K\004q\0020000h\000h\001h\002\207."), false,
		    "(2, 3, 4)");
	/* MEMOIZE counts the entries there are. */
	expect_text(BYTES("\200\004K\001q\001K\002q\000K\003\224000h\000h\001h\002\207."), false,
		    "(2, 1, 3)");
	expect_text(BYTES("]p9223372036854775806\ng9223372036854775806\n\206."), false, "([], [])");
}

/* Tuples around a value; lists, each put into the next by its memo entry; MARKs. */
static void put_nested(fy_buf *p, int form, int depth)
{
	fy_buf_puts(p, form == 1 ? "]" : form == 2 ? "" : ")");
	for (int i = 0; form == 2 && i < depth; i++)
		fy_buf_putc(p, '(');
	for (int i = 0; i < depth; i++)
		if (form == 0)
			fy_buf_puts(p, "\205");
		else if (form == 1)
			fy_buf_append(p, "q\0000]h\000a", 7);
		else
			fy_buf_putc(p, 't');
	fy_buf_putc(p, '.');
}

static void limits_nesting(void **state)
{
	(void)state;
	for (int form = 0; form < 3; form++)
		for (int deep = 0; deep < 2; deep++) {
			fy_buf p = { 0 };
			result r;

			put_nested(&p, form, deep ? 150000 : FY_PICKLE_MAX_DEPTH - 10);
			r = load(p.data, p.len, false, 0);
			assert_int_equal(r.status, deep ? FY_MALFORMED : FY_OK);
			if (deep)
				assert_string_equal(r.diags.items[0].id, "pickle-depth");
			fy_buf_release(&p);
			drop(&r);
		}
}

static void limits_objects(void **state)
{
	fy_buf p = { 0 };
	result r;

	(void)state;
	fy_buf_putc(&p, '(');
	for (int i = 0; i < 5000; i++)
		fy_buf_putc(&p, ']');
	fy_buf_puts(&p, "t.");
	r = load(p.data, p.len, false, 1000);
	assert_int_equal(r.status, FY_MALFORMED);
	drop(&r);
	r = load(p.data, p.len, false, 6000);
	assert_int_equal(r.status, FY_OK);
	fy_buf_release(&p);
	drop(&r);
}

/* Levels of pairs that share: each value once, though 2^levels paths lead to the last one. */
static void walks_shared_values_once(void **state)
{
	static const struct {
		int levels;
		fy_status status;
	} cases[] = { { 20, FY_OK }, { 25, FY_OK }, { 26, FY_MALFORMED }, { 60, FY_MALFORMED } };

	(void)state;
	for (size_t i = 0; i < FY_COUNT(cases); i++) {
		fy_buf p = { 0 };
		result r;

		fy_buf_puts(&p, "N");
		for (int k = 0; k < cases[i].levels; k++)
			fy_buf_puts(&p, "2\206");
		fy_buf_putc(&p, '.');
		r = load(p.data, p.len, false, 0);
		assert_int_equal(r.status, cases[i].status);
		if (r.status == FY_OK)
			assert_int_equal(r.pickle.values, cases[i].levels + 3);
		else
			assert_string_equal(r.diags.items[0].id, "pickle-unfolded");
		fy_buf_release(&p);
		drop(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_python_writes),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(survives_every_flip),
		cmocka_unit_test(refuses_with_the_right_id),
		cmocka_unit_test(script_knows_fewer_opcodes),
		cmocka_unit_test(keeps_aliases),
		cmocka_unit_test(keeps_objects_as_data),
		cmocka_unit_test(memo_is_sparse),
		cmocka_unit_test(limits_nesting),
		cmocka_unit_test(limits_objects),
		cmocka_unit_test(walks_shared_values_once),
	};

	return cmocka_run_group_tests_name("archive pickle", tests, NULL, NULL);
}
