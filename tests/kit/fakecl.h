/* fakecl.h: a fake OpenCL that counts its live objects and fails any one call on demand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Link it instead of libOpenCL. It answers queries from a small settable world, keeps cl_mem in host memory, so that
 * reads, writes, copies and fills work, and records launches without running them. Objects hold each other as in
 * OpenCL: a queue its context, a kernel its program, an event its queue; so a leak of one is a leak of all that it
 * stands on. Several threads may call it at once, each with kernels of its own. */
#ifndef FAKECL_H
#define FAKECL_H

#include <stdbool.h>
#include <stddef.h>

#include <CL/cl.h>

#define FAKECL_MAX_DEVICES 4
#define FAKECL_MAX_ARGS 24
#define FAKECL_ARG_BYTES 512

enum fakecl_kind {
	FAKECL_CONTEXT = 0,
	FAKECL_QUEUE,
	FAKECL_PROGRAM,
	FAKECL_KERNEL,
	FAKECL_MEM,
	FAKECL_EVENT,
	FAKECL_KIND_COUNT
};

struct fakecl_device {
	unsigned platform; /* index of the platform it belongs to */
	unsigned parent;   /* of a sub-device, which no list has: the index of what it is a part of, plus 1 */
	cl_int error;      /* what clGetDeviceInfo() returns of it, where that is not CL_SUCCESS */
	cl_device_type type;
	const char *name;
	const char *vendor;
	const char *version; /* CL_DEVICE_VERSION */
	const char *driver;  /* CL_DRIVER_VERSION */
	const char *extensions;
	cl_uint compute_units;
	cl_uint address_bits;
	cl_uint align_bits; /* CL_DEVICE_MEM_BASE_ADDR_ALIGN */
	size_t max_group;
	cl_ulong local_bytes, global_bytes, max_alloc_bytes, cache_bytes;
	cl_bool available, compiler;
	size_t kernel_group;    /* CL_KERNEL_WORK_GROUP_SIZE; 0: as max_group */
	size_t compiled_group;  /* groups a kernel can have all the same if compiled for them; 0: none */
	size_t kernel_multiple; /* CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE */
	cl_ulong kernel_private_bytes;
};

struct fakecl_world {
	unsigned platform_count;
	const char *platform_names[FAKECL_MAX_DEVICES];
	cl_int platform_errors[FAKECL_MAX_DEVICES]; /* what clGetDeviceIDs() returns, where that is not CL_SUCCESS */
	unsigned device_count;
	struct fakecl_device devices[FAKECL_MAX_DEVICES];
};

/* One recorded launch. */
struct fakecl_launch {
	char kernel[64];
	const char *source; /* of its program, while that lives */
	cl_uint dims;
	size_t global[3], local[3];
	cl_uint n_wait;
	unsigned arg_count;
	size_t arg_bytes[FAKECL_MAX_ARGS];
	unsigned char args[FAKECL_MAX_ARGS][FAKECL_ARG_BYTES];
};

/* The world that queries answer from: one platform with one ordinary device after fakecl_reset(); change it as needed.
 */
struct fakecl_world *fakecl_world(void);
/* Ordinary devices to start from. */
struct fakecl_device fakecl_cpu(void);
struct fakecl_device fakecl_gpu(void);

/* Forgets faults, counts, launches and the world. Live objects stay counted. */
void fakecl_reset(void);
/* Forgets call counts, waits and launches only. */
void fakecl_calls_clear(void);

/* The n-th failable call from the last fakecl_calls_clear() on (1 = the next) returns code; 0 fails none. */
void fakecl_fail_at(unsigned long n, cl_int code);
/* Every call of the function of this name returns code; NULL ends that. */
void fakecl_fail_name(const char *name, cl_int code);

/* Every call of the function of this name first calls the hook, outside all locks: it may wait for another thread. NULL
 * ends that. */
void fakecl_on_call(const char *name, void (*hook)(void));

/* Failable calls so far (releases are not), and the name of the n-th; "?" past what is remembered. */
unsigned long fakecl_call_count(void);
const char *fakecl_call_name(unsigned long n);
/* Calls, failable or not, whose name begins like this ("clCreate"). */
unsigned long fakecl_calls_of(const char *prefix);
/* Calls that wait: clFinish, clWaitForEvents, and blocking reads and writes. */
unsigned long fakecl_waits(void);

/* Live objects of one kind, or of all. */
long fakecl_live(enum fakecl_kind kind);
long fakecl_live_total(void);
const char *fakecl_kind_name(enum fakecl_kind kind);

/* Uses of a dead object, NULL arguments, launches OpenCL would refuse: mistakes of the caller; and the last one's
 * words. */
unsigned long fakecl_misuse_count(void);
const char *fakecl_misuse(void);

/* Every launch calls this, which may compute what the kernel would: what a later read gives is up to the test. NULL
 * ends that. */
void fakecl_on_launch(void (*run)(const struct fakecl_launch *launch));

/* The bytes of a buffer. */
void *fakecl_mem_data(cl_mem mem);

/* Launches recorded since the last clear; at most 256 are kept. */
size_t fakecl_launch_count(void);
const struct fakecl_launch *fakecl_launch(size_t i);

/* The fake takes its memory here, so that a test that counts or fails malloc() sees the library's calls alone. */
void fakecl_memory(void *(*take)(size_t count, size_t bytes), void (*give)(void *memory));

#endif
