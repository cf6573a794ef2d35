/* watched_calls.h: one call of each kind that writes more than one thing, with all its operands in memory that is
 * watched. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WATCHED_CALLS_H
#define TESTS_WATCHED_CALLS_H

#include <clnorm/clnorm.h>

/* Of x and of the styles; memory has room for FLOATS of them. */
enum { N = 2, C = 3, K = 4, H = 2, W = 5, FLOATS = 64, MOST_WATCHED = 96 };

/* Memory that is put in an operand's place. */
enum spoilt { FROZEN, BLIND, FOREIGN, SHORT, TAKEN, MISSING, SPOILT_COUNT };

/* All that a call may touch. */
struct watched_calls {
	clnorm_plan *plan, *constant_plan;
	clnorm_adain *adain;
	clnorm_conditional *conditional; /* NULL where the library has no CLBlast */
	clnorm_layer *layer;
	clnorm_tensor *x, *dy;
	clnorm_view parts[CLNORM_LAYER_PARTS];
	clnorm_running running; /* of the forward call */
	clnorm_running given;   /* of the backward call with constant statistics */
	clnorm_forward_args forward;
	clnorm_apply_args apply;
	clnorm_backward_args backward, constant;
	clnorm_adain_args adain_args;
	clnorm_conditional_forward_args conditional_forward;
	clnorm_conditional_backward_args conditional_backward;
	cl_command_queue queue;
	cl_context other_cl;
	cl_mem spoilt[SPOILT_COUNT];
	cl_mem watched[MOST_WATCHED]; /* released at the end */
	size_t count;
};

/* On the device under test. */
void watched_calls_init(struct watched_calls *w);
void watched_calls_clear(struct watched_calls *w);

/* Watches memory, which watched_calls_clear() then releases; makes some with such flags and known values, and watches
 * it. */
cl_mem watched_calls_watch(struct watched_calls *w, cl_mem mem);
clnorm_view watched_calls_place(struct watched_calls *w, cl_mem_flags flags);

/* Binds the layer's parts to where parts says. */
void watched_calls_bind(struct watched_calls *w);

/* The call fails so, with the word in its message; no watched byte is another one afterwards, and no event is made. */
typedef clnorm_status (*watched_calls_act)(struct watched_calls *w, cl_event *event);
void watched_calls_refused(struct watched_calls *w, watched_calls_act act, clnorm_status wanted, const char *word,
                           const char *what);

clnorm_status watched_calls_forward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_apply(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_backward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_constant(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_adain(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_conditional_forward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_conditional_backward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_layer_forward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_layer_backward(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_update(struct watched_calls *w, cl_event *event);
clnorm_status watched_calls_zero(struct watched_calls *w, cl_event *event);

#endif
