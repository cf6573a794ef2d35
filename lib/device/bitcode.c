/* bitcode.c: LLVM bitcode in the place of a program's binary: which driver links it, where it lies in a binary.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/bitcode.h"

#include <stdio.h>
#include <string.h>

bool cln_bitcode_is_linked(const clnorm_device_info *info)
{
	unsigned major = 0, minor = 0;
	return strcmp(info->platform_name, "Portable Computing Language") == 0 && strcmp(info->type, "cpu") == 0 &&
	       sscanf(info->driver, "%u.%u", &major, &minor) == 2 && (major > 3 || (major == 3 && minor >= 1));
}

/* PoCL's binary is a head and files, each a path and content with the length before it, 32 bits, lowest byte first. */
const unsigned char *cln_bitcode_find(const unsigned char *binary, size_t *bytes)
{
	static const unsigned char magic[4] = {'B', 'C', 0xc0, 0xde};
	for (size_t at = 4; at + sizeof(magic) <= *bytes; ++at) {
		const unsigned char *p = binary + at;
		if (memcmp(p, magic, sizeof(magic)) == 0) {
			size_t length = p[-4] | (size_t)p[-3] << 8 | (size_t)p[-2] << 16 | (size_t)p[-1] << 24;
			if (length >= sizeof(magic) && length <= *bytes - at) {
				*bytes = length;
				return p;
			}
		}
	}
	return NULL;
}
