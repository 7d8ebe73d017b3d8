/*
 * NumPy's .npy files: a magic, a Python literal that describes the array, and its bytes.
 * Files come from users and may be anything: the literal is read by a small strict parser.
 */
#include "tensor/tensor_internal.h"

#include <string.h>

typedef struct npy_type {
	const char *descr; /* without the byte order */
	fy_dtype dtype;
} npy_type;

static const npy_type types[] = {
	{ "b1", FY_BOOL }, { "u1", FY_U8 },  { "u2", FY_U16 }, { "u4", FY_U32 },   { "u8", FY_U64 },
	{ "i1", FY_I8 },   { "i2", FY_I16 }, { "i4", FY_I32 }, { "i8", FY_I64 },   { "f2", FY_F16 },
	{ "f4", FY_F32 },  { "f8", FY_F64 }, { "c8", FY_C64 }, { "c16", FY_C128 },
};

/* ---- reading ---- */

typedef struct header {
	fy_dtype dtype;
	bool fortran;
	fy_shape shape;
	size_t data; /* offset of the first element */
} header;

/* A cursor over the literal; the first failure names itself in `wrong` and sticks. */
typedef struct cursor {
	const char *at, *end;
	const char *wrong;
} cursor;

static void skip_space(cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n'))
		c->at++;
}

static bool take(cursor *c, char what)
{
	skip_space(c);
	if (c->wrong || c->at == c->end || *c->at != what)
		return false;
	c->at++;
	return true;
}

static void expect(cursor *c, char what)
{
	if (!take(c, what) && !c->wrong)
		c->wrong = "its header is not the literal of a dict";
}

static fy_str take_quoted(cursor *c)
{
	char quote = take(c, '\'') ? '\'' : '"';

	if (quote == '"')
		expect(c, '"');
	fy_str text = { c->at, 0 };
	while (c->at < c->end && *c->at != quote)
		c->at++;
	text.len = (size_t)(c->at - text.data);
	expect(c, quote);
	return text;
}

static bool take_word(cursor *c, const char *word)
{
	size_t len = strlen(word);

	skip_space(c);
	if (c->wrong || (size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

static bool take_bool(cursor *c)
{
	if (take_word(c, "True"))
		return true;
	if (!take_word(c, "False") && !c->wrong)
		c->wrong = "fortran_order is neither True nor False";
	return false;
}

static int64_t take_size(cursor *c)
{
	int64_t value = 0;
	const char *start;

	skip_space(c);
	for (start = c->at; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		if (!fy_mul_i64(value, 10, &value) || !fy_add_i64(value, *c->at - '0', &value))
			c->wrong = "a dim is too large";
	}
	if (c->at == start && !c->wrong)
		c->wrong = "its shape is not a tuple of sizes";
	(void)take(c, 'L'); /* as Python 2 wrote long integers */
	return value;
}

static void take_shape(cursor *c, fy_shape *shape)
{
	expect(c, '(');
	while (!c->wrong && !take(c, ')')) {
		int64_t size = take_size(c);
		if (shape->rank == FY_MAX_RANK) {
			c->wrong = "it has more than 16 dims";
			return;
		}
		shape->dims[shape->rank++] = size;
		if (!take(c, ',')) {
			expect(c, ')');
			return;
		}
	}
}

static void take_descr(cursor *c, fy_dtype *dtype)
{
	skip_space(c);
	if (c->at < c->end && *c->at == '[') {
		c->wrong = "its elements are structures";
		return;
	}
	fy_str descr = take_quoted(c);
	char order = descr.len ? descr.data[0] : ' ';
	if (c->wrong)
		return;
	if (order == '<' || order == '|' || order == '=' || order == '>')
		descr = (fy_str){ descr.data + 1, descr.len - 1 };
	for (size_t i = 0; i < FY_COUNT(types); i++) {
		if (fy_str_is(descr, types[i].descr)) {
			*dtype = types[i].dtype;
			if (order == '>' && fy_dtype_size(*dtype) > 1)
				c->wrong = "its elements are big-endian";
			return;
		}
	}
	c->wrong = "its element type has no counterpart here";
}

static void take_header(cursor *c, header *h)
{
	bool descr = false, fortran = false, shape = false;

	expect(c, '{');
	while (!c->wrong && !take(c, '}')) {
		fy_str key = take_quoted(c);
		expect(c, ':');
		if (c->wrong)
			break;
		if (fy_str_is(key, "descr") && !descr) {
			take_descr(c, &h->dtype);
			descr = true;
		} else if (fy_str_is(key, "fortran_order") && !fortran) {
			h->fortran = take_bool(c);
			fortran = true;
		} else if (fy_str_is(key, "shape") && !shape) {
			take_shape(c, &h->shape);
			shape = true;
		} else {
			c->wrong = "its header has an unknown or repeated key";
		}
		if (!take(c, ',')) {
			expect(c, '}');
			break;
		}
	}
	if (!c->wrong && !(descr && fortran && shape))
		c->wrong = "its header lacks descr, fortran_order or shape";
}

/* NULL, or what is wrong. */
static const char *parse(const fy_file *file, header *h)
{
	uint32_t length = 0;
	size_t numbers = 2; /* bytes of the header's length */

	if (file->size < 10 || memcmp(file->data, "\x93NUMPY", 6) != 0)
		return "it is not an .npy file";
	if (file->data[6] < 1 || file->data[6] > 3)
		return "its .npy version is unknown";
	if (file->data[6] > 1)
		numbers = 4;
	if (file->size < 8 + numbers)
		return "it is truncated";
	memcpy(&length, file->data + 8, numbers);
	if (length > file->size - 8 - numbers)
		return "it is truncated";
	const char *text = (const char *)file->data + 8 + numbers;
	cursor c = { text, text + length, NULL };
	take_header(&c, h);
	h->data = 8 + numbers + length;
	return c.wrong;
}

/* The elements as the file orders them, in a storage of their own. */
static fy_tensor *load(const fy_file *file, const header *h)
{
	fy_tensor *tensor = fy_tensor_new(h->dtype, &h->shape, false);
	int64_t step = 1;

	if (!tensor)
		return NULL;
	if (tensor->storage->size)
		memcpy(fy_storage_write(tensor->storage), file->data + h->data, tensor->storage->size);
	if (!h->fortran)
		return tensor;
	for (int i = 0; i < h->shape.rank; i++) {
		tensor->strides[i] = step;
		step *= h->shape.dims[i] ? h->shape.dims[i] : 1;
	}
	fy_tensor *result = fy_tensor_contiguous(tensor);
	fy_tensor_unref(tensor);
	return result;
}

static fy_status read_mapped(fy_tensor **out, const fy_file *file, const char *path, fy_diags *diags)
{
	const fy_place place = { .file = path };
	header h = { 0 };
	int64_t numel;
	size_t bytes;
	const char *wrong = parse(file, &h);

	if (wrong)
		return fy_error(diags, FY_USAGE, "npy-malformed", &place, "cannot read the array: %s", wrong);
	if (!fy_shape_numel(&h.shape, &numel) || !fy_mul_size((size_t)numel, fy_dtype_size(h.dtype), &bytes))
		return fy_error(diags, FY_USAGE, "npy-malformed", &place,
				"cannot read the array: it is too large");
	if (bytes > file->size - h.data)
		return fy_error(
			diags, FY_USAGE, "npy-malformed", &place,
			"cannot read the array: it is truncated: %zu bytes of elements, %zu are there", bytes,
			file->size - h.data);
	*out = load(file, &h);
	if (!*out)
		return fy_error(diags, FY_IO, "memory", &place, "out of memory for %zu bytes", bytes);
	return FY_OK;
}

fy_status fy_npy_read(fy_tensor **out, const char *path, fy_diags *diags)
{
	fy_file file;

	*out = NULL;
	FY_TRY(fy_file_open(&file, path, diags));
	fy_status status = read_mapped(out, &file, path, diags);
	fy_file_close(&file);
	return status;
}

fy_status fy_npy_parse(fy_tensor **out, fy_str bytes, const char *name, fy_diags *diags)
{
	const fy_file file = { .data = (const uint8_t *)bytes.data, .size = bytes.len };

	*out = NULL;
	return read_mapped(out, &file, name, diags);
}

/* ---- writing ---- */

/* The dtype that stands for one without a counterpart; every value fits it. */
static fy_dtype written_as(fy_dtype dtype)
{
	switch (dtype) {
	case FY_BF16:
	case FY_F8_E5M2:
	case FY_F8_E4M3FN:
	case FY_F8_E5M2FNUZ:
	case FY_F8_E4M3FNUZ:
		return FY_F32;
	case FY_C32:
		return FY_C64;
	case FY_QI8:
		return FY_I8;
	case FY_QU8:
		return FY_U8;
	case FY_QI32:
		return FY_I32;
	default:
		return dtype;
	}
}

static void put_header(fy_buf *out, const char *descr, const fy_tensor *tensor)
{
	fy_buf text = { 0 };

	fy_buf_printf(&text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
		      fy_dtype_size(tensor->dtype) == 1 ? '|' : '<', descr);
	for (int i = 0; i < tensor->shape.rank; i++)
		fy_buf_printf(&text, "%s%" PRId64, i ? ", " : "", tensor->shape.dims[i]);
	fy_buf_puts(&text, tensor->shape.rank == 1 ? ",), }" : "), }");
	/* The elements begin at a multiple of 64 bytes. */
	while ((10 + text.len + 1) % 64 != 0)
		fy_buf_putc(&text, ' ');
	fy_buf_putc(&text, '\n');
	uint8_t length[2] = { (uint8_t)(text.len & 0xff), (uint8_t)(text.len >> 8) };
	fy_buf_append(out, "\x93NUMPY\x01\x00", 8);
	fy_buf_append(out, length, 2);
	fy_buf_append(out, text.data, text.len);
	fy_buf_release(&text);
}

static fy_status write_array(const char *path, const char *descr, const fy_tensor *tensor, fy_diags *diags)
{
	fy_buf head = { 0 };
	fy_output *out;

	FY_TRY(fy_output_open(&out, path, diags));
	put_header(&head, descr, tensor);
	fy_status status = fy_output_write(out, head.data, head.len);
	fy_buf_release(&head);
	if (status == FY_OK) {
		size_t bytes = (size_t)fy_tensor_numel(tensor) * fy_dtype_size(tensor->dtype);
		status = fy_output_write(out, fy_tensor_data(tensor), bytes);
	}
	if (status != FY_OK) {
		fy_output_abort(out);
		return status;
	}
	return fy_output_commit(out);
}

fy_status fy_npy_write(const char *path, const fy_tensor *tensor, fy_diags *diags)
{
	const fy_place place = { .file = path };
	fy_dtype dtype = written_as(tensor->dtype);
	const char *descr = NULL;

	FY_ASSERT(tensor->storage);
	for (size_t i = 0; i < FY_COUNT(types); i++)
		descr = types[i].dtype == dtype ? types[i].descr : descr;
	if (!descr)
		return fy_error(diags, FY_UNSUPPORTED, "npy-type", &place, "an .npy file cannot hold %s",
				fy_dtype_name(tensor->dtype));
	fy_tensor *plain = fy_tensor_new(dtype, &tensor->shape, false);
	if (!plain)
		return fy_error(diags, FY_IO, "memory", &place, "out of memory for the array");
	fy_tensor_copy(plain, tensor);
	fy_status status = write_array(path, descr, plain, diags);
	fy_tensor_unref(plain);
	return status;
}
