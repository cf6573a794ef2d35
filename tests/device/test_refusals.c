/* test_refusals.c: every call that writes more than one thing, with each of its operands spoilt: refused, nothing
 * changed. SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/watched_calls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum use { IN = 1, OUT = 2, BOTH = 3 };

/* bound: the place is one of the layer's, which takes no memory that is foreign or too small in the first place. */
static const struct operand {
	watched_calls_act act;
	const char *name;
	size_t at;
	enum use use;
	bool required, bound;
} operands[] = {
#define OPERAND(call, args, name, use, required)                                                                       \
	{                                                                                                              \
		watched_calls_##call, #name, offsetof(struct watched_calls, args.name), use, required, false           \
	}
	OPERAND(forward, forward, x, IN, true),
	OPERAND(forward, forward, gamma, IN, false),
	OPERAND(forward, forward, beta, IN, false),
	OPERAND(forward, forward, residual, IN, false),
	OPERAND(forward, forward, y, OUT, false),
	OPERAND(forward, forward, mean, OUT, false),
	OPERAND(forward, forward, rstd, OUT, false),
	OPERAND(forward, forward, moments, OUT, false),
	OPERAND(forward, running, mean, BOTH, true),
	OPERAND(forward, running, variance, BOTH, true),
	OPERAND(apply, apply, x, IN, true),
	OPERAND(apply, apply, gamma, IN, false),
	OPERAND(apply, apply, beta, IN, false),
	OPERAND(apply, apply, residual, IN, false),
	OPERAND(apply, apply, moments, IN, false),
	OPERAND(apply, apply, y, OUT, true),
	OPERAND(backward, backward, x, IN, true),
	OPERAND(backward, backward, dy, IN, true),
	OPERAND(backward, backward, gamma, IN, false),
	OPERAND(backward, backward, moments, IN, false),
	OPERAND(backward, backward, dx, OUT, false),
	OPERAND(backward, backward, dgamma, OUT, false),
	OPERAND(backward, backward, dbeta, OUT, false),
	OPERAND(constant, constant, x, IN, true),
	OPERAND(constant, constant, dy, IN, true),
	OPERAND(constant, given, mean, IN, false),
	OPERAND(constant, given, variance, IN, true),
	OPERAND(constant, constant, dx, OUT, false),
	OPERAND(adain, adain_args, x, IN, true),
	OPERAND(adain, adain_args, style, IN, true),
	OPERAND(adain, adain_args, residual, IN, false),
	OPERAND(adain, adain_args, y, OUT, false),
	OPERAND(adain, adain_args, gamma, BOTH, false),
	OPERAND(adain, adain_args, beta, BOTH, false),
	OPERAND(conditional_forward, conditional_forward, styles, IN, true),
	OPERAND(conditional_forward, conditional_forward, weights, IN, true),
	OPERAND(conditional_forward, conditional_forward, bias, IN, false),
	OPERAND(conditional_forward, conditional_forward, gamma, BOTH, true),
	OPERAND(conditional_forward, conditional_forward, beta, BOTH, true),
	OPERAND(conditional_backward, conditional_backward, styles, IN, true),
	OPERAND(conditional_backward, conditional_backward, weights, IN, true),
	OPERAND(conditional_backward, conditional_backward, dgamma, IN, true),
	OPERAND(conditional_backward, conditional_backward, dbeta, IN, true),
	OPERAND(conditional_backward, conditional_backward, dweights, OUT, false),
	OPERAND(conditional_backward, conditional_backward, dbias, OUT, false),
	OPERAND(conditional_backward, conditional_backward, dstyles, BOTH, false),
#define PART(call, part, name, use)                                                                                    \
	{                                                                                                              \
		watched_calls_##call, name, offsetof(struct watched_calls, parts) + part * sizeof(clnorm_view), use,   \
			false, true                                                                                    \
	}
	PART(layer_forward, CLNORM_GAMMA, "gamma", IN),
	PART(layer_forward, CLNORM_BETA, "beta", IN),
	PART(layer_forward, CLNORM_RUNNING_MEAN, "the running mean", BOTH),
	PART(layer_forward, CLNORM_RUNNING_VARIANCE, "the running variance", BOTH),
	PART(layer_backward, CLNORM_GAMMA, "gamma", IN),
	PART(layer_backward, CLNORM_DGAMMA, "dgamma", OUT),
	PART(layer_backward, CLNORM_DBETA, "dbeta", OUT),
	PART(update, CLNORM_GAMMA, "gamma", BOTH),
	PART(update, CLNORM_BETA, "beta", BOTH),
	PART(update, CLNORM_DGAMMA, "dgamma", IN),
	PART(update, CLNORM_DBETA, "dbeta", IN),
};

/* ---- One thing wrong ------------------------------------------------------------------------------------------ */

/* What the call must say to it; CLNORM_OK where it may take it. */
static clnorm_status refusal(const struct operand *o, enum spoilt how)
{
	switch (how) {
	case FROZEN:
		return o->use & OUT ? CLNORM_BAD_BUFFER : CLNORM_OK;
	case BLIND:
		return o->use & IN ? CLNORM_BAD_BUFFER : CLNORM_OK;
	case TAKEN:
		return o->use & OUT && !o->bound ? CLNORM_BAD_OVERLAP : CLNORM_OK;
	case MISSING:
		return o->required ? CLNORM_BAD_BUFFER : CLNORM_OK;
	default:
		return o->bound ? CLNORM_OK : CLNORM_BAD_BUFFER;
	}
}

/* TAKEN: the memory of the call's first operand, another element of it. */
static clnorm_view spoilt_view(const struct watched_calls *w, const struct operand *o, enum spoilt how)
{
	const struct operand *first = o;
	while (first > operands && first[-1].act == o->act) {
		first--;
	}
	if (how == TAKEN) {
		const clnorm_view *taken = (const clnorm_view *)((const char *)w + first->at);
		return (clnorm_view){taken->mem, taken->offset + 1};
	}
	return (clnorm_view){how == MISSING ? NULL : w->spoilt[how], how == SHORT ? FLOATS - 2 : 0};
}

START_TEST(operands_spoilt)
{
	struct watched_calls w;
	watched_calls_init(&w);
	for (size_t i = 0; i < COUNT(operands); i++) {
		const struct operand *o = &operands[i];
		bool built = w.conditional || (o->act != watched_calls_conditional_forward &&
		                               o->act != watched_calls_conditional_backward);
		for (enum spoilt how = FROZEN; built && how < SPOILT_COUNT; how++) {
			clnorm_view *view = (clnorm_view *)((char *)&w + o->at), good = *view;
			char what[80];
			if (refusal(o, how) == CLNORM_OK) {
				continue;
			}
			snprintf(what, sizeof(what), "operand %zu, %s, spoilt in way %d", i, o->name, (int)how);
			*view = spoilt_view(&w, o, how);
			watched_calls_bind(&w);
			watched_calls_refused(&w, o->act, refusal(o, how), o->name, what);
			*view = good;
			watched_calls_bind(&w);
		}
	}
	watched_calls_clear(&w);
}
END_TEST

/* No queue, one of another context, and, for a layer, one that is out of order. */
START_TEST(queues_spoilt)
{
	static const struct {
		watched_calls_act act;
		bool ordered; /* the call wants it so */
	} calls[] = {
		{watched_calls_forward, false},
		{watched_calls_apply, false},
		{watched_calls_backward, false},
		{watched_calls_adain, false},
		{watched_calls_layer_forward, true},
		{watched_calls_layer_backward, true},
		{watched_calls_update, true},
		{watched_calls_zero, true},
		{watched_calls_conditional_forward, false},
		{watched_calls_conditional_backward, false},
	};
	struct watched_calls w;
	cl_device_id id = device_get()->id;
	cl_int err;
	watched_calls_init(&w);
	cl_command_queue foreign = clCreateCommandQueue(w.other_cl, id, 0, &err);
	EXPECT_CL(err);
	cl_command_queue loose = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	for (size_t i = 0; i < COUNT(calls) - (w.conditional ? 0 : 2); i++) {
		w.queue = NULL;
		watched_calls_refused(&w, calls[i].act, CLNORM_BAD_ARGUMENT, "queue is NULL", "no queue");
		w.queue = foreign;
		watched_calls_refused(&w, calls[i].act, CLNORM_BAD_ARGUMENT, "another OpenCL context",
		                      "a foreign queue");
		cl_command_queue_properties properties = 0;
		EXPECT_CL(clGetCommandQueueInfo(loose, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL));
		if (calls[i].ordered && (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)) {
			w.queue = loose;
			watched_calls_refused(&w, calls[i].act, CLNORM_BAD_ARGUMENT, "out of order",
			                      "an out-of-order queue");
		}
	}
	EXPECT_CL(clReleaseCommandQueue(loose));
	EXPECT_CL(clReleaseCommandQueue(foreign));
	watched_calls_clear(&w);
}
END_TEST

/* ---- The host's own access ------------------------------------------------------------------------------------ */

static const char weight_file[] = "test_refusals.h5";

static clnorm_status act_write_beta(struct watched_calls *w, cl_event *event)
{
	static const float values[C] = {7, 8, 9};
	(void)event;
	return clnorm_layer_write(w->layer, w->queue, CLNORM_BETA, CLNORM_F32, values);
}

static clnorm_status act_read_beta(struct watched_calls *w, cl_event *event)
{
	float values[C] = {7, 7, 7};
	(void)event;
	clnorm_status st = clnorm_layer_read(w->layer, w->queue, CLNORM_BETA, CLNORM_F32, values);
	ck_assert(values[0] == 7 && values[C - 1] == 7);
	return st;
}

static clnorm_status act_load(struct watched_calls *w, cl_event *event)
{
	(void)event;
	return clnorm_layer_load(w->layer, w->queue, weight_file);
}

static clnorm_status act_save(struct watched_calls *w, cl_event *event)
{
	(void)event;
	return clnorm_layer_save(w->layer, w->queue, weight_file);
}

/* A weight file is loaded into both parameters or neither, so what is closed to the host is found before the first. */
START_TEST(host_access)
{
	static const struct {
		watched_calls_act act;
		cl_mem_flags flags;
		const char *word;
	} rows[] = {
		{act_write_beta, CL_MEM_HOST_NO_ACCESS, "CL_MEM_HOST_NO_ACCESS"},
		{act_write_beta, CL_MEM_HOST_READ_ONLY, "CL_MEM_HOST_READ_ONLY"},
		{act_read_beta, CL_MEM_HOST_NO_ACCESS, "CL_MEM_HOST_NO_ACCESS"},
		{act_read_beta, CL_MEM_HOST_WRITE_ONLY, "CL_MEM_HOST_WRITE_ONLY"},
		{act_load, CL_MEM_HOST_NO_ACCESS, "beta is "},
		{act_load, CL_MEM_HOST_READ_ONLY, "beta is written"},
		{act_load, CL_MEM_HOST_WRITE_ONLY, "beta is read"},
		{act_save, CL_MEM_HOST_NO_ACCESS, "beta is read"},
	};
	struct watched_calls w;
	watched_calls_init(&w);
	bool built = act_save(&w, NULL) == CLNORM_OK;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!built && (rows[i].act == act_load || rows[i].act == act_save)) {
			continue;
		}
		w.parts[CLNORM_BETA] = watched_calls_place(&w, CL_MEM_READ_WRITE | rows[i].flags);
		watched_calls_bind(&w);
		watched_calls_refused(&w, rows[i].act, CLNORM_BAD_BUFFER, rows[i].word, rows[i].word);
	}
	remove(weight_file);
	watched_calls_clear(&w);
}
END_TEST

/* ---- What a layer keeps of shapes ------------------------------------------------------------------------------ */

static clnorm_tensor *tensor(clnorm_context *ctx, size_t n, size_t s)
{
	const size_t dims[] = {n, C, s};
	clnorm_tensor *made;
	EXPECT_OK(clnorm_tensor_create(ctx, CLNORM_F32, 3, dims, &made));
	return made;
}

/* A forward pass that is refused does not take the place of another shape's plan and buffers. */
START_TEST(shapes_stay)
{
	struct watched_calls w;
	clnorm_context *other;
	clnorm_tensor *xs[CLNORM_LAYER_SHAPES];
	const clnorm_tensor *y;
	cl_mem first = NULL;
	watched_calls_init(&w);
	EXPECT_OK(clnorm_context_create(w.other_cl, device_get()->id, &other));
	for (size_t i = 0; i < CLNORM_LAYER_SHAPES; i++) {
		xs[i] = tensor(device_get()->ctx, i + 1, 3);
		EXPECT_OK(clnorm_tensor_fill(xs[i], w.queue, 1));
		EXPECT_OK(clnorm_layer_forward(w.layer, w.queue, xs[i], &y));
		first = first ? first : clnorm_tensor_view(y).mem;
	}
	EXPECT_CL(clRetainMemObject(first));
	watched_calls_watch(&w, first);
	clnorm_tensor *own = w.x;
	clnorm_tensor *bad[] = {tensor(other, 7, 7), tensor(device_get()->ctx, (size_t)1 << 60, 0)};
	for (size_t i = 0; i < COUNT(bad); i++) {
		w.x = bad[i];
		watched_calls_refused(&w, watched_calls_layer_forward, i == 0 ? CLNORM_BAD_BUFFER : CLNORM_BAD_SHAPE,
		                      "", "another shape");
	}
	w.x = own;
	EXPECT_OK(clnorm_layer_forward(w.layer, w.queue, xs[0], &y));
	ck_assert_ptr_eq(clnorm_tensor_view(y).mem, first);
	for (size_t i = 0; i < CLNORM_LAYER_SHAPES; i++) {
		clnorm_tensor_destroy(xs[i]);
	}
	clnorm_tensor_destroy(bad[0]);
	clnorm_tensor_destroy(bad[1]);
	clnorm_context_destroy(other);
	watched_calls_clear(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("refusals");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 0);
	tcase_add_test(all, operands_spoilt);
	tcase_add_test(all, queues_spoilt);
	tcase_add_test(all, host_access);
	tcase_add_test(all, shapes_stay);
	suite_add_tcase(suite, all);
	return device_main(suite, NULL);
}
