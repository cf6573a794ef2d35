/* layer.h: what a layer holds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_LAYER_H
#define CLN_LAYER_H

#include "layer/slots.h"
#include "opencl/buffer.h"

struct clnorm_layer {
	clnorm_context *ctx; /* borrowed */
	struct cln_layer_facts facts;
	char *name; /* NULL: none */
	bool affine, training;

	cl_mem own;                            /* the parts side by side, where not bound elsewhere */
	clnorm_view parts[CLNORM_LAYER_PARTS]; /* each mem retained once; empty where the layer has it not */

	struct cln_slots slots;

	/* The last forward pass: its slot, which holds the statistics, and x, retained. Both NULL: none is
	 * remembered. */
	struct cln_slot *last;
	clnorm_view x;

	/* What clnorm_layer_update() needs, made by the first: plans over C values and over 2C, and the mean 0 and
	 * rstd = rate that they apply. rate_now is what the tensor holds. */
	clnorm_plan *update_one, *update_both;
	clnorm_tensor *zero, *rate;
	double rate_now;
};

/* How many parts the layer has, the first of them; bytes of one. */
size_t cln_layer_part_count(const struct clnorm_layer *layer);
size_t cln_layer_part_bytes(const struct clnorm_layer *layer);

/* Whether passes take the running statistics, and not those of x. */
bool cln_layer_evaluates(const struct clnorm_layer *layer);

/* Where a part is, by its name, as a range that is read. */
CLN_CHECKED clnorm_status cln_layer_range(const struct clnorm_layer *layer, clnorm_layer_part part,
                                          struct cln_range *range);

/* CLNORM_BAD_BUFFER where the host may not write to a part, or read it. */
CLN_CHECKED clnorm_status cln_layer_host_check(const struct clnorm_layer *layer, clnorm_layer_part part, bool written);

/* CLNORM_BAD_ARGUMENT where the queue is NULL, of another context, or out of order. */
CLN_CHECKED clnorm_status cln_layer_queue_check(const struct clnorm_layer *layer, cl_command_queue queue);

#endif
