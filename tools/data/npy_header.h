/* npy_header.h: the dictionary in front of a .npy file's data, read from any bytes and written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NPY_HEADER_H
#define TOOL_NPY_HEADER_H

#include "tools/data/array.h"

#define TOOL_NPY_MAGIC "\x93NUMPY"
#define TOOL_NPY_MAGIC_BYTES 6
#define TOOL_NPY_HEADER_MAX 65536 /* bytes of dictionary taken; a plain array's is under 200 */

struct tool_npy_header {
	clnorm_dtype dtype;
	bool is_swapped; /* the data's bytes are in the other order than this machine's */
	bool is_fortran; /* the first dimension runs fastest */
	unsigned rank;   /* 0 to TOOL_RANK_MAX */
	size_t dims[TOOL_RANK_MAX];
};

/* Reads the dictionary text[0..length-1]: a Python literal with the keys descr, fortran_order and shape, in any order
 * and spacing. Raw records of 2 bytes, as which NumPy writes bfloat16, are refused or are CLNORM_BF16. Whatever the
 * bytes are: a value or a reason. */
TOOL_CHECKED bool tool_npy_header_parse(const char *text, size_t length, bool raw_is_bf16,
                                        struct tool_npy_header *header);

/* Writes magic, version 1.0 and the dictionary, padded so that the data starts at a multiple of 64; returns its bytes.
 */
#define TOOL_NPY_PREFIX_MAX 512
size_t tool_npy_header_print(clnorm_dtype dtype, unsigned rank, const size_t *dims, char prefix[TOOL_NPY_PREFIX_MAX]);

#endif
