/* fakeblas.c: a fake of the CLBlast routines that the library calls: it records products and fails any one on demand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/kit/fakeblas.h"

#ifdef HAVE_CLBLAST

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>

#define MOST_PRODUCTS 64

static struct {
	size_t scratch_bytes, product_count;
	unsigned long calls, fail_at;
	int code;
	struct fakeblas_product products[MOST_PRODUCTS];
} fake;

void fakeblas_reset(size_t scratch_bytes)
{
	fake.scratch_bytes = scratch_bytes;
	fake.product_count = 0;
	fakeblas_fail_at(0, 0);
}

void fakeblas_fail_at(unsigned long n, int code)
{
	fake.calls = 0;
	fake.fail_at = n;
	fake.code = code;
}

unsigned long fakeblas_call_count(void)
{
	return fake.calls;
}

size_t fakeblas_product_count(void)
{
	return fake.product_count;
}

const struct fakeblas_product *fakeblas_product(size_t i)
{
	return &fake.products[i];
}

/* Counts a call; 0, or the code that it is to fail with. */
static int call_code(void)
{
	return ++fake.calls == fake.fail_at ? fake.code : 0;
}

CLBlastStatusCode CLBlastSgemmWithTempBuffer(const CLBlastLayout layout, const CLBlastTranspose a_transpose,
                                             const CLBlastTranspose b_transpose, const size_t m, const size_t n,
                                             const size_t k, const float alpha, const cl_mem a_buffer,
                                             const size_t a_offset, const size_t a_ld, const cl_mem b_buffer,
                                             const size_t b_offset, const size_t b_ld, const float beta,
                                             cl_mem c_buffer, const size_t c_offset, const size_t c_ld,
                                             cl_command_queue *queue, cl_event *event, cl_mem temp_buffer)
{
	int code = call_code();
	(void)queue;
	(void)event;
	if (code == 0 && fake.product_count < MOST_PRODUCTS) {
		fake.products[fake.product_count++] = (struct fakeblas_product){
			.row_major = layout == CLBlastLayoutRowMajor,
			.a_transposed = a_transpose == CLBlastTransposeYes,
			.b_transposed = b_transpose == CLBlastTransposeYes,
			.m = m,
			.n = n,
			.k = k,
			.a_offset = a_offset,
			.a_row = a_ld,
			.b_offset = b_offset,
			.b_row = b_ld,
			.c_offset = c_offset,
			.c_row = c_ld,
			.alpha = alpha,
			.beta = beta,
			.a = a_buffer,
			.b = b_buffer,
			.c = c_buffer,
			.scratch = temp_buffer,
		};
	}
	return (CLBlastStatusCode)code;
}

CLBlastStatusCode CLBlastSGemmTempBufferSize(const CLBlastLayout layout, const CLBlastTranspose a_transpose,
                                             const CLBlastTranspose b_transpose, const size_t m, const size_t n,
                                             const size_t k, const size_t a_offset, const size_t a_ld,
                                             const size_t b_offset, const size_t b_ld, const size_t c_offset,
                                             const size_t c_ld, cl_command_queue *queue, size_t *temp_buffer_size)
{
	int code = call_code();
	const size_t sizes[] = {m, n, k, a_offset, a_ld, b_offset, b_ld, c_offset, c_ld};
	(void)sizes;
	(void)layout;
	(void)a_transpose;
	(void)b_transpose;
	(void)queue;
	if (code == 0) {
		*temp_buffer_size = fake.scratch_bytes;
	}
	return (CLBlastStatusCode)code;
}

#endif
