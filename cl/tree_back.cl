/* tree_back.cl: the backward half of tree.cl: sums of a group's work-items, added by the same tree.
 * SPDX-License-Identifier: Apache-2.0 */

/* The sums of the first `count` rows, in every row. Rounds as in tree_merge(). */
INLINE struct sums tree_add(struct sums s, uint count, SCRATCH_POINTER scratch)
{
	__local LANE *mine = scratch->tree + get_local_id(0), *total = scratch->sums + COLUMN;
	uint n = min(count, (uint)ROWS);
	mine[0] = s.g + s.g_low;
	mine[GROUP] = s.gd + s.gd_low;
	mine[2 * GROUP] = s.d + s.d_low;
#if VALID
	mine[3 * GROUP] = s.count;
#endif
	do {
		uint half_up = (n + 1) / 2;
		__local const LANE *other = mine + half_up * COLUMNS;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (ROW + half_up < n) {
			mine[0] += other[0];
			mine[GROUP] += other[GROUP];
			mine[2 * GROUP] += other[2 * GROUP];
#if VALID
			mine[3 * GROUP] += other[3 * GROUP];
#endif
		}
		n = half_up;
	} while (n > 1);
	if (ROW == 0) {
		total[0] = mine[0];
		total[COLUMNS] = mine[GROUP];
		total[2 * COLUMNS] = mine[2 * GROUP];
#if VALID
		total[3 * COLUMNS] = mine[3 * GROUP];
#endif
	}
	/* Global too: in place, the next stores go where others of the group have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	struct sums all = sums_none();
	ADD_COUNT(all, total[3 * COLUMNS]);
	return sums_add(all, total[0], total[COLUMNS], total[2 * COLUMNS]);
}

#define ADD_ALL(s, count, scratch) tree_add(s, count, scratch)
