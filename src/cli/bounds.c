/*
 * Values of options that more than one command takes.
 */
#include "cli/bounds.h"

#include <limits.h>
#include <stdlib.h>

bool fy_cli_read_bounds(const char *text, double *mean, double *rtol, double *atol)
{
	double *const to[] = { mean, rtol, atol };
	if (!text)
		return true;
	for (int i = 0; i < 3; i++) {
		char *end;
		*to[i] = strtod(text, &end);
		if (end == text || !(*to[i] > 0))
			return false;
		if (!*end)
			return i != 1;
		if (*end != ',')
			return false;
		text = end + 1;
	}
	return false;
}

bool fy_cli_read_indices(const fy_list *list, int *out)
{
	for (int i = 0; i < list->count; i++) {
		int64_t value;
		if (!fy_cli_read_number(list->items[i], &value) || value < 0 || value > INT_MAX)
			return false;
		out[i] = (int)value;
	}
	return true;
}
