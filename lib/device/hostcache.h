/* hostcache.h: sizes of the host's own caches, for devices that are the host.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_HOSTCACHE_H
#define CLN_HOSTCACHE_H

#include <stddef.h>

/* Bytes of the data or unified cache of a level, as the first processor sees it; 0 where the system does not tell. */
size_t cln_hostcache_bytes(int level);

#endif
