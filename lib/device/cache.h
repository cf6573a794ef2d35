/* cache.h: built programs on disk; loading and storing may fail silently, never loudly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CACHE_H
#define CLN_CACHE_H

#include "base/text.h"
#include "opencl/opencl.h"

/* Whether programs of a device are kept, and why not: the wish in the environment, else the platform's policy (off on
 * NVIDIA, whose driver keeps its own, and where asking PoCL for a binary compiles every kernel once more). */
bool cln_cache_is_on(const clnorm_device_info *info, const char **why_not);

/* What is kept beside a program: a line of text, "" at first. */
#define CLN_CACHE_NOTE 256

/* Appends what a program, and how it computes, depends on besides its files and options: library, sources, device,
 * driver, platform. */
void cln_cache_key_add(struct cln_text *key, const clnorm_device_info *info);

/* Loads and builds the program of a key, with its note. An entry is verified before the driver sees a byte of it; one
 * that is damaged, or that the driver refuses, is removed. */
bool cln_cache_load(cl_context cl, const clnorm_device_info *info, const char *key, cl_program *out,
                    char note[CLN_CACHE_NOTE]);

/* Writes the note, cut to fit, into the entry of a key, where there is one. */
void cln_cache_note(const char *key, const char *note);

/* clBuildProgram() of a program of source, which is then kept, whole or not at all; the entries used longest ago go
 * where the folder is full. *program becomes another one where bitcode is kept: the one that later processes get. */
cl_int cln_cache_build(cl_context cl, const clnorm_device_info *info, const char *key, const char *options,
                       cl_program *program);

#endif
