/*
 * Functions, classes and files to text, in the form and order in which PyTorch writes them.
 */
#include "script/script_internal.h"

static void print_docstring(fy_str text, int level, fy_buf *out)
{
	fy_expr expr = { .kind = FY_EXPR_STRING, .string = text };
	if (!text.data)
		return;
	fy_print_indent(level, out);
	fy_script_print_expr(&expr, out);
	fy_buf_putc(out, '\n');
}

static void print_param(const fy_script_param *param, fy_buf *out)
{
	fy_buf_puts(out, param->name);
	if (param->type) {
		fy_buf_puts(out, ": ");
		fy_ts_type_print(param->type, out);
	}
	if (param->default_value) {
		fy_buf_putc(out, '=');
		fy_script_print_expr(param->default_value, out);
	}
}

static void print_def(const fy_script_def *def, int level, const char *separator, fy_buf *out)
{
	fy_print_indent(level, out);
	fy_buf_printf(out, "def %s(", def->name);
	for (int i = 0; i < def->param_count; i++) {
		bool star = def->params[i].keyword_only && (i == 0 || !def->params[i - 1].keyword_only);
		fy_buf_puts(out, i > 0 ? separator : "");
		fy_buf_puts(out, star ? "*, " : "");
		print_param(&def->params[i], out);
	}
	fy_buf_putc(out, ')');
	if (def->returns) {
		fy_buf_puts(out, " -> ");
		fy_ts_type_print(def->returns, out);
	}
	fy_buf_puts(out, ":\n");
	print_docstring(def->docstring, level + 1, out);
	for (int i = 0; i < def->body.count; i++)
		fy_script_print_stmt(def->body.items[i], level + 1, out);
}

void fy_script_print_def(const fy_script_def *def, int level, fy_buf *out)
{
	print_def(def, level, ",\n    ", out);
}

static void print_names(const char *key, const fy_script_names *names, fy_buf *out)
{
	if (!names->present)
		return;
	fy_buf_printf(out, "  %s = [", key);
	for (int i = 0; i < names->count; i++) {
		fy_expr text = { .kind = FY_EXPR_STRING, .string = fy_str_of(names->items[i]) };
		fy_script_print_expr(&text, out);
		fy_buf_puts(out, ", ");
	}
	fy_buf_puts(out, "]\n");
}

static void print_attribute(const fy_script_field *field, bool first, fy_buf *out)
{
	if (field->quoted && first)
		fy_buf_puts(out, "  __annotations__ = []\n");
	if (field->quoted) {
		fy_expr name = { .kind = FY_EXPR_STRING, .string = fy_str_of(field->name) };
		fy_buf_puts(out, "  __annotations__[");
		fy_script_print_expr(&name, out);
		fy_buf_puts(out, "] = ");
	} else {
		fy_buf_printf(out, "  %s : ", field->name);
	}
	fy_ts_type_print(field->type, out);
	fy_buf_putc(out, '\n');
}

static void print_fields(const fy_script_class *class, fy_buf *out)
{
	for (int i = 0; i < class->attribute_count; i++)
		print_attribute(&class->attributes[i], i == 0, out);
	for (int i = 0; i < class->constant_count; i++) {
		const fy_script_field *field = &class->constants[i];
		fy_buf_printf(out, "  %s : Final[", field->name);
		fy_ts_type_print(field->type, out);
		fy_buf_puts(out, "] = ");
		fy_script_print_expr(field->value, out);
		fy_buf_putc(out, '\n');
	}
	for (int i = 0; i < class->member_count; i++) {
		fy_buf_printf(out, "  %s = ", class->members[i].name);
		fy_script_print_expr(class->members[i].value, out);
		fy_buf_putc(out, '\n');
	}
}

void fy_script_print_class(const fy_script_class *class, fy_buf *out)
{
	static const char *const bases[] = {
		[FY_CLASS_PLAIN] = "",
		[FY_CLASS_MODULE] = "(Module)",
		[FY_CLASS_NAMED_TUPLE] = "(NamedTuple)",
		[FY_CLASS_ENUM] = "(Enum)",
		[FY_CLASS_INTERFACE] = "(Interface)",
		[FY_CLASS_MODULE_INTERFACE] = "(ModuleInterface)",
	};
	bool interface = class->base == FY_CLASS_INTERFACE || class->base == FY_CLASS_MODULE_INTERFACE;
	fy_buf_printf(out, "class %s%s:\n", class->name, bases[class->base]);
	size_t start = out->len;
	print_docstring(class->docstring, 1, out);
	print_names("__parameters__", &class->parameters, out);
	print_names("__buffers__", &class->buffers, out);
	print_names("__forward_pre_hooks__", &class->pre_hooks, out);
	print_names("__forward_hooks__", &class->hooks, out);
	print_fields(class, out);
	for (int i = 0; i < class->method_count; i++)
		print_def(class->methods[i], 1, interface ? ", " : ",\n    ", out);
	if (out->len == start)
		fy_buf_puts(out, "  pass\n");
}

/* Classes and functions in the order of the source, which is kept apart in the tree. */
void fy_script_print(const fy_script_file *file, fy_buf *out)
{
	print_docstring(file->docstring, 0, out);
	int class = 0, function = 0;
	while (class < file->class_count || function < file->function_count) {
		bool first = class < file->class_count &&
			     (function == file->function_count ||
			      file->classes[class]->span.line < file->functions[function]->span.line);
		if (first)
			fy_script_print_class(file->classes[class ++], out);
		else
			fy_script_print_def(file->functions[function++], 0, out);
	}
}
