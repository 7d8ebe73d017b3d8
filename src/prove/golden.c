/*
 * Results saved from PyTorch: the only evidence that owes nothing to ferry. In a folder, or carried by the
 * archive itself among its extra files.
 */
#include "prove/prove.h"

#include <string.h>
#include <unistd.h>

enum { GOLDEN_LIMIT = 1000 };

/* Gives the tensor of one name, or NULL when there is none; an error when it cannot be read. */
typedef fy_status (*reader)(void *user, const char *name, fy_tensor **out, fy_diags *diags);

/* "input" gives input_0.npy, input_1.npy ... or, without the first of these, input.npy. */
static fy_status read_series(const char *what, reader read, void *user, fy_arena *arena, fy_tensor ***out,
			     int *count, fy_diags *diags)
{
	fy_tensor *found[GOLDEN_LIMIT];
	fy_status status = FY_OK;
	*count = 0;
	while (status == FY_OK && *count < GOLDEN_LIMIT) {
		found[*count] = NULL;
		const char *name = fy_arena_printf(arena, "%s_%d.npy", what, *count);
		status = read(user, name, &found[*count], diags);
		if (status != FY_OK || !found[*count])
			break;
		++*count;
	}
	if (status == FY_OK && *count == 0) {
		status = read(user, fy_arena_printf(arena, "%s.npy", what), &found[0], diags);
		*count = status == FY_OK && found[0] ? 1 : 0;
	}
	*out = fy_arena_copy(arena, found, (size_t)(*count + 1) * sizeof(*found));
	return status;
}

static fy_status read_all(fy_golden *out, reader read, void *user, fy_arena *arena, fy_diags *diags)
{
	fy_status status = read_series("input", read, user, arena, &out->inputs, &out->input_count, diags);
	if (status == FY_OK)
		status = read_series("output", read, user, arena, &out->outputs, &out->output_count, diags);
	if (status != FY_OK)
		fy_golden_release(out);
	return status;
}

typedef struct folder {
	const char *path;
	fy_arena *arena;
} folder;

static fy_status read_from_folder(void *user, const char *name, fy_tensor **out, fy_diags *diags)
{
	const folder *from = user;
	const char *path = fy_arena_printf(from->arena, "%s/%s", from->path, name);
	return access(path, F_OK) == 0 ? fy_npy_read(out, path, diags) : FY_OK;
}

fy_status fy_golden_read(fy_golden *out, const char *path, fy_arena *arena, fy_diags *diags)
{
	folder from = { fy_arena_strdup(arena, path), arena };
	*out = (fy_golden){ .place = from.path };
	FY_TRY(read_all(out, read_from_folder, &from, arena, diags));
	if (out->output_count)
		return FY_OK;
	fy_golden_release(out);
	fy_error(diags, FY_USAGE, "golden-missing", &(fy_place){ .file = from.path },
		 "there are no saved results: neither output_0.npy nor output.npy");
	fy_hint(diags, "save input_0.npy, output_0.npy, ... with numpy.save; a lone pair may be input.npy "
		       "and output.npy");
	return FY_USAGE;
}

static fy_status read_from_archive(void *user, const char *name, fy_tensor **out, fy_diags *diags)
{
	const fy_model *model = user;
	const fy_archive *archive = model->archive;
	for (size_t i = 0; i < archive->extra_count; i++) {
		const char *path = archive->extras[i].name, *slash = strrchr(path, '/');
		fy_str bytes;
		if (strcmp(slash ? slash + 1 : path, name))
			continue;
		FY_TRY(fy_zip_bytes(archive->zip, archive->extras[i].record, &bytes, diags));
		return fy_npy_parse(out, bytes, archive->extras[i].name, diags);
	}
	return FY_OK;
}

fy_status fy_golden_of_archive(fy_golden *out, const fy_model *model, fy_diags *diags)
{
	*out = (fy_golden){ .place = "the archive" };
	if (model->kind != FY_MODEL_PROGRAM)
		return FY_OK;
	return read_all(out, read_from_archive, (void *)(uintptr_t)model, model->arena, diags);
}

void fy_golden_release(fy_golden *golden)
{
	for (int i = 0; i < golden->input_count; i++)
		fy_tensor_unref(golden->inputs[i]);
	for (int i = 0; i < golden->output_count; i++)
		fy_tensor_unref(golden->outputs[i]);
	golden->input_count = golden->output_count = 0;
}

const fy_input_spec *fy_golden_specs(const fy_golden *golden, fy_arena *arena)
{
	fy_input_spec *specs = FY_NEW_ARRAY(arena, fy_input_spec, golden->input_count + 1);
	for (int i = 0; i < golden->input_count; i++)
		specs[i] = (fy_input_spec){ .text = "", .tensor = golden->inputs[i] };
	return specs;
}

fy_status fy_golden_fill(const fy_golden *golden, fy_inputs *inputs, fy_diags *diags)
{
	int used = 0;
	for (int i = 0; i < inputs->count; i++) {
		fy_arg *value = &inputs->leaves[i].value;
		if (value->kind != FY_ARG_TENSOR)
			continue;
		fy_tensor *saved = used < golden->input_count ? golden->inputs[used] : NULL;
		used++;
		if (inputs->has_data[i] || golden->input_count == 0)
			continue;
		if (!saved || saved->dtype != value->t->dtype ||
		    !fy_shape_eq(&saved->shape, &value->t->shape))
			return fy_error(diags, FY_USAGE, "golden-inputs",
					&(fy_place){ .file = golden->place },
					"there is no saved input of the type and shape of '%s'",
					inputs->leaves[i].name);
		fy_tensor_unref(value->t);
		value->t = fy_tensor_ref(saved);
		inputs->has_data[i] = true;
	}
	return FY_OK;
}
