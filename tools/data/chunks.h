/* chunks.h: what a PNG picture carries beside its pixels, as far as the picture's result may carry it too.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CHUNKS_H
#define TOOL_CHUNKS_H

#include "tools/base/report.h"

#include <stdint.h>

#define TOOL_CHUNK_NAME 5 /* four letters, and the zero that libpng wants behind them */

/* Chunks of one picture in the file's order. Empty, {0}, is none. */
struct tool_chunks {
	unsigned char *bytes; /* each as in the file, without its checksum: length, name, data */
	size_t used, room;
	size_t before;    /* of them so many bytes stand before the pixels */
	bool has_pixels;  /* the pixels have been read: what comes now stands behind them */
	bool is_animated; /* there are more pictures in the file, which are left out */
	size_t damaged;   /* chunks that were left out for a wrong checksum */
	uint32_t taken;   /* a bit for each row of the table that has its one chunk */
};

/* What else there is to know of the file that a chunk stands in. */
struct tool_chunk_place {
	bool has_palette;  /* PLTE stands before it */
	bool is_same_form; /* the result's samples have the colours and bits of the file's */
};

/* Names that the table knows, TOOL_CHUNK_NAME bytes each; *count of them. libpng must not interpret these. */
#define TOOL_CHUNK_NAMES_MAX 32 /* bits of `taken` */
void tool_chunks_names(unsigned char names[TOOL_CHUNK_NAMES_MAX * TOOL_CHUNK_NAME], int *count);

/* Takes the file's next ancillary chunk, where the result may have it: by the table in chunks.c where that knows the
 * name, else where the name says that it is safe to copy. */
TOOL_CHECKED bool tool_chunks_add(struct tool_chunks *chunks, const struct tool_chunk_place *place, const char *name,
                                  const unsigned char *data, size_t length);

/* One chunk of them. */
struct tool_chunk {
	char name[TOOL_CHUNK_NAME];
	const unsigned char *data;
	size_t length;
};

/* The chunk at *at, a number of bytes that begins with 0 and moves on; false behind the last. */
bool tool_chunks_next(const struct tool_chunks *chunks, size_t *at, struct tool_chunk *chunk);

/* Frees; empty is fine; the chunks are empty afterwards. */
void tool_chunks_clear(struct tool_chunks *chunks);

#endif
