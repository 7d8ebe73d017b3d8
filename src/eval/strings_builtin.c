/*
 * Strings, and the operators that only talk: messages, warnings, printing. Most strings of a model feed
 * raises in arms that never run.
 */
#include "eval/eval_internal.h"

#include <ctype.h>
#include <string.h>

static bool is_str(const fy_args *args, int i)
{
	return args->count > i && (args->items[i].kind == FY_I_STR || args->items[i].kind == FY_I_DEVICE);
}

/* Takes the buffer; refuses what became too long. */
static fy_status from_buf(fy_eval *ev, fy_buf *buf, fy_ivalue *out)
{
	fy_status status = fy_eval_room(ev, (int64_t)buf->len);

	if (status == FY_OK)
		*out = fy_istring(fy_buf_text(buf), buf->len);
	fy_buf_release(buf);
	return status;
}

/* Going on is useless: the limit is a matter of from_buf. */
static bool too_long(const fy_eval *ev, const fy_buf *buf)
{
	return (int64_t)buf->len > ev->limits.items;
}

/* Text of any value, refused when it nests too deeply. */
static fy_status print_value(fy_eval *ev, fy_ivalue value, fy_buf *text)
{
	fy_status status = fy_eval_bounded(ev, value);

	if (status == FY_OK)
		fy_iprint(value, text, false);
	else
		fy_buf_release(text);
	return status;
}

static fy_status do_len(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!is_str(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_iint((int64_t)args->items[0].s->len);
	return FY_OK;
}

static fy_status do_add(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };

	if (args->count != 2 || !is_str(args, 0) || !is_str(args, 1))
		return FY_OK;
	*handled = true;
	fy_buf_append(&text, args->items[0].s->data, args->items[0].s->len);
	fy_buf_append(&text, args->items[1].s->data, args->items[1].s->len);
	return from_buf(ev, &text, out);
}

static fy_status do_mul(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	int64_t times;

	if (args->count != 2 || !is_str(args, 0) || args->items[1].kind != FY_I_INT)
		return FY_OK;
	*handled = true;
	times = args->items[0].s->len > 0 ? args->items[1].i : 0;
	for (int64_t i = 0; i < times && !too_long(ev, &text); i++)
		fy_buf_append(&text, args->items[0].s->data, args->items[0].s->len);
	return from_buf(ev, &text, out);
}

static int order(const fy_args *args)
{
	const fy_istr *a = args->items[0].s, *b = args->items[1].s;
	int by = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return by ? by : (a->len > b->len) - (a->len < b->len);
}

static bool both(const fy_args *args)
{
	return args->count == 2 && is_str(args, 0) && is_str(args, 1);
}

static fy_status do_lt(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(order(args) < 0);
	return FY_OK;
}

static fy_status do_gt(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(order(args) > 0);
	return FY_OK;
}

static bool find_in(const fy_istr *s, const fy_istr *what, size_t *at)
{
	const char *p = what->len == 0 ? s->data : memmem(s->data, s->len, what->data, what->len);

	if (!p)
		return false;
	*at = (size_t)(p - s->data);
	return true;
}

static fy_status do_contains(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	size_t at;

	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(find_in(args->items[0].s, args->items[1].s, &at));
	return FY_OK;
}

static fy_status do_find(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	size_t at;

	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_iint(find_in(args->items[0].s, args->items[1].s, &at) ? (int64_t)at : -1);
	return FY_OK;
}

static fy_status do_startswith(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(args->items[0].s->len >= args->items[1].s->len &&
			memcmp(args->items[0].s->data, args->items[1].s->data, args->items[1].s->len) == 0);
	return FY_OK;
}

static fy_status do_endswith(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (!both(args))
		return FY_OK;
	*handled = true;
	*out = fy_ibool(args->items[0].s->len >= args->items[1].s->len &&
			memcmp(args->items[0].s->data + args->items[0].s->len - args->items[1].s->len,
			       args->items[1].s->data, args->items[1].s->len) == 0);
	return FY_OK;
}

static fy_status map_case(int (*fn)(int), const fy_args *args, fy_ivalue *out, bool *handled)
{
	if (args->count != 1 || !is_str(args, 0))
		return FY_OK;
	*handled = true;
	*out = fy_istring(args->items[0].s->data, args->items[0].s->len);
	for (size_t i = 0; i < out->s->len; i++)
		if ((unsigned char)out->s->data[i] < 0x80)
			out->s->data[i] = (char)fn((unsigned char)out->s->data[i]);
	return FY_OK;
}

static fy_status do_upper(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return map_case(toupper, a, o, h);
}
static fy_status do_lower(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return map_case(tolower, a, o, h);
}

enum { LEFT = 1, RIGHT = 2 };

static fy_status strip(int sides, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const char *set = " \n\t\f\v\r";
	size_t from = 0, to;

	if (!is_str(args, 0) || args->count > 2)
		return FY_OK;
	*handled = true;
	if (is_str(args, 1))
		set = args->items[1].s->data;
	to = args->items[0].s->len;
	while ((sides & LEFT) && from < to && args->items[0].s->data[from] &&
	       strchr(set, args->items[0].s->data[from]))
		from++;
	while ((sides & RIGHT) && to > from && args->items[0].s->data[to - 1] &&
	       strchr(set, args->items[0].s->data[to - 1]))
		to--;
	*out = fy_istring(args->items[0].s->data + from, to - from);
	return FY_OK;
}

static fy_status do_strip(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return strip(LEFT | RIGHT, a, o, h);
}
static fy_status do_lstrip(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return strip(LEFT, a, o, h);
}
static fy_status do_rstrip(fy_eval *ev, const fy_args *a, fy_ivalue *o, bool *h)
{
	(void)ev;
	return strip(RIGHT, a, o, h);
}

static fy_status do_join(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };

	if (args->count != 2 || !is_str(args, 0) || args->items[1].kind != FY_I_LIST)
		return FY_OK;
	*handled = true;
	for (int64_t i = 0; i < args->items[1].seq->count && !too_long(ev, &text); i++) {
		if (i)
			fy_buf_append(&text, args->items[0].s->data, args->items[0].s->len);
		FY_TRY(print_value(ev, args->items[1].seq->items[i], &text));
	}
	return from_buf(ev, &text, out);
}

static fy_status do_split(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	const char *separator = " ", *p, *end;
	size_t width = 1;

	if (!is_str(args, 0) || args->count > 3)
		return FY_OK;
	*handled = true;
	if (is_str(args, 1)) {
		separator = args->items[1].s->data;
		width = args->items[1].s->len;
	}
	if (width == 0)
		return fy_eval_raise(ev, "empty separator");
	*out = fy_iseq_new(ev, FY_I_LIST, NULL, 0);
	p = args->items[0].s->data;
	end = p + args->items[0].s->len;
	for (;;) {
		const char *next = memmem(p, (size_t)(end - p), separator, width);

		fy_iseq_push(out->seq, fy_istring(p, (size_t)((next ? next : end) - p)));
		if (!next)
			return FY_OK;
		p = next + width;
	}
}

static fy_status do_replace(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	const char *p, *end;

	if (args->count != 3 || !is_str(args, 0) || !is_str(args, 1) || !is_str(args, 2) ||
	    args->items[1].s->len == 0)
		return FY_OK;
	*handled = true;
	p = args->items[0].s->data;
	end = p + args->items[0].s->len;
	for (;;) {
		const char *next =
			memmem(p, (size_t)(end - p), args->items[1].s->data, args->items[1].s->len);

		fy_buf_append(&text, p, (size_t)((next ? next : end) - p));
		if (!next || too_long(ev, &text))
			break;
		fy_buf_append(&text, args->items[2].s->data, args->items[2].s->len);
		p = next + args->items[1].s->len;
	}
	return from_buf(ev, &text, out);
}

static fy_status do_getitem(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t at, len;

	if (args->count != 2 || !is_str(args, 0) || args->items[1].kind != FY_I_INT)
		return FY_OK;
	*handled = true;
	len = (int64_t)args->items[0].s->len;
	at = args->items[1].i < 0 ? args->items[1].i + len : args->items[1].i;
	if (at < 0 || at >= len)
		return fy_eval_raise(ev, "string index out of range");
	*out = fy_istring(args->items[0].s->data + at, 1);
	return FY_OK;
}

static int64_t clip(const fy_args *args, int i, int64_t len, int64_t otherwise)
{
	int64_t at;

	if (args->count <= i || args->items[i].kind != FY_I_INT)
		return otherwise;
	at = args->items[i].i < 0 ? args->items[i].i + len : args->items[i].i;
	return at < 0 ? 0 : at > len ? len : at;
}

static fy_status do_slice(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	int64_t len, from, to;

	(void)ev;
	if (!is_str(args, 0) ||
	    (args->count > 3 && (args->items[3].kind != FY_I_INT || args->items[3].i != 1)))
		return FY_OK;
	*handled = true;
	len = (int64_t)args->items[0].s->len;
	from = clip(args, 1, len, 0);
	to = clip(args, 2, len, len);
	*out = fy_istring(args->items[0].s->data + from, to > from ? (size_t)(to - from) : 0);
	return FY_OK;
}

static fy_status do_str(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };

	if (args->count != 1)
		return FY_OK;
	*handled = true;
	FY_TRY(print_value(ev, args->items[0], &text));
	return from_buf(ev, &text, out);
}

static fy_status do_ord(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	(void)ev;
	if (args->count != 1 || !is_str(args, 0) || args->items[0].s->len != 1)
		return FY_OK;
	*handled = true;
	*out = fy_iint((unsigned char)args->items[0].s->data[0]);
	return FY_OK;
}

static fy_status do_chr(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	char c;

	(void)ev;
	if (args->count != 1 || args->items[0].kind != FY_I_INT || args->items[0].i < 0 ||
	    args->items[0].i > 255)
		return FY_OK;
	*handled = true;
	c = (char)args->items[0].i;
	*out = fy_istring(&c, 1);
	return FY_OK;
}

/* "{} of {}".format(a, b): only {} is replaced. */
static fy_status do_format(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	const fy_istr *format;
	int next = 1;

	if (!is_str(args, 0))
		return FY_OK;
	*handled = true;
	format = args->items[0].s;
	for (size_t i = 0; i < format->len && !too_long(ev, &text); i++) {
		if (format->data[i] != '{' || format->data[i + 1] != '}') {
			fy_buf_putc(&text, format->data[i]);
			continue;
		}
		if (next >= args->count) {
			fy_buf_release(&text);
			return fy_eval_raise(ev, "too few arguments for format string");
		}
		FY_TRY(print_value(ev, args->items[next++], &text));
		i++;
	}
	return from_buf(ev, &text, out);
}

/* "%s of %d" % (a, b): each conversion prints the next value; without values the text is kept. */
static fy_status do_percent(fy_eval *ev, const fy_args *args, fy_ivalue *out, bool *handled)
{
	fy_buf text = { 0 };
	const fy_ivalue *values = args->items + 1;
	const fy_istr *format;
	int64_t count = args->count - 1, next = 0;

	if (!is_str(args, 0))
		return FY_OK;
	*handled = true;
	format = args->items[0].s;
	if (count == 1 && values[0].kind == FY_I_TUPLE) {
		count = values[0].seq->count;
		values = values[0].seq->items;
	}
	for (size_t i = 0; i < format->len && !too_long(ev, &text); i++) {
		char c = format->data[i + 1];

		if (format->data[i] != '%' || (c != '%' && next >= count)) {
			fy_buf_putc(&text, format->data[i]);
			continue;
		}
		i++;
		if (c == '%')
			fy_buf_putc(&text, '%');
		else
			FY_TRY(print_value(ev, values[next++], &text));
	}
	return from_buf(ev, &text, out);
}

const fy_builtin fy_builtins_str[] = {
	{ "aten::len", do_len },
	{ "aten::add", do_add },
	{ "aten::mul", do_mul },
	{ "aten::lt", do_lt },
	{ "aten::gt", do_gt },
	{ "aten::__contains__", do_contains },
	{ "aten::find", do_find },
	{ "aten::startswith", do_startswith },
	{ "aten::endswith", do_endswith },
	{ "aten::upper", do_upper },
	{ "aten::lower", do_lower },
	{ "aten::strip", do_strip },
	{ "aten::lstrip", do_lstrip },
	{ "aten::rstrip", do_rstrip },
	{ "aten::join", do_join },
	{ "aten::split", do_split },
	{ "aten::replace", do_replace },
	{ "aten::__getitem__", do_getitem },
	{ "aten::slice", do_slice },
	{ "aten::str", do_str },
	{ "aten::ord", do_ord },
	{ "aten::chr", do_chr },
	{ "aten::format", do_format },
	{ "aten::percentFormat", do_percent },
	{ NULL, NULL },
};
