/* pixels.cl: the family for channels last: a slab is V neighbouring channels of one sample, a lane of the vector each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One work-item reads V channels of pixel after pixel, so nothing is summed across lanes and nothing is transposed; the
 * last slab of a sample may hold fewer channels. Blocks as in rows.cl, of BLOCK pixels.
 * Macros: LANE must be ACCV; BLOCK (default 256), V. No barrier, no local memory. */
#ifndef BLOCK
#define BLOCK 256
#endif
#define SPAN 16

#define UNIT get_global_id(0)
#define UNITS get_global_size(0)
#define LEADER 1
#define SLAB_UNIFORM 1
#define SLAB_KEEP int
#define DECLARE_SCRATCH
#define SCRATCH_POINTER __local ACC *
#define SCRATCH ((SCRATCH_POINTER)0)
#if V == 1
#define LANES_ALL(condition) (condition)
#else
#define LANES_ALL(condition) all(condition)
#endif
#define LANES_LOAD(p, i, lanes) lanes_load(p, i, 1, lanes)
#define LANES_STORE(value, p, i, lanes) lanes_store(value, p, i, 1, lanes)
#define LANES_GATHER(p, i, stride, lanes) lanes_load(p, i, stride, lanes)
#define LANES_SCATTER(value, p, i, stride, lanes) lanes_store(value, p, i, stride, lanes)

struct place {
	ulong x;        /* first element of the slab */
	ulong instance; /* its first instance */
	uint lanes;     /* instances in it */
	ulong next;     /* first element of the slab that its unit takes next; its own at the end */
};

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at;
	ulong slabs = (a.channels + V - 1) / V; /* of one sample */
	ulong channel = slab % slabs * V;
	ulong sample = slab / slabs;
	at.x = at.next = sample * a.spatial * a.channels + channel;
	at.instance = sample * a.channels + channel;
	at.lanes = (uint)min((ulong)V, a.channels - channel);
	return at;
}

static ACCV lanes_load(const __global ACC *p, ulong i, ulong stride, uint lanes)
{
#if V == 1
	return p[i];
#else
#define PRESENT(k) p[i + min((uint)(k), lanes - 1) * stride]
	return FROM_LANES(PRESENT);
#endif
}

static void lanes_store(ACCV value, __global ACC *p, ulong i, ulong stride, uint lanes)
{
#if V == 1
	p[i] = value;
#else
#define PUT_PRESENT(k, lane)                 \
	if (k < lanes)                       \
		p[i + k * stride] = lane;
	EACH_LANE(value, PUT_PRESENT)
#endif
}

/* One pixel; a short slab repeats its last channel, so that no lane holds a foreign value. */
static ACCV pixel_load(const __global T *x, uint lanes)
{
#if V > 1
	if (lanes < V) {
#define PRESENT_PIXEL(k) LOAD(x, min((uint)(k), lanes - 1))
		return FROM_LANES(PRESENT_PIXEL);
	}
#endif
	return LOADV(x, 0);
}

static void pixel_store(ACCV value, __global T *y, uint lanes)
{
#if V > 1
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

static LANE slab_first(struct cln_arguments a, const __global T *x, struct place at)
{
	return pixel_load(x + at.x, at.lanes);
}

/* sum(x - center) over n pixels, `stride` elements apart. */
static ACCV pixels_sum(const __global T *x, uint n, ulong stride, uint lanes, ACCV center)
{
	ACCV total = (ACCV)(0);
	for (uint i = 0; i < n;) {
		ACCV s = (ACCV)(0);
		for (uint end = min(n, i + SPAN); i < end; ++i, x += stride)
			s += pixel_load(x, lanes) - center;
		total += s;
	}
	return total;
}

/* The k-th next pixel's deviation into the accumulators k. */
#define PIXEL_DEVIATION(k)                                                \
	{                                                                 \
		ACCV d = pixel_load(x + (k) * stride, lanes) - center; \
		s##k += d;                                                \
		q##k = FMA(d, d, q##k);                                   \
	}

/* sum(d) and, in *dd, sum(d*d), d = x - center, over n pixels. Equal terms are rounded alike, so in a mask's instance
 * all errors add up: four sums of a quarter of a span each, and of spans a sum of two numbers, keep them few. */
static ACCV pixels_deviations(const __global T *x, uint n, ulong stride, uint lanes, ACCV center, ACCV *dd)
{
	ACCV total = (ACCV)(0), squares = total, low = total, error;
	for (uint i = 0; i < n;) {
		ACCV s0 = (ACCV)(0), s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
		uint end = min(n, i + SPAN);
		for (; i + 4 <= end; i += 4, x += 4 * stride) {
			PIXEL_DEVIATION(0)
			PIXEL_DEVIATION(1)
			PIXEL_DEVIATION(2)
			PIXEL_DEVIATION(3)
		}
		for (; i < end; ++i, x += stride)
			PIXEL_DEVIATION(0)
		total += (s0 + s1) + (s2 + s3);
		squares = two_sum(squares, (q0 + q1) + (q2 + q3), &error);
		low += error;
	}
	*dd = squares + low;
	return total;
}

static struct moments slab_moments(struct cln_arguments a, const __global T *x, struct place at, ulong from, ulong n,
                                   LANE shift, SLAB_KEEP *keep, __local ACC *scratch)
{
	struct moments m = moments_none();
	for (ulong i = 0; i < n; i += BLOCK) {
		uint length = (uint)min((ulong)BLOCK, n - i);
		const __global T *p = x + at.x + (from + i) * a.channels;
		ACCV center = shift + pixels_sum(p, length, a.channels, at.lanes, shift) / (ACC)length;
		ACCV dd;
		ACCV d = pixels_deviations(p, length, a.channels, at.lanes, center, &dd);
		m = moments_add(m, shift, (ACCV)((ACC)length), center, d, dd);
	}
	return m;
}

static void slab_apply(struct cln_arguments a, const __global T *x, const __global T *residual, __global T *y,
                       struct place at, ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	ulong i = at.x + from * a.channels;
	for (ulong k = 0; k < n; ++k, i += a.channels) {
		ACCV z = NORMALIZED(ACCV, pixel_load(x + a.x + i, at.lanes), f);
		if (a.flags & CLN_HAS_RESIDUAL)
			z += pixel_load(residual + a.residual + i, at.lanes);
		pixel_store(ACTIVATE(ACCV, z, f.slope), y + a.y + i, at.lanes);
	}
}
