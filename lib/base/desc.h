/* desc.h: descriptions: whether one makes sense, and the sizes that follow from it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_DESC_H
#define CLN_DESC_H

#include "base/status.h"

/* CLNORM_BAD_ARGUMENT or CLNORM_BAD_SHAPE as clnorm_plan_create() says; all but the variant's name. A description that
 * passes has sizes whose products fit size_t: of x in bytes, and of C and N*C records of moments. */
CLN_CHECKED clnorm_status cln_desc_check(const clnorm_desc *desc);

/* S, the elements of an instance; N*C, the instances; N*C*S; the values in gamma. Of a checked description. */
size_t cln_desc_spatial(const clnorm_desc *desc);
size_t cln_desc_instances(const clnorm_desc *desc);
size_t cln_desc_elements(const clnorm_desc *desc);
size_t cln_desc_parameters(const clnorm_desc *desc);

#endif
