/*
 * Any bytes as TorchScript: parsed, printed and parsed again, then bound as the code of an archive whose root
 * object is of the first class in it, with a value for each attribute.
 */
#include "fuzz.h"

#include "../unit/archive_builder.h"
#include "eval/eval.h"

static const char member[] = "code/__torch__.py";

/* ---- the text ---- */

static fy_script_file *parse(fy_arena *arena, fy_str source, fy_status *status)
{
	fy_script_file *file = NULL;
	fy_diags diags = { 0 };

	*status = fy_script_parse(arena, source, "fuzz.pt", member, &diags, &file);
	fuzz_judge(*status, &diags);
	fy_diags_clear(&diags);
	return file;
}

/* What was parsed prints as text that parses and prints the same. */
static void print_twice(fy_arena *arena, const fy_script_file *file)
{
	fy_buf once = { 0 }, twice = { 0 };
	fy_status status;

	fy_script_print(file, &once);
	file = parse(arena, (fy_str){ fy_buf_text(&once), once.len }, &status);
	FY_ASSERT(status == FY_OK);
	fy_script_print(file, &twice);
	FY_ASSERT(fy_str_eq((fy_str){ fy_buf_text(&once), once.len },
			    (fy_str){ fy_buf_text(&twice), twice.len }));
	fy_buf_release(&once);
	fy_buf_release(&twice);
}

/* ---- the program ---- */

static void put_attribute(fy_buf *pickle, const fy_script_field *attribute)
{
	static const struct {
		fy_ts_kind kind;
		const char *bytes;
		size_t size;
	} values[] = {
		{ FY_TS_BOOL, BYTES("\x88") },    { FY_TS_INT, BYTES("K\x03") },
		{ FY_TS_NUMBER, BYTES("K\x03") }, { FY_TS_FLOAT, BYTES("G\x3f\xe0\0\0\0\0\0\0") },
		{ FY_TS_LIST, BYTES("]") },       { FY_TS_DICT, BYTES("}") },
		{ FY_TS_TUPLE, BYTES(")") },      { FY_TS_STR, BYTES("U\x04text") },
	};
	fy_ts_kind kind = attribute->type ? attribute->type->kind : FY_TS_NONE;

	put_sized(pickle, attribute->name);
	if (kind == FY_TS_TENSOR) {
		put_tensor(pickle, "0", 4, 0, 4, 1);
		return;
	}
	for (size_t i = 0; i < FY_COUNT(values); i++)
		if (values[i].kind == kind) {
			fy_buf_append(pickle, values[i].bytes, values[i].size);
			return;
		}
	PUT(pickle, "N");
}

static void put_root(fy_buf *pickle, const fy_script_class *class)
{
	PUT(pickle, "\x80\x02");
	fy_buf_puts(pickle, "c__torch__\n");
	fy_buf_puts(pickle, class->name);
	fy_buf_puts(pickle, "\n)\x81}(");
	for (int i = 0; i < class->attribute_count; i++)
		put_attribute(pickle, &class->attributes[i]);
	PUT(pickle, "ub.");
}

static void bind(const fy_script_class *root, const uint8_t *source, size_t size)
{
	static const float weights[] = { 1, 2, 3, 4 };
	fy_arena *arena = fy_arena_new();
	fy_buf pickle = { 0 };
	builder b = { .unaligned = true };
	fy_diags diags = { 0 };
	fy_archive *archive = NULL;
	fy_program *program;

	put_root(&pickle, root);
	builder_add(&b, "m/data.pkl", pickle.data, pickle.len);
	builder_add(&b, "m/data/0", weights, sizeof(weights));
	builder_add(&b, "m/constants.pkl", BYTES("\x80\x02K\x07\x85."));
	builder_add(&b, "m/code/__torch__.py", source, size);
	builder_text(&b, "m/version", "3\n");
	builder_end(&b, false);
	fy_status status =
		fy_archive_open_bytes(&archive, arena, b.file.data, b.file.len, "fuzz.pt", 0, &diags);
	if (status == FY_OK)
		status = fy_program_bind(&program, arena, archive, fy_eval_is_builtin, &diags);
	fuzz_judge(status, &diags);
	fy_archive_close(archive);
	fy_diags_clear(&diags);
	fy_arena_free(arena);
	builder_release(&b);
	fy_buf_release(&pickle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fy_arena *arena = fy_arena_new();
	fy_status status;
	const fy_script_file *file = parse(arena, (fy_str){ (const char *)data, size }, &status);

	if (status == FY_OK) {
		print_twice(arena, file);
		if (file->class_count > 0)
			bind(file->classes[0], data, size);
	}
	fy_arena_free(arena);
	return 0;
}
