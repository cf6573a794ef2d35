/* fence.h: buffers between pages of memory that nobody may touch, and a word about whoever does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A read past a buffer's end gives a number that is thrown away, or a crash in one run of many. On a device whose
 * memory is the host's, buffers are put where such a read always ends the process. */
#ifndef TESTS_FENCE_H
#define TESTS_FENCE_H

#include <stdbool.h>

#include "tests/kit/place.h"

/* From now on every buffer of this program, the library's own too, lies between such pages: with PLACE_AT_END its end
 * is at one, or up to 127 bytes before, where its size is no multiple of that alignment; with PLACE_AT_BEGIN its
 * beginning is. Places lie on that side of theirs. PLACE_BETWEEN: buffers are the driver's again. */
void fence_raise(enum place_side side);

/* Whether the device works in that memory, or in a copy of it, where nothing would be noticed. */
bool fence_is_felt(void);

/* What is being tried, for the words of a process that ends. */
__attribute__((format(printf, 1, 2))) void fence_note(const char *format, ...);

#endif
