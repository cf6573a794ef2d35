/* fail.c: ends the program with one line of reason where a call fails: an example has nothing to clean up for.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "train: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

void need_clnorm(clnorm_status status)
{
	if (status != CLNORM_OK) {
		fail("%s: %s", clnorm_status_name(status), clnorm_last_error());
	}
}

void need_cl(cl_int code, const char *call)
{
	if (code != CL_SUCCESS) {
		fail("%s: %s (%d)", call, clnorm_opencl_name(code), (int)code);
	}
}

void need_blas(int code, const char *routine)
{
	if (code != 0) {
		fail("%s: CLBlast's code %d", routine, code);
	}
}

void *need_memory(size_t count, size_t bytes)
{
	void *memory = calloc(count > 0 ? count : 1, bytes);
	if (!memory) {
		fail("no memory for %zu times %zu bytes", count, bytes);
	}
	return memory;
}
