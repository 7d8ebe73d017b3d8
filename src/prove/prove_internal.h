/*
 * Between the .c files of prove/ only.
 */
#ifndef FY_PROVE_INTERNAL_H
#define FY_PROVE_INTERNAL_H

#include "prove/prove.h"

/* ---- reading back: readback.c ---- */

/*
 * Follows an output on another thread while it is written: reads back what is in the file already, compares
 * it with where it came from, and checks the CRC-32 of the archive's records on the way. Every byte is looked
 * at while it is warm.
 */
typedef struct fy_readback fy_readback;
fy_readback *fy_readback_start(fy_output *out, fy_archive *archive);
/* The bytes of `tensor`, which must live on, will be at `offset`. For on_data of the writer. */
void fy_readback_expect(void *readback, const fy_tensor *tensor, uint64_t offset);
/* The record that this tensor's data is in was used: its CRC-32 is to be checked. */
void fy_readback_check(fy_readback *readback, const fy_tensor *tensor);
/* Flushes the output and waits for the thread, after a failure of the writer too. The error of a damaged
 * record. Once only. */
fy_status FY_MUST_USE fy_readback_end(fy_readback *readback, fy_diags *diags);
/* Was this tensor compared with what lies at `offset`? Then *same says how that came out. */
bool fy_readback_knows(const fy_readback *readback, const fy_tensor *tensor, uint64_t offset, bool *same);
void fy_readback_free(fy_readback *readback); /* NULL is fine */

/* ---- the file, and the weights beside it: writing.c ---- */

typedef struct fy_write_request {
	const fy_model *model;
	const fy_conversion *conversion;
	const char *path;
	fy_weights_form form;
	const char *producer_version;
	const fy_progress *progress;
	const char *there; /* a data file that is in its place already, or NULL */
} fy_write_request;

/* A model that is written but has not got its name. */
struct fy_written {
	fy_weights_form form; /* what became of it */
	bool too_large;       /* for one file: that is why */
	fy_output *model, *data;
	const char *temporary; /* path of the model until it is committed */
	const char *location;  /* the file with the weights, in the model's folder; NULL: the model itself */
	fy_onnx_place *places; /* per constant of the graph */
	uint64_t size, data_size;
	int constants, inside; /* of the model; inside: with their data in the model file */
	fy_readback *model_back, *data_back;
};

/* FY_USAGE when an output at `path` cannot refer to the archive: it is in another folder, or its name is odd.
 */
fy_status FY_MUST_USE fy_written_check_link(const fy_model *model, const char *path, fy_diags *diags);
/* On failure nothing is left behind. */
fy_status FY_MUST_USE fy_written_make(fy_written *out, const fy_write_request *request, fy_diags *diags);
/* Gives it the name it was made for, or `path`; the data of what it replaces goes. Ends it in any case. */
fy_status FY_MUST_USE fy_written_commit(fy_written *written, const char *path);
void fy_written_abort(fy_written *written); /* what was not made or is ended already is fine */
/* Is this tensor of the file read back known to hold the same bits, without looking? */
bool fy_written_knows(const fy_written *written, const fy_model *file, const fy_tensor *weight,
		      const fy_tensor *found, bool *same);

#endif
