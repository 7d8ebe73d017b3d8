/*
 * Values of options that more than one command takes.
 */
#ifndef FY_BOUNDS_H
#define FY_BOUNDS_H

#include "cli/cli.h"

/* "1e-3" or "1e-3,1e-3,1e-4", all above 0; NULL leaves everything as it is. */
bool fy_cli_read_bounds(const char *text, double *mean, double *rtol, double *atol);
/* Every item a number from 0 on. */
bool fy_cli_read_indices(const fy_list *list, int *out);

#endif
