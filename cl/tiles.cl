/* tiles.cl: the family for channels last on GPUs: one work-group a tile of channels, all its pixels or a chunk of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A slab is COLUMNS neighbouring vectors of V channels of a sample. Neighbouring work-items take neighbouring vectors
 * of a pixel, so that a warp reads whole cache lines; the GROUP/COLUMNS rows of them take different pixels. A lane is
 * an instance of its own, nothing is summed across lanes. Each work-item takes KEPT pixels at a time into registers,
 * sweeps them twice there (their own mean, then the deviations from it) and adds them to its moments; the rows' moments
 * are merged as in tree.cl, and so are the parts of chunks, which rows share out.
 * Macros: LANE must be ACCV; GROUP, a multiple of COLUMNS; COLUMNS (default 1); KEPT (default 4); V; EVEN (1: V divides
 * the channels, so that no vector is short). Local memory as tree.cl. */
#define ELEMENTS_DIFFER 1
#ifndef KEPT
#define KEPT 4
#endif
#ifndef EVEN
#define EVEN 0
#endif

/* The second read begins with what the first one left in the last-level cache. */
#define AGAIN_FROM_END 1

#define PACKED_STEP a.channels
#define LANES_APART(NAME, channel) (channel)

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at; /* of the work-item's vector; past the last channel of the last vector, with no lanes */
	ulong vectors = (a.channels + V - 1) / V; /* of one sample */
	ulong tiles = (vectors + COLUMNS - 1) / COLUMNS;
	ulong vector = slab % tiles * COLUMNS + COLUMN;
	ulong channel = min(vector, vectors - 1) * V;
	ulong sample = slab / tiles;
	at.x = sample * a.spatial * a.channels + channel;
	at.ahead = 0;
	at.run = sample * a.channels + channel;
	at.lanes = vector < vectors ? (uint)min((ulong)V, a.channels - channel) : 0;
	return at;
}

/* V channels of one pixel; a short vector repeats its last one, so that no lane holds a foreign value. */
static ACCV pixel_load(const __global T *x, uint lanes)
{
#if V > 1 && !EVEN
	if (lanes < V) {
#define PRESENT_PIXEL(k) LOAD(x, min((uint)(k), max(lanes, 1u) - 1))
		return FROM_LANES(PRESENT_PIXEL);
	}
#endif
	return LOADV(x, 0);
}

static void pixel_store(ACCV value, __global T *y, uint lanes)
{
#if V > 1 && !EVEN
	if (lanes < V) {
#define STORE_PRESENT(k, lane)           \
	if (k < lanes)                   \
		STORE(lane, y, k);
		EACH_LANE(value, STORE_PRESENT)
		return;
	}
#endif
	STOREV(value, y, 0);
}

/* Pixels of a work-item, in x; and which of its lanes are valid in pixel `i` from there, ROWS pixels apart. */
#if VALID
static SOURCE source_pixels(SOURCE s, ulong step, ulong pixels)
{
	SOURCE later = s;
	later.x += pixels * step;
	later.position += pixels;
	return later;
}
#define SOURCE_PIXELS(s, pixels) source_pixels(s, STEP_OF_SLAB(X), pixels)

static INTV valid_pixel(SOURCE s, ulong pixel, uint lanes)
{
#if VALID == 1
	if (s.lane > 0) {
#define VALID_CHANNEL(k) -(ACC_INT)valid_at(s, pixel, min((uint)(k), max(lanes, 1u) - 1))
		return INT_LANES(VALID_CHANNEL);
	}
#endif
	return (INTV)(-(ACC_INT)valid_at(s, pixel, 0));
}
#define VALID_PIXEL(s, i) valid_pixel(s, (i) * ROWS, lanes)
#else
#define SOURCE_PIXELS(s, pixels) ((s) + (pixels)*STEP_OF_SLAB(X))
#endif
#define PIXEL_KEEP(v, s, i) IF_VALID(ACCV, VALID_PIXEL(s, i), v)

static LANE slab_first(struct cln_arguments a, SOURCE x, struct place at, ulong from)
{
	return IF_VALID(LANE, valid_pixel(x, 0, at.lanes), pixel_load(X_OF(x), at.lanes));
}

/* Pixels of n that are this work-item's: ROW, ROW + ROWS, ... */
static ulong item_pixels(struct place at, ulong n)
{
	return at.lanes > 0 && n > ROW ? (n - ROW - 1) / ROWS + 1 : 0;
}

/* sum = x + skip in n pixels: each by the work-item that reads it again. */
#if SKIP
static void slab_add(struct cln_arguments a, const __global T *x, const __global T *skip, __global T *sum,
                     struct place at, ulong from, ulong n)
{
	ulong step = STEP_OF_SLAB(X), mine = item_pixels(at, n);
	for (ulong k = 0, i = (from + ROW) * step; k < mine; ++k, i += ROWS * step)
		pixel_store(pixel_load(x + i, at.lanes) + pixel_load(skip + i, at.lanes), sum + i, at.lanes);
}
#endif

/* Valid ones of n pixels, lane by lane. */
#if VALID
static LANE pixels_count(SOURCE x, uint n, uint lanes)
{
	LANE count = (LANE)(0);
	for (uint k = 0; k < n; ++k)
		count += PIXEL_KEEP((LANE)(1), x, k);
	return count;
}
#else
#define pixels_count(x, n, lanes) ((LANE)((ACC)(n)))
#endif

/* KEPT pixels, `stride` elements apart, added as one block. */
static struct moments item_add(struct moments m, SOURCE x, ulong stride, uint lanes, LANE shift)
{
	LANE count = pixels_count(x, KEPT, lanes);
	ACCV r[KEPT], total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		r[k] = pixel_load(X_OF(x) + k * stride, lanes);
		total += PIXEL_KEEP(r[k] - shift, x, k);
	}
	LANE center = shift + total * reciprocal(count);
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV e = PIXEL_KEEP(r[k] - center, x, k);
		d += e;
		dd = FMA(e, e, dd);
	}
	return moments_add(m, shift, count, center, d, dd);
}

/* The same of n pixels, fewer than KEPT but one at least; the last is read again in the place of those that lack. */
static struct moments item_add_rest(struct moments m, SOURCE x, ulong stride, uint n, uint lanes, LANE shift)
{
	LANE count = pixels_count(x, n, lanes);
	ACCV r[KEPT], total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		r[k] = pixel_load(X_OF(x) + min(k, n - 1) * stride, lanes);
		total += k < n ? PIXEL_KEEP(r[k] - shift, x, k) : (ACCV)(0);
	}
	LANE center = shift + total / SOME(count);
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV e = k < n ? PIXEL_KEEP(r[k] - center, x, k) : (ACCV)(0);
		d += e;
		dd = FMA(e, e, dd);
	}
	return moments_add(m, shift, count, center, d, dd);
}

INLINE struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	ulong stride = ROWS * STEP_OF_SLAB(X), left = item_pixels(at, n);
	SOURCE p = SOURCE_PIXELS(x, from + ROW);
	struct moments m = moments_none();
	for (; left >= KEPT && HAS_MORE(p); left -= KEPT, p = SOURCE_PIXELS(p, KEPT * ROWS))
		m = item_add(m, p, stride, at.lanes, shift);
	if (left > 0 && left < KEPT)
		m = item_add_rest(m, p, stride, (uint)left, at.lanes, shift);
	return tree_merge(m, ROWS, scratch);
}

/* Elements from a pixel of a work-item to its next, in each tensor. */
struct item_strides {
	ulong x, dy, residual, out;
};
#define ITEM_STRIDES(OUT)                                                                                 \
	{ROWS * STEP_OF_SLAB(X), ROWS * STEP_OF_SLAB(DY), ROWS * STEP_OF_SLAB(RESIDUAL), ROWS * STEP_OF_SLAB(OUT)}

/* y of pixel i. In place, nothing but this work-item stores where it is read again. */
#define PIXEL_Y(z, i)                                                           \
	OUTSIDE_Y(ACCV, VALID_PIXEL(x, i), ACTIVATE(ACCV, z, f.slope), \
	          pixel_load(X_OF(x) + (i) * by.x, lanes))

/* Backwards, so that the end, read last, is read again first, while caches still hold it. KEPT pixels are loaded before
 * the first of them is stored: compilers cannot know that y is not x, and keep later loads behind stores. */
INLINE void tile_apply(SOURCE x, const __global T *residual, __global T *y, ulong n, struct item_strides by,
                       uint lanes, struct affine f)
{
	ACCV z[KEPT];
	for (; n % KEPT > 0; --n) {
		ulong i = n - 1;
		z[0] = NORMALIZED(ACCV, , pixel_load(X_OF(x) + i * by.x, lanes), f, );
		if (residual)
			z[0] += pixel_load(residual + i * by.residual, lanes);
		pixel_store(PIXEL_Y(z[0], i), y + i * by.out, lanes);
	}
	for (; n > 0; n -= KEPT) {
		ulong i = n - KEPT;
#pragma unroll
		for (uint k = 0; k < KEPT; ++k) {
			z[k] = NORMALIZED(ACCV, , pixel_load(X_OF(x) + (i + k) * by.x, lanes), f, );
			if (residual)
				z[k] += pixel_load(residual + (i + k) * by.residual, lanes);
		}
#pragma unroll
		for (uint k = 0; k < KEPT; ++k)
			pixel_store(PIXEL_Y(z[k], i + k), y + (i + k) * by.out, lanes);
	}
}

static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	ulong i = from + ROW, mine = item_pixels(at, n);
	struct item_strides by = ITEM_STRIDES(Y);
	SOURCE mine_x = SOURCE_PIXELS(x, i);
	__global T *mine_y = y + i * STEP_OF_SLAB(Y);
	if (HAS(RESIDUAL))
		tile_apply(mine_x, residual + i * STEP_OF_SLAB(RESIDUAL), mine_y, mine, by, at.lanes, f);
	else
		tile_apply(mine_x, 0, mine_y, mine, by, at.lanes, f);
}
