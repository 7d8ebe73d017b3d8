/*
 * Models in ONNX Runtime: makes sessions, describes their inputs and outputs, runs them on ferry's tensors.
 * Inputs are lent without a copy, outputs are copied into tensors of ferry's own.
 */
#include "outside/outside_internal.h"

#include <string.h>

struct fy_ort_session {
	fy_hold hold;
	fy_ort *ort;
	ort_session *session;
	/* Only while it is made. */
	ort_session_options *options;
	ort_type_info *type;
	char *name;
	fy_ort_port *inputs, *outputs;
	size_t input_count, output_count;
};

/* Element types by ONNX's number. */
static const struct {
	int onnx;
	fy_dtype dtype;
} element_types[] = {
	{ 1, FY_F32 },          { 2, FY_U8 },       { 3, FY_I8 },           { 4, FY_U16 },
	{ 5, FY_I16 },          { 6, FY_I32 },      { 7, FY_I64 },          { 9, FY_BOOL },
	{ 10, FY_F16 },         { 11, FY_F64 },     { 12, FY_U32 },         { 13, FY_U64 },
	{ 14, FY_C64 },         { 15, FY_C128 },    { 16, FY_BF16 },        { 17, FY_F8_E4M3FN },
	{ 18, FY_F8_E4M3FNUZ }, { 19, FY_F8_E5M2 }, { 20, FY_F8_E5M2FNUZ },
};

static bool to_dtype(int onnx, fy_dtype *out)
{
	for (size_t i = 0; i < FY_COUNT(element_types); i++) {
		if (element_types[i].onnx == onnx) {
			*out = element_types[i].dtype;
			return true;
		}
	}
	return false;
}

static bool from_dtype(fy_dtype dtype, int *out)
{
	for (size_t i = 0; i < FY_COUNT(element_types); i++) {
		if (element_types[i].dtype == dtype) {
			*out = element_types[i].onnx;
			return true;
		}
	}
	return false;
}

/* Element type and sizes; *known false when ferry has no such tensor. */
static fy_status read_info(const fy_ort *ort, const ort_tensor_info *info, bool *known, fy_dtype *dtype,
			   fy_shape *shape, fy_diags *diags)
{
	const ort_table *api = ort->api;
	const char *what = "describe a tensor";
	int64_t dims[FY_MAX_RANK];
	int element;
	size_t rank;
	FY_TRY(fy_ort_take(api, api->element_type(info, &element), what, diags));
	FY_TRY(fy_ort_take(api, api->rank(info, &rank), what, diags));
	*known = to_dtype(element, dtype) && rank <= FY_MAX_RANK;
	if (!*known)
		return FY_OK;
	FY_TRY(fy_ort_take(api, api->dims(info, dims, rank), what, diags));
	shape->rank = (int)rank;
	for (size_t i = 0; i < rank; i++)
		shape->dims[i] = dims[i] < 0 ? fy_dim_symbol(0) : dims[i];
	return FY_OK;
}

static void release_name(fy_ort_session *session)
{
	if (session->name)
		fy_ort_drop(session->ort->api,
			    session->ort->api->allocator_free(session->ort->allocator, session->name));
	session->name = NULL;
}

static void release_type(fy_ort_session *session)
{
	if (session->type)
		session->ort->api->release_type_info(session->type);
	session->type = NULL;
}

static void release_options(fy_ort_session *session)
{
	if (session->options)
		session->ort->api->release_session_options(session->options);
	session->options = NULL;
}

static fy_status read_port(fy_ort_session *session, fy_ort_port *port, size_t index, bool input,
			   fy_diags *diags)
{
	const ort_table *api = session->ort->api;
	const char *what = input ? "describe an input" : "describe an output";
	ort_allocator *allocator = session->ort->allocator;
	const ort_tensor_info *info = NULL;
	FY_TRY(fy_ort_take(api,
			   (input ? api->input_name : api->output_name)(session->session, index, allocator,
									&session->name),
			   what, diags));
	port->name = fy_strdup(session->name);
	release_name(session);
	FY_TRY(fy_ort_take(
		api, (input ? api->input_type : api->output_type)(session->session, index, &session->type),
		what, diags));
	FY_TRY(fy_ort_take(api, api->tensor_info_of_type(session->type, &info), what, diags));
	if (info)
		FY_TRY(read_info(session->ort, info, &port->is_tensor, &port->dtype, &port->shape, diags));
	release_type(session);
	return FY_OK;
}

static fy_status read_ports(fy_ort_session *session, bool input, fy_diags *diags)
{
	const ort_table *api = session->ort->api;
	size_t count;
	FY_TRY(fy_ort_take(api, (input ? api->input_count : api->output_count)(session->session, &count),
			   "describe the model", diags));
	fy_ort_port *ports = fy_zalloc((count + 1) * sizeof(*ports));
	*(input ? &session->inputs : &session->outputs) = ports;
	for (size_t i = 0; i < count; i++) {
		FY_TRY(read_port(session, &ports[i], i, input, diags));
		*(input ? &session->input_count : &session->output_count) = i + 1;
	}
	return FY_OK;
}

static fy_status make_options(fy_ort_session *session, const fy_ort_options *options, fy_diags *diags)
{
	const ort_table *api = session->ort->api;
	const char *what = "take its options";
	FY_TRY(fy_ort_take(api, api->create_session_options(&session->options), what, diags));
	FY_TRY(fy_ort_take(api, api->set_threads_across_nodes(session->options, 1), what, diags));
	if (options && options->threads > 0)
		FY_TRY(fy_ort_take(api, api->set_threads_within_nodes(session->options, options->threads),
				   what, diags));
	if (options && options->no_optimizing)
		FY_TRY(fy_ort_take(api, api->set_optimization_level(session->options, ORT_OPTIMIZE_NOTHING),
				   what, diags));
	return FY_OK;
}

/* Everything that belongs to ONNX Runtime. */
static void release_foreign(void *what)
{
	fy_ort_session *session = what;
	release_name(session);
	release_type(session);
	release_options(session);
	if (session->session)
		session->ort->api->release_session(session->session);
}

static fy_ort_session *new_session(fy_ort *ort)
{
	fy_ort_session *session = fy_zalloc(sizeof(*session));
	session->ort = ort;
	fy_hold_add(&session->hold, release_foreign, session);
	return session;
}

/* Takes over `made`, the answer of one of the two functions that make a session. */
static fy_status finish_session(fy_ort_session *session, ort_status *made, const char *what, fy_diags *diags)
{
	FY_TRY(fy_ort_take(session->ort->api, made, what, diags));
	release_options(session);
	FY_TRY(read_ports(session, true, diags));
	return read_ports(session, false, diags);
}

/* Gives the session away, or ends it. */
static fy_status hand_over(fy_ort_session *session, fy_status status, fy_ort_session **out)
{
	if (status == FY_OK)
		*out = session;
	else
		fy_ort_session_close(session);
	return status;
}

fy_status fy_ort_session_open(fy_ort_session **out, fy_ort *ort, const char *path,
			      const fy_ort_options *options, fy_diags *diags)
{
	fy_ort_session *session = new_session(ort);
	fy_buf what = { 0 };
	fy_buf_printf(&what, "load '%s'", path);
	fy_status status = make_options(session, options, diags);
	if (status == FY_OK) {
		ort_status *answer =
			ort->api->create_session(ort->env, path, session->options, &session->session);
		status = finish_session(session, answer, fy_buf_text(&what), diags);
	}
	fy_buf_release(&what);
	return hand_over(session, status, out);
}

fy_status fy_ort_session_read(fy_ort_session **out, fy_ort *ort, const void *bytes, size_t size,
			      const fy_ort_options *options, fy_diags *diags)
{
	fy_ort_session *session = new_session(ort);
	fy_status status = make_options(session, options, diags);
	if (status == FY_OK) {
		ort_status *answer = ort->api->create_session_from_array(ort->env, bytes, size,
									 session->options, &session->session);
		status = finish_session(session, answer, "load the model", diags);
	}
	return hand_over(session, status, out);
}

static void release_ports(fy_ort_port *ports, size_t count)
{
	for (size_t i = 0; ports && i <= count; i++)
		fy_free(ports[i].name);
	fy_free(ports);
}

void fy_ort_session_close(fy_ort_session *session)
{
	if (!session)
		return;
	fy_hold_drop(&session->hold);
	release_foreign(session);
	release_ports(session->inputs, session->input_count);
	release_ports(session->outputs, session->output_count);
	fy_free(session);
}

const fy_ort_port *fy_ort_session_inputs(const fy_ort_session *session, size_t *count)
{
	*count = session->input_count;
	return session->inputs;
}

const fy_ort_port *fy_ort_session_outputs(const fy_ort_session *session, size_t *count)
{
	*count = session->output_count;
	return session->outputs;
}

/* Lends the bytes of a contiguous tensor. */
static fy_status lend(const fy_ort *ort, const fy_tensor *tensor, const char *name, ort_value **out,
		      fy_diags *diags)
{
	static const char nothing[16];
	int element;
	if (!from_dtype(tensor->dtype, &element))
		return fy_error(diags, FY_UNSUPPORTED, "onnxruntime-dtype", NULL,
				"ONNX Runtime has no tensors of %s (input '%s')",
				fy_dtype_name(tensor->dtype), name);
	size_t size = (size_t)fy_tensor_numel(tensor) * fy_dtype_size(tensor->dtype);
	const void *data = size ? fy_tensor_data(tensor) : nothing;
	/* The library takes a pointer to writable bytes but only reads inputs. */
	union {
		const void *lent;
		void *taken;
	} bytes = { data };
	return fy_ort_take(ort->api,
			   ort->api->create_tensor_around(ort->memory, bytes.taken, size, tensor->shape.dims,
							  (size_t)tensor->shape.rank, element, out),
			   "take an input", diags);
}

static fy_status copy_out(const fy_ort *ort, ort_value *value, const char *name, fy_tensor **out,
			  fy_diags *diags)
{
	const ort_table *api = ort->api;
	ort_tensor_info *info = NULL;
	bool known = false;
	int is_tensor = 0;
	fy_dtype dtype = FY_F32;
	fy_shape shape = { 0 };
	void *data;
	FY_TRY(fy_ort_take(api, api->is_tensor(value, &is_tensor), "give an output", diags));
	if (is_tensor) {
		FY_TRY(fy_ort_take(api, api->tensor_info_of_value(value, &info), "give an output", diags));
		fy_status status = read_info(ort, info, &known, &dtype, &shape, diags);
		api->release_tensor_info(info);
		FY_TRY(status);
	}
	if (!known)
		return fy_error(diags, FY_UNSUPPORTED, "onnxruntime-output", NULL,
				"output '%s' of ONNX Runtime is no tensor that ferry knows", name);
	*out = fy_tensor_new(dtype, &shape, false);
	if (!*out)
		return fy_error(diags, FY_IO, "out-of-memory", NULL, "no memory for output '%s'", name);
	size_t size = (size_t)fy_tensor_numel(*out) * fy_dtype_size(dtype);
	fy_status status = fy_ort_take(api, api->tensor_data(value, &data), "give an output", diags);
	if (status == FY_OK && size)
		memcpy(fy_tensor_write_data(*out), data, size);
	return status;
}

/* Everything that one run holds. */
typedef struct run {
	fy_hold hold;
	const fy_ort_session *session;
	fy_tensor **plain;
	ort_value **inputs, **outputs;
	const char **input_names, **output_names;
} run;

static void release_values(void *what)
{
	run *r = what;
	const ort_table *api = r->session->ort->api;
	for (size_t i = 0; i < r->session->input_count; i++)
		if (r->inputs[i])
			api->release_value(r->inputs[i]);
	for (size_t i = 0; i < r->session->output_count; i++)
		if (r->outputs[i])
			api->release_value(r->outputs[i]);
}

static run *new_run(const fy_ort_session *session)
{
	size_t inputs = session->input_count + 1, outputs = session->output_count + 1;
	run *r = fy_zalloc(sizeof(*r));
	r->session = session;
	r->plain = fy_zalloc(inputs * sizeof(*r->plain));
	r->inputs = fy_zalloc(inputs * sizeof(*r->inputs));
	r->outputs = fy_zalloc(outputs * sizeof(*r->outputs));
	r->input_names = fy_zalloc(inputs * sizeof(*r->input_names));
	r->output_names = fy_zalloc(outputs * sizeof(*r->output_names));
	fy_hold_add(&r->hold, release_values, r);
	return r;
}

static void free_run(run *r)
{
	fy_hold_drop(&r->hold);
	release_values(r);
	for (size_t i = 0; i < r->session->input_count; i++)
		fy_tensor_unref(r->plain[i]);
	fy_free(r->plain);
	fy_free(r->inputs);
	fy_free(r->outputs);
	fy_free(r->input_names);
	fy_free(r->output_names);
	fy_free(r);
}

static fy_status run_lent(fy_ort_session *session, run *r, fy_tensor *const *inputs, fy_tensor **outputs,
			  fy_diags *diags)
{
	const fy_ort *ort = session->ort;
	for (size_t i = 0; i < session->input_count; i++) {
		r->plain[i] = fy_tensor_contiguous(inputs[i]);
		if (!r->plain[i])
			return fy_error(diags, FY_IO, "out-of-memory", NULL, "no memory for input '%s'",
					session->inputs[i].name);
		r->input_names[i] = session->inputs[i].name;
		FY_TRY(lend(ort, r->plain[i], r->input_names[i], &r->inputs[i], diags));
	}
	for (size_t i = 0; i < session->output_count; i++)
		r->output_names[i] = session->outputs[i].name;
	ort_status *answer =
		ort->api->run(session->session, NULL, r->input_names, (const ort_value *const *)r->inputs,
			      session->input_count, r->output_names, session->output_count, r->outputs);
	FY_TRY(fy_ort_take(ort->api, answer, "run the model", diags));
	for (size_t i = 0; i < session->output_count; i++)
		FY_TRY(copy_out(ort, r->outputs[i], r->output_names[i], &outputs[i], diags));
	return FY_OK;
}

fy_status fy_ort_session_run(fy_ort_session *session, fy_tensor *const *inputs, size_t input_count,
			     fy_tensor **outputs, fy_diags *diags)
{
	if (input_count != session->input_count)
		return fy_error(diags, FY_USAGE, "input-count", NULL,
				"the model takes %zu inputs, %zu were given", session->input_count,
				input_count);
	run *r = new_run(session);
	memset(outputs, 0, session->output_count * sizeof(*outputs));
	fy_status status = run_lent(session, r, inputs, outputs, diags);
	free_run(r);
	for (size_t i = 0; status != FY_OK && i < session->output_count; i++) {
		fy_tensor_unref(outputs[i]);
		outputs[i] = NULL;
	}
	return status;
}
