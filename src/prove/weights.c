/*
 * The weight proof: every tensor of the archive that the program uses is looked up in the file by its name
 * and compared bit for bit. Tensors that were computed into others are counted, not judged.
 */
#include "prove/prove_internal.h"

#include <stdlib.h>
#include <string.h>

/* As they lie, at whatever address. */
static const uint8_t *bytes_of(const fy_tensor *tensor)
{
	return tensor->storage->bytes + (size_t)tensor->offset * fy_dtype_size(tensor->dtype);
}

static bool same_bits(const fy_tensor *a, const fy_tensor *b)
{
	if (a->dtype != b->dtype || !fy_shape_eq(&a->shape, &b->shape))
		return false;
	fy_tensor *plain_a = fy_tensor_view(a, a->dtype, &a->shape, a->strides, a->offset);
	fy_tensor *plain = fy_tensor_contiguous(plain_a);
	fy_tensor_unref(plain_a);
	if (!plain)
		fy_out_of_memory();
	size_t size = (size_t)fy_tensor_numel(b) * fy_dtype_size(b->dtype);
	bool same = fy_tensor_is_contiguous(b) && (!size || !memcmp(bytes_of(plain), bytes_of(b), size));
	fy_tensor_unref(plain);
	return same;
}

/* ---- by what is known without looking ---- */

static bool is_plain(const fy_tensor *tensor)
{
	return fy_tensor_is_contiguous(tensor) && !tensor->conj && !tensor->neg;
}

static uint64_t file_offset(const fy_tensor *tensor)
{
	return tensor->storage->file_offset + (uint64_t)tensor->offset * fy_dtype_size(tensor->dtype);
}

/* The same bytes of the same file. */
static bool is_linked(const fy_tensor *weight, const fy_tensor *found)
{
	const fy_file *a = weight->storage->file, *b = found->storage ? found->storage->file : NULL;
	return a && b && a->device == b->device && a->inode == b->inode && is_plain(weight) &&
	       is_plain(found) && weight->dtype == found->dtype &&
	       fy_shape_eq(&weight->shape, &found->shape) && file_offset(weight) == file_offset(found);
}

/* ---- transposed matrices ---- */

/* Some elements, before all of them. */
static bool may_be_same(const fy_tensor *strided, const fy_tensor *plain)
{
	enum { SAMPLES = 37 };
	size_t size = fy_dtype_size(plain->dtype);
	int64_t rows = plain->shape.dims[0], columns = plain->shape.dims[1], count = rows * columns;
	if (!fy_tensor_is_contiguous(plain) || count == 0)
		return false;
	for (int64_t k = 0; k < SAMPLES; k++) {
		int64_t at = (int64_t)((double)(count - 1) * (double)k / (SAMPLES - 1));
		int64_t row = at / columns, column = at % columns;
		int64_t from = strided->offset + row * strided->strides[0] + column * strided->strides[1];
		const uint8_t *there = bytes_of(plain) + (size_t)at * size;
		if (memcmp(strided->storage->bytes + (size_t)from * size, there, size) != 0)
			return false;
	}
	return true;
}

/* Products want some matrices transposed: that moves elements and computes nothing. */
static bool is_transposed(const fy_tensor *weight, const fy_graph *file)
{
	if (weight->shape.rank != 2)
		return false;
	const fy_shape turned = { 2, { weight->shape.dims[1], weight->shape.dims[0] } };
	const int64_t strides[] = { weight->strides[1], weight->strides[0] };
	fy_tensor *view = fy_tensor_view(weight, weight->dtype, &turned, strides, weight->offset);
	bool found = false;
	for (int i = 0; i < file->constant_count && !found; i++) {
		const fy_tensor *constant = file->constants[i]->tensor;
		if (constant->dtype == view->dtype && fy_shape_eq(&constant->shape, &view->shape) &&
		    may_be_same(view, constant))
			found = same_bits(view, constant);
	}
	fy_tensor_unref(view);
	return found;
}

/* ---- the proof ---- */

static int compare_pointers(const void *a, const void *b)
{
	const fy_storage *const *x = a, *const *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Tensors of the archive whose storage no captured weight views. */
static int count_unused(const fy_conversion *conversion, const fy_model *program)
{
	const fy_pvalue *roots[] = { program->archive->root, program->archive->constants.root };
	size_t used = (size_t)conversion->weight_count;
	int unused = 0;
	const fy_storage **storages = fy_alloc((used + 1) * sizeof(*storages));
	for (size_t i = 0; i < used; i++)
		storages[i] = conversion->weights[i].tensor->storage;
	qsort(storages, used, sizeof(*storages), compare_pointers);
	for (size_t r = 0; r < FY_COUNT(roots); r++) {
		fy_named_tensor *tensors;
		size_t count = 0;
		if (roots[r])
			fy_archive_tensors(program->archive, roots[r], &tensors, &count);
		for (size_t i = 0; i < count; i++)
			unused += tensors[i].tensor->storage &&
				  !bsearch(&tensors[i].tensor->storage, storages, used, sizeof(*storages),
					   compare_pointers);
	}
	fy_free(storages);
	return unused;
}

static void judge(fy_weight_proof *proof, const fy_used_weight *weight, const fy_graph *graph,
		  const fy_value *found, bool same)
{
	if (!found && is_transposed(weight->tensor, graph)) {
		proof->identical++;
		proof->transposed++;
	} else if (!found) {
		proof->folded++;
	} else if (same) {
		proof->identical++;
	} else {
		proof->different++;
		if (!proof->first_different)
			proof->first_different = weight->name;
	}
}

/* Does `found` (NULL: not found) hold the weight? *linked: its very bytes. */
static fy_status look_up(const fy_tensor *weight, const fy_tensor *found, const fy_model *program,
			 const fy_model *file, const fy_written *written, bool *linked, bool *same,
			 fy_diags *diags)
{
	*linked = found && is_linked(weight, found);
	*same = *linked;
	if (*linked || (found && written && fy_written_knows(written, file, weight, found, same)))
		return FY_OK;
	if (program)
		FY_TRY(fy_archive_check_data(program->archive, weight, diags));
	*same = found && same_bits(weight, found);
	return FY_OK;
}

fy_status fy_weights_prove(fy_weight_proof *out, const fy_conversion *conversion, const fy_model *program,
			   const fy_model *file, const fy_written *written, fy_diags *diags)
{
	const fy_graph *graph = file->onnx.graph;
	fy_status status = FY_OK;
	fy_map by_name = { 0 };
	*out = (fy_weight_proof){ .used = conversion->weight_count };
	if (program)
		out->unused = count_unused(conversion, program);
	for (int i = 0; i < graph->constant_count; i++)
		if (graph->constants[i]->name)
			fy_map_put(&by_name, fy_str_of(graph->constants[i]->name), graph->constants[i]);
	for (int i = 0; i < conversion->weight_count && status == FY_OK; i++) {
		const fy_used_weight *weight = &conversion->weights[i];
		const fy_value *found = fy_map_get(&by_name, fy_str_of(weight->name));
		bool linked, same;
		status = look_up(weight->tensor, found ? found->tensor : NULL, program, file, written,
				 &linked, &same, diags);
		if (linked)
			out->linked++;
		else if (status == FY_OK)
			judge(out, weight, graph, found, same);
	}
	out->verdict = out->different ? FY_VERDICT_FAILED : FY_VERDICT_OK;
	fy_map_release(&by_name);
	return status;
}

void fy_buf_put_weight_proof(fy_buf *out, const fy_weight_proof *proof)
{
	if (proof->used == 0)
		fy_buf_puts(out, "the program uses no tensors of the archive");
	if (proof->linked)
		fy_buf_printf(out, "%d of %d tensor%s linked to the archive, weights not read", proof->linked,
			      proof->used, proof->used == 1 ? "" : "s");
	if (proof->linked && proof->identical)
		fy_buf_printf(out, "; %d identical to it, bit for bit", proof->identical);
	if (proof->used && !proof->linked)
		fy_buf_printf(out, "%d of %d tensor%s identical to the archive, bit for bit",
			      proof->identical, proof->used, proof->used == 1 ? "" : "s");
	if (proof->transposed)
		fy_buf_printf(out, " (%d transposed)", proof->transposed);
	if (proof->folded)
		fy_buf_printf(out, "; %d folded into others", proof->folded);
	if (proof->unused)
		fy_buf_printf(out, "; %d not used", proof->unused);
	if (proof->different)
		fy_buf_printf(out, "; %d differ, '%s' first", proof->different, proof->first_different);
}

fy_json *fy_weight_proof_json(const fy_weight_proof *proof)
{
	fy_json *json = fy_json_object();
	fy_json_set(json, "verdict", fy_json_str(fy_verdict_name(proof->verdict)));
	fy_json_set(json, "used", fy_json_int(proof->used));
	fy_json_set(json, "identical", fy_json_int(proof->identical));
	fy_json_set(json, "linked", fy_json_int(proof->linked));
	fy_json_set(json, "transposed", fy_json_int(proof->transposed));
	fy_json_set(json, "folded", fy_json_int(proof->folded));
	fy_json_set(json, "unused", fy_json_int(proof->unused));
	fy_json_set(json, "different", fy_json_int(proof->different));
	if (proof->first_different)
		fy_json_set(json, "first_different", fy_json_str(proof->first_different));
	return json;
}
