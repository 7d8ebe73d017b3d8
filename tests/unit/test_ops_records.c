/*
 * Walks over every operator record and every case of it: inference on metas equals inference on tensors
 * equals the geometry and aliasing that PyTorch gave; on symbolic dims it does not contradict them;
 * evaluation equals PyTorch's values; what PyTorch refuses is refused. FERRY_TEST_OP=aten::name runs one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <math.h>

#include "kernels/kernels.h"
#include "op_cases.h"

/* ---- goldens: "NAME CASE" -> the lines of its results --------------------------------------------- */

static fy_map goldens; /* value: first result line, in a mapped file's copy */
static fy_arena *golden_arena;

static void read_golden_file(const char *path)
{
	fy_file file;
	fy_diags diags = { 0 };
	assert_int_equal(fy_file_open(&file, path, &diags), FY_OK);
	char *text = fy_arena_strndup(golden_arena, (const char *)file.data, file.size);
	for (char *line = text; line != NULL && *line != '\0';) {
		char *end = strchr(line, '\n');
		if (line[0] != '=' && line[0] != '!' && line[0] != '#' && end != NULL)
			fy_map_put(&goldens, (fy_str){ line, (size_t)(end - line) }, end + 1);
		line = end == NULL ? NULL : end + 1;
	}
	fy_file_close(&file);
}

static int read_goldens(void **state)
{
	(void)state;
	golden_arena = fy_arena_new();
	const char *folder = "tests/golden/ops";
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (fy_ends_with(entry->d_name, ".golden"))
			read_golden_file(fy_arena_printf(golden_arena, "%s/%s", folder, entry->d_name));
	closedir(dir);
	return 0;
}

static int drop_goldens(void **state)
{
	(void)state;
	fy_map_release(&goldens);
	fy_arena_free(golden_arena);
	return 0;
}

/* One expected result. */
typedef struct expected {
	bool raises, end;
	int of, item; /* -1: shares no memory with an argument */
	fy_dtype dtype;
	fy_shape shape;
	int64_t strides[FY_MAX_RANK];
	const char *values;
} expected;

static int64_t read_int(const char **at)
{
	char *end;
	int64_t value = strtoll(*at, &end, 10);
	*at = end;
	return value;
}

static expected read_expected(const char **line)
{
	expected e = { .of = -1, .item = -1 };
	const char *at = *line;
	e.raises = at[0] == '!';
	e.end = at[0] != '=';
	if (e.end)
		return e;
	at += 2;
	if (*at == '@') {
		at++;
		e.of = (int)read_int(&at);
		if (*at == '.') {
			at++;
			e.item = (int)read_int(&at);
		}
		at++;
	}
	size_t length = strcspn(at, "[");
	assert_true(fy_dtype_parse((fy_str){ at, length }, &e.dtype));
	for (at += length + 1; *at != ']'; at += *at == ',')
		e.shape.dims[e.shape.rank++] = read_int(&at);
	at++;
	fy_shape_strides(&e.shape, e.strides);
	if (*at == '(') {
		at++;
		for (int i = 0; i < e.shape.rank; i++, at++)
			e.strides[i] = read_int(&at);
	}
	e.values = at;
	const char *next = strchr(at, '\n');
	*line = next == NULL ? at + strlen(at) : next + 1;
	return e;
}

/* ---- comparing -------------------------------------------------------------------------------------- */

static int failures;

static void complain(const op_case *c, const char *format, ...) FY_PRINTF(2, 3);
static void complain(const op_case *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print_error("%s %s: ", c->op->name, c->text);
	vprint_error(format, args);
	print_error("\n");
	va_end(args);
	failures++;
}

static void put_geometry(fy_buf *out, const fy_tensor *t)
{
	fy_buf_put_tensor_type(out, t);
	fy_buf_puts(out, "(");
	for (int i = 0; i < t->shape.rank; i++)
		fy_buf_printf(out, "%s%" PRId64, i ? "," : "", t->strides[i]);
	fy_buf_puts(out, ")");
}

/* Strides of dims of size 1, and of empty tensors, mean nothing. */
static bool same_layout(const fy_tensor *t, const fy_shape *shape, const int64_t strides[])
{
	if (!fy_shape_eq(&t->shape, shape))
		return false;
	for (int i = 0; i < shape->rank; i++)
		if (shape->dims[i] == 0)
			return true;
	for (int i = 0; i < shape->rank; i++)
		if (shape->dims[i] != 1 && t->strides[i] != strides[i])
			return false;
	return true;
}

static void check_geometry(const op_case *c, int index, const char *who, const fy_tensor *t,
			   const expected *e)
{
	if (t->dtype == e->dtype && same_layout(t, &e->shape, e->strides))
		return;
	fy_tensor *wanted = fy_tensor_meta(e->dtype, &e->shape);
	memcpy(wanted->strides, e->strides, sizeof(e->strides));
	fy_buf text = { 0 };
	put_geometry(&text, t);
	fy_buf_puts(&text, ", PyTorch gives ");
	put_geometry(&text, wanted);
	complain(c, "result %d: %s gives %s", index, who, fy_buf_text(&text));
	fy_buf_release(&text);
	fy_tensor_unref(wanted);
}

static bool close_enough(double a, double b, fy_dtype dtype)
{
	double rtol = dtype == FY_F64 ? 1e-7 : dtype == FY_F32 ? 1e-5 : dtype == FY_F16 ? 2e-3 : 1.6e-2;
	double atol = dtype == FY_F64 ? 1e-9 : dtype == FY_F32 ? 2e-6 : dtype == FY_F16 ? 1e-4 : 1e-3;
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	if (isinf(a) || isinf(b))
		return a == b;
	return fabs(a - b) <= atol + rtol * fabs(b);
}

static void check_values(const op_case *c, int index, const fy_tensor *t, const expected *e)
{
	int64_t numel = fy_tensor_numel(t);
	const char *at = e->values;
	for (int64_t i = 0; i < numel && !fy_dtype_is_complex(t->dtype); i++) {
		bool good;
		double got = fy_tensor_get_f64(t, i), wanted;
		if (fy_dtype_is_float(t->dtype)) {
			char *end;
			wanted = strtod(at, &end);
			at = end;
			good = close_enough(got, wanted, t->dtype);
		} else {
			int64_t exact = read_int(&at);
			wanted = (double)exact;
			good = fy_tensor_get_i64(t, i) == exact;
		}
		if (!good) {
			complain(c, "result %d, element %" PRId64 ": %.9g, PyTorch has %.9g", index, i, got,
				 wanted);
			return;
		}
	}
}

/* ---- one case ----------------------------------------------------------------------------------------- */

static fy_arg without_data(fy_arena *arena, fy_arg arg, fy_tensor **made, int *count)
{
	if (arg.kind == FY_ARG_TENSOR) {
		fy_tensor *meta = fy_tensor_meta(arg.t->dtype, &arg.t->shape);
		memcpy(meta->strides, arg.t->strides, sizeof(meta->strides));
		made[(*count)++] = meta;
		return fy_arg_tensor(meta);
	}
	if (arg.kind == FY_ARG_LIST) {
		fy_arg *items = fy_arena_copy(arena, arg.list.items, (size_t)arg.list.count * sizeof(fy_arg));
		for (int i = 0; i < arg.list.count; i++)
			items[i] = without_data(arena, items[i], made, count);
		return fy_arg_list(items, arg.list.count);
	}
	return arg;
}

static void check_relation(const op_case *c, int index, const fy_result *result, const expected *e)
{
	bool fresh = result->kind == FY_FRESH;
	if (fy_tensor_numel(result->meta) != 0 &&
	    (fresh != (e->of < 0) || (!fresh && (result->of != e->of || result->item != e->item))))
		complain(c, "result %d: relation %d to argument %d.%d, PyTorch shares memory with %d.%d",
			 index, (int)result->kind, result->of, result->item, e->of, e->item);
}

/* Is there a tensor where a number is declared, which then depends on data? */
static bool number_from_data(const fy_schema_type *type, const fy_arg *arg)
{
	while (type->element != NULL)
		type = type->element;
	bool found = arg->kind == FY_ARG_TENSOR;
	for (int i = 0; arg->kind == FY_ARG_LIST && i < arg->list.count; i++)
		found |= arg->list.items[i].kind == FY_ARG_TENSOR;
	return found && type->kind != FY_SCHEMA_TENSOR;
}

static bool sizes_from_data(const op_case *c)
{
	for (int i = 0; i < c->schema->arg_count; i++)
		if (number_from_data(c->schema->args[i].type, &c->args[i]))
			return true;
	return (c->op->flags & FY_OP_DATA_SIZE) != 0;
}

/* Inference, with the data at hand or on metas, against PyTorch's geometry. */
static void check_infer(const op_case *c, bool metas, const char *golden)
{
	fy_diags diags = { 0 };
	fy_call call = case_call(c, &diags);
	fy_tensor *made[64];
	int made_count = 0, symbols = 0, count = 0;
	fy_arg *args = FY_NEW_ARRAY(c->arena, fy_arg, call.arg_count + 1);
	for (int i = 0; i < call.arg_count; i++)
		args[i] = metas ? without_data(c->arena, c->args[i], made, &made_count) : c->args[i];
	call.args = args;
	call.next_symbol = &symbols;
	fy_status status = fy_op_infer(&call);
	bool raises = golden[0] == '!';
	if (status != FY_OK && !raises)
		complain(c, "inference fails: %s", diags.count ? diags.items[0].message : "?");
	for (expected e; status == FY_OK && !(e = read_expected(&golden)).end; count++) {
		if (count >= call.result_count)
			continue;
		check_relation(c, count, &call.results[count], &e);
		if (!sizes_from_data(c))
			check_geometry(c, count, metas ? "inference without data" : "inference",
				       call.results[count].meta, &e);
	}
	if (status == FY_OK && !raises && count != call.result_count)
		complain(c, "%d results, PyTorch has %d", call.result_count, count);
	fy_call_release(&call);
	fy_diags_clear(&diags);
	for (int i = 0; i < made_count; i++)
		fy_tensor_unref(made[i]);
}

/* ---- symbolic dims: sizes above 1 become symbols, one per size ------------------------------------------
 */

enum { SIZES = 256 };

static fy_tensor *with_symbols(const fy_tensor *t)
{
	fy_shape shape = t->shape;
	for (int i = 0; i < shape.rank; i++)
		if (shape.dims[i] > 1 && shape.dims[i] < SIZES)
			shape.dims[i] = fy_dim_symbol((int)shape.dims[i]);
	fy_tensor *meta = fy_tensor_meta(t->dtype, &shape);
	if (!fy_tensor_is_contiguous(t))
		for (int i = 0; i < shape.rank; i++)
			meta->strides[i] = t->strides[i] <= 1 ? t->strides[i] : FY_STRIDE_UNKNOWN;
	return meta;
}

static fy_arg symbolic(fy_arena *arena, fy_arg arg, fy_tensor **made, int *count)
{
	if (arg.kind == FY_ARG_TENSOR)
		return fy_arg_tensor(made[(*count)++] = with_symbols(arg.t));
	if (arg.kind == FY_ARG_LIST) {
		fy_arg *items = fy_arena_copy(arena, arg.list.items, (size_t)arg.list.count * sizeof(fy_arg));
		for (int i = 0; i < arg.list.count; i++)
			items[i] = symbolic(arena, items[i], made, count);
		return fy_arg_list(items, arg.list.count);
	}
	return arg;
}

/* What is known of the result holds for the sizes that the symbols stand for. */
static void check_symbolic_result(const op_case *c, int index, const fy_tensor *meta, const expected *e)
{
	bool good = meta->dtype == e->dtype && meta->shape.rank == e->shape.rank;
	for (int i = 0; good && i < e->shape.rank; i++) {
		fy_dim dim = meta->shape.dims[i];
		int64_t size = fy_dim_known(dim) ? dim : -1 - dim;
		good = size == e->shape.dims[i] || size >= SIZES;
	}
	if (good)
		return;
	fy_buf text = { 0 };
	fy_buf_put_tensor_type(&text, meta);
	complain(c, "result %d: inference with symbolic dims gives %s", index, fy_buf_text(&text));
	fy_buf_release(&text);
}

/* Inference may say that it needs known sizes, but what it answers must be true. */
static void check_symbolic(const op_case *c, const char *golden)
{
	fy_diags diags = { 0 };
	fy_call call = case_call(c, &diags);
	fy_tensor *made[64];
	int made_count = 0, next_symbol = SIZES;
	fy_arg *args = FY_NEW_ARRAY(c->arena, fy_arg, call.arg_count + 1);
	for (int i = 0; i < call.arg_count; i++)
		args[i] = symbolic(c->arena, c->args[i], made, &made_count);
	call.args = args;
	call.next_symbol = &next_symbol;
	if (golden[0] != '!' && fy_op_infer(&call) == FY_OK) {
		expected e;
		for (int i = 0; i < call.result_count && !(e = read_expected(&golden)).end; i++)
			check_symbolic_result(c, i, call.results[i].meta, &e);
		fy_call_release(&call);
	}
	fy_diags_clear(&diags);
	for (int i = 0; i < made_count; i++)
		fy_tensor_unref(made[i]);
}

static void check_eval(const op_case *c, const char *golden)
{
	fy_diags diags = { 0 };
	fy_call call = case_call(c, &diags);
	fy_tensor **results;
	int count, seen = 0;
	fy_status status = fy_op_run(&call, false, &results, &count);
	bool raises = golden[0] == '!';
	if (raises && status == FY_OK)
		complain(c, "PyTorch raises, evaluation does not");
	if (!raises && status != FY_OK)
		complain(c, "evaluation fails: %s", diags.count ? diags.items[0].message : "?");
	for (expected e; status == FY_OK && !(e = read_expected(&golden)).end; seen++) {
		if (seen >= count)
			continue;
		int before = failures;
		check_geometry(c, seen, "evaluation", results[seen], &e);
		if (failures == before && !c->geometry_only)
			check_values(c, seen, results[seen], &e);
	}
	if (status == FY_OK && !raises && seen != count)
		complain(c, "%d results, PyTorch has %d", count, seen);
	for (int i = 0; i < count; i++)
		fy_tensor_unref(results[i]);
	fy_diags_clear(&diags);
}

static void check_case(const fy_op *op, const char *text)
{
	op_case c;
	if (!case_read(&c, op, text)) {
		complain(&c, "the case does not parse: %s", c.error);
		case_release(&c);
		return;
	}
	const char *key = fy_arena_printf(c.arena, "%s %s", op->name, text);
	const char *golden = fy_map_get(&goldens, fy_str_of(key));
	if (golden == NULL) {
		complain(&c, "no golden: run tools/make_op_goldens.py");
	} else {
		check_infer(&c, false, golden);
		check_infer(&c, true, golden);
		check_symbolic(&c, golden);
		check_eval(&c, golden);
	}
	case_release(&c);
}

static void every_case_is_as_pytorch(void **state)
{
	(void)state;
	const char *only = getenv("FERRY_TEST_OP");
	failures = 0;
	int cases = 0;
	for (int i = 0; i < fy_op_count(); i++) {
		const fy_op *op = fy_op_at(i);
		if (only != NULL && strcmp(only, op->name) != 0)
			continue;
		if (op->cases == NULL) {
			print_error("%s has no cases\n", op->name);
			failures++;
			continue;
		}
		for (int k = 0; op->cases[k] != NULL; k++, cases++)
			check_case(op, op->cases[k]);
	}
	print_message("%d operators, %d cases\n", fy_op_count(), cases);
	assert_int_equal(failures, 0);
	assert_true(cases > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_as_pytorch),
	};
	return cmocka_run_group_tests(tests, read_goldens, drop_goldens);
}
