/* fault_scenes.h: what is played on the fake OpenCL: a function of the library, and what must be there before it is
 * called. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENES_H
#define TESTS_SCENES_H

#include <clnorm/clnorm.h>

/* What a scene has on stage; all NULL before it. */
struct stage {
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
	void (*prepare)(struct stage *stage);      /* without faults */
	clnorm_status (*act)(struct stage *stage); /* with them */
	bool falls_back;                           /* a program that fails to build is no failure while others build */
};

#define SCENES 26
/* From here on the scenes are calls on a finished plan. */
#define FIRST_CALL_SCENE 18
extern const struct scene scenes_table[SCENES];

/* Scenes and preparations that are played alone as well. */
void scenes_library_context(struct stage *stage);
void scenes_call(struct stage *stage, cl_command_queue_properties properties);
clnorm_status scenes_plan(struct stage *stage);
clnorm_status scenes_plan_split(struct stage *stage);
clnorm_status scenes_tensor(struct stage *stage);
clnorm_status scenes_forward(struct stage *stage);

#endif
