/* fault_scenes.h: what is played on the fake OpenCL: a function of the library, and what must be there before it is
 * called. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULT_SCENES_H
#define TESTS_FAULT_SCENES_H

#include <clnorm/clnorm.h>

/* What a scene finds; all NULL before it. */
struct fixture {
	cl_context cl;
	cl_command_queue queue;
	clnorm_context *ctx;
	clnorm_plan *plan;
	clnorm_tensor *tensor;
	cl_mem mems[4];
	cl_event event;
	clnorm_device_info info;
	size_t count;
};

struct scene {
	const char *name;
	void (*prepare)(struct fixture *fixture);      /* without faults */
	clnorm_status (*act)(struct fixture *fixture); /* with them */
	bool falls_back; /* a program that fails to build is no failure while others build */
};

#define SCENES 26
/* From here on the scenes are calls on a finished plan. */
#define FIRST_CALL_SCENE 18
extern const struct scene fault_scenes_table[SCENES];

/* Scenes and preparations that are played alone as well. */
void fault_scenes_library_context(struct fixture *fixture);
void fault_scenes_call(struct fixture *fixture, cl_command_queue_properties properties);
clnorm_status fault_scenes_plan(struct fixture *fixture);
clnorm_status fault_scenes_plan_split(struct fixture *fixture);
clnorm_status fault_scenes_tensor(struct fixture *fixture);
clnorm_status fault_scenes_forward(struct fixture *fixture);

#endif
