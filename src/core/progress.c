/*
 * Long work: whether the user wants it to end, how far it is, and what time it is.
 */
#include "core/core.h"

#include <time.h>

volatile int fy_interrupt_flag;

void fy_progress_say(const fy_progress *progress, const char *what, int64_t done, int64_t total)
{
	if (progress && progress->hook)
		progress->hook(progress->user, what, done, total);
}

double fy_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
