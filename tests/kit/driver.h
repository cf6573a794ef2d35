/* driver.h: a driver for the fake OpenCL that computes what the oracle says, or something else.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of f32 without an activation. */
#ifndef TESTS_DRIVER_H
#define TESTS_DRIVER_H

#include "device/stages.h"
#include "tests/kit/fakecl.h"

/* How it is wrong: programs whose source has `source`, in one number of `role`. */
extern struct driver_fault {
	const char *source; /* NULL: it is right */
	enum cln_role role;
	double by;
} driver_fault;

/* Of the plans that are made: a launch does not say. */
extern clnorm_layout driver_layout;

/* For fakecl_on_launch(). */
void driver_run(const struct fakecl_launch *launch);

#endif
