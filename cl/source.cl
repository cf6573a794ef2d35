/* source.cl: x as families read it, and which of its elements are valid: statistics are of those alone.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A source is a place in x; `i` counts elements from there, along a run. Without VALID it is a pointer. Sums take
 * elements that are not valid as zeros, never by a product, so that NaN in padding stays there; all the rest goes on as
 * if they were valid, so that a mask of ones gives the bits of none, and lengths those of the equal mask.
 * Macros: VALID, OUTSIDE (types.cl). */

/* What is normalized: x, or the sum, which the unit itself has written (slab_add() of the family's place). */
#if SKIP
#define SLAB_INPUT(at) SLAB_OF(sum, SUM, at)
#define FIRST_OF_CHUNK(from) (from)
#else
#define SLAB_INPUT(at) SLAB_OF(x, X, at)
#define FIRST_OF_CHUNK(from) 0
#endif

#if VALID == 0
#define SOURCE const __global T *
#define X_OF(s) (s)
#define SLAB_SOURCE(at) SLAB_INPUT(at)
#define SOURCE_AT(s, i) ((s) + (i))
#define COUNT(s, n) ((ACC)(n))
#define SOME(count) (count)
#define REACH(s, n) (n)
#define SUMS_REACH(s, n) (n)
#define INSIDE(s, n) (n)
#define HAS_MORE(s) true
#define DEVIATED(TYPE, GET, s, i, center) (GET(s, i) - (center))
#define PLAIN_DEVIATED(TYPE, GET, s, i, center) (GET(s, i) - (center))
#define IF_VALID(TYPE, condition, value) (value)
#else

#define SOURCE struct source
#define X_OF(s) (s).x
#define SLAB_SOURCE(at) source_of(a, SLAB_INPUT(at), valid, (at).run)

struct source {
	const __global T *x;
#if VALID == 1
	const __global uchar *mask; /* that of the slab's first element */
	ulong element, lane;        /* bytes to the next element of a run, to the next run of the slab */
#else
	ulong end; /* so many elements of a run are valid */
#endif
	ulong position; /* of x in its run */
#if RUNS == 1
	ulong period; /* elements after which mask or lengths begin again: a run, or none */
#endif
};

/* The source of a slab whose first element, in x, is `first`, and of run `run`. */
static struct source source_of(struct cln_arguments a, const __global T *first, const __global VALID_TYPE *valid,
                               ulong run)
{
	ulong sample = run / a.channels;
	struct source s;
	s.x = first;
	s.position = 0;
#if VALID == 1
	s.mask = valid + sample * a.valid.sample + run % a.channels * a.valid.channel;
	s.element = a.valid.element;
	s.lane = a.valid.channel;
#else
	s.end = min(valid[sample] * a.valid.unit, a.spatial);
#endif
#if RUNS == 1
	s.period = VALID == 1 && a.valid.channel > 0 ? a.runs * a.spatial : a.spatial;
#endif
	return s;
}

static struct source source_at(struct source s, ulong i)
{
	struct source later = s;
	later.x += i;
	later.position += i;
	return later;
}
#define SOURCE_AT(s, i) source_at(s, i)

#if RUNS == 1
#define POSITION(s, i) (((s).position + (i)) % (s).period)
#else
#define POSITION(s, i) ((s).position + (i))
#endif

/* Element i, whose run is `lane` runs on. */
static int valid_at(struct source s, ulong i, uint lane)
{
#if VALID == 1
	return s.mask[POSITION(s, i) * s.element + lane * s.lane] != 0;
#else
	return POSITION(s, i) < s.end;
#endif
}

/* Conditions of lanes: all bits set, or none. */
#if V == 1
#define INT_LANES(GET) GET(0)
#else
#define INT_LANES(GET) CAT(INT_LANES_, V)(GET)
#define INT_LANES_2(GET) (INTV)(GET(0), GET(1))
#define INT_LANES_4(GET) (INTV)(GET(0), GET(1), GET(2), GET(3))
#define INT_LANES_8(GET) (INTV)(GET(0), GET(1), GET(2), GET(3), GET(4), GET(5), GET(6), GET(7))
#define INT_LANES_16(GET)                                                                                  \
	(INTV)(GET(0), GET(1), GET(2), GET(3), GET(4), GET(5), GET(6), GET(7), GET(8), GET(9), GET(10), GET(11), \
	       GET(12), GET(13), GET(14), GET(15))
#endif

/* n neighbouring bytes of a mask, any alignment. */
#if VALID == 1
static INTV mask_vector(const __global uchar *mask)
{
#if V == 1
	return -(ACC_INT)(mask[0] != 0);
#else
	return CAT(convert_, INTV)(CAT(vload, V)(0, mask)) != (INTV)(0);
#endif
}
#endif

/* Elements i .. i+V-1 of a run. */
static INTV valid_vector(struct source s, ulong i)
{
	ulong from = POSITION(s, i);
#if RUNS == 1
	if (from + V > s.period) {
#define VALID_AFTER(k) -(ACC_INT)valid_at(s, i + (k), 0)
		return INT_LANES(VALID_AFTER);
	}
#endif
#if VALID == 1
	return mask_vector(s.mask + from);
#else
	return (INTV)(LANE_IDS) < (INTV)((ACC_INT)(s.end > from ? min(s.end - from, (ulong)V) : 0));
#endif
}

/* Elements i, i + stride, ... of n. */
static INTV valid_spread(struct source s, uint i, uint stride, uint n)
{
#define VALID_SPREAD(k) -(ACC_INT)(i + (k) * stride < n && valid_at(s, i + (k) * stride, 0))
	return INT_LANES(VALID_SPREAD);
}

#define VALID_LOAD(s, i) valid_at(s, i, 0)
#define VALID_LOADV(s, i) valid_vector(s, i)

/* How many of n elements are valid; of a mask no more than 2^24. */
static ACC source_count(struct source s, uint n)
{
#if VALID == 2 && RUNS != 1
	return (ACC)(s.end > s.position ? min(s.end - s.position, (ulong)n) : 0);
#else
	INTV lanes = (INTV)(0);
	uint i = 0, rest = 0;
	for (; i + V <= n; i += V)
		lanes -= valid_vector(s, i);
	for (; i < n; ++i)
		rest += valid_at(s, i, 0) ? 1 : 0;
#if V == 1
	return (ACC)(lanes + (ACC_INT)rest);
#else
	return (ACC)(SUM_LANES(lanes) + (ACC_INT)rest);
#endif
#endif
}
#define COUNT(s, n) source_count(s, n)
#define SOME(count) ((count) > (LANE)(0) ? (count) : (LANE)(1))

/* Of n elements, those after which none is valid: sums may end there. INSIDE: those up to which all are. */
#if VALID == 2 && RUNS != 1
#define REACH(s, n) ((s).end > (s).position ? min((s).end - (s).position, (ulong)(n)) : 0)
#define INSIDE(s, n) ((uint)REACH(s, n))
#else
#define REACH(s, n) (n)
#define INSIDE(s, n) 0
#endif

#define HAS_MORE(s) (REACH(s, 1) > 0)

/* The same of sums over what y depends on the statistics for. */
#if OUTSIDE == 0
#define SUMS_REACH(s, n) (n)
#else
#define SUMS_REACH(s, n) REACH(s, n)
#endif

#define PLAIN_DEVIATED(TYPE, GET, s, i, center) (GET((s).x, i) - (center))
#define IF_VALID(TYPE, condition, value) ((condition) ? (value) : (TYPE)(0))
#define DEVIATED(TYPE, GET, s, i, center) \
	IF_VALID(TYPE, CAT(VALID_, GET)(s, i), GET((s).x, i) - (center))
#endif

/* y of an element: `value`, or what is said of those that are not valid. ELEMENTS_DIFFER, of the family: 0 where it
 * takes those that are valid and the others apart. */
#if VALID == 0 || OUTSIDE == 0
#define OUTSIDE_Y(TYPE, condition, value, raw) (value)
#elif OUTSIDE == 1
#define OUTSIDE_Y(TYPE, condition, value, raw) (ELEMENTS_DIFFER ? ((condition) ? (value) : (raw)) : (value))
#else
#define OUTSIDE_Y(TYPE, condition, value, raw) (ELEMENTS_DIFFER ? ((condition) ? (value) : (TYPE)(0)) : (value))
#endif
