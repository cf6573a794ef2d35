/* blas.h: the one door to CLBlast in lib/: a matrix product, its scratch memory, and CLBlast's codes in words.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_BLAS_H
#define CLN_BLAS_H

#include <clnorm/clnorm.h>

#include "base/status.h"

/* CLBlast keeps sizes, leading dimensions and offsets in an int. */
#define CLN_BLAS_MOST 2147483647u

/* C = alpha*A*B + beta*C, floats, row-major and packed: A [m,k] (stored [k,m] where transposed), B [k,n] (stored [n,k]
 * where transposed), C [m,n]. With beta 0 C is not read. m, n and k are at least 1. */
struct cln_product {
	size_t m, n, k;
	bool a_transposed, b_transposed;
	clnorm_view a, b, c;
	float alpha, beta;
};

/* CLNORM_NOT_BUILT where the library was configured without CLBlast. */
CLN_CHECKED clnorm_status cln_blas_check(void);

/* Floats of scratch that the product needs at most, wherever its views begin; may be 0.
 * CLNORM_BAD_SHAPE: more than CLBlast can count; CLNORM_BLAS_ERROR. */
CLN_CHECKED clnorm_status cln_product_scratch(const struct cln_product *product, cl_command_queue queue,
                                              size_t *floats);

/* Enqueues the product. scratch: a buffer of at least so many floats, NULL where none are needed. Compiles at the first
 * call in a context. CLNORM_BLAS_ERROR, or a plainer status where CLBlast's code means one. */
CLN_CHECKED clnorm_status cln_product_enqueue(const struct cln_product *product, cl_command_queue queue,
                                              cl_mem scratch);

#endif
