/* programs.h: the programs of a context: built once each, shared, and let go where no plan uses them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lock is held for looks at the table alone, never while a program is built or read from disk: a thread waits for
 * another one only where both want the same program. */
#ifndef CLN_PROGRAMS_H
#define CLN_PROGRAMS_H

#include <pthread.h>

#include "opencl/opencl.h"

/* Whether a program computes rightly on the device. */
struct cln_verdict {
	bool is_known, is_right;
	char fault[160]; /* what came out wrong */
};

/* A program of the table; who takes one gives it back. */
struct cln_program {
	struct cln_program *next; /* used less recently */
	char *key;
	cl_program cl;         /* NULL while it is being built, and where that failed */
	unsigned users;        /* that have taken it, or wait for it */
	bool is_built;         /* there is nothing to wait for */
	clnorm_status failure; /* of the build, for those who waited */
	char *message, *log;   /* its words; NULL where there are none, or no memory for them */
	struct cln_verdict verdict;
	bool is_tried; /* a thread is finding the verdict out */
};

struct cln_programs {
	pthread_mutex_t lock; /* guards what follows, and the entries' fields but cl and key */
	pthread_cond_t changed;
	struct cln_program *first; /* used last */
	size_t most_unused;        /* programs that are kept although nobody uses them */
};

void cln_programs_init(struct cln_programs *programs, size_t most_unused);
/* Releases all of them. Nobody may use one any more. */
void cln_programs_clear(struct cln_programs *programs);

/* Takes the program of a key. *is_mine: it is to be built by the caller, who then calls cln_programs_built(); else it
 * is there, perhaps after a wait for the thread that builds it. CLNORM_OUT_OF_MEMORY; the statuses of the build that
 * was waited for, with its words. */
CLN_CHECKED clnorm_status cln_programs_take(struct cln_programs *programs, const char *key, struct cln_program **out,
                                            bool *is_mine);

/* What came of a build. On CLNORM_OK cl is taken over, else NULL; the program is then given back, and whoever asks for
 * it next builds it anew. Wakes those who wait for it. Returns st. */
CLN_CHECKED clnorm_status cln_programs_built(struct cln_programs *programs, struct cln_program *program,
                                             clnorm_status st, cl_program cl);

/* The verdict. Where it is not known, the caller is to find out, and then calls cln_programs_judged(); where another
 * thread is doing so, this waits. */
struct cln_verdict cln_programs_verdict(struct cln_programs *programs, struct cln_program *program);
/* What was found; one that is still not known leaves it to the next one who asks. */
void cln_programs_judged(struct cln_programs *programs, struct cln_program *program, const struct cln_verdict *verdict);

/* Gives a program back; of those that nobody uses the one used longest ago goes where they are too many. NULL is fine.
 */
void cln_programs_give(struct cln_programs *programs, struct cln_program *program);

#endif
