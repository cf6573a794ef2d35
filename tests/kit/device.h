/* device.h: the device under test, opened once for a whole test program, after any fork.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Environment: CLNORM_TEST_DEVICE chooses it (a device choice, "" by default); CLNORM_TEST_SMALL=1 keeps to shapes that
 * an interpreter of kernels can bear; CLNORM_TEST_LONG=1 adds the long sweeps. */
#ifndef TESTS_DEVICE_H
#define TESTS_DEVICE_H

#include <check.h>
#include <clnorm/clnorm.h>

struct device {
	clnorm_context *ctx;
	cl_context cl;
	cl_device_id id;
	cl_command_queue queue; /* in order; the context's own */
	clnorm_device_info info;
};

/* Opens the device, runs the suite in this process (a context does not survive a fork everywhere), calls report where
 * it is not NULL, and says what main() is to return: 0, 1, or 77 where there is no device. */
int device_main(Suite *suite, void (*report)(void));

/* Valid inside device_main(). */
const struct device *device_get(void);
cl_command_queue device_queue(void);

bool device_is_small(void);
bool device_is_long(void);

/* Another queue of the same context, out of order where the device can; the caller releases it. */
cl_command_queue device_queue_create(cl_command_queue_properties properties);

#endif
