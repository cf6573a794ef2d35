/* device.h: find devices; fill in their facts; no decisions about kernels.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_DEVICE_H
#define CLN_DEVICE_H

#include "decide/caps.h"
#include "opencl/opencl.h"

/* Facts of one device, with platform and device index left 0. CLNORM_OPENCL_ERROR. */
CLN_CHECKED clnorm_status cln_device_describe(cl_device_id device, clnorm_device_info *info);

/* CLNORM_OK where info->usable, else the status of its reason. */
CLN_CHECKED clnorm_status cln_device_check(const clnorm_device_info *info);

/* What decisions may know of a device. */
struct cln_caps cln_device_caps(const clnorm_device_info *info);

#endif
