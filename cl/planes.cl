/* planes.cl: slabs of channels first: a slab is one instance, S neighbouring elements, and a lane is a number.
 * SPDX-License-Identifier: Apache-2.0 */
#define LANES_ALL(condition) (condition)
#define LANES_LOAD(p, i, lanes) ((p)[i])
#define LANES_STORE(value, p, i, lanes) (p)[i] = (value)
#define LANES_GATHER(p, i, stride, lanes) ((p)[i])
#define LANES_SCATTER(value, p, i, stride, lanes) (p)[i] = (value)
#define EVERY_LANE(condition) (condition)

struct place {
	ulong x;        /* first element of the slab */
	ulong instance; /* its first instance */
	uint lanes;     /* instances in it */
	ulong next;     /* first element of the slab that its unit takes next; its own at the end */
};

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at;
	at.x = at.next = slab * a.spatial;
	at.instance = slab;
	at.lanes = 1;
	return at;
}

static LANE slab_first(struct cln_arguments a, const __global T *x, struct place at)
{
	return LOAD(x, at.x);
}
