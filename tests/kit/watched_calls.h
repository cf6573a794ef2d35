/* watched_calls.h: one call of each kind that writes more than one thing, with all its operands in memory that is
 * watched. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <clnorm/clnorm.h>

/* Of x and of the styles; memory has room for FLOATS of them. */
enum { N = 2, C = 3, K = 4, H = 2, W = 5, FLOATS = 64, MOST_WATCHED = 80 };

/* Memory that is put in an operand's place. */
enum spoilt { FROZEN, BLIND, FOREIGN, SHORT, TAKEN, MISSING, SPOILT_COUNT };

/* All that a call may touch. */
struct calls {
	clnorm_plan *plan;
	clnorm_adain *adain;
	clnorm_conditional *conditional; /* NULL where the library has no CLBlast */
	clnorm_layer *layer;
	clnorm_tensor *x, *dy;
	clnorm_view parts[CLNORM_LAYER_PARTS];
	clnorm_forward_args forward;
	clnorm_apply_args apply;
	clnorm_backward_args backward;
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
void calls_init(struct calls *w);
void calls_clear(struct calls *w);

/* Watches memory, which calls_clear() then releases; makes some with such flags and known values, and watches it. */
cl_mem calls_watch(struct calls *w, cl_mem mem);
clnorm_view calls_place(struct calls *w, cl_mem_flags flags);

/* Binds the layer's parts to where parts says. */
void calls_bind(struct calls *w);

/* The call fails so, with the word in its message; no watched byte is another one afterwards, and no event is made. */
typedef clnorm_status (*calls_act)(struct calls *w, cl_event *event);
void calls_refused(struct calls *w, calls_act act, clnorm_status wanted, const char *word, const char *what);

clnorm_status calls_forward(struct calls *w, cl_event *event);
clnorm_status calls_apply(struct calls *w, cl_event *event);
clnorm_status calls_backward(struct calls *w, cl_event *event);
clnorm_status calls_adain(struct calls *w, cl_event *event);
clnorm_status calls_conditional_forward(struct calls *w, cl_event *event);
clnorm_status calls_conditional_backward(struct calls *w, cl_event *event);
clnorm_status calls_layer_forward(struct calls *w, cl_event *event);
clnorm_status calls_layer_backward(struct calls *w, cl_event *event);
clnorm_status calls_update(struct calls *w, cl_event *event);
clnorm_status calls_zero(struct calls *w, cl_event *event);

#endif
