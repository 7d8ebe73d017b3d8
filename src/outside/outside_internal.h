/*
 * What ferry knows of ONNX Runtime's C interface: OrtGetApiBase() gives a base, the base gives a table of
 * functions. The table only ever grows at its end, so the order of its first part is fixed for good; only the
 * entries that are used have a type here, the numbers in the comments are their places.
 */
#ifndef FY_OUTSIDE_INTERNAL_H
#define FY_OUTSIDE_INTERNAL_H

#include "outside/outside.h"

/* Objects of ONNX Runtime; never looked into. */
typedef struct ort_status ort_status; /* NULL: success */
typedef struct ort_env ort_env;
typedef struct ort_session ort_session;
typedef struct ort_session_options ort_session_options;
typedef struct ort_value ort_value;
typedef struct ort_memory_info ort_memory_info;
typedef struct ort_type_info ort_type_info;
typedef struct ort_tensor_info ort_tensor_info;
typedef struct ort_allocator ort_allocator;

typedef struct ort_table {
	void *entry_0[1];
	int (*error_code)(const ort_status *status);
	const char *(*error_message)(const ort_status *status); /* 2 */
	ort_status *(*create_env)(int log_level, const char *log_id, ort_env **out);
	void *entry_4[1];
	ort_status *(*enable_telemetry)(const ort_env *env);
	ort_status *(*disable_telemetry)(const ort_env *env); /* 6 */
	ort_status *(*create_session)(const ort_env *env, const char *path,
				      const ort_session_options *options, ort_session **out);
	ort_status *(*create_session_from_array)(const ort_env *env, const void *bytes, size_t size,
						 const ort_session_options *options, ort_session **out);
	ort_status *(*run)(ort_session *session, const void *run_options, const char *const *input_names,
			   const ort_value *const *inputs, size_t input_count,
			   const char *const *output_names, size_t output_count, ort_value **outputs);
	ort_status *(*create_session_options)(ort_session_options **out); /* 10 */
	void *entry_11[12];
	ort_status *(*set_optimization_level)(ort_session_options *options, int level); /* 23 */
	ort_status *(*set_threads_within_nodes)(ort_session_options *options, int count);
	ort_status *(*set_threads_across_nodes)(ort_session_options *options, int count);
	void *entry_26[4];
	ort_status *(*input_count)(const ort_session *session, size_t *out); /* 30 */
	ort_status *(*output_count)(const ort_session *session, size_t *out);
	void *entry_32[1];
	ort_status *(*input_type)(const ort_session *session, size_t index, ort_type_info **out); /* 33 */
	ort_status *(*output_type)(const ort_session *session, size_t index, ort_type_info **out);
	void *entry_35[1];
	ort_status *(*input_name)(const ort_session *session, size_t index, ort_allocator *allocator,
				  char **out); /* 36 */
	ort_status *(*output_name)(const ort_session *session, size_t index, ort_allocator *allocator,
				   char **out);
	void *entry_38[11];
	ort_status *(*create_tensor_around)(const ort_memory_info *info, void *data, size_t size,
					    const int64_t *dims, size_t rank, int element_type,
					    ort_value **out); /* 49 */
	ort_status *(*is_tensor)(const ort_value *value, int *out);
	ort_status *(*tensor_data)(ort_value *value, void **out);
	void *entry_52[3];
	ort_status *(*tensor_info_of_type)(const ort_type_info *type, const ort_tensor_info **out); /* 55 */
	void *entry_56[4];
	ort_status *(*element_type)(const ort_tensor_info *info, int *out); /* 60 */
	ort_status *(*rank)(const ort_tensor_info *info, size_t *out);
	ort_status *(*dims)(const ort_tensor_info *info, int64_t *out, size_t rank);
	void *entry_63[2];
	ort_status *(*tensor_info_of_value)(const ort_value *value, ort_tensor_info **out); /* 65 */
	void *entry_66[3];
	ort_status *(*create_cpu_memory_info)(int allocator_type, int memory_type,
					      ort_memory_info **out); /* 69 */
	void *entry_70[6];
	ort_status *(*allocator_free)(ort_allocator *allocator, void *block); /* 76 */
	void *entry_77[1];
	ort_status *(*default_allocator)(ort_allocator **out); /* 78 */
	void *entry_79[13];
	void (*release_env)(ort_env *env); /* 92 */
	void (*release_status)(ort_status *status);
	void (*release_memory_info)(ort_memory_info *info);
	void (*release_session)(ort_session *session);
	void (*release_value)(ort_value *value);
	void *entry_97[1];
	void (*release_type_info)(ort_type_info *info); /* 98 */
	void (*release_tensor_info)(ort_tensor_info *info);
	void (*release_session_options)(ort_session_options *options); /* 100 */
} ort_table;

typedef struct ort_base {
	const ort_table *(*table)(uint32_t version);
	const char *(*version)(void);
} ort_base;

enum {
	ORT_TABLE_VERSION = 1, /* everything above is in the first version of the table */
	ORT_LOG_FATAL = 4,
	ORT_OPTIMIZE_NOTHING = 0,
	ORT_ARENA_ALLOCATOR = 1,
	ORT_MEMORY_DEFAULT = 0,
};

struct fy_ort {
	fy_hold hold;
	void *library;
	const ort_table *api;
	ort_env *env;
	ort_memory_info *memory;
	ort_allocator *allocator;
	char *path, *version;
	const char *how;
};

/* FY_OK for success; else the diagnostic "onnxruntime", "ONNX Runtime cannot <what>: <its words>", and the
 * status that fits its error code. Releases `status`. */
fy_status fy_ort_take(const ort_table *api, ort_status *status, const char *what, fy_diags *diags);

/* For what cannot fail in a way that matters. */
void fy_ort_drop(const ort_table *api, ort_status *status);

#endif
