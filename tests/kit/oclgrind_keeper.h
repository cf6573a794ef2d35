/* oclgrind_keeper.h: what an interpreter is to be told of buffers that it mistakes for uninitialized.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OCLGRIND_KEEPER_H
#define TESTS_OCLGRIND_KEEPER_H

/* From here on the last release of a memory object does nothing. oclgrind 21 remembers which bytes are initialized by
 * address and forgets nothing when a buffer goes, so that in a larger buffer at the same address whatever lies behind
 * the old one's end counts as uninitialized for ever. Addresses that are never used again have no such past.
 * What clEnqueueFillBuffer and clEnqueueWriteBufferRect put there, oclgrind 21.10 takes for uninitialized as well, but
 * what other commands put there not: from here on both are made of plain writes. */
void oclgrind_keeper_begin(void);

#endif
