/* bitcode.h: LLVM bitcode in the place of a program's binary: which driver links it, where it lies in a binary.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_BITCODE_H
#define CLN_BITCODE_H

#include "opencl/opencl.h"

/* Whether the driver takes the bitcode of a compiled program and links it itself: PoCL 3.1 and later on a CPU. PoCL 3.0
 * loads it as it is and aborts at the first launch, and must not even compile without linking: it then takes what it
 * compiled for the linked program. */
bool cln_bitcode_is_linked(const clnorm_device_info *info);

/* The bitcode in a driver's binary of a compiled program, and its length in place of the binary's; NULL where there is
 * none. */
const unsigned char *cln_bitcode_find(const unsigned char *binary, size_t *bytes);

#endif
