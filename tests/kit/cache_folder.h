/* cache_folder.h: a folder of its own for the program cache of a test, and a plan that fills it; with the fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PANTRY_H
#define TESTS_PANTRY_H

/* Below the folder that the test runs in; and whole, as CLNORM_CACHE_DIR has it. */
extern char pantry_folder[64], pantry_path[4100];

/* A fixture. The cache is on, with the usual limit. */
void pantry_open(void);
void pantry_close(void);

/* The folder is the user's own again, and holds no program. */
void pantry_empty(void);

/* A context, a plan, and their ends; no OpenCL object is left. */
void pantry_plan_once(void);

#endif
