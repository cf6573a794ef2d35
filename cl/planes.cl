/* planes.cl: slabs of channels first: a slab is neighbouring elements of one set, and a lane is a number.
 * SPDX-License-Identifier: Apache-2.0 */
#define LANES_ALL(condition) (condition)
#define LANES_LOAD(p, i, lanes) ((p)[i])
#define LANES_STORE(value, p, i, lanes) (p)[i] = (value)
#define LANES_GATHER(p, i, stride, lanes) ((p)[i])
#define LANES_SCATTER(value, p, i, stride, lanes) (p)[i] = (value)

struct place {
	ulong x;     /* first element of the slab, in a packed tensor */
	ulong run;   /* its first run */
	uint lanes;  /* runs in it that lie side by side */
	ulong ahead; /* elements on to the first of the slab that its unit takes next; 0 at the end */
#if RUNS == 1
	ulong parameter; /* of its first run: a set's runs have neighbouring ones */
#endif
};

/* The place of a slab's first gamma and beta. */
#if RUNS == 1
#define PARAMETER(at) (at).parameter
#else
#define PARAMETER(at) ((at).run % a.params)
#endif

/* Run r of a slab that is a whole set. */
#if RUNS == 1
static struct place slab_run(struct place at, ulong r)
{
	struct place run = at;
	run.run += r;
	run.parameter += r;
	return run;
}
#endif

/* The set of a slab; number i of a record of `stride` numbers a set. */
#define SET(at) (RUNS > 0 ? (at).run / a.runs : (at).run)
#define SETS_LOAD(p, i, stride, at) ((p)[(i) + SET(at) * (stride)])

/* The slab's place among the records of parts and sums. */
#define PARTS_OF(at) (RUNS == 1 ? SET(at) : (at).run)

/* Runs of a slab, and its elements. */
#define SLAB_RUNS (RUNS == 1 ? a.runs : 1)
#define SLAB_LENGTH (RUNS == 1 ? a.runs * a.spatial : a.spatial)

/* The slab in a tensor. */
#if STRIDED
#define SLAB_OF(p, NAME, at)                                                     \
	((p) + (at).run / a.channels * a.steps[CLN_ROLE_##NAME].sample + \
	 (at).run % a.channels * a.steps[CLN_ROLE_##NAME].inner)
#else
#define SLAB_OF(p, NAME, at) ((p) + (at).x)
#endif

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at;
	at.x = slab * SLAB_LENGTH;
	at.run = slab * SLAB_RUNS;
	at.lanes = 1;
	at.ahead = 0;
#if RUNS == 1
	at.parameter = at.run % a.params;
#endif
	return at;
}

/* The first element, where it is valid; of a sum that of the chunk, as the others are not there yet. */
static LANE slab_first(struct cln_arguments a, SOURCE x, struct place at, ulong from)
{
	ulong first = FIRST_OF_CHUNK(from);
	return IF_VALID(ACC, VALID_LOAD(x, first), LOAD(X_OF(x), first));
}

/* A slab is added to element by element (stage.cl). */
#define ADD_ELEMENTS 1
