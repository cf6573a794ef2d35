/* fakecl.c: the fake OpenCL's world, its call counter and its faults.
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/fakecl_object.h"

#define NAMES_KEPT 4096
#define LAUNCHES_KEPT 256
#define FUNCTIONS_KEPT 128

struct function_count {
	const char *name;
	unsigned long calls;
};

static struct fakecl_world world;
static struct _cl_platform_id platforms[FAKECL_MAX_DEVICES];
static struct _cl_device_id devices[FAKECL_MAX_DEVICES];

static unsigned long call_count, fail_at, wait_count, misuse_count;
static cl_int fail_code, fail_name_code;
static const char *fail_name;
static const char *names[NAMES_KEPT];
static struct function_count functions[FUNCTIONS_KEPT];
static struct fakecl_launch launches[LAUNCHES_KEPT];
static size_t launch_count;
static char misuse[256];

static const char *hook_name;
static void (*hook)(void);
static void (*launched)(const struct fakecl_launch *launch);

static pthread_once_t lock_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock;

static void *(*take)(size_t count, size_t bytes) = calloc;
static void (*give)(void *memory) = free;

static void lock_init(void)
{
	pthread_mutexattr_t kind;
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&lock, &kind);
	pthread_mutexattr_destroy(&kind);
}

void fakecl_lock(void)
{
	pthread_once(&lock_once, lock_init);
	pthread_mutex_lock(&lock);
}

void fakecl_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct fakecl_device device_base(void)
{
	struct fakecl_device device = {0};
	device.vendor = "Fake vendor";
	device.version = "OpenCL 1.2 fake";
	device.driver = "1.0";
	device.extensions = "cl_khr_fp64 cl_khr_fp16 cl_khr_byte_addressable_store";
	device.address_bits = 64;
	device.align_bits = 1024;
	device.global_bytes = (cl_ulong)8 << 30;
	device.max_alloc_bytes = (cl_ulong)2 << 30;
	device.available = CL_TRUE;
	device.compiler = CL_TRUE;
	return device;
}

struct fakecl_device fakecl_cpu(void)
{
	struct fakecl_device device = device_base();
	device.type = CL_DEVICE_TYPE_CPU;
	device.name = "Fake CPU";
	device.compute_units = 8;
	device.max_group = 4096;
	device.local_bytes = 512 << 10;
	device.cache_bytes = 1 << 20;
	device.kernel_multiple = 8;
	return device;
}

struct fakecl_device fakecl_gpu(void)
{
	struct fakecl_device device = device_base();
	device.type = CL_DEVICE_TYPE_GPU;
	device.name = "Fake GPU";
	device.compute_units = 80;
	device.max_group = 1024;
	device.local_bytes = 48 << 10;
	device.cache_bytes = 4 << 20;
	device.kernel_multiple = 32;
	return device;
}

struct fakecl_world *fakecl_world(void)
{
	return &world;
}

void fakecl_reset(void)
{
	setenv("CLNORM_CACHE", "off", 1); /* what one test builds is nothing to the next */
	setenv("CLNORM_PROBE", "off", 1); /* it computes nothing */
	memset(&world, 0, sizeof(world));
	world.platform_count = 1;
	world.platform_names[0] = "Fake platform";
	world.device_count = 1;
	world.devices[0] = fakecl_gpu();
	for (unsigned i = 0; i < FAKECL_MAX_DEVICES; i++) {
		platforms[i].index = i;
		devices[i].index = i;
	}
	fail_at = 0;
	fail_name = NULL;
	hook_name = NULL;
	launched = NULL;
	misuse_count = 0;
	misuse[0] = '\0';
	fakecl_calls_clear();
}

void fakecl_calls_clear(void)
{
	call_count = 0;
	wait_count = 0;
	launch_count = 0;
	memset(functions, 0, sizeof(functions));
}

void fakecl_fail_at(unsigned long n, cl_int code)
{
	fail_at = n;
	fail_code = code;
}

void fakecl_fail_name(const char *name, cl_int code)
{
	fail_name = name;
	fail_name_code = code;
}

void fakecl_on_call(const char *name, void (*called)(void))
{
	hook_name = name;
	hook = called;
}

/* With the lock. */
static void count_function(const char *name)
{
	for (size_t i = 0; i < FUNCTIONS_KEPT; i++) {
		if (!functions[i].name) {
			functions[i].name = name;
		}
		if (strcmp(functions[i].name, name) == 0) {
			functions[i].calls++;
			return;
		}
	}
}

void fakecl_note(const char *name)
{
	fakecl_lock();
	count_function(name);
	fakecl_unlock();
}

static cl_int count_call(const char *name)
{
	count_function(name);
	if (call_count < NAMES_KEPT) {
		names[call_count] = name;
	}
	call_count++;
	if (fail_at && call_count == fail_at) {
		return fail_code;
	}
	if (fail_name && strcmp(fail_name, name) == 0) {
		return fail_name_code;
	}
	return CL_SUCCESS;
}

cl_int fakecl_step(const char *name)
{
	fakecl_lock();
	cl_int err = count_call(name);
	void (*called)(void) = hook_name && strcmp(hook_name, name) == 0 ? hook : NULL;
	fakecl_unlock();
	if (called) {
		called();
	}
	return err;
}

void fakecl_note_wait(void)
{
	wait_count++;
}

unsigned long fakecl_call_count(void)
{
	return call_count;
}

const char *fakecl_call_name(unsigned long n)
{
	return n >= 1 && n <= call_count && n <= NAMES_KEPT ? names[n - 1] : "?";
}

unsigned long fakecl_calls_of(const char *prefix)
{
	unsigned long calls = 0;
	for (size_t i = 0; i < FUNCTIONS_KEPT && functions[i].name; i++) {
		if (strncmp(functions[i].name, prefix, strlen(prefix)) == 0) {
			calls += functions[i].calls;
		}
	}
	return calls;
}

unsigned long fakecl_waits(void)
{
	return wait_count;
}

cl_int fakecl_blame(cl_int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(misuse, sizeof(misuse), format, args);
	va_end(args);
	misuse_count++;
	return code;
}

unsigned long fakecl_misuse_count(void)
{
	return misuse_count;
}

const char *fakecl_misuse(void)
{
	return misuse;
}

void fakecl_on_launch(void (*run)(const struct fakecl_launch *launch))
{
	launched = run;
}

void *fakecl_mem_data(cl_mem mem)
{
	return mem->data;
}

void fakecl_launch_add(const struct _cl_kernel *kernel, cl_uint dims, const size_t *global, const size_t *local,
                       cl_uint n_wait)
{
	struct fakecl_launch launch = {.dims = dims, .n_wait = n_wait, .source = kernel->program->source};
	snprintf(launch.kernel, sizeof(launch.kernel), "%s", kernel->name);
	for (cl_uint i = 0; i < dims && i < 3; i++) {
		launch.global[i] = global[i];
		launch.local[i] = local ? local[i] : 0;
	}
	launch.arg_count = kernel->arg_count;
	memcpy(launch.arg_bytes, kernel->arg_bytes, sizeof(launch.arg_bytes));
	memcpy(launch.args, kernel->args, sizeof(launch.args));
	fakecl_lock();
	if (launch_count < LAUNCHES_KEPT) {
		launches[launch_count] = launch;
	}
	launch_count++;
	fakecl_unlock();
	if (launched) {
		launched(&launch);
	}
}

size_t fakecl_launch_count(void)
{
	return launch_count;
}

const struct fakecl_launch *fakecl_launch(size_t i)
{
	return i < launch_count && i < LAUNCHES_KEPT ? &launches[i] : NULL;
}

void fakecl_memory(void *(*take_memory)(size_t count, size_t bytes), void (*give_memory)(void *memory))
{
	take = take_memory;
	give = give_memory;
}

void *fakecl_take(size_t bytes)
{
	return take(1, bytes ? bytes : 1);
}

void fakecl_give(void *memory)
{
	give(memory);
}

cl_platform_id fakecl_platform_at(unsigned index)
{
	return &platforms[index];
}

cl_device_id fakecl_device_at(unsigned index)
{
	return &devices[index];
}

const struct fakecl_device *fakecl_device_facts(cl_device_id device)
{
	for (unsigned i = 0; i < world.device_count; i++) {
		if (device == &devices[i]) {
			return &world.devices[i];
		}
	}
	return NULL;
}
