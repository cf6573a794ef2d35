/* chunks.c: what a PNG picture carries beside its pixels, as far as the picture's result may carry it too.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/chunks.h"

#include <stdlib.h>
#include <string.h>

/* ---- The table --------------------------------------------------------------------------------------------------- */

/* DROPPED: it would say what is not true of the result. KEPT_IN_FORM: its bytes are samples, and mean the same only
 * where those have the file's colours and bits. */
enum fate { DROPPED, KEPT, KEPT_IN_FORM };

/* Where it counts in a file; elsewhere decoders pass over it, and its result would be read for the first time. The
 * result has no palette, so that this alone is left of "before PLTE". */
enum order { ANYWHERE, BEFORE_PIXELS, BEFORE_PALETTE };

/* Which of several of one name count. */
enum which { FIRST, EACH };

/* Chunks of the PNG specification, third edition (W3C 2025), section 11.3, and of its extensions 1.5. The result has
 * the file's size, order of pixels, colour space and alpha; its sample values are others, 8 or 16 bits each, of grey or
 * RGB, and never a palette. */
static const struct row {
	char name[TOOL_CHUNK_NAME];
	enum fate fate;
	enum order order;
	enum which which;
} rows[] = {
	{"cHRM", KEPT, BEFORE_PALETTE, FIRST},        /* which colours the samples are amounts of: the same ones */
	{"gAMA", KEPT, BEFORE_PALETTE, FIRST},        /* how samples become light: in the same way */
	{"iCCP", KEPT, BEFORE_PALETTE, FIRST},        /* both; grey stays grey, and a palette has an RGB profile */
	{"sRGB", KEPT, BEFORE_PALETTE, FIRST},        /* both */
	{"cICP", KEPT, BEFORE_PALETTE, FIRST},        /* both, by numbers of ITU-T H.273 */
	{"mDCV", KEPT, BEFORE_PALETTE, FIRST},        /* the range of the display that cICP's values are meant for */
	{"mDCv", KEPT, BEFORE_PALETTE, FIRST},        /* its name before 2024 */
	{"cLLI", DROPPED, BEFORE_PALETTE, FIRST},     /* the lightest pixel and picture: were measured in old values */
	{"cLLi", DROPPED, BEFORE_PALETTE, FIRST},     /* its name before 2024 */
	{"sBIT", DROPPED, BEFORE_PALETTE, FIRST},     /* bits that are significant: in the result all are */
	{"bKGD", KEPT_IN_FORM, BEFORE_PIXELS, FIRST}, /* what to show it on; an index of a palette or has fewer bits */
	{"hIST", DROPPED, BEFORE_PIXELS, FIRST},      /* how often each colour of the palette occurs */
	{"sPLT", DROPPED, BEFORE_PIXELS, EACH},       /* a palette that suits the old colours */
	{"pCAL", DROPPED, BEFORE_PIXELS, FIRST},      /* what an old value measures, in units of physics */
	{"pHYs", KEPT, BEFORE_PIXELS, FIRST},         /* how large a pixel is */
	{"oFFs", KEPT, BEFORE_PIXELS, FIRST},         /* where on a page it lies */
	{"sCAL", KEPT, BEFORE_PIXELS, FIRST},         /* how large what it shows is */
	{"sTER", KEPT, BEFORE_PIXELS, FIRST},         /* the halves are for two eyes */
	{"eXIf", KEPT, ANYWHERE, FIRST},              /* which side is up, camera, place; 1.5 allows it behind pixels */
	{"tEXt", KEPT, ANYWHERE, EACH},               /* title, author, ... */
	{"zTXt", KEPT, ANYWHERE, EACH},               /* the same, compressed */
	{"iTXt", KEPT, ANYWHERE, EACH},               /* the same in any language; XMP */
	{"tIME", DROPPED, ANYWHERE, FIRST},           /* when the picture was changed last: it is changed now */
	{"acTL", DROPPED, BEFORE_PIXELS, FIRST},      /* an animation of so many frames: the result is one picture */
	{"fcTL", DROPPED, ANYWHERE, EACH},            /* where and how long a frame of it is shown */
	{"fdAT", DROPPED, ANYWHERE, EACH},            /* a frame's pixels */
	{"dSIG", DROPPED, ANYWHERE, EACH},            /* a signature of the whole file */
};
enum { ROWS = sizeof rows / sizeof rows[0] };
_Static_assert(ROWS <= TOOL_CHUNK_NAMES_MAX, "a list of all names has no room for the table");

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < ROWS; ++i) {
		if (strcmp(rows[i].name, name) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

void tool_chunks_names(unsigned char names[TOOL_CHUNK_NAMES_MAX * TOOL_CHUNK_NAME], int *count)
{
	for (size_t i = 0; i < ROWS; ++i) {
		memcpy(names + i * TOOL_CHUNK_NAME, rows[i].name, TOOL_CHUNK_NAME);
	}
	*count = ROWS;
}

/* ---- The bytes --------------------------------------------------------------------------------------------------- */

enum { HEAD_BYTES = 8 };

/* Whether the chunk is to be taken; notes those of which there is one. */
static bool is_wanted(struct tool_chunks *chunks, const struct tool_chunk_place *place, const char *name)
{
	const struct row *row = find_row(name);
	if (row == NULL) {
		/* Section 5.4: the fourth letter's bit 5 tells whoever changes pixels that this may stay. */
		return (name[3] & 0x20) != 0;
	}
	uint32_t bit = row->which == EACH ? 0 : UINT32_C(1) << (row - rows);
	if (row->fate == DROPPED || (row->fate == KEPT_IN_FORM && !place->is_same_form) ||
	    (row->order != ANYWHERE && chunks->has_pixels) || (row->order == BEFORE_PALETTE && place->has_palette) ||
	    (chunks->taken & bit) != 0) {
		return false;
	}
	chunks->taken |= bit;
	return true;
}

static bool make_room(struct tool_chunks *chunks, size_t more)
{
	size_t wanted = chunks->used + more, doubled = chunks->room * 2;
	if (wanted <= chunks->room) {
		return true;
	}
	size_t room = wanted > doubled ? wanted : doubled;
	unsigned char *bytes = realloc(chunks->bytes, room);
	if (bytes == NULL) {
		return tool_report_fail("no memory for %zu bytes of chunks beside the pixels", room);
	}
	chunks->bytes = bytes;
	chunks->room = room;
	return true;
}

bool tool_chunks_add(struct tool_chunks *chunks, const struct tool_chunk_place *place, const char *name,
                     const unsigned char *data, size_t length)
{
	chunks->is_animated = chunks->is_animated || strcmp(name, "acTL") == 0;
	if (!is_wanted(chunks, place, name)) {
		return true;
	}
	if (!make_room(chunks, HEAD_BYTES + length)) {
		return false;
	}
	unsigned char *to = chunks->bytes + chunks->used;
	for (int i = 0; i < 4; ++i) {
		to[i] = (unsigned char)(length >> (24 - 8 * i)); /* PNG's lengths are below 2^31 */
	}
	memcpy(to + 4, name, 4);
	if (length > 0) {
		memcpy(to + HEAD_BYTES, data, length);
	}
	chunks->used += HEAD_BYTES + length;
	chunks->before = chunks->has_pixels ? chunks->before : chunks->used;
	return true;
}

bool tool_chunks_next(const struct tool_chunks *chunks, size_t *at, struct tool_chunk *chunk)
{
	const unsigned char *from = chunks->bytes + *at;
	if (*at >= chunks->used) {
		return false;
	}
	chunk->length = (size_t)from[0] << 24 | (size_t)from[1] << 16 | (size_t)from[2] << 8 | from[3];
	memcpy(chunk->name, from + 4, 4);
	chunk->name[4] = '\0';
	chunk->data = from + HEAD_BYTES;
	*at += HEAD_BYTES + chunk->length;
	return true;
}

void tool_chunks_clear(struct tool_chunks *chunks)
{
	free(chunks->bytes);
	*chunks = (struct tool_chunks){0};
}
