/*
 * archive: PyTorch's files -> plain objects and tensors whose bytes stay in the mapped file. Zip, pickle,
 * TorchScript archives and checkpoints. Everything read here is untrusted: nothing is executed or imported,
 * every offset, length and product is checked. Knows core and tensor only; what classes mean is not its
 * matter.
 */
#ifndef FY_ARCHIVE_H
#define FY_ARCHIVE_H

#include "core/core.h"
#include "tensor/tensor.h"

/* ---- zip: zip.c ----------------------------------------------------------------------------- */

typedef struct fy_zip_record {
	const char *name;  /* without the top folder: "data/0"; outside of it the full name */
	bool outside;      /* not under the top folder: never found by fy_zip_find */
	bool directory;    /* name ends with '/' */
	bool deflated;     /* method 8; else stored */
	uint64_t offset;   /* of the data in the file */
	uint64_t packed;   /* bytes in the file */
	uint64_t size;     /* bytes after unpacking */
	uint32_t crc;      /* as the directory states it */
	bool crc_checked;  /* known to be right */
	const void *cache; /* unpacked bytes in the arena once asked for, deflated records only */
} fy_zip_record;

/* The directory of a zip file. Lives in an arena; borrows the file. */
typedef struct fy_zip {
	const fy_file *file;
	const char *path; /* of the file, in the arena: for diagnostics that outlive the file */
	fy_arena *arena;
	const char *folder;     /* top folder without '/' */
	fy_zip_record *records; /* in order of the directory, checked: inside the file and without overlaps */
	size_t count;
	fy_map by_name, by_folded_name;  /* to index + 1; folded: ASCII lower case */
	uint64_t unpacked, unpack_limit; /* bytes inflated so far and at most: 64 MiB + 20 x file size */
} fy_zip;

/* FY_MALFORMED for whatever is wrong. Release with fy_zip_close (the maps); the rest is the arena's. */
fy_status FY_MUST_USE fy_zip_open(fy_zip **out, fy_arena *arena, const fy_file *file, fy_diags *diags);
void fy_zip_close(fy_zip *zip); /* NULL is fine */
/* By name without top folder, exact first, then ASCII case-insensitive. NULL when absent. */
fy_zip_record *fy_zip_find(const fy_zip *zip, const char *name);
/* All bytes of a record: in the map when stored, in the arena when deflated. The CRC-32 is checked once. */
fy_status FY_MUST_USE fy_zip_bytes(fy_zip *zip, fy_zip_record *record, fy_str *out, fy_diags *diags);
/* The same for a stored record without looking at the bytes: the caller checks later with fy_zip_check_crc.
 */
fy_str fy_zip_mapped(const fy_zip *zip, const fy_zip_record *record);
/* Unpacks into `to`, which has room for record->size bytes; checks the CRC-32. */
fy_status FY_MUST_USE fy_zip_unpack(fy_zip *zip, fy_zip_record *record, void *to, fy_diags *diags);
/* Reads the record's bytes if that was not done before and compares the CRC-32. */
fy_status FY_MUST_USE fy_zip_check_crc(fy_zip *zip, fy_zip_record *record, fy_diags *diags);

/* ---- checksums: crc.c ------------------------------------------------------------------------- */

/* CRC-32 of more bytes after those that gave `crc` (0: none yet), for who reads a record in pieces. */
uint32_t fy_zip_crc(uint32_t crc, const void *bytes, size_t len);

/* ---- plain values: pvalue.c ------------------------------------------------------------------ */

/*
 * What a pickle describes, as data. Two references to one object in the pickle are one pointer here, so
 * aliasing of lists, dicts, objects, tensors and storages is kept. A finished graph has no cycles and is at
 * most FY_PICKLE_MAX_DEPTH deep and unfolds to at most FY_PICKLE_MAX_UNFOLDED values (checked). Constants are
 * not shared: do not compare by pointer for equality.
 */
typedef enum fy_pkind {
	FY_P_NONE,
	FY_P_BOOL,    /* b */
	FY_P_INT,     /* i */
	FY_P_BIGINT,  /* str: little-endian two's complement, more than 8 bytes */
	FY_P_FLOAT,   /* f */
	FY_P_COMPLEX, /* c */
	FY_P_STR,     /* str; UTF-8 in checkpoints, any bytes in TorchScript */
	FY_P_BYTES,   /* str; also bytearray */
	FY_P_TUPLE,   /* seq */
	FY_P_LIST,    /* seq, type_tag */
	FY_P_SET,     /* seq; also frozenset */
	FY_P_DICT,    /* dict, type_tag; also OrderedDict and defaultdict */
	FY_P_GLOBAL,  /* global: a class or function by name, not called */
	FY_P_OBJECT,  /* object: instance of a class */
	FY_P_REDUCE,  /* object: callable and arguments of a call that is not interpreted */
	FY_P_ENUM,    /* object: class; args is the bare value */
	FY_P_TENSOR,  /* tensor; also numpy arrays */
	FY_P_STORAGE, /* storage: outside tensors only in odd checkpoints */
	FY_P_DEVICE,  /* str: "cpu", "cuda:0" */
	FY_P_DTYPE,   /* i: an fy_dtype number */
	FY_P_SPECIAL, /* special: quantized, sparse, nested ... tensors, by their parts */
} fy_pkind;

enum {
	FY_PICKLE_MAX_DEPTH = 10000,
	FY_PICKLE_MAX_OBJECTS = 10000000,
	/* Values met by who follows every reference, so that anybody may: shared ones count each time. */
	FY_PICKLE_MAX_UNFOLDED = 100000000,
};

typedef struct fy_pvalue fy_pvalue;

typedef struct fy_pobject {
	const fy_pvalue *callee; /* FY_P_GLOBAL: class or function; other kinds only in FY_P_REDUCE */
	const char *class_name;  /* "module.name" of callee; NULL when callee is no global */
	fy_pvalue *args;         /* FY_P_TUPLE as a rule; FY_P_ENUM: the value */
	fy_pvalue *state;        /* what BUILD set, mostly a dict of attributes; NULL when nothing was */
	fy_pvalue *items;        /* FY_P_LIST of what was appended to the object, or NULL */
	fy_pvalue *pairs;        /* FY_P_DICT of what was set by key, or NULL */
} fy_pobject;

typedef struct fy_ptensor {
	fy_tensor *tensor; /* the archive holds the reference; storage NULL: meta tensor or traced input */
	bool requires_grad;
	bool parameter;     /* said to be an nn.Parameter (checkpoints only) */
	bool numpy;         /* was a numpy array */
	const char *device; /* where it was when saved: "cpu", "cuda:0"; never NULL */
} fy_ptensor;

typedef struct fy_pstorage {
	fy_dtype dtype;  /* element type of the storage class; FY_U8 for UntypedStorage */
	int64_t numel;   /* of this (view of the) storage, in elements of dtype */
	int64_t base;    /* bytes before this view in `storage`: 0 but in old legacy checkpoints */
	const char *key; /* as in the pickle */
	const char *device;
	fy_storage *storage; /* one per key; NULL when there are no bytes (meta, traced inputs) */
} fy_pstorage;

typedef enum fy_pspecial_kind {
	FY_SPECIAL_QUANTIZED, /* values: integer codes (dtype FY_QI8 ...); scale and zero point below */
	FY_SPECIAL_SPARSE,    /* args of the rebuild call: layout, then its parts */
	FY_SPECIAL_NESTED,    /* args: buffer, sizes, strides, offsets */
	FY_SPECIAL_OTHER,     /* args of any other rebuild call (wrapper subclass, xla ...) */
} fy_pspecial_kind;

typedef struct fy_pspecial {
	fy_pspecial_kind what;
	const char *rebuild; /* name of the rebuild function, e.g. "_rebuild_sparse_tensor" */
	fy_pvalue *args;     /* its arguments as in the pickle */
	fy_ptensor values;   /* quantized only */
	int qscheme;  /* 0 per tensor affine, 1 per channel affine, 2, 3 symmetric, 4 per channel float */
	double scale; /* per tensor */
	int64_t zero_point;              /* per tensor */
	int axis;                        /* per channel */
	fy_pvalue *scales, *zero_points; /* per channel: tensors or lists */
} fy_pspecial;

struct fy_pvalue {
	fy_pkind kind;
	uint32_t id;          /* dense, from 0, within one pickle: for visited sets */
	const char *type_tag; /* lists and dicts of TorchScript: "Dict[str, Tensor]"; else NULL */
	union {
		bool b;
		int64_t i;
		double f;
		struct {
			double re, im;
		} c;
		fy_str str;
		struct {
			fy_pvalue **items;
			uint32_t count, capacity;
		} seq;
		struct {
			fy_pvalue **items;        /* key, value, key, value ... in order */
			uint32_t count, capacity; /* pairs; capacity in pointers */
			fy_pvalue *state;         /* attributes of an OrderedDict (_metadata), or NULL */
		} dict;
		struct {
			const char *module, *name;
			int role; /* what the one who reads it takes it for; see the hook `global` */
		} global;
		fy_pobject *object;
		fy_ptensor *tensor;
		fy_pstorage *storage;
		fy_pspecial *special;
	};
};

const char *fy_pkind_name(fy_pkind kind); /* "dict", "tensor" ... for messages */
static inline const fy_pvalue *fy_pdict_key(const fy_pvalue *dict, size_t i)
{
	return dict->dict.items[2 * i];
}
static inline fy_pvalue *fy_pdict_value(const fy_pvalue *dict, size_t i)
{
	return dict->dict.items[2 * i + 1];
}
/* Value of a string key, the last one as in Python; NULL when absent or `dict` is no dict (NULL is fine). */
fy_pvalue *fy_pdict_get(const fy_pvalue *dict, const char *key);
/* Attribute of an FY_P_OBJECT whose state is a dict; NULL when absent. */
fy_pvalue *fy_pobject_get(const fy_pvalue *object, const char *attribute);
bool fy_pvalue_is_str(const fy_pvalue *value, const char *text);
bool fy_pvalue_is_global(const fy_pvalue *value, const char *module, const char *name);
/* Children in pickle order: items, keys and values, arguments, state, parts. NULL past the last one. */
fy_pvalue *fy_pvalue_child(const fy_pvalue *value, size_t index);
/* Short text for people: 3, 'abc', [1, 2, ...], float32[3,4], __torch__.Net object. */
void fy_buf_put_pvalue(fy_buf *buf, const fy_pvalue *value);

/* ---- pickle: pickle.c ----------------------------------------------------------------------- */

/* A finished pickle. */
typedef struct fy_pickle {
	fy_pvalue *root;
	uint32_t values; /* how many ids were given out */
	size_t consumed; /* bytes up to and with STOP */
} fy_pickle;

/*
 * What the names in a pickle mean is decided by the one who reads it. Each hook returns FY_OK with *out set,
 * or an error with a diagnostic. reduce may leave *out NULL: then the call stays FY_P_REDUCE (FY_P_OBJECT for
 * NEWOBJ). build may change *object in place and say so in *done; else the state is kept beside it.
 */
typedef struct fy_unpickler fy_unpickler;
typedef struct fy_pickle_hooks {
	void *user;
	bool script; /* the strict opcode set of TorchScript, protocol 2 only */
	fy_status (*global)(fy_unpickler *u, void *user, fy_pvalue *global, fy_pvalue **out);
	fy_status (*persistent)(fy_unpickler *u, void *user, fy_pvalue *id, fy_pvalue **out);
	fy_status (*reduce)(fy_unpickler *u, void *user, fy_pvalue *callee, fy_pvalue *args, fy_pvalue **out);
	fy_status (*build)(fy_unpickler *u, void *user, fy_pvalue *object, fy_pvalue *state, bool *done);
	uint32_t max_objects; /* 0: FY_PICKLE_MAX_OBJECTS */
} fy_pickle_hooks;

/* `place` names file and record. Strings point into `bytes`, which must live as long as the arena. */
fy_status FY_MUST_USE fy_unpickle(fy_pickle *out, fy_arena *arena, fy_str bytes, const fy_pickle_hooks *hooks,
				  const fy_place *place, fy_diags *diags);
/* For hooks: a new value; an error at the present opcode. */
fy_pvalue *fy_unpickler_new(fy_unpickler *u, fy_pkind kind);
fy_arena *fy_unpickler_arena(fy_unpickler *u);
fy_status fy_unpickler_fail(fy_unpickler *u, fy_status status, const char *id, const char *format, ...)
	FY_PRINTF(4, 5);
fy_diags *fy_unpickler_diags(fy_unpickler *u);

/* ---- kinds of files: sniff.c ----------------------------------------------------------------- */

typedef enum fy_file_kind {
	FY_KIND_UNKNOWN,
	FY_KIND_TORCHSCRIPT,       /* zip with constants.pkl; also mobile archives that keep code/ */
	FY_KIND_CHECKPOINT,        /* zip of torch.save */
	FY_KIND_LEGACY_CHECKPOINT, /* torch.save before 1.6 */
	FY_KIND_PICKLE,            /* a bare pickle, e.g. plans.pkl */
	FY_KIND_TAR_CHECKPOINT,    /* torch.save before 0.1.10 */
	FY_KIND_LEGACY_SCRIPT,     /* zip with model.json, PyTorch 1.0 - 1.3 */
	FY_KIND_EXPORT_PACKAGE,    /* .pt2 of torch.export */
	FY_KIND_TORCH_PACKAGE,     /* torch.package */
	FY_KIND_FLATBUFFER,        /* mobile flatbuffer */
	FY_KIND_ONNX,              /* guessed from the first fields */
	FY_KIND_NPY,
	FY_KIND_SAFETENSORS,
	FY_KIND_ZIP, /* some other zip */
} fy_file_kind;

fy_file_kind fy_sniff(const fy_file *file);
const char *fy_sniff_name(fy_file_kind kind); /* "TorchScript archive", "ONNX model" ...; no article */

/* ---- archives: pt.c, rebuild.c, legacy.c ------------------------------------------------------ */

typedef struct fy_code_record {
	const char *member;    /* "code/__torch__/net.py" */
	const char *qualifier; /* "__torch__.net": what its classes are prefixed with */
	fy_str source;
} fy_code_record;

typedef struct fy_extra_file {
	const char *name; /* without "extra/" */
	fy_zip_record *record;
} fy_extra_file;

typedef struct fy_archive {
	fy_arena *arena;
	fy_file file;
	const char *path; /* lives in the arena */
	fy_file_kind kind;
	int version;            /* of the archive: 1..10; 0 for anything but TorchScript */
	bool mobile;            /* has bytecode.pkl */
	const char *byte_order; /* text of the record, or NULL */
	uint64_t unpack_limit;
	fy_zip *zip;          /* NULL for legacy checkpoints and bare pickles */
	fy_pickle data;       /* data.pkl, or the only pickle */
	fy_pickle constants;  /* TorchScript: root is a tuple */
	fy_pvalue *root;      /* data.root: TorchScript: FY_P_OBJECT; checkpoint: anything */
	fy_code_record *code; /* TorchScript: in order of the zip's directory */
	size_t code_count;
	fy_extra_file *extras;
	size_t extra_count;
	struct fy_loader *loader; /* storages by key and other things of rebuild.c */
} fy_archive;

/*
 * Opens TorchScript archives, checkpoints of both containers and bare pickles. FY_MALFORMED: broken file;
 * FY_UNSUPPORTED: a container that is known but out of reach, with a hint; FY_USAGE: no such file or no
 * PyTorch file at all. `arena` must outlive both archive and diagnostics. Data records are not read: check
 * those that are used with fy_archive_check_data. max_unpacked: bytes that may be inflated or copied; 0:
 * 64 MiB + 20 x the size of the file.
 */
fy_status FY_MUST_USE fy_archive_open(fy_archive **out, fy_arena *arena, const char *path,
				      uint64_t max_unpacked, fy_diags *diags);
/* The same from memory; `bytes` must outlive the archive, `path` is what messages call it. */
fy_status FY_MUST_USE fy_archive_open_bytes(fy_archive **out, fy_arena *arena, const void *bytes, size_t size,
					    const char *path, uint64_t max_unpacked, fy_diags *diags);
/* Gives back tensors and the map; tensors that others still hold must not be read any more. NULL is fine. */
void fy_archive_close(fy_archive *archive);

static inline size_t fy_archive_constant_count(const fy_archive *archive)
{
	return archive->constants.root ? archive->constants.root->seq.count : 0;
}
static inline fy_pvalue *fy_archive_constant(const fy_archive *archive, size_t i)
{
	return archive->constants.root->seq.items[i];
}
/* The file of a qualifier such as "__torch__.net"; NULL when absent. */
const fy_code_record *fy_archive_code(const fy_archive *archive, fy_str qualifier);
/* Dict of method name -> list of example inputs, as meta tensors; *out NULL when the archive has none. */
fy_status FY_MUST_USE fy_archive_traced_inputs(fy_archive *archive, fy_pvalue **out, fy_diags *diags);
/* The record that holds this tensor's data; NULL for data that is in no record. */
fy_zip_record *fy_archive_record(const fy_archive *archive, const fy_tensor *tensor);
/* CRC-32 of the record that holds this tensor's data, once. FY_OK for data that is in no record. */
fy_status FY_MUST_USE fy_archive_check_data(fy_archive *archive, const fy_tensor *tensor, fy_diags *diags);
/* The same for every record of the archive. */
fy_status FY_MUST_USE fy_archive_check_all(fy_archive *archive, fy_diags *diags);

/* One tensor of the object graph. */
typedef struct fy_named_tensor {
	const char
		*path; /* dotted, e.g. encoder.stages.0.0.convs.0.conv.weight; first path in pickle order */
	const fy_pvalue *value; /* FY_P_TENSOR, or FY_P_SPECIAL for a quantized one */
	fy_tensor *tensor;      /* never NULL; borrowed */
} fy_named_tensor;

/* Every tensor reachable from `root`, each once, in pickle order; parts of sparse and nested ones have paths
 * of their own. The array lives in the archive's arena. */
void fy_archive_tensors(const fy_archive *archive, const fy_pvalue *root, fy_named_tensor **out,
			size_t *count);

#endif
