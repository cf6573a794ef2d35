/* scan_back.cl: the backward half of scan.cl: whole pixels in the order of memory, sums by rows of lanes.
 * SPDX-License-Identifier: Apache-2.0 */

/* struct sums of the lanes. */
struct lane_sums {
	ACCV g[VECTORS], gd[VECTORS], d[VECTORS];
	ACCV g_low[VECTORS], gd_low[VECTORS], d_low[VECTORS];
#if VALID
	ACCV count[VECTORS];
#endif
};

static void lane_sums_start(struct lane_sums *l, uint v)
{
	l->g[v] = l->gd[v] = l->d[v] = l->g_low[v] = l->gd_low[v] = l->d_low[v] = (ACCV)(0);
#if VALID
	l->count[v] = (ACCV)(0);
#endif
}

static void lane_sums_add(struct lane_sums *l, uint v, ACCV g, ACCV gd, ACCV d)
{
	ACCV error;
	l->g[v] = two_sum(l->g[v], g, &error);
	l->g_low[v] += error;
	l->gd[v] = two_sum(l->gd[v], gd, &error);
	l->gd_low[v] += error;
	l->d[v] = two_sum(l->d[v], d, &error);
	l->d_low[v] += error;
}

/* KEEP and TERMS: ROW_KEEP and SUM_TERMS, or those of rows that are valid. */
#define ROW_GRADIENT(k, KEEP, TERMS)                                                                                 \
	{                                                                                                            \
		STEPPED_GRADIENT(ACCV, LOADV, offset + (k)*rows.stride, offset + (k)*by.dy, offset + (k)*by.residual); \
		TERMS(ACCV, VALID_ROW(k));                                                                           \
		sum_g += g;                                                                                          \
		sum_gd = FMA(g, d, sum_gd);                                                                          \
		sum_d += OWN(d);                                                                                     \
		COUNT_ROW(KEEP((ACCV)(1), k));                                                                       \
	}
#define ROW_GRADIENT_OF_ALL(k, KEEP) ROW_GRADIENT(k, KEEP, ALL_TERMS)

/* Elements from a row to the next; struct rows has that of x. */
struct row_strides {
	ulong dy, residual;
};

/* Vector v of up to SPAN rows; x, dy, residual: the first. */
INLINE void sums_span(struct lane_sums *l, uint v, SOURCE x, const __global T *dy, const __global T *residual,
                      struct rows rows, uint n, uint bits, struct row_strides by, struct affine f)
{
	uint offset = piece_offset(rows.width, v);
	ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g, count = sum_g;
	if (n == SPAN && ALL_VALID) {
		SPAN_ROWS(ROW_GRADIENT_OF_ALL, ROW_AS_IS)
	} else {
		for (uint k = 0; k < n; ++k)
			ROW_GRADIENT(k, ROW_KEEP, SUM_TERMS)
	}
	SWEEP_COUNT(l, v, count);
	lane_sums_add(l, v, sum_g, sum_gd, sum_d);
}

/* The elements at the end that fill no row. */
static void sums_rest(struct lane_sums *l, uint v, SOURCE x, const __global T *dy,
                      const __global T *residual, struct rows rows, struct affine f)
{
	uint offset = piece_offset(rows.width, v);
#define REST_LOAD(p, i) rest_load(p, i, rows.rest)
	ELEMENT_GRADIENT(ACCV, REST_LOAD, offset);
	SUM_TERMS(ACCV, VALID_REST);
	ACCV of_sum = keep_below(OWN(d), offset, rows.rest);
	d = keep_below(d, offset, rows.rest);
	g = keep_below(g, offset, rows.rest);
	SWEEP_COUNT(l, v, keep_below(REST_KEEP((ACCV)(1)), offset, rows.rest));
	lane_sums_add(l, v, g, g * d, of_sum);
}

/* Sums of the lanes over n pixels from pixel `from` on. */
static struct lane_sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                                  struct place at, ulong from, ulong n, const struct table *t, bool kept,
                                  SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	struct rows rows = slab_rows(a, at, n);
	struct row_strides by = {STEP_OF_SLAB(DY) * rows.pixels, STEP_OF_SLAB(RESIDUAL) * rows.pixels};
	struct lane_sums all_lanes, *l = &all_lanes;
	ulong all = n / rows.pixels;
	SOURCE px = SOURCE_PIXELS(x, from);
	const __global T *pdy = dy + from * STEP_OF_SLAB(DY);
	const __global T *pr = HAS(RESIDUAL) ? residual + from * STEP_OF_SLAB(RESIDUAL) : 0;
	for (uint v = 0; v < rows.vectors; ++v)
		lane_sums_start(l, v);
	for (ulong i = 0; i < all; i += SPAN) {
		uint length = (uint)min(all - i, (ulong)SPAN);
		SOURCE p = SOURCE_ROWS(px, rows, i);
		uint bits = SPAN_VALID(p, rows, length);
		for (uint v = 0; v < rows.vectors; ++v)
			sums_span(l, v, p, pdy + i * by.dy, pr ? pr + i * by.residual : 0, rows, length, bits, by,
			           table_affine(t, piece_offset(rows.width, v) % at.lanes));
	}
	for (uint v = 0; v < rows.vectors && rows.rest > 0; ++v) {
		sums_rest(l, v, SOURCE_ROWS(px, rows, all), pdy + all * by.dy, pr ? pr + all * by.residual : 0, rows,
		          table_affine(t, piece_offset(rows.width, v) % at.lanes));
	}
	return all_lanes;
}

/* Sums of piece k's channels: its lanes, added in the order of a row. */
static struct sums piece_sums(const struct lane_sums *l, struct place at, uint k)
{
	struct sums s = sums_none();
	uint first = at.lanes < V ? 0 : k * V, width = at.lanes;
	do {
		s = sums_add(s, lanes_of(l->g, first, width), lanes_of(l->gd, first, width),
		             lanes_of(l->d, first, width));
		s.g_low += lanes_of(l->g_low, first, width);
		s.gd_low += lanes_of(l->gd_low, first, width);
		s.d_low += lanes_of(l->d_low, first, width);
		ADD_COUNT(s, lanes_of(l->count, first, width));
		first += width;
	} while (at.lanes < V && first % V != 0);
	return s;
}

/* Beside struct table: what dx needs more. */
struct back_table {
	ACC slant[TILE + V], base[TILE + V];
};

static void back_table_put(struct back_table *t, uint channel, struct input_gradient in)
{
	TABLE_PUT(in.slant, t->slant + channel);
	TABLE_PUT(in.base, t->base + channel);
}

static void back_table_close(struct back_table *t, uint channels)
{
	table_repeat(t->slant, channels);
	table_repeat(t->base, channels);
}

/* struct input_gradient of one channel. */
struct gradient_one {
	ACC scale, slant, base;
};

static void scan_dx_one(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx,
                        const struct table *t, const struct back_table *b, bool is_inside, ulong i, uint k)
{
	struct affine_one f = table_one(t, k);
	struct gradient_one in;
	in.scale = f.scale, in.slant = b->slant[k], in.base = b->base[k];
	ELEMENT_GRADIENT(ACC, LOAD, i);
	STORE(DX(ACC, VALID_LOAD(x, i), d, g, in), dx, i);
}

INLINE ACCV scan_dx_lanes(SOURCE x, const __global T *dy, const __global T *residual, const struct table *t,
                          const struct back_table *b, bool is_inside, ulong i, uint k)
{
	struct affine f = table_affine(t, k);
	struct input_gradient in;
	in.scale = f.scale; /* gamma*rstd, both */
	in.slant = TABLE_GET(b->slant + k);
	in.base = TABLE_GET(b->base + k);
	ELEMENT_GRADIENT(ACCV, LOADV, i);
	return DX(ACCV, VALID_LOADV(x, i), d, g, in);
}

/* dx of n neighbouring elements, the first of which is of the first channel; residual 0: none. */
static void scan_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, ulong n,
                    const struct table *t, const struct back_table *b, bool is_inside, uint channels)
{
	ulong i = 0, head = stream_head(dx, n);
	uint k = 0, step = V % channels;
	for (; i < head % V; ++i, k = table_next(k, 1, channels))
		scan_dx_one(x, dy, residual, dx, t, b, is_inside, i, k);
	if (i < head) {
		STOREV(scan_dx_lanes(x, dy, residual, t, b, is_inside, i, k), dx, i);
		i += V, k = table_next(k, step, channels);
	}
	for (; i + 2 * V <= n; i += 2 * V) {
		ACCV first = scan_dx_lanes(x, dy, residual, t, b, is_inside, i, k);
		k = table_next(k, step, channels);
		ACCV second = scan_dx_lanes(x, dy, residual, t, b, is_inside, i + V, k);
		k = table_next(k, step, channels);
		STREAM_PAIR(first, second, dx, i);
	}
	if (i + V <= n) {
		STOREV(scan_dx_lanes(x, dy, residual, t, b, is_inside, i, k), dx, i);
		i += V, k = table_next(k, step, channels);
	}
	for (; i < n; ++i, k = table_next(k, 1, channels))
		scan_dx_one(x, dy, residual, dx, t, b, is_inside, i, k);
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, const struct table *t,
                    const struct back_table *b, SLAB_KEEP *keep)
{
	for (ulong i = from, pixels; i < from + n; i += pixels) {
		SOURCE p = SOURCE_PIXELS(x, i);
		bool inside = IS_INSIDE(p);
		const __global T *from_dy = dy + i * STEP_OF_SLAB(DY);
		const __global T *given = HAS(RESIDUAL) ? residual + i * STEP_OF_SLAB(RESIDUAL) : 0;
		__global T *to = dx + i * STEP_OF_SLAB(DX);
		pixels = STRETCH(at, p, from + n - i, inside);
		if (inside || OUTSIDE == 0)
			scan_dx(p, from_dy, given, to, pixels * at.lanes, t, b, inside, at.lanes);
		else
			stream_outside(from_dy, to, pixels * at.lanes, NOTHING(a));
	}
}

/* What the stages hold of all pieces of a slab (stage.cl). */
#define PIECE_SUMS(sums, at) piece_sums(&(sums), at, k)
#define PIECE_STATS(s) struct stats s[VECTORS]
#define STATS_OF_PIECE(s) s[k]
#define SLAB_SUMS struct lane_sums
#define SLAB_GRADIENT struct back_table
#define GRADIENT_PUT(all, at, piece, one) back_table_put(&(all), piece_offset((at).lanes, k), one);
#define GRADIENT_CLOSE(all, at) back_table_close(&(all), (at).lanes);
#define GRADIENT_OF_ALL(all) &(all)
