/*
 * Threads for loops, in the OpenMP runtime that oneDNN uses, so that the two never compete. Built without
 * OpenMP everything runs in the calling thread. Ranges are fixed by count and grain; no kernel may let its
 * result depend on where they are cut.
 */
#include "kernels/kernels_internal.h"

#ifdef _OPENMP
#include <omp.h>
#endif

enum { THREAD_ROOM = 16 << 20 }; /* bytes: its stack, and what it allocates */

static int thread_count;

void fy_kernels_set_threads(int count)
{
	FY_ASSERT(count >= 0);
	thread_count = count;
}

#ifdef _OPENMP
int fy_kernels_threads(void)
{
	return thread_count > 0 ? thread_count : omp_get_num_procs();
}

/* The runtime ends the process when it cannot make a thread. */
static int threads_to_be_had(int64_t wanted)
{
	return wanted > 1 && fy_memory_left((size_t)wanted * THREAD_ROOM) ? (int)wanted : 1;
}

void fy_parallel_prepare(double work)
{
	omp_set_num_threads(work < 1e6 ? 1 : threads_to_be_had(fy_kernels_threads()));
}
#else
int fy_kernels_threads(void)
{
	return 1;
}

static int threads_to_be_had(int64_t wanted)
{
	(void)wanted;
	return 1;
}

void fy_parallel_prepare(double work)
{
	(void)work;
}
#endif

int64_t fy_grain(int64_t cost)
{
	const int64_t worth = 131072;

	return cost >= worth ? 1 : worth / (cost > 0 ? cost : 1);
}

void fy_parallel(int64_t count, int64_t grain, fy_range_fn work, void *context)
{
	if (count <= 0)
		return;

	int64_t parts = (count - 1) / (grain > 0 ? grain : 1) + 1;
	int64_t threads = parts > 1 ? fy_kernels_threads() : 1; /* asking costs more than a small kernel */
	if (parts > threads)
		parts = threads;
	parts = threads_to_be_had(parts);
	if (parts <= 1) {
		work(context, 0, count);
		return;
	}

	int64_t share = count / parts, rest = count % parts;
#ifdef _OPENMP
#pragma omp parallel for num_threads((int)parts) schedule(static, 1)
#endif
	for (int64_t part = 0; part < parts; part++) {
		int64_t begin = part * share + (part < rest ? part : rest);
		work(context, begin, begin + share + (part < rest ? 1 : 0));
	}
}
