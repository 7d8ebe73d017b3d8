/*
 * What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput: libFuzzer drives it when
 * fuzzing (`make fuzz`), replay.c in the tests. It must do the same for the same bytes, touch no file and
 * leave no memory behind. Not the status matters here, but how it is said.
 */
#ifndef FY_FUZZ_H
#define FY_FUZZ_H

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_MESSAGE_LIMIT = 1024 };

/* A failure has a reason in printable words, of a readable length; a success has no errors. */
static inline void fuzz_judge(fy_status status, const fy_diags *diags)
{
	fy_buf text = { 0 };

	if ((status == FY_OK) != (diags->errors == 0))
		FY_BUG("status %d with %zu errors", status, diags->errors);
	fy_diags_print(diags, &text, false);
	for (size_t i = 0; i < text.len; i++)
		FY_ASSERT((uint8_t)text.data[i] >= ' ' || text.data[i] == '\n' || text.data[i] == '\t');
	for (size_t i = 0; i < diags->count; i++) {
		FY_ASSERT(diags->items[i].message[0]);
		FY_ASSERT(strlen(diags->items[i].message) <= FUZZ_MESSAGE_LIMIT);
	}
	fy_buf_release(&text);
}

/* Reads every byte, so that a sanitizer sees those that are not there. */
static inline void fuzz_read(const void *bytes, size_t size)
{
	static volatile uint32_t sum;
	const uint8_t *p = bytes;
	uint32_t s = 0;

	for (size_t i = 0; i < size; i++)
		s += p[i];
	sum = s;
	(void)sum;
}

#endif
