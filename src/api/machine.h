/*
 * A window to kernels/ alone: its header and that of script/ give one name to two things.
 */
#ifndef FY_MACHINE_H
#define FY_MACHINE_H

#include "core/core.h"

void fy_machine_set_threads(int threads);
void fy_machine_describe(fy_buf *out); /* lines */

#endif
