/*
 * Pairs operators that write (add_, fill_, out= overloads) with the functional schema that computes the same
 * value. Works on schemas alone: the twin is the overload of the plain name whose argument types agree.
 */
#include "ops/ops_internal.h"

#include <string.h>

static bool same_type(const fy_schema_type *a, const fy_schema_type *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->element != NULL && b->element != NULL)
		return same_type(a->element, b->element);
	return a->element == b->element;
}

static bool writes(const fy_schema *schema)
{
	for (int i = 0; i < schema->arg_count; i++)
		if (schema->args[i].type->write)
			return true;
	return false;
}

/* Arguments agree in order; written keyword-only ones (out=) of `writer` have no counterpart. */
static bool is_twin(const fy_schema *writer, const fy_schema *plain)
{
	int k = 0;
	for (int i = 0; i < writer->arg_count; i++) {
		const fy_schema_arg *arg = &writer->args[i];
		if (arg->type->write && arg->keyword_only)
			continue;
		if (k == plain->arg_count || !same_type(arg->type, plain->args[k].type))
			return false;
		k++;
	}
	return k == plain->arg_count && !writes(plain) && plain->return_count > 0;
}

static const fy_schema *find_twin(const fy_schema *writer, const char *name)
{
	fy_schema_set set = fy_schemas_of(name);
	const fy_schema *found = NULL;
	for (int i = 0; i < set.count; i++) {
		const fy_schema *plain = &set.schemas[i];
		if (!is_twin(writer, plain))
			continue;
		if (strcmp(plain->overload, writer->overload) == 0)
			return plain;
		if (found == NULL)
			found = plain;
	}
	return found;
}

/* "aten::add_" -> "aten::add", "aten::__ior__" -> "aten::__or__"; others as they are. False: too long. */
static bool plain_name(const char *name, char *out, size_t size)
{
	size_t length = strlen(name);
	if (length + sizeof("_functional") > size)
		return false;
	memcpy(out, name, length + 1);
	const char *dunder = strstr(name, "::__i");
	if (dunder != NULL && fy_ends_with(name, "__")) {
		size_t at = (size_t)(dunder - name) + 4;
		memmove(out + at, out + at + 1, length - at);
	} else if (fy_ends_with(name, "_") && !fy_ends_with(name, "__")) {
		out[length - 1] = '\0';
	}
	return true;
}

const fy_schema *fy_schema_functional(const fy_schema *in_place, int *written)
{
	char name[128];
	*written = -1;
	for (int i = in_place->arg_count - 1; i >= 0; i--)
		if (in_place->args[i].type->write)
			*written = i;
	if (*written < 0 || !plain_name(in_place->name, name, sizeof(name)))
		return NULL;
	/* With out= only what comes last is written; the first of several is reported. */
	const fy_schema *twin = find_twin(in_place, name);
	if (twin != NULL)
		return twin;
	size_t length = strlen(name);
	memcpy(name + length, "_functional", sizeof("_functional"));
	return find_twin(in_place, name);
}
