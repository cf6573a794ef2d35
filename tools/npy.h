/* npy.h: NumPy's .npy files: read to and written from arrays in host memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NPY_H
#define TOOL_NPY_H

#include "array.h"
#include "input.h"

/* Reads an opened .npy file, version 1.0 to 3.0, of f2, f4 or f8 in either byte order, C or Fortran order, rank 0 to
 * TOOL_RANK_MAX (a rank-0 array comes as rank 1 of one element). The size that the header promises is held against the
 * file's before memory is asked for; bytes past the data are refused. */
TOOL_CHECKED bool tool_npy_read(struct tool_input *input, struct tool_array *array);

/* The same from a path; reasons begin with it. */
TOOL_CHECKED bool tool_npy_load(const char *path, struct tool_array *array);

/* Writes version 1.0, little-endian, C order. The dtype is CLNORM_F16, CLNORM_F32 or CLNORM_F64. */
TOOL_CHECKED bool tool_npy_write(FILE *file, const struct tool_array *array);

#endif
