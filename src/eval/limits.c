/*
 * What a program may cost. Models are programs of strangers: their steps, the nodes they leave, the size and
 * the nesting of their values are bounded, so that none runs or grows without end. A loop that would unroll
 * into too many nodes is remembered and becomes a loop of the graph in another run.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum {
	STEPS = 500000,
	NODES = 2000000,
	UNROLLED = 100000,
	ITEMS = 1000000,
	NESTING = 200,
	BLOCKS = 28, /* of control flow in a graph: ONNX has room for 31, lowering may add some */
	CALLS = 100000000,
	ROUNDS = 3,
};

static int64_t given(int64_t limit, int64_t otherwise)
{
	return limit > 0 ? limit : otherwise;
}

/* Code that runs once must never meet the limit: it costs no more steps than it has bytes. */
static int64_t code_bytes(const fy_archive *archive)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < archive->code_count; i++)
		bytes += (int64_t)archive->code[i].source.len;
	return bytes;
}

void fy_limits_begin(fy_eval *ev)
{
	const fy_eval_limits *asked = &ev->options->limits;

	ev->limits.steps = given(asked->steps, STEPS + code_bytes(ev->program->archive));
	ev->limits.nodes = given(asked->nodes, NODES);
	ev->limits.unrolled = given(asked->unrolled, UNROLLED);
	ev->limits.items = given(asked->items, ITEMS);
}

/* ---- steps and nodes ---- */

static fy_status too_many(fy_eval *ev, const char *what, int64_t limit, const char *option)
{
	fy_status status = fy_eval_error(ev, FY_UNSUPPORTED, "limit", "%s more than %" PRId64, what, limit);

	fy_hint(ev->diags, "%s N raises the limit", option);
	return status;
}

fy_status fy_eval_spend(fy_eval *ev, int64_t steps)
{
	if (steps > ev->limits.steps - ev->steps)
		return too_many(ev, "the steps that the program takes are", ev->limits.steps, "--max-steps");
	ev->steps += steps;
	return FY_OK;
}

fy_status fy_eval_step(fy_eval *ev)
{
	if (fy_interrupted())
		return FY_INTERRUPTED;
	if (FY_CAPTURING(ev) && ev->graph->made - ev->graph->erased > ev->limits.nodes)
		return too_many(ev, "the nodes of the graph are", ev->limits.nodes, "--max-nodes");
	if (FY_CAPTURING(ev) && ev->graph->erased > 2 * ev->limits.unrolled)
		return too_many(ev,
				"the nodes that were made in search of what nested loops on data carry are",
				2 * ev->limits.unrolled, "--max-unroll");
	FY_TRY(fy_eval_check_stack(ev));
	return fy_eval_spend(ev, 1);
}

fy_status fy_eval_check_stack(fy_eval *ev)
{
	if (!fy_stack_low())
		return FY_OK;
	fy_eval_error(ev, FY_UNSUPPORTED, "limit", "the program nests deeper than the stack allows");
	fy_hint(ev->diags, "ulimit -s gives more of it");
	return FY_UNSUPPORTED;
}

fy_status fy_eval_check_calls(fy_eval *ev, const fy_function *function)
{
	int64_t most = ev->limits.nodes > CALLS ? ev->limits.nodes : CALLS;
	fy_place place = fy_function_place(function, function->span);

	if (!FY_CAPTURING(ev))
		most = ev->limits.steps;
	if (function->calls <= most)
		return FY_OK;
	fy_error(ev->diags, FY_UNSUPPORTED, "limit", &place,
		 "calls of functions, each counted as often as it is reached, are more than %" PRId64, most);
	fy_hint(ev->diags, "%s N raises the limit", FY_CAPTURING(ev) ? "--max-nodes" : "--max-steps");
	return FY_UNSUPPORTED;
}

fy_status fy_eval_check_blocks(fy_eval *ev)
{
	int depth = 0;

	for (const fy_block *block = ev->block; block && block->owner; block = block->owner->block)
		depth++;
	if (depth < BLOCKS)
		return FY_OK;
	return fy_eval_error(
		ev, FY_UNSUPPORTED, "limit",
		"branches and loops on data are nested deeper than %d, which no ONNX file can hold", BLOCKS);
}

/* ---- unrolling ---- */

void fy_unroll_begin(fy_eval *ev, fy_unroll *u, const fy_bstmt *stmt, int64_t trips)
{
	*u = (fy_unroll){ .outer = ev->unroll, .stmt = stmt, .trips = trips };
	if (FY_CAPTURING(ev))
		u->made = ev->graph->made;
	ev->unroll = u;
}

void fy_unroll_end(fy_eval *ev, fy_unroll *u)
{
	ev->unroll = u->outer;
}

static fy_str rolled_key(const fy_bstmt *const *stmt)
{
	return (fy_str){ (const char *)stmt, sizeof(*stmt) };
}

bool fy_unroll_refused(const fy_eval *ev, const fy_bstmt *stmt)
{
	return ev->rolled && fy_map_has(ev->rolled, rolled_key(&stmt));
}

/* From the outermost to the innermost: marks the loops that would leave too many nodes if they went on like
 * this. The body of a loop of the graph is run ROUNDS times, and so is all that is unrolled in it. */
static bool give_up_unrolling(fy_eval *ev, const fy_unroll *u, double *times)
{
	bool any = u->outer && give_up_unrolling(ev, u->outer, times);
	double nodes = (double)(ev->graph->made - u->made) / (double)(u->rounds + 1) * (double)u->trips;

	if (!u->stmt || nodes * *times <= (double)ev->limits.unrolled)
		return any;
	fy_map_put(ev->rolled, rolled_key(&u->stmt), ev->rolled);
	*times *= ROUNDS;
	return true;
}

fy_status fy_unroll_round(fy_eval *ev, fy_unroll *u)
{
	const fy_unroll *outermost = u;
	double times = 1;

	FY_TRY(fy_eval_step(ev)); /* the body may be empty */
	u->rounds++;
	if (!FY_CAPTURING(ev))
		return FY_OK;
	while (outermost->outer)
		outermost = outermost->outer;
	if (ev->graph->made - outermost->made <= ev->limits.unrolled)
		return FY_OK;
	if (ev->rolled && give_up_unrolling(ev, u, &times)) {
		ev->again = true;
		return FY_UNSUPPORTED;
	}
	return too_many(ev, "the nodes that loops unroll to are", ev->limits.unrolled, "--max-unroll");
}

/* ---- sizes of values ---- */

fy_status fy_eval_room(fy_eval *ev, int64_t items)
{
	if (items <= ev->limits.items)
		return fy_eval_spend(ev, items / 16);
	return too_many(ev, "the elements of a list or bytes of a text are", ev->limits.items, "--max-items");
}

static bool walk(fy_ivalue v, int depth, int64_t *left)
{
	const fy_ivalue *items = NULL;
	int64_t count = 0;

	if (fy_iseq_like(v)) {
		items = v.seq->items;
		count = v.seq->count;
	} else if (v.kind == FY_I_DICT) {
		items = (const fy_ivalue *)v.dict->items; /* a key and a value side by side */
		count = 2 * v.dict->count;
	} else if (v.kind == FY_I_OBJECT) {
		items = v.object->attributes;
		count = v.object->class->attribute_count;
	}
	if (count > 0 && (depth == 0 || count > *left))
		return false;
	*left -= count;
	for (int64_t i = 0; i < count; i++)
		if (!walk(items[i], depth - 1, left))
			return false;
	return true;
}

fy_status fy_eval_bounded(fy_eval *ev, fy_ivalue value)
{
	int64_t left = ev->limits.items;

	if (!walk(value, NESTING, &left))
		return fy_eval_error(ev, FY_UNSUPPORTED, "limit",
				     "a value nests deeper than %d levels or unfolds to more than %" PRId64
				     " elements",
				     NESTING, ev->limits.items);
	return fy_eval_spend(ev, (ev->limits.items - left) / 16);
}

bool fy_eval_nest(fy_eval *ev)
{
	if (ev->nesting >= NESTING)
		return false;
	ev->nesting++;
	return true;
}

fy_status fy_eval_key(fy_eval *ev, fy_ivalue key)
{
	switch (key.kind) {
	case FY_I_BOOL:
	case FY_I_INT:
	case FY_I_FLOAT:
	case FY_I_COMPLEX:
	case FY_I_STR:
	case FY_I_DEVICE:
	case FY_I_ENUM:
	case FY_I_TENSOR:
		return FY_OK;
	case FY_I_SYMBOL:
		return fy_eval_error(ev, FY_UNSUPPORTED, "dict-key-data",
				     "the key of a dict depends on data");
	default:
		return fy_eval_error(ev, FY_MALFORMED, "dict-key", "the key of a dict is a %s",
				     fy_ikind_name(key));
	}
}
