/* pixels.cl: slabs of the family "scan": neighbouring channels of a sample, all of them where they are few, in whole
 * pixels; and the rows of lanes that their elements are taken in. SPDX-License-Identifier: Apache-2.0
 *
 * Macros: TILE (default 64), lanes of a row at most, whole vectors. */
#ifndef TILE
#define TILE (16 * V)
#endif

#define PACKED_STEP a.channels
#define LANES_APART(NAME, channel) (channel)

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at;
	ulong slabs = a.channels <= TILE ? 1 : (a.channels + TILE - V - 1) / (TILE - V); /* of one sample */
	ulong k = slab % slabs, sample = slab / slabs;
	ulong first = a.channels * k / slabs / V * V;
	ulong end = k + 1 < slabs ? a.channels * (k + 1) / slabs / V * V : a.channels;
	at.x = sample * a.spatial * a.channels + first;
	at.ahead = 0;
	at.run = sample * a.channels + first;
	at.lanes = (uint)(end - first);
	return at;
}

/* Where vector k of a slab's channels begins; the last one may overlap the one before it. */
static uint piece_offset(uint width, uint k)
{
	return min(k * V, max(width, (uint)V) - V);
}

static struct place slab_piece(struct place at, uint k)
{
	struct place piece = at; /* Mesa 22.3 hands structs over by reference */
	piece.run += piece_offset(at.lanes, k);
	piece.lanes = min(at.lanes, (uint)V);
	return piece;
}

#define PIECES(at) (((at).lanes + V - 1) / V)

/* Lane by lane: elements offset .. offset+V-1 of a row's `rest` ones; those past the end are not read. */
static ACCV rest_load(const __global T *x, uint offset, uint rest)
{
#if V == 1
	return LOAD(x, min(offset, rest - 1));
#else
#define REST_ELEMENT(k) LOAD(x, min(offset + (k), rest - 1))
	return FROM_LANES(REST_ELEMENT);
#endif
}

/* Which of V elements of a row are valid, from element `offset` of `width` on; past them as the last one. The row's
 * first pixel is `pixel` on from the source's. */
#if VALID
#undef VALID_LOAD
#undef VALID_LOADV
/* Of elements that lie side by side in one pixel. */
#define VALID_LOAD(s, i) valid_at(s, 0, (uint)(i))
#define VALID_LOADV(s, i) valid_row(s, 0, (uint)(i), ~0u, ~0u)

static INTV valid_row(SOURCE s, ulong pixel, uint offset, uint channels, uint width)
{
	if (channels >= V) {
#if VALID == 1 && MASK_LANES
		if (width - offset >= V)
			return mask_vector(s.mask + POSITION(s, pixel) * s.element + offset);
#else
		return (INTV)(-(ACC_INT)valid_at(s, pixel, 0));
#endif
	}
#define ROW_ELEMENT(k) min(offset + (k), width - 1)
#define VALID_IN_ROW(k) -(ACC_INT)valid_at(s, pixel + ROW_ELEMENT(k) / channels, ROW_ELEMENT(k) % channels)
	return INT_LANES(VALID_IN_ROW);
}

static SOURCE source_pixels(SOURCE s, ulong step, ulong pixels)
{
	SOURCE later = s;
	later.x += pixels * step;
	later.position += pixels;
	return later;
}
static SOURCE source_channels(SOURCE s, uint channels)
{
	SOURCE later = s;
	later.x += channels;
#if VALID == 1
	later.mask += channels * s.lane;
#endif
	return later;
}
#define SOURCE_PIXELS(s, pixels) source_pixels(s, STEP_OF_SLAB(X), pixels)
#define SOURCE_ROWS(s, rows, n) source_pixels(s, (rows).stride / (rows).pixels, (n) * (rows).pixels)
#define SOURCE_CHANNELS(s, channels) source_channels(s, channels)
#else
#define SOURCE_PIXELS(s, pixels) ((s) + (pixels)*STEP_OF_SLAB(X))
#define SOURCE_ROWS(s, rows, n) ((s) + (n) * (rows).stride)
#define SOURCE_CHANNELS(s, channels) ((s) + (channels))
#endif

/* Whether the source's pixel is valid; of a mask with channels of its own that is asked element by element. */
#if VALID && !MASK_LANES
#define IS_INSIDE(s) (valid_at(s, 0, 0) != 0)
#else
#define IS_INSIDE(s) true
#endif

static LANE slab_first(struct cln_arguments a, SOURCE x, struct place at, ulong from)
{
	SOURCE p = SOURCE_PIXELS(x, from);
	ACCV first = at.lanes < V ? rest_load(X_OF(p), 0, at.lanes) : LOADV(X_OF(p), 0);
	return IF_VALID(ACCV, valid_row(p, 0, 0, at.lanes, at.lanes), first);
}

/* sum = x + skip in n pixels. */
#if SKIP
static void slab_add(struct cln_arguments a, const __global T *x, const __global T *skip, __global T *sum,
                     struct place at, ulong from, ulong n)
{
	for (ulong pixel = from; pixel < from + n; ++pixel) {
		ulong i = pixel * STEP_OF_SLAB(X), end = i + at.lanes;
		for (; i + V <= end; i += V)
			STOREV(LOADV(x, i) + LOADV(skip, i), sum, i);
		for (; i < end; ++i)
			STORE(LOAD(x, i) + LOAD(skip, i), sum, i);
	}
}
#endif

/* How a slab's elements are taken for sums. */
struct rows {
	uint pixels;   /* of a row */
	uint width;    /* elements of a row */
	uint channels;
	uint vectors;  /* that cover it */
	ulong stride;  /* of x, from row to row */
	uint rest;     /* elements of the pixels at the end that fill no row */
};

static struct rows slab_rows(struct cln_arguments a, struct place at, ulong n)
{
	struct rows rows;
	rows.pixels = 1;
	while (at.lanes < V && at.lanes * rows.pixels % V != 0)
		rows.pixels *= 2;
	rows.width = at.lanes * rows.pixels;
	rows.channels = at.lanes;
	rows.vectors = (rows.width + V - 1) / V;
	rows.stride = STEP_OF_SLAB(X) * rows.pixels;
	rows.rest = (uint)(n % rows.pixels) * at.lanes;
	return rows;
}

/* The first pixel's elements under the lanes of a row. */
static ACCV first_load(const __global T *x, uint offset, uint channels)
{
#if V > 1
	if (channels < V) {
#define FIRST_ELEMENT(k) LOAD(x, (offset + (k)) % channels)
		return FROM_LANES(FIRST_ELEMENT);
	}
#endif
	return LOADV(x, offset);
}

/* Whether they are valid. */
#if VALID
static INTV first_valid(SOURCE x, uint offset, uint channels)
{
#define VALID_FIRST(k) -(ACC_INT)valid_at(x, 0, (offset + (k)) % channels)
	return INT_LANES(VALID_FIRST);
}
#endif

/* Lanes first .. first+channels-1 of an array of vectors; V of them where there are as many. */
static ACCV lanes_of(const ACCV *vectors, uint first, uint channels)
{
	const ACC *each = (const ACC *)vectors + first;
#if V == 1
	return each[0];
#else
#define LANE_THERE(k) each[min((uint)(k), channels - 1)]
	return FROM_LANES(LANE_THERE);
#endif
}
