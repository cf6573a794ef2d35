/* conditional.c: gamma and beta of style vectors by a weight matrix, and the gradients of that.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/conditional.h>

#include <math.h>
#include <stdlib.h>

#include "layer/halves.h"
#include "opencl/buffer.h"

struct clnorm_conditional {
	clnorm_context *ctx; /* borrowed */
	struct cln_halves halves;
	clnorm_tensor *constant, *scratch; /* behind halves.constant and halves.scratch */
};

/* Element `by` of a view on. */
static clnorm_view view_at(clnorm_view view, size_t by)
{
	view.offset += by;
	return view;
}

/* ---- The handle --------------------------------------------------------------------------------------------- */

/* CLBlast's int holds rows*columns. */
static clnorm_status matrix_check(const char *name, size_t rows, size_t columns)
{
	if (rows > CLN_BLAS_MOST || columns > CLN_BLAS_MOST || rows * (unsigned long long)columns > CLN_BLAS_MOST) {
		return cln_fail(CLNORM_BAD_SHAPE, "%s of %zu x %zu floats; CLBlast counts to %u", name, rows, columns,
		                CLN_BLAS_MOST);
	}
	return CLNORM_OK;
}

static clnorm_status desc_check(const clnorm_conditional_desc *desc)
{
	clnorm_status st = CLNORM_OK;
	if (desc->c == 0 || desc->k == 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_SHAPE, "conditional parameters of %zu channels by styles of %zu numbers",
		                 desc->c, desc->k));
	}
	CLN_TRY(matrix_check("half of the weights", desc->c, desc->k));
	CLN_TRY(matrix_check("weights", 2 * desc->c, desc->k));
	CLN_TRY(matrix_check("styles", desc->n, desc->k));
	CLN_TRY(matrix_check("gamma", desc->n, desc->c));
done:
	return st;
}

/* Ones for the sums over N; zeros where N is 0. */
static clnorm_status constant_create(struct clnorm_conditional *h, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	const clnorm_conditional_desc *desc = &h->halves.desc;
	size_t widest = desc->c > desc->k ? desc->c : desc->k;
	size_t count = desc->n > 0 ? desc->n : widest;

	CLN_TRY(clnorm_tensor_create(h->ctx, CLNORM_F32, 1, &count, &h->constant));
	CLN_TRY(clnorm_tensor_fill(h->constant, queue, desc->n > 0 ? 1 : 0));
	CLN_TRY(cln_cl(clFinish(queue), "clFinish"));
	h->halves.constant = clnorm_tensor_view(h->constant);
done:
	return st;
}

/* One for all products, which run one after another. */
static clnorm_status scratch_create(struct clnorm_conditional *h, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	size_t floats = 0;

	CLN_TRY(cln_halves_scratch(&h->halves, queue, &floats));
	if (floats > 0) {
		CLN_TRY(clnorm_tensor_create(h->ctx, CLNORM_F32, 1, &floats, &h->scratch));
		h->halves.scratch = clnorm_tensor_view(h->scratch).mem;
	}
done:
	return st;
}

/* A queue of our own: which one the calls will use is not known yet. */
static clnorm_status handle_fill(struct clnorm_conditional *h)
{
	clnorm_status st = CLNORM_OK;
	cl_int err = CL_SUCCESS;
	cl_command_queue queue =
		clCreateCommandQueue(clnorm_context_cl(h->ctx), clnorm_context_device(h->ctx), 0, &err);

	CLN_TRY(cln_cl(err, "clCreateCommandQueue"));
	CLN_TRY(constant_create(h, queue));
	CLN_TRY(scratch_create(h, queue));
done:
	if (queue) {
		clReleaseCommandQueue(queue);
	}
	return st;
}

clnorm_status clnorm_conditional_create(clnorm_context *ctx, const clnorm_conditional_desc *desc,
                                        clnorm_conditional **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_conditional *h = NULL;

	CLN_TRY(cln_blas_check());
	if (!ctx || !desc || !out) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_conditional_create: %s is NULL",
		                 !ctx    ? "the context"
		                 : !desc ? "the description"
		                         : "out"));
	}
	CLN_TRY(desc_check(desc));
	h = calloc(1, sizeof(*h));
	if (!h) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for conditional parameters"));
	}
	h->ctx = ctx;
	h->halves = (struct cln_halves){.desc = *desc, .rows = desc->n > 0 ? desc->n : 1};
	CLN_TRY(handle_fill(h));
	*out = h;
	h = NULL;
done:
	clnorm_conditional_destroy(h);
	return st;
}

void clnorm_conditional_destroy(clnorm_conditional *conditional)
{
	if (conditional) {
		clnorm_tensor_destroy(conditional->scratch);
		clnorm_tensor_destroy(conditional->constant);
	}
	free(conditional);
}

/* ---- The passes --------------------------------------------------------------------------------------------- */

#define MOST_PLACES 7

/* A place of floats that a call reads or writes. */
struct place {
	const char *name; /* "weights" */
	clnorm_view view;
	size_t count;             /* floats from the view's offset on */
	bool optional;            /* may be absent */
	bool written, read_again; /* an output; one that is added to */
};

static clnorm_status places_check(const struct place *places, size_t count, cl_context context)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[MOST_PLACES];

	for (size_t i = 0; i < count; ++i) {
		const struct place *p = &places[i];
		if (!p->view.mem && !p->optional) {
			CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "%s is missing", p->name));
		}
		CLN_TRY(cln_range_init(&ranges[i], p->name, p->view, p->count, sizeof(cl_float), context));
		ranges[i].written = p->written;
		ranges[i].read_again = p->read_again;
	}
	CLN_TRY(cln_ranges_check(ranges, count));
done:
	return st;
}

/* The last element that a place touches must fit CLBlast's int as well. */
static clnorm_status offsets_check(const struct place *places, size_t count)
{
	for (size_t i = 0; i < count; ++i) {
		const struct place *p = &places[i];
		if (p->view.mem && (p->view.offset > CLN_BLAS_MOST || p->count > CLN_BLAS_MOST - p->view.offset)) {
			return cln_fail(CLNORM_BAD_SHAPE, "%s: %zu floats from float %zu on; CLBlast counts to %u",
			                p->name, p->count, p->view.offset, CLN_BLAS_MOST);
		}
	}
	return CLNORM_OK;
}

/* What both passes check first; *sequence is then ready for commands. */
static clnorm_status call_begin(const struct clnorm_conditional *h, const struct place *places, size_t count,
                                cl_command_queue queue, cl_uint n_wait, const cl_event *wait,
                                struct cln_sequence *sequence)
{
	clnorm_status st = CLNORM_OK;
	cl_context context = clnorm_context_cl(h->ctx);
	CLN_TRY(cln_queue_check(queue, context, clnorm_context_device(h->ctx)));
	CLN_TRY(places_check(places, count, context));
	CLN_TRY(offsets_check(places, count));
	CLN_TRY(cln_sequence_init(sequence, queue, n_wait, wait));
done:
	return st;
}

clnorm_status clnorm_conditional_forward(clnorm_conditional *h, cl_command_queue queue,
                                         const clnorm_conditional_forward_args *args, cl_uint n_wait,
                                         const cl_event *wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_sequence sequence;

	CLN_TRY(cln_blas_check());
	if (!h || !args) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_conditional_forward: %s is NULL",
		                 h ? "args" : "the handle"));
	}
	const size_t n = h->halves.desc.n, c = h->halves.desc.c, k = h->halves.desc.k;
	const struct place places[] = {
		{"styles", args->styles, n * k, n == 0, false, false},
		{"weights", args->weights, 2 * c * k, n == 0, false, false},
		{"bias", args->bias, 2 * c, true, false, false},
		{"gamma", args->gamma, n * c, n == 0, true, true},
		{"beta", args->beta, n * c, n == 0, true, true},
	};
	CLN_TRY(call_begin(h, places, sizeof(places) / sizeof(places[0]), queue, n_wait, wait, &sequence));
	if (n > 0) {
		const struct cln_half gamma = {args->weights, args->bias, args->styles, args->gamma};
		const struct cln_half beta = {view_at(args->weights, c * k), view_at(args->bias, c), args->styles,
		                              args->beta};
		CLN_TRY(cln_half_forward(&h->halves, &gamma, h->halves.desc.gamma_around_one, &sequence));
		CLN_TRY(cln_half_forward(&h->halves, &beta, false, &sequence));
	}
	CLN_TRY(cln_sequence_end(&sequence, event));
done:
	return st;
}

static clnorm_status accumulate_check(const char *name, const clnorm_accumulate *accumulate)
{
	if (accumulate && (!isfinite((float)accumulate->scale) || !isfinite((float)accumulate->momentum))) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: scale %g and momentum %g must be finite as floats", name,
		                accumulate->scale, accumulate->momentum);
	}
	return CLNORM_OK;
}

static clnorm_status backward_check(const clnorm_conditional *h, const clnorm_conditional_backward_args *args)
{
	clnorm_status st = CLNORM_OK;
	if (!h || !args) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_conditional_backward: %s is NULL",
		                 h ? "args" : "the handle"));
	}
	if (!args->dweights.mem && !args->dbias.mem && !args->dstyles.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT,
		                 "clnorm_conditional_backward: none of dweights, dbias and dstyles is given"));
	}
	CLN_TRY(accumulate_check("accumulate", args->accumulate));
	CLN_TRY(accumulate_check("accumulate_styles", args->accumulate_styles));
done:
	return st;
}

clnorm_status clnorm_conditional_backward(clnorm_conditional *h, cl_command_queue queue,
                                          const clnorm_conditional_backward_args *args, cl_uint n_wait,
                                          const cl_event *wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_sequence sequence;

	CLN_TRY(cln_blas_check());
	CLN_TRY(backward_check(h, args));
	const size_t n = h->halves.desc.n, c = h->halves.desc.c, k = h->halves.desc.k;
	const bool empty = n == 0, adds = args->accumulate && args->accumulate->momentum != 0;
	const struct place places[] = {
		{"styles", args->styles, n * k, empty || !args->dweights.mem, false, false},
		{"weights", args->weights, 2 * c * k, empty || !args->dstyles.mem, false, false},
		{"dgamma", args->dgamma, n * c, empty, false, false},
		{"dbeta", args->dbeta, n * c, empty, false, false},
		{"dweights", args->dweights, 2 * c * k, true, true, adds},
		{"dbias", args->dbias, 2 * c, true, true, adds},
		{"dstyles", args->dstyles, n * k, true, true, true},
	};
	CLN_TRY(call_begin(h, places, sizeof(places) / sizeof(places[0]), queue, n_wait, wait, &sequence));

	const clnorm_view zeros = h->halves.constant, styles = empty ? zeros : args->styles;
	const struct cln_half gamma = {args->weights, {NULL, 0}, styles, empty ? zeros : args->dgamma};
	const struct cln_half beta = {view_at(args->weights, c * k), {NULL, 0}, styles, empty ? zeros : args->dbeta};
	const struct cln_half gamma_to = {args->dweights, args->dbias, args->dstyles, {NULL, 0}};
	const struct cln_half beta_to = {
		view_at(args->dweights, c * k), view_at(args->dbias, c), args->dstyles, {NULL, 0}};
	CLN_TRY(cln_half_backward(&h->halves, &gamma, &gamma_to, args->accumulate, args->accumulate_styles, false,
	                          &sequence));
	CLN_TRY(cln_half_backward(&h->halves, &beta, &beta_to, args->accumulate, args->accumulate_styles, true,
	                          &sequence));
	CLN_TRY(cln_sequence_end(&sequence, event));
done:
	return st;
}

/* ---- Prepare ------------------------------------------------------------------------------------------------ */

/* Operands of both passes, zeros. */
enum { STYLES, WEIGHTS, BIAS, GAMMA, BETA, DWEIGHTS, DBIAS, DSTYLES, OPERANDS };

static clnorm_status operands_create(const struct clnorm_conditional *h, cl_command_queue queue,
                                     clnorm_tensor *operands[OPERANDS])
{
	clnorm_status st = CLNORM_OK;
	const size_t n = h->halves.desc.n, c = h->halves.desc.c, k = h->halves.desc.k;
	const size_t counts[OPERANDS] = {n * k, 2 * c * k, 2 * c, n * c, n * c, 2 * c * k, 2 * c, n * k};

	for (size_t i = 0; i < OPERANDS; ++i) {
		CLN_TRY(clnorm_tensor_create(h->ctx, CLNORM_F32, 1, &counts[i], &operands[i]));
		CLN_TRY(clnorm_tensor_fill(operands[i], queue, 0));
	}
done:
	return st;
}

clnorm_status clnorm_conditional_prepare(clnorm_conditional *h, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	clnorm_tensor *operands[OPERANDS] = {NULL};
	clnorm_view views[OPERANDS];

	CLN_TRY(cln_blas_check());
	if (!h) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_conditional_prepare: the handle is NULL"));
	}
	CLN_TRY(operands_create(h, queue, operands));
	for (size_t i = 0; i < OPERANDS; ++i) {
		views[i] = clnorm_tensor_view(operands[i]);
	}
	clnorm_conditional_forward_args forward = {views[STYLES], views[WEIGHTS], views[BIAS], views[GAMMA],
	                                           views[BETA]};
	CLN_TRY(clnorm_conditional_forward(h, queue, &forward, 0, NULL, NULL));
	clnorm_conditional_backward_args backward = {
		.styles = views[STYLES],
		.weights = views[WEIGHTS],
		.dgamma = views[GAMMA],
		.dbeta = views[BETA],
		.dweights = views[DWEIGHTS],
		.dbias = views[DBIAS],
		.dstyles = views[DSTYLES],
	};
	CLN_TRY(clnorm_conditional_backward(h, queue, &backward, 0, NULL, NULL));
	CLN_TRY(cln_cl(clFinish(queue), "clFinish"));
done:
	for (size_t i = 0; i < OPERANDS; ++i) {
		clnorm_tensor_destroy(operands[i]);
	}
	return st;
}
