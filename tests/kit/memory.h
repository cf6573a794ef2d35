/* memory.h: the host memory that the library takes: counted, and refused on demand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free. */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Between begin and end, allocations are counted and the n-th of them is refused (0: none). */
void memory_begin(unsigned long refuse_at);
/* How many allocations there were since begin. */
unsigned long memory_end(void);
/* Blocks taken between begin and end, ever, that are not given back yet. */
long memory_live(void);

/* For what is not to be counted. */
void *memory_take(size_t count, size_t bytes);
void memory_give(void *memory);

#endif
