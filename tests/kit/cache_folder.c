/* cache_folder.c: a folder of its own for the program cache of a test, and a plan that fills it; with the fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clnorm/clnorm.h>

#include "device/entry.h"
#include "tests/kit/cache_folder.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

char cache_folder_folder[64], cache_folder_path[4100];

void cache_folder_empty(void)
{
	ck_assert_int_eq(chmod(cache_folder_folder, 0700), 0);
	size_t removed;
	ck_assert(cln_entry_clear(cache_folder_folder, &removed));
}

void cache_folder_open(void)
{
	snprintf(cache_folder_folder, sizeof(cache_folder_folder), "test_cache.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(cache_folder_folder));
	char here[4000];
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(cache_folder_path, sizeof(cache_folder_path), "%s/%s", here, cache_folder_folder);
	fakecl_reset();
	setenv("CLNORM_CACHE", "on", 1);
	setenv("CLNORM_CACHE_DIR", cache_folder_path, 1);
	unsetenv("CLNORM_CACHE_BYTES");
}

void cache_folder_close(void)
{
	cache_folder_empty();
	ck_assert_int_eq(rmdir(cache_folder_folder), 0);
}

void cache_folder_plan_once(void)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 8, 8);
	ck_assert_int_eq(clnorm_context_open("", &ctx), CLNORM_OK);
	ck_assert_int_eq(clnorm_plan_create(ctx, &desc, &plan), CLNORM_OK);
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
}
