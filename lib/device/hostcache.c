/* hostcache.c: sizes of the host's own caches, for devices that are the host.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/hostcache.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CACHES "/sys/devices/system/cpu/cpu0/cache/index"

/* The first line of a file of one of the caches; false where there is none. */
static bool read_line(int index, const char *file, char *line, int capacity)
{
	char path[128];
	FILE *stream;
	bool read = false;

	snprintf(path, sizeof(path), CACHES "%d/%s", index, file);
	stream = fopen(path, "r");
	if (stream) {
		read = fgets(line, capacity, stream) != NULL;
		fclose(stream);
	}
	return read;
}

/* "1024K", "32M"; 0 for anything else. */
static size_t parse_size(const char *text)
{
	unsigned long number = 0;
	char unit = ' ';
	if (sscanf(text, "%lu%c", &number, &unit) < 1) {
		return 0;
	}
	return (size_t)number << (unit == 'K' ? 10 : unit == 'M' ? 20 : 0);
}

static size_t system_bytes(int level)
{
	long bytes = -1;
#if defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
	bytes = sysconf(level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
#endif
	return bytes > 0 && level >= 2 ? (size_t)bytes : 0;
}

/* The kernel's files first: in a virtual machine sysconf() adds up the last-level caches of the whole host. */
size_t cln_hostcache_bytes(int level)
{
	char line[64];
	for (int index = 0; read_line(index, "level", line, sizeof(line)); ++index) {
		bool is_level = line[0] == '0' + level;
		if (is_level && read_line(index, "type", line, sizeof(line)) && strncmp(line, "Instr", 5) != 0 &&
		    read_line(index, "size", line, sizeof(line))) {
			return parse_size(line);
		}
	}
	return system_bytes(level);
}
