/* blas.c: the one door to CLBlast in lib/: a matrix product, its scratch memory, and CLBlast's codes in words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "layer/blas.h"

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

/* CLBlast has no function that names its codes. */
static const struct code_name {
	int code;
	const char *name;
	clnorm_status status;
} code_names[] = {
	{-3, "OpenCLCompilerNotAvailable", CLNORM_NO_COMPILER},
	{-4, "TempBufferAllocFailure", CLNORM_OUT_OF_DEVICE_MEMORY},
	{-5, "OpenCLOutOfResources", CLNORM_OUT_OF_DEVICE_MEMORY},
	{-6, "OpenCLOutOfHostMemory", CLNORM_OUT_OF_MEMORY},
	{-11, "OpenCLBuildProgramFailure", CLNORM_BLAS_ERROR},
	{-30, "InvalidValue", CLNORM_BLAS_ERROR},
	{-36, "InvalidCommandQueue", CLNORM_BLAS_ERROR},
	{-38, "InvalidMemObject", CLNORM_BLAS_ERROR},
	{-42, "InvalidBinary", CLNORM_BLAS_ERROR},
	{-43, "InvalidBuildOptions", CLNORM_BLAS_ERROR},
	{-44, "InvalidProgram", CLNORM_BLAS_ERROR},
	{-45, "InvalidProgramExecutable", CLNORM_BLAS_ERROR},
	{-46, "InvalidKernelName", CLNORM_BLAS_ERROR},
	{-47, "InvalidKernelDefinition", CLNORM_BLAS_ERROR},
	{-48, "InvalidKernel", CLNORM_BLAS_ERROR},
	{-49, "InvalidArgIndex", CLNORM_BLAS_ERROR},
	{-50, "InvalidArgValue", CLNORM_BLAS_ERROR},
	{-51, "InvalidArgSize", CLNORM_BLAS_ERROR},
	{-52, "InvalidKernelArgs", CLNORM_BLAS_ERROR},
	{-53, "InvalidLocalNumDimensions", CLNORM_BLAS_ERROR},
	{-54, "InvalidLocalThreadsTotal", CLNORM_BLAS_ERROR},
	{-55, "InvalidLocalThreadsDim", CLNORM_BLAS_ERROR},
	{-56, "InvalidGlobalOffset", CLNORM_BLAS_ERROR},
	{-57, "InvalidEventWaitList", CLNORM_BLAS_ERROR},
	{-58, "InvalidEvent", CLNORM_BLAS_ERROR},
	{-59, "InvalidOperation", CLNORM_BLAS_ERROR},
	{-61, "InvalidBufferSize", CLNORM_BLAS_ERROR},
	{-63, "InvalidGlobalWorkSize", CLNORM_BLAS_ERROR},
	{-1024, "NotImplemented", CLNORM_BLAS_ERROR},
	{-1022, "InvalidMatrixA", CLNORM_BLAS_ERROR},
	{-1021, "InvalidMatrixB", CLNORM_BLAS_ERROR},
	{-1020, "InvalidMatrixC", CLNORM_BLAS_ERROR},
	{-1017, "InvalidDimension", CLNORM_BLAS_ERROR},
	{-1016, "InvalidLeadDimA", CLNORM_BLAS_ERROR},
	{-1015, "InvalidLeadDimB", CLNORM_BLAS_ERROR},
	{-1014, "InvalidLeadDimC", CLNORM_BLAS_ERROR},
	{-1011, "InsufficientMemoryA", CLNORM_BLAS_ERROR},
	{-1010, "InsufficientMemoryB", CLNORM_BLAS_ERROR},
	{-1009, "InsufficientMemoryC", CLNORM_BLAS_ERROR},
	{-2050, "InsufficientMemoryTemp", CLNORM_BLAS_ERROR},
	{-2046, "InvalidLocalMemUsage", CLNORM_BLAS_ERROR},
	{-2041, "DatabaseError", CLNORM_BLAS_ERROR},
	{-2040, "UnknownError", CLNORM_BLAS_ERROR},
	{-2039, "UnexpectedError", CLNORM_BLAS_ERROR},
};

static clnorm_status blas_result(CLBlastStatusCode result, const char *routine)
{
	int code = (int)result;
	if (code == 0) {
		return CLNORM_OK;
	}
	for (size_t i = 0; i < sizeof(code_names) / sizeof(code_names[0]); ++i) {
		if (code_names[i].code == code) {
			return cln_fail(code_names[i].status, "%s: CLBlast's %s (%d)", routine, code_names[i].name,
			                code);
		}
	}
	return cln_fail(CLNORM_BLAS_ERROR, "%s: CLBlast's code %d", routine, code);
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
