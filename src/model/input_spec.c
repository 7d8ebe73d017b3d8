/*
 * The text of one input: a shape, a typed shape, a file, a number. What a bare number means depends on what
 * the argument takes: "4" is the shape [4] for a tensor and the number 4 for an int.
 */
#include "model/model.h"

#include <string.h>

static fy_status refuse(const char *text, const char *why, fy_diags *diags)
{
	fy_error(diags, FY_USAGE, "input-spec", NULL, "cannot understand the input '%s': %s", text, why);
	fy_hint(diags,
		"write 1x3x224x224, int64[1,128], @file.npy, 5, 1.5, true or none; name=... to address one");
	return FY_USAGE;
}

/* Sizes separated by `separator`, ended by `end`; false when the text is none. Advances *at past `end`. */
static bool read_dims(const char **at, char separator, char end, fy_shape *shape)
{
	const char *p = *at;
	shape->rank = 0;
	while (*p != end || shape->rank > 0) {
		int64_t size = 0;
		const char *start = p;
		if (shape->rank == FY_MAX_RANK)
			return false;
		for (; *p >= '0' && *p <= '9'; p++)
			if (!fy_mul_i64(size, 10, &size) || !fy_add_i64(size, *p - '0', &size))
				return false;
		if (p == start)
			return false;
		shape->dims[shape->rank++] = size;
		if (*p == end)
			break;
		if (*p++ != separator)
			return false;
	}
	*at = end ? p + 1 : p;
	return true;
}

static fy_status take_shape(fy_input_value *out, const char *text, fy_dtype dtype, const fy_shape *shape,
			    fy_diags *diags)
{
	int64_t numel, bytes;
	if (!fy_shape_numel(shape, &numel) || !fy_mul_i64(numel, (int64_t)fy_dtype_size(dtype), &bytes))
		return refuse(text, "it is too large", diags);
	out->arg = fy_arg_tensor(fy_tensor_meta(dtype, shape));
	return FY_OK;
}

/* float32[1,3,8,8]; *is false when the text is no typed shape at all. */
static fy_status parse_typed(fy_input_value *out, const char *text, bool *is, fy_diags *diags)
{
	const char *bracket = strchr(text, '[');
	fy_shape shape;
	fy_dtype dtype;
	*is = bracket != NULL && text[0] != '\'' && text[0] != '"';
	if (!*is)
		return FY_OK;
	if (!fy_dtype_parse((fy_str){ text, (size_t)(bracket - text) }, &dtype))
		return refuse(text, "no element type of that name", diags);
	const char *at = bracket + 1;
	if (!read_dims(&at, ',', ']', &shape) || *at)
		return refuse(text, "sizes are written [1,3,8,8]", diags);
	return take_shape(out, text, dtype, &shape, diags);
}

static bool is_shape(const char *text, fy_shape *shape)
{
	return *text && read_dims(&text, 'x', '\0', shape) && !*text;
}

fy_status fy_input_take(fy_input_value *out, fy_tensor *tensor, fy_input_want want, const char *text,
			fy_diags *diags)
{
	bool single = fy_tensor_numel(tensor) == 1 && fy_dtype_has_values(tensor->dtype);
	*out = (fy_input_value){ .arg = fy_arg_none() };
	if (want == FY_WANT_TENSOR || want == FY_WANT_ANY)
		*out = (fy_input_value){ fy_arg_tensor(fy_tensor_ref(tensor)), true };
	else if (single && want == FY_WANT_INT)
		out->arg = fy_arg_int(fy_tensor_get_i64(tensor, 0));
	else if (single && want == FY_WANT_FLOAT)
		out->arg = fy_arg_float(fy_tensor_get_f64(tensor, 0));
	else if (single && want == FY_WANT_BOOL)
		out->arg = fy_arg_bool(fy_tensor_get_i64(tensor, 0) != 0);
	else
		return refuse(text, "the argument is no tensor, and this is no single number", diags);
	return FY_OK;
}

static fy_status parse_file(fy_input_value *out, const char *path, fy_input_want want, fy_diags *diags)
{
	fy_tensor *tensor = NULL;
	FY_TRY(fy_npy_read(&tensor, path, diags));
	fy_status status = fy_input_take(out, tensor, want, path, diags);
	fy_tensor_unref(tensor);
	return status;
}

static bool parse_word(fy_arg *out, const char *text, fy_arena *arena)
{
	size_t len = strlen(text);
	if (!strcmp(text, "none") || !strcmp(text, "None"))
		*out = fy_arg_none();
	else if (!strcmp(text, "true") || !strcmp(text, "True"))
		*out = fy_arg_bool(true);
	else if (!strcmp(text, "false") || !strcmp(text, "False"))
		*out = fy_arg_bool(false);
	else if (len >= 2 && (text[0] == '\'' || text[0] == '"') && text[len - 1] == text[0])
		*out = fy_arg_str(fy_arena_strndup(arena, text + 1, len - 2));
	else
		return false;
	return true;
}

/* A number for an argument that takes numbers; ints serve as floats, as in Python. */
static bool parse_number(fy_arg *out, const char *text, fy_input_want want)
{
	int64_t i;
	double f;
	if (fy_parse_i64(text, &i))
		*out = want == FY_WANT_FLOAT ? fy_arg_float((double)i) : fy_arg_int(i);
	else if (want != FY_WANT_INT && fy_parse_f64(text, &f))
		*out = fy_arg_float(f);
	else
		return false;
	return want != FY_WANT_BOOL && want != FY_WANT_STR;
}

static fy_status parse_for_tensor(fy_input_value *out, const char *text, const fy_tensor *base,
				  fy_arena *arena, fy_diags *diags)
{
	fy_shape shape;
	double number;
	fy_dtype dtype = base ? base->dtype : FY_F32;
	if (is_shape(text, &shape))
		return take_shape(out, text, dtype, &shape, diags);
	if (parse_word(&out->arg, text, arena) && out->arg.kind == FY_ARG_NONE)
		return FY_OK;
	if (!fy_parse_f64(text, &number))
		return refuse(text, "a tensor is expected here", diags);
	out->arg = fy_arg_tensor(fy_tensor_scalar_f64(dtype, number));
	out->has_data = true;
	return FY_OK;
}

fy_status fy_input_parse(fy_input_value *out, const char *text, fy_input_want want, const fy_tensor *base,
			 fy_arena *arena, fy_diags *diags)
{
	bool typed;
	fy_shape shape;
	*out = (fy_input_value){ .arg = fy_arg_none() };
	if (text[0] == '@')
		return parse_file(out, text + 1, want, diags);
	FY_TRY(parse_typed(out, text, &typed, diags));
	if (typed && want != FY_WANT_TENSOR && want != FY_WANT_ANY) {
		fy_tensor_unref(out->arg.t);
		return refuse(text, "the argument is no tensor", diags);
	}
	if (typed)
		return FY_OK;
	if (want == FY_WANT_TENSOR)
		return parse_for_tensor(out, text, base, arena, diags);
	if (parse_word(&out->arg, text, arena) || parse_number(&out->arg, text, want))
		return FY_OK;
	if (want == FY_WANT_ANY && is_shape(text, &shape))
		return take_shape(out, text, FY_F32, &shape, diags);
	if (want == FY_WANT_STR) {
		out->arg = fy_arg_str(fy_arena_strdup(arena, text));
		return FY_OK;
	}
	return refuse(text,
		      want == FY_WANT_INT    ? "an int is expected here"
		      : want == FY_WANT_BOOL ? "true or false is expected here"
					     : "a number is expected here",
		      diags);
}
