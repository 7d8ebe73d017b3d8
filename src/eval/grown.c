/*
 * Lists whose length depends on data: a loop on data appends to them. Such a list is one tensor with its
 * elements as rows, so it can be measured, indexed, stacked, concatenated, walked through and appended to,
 * and nothing else. Its elements are copies: writing to one in place is refused.
 */
#include "eval/containers.h"
#include "eval/merge.h"

static fy_status scalar_op(fy_eval *ev, const char *name, fy_ivalue a, fy_ivalue b, fy_ivalue *out)
{
	fy_ivalue pair[2] = { a, b };
	bool handled;

	FY_TRY(fy_builtin_call(ev, name, &(fy_args){ .items = pair, .count = 2 }, out, &handled));
	return handled ? FY_OK
		       : fy_eval_error(ev, FY_MALFORMED, "op-arguments", "'%s' takes no %s", name,
				       fy_ikind_name(a));
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------- */

bool fy_rows_type(const fy_ivalue *items, int64_t count, fy_type *row)
{
	for (int64_t i = 0; i < count; i++) {
		fy_type type;

		if (!fy_leaf_type(items[i], &type) || (row->has_shape && !fy_type_eq(&type, row)))
			return false;
		*row = type;
	}
	return row->has_shape;
}

/* A row as tensor: numbers are 0-d. */
static fy_status as_row(fy_eval *ev, fy_ivalue v, fy_ivalue *out)
{
	bool handled;

	*out = fy_iref(v);
	return v.kind == FY_I_TENSOR ? FY_OK
				     : fy_builtin_call(ev, "prim::NumToTensor",
						       &(fy_args){ .items = &v, .count = 1 }, out, &handled);
}

fy_status fy_rows_stack(fy_eval *ev, const fy_ivalue *items, int64_t count, const fy_type *row,
			fy_ivalue *out)
{
	fy_ivalue args[2] = { fy_iseq_new(ev, FY_I_LIST, NULL, count), fy_iint(0) };
	fy_status status = FY_OK;

	for (int64_t i = 0; i < count && status == FY_OK; i++) {
		fy_ivalue made;

		status = as_row(ev, items[i], &made);
		if (status == FY_OK)
			fy_iseq_push(args[0].seq, made);
	}
	if (status == FY_OK && count > 0) {
		status = fy_eval_tensor_op(ev, "aten::stack", args, 2, out);
	} else if (status == FY_OK) {
		fy_shape shape = { .rank = row->shape.rank + 1 };
		fy_tensor *none;

		for (int d = 0; d < row->shape.rank; d++)
			shape.dims[d + 1] = fy_dim_known(row->shape.dims[d]) ? row->shape.dims[d] : 1;
		none = fy_tensor_new(row->dtype, &shape, true);
		*out = fy_itensor(fy_var_new(ev, none));
	}
	fy_iunref(args[0]);
	return status;
}

fy_ivalue fy_grown_new(fy_eval *ev, fy_ivalue rows, bool of_numbers)
{
	fy_iseq *seq;
	fy_ivalue made = fy_iseq_new(ev, FY_I_LIST, &seq, 0);

	seq->element = of_numbers ? FY_TS_ANY : FY_TS_TENSOR;
	seq->grown = rows.t;
	seq->of_numbers = of_numbers;
	return made;
}

/* ---- operators
 * ---------------------------------------------------------------------------------------------------- */

static fy_status length(fy_eval *ev, const fy_iseq *list, fy_ivalue *out)
{
	return scalar_op(ev, "aten::size", fy_itensor(list->grown), fy_iint(0), out);
}

fy_status fy_grown_item(fy_eval *ev, const fy_iseq *list, fy_ivalue index, fy_ivalue *out)
{
	fy_ivalue args[3] = { fy_itensor(list->grown), fy_iint(0), index }, row;
	fy_status status;

	FY_TRY(fy_eval_to_number(ev, index, FY_I_INT, &args[2]));
	FY_TRY(fy_eval_tensor_op(ev, "aten::select.int", args, 3, &row));
	if (!list->of_numbers) {
		*out = row;
		return FY_OK;
	}
	status = fy_eval_to_number(ev, row, FY_I_NONE, out);
	fy_iunref(row);
	return status;
}

/* Joins the rows of a list, which are taken over, to the end of another. */
static fy_status join(fy_eval *ev, fy_iseq *list, fy_ivalue rows)
{
	fy_ivalue pair = fy_iseq_new(ev, FY_I_LIST, NULL, 2), made;
	fy_status status;

	fy_iseq_push(pair.seq, fy_iref(fy_itensor(list->grown)));
	fy_iseq_push(pair.seq, rows);
	status = fy_eval_tensor_op(ev, "aten::cat", (fy_ivalue[]){ pair, fy_iint(0) }, 2, &made);
	fy_iunref(pair);
	FY_TRY(status);
	made.t->cell->lost = list->grown->cell->lost;
	fy_var_unref(list->grown);
	list->grown = made.t;
	return FY_OK;
}

static const fy_poison *copied_element(fy_eval *ev)
{
	fy_poison *lost = FY_NEW(ev->arena, fy_poison);

	*lost = (fy_poison){ .what = "an element of a list whose length depends on data is written",
			     .place = fy_eval_place(ev),
			     .ordinal = -1,
			     .loop = true };
	return lost;
}

static fy_status append(fy_eval *ev, const fy_args *args, fy_ivalue *out)
{
	fy_iseq *list = args->items[0].seq;
	fy_ivalue row, rows;
	fy_status status;

	FY_TRY(fy_seq_writable(ev, list));
	if (args->items[1].kind != (list->of_numbers ? args->items[1].kind : FY_I_TENSOR))
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-grown",
				     "the list holds tensors, a %s is appended",
				     fy_ikind_name(args->items[1]));
	fy_lose(ev, args->items[1], copied_element(ev));
	FY_TRY(as_row(ev, args->items[1], &row));
	status = fy_eval_tensor_op(ev, "aten::unsqueeze", (fy_ivalue[]){ row, fy_iint(0) }, 2, &rows);
	fy_iunref(row);
	FY_TRY(status);
	FY_TRY(join(ev, list, rows));
	*out = fy_iref(args->items[0]);
	return FY_OK;
}

/* The rows brought before dimension `dim` of the elements. */
static fy_status rows_at(fy_eval *ev, const fy_iseq *list, const fy_ivalue *dim, int rank, int64_t *at,
			 fy_ivalue *out)
{
	fy_ivalue rows = fy_itensor(list->grown);

	*at = dim && dim->kind == FY_I_INT ? dim->i : 0;
	*at += *at < 0 ? rank : 0;
	if (*at < 0 || *at >= rank)
		return fy_eval_raise(ev, "dimension out of range");
	return fy_eval_tensor_op(ev, "aten::movedim.int", (fy_ivalue[]){ rows, fy_iint(0), fy_iint(*at) }, 3,
				 out);
}

/* A copy, so that nobody writes into the list's rows. */
static fy_status copied(fy_eval *ev, fy_ivalue rows, fy_ivalue *out)
{
	fy_status status = fy_eval_tensor_op(ev, "aten::clone", &rows, 1, out);

	fy_iunref(rows);
	return status;
}

static fy_status stack(fy_eval *ev, const fy_args *args, fy_ivalue *out)
{
	fy_ivalue rows;
	int64_t at;

	FY_TRY(rows_at(ev, args->items[0].seq, fy_args_get(args, 1, "dim"),
		       args->items[0].seq->grown->tensor->shape.rank, &at, &rows));
	return copied(ev, rows, out);
}

static fy_status cat(fy_eval *ev, const fy_args *args, fy_ivalue *out)
{
	fy_ivalue rows, flat;
	int64_t at;
	fy_status status;

	FY_TRY(rows_at(ev, args->items[0].seq, fy_args_get(args, 1, "dim"),
		       args->items[0].seq->grown->tensor->shape.rank - 1, &at, &rows));
	status = fy_eval_tensor_op(ev, "aten::flatten.using_ints",
				   (fy_ivalue[]){ rows, fy_iint(at), fy_iint(at + 1) }, 3, &flat);
	fy_iunref(rows);
	FY_TRY(status);
	return copied(ev, flat, out);
}

static fy_status plus(fy_eval *ev, const fy_args *args, fy_ivalue *out)
{
	const fy_iseq *list = args->items[0].seq, *other = args->items[1].seq;
	fy_type row = { 0 };
	fy_ivalue rows;
	fy_status status;

	*out = fy_grown_new(ev, fy_iref(fy_itensor(list->grown)), list->of_numbers);
	if (other->count == 0)
		return FY_OK;
	if (!fy_rows_type(other->items, other->count, &row)) {
		fy_iunref(*out);
		return fy_eval_error(ev, FY_UNSUPPORTED, "list-grown",
				     "the lists' elements are not of one type");
	}
	for (int64_t i = 0; i < other->count; i++)
		fy_lose(ev, other->items[i], copied_element(ev));
	status = fy_rows_stack(ev, other->items, other->count, &row, &rows);
	if (status == FY_OK)
		status = join(ev, out->seq, rows);
	if (status != FY_OK)
		fy_iunref(*out);
	return status;
}

bool fy_grown_any(const fy_args *args)
{
	for (int i = 0; i < args->count; i++)
		if (args->items[i].kind == FY_I_LIST && args->items[i].seq->grown)
			return true;
	for (int i = 0; i < args->keyword_count; i++)
		if (args->values[i].kind == FY_I_LIST && args->values[i].seq->grown)
			return true;
	return false;
}

fy_status fy_grown_refuse(fy_eval *ev, const char *name)
{
	return fy_eval_error(ev, FY_UNSUPPORTED, "list-grown",
			     "'%s' of a list whose length depends on data: only len(), [], append, + of a "
			     "list, stack, cat and for",
			     name);
}

fy_status fy_grown_call(fy_eval *ev, const char *name, const fy_args *args, fy_ivalue *out)
{
	const fy_iseq *list = args->count > 0 && args->items[0].kind == FY_I_LIST ? args->items[0].seq : NULL;

	if (!list || !list->grown)
		return fy_grown_refuse(ev, name);
	FY_TRY(fy_seq_readable(ev, list));
	if (strcmp(name, "aten::len") == 0 && args->count == 1)
		return length(ev, list, out);
	if (strcmp(name, "aten::__getitem__") == 0 && args->count == 2)
		return fy_grown_item(ev, list, args->items[1], out);
	if (strcmp(name, "aten::append") == 0 && args->count == 2)
		return append(ev, args, out);
	if (strcmp(name, "aten::add") == 0 && args->count == 2 && args->items[1].kind == FY_I_LIST &&
	    !args->items[1].seq->grown)
		return plus(ev, args, out);
	if (strcmp(name, "aten::stack") == 0 && !list->of_numbers)
		return stack(ev, args, out);
	if (strcmp(name, "aten::cat") == 0 && !list->of_numbers)
		return cat(ev, args, out);
	return fy_grown_refuse(ev, name);
}
