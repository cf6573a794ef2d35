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
	ulong x;     /* first element of the slab, in a packed tensor */
	ulong run;   /* its first run */
	uint lanes;  /* runs in it; 0 (tiles.cl): none, and nothing is stored */
	ulong ahead; /* elements on to the first of the slab that its unit takes next; 0 at the end */
};

#define SLAB_LENGTH a.spatial

/* The set of the first run where it is a set; the slab's place among the records of parts and sums. */
#define SET(at) (at).run
#define PARTS_OF(at) (at).run
#define PARAMETER(at) ((at).run % a.params)

/* The slab in a tensor, and elements from a pixel of it (bundle.cl: a run) to the next. */
#if STRIDED
#define SLAB_OF(p, NAME, at) \
	((p) + (at).run / a.channels * a.steps[CLN_ROLE_##NAME].sample + LANES_APART(NAME, (at).run % a.channels))
#define STEP_OF_SLAB(NAME) a.steps[CLN_ROLE_##NAME].inner
#else
#define SLAB_OF(p, NAME, at) ((p) + (at).x)
#define STEP_OF_SLAB(NAME) PACKED_STEP
#endif

/* Lane j, for families of work-items alone: processors may as well index lanes in memory, and take long to compile a
 * line for each. Groups name them. */
#define LANE_OF(v, j) (((const ACC *)&(v))[j])
#define LANE_OF_ANY(v, j) (((ACC *)&(v))[j])
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

/* Number i of a record of `stride` numbers a set, for each lane that of its run's set. */
#if RUNS > 0
#define SETS_LOAD(p, i, stride, at) sets_load(p, i, stride, (at).run, a.runs, (at).lanes)
static ACCV sets_load(const __global ACC *p, ulong i, ulong stride, ulong run, ulong runs, uint lanes)
{
#if V == 1
	return p[i + run / runs * stride];
#elif defined(INDEX_LANES)
	ACCV v;
	for (uint k = 0; k < V; ++k)
		((ACC *)&v)[k] = p[i + (run + min(k, max(lanes, 1u) - 1)) / runs * stride];
	return v;
#else
#define SET_PRESENT(k) p[i + (run + min((uint)(k), max(lanes, 1u) - 1)) / runs * stride]
	return FROM_LANES(SET_PRESENT);
#endif
}
#else
#define SETS_LOAD(p, i, stride, at) LANES_GATHER(p, (i) + (at).run * (stride), stride, (at).lanes)
#endif

/* The source of run j of a slab whose runs lie one behind the other. */
#if VALID
static struct source source_run(struct source s, ulong step, uint j)
{
	struct source run = s;
	run.x += j * step;
#if VALID == 1
	run.mask += j * s.lane;
#endif
	return run;
}
#define SOURCE_RUN(s, j) source_run(s, STEP_OF_SLAB(X), j)
#else
#define SOURCE_RUN(s, j) ((s) + (j)*STEP_OF_SLAB(X))
#endif

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
