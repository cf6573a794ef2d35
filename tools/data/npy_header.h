/* npy_header.h: the dictionary in front of a .npy file's data, read from any bytes and written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NPY_HEADER_H
#define TOOL_NPY_HEADER_H

#include "tools/data/array.h"

#define TOOL_NPY_MAGIC "\x93NUMPY"
#define TOOL_NPY_MAGIC_BYTES 6
#define TOOL_NPY_HEADER_MAX 65536 /* bytes of dictionary taken; a plain array's is under 200 */

/* Which element types are taken, and the kinds of those that are. */
enum tool_npy_takes {
	TOOL_NPY_FLOATS = 0, /* f2, f4, f8, bfloat16 */
	TOOL_NPY_FLOATS_RAW, /* and raw records of 2 bytes, as which NumPy writes bfloat16 */
	TOOL_NPY_NUMBERS     /* f2, f4, f8, bfloat16, whole numbers, booleans */
};
enum tool_npy_kind { TOOL_NPY_FLOAT = 0, TOOL_NPY_SIGNED, TOOL_NPY_UNSIGNED, TOOL_NPY_BOOLEAN };

struct tool_npy_header {
	enum tool_npy_kind kind;
	clnorm_dtype dtype; /* of TOOL_NPY_FLOAT */
	size_t element_bytes;
	bool is_swapped; /* the data's bytes are in the other order than this machine's */
	bool is_fortran; /* the first dimension runs fastest */
	unsigned rank;   /* 0 to TOOL_RANK_MAX */
	size_t dims[TOOL_RANK_MAX];
};

/* Reads the dictionary text[0..length-1]: a Python literal with the keys descr, fortran_order and shape, in any order
 * and spacing. Whatever the bytes are: a value or a reason. */
TOOL_CHECKED bool tool_npy_header_parse(const char *text, size_t length, enum tool_npy_takes takes,
                                        struct tool_npy_header *header);

/* "f32", "i16", "u8", "bool": the type of the header's elements in text; returns text. */
const char *tool_npy_type_text(const struct tool_npy_header *header, char text[16]);

/* Writes magic, version 1.0 and the dictionary, padded so that the data starts at a multiple of 64; returns its bytes.
 */
#define TOOL_NPY_PREFIX_MAX 512
size_t tool_npy_header_print(clnorm_dtype dtype, unsigned rank, const size_t *dims, char prefix[TOOL_NPY_PREFIX_MAX]);

#endif
