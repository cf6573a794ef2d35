/* products.h: what a run of clnorm-apply gives: fetched from the device, and written, all files or none.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PRODUCTS_H
#define TOOL_PRODUCTS_H

#include "tools/apply/operands.h"
#include "tools/base/output.h"

enum tool_product {
	TOOL_PRODUCT_Y = 0,
	TOOL_PRODUCT_MEAN,
	TOOL_PRODUCT_RSTD,
	TOOL_PRODUCT_DX,
	TOOL_PRODUCT_DGAMMA,
	TOOL_PRODUCT_DBETA,
	TOOL_PRODUCT_COUNT
};

struct tool_products {
	const struct tool_apply_settings *set; /* borrowed */
	clnorm_desc desc;                      /* what was computed, and of which elements; borrowed */
	const struct tool_valid *valid;
	struct tool_output files[TOOL_PRODUCT_COUNT];  /* target NULL where none is asked for */
	struct tool_array results[TOOL_PRODUCT_COUNT]; /* as the device gave them; data NULL where not computed */
};

/* Opens the files that the settings name, for an input that is or is not a picture. */
TOOL_CHECKED bool tool_products_open(const struct tool_apply_settings *set, bool is_picture,
                                     struct tool_products *products);

/* Buffers and ops that the settings need. */
unsigned tool_products_buffers(const struct tool_apply_settings *set);
unsigned tool_products_ops(const struct tool_apply_settings *set);

/* Brings what the job computed of these operands, which must stay. */
TOOL_CHECKED bool tool_products_fetch(struct tool_products *products, const struct tool_job *job,
                                      const struct tool_operands *operands);

/* Writes all files in x's dtype, and gives them their names when the last is on the disk. */
TOOL_CHECKED bool tool_products_write(struct tool_products *products, const struct tool_sample *x);

/* Results in double. Clear the outputs in either case. */
TOOL_CHECKED bool tool_products_widen(const struct tool_products *products, struct tool_check_outputs *outputs);
void tool_products_clear_widened(struct tool_check_outputs *outputs);

/* Frees, and removes what was not finished; empty is fine. */
void tool_products_clear(struct tool_products *products);

#endif
