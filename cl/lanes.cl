/* lanes.cl: slabs of several instances: a slab is neighbouring channels of one sample, a lane of a vector each.
 * SPDX-License-Identifier: Apache-2.0 */
#if V == 1
#define LANES_ALL(condition) (condition)
#define LANES_ANY(condition) (condition)
#else
#define LANES_ALL(condition) all(condition)
#define LANES_ANY(condition) any(condition)
#endif
#define LANES_LOAD(p, i, lanes) lanes_load(p, i, 1, lanes)
#define LANES_STORE(value, p, i, lanes) lanes_store(value, p, i, 1, lanes)
#define LANES_GATHER(p, i, stride, lanes) lanes_load(p, i, stride, lanes)
#define LANES_SCATTER(value, p, i, stride, lanes) lanes_store(value, p, i, stride, lanes)

struct place {
	ulong x;        /* first element of the slab */
	ulong instance; /* its first instance */
	uint lanes;     /* instances in it; 0 (tiles.cl): none, and nothing is stored */
	ulong next;     /* first element of the slab that its unit takes next; its own at the end */
};

/* Lane j, for families of work-items alone: processors may as well index lanes in memory, and take long to compile a
 * line for each. Groups name them. */
#define LANE_OF(v, j) (((const ACC *)&(v))[j])
#if V > 1 && !(defined(GROUP) && GROUP > 1)
#define INDEX_LANES 1
#endif

/* The last lane that is there again, where one is not. */
static ACCV lanes_load(const __global ACC *p, ulong i, ulong stride, uint lanes)
{
#if V == 1
	return p[i];
#elif defined(INDEX_LANES)
	ACCV v;
	for (uint k = 0; k < V; ++k)
		((ACC *)&v)[k] = p[i + min(k, max(lanes, 1u) - 1) * stride];
	return v;
#else
#define PRESENT(k) p[i + min((uint)(k), max(lanes, 1u) - 1) * stride]
	return FROM_LANES(PRESENT);
#endif
}

static void lanes_store(ACCV value, __global ACC *p, ulong i, ulong stride, uint lanes)
{
#if V == 1
	if (lanes > 0)
		p[i] = value;
#elif defined(INDEX_LANES)
	for (uint k = 0; k < lanes; ++k)
		p[i + k * stride] = LANE_OF(value, k);
#else
#define PUT_PRESENT(k, lane)                 \
	if (k < lanes)                       \
		p[i + k * stride] = lane;
	EACH_LANE(value, PUT_PRESENT)
#endif
}

/* struct affine of one lane. */
struct affine_one {
	ACC mean, scale, offset, slope;
};

static struct affine_one affine_lane(const struct affine *f, uint lane)
{
	struct affine_one one;
	one.mean = LANE_OF(f->mean, lane), one.scale = LANE_OF(f->scale, lane), one.offset = LANE_OF(f->offset, lane);
	one.slope = f->slope;
	return one;
}
