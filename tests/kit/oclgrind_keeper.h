/* oclgrind_keeper.h: what an interpreter is to be told of buffers that it mistakes for uninitialized.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OCLGRIND_KEEPER_H
#define TESTS_OCLGRIND_KEEPER_H

/* From here on the last release of a memory object does nothing. oclgrind 21 remembers which bytes are initialized by
 * address and forgets nothing when a buffer goes, so that in a larger buffer at the same address whatever lies behind
 * the old one's end counts as uninitialized for ever. Addresses that are never used again have no such past.
 * Whatever the host stores into a part of a buffer, it takes for all of it: what was there before, and what is behind,
 * is then uninitialized or not by chance. What clEnqueueFillBuffer and clEnqueueWriteBufferRect put there counts as
 * uninitialized always. From here on these are made of plain writes, and writes and copies to a part of a buffer of
 * launches of a kernel, whose stores it follows byte by byte. */
void oclgrind_keeper_begin(void);

#endif
