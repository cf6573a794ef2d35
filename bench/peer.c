/* peer.c: clnorm as an engine of the comparison: host data in, calls that wait, results out, for a caller like Python.
 * SPDX-License-Identifier: Apache-2.0
 *
 * On the public header alone, as a user would be. Buffers stay on the device between peer_load() and peer_read(); what
 * is timed is peer_run(): one clnorm call and clFinish(). */
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>

enum { X, Y, GAMMA, BETA, MOMENTS, DY, DX, DGAMMA, DBETA, TENSORS };

typedef struct peer_case {
	clnorm_context *ctx;
	clnorm_plan *plan;
	clnorm_op op;
	clnorm_tensor *tensors[TENSORS];
} peer_case;

const char *peer_error(void);
int peer_device(char *text, size_t capacity);
void peer_drop(peer_case *made);
peer_case *peer_make(unsigned rank, const size_t *dims, double epsilon, int is_backward);
int peer_load(peer_case *made, const float *x, const float *gamma, const float *beta, const float *dy);
int peer_run(peer_case *made);
int peer_read(peer_case *made, float *data, float *dgamma, float *dbeta);
const char *peer_explain(const peer_case *made);

const char *peer_error(void)
{
	return clnorm_last_error();
}

/* Names the device that cases are made on: the one that CLNORM_DEVICE chooses, or the best. */
int peer_device(char *text, size_t capacity)
{
	clnorm_device_info info;
	clnorm_status st = clnorm_device_find(NULL, &info);
	if (st == CLNORM_OK) {
		snprintf(text, capacity, "clnorm %s on %s %s", clnorm_version(), info.platform_name, info.driver);
	}
	return st == CLNORM_OK;
}

void peer_drop(peer_case *made)
{
	if (made == NULL) {
		return;
	}
	for (int i = 0; i < TENSORS; ++i) {
		clnorm_tensor_destroy(made->tensors[i]);
	}
	clnorm_plan_destroy(made->plan);
	clnorm_context_destroy(made->ctx);
	free(made);
}

static clnorm_view view(const peer_case *made, int which)
{
	return clnorm_tensor_view(made->tensors[which]);
}

static bool make_tensors(peer_case *made, unsigned rank, const size_t *dims)
{
	const size_t moments[] = {dims[0], dims[1], CLNORM_MOMENTS_WIDTH};
	for (int i = 0; i < TENSORS; ++i) {
		bool is_wanted = made->op == CLNORM_OP_BACKWARD || i < MOMENTS;
		bool is_parameter = i == GAMMA || i == BETA || i == DGAMMA || i == DBETA;
		const size_t *shape = i == MOMENTS ? moments : is_parameter ? &dims[1] : dims;
		unsigned shape_rank = i == MOMENTS ? 3 : is_parameter ? 1 : rank;
		if (is_wanted &&
		    clnorm_tensor_create(made->ctx, CLNORM_F32, shape_rank, shape, &made->tensors[i]) != CLNORM_OK) {
			return false;
		}
	}
	return true;
}

/* dims = (N, C, spatial...). NULL: peer_error() says why. */
peer_case *peer_make(unsigned rank, const size_t *dims, double epsilon, int is_backward)
{
	peer_case *made = calloc(1, sizeof *made);
	if (made == NULL) {
		return NULL;
	}
	clnorm_desc desc = clnorm_desc_nd(rank, dims);
	made->op = is_backward ? CLNORM_OP_BACKWARD : CLNORM_OP_FORWARD;
	desc.epsilon = epsilon;
	desc.ops = CLNORM_OP_FORWARD | made->op;
	if (clnorm_context_open(NULL, &made->ctx) != CLNORM_OK ||
	    clnorm_plan_create(made->ctx, &desc, &made->plan) != CLNORM_OK || !make_tensors(made, rank, dims) ||
	    clnorm_plan_prepare(made->plan, clnorm_context_queue(made->ctx)) != CLNORM_OK) {
		peer_drop(made);
		return NULL;
	}
	return made;
}

static bool upload(peer_case *made, int which, const float *host)
{
	return clnorm_tensor_upload(made->tensors[which], clnorm_context_queue(made->ctx), host) == CLNORM_OK;
}

static clnorm_status forward(peer_case *made)
{
	/* Backward cases keep the moments, as a training step does. */
	const clnorm_forward_args args = {.x = view(made, X),
	                                  .gamma = view(made, GAMMA),
	                                  .beta = view(made, BETA),
	                                  .y = view(made, Y),
	                                  .moments = view(made, MOMENTS)};
	return clnorm_forward(made->plan, clnorm_context_queue(made->ctx), &args, 0, NULL, NULL);
}

static clnorm_status backward(peer_case *made)
{
	const clnorm_backward_args args = {.x = view(made, X),
	                                   .dy = view(made, DY),
	                                   .gamma = view(made, GAMMA),
	                                   .beta = view(made, BETA),
	                                   .moments = view(made, MOMENTS),
	                                   .dx = view(made, DX),
	                                   .dgamma = view(made, DGAMMA),
	                                   .dbeta = view(made, DBETA)};
	return clnorm_backward(made->plan, clnorm_context_queue(made->ctx), &args, 0, NULL, NULL);
}

/* Puts the data on the device; dy is not looked at where the case is not backward. */
int peer_load(peer_case *made, const float *x, const float *gamma, const float *beta, const float *dy)
{
	return upload(made, X, x) && upload(made, GAMMA, gamma) && upload(made, BETA, beta) &&
	       (made->op != CLNORM_OP_BACKWARD || (upload(made, DY, dy) && forward(made) == CLNORM_OK)) &&
	       clFinish(clnorm_context_queue(made->ctx)) == CL_SUCCESS;
}

int peer_run(peer_case *made)
{
	clnorm_status st = made->op == CLNORM_OP_BACKWARD ? backward(made) : forward(made);
	return st == CLNORM_OK && clFinish(clnorm_context_queue(made->ctx)) == CL_SUCCESS;
}

static bool download(peer_case *made, int which, float *host)
{
	return clnorm_tensor_download(made->tensors[which], clnorm_context_queue(made->ctx), host) == CLNORM_OK;
}

/* data: y, or dx where the case is backward; dgamma and dbeta are written only there. */
int peer_read(peer_case *made, float *data, float *dgamma, float *dbeta)
{
	if (made->op != CLNORM_OP_BACKWARD) {
		return download(made, Y, data);
	}
	return download(made, DX, data) && download(made, DGAMMA, dgamma) && download(made, DBETA, dbeta);
}

const char *peer_explain(const peer_case *made)
{
	return clnorm_plan_explain(made->plan, made->op);
}
