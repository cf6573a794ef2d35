/* device.h: find devices; fill in their facts; no decisions about kernels.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_DEVICE_H
#define CLN_DEVICE_H

#include "decide/caps.h"
#include "opencl/opencl.h"

/* Facts of one device, with platform and device index left 0. Where its driver does not tell them, what it told is
 * there, usable is false, and the reason names the call and the code that is returned. */
cl_int cln_device_describe(cl_device_id device, clnorm_device_info *info);

/* The platform, and its name. */
cl_int cln_device_platform(cl_platform_id platform, clnorm_device_info *info);

/* The reason of a device whose driver failed, and a name where it has none. */
void cln_device_untold(const char *call, cl_int err, clnorm_device_info *info);

/* CLNORM_OK where info->usable, else the status of its reason; told: what cln_device_describe() returned. */
CLN_CHECKED clnorm_status cln_device_check(const clnorm_device_info *info, cl_int told);

/* Whether one of the devices is this one, or what it is a part of: PoCL lists a sub-device's root in its place. *index
 * is that one's. */
bool cln_device_is_among(cl_device_id device, const cl_device_id *devices, size_t count, size_t *index);

/* What decisions may know of a device. */
struct cln_caps cln_device_caps(const clnorm_device_info *info);

#endif
