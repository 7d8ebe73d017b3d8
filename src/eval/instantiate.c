/*
 * Pickled objects become run-time values, once per evaluation, so that every run starts from the state of the
 * file. Aliasing in the pickle is kept: one pickled object is one value, one storage is one cell.
 */
#include "eval/eval_internal.h"

#include <string.h>

enum { DEPTH_LIMIT = 2000 }; /* of nested objects: a model nests a few dozen */

/* A storage that several tensors of the archive share. The first variable over it owns the cell. */
struct fy_shared_storage {
	int tensors;
	fy_var *flat; /* 1-d over the whole storage; made when the first of its tensors is met while capturing
		       */
};

static fy_status build(fy_eval *ev, const fy_pvalue *p, const char *path, const fy_btype *type, int depth,
		       fy_ivalue *out);

/* ---- tensors
 * ------------------------------------------------------------------------------------------------------- */

/* Found only when several tensors view it. */
static struct fy_shared_storage *shared(const fy_eval *ev, const fy_storage *storage)
{
	struct fy_shared_storage *s =
		fy_map_get(&ev->storages, (fy_str){ (const char *)&storage, sizeof storage });

	return s && s->tensors > 1 ? s : NULL;
}

static const char *tensor_name(const fy_eval *ev, const fy_tensor *tensor)
{
	return fy_map_get(&ev->names, (fy_str){ (const char *)&tensor, sizeof tensor });
}

static const fy_step *strided_step(fy_eval *ev, const fy_tensor *t)
{
	fy_step *step = FY_NEW(ev->arena, fy_step);
	fy_arg *args = FY_NEW_ARRAY(ev->arena, fy_arg, 4);
	fy_type type = fy_type_of(t);

	args[1] = fy_arg_ints(ev->arena, t->shape.dims, t->shape.rank);
	args[2] = fy_arg_ints(ev->arena, t->strides, t->shape.rank);
	args[3] = fy_arg_int(t->offset);
	*step = (fy_step){ .schema = fy_schema_find("aten::as_strided"),
			   .args = args,
			   .item = -1,
			   .types = fy_arena_copy(ev->arena, &type, sizeof type),
			   .type_count = 1,
			   .geometry = fy_geometry_copy(ev->arena, t),
			   .origin = fy_eval_origin(ev),
			   .reading = FY_NEW(ev->arena, fy_reading) };
	return step;
}

/* A tensor that shares its storage is an as_strided view of the flat storage, which is the cell. */
static fy_ivalue shared_tensor(fy_eval *ev, struct fy_shared_storage *s, const fy_tensor *t, const char *name)
{
	fy_var *var;

	if (!s->flat) {
		int64_t count = (int64_t)(t->storage->size / fy_dtype_size(t->dtype)), one = 1;
		fy_tensor *flat = fy_tensor_view(t, t->dtype, &(fy_shape){ 1, { count } }, &one, 0);

		s->flat = fy_var_constant(ev, flat, name);
	}
	var = fy_var_view(s->flat, strided_step(ev, t),
			  fy_tensor_view(t, t->dtype, &t->shape, t->strides, t->offset));
	var->name = name;
	return fy_itensor(var);
}

/* `tensor` belongs to the archive. */
static fy_ivalue build_tensor(fy_eval *ev, fy_tensor *tensor)
{
	const char *name = tensor_name(ev, tensor);
	struct fy_shared_storage *s = tensor->storage ? shared(ev, tensor->storage) : NULL;
	fy_storage *copy;
	fy_tensor *mine;

	if (FY_CAPTURING(ev) && s && (!s->flat || s->flat->tensor->dtype == tensor->dtype))
		return shared_tensor(ev, s, tensor, name);
	if (FY_CAPTURING(ev) || !tensor->storage)
		return fy_itensor(FY_CAPTURING(ev) ? fy_var_constant(ev, fy_tensor_ref(tensor), name)
						   : fy_var_concrete(fy_tensor_ref(tensor)));
	/* Running may write: each run borrows the bytes through a storage of its own, which copies on the
	 * first write. Tensors that share a storage must go on sharing it. */
	if (s && s->flat) {
		copy = fy_storage_ref(s->flat->tensor->storage);
	} else {
		copy = fy_storage_borrow(tensor->storage->bytes, tensor->storage->size);
		if (s) {
			int64_t one = 1;

			mine = fy_tensor_meta(tensor->dtype, &(fy_shape){ 1, { 0 } });
			mine->strides[0] = one;
			mine->storage = fy_storage_ref(copy);
			s->flat = fy_var_concrete(mine);
		}
	}
	mine = fy_tensor_meta(tensor->dtype, &tensor->shape);
	memcpy(mine->strides, tensor->strides, sizeof mine->strides);
	mine->offset = tensor->offset;
	mine->conj = tensor->conj;
	mine->neg = tensor->neg;
	mine->storage = copy;
	return fy_itensor(fy_var_concrete(mine));
}

/* ---- containers and objects
 * ------------------------------------------------------------------------------------------- */

static const fy_btype *item_type(const fy_btype *type, int i)
{
	while (type && type->kind == FY_TS_OPTIONAL)
		type = type->items[0];
	if (!type)
		return NULL;
	if (type->kind == FY_TS_LIST)
		return type->items[0];
	if (type->kind == FY_TS_DICT)
		return type->items[i & 1];
	if (type->kind == FY_TS_TUPLE && i < type->count)
		return type->items[i];
	if (type->kind == FY_TS_NAMED && type->class && i < type->class->attribute_count)
		return type->class->attributes[i].type;
	return NULL;
}

static fy_ts_kind tagged_element(const fy_pvalue *p, const fy_btype *type)
{
	const fy_btype *element = item_type(type, 0);

	if (p->type_tag && strcmp(p->type_tag, "List[int]") == 0)
		return FY_TS_INT;
	if (p->type_tag && strcmp(p->type_tag, "List[float]") == 0)
		return FY_TS_FLOAT;
	if (p->type_tag && strcmp(p->type_tag, "List[bool]") == 0)
		return FY_TS_BOOL;
	if (p->type_tag && strcmp(p->type_tag, "List[Tensor]") == 0)
		return FY_TS_TENSOR;
	return element ? element->kind : FY_TS_ANY;
}

static char *item_path(fy_eval *ev, const char *path, uint32_t i)
{
	return path ? fy_arena_printf(ev->arena, "%s.%u", path, i) : NULL;
}

static fy_status build_seq(fy_eval *ev, const fy_pvalue *p, const char *path, const fy_btype *type, int depth,
			   fy_ivalue *out)
{
	fy_iseq *seq;

	*out = fy_iseq_new(ev, p->kind == FY_P_TUPLE ? FY_I_TUPLE : FY_I_LIST, &seq, p->seq.count);
	seq->element = tagged_element(p, type);
	while (type && type->kind == FY_TS_OPTIONAL)
		type = type->items[0];
	if (p->kind == FY_P_TUPLE && type && type->kind == FY_TS_NAMED && type->class)
		seq->class = type->class; /* a NamedTuple loses its name in the pickle */
	for (uint32_t i = 0; i < p->seq.count; i++) {
		fy_ivalue item;

		FY_TRY(build(ev, p->seq.items[i], item_path(ev, path, i), item_type(type, (int)i), depth + 1,
			     &item));
		fy_iseq_push(seq, item);
	}
	return FY_OK;
}

static fy_status build_dict(fy_eval *ev, const fy_pvalue *p, const fy_btype *type, int depth, fy_ivalue *out)
{
	fy_idict *dict;

	*out = fy_idict_new(ev, &dict);
	for (uint32_t i = 0; i < p->dict.count; i++) {
		fy_ivalue key, value;

		FY_TRY(build(ev, p->dict.items[2 * i], NULL, item_type(type, 0), depth + 1, &key));
		FY_TRY(fy_eval_key(ev, key));
		FY_TRY(build(ev, p->dict.items[2 * i + 1], NULL, item_type(type, 1), depth + 1, &value));
		fy_idict_put(dict, key, value);
	}
	return FY_OK;
}

/* __setstate__ gets what __getstate__ returned, and sets the attributes itself. */
static fy_status run_setstate(fy_eval *ev, const fy_function *setstate, fy_ivalue object,
			      const fy_pvalue *state, int depth)
{
	fy_ivalue args[2] = { fy_iref(object) }, ignored;

	FY_TRY(build(ev, state, NULL, setstate->param_count > 1 ? setstate->params[1].type : NULL, depth + 1,
		     &args[1]));
	FY_TRY(fy_eval_call(ev, setstate, args, 2, NULL, NULL, 0, &ignored));
	fy_iunref(ignored);
	return FY_OK;
}

/* The pickled attributes by name; of two with one name the last counts. */
static fy_map index_state(const fy_pvalue *state)
{
	fy_map found = { 0 };

	for (size_t i = 0; state && state->kind == FY_P_DICT && i < state->dict.count; i++)
		if (fy_pdict_key(state, i)->kind == FY_P_STR)
			fy_map_put(&found, fy_pdict_key(state, i)->str, fy_pdict_value(state, i));
	return found;
}

static fy_status build_attributes(fy_eval *ev, fy_iobject *object, const fy_map *states, const char *path,
				  int depth)
{
	const fy_class *class = object->class;

	for (int i = 0; i < class->attribute_count; i++) {
		const fy_pvalue *state = fy_map_get(states, fy_str_of(class->attributes[i].name));
		const char *name = class->attributes[i].name;
		const char *inner = *path ? fy_arena_printf(ev->arena, "%s.%s", path, name) : name;

		if (!state) /* absent attributes were refused by the binder, except those that nothing reads
			     */
			continue;
		FY_TRY(build(ev, state, inner, class->attributes[i].type, depth + 1, &object->attributes[i]));
	}
	return FY_OK;
}

static fy_status build_object(fy_eval *ev, const fy_pvalue *p, const char *path, int depth, fy_ivalue *out)
{
	fy_class *class = fy_program_class(ev->program, p->object->class_name);
	const fy_function *setstate;

	if (!class)
		return fy_eval_error(ev, FY_MALFORMED, "class-unknown", "class '%s' is not in the archive",
				     p->object->class_name);
	*out = fy_iobject_new(ev, class, class->base == FY_CLASS_MODULE ? (path ? path : "") : NULL);
	if (class->custom) {
		out->object->custom = p;
		return FY_OK;
	}
	setstate = fy_class_method(class, "__setstate__");
	if (setstate && fy_class_method(class, "__getstate__") && p->object->state)
		return run_setstate(ev, setstate, *out, p->object->state, depth);
	fy_map states = index_state(p->object->state);
	fy_status status = build_attributes(ev, out->object, &states, path ? path : "", depth);
	fy_map_release(&states);
	return status;
}

static fy_status build_enum(fy_eval *ev, const fy_pvalue *p, fy_ivalue *out)
{
	fy_class *class = fy_program_class(ev->program, p->object->class_name);
	const fy_pvalue *raw = p->object->args;

	for (int i = 0; class && i < class->member_count; i++) {
		const fy_arg *v = &class->members[i].value;
		bool same = (v->kind == FY_ARG_INT && raw->kind == FY_P_INT && v->i == raw->i) ||
			    (v->kind == FY_ARG_FLOAT && raw->kind == FY_P_FLOAT && v->f == raw->f) ||
			    (v->kind == FY_ARG_STR && raw->kind == FY_P_STR && fy_str_eq(v->s, raw->str));

		if (!same)
			continue;
		fy_ienum *member = fy_zalloc(sizeof *member);
		*member = (fy_ienum){ 1, class, i };
		*out = (fy_ivalue){ .kind = FY_I_ENUM, .member = member };
		return FY_OK;
	}
	return fy_eval_error(ev, FY_MALFORMED, "enum", "'%s' has no member of the pickled value",
			     p->object->class_name);
}

/* A pickled value that the evaluator cannot use is no fault until something reads it. */
static fy_ivalue unusable(fy_eval *ev, const fy_pvalue *p)
{
	fy_poison *poison = FY_NEW(ev->arena, fy_poison);

	*poison = (fy_poison){ .what = fy_arena_printf(ev->arena, "a pickled %s", fy_pkind_name(p->kind)),
			       .place = fy_eval_place(ev),
			       .ordinal = -1 };
	return fy_ipoison(poison);
}

static fy_status build_shared(fy_eval *ev, const fy_pvalue *p, const char *path, const fy_btype *type,
			      int depth, fy_ivalue *out)
{
	switch (p->kind) {
	case FY_P_TENSOR:
		*out = build_tensor(ev, p->tensor->tensor);
		return FY_OK;
	case FY_P_LIST:
	case FY_P_TUPLE:
		return build_seq(ev, p, path, type, depth, out);
	case FY_P_DICT:
		return build_dict(ev, p, type, depth, out);
	case FY_P_OBJECT:
		return p->object->class_name ? build_object(ev, p, path, depth, out)
					     : (*out = unusable(ev, p), FY_OK);
	default:
		return FY_OK;
	}
}

static fy_status build(fy_eval *ev, const fy_pvalue *p, const char *path, const fy_btype *type, int depth,
		       fy_ivalue *out)
{
	fy_ivalue *known;
	fy_status status;

	*out = fy_inone();
	if (depth > DEPTH_LIMIT)
		return fy_eval_error(ev, FY_UNSUPPORTED, "object-depth", "objects are nested deeper than %d",
				     DEPTH_LIMIT);
	switch (p->kind) {
	case FY_P_NONE:
		return FY_OK;
	case FY_P_BOOL:
		*out = fy_ibool(p->b);
		return FY_OK;
	case FY_P_INT:
		*out = type && type->kind == FY_TS_FLOAT ? fy_ifloat((double)p->i) : fy_iint(p->i);
		return FY_OK;
	case FY_P_FLOAT:
		*out = fy_ifloat(p->f);
		return FY_OK;
	case FY_P_COMPLEX:
		*out = fy_icomplex(p->c.re, p->c.im);
		return FY_OK;
	case FY_P_STR:
	case FY_P_DEVICE:
		*out = fy_istring(p->str.data, p->str.len);
		out->kind = p->kind == FY_P_STR ? FY_I_STR : FY_I_DEVICE;
		return FY_OK;
	case FY_P_DTYPE:
		*out = fy_iint(p->i);
		return FY_OK;
	case FY_P_ENUM:
		return build_enum(ev, p, out);
	case FY_P_TENSOR:
	case FY_P_LIST:
	case FY_P_TUPLE:
	case FY_P_DICT:
	case FY_P_OBJECT:
		break;
	default:
		*out = unusable(ev, p);
		return FY_OK;
	}
	known = fy_map_get(&ev->built, (fy_str){ (const char *)&p, sizeof p });
	if (known) {
		*out = fy_iref(*known);
		return FY_OK;
	}
	status = build_shared(ev, p, path, type, depth, out);
	if (status != FY_OK) {
		fy_iunref(*out);
		*out = fy_inone(); /* whoever holds the place will release it again */
		return status;
	}
	known = FY_NEW(ev->arena, fy_ivalue); /* held until fy_eval_finish */
	*known = fy_iref(*out);
	fy_map_put(&ev->built, (fy_str){ (const char *)&p, sizeof p }, known);
	return FY_OK;
}

/* ---- entry points
 * ------------------------------------------------------------------------------------------------------- */

fy_status fy_eval_instantiate(fy_eval *ev, const fy_pvalue *value, fy_ivalue *out)
{
	return build(ev, value, "", NULL, 0, out);
}

fy_status fy_eval_constant(fy_eval *ev, int index, fy_ivalue *out)
{
	const fy_archive *archive = ev->program->archive;

	FY_ASSERT(index >= 0 && (size_t)index < fy_archive_constant_count(archive));
	return build(ev, fy_archive_constant(archive, (size_t)index), NULL, NULL, 0, out);
}

static void count_view(fy_eval *ev, const fy_storage *storage)
{
	fy_str key = { (const char *)&storage, sizeof storage };
	struct fy_shared_storage *s = fy_map_get(&ev->storages, key);

	if (!s) {
		s = FY_NEW(ev->arena, struct fy_shared_storage);
		fy_map_put(&ev->storages, key, s);
	}
	s->tensors++;
}

static void name_tensors(fy_eval *ev, const fy_pvalue *root, const char *prefix)
{
	fy_named_tensor *tensors;
	size_t count;

	fy_archive_tensors(ev->program->archive, root, &tensors, &count);
	for (size_t i = 0; i < count; i++) {
		const fy_tensor *t = tensors[i].tensor;
		fy_str key = { (const char *)&t, sizeof t };

		if (!fy_map_has(&ev->names, key))
			fy_map_put(&ev->names, key,
				   *prefix ? fy_arena_printf(ev->arena, "%s.%s", prefix, tensors[i].path)
					   : fy_arena_strdup(ev->arena, tensors[i].path));
		if (t->storage)
			count_view(ev, t->storage);
	}
}

fy_status fy_eval_prepare(fy_eval *ev)
{
	const fy_archive *archive = ev->program->archive;

	name_tensors(ev, archive->root, "");
	if (archive->constants.root)
		name_tensors(ev, archive->constants.root, "constants");
	return fy_eval_instantiate(ev, archive->root, &ev->root);
}

void fy_eval_finish(fy_eval *ev)
{
	for (size_t i = 0; i < ev->built.count; i++)
		fy_iunref(*(fy_ivalue *)ev->built.entries[i].value);
	fy_iunref(ev->root);
	fy_ireap(ev);
	for (size_t i = 0; i < ev->storages.count; i++)
		fy_var_unref(((struct fy_shared_storage *)ev->storages.entries[i].value)->flat);
	fy_map_release(&ev->storages);
	fy_map_release(&ev->built);
	fy_map_release(&ev->names);
	fy_map_release(&ev->reported);
}
