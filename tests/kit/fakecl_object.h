/* fakecl_object.h: what the parts of the fake OpenCL share: its objects, its call counter, its memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKECL_OBJECT_H
#define FAKECL_OBJECT_H

#include "tests/kit/fakecl.h"

/* Head of every object; magic tells a live one of the right kind from anything else. */
struct fakecl_head {
	unsigned magic;
	enum fakecl_kind kind;
	long refs;
	struct fakecl_head *next; /* of the dead */
};

struct _cl_platform_id {
	unsigned index;
};

struct _cl_device_id {
	unsigned index;
};

struct _cl_context {
	struct fakecl_head head;
	cl_uint device_count;
	cl_device_id devices[FAKECL_MAX_DEVICES];
};

struct _cl_command_queue {
	struct fakecl_head head;
	cl_context context;
	cl_device_id device;
	cl_command_queue_properties properties;
};

struct _cl_mem {
	struct fakecl_head head;
	cl_context context;
	cl_mem parent;
	size_t origin, bytes;
	cl_mem_flags flags;
	unsigned char *data;
};

struct _cl_program {
	struct fakecl_head head;
	cl_context context;
	char *source;
	size_t group;                 /* that it was compiled for, by its options */
	cl_uint built_for;            /* which of the context's devices */
	bool compiled, built, broken; /* compiled: not linked */
};

struct _cl_kernel {
	struct fakecl_head head;
	cl_program program;
	char name[64];
	unsigned arg_count;
	bool arg_set[FAKECL_MAX_ARGS];
	size_t arg_bytes[FAKECL_MAX_ARGS];
	unsigned char args[FAKECL_MAX_ARGS][FAKECL_ARG_BYTES];
};

struct _cl_event {
	struct fakecl_head head;
	cl_command_queue queue;
	cl_context context;
	cl_command_type type;
};

/* The lock of all that the fake counts and keeps; a thread may take it again. */
void fakecl_lock(void);
void fakecl_unlock(void);

/* Counts one failable call; the code that it must return, CL_SUCCESS mostly. */
cl_int fakecl_step(const char *name);
/* Counts one call that cannot fail. */
void fakecl_note(const char *name);
void fakecl_note_wait(void);
/* Remembers a mistake of the caller and hands the code back. */
cl_int fakecl_blame(cl_int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fakecl_launch_add(const struct _cl_kernel *kernel, cl_uint dims, const size_t *global, const size_t *local,
                       cl_uint n_wait);

void *fakecl_take(size_t bytes);
void fakecl_give(void *memory);

cl_platform_id fakecl_platform_at(unsigned index);
cl_device_id fakecl_device_at(unsigned index);
/* The facts of a device; NULL where the handle is none of this world's. */
const struct fakecl_device *fakecl_device_facts(cl_device_id device);

/* A new object with one reference; NULL where memory is out. */
void *fakecl_object_new(enum fakecl_kind kind, size_t bytes);
bool fakecl_object_is(const void *object, enum fakecl_kind kind);
void fakecl_object_retain(void *object);
void fakecl_object_release(void *object);
/* Makes *out a new event of the queue where out is not NULL. */
cl_int fakecl_event_out(cl_command_queue queue, cl_command_type type, cl_event *out);

/* Hands a value to a query's caller as OpenCL does. */
cl_int fakecl_answer(const void *value, size_t value_bytes, size_t bytes, void *out, size_t *bytes_out);

#endif
