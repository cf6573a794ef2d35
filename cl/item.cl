/* item.cl: what the families for CPUs share: a unit is one work-item, and a lane or a vector is taken alone.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It leads itself, keeps nothing from sweep to sweep and shares nothing. No barrier, no local memory. */
#define UNIT get_global_id(0)
#define UNITS get_global_size(0)
#define LEADER 1
#define ITEM 0
#define ITEMS_OF_UNIT 1
#define SLAB_UNIFORM 1
#define SLAB_KEEP int
#define DECLARE_SCRATCH
#define SCRATCH_POINTER __local ACC *
#define SCRATCH ((SCRATCH_POINTER)0)
/* In variances of the block: what a sweep may be off before it is taken again. */
#define FAR 1

/* Of a vector that ends with n elements (n >= V, n % V > 0), what no vector before it had, and 0 in other lanes. */
static ACCV end_keep(ACCV v, uint n)
{
	return v - keep_below(v, 0, V - n % V);
}

/* Parameters of V runs of one element. */
#define LOOKUP_LOADV(p, i, f) NUMBERS((p) + (i))

/* Declares y at i as `value`, from x, residual (0: none) and f, which has mean, scale, offset and slope: TYPE and GET
 * are ACC and LOAD or ACCV and LOADV. */
#define ELEMENT_VALUE(TYPE, GET, i)                         \
	TYPE value = NORMALIZED(TYPE, GET, GET(X_OF(x), i), f, i); \
	if (residual)                                       \
		value += GET(residual, i);                  \
	value = OUTSIDE_Y(TYPE, CAT(VALID_, GET)(x, i), ACTIVATE(TYPE, value, f.slope), GET(X_OF(x), i))
