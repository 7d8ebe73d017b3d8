/*
 * How much of the stack is left. Depth of recursion over input is bounded by counting where one frame is one
 * level; where levels of different kinds add up, the stack itself is asked. Works on any thread.
 */
#include "core/core.h"

#include <pthread.h>

enum { RESERVE = 192 * 1024 }; /* for what is called without asking: kernels, messages, the C library */

/* The address below which the stack counts as used up; 1 when it cannot be found out. */
static uintptr_t find_floor(void)
{
	pthread_attr_t attributes;
	void *lowest = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return 1;
	int failed = pthread_attr_getstack(&attributes, &lowest, &size);
	pthread_attr_destroy(&attributes);
	if (failed != 0 || size == 0)
		return 1;
	return (uintptr_t)lowest + (size / 2 < RESERVE ? size / 2 : RESERVE);
}

bool fy_stack_low(void)
{
	static _Thread_local uintptr_t lowest;

	if (lowest == 0)
		lowest = find_floor();
	return (uintptr_t)__builtin_frame_address(0) < lowest;
}
