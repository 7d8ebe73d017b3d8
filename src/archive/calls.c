/*
 * What the names and calls of PyTorch's pickles mean, as hooks of the pickle machine: one switch over roles.
 * Nothing is called; each role makes a plain value. Names outside the closed list are refused with their
 * name.
 */
#include "archive/archive_internal.h"

#include <string.h>

static fy_status bad_call(fy_unpickler *u, const fy_pvalue *callee)
{
	return fy_unpickler_fail(u, FY_MALFORMED, "pickle-call", "wrong arguments for %.100s.%.100s",
				 callee->global.module, callee->global.name);
}

/* ---- names ---- */

static fy_status refuse(fy_unpickler *u, const fy_loader *loader, const fy_pvalue *global)
{
	const char *module = global->global.module, *name = global->global.name;
	fy_status status;

	if (loader->script)
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-global",
					 "class %.100s.%.100s is not among the code of the archive", module,
					 name);
	status = fy_unpickler_fail(u, FY_UNSUPPORTED, "pickle-global",
				   "refusing %.100s.%.100s: only tensors and plain values are read", module,
				   name);
	fy_hint(fy_unpickler_diags(u),
		"save model.state_dict() instead of Python objects, or a TorchScript archive "
		"(torch.jit.save)");
	return status;
}

static bool plain_python(fy_role role)
{
	return role == FY_ROLE_OPAQUE || role == FY_ROLE_NUMPY_ARRAY || role == FY_ROLE_NUMPY_BUFFER ||
	       role == FY_ROLE_NUMPY_SCALAR;
}

static bool is_own_class(const fy_loader *loader, const char *module)
{
	return fy_starts_with(module, "__torch__.torch.classes.") ||
	       fy_map_has(&loader->code, fy_str_of(module));
}

static fy_status on_global(fy_unpickler *u, void *user, fy_pvalue *global, fy_pvalue **out)
{
	const char *module = global->global.module, *name = global->global.name;
	fy_loader *loader = user;
	fy_role role = fy_role_of(module, name);
	fy_dtype dtype;

	*out = global;
	if (role == FY_ROLE_RPC)
		return fy_unpickler_fail(u, FY_UNSUPPORTED, "pickle-global", "%s.%s is not supported", module,
					 name);
	if (role == FY_ROLE_NONE && strcmp(module, "torch") == 0 && fy_dtype_parse(fy_str_of(name), &dtype) &&
	    fy_dtype_known(dtype) && strcmp(name, fy_dtype_name(dtype)) == 0) {
		global->kind = FY_P_DTYPE;
		global->i = (int64_t)dtype;
		return FY_OK;
	}
	if (loader->script && (role == FY_ROLE_NONE || plain_python(role)))
		role = is_own_class(loader, module) ? FY_ROLE_CLASS : FY_ROLE_NONE;
	if (role == FY_ROLE_NONE)
		return refuse(u, loader, global);
	global->global.role = (int)role;
	return FY_OK;
}

/* ---- calls ---- */

/* A dict from nothing, from a dict, or from a list of pairs. */
static fy_status make_dict(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee, const fy_pvalue *args,
			   fy_pvalue **out)
{
	const fy_pvalue *from = args->seq.count ? args->seq.items[0] : NULL;

	*out = fy_unpickler_new(u, FY_P_DICT);
	if (!from || (FY_ROLE_DEFAULT_DICT == (fy_role)callee->global.role))
		return FY_OK;
	if (from->kind == FY_P_DICT) {
		FY_TRY(fy_loader_charge(u, loader, 16 * (uint64_t)from->dict.count));
		fy_pvalue_set(fy_unpickler_arena(u), *out, from->dict.items, 2 * (size_t)from->dict.count);
		return FY_OK;
	}
	if (from->kind != FY_P_LIST)
		return bad_call(u, callee);
	FY_TRY(fy_loader_charge(u, loader, 16 * (uint64_t)from->seq.count));
	for (uint32_t i = 0; i < from->seq.count; i++) {
		const fy_pvalue *pair = from->seq.items[i];

		if ((pair->kind != FY_P_LIST && pair->kind != FY_P_TUPLE) || pair->seq.count != 2)
			return bad_call(u, callee);
		fy_pvalue_set(fy_unpickler_arena(u), *out, pair->seq.items, 2);
	}
	return FY_OK;
}

static fy_status make_set(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee, const fy_pvalue *args,
			  fy_pvalue **out)
{
	const fy_pvalue *from = args->seq.count ? args->seq.items[0] : NULL;

	*out = fy_unpickler_new(u, FY_P_SET);
	if (!from)
		return FY_OK;
	if (from->kind != FY_P_LIST && from->kind != FY_P_TUPLE && from->kind != FY_P_SET)
		return bad_call(u, callee);
	FY_TRY(fy_loader_charge(u, loader, 8 * (uint64_t)from->seq.count));
	fy_pvalue_append(fy_unpickler_arena(u), *out, from->seq.items, from->seq.count);
	return FY_OK;
}

/* torch.device("cuda:0") or torch.device("cuda", 0) */
static fy_status make_device(fy_unpickler *u, const fy_pvalue *callee, const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;
	uint32_t count = args->seq.count;
	char *text;

	if (count < 1 || count > 2 || a[0]->kind != FY_P_STR || (count == 2 && a[1]->kind != FY_P_INT) ||
	    a[0]->str.len > 64)
		return bad_call(u, callee);
	text = fy_arena_strndup(fy_unpickler_arena(u), a[0]->str.data, a[0]->str.len);
	if (count == 2)
		text = fy_arena_printf(fy_unpickler_arena(u), "%s:%" PRId64, text, a[1]->i);
	*out = fy_unpickler_new(u, FY_P_DEVICE);
	(*out)->str = fy_str_of(text);
	return FY_OK;
}

static bool read_real(const fy_pvalue *value, double *out)
{
	*out = value->kind == FY_P_FLOAT ? value->f : (double)value->i;
	return value->kind == FY_P_FLOAT || value->kind == FY_P_INT;
}

static fy_status make_complex(fy_unpickler *u, const fy_pvalue *callee, const fy_pvalue *args,
			      fy_pvalue **out)
{
	double re, im;

	if (args->seq.count != 2 || !read_real(args->seq.items[0], &re) ||
	    !read_real(args->seq.items[1], &im))
		return bad_call(u, callee);
	*out = fy_unpickler_new(u, FY_P_COMPLEX);
	(*out)->c.re = re;
	(*out)->c.im = im;
	return FY_OK;
}

/* _codecs.encode(text, "latin1"): how bytes travel in protocols before 3. */
static fy_status make_bytes(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee,
			    const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;
	size_t len = 0;
	uint8_t *to;

	if (args->seq.count != 2 || a[0]->kind != FY_P_STR ||
	    (!fy_pvalue_is_str(a[1], "latin1") && !fy_pvalue_is_str(a[1], "latin-1")))
		return bad_call(u, callee);
	FY_TRY(fy_loader_charge(u, loader, a[0]->str.len));
	to = fy_arena_alloc(fy_unpickler_arena(u), a[0]->str.len + 1);
	for (size_t i = 0; i < a[0]->str.len; i++) {
		uint8_t c = (uint8_t)a[0]->str.data[i];

		if (c >= 0x80) {
			if ((c & 0xfc) != 0xc0 || i + 1 == a[0]->str.len)
				return bad_call(u, callee);
			c = (uint8_t)(c << 6 | (a[0]->str.data[++i] & 0x3f));
		}
		to[len++] = c;
	}
	*out = fy_unpickler_new(u, FY_P_BYTES);
	(*out)->str = (fy_str){ (const char *)to, len };
	return FY_OK;
}

static fy_status tag_list(fy_unpickler *u, const fy_pvalue *callee, const fy_pvalue *args, const char *tag,
			  fy_pvalue **out)
{
	if (args->seq.count != 1 || args->seq.items[0]->kind != FY_P_LIST)
		return bad_call(u, callee);
	*out = args->seq.items[0];
	(*out)->type_tag = tag;
	return FY_OK;
}

static fy_status restore_tag(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee,
			     const fy_pvalue *args, fy_pvalue **out)
{
	const fy_pvalue *tag;

	if (args->seq.count != 2)
		return bad_call(u, callee);
	tag = args->seq.items[1];
	*out = args->seq.items[0];
	if (((*out)->kind != FY_P_LIST && (*out)->kind != FY_P_DICT) || tag->kind != FY_P_STR)
		return bad_call(u, callee);
	FY_TRY(fy_loader_charge(u, loader, tag->str.len));
	(*out)->type_tag = fy_arena_strndup(fy_unpickler_arena(u), tag->str.data, tag->str.len);
	return FY_OK;
}

static fy_status first_argument(fy_unpickler *u, const fy_pvalue *callee, const fy_pvalue *args,
				fy_pvalue **out)
{
	if (args->seq.count == 0)
		return bad_call(u, callee);
	*out = args->seq.items[0];
	return FY_OK;
}

static fy_status rebuild(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee, fy_pvalue *args,
			 fy_pvalue **out)
{
	switch ((fy_role)callee->global.role) {
	case FY_ROLE_TENSOR:
		return fy_rebuild_tensor(u, loader, 1, args, out);
	case FY_ROLE_TENSOR_V2:
		return fy_rebuild_tensor(u, loader, 2, args, out);
	case FY_ROLE_TENSOR_V3:
		return fy_rebuild_tensor(u, loader, 3, args, out);
	case FY_ROLE_QTENSOR:
		return fy_rebuild_quantized(u, loader, callee, args, out);
	case FY_ROLE_META_TENSOR:
		return fy_rebuild_meta(u, loader, args, out);
	case FY_ROLE_PARAMETER:
		return fy_rebuild_parameter(u, loader, args, out);
	case FY_ROLE_SPARSE:
		return fy_rebuild_special(u, FY_SPECIAL_SPARSE, callee, args, out);
	case FY_ROLE_NESTED:
		return fy_rebuild_special(u, FY_SPECIAL_NESTED, callee, args, out);
	case FY_ROLE_OTHER_TENSOR:
		return fy_rebuild_special(u, FY_SPECIAL_OTHER, callee, args, out);
	default:
		return bad_call(u, callee);
	}
}

/* _rebuild_from_type_v2(function, type, arguments, state): the tensor is what function gives. */
static fy_status rebuild_typed(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee,
			       const fy_pvalue *args, fy_pvalue **out)
{
	fy_pvalue *const *a = args->seq.items;

	if (args->seq.count != 4 || a[0]->kind != FY_P_GLOBAL || a[2]->kind != FY_P_TUPLE)
		return bad_call(u, callee);
	FY_TRY(rebuild(u, loader, a[0], a[2], out));
	if ((*out)->kind == FY_P_TENSOR && fy_pvalue_is_global(a[1], "torch.nn.parameter", "Parameter"))
		(*out)->tensor->parameter = true;
	return FY_OK;
}

/* A class of the archive's code: instances come by NEWOBJ with a tuple, enum values bare. */
static fy_status on_class(fy_unpickler *u, fy_pvalue *callee, fy_pvalue *args, fy_pvalue **out)
{
	if (args->kind == FY_P_TUPLE)
		return FY_OK;
	*out = fy_unpickler_new(u, FY_P_ENUM);
	(*out)->object = FY_NEW(fy_unpickler_arena(u), fy_pobject);
	(*out)->object->callee = callee;
	(*out)->object->class_name = fy_pglobal_full_name(callee);
	(*out)->object->args = args;
	return FY_OK;
}

static fy_status on_reduce(fy_unpickler *u, void *user, fy_pvalue *callee, fy_pvalue *args, fy_pvalue **out)
{
	fy_role role = (fy_role)callee->global.role;
	fy_loader *loader = user;

	if (role == FY_ROLE_CLASS)
		return on_class(u, callee, args, out);
	if (args->kind != FY_P_TUPLE)
		return bad_call(u, callee);
	switch (role) {
	case FY_ROLE_OPAQUE:
	case FY_ROLE_NUMPY_ARRAY:
		return FY_OK;
	case FY_ROLE_VALUE:
	case FY_ROLE_STORAGE:
		return fy_unpickler_fail(u, FY_MALFORMED, "pickle-call", "%s.%s is called",
					 callee->global.module, callee->global.name);
	case FY_ROLE_DICT:
	case FY_ROLE_DEFAULT_DICT:
		return make_dict(u, loader, callee, args, out);
	case FY_ROLE_SET:
		return make_set(u, loader, callee, args, out);
	case FY_ROLE_SAME:
		return first_argument(u, callee, args, out);
	case FY_ROLE_DEVICE:
		return make_device(u, callee, args, out);
	case FY_ROLE_COMPLEX:
		return make_complex(u, callee, args, out);
	case FY_ROLE_BYTES:
		return make_bytes(u, loader, callee, args, out);
	case FY_ROLE_INT_LIST:
		return tag_list(u, callee, args, "List[int]", out);
	case FY_ROLE_DOUBLE_LIST:
		return tag_list(u, callee, args, "List[float]", out);
	case FY_ROLE_BOOL_LIST:
		return tag_list(u, callee, args, "List[bool]", out);
	case FY_ROLE_TENSOR_LIST:
		return tag_list(u, callee, args, "List[Tensor]", out);
	case FY_ROLE_TYPE_TAG:
		return restore_tag(u, loader, callee, args, out);
	case FY_ROLE_NUMPY_SCALAR:
		return fy_numpy_scalar(u, args, out);
	case FY_ROLE_NUMPY_BUFFER:
		return fy_numpy_buffer(u, loader, args, out);
	case FY_ROLE_FROM_TYPE:
		return rebuild_typed(u, loader, callee, args, out);
	default:
		return rebuild(u, loader, callee, args, out);
	}
}

static fy_status on_build(fy_unpickler *u, void *user, fy_pvalue *object, fy_pvalue *state, bool *done)
{
	if (object->kind == FY_P_REDUCE && object->object->callee->global.role == FY_ROLE_NUMPY_ARRAY)
		return fy_numpy_build(u, user, object, state, done);
	return FY_OK;
}

fy_pickle_hooks fy_loader_hooks(fy_loader *loader)
{
	uint64_t most = 1000000 + (uint64_t)loader->archive->file.size;

	/* An object costs at least a byte of the file, but for what deflate saves. */
	return (fy_pickle_hooks){ .user = loader,
				  .script = loader->script,
				  .global = on_global,
				  .persistent = fy_loader_persistent,
				  .reduce = on_reduce,
				  .build = on_build,
				  .max_objects = most < FY_PICKLE_MAX_OBJECTS ? (uint32_t)most
									      : FY_PICKLE_MAX_OBJECTS };
}

fy_status fy_loader_charge(fy_unpickler *u, fy_loader *loader, uint64_t bytes)
{
	uint64_t most = loader->archive->unpack_limit;

	if (bytes > most - loader->copied) {
		fy_unpickler_fail(u, FY_MALFORMED, "pickle-objects",
				  "pickle unfolds to more than %" PRIu64 " bytes", most);
		fy_hint(fy_unpickler_diags(u), "--max-unpacked BYTES raises the limit");
		return FY_MALFORMED;
	}
	loader->copied += bytes;
	return FY_OK;
}

void fy_loader_release(fy_loader *loader)
{
	for (size_t i = 0; i < loader->tensor_count; i++)
		fy_tensor_unref(loader->tensors[i]);
	for (size_t i = 0; i < loader->storages.count; i++)
		fy_storage_unref(((fy_stored *)loader->storages.entries[i].value)->storage);
	fy_free(loader->tensors);
	fy_map_release(&loader->storages);
	fy_map_release(&loader->code);
}
