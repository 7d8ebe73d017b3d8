/*
 * The kernels as a session sees them: how many threads, and what they are.
 */
#include "api/machine.h"

#include "kernels/kernels.h"

void fy_machine_set_threads(int threads)
{
	fy_kernels_set_threads(threads);
}

void fy_machine_describe(fy_buf *out)
{
	fy_kernels_describe(out);
}
