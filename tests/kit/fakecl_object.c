/* fakecl_object.c: the fake OpenCL's objects: create, retain, release, and how many live.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/kit/fakecl_object.h"

#define MAGIC 0xC10BA5E5u
#define MAGIC_DEAD 0xDEADC10Bu

static long live[FAKECL_KIND_COUNT];
static struct fakecl_head *dead;

const char *fakecl_kind_name(enum fakecl_kind kind)
{
	static const char *const kind_names[FAKECL_KIND_COUNT] = {"context", "queue", "program",
	                                                          "kernel",  "mem",   "event"};
	return kind_names[kind];
}

long fakecl_live(enum fakecl_kind kind)
{
	return live[kind];
}

long fakecl_live_total(void)
{
	long total = 0;
	for (int i = 0; i < FAKECL_KIND_COUNT; i++) {
		total += live[i];
	}
	return total;
}

void *fakecl_object_new(enum fakecl_kind kind, size_t bytes)
{
	struct fakecl_head *head = fakecl_take(bytes);
	if (!head) {
		return NULL;
	}
	head->magic = MAGIC;
	head->kind = kind;
	head->refs = 1;
	fakecl_lock();
	live[kind]++;
	fakecl_unlock();
	return head;
}

bool fakecl_object_is(const void *object, enum fakecl_kind kind)
{
	const struct fakecl_head *head = object;
	return head && head->magic == MAGIC && head->kind == kind && head->refs > 0;
}

void fakecl_object_retain(void *object)
{
	fakecl_lock();
	((struct fakecl_head *)object)->refs++;
	fakecl_unlock();
}

/* What an object stands on goes with it. Its head is kept for good, so that a use after release is noticed. */
static void object_end(struct fakecl_head *head)
{
	live[head->kind]--;
	head->magic = MAGIC_DEAD;
	head->next = dead;
	dead = head;
	switch (head->kind) {
	case FAKECL_QUEUE:
		fakecl_object_release(((cl_command_queue)head)->context);
		break;
	case FAKECL_PROGRAM:
		fakecl_give(((cl_program)head)->source);
		fakecl_object_release(((cl_program)head)->context);
		break;
	case FAKECL_KERNEL:
		fakecl_object_release(((cl_kernel)head)->program);
		break;
	case FAKECL_MEM:
		if (((cl_mem)head)->parent) {
			fakecl_object_release(((cl_mem)head)->parent);
		} else {
			fakecl_give(((cl_mem)head)->data);
		}
		fakecl_object_release(((cl_mem)head)->context);
		break;
	case FAKECL_EVENT:
		fakecl_object_release(((cl_event)head)->queue);
		break;
	default:
		break;
	}
}

void fakecl_object_release(void *object)
{
	struct fakecl_head *head = object;
	fakecl_lock();
	if (--head->refs == 0) {
		object_end(head);
	}
	fakecl_unlock();
}

static cl_int retain(const char *name, void *object, enum fakecl_kind kind, cl_int bad)
{
	cl_int err = fakecl_step(name);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(object, kind)) {
		return fakecl_blame(bad, "%s: no live %s", name, fakecl_kind_name(kind));
	}
	fakecl_object_retain(object);
	return CL_SUCCESS;
}

static cl_int release(const char *name, void *object, enum fakecl_kind kind, cl_int bad)
{
	fakecl_note(name);
	if (!fakecl_object_is(object, kind)) {
		return fakecl_blame(bad, "%s: no live %s", name, fakecl_kind_name(kind));
	}
	fakecl_object_release(object);
	return CL_SUCCESS;
}

cl_int clRetainContext(cl_context context)
{
	return retain(__func__, context, FAKECL_CONTEXT, CL_INVALID_CONTEXT);
}

cl_int clReleaseContext(cl_context context)
{
	return release(__func__, context, FAKECL_CONTEXT, CL_INVALID_CONTEXT);
}

cl_int clRetainCommandQueue(cl_command_queue queue)
{
	return retain(__func__, queue, FAKECL_QUEUE, CL_INVALID_COMMAND_QUEUE);
}

cl_int clReleaseCommandQueue(cl_command_queue queue)
{
	return release(__func__, queue, FAKECL_QUEUE, CL_INVALID_COMMAND_QUEUE);
}

cl_int clRetainMemObject(cl_mem mem)
{
	return retain(__func__, mem, FAKECL_MEM, CL_INVALID_MEM_OBJECT);
}

cl_int clReleaseMemObject(cl_mem mem)
{
	return release(__func__, mem, FAKECL_MEM, CL_INVALID_MEM_OBJECT);
}

cl_int clRetainProgram(cl_program program)
{
	return retain(__func__, program, FAKECL_PROGRAM, CL_INVALID_PROGRAM);
}

cl_int clReleaseProgram(cl_program program)
{
	return release(__func__, program, FAKECL_PROGRAM, CL_INVALID_PROGRAM);
}

cl_int clRetainKernel(cl_kernel kernel)
{
	return retain(__func__, kernel, FAKECL_KERNEL, CL_INVALID_KERNEL);
}

cl_int clReleaseKernel(cl_kernel kernel)
{
	return release(__func__, kernel, FAKECL_KERNEL, CL_INVALID_KERNEL);
}

cl_int clRetainEvent(cl_event event)
{
	return retain(__func__, event, FAKECL_EVENT, CL_INVALID_EVENT);
}

cl_int clReleaseEvent(cl_event event)
{
	return release(__func__, event, FAKECL_EVENT, CL_INVALID_EVENT);
}

/* Root devices are not counted in OpenCL either. */
cl_int clRetainDevice(cl_device_id device)
{
	cl_int err = fakecl_step(__func__);
	return err != CL_SUCCESS ? err : fakecl_device_facts(device) ? CL_SUCCESS : CL_INVALID_DEVICE;
}

cl_int clReleaseDevice(cl_device_id device)
{
	fakecl_note(__func__);
	return fakecl_device_facts(device) ? CL_SUCCESS : CL_INVALID_DEVICE;
}

static void code_out(cl_int *err_out, cl_int err)
{
	if (err_out) {
		*err_out = err;
	}
}

cl_context clCreateContext(const cl_context_properties *properties, cl_uint device_count, const cl_device_id *devices,
                           void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
                           cl_int *err_out)
{
	cl_context context = NULL;
	cl_int err = fakecl_step(__func__);
	(void)properties;
	(void)notify;
	(void)user;
	if (err == CL_SUCCESS && (device_count == 0 || device_count > FAKECL_MAX_DEVICES || !devices)) {
		err = fakecl_blame(CL_INVALID_VALUE, "clCreateContext: %u devices", (unsigned)device_count);
	}
	if (err == CL_SUCCESS) {
		context = fakecl_object_new(FAKECL_CONTEXT, sizeof(*context));
		err = context ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (context) {
		context->device_count = device_count;
		memcpy(context->devices, devices, device_count * sizeof(*devices));
	}
	code_out(err_out, err);
	return context;
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device, cl_command_queue_properties properties,
                                      cl_int *err_out)
{
	cl_command_queue queue = NULL;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS && !fakecl_object_is(context, FAKECL_CONTEXT)) {
		err = fakecl_blame(CL_INVALID_CONTEXT, "clCreateCommandQueue: no live context");
	}
	if (err == CL_SUCCESS) {
		queue = fakecl_object_new(FAKECL_QUEUE, sizeof(*queue));
		err = queue ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (queue) {
		queue->context = context;
		queue->device = device;
		queue->properties = properties;
		fakecl_object_retain(context);
	}
	code_out(err_out, err);
	return queue;
}

static cl_mem mem_new(cl_context context, cl_mem_flags flags, size_t bytes)
{
	cl_mem mem = fakecl_object_new(FAKECL_MEM, sizeof(*mem));
	if (mem) {
		mem->context = context;
		mem->flags = flags;
		mem->bytes = bytes;
		fakecl_object_retain(context);
	}
	return mem;
}

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *err_out)
{
	cl_mem mem = NULL;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS && !fakecl_object_is(context, FAKECL_CONTEXT)) {
		err = fakecl_blame(CL_INVALID_CONTEXT, "clCreateBuffer: no live context");
	}
	if (err == CL_SUCCESS && (bytes == 0 || bytes > fakecl_device_facts(context->devices[0])->max_alloc_bytes)) {
		err = CL_INVALID_BUFFER_SIZE;
	}
	if (err == CL_SUCCESS) {
		mem = mem_new(context, flags, bytes);
		err = mem ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (mem) {
		mem->data = fakecl_take(bytes);
		if (!mem->data) {
			fakecl_object_release(mem);
			mem = NULL;
			err = CL_MEM_OBJECT_ALLOCATION_FAILURE;
		} else if (host && (flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR))) {
			memcpy(mem->data, host, bytes);
		}
	}
	code_out(err_out, err);
	return mem;
}

cl_mem clCreateSubBuffer(cl_mem parent, cl_mem_flags flags, cl_buffer_create_type type, const void *info,
                         cl_int *err_out)
{
	cl_mem mem = NULL;
	const cl_buffer_region *region = info;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS && !fakecl_object_is(parent, FAKECL_MEM)) {
		err = fakecl_blame(CL_INVALID_MEM_OBJECT, "clCreateSubBuffer: no live parent");
	}
	if (err == CL_SUCCESS && (type != CL_BUFFER_CREATE_TYPE_REGION || !region || parent->parent ||
	                          region->origin > parent->bytes || region->size > parent->bytes - region->origin)) {
		err = fakecl_blame(CL_INVALID_VALUE, "clCreateSubBuffer: region outside");
	}
	if (err == CL_SUCCESS) {
		mem = mem_new(parent->context, flags, region->size);
		err = mem ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (mem) {
		mem->parent = parent;
		mem->origin = region->origin;
		mem->data = parent->data + region->origin;
		fakecl_object_retain(parent);
	}
	code_out(err_out, err);
	return mem;
}
