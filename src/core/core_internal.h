/*
 * Files in memory, between mapping.c, which knows the system, and file.c, which explains.
 */
#ifndef FY_CORE_INTERNAL_H
#define FY_CORE_INTERNAL_H

#include "core/core.h"

#include <sys/stat.h>

typedef struct fy_mapping fy_mapping;

/* The path is borrowed, as diagnostics do. */
fy_mapping *fy_mapping_new(const char *path);
/* Maps the file when it is a regular one. Returns 0 or the errno of a failure; allocates nothing. */
int fy_mapping_open(fy_mapping *mapping, struct stat *info);
const uint8_t *fy_mapping_data(const fy_mapping *mapping);
void fy_mapping_close(fy_mapping *mapping); /* NULL is fine */

#endif
