/* cache_folder.h: a folder of its own for the program cache of a test, and a plan that fills it; with the fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CACHE_FOLDER_H
#define TESTS_CACHE_FOLDER_H

/* Below the folder that the test runs in; and whole, as CLNORM_CACHE_DIR has it. */
extern char cache_folder_folder[64], cache_folder_path[4100];

/* A fixture. The cache is on, with the usual limit. */
void cache_folder_open(void);
void cache_folder_close(void);

/* The folder is the user's own again, and holds no program. */
void cache_folder_empty(void);

/* A context, a plan, and their ends; no OpenCL object is left. */
void cache_folder_plan_once(void);

#endif
