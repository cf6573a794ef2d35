/* cache.h: built programs on disk; loading and storing may fail silently, never loudly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CACHE_H
#define CLN_CACHE_H

#include "base/text.h"
#include "device/opencl.h"

/* Whether programs of a device are kept, and why not: the wish in the environment, else the platform's policy (off on
 * NVIDIA and PoCL, whose drivers keep their own; asking PoCL for a binary compiles every kernel once more). */
bool cln_cache_is_on(const clnorm_device_info *info, const char **why_not);

/* Appends what a program depends on besides its files and options: library, sources, device, driver, platform. */
void cln_cache_key_add(struct cln_text *key, const clnorm_device_info *info);

/* Loads and builds the program of a key. An entry is verified before the driver sees a byte of it; one that is damaged,
 * or that the driver refuses, is removed. */
bool cln_cache_load(cl_context cl, const clnorm_device_info *info, const char *key, cl_program *out);

/* Keeps a built program, whole or not at all, and removes the entries used longest ago where the folder is full. */
void cln_cache_store(const char *key, cl_program program);

#endif
