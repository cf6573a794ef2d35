/* convert.h: element conversion on the host: f16 and bf16 to and from float and double, one element or many.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CONVERT_H
#define CLN_CONVERT_H

#include <clnorm/types.h>

#include <stdint.h>

/* Exact. A NaN keeps its sign. */
float cln_convert_from_half(uint16_t half);
float cln_convert_from_bfloat(uint16_t bfloat);

/* One rounding, to nearest even, also into subnormals; past the largest value: infinity. A NaN keeps its sign. */
uint16_t cln_convert_to_half(double value);
uint16_t cln_convert_to_bfloat(double value);

/* Converts count elements, none of them shared; both dtypes must be known. */
void cln_convert_many(clnorm_dtype from_dtype, const void *from, clnorm_dtype to_dtype, void *to, size_t count);

#endif
