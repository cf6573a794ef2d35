/* drivers.h: the table of drivers that are known to compute rightly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_DRIVERS_H
#define CLN_DRIVERS_H

struct cln_driver {
	const char *platform; /* CL_PLATFORM_NAME */
	const char *driver;   /* how CL_DRIVER_VERSION begins */
	const char *device;   /* a part of CL_DEVICE_NAME: what it was tried on */
	const char *source;   /* what says that it is right */
};

/* The row of a driver, or NULL: then its programs are tried on a known instance (api/probe). */
const struct cln_driver *cln_driver_find(const char *platform, const char *driver, const char *device);

#endif
