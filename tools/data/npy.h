/* npy.h: NumPy's .npy files: read to and written from arrays in host memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NPY_H
#define TOOL_NPY_H

#include "tools/base/input.h"
#include "tools/data/array.h"

/* Reads an opened .npy file, version 1.0 to 3.0, of f2, f4, f8 or bfloat16, or of V2 where raw_is_bf16 says that it is
 * the same, in either byte order, C or Fortran order, rank 0 to TOOL_RANK_MAX. The size that the header promises is
 * held against the file's before memory is asked for; bytes past the data are refused. */
TOOL_CHECKED bool tool_npy_read(struct tool_input *input, bool raw_is_bf16, struct tool_array *array);

/* The same from a path; reasons begin with it. */
TOOL_CHECKED bool tool_npy_load(const char *path, bool raw_is_bf16, struct tool_array *array);

/* Writes version 1.0, little-endian, C order; CLNORM_BF16 as V2. */
TOOL_CHECKED bool tool_npy_write(FILE *file, const struct tool_array *array);

#endif
