/* desc.h: descriptions: whether one makes sense, and the sizes that follow from it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_DESC_H
#define CLN_DESC_H

#include "base/status.h"

/* CLNORM_BAD_ARGUMENT or CLNORM_BAD_SHAPE as clnorm_plan_create() says; all but the variant's name. A description that
 * passes has sizes whose products fit size_t: of x in bytes, and of C and N*C records of moments. */
CLN_CHECKED clnorm_status cln_desc_check(const clnorm_desc *desc);

/* S, the elements of a channel of a sample; N*C, how many such there are; N*C*S; the values in gamma. Of a checked
 * description. */
size_t cln_desc_spatial(const clnorm_desc *desc);
size_t cln_desc_instances(const clnorm_desc *desc);
size_t cln_desc_elements(const clnorm_desc *desc);
size_t cln_desc_parameters(const clnorm_desc *desc);

/* G, the sets of a sample: C where groups is 0, and never 0; N*G, all sets: the length of mean and rstd; 0 without
 * channels. Of a checked description. */
size_t cln_desc_groups(const clnorm_desc *desc);
size_t cln_desc_sets(const clnorm_desc *desc);

#endif
