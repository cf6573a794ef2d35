/* memory.c: the host memory that the library takes: counted, and refused on demand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/memory.h"

#include <string.h>

/* Blocks that can be alive at once; a test that needs more would be told of a leak. */
#define BLOCKS 4096

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void __wrap_free(void *memory);

static bool counting;
static unsigned long allocations, refused_at;
static void *blocks[BLOCKS];
static long live;

void memory_begin(unsigned long refuse_at)
{
	allocations = 0;
	refused_at = refuse_at;
	counting = true;
}

unsigned long memory_end(void)
{
	counting = false;
	return allocations;
}

long memory_live(void)
{
	return live;
}

void *memory_take(size_t count, size_t bytes)
{
	return __real_calloc(count, bytes);
}

void memory_give(void *memory)
{
	__real_free(memory);
}

static bool is_refused(void)
{
	return counting && ++allocations == refused_at;
}

static void *block_add(void *memory)
{
	if (!counting || !memory) {
		return memory;
	}
	live++;
	for (size_t i = 0; i < BLOCKS; i++) {
		if (!blocks[i]) {
			blocks[i] = memory;
			break;
		}
	}
	return memory;
}

/* Frees count also after memory_end(): that is when owners are destroyed. */
static void block_remove(const void *memory)
{
	for (size_t i = 0; memory && i < BLOCKS; i++) {
		if (blocks[i] == memory) {
			blocks[i] = NULL;
			live--;
			break;
		}
	}
}

void *__wrap_malloc(size_t bytes)
{
	return is_refused() ? NULL : block_add(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return is_refused() ? NULL : block_add(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *memory, size_t bytes)
{
	if (is_refused()) {
		return NULL;
	}
	block_remove(memory);
	return block_add(__real_realloc(memory, bytes));
}

void __wrap_free(void *memory)
{
	block_remove(memory);
	__real_free(memory);
}
