/* fence.c: buffers between pages of memory that nobody may touch, and a word about whoever does.
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* RTLD_NEXT, MAP_ANONYMOUS */
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/fence.h"

/* Bytes on each side of a buffer; only addresses are used up. A unit without a task once read as far past the end as
 * the launch had units too many. */
#define FORBIDDEN ((size_t)64 << 20)
/* What drivers want of memory that they are to use in place: CL_DEVICE_MEM_BASE_ADDR_ALIGN of PoCL and Intel's. */
#define ALIGNMENT 128
/* PoCL 7.1 gives hundreds of buffers back late, in a thread of its own. */
#define PENS 4096

/* A driver's thread empties a pen, when its buffer is gone. */
struct pen {
	_Atomic(char *) map; /* NULL: empty */
	size_t map_bytes, bytes;
	char *data;
};

static struct pen pens[PENS];
static enum place_side raised;
static char note[512];

void fence_note(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(note, sizeof(note), format, list);
	va_end(list);
}

/* ---- A touch ---------------------------------------------------------------------------------------------------- */

static const struct pen *pen_around(const char *address)
{
	for (size_t i = 0; i < PENS; i++) {
		const char *map = atomic_load(&pens[i].map);
		if (map && address >= map && address < map + pens[i].map_bytes) {
			return &pens[i];
		}
	}
	return NULL;
}

/* Nothing here can be gone on with: the driver's thread would touch it again. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	const char *address = info->si_addr;
	const struct pen *pen = pen_around(address);
	char text[768];
	int length = 0;
	(void)context;
	if (!pen) {
		length =
			snprintf(text, sizeof(text), "signal %d at %p, at no fence: %s\n", number, info->si_addr, note);
	} else if (address < pen->data) {
		length = snprintf(text, sizeof(text), "touched %td bytes before a buffer of %zu bytes: %s\n",
		                  pen->data - address, pen->bytes, note);
	} else {
		length = snprintf(text, sizeof(text), "touched byte %td of a buffer of %zu bytes: %s\n",
		                  address - pen->data, pen->bytes, note);
	}
	ssize_t ignored = write(STDOUT_FILENO, text, (size_t)length);
	(void)ignored;
	_exit(1);
}

/* ---- Buffers ---------------------------------------------------------------------------------------------------- */

static struct pen *pen_make(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
	size_t aligned = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	size_t i = 0;
	while (i < PENS && atomic_load(&pens[i].map)) {
		i++;
	}
	ck_assert_msg(i < PENS, "more than %d buffers at once", PENS);
	char *map = mmap(NULL, room + 2 * FORBIDDEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_msg(map != MAP_FAILED, "no addresses for a buffer of %zu bytes", bytes);
	ck_assert_int_eq(mprotect(map + FORBIDDEN, room, PROT_READ | PROT_WRITE), 0);
	pens[i].map_bytes = room + 2 * FORBIDDEN;
	pens[i].bytes = bytes;
	pens[i].data = map + FORBIDDEN + (raised == PLACE_AT_END ? room - aligned : 0);
	atomic_store(&pens[i].map, map);
	return &pens[i];
}

static void pen_clear(struct pen *pen)
{
	char *map = atomic_exchange(&pen->map, NULL);
	munmap(map, pen->map_bytes);
}

static void CL_CALLBACK on_destruction(cl_mem mem, void *pen)
{
	(void)mem;
	pen_clear(pen);
}

/* Stands before the loader's, for the library and the tests alike. */
cl_mem clCreateBuffer(cl_context cl, cl_mem_flags flags, size_t bytes, void *host, cl_int *err)
{
	void *found = dlsym(RTLD_NEXT, "clCreateBuffer");
	cl_mem (*create)(cl_context, cl_mem_flags, size_t, void *, cl_int *);
	memcpy(&create, &found, sizeof(create));
	bool is_copied = (flags & CL_MEM_COPY_HOST_PTR) != 0;
	if (raised == PLACE_BETWEEN || (host && !is_copied) || bytes == 0) {
		return create(cl, flags, bytes, host, err);
	}
	struct pen *pen = pen_make(bytes);
	if (host) {
		memcpy(pen->data, host, bytes);
	}
	flags &= ~(cl_mem_flags)(CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR);
	flags |= CL_MEM_USE_HOST_PTR;
	cl_mem mem = create(cl, flags, bytes, pen->data, err);
	if (!mem || clSetMemObjectDestructorCallback(mem, on_destruction, pen) != CL_SUCCESS) {
		ck_assert_msg(!mem, "no callback for a buffer of %zu bytes", bytes);
		pen_clear(pen);
	}
	return mem;
}

void fence_raise(enum place_side side)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO};
	action.sa_sigaction = on_fault;
	sigemptyset(&action.sa_mask);
	ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
	ck_assert_int_eq(sigaction(SIGBUS, &action, NULL), 0);
	raised = side;
	place_lie(side);
}

/* What the queue writes must be in that memory without being asked for: an address that a mapping gives says nothing,
 * as it is the host's for copies too. */
bool fence_is_felt(void)
{
	struct place place;
	fence_raise(PLACE_AT_END);
	place_init(&place, CLNORM_F32, 33, 0);
	place_store(&place, (double[33]){[32] = 1.5});
	const struct pen *pen = pens;
	while (pen < pens + PENS && atomic_load(&pen->map) == NULL) {
		pen++;
	}
	float last = 0;
	memcpy(&last, pen->data + pen->bytes - sizeof(last), sizeof(last));
	place_clear(&place);
	fence_raise(PLACE_BETWEEN);
	return strcmp(device_get()->info.type, "cpu") == 0 && last == 1.5f;
}
