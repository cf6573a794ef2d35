/* scan_apply.cl: the stage "apply" of scan.cl: merge the parts of all channels of a slab, then normalize and affine
 * over one of its chunks. SPDX-License-Identifier: Apache-2.0
 *
 * Formula, buffers and launch as apply.cl. */
KERNEL void cln_apply(struct cln_arguments a, const __global T *x, const __global ACC *gamma,
                      const __global ACC *beta, const __global T *residual, __global T *y, __global ACC *mean,
                      __global ACC *rstd, __global ACC *moments, const __global ACC *parts)
{
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		struct table table;
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct merged all = slab_merged(a, mean, rstd, parts, a.parts_count, piece, SCRATCH);
			if (part == 0)
				slab_put_stats(a, mean, rstd, moments, piece, all.m, all.s);
			table_put(&table, (uint)(piece.x - at.x), slab_affine(a, gamma, beta, piece, all.s));
		}
		table_close(&table, at.lanes);
		if (a.flags & CLN_PUT_Y)
			slab_apply(a, x, residual, y, at, part * a.chunk, chunk_length(a, part), &table);
	}
}
