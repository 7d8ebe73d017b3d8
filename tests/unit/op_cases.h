/*
 * Test cases of operator records (grammar: docs/adding-an-operator.md): reads one into a call with
 * deterministic data. Shared by the tests that walk over all records.
 */
#ifndef OP_CASES_H
#define OP_CASES_H

#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"

typedef struct op_case {
	const fy_op *op;
	const char *text;
	bool geometry_only;
	const fy_schema *schema;
	fy_arg *args; /* schema->arg_count of them */
	fy_arena *arena;
	fy_tensor *tensors[32];
	int tensor_count;
	const char *error; /* what is wrong with the text */
} op_case;

typedef struct case_reader {
	op_case *c;
	const char *at;
} case_reader;

static inline void case_fail(case_reader *r, const char *why)
{
	if (r->c->error == NULL)
		r->c->error = why;
	r->at = "";
}

static inline bool case_accept(case_reader *r, char c)
{
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- deterministic data: the same formula stands in tools/make_op_goldens.py ---- */

typedef struct case_range {
	bool given;
	double low, high;
	double values[128];
	int value_count;
} case_range;

static inline void fill_element(fy_tensor *t, int64_t index, const case_range *range, uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	if (range->value_count > 0) {
		fy_tensor_set_f64(t, index, range->values[index % range->value_count]);
	} else if (t->dtype == FY_BOOL && !range->given) {
		fy_tensor_set_i64(t, index, (int64_t)(*state >> 63));
	} else if (fy_dtype_is_float(t->dtype) || fy_dtype_is_complex(t->dtype)) {
		double low = range->given ? range->low : -2, high = range->given ? range->high : 2;
		fy_tensor_set_f64(t, index, low + (high - low) * ((double)(*state >> 40) / 16777216.0));
	} else {
		bool is_signed = t->dtype >= FY_I8 && t->dtype <= FY_I64;
		int64_t low = range->given ? (int64_t)range->low : is_signed ? -4 : 0;
		int64_t high = range->given ? (int64_t)range->high : is_signed ? 5 : 9;
		fy_tensor_set_i64(t, index, low + (int64_t)((*state >> 33) % (uint64_t)(high - low)));
	}
}

/* ---- layouts ---- */

/* A tensor of `shape` whose memory order is `layout`. */
static inline fy_tensor *new_in_layout(fy_dtype dtype, const fy_shape *shape, char layout)
{
	int rank = shape->rank, order[FY_MAX_RANK]; /* dims from the outermost in memory */
	fy_shape memory = *shape;
	for (int i = 0; i < rank; i++)
		order[i] = layout == 'R' ? rank - 1 - i : i;
	if (layout == 'T' && rank >= 2) {
		order[rank - 1] = rank - 2;
		order[rank - 2] = rank - 1;
	}
	for (int i = 1; layout == 'L' && i < rank; i++)
		order[i] = i + 1 < rank ? i + 1 : 1;
	for (int i = 0; i < rank; i++)
		memory.dims[i] = shape->dims[order[i]];
	if (layout == 'S' && rank > 0)
		memory.dims[rank - 1] *= 2;
	if (layout == 'E' && rank > 0)
		memory.dims[0] = 1;
	fy_tensor *base = fy_tensor_new(dtype, &memory, true);
	int64_t strides[FY_MAX_RANK];
	for (int i = 0; i < rank; i++)
		strides[order[i]] = base->strides[i];
	if (layout == 'S' && rank > 0)
		strides[rank - 1] = 2;
	if (layout == 'E' && rank > 0)
		strides[0] = 0;
	fy_tensor *view = fy_tensor_view(base, dtype, shape, strides, 0);
	fy_tensor_unref(base);
	return view;
}

/* ---- values ---- */

static inline double read_case_number(case_reader *r)
{
	char *end;
	double value = strtod(r->at, &end);
	if (end == r->at)
		case_fail(r, "number expected");
	else
		r->at = end;
	return value;
}

static inline void read_case_range(case_reader *r, case_range *range)
{
	double first = read_case_number(r);
	if (case_accept(r, ':')) {
		range->given = true;
		range->low = first;
		range->high = read_case_number(r);
	} else {
		range->values[range->value_count++] = first;
		while (case_accept(r, ',') && range->value_count < (int)FY_COUNT(range->values))
			range->values[range->value_count++] = read_case_number(r);
	}
	if (!case_accept(r, '}'))
		case_fail(r, "'}' expected");
}

static inline fy_arg read_case_tensor(case_reader *r, fy_dtype dtype)
{
	fy_shape shape = { 0 };
	case_range range = { 0 };
	char layout = 0;
	while (*r->at != ']' && *r->at != '\0' && shape.rank < FY_MAX_RANK) {
		shape.dims[shape.rank++] = (int64_t)read_case_number(r);
		case_accept(r, ',');
	}
	if (!case_accept(r, ']'))
		case_fail(r, "']' expected");
	if (case_accept(r, '{'))
		read_case_range(r, &range);
	if (case_accept(r, '^'))
		layout = *r->at++;
	if (r->c->error != NULL || r->c->tensor_count == (int)FY_COUNT(r->c->tensors))
		return fy_arg_none();
	fy_tensor *t = new_in_layout(dtype, &shape, layout);
	uint64_t state = 1234567 + 7919 * (uint64_t)r->c->tensor_count;
	int64_t numel = fy_tensor_numel(t);
	for (int64_t i = 0; i < numel; i++)
		fill_element(t, i, &range, &state);
	r->c->tensors[r->c->tensor_count++] = t;
	return fy_arg_tensor(t);
}

static inline fy_arg read_case_value(case_reader *r);

static inline fy_arg read_case_list(case_reader *r)
{
	fy_arg items[32];
	int count = 0;
	while (*r->at != ']' && *r->at != '\0' && count < (int)FY_COUNT(items)) {
		items[count++] = read_case_value(r);
		case_accept(r, ',');
	}
	if (!case_accept(r, ']'))
		case_fail(r, "']' expected after a list");
	return fy_arg_list(fy_arena_copy(r->c->arena, items, (size_t)count * sizeof(fy_arg)), count);
}

static inline fy_arg read_case_word(case_reader *r, const char *word)
{
	fy_dtype dtype;
	int64_t i;
	double f;
	if (strcmp(word, "none") == 0)
		return fy_arg_none();
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return fy_arg_bool(word[0] == 't');
	if (fy_parse_i64(word, &i))
		return fy_arg_int(i);
	if (fy_parse_f64(word, &f))
		return fy_arg_float(f);
	if (fy_dtype_parse(fy_str_of(word), &dtype))
		return case_accept(r, '[') ? read_case_tensor(r, dtype) : fy_arg_int(dtype);
	case_fail(r, "unknown word");
	return fy_arg_none();
}

static inline fy_arg read_case_value(case_reader *r)
{
	if (case_accept(r, '['))
		return read_case_list(r);
	if (case_accept(r, '\'')) {
		size_t length = strcspn(r->at, "'");
		const char *text = fy_arena_strndup(r->c->arena, r->at, length);
		r->at += length + (r->at[length] == '\'');
		return fy_arg_str(text);
	}
	size_t length = strcspn(r->at, " ,[]");
	const char *word = fy_arena_strndup(r->c->arena, r->at, length);
	r->at += length;
	return read_case_word(r, word);
}

/* ---- the whole case ---- */

/* The overload named, else the empty one, else the first that the record serves. */
static inline const fy_schema *case_schema(const fy_op *op, const char *overload)
{
	fy_schema_set set = fy_schemas_of(op->name);
	const fy_schema *first = NULL;
	for (int i = 0; i < set.count; i++) {
		const fy_schema *schema = &set.schemas[i];
		if (fy_op_of(schema) != op)
			continue;
		if (strcmp(schema->overload, overload == NULL ? "" : overload) == 0)
			return schema;
		if (first == NULL)
			first = schema;
	}
	return overload == NULL ? first : NULL;
}

/* Index of the argument "name=" that stands here; -1: positional. */
static inline int read_case_keyword(case_reader *r, const fy_schema *schema)
{
	size_t length = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (r->at[length] != '=')
		return -1;
	for (int i = 0; i < schema->arg_count; i++) {
		if (strlen(schema->args[i].name) == length &&
		    strncmp(schema->args[i].name, r->at, length) == 0) {
			r->at += length + 1;
			return i;
		}
	}
	case_fail(r, "no argument of that name");
	return -1;
}

static inline void read_case_args(case_reader *r, op_case *c)
{
	int next = 0;
	bool *given = FY_NEW_ARRAY(c->arena, bool, c->schema->arg_count + 1);
	while (*r->at != '\0' && c->error == NULL) {
		int index = read_case_keyword(r, c->schema);
		if (index < 0)
			index = next++;
		if (index >= c->schema->arg_count || given[index]) {
			case_fail(r, "too many arguments");
			return;
		}
		given[index] = true;
		c->args[index] = read_case_value(r);
		if (*r->at != '\0' && !case_accept(r, ' '))
			case_fail(r, "blank expected");
		while (case_accept(r, ' '))
			;
	}
	for (int i = 0; i < c->schema->arg_count; i++) {
		if (given[i])
			continue;
		if (!c->schema->args[i].has_default)
			case_fail(r, "an argument is missing");
		c->args[i] = c->schema->args[i].fallback;
	}
}

static inline bool case_read(op_case *c, const fy_op *op, const char *text)
{
	*c = (op_case){ .op = op, .text = text, .arena = fy_arena_new() };
	case_reader r = { c, text };
	const char *overload = NULL;
	c->geometry_only = case_accept(&r, '~');
	if (case_accept(&r, '.')) {
		size_t length = strcspn(r.at, " ");
		overload = fy_arena_strndup(c->arena, r.at, length);
		r.at += length;
	}
	while (case_accept(&r, ' '))
		;
	c->schema = case_schema(op, overload);
	if (c->schema == NULL) {
		c->error = "no such overload";
		return false;
	}
	c->args = FY_NEW_ARRAY(c->arena, fy_arg, c->schema->arg_count + 1);
	read_case_args(&r, c);
	return c->error == NULL;
}

static inline void case_release(op_case *c)
{
	for (int i = 0; i < c->tensor_count; i++)
		fy_tensor_unref(c->tensors[i]);
	fy_arena_free(c->arena);
}

static inline fy_call case_call(const op_case *c, fy_diags *diags)
{
	return (fy_call){ .schema = c->schema,
			  .args = c->args,
			  .arg_count = c->schema->arg_count,
			  .arena = c->arena,
			  .diags = diags,
			  .seed = 1 };
}

#endif
