/* drivers.c: the table of drivers that are known to compute rightly.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/drivers.h"

#include <stddef.h>
#include <string.h>

/* A row is of one version, since the next one has another compiler. */
static const struct cln_driver rows[] = {
	{"Portable Computing Language", "3.1+debian", "pthread", "Debian 12, LLVM 14: every test of the project"},
	{"rusticl", "22.3.6", "llvmpipe", "Debian 12: every test of the project but six that it compiles for hours"},
	{"Intel(R) OpenCL", "2026.22", "", "the CPU runtime of 2026.2: every test of the project"},
	{"Oclgrind", "Oclgrind 21.10", "", "an interpreter: every test of the project, on small shapes"},
};

const struct cln_driver *cln_driver_find(const char *platform, const char *driver, const char *device)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
		if (strcmp(platform, rows[i].platform) == 0 &&
		    strncmp(driver, rows[i].driver, strlen(rows[i].driver)) == 0 && strstr(device, rows[i].device)) {
			return &rows[i];
		}
	}
	return NULL;
}
