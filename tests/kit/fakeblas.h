/* fakeblas.h: a fake of the CLBlast routines that the library calls: it records products and fails any one on demand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A test program that links it takes these in the place of libclblast's. */
#ifndef FAKEBLAS_H
#define FAKEBLAS_H

#include <stdbool.h>
#include <stddef.h>

#include <CL/cl.h>

/* One product as it was asked for. */
struct fakeblas_product {
	bool row_major, a_transposed, b_transposed;
	size_t m, n, k, a_offset, a_row, b_offset, b_row, c_offset, c_row;
	float alpha, beta;
	cl_mem a, b, c, scratch;
};

/* Forgets calls and faults; scratch_bytes: what every product is said to need. */
void fakeblas_reset(size_t scratch_bytes);
/* The n-th call from now on (1 = the next) returns code; 0 fails none. */
void fakeblas_fail_at(unsigned long n, int code);
/* Calls of either routine since the last fakeblas_fail_at() or reset. */
unsigned long fakeblas_call_count(void);

/* Products enqueued since the reset; at most 64 are kept. */
size_t fakeblas_product_count(void);
const struct fakeblas_product *fakeblas_product(size_t i);

#endif
