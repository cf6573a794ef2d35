/* npy_data.h: the bytes of a .npy file: found behind the header, read in this machine's order and C order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NPY_DATA_H
#define TOOL_NPY_DATA_H

#include "tools/base/input.h"
#include "tools/data/npy_header.h"

/* Reads an opened file up to its data, and holds the size that the header promises against the file's. */
TOOL_CHECKED bool tool_npy_data_find(struct tool_input *input, enum tool_npy_takes takes,
                                     struct tool_npy_header *header);

/* Reads the data, `count` elements, the product of the header's dims. */
TOOL_CHECKED bool tool_npy_data_read(struct tool_input *input, const struct tool_npy_header *header, size_t count,
                                     void *data);

/* Turns the bytes of each element around. */
void tool_npy_data_swap(unsigned char *data, size_t count, size_t element_bytes);

#endif
