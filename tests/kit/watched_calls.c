/* watched_calls.c: one call of each kind that writes more than one thing, with all its operands in memory that is
 * watched. SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/watched_calls.h"

#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static cl_mem memory_create(cl_context cl, cl_mem_flags flags)
{
	float values[FLOATS];
	cl_int err;
	for (size_t i = 0; i < FLOATS; i++) {
		values[i] = 0.25f + (float)i;
	}
	cl_mem mem = clCreateBuffer(cl, flags | CL_MEM_COPY_HOST_PTR, sizeof(values), values, &err);
	EXPECT_CL(err);
	return mem;
}

cl_mem watched_calls_watch(struct watched_calls *w, cl_mem mem)
{
	ck_assert_uint_lt(w->count, MOST_WATCHED);
	return w->watched[w->count++] = mem;
}

clnorm_view watched_calls_place(struct watched_calls *w, cl_mem_flags flags)
{
	return (clnorm_view){watched_calls_watch(w, memory_create(device_get()->cl, flags)), 1};
}

static clnorm_view plain(struct watched_calls *w)
{
	return watched_calls_place(w, CL_MEM_READ_WRITE);
}

static void plans_init(struct watched_calls *w)
{
	clnorm_desc desc = clnorm_desc_2d(N, C, H, W);
	const clnorm_conditional_desc conditional = {N, C, K, true};
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD;
	desc.flags = CLNORM_RUNNING_STATISTICS;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &w->plan));
	desc.ops = CLNORM_OP_BACKWARD;
	desc.flags |= CLNORM_CONSTANT_STATISTICS;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &w->constant_plan));
	desc.flags = 0;
	EXPECT_OK(clnorm_adain_create(device_get()->ctx, &desc, &desc, &w->adain));
	clnorm_status st = clnorm_conditional_create(device_get()->ctx, &conditional, &w->conditional);
	ck_assert_msg(st == CLNORM_OK || st == CLNORM_NOT_BUILT, "%s", clnorm_last_error());
}

static void arguments_init(struct watched_calls *w)
{
	w->forward = (clnorm_forward_args){.x = plain(w), .gamma = plain(w), .beta = plain(w), .residual = plain(w)};
	w->forward.y = plain(w);
	w->forward.mean = plain(w);
	w->forward.rstd = plain(w);
	w->forward.moments = plain(w);
	w->running = (clnorm_running){plain(w), plain(w), 0.1};
	w->forward.running = &w->running;
	w->apply = (clnorm_apply_args){.x = plain(w), .gamma = plain(w), .beta = plain(w), .residual = plain(w)};
	w->apply.moments = plain(w);
	w->apply.y = plain(w);
	w->backward = (clnorm_backward_args){.x = plain(w), .dy = plain(w), .gamma = plain(w), .moments = plain(w)};
	w->backward.dx = plain(w);
	w->backward.dgamma = plain(w);
	w->backward.dbeta = plain(w);
	w->given = (clnorm_running){.mean = plain(w), .variance = plain(w)};
	w->constant = (clnorm_backward_args){.x = plain(w), .dy = plain(w), .running = &w->given, .dx = plain(w)};
	w->adain_args = (clnorm_adain_args){.x = plain(w), .style = plain(w), .residual = plain(w), .y = plain(w)};
	w->adain_args.gamma = plain(w);
	w->adain_args.beta = plain(w);
	w->conditional_forward = (clnorm_conditional_forward_args){plain(w), plain(w), plain(w), plain(w), plain(w)};
	w->conditional_backward = (clnorm_conditional_backward_args){
		.styles = plain(w), .weights = plain(w), .dgamma = plain(w), .dbeta = plain(w)};
	w->conditional_backward.dweights = plain(w);
	w->conditional_backward.dbias = plain(w);
	w->conditional_backward.dstyles = plain(w);
}

/* A layer after a step, whose results are watched as well. */
static void layer_init(struct watched_calls *w)
{
	const size_t dims[] = {N, C, H, W};
	float values[N * C * H * W];
	const clnorm_tensor *y, *dx;
	for (size_t i = 0; i < COUNT(values); i++) {
		values[i] = (float)(i * i % 17);
	}
	clnorm_layer_options options = clnorm_layer_defaults();
	options.name = "in1";
	options.track_running_statistics = true;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, C, &options, &w->layer));
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, CLNORM_F32, 4, dims, &w->x));
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, CLNORM_F32, 4, dims, &w->dy));
	EXPECT_OK(clnorm_tensor_upload(w->x, w->queue, values));
	EXPECT_OK(clnorm_tensor_upload(w->dy, w->queue, values));
	for (unsigned i = 0; i < CLNORM_LAYER_PARTS; i++) {
		w->parts[i] = plain(w);
		EXPECT_OK(clnorm_layer_bind(w->layer, NULL, (clnorm_layer_part)i, w->parts[i]));
	}
	EXPECT_OK(clnorm_layer_forward(w->layer, w->queue, w->x, &y));
	EXPECT_OK(clnorm_layer_backward(w->layer, w->queue, w->dy, CLNORM_WANT_ALL, NULL, &dx));
	const clnorm_tensor *results[] = {y, dx, clnorm_layer_moments(w->layer), w->x, w->dy};
	for (size_t i = 0; i < COUNT(results); i++) {
		EXPECT_CL(clRetainMemObject(clnorm_tensor_view(results[i]).mem));
		watched_calls_watch(w, clnorm_tensor_view(results[i]).mem);
	}
}

void watched_calls_init(struct watched_calls *w)
{
	cl_device_id id = device_get()->id;
	cl_int err;
	*w = (struct watched_calls){.queue = device_get()->queue};
	w->other_cl = clCreateContext(NULL, 1, &id, NULL, NULL, &err);
	EXPECT_CL(err);
	plans_init(w);
	arguments_init(w);
	layer_init(w);
	w->spoilt[FROZEN] = watched_calls_place(w, CL_MEM_READ_ONLY).mem;
	w->spoilt[BLIND] = watched_calls_place(w, CL_MEM_WRITE_ONLY).mem;
	w->spoilt[FOREIGN] = memory_create(w->other_cl, CL_MEM_READ_WRITE);
	w->spoilt[SHORT] = plain(w).mem;
}

void watched_calls_clear(struct watched_calls *w)
{
	clnorm_layer_destroy(w->layer);
	clnorm_tensor_destroy(w->x);
	clnorm_tensor_destroy(w->dy);
	clnorm_conditional_destroy(w->conditional);
	clnorm_adain_destroy(w->adain);
	clnorm_plan_destroy(w->constant_plan);
	clnorm_plan_destroy(w->plan);
	for (size_t i = 0; i < w->count; i++) {
		clReleaseMemObject(w->watched[i]);
	}
	clReleaseMemObject(w->spoilt[FOREIGN]);
	clReleaseContext(w->other_cl);
}

/* ---- What there is ------------------------------------------------------------------------------------------- */

/* Every byte of the watched memory, also where the host may not read it. */
static unsigned char *snapshot(const struct watched_calls *w, size_t *total)
{
	const struct device *device = device_get();
	cl_int err;
	unsigned char *bytes = NULL;
	*total = 0;
	for (size_t i = 0; i < w->count; i++) {
		size_t size;
		EXPECT_CL(clGetMemObjectInfo(w->watched[i], CL_MEM_SIZE, sizeof(size), &size, NULL));
		cl_mem copy = clCreateBuffer(device->cl, CL_MEM_READ_WRITE, size, NULL, &err);
		EXPECT_CL(err);
		EXPECT_CL(clEnqueueCopyBuffer(device->queue, w->watched[i], copy, 0, 0, size, 0, NULL, NULL));
		bytes = realloc(bytes, *total + size);
		ck_assert_ptr_nonnull(bytes);
		EXPECT_CL(clEnqueueReadBuffer(device->queue, copy, CL_TRUE, 0, size, bytes + *total, 0, NULL, NULL));
		*total += size;
		EXPECT_CL(clReleaseMemObject(copy));
	}
	return bytes;
}

void watched_calls_bind(struct watched_calls *w)
{
	for (unsigned i = 0; i < CLNORM_LAYER_PARTS; i++) {
		EXPECT_OK(clnorm_layer_bind(w->layer, NULL, (clnorm_layer_part)i, w->parts[i]));
	}
}

void watched_calls_refused(struct watched_calls *w, watched_calls_act act, clnorm_status wanted, const char *word,
                           const char *what)
{
	size_t before_bytes, after_bytes;
	cl_event none = (cl_event)&none, event = none;
	unsigned char *before = snapshot(w, &before_bytes);
	clnorm_status st = act(w, &event);
	ck_assert_msg(st == wanted, "%s: %s: %s", what, clnorm_status_name(st), clnorm_last_error());
	ck_assert_msg(strstr(clnorm_last_error(), word), "%s: no '%s' in: %s", what, word, clnorm_last_error());
	ck_assert_msg(event == none, "%s: made an event", what);
	unsigned char *after = snapshot(w, &after_bytes);
	ck_assert_msg(before_bytes == after_bytes && memcmp(before, after, before_bytes) == 0, "%s: wrote something",
	              what);
	free(before);
	free(after);
}

/* ---- The calls ----------------------------------------------------------------------------------------------- */

clnorm_status watched_calls_forward(struct watched_calls *w, cl_event *event)
{
	return clnorm_forward(w->plan, w->queue, &w->forward, 0, NULL, event);
}

clnorm_status watched_calls_apply(struct watched_calls *w, cl_event *event)
{
	return clnorm_apply(w->plan, w->queue, &w->apply, 0, NULL, event);
}

clnorm_status watched_calls_backward(struct watched_calls *w, cl_event *event)
{
	return clnorm_backward(w->plan, w->queue, &w->backward, 0, NULL, event);
}

clnorm_status watched_calls_constant(struct watched_calls *w, cl_event *event)
{
	return clnorm_backward(w->constant_plan, w->queue, &w->constant, 0, NULL, event);
}

clnorm_status watched_calls_adain(struct watched_calls *w, cl_event *event)
{
	return clnorm_adain_forward(w->adain, w->queue, &w->adain_args, 0, NULL, event);
}

clnorm_status watched_calls_conditional_forward(struct watched_calls *w, cl_event *event)
{
	return clnorm_conditional_forward(w->conditional, w->queue, &w->conditional_forward, 0, NULL, event);
}

clnorm_status watched_calls_conditional_backward(struct watched_calls *w, cl_event *event)
{
	return clnorm_conditional_backward(w->conditional, w->queue, &w->conditional_backward, 0, NULL, event);
}

clnorm_status watched_calls_layer_forward(struct watched_calls *w, cl_event *event)
{
	const clnorm_tensor *y = NULL;
	(void)event;
	return clnorm_layer_forward(w->layer, w->queue, w->x, &y);
}

clnorm_status watched_calls_layer_backward(struct watched_calls *w, cl_event *event)
{
	const clnorm_tensor *dx = NULL;
	(void)event;
	return clnorm_layer_backward(w->layer, w->queue, w->dy, CLNORM_WANT_ALL, NULL, &dx);
}

clnorm_status watched_calls_update(struct watched_calls *w, cl_event *event)
{
	(void)event;
	return clnorm_layer_update(w->layer, w->queue, -0.01);
}

clnorm_status watched_calls_zero(struct watched_calls *w, cl_event *event)
{
	(void)event;
	return clnorm_layer_zero_gradients(w->layer, w->queue);
}
