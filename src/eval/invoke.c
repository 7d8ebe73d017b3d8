/*
 * One call of a tensor operator. Running: it is executed. Capturing: it is executed when all data are known
 * and the result is worth keeping as a constant, else recorded as one node. In-place and out= forms run their
 * functional twin and write the result.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum {
	FOLD_MAPPED = 1 << 20, /* bytes: above, results computed from weights stay nodes */
	FOLD_OTHER = 64 << 20,
	FOLD_WORK = 32 << 20, /* elements of one computation, and of all that are not small */
	FOLD_WORK_IN_ALL = 128 << 20,
	FOLD_ALWAYS = 4096,
	FOLD_STEPS = 4, /* what a computation costs beside its elements */
};

/* One call under way. Arguments are in schema order, FY_I_UNSET where the default applies. */
typedef struct fy_invocation {
	fy_eval *ev;
	fy_arena *scratch;
	const fy_schema *schema;
	const fy_ivalue *args;
	fy_arg *call_args;
	bool symbolic; /* some data are unknown */
	bool mapped;   /* some data come from the file as they are */
	fy_status status;
} fy_invocation;

/* ---- arguments
 * --------------------------------------------------------------------------------------------- */

static fy_arg number_meta(fy_invocation *in, fy_dtype dtype)
{
	fy_tensor *meta =
		FY_NEW(in->scratch, fy_tensor); /* dies with the scratch arena, never by its count */

	meta->refs = 1 << 30;
	meta->dtype = dtype;
	in->symbolic = true;
	return fy_arg_tensor(meta);
}

static fy_arg call_arg(fy_invocation *in, fy_ivalue v)
{
	fy_arg arg;

	switch (v.kind) {
	case FY_I_NONE:
		return fy_arg_none();
	case FY_I_BOOL:
		return fy_arg_bool(v.b);
	case FY_I_INT:
		return fy_arg_int(v.i);
	case FY_I_FLOAT:
		return fy_arg_float(v.f);
	case FY_I_COMPLEX:
		arg = (fy_arg){ .kind = FY_ARG_COMPLEX };
		arg.c.re = v.c.re;
		arg.c.im = v.c.im;
		return arg;
	case FY_I_STR:
	case FY_I_DEVICE:
		return fy_arg_str(fy_arena_strndup(in->scratch, v.s->data, v.s->len));
	case FY_I_SYMBOL:
		return number_meta(in, v.symbol->type->dtype);
	case FY_I_TENSOR: {
		fy_tensor *tensor = fy_var_tensor(in->ev, v.t);

		in->symbolic |= !tensor->storage;
		in->mapped |= tensor->storage && tensor->storage->file;
		return fy_arg_tensor(tensor);
	}
	case FY_I_LIST:
	case FY_I_TUPLE: {
		fy_arg *items = FY_NEW_ARRAY(in->scratch, fy_arg, v.seq->count);

		for (int64_t i = 0; i < v.seq->count; i++)
			items[i] = call_arg(in, v.seq->items[i]);
		return fy_arg_list(items, (int)v.seq->count);
	}
	case FY_I_POISON:
		in->status = fy_eval_poisoned(in->ev, v.poison);
		return fy_arg_none();
	default:
		in->status = fy_eval_error(in->ev, FY_MALFORMED, "op-arguments", "'%s' cannot take a %s",
					   in->schema->full, fy_ikind_name(v));
		return fy_arg_none();
	}
}

/* The same argument as it stands in a graph. */
static fy_arg graph_arg(fy_invocation *in, fy_ivalue v)
{
	fy_value *value;

	switch (v.kind) {
	case FY_I_SYMBOL:
		return fy_arg_value(v.symbol);
	case FY_I_TENSOR:
		value = fy_var_value(in->ev, v.t);
		if (!value && in->status == FY_OK)
			in->status = FY_UNSUPPORTED;
		return value ? fy_arg_value(value) : fy_arg_none();
	case FY_I_LIST:
	case FY_I_TUPLE: {
		fy_arg *items = FY_NEW_ARRAY(in->scratch, fy_arg, v.seq->count);

		for (int64_t i = 0; i < v.seq->count; i++)
			items[i] = graph_arg(in, v.seq->items[i]);
		return fy_arg_list(items, (int)v.seq->count);
	}
	default:
		return call_arg(in, v);
	}
}

static fy_arg *graph_args(fy_invocation *in)
{
	fy_arg *args = FY_NEW_ARRAY(in->scratch, fy_arg, in->schema->arg_count);

	for (int i = 0; i < in->schema->arg_count; i++)
		args[i] = in->args[i].kind == FY_I_UNSET ? in->schema->args[i].fallback
							 : graph_arg(in, in->args[i]);
	return args;
}

/* ---- results
 * ----------------------------------------------------------------------------------------------- */

/* The variable that a view or "same" result refers to. */
static fy_var *referred(const fy_invocation *in, const fy_result *result)
{
	fy_ivalue v = in->args[result->of];

	if (result->item >= 0)
		v = v.seq->items[result->item];
	return v.t;
}

static fy_arg keep_arg(fy_arena *arena, fy_arg arg)
{
	if (arg.kind == FY_ARG_STR)
		arg.s.data = fy_arena_strndup(arena, arg.s.data, arg.s.len);
	if (arg.kind != FY_ARG_LIST)
		return arg;
	arg.list.items = fy_arena_copy(arena, arg.list.items, (size_t)arg.list.count * sizeof(fy_arg));
	for (int i = 0; i < arg.list.count; i++)
		arg.list.items[i] = keep_arg(arena, arg.list.items[i]);
	return arg;
}

/* The view that result `index` is, so that it can be recorded again when its base has changed. */
static const fy_step *make_step(fy_invocation *in, const fy_call *call, int index)
{
	fy_eval *ev = in->ev;
	const fy_result *result = &call->results[index];
	fy_step *step = FY_NEW(ev->arena, fy_step);
	fy_arg *args = FY_NEW_ARRAY(ev->arena, fy_arg, in->schema->arg_count);
	fy_type *types = FY_NEW_ARRAY(ev->arena, fy_type, call->result_count);

	for (int i = 0; i < in->schema->arg_count; i++)
		if (i != result->of || result->item >= 0)
			args[i] = keep_arg(ev->arena, in->args[i].kind == FY_I_UNSET
							      ? in->schema->args[i].fallback
							      : graph_arg(in, in->args[i]));
	for (int i = 0; i < call->result_count; i++)
		types[i] = fy_type_of(call->results[i].meta);
	*step = (fy_step){ .parent = referred(in, result)->step,
			   .schema = in->schema,
			   .args = args,
			   .of = result->of,
			   .item = result->item,
			   .result = index,
			   .types = types,
			   .type_count = call->result_count,
			   .geometry = fy_geometry_copy(ev->arena, result->meta),
			   .origin = fy_eval_origin(ev),
			   .reading = FY_NEW(ev->arena, fy_reading) };
	return step;
}

/* Results of a call whose data are known; `tensors` are references that are taken over. */
static fy_ivalue wrap_data(fy_invocation *in, const fy_call *call, int index, fy_tensor *tensor)
{
	const fy_result *result = &call->results[index];

	if (result->kind == FY_SAME) {
		fy_tensor_unref(tensor);
		return fy_iref(fy_itensor(referred(in, result)));
	}
	if (!FY_CAPTURING(in->ev))
		return fy_itensor(fy_var_concrete(tensor));
	if (result->kind == FY_VIEW)
		return fy_itensor(fy_var_view(referred(in, result), make_step(in, call, index), tensor));
	return fy_itensor(fy_var_constant(in->ev, tensor, NULL));
}

static fy_ivalue wrap_value(fy_invocation *in, const fy_call *call, int index, fy_value *value)
{
	const fy_result *result = &call->results[index];
	fy_eval *ev = in->ev;
	fy_var *var;

	if (result->kind == FY_SAME)
		return fy_iref(fy_itensor(referred(in, result)));
	if (result->kind != FY_VIEW)
		return fy_itensor(fy_var_symbolic(ev, fy_tensor_ref(result->meta), value));
	var = fy_var_view(referred(in, result), make_step(in, call, index), fy_tensor_ref(result->meta));
	var->value = value;
	var->block = ev->block;
	var->version = var->cell->version;
	return fy_itensor(var);
}

/* Numbers that tensor operators return (size, numel, item) leave as numbers. */
static fy_status as_declared(fy_eval *ev, const fy_schema_type *type, fy_ivalue *v)
{
	fy_ikind kind = type->kind == FY_SCHEMA_INT     ? FY_I_INT
			: type->kind == FY_SCHEMA_FLOAT ? FY_I_FLOAT
			: type->kind == FY_SCHEMA_BOOL  ? FY_I_BOOL
							: FY_I_NONE;
	fy_ivalue number;

	if (type->kind != FY_SCHEMA_INT && type->kind != FY_SCHEMA_FLOAT && type->kind != FY_SCHEMA_BOOL &&
	    type->kind != FY_SCHEMA_NUMBER)
		return FY_OK;
	FY_TRY(fy_eval_to_number(ev, *v, kind, &number));
	fy_iunref(*v);
	*v = number;
	return FY_OK;
}

static fy_status pack(fy_invocation *in, const fy_call *call, fy_ivalue *values, int count, fy_ivalue *out)
{
	fy_iseq *seq;

	if (!call->result_is_list && count == 1) {
		*out = values[0];
		return as_declared(in->ev, in->schema->returns[0], out);
	}
	if (!call->result_is_list && count == 0) {
		*out = fy_inone();
		return FY_OK;
	}
	*out = fy_iseq_new(in->ev, call->result_is_list ? FY_I_LIST : FY_I_TUPLE, &seq, count);
	seq->element = FY_TS_TENSOR;
	for (int i = 0; i < count; i++)
		fy_iseq_push(seq, values[i]);
	return FY_OK;
}

/* ---- executing and recording
 * ------------------------------------------------------------------------------- */

static bool sizes_known(const fy_arg *arg)
{
	if (arg->kind == FY_ARG_TENSOR)
		return fy_shape_known(&arg->t->shape);
	for (int i = 0; arg->kind == FY_ARG_LIST && i < arg->list.count; i++)
		if (!sizes_known(&arg->list.items[i]))
			return false;
	return true;
}

/* What PyTorch would raise is kept aside: an arm may survive it. With sizes that depend on data nobody knows.
 */
static fy_status as_raise(fy_invocation *in, fy_status status, size_t errors)
{
	fy_eval *ev = in->ev;
	bool known = true;
	char *message;

	if (status != FY_USAGE || ev->diags->count <= errors)
		return status;
	for (int i = 0; i < in->schema->arg_count; i++)
		known &= sizes_known(&in->call_args[i]);
	message = fy_strdup(ev->diags->items[errors].message);
	fy_diags_truncate(ev->diags, errors);
	if (known)
		status = fy_eval_raise(ev, "%s", message);
	else
		status = fy_eval_error(ev, FY_UNSUPPORTED, "data-sizes",
				       "sizes that depend on data may not fit: %s", message);
	fy_free(message);
	return status;
}

static fy_status execute(fy_invocation *in, fy_call *inferred, fy_ivalue *out)
{
	fy_call call = *inferred;
	size_t errors = in->ev->diags->count;
	fy_tensor **tensors;
	fy_ivalue *values;
	int count;

	call.results = NULL;
	call.result_count = call.result_capacity = 0;
	FY_TRY(as_raise(in, fy_op_run(&call, false, &tensors, &count), errors));
	FY_ASSERT(count == inferred->result_count);
	values = FY_NEW_ARRAY(in->scratch, fy_ivalue, count);
	for (int i = 0; i < count; i++)
		values[i] = wrap_data(in, inferred, i, tensors[i]);
	return pack(in, inferred, values, count, out);
}

static bool all_same(const fy_call *call)
{
	for (int i = 0; i < call->result_count; i++)
		if (call->results[i].kind != FY_SAME)
			return false;
	return call->result_count > 0;
}

static fy_status record(fy_invocation *in, const fy_call *call, fy_ivalue *out)
{
	fy_eval *ev = in->ev;
	fy_ivalue *values = FY_NEW_ARRAY(in->scratch, fy_ivalue, call->result_count);
	fy_type *types = FY_NEW_ARRAY(in->scratch, fy_type, call->result_count);
	fy_node *node = NULL;
	fy_arg *args = graph_args(in);

	FY_TRY(in->status);
	for (int i = 0; i < call->result_count; i++) {
		types[i] = fy_type_of(call->results[i].meta);
		if (!call->result_is_list && in->schema->returns[i]->kind != FY_SCHEMA_TENSOR)
			types[i] = fy_type_scalar(call->results[i].meta->dtype);
	}
	if (!all_same(call)) {
		node = fy_node_new(ev->block, NULL, in->schema->full, args, in->schema->arg_count, NULL, 0,
				   types, call->result_count);
		node->origin = *fy_eval_origin(ev);
	}
	for (int i = 0; i < call->result_count; i++)
		values[i] = wrap_value(in, call, i, node ? node->results[i] : NULL);
	return pack(in, call, values, call->result_count, out);
}

static int64_t plus(int64_t a, int64_t b)
{
	return fy_add_i64(a, b, &a) ? a : INT64_MAX;
}

/* Elements among the arguments, repeated ones as often as they are repeated. */
static int64_t elements_of(const fy_arg *arg)
{
	int64_t sum = 0;

	if (arg->kind == FY_ARG_TENSOR)
		return fy_tensor_numel(arg->t);
	for (int i = 0; arg->kind == FY_ARG_LIST && i < arg->list.count; i++)
		sum = plus(sum, elements_of(&arg->list.items[i]));
	return sum;
}

/* Is the result worth computing now? Views cost nothing; weights are not multiplied into new big constants;
 * and what is small goes on being computed when much was computed already. */
static bool folds(const fy_invocation *in, const fy_call *call)
{
	fy_eval *ev = in->ev;
	int64_t bytes = 0, work = 0;
	bool fresh = false;

	if (in->symbolic || (call->op->flags & FY_OP_RANDOM))
		return false;
	for (int i = 0; i < call->result_count; i++) {
		int64_t numel = fy_tensor_numel(call->results[i].meta), size;

		if (call->results[i].kind != FY_FRESH)
			continue;
		fresh = true;
		work = plus(work, numel);
		if (!fy_mul_i64(numel, (int64_t)fy_dtype_size(call->results[i].meta->dtype), &size))
			return false;
		bytes = plus(bytes, size);
	}
	if (!fresh)
		return true;
	for (int i = 0; i < call->arg_count; i++)
		work = plus(work, elements_of(&call->args[i]));
	if (bytes > (in->mapped ? FOLD_MAPPED : FOLD_OTHER) || work > FOLD_WORK)
		return false;
	if (work > FOLD_ALWAYS && plus(ev->folded, work) > FOLD_WORK_IN_ALL)
		return false;
	ev->folded += work;
	return true;
}

/* Inference may meet sizes that depend on data: each is a new symbol of the graph. */
static fy_status infer(fy_invocation *in, fy_call *call)
{
	fy_eval *ev = in->ev;
	int symbols = FY_CAPTURING(ev) ? ev->graph->symbol_count : 0;
	size_t errors = ev->diags->count;
	fy_status status;

	call->next_symbol = &symbols;
	status = fy_op_infer(call);
	call->next_symbol = NULL;
	while (status == FY_OK && FY_CAPTURING(ev) && ev->graph->symbol_count < symbols)
		fy_graph_symbol(ev->graph, NULL);
	return as_raise(in, status, errors);
}

static fy_status invoke(fy_invocation *in, fy_ivalue *out)
{
	fy_eval *ev = in->ev;
	fy_call call = { .schema = in->schema,
			 .arg_count = in->schema->arg_count,
			 .arena = in->scratch,
			 .diags = ev->diags,
			 .place = fy_eval_place(ev),
			 .seed = ev->random++ };
	fy_status status;

	in->call_args = FY_NEW_ARRAY(in->scratch, fy_arg, in->schema->arg_count);
	for (int i = 0; i < in->schema->arg_count; i++)
		in->call_args[i] = in->args[i].kind == FY_I_UNSET ? in->schema->args[i].fallback
								  : call_arg(in, in->args[i]);
	FY_TRY(in->status);
	call.args = in->call_args;
	FY_TRY(infer(in, &call));
	if (!FY_CAPTURING(ev))
		status = execute(in, &call, out);
	else if (!folds(in, &call))
		status = record(in, &call, out);
	else if ((status = fy_eval_spend(ev, FOLD_STEPS)) == FY_OK)
		status = execute(in, &call, out);
	fy_call_release(&call);
	return status;
}

fy_status fy_eval_schema(fy_eval *ev, const fy_schema *schema, const fy_ivalue *args, fy_ivalue *out)
{
	fy_invocation in = { .ev = ev, .scratch = fy_arena_new(), .schema = schema, .args = args };
	fy_status status = invoke(&in, out);

	fy_arena_free(in.scratch);
	return status;
}

/* ---- unsupported
 * ------------------------------------------------------------------------------------------------ */

static fy_status unsupported(fy_eval *ev, const char *name, fy_ivalue *out)
{
	fy_place place = fy_eval_place(ev);
	fy_poison *poison = FY_NEW(ev->arena, fy_poison);
	fy_buf key = { 0 };

	fy_buf_printf(&key, "%s %s:%d", name, place.member ? place.member : "", place.line);
	if (!fy_map_has(&ev->reported, (fy_str){ fy_buf_text(&key), key.len })) {
		fy_map_put(&ev->reported, (fy_str){ fy_buf_text(&key), key.len }, poison);
		fy_error(ev->diags, FY_UNSUPPORTED, "op-unsupported", &place,
			 "operator '%s' is not supported", name);
		fy_hint(ev->diags, "'ferry ops' lists what is supported");
	}
	fy_buf_release(&key);
	ev->unsupported = true;
	if (!FY_CAPTURING(ev))
		return FY_UNSUPPORTED;
	*poison = (fy_poison){ .what = name, .place = place, .ordinal = -1, .unsupported = true };
	*out = fy_ipoison(poison);
	return FY_OK;
}

/* A poison among the arguments: the result of an unsupported operator spreads quietly, anything else stops.
 */
static const fy_poison *find_poison(const fy_ivalue *args, int count)
{
	for (int i = 0; i < count; i++) {
		const fy_poison *inner = NULL;

		if (args[i].kind == FY_I_POISON)
			inner = args[i].poison;
		else if (args[i].kind == FY_I_LIST || args[i].kind == FY_I_TUPLE)
			inner = args[i].seq->poison
					? args[i].seq->poison
					: find_poison(args[i].seq->items, (int)args[i].seq->count);
		if (inner)
			return inner;
	}
	return NULL;
}

/* ---- entry points
 * ------------------------------------------------------------------------------------------------ */

static fy_status run_match(fy_eval *ev, const fy_match *match, fy_ivalue *out)
{
	const fy_schema *twin;
	int written;

	if (fy_op_of(match->schema))
		return fy_eval_functional(ev, match->schema, match->args, out);
	twin = fy_schema_functional(match->schema, &written);
	if (twin && fy_op_of(twin))
		return fy_eval_in_place(ev, match, twin, written, out);
	return unsupported(ev, match->schema->full, out);
}

fy_status fy_eval_operator(fy_eval *ev, const char *name, fy_schema_set set, fy_ivalue *args, int arg_count,
			   const char *const *names, fy_ivalue *values, int keyword_count, fy_ivalue *out)
{
	const fy_poison *poison;
	fy_match match = { 0 };
	fy_arena *scratch;
	fy_status status;

	for (int i = 0; i < arg_count; i++)
		FY_TRY(fy_eval_bounded(ev, args[i]));
	for (int i = 0; i < keyword_count; i++)
		FY_TRY(fy_eval_bounded(ev, values[i]));
	poison = find_poison(args, arg_count);
	if (!poison)
		poison = find_poison(values, keyword_count);
	if (poison && !poison->unsupported)
		return fy_eval_poisoned(ev, poison);
	if (poison) {
		*out = fy_ipoison(poison);
		return FY_OK;
	}
	if (set.count == 0)
		return unsupported(ev, name, out);
	scratch = fy_arena_new();
	status = fy_match_call(ev, name, set, args, arg_count, names, values, keyword_count, scratch, &match);
	if (status == FY_OK)
		status = run_match(ev, &match, out);
	for (int i = 0; match.schema && match.owned && i < match.schema->arg_count; i++)
		if (match.owned[i])
			fy_iunref(match.args[i]);
	fy_arena_free(scratch);
	return status;
}

fy_status fy_eval_tensor_op(fy_eval *ev, const char *full, const fy_ivalue *args, int arg_count,
			    fy_ivalue *out)
{
	const fy_schema *schema = fy_schema_find(full);
	fy_ivalue *all;
	fy_status status;

	FY_ASSERT(schema && arg_count <= schema->arg_count);
	all = fy_zalloc((size_t)schema->arg_count * sizeof *all + 1);
	memcpy(all, args, (size_t)arg_count * sizeof *all);
	status = fy_op_of(schema) ? fy_eval_functional(ev, schema, all, out) : unsupported(ev, full, out);
	fy_free(all);
	return status;
}

fy_value *fy_eval_record(fy_eval *ev, const char *full, const fy_arg *args, int arg_count,
			 const fy_type *type)
{
	fy_arena *scratch = fy_arena_new();
	const fy_schema *schema = fy_schema_find(full);
	const fy_arg *all = schema ? fy_schema_fill(schema, scratch, args, arg_count) : args;
	fy_node *node;

	FY_ASSERT(all);
	node = fy_node_new(ev->block, NULL, full, all, schema ? schema->arg_count : arg_count, NULL, 0, type,
			   1);
	node->origin = *fy_eval_origin(ev);
	fy_arena_free(scratch);
	return node->results[0];
}

fy_value *fy_eval_ssa(fy_eval *ev, fy_ivalue value)
{
	fy_tensor *constant = NULL;
	fy_value *made;

	switch (value.kind) {
	case FY_I_TENSOR:
		return fy_var_value(ev, value.t);
	case FY_I_SYMBOL:
		return value.symbol;
	case FY_I_BOOL:
		constant = fy_tensor_scalar_i64(FY_BOOL, value.b);
		break;
	case FY_I_INT:
		constant = fy_tensor_scalar_i64(FY_I64, value.i);
		break;
	case FY_I_FLOAT:
		constant = fy_tensor_scalar_f64(FY_F64, value.f);
		break;
	default:
		FY_BUG("no SSA value for a %s", fy_ikind_name(value));
	}
	made = fy_graph_constant(ev->graph, constant, NULL);
	fy_tensor_unref(constant);
	return made;
}
