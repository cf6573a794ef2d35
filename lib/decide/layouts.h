/* layouts.h: where each family of variants applies, and its launch geometry from plain device facts.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_LAYOUTS_H
#define CLN_LAYOUTS_H

#include "decide/variants.h"

/* NULL where the variant applies, else why not. */
const char *cln_refuse_nothing(const struct cln_problem *problem, const struct cln_caps *caps);
const char *cln_refuse_pack(const struct cln_problem *problem, const struct cln_caps *caps);
const char *cln_refuse_resident(const struct cln_problem *problem, const struct cln_caps *caps);
const char *cln_refuse_stream(const struct cln_problem *problem, const struct cln_caps *caps);

/* Fill *geometry; called only where the variant applies and the tensor is not empty. */
void cln_lay_out_rows(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_rows_split(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_pixels(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_pixels_split(const struct cln_problem *problem, const struct cln_caps *caps,
                              struct cln_geometry *geometry);
void cln_lay_out_pack(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_resident(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_stream(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);
void cln_lay_out_split(const struct cln_problem *problem, const struct cln_caps *caps, struct cln_geometry *geometry);

/* Shared by the files that fill geometries. */
size_t cln_ceil_div(size_t a, size_t b);
/* Bytes of x that one slab spans; how much of a second read of them still costs, by the cache that holds them. */
double cln_second_read(size_t bytes_between, const struct cln_caps *caps);

#endif
