/*
 * Expressions. Each gives one value with a reference of its own. Operators of the source were turned into
 * operator calls by the binder, so little is left here: variables, attributes, containers, calls.
 */
#include "eval/eval_internal.h"

#include <string.h>

static void release(fy_ivalue *values, int count)
{
	for (int i = 0; i < count; i++)
		fy_iunref(values[i]);
	fy_free(values);
}

/* Evaluates `count` expressions into a new array; on failure nothing is left to release. */
static fy_status eval_all(fy_eval *ev, fy_bexpr *const *exprs, int count, fy_ivalue **out)
{
	fy_ivalue *values = fy_zalloc((size_t)count * sizeof *values + 1);

	for (int i = 0; i < count; i++) {
		fy_status status = fy_eval_expr(ev, exprs[i], &values[i]);

		if (status != FY_OK) {
			release(values, i);
			return status;
		}
	}
	*out = values;
	return FY_OK;
}

/* ---- leaves
 * ------------------------------------------------------------------------------------------------- */

static fy_status eval_literal(const fy_bexpr *expr, fy_ivalue *out)
{
	const fy_arg *literal = &expr->literal;

	switch (literal->kind) {
	case FY_ARG_BOOL:
		*out = fy_ibool(literal->b);
		break;
	case FY_ARG_INT:
		*out = fy_iint(literal->i);
		break;
	case FY_ARG_FLOAT:
		*out = fy_ifloat(literal->f);
		break;
	case FY_ARG_COMPLEX:
		*out = fy_icomplex(literal->c.re, literal->c.im);
		break;
	case FY_ARG_STR:
		*out = fy_istring(literal->s.data, literal->s.len);
		break;
	default:
		*out = fy_inone();
		break;
	}
	return FY_OK;
}

static fy_status eval_slot(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue value = ev->frame->slots[expr->index];

	const char *const *names = ev->frame->function->slot_names;

	if (value.kind == FY_I_POISON && !value.poison->unsupported) {
		ev->span = expr->span;
		return fy_eval_poisoned_name(ev, value.poison, names ? names[expr->index] : NULL);
	}
	if (value.kind == FY_I_UNSET)
		return fy_eval_error(ev, FY_MALFORMED, "unassigned", "'%s' is read before it is assigned",
				     names ? names[expr->index] : "?");
	*out = fy_iref(value);
	return FY_OK;
}

static fy_status eval_enum(const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ienum *member = fy_zalloc(sizeof *member);

	member->refs = 1;
	member->class = expr->class;
	member->index = expr->index;
	*out = (fy_ivalue){ .kind = FY_I_ENUM, .member = member };
	return FY_OK;
}

/* ---- attributes
 * --------------------------------------------------------------------------------------------- */

static int attribute_index(const fy_class *class, const char *name)
{
	const fy_battribute *attribute = fy_class_attribute(class, name);

	return attribute ? (int)(attribute - class->attributes) : -1;
}

static fy_status object_attribute(fy_eval *ev, fy_iobject *object, const char *name, fy_ivalue *out)
{
	int index = attribute_index(object->class, name);
	fy_ivalue value;

	if (index < 0)
		return fy_eval_error(ev, FY_MALFORMED, "attribute", "'%s' has no attribute '%s'",
				     object->class->name, name);
	value = object->attributes[index];
	if (value.kind == FY_I_POISON && !value.poison->unsupported)
		return fy_eval_poisoned_name(ev, value.poison, name);
	if (value.kind == FY_I_UNSET)
		return fy_eval_error(ev, FY_MALFORMED, "attribute", "attribute '%s' of '%s' was never set",
				     name, object->class->name);
	*out = fy_iref(value);
	return FY_OK;
}

static fy_status member_attribute(fy_eval *ev, const fy_ienum *member, const char *name, fy_ivalue *out)
{
	const fy_bmember *m = &member->class->members[member->index];

	if (strcmp(name, "name") == 0) {
		*out = fy_istring(m->name, strlen(m->name));
		return FY_OK;
	}
	if (strcmp(name, "value") == 0)
		return eval_literal(&(fy_bexpr){ .literal = m->value }, out);
	return fy_eval_error(ev, FY_MALFORMED, "attribute", "an enum member has no attribute '%s'", name);
}

/* x.shape, x.dtype ...: the property operators of tensors and devices. */
static fy_status property(fy_eval *ev, fy_ivalue base, const char *name, fy_ivalue *out)
{
	char *op = fy_arena_printf(ev->arena, "prim::%s", name);
	fy_args args = { .items = &base, .count = 1 };
	bool handled;

	FY_TRY(fy_builtin_call(ev, op, &args, out, &handled));
	if (handled)
		return FY_OK;
	return fy_eval_operator(ev, op, fy_schemas_of(op), &base, 1, NULL, NULL, 0, out);
}

static fy_status eval_attribute(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue base;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, &base));
	ev->span = expr->span;
	if (base.kind == FY_I_OBJECT)
		status = object_attribute(ev, base.object, expr->name, out);
	else if (base.kind == FY_I_ENUM)
		status = member_attribute(ev, base.member, expr->name, out);
	else if (base.kind == FY_I_TUPLE && base.seq->class) {
		int index = attribute_index(base.seq->class, expr->name);

		status = FY_OK;
		if (index < 0 || index >= base.seq->count)
			status = fy_eval_error(ev, FY_MALFORMED, "attribute", "the tuple has no field '%s'",
					       expr->name);
		else
			*out = fy_iref(base.seq->items[index]);
	} else {
		status = property(ev, base, expr->name, out);
	}
	fy_iunref(base);
	return status;
}

/* ---- containers
 * ----------------------------------------------------------------------------------------------- */

static fy_status eval_sequence(fy_eval *ev, const fy_bexpr *expr, fy_ikind kind, fy_ivalue *out)
{
	fy_ivalue *values;
	fy_iseq *seq;

	FY_TRY(eval_all(ev, expr->items, expr->count, &values));
	*out = fy_iseq_new(ev, kind, &seq, expr->count);
	for (int i = 0; i < expr->count; i++)
		fy_iseq_push(seq, values[i]);
	fy_free(values);
	if (kind == FY_I_LIST && expr->type && expr->type->kind == FY_TS_LIST)
		seq->element = expr->type->items[0]->kind;
	return FY_OK;
}

static fy_status eval_dict(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue *values;
	fy_idict *dict;

	FY_TRY(eval_all(ev, expr->items, expr->count, &values));
	for (int i = 0; i < expr->count; i += 2) {
		fy_status status = fy_eval_key(ev, values[i]);

		if (status != FY_OK) {
			release(values, expr->count);
			return status;
		}
	}
	*out = fy_idict_new(ev, &dict);
	for (int i = 0; i + 1 < expr->count; i += 2)
		fy_idict_put(dict, values[i], values[i + 1]);
	fy_free(values);
	return FY_OK;
}

static fy_status call_builtin_or_operator(fy_eval *ev, const char *name, fy_schema_set set,
					  const fy_args *args, fy_ivalue *out)
{
	bool handled;

	FY_TRY(fy_builtin_call(ev, name, args, out, &handled));
	if (handled)
		return FY_OK;
	return fy_eval_operator(ev, name, set, args->items, args->count, args->names, args->values,
				args->keyword_count, out);
}

static fy_status eval_index(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue pair[2] = { { 0 } };
	fy_args args = { .items = pair, .count = 2 };
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, &pair[0]));
	status = fy_eval_expr(ev, expr->items[0], &pair[1]);
	ev->span = expr->span;
	if (status == FY_OK && pair[0].kind == FY_I_TENSOR)
		status = fy_eval_subscript(ev, pair[0], expr, out);
	else if (status == FY_OK)
		status = call_builtin_or_operator(ev, "aten::__getitem__", fy_schemas_of("aten::__getitem__"),
						  &args, out);
	fy_iunref(pair[0]);
	fy_iunref(pair[1]);
	return status;
}

static fy_status eval_subscript(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue base;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, &base));
	ev->span = expr->span;
	status = fy_eval_subscript(ev, base, expr, out);
	fy_iunref(base);
	return status;
}

static fy_status comprehend(fy_eval *ev, const fy_bexpr *expr, const fy_iseq *source, fy_iseq *list)
{
	fy_unroll u;
	fy_status status = FY_OK;

	fy_unroll_begin(ev, &u, NULL, source->count);
	for (int64_t i = 0; i < source->count && status == FY_OK; i++) {
		fy_ivalue item;

		fy_slot_set(ev, ev->frame, expr->index, fy_iref(source->items[i]));
		status = fy_eval_expr(ev, expr->items[0], &item);
		if (status != FY_OK)
			break;
		fy_iseq_push(list, item);
		status = fy_unroll_round(ev, &u);
	}
	fy_unroll_end(ev, &u);
	return status;
}

static fy_status eval_comprehension(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue iterable;
	fy_iseq *list;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->items[1], &iterable));
	if (iterable.kind != FY_I_LIST && iterable.kind != FY_I_TUPLE) {
		fy_iunref(iterable);
		return fy_eval_error(ev, FY_UNSUPPORTED, "comprehension",
				     "a comprehension over anything but a list");
	}
	*out = fy_iseq_new(ev, FY_I_LIST, &list, iterable.seq->count);
	status = comprehend(ev, expr, iterable.seq, list);
	if (status != FY_OK)
		fy_iunref(*out);
	fy_iunref(iterable);
	return status;
}

/* ---- calls
 * --------------------------------------------------------------------------------------------------- */

/* Positional and keyword arguments of a call, evaluated in order. `first` (taken over) comes before them if
 * given. */
typedef struct fy_evaluated {
	fy_ivalue *items, *values;
	const char **names;
	int count, keyword_count;
} fy_evaluated;

static void evaluated_release(fy_evaluated *e)
{
	release(e->items, e->count);
	release(e->values, e->keyword_count);
	fy_free(e->names);
}

static fy_status eval_arguments(fy_eval *ev, const fy_bexpr *expr, const fy_ivalue *first, fy_evaluated *e)
{
	int extra = first != NULL;
	fy_status status = FY_OK;

	*e = (fy_evaluated){ 0 };
	e->items = fy_zalloc((size_t)(expr->count + extra) * sizeof(fy_ivalue) + 1);
	e->values = fy_zalloc((size_t)expr->keyword_count * sizeof(fy_ivalue) + 1);
	e->names = fy_zalloc((size_t)expr->keyword_count * sizeof(char *) + 1);
	if (first)
		e->items[e->count++] = *first;
	for (int i = 0; i < expr->count && status == FY_OK; i++) {
		status = fy_eval_expr(ev, expr->items[i], &e->items[e->count]);
		e->count += status == FY_OK;
	}
	for (int i = 0; i < expr->keyword_count && status == FY_OK; i++) {
		e->names[i] = expr->keywords[i].name;
		status = fy_eval_expr(ev, expr->keywords[i].value, &e->values[i]);
		e->keyword_count += status == FY_OK;
	}
	if (status != FY_OK)
		evaluated_release(e);
	return status;
}

/* PyTorch's default executor reads a 0-d constant on the right of these four as a plain number. */
static fy_status constant_as_number(fy_eval *ev, const fy_bexpr *expr, fy_evaluated *e)
{
	static const char *const names[] = { "aten::add", "aten::sub", "aten::mul", "aten::div" };
	fy_ivalue number;

	if (e->count < 2 || expr->items[1]->kind != FY_B_CONSTANT || e->items[1].kind != FY_I_TENSOR ||
	    e->items[1].t->tensor->shape.rank != 0 || fy_dtype_is_complex(e->items[1].t->tensor->dtype))
		return FY_OK;
	for (size_t i = 0; i < FY_COUNT(names); i++) {
		if (strcmp(expr->name, names[i]) != 0)
			continue;
		FY_TRY(fy_eval_to_number(ev, e->items[1], FY_I_NONE, &number));
		fy_iunref(e->items[1]);
		e->items[1] = number;
		break;
	}
	return FY_OK;
}

static fy_status eval_operator(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_evaluated e;
	fy_status status;

	FY_TRY(eval_arguments(ev, expr, NULL, &e));
	ev->span = expr->span;
	status = constant_as_number(ev, expr, &e);
	if (status == FY_OK && expr->upgrade) {
		status = fy_eval_upgraded(
			ev, expr, &(fy_args){ e.items, e.count, e.names, e.values, e.keyword_count, NULL },
			out);
	} else if (status == FY_OK) {
		fy_args args = { e.items, e.count, e.names, e.values, e.keyword_count, NULL };

		status = call_builtin_or_operator(ev, expr->name, expr->schemas, &args, out);
	}
	evaluated_release(&e);
	return status;
}

static fy_status call_function(fy_eval *ev, const fy_function *function, fy_evaluated *e, fy_ivalue *out)
{
	fy_status status =
		fy_eval_call(ev, function, e->items, e->count, e->names, e->values, e->keyword_count, out);

	fy_free(e->items); /* the references went into the call */
	fy_free(e->values);
	fy_free(e->names);
	return status;
}

static fy_status eval_method(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	const fy_function *method = NULL;
	fy_evaluated e;
	fy_ivalue base;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, &base));
	FY_TRY(eval_arguments(ev, expr, &base, &e));
	ev->span = expr->span;
	if (e.items[0].kind == FY_I_OBJECT)
		method = fy_class_method(e.items[0].object->class, expr->name);
	if (method)
		return call_function(ev, method, &e, out);
	if (e.items[0].kind == FY_I_OBJECT) {
		status = fy_eval_error(ev, e.items[0].object->class->custom ? FY_UNSUPPORTED : FY_MALFORMED,
				       "method", "'%s' has no method '%s'", e.items[0].object->class->name,
				       expr->name);
	} else {
		char *op = fy_arena_printf(ev->arena, "aten::%s", expr->name);
		fy_args args = { e.items, e.count, e.names, e.values, e.keyword_count, NULL };

		status = call_builtin_or_operator(ev, op, fy_schemas_of(op), &args, out);
	}
	evaluated_release(&e);
	return status;
}

static fy_status eval_call_value(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_evaluated e;
	fy_ivalue callee;

	FY_TRY(fy_eval_expr(ev, expr->base, &callee));
	if (callee.kind == FY_I_OBJECT) {
		const fy_function *method = fy_class_method(callee.object->class, "forward");

		method = method ? method : fy_class_method(callee.object->class, "__call__");
		if (method) {
			FY_TRY(eval_arguments(ev, expr, &callee, &e));
			return call_function(ev, method, &e, out);
		}
	}
	if (callee.kind != FY_I_FUNCTION) {
		fy_iunref(callee);
		return fy_eval_error(ev, FY_MALFORMED, "call", "a %s is called", fy_ikind_name(callee));
	}
	FY_TRY(eval_arguments(ev, expr, NULL, &e));
	ev->span = expr->span;
	return call_function(ev, callee.function, &e, out);
}

static fy_status construct_tuple(fy_eval *ev, const fy_bexpr *expr, fy_evaluated *e, fy_ivalue *out)
{
	const fy_class *class = expr->class;
	fy_iseq *seq;

	*out = fy_iseq_new(ev, FY_I_TUPLE, &seq, class->attribute_count);
	seq->class = expr->class;
	for (int i = 0; i < class->attribute_count; i++) {
		fy_ivalue value = i < e->count ? e->items[i] : fy_inone();

		for (int k = 0; k < e->keyword_count; k++)
			if (strcmp(e->names[k], class->attributes[i].name) == 0)
				value = e->values[k];
		fy_iseq_push(seq, fy_iref(value));
	}
	evaluated_release(e);
	return FY_OK;
}

static fy_status eval_construct(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	const fy_function *init = fy_class_method(expr->class, "__init__");
	fy_evaluated e;
	fy_ivalue object, ignored;
	fy_status status = FY_OK;

	if (expr->class->base == FY_CLASS_NAMED_TUPLE) {
		FY_TRY(eval_arguments(ev, expr, NULL, &e));
		return construct_tuple(ev, expr, &e, out);
	}
	object = fy_iobject_new(ev, expr->class, NULL);
	if (init) {
		fy_ivalue self = fy_iref(object);

		status = eval_arguments(ev, expr, &self, &e);
		if (status == FY_OK)
			status = call_function(ev, init, &e, &ignored);
		if (status == FY_OK)
			fy_iunref(ignored);
	}
	if (status == FY_OK)
		*out = object;
	else
		fy_iunref(object);
	return status;
}

/* A fork runs at once, on a copy of the variables around it; wait() gives its result back. */
static fy_status eval_fork(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_frame *outer = ev->frame;
	fy_frame copy = { .caller = outer->caller, .birth = ++ev->serial, .function = outer->function };
	int count = outer->function->slot_count;
	fy_status status;

	if (!expr->function->is_fork_body) {
		fy_evaluated e;

		FY_TRY(eval_arguments(ev, expr, NULL, &e));
		return call_function(ev, expr->function, &e, out);
	}
	copy.slots = fy_zalloc((size_t)count * sizeof(fy_ivalue) + 1);
	for (int i = 0; i < count; i++)
		copy.slots[i] = fy_iref(outer->slots[i]);
	ev->frame = &copy;
	status = fy_eval_block(ev, &expr->function->body);
	ev->frame = outer;
	release(copy.slots, count);
	if (status != FY_OK)
		return fy_frame_fail(&copy, status);
	*out = copy.returned ? copy.result : fy_inone();
	return FY_OK;
}

/* ---- special forms
 * ------------------------------------------------------------------------------------------- */

static fy_status eval_annotate(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->base, out));
	ev->span = expr->span;
	status = fy_eval_convert(ev, expr->type, out);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

static fy_status eval_isinstance(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	const fy_btype *type = expr->type;
	fy_ivalue value;
	bool is;

	FY_TRY(fy_eval_expr(ev, expr->base, &value));
	is = fy_eval_is_instance(type, value);
	*out = fy_ibool(is);
	fy_iunref(value);
	return FY_OK;
}

/* and, or: when the left side depends on data the right one is evaluated too and both are combined. */
static fy_status eval_logic(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	bool is_and = expr->kind == FY_B_AND, known = false;
	fy_ivalue left, right;
	fy_value *symbol;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->items[0], &left));
	status = fy_eval_condition(ev, left, &known, &symbol);
	fy_iunref(left);
	FY_TRY(status);
	*out = fy_ibool(known);
	if (!symbol && known != is_and)
		return FY_OK;
	FY_TRY(fy_eval_expr(ev, expr->items[1], &right));
	if (symbol) {
		fy_ivalue sides[2] = { fy_isymbol(symbol), right };

		status = fy_symbol_op(ev, is_and ? "aten::logical_and" : "aten::logical_or", sides, 2,
				      FY_BOOL, out);
	} else {
		*out = fy_iref(right);
	}
	fy_iunref(right);
	return status;
}

static fy_status eval_conditional(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	fy_ivalue condition;
	fy_value *symbol;
	bool known = false;
	fy_status status;

	FY_TRY(fy_eval_expr(ev, expr->items[0], &condition));
	status = fy_eval_condition(ev, condition, &known, &symbol);
	fy_iunref(condition);
	FY_TRY(status);
	if (symbol)
		return fy_eval_error(ev, FY_UNSUPPORTED, "conditional-data",
				     "a conditional expression depends on data: write it as an if statement");
	return fy_eval_expr(ev, expr->items[known ? 1 : 2], out);
}

fy_status fy_eval_expr(fy_eval *ev, const fy_bexpr *expr, fy_ivalue *out)
{
	FY_TRY(fy_eval_check_stack(ev));
	switch (expr->kind) {
	case FY_B_LITERAL:
		return eval_literal(expr, out);
	case FY_B_CONSTANT:
		return fy_eval_constant(ev, expr->index, out);
	case FY_B_SLOT:
		return eval_slot(ev, expr, out);
	case FY_B_ATTRIBUTE:
		return eval_attribute(ev, expr, out);
	case FY_B_OPERATOR:
		return eval_operator(ev, expr, out);
	case FY_B_METHOD:
		return eval_method(ev, expr, out);
	case FY_B_FUNCTION: {
		fy_evaluated e;

		FY_TRY(eval_arguments(ev, expr, NULL, &e));
		ev->span = expr->span;
		return call_function(ev, expr->function, &e, out);
	}
	case FY_B_CALL_VALUE:
		return eval_call_value(ev, expr, out);
	case FY_B_FUNCTION_REF:
		*out = (fy_ivalue){ .kind = FY_I_FUNCTION, .function = expr->function };
		return FY_OK;
	case FY_B_NEW:
		*out = fy_iobject_new(ev, expr->class, NULL);
		return FY_OK;
	case FY_B_CONSTRUCT:
		return eval_construct(ev, expr, out);
	case FY_B_ENUM:
		return eval_enum(expr, out);
	case FY_B_LIST:
		return eval_sequence(ev, expr, FY_I_LIST, out);
	case FY_B_TUPLE:
		return eval_sequence(ev, expr, FY_I_TUPLE, out);
	case FY_B_DICT:
		return eval_dict(ev, expr, out);
	case FY_B_INDEX:
		return eval_index(ev, expr, out);
	case FY_B_SUBSCRIPT:
		return eval_subscript(ev, expr, out);
	case FY_B_RANGE:
	case FY_B_ELLIPSIS:
		return fy_eval_error(ev, FY_MALFORMED, "subscript", "a slice outside a subscript");
	case FY_B_ANNOTATE:
		return eval_annotate(ev, expr, out);
	case FY_B_CAST:
		return fy_eval_expr(ev, expr->base, out);
	case FY_B_UNINITIALIZED:
		*out = (fy_ivalue){ .kind = FY_I_UNINITIALIZED };
		return FY_OK;
	case FY_B_ISINSTANCE:
		return eval_isinstance(ev, expr, out);
	case FY_B_FORK:
		return eval_fork(ev, expr, out);
	case FY_B_AND:
	case FY_B_OR:
		return eval_logic(ev, expr, out);
	case FY_B_CONDITIONAL:
		return eval_conditional(ev, expr, out);
	case FY_B_COMPREHENSION:
		return eval_comprehension(ev, expr, out);
	case FY_B_TOLIST:
		return fy_eval_tolist(ev, expr, out);
	}
	FY_BUG("unknown expression kind %d", (int)expr->kind);
}
