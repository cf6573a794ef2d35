/* runs.h: how the runs of a set come to the kernels of a variant, and what the problem is to its geometry; pure.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_RUNS_H
#define CLN_RUNS_H

#include "decide/variants.h"

/* NULL, and *runs and *lookup as cl/types.cl and cl/affine.cl are told; else why the variant cannot take such sets. */
const char *cln_runs_choose(const struct cln_variant *variant, const struct cln_problem *problem, clnorm_op op,
                            struct cln_runs *runs);

/* The problem of one run a set that has the slabs of this one: its instances are sets where slabs are, else runs. */
struct cln_problem cln_runs_view(const struct cln_problem *problem, struct cln_runs runs);

/* Whether units add up what their slabs, all of the same parameters, contribute to dgamma and dbeta: of layer norm,
 * where that is less to write and to read again than a number of each element. */
bool cln_runs_add_up(const struct cln_variant *variant, const struct cln_problem *problem, clnorm_op op,
                     const struct cln_geometry *geometry);

/* Makes waves of whole sets, where stages bring runs of a set together between them. */
void cln_runs_align(const struct cln_variant *variant, const struct cln_problem *problem,
                    struct cln_geometry *geometry);

#endif
