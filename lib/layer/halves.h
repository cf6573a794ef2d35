/* halves.h: one half of conditional parameters, gamma or beta: its products forward and backward.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_HALVES_H
#define CLN_HALVES_H

#include <clnorm/conditional.h>

#include "layer/blas.h"
#include "opencl/queue.h"

/* Sizes, and the memory that all products share. */
struct cln_halves {
	clnorm_conditional_desc desc;
	size_t rows;          /* N; 1 where N is 0: one row of zeros makes the empty sums */
	clnorm_view constant; /* `rows` ones; zeros instead where N is 0, as many as any operand has in one row */
	cl_mem scratch;       /* NULL where no product needs any */
};

/* The views of one half, in the forward pass or of gradients. */
struct cln_half {
	clnorm_view weights, bias;  /* the half's C rows of them; bias may be absent */
	clnorm_view styles, values; /* values [N,C]: gamma or beta */
};

/* Floats of scratch for the product that needs most. */
CLN_CHECKED clnorm_status cln_halves_scratch(const struct cln_halves *halves, cl_command_queue queue, size_t *floats);

/* values = one + bias + styles * weights^T, with one = 1 where around_one. N > 0. */
CLN_CHECKED clnorm_status cln_half_forward(const struct cln_halves *halves, const struct cln_half *half,
                                           bool around_one, const struct cln_sequence *sequence);

/* Gradients into the views of `to` that are not absent, of the values' gradient and the forward pass's styles and
 * weights in `of`. `adds`: the other half has been at to->styles already. */
CLN_CHECKED clnorm_status cln_half_backward(const struct cln_halves *halves, const struct cln_half *of,
                                            const struct cln_half *to, const clnorm_accumulate *accumulate,
                                            const clnorm_accumulate *accumulate_styles, bool adds,
                                            const struct cln_sequence *sequence);

#endif
