/* device.c: the device under test, opened once for a whole test program, after any fork.
 * SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oclgrind_keeper.h"

#define EXIT_SKIPPED 77

/* A driver that hangs must not hold up a whole run; nothing here takes a quarter of this but the long sweeps. */
#define SECONDS_AT_MOST 1200

/* Not by alarm(): where no test is forked, Check answers SIGALRM by killing its process group, and so make and all. */
static void *watch(void *unused)
{
	(void)unused;
	sleep(SECONDS_AT_MOST);
	printf("not done after %d s\n", SECONDS_AT_MOST);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void watch_begin(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, watch, NULL) == 0) {
		pthread_detach(thread);
	}
}

/* Where the C library can be told so, memory of large tensors is kept for the next ones, not given back page by page:
 * that was a quarter of the time. */
static void keep_memory(void)
{
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

static struct device device;

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value && strcmp(value, "0") != 0;
}

bool device_is_small(void)
{
	return is_set("CLNORM_TEST_SMALL");
}

bool device_is_long(void)
{
	return is_set("CLNORM_TEST_LONG");
}

const struct device *device_get(void)
{
	return &device;
}

cl_command_queue device_queue(void)
{
	return device_get()->queue;
}

static clnorm_status device_open(void)
{
	const char *choice = getenv("CLNORM_TEST_DEVICE");
	clnorm_status st = clnorm_context_open(choice ? choice : "", &device.ctx);
	if (st == CLNORM_OK) {
		device.cl = clnorm_context_cl(device.ctx);
		device.id = clnorm_context_device(device.ctx);
		device.queue = clnorm_context_queue(device.ctx);
		st = clnorm_context_info(device.ctx, &device.info);
	}
	return st;
}

int device_main(Suite *suite, void (*report)(void))
{
	SRunner *runner = srunner_create(suite);
	int result = EXIT_FAILURE;
	keep_memory();
	if (!device_is_long()) {
		watch_begin();
	}
	/* Wrong results are to be seen here; a variant refused for them would count as one that does not apply. */
	setenv("CLNORM_PROBE", "off", 0);
	clnorm_status st = device_open();
	if (st == CLNORM_NO_PLATFORM || st == CLNORM_NO_DEVICE) {
		printf("skipped: %s\n", clnorm_last_error());
		result = EXIT_SKIPPED;
	} else if (st != CLNORM_OK) {
		printf("cannot open the device: %s: %s\n", clnorm_status_name(st), clnorm_last_error());
	} else {
		if (strcmp(device.info.platform_name, "Oclgrind") == 0) {
			oclgrind_keeper_begin();
		}
		printf("device: %s, %s, driver %s\n", device.info.name, device.info.platform_name, device.info.driver);
		srunner_set_fork_status(runner, CK_NOFORK);
		srunner_run_all(runner, CK_ENV);
		result = srunner_ntests_failed(runner) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		if (report) {
			report();
		}
		/* rusticl compiles in a thread of its own when a kernel is launched; LLVM's globals go when main()
		 * returns. */
		clFinish(device.queue);
	}
	srunner_free(runner);
	clnorm_context_destroy(device.ctx);
	return result;
}

cl_command_queue device_queue_create(cl_command_queue_properties properties)
{
	cl_command_queue_properties able = 0;
	cl_int err;
	EXPECT_CL(clGetDeviceInfo(device.id, CL_DEVICE_QUEUE_PROPERTIES, sizeof(able), &able, NULL));
	cl_command_queue queue = clCreateCommandQueue(device.cl, device.id, properties & able, &err);
	EXPECT_CL(err);
	return queue;
}
