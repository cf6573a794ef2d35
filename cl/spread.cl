/* spread.cl: vectors whose lanes lie `stride` elements apart, so that neighbouring work-items take neighbouring ones,
 * which a GPU joins to whole accesses at any alignment. SPDX-License-Identifier: Apache-2.0
 *
 * A vload4 of floats is four loads 16 bytes apart on NVIDIA, as nothing says that the address is a multiple of 16, and
 * a vstore4 writes each sector of memory four times: on an H200 0.79 of the copy speed, where this gives 0.98. */

#if V == 1
#define EACH_SPREAD(value, PUT) PUT(0, value)
#define FROM_SPREAD(GET) GET(0)
#define SPREAD_BELOW(i, stride, n) ((i) < (n))
#else
#define EACH_SPREAD(value, PUT) EACH_LANE(value, PUT)
#define FROM_SPREAD(GET) FROM_LANES(GET)
#define SPREAD_BELOW(i, stride, n) (LANE_IDS * (ACC_INT)(stride) + (ACC_INT)(i) < (ACC_INT)(n))
#endif

/* Elements i, i + stride, ...: all of them are there. */
static ACCV spread_load(const __global T *x, uint i, uint stride)
{
#define SPREAD_GET(k) LOAD(x, i + (k) * stride)
	return FROM_SPREAD(SPREAD_GET);
}

static void spread_store(ACCV value, __global T *y, uint i, uint stride)
{
#define SPREAD_PUT(k, lane) STORE(lane, y, i + (k) * stride);
	EACH_SPREAD(value, SPREAD_PUT)
}

/* Those of n elements: past the end element i again; where that is past it too, 0, and nothing is read. In place
 * another work-item may be storing elsewhere. */
static ACCV spread_load_some(const __global T *x, uint i, uint stride, uint n)
{
	if (i >= n)
		return (ACCV)(0);
#define SPREAD_GET_SOME(k) LOAD(x, i + (k) * stride < n ? i + (k) * stride : i)
	return FROM_SPREAD(SPREAD_GET_SOME);
}

static void spread_store_some(ACCV value, __global T *y, uint i, uint stride, uint n)
{
#define SPREAD_PUT_SOME(k, lane)       \
	if (i + (k) * stride < n)      \
		STORE(lane, y, i + (k) * stride);
	EACH_SPREAD(value, SPREAD_PUT_SOME)
}

/* v with the lanes past the end set to 0; below 2^31. */
static ACCV spread_keep(ACCV v, uint i, uint stride, uint n)
{
	return SPREAD_BELOW(i, stride, n) ? v : (ACCV)(0);
}

#if LOOKUP
/* Parameters of elements i, i + stride, ... of n; past the end those of the last one. */
static ACCV spread_lookup(const __global ACC *p, uint i, uint stride, uint n, struct affine f)
{
#define SPREAD_AT(k) min(i + (k) * stride, n - 1)
#define SPREAD_PARAMETER(k) p[LOOKUP == 2 ? SPREAD_AT(k) : (f.rest + SPREAD_AT(k)) / f.length]
	return FROM_SPREAD(SPREAD_PARAMETER);
}
#endif

/* What runs of one element contribute to dbeta and dgamma. */
#if LOOKUP
#define PUT_TOTALS(TYPE, GET, PUT, g, d, in, i)                                          \
	in.total_gs[i] = g;                                                              \
	in.total_gxs[i] = g * ((TYPE)(in.scale) * (d - (TYPE)(in.delta)));
#define SPREAD_PUT_TOTAL(k, lane)      \
	if (i + (k) * stride < n)      \
		p[i + (k) * stride] = lane;
static void spread_put(ACCV value, __global ACC *p, uint i, uint stride, uint n)
{
	EACH_SPREAD(value, SPREAD_PUT_TOTAL)
}
#define SPREAD_PUT_TOTALS(g, d, in, i, stride, n)                                                     \
	if (in.total_gs) {                                                                            \
		spread_put(g, in.total_gs, i, stride, (uint)(n));                                     \
		spread_put(g * ((ACCV)(in.scale) * (d - (ACCV)(in.delta))), in.total_gxs, i, stride, (uint)(n)); \
	}
#else
#define SPREAD_PUT_TOTALS(g, d, in, i, stride, n)
#endif

/* The three, `whole` being a constant that says that all of the vector is there. */
#define SPREAD_LOAD(whole, x, i, stride, n) ((whole) ? spread_load(x, i, stride) : spread_load_some(x, i, stride, n))
#define SPREAD_KEEP(whole, v, i, stride, n) ((whole) ? (v) : spread_keep(v, i, stride, n))
#define SPREAD_STORE(whole, v, y, i, stride, n)             \
	if (whole)                                          \
		spread_store(v, y, i, stride);              \
	else                                                \
		spread_store_some(v, y, i, stride, n)
