/* caps.h: plain facts about a device, all that a decision may know of it; no functions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CAPS_H
#define CLN_CAPS_H

#include <stdbool.h>
#include <stddef.h>

struct cln_caps {
	bool cpu;  /* work-items are loops on a host-like core: no lanes, barriers dear */
	bool fp64; /* cl_khr_fp64 */
	unsigned compute_units;
	unsigned max_group;     /* work-items a group can have */
	size_t local_bytes;     /* local memory of a work-group */
	size_t near_bytes;      /* cache one compute unit has to itself: L2 of a CPU core, L1 of a GPU unit */
	size_t last_bytes;      /* last-level cache, shared by all compute units */
	size_t max_alloc_bytes; /* largest single buffer */
	double launch_us;       /* typical cost of one kernel launch, microseconds */
	double gbytes_s;        /* typical copy speed, 1e9 bytes a second; only ratios to launch_us matter */
	bool prefetch;          /* the compiler takes __builtin_prefetch(), and it reaches the machine */
	bool lanewise;          /* the compiler takes vectors lane by lane, and its time grows with each lane */
	size_t most_steps;      /* steps of loops that a work-item may make in all; 0: as many as it likes */
};

#endif
