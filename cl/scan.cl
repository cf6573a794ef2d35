/* scan.cl: the family for channels last on CPUs: a slab is all channels of one sample, read as it lies in memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One work-item goes over chunks of whole pixels. For statistics a row of elements, one pixel or, of few channels, as
 * many pixels as fill whole vectors, is a row of lanes; lane i belongs to channel i % C, and the lanes of a channel are
 * merged at the end. Rows are taken SPAN at a time, vector by vector, so memory is read in order and once. Centers are
 * those of rows.cl, blocks are of BLOCK rows. For y the parameters lie in tables as long as a row, which are read
 * around and around: any C goes in whole vectors.
 * A sample of more than TILE channels is several slabs, of about as many channels each.
 * Macros: LANE must be ACCV; TILE (default 64), lanes of a row at most, whole vectors; BLOCK (default 256); NONTEMPORAL
 * as in stream.cl. Private memory of some 20 times TILE numbers. */
#ifndef BLOCK
#define BLOCK 256
#endif
#define SPAN 8
#define ELEMENTS_DIFFER (VALID == 1 && MASK_LANES)
#define VECTORS (TILE / V)
#undef SLAB_KEEP
#define SLAB_KEEP struct lanes

/* Sums of a block, a vector of lanes each: of deviations from the center, and their squares, in two numbers each. */
struct sweep {
	ACCV center[VECTORS], shift[VECTORS];
	ACCV sum[VECTORS], low[VECTORS], squares[VECTORS], squares_low[VECTORS];
#if VALID
	ACCV count[VECTORS];
#endif
};

static void sweep_start(struct sweep *s, uint v)
{
	s->sum[v] = s->low[v] = s->squares[v] = s->squares_low[v] = (ACCV)(0);
#if VALID
	s->count[v] = (ACCV)(0);
#endif
}

#if VALID
#define SWEEP_COUNT(s, v, n) (s)->count[v] += (n)
#define COUNT_ROW(n) count += (n)
#define COUNT_OF_SWEEP(s, v, n) (s)->count[v]
#else
#define SWEEP_COUNT(s, v, n)
#define COUNT_ROW(n)
#define COUNT_OF_SWEEP(s, v, n) (n)
#endif

static void sweep_fold(struct sweep *s, uint v, ACCV sum, ACCV squares)
{
	ACCV error;
	s->sum[v] = two_sum(s->sum[v], sum, &error);
	s->low[v] += error;
	s->squares[v] = two_sum(s->squares[v], squares, &error);
	s->squares_low[v] += error;
}

/* Which of up to SPAN rows are valid, a bit each, where rows are pixels that are so in all channels or in none. */
#if VALID && !MASK_LANES
#define BY_ROW(rows) ((rows).channels >= V)
static uint span_valid(SOURCE x, uint n)
{
	uint bits = 0;
	for (uint k = 0; k < n; ++k)
		bits |= valid_at(x, k, 0) ? 1u << k : 0;
	return bits;
}
#define SPAN_VALID(x, rows, n) (BY_ROW(rows) ? span_valid(x, n) : 0)
#define VALID_ROW(k)                                      \
	(BY_ROW(rows) ? (INTV)(-(ACC_INT)(bits >> (k)&1)) \
	              : valid_row(x, (k)*rows.pixels, offset, rows.channels, rows.width))
#else
#define SPAN_VALID(x, rows, n) 0
#define VALID_ROW(k) valid_row(x, (k)*rows.pixels, offset, rows.channels, rows.width)
#endif
#define ALL_VALID (VALID == 0 || bits == (1u << SPAN) - 1)

#define ROW_DEVIATION(k, KEEP)                                         \
	{                                                              \
		ACCV d = KEEP(LOADV(p, (k)*stride) - center, k); \
		sum += d;                                              \
		squares = FMA(d, d, squares);                          \
		COUNT_ROW(KEEP((ACCV)(1), k));                         \
	}
#define ROW_AS_IS(value, k) (value)
#define ROW_KEEP(value, k) IF_VALID(ACCV, VALID_ROW(k), value)
#define SPAN_ROWS(ROW, how) \
	ROW(0, how) ROW(1, how) ROW(2, how) ROW(3, how) ROW(4, how) ROW(5, how) ROW(6, how) ROW(7, how)

/* Vector v of up to SPAN rows; x: the first; bits: span_valid(). */
INLINE void sweep_span(struct sweep *s, uint v, SOURCE x, struct rows rows, uint n, uint bits)
{
	uint offset = piece_offset(rows.width, v);
	ulong stride = rows.stride;
	const __global T *p = X_OF(x) + offset;
	ACCV center = s->center[v], sum = (ACCV)(0), squares = sum, count = sum;
	if (n == SPAN && ALL_VALID) {
		SPAN_ROWS(ROW_DEVIATION, ROW_AS_IS)
	} else {
		for (uint k = 0; k < n; ++k)
			ROW_DEVIATION(k, ROW_KEEP)
	}
	SWEEP_COUNT(s, v, count);
	sweep_fold(s, v, sum, squares);
}

/* The elements at the end that fill no row. */
#define VALID_REST valid_row(x, 0, offset, rows.channels, rows.rest)
#define REST_KEEP(v) IF_VALID(ACCV, VALID_REST, v)
static void sweep_rest(struct sweep *s, uint v, SOURCE x, struct rows rows)
{
	uint offset = piece_offset(rows.width, v);
	ACCV d = keep_below(REST_KEEP(rest_load(X_OF(x), offset, rows.rest) - s->center[v]), offset, rows.rest);
	SWEEP_COUNT(s, v, keep_below(REST_KEEP((ACCV)(1)), offset, rows.rest));
	sweep_fold(s, v, d, d * d);
}

/* A center for the first block: the mean of the first rows, around the shift. */
static void sweep_sample(struct sweep *s, SOURCE x, struct place at, struct rows rows, uint n)
{
	for (uint v = 0; v < rows.vectors; ++v) {
		uint offset = piece_offset(rows.width, v);
		s->shift[v] = IF_VALID(ACCV, first_valid(x, offset, at.lanes), first_load(X_OF(x), offset, at.lanes));
		s->center[v] = s->shift[v];
		sweep_start(s, v);
		sweep_span(s, v, x, rows, min(n, (uint)SPAN), SPAN_VALID(x, rows, min(n, (uint)SPAN)));
		s->center[v] += s->sum[v] / SOME(COUNT_OF_SWEEP(s, v, (ACC)max(min(n, (uint)SPAN), 1u)));
	}
}

/* Vectors from .. to-1 of n rows, and of the rest. */
static void sweep_rows(struct sweep *s, SOURCE x, struct rows rows, uint n, uint rest, uint from, uint to)
{
	for (uint v = from; v < to; ++v)
		sweep_start(s, v);
	for (uint i = 0; i < n; i += SPAN) {
		uint length = min(n - i, (uint)SPAN);
		SOURCE p = SOURCE_ROWS(x, rows, i);
		uint bits = SPAN_VALID(p, rows, length);
		for (uint v = from; v < to; ++v)
			sweep_span(s, v, p, rows, length, bits);
	}
	for (uint v = from; v < to && rest > 0; ++v)
		sweep_rest(s, v, SOURCE_ROWS(x, rows, n), rows);
}

/* Moments of the lanes. */
struct lanes {
	ACCV sum[VECTORS], low[VECTORS], m2[VECTORS], m2_low[VECTORS], count[VECTORS];
};

/* Takes vector v of a swept block into the moments; a lane whose center was far off is swept again. */
static void sweep_close(struct sweep *s, struct lanes *l, SOURCE x, struct rows rows, uint n, uint rest,
                        uint v, bool first)
{
	uint offset = piece_offset(rows.width, v);
	ACCV count = COUNT_OF_SWEEP(s, v, (ACCV)((ACC)n) + keep_below((ACCV)(1), offset, rest));
	ACCV inverse = reciprocal(count);
	ACCV d = s->sum[v] + s->low[v], dd = s->squares[v] + s->squares_low[v], off = d * inverse;
	INTV far = d * off > FAR * (dd - d * off);
	struct moments m;
	if (LANES_ANY(far)) {
		s->center[v] = far ? s->center[v] + off : s->center[v];
		sweep_rows(s, x, rows, n, rest, v, v + 1);
		d = s->sum[v] + s->low[v];
		dd = s->squares[v] + s->squares_low[v];
		off = d * inverse;
	}
	if (first) {
		m = moments_first(s->shift[v], count, s->center[v], d, dd);
	} else {
		m.sum = l->sum[v], m.low = l->low[v], m.m2 = l->m2[v], m.m2_low = l->m2_low[v], m.count = l->count[v];
		m = moments_add(m, s->shift[v], count, s->center[v], d, dd);
	}
	l->sum[v] = m.sum, l->low[v] = m.low, l->m2[v] = m.m2, l->m2_low[v] = m.m2_low, l->count[v] = m.count;
	s->center[v] += off;
}

/* Moments of the lanes over n pixels from pixel `from` on; returned are none, those of pieces are asked for. */
static struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   struct lanes *l, SCRATCH_POINTER scratch)
{
	struct rows rows = slab_rows(a, at, n);
	struct sweep s;
	ulong all = n / rows.pixels;
	SOURCE p = SOURCE_PIXELS(x, from);
	sweep_sample(&s, p, at, rows, (uint)min(all, (ulong)BLOCK));
	for (ulong i = 0; i == 0 || (i < all && HAS_MORE(SOURCE_ROWS(p, rows, i))); i += BLOCK) {
		uint length = (uint)min((ulong)BLOCK, all - i);
		uint rest = i + BLOCK >= all ? rows.rest : 0;
		SOURCE block = SOURCE_ROWS(p, rows, i);
		sweep_rows(&s, block, rows, length, rest, 0, rows.vectors);
		for (uint v = 0; v < rows.vectors; ++v)
			sweep_close(&s, l, block, rows, length, rest, v, i == 0);
	}
	return moments_none();
}

/* Moments of piece k's channels: its lanes, merged in the order of a row. */
static struct moments piece_moments(const struct lanes *l, struct place at, uint k)
{
	struct moments m, other;
	uint first = at.lanes < V ? 0 : k * V, width = at.lanes;
	m.sum = lanes_of(l->sum, first, width), m.low = lanes_of(l->low, first, width);
	m.m2 = lanes_of(l->m2, first, width), m.m2_low = lanes_of(l->m2_low, first, width);
	m.count = lanes_of(l->count, first, width);
	if (at.lanes >= V)
		return m;
	for (first = width; first % V != 0; first += width) {
		other.sum = lanes_of(l->sum, first, width), other.low = lanes_of(l->low, first, width);
		other.m2 = lanes_of(l->m2, first, width), other.m2_low = lanes_of(l->m2_low, first, width);
		other.count = lanes_of(l->count, first, width);
		m = moments_merge(m, other);
	}
	return m;
}

/* Parameters of the channels, and once more the first ones, so that a vector may begin at any of them. */
struct table {
	ACC mean[TILE + V], scale[TILE + V], offset[TILE + V];
	ACC slope;
};

#if V == 1
#define TABLE_GET(p) (*(p))
#define TABLE_PUT(value, p) *(p) = (value)
#elif LOOSE
typedef ACCV table_vector __attribute__((aligned(sizeof(ACC))));
#define TABLE_GET(p) (*(const table_vector *)(p))
#define TABLE_PUT(value, p) *(table_vector *)(p) = (value)
#else
#define TABLE_GET(p) CAT(vload, V)(0, p)
#define TABLE_PUT(value, p) CAT(vstore, V)(value, 0, p)
#endif

static void table_put(struct table *t, uint channel, struct affine f)
{
	TABLE_PUT(f.mean, t->mean + channel);
	TABLE_PUT(f.scale, t->scale + channel);
	TABLE_PUT(f.offset, t->offset + channel);
	t->slope = f.slope;
}

static void table_repeat(ACC *of, uint channels)
{
	for (uint i = channels; i < channels + V; ++i)
		of[i] = of[i - channels];
}

static void table_close(struct table *t, uint channels)
{
	table_repeat(t->mean, channels);
	table_repeat(t->scale, channels);
	table_repeat(t->offset, channels);
}

/* Where in a table the element `step` further on is. */
static uint table_next(uint at, uint step, uint channels)
{
	at += step;
	return at >= channels ? at - channels : at;
}

static struct affine table_affine(const struct table *t, uint k)
{
	struct affine f;
	f.mean = TABLE_GET(t->mean + k);
	f.scale = TABLE_GET(t->scale + k);
	f.offset = TABLE_GET(t->offset + k);
	f.slope = t->slope;
	return f;
}

static struct affine_one table_one(const struct table *t, uint k)
{
	struct affine_one f;
	f.mean = t->mean[k], f.scale = t->scale[k], f.offset = t->offset[k], f.slope = t->slope;
	return f;
}

static void scan_apply_one(SOURCE x, const __global T *residual, __global T *y, const struct table *t,
                           ulong i, uint k)
{
	struct affine_one f = table_one(t, k);
	ELEMENT_VALUE(ACC, LOAD, i);
	STORE(value, y, i);
}

INLINE ACCV scan_normalized(SOURCE x, const __global T *residual, const struct table *t, ulong i, uint k)
{
	struct affine f = table_affine(t, k);
	ELEMENT_VALUE(ACCV, LOADV, i);
	return value;
}

/* y of n neighbouring elements, the first of which is of the first channel; residual 0: none. */
static void scan_apply(SOURCE x, const __global T *residual, __global T *y, ulong n,
                       const struct table *t, uint channels)
{
	ulong i = 0, head = stream_head(y, n);
	uint k = 0, step = V % channels;
	for (; i < head % V; ++i, k = table_next(k, 1, channels))
		scan_apply_one(x, residual, y, t, i, k);
	if (i < head) {
		STOREV(scan_normalized(x, residual, t, i, k), y, i);
		i += V, k = table_next(k, step, channels);
	}
	for (; i + 2 * V <= n; i += 2 * V) {
		ACCV first = scan_normalized(x, residual, t, i, k);
		k = table_next(k, step, channels);
		ACCV second = scan_normalized(x, residual, t, i + V, k);
		k = table_next(k, step, channels);
		STREAM_PAIR(first, second, y, i);
	}
	if (i + V <= n) {
		STOREV(scan_normalized(x, residual, t, i, k), y, i);
		i += V, k = table_next(k, step, channels);
	}
	for (; i < n; ++i, k = table_next(k, 1, channels))
		scan_apply_one(x, residual, y, t, i, k);
}

/* How many of n pixels, from the source on, go as one: all where they lie side by side and are the slab, as far as they
 * are alike in being valid or not; else one. */
#define ALIKE(s, n, inside) (n)
#if VALID && !MASK_LANES
#undef ALIKE
#define ALIKE(s, n, inside) source_alike(s, n, inside)
static ulong source_alike(SOURCE s, ulong n, bool inside)
{
	ulong k = 1;
	while (k < n && (valid_at(s, k, 0) != 0) == inside)
		++k;
	return k;
}
#endif
#define IS_WHOLE(at) (!STRIDED && !(MASK_LANES && VALID > 0) && (at).lanes == a.channels)
#define STRETCH(at, s, n, inside) (IS_WHOLE(at) ? ALIKE(s, n, inside) : 1)

/* What the stages hold of all pieces of a slab (stage.cl): lanes' moments, tables. */
#define EACH_PIECE(at) for (uint k = 0; k < PIECES(at); ++k)
#define PIECE(at) slab_piece(at, k)
#define PIECE_SHIFT(x, piece, begin, shift) slab_first(a, SOURCE_CHANNELS(x, piece_offset(at.lanes, k)), piece, begin)
#define PIECE_MOMENTS(m, keep, at) piece_moments(&(keep), at, k)
#define SLAB_AFFINE struct table
#define AFFINE_PUT(all, at, piece, one) table_put(&(all), piece_offset((at).lanes, k), one);
#define AFFINE_CLOSE(all, at) table_close(&(all), (at).lanes);
#define AFFINE_OF_ALL(all) &(all)

static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, const struct table *t, SLAB_KEEP *keep)
{
	for (ulong i = from, pixels; i < from + n; i += pixels) {
		SOURCE p = SOURCE_PIXELS(x, i);
		bool inside = OUTSIDE == 0 || IS_INSIDE(p);
		__global T *to = y + i * STEP_OF_SLAB(Y);
		pixels = OUTSIDE == 0 && IS_WHOLE(at) ? n : STRETCH(at, p, from + n - i, inside);
		if (inside)
			scan_apply(p, HAS(RESIDUAL) ? residual + i * STEP_OF_SLAB(RESIDUAL) : 0, to, pixels * at.lanes,
			           t, at.lanes);
		else
			stream_outside(X_OF(p), to, pixels * at.lanes, NOTHING(a));
	}
}
