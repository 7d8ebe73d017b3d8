/*
 * Between the .c files of archive/ only.
 */
#ifndef FY_ARCHIVE_INTERNAL_H
#define FY_ARCHIVE_INTERNAL_H

#include "archive/archive.h"

#include <string.h>

/* pvalue.c: refuses cycles and nesting deeper than FY_PICKLE_MAX_DEPTH. */
fy_status FY_MUST_USE fy_pvalue_check_graph(const fy_pvalue *root, uint32_t values, const fy_place *place,
					    fy_diags *diags);
void fy_pvalue_append(fy_arena *arena, fy_pvalue *seq, fy_pvalue *const *items, size_t count);
/* `count` pointers: key, value, ... */
void fy_pvalue_set(fy_arena *arena, fy_pvalue *dict, fy_pvalue *const *items, size_t count);

/* pickle.c: "module.name"; the name of a global lies behind its module in one text. */
static inline const char *fy_pglobal_full_name(const fy_pvalue *global)
{
	return global->global.name - strlen(global->global.module) - 1;
}

/* pickle.c: the machine, for the opcodes in pscalar.c. */
typedef struct fy_memo_slot {
	uint64_t key; /* + 1; 0: free */
	fy_pvalue *value;
} fy_memo_slot;

struct fy_unpickler {
	fy_arena *arena;
	fy_str bytes;
	size_t pos, op_pos;
	const fy_pickle_hooks *hooks;
	const fy_place *place;
	fy_diags *diags;
	fy_pvalue **stack;
	size_t depth, stack_cap;
	size_t *marks; /* depth of the stack at each open MARK */
	size_t mark_count, mark_cap;
	fy_pvalue **dense; /* memo entries 0 to dense_count - 1 */
	size_t dense_count, dense_cap;
	fy_memo_slot *memo; /* the others; an entry below dense_count is stale */
	size_t memo_size;   /* power of two, or 0 */
	size_t memo_used;   /* slots taken */
	size_t memo_count;  /* different keys in both */
	uint32_t values, max_values;
	fy_pvalue *none, *yes, *no;
	bool done;
};

fy_status fy_unpickler_broken(fy_unpickler *u, const char *why);
fy_status FY_MUST_USE fy_unpickler_take(fy_unpickler *u, uint64_t count, const uint8_t **out);
fy_status FY_MUST_USE fy_unpickler_number(fy_unpickler *u, int size, uint64_t *out); /* little-endian */
fy_status FY_MUST_USE fy_unpickler_line(fy_unpickler *u, fy_str *out); /* up to the newline, which is eaten */
fy_status FY_MUST_USE fy_unpickler_push(fy_unpickler *u, fy_pvalue *value);
fy_status FY_MUST_USE fy_unpickler_push_new(fy_unpickler *u, fy_pkind kind, fy_pvalue **out);

/* pscalar.c: opcodes. */
fy_status fy_pickle_constant(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_binint(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_long(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_binfloat(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_text_number(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_sized(fy_unpickler *u, uint8_t code);
fy_status fy_pickle_text_string(fy_unpickler *u, uint8_t code);

/* ptext.c: text of protocols 0 and 1. False when malformed. */
bool fy_pickle_unquote(fy_arena *arena, fy_str line, fy_str *out);     /* STRING: 'a\x00' */
bool fy_pickle_raw_unicode(fy_arena *arena, fy_str line, fy_str *out); /* UNICODE: a\u00e9 */
/* Lone surrogates are fine, as Python writes them. */
bool fy_utf8_valid(fy_str text);

/* sniff.c */
fy_file_kind fy_sniff_zip(const fy_zip *zip);
bool fy_sniff_is_zip(const fy_file *file); /* by its first bytes */

/* roles.c: what ferry takes a global for. FY_ROLE_NONE: not known, to be refused. */
typedef enum fy_role {
	FY_ROLE_NONE,
	FY_ROLE_VALUE,  /* a name that is a value: never called */
	FY_ROLE_OPAQUE, /* a class or function known to be plain data: kept as a call */
	FY_ROLE_CLASS,  /* a class of the archive's own code */
	FY_ROLE_STORAGE,
	FY_ROLE_TENSOR,    /* _rebuild_tensor */
	FY_ROLE_TENSOR_V2, /* with requires_grad, hooks, metadata */
	FY_ROLE_TENSOR_V3, /* with a dtype of its own */
	FY_ROLE_QTENSOR,
	FY_ROLE_SPARSE,
	FY_ROLE_NESTED,
	FY_ROLE_META_TENSOR,
	FY_ROLE_OTHER_TENSOR,
	FY_ROLE_PARAMETER,
	FY_ROLE_FROM_TYPE,
	FY_ROLE_DICT,
	FY_ROLE_DEFAULT_DICT,
	FY_ROLE_SET,
	FY_ROLE_SAME, /* the call gives its first argument */
	FY_ROLE_DEVICE,
	FY_ROLE_COMPLEX,
	FY_ROLE_BYTES, /* _codecs.encode */
	FY_ROLE_INT_LIST,
	FY_ROLE_DOUBLE_LIST,
	FY_ROLE_BOOL_LIST,
	FY_ROLE_TENSOR_LIST,
	FY_ROLE_TYPE_TAG,
	FY_ROLE_NUMPY_SCALAR,
	FY_ROLE_NUMPY_ARRAY,  /* _reconstruct; BUILD brings the contents */
	FY_ROLE_NUMPY_BUFFER, /* _frombuffer */
	FY_ROLE_RPC,          /* known, out of reach */
} fy_role;
fy_role fy_role_of(const char *module, const char *name);
/* "FloatStorage" to FY_F32. */
bool fy_storage_class(const char *name, fy_dtype *out);

/* One storage by its record or key. */
typedef struct fy_stored {
	fy_storage *storage; /* NULL: no data (meta) */
	fy_dtype dtype;
	bool typed; /* some mention gave a type */
	uint64_t bytes;
	int64_t numel;
	bool filled; /* legacy checkpoints: the bytes were found */
} fy_stored;

typedef struct fy_loader {
	fy_archive *archive;
	const char *folder; /* of the records of the present pickle: "data/", "constants/" */
	bool script, legacy;
	bool swapped;        /* weights are big-endian */
	bool no_data;        /* traced inputs: geometry only */
	fy_map code;         /* qualifier -> fy_code_record */
	fy_map storages;     /* record name -> fy_stored */
	fy_tensor **tensors; /* to be given back */
	size_t tensor_count, tensor_cap;
	uint32_t max_values; /* of any pickle: for visited sets */
	uint64_t copied;     /* bytes copied out of pickles, see fy_loader_charge */
} fy_loader;

/* calls.c */
fy_pickle_hooks fy_loader_hooks(fy_loader *loader);
void fy_loader_release(fy_loader *loader);
/* Before bytes are copied or structures made that a pickle can ask for again and again by reference: refuses
 * when their sum is out of proportion to the file. */
fy_status FY_MUST_USE fy_loader_charge(fy_unpickler *u, fy_loader *loader, uint64_t bytes);

/* rebuild.c: arguments are tuples; a tensor value takes the reference. */
void fy_loader_set_tensor(fy_loader *loader, fy_pvalue *value, fy_tensor *tensor, const char *device);
fy_status FY_MUST_USE fy_loader_shape(fy_unpickler *u, const fy_pvalue *sizes, fy_shape *out);

fy_status FY_MUST_USE fy_rebuild_tensor(fy_unpickler *u, fy_loader *loader, int version,
					const fy_pvalue *args, fy_pvalue **out);
fy_status FY_MUST_USE fy_rebuild_meta(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args,
				      fy_pvalue **out);
fy_status FY_MUST_USE fy_rebuild_parameter(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args,
					   fy_pvalue **out);
fy_status FY_MUST_USE fy_rebuild_special(fy_unpickler *u, fy_pspecial_kind what, const fy_pvalue *callee,
					 fy_pvalue *args, fy_pvalue **out);
fy_status FY_MUST_USE fy_rebuild_quantized(fy_unpickler *u, fy_loader *loader, const fy_pvalue *callee,
					   fy_pvalue *args, fy_pvalue **out);

/* storages.c */
fy_status FY_MUST_USE fy_loader_persistent(fy_unpickler *u, void *loader, fy_pvalue *id, fy_pvalue **out);

/* numpy.c: NULL in *out or false in *done: not ours, kept as it is. */
fy_status FY_MUST_USE fy_numpy_scalar(fy_unpickler *u, const fy_pvalue *args, fy_pvalue **out);
fy_status FY_MUST_USE fy_numpy_build(fy_unpickler *u, fy_loader *loader, fy_pvalue *array,
				     const fy_pvalue *state, bool *done);
fy_status FY_MUST_USE fy_numpy_buffer(fy_unpickler *u, fy_loader *loader, const fy_pvalue *args,
				      fy_pvalue **out);

/* legacy.c */
fy_status FY_MUST_USE fy_legacy_load(fy_archive *archive, fy_diags *diags);
bool fy_legacy_magic(const fy_file *file);

#endif
