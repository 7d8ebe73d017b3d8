/*
 * The weight proof: every tensor of the archive that the program uses is looked up in the file by its name
 * and compared bit for bit. Tensors that were computed into others are counted, not judged.
 */
#include "prove/prove.h"

#include <string.h>

static bool same_bits(const fy_tensor *a, const fy_tensor *b)
{
	if (a->dtype != b->dtype || !fy_shape_eq(&a->shape, &b->shape))
		return false;
	fy_tensor *plain_a = fy_tensor_view(a, a->dtype, &a->shape, a->strides, a->offset);
	fy_tensor *plain = fy_tensor_contiguous(plain_a);
	fy_tensor_unref(plain_a);
	if (!plain)
		fy_out_of_memory((size_t)fy_tensor_numel(a) * fy_dtype_size(a->dtype));
	size_t size = (size_t)fy_tensor_numel(b) * fy_dtype_size(b->dtype);
	bool same = fy_tensor_is_contiguous(b) &&
		    (!size || !memcmp(fy_tensor_data(plain), fy_tensor_data(b), size));
	fy_tensor_unref(plain);
	return same;
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
	for (int i = 0; i < file->constant_count && !found; i++)
		found = same_bits(view, file->constants[i]->tensor);
	fy_tensor_unref(view);
	return found;
}

/* Tensors of the archive whose storage no captured weight views. */
static int count_unused(const fy_conversion *conversion, const fy_model *program)
{
	const fy_pvalue *roots[] = { program->archive->root, program->archive->constants.root };
	int unused = 0;
	for (size_t r = 0; r < FY_COUNT(roots); r++) {
		fy_named_tensor *tensors;
		size_t count = 0;
		if (roots[r])
			fy_archive_tensors(program->archive, roots[r], &tensors, &count);
		for (size_t i = 0; i < count; i++) {
			bool used = tensors[i].tensor->storage == NULL;
			for (int k = 0; k < conversion->weight_count && !used; k++)
				used = conversion->weights[k].tensor->storage == tensors[i].tensor->storage;
			unused += !used;
		}
	}
	return unused;
}

fy_weight_proof fy_weights_prove(const fy_conversion *conversion, const fy_model *program,
				 const fy_graph *file)
{
	fy_weight_proof proof = { .used = conversion->weight_count };
	if (program)
		proof.unused = count_unused(conversion, program);
	fy_map by_name = { 0 };
	for (int i = 0; i < file->constant_count; i++)
		if (file->constants[i]->name)
			fy_map_put(&by_name, fy_str_of(file->constants[i]->name), file->constants[i]);
	for (int i = 0; i < conversion->weight_count; i++) {
		const fy_used_weight *weight = &conversion->weights[i];
		const fy_value *found = fy_map_get(&by_name, fy_str_of(weight->name));
		if (!found && is_transposed(weight->tensor, file)) {
			proof.identical++;
			proof.transposed++;
		} else if (!found) {
			proof.folded++;
		} else if (same_bits(weight->tensor, found->tensor)) {
			proof.identical++;
		} else {
			proof.different++;
			if (!proof.first_different)
				proof.first_different = weight->name;
		}
	}
	proof.verdict = proof.different ? FY_VERDICT_FAILED : FY_VERDICT_OK;
	fy_map_release(&by_name);
	return proof;
}

void fy_buf_put_weight_proof(fy_buf *out, const fy_weight_proof *proof)
{
	if (proof->used == 0)
		fy_buf_puts(out, "the program uses no tensors of the archive");
	else
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
	fy_json_set(json, "transposed", fy_json_int(proof->transposed));
	fy_json_set(json, "folded", fy_json_int(proof->folded));
	fy_json_set(json, "unused", fy_json_int(proof->unused));
	fy_json_set(json, "different", fy_json_int(proof->different));
	if (proof->first_different)
		fy_json_set(json, "first_different", fy_json_str(proof->first_different));
	return json;
}
