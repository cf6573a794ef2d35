/* tree.cl: what families share whose unit is a work-group: moments of its work-items merged by a tree of fixed order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A group is ROWS rows of COLUMNS work-items. What those of a column hold is merged; columns have nothing in common.
 * Macros: GROUP, a multiple of COLUMNS; COLUMNS (default 1). Local memory: 4*GROUP + 7*COLUMNS LANEs. */
#ifndef GROUP
#define GROUP 64
#endif
#ifndef COLUMNS
#define COLUMNS 1
#endif

#define ROWS (GROUP / COLUMNS)
#define ROW (get_local_id(0) / COLUMNS)
#define COLUMN (get_local_id(0) % COLUMNS)
#define UNIT get_group_id(0)
#define UNITS get_num_groups(0)
#define LEADER (ROW == 0)
#define ITEM get_local_id(0)
#define ITEMS_OF_UNIT GROUP
#define SLAB_UNIFORM 1
#define SLAB_KEEP int
#define DECLARE_SCRATCH __local struct scratch scratch;
#define SCRATCH_POINTER __local struct scratch *
#define SCRATCH (&scratch)

/* A total has places of its own, as it is needed until the slab is done (README.md). */
struct scratch {
	LANE tree[4 * GROUP];
	LANE moments[4 * COLUMNS], sums[(VALID ? 4 : 3) * COLUMNS];
};

static void moments_put(__local LANE *to, uint stride, struct moments m)
{
	to[0] = m.sum;
	to[stride] = m.low;
	to[2 * stride] = m.m2 + m.m2_low;
	to[3 * stride] = m.count;
}

static struct moments moments_get(__local const LANE *from, uint stride)
{
	struct moments m;
	m.sum = from[0];
	m.low = from[stride];
	m.m2 = from[2 * stride];
	m.m2_low = (LANE)(0);
	m.count = from[3 * stride];
	return m;
}

/* The moments of the first `count` rows, in every row; right for every count: an odd one out waits for the next round.
 * There is one round at least, whose barrier says that all have read the total of the slab before. */
INLINE struct moments tree_merge(struct moments m, uint count, SCRATCH_POINTER scratch)
{
	__local LANE *mine = scratch->tree + get_local_id(0), *total = scratch->moments + COLUMN;
	uint n = min(count, (uint)ROWS);
	moments_put(mine, GROUP, m);
	do {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (ROW + half_up < n)
			moments_put(mine, GROUP, moments_merge(moments_get(mine, GROUP),
			                                       moments_get(mine + half_up * COLUMNS, GROUP)));
		n = half_up;
	} while (n > 1);
	if (ROW == 0)
		moments_put(total, COLUMNS, moments_get(mine, GROUP));
	/* Global too: in place, the next stores go where others of the group have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	return moments_get(total, COLUMNS);
}

/* Parts of a slab are shared out to the rows (merge.cl). */
#define MERGE_FIRST ROW
#define MERGE_STEP ROWS
#define MERGE_ALL(m, count, scratch) tree_merge(m, count, scratch)
