/* programs.c: the programs of a context: built once each, shared, and let go where no plan uses them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/programs.h"

#include <stdlib.h>
#include <string.h>

static void program_free(struct cln_program *program)
{
	if (program->cl) {
		clReleaseProgram(program->cl);
	}
	free(program->message);
	free(program->log);
	free(program->key);
	free(program);
}

static void free_all(struct cln_program *first)
{
	while (first) {
		struct cln_program *next = first->next;
		program_free(first);
		first = next;
	}
}

void cln_programs_init(struct cln_programs *programs, size_t most_unused)
{
	*programs = (struct cln_programs){.most_unused = most_unused};
	pthread_mutex_init(&programs->lock, NULL);
	pthread_cond_init(&programs->changed, NULL);
}

void cln_programs_clear(struct cln_programs *programs)
{
	free_all(programs->first);
	pthread_cond_destroy(&programs->changed);
	pthread_mutex_destroy(&programs->lock);
}

/* Where the pointer to the program is; NULL where it is not in the table. */
static struct cln_program **table_link(struct cln_programs *programs, const struct cln_program *program)
{
	struct cln_program **link = &programs->first;
	while (*link && *link != program) {
		link = &(*link)->next;
	}
	return *link ? link : NULL;
}

static struct cln_program *table_find(struct cln_programs *programs, const char *key)
{
	struct cln_program *program = programs->first;
	while (program && strcmp(program->key, key) != 0) {
		program = program->next;
	}
	return program;
}

static void table_remove(struct cln_programs *programs, struct cln_program *program)
{
	struct cln_program **link = table_link(programs, program);
	if (link) {
		*link = program->next;
		program->next = NULL;
	}
}

static void table_put_first(struct cln_programs *programs, struct cln_program *program)
{
	table_remove(programs, program);
	program->next = programs->first;
	programs->first = program;
}

/* Takes those out that are unused and too many, the ones used longest ago; a list of them. */
static struct cln_program *table_trim(struct cln_programs *programs)
{
	struct cln_program **link = &programs->first, *out = NULL;
	size_t unused = 0;
	while (*link) {
		struct cln_program *program = *link;
		unused += program->users == 0;
		if (program->users == 0 && unused > programs->most_unused) {
			*link = program->next;
			program->next = out;
			out = program;
		} else {
			link = &program->next;
		}
	}
	return out;
}

static clnorm_status program_new(const char *key, struct cln_program **out)
{
	struct cln_program *program = calloc(1, sizeof(*program));
	char *copy = malloc(strlen(key) + 1);
	if (!program || !copy) {
		free(program);
		free(copy);
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a program");
	}
	strcpy(copy, key);
	program->key = copy;
	program->users = 1;
	*out = program;
	return CLNORM_OK;
}

/* With the lock: until the program is built, by whichever thread does so. */
static void wait_for(struct cln_programs *programs, const struct cln_program *program)
{
	while (!program->is_built) {
		pthread_cond_wait(&programs->changed, &programs->lock);
	}
}

/* The failure of another thread's build becomes this one's. */
static clnorm_status fail_likewise(const struct cln_program *program)
{
	if (program->failure == CLNORM_BUILD_FAILED) {
		cln_build_log_keep(program->log);
	}
	return cln_fail(program->failure, "%s",
	                program->message ? program->message : clnorm_status_text(program->failure));
}

clnorm_status cln_programs_take(struct cln_programs *programs, const char *key, struct cln_program **out, bool *is_mine)
{
	clnorm_status st = CLNORM_OK;
	struct cln_program *program;

	*is_mine = false;
	pthread_mutex_lock(&programs->lock);
	program = table_find(programs, key);
	if (program) {
		++program->users;
		table_put_first(programs, program);
		wait_for(programs, program);
	} else {
		st = program_new(key, &program);
		if (st == CLNORM_OK) {
			table_put_first(programs, program);
			*is_mine = true;
		}
	}
	pthread_mutex_unlock(&programs->lock);
	if (program && program->failure != CLNORM_OK) {
		st = fail_likewise(program);
		cln_programs_give(programs, program);
	}
	if (st == CLNORM_OK) {
		*out = program;
	}
	return st;
}

/* NULL without memory: the status is then without its words. */
static char *copy_of(const char *chars)
{
	char *copy = malloc(strlen(chars) + 1);
	return copy ? strcpy(copy, chars) : NULL;
}

clnorm_status cln_programs_built(struct cln_programs *programs, struct cln_program *program, clnorm_status st,
                                 cl_program cl)
{
	pthread_mutex_lock(&programs->lock);
	program->is_built = true;
	program->cl = cl;
	program->failure = st;
	if (st != CLNORM_OK) {
		table_remove(programs, program);
		if (program->users > 1) {
			program->message = copy_of(clnorm_last_error());
			program->log = copy_of(clnorm_build_log());
		}
	}
	pthread_cond_broadcast(&programs->changed);
	pthread_mutex_unlock(&programs->lock);
	if (st != CLNORM_OK) {
		cln_programs_give(programs, program);
	}
	return st;
}

struct cln_verdict cln_programs_verdict(struct cln_programs *programs, struct cln_program *program)
{
	struct cln_verdict verdict;
	pthread_mutex_lock(&programs->lock);
	while (!program->verdict.is_known && program->is_tried) {
		pthread_cond_wait(&programs->changed, &programs->lock);
	}
	verdict = program->verdict;
	program->is_tried = !verdict.is_known;
	pthread_mutex_unlock(&programs->lock);
	return verdict;
}

void cln_programs_judged(struct cln_programs *programs, struct cln_program *program, const struct cln_verdict *verdict)
{
	pthread_mutex_lock(&programs->lock);
	program->verdict = *verdict;
	program->is_tried = false;
	pthread_cond_broadcast(&programs->changed);
	pthread_mutex_unlock(&programs->lock);
}

void cln_programs_give(struct cln_programs *programs, struct cln_program *program)
{
	struct cln_program *gone = NULL;
	if (!program) {
		return;
	}
	pthread_mutex_lock(&programs->lock);
	if (--program->users == 0) {
		if (program->failure != CLNORM_OK) {
			gone = program; /* in no table any more */
		} else {
			table_put_first(programs, program);
			gone = table_trim(programs);
		}
	}
	pthread_mutex_unlock(&programs->lock);
	free_all(gone);
}
