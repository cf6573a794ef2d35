/* blas.c: the one door to CLBlast in lib/: a matrix product, its scratch memory, and CLBlast's codes in words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "layer/blas.h"
#include "opencl/opencl.h"

#ifdef HAVE_CLBLAST

#include <pthread.h>

/* CLBlast's header declares a function without a prototype. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* CLBlast's own codes, below those that it shares with OpenCL; it has no function that names them. */
#define SHARED_CODES_END (-1000)

static const struct code_name {
	int code;
	const char *name;
} code_names[] = {
	{-1024, "NotImplemented"},       {-1022, "InvalidMatrixA"},      {-1021, "InvalidMatrixB"},
	{-1020, "InvalidMatrixC"},       {-1017, "InvalidDimension"},    {-1016, "InvalidLeadDimA"},
	{-1015, "InvalidLeadDimB"},      {-1014, "InvalidLeadDimC"},     {-1011, "InsufficientMemoryA"},
	{-1010, "InsufficientMemoryB"},  {-1009, "InsufficientMemoryC"}, {-2050, "InsufficientMemoryTemp"},
	{-2046, "InvalidLocalMemUsage"}, {-2041, "DatabaseError"},       {-2040, "UnknownError"},
	{-2039, "UnexpectedError"},
};

static const char *name_of(int code)
{
	for (size_t i = 0; i < sizeof(code_names) / sizeof(code_names[0]); ++i) {
		if (code_names[i].code == code) {
			return code_names[i].name;
		}
	}
	return "code";
}

/* What CLBlast compiles leaves no log with us, and what it takes for a bad buffer is its own reckoning. */
static clnorm_status blas_result(CLBlastStatusCode result, const char *routine)
{
	int code = (int)result;
	if (code == 0) {
		return CLNORM_OK;
	}
	if (code <= SHARED_CODES_END) {
		return cln_fail(CLNORM_BLAS_ERROR, "%s: CLBlast's %s (%d)", routine, name_of(code), code);
	}
	clnorm_status st = cln_cl_status(code);
	bool is_plain = st == CLNORM_OUT_OF_MEMORY || st == CLNORM_OUT_OF_DEVICE_MEMORY || st == CLNORM_NO_COMPILER;
	return cln_fail(is_plain ? st : CLNORM_BLAS_ERROR, "%s: %s (%d)", routine, clnorm_opencl_name(code), code);
}

/* Before 1.6.1 threads that make CLBlast's first calls at once can meet a half-stored program in its cache. Which
 * call is a first one it does not tell, so all of ours take turns; a turn is one enqueue, or seconds where CLBlast
 * compiles. */
#if CLBLAST_VERSION_MAJOR * 10000 + CLBLAST_VERSION_MINOR * 100 + CLBLAST_VERSION_PATCH < 10601
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void turn_begin(void)
{
	pthread_mutex_lock(&turn);
}

static void turn_end(void)
{
	pthread_mutex_unlock(&turn);
}
#else
static void turn_begin(void)
{
}

static void turn_end(void)
{
}
#endif

clnorm_status cln_blas_check(void)
{
	return CLNORM_OK;
}

static CLBlastTranspose transpose_of(bool transposed)
{
	return transposed ? CLBlastTransposeYes : CLBlastTransposeNo;
}

/* Numbers from the start of one row of the stored matrix to the next. */
static size_t a_row(const struct cln_product *p)
{
	return p->a_transposed ? p->m : p->k;
}

static size_t b_row(const struct cln_product *p)
{
	return p->b_transposed ? p->k : p->n;
}

clnorm_status cln_product_scratch(const struct cln_product *p, cl_command_queue queue, size_t *floats)
{
	clnorm_status st = CLNORM_OK;
	CLBlastStatusCode result;
	size_t bytes = 0;

	/* A view that begins at 0 can save CLBlast a copy; one that begins elsewhere needs them all. */
	turn_begin();
	result = CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, transpose_of(p->a_transposed),
	                                    transpose_of(p->b_transposed), p->m, p->n, p->k, 1, a_row(p), 1, b_row(p),
	                                    1, p->n, &queue, &bytes);
	turn_end();
	CLN_TRY(blas_result(result, "CLBlastSGemmTempBufferSize"));
	if (bytes / sizeof(cl_float) > CLN_BLAS_MOST) {
		CLN_TRY(cln_fail(CLNORM_BAD_SHAPE,
		                 "a product of %zu x %zu x %zu needs %zu floats of scratch; CLBlast counts to %u", p->m,
		                 p->n, p->k, bytes / sizeof(cl_float), CLN_BLAS_MOST));
	}
	*floats = bytes / sizeof(cl_float);
done:
	return st;
}

clnorm_status cln_product_enqueue(const struct cln_product *p, cl_command_queue queue, cl_mem scratch)
{
	CLBlastStatusCode result;

	turn_begin();
	result = CLBlastSgemmWithTempBuffer(CLBlastLayoutRowMajor, transpose_of(p->a_transposed),
	                                    transpose_of(p->b_transposed), p->m, p->n, p->k, p->alpha, p->a.mem,
	                                    p->a.offset, a_row(p), p->b.mem, p->b.offset, b_row(p), p->beta, p->c.mem,
	                                    p->c.offset, p->n, &queue, NULL, scratch);
	turn_end();
	return blas_result(result, "CLBlastSgemmWithTempBuffer");
}

#else

clnorm_status cln_blas_check(void)
{
	return cln_fail(
		CLNORM_NOT_BUILT,
		"conditional parameters need CLBlast; this libclnorm was configured without it (--without-clblast)");
}

clnorm_status cln_product_scratch(const struct cln_product *product, cl_command_queue queue, size_t *floats)
{
	(void)product;
	(void)queue;
	(void)floats;
	return cln_blas_check();
}

clnorm_status cln_product_enqueue(const struct cln_product *product, cl_command_queue queue, cl_mem scratch)
{
	(void)product;
	(void)queue;
	(void)scratch;
	return cln_blas_check();
}

#endif
